//! The hosts that a rule matches: those of its categories that go to its destinations.

use super::networks::beside;
use super::objects::{Destinations, Listed};
use super::rules::{Conditions, MAX_ITEMS, Reader};
use super::tree::NodeId;
use crate::model::{HostPattern, PathPattern};
use crate::read::TroubleKind;

impl Reader<'_, '_> {
    /// The hosts that a rule matches; nothing where that is not known. The addresses that a name resolves to are a
    /// condition.
    pub(super) fn hosts(
        &mut self,
        rule: NodeId,
        grants: bool,
        conditions: &mut Conditions,
    ) -> Option<Vec<Listed>> {
        let tree = self.tree;
        let categories = tree.members(rule, "category").unwrap_or_default();
        let any_category = categories.is_empty() || categories.iter().any(|&own| tree.word(own) == "any");
        let members = tree.members(rule, "destination").unwrap_or_default();
        let negated = self.is_so(rule, "negate-destination");
        let any_destination = members.iter().any(|&own| tree.word(own) == "any");
        if any_destination && negated {
            self.trouble(
                TroubleKind::NeverMatches,
                tree.spot(rule),
                "the rule goes to none of all addresses",
            );
            return None;
        }
        let mut listed = Vec::new();
        if !any_category {
            for &category in categories {
                let own = self.objects.category(category);
                listed.extend(own.iter().flat_map(|own| own.iter().cloned()));
            }
        }
        let everything = Listed { host: None, path: PathPattern::Any, place: tree.place(tree.spot(rule)) };
        if any_destination {
            return Some(if any_category { vec![everything] } else { listed });
        }
        let own = self.objects.destinations(members);
        if negated && own.partial {
            let what = "the rule is for all but addresses that are not known";
            self.trouble(TroubleKind::NotUnderstood, tree.spot(rule), what);
            return None;
        }
        let own = if negated { opposite(own, &everything) } else { own };
        if any_category {
            let names = own.names.into_iter();
            let networks =
                own.networks.into_iter().map(|(network, place)| (HostPattern::Address(network), place));
            let mut all: Vec<Listed> = names
                .chain(networks)
                .map(|(host, place)| Listed { host: Some(host), path: PathPattern::Any, place })
                .collect();
            if negated && grants {
                conditions.0.insert("negate-destination", Vec::new());
                all.push(Listed { host: Some(HostPattern::every_name()), ..everything });
            }
            return Some(all);
        }
        Some(self.meeting(listed, &own, grants, conditions))
    }

    /// What is in a category and goes to some addresses.
    fn meeting(
        &mut self,
        listed: Vec<Listed>,
        own: &Destinations,
        grants: bool,
        conditions: &mut Conditions,
    ) -> Vec<Listed> {
        let mut all = Vec::new();
        for entry in listed {
            let networks: Vec<ipnet::IpNet> = match &entry.host {
                None => own.networks.iter().map(|(network, _)| *network).collect(),
                Some(HostPattern::Address(wanted)) => {
                    let inside = own.networks.iter().map(|(network, _)| *network);
                    inside.filter_map(|network| narrower(*wanted, network)).collect()
                }
                Some(_) => Vec::new(),
            };
            let of_host = |host| Listed { host: Some(host), ..entry.clone() };
            all.extend(networks.into_iter().map(|network| of_host(HostPattern::Address(network))));
            if grants && !matches!(entry.host, Some(HostPattern::Address(_))) {
                conditions.0.insert("destination", Vec::new());
                all.push(of_host(entry.host.clone().unwrap_or_else(HostPattern::every_name)));
            }
            if all.len() > MAX_ITEMS {
                break;
            }
        }
        if !grants && all.is_empty() {
            conditions.0.insert("destination", Vec::new());
        }
        all
    }
}

/// The addresses beside those of a rule.
fn opposite(own: Destinations, whole: &Listed) -> Destinations {
    let networks = beside(&own.networks).into_iter().map(|network| (network, whole.place.clone())).collect();
    Destinations { networks, names: Vec::new(), partial: false }
}

/// The smaller of two networks of which one holds the other.
fn narrower(one: ipnet::IpNet, other: ipnet::IpNet) -> Option<ipnet::IpNet> {
    if one.contains(&other) {
        return Some(other);
    }
    other.contains(&one).then_some(one)
}
