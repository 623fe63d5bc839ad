//! Endpoints to policy: select, correct, gate, subsume, each per intent, in this order.
//!
//! Merging before selection would lose a rule whose wider neighbour the selection is about to drop;
//! merging before the gate would let a held wildcard swallow the exact hosts that must stay.

mod covering;
mod gate;
mod select;
mod subsume;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::analyze::Subject;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Endpoint, HeldRule, Inspection, Intent, Policy, RequestPattern, Scheme};
use crate::profile::{Correction, DirectIntent, Profile};
use crate::source::{Provenance, SourceId};

pub use gate::{level_of, waivers_of};
pub use select::{included, keeps, selected};
pub use subsume::subsume;

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
    let included = included(request, findings);
    let selected: Vec<&Endpoint> = selected(endpoints, &request.profile.select).chain(&included).collect();
    let patterns = correct(&selected, request, findings);
    let asked = in_order(&patterns, &selected);
    let groups = group(&asked);

    let mut gate = gate::Gate::new(request.profile, request.today);
    let mut policy = Policy::default();
    for intent in Intent::ALL {
        let wanted = groups.iter().filter_map(|group| {
            let provenance = group.wanted(intent, request.profile.direct)?;
            Some((&group.subject, provenance))
        });
        let gated = gate.apply(intent, wanted, findings);
        policy.held.insert(intent, gated.held);
        policy.rules.insert(intent, subsume(gated.passed));
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

/// The endpoints of one pattern.
struct Group<'a> {
    subject: Subject<'a>,
    asked: &'a [Asked<'a>],
}

/// A pattern after correction, and an endpoint that asks for it.
type Asked<'a> = (&'a RequestPattern, &'a Endpoint);

impl Group<'_> {
    /// The cells of the endpoints that belong to the list of an intent, if any does.
    fn wanted(&self, intent: Intent, direct: DirectIntent) -> Option<Provenance> {
        let mut from = self
            .asked
            .iter()
            .filter(|(pattern, endpoint)| is_wanted(intent, pattern, endpoint, direct))
            .map(|(_, endpoint)| &endpoint.pattern.from)
            .peekable();
        from.peek()?;
        Some(Provenance::union(from))
    }
}

/// The endpoints sorted by pattern, those of one pattern in their order.
fn in_order<'a>(patterns: &'a [Cow<'a, RequestPattern>], selected: &[&'a Endpoint]) -> Vec<Asked<'a>> {
    let mut asked: Vec<Asked<'_>> = patterns.iter().map(Cow::as_ref).zip(selected.iter().copied()).collect();
    asked.sort_by(|one, other| one.0.cmp(other.0));
    asked
}

/// Equal patterns are one. Sorted by pattern, as the endpoints are.
fn group<'a>(asked: &'a [Asked<'a>]) -> Vec<Group<'a>> {
    // Which suffix a pattern spans is asked once, not for every intent.
    asked
        .chunk_by(|one, other| one.0 == other.0)
        .map(|asked| Group { subject: Subject::new(asked[0].0), asked })
        .collect()
}

/// The patterns of the endpoints after correction, in the same order.
fn correct<'a>(
    selected: &[&'a Endpoint],
    request: Request<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Cow<'a, RequestPattern>> {
    let own: BTreeMap<_, _> =
        request.profile.corrections.iter().enumerate().map(|(at, c)| (&c.value.from, at)).collect();
    let lists: BTreeMap<_, _> =
        request.corrections.iter().map(|c| ((c.source, &c.correction.from), &c.correction)).collect();
    let mut used = vec![false; request.profile.corrections.len()];
    let mut applied: BTreeMap<(String, String), (&Correction, Place, usize)> = BTreeMap::new();

    let patterns = selected
        .iter()
        .map(|&endpoint| {
            let pattern = &endpoint.pattern.value;
            let cell = endpoint.pattern.from.first();
            let correction = match own.get(&pattern.host) {
                Some(&at) => {
                    used[at] = true;
                    Some(&request.profile.corrections[at].value)
                }
                None => cell.and_then(|cell| lists.get(&(cell.source, &pattern.host)).copied()),
            };
            let Some(correction) = correction else { return Cow::Borrowed(pattern) };
            let place = cell.map_or(Place::Run, |cell| cell.clone().into());
            applied
                .entry((correction.from.to_string(), correction.to.to_string()))
                .or_insert((correction, place, 0))
                .2 += 1;
            Cow::Owned(pattern.with_host(correction.to.clone()))
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
            .note(format!("reason: {}", correction.reason)),
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
