//! One side of a comparison: what a profile asks for, or what a folder was written for.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::{self, Settings};
use crate::compile::written::Written;
use crate::compile::{self, POLICY, Run, SETTINGS};
use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{Intent, Policy, RequestPattern, Rule};
use crate::opening::{Index, Opening};
use crate::plan::{self, Banner, Inputs, PolicySets};
use crate::profile::Profile;
use crate::read::ticket::{self, Row};
use crate::resolve;
use crate::source::{Cell, Provenance, SourceMap};
use crate::text::count;

/// A policy, with what its sources say of it.
#[derive(Debug)]
pub struct Side {
    /// As the user names it: `builtin:mde-commercial`, `urls.xlsx`, `out`.
    pub name: String,
    /// Its sources, by name, with the SHA-256 of each.
    pub sources: Vec<(String, String)>,
    /// What is let through, for every intent. Sorted by pattern, none covers another.
    pub lists: BTreeMap<Intent, Vec<Opening>>,
    /// What a finding left out.
    pub left_out: BTreeMap<Intent, Vec<LeftOut>>,
    /// What was left out before it became a line, by finding: a row without a port, an inclusion whose day has passed.
    pub unread: Vec<Unread>,
    /// What the sources ask for and the profile does not select; nothing of a folder.
    pub unselected: Vec<RequestPattern>,
    /// What the lists of each target mean, sorted by pattern, in the order of the registry.
    pub means: Vec<(&'static str, BTreeMap<Intent, Vec<RequestPattern>>)>,
    /// What the profile says that decides about products beside their lists.
    pub settings: Settings,
    /// Findings for which `compile` writes nothing.
    pub denied: BTreeSet<Code>,
    /// Of a list by itself, by which profile it is looked at.
    pub by: Option<LookedAt>,
}

/// The profile by which a list is looked at. What it adds, drops and accepts is on both sides of a comparison, and so no
/// change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookedAt {
    /// Its file; nothing for the built-in one.
    pub profile: Option<String>,
    /// What it selects, in a few words.
    pub selection: String,
    /// Hosts that it adds.
    pub inclusions: usize,
    /// Patterns that it drops.
    pub exclusions: usize,
    /// Findings that it accepts.
    pub waivers: usize,
}

impl LookedAt {
    /// By a profile.
    pub fn by(profile: &Profile) -> Self {
        Self {
            profile: profile.file_name(),
            selection: profile.select.to_string(),
            inclusions: profile.select.include.len(),
            exclusions: profile.select.exclude.len(),
            waivers: profile.waivers.len(),
        }
    }

    /// What the profile says beyond its selection: `2 inclusions, 1 waiver`. Nothing where it says no more.
    pub fn additions(&self) -> Option<String> {
        let all = [(self.inclusions, "inclusion"), (self.exclusions, "exclusion"), (self.waivers, "waiver")];
        let said: Vec<String> = all
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| count(number, what))
            .collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

/// A finding that holds something back of which there is no line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unread {
    /// The finding.
    pub code: String,
    /// What it says.
    pub message: String,
    /// Which part of the cell it is about.
    pub label: String,
}

impl Unread {
    /// Of a finding.
    pub fn of(finding: &Diagnostic) -> Self {
        let Diagnostic { code, message, label, .. } = finding;
        Self { code: code.as_str().to_owned(), message: message.clone(), label: label.clone() }
    }
}

/// What findings hold back of which there is no line.
fn unread(run: &Run) -> Vec<Unread> {
    let mut lines: BTreeSet<(Code, &Cell)> = BTreeSet::new();
    for held in Intent::ALL.iter().flat_map(|&intent| run.policy.held(intent)) {
        lines.extend(held.rule.provenance.cells().iter().map(|cell| (held.code, cell)));
    }
    let is_unread = |finding: &&Diagnostic| {
        finding.level >= Level::Hold
            && finding.target.is_none()
            && match &finding.place {
                Place::Cell(cell) => !lines.contains(&(finding.code, cell)),
                Place::Profile { .. } | Place::File { .. } => true,
                Place::Run => false,
            }
    };
    run.findings.iter().filter(is_unread).map(Unread::of).collect()
}

/// A line that a finding left out of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The line.
    pub opening: Opening,
    /// Which finding.
    pub code: Code,
}

/// Why a folder is no side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SideError {
    /// It was written by a version that did not write down what for.
    #[error("the folder has no {POLICY}, which says what it was written for; `thruway compile` writes one")]
    NoTable,
    /// What it says of products is nothing that this version reads.
    #[error("{SETTINGS}, line {line}: {what}")]
    Profile {
        /// The line.
        line: u32,
        /// What is wrong.
        what: String,
    },
    /// Somebody has changed the table, or it is none of ours.
    #[error("{}: {what}", .line.map_or(POLICY.to_owned(), |line| format!("{POLICY}, line {line}")))]
    Table {
        /// The line, from 1, where one is wrong.
        line: Option<u32>,
        /// What is wrong.
        what: String,
    },
}

impl Side {
    /// What a profile asks of its sources.
    pub fn of_run(name: String, run: &Run, profile: &Profile) -> Self {
        let unselected = run.endpoints.iter().filter(|own| !resolve::keeps(&profile.select, own));
        Self {
            unread: unread(run),
            unselected: unselected.map(|endpoint| endpoint.pattern.value.clone()).collect(),
            means: means(&run.policy, profile, &run.banner(profile)),
            settings: settings::of(profile),
            denied: run.findings.iter().filter(|own| own.level == Level::Deny).map(|own| own.code).collect(),
            ..Self::of_lists(name, run, profile)
        }
    }

