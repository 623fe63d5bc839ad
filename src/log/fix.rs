//! What to mend where proxies act against the policy: for each rule, the line that a device lacks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memchr::memmem::Finder;

use super::against::{Contrary, LISTS};
use super::tally::Tally;
use crate::compile::{self, Run};
use crate::emit::{Artifact, Entry};
use crate::model::{Intent, RequestPattern};
use crate::plan::{self, Plan, PolicySets};
use crate::profile::Profile;

/// The targets that no device loads.
const FOR_PEOPLE: [&str; 2] = ["ticket", "report"];

/// Most rules whose lines are looked for; a log that is against more of them needs no list.
pub const MOST_PLACED: usize = 1000;

/// Most rules of a list of which lines are told: everything is compiled for them, and memory grows with it.
pub const MOST_COMPILED: usize = 50_000;

/// A rule that something is done against.
#[derive(Clone, Debug)]
pub struct Fix<'a> {
    /// The list: allow where requests are refused, bypass inspection where they are inspected, bypass authentication where
    /// they are asked for credentials.
    pub intent: Intent,
    /// The rule.
    pub pattern: &'a RequestPattern,
    /// What was done.
    pub seen: &'a Contrary,
    /// By target, what it has to have. Nothing beyond [`MOST_PLACED`] rules, nor of policies beyond [`MOST_COMPILED`].
    pub targets: Vec<OfTarget>,
}

/// What a target has to have for a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfTarget {
    /// The target.
    pub target: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
    /// Why there is none, where the target leaves the rule out.
    pub left_out: Option<String>,
}

/// A line of an output folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Line {
    /// The file, from the output folder: `squid/allow.https-443.dstdomain`.
    pub file: String,
    /// The line, from 1; nothing where the file says it in other words.
    pub number: Option<usize>,
    /// What the product matches, as it is written there.
    pub text: String,
}

