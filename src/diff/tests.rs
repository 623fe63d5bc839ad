use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::compile::Run;
use crate::emit::testing::pattern as in_full;
use crate::model::samples::request_pattern;
use crate::model::{Requirement, boundary_requests};
use crate::profile::Profile;

const HEAD: &str = "version: 1\nname: a\nsources: [builtin: mde-commercial]\n";

/// A side of what a profile adds to a list of which it selects nothing.
fn side(select: &str, rest: &str) -> Side {
    let text = format!(
        "{HEAD}select: {{ platforms: [linux], exclude: ['*.com', '*.net', '*.io'], {select} }}\n{rest}"
    );
    let profile = Profile::parse(&text, None, &["squid", "zscaler"]).unwrap();
    let run = Run::new(&profile, jiff::civil::date(2026, 11, 24)).unwrap();
    Side::of_run("side".to_owned(), &run, &profile)
}

fn included(hosts: &[(&str, &str)]) -> Side {
    let rows: Vec<String> = hosts
        .iter()
        .map(|(host, ports)| format!("{{ host: '{host}', ports: [{ports}], reason: r, owner: o }}"))
        .collect();
    side(&format!("include: [{}]", rows.join(", ")), "")
}

/// The changes of the allowlist: sign, pattern and witnesses.
fn told(diff: &Diff<'_>) -> Vec<String> {
    let list = &diff.intents[&Intent::Allow];
    let tell = |sign: char| {
        move |change: &Change<'_>| {
            let by: Vec<String> = change
                .witnesses
                .iter()
                .map(|(dimension, request)| format!("{dimension:?} {request}"))
                .collect();
            format!("{sign}{} {} ({})", change.opening.pattern, by.join(" "), change.beside.len())
        }
    };
    list.opened.iter().map(tell('+')).chain(list.closed.iter().map(tell('-'))).collect()
}

#[test]
fn a_line_that_means_the_same_is_no_change_however_it_is_written() {
    let one = included(&[("*.a.example", "443"), ("a.example", "443"), ("x.a.example", "443")]);
    let other = included(&[(".a.example", "443")]);
    let diff = diff(&one, &other);
    assert!(diff.is_same(), "{:?}", told(&diff));
    let list = &diff.intents[&Intent::Allow];
    assert_eq!((list.same, list.reworded.len(), list.moved), (0, 1, 0));
}

#[test]
fn what_is_new_or_gone_has_a_shortest_request_and_the_way_in_which_it_is() {
    let old =
        included(&[("a.example", "443"), ("b.example", "443"), ("*.c.example", "443"), ("d.example", "80")]);
    let new = included(&[
        ("a.example", "443"),
        ("b.example", "443, 8443"),
        (".c.example", "443"),
        ("e.example", "443"),
    ]);
    assert_eq!(
        told(&diff(&old, &new)),
        [
            "+b.example:8443 Port https://b.example:8443/ (1)",
            "+e.example Host https://e.example/ (0)",
            "+.c.example Host https://c.example/ (1)",
            "-http://d.example Host http://d.example/ (0)",
        ]
    );
    assert_eq!(told(&diff(&new, &old)).len(), 4, "the same the other way round");
}

#[test]
fn lists_that_change_alike_are_told_once() {
    let (old, new) =
        (included(&[("a.example", "443")]), included(&[("a.example", "443"), ("b.example", "443")]));
    let diff = diff(&old, &new);
    let joint = diff.joint();
    assert_eq!(joint.len(), 1);
    assert_eq!(joint[0].intents, [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication]);
}

#[test]
fn why_the_other_side_has_it_not_is_told() {
    let all = |rest: &str| {
        let text = format!("{HEAD}{rest}");
        let profile = Profile::parse(&text, None, &["squid"]).unwrap();
        let run = Run::new(&profile, jiff::civil::date(2026, 11, 24)).unwrap();
        Side::of_run("side".to_owned(), &run, &profile)
    };
    let waived = "waivers: [{ lint: covers-public-suffix, pattern: '*.blob.core.windows.net', intent: \
                  bypass-inspection, reason: r, owner: o, expires: 2027-01-01 }]\n";
    let (held, opened) = (all(""), all(waived));
    let change = diff(&held, &opened);
    let blob = &change.intents[&Intent::BypassInspection].opened[0];
    assert_eq!(blob.opening.pattern.to_string(), "*.blob.core.windows.net");
    assert_eq!(blob.why, Why::LeftOut(Code::CoversPublicSuffix));
    assert!(change.intents[&Intent::Allow].is_same());

    let (eu, uk) = (all("select: { geographies: [EU] }\n"), all("select: { geographies: [UK] }\n"));
    let change = diff(&eu, &uk);
    let gateway = |list: &[Change<'_>], host: &str| {
        let found = list.iter().find(|own| own.opening.pattern.to_string() == host);
        found.map(|own| own.why)
    };
    let list = &change.intents[&Intent::Allow];
    assert_eq!(gateway(&list.opened, "winatp-gw-uks.microsoft.com"), Some(Why::NotSelected));
    assert_eq!(gateway(&list.closed, "winatp-gw-weu.microsoft.com"), Some(Why::NotSelected));
    assert_eq!(gateway(&list.opened, "winatp-gw-weu.microsoft.com"), None);
}

