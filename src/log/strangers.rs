//! Hosts that were judged once and are close to nothing in the policy. Most hosts of a log are, and come again.
//!
//! A filter of Bloom (1970), each of whose hosts has its bits in one word. It may take a host for one that was judged, so
//! a host that is close is missed once in two hundred times at the most.

/// Words of the filter: 512 KiB, for the cache of one core.
const WORDS: usize = 1 << 16;

/// Hosts after which it begins anew: three for each word, of four bits each.
const MOST: usize = 3 * WORDS;

/// Hosts by their hashes.
#[derive(Clone, Default, Debug)]
pub struct Strangers {
    /// Nothing before the first.
    words: Vec<u64>,
    count: usize,
}

impl Strangers {
    /// Whether a host was added, or seems so.
    #[inline]
    pub fn has(&self, hash: u64) -> bool {
        let (word, bits) = place(hash);
        self.words.get(word).is_some_and(|own| own & bits == bits)
    }

    /// Adds one.
    pub fn add(&mut self, hash: u64) {
        if self.words.is_empty() || self.count == MOST {
            self.words = vec![0; WORDS];
            self.count = 0;
        }
        let (word, bits) = place(hash);
        self.words[word] |= bits;
        self.count += 1;
    }
}

#[inline]
fn place(hash: u64) -> (usize, u64) {
    let bit = |at: u32| 1 << ((hash >> (6 * at)) & 63);
    ((hash >> 32) as usize & (WORDS - 1), bit(0) | bit(1) | bit(2) | bit(3))
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
