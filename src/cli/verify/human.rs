//! The result for people: a table, then what is wrong, then the classes.

use std::collections::BTreeMap;

use super::super::Failure;
use super::super::output::{self, BOLD, GREEN, Output, RED, YELLOW};
use super::{Report, counts};
use crate::diag::visible;
use crate::verify::facts::Class;
use crate::verify::probes::{NotProbeable, Probe};
use crate::verify::seen::Seen;
use crate::verify::verdict::{Kind, Verdict};

/// How many lines of the policy that cannot be probed are shown.
pub(super) const MOST: usize = 20;

pub(super) fn url(probe: &Probe) -> String {
    visible(&probe.request.to_string())
}

pub(super) fn print(report: &Report<'_>, output: &mut Output) -> Result<(), Failure> {
    for (at, plan) in report.plans.iter().enumerate() {
        output.line(&format!("{BOLD}{}{BOLD:#}: {}", name(report, at), visible(&plan.route.to_string())))?;
        for remark in &plan.remarks {
            output.hanging("  ", &visible(remark))?;
        }
    }
    output.line("")?;
    let names: Vec<String> = (0..report.plans.len()).map(|at| name(report, at)).collect();
    let header: Vec<&str> = ["class", "URL"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut table = output::table(&header, &[]);
    for row in &report.rows {
        let mut cells = vec![row.probe.class.to_string(), url(row.probe)];
        cells.extend(row.by_route.iter().map(|(_, verdict)| verdict.kind.to_string()));
        table.add_row(cells);
    }
    output.table(&table)?;
    print_troubles(report, output)?;
    print_not_probeable(report.not_probeable, output)?;
    print_classes(report, output)
}

/// `route 1`; the only one is `route`.
fn name(report: &Report<'_>, at: usize) -> String {
    if report.plans.len() == 1 { "route".to_owned() } else { format!("route {}", at + 1) }
}

/// What is wrong, and what to do, the same of one route together.
fn print_troubles(report: &Report<'_>, output: &mut Output) -> Result<(), Failure> {
    for (at, plan) in report.plans.iter().enumerate() {
        // By kind, reason and help: the URLs.
        let mut troubles: BTreeMap<(bool, Kind, String, Option<&str>), Vec<String>> = BTreeMap::new();
        for row in &report.rows {
            let (seen, verdict) = &row.by_route[at];
            // Which proxies were tried before the one that answered.
            let before = seen.remarks.iter().map(String::as_str);
            let why: Vec<&str> =
                [verdict.why.as_str()].into_iter().chain(before).filter(|own| !own.is_empty()).collect();
            if verdict.kind == Kind::Passes && why.is_empty() {
                continue;
            }
            let mut about = format!(
                "{} (policy: {}, {})",
                url(row.probe),
                visible(&row.probe.rule.to_string()),
                visible(&row.probe.source)
            );
            if !row.probe.is_required {
                about.push_str(", optional");
            }
            if let Some(at) = way(seen) {
                about.push_str(&at);
            }
            let may_pass = verdict.kind.is_good() || verdict.kind.is_open();
            let key = (may_pass, verdict.kind, why.join("; "), verdict.help);
            troubles.entry(key).or_default().push(about);
        }
        for ((may_pass, kind, why, help), urls) in troubles {
            let style = if may_pass { YELLOW } else { RED };
            output.line("")?;
            let head = format!("{style}{kind}{style:#} by {}", visible(&plan.route.to_string()));
            output.line(&head)?;
            if !why.is_empty() {
                output.hanging("  ", &visible(&why))?;
            }
            if let Some(help) = help {
                output.hanging("  help: ", help)?;
            }
            for url in urls {
                output.line(&format!("  {url}"))?;
            }
        }
    }
    Ok(())
}

/// Which name and address were asked, as far as that is known.
fn way(seen: &Seen) -> Option<String> {
    let dns = seen.dns.as_ref()?;
    let mut text = format!(", {}", visible(&dns.name));
    for alias in &dns.aliases {
        text.push_str(&format!(" → {}", visible(alias)));
    }
    if let Some(address) = seen.address {
        text.push_str(&format!(" at {}", address.ip()));
    }
    Some(text)
}

pub(super) fn print_not_probeable(rules: &[NotProbeable], output: &mut Output) -> Result<(), Failure> {
    if rules.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.line(&format!("{BOLD}cannot be asked{BOLD:#}: {}", output::count(rules.len(), "line")))?;
    for own in rules.iter().take(MOST) {
        output.line(&format!("  {}: {}", visible(&own.rule.to_string()), own.why))?;
    }
    if rules.len() > MOST {
        output.line(&format!("  … and {} more, which --format json shows", rules.len() - MOST))?;
    }
    Ok(())
}

/// By class and route, how many pass.
fn print_classes(report: &Report<'_>, output: &mut Output) -> Result<(), Failure> {
    output.line("")?;
    for class in Class::ALL {
        let rows: Vec<_> = report.rows.iter().filter(|row| row.probe.class == class).collect();
        if rows.is_empty() {
            continue;
        }
        let mut parts = Vec::new();
        for at in 0..report.plans.len() {
            let verdicts: Vec<&Verdict> = rows.iter().map(|row| &row.by_route[at].1).collect();
            let good = verdicts.iter().filter(|verdict| verdict.kind.is_good()).count();
            let open = verdicts.iter().filter(|verdict| verdict.kind.is_open()).count();
            let style = match (good, good + open) {
                (good, _) if good == rows.len() => GREEN,
                (_, not_bad) if not_bad == rows.len() => YELLOW,
                _ => RED,
            };
            let mut part = format!("{}: {style}{good} of {}{style:#}", name(report, at), rows.len());
            let others = counts(verdicts.into_iter());
            let others: Vec<String> = others
                .iter()
                .filter(|(kind, _)| **kind != Kind::Passes)
                .map(|(kind, count)| format!("{count} {kind}"))
                .collect();
            if !others.is_empty() {
                part.push_str(&format!(" ({})", others.join(", ")));
            }
            parts.push(part);
        }
        output.line(&format!("{class:<20} {}", parts.join(";  ")))?;
    }
    Ok(())
}

/// The result in a few lines.
pub(super) fn said(report: &Report<'_>) -> String {
    let failed = report.failures().count();
    let asked = format!(
        "{} by {}",
        output::count(report.rows.len(), "URL"),
        output::count(report.plans.len(), "route")
    );
    let open = report.rows.iter().filter(|row| row.probe.is_required && row.is_open()).count();
    let unshown = report.failures().filter(|row| row.is_open()).count();
    let mut said = match failed {
        0 if open > 0 => format!(
            "{asked}: no required one fails; whether {} could not be said",
            if open == 1 { "1 of them passes".to_owned() } else { format!("{open} of them pass") }
        ),
        0 => format!("{asked}: every required one has a good route"),
        _ => format!("{asked}: {failed} required without a good route"),
    };
    if unshown > 0 {
        let what = if failed == 1 { "it is".to_owned() } else { format!("{unshown} of them are") };
        said.push_str(&format!("\n{what} unsure, and nothing else under the same line of the policy passes"));
    }
    let direct = report.rows.iter().filter(|row| report.is_only_direct(row)).count();
    if direct > 0 {
        said.push_str(&format!(
            "\n{} only directly: the way through a proxy fails, which a device falls back from without a word",
            if direct == 1 { "1 URL passes".to_owned() } else { format!("{direct} URLs pass") }
        ));
    }
    if let Some(ended) = report.ended {
        said.push_str(&format!("\nnot finished: {ended}"));
    }
    said
}
