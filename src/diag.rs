//! Findings: what is remarkable about the user's data, collected, placed and coded.
//!
//! A finding never stops a run by itself; the caller looks at the levels. Failures of the world (a
//! file that cannot be read) are errors of their own, and bugs panic with "internal error".

mod code;
mod excerpt;
mod file;
mod github;
mod human;
mod json;
mod level;
mod sarif;
mod summary;
#[cfg(test)]
mod tests;
mod visible;

pub use code::Code;
pub use github::to_github;
pub use human::{Style, write_human, write_profile_error};
pub use json::to_json;
pub use level::Level;
pub use sarif::to_sarif;
pub use summary::summarize;
pub use visible::{is_hidden, visible};

use std::sync::Arc;

use crate::model::Intent;
use crate::source::Cell;

/// Where a finding points.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// A cell of a source.
    Cell(Cell),
    /// A place in the profile.
    Profile {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// The text there.
        text: String,
    },
    /// A line of a configuration that somebody wrote.
    File {
        /// The file.
        file: Arc<str>,
        /// Line, from 1; 0 where it is the whole file.
        line: u32,
        /// The line as it stands there.
        text: String,
    },
    /// The run as a whole, such as a target that a product's limit concerns.
    Run,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Diagnostic {
    /// Where it points.
    pub place: Place,
    /// What kind.
    pub code: Code,
    /// What it does.
    pub level: Level,
    /// The intent that it concerns, where it concerns one.
    pub intent: Option<Intent>,
    /// The target that it concerns, where it concerns one.
    pub target: Option<&'static str>,
    /// One line that names the thing, without a full stop.
    pub message: String,
    /// What the place shows, in a few words.
    pub label: String,
    /// Facts to judge it by, one line each.
    pub notes: Vec<String>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding at the code's default level.
    pub fn new(code: Code, message: impl Into<String>, place: Place, label: impl Into<String>) -> Self {
        Self {
            place,
            code,
            level: code.default_level(),
            intent: None,
            target: None,
            message: message.into(),
            label: label.into(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// The same with a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same at another level.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same for one intent.
    #[must_use]
    pub fn for_intent(mut self, intent: Intent) -> Self {
        self.intent = Some(intent);
        self
    }

    /// The same for one target.
    #[must_use]
    pub fn for_target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }
}

impl From<Cell> for Place {
    fn from(cell: Cell) -> Self {
        Self::Cell(cell)
    }
}

/// Puts findings in the order in which they are shown, by place, code and message, and removes repeats.
pub fn sort(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| {
        a.place
            .cmp(&b.place)
            .then(a.code.cmp(&b.code))
            .then_with(|| a.message.cmp(&b.message))
            .then_with(|| a.cmp(b))
    });
    findings.dedup();
}
