//! `verify --from`: what the vendor's tools saw, against the policy.

use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::super::output::{self, BOLD, GREEN, Output, RED, YELLOW};
use super::super::questions::Decider;
use super::super::{Failure, FormatWord, Outcome};
use super::human::MOST;
use super::policy_name;
use crate::compile::Run;
use crate::diag::visible;
use crate::model::{Intent, Request, Rule};
use crate::profile::Profile;
use crate::reports::{self, Reported, Reports, Result as Seen, Tool, advice};
use crate::verify::facts::{self, Class};
use crate::verify::probes::Needs;

/// Most bytes that are read; the reader of the text refuses fewer.
const MAX_BYTES: u64 = 64 << 20;

/// How a URL fares by what a tool saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Passes,
    /// Only where the proxy is disabled, although others were tried.
    PassesOnlyDirect,
    Fails,
    /// The tool names it, and no more.
    Named,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::PassesOnlyDirect => "only-direct",
            Self::Fails => "fails",
            Self::Named => "named",
        }
    }
}

impl Verdict {
    /// Whether the tool got through. What it names without a result has not, but TestCloudConnection names what it
    /// reached in no way that is known.
    fn is_good(self, tool: Tool) -> bool {
        match self {
            Self::Passes | Self::PassesOnlyDirect => true,
            Self::Fails => false,
            Self::Named => tool == Tool::CloudConnection,
        }
    }
}

struct Row<'a> {
    reported: &'a Reported,
    class: Class,
    verdict: Verdict,
    rules: Vec<&'a Rule>,
    is_required: bool,
}

pub(super) fn run(
    path: &Path,
    run: &Run,
    profile: &Profile,
    format: FormatWord,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    if !matches!(format, FormatWord::Human | FormatWord::Json) {
        return Err(Failure::Other(
            "with --from results are written as `--format human` or `--format json`".to_owned(),
        ));
    }
    let failed = |error: std::io::Error| Failure::Other(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(failed)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let reports =
        reports::read(&bytes).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    let (decider, needs) = (Decider::new(run), Needs::new(run, profile));
    let rows: Vec<Row<'_>> = reports
        .urls
        .iter()
        .map(|reported| {
            let request = reported.url.parse::<Request>().ok();
            let rules = request.as_ref().map_or(Vec::new(), |own| decider.matching(Intent::Allow, own));
            Row {
                reported,
                class: request
                    .as_ref()
                    .map_or(Class::Other, |own| facts::question(own.scheme, &own.host).class),
                verdict: judge(reported, request.as_ref()),
                is_required: !rules.is_empty() && request.is_some_and(|own| needs.is_required(&own)),
                rules,
            }
        })
        .collect();
    let untested = untested(run, &rows, &needs);
    if format == FormatWord::Json {
        output.json(&to_json(&reports, &rows, &untested, &needs))?;
    } else {
        print(&reports, &rows, &untested, &needs, output)?;
    }
    output.finish()?;
    let is_good = rows.iter().all(|row| !row.is_required || row.verdict.is_good(reports.tool));
    if format == FormatWord::Human {
        let of = |verdict: Verdict| {
            let own = || rows.iter().filter(move |row| row.verdict == verdict);
            (own().count(), own().filter(|row| row.is_required).count())
        };
        let (failing, failing_required) = of(Verdict::Fails);
        let (named, named_required) = of(Verdict::Named);
        let mut said = format!(
            "{} of {} against {}: {failing} fail, {failing_required} of them required",
            output::count(rows.len(), "URL"),
            reports.tool.as_str(),
            policy_name(run, profile)
        );
        if named > 0 {
            said.push_str(&format!("\n{named} without a result, {named_required} of them required"));
        }
        if !untested.is_empty() {
            let lines = output::count(untested.len(), "required line");
            said.push_str(&format!(
                "\nnot tested by that tool: {lines} of the policy; `thruway verify` asks them"
            ));
        }
        output.remark(&said);
    }
    Ok(if is_good { Outcome::Clean } else { Outcome::Refused })
}

/// Required lines of the policy of which the tool asked no URL.
fn untested<'a>(run: &'a Run, rows: &[Row<'_>], needs: &Needs<'_>) -> Vec<&'a Rule> {
    let rules = run.policy.rules(Intent::Allow).iter();
    let is_tested =
        |rule: &Rule| rows.iter().any(|row| row.rules.iter().any(|own| own.pattern == rule.pattern));
    rules.filter(|rule| !is_tested(rule) && needs.is_rule_required(rule)).collect()
}

/// Whether a way got through: by the statuses that mean success for that URL.
fn is_good(result: &Seen, request: Option<&Request>) -> bool {
    match (result, request) {
        (Seen::Succeeded(Some(status)), Some(own)) => {
            facts::question(own.scheme, &own.host).statuses.contains(*status)
        }
        (Seen::Succeeded(Some(status)), None) => (200..400).contains(status),
        (Seen::Succeeded(None), _) => true,
        (Seen::Failed { .. } | Seen::NotTried, _) => false,
    }
}

