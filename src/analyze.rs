//! Lints: what is remarkable about patterns and tables that are valid as such.
//!
//! Two kinds. The *gate* looks at one pattern for one intent, before anything is merged; it decides what
//! is emitted. A [`Lint`] looks at the whole table and only reports. Either kind looks and never changes,
//! and applies neither the profile's levels nor waivers: `resolve` does. One lint is one file, one code
//! and one line in [`GATE`] or [`ALL`]. Those about the profile's devices stand together in [`devices`].

mod covers_public_suffix;
mod covers_registry;
pub mod devices;
mod identity_endpoint;
mod local_address;
mod wide_network;

use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{Endpoint, Intent, RequestPattern};
use crate::source::SourceMap;
use crate::suffix::{Span, spans};

/// What a whole-table lint may look at beside the endpoints.
pub struct Context<'a> {
    /// The sources that the endpoints' cells are in.
    pub sources: &'a SourceMap,
}

/// A look at the whole table.
pub trait Lint: Sync {
    /// The code it reports.
    fn code(&self) -> Code;
    /// Looks at the whole table and reports.
    fn check(&self, endpoints: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic));
}

/// Every whole-table lint, in the order in which they run.
pub static ALL: &[&dyn Lint] = &[];

/// What every whole-table lint reports, in the order of [`ALL`].
pub fn lint(endpoints: &[Endpoint], cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for lint in ALL {
        lint.check(endpoints, cx, &mut |finding| findings.push(finding));
    }
    findings
}

/// A pattern at the gate.
pub struct Subject<'a> {
    /// The pattern, not yet merged with any other.
    pub pattern: &'a RequestPattern,
    /// Which suffix it spans, if any.
    pub span: Option<Span>,
}

/// A look at one pattern for one intent, which may keep it out.
pub trait GateLint: Sync {
    /// The code it reports.
    fn code(&self) -> Code;
    /// The level where the profile says nothing.
    fn level(&self, intent: Intent) -> Level;
    /// What is wrong with the pattern on the list of an intent, if anything.
    fn check(&self, subject: &Subject<'_>, intent: Intent) -> Option<Trouble>;
}

/// What a gate lint has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// One line that names the pattern, without a full stop.
    pub message: String,
    /// What the place shows, in a few words.
    pub label: String,
    /// What to do, one line each.
    pub help: Vec<String>,
}

/// The gate, in the order in which it reports.
pub static GATE: &[&dyn GateLint] = &[
    &covers_registry::CoversRegistry,
    &wide_network::WideNetwork,
    &covers_public_suffix::CoversPublicSuffix,
    &local_address::LocalAddress,
    &identity_endpoint::IdentityEndpoint,
];

/// A finding of the gate, at its default level, which the profile may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GateFinding {
    /// Which lint.
    pub code: Code,
    /// For which list.
    pub intent: Intent,
    /// The level by default. At [`Level::Allow`] there is nothing to say unless the profile raises it.
    pub level: Level,
    /// One line that names the pattern, without a full stop.
    pub message: String,
    /// What the place shows, in a few words.
    pub label: String,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl GateFinding {
    /// The finding at a place.
    pub fn at(self, place: Place) -> Diagnostic {
        let finding = Diagnostic::new(self.code, self.message, place, self.label)
            .at_level(self.level)
            .for_intent(self.intent);
        self.help.into_iter().fold(finding, Diagnostic::help)
    }
}

impl<'a> Subject<'a> {
    /// Looks at what does not depend on the intent.
    pub fn new(pattern: &'a RequestPattern) -> Self {
        Self { pattern, span: spans(&pattern.host) }
    }

    /// Everything that the gate finds for one intent, whatever the level.
    pub fn findings(&self, intent: Intent) -> Vec<GateFinding> {
        GATE.iter()
            .filter_map(|lint| {
                let Trouble { message, label, help } = lint.check(self, intent)?;
                Some(GateFinding {
                    code: lint.code(),
                    intent,
                    level: lint.level(intent),
                    message,
                    label,
                    help,
                })
            })
            .collect()
    }
}

/// Everything that the gate finds in one pattern for one intent, whatever the level. For several intents
/// keep the [`Subject`].
pub fn gate(pattern: &RequestPattern, intent: Intent) -> Vec<GateFinding> {
    Subject::new(pattern).findings(intent)
}

/// The level of a code for an intent where the profile says nothing: the gate's own, else the code's.
pub fn default_level(code: Code, intent: Intent) -> Level {
    GATE.iter()
        .find(|lint| lint.code() == code)
        .map_or_else(|| code.default_level(), |lint| lint.level(intent))
}

/// Whether the gate reports a code: it decides rule by rule, and every level means something.
pub fn is_of_gate(code: Code) -> bool {
    GATE.iter().any(|lint| lint.code() == code)
}

/// Whether a profile may put a code at a level. What only reports has no rule to hold back; what has no
/// rule to give cannot let one through.
pub fn can_be(code: Code, level: Level) -> bool {
    is_of_gate(code)
        || match (code.default_level(), level) {
            (_, Level::Deny) => true,
            (Level::Allow | Level::Warn, level) => level != Level::Hold,
            (Level::Hold | Level::Deny, level) => level == Level::Hold,
        }
}

#[cfg(test)]
mod tests;