/// What to mend, by list, the most frequent first; and why lines are not told of all, where they are not.
pub fn fixes<'a>(tally: &'a Tally, run: &'a Run, profile: &Profile) -> (Vec<Fix<'a>>, Option<String>) {
    let mut fixes: Vec<(usize, Fix<'a>)> = Vec::new();
    for intent in LISTS {
        let rules = run.policy.rules(intent).iter().zip(tally.against.of(intent)).enumerate();
        let start = fixes.len();
        fixes.extend(rules.filter(|(_, (_, seen))| seen.requests > 0).map(|(at, (rule, seen))| {
            (at, Fix { intent, pattern: &rule.pattern, seen, targets: Vec::new() })
        }));
        // A stable sort, so that equal ones keep the order of the policy.
        fixes[start..].sort_by_key(|(_, fix)| std::cmp::Reverse(fix.seen.requests));
    }
    let most = LISTS.map(|intent| run.policy.rules(intent).len()).into_iter().max().unwrap_or_default();
    let placed = match most {
        _ if fixes.is_empty() => Ok(()),
        0..=MOST_COMPILED => place(&mut fixes, run, profile),
        most => Err(format!("a list has {most} rules, and they are told of {MOST_COMPILED} at the most")),
    };
    let why = match placed {
        Err(why) => Some(format!("no lines of products are told: {why}")),
        Ok(()) if fixes.len() > MOST_PLACED => {
            Some(format!("lines of products are told of the first {MOST_PLACED} rules alone"))
        }
        Ok(()) => None,
    };
    (fixes.into_iter().map(|(_, fix)| fix).collect(), why)
}

/// Finds the lines of rules. Each stands beside its number in the policy.
fn place(fixes: &mut [(usize, Fix<'_>)], run: &Run, profile: &Profile) -> Result<(), String> {
    let (sets, banner) = (PolicySets::new(&run.policy), run.banner(profile));
    let ids: Vec<&'static str> =
        profile.targets.iter().copied().filter(|id| !FOR_PEOPLE.contains(id)).collect();
    let inputs = compile::inputs(run, profile, &sets, &banner);
    let compiled = compile::compile(run, profile, inputs, &ids).map_err(|error| error.to_string())?;
    if compiled.is_denied() {
        return Err("a finding at deny; `thruway compile` says which".to_owned());
    }
    for target in &compiled.targets {
        let files = Files::new(target.plan.target, &target.artifacts);
        for intent in LISTS.into_iter().filter(|intent| target.plan.intents.contains_key(intent)) {
            let mut own: BTreeMap<usize, &mut Fix<'_>> = BTreeMap::new();
            for (at, fix) in fixes.iter_mut().take(MOST_PLACED) {
                if fix.intent == intent {
                    own.insert(*at, fix);
                }
            }
            let emitter = compile::emitter(target.plan.target).expect("internal error: a plan of no target");
            for (at, words) in plan::words(emitter, &target.plan, &run.policy, intent).enumerate() {
                let Some(fix) = own.get_mut(&at) else { continue };
                let entries = words.map(|words| words.entries).unwrap_or_default();
                let lines: BTreeSet<Line> = entries.iter().map(|entry| files.line(intent, entry)).collect();
                fix.targets.push(OfTarget {
                    target: target.plan.target,
                    left_out: lines.is_empty().then(|| left_out(&target.plan, intent, at)),
                    lines: lines.into_iter().collect(),
                });
            }
        }
    }
    Ok(())
}

/// Why a target has no line for a rule.
fn left_out(plan: &Plan<'_>, intent: Intent, rule: usize) -> String {
    let planned = &plan.intents[&intent];
    let held = planned.held.iter().find(|(at, _)| *at == rule);
    let unsupported = planned.unsupported.iter().find(|(at, _)| *at == rule);
    match (held, unsupported) {
        (Some((_, kind)), _) => format!("held, as only a wider one can be said ({})", kind.as_str()),
        (None, Some((_, unsupported))) => unsupported.why.clone(),
        (None, None) => "other lines say it".to_owned(),
    }
}

/// The files of a target, to find lines in.
struct Files<'a> {
    target: &'static str,
    /// The one that stands for all.
    main: &'static str,
    /// Path and text.
    texts: Vec<(&'a str, &'a str)>,
    /// Files and lines by whole lines, the first of each file.
    by_line: HashMap<&'a str, Vec<(usize, usize)>>,
}

impl<'a> Files<'a> {
    fn new(target: &'static str, artifacts: &'a [Artifact]) -> Self {
        let text = |own: &'a Artifact| Some((own.path.as_str(), str::from_utf8(&own.bytes).ok()?));
        let texts: Vec<(&str, &str)> = artifacts.iter().filter_map(text).collect();
        let mut by_line: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
        for (file, (_, whole)) in texts.iter().enumerate() {
            for (number, line) in whole.lines().enumerate() {
                let own = by_line.entry(line.trim()).or_default();
                if own.last().is_none_or(|(last, _)| *last != file) {
                    own.push((file, number));
                }
            }
        }
        let main = compile::emitter(target).map_or("", |emitter| emitter.main_artifact());
        Self { target, main, texts, by_line }
    }

    /// Where an entry of a list stands: as a line of its own, better in a file of the list; else inside of a line.
    fn line(&self, intent: Intent, entry: &Entry) -> Line {
        let text = entry.text.trim();
        let of_list = |file: usize| {
            let name = self.texts[file].0.rsplit('/').next().unwrap_or_default();
            let is_of_intent = name.starts_with(&format!("{intent}."));
            // Lists of several ports are files of their own.
            let has_port = entry.ports.single().is_none_or(|port| name.contains(&format!("-{port}.")));
            (is_of_intent && name.ends_with(entry.list), is_of_intent && has_port, is_of_intent)
        };
        let whole = self.by_line.get(text).into_iter().flatten();
        let best = whole.copied().max_by_key(|(file, _)| (of_list(*file), std::cmp::Reverse(*file)));
        let (file, number) = match best.or_else(|| self.inside(text)) {
            Some((file, number)) => (self.texts[file].0, Some(number + 1)),
            None => (self.main, None),
        };
        Line { file: format!("{}/{file}", self.target), number, text: text.to_owned() }
    }

    /// The first line that has a text between characters that no host has; in the main file, if it is there.
    fn inside(&self, text: &str) -> Option<(usize, usize)> {
        let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"._*-".contains(c));
        let finder = Finder::new(text);
        let place = |whole: &str| {
            finder.find_iter(whole.as_bytes()).find(|at| {
                is_apart(whole[..*at].chars().next_back())
                    && is_apart(whole[at + text.len()..].chars().next())
            })
        };
        let (main, others): (Vec<_>, Vec<_>) =
            self.texts.iter().enumerate().partition(|(_, (path, _))| *path == self.main);
        main.into_iter().chain(others).find_map(|(file, (_, whole))| {
            let number = memchr::memchr_iter(b'\n', &whole.as_bytes()[..place(whole)?]).count();
            Some((file, number))
        })
    }
}
