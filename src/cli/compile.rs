//! `thruway compile`: the main job.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use super::output::{self, BOLD, GREEN, Output};
use super::{Failure, Format, Global, Outcome};
use crate::compile::{self, Compiled, Run, Target};
use crate::diag::{self, Level, visible};
use crate::emit;
use crate::model::Intent;
use crate::plan::{Deviation, Fidelity, IntentPlan, PolicySets};
use crate::profile::{Difference, Profile};
use crate::prove::Proof;
use crate::write::{self, Change, Files};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder to write: replaced as a whole, or not at all
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Target to write, may be given several times [default: those of the profile]
    #[arg(long = "target", value_name = "ID", value_parser = PossibleValuesParser::new(super::target_ids()))]
    targets: Vec<String>,
    /// Write nothing; exit 1 if the folder differs from what would be written
    #[arg(long)]
    check: bool,
    /// Write even if a target has fewer than half the rules that the folder has now, or goes with --target
    #[arg(long)]
    allow_shrink: bool,
    /// Write even if nothing is let through
    #[arg(long)]
    allow_empty: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let (profile, run) = global.run(output)?;
    // The program ends when this does: to take a long list apart before would only take time.
    let run = ManuallyDrop::new(run);
    if !arguments.check {
        write::recover(&arguments.out)?;
    }
    let ids = target_ids(arguments, &profile)?;

    if run.findings.iter().any(|finding| finding.level == Level::Deny) {
        return Ok(refuse_denied(&run.findings, &run, &profile, output));
    }
    if run.policy.rules(Intent::Allow).is_empty() && !arguments.allow_empty {
        output.error(&format!("nothing would be let through: {}; nothing was written", why_empty(&run)));
        output.help(
            "`thruway show` says what the profile selects and `thruway lint` what was left out; if it is \
             meant, pass --allow-empty",
        );
        return Ok(Outcome::Refused);
    }

    let sets = ManuallyDrop::new(PolicySets::new(&run.policy));
    let banner = run.banner(&profile);
    let compiled =
        match compile::compile(&run, &profile, compile::inputs(&run, &profile, &sets, &banner), &ids) {
            Ok(compiled) => ManuallyDrop::new(compiled),
            Err(error) => {
                output.error(&format!("{error}; nothing was written"));
                return Ok(Outcome::Refused);
            }
        };
    if compiled.is_denied() {
        return Ok(refuse_denied(&compiled.findings, &run, &profile, output));
    }

    // What is to be written is put together while it is proved.
    let (files, ()) = rayon::join(|| compile::files(&run, &profile, &compiled), || compiled.prove());
    let files = ManuallyDrop::new(files);
    if let Some(refusal) = differs(&compiled, global.format(), output)? {
        return Ok(refusal);
    }
    if arguments.check {
        return check(arguments, &files, output);
    }
    let gone = gone(arguments, &compiled);
    if !arguments.allow_shrink
        && let Some(Shrinking { what, help }) = shrinking(arguments, &files, &gone)
    {
        output.error(&format!("{what}; nothing was written"));
        output.help(&help);
        return Ok(Outcome::Refused);
    }
    write::replace(&arguments.out, &files)?;

    match global.format() {
        Format::Json => {
            let manifest: Value = serde_json::from_slice(&files[write::MANIFEST])
                .expect("internal error: the manifest is JSON");
            output.json(&manifest)?;
        }
        Format::Human => {
            output.finding_summary(&compiled.findings, &run.sources);
            Summary { run: &run, profile: &profile, compiled: &compiled, out: &arguments.out }
                .print(output)?;
            output.line("")?;
            output.line(&format!(
                "{GREEN}wrote{GREEN:#} {} in {}",
                output::count(files.len(), "file"),
                visible(&arguments.out.display().to_string())
            ))?;
        }
    }
    output.finish()?;
    if !gone.is_empty() {
        let out = arguments.out.display();
        output.remark(&format!("gone from {out}, since not a target of this run: {}", gone.join(", ")));
    }
    if global.format() == Format::Human {
        let ticket = compiled.targets.iter().find(|target| target.plan.target == "ticket");
        let how = ticket.map_or(
            "each file says how to load it; `ticket: {}` under `targets:` writes the steps".to_owned(),
            |_| {
                let ticket = arguments.out.join("ticket/ticket.md");
                format!("{} says how to load each and how to undo it", visible(&ticket.display().to_string()))
            },
        );
        output.remark_wrapped(
            "next: ",
            &format!("{how}; `thruway explain HOST` says why a host is let through"),
        );
    }
    Ok(Outcome::Clean)
}

