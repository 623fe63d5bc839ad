//! `thruway targets`: what each target can say, computed by encoding specimens.

use clap::Args;
use serde_json::{Value, json};

use super::output::{self, BOLD, Output};
use super::{Failure, Format, Global, Outcome};
use crate::emit::{self, Emitter};
use crate::model::Intent;
use crate::plan::{Capability, Specimen, specimens};
use crate::profile::{Profile, Settings};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Write one Markdown table, with a column for each target
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let Profile { settings, .. } = Profile::builtin(&super::target_ids());
    match (arguments.markdown, global.format()) {
        (true, _) => output.raw(markdown(&settings).as_bytes())?,
        (false, Format::Json) => output.json(&as_json(&settings))?,
        (false, Format::Human) => human(&settings, output)?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

/// The targets that enforce anything, with the intents that apply to them. A change ticket enforces
/// nothing.
fn enforcing(settings: &Settings) -> impl Iterator<Item = (&'static dyn Emitter, Vec<Intent>)> {
    emit::ALL.iter().filter_map(move |&emitter| {
        let applies = |intent: &Intent| emitter.applies(settings, *intent);
        let intents: Vec<Intent> = Intent::ALL.into_iter().filter(applies).collect();
        (!intents.is_empty()).then_some((emitter, intents))
    })
}

fn as_json(settings: &Settings) -> Value {
    let specimens = specimens();
    enforcing(settings)
        .map(|(emitter, _)| {
            let intents: serde_json::Map<String, Value> = Intent::ALL
                .into_iter()
                .map(|intent| {
                    let of = specimens.iter().map(|specimen| {
                        let capability = Capability::of(emitter, settings, intent, specimen);
                        (specimen.what.to_owned(), capability.to_string().into())
                    });
                    (intent.as_str().to_owned(), Value::Object(of.collect()))
                })
                .collect();
            json!({ "id": emitter.id(), "intents": intents })
        })
        .collect()
}

/// A table for each target, with a column for each intent, and one for several that are alike throughout.
fn human(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let specimens = specimens();
    for (emitter, intents) in enforcing(settings) {
        output.line(&format!("{BOLD}{}{BOLD:#}", emitter.id()))?;
        let mut columns: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for intent in intents {
            let of = |specimen| Capability::of(emitter, settings, intent, specimen).to_string();
            let column: Vec<String> = specimens.iter().map(of).collect();
            match columns.iter_mut().find(|(known, _)| *known == column) {
                Some((_, intents)) => intents.push(intent.as_str()),
                None => columns.push((column, vec![intent.as_str()])),
            }
        }
        let names: Vec<String> = columns.iter().map(|(_, intents)| intents.join(", ")).collect();
        let mut header = vec![""];
        header.extend(names.iter().map(String::as_str));
        let mut table = output::table(&header, &[]);
        for (at, specimen) in specimens.iter().enumerate() {
            let mut row = vec![format!("  {}", specimen.what)];
            row.extend(columns.iter().map(|(column, _)| column[at].clone()));
            table.add_row(row);
        }
        output.table(&table)?;
        output.line("")?;
    }
    output.paragraph(LEGEND)
}

const LEGEND: &str = "exact: as asked; wider: lets more through, by what; narrower: lets less through, by what; \
                      no: cannot be said; -: does not apply";

/// One table, with a column for each target.
fn markdown(settings: &Settings) -> String {
    let targets: Vec<_> = enforcing(settings).collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let ids = targets.iter().map(|(emitter, _)| emitter.id().to_owned());
    let mut text = line(std::iter::once(String::new()).chain(ids).collect());
    text.push_str(&line(vec!["---".to_owned(); targets.len() + 1]));
    for specimen in &specimens() {
        let cells = targets.iter().map(|(emitter, intents)| cell(*emitter, settings, intents, specimen));
        text.push_str(&line(std::iter::once(format!("`{}`", specimen.what)).chain(cells).collect()));
    }
    text.push_str(&format!("\n{LEGEND}. In brackets: intents for which it is not as for the others.\n"));
    text
}

/// What a target says of one kind of rule: for its first intent, and in brackets where another differs.
fn cell(emitter: &dyn Emitter, settings: &Settings, intents: &[Intent], specimen: &Specimen) -> String {
    let mut said: Vec<(Capability, Vec<&str>)> = Vec::new();
    for &intent in intents {
        let capability = Capability::of(emitter, settings, intent, specimen);
        match said.iter_mut().find(|(known, _)| *known == capability) {
            Some((_, intents)) => intents.push(intent.as_str()),
            None => said.push((capability, vec![intent.as_str()])),
        }
    }
    let mut said = said.into_iter().filter(|(capability, _)| *capability != Capability::NotApplicable);
    let Some((first, _)) = said.next() else { return Capability::NotApplicable.to_string() };
    let others: Vec<String> =
        said.map(|(capability, intents)| format!("{}: {capability}", intents.join(", "))).collect();
    if others.is_empty() { first.to_string() } else { format!("{first} ({})", others.join("; ")) }
}
