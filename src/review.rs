//! What somebody should look at from time to time: exceptions that end, exceptions that nobody answers for, endpoints that
//! the vendor no longer lists, and rules that nothing used.
//!
//! Findings tell what is wrong with a policy today; this tells what a person has to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::compile::{LoadError, Run};
use crate::model::{DomainName, HostIndex, HostPattern, Intent, RequestPattern};
use crate::profile::{BUILTIN_LISTS, Profile, SourceSpec};
use crate::resolve;
use crate::suffix;

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
    /// Where it stands: `line 12` of the profile, or the first cell.
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
    /// Rules of the allowlist of which the audit says nothing.
    pub unaudited: usize,
}

/// What is to be looked at in a profile and its policy. `days` is how far ahead.
///
/// # Errors
/// When a built-in list cannot be read, which would be a bug.
pub fn review(
    profile: &Profile,
    run: &Run,
    today: Date,
    days: u16,
    audit: Option<&Audit>,
) -> Result<Review, LoadError> {
    let mut review = Review::default();
    exceptions(profile, today, days, &mut review.items);
    not_listed(profile, run, today, &mut review.items)?;
    if let Some(audit) = audit {
        unused(run, audit, &mut review);
    }
    review.items.sort();
    review.items.dedup();
    Ok(review)
}

/// Waivers and inclusions that end, or that nobody answers for.
fn exceptions(profile: &Profile, today: Date, days: u16, items: &mut Vec<Item>) {
    // Past the end of the calendar nothing ends.
    let until = today.checked_add(i32::from(days).days()).unwrap_or(Date::MAX);
    let mut add = |kind, what: String, owner: &str, expires: Option<Date>, line: u32| {
        let place = format!("line {line}");
        let item = |reason| Item {
            reason,
            expires,
            kind,
            what: what.clone(),
            owner: Some(owner.to_owned()),
            place: place.clone(),
        };
        match expires {
            Some(day) if day < today => items.push(item(Reason::Expired)),
            Some(day) if day <= until => items.push(item(Reason::ExpiresSoon)),
            _ => {}
        }
        if is_nobody(owner) {
            items.push(item(Reason::NoOwner));
        }
    };
    for waiver in &profile.waivers {
        let own = &waiver.value;
        let what = format!("{} {} ({})", own.lint, own.pattern, own.intent);
        add(Kind::Waiver, what, &own.owner, Some(own.expires), waiver.line);
    }
    for include in &profile.select.include {
        let own = &include.value;
        add(Kind::Include, own.host.to_string(), &own.owner, own.expires, include.line);
    }
}

/// Whether a text stands in the place of a name.
fn is_nobody(owner: &str) -> bool {
    const PLACEHOLDERS: [&str; 12] =
        ["tbd", "todo", "tba", "n/a", "na", "none", "nobody", "unknown", "owner", "somebody", "xxx", "fixme"];
    let text = owner.trim().to_lowercase();
    !text.chars().any(char::is_alphanumeric) || PLACEHOLDERS.contains(&text.as_str())
}

/// Hosts of the user's own lists, and of inclusions under the vendor's domains, that no built-in list has.
fn not_listed(profile: &Profile, run: &Run, today: Date, items: &mut Vec<Item>) -> Result<(), LoadError> {
    let has_files = profile.sources.iter().any(|source| matches!(source.value, SourceSpec::File(_)));
    if !has_files && profile.select.include.is_empty() {
        return Ok(());
    }
    let mut listed = HostIndex::new();
    let mut domains = BTreeSet::new();
    for list in BUILTIN_LISTS {
        let everything = Profile::builtin(&[]);
        let builtin = Run::of_source(SourceSpec::Builtin(list.to_owned()), &everything, today)?;
        for endpoint in &builtin.endpoints {
            let host = &endpoint.pattern.value.host;
            domains.extend(domain(host));
            listed.insert(host.clone(), ());
        }
    }
    let is_listed =
        |host: &HostPattern| listed.covering_candidates(host).any(|(other, ())| other.covers(host));
    for include in &profile.select.include {
        let own = &include.value;
        // A mirror of one's own is in no list of the vendor's.
        if domain(&own.host).is_some_and(|domain| domains.contains(&domain)) && !is_listed(&own.host) {
            items.push(Item {
                reason: Reason::NotListed,
                expires: own.expires,
                kind: Kind::Include,
                what: own.host.to_string(),
                owner: Some(own.owner.clone()),
                place: format!("line {}", include.line),
            });
        }
    }
    let selected = run.endpoints.iter().filter(|own| resolve::keeps(&profile.select, own));
    for endpoint in selected {
        let host = &endpoint.pattern.value.host;
        let Some(cell) = endpoint.pattern.from.first() else { continue };
        let is_builtin = run.sources.get(cell.source).name.starts_with("builtin:");
        if !is_builtin && !matches!(host, HostPattern::Address(_)) && !is_listed(host) {
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
    Ok(())
}

/// The domain that somebody has registered for a pattern, where it has one.
fn domain(host: &HostPattern) -> Option<DomainName> {
    suffix::registrable_domain(&host.anchor()?)
}

/// Rules that nothing used.
fn unused(run: &Run, audit: &Audit, review: &mut Review) {
    let requests: BTreeMap<&str, u64> =
        audit.endpoints.iter().map(|own| (own.pattern.as_str(), own.requests)).collect();
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
        let review = review(&profile, &run, TODAY, days, audit.as_ref()).unwrap();
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
            {"pattern":"login.live.com","requests":3},{"pattern":"not.ours.example","requests":0}]}"#;
        assert_eq!(of(&text, 30, Some(audit)), ["unused rule *.wns.windows.com"]);
        for wrong in
            ["{}", r#"{"endpoints":[{"pattern":"a"}]}"#, r#"{"endpoints":[{"pattern":"a","requests":-1}]}"#]
        {
            assert!(serde_json::from_str::<Audit>(wrong).is_err(), "{wrong}");
        }
    }
}
