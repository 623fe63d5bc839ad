//! What proxies logged, held against the policy: which endpoints devices use, which are refused, and what is close to the
//! policy and outside of it.
//!
//! A line becomes a [`Record`](record::Record), a record's host the rules that it may be of ([`lookup`]), and the rules that
//! serve the request are counted ([`tally`]). Nothing is kept of a line, so memory does not grow with the log.

pub mod lookup;
pub mod record;
pub mod scan;
pub mod sql;
pub mod squid;
pub mod tally;

use std::hash::{BuildHasherDefault, DefaultHasher};

use lookup::{Hostname, Lookup};
use record::Record;

use crate::model::{HostPattern, Intent, PathPattern, Policy, RequestPattern, Rule, Scheme};

/// A format of logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Squid's own.
    Squid,
}

/// The allowlist, as a log is held against it.
#[derive(Debug)]
pub struct Rules {
    lookup: Lookup,
    patterns: Vec<RequestPattern>,
    /// Sketches of clients add up only where they hash alike, and the same log gives the same.
    clients: BuildHasherDefault<DefaultHasher>,
}

/// What a record is of, kept between records.
#[derive(Default, Debug)]
pub struct Found {
    name: Hostname,
    hosts: Vec<u32>,
    /// The rules that the request is of, by number.
    pub rules: Vec<u32>,
}

impl Found {
    /// The host in canonical form, where it is a name.
    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// Whether a rule is about the host, if not about the request.
    pub fn is_near(&self) -> bool {
        !self.hosts.is_empty()
    }
}

impl Rules {
    /// The rules that let something through. The number of a rule is its place in the policy.
    pub fn of(policy: &Policy) -> Self {
        Self::new(policy.rules(Intent::Allow).iter().map(|Rule { pattern, .. }| pattern.clone()).collect())
    }

    /// The same of patterns.
    pub fn new(patterns: Vec<RequestPattern>) -> Self {
        let lookup = Lookup::new(patterns.iter().map(|own| own.host.clone()).collect());
        Self { lookup, patterns, clients: BuildHasherDefault::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a rule is of many hosts.
    pub fn is_wild(&self, rule: u32) -> bool {
        !matches!(self.patterns[rule as usize].host, HostPattern::Exact(_))
    }

    /// Whether a host is one, and its name in canonical form, where it is a name.
    pub fn read(&self, host: &[u8], name: &mut Hostname) -> bool {
        self.lookup.find(host, name, &mut Vec::new())
    }

    /// The rules that a record's request is of. False where its host is none.
    pub fn find(&self, record: &Record<'_>, found: &mut Found) -> bool {
        found.rules.clear();
        if !self.lookup.find(record.host, &mut found.name, &mut found.hosts) {
            return false;
        }
        let scheme = if record.is_https { Scheme::Https } else { Scheme::Http };
        found.rules.extend(found.hosts.iter().filter(|rule| {
            let pattern = &self.patterns[**rule as usize];
            pattern.schemes.contains(scheme) && pattern.ports.contains(record.port) && serves(pattern, record)
        }));
        true
    }
}

/// Whether a path is one of the pattern's; a line without a path may be of any.
fn serves(pattern: &RequestPattern, record: &Record<'_>) -> bool {
    let (PathPattern::Prefix(_) | PathPattern::Segment(_), Some(path)) = (&pattern.path, record.path) else {
        return true;
    };
    let path = &path[..memchr::memchr2(b'?', b'#', path).unwrap_or(path.len())];
    let path = if path.is_empty() { b"/" } else { path };
    std::str::from_utf8(path).is_ok_and(|path| pattern.path.matches(path))
}
