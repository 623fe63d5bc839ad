//! Patterns of names by number, found by name: what [`HostIndex`](super::HostIndex) and the audit of logs share.
//!
//! Every name that patterns hang on (an exact name, or the parent of all that a pattern matches) has a slot of one hash table.
//! A name is read once, from its right end: the hash of each suffix of whole labels follows from that of the one before, so a
//! question costs a look into the table for each label, however many patterns there are. Patterns with a star inside a label
//! hang on their parent by what they fix of the labels in front of it.

mod suffix;

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;

pub(crate) use suffix::{MASKS, PADDED, WIDTH, WORD, each_suffix, labels, mix, mix_words};

use super::host_pattern::{HostPattern, LabelPattern};
use crate::filter::Filter;

/// Slots for each word of the filter. At most half of them are in use, so a name has sixteen bits of the filter or more, and
/// about one in fifty of those that are not there has its bits by chance.
const SLOTS_PER_WORD: usize = 8;

/// Numbers of patterns by the names that they match.
#[derive(Clone, Debug)]
pub(crate) struct NameTable {
    /// A power of two of them, at most half of them in use.
    slots: Vec<Slot>,
    used: usize,
    /// The names of all slots, one behind the other.
    names: Vec<u8>,
    /// What slots have that does not fit into them.
    nodes: Vec<Node>,
    /// Of every name.
    everywhere: Vec<u32>,
    /// So that nobody who writes a list can choose names that collide.
    seed: u64,
    /// Two bits of one word for each name and for each that a name ends in: what has no bits here is none of these, and few
    /// hosts have bits for more than their last label.
    filter: Filter<2>,
}

/// A place of the table.
#[derive(Clone, Copy, Default, Debug)]
struct Slot {
    /// Half of the hash; its low bits are the place.
    hash: u32,
    /// Where the name begins in `names`.
    name: u32,
    /// Octets of the name, of 253 at the most. 0 where these are globs, whose hash is made of what they fix.
    length: u8,
    kind: Kind,
    /// A pattern's number, or the place of a node.
    value: u32,
}

/// A suffix of a name that is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    of: u32,
    start: u32,
    hash: u64,
    /// What is at its place.
    slot: Slot,
}

impl Probe {
    /// Of a name by number: where the suffix begins, and its hash.
    #[inline]
    pub(crate) fn new(of: usize, start: usize, hash: u64) -> Self {
        Self { of: of as u32, start: start as u32, hash, slot: Slot::default() }
    }

    /// The name's number.
    #[inline]
    pub(crate) fn of(&self) -> usize {
        self.of as usize
    }
}

/// What is in a slot.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Kind {
    /// Nothing.
    #[default]
    Free,
    /// A pattern of the name itself.
    Here,
    /// One of every name below.
    Below,
    /// One of both.
    Subtree,
    /// One that has to be asked.
    Asked,
    /// A node.
    Node,
}

/// Whatever hangs on one name.
#[derive(Clone, Default, Debug)]
struct Node {
    hanging: Vec<(Kind, u32)>,
    /// The forms of globs below the name, sorted.
    forms: Vec<Form>,
}

/// What globs below a name fix of the labels in front of it, but for the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Form {
    /// So many octets at the end of the next label.
    End(usize),
    /// Something of each label in front, the rightmost first.
    Labels(Box<[Part]>),
}

/// What a glob fixes of one label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Whole,
    /// Octets at the beginning and at the end.
    Ends(usize, usize),
}

impl Form {
    /// That of a pattern with a star inside a label, with the hash of what it fixes; nothing of others.
    fn of(pattern: &HostPattern, parent: u64) -> Option<(Self, u64)> {
        match pattern {
            HostPattern::TextSuffix(suffix) => {
                let form = Self::End(suffix.head().len());
                let hash = form.hash(parent, suffix.head().as_bytes())?;
                Some((form, hash))
            }
            HostPattern::LabelGlob(glob) => {
                let labels = glob.labels().iter().rev();
                let labels = || labels.clone().skip_while(|label| matches!(label, LabelPattern::Literal(_)));
                let part = |label: &LabelPattern| match label {
                    LabelPattern::Literal(_) => Part::Whole,
                    LabelPattern::Star { prefix, suffix } => Part::Ends(prefix.len(), suffix.len()),
                };
                let hash = labels().fold(parent, |hash, label| match label {
                    LabelPattern::Literal(text) => mix(hash, text.as_bytes()),
                    LabelPattern::Star { prefix, suffix } => {
                        mix_ends(hash, prefix.as_bytes(), suffix.as_bytes())
                    }
                });
                Some((Self::Labels(labels().map(part).collect()), hash))
            }
            HostPattern::Exact(_)
            | HostPattern::Descendants(_)
            | HostPattern::Subtree(_)
            | HostPattern::Address(_) => None,
        }
    }

