//! `thruway status`: what a server serves, and who still has the old list.

use std::time::Duration;

use clap::Args;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;

use super::output::{self, GREEN, Output, RED, YELLOW};
use super::{Failure, Format, Global, Outcome};
use crate::diag::visible;

/// The address for those who run a server, where nobody says.
pub(super) const ADMIN: &str = "127.0.0.1:8081";

/// Largest answer in bytes: a hundred clients of each site.
const MAX_ANSWER: usize = 16 << 20;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Admin address of the server
    #[arg(long, value_name = "ADDR", default_value = ADMIN)]
    admin: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    problems: Vec<String>,
    sites: Vec<Site>,
}

#[derive(Deserialize)]
struct Site {
    name: String,
    version: Option<String>,
    created: Option<i64>,
    last: Option<Last>,
    lists: Clients,
    devices: Clients,
}

#[derive(Deserialize)]
struct Last {
    result: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Clients {
    clients: usize,
    current: usize,
    behind: Vec<Behind>,
    pushed_out: u64,
}

#[derive(Deserialize)]
struct Behind {
    client: String,
    version: u64,
    last: i64,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("no network: {error}")))?;
    let address = arguments.admin.trim_start_matches("http://").trim_end_matches('/');
    let asked = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(address)).await });
    let answer = asked
        .map_err(|_| "no answer in time".to_owned())
        .and_then(|answer| answer)
        .map_err(|why| Failure::Other(format!("no server answers on {address}: {why}")))?;
    let not_ours =
        |error: serde_json::Error| Failure::Other(format!("{address} is no server of thruway: {error}"));
    let value: Value = serde_json::from_slice(&answer).map_err(not_ours)?;
    let status: Status = serde_json::from_value(value.clone()).map_err(not_ours)?;
    match global.format() {
        Format::Json => output.json(&value)?,
        Format::Human => human(&status, output)?,
    }
    output.finish()?;
    Ok(if status.state == "ready" { Outcome::Clean } else { Outcome::Refused })
}

async fn ask(address: &str) -> Result<Bytes, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let stream = TcpStream::connect(address).await.map_err(|error| text(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| text(&error))?;
    let connection = tokio::spawn(connection);
    let request = Request::get("/-/status").header(HOST, address).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| text(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| text(&error))?;
    if !answer.status().is_success() {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|error| text(&error))?;
    connection.abort();
    Ok(body.to_bytes())
}

fn human(status: &Status, output: &mut Output) -> Result<(), Failure> {
    let style = match status.state.as_str() {
        "ready" => GREEN,
        "stale" => YELLOW,
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

/// A time in seconds since 1970, as people read it.
fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "-".to_owned(), |own| format!("{own:.0}"))
}
