//! What logs say, for people: what is used, what to mend, what could be narrowed, and what is close to the policy.

use super::super::super::Failure;
use super::super::super::output::{self, BOLD, Output, RED, YELLOW};
use super::{Answers, against, close, day, days, many, name, said_of, size, text};
use crate::log::fix::{Fix, Line, OfTarget};
use crate::log::outside::Beside;
use crate::log::report::{By, Used};
use crate::log::tally::{OfRule, Top};
use crate::model::Requirement;

/// How long the bar of the most used endpoint is, in characters.
const BAR: usize = 12;

/// Shortest that a name is cut to, in characters.
const SHORTEST: usize = 24;

/// Prints everything.
pub(super) fn print(answers: &Answers<'_>, output: &mut Output) -> Result<(), Failure> {
    let mut sections = Sections { output, is_first: true, top: answers.top };
    let seen = answers.seen();
    if !seen.is_empty() {
        sections.begin(None)?;
        let rows = seen.iter().map(|own| Row {
            name: text(&own.opening.pattern),
            of_log: own.of_log,
            more: own.of_log.span.map_or("-".to_owned(), |(_, last)| day(last)),
        });
        sections.counts(("endpoint", "last"), rows.collect())?;
    }
    for (title, by) in [("category", By::Category), ("service", By::Service)] {
        let groups = answers.seen_by(by);
        if !groups.is_empty() {
            sections.begin(None)?;
            let rows = groups.iter().map(|own| Row {
                name: text(&own.group.name),
                of_log: &own.of_log,
                more: format!("{} of {}", own.seen, own.group.rules.len()),
            });
            sections.counts((title, "endpoints used"), rows.collect())?;
        }
    }
    for fixes in answers.fixes.chunk_by(|one, other| one.intent == other.intent) {
        sections.fixes(fixes)?;
    }
    if let Some(why) = &answers.unplaced {
        sections.begin(None)?;
        sections.output.hanging("", &text(why))?;
    }
    let wild = seen.iter().map(|own| (text(&own.opening.pattern), hosts(&own.of_log.hosts)));
    sections.hosts("hosts behind wildcards", wild.collect())?;
    sections.narrowing(answers)?;
    let unseen = answers.used.iter().filter(|own| own.of_log.requests == 0);
    let required: Vec<&Used<'_>> =
        unseen.filter(|own| own.opening.requirement == Requirement::Required).collect();
    if !required.is_empty() {
        sections.begin(Some("required, and in no line"))?;
        required.iter().try_for_each(|own| sections.output.line(&text(&own.opening.pattern)))?;
    }
    let near = ("by another port, scheme or path".to_owned(), hosts(&answers.tally.near));
    sections.hosts("hosts of the policy, asked otherwise than it says", vec![near])?;
    for (kind, beside) in answers.close.iter().filter(|(_, beside)| !beside.is_empty()) {
        sections.begin(Some(close(*kind)))?;
        sections.beside(beside)?;
    }
    Ok(())
}

/// A host, how often it was seen, and by how much that may be too many.
type Host = (String, u64, u64);

fn hosts(top: &Top) -> Vec<Host> {
    top.sorted().into_iter().map(|(host, seen)| (name(host), seen.count, seen.error)).collect()
}

/// A row of a table of counts.
struct Row<'a> {
    name: String,
    of_log: &'a OfRule,
    /// The last cell.
    more: String,
}

/// A column of such a table.
struct Column {
    title: &'static str,
    is_number: bool,
    cells: Vec<String>,
}

impl Column {
    /// With the two blanks in which it ends.
    fn width(&self) -> usize {
        let all = self.cells.iter().map(|cell| cell.chars().count());
        all.chain([self.title.chars().count()]).max().unwrap_or(0) + 2
    }
}

/// Makes a table as narrow as a terminal, as far as that is possible.
fn fit(columns: &mut Vec<Column>, room: usize, last: &str) {
    // The blanks at the end of a line are not printed.
    let width = |columns: &[Column]| columns.iter().map(Column::width).sum::<usize>().saturating_sub(2);
    let is_blank = |column: &Column| column.is_number && column.cells.iter().all(|cell| cell == "-");
    let goes: [&dyn Fn(&Column) -> bool; 4] =
        [&|column| column.title.is_empty(), &is_blank, &|column| column.title == last, &|column| {
            column.title == "bytes"
        }];
    for goes in goes {
        if width(columns) > room {
            columns.retain(|column| !goes(column));
        }
    }
    let over = width(columns).saturating_sub(room);
    let own = columns[0].width() - 2;
    let most = own.saturating_sub(over).max(SHORTEST);
    columns[0].cells.iter_mut().for_each(|name| *name = cut(name, most));
}

