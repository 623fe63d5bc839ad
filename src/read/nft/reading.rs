//! What a filter does with every request, as rules over names and addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::{HashMap, HashMapExt};
use ipnet::IpNet;

use super::ports::{both, complement, is_none, none, without};
use super::ruleset::{Hook, Kind, Ruleset, SetId, Test, Version, number};
use super::walk::{Decision, Walker, Way};
use super::{Client, Filter, Source};
use crate::model::{DomainName, HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};
use crate::read::{Item, Place, Reading, Rulebase, Ruling, Trouble, TroubleKind};

impl Filter {
    /// What a client is let through to.
    pub fn reading(&self, client: &Client) -> Reading {
        let mut troubles = self.troubles.clone();
        let Some(way) = self.way(&mut troubles) else {
            troubles.push(Trouble::new(
                Place::new(&self.main, 0),
                TroubleKind::Misleading,
                "no chain has a hook on the way to the internet, so nothing is filtered",
            ));
            return Reading { rulebases: BTreeMap::new(), troubles };
        };
        let mut asked = Asked {
            filter: self,
            client,
            walker: Walker::new(&self.ruleset, client, way),
            relevant: relevant(&self.ruleset),
            differing: BTreeMap::new(),
            broad: Vec::new(),
        };
        asked.broaden(&mut troubles);
        let rulebase = asked.rulebase();
        asked.tell(&mut troubles);
        troubles.sort();
        troubles.dedup();
        Reading { rulebases: BTreeMap::from([(Intent::Allow, rulebase)]), troubles }
    }

    /// Whether what a client answers passes: to whoever in the internet has connected to it, from any port.
    pub fn lets_answers_through(&self, client: &Client) -> bool {
        let Some(way) = self.way(&mut Vec::new()) else { return true };
        let mut walker = Walker::new(&self.ruleset, client, way);
        let mut versions =
            Version::ALL.into_iter().filter(|&version| client.source(version) != Source::Absent);
        versions.all(|version| walker.answers(version) == Ports::any())
    }

    /// Whether the filter is on a gateway; nothing where it filters neither there nor on a device.
    fn way(&self, troubles: &mut Vec<Trouble>) -> Option<Way> {
        let at = |hook| self.chains().find(move |chain| chain.base.is_some_and(|base| base.hook == hook));
        match (at(Hook::Forward), at(Hook::Output)) {
            (None, None) => None,
            (None, Some(_)) => Some(Way::Out),
            (Some(_), None) => Some(Way::Through),
            (Some(_), Some(output)) => {
                troubles.push(Trouble::new(
                    output.place.clone(),
                    TroubleKind::Assumed,
                    "read as a gateway's, about what it forwards and not about what it sends itself",
                ));
                Some(Way::Through)
            }
        }
    }
}

/// The sets that rules look a server's address up in.
fn relevant(ruleset: &Ruleset) -> BTreeSet<SetId> {
    let tests = ruleset.chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| rule.tests());
    let set = |test: &Test| match test {
        Test::Address { set, .. } => Some(*set),
        _ => None,
    };
    tests.filter_map(set).collect()
}

/// A client's questions.
struct Asked<'f> {
    filter: &'f Filter,
    client: &'f Client,
    walker: Walker<'f>,
    relevant: BTreeSet<SetId>,
    /// Names that one version of IP lets through and the other does not: the first of each kind.
    differing: BTreeMap<(Ports, Ports), (String, Place)>,
    /// Sets that hold most addresses, by version of IP: every name is taken to have one in them.
    broad: Vec<(Version, SetId)>,
}

