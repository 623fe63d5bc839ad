//! Which settings are remarked on, and which are not.

use std::collections::BTreeSet;

use super::*;
use crate::emit::testing::{pattern, rule};
use crate::model::{HeldRule, Intent};

fn profile(lines: &str) -> Profile {
    let text = format!("version: 1\nsources: [{{ builtin: mma }}]\nproxies: [p.example:8080]\n{lines}");
    let targets: Vec<&str> = emit::ALL.iter().map(|emitter| emitter.id()).collect();
    Profile::parse(&text, None, &targets).unwrap_or_else(|error| panic!("{lines}: {error}"))
}

fn codes(lines: &str, policy: &Policy) -> Vec<&'static str> {
    lint(&profile(lines), policy).iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn what_may_bite_is_told_once_and_what_cannot_is_not() {
    let nothing = Policy::default();
    for (lines, want) in [
        ("", &[][..]),
        ("devices: {}", &["direct-fallback", "roaming-winhttp"]),
        ("devices: { winhttp_proxy: none }", &["direct-fallback", "updates-without-proxy"]),
        ("devices: { antivirus_proxy: none }", &["unpaired-proxy", "direct-fallback", "roaming-winhttp"]),
        ("devices: { edr_proxy: none, winhttp_proxy: none }", &["unpaired-proxy", "updates-without-proxy"]),
        // A PAC file is a way of the antivirus, too, and Windows Update does not ask it.
        (
            "devices: { antivirus_proxy: none, antivirus_pac: 'http://a.example/p', winhttp_proxy: none }",
            &["direct-fallback"],
        ),
        ("devices: { edr_proxy: none, antivirus_proxy: none, winhttp_proxy: none }", &[]),
        ("devices: { ssl_options: 0 }", &["direct-fallback", "roaming-winhttp", "disputed-ssl-options"]),
        ("devices: { ssl_options: 3 }", &["direct-fallback", "roaming-winhttp"]),
        ("devices: { ssl_options: 2 }\ntargets: { linux-device: }", &[]),
    ] {
        assert_eq!(codes(lines, &nothing), want, "{lines}");
    }
}

#[test]
fn a_host_that_asks_for_credentials_is_told_where_devices_go_through_a_proxy() {
    let held = |hosts: &[&str]| {
        let held = |host: &&str| HeldRule { rule: rule(pattern(host)), code: Code::IdentityEndpoint };
        hosts.iter().map(held).collect::<Vec<_>>()
    };
    let mut policy = Policy::default();
    policy.held.insert(Intent::Allow, held(&["https://a.example"]));
    policy.held.insert(Intent::BypassAuthentication, held(&["https://a.example", "https://b.example"]));
    let found = lint(&profile("devices: {}\ntargets: { macos-device: }"), &policy);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::NeedsAnonymousProxy);
    assert!(
        found[0].message.starts_with("1 destination let through and not exempt from"),
        "{}",
        found[0].message
    );
    assert!(found[0].message.contains("such as `") && found[0].message.contains("b.example"));
    assert!(codes("", &policy).is_empty());
    assert!(codes("devices: {}\ntargets: { squid: }", &policy).is_empty());
}

#[test]
fn every_lint_has_a_file_a_code_and_an_explanation_with_its_source() {
    let files: BTreeSet<String> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/analyze/devices"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
            .filter(|stem| stem != "tests")
            .collect();
    assert_eq!(files, ALL.iter().map(|lint| lint.code.to_string()).collect());
    for lint in ALL {
        let explanation = lint.code.explanation();
        assert!(explanation.contains("learn.microsoft.com"), "{}", lint.code);
        assert!(explanation.contains("hecked 2026-11-24"), "{}", lint.code);
    }
}
