//! Hosts outside of the policy that are close to it: under a name that its endpoints are under, too, and names that a person
//! mistakes for one of these.
//!
//! Every distinct host is judged once, or again where its place in a table of judgements was needed for another one, so
//! memory does not grow with the log. The most frequent hosts of each kind are counted apart, so that the many hosts of a
//! vendor do not push out the few that look like one.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::quality::RandomState;

use super::tally::{Seen, Sums, Top};
use crate::model::{DomainName, HostPattern, RequestPattern};
use crate::resemblance::Registered;
use crate::suffix::{registered_domain, registrable_domain};

/// How many hosts of each kind are surely kept, and twice as many at the most.
pub const MOST_OUTSIDE: usize = 512;

/// Judgements that are kept; a power of two.
const JUDGED: usize = 1 << 14;

/// By how many letters a name may be off.
const LETTERS: usize = 2;

/// Most names that others are compared with, letter by letter. Beyond, names count that look the same.
const MOST_COMPARED: usize = 4096;

/// How a host is close to the policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Its name is mistaken for one of the policy, or borrows one.
    Lookalike,
    /// Endpoints of the policy stand beside it, under a name below the registered one.
    Sibling,
    /// Somebody registered its name and that of an endpoint together.
    Domain,
}

impl Kind {
    /// Every kind, the most remarkable first.
    pub const ALL: [Self; 3] = [Self::Lookalike, Self::Sibling, Self::Domain];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lookalike => "lookalike",
            Self::Sibling => "sibling",
            Self::Domain => "domain",
        }
    }
}

/// What hosts are close to.
#[derive(Debug)]
pub struct Neighbours {
    /// Names registered with anybody, or given by who shares out a private suffix.
    domains: HashSet<DomainName>,
    /// Names below these, right under which the policy has endpoints.
    families: HashSet<DomainName>,
    registered: Registered,
    /// The last labels of registered names.
    tops: HashSet<Box<[u8]>>,
    /// Names of the policy without dots and hyphens.
    joined: HashMap<String, DomainName>,
    /// The hashes of these.
    joined_hashes: HashSet<u64>,
    seed: RandomState,
}

/// How a host is close, and to what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Close {
    /// How.
    pub kind: Kind,
    /// The name of the policy.
    pub to: DomainName,
    /// In words: `it is one letter off`.
    pub how: &'static str,
}

impl Neighbours {
    /// What is close to patterns.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p RequestPattern>) -> Self {
        let (mut domains, mut families, mut registered) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut joined = HashMap::new();
        for pattern in patterns {
            let Some(anchor) = pattern.host.anchor() else { continue };
            joined.insert(without_marks(anchor.as_str()), anchor.clone());
            registered.extend(registered_domain(&anchor));
            let Some(domain) = registrable_domain(&anchor) else { continue };
            let is_wild = !matches!(pattern.host, HostPattern::Exact(_));
            for name in [is_wild.then(|| anchor.clone()), anchor.parent()].into_iter().flatten() {
                // A domain is no family of its own; what is above one is not the same owner's.
                if name.is_below(&domain) {
                    families.insert(name);
                }
            }
            domains.insert(domain);
        }
        if registered.len() > MOST_COMPARED {
            registered.clear();
        }
        let top = |name: &DomainName| Box::from(name.last_labels(1).as_str().as_bytes());
        let tops = registered.iter().map(top).collect();
        let joined_hashes = joined.keys().map(|name| hash_without_marks(name.as_bytes())).collect();
        let (registered, seed) = (Registered::new(registered), RandomState::default());
        Self { domains, families, registered, tops, joined, joined_hashes, seed }
    }

    /// Whether a name may be one of the policy without dots and hyphens.
    fn is_joined(&self, name: &[u8]) -> bool {
        self.joined_hashes.contains(&hash_without_marks(name))
    }

    /// How a name that no pattern matches is close, if it is.
    pub fn judge(&self, name: &DomainName) -> Option<Close> {
        let domain = registrable_domain(name)?;
        if self.domains.contains(&domain) {
            let above = std::iter::successors(Some(name.clone()), DomainName::parent);
            let family =
                above.take_while(|own| own.is_below(&domain)).find(|own| self.families.contains(own));
            return Some(match family {
                Some(to) if to == *name => Close { kind: Kind::Sibling, to, how: "endpoints stand below it" },
                Some(to) => Close { kind: Kind::Sibling, to, how: "endpoints stand below that name" },
                None => Close { kind: Kind::Domain, to: domain, how: "the same registered domain" },
            });
        }
        let registered = registered_domain(name)?;
        if self.registered.has(&registered) {
            return None;
        }
        let lookalike = |to: &DomainName, how| Some(Close { kind: Kind::Lookalike, to: to.clone(), how });
        if let Some((to, how)) = self.registered.resembled(&registered, LETTERS) {
            return lookalike(to, how);
        }
        if let Some(to) = self.registered.borrowed(name, &registered) {
            return lookalike(to, "that name stands in front of somebody else's");
        }
        let joined = [name.as_str(), registered.as_str()].map(without_marks);
        let to = joined.iter().find_map(|own| self.joined.get(own))?;
        lookalike(to, "it differs by dots and hyphens")
    }
}

