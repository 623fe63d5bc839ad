//! Names that need no closer look, read sixty-four octets at once.
//!
//! Nearly every host of a log is one: letters, digits and hyphens in labels as they should be. Whatever is not is read by
//! who reads every name; nothing is refused here.

use wide::u8x64;

use crate::model::name_table::{MASKS, WORD, labels, mix_words};
pub(crate) use crate::model::name_table::{PADDED, WIDTH};

/// Sixty-four octets.
#[derive(Clone, Copy)]
pub struct Window(u8x64);

impl Window {
    /// Those that begin at a place. Nothing where there are fewer behind it.
    #[inline]
    pub fn at(octets: &[u8], start: usize) -> Option<Self> {
        let octets: &[u8; WIDTH] = octets.get(start..)?.first_chunk()?;
        Some(Self(u8x64::new(*octets)))
    }

    /// A bit for each octet that is this one, the lowest for the first.
    #[inline]
    pub fn equal(self, octet: u8) -> u64 {
        self.is(octet).to_bitmask()
    }

    #[inline]
    fn is(self, octet: u8) -> u8x64 {
        self.0.simd_eq(u8x64::splat(octet))
    }

    #[inline]
    fn between(self, low: u8, high: u8) -> u8x64 {
        let from_low = self.0 - u8x64::splat(low);
        from_low.min(u8x64::splat(high - low)).simd_eq(from_low)
    }

    /// Whether one of these places begins with `xn--`.
    #[cold]
    fn has_encoded(self, starts: u64) -> bool {
        let hyphens = self.equal(b'-');
        starts & self.equal(b'x') & (self.equal(b'n') >> 1) & (hyphens >> 2) & (hyphens >> 3) != 0
    }
}

/// A name of at most 63 octets: labels of letters, digits and hyphens, none at a label's end, of which the last begins with a
/// letter and none says that it is written in another way (`xn--`).
#[derive(Clone, Copy, Debug)]
pub struct Plain<'l> {
    /// From the name's beginning, in whatever case, and so far behind it that a word can be read anywhere.
    octets: &'l [u8],
    length: usize,
    /// A bit for each dot.
    dots: u64,
}

/// The bit that makes a letter small in each octet of a word; digits, hyphens and dots have it.
const SMALL: u64 = u64::from_le_bytes([0x20; 8]);

impl<'l> Plain<'l> {
    /// The name at the beginning of these octets, up to the first one that no such name has. Nothing where there are fewer than
    /// [`PADDED`].
    #[inline]
    pub fn read(octets: &'l [u8]) -> Option<Self> {
        let octets = octets.get(..PADDED)?;
        let window = Window::at(octets, 0)?;
        let lower = Window(window.0 | u8x64::splat(0x20));
        let others = window.between(b'-', b'9') & !window.is(b'/');
        let inside = lower.between(b'a', b'z') | others;
        let length = (!inside.to_bitmask()).trailing_zeros() as usize;
        if length == 0 || length >= WIDTH {
            return None;
        }
        let inside = (1 << length) - 1;
        let (dots, hyphens) = (window.equal(b'.') & inside, window.equal(b'-') & inside);
        let starts = (dots << 1) | 1;
        // The octet behind the name ends its last label.
        let ends = (dots | (1 << length)) >> 1;
        if starts & (dots | hyphens | (1 << length)) != 0 || ends & hyphens != 0 {
            return None;
        }
        if hyphens & (hyphens << 1) != 0 && lower.has_encoded(starts) {
            return None;
        }
        let last = WIDTH - dots.leading_zeros() as usize;
        octets[last].is_ascii_alphabetic().then_some(Self { octets, length, dots })
    }

    /// A host, but for a dot at its end, where all of it is such a name. The octets are room for it, and zeros.
    #[inline]
    pub fn of(host: &[u8], octets: &'l mut [u8; PADDED]) -> Option<Self> {
        let host = host.strip_suffix(b".").unwrap_or(host);
        octets.get_mut(..host.len())?.copy_from_slice(host);
        Self::read(octets).filter(|own| own.length == host.len())
    }

