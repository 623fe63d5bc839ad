//! Names that a person mistakes for another one: by their look, by a hyphen or by a letter or two.

mod deletions;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use deletions::{Deletions, FACTOR};

use crate::filter::Filter;
use crate::model::DomainName;

/// Shortest first label of which one that is a letter off is no other word: `live.com` has many neighbours.
const SHORTEST: usize = 6;

/// The same where two letters differ.
const SHORTEST_OF_TWO: usize = 9;

/// Names that somebody registered, to be compared with others by eye.
#[derive(Debug)]
pub(crate) struct Registered {
    /// Sorted by name.
    names: Vec<Known>,
    /// The numbers of names.
    numbers: HashMap<DomainName, u32>,
    /// The first name of each look, and of each that is left without hyphens.
    looks: HashMap<String, u32>,
    joined: HashMap<String, u32>,
    /// What stands behind the first label of a name, of which some names have the same: `com`.
    rests: Vec<String>,
    near_rests: Deletions,
    /// First labels, of the group of what stands behind them.
    near_labels: Deletions,
    /// Hashes of all looks, of what is left without hyphens, and of the forms of first labels.
    marks: Filter<3>,
    /// By how many letters a long name may be off.
    letters: usize,
}

/// How many hashes share a word of the filter, about: one in fifty others has the bits by chance.
const HASHES_A_WORD: usize = 6;

/// A name with what is compared of it.
#[derive(Debug)]
struct Known {
    name: DomainName,
    /// Its form for comparing by eye.
    looks: String,
    /// Without hyphens.
    joined: String,
    /// By how many letters another one may be off.
    letters: usize,
}

impl Known {
    /// `letters` is by how many letters a long name may be off, one or two.
    fn new(name: DomainName, letters: usize) -> Self {
        let text = name.as_str();
        let letters = match text.split('.').next().unwrap_or_default().len() {
            SHORTEST_OF_TWO.. => letters,
            SHORTEST.. => letters.min(1),
            _ => 0,
        };
        Self { looks: looks(text), joined: joined(text), letters, name }
    }

    /// How another name resembles it, which looks so, and is so without hyphens.
    fn resembled(&self, name: &DomainName, seen: &str, own: &str) -> Option<&'static str> {
        if seen == self.looks {
            return Some("it looks the same");
        }
        if own == self.joined {
            return Some("it differs by a hyphen");
        }
        let [(label, rest), (other_label, other_rest)] = [&self.name, name].map(parts);
        if self.letters == 0 || label.len().abs_diff(other_label.len()) > self.letters {
            return None;
        }
        let distance = strsim::damerau_levenshtein;
        match distance(label, other_label) + distance(rest, other_rest) {
            1 => Some("it is one letter off"),
            2 if self.letters == 2 => Some("it is two letters off"),
            _ => None,
        }
    }
}

/// The first label and what stands behind it. Letters are compared in each by themselves.
fn parts(name: &DomainName) -> (&str, &str) {
    name.as_str().split_once('.').unwrap_or((name.as_str(), ""))
}

/// What a hash is of, beside forms.
#[derive(Clone, Copy)]
enum Mark {
    Look = 0x1234_5601,
    Joined = 0x1234_5602,
}

/// A hash of octets.
fn hash_of(mark: Mark, octets: impl Iterator<Item = u8>) -> u64 {
    let hash = octets.fold(0, |hash: u64, octet| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(octet)));
    mixed(hash ^ mark as u64)
}

/// A hash whose bits are each of all others.
fn mixed(hash: u64) -> u64 {
    let product = u128::from(hash ^ 0x2545_f491_4f6c_dd1d) * u128::from(FACTOR);
    (product as u64) ^ ((product >> 64) as u64)
}

/// How each character of ASCII looks, as one by itself: only `xn--` says more.
static LOOKS: LazyLock<Vec<String>> = LazyLock::new(|| {
    (0..128_u8)
        .map(|octet| {
            unicode_security::skeleton(&char::from(octet).to_string()).collect::<String>().to_lowercase()
        })
        .collect()
});

