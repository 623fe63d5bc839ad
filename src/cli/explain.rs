//! `thruway explain`: why a host or URL is let through or not, or what a finding means.

mod codes;

pub(super) use codes::LISTED;

use std::collections::BTreeSet;

use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::output::{self, BOLD, GREEN, Output, RED, YELLOW};
use super::questions::Decider;
use super::show::{place, provenance_cells};
use super::{Failure, Format, Global, Outcome};
use crate::compile::{self, Run};
use crate::diag::{Code, visible};
use crate::model::{Endpoint, HeldRule, Intent, Request, RequestPattern, Rule, Scheme};
use crate::plan::{self, PolicySets};
use crate::profile::{DirectIntent, Profile, Waiver};
use crate::resolve;
use crate::source::Cell;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A host, a URL, or the code of a finding
    #[arg(value_name = "HOST|URL|CODE", required_unless_present = "list", conflicts_with = "list")]
    subject: Option<String>,
    /// List the codes of findings, each with what it finds
    #[arg(long)]
    list: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let Some(subject) = arguments.subject.as_deref().map(str::trim) else {
        return codes::list(global, output);
    };
    if let Some(code) = Code::ALL.iter().find(|code| code.as_str() == subject) {
        return codes::explain(*code, global, output);
    }
    let request: Request = match subject.parse() {
        Ok(request) => request,
        Err(error) => {
            output.error(&format!("`{subject}` is neither a host, a URL nor the code of a finding: {error}"));
            output.help(&codes::meant(subject).unwrap_or_else(|| {
                "write a host as `a.example.com` or `a.example.com:8443`, a URL with its scheme".into()
            }));
            return Ok(Outcome::Partial);
        }
    };
    let (profile, run) = global.run(output)?;
    let explanation = Explanation::new(&request, &run, &profile, global.today());
    // A word without a dot is a code that is misspelt, unless a source knows such a host.
    if is_word(subject) && explanation.is_unknown() {
        output.error(&format!("`{subject}` is neither a host of the sources nor the code of a finding"));
        output.help(&codes::meant(subject).unwrap_or_else(|| LISTED.to_owned()));
        return Ok(Outcome::Partial);
    }
    match global.format() {
        Format::Json => output.json(&explanation.to_json(&run))?,
        Format::Human => explanation.print(&run, output)?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

/// Whether a text could be a code by its characters.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
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
    direct: DirectIntent,
    /// What lets a rule through that the gate would leave out.
    waivers: Vec<&'a Waiver>,
}

impl<'a> Explanation<'a> {
    fn new(request: &'a Request, run: &'a Run, profile: &'a Profile, today: Date) -> Self {
        let decider = Decider::new(run);
        let intents: Vec<_> =
            Intent::ALL.into_iter().map(|intent| (intent, decider.matching(intent, request))).collect();
        let held = Intent::ALL
            .into_iter()
            .flat_map(|intent| run.policy.held(intent).iter().map(move |held| (intent, held)))
            .filter(|(_, held)| held.rule.pattern.matches(request))
            .collect();
        let covered: BTreeSet<&Cell> = intents
            .iter()
            .flat_map(|(_, rules): &(Intent, Vec<&Rule>)| rules)
            .flat_map(|rule| rule.provenance.cells())
            .collect();
        let mut left_out = left_out(request, run, profile);
        // A row that a wider rule covers is shown with that rule.
        left_out
            .retain(|left| !left.endpoint.pattern.from.first().is_some_and(|cell| covered.contains(cell)));
        let waivers = intents
            .iter()
            .flat_map(|(intent, rules)| rules.iter().map(move |rule| (*intent, *rule)))
            .flat_map(|(intent, rule)| resolve::waivers_of(profile, &rule.pattern, intent, today))
            .collect();
        Self {
            waivers,
            request,
            intents,
            held,
            left_out,
            targets: targets(request, run, profile),
            direct: profile.direct,
        }
    }

    /// Whether no source and no rule names the host.
    fn is_unknown(&self) -> bool {
        self.intents.iter().all(|(_, rules)| rules.is_empty())
            && self.held.is_empty()
            && self.left_out.is_empty()
    }