/// The targets to write: those named, else those of the profile.
fn target_ids(arguments: &Arguments, profile: &Profile) -> Result<Vec<&'static str>, Failure> {
    if arguments.targets.is_empty() {
        return Ok(profile.targets.clone());
    }
    let is_wanted = |id: &&'static str| arguments.targets.iter().any(|wanted| wanted == id);
    let ids: Vec<&'static str> = super::target_ids().into_iter().filter(is_wanted).collect();
    match ids.iter().find(|id| profile.settings.devices.is_none() && emit::is_for_devices(id)) {
        Some(target) => Err(Failure::NoDevices { target }),
        None => Ok(ids),
    }
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
    if let Some(finding) = denied.first() {
        output.help(&format!("`thruway explain {}` says what to write instead", finding.code));
    }
    Outcome::Refused
}

/// Tells where what would be written does not mean what was planned, which is a bug of ours.
fn differs(compiled: &Compiled<'_>, format: Format, output: &mut Output) -> Result<Option<Outcome>, Failure> {
    let mut differs = Vec::new();
    for target in &compiled.targets {
        let Proof::Differs(differences) = target.proof() else { continue };
        let id = target.plan.target;
        differs.push(json!({ "id": id, "differences": differences }));
        output
            .error(&format!("{id}: what would be written does not mean what was asked; nothing was written"));
        differences.iter().for_each(|difference| output.help(difference));
    }
    if differs.is_empty() {
        return Ok(None);
    }
    if format == Format::Json {
        output.json(&json!({ "proof": "differs", "targets": differs }))?;
        output.finish()?;
    }
    Ok(Some(Outcome::Refused))
}

fn check(arguments: &Arguments, files: &Files, output: &mut Output) -> Result<Outcome, Failure> {
    let changes = write::changes(&arguments.out, files)?;
    for (name, change) in &changes {
        let sign = match change {
            Change::Added => '+',
            Change::Changed => '~',
            Change::Removed => '-',
        };
        output.line(&format!("{sign} {}", visible(name)))?;
    }
    output.finish()?;
    if changes.is_empty() {
        output.remark(&format!("{} is up to date", arguments.out.display()));
        return Ok(Outcome::Clean);
    }
    output.remark(&format!(
        "{} differs in {}; the same command without --check writes it",
        arguments.out.display(),
        output::count(changes.len(), "file")
    ));
    Ok(Outcome::Refused)
}

/// The targets that the folder holds and that are not written now.
fn gone(arguments: &Arguments, compiled: &Compiled<'_>) -> Vec<String> {
    let old = write::read_manifest(&arguments.out).unwrap_or_default();
    let old = compile::written_rules(&old).into_keys();
    old.filter(|id| compiled.targets.iter().all(|target| target.plan.target != id)).collect()
}

/// Why the result looks like an accident.
struct Shrinking {
    what: String,
    /// What to do where it is none.
    help: String,
}

/// A target with fewer than half of its rules, or one that would go since `--target` does not name it. What the
/// profile itself no longer names somebody has taken out of it.
fn shrinking(arguments: &Arguments, files: &Files, gone: &[String]) -> Option<Shrinking> {
    if !arguments.targets.is_empty() && !gone.is_empty() {
        let (is, it) = if gone.len() == 1 { ("is", "it") } else { ("are", "them") };
        return Some(Shrinking {
            what: format!(
                "{} {is} in {}, which is replaced as a whole, and not named by --target",
                gone.join(", "),
                arguments.out.display()
            ),
            help: format!("write elsewhere with `--out DIR`, or let {it} go with --allow-shrink"),
        });
    }
    let old = compile::written_rules(&write::read_manifest(&arguments.out)?);
    let new: Value = serde_json::from_slice(&files[write::MANIFEST]).ok()?;
    let new = compile::written_rules(&new);
    old.iter().find_map(|(id, &before)| {
        let &after = new.get(id)?;
        (after * 2 < before).then(|| Shrinking {
            what: format!(
                "{id} would shrink from {before} to {}, by more than half",
                output::count(usize::try_from(after).unwrap_or(usize::MAX), "rule")
            ),
            help: "look at the sources and at `select:` in the profile; if it is meant, pass --allow-shrink"
                .to_owned(),
        })
    })
}

/// Why the policy lets nothing through, in a few words.
fn why_empty(run: &Run) -> String {
    match run.endpoints.len() {
        0 => "the sources hold no endpoint".to_owned(),
        1 => "the profile leaves out the only endpoint".to_owned(),
        all => format!("the profile leaves out all {all} endpoints"),
    }
}

