//! A list of rules, as a log is held against it.

use super::hostname::Hostname;
use super::lookup::Lookup;
use super::plain::Plain;
use super::record::Record;
use crate::model::{HostPattern, Intent, PathPattern, Policy, RequestPattern, Scheme};

/// The rules of one intent. The number of a rule is its place.
#[derive(Debug)]
pub(super) struct List {
    pub(super) lookup: Lookup,
    patterns: Vec<RequestPattern>,
}

/// What a record is of in a list, kept between records.
#[derive(Default, Debug)]
pub(super) struct Listed {
    /// The host in canonical form, where it is a name.
    pub(super) name: Hostname,
    /// The rules about the host, by number.
    pub(super) hosts: Vec<u32>,
    /// Of these, the rules that the request is of.
    pub(super) rules: Vec<u32>,
}

impl List {
    pub(super) fn new(patterns: Vec<RequestPattern>) -> Self {
        Self { lookup: Lookup::new(patterns.iter().map(|own| own.host.clone()).collect()), patterns }
    }

    pub(super) fn of(policy: &Policy, intent: Intent) -> Self {
        Self::new(policy.rules(intent).iter().map(|rule| rule.pattern.clone()).collect())
    }

    pub(super) fn patterns(&self) -> &[RequestPattern] {
        &self.patterns
    }

    /// Whether a rule is of many hosts.
    pub(super) fn is_wild(&self, rule: u32) -> bool {
        !matches!(self.patterns[rule as usize].host, HostPattern::Exact(_))
    }

    /// The rules that a record's request is of. False where its host is none.
    pub(super) fn find(&self, record: &Record<'_>, found: &mut Listed) -> bool {
        found.rules.clear();
        if !self.lookup.find(record.host, &mut found.name, &mut found.hosts) {
            return false;
        }
        self.narrow(record.port, record.is_https, found);
        found.rules.retain(|rule| serves(&self.patterns[*rule as usize], record));
        true
    }

    /// The rules that a request of any path is of. False where that depends on the path.
    pub(super) fn find_plain(&self, host: &Plain<'_>, port: u16, is_https: bool, found: &mut Listed) -> bool {
        self.lookup.find_plain(host, &mut found.name, &mut found.hosts);
        self.narrow(port, is_https, found);
        found.rules.iter().all(|rule| matches!(self.patterns[*rule as usize].path, PathPattern::Any))
    }

    /// Of the rules about a host, those of a port and a scheme.
    fn narrow(&self, port: u16, is_https: bool, found: &mut Listed) {
        let scheme = if is_https { Scheme::Https } else { Scheme::Http };
        found.rules.clear();
        found.rules.extend(found.hosts.iter().filter(|rule| {
            let pattern = &self.patterns[**rule as usize];
            pattern.schemes.contains(scheme) && pattern.ports.contains(port)
        }));
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
