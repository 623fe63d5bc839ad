//! `thruway audit`: what somebody else configured, against the policy.

mod files;
mod human;
mod inputs;
mod log;
mod progress;
mod server;
mod sql;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Output;
use super::{Failure, FormatWord, Global, Outcome, WrittenAs};
use crate::audit::rules::Rules;
use crate::audit::script::Asked;
use crate::audit::{self, Input, Inputs, Report};
use crate::compile;
use crate::diag::{self, Code, Level};
use crate::plan::{self, PolicySets};
use crate::profile::Profile;
use crate::read::pac::script;
use crate::read::{Reading, Rulebase, Texts, nft, panos, squid, zscaler};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Compare configurations of one product with the policy
    #[command(after_help = "\
What is needed and refused, inspected or asked for credentials; what is open without need; entries
that match nothing, and those that another one covers. Files that a configuration names are read
from its own folder. `-` is stdin. Every configuration is asked one request of every kind that it
and the policy tell apart, so the result is decided; a PAC can only be asked for samples.
Exit 1 if there is an error: something needed does not get through, a list is exempt from
inspection with other people's hosts in it, or the product refuses the configuration. Exit 2 if
there is none, but a part was not understood.

Examples:
  thruway audit config /etc/squid/squid.conf
  thruway audit config running.xml --input panos
  thruway audit config proxy.pac --format sarif > audit.sarif")]
    Config(Config),
    /// Count in logs what devices use of the policy, what is refused, and what is close to it
    #[command(after_help = "\
Logs of Squid, PAN-OS, Zscaler and ProxySG, and any CSV or JSON with a host in every line; plain, gzip
or zstd (docs/logs.md). For each endpoint, category and service: requests, bytes, about how many clients, what was refused, asked for credentials or inspected, and when it was
last seen; a request of several endpoints of one category counts once there. Then what to mend: what
is refused, inspected or asked for credentials although the policy says otherwise, with the file of
the output folder that has the line which each product lacks. Then which hosts stand behind a
wildcard, what is required and in no line, and hosts outside of the policy that are close to it.
Clients are estimated, to about 7 %; where a list of hosts has no room, it says by how much its counts
may be too high. Days are those of UTC.

  human, json   for people, and for programs; `thruway review --audit-log` takes the JSON
  csv           a row for each endpoint, for a spreadsheet
  html          the report of the policy with what devices use of it, as one page that loads nothing

Examples:
  thruway audit log /var/log/squid/access.log*
  thruway audit log proxy.csv --columns host=dest,client=src,verdict=decision
  thruway audit log access.log --since 2026-11-01 --until 2026-12-01 --format html > november.html
  thruway audit log access.log --propose narrower.yaml    The hosts really seen behind wildcards
  zcat access.log.*.gz | thruway audit log - --format json > used.json")]
    Log(log::Log),
    /// Write the audit of a log as a query, for a log that lives in a cluster
    #[command(after_help = "\
What `audit log` counts, counted by the engine that keeps the log. The table is as docs/engines.md lays
it out, or --columns says where it has what: a name, which is quoted, `expr:` and an expression of the
engine's language, which is not, or nothing where the table does not say.

Examples:
  thruway audit sql --engine clickhouse --table logs.proxy | clickhouse-client -n
  thruway audit sql --engine duckdb --columns host=cs_host,port=cs_port,path=expr:lower(cs_uri)
  thruway audit sql --engine duckdb --out audit      With what reads a log of Squid")]
    Sql(sql::Sql),
    /// The files, without the word before them.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

#[derive(Args, Debug)]
struct Config {
    /// Configuration of one product: its files in any order
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Product that it is for [default: told from the text]
    #[arg(long, value_name = "PRODUCT", value_parser = input())]
    input: Option<String>,
    /// How results are written: for people, for programs, or for code scanning
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "human",
        value_parser = FormatWord::parser(&[FormatWord::Human, FormatWord::Json, FormatWord::Sarif, FormatWord::Github], FormatWord::PRODUCTS))]
    format: FormatWord,
}

/// The names of the products, and `auto` for what the text tells.
fn input() -> PossibleValuesParser {
    PossibleValuesParser::new(Input::ALL.map(Input::as_str).into_iter().chain(["auto"]))
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    match &arguments.command {
        Command::Config(config) => config.run(global, output),
        Command::Log(log) => log.run(global, output),
        Command::Sql(sql) => sql.run(global, output),
        Command::Other(words) => Err(Failure::NoSubcommand { words: words.clone() }),
    }
}

