//! `thruway audit log`: what devices use of the policy, by the logs of proxies.

mod human;
mod json;
mod page;
mod table;

use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::super::output::{Output, YELLOW};
use super::super::{Failure, FormatWord, Global, Outcome, date};
use super::inputs::{Inputs, LogFile, ReadAs, described};
use super::progress::Progress;
use super::{server, sql};
use crate::compile::Run;
use crate::diag::visible;
use crate::log::fix::{self, Fix};
use crate::log::narrow::{self, Narrowing, Proposal};
use crate::log::outside::{Beside, Kind};
use crate::log::report::{self, OfGroup, Used};
use crate::log::scan::{self, Options};
use crate::log::tally::Tally;
use crate::log::{self, Rules};
use crate::model::Intent;
use crate::profile::Profile;
use crate::text::count;
use crate::write;

#[derive(Args, Debug)]
pub(super) struct Log {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    server: server::Options,
    /// First day that counts, from midnight UTC, as 2026-11-01; a record without a time counts always
    #[arg(long, value_name = "DATE", value_parser = date)]
    since: Option<Date>,
    /// Day from whose beginning on nothing counts any more, so that --since 2026-11-01 --until 2026-12-01
    /// is November
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Date>,
    /// Most hosts that people are shown behind one wildcard or of one kind; JSON has all that are kept
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    top: usize,
    /// Write lines for the profile that put hosts that were seen in the place of wildcards; `-` is stdout, and
    /// then nothing else is
    #[arg(long, value_name = "FILE")]
    propose: Option<PathBuf>,
    /// How results are written: for people, for programs, as a row for each endpoint, or as the report with
    /// what devices use
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "human",
        value_parser = FormatWord::parser(
            &[FormatWord::Human, FormatWord::Json, FormatWord::Csv, FormatWord::Html],
            &[FormatWord::Squid, FormatWord::Panos, FormatWord::Zscaler, FormatWord::Auto]))]
    format: FormatWord,
}

/// Everything that the logs say.
struct Answers<'a> {
    tally: &'a Tally,
    read_as: &'a ReadAs,
    run: &'a Run,
    profile: &'a Profile,
    /// Every rule, in the order of the policy.
    used: Vec<Used<'a>>,
    groups: Vec<OfGroup<'a>>,
    fixes: Vec<Fix<'a>>,
    /// Why lines are not told of all of these.
    unplaced: Option<String>,
    /// Whether a server counted, which is asked for less.
    is_of_server: bool,
    narrowing: Narrowing,
    close: Vec<(Kind, Vec<Beside>)>,
    /// Most hosts of a group that people are shown.
    top: usize,
}

impl Answers<'_> {
    /// The rules that are in the logs, the most used first.
    fn seen(&self) -> Vec<&Used<'_>> {
        let mut seen: Vec<&Used<'_>> = self.used.iter().filter(|own| own.of_log.requests > 0).collect();
        // A stable sort, so that equal ones keep the order of the policy.
        seen.sort_by_key(|own| std::cmp::Reverse(own.of_log.requests));
        seen
    }

    /// Categories or services that are in the logs, the most used first; nothing where there is one alone.
    fn seen_by(&self, by: report::By) -> Vec<&OfGroup<'_>> {
        let all = self.groups.iter().filter(|own| own.group.by == by);
        if all.clone().count() < 2 {
            return Vec::new();
        }
        let mut seen: Vec<&OfGroup<'_>> = all.filter(|own| own.of_log.requests > 0).collect();
        seen.sort_by_key(|own| std::cmp::Reverse(own.of_log.requests));
        seen
    }

    /// What was read, and how much of it is of the policy.
    fn said(&self) -> String {
        let seen = self.used.iter().filter(|own| own.of_log.requests > 0).count();
        let requests: u64 = self.used.iter().map(|own| own.of_log.requests).sum();
        let from = match self.tally.span {
            Some((first, last)) => format!(", {} to {}", day(first), day(last)),
            None => String::new(),
        };
        let all = lines(self.tally.lines);
        format!("{all}{from}: {requests} for {seen} of {}", count(self.used.len(), "endpoint"))
    }
}

