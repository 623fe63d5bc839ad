//! `thruway audit log`: what devices use of the policy, by the logs of proxies.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use serde_json::{Value, json};

use super::super::output::{self, BOLD, Output, RED, YELLOW};
use super::super::{Failure, Format, Global, Outcome};
use super::{server, sql};
use crate::diag::visible;
use crate::log::scan::{self, Options};
use crate::log::tally::{OfRule, Tally};
use crate::log::{self, Rules};
use crate::model::Requirement;
use crate::opening::Opening;
use crate::text::count;

/// How long the bar of the most used endpoint is, in characters.
const BAR: usize = 12;

/// Octets by which gzip is known (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Args, Debug)]
pub(super) struct Log {
    /// Logs, in any order
    #[arg(value_name = "FILE", required_unless_present = "engine", conflicts_with = "engine")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    server: server::Options,
    /// First day that counts, as 2026-11-01 (UTC)
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// First day that counts no more
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Most hosts that are shown of a kind
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
}

/// A rule of the policy with what its sources and the log say of it.
struct Used<'a> {
    opening: &'a Opening,
    of_log: &'a OfRule,
}

impl Log {
    pub(super) fn run(&self, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
        let (profile, run) = global.run(output)?;
        let rules = Rules::of(&run.policy);
        let options = Options {
            format: log::Format::Squid,
            threads: thread::available_parallelism().map_or(1, usize::from),
            since: self.since.map(milliseconds).transpose()?,
            until: self.until.map(milliseconds).transpose()?,
        };
        let mut tally = Tally::new(&rules);
        let mut names = Vec::new();
        for path in &self.files {
            let failed = |error| Failure::Other(format!("cannot read {}: {error}", path.display()));
            let own = scan::scan(open(path).map_err(failed)?, &rules, options).map_err(failed)?;
            if own.malformed > 0 {
                names.push((path.clone(), own.malformed, own.lines, own.examples.clone()));
            }
            if own.lines > 0 && own.malformed == own.lines {
                return Err(Failure::Other(format!(
                    "{}: none of its {} is of Squid's own format (`logformat squid`)",
                    path.display(),
                    lines(own.lines)
                )));
            }
            tally.add(&own);
        }
        let openings = sql::openings(&profile, &run);
        if self.server.is_asked() {
            let audit = self.server.table.audit(sql::rules(&openings), options.since, options.until);
            tally = self.server.ask(&audit, &rules, output)?;
        }
        let used: Vec<Used<'_>> =
            openings.iter().zip(&tally.rules).map(|(opening, of_log)| Used { opening, of_log }).collect();
        match global.format() {
            Format::Json => output.json(&to_json(&used, &tally))?,
            Format::Human => self.print(&used, &tally, output)?,
        }
        output.finish()?;
        if global.format() == Format::Human {
            for (path, malformed, all, examples) in &names {
                output.remark(&format!(
                    "{YELLOW}{}{YELLOW:#}: {malformed} of {} not understood",
                    visible(&path.display().to_string()),
                    lines(*all)
                ));
                for (at, line, why) in examples {
                    output.remark_wrapped("    ", &format!("at octet {at}: {why}: {}", visible(line)));
                }
            }
            output.remark(&said(&used, &tally));
        }
        Ok(Outcome::Clean)
    }

    fn print(&self, used: &[Used<'_>], tally: &Tally, output: &mut Output) -> Result<(), Failure> {
        let mut seen: Vec<&Used<'_>> = used.iter().filter(|own| own.of_log.requests > 0).collect();
        // The most used first; a stable sort, so that equal ones keep the order of the policy.
        seen.sort_by_key(|own| std::cmp::Reverse(own.of_log.requests));
        let most = seen.first().map_or(1, |own| own.of_log.requests);
        if !seen.is_empty() {
            let titles = [
                "endpoint",
                "",
                "requests",
                "bytes",
                "clients",
                "refused",
                "credentials",
                "inspected",
                "last",
            ];
            let mut table = output::table(&titles, &[2, 3, 4, 5, 6, 7]);
            for own in &seen {
                let number = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
                let of_log = own.of_log;
                table.add_row([
                    visible(&own.opening.pattern.to_string()),
                    bar(of_log.requests, most),
                    number(of_log.requests),
                    size(of_log.bytes),
                    format!("~{}", of_log.clients()),
                    number(of_log.denied),
                    number(of_log.authentication),
                    number(of_log.inspected),
                    of_log.span.map_or("-".to_owned(), |(_, last)| day(last)),
                ]);
            }
            output.table(&table)?;
        }
        let mut sections = Sections { output, is_first: seen.is_empty(), top: self.top };
        let wild = seen.iter().map(|own| (shown(own), hosts(own.of_log)));
        sections.hosts("hosts behind wildcards", wild.collect())?;
        let refused = seen.iter().filter(|own| own.of_log.denied > 0).map(|own| {
            let hosts = own.of_log.hosts.sorted().into_iter().filter(|(_, seen)| seen.denied > 0);
            let hosts = hosts.map(|(name, seen)| (text(name), seen.denied, 0));
            (format!("{RED}{}{RED:#}  {}", shown(own), own.of_log.denied), hosts.collect())
        });
        sections.groups("refused, although the policy lets it through", refused.collect())?;
        let unseen = used.iter().filter(|own| own.of_log.requests == 0);
        let required = unseen.filter(|own| own.opening.requirement == Requirement::Required);
        sections
            .groups("required, and in no line", required.map(|own| (shown(own), Vec::new())).collect())?;
        let near = tally.near.sorted().into_iter().map(|(name, seen)| (text(name), seen.count, seen.error));
        let near = ("by another port, scheme or path".to_owned(), near.collect());
        sections.hosts("hosts of the policy, asked otherwise than it says", vec![near])
    }
}

/// A host, how often it was seen, and by how much that may be too many.
type Host = (String, u64, u64);

fn shown(own: &Used<'_>) -> String {
    visible(&own.opening.pattern.to_string())
}

fn text(name: &[u8]) -> String {
    visible(&String::from_utf8_lossy(name))
}

fn hosts(of_log: &OfRule) -> Vec<Host> {
    let sorted = of_log.hosts.sorted().into_iter();
    sorted.map(|(name, seen)| (text(name), seen.count, seen.error)).collect()
}

/// What is shown below the table, with a blank line between sections.
struct Sections<'o> {
    output: &'o mut Output,
    is_first: bool,
    /// Most hosts of a group.
    top: usize,
}

