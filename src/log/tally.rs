//! What is counted of a log. Two tallies of parts of a log add up to that of the whole.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::record::{Malformed, Record, Verdict};
use super::{Found, Rules};

/// How many hosts are surely kept under one rule, and twice as many at the most. Beyond, counts may be too high, by what is
/// said.
pub const MOST_HOSTS: usize = 256;

/// The same of hosts beside the policy.
pub const MOST_NEAR: usize = 1024;

/// How many malformed lines are shown.
pub const MOST_EXAMPLES: usize = 5;

/// Octets of a malformed line that are shown.
const MAX_EXAMPLE: usize = 200;

/// Registers of a sketch of clients: its standard error is 1.04 / √256, 6.5 %.
const REGISTERS: usize = 256;

/// What a log says of the policy.
#[derive(Debug)]
pub struct Tally {
    /// Lines, the empty ones too.
    pub lines: u64,
    /// Lines that tell of no request.
    pub without_request: u64,
    /// Lines that are no record of the format.
    pub malformed: u64,
    /// The first of these, by where they begin in the log.
    pub examples: Vec<(u64, String, Malformed)>,
    /// Records outside of the time that is looked at.
    pub outside_time: u64,
    /// Records whose host is none.
    pub no_host: u64,
    /// Records of no rule.
    pub others: u64,
    /// By rule.
    pub rules: Vec<OfRule>,
    /// Hosts of rules that are about the host and not about the request.
    pub near: Top,
    /// The first and the last moment of all records.
    pub span: Option<(i64, i64)>,
}

/// What is counted of one rule.
#[derive(Clone, Default, Debug)]
pub struct OfRule {
    /// Requests.
    pub requests: u64,
    /// Octets to clients.
    pub bytes: u64,
    /// Of these, refused.
    pub denied: u64,
    /// Of these, asked for credentials.
    pub authentication: u64,
    /// Of these, inspected.
    pub inspected: u64,
    /// The first and the last moment.
    pub span: Option<(i64, i64)>,
    /// The hosts, where the rule is of many.
    pub hosts: Top,
    clients: Option<Box<Clients>>,
    /// How many clients an engine has counted, in the place of those.
    pub told_clients: Option<u64>,
}

/// About how many clients there are, by the HyperLogLog of Flajolet and others (2007).
#[derive(Clone, Debug)]
struct Clients {
    registers: [u8; REGISTERS],
}

impl OfRule {
    /// About how many clients asked; exact to some percent.
    pub fn clients(&self) -> u64 {
        self.told_clients.unwrap_or_else(|| self.clients.as_ref().map_or(0, |own| own.count()))
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.denied += other.denied;
        self.authentication += other.authentication;
        self.inspected += other.inspected;
        self.span = joined(self.span, other.span);
        self.hosts.add(&other.hosts, MOST_HOSTS);
        match (&mut self.clients, &other.clients) {
            (Some(own), Some(other)) => own.add(other),
            (None, Some(other)) => self.clients = Some(other.clone()),
            (_, None) => {}
        }
    }
}

impl Clients {
    fn new() -> Box<Self> {
        Box::new(Self { registers: [0; REGISTERS] })
    }

    fn see(&mut self, hash: u64) {
        let register = (hash as usize) % REGISTERS;
        // The rest of the hash; its lowest bit set, so that the count ends.
        let rank = ((hash >> 8) | (1 << 55)).trailing_zeros() as u8 + 1;
        self.registers[register] = self.registers[register].max(rank);
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    fn count(&self) -> u64 {
        let all = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|own| 0.5_f64.powi(i32::from(*own))).sum();
        let empty = self.registers.iter().filter(|own| **own == 0).count();
        let estimate = 0.7213 / (1.0 + 1.079 / all) * all * all / sum;
        match estimate <= 2.5 * all && empty > 0 {
            // Few are counted by the registers that none has met.
            true => (all * (all / empty as f64).ln()).round() as u64,
            false => estimate.round() as u64,
        }
    }
}

/// The most frequent of many names, by the counters of Misra and Gries (1982): where there is no room, the middle count
/// is taken off all, and names that have no more are forgotten. Each count is then too low by at most what was taken off
/// in all, and a name that is not there was seen at most as often. Two of them add up.
#[derive(Clone, Default, Debug)]
pub struct Top {
    names: HashMap<Box<[u8]>, Seen>,
    /// What was taken off.
    taken: u64,
}

/// How often a name was seen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// How often, or somewhat less often.
    pub count: u64,
    /// By how much it may be less.
    pub error: u64,
    /// How often it was refused since it is in the list.
    pub denied: u64,
}

