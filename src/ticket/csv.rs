//! The lines as CSV, one for each list, for the spreadsheet of a firewall team.
//!
//! The words of the columns that `compile` writes are read back by [`read::ticket`](crate::read::ticket), so they are no
//! text of a language; in other languages the headings are.

use std::collections::BTreeMap;

use super::document::{because, by, codes, facts_of};
use super::{Kept, Language, Line, Ticket, TicketError};
use crate::diag::{Code, visible};
use crate::model::{Intent, Policy, RequestPattern, Rule};
use crate::opening::{Index, Opening};

const COLUMNS: usize = 19;

const HEADER: [&str; COLUMNS] = [
    "Action",
    "Intent",
    "Direction",
    "Protocol",
    "Scheme",
    "Destination",
    "Ports",
    "Path",
    "Platforms",
    "Geographies",
    "Requirement",
    "Service",
    "Category",
    "Source",
    "Risk",
    "Finding",
    "From",
    "Devices",
    "Change",
];

/// Where no source says it, as it is read back.
const NOT_STATED: &str = "not stated";

/// A line of the table before it is written.
struct Row<'a> {
    action: &'static str,
    intent: Intent,
    opening: &'a Opening,
    finding: &'static str,
    change: String,
}

/// The table for a spreadsheet, which takes it for another encoding than UTF-8 where it begins without a mark.
pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<Vec<u8>, TicketError> {
    Ok(["\u{feff}".as_bytes(), &table(ticket, language)?].concat())
}

pub(super) fn table(ticket: &Ticket<'_>, language: Language) -> Result<Vec<u8>, TicketError> {
    let m = language.messages();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (action, lines) in [("add", &ticket.added), ("remove", &ticket.removed)] {
        for line in lines {
            let change = because(line, m, action == "add").unwrap_or_default();
            rows.extend(of_line(action, line, change));
        }
    }
    for (action, kept, said) in
        [("add", &ticket.instead, &m.through_before), ("remove", &ticket.covered, &m.through_now)]
    {
        for Kept { line, by: others } in kept {
            rows.extend(of_line(action, line, said.fill([&by(others, m)])));
        }
    }
    for restated in ticket.restated {
        let facts = facts_of(restated, m)
            .into_iter()
            .map(|(name, before, after)| format!("{name}: {before} → {after}"));
        let change = facts.collect::<Vec<_>>().join("; ");
        rows.push(Row {
            action: "restate",
            intent: Intent::Allow,
            opening: restated.new,
            finding: "",
            change,
        });
    }
    for line in &ticket.left_out {
        rows.extend(line.intents.iter().map(|&intent| Row {
            action: "left out",
            intent,
            opening: line.opening,
            finding: line.code.as_str(),
            change: String::new(),
        }));
    }
    // By list, as somebody enters them; a stable sort, so that each list keeps its order.
    rows.sort_by_key(|row| row.intent);
    let failed = |error: String| TicketError::Library(error);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(header(language)).map_err(|error| failed(error.to_string()))?;
    for row in &rows {
        writer.write_record(record(ticket, row)).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// The table of a whole policy that names no products: that of [`Ticket::of_policy`], rule by rule, so that what is said of
/// each is in memory for no longer than it is written. `from` is who asks.
pub(super) fn policy_table(policy: &Policy, index: &Index<'_>, from: &str) -> Result<Vec<u8>, TicketError> {
    let mut added: [Rows; Intent::ALL.len()] = Default::default();
    let mut left_out: [Rows; Intent::ALL.len()] = Default::default();
    let mut rest = Intent::ALL.map(|intent| policy.rules(intent).iter().peekable());
    while let Some(pattern) = rest.iter_mut().filter_map(|rules| Some(&rules.peek()?.pattern)).min() {
        // What is said of a rule once is written for every list that it is on.
        let mut said: Vec<(&Rule, Opening, Vec<Intent>)> = Vec::new();
        for (intent, rules) in Intent::ALL.into_iter().zip(&mut rest) {
            while let Some(rule) = rules.next_if(|rule| rule.pattern == *pattern) {
                if let Some((.., intents)) = said.iter_mut().find(|(other, ..)| *other == rule) {
                    intents.push(intent);
                    continue;
                }
                let opening = Opening::new(rule, index);
                match said.iter_mut().find(|(_, other, _)| other.places == opening.places) {
                    Some((.., intents)) => intents.push(intent),
                    None => said.push((rule, opening, vec![intent])),
                }
            }
        }
        said.sort_by(|(_, one, _), (_, other, _)| one.places.cmp(&other.places));
        for (_, opening, intents) in &said {
            write_rows(&mut added, intents, "add", opening, "", from)?;
        }
    }
    for (intent, rule, code) in first_held(policy) {
        let opening = Opening::new(rule, index);
        write_rows(&mut left_out, &intent, "left out", &opening, code.as_str(), from)?;
    }
    let failed = |error: String| TicketError::Library(error);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(header(Language::En)).map_err(|error| failed(error.to_string()))?;
    let mut table = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    for (added, left_out) in added.into_iter().zip(left_out) {
        table.extend(added.0);
        table.extend(left_out.0);
    }
    Ok(table)
}

/// Lines of the table for one list.
#[derive(Default)]
struct Rows(Vec<u8>);

/// What the gate left out, with the lists that it is left out of: each pattern and finding once, as the first list has it.
fn first_held(policy: &Policy) -> impl Iterator<Item = (Vec<Intent>, &Rule, Code)> {
    let mut held: BTreeMap<(&RequestPattern, Code), (Vec<Intent>, &Rule)> = BTreeMap::new();
    for intent in Intent::ALL {
        for own in policy.held(intent) {
            let key = (&own.rule.pattern, own.code);
            held.entry(key).or_insert_with(|| (Vec::new(), &own.rule)).0.push(intent);
        }
    }
    held.into_iter().map(|((_, code), (intents, rule))| (intents, rule, code))
}

/// Writes what is said of a rule for some lists: lines that differ in their list alone.
fn write_rows(
    to: &mut [Rows],
    intents: &[Intent],
    action: &'static str,
    opening: &Opening,
    finding: &'static str,
    from: &str,
) -> Result<(), TicketError> {
    let failed = |error: String| TicketError::Library(error);
    let Some(&intent) = intents.first() else { return Ok(()) };
    let row = Row { action, intent, opening, finding, change: String::new() };
    let mut writer = ::csv::WriterBuilder::new().buffer_capacity(512).from_writer(Vec::new());
    let own = cells(&row, from, "");
    writer.write_record(&own[2..]).map_err(|error| failed(error.to_string()))?;
    let rest = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    for intent in intents {
        // Words that need no quotes.
        let rows = &mut to[*intent as usize].0;
        for part in [action.as_bytes(), b",", intent.as_str().as_bytes(), b",", &rest] {
            rows.extend_from_slice(part);
        }
    }
    Ok(())
}

/// A row for each list of a line.
fn of_line<'l>(action: &'static str, line: &'l Line<'_>, change: String) -> impl Iterator<Item = Row<'l>> {
    line.intents.iter().map(move |&intent| Row {
        action,
        intent,
        opening: line.opening,
        finding: "",
        change: change.clone(),
    })
}

