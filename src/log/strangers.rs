//! Hosts that were judged once and are close to nothing in the policy. Most hosts of a log are, and come again.
//!
//! The filter that holds them may take a host for one that was judged, so a host that is close is missed once in two hundred
//! times at the most.

use crate::model::name_table::Filter;

/// Words of the filter: 512 KiB, for the cache of one core.
const WORDS: usize = 1 << 16;

/// Hosts after which it begins anew: three for each word, of four bits each.
const MOST: usize = 3 * WORDS;

/// Hosts by their hashes.
#[derive(Clone, Default, Debug)]
pub struct Strangers {
    filter: Filter<4>,
    count: usize,
}

impl Strangers {
    /// Whether a host was added, or seems so.
    #[inline]
    pub fn has(&self, hash: u64) -> bool {
        self.filter.has(hash)
    }

    /// Adds one.
    pub fn add(&mut self, hash: u64) {
        // The filter is made for the first.
        if self.count.is_multiple_of(MOST) {
            self.filter = Filter::new(WORDS);
            self.count = 0;
        }
        self.filter.add(hash);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lookup::mix;
    use super::*;

    #[test]
    fn a_host_that_was_added_is_there_and_few_others() {
        let hash = |number: usize| mix(7, number.to_string().as_bytes());
        let mut strangers = Strangers::default();
        assert!(!strangers.has(hash(0)));
        (0..MOST).for_each(|number| strangers.add(hash(number)));
        assert!((0..MOST).all(|number| strangers.has(hash(number))));
        let seeming = (MOST..2 * MOST).filter(|number| strangers.has(hash(*number))).count();
        assert!(seeming < MOST / 200, "{seeming}");
        strangers.add(hash(MOST));
        assert!(strangers.has(hash(MOST)) && !strangers.has(hash(0)));
    }
}