    /// How long it is, in octets; never 0.
    #[inline]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The name in lower case at the beginning of `into`, of which [`WIDTH`] octets are overwritten.
    pub fn write(&self, into: &mut [u8]) {
        for (into, octet) in into[..WIDTH].iter_mut().zip(&self.octets[..WIDTH]) {
            *into = octet | 0x20;
        }
    }

    /// Whether it is this name, in lower case.
    #[inline]
    pub fn is(&self, name: &[u8]) -> bool {
        self.octets[..self.length].eq_ignore_ascii_case(name)
    }

    /// The name in lower case by words, and zeros behind it.
    #[inline]
    pub fn words(&self) -> [u64; WIDTH / WORD] {
        std::array::from_fn(|at| match self.length.saturating_sub(at * WORD) {
            0 => 0,
            length => self.word(at * WORD) & MASKS[length.min(WORD)],
        })
    }

    /// Where its labels begin and end, from its right end.
    #[inline]
    pub fn labels(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        labels(self.dots, self.length)
    }

    /// Its suffixes of whole labels, the shortest first: where each begins, and its hash.
    #[inline]
    pub(crate) fn suffixes(&self, seed: u64) -> impl Iterator<Item = (usize, u64)> {
        let mut hash = seed;
        self.labels().map(move |(start, end)| {
            hash = mix_words(hash, end - start, |at| self.word(start + at));
            (start, hash)
        })
    }

    /// Eight octets from a place inside the name or up to eight behind, in lower case, as a number of the lowest octet first.
    #[inline]
    pub fn word(&self, start: usize) -> u64 {
        let octets = *self.octets[start..].first_chunk().expect("internal error: a place inside the name");
        u64::from_le_bytes(octets) | SMALL
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::DomainName;

    /// With what may stand behind it.
    fn padded(text: &str) -> Vec<u8> {
        [text.as_bytes(), &[b' '; PADDED]].concat()
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_not_plain() {
        for text in [
            "a.example",
            "A1.b-c.Example",
            "1.a",
            "a",
            "r3---sn.axn--b.example",
            &format!("{}.example", "a".repeat(55)),
        ] {
            assert_eq!(Plain::read(&padded(text)).map(|own| own.length), Some(text.len()), "{text}");
        }
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "1",
            "a..b",
            "-a.b",
            "a-.b",
            "a.-b",
            "a.b-",
            "xn--a.b",
            "a.1",
            "1.2.3.4",
            &format!("{}.example", "a".repeat(56)),
        ] {
            assert!(Plain::read(&padded(text)).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_is_that_name(text in "[-a-zA-Z0-9._\u{1}-\u{1f}\u{e4}]{0,6}(\\.[-a-z]{0,3}){0,3}[ :/\r@\\[]?[a-z]?") {
            if let Some(plain) = Plain::read(&padded(&text)) {
                let own = &text[..plain.length];
                let name: DomainName = own.parse().unwrap();
                prop_assert!(plain.is(name.as_str().as_bytes()));
                let mut written = [0; WIDTH];
                plain.write(&mut written);
                prop_assert_eq!(name.as_str().as_bytes(), &written[..plain.length]);
                let labels: Vec<&str> = plain.labels().map(|(start, end)| &name.as_str()[start..end]).collect();
                prop_assert_eq!(labels, name.as_str().rsplit('.').collect::<Vec<_>>());
            }
        }

        #[test]
        fn bits_are_of_octets(octets in proptest::array::uniform32(any::<u8>()), low in any::<u8>(), more in any::<u8>()) {
            let octets = [octets, octets].concat();
            let window = Window::at(&octets, 0).unwrap();
            let high = low.saturating_add(more);
            for (at, octet) in octets.iter().enumerate() {
                prop_assert_eq!(window.equal(low) >> at & 1 == 1, *octet == low);
                prop_assert_eq!(window.between(low, high).to_bitmask() >> at & 1 == 1, (low..=high).contains(octet));
            }
        }
    }
}
