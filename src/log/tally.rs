//! What is counted of a log. Two tallies of parts of a log add up to that of the whole.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::against::Against;
use super::lookup::mix;
use super::outside::{Kind, Outside};
use super::record::{Malformed, Record, Verdict};
use super::{Found, Rules};

/// How many hosts are surely kept under one rule, and twice as many at the most. Beyond, counts may be too high, by what is
/// said. Where rules are many, each keeps fewer.
pub const MOST_HOSTS: usize = 256;

/// How many hosts are surely kept under all rules, but for [`FEWEST_HOSTS`] of each.
const ALL_HOSTS: usize = 1 << 16;

/// How many hosts each rule keeps, however many rules there are.
const FEWEST_HOSTS: usize = 8;

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
    /// What was done against the policy.
    pub against: Against,
    /// Hosts of no rule that are close to the policy.
    pub outside: Outside,
    /// By group of rules: what requests of several of its rules were counted more than once there.
    pub repeated: Vec<Sums>,
    /// The first and the last moment of all records.
    pub span: Option<(i64, i64)>,
    /// How many hosts are kept under a rule.
    most_hosts: usize,
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

/// What is counted of requests that are alike.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// How many.
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
}

impl Sums {
    /// Counts one.
    #[inline]
    pub fn see(&mut self, bytes: u64, verdict: Verdict, inspected: Option<bool>, time: Option<i64>) {
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.denied += u64::from(verdict == Verdict::Denied);
        self.authentication += u64::from(verdict == Verdict::Authentication);
        self.inspected += u64::from(inspected == Some(true));
        self.span = joined(self.span, time.map(|time| (time, time)));
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.denied += other.denied;
        self.authentication += other.authentication;
        self.inspected += other.inspected;
        self.span = joined(self.span, other.span);
    }
}

/// A hash of who asked. Sketches of clients add up only where they hash alike, and the same log gives the same.
pub fn client_hash(client: &[u8]) -> u64 {
    mix(0x2545_f491_4f6c_dd1d, client)
}

/// About how many clients there are, by the HyperLogLog of Flajolet and others (2007).
#[derive(Clone, Debug)]
pub(super) struct Clients {
    registers: [u8; REGISTERS],
}

impl OfRule {
    /// About how many clients asked; exact to some percent, and never more than requests.
    pub fn clients(&self) -> u64 {
        let counted = || self.clients.as_ref().map_or(0, |own| own.count().min(self.requests));
        self.told_clients.unwrap_or_else(counted)
    }

    fn sums(&self) -> Sums {
        let Self { requests, bytes, denied, authentication, inspected, span, .. } = *self;
        Sums { requests, bytes, denied, authentication, inspected, span }
    }

    fn add_sums(&mut self, sums: &Sums) {
        let mut own = self.sums();
        own.add(sums);
        let Sums { requests, bytes, denied, authentication, inspected, span } = own;
        (self.requests, self.bytes, self.denied) = (requests, bytes, denied);
        (self.authentication, self.inspected, self.span) = (authentication, inspected, span);
    }

    fn add(&mut self, other: &Self, most_hosts: usize) {
        self.add_without_hosts(other);
        self.hosts.add(&other.hosts, most_hosts);
    }

    fn add_without_hosts(&mut self, other: &Self) {
        self.add_sums(&other.sums());
        Clients::add_to(&mut self.clients, other.clients.as_deref());
    }
}

