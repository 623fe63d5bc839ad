//! Text with separators.

use std::sync::Arc;

use ::csv::{ByteRecord, ReaderBuilder};

use super::error::Refusal;
use super::tables::{Layout, SheetReader, SheetRow};
use super::texts::{Texts, decode};
use super::{Content, limits};
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Separators that spreadsheets write; the first one wins where several fit.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many records are looked at to tell the separator.
const SNIFFED_RECORDS: usize = 30;

/// Reads the whole text as one sheet without a name.
pub(super) fn read(
    source: SourceId,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Content, Refusal> {
    let text = decode(bytes)?;
    let delimiter = delimiter(&text)?;
    let mut layout = Layout::default();
    // In a list with one column the word `URL` alone is a header.
    layout.one_column = text.lines().take(SNIFFED_RECORDS).all(|line| !line.contains(char::from(delimiter)));
    let mut reader = SheetReader::new(source, Arc::from(""), &layout);
    let mut texts = Texts::default();
    for_each_record(&text, delimiter, usize::MAX, |row, record| {
        let mut cells = Vec::new();
        for (column, field) in record.iter().enumerate() {
            if let Some(text) = texts.cell(field)? {
                cells.push((column as u32, text));
            }
        }
        reader.row(SheetRow { row, hidden: false, cells, width: Some(record.len() as u32) });
        Ok(())
    })?;
    Ok(Content { sheets: vec![reader.finish(findings)], date: None })
}

/// Calls `see` with the row, as a spreadsheet counts it, and the fields of each record.
fn for_each_record(
    text: &str,
    delimiter: u8,
    records: usize,
    mut see: impl FnMut(u32, &[&str]) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut row = 0u32;
    for _ in 0..records {
        let start = reader.position().byte() as usize;
        let read = reader.read_byte_record(&mut record);
        // Reading from memory does not fail, and ragged records are allowed.
        if !read.map_err(|error| Refusal::Damaged { part: "text".into(), message: error.to_string() })? {
            break;
        }
        // The reader stops between the two characters of a line end.
        let pair = text[..start].ends_with('\r') && text[start..].starts_with('\n');
        row += blank_lines(&text[start + usize::from(pair)..]);
        let end = reader.position().byte() as usize;
        if end == text.len() && is_unclosed(&text[start..end], &record) {
            return Err(Refusal::UnclosedQuote { record: u64::from(row) + 1 });
        }
        check_size(row, &record)?;
        let fields: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        // A record ends at ASCII characters only, so a piece of UTF-8 is UTF-8.
        see(row, &fields.expect("internal error: a field is not UTF-8"))?;
        row += 1;
    }
    Ok(())
}

/// Lines without any character before the record: the reader skips them, a spreadsheet shows them.
fn blank_lines(text: &str) -> u32 {
    let ends = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let ends = &text[..ends];
    (ends.matches('\n').count() + ends.replace("\r\n", "\n").matches('\r').count()) as u32
}

/// Whether the last record ends within quotes, which the reader takes for a long field. Every row behind
/// the quote would be lost in it.
fn is_unclosed(raw: &str, record: &ByteRecord) -> bool {
    let quotes = raw.bytes().filter(|byte| *byte == b'"').count();
    let runs_on = record.iter().next_back().is_some_and(|field| field.contains(&b'\n'));
    quotes % 2 == 1 && (runs_on || !raw.trim_end().ends_with('"'))
}

fn check_size(row: u32, record: &ByteRecord) -> Result<(), Refusal> {
    let (found, limit) = (record.len() as u64, u64::from(limits::COLUMNS));
    if found > limit {
        let what = format!("fields in record {}", u64::from(row) + 1);
        return Err(Refusal::TooLarge { what, found, limit });
    }
    let (found, limit) = (u64::from(row) + 1, 4 * u64::from(limits::ROWS));
    if found > limit {
        return Err(Refusal::TooLarge { what: "records".into(), found, limit });
    }
    Ok(())
}

/// The separator under which the most columns of a header are known; a comma where none is.
fn delimiter(text: &str) -> Result<u8, Refusal> {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let mut known = 0;
        for_each_record(text, delimiter, SNIFFED_RECORDS, |_, record| {
            let of_record =
                record.iter().filter(|field| super::columns::role_of(field) != super::Role::Other);
            known = known.max(of_record.count());
            Ok(())
        })?;
        if known > best.0 {
            best = (known, delimiter);
        }
    }
    Ok(best.1)
}
