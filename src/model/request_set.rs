//! The canonical language of a set of patterns: everything about it is decided, nothing is sampled.
//!
//! Names are a trie over labels (`host_trie`), addresses are ranges; both lead to
//! sets of services (scheme, port, path). Two sets are compared by walking both at once. Labels that
//! are literal in neither lead on together, told apart only by the globs that match them (`labels`), so
//! a comparison takes time by the patterns, never by the names that they match.
//!
//! NOTE: whether some globs over several labels each cover another together is as hard as any question
//! about boolean formulas, so time grows steeply with globs of many stars under one parent that all
//! overlap. Nothing else does: literal labels, and stars in one label, take near-linear time.

mod addresses;
mod boundary;
mod labels;
mod paths;
mod services;
mod steps;
mod values;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub use boundary::{Boundary, boundary_hosts, boundary_requests, boundary_requests_by_host};
pub use services::Dimension;

use self::addresses::Addresses;
use self::services::ServiceSet;
use self::values::{ValueId, Values};
use super::host_pattern::HostPattern;
use super::host_trie::{HostTrie, NodeId};
use super::request::{Host, Request, RequestPattern};

/// The requests that any of several patterns match.
///
/// Equality is of languages: `Exact(x)` with `Descendants(x)` equals `Subtree(x)`.
#[derive(Clone, Debug)]
pub struct RequestSet {
    names: HostTrie<ValueId>,
    addresses: Addresses,
    values: Values,
}

impl RequestSet {
    /// What any of `patterns` matches.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p RequestPattern>) -> Self {
        let mut names = HostTrie::new();
        let mut values = Values::new();
        let mut networks = Vec::new();
        // Neighbours are mostly alike but for the host.
        let mut last: Option<(&RequestPattern, ValueId)> = None;
        for pattern in patterns {
            let value = match last {
                Some((last, value)) if same_services(last, pattern) => value,
                _ => values.intern(Arc::new(ServiceSet::of(pattern))),
            };
            last = Some((pattern, value));
            if let HostPattern::Address(network) = pattern.host {
                networks.push((network, value));
            }
            if let Some(place) = names.place(&pattern.host) {
                let node = names.node_mut(place.node);
                if place.here {
                    node.here = values.union(node.here, value);
                }
                if place.below {
                    node.below = values.union(node.below, value);
                }
            }
        }
        let addresses = Addresses::new(networks, &mut values);
        Self { names, addresses, values }
    }

    /// Whether a request is in the set: exactly if a pattern matches it.
    pub fn contains(&self, request: &Request) -> bool {
        let holds = |value| self.values.get(value).contains(request.scheme, request.port, &request.path);
        match &request.host {
            Host::Name(name) => {
                let mut found = false;
                self.names.trace(name.labels_from_right(), |&value| found = found || holds(value));
                found
            }
            Host::Address(address) => holds(self.addresses.at(*address)),
        }
    }

    /// Whether no request is in the set.
    pub fn is_empty(&self) -> bool {
        self.witness().is_none()
    }

    /// A shortest request of the set, if there is one.
    pub fn witness(&self) -> Option<Request> {
        self.witness_outside(&Self::new([]))
    }

    /// A shortest request that is in this set and not in `other`, if there is one: the name with the
    /// fewest octets, else the lowest address, with the simplest service there.
    pub fn witness_outside(&self, other: &Self) -> Option<Request> {
        let [host, ..] = walk::leaving(self, &Self::new([]), other);
        host
    }

    /// Whether every request of `other` is in this set.
    ///
    /// # Errors
    /// With a shortest request of `other` that is not.
    pub fn includes(&self, other: &Self) -> Result<(), Request> {
        other.witness_outside(self).map_or(Ok(()), Err)
    }

    /// The requests of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        // The numbers of the other's values in the union.
        let mut own: HashMap<ValueId, ValueId> = HashMap::new();
        let mut renumber = |values: &mut Values, id: ValueId| {
            *own.entry(id).or_insert_with(|| values.intern(Arc::clone(other.values.get(id))))
        };
        let mut pairs: Vec<(NodeId, NodeId)> = vec![(HostTrie::<ValueId>::ROOT, HostTrie::<ValueId>::ROOT)];
        while let Some((to, from)) = pairs.pop() {
            let from = other.names.node(from);
            let (here, below) =
                (renumber(&mut union.values, from.here), renumber(&mut union.values, from.below));
            let node = union.names.node_mut(to);
            node.here = union.values.union(node.here, here);
            node.below = union.values.union(node.below, below);
            for (label, &child) in &from.literals {
                pairs.push((union.names.literal(to, label), child));
            }
            for (glob, &child) in &from.globs {
                pairs.push((union.names.glob(to, glob.clone()), child));
            }
        }
        union.addresses = self.addresses.union(&other.addresses, &mut union.values, renumber);
        union
    }
}

/// Whether two patterns differ in their hosts at most.
fn same_services(one: &RequestPattern, other: &RequestPattern) -> bool {
    one.schemes == other.schemes && one.ports == other.ports && one.path == other.path
}

impl PartialEq for RequestSet {
    fn eq(&self, other: &Self) -> bool {
        self.includes(other).is_ok() && other.includes(self).is_ok()
    }
}

impl Eq for RequestSet {}

/// The requests that are in `of` and neither in `from` nor in `unless_in`: for each dimension in which
/// they first leave `from`, a shortest witness, in the order of the dimensions.
///
/// A rule's encoding is *wider* where `deviations(means, [rule], policy)` finds something, *narrower*
/// where `deviations([rule], means, everything meant)` does. `of` and `from` are small; `unless_in` is
/// looked at only along the names that `of` leads to.
pub fn deviations(
    of: &[RequestPattern],
    from: &[RequestPattern],
    unless_in: &RequestSet,
) -> Vec<(Dimension, Request)> {
    if of == from {
        return Vec::new();
    }
    if let ([of], [from]) = (of, from)
        && of.host == from.host
        && let Some(deviations) = of_same_host(of, from, unless_in)
    {
        return deviations;
    }
    let (of, from) = (RequestSet::new(of), RequestSet::new(from));
    let mut leaving = walk::leaving(&of, &from, &RequestSet::new([]));
    // What is shortest among more requests and is still there is shortest among fewer.
    if leaving.iter().flatten().any(|request| unless_in.contains(request)) {
        leaving = walk::leaving(&of, &from, unless_in);
    }
    by_dimension(leaving)
}

/// [`deviations`] of two patterns with one host, without a walk: what most rules need, since products
/// are mostly blind to ports and schemes. Nothing where the shortest name is not obvious, or it is in
/// `unless_in`.
fn of_same_host(
    of: &RequestPattern,
    from: &RequestPattern,
    unless_in: &RequestSet,
) -> Option<Vec<(Dimension, Request)>> {
    let name = match &of.host {
        HostPattern::Exact(name) | HostPattern::Subtree(name) => name.clone(),
        HostPattern::Descendants(name) => format!("a.{name}").parse().ok()?,
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => return None,
    };
    let services = ServiceSet::of(of).leaving(&ServiceSet::of(from), &ServiceSet::default());
    let leaving = services.map(|service| Some(walk::request(Host::Name(name.clone()), service?)));
    let shortest = !leaving.iter().flatten().any(|request| unless_in.contains(request));
    shortest.then(|| by_dimension(leaving))
}

fn by_dimension(leaving: [Option<Request>; 4]) -> Vec<(Dimension, Request)> {
    Dimension::ALL.into_iter().zip(leaving).filter_map(|(d, request)| Some((d, request?))).collect()
}
