//! `thruway show`: the normalized table, or the policy.

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::output::{self, BOLD, Output};
use super::{Failure, Format, Global, Outcome};
use crate::compile::Run;
use crate::model::{Endpoint, Inspection, Intent, Requirement, Rule};
use crate::profile::Profile;
use crate::resolve;
use crate::source::{Cell, Provenance, SourceMap};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What to show
    #[arg(value_enum, default_value_t = What::Endpoints)]
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum What {
    /// Every endpoint of every source, selected or not
    Endpoints,
    /// The rules of every intent
    Policy,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let profile = global.profile(output)?;
    let run = Run::new(&profile, global.today())?;
    match (arguments.what, global.format) {
        (What::Endpoints, Format::Human) => endpoints(&run, &profile, output)?,
        (What::Endpoints, Format::Json) => output.json(&endpoints_json(&run, &profile))?,
        (What::Policy, Format::Human) => policy(&run, output)?,
        (What::Policy, Format::Json) => output.json(&policy_json(&run))?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

fn endpoints(run: &Run, profile: &Profile, output: &mut Output) -> Result<(), Failure> {
    let header = ["", "pattern", "geography", "requirement", "platforms", "category", "from"];
    let mut table = output::table(&header, &[]);
    for endpoint in &run.endpoints {
        let selected = if resolve::keeps(&profile.select, endpoint) { "+" } else { "-" };
        table.add_row([
            selected.to_owned(),
            endpoint.pattern.value.to_string(),
            endpoint.geography.to_string(),
            requirement(endpoint).unwrap_or("-").to_owned(),
            endpoint.platforms.to_string(),
            endpoint.category.to_string(),
            endpoint.pattern.from.first().map_or(String::new(), |cell| place(cell, &run.sources)),
        ]);
    }
    output.line(&output::text(&table))?;
    output.line("")?;
    let selected = run.endpoints.iter().filter(|endpoint| resolve::keeps(&profile.select, endpoint)).count();
    output.line(&format!(
        "{}, of which the profile selects {selected} (+)",
        output::count(run.endpoints.len(), "endpoint")
    ))?;
    for line in row_account(run) {
        output.line(&line)?;
    }
    Ok(())
}

/// What became of the rows that were read: every row is an endpoint, a finding, or part of a sheet's
/// frame.
pub(super) fn row_account(run: &Run) -> Vec<String> {
    let sum = |of: fn(&crate::ingest::SheetCount) -> u32| -> usize {
        run.sheets.iter().map(|sheet| of(sheet) as usize).sum()
    };
    let data = sum(|sheet| sheet.data);
    let frame = sum(|sheet| sheet.headers + sheet.titles);
    let ignored = sum(|sheet| sheet.ignored);
    let mut line = format!(
        "{} read: {} gave {}, {} gave findings only",
        output::count(data + frame + ignored, "row"),
        run.rows.with_endpoints,
        output::count(run.endpoints.len(), "endpoint"),
        run.rows.findings_only,
    );
    if frame > 0 {
        line.push_str(&format!(", {frame} are headers and titles"));
    }
    if ignored > 0 {
        let sheets = run.sheets.iter().filter(|sheet| sheet.ignored > 0).count();
        line.push_str(&format!(", {ignored} are in {} without endpoints", output::count(sheets, "sheet")));
    }
    vec![line, format!("rules: {}", super::compile::rules_line(&run.policy))]
}

fn endpoints_json(run: &Run, profile: &Profile) -> Value {
    run.endpoints
        .iter()
        .map(|endpoint| {
            json!({
                "pattern": endpoint.pattern.value.to_string(),
                "https_path": endpoint.https_path.as_deref(),
                "geography": endpoint.geography.to_string(),
                "service": &*endpoint.service,
                "category": &*endpoint.category,
                "requirement": requirement(endpoint),
                "platforms": match &endpoint.platforms {
                    crate::model::Platforms::NotStated => Value::Null,
                    crate::model::Platforms::Only(platforms) =>
                        platforms.iter().map(|platform| platform.as_str()).collect(),
                },
                "windows": endpoint.windows.iter().map(|claim| json!({
                    "needed_by": claim.needed_by.to_string(),
                    "document": claim.document,
                    "date": claim.date.map(|date| date.to_string()),
                })).collect::<Value>(),
                "direct_required": endpoint.direct_required,
                "inspection": match endpoint.inspection {
                    Inspection::NotStated => None,
                    Inspection::Exempt => Some("exempt"),
                    Inspection::MayInspect => Some("may-inspect"),
                },
                "selected": resolve::keeps(&profile.select, endpoint),
                "provenance": provenance_cells(&endpoint.pattern.from, &run.sources),
            })
        })
        .collect()
}

fn requirement(endpoint: &Endpoint) -> Option<&'static str> {
    endpoint.requirement.map(|requirement| match requirement {
        Requirement::Required => "required",
        Requirement::Optional => "optional",
    })
}

fn policy(run: &Run, output: &mut Output) -> Result<(), Failure> {
    for intent in Intent::ALL {
        let rules = run.policy.rules(intent);
        output.line(&format!("{BOLD}{intent}{BOLD:#}: {}", output::count(rules.len(), "rule")))?;
        let mut table = output::table(&["pattern", "from"], &[]);
        for Rule { pattern, provenance } in rules {
            table.add_row([format!("  {pattern}"), places(provenance, &run.sources)]);
        }
        for held in run.policy.held(intent) {
            table.add_row([
                format!("  held: {}", held.rule.pattern),
                format!("{} ({})", places(&held.rule.provenance, &run.sources), held.code),
            ]);
        }
        if !rules.is_empty() || !run.policy.held(intent).is_empty() {
            output.line(&output::text(&table))?;
        }
        output.line("")?;
    }
    Ok(())
}

fn policy_json(run: &Run) -> Value {
    let rule = |rule: &Rule| {
        json!({
            "pattern": rule.pattern.to_string(),
            "provenance": provenance_cells(&rule.provenance, &run.sources),
        })
    };
    Intent::ALL
        .into_iter()
        .map(|intent| {
            let held: Vec<Value> = run
                .policy
                .held(intent)
                .iter()
                .map(|held| {
                    let mut value = rule(&held.rule);
                    value["code"] = held.code.as_str().into();
                    value
                })
                .collect();
            let rules: Vec<Value> = run.policy.rules(intent).iter().map(rule).collect();
            (intent.as_str().replace('-', "_"), json!({ "rules": rules, "held": held }))
        })
        .collect::<serde_json::Map<String, Value>>()
        .into()
}

/// The first place, and how many more.
fn places(provenance: &Provenance, sources: &SourceMap) -> String {
    match provenance.cells() {
        [] => String::new(),
        [cell] => place(cell, sources),
        [cell, rest @ ..] => format!("{} and {} more", place(cell, sources), rest.len()),
    }
}

/// `mde-urls.xlsx › Microsoft Defender URLs › E58`.
pub(super) fn place(cell: &Cell, sources: &SourceMap) -> String {
    let source = sources.get(cell.source).short_name();
    match &*cell.sheet {
        "" => format!("{source} › {}", cell.at),
        sheet => format!("{source} › {sheet} › {}", cell.at),
    }
}

/// A cell as the contract of `match` writes it.
#[derive(Serialize)]
pub(super) struct ProvenanceCell<'a> {
    source: &'a str,
    sheet: &'a str,
    cell: String,
    text: &'a str,
}

/// Provenance as the contract of `match` writes it.
pub(super) fn provenance_cells<'a>(
    provenance: &'a Provenance,
    sources: &'a SourceMap,
) -> Vec<ProvenanceCell<'a>> {
    provenance
        .cells()
        .iter()
        .map(|cell| ProvenanceCell {
            source: &sources.get(cell.source).name,
            sheet: &cell.sheet,
            cell: cell.at.to_string(),
            text: &cell.text,
        })
        .collect()
}
