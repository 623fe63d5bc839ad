//! Which patterns a host is of, for millions of hosts a second.
//!
//! Every name that patterns hang on (an exact name, or the parent of all that a pattern matches) is a node of one hash
//! table. A host is read once, from its right end: the hash of each suffix of whole labels follows from that of the one
//! before, so a host costs a look into the table for each of its labels, however many patterns there are. A pattern with
//! a star inside a label hangs on its parent under what that label begins with, or else ends in, and is asked itself.
//!
//! What a host is of is what [`HostPattern::matches`] says; tests hold it to that.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::hostname::{Hostname, MAX_NAME};
use super::plain::{MASKS, PADDED, Plain, WIDTH};
use crate::filter::Filter;
use crate::model::{DomainName, Host, HostIndex, HostPattern, LabelPattern};

/// The longest label, in octets (RFC 1035).
const MAX_LABEL: usize = 63;

/// Bits of the filter for each name, at least: about one in fifty of those that are no node has its bits by chance.
const FILTER_BITS: usize = 16;

/// Patterns by number, found by host.
#[derive(Debug)]
pub struct Lookup {
    /// A power of two of them, at least twice as many as nodes.
    slots: Vec<Slot>,
    nodes: Vec<Node>,
    /// The names of all nodes, one behind the other.
    names: Vec<u8>,
    /// Lists of numbers that nodes point into.
    numbers: Vec<u32>,
    patterns: Vec<HostPattern>,
    /// Numbers of patterns that hang nowhere, such as those of every name.
    rootless: Vec<u32>,
    addresses: HostIndex<u32>,
    /// So that nobody who writes a list can choose names that collide.
    seed: u64,
    /// Two bits of one word for each name and for each that a name ends in: what has no bits here is none of these, and few
    /// hosts have bits for more than their last label.
    filter: Filter<2>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Slot {
    tag: u32,
    /// From 1; nothing is here where it is 0.
    node: u32,
}

/// A name, and the patterns that hang on it.
#[derive(Clone, Copy, Debug)]
struct Node {
    name: Span,
    /// Of the name itself.
    here: Span,
    /// Of every name below.
    below: Span,
    /// To be asked about names below.
    asked: Span,
    /// Lengths of what labels below begin with and end in, under which patterns hang: a bit for each.
    fixed: [u64; 2],
}

/// A part of a list.
#[derive(Clone, Copy, Default, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.start as usize..self.end as usize]
    }
}

/// What hangs on one name while the table is made.
#[derive(Default)]
struct Hanging {
    here: Vec<u32>,
    below: Vec<u32>,
    asked: Vec<u32>,
    fixed: [u64; 2],
}

/// The part of a label that a pattern fixes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Begins,
    Ends,
}

impl Part {
    const ALL: [Self; 2] = [Self::Begins, Self::Ends];

    /// What stands behind the part in the name of its node: no label has such an octet.
    const fn sign(self) -> u8 {
        match self {
            Self::Begins => b'^',
            Self::Ends => b'$',
        }
    }

    fn of(self, label: &[u8], length: usize) -> Option<&[u8]> {
        match self {
            Self::Begins => label.get(..length),
            Self::Ends => label.get(label.len().checked_sub(length)?..),
        }
    }
}

/// What the label right below its parent begins with, or else ends in, in a pattern that is asked.
fn fixed(pattern: &HostPattern) -> Option<(Part, &str)> {
    match pattern {
        HostPattern::TextSuffix(suffix) => Some((Part::Ends, suffix.head())),
        HostPattern::LabelGlob(glob) => {
            let star = glob.labels().iter().rev().find_map(|label| match label {
                LabelPattern::Star { prefix, suffix } => Some((&**prefix, &**suffix)),
                LabelPattern::Literal(_) => None,
            })?;
            match star {
                ("", "") => None,
                ("", suffix) => Some((Part::Ends, suffix)),
                (prefix, _) => Some((Part::Begins, prefix)),
            }
        }
        HostPattern::Exact(_)
        | HostPattern::Descendants(_)
        | HostPattern::Subtree(_)
        | HostPattern::Address(_) => None,
    }
}

