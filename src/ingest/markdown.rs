//! Pipe tables of Markdown pages.
//!
//! pulldown-cmark tells which lines are code or comments. The cells themselves are split here: the
//! parser drops cells beyond the header's width, takes no table whose separator line has another number
//! of columns, and reads two code spans without a blank between them as one. Rows of a policy must not
//! get lost for such reasons.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::error::Refusal;
use super::tables::{Layout, SheetReader, SheetRow};
use super::texts::{Texts, decode};
use super::{Content, limits};
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Reads every table of the page as a sheet of its own.
pub(super) fn read(
    source: SourceId,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Content, Refusal> {
    let text = decode(bytes)?;
    let mut texts = Texts::default();
    let layout = Layout::default();
    let mut sheets = Vec::new();
    for (number, table) in find_tables(&text).into_iter().enumerate() {
        if number >= limits::SHEETS {
            let (found, limit) = (number as u64 + 1, limits::SHEETS as u64);
            return Err(Refusal::TooLarge { what: "tables".into(), found, limit });
        }
        let name = format!("table {}", number + 1);
        let mut reader = SheetReader::new(source, Arc::from(name), &layout);
        for (line, raw) in table {
            reader.row(read_row(line, raw, &mut texts)?);
        }
        sheets.push(reader.finish(findings));
    }
    Ok(Content { sheets, date: None })
}

fn read_row(line: u32, raw: &str, texts: &mut Texts) -> Result<SheetRow, Refusal> {
    let cells = split(raw);
    if cells.len() > limits::COLUMNS as usize {
        let (found, limit) = (cells.len() as u64, u64::from(limits::COLUMNS));
        return Err(Refusal::TooLarge {
            what: format!("cells in line {}", u64::from(line) + 1),
            found,
            limit,
        });
    }
    SheetRow::separated(line, cells.into_iter().map(plain), texts)
}

/// Whether a text has a table: a separator line that is not the first line.
pub(super) fn has_table(text: &str) -> bool {
    let mut before = false;
    text.lines().any(|line| {
        let line = unquoted(line);
        let found = before && is_separator(line);
        before = line.contains('|');
        found
    })
}

/// Lines of tables, with their numbers from 0, without the separator lines. A separator makes the line
/// above it a header, and a header begins a table, also where no blank line parts it from the table before.
fn find_tables(text: &str) -> Vec<Vec<(u32, &str)>> {
    let skipped = not_tables(text);
    let mut skipped = skipped.iter().peekable();
    let mut tables: Vec<Vec<(u32, &str)>> = Vec::new();
    let mut block: Vec<(u32, &str)> = Vec::new();
    let mut headed = false;
    let mut at = 0;
    for (number, line) in (0..).zip(text.split_inclusive('\n')) {
        let start = at;
        at += line.len();
        while skipped.next_if(|range| range.end <= start).is_some() {}
        let line = match skipped.peek() {
            Some(range) if range.start <= start => "",
            _ => unquoted(line.trim_end_matches(['\n', '\r'])),
        };
        if is_separator(line) && !block.is_empty() {
            let header = block.pop().expect("internal error: the block is empty");
            flush(&mut tables, &mut block, headed);
            block.push(header);
            headed = true;
        } else if line.contains('|') {
            block.push((number, line));
        } else {
            flush(&mut tables, &mut block, headed);
            headed = false;
        }
    }
    flush(&mut tables, &mut block, headed);
    tables
}

/// Ends a block of lines: with a separator it is a table; without one only where its lines begin with a
/// pipe, since prose may hold one.
fn flush<'t>(tables: &mut Vec<Vec<(u32, &'t str)>>, block: &mut Vec<(u32, &'t str)>, headed: bool) {
    let mut block = std::mem::take(block);
    if !headed {
        block.retain(|(_, line)| line.starts_with('|'));
    }
    if !block.is_empty() {
        tables.push(block);
    }
}

/// Byte ranges of fenced code, comments and front matter, in order.
fn not_tables(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let events = Parser::new_ext(text, options).into_offset_iter();
    events
        .filter(|(event, range)| match event {
            // Indented lines are no code here: a stray tab before a row is common.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_)) | Tag::MetadataBlock(_)) => true,
            Event::Start(Tag::HtmlBlock) => text[range.clone()].trim_start().starts_with("<!--"),
            _ => false,
        })
        .map(|(_, range)| range)
        .collect()
}

/// A line without the marks of a block quote and the blanks around it.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end()
}

/// Whether a line is `|---|:--|`.
fn is_separator(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':') || c.is_whitespace())
}

/// The cells of a row, at pipes without a backslash. Code spans protect no pipe, as in GitHub's tables.
fn split(line: &str) -> Vec<&str> {
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices('|') {
        if !line[..at].ends_with('\\') {
            cells.push(&line[start..at]);
            start = at + 1;
        }
    }
    // The pipe at the end of a row closes its last cell; without one the rest is a cell.
    if start < line.len() {
        cells.push(&line[start..]);
    }
    cells
}

