//! The formats of logs: how a line becomes a [`Record`].
//!
//! Most readers here only say which field of a line means what ([`fields`]); what the fields say together is decided in one
//! place. Squid's own format is read by itself, since most logs are of it and the longest.

pub mod combined;
pub mod fields;
mod guess;
pub mod json;
pub mod logformat;
pub mod names;
pub mod pairs;
pub mod panos;
pub mod squid;
pub mod table;
mod time;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use guess::{GuessError, Guessed, HEAD, Input, guess};

use super::record::{Malformed, Record};
use logformat::Logformat;
use names::Named;
use table::Table;

/// A format of logs, with what the log itself says of its columns.
#[derive(Clone, Debug)]
pub enum Format {
    /// Squid's own.
    Squid,
    /// The common and the combined log format.
    Combined,
    /// What Squid's configuration describes.
    Logformat(Logformat),
    /// Traffic and URL filtering logs of PAN-OS.
    Panos(panos::Columns),
    /// W3C extended: lines of `#Fields:` name the columns of those behind them.
    W3c(Named),
    /// Values with a delimiter between, of columns that are the same everywhere.
    Table(Table),
    /// `key=value` with tabs between.
    Pairs(pairs::Keys),
    /// Objects of JSON.
    Json(json::Keys),
}

/// How lines begin that name the columns of those behind them, where a format has such.
const FIELDS: &[u8] = b"#Fields:";

impl Format {
    /// Whether lines of a log name the columns of those behind them, so that [`Reader::begin`] must be told.
    pub fn has_headers(&self) -> bool {
        matches!(self, Self::W3c(_))
    }
}

/// The last line of some lines that names the columns of those behind it.
pub fn last_header(lines: &[u8]) -> Option<&[u8]> {
    let begins = |at: &usize| *at == 0 || lines[*at - 1] == b'\n';
    let start = memchr::memmem::rfind_iter(lines, FIELDS).find(begins)?;
    let end = memchr::memchr(b'\n', &lines[start..]).map_or(lines.len(), |end| start + end);
    Some(lines[start..end].trim_ascii_end())
}

/// Reads lines of one log, one after the other. Every thread has its own.
#[derive(Debug)]
pub struct Reader<'f> {
    format: &'f Format,
    scratch: Vec<u8>,
    header: Option<Arc<[u8]>>,
    table: Option<Table>,
}

impl<'f> Reader<'f> {
    /// Of a log's beginning.
    pub fn new(format: &'f Format) -> Self {
        Self { format, scratch: Vec::new(), header: None, table: None }
    }

    /// Goes on at another place of the log, of which the last line before that names columns is `header`.
    pub fn begin(&mut self, header: Option<&Arc<[u8]>>) {
        if self.header.as_ref() != header {
            self.header = header.cloned();
            self.table = self.header.as_deref().and_then(|own| self.table_of(own));
        }
    }

    fn table_of(&self, header: &[u8]) -> Option<Table> {
        let Format::W3c(named) = self.format else { return None };
        w3c_table(header, named).ok().map(|(table, _)| table)
    }

    /// Reads one line without its end.
    ///
    /// # Errors
    /// Where it is no record.
    #[inline]
    pub fn read<'l>(&'l mut self, line: &'l [u8]) -> Result<Record<'l>, Malformed> {
        match self.format {
            Format::Squid => squid::record(line),
            Format::Combined => combined::record(line),
            Format::Logformat(format) => format.record(line),
            Format::Panos(columns) => columns.record(line, &mut self.scratch),
            Format::Table(table) => table.record(line, &mut self.scratch),
            Format::Pairs(keys) => keys.record(line),
            Format::Json(keys) => keys.record(line, &mut self.scratch),
            Format::W3c(_) => {
                if line.first() == Some(&b'#') {
                    if line.starts_with(FIELDS) {
                        self.header = Some(Arc::from(line));
                        self.table = self.table_of(line);
                    }
                    return Err(Malformed::NoRequest);
                }
                self.table.as_ref().ok_or(Malformed::Header)?.record(line, &mut self.scratch)
            }
        }
    }
}

/// The columns that a line of `#Fields:` names. Forefront TMG writes tabs between.
fn w3c_table(
    header: &[u8],
    named: &Named,
) -> Result<(Table, Vec<(String, names::Column)>), names::ChoiceError> {
    let text = String::from_utf8_lossy(header);
    let text = text.strip_prefix("#Fields:").unwrap_or(&text).trim();
    let delimiter = if text.contains('\t') { '\t' } else { ' ' };
    let names: Vec<&str> = text.split(delimiter).map(str::trim).filter(|name| !name.is_empty()).collect();
    let columns = named.choose(&names)?;
    let table = Table::new(delimiter as u8, &columns, Vec::new());
    Ok((table, columns.into_iter().map(|own| (names[own.at].to_owned(), own)).collect()))
}
