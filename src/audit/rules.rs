//! Lists of rules of which the first that matches decides, as the subject of an audit.

use std::collections::{BTreeMap, BTreeSet};

use super::{Decision, List, Subject, SubjectAt};
use crate::model::{Host, Intent, Request, RequestPattern};
use crate::read::{self, Index, Reading, Trouble};

/// A configuration that was read, with its rules by host.
#[derive(Debug)]
pub struct Rules<'r> {
    reading: &'r Reading,
    indices: BTreeMap<Intent, Index<'r>>,
}

struct RulesAt<'r>(BTreeMap<Intent, read::AtHost<'r>>);

impl<'r> Rules<'r> {
    /// The rules of a configuration.
    pub fn new(reading: &'r Reading) -> Self {
        let indices = reading.rulebases.iter().map(|(&intent, rules)| (intent, rules.index())).collect();
        Self { reading, indices }
    }
}

impl Subject for Rules<'_> {
    fn intents(&self) -> Vec<Intent> {
        self.indices.keys().copied().collect()
    }

    fn withholds(&self, intent: Intent) -> bool {
        intent == Intent::Allow
            || self
                .reading
                .rulebases
                .get(&intent)
                .is_some_and(|rules| !rules.otherwise || rules.rules.iter().any(|rule| !rule.grants))
    }

    fn patterns(&self) -> Vec<RequestPattern> {
        self.reading.rulebases.values().flat_map(|rules| rules.patterns()).cloned().collect()
    }

    fn at<'s>(&'s self, host: &Host) -> Box<dyn SubjectAt + 's> {
        Box::new(RulesAt(self.indices.iter().map(|(&intent, index)| (intent, index.at(host))).collect()))
    }

    fn lists(&self) -> Vec<List<'_>> {
        let rules = self.reading.rulebases.iter().flat_map(|(intent, rules)| {
            let granting = rules.rules.iter().filter(|rule| rule.grants);
            granting.map(move |rule| (*intent, rule))
        });
        rules.map(|(intent, rule)| list(intent, rule)).collect()
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.reading.troubles.clone()
    }
}

fn list(intent: Intent, rule: &read::Ruling) -> List<'_> {
    List {
        name: None,
        intents: BTreeSet::from([intent]),
        is_used: true,
        place: Some(&rule.place),
        items: &rule.items,
    }
}

impl SubjectAt for RulesAt<'_> {
    fn ask(&self, intent: Intent, request: &Request) -> Option<Decision> {
        let rules = self.0.get(&intent)?;
        let places = rules.first(request).map(|(_, item)| item.place.clone());
        Some(Decision { granted: rules.grants(request), places: places.into_iter().collect() })
    }
}
