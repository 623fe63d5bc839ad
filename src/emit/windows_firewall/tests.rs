//! What is written, read back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::emit::testing::{artifacts, pattern, requests, rule, rules, settings};
use crate::model::Request;
use crate::profile::TargetOptions;

fn script(policy: &[(Intent, &[RequestPattern])]) -> BTreeMap<String, String> {
    artifacts(&WindowsFirewall, &settings(), policy)
}

fn patterns(texts: &[&str]) -> Vec<RequestPattern> {
    texts.iter().map(|text| pattern(text)).collect()
}

/// What stands in single quotes behind `key = `.
fn values<'s>(text: &'s str, key: &str) -> Vec<&'s str> {
    let start = format!("{key} = '");
    text.match_indices(&start).map(|(at, _)| text[at + start.len()..].split('\'').next().unwrap()).collect()
}

/// The rules of the script: ports, and what they are for.
fn firewall(text: &str) -> Vec<(Vec<String>, Vec<String>, Vec<String>)> {
    let keywords: BTreeMap<&str, &str> =
        values(text, "Id").into_iter().zip(values(text, "Keyword")).collect();
    let rules = text.split("$Rules = @(").nth(1).unwrap().split("\n)\n").next().unwrap();
    let list = |rule: &str, key: &str| -> Vec<String> {
        let Some(rest) = rule.split(&format!(" {key} = @(")).nth(1) else { return Vec::new() };
        rest.split(')').next().unwrap().split('\'').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rules
        .split("@{")
        .skip(1)
        .map(|rule| {
            let ids = list(rule, "RemoteDynamicKeywordAddresses");
            let names = ids.iter().map(|id| keywords[id.as_str()].to_owned()).collect();
            (list(rule, "RemotePort"), names, list(rule, "RemoteAddress"))
        })
        .collect()
}

/// What the firewall lets through, by its documents: `*.x` is everything below `x`.
fn lets_through(rules: &[(Vec<String>, Vec<String>, Vec<String>)], request: &Request) -> bool {
    rules.iter().any(|(ports, names, networks)| {
        let port = ports.is_empty()
            || ports.iter().any(|range| {
                let (low, high) = range.split_once('-').unwrap_or((range, range));
                (low.parse::<u16>().unwrap()..=high.parse().unwrap()).contains(&request.port)
            });
        let host = request.host.to_string();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let named = names.iter().any(|name| match name.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => host == name,
        });
        let inside = host.parse::<std::net::IpAddr>().is_ok_and(|address| {
            networks.iter().any(|network| network.parse::<ipnet::IpNet>().unwrap().contains(&address))
        });
        port && (named || inside)
    })
}

proptest! {
    #[test]
    fn the_script_means_what_encode_says(rules in rules(), requests in prop::collection::vec(requests(), 20)) {
        let files = script(&[(Intent::Allow, &rules)]);
        let written = firewall(&files["thruway-firewall.ps1"]);
        let means: Vec<RequestPattern> = rules
            .iter()
            .flat_map(|own| WindowsFirewall.encode(&settings(), Intent::Allow, &rule(own.clone())).unwrap().means)
            .collect();
        for request in &requests {
            let meant = means.iter().any(|pattern| pattern.matches(request));
            prop_assert_eq!(lets_through(&written, request), meant, "{}", request);
        }
    }
}

#[test]
fn a_keyword_has_one_guid_in_every_run_and_for_every_port() {
    let rules = patterns(&["https://a.example.com", "https://a.example.com:8443", "https://.b.example.com"]);
    let text = &script(&[(Intent::Allow, &rules)])["thruway-firewall.ps1"];
    let ids = values(text, "Id");
    assert_eq!(values(text, "Keyword"), ["*.b.example.com", "a.example.com", "b.example.com"]);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3);
    assert!(ids.iter().all(|id| id.len() == 38 && id.starts_with('{') && &id[15..16] == "5"), "{ids:?}");
    let again = &script(&[(Intent::Allow, &rules[1..2])])["thruway-firewall.ps1"];
    assert_eq!(values(again, "Id"), [ids[1]]);
    let mut other = settings();
    other.name = "another".to_owned();
    let other =
        &artifacts(&WindowsFirewall, &other, &[(Intent::Allow, &rules[1..2])])["thruway-firewall.ps1"];
    assert_ne!(values(other, "Id"), [ids[1]]);
}

#[test]
fn many_names_and_networks_are_split_and_none_is_lost() {
    let mut rules: Vec<RequestPattern> =
        (0..250).map(|n| pattern(&format!("https://h{n}.example.com"))).collect();
    rules.extend(
        (0..150).map(|n| pattern("https://a.example").with_host(format!("10.{n}.0.0/17").parse().unwrap())),
    );
    let files = script(&[(Intent::Allow, &rules)]);
    let written = firewall(&files["thruway-firewall.ps1"]);
    let sizes: Vec<usize> = written.iter().map(|(_, names, networks)| names.len() + networks.len()).collect();
    assert_eq!(sizes, [100, 100, 50, 100, 50]);
    let names: BTreeSet<&String> = written.iter().flat_map(|(_, names, _)| names).collect();
    assert_eq!(names.len(), 250);
    assert!(files["netsh.cmd"].lines().all(|line| line.len() < 8191));
    assert_eq!(files["netsh.cmd"].matches("/17").count(), 150);
    let settings = (1..=3).map(|part| &files[&format!("intune-reusable-settings-{part}.json")]);
    assert_eq!(
        settings.map(|text| text.matches(".example.com\"").count()).collect::<Vec<_>>(),
        [100, 100, 50]
    );
}

#[test]
fn behind_a_proxy_the_proxies_alone_are_let_through() {
    let mut settings = settings();
    let options = WindowsFirewallOptions { at: WindowsFirewallAt::Device };
    settings.options.insert(ID, TargetOptions::new(options));
    assert!(!WindowsFirewall.applies(&settings, Intent::Allow));
    let direct = patterns(&["https://d.example.com"]);
    let text = &artifacts(&WindowsFirewall, &settings, &[(Intent::Direct, &direct)])["thruway-firewall.ps1"];
    let text_of = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        firewall(text),
        [
            (text_of(&["443"]), text_of(&["d.example.com"]), vec![]),
            (text_of(&["8080"]), text_of(&["proxy1.contoso.com"]), vec![]),
            (text_of(&["8080"]), vec![], text_of(&["fd00::1/128"])),
        ]
    );
}

#[test]
fn a_file_of_windows_is_ascii_and_a_hostile_source_stays_in_its_comment() {
    let rules = patterns(&["https://a.example.com"]);
    for (path, text) in script(&[(Intent::Allow, &rules)]) {
        if !path.ends_with(".json") {
            assert!(text.is_ascii(), "{path}");
            assert!(text.contains("Source: mde{U+000A}*/ urls"), "{path}");
        }
    }
}
