//! The ticket itself, in Markdown.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;

use super::{ID, NOT_STATED, Surroundings};
use crate::diag::{Code, Diagnostic, Place};
use crate::emit::escape::{code, with_code};
use crate::emit::facts::Facts;
use crate::emit::{Artifact, RenderError, Written, header};
use crate::model::{HeldRule, Intent, Ports, Requirement, Rule};
use crate::opening::{Index, Opening};
use crate::plan::{Fidelity, Plan};
use crate::source::sha256;
use crate::text::count;

/// How many findings of one code are shown; `thruway lint` shows the rest.
const MOST_OF_A_CODE: usize = 20;

pub(super) fn artifact(
    plan: &Plan<'_>,
    run: &Surroundings<'_>,
    index: &Index<'_>,
) -> Result<Artifact, RenderError> {
    let allowed = run.policy.rules(Intent::Allow);
    let text = Ticket {
        header: &header::lines(plan.banner),
        profile: &plan.settings.name,
        summary: summary(run),
        proxies: proxies(plan),
        risks: risks(allowed, index),
        sources: run
            .sources
            .iter()
            .map(|(_, source)| Source { name: &source.name, sha256: code(&source.sha256) })
            .collect(),
        openings: openings(allowed, index),
        handlings: [Intent::BypassInspection, Intent::BypassAuthentication, Intent::Direct]
            .into_iter()
            .map(|intent| handling(intent, run, index))
            .collect(),
        held: held(run),
        findings: findings(run),
        waivers: run
            .waivers
            .iter()
            .map(|waiver| WaiverRow {
                code: code(waiver.value.lint.as_str()),
                destination: code(&waiver.value.pattern.to_string()),
                intent: waiver.value.intent.as_str(),
                reason: &waiver.value.reason,
                owner: &waiver.value.owner,
                expires: waiver.value.expires.to_string(),
            })
            .collect(),
        products: run.written.iter().map(|written| Product::new(written, run)).collect(),
    }
    .render()
    .map_err(|error| RenderError::Template { target: ID, why: error.to_string() })?;
    Ok(Artifact { path: "ticket.md".to_owned(), bytes: text.into_bytes() })
}

#[derive(Template)]
#[template(path = "ticket/ticket.md")]
struct Ticket<'a> {
    header: &'a [String],
    profile: &'a str,
    summary: String,
    proxies: Option<String>,
    risks: Vec<(String, usize)>,
    sources: Vec<Source<'a>>,
    openings: Vec<Group>,
    handlings: Vec<Handling>,
    held: Vec<HeldRow>,
    findings: Vec<FindingRow>,
    waivers: Vec<WaiverRow<'a>>,
    products: Vec<Product>,
}

struct Source<'a> {
    name: &'a str,
    sha256: String,
}

/// The openings of one set of ports.
struct Group {
    ports: String,
    rows: Vec<Row>,
}

struct Row {
    /// In Markdown.
    destination: String,
    ports: String,
    who: String,
    why: String,
    /// In Markdown.
    risk: String,
    source: String,
}

/// What is done with connections beside letting them through.
struct Handling {
    title: &'static str,
    what: String,
    rows: Vec<Row>,
}

struct HeldRow {
    /// In Markdown.
    destination: String,
    ports: String,
    intents: String,
    /// In Markdown.
    code: String,
    source: String,
}

struct FindingRow {
    level: &'static str,
    /// In Markdown.
    code: String,
    /// In Markdown.
    what: String,
    place: String,
}

struct WaiverRow<'a> {
    /// In Markdown.
    code: String,
    /// In Markdown.
    destination: String,
    intent: &'static str,
    reason: &'a str,
    owner: &'a str,
    expires: String,
}

struct Product {
    title: String,
    /// Whether an intent applies to it.
    has_rules: bool,
    exact: usize,
    wider: usize,
    narrower: usize,
    held: usize,
    unsupported: usize,
    /// In Markdown, as the target's facts write it.
    apply: Vec<String>,
    rollback: Vec<String>,
    files: Vec<File>,
}

struct File {
    /// In Markdown.
    path: String,
    bytes: usize,
    /// In Markdown.
    sha256: String,
}

