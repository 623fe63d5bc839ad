//! Rules that another rule covers.

use crate::model::{HostIndex, Rule};
use crate::source::Provenance;

/// The rules that no other covers, sorted by pattern, each with the provenance of all that it covers.
/// A rule covers another only if host, scheme, ports and path all cover.
///
/// Near-linear: a rule is compared only with those on the way to its host.
pub(super) fn subsume(rules: Vec<Rule>) -> Vec<Rule> {
    let mut index = HostIndex::new();
    for (at, rule) in rules.iter().enumerate() {
        index.insert(rule.pattern.host.clone(), at);
    }
    let coverers: Vec<Vec<usize>> = (0..rules.len()).map(|at| coverers(&rules, &index, at)).collect();
    // Of rules that mean the same the first is kept.
    let is_above = |other: usize, at: usize| other < at || !rules[at].pattern.covers(&rules[other].pattern);
    let kept: Vec<bool> =
        coverers.iter().enumerate().map(|(at, all)| !all.iter().any(|&other| is_above(other, at))).collect();

    let mut provenance: Vec<Vec<&Provenance>> = rules.iter().map(|rule| vec![&rule.provenance]).collect();
    for (at, all) in coverers.iter().enumerate().filter(|&(at, _)| !kept[at]) {
        for &other in all.iter().filter(|&&other| kept[other]) {
            provenance[other].push(&rules[at].provenance);
        }
    }
    let mut survivors: Vec<Rule> = rules
        .iter()
        .zip(provenance)
        .zip(kept)
        .filter(|(_, kept)| *kept)
        .map(|((rule, provenance), _)| Rule {
            pattern: rule.pattern.clone(),
            provenance: Provenance::union(provenance),
        })
        .collect();
    survivors.sort_unstable_by(|one, other| one.pattern.cmp(&other.pattern));
    survivors
}

/// The other rules that cover one.
fn coverers(rules: &[Rule], index: &HostIndex<usize>, at: usize) -> Vec<usize> {
    let pattern = &rules[at].pattern;
    index
        .covering_candidates(&pattern.host)
        .map(|(_, &other)| other)
        .filter(|&other| other != at && rules[other].pattern.covers(pattern))
        .collect()
}
