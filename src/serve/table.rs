//! What all sites serve now: names and paths to files. Immutable, replaced as a whole.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::version::{Resource, Version};
use crate::profile::Site;

/// A site with what it serves.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// Below which path and under which names; nothing for the profile itself, which is at the root and under every
    /// other name.
    pub site: Option<Site>,
    /// Its version; nothing while there is none.
    pub version: Option<Arc<Version>>,
}

/// A file of a site.
#[derive(Clone, Debug)]
pub struct Served {
    /// The file.
    pub resource: Arc<Resource>,
    /// Which site, by its place in the list.
    pub site: usize,
    /// The number of the version.
    pub version: u64,
}

/// What all sites serve.
#[derive(Debug, Default)]
pub struct Table {
    /// Under every name that is not in `hosts`.
    everywhere: HashMap<String, Served, foldhash::fast::RandomState>,
    hosts: HashMap<String, HashMap<String, Served, foldhash::fast::RandomState>, foldhash::fast::RandomState>,
}

impl Table {
    /// The table of some sites.
    pub fn new(sites: &[Hosted]) -> Self {
        let mut table = Self::default();
        for (at, Hosted { site, version }) in sites.iter().enumerate() {
            let Some(version) = version else { continue };
            let below = |prefix: &str| {
                let served = |resource: &Arc<Resource>| Served {
                    resource: resource.clone(),
                    site: at,
                    version: version.id.number(),
                };
                version
                    .resources
                    .iter()
                    .map(|(path, resource)| (format!("{prefix}/{}", shown(path)), served(resource)))
                    .collect::<Vec<_>>()
            };
            let Some(site) = site else {
                table.everywhere.extend(below(""));
                continue;
            };
            if let Some(path) = &site.path {
                table.everywhere.extend(below(path));
            }
            for host in &site.hosts {
                table.hosts.entry(host.to_string()).or_default().extend(below(""));
            }
        }
        table
    }

    /// The file at a path, as the client wrote it, under a name, without a port.
    pub fn get(&self, host: Option<&str>, path: &str) -> Option<&Served> {
        if !self.hosts.is_empty()
            && let Some(host) = host
        {
            let own = self.hosts.get(host).or_else(|| {
                let lower = host.trim_end_matches('.').to_ascii_lowercase();
                self.hosts.get(&lower)
            });
            // A name of a site is no way to the files of another.
            if let Some(own) = own {
                return own.get(path);
            }
        }
        self.everywhere.get(path)
    }

    /// Whether nothing is served.
    pub fn is_empty(&self) -> bool {
        self.everywhere.is_empty() && self.hosts.is_empty()
    }
}

/// The path of a file as clients ask for it.
fn shown(path: &str) -> &str {
    path.strip_suffix("index.html").unwrap_or(path)
}

/// A host without its port: `[::1]:80` is `[::1]`.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => {
            if name.contains(':') && !name.ends_with(']') {
                host
            } else {
                name
            }
        }
        _ => host,
    }
}

/// Whether a host, without its port, is this machine itself by its own word, or an address.
pub fn is_address_or_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::serve::version::VersionId;
    use crate::write::Files;

    fn version(pac: &str) -> Option<Arc<Version>> {
        let files = Files::from([
            ("proxy.pac".to_owned(), pac.as_bytes().to_vec()),
            ("report/index.html".to_owned(), b"<p>".to_vec()),
        ]);
        Some(Arc::new(Version::new(VersionId::of(1, &files), 1, &files, &BTreeMap::new(), None)))
    }

    #[test]
    fn a_site_is_found_by_its_path_and_by_its_name() {
        let site = Site {
            name: "emea".into(),
            profile: "emea.yaml".into(),
            path: Some("/emea".into()),
            hosts: vec![crate::model::Host::Name("wpad.emea.example".parse().unwrap())],
        };
        let table = Table::new(&[
            Hosted { site: None, version: version("main") },
            Hosted { site: Some(site), version: version("emea") },
        ]);
        let body = |host: Option<&str>, path: &str| {
            table.get(host, path).map(|own| own.resource.identity().body.clone())
        };
        for (host, path, want) in [
            (None, "/proxy.pac", Some("main")),
            (Some("wpad.example"), "/proxy.pac", Some("main")),
            (Some("wpad.emea.example"), "/proxy.pac", Some("emea")),
            (Some("WPAD.emea.example."), "/proxy.pac", Some("emea")),
            (None, "/emea/proxy.pac", Some("emea")),
            (Some("wpad.emea.example"), "/emea/proxy.pac", None),
            (None, "/report/", Some("<p>")),
            (None, "/report/index.html", None),
            (None, "/emea/../proxy.pac", None),
            (None, "proxy.pac", None),
        ] {
            assert_eq!(body(host, path).as_deref(), want.map(str::as_bytes), "{host:?} {path}");
        }
    }

    #[test]
    fn a_port_is_taken_off_and_an_address_is_left_whole() {
        for (host, want) in [
            ("a.example", "a.example"),
            ("a.example:8080", "a.example"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(without_port(host), want);
        }
        assert!(is_address_or_local("[::1]") && is_address_or_local("LOCALHOST"));
        assert!(!is_address_or_local("attacker.example"));
    }
}
