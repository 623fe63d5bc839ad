//! Which column is which: as the command line says, else by names that are well known.

use std::str::FromStr;

use super::fields::Meaning;

/// Names of columns, the best first. Compared without case and without anything but letters and digits.
///
/// Sources, 2026-11-30: Zscaler "NSS Feed Output Format: Web Logs"; Symantec ProxySG "Access Log Formats"; Forefront TMG and
/// IIS, W3C extended log; Elastic Common Schema 8; Splunk's Common Information Model, "Web"; PAN-OS "Syslog Field Descriptions".
const KNOWN: &[(Meaning, &[&str])] = &[
    (
        Meaning::Url,
        &[
            "url",
            "cs-uri",
            "url.full",
            "url.original",
            "full_url",
            "request_url",
            "requesturl",
            "eurl",
            "uri",
        ],
    ),
    (
        Meaning::Host,
        &[
            "cs-host",
            "r-host",
            "dest_host",
            "destination_host",
            "destination.domain",
            "url.domain",
            "dest_domain",
            "dsthost",
            "ehost",
            "fqdn",
            "destination_hostname",
            "domain",
            "hostname",
            "host",
            "destination",
            "dest",
        ],
    ),
    (
        Meaning::Port,
        &[
            "cs-uri-port",
            "r-port",
            "dest_port",
            "destination.port",
            "destination_port",
            "url.port",
            "dst_port",
            "dstport",
            "dport",
            "port",
        ],
    ),
    (
        Meaning::Scheme,
        &["cs-uri-scheme", "url.scheme", "scheme", "cs-protocol", "protocol", "proto", "network.protocol"],
    ),
    (Meaning::Path, &["cs-uri-path", "cs-uri-stem", "url.path", "uri_path", "path"]),
    (
        Meaning::Address,
        &[
            "r-ip",
            "destination.ip",
            "dest_ip",
            "destination_ip",
            "dst_ip",
            "dstip",
            "serverip",
            "server_ip",
            "destination_address",
            "dst",
            "sip",
        ],
    ),
    (Meaning::Sni, &["sni", "ssl_sni", "tls.client.server_name", "server_name"]),
    (
        Meaning::Method,
        &["cs-method", "http.request.method", "http_method", "request_method", "reqmethod", "method"],
    ),
    (
        Meaning::Client,
        &[
            "c-ip",
            "client_ip",
            "source.ip",
            "client.ip",
            "src_ip",
            "source_ip",
            "srcip",
            "cip",
            "remote_addr",
            "source_address",
            "src",
            "client",
        ],
    ),
    (Meaning::User, &["cs-username", "user.name", "username", "usrname", "login", "user", "source_user"]),
    (
        Meaning::Bytes,
        &[
            "sc-bytes",
            "http.response.bytes",
            "destination.bytes",
            "bytes_received",
            "respsize",
            "responsesize",
            "response_size",
            "resp_bytes",
            "dstbytes",
            "bytes",
            "size",
            "transactionsize",
        ],
    ),
    (
        Meaning::Time,
        &[
            "@timestamp",
            "timestamp",
            "time",
            "epochtime",
            "datetime",
            "date_time",
            "event_time",
            "receive_time",
            "_time",
            "ts",
            "gmttime",
            "localtime",
            "devtime",
        ],
    ),
    (Meaning::Date, &["date"]),
    (
        Meaning::Verdict,
        &[
            "sc-filter-result",
            "verdict",
            "action",
            "policy_action",
            "filter_result",
            "disposition",
            "decision",
        ],
    ),
    (Meaning::Result, &["s-action", "result_code", "cache_result", "squid_result"]),
    (
        Meaning::Status,
        &[
            "sc-status",
            "http.response.status_code",
            "respcode",
            "status_code",
            "http_status",
            "response_code",
            "status",
        ],
    ),
    (
        Meaning::Inspected,
        &["inspected", "ssldecrypted", "ssl_decrypted", "decrypted", "bump_mode", "ssl_bump_mode"],
    ),
];

/// Columns by the word of the command line: `host=dest,url=request,client=3`.
#[derive(Clone, Default, Debug)]
pub struct Named(Vec<(Meaning, String)>);

/// Why a word for columns is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NamedError {
    /// It has no equals sign.
    #[error("`{0}` is no column: write what it means and its name or place, as host=dest or host=3")]
    NoName(String),
    /// The part before the equals sign is nothing that is read.
    #[error("`{0}` is nothing that a column may mean; these may be named: {known}", known = known())]
    Meaning(String),
    /// Something is named twice.
    #[error("`{0}` is named twice")]
    Twice(&'static str),
}

fn known() -> String {
    Meaning::ALL.map(Meaning::as_str).join(", ")
}

impl FromStr for Named {
    type Err = NamedError;

    fn from_str(text: &str) -> Result<Self, NamedError> {
        let mut named: Vec<(Meaning, String)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (word, name) = part.split_once('=').ok_or_else(|| NamedError::NoName(part.to_owned()))?;
            let meaning = Meaning::ALL.into_iter().find(|own| own.as_str() == word.trim());
            let meaning = meaning.ok_or_else(|| NamedError::Meaning(word.to_owned()))?;
            if named.iter().any(|(own, _)| *own == meaning) {
                return Err(NamedError::Twice(meaning.as_str()));
            }
            named.push((meaning, name.trim().to_owned()));
        }
        Ok(Self(named))
    }
}

