//! Squid's lists and its configuration.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::emit::squid::{Squid, SquidMode, SquidOptions};
use crate::emit::testing::{host_patterns, pattern, rules, settings};
use crate::model::{PathPattern, Scheme};
use crate::profile::TargetOptions;
use crate::prove::squid::differences_at;

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
        let written = Written::new(&Squid, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }

    #[test]
    fn one_host_of_each_kind_shows_what_every_host_shows(
        hosts in vec(host_patterns(), 2..8), others in rules(), file in any::<Index>(), line in any::<Index>()
    ) {
        // Hosts that are alike but for the line that is lost.
        let alike = hosts.into_iter().map(|host| RequestPattern::new(host, Scheme::Https, 443, PathPattern::Any));
        let mut all: Vec<RequestPattern> = alike.chain(others).collect();
        all.sort_unstable();
        all.dedup();
        let policy = Policy::from([
            (Intent::Allow, all.clone()),
            (Intent::BypassInspection, all.clone()),
            (Intent::BypassAuthentication, all),
        ]);
        let settings = settings();
        let written = Written::new(&Squid, &settings, &policy);
        let mut files = written.files.clone();
        let mutated = file.index(files.len());
        let text = String::from_utf8(files[mutated].bytes.clone()).unwrap();
        let lost = line.index(text.lines().count());
        let rest = text.lines().enumerate().filter(|&(at, _)| at != lost).map(|(_, line)| line);
        files[mutated].bytes = rest.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        let [one, every] = [true, false]
            .map(|by_kind| written.with_plan(|plan, _| differences_at(plan, &files, by_kind).is_empty()));
        prop_assert_eq!(one, every, "line {} of {}", lost + 1, files[mutated].path);
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
    let written = Written::new(&Squid, &settings, &policy);
    written.assert_caught(
        "squid",
        &[
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
        ],
    );
    written.assert_no_file_is_spare(&["squid.conf"]);
}

#[test]
fn a_difference_is_told_with_a_request() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Squid, &settings, &policy);
    let files = written.mutated("allow.https-443.dstdomain", "a.example.com\n", "a.example.com\nevil.test\n");
    let Proof::Differs(differences) = written.proof(&files) else { panic!("not caught") };
    assert_eq!(differences[0], "`https://evil.test/` is let through to who signs in, and should be refused");
}
