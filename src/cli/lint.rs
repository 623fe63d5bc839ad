//! `thruway lint`: every finding, in full.

use std::cmp::Reverse;

use clap::Args;

use super::output::{self, Output};
use super::{Failure, FormatWord, Global, Outcome, WrittenAs};
use crate::compile;
use crate::diag::{self, Level};
use crate::plan::PolicySets;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// How findings are written: for people, for programs, for code scanning, or as a workflow's annotations
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "human",
        value_parser = FormatWord::parser(&[FormatWord::Human, FormatWord::Json, FormatWord::Sarif, FormatWord::Github], &[]))]
    format: FormatWord,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let (profile, run) = global.run(output)?;
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let findings = match compile::compile(&run, &profile, inputs, &profile.targets) {
        Ok(compiled) => compiled.findings,
        Err(error) => {
            output.error(&error.to_string());
            return Ok(Outcome::Refused);
        }
    };
    match arguments.format.written_as() {
        WrittenAs::Json => {
            output.json(&diag::to_json(&findings, &run.sources))?;
            output.finish()?;
        }
        WrittenAs::Sarif => {
            let name = profile.file_name();
            output.json(&diag::to_sarif(&findings, &run.sources, name.as_deref()))?;
            output.finish()?;
        }
        WrittenAs::Github => {
            let name = profile.file_name();
            output.raw(diag::to_github(&findings, &run.sources, name.as_deref()).as_bytes())?;
            output.finish()?;
        }
        WrittenAs::Human => {
            // The gravest first; those of one level stay in the order of their places.
            let mut findings = findings.clone();
            findings.sort_by_key(|finding| Reverse(finding.level));
            output.findings(&findings, &run.sources, &profile);
            output.remark(&output::count(findings.len(), "finding"));
        }
    }
    Ok(match findings.iter().any(|finding| finding.level == Level::Deny) {
        true => Outcome::Refused,
        false => Outcome::Clean,
    })
}