/// How a name looks: as people read it, with every character and pair of letters that is mistaken for another one as
/// that one. By the table of Unicode, in which `m` is `rn`.
fn looks(name: &str) -> String {
    if name.is_ascii() && !name.contains("xn--") {
        return name.bytes().map(|octet| &*LOOKS[usize::from(octet)]).collect();
    }
    let (shown, _) = idna::domain_to_unicode(name);
    unicode_security::skeleton(&shown).collect::<String>().to_lowercase()
}

fn joined(name: &str) -> String {
    name.replace('-', "")
}

impl Registered {
    /// These names. `letters` is by how many letters another one may be off, one or two.
    pub(crate) fn new(names: impl IntoIterator<Item = DomainName>, letters: usize) -> Self {
        let names: BTreeSet<DomainName> = names.into_iter().collect();
        let names: Vec<Known> = names.into_iter().map(|name| Known::new(name, letters)).collect();
        let (mut numbers, mut looks, mut joined) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (number, known) in (0..).zip(&names) {
            numbers.insert(known.name.clone(), number);
            looks.entry(known.looks.clone()).or_insert(number);
            joined.entry(known.joined.clone()).or_insert(number);
        }
        let rests: BTreeSet<&str> = names.iter().map(|known| parts(&known.name).1).collect();
        let rests: Vec<String> = rests.into_iter().map(str::to_owned).collect();
        let near_rests = Deletions::new(rests.iter().map(|rest| (&**rest, 0, letters)));
        let near_labels = names.iter().map(|known| {
            let (label, rest) = parts(&known.name);
            let group = rests.binary_search_by(|own| (**own).cmp(rest));
            (label, group.expect("internal error: a rest that is there") as u32, known.letters)
        });
        let near_labels = Deletions::new(near_labels);
        let marks = looks.keys().map(|look| hash_of(Mark::Look, look.bytes()));
        let marks = marks.chain(joined.keys().map(|own| hash_of(Mark::Joined, own.bytes())));
        let marks: Vec<u64> = marks.chain(near_labels.forms()).collect();
        let mut filter = Filter::new(marks.len() / HASHES_A_WORD);
        marks.into_iter().for_each(|mark| filter.add(mark));
        Self { names, numbers, looks, joined, rests, near_rests, near_labels, marks: filter, letters }
    }

    /// Whether it is one of them.
    pub(crate) fn has(&self, name: &DomainName) -> bool {
        self.numbers.contains_key(name)
    }

    /// Whether a name in ASCII surely resembles none of them, which most do not: far cheaper than
    /// [`resembled`](Self::resembled).
    pub(crate) fn is_far(&self, name: &str) -> bool {
        if self.names.is_empty() {
            return true;
        }
        let looks = name.bytes().flat_map(|octet| LOOKS[usize::from(octet & 127)].bytes());
        let joined = name.bytes().filter(|octet| *octet != b'-');
        let may_resemble = name.contains("xn--")
            || self.marks.has(hash_of(Mark::Look, looks))
            || self.marks.has(hash_of(Mark::Joined, joined));
        let (label, rest) = name.split_once('.').unwrap_or((name, ""));
        let is_far = |(group, most)| self.near_labels.is_far(label, group, most, |hash| self.marks.has(hash));
        !may_resemble && self.groups(rest).into_iter().all(is_far)
    }

    /// The groups of labels that may be near, with as many letters as they may be off.
    fn groups(&self, rest: &str) -> Vec<(u32, usize)> {
        let mut found = Vec::new();
        self.near_rests.find(rest, 0, self.letters, &mut found);
        found.sort_unstable();
        found.dedup();
        let near = found.into_iter().filter_map(|group| {
            let distance = match &self.rests[group as usize] {
                // Nearly always, and comparing takes time.
                own if own == rest => 0,
                own => strsim::damerau_levenshtein(own, rest),
            };
            Some((group, self.letters.checked_sub(distance)?))
        });
        near.collect()
    }

