//! `data/probes.yaml`: what to ask a host for, and which answers mean that it was reached.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::embedded;
use crate::model::{DomainName, Geography, Host, HostPattern, Scheme};
use crate::regions;

/// What an endpoint is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The channel on which the sensor is commanded.
    CommandAndControl,
    /// The telemetry of the sensor.
    CyberData,
    /// Answers of the cloud about files and sites.
    CloudProtection,
    /// Files and packages of investigations.
    SampleUpload,
    /// Security intelligence and product updates.
    Updates,
    /// Revocation and trust lists.
    Crl,
    /// What no row of the table names.
    Other,
}

impl Class {
    /// All classes, in the order in which they are shown.
    pub const ALL: [Class; 7] = [
        Class::CommandAndControl,
        Class::CyberData,
        Class::CloudProtection,
        Class::SampleUpload,
        Class::Updates,
        Class::Crl,
        Class::Other,
    ];

    /// For people and programs: `command and control`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandAndControl => "command and control",
            Self::CyberData => "cyber data",
            Self::CloudProtection => "cloud protection",
            Self::SampleUpload => "sample upload",
            Self::Updates => "updates",
            Self::Crl => "CRL",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The method of a probe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`.
    #[default]
    Get,
    /// `HEAD`.
    Head,
}

impl Method {
    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

/// HTTP statuses that mean success.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Statuses(Vec<(u16, u16)>);

impl Statuses {
    /// Whether `status` is one of them. A proxy's question for credentials never is.
    pub fn contains(&self, status: u16) -> bool {
        status != 407 && self.0.iter().any(|&(low, high)| (low..=high).contains(&status))
    }
}

/// `200-399, 404`.
impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &(low, high)) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            match low == high {
                true => write!(f, "{comma}{low}")?,
                false => write!(f, "{comma}{low}-{high}")?,
            }
        }
        Ok(())
    }
}

/// What a host is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What the host is for.
    pub class: Class,
    /// The method.
    pub method: Method,
    /// Paths, the best first; at least one.
    pub paths: Vec<String>,
    /// Which answers mean success.
    pub statuses: Statuses,
    /// Whether somebody has read the source that says so.
    pub is_checked: bool,
}

/// A host that is known under a wildcard of the vendor's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The host.
    pub host: DomainName,
    /// Which data locations need it.
    pub geography: Geography,
    /// Whether somebody has read the source that names it.
    pub is_checked: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    vendor: String,
    other: Other,
    probes: Vec<Row>,
    known: Vec<KnownRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    https: OtherRow,
    http: OtherRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherRow {
    path: String,
    statuses: Vec<StatusWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    hosts: Vec<String>,
    scheme: Option<SchemeWord>,
    class: Class,
    #[serde(default)]
    method: Method,
    path: Option<String>,
    #[serde(default)]
    other_paths: Vec<String>,
    statuses: Option<Vec<StatusWord>>,
    #[expect(dead_code, reason = "for who reads the file")]
    source: String,
    checked: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownRow {
    hosts: Vec<String>,
    geo: String,
    #[expect(dead_code, reason = "for who reads the file")]
    source: String,
    checked: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SchemeWord {
    Http,
    Https,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StatusWord {
    One(u16),
    Range(String),
}

struct Table {
    vendor: String,
    rows: Vec<(Vec<HostPattern>, Option<Scheme>, Row)>,
    other: Other,
    known: Vec<Known>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = embedded::table("data/probes.yaml");
    assert_eq!(file.version, 1, "internal error: data/probes.yaml");
    let rows = file.probes.into_iter().map(|row| {
        let scheme = row.scheme.map(|scheme| match scheme {
            SchemeWord::Http => Scheme::Http,
            SchemeWord::Https => Scheme::Https,
        });
        (row.hosts.iter().map(|host| parsed(host)).collect(), scheme, row)
    });
    let known = file.known.iter().flat_map(|row| {
        let geography = regions::lookup(&row.geo)
            .unwrap_or_else(|| panic!("internal error: data/probes.yaml: geography `{}`", row.geo));
        row.hosts.iter().map(move |host| Known {
            host: parsed(host),
            geography: geography.clone(),
            is_checked: row.checked.is_some(),
        })
    });
    Table { rows: rows.collect(), other: file.other, known: known.collect(), vendor: file.vendor }
});

fn parsed<T: std::str::FromStr<Err: fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("internal error: data/probes.yaml: `{text}`: {error}"))
}

fn statuses(words: &[StatusWord]) -> Statuses {
    let range = |word: &StatusWord| match word {
        StatusWord::One(status) => (*status, *status),
        StatusWord::Range(text) => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            (parsed(low), parsed(high))
        }
    };
    Statuses(words.iter().map(range).collect())
}

/// As certificates of the vendor name its organization.
pub fn vendor() -> &'static str {
    &TABLE.vendor
}

/// The hosts that are known under wildcards, beside those of the built-in lists.
pub fn known() -> &'static [Known] {
    &TABLE.known
}

/// What a host is asked for.
pub fn question(scheme: Scheme, host: &Host) -> Question {
    let other = match scheme {
        Scheme::Http => &TABLE.other.http,
        Scheme::Https => &TABLE.other.https,
    };
    let of_host = |(hosts, own, _): &&(Vec<HostPattern>, Option<Scheme>, Row)| {
        own.is_none_or(|own| own == scheme) && hosts.iter().any(|pattern| pattern.matches(host))
    };
    match TABLE.rows.iter().find(of_host) {
        Some((_, _, row)) => {
            let first = row.path.as_ref().unwrap_or(&other.path);
            Question {
                class: row.class,
                method: row.method,
                paths: [first].into_iter().chain(&row.other_paths).cloned().collect(),
                statuses: statuses(row.statuses.as_ref().unwrap_or(&other.statuses)),
                is_checked: row.checked.is_some(),
            }
        }
        None => Question {
            class: Class::Other,
            method: Method::Get,
            paths: vec![other.path.clone()],
            statuses: statuses(&other.statuses),
            is_checked: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_matches_decides() {
        for (url, class, path, status) in [
            ("https://winatp-gw-cus3.microsoft.com/", Class::CommandAndControl, "/test", 404),
            ("https://eu-v20.events.data.microsoft.com/", Class::CyberData, "/ping", 404),
            ("https://eu.vortex-win.data.microsoft.com/", Class::CyberData, "/", 404),
            ("https://x.cp.wd.microsoft.com/", Class::CloudProtection, "/api/report", 405),
            ("https://ussus1eastprod.blob.core.windows.net/", Class::SampleUpload, "/", 400),
            ("http://www.microsoft.com/", Class::Crl, "/pkiops/crl/MicSecSerCA2011_2011-10-18.crl", 200),
            ("https://www.microsoft.com/", Class::Updates, "/", 403),
            ("https://contoso.example/", Class::Other, "/", 403),
        ] {
            let request: crate::model::Request = url.parse().unwrap();
            let question = question(request.scheme, &request.host);
            assert_eq!((question.class, question.paths[0].as_str()), (class, path), "{url}");
            assert!(question.statuses.contains(status), "{url}");
            assert!(!question.statuses.contains(407) && !question.statuses.contains(503), "{url}");
        }
        let http: crate::model::Request = "http://contoso.example/".parse().unwrap();
        assert!(!question(http.scheme, &http.host).statuses.contains(403), "a proxy says that, too");
    }

    #[test]
    fn every_known_host_has_a_class() {
        assert!(!known().is_empty());
        for known in known() {
            let class = question(Scheme::Https, &Host::Name(known.host.clone())).class;
            assert_ne!(class, Class::Other, "{}", known.host);
        }
    }
}