impl Asked<'_> {
    /// Finds the sets that hold most addresses.
    fn broaden(&mut self, troubles: &mut Vec<Trouble>) {
        for &id in &self.relevant {
            let set = &self.filter.ruleset.sets[id];
            let Some(Kind::Addresses(version)) = set.kind else { continue };
            match held(&set.elements.addresses, version) {
                Held::Less => continue,
                Held::Most => troubles.push(Trouble::new(
                    set.place.clone(),
                    TroubleKind::Assumed,
                    "names are taken to have an address in this set, which holds most of them",
                )),
                Held::All => {}
            }
            self.broad.push((version, id));
        }
    }

    fn rulebase(&mut self) -> Rulebase {
        let mut of_targets = Vec::new();
        for targets in 0..self.filter.resolver.targets.len() {
            of_targets.push(self.of_name(Some(targets)));
        }
        let every = self.filter.resolver.lines.iter().find(|line| line.name.is_none());
        let place = every.map_or_else(|| Place::new(&self.filter.main, 0), |line| line.place.clone());
        let elsewhere = match every {
            Some(line) => of_targets[line.targets].clone(),
            None => self.of_name(None),
        };
        self.compare("every other name", &place, &elsewhere);
        let elsewhere = self.granted(&elsewhere);
        let otherwise = elsewhere.ports == Ports::any();
        let mut rules = self.names(&of_targets, &elsewhere.ports);
        if !otherwise && !is_none(&elsewhere.ports) {
            let mut every = Levels::default();
            let by = elsewhere.by.unwrap_or(place);
            every.grant(HostPattern::every_name(), elsewhere.ports, &by);
            rules.extend(every.rulings());
        }
        rules.extend(self.addresses(otherwise));
        Rulebase { rules, otherwise }
    }

    /// What is decided about a name that fills these sets, by version of IP.
    fn of_name(&mut self, targets: Option<usize>) -> [Decision; 2] {
        let filter = self.filter;
        let targets = targets.map_or(&[][..], |targets| &filter.resolver.targets[targets]);
        Version::ALL.map(|version| {
            let filled = targets.iter().filter(|target| target.version.is_none_or(|own| own == version));
            let filled: Vec<SetId> = filled.filter_map(|target| filter.set_of(target)).collect();
            let takes = |set: &SetId| {
                let own = &filter.ruleset.sets[*set];
                self.relevant.contains(set)
                    && own.kind == Some(Kind::Addresses(version))
                    && !own.flags.constant
            };
            let mut server: Vec<SetId> = filled.into_iter().filter(takes).collect();
            server.extend(self.broad.iter().filter(|(own, _)| *own == version).map(|(_, set)| *set));
            server.sort_unstable();
            server.dedup();
            self.walker.decide(version, &server)
        })
    }

    /// What is let through by both versions of IP, as far as the client has them.
    fn granted(&self, decisions: &[Decision; 2]) -> Decision {
        let mut granted = Decision { ports: Ports::any(), by: None };
        for (version, decision) in Version::ALL.into_iter().zip(decisions) {
            if self.client.source(version) != Source::Absent {
                granted.ports = both(&granted.ports, &decision.ports);
                granted.by = granted.by.or_else(|| decision.by.clone());
            }
        }
        granted
    }

    fn compare(&mut self, name: &str, place: &Place, decisions: &[Decision; 2]) {
        let absent = Version::ALL.into_iter().any(|version| self.client.source(version) == Source::Absent);
        let [v4, v6] = decisions.each_ref().map(|decision| decision.ports.clone());
        if v4 != v6 && !absent {
            self.differing.entry((v4, v6)).or_insert_with(|| (name.to_owned(), place.clone()));
        }
    }

    /// The rules about names, those of longer names first: of the lines that cover a name only the longest
    /// counts. `elsewhere` is what names without a line are let through on.
    fn names(&mut self, of_targets: &[[Decision; 2]], elsewhere: &Ports) -> Vec<Ruling> {
        let filter = self.filter;
        let lines = filter.resolver.lines.iter();
        let mut known: HashMap<&str, &Ports> = HashMap::new();
        let granted: Vec<Decision> = of_targets.iter().map(|decisions| self.granted(decisions)).collect();
        let named: Vec<(&DomainName, usize, &Place)> =
            lines.filter_map(|line| Some((line.name.as_ref()?, line.targets, &line.place))).collect();
        known.extend(named.iter().map(|&(name, targets, _)| (name.as_str(), &granted[targets].ports)));
        let mut told = vec![false; of_targets.len()];
        for &(name, targets, place) in &named {
            if !std::mem::replace(&mut told[targets], true) {
                self.compare(&format!("`{name}`"), place, &of_targets[targets]);
            }
        }
        let around = |name: &DomainName| -> Ports {
            let parents =
                std::iter::successors(name.as_str().split_once('.'), |(_, rest)| rest.split_once('.'));
            let mut known = parents.filter_map(|(_, parent)| known.get(parent));
            known.next().map_or_else(|| elsewhere.clone(), |&ports| ports.clone())
        };
        let is_wider = named.iter().all(|&(name, targets, _)| granted[targets].ports.covers(&around(name)));
        let mut by_depth: BTreeMap<std::cmp::Reverse<usize>, Levels> = BTreeMap::new();
        for &(name, targets, place) in &named {
            let ports = &granted[targets].ports;
            let host = HostPattern::Subtree(name.clone());
            let depth = if is_wider { 0 } else { name.as_str().split('.').count() };
            let level = by_depth.entry(std::cmp::Reverse(depth)).or_default();
            if is_wider {
                level.grant(host, without(ports, &around(name)), place);
            } else {
                level.grant(host.clone(), ports.clone(), place);
                level.refuse(host, complement(ports), place);
            }
        }
        by_depth.into_values().flat_map(Levels::rulings).collect()
    }

    /// The rules about addresses.
    fn addresses(&mut self, otherwise: bool) -> Vec<Ruling> {
        let mut level = Levels::default();
        for version in Version::ALL {
            let pieces = self.pieces(version);
            let mut pieces = pieces.into_iter().peekable();
            while let Some((first, decision, place)) = pieces.next() {
                while pieces.next_if(|(_, next, _)| next.ports == decision.ports).is_some() {}
                let last = pieces.peek().map_or(version.last(), |(next, ..)| next - 1);
                let ports = decision.ports;
                let place = decision.by.or(place).unwrap_or_else(|| Place::new(&self.filter.main, 0));
                for network in networks(version, first, last) {
                    let host = HostPattern::Address(network);
                    if otherwise {
                        level.refuse(host, complement(&ports), &place);
                    } else {
                        level.grant(host, ports.clone(), &place);
                    }
                }
            }
        }
        level.rulings().collect()
    }

    /// The first address of every range within which all are in the same sets, with what is decided there.
    fn pieces(&mut self, version: Version) -> Vec<(u128, Decision, Option<Place>)> {
        if self.client.source(version) == Source::Absent {
            return vec![(0, Decision { ports: none(), by: None }, None)];
        }
        // At an address: sets that begin there, sets that have ended before.
        let mut events: Vec<(u128, bool, SetId, &Place)> = Vec::new();
        for &set in &self.relevant {
            let own = &self.filter.ruleset.sets[set];
            for (range, place) in &own.elements.addresses {
                if own.kind == Some(Kind::Addresses(version)) {
                    events.push((*range.start(), true, set, place));
                    events.extend(
                        range
                            .end()
                            .checked_add(1)
                            .filter(|next| *next <= version.last())
                            .map(|next| (next, false, set, place)),
                    );
                }
            }
        }
        events.sort_unstable_by_key(|&(at, begins, set, _)| (at, begins, set));
        let mut inside: BTreeMap<SetId, usize> = BTreeMap::new();
        let mut pieces = Vec::new();
        let mut events = events.into_iter().peekable();
        let mut at = 0;
        loop {
            let mut place = None;
            while let Some((_, begins, set, of)) = events.next_if(|event| event.0 == at) {
                let count = inside.entry(set).or_default();
                if begins {
                    *count += 1;
                    place = Some(of.clone());
                } else {
                    *count -= 1;
                    if *count == 0 {
                        inside.remove(&set);
                    }
                }
            }
            let server: Vec<SetId> = inside.keys().copied().collect();
            pieces.push((at, self.walker.decide(version, &server), place));
            match events.peek() {
                Some(next) => at = next.0,
                None => return pieces,
            }
        }
    }

    /// What was assumed, and what differs.
    fn tell(self, troubles: &mut Vec<Trouble>) {
        for place in self.walker.unsure {
            let what = "depends on more than the connection; taken to match where it accepts, and not where it drops";
            troubles.push(Trouble::new(place, TroubleKind::Assumed, what));
        }
        for ((v4, v6), (name, place)) in self.differing {
            let shown = |ports: &Ports| if is_none(ports) { "none".to_owned() } else { ports.to_string() };
            let what = format!(
                "{name} is let through by IPv4 on the ports {}, by IPv6 on {}",
                shown(&v4),
                shown(&v6)
            );
            troubles.push(Trouble::new(place, TroubleKind::Misleading, what));
        }
        if self.walker.given_up {
            let what = "chains that jump too deep or too often, so that not all is decided".to_owned();
            let place = Place::new(&self.filter.main, 0);
            troubles.push(Trouble::new(place, TroubleKind::NotUnderstood, what));
        }
    }
}

