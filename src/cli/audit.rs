//! `thruway audit`: what somebody else configured, against the policy.

mod files;

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{self, BOLD, Output, RED, YELLOW};
use super::{Failure, Global, Outcome, WrittenAs};
use crate::audit::rules::Rules;
use crate::audit::script::Asked;
use crate::audit::{self, Input, Inputs, Report};
use crate::compile;
use crate::diag::{self, Code, Diagnostic, Level, Place, visible};
use crate::plan::{self, PolicySets};
use crate::read::pac::script;
use crate::read::{Reading, Texts, nft, panos, squid, zscaler};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Compare configurations of one product with the policy
    #[command(after_help = "\
What is needed and refused, inspected or asked for credentials; what is open without need; entries that match
nothing, and those that another one covers. Files that a configuration names are read from its own folder.
Exit 1 if something needed does not get through, or something that must not be open is.

Examples:
  thruway audit config /etc/squid/squid.conf
  thruway audit config running.xml --input panos
  thruway audit config proxy.pac --format sarif > audit.sarif")]
    Config(Config),
}

#[derive(Args, Debug)]
struct Config {
    /// Configuration of one product: its files in any order
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Product that it is for [default: told from the text]
    #[arg(long, value_name = "PRODUCT", value_parser = input())]
    input: Option<String>,
}

/// The names of the products, and `auto` for what the text tells.
fn input() -> PossibleValuesParser {
    PossibleValuesParser::new(Input::ALL.map(Input::as_str).into_iter().chain(["auto"]))
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    match &arguments.command {
        Command::Config(config) => config.run(global, output),
    }
}

impl Config {
    fn run(&self, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
        let mut texts = files::given(&self.files)?;
        let named = |name: &String| Input::ALL.into_iter().find(|input| input.as_str() == name);
        let input = self.input.as_ref().and_then(named).or(global.input()).or_else(|| Input::of(&texts));
        let Some(input) = input else {
            let known: Vec<&str> = Input::ALL.iter().map(|input| input.as_str()).collect();
            return Err(Failure::Other(format!(
                "cannot tell which product this is for; say it with --input {}",
                known.join("|")
            )));
        };
        let (profile, run) = global.run(output)?;
        let sets = PolicySets::new(&run.policy);
        let banner = run.banner(&profile);
        let inputs = compile::inputs(&run, &profile, &sets, &banner);
        let emitter = compile::emitter(input.target()).expect("internal error: every input has a target");
        // How the target differs from the policy is for `compile` to tell.
        let plan = plan::plan(emitter, inputs, &mut Vec::new());

        let audit = |subject: &dyn audit::Subject, texts: &Texts| {
            audit::audit(subject, Inputs { policy: &run.policy, plan: &plan, sources: &run.sources, texts })
        };
        let mut report = match input {
            Input::Squid => {
                let main = files::squid_main(&texts);
                files::squid_references(&main, &mut texts);
                audit(&squid::Squid::read(&main, &texts), &texts)
            }
            Input::Pac => {
                let Some((name, bytes)) = texts.iter().next() else {
                    return Err(Failure::Other("internal error: no file".to_owned()));
                };
                if texts.len() > 1 {
                    return Err(Failure::Other("one PAC at a time".to_owned()));
                }
                let file = Arc::from(name.as_str());
                match script::Script::load(&file, bytes, script::Limits::default()) {
                    Ok(script) => {
                        let text = String::from_utf8_lossy(bytes);
                        audit(&Asked::new(script, &file, &text), &texts)
                    }
                    Err(error) => {
                        let reading = Reading { troubles: vec![error.trouble(&file)], ..Reading::default() };
                        audit(&Rules::new(&reading), &texts)
                    }
                }
            }
            Input::Panos => audit(&Rules::new(&panos::read(&texts)), &texts),
            Input::Nft => audit(&Rules::new(&nft::read(&texts)), &texts),
            Input::Zscaler => audit(&Rules::new(&zscaler::read(&texts)), &texts),
        };
        compile::settle(&profile.lints, &mut report.findings);

        let name = profile.file.as_deref().map(|file| file.display().to_string());
        match global.written_as() {
            WrittenAs::Json => output.json(&to_json(input, &texts, &report, &run.sources))?,
            WrittenAs::Sarif => {
                output.json(&diag::to_sarif(&report.findings, &run.sources, name.as_deref()))?;
            }
            WrittenAs::Human => print(&report, output)?,
        }
        output.finish()?;
        if global.written_as() == WrittenAs::Human {
            output.remark(&said(input, &report));
        }
        Ok(match report.findings.iter().any(|finding| finding.level == Level::Deny) {
            true => Outcome::Refused,
            false => Outcome::Clean,
        })
    }
}

