//! Findings as commands of a workflow on GitHub, which shows them at their files: `::warning file=…,line=…::…`.

use std::fmt::Write as _;

use super::{Diagnostic, Level, Place, file, visible};
use crate::source::SourceMap;

/// The findings, one a line, in the order given. `profile` is the profile's file, where there is one.
///
/// Checked 2026-11-24, GitHub "Workflow commands for GitHub Actions", and the toolkit's escapes
/// (`packages/core/src/command.ts`).
pub fn to_github(findings: &[Diagnostic], sources: &SourceMap, profile: Option<&str>) -> String {
    let mut out = String::new();
    for finding in findings {
        let mut properties = Vec::new();
        if let Some(place) = file::of(&finding.place, sources, profile) {
            properties.push(format!("file={}", property(&place.path)));
            properties.extend(place.line.map(|line| format!("line={line}")));
            properties.extend(place.column.map(|column| format!("col={column}")));
        }
        properties.push(format!("title={}", property(finding.code.as_str())));
        let whom: Vec<&str> =
            finding.target.into_iter().chain(finding.intent.map(|intent| intent.as_str())).collect();
        let mut lines = vec![finding.message.clone()];
        if let Place::Cell(cell) = &finding.place {
            lines.push(format!("at {}", cell.place(sources)));
        }
        if !whom.is_empty() {
            lines.push(format!("for {}", whom.join(", ")));
        }
        let more = std::iter::once(&finding.label).chain(&finding.notes).chain(&finding.help);
        lines.extend(more.filter(|line| !line.is_empty()).cloned());
        let text: Vec<String> = lines.iter().map(|line| data(&visible(line))).collect();
        let _ = writeln!(out, "::{} {}::{}", command(finding.level), properties.join(","), text.join("%0A"));
    }
    out
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Allow => "notice",
        Level::Warn | Level::Hold => "warning",
        Level::Deny => "error",
    }
}

/// A text behind the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value between the pairs of colons, where a comma and a colon end it.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, file};

    use super::*;
    use crate::diag::tests::specimens;

    #[test]
    fn findings_are_annotations_like_this() {
        let (findings, sources) = specimens();
        let text = to_github(&findings, &sources, Some("a, b: 100%/contoso.yaml"));
        assert_eq!(text.lines().count(), findings.len(), "one line each");
        assert_data_eq!(text, file!["snapshots/findings.github.txt"].raw());
    }

    #[test]
    fn no_text_of_a_file_ends_a_command_or_begins_one() {
        let hostile = "a\r\n::error file=x,line=1::b %0A ::stop-commands::c";
        let place = Place::File { file: hostile.into(), line: 3, text: hostile.into() };
        let finding =
            Diagnostic::new(crate::diag::Code::NotUnderstood, hostile, place, hostile).help(hostile);
        let text = to_github(&[finding], &SourceMap::default(), None);
        assert_eq!(text.lines().count(), 1);
        let (properties, _) = text.strip_prefix("::warning ").unwrap().split_once("::").unwrap();
        assert_eq!(properties.split(',').count(), 3, "{properties}");
        assert!(!properties.contains(':') && !text.contains('\r'), "{text}");
        assert!(!text.contains("%0A ::"), "a percent sign stays one: {text}");
    }
}