fn summary(run: &Surroundings<'_>) -> String {
    let allowed = run.policy.rules(Intent::Allow);
    let ports = Ports::from_ranges(allowed.iter().flat_map(|rule| rule.pattern.ports.ranges()));
    let mut summary = format!("Let {} through", count(allowed.len(), "destination"));
    if !allowed.is_empty() {
        summary.push_str(&format!(", on TCP {}", spaced(&ports)));
    }
    for (intent, what) in [
        (Intent::BypassInspection, "without TLS inspection"),
        (Intent::BypassAuthentication, "without proxy authentication"),
        (Intent::Direct, "not through the proxy"),
    ] {
        let rules = run.policy.rules(intent).len();
        if rules > 0 {
            summary.push_str(&format!("; {rules} {what}"));
        }
    }
    summary.push('.');
    // A destination may be let through and yet be left out of another list.
    for (intent, what) in [
        (Intent::Allow, "connection"),
        (Intent::BypassInspection, "exemption from TLS inspection"),
        (Intent::BypassAuthentication, "exemption from proxy authentication"),
        (Intent::Direct, "way past the proxy"),
    ] {
        let held = run.policy.held(intent).len();
        if held > 0 {
            summary.push_str(&format!(" Left out: {}.", count(held, what)));
        }
    }
    summary
}

fn spaced(ports: &Ports) -> String {
    ports.to_string().replace(',', ", ")
}

/// How many destinations each risk concerns.
fn risks(rules: &[Rule], index: &Index<'_>) -> Vec<(String, usize)> {
    let mut risks: BTreeMap<Code, usize> = BTreeMap::new();
    for rule in rules {
        for risk in Opening::new(rule, index).risks {
            *risks.entry(risk).or_default() += 1;
        }
    }
    risks.into_iter().map(|(risk, of)| (code(risk.as_str()), of)).collect()
}

/// The proxies, where connections through them are what the ticket is about.
fn proxies(plan: &Plan<'_>) -> Option<String> {
    let proxies: Vec<String> = plan
        .settings
        .proxies
        .iter()
        .filter(|proxy| !proxy.is_placeholder())
        .map(|proxy| code(proxy.as_str()))
        .collect();
    (!proxies.is_empty()).then(|| proxies.join(", "))
}

fn row(rule: &Rule, index: &Index<'_>) -> Row {
    let opening = Opening::new(rule, index);
    let path = opening.path();
    let path = if path.is_empty() { String::new() } else { format!(", path {}", code(&path)) };
    let mut why = match (few(&opening.services), few(&opening.categories)) {
        (services, categories) if services.is_empty() => categories,
        (services, categories) if categories.is_empty() => services,
        (services, categories) => format!("{services}: {categories}"),
    };
    if opening.requirement == Requirement::Optional {
        why.push_str(" (optional)");
    }
    Row {
        destination: code(&opening.destination()) + &path,
        ports: spaced(&rule.pattern.ports),
        who: format!(
            "{}; {}",
            opening.platforms().as_deref().unwrap_or(NOT_STATED),
            opening.geographies().as_deref().unwrap_or(NOT_STATED)
        ),
        why,
        risk: opening.risks.iter().map(|own| code(own.as_str())).collect::<Vec<_>>().join(", "),
        source: opening.places.join("; "),
    }
}

/// The first few of several, and how many more there are.
fn few(texts: &[Arc<str>]) -> String {
    const MOST: usize = 3;
    match texts.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{} and {more} more", texts[..MOST].join(", ")),
        _ => texts.join(", "),
    }
}

/// The allowlist by port set, as a firewall team enters it.
fn openings(rules: &[Rule], index: &Index<'_>) -> Vec<Group> {
    let mut groups: BTreeMap<&Ports, Vec<Row>> = BTreeMap::new();
    for rule in rules {
        groups.entry(&rule.pattern.ports).or_default().push(row(rule, index));
    }
    groups.into_iter().map(|(ports, rows)| Group { ports: spaced(ports), rows }).collect()
}

fn handling(intent: Intent, run: &Surroundings<'_>, index: &Index<'_>) -> Handling {
    let own = run.policy.rules(intent);
    let title = match intent {
        Intent::Allow => "Connections to let through",
        Intent::BypassInspection => "Without TLS inspection",
        Intent::BypassAuthentication => "Without proxy authentication",
        Intent::Direct => "Not through the proxy",
    };
    let same = own.iter().map(|rule| &rule.pattern).eq(run
        .policy
        .rules(Intent::Allow)
        .iter()
        .map(|rule| &rule.pattern));
    let (what, rows) = if own.is_empty() {
        ("None.".to_owned(), Vec::new())
    } else if same {
        ("All connections above.".to_owned(), Vec::new())
    } else {
        (format!("{}.", count(own.len(), "destination")), own.iter().map(|rule| row(rule, index)).collect())
    };
    Handling { title, what, rows }
}

