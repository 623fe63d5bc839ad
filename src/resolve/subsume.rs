//! Rules that another rule covers.

use super::covering::Covering;
use crate::model::Rule;
use crate::source::Provenance;

/// The rules that no other covers, sorted by pattern, each with the provenance of all that it covers.
/// A rule covers another only if host, scheme, ports and path all cover. `rules` are sorted by pattern.
///
/// Near-linear: a rule is compared only with those on the way to its host.
pub fn subsume(mut rules: Vec<Rule>) -> Vec<Rule> {
    debug_assert!(rules.is_sorted_by(|one, other| one.pattern <= other.pattern), "rules out of order");
    let mut kept = vec![true; rules.len()];
    // The rule that covers, and the one that it covers.
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    Covering::new(&rules).each(|at, other| {
        pairs.push((other, at));
        // Of rules that mean the same the first is kept.
        if other < at || !rules[at].pattern.covers(&rules[other].pattern) {
            kept[at] = false;
        }
    });
    pairs.retain(|&(other, at)| kept[other] && !kept[at]);
    pairs.sort_unstable();
    // A rule that covers only itself keeps its cells as they are.
    for of_one in pairs.chunk_by(|one, next| one.0 == next.0) {
        let (own, _) = of_one[0];
        let covered = of_one.iter().map(|&(_, at)| &rules[at].provenance);
        rules[own].provenance = Provenance::union([&rules[own].provenance].into_iter().chain(covered));
    }
    let mut is_kept = kept.into_iter();
    rules.retain(|_| is_kept.next().unwrap_or_default());
    rules
}
