//! Documents to tables: the only module that knows file formats.
//!
//! Bytes of a workbook, a CSV file, a Markdown page or a JSON feed become [`RawTable`]s: cells with
//! their places, under columns whose meaning is known. Nothing is interpreted here beyond finding the
//! header; what a cell means is decided in [`normalize`](crate::normalize).

pub mod catalog;
pub mod cloud_connection;
mod columns;
mod csv;
pub(crate) mod decode;
mod error;
pub mod json;
mod limits;
mod m365;
mod markdown;
mod record;
pub mod service_tags;
mod tables;
mod texts;
mod workbook;

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

pub use self::error::{IngestError, Refusal, SeenRow, SeenRows};
use self::tables::Sheet;
use crate::diag::Diagnostic;
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
    pub date: Option<Date>,
}

/// What a file is, by its content; its name is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// A workbook in Office Open XML: `.xlsx`, `.xlsm`.
    Workbook,
    /// A workbook with a password.
    EncryptedWorkbook,
    /// A workbook in the format of Excel 97: `.xls`.
    LegacyWorkbook,
    /// A workbook in Excel's binary format: `.xlsb`.
    BinaryWorkbook,
    /// A workbook in OpenDocument format: `.ods`.
    OpenDocument,
    /// An archive that is no workbook.
    Archive,
    /// A PDF file.
    Pdf,
    /// HTML or XML, also where it is named `.xls`.
    Markup,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Markdown with a pipe table.
    Markdown,
    /// Text with separators, or any other text.
    Csv,
    /// Anything else.
    Unknown,
}

impl Format {
    /// What to do with a file that is not read, as the end of a sentence.
    const fn remedy(self) -> &'static str {
        match self {
            Self::LegacyWorkbook | Self::BinaryWorkbook | Self::OpenDocument => "; save it as xlsx",
            Self::EncryptedWorkbook => "; save it without a password",
            Self::Archive => "; unpack it first",
            Self::Pdf | Self::Markup => "; copy its table to a workbook or a CSV file",
            Self::Workbook | Self::Json | Self::Yaml | Self::Markdown | Self::Csv | Self::Unknown => "",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Workbook => "a workbook",
            Self::EncryptedWorkbook => "an encrypted workbook",
            Self::LegacyWorkbook => "a workbook in the format of Excel 97 (xls)",
            Self::BinaryWorkbook => "a binary workbook (xlsb)",
            Self::OpenDocument => "an OpenDocument file",
            Self::Archive => "an archive that is no workbook",
            Self::Pdf => "a PDF file",
            Self::Markup => "HTML or XML",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Markdown => "Markdown",
            Self::Csv => "CSV",
            Self::Unknown => "a file of unknown format",
        })
    }
}

#[cfg(test)]
mod tests;

/// How much of a text is looked at to tell its format, in bytes.
const SNIFFED: usize = 4 << 20;

/// What a file is, by its content.
pub fn sniff(bytes: &[u8]) -> Format {
    const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return workbook::sniff(bytes);
    }
    if bytes.starts_with(OLE) {
        // Directory entries of a compound file are named in UTF-16.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|window| window == name);
        return if encrypted { Format::EncryptedWorkbook } else { Format::LegacyWorkbook };
    }
    if bytes.starts_with(b"%PDF") {
        return Format::Pdf;
    }
    sniff_text(bytes)
}

fn sniff_text(bytes: &[u8]) -> Format {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let utf16 = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    // What is not text is found by the reader, which can say where.
    let text = match utf16 {
        true => texts::decode(&head[..head.len() & !1]).unwrap_or_default(),
        false => String::from_utf8_lossy(head).into_owned(),
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let second = text.chars().skip(1).find(|c| !c.is_whitespace());
    match text.chars().next() {
        Some('{') => return Format::Json,
        // A page may begin with a link or a note in brackets.
        Some('[') if !second.is_some_and(|c| c.is_alphabetic() || c == '!') => return Format::Json,
        Some('<') if !markdown::has_table(text) => return Format::Markup,
        _ => {}
    }
    if text.contains('\0') && !utf16 {
        return Format::Unknown;
    }
    if markdown::has_table(text) {
        return Format::Markdown;
    }
    if is_yaml(text) { Format::Yaml } else { Format::Csv }
}

/// Whether the first line that is no comment is a key of a mapping, and the next one goes on like it: a
/// title such as `Owner: netops` above a table is none.
fn is_yaml(text: &str) -> bool {
    let is_key = |line: &str| {
        line.split_once(':').is_some_and(|(key, value)| {
            !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                && (value.is_empty() || value.starts_with(char::is_whitespace))
        })
    };
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#') && line.trim_end() != "---");
    lines.next().is_some_and(is_key)
        && lines.next().is_none_or(|line| line.starts_with([' ', '-']) || is_key(line))
}

/// What a reader found in a document.
struct Content {
    sheets: Vec<Sheet>,
    date: Option<Date>,
}

/// Reads a document: a workbook, a CSV file or a Markdown page, told apart by their content.
///
/// Every row that is not blank is in one of the counts of [`Document::sheets`]; what was not used is in
/// `findings` too.
///
/// # Errors
/// When it is of another format, damaged, too large, or holds no table with endpoints.
pub fn read(
    source: SourceId,
    name: &str,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Document, IngestError> {
    read_document(source, bytes, findings)
        .map_err(|refusal| IngestError { name: crate::text::shown(name, 200), refusal })
}

fn read_document(
    source: SourceId,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Document, Refusal> {
    if bytes.len() > limits::FILE {
        let (found, limit) = (bytes.len() as u64, limits::FILE as u64);
        return Err(Refusal::TooLarge { what: "bytes in the file".into(), found, limit });
    }
    let content = match sniff(bytes) {
        Format::Workbook => workbook::read(source, bytes, findings)?,
        Format::Csv => csv::read(source, bytes, findings)?,
        Format::Markdown => markdown::read(source, bytes, findings)?,
        Format::Json => return Ok(json::read(source, bytes, findings)?),
        Format::EncryptedWorkbook => return Err(Refusal::Encrypted),
        Format::Unknown => return Err(Refusal::UnknownFormat),
        format @ (Format::LegacyWorkbook
        | Format::BinaryWorkbook
        | Format::OpenDocument
        | Format::Archive
        | Format::Pdf
        | Format::Markup
        | Format::Yaml) => return Err(Refusal::Format { format }),
    };
    conclude(content)
}

/// A document without endpoints is no empty list of endpoints, but a mistake.
fn conclude(content: Content) -> Result<Document, Refusal> {
    let mut document = Document { date: content.date, ..Document::default() };
    let mut seen = SeenRows::default();
    for sheet in content.sheets {
        document.tables.extend(sheet.tables);
        document.sheets.push(sheet.count);
        seen.0.extend(sheet.seen);
    }
    seen.0.truncate(SEEN_SHEETS);
    if document.tables.is_empty() {
        return Err(Refusal::NoHeader { seen });
    }
    if document.sheets.iter().all(|sheet| sheet.data == 0) {
        return Err(Refusal::NoRows { seen });
    }
    Ok(document)
}

/// Of how many sheets an error tells the rows that it saw.
const SEEN_SHEETS: usize = 12;
