//! What a profile says that decides what products do beside their lists: what happens to requests on no list, where
//! rules apply, which proxies there are. Compared key by key, as the profile has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::PRODUCT_SECTIONS;
use crate::profile::Profile;
use crate::yaml::{self, Node, Value};

/// Values by the path of their key: `targets.pac.otherwise`.
pub type Settings = BTreeMap<String, String>;

/// A key of which two profiles say something else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SettingChange {
    /// The key: `targets.pac.otherwise`.
    pub key: String,
    /// What was said; nothing where it was not set.
    pub old: Option<String>,
    /// What is said; nothing where it is not set.
    pub new: Option<String>,
}

/// The settings of a profile. The built-in one sets nothing.
pub(super) fn of(profile: &Profile) -> Settings {
    let mut settings = Settings::new();
    // A profile was read already, so its text is YAML.
    let Ok(Node { value: Value::Map(sections), .. }) = yaml::parse_tree(&profile.text) else {
        return settings;
    };
    for (key, node) in sections.iter().filter(|(key, _)| PRODUCT_SECTIONS.contains(&key.text.as_str())) {
        flatten(&key.text, node, &mut settings);
    }
    settings
}

fn flatten(path: &str, node: &Node, into: &mut Settings) {
    match &node.value {
        Value::Map(fields) => {
            for (key, node) in fields {
                flatten(&format!("{path}.{}", key.text), node, into);
            }
        }
        // An empty place is no setting: `pac:` has the default options.
        Value::Null => {}
        _ => drop(into.insert(path.to_owned(), text(node))),
    }
}

fn text(node: &Node) -> String {
    match &node.value {
        Value::Null => String::new(),
        Value::Text(text) => text.clone(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, node)| format!("{}: {}", key.text, text(node))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// What two sides set differently, of the targets in `both`.
pub(super) fn changes(old: &Settings, new: &Settings, both: &BTreeSet<&str>) -> Vec<SettingChange> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let counts = |key: &str| match key.strip_prefix("targets.") {
        Some(rest) => both.contains(rest.split('.').next().unwrap_or_default()),
        None => true,
    };
    keys.into_iter()
        .filter(|key| counts(key) && old.get(*key) != new.get(*key))
        .map(|key| SettingChange { key: key.clone(), old: old.get(key).cloned(), new: new.get(key).cloned() })
        .collect()
}
