//! How what a product says differs from the policy, by kind and with a witness.

use super::{Deviation, Plan};
use crate::emit::Encoded;
use crate::model::request_set::{Dimension, deviations};
use crate::model::{Host, HostPattern, Request, RequestSet, Rule};
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
    pub fn of(plan: &Plan<'_>, intent: crate::model::Intent, gated: usize) -> Self {
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
    let asked = std::slice::from_ref(&rule.pattern);
    if words.means == asked {
        return Vec::new();
    }
    deviations(&words.means, asked, policy)
        .into_iter()
        .map(|(dimension, witness)| Deviation { rule: at, kind: kind(rule, dimension, &witness), witness })
        .collect()
}

/// Where one rule asks for more than all entries mean.
pub(super) fn narrower(at: usize, rule: &Rule, words: &Encoded, meaning: &RequestSet) -> Vec<Deviation> {
    let asked = std::slice::from_ref(&rule.pattern);
    if words.means == asked {
        return Vec::new();
    }
    deviations(asked, &words.means, meaning)
        .into_iter()
        .map(|(dimension, witness)| Deviation { rule: at, kind: kind(rule, dimension, &witness), witness })
        .collect()
}

/// What kind a difference is of, by its witness.
fn kind(rule: &Rule, dimension: Dimension, witness: &Request) -> Difference {
    match dimension {
        Dimension::Scheme => Difference::Scheme,
        Dimension::Port => Difference::Port,
        Dimension::Path => Difference::Path,
        Dimension::Host => match (&rule.pattern.host, &witness.host) {
            (HostPattern::Descendants(name) | HostPattern::Subtree(name), Host::Name(host)) => {
                if host == name { Difference::Apex } else { Difference::Depth }
            }
            (HostPattern::Exact(_), Host::Name(_)) => Difference::Subtree,
            (HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_), Host::Name(_)) => Difference::LabelGlob,
            (HostPattern::Address(_), _) | (_, Host::Address(_)) => Difference::SharedAddress,
        },
    }
}
