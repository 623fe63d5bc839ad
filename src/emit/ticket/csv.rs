//! The openings as CSV, one line each, for the spreadsheet of a firewall team.

use super::{ID, NOT_STATED, Surroundings};
use crate::diag::visible;
use crate::emit::{Artifact, RenderError};
use crate::model::{Intent, Rule};
use crate::opening::{Index, Opening};

const HEADER: [&str; 16] = [
    "Action",
    "Intent",
    "Direction",
    "Protocol",
    "Scheme",
    "Destination",
    "Ports",
    "Path",
    "Platforms",
    "Geographies",
    "Requirement",
    "Service",
    "Category",
    "Source",
    "Risk",
    "Finding",
];

pub(super) fn artifact(run: &Surroundings<'_>, index: &Index<'_>) -> Result<Artifact, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = || -> ::csv::Result<()> {
        writer.write_record(HEADER)?;
        for intent in Intent::ALL {
            for rule in run.policy.rules(intent) {
                writer.write_record(record("add", intent, rule, "", index))?;
            }
            for held in run.policy.held(intent) {
                let code = held.code.as_str();
                writer.write_record(record("left out", intent, &held.rule, code, index))?;
            }
        }
        Ok(())
    };
    let failed = |error: String| RenderError::Template { target: ID, why: error };
    write().map_err(|error| failed(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    Ok(Artifact { path: "ticket.csv".to_owned(), bytes })
}

fn record(
    action: &str,
    intent: Intent,
    rule: &Rule,
    finding: &str,
    index: &Index<'_>,
) -> [String; HEADER.len()] {
    let opening = Opening::new(rule, index);
    let risks: Vec<&str> = opening.risks.iter().map(|own| own.as_str()).collect();
    [
        action,
        intent.as_str(),
        "outbound",
        "TCP",
        &opening.schemes(),
        &opening.destination(),
        &rule.pattern.ports.to_string(),
        &opening.path(),
        opening.platforms().as_deref().unwrap_or(NOT_STATED),
        opening.geographies().as_deref().unwrap_or(NOT_STATED),
        opening.requirement(),
        &opening.services.join("; "),
        &opening.categories.join("; "),
        &opening.places.join("; "),
        &risks.join("; "),
        finding,
    ]
    .map(cell)
}

/// A text as a spreadsheet takes it: on one line, and never a formula, also where the spreadsheet's separator is
/// a semicolon, as in most of Europe.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for character in visible(text).chars() {
        // Some take the signs of full width too.
        if begins && matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            out.push('\'');
        }
        out.push(character);
        begins = character == ';' || (begins && character.is_whitespace());
    }
    out
}
