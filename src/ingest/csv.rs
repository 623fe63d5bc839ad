//! Text with separators.

use std::sync::Arc;

use ::csv::{ByteRecord, ReaderBuilder};

use super::columns::role_of;
use super::error::Refusal;
use super::tables::{Layout, SheetReader, SheetRow};
use super::texts::{Texts, decode};
use super::{Content, Role, limits};
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
    let delimiter = delimiter(&text);
    // In a list with one column the word `URL` alone is a header.
    let one_column = text.lines().take(SNIFFED_RECORDS).all(|line| !line.contains(char::from(delimiter)));
    let layout = Layout { one_column, ..Layout::default() };
    let mut reader = SheetReader::new(source, Arc::from(""), &layout);
    let mut texts = Texts::default();
    for_each_record(&text, delimiter, usize::MAX, |row, record| {
        reader.row(SheetRow::separated(row, record, &mut texts)?);
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
    let odd = raw.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    let last = record.iter().next_back().map(String::from_utf8_lossy);
    // A quote within a field is only a character: the open one stands right before the field.
    odd && last.is_some_and(|field| raw.ends_with(&format!("\"{}", field.replace('"', "\"\""))))
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
fn delimiter(text: &str) -> u8 {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let mut known = 0;
        // Under a wrong separator a record may be wrong in any way; under the right one, reading reports it.
        let _ = for_each_record(text, delimiter, SNIFFED_RECORDS, |_, record| {
            known = known.max(record.iter().filter(|field| role_of(field) != Role::Other).count());
            Ok(())
        });
        if known > best.0 {
            best = (known, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::super::tests::{counts, found, read_all, text, try_read};
    use super::super::{Refusal, Role};
    use crate::diag::Code;

    #[test]
    fn every_separator_line_end_and_encoding_reads_the_same() {
        let plain = "URL,Port,Comments\na.example,443,\"x, \"\"y\"\"\nz\"\n\nb.example,80,\n";
        let with = |separator: &str| plain.replace("x, ", "x; ").replace(',', separator);
        let utf16: Vec<u8> = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            plain.as_bytes(),
            with(";").replace("x; ", "x ").as_bytes(),
            with("\t").as_bytes(),
            plain.replace('\n', "\r\n").as_bytes(),
            format!("\u{feff}{plain}").as_bytes(),
            plain.trim_end().as_bytes(),
            &utf16,
        ] {
            let (document, findings) = read_all(bytes);
            assert_eq!(findings, []);
            assert_eq!(counts(&document), [("", 1, 0, 2, 0)]);
            let table = &document.tables[0];
            let rows: Vec<(u32, &str, &str)> = table
                .rows
                .iter()
                .map(|row| (row.row, text(table, row, Role::Endpoint), text(table, row, Role::Port)))
                .collect();
            // The blank line between them is a row of its own, the line break in quotes is not.
            assert_eq!(rows, [(1, "a.example", "443"), (3, "b.example", "80")]);
            assert!(text(table, &table.rows[0], Role::Comments).ends_with("\"y\"\nz"));
        }
    }

    #[test]
    fn a_ragged_row_is_kept_and_reported() {
        let (document, findings) =
            read_all(b"URL,Port,Comments\na.example,443,c,extra\nb.example\nc.example,80,d\n");
        assert_eq!(counts(&document), [("", 1, 0, 3, 0)]);
        let table = &document.tables[0];
        assert_eq!(table.columns.len(), 4);
        assert_eq!(&*table.rows[0].cells[3].text, "extra");
        assert_eq!(
            found(&findings, Code::ShiftedCells),
            [
                ("the row has 4 cells where its header has 3".to_owned(), "A2".to_owned()),
                ("the row has 1 cells where its header has 3".to_owned(), "A3".to_owned()),
            ]
        );
    }

    #[test]
    fn many_ragged_rows_are_told_once() {
        let rows = "a.example,443,x\n".repeat(1000);
        let (_, findings) = read_all(format!("URL,Port\n{rows}").as_bytes());
        assert_eq!(findings.len(), 20);
        assert_eq!(
            findings[19].notes.last().map(|note| &**note),
            Some("980 more rows of the file are like it")
        );
    }

    #[test]
    fn a_quote_that_swallows_the_rest_is_refused() {
        let text = "URL,Port,Comments\na.example,443,ok\nb.example,443,\"never closed\nc.example,443,lost\n";
        assert_eq!(try_read(text.as_bytes()).0, Err(Refusal::UnclosedQuote { record: 3 }));
        // A quote within a field is only a character.
        let inch = "URL,Port,Comments\na.example,443,24\" screen";
        assert_eq!(counts(&read_all(inch.as_bytes()).0), [("", 1, 0, 1, 0)]);
    }

    #[test]
    fn a_list_with_one_column_needs_no_second_known_header() {
        assert_eq!(counts(&read_all(b"url\na.example\n*.b.example\n").0), [("", 1, 0, 2, 0)]);
        assert!(matches!(try_read(b"service\na\nb\n").0, Err(Refusal::NoHeader { .. })));
    }

    #[test]
    fn titles_above_a_header_are_counted() {
        let (document, _) = read_all(b"Our list\n\nOwner;netops;\nURL;Port;OS\na.example;443;Linux\n");
        assert_eq!(counts(&document), [("", 1, 2, 1, 0)]);
    }

    #[test]
    fn too_many_fields_or_a_field_too_large_are_refused() {
        let wide = format!("URL,Port{}\n", ",x".repeat(20_000));
        assert!(matches!(try_read(wide.as_bytes()).0, Err(Refusal::TooLarge { found: 20_002, .. })));
        let long = format!("URL,Port\n{},443\n", "a".repeat(200_000));
        assert!(matches!(try_read(long.as_bytes()).0, Err(Refusal::TooLarge { found: 200_000, .. })));
    }
}