#[test]
fn a_product_that_can_only_say_more_opens_hosts_beyond_the_policy() {
    let (old, new) =
        (included(&[("a.example", "443")]), included(&[("a.example", "443"), ("*.b.example", "443")]));
    let diff = diff(&old, &new);
    let beyond = |target: &str| -> Vec<String> {
        let own = diff.targets.iter().find(|own| own.target == target).unwrap();
        own.intents[&Intent::Allow].beyond.iter().map(|(_, request)| request.host.to_string()).collect()
    };
    assert_eq!(beyond("zscaler"), ["b.example"], "its wildcard takes the apex along");
    assert_eq!(beyond("squid"), [""; 0]);
}

#[test]
fn what_a_product_no_longer_says_of_what_is_still_asked_for_is_lost() {
    let pattern = |host: &str| in_full(&format!("https://{host}"));
    let new = plain(["a.example", "*.b.example", "c.example"].map(pattern).to_vec());
    let lines = new.list(Intent::Allow);
    let asked = RequestSet::new(lines.iter().map(|line| &line.pattern));
    let lost = |before: &[&str], after: &[&str]| -> Vec<(String, String)> {
        let means = |hosts: &[&str]| {
            let mut means: Vec<RequestPattern> = hosts.iter().map(|host| pattern(host)).collect();
            means.sort();
            means
        };
        let list = target_list(&means(before), &means(after), &asked, lines);
        list.lost.iter().map(|(line, request)| (line.to_string(), request.to_string())).collect()
    };
    let told = |line: &str, request: &str| (line.to_owned(), request.to_owned());
    let all = ["a.example", "*.b.example", "c.example"];
    assert_eq!(lost(&all, &all), []);
    assert_eq!(
        lost(&all, &["c.example", "x.b.example"]),
        [told("a.example", "https://a.example/"), told("*.b.example", "https://a.b.example/")]
    );
    // By a wider entry it is still said; and what was never said whole is not lost now.
    assert_eq!(lost(&all, &["*.example"]), []);
    assert_eq!(lost(&["a.example", "x.b.example"], &["a.example"]), []);
}

/// A side of these patterns alone, on every list.
fn plain(mut patterns: Vec<RequestPattern>) -> Side {
    patterns.sort();
    patterns.dedup();
    let opening = |pattern: &RequestPattern| Opening {
        pattern: pattern.clone(),
        platforms: Platforms::NotStated,
        geography: None,
        requirement: Requirement::Required,
        risks: BTreeSet::new(),
        services: Vec::new(),
        categories: Vec::new(),
        places: Vec::new(),
    };
    let list: Vec<Opening> = patterns.iter().map(opening).collect();
    Side {
        name: String::new(),
        sources: Vec::new(),
        lists: Intent::ALL.map(|intent| (intent, list.clone())).into(),
        left_out: BTreeMap::new(),
        unread: Vec::new(),
        unselected: Vec::new(),
        means: Vec::new(),
        settings: Settings::default(),
        denied: BTreeSet::new(),
        by: None,
    }
}

proptest! {
    /// Asked one request of every kind that the patterns tell apart: what differs is told, and what is told differs.
    #[test]
    fn nothing_is_passed_over_and_nothing_made_up(
        old in vec(any::<bool>().prop_flat_map(request_pattern), 0..6),
        new in vec(any::<bool>().prop_flat_map(request_pattern), 0..6),
    ) {
        let all: Vec<RequestPattern> = old.iter().chain(&new).cloned().collect();
        let has = |patterns: &[RequestPattern], request: &Request| patterns.iter().any(|own| own.matches(request));
        let (one, other) = (plain(old.clone()), plain(new.clone()));
        let diff = diff(&one, &other);
        let list = &diff.intents[&Intent::Allow];
        for request in boundary_requests(&all) {
            let told = |changes: &[Change<'_>]| changes.iter().any(|own| own.opening.pattern.matches(&request));
            match (has(&old, &request), has(&new, &request)) {
                (false, true) => prop_assert!(told(&list.opened), "{request} is new"),
                (true, false) => prop_assert!(told(&list.closed), "{request} is gone"),
                _ => {}
            }
        }
        for (changes, of, not_in) in [(&list.opened, &new, &old), (&list.closed, &old, &new)] {
            for change in changes {
                for (_, witness) in &change.witnesses {
                    prop_assert!(change.opening.pattern.matches(witness));
                    prop_assert!(has(of, witness) && !has(not_in, witness), "{witness}");
                }
            }
        }
    }
}
