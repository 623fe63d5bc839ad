//! Values by host pattern, found by host: an index for many questions to many rules.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::host_pattern::{HostPattern, LabelPattern};
use super::name_table::{Match, NameTable, Probe, each_suffix};
use super::request::Host;

/// Values, each under one host pattern.
///
/// A question looks at the labels of a name and at the forms of globs that stand where the name passes, or at
/// the prefix lengths that are there; never at all patterns.
#[derive(Clone, Debug)]
pub struct HostIndex<T> {
    entries: Vec<(HostPattern, T)>,
    /// Places in `entries`.
    names: NameTable,
    networks: BTreeMap<IpNet, Vec<u32>>,
    /// Which prefix lengths networks have, of IPv6 where true: others are not tried.
    lengths: BTreeSet<(bool, u8)>,
}

impl<T> Default for HostIndex<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            names: NameTable::default(),
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

    /// The same, with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { entries: Vec::with_capacity(count), names: NameTable::with_capacity(count), ..Self::default() }
    }

    /// Adds a value under a pattern. A pattern may have several.
    pub fn insert(&mut self, pattern: HostPattern, value: T) {
        let entry = u32::try_from(self.entries.len()).expect("internal error: over 2^32 patterns");
        if let HostPattern::Address(network) = pattern {
            self.lengths.insert((network.addr().is_ipv6(), network.prefix_len()));
            self.networks.entry(network).or_default().push(entry);
        } else {
            self.names.insert(&pattern, entry);
        }
        self.entries.push((pattern, value));
    }

    /// The values of all patterns that match a host, in the order in which they were inserted.
    pub fn matching(&self, host: &Host) -> impl Iterator<Item = &T> {
        let entries = match host {
            Host::Name(name) => self.of_name(name.as_str()),
            Host::Address(address) => self.of_address(*address),
        };
        entries.into_iter().map(|entry| &self.entries[entry as usize].1)
    }

    /// The patterns that may cover a pattern, with their values, in the order in which they were
    /// inserted: all that cover it are among them, and few others. The pattern itself is one if it is in the
    /// index.
    ///
    /// A pattern that matches no host at all is covered by every other; only those that match the
    /// labels of its text are named.
    pub fn covering_candidates(&self, pattern: &HostPattern) -> impl Iterator<Item = (&HostPattern, &T)> {
        // What covers a pattern matches each of its names, so one of them is enough.
        let name: Cow<'_, str> = match pattern {
            HostPattern::Address(network) => return self.entries_of(self.of_network(*network)),
            HostPattern::Exact(name) | HostPattern::Subtree(name) => name.as_str().into(),
            HostPattern::Descendants(name) if name.label_count() == 0 => "a".into(),
            HostPattern::Descendants(name) => format!("a.{name}").into(),
            // The text alone may not be a name; it matches what all names that end in it match.
            HostPattern::TextSuffix(suffix) => suffix.text().into(),
            HostPattern::LabelGlob(glob) => {
                glob.labels().iter().map(one_label).collect::<Vec<_>>().join(".").into()
            }
        };
        self.entries_of(self.of_name(&name))
    }

    fn entries_of(&self, entries: Vec<u32>) -> impl Iterator<Item = (&HostPattern, &T)> {
        entries.into_iter().map(|entry| {
            let (pattern, value) = &self.entries[entry as usize];
            (pattern, value)
        })
    }

    /// The table of names, whose numbers are places in the order in which patterns were inserted.
    pub(crate) fn names(&self) -> &NameTable {
        &self.names
    }

    /// The entries that match a name in canonical form, in order, found by its suffixes of whole labels with their hashes,
    /// the shortest first.
    #[inline]
    pub(crate) fn find(
        &self,
        name: &[u8],
        suffixes: impl Iterator<Item = (usize, u64)>,
        found: &mut Vec<u32>,
    ) {
        let suffixes = suffixes.take_while(|(_, hash)| self.names.may_lead_to(*hash));
        self.collect(name, found, |visit| {
            suffixes.for_each(|(start, hash)| self.names.visit(name, start, hash, visit));
        });
    }

    /// The same, where memory was asked for before.
    #[inline]
    pub(crate) fn find_fetched(&self, name: &[u8], probes: &[Probe], found: &mut Vec<u32>) {
        self.collect(name, found, |visit| {
            probes.iter().for_each(|probe| self.names.visit_fetched(name, probe, visit));
        });
    }

    /// The same, however long the name is.
    pub(crate) fn find_text(&self, name: &[u8], found: &mut Vec<u32>) {
        self.collect(name, found, |visit| {
            each_suffix(self.names.seed(), name, |start, hash| {
                let goes_on = self.names.may_lead_to(hash);
                if goes_on {
                    self.names.visit(name, start, hash, visit);
                }
                goes_on
            });
        });
    }

    #[inline]
    fn collect(&self, name: &[u8], found: &mut Vec<u32>, search: impl FnOnce(&mut dyn FnMut(u32, Match))) {
        found.clear();
        let is_match = |entry: u32| {
            std::str::from_utf8(name).is_ok_and(|name| self.entries[entry as usize].0.matches_text(name))
        };
        let mut visit = |entry, sure| {
            if sure == Match::Sure || is_match(entry) {
                found.push(entry);
            }
        };
        self.names.visit_everywhere(&mut visit);
        search(&mut visit);
        // A glob may be found twice.
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
    }

    fn of_name(&self, name: &str) -> Vec<u32> {
        let mut found = Vec::new();
        self.find_text(name.as_bytes(), &mut found);
        found
    }

    /// The entries of all networks that hold an address.
    pub(crate) fn of_address(&self, address: IpAddr) -> Vec<u32> {
        self.of_network(IpNet::from(address))
    }

    /// The entries of all networks around a network, itself included.
    fn of_network(&self, network: IpNet) -> Vec<u32> {
        let ipv6 = network.addr().is_ipv6();
        let lengths = self.lengths.range((ipv6, 0)..=(ipv6, network.prefix_len()));
        let mut found: Vec<u32> = lengths
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