/// How many findings of a code are shown in a table for people.
const MOST: usize = 20;

/// A table of the findings, the gravest first, those of a code together.
fn print(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let mut by_code: Vec<(Level, Code, Vec<&Diagnostic>)> = Vec::new();
    for finding in &report.findings {
        match by_code.iter_mut().find(|(level, code, _)| (*level, *code) == (finding.level, finding.code)) {
            Some((_, _, same)) => same.push(finding),
            None => by_code.push((finding.level, finding.code, vec![finding])),
        }
    }
    by_code.sort_by_key(|(level, code, _)| (std::cmp::Reverse(*level), *code));
    for (level, code, findings) in by_code {
        let (style, word) = if level == Level::Deny { (RED, "error") } else { (YELLOW, "warning") };
        output.line(&format!("{style}{word}{style:#} {BOLD}{code}{BOLD:#}: {}", findings.len()))?;
        let mut table = output::table(&["", ""], &[]);
        for finding in findings.iter().take(MOST) {
            table.add_row([format!("  {}", visible(&place(&finding.place))), visible(&finding.message)]);
        }
        output.body(&table)?;
        if findings.len() > MOST {
            output.line(&format!("  … and {} more, which --format json shows", findings.len() - MOST))?;
        }
        output.line("")?;
    }
    if !report.assumed.is_empty() {
        output.line(&format!("{BOLD}assumed{BOLD:#}: {}", report.assumed.len()))?;
        let mut table = output::table(&["", ""], &[]);
        for assumed in report.assumed.iter().take(MOST) {
            table.add_row([format!("  {}", visible(&assumed.place.to_string())), visible(&assumed.what)]);
        }
        output.body(&table)?;
        output.line("")?;
    }
    Ok(())
}

fn place(place: &Place) -> String {
    match place {
        Place::File { file, line: 0, .. } => file.to_string(),
        Place::File { file, line, .. } => format!("{file}:{line}"),
        Place::Cell(cell) => cell.at.to_string(),
        Place::Profile { line, .. } => format!("profile:{line}"),
        Place::Run => "no line".to_owned(),
    }
}

/// What was asked and how it ended, in a line or two.
fn said(input: Input, report: &Report) -> String {
    let errors = report.findings.iter().filter(|finding| finding.level == Level::Deny).count();
    let warnings = report.findings.len() - errors;
    let asked = match report.sampled {
        true => format!("sampled, {}", output::count(report.hosts, "host")),
        false => format!(
            "decided by {} to {}",
            output::count(report.requests, "request"),
            output::count(report.hosts, "host")
        ),
    };
    let found = match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        _ => format!("{}, {}", output::count(errors, "error"), output::count(warnings, "warning")),
    };
    let mut said = format!("{} against the policy ({asked}): {found}", input.as_str());
    if report.loose > 0 {
        let (entries, say) = match report.loose {
            1 => ("1 entry".to_owned(), "says"),
            more => (format!("{more} entries"), "say"),
        };
        said.push_str(&format!(
            "\n{entries} {say} more than is needed as most lists do: other ports or schemes, the name beside all \
             below it"
        ));
    }
    if !report.findings.is_empty() {
        said.push_str("\n`thruway explain CODE` says what a finding means");
    }
    said
}

fn to_json(input: Input, texts: &Texts, report: &Report, sources: &crate::source::SourceMap) -> Value {
    let assumed: Vec<Value> = report
        .assumed
        .iter()
        .map(|own| json!({ "file": &*own.place.file, "line": own.place.line, "what": own.what }))
        .collect();
    json!({
        "input": input.as_str(),
        "files": texts.keys().collect::<Vec<_>>(),
        "sampled": report.sampled,
        "hosts": report.hosts,
        "requests": report.requests,
        "findings": diag::to_json(&report.findings, sources),
        "assumed": assumed,
    })
}
