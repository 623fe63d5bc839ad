use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use publicsuffix::Psl;

use super::*;
use crate::model::{Host, HostPattern};

static TEXT: &str = include_str!("../../data/public_suffix_list.dat");
static LIBRARY: LazyLock<publicsuffix::List> = LazyLock::new(|| TEXT.parse().unwrap());

/// The list's rules as written, in A-labels, star and exclamation mark included.
fn rules() -> Vec<String> {
    TEXT.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|rule| !rule.starts_with("//"))
        .map(|rule| idna::domain_to_ascii(rule).unwrap())
        .collect()
}

/// The list's own algorithm, word by word: of all rules that match, an exception prevails, else the one
/// with the most labels.
fn registrable_by_definition(rules: &BTreeSet<String>, name: &str) -> Option<String> {
    let labels: Vec<&str> = name.split('.').collect();
    let mut suffix = 1;
    for count in 1..=labels.len() {
        let tail = labels[labels.len() - count..].join(".");
        let starred = labels[labels.len() - count + 1..].join(".");
        if rules.contains(&format!("!{tail}")) {
            suffix = count - 1;
            break;
        }
        if rules.contains(&tail) || rules.contains(&format!("*.{starred}")) {
            suffix = count;
        }
    }
    (suffix < labels.len()).then(|| labels[labels.len() - suffix - 1..].join("."))
}

fn registrable_by_list(name: &str) -> Option<String> {
    let (labels, _) = table::suffix_len(&table::key_of(name));
    let all: Vec<&str> = name.split('.').collect();
    (labels < all.len()).then(|| all[all.len() - labels - 1..].join("."))
}

fn registrable_by_library(name: &str) -> Option<String> {
    LIBRARY.domain(name.as_bytes()).map(|domain| std::str::from_utf8(domain.as_bytes()).unwrap().to_owned())
}

#[test]
fn both_tables_say_the_same() {
    let rules = rules();
    let shared = shared_suffixes().iter().map(|own| own.name.as_str().to_owned());
    let names = derived_names(&rules.into_iter().chain(shared).collect::<Vec<_>>());
    let mut plain = 0;
    for name in names.iter().map(String::as_str).chain(["a.example.com", "a.b.local", "b.local", "local"]) {
        assert_eq!(branch::suffix_len(name), suffix_len(&table::key_of(name)), "{name}");
        let Some(registered) = plainly_registered(name) else { continue };
        let (name, registered): (DomainName, DomainName) =
            (name.parse().unwrap(), registered.parse().unwrap());
        assert_eq!(registrable_domain(&name), Some(registered.clone()), "{name}");
        assert_eq!(registered_domain(&name), Some(registered), "{name}");
        plain += 1;
    }
    assert!(plain > 1000, "{plain}");
}

/// Every rule's own name, the name above it, and names one and two labels below.
fn derived_names(rules: &[String]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rule in rules {
        let base = rule.trim_start_matches('!').trim_start_matches("*.");
        for name in [base.to_owned(), format!("x.{base}"), format!("y.x.{base}"), format!("z.y.x.{base}")] {
            names.insert(name);
        }
        names.extend(base.split_once('.').map(|(_, parent)| parent.to_owned()));
    }
    names
}

#[test]
fn the_table_means_what_the_list_means() {
    let rules = rules();
    let set: BTreeSet<String> = rules.iter().cloned().collect();
    let names = derived_names(&rules);
    assert!(names.len() > 30_000, "{}", names.len());
    let mut library_differs = BTreeSet::new();
    for name in &names {
        let want = registrable_by_definition(&set, name);
        assert_eq!(registrable_by_list(name), want, "{name}");
        if registrable_by_library(name) != want {
            library_differs.insert(name.as_str());
        }
    }
    // The library tries no wildcard where a longer rule has the label: `*.cloud.int.apple` makes
    // `r.cloud.int.apple` a suffix, but `*.r.cloud.int.apple` hides that from it. No other name differs.
    let hidden = |name: &&str| {
        let wildcard = name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        wildcard.is_some_and(|wildcard| set.contains(&wildcard))
            && !set.contains(*name)
            && set.iter().any(|rule| !rule.starts_with('!') && rule.ends_with(&format!(".{name}")))
    };
    assert_eq!(library_differs, names.iter().map(String::as_str).filter(hidden).collect());
}

#[test]
fn shared_hosting_holds_only_what_the_list_does_not() {
    let mut seen = BTreeSet::new();
    for shared in shared_suffixes() {
        let (labels, _) = table::suffix_len(&table::key_of(shared.name.as_str()));
        assert!(labels < shared.name.label_count(), "{} is listed", shared.name);
        assert!(seen.insert(&shared.name), "{} stands there twice", shared.name);
        assert!(!shared.reason.is_empty() && !shared.source.is_empty(), "{}", shared.name);
    }
}

