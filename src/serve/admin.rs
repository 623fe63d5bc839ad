//! The address for those who run the server: health, metrics, who asked for what, and orders: build, ask the vendor,
//! approve, go back.
//!
//! It is on the machine itself by default and asks nobody who he is. So that no page in a browser on that machine can
//! speak to it: what comes from a page (`Origin`, `Sec-Fetch-Site`) is refused, and so is a name that leads here.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, ORIGIN};
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use tokio::net::TcpListener;

use super::State;
use super::limits::{self, Connections, Patient};
use super::listen::{Ending, converse};
use super::metrics;
use super::poll;
use super::respond::{Answer, host, text};
use super::site::{Allowed, Refusal};
use super::sites::Sites;
use super::table::is_address_or_local;
use super::ticket::TICKETS;
use super::version::{VersionId, VersionIdError};
use crate::profile::MAIN_SITE;

/// Most connections to this address at a time.
const MOST: usize = 64;

/// Takes connections until the server ends.
pub async fn accept(sites: Arc<Sites>, listener: TcpListener, mut ending: Ending) {
    let connections = Arc::new(Connections::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.ends() => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = connections.take(peer.ip(), true, MOST, MOST) else { continue };
        let (sites, ending) = (sites.clone(), ending.clone());
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request: Request<Incoming>| {
                let sites = sites.clone();
                async move { Ok::<_, Infallible>(answer(&sites, &request, peer.ip()).await) }
            });
            let _ = converse(Patient::new(stream, limits::STALLED, limits::ANSWER), service, ending).await;
        });
    }
}

/// What there is, and whether it is read or ordered.
const PATHS: [(&str, bool); 9] = [
    ("/healthz", true),
    ("/readyz", true),
    ("/metrics", true),
    ("/-/status", true),
    ("/-/ticket", true),
    ("/-/reload", false),
    ("/-/update", false),
    ("/-/approve", false),
    ("/-/rollback", false),
];

async fn answer(sites: &Arc<Sites>, request: &Request<Incoming>, peer: IpAddr) -> Answer {
    let Ok(host) = host(request) else {
        return text(StatusCode::BAD_REQUEST, "a request names one host\n");
    };
    let is_of_page = request.headers().contains_key(ORIGIN)
        || request.headers().get("sec-fetch-site").is_some_and(|own| own != "none" && own != "same-origin");
    let is_named = host.is_some_and(|host| !is_address_or_local(host));
    if is_of_page || (is_named && peer.to_canonical().is_loopback()) {
        return text(StatusCode::FORBIDDEN, "not for pages\n");
    }
    if !request.body().is_end_stream() {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here\n");
    }
    let path = request.uri().path();
    let Some((_, is_read)) = PATHS.iter().find(|(own, _)| *own == path) else {
        let paths: Vec<&str> = PATHS.iter().map(|(path, _)| *path).collect();
        return text(StatusCode::NOT_FOUND, format!("there are {}\n", paths.join(", ")));
    };
    let is_allowed = match *request.method() {
        Method::GET | Method::HEAD => *is_read,
        Method::POST => !*is_read,
        _ => false,
    };
    if !is_allowed {
        let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "by another method\n");
        let allowed = if *is_read { "GET, HEAD" } else { "POST" };
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        return answer;
    }
    let query = match Query::read(request.uri().query().unwrap_or_default()) {
        Ok(query) => query,
        Err(word) => {
            return text(StatusCode::BAD_REQUEST, format!("nothing is known of `{word}` in the query\n"));
        }
    };
    let answered = match path {
        "/healthz" => Ok(text(StatusCode::OK, "ok\n")),
        "/metrics" => {
            let all = sites.server.metrics.text(sites.server.connections.count());
            Ok(of_type(text(StatusCode::OK, all), metrics::MEDIA_TYPE))
        }
        "/readyz" => status_of(sites).await,
        "/-/ticket" => ticket(sites, &query).await,
        "/-/reload" => reload(sites, query).await,
        "/-/update" => update(sites).await,
        "/-/approve" => approve(sites, query).await,
        "/-/rollback" => roll_back(sites, query).await,
        _ => status_of(sites).await.map(|answer| with_status(answer, StatusCode::OK)),
    };
    answered.unwrap_or_else(|error| error.answer())
}

/// What an order says.
#[derive(Default)]
struct Query {
    site: Option<String>,
    version: Option<String>,
    format: Option<String>,
    allowed: Allowed,
    unpin: bool,
}

impl Query {
    /// Reads a query. Names and versions are plain letters: nothing is decoded.
    fn read(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match (key, value) {
                ("site", _) => query.site = Some(value.to_owned()),
                ("version", _) => query.version = Some(value.to_owned()),
                ("format", _) => query.format = Some(value.to_owned()),
                ("accept-shrink", "") => query.allowed.shrink = true,
                ("accept-lost-lists", "") => query.allowed.lost_lists = true,
                ("unpin", "") => query.unpin = true,
                _ => return Err(part.chars().take(40).filter(char::is_ascii_graphic).collect()),
            }
        }
        Ok(query)
    }

    fn site(&self) -> String {
        self.site.clone().unwrap_or_else(|| MAIN_SITE.to_owned())
    }
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Version(#[from] VersionIdError),
    #[error("`version` says which: thruway status shows what waits")]
    NoVersion,
    #[error("a ticket is written as {}", TICKETS.map(|(word, ..)| word).join(", "))]
    NoFormat,
    #[error("there is no ticket in this format: the profile says too little for it")]
    NoTicket,
    #[error("internal error")]
    Bug,
}

