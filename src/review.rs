//! What somebody should look at from time to time: exceptions that end, exceptions that nobody answers for, endpoints that
//! the vendor no longer lists, and rules that nothing used.
//!
//! Findings tell what is wrong with a policy today; this tells what a person has to decide.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

use crate::compile::Run;
use crate::dropped::Listed;
use crate::endings::{self, End, Exception};
use crate::model::{HostPattern, Intent, RequestPattern};
use crate::profile::{Profile, SourceSpec};
use crate::resolve;

/// Longest text of an audit of logs in bytes.
pub const MAX_AUDIT: usize = 64 << 20;

/// Why something is to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Its last day is over.
    Expired,
    /// Its last day is near.
    ExpiresSoon,
    /// Nobody answers for it.
    NoOwner,
    /// The newest built-in lists do not have it.
    NotListed,
    /// No request of the audited logs used it.
    Unused,
}

impl Reason {
    /// The name in tables and in JSON: `expires-soon`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::ExpiresSoon => "expires-soon",
            Self::NoOwner => "no-owner",
            Self::NotListed => "not-listed",
            Self::Unused => "unused",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A finding that somebody accepts.
    Waiver,
    /// A host that the profile adds.
    Include,
    /// A row of a list that the profile names.
    Endpoint,
    /// A rule of the allowlist.
    Rule,
}

impl Kind {
    /// The name in tables and in JSON: `waiver`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiver => "waiver",
            Self::Include => "include",
            Self::Endpoint => "endpoint",
            Self::Rule => "rule",
        }
    }
}

/// One thing to look at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Item {
    /// Why.
    pub reason: Reason,
    /// Its last day, where it has one.
    pub expires: Option<Date>,
    /// What it is.
    pub kind: Kind,
    /// Its pattern; of a waiver with the lint before it.
    pub what: String,
    /// Who answers for it, where it says so.
    pub owner: Option<String>,
    /// Where it stands: `thruway.yaml › line 12`, or the first cell.
    pub place: String,
}

/// What an audit of logs says of the policy's patterns: a JSON object with an array `endpoints` of objects, each with
/// `pattern`, as `show policy` writes it, and `requests`, how many matched. Other keys are left alone.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Audit {
    endpoints: Vec<Audited>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
struct Audited {
    pattern: String,
    requests: u64,
}

/// Everything to look at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Review {
    /// Sorted by reason, then by day.
    pub items: Vec<Item>,
    /// The first exception that ends later than the days that are looked ahead.
    pub next: Option<Item>,
    /// Rules of the allowlist of which the audit says nothing.
    pub unaudited: usize,
}

/// What is to be looked at in a profile and its policy. `days` is how far ahead.
pub fn review(profile: &Profile, run: &Run, today: Date, days: u16, audit: Option<&Audit>) -> Review {
    let mut review = Review::default();
    exceptions(profile, today, days, &mut review);
    not_listed(profile, run, &mut review.items);
    if let Some(audit) = audit {
        unused(run, audit, &mut review);
    }
    review.items.sort();
    review.items.dedup();
    review
}

/// Waivers and inclusions that end, or that nobody answers for; and the next one that ends later.
fn exceptions(profile: &Profile, today: Date, days: u16, review: &mut Review) {
    for exception in endings::exceptions(profile) {
        let item = |reason| Item {
            reason,
            expires: exception.expires(),
            kind: match exception {
                Exception::Waiver(_) => Kind::Waiver,
                Exception::Include(_) => Kind::Include,
            },
            what: exception.what(),
            owner: Some(exception.owner().to_owned()),
            place: place(profile, exception.line()),
        };
        match exception.end(today, days) {
            Some(End::Over) => review.items.push(item(Reason::Expired)),
            Some(End::Near) => review.items.push(item(Reason::ExpiresSoon)),
            Some(End::Far) => {
                let own = item(Reason::ExpiresSoon);
                if review.next.as_ref().is_none_or(|next| own.expires < next.expires) {
                    review.next = Some(own);
                }
            }
            None => {}
        }
        if is_nobody(exception.owner()) {
            review.items.push(item(Reason::NoOwner));
        }
    }
}

