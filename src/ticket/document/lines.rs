//! The lines that a firewall team enters, takes out, or knows otherwise.

use super::super::{Kept, Line};
use super::{Block, Kind, Section, Style, Text, Writer, because, by, facts_of, few, spaced};
use crate::diag::visible;
use crate::model::{HostPattern, Intent, PathPattern, Ports, Requirement};
use crate::opening::Opening;

/// A line, with the lines of the other side that let it through too.
type Shown<'a> = (&'a Line<'a>, &'a [&'a Opening]);

/// What becomes of lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Opened,
    Closed,
    Instead,
    Covered,
}

impl Writer<'_> {
    pub(super) fn openings(&self) -> Section {
        let mut blocks = self.lines(&self.refs(&self.ticket.added), Way::Opened);
        let is_wild = |line: &Line<'_>| {
            matches!(line.opening.pattern.host, HostPattern::Subtree(_) | HostPattern::Descendants(_))
        };
        if self.ticket.added.iter().any(is_wild) {
            blocks.insert(0, Block::Paragraph(Text::message(self.m.names_note.text())));
        }
        self.section_of_some(Kind::Openings, blocks)
    }

    pub(super) fn removals(&self) -> Section {
        self.section_of_some(Kind::Removals, self.lines(&self.refs(&self.ticket.removed), Way::Closed))
    }

    /// What is to be entered although nothing opens.
    pub(super) fn instead(&self) -> Option<Section> {
        self.kept(Kind::Instead, &self.ticket.instead, Way::Instead, self.m.instead_note.text())
    }

    /// What is no longer needed although nothing closes.
    pub(super) fn covered(&self) -> Option<Section> {
        self.kept(Kind::Covered, &self.ticket.covered, Way::Covered, self.m.covered_note.text())
    }

    fn kept(&self, kind: Kind, kept: &[Kept<'_>], way: Way, note: &str) -> Option<Section> {
        if kept.is_empty() {
            return None;
        }
        let lines: Vec<Shown<'_>> = kept.iter().map(|own| (&own.line, &own.by[..])).collect();
        let mut blocks = vec![Block::Paragraph(Text::plain(note))];
        blocks.extend(self.lines(&lines, way));
        Some(self.section(kind, blocks))
    }

    fn refs<'l>(&self, lines: &'l [Line<'l>]) -> Vec<Shown<'l>> {
        lines.iter().map(|line| (line, &[][..])).collect()
    }

    /// Lines as a firewall team enters them: one group for each set of ports and lists.
    fn lines(&self, lines: &[Shown<'_>], way: Way) -> Vec<Block> {
        let mut sorted: Vec<&Shown<'_>> = lines.iter().collect();
        // Stable, so that lines keep their order inside a group.
        sorted.sort_by(|one, other| key(one.0).cmp(&key(other.0)));
        let mut blocks = Vec::new();
        for lines in sorted.chunk_by(|one, other| key(one.0) == key(other.0)) {
            let (intents, ports) = key(lines[0].0);
            let lists = self.m.intents(intents, self.m.comma.text());
            blocks.push(Block::Heading(visible(&format!("TCP {}: {lists}", spaced(ports)))));
            let devices = self.ticket.device_names(intents);
            // Lines to copy have little room, and the devices stand above all lists.
            let is_said = self.style == Style::Full || devices != self.ticket.all_device_names();
            if !devices.is_empty() && is_said {
                blocks.push(Block::Paragraph(Text::plain(&format!(
                    "{}: {devices}",
                    self.m.columns.devices.text()
                ))));
            }
            blocks.push(match self.style {
                Style::Full => self.line_table(lines, way),
                Style::Compact => {
                    Block::Lines(lines.iter().map(|(line, _)| self.compact(line.opening)).collect())
                }
            });
        }
        blocks
    }

    fn line_table(&self, lines: &[&Shown<'_>], way: Way) -> Block {
        let columns = &self.m.columns;
        let mut titles =
            vec![&columns.destination, &columns.who, &columns.why, &columns.risk, &columns.cells];
        if self.ticket.change.is_some() {
            titles.push(match way {
                Way::Opened => &columns.new,
                Way::Closed => &columns.gone,
                Way::Instead | Way::Covered => &columns.what,
            });
        }
        let rows = lines.iter().map(|(line, others)| {
            let mut row = self.row(line.opening);
            let what = match way {
                Way::Opened => because(line, self.m, true),
                Way::Closed => because(line, self.m, false),
                Way::Instead => Some(self.m.through_before.fill([&by(others, self.m)])),
                Way::Covered => Some(self.m.through_now.fill([&by(others, self.m)])),
            };
            row.extend(what.map(|text| Text::message(&text)));
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

    pub(super) fn destination(&self, opening: &Opening) -> Text {
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
    pub(super) fn compact(&self, opening: &Opening) -> String {
        let scheme = match opening.schemes().as_str() {
            "https" => String::new(),
            other => format!("{other} "),
        };
        visible(&format!("{scheme}{}{}", opening.destination(), opening.path()))
    }

    pub(super) fn restated(&self) -> Section {
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
}

fn key<'a>(line: &'a Line<'_>) -> (&'a [Intent], &'a Ports) {
    (&line.intents, &line.opening.pattern.ports)
}
