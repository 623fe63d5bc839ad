//! `thruway ticket`: a change ticket, in the format of whoever decides on it or enters it.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::diff::{BUILTIN, Sides, geographies};
use super::output::Output;
use super::{Failure, FormatWord, Global, Outcome, shown};
use crate::compile::{self, Beside, Run};
use crate::diag::visible;
use crate::diff::{self, LookedAt, Side};
use crate::plan::PolicySets;
use crate::profile::{BUILTIN_LISTS, Profile};
use crate::ticket::{Format, Inputs, Language, Ticket, TicketError};
use crate::write;

/// The targets that no device loads, of which a ticket says nothing.
const FOR_PEOPLE: [&str; 2] = ["ticket", "report"];

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What was: a list (xlsx, csv, md, json, yaml), a profile, a folder that `compile` wrote, or builtin:NAME
    /// [default: nothing, and the ticket is of the whole policy]
    #[arg(long, value_name = "OLD")]
    from: Option<PathBuf>,
    /// What is to be: a list, a profile, or builtin:NAME [default: the profile]
    #[arg(long, value_name = "NEW")]
    to: Option<PathBuf>,
    /// Data location that lists are looked at for; may be repeated [default: those of the profile]
    #[arg(long = "geography", value_name = "CODE")]
    geographies: Vec<String>,
    /// File to write, whole or not at all [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Language of titles and headings; findings stay in English
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language())]
    lang: Language,
    /// How the ticket is written
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "md",
        value_parser = FormatWord::parser(&[
            FormatWord::Md, FormatWord::Html, FormatWord::Xlsx, FormatWord::Csv, FormatWord::Json,
            FormatWord::Servicenow, FormatWord::Jira,
        ], &[]))]
    format: FormatWord,
}

fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::as_str)).map(|word| {
        let language = Language::ALL.into_iter().find(|own| own.as_str() == word);
        language.unwrap_or_else(|| unreachable!("internal error: language {word}"))
    })
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let format = match arguments.format {
        FormatWord::Html => Format::Html,
        FormatWord::Xlsx => Format::Workbook,
        FormatWord::Csv => Format::Csv,
        FormatWord::Json => Format::Json,
        FormatWord::Servicenow => Format::ServiceNow,
        FormatWord::Jira => Format::Jira,
        _ => Format::Markdown,
    };
    if format == Format::Workbook && arguments.out.is_none() && output.columns().is_some() {
        return Err(Failure::Other(
            "a workbook is no text for a terminal; name a file: --out FILE".to_owned(),
        ));
    }
    // Without --to the new side is the profile itself.
    let named: Vec<&Path> = match &arguments.to {
        Some(to) => [Some(to), arguments.from.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect(),
        None => Vec::new(),
    };
    let mut sides = Sides::between(global, geographies(&arguments.geographies)?, &named)?;
    let old = match &arguments.from {
        Some(from) => Some(sides.side(from, output)?),
        None => None,
    };
    let (name, profile, run, by) = new_side(arguments, global, &mut sides, output)?;
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let targets: Vec<&'static str> =
        profile.targets.iter().copied().filter(|id| !FOR_PEOPLE.contains(id)).collect();
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let compiled = match shown::compiled(&run, &profile, inputs, &targets, Beside::default()) {
        Ok(compiled) => compiled,
        Err(why) => return Ok(refused(&why, output)),
    };
    let inputs = Inputs {
        settings: &profile.settings,
        profile: profile.file_name(),
        options: global.levels.words(),
        not_yet: not_yet(arguments, &profile),
        banner: &banner,
        sources: &run.sources,
        policy: &run.policy,
        findings: &compiled.findings,
        waivers: &profile.waivers,
        products: compiled.targets.iter().map(|own| (&own.plan, &own.artifacts[..])).collect(),
    };
    let new = Side { by, ..Side::of_run(name, &run, &profile) };
    let diff = old.as_ref().map(|old| diff::diff(old, &new));
    let ticket = match &diff {
        Some(diff) => Ticket::of_change(&inputs, diff),
        None => Ticket::of_policy(&inputs, &new),
    };
    let bytes = match ticket.write(format, arguments.lang) {
        Ok(bytes) => bytes,
        Err(error @ TicketError::NoJiraProject) => {
            output.error(&error.to_string());
            output.help("add it to the profile: `ticket: { jira: { project: NET } }`");
            return Ok(Outcome::Partial);
        }
        Err(error) => return Err(Failure::Other(error.to_string())),
    };
    match &arguments.out {
        Some(out) => {
            write::file(out, &bytes)?;
            output.remark(&format!("wrote {}", visible(&out.display().to_string())));
        }
        None => {
            output.raw(&bytes)?;
            output.finish()?;
        }
    }
    Ok(Outcome::Clean)
}

/// What is to be, by name: what --to says, else the profile.
fn new_side(
    arguments: &Arguments,
    global: &Global,
    sides: &mut Sides<'_>,
    output: &mut Output,
) -> Result<(String, Profile, Run, Option<LookedAt>), Failure> {
    if let Some(to) = &arguments.to {
        let name = to.display().to_string();
        if to.is_dir() {
            return Err(Failure::Other(format!(
                "--to {name} is a folder, which was written already; name the profile that it was written from"
            )));
        }
        let (profile, run, by) = sides.run(to, output)?;
        return Ok((name, profile, run, by));
    }
    let profile = sides.profile(output)?.clone();
    let run = global.run_of(&profile)?;
    let name = profile.file_name().unwrap_or_else(|| format!("{BUILTIN}{}", BUILTIN_LISTS[0]));
    Ok((name, profile, run, None))
}

/// What the profile would have to say, for `compile` to write the same.
fn not_yet(arguments: &Arguments, profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(to) = arguments.to.as_deref().filter(|to| profile.file.as_deref() != Some(to)) {
        let to = to.display().to_string();
        let quoted = |text: &str| serde_json::to_string(text).expect("internal error: a text is plain data");
        match to.strip_prefix(BUILTIN) {
            // A profile that says nothing of it has this list.
            Some(list) if profile.file.is_none() && list == BUILTIN_LISTS[0] => {}
            Some(list) => lines.push(format!("sources: [{{ builtin: {list} }}]")),
            None => lines.push(format!("sources: [{{ file: {} }}]", quoted(&from_profile(&to, profile)))),
        }
    }
    if !arguments.geographies.is_empty() {
        lines.push(format!("select: {{ geographies: [{}] }}", arguments.geographies.join(", ")));
    }
    lines
}

/// A path of the current folder, as a profile has to name it: from its own folder.
fn from_profile(path: &str, profile: &Profile) -> String {
    let folder = profile.file.as_deref().and_then(Path::parent).filter(|own| !own.as_os_str().is_empty());
    let absolute = |path: &Path| std::fs::canonicalize(path).ok();
    let Some((folder, whole)) = folder.and_then(|own| Some((absolute(own)?, absolute(Path::new(path))?)))
    else {
        return path.to_owned();
    };
    let common = folder.components().zip(whole.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(common).map(|_| "..".to_owned());
    let down = whole.components().skip(common).map(|own| own.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn refused(why: &str, output: &mut Output) -> Outcome {
    output.error(&format!("{why}; no ticket was written"));
    Outcome::Refused
}
