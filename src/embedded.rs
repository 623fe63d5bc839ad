//! The tables that are part of the program: `data/`, and what a target states in `target.yaml`. Written
//! in YAML for people, compiled to JSON by the build script.

use serde::de::DeserializeOwned;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// Reads the table of a file, named by its path in the project: `data/regions.yaml`.
///
/// # Panics
/// When there is no such table or it is not of this shape, which a test of its module would have shown.
pub fn table<T: DeserializeOwned>(path: &str) -> T {
    let found = TABLES.iter().find(|&&(own, _)| own == path);
    let (_, json) = found.unwrap_or_else(|| panic!("internal error: no table {path}"));
    serde_json::from_str(json).unwrap_or_else(|error| panic!("internal error: {path}: {error}"))
}
