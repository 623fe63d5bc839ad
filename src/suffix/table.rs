//! The public suffix list as the build script compiled it: a sorted table for binary search.
//!
//! A *key* is a name with its labels from the right and blanks between (`uk co`). A blank sorts before
//! every octet of a label, so a key stands directly before everything below it.

use std::ops::Range;

use super::Section;

mod bits {
    include!("bits.rs");
}

include!(concat!(env!("OUT_DIR"), "/public_suffixes.rs"));

/// The rules that the list has for one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rules(u8);

impl Rules {
    /// The section of the rule that is the name itself.
    pub(super) fn normal(self) -> Option<Section> {
        self.section(bits::NORMAL)
    }

    /// The section of the rule over everything one label below the name.
    pub(super) fn wildcard(self) -> Option<Section> {
        self.section(bits::WILDCARD)
    }

    /// The section of the rule that excepts the name from a wildcard.
    pub(super) fn exception(self) -> Option<Section> {
        self.section(bits::EXCEPTION)
    }

    /// Whether any of the rules stands in the ICANN section.
    pub(super) fn any_icann(self) -> bool {
        [self.normal(), self.wildcard(), self.exception()].contains(&Some(Section::Icann))
    }

    fn section(self, rule: u8) -> Option<Section> {
        if self.0 & rule == 0 {
            None
        } else if self.0 & bits::private(rule) == 0 {
            Some(Section::Icann)
        } else {
            Some(Section::Private)
        }
    }
}

/// The name's labels from the right, with blanks between.
pub(super) fn key_of(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for label in name.rsplit('.') {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(label);
    }
    key
}

/// How many of the key's labels are the public suffix, and the section of the rule that says so, by the
/// list alone. A name that no rule matches has its last label as the suffix, like a registry's.
pub(super) fn suffix_len(key: &str) -> (usize, Section) {
    let mut longest = (1, Section::Icann);
    let ends = key.match_indices(' ').map(|(at, _)| at).chain([key.len()]);
    for (end, count) in ends.zip(1..=DEPTH) {
        let Some(rules) = get(&key[..end]) else { continue };
        if let Some(section) = rules.exception() {
            // An exception prevails over every other rule, and its own label is no part of the suffix.
            return (count - 1, section);
        }
        if let Some(section) = rules.normal() {
            longest = (count, section);
        }
        if let Some(section) = rules.wildcard().filter(|_| end < key.len()) {
            longest = (count + 1, section);
        }
    }
    longest
}

/// The rules for exactly this name.
pub(super) fn get(key: &str) -> Option<Rules> {
    let at = first_at_or_after(key);
    (at < RULES.len() && key_at(at) == key).then(|| Rules(RULES[at]))
}

/// Every name with rules, with its rules, in order.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Rules)> {
    (0..RULES.len()).map(|at| (key_at(at), Rules(RULES[at])))
}

/// The names with rules that lie below this one, with their rules, in order.
pub(super) fn below(key: &str) -> impl Iterator<Item = (&'static str, Rules)> {
    range_below(key).map(|at| (key_at(at), Rules(RULES[at])))
}

/// Whether the name has rules, or a name below it has.
pub(super) fn is_branch(key: &str) -> bool {
    get(key).is_some() || !range_below(key).is_empty()
}

fn range_below(key: &str) -> Range<usize> {
    // `!` is the octet after the blank, so nothing sorts between `key ` and `key!` but what is below.
    first_at_or_after(&format!("{key} "))..first_at_or_after(&format!("{key}!"))
}

fn first_at_or_after(key: &str) -> usize {
    let (mut low, mut high) = (0, RULES.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if key_at(middle) < key {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn key_at(at: usize) -> &'static str {
    &KEYS[STARTS[at] as usize..STARTS[at + 1] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_before_all_below_it() {
        let keys: Vec<&str> = (0..RULES.len()).map(key_at).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert!(keys.len() > 9_000, "{}", keys.len());
        let jp: Vec<&str> = below("jp kawasaki").map(|(key, _)| key).collect();
        assert_eq!(jp, ["jp kawasaki city"]);
        assert!(below("com microsoft").next().is_none());
        assert!(is_branch("net windows core") && get("net windows core").is_none());
    }
}