/// A hash of a name without dots and hyphens: FNV-1a.
fn hash_without_marks(name: &[u8]) -> u64 {
    let octets = name.iter().filter(|octet| !matches!(octet, b'.' | b'-'));
    octets
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

fn without_marks(name: &str) -> String {
    name.replace(['.', '-'], "")
}

/// Judgements of hosts, kept between records.
#[derive(Default, Debug)]
pub struct Judged {
    /// The hash of a host, with the kind in its lowest bits; 0 where nothing is known.
    slots: Vec<u64>,
    /// The hashes of registered names that are close to nothing.
    far: Vec<u64>,
}

/// Bits of a judgement: that there is one, and its kind.
const IS_JUDGED: u64 = 0b100;
const KIND: u64 = 0b11;

/// Judgements of registered names that are kept; a power of two.
const FAR: usize = 1 << 17;

/// How many labels a registered name has whose judgement is kept.
const FAR_LABELS: [usize; 2] = [2, 3];

/// The place of a hash in a table of so many.
fn place(hash: u64, size: usize) -> usize {
    (hash >> 32) as usize & (size - 1)
}

/// A name from the label on that is so many from its right end, and the label before it, which may be empty.
fn last_labels(name: &[u8], labels: usize) -> Option<(&[u8], &[u8])> {
    let mut dots = memchr::memrchr_iter(b'.', name);
    let start = match dots.by_ref().nth(labels - 1) {
        Some(dot) => dot + 1,
        // The whole name, where it has just as many.
        None if name.iter().filter(|octet| **octet == b'.').count() + 1 == labels => {
            return Some((name, b""));
        }
        None => return None,
    };
    let before = dots.next().map_or(0, |dot| dot + 1);
    Some((&name[start..], &name[before..start - 1]))
}

impl Judged {
    /// How a canonical name is close.
    pub fn kind(&mut self, name: &[u8], neighbours: &Neighbours) -> Option<Kind> {
        if self.slots.is_empty() {
            self.slots = vec![0; JUDGED];
        }
        let hash = neighbours.seed.hash_one(name);
        let tag = (hash & !(IS_JUDGED | KIND)) | IS_JUDGED;
        if self.slots[place(hash, JUDGED)] & !KIND != tag {
            if self.is_far(name, neighbours) {
                return None;
            }
            let name = str::from_utf8(name).ok().and_then(|name| name.parse::<DomainName>().ok());
            let close = name.as_ref().and_then(|name| neighbours.judge(name));
            if let (None, Some(name)) = (&close, &name) {
                self.add_far(name, neighbours);
            }
            self.slots[place(hash, JUDGED)] = tag | close.map_or(KIND, |close| close.kind as u64);
        }
        Kind::ALL.get((self.slots[place(hash, JUDGED)] & KIND) as usize).copied()
    }

    /// Whether a name is surely close to nothing: its registered name is not, no name of the policy stands right in front
    /// of that, and the dots and hyphens are not all that it differs by.
    fn is_far(&self, name: &[u8], neighbours: &Neighbours) -> bool {
        let far = FAR_LABELS.iter().find_map(|labels| {
            let (domain, before) = last_labels(name, *labels)?;
            let hash = neighbours.seed.hash_one(domain);
            (self.far.get(place(hash, FAR)) == Some(&(hash | 1))).then_some(before)
        });
        far.is_some_and(|before| !neighbours.tops.contains(before) && !neighbours.is_joined(name))
    }

    /// Keeps that the registered name of one that is close to nothing is not close itself: whatever it could be close to, the
    /// name would have been.
    fn add_far(&mut self, name: &DomainName, neighbours: &Neighbours) {
        let Some(domain) = registered_domain(name) else { return };
        let is_far = FAR_LABELS.contains(&domain.label_count())
            && !neighbours.registered.has(&domain)
            && !neighbours.domains.contains(&domain);
        if is_far {
            if self.far.is_empty() {
                self.far = vec![0; FAR];
            }
            let hash = neighbours.seed.hash_one(domain.as_str().as_bytes());
            self.far[place(hash, FAR)] = hash | 1;
        }
    }
}

/// The most frequent hosts of each kind.
#[derive(Clone, Default, Debug)]
pub struct Outside {
    kinds: [Top; Kind::ALL.len()],
}

impl Outside {
    /// The hosts of a kind.
    pub fn of(&self, kind: Kind) -> &Top {
        &self.kinds[kind as usize]
    }

    pub(super) fn see(&mut self, kind: Kind, name: &[u8], sums: &Sums) {
        self.kinds[kind as usize].see(name, sums, MOST_OUTSIDE);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (own, other) in self.kinds.iter_mut().zip(&other.kinds) {
            own.add(other, MOST_OUTSIDE);
        }
    }
}

/// A host that is close to the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beside {
    /// The host.
    pub host: DomainName,
    /// How often it was seen.
    pub seen: Seen,
    /// How it is close.
    pub close: Close,
}

