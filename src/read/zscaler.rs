//! Zscaler Internet Access: categories of URLs, the rules that name them, exempted URLs, and the conditions of a
//! forwarding PAC file; as bodies of the API, as Terraform, or as lists to be pasted.
//!
//! The first enabled rule that matches decides, by `order`. URL filtering lets through what no rule matches.
//! What the default rule of SSL inspection does is the tenant's to say; where it is not among the files, everything
//! else is taken for inspected. Exempted URLs are exempt from inspection too, before any rule.
//!
//! Deliberately not here: what stands before URL filtering (cloud application control, security policies), what
//! Zscaler's own categories have, and how much a tenant may have, which support can change. A query behind a path is
//! not asked about. Of HTTPS, a path is seen where it is inspected.

mod api;
mod category;
mod decide;
mod json;
mod pac;
mod rule;
mod terraform;
#[cfg(test)]
mod tests;
mod url;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use category::{Category, Entry};
use rule::Rule;
use value::Troubles;

use super::{Item, Place, Reading, Texts, Trouble, TroubleKind};
use crate::model::Intent;

pub use decide::{Disabled, RuleFacts, UrlList};
pub use rule::RuleKind;

/// What files say of a tenant.
#[derive(Debug, Default)]
pub struct Zscaler {
    /// Lists without a rule, by what their name says that they are for.
    lists: BTreeMap<Intent, (Place, Vec<Entry>)>,
    categories: Vec<Category>,
    /// By kind and order; what a rule is for is what [`scopes`](Self::scopes) says at its place.
    rules: Vec<Rule>,
    scopes: Vec<decide::Scope>,
    exempted: Option<(Place, Vec<Entry>)>,
    direct: Option<(Place, Vec<Item>)>,
    troubles: Vec<Trouble>,
}

/// Reads the files of a tenant, each for what it is, into what is enforced there: a rule that is disabled
/// decides nothing.
pub fn read(texts: &Texts) -> Reading {
    Zscaler::read(texts).into_reading()
}

impl Zscaler {
    /// Reads files, each for what it is.
    pub fn read(texts: &Texts) -> Self {
        let mut zscaler = Self::default();
        let mut found = Vec::new();
        for (name, bytes) in texts {
            let mut troubles = Troubles { file: Arc::from(name.as_str()), found: &mut found };
            // In a body of the API or in Terraform such an escape is an error of its own line.
            let text = super::decoded(bytes);
            zscaler.file(name, text.strip_prefix('\u{feff}').unwrap_or(&text), &mut troubles);
        }
        zscaler.troubles = found;
        zscaler.settle();
        zscaler
    }

    fn file(&mut self, name: &str, text: &str, troubles: &mut Troubles<'_>) {
        let has_suffix = |suffix: &str| name.ends_with(suffix);
        if has_suffix(".json") || text.trim_start().starts_with(['{', '[']) {
            api::read(text, self, troubles);
        } else if has_suffix(".tf") || text.contains("resource \"zia_") {
            terraform::read(text, self, troubles);
        } else if has_suffix(".pac") || has_suffix(".pac.txt") || text.contains("return \"DIRECT\"") {
            pac::read(text, self, troubles);
        } else {
            self.list(name, text, troubles);
        }
    }

    /// A list of URLs, one a line, as somebody pastes it.
    fn list(&mut self, name: &str, text: &str, troubles: &mut Troubles<'_>) {
        let entries: Vec<Entry> = text
            .lines()
            .zip(1..)
            .map(|(line, number)| (line.trim(), number))
            .filter(|(line, _)| !line.is_empty())
            .filter_map(|(line, number)| category::entry(line, number, troubles))
            .collect();
        // What it is pasted into is in no list itself.
        let file = name.rsplit('/').next().unwrap_or(name);
        let intent = Intent::ALL.into_iter().filter(|intent| *intent != Intent::Direct).find(|intent| {
            file.strip_prefix(intent.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        match intent {
            Some(intent) => {
                let list = self.lists.entry(intent).or_insert_with(|| (troubles.place(0), Vec::new()));
                list.1.extend(entries);
            }
            None => {
                let what = "a list of URLs of which nothing says what it is for: a name such as `allow.urls.txt` would";
                troubles.add(TroubleKind::NotUnderstood, 0, what);
            }
        }
    }

    /// Exempts URLs from authentication.
    fn exempt(&mut self, place: Place, entries: Vec<Entry>) {
        self.exempted.get_or_insert_with(|| (place, Vec::new())).1.extend(entries);
    }

    /// What was not understood.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }
}
