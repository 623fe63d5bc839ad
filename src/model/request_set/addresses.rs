//! The addresses of a set: values over ranges, which networks nest or keep apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::RequestSet;
use super::steps::Steps;
use super::values::{Comparison, ValueId, Values};
use super::walk::{self, Side};
use crate::model::request::{Host, Request};

/// The two kinds of addresses, which never match each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Family {
    V4,
    V6,
}

/// What every address may be asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    v4: Steps<u128, ValueId>,
    v6: Steps<u128, ValueId>,
}

impl Addresses {
    /// Of networks with their values, in any order.
    pub(super) fn new(mut networks: Vec<(IpNet, ValueId)>, values: &mut Values) -> Self {
        // A network comes before those inside it.
        networks.sort_by_key(|(network, _)| (network.network(), network.prefix_len()));
        let of = |family: Family| {
            networks.iter().filter(move |(network, _)| family_of(network.addr()) == family).map(bounds)
        };
        Self { v4: sweep(of(Family::V4), values), v6: sweep(of(Family::V6), values) }
    }

    fn family(&self, family: Family) -> &Steps<u128, ValueId> {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The value of an address.
    pub(super) fn at(&self, address: IpAddr) -> ValueId {
        self.family(family_of(address)).at(&number(address)).copied().unwrap_or_default()
    }

    /// The values of either, where those of `other` are numbered by `renumber`.
    pub(super) fn union(
        &self,
        other: &Self,
        values: &mut Values,
        mut renumber: impl FnMut(&mut Values, ValueId) -> ValueId,
    ) -> Self {
        let mut unite = |own: &ValueId, others: &ValueId| {
            let others = renumber(values, *others);
            values.union(*own, others)
        };
        Self { v4: self.v4.zip(&other.v4, &mut unite), v6: self.v6.zip(&other.v6, &mut unite) }
    }
}

fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 => {
            Ipv4Addr::from_bits(u32::try_from(number).expect("internal error: over 32 bits")).into()
        }
        Family::V6 => Ipv6Addr::from_bits(number).into(),
    }
}

/// First address, first address behind (nothing behind the last of IPv6), value.
fn bounds(&(network, value): &(IpNet, ValueId)) -> (u128, Option<u128>, ValueId) {
    (number(network.network()), number(network.broadcast()).checked_add(1), value)
}

/// The values over networks that come sorted, outer ones first.
fn sweep(
    networks: impl Iterator<Item = (u128, Option<u128>, ValueId)>,
    values: &mut Values,
) -> Steps<u128, ValueId> {
    let mut steps = Steps::default();
    // The networks around the current address: where each ends, and the value of all up to it.
    let mut open: Vec<(Option<u128>, ValueId)> = Vec::new();
    let close = |open: &mut Vec<(Option<u128>, ValueId)>, steps: &mut Steps<u128, ValueId>, until| {
        while let Some(&(Some(end), _)) = open.last()
            && end <= until
        {
            open.pop();
            steps.push(end, open.last().map_or(ValueId::EMPTY, |&(_, value)| value));
        }
    };
    for (start, end, value) in networks {
        close(&mut open, &mut steps, start);
        let around = open.last().map_or(ValueId::EMPTY, |&(_, value)| value);
        let value = values.union(around, value);
        steps.push(start, value);
        open.push((end, value));
    }
    close(&mut open, &mut steps, u128::MAX);
    steps
}

/// Adds the lowest address of every dimension that has no witness yet, in `[of, from, unless]`.
pub(super) fn leaving(
    sets: [&RequestSet; 3],
    comparison: &mut Comparison,
    sides: &mut [Side<'_>; 3],
    found: &mut [Option<Request>; 4],
) {
    for family in [Family::V4, Family::V6] {
        let steps = sets.map(|set| set.addresses.family(family));
        for (&low, end, _) in steps[0].spans() {
            let mut at = low;
            loop {
                let values = std::array::from_fn(|side| {
                    let own = steps[side].at(&at).copied().unwrap_or_default();
                    sides[side].value(own, comparison.values())
                });
                let leaving = comparison.leaving(values);
                for (found, service) in found.iter_mut().zip(&*leaving) {
                    if let (None, Some(service)) = (&found, service) {
                        *found = Some(walk::request(Host::Address(address(family, at)), service.clone()));
                    }
                }
                let next = steps[1..].iter().filter_map(|steps| steps.change_after(&at)).min();
                match next {
                    Some(&next) if end.is_none_or(|&end| next < end) => at = next,
                    _ => break,
                }
            }
        }
    }
}