/// `thruway.yaml › line 12`.
fn place(profile: &Profile, line: u32) -> String {
    format!("{} › line {line}", profile.file_name().unwrap_or_else(|| "profile".to_owned()))
}

/// Whether a text stands in the place of a name.
fn is_nobody(owner: &str) -> bool {
    const PLACEHOLDERS: [&str; 12] =
        ["tbd", "todo", "tba", "n/a", "na", "none", "nobody", "unknown", "owner", "somebody", "xxx", "fixme"];
    let text = owner.trim().to_lowercase();
    !text.chars().any(char::is_alphanumeric) || PLACEHOLDERS.contains(&text.as_str())
}

/// Hosts of the user's own lists, and of inclusions under the vendor's domains, that no built-in list has.
fn not_listed(profile: &Profile, run: &Run, items: &mut Vec<Item>) {
    let has_files = profile.sources.iter().any(|source| matches!(source.value, SourceSpec::File(_)));
    if !has_files && profile.select.include.is_empty() {
        return;
    }
    let listed = Listed::new();
    for include in &profile.select.include {
        let own = &include.value;
        if listed.is_of_vendor(&own.host) && !listed.has(&own.host) {
            items.push(Item {
                reason: Reason::NotListed,
                expires: own.expires,
                kind: Kind::Include,
                what: own.host.to_string(),
                owner: Some(own.owner.clone()),
                place: place(profile, include.line),
            });
        }
    }
    let selected = run.endpoints.iter().filter(|own| resolve::keeps(&profile.select, own));
    for endpoint in selected {
        let host = &endpoint.pattern.value.host;
        let Some(cell) = endpoint.pattern.from.first() else { continue };
        let is_builtin = run.sources.get(cell.source).name.starts_with("builtin:");
        if !is_builtin && !matches!(host, HostPattern::Address(_)) && !listed.has(host) {
            items.push(Item {
                reason: Reason::NotListed,
                expires: None,
                kind: Kind::Endpoint,
                what: endpoint.pattern.value.to_string(),
                owner: None,
                place: cell.place(&run.sources),
            });
        }
    }
}

