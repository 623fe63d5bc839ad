//! The words of a ticket, by language: `data/messages/*.yaml`.
//!
//! Every language has every message, since all of them are read into one type whose fields are required, and every
//! message has exactly the places that the program fills, since their number is part of its type.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::diag::Level;
use crate::embedded;
use crate::model::Intent;
use crate::opening::Opening;

/// The language of a ticket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// The tag of BCP 47: `en`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    pub(super) fn messages(self) -> &'static Messages {
        static EN: LazyLock<Messages> = LazyLock::new(|| embedded::table("data/messages/en.yaml"));
        static JA: LazyLock<Messages> = LazyLock::new(|| embedded::table("data/messages/ja.yaml"));
        match self {
            Self::En => &EN,
            Self::Ja => &JA,
        }
    }
}

/// A text with `{0}` to `{N-1}` in it, each at least once, and no other brace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Phrase<const N: usize>(String);

/// A text with nothing to fill in.
pub(super) type Words = Phrase<0>;

impl<const N: usize> Phrase<N> {
    fn new(text: String) -> Result<Self, String> {
        let mut rest = text.clone();
        for place in 0..N {
            let place = format!("{{{place}}}");
            if !rest.contains(&place) {
                return Err(format!("`{text}` has no {place}"));
            }
            rest = rest.replace(&place, "");
        }
        match rest.contains(['{', '}']) {
            true => Err(format!("`{text}` has a brace beyond its {N} places")),
            false => Ok(Self(text)),
        }
    }

    /// The text with these in its places. What is filled in is not looked at again.
    pub(super) fn fill(&self, with: [&str; N]) -> String {
        let mut parts = self.0.split('{');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (place, text) = part.split_once('}').expect("internal error: a phrase was checked");
            out.push_str(with[place.parse::<usize>().expect("internal error: a phrase was checked")]);
            out.push_str(text);
        }
        out
    }
}

impl Phrase<0> {
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// As a text of its own.
    pub(super) fn own(&self) -> String {
        self.0.clone()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Phrase<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A phrase whose first place is a number: for one, and for any other, as a language has it. A language without a plural
/// writes the same text twice.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted<const N: usize> {
    one: Phrase<N>,
    other: Phrase<N>,
}

impl Counted<1> {
    pub(super) fn of(&self, number: usize) -> String {
        self.with(number, [&number.to_string()])
    }
}

impl<const N: usize> Counted<N> {
    /// The text for a number; the first of `with` shows it.
    pub(super) fn with(&self, number: usize, with: [&str; N]) -> String {
        if number == 1 { self.one.fill(with) } else { self.other.fill(with) }
    }
}

/// A word for each list.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ByIntent<T> {
    allow: T,
    bypass_inspection: T,
    bypass_authentication: T,
    direct: T,
}

impl<T> ByIntent<T> {
    pub(super) fn of(&self, intent: Intent) -> &T {
        match intent {
            Intent::Allow => &self.allow,
            Intent::BypassInspection => &self.bypass_inspection,
            Intent::BypassAuthentication => &self.bypass_authentication,
            Intent::Direct => &self.direct,
        }
    }
}

/// A word for each level.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct ByLevel {
    allow: Words,
    warn: Words,
    hold: Words,
    deny: Words,
}

impl ByLevel {
    pub(super) fn of(&self, level: Level) -> &str {
        match level {
            Level::Allow => self.allow.text(),
            Level::Warn => self.warn.text(),
            Level::Hold => self.hold.text(),
            Level::Deny => self.deny.text(),
        }
    }
}

/// Headings of sections, and names of sheets.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Headings {
    pub(super) summary: Words,
    pub(super) reasons: Words,
    pub(super) openings: Words,
    pub(super) instead: Words,
    pub(super) removals: Words,
    pub(super) covered: Words,
    pub(super) restated: Words,
    pub(super) left_out: Words,
    pub(super) findings: Words,
    pub(super) waivers: Words,
    pub(super) implementation: Words,
    pub(super) files: Words,
    pub(super) tests: Words,
    pub(super) rollback: Words,
}

