//! Why a document cannot be read.

use std::fmt;

use super::Format;
use super::json::JsonError;

/// A document that cannot be read, by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {refusal}")]
pub struct IngestError {
    /// The document, as the profile names it.
    pub name: String,
    /// Why.
    pub refusal: Refusal,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No format that is known.
    #[error("not a workbook, CSV, Markdown, JSON or YAML file")]
    UnknownFormat,
    /// A format that is known and not read here.
    #[error("{format} is not read{}", .format.remedy())]
    Format {
        /// Which.
        format: Format,
    },
    /// A workbook with a password.
    #[error("the workbook is encrypted; open it and save it without a password")]
    Encrypted,
    /// A text in no encoding that is known.
    #[error("line {line} is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
    },
    /// A text with a NUL character.
    #[error("line {line} holds a NUL character; save the file as UTF-8 text")]
    Nul {
        /// The line, from 1.
        line: usize,
    },
    /// A quoted field that is never closed.
    #[error("record {record} opens a quoted field that is never closed")]
    UnclosedQuote {
        /// The record, from 1.
        record: u64,
    },
    /// More of something than any endpoint list has.
    #[error("too many or too large {what}: {found}, at most {limit}")]
    TooLarge {
        /// Of what, and where.
        what: String,
        /// How much there is; where it was not counted to the end, how far.
        found: u64,
        /// How much may be.
        limit: u64,
    },
    /// A part of a workbook that inflates to far more than it should.
    #[error("`{part}` inflates to more than {limit} bytes, like a decompression bomb")]
    Bomb {
        /// The part of the archive.
        part: String,
        /// The limit that it exceeds, in bytes.
        limit: u64,
    },
    /// A workbook that is no whole archive, as after a download that broke off, with what the archive's reader says.
    #[error("the workbook is cut off or damaged: {0}")]
    NoArchive(String),
    /// A part of a file that is damaged.
    #[error("`{part}` is damaged: {message}")]
    Damaged {
        /// The part or the sheet.
        part: String,
        /// What is wrong.
        message: String,
    },
    /// JSON that is no feed that is known.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// No row with the header of an endpoint table.
    #[error("no header row with an endpoint column (such as `Endpoint/URL` and `Port`) was found; {seen}")]
    NoHeader {
        /// What was found instead.
        seen: SeenRows,
    },
    /// A header without rows.
    #[error("the table has a header and no rows below it; {seen}")]
    NoRows {
        /// The header.
        seen: SeenRows,
    },
}

/// Rows that look like headers, sheet by sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeenRows(pub Vec<SeenRow>);

/// One row that looks like a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRow {
    /// The sheet, or empty.
    pub sheet: String,
    /// Its first texts, shortened.
    pub texts: Vec<String>,
}

impl fmt::Display for SeenRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it has no rows at all");
        }
        f.write_str("seen: ")?;
        for (at, row) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            if !row.sheet.is_empty() {
                write!(f, "`{}`: ", row.sheet)?;
            }
            f.write_str(&row.texts.join(" | "))?;
        }
        Ok(())
    }
}
