//! `serve`: how a server hosts what a profile asks for.
//!
//! Addresses, certificates and folders are the machine's and stand on the command line; here is what belongs to the
//! policy: which sites there are, and who may fetch lists.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::problem::shown;
use super::tree::{Fields, Reader};
use crate::model::{DomainName, Host};
use crate::yaml::Node;

/// How a server hosts what a profile asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Serve {
    /// Other profiles that the same server hosts, each name once.
    pub sites: Vec<Site>,
    /// Versions that are kept on disk, of each site, the one that is served included.
    pub history: usize,
    /// Proxies that may say in `X-Forwarded-For` and `X-Forwarded-Proto` who asks and how.
    pub trusted_proxies: Vec<IpNet>,
    /// The file with the digests of the credentials that lists are fetched with, relative to the profile's folder.
    pub credentials: Option<PathBuf>,
    /// The roots that certificates of those who fetch lists lead to, PEM, relative to the profile's folder.
    pub client_ca: Option<PathBuf>,
    /// Most connections at a time.
    pub connections: usize,
    /// Most connections at a time from one client, trusted proxies aside.
    pub connections_per_client: usize,
}

impl Serve {
    /// Whether lists are for those alone who prove who they are.
    pub fn has_auth(&self) -> bool {
        self.credentials.is_some() || self.client_ca.is_some()
    }
}

/// Another profile, below a path or under names of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its name in logs and metrics, and its folder on disk: letters, digits, `-` and `_`.
    pub name: String,
    /// The profile, relative to the folder of the one that names it.
    pub profile: PathBuf,
    /// The path that its files are below, such as `/emea`; nothing where names alone lead to it.
    pub path: Option<String>,
    /// The names that clients ask for, without a port.
    pub hosts: Vec<Host>,
}

/// The name of the profile itself among the sites.
pub const MAIN_SITE: &str = "main";

const KEYS: [&str; 7] = [
    "sites",
    "history",
    "trusted_proxies",
    "credentials",
    "client_ca",
    "connections",
    "connections_per_client",
];

const SITE_KEYS: [&str; 4] = ["name", "profile", "path", "hosts"];

/// First parts of paths that are the server's own.
const OWN_PATHS: [&str; 8] =
    ["edl", "report", "proxy.pac", "wpad.dat", "manifest.json", "healthz", "readyz", "metrics"];

/// Longest name of a site, and longest path, in characters.
const MAX_NAME: usize = 63;

impl Default for Serve {
    fn default() -> Self {
        Self {
            sites: Vec::new(),
            history: 10,
            trusted_proxies: Vec::new(),
            credentials: None,
            client_ca: None,
            connections: 16_384,
            connections_per_client: 256,
        }
    }
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Serve {
    let defaults = Serve::default();
    let Some(fields) = reader.fields(node, "serve", &KEYS) else { return defaults };
    let sites = fields.get("sites").map(|node| sites(reader, node)).unwrap_or_default();
    let mut number = |key: &str, least: usize, most: usize, default: usize| {
        fields.get(key).and_then(|node| number(reader, node, key, least, most)).unwrap_or(default)
    };
    let history = number("history", 2, 1_000, defaults.history);
    let connections = number("connections", 1, 1_000_000, defaults.connections);
    let connections_per_client =
        number("connections_per_client", 1, 1_000_000, defaults.connections_per_client);
    let trusted_proxies = match fields.get("trusted_proxies") {
        Some(node) => reader
            .list_of_some(node, "trusted_proxies")
            .unwrap_or_default()
            .iter()
            .filter_map(|node| network(reader, node))
            .collect(),
        None => Vec::new(),
    };
    let mut file = |key: &str| Some(PathBuf::from(reader.text(fields.get(key)?, key)?));
    let (credentials, client_ca) = (file("credentials"), file("client_ca"));
    Serve { sites, history, trusted_proxies, credentials, client_ca, connections, connections_per_client }
}

/// A whole number within bounds.
pub(super) fn number(
    reader: &mut Reader,
    node: &Node,
    key: &str,
    least: usize,
    most: usize,
) -> Option<usize> {
    let text = reader.text(node, key)?;
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    if number.is_none() {
        reader.report(node.spot, format!("`{key}` is {}, not a number from {least} to {most}", shown(text)));
    }
    number
}

fn network(reader: &mut Reader, node: &Node) -> Option<IpNet> {
    let text = reader.text(node, "trusted_proxies")?;
    let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    if parsed.is_err() {
        reader
            .report(node.spot, format!("`trusted_proxies` has {}, no address or network", shown(text)))
            .help("write `10.1.2.3` or `10.1.2.0/24`");
    }
    parsed.ok().map(|network| network.trunc())
}

fn sites(reader: &mut Reader, node: &Node) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    let (mut paths, mut hosts) = (BTreeSet::new(), BTreeSet::new());
    for node in reader.list_of_some(node, "sites").unwrap_or_default() {
        let Some(fields) = reader.fields(node, "site", &SITE_KEYS) else { continue };
        let Some(site) = site(reader, node, &fields) else { continue };
        if site.name == MAIN_SITE || sites.iter().any(|own| own.name == site.name) {
            reader.report(node.spot, format!("two sites are called {}", shown(&site.name)));
        }
        if let Some(path) = &site.path
            && !paths.insert(path.clone())
        {
            reader.report(node.spot, format!("two sites have the path {}", shown(path)));
        }
        for host in &site.hosts {
            if !hosts.insert(host.clone()) {
                reader.report(node.spot, format!("two sites have the host `{host}`"));
            }
        }
        sites.push(site);
    }
    sites
}

