//! Which format a log is of, by its beginning.

use super::super::record::Malformed;
use super::fields::Meaning;
use super::names::{self, ChoiceError, Column, Named};
use super::table::{self, DELIMITERS, Table};
use super::{FIELDS, Format, Reader, json, pairs, panos, w3c_table};

/// Octets of a log's beginning that are looked at.
pub const HEAD: usize = 256 << 10;

/// Lines that a format must be told by.
const LINES: usize = 50;

/// Lines whose keys are looked at, of formats in which every line has its own.
const LINES_OF_KEYS: usize = 1000;

/// What is said of the format of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// Squid's own.
    Squid,
    /// The common and the combined log format.
    Combined,
    /// Traffic and URL filtering logs of PAN-OS.
    Panos,
    /// Zscaler's web logs, as NSS writes them.
    Zscaler,
    /// W3C extended: ProxySG, Forefront TMG.
    W3c,
    /// Columns with a delimiter between, and a line that names them.
    Csv,
    /// Objects of JSON, one a line.
    Jsonl,
}

impl Input {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 7] =
        [Self::Squid, Self::Combined, Self::Panos, Self::Zscaler, Self::W3c, Self::Csv, Self::Jsonl];

    /// As `--input` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Squid => "squid",
            Self::Combined => "combined",
            Self::Panos => "panos",
            Self::Zscaler => "zscaler",
            Self::W3c => "w3c",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// In words, behind "is of".
    pub const fn says(self) -> &'static str {
        match self {
            Self::Squid => "Squid's own format (`logformat squid`)",
            Self::Combined => "the common or the combined log format",
            Self::Panos => "PAN-OS's traffic or URL filtering log",
            Self::Zscaler => "a web log of Zscaler's NSS",
            Self::W3c => "the W3C extended format",
            Self::Csv => "these columns",
            Self::Jsonl => "JSON with these keys",
        }
    }

    /// Whether columns may be named for it.
    const fn has_columns(self) -> bool {
        match self {
            Self::Squid | Self::Combined | Self::Panos => false,
            Self::Zscaler | Self::W3c | Self::Csv | Self::Jsonl => true,
        }
    }
}

/// The format of a log, and by what it was told.
#[derive(Clone, Debug)]
pub struct Guessed {
    /// The format.
    pub format: Format,
    /// Its name.
    pub input: Input,
    /// The columns that are read, with their names, where the log or the command line names them.
    pub columns: Vec<(String, Column)>,
}

impl Guessed {
    /// Whether nothing in a line says what became of its request.
    pub fn is_without_verdict(&self) -> bool {
        let says = |own: &(String, Column)| {
            matches!(own.1.meaning, Meaning::Verdict | Meaning::Result | Meaning::Status)
        };
        match &self.format {
            Format::Logformat(format) => format.is_without_verdict(),
            _ => !self.columns.is_empty() && !self.columns.iter().any(says),
        }
    }
}

/// Why the format of a log cannot be told.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GuessError {
    /// No line is of a format that is known.
    #[error(
        "cannot tell the format of this log; looked for {looked_for} in its first {lines} lines, the first of which is `{first}`; say it with --input, --logformat or --columns",
        looked_for = Input::ALL.map(Input::as_str).join(", ")
    )]
    Unknown {
        /// How many lines were looked at.
        lines: usize,
        /// The first.
        first: String,
    },
    /// A column cannot be found.
    #[error("{}: {why}", input.as_str())]
    Columns {
        /// The format.
        input: Input,
        /// Why.
        why: ChoiceError,
    },
    /// Columns are named for a format whose lines are the same everywhere.
    #[error("--columns is for csv, jsonl, w3c and zscaler, and this log is {}", .0.as_str())]
    NoColumns(Input),
    /// A format that names its columns has no line that does.
    #[error("w3c: no line of the first {0} begins with `#Fields:`, so nobody can say what its fields are")]
    NoHeader(usize),
    /// It is in another encoding.
    #[error(
        "the log is in UTF-16; write it as UTF-8 (PowerShell: `Get-Content FILE | Set-Content -Encoding utf8 NEW`)"
    )]
    Utf16,
    /// A format of columns, in one column.
    #[error(
        "csv: nothing delimits columns in the first line, `{0}`; looked for comma, tab, semicolon and bar"
    )]
    NoDelimiter(String),
    /// Zscaler's feeds are free in form.
    #[error(
        "zscaler: the first line, `{0}`, neither names columns nor keys; say what they are with --columns, as --columns time=1,url=4,verdict=5"
    )]
    NoNames(String),
}

