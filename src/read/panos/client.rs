//! Whom rules are for.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{Conditions, Policy};
use super::tree::{NodeId, Tree};

/// The clients that rules with URL categories let through: where they are and where they go, so that a rule which
/// refuses is known to be for them. Where it asks for something else, it is not taken to be.
pub(super) struct LikelyClient<'t>(BTreeMap<&'static str, BTreeSet<&'t str>>);

impl<'t> LikelyClient<'t> {
    /// Of these sets of rules.
    pub(super) fn of(tree: &'t Tree<'_>, rulebases: &[NodeId]) -> Self {
        let mut client = BTreeMap::<&str, BTreeSet<&str>>::new();
        let rules = rulebases.iter().filter_map(|&base| tree.at(base, &[Policy::Security.as_str(), "rules"]));
        for &rule in rules.flat_map(|rules| tree.children(rules)) {
            let categories = tree.members(rule, "category").unwrap_or_default();
            let is_by_category = categories.iter().any(|&own| tree.word(own) != "any");
            let is_off = tree.value(rule, "disabled") == Some("yes");
            if is_off || !is_by_category || tree.value(rule, "action") != Some("allow") {
                continue;
            }
            for word in ["from", "to", "source"] {
                let members = tree.members(rule, word).unwrap_or_default();
                client.entry(word).or_default().extend(members.iter().map(|&own| tree.word(own)));
            }
        }
        Self(client)
    }

    /// Whether every condition of a rule is one that these clients fulfil.
    pub(super) fn fulfils(&self, conditions: &Conditions) -> bool {
        conditions.0.iter().all(|(word, texts)| {
            self.0.get(word).is_some_and(|own| texts.iter().any(|text| own.contains(text.as_str())))
        })
    }
}