/// What is shown one below the other, with a blank line between.
struct Sections<'o> {
    output: &'o mut Output,
    is_first: bool,
    /// Most hosts of a group.
    top: usize,
}

impl Sections<'_> {
    /// Begins a section, with a title where it has one.
    fn begin(&mut self, title: Option<&str>) -> Result<(), Failure> {
        if !std::mem::take(&mut self.is_first) {
            self.output.line("")?;
        }
        title.map_or(Ok(()), |title| self.output.line(&format!("{BOLD}{title}{BOLD:#}")))
    }

    /// A table of counts. Where a terminal has no room for it, bars go first, then what is said last, octets, and columns
    /// without a number; then names are cut.
    fn counts(
        &mut self,
        (first, last): (&'static str, &'static str),
        rows: Vec<Row<'_>>,
    ) -> Result<(), Failure> {
        let number = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
        let most = rows.iter().map(|row| row.of_log.requests).max().unwrap_or(1);
        let column = |title, is_number, of: &dyn Fn(&Row<'_>) -> String| Column {
            title,
            is_number,
            cells: rows.iter().map(of).collect(),
        };
        let mut columns = vec![
            column(first, false, &|row| row.name.clone()),
            column("", false, &|row| bar(row.of_log.requests, most)),
            column("requests", true, &|row| number(row.of_log.requests)),
            column("bytes", true, &|row| size(row.of_log.bytes)),
            column("clients", true, &|row| format!("~{}", row.of_log.clients())),
            column("refused", true, &|row| number(row.of_log.denied)),
            column("credentials", true, &|row| number(row.of_log.authentication)),
            column("inspected", true, &|row| number(row.of_log.inspected)),
            column(last, false, &|row| row.more.clone()),
        ];
        if let Some(room) = self.output.columns() {
            fit(&mut columns, room, last);
        }
        let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
        let numbers = columns.iter().enumerate().filter(|(_, column)| column.is_number).map(|(at, _)| at);
        let mut table = output::table(&titles, &numbers.collect::<Vec<_>>());
        for row in 0..rows.len() {
            table.add_row(columns.iter().map(|column| &column.cells[row]));
        }
        self.output.table(&table)
    }

    /// What to mend of one list.
    fn fixes(&mut self, fixes: &[Fix<'_>]) -> Result<(), Failure> {
        let Some(first) = fixes.first() else { return Ok(()) };
        self.begin(Some(against(first.intent)))?;
        for Fix { pattern, seen, targets, .. } in fixes {
            let requests = many(seen.requests, "request");
            let clients = many(seen.clients(), "client");
            self.output.line(&format!(
                "{RED}{}{RED:#}  {requests} of about {clients}, {}",
                text(pattern),
                days(seen.span)
            ))?;
            self.host_lines(&hosts(&seen.hosts))?;
            let width = targets.iter().map(|own| own.target.len()).max().unwrap_or(0);
            for OfTarget { target, lines, left_out } in targets {
                let head = format!("    {target:width$}  ");
                if let Some(why) = left_out {
                    self.output.hanging(&head, &format!("has no line for it: {}", text(why)))?;
                }
                for Line { file, number, text: line } in lines.iter().take(self.top) {
                    let at = number.map_or(String::new(), |number| format!(":{number}"));
                    self.output.line(&format!("{head}{}  in {}{at}", text(line), text(file)))?;
                }
                if let Some(more) = lines.len().checked_sub(self.top).filter(|more| *more > 0) {
                    self.output.line(&format!("{head}and {}", many(more as u64, "more line")))?;
                }
            }
        }
        Ok(())
    }

    /// A section of groups that have hosts.
    fn hosts(&mut self, title: &str, groups: Vec<(String, Vec<Host>)>) -> Result<(), Failure> {
        let groups: Vec<_> = groups.into_iter().filter(|(_, hosts)| !hosts.is_empty()).collect();
        if groups.is_empty() {
            return Ok(());
        }
        self.begin(Some(title))?;
        for (name, hosts) in groups {
            self.output.line(&name)?;
            self.host_lines(&hosts)?;
        }
        Ok(())
    }

    fn host_lines(&mut self, hosts: &[Host]) -> Result<(), Failure> {
        for (host, requests, error) in hosts.iter().take(self.top) {
            self.output.line(&format!("    {host}  {}", counted(*requests, *error)))?;
        }
        self.more(hosts.len())
    }

    fn more(&mut self, all: usize) -> Result<(), Failure> {
        match all.checked_sub(self.top).filter(|more| *more > 0) {
            Some(more) => self.output.line(&format!("    {more} more")),
            None => Ok(()),
        }
    }

    /// Hosts beside the policy.
    fn beside(&mut self, beside: &[Beside]) -> Result<(), Failure> {
        for own in beside.iter().take(self.top) {
            let seen = counted(own.seen.count, own.seen.error);
            let how = format!("{}: {}", text(&own.close.to), own.close.how);
            self.output.line(&format!("    {}  {seen}  ({how})", text(&own.host)))?;
        }
        self.more(beside.len())
    }

    /// What could take the place of wildcards.
    fn narrowing(&mut self, answers: &Answers<'_>) -> Result<(), Failure> {
        let narrowing = &answers.narrowing;
        if narrowing.proposals.is_empty() && narrowing.stays.is_empty() {
            return Ok(());
        }
        self.begin(Some("wildcards that hosts could take the place of"))?;
        for own in &narrowing.proposals {
            let name = text(&own.exclude);
            self.output.line(&format!("{YELLOW}{name}{YELLOW:#}  {}", said_of(own, narrowing.days)))?;
        }
        for own in &narrowing.stays {
            self.output
                .hanging(&format!("{}  ", text(&own.pattern)), &format!("stays: {}", text(&own.why)))?;
        }
        if !narrowing.proposals.is_empty() {
            self.output.hanging(
                "",
                "A proposal: hosts that these logs do not have yet would be lost. `--propose FILE` writes it for the profile.",
            )?;
        }
        Ok(())
    }
}

