//! What is written means what is meant, and a mutation of it is caught.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::emit::squid::{Squid, SquidMode, SquidOptions};
use crate::emit::testing::{artifacts, banner, intent_plan, pattern, rules, settings};
use crate::plan::IntentPlan;
use crate::profile::{Settings, TargetOptions};

type Policy = BTreeMap<Intent, Vec<RequestPattern>>;

fn written(settings: &Settings, policy: &Policy) -> Vec<Artifact> {
    let policy: Vec<(Intent, &[RequestPattern])> =
        policy.iter().map(|(&intent, rules)| (intent, &rules[..])).collect();
    let files = artifacts(&Squid, settings, &policy);
    files.into_iter().map(|(path, text)| Artifact { path, bytes: text.into_bytes() }).collect()
}

fn proof(settings: &Settings, policy: &Policy, artifacts: &[Artifact]) -> Proof {
    let banner = banner();
    let intents: BTreeMap<Intent, IntentPlan> = policy
        .iter()
        .map(|(&intent, rules)| (intent, intent_plan(&Squid, settings, intent, rules)))
        .collect();
    let plan = Plan { target: "squid", settings, banner: &banner, rules: BTreeMap::new(), intents };
    prove(&plan, artifacts)
}

fn intercept() -> Settings {
    let mut settings = settings();
    settings.options.insert("squid", TargetOptions::new(SquidOptions { mode: SquidMode::Intercept }));
    settings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_squid_means_what_is_meant(
        allow in rules(), inspection in rules(), authentication in rules(), intercepts in any::<bool>()
    ) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
        ]);
        let settings = if intercepts { intercept() } else { settings() };
        prop_assert_eq!(proof(&settings, &policy, &written(&settings, &policy)), Proof::Proved);
    }
}

fn sample() -> Policy {
    let mut all: Vec<RequestPattern> = [
        "https://a.example.com",
        "https://*.b.example.com",
        "https://pre-*.example.org",
        "http://www.example.net/pki/*",
    ]
    .map(pattern)
    .into();
    all.sort_unstable();
    Policy::from([
        (Intent::Allow, all.clone()),
        (Intent::BypassInspection, all.iter().filter(|own| own.schemes.https).cloned().collect()),
        (Intent::BypassAuthentication, all),
    ])
}

#[test]
fn a_mutation_of_squids_files_is_caught() {
    let (policy, settings) = (sample(), settings());
    let files = written(&settings, &policy);
    assert_eq!(proof(&settings, &policy, &files), Proof::Proved);
    for (what, file, from, to) in [
        ("an anchor dropped", "allow.https-443.regex", "^pre-", "pre-"),
        ("an end dropped", "allow.https-443.regex", "\\.?$", ""),
        ("a glob widened", "allow.https-443.regex", "[a-z0-9_-]+", "[a-z0-9_.-]*"),
        ("an entry lost", "allow.https-443.dstdomain", "a.example.com", "# a"),
        ("an entry added", "allow.https-443.dstdomain", "a.example.com", "a.example.com\nevil.test"),
        ("a dot added", "allow.https-443.dstdomain", "a.example.com", ".a.example.com"),
        ("a star", "allow.https-443.dstdomain", "a.example.com", "*.example.com"),
        ("an apex lost", "allow.https-443.apex", "b.example.com", "c.example.com"),
        (
            "a list of the other intent",
            "bypass-inspection.https-443.dstdomain",
            "a.example.com",
            "x.example.com",
        ),
        ("`-n` dropped", "thruway.conf", "dstdomain -n", "dstdomain"),
        ("splice and bump swapped", "thruway.conf", "ssl_bump splice", "ssl_bump bump"),
        ("everything peeked at", "thruway.conf", "ssl_bump peek thruway_step1", "ssl_bump peek all"),
        ("no peek", "thruway.conf", "ssl_bump peek thruway_step1", "ssl_bump bump thruway_step1"),
        ("a negation lost", "thruway.conf", " !thruway_allow", " thruway_allow"),
        ("allow and deny swapped", "thruway.conf", "http_access allow", "http_access deny"),
        ("credentials asked of everybody", "thruway.conf", " thruway_anonymous\n", " thruway_users\n"),
        ("a port changed", "thruway.conf", "port 443", "port 444"),
        ("a path shortened", "allow.http-80.url_regex", "/pki/", "/"),
        ("the scheme lost", "thruway.conf", " all-of thruway_https ", " all-of thruway_any "),
    ] {
        let broken: Vec<Artifact> = files
            .iter()
            .map(|artifact| {
                let mut artifact = artifact.clone();
                if artifact.path == file {
                    let text = String::from_utf8(artifact.bytes).unwrap();
                    let changed = text.replace(from, to);
                    assert_ne!(text, changed, "{what}: nothing is changed");
                    artifact.bytes = changed.into_bytes();
                }
                artifact
            })
            .collect();
        let proof = proof(&settings, &policy, &broken);
        assert!(matches!(proof, Proof::Differs(_)), "{what} is not caught");
    }
    let lost: Vec<Artifact> =
        files.into_iter().filter(|artifact| !artifact.path.ends_with(".apex")).collect();
    assert!(matches!(proof(&settings, &policy, &lost), Proof::Differs(_)), "a file lost");
}

#[test]
fn a_difference_is_told_with_a_request() {
    let (policy, settings) = (sample(), settings());
    let mut files = written(&settings, &policy);
    let list = files.iter_mut().find(|artifact| artifact.path == "allow.https-443.dstdomain").unwrap();
    list.bytes.extend_from_slice(b"evil.test\n");
    let Proof::Differs(differences) = proof(&settings, &policy, &files) else { panic!("not caught") };
    assert_eq!(differences[0], "`https://evil.test/` is let through to who signs in, and should be refused");
}
