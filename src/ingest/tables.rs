//! Rows of a sheet to tables: where the headers are, what is data, what is a title, what a merged or
//! blank cell inherits. All readers hand their rows to this one, from top to bottom.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::columns::{is_header_word, makes_header, role_of};
use super::error::{SeenRow, shown};
use super::{Column, RawCell, RawRow, RawTable, Role, SheetCount, limits};
use crate::diag::{Code, Diagnostic};
use crate::source::{At, Cell, SourceId};

/// A row as a reader found it.
pub(super) struct SheetRow {
    /// Its place, from 0. Greater than that of the row before.
    pub row: u32,
    /// Whether the sheet hides it.
    pub hidden: bool,
    /// Its cells that are not blank, from left to right, by column from 0.
    pub cells: Vec<(u32, Arc<str>)>,
    /// How many cells were written, blank ones too, where the format separates cells by a sign that can
    /// get lost.
    pub width: Option<u32>,
}

/// Merged ranges of a sheet, by their top left cell.
#[derive(Default, Debug)]
pub(super) struct Merges {
    by_corner: HashMap<(u32, u32), (u32, u32)>,
    /// Columns in which a merge spans several rows.
    vertical: HashSet<u32>,
}

impl Merges {
    /// Adds a range by its corners, each row and column from 0.
    pub(super) fn add(&mut self, first: (u32, u32), last: (u32, u32)) {
        self.by_corner.insert(first, last);
        if last.0 > first.0 {
            self.vertical.insert(first.1);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_corner.len()
    }
}

/// What a sheet says of itself, apart from its cells.
#[derive(Default, Debug)]
pub(super) struct Layout {
    /// Merged ranges.
    pub merges: Merges,
    /// Hidden columns: first and last, from 0.
    pub hidden_columns: Vec<(u32, u32)>,
    /// Whether the whole sheet is hidden.
    pub hidden: bool,
    /// Whether a filter is set.
    pub filtered: bool,
    /// Whether a row with one cell may be a header: a list with one column.
    pub one_column: bool,
}

/// What a sheet gave.
pub(super) struct Sheet {
    /// Its tables with endpoints.
    pub tables: Vec<RawTable>,
    /// How its rows were read.
    pub count: SheetCount,
    /// The row that looks most like a header, where the sheet has rows.
    pub seen: Option<SeenRow>,
}

/// Reads one sheet, row by row.
pub(super) struct SheetReader<'a> {
    layout: &'a Layout,
    count: SheetCount,
    /// Rows before the first header; titles once there is one.
    before: u32,
    tables: Vec<RawTable>,
    open: Option<OpenTable>,
    /// The first row with several cells, else the first row.
    header_like: Option<SheetRow>,
    hidden: HiddenRows,
    shifted: Vec<Diagnostic>,
    shifted_more: u64,
}

/// Hidden rows with data, in runs.
#[derive(Default)]
struct HiddenRows {
    first: Option<Cell>,
    runs: Vec<(u32, u32)>,
    rows: u32,
}

/// A text that a merged cell hands down.
struct Span {
    last_row: u32,
    row: u32,
    text: Arc<str>,
}

struct OpenTable {
    table: RawTable,
    /// Place in the sheet to index in the table.
    index: HashMap<u32, u16>,
    header_row: u32,
    header_width: Option<u32>,
    spans: BTreeMap<u32, Span>,
    /// The nearest text above, by column: row and text.
    above: BTreeMap<u32, (u32, Arc<str>)>,
}

impl<'a> SheetReader<'a> {
    pub(super) fn new(source: SourceId, sheet: Arc<str>, layout: &'a Layout) -> Self {
        Self {
            layout,
            count: SheetCount { source, sheet, headers: 0, titles: 0, data: 0, ignored: 0 },
            before: 0,
            tables: Vec::new(),
            open: None,
            header_like: None,
            hidden: HiddenRows::default(),
            shifted: Vec::new(),
            shifted_more: 0,
        }
    }

    /// Reads the next row. A row without cells is blank and leaves no trace.
    pub(super) fn row(&mut self, row: SheetRow) {
        if row.cells.is_empty() {
            return;
        }
        if self.is_header(&row) {
            self.close();
            self.count.headers += 1;
            self.open = Some(OpenTable::new(&self.count, &row));
            self.remember(row);
            return;
        }
        let Some(open) = &mut self.open else {
            self.before += 1;
            self.remember(row);
            return;
        };
        if open.is_title(&row, &self.layout.merges) {
            self.count.titles += 1;
            open.above.clear();
            open.open_spans(&row, &self.layout.merges);
            return;
        }
        self.count.data += 1;
        let (hidden, width) = (row.hidden, row.width);
        open.push(row, &self.layout.merges);
        self.note_shifted(width);
        if hidden {
            self.note_hidden();
        }
    }

    /// Ends the sheet and reports what is remarkable about it as a whole.
    pub(super) fn finish(mut self, findings: &mut Vec<Diagnostic>) -> Sheet {
        self.close();
        if self.tables.is_empty() {
            self.count.ignored = self.before;
            findings.extend(self.without_endpoints());
        } else {
            self.count.titles += self.before;
            findings.extend(self.hidden_findings());
            if self.shifted_more > 0
                && let Some(mut last) = self.shifted.pop()
            {
                last.help.push(format!("{} more rows of {} are like it", self.shifted_more, self.name()));
                self.shifted.push(last);
            }
            findings.append(&mut self.shifted);
        }
        let seen = self.header_like.as_ref().map(|row| SeenRow {
            sheet: self.count.sheet.to_string(),
            texts: row.cells.iter().take(4).map(|(_, text)| shown(text, 40)).collect(),
        });
        Sheet { tables: self.tables, count: self.count, seen }
    }

