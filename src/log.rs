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
pub mod hostname;
pub mod judged;
mod list;
pub mod lookup;
pub mod narrow;
pub mod outside;
pub mod plain;
pub mod recent;
pub mod record;
pub mod report;
pub mod scan;
pub mod sql;
pub mod tally;
#[cfg(test)]
mod tests;

use hostname::Hostname;
use judged::Judged;
use list::{List, Listed};
use outside::Neighbours;
use plain::Plain;
use record::Record;

use crate::model::{Policy, RequestPattern};

/// The allowlist, as a log is held against it.
#[derive(Debug)]
pub struct Rules {
    allowed: List,
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
    allowed: Listed,
    listed: Listed,
    judged: Judged,
}

impl Found {
    /// Has what is known of a host by its hash fetched from memory.
    #[inline]
    pub fn fetch(&self, hash: u64) {
        self.judged.fetch(hash);
    }

    /// How a host of no rule is close to the policy, where that is known by its hash.
    #[inline]
    pub fn judged(&self, hash: u64) -> Option<Option<outside::Kind>> {
        self.judged.get(hash)
    }

    /// The host in canonical form, where it is a name.
    pub fn name(&self) -> &[u8] {
        self.allowed.name.as_bytes()
    }

    /// The rules that the request is of, by number.
    pub fn rules(&self) -> &[u32] {
        &self.allowed.rules
    }

    /// Whether a rule is about the host, if not about the request.
    pub fn is_near(&self) -> bool {
        !self.allowed.hosts.is_empty()
    }
}

impl Rules {
    /// The rules that let something through. The number of a rule is its place in the policy.
    pub fn of(policy: &Policy) -> Self {
        let [allow, others @ ..] = against::LISTS;
        Self {
            lists: others.map(|intent| List::of(policy, intent)).into(),
            ..Self::on(List::of(policy, allow))
        }
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
        Self::on(List::new(patterns))
    }

    fn on(allowed: List) -> Self {
        Self {
            lists: Vec::new(),
            neighbours: Neighbours::new(allowed.patterns()),
            groups: Vec::new(),
            group_count: 0,
            allowed,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.allowed.patterns().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.allowed.patterns().is_empty()
    }

    /// Whether a rule is of many hosts.
    pub fn is_wild(&self, rule: u32) -> bool {
        self.allowed.is_wild(rule)
    }

    /// How many rules are of many hosts.
    pub fn wild_count(&self) -> usize {
        (0..).take(self.len()).filter(|rule| self.is_wild(*rule)).count()
    }

    /// Whether a host may be of a rule; where this says no, none is about it.
    #[inline]
    pub fn may_have(&self, host: &Plain<'_>) -> bool {
        self.allowed.lookup.may_have(host)
    }

    /// A hash of a host; other rules have another.
    #[inline]
    pub fn hash_of(&self, host: &Plain<'_>) -> u64 {
        self.allowed.lookup.hash_of(host)
    }

    /// The rules that a request of any path is of. False where that depends on the path.
    pub fn find_plain(&self, host: &Plain<'_>, port: u16, is_https: bool, found: &mut Found) -> bool {
        self.allowed.find_plain(host, port, is_https, &mut found.allowed)
    }

    /// Whether a host is one, and its name in canonical form, where it is a name.
    pub fn read(&self, host: &[u8], name: &mut Hostname) -> bool {
        self.allowed.lookup.find(host, name, &mut Vec::new())
    }

    /// The rules that a record's request is of. False where its host is none.
    pub fn find(&self, record: &Record<'_>, found: &mut Found) -> bool {
        self.allowed.find(record, &mut found.allowed)
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
        let name = found.allowed.name.as_bytes();
        if name.is_empty() {
            return None;
        }
        let hash = self.allowed.lookup.hash_of_name(name);
        found.judged(hash).unwrap_or_else(|| self.judge(hash, found))
    }

    /// How a host of no rule, which has this hash and was not judged yet, is close to the policy.
    pub fn close_plain(&self, host: &Plain<'_>, hash: u64, found: &mut Found) -> Option<outside::Kind> {
        found.allowed.name.set_plain(host);
        self.judge(hash, found)
    }

    /// The same of the name that was found, by its hash.
    fn judge(&self, hash: u64, found: &mut Found) -> Option<outside::Kind> {
        let name = str::from_utf8(found.name()).ok();
        let kind = name.and_then(|name| self.neighbours.kind(name));
        found.judged.add(hash, kind);
        kind
    }
}