fn counted(requests: u64, error: u64) -> String {
    match error {
        0 => requests.to_string(),
        error => format!("{requests}, or up to {error} fewer"),
    }
}

fn bar(number: u64, most: u64) -> String {
    // At least one, where there is anything.
    let length = (u128::from(number) * BAR as u128).div_ceil(u128::from(most.max(1)));
    "█".repeat(usize::try_from(length).unwrap_or(BAR))
}

/// A name with at most so many characters, with a mark where something is missing: beginnings and ends tell names apart.
fn cut(name: &str, most: usize) -> String {
    let all: Vec<char> = name.chars().collect();
    if all.len() <= most {
        return name.to_owned();
    }
    let end = most / 2;
    let begin = most.saturating_sub(end + 1);
    all[..begin].iter().chain(&['…']).chain(&all[all.len() - end..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let column = |title, is_number, cell: &str| Column { title, is_number, cells: vec![cell.to_owned()] };
        vec![
            column("endpoint", false, "a-name-of-thirty-characters.com"),
            column("", false, "████████████"),
            column("requests", true, "12"),
            column("bytes", true, "1.0 kB"),
            column("refused", true, "-"),
            column("inspected", true, "3"),
            column("last", false, "2026-11-24"),
        ]
    }

    #[test]
    fn a_table_loses_what_matters_least_first() {
        for (room, want) in [
            (200, "endpoint,,requests,bytes,refused,inspected,last"),
            (92, "endpoint,requests,bytes,refused,inspected,last"),
            (75, "endpoint,requests,bytes,inspected,last"),
            (64, "endpoint,requests,bytes,inspected"),
            (53, "endpoint,requests,inspected"),
            (40, "endpoint,requests,inspected"),
        ] {
            let mut own = columns();
            fit(&mut own, room, "last");
            let titles: Vec<&str> = own.iter().map(|column| column.title).collect();
            assert_eq!(titles.join(","), want, "{room}");
            let width = own.iter().map(Column::width).sum::<usize>() - 2;
            assert!(width <= room || own[0].cells[0].chars().count() == SHORTEST, "{room}: {width}");
            assert_eq!(own[0].cells[0].contains('…'), room < 53, "{room}");
        }
    }
}
