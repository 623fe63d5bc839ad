//! `thruway targets`: what each target can say, computed by encoding specimens.

use serde_json::{Value, json};

use super::output::{self, BOLD, Output};
use super::{Failure, Format, Global, Outcome};
use crate::emit;
use crate::model::Intent;
use crate::plan::{Capability, specimens};
use crate::profile::Profile;

pub(super) fn run(global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let profile = Profile::builtin(&super::target_ids());
    let specimens = specimens();
    match global.format {
        Format::Json => {
            let value: Value = emit::ALL
                .iter()
                .map(|emitter| {
                    let intents: serde_json::Map<String, Value> = Intent::ALL
                        .into_iter()
                        .map(|intent| {
                            let of = specimens.iter().map(|specimen| {
                                let capability =
                                    Capability::of(*emitter, &profile.settings, intent, specimen);
                                (specimen.what.to_owned(), capability.to_string().into())
                            });
                            (intent.as_str().to_owned(), Value::Object(of.collect()))
                        })
                        .collect();
                    json!({ "id": emitter.id(), "intents": intents })
                })
                .collect();
            output.json(&value)?;
        }
        Format::Human => {
            for emitter in emit::ALL {
                let intents: Vec<Intent> = Intent::ALL
                    .into_iter()
                    .filter(|&intent| emitter.applies(&profile.settings, intent))
                    .collect();
                // A change ticket enforces nothing.
                if intents.is_empty() {
                    continue;
                }
                output.line(&format!("{BOLD}{}{BOLD:#}", emitter.id()))?;
                let mut header = vec![""];
                header.extend(intents.iter().map(|intent| intent.as_str()));
                let mut table = output::table(&header, &[]);
                for specimen in &specimens {
                    let of = |intent: &Intent| {
                        Capability::of(*emitter, &profile.settings, *intent, specimen).to_string()
                    };
                    let mut row = vec![format!("  {}", specimen.what)];
                    row.extend(intents.iter().map(of));
                    table.add_row(row);
                }
                output.table(&table)?;
                output.line("")?;
            }
            output.paragraph(
                "exact: as asked; wider: lets more through, by what; narrower: lets less through, by what; \
                 no: cannot be said; -: does not apply",
            )?;
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}
