//! Which rules there are: names and networks by their ports, split into rules of a size that any Windows takes.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use uuid::Uuid;

use super::{ADDRESSES, ID, KEYWORDS};
use crate::emit::RenderError;
use crate::emit::filter::{port_ranges, ports_label};
use crate::model::{Host, Ports};
use crate::plan::Plan;

/// Most keywords or networks of one rule. No limit is documented; a command line of `netsh` with as many
/// networks, of at most 43 characters each, stays below the 8,191 that cmd.exe takes.
pub(super) const PER_RULE: usize = 100;

/// What every keyword's GUID is derived under. The scripts have the same octets (`own-id.ps1`).
const NAMESPACE: Uuid = Uuid::from_u128(0x6d1f_5a52_9a3b_5c0e_8f52_7468_7275_7761);

/// A dynamic keyword.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Keyword {
    /// `example.com`, `*.example.com`.
    pub(super) text: String,
    /// `{6ba7b810-9dad-51d1-80b4-00c04fd430c8}`.
    pub(super) id: String,
}

/// One rule of the firewall.
pub(super) struct FirewallRule {
    /// Unique on the device: letters, digits, `-` and `_`.
    pub(super) name: String,
    /// What a person reads.
    pub(super) title: String,
    /// `443`, `8000-8080`; nothing for all.
    pub(super) ports: Vec<String>,
    /// GUIDs of keywords; nothing where there are networks.
    pub(super) keywords: Vec<String>,
    /// Networks; nothing where there are keywords.
    pub(super) networks: Vec<String>,
}

/// Everything that is written.
pub(super) struct Layout {
    /// By text.
    pub(super) keywords: Vec<Keyword>,
    /// By what they are for and their ports.
    pub(super) rules: Vec<FirewallRule>,
}

impl Layout {
    pub(super) fn new(plan: &Plan<'_>, proxies: &[(Host, Ports)]) -> Result<Self, RenderError> {
        let mut names: BTreeMap<&Ports, BTreeSet<&str>> = BTreeMap::new();
        let mut networks: BTreeMap<&Ports, Vec<IpNet>> = BTreeMap::new();
        for list in plan.intents.values().flat_map(|of_intent| &of_intent.lists) {
            match list.list {
                KEYWORDS => {
                    names.entry(&list.ports).or_default().extend(list.lines.iter().map(String::as_str))
                }
                ADDRESSES => {
                    for line in &list.lines {
                        let network = line.parse().map_err(|_| refused(line, "it is no network"))?;
                        networks.entry(&list.ports).or_default().push(network);
                    }
                }
                other => unreachable!("internal error: a list `{other}`"),
            }
        }
        let hosts: Vec<String> = proxies.iter().map(|(host, _)| host.to_string()).collect();
        for ((host, ports), text) in proxies.iter().zip(&hosts) {
            match host {
                Host::Address(address) => networks.entry(ports).or_default().push((*address).into()),
                Host::Name(_) => drop(names.entry(ports).or_default().insert(text)),
            }
        }

        let profile = &own_name(plan);
        let keyword = |text: &str| Keyword { text: text.to_owned(), id: id_of(profile, text) };
        let mut keywords: BTreeSet<Keyword> = BTreeSet::new();
        let mut rules = Vec::new();
        for (ports, names) in names {
            let own: Vec<Keyword> = names.into_iter().map(keyword).collect();
            for (part, chunk) in own.chunks(PER_RULE).enumerate() {
                rules.push(FirewallRule {
                    keywords: chunk.iter().map(|keyword| keyword.id.clone()).collect(),
                    ..FirewallRule::new(profile, "names", ports, part)
                });
            }
            keywords.extend(own);
        }
        for (ports, networks) in networks {
            let texts: Vec<String> = IpNet::aggregate(&networks).iter().map(ToString::to_string).collect();
            for (part, chunk) in texts.chunks(PER_RULE).enumerate() {
                let rule = FirewallRule::new(profile, "addresses", ports, part);
                rules.push(FirewallRule { networks: chunk.to_vec(), ..rule });
            }
        }
        Ok(Self { keywords: keywords.into_iter().collect(), rules })
    }
}

/// The profile's name, in lower case: PowerShell compares names without case, and two profiles must not take
/// each other's rules for their own.
pub(super) fn own_name(plan: &Plan<'_>) -> String {
    plan.settings.name.to_ascii_lowercase()
}

impl FirewallRule {
    fn new(profile: &str, of: &str, ports: &Ports, part: usize) -> Self {
        let part = part + 1;
        Self {
            name: format!("thruway-{profile}-{of}-{}-{part}", ports_label(ports)),
            title: format!("Thruway {profile}: {of}, TCP {}, {part}", ports_label(ports)),
            ports: if *ports == Ports::any() { Vec::new() } else { port_ranges(ports) },
            keywords: Vec::new(),
            networks: Vec::new(),
        }
    }
}

/// The GUID of a keyword: the same in every run, and another one for another profile, so that to remove one
/// profile's keywords takes none from another.
fn id_of(profile: &str, keyword: &str) -> String {
    let id = Uuid::new_v5(&NAMESPACE, format!("{profile}\n{keyword}").as_bytes());
    format!("{{{}}}", id.hyphenated())
}

fn refused(what: &str, why: &str) -> RenderError {
    RenderError::Unsafe { target: ID, what: format!("`{what}`"), why: why.to_owned() }
}