/// A log with lines that were not understood.
struct Malformed {
    path: PathBuf,
    lines: u64,
    malformed: u64,
    examples: Vec<(u64, String, log::record::Malformed)>,
}

impl Log {
    pub(super) fn run(&self, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
        let (profile, run) = global.run(output)?;
        let openings = sql::openings(&profile, &run);
        // A server counts by endpoint alone.
        let groups = if self.server.is_asked() { Vec::new() } else { report::groups(&openings) };
        let members: Vec<Vec<u32>> = groups.iter().map(|group| group.rules.clone()).collect();
        let rules = Rules::of(&run.policy).grouped(&members);
        let (mut malformed, mut read_as) = (Vec::new(), ReadAs::default());
        let (since, until) =
            (self.since.map(milliseconds).transpose()?, self.until.map(milliseconds).transpose()?);
        let tally = match self.server.is_asked() {
            true => {
                let columns = self.inputs.table_columns()?;
                let audit = self.server.audit(columns, sql::rules(&openings), since, until);
                self.server.ask(&audit, &rules, output)?
            }
            false => self.scan(&rules, (since, until), &mut malformed, &mut read_as, output)?,
        };
        let (fixes, unplaced) = fix::fixes(&tally, &run, &profile);
        let narrowing = narrow::narrowing(&tally, &run, &profile, global.today())
            .map_err(|error| Failure::Load { error, profile: profile.file.clone() })?;
        let answers = Answers {
            tally: &tally,
            read_as: &read_as,
            run: &run,
            profile: &profile,
            used: report::used(&openings, &tally),
            groups: report::of_groups(&groups, &tally),
            fixes,
            unplaced,
            is_of_server: self.server.is_asked(),
            narrowing,
            close: Kind::ALL.map(|kind| (kind, tally.outside.beside(kind, rules.neighbours()))).into(),
            top: self.top,
        };
        if self.propose.as_deref() != Some(Path::new("-")) {
            match self.format {
                FormatWord::Json => output.json(&json::answers(&answers))?,
                FormatWord::Csv => output.raw(&table::write(&answers)?)?,
                FormatWord::Html => match page::write(&answers)? {
                    Ok(page) => output.raw(&page)?,
                    Err(why) => {
                        output.error(&format!("{why}; no page was written"));
                        return Ok(Outcome::Refused);
                    }
                },
                _ => human::print(&answers, output)?,
            }
        }
        self.write_proposal(&answers, global.today(), output)?;
        output.finish()?;
        if !matches!(self.format, FormatWord::Json | FormatWord::Csv | FormatWord::Html) {
            read_as.remark(output);
            remark(&malformed, output);
            if self.server.is_asked() {
                let what =
                    "what was done against the policy, sums of categories, and hosts that are close to it";
                output.remark_wrapped(
                    "",
                    &format!("a server counts by endpoint; {what} are told of files alone"),
                );
            }
            output.remark(&answers.said());
        }
        Ok(Outcome::Clean)
    }