impl Sections<'_> {
    /// A section of groups that have hosts.
    fn hosts(&mut self, title: &str, groups: Vec<(String, Vec<Host>)>) -> Result<(), Failure> {
        self.groups(title, groups.into_iter().filter(|(_, hosts)| !hosts.is_empty()).collect())
    }

    fn groups(&mut self, title: &str, groups: Vec<(String, Vec<Host>)>) -> Result<(), Failure> {
        if groups.is_empty() {
            return Ok(());
        }
        if !std::mem::take(&mut self.is_first) {
            self.output.line("")?;
        }
        self.output.line(&format!("{BOLD}{title}{BOLD:#}"))?;
        for (name, hosts) in groups {
            self.output.line(&name)?;
            for (host, requests, error) in hosts.iter().take(self.top) {
                let error = if *error > 0 { format!(", or up to {error} fewer") } else { String::new() };
                self.output.line(&format!("    {host}  {requests}{error}"))?;
            }
            if let Some(more) = hosts.len().checked_sub(self.top).filter(|more| *more > 0) {
                self.output.line(&format!("    {more} more"))?;
            }
        }
        Ok(())
    }
}

/// A log from its beginning, inflated where it is gzip.
fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let mut log: Box<dyn Read + Send> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path)?),
    };
    let mut head = Vec::new();
    log.by_ref().take(GZIP.len() as u64).read_to_end(&mut head)?;
    let is_gzip = head == GZIP;
    let whole = io::Cursor::new(head).chain(log);
    Ok(match is_gzip {
        true => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        false => Box::new(whole),
    })
}

/// The beginning of a day.
pub(super) fn milliseconds(day: Date) -> Result<i64, Failure> {
    let start = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0));
    start.map(Timestamp::as_millisecond).map_err(|error| Failure::Other(error.to_string()))
}

fn day(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map_or("-".to_owned(), |own| Offset::UTC.to_datetime(own).date().to_string())
}

fn bar(number: u64, most: u64) -> String {
    // At least one, where there is anything.
    let length = (u128::from(number) * BAR as u128).div_ceil(u128::from(most.max(1)));
    "█".repeat(usize::try_from(length).unwrap_or(BAR))
}

fn lines(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "line")
}

/// Octets for people: `1.4 GB`.
fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut shown = bytes as f64;
    let mut unit = 0;
    while shown >= 1000.0 && unit + 1 < units.len() {
        shown /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{shown:.1} {}", units[unit]) }
}

fn said(used: &[Used<'_>], tally: &Tally) -> String {
    let seen = used.iter().filter(|own| own.of_log.requests > 0).count();
    let requests: u64 = used.iter().map(|own| own.of_log.requests).sum();
    let from = tally.span.map_or(String::new(), |(first, last)| format!(", {} to {}", day(first), day(last)));
    let all = lines(tally.lines);
    format!("{all}{from}: {requests} for {seen} of {}", count(used.len(), "endpoint"))
}

fn to_json(used: &[Used<'_>], tally: &Tally) -> Value {
    let time = |at: i64| Timestamp::from_millisecond(at).map(|own| own.to_string()).ok();
    let span = |span: Option<(i64, i64)>| {
        let (first, last) = span.map_or((None, None), |(first, last)| (time(first), time(last)));
        json!({ "first": first, "last": last })
    };
    let hosts = |top: &log::tally::Top| -> Vec<Value> {
        let sorted = top.sorted().into_iter();
        sorted
            .map(|(name, seen)| {
                json!({
                    "host": String::from_utf8_lossy(name),
                    "requests": seen.count,
                    "at_most_too_many": seen.error,
                    "denied": seen.denied,
                })
            })
            .collect()
    };
    let endpoints = used.iter().map(|Used { opening, of_log }| {
        json!({
            "pattern": opening.pattern.to_string(),
            "requirement": opening.requirement(),
            "services": opening.services.iter().map(|own| &**own).collect::<Vec<_>>(),
            "categories": opening.categories.iter().map(|own| &**own).collect::<Vec<_>>(),
            "requests": of_log.requests,
            "bytes": of_log.bytes,
            "clients": of_log.clients(),
            "denied": of_log.denied,
            "authentication": of_log.authentication,
            "inspected": of_log.inspected,
            "seen": span(of_log.span),
            "hosts": hosts(&of_log.hosts),
        })
    });
    let malformed = tally
        .examples
        .iter()
        .map(|(at, line, why)| json!({ "at": at, "why": why.to_string(), "line": line }));
    json!({
        "lines": tally.lines,
        "without_request": tally.without_request,
        "malformed": { "lines": tally.malformed, "first": malformed.collect::<Vec<_>>() },
        "outside_time": tally.outside_time,
        "no_host": tally.no_host,
        "others": tally.others,
        "seen": span(tally.span),
        "endpoints": endpoints.collect::<Vec<_>>(),
        "near": hosts(&tally.near),
    })
}
