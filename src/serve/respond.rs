//! A request to its answer. Nothing here waits: everything is in memory, and ready to send.

use std::time::{SystemTime, UNIX_EPOCH};

use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST,
    HeaderMap, HeaderValue, LOCATION, REFERER, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode, Version};

use super::access::{self, Admission, Link, Settings};
use super::log::Access;
use super::negotiate::{self, Condition, Part};
use super::table::{Served, Table, without_port};
use super::version::Class;
use super::{Server, State};

/// An answer, complete.
pub type Answer = Response<Full<Bytes>>;

/// Seconds since 1970. The clock of a server that runs is read for who asked when, and for nothing that is served.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |own| own.as_secs())
}

/// An answer of a line of text, which nobody keeps.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A request that names no host, or several.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a request names one host")]
pub struct HostError;

/// What the host of a request is, without its port.
///
/// # Errors
/// Where it has none, or several: the two ends would not agree on what is asked (RFC 9112, section 3.2).
pub fn host<B>(request: &Request<B>) -> Result<Option<&str>, HostError> {
    let mut lines = request.headers().get_all(HOST).iter();
    let line = match (lines.next(), lines.next()) {
        (Some(line), None) => Some(line.to_str().map_err(|_| HostError)?),
        (None, None) if request.version() < Version::HTTP_11 => None,
        _ => return Err(HostError),
    };
    Ok(request.uri().host().or(line.map(without_port)))
}

/// What is answered, and what is noted of it.
struct Outcome<'s> {
    answer: Answer,
    class: Option<Class>,
    user: Option<&'s str>,
}

impl Server {
    /// Answers a request for what is served.
    pub fn respond<B: Body>(&self, request: &Request<B>, link: Link) -> Answer {
        let settings = self.settings.load();
        let asker = access::asker(&settings, link, request.headers());
        let table = self.table.load();
        let Outcome { answer, class, user } = self.decide(request, &settings, &table, link, asker);
        let bytes = match *request.method() {
            Method::HEAD => 0,
            _ => answer.body().size_hint().exact().unwrap_or(0),
        };
        self.metrics.answered(class, answer.status().as_u16(), bytes);
        if let Some(log) = &self.access_log {
            let headers = request.headers();
            let access = Access {
                client: asker.client,
                user,
                method: request.method().as_str(),
                path: request.uri().path(),
                protocol: if request.version() == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
                status: answer.status().as_u16(),
                bytes,
                referer: headers.get(REFERER).map(HeaderValue::as_bytes),
                agent: headers.get(USER_AGENT).map(HeaderValue::as_bytes),
            };
            log.write(access.line(now()));
        }
        answer
    }

