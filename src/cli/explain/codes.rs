//! `thruway explain CODE` and `--list`: what findings mean.

use serde_json::{Map, Value, json};

use super::super::output::{BOLD, Output};
use super::super::{Failure, Format, Global, Outcome};
use crate::analyze;
use crate::diag::{Code, Level};
use crate::model::Intent;
use jiff::ToSpan;
use jiff::civil::Date;

/// Where the codes are.
pub(in crate::cli) const LISTED: &str = "`thruway explain --list` lists the codes";

/// How long a waiver is proposed for.
const MONTHS: i32 = 6;

/// The codes that somebody may have meant, and where all of them are.
pub(super) fn meant(word: &str) -> Option<String> {
    const MOST: usize = 3;
    let word = word.to_ascii_lowercase().replace('_', "-");
    let mut near: Vec<(f64, &str)> = Code::ALL
        .iter()
        .map(|code| (strsim::jaro_winkler(&word, code.as_str()), code.as_str()))
        .filter(|(alike, _)| *alike > 0.8)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<String> = near.into_iter().take(MOST).map(|(_, code)| format!("`{code}`")).collect();
    (!near.is_empty()).then(|| format!("did you mean {}? {LISTED}", near.join(" or ")))
}

/// The sentence that a code's explanation begins with.
fn first_sentence(code: Code) -> String {
    let text: Vec<&str> =
        code.explanation().split("\n\n").next().unwrap_or_default().split_whitespace().collect();
    let text = text.join(" ");
    text.split_once(". ").map_or(text.clone(), |(sentence, _)| format!("{sentence}."))
}

fn levels(code: Code) -> [(Intent, Level); 4] {
    Intent::ALL.map(|intent| (intent, analyze::default_level(code, intent)))
}

pub(super) fn list(global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    match global.format() {
        Format::Json => {
            let codes =
                Code::ALL.iter().map(|&code| json!({ "code": code.as_str(), "finds": first_sentence(code) }));
            output.json(&codes.collect())?;
        }
        Format::Human => {
            let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
            for &code in Code::ALL {
                output.hanging(&format!("{code:<width$}  "), &first_sentence(code))?;
            }
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

pub(super) fn explain(code: Code, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let text: Vec<&str> = code.explanation().lines().map(str::trim).collect();
    let text = text.join("\n");
    let text = text.trim();
    let levels = levels(code);
    match global.format() {
        Format::Json => {
            let levels: Map<String, Value> =
                levels.iter().map(|(intent, level)| (intent.to_string(), level.as_str().into())).collect();
            output.json(&json!({ "code": code.as_str(), "levels": levels, "explanation": text }))?;
        }
        Format::Human => {
            output.line(&format!("{BOLD}{code}{BOLD:#}"))?;
            for paragraph in text.split("\n\n") {
                output.line("")?;
                output.paragraph(paragraph)?;
            }
            if let Some(waiver) = waiver(code, global.today()) {
                output.line("")?;
                output.line("a waiver, for the profile:")?;
                output.line("")?;
                waiver.lines().try_for_each(|line| output.line(line))?;
            }
            output.line("")?;
            if levels.iter().all(|(_, level)| *level == levels[0].1) {
                output.line(&format!("default level: {}", levels[0].1))?;
            } else {
                output.line("default levels:")?;
                for (intent, level) in levels {
                    output.line(&format!("  {intent:<21}  {level}"))?;
                }
            }
        }
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

/// A waiver of a code to start from, where its explanation proposes one.
fn waiver(code: Code, today: Date) -> Option<String> {
    let text = code.explanation();
    let (_, instead) = text.split_once("Instead:")?;
    if !analyze::is_of_gate(code) || !instead.contains("aive") {
        return None;
    }
    let (_, example) = text.split_once("Example:")?;
    let pattern = example.split('`').nth(1)?;
    let (intent, _) = levels(code)
        .into_iter()
        .max_by_key(|(intent, level)| (*level, *intent == Intent::BypassInspection))?;
    let expires = today.saturating_add(MONTHS.months());
    Some(format!(
        "waivers:\n  - lint: {code}\n    pattern: \"{pattern}\"\n    intent: {intent}\n    \
         reason: why it may be open\n    owner: who answers for it\n    expires: {expires}\n"
    ))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_waiver_that_is_proposed_is_one() {
        let today = date(2026, 11, 24);
        let proposed: Vec<String> = Code::ALL.iter().filter_map(|code| waiver(*code, today)).collect();
        assert_eq!(proposed.len(), 3);
        for waiver in proposed {
            let text = format!("version: 1\nname: x\nsources: [{{ builtin: mde-commercial }}]\n{waiver}");
            let profile =
                Profile::parse(&text, None, &["squid"]).unwrap_or_else(|error| panic!("{waiver}{error}"));
            assert_eq!(profile.waivers.len(), 1);
            assert_eq!(profile.waivers[0].value.expires, date(2027, 5, 24));
        }
    }

    #[test]
    fn every_code_has_a_sentence_of_its_own() {
        for &code in Code::ALL {
            let sentence = first_sentence(code);
            assert!(
                sentence.ends_with('.') && sentence.len() > 20 && !sentence.contains(". "),
                "{code}: {sentence}"
            );
        }
    }

    #[test]
    fn what_is_meant_is_near() {
        assert!(meant("not-an-endpont").unwrap().starts_with("did you mean `not-an-endpoint`"));
        assert!(meant("covers_public_suffix").unwrap().starts_with("did you mean `covers-public-suffix`"));
        assert_eq!(meant("xyzzy"), None);
    }
}
