//! What the program prints: results on stdout, everything else on stderr.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Effects, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::Failure;
use crate::diag::{self, Diagnostic};
use crate::profile::{Profile, ProfileError};
use crate::source::SourceMap;

pub(super) use crate::text::count;

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Columns where the terminal does not tell.
const WIDTH: usize = 100;

/// The two streams. Colour and styles are dropped where a stream is no terminal or `NO_COLOR` is set.
pub(super) struct Output {
    stdout: io::BufWriter<AutoStream<io::Stdout>>,
    stderr: AutoStream<io::Stderr>,
    color: bool,
    quiet: bool,
}

impl Output {
    pub(super) fn new(quiet: bool) -> Self {
        let stdout = AutoStream::choice(&io::stdout());
        let stderr = AutoStream::choice(&io::stderr());
        Self {
            stdout: io::BufWriter::new(AutoStream::new(io::stdout(), stdout)),
            stderr: AutoStream::new(io::stderr(), stderr),
            color: stderr != ColorChoice::Never,
            quiet,
        }
    }

    /// Prints a line of the result.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.stdout, "{text}").map_err(Failure::Stdout)
    }

    /// Prints JSON as the result.
    pub(super) fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).expect("internal error: a value is plain data");
        self.line(&text)
    }

    /// Prints one value as one line of JSON.
    pub(super) fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).expect("internal error: a value is plain data");
        self.line(&text)
    }

    /// Ends the result: what is buffered is written.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(Failure::Stdout)
    }

    /// Prints a remark, unless asked to be quiet. A closed stderr is no reason to stop.
    pub(super) fn remark(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.stderr, "{text}");
        }
    }

    /// Prints an error.
    pub(super) fn error(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{RED}error{RED:#}: {text}");
    }

    /// Prints findings in full, the way a compiler does.
    pub(super) fn findings(&mut self, findings: &[Diagnostic], sources: &SourceMap, profile: &Profile) {
        let name = profile.file.as_deref().map(|file| file.display().to_string());
        let shown = name.as_deref().map(|name| (name, profile.text.as_str()));
        let style = self.stderr_style();
        // A closed stderr is no reason to stop.
        let _ = diag::write_human(&mut self.stderr, findings, sources, shown, &style);
    }

    fn stderr_style(&self) -> diag::Style {
        diag::Style { color: self.color, width: WIDTH }
    }

    /// Prints what is wrong in a profile, with the lines that it is about.
    pub(super) fn profile_error(&mut self, error: &ProfileError, name: &str, text: &str) {
        let style = self.stderr_style();
        // A closed stderr is no reason to stop.
        let _ = diag::write_profile_error(&mut self.stderr, error, (name, text), &style);
    }
}

/// A table without lines: a header, then rows, numbers to the right.
pub(super) fn table(header: &[&str], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    for &column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A table as text, without blanks at the ends of lines.
pub(super) fn text(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
