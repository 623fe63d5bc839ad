//! The ticket in GitHub's Markdown.

use askama::Template;

use super::document::{Block, Document, Style, Text, document};
use super::{Language, Ticket, TicketError};
use crate::diag::visible;
use crate::emit::escape::{code, escaped};

#[derive(Template)]
#[template(path = "ticket/ticket.md")]
struct Page<'a> {
    header: Vec<String>,
    document: &'a Document,
}

impl Page<'_> {
    /// A text, escaped.
    fn text(&self, text: &Text) -> String {
        text.0.iter().map(|span| if span.is_code { code(&span.text) } else { escaped(&span.text) }).collect()
    }

    /// What lines are fenced by: more backticks than any of them has in a row.
    fn fence(&self, lines: &[String]) -> String {
        let mut longest = 2;
        for line in lines {
            let runs = line.split(|own| own != '`').map(str::len);
            longest = longest.max(runs.max().unwrap_or_default());
        }
        "`".repeat(longest + 1)
    }

    /// A line inside a fence.
    fn line(&self, line: &str) -> String {
        visible(line)
    }
}

pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<String, TicketError> {
    let document = document(ticket, language, Style::Full);
    let page = Page { header: ticket.header(), document: &document };
    page.render().map_err(|error| TicketError::Library(error.to_string()))
}
