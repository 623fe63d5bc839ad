//! What may be asked of one host: sets of scheme, port and path.

use super::paths::PathSet;
use super::steps::Steps;
use crate::model::request::{RequestPattern, Scheme, Schemes};

/// The paths of every port. A port behind the last port ends a range, so keys need more than 16 bits.
type PortPaths = Steps<u32, PathSet>;

/// A set of scheme, port and path. Equal sets are equal values.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct ServiceSet {
    http: PortPaths,
    https: PortPaths,
}

/// One member of a [`ServiceSet`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Service {
    pub(super) scheme: Scheme,
    pub(super) port: u16,
    pub(super) path: String,
}

/// How a request first leaves a set of patterns, in the order host, scheme, port, path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// No pattern matches the host.
    Host,
    /// Patterns match the host, none of them the scheme.
    Scheme,
    /// Patterns match host and scheme, none of them the port.
    Port,
    /// Patterns match host, scheme and port, none of them the path.
    Path,
}

impl Dimension {
    /// All dimensions, in order.
    pub const ALL: [Self; 4] = [Self::Host, Self::Scheme, Self::Port, Self::Path];
}

/// The simplest service that leaves a set in each dimension, by [`Dimension::ALL`].
pub(super) type ByDimension = [Option<Service>; 4];

impl ServiceSet {
    /// What a pattern lets be asked of each of its hosts.
    pub(super) fn of(pattern: &RequestPattern) -> Self {
        let paths = PathSet::of(&pattern.path);
        let mut ports = PortPaths::default();
        for range in pattern.ports.ranges() {
            ports.push(u32::from(*range.start()), paths.clone());
            ports.push(u32::from(*range.end()) + 1, PathSet::default());
        }
        let Schemes { http, https } = pattern.schemes;
        Self {
            http: if http { ports.clone() } else { PortPaths::default() },
            https: if https { ports } else { PortPaths::default() },
        }
    }

    fn ports(&self, scheme: Scheme) -> &PortPaths {
        match scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        }
    }

    /// The two sets, path set by path set.
    fn zip(&self, other: &Self, of: impl Fn(&PathSet, &PathSet) -> PathSet) -> Self {
        Self { http: self.http.zip(&other.http, &of), https: self.https.zip(&other.https, &of) }
    }

    /// Whether nothing is in the set.
    pub(super) fn is_empty(&self) -> bool {
        self.http.is_default() && self.https.is_default()
    }

    /// Whether the set holds a service.
    pub(super) fn contains(&self, scheme: Scheme, port: u16, path: &str) -> bool {
        self.ports(scheme).at(&u32::from(port)).is_some_and(|paths| paths.contains(path))
    }

    /// What is in either.
    pub(super) fn union(&self, other: &Self) -> Self {
        self.zip(other, PathSet::union)
    }

    /// Adds what is in another.
    pub(super) fn add(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
        } else if self != other {
            *self = self.union(other);
        }
    }

    /// What is in this set and neither in `from` nor in `unless`, by the dimension in which it leaves
    /// `from`, the simplest of each.
    pub(super) fn leaving(&self, from: &Self, unless: &Self) -> ByDimension {
        if self == from || self == unless {
            return ByDimension::default();
        }
        let of = self.zip(unless, PathSet::difference);
        if from.is_empty() {
            return [of.simplest(), None, None, None];
        }
        let scheme = Self {
            http: if from.http.is_default() { of.http.clone() } else { PortPaths::default() },
            https: if from.https.is_default() { of.https.clone() } else { PortPaths::default() },
        };
        let unless_scheme_leaves = |scheme: Scheme| {
            if from.ports(scheme).is_default() { PortPaths::default() } else { of.ports(scheme).clone() }
        };
        let rest =
            Self { http: unless_scheme_leaves(Scheme::Http), https: unless_scheme_leaves(Scheme::Https) };
        let port = rest.zip(from, |own, from| if from.is_empty() { own.clone() } else { PathSet::default() });
        let path = rest
            .zip(from, |own, from| if from.is_empty() { PathSet::default() } else { own.difference(from) });
        [None, scheme.simplest(), port.simplest(), path.simplest()]
    }

    /// The member that reads simplest: HTTPS before HTTP, the scheme's own port before the lowest, then
    /// a shortest path.
    fn simplest(&self) -> Option<Service> {
        [Scheme::Https, Scheme::Http].into_iter().find_map(|scheme| {
            let ports = self.ports(scheme);
            let own = u32::from(scheme.default_port());
            let lowest = || {
                let mut spans = ports.spans().map(|(&low, end, _)| (low, end.copied()));
                let (low, end) = spans.next()?;
                // Port 0 is no port that anybody listens on; it is shown only where nothing else is.
                if low > 0 || end.is_none_or(|end| end > 1) {
                    return Some(low.max(1));
                }
                Some(spans.next().map_or(low, |(low, _)| low))
            };
            let has_own = ports.at(&own).is_some_and(|paths| !paths.is_empty());
            let port = if has_own { own } else { lowest()? };
            Some(Service {
                scheme,
                port: u16::try_from(port).expect("internal error: a port behind the last"),
                path: ports.at(&port)?.shortest()?,
            })
        })
    }
}
