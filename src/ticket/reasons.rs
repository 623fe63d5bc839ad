//! Why a business needs what a source lists under a category: `data/reasons.yaml`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::Language;
use crate::embedded;
use crate::opening::Opening;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "checked")]
    _checked: String,
    reasons: Vec<Reason>,
}

/// A reason in every language.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    texts: Vec<String>,
    en: String,
    ja: String,
}

impl Reason {
    pub(super) fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

/// The reason for a category or service, as a source names it.
pub(super) fn reason(of: &str) -> Option<&'static Reason> {
    /// By text in lower case.
    static REASONS: LazyLock<BTreeMap<String, &'static Reason>> = LazyLock::new(|| {
        let file: File = embedded::table("data/reasons.yaml");
        let mut all = BTreeMap::new();
        for reason in file.reasons {
            let reason: &'static Reason = Box::leak(Box::new(reason));
            all.extend(reason.texts.iter().map(|text| (text.to_lowercase(), reason)));
        }
        all
    });
    let of = of.trim().to_lowercase();
    // The longest text that it is, or begins with before a blank.
    let ends = of.char_indices().filter(|(_, own)| own.is_whitespace()).map(|(at, _)| at);
    let ends: Vec<usize> = ends.chain([of.len()]).collect();
    ends.into_iter().rev().find_map(|end| REASONS.get(&of[..end]).copied())
}

/// The service of hosts that a profile adds.
const ADDED: &str = "added by the profile";

/// What lines are listed under, with how many each concerns: category, or else service. Sorted.
pub(super) fn categories<'a>(lines: impl Iterator<Item = &'a Opening>) -> Vec<(Arc<str>, usize)> {
    let mut all: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for opening in lines {
        // The reason that a profile gives is no category of the vendor's.
        if let Some(service) = opening.services.iter().find(|own| own.as_ref() == ADDED) {
            let text = format!("{service}: {}", opening.categories.join(", "));
            *all.entry(Arc::from(text)).or_default() += 1;
            continue;
        }
        let named = if opening.categories.is_empty() { &opening.services } else { &opening.categories };
        let unnamed = [Arc::from("")];
        for text in if named.is_empty() { &unnamed[..] } else { named } {
            *all.entry(text.clone()).or_default() += 1;
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_of_the_builtin_lists_has_a_reason() {
        use crate::compile::Run;
        use crate::profile::{BUILTIN_LISTS, Profile};
        for list in BUILTIN_LISTS {
            let text = format!("version: 1\nsources: [{{ builtin: {list} }}]\n");
            let profile = Profile::parse(&text, None, &[]).unwrap();
            let run = Run::new(&profile, jiff::civil::date(2026, 11, 24)).unwrap();
            for endpoint in &run.endpoints {
                let named =
                    [&endpoint.category, &endpoint.service].into_iter().find(|text| !text.trim().is_empty());
                // The streamlined table has rows without either.
                if let Some(named) = named {
                    assert!(reason(named).is_some(), "{list}: {named}");
                }
            }
        }
    }

    #[test]
    fn the_longest_text_at_the_beginning_is_the_reason() {
        let english = |of: &str| reason(of).map(|own| own.text(Language::En));
        assert_eq!(english("Microsoft Defender for Endpoint EU"), english("microsoft defender for endpoint"));
        assert_ne!(english("Common (Mac)"), english("Common"));
        assert!(english("added by the profile: our mirror").is_some());
        assert_eq!(english("Microsoft Defender for Endpoints"), None);
        assert_eq!(english(""), None);
    }
}
