//! dnsmasq's configuration: which names fill which sets.
//!
//! What is said here of dnsmasq was seen of 2.90, on 2026-11-24.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};

use super::ruleset::{Family, Version};
use super::value::Fault;
use crate::model::DomainName;
use crate::read::{Place, Texts, Trouble, TroubleKind};

/// What is read of a line in one piece, in octets. The rest is read as a line of its own.
const MAX_LINE: usize = 1024;
/// How deep files may include each other.
const MAX_DEPTH: usize = 16;
/// How many files may be included in all.
const MAX_INCLUDES: usize = 256;

/// Settings that change nothing about which names fill which sets.
const SILENT: &[&str] = &[
    "all-servers",
    "auth-server",
    "bind-dynamic",
    "bind-interfaces",
    "bogus-nxdomain",
    "bogus-priv",
    "cache-size",
    "clear-on-reload",
    "conntrack",
    "dns-forward-max",
    "dns-loop-detect",
    "dnssec",
    "dnssec-check-unsigned",
    "domain",
    "domain-needed",
    "edns-packet-max",
    "except-interface",
    "expand-hosts",
    "filterwin2k",
    "group",
    "interface",
    "keep-in-foreground",
    "listen-address",
    "local-service",
    "localise-queries",
    "log-async",
    "log-dhcp",
    "log-facility",
    "log-queries",
    "min-port",
    "neg-ttl",
    "no-daemon",
    "no-dhcp-interface",
    "no-hosts",
    "no-negcache",
    "no-ping",
    "no-poll",
    "no-resolv",
    "pid-file",
    "port",
    "proxy-dnssec",
    "query-port",
    "rebind-localhost-ok",
    "resolv-file",
    "server",
    "stop-dns-rebind",
    "strict-order",
    "trust-anchor",
    "user",
];

/// Answers that dnsmasq gives itself, which fill no set.
const LOCAL: &[&str] =
    &["address", "addn-hosts", "auth-zone", "cname", "host-record", "hostsdir", "interface-name", "local"];

/// A configuration.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    /// The lines, each with its name; nothing stands for every name.
    pub(super) lines: Vec<Line>,
    /// Lists of sets that lines fill.
    pub(super) targets: Vec<Vec<Target>>,
    /// Seconds that an answer stays in the cache at most.
    pub(super) max_cache_ttl: Option<u64>,
    /// Seconds that a client is told to keep an answer at most.
    pub(super) max_ttl: Option<u64>,
}

/// A name with all that is below it, and the sets that it fills.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: Option<DomainName>,
    /// Place in [`Resolver::targets`].
    pub(super) targets: usize,
    pub(super) place: Place,
}

/// One set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// Addresses of which version; nothing for both.
    pub(super) version: Option<Version>,
    pub(super) family: Family,
    pub(super) table: String,
    pub(super) set: String,
}