    fn decide<'s, B: Body>(
        &self,
        request: &Request<B>,
        settings: &'s Settings,
        table: &Table,
        link: Link,
        asker: access::Asker,
    ) -> Outcome<'s> {
        let other = |answer| Outcome { answer, class: None, user: None };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            // What follows may be a body that nobody reads.
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return other(answer);
        }
        if !request.body().is_end_stream() {
            let mut answer = text(StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here\n");
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return other(answer);
        }
        let Ok(host) = host(request) else {
            return other(text(StatusCode::BAD_REQUEST, "a request names one host\n"));
        };
        let path = request.uri().path();
        let Some(served) = table.get(host, path) else {
            return other(self.elsewhere(path, host, table));
        };
        let class = served.resource.class;
        let of_class = |answer| Outcome { answer, class: Some(class), user: None };
        let user = match access::admit(settings, class, link, asker, request.headers()) {
            Admission::Granted(user) => user,
            Admission::NeedsTls => {
                return of_class(text(StatusCode::FORBIDDEN, "over https only\n"));
            }
            Admission::Locked => {
                return of_class(text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not while credentials cannot be read\n",
                ));
            }
            Admission::NeedsCertificate => {
                self.metrics.auth_failed();
                return of_class(text(StatusCode::FORBIDDEN, "with a client certificate only\n"));
            }
            Admission::NeedsCredentials => {
                // Who has none yet is told which, as a browser and PAN-OS want it.
                if request.headers().contains_key(AUTHORIZATION) {
                    self.metrics.auth_failed();
                }
                let mut answer = text(StatusCode::UNAUTHORIZED, "with credentials only\n");
                if let Some(credentials) = &settings.credentials {
                    answer.headers_mut().insert(WWW_AUTHENTICATE, credentials.challenge());
                }
                return of_class(answer);
            }
        };
        let answer = file(served, request.headers());
        if matches!(answer.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT)
            && *request.method() == Method::GET
        {
            match class {
                Class::Pac => self.clients.fetched_pac(asker.client, served.site, served.version, now()),
                Class::List => self.clients.fetched_list(asker.client, served.site, served.version, now()),
                Class::Report | Class::Manifest => {}
            }
        }
        Outcome { answer, class: Some(class), user }
    }

    /// What is no file: health, a folder without its slash, or nothing.
    fn elsewhere(&self, path: &str, host: Option<&str>, table: &Table) -> Answer {
        match path {
            "/healthz" => text(StatusCode::OK, "ok\n"),
            "/readyz" => self.ready(),
            _ if path.ends_with("/report") && table.get(host, &format!("{path}/")).is_some() => {
                let mut answer = text(StatusCode::PERMANENT_REDIRECT, "");
                // A path of ours alone: it was found.
                if let Ok(to) = HeaderValue::from_str(&format!("{path}/")) {
                    answer.headers_mut().insert(LOCATION, to);
                }
                answer
            }
            _ if table.is_empty() => {
                let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, "nothing to serve yet\n");
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
                answer
            }
            _ => text(StatusCode::NOT_FOUND, "no such file\n"),
        }
    }

    /// Whether requests should come here. An older version that is served is better than none: it is ready, and says so;
    /// why, is for the admin address alone.
    fn ready(&self) -> Answer {
        match self.state() {
            State::Ready => text(StatusCode::OK, "ready\n"),
            State::Stale => {
                text(StatusCode::OK, "ready, with the last good version: what came after it was refused\n")
            }
            State::Pinned => text(StatusCode::OK, "ready, pinned to a version\n"),
            State::Waiting => text(StatusCode::OK, "ready; a new version waits for approval\n"),
            State::Empty => text(StatusCode::SERVICE_UNAVAILABLE, "nothing to serve\n"),
            State::Draining => text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        }
    }
}

/// A file, as far as the client wants it.
fn file(served: &Served, headers: &HeaderMap) -> Answer {
    let resource = &served.resource;
    let own = negotiate::representation(resource, headers);
    match negotiate::condition(resource, own, headers) {
        Condition::NotModified => {
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.headers_mut() = own.not_modified.clone();
            return answer;
        }
        Condition::Failed => {
            let mut answer = text(StatusCode::PRECONDITION_FAILED, "it is another version\n");
            answer.headers_mut().extend(own.not_modified.clone());
            return answer;
        }
        Condition::Send => {}
    }
    match negotiate::part(resource, own, headers) {
        Part::Whole => {
            let mut answer = Response::new(Full::new(own.body.clone()));
            *answer.headers_mut() = own.headers.clone();
            answer
        }
        Part::Octets(range) => {
            let mut answer = Response::new(Full::new(own.body.slice(range.clone())));
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            let all = own.headers.clone();
            *answer.headers_mut() = all;
            let headers = answer.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from(range.len()));
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, own.body.len());
            headers
                .insert(CONTENT_RANGE, HeaderValue::from_str(&text).expect("internal error: plain digits"));
            answer
        }
        Part::Unsatisfiable => {
            let mut answer = text(StatusCode::RANGE_NOT_SATISFIABLE, "there is no such part\n");
            let text = format!("bytes */{}", own.body.len());
            let value = HeaderValue::from_str(&text).expect("internal error: plain digits");
            answer.headers_mut().insert(CONTENT_RANGE, value);
            answer
        }
    }
}
