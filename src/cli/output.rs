//! What the program prints: results on stdout, everything else on stderr.

use std::collections::BTreeMap;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(windows)]
use std::os::windows::io::AsHandle as AsFd;

use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Effects, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::Failure;
use crate::diag::{self, Diagnostic, visible};
use crate::profile::{Profile, ProfileError};
use crate::source::SourceMap;

pub(super) use crate::text::count;
use crate::text::{plain_json, wrapped};

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// How many places the summary of findings shows of each kind.
const EXAMPLES: usize = 3;

/// Columns where there is no terminal.
const WIDTH: usize = 100;

/// The two streams. Colour and styles are dropped where a stream is no terminal or `NO_COLOR` is set.
pub(super) struct Output {
    stdout: io::BufWriter<AutoStream<io::Stdout>>,
    stderr: AutoStream<io::Stderr>,
    color: bool,
    quiet: bool,
    /// Columns of the terminal that stdout is; `None` where it is none.
    columns: Option<usize>,
    /// The same of stderr.
    error_columns: Option<usize>,
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
            columns: columns(io::stdout()),
            error_columns: columns(io::stderr()),
        }
    }

    /// Columns of the terminal that stdout is; `None` where it is a file or a pipe.
    pub(super) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Whether somebody looks at stderr who has not asked to be quiet.
    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet && self.error_columns.is_some()
    }

    /// Prints text of the result, wrapped between words.
    pub(super) fn paragraph(&mut self, text: &str) -> Result<(), Failure> {
        self.hanging("", text)
    }

    /// Prints text behind `head`, wrapped between words, the later lines as far to the right as the first.
    pub(super) fn hanging(&mut self, head: &str, text: &str) -> Result<(), Failure> {
        let columns = self.columns.unwrap_or(WIDTH);
        for line in wrapped(head, text, columns) {
            self.line(&line)?;
        }
        Ok(())
    }

    /// Prints a table of the result. On a terminal a line that is too long is cut, with a mark; in a file
    /// it is whole.
    pub(super) fn table(&mut self, table: &Table) -> Result<(), Failure> {
        self.table_with_titles(table, &BTreeMap::new())
    }

    /// Prints a line of the result.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.stdout, "{text}").map_err(Failure::Stdout)
    }

    /// Prints bytes as the result.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes).map_err(Failure::Stdout)
    }

    /// Prints JSON as the result.
    pub(super) fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).expect("internal error: a value is plain data");
        self.line(&plain_json(&text))
    }

    /// Prints one value as one line of JSON.
    pub(super) fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).expect("internal error: a value is plain data");
        self.line(&plain_json(&text))
    }

    /// Prints a table in which a title stands in the place of some rows, counted with the header. What is
    /// in such a row does not count for the width of its column.
    pub(super) fn table_with_titles(
        &mut self,
        table: &Table,
        titles: &BTreeMap<usize, String>,
    ) -> Result<(), Failure> {
        let text = text(table);
        for (at, line) in text.lines().enumerate() {
            match (titles.get(&at), self.columns) {
                (Some(title), _) => self.line(title)?,
                (None, Some(columns)) => self.line(&cut(line, columns))?,
                (None, None) => self.line(line)?,
            }
        }
        // The text of a table ends before its last blank rows.
        let mut last = titles.range(text.lines().count()..);
        last.try_for_each(|(_, title)| self.line(title))
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

    /// Prints a remark wrapped between words, unless asked to be quiet.
    pub(super) fn remark_wrapped(&mut self, head: &str, text: &str) {
        for line in wrapped(head, text, self.error_columns.unwrap_or(WIDTH)) {
            self.remark(&line);
        }
    }

    /// Prints an error. It may quote a file, which must not command the terminal.
    pub(super) fn error(&mut self, text: &str) {
        let text: Vec<String> = text.lines().map(visible).collect();
        let _ = writeln!(self.stderr, "{RED}error{RED:#}: {}", text.join("\n"));
    }

    /// Prints what to do, below an error.
    pub(super) fn help(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "  {BOLD}help{BOLD:#}: {}", visible(text));
    }

    /// Prints the findings in one line for each code, unless asked to be quiet.
    pub(super) fn finding_summary(&mut self, findings: &[Diagnostic], sources: &SourceMap) {
        let columns = self.error_columns.unwrap_or(WIDTH);
        let summary = diag::summarize(findings, sources, EXAMPLES, columns);
        if !summary.is_empty() {
            self.remark(&summary);
        }
    }

    /// Prints findings in full, the way a compiler does.
    pub(super) fn findings(&mut self, findings: &[Diagnostic], sources: &SourceMap, profile: &Profile) {
        let name = profile.file_name();
        let shown = name.as_deref().map(|name| (name, profile.text.as_str()));
        let style = self.stderr_style();
        // A closed stderr is no reason to stop.
        let _ = diag::write_human(&mut self.stderr, findings, sources, shown, &style);
    }

    fn stderr_style(&self) -> diag::Style {
        diag::Style { color: self.color, width: self.error_columns.unwrap_or(WIDTH) }
    }

    /// Prints what is wrong in a profile, with the lines that it is about.
    pub(super) fn profile_error(&mut self, error: &ProfileError, name: &str, text: &str) {
        let style = self.stderr_style();
        // A closed stderr is no reason to stop.
        let _ = diag::write_profile_error(&mut self.stderr, error, (name, text), &style);
    }
}

/// Columns of a stream that is a terminal.
fn columns(stream: impl AsFd) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(terminal_size::Width(columns), _)| usize::from(columns))
}

/// A line that fits, with a mark where something is missing.
fn cut(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    let kept: String = line.chars().take(columns.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A table without lines: a header, then rows, numbers to the right.
pub(super) fn table(header: &[&str], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for &column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A table as text, without blanks at the ends of lines.
fn text(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A path as a word of a command that a person may copy into a shell.
pub(super) fn shell_word(path: &Path) -> String {
    crate::text::shell_word(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_says_so() {
        assert_eq!(cut("日本語", 3), "日本語");
        assert_eq!(cut("abc def", 5), "abc…");
        assert_eq!(cut("abcdef", 5), "abcd…");
    }
}
