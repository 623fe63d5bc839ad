//! Addresses, networks and ranges, and what is beside them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::entry::{Nothing, never};
use crate::read::Place;

/// Reads an address, a network or a range of addresses.
///
/// # Errors
/// When it is none.
pub(super) fn read(text: &str) -> Result<Vec<IpNet>, Nothing> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(vec![address.into()]);
    }
    if let Ok(network) = text.parse::<IpNet>() {
        return Ok(vec![network.trunc()]);
    }
    let ends = text.split_once('-').map(|(low, high)| (low.parse::<IpAddr>(), high.parse::<IpAddr>()));
    match ends {
        Some((Ok(low), Ok(high))) => range(low, high),
        _ => never("no address, network or range of addresses"),
    }
}

/// The networks of all addresses from one to another.
fn range(low: IpAddr, high: IpAddr) -> Result<Vec<IpNet>, Nothing> {
    match (low, high) {
        (IpAddr::V4(low), IpAddr::V4(high)) if low <= high => {
            Ok(Ipv4Subnets::new(low, high, 0).map(IpNet::V4).collect())
        }
        (IpAddr::V6(low), IpAddr::V6(high)) if low <= high => {
            Ok(Ipv6Subnets::new(low, high, 0).map(IpNet::V6).collect())
        }
        _ => never("a range that ends before it begins"),
    }
}

/// The addresses that are in none of some networks.
pub(super) fn beside(networks: &[(IpNet, Place)]) -> Vec<IpNet> {
    let mut all = Vec::new();
    for everything in ["0.0.0.0/0", "::/0"] {
        let everything: IpNet = everything.parse().expect("internal error: a network");
        let own = networks.iter().map(|(network, _)| *network);
        let own: Vec<IpNet> = IpNet::aggregate(&own.filter(|network| everything.contains(network)).collect());
        let mut sorted = own;
        sorted.sort_by_key(IpNet::network);
        let mut next = Some(everything.network());
        for network in sorted {
            if let Some(low) = next
                && let Some(high) = before(network.network())
                && low <= high
            {
                all.extend(range(low, high).unwrap_or_default());
            }
            next = after(network.broadcast());
        }
        if let Some(low) = next {
            all.extend(range(low, everything.broadcast()).unwrap_or_default());
        }
    }
    all
}

fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(own) => u32::from(own).checked_sub(1).map(|bits| Ipv4Addr::from(bits).into()),
        IpAddr::V6(own) => u128::from(own).checked_sub(1).map(|bits| Ipv6Addr::from(bits).into()),
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(own) => u32::from(own).checked_add(1).map(|bits| Ipv4Addr::from(bits).into()),
        IpAddr::V6(own) => u128::from(own).checked_add(1).map(|bits| Ipv6Addr::from(bits).into()),
    }
}