fn judge(reported: &Reported, request: Option<&Request>) -> Verdict {
    let is_tried = |result: &Seen| *result != Seen::NotTried;
    let good = |name: &str| name != DISABLED;
    let passes = |wanted: bool| {
        reported.ways.iter().any(|(name, result)| good(name) == wanted && is_good(result, request))
    };
    let others = reported.ways.iter().any(|(name, result)| name != DISABLED && is_tried(result));
    match (passes(true), passes(false)) {
        (true, _) => Verdict::Passes,
        (false, true) if others => Verdict::PassesOnlyDirect,
        (false, true) => Verdict::Passes,
        (false, false) if reported.ways.iter().any(|(_, result)| is_tried(result)) => Verdict::Fails,
        (false, false) => Verdict::Named,
    }
}

/// As the analyzer calls the way without a proxy.
const DISABLED: &str = "Proxy disabled";

fn print(
    reports: &Reports,
    rows: &[Row<'_>],
    untested: &[&Rule],
    needs: &Needs<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut table = output::table(&["class", "URL", "verdict", "policy"], &[]);
    for row in rows {
        table.add_row(vec![
            row.class.to_string(),
            visible(&row.reported.url),
            row.verdict.as_str().to_owned(),
            row.rules.first().map_or("-".to_owned(), |rule| visible(&rule.pattern.to_string())),
        ]);
    }
    output.table(&table)?;
    for row in rows.iter().filter(|row| matches!(row.verdict, Verdict::Fails | Verdict::PassesOnlyDirect)) {
        let style = if row.verdict == Verdict::Fails { RED } else { YELLOW };
        let (word, url) = (row.verdict.as_str(), visible(&row.reported.url));
        output.line("")?;
        output.line(&format!("{style}{word}{style:#} {url} (line {})", row.reported.line))?;
        output.hanging("  policy: ", &policy(row, needs))?;
        for (name, result) in &row.reported.ways {
            let text = match result {
                Seen::Succeeded(Some(status)) => format!("{GREEN}status {status}{GREEN:#}"),
                Seen::Succeeded(None) => format!("{GREEN}reached{GREEN:#}"),
                Seen::Failed { code: Some(code), text } => format!("{code}: {}", visible(text)),
                Seen::Failed { code: None, text } => visible(text),
                Seen::NotTried => continue,
            };
            output.hanging(&format!("  {BOLD}{}{BOLD:#}: ", visible(name)), &text)?;
            if let Some(advice) = advice(reports.tool, result) {
                output.hanging("    help: ", advice)?;
            }
        }
    }
    let blind =
        rows.iter().filter(|row| row.reported.is_not_pinned && row.verdict == Verdict::Passes).count();
    if blind > 0 {
        output.line("")?;
        let urls = output::count(blind, "URL");
        output.paragraph(&format!(
            "{urls} without pinning: the tool cannot see whether TLS is inspected; `thruway verify` can"
        ))?;
    }
    if !untested.is_empty() {
        output.line("")?;
        let lines = output::count(untested.len(), "required line");
        output.line(&format!("{BOLD}not tested by the tool{BOLD:#}: {lines} of the policy"))?;
        for rule in untested.iter().take(MOST) {
            let (pattern, source) = (visible(&rule.pattern.to_string()), visible(&needs.source(rule)));
            output.line(&format!("  {pattern} ({source})"))?;
        }
        if untested.len() > MOST {
            output.line(&format!("  … and {} more, which --format json shows", untested.len() - MOST))?;
        }
    }
    Ok(())
}

/// Which line of the policy a URL needs.
fn policy(row: &Row<'_>, needs: &Needs<'_>) -> String {
    match row.rules.first() {
        Some(rule) => {
            let required = if row.is_required { "required" } else { "optional" };
            format!("{} ({required}; {})", visible(&rule.pattern.to_string()), visible(&needs.source(rule)))
        }
        None => {
            "no line lets it through: another data location or service, or add it under `select: include:`"
                .to_owned()
        }
    }
}

fn to_json(reports: &Reports, rows: &[Row<'_>], untested: &[&Rule], needs: &Needs<'_>) -> Value {
    let of_rule = |rule: &Rule| json!({ "pattern": rule.pattern.to_string(), "source": needs.source(rule) });
    let urls: Vec<Value> = rows
        .iter()
        .map(|row| {
            let ways: Vec<Value> = row
                .reported
                .ways
                .iter()
                .map(|(name, result)| {
                    let (status, code, text) = match result {
                        Seen::Succeeded(status) => (*status, None, None),
                        Seen::Failed { code, text } => (None, *code, Some(text)),
                        Seen::NotTried => (None, None, None),
                    };
                    let word = match result {
                        Seen::Succeeded(_) => "succeeded",
                        Seen::Failed { .. } => "failed",
                        Seen::NotTried => "not-tried",
                    };
                    let help = advice(reports.tool, result);
                    json!({ "way": name, "result": word, "status": status, "code": code, "text": text, "help": help })
                })
                .collect();
            json!({
                "url": row.reported.url,
                "line": row.reported.line,
                "class": row.class.as_str(),
                "verdict": row.verdict.as_str(),
                "required": row.is_required,
                "pinned": !row.reported.is_not_pinned,
                "rules": row.rules.iter().map(|&rule| of_rule(rule)).collect::<Vec<_>>(),
                "ways": ways,
            })
        })
        .collect();
    let untested: Vec<Value> = untested.iter().map(|&rule| of_rule(rule)).collect();
    json!({ "tool": reports.tool.as_str(), "urls": urls, "not_tested": untested })
}
