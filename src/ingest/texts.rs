//! The texts of cells: counted, with one kind of line break, each kept once.

use foldhash::{HashSet, HashSetExt};
use std::sync::Arc;

use super::error::Refusal;
use super::limits;

/// Every text of a document. One shared string may stand in a million cells, so equal texts share
/// their memory, and each occurrence counts.
pub(super) struct Texts {
    known: HashSet<Arc<str>>,
    /// How many cells and bytes may still come.
    cells: u64,
    bytes: u64,
}

impl Default for Texts {
    fn default() -> Self {
        Self::limited(limits::CELLS, limits::TEXT)
    }
}

impl Texts {
    fn limited(cells: u64, bytes: u64) -> Self {
        Self { known: HashSet::new(), cells, bytes }
    }

    /// The text of one cell with `\n` for every line break; nothing where it is blank.
    ///
    /// # Errors
    /// When the cell, or the document with it, is too large.
    pub(super) fn cell(&mut self, text: &str) -> Result<Option<Arc<str>>, Refusal> {
        let too_large = |what: &str, found: u64, limit: u64| {
            Err(Refusal::TooLarge { what: what.to_owned(), found, limit })
        };
        if text.len() > limits::CELL {
            return too_large("bytes in one cell", text.len() as u64, limits::CELL as u64);
        }
        if text.trim().is_empty() {
            return Ok(None);
        }
        let Some(cells) = self.cells.checked_sub(1) else {
            return too_large("cells", limits::CELLS + 1, limits::CELLS);
        };
        let Some(bytes) = self.bytes.checked_sub(text.len() as u64) else {
            let found = limits::TEXT - self.bytes + text.len() as u64;
            return too_large("bytes of text in cells", found, limits::TEXT);
        };
        (self.cells, self.bytes) = (cells, bytes);
        if text.contains('\r') {
            return Ok(Some(self.keep(&text.replace("\r\n", "\n").replace('\r', "\n"))));
        }
        Ok(Some(self.keep(text)))
    }

    fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let text: Arc<str> = Arc::from(text);
        self.known.insert(text.clone());
        text
    }
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// When it is neither UTF-8 nor UTF-16 with a byte order mark, or holds a NUL character.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => {
            let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = std::str::from_utf8(rest).map_err(|error| {
                let line = line_at(&rest[..error.valid_up_to()]);
                if rest.contains(&0) { Refusal::UnknownFormat } else { Refusal::NotUtf8 { line } }
            })?;
            text.to_owned()
        }
    };
    match text.find('\0') {
        Some(at) => Err(Refusal::Nul { line: line_at(&text.as_bytes()[..at]) }),
        None => Ok(text),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refusal> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| Refusal::NotUtf8 { line: line_at(text.as_bytes()) })?);
    }
    if rest.is_empty() { Ok(text) } else { Err(Refusal::NotUtf8 { line: line_at(text.as_bytes()) }) }
}

/// The line that begins after these bytes, from 1.
fn line_at(before: &[u8]) -> usize {
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_that_excel_writes_is_decoded() {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}ポート,é\r\n".encode_utf16().flat_map(bytes).collect()
        };
        for bytes in [
            "ポート,é\r\n".as_bytes(),
            "\u{feff}ポート,é\r\n".as_bytes(),
            &utf16(u16::to_le_bytes),
            &utf16(u16::to_be_bytes),
        ] {
            assert_eq!(decode(bytes).as_deref(), Ok("ポート,é\r\n"));
        }
    }

    #[test]
    fn another_encoding_is_refused_with_its_line() {
        assert_eq!(decode(b"URL,Port\ncaf\xe9.example,443\n"), Err(Refusal::NotUtf8 { line: 2 }));
        assert_eq!(decode(b"URL,Port\na\0b,443\n"), Err(Refusal::Nul { line: 2 }));
        assert_eq!(decode(b"\xff\xfeU\0R\0L"), Err(Refusal::NotUtf8 { line: 1 }));
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(Refusal::NotUtf8 { line: 1 }));
    }

    #[test]
    fn equal_texts_share_memory_and_carriage_returns_become_line_feeds() {
        let mut texts = Texts::default();
        let first = texts.cell("a\r\nb\rc").unwrap().unwrap();
        let again = texts.cell("a\nb\nc").unwrap().unwrap();
        assert_eq!(&*first, "a\nb\nc");
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(texts.cell(" \u{a0}\t\r\n"), Ok(None));
        assert!(matches!(texts.cell(&"x".repeat(limits::CELL + 1)), Err(Refusal::TooLarge { .. })));
    }

    #[test]
    fn a_long_text_in_many_cells_counts_each_time() {
        let mut texts = Texts::limited(10, 25);
        assert!(texts.cell("0123456789").is_ok());
        assert!(texts.cell("0123456789").is_ok());
        assert!(matches!(texts.cell("0123456789"), Err(Refusal::TooLarge { .. })));
        let mut texts = Texts::limited(2, 25);
        assert!(texts.cell("a").is_ok() && texts.cell("a").is_ok() && texts.cell(" ").is_ok());
        assert!(matches!(texts.cell("a"), Err(Refusal::TooLarge { .. })));
    }
}
