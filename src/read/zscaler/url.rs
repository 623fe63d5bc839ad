//! What an entry of a URL list means, by the vendor's "URL Format Guidelines" (help.zscaler.com, checked 2026-11-24).

use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};

use crate::model::{DomainName, HostPattern, LabelGlob, PathPattern, Ports, RequestPattern, Scheme, Schemes};
use crate::read::TroubleKind;
use crate::text;

/// How many levels below a name a dot in front of it covers.
const LEVELS: usize = 5;
/// Characters of an entry.
const MAX_URL: usize = 1024;
/// Characters of its host.
const MAX_HOST: usize = 255;
/// Characters of an entry in a message.
const SHOWN: usize = 100;

/// An entry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Url {
    host: UrlHost,
    ports: Ports,
    path: UrlPath,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum UrlHost {
    /// That name.
    Name(DomainName),
    /// That name and five levels below it.
    Dotted(DomainName),
    /// An address, as it stands in a URL.
    Address(Ipv4Net),
}

/// What stands behind the host.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum UrlPath {
    /// Any path.
    Open,
    /// This text and everything below it. Ends in a slash.
    Below(Arc<str>),
    /// This path alone.
    Alone(Arc<str>),
}

/// Why an entry means nothing, or not what it seems to.
pub(super) type Why = (TroubleKind, String);

/// What an entry is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// URLs are seen, of HTTPS as far as it is inspected.
    Requests(Schemes),
    /// Whether TLS is opened: there is HTTPS, of which only the host and the port are seen.
    Connections,
}

impl Url {
    /// Reads an entry.
    pub(super) fn read(text: &str) -> Result<Self, Why> {
        let refused =
            |why: &str| (TroubleKind::Refused, format!("`{}` is no URL: {why}", text::shown(text, SHOWN)));
        let unclear =
            |why: &str| (TroubleKind::NotUnderstood, format!("`{}`: {why}", text::shown(text, SHOWN)));
        if text.is_empty() {
            return Err((TroubleKind::Refused, "an empty URL".to_owned()));
        }
        if text.len() > MAX_URL {
            return Err(refused("it has over 1,024 characters"));
        }
        if !text.is_ascii() {
            return Err(refused("a character that is not ASCII"));
        }
        if text.contains("://") {
            return Err(refused("it has a scheme"));
        }
        if text.contains('*') {
            return Err(refused("there is no star; a dot in front covers what is below"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refused("a capital letter"));
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(refused("a blank or a control character"));
        }
        let (authority, rest) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        let (host, ports) = match authority.split_once(':') {
            None => (authority, Ports::any()),
            Some((host, port)) => match port.parse() {
                Ok(port) if port != 0 => (host, Ports::one(port)),
                _ => return Err(refused("what stands behind the colon is no port")),
            },
        };
        let host = UrlHost::read(host).map_err(|why| match why {
            NoHost::Refused(why) => refused(&why),
            NoHost::Unclear(why) => unclear(why),
        })?;
        let path = match rest {
            "" | "/" => UrlPath::Open,
            rest if rest.contains(['?', '#']) => {
                return Err(unclear("what a query or a fragment matches is not documented"));
            }
            // The texts of a path pattern, as they are.
            rest if PathPattern::parse(rest).is_err() => return Err(refused("a character that no path has")),
            rest if rest.ends_with('/') => UrlPath::Below(rest.into()),
            rest => UrlPath::Alone(rest.into()),
        };
        Ok(Self { host, ports, path })
    }

    /// What is not as it seems, although the product takes it.
    pub(super) fn misleads(&self) -> Option<String> {
        match (&self.host, &self.path) {
            (UrlHost::Address(address), UrlPath::Alone(path))
                if path[1..].parse::<u8>().is_ok_and(|length| length <= 32) =>
            {
                let address = address.addr();
                Some(format!("`{address}{path}` is the address with the path `{path}`, and no network"))
            }
            _ => None,
        }
    }

    /// The entry that has what is below, where this is one path alone.
    pub(super) fn below(&self) -> Option<Self> {
        let UrlPath::Alone(path) = &self.path else { return None };
        Some(Self { path: UrlPath::Below(format!("{path}/").into()), ..self.clone() })
    }

    /// Whether it limits the path.
    pub(super) fn has_path(&self) -> bool {
        self.path != UrlPath::Open
    }

    /// What it matches. A path alone is read with what is below it ([`Self::below`]).
    pub(super) fn patterns(&self, used: Use) -> impl Iterator<Item = RequestPattern> {
        let (schemes, path) = match (used, &self.path) {
            (Use::Connections, _) => (Schemes::only(Scheme::Https), PathPattern::Any),
            (Use::Requests(schemes), UrlPath::Open) => (schemes, PathPattern::Any),
            (Use::Requests(schemes), UrlPath::Below(text)) => {
                (schemes, PathPattern::Prefix(Arc::clone(text)))
            }
            (Use::Requests(schemes), UrlPath::Alone(text)) => {
                (schemes, PathPattern::Segment(Arc::clone(text)))
            }
        };
        let ports = self.ports.clone();
        self.host.patterns().into_iter().map(move |host| RequestPattern {
            host,
            schemes,
            ports: ports.clone(),
            path: path.clone(),
        })
    }
}

enum NoHost {
    Refused(String),
    Unclear(&'static str),
}

impl UrlHost {
    fn read(text: &str) -> Result<Self, NoHost> {
        let refused = |why: &str| NoHost::Refused(why.to_owned());
        if text.len() > MAX_HOST {
            return Err(refused("its host has over 255 characters"));
        }
        let (dotted, text) = match text.strip_prefix('.') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
            return match dotted {
                true => Err(refused("nothing is below an address")),
                false => Ok(Self::Address(address.into())),
            };
        }
        if text.starts_with('[') {
            return Err(NoHost::Unclear("how an IPv6 address is matched is not documented"));
        }
        if text.ends_with('.') {
            return Err(NoHost::Unclear("what a dot at the end of a name matches is not documented"));
        }
        let name: DomainName = text.parse().map_err(|why| NoHost::Refused(format!("{why}")))?;
        let labels: Vec<&str> = name.labels_from_right().collect();
        if labels.len() < 2 {
            return Err(refused("a top-level domain alone"));
        }
        // Without a subdomain the second label may have one. Whether a dot in front is one is not said.
        let checked = if labels.len() == 2 && !dotted { 1 } else { 2 };
        if labels[..checked].iter().any(|label| label.contains('_')) {
            return Err(refused("`_` in the top-level or the second-level domain"));
        }
        if labels.contains(&"_") {
            return Err(refused("a label that is `_` alone"));
        }
        Ok(if dotted { Self::Dotted(name) } else { Self::Name(name) })
    }

    fn patterns(&self) -> Vec<HostPattern> {
        match self {
            Self::Name(name) => vec![HostPattern::Exact(name.clone())],
            Self::Dotted(name) => {
                let mut hosts = Vec::with_capacity(1 + LEVELS);
                hosts.push(HostPattern::Exact(name.clone()));
                let below = (1..=LEVELS).map_while(|depth| LabelGlob::at_depth(name, depth));
                hosts.extend(below.map(HostPattern::LabelGlob));
                hosts
            }
            Self::Address(network) => vec![HostPattern::Address(IpNet::V4(*network))],
        }
    }
}
