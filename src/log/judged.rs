//! What hosts of no rule were judged to be. Most hosts of a log are of no rule and close to none, and come again.
//!
//! A host is known by sixty-one bits of its hash and the table, so that none is taken for another.

use std::hint::black_box;

use super::outside::Kind;

/// How many hosts are kept: 4 MiB.
const PLACES: usize = 1 << 19;

/// Places that a host may be in, beside each other.
const WAYS: usize = 2;

/// The bits of a place that hold a judgement: 0 where there is none.
const JUDGEMENT: u64 = 0b111;

/// That a host is close to nothing.
const FAR: u64 = 0b111;

/// Judgements by the hash of a host. Where there is no place, the one that was added before the last one goes.
#[derive(Clone, Default, Debug)]
pub struct Judged {
    /// A hash, and a judgement in its lowest bits.
    places: Vec<[u64; WAYS]>,
}

fn tag(hash: u64) -> u64 {
    hash & !JUDGEMENT
}

/// Where the places of a host are; by the bits that its tag has, too, since the lowest ones are not among them.
fn place(hash: u64) -> usize {
    (hash >> 24) as usize & (PLACES / WAYS - 1)
}

impl Judged {
    /// Has the places of a host fetched from memory.
    #[inline]
    pub fn fetch(&self, hash: u64) {
        black_box(self.places.get(place(hash)).map(|ways| ways[0]));
    }

    /// What was added for a host, while it is here: how it is close.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<Option<Kind>> {
        let ways = self.places.get(place(hash))?;
        let is_it = |way: &&u64| **way & !JUDGEMENT == tag(hash) && **way & JUDGEMENT != 0;
        let judgement = ways.iter().find(is_it)? & JUDGEMENT;
        Some(Kind::ALL.get(judgement as usize - 1).copied())
    }

    /// Adds how a host is close.
    pub fn add(&mut self, hash: u64, kind: Option<Kind>) {
        // The table is made for the first.
        self.places.resize(PLACES / WAYS, [0; WAYS]);
        let judgement = kind.map_or(FAR, |kind| kind as u64 + 1);
        let ways = &mut self.places[place(hash)];
        *ways = [tag(hash) | judgement, ways[0]];
    }
}

#[cfg(test)]
mod tests {
    use super::super::lookup::mix;
    use super::*;

    #[test]
    fn a_judgement_is_that_of_its_host() {
        let hash = |number: usize| mix(7, number.to_string().as_bytes());
        let kind = |number: usize| Kind::ALL.get(number % 4).copied();
        let mut judged = Judged::default();
        assert_eq!(judged.get(hash(0)), None);
        (0..PLACES).for_each(|number| judged.add(hash(number), kind(number)));
        let kept: Vec<usize> = (0..PLACES).filter(|number| judged.get(hash(*number)).is_some()).collect();
        // Some hosts meet two others in their places, and some places stay empty.
        assert!(kept.len() > PLACES / 2 && kept.len() < PLACES * 9 / 10, "{}", kept.len());
        assert!(kept.iter().all(|number| judged.get(hash(*number)) == Some(kind(*number))));
        assert!(!(PLACES..3 * PLACES).any(|number| judged.get(hash(number)).is_some()));
    }
}
