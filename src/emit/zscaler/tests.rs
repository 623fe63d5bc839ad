//! What is written, read back by the rules of the documents.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::diag::Level;
use crate::emit::testing::{artifacts, banner, intent_plan, pattern, requests, rule, rules, settings};
use crate::model::{Host, Policy, Request};
use crate::plan::{Inputs, PolicySets, plan};
use crate::profile::{Difference, LevelByIntent};

fn patterns(texts: &[&str]) -> Vec<RequestPattern> {
    texts.iter().map(|text| pattern(text)).collect()
}

fn written(policy: &[(Intent, &[RequestPattern])]) -> BTreeMap<String, String> {
    artifacts(&Zscaler, &settings(), policy)
}

/// Whether Zscaler matches an entry, by its URL format guidelines.
fn matched(entry: &str, request: &Request) -> bool {
    let (host, path) = entry.split_at(entry.find('/').unwrap_or(entry.len()));
    let Host::Name(name) = &request.host else { return request.host.to_string() == host && path.is_empty() };
    let name = name.as_str();
    let named = match host.strip_prefix('.') {
        None => name == host,
        Some(parent) => {
            name == parent
                || name
                    .strip_suffix(parent)
                    .and_then(|front| front.strip_suffix('.'))
                    .is_some_and(|front| front.split('.').count() <= 5)
        }
    };
    named
        && match path {
            "" => true,
            below if below.ends_with('/') => request.path.starts_with(below),
            exactly => request.path == exactly,
        }
}

fn lines<'f>(files: &'f BTreeMap<String, String>, path: &str) -> Vec<&'f str> {
    files.get(path).map_or(Vec::new(), |text| text.lines().collect())
}

proptest! {
    #[test]
    fn the_lists_mean_what_encode_says(
        rules in rules(), requests in prop::collection::vec(requests(), 20), deep in 0..8_usize
    ) {
        for intent in [Intent::Allow, Intent::BypassInspection] {
            let means = intent_plan(&Zscaler, &settings(), intent, &rules).means;
            let files = written(&[(intent, &rules)]);
            let entries = lines(&files, &format!("{intent}.urls.txt"));
            for request in &requests {
                let text = request.to_string().replacen("://", &format!("://{}", "q.".repeat(deep)), 1);
                let Ok(request) = text.parse::<Request>() else { continue };
                // Nothing on plain HTTP is inspected.
                if intent == Intent::BypassInspection && request.scheme == Scheme::Http {
                    continue;
                }
                let meant = means.iter().any(|pattern| pattern.matches(&request));
                let says = entries.iter().any(|entry| matched(entry, &request));
                prop_assert_eq!(says, meant, "{} {}", intent, request);
            }
        }
    }

    #[test]
    fn every_entry_obeys_the_url_rules(rules in rules()) {
        let files = written(&[(Intent::Allow, &rules), (Intent::BypassAuthentication, &rules)]);
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".urls.txt")) {
            for url in text.lines() {
                let host = url.split('/').next().unwrap().trim_start_matches('.');
                let labels: Vec<&str> = host.split('.').rev().collect();
                prop_assert!(url.len() <= 1024 && host.len() <= 255 && labels.len() >= 2, "{path}: {url}");
                prop_assert!(!url.contains(['*', ':', ' ']) && url.is_ascii(), "{path}: {url}");
                prop_assert!(url.to_ascii_lowercase() == url, "{path}: {url}");
                prop_assert!(!labels[0].contains('_') && !labels[1].contains('_'), "{path}: {url}");
                prop_assert!(labels.iter().all(|label| !label.is_empty() && *label != "_"), "{path}: {url}");
            }
        }
    }
}

#[test]
fn a_path_is_said_where_it_is_seen() {
    let rules = patterns(&[
        "http://a.example.com/pki/*",
        "http://b.example.com/pki/certs",
        "http://c.example.com/pki/ce*",
        "http://d.example.com/pki*",
        "http://e.example.com/PKI/*",
    ]);
    assert_eq!(
        lines(&written(&[(Intent::Allow, &rules)]), "allow.urls.txt"),
        [
            "a.example.com/pki/",
            "b.example.com/pki/certs",
            "b.example.com/pki/certs/",
            "c.example.com/pki/",
            "d.example.com",
            "e.example.com"
        ]
    );
}

#[test]
fn what_no_url_can_be_is_refused_by_name() {
    let why = |text: &str| Zscaler.encode(&settings(), Intent::Allow, &rule(pattern(text))).unwrap_err().why;
    assert!(why("https://a_b.example").contains("last two labels"));
    assert!(why("https://.example").contains("top-level"));
    assert!(why("https://_.a.example.com").contains("no label `_`"));
    for network in ["203.0.113.0/24", "2001:db8::1"] {
        let rule = rule(pattern("https://a.example").with_host(network.parse().unwrap()));
        assert!(Zscaler.encode(&settings(), Intent::Allow, &rule).unwrap_err().why.contains("no network"));
    }
    // A path of digits behind an address would be read as its prefix length.
    assert!(why("http://203.0.113.0/24").contains("looks like a network"));
    assert!(Zscaler.encode(&settings(), Intent::Allow, &rule(pattern("http://203.0.113.0/33"))).is_ok());
}