fn name(text: &str) -> DomainName {
    text.parse().unwrap()
}

#[test]
fn the_suffix_of_a_name_says_who_registers() {
    use Section::*;
    for (text, suffix, section, registrable) in [
        ("a.b.example.co.uk", "co.uk", Icann, Some("example.co.uk")),
        ("co.uk", "co.uk", Icann, None),
        ("a.blob.core.windows.net", "blob.core.windows.net", Private, Some("a.blob.core.windows.net")),
        ("core.windows.net", "net", Icann, Some("windows.net")),
        ("a.contoso.sharepoint.com", "sharepoint.com", SharedHosting, Some("contoso.sharepoint.com")),
        ("sharepoint.com", "sharepoint.com", SharedHosting, None),
        ("a.b.kawasaki.jp", "b.kawasaki.jp", Icann, Some("a.b.kawasaki.jp")),
        ("a.city.kawasaki.jp", "kawasaki.jp", Icann, Some("city.kawasaki.jp")),
        ("www.ck", "ck", Icann, Some("www.ck")),
        ("www.example.xn--55qx5d.cn", "xn--55qx5d.cn", Icann, Some("example.xn--55qx5d.cn")),
        // In no list: a last label counts as a registry's.
        ("printer.corp.internal", "internal", Icann, Some("corp.internal")),
    ] {
        assert_eq!(public_suffix(&name(text)), (name(suffix), section), "{text}");
        assert_eq!(registrable_domain(&name(text)), registrable.map(name), "{text}");
    }
}

/// The examples of a span, after a look at whether they are any.
fn checked_spans(text: &str) -> Option<Span> {
    let pattern: HostPattern = text.parse().unwrap();
    let span = spans(&pattern)?;
    let [a, b] = span.examples.as_ref().unwrap_or_else(|| panic!("{text} has no examples"));
    for example in [a, b] {
        assert!(pattern.matches(&Host::Name(example.clone())), "{text} does not match {example}");
        let at_or_below = *example == span.suffix || example.is_below(&span.suffix);
        assert!(at_or_below, "{example} is not below {}", span.suffix);
    }
    let (a, b) = (registrable_domain(a), registrable_domain(b));
    assert!(a.is_some() && b.is_some() && a != b, "{text}: {a:?} and {b:?}");
    Some(span)
}

#[test]
fn a_pattern_that_spans_says_what_and_who() {
    use Section::*;
    for (text, suffix, section) in [
        ("*.co.uk", "co.uk", Icann),
        ("*.com", "com", Icann),
        (".com", "com", Icann),
        ("*cdn.co.uk", "co.uk", Icann),
        ("www*.co.uk", "co.uk", Icann),
        ("a.*.uk", "uk", Icann),
        ("*.ck", "ck", Icann),
        ("*.kawasaki.jp", "kawasaki.jp", Icann),
        ("*.foo.kawasaki.jp", "foo.kawasaki.jp", Icann),
        // The registry of .bg has a rule for every single letter and digit.
        ("*.bg", "bg", Icann),
        ("*.xn--55qx5d.cn", "xn--55qx5d.cn", Icann),
        ("*.internal", "internal", Icann),
        ("*.blob.core.windows.net", "blob.core.windows.net", Private),
        ("winatp-*.blob.core.windows.net", "blob.core.windows.net", Private),
        ("*prod.blob.core.windows.net", "blob.core.windows.net", Private),
        ("a.*.blob.core.windows.net", "blob.core.windows.net", Private),
        ("*.core.windows.net", "blob.core.windows.net", Private),
        ("*.windows.net", "blob.core.windows.net", Private),
        // One site each below `blob`, `file`, `web`, and `windows.net` for all the others.
        ("a.*.core.windows.net", "core.windows.net", Private),
        ("*re.windows.net", "blob.core.windows.net", Private),
        (".github.io", "github.io", Private),
        ("*.elb.amazonaws.com", "elb.amazonaws.com", Private),
        ("*.sharepoint.com", "sharepoint.com", SharedHosting),
        ("*-files.sharepoint.com", "sharepoint.com", SharedHosting),
        ("*.azure-automation.net", "azure-automation.net", SharedHosting),
        ("autodiscover.*.onmicrosoft.com", "onmicrosoft.com", SharedHosting),
        ("*.azure.com", "cloudapp.azure.com", SharedHosting),
    ] {
        let span = checked_spans(text).unwrap_or_else(|| panic!("{text} spans"));
        assert_eq!((span.suffix.as_str(), span.section), (suffix, section), "{text}");
    }
}

