//! The logs of the command line: which files, of which format, inflated.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use super::progress::Progress;
use crate::cli::output::Output;
use crate::cli::{Failure, FormatWord};
use crate::diag::visible;
use crate::log::format::logformat::Logformat;
use crate::log::format::names::Named;
use crate::log::format::{Format, Guessed, HEAD, Input, guess};
use crate::log::sql::columns::Columns;

/// Octets by which gzip is known (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";

/// Octets by which a frame of zstd is known (RFC 8878).
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// The mark of UTF-8 that some programs of Windows write first.
const MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Args, Debug)]
pub(super) struct Inputs {
    /// Logs, in any order; `logs/access.log*` is expanded, `-` is stdin
    #[arg(value_name = "FILE", required_unless_present = "engine", conflicts_with = "engine")]
    files: Vec<PathBuf>,
    /// Format of their lines [default: told from the first lines of each]
    #[arg(long, value_name = "FORMAT", value_parser = input())]
    input: Option<String>,
    /// Squid's own description of the lines, the text behind `logformat NAME` in squid.conf; or one of its names
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["input", "columns"])]
    logformat: Option<Logformat>,
    /// Columns or keys by name or place, as host=dest,url=request,client=src,bytes=5,time=@timestamp,verdict=action
    #[arg(long, value_name = "WHAT=NAME,…", value_parser = columns)]
    columns: Option<String>,
}

/// What names columns of files, or else of a table.
fn columns(text: &str) -> Result<String, String> {
    let named = text.parse::<Named>().map(drop);
    named.or_else(|why| text.parse::<Columns>().map(drop).map_err(|_| why.to_string()))?;
    Ok(text.to_owned())
}

/// The names of the formats, and `auto` for what the lines tell.
fn input() -> PossibleValuesParser {
    PossibleValuesParser::new(Input::ALL.map(Input::as_str).into_iter().chain(["auto"]))
}

/// One log of a format that is known.
pub(super) struct LogFile {
    /// As the command line names it.
    pub(super) path: PathBuf,
    /// Its format.
    pub(super) guessed: Guessed,
    /// The log from its beginning.
    pub(super) text: Box<dyn Read + Send>,
}

impl Inputs {
    /// The files, patterns expanded.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.files {
            let pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']) && !path.exists());
            let Some(pattern) = pattern else {
                files.push(path.clone());
                continue;
            };
            let failed = |why: String| Failure::Other(format!("{pattern}: {why}"));
            let found = glob::glob(pattern).map_err(|error| failed(error.to_string()))?;
            let before = files.len();
            for path in found {
                let path = path.map_err(|error| failed(error.to_string()))?;
                if !path.is_dir() {
                    files.push(path);
                }
            }
            if files.len() == before {
                return Err(failed("no file matches".to_owned()));
            }
        }
        Ok(files)
    }

    /// Where the table of a server has what.
    pub(super) fn table_columns(&self) -> Result<Columns, Failure> {
        let columns = self.columns.as_deref().map(str::parse::<Columns>).transpose();
        Ok(columns.map_err(|error| Failure::Other(format!("--columns: {error}")))?.unwrap_or_default())
    }

    /// Opens a log and tells its format. `format` is what --format says, which may name what is read, as --input does.
    pub(super) fn open(
        &self,
        path: &Path,
        format: FormatWord,
        progress: &Progress,
    ) -> Result<LogFile, Failure> {
        let failed = |why: String| Failure::Other(format!("{}: {why}", path.display()));
        if path.is_dir() {
            let why = format!("a folder; name the logs in it, as {}", path.join("*.log").display());
            return Err(failed(why));
        }
        let unreadable =
            |error: io::Error| Failure::Other(format!("cannot read {}: {error}", path.display()));
        let mut text = inflated(path, progress).map_err(unreadable)?;
        let mut head = Vec::new();
        text.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
        if head.starts_with(MARK) {
            head.drain(..MARK.len());
        }
        let named = |name: &String| Input::ALL.into_iter().find(|own| own.as_str() == name);
        let input = self.input.as_ref().and_then(named).or(of_word(format));
        if let Some(format) = &self.logformat {
            let format = Format::Logformat(format.clone());
            let guessed = Guessed { format, input: Input::Squid, columns: Vec::new() };
            return Ok(LogFile {
                path: path.to_owned(),
                guessed,
                text: Box::new(Cursor::new(head).chain(text)),
            });
        }
        let named = self.columns.as_deref().map(str::parse::<Named>).transpose();
        let columns =
            named.map_err(|error| Failure::Other(format!("--columns: {error}")))?.unwrap_or_default();
        let is_whole = head.len() + MARK.len() < HEAD;
        let guessed = guess(&head, is_whole, input, &columns);
        let guessed = guessed.map_err(|error| failed(error.to_string()))?;
        Ok(LogFile { path: path.to_owned(), guessed, text: Box::new(Cursor::new(head).chain(text)) })
    }
}

