//! Hosts outside of the policy that are close to it: under a name that its endpoints are under, too, and names that a person
//! mistakes for one of these.
//!
//! The most frequent hosts of each kind are counted apart, so that the many hosts of a
//! vendor do not push out the few that look like one.

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;

use super::tally::{Seen, Sums, Top};
use crate::model::{DomainName, HostPattern, RequestPattern};
use crate::resemblance::Registered;
use crate::suffix::{self, plainly_registered, registered_domain, registrable_domain};

/// How many hosts of each kind are surely kept, and twice as many at the most.
pub const MOST_OUTSIDE: usize = 512;

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

/// Names, by their text.
type Names = HashSet<Box<str>, RandomState>;

/// What hosts are close to.
#[derive(Debug)]
pub struct Neighbours {
    /// Names registered with anybody, or given by who shares out a private suffix.
    domains: Names,
    /// Names below these, right under which the policy has endpoints.
    families: Names,
    registered: Registered,
    /// The last labels of registered names.
    tops: HashSet<Box<[u8]>, RandomState>,
    /// Names of the policy without dots and hyphens.
    joined: HashMap<String, DomainName>,
    /// The hashes of these.
    joined_hashes: HashSet<u64, RandomState>,
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
        let (mut domains, mut families, mut registered) =
            (Names::default(), Names::default(), HashSet::new());
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
                    families.insert(name.as_str().into());
                }
            }
            domains.insert(domain.as_str().into());
        }
        if registered.len() > MOST_COMPARED {
            registered.clear();
        }
        let top = |name: &DomainName| Box::from(name.last_labels(1).as_str().as_bytes());
        let tops = registered.iter().map(top).collect();
        let joined_hashes = joined.keys().map(|name: &String| hash_without_marks(name)).collect();
        let registered = Registered::new(registered, LETTERS);
        Self { domains, families, registered, tops, joined, joined_hashes }
    }

    /// How a canonical name that no pattern matches is close: the kind that [`judge`](Self::judge) says, for most names far
    /// cheaper.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        let judged = || Some(self.judge(&name.parse().ok()?)?.kind);
        let Some(registered) = plainly_registered(name) else { return judged() };
        if self.domains.contains(registered) {
            let below = |own: &&str| own.len() > registered.len();
            let is_of_family = suffix::ends(name).filter(below).any(|own| self.families.contains(own));
            return Some(if is_of_family { Kind::Sibling } else { Kind::Domain });
        }
        let front = &name.as_bytes()[..name.len() - registered.len()];
        let front = front.strip_suffix(b".").unwrap_or_default();
        // The last label of a name of the policy in front.
        let last = memchr::memrchr(b'.', front).map_or(front, |dot| &front[dot + 1..]);
        let is_far = !self.tops.contains(last)
            && !self.joined_hashes.contains(&hash_without_marks(name))
            && !self.joined_hashes.contains(&hash_without_marks(registered))
            && self.registered.is_far(registered);
        if is_far { None } else { judged() }
    }

    /// How a name that no pattern matches is close, if it is.
    pub fn judge(&self, name: &DomainName) -> Option<Close> {
        let domain = registrable_domain(name)?;
        if self.domains.contains(domain.as_str()) {
            let above = std::iter::successors(Some(name.clone()), DomainName::parent);
            let family = above
                .take_while(|own| own.is_below(&domain))
                .find(|own| self.families.contains(own.as_str()));
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
        if let Some((to, how)) = self.registered.resembled(&registered) {
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
fn hash_without_marks(name: &str) -> u64 {
    let octets = name.bytes().filter(|octet| !matches!(octet, b'.' | b'-'));
    octets.fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

fn without_marks(name: &str) -> String {
    name.replace(['.', '-'], "")
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::emit::testing::pattern;
    use crate::model::samples::request_pattern;

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

    #[test]
    fn a_kind_is_that_of_the_judgement() {
        let neighbours = neighbours();
        let fronts = [
            "",
            "www.",
            "a.b.",
            "data.",
            "x.eu.data.",
            "events.data.",
            "blob.core.",
            "own.blob.core.",
            "microsoft.com.",
            "login-",
            "login.",
        ];
        let ends = [
            "example.com",
            "microsoft.com",
            "micros0ft.com",
            "example.co.uk",
            "microsoftonline.com",
            "ginmicrosoftonline.com",
            "windows.net",
            "windovvs.net",
            "live.com",
            "github.io",
            "co.uk",
            "ck",
            "www.ck",
            "com",
        ];
        for name in fronts.iter().flat_map(|front| ends.iter().map(move |end| format!("{front}{end}"))) {
            let want = neighbours.judge(&name.parse().unwrap()).map(|close| close.kind);
            assert_eq!(neighbours.kind(&name), want, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_kind_is_that_of_any_judgement(patterns in vec(request_pattern(false), 0..6), name in "([ab](\\.|-)?){0,6}(com|example\\.com|co\\.uk|net)") {
            let neighbours = Neighbours::new(&patterns);
            let Ok(own) = name.parse::<DomainName>() else { return Ok(()) };
            prop_assert_eq!(neighbours.kind(own.as_str()), neighbours.judge(&own).map(|close| close.kind), "{}", name);
        }
    }
}
