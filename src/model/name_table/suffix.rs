//! Hashes of what a name ends in: one for each suffix of whole labels, each from that of the one before.

use wide::u8x64;

/// Octets that are looked at together.
pub(crate) const WIDTH: usize = 64;

/// Octets of a word.
pub(crate) const WORD: usize = 8;

/// Octets that are read from the beginning of a name on: a window, and two words from its end.
pub(crate) const PADDED: usize = WIDTH + 2 * WORD;

/// The octets of a word that count, by how many there are.
pub(crate) const MASKS: [u64; WORD + 1] =
    [0, 0xff, 0xffff, 0xff_ffff, 0xffff_ffff, 0xff_ffff_ffff, 0xffff_ffff_ffff, u64::MAX >> 8, u64::MAX];

/// The hash of a suffix with one more label in front.
pub(crate) fn mix(hash: u64, label: &[u8]) -> u64 {
    mix_words(hash, label.len(), |start| {
        let rest = label.get(start..).unwrap_or_default();
        match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest.iter().rev().fold(0, |word, octet| word << 8 | u64::from(*octet)),
        }
    })
}

/// The same of a label that is read by words; what is beyond its end does not count.
#[inline]
pub(crate) fn mix_words(hash: u64, length: usize, word: impl Fn(usize) -> u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let masked = |start: usize| word(start) & MASKS[length.saturating_sub(start).min(WORD)];
    let mut hash = hash ^ (length as u64).wrapping_mul(FACTOR);
    let mut start = 0;
    // Nearly every label is two words at most, and no branch depends on how long it is.
    loop {
        let product = u128::from(hash ^ masked(start))
            * u128::from(FACTOR ^ hash.rotate_left(32) ^ masked(start + WORD));
        hash = (product as u64) ^ ((product >> 64) as u64);
        start += 2 * WORD;
        if start >= length {
            return hash;
        }
    }
}

/// Where the labels of a name of fewer than [`WIDTH`] octets begin and end, from its right end; a bit for each dot.
#[inline]
pub(crate) fn labels(mut dots: u64, length: usize) -> impl Iterator<Item = (usize, usize)> {
    let (mut end, mut is_done) = (length, false);
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let start = WIDTH - dots.leading_zeros() as usize;
        let label = (start, end);
        if dots == 0 {
            is_done = true;
        } else {
            end = start - 1;
            dots ^= 1 << end;
        }
        Some(label)
    })
}

/// Visits every suffix of whole labels of a name in canonical form, the shortest first, with its place and its hash, until
/// the visitor says no.
#[inline]
pub(crate) fn each_suffix(seed: u64, name: &[u8], mut visit: impl FnMut(usize, u64) -> bool) {
    let mut hash = seed;
    if name.len() < WIDTH {
        let mut octets = [0; PADDED];
        octets[..name.len()].copy_from_slice(name);
        let window = octets.first_chunk().expect("internal error: a window");
        let dots = u8x64::new(*window).simd_eq(u8x64::splat(b'.')).to_bitmask();
        for (start, end) in labels(dots, name.len()) {
            hash = mix_words(hash, end - start, |at| {
                u64::from_le_bytes(
                    *octets[start + at..].first_chunk().expect("internal error: a place inside the name"),
                )
            });
            if !visit(start, hash) {
                return;
            }
        }
        return;
    }
    let mut end = name.len();
    for label in name.rsplit(|octet| *octet == b'.') {
        let start = end - label.len();
        hash = mix(hash, label);
        if !visit(start, hash) {
            return;
        }
        end = start.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn suffixes(name: &str) -> Vec<(usize, u64)> {
        let mut found = Vec::new();
        each_suffix(7, name.as_bytes(), |start, hash| {
            found.push((start, hash));
            true
        });
        found
    }

    proptest! {
        /// However long the name is: a table that is asked for a long name has short ones.
        #[test]
        fn a_suffix_has_the_hash_of_its_labels(labels in proptest::collection::vec("[-a-z0-9_]{1,40}", 1..8)) {
            let name = labels.join(".");
            let (mut hash, mut want) = (7, Vec::new());
            let mut start = name.len() + 1;
            for label in labels.iter().rev() {
                hash = mix(hash, label.as_bytes());
                start -= label.len() + 1;
                want.push((start, hash));
            }
            prop_assert_eq!(suffixes(&name), want);
        }
    }

    #[test]
    fn names_that_are_alike_have_other_hashes() {
        let names =
            ["a.b", "b.a", "ab", "a.b.c", "a.bc", "ab.c", "a", "b", "a-b", "aaaaaaaa.b", "aaaaaaaaa.b"];
        let hashes: std::collections::BTreeSet<u64> =
            names.iter().map(|name| suffixes(name).last().unwrap().1).collect();
        assert_eq!(hashes.len(), names.len());
    }
}
