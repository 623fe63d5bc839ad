//! Policy and emitter to plan: which entries, and how what they mean differs from the policy.
//!
//! Fidelity is derived here, not claimed by emitters, and for the whole target and intent:
//! `Exact(x)` beside `Descendants(x)` is exactly Squid's `.x`, since the apex that one entry adds is
//! asked for by another rule.

mod capability;
mod fidelity;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::slice;
use std::sync::OnceLock;

use crate::diag::{Code, Diagnostic, Level, Place};
use crate::emit::{Emitter, Encoded, Entry, Unsupported};
use crate::model::{
    DomainName, HostPattern, Intent, Policy, Ports, Request, RequestPattern, RequestSet, Rule, Schemes,
};
use crate::profile::{Difference, LevelByIntent, Settings};
use crate::text::count;

pub use capability::{Capability, Specimen, specimens};
pub use fidelity::Fidelity;

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
    /// What shows it.
    pub witness: Witness,
}

/// What shows a deviation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Witness {
    /// A shortest request.
    Request(Request),
    /// Any other host at an address that the host of this request resolves to.
    Neighbour(Request),
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => write!(f, "`{request}`"),
            Self::Neighbour(request) => write!(f, "whatever else is at the addresses of `{}`", request.host),
        }
    }
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

/// The policy as sets, one per intent, made once for all targets.
#[derive(Debug)]
pub struct PolicySets(BTreeMap<Intent, RequestSet>);

impl PolicySets {
    /// The sets of every intent.
    pub fn new(policy: &Policy) -> Self {
        Self(
            Intent::ALL
                .into_iter()
                .map(|intent| {
                    (intent, RequestSet::new(policy.rules(intent).iter().map(|rule| &rule.pattern)))
                })
                .collect(),
        )
    }
}

/// What a target writes for the intents before the one that is planned.
#[derive(Debug)]
pub struct Earlier<'a> {
    policy: &'a Policy,
    intents: &'a BTreeMap<Intent, IntentPlan>,
    /// The hosts that are meant for an intent, with every service, from the first question on.
    hosts: BTreeMap<Intent, OnceLock<RequestSet>>,
    /// The rules by the labels that all their hosts end in, the rightmost first.
    by_anchor: BTreeMap<Intent, OnceLock<BTreeMap<String, Vec<&'a Rule>>>>,
}

impl<'a> Earlier<'a> {
    fn new(policy: &'a Policy, intents: &'a BTreeMap<Intent, IntentPlan>) -> Self {
        Self {
            policy,
            intents,
            hosts: intents.keys().map(|&intent| (intent, OnceLock::new())).collect(),
            by_anchor: Intent::ALL.into_iter().map(|intent| (intent, OnceLock::new())).collect(),
        }
    }

    /// The policy's rules of an intent, written or not, whose hosts a pattern of names covers.
    pub fn covered_by(&self, intent: Intent, host: &HostPattern) -> Vec<&'a Rule> {
        // A blank sorts before every octet of a label, so what is below a name follows it.
        let key = |name: &DomainName| name.labels_from_right().collect::<Vec<_>>().join(" ");
        let Some(anchor) = host.anchor().as_ref().map(key) else { return Vec::new() };
        let rules = self.by_anchor[&intent].get_or_init(|| {
            let mut rules: BTreeMap<String, Vec<&Rule>> = BTreeMap::new();
            for rule in self.policy.rules(intent) {
                if let Some(name) = rule.pattern.host.anchor() {
                    rules.entry(key(&name)).or_default().push(rule);
                }
            }
            rules
        });
        let below = format!("{anchor} ");
        rules
            .range(anchor.clone()..)
            .take_while(|(own, _)| **own == anchor || own.starts_with(&below))
            .flat_map(|(_, rules)| rules)
            .filter(|rule| host.covers(&rule.pattern.host))
            .copied()
            .collect()
    }

    /// Whether every one of these hosts is meant by what is written for an earlier intent, for whatever
    /// service.
    pub fn has_hosts<'h>(&self, intent: Intent, hosts: impl IntoIterator<Item = &'h HostPattern>) -> bool {
        let (Some(plan), Some(meant)) = (self.intents.get(&intent), self.hosts.get(&intent)) else {
            return false;
        };
        let any_service = |host: &HostPattern| RequestPattern::any_service(host.clone());
        let meant = meant.get_or_init(|| {
            let all: Vec<_> = plan.means.iter().map(|pattern| any_service(&pattern.host)).collect();
            RequestSet::new(&all)
        });
        let asked: Vec<_> = hosts.into_iter().map(any_service).collect();
        meant.includes(&RequestSet::new(&asked)).is_ok()
    }
}

