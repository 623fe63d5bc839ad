//! The pipeline from a profile to files in memory. Reads sources; writes nothing.

mod load;
mod manifest;
pub mod written;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use jiff::civil::Date;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::analyze;
use crate::diag::{self, Code, Diagnostic, Level, Place};
use crate::emit::report::{Changes, Usage};
use crate::emit::{self, Artifact, Emitter, RenderError, Rendered, Surroundings, Written};
use crate::ingest::SheetCount;
use crate::model::{Endpoint, Intent, Policy};
use crate::normalize::RowAccount;
use crate::opening::Index;
use crate::plan::{self, Banner, Fidelity, Inputs, Plan, PolicySets};
use crate::profile::{BUILTIN_LISTS, LevelByIntent, Profile, SourceSpec, Spanned};
use crate::prove::{Proof, prove};
use crate::resolve;
use crate::source::SourceMap;
use crate::text::plain_json;
use crate::ticket;
use crate::write::Files;
use crate::yaml::{self, Node};

pub use load::{LoadError, endpoints_in};
pub use manifest::written_rules;

/// What a folder was written for, as rows.
pub const POLICY: &str = "policy.csv";

/// What the profile that a folder was written by says of products, as a profile of its own; nothing where it is the
/// built-in one.
pub const SETTINGS: &str = "settings.json";

/// The sections of a profile that decide about products. The others decide about lists, or about what people read.
const PRODUCT_SECTIONS: [&str; 4] = ["devices", "proxies", "targets", "tolerances"];

/// The profile of a manifest where it is the built-in one.
const BUILTIN: &str = "builtin";

/// The profile as a manifest names it.
pub fn profile_name(profile: &Profile) -> String {
    profile.file_name().unwrap_or_else(|| BUILTIN.to_owned())
}

/// What the sources of a profile say, and what follows from it.
#[derive(Debug)]
pub struct Run {
    /// Every source read.
    pub sources: SourceMap,
    /// Every endpoint of every source, before selection.
    pub endpoints: Vec<Endpoint>,
    /// The hosts that the profile adds, as endpoints.
    pub included: Vec<Endpoint>,
    /// Every sheet read.
    pub sheets: Vec<SheetCount>,
    /// What the rows of the tables gave.
    pub rows: RowAccount,
    /// What is to be enforced.
    pub policy: Policy,
    /// The findings so far, sorted.
    pub findings: Vec<Diagnostic>,
}

impl Run {
    /// Reads the sources and decides the policy.
    ///
    /// # Errors
    /// When a source cannot be read.
    pub fn new(profile: &Profile, today: Date) -> Result<Self, LoadError> {
        Ok(Self::of_loaded(load::load(profile)?, profile, today))
    }

    /// What a profile asks of one other source than its own: a list that is part of the program, or a file, named from
    /// the current folder.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn of_source(source: SourceSpec, profile: &Profile, today: Date) -> Result<Self, LoadError> {
        let source = Spanned { value: source, line: 0, column: 0 };
        Ok(Self::of_loaded(load::load_from(profile, &[source], Path::new(""))?, profile, today))
    }

    fn of_loaded(mut loaded: load::Loaded, profile: &Profile, today: Date) -> Self {
        let request = resolve::Request {
            profile,
            profile_source: loaded.profile_source,
            corrections: &loaded.corrections,
            today,
        };
        let policy = resolve::resolve(&loaded.endpoints, request, &mut loaded.findings);
        // What is wrong with them is reported already.
        let included = resolve::included(request, &mut Vec::new());
        loaded.findings.extend(placeholder(profile));
        loaded.findings.extend(analyze::devices::lint(profile, &policy));
        let selected: Vec<&Endpoint> = resolve::selected(&loaded.endpoints, &profile.select).collect();
        let context = analyze::Context {
            sources: &loaded.sources,
            profile,
            policy: &policy,
            selected: &selected,
            included: &included,
            found: &loaded.findings,
            today,
        };
        let found = analyze::lint(&loaded.endpoints, &context);
        loaded.findings.extend(found);
        settle(&profile.lints, &mut loaded.findings);
        Self {
            sources: loaded.sources,
            endpoints: loaded.endpoints,
            included,
            sheets: loaded.sheets,
            rows: loaded.rows,
            policy,
            findings: loaded.findings,
        }
    }

    /// Who and what made an artifact.
    pub fn banner(&self, profile: &Profile) -> Banner {
        Banner {
            generator: concat!("thruway ", env!("CARGO_PKG_VERSION")).to_owned(),
            profile: profile.settings.name.clone(),
            sources: self
                .sources
                .iter()
                .map(|(_, source)| (source.name.clone(), source.sha256.clone()))
                .collect(),
        }
    }

    /// Rules of every intent together.
    pub fn rule_count(&self) -> usize {
        Intent::ALL.iter().map(|&intent| self.policy.rules(intent).len()).sum()
    }
}