impl Top {
    /// What an engine has counted: names, how often each was seen, and how often of these it was refused.
    pub fn told(names: impl IntoIterator<Item = (Box<[u8]>, u64, u64)>) -> Self {
        let seen = |(name, count, denied)| (name, Seen { count, error: 0, denied });
        Self { names: names.into_iter().map(seen).collect(), taken: 0 }
    }

    fn see(&mut self, name: &[u8], is_denied: bool, most: usize) {
        let seen = match self.names.get_mut(name) {
            Some(seen) => seen,
            None => {
                if self.names.len() >= 2 * most {
                    self.make_room(most);
                }
                self.names.entry(name.into()).or_default()
            }
        };
        seen.count += 1;
        seen.denied += u64::from(is_denied);
    }

    /// Forgets all but at most so many names.
    fn make_room(&mut self, most: usize) {
        let mut counts: Vec<u64> = self.names.values().map(|own| own.count).collect();
        let Some(at) = counts.len().checked_sub(most + 1) else { return };
        let (_, &mut off, _) = counts.select_nth_unstable(at);
        self.taken += off;
        self.names.retain(|_, seen| {
            seen.count = seen.count.saturating_sub(off);
            seen.count > 0
        });
    }

    fn add(&mut self, other: &Self, most: usize) {
        self.taken += other.taken;
        for (name, seen) in &other.names {
            let own = self.names.entry(name.clone()).or_default();
            own.count += seen.count;
            own.denied += seen.denied;
        }
        if self.names.len() > 2 * most {
            self.make_room(most);
        }
    }

    /// The most frequent first; of those that are as frequent, by name. A count is the largest that is possible.
    pub fn sorted(&self) -> Vec<(&[u8], Seen)> {
        let mut all: Vec<(&[u8], Seen)> = self
            .names
            .iter()
            .map(|(name, seen)| {
                (&**name, Seen { count: seen.count + self.taken, error: self.taken, ..*seen })
            })
            .collect();
        all.sort_by(|(one, a), (other, b)| b.count.cmp(&a.count).then_with(|| one.cmp(other)));
        all
    }
}

fn joined(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (one, other) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    }
}

impl Tally {
    /// Of nothing so far.
    pub fn new(rules: &Rules) -> Self {
        Self {
            lines: 0,
            without_request: 0,
            malformed: 0,
            examples: Vec::new(),
            outside_time: 0,
            no_host: 0,
            others: 0,
            rules: vec![OfRule::default(); rules.len()],
            near: Top::default(),
            span: None,
        }
    }

    /// Counts a record.
    pub fn see(&mut self, record: &Record<'_>, rules: &Rules, found: &mut Found) {
        if let Some(time) = record.time {
            self.span = joined(self.span, Some((time, time)));
        }
        if !rules.find(record, found) {
            self.no_host += 1;
            return;
        }
        let is_denied = record.verdict == Verdict::Denied;
        if found.rules.is_empty() {
            self.others += 1;
            if found.is_near() {
                self.near.see(found.name(), is_denied, MOST_NEAR);
            }
            return;
        }
        let client = rules.clients.hash_one(record.client);
        for rule in &found.rules {
            let own = &mut self.rules[*rule as usize];
            own.requests += 1;
            own.bytes = own.bytes.saturating_add(record.bytes);
            own.denied += u64::from(is_denied);
            own.authentication += u64::from(record.verdict == Verdict::Authentication);
            own.inspected += u64::from(record.inspected == Some(true));
            own.span = joined(own.span, record.time.map(|time| (time, time)));
            if !record.client.is_empty() {
                own.clients.get_or_insert_with(Clients::new).see(client);
            }
            if rules.is_wild(*rule) && !found.name().is_empty() {
                own.hosts.see(found.name(), is_denied, MOST_HOSTS);
            }
        }
    }

    /// Counts a line that is no record. `at` is where it begins in the log.
    pub fn reject(&mut self, why: Malformed, at: u64, line: &[u8]) {
        if why == Malformed::NoRequest {
            self.without_request += 1;
            return;
        }
        self.malformed += 1;
        if self.examples.len() < MOST_EXAMPLES {
            let shown = String::from_utf8_lossy(&line[..line.len().min(MAX_EXAMPLE)]).into_owned();
            self.examples.push((at, shown, why));
        }
    }

    /// Adds what another part of the same log said.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.without_request += other.without_request;
        self.malformed += other.malformed;
        self.examples.extend(other.examples.iter().cloned());
        self.examples.sort_by_key(|(at, ..)| *at);
        self.examples.truncate(MOST_EXAMPLES);
        self.outside_time += other.outside_time;
        self.no_host += other.no_host;
        self.others += other.others;
        for (own, other) in self.rules.iter_mut().zip(&other.rules) {
            own.add(other);
        }
        self.near.add(&other.near, MOST_NEAR);
        self.span = joined(self.span, other.span);
    }
}
