//! The audit by a ClickHouse server, over HTTP.
//!
//! The statements of [`clickhouse`](super::clickhouse) run in one session of the server, whose temporary tables end with it.
//! Source of the protocol: <https://clickhouse.com/docs/interfaces/http>, 2026-11-30.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::HeaderName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::Audit;
use super::clickhouse;
use super::steps::Answer;
use crate::log::record::seconds;
use crate::log::tally::{Tally, Top};
use crate::log::{Rules, hostname::Hostname};
use crate::model::Request;
use crate::text::shown;
use crate::verify::connect::{Ask, Network, fetch_by};
use crate::verify::route::Way;
use crate::verify::seen::Trouble;

/// Most octets of one answer.
const MAX_ANSWER: usize = 256 << 20;

/// Characters of a server's message, and of a statement, that are shown.
const MAX_SHOWN: usize = 2000;

/// Most hosts that the server cannot read and that are read here.
const MOST_ODD: usize = 100_000;

/// Seconds that a session lives between two statements.
const SESSION: u64 = 300;

/// Whom to ask.
#[derive(Clone)]
pub struct Server {
    url: Url,
    credentials: Option<(String, String)>,
    /// How long one statement may take.
    pub patience: Duration,
}

/// Without credentials.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.url)
    }
}

/// Why a server did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No answer.
    #[error("{url}: {trouble}")]
    Trouble {
        /// Whom, without credentials.
        url: Url,
        /// What happened.
        trouble: Trouble,
    },
    /// The server refused a statement.
    #[error("{url} answers with status {status}: {message}\nthe statement was ({what}):\n{query}")]
    Refused {
        /// Whom, without credentials.
        url: Url,
        /// The status.
        status: u16,
        /// What the server says.
        message: String,
        /// What the statement is for.
        what: String,
        /// The statement.
        query: String,
    },
    /// The answer is none.
    #[error("{url}: the answer to ({what}) cannot be read: {why}")]
    Answer {
        /// Whom, without credentials.
        url: Url,
        /// What was asked.
        what: String,
        /// What is wrong.
        why: String,
    },
}

impl Server {
    /// A server by its URL. Its user and password are taken out of it, else those of `environment` are taken.
    ///
    /// # Errors
    /// When it is no URL of HTTP; what may be a password is not repeated.
    pub fn new(
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
        patience: Duration,
    ) -> Result<Self, &'static str> {
        let mut url =
            Url::parse(text).map_err(|_| "it is no URL such as `http://clickhouse.contoso.com:8123`")?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("a server is asked by http or https");
        }
        let decoded =
            |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| "it takes no user")?;
        url.set_fragment(None);
        // Parameters stay: a database, settings. These two are credentials, and others see a URL.
        if url.query_pairs().any(|(name, _)| matches!(&*name, "user" | "password")) {
            return Err(
                "its parameters have credentials; write http://user:password@host, or set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD",
            );
        }
        let credentials = match user.is_empty() && password.is_empty() {
            false => Some((user, password)),
            true => environment("CLICKHOUSE_USER")
                .map(|user| (user, environment("CLICKHOUSE_PASSWORD").unwrap_or_default())),
        };
        Ok(Self { url, credentials, patience })
    }

    /// Whether credentials would be sent in plain text.
    pub fn is_open(&self) -> bool {
        self.url.scheme() == "http" && self.credentials.is_some()
    }

    /// Audits the table, and counts as the local engine does.
    ///
    /// # Errors
    /// When the server does not answer, or refuses a statement.
    pub async fn audit(&self, network: &Network, audit: &Audit, rules: &Rules) -> Result<Told, ServerError> {
        let session = Session { server: self, network, id: session_id() };
        for statement in clickhouse::prepare(audit) {
            session.ask(&statement.what, &statement.query).await?;
            if statement.query.starts_with("CREATE TEMPORARY TABLE thruway_hosts") {
                session.read_odd(rules).await?;
            }
        }
        let mut told = Told { tally: Tally::new(rules), unread: 0, unchecked: 0 };
        for answer in clickhouse::ask(audit) {
            session.tell(&answer, &mut told).await?;
        }
        Ok(told)
    }
}

/// What a server counted.
#[derive(Debug)]
pub struct Told {
    /// As of a log.
    pub tally: Tally,
    /// Of the requests without a host, those whose host is not ASCII and was not looked at.
    pub unread: u64,
    /// Requests of names whose `xn--` was not checked.
    pub unchecked: u64,
}

/// Nobody else must come upon the temporary tables.
fn session_id() -> String {
    let random = || RandomState::new().hash_one(0);
    format!("thruway-{:016x}{:016x}", random(), random())
}

struct Session<'s> {
    server: &'s Server,
    network: &'s Network,
    id: String,
}

