//! `thruway update`: the vendor's list, fetched anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde_json::json;

use super::output::{self, GREEN, Output};
use super::{Failure, Format, Global, Outcome};
use crate::diag::visible;
use crate::profile::list_url;
use crate::update::fetch::{Bounds, Through};
use crate::update::list::List;
use crate::update::renew::{Renewal, Renewed};
use crate::verify::connect::Network;
use crate::verify::facts;
use crate::verify::names::Names;
use crate::verify::route::{Environment, ProxyUrl};
use crate::verify::tls::{Roots, certificates};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Where the vendor publishes the list
    #[arg(long, value_name = "URL")]
    url: String,
    /// File to put it into, as the profile names it; what is remembered goes to FILE.fetched.json
    #[arg(long, value_name = "FILE")]
    into: PathBuf,
    /// Keep the old list in this file where a new one takes its place
    #[arg(long, value_name = "OLD")]
    keep: Option<PathBuf>,
    /// Exit 3 if the list is a new one
    #[arg(long)]
    exit_code: bool,
    /// Take a list with fewer than half the endpoints, too
    #[arg(long)]
    allow_shrink: bool,
    /// Proxy to go through, http://host:port, or `direct` [default: that of the environment]
    #[arg(long, value_name = "PROXY")]
    proxy: Option<String>,
    /// Root that the server's certificate may lead to, beside those of the system: PEM or DER
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Seconds that a request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = RangedU64ValueParser::<u64>::new().range(1..=3_600))]
    timeout: u64,
    /// Largest list in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    max_size: usize,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let done = update(arguments, output)?;
    match global.format() {
        Format::Human => human(arguments, &done, output)?,
        Format::Json => output.json(&report(&done))?,
    }
    output.finish()?;
    Ok(match done {
        Renewed::Refused { why, help } => {
            output.error(&format!("{why}; {} is left as it is", arguments.into.display()));
            if let Some(help) = help {
                output.help(help);
            }
            Outcome::Refused
        }
        Renewed::Updated { .. } if arguments.exit_code => Outcome::Changed,
        Renewed::Updated { .. } | Renewed::Unchanged(_) => Outcome::Clean,
    })
}

fn update(arguments: &Arguments, output: &mut Output) -> Result<Renewed, Failure> {
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let url = list_url(&arguments.url).map_err(|why| Failure::Other(format!("--url: {why}")))?;
    // A link to the list would be the list.
    let whole = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    if arguments.keep.as_ref().map(whole) == Some(whole(&arguments.into)) {
        return Err(Failure::Other("--keep and --into name the same file".to_owned()));
    }
    let through = through(arguments)?;
    let mut given = Vec::new();
    for file in &arguments.ca {
        given.extend(certificates(file).map_err(|error| other(&error))?);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("no network: {error}")))?;
    let renewal = Renewal {
        url: &url,
        into: &arguments.into,
        keep: arguments.keep.as_deref(),
        through: &through,
        bounds: Bounds { bytes: arguments.max_size << 20, patience: Duration::from_secs(arguments.timeout) },
        may_shrink: arguments.allow_shrink,
    };
    let mut remarks = Vec::new();
    let renewed = runtime.block_on(async {
        let roots = Arc::new(Roots::new(Vec::new(), given, facts::vendor()));
        let network = Network { names: Names::of_system(), roots };
        renewal.run(&network, &mut |remark| remarks.push(remark)).await
    });
    for remark in &remarks {
        output.remark(remark);
    }
    renewed.map_err(|error| other(&error))
}

/// The way that requests go. What may be a password is not repeated.
fn through(arguments: &Arguments) -> Result<Through, Failure> {
    match arguments.proxy.as_deref() {
        Some("direct") => Ok(Through::Direct),
        Some(text) => ProxyUrl::parse(text)
            .map(Through::Proxy)
            .map_err(|error| Failure::Other(format!("--proxy: {error}"))),
        None => {
            let variables: BTreeMap<String, String> = std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect();
            Environment::read(&variables)
                .map(Through::Environment)
                .map_err(|(name, error)| Failure::Other(format!("{name}: {error}")))
        }
    }
}

fn human(arguments: &Arguments, done: &Renewed, output: &mut Output) -> Result<(), Failure> {
    let file = visible(&arguments.into.display().to_string());
    match done {
        Renewed::Unchanged(why) => output.line(&format!("unchanged {file}: {why}")),
        Renewed::Updated { old, new, kept } => {
            let count = output::count(new.patterns.len(), "endpoint");
            let changes = old.as_ref().map_or(String::new(), |old| {
                let (added, gone) = changes(Some(old), new);
                format!(", {} new, {} gone", added.len(), gone.len())
            });
            output.line(&format!("{GREEN}updated{GREEN:#} {file}: {}, {count}{changes}", new.format))?;
            if let (Some(old), Some(own)) = (old, &arguments.keep)
                && *kept
            {
                if old.format != new.format {
                    output.remark(&format!("it was {}", old.format));
                }
                output.remark(&format!(
                    "next: `thruway diff {} {}` says what that opens and closes",
                    output::shell_word(own),
                    output::shell_word(&arguments.into)
                ));
            }
            Ok(())
        }
        Renewed::Refused { .. } => Ok(()),
    }
}

/// Patterns that one list has and the other has not: new ones, and those that are gone.
fn changes<'a>(old: Option<&'a List>, new: &'a List) -> (Vec<&'a str>, Vec<&'a str>) {
    let Some(old) = old else { return (new.patterns.iter().map(String::as_str).collect(), Vec::new()) };
    let only = |one: &'a List, other: &List| {
        one.patterns.iter().filter(|own| !other.patterns.contains(*own)).map(String::as_str).collect()
    };
    (only(new, old), only(old, new))
}

fn report(done: &Renewed) -> serde_json::Value {
    match done {
        Renewed::Unchanged(why) => json!({ "outcome": "unchanged", "reason": why }),
        Renewed::Refused { why, .. } => json!({ "outcome": "refused", "reason": why }),
        Renewed::Updated { old, new, kept } => {
            let (added, gone) = changes(old.as_ref(), new);
            json!({
                "outcome": "updated",
                "endpoints": new.patterns.len(),
                "new": added,
                "gone": gone,
                "kept": kept,
            })
        }
    }
}
