//! Documents to tables: the only module that knows file formats.
//!
//! Bytes of a workbook, a CSV file, a Markdown page or a JSON feed become [`RawTable`]s: cells with
//! their places, under columns whose meaning is known. Nothing is interpreted here beyond finding the
//! header; what a cell means is decided in [`normalize`](crate::normalize).

pub mod catalog;
pub mod cloud_connection;
mod decode;
pub mod json;
mod m365;
mod record;
pub mod service_tags;

use std::sync::Arc;

use crate::model::Platform;
use crate::source::{At, Cell, SourceId};

/// What a column holds, by the words of its header (`data/columns.yaml`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Hosts, wildcards, URLs.
    Endpoint,
    /// The TCP port.
    Port,
    /// UDP ports, which no proxy carries.
    UdpPort,
    /// The data location.
    Geography,
    /// The vendor's service.
    Service,
    /// The vendor's category.
    Category,
    /// Required or optional.
    Requirement,
    /// `Yes`, `No` or blank for one platform.
    PlatformFlag(Platform),
    /// Names of platforms: `All`, `Windows`.
    PlatformList,
    /// What the endpoint is used for, in prose.
    Description,
    /// Remarks in prose, in which facts hide.
    Comments,
    /// Whether TLS inspection must be bypassed.
    Inspection,
    /// Inbound or outbound.
    Direction,
    /// The name of an Azure service tag.
    ServiceTag,
    /// The document that the row comes from.
    Document,
    /// When that document was published or changed: `2026-07-02`.
    DocumentDate,
    /// The Windows releases that need the endpoint: `>=1803`. Built-in lists only.
    WindowsReleases,
    /// Whether a direct connection is required: `yes` or blank. Built-in lists only.
    Direct,
    /// Anything else.
    Other,
}

/// One column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// What it holds.
    pub role: Role,
    /// Its header, as written, trimmed.
    pub header: Arc<str>,
    /// Its place in the sheet, from 0.
    pub column: u32,
}

/// One cell of a row, not blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawCell {
    /// Index into [`RawTable::columns`].
    pub column: u16,
    /// The row that the text stands in: another than the row's own where a merged cell, or a cell left
    /// blank under a header that merges elsewhere in the sheet, inherits downwards.
    pub row: u32,
    /// The text as written: line breaks are `\n`, nothing is trimmed.
    pub text: Arc<str>,
}

/// One row of a table, with at least one cell that is not blank and not inherited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawRow {
    /// The row in the sheet, from 0.
    pub row: u32,
    /// For JSON and YAML: the place of the record, used instead of row and column.
    pub pointer: Option<Arc<str>>,
    /// Whether the sheet or a filter hides it.
    pub hidden: bool,
    /// The cells, in column order.
    pub cells: Vec<RawCell>,
}

/// A run of rows under one header. A sheet whose header is repeated gives several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawTable {
    /// Which source.
    pub source: SourceId,
    /// The sheet, trimmed; for Markdown `table 2`; empty for CSV.
    pub sheet: Arc<str>,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows, in order.
    pub rows: Vec<RawRow>,
}

impl RawTable {
    /// The first cell of a row with this role.
    pub fn find<'r>(&self, row: &'r RawRow, role: Role) -> Option<&'r RawCell> {
        row.cells.iter().find(|cell| self.columns[usize::from(cell.column)].role == role)
    }

    /// Whether the table has a column of this role.
    pub fn has(&self, role: Role) -> bool {
        self.columns.iter().any(|column| column.role == role)
    }

    /// The cell as provenance.
    pub fn cell(&self, row: &RawRow, cell: &RawCell) -> Cell {
        let at = match &row.pointer {
            Some(pointer) => At::Pointer(pointer.clone()),
            None => At::Cell { row: cell.row, column: self.columns[usize::from(cell.column)].column },
        };
        Cell { source: self.source, sheet: self.sheet.clone(), at, text: cell.text.clone() }
    }
}

/// How many rows of a sheet were read, and as what. Blank rows are not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetCount {
    /// Which source.
    pub source: SourceId,
    /// The sheet.
    pub sheet: Arc<str>,
    /// Header rows.
    pub headers: u32,
    /// Titles, notes and section rows above or between tables.
    pub titles: u32,
    /// Rows of tables with an endpoint column or a service-tag column.
    pub data: u32,
    /// Rows of sheets without any such column; one `sheet-without-endpoints` finding accounts for them.
    pub ignored: u32,
}

/// What one document gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Document {
    /// The tables with endpoints, in order.
    pub tables: Vec<RawTable>,
    /// Every sheet that was read, in order.
    pub sheets: Vec<SheetCount>,
    /// When the document was last changed, where it says so itself.
    pub date: Option<jiff::civil::Date>,
}