fn site(reader: &mut Reader, node: &Node, fields: &Fields<'_>) -> Option<Site> {
    let name = reader.required(fields, "name");
    let name = name.and_then(|node| word(reader, node, "name"));
    let profile = reader.required(fields, "profile");
    let profile = profile.and_then(|node| reader.text(node, "profile"));
    let path = fields.get("path").and_then(|node| path(reader, node));
    let hosts: Vec<Host> = match fields.get("hosts") {
        Some(node) => {
            let nodes = reader.list_of_some(node, "hosts").unwrap_or_default();
            nodes.iter().filter_map(|node| host(reader, node)).collect()
        }
        None => Vec::new(),
    };
    if fields.get("path").is_none() && fields.get("hosts").is_none() {
        reader
            .report(node.spot, "nothing leads to this site")
            .help("write `path: /emea`, `hosts: [wpad.emea.contoso.com]`, or both");
        return None;
    }
    Some(Site { name: name?, profile: profile?.into(), path, hosts })
}

fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn word(reader: &mut Reader, node: &Node, key: &str) -> Option<String> {
    let text = reader.text(node, key)?;
    if !is_word(text) {
        let message = format!("`{key}` is {}, which is no name of a folder", shown(text));
        reader.report(node.spot, message).help("write at most 63 letters, digits, `-` and `_`");
        return None;
    }
    Some(text.to_owned())
}

fn path(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "path")?;
    let part = text.strip_prefix('/').unwrap_or_default();
    if !is_word(part) {
        let message = format!("`path` is {}, no path of one part", shown(text));
        reader.report(node.spot, message).help("write a slash and a word: `/emea`");
        return None;
    }
    if OWN_PATHS.contains(&part) {
        reader.report(node.spot, format!("`path` is {}, which the server answers itself", shown(text)));
        return None;
    }
    Some(text.to_owned())
}

fn host(reader: &mut Reader, node: &Node) -> Option<Host> {
    let text = reader.text(node, "hosts")?;
    let host = match text.parse::<IpAddr>() {
        Ok(address) => Ok(Host::Address(address)),
        Err(_) => text.parse::<DomainName>().map(Host::Name),
    };
    match host {
        Ok(host) => Some(host),
        Err(error) => {
            reader
                .report(node.spot, format!("`hosts` has {}: {error}", shown(text)))
                .help("write the name that clients ask for, without scheme and port");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::*;

    fn parsed(section: &str) -> Result<Serve, String> {
        let text = format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\nserve: {section}\n");
        Profile::parse(&text, None, &[]).map(|profile| profile.serve).map_err(|error| error.to_string())
    }

    #[test]
    fn the_section_says_what_is_hosted_and_for_whom() {
        let serve = parsed(
            "{ sites: [{ name: emea, profile: emea.yaml, path: /emea, hosts: [WPAD.emea.contoso.com, 10.0.0.1] }], \
             history: 30, trusted_proxies: [10.1.2.3, 10.2.0.9/16], credentials: fetchers.txt, connections: 5 }",
        )
        .unwrap();
        assert_eq!(serve.sites[0].hosts[0].to_string(), "wpad.emea.contoso.com");
        assert_eq!((serve.history, serve.connections, serve.connections_per_client), (30, 5, 256));
        let proxies: Vec<String> = serve.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(proxies, ["10.1.2.3/32", "10.2.0.0/16"]);
        assert!(serve.has_auth());
        assert_eq!(parsed("{}").unwrap(), Serve::default());
    }

    #[test]
    fn what_cannot_be_hosted_is_told() {
        for (section, want) in [
            ("{ site: [] }", "did you mean `sites`?"),
            ("{ history: 1 }", "not a number from 2 to 1000"),
            ("{ sites: [{ name: a, profile: b }] }", "nothing leads to this site"),
            ("{ sites: [{ name: ../a, profile: b, path: /a }] }", "no name of a folder"),
            ("{ sites: [{ name: main, profile: b, path: /a }] }", "two sites are called `main`"),
            ("{ sites: [{ name: a, profile: b, path: /edl }] }", "which the server answers itself"),
            ("{ sites: [{ name: a, profile: b, path: /a/b }] }", "no path of one part"),
            ("{ sites: [{ name: a, profile: b, hosts: ['a:80'] }] }", "`hosts` has `a:80`"),
            ("{ trusted_proxies: [everybody] }", "no address or network"),
        ] {
            let error = parsed(section).unwrap_err();
            assert!(error.contains(want), "{section}: {error}");
        }
    }
}