/// Whether a canonical name is one of a pattern that is asked: what [`HostPattern::matches`] says, without a name of its own.
fn matches(pattern: &HostPattern, name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    match pattern {
        HostPattern::LabelGlob(glob) => {
            let (own, labels) = (glob.labels().iter().rev(), name.rsplit('.'));
            own.len() == labels.clone().count() && own.zip(labels).all(|(own, label)| own.matches(label))
        }
        HostPattern::TextSuffix(suffix) => suffix.ends(name),
        // Only patterns of every name are without a parent.
        other => name.parse::<DomainName>().is_ok_and(|name| other.matches(&Host::Name(name))),
    }
}

/// Whole labels at the right end of a name.
struct Suffix {
    hash: u64,
    start: usize,
    /// Of its node, if it has one.
    fixed: [u64; 2],
}

/// What kind of octet may stand in a name that needs no closer look.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        plain[octet] = matches!(octet as u8, b'a'..=b'z' | b'0'..=b'9' | b'-');
        octet += 1;
    }
    plain
};

impl Lookup {
    /// A table of these patterns. The number of a pattern is its place.
    pub fn new(patterns: Vec<HostPattern>) -> Self {
        let mut hanging: BTreeMap<DomainName, Hanging> = BTreeMap::new();
        // By parent, and by what a label begins with or ends in.
        let mut parts: BTreeMap<(DomainName, Part, String), Vec<u32>> = BTreeMap::new();
        let mut rootless = Vec::new();
        let mut addresses = HostIndex::new();
        for (number, pattern) in (0..).zip(&patterns) {
            match (pattern, pattern.anchor()) {
                (HostPattern::Address(_), _) => addresses.insert(pattern.clone(), number),
                (HostPattern::Exact(_), Some(name)) => hanging.entry(name).or_default().here.push(number),
                (HostPattern::Descendants(_), Some(name)) => {
                    hanging.entry(name).or_default().below.push(number)
                }
                (HostPattern::Subtree(_), Some(name)) => {
                    let node = hanging.entry(name).or_default();
                    node.here.push(number);
                    node.below.push(number);
                }
                (_, Some(name)) if name.label_count() > 0 => match fixed(pattern) {
                    Some((part, text)) => {
                        hanging.entry(name.clone()).or_default().fixed[part as usize] |= 1 << text.len();
                        parts.entry((name, part, text.to_owned())).or_default().push(number);
                    }
                    None => hanging.entry(name).or_default().asked.push(number),
                },
                (_, Some(_) | None) => rootless.push(number),
            }
        }
        let count = (hanging.len() + parts.len()).max(8);
        let mut lookup = Self {
            slots: vec![Slot::default(); (count * 2).next_power_of_two()],
            nodes: Vec::with_capacity(count),
            names: Vec::new(),
            numbers: Vec::new(),
            patterns,
            rootless,
            addresses,
            seed: RandomState::new().hash_one(0),
            filter: Filter::new(count * FILTER_BITS / 64),
        };
        for (name, hanging) in hanging {
            let name = name.as_str().as_bytes();
            let mut hash = lookup.seed;
            for label in name.rsplit(|octet| *octet == b'.') {
                hash = mix(hash, label);
                lookup.filter.add(hash);
            }
            lookup.add(name, hash, &hanging);
        }
        for ((parent, part, text), asked) in parts {
            let hash = mix(mix(lookup.hash(parent.as_str().as_bytes()), text.as_bytes()), &[part.sign()]);
            let name = [text.as_bytes(), &[part.sign()], parent.as_str().as_bytes()].concat();
            lookup.add(&name, hash, &Hanging { asked, ..Hanging::default() });
        }
        lookup
    }

    /// The hash of a name, from its right end.
    fn hash(&self, name: &[u8]) -> u64 {
        name.rsplit(|octet| *octet == b'.').fold(self.seed, mix)
    }