    /// Reads every log.
    fn scan(
        &self,
        rules: &Rules,
        (since, until): (Option<i64>, Option<i64>),
        malformed: &mut Vec<Malformed>,
        read_as: &mut ReadAs,
        output: &mut Output,
    ) -> Result<Tally, Failure> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let files = self.inputs.files()?;
        let progress = Progress::of(&files, output);
        let mut tally = Tally::new(rules);
        for path in &files {
            let failed = |error| Failure::Other(format!("cannot read {}: {error}", path.display()));
            let LogFile { path, guessed, text } = self.inputs.open(path, self.format, &progress)?;
            let options = Options { format: &guessed.format, threads, since, until };
            let own = scan::scan(text, rules, options).map_err(failed)?;
            if own.lines > 0 && own.malformed == own.lines {
                return Err(Failure::Other(format!(
                    "{}: none of its {} is of {}",
                    path.display(),
                    lines(own.lines),
                    described(&guessed)
                )));
            }
            if own.malformed > 0 {
                malformed.push(Malformed {
                    path: path.clone(),
                    lines: own.lines,
                    malformed: own.malformed,
                    examples: own.examples.clone(),
                });
            }
            tally.add(&own);
            read_as.add(path, guessed);
        }
        progress.end();
        Ok(tally)
    }

    /// Writes what is proposed, where it is asked for.
    fn write_proposal(&self, answers: &Answers<'_>, today: Date, output: &mut Output) -> Result<(), Failure> {
        let Some(path) = &self.propose else { return Ok(()) };
        let narrowing = &answers.narrowing;
        if narrowing.proposals.is_empty() {
            let why = match &narrowing.stays[..] {
                [] => "no host was seen behind a wildcard".to_owned(),
                [first, ..] => {
                    format!("`{}` stays: {}", visible(&first.pattern.to_string()), visible(&first.why))
                }
            };
            output.remark(&format!("{YELLOW}nothing is proposed{YELLOW:#}: {why}"));
            return Ok(());
        }
        let text = narrow::snippet(narrowing, answers.profile, today, day);
        if path.as_os_str() == "-" {
            return output.raw(text.as_bytes());
        }
        write::file(path, text.as_bytes())?;
        let wildcards = count(narrowing.proposals.len(), "wildcard");
        output.remark(&format!(
            "proposed for {wildcards} in {}: read it, fill in who answers for it, and add it to the profile",
            visible(&path.display().to_string())
        ));
        Ok(())
    }
}

/// Says what was not understood.
fn remark(malformed: &[Malformed], output: &mut Output) {
    for Malformed { path, lines: all, malformed, examples } in malformed {
        output.remark(&format!(
            "{YELLOW}{}{YELLOW:#}: {malformed} of {} not understood",
            visible(&path.display().to_string()),
            lines(*all)
        ));
        for (at, line, why) in examples {
            output.remark_wrapped("    ", &format!("at octet {at}: {why}: {}", visible(line)));
        }
    }
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

/// The days from the first to the last, once where they are one.
fn days(span: Option<(i64, i64)>) -> String {
    let Some((first, last)) = span.map(|(first, last)| (day(first), day(last))) else {
        return "no time stated".to_owned();
    };
    if first == last { first } else { format!("{first} to {last}") }
}

fn lines(number: u64) -> String {
    many(number, "line")
}

/// `1 request`, `2 requests`.
fn many(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
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

/// What is done against a list, for people.
const fn against(intent: Intent) -> &'static str {
    match intent {
        Intent::Allow => "refused, although the policy lets it through",
        Intent::BypassInspection => "inspected, although the policy exempts it",
        Intent::BypassAuthentication => "asked for credentials, although the policy spares it",
        Intent::Direct => "through a proxy, although the policy sends it directly",
    }
}

/// Hosts close to the policy, for people.
const fn close(kind: Kind) -> &'static str {
    match kind {
        Kind::Lookalike => "hosts that look like a name of the policy, and are none",
        Kind::Sibling => "hosts beside endpoints of the policy, and in no rule",
        Kind::Domain => "hosts under a domain of the policy, and in no rule",
    }
}

/// A text of a log or a source, which must not command whatever shows it.
fn text(name: impl ToString) -> String {
    visible(&name.to_string())
}

fn name(name: &[u8]) -> String {
    visible(&String::from_utf8_lossy(name))
}

/// What was seen behind a wildcard in so many days, for people.
fn said_of(proposal: &Proposal, days: u64) -> String {
    let seen = format!("{} seen in {}", many(proposal.seen as u64, "host"), many(days, "day"));
    let new = proposal.hosts.len();
    let unstated = match proposal.kept.len() {
        0 => String::new(),
        _ if new == 0 => ", each in another row of the sources".to_owned(),
        _ => format!(", {new} of them in no other row of the sources"),
    };
    let shared = if proposal.is_shared { "; it spans sites of different owners" } else { "" };
    format!("{seen}{unstated}{shared}")
}
