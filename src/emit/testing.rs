//! Policies, requests and plans for the tests of emitters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Artifact, Emitter, Rendered, Surroundings};
use crate::model::{
    HostPattern, Intent, PathPattern, Platform, Policy, Ports, Request, RequestPattern, Rule, Scheme, Schemes,
};
use crate::plan::{Banner, IntentPlan, Plan, gathered};
use crate::profile::{Profile, Proxy, Settings};
use crate::source::{Provenance, SourceMap};

pub(crate) fn settings() -> Settings {
    Settings {
        name: "contoso-mde".to_owned(),
        proxies: vec![Proxy("proxy1.contoso.com:8080".to_owned()), Proxy("[fd00::1]:8080".to_owned())],
        devices: None,
        ticket: Default::default(),
        options: BTreeMap::new(),
    }
}

pub(crate) fn banner() -> Banner {
    Banner {
        generator: "thruway 0.0.0".to_owned(),
        profile: "contoso-mde".to_owned(),
        // What a file may be called on Linux.
        sources: vec![("mde\n*/ urls\"\\".to_owned(), "0123abcd".to_owned())],
    }
}

/// Of a run about which nothing is known.
pub(crate) fn surroundings() -> Surroundings<'static> {
    static NOTHING: LazyLock<(SourceMap, BTreeSet<Platform>, Policy)> = LazyLock::new(Default::default);
    let (sources, platforms, policy) = &*NOTHING;
    Surroundings {
        profile: None,
        sources,
        endpoints: &[],
        included: &[],
        selection: "",
        platforms,
        policy,
        waivers: &[],
        findings: &[],
        plans: &[],
        written: &[],
        changes: None,
        usage: None,
    }
}

pub(crate) fn rule(pattern: RequestPattern) -> Rule {
    Rule { pattern, provenance: Provenance::default() }
}

/// `https://*.example.com:443`, `http://.example.com:80/pki/*`: scheme, host, port and path in full.
pub(crate) fn pattern(text: &str) -> RequestPattern {
    let (scheme, rest) = text.split_once("://").expect("a scheme");
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host
        .split_once(':')
        .map_or((host, scheme.default_port()), |(host, port)| (host, port.parse().expect("a port")));
    RequestPattern::new(
        host.parse().expect("a host"),
        scheme,
        port,
        PathPattern::parse(path).expect("a path"),
    )
}

/// The lists of one intent, without the judgement that a real plan adds.
pub(crate) fn intent_plan(
    emitter: &dyn Emitter,
    settings: &Settings,
    intent: Intent,
    rules: &[RequestPattern],
) -> IntentPlan {
    let encoded =
        rules.iter().filter_map(|pattern| emitter.encode(settings, intent, &rule(pattern.clone())).ok());
    let (lists, means) = gathered(encoded.collect());
    IntentPlan { lists, means, ..IntentPlan::default() }
}

/// The settings of a profile with these lines, where proxies and devices are all that is asked about.
pub(crate) fn settings_of(lines: &str) -> Settings {
    let text = format!("version: 1\nname: contoso-mde\nsources: [{{ builtin: mma }}]\n{lines}");
    let targets: Vec<&str> = super::ALL.iter().map(|emitter| emitter.id()).collect();
    Profile::parse(&text, None, &targets).unwrap_or_else(|error| panic!("{lines}: {error}")).settings
}

/// The artifacts by path, as text.
pub(crate) fn artifacts(
    emitter: &dyn Emitter,
    settings: &Settings,
    policy: &[(Intent, &[RequestPattern])],
) -> BTreeMap<String, String> {
    let rendered = rendered(emitter, settings, policy);
    let text = |artifact: Artifact| (artifact.path, String::from_utf8(artifact.bytes).expect("text"));
    rendered.artifacts.into_iter().map(text).collect()
}

/// What the emitter writes.
pub(crate) fn rendered(
    emitter: &dyn Emitter,
    settings: &Settings,
    policy: &[(Intent, &[RequestPattern])],
) -> Rendered {
    let plan = Plan {
        target: emitter.id(),
        settings,
        banner: &banner(),
        rules: BTreeMap::new(),
        intents: policy
            .iter()
            .map(|&(intent, rules)| (intent, intent_plan(emitter, settings, intent, rules)))
            .collect(),
    };
    emitter.render(&plan, &surroundings()).expect("a small plan renders")
}