fn held(run: &Surroundings<'_>) -> Vec<HeldRow> {
    let mut held: BTreeMap<(&crate::model::RequestPattern, Code), (Vec<&str>, &HeldRule)> = BTreeMap::new();
    for intent in Intent::ALL {
        for rule in run.policy.held(intent) {
            let (intents, _) = held.entry((&rule.rule.pattern, rule.code)).or_insert((Vec::new(), rule));
            intents.push(intent.as_str());
        }
    }
    held.into_iter()
        .map(|((pattern, finding), (intents, held))| HeldRow {
            destination: code(&pattern.host.to_string()),
            ports: spaced(&pattern.ports),
            intents: intents.join(", "),
            code: code(finding.as_str()),
            source: held.rule.provenance.places_by_sheet(run.sources).join("; "),
        })
        .collect()
}

/// The gravest first, and of each code so many; what is alike for several intents is one row.
fn findings(run: &Surroundings<'_>) -> Vec<FindingRow> {
    let mut rows: Vec<(&Diagnostic, Vec<&str>)> = Vec::new();
    for finding in run.findings {
        let intent = finding.intent.map(Intent::as_str);
        match rows.last_mut() {
            Some((last, intents))
                if last.place == finding.place
                    && last.code == finding.code
                    && last.message == finding.message =>
            {
                intents.extend(intent.filter(|intent| !intents.contains(intent)));
            }
            _ => rows.push((finding, intent.into_iter().collect())),
        }
    }
    rows.sort_by_key(|(finding, _)| (std::cmp::Reverse(finding.level), finding.code));
    let mut shown = Vec::new();
    for of_code in rows.chunk_by(|(one, _), (other, _)| (one.level, one.code) == (other.level, other.code)) {
        for (finding, intents) in of_code.iter().take(MOST_OF_A_CODE) {
            shown.push(FindingRow {
                level: finding.level.as_str(),
                code: code(finding.code.as_str()),
                what: what(finding, intents),
                place: match &finding.place {
                    Place::Cell(cell) => cell.place(run.sources),
                    Place::Profile { line, .. } => format!("profile, line {line}"),
                    Place::File { file, line, .. } => format!("{file}, line {line}"),
                    Place::Run => finding.target.unwrap_or_default().to_owned(),
                },
            });
        }
        if let Some(more) = of_code.len().checked_sub(MOST_OF_A_CODE).filter(|&more| more > 0) {
            let (first, _) = of_code[0];
            shown.push(FindingRow {
                level: first.level.as_str(),
                code: code(first.code.as_str()),
                what: with_code(&format!("{more} more, which `thruway lint` shows")),
                place: String::new(),
            });
        }
    }
    shown
}

/// What a finding says, in Markdown. A finding of a target names its intent itself.
fn what(finding: &Diagnostic, intents: &[&str]) -> String {
    let message = match (finding.target, intents) {
        (None, [_, ..]) => format!("{}, for {}", finding.message, intents.join(", ")),
        _ => finding.message.clone(),
    };
    // The label of the first of several is no label of all.
    if intents.len() > 1 || finding.label.is_empty() {
        return with_code(&message);
    }
    with_code(&format!("{message}: {}", finding.label))
}

impl Product {
    fn new(written: &Written, run: &Surroundings<'_>) -> Self {
        let Facts { title, apply, rollback, .. } = Facts::of(written.target);
        let mut fidelity = Fidelity::default();
        let mut has_rules = false;
        for plan in run.plans.iter().filter(|plan| plan.target == written.target) {
            has_rules |= !plan.intents.is_empty();
            for &intent in plan.intents.keys() {
                fidelity += Fidelity::of(plan, intent, run.policy.held(intent).len());
            }
        }
        let Fidelity { exact, wider, narrower, held, unsupported } = fidelity;
        let files = written
            .artifacts
            .iter()
            .map(|artifact| File {
                path: code(&format!("{}/{}", written.target, artifact.path)),
                bytes: artifact.bytes.len(),
                sha256: code(&sha256(&artifact.bytes)),
            })
            .collect();
        Self { title, has_rules, exact, wider, narrower, held, unsupported, apply, rollback, files }
    }
}