#[derive(Deserialize)]
struct Endpoint {
    rule: u32,
    requests: u64,
    bytes: u64,
    clients: u64,
    denied: u64,
    authentication: u64,
    inspected: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Deserialize)]
struct Totals {
    requests: u64,
    no_host: u64,
    unread: u64,
    unchecked: u64,
    others: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Deserialize)]
struct HostOf {
    rule: Option<u32>,
    name: String,
    requests: u64,
    denied: u64,
}

#[derive(Deserialize)]
struct Odd {
    asked_host: String,
}

/// A span of texts such as `1700000000.123`; nothing where there is no moment.
fn span(first: Option<&str>, last: Option<&str>) -> Option<(i64, i64)> {
    let moment = |text: Option<&str>| seconds(text?.as_bytes()).ok();
    Some((moment(first)?, moment(last)?))
}

impl Session<'_> {
    /// Runs one statement.
    async fn ask(&self, what: &str, query: &str) -> Result<Vec<u8>, ServerError> {
        let own = &self.server.url;
        let trouble = |trouble| ServerError::Trouble { url: own.clone(), trouble };
        let mut url = own.clone();
        url.query_pairs_mut()
            .append_pair("session_id", &self.id)
            .append_pair("session_timeout", &SESSION.to_string())
            .append_pair("default_format", "JSONEachRow")
            .append_pair("output_format_json_quote_64bit_integers", "0")
            .append_pair("date_time_output_format", "unix_timestamp")
            // A failure comes as a status, and not behind the first rows.
            .append_pair("wait_end_of_query", "1");
        let request: Request = url
            .as_str()
            .parse()
            .map_err(|error| trouble(Trouble::Route(format!("it cannot be asked: {error}"))))?;
        let mut headers = Vec::new();
        if let Some((user, password)) = &self.server.credentials {
            headers.push((HeaderName::from_static("x-clickhouse-user"), user.clone()));
            headers.push((HeaderName::from_static("x-clickhouse-key"), password.clone()));
        }
        let ask = Ask {
            request: &request,
            path: &url[url::Position::BeforePath..url::Position::AfterQuery],
            way: &Way::Direct,
            headers: &headers,
            limit: MAX_ANSWER,
            patience: self.server.patience,
            body: Some(Bytes::from(query.to_owned())),
        };
        let fetched = fetch_by(self.network, &ask).await.map_err(trouble)?;
        let unread =
            |why: &str| ServerError::Answer { url: own.clone(), what: what.to_owned(), why: why.to_owned() };
        if fetched.status != 200 {
            return Err(ServerError::Refused {
                url: own.clone(),
                status: fetched.status,
                message: shown(&String::from_utf8_lossy(&fetched.bytes), MAX_SHOWN),
                what: what.trim_end_matches('.').to_owned(),
                query: lines(query),
            });
        }
        match (fetched.is_cut, &fetched.broken) {
            (true, _) => Err(unread(&format!("over {MAX_ANSWER} bytes"))),
            (false, Some(why)) => Err(unread(why)),
            (false, None) => Ok(fetched.bytes),
        }
    }

    async fn rows<T: DeserializeOwned>(&self, what: &str, query: &str) -> Result<Vec<T>, ServerError> {
        let bytes = self.ask(what, query).await?;
        let rows: Result<Vec<T>, _> = serde_json::Deserializer::from_slice(&bytes).into_iter().collect();
        rows.map_err(|error| ServerError::Answer {
            url: self.server.url.clone(),
            what: what.to_owned(),
            why: shown(&error.to_string(), MAX_SHOWN),
        })
    }

    /// Reads the hosts that the server cannot: names that are not ASCII are made A-labels, and A-labels are checked.
    async fn read_odd(&self, rules: &Rules) -> Result<(), ServerError> {
        let what = "Hosts that are not ASCII, or A-labels.";
        let query = format!(
            "SELECT asked_host FROM thruway_hosts WHERE kind = 'unread' OR (kind = 'name' AND is_unchecked = 1)
LIMIT {}",
            MOST_ODD + 1
        );
        let odd: Vec<Odd> = self.rows(what, &query).await?;
        // Beyond, the answers say how many requests they are of.
        if odd.is_empty() || odd.len() > MOST_ODD {
            return Ok(());
        }
        let text = |text: &str| super::steps::Dialect::text(&clickhouse::ClickHouse, text);
        let mut name = Hostname::default();
        let read = odd.iter().map(|Odd { asked_host }| {
            let bare =
                asked_host.strip_prefix('[').and_then(|own| own.strip_suffix(']')).unwrap_or(asked_host);
            let is_name = rules.read(bare.as_bytes(), &mut name);
            let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
            format!("({}, '{}', {})", text(asked_host), if is_name { "name" } else { "none" }, text(&name))
        });
        let read = read.collect::<Vec<_>>().join(",\n");
        for query in [
            "CREATE TEMPORARY TABLE thruway_read (asked_host String, kind String, name String)".to_owned(),
            format!("INSERT INTO thruway_read VALUES\n{read}"),
            "CREATE TEMPORARY TABLE thruway_known AS
SELECT asked_host, kind, is_unchecked, name, digits FROM thruway_hosts
WHERE asked_host NOT IN (SELECT asked_host FROM thruway_read)
UNION ALL
SELECT asked_host, kind, 0 AS is_unchecked, name, '' AS digits FROM thruway_read"
                .to_owned(),
            "DROP TABLE thruway_hosts".to_owned(),
            "CREATE TEMPORARY TABLE thruway_hosts AS SELECT * FROM thruway_known".to_owned(),
        ] {
            self.ask(what, &query).await?;
        }
        Ok(())
    }

    /// Asks for one answer.
    async fn tell(&self, answer: &Answer, told: &mut Told) -> Result<(), ServerError> {
        let tally = &mut told.tally;
        let named = |own: HostOf| (own.name.into_bytes().into_boxed_slice(), own.requests, own.denied);
        match answer.name {
            "endpoints" => {
                for own in self.rows::<Endpoint>(&answer.what, &answer.query).await? {
                    let Some(of_rule) = tally.rules.get_mut(own.rule as usize) else { continue };
                    of_rule.requests = own.requests;
                    of_rule.bytes = own.bytes;
                    of_rule.denied = own.denied;
                    of_rule.authentication = own.authentication;
                    of_rule.inspected = own.inspected;
                    of_rule.span = span(own.first_seen.as_deref(), own.last_seen.as_deref());
                    of_rule.told_clients = Some(own.clients);
                }
            }
            "totals" => {
                for own in self.rows::<Totals>(&answer.what, &answer.query).await? {
                    tally.lines = own.requests;
                    tally.no_host = own.no_host + own.unread;
                    tally.others = own.others;
                    tally.span = span(own.first_seen.as_deref(), own.last_seen.as_deref())
                        .filter(|_| own.requests > 0);
                    (told.unread, told.unchecked) = (own.unread, own.unchecked);
                }
            }
            "wildcards" => {
                let mut hosts: Vec<Vec<HostOf>> = tally.rules.iter().map(|_| Vec::new()).collect();
                for own in self.rows::<HostOf>(&answer.what, &answer.query).await? {
                    if let Some(of_rule) = own.rule.and_then(|rule| hosts.get_mut(rule as usize)) {
                        of_rule.push(own);
                    }
                }
                for (of_rule, hosts) in tally.rules.iter_mut().zip(hosts) {
                    of_rule.hosts = Top::told(hosts.into_iter().map(named));
                }
            }
            "near" => {
                let hosts = self.rows::<HostOf>(&answer.what, &answer.query).await?;
                tally.near = Top::told(hosts.into_iter().map(named));
            }
            // What is required and unseen follows from the rules, and odd hosts were read.
            _ => {}
        }
        Ok(())
    }
}