    /// The first of them that another name resembles, and how.
    pub(crate) fn resembled(&self, name: &DomainName) -> Option<(&DomainName, &'static str)> {
        if self.names.is_empty() || self.has(name) {
            return None;
        }
        let (seen, own) = (looks(name.as_str()), joined(name.as_str()));
        let mut near = Vec::new();
        near.extend(self.looks.get(&seen));
        near.extend(self.joined.get(&own));
        let (label, rest) = parts(name);
        for (group, most) in self.groups(rest) {
            self.near_labels.find(label, group, most, &mut near);
        }
        near.sort_unstable();
        near.dedup();
        near.iter().find_map(|number| {
            let known = &self.names[*number as usize];
            Some((&known.name, known.resembled(name, &seen, &own)?))
        })
    }

    /// The first of them that stands in front of somebody else's: `login.microsoftonline.com.example.net`, whose own name
    /// is `domain`.
    pub(crate) fn borrowed(&self, name: &DomainName, domain: &DomainName) -> Option<&DomainName> {
        let front = name.as_str().strip_suffix(domain.as_str())?.strip_suffix('.')?;
        // Two labels at least; most names have not as many in front.
        if !front.contains('.') {
            return None;
        }
        let front: DomainName = front.parse().ok()?;
        let ends = std::iter::successors(Some(front), DomainName::parent);
        let first = ends.filter_map(|end| self.numbers.get(&end)).min()?;
        Some(&self.names[*first as usize].name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Octet by octet, a name looks as it does as a whole.
        #[test]
        fn a_name_looks_as_its_characters_do(name in "[-_a-z0-9.]{0,20}") {
            let whole = unicode_security::skeleton(&name).collect::<String>().to_lowercase();
            prop_assert_eq!(looks(&name), whole);
        }
    }

    fn of(names: &[&str], letters: usize) -> Registered {
        Registered::new(names.iter().map(|name| name.parse().unwrap()), letters)
    }

    #[test]
    fn two_letters_make_another_word_of_a_short_one() {
        let names = ["microsoft.com", "azure.net", "windows.com"];
        for (name, letters, want) in [
            ("micrsoft.com", 1, Some("microsoft.com")),
            ("mircosfot.com", 1, None),
            ("mircosfot.com", 2, Some("microsoft.com")),
            ("micrsoft.co", 2, Some("microsoft.com")),
            ("windws.co", 2, None),
            ("windws.com", 2, Some("windows.com")),
            ("azura.net", 2, None),
            ("a-zure.net", 2, Some("azure.net")),
            ("microsoft.com", 2, None),
        ] {
            let known = of(&names, letters);
            let found = known.resembled(&name.parse().unwrap()).map(|(own, _)| own.as_str());
            assert_eq!(found, want, "{name} {letters}");
        }
    }

    /// Names that are near each other in every way.
    fn name() -> impl Strategy<Value = DomainName> {
        "(rn|m|w|vv|-?a|0|o){1,9}\\.(com|corn|co|net|o\\.com)"
            .prop_filter_map("no name", |name| name.parse().ok())
    }

    proptest! {
        /// The first that is found is the first that resembles, asked one by one.
        #[test]
        fn the_first_that_resembles_is_found(names in vec(name(), 0..12), name in name(), letters in 1..3_usize) {
            let known = Registered::new(names, letters);
            let (seen, own) = (looks(name.as_str()), joined(name.as_str()));
            let each = |known: &Known| Some((known.name.clone(), known.resembled(&name, &seen, &own)?));
            let want = if known.has(&name) { None } else { known.names.iter().find_map(each) };
            prop_assert!(want.is_none() || !known.is_far(name.as_str()));
            prop_assert_eq!(known.resembled(&name).map(|(own, how)| (own.clone(), how)), want);
        }

        /// And the first that is borrowed.
        #[test]
        fn the_first_that_is_borrowed_is_found(names in vec("[ab](\\.[ab]){0,2}", 0..6), front in "[ab](\\.[ab]){0,4}") {
            let known = Registered::new(names.iter().map(|name| name.parse().unwrap()), 1);
            let (name, domain) = (format!("{front}.example.net").parse().unwrap(), "example.net".parse().unwrap());
            let stands = |own: &str| front == own || front.ends_with(&format!(".{own}"));
            let want = known.names.iter().map(|known| &known.name).find(|own| front.contains('.') && stands(own.as_str()));
            prop_assert_eq!(known.borrowed(&name, &domain), want);
        }
    }
}