fn header(language: Language) -> [String; COLUMNS] {
    let columns = &language.messages().columns;
    match language {
        Language::En => HEADER.map(str::to_owned),
        Language::Ja => [
            &columns.action,
            &columns.intent,
            &columns.direction,
            &columns.protocol,
            &columns.scheme,
            &columns.destination,
            &columns.ports,
            &columns.path,
            &columns.platforms,
            &columns.geographies,
            &columns.requirement,
            &columns.service,
            &columns.category,
            &columns.cells,
            &columns.risk,
            &columns.finding,
            &columns.from,
            &columns.devices,
            &columns.what,
        ]
        .map(|own| own.own()),
    }
}

fn record(ticket: &Ticket<'_>, row: &Row<'_>) -> [String; COLUMNS] {
    let devices = ticket.device_names(&[row.intent]);
    let from = ticket.fields.source.as_deref().unwrap_or_default();
    cells(row, from, &devices)
}

fn cells(row: &Row<'_>, from: &str, devices: &str) -> [String; COLUMNS] {
    let opening = row.opening;
    [
        row.action,
        row.intent.as_str(),
        "outbound",
        "TCP",
        &opening.schemes(),
        &opening.destination(),
        &opening.pattern.ports.to_string(),
        &opening.path(),
        opening.platforms().as_deref().unwrap_or(NOT_STATED),
        opening.geographies().as_deref().unwrap_or(NOT_STATED),
        opening.requirement(),
        &opening.services.join("; "),
        &opening.categories.join("; "),
        &opening.places.join("; "),
        &codes(&opening.risks),
        row.finding,
        from,
        devices,
        &row.change.replace('`', ""),
    ]
    .map(cell)
}

/// A text as a spreadsheet takes it: on one line, and never a formula, also where the spreadsheet's separator is
/// a semicolon, as in most of Europe.
pub(crate) fn cell(text: &str) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
    if text.bytes().all(is_plain) && !text.starts_with([' ', '=', '+', '-', '@']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for character in visible(text).chars() {
        // Some take the signs of full width too.
        if begins && matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            out.push('\'');
        }
        out.push(character);
        begins = character == ';' || (begins && character.is_whitespace());
    }
    out
}
