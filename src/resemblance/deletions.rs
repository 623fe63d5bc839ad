//! Words that may be a few edits from another one, without comparing it with each.
//!
//! An edit (a letter that is inserted, left out, exchanged with another, or swapped with its neighbour) is undone by leaving out
//! at most one letter on each side. So two words that are two edits apart have a form in common from which at most two letters
//! were left out, and forms are found by their hashes.

use std::collections::HashMap;

use foldhash::quality::RandomState;

/// Longest word, in octets, whose forms are kept: a label, of which one has some 2,000. Longer ones are few, and compared one by
/// one.
const LONGEST: usize = 63;

/// What a hash of a form is multiplied with for each letter. Odd; who finds two forms with one hash costs a comparison.
pub(super) const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Words by the forms that they have: parts of names. Each is of a group, and far from those of other groups.
#[derive(Default, Debug)]
pub(super) struct Deletions {
    /// Where forms of a hash begin in `owners`.
    starts: HashMap<u64, u32, RandomState>,
    /// The hash of a form and the number of the word that has it, in order.
    owners: Vec<(u64, u32)>,
    /// Words that are too long for forms.
    long: Vec<u32>,
}

/// The hash of a form in a group.
fn hash_of(form: u64, group: u32) -> u64 {
    super::mixed(form ^ u64::from(group) << 32)
}

impl Deletions {
    /// Of words in their order, each with its group, and how many edits another one may be away, two at the most.
    pub(super) fn new<'w>(words: impl IntoIterator<Item = (&'w str, u32, usize)>) -> Self {
        let mut new = Self::default();
        let mut forms = Forms::default();
        for (number, (word, group, most)) in (0..).zip(words) {
            if word.len() > LONGEST {
                new.long.push(number);
            } else {
                forms.of(word, most, |form| new.owners.push((hash_of(form, group), number)));
            }
        }
        new.owners.sort_unstable();
        new.owners.dedup();
        let mut last = None;
        for (at, (form, _)) in (0..).zip(&new.owners) {
            if last.replace(form) != Some(form) {
                new.starts.insert(*form, at);
            }
        }
        new
    }

    /// The hash of every form of every word.
    pub(super) fn forms(&self) -> impl Iterator<Item = u64> {
        self.starts.keys().copied()
    }

    /// Whether surely no word of a group is so near to another one: `most` edits, and no more than it was given for. `has` may
    /// say of a hash that no form has it.
    pub(super) fn is_far(&self, word: &str, group: u32, most: usize, has: impl Fn(u64) -> bool) -> bool {
        if word.len() + most > LONGEST && !self.long.is_empty() {
            return false;
        }
        let mut is_far = true;
        if word.len() <= LONGEST + most {
            Forms::default().of(word, most, |form| {
                let hash = hash_of(form, group);
                is_far &= !(has(hash) && self.starts.contains_key(&hash));
            });
        }
        is_far
    }

    /// Adds the numbers of all words of a group that may be so near to another one, and of others.
    pub(super) fn find(&self, word: &str, group: u32, most: usize, found: &mut Vec<u32>) {
        if word.len() <= LONGEST + most {
            Forms::default().of(word, most, |form| {
                let hash = hash_of(form, group);
                let Some(start) = self.starts.get(&hash) else { return };
                let same = self.owners[*start as usize..].iter().take_while(|(own, _)| *own == hash);
                found.extend(same.map(|(_, number)| number));
            });
        }
        if word.len() + most > LONGEST {
            found.extend(&self.long);
        }
    }
}

/// The hashes of what is left of a word. A hash is that of a number whose digits are the letters, so that what is left of two
/// parts follows from theirs.
struct Forms {
    /// Of the word up to each place.
    before: [u64; LONGEST + 3],
}

impl Default for Forms {
    fn default() -> Self {
        Self { before: [0; LONGEST + 3] }
    }
}

/// The powers of the factor.
const POWERS: [u64; LONGEST + 3] = {
    let (mut powers, mut at) = ([1; LONGEST + 3], 1);
    while at < powers.len() {
        powers[at] = FACTOR.wrapping_mul(powers[at - 1]);
        at += 1;
    }
    powers
};

impl Forms {
    /// Tells the hash of a word of at most two letters more than [`LONGEST`], and of all that is left of it without up to so many letters, two at the most.
    fn of(&mut self, word: &str, most: usize, mut tell: impl FnMut(u64)) {
        let length = word.len();
        for (at, octet) in word.bytes().enumerate() {
            self.before[at + 1] = self.before[at].wrapping_mul(FACTOR).wrapping_add(u64::from(octet));
        }
        let before = &self.before;
        // What stands in front of a letter, and then what stands behind it up to a place.
        let without = |front: u64, letter: usize, end: usize| {
            let between = before[end].wrapping_sub(before[letter + 1].wrapping_mul(POWERS[end - letter - 1]));
            front.wrapping_mul(POWERS[end - letter - 1]).wrapping_add(between)
        };
        tell(before[length]);
        if most == 0 {
            return;
        }
        for (first, front) in before[..length].iter().enumerate() {
            tell(without(*front, first, length));
            if most > 1 {
                for second in first + 1..length {
                    tell(without(without(*front, first, second), second, length));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_what_is_left_of_a_name() {
        let hash = |text: &str| {
            text.bytes().fold(0_u64, |hash, octet| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(octet)))
        };
        let mut forms = BTreeSet::new();
        Forms::default().of("abcd", 2, |form| _ = forms.insert(form));
        let want = ["abcd", "bcd", "acd", "abd", "abc", "cd", "bd", "bc", "ad", "ac", "ab"];
        assert_eq!(forms, want.map(hash).into());
    }

    proptest! {
        /// Whatever is so near is found, however long it is.
        #[test]
        fn a_near_name_is_found(names in vec("[ab]{1,7}", 1..20), name in "[abc]{0,9}", most in 1..3_usize, long in any::<bool>()) {
            let stretch = |name: &String| match long {
                true => format!("{name}{}{name}", "x".repeat(LONGEST - 7)),
                false => name.clone(),
            };
            let (names, name): (Vec<String>, _) = (names.iter().map(stretch).collect(), stretch(&name));
            let group = |own: &str| own.len() as u32 % 2;
            let near = Deletions::new(names.iter().map(|own| (&**own, group(own), most)));
            let mut found = Vec::new();
            near.find(&name, 1, most, &mut found);
            for (number, own) in (0..).zip(&names) {
                if group(own) == 1 && strsim::damerau_levenshtein(own, &name) <= most {
                    prop_assert!(found.contains(&number), "{own} {name}");
                    prop_assert!(!near.is_far(&name, 1, most, |_| true), "{own} {name}");
                }
            }
        }
    }
}
