//! The findings of an audit for people: every cause once, and under it a line for each host.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::Failure;
use super::super::output::{self, BOLD, Output, RED, YELLOW};
use super::not_understood;
use crate::audit::{Input, Report};
use crate::diag::{Code, Diagnostic, Level, Place, visible};

/// How many findings of a code are shown.
const MOST: usize = 20;

/// Findings of one cause.
struct Cause<'r> {
    /// What all of them say.
    what: &'r str,
    /// Where, if it is one line that withholds what all of them need.
    line: Option<&'r Place>,
    findings: Vec<&'r Diagnostic>,
}

/// The findings, the gravest first, those of a code together, and of a code those of one cause.
pub(super) fn print(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let mut by_code: BTreeMap<_, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in &report.findings {
        // While the product refuses the files, the rest is not in force.
        let rank = (Reverse(finding.level), finding.code != Code::ProductRefuses, finding.code);
        by_code.entry(rank).or_default().push(finding);
    }
    for ((Reverse(level), _, code), findings) in by_code {
        let (style, word) = if level == Level::Deny { (RED, "error") } else { (YELLOW, "warning") };
        let count = findings.len();
        output.line(&format!("{style}{word}{style:#} {BOLD}{code}{BOLD:#}: {count}"))?;
        for cause in causes(&findings[..count.min(MOST)]) {
            print_cause(&cause, output)?;
        }
        if count > MOST {
            output.line(&format!("  … and {} more, which --format json shows", count - MOST))?;
        }
        output.line("")?;
    }
    if !report.assumed.is_empty() {
        output.line(&format!("{BOLD}assumed{BOLD:#}: {}", report.assumed.len()))?;
        for assumed in report.assumed.iter().take(MOST) {
            let head = format!("  {}  ", visible(&assumed.place.to_string()));
            output.hanging(&head, &visible(&assumed.what))?;
        }
        output.line("")?;
    }
    Ok(())
}

/// The findings by cause, in the order in which the causes come.
fn causes<'r>(findings: &[&'r Diagnostic]) -> Vec<Cause<'r>> {
    let mut causes: Vec<Cause<'r>> = Vec::new();
    for &finding in findings {
        let (_, what) = parts(finding);
        let line = asked(finding).map(|_| &finding.place);
        match causes.iter_mut().find(|own| own.what == what && own.line == line) {
            Some(own) => own.findings.push(finding),
            None => causes.push(Cause { what, line, findings: vec![finding] }),
        }
    }
    causes
}

fn print_cause(cause: &Cause<'_>, output: &mut Output) -> Result<(), Failure> {
    if let (Some(line), [first, ..]) = (cause.line, &cause.findings[..]) {
        let text = match line {
            Place::File { text, .. } if !text.is_empty() => format!("`{text}`: "),
            _ => String::new(),
        };
        let head = format!("  {}  ", visible(&place(&first.place)));
        output.hanging(&head, &visible(&format!("{text}{}", cause.what)))?;
        for finding in &cause.findings {
            let (host, asked) = (parts(finding).0.unwrap_or_default(), asked(finding).unwrap_or_default());
            output.hanging(&format!("    {}  ", visible(host)), &visible(asked))?;
        }
        return Ok(());
    }
    if let [only] = cause.findings[..] {
        let head = format!("  {}  ", visible(&place(&only.place)));
        return output.hanging(&head, &visible(&only.message));
    }
    output.hanging("  ", &visible(cause.what))?;
    for finding in &cause.findings {
        let head = format!("    {}  ", visible(&place(&finding.place)));
        output.hanging(&head, &visible(parts(finding).0.unwrap_or_default()))?;
    }
    Ok(())
}

/// What a finding is about, where that stands first in quotes, and what it says of it.
fn parts(finding: &Diagnostic) -> (Option<&str>, &str) {
    let quoted = finding.message.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    match quoted {
        Some((about, what)) => (Some(about), what.trim_start_matches([':', ' '])),
        None => (None, &finding.message),
    }
}

/// The pattern of the policy that needs what is withheld, with its cell.
fn asked(finding: &Diagnostic) -> Option<&str> {
    match finding.code {
        Code::NeededRefused | Code::NeededInspected | Code::NeededAuthenticated | Code::NeededNotDirect => {
            finding.help.first().and_then(|help| help.strip_prefix("the policy asks for "))
        }
        _ => None,
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::File { file, line: 0, .. } => file.to_string(),
        Place::File { file, line, .. } => format!("{file}:{line}"),
        Place::Cell(cell) => cell.at.to_string(),
        Place::Profile { line, .. } => format!("profile:{line}"),
        Place::Run => "no line".to_owned(),
    }
}

/// What was asked and how it ended, in a few lines.
pub(super) fn said(input: Input, report: &Report, profile: Option<&str>, files: usize) -> String {
    let errors = report.findings.iter().filter(|finding| finding.level == Level::Deny).count();
    let warnings = report.findings.len() - errors;
    let not_understood = not_understood(report);
    let asked = match report.sampled {
        true => format!("sampled, {}", output::count(report.hosts, "host")),
        false => format!(
            "{} by {} to {}",
            if not_understood > 0 { "asked" } else { "decided" },
            output::count(report.requests, "request"),
            output::count(report.hosts, "host")
        ),
    };
    let found = match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        _ => format!("{}, {}", output::count(errors, "error"), output::count(warnings, "warning")),
    };
    let mut said = format!(
        "{} of {} against {} ({asked}): {found}",
        output::count(files, "file"),
        input.as_str(),
        profile.map_or("the built-in policy".to_owned(), |profile| format!("the policy of {profile}"))
    );
    if report.loose > 0 {
        let (entries, say) = match report.loose {
            1 => ("1 entry".to_owned(), "says"),
            more => (format!("{more} entries"), "say"),
        };
        said.push_str(&format!(
            "\n{entries} {say} more than is needed as most lists do: other ports or schemes, the name beside all \
             below it"
        ));
    }
    if !report.findings.is_empty() {
        said.push_str("\n`thruway explain CODE` says what a finding means");
    }
    if let Some(notice) = &report.notice {
        said.push_str(&format!("\n{notice}"));
    }
    if not_understood > 0 {
        let (parts, were) = match not_understood {
            1 => ("1 part".to_owned(), "was"),
            more => (format!("{more} parts"), "were"),
        };
        said.push_str(&format!(
            "\nnot decided: {parts} {were} not understood, and may let through or refuse what is said otherwise here; \
             whoever has looked takes that out with `-A {}`",
            Code::NotUnderstood
        ));
    }
    said
}
