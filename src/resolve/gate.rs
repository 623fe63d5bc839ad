//! The gate: what lints at `hold` leave out, and what waivers let through all the same.

use jiff::civil::Date;

use crate::analyze::{self, Subject};
use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{HeldRule, Intent, RequestPattern, Rule};
use crate::profile::{Profile, Waiver};
use crate::source::Provenance;

/// The level of a lint for an intent: the profile's where it has one, else the built-in one.
pub fn level_of(profile: &Profile, code: Code, intent: Intent) -> Level {
    analyze::spoken_of_as(code)
        .find_map(|code| profile.lints.get(&code)?.0.get(&intent).copied())
        .unwrap_or_else(|| analyze::default_level(code, intent))
}

/// The waivers without which the gate would leave a rule out of a list, or stop the run.
pub fn waivers_of<'p>(
    profile: &'p Profile,
    pattern: &RequestPattern,
    intent: Intent,
    today: Date,
) -> Vec<&'p Waiver> {
    let found = analyze::gate(pattern, intent);
    let closing = found.iter().filter(|own| level_of(profile, own.code, intent) >= Level::Hold);
    let codes: Vec<Code> = closing.map(|own| own.code).collect();
    let waivers = profile.waivers.iter().map(|waiver| &waiver.value);
    let counts = |waiver: &&Waiver| waiver.expires >= today;
    waivers
        .filter(counts)
        .filter(|waiver| codes.iter().any(|&code| is_about(waiver, code, intent, pattern)))
        .collect()
}

/// Whether a waiver speaks of a lint's finding at a pattern.
fn is_about(waiver: &Waiver, code: Code, intent: Intent, pattern: &RequestPattern) -> bool {
    waiver.intent == intent
        && waiver.pattern == pattern.host
        && analyze::spoken_of_as(code).any(|code| waiver.lint == code)
}

/// What passed the gate, and what did not.
pub(super) struct Gated {
    pub(super) passed: Vec<Rule>,
    pub(super) held: Vec<HeldRule>,
}

pub(super) struct Gate<'a> {
    profile: &'a Profile,
    today: Date,
    used: Vec<bool>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(profile: &'a Profile, today: Date) -> Self {
        Self { profile, today, used: vec![false; profile.waivers.len()] }
    }

    /// Looks at every pattern of one intent.
    pub(super) fn apply<'p>(
        &mut self,
        intent: Intent,
        patterns: impl Iterator<Item = (&'p Subject<'p>, Provenance)>,
        findings: &mut Vec<Diagnostic>,
    ) -> Gated {
        let mut gated = Gated { passed: Vec::new(), held: Vec::new() };
        for (subject, provenance) in patterns {
            let held = self.held_by(intent, subject, &provenance, findings);
            let rule = Rule { pattern: subject.pattern.clone(), provenance };
            match held {
                Some(code) => gated.held.push(HeldRule { rule, code }),
                None => gated.passed.push(rule),
            }
        }
        gated
    }

    /// The lint that leaves a rule out, if one does. A rule at `deny` passes: the run ends without
    /// writing anyway, and the finding says why.
    fn held_by(
        &mut self,
        intent: Intent,
        subject: &Subject<'_>,
        provenance: &Provenance,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<Code> {
        let mut held = None;
        for finding in subject.findings(intent) {
            if self.is_waived(finding.code, intent, subject.pattern) {
                continue;
            }
            let level = level_of(self.profile, finding.code, intent);
            if level == Level::Allow {
                continue;
            }
            let place = provenance.first().map_or(Place::Run, |cell| cell.clone().into());
            let label = match level {
                Level::Hold => format!("left out of {intent}"),
                Level::Allow | Level::Warn | Level::Deny => format!("for {intent}"),
            };
            let mut diagnostic = Diagnostic::new(finding.code, finding.message, place, label)
                .at_level(level)
                .for_intent(intent);
            diagnostic.notes = finding.notes;
            diagnostic.help = finding.help;
            findings.push(diagnostic);
            if level == Level::Hold {
                held.get_or_insert(finding.code);
            }
        }
        held
    }

    fn is_waived(&mut self, code: Code, intent: Intent, pattern: &RequestPattern) -> bool {
        let mut waived = false;
        for (waiver, used) in self.profile.waivers.iter().zip(&mut self.used) {
            if is_about(&waiver.value, code, intent, pattern) {
                *used = true;
                waived |= waiver.value.expires >= self.today;
            }
        }
        waived
    }

    /// Waivers that nothing needed, and those past their date.
    pub(super) fn report_waivers(&self, findings: &mut Vec<Diagnostic>) {
        for (waiver, used) in self.profile.waivers.iter().zip(&self.used) {
            let value = &waiver.value;
            let text = value.pattern.to_string();
            let place = Place::Profile { line: waiver.line, column: waiver.column, text: text.clone() };
            if value.expires < self.today {
                findings.push(
                    Diagnostic::new(
                        Code::ExpiredWaiver,
                        format!("the waiver of {} for `{text}` ended on {}", value.lint, value.expires),
                        place,
                        "the gate is as if it were not there",
                    )
                    .for_intent(value.intent)
                    .help(format!("ask {} whether it is still needed ({})", value.owner, value.reason)),
                );
            } else if !used {
                findings.push(
                    Diagnostic::new(
                        Code::UnusedWaiver,
                        format!("no rule of {} needs {} waived for `{text}`", value.intent, value.lint),
                        place,
                        "this waiver changes nothing",
                    )
                    .for_intent(value.intent)
                    .help("remove it"),
                );
            }
        }
    }
}
