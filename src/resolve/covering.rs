//! Which rules may cover a rule: those of its own name and of the names above.
//!
//! A name is hashed once, from the right, which gives the hash of everything above it on the way; each is looked for
//! in one flat table. Names are asked in blocks, so that a processor fetches the places of many at once.

use std::hash::{BuildHasher, RandomState};

use memchr::memrchr;

use crate::model::{HostIndex, HostPattern, Rule};

/// Rules by host.
pub(super) struct Covering<'r> {
    rules: &'r [Rule],
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
        let mut covering = Self { rules, slots, next: vec![0; rules.len()], seed, others: None };
        for (at, rule) in rules.iter().enumerate() {
            match name(&rule.pattern.host) {
                Some(name) => covering.insert(at, name),
                None => {
                    let others = covering.others.get_or_insert_with(HostIndex::new);
                    others.insert(rule.pattern.host.clone(), at);
                }
            }
        }
        covering
    }

    fn insert(&mut self, at: usize, own: &str) {
        let mut hash = self.seed;
        each_suffix(self.seed, own, |_, of| hash = of);
        let mut place = self.place(hash);
        loop {
            let Slot { tag: there, first } = self.slots[place];
            let number = at as u32 + 1;
            if first == 0 {
                self.slots[place] = Slot { tag: tag(hash), first: number };
                return;
            }
            if there == tag(hash) && self.name_of(first) == own {
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

    /// The name of a rule, counted from 1, that is in the table.
    fn name_of(&self, number: u32) -> &'r str {
        let host = &self.rules[number as usize - 1].pattern.host;
        name(host).expect("internal error: a rule of the table without a name")
    }

    /// Visits every pair of a rule and another that covers it, in no order that means anything.
    pub(super) fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let mut probes = Vec::with_capacity(BLOCK * 8);
        for start in (0..self.rules.len()).step_by(BLOCK) {
            let block = start..self.rules.len().min(start + BLOCK);
            probes.clear();
            for at in block.clone() {
                let host = &self.rules[at].pattern.host;
                let mut probe =
                    |start, hash| probes.push(Probe { rule: at, start, hash, slot: Slot::default() });
                match host {
                    HostPattern::Exact(name)
                    | HostPattern::Subtree(name)
                    | HostPattern::Descendants(name) => {
                        each_suffix(self.seed, name.as_str(), &mut probe);
                    }
                    // What covers these is of the names that they end in.
                    HostPattern::TextSuffix(suffix) => {
                        each_suffix(self.seed, suffix.parent().as_str(), &mut probe);
                    }
                    HostPattern::LabelGlob(glob) => {
                        each_suffix(self.seed, glob.parent().as_str(), &mut probe)
                    }
                    HostPattern::Address(_) => {}
                }
            }
            for probe in &mut probes {
                probe.slot = self.slots[self.place(probe.hash)];
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
            if slot.tag == tag(probe.hash) && self.ends_in(probe, self.name_of(slot.first)) {
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

    /// Whether the name that is looked for is another.
    fn ends_in(&self, probe: &Probe, other: &str) -> bool {
        match &self.rules[probe.rule].pattern.host {
            HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
                name.as_str()[probe.start..] == *other
            }
            HostPattern::TextSuffix(suffix) => suffix.parent().as_str()[probe.start..] == *other,
            HostPattern::LabelGlob(glob) => glob.parent().as_str()[probe.start..] == *other,
            HostPattern::Address(_) => false,
        }
    }

    fn offer(&self, at: usize, other: usize, visit: &mut impl FnMut(usize, usize)) {
        if other != at && self.rules[other].pattern.covers(&self.rules[at].pattern) {
            visit(at, other);
        }
    }
}

/// The name that a pattern is of, where what it matches is that name, or what is below it, or both.
fn name(host: &HostPattern) -> Option<&str> {
    match host {
        HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
            // Every name is below the root, which no name ends in.
            Some(name.as_str()).filter(|name| !name.is_empty())
        }
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => None,
    }
}

/// Visits the name and all names above it, the shortest first: where each begins, and its hash.
fn each_suffix(seed: u64, name: &str, mut visit: impl FnMut(usize, u64)) {
    let octets = name.as_bytes();
    let (mut hash, mut end) = (seed, octets.len());
    while end > 0 {
        let start = memrchr(b'.', &octets[..end]).map_or(0, |dot| dot + 1);
        hash = mix(hash, &octets[start..end]);
        visit(start, hash);
        end = start.saturating_sub(1);
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The hash of a label in front of what is hashed already.
fn mix(hash: u64, label: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(FACTOR);
        product as u64 ^ (product >> 64) as u64
    };
    let (words, rest) = label.as_chunks::<8>();
    let hash = words.iter().fold(hash, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // No label has an octet as large as the count, so none ends like another that is longer.
    fold(hash, u64::from_le_bytes(last) ^ ((label.len() as u64) << 57))
}
