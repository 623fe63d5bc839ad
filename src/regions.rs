//! The data locations of `data/regions.yaml`, and the words that sheets use for them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::embedded;
use crate::model::{Geography, Region};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    worldwide: Vec<String>,
    regions: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    words: Vec<String>,
    #[serde(default)]
    common_to: Vec<String>,
}

struct Table {
    by_word: BTreeMap<String, Geography>,
    names: BTreeMap<Region, String>,
    /// Regions whose endpoints every one of the regions behind them needs too.
    common_to: BTreeMap<Region, Vec<Region>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = embedded::table("data/regions.yaml");
    let region = |code: &str| Region(Arc::from(code));
    let mut table = Table { by_word: BTreeMap::new(), names: BTreeMap::new(), common_to: BTreeMap::new() };
    for word in &file.worldwide {
        table.by_word.insert(fold(word), Geography::Worldwide);
    }
    for (code, entry) in &file.regions {
        for word in entry.words.iter().chain([code]) {
            table.by_word.insert(fold(word), Geography::one(region(code)));
        }
        table.names.insert(region(code), entry.name.clone());
        table.common_to.insert(region(code), entry.common_to.iter().map(|code| region(code)).collect());
    }
    table
});

/// Without case, runs of white space as one blank.
fn fold(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The geography that a sheet's or a profile's word means.
pub fn lookup(word: &str) -> Option<Geography> {
    TABLE.by_word.get(&fold(word)).cloned()
}

/// All regions with their names in English, by code.
pub fn all() -> impl Iterator<Item = (&'static Region, &'static str)> {
    TABLE.names.iter().map(|(region, name)| (region, name.as_str()))
}

/// Every word for a region or for the whole world, folded.
pub fn words() -> impl Iterator<Item = &'static str> {
    TABLE.by_word.keys().map(String::as_str)
}

/// Whether what serves the region is common to several regions (`USGov`), and so is no data location.
pub fn is_common(region: &Region) -> bool {
    TABLE.common_to.get(region).is_some_and(|regions| !regions.is_empty())
}

/// Whether a customer of `customer` needs what serves `region`: the same region, or one that is common
/// to several (`USGov` for `GCC`).
pub fn serves(region: &Region, customer: &Region) -> bool {
    region == customer || TABLE.common_to.get(region).is_some_and(|regions| regions.contains(customer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_real_sheets_are_known() {
        for (word, want) in [
            ("WW", "WW"),
            ("All", "WW"),
            (" us  gov ", "USGov"),
            ("USGov", "USGov"),
            ("GCC Mod", "GCC"),
            ("Government Community Cloud", "GCC"),
            ("GCC High", "GCCHigh"),
            ("DoD", "DoD"),
            ("Azure UAE Central (AEC)", "AEC"),
            ("eu", "EU"),
        ] {
            assert_eq!(lookup(word).map(|g| g.to_string()).as_deref(), Some(want), "{word}");
        }
        assert_eq!(lookup("Mars"), None);
        assert_eq!(lookup(""), None);
    }

    #[test]
    fn a_government_cloud_needs_what_is_common_to_all() {
        let region = |code: &str| Region(code.into());
        assert!(serves(&region("USGov"), &region("GCC")));
        assert!(!serves(&region("GCC"), &region("USGov")));
        assert!(!serves(&region("US"), &region("GCC")));
        for regions in TABLE.common_to.values() {
            assert!(regions.iter().all(|region| TABLE.names.contains_key(region)));
        }
    }
}
