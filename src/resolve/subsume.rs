//! Rules that another rule covers.

use std::collections::BTreeMap;

use crate::model::{HostIndex, Rule};
use crate::source::Provenance;

/// The rules that no other covers, sorted by pattern, each with the provenance of all that it covers.
/// A rule covers another only if host, scheme, ports and path all cover.
///
/// Near-linear: a rule is compared only with those on the way to its host.
pub(super) fn subsume(mut rules: Vec<Rule>) -> Vec<Rule> {
    let mut index = HostIndex::new();
    for (at, rule) in rules.iter().enumerate() {
        index.insert(rule.pattern.host.clone(), at);
    }
    // Who covers whom is a tree once each rule has one coverer; equal languages keep the first.
    let coverer: Vec<Option<usize>> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| {
            index.covering_candidates(&rule.pattern.host).map(|(_, &other)| other).find(|&other| {
                other != at
                    && rules[other].pattern.covers(&rule.pattern)
                    && (other < at || !rule.pattern.covers(&rules[other].pattern))
            })
        })
        .collect();
    let root = |mut at: usize| {
        while let Some(next) = coverer[at] {
            at = next;
        }
        at
    };
    let mut covered: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in (0..rules.len()).filter(|&at| coverer[at].is_some()) {
        covered.entry(root(at)).or_default().push(at);
    }
    let union = |root: usize, of: &[usize]| {
        Provenance::union([root].iter().chain(of).map(|&at| &rules[at].provenance))
    };
    let unions: Vec<(usize, Provenance)> =
        covered.iter().map(|(&root, of)| (root, union(root, of))).collect();
    for (root, provenance) in unions {
        rules[root].provenance = provenance;
    }
    let mut kept: Vec<Rule> = rules
        .into_iter()
        .zip(&coverer)
        .filter(|(_, coverer)| coverer.is_none())
        .map(|(rule, _)| rule)
        .collect();
    kept.shrink_to_fit();
    kept.sort_unstable_by(|one, other| one.pattern.cmp(&other.pattern));
    kept
}
