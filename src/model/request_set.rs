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

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

pub use boundary::{Boundary, boundary_hosts, boundary_requests, boundary_requests_by_host};
pub use services::Dimension;

use self::addresses::Addresses;
use self::services::ServiceSet;
use self::values::{ValueId, Values};
use super::domain::DomainName;
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

    /// What may be asked of a name.
    fn services(&self, name: &DomainName) -> ServiceSet {
        let mut services = ServiceSet::default();
        self.names.trace(name.labels_from_right(), |&value| services.add(self.values.get(value)));
        services
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
            let own = other.names.node(from);
            let (here, below) =
                (renumber(&mut union.values, own.here), renumber(&mut union.values, own.below));
            let node = union.names.node_mut(to);
            node.here = union.values.union(node.here, here);
            node.below = union.values.union(node.below, below);
            for (label, child) in other.names.literals(from) {
                pairs.push((union.names.literal(to, label), child));
            }
            for (glob, child) in own.globs() {
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
    if let Some(deviations) = of_one_name(of, from, unless_in) {
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

/// A shortest request that any of some patterns matches, if there is one: [`RequestSet::witness`].
pub fn shortest(of: &[RequestPattern]) -> Option<Request> {
    let leaving = deviations(of, &[], &RequestSet::new([]));
    leaving.into_iter().next().map(|(_, request)| request)
}

/// [`deviations`] of patterns that are all of one name, without a walk: what most rules need, since products are mostly
/// blind to ports and schemes, or know no wildcard without the name above it. Such patterns tell two kinds of names
/// apart, the name and those below it. Nothing where the shortest name is not obvious, or it is in `unless_in`.
fn of_one_name(
    of: &[RequestPattern],
    from: &[RequestPattern],
    unless_in: &RequestSet,
) -> Option<Vec<(Dimension, Request)>> {
    let (name, ..) = forms(&of.first()?.host).filter(|(name, ..)| !name.is_root())?;
    let (mut at_name, mut below) = <([ServiceSet; 2], [ServiceSet; 2])>::default();
    for (side, pattern) in of.iter().map(|own| (0, own)).chain(from.iter().map(|own| (1, own))) {
        let (_, is_at, is_below) = forms(&pattern.host).filter(|(own, ..)| *own == name)?;
        let services = ServiceSet::of(pattern);
        if is_below {
            below[side].add(&services);
        }
        if is_at {
            at_name[side].add(&services);
        }
    }
    let request = |name: &DomainName, service| walk::request(Host::Name(name.clone()), service);
    let nothing = ServiceSet::default();
    let mut leaving = at_name[0].leaving(&at_name[1], &nothing).map(|own| Some(request(name, own?)));
    let further = below[0].leaving(&below[1], &nothing);
    let is_further = further.iter().any(Option::is_some);
    if leaving.iter().flatten().any(|own| unless_in.contains(own)) {
        if is_further {
            return None;
        }
        let known = unless_in.services(name);
        leaving = at_name[0].leaving(&at_name[1], &known).map(|own| Some(request(name, own?)));
    }
    if is_further {
        let lower: DomainName = format!("a.{name}").parse().ok()?;
        let further = further.map(|own| Some(request(&lower, own?)));
        if further.iter().flatten().any(|own| unless_in.contains(own)) {
            return None;
        }
        // The name itself is shorter.
        leaving.iter_mut().zip(further).for_each(|(own, further)| *own = own.take().or(further));
    }
    Some(by_dimension(leaving))
}

/// The name that a pattern is of, and whether it matches the name itself and those below it. Nothing where it matches
/// other names, or addresses.
fn forms(host: &HostPattern) -> Option<(&DomainName, bool, bool)> {
    match host {
        HostPattern::Exact(name) => Some((name, true, false)),
        HostPattern::Subtree(name) => Some((name, true, true)),
        HostPattern::Descendants(name) => Some((name, false, true)),
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => None,
    }
}

fn by_dimension(leaving: [Option<Request>; 4]) -> Vec<(Dimension, Request)> {
    Dimension::ALL.into_iter().zip(leaving).filter_map(|(d, request)| Some((d, request?))).collect()
}
