//! `thruway targets`: what each target can say, computed by encoding specimens.

use serde_json::{Value, json};

use super::output::{self, BOLD, Output};
use super::{Failure, Format, Global, Outcome};
use crate::emit;
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
                    let intents: serde_json::Map<String, Value> = crate::model::Intent::ALL
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
            for intent in crate::model::Intent::ALL {
                output.line(&format!("{BOLD}{intent}{BOLD:#}"))?;
                let mut header = vec!["target"];
                header.extend(specimens.iter().map(|specimen| specimen.what));
                let mut table = output::table(&header, &[]);
                for emitter in emit::ALL {
                    let mut row = vec![emitter.id().to_owned()];
                    row.extend(specimens.iter().map(|specimen| {
                        Capability::of(*emitter, &profile.settings, intent, specimen).to_string()
                    }));
                    table.add_row(row);
                }
                output.line(&output::text(&table))?;
                output.line("")?;
            }
            output
                .line("exact: as asked; wider, narrower: by what; no: cannot be said; -: does not apply")?;
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}