    fn add(&mut self, name: &[u8], hash: u64, hanging: &Hanging) {
        let place = |length: usize| u32::try_from(length).expect("internal error: over 4 GB of patterns");
        let mut span = |list: &[u32]| {
            let start = place(self.numbers.len());
            self.numbers.extend(list);
            Span { start, end: place(self.numbers.len()) }
        };
        let (here, below, asked) = (span(&hanging.here), span(&hanging.below), span(&hanging.asked));
        let start = place(self.names.len());
        self.names.extend(name);
        let name = Span { start, end: place(self.names.len()) };
        self.nodes.push(Node { name, here, below, asked, fixed: hanging.fixed });
        let mut at = self.slot(hash);
        while self.slots[at].node != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Slot { tag: tag(hash), node: place(self.nodes.len()) };
    }

    /// A hash of a whole name; another table has another.
    #[inline]
    pub fn hash_of(&self, name: &Plain<'_>) -> u64 {
        mix_words(self.seed, name.length(), |at| name.word(at))
    }

    /// The same of a canonical name.
    pub fn hash_of_name(&self, name: &[u8]) -> u64 {
        mix(self.seed, name)
    }

    /// Whether a name may be of a pattern; where this says no, none is found.
    #[inline]
    pub fn may_have(&self, name: &Plain<'_>) -> bool {
        let mut hash = self.seed;
        for (start, end) in name.labels() {
            hash = mix_words(hash, end - start, |at| name.word(start + at));
            if !self.filter.has(hash) {
                break;
            }
            if self.node(hash, |_| true).is_some() {
                return true;
            }
        }
        !self.rootless.is_empty()
    }

    fn slot(&self, hash: u64) -> usize {
        // The low bits, as the tag is of the high ones.
        (hash as usize) & (self.slots.len() - 1)
    }

