//! Values by host pattern, found by host: an index for many questions to many rules.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::host_pattern::{HostPattern, LabelPattern};
use super::host_trie::HostTrie;
use super::request::Host;

/// Values, each under one host pattern.
///
/// A question looks at the labels of a name and at the globs that stand where the name passes, or at
/// the prefix lengths that are there; never at all patterns.
#[derive(Clone, Debug)]
pub struct HostIndex<T> {
    entries: Vec<(HostPattern, T)>,
    /// Places in `entries`.
    names: HostTrie<Vec<usize>>,
    networks: BTreeMap<IpNet, Vec<usize>>,
    /// Which prefix lengths networks have, of IPv6 where true: others are not tried.
    lengths: BTreeSet<(bool, u8)>,
}

impl<T> Default for HostIndex<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            names: HostTrie::new(),
            networks: BTreeMap::new(),
            lengths: BTreeSet::new(),
        }
    }
}

impl<T> HostIndex<T> {
    /// Without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value under a pattern. A pattern may have several.
    pub fn insert(&mut self, pattern: HostPattern, value: T) {
        let entry = self.entries.len();
        if let HostPattern::Address(network) = pattern {
            self.lengths.insert((network.addr().is_ipv6(), network.prefix_len()));
            self.networks.entry(network).or_default().push(entry);
        }
        if let Some(place) = self.names.place(&pattern) {
            let node = self.names.node_mut(place.node);
            if place.here {
                node.here.push(entry);
            }
            if place.below {
                node.below.push(entry);
            }
        }
        self.entries.push((pattern, value));
    }

    /// The values of all patterns that match a host, in the order in which they were inserted.
    pub fn matching(&self, host: &Host) -> impl Iterator<Item = &T> {
        let entries = match host {
            Host::Name(name) => self.of_labels(name.labels_from_right()),
            Host::Address(address) => self.of_network(IpNet::from(*address)),
        };
        entries.into_iter().map(|entry| &self.entries[entry].1)
    }

    /// The patterns that may cover a pattern, with their values, in the order in which they were
    /// inserted: all that cover it are among them, and few others. The pattern itself is one if it is in the
    /// index.
    ///
    /// A pattern that matches no host at all is covered by every other; only those that match the
    /// labels of its text are named.
    pub fn covering_candidates(&self, pattern: &HostPattern) -> impl Iterator<Item = (&HostPattern, &T)> {
        let entries = match pattern {
            HostPattern::Address(network) => self.of_network(*network),
            // What covers a pattern matches each of its names, so one of them is enough.
            HostPattern::Exact(name) | HostPattern::Subtree(name) => self.of_labels(name.labels_from_right()),
            HostPattern::Descendants(name) => self.of_labels(name.labels_from_right().chain(["a"])),
            HostPattern::TextSuffix(suffix) => {
                // The text alone may not be a name; it matches what all names that end in it match.
                self.of_labels(suffix.parent().labels_from_right().chain([suffix.head()]))
            }
            HostPattern::LabelGlob(glob) => {
                let labels: Vec<String> = glob.labels().iter().map(one_label).collect();
                self.of_labels(labels.iter().rev().map(String::as_str))
            }
        };
        entries.into_iter().map(|entry| {
            let (pattern, value) = &self.entries[entry];
            (pattern, value)
        })
    }

    fn of_labels<'l>(&self, labels: impl Iterator<Item = &'l str>) -> Vec<usize> {
        let mut found = Vec::new();
        self.names.trace(labels, |entries| found.extend(entries));
        found.sort_unstable();
        found
    }

    /// The entries of all networks around a network, itself included.
    fn of_network(&self, network: IpNet) -> Vec<usize> {
        let ipv6 = network.addr().is_ipv6();
        let lengths = self.lengths.range((ipv6, 0)..=(ipv6, network.prefix_len()));
        let mut found: Vec<usize> = lengths
            .filter_map(|&(_, length)| IpNet::new(network.addr(), length).ok())
            .filter_map(|around| self.networks.get(&around.trunc()))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found
    }
}

/// A label that a pattern of one label matches.
fn one_label(pattern: &LabelPattern) -> String {
    match pattern {
        LabelPattern::Literal(text) => text.to_string(),
        LabelPattern::Star { prefix, suffix } => format!("{prefix}x{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{host_pattern, hosts};

    fn index(patterns: &[HostPattern]) -> HostIndex<usize> {
        let mut index = HostIndex::new();
        patterns.iter().enumerate().for_each(|(at, pattern)| index.insert(pattern.clone(), at));
        index
    }

    #[test]
    fn a_question_looks_at_few_patterns() {
        let texts =
            ["a.example", "*.example", ".b.example", "*a.example", "10.0.0.0/8", "10.0.0.0/16", "::/0"];
        let index = index(&texts.map(|text| text.parse().unwrap()));
        let candidates = |text: &str| {
            let pattern = text.parse().unwrap();
            index.covering_candidates(&pattern).map(|(pattern, _)| pattern.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(candidates("c.b.example"), ["*.example", ".b.example"]);
        assert_eq!(candidates("*aa.example"), ["*.example", "*a.example"]);
        assert_eq!(candidates("10.0.0.0/12"), ["10.0.0.0/8"]);
        assert!(candidates("b").is_empty());
    }

    proptest! {
        #[test]
        fn an_index_finds_exactly_the_patterns_that_match(patterns in vec(host_pattern(), 0..12)) {
            let index = index(&patterns);
            for host in hosts() {
                let found: Vec<usize> = index.matching(&host).copied().collect();
                let matching = |&at: &usize| patterns[at].matches(&host);
                prop_assert_eq!(found, (0..patterns.len()).filter(matching).collect::<Vec<_>>());
            }
        }

        #[test]
        fn what_covers_a_pattern_is_a_candidate(
            patterns in vec(host_pattern(), 0..12), pattern in host_pattern()
        ) {
            let index = index(&patterns);
            let candidates: Vec<usize> = index.covering_candidates(&pattern).map(|(_, &at)| at).collect();
            for (at, other) in patterns.iter().enumerate() {
                prop_assert!(!other.covers(&pattern) || candidates.contains(&at), "{} {}", other, pattern);
            }
        }
    }
}
