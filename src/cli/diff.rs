//! `thruway diff`: what changed between two lists, profiles or written folders, by meaning.

mod human;
mod json;
mod markdown;
mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::output::Output;
use super::{Failure, FormatWord, Global, Outcome, shown, target_ids};
use crate::compile::written::Written;
use crate::compile::{self, Beside, Run};
use crate::diag::visible;
use crate::diff::{self, Change, Diff, LookedAt, Presence, Side, TargetDiff};
use crate::ingest::{self, Format};
use crate::model::Geography;
use crate::opening::Opening;
use crate::plan::PolicySets;
use crate::profile::{BUILTIN_LISTS, Geographies, MAX_TEXT, Profile, SourceSpec};
use crate::regions;
use crate::write::MANIFEST;
use crate::yaml;

/// The target that is a page for a browser.
pub(super) const REPORT: &str = "report";

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What was: a list (xlsx, csv, md, json, yaml), a profile, a folder that `compile` wrote, or builtin:NAME
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// What is to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Data location that lists are compared for; may be repeated [default: those of the profile]
    #[arg(long = "geography", value_name = "CODE")]
    geographies: Vec<String>,
    /// Exit 1 if something else is let through
    #[arg(long)]
    exit_code: bool,
    /// How results are written: for people, for programs, for a change request, or as the report of NEW with what changed
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "human",
        value_parser = FormatWord::parser(
            &[FormatWord::Human, FormatWord::Json, FormatWord::Md, FormatWord::Html], &[]))]
    format: FormatWord,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let geographies = geographies(&arguments.geographies)?;
    let mut sides = Sides::between(global, geographies, &[&arguments.new, &arguments.old])?;
    let old = sides.side(&arguments.old, output)?;
    if arguments.format == FormatWord::Html {
        return page(&old, arguments, &mut sides, output);
    }
    let new = sides.side(&arguments.new, output)?;
    let diff = diff::diff(&old, &new);
    match arguments.format {
        FormatWord::Json => output.json(&json::report(&diff))?,
        FormatWord::Md => output.raw(markdown::report(&diff).as_bytes())?,
        _ => human::print(&diff, output)?,
    }
    output.finish()?;
    if arguments.format == FormatWord::Human {
        output.remark(&human::said(&diff));
    }
    Ok(outcome(&diff, arguments, output))
}

fn outcome(diff: &Diff<'_>, arguments: &Arguments, output: &mut Output) -> Outcome {
    if !diff.new.denied.is_empty() {
        let codes: Vec<&str> = diff.new.denied.iter().map(|own| own.as_str()).collect();
        let (name, codes) = (visible(&diff.new.name), codes.join(", "));
        output.error(&format!("{name} has findings at deny ({codes}), so `compile` writes nothing of it"));
        return Outcome::Refused;
    }
    if arguments.exit_code && !diff.is_same() { Outcome::Refused } else { Outcome::Clean }
}

/// Prints the report of the new side, with what changed.
fn page(
    old: &Side,
    arguments: &Arguments,
    sides: &mut Sides<'_>,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let name = arguments.new.display().to_string();
    if arguments.new.is_dir() {
        return Err(Failure::Other(format!(
            "{name} is a folder, of which no report can be made; name the profile that it was written from"
        )));
    }
    let (profile, run, by) = sides.run(&arguments.new, output)?;
    let new = Side { by, ..Side::of_run(name, &run, &profile) };
    let diff = diff::diff(old, &new);
    let changes = page::changes(&diff);
    let (sets, banner) = (PolicySets::new(&run.policy), run.banner(&profile));
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    // The report tells of the targets before it.
    let targets = profile.targets.iter().copied().filter(|&id| id != REPORT).chain([REPORT]);
    let targets: Vec<&'static str> = targets.collect();
    let beside = Beside { changes: Some(&changes), ..Beside::default() };
    let compiled = match shown::compiled(&run, &profile, inputs, &targets, beside) {
        Ok(compiled) => compiled,
        Err(why) => {
            output.error(&format!("{why}; no page was written"));
            return Ok(Outcome::Refused);
        }
    };
    let report = compiled.targets.last().and_then(|target| target.artifacts.first());
    output.raw(&report.expect("internal error: a report without a page").bytes)?;
    output.finish()?;
    Ok(outcome(&diff, arguments, output))
}

/// The data locations that are named; nothing where none is.
pub(super) fn geographies(words: &[String]) -> Result<Option<Geographies>, Failure> {
    let mut all = BTreeSet::new();
    for word in words {
        match regions::lookup(word) {
            Some(Geography::Regions(regions)) => all.extend(regions),
            // Everybody needs what is worldwide.
            Some(Geography::Worldwide) => {}
            None => {
                let known: Vec<&str> = regions::all().map(|(region, _)| region.code()).collect();
                let how = if word.contains(',') { "; repeat --geography for each" } else { "" };
                return Err(Failure::Other(format!(
                    "--geography: `{word}` is no data location{how}; known: {}",
                    known.join(", ")
                )));
            }
        }
    }
    Ok((!words.is_empty()).then_some(Geographies::Only(all)))
}

/// Most lines of the other side that are named beside a change.
const MOST_BESIDE: usize = 3;