/// What a plan is made of, beside the target.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The same as sets.
    pub sets: &'a PolicySets,
    /// What targets need beside the policy.
    pub settings: &'a Settings,
    /// Levels of differences that differ from their defaults.
    pub tolerances: &'a BTreeMap<Difference, LevelByIntent>,
    /// Who and what made it.
    pub banner: &'a Banner,
}

impl Inputs<'_> {
    fn tolerance(&self, kind: Difference, intent: Intent) -> Level {
        self.tolerances
            .get(&kind)
            .and_then(|levels| levels.0.get(&intent).copied())
            .unwrap_or(kind.default_level())
    }
}

/// What one target writes, and how it differs from the policy.
pub fn plan<'a>(emitter: &dyn Emitter, inputs: Inputs<'a>, findings: &mut Vec<Diagnostic>) -> Plan<'a> {
    let mut plan = Plan {
        target: emitter.id(),
        settings: inputs.settings,
        banner: inputs.banner,
        rules: BTreeMap::new(),
        intents: BTreeMap::new(),
    };
    for intent in Intent::ALL.into_iter().filter(|&intent| emitter.applies(inputs.settings, intent)) {
        plan.rules.insert(intent, inputs.policy.rules(intent));
        let earlier = Earlier::new(inputs.policy, &plan.intents);
        let planned = plan_intent(emitter, intent, inputs, &earlier, findings);
        plan.intents.insert(intent, planned);
    }
    plan
}

fn plan_intent(
    emitter: &dyn Emitter,
    intent: Intent,
    inputs: Inputs<'_>,
    earlier: &Earlier<'_>,
    findings: &mut Vec<Diagnostic>,
) -> IntentPlan {
    let rules = inputs.policy.rules(intent);
    let policy = &inputs.sets.0[&intent];
    let mut plan = IntentPlan::default();
    let mut encoded: Vec<Option<Encoded>> = Vec::with_capacity(rules.len());

    for (at, rule) in rules.iter().enumerate() {
        let words = match encode(emitter, inputs.settings, intent, rule, earlier) {
            Ok(words) => words,
            Err(unsupported) => {
                plan.unsupported.push((at, unsupported));
                encoded.push(None);
                continue;
            }
        };
        let wider = fidelity::wider(at, rule, &words, policy);
        let held = wider.iter().find(|w| inputs.tolerance(w.kind, intent) == Level::Hold);
        if let Some(held) = held {
            plan.held.push((at, held.kind));
            encoded.push(None);
        } else {
            plan.wider.extend(wider);
            encoded.push(Some(words));
        }
    }

    // What a rule does not say itself may be said by its neighbours, so this needs all of them.
    let exact = |rule: &Rule, words: &Encoded| words.means == slice::from_ref(&rule.pattern);
    if !rules.iter().zip(&encoded).all(|(rule, words)| words.as_ref().is_none_or(|w| exact(rule, w))) {
        let meaning = RequestSet::new(encoded.iter().flatten().flat_map(|words| &words.means));
        for (at, (rule, words)) in rules.iter().zip(&encoded).enumerate() {
            if let Some(words) = words {
                plan.narrower.extend(fidelity::narrower(at, rule, words, &meaning));
            }
        }
    }

    (plan.lists, plan.means) = gathered(encoded.into_iter().flatten().collect());
    report(emitter.id(), intent, rules, &plan, inputs, findings);
    plan
}

/// Every rule of an intent in the words of the target of a plan, as it was planned; nothing for one that is left out.
pub(crate) fn words<'p>(
    emitter: &'p dyn Emitter,
    plan: &'p Plan<'_>,
    policy: &'p Policy,
    intent: Intent,
) -> impl Iterator<Item = Option<Encoded>> + 'p {
    let earlier = Earlier::new(policy, &plan.intents);
    let held: BTreeSet<usize> =
        plan.intents.get(&intent).into_iter().flat_map(|own| own.held.iter().map(|&(at, _)| at)).collect();
    policy.rules(intent).iter().enumerate().map(move |(at, rule)| {
        let is_written = !held.contains(&at);
        is_written.then(|| encode(emitter, plan.settings, intent, rule, &earlier).ok()).flatten()
    })
}

