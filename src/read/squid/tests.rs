//! Squid is read as Squid reads, and what we write means what is meant.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::emit::squid::Squid as Emitter;
use crate::emit::testing::{artifacts, intent_plan, pattern, rules, settings};
use crate::model::{Intent, RequestSet, boundary_requests};

/// What stands around the fragment that is written: clients, users, and the lines behind it.
const AROUND: &str = "acl localnet src 10.0.0.0/8\n\
                      acl thruway_users proxy_auth REQUIRED\n\
                      include thruway.conf\n\
                      http_access deny all\n\
                      ssl_bump bump all\n";

type Policy = BTreeMap<Intent, Vec<RequestPattern>>;

fn written(policy: &Policy) -> Texts {
    let policy: Vec<(Intent, &[RequestPattern])> =
        policy.iter().map(|(&intent, rules)| (intent, &rules[..])).collect();
    let mut texts: Texts = artifacts(&Emitter, &settings(), &policy)
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    texts.insert("around.conf".to_owned(), AROUND.to_owned().into_bytes());
    texts
}

/// The first request that is decided in another way than meant, and what was not understood.
fn difference(policy: &Policy, texts: &Texts) -> Option<String> {
    let squid = Squid::read("around.conf", texts);
    if let Some(trouble) = squid.troubles().first() {
        return Some(format!("{trouble:?}"));
    }
    let means: BTreeMap<Intent, Vec<RequestPattern>> = policy
        .iter()
        .map(|(&intent, rules)| (intent, intent_plan(&Emitter, &settings(), intent, rules).means))
        .collect();
    let set = |intent| RequestSet::new(means.get(&intent).into_iter().flatten());
    let (allow, anonymous, uninspected) =
        (set(Intent::Allow), set(Intent::BypassAuthentication), set(Intent::BypassInspection));
    let patterns: Vec<RequestPattern> =
        squid.patterns().into_iter().chain(means.values().flatten().cloned()).collect();
    for request in boundary_requests(&patterns) {
        let access = match (allow.contains(&request), anonymous.contains(&request)) {
            (false, _) => Access::Denied,
            (true, false) => Access::AfterAuthentication,
            (true, true) => Access::Anonymous,
        };
        let at = squid.at(&request.host);
        let got = at.access(Client::default(), &request);
        if got != access {
            return Some(format!("{request}: {got:?}, should be {access:?}"));
        }
        if request.scheme == Scheme::Https {
            let inspects = at.inspects(Client::default(), &request);
            if inspects != Some(!uninspected.contains(&request)) {
                return Some(format!("{request}: inspected {inspects:?}"));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_means_what_is_meant(allow in rules(), inspection in rules(), authentication in rules()) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
        ]);
        let texts = written(&policy);
        prop_assert_eq!(difference(&policy, &texts), None);
    }
}

fn sample() -> Policy {
    let patterns = |texts: &[&str]| {
        let mut all: Vec<RequestPattern> = texts.iter().map(|text| pattern(text)).collect();
        all.sort_unstable();
        all
    };
    let all = patterns(&[
        "https://a.example.com",
        "https://*.b.example.com",
        "https://pre-*.example.org",
        "http://www.example.net/pki/*",
    ]);
    Policy::from([
        (Intent::Allow, all.clone()),
        (Intent::BypassInspection, all.iter().filter(|own| own.schemes.https).cloned().collect()),
        (Intent::BypassAuthentication, all),
    ])
}

/// Each change of what is written is found out.
#[test]
fn a_mutation_is_caught() {
    let policy = sample();
    let texts = written(&policy);
    assert_eq!(difference(&policy, &texts), None);
    for (what, file, from, to) in [
        ("an anchor dropped", "allow.https-443.regex", "^pre-", "pre-"),
        ("an end dropped", "allow.https-443.regex", "\\.?$", ""),
        ("a glob widened", "allow.https-443.regex", "[a-z0-9_-]+", "[a-z0-9_.-]*"),
        ("an entry lost", "allow.https-443.dstdomain", "a.example.com", "# a"),
        ("an entry added", "allow.https-443.dstdomain", "a.example.com", "a.example.com\nevil.test"),
        ("a dot added", "allow.https-443.dstdomain", "a.example.com", ".a.example.com"),
        ("a star", "allow.https-443.dstdomain", "a.example.com", "*.example.com"),
        ("an apex lost", "allow.https-443.apex", "b.example.com", "c.example.com"),
        ("`-n` dropped", "thruway.conf", "dstdomain -n", "dstdomain"),
        ("splice and bump swapped", "thruway.conf", "ssl_bump splice", "ssl_bump bump"),
        ("everything peeked at", "thruway.conf", "ssl_bump peek thruway_step1", "ssl_bump peek all"),
        ("no peek", "thruway.conf", "ssl_bump peek thruway_step1", "ssl_bump bump thruway_step1"),
        ("a negation lost", "thruway.conf", " !thruway_allow", " thruway_allow"),
        ("allow and deny swapped", "thruway.conf", "http_access allow", "http_access deny"),
        ("a port changed", "thruway.conf", "port 443", "port 444"),
        ("a path shortened", "allow.http-80.url_regex", "/pki/", "/"),
        ("everything allowed", "around.conf", "http_access deny all", "http_access allow all"),
        (
            "an unknown directive",
            "around.conf",
            "http_access deny all",
            "http_access deny all\nnever_direct allow all",
        ),
    ] {
        let mut broken = texts.clone();
        let text = String::from_utf8(texts[file].clone()).unwrap();
        let changed = text.replace(from, to);
        assert_ne!(text, changed, "{what}: nothing is changed");
        broken.insert(file.to_owned(), changed.into_bytes());
        assert!(difference(&policy, &broken).is_some(), "{what} is not caught");
    }
}

#[test]
fn expressions_of_people_are_read_or_refused() {
    for (text, host) in [
        (r"^a\.example\.com$", "a.example.com"),
        (r"(^|\.)example\.com$", ".example.com"),
        (r"^(.*)\.example\.com$", "*.example.com"),
        (r"\.example\.com$", "*.example.com"),
        (r"example\.com$", "*example.com"),
        (r"^.*cdn\.example\.com$", "*cdn.example.com"),
        (r"^pre-[^.]+\.example\.com$", "pre-*.example.com"),
    ] {
        assert_eq!(expression::hosts(text, true).map(|own| own.to_string()).as_deref(), Ok(host), "{text}");
    }
    for text in [
        r"example\.com",
        r"^example\.com",
        r"^example.com$",
        r"^a[0-9]\.example\.com$",
        r"(a|b)\.example\.com$",
        r"^.+cdn\.example\.com$",
        "(",
    ] {
        assert!(expression::hosts(text, true).is_err(), "{text}");
    }
}
