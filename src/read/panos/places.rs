//! Where the rules and objects of a virtual system or a device group stand.

use super::tree::{NodeId, Tree};
use super::{Configuration, Scope};

/// Where the rules and objects of a scope stand.
pub(super) struct Own {
    /// Sets of rules, the first first.
    pub(super) rulebases: Vec<NodeId>,
    /// The nearest first.
    pub(super) objects: Vec<NodeId>,
}

impl Own {
    pub(super) fn of(configuration: &Configuration<'_>, scope: &Scope) -> Self {
        let tree = &configuration.tree;
        let shared = tree.child(Tree::ROOT, "shared");
        let mut places = vec![configuration.node(scope)];
        if let Scope::DeviceGroup(name) = scope {
            places.extend(ancestors(tree, name));
        }
        if *scope != Scope::Shared {
            places.extend(shared);
        }
        let rulebases = match scope {
            Scope::Vsys(_) => tree.child(places[0], "rulebase").into_iter().collect(),
            // What is inherited surrounds the group's own.
            Scope::DeviceGroup(_) | Scope::Shared => {
                let before = places.iter().rev().filter_map(|&place| tree.child(place, "pre-rulebase"));
                let behind = places.iter().filter_map(|&place| tree.child(place, "post-rulebase"));
                before.chain(behind).collect()
            }
        };
        Self { rulebases, objects: places }
    }
}

/// The device groups that one inherits from, the nearest first.
fn ancestors(tree: &Tree<'_>, name: &str) -> Vec<NodeId> {
    let groups = tree.child(Tree::ROOT, "device-group");
    let known = [groups, tree.at(Tree::ROOT, &["readonly", "device-group"])];
    let parent = |name: &str| {
        let entries = known.iter().flatten().filter_map(|&all| tree.entry(all, name));
        entries.filter_map(|entry| tree.value(entry, "parent-dg")).next()
    };
    let mut found = Vec::new();
    let mut name = name;
    while let Some(next) = parent(name)
        && let Some(node) = groups.and_then(|all| tree.entry(all, next))
        && !found.contains(&node)
    {
        found.push(node);
        name = next;
    }
    found
}
