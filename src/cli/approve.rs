//! `thruway approve` and `thruway rollback`: which version a running server serves.

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Deserialize;
use serde_json::Value;

use super::admin::{Admin, MAIN, Order, Status};
use super::output::{GREEN, Output, YELLOW};
use super::{Failure, Format, Global, Outcome};
use crate::diag::visible;
use crate::serve::ticket::TICKETS;
use crate::serve::version::VersionId;

#[derive(Args, Debug)]
pub(super) struct Approve {
    /// Version that waits, as `thruway status` shows it
    #[arg(value_name = "VERSION", required_unless_present = "unpin")]
    version: Option<VersionId>,
    /// Print its change ticket in this format, and approve nothing
    #[arg(long, value_name = "FORMAT", requires = "version",
        value_parser = PossibleValuesParser::new(TICKETS.map(|(word, ..)| word)))]
    show: Option<String>,
    /// Release what `thruway rollback` pinned, and build what the sources ask for
    #[arg(long, conflicts_with_all = ["version", "show"])]
    unpin: bool,
    /// Site of the server
    #[arg(long, value_name = "NAME", default_value = MAIN, value_parser = site)]
    site: String,
    #[command(flatten)]
    admin: Admin,
}

#[derive(Args, Debug)]
pub(super) struct Rollback {
    /// Version to go back to, as `thruway status --format json` lists them [default: the one before]
    #[arg(value_name = "VERSION")]
    version: Option<VersionId>,
    /// Site of the server
    #[arg(long, value_name = "NAME", default_value = MAIN, value_parser = site)]
    site: String,
    #[command(flatten)]
    admin: Admin,
}

/// A name that stands in a query as it is.
fn site(text: &str) -> Result<String, &'static str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !text.is_empty() && text.bytes().all(is_name) {
        Ok(text.to_owned())
    } else {
        Err("a site has letters, digits, `-` and `_`")
    }
}

#[derive(Deserialize)]
struct Done {
    site: String,
    did: String,
    before: Option<String>,
    version: String,
    of: Option<String>,
    pinned: bool,
}

pub(super) fn approve(arguments: &Approve, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let site = &arguments.site;
    let Some(version) = &arguments.version else { return release(arguments, global, output) };
    let Some(format) = &arguments.show else {
        let path = format!("/-/approve?site={site}&version={version}");
        return order(&arguments.admin, &path, global, output);
    };
    if !waits(arguments, version)? {
        output.error(&format!("{version} does not wait for approval; `thruway status` shows what does"));
        return Ok(Outcome::Refused);
    }
    if format == "xlsx" && output.columns().is_some() {
        return Err(Failure::Other("a workbook is no text for a terminal; write it to a file".to_owned()));
    }
    let answer = arguments.admin.ask(Order::Read, &format!("/-/ticket?site={site}&format={format}"))?;
    if let Some(problem) = answer.problem() {
        output.error(&visible(&problem));
        return Ok(Outcome::Refused);
    }
    output.raw(&answer.body)?;
    output.finish()?;
    Ok(Outcome::Clean)
}

/// Whether it is this version that waits, and not a newer one.
fn waits(arguments: &Approve, version: &VersionId) -> Result<bool, Failure> {
    let answer = arguments.admin.ask(Order::Read, "/-/status")?;
    let status: Status =
        serde_json::from_slice(&answer.body).map_err(|error| arguments.admin.not_ours(&error))?;
    let site = status.sites.iter().find(|own| own.name == arguments.site);
    let waiting = site.and_then(|own| own.waiting.as_ref());
    Ok(waiting.is_some_and(|own| own.id == version.to_string()))
}

pub(super) fn roll_back(
    arguments: &Rollback,
    global: &Global,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let version = arguments.version.as_ref().map_or(String::new(), |own| format!("&version={own}"));
    order(&arguments.admin, &format!("/-/rollback?site={}{version}", arguments.site), global, output)
}

/// Gives an order, and says what was done.
fn order(admin: &Admin, path: &str, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let answer = admin.ask(Order::Do, path)?;
    if let Some(problem) = answer.problem() {
        output.error(&visible(&problem));
        return Ok(Outcome::Refused);
    }
    let not_ours = |error: serde_json::Error| admin.not_ours(&error);
    let value: Value = serde_json::from_slice(&answer.body).map_err(not_ours)?;
    let done: Done = serde_json::from_value(value.clone()).map_err(not_ours)?;
    match global.format() {
        Format::Json => output.json(&value)?,
        Format::Human => human(&done, output)?,
    }
    output.finish()?;
    Ok(Outcome::Clean)
}

fn human(done: &Done, output: &mut Output) -> Result<(), Failure> {
    let (site, did, version) = (visible(&done.site), visible(&done.did), visible(&done.version));
    let of = done.of.as_deref().map_or(String::new(), |own| format!(", the content of {}", visible(own)));
    let before = match &done.before {
        Some(before) if *before == done.version => " as before".to_owned(),
        Some(before) => format!(" in the place of {}", visible(before)),
        None => String::new(),
    };
    output.line(&format!("{GREEN}{did}{GREEN:#} {site}: serves {version}{of}{before}"))?;
    if done.pinned {
        let of_site = if done.site == MAIN { String::new() } else { format!(" --site {site}") };
        output.remark(&format!(
            "pinned: what the sources ask for waits; `thruway approve{of_site} --unpin` ends that"
        ));
    }
    Ok(())
}

/// Releases a pin, and says what is served then.
fn release(arguments: &Approve, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let path = format!("/-/reload?unpin&site={}", arguments.site);
    let answer = arguments.admin.ask(Order::Do, &path)?;
    // 409 comes with the status of a server that serves something else than its sources ask for.
    let Ok(status) = serde_json::from_slice::<Status>(&answer.body) else {
        output.error(&visible(&answer.problem().unwrap_or_else(|| "no status came".to_owned())));
        return Ok(Outcome::Refused);
    };
    if global.format() == Format::Json {
        let value: Value =
            serde_json::from_slice(&answer.body).map_err(|error| arguments.admin.not_ours(&error))?;
        output.json(&value)?;
    } else {
        for site in status.sites.iter().filter(|own| own.name == arguments.site) {
            let version = site.version.as_deref().map_or_else(|| "nothing".to_owned(), visible);
            output.line(&format!("{GREEN}released{GREEN:#} {}: serves {version}", visible(&site.name)))?;
            if let Some(waiting) = &site.waiting {
                let id = visible(&waiting.id);
                output.line(&format!("{YELLOW}waiting{YELLOW:#} {id} waits for approval"))?;
            }
        }
    }
    output.finish()?;
    let of_sites = status.sites.iter().filter_map(|own| own.last.as_ref()?.problem.as_ref());
    for problem in of_sites.chain(&status.problems) {
        output.error(&visible(problem));
    }
    Ok(if matches!(status.state.as_str(), "ready" | "waiting") { Outcome::Clean } else { Outcome::Refused })
}