/// One target, compiled.
#[derive(Debug)]
pub struct Target<'a> {
    /// Which entries, and how they differ from the policy.
    pub plan: Plan<'a>,
    /// The files.
    pub artifacts: Vec<Artifact>,
    policy: &'a Policy,
    proof: OnceLock<Proof>,
}

impl Target<'_> {
    /// Whether the files mean what the plan says. Reads them back when it is first asked.
    pub fn proof(&self) -> &Proof {
        self.proof.get_or_init(|| prove(&self.plan, self.policy, &self.artifacts))
    }

    /// Rules of one intent by how the target says them.
    pub fn fidelity(&self, policy: &Policy, intent: Intent) -> Fidelity {
        Fidelity::of(&self.plan, intent, policy.held(intent).len())
    }

    /// The same for all intents together.
    pub fn total(&self, policy: &Policy) -> Fidelity {
        let mut total = Fidelity::default();
        for &intent in self.plan.intents.keys() {
            total += self.fidelity(policy, intent);
        }
        total
    }
}

/// The targets of a run, compiled.
#[derive(Debug)]
pub struct Compiled<'a> {
    /// The targets, in the order of the registry.
    pub targets: Vec<Target<'a>>,
    /// The findings of the run and of the targets, sorted.
    pub findings: Vec<Diagnostic>,
}

impl Compiled<'_> {
    /// Asks every target for its proof, several at once.
    pub fn prove(&self) {
        self.targets.par_iter().for_each(|target| {
            target.proof();
        });
    }

    /// Whether a finding says that nothing may be written.
    pub fn is_denied(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Deny)
    }
}

/// The emitter of an id.
pub fn emitter(id: &str) -> Option<&'static dyn Emitter> {
    emit::ALL.iter().copied().find(|emitter| emitter.id() == id)
}

/// What a plan is made of.
pub fn inputs<'a>(
    run: &'a Run,
    profile: &'a Profile,
    sets: &'a PolicySets,
    banner: &'a Banner,
) -> Inputs<'a> {
    Inputs { policy: &run.policy, sets, settings: &profile.settings, tolerances: &profile.tolerances, banner }
}

/// Compiles the targets of these ids. `inputs` are those of the run and the profile.
///
/// # Errors
/// When a product would refuse what would be written.
pub fn compile<'a>(
    run: &Run,
    profile: &Profile,
    inputs: Inputs<'a>,
    ids: &[&'static str],
) -> Result<Compiled<'a>, RenderError> {
    compile_beside(run, profile, inputs, ids, Beside::default())
}

/// What a run is looked at beside, for the report. Files of an output folder never tell of it.
#[derive(Clone, Copy, Default, Debug)]
pub struct Beside<'a> {
    /// What changed since another run.
    pub changes: Option<&'a Changes>,
    /// What devices use of it.
    pub usage: Option<&'a Usage>,
}