#[test]
fn a_pattern_within_one_site_does_not_span() {
    for text in [
        "a.co.uk",
        "blob.core.windows.net",
        "203.0.113.0/24",
        "*.microsoft.com",
        ".ecs.office.com",
        "*ecs.office.com",
        "a.*.example.com",
        "*.example.co.uk",
        "*.contoso.sharepoint.com",
        "*.endpoint.security.microsoft.com",
        "*.wns.windows.com",
        "*.ods.opinsights.azure.com",
        "*.agentsvc.azure-automation.net",
        "pre-*.windows.net",
        "*.city.kawasaki.jp",
        "*.www.ck",
        // Suffixes themselves, and `city.kawasaki.jp` alone beside them.
        "c*.kawasaki.jp",
        // A label has no room for more, so this is one site with what is below it.
        &format!("*{}.co.uk", "x".repeat(63)),
    ] {
        assert_eq!(spans(&text.parse().unwrap()), None, "{text}");
    }
    assert!(checked_spans(&format!("*{}.co.uk", "x".repeat(62))).is_some());
    assert!(checked_spans(&format!("*{}.kawasaki.jp", "x".repeat(63))).is_some());
}

#[test]
fn a_star_over_any_listed_suffix_spans() {
    for rule in rules().iter().filter(|rule| !rule.starts_with('!')) {
        let base = rule.trim_start_matches("*.");
        for pattern in [format!("*.{base}"), format!(".{base}"), format!("*x-y.{base}")] {
            checked_spans(&pattern).unwrap_or_else(|| panic!("{pattern} spans"));
        }
    }
}

/// Labels at which rules branch, and some at which none does.
fn label() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "blob",
        "file",
        "core",
        "p",
        "city",
        "cloud",
        "r",
        "a",
        "b",
        "co",
        "cab",
        "us-east-1",
        "s3",
        "elb",
    ])
}

/// Names at which the list is crooked: suffixes below a site, wildcards, exceptions, both at once.
const TAILS: [&str; 13] = [
    "windows.net",
    "azurewebsites.net",
    "amazonaws.com",
    "kawasaki.jp",
    "uk",
    "co.uk",
    "ck",
    "www.ck",
    "apple",
    "int.apple",
    "io",
    "bg",
    "internal",
];

fn parent() -> impl Strategy<Value = String> {
    (prop::collection::vec(label(), 0..3), prop::sample::select(&TAILS[..]))
        .prop_map(|(labels, tail)| labels.into_iter().chain([tail]).collect::<Vec<_>>().join("."))
}

fn pattern() -> impl Strategy<Value = HostPattern> {
    let part = || prop::sample::select(vec!["", "a", "c", "b", "co"]);
    let starred = || {
        prop_oneof![label().prop_map(str::to_owned), (part(), part()).prop_map(|(a, b)| format!("{a}*{b}"))]
    };
    let text = prop_oneof![
        parent(),
        parent().prop_map(|parent| format!("*.{parent}")),
        parent().prop_map(|parent| format!(".{parent}")),
        (label(), parent()).prop_map(|(head, parent)| format!("*{head}.{parent}")),
        (prop::collection::vec(starred(), 1..4), parent())
            .prop_map(|(labels, parent)| format!("{}.{parent}", labels.join("."))),
    ];
    text.prop_filter_map("no pattern", |text| text.parse().ok())
}

/// Names made of the same labels as the patterns, without a look at any pattern.
static NAMES: LazyLock<BTreeMap<DomainName, Option<DomainName>>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    for rule in rules() {
        let base = rule.trim_start_matches('!').trim_start_matches("*.").to_owned();
        if base.contains('.') && !TAILS.iter().any(|tail| base.ends_with(tail)) {
            continue;
        }
        for one in ["a", "cab", "acity", "zblob", "zcore", "coa", "bc"] {
            let one = format!("{one}.{base}");
            for two in ["a", "zr"] {
                names.insert(format!("{two}.{one}"));
            }
            names.insert(one);
        }
        names.insert(base);
    }
    let names = names.into_iter().filter_map(|text| text.parse().ok());
    names.map(|name| (registrable_domain(&name), name)).map(|(site, name)| (name, site)).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever two names a pattern matches, if they are different owners', it spans; and where it spans,
    /// its own examples prove it.
    #[test]
    fn spans_is_what_trying_names_finds(pattern in pattern()) {
        let sites: BTreeSet<&DomainName> = NAMES
            .iter()
            .filter(|(name, _)| pattern.matches(&Host::Name((*name).clone())))
            .filter_map(|(_, site)| site.as_ref())
            .take(10_000)
            .collect();
        let span = checked_spans(&pattern.to_string());
        if sites.len() > 1 {
            prop_assert!(span.is_some(), "{pattern} matches {sites:?}");
        }
    }
}
