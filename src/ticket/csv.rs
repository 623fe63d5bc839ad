//! The lines as CSV, one for each list, for the spreadsheet of a firewall team.
//!
//! The words of the columns that `compile` writes are read back by [`read::ticket`](crate::read::ticket), so they are no
//! text of a language; in other languages the headings are.

use super::document::{because, by, codes, facts_of};
use super::{Kept, Language, Line, Ticket, TicketError};
use crate::diag::visible;
use crate::model::Intent;
use crate::opening::Opening;

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
        ticket.fields.source.as_deref().unwrap_or_default(),
        &ticket.device_names(&[row.intent]),
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
