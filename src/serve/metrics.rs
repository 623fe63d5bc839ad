//! What is counted, for Prometheus. Whatever a request adds to is an atomic number, found without a lock.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

use super::version::Class;

/// The media type of what [`Metrics::text`] writes.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Statuses that are counted one by one; every other is counted as the last.
const STATUSES: [u16; 17] =
    [200, 206, 304, 308, 400, 401, 403, 404, 405, 412, 413, 416, 421, 431, 500, 503, 0];

/// What is asked for, beside the classes: health, and whatever there is not.
const OTHER: usize = Class::ALL.len();

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Request {
    class: &'static str,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfSite {
    site: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Build {
    site: String,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfCertificate {
    certificate: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Update {
    site: String,
    result: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Info {
    site: String,
    version: String,
}

/// How a build of a site ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Built {
    /// A new version is served.
    Applied,
    /// A new version waits until somebody approves it.
    Waiting,
    /// It is what is served.
    Unchanged,
    /// It looked like an accident.
    Refused,
    /// There was nothing that could be served, or the disk refused it.
    Failed,
}

impl Built {
    /// The word in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Waiting => "waiting",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Why a connection was closed before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// There were too many.
    TooMany,
    /// One client had too many.
    TooManyOfClient,
    /// TLS was not agreed on.
    Handshake,
    /// A request was not there in time.
    Slow,
    /// It was no HTTP, or too much of it.
    Malformed,
}

impl Closed {
    const ALL: [Closed; 5] =
        [Closed::TooMany, Closed::TooManyOfClient, Closed::Handshake, Closed::Slow, Closed::Malformed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too-many",
            Self::TooManyOfClient => "too-many-of-client",
            Self::Handshake => "handshake",
            Self::Slow => "slow",
            Self::Malformed => "malformed",
        }
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Vec<Vec<Counter>>,
    bytes: Counter,
    closed: Vec<Counter>,
    auth_failures: Counter,
    connections: Gauge,
    log_dropped: Counter,
    builds: Family<Build, Counter>,
    stale: Family<OfSite, Gauge>,
    waiting: Family<OfSite, Gauge>,
    pinned: Family<OfSite, Gauge>,
    updates: Family<Update, Counter>,
    update_failures: Family<OfSite, Gauge>,
    last_update: Family<OfSite, Gauge>,
    certificate_end: Family<OfCertificate, Gauge>,
    last_build: Family<OfSite, Gauge>,
    created: Family<OfSite, Gauge>,
    version: Family<Info, Gauge>,
    settings_failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("thruway");
        let requests = Family::<Request, Counter>::default();
        registry.register("requests", "Requests answered", requests.clone());
        let classes = Class::ALL.map(Class::as_str).into_iter().chain(["other"]);
        let by_class = classes.map(|class| {
            let counter =
                |status: u16| requests.get_or_create_owned(&Request { class, status: status_word(status) });
            STATUSES.map(counter).into()
        });
        let by_class = by_class.collect();
        let closed = Family::<Why, Counter>::default();
        registry.register("connections_closed", "Connections closed by the server", closed.clone());
        Self {
            requests: by_class,
            bytes: registered(&mut registry, "response_body_bytes", "Octets of the bodies of answers"),
            closed: Closed::ALL.map(|why| closed.get_or_create_owned(&Why { reason: why.as_str() })).into(),
            auth_failures: registered(
                &mut registry,
                "auth_failures",
                "Requests for lists without the right credentials; PAN-OS then stops enforcing the list",
            ),
            connections: registered(&mut registry, "connections", "Connections that are open"),
            log_dropped: registered(
                &mut registry,
                "access_log_dropped",
                "Lines of the access log that came faster than they could be written",
            ),
            builds: registered(&mut registry, "builds", "Builds of a site by how they ended"),
            stale: registered(
                &mut registry,
                "stale",
                "1 while a site serves an older version than its sources ask for, since that was refused or failed",
            ),
            waiting: registered(
                &mut registry,
                "waiting",
                "1 while a new version of a site waits until somebody approves it",
            ),
            pinned: registered(
                &mut registry,
                "pinned",
                "1 while somebody holds on to the version that a site serves",
            ),
            updates: registered(
                &mut registry,
                "updates",
                "Questions to the vendor for a newer list by how they ended",
            ),
            update_failures: registered(
                &mut registry,
                "update_failures",
                "Questions to the vendor in a row that brought nothing or something that was refused",
            ),
            last_update: registered(
                &mut registry,
                "last_update_timestamp_seconds",
                "When the vendor's list was last known to be the newest",
            ),
            certificate_end: registered(
                &mut registry,
                "certificate_not_after_timestamp_seconds",
                "When a certificate ends",
            ),
            last_build: registered(
                &mut registry,
                "last_build_timestamp_seconds",
                "When a site was built last, in any way",
            ),
            created: registered(
                &mut registry,
                "version_created_timestamp_seconds",
                "When the version that a site serves was made",
            ),
            version: registered(&mut registry, "version_info", "The version that a site serves"),
            settings_failures: registered(
                &mut registry,
                "settings_failures",
                "Certificates, credentials or settings that could not be read again, and stayed as they were",
            ),
            registry,
        }
    }
}

/// A metric that the registry knows.
fn registered<M: Metric + Default + Clone>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn status_word(status: u16) -> &'static str {
    const WORDS: [&str; STATUSES.len()] = [
        "200", "206", "304", "308", "400", "401", "403", "404", "405", "412", "413", "416", "421", "431",
        "500", "503", "other",
    ];
    let at = STATUSES.iter().position(|own| *own == status).unwrap_or(STATUSES.len() - 1);
    WORDS[at]
}

impl Metrics {
    /// Counts an answer. `class` is nothing for what is no file.
    pub fn answered(&self, class: Option<Class>, status: u16, bytes: u64) {
        let class = class.map_or(OTHER, |class| class as usize);
        let at = STATUSES.iter().position(|own| *own == status).unwrap_or(STATUSES.len() - 1);
        self.requests[class][at].inc();
        self.bytes.inc_by(bytes);
    }

    /// Counts a connection that was closed.
    pub fn closed(&self, why: Closed) {
        self.closed[why as usize].inc();
    }

    /// Counts a request without the right credentials.
    pub fn auth_failed(&self) {
        self.auth_failures.inc();
    }

    /// Counts a line of the access log that was not written.
    pub fn log_dropped(&self) {
        self.log_dropped.inc();
    }

    /// Counts a setting that stayed as it was.
    pub fn settings_failed(&self) {
        self.settings_failures.inc();
    }

    /// Notes how a build of a site ended, at a time in seconds since 1970.
    pub fn built(&self, site: &str, built: Built, now: u64) {
        let of_site = OfSite { site: site.to_owned() };
        self.builds.get_or_create(&Build { site: site.to_owned(), result: built.as_str() }).inc();
        let is_stale = matches!(built, Built::Refused | Built::Failed);
        self.stale.get_or_create(&of_site).set(i64::from(is_stale));
        self.last_build.get_or_create(&of_site).set(seconds(now));
    }

    /// Notes whether a version of a site waits, and whether somebody holds on to the one that is served.
    pub fn held(&self, site: &str, is_waiting: bool, is_pinned: bool) {
        let of_site = OfSite { site: site.to_owned() };
        self.waiting.get_or_create(&of_site).set(i64::from(is_waiting));
        self.pinned.get_or_create(&of_site).set(i64::from(is_pinned));
    }

    /// Notes how a question to the vendor ended, and how many in a row brought nothing good, at a time in seconds since
    /// 1970.
    pub fn polled(&self, site: &str, result: &'static str, failures: u32, now: u64) {
        let of_site = OfSite { site: site.to_owned() };
        self.updates.get_or_create(&Update { site: site.to_owned(), result }).inc();
        self.update_failures.get_or_create(&of_site).set(i64::from(failures));
        if failures == 0 {
            self.last_update.get_or_create(&of_site).set(seconds(now));
        }
    }

    /// Notes when the server's certificate ends, in seconds since 1970.
    pub fn certificate_ends(&self, end: u64) {
        self.certificate_end.get_or_create(&OfCertificate { certificate: "server" }).set(seconds(end));
    }

    /// Notes which version a site serves now.
    pub fn serves(&self, site: &str, version: &str, before: Option<&str>, created: u64) {
        if let Some(before) = before {
            self.version.remove(&Info { site: site.to_owned(), version: before.to_owned() });
        }
        self.version.get_or_create(&Info { site: site.to_owned(), version: version.to_owned() }).set(1);
        self.created.get_or_create(&OfSite { site: site.to_owned() }).set(seconds(created));
    }

    /// Everything, as text. `connections` are those that are open.
    pub fn text(&self, connections: usize) -> String {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("internal error: writing to memory");
        text
    }
}

fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.answered(Some(Class::Pac), 200, 1_000);
        metrics.answered(Some(Class::Pac), 304, 0);
        metrics.answered(None, 418, 5);
        metrics.closed(Closed::Slow);
        metrics.built("main", Built::Failed, 7);
        metrics.serves("main", "000001-a", None, 5);
        metrics.serves("main", "000002-b", Some("000001-a"), 6);
        let text = metrics.text(3);
        for line in [
            "thruway_requests_total{class=\"pac\",status=\"200\"} 1",
            "thruway_requests_total{class=\"pac\",status=\"304\"} 1",
            "thruway_requests_total{class=\"other\",status=\"other\"} 1",
            "thruway_response_body_bytes_total 1005",
            "thruway_connections_closed_total{reason=\"slow\"} 1",
            "thruway_builds_total{site=\"main\",result=\"failed\"} 1",
            "thruway_stale{site=\"main\"} 1",
            "thruway_version_info{site=\"main\",version=\"000002-b\"} 1",
            "thruway_connections 3",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
        assert!(!text.contains("000001-a"), "one version at a time");
        metrics.held("main", true, false);
        metrics.polled("main", "refused", 2, 9);
        metrics.certificate_ends(1_900_000_000);
        let text = metrics.text(0);
        for line in [
            "thruway_waiting{site=\"main\"} 1",
            "thruway_pinned{site=\"main\"} 0",
            "thruway_updates_total{site=\"main\",result=\"refused\"} 1",
            "thruway_update_failures{site=\"main\"} 2",
            "thruway_certificate_not_after_timestamp_seconds{certificate=\"server\"} 1900000000",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
        metrics.built("main", Built::Unchanged, 8);
        assert!(metrics.text(0).contains("thruway_stale{site=\"main\"} 0"));
    }
}
