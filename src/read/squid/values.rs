//! What single words of a configuration mean: values of ACLs, verbs, names of files.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets};

use super::BumpAction;
use super::acl::Acl;
use crate::model::{HostPattern, HostPatternError};

/// Why a value is left aside.
pub(super) enum Aside {
    /// Squid takes it, and it matches nothing.
    Never(&'static str),
    /// It is not understood.
    Unknown(String),
}

impl From<String> for Aside {
    fn from(why: String) -> Self {
        Self::Unknown(why)
    }
}

/// The files that a configuration names, as it names them.
pub fn references(text: &str) -> Vec<String> {
    let mut references = Vec::new();
    for line in text.lines() {
        let words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        let words: Vec<&str> = words.collect();
        match words[..] {
            ["include", ref files @ ..] => {
                references.extend(files.iter().map(|file| file.trim_matches('"').to_owned()));
            }
            ["acl", _, _, ref values @ ..] => {
                let quoted = |value: &&str| Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned());
                references.extend(values.iter().filter_map(quoted));
            }
            _ => {}
        }
    }
    references
}

/// What stands behind the last slash.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The name of the folder that a file is in.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or_default()
}

pub(super) fn bump_action(verb: &str) -> Option<BumpAction> {
    Some(match verb {
        "peek" => BumpAction::Peek,
        "stare" => BumpAction::Stare,
        "splice" => BumpAction::Splice,
        "bump" => BumpAction::Bump,
        "terminate" => BumpAction::Terminate,
        _ => return None,
    })
}

/// An ACL that Squid defines itself.
pub(super) fn predefined(name: &str) -> Option<Acl> {
    let networks = |texts: &[&str]| texts.iter().filter_map(|text| text.parse::<IpNet>().ok()).collect();
    Some(match name {
        "all" => Acl::All,
        "manager" => Acl::Never,
        "localhost" => Acl::Source(networks(&["127.0.0.1/32", "::1/128"])),
        "to_localhost" => Acl::Destination(networks(&["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"])),
        "to_linklocal" => Acl::Destination(networks(&["169.254.0.0/16", "fe80::/10"])),
        "connect" => Acl::Connect(true),
        _ => return None,
    })
}

/// A value of `dstdomain`: with a dot in front the name and everything below.
pub(super) fn domain(text: &str) -> Result<HostPattern, Aside> {
    if text.contains('*') {
        return Err(Aside::Never(
            "a star is taken as it stands; `.example.com` is the name with all below it",
        ));
    }
    if text.contains(char::is_whitespace) {
        return Err(Aside::Never("a line is one entry"));
    }
    if text.contains(['/', ':', '"']) {
        return Err(Aside::Never("an entry is a name, without scheme, port and path"));
    }
    if !text.is_ascii() || text.contains('\\') {
        return Err(Aside::Never("names are asked for in ASCII, as `xn--…`"));
    }
    if text.ends_with('.') {
        return Err(Aside::Never("the dot at the end is taken off what is asked, and not off this"));
    }
    text.to_ascii_lowercase().parse().map_err(|error: HostPatternError| Aside::Unknown(error.to_string()))
}

/// A value of `src`: networks, `all` for both families.
pub(super) fn network(text: &str) -> Result<Vec<IpNet>, Aside> {
    if let Some((first, last)) = text.split_once('-') {
        return match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => {
                Ok(Ipv4Subnets::new(first, last, 0).map(IpNet::from).collect())
            }
            _ => Err(Aside::Unknown("no range of addresses that is understood".to_owned())),
        };
    }
    if text == "all" {
        return Ok(vec![IpNet::default(), "::/0".parse().expect("internal error: a network")]);
    }
    if let Some((address, mask)) = text.split_once('/')
        && let (Ok(address), Ok(mask)) = (address.parse(), mask.parse::<Ipv4Addr>())
    {
        let network = Ipv4Net::with_netmask(address, mask).map(|own| vec![IpNet::V4(own.trunc())]);
        return network.map_err(|_| Aside::Unknown("no mask of a network".to_owned()));
    }
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    let unknown = |_| Aside::Unknown("no address or network that is understood".to_owned());
    network.map(|own| vec![own.trunc()]).map_err(unknown)
}
