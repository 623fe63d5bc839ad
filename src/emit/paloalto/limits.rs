//! What the firewall's model takes, from `targets/paloalto/target.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::embedded;

/// The product's facts.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The target.
    pub id: String,
    /// The product's name.
    pub title: String,
    /// The options that a profile may set.
    pub options: Vec<String>,
    /// How what is written is put to work.
    pub apply: Vec<String>,
    /// How that is undone.
    pub rollback: Vec<String>,
    /// The day on which the facts were checked.
    pub verified_on: String,
    /// Where they are written.
    pub links: BTreeMap<String, String>,
    /// What no document says.
    pub unverified: Vec<String>,
    /// External dynamic lists with different sources on one firewall.
    pub edl_sources: u64,
    /// Characters of the ports of a service object.
    pub service_port_text: u64,
    /// Characters of the address of an external dynamic list.
    pub edl_url_text: u64,
    /// Limits by model, `other` among them.
    pub models: BTreeMap<String, Model>,
}

/// The limits of one model.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// URLs in all external dynamic lists together.
    pub edl_urls: u64,
    /// Addresses in all external dynamic lists together.
    pub edl_addresses: u64,
    /// Entries of one custom URL category.
    pub category_entries: u64,
}

/// The facts that are part of the program.
pub static FACTS: LazyLock<Facts> = LazyLock::new(|| embedded::table("targets/paloalto/target.yaml"));

/// The limits of a model that the facts know.
pub fn model(name: &str) -> Option<Model> {
    FACTS.models.get(name).copied()
}

/// The limits of a model that nobody named.
pub fn other() -> Model {
    model("other").expect("internal error: target.yaml has no model `other`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_those_of_this_target_and_are_dated() {
        assert_eq!(FACTS.id, "paloalto");
        assert!(FACTS.verified_on.parse::<jiff::civil::Date>().is_ok());
        assert!(FACTS.models.values().all(|model| model.edl_urls >= other().edl_urls));
        // Every open question has its place in the notes.
        let notes = include_str!("../../../targets/paloalto/NOTES.md");
        for question in &FACTS.unverified {
            assert!(notes.contains(&format!("`{question}`")), "{question}");
        }
    }
}
