//! `thruway verify`: does the traffic get through, and is it left alone?

mod analyzer;
mod human;
mod json;
mod junit;
mod reports;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use globset::{Glob, GlobMatcher};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{self, Output};
use super::{Failure, FormatWord, Global, Outcome};
use crate::compile::Run;
use crate::model::RequestPattern;
use crate::profile::Profile;
use crate::verify::connect::Network;
use crate::verify::facts;
use crate::verify::names::Names;
use crate::verify::probes::{self, NotProbeable, Probe, Probes};
use crate::verify::route::{Environment, ProxyUrl, Route, Way};
use crate::verify::run::{self as verification, Limits, Plan};
use crate::verify::seen::Seen;
use crate::verify::tls::{Roots, certificates};
use crate::verify::verdict::{Kind, Verdict, judge};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// How a device may get out: direct, env, proxy=URL, pac=URL or wpad; may be repeated [default: the
    /// profile's proxies, else the environment's, and direct]
    #[arg(long = "route", value_name = "ROUTE")]
    routes: Vec<String>,
    /// Only hosts that match: `*.blob.core.windows.net`
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Seconds that one URL may take by one route
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = RangedU64ValueParser::<u64>::new().range(1..=600))]
    timeout: u64,
    /// Seconds that everything may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = RangedU64ValueParser::<u64>::new().range(1..=86_400))]
    deadline: u64,
    /// URLs that are asked at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    jobs: usize,
    /// Root of an inspecting proxy, PEM or DER: what leads to it is inspected
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Root of an origin that no public set has: what leads to it is not inspected
    #[arg(long, value_name = "FILE")]
    expected_root: Vec<PathBuf>,
    /// Judge what the vendor's tool saw instead of asking: MDEClientAnalyzer, mdatp, TestCloudConnection
    #[arg(long, value_name = "FILE", conflicts_with_all = ["routes", "only", "ca", "expected_root", "list", "timeout", "deadline", "jobs"])]
    from: Option<PathBuf>,
    /// Show what would be asked, and ask nothing
    #[arg(long)]
    list: bool,
    /// How results are written: for people, for programs, for build servers, or as the vendor's own tool does
    #[arg(id = "format", long, value_name = "FORMAT", default_value = "human",
        value_parser = FormatWord::parser(
            &[FormatWord::Human, FormatWord::Json, FormatWord::Junit, FormatWord::Analyzer], &[]))]
    format: FormatWord,
}

/// One URL with its verdict by every route.
struct Row<'a> {
    probe: &'a Probe,
    by_route: Vec<(&'a Seen, Verdict)>,
}

impl Row<'_> {
    /// Whether there is a good route.
    fn is_good(&self) -> bool {
        self.by_route.iter().any(|(_, verdict)| verdict.kind.is_good())
    }

    /// Whether there is none, but one of which nobody can say.
    fn is_open(&self) -> bool {
        !self.is_good() && self.by_route.iter().any(|(_, verdict)| verdict.kind.is_open())
    }
}

/// Everything that is told.
struct Report<'a> {
    plans: &'a [Plan],
    rows: Vec<Row<'a>>,
    not_probeable: &'a [NotProbeable],
    ended: Option<&'static str>,
}

