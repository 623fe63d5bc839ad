//! A row for each endpoint, for a spreadsheet.

use super::super::super::Failure;
use super::{Answers, name};
use crate::model::Intent;
use crate::ticket::spreadsheet_cell;

const HEADER: [&str; 16] = [
    "Endpoint",
    "Requirement",
    "Service",
    "Category",
    "Requests",
    "Bytes",
    "Clients (about)",
    "Refused",
    "Asked for credentials",
    "Asked, and spared by the policy",
    "Inspected",
    "Inspected, and exempt by the policy",
    "First seen",
    "Last seen",
    "Hosts seen",
    "Most frequent hosts",
];

/// The table. A spreadsheet takes it for another encoding than UTF-8 where it begins without a mark.
pub(super) fn write(answers: &Answers<'_>) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: &dyn ToString| Failure::Other(format!("internal error: the table: {}", error.to_string()));
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(HEADER).map_err(|error| failed(&error))?;
    for own in &answers.used {
        let (opening, of_log) = (own.opening, own.of_log);
        // What a list says of just this endpoint; a list may have others.
        let against = |intent| {
            let fixes =
                answers.fixes.iter().filter(|fix| fix.intent == intent && *fix.pattern == opening.pattern);
            fixes.map(|fix| fix.seen.requests).sum::<u64>().to_string()
        };
        let moment = |at: Option<i64>| at.map_or(String::new(), super::json::moment);
        let hosts = of_log.hosts.sorted();
        let shown =
            hosts.iter().take(answers.top).map(|(host, seen)| format!("{} ({})", name(host), seen.count));
        let row = [
            opening.pattern.to_string(),
            opening.requirement().to_owned(),
            opening.services.join("; "),
            opening.categories.join("; "),
            of_log.requests.to_string(),
            of_log.bytes.to_string(),
            of_log.clients().to_string(),
            of_log.denied.to_string(),
            of_log.authentication.to_string(),
            against(Intent::BypassAuthentication),
            of_log.inspected.to_string(),
            against(Intent::BypassInspection),
            moment(of_log.span.map(|(first, _)| first)),
            moment(of_log.span.map(|(_, last)| last)),
            match hosts.is_empty() {
                true => String::new(),
                // Beyond what is kept, nobody knows how many there are.
                false if of_log.hosts.is_exact() => hosts.len().to_string(),
                false => format!("over {}", hosts.len()),
            },
            shown.collect::<Vec<_>>().join("; "),
        ];
        writer.write_record(row.map(|cell| spreadsheet_cell(&cell))).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}
