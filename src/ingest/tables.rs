//! Rows of a sheet to tables: where the headers are, what is data, what is a title, what a merged or
//! blank cell inherits. All readers hand their rows to this one, from top to bottom.

mod open;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use self::open::{OpenTable, looks_like_a_host};
use super::columns::{is_header_word, role_of};
use super::error::{Refusal, SeenRow};
use super::texts::Texts;
use super::{RawTable, Role, SheetCount, limits};
use crate::diag::{Code, Diagnostic};
use crate::source::{At, Cell, SourceId};
use crate::text::shown;

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

impl SheetRow {
    /// A row of a format that separates cells by a sign: all its cells from left to right, blank ones too.
    pub(super) fn separated<T: AsRef<str>>(
        row: u32,
        fields: impl IntoIterator<Item = T>,
        texts: &mut Texts,
    ) -> Result<Self, Refusal> {
        let (mut cells, mut width) = (Vec::new(), 0);
        for field in fields {
            cells.extend(texts.cell(field.as_ref())?.map(|text| (width, text)));
            width += 1;
        }
        Ok(Self { row, hidden: false, cells, width: Some(width) })
    }
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
            open.pass_title(&row, &self.layout.merges);
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
                last.notes.push(format!("{} more rows of {} are like it", self.shifted_more, self.name()));
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
