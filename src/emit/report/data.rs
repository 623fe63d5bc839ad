//! The block of data that the page's scripts read, as JSON.
//!
//! Thousands of rules name the same cells, texts and patterns, so each stands once in a table and is meant by its
//! index. What there are thousands of is an array rather than an object; its fields are those of the struct, in order.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::ser::{SerializeSeq, SerializeTuple};
use serde::{Serialize, Serializer};

use crate::model::Intent;

/// By intent, as the profile names it. Every intent is there.
pub(super) type ByIntent<T> = BTreeMap<&'static str, T>;

/// An empty table for every intent.
pub(super) fn by_intent<T: Default>() -> ByIntent<T> {
    Intent::ALL.into_iter().map(|intent| (intent.as_str(), T::default())).collect()
}

/// Everything.
#[derive(Serialize, Default)]
pub(super) struct Data {
    /// Names of sources.
    pub(super) sources: Vec<String>,
    /// Sheets: source and name.
    pub(super) sheets: Table<(usize, String)>,
    /// Cells: sheet, place and text.
    pub(super) cells: Table<(usize, String, String)>,
    /// Services, categories and codes of geographies.
    pub(super) names: Table<String>,
    /// Patterns.
    pub(super) patterns: Table<Pattern>,
    /// The rules: pattern and cells.
    pub(super) policy: ByIntent<Vec<(usize, Vec<usize>)>>,
    /// What the gate left out: pattern and code of the finding.
    pub(super) held: ByIntent<Vec<(usize, &'static str)>>,
    /// The targets to which an intent applies.
    pub(super) targets: Vec<Target>,
    /// How a target says a rule.
    pub(super) verdicts: Table<Verdict>,
    /// What shows a difference: a URL, or for `shared-address` a host.
    pub(super) witnesses: Table<String>,
    /// Lists of targets: `dstdomain, https 443`.
    pub(super) lists: Table<String>,
    /// Lines of lists: list and text.
    pub(super) entries: Table<(usize, String)>,
    /// What the sources state, sorted by domain, then by pattern.
    pub(super) endpoints: Vec<Stated>,
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// What the PAC answers, where there is one.
    pub(super) pac: Option<Pac>,
}

/// Host × schemes × ports × path, each as text, and the registrable domain that its names are in, or nothing where
/// they are addresses or in several.
#[derive(Serialize, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern(
    /// Host, as a vendor writes it.
    pub(super) String,
    /// `http`, `https` or `http+https`.
    pub(super) &'static str,
    /// Ports.
    pub(super) String,
    /// Path, as a vendor writes it; empty for every path.
    pub(super) String,
    /// Registrable domain.
    pub(super) String,
);

/// A target and how it says every rule.
#[derive(Serialize)]
pub(super) struct Target {
    pub(super) id: &'static str,
    pub(super) title: String,
    /// By intent that applies, in the order of the policy's rules: places in `verdicts`.
    pub(super) intents: BTreeMap<&'static str, Vec<usize>>,
}

/// How a target says one rule: its entries alone where that is exact.
#[derive(Serialize, Clone, PartialEq, Eq, Hash)]
#[serde(untagged)]
pub(super) enum Verdict {
    Exact(Vec<usize>),
    Differs(Differs),
}

/// How a target says one rule otherwise, or why it does not.
#[derive(Serialize, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Differs {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entries: Vec<usize>,
    /// Kinds of difference with what shows each: places in `witnesses`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) wider: Vec<(&'static str, usize)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) narrower: Vec<(&'static str, usize)>,
    /// The kind of difference for which a tolerance left the rule out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held: Option<&'static str>,
    /// Why the product cannot say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unsupported: Option<String>,
}

/// One endpoint.
pub(super) struct Stated {
    pub(super) pattern: usize,
    /// The path that the cell wrote on HTTPS, or empty.
    pub(super) https_path: String,
    /// Names of geographies.
    pub(super) geographies: Vec<usize>,
    /// Name of the service.
    pub(super) service: usize,
    /// Name of the category.
    pub(super) category: usize,
    /// Platforms; none where the source does not state them.
    pub(super) platforms: Vec<&'static str>,
    /// `required`, `optional` or empty.
    pub(super) requirement: &'static str,
    pub(super) cells: Vec<usize>,
    /// What asks for it in every intent, in their order: places in `policy`, or -1 - place in `held`.
    pub(super) rules: [Vec<i64>; 4],
    /// Where nothing asks for it: a rule of every intent that lets all of it through, a place in `policy`, or -1.
    pub(super) through: Vec<i64>,
}

impl Serialize for Stated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_tuple(10)?;
        row.serialize_element(&self.pattern)?;
        row.serialize_element(&self.https_path)?;
        row.serialize_element(&self.geographies)?;
        row.serialize_element(&self.service)?;
        row.serialize_element(&self.category)?;
        row.serialize_element(&self.platforms)?;
        row.serialize_element(self.requirement)?;
        row.serialize_element(&self.cells)?;
        row.serialize_element(&self.rules)?;
        row.serialize_element(&self.through)?;
        row.end()
    }
}

/// One finding.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) level: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) label: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    /// Facts, then what to do.
    pub(super) help: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) intent: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<&'static str>,
    /// The cell that it points at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cell: Option<usize>,
    /// Where else it points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<String>,
}

/// What the PAC answers, beside `DIRECT`.
#[derive(Serialize)]
pub(super) struct Pac {
    pub(super) proxies: String,
    pub(super) otherwise: String,
}

/// Values that stand once, in the order in which they came.
pub(super) struct Table<T> {
    rows: Vec<T>,
    // Asked, never walked.
    places: HashMap<T, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Table<T> {
    /// The place of a value, which is added where it is not there.
    pub(super) fn place(&mut self, value: T) -> usize {
        if let Some(&place) = self.places.get(&value) {
            return place;
        }
        let place = self.rows.len();
        self.rows.push(value.clone());
        self.places.insert(value, place);
        place
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        self.rows.iter().try_for_each(|row| rows.serialize_element(row))?;
        rows.end()
    }
}
