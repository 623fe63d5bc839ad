//! Rules that another rule covers.

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
    let coverers: Vec<Vec<usize>> = (0..rules.len()).map(|at| coverers(&rules, &index, at)).collect();
    // Of rules that mean the same the first is kept.
    let is_above = |other: usize, at: usize| other < at || !rules[at].pattern.covers(&rules[other].pattern);
    let kept: Vec<bool> =
        coverers.iter().enumerate().map(|(at, all)| !all.iter().any(|&other| is_above(other, at))).collect();

    let mut covered: Vec<Vec<usize>> = vec![Vec::new(); rules.len()];
    for (at, all) in coverers.iter().enumerate().filter(|&(at, _)| !kept[at]) {
        for &other in all.iter().filter(|&&other| kept[other]) {
            covered[other].push(at);
        }
    }
    let unions: Vec<(usize, Provenance)> = covered
        .iter()
        .enumerate()
        .filter(|(_, of)| !of.is_empty())
        .map(|(at, of)| (at, Provenance::union([at].iter().chain(of).map(|&at| &rules[at].provenance))))
        .collect();
    // A rule that covers only itself keeps its cells as they are.
    for (at, provenance) in unions {
        rules[at].provenance = provenance;
    }
    let mut survivors: Vec<Rule> =
        rules.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(rule, _)| rule).collect();
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