/// Rules about hosts of which none is below another.
#[derive(Default)]
struct Levels {
    grants: Vec<Item>,
    refuses: Vec<Item>,
}

impl Levels {
    fn grant(&mut self, host: HostPattern, ports: Ports, place: &Place) {
        self.grants.extend(item(host, ports, place));
    }

    fn refuse(&mut self, host: HostPattern, ports: Ports, place: &Place) {
        self.refuses.extend(item(host, ports, place));
    }

    fn rulings(self) -> impl Iterator<Item = Ruling> {
        [(true, self.grants), (false, self.refuses)].into_iter().filter_map(|(grants, items)| {
            let place = items.first()?.place.clone();
            Some(Ruling { grants, place, items })
        })
    }
}

fn item(host: HostPattern, ports: Ports, place: &Place) -> Option<Item> {
    if is_none(&ports) {
        return None;
    }
    let pattern = RequestPattern { host, schemes: Schemes::ANY, ports, path: PathPattern::Any };
    Some(Item { pattern, place: place.clone() })
}

/// How many of all addresses ranges hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Less,
    /// More than half.
    Most,
    All,
}

fn held(ranges: &[(std::ops::RangeInclusive<u128>, Place)], version: Version) -> Held {
    let mut sorted: Vec<(u128, u128)> =
        ranges.iter().map(|(range, _)| (*range.start(), *range.end())).collect();
    sorted.sort_unstable();
    let mut total = 0_u128;
    let mut next = 0;
    for (first, last) in sorted {
        let first = first.max(next);
        if first <= last {
            // All addresses of IPv6 are one more than the number can say.
            total = total.saturating_add((last - first).saturating_add(1));
            next = last.saturating_add(1);
        }
    }
    match total {
        total if total >= version.last() => Held::All,
        total if total > version.last() / 2 + 1 => Held::Most,
        _ => Held::Less,
    }
}

/// An address by its number.
pub(super) fn address(version: Version, number: u128) -> IpAddr {
    match version {
        Version::V4 => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
        Version::V6 => Ipv6Addr::from(number).into(),
    }
}

/// The networks that make up a range.
fn networks(version: Version, first: u128, last: u128) -> Vec<IpNet> {
    let bits = if version == Version::V4 { 32 } else { 128 };
    let mut networks = Vec::new();
    let mut next = Some(first);
    while let Some(from) = next.filter(|&from| from <= last) {
        // The largest network that begins here and ends in time.
        let mut length = bits - from.trailing_zeros().min(bits);
        let ends = |length: u32| {
            IpNet::new(address(version, from), length as u8)
                .map(|network| (network, number(network.broadcast())))
        };
        let fitting = loop {
            match ends(length) {
                Ok((network, end)) if end <= last => break Some((network, end)),
                Ok(_) => length += 1,
                Err(_) => break None,
            }
        };
        let Some((network, end)) = fitting else { break };
        networks.push(network);
        next = end.checked_add(1);
    }
    networks
}