impl Report<'_> {
    /// Required URLs that fail by every route, and those of which nobody can say under a line of the policy that nothing
    /// else shows to be open.
    fn failures(&self) -> impl Iterator<Item = &Row<'_>> {
        self.rows.iter().filter(|row| self.is_failing(row))
    }

    fn is_failing(&self, row: &Row<'_>) -> bool {
        row.probe.is_required && !row.is_good() && (!row.is_open() || !self.shows(&row.probe.rule))
    }

    /// Whether a URL under this line of the policy has a good route.
    fn shows(&self, rule: &RequestPattern) -> bool {
        self.rows.iter().any(|row| row.probe.rule == *rule && row.is_good())
    }

    /// Whether a URL passes directly, and by none of the other routes although there are some.
    fn is_only_direct(&self, row: &Row<'_>) -> bool {
        // A PAC or the environment may send it past the proxy, too.
        let direct = Way::Direct.to_string();
        let good = |wanted: bool| {
            let mut own = row.by_route.iter().filter(|(seen, _)| (seen.way == direct) == wanted);
            own.any(|(_, verdict)| verdict.kind.is_good())
        };
        let has_proxy = row.by_route.iter().any(|(seen, _)| seen.way != direct || !seen.remarks.is_empty());
        has_proxy && good(true) && !good(false)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    // What is wrong with the command itself is said before anything is read.
    let only = arguments.only.as_deref().map(glob).transpose()?;
    let parse =
        |text: &String| Route::parse(text).map_err(|error| Failure::Other(format!("--route: {error}")));
    let mut routes = arguments.routes.iter().map(parse).collect::<Result<Vec<Route>, Failure>>()?;
    let roots = |files: &[PathBuf]| {
        let mut found = Vec::new();
        for file in files {
            found.extend(certificates(file).map_err(|error| Failure::Other(error.to_string()))?);
        }
        Ok::<_, Failure>(found)
    };
    let (expected, given) = (roots(&arguments.expected_root)?, roots(&arguments.ca)?);

    let (profile, run) = global.run(output)?;
    if let Some(file) = &arguments.from {
        return reports::run(file, &run, &profile, arguments.format, output);
    }
    let Probes { mut probes, mut not_probeable } = probes::probes(&run, &profile, global.today())
        .map_err(|error| Failure::Load { error, profile: None })?;
    if let Some(only) = &only {
        probes.retain(|probe| only.is_match(probe.request.host.to_string()));
        not_probeable.retain(|own| only.is_match(own.rule.host.to_string()));
    }
    if probes.is_empty() {
        return Err(Failure::Other(match arguments.only {
            Some(_) => "no host that can be asked matches --only".to_owned(),
            None => "the policy names no host that can be asked".to_owned(),
        }));
    }
    if arguments.list {
        return list(&probes, &not_probeable, arguments.format, output);
    }
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if routes.is_empty() {
        routes = default_routes(&profile, &variables);
    }
    routes.sort_by_key(Route::rank);
    routes.dedup();

    let roots = Arc::new(Roots::new(expected, given, facts::vendor()));
    let limits = Limits {
        jobs: arguments.jobs,
        patience: Duration::from_secs(arguments.timeout),
        deadline: Duration::from_secs(arguments.deadline),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("no network: {error}")))?;
    let outcome = runtime.block_on(async {
        let network = Arc::new(Network { names: Names::of_system(), roots });
        let bar = progress(probes.len() * routes.len(), global);
        let interrupted = async {
            // Where nobody can interrupt, the deadline ends the run.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let done = || bar.inc(1);
        let outcome =
            verification::run(&network, &probes, &routes, &variables, limits, done, interrupted).await;
        bar.finish_and_clear();
        outcome
    });
    let rows = probes
        .iter()
        .enumerate()
        .map(|(at, probe)| {
            let seen = outcome.seen.iter().map(|by_probe| &by_probe[at]);
            Row { probe, by_route: seen.map(|seen| (seen, judge(probe, seen))).collect() }
        })
        .collect();
    let report = Report { plans: &outcome.plans, rows, not_probeable: &not_probeable, ended: outcome.ended };
    match arguments.format {
        FormatWord::Json => output.json(&json::report(&report))?,
        FormatWord::Junit => output.raw(&junit::report(&report))?,
        FormatWord::Analyzer => output.raw(analyzer::report(&report).as_bytes())?,
        _ => human::print(&report, output)?,
    }
    output.finish()?;
    if arguments.format == FormatWord::Human {
        output.remark(&human::said(&report));
    }
    Ok(if report.failures().next().is_some() { Outcome::Refused } else { Outcome::Clean })
}

fn glob(text: &str) -> Result<GlobMatcher, Failure> {
    let glob = Glob::new(&text.to_ascii_lowercase());
    glob.map(|glob| glob.compile_matcher()).map_err(|error| Failure::Other(format!("--only: {error}")))
}

/// The profile's proxies, else what the environment names; and directly.
fn default_routes(profile: &Profile, variables: &BTreeMap<String, String>) -> Vec<Route> {
    let named = profile.settings.proxies.iter().filter(|proxy| !proxy.is_placeholder());
    let mut routes: Vec<Route> = named
        .map(|proxy| {
            let (host, port) = proxy.host_and_port();
            Route::Proxy(ProxyUrl::plain(host, port))
        })
        .collect();
    if routes.is_empty() && !Environment::read(variables).is_ok_and(|own| own.is_empty()) {
        routes.push(Route::Env);
    }
    routes.push(Route::Direct);
    routes
}

/// A bar on stderr, which draws nothing where that is no terminal.
fn progress(count: usize, global: &Global) -> ProgressBar {
    if global.quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} asked, {elapsed}");
    let bar = ProgressBar::new(count as u64);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What would be asked.
fn list(
    probes: &[Probe],
    not_probeable: &[NotProbeable],
    format: FormatWord,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    if !matches!(format, FormatWord::Human | FormatWord::Json) {
        return Err(Failure::Other(
            "with --list nothing is judged: write it as `human` or `json`".to_owned(),
        ));
    }
    if format == FormatWord::Json {
        output.json(&json::list(probes, not_probeable))?;
        output.finish()?;
        return Ok(Outcome::Clean);
    }
    let mut table = output::table(&["class", "URL", "required", "inspection", "success"], &[]);
    for probe in probes {
        table.add_row(vec![
            probe.class.to_string(),
            human::url(probe),
            if probe.is_required { "required" } else { "optional" }.to_owned(),
            if probe.is_exempt { "exempt" } else { "-" }.to_owned(),
            probe.statuses.to_string(),
        ]);
    }
    output.table(&table)?;
    human::print_not_probeable(not_probeable, output)?;
    output.finish()?;
    Ok(Outcome::Clean)
}

/// How many of each kind.
fn counts<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict.kind).or_default() += 1;
    }
    counts
}

/// What the run of a profile is called.
fn policy_name(run: &Run, profile: &Profile) -> String {
    let rules = output::count(run.policy.rules(crate::model::Intent::Allow).len(), "rule");
    match profile.file_name() {
        Some(name) => format!("the policy of {name} ({rules})"),
        None => format!("the built-in policy ({rules})"),
    }
}

#[cfg(test)]
mod tests;