impl Config {
    /// The product that is named, else the one that the texts are for.
    fn product(&self, texts: &Texts) -> Result<Input, Failure> {
        let named = |name: &String| Input::ALL.into_iter().find(|input| input.as_str() == name);
        if let Some(input) = self.input.as_ref().and_then(named).or(self.format.input()) {
            return Ok(input);
        }
        let mut told = texts.iter().filter_map(|(name, bytes)| Some((name, Input::of(bytes)?)));
        match told.next() {
            Some((first, input)) => match told.find(|(_, other)| *other != input) {
                None => Ok(input),
                Some((second, other)) => Err(Failure::Other(format!(
                    "{first} is for {}, {second} for {}: one product at a time",
                    input.as_str(),
                    other.as_str()
                ))),
            },
            None => {
                let known: Vec<&str> = Input::ALL.iter().map(|input| input.as_str()).collect();
                Err(Failure::Other(format!(
                    "cannot tell which product this is for; say it with --input {}",
                    known.join("|")
                )))
            }
        }
    }

    fn run(&self, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
        let mut texts = files::given(&self.files)?;
        let input = self.product(&texts)?;
        let (profile, run) = global.run(output)?;
        let sets = PolicySets::new(&run.policy);
        let banner = run.banner(&profile);
        let inputs = compile::inputs(&run, &profile, &sets, &banner);
        let emitter = compile::emitter(input.target()).expect("internal error: every input has a target");
        // How the target differs from the policy is for `compile` to tell.
        let plan = plan::plan(emitter, inputs, &mut Vec::new());

        let audit = |subject: &dyn audit::Subject, texts: &Texts| {
            let inputs = Inputs { policy: &run.policy, plan: &plan, sources: &run.sources, texts };
            audit::audit(subject, inputs).ok_or_else(|| {
                let target = input.target();
                let why = "the profile asks nothing of what these files decide";
                Failure::Other(format!("nothing to compare: {why}; look at `targets: {target}:` in it"))
            })
        };
        // Lists alone decide nothing, and neither does what was not understood.
        let rules = |reading: &Reading| match reading.rulebases.values().any(decides) {
            true => audit(&Rules::new(reading), &texts),
            false => {
                let mut why = format!("no rule of {} is in these files", input.as_str());
                for trouble in reading.troubles.iter().take(3) {
                    why.push_str(&format!("\n  {}: {}", trouble.place, trouble.what));
                }
                Err(Failure::Other(why))
            }
        };
        let mut report = match input {
            Input::Squid => {
                let main = files::squid_main(&texts);
                files::squid_references(&main, &mut texts);
                audit(&audit::squid::Asked::new(squid::Squid::read(&main, &texts)), &texts)?
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
                        audit(&Asked::new(script, &file, &text, proxies(&profile)), &texts)?
                    }
                    Err(error) => {
                        let reading = Reading { troubles: vec![error.trouble(&file)], ..Reading::default() };
                        audit(&Rules::new(&reading), &texts)?
                    }
                }
            }
            Input::Panos => rules(&panos::read(&texts))?,
            Input::Nft => rules(&nft::read(&texts))?,
            Input::Zscaler => rules(&zscaler::read(&texts))?,
        };
        compile::settle(&profile.lints, &mut report.findings);

        let name = profile.file_name();
        match self.format.written_as() {
            WrittenAs::Json => output.json(&to_json(input, &texts, &report, &run.sources))?,
            WrittenAs::Sarif => {
                output.json(&diag::to_sarif(&report.findings, &run.sources, name.as_deref()))?;
            }
            WrittenAs::Github => {
                output.raw(diag::to_github(&report.findings, &run.sources, name.as_deref()).as_bytes())?;
            }
            WrittenAs::Human => human::print(&report, output)?,
        }
        output.finish()?;
        if self.format.written_as() == WrittenAs::Human {
            output.remark(&human::said(input, &report, name.as_deref(), texts.len()));
        }
        Ok(match report.findings.iter().any(|finding| finding.level == Level::Deny) {
            true => Outcome::Refused,
            false if not_understood(&report) > 0 => Outcome::Partial,
            false => Outcome::Clean,
        })
    }
}

/// The proxies of a profile, if it names some.
fn proxies(profile: &Profile) -> Vec<String> {
    let named = profile.settings.proxies.iter().filter(|proxy| !proxy.is_placeholder());
    named.map(|proxy| proxy.as_str().to_owned()).collect()
}

/// Whether rules say anything by themselves.
fn decides(rules: &Rulebase) -> bool {
    !rules.rules.is_empty() || rules.otherwise
}

/// How many parts of the files nothing is decided about.
fn not_understood(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.code == Code::NotUnderstood).count()
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
        "decided": !report.sampled && not_understood(report) == 0,
        "hosts": report.hosts,
        "requests": report.requests,
        "findings": diag::to_json(&report.findings, sources),
        "assumed": assumed,
    })
}
