//! The ticket as one page of HTML that loads nothing and runs nothing.

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::document::{Block, Document, Style, document};
use super::{Language, Ticket, TicketError};
use crate::diag::visible;

/// The only style of the page. The page's policy names its digest, so that no other applies.
const STYLE: &str = include_str!("../../targets/ticket/ticket.css");

#[derive(Template)]
#[template(path = "ticket/ticket.html")]
struct Page<'a> {
    document: &'a Document,
    header: Vec<String>,
    style: &'static str,
    /// SHA-256 of the style in base64.
    digest: String,
}

pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<String, TicketError> {
    let document = document(ticket, language, Style::Full);
    let header = ticket.header().iter().map(|line| visible(line)).collect();
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let page = Page { document: &document, header, style: STYLE, digest };
    page.render().map_err(|error| TicketError::Library(error.to_string()))
}
