//! Which patterns a host is of, for millions of hosts a second.
//!
//! The patterns are in a [`HostIndex`]. Here is how a host is read from what a client wrote, and how many are asked
//! together.
//!
//! What a host is of is what [`HostPattern::matches`] says; tests hold it to that.

use std::net::IpAddr;

use super::hostname::{Hostname, MAX_NAME};
use super::plain::{PADDED, Plain};
pub(super) use crate::model::name_table::mix;
use crate::model::name_table::{Probe, mix_words};
use crate::model::{DomainName, HostIndex, HostPattern};

/// How many hosts are asked together.
const BLOCK: usize = 16;

/// Patterns by number, found by host.
#[derive(Debug)]
pub struct Lookup {
    /// The number of a pattern is its place.
    index: HostIndex<()>,
}

impl Lookup {
    /// A table of these patterns. The number of a pattern is its place.
    pub fn new(patterns: Vec<HostPattern>) -> Self {
        let mut index = HostIndex::with_capacity(patterns.len());
        patterns.into_iter().for_each(|pattern| index.insert(pattern, ()));
        Self { index }
    }

    /// A hash of a whole name; another table has another.
    #[inline]
    pub fn hash_of(&self, name: &Plain<'_>) -> u64 {
        mix_words(self.index.names().seed(), name.length(), |at| name.word(at))
    }

    /// The same of a canonical name.
    pub fn hash_of_name(&self, name: &[u8]) -> u64 {
        mix(self.index.names().seed(), name)
    }

    /// Whether a name may be of a pattern; where this says no, none is found.
    #[inline]
    pub fn may_have(&self, name: &Plain<'_>) -> bool {
        let names = self.index.names();
        let mut suffixes = name.suffixes(names.seed()).take_while(|(_, hash)| names.may_lead_to(*hash));
        suffixes.any(|(_, hash)| names.may_have(hash)) || names.has_every_name()
    }

    /// The numbers of all patterns that match a host as a client writes it, a name or an address without brackets. False
    /// where it is neither. `name` holds the name afterwards, and nothing where it is none.
    pub fn find(&self, host: &[u8], name: &mut Hostname, found: &mut Vec<u32>) -> bool {
        match Plain::of(host, &mut [0; PADDED]) {
            // Nearly every name is plain.
            Some(plain) => {
                self.find_plain(&plain, name, found);
                true
            }
            None => self.find_other(host, name, found),
        }
    }

    /// The same of a plain name. The numbers are in order.
    pub fn find_plain(&self, plain: &Plain<'_>, name: &mut Hostname, found: &mut Vec<u32>) {
        name.set_plain(plain);
        self.index.find(name.as_bytes(), plain.suffixes(self.index.names().seed()), found);
    }

    /// The same of many hosts, which are asked together: while the memory of one is fetched, that of others is. Tells of
    /// each, in order, its name (empty where it is none) and the numbers; nothing of what is no host.
    pub fn find_each<'h>(
        &self,
        hosts: impl IntoIterator<Item = &'h [u8]>,
        mut each: impl FnMut(Option<(&[u8], &[u32])>),
    ) {
        let mut hosts = hosts.into_iter();
        let mut block: [&[u8]; BLOCK] = [b""; BLOCK];
        let mut names: [Hostname; BLOCK] = std::array::from_fn(|_| Hostname::default());
        let (mut probes, mut found) = (Vec::new(), Vec::new());
        loop {
            let mut count = 0;
            probes.clear();
            while count < BLOCK
                && let Some(host) = hosts.next()
            {
                block[count] = host;
                let name = &mut names[count];
                name.clear();
                if let Some(plain) = Plain::of(host, &mut [0; PADDED]) {
                    name.set_plain(&plain);
                    let suffixes = plain.suffixes(self.index.names().seed());
                    probes.extend(suffixes.map(|(start, hash)| Probe::new(count, start, hash)));
                }
                count += 1;
            }
            if count == 0 {
                return;
            }
            self.index.names().fetch(&mut probes);
            let mut rest = &probes[..];
            for (at, name) in names[..count].iter_mut().enumerate() {
                let (own, behind) = rest.split_at(rest.iter().take_while(|probe| probe.of() == at).count());
                rest = behind;
                if name.as_bytes().is_empty() {
                    let is_host = self.find_other(block[at], name, &mut found);
                    each(is_host.then_some((name.as_bytes(), &found)));
                } else {
                    self.index.find_fetched(name.as_bytes(), own, &mut found);
                    each(Some((name.as_bytes(), &found)));
                }
            }
        }
    }

    /// Of hosts that are out of the ordinary, which are read with care.
    fn find_other(&self, host: &[u8], name: &mut Hostname, found: &mut Vec<u32>) -> bool {
        found.clear();
        name.clear();
        let Ok(text) = std::str::from_utf8(host) else { return false };
        let own = text.strip_suffix('.').unwrap_or(text);
        if own.len() > MAX_NAME {
            return false;
        }
        if let Ok(address) = own.parse::<IpAddr>() {
            found.extend(self.index.of_address(address));
            return true;
        }
        let Ok(canonical) = text.parse::<DomainName>() else { return false };
        name.set(canonical.as_str().as_bytes());
        self.index.find_text(name.as_bytes(), found);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::Host;
    use crate::model::samples::{host_pattern, hosts};

    fn found(lookup: &Lookup, host: &str) -> Option<Vec<u32>> {
        let (mut name, mut found) = (Hostname::default(), Vec::new());
        lookup.find(host.as_bytes(), &mut name, &mut found).then(|| {
            assert!(found.is_sorted());
            found
        })
    }

    /// The same of many at once.
    fn found_each(lookup: &Lookup, hosts: &[String]) -> Vec<Option<(String, Vec<u32>)>> {
        let mut all = Vec::new();
        lookup.find_each(hosts.iter().map(String::as_bytes), |found| {
            all.push(found.map(|(name, found)| (String::from_utf8(name.to_vec()).unwrap(), found.to_vec())));
        });
        all
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

        /// Many hosts at once are of the same patterns as each alone, and their names are told in the same form.
        #[test]
        fn hosts_that_are_asked_together_get_their_own_answers(
            patterns in vec(host_pattern(), 0..30),
            texts in vec("(10\\.0\\.0\\.[0-4]|[-A-Ca-c_\u{e4}]{0,3}(\\.(a|b|x-a|ab)){0,3}\\.?t\\.?|b{70}\\.t)", 0..50),
        ) {
            let lookup = Lookup::new(patterns);
            let alone = |text: &String| {
                let (mut name, mut found) = (Hostname::default(), Vec::new());
                lookup.find(text.as_bytes(), &mut name, &mut found).then(|| {
                    (String::from_utf8(name.as_bytes().to_vec()).unwrap(), found)
                })
            };
            prop_assert_eq!(found_each(&lookup, &texts), texts.iter().map(alone).collect::<Vec<_>>());
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
