//! The body of `POST /rest/api/3/issue` of Jira Cloud, with the description in Atlassian's document format.
//!
//! Unverified: nothing was sent to the product. The description is held to Atlassian's published schema of the format.

use serde_json::{Value, json};

use super::document::{Block, Section, Style, Text, document, headline};
use super::fit::{fitting, shortened};
use super::json::bytes;
use super::{Language, Ticket, TicketError};

/// Characters of a summary; as people report it, not tried.
const MAX_SUMMARY: usize = 255;

/// Characters of a description. Whether the product counts text or JSON is not documented, so the JSON keeps to it.
/// As people report it; not tried.
const MAX_DESCRIPTION: usize = 32_767;

/// The issue type that every project of Jira has by itself.
const ISSUE_TYPE: &str = "Task";

pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<Vec<u8>, TicketError> {
    let m = language.messages();
    let own = &ticket.fields.jira;
    let project = own.project.as_deref().ok_or(TicketError::NoJiraProject)?;
    let document = document(ticket, language, Style::Compact);
    let facts = document.facts.iter().map(|(name, value)| Text::plain(&format!("{name}: {}", value.flat())));
    let lead: Vec<Value> = document
        .summary
        .iter()
        .map(paragraph)
        .chain([json!({ "type": "bulletList", "content": facts.map(|own| item(&own)).collect::<Vec<_>>() })])
        .collect();
    let render = |sections: &[Section]| {
        let blocks = sections.iter().flat_map(|section| {
            let title = heading(2, &section.title);
            [title].into_iter().chain(section.blocks.iter().map(block))
        });
        let content: Vec<Value> = lead.iter().cloned().chain(blocks).collect();
        json!({ "version": 1, "type": "doc", "content": content })
    };
    let length = |value: &Value| value.to_string().chars().count();
    let description = fitting(&document.sections, m, MAX_DESCRIPTION, render, length).unwrap_or_else(|| {
        // Titles alone have room; what is below them is elsewhere.
        let text = Text::message(&m.of_whole.of(ticket.added.len() + ticket.removed.len()));
        let title = shortened(&document.title, MAX_SUMMARY, m);
        json!({ "version": 1, "type": "doc", "content": [heading(2, &title), paragraph(&text)] })
    });
    let mut fields = json!({
        "project": { "key": project },
        "issuetype": { "name": own.issue_type.as_deref().unwrap_or(ISSUE_TYPE) },
        "summary": shortened(&headline(ticket, language), MAX_SUMMARY, m),
        "description": description,
    });
    if !own.labels.is_empty() {
        fields["labels"] = json!(own.labels);
    }
    if let Some(priority) = &own.priority {
        fields["priority"] = json!({ "name": priority });
    }
    Ok(bytes(&json!({ "fields": fields })))
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(title) => heading(3, title),
        Block::Paragraph(text) => paragraph(text),
        Block::List { ordered, items } => {
            let kind = if *ordered { "orderedList" } else { "bulletList" };
            json!({ "type": kind, "content": items.iter().map(item).collect::<Vec<_>>() })
        }
        Block::Lines(lines) => {
            json!({ "type": "codeBlock", "content": [{ "type": "text", "text": lines.join("\n") }] })
        }
        Block::Table(_) => unreachable!("internal error: a compact document has no tables"),
    }
}

fn heading(level: u8, title: &str) -> Value {
    json!({ "type": "heading", "attrs": { "level": level }, "content": [{ "type": "text", "text": title }] })
}

fn item(text: &Text) -> Value {
    json!({ "type": "listItem", "content": [paragraph(text)] })
}

fn paragraph(text: &Text) -> Value {
    // The format has no empty text.
    let spans = text.0.iter().filter(|span| !span.text.is_empty()).map(|span| match span.is_code {
        true => json!({ "type": "text", "text": span.text, "marks": [{ "type": "code" }] }),
        false => json!({ "type": "text", "text": span.text }),
    });
    json!({ "type": "paragraph", "content": spans.collect::<Vec<_>>() })
}