    /// The hash of what patterns of this form fix, if a name with these labels in front of their parent may be of one.
    fn hash(&self, parent: u64, front: &[u8]) -> Option<u64> {
        let mut labels = front.rsplit(|octet| *octet == b'.');
        match self {
            Self::End(length) => {
                let label = labels.next()?;
                Some(mix_ends(parent, b"$", label.get(label.len().checked_sub(*length)?..)?))
            }
            Self::Labels(parts) => {
                let mut hash = parent;
                for part in parts {
                    let label = labels.next()?;
                    hash = match *part {
                        Part::Whole => mix(hash, label),
                        Part::Ends(begin, end) if label.len() > begin + end => {
                            mix_ends(hash, &label[..begin], &label[label.len() - end..])
                        }
                        Part::Ends(..) => return None,
                    };
                }
                labels.next().is_none().then_some(hash)
            }
        }
    }
}

/// The hash with what a star leaves of a label.
fn mix_ends(hash: u64, begin: &[u8], end: &[u8]) -> u64 {
    mix(mix(mix(hash, begin), end), b"*")
}

impl Default for NameTable {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl NameTable {
    /// Without patterns, and with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let slots = ((count + 2) * 2).next_power_of_two().max(SLOTS_PER_WORD);
        Self {
            slots: vec![Slot::default(); slots],
            used: 0,
            names: Vec::new(),
            nodes: Vec::new(),
            everywhere: Vec::new(),
            seed: RandomState::new().hash_one(0),
            filter: Filter::new(slots / SLOTS_PER_WORD),
        }
    }

    /// What hashes of names begin with.
    #[inline]
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds a pattern. Addresses are none of this table.
    pub(crate) fn insert(&mut self, pattern: &HostPattern, number: u32) {
        // A glob has a slot, and so has its parent.
        if (self.used + 2) * 2 > self.slots.len() {
            self.grow();
        }
        let (name, kind) = match pattern {
            HostPattern::Exact(name) => (name, Kind::Here),
            HostPattern::Subtree(name) => (name, Kind::Subtree),
            HostPattern::Descendants(name) if name.label_count() == 0 => {
                self.everywhere.push(number);
                return;
            }
            HostPattern::Descendants(name) => (name, Kind::Below),
            HostPattern::TextSuffix(suffix) => {
                return self.insert_glob(pattern, suffix.parent().as_str(), number);
            }
            HostPattern::LabelGlob(glob) => return self.insert_glob(pattern, glob.parent().as_str(), number),
            HostPattern::Address(_) => return,
        };
        let hash = self.see(name.as_str().as_bytes());
        self.hang(hash, name.as_str().as_bytes(), kind, number);
    }

    fn insert_glob(&mut self, pattern: &HostPattern, parent: &str, number: u32) {
        let hash = self.see(parent.as_bytes());
        let Some((form, fixed)) = Form::of(pattern, hash) else { return };
        let at = self.slot(hash, parent.as_bytes());
        let forms = &mut self.node(at).forms;
        if let Err(place) = forms.binary_search(&form) {
            forms.insert(place, form);
        }
        self.hang(fixed, b"", Kind::Asked, number);
    }

    /// Adds a name to the filter, with all that it ends in; its hash.
    fn see(&mut self, name: &[u8]) -> u64 {
        let mut hash = self.seed;
        each_suffix(self.seed, name, |_, of| {
            hash = of;
            self.filter.add(of);
            true
        });
        hash
    }

    fn hang(&mut self, hash: u64, name: &[u8], kind: Kind, number: u32) {
        let at = self.slot(hash, name);
        let slot = &mut self.slots[at];
        if slot.kind == Kind::Free {
            (slot.kind, slot.value) = (kind, number);
        } else {
            self.node(at).hanging.push((kind, number));
        }
    }

    /// The slot of a name, which is made if it is not there.
    fn slot(&mut self, hash: u64, name: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as u32 as usize & mask;
        while self.slots[at].kind != Kind::Free {
            if self.is(&self.slots[at], hash, name) {
                return at;
            }
            at = (at + 1) & mask;
        }
        self.used += 1;
        let start = place(self.names.len());
        self.names.extend(name);
        let length = u8::try_from(name.len()).expect("internal error: a name of over 253 octets");
        self.slots[at] = Slot { hash: hash as u32, name: start, length, ..Slot::default() };
        at
    }

    /// The node of a slot, which is made if it is not there.
    fn node(&mut self, at: usize) -> &mut Node {
        let slot = &mut self.slots[at];
        if slot.kind != Kind::Node {
            let hanging = match slot.kind {
                Kind::Free => Vec::new(),
                kind => vec![(kind, slot.value)],
            };
            (slot.kind, slot.value) = (Kind::Node, place(self.nodes.len()));
            self.nodes.push(Node { hanging, forms: Vec::new() });
        }
        &mut self.nodes[slot.value as usize]
    }

