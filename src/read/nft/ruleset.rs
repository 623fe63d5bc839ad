//! What is loaded into the kernel: tables with their sets and chains.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::model::Ports;
use crate::read::Place;

/// The two versions of the Internet Protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Version {
    V4,
    V6,
}

impl Version {
    pub(super) const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The number of the last address.
    pub(super) fn last(self) -> u128 {
        match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }

    pub(super) fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// The number of an address among those of its version.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// What a table is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Family {
    Ip,
    Ip6,
    Inet,
}

impl Family {
    pub(super) fn has(self, version: Version) -> bool {
        match self {
            Self::Ip => version == Version::V4,
            Self::Ip6 => version == Version::V6,
            Self::Inet => true,
        }
    }
}

/// Everything that is loaded. What is deleted again is no longer named by a table.
#[derive(Debug, Default)]
pub(super) struct Ruleset {
    pub(super) tables: BTreeMap<(Family, String), Table>,
    pub(super) sets: Vec<Set>,
    pub(super) chains: Vec<Chain>,
}

/// Place of a set in [`Ruleset::sets`].
pub(super) type SetId = usize;
/// Place of a chain in [`Ruleset::chains`].
pub(super) type ChainId = usize;

/// The names of a table.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) sets: BTreeMap<String, SetId>,
    pub(super) chains: BTreeMap<String, ChainId>,
}

/// A set, with a name or in a rule.
#[derive(Debug)]
pub(super) struct Set {
    /// As a message calls it.
    pub(super) name: String,
    /// Where it is defined, or else where it is first named.
    pub(super) place: Place,
    /// Nothing while it is only named.
    pub(super) kind: Option<Kind>,
    pub(super) flags: Flags,
    /// Seconds.
    pub(super) timeout: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) elements: Elements,
}

/// What the elements of a set are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Addresses(Version),
    Ports,
    Interfaces,
    /// Something that is not read.
    Other,
}

/// How a set is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Flags {
    pub(super) interval: bool,
    pub(super) constant: bool,
    pub(super) auto_merge: bool,
    /// With `dynamic` or `timeout`: without elements of its own it is filled by somebody.
    pub(super) filled: bool,
}

/// The elements of a set: those of its kind, the others are empty.
#[derive(Debug, Default)]
pub(super) struct Elements {
    pub(super) addresses: Vec<(RangeInclusive<u128>, Place)>,
    pub(super) ports: Vec<RangeInclusive<u16>>,
    pub(super) interfaces: Vec<String>,
}

/// A chain.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) family: Family,
    /// Where it is defined, or else where it is first named.
    pub(super) place: Place,
    /// False while it is only named.
    pub(super) is_defined: bool,
    pub(super) base: Option<Base>,
    pub(super) rules: Vec<Rule>,
}

/// What makes a base chain of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Base {
    pub(super) hook: Hook,
    /// Of the type `nat`, which only the first packet of a connection passes.
    pub(super) nat: bool,
    pub(super) accepts: bool,
}

/// Where on a packet's way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    /// From the left; what stands behind a mismatch is not done.
    pub(super) steps: Vec<Step>,
    /// What is done with what matches. Each is for what its test matches; all of them, in a rule without a
    /// map of verdicts.
    pub(super) outcomes: Vec<(Option<Test>, Action)>,
}

/// A part of a rule.
#[derive(Debug)]
pub(super) enum Step {
    Test(Test),
    /// An address of the packet is added to a set.
    Learn {
        set: SetId,
        side: Side,
    },
}

/// Of two ends, or of two interfaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Where the packet comes from.
    From,
    /// Where it goes.
    To,
}

/// A condition. Where `negated`, its opposite.
#[derive(Debug)]
pub(super) enum Test {
    Address {
        side: Side,
        version: Version,
        set: SetId,
        negated: bool,
    },
    Port {
        side: Side,
        set: SetId,
        negated: bool,
    },
    Interface {
        side: Side,
        set: SetId,
        negated: bool,
    },
    Version(Version),
    State {
        new: bool,
        established: bool,
    },
    /// Decided already, since every packet that is asked about is one of TCP.
    Constant(bool),
    /// It depends on something that nobody knows here.
    Unknown,
}

/// What is done with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    Accept,
    Drop,
    Jump(ChainId),
    Goto(ChainId),
    Return,
    Continue,
}

impl Rule {
    /// Every condition of the rule.
    pub(super) fn tests(&self) -> impl Iterator<Item = &Test> {
        let of_steps = self.steps.iter().filter_map(|step| match step {
            Step::Test(test) => Some(test),
            Step::Learn { .. } => None,
        });
        of_steps.chain(self.outcomes.iter().filter_map(|(test, _)| test.as_ref()))
    }
}

impl Set {
    /// A set that a place names.
    pub(super) fn named(name: &str, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            place,
            kind: None,
            flags: Flags::default(),
            timeout: None,
            size: None,
            elements: Elements::default(),
        }
    }

    /// The ports in it.
    pub(super) fn ports(&self) -> Ports {
        Ports::from_ranges(self.elements.ports.iter().cloned())
    }

    /// Whether an address is in it from the start.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        self.kind == Some(Kind::Addresses(Version::of(address)))
            && self.elements.addresses.iter().any(|(range, _)| range.contains(&number(address)))
    }

    /// Whether an interface is in it: a star at the end of an element stands for anything.
    pub(super) fn has_interface(&self, name: &str) -> bool {
        self.elements.interfaces.iter().any(|own| match own.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => own == name,
        })
    }
}
