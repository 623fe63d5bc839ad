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
    // Of rules that mean the same the first is kept.
    let kept: Vec<bool> = (0..rules.len())
        .map(|at| {
            !coverers(&rules, &index, at)
                .any(|other| other < at || !rules[at].pattern.covers(&rules[other].pattern))
        })
        .collect();

    let mut provenance: Vec<Vec<&Provenance>> = rules.iter().map(|rule| vec![&rule.provenance]).collect();
    for at in (0..rules.len()).filter(|&at| !kept[at]) {
        for other in coverers(&rules, &index, at).filter(|&other| kept[other]) {
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
fn coverers<'a>(
    rules: &'a [Rule],
    index: &'a HostIndex<usize>,
    at: usize,
) -> impl Iterator<Item = usize> + 'a {
    let pattern = &rules[at].pattern;
    index
        .covering_candidates(&pattern.host)
        .map(|(_, &other)| other)
        .filter(move |&other| other != at && rules[other].pattern.covers(pattern))
}
