//! Who asked, and for which version: the last time of each client, in tables that never grow.
//!
//! A table is full of small sets; a client belongs to one of them by its address, and takes the place of the one in it
//! that has been away longest. Whoever makes up addresses pushes others out, and nothing else.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Clients of one set.
const WAYS: usize = 8;

/// Sets of those who fetch lists: 4,096 firewalls.
const LIST_SETS: usize = 512;
/// Sets of those who fetch a PAC: 131,072 devices, 9 MB where all are there.
const PAC_SETS: usize = 16_384;

/// A client of a site, and what it got last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its address.
    pub client: IpAddr,
    /// The site, by its place in the list.
    pub site: usize,
    /// The number of the version that it got, or was told that it has.
    pub version: u64,
    /// When, in seconds since 1970.
    pub last: u64,
    /// How often it asked since it is in the table.
    pub requests: u64,
}

/// One table.
#[derive(Debug)]
pub struct Slots {
    sets: Box<[Mutex<Vec<Seen>>]>,
    /// Seeded at random: nobody can choose addresses that meet in one set.
    hasher: RandomState,
    pushed_out: AtomicU64,
}

impl Slots {
    fn new(sets: usize) -> Self {
        let sets = (0..sets).map(|_| Mutex::new(Vec::new())).collect();
        Self { sets, hasher: RandomState::new(), pushed_out: AtomicU64::new(0) }
    }

    fn note(&self, client: IpAddr, site: usize, version: u64, now: u64) {
        let at = self.hasher.hash_one((client, site)) as usize % self.sets.len();
        let mut set = self.sets[at].lock().unwrap_or_else(PoisonError::into_inner);
        let new = Seen { client, site, version, last: now, requests: 1 };
        if let Some(own) = set.iter_mut().find(|own| own.client == client && own.site == site) {
            *own = Seen { requests: own.requests + 1, ..new };
        } else if set.len() < WAYS {
            set.push(new);
        } else if let Some(oldest) = set.iter_mut().min_by_key(|own| own.last) {
            *oldest = new;
            self.pushed_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Everybody in the table, by address.
    pub fn all(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        for set in &self.sets {
            all.extend_from_slice(&set.lock().unwrap_or_else(PoisonError::into_inner));
        }
        all.sort_unstable_by_key(|own| (own.site, own.client));
        all
    }

    /// How often a client lost its place to another: where it is not 0, there may be more than the table says.
    pub fn pushed_out(&self) -> u64 {
        self.pushed_out.load(Ordering::Relaxed)
    }
}

/// Who asked for what.
#[derive(Debug)]
pub struct Clients {
    /// Those who fetch lists: firewalls, proxies.
    pub lists: Slots,
    /// Those who fetch a PAC.
    pub devices: Slots,
}

impl Default for Clients {
    fn default() -> Self {
        Self { lists: Slots::new(LIST_SETS), devices: Slots::new(PAC_SETS) }
    }
}

impl Clients {
    /// Notes that a client fetched a list of a version.
    pub fn fetched_list(&self, client: IpAddr, site: usize, version: u64, now: u64) {
        self.lists.note(client, site, version, now);
    }

    /// Notes that a client fetched a PAC of a version.
    pub fn fetched_pac(&self, client: IpAddr, site: usize, version: u64, now: u64) {
        self.devices.note(client, site, version, now);
    }
}

/// What is told of the clients of one site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// Clients in the table.
    pub clients: usize,
    /// Those that have the version that is served.
    pub current: usize,
    /// Clients by the version that they have.
    pub by_version: BTreeMap<u64, usize>,
    /// Those with an older one, the longest away first, at most [`MAX_TOLD`].
    pub behind: Vec<Behind>,
    /// Clients that lost their place in the table, of all sites: where it is not 0, there may be more.
    pub pushed_out: u64,
}

/// A client that has an older version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Behind {
    /// Its address.
    pub client: IpAddr,
    /// The version that it has.
    pub version: u64,
    /// When it asked last, in seconds since 1970.
    pub last: u64,
}

/// Clients that are told one by one.
pub const MAX_TOLD: usize = 100;

impl Told {
    /// What a table tells of a site that serves this version.
    pub fn of(slots: &Slots, site: usize, version: u64) -> Self {
        let all = slots.all();
        let own: Vec<&Seen> = all.iter().filter(|seen| seen.site == site).collect();
        let mut by_version = BTreeMap::new();
        for seen in &own {
            *by_version.entry(seen.version).or_default() += 1;
        }
        let mut behind: Vec<Behind> = own
            .iter()
            .filter(|seen| seen.version != version)
            .map(|seen| Behind { client: seen.client, version: seen.version, last: seen.last })
            .collect();
        let current = own.len() - behind.len();
        behind.sort_by_key(|own| (own.last, own.client));
        behind.truncate(MAX_TOLD);
        Self { clients: own.len(), current, by_version, behind, pushed_out: slots.pushed_out() }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn a_table_tells_who_is_behind() {
        let clients = Clients::default();
        clients.fetched_list(address(1), 0, 3, 100);
        clients.fetched_list(address(1), 0, 4, 200);
        clients.fetched_list(address(2), 0, 3, 150);
        clients.fetched_list(address(3), 1, 9, 150);
        clients.fetched_pac(address(9), 0, 1, 10);
        let told = Told::of(&clients.lists, 0, 4);
        assert_eq!((told.clients, told.current, told.pushed_out), (2, 1, 0));
        assert_eq!(told.by_version, BTreeMap::from([(3, 1), (4, 1)]));
        assert_eq!(told.behind, [Behind { client: address(2), version: 3, last: 150 }]);
        assert_eq!(clients.lists.all()[0].requests, 2);
    }

    #[test]
    fn a_table_never_grows_and_keeps_who_came_last() {
        let slots = Slots::new(2);
        for number in 0..1_000 {
            slots.note(address(number), 0, 1, u64::from(number));
        }
        let all = slots.all();
        assert!(all.len() <= 2 * WAYS, "{}", all.len());
        assert!(all.iter().any(|seen| seen.client == address(999)));
        assert!(all.iter().all(|seen| seen.last > 900), "those away longest went");
        assert_eq!(slots.pushed_out(), 1_000 - all.len() as u64);
    }
}
