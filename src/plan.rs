//! Policy and emitter to plan: which entries, and how what they mean differs from the policy.

use std::collections::BTreeMap;

use crate::emit::Unsupported;
use crate::model::{Intent, Ports, Request, RequestPattern, Rule, Schemes};
use crate::profile::{Difference, Settings};

/// Who and what made an artifact, for its header. No date: same input, same bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Banner {
    /// `thruway 0.1.0`.
    pub generator: String,
    /// The profile's name.
    pub profile: String,
    /// Name and SHA-256 of every source, in the order read. Names hold no control character.
    pub sources: Vec<(String, String)>,
}

/// The lines of one list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// Which of the target's lists.
    pub list: &'static str,
    /// The schemes that it is used for.
    pub schemes: Schemes,
    /// The ports that it is used for.
    pub ports: Ports,
    /// The lines, sorted as text, without repeats. Never empty.
    pub lines: Vec<String>,
}

/// How one rule differs in the product, in one kind and direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// Index of the rule in the policy's list of the intent.
    pub rule: usize,
    /// Which kind.
    pub kind: Difference,
    /// A shortest request that shows it.
    pub witness: Request,
}

/// One intent of one target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IntentPlan {
    /// The lists to write, sorted by list, schemes and ports. Empty where the policy has no rule.
    pub lists: Vec<List>,
    /// What the lists mean together.
    pub means: Vec<RequestPattern>,
    /// Where the product lets more through than the policy.
    pub wider: Vec<Deviation>,
    /// Where it lets less through.
    pub narrower: Vec<Deviation>,
    /// Rules left out of this target since a tolerance says `hold`: index and kind.
    pub held: Vec<(usize, Difference)>,
    /// Rules that the product cannot say: index and reason.
    pub unsupported: Vec<(usize, Unsupported)>,
}

/// What one target writes.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The target.
    pub target: &'static str,
    /// What it needs beside the policy.
    pub settings: &'a Settings,
    /// Who and what made it.
    pub banner: &'a Banner,
    /// The policy's rules of each intent that applies, to show provenance.
    pub rules: BTreeMap<Intent, &'a [Rule]>,
    /// The intents that apply to the target. An intent that does not is not in the map.
    pub intents: BTreeMap<Intent, IntentPlan>,
}