/// The beginning of a statement, safe to print.
fn lines(query: &str) -> String {
    let start: String = query.chars().take(MAX_SHOWN).collect();
    start.lines().map(|line| format!("  {}", shown_line(line))).collect::<Vec<_>>().join("\n")
}

fn shown_line(line: &str) -> String {
    crate::diag::visible(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_the_url_and_never_shown() {
        let none = |_: &str| None;
        let of = |text: &str| Server::new(text, none, Duration::from_secs(1));
        let server = of("http://us%20er:p%40ss@host:8123/?database=logs").unwrap();
        assert_eq!(server.credentials, Some(("us er".to_owned(), "p@ss".to_owned())));
        assert_eq!(format!("{server:?}"), "Server(http://host:8123/?database=logs)");
        assert!(server.is_open());
        assert!(of("http://host/?user=a&password=b").is_err());
        assert!(of("ftp://host").is_err());
        let variables = |name: &str| Some(format!("<{name}>"));
        let server = Server::new("https://host", variables, Duration::from_secs(1)).unwrap();
        assert_eq!(
            server.credentials,
            Some(("<CLICKHOUSE_USER>".to_owned(), "<CLICKHOUSE_PASSWORD>".to_owned()))
        );
        assert!(!server.is_open());
    }

    #[test]
    fn moments_are_seconds_with_a_fraction() {
        assert_eq!(
            span(Some("1700000000.123"), Some("1700000001")),
            Some((1_700_000_000_123, 1_700_000_001_000))
        );
        assert_eq!(span(None, Some("1")), None);
    }
}