/// What is exempt from authentication is exempt from inspection too.
#[test]
fn of_the_exempted_urls_only_what_is_not_inspected_anyway_is_written() {
    let own = |texts: &[&str]| patterns(texts).into_iter().map(rule).collect::<Vec<_>>();
    let uninspected = ["https://a.blob.example.net", "https://*.example.com", "https://pre-*.example.org"];
    let exempted = [
        "https://*.blob.example.net",
        "https://x.example.com",
        "https://login.example.org",
        "https://*.example.com",
        "https://pre-*.example.org",
    ];
    let policy = Policy {
        rules: [
            (Intent::BypassInspection, own(&uninspected)),
            (Intent::BypassAuthentication, own(&exempted)),
        ]
        .into(),
        ..Policy::default()
    };
    let exempted = |levels: &[(Difference, Intent, Level)]| {
        let mut tolerances: BTreeMap<Difference, LevelByIntent> = BTreeMap::new();
        for &(kind, intent, level) in levels {
            tolerances.entry(kind).or_default().0.insert(intent, level);
        }
        let (sets, settings, banner) = (PolicySets::new(&policy), settings(), banner());
        let inputs = Inputs {
            policy: &policy,
            sets: &sets,
            settings: &settings,
            tolerances: &tolerances,
            banner: &banner,
        };
        let plan = plan(&Zscaler, inputs, &mut Vec::new());
        layout::urls(&plan, Intent::BypassAuthentication)
    };
    assert_eq!(exempted(&[]), [".example.com", "x.example.com", "a.blob.example.net"]);
    // What a tolerance keeps out of the one list must not come in by the other.
    let held = (Difference::Apex, Intent::BypassInspection, Level::Hold);
    assert_eq!(exempted(&[held]), ["a.blob.example.net"]);
    let accepted = (Difference::LabelGlob, Intent::BypassAuthentication, Level::Warn);
    assert_eq!(exempted(&[accepted]), exempted(&[]));
    let both = (Difference::LabelGlob, Intent::BypassInspection, Level::Warn);
    assert!(exempted(&[accepted, both]).contains(&".example.org".to_owned()));
}

/// The provider's own checks of `zia_ssl_inspection_rules`: without other policies bypassed, both of these
/// are set; and an order is from 1.
#[test]
fn the_rules_keep_what_the_provider_checks() {
    let files = written(&[(Intent::BypassInspection, &patterns(&["https://a.example.com"]))]);
    let rule: Value = serde_json::from_str(&files["ssl-inspection-rule.json"]).unwrap();
    let sub = &rule["action"]["doNotDecryptSubActions"];
    assert_eq!(rule["action"]["type"], "DO_NOT_DECRYPT");
    assert_eq!(sub["bypassOtherPolicies"], false);
    assert!(sub["serverCertificates"].is_string() && sub["minTLSVersion"].is_string());
    assert!(rule["order"].as_u64().unwrap() >= 1 && rule["state"] == "DISABLED");
    let terraform = &files["main.tf"];
    for line in ["bypass_other_policies                 = false", "server_certificates ", "min_tls_version "]
    {
        assert!(terraform.contains(line), "{line}");
    }
}

#[test]
fn a_list_that_is_too_long_is_split_and_one_that_no_tenant_takes_is_reported() {
    let rules: Vec<RequestPattern> =
        (0..2_500).map(|n| pattern(&format!("https://h{n}.example.com"))).collect();
    let files = written(&[(Intent::Allow, &rules)]);
    let sizes = (1..=3).map(|part| {
        let body: Value = serde_json::from_str(&files[&format!("category-allow-{part}.json")]).unwrap();
        assert!(body["description"].as_str().unwrap().len() <= 256);
        body["dbCategorizedUrls"].as_array().unwrap().len()
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [1_000, 1_000, 500]);
    let rule: Value = serde_json::from_str(&files["url-filtering-rule.json"]).unwrap();
    assert_eq!(rule["urlCategories"].as_array().unwrap().len(), 3);

    let category = |urls: usize| layout::Category {
        name: String::new(),
        label: String::new(),
        urls: vec!["a.example".to_owned(); urls],
    };
    let (small, large) = (category(25_000), category(1));
    assert_eq!(layout::check(&[&small]).len(), 0);
    assert_eq!(layout::check(&[&small, &large]).len(), 1);
    assert_eq!(layout::check(&vec![&large; 49]).len(), 1);
}

#[test]
fn a_rules_name_is_short_and_begins_like_its_categories() {
    for profile in ["mde", "contoso-mde", "a-profile-with-a-name-of-many-letters"] {
        for intent in [Intent::Allow, Intent::BypassInspection] {
            let name = layout::rule_name(profile, intent);
            assert!(name.len() <= 31 && name.starts_with("Thruway "), "{name}");
        }
    }
    let long =
        |end: &str| layout::rule_name(&format!("a-profile-with-a-name-of-many-letters{end}"), Intent::Allow);
    assert_ne!(long("1"), long("2"));
}