/// Reads configurations into one.
pub(super) struct Reader<'t> {
    texts: &'t Texts,
    pub(super) resolver: Resolver,
    pub(super) troubles: Vec<Trouble>,
    names: HashSet<Option<DomainName>>,
    known_targets: BTreeMap<&'t str, usize>,
    file: Arc<str>,
    line: u32,
    includes: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(texts: &'t Texts) -> Self {
        Self {
            texts,
            resolver: Resolver::default(),
            troubles: Vec::new(),
            names: HashSet::new(),
            known_targets: BTreeMap::new(),
            file: Arc::from(""),
            line: 0,
            includes: 0,
        }
    }

    fn trouble(&mut self, kind: TroubleKind, what: impl AsRef<str>) {
        let place = Place::new(&self.file, self.line);
        self.troubles.push(Trouble::new(place, kind, what));
    }

    /// Reads a file.
    pub(super) fn load(&mut self, file: &str) {
        self.read(file, 0);
    }

    fn read(&mut self, file: &str, depth: usize) {
        let Some(bytes) = self.texts.get(file) else { return };
        let before = (std::mem::replace(&mut self.file, Arc::from(file)), self.line);
        match std::str::from_utf8(bytes) {
            Err(_) => {
                self.line = 0;
                self.trouble(TroubleKind::NotUnderstood, "not UTF-8");
            }
            Ok(text) => {
                for (line, number) in text.split('\n').zip(1..) {
                    self.line = number;
                    if line.len() > MAX_LINE {
                        let what = "a line of over 1,024 octets, of which the rest is read as one of its own";
                        self.trouble(TroubleKind::Refused, what);
                    }
                    self.line(line, depth);
                }
            }
        }
        (self.file, self.line) = before;
    }

    fn line(&mut self, line: &'t str, depth: usize) {
        let line = without_comment(line).trim();
        if line.is_empty() {
            return;
        }
        let (key, value) = line.split_once('=').map_or((line, ""), |(key, value)| (key.trim(), value.trim()));
        match key {
            "nftset" => {
                if let Err((kind, what)) = self.nftset(value) {
                    self.trouble(kind, what);
                }
            }
            "max-ttl" | "max-cache-ttl" => match value.parse() {
                Ok(seconds) if key == "max-ttl" => self.resolver.max_ttl = Some(seconds),
                Ok(seconds) => self.resolver.max_cache_ttl = Some(seconds),
                Err(_) => self.trouble(TroubleKind::Refused, format!("`{value}` is no number of seconds")),
            },
            "conf-file" if self.texts.contains_key(value) => {
                self.includes += 1;
                if depth >= MAX_DEPTH || self.includes > MAX_INCLUDES {
                    return self.trouble(TroubleKind::Refused, "files that include each other");
                }
                self.read(value, depth + 1);
            }
            "conf-file" | "conf-dir" | "servers-file" | "conf-script" => {
                let what = format!("`{key}={value}` is not among the files that are read");
                self.trouble(TroubleKind::NotUnderstood, what);
            }
            "ipset" => self.trouble(TroubleKind::NeverMatches, "sets of ipset, which nft's rules do not see"),
            _ if LOCAL.contains(&key) => {
                let what = format!("answers by `{key}` fill no set");
                self.trouble(TroubleKind::Misleading, what);
            }
            _ if SILENT.contains(&key) || key.starts_with("dhcp-") => {}
            other => {
                self.trouble(TroubleKind::NotUnderstood, format!("the setting `{other}` is not understood"));
            }
        }
    }

    /// `/a.example/b.example/4#inet#table#set,6#inet#table#set`.
    fn nftset(&mut self, value: &'t str) -> Result<(), Fault> {
        let refused = |what: &str| (TroubleKind::Refused, what.to_owned());
        let Some((names, targets)) = value.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else {
            return Err(refused("`nftset` without a name between slashes"));
        };
        let targets = match self.known_targets.get(targets) {
            Some(&known) => known,
            None => {
                let read = targets.split(',').map(target).collect::<Result<Vec<_>, _>>()?;
                let id = self.resolver.targets.len();
                self.resolver.targets.push(read);
                self.known_targets.insert(targets, id);
                id
            }
        };
        for text in names.split('/') {
            let name = match name(text) {
                Ok(name) => name,
                Err((kind, what)) => {
                    self.trouble(kind, what);
                    continue;
                }
            };
            if !self.names.insert(name.clone()) {
                let what = format!("`{text}` has a line already, and only the first counts");
                self.trouble(TroubleKind::Misleading, what);
                continue;
            }
            let place = Place::new(&self.file, self.line);
            self.resolver.lines.push(Line { name, targets, place });
        }
        Ok(())
    }
}

/// A name as dnsmasq reads it. A dot in front changes nothing; `#` and no name at all stand for every name.
fn name(text: &str) -> Result<Option<DomainName>, Fault> {
    if matches!(text, "" | "#") {
        return Ok(None);
    }
    if text.contains('*') {
        return Err((TroubleKind::NeverMatches, format!("`{text}`: a star is taken and never matches")));
    }
    let name = text.strip_prefix('.').unwrap_or(text);
    if name.split('.').any(|label| label.len() > 63) {
        return Err((TroubleKind::Refused, format!("`{name}` has a label of over 63 octets")));
    }
    match name.parse::<DomainName>() {
        Ok(name) => Ok(Some(name)),
        Err(error) => Err((TroubleKind::NotUnderstood, format!("`{name}` is no name: {error}"))),
    }
}

/// `4#inet#table#set`: without a version for both, without a family for `ip`.
fn target(text: &str) -> Result<Target, Fault> {
    let refused = || (TroubleKind::Refused, format!("`{text}` names no set"));
    let (version, rest) = match text.split_once('#') {
        Some(("4", rest)) => (Some(Version::V4), rest),
        Some(("6", rest)) => (Some(Version::V6), rest),
        _ => (None, text),
    };
    let parts: Vec<&str> = rest.split('#').collect();
    let (family, table, set) = match parts[..] {
        [table, set] => ("ip", table, set),
        [family, table, set] => (family, table, set),
        _ => return Err(refused()),
    };
    let family = match family {
        "ip" => Family::Ip,
        "ip6" => Family::Ip6,
        "inet" => Family::Inet,
        _ => return Err(refused()),
    };
    Ok(Target { version, family, table: table.to_owned(), set: set.to_owned() })
}

/// A comment begins a line, or stands behind a blank.
fn without_comment(line: &str) -> &str {
    let begins = |&(at, _): &(usize, &str)| at == 0 || line.as_bytes()[at - 1].is_ascii_whitespace();
    match line.match_indices('#').find(begins) {
        Some((at, _)) => &line[..at],
        None => line,
    }
}
