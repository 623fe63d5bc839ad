//! `thruway status`: what a server serves, and who still has the old list.

use clap::Args;
use serde_json::Value;

use super::admin::{self, Admin, Clients, Order, Site, Status};
use super::output::{self, GREEN, Output, RED, YELLOW};
use super::{Failure, Format, Global, Outcome};
use crate::diag::visible;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Exit 0 wherever something is served, as health checks of containers want it
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    admin: Admin,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let answer = arguments.admin.ask(Order::Read, "/-/status")?;
    let not_ours = |error: serde_json::Error| arguments.admin.not_ours(&error);
    let value: Value = serde_json::from_slice(&answer.body).map_err(not_ours)?;
    let status: Status = serde_json::from_value(value.clone()).map_err(not_ours)?;
    match global.format() {
        Format::Json => output.json(&value)?,
        Format::Human => human(&status, output)?,
    }
    output.finish()?;
    let is_good = match status.state.as_str() {
        "ready" => true,
        "empty" | "draining" => false,
        // An older version is better than none.
        _ => arguments.ready,
    };
    Ok(if is_good { Outcome::Clean } else { Outcome::Refused })
}

fn human(status: &Status, output: &mut Output) -> Result<(), Failure> {
    let style = match status.state.as_str() {
        "ready" => GREEN,
        "stale" | "waiting" | "pinned" => YELLOW,
        _ => RED,
    };
    output.line(&format!("{style}{}{style:#}", visible(&status.state)))?;
    for problem in &status.problems {
        output.hanging("  ", &visible(problem))?;
    }
    output.line("")?;
    let mut table = output::table(
        &["site", "version", "since", "last build", "firewalls", "behind", "devices", "behind"],
        &[4, 5, 6, 7],
    );
    let number = |clients: &Clients| {
        let more = if clients.pushed_out > 0 { "+" } else { "" };
        format!("{}{more}", clients.clients)
    };
    for site in &status.sites {
        table.add_row(vec![
            visible(&site.name),
            site.version.as_deref().map_or_else(|| "-".to_owned(), visible),
            site.created.map_or_else(|| "-".to_owned(), time),
            site.last.as_ref().map_or_else(|| "-".to_owned(), |last| visible(&last.result)),
            number(&site.lists),
            (site.lists.clients - site.lists.current.min(site.lists.clients)).to_string(),
            number(&site.devices),
            (site.devices.clients - site.devices.current.min(site.devices.clients)).to_string(),
        ]);
    }
    output.table(&table)?;
    for site in &status.sites {
        if let Some(problem) = site.last.as_ref().and_then(|last| last.problem.as_deref()) {
            output.line("")?;
            output.hanging(&format!("{}: ", visible(&site.name)), &visible(problem))?;
        }
        more(site, output)?;
        if !site.lists.behind.is_empty() {
            output.line("")?;
            let mut table = output::table(&["firewall", "has version", "asked last"], &[1]);
            for own in &site.lists.behind {
                table.add_row(vec![visible(&own.client), own.version.to_string(), time(own.last)]);
            }
            output.table(&table)?;
        }
    }
    Ok(())
}

/// What somebody may have to do at a site.
fn more(site: &Site, output: &mut Output) -> Result<(), Failure> {
    let name = visible(&site.name);
    let of_site = if site.name == admin::MAIN { String::new() } else { format!(" --site {name}") };
    if let Some(since) = site.pinned {
        let back = site
            .restored
            .as_deref()
            .map_or(String::new(), |own| format!(", the content of {}", visible(own)));
        output.line("")?;
        let text = format!(
            "pinned since {}{back}; `thruway approve{of_site} --unpin` serves what the sources ask for",
            time(since)
        );
        output.hanging(&format!("{name}: "), &text)?;
    }
    if let Some(waiting) = &site.waiting {
        let id = visible(&waiting.id);
        output.line("")?;
        let text = format!(
            "{id} waits for approval since {}; `thruway approve{of_site} {id} --show md` says what it changes",
            time(waiting.created)
        );
        output.hanging(&format!("{name}: "), &text)?;
    }
    for update in &site.updates {
        if let Some(problem) = &update.problem {
            output.line("")?;
            let text = format!(
                "{} was not updated at {}: {}",
                visible(&update.into),
                time(update.at),
                visible(problem)
            );
            output.hanging(&format!("{name}: "), &text)?;
        }
    }
    Ok(())
}

/// A time in seconds since 1970, as people read it.
fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "-".to_owned(), |own| format!("{own:.0}"))
}
