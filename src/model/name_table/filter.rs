//! A filter of Bloom (1970) each of whose hashes has its bits in one word, so that a question costs one look into memory.

/// Hashes that were added, and some that seem so. `BITS` is how many bits of a word each has, at most five.
#[derive(Clone, Default, Debug)]
pub(crate) struct Filter<const BITS: u32> {
    /// A power of two of them; or none, and then it has nothing.
    words: Vec<u64>,
}

impl<const BITS: u32> Filter<BITS> {
    /// An empty one of at least so many words.
    pub(crate) fn new(words: usize) -> Self {
        Self { words: vec![0; words.next_power_of_two()] }
    }

    /// Whether a hash was added, or seems so.
    #[inline]
    pub(crate) fn has(&self, hash: u64) -> bool {
        let bits = Self::bits(hash);
        self.words.get(self.word(hash)).is_some_and(|own| own & bits == bits)
    }

    pub(crate) fn add(&mut self, hash: u64) {
        let word = self.word(hash);
        self.words[word] |= Self::bits(hash);
    }

    #[inline]
    fn word(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.words.len().wrapping_sub(1)
    }

    #[inline]
    fn bits(hash: u64) -> u64 {
        (0..BITS).fold(0, |bits, at| bits | 1 << ((hash >> (6 * at)) & 63))
    }
}
