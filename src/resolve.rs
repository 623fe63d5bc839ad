//! Endpoints to policy: select, correct, gate, subsume, each per intent, in this order.
//!
//! Merging before selection would lose a rule whose wider neighbour the selection is about to drop;
//! merging before the gate would let a held wildcard swallow the exact hosts that must stay.

mod gate;
mod select;
mod subsume;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Endpoint, HeldRule, Inspection, Intent, Policy, RequestPattern, Scheme};
use crate::profile::{Correction, DirectIntent, Profile};
use crate::source::{Provenance, SourceId};

pub use gate::level_of;
pub use select::keeps;

/// A correction that a built-in list has for its own endpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListCorrection {
    /// The list.
    pub source: SourceId,
    /// The correction.
    pub correction: Correction,
}

/// What `resolve` looks at beside the endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the user asks for.
    pub profile: &'a Profile,
    /// The profile as a source, for the hosts that it adds; nothing for the built-in profile.
    pub profile_source: Option<SourceId>,
    /// Corrections of the built-in lists.
    pub corrections: &'a [ListCorrection],
    /// The day on which waivers and inclusions are looked at.
    pub today: Date,
}

/// Endpoints to policy.
pub fn resolve(endpoints: &[Endpoint], request: Request<'_>, findings: &mut Vec<Diagnostic>) -> Policy {
    let selected = select::select(endpoints, request, findings);
    let patterns = correct(&selected, request, findings);

    let mut gate = gate::Gate::new(request.profile, request.today);
    let mut policy = Policy::default();
    for intent in Intent::ALL {
        let wanted = group(
            patterns
                .iter()
                .zip(&selected)
                .filter(|(pattern, endpoint)| is_wanted(intent, pattern, endpoint, request.profile.direct))
                .map(|(pattern, endpoint)| (pattern, &endpoint.pattern.from)),
        );
        let gated = gate.apply(intent, wanted, findings);
        policy.held.insert(intent, gated.held);
        policy.rules.insert(intent, subsume::subsume(gated.passed));
    }
    gate.report_waivers(findings);
    report_held(&policy, findings);
    select::report_excludes(endpoints, request, &policy, findings);
    policy
}

/// Whether an endpoint belongs to the list of an intent.
fn is_wanted(intent: Intent, pattern: &RequestPattern, endpoint: &Endpoint, direct: DirectIntent) -> bool {
    match intent {
        Intent::Allow | Intent::BypassAuthentication => true,
        // Nothing on plain HTTP is inspected.
        Intent::BypassInspection => {
            pattern.schemes.contains(Scheme::Https) && endpoint.inspection != Inspection::MayInspect
        }
        Intent::Direct => match direct {
            DirectIntent::None => false,
            DirectIntent::LiveResponse => endpoint.direct_required,
        },
    }
}

/// What the gate held and a remaining rule covers is let through all the same.
fn report_held(policy: &Policy, findings: &mut Vec<Diagnostic>) {
    for intent in Intent::ALL {
        if policy.held(intent).is_empty() {
            continue;
        }
        let index = policy.index(intent);
        for HeldRule { rule, .. } in policy.held(intent) {
            let coverer = index
                .covering_candidates(&rule.pattern.host)
                .map(|(_, &at)| &policy.rules(intent)[at].pattern)
                .find(|pattern| pattern.covers(&rule.pattern));
            let Some(coverer) = coverer else { continue };
            findings.push(
                Diagnostic::new(
                    Code::HeldStillCovered,
                    format!("`{}` is held, but `{coverer}` still lets it through", rule.pattern),
                    rule.provenance.first().map_or(Place::Run, |cell| cell.clone().into()),
                    format!("open for {intent}"),
                )
                .for_intent(intent)
                .help(format!("narrow `{}` by a correction, or waive both", coverer.host)),
            );
        }
    }
}

/// Equal patterns are one, with the cells of all.
fn group<'a>(
    patterns: impl Iterator<Item = (&'a RequestPattern, &'a Provenance)>,
) -> BTreeMap<RequestPattern, Provenance> {
    let mut groups: BTreeMap<&RequestPattern, Vec<&Provenance>> = BTreeMap::new();
    for (pattern, from) in patterns {
        groups.entry(pattern).or_default().push(from);
    }
    groups.into_iter().map(|(pattern, from)| (pattern.clone(), Provenance::union(from))).collect()
}

/// The patterns of the endpoints after correction, in the same order.
fn correct(
    selected: &[Endpoint],
    request: Request<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<RequestPattern> {
    let own: BTreeMap<_, _> =
        request.profile.corrections.iter().enumerate().map(|(at, c)| (&c.value.from, at)).collect();
    let lists: BTreeMap<_, _> =
        request.corrections.iter().map(|c| ((c.source, &c.correction.from), &c.correction)).collect();
    let mut used = vec![false; request.profile.corrections.len()];
    let mut applied: BTreeMap<(String, String), (&Correction, Place, usize)> = BTreeMap::new();

    let patterns = selected
        .iter()
        .map(|endpoint| {
            let pattern = &endpoint.pattern.value;
            let cell = endpoint.pattern.from.first();
            let correction = match own.get(&pattern.host) {
                Some(&at) => {
                    used[at] = true;
                    Some(&request.profile.corrections[at].value)
                }
                None => cell.and_then(|cell| lists.get(&(cell.source, &pattern.host)).copied()),
            };
            let Some(correction) = correction else { return pattern.clone() };
            let place = cell.map_or(Place::Run, |cell| cell.clone().into());
            applied
                .entry((correction.from.to_string(), correction.to.to_string()))
                .or_insert((correction, place, 0))
                .2 += 1;
            pattern.with_host(correction.to.clone())
        })
        .collect();

    for (correction, place, count) in applied.into_values() {
        findings.push(
            Diagnostic::new(
                Code::AppliedCorrection,
                format!("`{}` is corrected to `{}`", correction.from, correction.to),
                place,
                match count {
                    1 => "as the source writes it".to_owned(),
                    count => format!("as the source writes it, here and in {} more rows", count - 1),
                },
            )
            .help(format!("reason: {}", correction.reason)),
        );
    }
    for (correction, _) in request.profile.corrections.iter().zip(&used).filter(|(_, used)| !**used) {
        let from = correction.value.from.to_string();
        findings.push(
            Diagnostic::new(
                Code::UnusedCorrection,
                format!("no selected endpoint is `{from}`"),
                Place::Profile { line: correction.line, column: correction.column, text: from },
                "this correction changes nothing",
            )
            .help("remove it, or check whether the vendor mended the list"),
        );
    }
    patterns
}