    /// The node of a hash whose name is as asked.
    fn node(&self, hash: u64, is_name: impl Fn(&[u8]) -> bool) -> Option<&Node> {
        let mut at = self.slot(hash);
        loop {
            let slot = self.slots[at];
            if slot.node == 0 {
                return None;
            }
            if slot.tag == tag(hash) {
                let node = &self.nodes[slot.node as usize - 1];
                if is_name(node.name.of(&self.names)) {
                    return Some(node);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The numbers of all patterns that match a host as a client writes it, a name or an address without brackets. False
    /// where it is neither. `name` holds the name afterwards, and nothing where it is none.
    pub fn find(&self, host: &[u8], name: &mut Hostname, found: &mut Vec<u32>) -> bool {
        found.clear();
        name.clear();
        let whole = host;
        let host = host.strip_suffix(b".").unwrap_or(host);
        if host.is_empty() || host.len() > MAX_NAME {
            return false;
        }
        let mut octets = [0; PADDED];
        if host.len() < WIDTH {
            octets[..host.len()].copy_from_slice(host);
            // Nearly every name is plain.
            if let Some(plain) = Plain::read(&octets).filter(|own| own.length() == host.len()) {
                self.find_plain(&plain, name, found);
                return true;
            }
        }
        name.set(host);
        if self.walk(name.as_bytes(), found) {
            self.ask_rootless(name.as_bytes(), found);
            return true;
        }
        // Whatever is out of the ordinary is read with care.
        found.clear();
        name.clear();
        let Ok(text) = std::str::from_utf8(whole) else { return false };
        if let Ok(address) = text.strip_suffix('.').unwrap_or(text).parse::<IpAddr>() {
            found.extend(self.addresses.matching(&Host::Address(address)));
            return true;
        }
        let Ok(canonical) = text.parse::<DomainName>() else { return false };
        name.set(canonical.as_str().as_bytes());
        self.suffixes(name.as_bytes(), found);
        self.ask_rootless(name.as_bytes(), found);
        true
    }

    /// The same of a plain name.
    pub fn find_plain(&self, plain: &Plain<'_>, name: &mut Hostname, found: &mut Vec<u32>) {
        found.clear();
        name.set_plain(plain);
        let octets = name.as_bytes();
        let mut suffix = Suffix { hash: self.seed, start: octets.len(), fixed: [0; 2] };
        for (start, end) in plain.labels() {
            let hash = mix_words(suffix.hash, end - start, |at| plain.word(start + at));
            self.step(&mut suffix, hash, octets, start, end, found);
        }
        self.ask_rootless(octets, found);
    }

    /// The patterns of a name, where it is plainly one: letters, digits and hyphens inside labels of a length that is
    /// allowed, the last one beginning with a letter, and no label that may be written in another way.
    fn walk(&self, name: &[u8], found: &mut Vec<u32>) -> bool {
        let mut suffix = Suffix { hash: self.seed, start: name.len(), fixed: [0; 2] };
        let mut end = name.len();
        let mut is_last = true;
        loop {
            let start = name[..end].iter().rposition(|octet| *octet == b'.').map_or(0, |dot| dot + 1);
            let label = &name[start..end];
            let is_plain = match label {
                [] => false,
                [first, .., last] => *first != b'-' && *last != b'-' && !label.starts_with(b"xn--"),
                [only] => *only != b'-',
            };
            if !is_plain
                || label.len() > MAX_LABEL
                || (is_last && !label[0].is_ascii_alphabetic())
                || !label.iter().all(|octet| PLAIN[usize::from(*octet)])
            {
                return false;
            }
            is_last = false;
            let hash = mix(suffix.hash, &name[start..end]);
            self.step(&mut suffix, hash, name, start, end, found);
            match start {
                0 => return true,
                _ => end = start - 1,
            }
        }
    }

    /// The same of a canonical name.
    fn suffixes(&self, name: &[u8], found: &mut Vec<u32>) {
        let mut suffix = Suffix { hash: self.seed, start: name.len(), fixed: [0; 2] };
        let mut end = name.len();
        for label in name.rsplit(|octet| *octet == b'.') {
            let start = end - label.len();
            let hash = mix(suffix.hash, &name[start..end]);
            self.step(&mut suffix, hash, name, start, end, found);
            end = start.saturating_sub(1);
        }
    }

    /// Goes one label to the left, `name[start..end]`, to the suffix with this hash.
    fn step(
        &self,
        suffix: &mut Suffix,
        hash: u64,
        name: &[u8],
        start: usize,
        end: usize,
        found: &mut Vec<u32>,
    ) {
        let label = &name[start..end];
        // What hangs on the name to the right, under a part of this label.
        for part in Part::ALL {
            let mut lengths = suffix.fixed[part as usize];
            while lengths != 0 {
                let length = lengths.trailing_zeros() as usize;
                lengths &= lengths - 1;
                let Some(text) = part.of(label, length) else { break };
                let parent = &name[suffix.start..];
                let hash = mix(mix(suffix.hash, text), &[part.sign()]);
                let is_name = |own: &[u8]| {
                    let rest = own.strip_prefix(text).and_then(|rest| rest.strip_prefix(&[part.sign()]));
                    rest == Some(parent)
                };
                if let Some(node) = self.node(hash, is_name) {
                    self.ask(node.asked.of(&self.numbers), name, found);
                }
            }
        }
        (suffix.hash, suffix.start, suffix.fixed) = (hash, start, [0; 2]);
        let Some(node) = self.node(suffix.hash, |own| own == &name[start..]) else { return };
        if start == 0 {
            found.extend(node.here.of(&self.numbers));
            return;
        }
        suffix.fixed = node.fixed;
        found.extend(node.below.of(&self.numbers));
        self.ask(node.asked.of(&self.numbers), name, found);
    }

    fn ask_rootless(&self, name: &[u8], found: &mut Vec<u32>) {
        self.ask(&self.rootless, name, found);
    }

    fn ask(&self, numbers: &[u32], name: &[u8], found: &mut Vec<u32>) {
        found.extend(numbers.iter().filter(|number| matches(&self.patterns[**number as usize], name)));
    }
}

/// The high half; the place in the table is of the low one.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The hash of a suffix with one more label in front.
pub(super) fn mix(hash: u64, label: &[u8]) -> u64 {
    mix_words(hash, label.len(), |start| {
        let mut word = [0; 8];
        let rest = label.get(start..).unwrap_or_default();
        let length = rest.len().min(8);
        word[..length].copy_from_slice(&rest[..length]);
        u64::from_le_bytes(word)
    })
}

/// The same of a label that is read by words; what is beyond its end does not count.
#[inline]
fn mix_words(hash: u64, length: usize, word: impl Fn(usize) -> u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let masked = |start: usize| word(start) & MASKS[length.saturating_sub(start).min(8)];
    let mut hash = hash ^ (length as u64).wrapping_mul(FACTOR);
    let mut start = 0;
    // Nearly every label is two words at most, and no branch depends on how long it is.
    loop {
        let product =
            u128::from(hash ^ masked(start)) * u128::from(FACTOR ^ hash.rotate_left(32) ^ masked(start + 8));
        hash = (product as u64) ^ ((product >> 64) as u64);
        start += 16;
        if start >= length {
            return hash;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{host_pattern, hosts};

    fn found(lookup: &Lookup, host: &str) -> Option<Vec<u32>> {
        let (mut name, mut found) = (Hostname::default(), Vec::new());
        lookup.find(host.as_bytes(), &mut name, &mut found).then(|| {
            found.sort_unstable();
            found
        })
    }

    fn lookup(patterns: &[&str]) -> Lookup {
        Lookup::new(patterns.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn every_form_of_a_name_is_that_name() {
        let lookup = lookup(&[
            "a.example.com",
            "*.example.com",
            ".example.com",
            "pre-*.example.com",
            "*.bücher.example",
        ]);
        for host in ["A.Example.COM", "a.example.com.", "a.example.com"] {
            assert_eq!(found(&lookup, host), Some(vec![0, 1, 2]), "{host}");
        }
        assert_eq!(found(&lookup, "pre-x.example.com"), Some(vec![1, 2, 3]));
        assert_eq!(found(&lookup, "example.com"), Some(vec![2]));
        for host in ["x.xn--bcher-kva.example", "x.BÜCHER.example"] {
            assert_eq!(found(&lookup, host), Some(vec![4]), "{host}");
        }
        assert_eq!(found(&lookup, "notexample.com"), Some(vec![]));
        for host in ["", ".", "a..example.com", "-", &"a.".repeat(200)] {
            assert_eq!(found(&lookup, host), None, "{host}");
        }
    }

    #[test]
    fn addresses_are_of_their_networks() {
        let lookup = lookup(&["192.0.2.0/24", "2001:db8::/32", "*.example.com"]);
        assert_eq!(found(&lookup, "192.0.2.7"), Some(vec![0]));
        assert_eq!(found(&lookup, "2001:db8::7"), Some(vec![1]));
        assert_eq!(found(&lookup, "198.51.100.1"), Some(vec![]));
    }

    proptest! {
        /// What the table finds is what the patterns say, one by one.
        #[test]
        fn a_host_is_of_the_patterns_that_match_it(patterns in vec(host_pattern(), 0..30), number in 0..30usize) {
            let lookup = Lookup::new(patterns.clone());
            for host in hosts().iter().skip(number).step_by(3) {
                let want: Vec<u32> = (0..).zip(&patterns).filter(|(_, own)| own.matches(host)).map(|(at, _)| at).collect();
                let text = host.to_string();
                let text = text.trim_start_matches('[').trim_end_matches(']');
                prop_assert_eq!(found(&lookup, text), Some(want), "{}", text);
            }
        }

        /// Of any octets: what no request takes for a host is none here, and what is one is of the same patterns.
        #[test]
        fn any_octets_are_what_the_model_makes_of_them(patterns in vec(host_pattern(), 0..10), text in "[-a-zA-Z0-9._*\u{e4}\u{df}]{0,20}(\\.com|\\.example\\.com|\\.1|)") {
            let lookup = Lookup::new(patterns.clone());
            let model = match text.strip_suffix('.').unwrap_or(&text).parse::<IpAddr>() {
                Ok(address) => Some(Host::Address(address)),
                Err(_) => text.parse::<DomainName>().ok().filter(|name| name.label_count() > 0).map(Host::Name),
            };
            let want = model.map(|host| (0..).zip(&patterns).filter(|(_, own)| own.matches(&host)).map(|(at, _)| at).collect::<Vec<u32>>());
            prop_assert_eq!(found(&lookup, &text), want, "{}", text);
        }
    }
}