/// Headings of columns, and names of facts.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    pub(super) action: Words,
    pub(super) after: Words,
    pub(super) apply: Words,
    pub(super) before: Words,
    pub(super) beyond: Words,
    pub(super) bytes: Words,
    pub(super) category: Words,
    pub(super) cells: Words,
    pub(super) count: Words,
    pub(super) destination: Words,
    pub(super) devices: Words,
    pub(super) direction: Words,
    pub(super) exact: Words,
    pub(super) expires: Words,
    pub(super) fact: Words,
    pub(super) file: Words,
    pub(super) finding: Words,
    pub(super) from: Words,
    pub(super) geographies: Words,
    pub(super) held: Words,
    pub(super) intent: Words,
    pub(super) level: Words,
    pub(super) narrower: Words,
    pub(super) new: Words,
    pub(super) gone: Words,
    pub(super) owner: Words,
    pub(super) path: Words,
    pub(super) place: Words,
    pub(super) platforms: Words,
    pub(super) ports: Words,
    pub(super) product: Words,
    pub(super) protocol: Words,
    pub(super) proxies: Words,
    pub(super) reason: Words,
    pub(super) requirement: Words,
    pub(super) risk: Words,
    pub(super) rollback: Words,
    pub(super) scheme: Words,
    pub(super) service: Words,
    pub(super) setting: Words,
    pub(super) sha256: Words,
    pub(super) unsupported: Words,
    pub(super) what: Words,
    pub(super) who: Words,
    pub(super) why: Words,
    pub(super) wider: Words,
}

impl Columns {
    /// Of a table of waivers.
    pub(super) fn of_waivers(&self) -> [&Words; 6] {
        [&self.finding, &self.destination, &self.intent, &self.reason, &self.owner, &self.expires]
    }
}

/// Every message of a ticket in one language.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Messages {
    /// The day on which somebody who reads the language looked at it. No message shows it.
    #[serde(rename = "checked")]
    _checked: String,
    /// Of a change; the profile's name.
    pub(super) title: Phrase<1>,
    /// What somebody who reads this language has to know of the texts that are not in it; empty for English.
    pub(super) language_note: String,
    /// Between sentences.
    pub(super) space: Words,
    /// Between words of a list.
    pub(super) comma: Words,
    pub(super) headings: Headings,
    pub(super) columns: Columns,
    /// Names of the lists.
    pub(super) intents: ByIntent<Words>,
    pub(super) levels: ByLevel,
    /// Before the sources of a change.
    pub(super) compared: Phrase<2>,
    pub(super) opened: Counted<1>,
    pub(super) opened_on: Counted<2>,
    pub(super) closed: Counted<1>,
    /// Lines that lose an exemption and keep their destination.
    pub(super) closed_exemptions: Counted<1>,
    pub(super) changed: Counted<1>,
    pub(super) no_change: Words,
    /// The lists stay, and products do something else.
    pub(super) only_products: Words,
    pub(super) instead: Counted<1>,
    pub(super) instead_note: Words,
    pub(super) covered: Counted<1>,
    pub(super) covered_note: Words,
    pub(super) through_before: Phrase<1>,
    pub(super) through_now: Phrase<1>,
    /// A list, the profile by which it is looked at, and what that has beyond a selection.
    pub(super) looked_at: Phrase<3>,
    pub(super) builtin_profile: Words,
    pub(super) inclusions: Counted<1>,
    pub(super) exclusions: Counted<1>,
    pub(super) waivers: Counted<1>,
    /// A key of the profile, before and now.
    pub(super) setting_change: Phrase<3>,
    pub(super) not_set: Words,
    pub(super) names_note: Words,
    /// Of a waiver: its last day.
    pub(super) expired: Phrase<1>,
    pub(super) unread: Counted<1>,
    /// How many lines of each list.
    pub(super) of_intent: ByIntent<Counted<1>>,
    pub(super) left_out: ByIntent<Counted<1>>,
    pub(super) outbound: Words,
    /// Where the profile says nothing.
    pub(super) source_unknown: Words,
    pub(super) proxies: Phrase<1>,
    pub(super) not_stated: Words,
    pub(super) optional: Words,
    pub(super) required: Words,
    pub(super) none: Words,
    pub(super) nothing_left_out: Words,
    pub(super) left_out_note: Words,
    /// Several that are not all named.
    pub(super) and_more: Counted<2>,
    pub(super) with_path: Phrase<2>,
    /// A finding's message with a label.
    pub(super) for_intents: Phrase<2>,
    pub(super) more_findings: Counted<1>,
    pub(super) other_findings: Counted<1>,
    pub(super) explain: Words,
    /// By code, for people who have never heard of it.
    pub(super) risks: BTreeMap<String, Counted<1>>,
    pub(super) fallback_reason: Words,
    pub(super) new_here: Words,
    pub(super) new_selected: Words,
    pub(super) new_gated: Phrase<1>,
    pub(super) gone_here: Words,
    pub(super) gone_unselected: Words,
    pub(super) gone_gated: Phrase<1>,
    /// A request that is new or gone.
    pub(super) for_example: Phrase<2>,
    pub(super) fact_requirement: Words,
    pub(super) fact_geography: Words,
    pub(super) fact_platforms: Words,
    pub(super) no_products: Words,
    pub(super) fidelity_note: Words,
    pub(super) change_note: Words,
    pub(super) apply: Words,
    pub(super) undo: Words,
    pub(super) digests: Words,
    pub(super) compile: Words,
    /// Lines of a profile.
    pub(super) not_yet: Phrase<1>,
    pub(super) verify: Words,
    pub(super) verify_new: Words,
    pub(super) verify_all: Words,
    pub(super) verify_pac: Words,
    pub(super) verify_expected: Words,
    pub(super) take_out: Counted<1>,
    pub(super) put_back: Counted<1>,
    pub(super) put_back_covered: Counted<1>,
    pub(super) take_out_instead: Counted<1>,
    pub(super) restore: Phrase<1>,
    pub(super) withdraw: Words,
    pub(super) undone_patterns: Phrase<2>,
    pub(super) action_add: Words,
    pub(super) action_remove: Words,
    pub(super) of_whole: Counted<1>,
    pub(super) cell_cut: Phrase<1>,
    pub(super) summary_line: Phrase<3>,
}

