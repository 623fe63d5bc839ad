//! Asking a running server over its admin address.

use std::time::Duration;

use clap::Args;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::Failure;
use crate::profile::MAIN_SITE;

/// The address for those who run a server, where nobody says.
pub(super) const ADMIN: &str = "127.0.0.1:8081";

/// The site that is the profile itself.
pub(super) const MAIN: &str = MAIN_SITE;

/// Largest answer in bytes: a ticket of a large list.
const MAX_ANSWER: usize = 256 << 20;

#[derive(Args, Debug)]
pub(super) struct Admin {
    /// Admin address of the server
    #[arg(long, value_name = "ADDR", default_value = ADMIN)]
    admin: String,
}

/// What is asked of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// What is known: it answers at once.
    Read,
    /// To do something: it may have to build first, as long as `thruway compile` takes.
    Do,
}

/// What a server answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

#[derive(Deserialize)]
struct Problem {
    error: String,
}

/// What a server says of itself at `/-/status`.
#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) state: String,
    pub(super) problems: Vec<String>,
    pub(super) sites: Vec<Site>,
}

/// One of its sites.
#[derive(Deserialize)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) created: Option<i64>,
    pub(super) restored: Option<String>,
    pub(super) pinned: Option<i64>,
    pub(super) waiting: Option<Waiting>,
    pub(super) last: Option<Last>,
    pub(super) updates: Vec<Update>,
    pub(super) lists: Clients,
    pub(super) devices: Clients,
}

/// A version that waits for an approval.
#[derive(Deserialize)]
pub(super) struct Waiting {
    pub(super) id: String,
    pub(super) created: i64,
}

/// How the last question for a newer list ended.
#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) into: String,
    pub(super) at: i64,
    pub(super) problem: Option<String>,
}

/// How the last build ended.
#[derive(Deserialize)]
pub(super) struct Last {
    pub(super) result: String,
    pub(super) problem: Option<String>,
}

/// Who asked for files.
#[derive(Deserialize)]
pub(super) struct Clients {
    pub(super) clients: usize,
    pub(super) current: usize,
    pub(super) behind: Vec<Behind>,
    pub(super) pushed_out: u64,
}

/// A client that still has an older version.
#[derive(Deserialize)]
pub(super) struct Behind {
    pub(super) client: String,
    pub(super) version: u64,
    pub(super) last: i64,
}

impl Answer {
    /// Why the server did not do it; nothing where it did.
    pub(super) fn problem(&self) -> Option<String> {
        if self.status.is_success() {
            return None;
        }
        let said = serde_json::from_slice::<Problem>(&self.body).ok().map(|own| own.error);
        Some(said.unwrap_or_else(|| format!("status {}", self.status.as_u16())))
    }
}

impl Admin {
    /// Asks the server.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn ask(&self, order: Order, path: &str) -> Result<Answer, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Other(format!("no network: {error}")))?;
        let address = self.address();
        let patience = match order {
            Order::Read => Duration::from_secs(10),
            Order::Do => Duration::from_secs(600),
        };
        let asked =
            runtime.block_on(async { tokio::time::timeout(patience, ask(address, order, path)).await });
        asked
            .map_err(|_| "no answer in time".to_owned())
            .and_then(|answer| answer)
            .map_err(|why| Failure::Other(format!("no server answers on {address}: {why}")))
    }

    /// What answers is something else.
    pub(super) fn not_ours(&self, error: &serde_json::Error) -> Failure {
        Failure::Other(format!("{} is no server of thruway: {error}", self.address()))
    }

    fn address(&self) -> &str {
        self.admin.trim_start_matches("http://").trim_end_matches('/')
    }
}

async fn ask(address: &str, order: Order, path: &str) -> Result<Answer, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let stream = TcpStream::connect(address).await.map_err(|error| text(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| text(&error))?;
    let connection = tokio::spawn(connection);
    let method = match order {
        Order::Read => Method::GET,
        Order::Do => Method::POST,
    };
    let request = Request::builder().method(method).uri(path).header(HOST, address);
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| text(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| text(&error))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|error| text(&error))?;
    connection.abort();
    Ok(Answer { status, body: body.to_bytes() })
}
