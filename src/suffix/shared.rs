//! Suffixes that many customers share and the public suffix list does not have.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::table;
use crate::embedded;
use crate::model::{DomainName, Intent};

/// One row of `data/shared-hosting.yaml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedSuffix {
    /// The suffix: each name one label below belongs to another customer.
    pub name: DomainName,
    /// Why it is on the list.
    pub reason: String,
    /// The document that says so.
    pub source: String,
    /// The day on which the source was read; nothing where it was not, and the entry is general knowledge.
    pub checked: Option<Date>,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    suffixes: Vec<SuffixRow>,
    advice: Vec<AdviceRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuffixRow {
    name: String,
    reason: String,
    source: String,
    checked: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdviceRow {
    suffix: String,
    intents: Vec<String>,
    lines: Vec<String>,
}

/// As a line of help: why, by which document.
/// `checked 2026-11-24`, or `unverified`.
pub(crate) fn checked(day: Option<Date>) -> String {
    day.map_or_else(|| "unverified".to_owned(), |day| format!("checked {day}"))
}

impl fmt::Display for SharedSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {} ({}, {})", self.name, self.reason, self.source, checked(self.checked))
    }
}

/// What a vendor says about one suffix.
struct Advice {
    /// The suffix, listed or shared.
    suffix: DomainName,
    /// The intents that it is about.
    intents: BTreeSet<Intent>,
    /// One line each: what which document says, and what to write instead.
    lines: Vec<String>,
}

struct Table {
    /// Sorted by key.
    suffixes: Vec<SharedSuffix>,
    advice: Vec<Advice>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = embedded::table("data/shared-hosting.yaml");
    let mut suffixes: Vec<SharedSuffix> = file.suffixes.into_iter().map(shared_suffix).collect();
    suffixes.sort_by(|a, b| a.key.cmp(&b.key));
    Table { suffixes, advice: file.advice.into_iter().map(advice_row).collect() }
});

fn shared_suffix(row: SuffixRow) -> SharedSuffix {
    let name = embedded_name(&row.name);
    let key = table::key_of(name.as_str());
    SharedSuffix { name, reason: row.reason, source: row.source, checked: row.checked, key }
}

fn advice_row(row: AdviceRow) -> Advice {
    let intent = |name: &String| {
        let known = Intent::ALL.into_iter().find(|intent| intent.as_str() == name);
        known.unwrap_or_else(|| panic!("internal error: data/shared-hosting.yaml: intent `{name}`"))
    };
    Advice {
        suffix: embedded_name(&row.suffix),
        intents: row.intents.iter().map(intent).collect(),
        lines: row.lines,
    }
}

fn embedded_name(text: &str) -> DomainName {
    text.parse().unwrap_or_else(|error| panic!("internal error: data/shared-hosting.yaml: `{text}`: {error}"))
}

/// The rows of `data/shared-hosting.yaml`, neighbours in the tree of names side by side.
pub fn shared_suffixes() -> &'static [SharedSuffix] {
    &TABLE.suffixes
}

/// What vendors say about a suffix for an intent, one line each.
pub fn advice(suffix: &DomainName, intent: Intent) -> impl Iterator<Item = &'static str> {
    TABLE
        .advice
        .iter()
        .filter(move |advice| advice.suffix == *suffix && advice.intents.contains(&intent))
        .flat_map(|advice| advice.lines.iter().map(String::as_str))
}

/// How many labels of a key are a shared suffix; the longest one where several match.
pub(super) fn suffix_len(key: &str) -> Option<usize> {
    // A few dozen rows: looking at each costs less than searching.
    TABLE
        .suffixes
        .iter()
        .filter(|suffix| key == suffix.key || is_below(key, &suffix.key))
        .map(|suffix| suffix.name.label_count())
        .max()
}

/// The keys of shared suffixes below this one, in order.
pub(super) fn below(key: &str) -> impl Iterator<Item = &'static str> {
    TABLE.suffixes.iter().map(|suffix| suffix.key.as_str()).filter(move |other| is_below(other, key))
}

/// Whether `key` lies below `ancestor`.
fn is_below(key: &str, ancestor: &str) -> bool {
    key.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with(' '))
}