/// Tells the format of a log by its beginning, which is at most [`HEAD`] octets. `is_whole` says that this is all of it.
///
/// # Errors
/// Where nothing tells it, or where it is told and columns of it are not there.
pub fn guess(
    head: &[u8],
    is_whole: bool,
    input: Option<Input>,
    named: &Named,
) -> Result<Guessed, GuessError> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(GuessError::Utf16);
    }
    let lines = Lines::new(head, is_whole);
    if let Some(input) = input {
        if !named.is_empty() && !input.has_columns() {
            return Err(GuessError::NoColumns(input));
        }
        return lines.of(input, named);
    }
    if lines.0.is_empty() {
        return lines.of(Input::Squid, &Named::default());
    }
    let is_json = lines.0.first().is_some_and(|line| line.trim_ascii_start().first() == Some(&b'{'));
    let told = match () {
        () if lines.0.iter().any(|line| line.starts_with(FIELDS)) => Some(Input::W3c),
        () if is_json => Some(Input::Jsonl),
        () if named.are_places() => Some(Input::Csv),
        () => None,
    };
    if let Some(input) = told {
        return lines.of(input, named);
    }
    let none = Named::default();
    let mut best: Option<(usize, Guessed)> = None;
    let mut named_error = None;
    for input in Input::ALL {
        match lines.of(input, if input.has_columns() { named } else { &none }) {
            // A table with names is just that, whoever wrote it.
            Ok(Guessed { format: Format::Table(_), input: Input::Zscaler, .. }) => {}
            Ok(guessed) => {
                let score = lines.score(&guessed.format);
                if score > 0 && best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, guessed));
                }
            }
            // It is a table, and a column that somebody named is not in it.
            Err(error @ GuessError::Columns { why: ChoiceError::NoSuch { .. }, .. }) => {
                named_error = named_error.or(Some(error))
            }
            Err(error @ GuessError::Columns { input: Input::Csv, .. }) if lines.is_table() => {
                named_error = named_error.or(Some(error));
            }
            Err(_) => {}
        }
    }
    match (best, named_error) {
        (Some((_, guessed)), _) if !named.is_empty() && !guessed.input.has_columns() => {
            Err(GuessError::NoColumns(guessed.input))
        }
        (Some((_, guessed)), _) => Ok(guessed),
        (None, Some(error)) => Err(error),
        (None, None) => Err(GuessError::Unknown { lines: lines.0.len().min(LINES), first: lines.first() }),
    }
}

/// The first lines of a log that are not empty.
struct Lines<'h>(Vec<&'h [u8]>);

impl<'h> Lines<'h> {
    fn new(head: &'h [u8], is_whole: bool) -> Self {
        let mut lines: Vec<&[u8]> = head.split(|octet| *octet == b'\n').collect();
        // Of the last line, only the beginning may be there.
        if !is_whole && lines.len() > 1 {
            lines.pop();
        }
        let lines = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Self(lines.filter(|line| !line.is_empty()).take(LINES_OF_KEYS).collect())
    }

    fn first(&self) -> String {
        let line = self.0.first().copied().unwrap_or_default();
        crate::text::shown(&String::from_utf8_lossy(line), 60)
    }

    /// How much of the first lines is understood. A line of no request counts less: a line of names is one, too.
    fn score(&self, format: &Format) -> usize {
        let mut reader = Reader::new(format);
        let scores = self.0.iter().take(LINES).map(|line| match reader.read(line) {
            Ok(_) => 2,
            Err(Malformed::NoRequest) => 1,
            Err(_) => 0,
        });
        scores.sum()
    }

    /// Whether the first line is one of names.
    fn is_table(&self) -> bool {
        let delimiter = self.delimiter();
        delimiter.is_some_and(|delimiter| self.names(delimiter).is_some_and(|names| well_known(&names) >= 2))
    }

