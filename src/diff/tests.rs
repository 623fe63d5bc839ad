use super::*;
use crate::compile::Run;
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
    assert_eq!((list.same, list.reworded, list.moved), (0, 1, 0));
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
