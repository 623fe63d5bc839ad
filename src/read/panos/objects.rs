//! What the names in a rule stand for: URL categories, addresses, services, and the lists and groups of them.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::rc::Rc;

use ipnet::IpNet;

use super::tree::{NodeId, Spot, Tree};
use super::{Configuration, entry, lines, networks, shown};
use crate::model::{HostPattern, PathPattern, Ports, Scheme, Schemes};
use crate::read::{Place, Trouble, TroubleKind};

/// Something that a list matches.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Which hosts; nothing for all.
    pub(super) host: Option<HostPattern>,
    pub(super) path: PathPattern,
    pub(super) place: Place,
}

/// Where a rule's traffic goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Destinations {
    pub(super) networks: Vec<(IpNet, Place)>,
    /// Hosts by name, whose addresses the firewall looks up.
    pub(super) names: Vec<(HostPattern, Place)>,
    /// Whether something of it is not known.
    pub(super) partial: bool,
}

/// The ports of a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Services {
    any: bool,
    application_default: bool,
    ranges: Vec<RangeInclusive<u16>>,
    /// Whether a service asks for the client's port.
    pub(super) of_clients_port: bool,
}

impl Services {
    /// Schemes with their ports. The defaults of the applications of the web are 80 without TLS and 443 with it.
    pub(super) fn by_scheme(&self) -> Vec<(Schemes, Ports)> {
        if self.any {
            return vec![(Schemes::ANY, Ports::any())];
        }
        let mut all = Vec::new();
        if !self.ranges.is_empty() {
            all.push((Schemes::ANY, Ports::from_ranges(self.ranges.iter().cloned())));
        }
        if self.application_default {
            let default = |scheme: Scheme| (Schemes::only(scheme), Ports::one(scheme.default_port()));
            all.extend(Scheme::ALL.map(default));
        }
        all
    }
}

/// All hosts, names and addresses.
pub(super) fn everything() -> impl Iterator<Item = HostPattern> {
    let networks = ["0.0.0.0/0", "::/0"]
        .map(|text| HostPattern::Address(text.parse().expect("internal error: a network")));
    std::iter::once(HostPattern::every_name()).chain(networks)
}

/// The objects that the rules of a scope may use.
pub(super) struct Objects<'c, 't> {
    pub(super) configuration: &'c Configuration<'t>,
    /// Where they stand, the nearest first.
    places: Vec<NodeId>,
    pub(super) troubles: Vec<Trouble>,
    /// The files of lists that are referred to.
    pub(super) used: BTreeSet<&'t str>,
    categories: HashMap<NodeId, Rc<[Listed]>>,
    address_lists: HashMap<NodeId, Rc<[(IpNet, Place)]>>,
}

impl<'c, 't> Objects<'c, 't> {
    pub(super) fn new(configuration: &'c Configuration<'t>, places: Vec<NodeId>) -> Self {
        Self {
            configuration,
            places,
            troubles: Vec::new(),
            used: BTreeSet::new(),
            categories: HashMap::new(),
            address_lists: HashMap::new(),
        }
    }

    fn tree(&self) -> &'c Tree<'t> {
        &self.configuration.tree
    }

    pub(super) fn trouble(&mut self, kind: TroubleKind, spot: Spot, what: impl AsRef<str>) {
        let place = self.tree().place(spot);
        self.troubles.push(Trouble::new(place, kind, what));
    }

    /// The object of a kind and name, from the nearest place that has one.
    pub(super) fn find(&self, kind: &[&str], name: &str) -> Option<NodeId> {
        let tree = self.tree();
        self.places.iter().find_map(|&place| tree.entry(tree.at(place, kind)?, name))
    }

    /// What a URL category matches; nothing where that is not known.
    pub(super) fn category(&mut self, member: NodeId) -> Option<Rc<[Listed]>> {
        let (tree, spot) = (self.tree(), self.tree().spot(member));
        let name = tree.word(member);
        if let Some(node) = self.find(&["profiles", "custom-url-category"], name) {
            return self.custom_category(node);
        }
        if let Some(list) = self.find(&["external-list"], name) {
            return self.url_list(list, spot);
        }
        // The vendor has some hundred of its own, and keeps what is in them.
        let what =
            format!("the category `{}` is not in the files, so which sites it has is not known", shown(name));
        self.trouble(TroubleKind::NotUnderstood, spot, what);
        None
    }

    fn custom_category(&mut self, node: NodeId) -> Option<Rc<[Listed]>> {
        if let Some(known) = self.categories.get(&node) {
            return Some(Rc::clone(known));
        }
        let tree = self.tree();
        if let Some(other) = tree.value(node, "type").filter(|kind| *kind != "URL List") {
            let what = format!("which sites a category of the type `{}` has is not known", shown(other));
            self.trouble(TroubleKind::NotUnderstood, tree.spot(node), what);
            return None;
        }
        let members = tree.members(node, "list").unwrap_or_default();
        let entries = members.iter().map(|&member| (tree.word(member), tree.place(tree.spot(member))));
        let listed = self.url_entries(entries);
        self.categories.insert(node, Rc::clone(&listed));
        Some(listed)
    }

