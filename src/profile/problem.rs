//! What is wrong with a profile, and the words for it.

use std::fmt;

use crate::text;
use crate::yaml::{Spot, YamlError};

/// One thing that is wrong with a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// What is wrong, naming the key or value: one line without a full stop.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Characters to underline; 0 where only the beginning is known.
    pub length: u32,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl Problem {
    pub(super) fn new(spot: Spot, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: spot.line,
            column: spot.column,
            length: spot.length,
            help: Vec::new(),
        }
    }

    /// Adds a line of help.
    pub fn help(&mut self, help: impl Into<String>) {
        self.help.push(help.into());
    }

    /// A text that is no YAML. Beginners stumble over characters that YAML keeps for itself and hosts
    /// and versions begin with.
    pub(super) fn syntax(error: &YamlError, text: &str) -> Self {
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
        let spot = Spot { line: number(error.line), column: number(error.column), length: 0 };
        let mut problem = Self::new(spot, format!("not valid YAML: {}", error.message));
        let line = text.lines().nth(spot.line as usize - 1).unwrap_or_default();
        match line.chars().nth(spot.column as usize - 1) {
            Some(first @ ('*' | '>' | '%' | '@' | '`' | '&' | '|' | '!')) => {
                problem.help(format!("put a text that begins with `{first}` into quotes"));
            }
            _ if line.trim_start_matches(' ').starts_with('\t') => {
                problem.help("indent with blanks, not with tabs");
            }
            _ => {}
        }
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

/// Why a text is no profile: everything that is wrong with it, in the order of the text.
///
/// Invariant: at least one problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileError {
    problems: Vec<Problem>,
}

impl ProfileError {
    /// Sorts what was found by place.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        Self { problems }
    }

    /// Everything that is wrong, in the order of the text; at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if at > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ProfileError {}

/// How alike two words must be to be taken for one, from 0 to 1. The command line's parser uses the
/// same measure and bound.
const ALIKE: f64 = 0.7;

/// The known word that `word` is probably meant to be.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Comparing is quadratic in the length, and no known word is longer.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let mut best: Option<(&str, f64)> = None;
    for candidate in known {
        let alike = strsim::jaro(&word, &candidate.to_lowercase());
        if alike > ALIKE && best.is_none_or(|(_, so_far)| alike > so_far) {
            best = Some((candidate, alike));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// `` `a`, `b` or `c` ``.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [rest @ .., last] => format!("{} or `{last}`", listed(rest)),
    }
}

/// `` `a`, `b`, `c` ``.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A text of the profile in a message: short, on one line, in backticks.
pub(crate) fn shown(text: &str) -> String {
    format!("`{}`", printable(text))
}

/// A text of the profile in a message: short, on one line, with nothing that a terminal obeys.
pub(super) fn printable(text: &str) -> String {
    text::shown(text, 60)
}
