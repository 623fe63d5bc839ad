//! `thruway bench pac`: the size and the speed of the PAC.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::super::output::{self, Output};
use super::super::{Failure, Format, Global, Outcome, start_of};
use crate::compile;
use crate::emit::pac::{Measures, measures};
use crate::model::{Host, HostIndex, HostPattern, Intent, LabelPattern, Request};
use crate::plan::{Plan, PolicySets};
use crate::speed::{Speed, Times, measure};

/// Hosts of each kind that are asked for.
const MOST: usize = 1_000;
/// Octets of a file of hosts.
const MAX_HOSTS: usize = 64 << 20;
/// What loading and the first answer are to take together, at the most.
const MAX_LOAD: Duration = Duration::from_millis(3);
/// What an answer is to take in this engine, at the most.
const MAX_ANSWER: Duration = Duration::from_micros(2);

#[derive(Args, Debug)]
pub(in super::super) struct Arguments {
    /// Hosts or URLs to ask for, one a line [default: made of the policy]
    #[arg(long, value_name = "FILE")]
    hosts: Option<PathBuf>,
}

/// Everything that is told.
struct Report {
    measures: Measures,
    speed: Speed,
    hits: usize,
    misses: usize,
}

pub(in super::super) fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let given = arguments.hosts.as_deref().map(hosts).transpose()?;
    let (profile, run) = global.run(output)?;
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let compiled =
        match compile::compile(&run, &profile, compile::inputs(&run, &profile, &sets, &banner), &["pac"]) {
            Ok(compiled) => compiled,
            Err(error) => {
                output.error(&error.to_string());
                return Ok(Outcome::Refused);
            }
        };
    let target = &compiled.targets[0];
    let file = target.artifacts.iter().find(|artifact| artifact.path == "proxy.pac");
    let script = file.and_then(|file| std::str::from_utf8(&file.bytes).ok());
    let script = script.expect("internal error: the PAC is one text");

    let index = listed(&target.plan);
    let asked = given.unwrap_or_else(|| made(&target.plan));
    let is_listed = |host: &String| {
        let host = host.parse::<Request>().map(|request| request.host);
        host.is_ok_and(|host: Host| index.matching(&host).next().is_some())
    };
    let (hits, misses): (Vec<String>, Vec<String>) = asked.into_iter().partition(is_listed);
    let (hits, misses) = (spread(hits), spread(misses));
    let speed = measure(script, &hits, &misses)
        .map_err(|why| Failure::Other(format!("the PAC cannot be measured: {why}")))?;
    let report = Report {
        measures: measures(&target.plan, script.len()),
        speed,
        hits: hits.len(),
        misses: misses.len(),
    };
    match global.format() {
        Format::Json => output.json(&to_json(&report))?,
        Format::Human => print(&report, output)?,
    }
    output.finish()?;
    if global.format() == Format::Human {
        let (hits, misses) =
            (output::count(report.hits, "listed host"), output::count(report.misses, "other"));
        output.remark(&format!("in QuickJS, {hits} and {misses}; browsers answer several times faster"));
    }
    Ok(Outcome::Clean)
}

