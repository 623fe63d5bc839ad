//! The address for those who run the server: health, metrics, who asked for what, and a build on request.
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
use tokio::net::TcpListener;

use super::State;
use super::limits::{self, Connections, Patient};
use super::listen::{Ending, converse};
use super::metrics;
use super::publish::{Publisher, Status};
use super::respond::{Answer, host, text};
use super::table::is_address_or_local;

/// Most connections to this address at a time.
const MOST: usize = 64;

/// Takes connections until the server ends.
pub async fn accept(publisher: Arc<Publisher>, listener: TcpListener, mut ending: Ending) {
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
        let (publisher, ending) = (publisher.clone(), ending.clone());
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request: Request<Incoming>| {
                let publisher = publisher.clone();
                async move { Ok::<_, Infallible>(answer(&publisher, &request, peer.ip()).await) }
            });
            let _ = converse(Patient::new(stream, limits::STALLED), service, ending).await;
        });
    }
}

async fn answer(publisher: &Arc<Publisher>, request: &Request<Incoming>, peer: IpAddr) -> Answer {
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
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_post = *request.method() == Method::POST;
    match request.uri().path() {
        "/healthz" if is_read => text(StatusCode::OK, "ok\n"),
        "/metrics" if is_read => {
            let all = publisher.server.metrics.text(publisher.server.connections.count());
            of_type(text(StatusCode::OK, all), metrics::MEDIA_TYPE)
        }
        "/readyz" if is_read => status_of(publisher).await,
        "/-/status" if is_read => {
            let answer = status_of(publisher).await;
            let (mut parts, body) = answer.into_parts();
            parts.status = StatusCode::OK;
            Answer::from_parts(parts, body)
        }
        "/-/reload" if is_post => {
            let may_shrink = request.uri().query() == Some("accept-shrink");
            let own = publisher.clone();
            let built = tokio::task::spawn_blocking(move || own.reload("request", may_shrink)).await;
            if built.is_err() {
                return text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n");
            }
            let answer = status_of(publisher).await;
            let (mut parts, body) = answer.into_parts();
            // What was asked for is not what is served.
            if publisher.server.state() != State::Ready {
                parts.status = StatusCode::CONFLICT;
            }
            Answer::from_parts(parts, body)
        }
        "/healthz" | "/metrics" | "/readyz" | "/-/status" | "/-/reload" => {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "by another method\n");
            let allowed = if request.uri().path() == "/-/reload" { "POST" } else { "GET, HEAD" };
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            answer
        }
        _ => text(StatusCode::NOT_FOUND, "there are /healthz, /readyz, /metrics, /-/status and /-/reload\n"),
    }
}

/// What is going on, as JSON; 503 where no requests should come.
async fn status_of(publisher: &Arc<Publisher>) -> Answer {
    let own = publisher.clone();
    // A table of many clients takes a while to look through.
    let Ok(status) = tokio::task::spawn_blocking(move || own.status()).await else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n");
    };
    let code = match publisher.server.state() {
        State::Ready | State::Stale => StatusCode::OK,
        State::Empty | State::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    json(code, &status)
}

fn json(code: StatusCode, status: &Status) -> Answer {
    let mut bytes = serde_json::to_vec_pretty(status).expect("internal error: a status is plain data");
    bytes.push(b'\n');
    of_type(text(code, bytes), "application/json")
}

fn of_type(mut answer: Answer, media_type: &'static str) -> Answer {
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
