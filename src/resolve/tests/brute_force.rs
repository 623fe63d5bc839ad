//! The policy of random lists against what its definition says, request by request and pair by pair.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::analyze;
use crate::model::samples::written_host_pattern;
use crate::model::{HeldRule, HostPattern, RequestSet};

/// Hosts under a suffix that belongs to one owner, and under one where anybody can have a site, so that the
/// gate holds some.
fn host() -> impl Strategy<Value = HostPattern> {
    (written_host_pattern(), any::<bool>()).prop_map(|(pattern, shared)| {
        let text = pattern.to_string();
        match text.strip_suffix('t') {
            Some(front) if pattern.anchor().is_some() => {
                let suffix = if shared { "blob.core.windows.net" } else { "example.com" };
                format!("{front}{suffix}").parse().unwrap()
            }
            _ => pattern,
        }
    })
}

fn request_pattern() -> impl Strategy<Value = RequestPattern> {
    let path = prop_oneof![4 => Just(""), 1 => Just("/a"), 1 => Just("/a/*")];
    let port = prop_oneof![4 => Just(443u16), 1 => Just(80), 1 => Just(8443)];
    (host(), port, path).prop_map(|(host, port, path)| {
        RequestPattern::new(host, Scheme::of_port(port), port, PathPattern::parse(path).unwrap())
    })
}

/// The endpoints that a list of one intent is about.
fn wanted(sheet: &Sheet, intent: Intent) -> Vec<&Endpoint> {
    let concerns = |endpoint: &&Endpoint| match intent {
        Intent::Allow | Intent::BypassAuthentication => true,
        Intent::BypassInspection => endpoint.pattern.value.schemes.https,
        Intent::Direct => endpoint.direct_required,
    };
    sheet.endpoints.iter().filter(concerns).collect()
}

fn is_held(pattern: &RequestPattern, intent: Intent) -> bool {
    analyze::gate(pattern, intent).iter().any(|finding| finding.level == Level::Hold)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_policy_is_all_that_is_asked_for_and_not_held(
        asked in vec((request_pattern(), any::<bool>()), 0..14)
    ) {
        let mut sheet = Sheet::new();
        for (pattern, direct_required) in asked {
            sheet = sheet.pattern(pattern, "WW");
            sheet.last().direct_required = direct_required;
        }
        let (policy, _) = sheet.resolve("intents: { direct: live-response }");
        for intent in Intent::ALL {
            let rules = policy.rules(intent);
            let (held, passed): (Vec<&Endpoint>, Vec<&Endpoint>) =
                wanted(&sheet, intent).into_iter().partition(|e| is_held(&e.pattern.value, intent));

            let of_rules = RequestSet::new(rules.iter().map(|rule| &rule.pattern));
            prop_assert_eq!(of_rules, RequestSet::new(passed.iter().map(|e| &e.pattern.value)), "{}", intent);

            prop_assert!(rules.is_sorted_by(|one, other| one.pattern < other.pattern));
            for (at, rule) in rules.iter().enumerate() {
                let covers = |other: usize| other != at && rules[other].pattern.covers(&rule.pattern);
                prop_assert!(!(0..rules.len()).any(covers), "{} is covered", rule.pattern);

                let cells = passed
                    .iter()
                    .filter(|endpoint| rule.pattern.covers(&endpoint.pattern.value))
                    .flat_map(|endpoint| endpoint.pattern.from.cells().iter().cloned());
                prop_assert_eq!(&rule.provenance, &cells.collect::<Provenance>(), "{}", rule.pattern);
            }

            let of_policy: BTreeSet<&RequestPattern> =
                policy.held(intent).iter().map(|held| &held.rule.pattern).collect();
            prop_assert_eq!(of_policy, held.iter().map(|endpoint| &endpoint.pattern.value).collect());
            for HeldRule { rule, .. } in policy.held(intent) {
                let same = held.iter().filter(|endpoint| endpoint.pattern.value == rule.pattern);
                let cells = same.flat_map(|endpoint| endpoint.pattern.from.cells().iter().cloned());
                prop_assert_eq!(&rule.provenance, &cells.collect::<Provenance>(), "it covers nothing");
            }
        }
    }
}
