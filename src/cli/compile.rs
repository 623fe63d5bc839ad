//! `thruway compile`: the main job.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::output::{self, BOLD, GREEN, Output, YELLOW};
use super::{Failure, Format, Global, Outcome};
use crate::compile::{self, Compiled, Run};
use crate::diag::{self, Level};
use crate::emit;
use crate::model::{Intent, Policy};
use crate::plan::{Deviation, Fidelity, PolicySets};
use crate::profile::{Difference, Geographies, Profile};
use crate::write::{self, Change, Files};

/// How many places the summary shows of each kind of finding.
const EXAMPLES: usize = 3;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder to write: replaced as a whole, or not at all
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Targets to write [default: those of the profile]
    #[arg(long = "target", value_name = "ID")]
    targets: Vec<String>,
    /// Write nothing; exit 1 if the folder differs from what would be written
    #[arg(long)]
    check: bool,
    /// Write even if a target has fewer than half the rules that the folder has now
    #[arg(long)]
    allow_shrink: bool,
    /// Write even if nothing is let through
    #[arg(long)]
    allow_empty: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let profile = global.profile(output)?;
    let ids = target_ids(arguments, &profile)?;
    let run = Run::new(&profile, global.today())?;

    if run.findings.iter().any(|finding| finding.level == Level::Deny) {
        return Ok(refuse_denied(&run.findings, &run, &profile, output));
    }
    if run.policy.rules(Intent::Allow).is_empty() && !arguments.allow_empty {
        output.error(
            "nothing is let through: no endpoint is left after selection\n  \
             help: look at `thruway show endpoints` and at `select:` in the profile, or pass --allow-empty",
        );
        return Ok(Outcome::Refused);
    }

    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let mut compiled = match compile::compile(&run, compile::inputs(&run, &profile, &sets, &banner), &ids) {
        Ok(compiled) => compiled,
        Err(error) => {
            output.error(&format!("{error}\n  nothing was written"));
            return Ok(Outcome::Refused);
        }
    };
    if compiled.is_denied() {
        return Ok(refuse_denied(&compiled.findings, &run, &profile, output));
    }

    let files = compile::files(&run, &profile, &mut compiled);
    if arguments.check {
        return check(arguments, &files, output);
    }
    if !arguments.allow_shrink
        && let Some(refusal) = shrunk(arguments, &files)
    {
        output.error(&refusal);
        return Ok(Outcome::Refused);
    }
    write::replace(&arguments.out, &files)?;

    match global.format {
        Format::Json => {
            let manifest: Value = serde_json::from_slice(&files[write::MANIFEST])
                .expect("internal error: the manifest is JSON");
            output.json(&manifest)?;
        }
        Format::Human => {
            output.remark(&diag::summarize(&compiled.findings, &run.sources, EXAMPLES));
            summary(&run, &profile, &compiled, output)?;
            output.line("")?;
            output.line(&format!(
                "{GREEN}wrote{GREEN:#} {} ({})",
                arguments.out.display(),
                output::count(files.len(), "file")
            ))?;
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

/// The targets to write: those named, else those of the profile.
fn target_ids(arguments: &Arguments, profile: &Profile) -> Result<Vec<&'static str>, Failure> {
    if arguments.targets.is_empty() {
        return Ok(profile.targets.clone());
    }
    let wanted: BTreeSet<&str> = arguments.targets.iter().map(String::as_str).collect();
    let known: Vec<&'static str> = emit::ALL.iter().map(|emitter| emitter.id()).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(id)) {
        return Err(Failure::Other(format!("no target `{unknown}`; there are {}", known.join(", "))));
    }
    Ok(known.into_iter().filter(|id| wanted.contains(id)).collect())
}

fn refuse_denied(
    findings: &[diag::Diagnostic],
    run: &Run,
    profile: &Profile,
    output: &mut Output,
) -> Outcome {
    let denied: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Deny).cloned().collect();
    output.findings(&denied, &run.sources, profile);
    output.error(&format!("{} at deny; nothing was written", output::count(denied.len(), "finding")));
    Outcome::Refused
}