/// Rules that nothing used.
fn unused(run: &Run, audit: &Audit, review: &mut Review) {
    // A pattern stands there once for each log, or each day of it.
    let mut requests: BTreeMap<&str, u64> = BTreeMap::new();
    for own in &audit.endpoints {
        let sum = requests.entry(own.pattern.as_str()).or_default();
        *sum = sum.saturating_add(own.requests);
    }
    for rule in run.policy.rules(Intent::Allow) {
        let pattern: &RequestPattern = &rule.pattern;
        match requests.get(pattern.to_string().as_str()) {
            None => review.unaudited += 1,
            Some(0) => review.items.push(Item {
                reason: Reason::Unused,
                expires: None,
                kind: Kind::Rule,
                what: pattern.to_string(),
                owner: None,
                place: rule.provenance.first().map_or(String::new(), |cell| cell.place(&run.sources)),
            }),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn of(text: &str, days: u16, audit: Option<&str>) -> Vec<String> {
        let profile = Profile::parse(text, None, &[]).unwrap();
        let run = Run::new(&profile, TODAY).unwrap();
        let audit = audit.map(|text| serde_json::from_str::<Audit>(text).unwrap());
        let review = review(&profile, &run, TODAY, days, audit.as_ref());
        review.items.iter().map(|own| format!("{} {} {}", own.reason, own.kind.as_str(), own.what)).collect()
    }

    fn profile(rest: &str) -> String {
        format!("version: 1\nname: a\nsources: [builtin: mde-commercial]\n{rest}")
    }

    #[test]
    fn what_ends_is_told_from_the_day_on() {
        let include = |day: &str| {
            profile(&format!(
                "select: {{ include: [{{ host: m.contoso.com, ports: [443], reason: r, owner: netops, expires: {day} }}] }}\n"
            ))
        };
        for (day, days, want) in [
            ("2026-11-23", 0, &["expired include m.contoso.com"][..]),
            ("2026-11-24", 0, &["expires-soon include m.contoso.com"]),
            ("2026-12-24", 30, &["expires-soon include m.contoso.com"]),
            ("2026-12-25", 30, &[]),
        ] {
            assert_eq!(of(&include(day), days, None), want, "{day}");
        }
        let waiver = profile(
            "waivers: [{ lint: covers-public-suffix, pattern: '*.blob.core.windows.net', intent: \
             bypass-inspection, reason: r, owner: netops, expires: 2026-12-01 }]\n",
        );
        assert_eq!(
            of(&waiver, 30, None),
            ["expires-soon waiver covers-public-suffix *.blob.core.windows.net (bypass-inspection)"]
        );
    }

    #[test]
    fn the_next_end_is_the_first_of_those_that_are_far() {
        let include = |host: &str, day: &str| {
            format!("{{ host: {host}, ports: [443], reason: r, owner: a, expires: {day} }}")
        };
        let all = [include("b.contoso.com", "2027-05-01"), include("a.contoso.com", "2027-03-31")].join(", ");
        let profile =
            Profile::parse(&profile(&format!("select: {{ include: [{all}] }}\n")), None, &[]).unwrap();
        let run = Run::new(&profile, TODAY).unwrap();
        let next = |days| review(&profile, &run, TODAY, days, None).next.map(|own| (own.what, own.place));
        let expected = |what: &str| Some((what.to_owned(), "profile › line 4".to_owned()));
        assert_eq!(next(30), expected("a.contoso.com"));
        assert_eq!(next(140), expected("b.contoso.com"));
        assert_eq!(next(300), None);
    }

    #[test]
    fn a_placeholder_answers_for_nothing() {
        for (owner, is_told) in
            [("netops", false), ("TBD", true), ("'?'", true), ("Nadia Ba", false), ("N/A", true)]
        {
            let text = profile(&format!(
                "select: {{ include: [{{ host: m.contoso.com, ports: [443], reason: r, owner: {owner} }}] }}\n"
            ));
            assert_eq!(!of(&text, 30, None).is_empty(), is_told, "{owner}");
        }
    }

    #[test]
    fn hosts_of_the_vendor_that_no_list_has_are_told_and_mirrors_are_not() {
        let text = profile(
            "select: { include: [{ host: gone.wd.microsoft.net, ports: [443], reason: r, owner: a },\n\
             { host: winatp-gw-gone.microsoft.com, ports: [443], reason: r, owner: a },\n\
             { host: x.wd.microsoft.com, ports: [443], reason: r, owner: a },\n\
             { host: mirror.contoso.com, ports: [443], reason: r, owner: a }] }\n",
        );
        assert_eq!(of(&text, 30, None), ["not-listed include winatp-gw-gone.microsoft.com"]);
    }

    #[test]
    fn rules_that_nothing_used_are_told() {
        let text = profile("");
        let audit = r#"{"endpoints":[{"pattern":"*.wns.windows.com","requests":0,"more":1},
            {"pattern":"login.live.com","requests":3},{"pattern":"login.live.com","requests":0},
            {"pattern":"not.ours.example","requests":0}]}"#;
        assert_eq!(of(&text, 30, Some(audit)), ["unused rule *.wns.windows.com"]);
        for wrong in
            ["{}", r#"{"endpoints":[{"pattern":"a"}]}"#, r#"{"endpoints":[{"pattern":"a","requests":-1}]}"#]
        {
            assert!(serde_json::from_str::<Audit>(wrong).is_err(), "{wrong}");
        }
    }
}
