//! What proxies did against the policy: refused what it lets through, asked for credentials or inspected where it says not
//! to.

use super::record::{Record, Verdict};
use super::tally::{Clients, MOST_HOSTS, Sums, Top, joined};
use super::{Found, Rules};
use crate::model::Intent;

/// The lists that a log can tell of, in order.
pub const LISTS: [Intent; 3] = [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication];

/// What was done against one rule of a list.
#[derive(Clone, Default, Debug)]
pub struct Contrary {
    /// Requests.
    pub requests: u64,
    /// The first and the last moment.
    pub span: Option<(i64, i64)>,
    /// The hosts, where the rule is of many.
    pub hosts: Top,
    clients: Option<Box<Clients>>,
}

impl Contrary {
    /// About how many clients it concerns; never more than requests.
    pub fn clients(&self) -> u64 {
        self.clients.as_ref().map_or(0, |own| own.count().min(self.requests))
    }

    fn see(&mut self, record: &Record<'_>, is_wild: bool, name: &[u8], client: u64) {
        self.requests += 1;
        self.span = joined(self.span, record.time.map(|time| (time, time)));
        if is_wild && !name.is_empty() {
            self.hosts.see(name, &Sums { requests: 1, ..Sums::default() }, MOST_HOSTS);
        }
        if !record.client.is_empty() {
            self.clients.get_or_insert_with(Clients::new).see(client);
        }
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.span = joined(self.span, other.span);
        self.hosts.add(&other.hosts, MOST_HOSTS);
        Clients::add_to(&mut self.clients, other.clients.as_deref());
    }
}

/// What was done against the policy, by list and rule.
#[derive(Clone, Debug)]
pub struct Against {
    /// In the order of [`LISTS`]; a list that a log was not held against is empty.
    lists: [Vec<Contrary>; LISTS.len()],
}

impl Against {
    pub(super) fn new(rules: &Rules) -> Self {
        let [inspection, authentication] =
            [0, 1].map(|at| rules.lists.get(at).map_or(0, |list| list.patterns().len()));
        Self {
            lists: [rules.len(), inspection, authentication].map(|rules| vec![Contrary::default(); rules]),
        }
    }

    /// By rule of a list, in the order of the policy.
    pub fn of(&self, intent: Intent) -> &[Contrary] {
        LISTS.iter().position(|own| *own == intent).map_or(&[], |at| &self.lists[at])
    }

    /// Whether a record may be against a list.
    pub(super) fn concerns(verdict: Verdict, inspected: Option<bool>) -> bool {
        verdict != Verdict::Passed || inspected == Some(true)
    }

    /// Counts a record that the policy lets through. `client` is the hash of who asked.
    pub(super) fn see(&mut self, record: &Record<'_>, rules: &Rules, found: &mut Found, client: u64) {
        if record.verdict == Verdict::Denied {
            for rule in found.rules() {
                self.lists[0][*rule as usize].see(record, rules.is_wild(*rule), found.name(), client);
            }
        }
        let is_against = [record.inspected == Some(true), record.verdict == Verdict::Authentication];
        for (at, list) in rules.lists.iter().enumerate().filter(|(at, _)| is_against[*at]) {
            list.find(record, &mut found.listed);
            for rule in &found.listed.rules {
                let name = found.listed.name.as_bytes();
                self.lists[at + 1][*rule as usize].see(record, list.is_wild(*rule), name, client);
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (own, other) in self.lists.iter_mut().flatten().zip(other.lists.iter().flatten()) {
            own.add(other);
        }
    }
}