/// The lines of the other side that are named beside a change, and how many more there are.
fn named_beside<'a>(change: &'a Change<'_>) -> (&'a [&'a Opening], usize) {
    let named = &change.beside[..change.beside.len().min(MOST_BESIDE)];
    (named, change.beside.len() - named.len())
}

/// A target by what it is called, and whether one side alone has it.
fn named_target(target: &TargetDiff, name: &str) -> String {
    match target.presence {
        Presence::Both => name.to_owned(),
        Presence::New => format!("{name} (new)"),
        Presence::Old => format!("{name} (gone)"),
    }
}

/// Before the name of a list that is part of the program.
pub(super) const BUILTIN: &str = "builtin:";

/// Makes the sides of a comparison.
pub(super) struct Sides<'a> {
    global: &'a Global,
    geographies: Option<Geographies>,
    /// A profile that is a side itself: lists are looked at by it where no other is named.
    beside: Option<PathBuf>,
    /// The profile by which lists are looked at, once it is read.
    profile: Option<Profile>,
}

/// A text that is YAML: a list in our own form has this key.
#[derive(Deserialize)]
struct OwnForm {
    documents: Option<IgnoredAny>,
}

impl<'a> Sides<'a> {
    /// Lists are looked at by the profile that is named, else by the first profile of `paths`, else by that of this folder,
    /// else by the built-in one; and for these data locations, where some are named.
    pub(super) fn between(
        global: &'a Global,
        geographies: Option<Geographies>,
        paths: &[&Path],
    ) -> Result<Self, Failure> {
        let mut beside = None;
        if global.profile.is_none() {
            for path in paths.iter().filter(|path| !is_builtin(path) && !path.is_dir()) {
                if beside.is_none() && is_profile(path)? {
                    beside = Some(path.to_path_buf());
                }
            }
        }
        Ok(Self { global, geographies, beside, profile: None })
    }

    /// The side that a word of the command line names.
    pub(super) fn side(&mut self, path: &Path, output: &mut Output) -> Result<Side, Failure> {
        let name = path.display().to_string();
        if !is_builtin(path) && path.is_dir() {
            return Self::of_folder(name, path);
        }
        let (profile, run, by) = self.run(path, output)?;
        Ok(Side { by, ..Side::of_run(name, &run, &profile) })
    }

    /// What a word of the command line that names no folder asks for: with the profile by which it is looked at, what its
    /// sources say.
    pub(super) fn run(
        &mut self,
        path: &Path,
        output: &mut Output,
    ) -> Result<(Profile, Run, Option<LookedAt>), Failure> {
        let name = path.display().to_string();
        let source = match name.strip_prefix(BUILTIN) {
            Some(list) if BUILTIN_LISTS.contains(&list) => SourceSpec::Builtin(list.to_owned()),
            Some(_) => {
                let known = BUILTIN_LISTS.map(|own| format!("{BUILTIN}{own}")).join(", ");
                return Err(Failure::Other(format!("`{name}` is no built-in list; known: {known}")));
            }
            None if is_profile(path)? => {
                let mut profile = self.global.profile_of(path.to_owned(), output)?;
                self.select(&mut profile);
                let run = self.global.run_of(&profile)?;
                return Ok((profile, run, None));
            }
            None => SourceSpec::File(path.to_owned()),
        };
        let today = self.global.today();
        let profile = self.profile(output)?;
        let run =
            Run::of_source(source, profile, today).map_err(|error| Failure::Load { error, profile: None })?;
        Ok((profile.clone(), run, Some(LookedAt::by(profile))))
    }

    /// The profile by which lists are looked at: the one that is named, else that of this folder, else the built-in one.
    pub(super) fn profile(&mut self, output: &mut Output) -> Result<&Profile, Failure> {
        if self.profile.is_none() {
            let mut profile = match &self.beside {
                Some(path) => self.global.profile_of(path.clone(), output)?,
                None => self.global.profile(output)?,
            };
            self.select(&mut profile);
            self.profile = Some(profile);
        }
        Ok(self.profile.as_ref().expect("internal error: it was just read"))
    }

    fn select(&self, profile: &mut Profile) {
        if let Some(geographies) = &self.geographies {
            profile.select.geographies = geographies.clone();
        }
    }

    fn of_folder(name: String, path: &Path) -> Result<Side, Failure> {
        let written = Written::read(path)?;
        if let Some((file, _)) = written.damage.iter().next() {
            return Err(Failure::Other(format!(
                "{name} is not as `compile` wrote it: {file}; `thruway prove {name}` tells more"
            )));
        }
        Side::of_folder(name.clone(), &written, &target_ids())
            .map_err(|error| Failure::Other(format!("{name}: {error}")))
    }
}

fn is_builtin(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with(BUILTIN))
}

/// Whether a file is a profile, and not a list.
fn is_profile(path: &Path) -> Result<bool, Failure> {
    let bytes = super::start_of(path, MAX_TEXT + 1).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::Other(format!(
            "{}: there is no such file, and no folder with a {MANIFEST}; a built-in list is builtin:NAME",
            path.display()
        )),
        _ => Failure::Read { path: path.to_owned(), error },
    })?;
    // A list may be longer than any profile, and is read where it is used.
    if bytes.len() > MAX_TEXT || ingest::sniff(&bytes) != Format::Yaml {
        return Ok(false);
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(false) };
    Ok(yaml::parse::<OwnForm>(text).map_or(true, |own| own.documents.is_none()))
}