/// [`compile`], of a run that is looked at beside something else.
///
/// # Errors
/// When a product would refuse what would be written.
pub fn compile_beside<'a>(
    run: &Run,
    profile: &Profile,
    inputs: Inputs<'a>,
    ids: &[&'static str],
    beside: Beside<'_>,
) -> Result<Compiled<'a>, RenderError> {
    let emitters: Vec<&dyn Emitter> = ids.iter().filter_map(|id| emitter(id)).collect();
    let mut findings = run.findings.clone();
    // Whichever ends first, everything is in the order of the targets.
    let planned: Vec<(Plan<'a>, Vec<Diagnostic>)> = emitters
        .par_iter()
        .map(|emitter| {
            let mut found = Vec::new();
            (plan::plan(*emitter, inputs, &mut found), found)
        })
        .collect();
    let mut plans = Vec::with_capacity(planned.len());
    for (plan, found) in planned {
        plans.push(plan);
        findings.extend(found);
    }
    settle(&profile.lints, &mut findings);
    let selection = profile.select.to_string();
    let surroundings = Surroundings {
        profile: profile.file.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()),
        sources: &run.sources,
        endpoints: &run.endpoints,
        included: &run.included,
        selection: &selection,
        platforms: &profile.select.platforms,
        policy: &run.policy,
        waivers: &profile.waivers,
        findings: &findings,
        plans: &plans,
        written: &[],
        changes: beside.changes,
        usage: beside.usage,
    };
    // In the registry those that tell of the run stand behind all others.
    let enforcing = emitters.partition_point(|emitter| !emitter.tells_of_run());
    let mut found = Vec::new();
    let mut written = rendered(&emitters[..enforcing], &plans[..enforcing], &surroundings, &mut found)?;
    let mut findings_of_all = findings.clone();
    if !found.is_empty() {
        findings_of_all.append(&mut found);
        settle(&profile.lints, &mut findings_of_all);
    }
    let surroundings = Surroundings { findings: &findings_of_all, written: &written, ..surroundings };
    let telling = rendered(&emitters[enforcing..], &plans[enforcing..], &surroundings, &mut found)?;
    let mut findings = findings_of_all;
    if !found.is_empty() {
        findings.append(&mut found);
        settle(&profile.lints, &mut findings);
    }
    written.extend(telling);
    let targets = plans
        .into_iter()
        .zip(written)
        .map(|(plan, Written { artifacts, .. })| Target {
            plan,
            artifacts,
            policy: inputs.policy,
            proof: OnceLock::new(),
        })
        .collect();
    Ok(Compiled { targets, findings })
}

