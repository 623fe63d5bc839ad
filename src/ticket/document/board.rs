//! What a board decides on: the change in a few sentences, why, and who accepts which risk.

use super::super::{Finding, NotOpened, Ticket, reasons};
use super::{Block, Column, Kind, Section, Style, Table, Text, Writer, spaced};
use crate::diff::Side;
use crate::model::Intent;

/// How many findings of one code are shown; `thruway lint` shows the rest.
const MOST_OF_A_CODE: usize = 20;

impl Writer<'_> {
    pub(super) fn summary(&self) -> Vec<Text> {
        let (ticket, m) = (self.ticket, self.m);
        let mut sentences = Vec::new();
        if ticket.changes_products() {
            sentences.push(m.only_products.own());
        } else if ticket.change.is_some() && ticket.is_empty() {
            sentences.push(m.no_change.own());
        } else {
            let ports = ticket.ports();
            sentences.push(match ports.ranges().next() {
                Some(_) => {
                    let opened = Ticket::allowed(&ticket.added);
                    m.opened_on.with(opened, [&opened.to_string(), &spaced(&ports)])
                }
                None => m.opened.of(0),
            });
        }
        for intent in Intent::ALL {
            let count = ticket.added.iter().filter(|line| line.intents.contains(&intent)).count();
            if count > 0 && intent != Intent::Allow {
                sentences.push(m.of_intent.of(intent).of(count));
            }
        }
        if ticket.change.is_some() && !ticket.is_empty() {
            let closed = Ticket::allowed(&ticket.removed);
            sentences.push(m.closed.of(closed));
            let exemptions = ticket.removed.len() - closed;
            for (number, said) in [
                (exemptions, &m.closed_exemptions),
                (ticket.instead.len(), &m.instead),
                (ticket.covered.len(), &m.covered),
                (ticket.restated.len(), &m.changed),
            ] {
                if number > 0 {
                    sentences.push(said.of(number));
                }
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
            let compared = m
                .compared
                .fill([&format!("`{}`", short(&diff.old.name)), &format!("`{}`", short(&diff.new.name))]);
            paragraphs.push(Text::message(&compared));
            paragraphs.extend([diff.old, diff.new].into_iter().filter_map(|side| self.looked_at(side)));
        }
        if !m.language_note.is_empty() {
            paragraphs.push(Text::message(&m.language_note));
        }
        paragraphs
    }

    pub(super) fn facts(&self) -> Vec<(String, Text)> {
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
            facts.push((&columns.devices, Text::plain(&ticket.all_device_names())));
        }
        for (code, count) in ticket.risks() {
            let risk = m.risks.get(code.as_str()).expect("internal error: every risk has words").of(count);
            facts.push((&columns.risk, Text::message(&format!("{risk} (`{code}`)"))));
        }
        for change in ticket.settings {
            let said = |own: &Option<String>| own.clone().unwrap_or_else(|| m.not_set.own());
            let text =
                m.setting_change.fill([&format!("`{}`", change.key), &said(&change.old), &said(&change.new)]);
            facts.push((&columns.setting, Text::message(&text)));
        }
        let mut facts: Vec<(String, Text)> =
            facts.into_iter().map(|(name, value)| (name.own(), value)).collect();
        let source = |name: &str, digest: &str| {
            Text::plain(short(name)).and(Text::plain(", SHA-256 ")).and(Text::code(digest))
        };
        if let Some(diff) = ticket.change {
            facts
                .extend(diff.old.sources.iter().map(|(name, sha)| (columns.before.own(), source(name, sha))));
        }
        facts
            .extend(ticket.banner.sources.iter().map(|(name, sha)| (columns.cells.own(), source(name, sha))));
        facts
    }

    pub(super) fn reasons(&self) -> Section {
        let columns = &self.m.columns;
        let named = |text: &str| if text.is_empty() { self.m.not_stated.own() } else { text.to_owned() };
        // What has the same reason is told once.
        let mut reasons: Vec<(String, Vec<String>, usize)> = Vec::new();
        for (text, count) in reasons::categories(self.ticket.added.iter().map(|line| line.opening)) {
            let reason = match reasons::reason(&text) {
                Some(reason) => reason.text(self.language).to_owned(),
                None => self.m.fallback_reason.own(),
            };
            match reasons.iter_mut().find(|(own, ..)| *own == reason) {
                Some((_, texts, all)) => {
                    texts.push(named(&text));
                    *all += count;
                }
                None => reasons.push((reason, vec![named(&text)], count)),
            }
        }
        let blocks = match (reasons.is_empty(), self.style) {
            (true, _) => Vec::new(),
            (false, Style::Full) => {
                let rows = reasons.iter().map(|(reason, texts, count)| {
                    vec![Text::plain(&texts.join("; ")), Text::plain(reason), Text::plain(&count.to_string())]
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
                let items = reasons.iter().map(|(reason, texts, count)| {
                    Text::plain(&format!("{} ({count}): {reason}", texts.join("; ")))
                });
                vec![Block::List { ordered: false, items: items.collect() }]
            }
        };
        self.section_of_some(Kind::Reasons, blocks)
    }

    pub(super) fn left_out(&self) -> Section {
        let columns = &self.m.columns;
        let lines = &self.ticket.left_out;
        let unread = (self.ticket.unread > 0)
            .then(|| Block::Paragraph(Text::message(&self.m.unread.of(self.ticket.unread))));
        if lines.is_empty() {
            let none = || Block::Paragraph(Text::plain(self.m.nothing_left_out.text()));
            return self.section(Kind::LeftOut, vec![unread.unwrap_or_else(none)]);
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
        self.section(Kind::LeftOut, [note, list].into_iter().chain(unread).collect())
    }

    pub(super) fn findings(&self) -> Section {
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

    pub(super) fn waivers(&self) -> Section {
        let rows: Vec<Vec<Text>> = self
            .ticket
            .waivers
            .iter()
            .map(|accepted| {
                let own = accepted.waiver;
                vec![
                    Text::code(own.lint.as_str()),
                    Text::code(&own.pattern.to_string()),
                    Text::plain(self.m.intents.of(own.intent).text()),
                    Text::plain(&own.reason),
                    Text::plain(&own.owner),
                    Text::plain(&accepted.expires(self.m)),
                ]
            })
            .collect();
        let titles = self.m.columns.of_waivers();
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

    /// What a list that is looked at by a profile has of it, which is no part of the change.
    fn looked_at(&self, side: &Side) -> Option<Text> {
        let (m, by) = (self.m, side.by.as_ref()?);
        let all = [(by.inclusions, &m.inclusions), (by.exclusions, &m.exclusions), (by.waivers, &m.waivers)];
        let said: Vec<String> = all
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, words)| words.of(number))
            .collect();
        if said.is_empty() {
            return None;
        }
        let profile =
            by.profile.as_deref().map_or(m.builtin_profile.own(), |own| format!("`{}`", short(own)));
        let side = format!("`{}`", short(&side.name));
        Some(Text::message(&m.looked_at.fill([&side, &profile, &said.join(m.comma.text())])))
    }
}

/// The name of a file without its folder.
pub(super) fn short(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().filter(|own| !own.is_empty()).unwrap_or(name)
}