    /// What makes the most columns of the first line.
    fn delimiter(&self) -> Option<u8> {
        let first = self.0.first()?;
        let count = |delimiter: u8| table::cells(first, delimiter).map_or(0, |cells| cells.len());
        // The first of those that make as many.
        DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).filter(|own| count(*own) > 1)
    }

    fn names(&self, delimiter: u8) -> Option<Vec<String>> {
        table::cells(self.0.first()?, delimiter).ok()
    }

    /// As a format that is said.
    fn of(&self, input: Input, named: &Named) -> Result<Guessed, GuessError> {
        let failed = |why| GuessError::Columns { input, why };
        let keys = || self.0.iter().copied();
        let (format, columns) = match input {
            Input::Squid => (Format::Squid, Vec::new()),
            Input::Combined => (Format::Combined, Vec::new()),
            Input::Panos => {
                let header = self.0.first().and_then(|line| panos::Columns::of_header(line));
                (Format::Panos(header.unwrap_or_default()), Vec::new())
            }
            Input::W3c => match self.0.iter().find(|line| line.starts_with(FIELDS)) {
                Some(header) => (Format::W3c(named.clone()), w3c_table(header, named).map_err(failed)?.1),
                None if self.0.is_empty() => (Format::W3c(named.clone()), Vec::new()),
                None => return Err(GuessError::NoHeader(self.0.len())),
            },
            Input::Jsonl => {
                let (keys, columns) = json::Keys::of_lines(keys(), named).map_err(failed)?;
                (Format::Json(keys), columns)
            }
            Input::Csv => self.csv(named)?,
            Input::Zscaler => self.zscaler(named)?,
        };
        Ok(Guessed { format, input, columns })
    }

    fn csv(&self, named: &Named) -> Result<(Format, Vec<(String, Column)>), GuessError> {
        let failed = |why| GuessError::Columns { input: Input::Csv, why };
        let first = self.0.first().copied().unwrap_or_default();
        let delimiter = self.delimiter().ok_or_else(|| GuessError::NoDelimiter(self.first()))?;
        if named.are_places() {
            let columns = named.places();
            // Places may be named although a line of names is there, too.
            let is_header = self.names(delimiter).is_some_and(|names| well_known(&names) >= 2);
            let header = if is_header { first.to_vec() } else { Vec::new() };
            let table = Table::new(delimiter, &columns, header);
            let columns = columns.into_iter().map(|own| ((own.at + 1).to_string(), own)).collect();
            return Ok((Format::Table(table), columns));
        }
        let names = self.names(delimiter).unwrap_or_default();
        let (table, columns) = Table::of_header(first, delimiter, named).map_err(failed)?;
        Ok((Format::Table(table), columns.into_iter().map(|own| (names[own.at].clone(), own)).collect()))
    }

    fn zscaler(&self, named: &Named) -> Result<(Format, Vec<(String, Column)>), GuessError> {
        let failed = |why| GuessError::Columns { input: Input::Zscaler, why };
        let first = self.0.first().copied().unwrap_or_default();
        if first.trim_ascii_start().first() == Some(&b'{') {
            let (keys, columns) = json::Keys::of_lines(self.0.iter().copied(), named).map_err(failed)?;
            return Ok((Format::Json(keys), columns));
        }
        let is_pair = |part: &&[u8]| memchr::memchr(b'=', part).is_some_and(|at| at > 0);
        if first.split(|octet| *octet == b'\t').filter(is_pair).count() > 2 {
            let (keys, columns) = pairs::Keys::of_lines(self.0.iter().copied(), named).map_err(failed)?;
            return Ok((Format::Pairs(keys), columns));
        }
        let is_named =
            self.delimiter().and_then(|own| self.names(own)).is_some_and(|names| well_known(&names) >= 2);
        match is_named || named.are_places() {
            true => self.csv(named),
            false => Err(GuessError::NoNames(self.first())),
        }
    }
}

fn well_known(names: &[String]) -> usize {
    names::well_known(&names.iter().map(String::as_str).collect::<Vec<_>>())
}