/// What is read, where --format names it.
fn of_word(format: FormatWord) -> Option<Input> {
    match format {
        FormatWord::Squid => Some(Input::Squid),
        FormatWord::Panos => Some(Input::Panos),
        FormatWord::Zscaler => Some(Input::Zscaler),
        _ => None,
    }
}

/// A log from its beginning, inflated where it is compressed, whatever its name says.
fn inflated(path: &Path, progress: &Progress) -> io::Result<Box<dyn Read + Send>> {
    let mut log: Box<dyn Read + Send> = match path.as_os_str() == "-" {
        true => progress.count(io::stdin()),
        false => progress.count(File::open(path)?),
    };
    let mut head = Vec::new();
    log.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(GZIP), head == ZSTD);
    let whole = Cursor::new(head).chain(log);
    Ok(match () {
        () if is_gzip => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        // All frames, one after the other.
        () if is_zstd => Box::new(zstd::stream::read::Decoder::new(whole)?),
        () => Box::new(whole),
    })
}

/// How logs were read, for people and for programs.
#[derive(Default)]
pub(super) struct ReadAs(Vec<(PathBuf, Guessed)>);

/// What a log is of, behind "none of its lines is of".
pub(super) fn described(guessed: &Guessed) -> &'static str {
    match guessed.format {
        Format::Logformat(_) => "what --logformat describes",
        _ => guessed.input.says(),
    }
}

impl ReadAs {
    pub(super) fn add(&mut self, path: PathBuf, guessed: Guessed) {
        self.0.push((path, guessed));
    }

    pub(super) fn json(&self) -> Vec<Value> {
        let logs = self.0.iter().map(|(path, guessed)| {
            let columns = guessed.columns.iter().map(|(name, own)| {
                json!({ "means": own.meaning.as_str(), "name": name, "guessed": own.is_guessed })
            });
            json!({
                "file": path.display().to_string(),
                "input": guessed.input.as_str(),
                "columns": columns.collect::<Vec<_>>(),
            })
        });
        logs.collect()
    }

    /// One remark for all logs that were read alike.
    pub(super) fn remark(&self, output: &mut Output) {
        let mut alike: Vec<(String, bool, Vec<&Path>)> = Vec::new();
        for (path, guessed) in &self.0 {
            let says = says(guessed);
            match alike.iter_mut().find(|(own, ..)| *own == says) {
                Some((.., paths)) => paths.push(path),
                None => alike.push((says, guessed.is_without_verdict(), vec![path])),
            }
        }
        for (says, is_without_verdict, paths) in alike {
            let more = match paths.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let name = visible(&paths[0].display().to_string());
            output.remark_wrapped("", &format!("{name}{more}: read as {says}"));
            if is_without_verdict {
                let what = "nothing in a line says what became of its request, so all count as let through";
                output.remark_wrapped("    ", &format!("{what}; --columns verdict=NAME names a column"));
            }
        }
    }
}

fn says(guessed: &Guessed) -> String {
    let columns = |is_guessed: bool| {
        let own = guessed.columns.iter().filter(|(_, own)| own.is_guessed == is_guessed);
        own.map(|(name, own)| format!("{}={}", own.meaning.as_str(), visible(name)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (named, known) = (columns(false), columns(true));
    let mut says = match guessed.format {
        Format::Logformat(_) => "what --logformat describes",
        _ => guessed.input.as_str(),
    }
    .to_owned();
    if !named.is_empty() {
        says += &format!(", {named}");
    }
    if !known.is_empty() {
        says += &format!(", by the names of its columns {known}");
    }
    says
}
