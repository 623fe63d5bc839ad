//! The ticket for reading: sections of paragraphs, lists and tables in one language, and in no format.
//!
//! What a board decides on comes first; the lines that a team enters, the steps and the digests come after.

mod board;
mod lines;
mod work;

use std::sync::Arc;

use super::commands::Commands;
use super::messages::Messages;
use super::{Language, Line, Ticket, example, why};
use crate::diag::{Code, visible};
use crate::diff::Fact;
use crate::model::Ports;
use crate::opening::Opening;

/// How many services or categories of a line are named.
const MOST_NAMES: usize = 3;

/// A piece of text, and whether it is code. It holds nothing that a terminal or a browser obeys or hides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) is_code: bool,
}

/// A text of several pieces, on one line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Text(pub(super) Vec<Span>);

impl Text {
    pub(super) fn plain(text: &str) -> Self {
        Self::of(text, false)
    }

    pub(super) fn code(text: &str) -> Self {
        Self::of(text, true)
    }

    /// A message in which code stands between backticks. Either part is safe, so it does not matter whose they are.
    pub(super) fn message(text: &str) -> Self {
        let parts = text.split('`').enumerate();
        Self(parts.flat_map(|(at, part)| Self::of(part, at % 2 == 1).0).collect())
    }

    fn of(text: &str, is_code: bool) -> Self {
        let is_blank = text.trim().is_empty();
        let text = visible(text);
        match text.is_empty() {
            true => Self::default(),
            false => Self(vec![Span { text, is_code: is_code && !is_blank }]),
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Without a difference between text and code.
    pub(super) fn flat(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

/// A part of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Block {
    Heading(String),
    Paragraph(Text),
    /// A list; with numbers, where the order matters.
    List {
        ordered: bool,
        items: Vec<Text>,
    },
    /// Lines to copy as they are: commands, digests, destinations.
    Lines(Vec<String>),
    Table(Table),
}

/// A table with a heading for each column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Text>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) is_number: bool,
}

/// A part with a heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Section {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// Which section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Reasons,
    Waivers,
    LeftOut,
    Openings,
    Instead,
    Removals,
    Covered,
    Restated,
    Findings,
    Implementation,
    Tests,
    Rollback,
    Files,
}

impl Kind {
    /// Whether what comes from here on is entered and no longer decided.
    pub(super) fn is_first_of_annex(self) -> bool {
        self == Self::Openings
    }
}

/// A ticket in one language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Document {
    pub(super) language: &'static str,
    pub(super) title: String,
    /// What it is, in a few sentences.
    pub(super) summary: Vec<Text>,
    /// Name and value.
    pub(super) facts: Vec<(String, Text)>,
    pub(super) sections: Vec<Section>,
}

/// How much room there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// Tables, with everything.
    Full,
    /// Lines to copy, for fields with a limit.
    Compact,
}

/// The ticket in a language.
pub(super) fn document(ticket: &Ticket<'_>, language: Language, style: Style) -> Document {
    let writer = Writer { ticket, language, m: language.messages(), style, commands: Commands::of(ticket) };
    let mut sections = vec![writer.reasons(), writer.waivers(), writer.left_out(), writer.openings()];
    sections.extend(writer.instead());
    if ticket.change.is_some() {
        sections.push(writer.removals());
        sections.extend(writer.covered());
        sections.extend((!ticket.restated.is_empty()).then(|| writer.restated()));
    }
    sections.extend([writer.findings(), writer.implementation(), writer.tests(), writer.rollback()]);
    sections.extend(writer.files());
    Document {
        language: language.as_str(),
        title: visible(&writer.m.title.fill([ticket.name])),
        summary: writer.summary(),
        facts: writer.facts(),
        sections,
    }
}

/// The summary in one line, for a field that has room for one.
pub(super) fn headline(ticket: &Ticket<'_>, language: Language) -> String {
    let m = language.messages();
    visible(&m.summary_line.fill([
        ticket.name,
        &m.opened.of(Ticket::allowed(&ticket.added)),
        &ticket.change.map(|_| m.closed.of(Ticket::allowed(&ticket.removed))).unwrap_or_default(),
    ]))
    .trim_end()
    .to_owned()
}

