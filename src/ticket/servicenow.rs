//! The body of `POST /api/now/table/change_request`, ServiceNow's Table API.
//!
//! Unverified: nothing was sent to the product. Names and lengths of the fields are those of its documentation, as
//! `targets/ticket/NOTES.md` says.

use serde_json::{Map, Value};

use super::document::{Block, Kind, Section, Style, Text, document, headline};
use super::fit::{fitting, shortened};
use super::json::bytes;
use super::messages::Messages;
use super::{Language, Ticket, TicketError};

/// Characters of `short_description`, as the product has it by itself; not found in a document of the vendor, and not tried.
const MAX_SHORT: usize = 160;

/// Characters of the long texts, as the product has them by itself; not found in a document of the vendor, and not tried.
const MAX_LONG: usize = 4_000;

/// The long texts, with their sections.
const FIELDS: [(&str, &[Kind]); 6] = [
    ("description", &[Kind::Openings, Kind::Instead, Kind::Removals, Kind::Covered, Kind::Restated]),
    ("justification", &[Kind::Reasons]),
    ("implementation_plan", &[Kind::Implementation, Kind::Files]),
    ("risk_impact_analysis", &[Kind::Findings, Kind::Waivers, Kind::LeftOut]),
    ("backout_plan", &[Kind::Rollback]),
    ("test_plan", &[Kind::Tests]),
];

pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<Vec<u8>, TicketError> {
    let m = language.messages();
    let document = document(ticket, language, Style::Compact);
    let mut body = Map::new();
    let mut put = |key: &str, text: String| body.insert(key.to_owned(), Value::from(text));
    put("short_description", shortened(&headline(ticket, language), MAX_SHORT, m));
    // What the product calls a change that a board decides on, and one of its own categories.
    put("type", "normal".to_owned());
    put("category", "Network".to_owned());
    for (field, kinds) in FIELDS {
        let mut sections: Vec<Section> =
            document.sections.iter().filter(|own| kinds.contains(&own.kind)).cloned().collect();
        if field == "description" {
            let facts =
                document.facts.iter().map(|(name, value)| Text::plain(&format!("{name}: {}", value.flat())));
            let paragraphs = document.summary.iter().cloned().chain(facts).map(Block::Paragraph);
            sections.insert(
                0,
                Section { kind: Kind::Openings, title: document.title.clone(), blocks: paragraphs.collect() },
            );
        }
        put(field, long_text(&sections, m));
    }
    for (key, value) in &ticket.fields.servicenow {
        put(key, value.clone());
    }
    Ok(bytes(&Value::Object(body)))
}

/// Sections as plain text that the field has room for.
fn long_text(sections: &[Section], m: &Messages) -> String {
    let text = fitting(sections, m, MAX_LONG, text, |text| text.chars().count());
    // Even what is said once may be long, such as the name of a file.
    text.unwrap_or_else(|| shortened(&self::text(sections), MAX_LONG, m))
}

fn text(sections: &[Section]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for section in sections {
        lines.push(format!("== {} ==", section.title));
        for block in &section.blocks {
            match block {
                Block::Heading(title) => lines.push(format!("-- {title} --")),
                Block::Paragraph(text) => lines.push(text.flat()),
                Block::List { ordered, items } => {
                    lines.extend((1..).zip(items).map(|(at, item)| match ordered {
                        true => format!("{at}. {}", item.flat()),
                        false => format!("- {}", item.flat()),
                    }));
                }
                Block::Lines(own) => lines.extend(own.iter().map(|line| format!("  {line}"))),
                Block::Table(_) => unreachable!("internal error: a compact document has no tables"),
            }
        }
        lines.push(String::new());
    }
    lines.join("\n").trim_end().to_owned()
}