/// The text of a cell: `<br>` as a line break, without backslashes and backticks. Code spans that touch
/// each other or a word are parted by a line break, for a page may have lost the break between them.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let mut out = String::with_capacity(cell.len());
    let mut rest = cell;
    let mut in_code = false;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = strip_break(rest) {
            out.push('\n');
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '`' => {
                let ticks = 1 + rest.len() - rest.trim_start_matches('`').len();
                rest = rest.trim_start_matches('`');
                // Two ticks within code end one span and begin the next.
                let boundary = if in_code && ticks == 2 {
                    true
                } else {
                    in_code = !in_code;
                    match in_code {
                        true => out.ends_with(|c: char| c.is_alphanumeric() || c == ')'),
                        false => rest.starts_with(char::is_alphanumeric),
                    }
                };
                if boundary && !out.is_empty() && !rest.is_empty() {
                    out.push('\n');
                }
            }
            '\\' => match rest.chars().next().filter(char::is_ascii_punctuation) {
                Some(escaped) => {
                    out.push(escaped);
                    rest = &rest[1..];
                }
                None => out.push(c),
            },
            c => out.push(c),
        }
    }
    out
}

/// What follows a `<br>`, `<br/>`, `<br />` or `</br>`.
fn strip_break(text: &str) -> Option<&str> {
    let (tag, after) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.trim_matches(|c: char| c == '/' || c.is_whitespace());
    name.eq_ignore_ascii_case("br").then_some(after)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{counts, found, read_all};
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_cell_becomes_plain_text() {
        for (cell, want) in [
            (r"\*.a.example<br>\*.b.example", "*.a.example\n*.b.example"),
            ("a.example<br/>b.example<BR />c.example", "a.example\nb.example\nc.example"),
            ("`a.example``b.example`", "a.example\nb.example"),
            ("`a.example`, `b.example`", "a.example, b.example"),
            ("`a.example` (Port 80 is required)`b.example`", "a.example (Port 80 is required)\nb.example"),
            ("`a.example`For more", "a.example\nFor more"),
            ("```10.0.0.6:8080``` (REG_SZ)", "10.0.0.6:8080 (REG_SZ)"),
            ("``", ""),
            (r"HKLM\Software\a\|b", r"HKLM\Software\a|b"),
            ("\t a.example \t", "a.example"),
            ("a < b <br", "a < b <br"),
            (r"ends in \", r"ends in \"),
            ("ポート<br>443", "ポート\n443"),
        ] {
            assert_eq!(plain(cell), want, "{cell:?}");
        }
    }

    #[test]
    fn a_row_is_split_at_pipes_without_a_backslash() {
        for (line, want) in [
            ("|a|b|", &["a", "b"][..]),
            ("|a|b", &["a", "b"]),
            ("a|b", &["a", "b"]),
            ("|a||", &["a", ""]),
            (r"|a\|b|c|", &[r"a\|b", "c"]),
            ("|", &[]),
            ("||", &[""]),
        ] {
            assert_eq!(split(line), want, "{line}");
        }
    }

    #[test]
    fn a_lost_pipe_is_reported_and_its_cells_are_kept() {
        let (document, findings) = read_all(
            b"|URL|Port|Type|Comments|\n|-|-|-|-|\n|a.example|443|Required|x|\n|b.example|443\tRequired|y|\n|c.example|443|Required|z|stray|\n",
        );
        assert_eq!(counts(&document), [("table 1", 1, 0, 3, 0)]);
        assert_eq!(
            found(&findings, Code::ShiftedCells),
            [
                ("the row has 3 cells where its header has 4".to_owned(), "A4".to_owned()),
                ("the row has 5 cells where its header has 4".to_owned(), "A5".to_owned()),
            ]
        );
        let texts: Vec<&str> = document.tables[0].rows[2].cells.iter().map(|cell| &*cell.text).collect();
        assert_eq!(texts, ["c.example", "443", "Required", "z", "stray"]);
    }

    #[test]
    fn code_comments_and_front_matter_hold_no_rows() {
        let (document, findings) = read_all(
            b"---\nx: |\n  |URL|Port|\n---\n\n```\n|URL|Port|\n|-|-|\n|code.example|443|\n```\n<!--\n|URL|Port|\n|-|-|\n|comment.example|443|\n-->\n\n> |URL|Port|\n> |-|-|\n> |\ta.example|443|\n\ntext | with a pipe\n",
        );
        assert_eq!(findings, []);
        assert_eq!(counts(&document), [("table 1", 1, 0, 1, 0)]);
        assert_eq!(&*document.tables[0].rows[0].cells[0].text, "a.example");
        assert_eq!(document.tables[0].rows[0].row, 18);
    }

    #[test]
    fn stray_tabs_pipes_and_missing_outer_pipes_do_not_end_a_table() {
        let (document, _) =
            read_all(b"URL | Port | OS\n:-- | --: | ---\na.example | 443 | All\n\t|b.example|80|Linux|\n|\n|c.example|443||\n");
        assert_eq!(counts(&document), [("table 1", 1, 0, 3, 0)]);
        let rows: Vec<u32> = document.tables[0].rows.iter().map(|row| row.row).collect();
        assert_eq!(rows, [2, 3, 5]);
    }

    #[test]
    fn a_separator_of_another_width_is_still_one() {
        let (document, _) = read_all(b"|URL|Port|OS|\n|---|---|\n|a.example|443|All|\n");
        assert_eq!(counts(&document), [("table 1", 1, 0, 1, 0)]);
    }

    #[test]
    fn a_table_of_other_things_below_one_of_endpoints_is_ignored_with_a_finding() {
        let (document, findings) =
            read_all(b"|URL|Port|\n|-|-|\n|a.example|443|\n|Process|Path|\n|-|-|\n|MsSense.exe|C:|\n");
        assert_eq!(counts(&document), [("table 1", 1, 0, 1, 0), ("table 2", 0, 0, 0, 2)]);
        assert_eq!(found(&findings, Code::SheetWithoutEndpoints)[0].1, "A4");
    }
}
