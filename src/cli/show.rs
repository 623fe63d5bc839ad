//! `thruway show`: the normalized table, or the policy.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use comfy_table::Table;
use serde::Serialize;
use serde_json::{Value, json};

use super::output::{self, BOLD, Output};
use super::{Failure, Format, Global, Outcome};
use crate::compile::Run;
use crate::diag::visible;
use crate::model::{Endpoint, HeldRule, Inspection, Intent, Requirement, Rule};
use crate::profile::Profile;
use crate::resolve;
use crate::source::{Cell, Provenance, SourceMap};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What to show: every endpoint of every source, selected or not, or the rules of every intent
    #[arg(value_enum, default_value_t = What::Endpoints)]
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum What {
    // Without help of their own: with it `--help` would be set unlike that of the other commands.
    Endpoints,
    Policy,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let (profile, run) = global.run(output)?;
    match (arguments.what, global.format()) {
        (What::Endpoints, Format::Human) => endpoints(&run, &profile, output)?,
        (What::Endpoints, Format::Json) => output.json(&endpoints_json(&run, &profile))?,
        (What::Policy, Format::Human) => policy(&run, output)?,
        (What::Policy, Format::Json) => output.json(&policy_json(&run))?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

fn endpoints(run: &Run, profile: &Profile, output: &mut Output) -> Result<(), Failure> {
    let (table, titles) = endpoint_table(run, profile, output.columns().is_some());
    output.table_with_titles(&table, &titles)?;
    output.line("")?;
    let selected = run.endpoints.iter().filter(|endpoint| resolve::keeps(&profile.select, endpoint)).count();
    output.paragraph(&format!(
        "{}, of which the profile selects {selected} (+)",
        output::count(run.endpoints.len(), "endpoint")
    ))?;
    output.paragraph(&row_account(run))?;
    let rules = Intent::ALL.map(|intent| format!("{intent} {}", run.policy.rules(intent).len()));
    output.paragraph(&format!("rules: {}", rules.join(", ")))
}

/// A row for each endpoint, the most important columns first, since a screen cuts the last ones. On a
/// screen the sheet stands above its rows; in a file every row names it, for `grep`.
fn endpoint_table(run: &Run, profile: &Profile, on_screen: bool) -> (Table, BTreeMap<usize, String>) {
    let header = ["", "pattern", "from", "geography", "requirement", "platforms", "category"];
    let mut table = output::table(&header, &[]);
    let mut titles = BTreeMap::new();
    let mut current = None;
    for endpoint in &run.endpoints {
        let from = endpoint.pattern.from.first();
        let sheet = from.map(|cell| (cell.source, &cell.sheet));
        if on_screen && sheet != current {
            table.add_row([""]);
            let name = from.map_or(String::new(), |cell| visible(&cell.sheet_name(&run.sources)));
            titles.insert(table.row_count(), format!("{BOLD}{name}{BOLD:#}"));
            current = sheet;
        }
        let selected = if resolve::keeps(&profile.select, endpoint) { "+" } else { "-" };
        table.add_row([
            selected.to_owned(),
            visible(&endpoint.pattern.value.to_string()),
            from.map_or(String::new(), |cell| match on_screen {
                true => tail(&visible(&cell.at.to_string())),
                false => place(cell, &run.sources),
            }),
            endpoint.geography.to_string(),
            requirement(endpoint).unwrap_or("-").to_owned(),
            endpoint.platforms.to_string(),
            visible(&endpoint.category),
        ]);
    }
    (table, titles)
}

/// The end of a place that would take the room of the other columns: `…Prefixes[12]`.
fn tail(place: &str) -> String {
    const MOST: usize = 13;
    let length = place.chars().count();
    if length <= MOST {
        return place.to_owned();
    }
    let kept: String = place.chars().skip(length - MOST + 1).collect();
    format!("…{kept}")
}

/// What became of the rows that were read: every row is an endpoint, a finding, or part of a sheet's
/// frame.
pub(super) fn row_account(run: &Run) -> String {
    let sum = |of: fn(&crate::ingest::SheetCount) -> u32| -> usize {
        run.sheets.iter().map(|sheet| of(sheet) as usize).sum()
    };
    let data = sum(|sheet| sheet.data);
    let frame = sum(|sheet| sheet.headers + sheet.titles);
    let ignored = sum(|sheet| sheet.ignored);
    let mut line = format!(
        "{} read: {} gave {}",
        output::count(data + frame + ignored, "row"),
        run.rows.with_endpoints,
        output::count(run.endpoints.len(), "endpoint"),
    );
    if run.rows.findings_only > 0 {
        line.push_str(&format!(", {} gave findings only", run.rows.findings_only));
    }
    if frame > 0 {
        line.push_str(&format!(", {frame} in headers and titles"));
    }
    if ignored > 0 {
        let sheets = run.sheets.iter().filter(|sheet| sheet.ignored > 0).count();
        line.push_str(&format!(", {ignored} in {} without endpoints", output::count(sheets, "sheet")));
    }
    line
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
    for (at, intent) in Intent::ALL.into_iter().enumerate() {
        if at > 0 {
            output.line("")?;
        }
        let (rules, held) = (run.policy.rules(intent), run.policy.held(intent));
        let mut title = format!("{BOLD}{intent}{BOLD:#}: {}", output::count(rules.len(), "rule"));
        if !held.is_empty() {
            title.push_str(&format!(", {} held", held.len()));
        }
        output.line(&title)?;
        if !rules.is_empty() || !held.is_empty() {
            let mut table = output::table(&["  pattern", "from"], &[]);
            for Rule { pattern, provenance } in rules {
                table.add_row([format!("  {pattern}"), places(provenance, &run.sources)]);
            }
            for HeldRule { rule, code } in held {
                let from = format!("{code}, {}", places(&rule.provenance, &run.sources));
                table.add_row([format!("  held: {}", rule.pattern), from]);
            }
            output.table(&table)?;
        }
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
        [cell, rest @ ..] => format!("{} (+{})", place(cell, sources), rest.len()),
    }
}

/// `mde-urls.xlsx › Microsoft Defender URLs › E58`.
pub(super) fn place(cell: &Cell, sources: &SourceMap) -> String {
    visible(&cell.place(sources))
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
