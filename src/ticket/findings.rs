//! Findings, as a ticket tells of them: the gravest first, and one where several lists have the same.

use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::Intent;
use crate::source::SourceMap;

/// A finding, with every list for which it is alike.
#[derive(Debug)]
pub(super) struct Finding<'a> {
    pub(super) diagnostic: &'a Diagnostic,
    pub(super) intents: Vec<Intent>,
    /// For people, in no language.
    pub(super) place: String,
}

/// The gravest first; what is alike for several lists is one.
pub(super) fn findings<'a>(diagnostics: Vec<&'a Diagnostic>, sources: &SourceMap) -> Vec<Finding<'a>> {
    let mut rows: Vec<Finding<'a>> = Vec::new();
    for diagnostic in diagnostics {
        match rows.last_mut() {
            Some(Finding { diagnostic: last, intents, .. })
                if (&last.place, last.code, &last.message)
                    == (&diagnostic.place, diagnostic.code, &diagnostic.message) =>
            {
                intents.extend(diagnostic.intent.filter(|intent| !intents.contains(intent)));
            }
            _ => rows.push(Finding {
                diagnostic,
                intents: diagnostic.intent.into_iter().collect(),
                place: match &diagnostic.place {
                    Place::Cell(cell) => cell.place(sources),
                    Place::Profile { line, .. } => format!("profile, line {line}"),
                    Place::File { file, line, .. } => format!("{file}, line {line}"),
                    Place::Run => diagnostic.target.unwrap_or_default().to_owned(),
                },
            }),
        }
    }
    rows.sort_by_key(|own| (std::cmp::Reverse(own.diagnostic.level), own.diagnostic.code));
    rows
}

impl Finding<'_> {
    pub(super) fn level(&self) -> Level {
        self.diagnostic.level
    }

    pub(super) fn code(&self) -> Code {
        self.diagnostic.code
    }

    /// What it says, with its lists, where it does not name them itself.
    pub(super) fn message(&self, with_intents: impl Fn(&str, &str) -> String) -> String {
        let finding = self.diagnostic;
        let message = match (finding.target, &self.intents[..]) {
            (None, [_, ..]) => {
                let intents: Vec<&str> = self.intents.iter().map(|own| own.as_str()).collect();
                with_intents(&finding.message, &intents.join(", "))
            }
            _ => finding.message.clone(),
        };
        // The label of the first of several is no label of all.
        match self.intents.len() > 1 || finding.label.is_empty() {
            true => message,
            false => format!("{message}: {}", finding.label),
        }
    }
}
