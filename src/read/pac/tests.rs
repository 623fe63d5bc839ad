//! A file that was written is read, and nothing in it is passed over.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::script::{Limits, Script};
use super::*;
use crate::emit;
use crate::emit::pac::{PacHost, PacOptions, PacOtherwise};
use crate::emit::testing::{artifacts, rules, settings};
use crate::model::{Host, HostPattern, Intent, RequestPattern, boundary_hosts, boundary_requests};
use crate::profile::{Settings, TargetOptions};

/// A file with both tables.
const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/targets/pac/golden/intents/proxy.pac"));

fn hosts(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.pattern.host.to_string()).collect()
}

fn read(text: &str) -> Pac {
    Pac::read("proxy.pac", text.as_bytes())
}

#[test]
fn a_file_says_who_gets_what() {
    let pac = read(FILE);
    assert_eq!(pac.troubles, []);
    assert_eq!(hosts(&pac.direct), ["*.push.example.com"]);
    assert_eq!(
        hosts(&pac.proxied)[4..],
        [
            "account.blob.core.windows.net",
            "*.push.example.com",
            "*.service.example.com",
            "relay-*.example.com"
        ]
    );
    assert_eq!(pac.direct[0].place.to_string(), "proxy.pac:139");
    assert!(FILE.lines().nth(138).unwrap().contains("push.example.com"));
    let proxies = ["proxy1", "proxy2"].map(|own| Direction::Proxy(format!("{own}.contoso.com:8080")));
    assert_eq!(pac.proxies, proxies);
    assert_eq!(pac.otherwise, [Direction::Proxy("127.0.0.1:9".to_owned())]);
}

#[test]
fn every_line_of_code_counts() {
    let lines: Vec<&str> = FILE.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let other = |own: String| {
            let mut changed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
            changed[at] = own;
            read(&changed.join("\n")).troubles
        };
        let changes = [other(format!("{line} ;")), other(String::new())];
        let is_comment = line.trim().starts_with("//");
        assert_eq!(changes[0].is_empty(), is_comment, "{}: {line}", at + 1);
        // A name may be lost with its line: that is another list.
        let is_name = line.starts_with("    \"");
        assert!(is_name || changes[1].is_empty() == is_comment, "{}: {line}", at + 1);
    }
}

#[test]
fn comments_and_blank_lines_may_stand_anywhere() {
    let pac = read(FILE);
    let lines: Vec<&str> = FILE.lines().collect();
    for at in 0..=lines.len() {
        for between in ["// \"x\", }", ""] {
            let mut changed = lines.clone();
            changed.insert(at, between);
            let changed = read(&changed.join("\n"));
            assert_eq!(changed.troubles, [], "after line {at}");
            assert_eq!(hosts(&changed.direct), hosts(&pac.direct));
            assert_eq!(hosts(&changed.proxied), hosts(&pac.proxied));
            assert_eq!((changed.proxies, changed.otherwise), (pac.proxies.clone(), pac.otherwise.clone()));
        }
    }
}