    fn grow(&mut self) {
        let count = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); count]);
        self.filter = Filter::new(count / SLOTS_PER_WORD);
        for slot in old.into_iter().filter(|slot| slot.kind != Kind::Free) {
            let mut at = slot.hash as usize & (count - 1);
            while self.slots[at].kind != Kind::Free {
                at = (at + 1) & (count - 1);
            }
            self.slots[at] = slot;
            each_suffix(self.seed, name(&self.names, &slot), |_, hash| {
                self.filter.add(hash);
                true
            });
        }
    }

    #[inline]
    fn is(&self, slot: &Slot, hash: u64, own: &[u8]) -> bool {
        slot.hash == hash as u32 && usize::from(slot.length) == own.len() && name(&self.names, slot) == own
    }

    /// Whether there may be a name with this hash, or one that ends in it.
    #[inline]
    pub(crate) fn may_lead_to(&self, hash: u64) -> bool {
        self.filter.has(hash)
    }

    /// Whether patterns hang on a name with this hash, or seem to; where this says no, none does.
    #[inline]
    pub(crate) fn may_have(&self, hash: u64) -> bool {
        self.find(hash, |slot| slot.hash == hash as u32).is_some()
    }

    /// Whether a pattern is of every name.
    pub(crate) fn has_every_name(&self) -> bool {
        !self.everywhere.is_empty()
    }

    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(&Slot) -> bool) -> Option<&Slot> {
        let mask = self.slots.len() - 1;
        let mut at = hash as u32 as usize & mask;
        loop {
            let slot = &self.slots[at];
            if slot.kind == Kind::Free {
                return None;
            }
            if is_it(slot) {
                return Some(slot);
            }
            at = (at + 1) & mask;
        }
    }

    /// Visits the patterns of every name: those that match whatever the name is.
    #[inline]
    pub(crate) fn visit_everywhere(&self, visit: &mut dyn FnMut(u32, Match)) {
        self.everywhere.iter().for_each(|number| visit(*number, Match::Sure));
    }

    /// Visits the patterns that hang on a suffix of a name, `name[start..]`, with its hash. A pattern may be visited again
    /// for another suffix.
    #[inline]
    pub(crate) fn visit(&self, name: &[u8], start: usize, hash: u64, visit: &mut dyn FnMut(u32, Match)) {
        let Some(slot) = self.find(hash, |slot| self.is(slot, hash, &name[start..])) else { return };
        match slot.kind {
            Kind::Node => self.visit_node(slot, name, start, hash, visit),
            kind if kind.is_of(start == 0) => visit(slot.value, Match::Sure),
            _ => {}
        }
    }

    /// Asks for the memory of what is looked for, all of it at once, and leaves out what is not there.
    pub(crate) fn fetch(&self, probes: &mut Vec<Probe>) {
        // Each loop has nothing that waits for what it reads, so a processor goes ahead to the next.
        let mut count = 0;
        for at in 0..probes.len() {
            let probe = probes[at];
            probes[count] = probe;
            count += usize::from(self.filter.has(probe.hash));
        }
        probes.truncate(count);
        let mask = self.slots.len() - 1;
        for probe in &mut *probes {
            probe.slot = self.slots[probe.hash as u32 as usize & mask];
        }
        for probe in probes {
            black_box(self.names.get(probe.slot.name as usize).copied());
        }
    }

    /// The same as [`visit`](Self::visit), of what was fetched.
    #[inline]
    pub(crate) fn visit_fetched(&self, name: &[u8], probe: &Probe, visit: &mut dyn FnMut(u32, Match)) {
        // Most suffixes are of names and none themselves.
        if probe.slot.kind != Kind::Free {
            self.visit(name, probe.start as usize, probe.hash, visit);
        }
    }

    fn visit_node(
        &self,
        slot: &Slot,
        name: &[u8],
        start: usize,
        hash: u64,
        visit: &mut dyn FnMut(u32, Match),
    ) {
        let node = &self.nodes[slot.value as usize];
        let sure = node.hanging.iter().filter(|(kind, _)| kind.is_of(start == 0));
        sure.for_each(|(_, number)| visit(*number, Match::Sure));
        let Some(dot) = start.checked_sub(1) else { return };
        for form in &node.forms {
            let Some(hash) = form.hash(hash, &name[..dot]) else { continue };
            let Some(slot) = self.find(hash, |slot| self.is(slot, hash, b"")) else { continue };
            match slot.kind {
                Kind::Node => {
                    let globs = &self.nodes[slot.value as usize].hanging;
                    globs.iter().for_each(|(_, number)| visit(*number, Match::Ask));
                }
                _ => visit(slot.value, Match::Ask),
            }
        }
    }
}

/// Whether a pattern that was found matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Match {
    /// It does.
    Sure,
    /// It has to be asked.
    Ask,
}

impl Kind {
    /// Whether a pattern of this kind is of the name that it hangs on, or else of those below.
    #[inline]
    fn is_of(self, is_whole: bool) -> bool {
        match self {
            Self::Subtree => true,
            Self::Here => is_whole,
            Self::Below => !is_whole,
            Self::Free | Self::Asked | Self::Node => false,
        }
    }
}

#[inline]
fn name<'n>(names: &'n [u8], slot: &Slot) -> &'n [u8] {
    let start = slot.name as usize;
    &names[start..start + usize::from(slot.length)]
}

fn place(length: usize) -> u32 {
    u32::try_from(length).expect("internal error: over 4 GB of patterns")
}