/// The one-screen summary.
struct Summary<'a> {
    run: &'a Run,
    profile: &'a Profile,
    compiled: &'a Compiled<'a>,
    out: &'a Path,
}

impl Summary<'_> {
    fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let name = match self.profile.file {
            Some(_) => &self.profile.settings.name,
            None => "built-in profile",
        };
        output.line(&format!("{BOLD}{name}{BOLD:#}: {}", self.profile.select))?;
        output.paragraph(&super::show::row_account(self.run))?;
        output.line("")?;
        self.print_table(output)?;
        let differs: Vec<(&str, String)> = self.legend();
        if !differs.is_empty() {
            output.line("")?;
        }
        let width = differs.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
        for (word, text) in differs {
            output.hanging(&format!("{word:<width$}  "), &text)?;
        }
        Ok(())
    }

    /// A row for each intent below a line for each target, which says what to open.
    fn print_table(&self, output: &mut Output) -> Result<(), Failure> {
        let header = ["", "rules", "exact", "wider", "narrower", "held", "unsupported", "proof"];
        let mut table = output::table(&header, &[1, 2, 3, 4, 5, 6]);
        let mut titles = BTreeMap::new();
        for target in &self.compiled.targets {
            table.add_row([""]);
            let to_open = visible(&self.to_open(target));
            titles.insert(table.row_count(), format!("{BOLD}{}{BOLD:#}: {to_open}", target.plan.target));
            if emit::is_for_devices(target.plan.target) {
                table.add_row(["  no list", "-", "-", "-", "-", "-", "-", proved(target)]);
            } else if target.plan.intents.is_empty() {
                // It enforces nothing by itself, and tells of every list.
                let rules = number(self.run.rule_count());
                table.add_row(["  every list", &rules, "-", "-", "-", "-", "-", proved(target)]);
            }
            for &intent in target.plan.intents.keys() {
                let fidelity = target.fidelity(&self.run.policy, intent);
                table.add_row([
                    format!("  {intent}"),
                    number(self.run.policy.rules(intent).len()),
                    number(fidelity.exact),
                    number(fidelity.wider),
                    number(fidelity.narrower),
                    number(fidelity.held),
                    number(fidelity.unsupported),
                    proved(target).to_owned(),
                ]);
            }
        }
        output.table_with_titles(&table, &titles)
    }

    /// The file of a target to look at first.
    fn to_open(&self, target: &Target<'_>) -> String {
        let folder = self.out.join(target.plan.target);
        let main = compile::emitter(target.plan.target).map(|emitter| emitter.main_artifact());
        let path = match main {
            Some(main) if target.artifacts.iter().any(|artifact| artifact.path == main) => folder.join(main),
            _ => folder,
        };
        path.display().to_string()
    }

    /// What the words above the columns mean, where there is something in them.
    fn legend(&self) -> Vec<(&'static str, String)> {
        let mut total = Fidelity::default();
        for target in &self.compiled.targets {
            total += target.total(&self.run.policy);
        }
        let mut legend = Vec::new();
        if total.wider > 0 {
            legend
                .push(("wider", format!("lets more through than asked: {}", self.kinds(|plan| &plan.wider))));
        }
        if total.narrower > 0 {
            let kinds = self.kinds(|plan| &plan.narrower);
            legend.push((
                "narrower",
                format!("lets less through than asked, and may be wider elsewhere: {kinds}"),
            ));
        }
        if total.held > 0 {
            legend.push(("held", "left out, since a finding or a tolerance says so".to_owned()));
        }
        if total.unsupported > 0 {
            legend.push(("unsupported", "left out, since the product cannot say it".to_owned()));
        }
        legend
    }

    /// `pac (port, scheme), paloalto (scheme)`.
    fn kinds(&self, deviations: fn(&IntentPlan) -> &[Deviation]) -> String {
        let of_target = |target: &Target<'_>| {
            let all = target.plan.intents.values().flat_map(deviations);
            let kinds: BTreeSet<Difference> = all.map(|deviation| deviation.kind).collect();
            let kinds: Vec<&str> = kinds.into_iter().map(Difference::as_str).collect();
            (!kinds.is_empty()).then(|| format!("{} ({})", target.plan.target, kinds.join(", ")))
        };
        self.compiled.targets.iter().filter_map(of_target).collect::<Vec<_>>().join(", ")
    }
}

fn proved(target: &Target<'_>) -> &'static str {
    match target.proof() {
        // A longer word would make the table wider than 80 columns.
        Proof::Proved => "yes",
        Proof::NotApplicable | Proof::Differs(_) => "-",
    }
}

fn number(number: usize) -> String {
    if number == 0 { "-".to_owned() } else { number.to_string() }
}
