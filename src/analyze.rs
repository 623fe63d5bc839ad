//! Lints: what is remarkable about patterns and tables that are valid as such.
//!
//! Two kinds. The *gate* looks at one pattern for one intent, before anything is merged; it decides what
//! is emitted. A [`Lint`] looks at the whole table and only reports. Either kind looks and never changes,
//! and applies neither the profile's levels nor waivers: `resolve` does. One lint is one file, one code
//! and one line in [`GATE`] or [`ALL`]. Those about the profile's devices stand together in [`devices`].

mod conflicting_intent;
mod contradicting_documents;
mod covers_public_suffix;
mod covers_registry;
pub mod devices;
mod duplicate_row;
mod expiring_soon;
mod identity_endpoint;
mod local_address;
mod lookalike_name;
mod port_conflict;
mod removed_by_vendor;
mod shadowed_pattern;
mod shared_hosting;
mod stale_target_facts;
mod wide_network;

use jiff::civil::Date;

use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{Endpoint, HostPattern, Intent, Policy, RequestPattern};
use crate::profile::Profile;
use crate::source::{SourceId, SourceMap};
use crate::suffix::{Span, spans};

/// What a whole-table lint may look at beside the endpoints.
pub struct Context<'a> {
    /// The sources that the endpoints' cells are in.
    pub sources: &'a SourceMap,
    /// What the user asks for.
    pub profile: &'a Profile,
    /// What is to be enforced.
    pub policy: &'a Policy,
    /// Those of the endpoints that the profile selects.
    pub selected: &'a [&'a Endpoint],
    /// The hosts that the profile adds, as endpoints.
    pub included: &'a [Endpoint],
    /// What was found before.
    pub found: &'a [Diagnostic],
    /// The day on which dates are looked at.
    pub today: Date,
}

impl Context<'_> {
    /// The source of an endpoint's row.
    fn source_of(&self, endpoint: &Endpoint) -> Option<SourceId> {
        Some(endpoint.pattern.from.first()?.source)
    }

    /// Whether an endpoint comes from a file of the user's, not from a list that is part of the program.
    fn is_own(&self, endpoint: &Endpoint) -> bool {
        self.source_of(endpoint).is_some_and(|source| !self.sources.get(source).is_builtin())
    }

    /// The line of the profile that adds a host.
    fn place_of_include(&self, host: &HostPattern) -> Place {
        let mut includes = self.profile.select.include.iter();
        let include = includes.find(|include| include.value.host == *host);
        include.map_or(Place::Run, |include| include.place(host.to_string()))
    }
}

/// How many of a kind a finding names.
const MOST: usize = 5;

/// Things in a row, with how many are left out of `all`.
fn more(shown: Vec<String>, all: usize) -> String {
    let rest = all.saturating_sub(shown.len());
    let list = shown.join(", ");
    if rest == 0 { list } else { format!("{list} and {rest} more") }
}

/// A look at the whole table.
pub trait Lint: Sync {
    /// The code it reports.
    fn code(&self) -> Code;
    /// Looks at the whole table and reports.
    fn check(&self, endpoints: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic));
}

/// Every whole-table lint, in the order in which they run.
pub static ALL: &[&dyn Lint] = &[
    &lookalike_name::LookalikeName,
    &duplicate_row::DuplicateRow,
    &shadowed_pattern::ShadowedPattern,
    &conflicting_intent::ConflictingIntent,
    &port_conflict::PortConflict,
    &contradicting_documents::ContradictingDocuments,
    &removed_by_vendor::RemovedByVendor,
    &expiring_soon::ExpiringSoon,
    &stale_target_facts::StaleTargetFacts,
];

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
    /// The code whose levels and waivers in a profile hold for this one as well, where the profile says nothing
    /// of it: one that was a part of another must not open what that one closes, nor close what it opens.
    fn stands_in_for(&self) -> Option<Code> {
        None
    }
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
    /// Facts to judge it by, one line each.
    pub notes: Vec<String>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

/// The gate, in the order in which it reports.
pub static GATE: &[&dyn GateLint] = &[
    &covers_registry::CoversRegistry,
    &wide_network::WideNetwork,
    &covers_public_suffix::CoversPublicSuffix,
    &shared_hosting::SharedHosting,
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
    /// Facts to judge it by, one line each.
    pub notes: Vec<String>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl GateFinding {
    /// The finding at a place.
    pub fn at(self, place: Place) -> Diagnostic {
        let finding = Diagnostic::new(self.code, self.message, place, self.label)
            .at_level(self.level)
            .for_intent(self.intent);
        let finding = self.notes.into_iter().fold(finding, Diagnostic::note);
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
                let Trouble { message, label, notes, help } = lint.check(self, intent)?;
                Some(GateFinding {
                    code: lint.code(),
                    intent,
                    level: lint.level(intent),
                    message,
                    label,
                    notes,
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

/// The codes by which a profile speaks of a code of a finding: its own, then one that holds for it as well.
pub fn spoken_of_as(code: Code) -> impl Iterator<Item = Code> {
    let wider = GATE.iter().find(|lint| lint.code() == code).and_then(|lint| lint.stands_in_for());
    std::iter::once(code).chain(wider)
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

/// Why a code cannot be at a level, and what to write.
pub const fn why_not(level: Level) -> &'static str {
    match level {
        Level::Hold => "it leaves nothing out: write `allow`, `warn` or `deny`",
        Level::Allow | Level::Warn | Level::Deny => {
            "there is nothing that could be written: write `hold` or `deny`"
        }
    }
}

#[cfg(test)]
mod tests;