impl Messages {
    pub(super) fn intents(&self, intents: &[Intent], between: &str) -> String {
        intents.iter().map(|&own| self.intents.of(own).text()).collect::<Vec<_>>().join(between)
    }

    /// For whom a line is: platforms, then data locations.
    pub(super) fn who(&self, opening: &Opening) -> String {
        format!("{}; {}", self.platforms(opening), self.geographies(opening))
    }

    pub(super) fn platforms(&self, opening: &Opening) -> String {
        opening.platforms().unwrap_or_else(|| self.not_stated.own())
    }

    pub(super) fn geographies(&self, opening: &Opening) -> String {
        opening.geographies().unwrap_or_else(|| self.not_stated.own())
    }

    pub(super) fn requirement(&self, opening: &Opening) -> &str {
        use crate::model::Requirement;
        match opening.requirement {
            Requirement::Required => self.required.text(),
            Requirement::Optional => self.optional.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opening::RISKS;

    #[test]
    fn every_language_has_every_message() {
        for language in Language::ALL {
            assert!(!language.messages().headings.openings.text().is_empty(), "{}", language.as_str());
            let risks: Vec<&str> = language.messages().risks.keys().map(String::as_str).collect();
            let mut codes: Vec<&str> = RISKS.iter().map(|code| code.as_str()).collect();
            codes.sort_unstable();
            assert_eq!(risks, codes, "{}", language.as_str());
        }
        assert!(Language::En.messages().language_note.is_empty());
        assert!(Language::Ja.messages().language_note.contains("英語"));
    }

    #[test]
    fn a_phrase_has_the_places_that_are_filled() {
        let read = |text: &str| serde_json::from_str::<Phrase<2>>(&format!("\"{text}\""));
        let phrase = read("{1} by {0}, {1}").unwrap();
        // What is filled in is no phrase.
        assert_eq!(phrase.fill(["{1}", "b"]), "b by {1}, b");
        for wrong in ["{0}", "{0} {1} {2}", "{0} {1} }", "{0} {1} {", "{0} {one}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_is_told_from_many() {
        let opened = &Language::En.messages().opened;
        assert_ne!(opened.of(1), opened.of(2).replace('2', "1"));
        assert!(opened.of(0).contains('0'));
        let opened = &Language::Ja.messages().opened;
        assert_eq!(opened.of(1), opened.of(2).replace('2', "1"));
    }
}