fn check(arguments: &Arguments, files: &Files, output: &mut Output) -> Result<Outcome, Failure> {
    let changes = write::changes(&arguments.out, files)?;
    for (name, change) in &changes {
        let sign = match change {
            Change::Added => '+',
            Change::Changed => '~',
            Change::Removed => '-',
        };
        output.line(&format!("{sign} {name}"))?;
    }
    output.finish()?;
    if changes.is_empty() {
        output.remark(&format!("{} is up to date", arguments.out.display()));
        return Ok(Outcome::Clean);
    }
    output.remark(&format!(
        "{} differs in {}; run `thruway compile` to write it",
        arguments.out.display(),
        output::count(changes.len(), "file")
    ));
    Ok(Outcome::Refused)
}

/// Why the result looks like an accident, if it does: a target with fewer than half of its rules.
fn shrunk(arguments: &Arguments, files: &Files) -> Option<String> {
    let old = compile::written_rules(&write::read_manifest(&arguments.out)?);
    let new: Value = serde_json::from_slice(&files[write::MANIFEST]).ok()?;
    let new = compile::written_rules(&new);
    old.iter().find_map(|(id, &before)| {
        let after = *new.get(id)?;
        (after * 2 < before).then(|| {
            format!(
                "{id} would shrink from {before} to {after} rules, by more than half; nothing was written\n  \
                 help: look at the sources and at `select:`; if it is meant, pass --allow-shrink"
            )
        })
    })
}

/// The one-screen summary.
fn summary(
    run: &Run,
    profile: &Profile,
    compiled: &Compiled<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut lines = vec![format!("{BOLD}{}{BOLD:#}: {}", profile.settings.name, selection(profile))];
    lines.extend(super::show::row_account(run));
    lines.push(String::new());
    for line in lines {
        output.line(&line)?;
    }

    let header = ["target", "intent", "rules", "exact", "wider", "narrower", "held", "unsupported", "proof"];
    let mut table = output::table(&header, &[2, 3, 6, 7]);
    for target in &compiled.targets {
        let mut name = target.plan.target;
        for (&intent, planned) in &target.plan.intents {
            let fidelity = target.fidelity(&run.policy, intent);
            table.add_row([
                name.to_owned(),
                intent.to_string(),
                number(run.policy.rules(intent).len()),
                number(fidelity.exact),
                with_kinds(fidelity.wider, &planned.wider),
                with_kinds(fidelity.narrower, &planned.narrower),
                number(fidelity.held),
                number(fidelity.unsupported),
                "-".to_owned(),
            ]);
            name = "";
        }
    }
    output.line(&output::text(&table))?;
    let differs = compiled.targets.iter().any(|target| is_different(target.total(&run.policy)));
    if differs {
        output.line(&format!(
            "{YELLOW}wider{YELLOW:#}: the product lets more through than asked; narrower: less; \
             held: left out by the gate or a tolerance"
        ))?;
    }
    Ok(())
}

fn is_different(fidelity: Fidelity) -> bool {
    fidelity.wider + fidelity.narrower + fidelity.held > 0
}

fn number(number: usize) -> String {
    if number == 0 { "-".to_owned() } else { number.to_string() }
}

/// `75 (port, scheme)`.
fn with_kinds(number: usize, deviations: &[Deviation]) -> String {
    if number == 0 {
        return "-".to_owned();
    }
    let kinds: BTreeSet<Difference> = deviations.iter().map(|deviation| deviation.kind).collect();
    let kinds: Vec<&str> = kinds.into_iter().map(Difference::as_str).collect();
    format!("{number} ({})", kinds.join(", "))
}

/// What is selected, in a few words: `worldwide + EU, windows, linux`.
fn selection(profile: &Profile) -> String {
    let geographies = match &profile.select.geographies {
        Geographies::All => "all geographies".to_owned(),
        Geographies::Only(regions) => {
            let codes: Vec<&str> = regions.iter().map(|region| region.code()).collect();
            match codes.is_empty() {
                true => "worldwide only".to_owned(),
                false => format!("worldwide + {}", codes.join(" + ")),
            }
        }
    };
    let platforms: Vec<&str> = profile.select.platforms.iter().map(|platform| platform.as_str()).collect();
    let windows = profile.select.windows.map_or(String::new(), |range| format!(" (Windows {range})"));
    format!("{geographies}; {}{windows}", platforms.join(", "))
}

/// Rules of the policy by intent, as one line.
pub(super) fn rules_line(policy: &Policy) -> String {
    let parts: Vec<String> =
        Intent::ALL.into_iter().map(|intent| format!("{intent} {}", policy.rules(intent).len())).collect();
    parts.join(", ")
}
