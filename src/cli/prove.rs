//! `thruway prove`: whether a folder still means what its profile asks for.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::output::{self, BOLD, GREEN, Output, RED, YELLOW};
use super::{Failure, Format, Global, Outcome};
use crate::compile;
use crate::compile::written::{Damage, Written};
use crate::diag::visible;
use crate::plan::PolicySets;
use crate::profile::Profile;
use crate::prove::{Proof, prove};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder that `compile` wrote
    #[arg(value_name = "DIR", default_value = "out")]
    dir: PathBuf,
}

/// One target of the folder.
struct Proven<'w> {
    id: &'w str,
    /// How many files it has in the folder.
    files: usize,
    proof: Proof,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let written = Written::read(&arguments.dir)?;
    let profile = profile(&written, &arguments.dir, global, output)?;
    let run = global.run_of(&profile)?;
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let known: Vec<&'static str> =
        super::target_ids().into_iter().filter(|id| written.targets.iter().any(|own| own == id)).collect();
    let compiled = match compile::compile(&run, &profile, inputs, &known) {
        Ok(compiled) => compiled,
        Err(error) => {
            output.error(&format!("{error}; the folder cannot mean what the profile asks for"));
            return Ok(Outcome::Refused);
        }
    };

    let mut proven = Vec::new();
    for id in &written.targets {
        let artifacts = written.artifacts(id);
        let target = compiled.targets.iter().find(|target| target.plan.target == id);
        let proof = match target {
            Some(target) => prove(&target.plan, &run.policy, &artifacts),
            None => Proof::Differs(vec!["this version of thruway does not know the target".to_owned()]),
        };
        proven.push(Proven { id, files: artifacts.len(), proof });
    }
    let is_current = written.is_same_as(&compile::files(&run, &profile, &compiled));
    let differs = proven.iter().filter(|target| matches!(target.proof, Proof::Differs(_))).count();

    match global.format() {
        Format::Json => output.json(&to_json(&written, &profile, &proven, is_current))?,
        Format::Human => print(&written, &proven, output)?,
    }
    output.finish()?;
    let dir = arguments.dir.display();
    let asked = profile.file_name().unwrap_or_else(|| "the built-in profile".to_owned());
    if differs > 0 || !written.damage.is_empty() {
        let mut why = Vec::new();
        if differs > 0 {
            let (mean, targets) =
                (if differs == 1 { "means" } else { "mean" }, output::count(differs, "target"));
            why.push(format!("{targets} {mean} something else than {asked} asks for"));
        }
        if !written.damage.is_empty() {
            let (is, files) = (if written.damage.len() == 1 { "is" } else { "are" }, written.damage.len());
            why.push(format!("{} {is} not as written", output::count(files, "file")));
        }
        if global.format() == Format::Human {
            output.error(&format!("{dir}: {}", why.join(", ")));
            let is_added = written.damage.values().any(|damage| *damage == Damage::Added);
            if is_added {
                output
                    .help("move what was added elsewhere; `compile` replaces no folder with files of others");
            }
            if !is_added || differs > 0 {
                let of = global.profile.as_ref().or(profile.file.as_ref());
                let of = of.map_or(String::new(), |file| format!(" --profile {}", output::shell_word(file)));
                output.help(&format!(
                    "`thruway compile{of} --out {}` writes it anew",
                    output::shell_word(&arguments.dir)
                ));
            }
        }
        return Ok(Outcome::Refused);
    }
    if global.format() == Format::Human {
        output.remark(&match is_current {
            true => format!("{dir} means what {asked} asks for"),
            false => format!(
                "{dir} means what {asked} asks for; `thruway compile` would write it in other words, since the \
                 profile, a source or thruway changed"
            ),
        });
    }
    Ok(Outcome::Clean)
}

/// The profile that is named, else the one that the manifest names.
///
/// It was named from where `compile` ran, mostly the folder that the output folder lies in.
fn profile(written: &Written, dir: &Path, global: &Global, output: &mut Output) -> Result<Profile, Failure> {
    let beside = |path: &PathBuf| {
        let beside = dir.parent().map(|parent| parent.join(path)).filter(|beside| beside.exists());
        beside.unwrap_or_else(|| path.clone())
    };
    match (&global.profile, &written.profile.as_ref().map(beside)) {
        (None, None) => Ok(global.builtin()),
        (None, Some(path)) if !path.exists() => Err(Failure::Other(format!(
            "the folder was compiled from {}, which is not there; name the profile with --profile",
            path.display()
        ))),
        (Some(path), _) | (None, Some(path)) => global.profile_of(path.clone(), output),
    }
}

fn print(written: &Written, proven: &[Proven<'_>], output: &mut Output) -> Result<(), Failure> {
    let width = proven.iter().map(|target| target.id.len()).max().unwrap_or_default();
    for Proven { id, files, proof } in proven {
        let files = format!("{:>8}", output::count(*files, "file"));
        let is_own = |path: &String| path.strip_prefix(*id).is_some_and(|rest| rest.starts_with('/'));
        let found = match proof {
            // A reader knows what decides about requests, and not everything that a product does.
            Proof::Proved if written.damage.keys().any(is_own) => {
                format!("{YELLOW}not as written{YELLOW:#}, and lets the same through")
            }
            Proof::Proved => format!("{GREEN}proved{GREEN:#}"),
            Proof::NotApplicable => "nothing to prove".to_owned(),
            Proof::Differs(_) => format!("{RED}differs{RED:#}"),
        };
        output.line(&format!("{BOLD}{:<width$}{BOLD:#}  {files}  {found}", visible(id)))?;
        if let Proof::Differs(differences) = proof {
            for difference in differences {
                output.hanging("  ", &visible(difference))?;
            }
        }
    }
    for (path, damage) in &written.damage {
        output.line(&format!("{}: {}", visible(path), said(*damage)))?;
    }
    Ok(())
}

fn said(damage: Damage) -> &'static str {
    match damage {
        Damage::Lost => "lost",
        Damage::Edited => "edited",
        Damage::Added => "added",
    }
}

fn to_json(written: &Written, profile: &Profile, proven: &[Proven<'_>], is_current: bool) -> Value {
    let targets: Vec<Value> = proven
        .iter()
        .map(|Proven { id, proof, .. }| {
            let (word, differences) = match proof {
                Proof::Proved => ("proved", &[][..]),
                Proof::NotApplicable => ("not-applicable", &[][..]),
                Proof::Differs(differences) => ("differs", &differences[..]),
            };
            json!({ "id": id, "proof": word, "differences": differences })
        })
        .collect();
    let files: Vec<Value> = written
        .damage
        .iter()
        .map(|(path, &damage)| json!({ "path": path, "damage": said(damage) }))
        .collect();
    json!({
        "profile": compile::profile_name(profile),
        "targets": targets,
        "damage": files,
        "current": is_current,
    })
}