    fn print(&self, run: &Run, output: &mut Output) -> Result<(), Failure> {
        output.line(&format!("{BOLD}{}{BOLD:#}", visible(&self.request.to_string())))?;
        for (intent, rules) in &self.intents {
            if rules.is_empty() {
                output.line(&format!("  {intent:<21}  {RED}no{RED:#}   {}", self.why_not(*intent)))?;
            } else {
                output.line(&format!("  {intent:<21}  {GREEN}yes{GREEN:#}"))?;
            }
        }
        // One rule is often on several lists, and need not be shown for each of them.
        for (rule, intents) in
            by_rule(self.intents.iter().flat_map(|(i, rules)| rules.iter().map(|r| (*i, *r))))
        {
            output.line("")?;
            output.hanging("rule  ", &format!("{} for {}", rule.pattern, intents.join(", ")))?;
            print_places(rule, run, output)?;
            let of_this = |waiver: &&&Waiver| {
                waiver.pattern == rule.pattern.host && intents.contains(&waiver.intent.as_str())
            };
            for waiver in self.waivers.iter().filter(of_this) {
                let Waiver { lint, intent, reason, owner, expires, .. } = waiver;
                let waived =
                    format!("{intent} only by a waiver of {lint}, by {owner} until {expires}: {reason}");
                output.hanging("      ", &visible(&waived))?;
            }
        }
        for (rule, intents) in by_rule(self.held.iter().map(|(intent, held)| (*intent, &held.rule))) {
            output.line("")?;
            output.line(&format!("{YELLOW}held{YELLOW:#}  {} for {}", rule.pattern, intents.join(", ")))?;
            print_places(rule, run, output)?;
        }
        if !self.left_out.is_empty() {
            output.line("")?;
            output.line("rows that name it and give no rule for it")?;
            for LeftOut { endpoint, why } in &self.left_out {
                let from = endpoint.pattern.from.first().map_or(String::new(), |c| place(c, &run.sources));
                output.hanging("      ", &format!("{}: {why} ({from})", endpoint.pattern.value))?;
            }
        }
        output.line("")?;
        let mut table = output::table(
            &[
                "target",
                Intent::ALL[0].as_str(),
                Intent::ALL[1].as_str(),
                Intent::ALL[2].as_str(),
                Intent::ALL[3].as_str(),
            ],
            &[],
        );
        for (id, intents) in &self.targets {
            let answer = |intent| match intents.iter().find(|(of, _)| *of == intent) {
                Some((_, true)) => "yes",
                Some((_, false)) => "no",
                None => "-",
            };
            let mut row = vec![*id];
            row.extend(Intent::ALL.map(answer));
            table.add_row(row);
        }
        output.table(&table)
    }

    /// Why a list does not have the request, in a few words.
    fn why_not(&self, intent: Intent) -> String {
        let is_allowed = self.intents.iter().any(|(of, rules)| *of == Intent::Allow && !rules.is_empty());
        if let Some((_, held)) = self.held.iter().find(|(of, _)| *of == intent) {
            return format!("held; `thruway explain {}` says why", held.code);
        }
        match intent {
            Intent::Direct if self.direct == DirectIntent::None => {
                "the profile asks for none (`direct: none`)".to_owned()
            }
            Intent::Direct if is_allowed => "no source says that a direct connection is required".to_owned(),
            Intent::BypassInspection if is_allowed && self.request.scheme == Scheme::Http => {
                "plain HTTP is not inspected".to_owned()
            }
            Intent::BypassInspection if is_allowed => "the source does not ask for it".to_owned(),
            _ if self.left_out.is_empty() => "no endpoint of the sources names it".to_owned(),
            _ => "no row that names it gives a rule, see below".to_owned(),
        }
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
            "waivers": self.waivers.iter().map(|waiver| json!({
                "intent": key(waiver.intent),
                "pattern": waiver.pattern.to_string(),
                "code": waiver.lint.as_str(),
                "owner": waiver.owner,
                "reason": waiver.reason,
                "expires": waiver.expires.to_string(),
            })).collect::<Value>(),
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

/// Rules with the intents that they are for. Equal patterns with other cells stay apart: what a rule
/// covers differs between the lists.
fn by_rule<'a>(rules: impl Iterator<Item = (Intent, &'a Rule)>) -> Vec<(&'a Rule, Vec<&'static str>)> {
    let mut found: Vec<(&Rule, Vec<&'static str>)> = Vec::new();
    for (intent, rule) in rules {
        match found.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, intents)) => intents.push(intent.as_str()),
            None => found.push((rule, vec![intent.as_str()])),
        }
    }
    found
}

fn print_places(rule: &Rule, run: &Run, output: &mut Output) -> Result<(), Failure> {
    let mut places = rule.provenance.places_by_sheet(&run.sources).into_iter();
    places.try_for_each(|places| output.hanging("      ", &visible(&places)))
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

/// What each target of the profile that enforces anything does with the request, by what its entries mean.
fn targets(request: &Request, run: &Run, profile: &Profile) -> Vec<(&'static str, Vec<(Intent, bool)>)> {
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(profile);
    let inputs = compile::inputs(run, profile, &sets, &banner);
    profile
        .targets
        .iter()
        .filter_map(|id| compile::emitter(id))
        .filter(|emitter| Intent::ALL.iter().any(|&intent| emitter.applies(&profile.settings, intent)))
        .map(|emitter| {
            let plan = plan::plan(emitter, inputs, &mut Vec::new());
            let matches = |means: &[RequestPattern]| means.iter().any(|m| m.matches(request));
            let intents = plan.intents.iter().map(|(&intent, plan)| (intent, matches(&plan.means)));
            (plan.target, intents.collect())
        })
        .collect()
}
