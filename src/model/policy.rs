//! What is to be enforced: four lists, one per intent.

use std::collections::BTreeMap;
use std::fmt;

use super::index::HostIndex;
use super::request::{Request, RequestPattern};
use crate::diag::Code;
use crate::source::Provenance;

/// What a list of patterns is for. Real products keep four separate lists, so never say only
/// "bypass".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Intent {
    /// Let the traffic through.
    Allow,
    /// Do not inspect its TLS.
    BypassInspection,
    /// Let it through without proxy authentication.
    BypassAuthentication,
    /// Connect directly, not through a proxy.
    Direct,
}

impl Intent {
    /// All intents, in the order in which they are shown.
    pub const ALL: [Intent; 4] =
        [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication, Intent::Direct];

    /// The name in a profile and in file names: `bypass-inspection`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::BypassInspection => "bypass-inspection",
            Self::BypassAuthentication => "bypass-authentication",
            Self::Direct => "direct",
        }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One pattern to be enforced, with everything that asked for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// What is matched.
    pub pattern: RequestPattern,
    /// The cells that ask for it, of this pattern and of every pattern that it covers. Sorted,
    /// without repeats.
    pub provenance: Provenance,
}

/// A pattern that was asked for and left out, since a lint at `hold` says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldRule {
    /// The rule that was left out.
    pub rule: Rule,
    /// The lint.
    pub code: Code,
}

/// The rules of every intent. The same selection of endpoints may give different rules per intent,
/// since the gate differs.
///
/// Invariant: within one intent the rules are sorted by pattern, and none covers another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Rules by intent; an intent without rules has an empty list.
    pub rules: BTreeMap<Intent, Vec<Rule>>,
    /// What the gate left out, by intent, sorted by pattern.
    pub held: BTreeMap<Intent, Vec<HeldRule>>,
}

impl Policy {
    /// The rules of one intent.
    pub fn rules(&self, intent: Intent) -> &[Rule] {
        self.rules.get(&intent).map_or(&[], Vec::as_slice)
    }

    /// What the gate left out of one intent.
    pub fn held(&self, intent: Intent) -> &[HeldRule] {
        self.held.get(&intent).map_or(&[], Vec::as_slice)
    }

    /// The rules of one intent by host: indices into [`Policy::rules`].
    pub fn index(&self, intent: Intent) -> HostIndex<usize> {
        let mut index = HostIndex::new();
        for (at, rule) in self.rules(intent).iter().enumerate() {
            index.insert(rule.pattern.host.clone(), at);
        }
        index
    }

    /// The rules of one intent that match a request, by the one definition of meaning. Linear: for
    /// many questions build an index.
    pub fn matching<'p>(&'p self, intent: Intent, request: &Request) -> impl Iterator<Item = &'p Rule> {
        self.rules(intent).iter().filter(|rule| rule.pattern.matches(request))
    }
}