    fn url_entries<'e>(&mut self, entries: impl Iterator<Item = (&'e str, Place)>) -> Rc<[Listed]> {
        let mut listed = Vec::with_capacity(entries.size_hint().0);
        for (text, place) in entries {
            let trouble = match entry::url(text) {
                Ok(entry) => {
                    listed.push(Listed { host: entry.host, path: entry.path, place: place.clone() });
                    entry.misleading.map(|what| (TroubleKind::Misleading, what))
                }
                Err(nothing) => Some(nothing),
            };
            if let Some((kind, what)) = trouble {
                self.troubles.push(Trouble::new(place, kind, format!("`{}`: {what}", shown(text))));
            }
        }
        listed.into()
    }

    fn url_list(&mut self, list: NodeId, spot: Spot) -> Option<Rc<[Listed]>> {
        if let Some(known) = self.categories.get(&list) {
            return Some(Rc::clone(known));
        }
        let lines = self.lines_of(list, "url", spot)?;
        let listed = self.url_entries(lines.into_iter());
        self.categories.insert(list, Rc::clone(&listed));
        Some(listed)
    }

    /// The lines of an external dynamic list of a kind, without its exceptions.
    fn lines_of(&mut self, list: NodeId, kind: &str, spot: Spot) -> Option<Vec<(&'t str, Place)>> {
        let tree = self.tree();
        let name = shown(tree.word(list));
        let kinds = tree.child(list, "type").map_or(&[][..], |node| tree.children(node));
        let &[own] = kinds else {
            self.trouble(
                TroubleKind::Refused,
                tree.spot(list),
                format!("the list `{name}` has not one type"),
            );
            return None;
        };
        if tree.word(own).starts_with("predefined") {
            self.trouble(
                TroubleKind::NotUnderstood,
                spot,
                format!("what the list `{name}` has is not known"),
            );
            return None;
        }
        if tree.word(own) != kind {
            let what = format!("the list `{name}` is of the type `{}`, not `{kind}`", tree.word(own));
            self.trouble(TroubleKind::Refused, spot, what);
            return None;
        }
        let Some(url) = tree.value(own, "url") else {
            self.trouble(TroubleKind::Refused, tree.spot(list), format!("the list `{name}` has no URL"));
            return None;
        };
        let last = url.rsplit('/').next().unwrap_or(url);
        let is_it = |file: &str| {
            file.strip_suffix(last).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        };
        let lists = &self.configuration.lists;
        let Some((&file, &text)) = lists.iter().find(|(file, _)| !last.is_empty() && is_it(file)) else {
            let what = format!("the list `{name}` is not among the files: `{}`", shown(last));
            self.trouble(TroubleKind::NotUnderstood, spot, what);
            return None;
        };
        self.used.insert(file);
        let mut exceptions: BTreeSet<&str> = BTreeSet::new();
        let excepted = tree.members(own, "exception-list").unwrap_or_default();
        exceptions.extend(excepted.iter().map(|&member| tree.word(member)));
        let file = std::sync::Arc::from(file);
        let mut left = exceptions.clone();
        let all = lines(text).filter(|(_, line)| {
            left.remove(line);
            !exceptions.contains(line)
        });
        let all = all.map(|(number, line)| (line, Place::new(&file, number))).collect();
        if let Some(other) = left.first() {
            let what = format!("the exception `{}` is no line of the list `{name}`", shown(other));
            self.trouble(TroubleKind::NotUnderstood, tree.spot(own), what);
        }
        Some(all)
    }

    /// Where a rule's traffic goes, for the members of its destination.
    pub(super) fn destinations(&mut self, members: &[NodeId]) -> Destinations {
        let tree = self.tree();
        let mut all = Destinations::default();
        let mut rest: Vec<NodeId> = members.iter().rev().copied().collect();
        // Groups may hold groups, in circles too; each is read once.
        let mut seen = BTreeSet::new();
        while let Some(member) = rest.pop() {
            let (name, spot) = (tree.word(member), tree.spot(member));
            if let Some(object) = self.find(&["address"], name) {
                self.address(object, &mut all);
            } else if let Some(group) = self.find(&["address-group"], name) {
                if !seen.insert(group) {
                    continue;
                }
                match tree.members(group, "static") {
                    Some(members) => rest.extend(members.iter().rev().copied()),
                    None => {
                        let what = format!("which addresses the group `{}` has is not known", shown(name));
                        self.trouble(TroubleKind::NotUnderstood, tree.spot(group), what);
                        all.partial = true;
                    }
                }
            } else if let Some(list) = self.find(&["external-list"], name) {
                match self.address_list(list, spot) {
                    Some(networks) => all.networks.extend(networks.iter().cloned()),
                    None => all.partial = true,
                }
            } else if let Ok(networks) = networks::read(name) {
                let place = tree.place(spot);
                all.networks.extend(networks.into_iter().map(|network| (network, place.clone())));
            } else {
                all.partial = true;
                let region = name.len() == 2 && name.bytes().all(|octet| octet.is_ascii_uppercase());
                if region || name.starts_with("panw-") {
                    let what = format!("which addresses `{}` has is not known", shown(name));
                    self.trouble(TroubleKind::NotUnderstood, spot, what);
                } else {
                    let what = format!("there is no address `{}`", shown(name));
                    self.trouble(TroubleKind::Refused, spot, what);
                }
            }
        }
        all
    }

    fn address(&mut self, object: NodeId, all: &mut Destinations) {
        let tree = self.tree();
        let spot = tree.spot(object);
        let place = tree.place(spot);
        let networks = ["ip-netmask", "ip-range"].into_iter().find_map(|word| tree.value(object, word));
        let trouble = match (networks, tree.value(object, "fqdn")) {
            (Some(text), None) => match networks::read(text) {
                Ok(networks) => {
                    all.networks.extend(networks.into_iter().map(|network| (network, place.clone())));
                    return;
                }
                Err((_, what)) => (TroubleKind::Refused, format!("`{}`: {what}", shown(text))),
            },
            (None, Some(text)) => match text.parse() {
                Ok(name) => {
                    all.names.push((HostPattern::Exact(name), place));
                    return;
                }
                Err(error) => (TroubleKind::NeverMatches, format!("`{}`: {error}", shown(text))),
            },
            _ => {
                let what = format!("the address `{}` is not understood", shown(tree.word(object)));
                (TroubleKind::NotUnderstood, what)
            }
        };
        all.partial = true;
        self.troubles.push(Trouble::new(place, trouble.0, trouble.1));
    }

    fn address_list(&mut self, list: NodeId, spot: Spot) -> Option<Rc<[(IpNet, Place)]>> {
        if let Some(known) = self.address_lists.get(&list) {
            return Some(Rc::clone(known));
        }
        let mut networks = Vec::new();
        for (line, place) in self.lines_of(list, "ip", spot)? {
            match entry::address_line(line) {
                Ok(own) => networks.extend(own.into_iter().map(|network| (network, place.clone()))),
                Err((kind, what)) => {
                    self.troubles.push(Trouble::new(place, kind, format!("`{}`: {what}", shown(line))));
                }
            }
        }
        let networks: Rc<[(IpNet, Place)]> = networks.into();
        self.address_lists.insert(list, Rc::clone(&networks));
        Some(networks)
    }

    /// The ports of a rule, for the members of its service; none means any.
    pub(super) fn services(&mut self, members: &[NodeId]) -> Services {
        let tree = self.tree();
        let mut all = Services { any: members.is_empty(), ..Services::default() };
        let mut rest: Vec<NodeId> = members.iter().rev().copied().collect();
        let mut seen = BTreeSet::new();
        while let Some(member) = rest.pop() {
            let (name, spot) = (tree.word(member), tree.spot(member));
            if let Some(object) = self.find(&["service"], name) {
                if seen.insert(object) {
                    self.service(object, &mut all);
                }
                continue;
            }
            if let Some(group) = self.find(&["service-group"], name) {
                if seen.insert(group) {
                    rest.extend(tree.members(group, "members").unwrap_or_default().iter().rev().copied());
                }
                continue;
            }
            match name {
                "any" => all.any = true,
                "application-default" => all.application_default = true,
                "service-http" => all.ranges.extend([80..=80, 8080..=8080]),
                "service-https" => all.ranges.push(443..=443),
                _ => {
                    self.trouble(TroubleKind::Refused, spot, format!("there is no service `{}`", shown(name)))
                }
            }
        }
        all
    }

    /// The TCP ports of a service. Others carry no request.
    fn service(&mut self, object: NodeId, all: &mut Services) {
        let tree = self.tree();
        let protocols = tree.child(object, "protocol").map_or(&[][..], |node| tree.children(node));
        if protocols.is_empty() {
            let what = format!("the service `{}` has no protocol", shown(tree.word(object)));
            return self.trouble(TroubleKind::Refused, tree.spot(object), what);
        }
        for &protocol in protocols.iter().filter(|&&protocol| tree.word(protocol) == "tcp") {
            all.of_clients_port |= tree.value(protocol, "source-port").is_some();
            let text = tree.value(protocol, "port").unwrap_or_default();
            match ports(text) {
                Some(ranges) => all.ranges.extend(ranges),
                None => {
                    let what = format!("`{}` are no ports", shown(text));
                    self.trouble(TroubleKind::Refused, tree.spot(protocol), what);
                }
            }
        }
    }
}

/// `80,443,8000-8080`.
fn ports(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let range = |text: &str| {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let number =
            |text: &str| text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?;
        let range = number(low)?..=number(high)?;
        (!range.is_empty()).then_some(range)
    };
    text.split(',').map(|own| range(own.trim())).collect()
}
