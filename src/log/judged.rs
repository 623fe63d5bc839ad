//! What hosts of no rule were judged to be. Most hosts of a log are of no rule and close to none, and come again.
//!
//! A host is known by forty-seven bits of its hash, so one is taken for another once in hundreds of millions of times.

use super::outside::Kind;

/// How many hosts are kept: 1 MiB, for the cache of one core.
const PLACES: usize = 1 << 18;

/// The bits of a place that hold a judgement: 0 where there is none.
const JUDGEMENT: u32 = 0b111;

/// That a host is close to nothing.
const FAR: u32 = 0b111;

/// Judgements by the hash of a host, each in one place, where the last one is kept.
#[derive(Clone, Default, Debug)]
pub struct Judged {
    /// The highest bits of a hash in the place of its lowest ones, and a judgement.
    places: Vec<u32>,
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & !JUDGEMENT
}

impl Judged {
    /// What was added for a host, while it is here: how it is close.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<Option<Kind>> {
        let place = *self.places.get(hash as usize & (PLACES - 1))?;
        match place & JUDGEMENT {
            judgement if judgement == 0 || place & !JUDGEMENT != tag(hash) => None,
            judgement => Some(Kind::ALL.get(judgement as usize - 1).copied()),
        }
    }

    /// Adds how a host is close.
    pub fn add(&mut self, hash: u64, kind: Option<Kind>) {
        // The table is made for the first.
        self.places.resize(PLACES, 0);
        let judgement = kind.map_or(FAR, |kind| kind as u32 + 1);
        self.places[hash as usize & (PLACES - 1)] = tag(hash) | judgement;
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
        // As many places as hosts leave one in e of the places empty.
        assert!(kept.len() > PLACES / 2 && kept.len() < PLACES * 3 / 4, "{}", kept.len());
        assert!(kept.iter().all(|number| judged.get(hash(*number)) == Some(kind(*number))));
        assert!(!(PLACES..3 * PLACES).any(|number| judged.get(hash(number)).is_some()));
    }
}
