//! Hosts that were asked for lately. A few hosts make most of a log, and one that comes again costs no lookup; what is counted
//! of it goes to its rules when its place is needed, or at the end.

use std::hint::black_box;

use super::format::squid::Glance;
use super::outside::Kind;
use super::plain::WIDTH;
use super::tally::{Sums, Tally, client_hash};
use super::{Found, Rules};

/// How many hosts have a place: a power of two. Each place has some 300 octets.
const PLACES: usize = 8192;

/// Clients that are kept until they are counted together, since each count is somewhere else in memory.
const CLIENTS: usize = 8;

/// What was asked lately, each in the place of its hash.
#[derive(Debug)]
pub struct Recent {
    places: Vec<Place>,
}

/// A host, as it was asked for. None yet where nothing is counted.
#[derive(Clone, Default, Debug)]
struct Place {
    hash: u64,
    host: [u64; WIDTH / 8],
    length: usize,
    port: u16,
    is_https: bool,
    /// The rules of such a request, by number.
    rules: Vec<u32>,
    /// How the host is close, where it is of no rule.
    close: Option<Kind>,
    sums: Sums,
    /// Hashes of clients that are not counted yet.
    clients: [u64; CLIENTS],
    client_count: usize,
}

impl Place {
    fn is_of(&self, glance: &Glance<'_>, hash: u64) -> bool {
        let Glance { host, port, is_https, .. } = glance;
        self.sums.requests > 0
            && (self.hash, self.length, self.port, self.is_https) == (hash, host.length(), *port, *is_https)
            && self.host == host.words()
    }

    /// Is of another host from now on, with no rules yet.
    fn begin(&mut self, glance: &Glance<'_>, hash: u64, close: Option<Kind>) {
        (self.hash, self.host, self.length) = (hash, glance.host.words(), glance.host.length());
        (self.port, self.is_https, self.close) = (glance.port, glance.is_https, close);
        self.rules.clear();
    }

    fn see(&mut self, glance: &Glance<'_>, tally: &mut Tally) {
        self.sums.see(glance.bytes, glance.verdict(), glance.inspected(), Some(glance.time));
        tally.see_time(glance.time);
    }

    fn name(&self, octets: &mut [u8; WIDTH]) -> usize {
        for (octets, word) in octets.chunks_exact_mut(8).zip(self.host) {
            octets.copy_from_slice(&word.to_le_bytes());
        }
        self.length
    }

    /// Hands over what was counted.
    fn flush(&mut self, rules: &Rules, tally: &mut Tally) {
        if self.sums.requests > 0 {
            let mut octets = [0; WIDTH];
            let length = self.name(&mut octets);
            match self.close {
                Some(kind) => tally.count_close(kind, &octets[..length], &self.sums),
                None => tally.count(&self.rules, &octets[..length], &self.sums, rules),
            }
            self.sums = Sums::default();
        }
        self.flush_clients(tally);
    }

    fn flush_clients(&mut self, tally: &mut Tally) {
        tally.see_clients(&self.rules, &self.clients[..self.client_count]);
        self.client_count = 0;
    }

    fn see_client(&mut self, client: &[u8], tally: &mut Tally) {
        if client.is_empty() || self.rules.is_empty() {
            return;
        }
        if self.client_count == CLIENTS {
            self.flush_clients(tally);
        }
        self.clients[self.client_count] = client_hash(client);
        self.client_count += 1;
    }
}

impl Default for Recent {
    /// None so far.
    fn default() -> Self {
        Self { places: vec![Place::default(); PLACES] }
    }
}

impl Recent {
    /// Has the place of a host fetched from memory.
    #[inline]
    pub fn fetch(&self, hash: u64) {
        black_box(self.places[hash as usize & (PLACES - 1)].hash);
    }

    /// Counts a request like one that was counted lately, of rules. False, and nothing counted, where there is none.
    #[inline]
    pub fn see_again(&mut self, glance: &Glance<'_>, hash: u64, tally: &mut Tally) -> bool {
        let place = &mut self.places[hash as usize & (PLACES - 1)];
        let is_again = place.close.is_none() && place.is_of(glance, hash);
        if is_again {
            place.see(glance, tally);
            place.see_client(glance.client, tally);
        }
        is_again
    }

    /// Counts a request that is not like one that was counted lately. False, and nothing counted, where its path has to be looked at, or no rule is about its host.
    pub fn see(
        &mut self,
        glance: &Glance<'_>,
        hash: u64,
        rules: &Rules,
        found: &mut Found,
        tally: &mut Tally,
    ) -> bool {
        let place = &mut self.places[hash as usize & (PLACES - 1)];
        let is_of_any_path = rules.find_plain(&glance.host, glance.port, glance.is_https, found);
        if !is_of_any_path || !found.is_near() {
            return false;
        }
        place.flush(rules, tally);
        place.begin(glance, hash, None);
        found.rules().clone_into(&mut place.rules);
        place.see(glance, tally);
        place.see_client(glance.client, tally);
        true
    }

    /// Counts a request for a host that is of no rule and close to one.
    pub fn see_close(
        &mut self,
        kind: Kind,
        glance: &Glance<'_>,
        hash: u64,
        rules: &Rules,
        tally: &mut Tally,
    ) {
        let place = &mut self.places[hash as usize & (PLACES - 1)];
        if !place.is_of(glance, hash) {
            place.flush(rules, tally);
            place.begin(glance, hash, Some(kind));
        }
        place.see(glance, tally);
    }

    /// Hands over all that was counted.
    pub fn flush(&mut self, rules: &Rules, tally: &mut Tally) {
        for place in &mut self.places {
            place.flush(rules, tally);
        }
    }
}
