//! The page itself.

use std::collections::HashSet;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::changes::Changes;
use super::usage::Usage;
use super::{ID, collect, json};
use crate::compile;
use crate::diag::{Level, visible};
use crate::emit::facts::Facts;
use crate::emit::{RenderError, Surroundings, header};
use crate::model::{Intent, RequestPattern};
use crate::plan::{Fidelity, Plan};
use crate::text::count;

const STYLE: &str = include_str!("../../../targets/report/report.css");

/// Of the part that tells what devices use.
const USAGE_STYLE: &str = include_str!("../../../targets/report/usage.css");

/// In the order in which one needs another.
const SCRIPTS: [&str; 6] = [
    include_str!("../../../targets/report/policy.js"),
    include_str!("../../../targets/report/model.js"),
    include_str!("../../../targets/report/dom.js"),
    include_str!("../../../targets/report/matrix.js"),
    include_str!("../../../targets/report/picture.js"),
    include_str!("../../../targets/report/page.js"),
];

pub(super) fn render(plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<String, RenderError> {
    let pac = pac(run)?;
    let data = json::for_script(&collect::data(plan, run));
    let page = Page {
        header: header::lines(plan.banner).iter().map(|line| visible(line)).collect(),
        policy: content_policy(pac, run.usage.is_some()),
        profile: visible(&plan.settings.name),
        generator: &plan.banner.generator,
        selection: run.selection,
        proxies: proxies(plan),
        facts: facts(run),
        targets: run.plans.iter().filter(|plan| !plan.intents.is_empty()).map(|of| card(of, run)).collect(),
        others: run
            .plans
            .iter()
            .filter(|plan| plan.intents.is_empty() && plan.target != ID)
            .filter_map(|plan| other(plan, run))
            .collect(),
        changes: run.changes,
        usage: run.usage,
        usage_style: USAGE_STYLE,
        sources: run
            .sources
            .iter()
            .map(|(_, source)| (visible(&source.name), source.sha256.clone()))
            .collect(),
        waivers: run
            .waivers
            .iter()
            .map(|waiver| Waiver {
                code: waiver.value.lint.as_str(),
                pattern: waiver.value.pattern.to_string(),
                intent: waiver.value.intent.as_str(),
                reason: visible(&waiver.value.reason),
                owner: visible(&waiver.value.owner),
                expires: waiver.value.expires.to_string(),
            })
            .collect(),
        style: STYLE,
        data: &data,
        pac,
        scripts: &SCRIPTS,
    };
    let mut text =
        page.render().map_err(|error| RenderError::Template { target: ID, why: error.to_string() })?;
    // Templates lose their last line end.
    text.push('\n');
    Ok(text)
}

#[derive(Template)]
#[template(path = "report/index.html")]
struct Page<'a> {
    header: Vec<String>,
    /// The content security policy.
    policy: String,
    profile: String,
    generator: &'a str,
    /// What the profile selects.
    selection: &'a str,
    /// The proxies that it names.
    proxies: Vec<String>,
    facts: Vec<Fact>,
    targets: Vec<Card>,
    /// Targets without lists.
    others: Vec<Other>,
    /// What changed since another run, where that is known.
    changes: Option<&'a Changes>,
    /// What devices use of it, where logs were read.
    usage: Option<&'a Usage>,
    usage_style: &'static str,
    /// Names and digests.
    sources: Vec<(String, String)>,
    waivers: Vec<Waiver>,
    style: &'static str,
    /// JSON, safe in a script element.
    data: &'a str,
    /// The PAC, safe in a script element.
    pac: Option<&'a str>,
    scripts: &'static [&'static str],
}

/// The proxies that a profile names; a placeholder is none.
fn proxies(plan: &Plan<'_>) -> Vec<String> {
    let named = plan.settings.proxies.iter().filter(|proxy| !proxy.is_placeholder());
    named.map(|proxy| visible(proxy.as_str())).collect()
}

/// A number of the run.
struct Fact {
    number: usize,
    what: &'static str,
    /// What is remarkable about it, or empty.
    more: String,
}

/// A target and its totals.
struct Card {
    id: &'static str,
    title: String,
    /// From the page; nothing where it does not stand beside them.
    open: Option<String>,
    intents: Vec<Totals>,
}

/// How a target says the rules of an intent.
struct Totals {
    intent: &'static str,
    rules: usize,
    fidelity: Fidelity,
    segments: Vec<Segment>,
}

/// A part of a bar, in thousandths of its length.
struct Segment {
    state: &'static str,
    x: usize,
    width: usize,
}

struct Other {
    title: String,
    /// From the page.
    open: String,
}

struct Waiver {
    code: &'static str,
    pattern: String,
    intent: &'static str,
    reason: String,
    owner: String,
    expires: String,
}