impl Clients {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { registers: [0; REGISTERS] })
    }

    pub(super) fn see(&mut self, hash: u64) {
        let register = (hash as usize) % REGISTERS;
        // The rest of the hash; its lowest bit set, so that the count ends.
        let rank = ((hash >> 8) | (1 << 55)).trailing_zeros() as u8 + 1;
        self.registers[register] = self.registers[register].max(rank);
    }

    /// Adds what another sketch has seen, where there is one.
    pub(super) fn add_to(own: &mut Option<Box<Self>>, other: Option<&Self>) {
        match (own, other) {
            (Some(own), Some(other)) => own.add(other),
            (own @ None, Some(other)) => *own = Some(Box::new(other.clone())),
            (_, None) => {}
        }
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    pub(super) fn count(&self) -> u64 {
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
    names: HashMap<Box<[u8]>, Seen, RandomState>,
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

    pub(super) fn see(&mut self, name: &[u8], sums: &Sums, most: usize) {
        let seen = match self.names.get_mut(name) {
            Some(seen) => seen,
            None => {
                if self.names.len() >= 2 * most {
                    self.make_room(most);
                }
                self.names.entry(name.into()).or_default()
            }
        };
        seen.count += sums.requests;
        seen.denied += sums.denied;
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

    pub(super) fn add(&mut self, other: &Self, most: usize) {
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

    /// Whether every name is there, with its count.
    pub fn is_exact(&self) -> bool {
        self.taken == 0
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

/// The time from the first of both to the last.
pub(super) fn joined(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
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
            against: Against::new(rules),
            outside: Outside::default(),
            repeated: vec![Sums::default(); rules.group_count],
            span: None,
            most_hosts: (ALL_HOSTS / rules.wild_count().max(1)).clamp(FEWEST_HOSTS, MOST_HOSTS),
        }
    }

    /// Counts a record.
    pub fn see(&mut self, record: &Record<'_>, rules: &Rules, found: &mut Found) {
        if let Some(time) = record.time {
            self.see_time(time);
        }
        if !rules.find(record, found) {
            self.no_host += 1;
            return;
        }
        let mut sums = Sums::default();
        sums.see(record.bytes, record.verdict, record.inspected, record.time);
        if found.rules().is_empty() && !found.is_near() {
            match rules.close(found) {
                Some(kind) => self.count_close(kind, found.name(), &sums),
                None => self.others += 1,
            }
            return;
        }
        let client = client_hash(record.client);
        self.count(found.rules(), found.name(), &sums, rules);
        if !found.rules().is_empty() && !record.client.is_empty() {
            self.see_clients(found.rules(), &[client]);
        }
        if !found.rules().is_empty() && Against::concerns(record.verdict, record.inspected) {
            self.against.see(record, rules, found, client);
        }
    }

    /// Counts requests for one host, all of the same rules; of none, where the host is of a rule and the requests are not. An
    /// address has no name.
    pub fn count(&mut self, found: &[u32], name: &[u8], sums: &Sums, rules: &Rules) {
        if found.is_empty() {
            self.others += sums.requests;
            self.near.see(name, sums, MOST_NEAR);
        }
        for rule in found {
            let own = &mut self.rules[*rule as usize];
            own.add_sums(sums);
            if rules.is_wild(*rule) && !name.is_empty() {
                own.hosts.see(name, sums, self.most_hosts);
            }
        }
        if found.len() > 1 {
            // Once for every rule of a group beyond the first.
            let mut groups: Vec<u32> =
                found.iter().flat_map(|rule| rules.groups_of(*rule)).copied().collect();
            groups.sort_unstable();
            for pair in groups.windows(2).filter(|pair| pair[0] == pair[1]) {
                self.repeated[pair[0] as usize].add(sums);
            }
        }
    }

    /// Counts requests for one host, which is of no rule and close to one.
    pub fn count_close(&mut self, kind: Kind, name: &[u8], sums: &Sums) {
        self.others += sums.requests;
        self.outside.see(kind, name, sums);
    }

    /// Counts clients of rules, by their hashes.
    pub fn see_clients(&mut self, rules: &[u32], hashes: &[u64]) {
        if hashes.is_empty() {
            return;
        }
        for rule in rules {
            let clients = self.rules[*rule as usize].clients.get_or_insert_with(Clients::new);
            hashes.iter().for_each(|hash| clients.see(*hash));
        }
    }

    /// What rules say together, with each request once. `group` is their number in [`Rules::grouped`].
    pub fn of_group(&self, group: usize, rules: &[u32]) -> OfRule {
        let mut all = OfRule::default();
        for rule in rules {
            let own = &self.rules[*rule as usize];
            // Hosts would be counted more than once.
            all.add_without_hosts(own);
        }
        let twice = self.repeated[group];
        all.requests -= twice.requests;
        all.bytes = all.bytes.saturating_sub(twice.bytes);
        all.denied -= twice.denied;
        all.authentication -= twice.authentication;
        all.inspected -= twice.inspected;
        all
    }

    /// Notes when a record was.
    #[inline]
    pub fn see_time(&mut self, time: i64) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// Counts a record that is surely of no rule, and near none.
    #[inline]
    pub fn see_other(&mut self, time: i64) {
        self.see_time(time);
        self.others += 1;
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
            own.add(other, self.most_hosts);
        }
        self.near.add(&other.near, MOST_NEAR);
        self.against.add(&other.against);
        self.outside.add(&other.outside);
        for (own, other) in self.repeated.iter_mut().zip(&other.repeated) {
            own.add(other);
        }
        self.span = joined(self.span, other.span);
    }
}