impl Outside {
    /// The hosts of a kind, the most frequent first, with what they are close to.
    pub fn beside(&self, kind: Kind, neighbours: &Neighbours) -> Vec<Beside> {
        let sorted = self.of(kind).sorted().into_iter();
        let judged = sorted.filter_map(|(name, seen)| {
            let host: DomainName = str::from_utf8(name).ok()?.parse().ok()?;
            let close = neighbours.judge(&host)?;
            Some(Beside { host, seen, close })
        });
        judged.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::testing::pattern;

    fn neighbours() -> Neighbours {
        let patterns = [
            "https://login.microsoftonline.com",
            "https://*.events.data.microsoft.com",
            "https://*.blob.core.windows.net",
            "https://own.blob.core.windows.net",
            "https://go.live.com",
            "https://192.0.2.0/24",
        ];
        Neighbours::new(&patterns.map(pattern))
    }

    #[test]
    fn a_host_is_close_to_who_stands_beside_it_and_to_what_it_looks_like() {
        let neighbours = neighbours();
        for (name, want) in [
            // The apex of a wildcard, and a new host beside one.
            ("events.data.microsoft.com", Some((Kind::Sibling, "events.data.microsoft.com"))),
            ("x.eu.data.microsoft.com", Some((Kind::Sibling, "data.microsoft.com"))),
            ("www.microsoft.com", Some((Kind::Domain, "microsoft.com"))),
            ("microsoft.com", Some((Kind::Domain, "microsoft.com"))),
            ("a.microsoftonline.com", Some((Kind::Domain, "microsoftonline.com"))),
            // Customers of a host that many share are no neighbours.
            ("other.web.core.windows.net", None),
            ("other.file.core.windows.net", None),
            ("www.windows.net", None),
            ("x.own.blob.core.windows.net", Some((Kind::Domain, "own.blob.core.windows.net"))),
            ("login.micros0ftonline.com", Some((Kind::Lookalike, "microsoftonline.com"))),
            ("www.mircosfot.com", Some((Kind::Lookalike, "microsoft.com"))),
            ("login-microsoftonline.com", Some((Kind::Lookalike, "login.microsoftonline.com"))),
            ("loginmicrosoftonline.com", Some((Kind::Lookalike, "login.microsoftonline.com"))),
            ("login.microsoftonline.com.example.net", Some((Kind::Lookalike, "microsoftonline.com"))),
            ("go.five.com", None),
            ("www.example.com", None),
            ("com", None),
        ] {
            let found = neighbours.judge(&name.parse().unwrap()).map(|close| (close.kind, close.to));
            let want = want.map(|(kind, to)| (kind, to.parse().unwrap()));
            assert_eq!(found, want, "{name}");
        }
    }

    /// A judgement that is kept is the one that was made, also where another host has taken its place.
    #[test]
    fn a_judgement_that_is_kept_is_the_one_that_was_made() {
        let neighbours = neighbours();
        let mut judged = Judged::default();
        let domains =
            ["example.com", "microsoft.com", "micros0ft.com", "example.co.uk", "ginmicrosoftonline.com"];
        let mut names: Vec<String> =
            (0..3 * JUDGED).map(|at| format!("h{at}.{}", domains[at % domains.len()])).collect();
        // Under names of which others are close to nothing.
        for name in [
            "login.microsoftonline.com.example.com",
            "microsoft.com.example.co.uk",
            "lo.ginmicrosoftonline.com",
            "example.com",
        ] {
            assert_eq!(neighbours.judge(&name.parse().unwrap()).is_none(), name == "example.com", "{name}");
            names.push(name.to_owned());
        }
        for name in names.iter().chain(names.iter().rev()) {
            let want = neighbours.judge(&name.parse().unwrap()).map(|close| close.kind);
            assert_eq!(judged.kind(name.as_bytes(), &neighbours), want, "{name}");
            assert_eq!(judged.kind(name.as_bytes(), &neighbours), want, "{name}");
        }
    }
}