/// The PAC of the run, which becomes a script of the page.
fn pac<'a>(run: &Surroundings<'a>) -> Result<Option<&'a str>, RenderError> {
    let written = run.written.iter().find(|written| written.target == "pac");
    let Some(artifact) = written.and_then(|pac| pac.artifacts.iter().find(|file| file.path == "proxy.pac"))
    else {
        return Ok(None);
    };
    let unsafe_pac = |why: &str| RenderError::Unsafe {
        target: ID,
        what: "the PAC in a script element".to_owned(),
        why: why.to_owned(),
    };
    let text = str::from_utf8(&artifact.bytes).map_err(|error| unsafe_pac(&error.to_string()))?;
    // "Restrictions for contents of script elements" of the HTML standard.
    let lower = text.to_ascii_lowercase();
    match ["<!--", "<script", "</script"].into_iter().find(|mark| lower.contains(mark)) {
        Some(mark) => Err(unsafe_pac(&format!("it holds `{mark}`"))),
        None => Ok(Some(text)),
    }
}

/// Nothing is loaded, and nothing runs but what stands here.
fn content_policy(pac: Option<&str>, has_usage: bool) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let scripts: Vec<String> = pac.into_iter().chain(SCRIPTS).map(hash).collect();
    let styles: Vec<String> = [STYLE].into_iter().chain(has_usage.then_some(USAGE_STYLE)).map(hash).collect();
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        scripts.join(" "),
        styles.join(" ")
    )
}

fn facts(run: &Surroundings<'_>) -> Vec<Fact> {
    let endpoints = run.endpoints.iter().chain(run.included);
    let patterns: HashSet<&RequestPattern> = endpoints.map(|endpoint| &endpoint.pattern.value).collect();
    let mut facts = vec![Fact {
        number: run.endpoints.len() + run.included.len(),
        what: "endpoints",
        more: count(patterns.len(), "pattern"),
    }];
    for intent in Intent::ALL {
        let held = run.policy.held(intent).len();
        let more = if held > 0 { format!("{held} held") } else { String::new() };
        facts.push(Fact { number: run.policy.rules(intent).len(), what: what(intent), more });
    }
    let held = run.findings.iter().filter(|finding| finding.level == Level::Hold).count();
    let more = if held > 0 { format!("{held} hold a rule back") } else { String::new() };
    facts.push(Fact { number: run.findings.len(), what: "findings", more });
    facts
}

/// An intent, for people.
fn what(intent: Intent) -> &'static str {
    match intent {
        Intent::Allow => "allow",
        Intent::BypassInspection => "bypass inspection",
        Intent::BypassAuthentication => "bypass authentication",
        Intent::Direct => "direct",
    }
}

fn card(plan: &Plan<'_>, run: &Surroundings<'_>) -> Card {
    let totals = |&intent: &Intent| {
        let rules = run.policy.rules(intent).len();
        let fidelity = Fidelity::of(plan, intent, run.policy.held(intent).len());
        Totals { intent: what(intent), rules, fidelity, segments: segments(rules, fidelity, run, intent) }
    };
    Card {
        id: plan.target,
        title: Facts::of(plan.target).title,
        open: open(plan.target, run),
        intents: plan.intents.keys().map(totals).collect(),
    }
}

/// The main file of a target, from the folder of the page. A page of changes or of logs stands anywhere.
fn open(target: &str, run: &Surroundings<'_>) -> Option<String> {
    let main = compile::emitter(target).map_or("", |emitter| emitter.main_artifact());
    (run.changes.is_none() && run.usage.is_none()).then(|| format!("../{target}/{main}"))
}

/// The bar of an intent: every rule is in one part.
fn segments(rules: usize, fidelity: Fidelity, run: &Surroundings<'_>, intent: Intent) -> Vec<Segment> {
    let Fidelity { exact, wider, narrower, held, unsupported } = fidelity;
    let all = rules + run.policy.held(intent).len();
    let differ = all - exact - held - unsupported;
    let both = wider + narrower - differ;
    let mut x = 0;
    let mut so_far = 0;
    let parts = [
        ("exact", exact),
        ("wider", wider - both),
        ("both", both),
        ("narrower", narrower - both),
        ("held", held),
        ("unsupported", unsupported),
    ];
    let mut segments = Vec::new();
    for (state, of) in parts.into_iter().filter(|(_, of)| *of > 0) {
        so_far += of;
        let end = so_far * 1000 / all;
        segments.push(Segment { state, x, width: end - x });
        x = end;
    }
    segments
}

fn other(plan: &Plan<'_>, run: &Surroundings<'_>) -> Option<Other> {
    Some(Other { title: Facts::of(plan.target).title, open: open(plan.target, run)? })
}
