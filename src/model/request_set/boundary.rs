//! One request of every kind that patterns tell apart.
//!
//! Whoever decides by these patterns alone decides alike for all requests of a kind, so that asking one of
//! each decides the whole. That is how a configuration is compared with a policy whose rules have an order
//! and exceptions: it is asked, and nothing is sampled.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

use foldhash::{HashSet, HashSetExt};
use ipnet::IpNet;

use super::labels::{self, Labels};
use super::paths;
use crate::model::domain::{DomainName, MAX_NAME};
use crate::model::host_pattern::HostPattern;
use crate::model::host_trie::{Glob, HostTrie, NodeId};
use crate::model::index::HostIndex;
use crate::model::path::PathPattern;
use crate::model::request::{Host, Ports, Request, RequestPattern, Scheme};

/// How many labels of one class are tried where rules of internationalized names refuse them.
const MOST_NO_NAMES: usize = 4096;

/// At least one host of every class of hosts that the patterns tell apart: two hosts of a class are matched
/// by the same patterns. Names first, in no order that means anything; without repeats.
pub fn boundary_hosts<'p>(patterns: impl IntoIterator<Item = &'p HostPattern>) -> Vec<Host> {
    let mut trie = HostTrie::<()>::new();
    let mut networks = Vec::new();
    for pattern in patterns {
        trie.place(pattern);
        if let HostPattern::Address(network) = pattern {
            networks.push(*network);
        }
    }
    let mut walk = Walk { trie: &trie, found: Vec::new(), seen: HashSet::new() };
    walk.below(&[HostTrie::<()>::ROOT], "");
    let mut hosts = walk.found;
    hosts.extend(boundary_addresses(&networks).into_iter().map(Host::Address));
    hosts
}

/// At least one request of every class of requests that the patterns tell apart: those of
/// [`boundary_requests_by_host`].
pub fn boundary_requests<'p>(
    patterns: impl IntoIterator<Item = &'p RequestPattern>,
) -> impl Iterator<Item = Request> {
    boundary_requests_by_host(patterns).flat_map(|(_, requests)| requests)
}

/// At least one request of every class of requests that the patterns tell apart, host by host, so that each host is
/// looked up once. No host is there twice.
///
/// A class is one of hosts (see [`boundary_hosts`]), of a scheme, and of ports and paths between the bounds of the
/// patterns that match the host.
pub fn boundary_requests_by_host<'p>(
    patterns: impl IntoIterator<Item = &'p RequestPattern>,
) -> impl Iterator<Item = (Host, Vec<Request>)> {
    let boundary = Boundary::new(patterns);
    boundary.hosts().into_iter().map(move |host| {
        let requests = boundary.requests(&host, []);
        (host, requests)
    })
}

/// The same for who decides by more than patterns: what that tells apart at a host is said there.
#[derive(Debug)]
pub struct Boundary<'p> {
    /// Without repeats.
    hosts: Vec<&'p HostPattern>,
    services: Services<'p>,
}

/// The ports and paths of patterns, but for those that tell nothing apart.
#[derive(Debug)]
enum Services<'p> {
    /// So few that each is asked everywhere: mostly the one port of a list.
    Few(Vec<(&'p Ports, &'p PathPattern)>),
    /// Each at the hosts of its patterns.
    Many(HostIndex<(&'p Ports, &'p PathPattern)>),
}

/// How many ports and paths are few.
const FEW: usize = 2;