#[test]
fn a_file_that_browsers_do_not_load_is_told() {
    let long = format!("{FILE}// {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(read(&long).troubles[0].kind, TroubleKind::Refused);
    for text in
        ["", "\n", "// a comment\n", "function FindProxyForURL(url, host) {\n  return \"DIRECT\";\n}\n"]
    {
        assert_eq!(read(text).troubles.len(), 1, "{text:?}");
    }
}

/// Rules that are direct, rules that are proxied, and every option.
fn policies() -> impl Strategy<Value = (Vec<RequestPattern>, Vec<RequestPattern>, Settings)> {
    let otherwise =
        prop::sample::select(vec![PacOtherwise::Proxy, PacOtherwise::Direct, PacOtherwise::Block]);
    let hosted_by = prop::sample::select(vec![PacHost::Own, PacHost::Zscaler]);
    (rules(), rules(), otherwise, hosted_by).prop_map(|(direct, proxied, otherwise, hosted_by)| {
        let mut settings = settings();
        settings.options.insert("pac", TargetOptions::new(PacOptions { otherwise, hosted_by }));
        (direct, proxied, settings)
    })
}

/// Which of two lists a host is in, the first first.
fn listed(lists: [(&'static str, &[RequestPattern]); 2], host: &Host) -> Option<&'static str> {
    let is_in = |patterns: &[RequestPattern]| patterns.iter().any(|own| own.host.matches(host));
    lists.into_iter().find(|(_, patterns)| is_in(patterns)).map(|(answer, _)| answer)
}

/// At one host of every kind, the engine answers as the file is read.
fn assert_engine_agrees(file: &str) -> Result<(), TestCaseError> {
    // Where the proxies are what everything else gets, nobody could tell whether a host is listed.
    let (answer, marked) = ("THRUWAY_OTHERWISE = \"", "THRUWAY_OTHERWISE = \"SOCKS else.test:1; ");
    let file = file.replacen(answer, marked, 1);
    let pac = read(&file);
    prop_assert_eq!(&pac.troubles, &[]);
    let script = Script::load(&Arc::from("proxy.pac"), file.as_bytes(), Limits::default()).unwrap();
    prop_assert_eq!(script.troubles(), &[]);
    let own = |items: &[Item]| items.iter().map(|item| item.pattern.clone()).collect::<Vec<_>>();
    let (direct, proxied) = (own(&pac.direct), own(&pac.proxied));
    for request in boundary_requests(direct.iter().chain(&proxied)) {
        let expected = match listed([("direct", &direct), ("proxied", &proxied)], &request.host) {
            Some("direct") => &[Direction::Direct][..],
            Some(_) => &pac.proxies,
            None => &pac.otherwise,
        };
        let answer = script.answer(&request).unwrap();
        prop_assert_eq!(answer.directions, expected, "{}", request);
        prop_assert_eq!(answer.uses.len(), 0);
    }
    Ok(())
}

#[test]
fn names_by_their_top_level_label_are_read_as_the_program_reads_them() {
    // As earlier versions wrote lists of more than 2,000 names, and as the program of the plain form reads them still.
    let (before, _) = FILE.split_once("var THRUWAY_DIRECT").unwrap();
    let (_, after) = FILE.split_once("ready: {}\n};\n").unwrap();
    let list = "{ exact: {}, subtree: { \".com\": [\"a b.example\", \"c\"], \".org\": [\"\"] }, \
                below: { \".net\": [\"d\"] }, globs: [], byTop: true, ready: {} };";
    let file = format!("{before}var THRUWAY_DIRECT = {list}\n{after}");
    let pac = read(&file);
    assert_eq!(pac.troubles, []);
    assert_eq!(hosts(&pac.direct), [".a.com", ".b.example.com", ".c.com", ".org", "*.d.net"]);
    assert_engine_agrees(&file).unwrap();
    for (from, to, told) in [
        ("byTop: true", "byTop: false", "`byTop` says Whole"),
        ("\".org\"", "\".com\"", "`.com` is there twice"),
        ("\".org\"", "\"org\"", "no name ends in the label `org`"),
        ("\"c\"", "\"C\"", "`C.com` is not looked up"),
    ] {
        let troubles = read(&file.replacen(from, to, 1)).troubles;
        assert!(troubles.len() == 1 && troubles[0].what.contains(told), "{to}: {troubles:?}");
    }
}

#[test]
fn every_case_answers_as_it_is_read() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/targets/pac/golden");
    let cases: Vec<_> = std::fs::read_dir(golden).unwrap().map(|case| case.unwrap().path()).collect();
    assert!(cases.len() > 5);
    for case in cases {
        let file = std::fs::read_to_string(case.join("proxy.pac")).unwrap();
        assert_engine_agrees(&file).unwrap_or_else(|why| panic!("{}: {why}", case.display()));
    }
}

proptest! {
    // Every case starts an engine.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn policy_reader_and_engine_agree(
        (direct, proxied, settings) in policies(), large in prop::bool::weighted(0.1)
    ) {
        let mut proxied = proxied;
        if large {
            // So many that the file is packed, some below a name that has an end of its own.
            let names = (0..2_000).map(|n| format!("*.n-{n}.test"));
            let deep = (0..20).map(|n| format!("n-{n}.deep.test"));
            let names = names.chain(deep).map(|name| name.parse().unwrap());
            proxied.extend(names.map(RequestPattern::any_service));
        }
        let lists = [(Intent::Direct, &*direct), (Intent::Allow, &*proxied)];
        let file = &artifacts(&emit::pac::Pac, &settings, &lists)["proxy.pac"];
        let pac = read(file);
        assert_engine_agrees(file)?;

        let own = |items: &[Item]| items.iter().map(|item| item.pattern.clone()).collect::<Vec<_>>();
        let (read_direct, read_proxied) = (own(&pac.direct), own(&pac.proxied));
        // No address is listed in a PAC, and none is asked for in vain.
        let names = |patterns: &[RequestPattern]| -> Vec<RequestPattern> {
            patterns.iter().filter(|own| !matches!(own.host, HostPattern::Address(_))).cloned().collect()
        };
        let (direct, proxied) = (names(&direct), names(&proxied));
        let hosts: BTreeSet<&HostPattern> = direct.iter().chain(&proxied).map(|own| &own.host).collect();
        for host in boundary_hosts(hosts) {
            let meant = listed([("direct", &direct), ("proxied", &proxied)], &host);
            prop_assert_eq!(listed([("direct", &read_direct), ("proxied", &read_proxied)], &host), meant, "{}", host);
        }
    }
}
