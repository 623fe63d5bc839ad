//! Hosts and host patterns over few labels, so that random patterns often meet.

use proptest::prelude::*;
use proptest::sample::select;

use super::host_pattern::{HostPattern, LabelGlob};
use super::path::PathPattern;
use super::request::{Host, Ports, RequestPattern, Scheme, Schemes};

const LABELS: [&str; 7] = ["a", "b", "ab", "x-a", "x-b", "aab", "c"];

fn names() -> Vec<String> {
    let mut names = vec!["t".to_owned()];
    let mut last = names.clone();
    for _ in 0..3 {
        last = last.iter().flat_map(|name| LABELS.map(|label| format!("{label}.{name}"))).collect();
        names.extend(last.clone());
    }
    names
}

/// All names of up to three labels below `t`, and a few addresses.
pub(crate) fn hosts() -> Vec<Host> {
    let names = names().into_iter().map(|name| Host::Name(name.parse().unwrap()));
    let addresses =
        ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "9.255.255.255", "fd00::", "fd00::1"];
    names.chain(addresses.map(|text| Host::Address(text.parse().unwrap()))).collect()
}

/// Patterns of every kind, over these hosts.
pub(crate) fn host_pattern() -> BoxedStrategy<HostPattern> {
    let parents = select(&["t", "a.t", "b.a.t", "x-a.t"][..]);
    let levels = (parents, 1..4usize).prop_map(|(parent, depth)| {
        HostPattern::LabelGlob(LabelGlob::at_depth(&parent.parse().unwrap(), depth).unwrap())
    });
    prop_oneof![18 => written_host_pattern(), 2 => levels, 1 => Just(HostPattern::every_name())].boxed()
}

/// Patterns of every kind that people write, over these hosts.
pub(crate) fn written_host_pattern() -> BoxedStrategy<HostPattern> {
    let label = || select(&LABELS[..6]);
    let parent = prop_oneof![
        Just("t".to_owned()),
        label().prop_map(|label| format!("{label}.t")),
        (label(), label()).prop_map(|(left, right)| format!("{left}.{right}.t")),
    ]
    .boxed();
    let part = || prop_oneof![Just(""), Just("a"), Just("x-"), Just("ab"), Just("b")];
    let inner = prop_oneof![
        label().prop_map(str::to_owned),
        (part(), part()).prop_map(|(prefix, suffix)| format!("{prefix}*{suffix}")),
    ]
    .boxed();
    let first = prop_oneof![
        label().prop_map(str::to_owned),
        (select(&["a", "x-", "ab"][..]), part()).prop_map(|(prefix, suffix)| format!("{prefix}*{suffix}")),
    ]
    .boxed();
    let glob = prop_oneof![
        first.clone().prop_map(|first| format!("{first}.t")),
        (first.clone(), inner.clone()).prop_map(|(first, inner)| format!("{first}.{inner}.t")),
        (first, inner.clone(), inner).prop_map(|(first, one, two)| format!("{first}.{one}.{two}.t")),
    ]
    .boxed();
    let name = prop_oneof![
        parent.clone(),
        parent.clone().prop_map(|parent| format!(".{parent}")),
        parent.clone().prop_map(|parent| format!("*.{parent}")),
        (select(&["a", "b", "ab", "-a"][..]), parent).prop_map(|(head, parent)| format!("*{head}.{parent}")),
        glob.clone(),
        glob,
    ]
    .boxed();
    let network = select(
        &["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.1", "8.0.0.0/6", "fd00::/64", "fd00::1"][..],
    );
    prop_oneof![9 => name, 1 => network.prop_map(str::to_owned)]
        .prop_map(|text| text.parse().unwrap())
        .boxed()
}

/// Patterns over these hosts and few services; plain ones of HTTPS alone, so that the hosts decide.
pub(crate) fn request_pattern(plain: bool) -> BoxedStrategy<RequestPattern> {
    let schemes = select(vec![Schemes::only(Scheme::Http), Schemes::only(Scheme::Https), Schemes::ANY]);
    let ports = select(vec![vec![80], vec![443], vec![8443], vec![80, 443], vec![443, 8443]]);
    let path = select(&["", "", "/a", "/a*", "/a/", "/ab"][..]);
    (host_pattern(), schemes, ports, path)
        .prop_map(move |(host, schemes, ports, path)| {
            if plain {
                return RequestPattern::new(host, Scheme::Https, 443, PathPattern::Any);
            }
            RequestPattern {
                host,
                schemes,
                ports: Ports::from_ranges(ports.iter().map(|&port| port..=port)),
                path: PathPattern::parse(path).unwrap(),
            }
        })
        .boxed()
}
