//! `thruway explain`: why a host or URL is let through or not, or what a finding means.

use clap::Args;
use serde_json::{Value, json};

use super::output::{BOLD, GREEN, Output, RED, YELLOW};
use super::questions::Decider;
use super::show::{place, provenance_cells};
use super::{Failure, Format, Global, Outcome};
use crate::compile::{self, Run};
use crate::diag::Code;
use crate::model::{Endpoint, HeldRule, Intent, Request, RequestPattern, Rule};
use crate::plan::{self, PolicySets};
use crate::profile::Profile;
use crate::resolve;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A host, a URL, or the code of a finding
    #[arg(value_name = "HOST|URL|CODE")]
    subject: String,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let subject = arguments.subject.trim();
    if let Some(code) = Code::ALL.iter().find(|code| code.as_str() == subject) {
        return explain_code(*code, global, output);
    }
    let request: Request = subject.parse().map_err(|error| {
        Failure::Other(format!(
            "`{}` is neither a host, a URL nor the code of a finding: {error}",
            subject.escape_debug()
        ))
    })?;
    let profile = global.profile(output)?;
    let run = Run::new(&profile, global.today())?;
    let explanation = Explanation::new(&request, &run, &profile);
    match global.format {
        Format::Json => output.json(&explanation.to_json(&run))?,
        Format::Human => explanation.print(&run, output)?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

fn explain_code(code: Code, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let text: Vec<&str> = code.explanation().lines().map(str::trim).collect();
    let text = text.join("\n");
    let levels: Vec<(Intent, &str)> = Intent::ALL
        .into_iter()
        .map(|intent| (intent, crate::analyze::default_level(code, intent).as_str()))
        .collect();
    match global.format {
        Format::Json => {
            let levels: serde_json::Map<String, Value> =
                levels.iter().map(|(intent, level)| (intent.to_string(), (*level).into())).collect();
            output.json(&json!({ "code": code.as_str(), "levels": levels, "explanation": text.trim() }))?;
        }
        Format::Human => {
            output.line(&format!("{BOLD}{code}{BOLD:#}"))?;
            output.line("")?;
            output.line(text.trim())?;
            output.line("")?;
            let same = levels.iter().all(|(_, level)| *level == levels[0].1);
            let shown = if same {
                levels[0].1.to_owned()
            } else {
                let each: Vec<String> =
                    levels.iter().map(|(intent, level)| format!("{intent} {level}")).collect();
                each.join(", ")
            };
            output.line(&format!("default level: {shown}"))?;
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

/// Why a row that names the host gives no rule for it.
struct LeftOut<'a> {
    endpoint: &'a Endpoint,
    why: String,
}

struct Explanation<'a> {
    request: &'a Request,
    intents: Vec<(Intent, Vec<&'a Rule>)>,
    held: Vec<(Intent, &'a HeldRule)>,
    left_out: Vec<LeftOut<'a>>,
    targets: Vec<(&'static str, Vec<(Intent, bool)>)>,
}

impl<'a> Explanation<'a> {
    fn new(request: &'a Request, run: &'a Run, profile: &'a Profile) -> Self {
        let decider = Decider::new(run);
        let intents: Vec<_> =
            Intent::ALL.into_iter().map(|intent| (intent, decider.matching(intent, request))).collect();
        let held = Intent::ALL
            .into_iter()
            .flat_map(|intent| run.policy.held(intent).iter().map(move |held| (intent, held)))
            .filter(|(_, held)| held.rule.pattern.matches(request))
            .collect();
        Self {
            request,
            intents,
            held,
            left_out: left_out(request, run, profile),
            targets: targets(request, run, profile),
        }
    }

    fn print(&self, run: &Run, output: &mut Output) -> Result<(), Failure> {
        output.line(&format!("{BOLD}{}{BOLD:#}", self.request))?;
        for (intent, rules) in &self.intents {
            let (style, answer) = if rules.is_empty() { (RED, "no") } else { (GREEN, "yes") };
            output.line(&format!("  {:<22} {style}{answer}{style:#}", intent.as_str()))?;
            for rule in rules {
                output.line(&format!("    by {}", rule.pattern))?;
                for cell in rule.provenance.cells() {
                    output.line(&format!("       {}", place(cell, &run.sources)))?;
                }
            }
            for (_, held) in self.held.iter().filter(|(of, _)| of == intent) {
                output.line(&format!(
                    "    {YELLOW}held{YELLOW:#}: {} ({}; see `thruway explain {}`)",
                    held.rule.pattern, held.code, held.code
                ))?;
            }
        }
        if !self.left_out.is_empty() {
            output.line("  rows that name it and give no rule:")?;
            for LeftOut { endpoint, why } in &self.left_out {
                let from = endpoint.pattern.from.first().map_or(String::new(), |c| place(c, &run.sources));
                output.line(&format!("    {} ({from}): {why}", endpoint.pattern.value))?;
            }
        }
        output.line("  in the targets:")?;
        for (id, intents) in &self.targets {
            let shown: Vec<String> = intents
                .iter()
                .map(|(intent, yes)| format!("{intent} {}", if *yes { "yes" } else { "no" }))
                .collect();
            output.line(&format!("    {id:<18} {}", shown.join(", ")))?;
        }
        Ok(())
    }

    fn to_json(&self, run: &Run) -> Value {
        let rules = |rules: &[&Rule]| -> Value {
            rules
                .iter()
                .map(|rule| {
                    json!({
                        "pattern": rule.pattern.to_string(),
                        "provenance": provenance_cells(&rule.provenance, &run.sources),
                    })
                })
                .collect()
        };
        json!({
            "request": self.request.to_string(),
            "intents": self.intents.iter().map(|(intent, found)| {
                (key(*intent), json!({ "decision": !found.is_empty(), "rules": rules(found) }))
            }).collect::<serde_json::Map<String, Value>>(),
            "held": self.held.iter().map(|(intent, held)| json!({
                "intent": key(*intent),
                "pattern": held.rule.pattern.to_string(),
                "code": held.code.as_str(),
            })).collect::<Value>(),
            "left_out": self.left_out.iter().map(|left| json!({
                "pattern": left.endpoint.pattern.value.to_string(),
                "why": left.why,
                "provenance": provenance_cells(&left.endpoint.pattern.from, &run.sources),
            })).collect::<Value>(),
            "targets": self.targets.iter().map(|(id, intents)| {
                let intents = intents.iter().map(|(intent, yes)| (key(*intent), Value::from(*yes)));
                ((*id).to_owned(), intents.collect::<serde_json::Map<String, Value>>().into())
            }).collect::<serde_json::Map<String, Value>>(),
        })
    }
}

fn key(intent: Intent) -> String {
    intent.as_str().replace('-', "_")
}

/// Rows that match the request, but that the profile does not select, or that differ by port, scheme or
/// path alone.
fn left_out<'a>(request: &Request, run: &'a Run, profile: &Profile) -> Vec<LeftOut<'a>> {
    run.endpoints
        .iter()
        .filter(|endpoint| endpoint.pattern.value.host.matches(&request.host))
        .filter_map(|endpoint| {
            let pattern = &endpoint.pattern.value;
            let why = if !resolve::keeps(&profile.select, endpoint) {
                format!("not selected (geography {}, platforms {})", endpoint.geography, endpoint.platforms)
            } else if profile.select.exclude.iter().any(|e| e.value.covers(&pattern.host)) {
                "excluded by the profile".to_owned()
            } else if !pattern.schemes.contains(request.scheme) {
                format!("another scheme than {}", request.scheme)
            } else if !pattern.ports.contains(request.port) {
                format!("another port than {}", request.port)
            } else if !pattern.path.matches(&request.path) {
                format!("another path than {}", request.path)
            } else {
                return None;
            };
            Some(LeftOut { endpoint, why })
        })
        .collect()
}

/// What each target of the profile does with the request, by what its entries mean.
fn targets(request: &Request, run: &Run, profile: &Profile) -> Vec<(&'static str, Vec<(Intent, bool)>)> {
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(profile);
    let inputs = compile::inputs(run, profile, &sets, &banner);
    profile
        .targets
        .iter()
        .filter_map(|id| compile::emitter(id))
        .map(|emitter| {
            let plan = plan::plan(emitter, inputs, &mut Vec::new());
            let matches = |means: &[RequestPattern]| means.iter().any(|m| m.matches(request));
            let intents = plan.intents.iter().map(|(&intent, plan)| (intent, matches(&plan.means)));
            (plan.target, intents.collect())
        })
        .collect()
}