/// The lists of what rules are in the words of a target, and what they mean together.
pub(crate) fn gathered(encoded: Vec<Encoded>) -> (Vec<List>, Vec<RequestPattern>) {
    let mut lists: BTreeMap<(&'static str, Schemes, Ports), Vec<String>> = BTreeMap::new();
    let mut means = Vec::with_capacity(encoded.iter().map(|words| words.means.len()).sum());
    for words in encoded {
        for Entry { list, schemes, ports, text } in words.entries {
            lists.entry((list, schemes, ports)).or_default().push(text);
        }
        means.extend(words.means);
    }
    let lists = lists
        .into_iter()
        .map(|((list, schemes, ports), mut lines)| {
            lines.sort_unstable();
            lines.dedup();
            List { list, schemes, ports, lines }
        })
        .collect();
    means.sort_unstable();
    means.dedup();
    (lists, means)
}

/// A rule in the words of a target, or that part of it that the target may say.
fn encode(
    emitter: &dyn Emitter,
    settings: &Settings,
    intent: Intent,
    rule: &Rule,
    earlier: &Earlier<'_>,
) -> Result<Encoded, Unsupported> {
    let Some(parts) = emitter.parts(settings, intent, rule, earlier)? else {
        return emitter.encode(settings, intent, rule);
    };
    let mut whole = Encoded::new(Vec::new(), Vec::new());
    for pattern in parts {
        let part = Rule { pattern, provenance: rule.provenance.clone() };
        let words = emitter.encode(settings, intent, &part)?;
        whole.entries.extend(words.entries);
        whole.means.extend(words.means);
        whole.by_address |= words.by_address;
    }
    Ok(whole)
}

/// The findings of one intent of one target: one per kind of difference, one per rule that is left out.
fn report(
    target: &'static str,
    intent: Intent,
    rules: &[Rule],
    plan: &IntentPlan,
    inputs: Inputs<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let place = |at: usize| rules[at].provenance.first().map_or(Place::Run, |cell| cell.clone().into());
    for (code, deviations) in
        [(Code::WiderThanPolicy, &plan.wider), (Code::NarrowerThanPolicy, &plan.narrower)]
    {
        let mut kinds: BTreeMap<Difference, Vec<&Deviation>> = BTreeMap::new();
        for deviation in deviations {
            kinds.entry(deviation.kind).or_default().push(deviation);
        }
        for (kind, deviations) in kinds {
            let level = match inputs.tolerance(kind, intent) {
                Level::Allow => continue,
                // A narrower rule is written all the same: leaving it out would be narrower still.
                Level::Warn | Level::Hold => Level::Warn,
                Level::Deny => Level::Deny,
            };
            let first = deviations[0];
            let (more, weight) = match (code, intent) {
                (Code::NarrowerThanPolicy, _) => ("less", "an outage waits there"),
                (_, Intent::BypassInspection) => ("more", "this traffic would not be inspected"),
                _ => ("more", "more than was asked for"),
            };
            findings.push(
                Diagnostic::new(
                    code,
                    format!(
                        "{target} lets {more} through for {intent} than the policy, by {}: {}",
                        kind.as_str(),
                        count(deviations.len(), "rule")
                    ),
                    Place::Run,
                    format!("for example {} by the rule `{}`", first.witness, rules[first.rule].pattern),
                )
                .at_level(level)
                .for_intent(intent)
                .for_target(target)
                .note(weight)
                .help(remedy(code, kind)),
            );
        }
    }
    for &(at, kind) in &plan.held {
        let message =
            format!("{target} can only say more than `{}`, by {}", rules[at].pattern, kind.as_str());
        findings.push(
            Diagnostic::new(
                Code::UnsupportedByTarget,
                message,
                place(at),
                format!("left out of {target} for {intent}"),
            )
            .for_intent(intent)
            .for_target(target)
            .help(format!("name the hosts, or accept it: `tolerances: {{ {}: warn }}`", kind.as_str())),
        );
    }
    let mut reasons: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, Unsupported { why }) in &plan.unsupported {
        reasons.entry(why).or_default().push(*at);
    }
    for (why, of) in reasons {
        // A service tag has hundreds of addresses, and a product that knows none says so once.
        let shown = if of.len() > EACH { 1 } else { of.len() };
        let more = match of.len() - shown {
            0 => String::new(),
            others => format!(" and {}", count(others, "more rule")),
        };
        for &at in &of[..shown] {
            findings.push(
                Diagnostic::new(
                    Code::UnsupportedByTarget,
                    format!("{target} cannot say `{}`{more}: {why}", rules[at].pattern),
                    place(at),
                    format!("left out of {target} for {intent}"),
                )
                .for_intent(intent)
                .for_target(target)
                .help("name the hosts, or correct the pattern under `corrections:`"),
            );
        }
    }
}

/// What to do about a difference.
fn remedy(code: Code, kind: Difference) -> String {
    let tolerance = kind.as_str();
    let instead = match (kind, code) {
        // A wildcard is behind these: the names that it is for do not differ so.
        (Difference::Apex | Difference::Depth | Difference::LabelGlob, _) => "name the hosts".to_owned(),
        (_, Code::NarrowerThanPolicy) => "open the rest in the product by hand".to_owned(),
        _ => format!("leave such rules out by `tolerances: {{ {tolerance}: hold }}`"),
    };
    format!("{instead}, or accept it: `tolerances: {{ {tolerance}: allow }}`")
}

/// Up to how many rules that a target cannot say for one reason have a finding each.
const EACH: usize = 8;
