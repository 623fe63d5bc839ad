//! Lines of values with a delimiter between: CSV, tabs, W3C extended.

use super::super::record::{Malformed, Record};
use super::fields::{Fields, Meaning};
use super::names::{ChoiceError, Column, Named};

/// Delimiters that are looked for.
pub const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Which columns of a line are read, and what is between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    delimiter: u8,
    /// By place: what each column says, up to the last that says something.
    columns: Vec<Option<Meaning>>,
    /// The line that names the columns, which is no record wherever it comes.
    header: Vec<u8>,
}

/// A value between two delimiters. Where it is quoted and has quotes inside, its text is in the scratch space.
#[derive(Clone, Copy)]
pub enum Cell<'l> {
    /// As it is in the line.
    Plain(&'l [u8]),
    /// From where to where in the scratch space.
    Scratch(usize, usize),
}

impl<'l> Cell<'l> {
    /// Its text.
    pub fn text(self, scratch: &'l [u8]) -> &'l [u8] {
        match self {
            Self::Plain(text) => text,
            Self::Scratch(start, end) => &scratch[start..end],
        }
    }
}

/// The values of a line, as RFC 4180 quotes them.
pub struct Cells<'l> {
    rest: Option<&'l [u8]>,
    delimiter: u8,
}

impl<'l> Cells<'l> {
    /// Of a line without its end.
    pub fn new(line: &'l [u8], delimiter: u8) -> Self {
        Self { rest: Some(line), delimiter }
    }

    /// The next one.
    ///
    /// # Errors
    /// Where a quote does not end.
    pub fn next(&mut self, scratch: &mut Vec<u8>) -> Result<Option<Cell<'l>>, Malformed> {
        let Some(rest) = self.rest else { return Ok(None) };
        let Some(mut inside) = rest.strip_prefix(b"\"") else {
            let end = memchr::memchr(self.delimiter, rest);
            self.rest = end.map(|end| &rest[end + 1..]);
            return Ok(Some(Cell::Plain(&rest[..end.unwrap_or(rest.len())])));
        };
        let start = scratch.len();
        loop {
            let end = memchr::memchr(b'"', inside).ok_or(Malformed::Quote)?;
            let (text, behind) = (&inside[..end], &inside[end + 1..]);
            match behind {
                // Two quotes are one.
                [b'"', more @ ..] => {
                    scratch.extend_from_slice(&inside[..=end]);
                    inside = more;
                }
                [] => self.rest = None,
                [octet, more @ ..] if *octet == self.delimiter => self.rest = Some(more),
                _ => return Err(Malformed::Quote),
            }
            if behind.first() != Some(&b'"') {
                // Nothing was written, so nothing was doubled.
                if scratch.len() == start {
                    return Ok(Some(Cell::Plain(text)));
                }
                scratch.extend_from_slice(text);
                return Ok(Some(Cell::Scratch(start, scratch.len())));
            }
        }
    }
}

/// All values of a line as text, for its names.
///
/// # Errors
/// Where a quote does not end.
pub fn cells(line: &[u8], delimiter: u8) -> Result<Vec<String>, Malformed> {
    let (mut cells, mut scratch, mut all) = (Cells::new(line, delimiter), Vec::new(), Vec::new());
    while let Some(cell) = cells.next(&mut scratch)? {
        all.push(String::from_utf8_lossy(cell.text(&scratch)).trim().to_owned());
    }
    Ok(all)
}

impl Table {
    /// Of the line that names the columns.
    ///
    /// # Errors
    /// Where a column that is asked for is not there, or nothing tells the host.
    pub fn of_header(
        header: &[u8],
        delimiter: u8,
        named: &Named,
    ) -> Result<(Self, Vec<Column>), ChoiceError> {
        let names = cells(header, delimiter).unwrap_or_default();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = named.choose(&names)?;
        Ok((Self::new(delimiter, &columns, header.to_vec()), columns))
    }

    /// Of columns. A line that is the header is no record.
    pub fn new(delimiter: u8, chosen: &[Column], header: Vec<u8>) -> Self {
        let last = chosen.iter().map(|own| own.at + 1).max().unwrap_or(0);
        let mut columns = vec![None; last];
        for own in chosen {
            columns[own.at] = Some(own.meaning);
        }
        Self { delimiter, columns, header }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is no record.
    pub fn record<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Result<Record<'l>, Malformed> {
        if !self.header.is_empty() && line.len() == self.header.len() && line == self.header {
            return Err(Malformed::NoRequest);
        }
        scratch.clear();
        let mut cells = Cells::new(line, self.delimiter);
        let mut values = [Cell::Plain(b""); Meaning::ALL.len()];
        for column in &self.columns {
            let cell = cells.next(scratch)?.ok_or(Malformed::Fields)?;
            if let Some(meaning) = column {
                values[*meaning as usize] = cell;
            }
        }
        fields(&values, scratch).record()
    }
}

/// Values by their meaning, when the scratch space grows no more.
pub fn fields<'l>(values: &[Cell<'l>; Meaning::ALL.len()], scratch: &'l [u8]) -> Fields<'l> {
    let mut fields = Fields::default();
    for (meaning, cell) in Meaning::ALL.into_iter().zip(values) {
        let text = cell.text(scratch).trim_ascii();
        // What nothing is called by those who write CSV.
        let is_none = [&b"N/A"[..], b"NA", b"null", b"NULL"].contains(&text);
        fields.set(meaning, if is_none { b"" } else { text });
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Verdict;
    use super::*;

    fn read<'l>(table: &Table, line: &'l str, scratch: &'l mut Vec<u8>) -> Result<Record<'l>, Malformed> {
        table.record(line.as_bytes(), scratch)
    }

    #[test]
    fn lines_of_csv_are_read() {
        let header = "time,src_ip,url,action,bytes,note";
        let (table, _) = Table::of_header(header.as_bytes(), b',', &Named::default()).unwrap();
        let mut scratch = Vec::new();
        let line =
            r#"2026-11-30T21:15:00Z,"10.0.0.1","https://a.example/?q=""x"",y",blocked,12,"a ""note""""#;
        let own = read(&table, line, &mut scratch).unwrap();
        assert_eq!((own.host, own.path), (&b"a.example"[..], Some(&b"/?q=\"x\",y"[..])));
        assert_eq!(
            (own.client, own.bytes, own.verdict, own.time),
            (&b"10.0.0.1"[..], 12, Verdict::Denied, Some(1_796_073_300_000))
        );
        assert_eq!(read(&table, header, &mut scratch), Err(Malformed::NoRequest));
        for (line, want) in [
            ("2026-11-30T21:15:00Z,10.0.0.1", Malformed::Fields),
            ("2026-11-30T21:15:00Z,,\"https://a.example", Malformed::Quote),
            ("2026-11-30T21:15:00Z,,\"https://a.example\"x,allow,1", Malformed::Quote),
            ("2026-11-30T21:15:00Z,,,allow,1", Malformed::Url),
            ("2026-11-30T21:15:00Z,,a.example,maybe,1", Malformed::Verdict),
            ("2026-11-30T21:15:00Z,,a.example,allow,many", Malformed::Number),
        ] {
            assert_eq!(read(&table, line, &mut scratch), Err(want), "{line}");
        }
    }
}