/// The hosts of a file, as they are written there without scheme, port and path.
fn hosts(path: &Path) -> Result<Vec<String>, Failure> {
    let failed = |what: String| Failure::Other(format!("{}: {what}", path.display()));
    let bytes = start_of(path, MAX_HOSTS + 1).map_err(|error| failed(error.to_string()))?;
    if bytes.len() > MAX_HOSTS {
        return Err(failed(format!("over {MAX_HOSTS} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("not UTF-8".to_owned()))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let hosts = lines.map(|(number, line)| {
        let request = line.trim().parse::<Request>();
        let request = request.map_err(|error| failed(format!("line {number}: {error}")))?;
        Ok(request.host.to_string().trim_matches(['[', ']']).to_owned())
    });
    let hosts = hosts.collect::<Result<Vec<String>, Failure>>()?;
    if hosts.is_empty() { Err(failed("no host".to_owned())) } else { Ok(hosts) }
}

/// The hosts that the PAC lists, for a direct connection or the proxies.
fn listed(plan: &Plan<'_>) -> HostIndex<()> {
    let mut index = HostIndex::new();
    patterns(plan).for_each(|host| index.insert(host.clone(), ()));
    index
}

fn patterns<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = &'p HostPattern> {
    [Intent::Direct, Intent::Allow]
        .into_iter()
        .filter_map(|intent| plan.intents.get(&intent))
        .flat_map(|of_intent| of_intent.means.iter().map(|pattern| &pattern.host))
}

/// For every entry a host that it lists, and one that differs in the first label that counts.
fn made(plan: &Plan<'_>) -> Vec<String> {
    patterns(plan)
        .flat_map(|host| {
            let (below, name) = match host {
                HostPattern::Exact(name) => ("", name.to_string()),
                HostPattern::Subtree(name) | HostPattern::Descendants(name) => ("www.", name.to_string()),
                HostPattern::TextSuffix(suffix) => ("", suffix.text()),
                HostPattern::LabelGlob(glob) => {
                    let label = |label: &LabelPattern| label.to_string().replace('*', "x");
                    ("", glob.labels().iter().map(label).collect::<Vec<_>>().join("."))
                }
                HostPattern::Address(_) => return Vec::new(),
            };
            // Before a name, so that the name itself is another one.
            vec![format!("{below}{name}"), format!("{below}zz{name}")]
        })
        .filter(|host| host.parse::<Request>().is_ok())
        .collect()
}

/// At most [`MOST`], from everywhere in the list.
fn spread(hosts: Vec<String>) -> Vec<String> {
    let step = hosts.len().div_ceil(MOST).max(1);
    hosts.into_iter().step_by(step).collect()
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}

fn print(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let Report { measures, speed, .. } = report;
    let mut table = output::table(&["", "", "p99", "limit"], &[1, 2, 3]);
    let form = if measures.is_packed { "packed" } else { "plain" };
    table.add_row(["form", form, "", ""]);
    table.add_row(["entries".to_owned(), measures.entries.to_string(), String::new(), String::new()]);
    table.add_row([
        "bytes".to_owned(),
        measures.bytes.to_string(),
        String::new(),
        measures.max_bytes.to_string(),
    ]);
    let per_entry = measures.bytes as f64 / measures.entries.max(1) as f64;
    table.add_row(["bytes for an entry".to_owned(), format!("{per_entry:.1}"), String::new(), String::new()]);
    let rows = [
        ("load", Some(speed.load), None),
        ("first answer", Some(speed.first), None),
        ("an answer to a listed host", speed.hit, Some(MAX_ANSWER)),
        ("an answer to another host", speed.miss, Some(MAX_ANSWER)),
    ];
    for (what, times, limit) in rows {
        let said = |time: Duration| format!("{:.1} µs", micros(time));
        let (median, p99) =
            times.map_or(("-".to_owned(), String::new()), |own| (said(own.median), said(own.p99)));
        table.add_row([what.to_owned(), median, p99, limit.map_or(String::new(), said)]);
    }
    let both = speed.load.median + speed.first.median;
    let said = |time: Duration| format!("{:.1} µs", micros(time));
    table.add_row(["load and first answer".to_owned(), said(both), String::new(), said(MAX_LOAD)]);
    output.table(&table)
}

fn to_json(report: &Report) -> Value {
    let Report { measures, speed, hits, misses } = report;
    let times = |own: Times| json!({ "median_us": micros(own.median), "p99_us": micros(own.p99) });
    json!({
        "engine": "QuickJS",
        "form": if measures.is_packed { "packed" } else { "plain" },
        "entries": measures.entries,
        "bytes": measures.bytes,
        "bytes_per_entry": measures.bytes as f64 / measures.entries.max(1) as f64,
        "load": times(speed.load),
        "first": times(speed.first),
        "hit": speed.hit.map(times),
        "miss": speed.miss.map(times),
        "hosts": { "listed": hits, "other": misses },
        "limits": {
            "bytes": measures.max_bytes,
            "load_and_first_us": micros(MAX_LOAD),
            "answer_us": micros(MAX_ANSWER),
        },
    })
}
