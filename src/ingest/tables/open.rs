//! A table below its header: its columns, its titles, and what its cells inherit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::columns::{makes_header, role_of};
use super::super::{Column, RawCell, RawRow, RawTable, Role, SheetCount};
use super::{Merges, SheetRow};

/// A text that a merged cell hands down.
struct Span {
    last_row: u32,
    row: u32,
    text: Arc<str>,
}

/// A table that still grows.
pub(super) struct OpenTable {
    /// What there is of it; its columns may be out of order.
    pub table: RawTable,
    /// Place in the sheet to index in the table.
    index: HashMap<u32, u16>,
    header_row: u32,
    /// As in [`SheetRow::width`].
    pub header_width: Option<u32>,
    spans: BTreeMap<u32, Span>,
    /// The nearest text above, by column: row and text.
    above: BTreeMap<u32, (u32, Arc<str>)>,
}

impl OpenTable {
    /// A table below this header.
    pub(super) fn new(count: &SheetCount, header: &SheetRow) -> Self {
        let mut open = Self {
            table: RawTable {
                source: count.source,
                sheet: count.sheet.clone(),
                columns: Vec::new(),
                rows: Vec::new(),
            },
            index: HashMap::new(),
            header_row: header.row,
            header_width: header.width,
            spans: BTreeMap::new(),
            above: BTreeMap::new(),
        };
        for (column, text) in &header.cells {
            open.add_column(*column, role_of(text), Arc::from(text.trim()));
        }
        open
    }

    fn add_column(&mut self, column: u32, role: Role, header: Arc<str>) -> u16 {
        // A sheet has at most 16,384 columns, and so has every other format by its reader's limit.
        let at = u16::try_from(self.table.columns.len()).expect("internal error: too many columns");
        self.table.columns.push(Column { role, header, column });
        self.index.insert(column, at);
        at
    }

    fn role(&self, column: u32) -> Role {
        self.index.get(&column).map_or(Role::Other, |at| self.table.columns[usize::from(*at)].role)
    }

    /// Whether the row has what the table is read for: a text of its own in such a column, or one that
    /// a merge in that column hands down.
    fn has_key(&self, row: &SheetRow) -> bool {
        row.cells.iter().any(|(column, _)| makes_header(self.role(*column)))
            || self
                .spans
                .iter()
                .any(|(column, span)| span.last_row >= row.row && makes_header(self.role(*column)))
    }

    /// Whether the row is a title, a note or the name of a section rather than data.
    pub(super) fn is_title(&self, row: &SheetRow, merges: &Merges) -> bool {
        if self.has_key(row) {
            return false;
        }
        if let [(_, text)] = &row.cells[..] {
            // A host in a wrong column is no title: it must come to light.
            return !looks_like_a_host(text);
        }
        let columns = self.table.columns.len() as u32;
        row.cells.iter().any(|(column, _)| {
            let merge = merges.by_corner.get(&(row.row, *column));
            merge.is_some_and(|(_, last)| last.saturating_sub(*column) + 1 > columns / 2)
        })
    }

    /// Goes past a title: nothing above it is inherited below it, but what it merges downwards itself.
    pub(super) fn pass_title(&mut self, row: &SheetRow, merges: &Merges) {
        self.above.clear();
        self.open_spans(row, merges);
    }

    /// Opens the vertical merges that begin in this row.
    fn open_spans(&mut self, row: &SheetRow, merges: &Merges) {
        for (column, text) in &row.cells {
            if let Some((last_row, _)) = merges.by_corner.get(&(row.row, *column))
                && *last_row > row.row
            {
                let span = Span { last_row: *last_row, row: row.row, text: text.clone() };
                self.spans.insert(*column, span);
            }
        }
    }

    /// Adds a row of data.
    pub(super) fn push(&mut self, row: SheetRow, merges: &Merges) {
        let mut own: BTreeMap<u32, (u32, Arc<str>)> =
            row.cells.iter().map(|(column, text)| (*column, (row.row, text.clone()))).collect();
        self.spread_flags(&row, merges, &mut own);
        for column in own.keys() {
            if !self.index.contains_key(column) {
                self.add_column(*column, Role::Other, Arc::from(""));
            }
        }
        self.inherit(row.row, merges, &mut own);
        self.open_spans(&row, merges);
        let cells =
            own.into_iter().map(|(column, (row, text))| RawCell { column: self.index[&column], row, text });
        let cells = cells.collect();
        self.table.rows.push(RawRow { row: row.row, pointer: None, hidden: row.hidden, cells });
    }

