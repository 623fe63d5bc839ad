//! The ticket for reading: sections of paragraphs, lists and tables in one language, and in no format.

use std::sync::Arc;

use super::commands::Commands;
use super::messages::Messages;
use super::{Finding, Language, Line, NotOpened, Product, Ticket, example, reasons, why};
use crate::diag::{Code, visible};
use crate::diff::Fact;
use crate::model::{Intent, PathPattern, Ports, Requirement};
use crate::opening::Opening;

/// How many findings of one code are shown; `thruway lint` shows the rest.
const MOST_OF_A_CODE: usize = 20;

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
    Openings,
    Removals,
    Restated,
    LeftOut,
    Findings,
    Waivers,
    Implementation,
    Tests,
    Rollback,
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
    let mut sections = vec![writer.reasons(), writer.openings()];
    if ticket.change.is_some() {
        sections.extend([writer.removals(), writer.restated()]);
    }
    sections.extend([
        writer.left_out(),
        writer.findings(),
        writer.waivers(),
        writer.implementation(),
        writer.tests(),
        writer.rollback(),
    ]);
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
        &m.opened.of(ticket.added.len()),
        &m.closed.of(ticket.removed.len()),
    ]))
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
    fn summary(&self) -> Vec<Text> {
        let (ticket, m) = (self.ticket, self.m);
        let mut sentences = Vec::new();
        if ticket.change.is_some() && ticket.is_empty() {
            sentences.push(m.no_change.own());
        } else {
            let ports = ticket.ports();
            sentences.push(match ports.ranges().next() {
                Some(_) => {
                    m.opened_on.with(ticket.added.len(), [&ticket.added.len().to_string(), &spaced(&ports)])
                }
                None => m.opened.of(ticket.added.len()),
            });
            if ticket.change.is_some() {
                sentences.push(m.closed.of(ticket.removed.len()));
                sentences.push(m.changed.of(ticket.restated.len()));
            }
        }
        for intent in Intent::ALL {
            let count = ticket.added.iter().filter(|line| line.intents.contains(&intent)).count();
            if count > 0 && intent != Intent::Allow {
                sentences.push(m.of_intent.of(intent).of(count));
            }
        }
        for intent in Intent::ALL {
            let count = ticket.left_out.iter().filter(|line| line.intents.contains(&intent)).count();
            if count > 0 {
                sentences.push(m.left_out.of(intent).of(count));
            }
        }
        let mut paragraphs = vec![Text::message(&sentences.join(m.space.text()))];
        if let Some(diff) = ticket.change {
            let compared =
                m.compared.fill([&format!("`{}`", diff.old.name), &format!("`{}`", diff.new.name)]);
            paragraphs.push(Text::message(&compared));
        }
        if !m.language_note.is_empty() {
            paragraphs.push(Text::message(&m.language_note));
        }
        paragraphs
    }

    fn facts(&self) -> Vec<(String, Text)> {
        let (ticket, m, columns) = (self.ticket, self.m, &self.m.columns);
        let mut facts = vec![
            (&columns.from, Text::plain(ticket.fields.source.as_deref().unwrap_or(m.source_unknown.text()))),
            (&columns.direction, Text::plain(m.outbound.text())),
            (&columns.protocol, Text::plain("TCP")),
        ];
        if !ticket.proxies.is_empty() {
            let proxies: Vec<String> = ticket.proxies.iter().map(|own| format!("`{own}`")).collect();
            facts.push((&columns.proxies, Text::message(&m.proxies.fill([&proxies.join(", ")]))));
        }
        if !ticket.products.is_empty() {
            let titles: Vec<&str> = ticket.products.iter().map(|own| own.title.as_str()).collect();
            facts.push((&columns.devices, Text::plain(&titles.join("; "))));
        }
        for (code, count) in ticket.risks() {
            let risk = m.risk_of.with(count, [&count.to_string(), &format!("`{code}`")]);
            facts.push((&columns.risk, Text::message(&risk)));
        }
        let mut facts: Vec<(String, Text)> =
            facts.into_iter().map(|(name, value)| (name.own(), value)).collect();
        let source = |name: &str, digest: &str| {
            Text::plain(name).and(Text::plain(", SHA-256 ")).and(Text::code(digest))
        };
        if let Some(diff) = ticket.change {
            facts
                .extend(diff.old.sources.iter().map(|(name, sha)| (columns.before.own(), source(name, sha))));
        }
        facts
            .extend(ticket.banner.sources.iter().map(|(name, sha)| (columns.cells.own(), source(name, sha))));
        facts
    }

    fn section(&self, kind: Kind, blocks: Vec<Block>) -> Section {
        let headings = &self.m.headings;
        let title = match kind {
            Kind::Reasons => &headings.reasons,
            Kind::Openings => &headings.openings,
            Kind::Removals => &headings.removals,
            Kind::Restated => &headings.restated,
            Kind::LeftOut => &headings.left_out,
            Kind::Findings => &headings.findings,
            Kind::Waivers => &headings.waivers,
            Kind::Implementation => &headings.implementation,
            Kind::Tests => &headings.tests,
            Kind::Rollback => &headings.rollback,
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

    fn reasons(&self) -> Section {
        let columns = &self.m.columns;
        let categories = reasons::categories(self.ticket.added.iter().map(|line| line.opening));
        let reason = |text: &str| match reasons::reason(text) {
            Some(reason) => reason.text(self.language).to_owned(),
            None => self.m.fallback_reason.own(),
        };
        let named = |text: &str| if text.is_empty() { self.m.not_stated.own() } else { text.to_owned() };
        let blocks = match (categories.is_empty(), self.style) {
            (true, _) => Vec::new(),
            (false, Style::Full) => {
                let rows = categories.iter().map(|(text, count)| {
                    vec![
                        Text::plain(&named(text)),
                        Text::plain(&reason(text)),
                        Text::plain(&count.to_string()),
                    ]
                });
                let mut table = Table { columns: Vec::new(), rows: rows.collect() };
                for (title, is_number) in
                    [(&columns.category, false), (&columns.reason, false), (&columns.count, true)]
                {
                    table.columns.push(Column { title: title.own(), is_number });
                }
                vec![Block::Table(table)]
            }
            (false, Style::Compact) => {
                let items = categories.iter().map(|(text, count)| {
                    Text::plain(&format!("{} ({count}): {}", named(text), reason(text)))
                });
                vec![Block::List { ordered: false, items: items.collect() }]
            }
        };
        self.section_of_some(Kind::Reasons, blocks)
    }

    fn openings(&self) -> Section {
        self.section_of_some(Kind::Openings, self.lines(&self.ticket.added, true))
    }

    fn removals(&self) -> Section {
        self.section_of_some(Kind::Removals, self.lines(&self.ticket.removed, false))
    }

    /// Lines as a firewall team enters them: one group for each set of ports and lists.
    fn lines(&self, lines: &[Line<'_>], is_new: bool) -> Vec<Block> {
        let mut sorted: Vec<&Line<'_>> = lines.iter().collect();
        // Stable, so that lines keep their order inside a group.
        sorted.sort_by(|one, other| key(one).cmp(&key(other)));
        let mut blocks = Vec::new();
        for lines in sorted.chunk_by(|one, other| key(one) == key(other)) {
            let (intents, ports) = key(lines[0]);
            let lists = self.m.intents(intents, self.m.comma.text());
            blocks.push(Block::Heading(visible(&format!("TCP {}: {lists}", spaced(ports)))));
            let devices = self.ticket.device_names(intents);
            if !devices.is_empty() {
                blocks.push(Block::Paragraph(Text::plain(&format!(
                    "{}: {devices}",
                    self.m.columns.devices.text()
                ))));
            }
            blocks.push(match self.style {
                Style::Full => self.line_table(lines, is_new),
                Style::Compact => Block::Lines(lines.iter().map(|line| self.compact(line.opening)).collect()),
            });
        }
        blocks
    }

    fn line_table(&self, lines: &[&Line<'_>], is_new: bool) -> Block {
        let columns = &self.m.columns;
        let mut titles =
            vec![&columns.destination, &columns.who, &columns.why, &columns.risk, &columns.cells];
        if self.ticket.change.is_some() {
            titles.push(if is_new { &columns.new } else { &columns.gone });
        }
        let rows = lines.iter().map(|line| {
            let mut row = self.row(line.opening);
            row.extend(because(line, self.m, is_new).map(|text| Text::message(&text)));
            row
        });
        self.table(&titles, rows.collect())
    }

    /// Destination, for whom, why, risk, cells.
    fn row(&self, opening: &Opening) -> Vec<Text> {
        let risks: Vec<String> = opening.risks.iter().map(|own| format!("`{own}`")).collect();
        vec![
            self.destination(opening),
            Text::plain(&self.m.who(opening)),
            Text::plain(&self.why(opening)),
            Text::message(&risks.join(", ")),
            Text::plain(&opening.places.join("; ")),
        ]
    }

    fn destination(&self, opening: &Opening) -> Text {
        match &opening.pattern.path {
            PathPattern::Any => Text::code(&opening.destination()),
            _ => Text::message(
                &self
                    .m
                    .with_path
                    .fill([&format!("`{}`", opening.destination()), &format!("`{}`", opening.path())]),
            ),
        }
    }

    fn why(&self, opening: &Opening) -> String {
        let (services, categories) = (few(&opening.services, self.m), few(&opening.categories, self.m));
        let why = match (services.is_empty(), categories.is_empty()) {
            (true, _) => categories,
            (_, true) => services,
            (false, false) => format!("{services}: {categories}"),
        };
        match opening.requirement {
            Requirement::Optional => format!("{why} ({})", self.m.optional.text()),
            Requirement::Required => why,
        }
    }

    /// A line to copy: scheme where it is not HTTPS, destination and path.
    fn compact(&self, opening: &Opening) -> String {
        let scheme = match opening.schemes().as_str() {
            "https" => String::new(),
            other => format!("{other} "),
        };
        visible(&format!("{scheme}{}{}", opening.destination(), opening.path()))
    }

    fn restated(&self) -> Section {
        let columns = &self.m.columns;
        let facts =
            self.ticket.restated.iter().flat_map(|restated| {
                facts_of(restated, self.m).into_iter().map(move |fact| (restated, fact))
            });
        let blocks = match (self.ticket.restated.is_empty(), self.style) {
            (true, _) => Vec::new(),
            (false, Style::Full) => {
                let rows = facts.map(|(restated, (name, before, after))| {
                    vec![
                        self.destination(restated.new),
                        Text::plain(&spaced(&restated.new.pattern.ports)),
                        Text::plain(&name),
                        Text::plain(&before),
                        Text::plain(&after),
                        Text::plain(&restated.new.places.join("; ")),
                    ]
                });
                let titles = [
                    &columns.destination,
                    &columns.ports,
                    &columns.what,
                    &columns.before,
                    &columns.after,
                    &columns.cells,
                ];
                vec![self.table(&titles, rows.collect())]
            }
            (false, Style::Compact) => {
                let lines = facts.map(|(restated, (name, before, after))| {
                    format!("{}: {name}: {before} → {after}", self.compact(restated.new))
                });
                vec![Block::Lines(lines.map(|line| visible(&line)).collect())]
            }
        };
        self.section_of_some(Kind::Restated, blocks)
    }

    fn left_out(&self) -> Section {
        let columns = &self.m.columns;
        let lines = &self.ticket.left_out;
        if lines.is_empty() {
            let none = Block::Paragraph(Text::plain(self.m.nothing_left_out.text()));
            return self.section(Kind::LeftOut, vec![none]);
        }
        let note = Block::Paragraph(Text::plain(self.m.left_out_note.text()));
        let list = match self.style {
            Style::Full => {
                let titles =
                    [&columns.destination, &columns.ports, &columns.intent, &columns.finding, &columns.cells];
                let row = |own: &NotOpened<'_>| {
                    vec![
                        self.destination(own.opening),
                        Text::plain(&spaced(&own.opening.pattern.ports)),
                        Text::plain(&self.m.intents(&own.intents, self.m.comma.text())),
                        Text::code(own.code.as_str()),
                        Text::plain(&own.opening.places.join("; ")),
                    ]
                };
                self.table(&titles, lines.iter().map(row).collect())
            }
            Style::Compact => Block::Lines(
                lines
                    .iter()
                    .map(|own| {
                        let lists = self.m.intents(&own.intents, self.m.comma.text());
                        format!("{} ({lists}): {}", self.compact(own.opening), own.code)
                    })
                    .collect(),
            ),
        };
        self.section(Kind::LeftOut, vec![note, list])
    }

    fn findings(&self) -> Section {
        let (ticket, m, columns) = (self.ticket, self.m, &self.m.columns);
        let of_code = |one: &Finding<'_>, other: &Finding<'_>| {
            (one.level(), one.code()) == (other.level(), other.code())
        };
        let mut blocks = Vec::new();
        let said = |own: &Finding<'_>| own.message(|message, intents| m.for_intents.fill([message, intents]));
        match self.style {
            Style::Full => {
                let mut rows = Vec::new();
                for findings in ticket.findings.chunk_by(of_code) {
                    let first = &findings[0];
                    let head =
                        || vec![Text::plain(m.levels.of(first.level())), Text::code(first.code().as_str())];
                    for own in findings.iter().take(MOST_OF_A_CODE) {
                        rows.push(
                            [head(), vec![Text::message(&said(own)), Text::plain(&own.place)]].concat(),
                        );
                    }
                    if let Some(more) = findings.len().checked_sub(MOST_OF_A_CODE).filter(|&more| more > 0) {
                        let more = Text::message(&m.more_findings.of(more));
                        rows.push([head(), vec![more, Text::default()]].concat());
                    }
                }
                if !rows.is_empty() {
                    let titles = [&columns.level, &columns.finding, &columns.what, &columns.place];
                    blocks.push(self.table(&titles, rows));
                }
            }
            Style::Compact => {
                let items: Vec<Text> = ticket
                    .findings
                    .chunk_by(of_code)
                    .map(|findings| {
                        let first = &findings[0];
                        let head = format!(
                            "{} `{}` ({}): ",
                            m.levels.of(first.level()),
                            first.code(),
                            findings.len()
                        );
                        Text::message(&head).and(Text::message(&said(first)))
                    })
                    .collect();
                if !items.is_empty() {
                    blocks.push(Block::List { ordered: false, items });
                }
            }
        }
        if !blocks.is_empty() {
            blocks.push(Block::Paragraph(Text::message(m.explain.text())));
        }
        if ticket.other_findings > 0 {
            blocks.push(Block::Paragraph(Text::message(&m.other_findings.of(ticket.other_findings))));
        }
        self.section_of_some(Kind::Findings, blocks)
    }

    fn waivers(&self) -> Section {
        let columns = &self.m.columns;
        let rows: Vec<Vec<Text>> = self
            .ticket
            .waivers
            .iter()
            .map(|own| {
                vec![
                    Text::code(own.lint.as_str()),
                    Text::code(&own.pattern.to_string()),
                    Text::plain(self.m.intents.of(own.intent).text()),
                    Text::plain(&own.reason),
                    Text::plain(&own.owner),
                    Text::plain(&own.expires.to_string()),
                ]
            })
            .collect();
        let titles = [
            &columns.finding,
            &columns.destination,
            &columns.intent,
            &columns.reason,
            &columns.owner,
            &columns.expires,
        ];
        let blocks = match (rows.is_empty(), self.style) {
            (true, _) => Vec::new(),
            (false, Style::Full) => vec![self.table(&titles, rows)],
            (false, Style::Compact) => {
                let item = |row: Vec<Text>| {
                    let parts: Vec<String> = titles
                        .iter()
                        .zip(row)
                        .map(|(title, text)| format!("{}: {}", title.text(), text.flat()))
                        .collect();
                    Text::plain(&parts.join("; "))
                };
                vec![Block::List { ordered: false, items: rows.into_iter().map(item).collect() }]
            }
        };
        self.section_of_some(Kind::Waivers, blocks)
    }

    fn implementation(&self) -> Section {
        let (ticket, m) = (self.ticket, self.m);
        if ticket.products.is_empty() {
            let none = Block::Paragraph(Text::plain(m.no_products.text()));
            return self.section(Kind::Implementation, vec![none]);
        }
        let first = match &ticket.not_yet[..] {
            [] => m.compile.own(),
            not_yet => {
                let lines: Vec<String> = not_yet.iter().map(|line| format!("`{line}`")).collect();
                format!("{} {}", m.not_yet.fill([&lines.join(", ")]), m.compile.text())
            }
        };
        let mut blocks = vec![
            Block::Paragraph(Text::message(&first)),
            Block::Lines(vec![visible(&self.commands.compile), visible(&self.commands.prove)]),
        ];
        blocks.extend(self.fidelity());
        blocks.push(Block::Paragraph(Text::plain(m.digests.text())));
        for product in &ticket.products {
            blocks.push(Block::Heading(visible(&product.title)));
            blocks.push(Block::Paragraph(Text::plain(m.apply.text())));
            blocks.push(steps(&product.apply));
            blocks.push(match self.style {
                Style::Full => self.file_table(product),
                // As `sha256sum -c` takes them.
                Style::Compact => Block::Lines(
                    product.files.iter().map(|own| format!("{}  {}", own.sha256, own.path)).collect(),
                ),
            });
        }
        self.section(Kind::Implementation, blocks)
    }

    /// How far each product can follow, and how its lists change.
    fn fidelity(&self) -> Vec<Block> {
        let (m, columns) = (self.m, &self.m.columns);
        let of_lists: Vec<&Product> =
            self.ticket.products.iter().filter(|own| !own.intents.is_empty()).collect();
        if of_lists.is_empty() || self.style == Style::Compact {
            return Vec::new();
        }
        let table = |titles: &[&super::messages::Words], numbers: &dyn Fn(&Product) -> Option<Vec<usize>>| {
            let rows = of_lists.iter().filter_map(|own| {
                let numbers = numbers(own)?.into_iter().map(|own| Text::plain(&own.to_string()));
                Some([Text::plain(&own.title)].into_iter().chain(numbers).collect())
            });
            let titles = titles.iter().enumerate();
            let columns = titles.map(|(at, title)| Column { title: title.own(), is_number: at > 0 });
            Block::Table(Table { columns: columns.collect(), rows: rows.collect() })
        };
        let mut blocks = vec![
            Block::Paragraph(Text::plain(m.fidelity_note.text())),
            table(
                &[
                    &columns.product,
                    &columns.exact,
                    &columns.wider,
                    &columns.narrower,
                    &columns.held,
                    &columns.unsupported,
                ],
                &|own| {
                    let own = own.fidelity;
                    Some(vec![own.exact, own.wider, own.narrower, own.held, own.unsupported])
                },
            ),
        ];
        if self.ticket.products.iter().any(|own| own.change.is_some()) {
            blocks.push(Block::Paragraph(Text::plain(m.change_note.text())));
            blocks.push(table(&[&columns.product, &columns.new, &columns.gone, &columns.beyond], &|own| {
                own.change.map(|own| vec![own.opened, own.closed, own.beyond])
            }));
        }
        blocks
    }

    fn file_table(&self, product: &Product) -> Block {
        let columns = &self.m.columns;
        let rows = product.files.iter().map(|own| {
            vec![Text::code(&own.path), Text::plain(&own.bytes.to_string()), Text::code(&own.sha256)]
        });
        let titles = [(&columns.file, false), (&columns.bytes, true), (&columns.sha256, false)];
        let columns = titles.map(|(title, is_number)| Column { title: title.own(), is_number });
        Block::Table(Table { columns: columns.into(), rows: rows.collect() })
    }

    fn tests(&self) -> Section {
        let m = self.m;
        let shown = |commands: &[String]| Block::Lines(commands.iter().map(|own| visible(own)).collect());
        let mut blocks = vec![Block::Paragraph(Text::message(m.verify.text()))];
        if !self.commands.verify_new.is_empty() {
            blocks.push(Block::Paragraph(Text::plain(m.verify_new.text())));
            blocks.push(shown(&self.commands.verify_new));
        }
        blocks.push(Block::Paragraph(Text::plain(m.verify_all.text())));
        blocks.push(shown(&self.commands.verify));
        if self.ticket.products.iter().any(|own| own.id == "pac") {
            blocks.push(Block::Paragraph(Text::message(m.verify_pac.text())));
        }
        if !self.commands.verify_new.is_empty() {
            blocks.push(Block::Paragraph(Text::message(m.verify_expected.text())));
        }
        self.section(Kind::Tests, blocks)
    }

    fn rollback(&self) -> Section {
        let (ticket, m) = (self.ticket, self.m);
        let mut items = vec![m.take_out.of(ticket.added.len())];
        match ticket.change {
            Some(diff) => {
                items.push(m.put_back.of(ticket.removed.len()));
                items.push(m.restore.fill([&format!("`{}`", diff.old.name)]));
            }
            None => items.push(m.withdraw.own()),
        }
        let items = items.iter().map(|item| Text::message(item)).collect();
        let mut blocks = vec![Block::List { ordered: true, items }];
        for product in &ticket.products {
            blocks.push(Block::Heading(visible(&product.title)));
            if let Some(change) = product.change {
                // The other way round: what was opened is taken out.
                let numbers =
                    m.undone_patterns.fill([&change.opened.to_string(), &change.closed.to_string()]);
                blocks.push(Block::Paragraph(Text::plain(&numbers)));
            }
            blocks.push(steps(&product.rollback));
        }
        self.section(Kind::Rollback, blocks)
    }
}

fn key<'a>(line: &'a Line<'_>) -> (&'a [Intent], &'a Ports) {
    (&line.intents, &line.opening.pattern.ports)
}

fn steps(steps: &[String]) -> Block {
    Block::List { ordered: true, items: steps.iter().map(|step| Text::message(step)).collect() }
}

/// The codes of a line, for a cell.
pub(super) fn codes<'a>(codes: impl IntoIterator<Item = &'a Code>) -> String {
    codes.into_iter().map(|own| own.as_str()).collect::<Vec<_>>().join("; ")
}