const HOSTS: &[&str] = &[
    "example.com",
    "a.example.com",
    "b.a.example.com",
    "c.b.a.example.com",
    "pre-x.example.com",
    "pre-x.a.example.com",
    "pre-.example.com",
    "xcdn.example.com",
    "cdn.example.com",
    "a.cdn.example.com",
    "a.b.example.com",
    "a.b.c.example.com",
    "com",
    "constructor",
    "__proto__",
    "hasownproperty",
    "tostring",
    "watch",
    "constructor.example.com",
    "__proto__.com",
    "-a.example.com",
    "a_b.example.com",
    "none",
    "a.none",
    "notexample.com",
    "example.com.evil.test",
    "xn--bcher-kva.example",
];

const STARS: &[&str] = &[
    "*cdn.example.com",
    "*n.example.com",
    "*x.a.example.com",
    "pre-*.example.com",
    "p*x.example.com",
    "a.*.example.com",
    "a.*.*.example.com",
    "pre-*.*.example.com",
    "a.b*.c.example.com",
    "c*r.example.com",
    "__*__.com",
];

pub(crate) fn host_patterns() -> impl Strategy<Value = HostPattern> {
    prop_oneof![
        8 => (prop::sample::select(HOSTS), prop::sample::select(&["", ".", "*."][..]))
            .prop_map(|(name, prefix)| format!("{prefix}{name}").parse().expect("a host pattern")),
        3 => prop::sample::select(STARS).prop_map(|text| text.parse().expect("a star")),
        1 => Just("203.0.113.0/24".parse().expect("a network")),
    ]
}

fn request_patterns() -> impl Strategy<Value = RequestPattern> {
    let schemes =
        prop::sample::select(vec![Schemes::only(Scheme::Http), Schemes::only(Scheme::Https), Schemes::ANY]);
    let ports = prop::sample::select(vec![
        Ports::one(80),
        Ports::one(443),
        Ports::one(443),
        Ports::from_ranges([80..=80, 443..=443]),
        Ports::from_ranges([443..=443, 8000..=8080, 9000..=9001, 9100..=9200]),
        Ports::any(),
    ]);
    let paths = prop::sample::select(vec!["", "", "", "/pki/certs", "/pki/*", "/pki*", "/a.b+c(d)/"]);
    (host_patterns(), schemes, ports, paths).prop_map(|(host, schemes, ports, path)| RequestPattern {
        host,
        schemes,
        ports,
        path: PathPattern::parse(path).expect("a path"),
    })
}

/// Rules of one intent, sorted, of which none covers another.
pub(crate) fn rules() -> impl Strategy<Value = Vec<RequestPattern>> {
    prop::collection::btree_set(request_patterns(), 0..12).prop_map(|all| {
        all.iter()
            .filter(|&own| !all.iter().any(|other| other != own && covers(other, own)))
            .cloned()
            .collect()
    })
}

pub(crate) fn requests() -> impl Strategy<Value = Request> {
    let hosts = prop_oneof![
        20 => prop::sample::select(HOSTS).prop_map(str::to_owned),
        5 => (prop::sample::select(&["a", "x", "pre-y", "ycdn"][..]), prop::sample::select(HOSTS))
            .prop_map(|(label, name)| format!("{label}.{name}")),
        1 => prop::sample::select(&["203.0.113.7", "[2001:db8::1]", "127.0.0.1"][..]).prop_map(str::to_owned),
    ];
    let schemes = prop::sample::select(Scheme::ALL.to_vec());
    let ports = prop::sample::select(vec![80, 443, 443, 8000, 8443, 9000]);
    let paths = prop::sample::select(vec![
        "/",
        "/pki",
        "/pki/",
        "/pki/certs",
        "/pki/certs/x",
        "/pki/certs2",
        "/PKI/certs",
        "/x/pki/certs",
        "/a.b+c(d)/x",
        "/aXb+c(d)/x",
    ]);
    (hosts, schemes, ports, paths).prop_map(|(host, scheme, port, path)| {
        format!("{scheme}://{host}:{port}{path}").parse().expect("a URL")
    })
}

fn covers(one: &RequestPattern, other: &RequestPattern) -> bool {
    one.schemes.covers(other.schemes)
        && one.ports.covers(&other.ports)
        && one.path.covers(&other.path)
        && host_covers(&one.host, &other.host)
}

fn host_covers(one: &HostPattern, other: &HostPattern) -> bool {
    use HostPattern::{Descendants, Exact, Subtree};
    match (one, other) {
        (Subtree(a), Exact(b) | Subtree(b) | Descendants(b)) => a == b || b.is_below(a),
        (Descendants(a), Descendants(b)) => a == b || b.is_below(a),
        (Descendants(a), Exact(b) | Subtree(b)) => b.is_below(a),
        _ => one == other,
    }
}
