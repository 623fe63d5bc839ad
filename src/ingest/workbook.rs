//! Workbooks (`.xlsx`, `.xlsm`).
//!
//! The archive is opened here first, and every part that is needed is inflated once through a meter
//! that limits it, checked, and copied as it is, still compressed, into a small archive of our own with
//! our own names. calamine sees only that one: it inflates nothing that was not measured, follows no
//! path that the file chose, and reads cells as a stream, since a range of two far cells would allocate
//! the rectangle between them.

mod layout;
mod package;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::sync::Arc;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use self::layout::SheetXml;
use self::package::Package;
use super::error::Refusal;
use super::tables::{SheetReader, SheetRow};
use super::texts::Texts;
use super::{Content, Format, limits};
use crate::diag::Diagnostic;
use crate::source::{At, SourceId};
use crate::text::shown;

/// Which workbook an archive is, by the names of its parts.
pub(super) fn sniff(bytes: &[u8]) -> Format {
    let Ok(package) = Package::open(bytes) else {
        // Reading it gives the reason.
        return Format::Workbook;
    };
    if package.has("xl/workbook.bin") {
        Format::BinaryWorkbook
    } else if package.has("_rels/.rels") {
        Format::Workbook
    } else if package.has("content.xml") {
        Format::OpenDocument
    } else {
        Format::Archive
    }
}

/// Reads every worksheet, hidden ones too.
pub(super) fn read(
    source: SourceId,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Content, Refusal> {
    let mut package = Package::open(bytes)?;
    let workbook = package.workbook()?;
    let mut layouts = Vec::new();
    for sheet in &workbook.sheets {
        let mut xml = package.part(sheet.part, limits::PART, |reader, meter| layout::read(reader, meter))?;
        xml.layout.hidden = sheet.hidden;
        layouts.push(xml);
    }
    let date = package.modified()?;
    let copy = package.copy(&workbook)?;
    let damaged = |error: &XlsxError| Refusal::Damaged {
        part: "workbook".into(),
        message: shown(&error.to_string(), 200),
    };
    let mut xlsx = Xlsx::new(Cursor::new(&copy[..])).map_err(|error| damaged(&error))?;
    let mut texts = Texts::default();
    let mut sheets = Vec::new();
    for (at, (sheet, xml)) in workbook.sheets.iter().zip(&layouts).enumerate() {
        let name = shown(&sheet.name, 80);
        let mut reader = SheetReader::new(source, Arc::from(&name[..]), &xml.layout);
        read_rows(&mut xlsx, &package::copied_name(at), xml, &mut texts, &mut reader).map_err(|error| {
            match error {
                SheetError::Refused(refusal) => refusal,
                SheetError::Damaged(message) => Refusal::Damaged { part: name, message },
            }
        })?;
        sheets.push(reader.finish(findings));
    }
    Ok(Content { sheets, date })
}

enum SheetError {
    Refused(Refusal),
    Damaged(String),
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> Self {
        Self::Damaged(shown(&error.to_string(), 200))
    }
}

impl From<Refusal> for SheetError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Hands the rows of one worksheet to `reader`.
fn read_rows(
    xlsx: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    xml: &SheetXml,
    texts: &mut Texts,
    reader: &mut SheetReader<'_>,
) -> Result<(), SheetError> {
    if !xml.has_data {
        return Ok(());
    }
    let mut hidden = xml.hidden_rows.iter().peekable();
    let mut is_hidden = |row: u32| {
        while hidden.next_if(|(_, last)| *last < row).is_some() {}
        hidden.peek().is_some_and(|(first, _)| *first <= row)
    };
    let mut cells = xlsx.worksheet_cells_reader(name)?;
    let mut open: Option<SheetRow> = None;
    let mut before: Option<(u32, u32)> = None;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        if row >= limits::ROWS
            || column >= limits::COLUMNS
            || before.is_some_and(|before| before >= (row, column))
        {
            let at = At::Cell { row, column };
            return Err(SheetError::Damaged(format!("cell {at} is out of order or out of the sheet")));
        }
        before = Some((row, column));
        let Some(text) = text_of(cell.get_value(), texts)? else { continue };
        if let Some(done) = open.take_if(|open| open.row != row) {
            reader.row(done);
        }
        open.get_or_insert_with(|| SheetRow { row, hidden: is_hidden(row), cells: Vec::new(), width: None })
            .cells
            .push((column, text));
    }
    if let Some(done) = open {
        reader.row(done);
    }
    Ok(())
}

/// The text that a person sees in the cell, without number formats.
fn text_of(value: &DataRef<'_>, texts: &mut Texts) -> Result<Option<Arc<str>>, Refusal> {
    match value {
        DataRef::Empty => Ok(None),
        DataRef::String(text) => texts.cell(text),
        DataRef::SharedString(text) => texts.cell(text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => texts.cell(text),
        DataRef::Int(number) => texts.cell(&number.to_string()),
        // 443 is stored as a floating-point number and shown without a fraction.
        DataRef::Float(number) => texts.cell(&number.to_string()),
        DataRef::Bool(true) => texts.cell("TRUE"),
        DataRef::Bool(false) => texts.cell("FALSE"),
        DataRef::DateTime(date) => texts.cell(&iso(*date)),
        DataRef::Error(error) => texts.cell(&error.to_string()),
    }
}

fn iso(date: ExcelDateTime) -> String {
    if date.is_duration() {
        return date.as_f64().to_string();
    }
    match date.to_ymd_hms_milli() {
        (year, month, day, 0, 0, 0, _) => format!("{year:04}-{month:02}-{day:02}"),
        (year, month, day, hour, minute, second, _) => {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
    }
}
