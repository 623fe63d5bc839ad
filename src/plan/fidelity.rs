//! How what a product says differs from the policy, by kind and with a witness.

use std::collections::BTreeMap;

use super::{Deviation, Plan, Witness};
use crate::emit::Encoded;
use crate::model::{
    Dimension, HostPattern, Intent, Request, RequestPattern, RequestSet, Rule, deviations, shortest,
};
use crate::profile::Difference;

/// Rules of a target, summed over its intents. One rule may be both wider and narrower.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fidelity {
    /// Rules that the product says exactly.
    pub exact: usize,
    /// Rules of which it says more.
    pub wider: usize,
    /// Rules of which it says less.
    pub narrower: usize,
    /// Rules left out since a tolerance or the gate says `hold`.
    pub held: usize,
    /// Rules that it cannot say.
    pub unsupported: usize,
}

impl Fidelity {
    /// One intent of a plan. `gated` counts the rules that the gate held for the intent.
    pub fn of(plan: &Plan<'_>, intent: Intent, gated: usize) -> Self {
        let Some(planned) = plan.intents.get(&intent) else { return Self::default() };
        let rules = plan.rules.get(&intent).map_or(0, |rules| rules.len());
        let mut different = vec![false; rules];
        let mut count = |deviations: &[Deviation]| {
            let mut of: Vec<usize> = deviations.iter().map(|deviation| deviation.rule).collect();
            of.sort_unstable();
            of.dedup();
            of.iter().for_each(|&rule| different[rule] = true);
            of.len()
        };
        let (wider, narrower) = (count(&planned.wider), count(&planned.narrower));
        for rule in
            planned.held.iter().map(|(rule, _)| rule).chain(planned.unsupported.iter().map(|(r, _)| r))
        {
            different[*rule] = true;
        }
        Self {
            exact: different.iter().filter(|different| !**different).count(),
            wider,
            narrower,
            held: planned.held.len() + gated,
            unsupported: planned.unsupported.len(),
        }
    }
}

impl std::ops::AddAssign for Fidelity {
    fn add_assign(&mut self, other: Self) {
        self.exact += other.exact;
        self.wider += other.wider;
        self.narrower += other.narrower;
        self.held += other.held;
        self.unsupported += other.unsupported;
    }
}

/// Where one rule's entries mean more than the whole policy.
pub(super) fn wider(at: usize, rule: &Rule, words: &Encoded, policy: &RequestSet) -> Vec<Deviation> {
    let mut wider = differences(at, rule, &words.means, std::slice::from_ref(&rule.pattern), policy);
    // An address that the rule states is what was asked for, whoever else is there.
    if words.by_address
        && !matches!(rule.pattern.host, HostPattern::Address(_))
        && let Some(request) = shortest(&words.means)
    {
        let witness = Witness::Neighbour(request);
        wider.push(Deviation { rule: at, kind: Difference::SharedAddress, witness });
    }
    wider
}

/// Where one rule asks for more than all entries mean.
pub(super) fn narrower(at: usize, rule: &Rule, words: &Encoded, meaning: &RequestSet) -> Vec<Deviation> {
    differences(at, rule, std::slice::from_ref(&rule.pattern), &words.means, meaning)
}

/// What is in `of` and neither in `from` nor in `unless_in`, with a witness of every kind.
///
/// The shortest witness of all would not do, since it is of one kind and may hide a graver one:
/// `.example.com` for `*.a.example.com` adds `a.example.com`, only the apex, but also the rest of the parent.
fn differences(
    at: usize,
    rule: &Rule,
    of: &[RequestPattern],
    from: &[RequestPattern],
    unless_in: &RequestSet,
) -> Vec<Deviation> {
    let mut found: BTreeMap<Difference, Request> = BTreeMap::new();
    let mut hosts_differ = false;
    for (dimension, witness) in deviations(of, from, unless_in) {
        match dimension {
            Dimension::Host => hosts_differ = true,
            Dimension::Scheme => drop(found.insert(Difference::Scheme, witness)),
            Dimension::Port => drop(found.insert(Difference::Port, witness)),
            Dimension::Path => drop(found.insert(Difference::Path, witness)),
        }
    }
    if hosts_differ {
        for Part { kind, of, beside } in parts(&rule.pattern.host, of) {
            let from: Vec<_> = from.iter().cloned().chain(beside.map(RequestPattern::any_service)).collect();
            let is_covered = |of: &RequestPattern| from.iter().any(|from| from.host.covers(&of.host));
            if of.iter().all(is_covered) {
                continue;
            }
            let leaving = deviations(&of, &from, unless_in);
            let host = leaving.into_iter().find(|(dimension, _)| *dimension == Dimension::Host);
            found.extend(host.map(|(_, witness)| (kind, witness)));
        }
    }
    let deviation = |(kind, request)| Deviation { rule: at, kind, witness: Witness::Request(request) };
    found.into_iter().map(deviation).collect()
}

/// Requests whose hosts, where they differ from those of a rule, all differ in one kind.
struct Part {
    kind: Difference,
    of: Vec<RequestPattern>,
    /// Hosts of `of` that belong to another part.
    beside: Option<HostPattern>,
}

/// Every host of `of`, by how it would differ from a rule's.
fn parts(rule: &HostPattern, of: &[RequestPattern]) -> Vec<Part> {
    let part = |kind, of, beside| Part { kind, of, beside };
    let (addresses, names): (Vec<_>, Vec<_>) =
        of.iter().cloned().partition(|pattern| matches!(pattern.host, HostPattern::Address(_)));
    let within = |name| -> Vec<RequestPattern> {
        let hosts = |pattern: &RequestPattern| Some(pattern.with_host(pattern.host.within(name)?));
        names.iter().filter_map(hosts).collect()
    };
    match rule {
        HostPattern::Exact(name) => vec![
            part(Difference::Subtree, within(name), None),
            part(Difference::Parent, names, Some(HostPattern::Subtree(name.clone()))),
            part(Difference::SharedAddress, addresses, None),
        ],
        HostPattern::Subtree(name) | HostPattern::Descendants(name) => vec![
            part(Difference::Apex, within(name), Some(HostPattern::Descendants(name.clone()))),
            part(Difference::Depth, within(name), Some(HostPattern::Exact(name.clone()))),
            part(Difference::Parent, names, Some(HostPattern::Subtree(name.clone()))),
            part(Difference::SharedAddress, addresses, None),
        ],
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) => {
            vec![part(Difference::LabelGlob, names, None), part(Difference::SharedAddress, addresses, None)]
        }
        HostPattern::Address(network) => {
            let (inside, outside) =
                addresses.into_iter().partition(|of: &RequestPattern| rule.covers(&of.host));
            vec![
                part(Difference::SharedAddress, inside, None),
                part(Difference::Parent, outside, Some(HostPattern::Address(*network))),
                part(Difference::Parent, names, None),
            ]
        }
    }
}
