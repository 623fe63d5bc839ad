//! Which rules may cover a rule: those of its own name and of the names above.
//!
//! A name is hashed once, from the right, which gives the hash of everything above it on the way; each is looked for
//! in one flat table. Names are asked in blocks, so that a processor fetches the places of many at once.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;

use crate::model::name_table::each_suffix;
use crate::model::{HostIndex, HostPattern, Rule};

/// Rules by host.
pub(super) struct Covering<'r> {
    rules: &'r [Rule],
    /// Names of all rules, one behind the other: what covers a rule is of its name or of one above.
    names: Vec<u8>,
    /// By rule: where its name ends in `names`.
    ends: Vec<usize>,
    /// The first rule of a name, by hash. A power of two, at most half of it in use.
    slots: Vec<Slot>,
    /// By rule: the next one of the same name, counted from 1; 0 behind the last.
    next: Vec<u32>,
    /// Lists are written by strangers: nobody can tell which names share a place.
    seed: u64,
    /// The rules of other hosts than names with what is below them. Mostly few.
    others: Option<HostIndex<usize>>,
}

/// A place of the table.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// A part of the hash that does not decide the place.
    tag: u32,
    /// The rule, counted from 1; 0 where the place is free.
    first: u32,
}

/// A name that is looked for.
struct Probe {
    /// The rule that asks.
    rule: usize,
    /// Where the name begins in that of the rule.
    start: usize,
    hash: u64,
    /// What is at its place.
    slot: Slot,
}

/// How many rules are asked together.
const BLOCK: usize = 32;

impl<'r> Covering<'r> {
    /// Of rules.
    pub(super) fn new(rules: &'r [Rule]) -> Self {
        assert!(u32::try_from(rules.len()).is_ok_and(|count| count < u32::MAX), "internal error: 2^32 rules");
        let slots = vec![Slot::default(); (rules.len() * 2).next_power_of_two()];
        let seed = RandomState::new().hash_one(0);
        let mut covering = Self {
            rules,
            names: Vec::new(),
            ends: Vec::with_capacity(rules.len()),
            slots,
            next: vec![0; rules.len()],
            seed,
            others: None,
        };
        let mut hashes = Vec::with_capacity(BLOCK);
        for (block, start) in rules.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            hashes.clear();
            for rule in block {
                black_box(shared_name(&rule.pattern.host).and_then(|name| name.as_bytes().first().copied()));
            }
            for rule in block {
                hashes.push(covering.add_name(&rule.pattern.host));
            }
            for hash in &hashes {
                black_box(covering.slots[covering.place(*hash)]);
            }
            for (hash, at) in hashes.iter().zip(start..) {
                covering.insert(at, *hash);
            }
        }
        covering
    }

    /// Keeps the name of the next rule; its hash.
    fn add_name(&mut self, host: &HostPattern) -> u64 {
        let start = self.names.len();
        match host {
            HostPattern::LabelGlob(glob) => self.names.extend(glob.parent().as_str().as_bytes()),
            host => self.names.extend(shared_name(host).unwrap_or_default().as_bytes()),
        }
        self.ends.push(self.names.len());
        let mut hash = self.seed;
        each_suffix(self.seed, &self.names[start..], |_, of| {
            hash = of;
            true
        });
        hash
    }

    /// The name of a rule, or the one that all it matches is below; nothing of addresses.
    fn name(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.names[start..self.ends[at]]
    }

    fn insert(&mut self, at: usize, hash: u64) {
        if !is_of_name(&self.rules[at].pattern.host) {
            let others = self.others.get_or_insert_with(HostIndex::new);
            others.insert(self.rules[at].pattern.host.clone(), at);
            return;
        }
        let number = at as u32 + 1;
        let mut place = self.place(hash);
        loop {
            let Slot { tag: there, first } = self.slots[place];
            if first == 0 {
                self.slots[place] = Slot { tag: tag(hash), first: number };
                return;
            }
            if there == tag(hash) && self.name(first as usize - 1) == self.name(at) {
                self.next[at] = first;
                self.slots[place].first = number;
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    /// Visits every pair of a rule and another that covers it, in no order that means anything.
    pub(super) fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let mut probes = Vec::with_capacity(BLOCK * 8);
        for start in (0..self.rules.len()).step_by(BLOCK) {
            let block = start..self.rules.len().min(start + BLOCK);
            probes.clear();
            for at in block.clone() {
                each_suffix(self.seed, self.name(at), |start, hash| {
                    probes.push(Probe { rule: at, start, hash, slot: Slot::default() });
                    true
                });
            }
            for probe in &mut probes {
                probe.slot = self.slots[self.place(probe.hash)];
            }
            for probe in &probes {
                black_box(self.ends.get(probe.slot.first as usize).copied());
            }
            for probe in &probes {
                self.answer(probe, &mut visit);
            }
            let Some(others) = &self.others else { continue };
            for at in block {
                for (_, &other) in others.covering_candidates(&self.rules[at].pattern.host) {
                    self.offer(at, other, &mut visit);
                }
            }
        }
    }

    fn answer(&self, probe: &Probe, visit: &mut impl FnMut(usize, usize)) {
        let (mut slot, mut place) = (probe.slot, self.place(probe.hash));
        while slot.first != 0 {
            if slot.tag == tag(probe.hash)
                && self.name(slot.first as usize - 1) == &self.name(probe.rule)[probe.start..]
            {
                let mut number = slot.first;
                while number != 0 {
                    let other = number as usize - 1;
                    self.offer(probe.rule, other, visit);
                    number = self.next[other];
                }
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
            slot = self.slots[place];
        }
    }

    fn offer(&self, at: usize, other: usize, visit: &mut impl FnMut(usize, usize)) {
        if other != at && self.rules[other].pattern.covers(&self.rules[at].pattern) {
            visit(at, other);
        }
    }
}

/// Whether what a pattern matches is a name, or what is below it, or both.
fn is_of_name(host: &HostPattern) -> bool {
    match host {
        // Every name is below the root, which no name ends in.
        HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
            !name.as_str().is_empty()
        }
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => false,
    }
}

/// The name of a pattern, or the one that all it matches is below, where the pattern holds it.
fn shared_name(host: &HostPattern) -> Option<&str> {
    match host {
        HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
            Some(name.as_str())
        }
        HostPattern::TextSuffix(suffix) => Some(suffix.parent().as_str()),
        HostPattern::LabelGlob(_) | HostPattern::Address(_) => None,
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}