/// Why columns cannot be chosen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChoiceError {
    /// A name of the command line is none of the log.
    #[error("no column is called `{name}`; there are: {there}")]
    NoSuch {
        /// The name.
        name: String,
        /// Those of the log.
        there: String,
    },
    /// Nothing tells where a request went.
    #[error(
        "no column is known to hold a host or a URL; say it with --columns host=NAME or url=NAME, where NAME is one of: {there}"
    )]
    NoTarget {
        /// The columns of the log.
        there: String,
    },
}

/// A column that is read: its place among the names, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its place, from 0.
    pub at: usize,
    /// What it says.
    pub meaning: Meaning,
    /// Whether its name alone told so.
    pub is_guessed: bool,
}

impl Named {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every column is named by its place, from 1, so that no line need name them.
    pub fn are_places(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, name)| place(name).is_some())
    }

    /// The columns that are named by their places.
    pub fn places(&self) -> Vec<Column> {
        let places = self.0.iter().filter_map(|(meaning, name)| Some((place(name)?, *meaning)));
        places.map(|(at, meaning)| Column { at, meaning, is_guessed: false }).collect()
    }

    /// The columns among `names` that are read, in the order of the log.
    ///
    /// What is named is taken. What is not named is guessed, where its name is well known and where it would not speak against
    /// what is named: a host is not looked for where a URL is named.
    ///
    /// # Errors
    /// Where a named column is not there, or nothing tells the host.
    pub fn choose(&self, names: &[&str]) -> Result<Vec<Column>, ChoiceError> {
        let there = || {
            let shown: Vec<String> = names.iter().map(|name| crate::text::shown(name, 60)).collect();
            shown.join(", ")
        };
        let mut columns: Vec<Column> = Vec::new();
        for (meaning, name) in self.0.iter().filter(|(_, name)| !name.is_empty()) {
            let by_name = names.iter().position(|own| own == name);
            let by_place = || place(name).filter(|at| *at < names.len());
            let at = by_name.or_else(by_place);
            let at = at.ok_or_else(|| ChoiceError::NoSuch { name: name.clone(), there: there() })?;
            columns.push(Column { at, meaning: *meaning, is_guessed: false });
        }
        let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let names_target = self.0.iter().any(|(meaning, _)| meaning.is_target());
        for (meaning, known) in KNOWN {
            let is_named = self.0.iter().any(|(own, _)| own == meaning);
            if is_named || (names_target && meaning.is_target()) {
                continue;
            }
            let is_free = |at: &usize| columns.iter().all(|own| own.at != *at);
            let find = |name: &&str| plain.iter().position(|own| *own == self::plain(name)).filter(is_free);
            if let Some(at) = known.iter().find_map(find) {
                columns.push(Column { at, meaning: *meaning, is_guessed: true });
            }
        }
        if !columns.iter().any(|own| own.meaning.is_target()) {
            return Err(ChoiceError::NoTarget { there: there() });
        }
        columns.sort_by_key(|own| (own.at, own.meaning));
        Ok(columns)
    }
}

/// How many of the names are well known.
pub fn well_known(names: &[&str]) -> usize {
    let is_known = |name: &&&str| {
        let name = plain(name);
        !name.is_empty() && KNOWN.iter().any(|(_, known)| known.iter().any(|own| plain(own) == name))
    };
    names.iter().filter(is_known).count()
}

/// Letters and digits alone, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|own| own.to_ascii_lowercase()).collect()
}

/// From 0, of a number from 1.
fn place(name: &str) -> Option<usize> {
    name.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(named: &str, names: &[&str]) -> Result<Vec<(usize, &'static str, bool)>, ChoiceError> {
        let columns = named.parse::<Named>().unwrap().choose(names)?;
        Ok(columns.iter().map(|own| (own.at, own.meaning.as_str(), own.is_guessed)).collect())
    }

    #[test]
    fn columns_are_those_that_are_named_and_those_that_are_known() {
        assert_eq!(
            chosen("", &["Time", "Src IP", "x", "URL", "Action", "bytes"]),
            Ok(vec![
                (0, "time", true),
                (1, "client", true),
                (3, "url", true),
                (4, "verdict", true),
                (5, "bytes", true)
            ])
        );
        // The better name, and nothing guessed that would speak against what is named.
        assert_eq!(
            chosen("host=dest,time=", &["time", "url", "dest", "bytes", "sc-bytes"]),
            Ok(vec![(2, "host", false), (4, "bytes", true)])
        );
        assert_eq!(chosen("host=2", &["a", "b"]), Ok(vec![(1, "host", false)]));
        assert!(matches!(chosen("host=c", &["a", "b"]), Err(ChoiceError::NoSuch { .. })));
        assert!(matches!(chosen("", &["a", "b"]), Err(ChoiceError::NoTarget { .. })));
        assert!(matches!(chosen("host=3", &["a", "b"]), Err(ChoiceError::NoSuch { .. })));
    }

    #[test]
    fn words_for_columns_say_what_is_wrong() {
        let error = |text: &str| text.parse::<Named>().unwrap_err();
        assert_eq!(error("dest"), NamedError::NoName("dest".to_owned()));
        assert_eq!(error("hots=dest"), NamedError::Meaning("hots".to_owned()));
        assert_eq!(error("host=a, host=b"), NamedError::Twice("host"));
    }

    #[test]
    fn no_name_is_known_for_two_things() {
        let mut all = Vec::new();
        for (_, names) in KNOWN {
            let mut own: Vec<String> = names.iter().map(|own| plain(own)).collect();
            own.sort();
            own.dedup();
            all.extend(own);
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
