//! What a profile says that decides what products do beside their lists: what happens to requests on no list, where
//! rules apply, which proxies there are. Compared key by key, as the profile has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compile::product_settings;
use crate::profile::Profile;

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
    for (section, value) in product_settings(profile) {
        flatten(&section, &value, &mut settings);
    }
    settings
}

fn flatten(path: &str, value: &Value, into: &mut Settings) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&format!("{path}.{key}"), value, into);
            }
        }
        // An empty place is no setting: `pac:` has the default options.
        Value::Null => {}
        _ => drop(into.insert(path.to_owned(), text(value))),
    }
}

fn text(value: &Value) -> String {
    let all = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", all(items.iter().map(text).collect())),
        Value::Object(fields) => {
            format!(
                "{{ {} }}",
                all(fields.iter().map(|(key, value)| format!("{key}: {}", text(value))).collect())
            )
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
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