impl<'p> Boundary<'p> {
    /// Of patterns.
    pub fn new(patterns: impl IntoIterator<Item = &'p RequestPattern>) -> Self {
        let patterns: Vec<&RequestPattern> = patterns.into_iter().collect();
        let mut known = HashSet::new();
        let hosts: Vec<&HostPattern> =
            patterns.iter().map(|pattern| &pattern.host).filter(|host| known.insert(*host)).collect();
        drop(known);
        let any = (&Ports::any(), &PathPattern::Any);
        let of = |pattern: &'p RequestPattern| (&pattern.ports, &pattern.path);
        let mut few: Vec<(&Ports, &PathPattern)> = Vec::new();
        for service in patterns.iter().map(|pattern| of(pattern)).filter(|own| *own != any) {
            if few.len() <= FEW && !few.contains(&service) {
                few.push(service);
            }
        }
        if few.len() <= FEW {
            return Self { hosts, services: Services::Few(few) };
        }
        let (mut services, mut known) = (HostIndex::new(), HashSet::new());
        for pattern in patterns {
            let service = of(pattern);
            if service != any && known.insert((&pattern.host, service)) {
                services.insert(pattern.host.clone(), service);
            }
        }
        Self { hosts, services: Services::Many(services) }
    }

    /// See [`boundary_hosts`].
    pub fn hosts(&self) -> Vec<Host> {
        boundary_hosts(self.hosts.iter().copied())
    }

    /// The ports and paths that the patterns tell apart at a host. Hosts of equal ones, with equal ports beside them, are
    /// asked the same [`requests`](Self::requests).
    pub fn services(&self, host: &Host) -> Vec<(&'p Ports, &'p PathPattern)> {
        match &self.services {
            Services::Few(services) => services.clone(),
            Services::Many(services) => services.matching(host).copied().collect(),
        }
    }

    /// A request to a host of every class; `also` are ports that are told apart there beside those of the patterns.
    pub fn requests<'a>(&self, host: &Host, also: impl IntoIterator<Item = &'a Ports>) -> Vec<Request> {
        // Port 0 is no port that anybody listens on.
        let mut ports = BTreeSet::from([1_u16]);
        let mut bound = |set: &Ports| {
            for range in set.ranges() {
                ports.insert((*range.start()).max(1));
                ports.extend(range.end().checked_add(1));
            }
        };
        also.into_iter().for_each(&mut bound);
        let mut paths = BTreeSet::from(["/".to_owned()]);
        for (of, path) in self.services(host) {
            bound(of);
            paths.extend(paths::bounds(path));
        }
        let mut requests = Vec::with_capacity(Scheme::ALL.len() * ports.len() * paths.len());
        for scheme in Scheme::ALL {
            for &port in &ports {
                let request =
                    |path: &String| Request { scheme, host: host.clone(), port, path: path.clone() };
                requests.extend(paths.iter().map(request));
            }
        }
        requests
    }
}

/// The first address of every range between the bounds of networks.
fn boundary_addresses(networks: &[IpNet]) -> BTreeSet<IpAddr> {
    let mut starts = BTreeSet::from([IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]);
    for network in networks {
        starts.insert(network.network());
        match network.broadcast() {
            IpAddr::V4(last) => {
                starts.extend(u32::from(last).checked_add(1).map(|next| IpAddr::V4(next.into())))
            }
            IpAddr::V6(last) => {
                starts.extend(u128::from(last).checked_add(1).map(|next| IpAddr::V6(next.into())))
            }
        }
    }
    starts
}

struct Walk<'t> {
    trie: &'t HostTrie<()>,
    found: Vec<Host>,
    seen: HashSet<DomainName>,
}