impl OrderError {
    fn answer(&self) -> Answer {
        let code = match self {
            Self::Version(_) | Self::NoVersion | Self::NoFormat => StatusCode::BAD_REQUEST,
            Self::Refusal(Refusal::NoSite(_)) | Self::NoTicket => StatusCode::NOT_FOUND,
            Self::Refusal(Refusal::Disk(_)) | Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refusal(
                Refusal::NothingWaits
                | Refusal::Other { .. }
                | Refusal::NothingBefore
                | Refusal::Damaged { .. },
            ) => StatusCode::CONFLICT,
        };
        json(code, &serde_json::json!({ "error": self.to_string() }))
    }
}

/// Does what takes a while: it waits for a build that is going on.
async fn aside<T: Send + 'static>(
    sites: &Arc<Sites>,
    what: impl FnOnce(&Sites) -> T + Send + 'static,
) -> Result<T, OrderError> {
    let own = sites.clone();
    tokio::task::spawn_blocking(move || what(&own)).await.map_err(|_| OrderError::Bug)
}

async fn reload(sites: &Arc<Sites>, query: Query) -> Result<Answer, OrderError> {
    aside(sites, move |sites| {
        if query.unpin {
            sites.release(query.site.as_deref())?;
        }
        sites.reload("request", query.allowed);
        Ok::<_, Refusal>(())
    })
    .await??;
    settled(sites, true).await
}

async fn update(sites: &Arc<Sites>) -> Result<Answer, OrderError> {
    let is_good = poll::poll_all(sites).await;
    aside(sites, |sites| sites.reload("update", Allowed::default())).await?;
    settled(sites, is_good).await
}

/// The status after an order; 409 where what was asked for is not what is served.
async fn settled(sites: &Arc<Sites>, is_good: bool) -> Result<Answer, OrderError> {
    let is_done = is_good && sites.server.state() == State::Ready;
    let code = if is_done { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok(with_status(status_of(sites).await?, code))
}

async fn approve(sites: &Arc<Sites>, query: Query) -> Result<Answer, OrderError> {
    let id: VersionId = query.version.as_deref().ok_or(OrderError::NoVersion)?.parse()?;
    let done = aside(sites, move |sites| sites.approve(&query.site(), &id)).await??;
    Ok(json(StatusCode::OK, &done))
}

async fn roll_back(sites: &Arc<Sites>, query: Query) -> Result<Answer, OrderError> {
    let id: Option<VersionId> = query.version.as_deref().map(str::parse).transpose()?;
    let done = aside(sites, move |sites| sites.roll_back(&query.site(), id.as_ref())).await??;
    // What the sources ask for waits from now on. Nobody who goes back in a hurry waits for that.
    let own = sites.clone();
    tokio::task::spawn_blocking(move || own.reload("rollback", Allowed::default()));
    Ok(json(StatusCode::OK, &done))
}

async fn ticket(sites: &Arc<Sites>, query: &Query) -> Result<Answer, OrderError> {
    let word = query.format.as_deref().unwrap_or("md");
    let found = TICKETS.into_iter().find(|(own, ..)| *own == word);
    let (_, file, _) = found.ok_or(OrderError::NoFormat)?;
    let site = query.site();
    let bytes = aside(sites, move |sites| sites.ticket(&site, file)).await??.ok_or(OrderError::NoTicket)?;
    // A page of this address could give orders.
    Ok(of_type(text(StatusCode::OK, bytes), "application/octet-stream"))
}

/// What is going on, as JSON; 503 where no requests should come.
async fn status_of(sites: &Arc<Sites>) -> Result<Answer, OrderError> {
    // A table of many clients takes a while to look through.
    let status = aside(sites, Sites::status).await?;
    let code = match sites.server.state() {
        State::Ready | State::Waiting | State::Pinned | State::Stale => StatusCode::OK,
        State::Empty | State::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(json(code, &status))
}

fn with_status(answer: Answer, code: StatusCode) -> Answer {
    let (mut parts, body) = answer.into_parts();
    parts.status = code;
    Answer::from_parts(parts, body)
}

fn json(code: StatusCode, value: &impl Serialize) -> Answer {
    let mut bytes = serde_json::to_vec_pretty(value).expect("internal error: a status is plain data");
    bytes.push(b'\n');
    of_type(text(code, bytes), "application/json")
}

fn of_type(mut answer: Answer, media_type: &'static str) -> Answer {
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_what_is_known_and_nothing_else() {
        let query = Query::read("site=emea&version=000007-3fa9c1d20b44&accept-shrink&unpin").unwrap();
        assert_eq!((query.site().as_str(), query.unpin), ("emea", true));
        assert_eq!(query.allowed, Allowed { shrink: true, lost_lists: false });
        assert_eq!(Query::read("").unwrap().site(), MAIN_SITE);
        for wrong in ["accept-shrnk", "accept-shrink=no", "unpin=0"] {
            assert_eq!(Query::read(wrong).err().as_deref(), Some(wrong));
        }
    }
}