/// The first few of several, and how many more there are.
pub(super) fn few(texts: &[Arc<str>], m: &Messages) -> String {
    match texts.len().checked_sub(MOST_NAMES) {
        Some(more) if more > 0 => m.and_more.with(more, [&texts[..MOST_NAMES].join(", "), &more.to_string()]),
        _ => texts.join(", "),
    }
}

/// Ports with blanks between.
pub(super) fn spaced(ports: &Ports) -> String {
    ports.to_string().replace(',', ", ")
}

/// What is new or gone of a line, and why.
pub(super) fn because(line: &Line<'_>, m: &Messages, is_new: bool) -> Option<String> {
    let (new, gone) = (&m.new_here, &m.gone_here);
    let text = match (why(line)?, is_new) {
        ((_, Some(code)), true) => m.new_gated.fill([&format!("`{code}`")]),
        ((_, Some(code)), false) => m.gone_gated.fill([&format!("`{code}`")]),
        (("not-selected", None), true) => m.new_selected.own(),
        (("not-selected", None), false) => m.gone_unselected.own(),
        (_, true) => new.own(),
        (_, false) => gone.own(),
    };
    Some(match example(line) {
        Some(example) => m.for_example.fill([&text, &format!("`{example}`")]),
        None => text,
    })
}

/// What two sides say of a line, as name, before and after.
pub(super) fn facts_of(restated: &crate::diff::Restated<'_>, m: &Messages) -> Vec<(String, String, String)> {
    let facts = restated.facts.iter().map(|fact| {
        let said = |opening: &Opening| match fact {
            Fact::Requirement => m.requirement(opening).to_owned(),
            Fact::Geography => m.geographies(opening),
            Fact::Platforms => m.platforms(opening),
        };
        let name = match fact {
            Fact::Requirement => &m.fact_requirement,
            Fact::Geography => &m.fact_geography,
            Fact::Platforms => &m.fact_platforms,
        };
        (name.own(), said(restated.old), said(restated.new))
    });
    facts.collect()
}

struct Writer<'a> {
    ticket: &'a Ticket<'a>,
    language: Language,
    m: &'static Messages,
    style: Style,
    commands: Commands,
}

impl Writer<'_> {
    fn section(&self, kind: Kind, blocks: Vec<Block>) -> Section {
        let headings = &self.m.headings;
        let title = match kind {
            Kind::Reasons => &headings.reasons,
            Kind::Waivers => &headings.waivers,
            Kind::LeftOut => &headings.left_out,
            Kind::Openings => &headings.openings,
            Kind::Instead => &headings.instead,
            Kind::Removals => &headings.removals,
            Kind::Covered => &headings.covered,
            Kind::Restated => &headings.restated,
            Kind::Findings => &headings.findings,
            Kind::Implementation => &headings.implementation,
            Kind::Tests => &headings.tests,
            Kind::Rollback => &headings.rollback,
            Kind::Files => &headings.files,
        };
        Section { kind, title: title.own(), blocks }
    }

    /// A section of what may be nothing.
    fn section_of_some(&self, kind: Kind, blocks: Vec<Block>) -> Section {
        let none = || vec![Block::Paragraph(Text::plain(self.m.none.text()))];
        self.section(kind, if blocks.is_empty() { none() } else { blocks })
    }

    fn table(&self, columns: &[&super::messages::Words], rows: Vec<Vec<Text>>) -> Block {
        let columns = columns.iter().map(|title| Column { title: title.own(), is_number: false }).collect();
        Block::Table(Table { columns, rows })
    }
}

/// The codes of a line, for a cell.
pub(super) fn codes<'a>(codes: impl IntoIterator<Item = &'a Code>) -> String {
    codes.into_iter().map(|own| own.as_str()).collect::<Vec<_>>().join("; ")
}

/// What a line is let through by on the other side.
pub(super) fn by(lines: &[&Opening], m: &Messages) -> String {
    let named: Vec<Arc<str>> = lines.iter().map(|own| format!("`{}`", own.pattern).into()).collect();
    few(&named, m)
}