    fn is_header(&self, row: &SheetRow) -> bool {
        if !row.cells.iter().any(|(_, text)| is_header_word(text)) {
            return false;
        }
        let known = row.cells.iter().filter(|(_, text)| role_of(text) != Role::Other).count();
        // A row of data may say `URL` in some column, but it also has a host.
        (known >= 2 || self.layout.one_column && row.cells.len() == 1)
            && !row.cells.iter().any(|(_, text)| looks_like_a_host(text))
    }

    fn remember(&mut self, row: SheetRow) {
        if self.header_like.as_ref().is_none_or(|seen| seen.cells.len() < 2 && row.cells.len() > 1) {
            self.header_like = Some(row);
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.tables.push(open.finish());
    }

    fn note_shifted(&mut self, width: Option<u32>) {
        let Some(open) = &self.open else { return };
        let (Some(width), Some(header)) = (width, open.header_width) else { return };
        if width == header {
            return;
        }
        if self.shifted.len() >= limits::FINDINGS {
            self.shifted_more += 1;
            return;
        }
        let Some((row, cell)) = open.table.rows.last().and_then(|row| Some((row, row.cells.first()?))) else {
            return;
        };
        self.shifted.push(
            Diagnostic::new(
                Code::ShiftedCells,
                format!("the row has {width} cells where its header has {header}"),
                open.table.cell(row, cell).into(),
                "a separator was lost or is one too many",
            )
            .help("compare the row with the header and mend it in the source"),
        );
    }

    fn note_hidden(&mut self) {
        let Some(open) = &self.open else { return };
        let Some(row) = open.table.rows.last() else { return };
        let hidden = &mut self.hidden;
        hidden.rows += 1;
        let told = hidden.runs.len();
        match hidden.runs.last_mut() {
            Some((_, last)) if *last + 1 == row.row => *last = row.row,
            _ if told < limits::FINDINGS => hidden.runs.push((row.row, row.row)),
            _ => {}
        }
        if hidden.first.is_none() {
            let cell = open.table.find(row, Role::Endpoint).or(row.cells.first());
            hidden.first = cell.map(|cell| open.table.cell(row, cell));
        }
    }

    fn without_endpoints(&self) -> Option<Diagnostic> {
        let row = self.header_like.as_ref()?;
        let (column, text) = row.cells.first()?;
        let texts: Vec<String> =
            row.cells.iter().take(4).map(|(_, text)| format!("`{}`", shown(text, 40))).collect();
        Some(
            Diagnostic::new(
                Code::SheetWithoutEndpoints,
                format!(
                    "{} has no column with endpoints: {} rows are not used",
                    self.name(),
                    self.count.ignored
                ),
                self.place(row.row, *column, text.clone()).into(),
                format!("looks most like a header: {}", texts.join(", ")),
            )
            .help("if it should hold endpoints, name their column `Endpoint/URL` and another one `Port`"),
        )
    }

    fn name(&self) -> String {
        if self.count.sheet.is_empty() { "the file".to_owned() } else { format!("`{}`", self.count.sheet) }
    }

    fn place(&self, row: u32, column: u32, text: Arc<str>) -> Cell {
        Cell {
            source: self.count.source,
            sheet: self.count.sheet.clone(),
            at: At::Cell { row, column },
            text,
        }
    }

    fn hidden_findings(&self) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let mut report = |what: String, place: Cell, label: &str| {
            let help = "it is read like any other; delete it from the source if it should not count";
            findings.push(Diagnostic::new(Code::HiddenRow, what, place.into(), label).help(help));
        };
        if self.layout.hidden
            && let Some(row) = &self.header_like
            && let Some((column, text)) = row.cells.first()
        {
            let what = format!("the sheet {} with {} rows is hidden", self.name(), self.count.data);
            report(what, self.place(row.row, *column, text.clone()), "on a hidden sheet");
        }
        if let Some(first) = &self.hidden.first {
            let runs: Vec<String> = self
                .hidden
                .runs
                .iter()
                .take(5)
                .map(|(first, last)| match first == last {
                    true => format!("{}", u64::from(*first) + 1),
                    false => format!("{} to {}", u64::from(*first) + 1, u64::from(*last) + 1),
                })
                .collect();
            let more = if self.hidden.runs.len() > 5 { " and more" } else { "" };
            let why = if self.layout.filtered { "a filter is set" } else { "hidden by hand" };
            let what =
                format!("{} hidden rows of {}: {}{more}", self.hidden.rows, self.name(), runs.join(", "));
            report(what, first.clone(), why);
        }
        for table in &self.tables {
            for column in &table.columns {
                let hides = |(first, last): &(u32, u32)| (*first..=*last).contains(&column.column);
                if self.layout.hidden_columns.iter().any(hides)
                    && let Some(row) = table.rows.first()
                {
                    let place = self.place(row.row, column.column, column.header.clone());
                    report(
                        format!("the column `{}` of {} is hidden", shown(&column.header, 40), self.name()),
                        place,
                        "in a hidden column",
                    );
                }
            }
        }
        findings
    }
}

impl OpenTable {
    fn new(count: &SheetCount, header: &SheetRow) -> Self {
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

    fn is_title(&self, row: &SheetRow, merges: &Merges) -> bool {
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

    fn push(&mut self, row: SheetRow, merges: &Merges) {
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
    fn finish(mut self) -> RawTable {
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
fn looks_like_a_host(text: &str) -> bool {
    let word = text.lines().next().unwrap_or_default().trim();
    let host = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
    !word.contains(char::is_whitespace)
        && host.len() <= 255
        && host.rsplit_once('.').is_some_and(|(name, top)| {
            !name.is_empty() && top.len() >= 2 && top.chars().all(|c| c.is_alphabetic() || c == '-')
        })
}