impl<'t> Walk<'t> {
    /// Finds the names below a position. `parent` is the name there.
    fn below(&mut self, active: &[NodeId], parent: &str) {
        if active.is_empty() {
            // Nothing below is told apart from the name itself.
            return;
        }
        let trie = self.trie;
        let mut literals: Vec<&'t str> =
            active.iter().flat_map(|&node| trie.literals(node).map(|(label, _)| label)).collect();
        literals.sort_unstable();
        literals.dedup();
        let globs: Vec<&Glob> =
            active.iter().flat_map(|&node| trie.node(node).globs().map(|(glob, _)| glob)).collect();
        let own;
        let other: &Labels<'_> = match labels::known(&globs) {
            Some(known) => known,
            None => {
                own = Labels::new(globs);
                &own
            }
        };
        for class in other.classes() {
            let mut no_names = 0;
            other.each(class, &mut |label| {
                if literals.binary_search(&label).is_ok() {
                    return ControlFlow::Continue(());
                }
                if parent.len() + ".".len() + label.len() > MAX_NAME {
                    return ControlFlow::Break(());
                }
                if self.enter(active, label, parent) || no_names == MOST_NO_NAMES {
                    return ControlFlow::Break(());
                }
                no_names += 1;
                ControlFlow::Continue(())
            });
        }
        for label in literals {
            self.enter(active, label, parent);
        }
    }

    /// Finds the name one label further, and those below it. False if that is no name.
    fn enter(&mut self, active: &[NodeId], label: &str, parent: &str) -> bool {
        let text = if parent.is_empty() { label.to_owned() } else { [label, ".", parent].concat() };
        if text.len() > MAX_NAME {
            return false;
        }
        // What is no name is no end of a name either.
        let name = text.parse::<DomainName>().ok();
        let is_name = name.is_some();
        if let Some(name) = name {
            if self.seen.insert(name.clone()) {
                self.found.push(Host::Name(name));
            }
            let next: Vec<NodeId> = active.iter().flat_map(|&node| self.trie.children(node, label)).collect();
            self.below(&next, &text);
        }
        is_name
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::request::Schemes;
    use crate::model::samples::{host_pattern, hosts};

    fn request_pattern() -> impl Strategy<Value = RequestPattern> {
        let ports = prop_oneof![
            Just(Ports::one(80)),
            Just(Ports::from_ranges([443..=445, 65535..=65535])),
            Just(Ports::any())
        ];
        let path = prop_oneof![3 => Just(""), 1 => Just("/a"), 1 => Just("/a*"), 1 => Just("/a/b/")];
        let schemes = prop_oneof![Just(Schemes::ANY), Just(Schemes::only(Scheme::Http))];
        (host_pattern(), schemes, ports, path).prop_map(|(host, schemes, ports, path)| RequestPattern {
            host,
            schemes,
            ports,
            path: PathPattern::parse(path).unwrap(),
        })
    }

    proptest! {
        #[test]
        fn every_host_is_matched_as_one_that_is_asked(patterns in vec(host_pattern(), 0..8)) {
            let matched = |host: &Host| patterns.iter().map(|pattern| pattern.matches(host)).collect::<Vec<_>>();
            let asked: HashSet<_> = boundary_hosts(&patterns).iter().map(matched).collect();
            for host in hosts() {
                prop_assert!(asked.contains(&matched(&host)), "{host}");
            }
        }

        #[test]
        fn every_request_is_matched_as_one_that_is_asked(patterns in vec(request_pattern(), 0..5)) {
            let matched =
                |request: &Request| patterns.iter().map(|pattern| pattern.matches(request)).collect::<Vec<_>>();
            let asked: HashSet<_> = boundary_requests(&patterns).map(|request| matched(&request)).collect();
            for host in hosts() {
                for (scheme, port) in [(Scheme::Http, 80), (Scheme::Https, 444), (Scheme::Http, 65535), (Scheme::Https, 1)] {
                    for path in ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b"] {
                        let request = Request { scheme, host: host.clone(), port, path: path.to_owned() };
                        prop_assert!(asked.contains(&matched(&request)), "{request}");
                    }
                }
            }
        }
    }

    #[test]
    fn few_requests_are_asked() {
        let patterns: Vec<HostPattern> =
            ["a.example", "*.b.example", "*cdn.example", "p-*.c.example", "10.0.0.0/8"]
                .map(|text| text.parse().unwrap())
                .into();
        let mut names: Vec<String> = boundary_hosts(&patterns).iter().map(Host::to_string).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "0.0.0.0",
                "10.0.0.0",
                "11.0.0.0",
                "[::]",
                "a",
                "a.a.example",
                "a.b.example",
                "a.c.example",
                "a.cdn.example",
                "a.example",
                "a.p-a.c.example",
                "b.example",
                "c.example",
                "cdn.example",
                "d.example",
                "example",
                "p-a.c.example"
            ]
        );
    }
}