    /// The same, with what is on the lists alone.
    pub fn of_lists(name: String, run: &Run, profile: &Profile) -> Self {
        let endpoints = run.endpoints.iter().chain(&run.included);
        let index = Index::new(&run.sources, endpoints, &run.findings, &profile.select.platforms);
        Self::of_policy(name, &run.sources, &run.policy, &index)
    }

    /// A policy by itself: what is not selected, and what targets make of it, is left open.
    pub fn of_policy(name: String, sources: &SourceMap, policy: &Policy, index: &Index<'_>) -> Self {
        let of = |rules: &[Rule]| rules.iter().map(|rule| Opening::new(rule, index)).collect::<Vec<_>>();
        let left_out = |intent| {
            let held = policy.held(intent).iter();
            held.map(|held| LeftOut { opening: Opening::new(&held.rule, index), code: held.code }).collect()
        };
        Self {
            name,
            sources: sources.iter().map(|(_, source)| (source.name.clone(), source.sha256.clone())).collect(),
            lists: Intent::ALL.into_iter().map(|intent| (intent, of(policy.rules(intent)))).collect(),
            left_out: Intent::ALL.into_iter().map(|intent| (intent, left_out(intent))).collect(),
            unread: Vec::new(),
            unselected: Vec::new(),
            means: Vec::new(),
            settings: Settings::default(),
            denied: BTreeSet::new(),
            by: None,
        }
    }

    /// What a written folder was written for, and what its profile made of it. `targets` are the valid target ids in the
    /// order of the registry.
    ///
    /// # Errors
    /// When the folder does not say it.
    pub fn of_folder(name: String, written: &Written, targets: &[&'static str]) -> Result<Self, SideError> {
        let table = written.file(POLICY).ok_or(SideError::NoTable)?;
        let mut profile = match written.file(SETTINGS) {
            Some(text) => profile(text, targets)?,
            None => Profile::builtin(targets),
        };
        profile.targets =
            targets.iter().copied().filter(|id| written.targets.iter().any(|own| own == id)).collect();
        let mut lists: BTreeMap<Intent, Vec<Opening>> = Intent::ALL.map(|intent| (intent, Vec::new())).into();
        let mut left_out: BTreeMap<Intent, Vec<LeftOut>> =
            Intent::ALL.map(|intent| (intent, Vec::new())).into();
        let rows = ticket::rows(table)
            .map_err(|(line, what)| SideError::Table { line: (line > 0).then_some(line), what })?;
        for Row { intent, opening, left_out: finding } in rows {
            match finding {
                None => lists.entry(intent).or_default().push(opening),
                Some(code) => left_out.entry(intent).or_default().push(LeftOut { opening, code }),
            }
        }
        let mut policy = Policy::default();
        for (&intent, list) in &mut lists {
            list.sort_by(|one, other| one.pattern.cmp(&other.pattern));
            list.dedup_by(|one, other| one.pattern == other.pattern);
            let rule =
                |own: &Opening| Rule { pattern: own.pattern.clone(), provenance: Provenance::default() };
            policy.rules.insert(intent, list.iter().map(rule).collect());
        }
        let banner = Banner { generator: String::new(), profile: String::new(), sources: Vec::new() };
        Ok(Self {
            name,
            sources: written.sources.clone(),
            lists,
            left_out,
            unread: written.held.clone(),
            unselected: Vec::new(),
            means: means(&policy, &profile, &banner),
            settings: settings::of(&profile),
            denied: BTreeSet::new(),
            by: None,
        })
    }

    /// Where a line comes from, for people. Where there is only one source, its name goes without saying.
    pub fn places(&self, opening: &Opening) -> String {
        let only = match &self.sources[..] {
            [(name, _)] => name.rsplit(['/', '\\']).next(),
            _ => None,
        };
        let shown = opening.places.iter().map(|place| {
            only.and_then(|name| place.strip_prefix(name)?.strip_prefix(" › ")).unwrap_or(place)
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    /// The lines of one list, sorted by pattern.
    pub fn list(&self, intent: Intent) -> &[Opening] {
        self.lists.get(&intent).map_or(&[], Vec::as_slice)
    }
}

/// What the profile that a folder was written by says of products.
fn profile(text: &[u8], targets: &[&'static str]) -> Result<Profile, SideError> {
    let failed = |line, what: &str| SideError::Profile { line, what: what.to_owned() };
    let text = std::str::from_utf8(text).map_err(|error| failed(0, &error.to_string()))?;
    Profile::parse(text, None, targets).map_err(|error| match error.problems().first() {
        Some(problem) => failed(problem.line, &problem.message),
        None => failed(0, "it is no profile"),
    })
}

/// What the lists of each target of a profile mean.
fn means(
    policy: &Policy,
    profile: &Profile,
    banner: &Banner,
) -> Vec<(&'static str, BTreeMap<Intent, Vec<RequestPattern>>)> {
    let sets = PolicySets::new(policy);
    let (settings, tolerances) = (&profile.settings, &profile.tolerances);
    let inputs = Inputs { policy, sets: &sets, settings, tolerances, banner };
    let targets = profile.targets.iter().filter_map(|id| compile::emitter(id));
    targets
        .map(|emitter| {
            // What a product cannot say is a finding of `compile`.
            let plan = plan::plan(emitter, inputs, &mut Vec::new());
            let lists = plan.intents.into_iter().map(|(intent, plan)| (intent, plan.means));
            (emitter.id(), lists.collect::<BTreeMap<_, _>>())
        })
        .filter(|(_, lists)| !lists.is_empty())
        .collect()
}