    /// A `Yes` in a cell that is merged over several platforms' columns counts for each of them.
    fn spread_flags(&self, row: &SheetRow, merges: &Merges, own: &mut BTreeMap<u32, (u32, Arc<str>)>) {
        for (column, text) in &row.cells {
            let Some((_, last)) = merges.by_corner.get(&(row.row, *column)) else { continue };
            if last == column || !matches!(self.role(*column), Role::PlatformFlag(_)) {
                continue;
            }
            for other in &self.table.columns {
                if (*column..=*last).contains(&other.column) && matches!(other.role, Role::PlatformFlag(_)) {
                    own.entry(other.column).or_insert_with(|| (row.row, text.clone()));
                }
            }
        }
    }

    fn inherit(&mut self, row: u32, merges: &Merges, cells: &mut BTreeMap<u32, (u32, Arc<str>)>) {
        if merges.vertical.is_empty() {
            return;
        }
        for column in &self.table.columns {
            let place = column.column;
            let cell = match cells.get(&place).cloned() {
                Some(own) => {
                    // A text of its own ends what a merge above hands down.
                    self.spans.remove(&place);
                    own
                }
                None => match self.handed_down(column, row, merges) {
                    Some(cell) => cell,
                    None => continue,
                },
            };
            if merges.vertical.contains(&place) {
                self.above.insert(place, cell.clone());
            }
            cells.insert(place, cell);
        }
    }

    /// The text that a cell without one of its own takes from above.
    fn handed_down(&self, column: &Column, row: u32, merges: &Merges) -> Option<(u32, Arc<str>)> {
        let place = column.column;
        if let Some(span) = self.spans.get(&place).filter(|span| span.last_row >= row) {
            return Some((span.row, span.text.clone()));
        }
        let inherits = inherits_when_blank(column.role) && merges.vertical.contains(&place);
        self.above.get(&place).filter(|_| inherits).cloned()
    }

    /// Columns from left to right: those without a header were added as they came.
    pub(super) fn finish(mut self) -> RawTable {
        debug_assert!(self.table.rows.first().is_none_or(|row| row.row > self.header_row));
        let sorted = self.table.columns.is_sorted_by_key(|column| column.column);
        if !sorted {
            self.table.columns.sort_by_key(|column| column.column);
            let new: HashMap<u32, u16> =
                self.table.columns.iter().map(|column| column.column).zip(0..).collect();
            let mut renumbered = vec![0; new.len()];
            for (column, old) in &self.index {
                renumbered[usize::from(*old)] = new[column];
            }
            for cell in self.table.rows.iter_mut().flat_map(|row| &mut row.cells) {
                cell.column = renumbered[usize::from(cell.column)];
            }
        }
        self.table
    }
}

/// Whether a blank cell of such a column takes the text above it, in a sheet that merges that column.
/// An endpoint never does; prose does not, since facts that hide in it are about one row; and a column
/// whose blank cells say something themselves, such as a platform's, does not either.
const fn inherits_when_blank(role: Role) -> bool {
    match role {
        Role::Endpoint
        | Role::ServiceTag
        | Role::Description
        | Role::Comments
        | Role::PlatformFlag(_)
        | Role::WindowsReleases
        | Role::Direct
        | Role::Other => false,
        Role::Port
        | Role::UdpPort
        | Role::Geography
        | Role::Service
        | Role::Category
        | Role::Requirement
        | Role::PlatformList
        | Role::Inspection
        | Role::Direction
        | Role::Document
        | Role::DocumentDate => true,
    }
}

/// Whether a text is one word that could be a host, a wildcard or a URL. Rough on purpose: it tells rows
/// of data from headers and titles, nothing else.
pub(super) fn looks_like_a_host(text: &str) -> bool {
    let word = text.lines().next().unwrap_or_default().trim();
    let host = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
    !word.contains(char::is_whitespace)
        && host.len() <= 255
        && host.rsplit_once('.').is_some_and(|(name, top)| {
            !name.is_empty() && top.len() >= 2 && top.chars().all(|c| c.is_alphabetic() || c == '-')
        })
}