/// The files of some targets, and what their writers found.
fn rendered(
    emitters: &[&dyn Emitter],
    plans: &[Plan<'_>],
    surroundings: &Surroundings<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Result<Vec<Written>, RenderError> {
    let rendered: Vec<Result<Rendered, RenderError>> = emitters
        .par_iter()
        .zip(plans)
        .map(|(emitter, plan)| {
            let mut rendered = emitter.render(plan, surroundings)?;
            rendered.artifacts.sort_unstable_by(|one, other| one.path.cmp(&other.path));
            Ok(rendered)
        })
        .collect();
    let mut written = Vec::with_capacity(rendered.len());
    for (plan, rendered) in plans.iter().zip(rendered) {
        let Rendered { artifacts, findings: found } = rendered?;
        written.push(Written { target: plan.target, artifacts });
        findings.extend(found);
    }
    Ok(written)
}

/// The files of an output folder: one folder per target, what it was written for and by which profile, and the manifest.
pub fn files(run: &Run, profile: &Profile, compiled: &Compiled<'_>) -> Files {
    let mut files = Files::from([(POLICY.to_owned(), policy_table(run, profile))]);
    if profile.file.is_some() {
        files.insert(SETTINGS.to_owned(), settings_text(profile).into_bytes());
    }
    let manifest = manifest::manifest(run, profile, compiled, &files);
    files.insert(crate::write::MANIFEST.to_owned(), manifest);
    for target in &compiled.targets {
        for artifact in &target.artifacts {
            files.insert(format!("{}/{}", target.plan.target, artifact.path), artifact.bytes.clone());
        }
    }
    files
}

/// What a profile says of products, as a profile: the sections that decide about files beside the lists. It tells nothing of
/// waivers and their owners, and is the same whatever comments say.
fn settings_text(profile: &Profile) -> String {
    let mut settings = Map::from_iter([
        ("version".to_owned(), json!("1")),
        ("name".to_owned(), json!(profile.settings.name)),
        // A profile has sources; which, is said by the manifest.
        ("sources".to_owned(), json!([{ "builtin": BUILTIN_LISTS[0] }])),
    ]);
    settings.extend(product_settings(profile));
    let text = serde_json::to_string_pretty(&settings).expect("internal error: a profile is plain data");
    plain_json(&text) + "\n"
}

/// The sections of a profile that decide about products. The built-in one has none.
pub fn product_settings(profile: &Profile) -> Map<String, Value> {
    // A profile was read already, so its text is YAML.
    let Ok(Node { value: yaml::Value::Map(sections), .. }) = yaml::parse_tree(&profile.text) else {
        return Map::new();
    };
    let of_products = sections.iter().filter(|(key, _)| PRODUCT_SECTIONS.contains(&key.text.as_str()));
    of_products.map(|(key, node)| (key.text.clone(), plain(node))).collect()
}

/// A part of a profile as JSON, which is YAML. A profile's scalars are texts.
fn plain(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Text(text) => Value::from(text.as_str()),
        yaml::Value::List(items) => items.iter().map(plain).collect(),
        yaml::Value::Map(fields) => {
            fields.iter().map(|(key, node)| (key.text.clone(), plain(node))).collect::<Map<_, _>>().into()
        }
    }
}

/// The policy as the table of a ticket, from which the folder can be compared later.
fn policy_table(run: &Run, profile: &Profile) -> Vec<u8> {
    let endpoints = run.endpoints.iter().chain(&run.included);
    let index = Index::new(&run.sources, endpoints, &run.findings, &profile.select.platforms);
    ticket::policy_table(&run.policy, &index, &profile.settings.ticket)
        .expect("internal error: a table in memory")
}

/// Puts findings at the levels of the profile and in the order in which they are shown.
pub fn settle(lints: &BTreeMap<Code, LevelByIntent>, findings: &mut Vec<Diagnostic>) {
    set_levels(lints, findings);
    diag::sort(findings);
}

/// Puts the findings that only report at the level of the profile, and takes out those at `allow`. The gate
/// has done that for its own, rule by rule. A finding that concerns no intent is as grave as any of them.
fn set_levels(lints: &BTreeMap<Code, LevelByIntent>, findings: &mut Vec<Diagnostic>) {
    for finding in findings.iter_mut().filter(|finding| !analyze::is_of_gate(finding.code)) {
        let Some(LevelByIntent(levels)) = lints.get(&finding.code) else { continue };
        let level = match finding.intent {
            Some(intent) => levels.get(&intent),
            None => levels.values().max(),
        };
        if let Some(&level) = level {
            finding.level = level;
        }
    }
    findings.retain(|finding| finding.level != Level::Allow);
}

/// A profile without proxies writes a name that resolves nowhere.
fn placeholder(profile: &Profile) -> Option<Diagnostic> {
    let placeholder = profile.settings.proxies.iter().find(|proxy| proxy.is_placeholder())?;
    let finding = Diagnostic::new(
        Code::PlaceholderProxy,
        format!("no proxy is named; `{}` is written", placeholder.as_str()),
        Place::Run,
        "a name that resolves nowhere",
    );
    Some(finding.help("name yours in the profile: `proxies: [\"proxy.contoso.com:8080\"]`"))
}
