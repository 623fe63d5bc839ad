//! What the vendor's newest lists have, and what they no longer have.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::model::{DomainName, HostIndex, HostPattern};
use crate::profile::BUILTIN_LISTS;
use crate::suffix::{self, checked};
use crate::{embedded, lists};

/// One row of `data/removed-hosts.yaml`.
pub(crate) struct Removed {
    host: HostPattern,
    instead: Option<HostPattern>,
    /// As notes: which document had it, since which one it is gone, what there is in its place.
    pub(crate) lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    host: String,
    last: Document,
    gone: Document,
    instead: Option<String>,
    checked: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    document: String,
    date: Date,
}

static REMOVED: LazyLock<Vec<Removed>> = LazyLock::new(|| {
    let rows: Vec<Row> = embedded::table("data/removed-hosts.yaml");
    rows.into_iter()
        .map(|row| {
            let Row { host, last, gone, instead, checked: day } = row;
            let mut lines = vec![format!(
                "last in {} of {}; gone by {} of {} ({})",
                last.document,
                last.date,
                gone.document,
                gone.date,
                checked(day)
            )];
            lines.extend(instead.iter().map(|instead| format!("the newest list has `{instead}`")));
            Removed { host: pattern(&host), instead: instead.as_deref().map(pattern), lines }
        })
        .collect()
});

fn pattern(text: &str) -> HostPattern {
    text.parse().unwrap_or_else(|error| panic!("internal error: data/removed-hosts.yaml: `{text}`: {error}"))
}

/// The row about a pattern: it stands there, or lies inside what stands there and not inside what took its place.
pub(crate) fn removed(host: &HostPattern) -> Option<&'static Removed> {
    let still = |removed: &Removed| removed.instead.as_ref().is_some_and(|instead| instead.covers(host));
    REMOVED.iter().find(|removed| removed.host.covers(host) && !still(removed))
}

/// What the built-in lists have, and the domains that it is in.
pub(crate) struct Listed {
    hosts: HostIndex<()>,
    domains: BTreeSet<DomainName>,
}

impl Listed {
    /// Reads the built-in lists.
    pub(crate) fn new() -> Self {
        let mut listed = Self { hosts: HostIndex::new(), domains: BTreeSet::new() };
        for endpoint in BUILTIN_LISTS.iter().flat_map(|list| lists::endpoints(list)) {
            let host = endpoint.pattern.value.host;
            listed.domains.extend(domain(&host));
            listed.hosts.insert(host, ());
        }
        listed
    }

    /// Whether a list has all that a pattern matches, and no newer one has dropped it.
    pub(crate) fn has(&self, host: &HostPattern) -> bool {
        self.hosts.covering_candidates(host).any(|(other, ())| other.covers(host)) && removed(host).is_none()
    }

    /// Whether a pattern is under a domain of the vendor's, or was: a mirror of one's own is in no list.
    pub(crate) fn is_of_vendor(&self, host: &HostPattern) -> bool {
        removed(host).is_some() || domain(host).is_some_and(|domain| self.domains.contains(&domain))
    }
}

/// The domain that somebody has registered for a pattern, where it has one.
fn domain(host: &HostPattern) -> Option<DomainName> {
    suffix::registrable_domain(&host.anchor()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_is_in_no_current_list() {
        let current = ["mde-commercial", "mde-streamlined"].map(lists::endpoints).concat();
        let agents = lists::endpoints("mma");
        assert!(current.len() > 100);
        for removed in REMOVED.iter() {
            for endpoint in &current {
                let host = &endpoint.pattern.value.host;
                assert!(!host.covers(&removed.host), "{host} covers {}", removed.host);
            }
            let instead = removed.instead.as_ref();
            let is_current = |instead: &HostPattern| {
                current.iter().chain(&agents).any(|own| own.pattern.value.host == *instead)
            };
            assert!(instead.is_none_or(is_current), "{instead:?} is in no current list");
        }
    }

    #[test]
    fn what_took_the_place_of_a_host_is_not_removed() {
        for (host, want) in [
            ("*.azure-automation.net", true),
            ("scus-agentservice-prod-1.azure-automation.net", true),
            ("*.agentsvc.azure-automation.net", false),
            ("a.agentsvc.azure-automation.net", false),
            ("azure-automation.net", false),
            ("msdl.microsoft.com", true),
            ("*.microsoft.com", false),
        ] {
            assert_eq!(removed(&host.parse().unwrap()).is_some(), want, "{host}");
        }
    }
}
