//! What proxies logged, held against the policy: which endpoints devices use, which are refused, and what is close to the
//! policy and outside of it.
//!
//! A line becomes a [`Record`](record::Record), a record's host the rules that it may be of ([`lookup`]), and the rules that
//! serve the request are counted ([`tally`]). Nothing is kept of a line, so memory does not grow with the log.
//!
//! Beside the counts a tally has what proxies did against the policy ([`against`]) and hosts that are close to it
//! ([`outside`]). What follows from it for people is told by [`report`], [`fix`] and [`narrow`], which alone know profiles
//! and products.

pub mod against;
pub mod fix;
pub mod format;
pub mod lookup;
pub mod narrow;
pub mod outside;
pub mod plain;
pub mod recent;
pub mod record;
pub mod report;
pub mod scan;
pub mod sql;
pub mod strangers;
pub mod tally;
#[cfg(test)]
mod tests;

use against::{List, Listed};
use lookup::{Hostname, Lookup};
use outside::{Judged, Neighbours};
use plain::Plain;
use record::Record;
use strangers::Strangers;

use crate::model::{HostPattern, Intent, PathPattern, Policy, RequestPattern, Rule, Scheme};

/// The allowlist, as a log is held against it.
#[derive(Debug)]
pub struct Rules {
    lookup: Lookup,
    patterns: Vec<RequestPattern>,
    /// Bypass inspection and bypass authentication, where these are looked at.
    lists: Vec<List>,
    neighbours: Neighbours,
    /// The groups of each rule, in order.
    groups: Vec<Vec<u32>>,
    group_count: usize,
}

/// What a record is of, kept between records.
#[derive(Default, Debug)]
pub struct Found {
    name: Hostname,
    hosts: Vec<u32>,
    /// The rules that the request is of, by number.
    pub rules: Vec<u32>,
    listed: Listed,
    judged: Judged,
    strangers: Strangers,
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
        let allowed = policy.rules(Intent::Allow).iter().map(|Rule { pattern, .. }| pattern.clone());
        let lists = against::LISTS[1..].iter().map(|intent| List::of(policy, *intent)).collect();
        Self { lists, ..Self::new(allowed.collect()) }
    }

    /// The same, counted by groups of rules too: each group is a list of numbers of rules. A request of several rules of
    /// one group counts once there.
    #[must_use]
    pub fn grouped(mut self, groups: &[Vec<u32>]) -> Self {
        self.groups = vec![Vec::new(); self.len()];
        self.group_count = groups.len();
        for (group, rules) in (0..).zip(groups) {
            for rule in rules {
                self.groups[*rule as usize].push(group);
            }
        }
        self
    }

    /// The same of patterns.
    pub fn new(patterns: Vec<RequestPattern>) -> Self {
        let lookup = Lookup::new(patterns.iter().map(|own| own.host.clone()).collect());
        Self {
            lookup,
            lists: Vec::new(),
            neighbours: Neighbours::new(&patterns),
            groups: Vec::new(),
            group_count: 0,
            patterns,
        }
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

    /// How many rules are of many hosts.
    pub fn wild_count(&self) -> usize {
        (0..).take(self.len()).filter(|rule| self.is_wild(*rule)).count()
    }

    /// Whether a host may be of a rule; where this says no, none is about it.
    #[inline]
    pub fn may_have(&self, host: &Plain<'_>) -> bool {
        self.lookup.may_have(host)
    }

    /// A hash of a host; other rules have another.
    #[inline]
    pub fn hash_of(&self, host: &Plain<'_>) -> u64 {
        self.lookup.hash_of(host)
    }

    /// The rules that a request of any path is of. False where that depends on the path.
    pub fn find_plain(&self, host: &Plain<'_>, port: u16, is_https: bool, found: &mut Found) -> bool {
        self.lookup.find_plain(host, &mut found.name, &mut found.hosts);
        self.narrow(port, is_https, found);
        found.rules.iter().all(|rule| matches!(self.patterns[*rule as usize].path, PathPattern::Any))
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
        self.narrow(record.port, record.is_https, found);
        found.rules.retain(|rule| serves(&self.patterns[*rule as usize], record));
        true
    }

    /// Of the rules about a host, those of a port and a scheme.
    fn narrow(&self, port: u16, is_https: bool, found: &mut Found) {
        let scheme = if is_https { Scheme::Https } else { Scheme::Http };
        found.rules.clear();
        found.rules.extend(found.hosts.iter().filter(|rule| {
            let pattern = &self.patterns[**rule as usize];
            pattern.schemes.contains(scheme) && pattern.ports.contains(port)
        }));
    }

    /// The groups of a rule, by number.
    pub(crate) fn groups_of(&self, rule: u32) -> &[u32] {
        self.groups.get(rule as usize).map_or(&[], Vec::as_slice)
    }

    /// What hosts outside of the policy are close to.
    pub fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// How the name that was found in no rule is close to the policy.
    fn close(&self, found: &mut Found) -> Option<outside::Kind> {
        let name = found.name.as_bytes();
        if name.is_empty() || found.strangers.has(self.lookup.hash_of_name(name)) {
            return None;
        }
        let kind = found.judged.kind(name, &self.neighbours);
        if kind.is_none() {
            found.strangers.add(self.lookup.hash_of_name(name));
        }
        kind
    }

    /// Whether a host of no rule is close to none.
    pub fn is_stranger(&self, host: &Plain<'_>, found: &mut Found) -> bool {
        if found.strangers.has(self.lookup.hash_of(host)) {
            return true;
        }
        found.name.set_plain(host);
        self.close(found).is_none()
    }
}

/// Whether a record whose host is one of the pattern's is of it.
fn is_of(pattern: &RequestPattern, record: &Record<'_>) -> bool {
    let scheme = if record.is_https { Scheme::Https } else { Scheme::Http };
    pattern.schemes.contains(scheme) && pattern.ports.contains(record.port) && serves(pattern, record)
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
