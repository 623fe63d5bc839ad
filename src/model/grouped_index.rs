//! Values by host pattern where patterns repeat: a host is mostly on several lists.

use std::ops::Range;

use foldhash::{HashMap, HashMapExt};

use super::host_pattern::HostPattern;
use super::index::HostIndex;
use super::request::Host;

/// A [`HostIndex`] that holds each pattern once, with all its values.
#[derive(Debug)]
pub struct GroupedIndex<T> {
    /// Those of one pattern together.
    values: Vec<T>,
    /// By pattern, where its values are.
    index: HostIndex<Range<usize>>,
}

impl<T> Default for GroupedIndex<T> {
    fn default() -> Self {
        Self { values: Vec::new(), index: HostIndex::new() }
    }
}

impl<T: Copy> GroupedIndex<T> {
    /// Of patterns with a value each. A pattern may have several.
    pub fn new<'p>(all: impl Iterator<Item = (&'p HostPattern, T)>) -> Self {
        // The place of each pattern in `patterns`, where they stand as they first come.
        let mut known: HashMap<&HostPattern, usize> = HashMap::new();
        let mut patterns: Vec<(&HostPattern, usize)> = Vec::new();
        let mut placed: Vec<(usize, T)> = Vec::new();
        for (pattern, value) in all {
            let at = *known.entry(pattern).or_insert_with(|| {
                patterns.push((pattern, 0));
                patterns.len() - 1
            });
            patterns[at].1 += 1;
            placed.push((at, value));
        }
        drop(known);
        let mut index = HostIndex::new();
        let mut start = 0;
        for (pattern, count) in patterns {
            index.insert(pattern.clone(), start..start + count);
            start += count;
        }
        placed.sort_by_key(|&(at, _)| at);
        Self { values: placed.into_iter().map(|(_, value)| value).collect(), index }
    }

    /// The values of all patterns that match a host: those of one pattern together and in their order.
    pub fn matching(&self, host: &Host) -> impl Iterator<Item = &T> {
        self.index.matching(host).flat_map(|own| &self.values[own.clone()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{host_pattern, hosts};

    proptest! {
        #[test]
        fn a_host_has_the_values_of_every_pattern_that_matches(patterns in vec(host_pattern(), 0..6), again in 0..3_usize) {
            let all: Vec<&HostPattern> = patterns.iter().chain(patterns.iter().take(again)).collect();
            let index = GroupedIndex::new(all.iter().copied().zip(0..));
            for host in hosts() {
                let mut found: Vec<i32> = index.matching(&host).copied().collect();
                found.sort_unstable();
                let matched = all.iter().zip(0..).filter(|(pattern, _)| pattern.matches(&host));
                prop_assert_eq!(found, matched.map(|(_, at)| at).collect::<Vec<i32>>(), "{}", host);
            }
        }
    }
}
