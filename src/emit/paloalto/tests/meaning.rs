//! The entries mean what `encode` says, by a matcher of our own that knows the documented rules and
//! nothing of the emitter.

use proptest::prelude::*;

use super::*;
use crate::emit::paloalto::entry::{EntryError, check_entry};
use crate::model::{Host, Request};

// The product, by its documents.

/// The tokens of a URL without its scheme, each with the separator behind it.
fn tokens(url: &str) -> Vec<(String, Option<char>)> {
    let mut tokens = vec![(String::new(), None)];
    for character in url.chars() {
        let last = tokens.last_mut().unwrap();
        if "./?&=;+".contains(character) {
            last.1 = Some(character);
            tokens.push((String::new(), None));
        } else {
            last.0.push(character);
        }
    }
    tokens
}

/// Whether an entry covers a URL, `host/path`. `append` is the firmware's automatic slash; without it
/// an entry that does not end in `/` goes on with an asterisk.
fn covers(entry: &str, url: &str, append: bool) -> bool {
    let entry = if append && !entry.ends_with(['/', '*']) { format!("{entry}/") } else { entry.to_owned() };
    let mut wanted = tokens(&entry);
    let open = entry.ends_with('/');
    if open {
        wanted.pop();
    }
    tokens_match(&wanted, open, &tokens(url))
}

fn tokens_match(wanted: &[(String, Option<char>)], open: bool, got: &[(String, Option<char>)]) -> bool {
    let Some(((token, separator), wanted_rest)) = wanted.split_first() else {
        return open || got.is_empty();
    };
    // The last token of an entry without a slash: an asterisk follows, behind any separator.
    let last = wanted_rest.is_empty() && !open;
    let longest = if token == "*" { got.len() } else { 1.min(got.len()) };
    (1..=longest).any(|taken| {
        let (tokens, got_rest) = got.split_at(taken);
        // "One or more variable subdomains": an asterisk stays on its side of a slash.
        let inside = tokens[..taken - 1].iter().all(|(_, separator)| *separator == Some('.'));
        let (end, end_separator) = &tokens[taken - 1];
        let fits = matches!(token.as_str(), "*" | "^") && !end.is_empty() || token == end;
        if !inside || !fits {
            return false;
        }
        if last { true } else { separator == end_separator && tokens_match(wanted_rest, open, got_rest) }
    })
}

/// Whether the lists let a request through: a URL list by URL, an address list by literal address.
fn lets_through(encoded: &Encoded, request: &Request) -> bool {
    encoded.entries.iter().any(|entry| {
        entry.schemes.contains(request.scheme)
            && entry.ports.contains(request.port)
            && match (&request.host, entry.list) {
                (Host::Name(name), "url") => covers(&entry.text, &format!("{name}{}", request.path), true),
                (Host::Address(address), "ip") => match entry.text.parse::<ipnet::IpNet>() {
                    Ok(network) => network.contains(address),
                    Err(_) => entry.text.parse() == Ok(*address),
                },
                _ => false,
            }
    })
}

#[test]
fn the_matcher_gives_the_vendors_own_examples() {
    for (entry, append, url, want) in [
        ("example.com/", true, "example.com/", true),
        ("example.com/", true, "example.com/search", true),
        ("*.example.com/", true, "news.example.com/", true),
        ("*.example.com/", true, "example.com/", false),
        ("example.com", false, "example.com.domain.xyz/", true),
        ("example.com", true, "example.com.domain.xyz/", false),
        ("*.paloaltonetworks.com", false, "www.paloaltonetworks.com.uk/", true),
        ("*.paloaltonetworks.com/", false, "www.paloaltonetworks.com.uk/", false),
        ("*.company.com/", true, "eng.tools.company.com/", true),
        ("^.company.com/", true, "tools.company.com/", true),
        ("^.company.com/", true, "eng.tools.company.com/", false),
        ("mail.google.*/", true, "mail.google.co.uk/", true),
    ] {
        assert_eq!(covers(entry, url, append), want, "{entry} {url} append {append}");
    }
}

#[test]
fn the_token_rules_hold() {
    use EntryError::*;
    let partial = |token: &str| PartialWildcard { token: token.to_owned() };
    let label = "a".repeat(63);
    let carets = |count| ["^"; 16][..count].join(".");
    for (entry, want) in [
        ("example.com/", Ok(())),
        ("*.example.com/", Ok(())),
        ("a.^.example.com/", Ok(())),
        ("*.^.example.com/", Ok(())),
        ("a_b.xn--bcher-kva.example/", Ok(())),
        ("www.example.com/pkiops/", Ok(())),
        ("www.example.com/Pki/a.b/", Ok(())),
        ("", Err(Empty)),
        ("/", Err(EmptyToken)),
        ("example.com", Err(NoSlash)),
        ("www.example.com/pki", Err(NoSlash)),
        ("example.com/*", Err(NoSlash)),
        ("https://example.com/", Err(Scheme)),
        ("Example.com/", Err(BadCharacter { character: 'E' })),
        ("bücher.example/", Err(BadCharacter { character: 'ü' })),
        ("a b.example/", Err(BadCharacter { character: ' ' })),
        ("a.example/\n", Err(BadCharacter { character: '\n' })),
        ("example.com:8443/", Err(BadCharacter { character: ':' })),
        ("pre-*.example.com/", Err(partial("pre-*"))),
        ("example*.com/", Err(partial("example*"))),
        ("li^.example.com/", Err(partial("li^"))),
        ("example.com/a*/", Err(partial("a*"))),
        ("*.*.example.com/", Err(ConsecutiveAsterisks)),
        ("example.com/^/", Err(CaretBehindSlash)),
        ("a..example.com/", Err(EmptyToken)),
        ("example.com//", Err(EmptyToken)),
    ] {
        assert_eq!(check_entry(entry), want, "{entry}");
    }
    assert_eq!(check_entry(&format!("{}.a/", carets(9))), Ok(()));
    assert_eq!(check_entry(&format!("{}.a/", carets(10))), Err(TooManyCarets));
    let name = |last: usize| format!("{label}.{label}.{label}.{}/", "a".repeat(last));
    assert_eq!(check_entry(&name(62)), Ok(()), "254 and a slash");
    assert_eq!(check_entry(&name(63)), Err(TooLong { len: 256 }));
}

#[test]
fn every_form_is_encoded_or_refused() {
    for (host, want) in [
        ("a.example.com", Ok(vec!["a.example.com/"])),
        ("*.example.com", Ok(vec!["*.example.com/"])),
        (".example.com", Ok(vec!["example.com/", "*.example.com/"])),
        ("a.*.example.com", Ok(vec!["a.^.example.com/"])),
        ("203.0.113.0/24", Ok(vec!["203.0.113.0/24"])),
        ("2001:db8::1", Ok(vec!["2001:db8::1"])),
        ("pre-*.example.com", Err("a wildcard must be a whole token, not a part of `pre-*`")),
        ("a.b*.*.example.com", Err("a wildcard must be a whole token, not a part of `b*`")),
        ("*cdn.example.com", Err("a wildcard must be a whole token, not a part of `*cdn`")),
        ("a.*.*.*.*.*.*.*.*.*.*.example.com", Err("more than 9 carets in a row")),
    ] {
        for intent in APPLYING {
            let got = encode(intent, &https(host));
            let got = got.as_ref().map(texts).map_err(|unsupported| unsupported.why.as_str());
            assert_eq!(got, want, "{host} {intent}");
        }
    }
}

#[test]
fn a_path_is_said_where_it_is_seen() {
    for (scheme, path, entry, means) in [
        (Scheme::Http, "/pkiops/*", "x.example/pkiops/", "/pkiops/*"),
        (Scheme::Http, "/PKI/a.b/*", "x.example/PKI/a.b/", "/PKI/a.b/*"),
        // A text prefix ends inside a token: the folder is said, which is wider.
        (Scheme::Http, "/a/crl*", "x.example/a/", "/a/*"),
        (Scheme::Http, "/crl*", "x.example/", ""),
        // The name itself may not be covered: narrower.
        (Scheme::Http, "/pki/certs", "x.example/pki/certs/", "/pki/certs/*"),
        (Scheme::Http, "", "x.example/", ""),
        (Scheme::Https, "/pkiops/*", "x.example/", ""),
    ] {
        let encoded = encode(Intent::Allow, &rule("x.example", scheme, 80, path)).unwrap();
        assert_eq!(texts(&encoded), [entry], "{path}");
        assert_eq!(encoded.means[0].path, PathPattern::parse(means).unwrap(), "{path}");
    }
    for path in ["/a^b/*", "/^/*", "/a//b/*"] {
        assert!(encode(Intent::Allow, &rule("x.example", Scheme::Http, 80, path)).is_err(), "{path}");
    }
}

#[test]
fn application_any_means_both_schemes_and_decryption_means_tls() {
    let http = rule("x.example", Scheme::Http, 80, "");
    for (intent, rule, want) in [
        (Intent::Allow, &http, Some(Schemes::ANY)),
        (Intent::BypassAuthentication, &https("x.example"), Some(Schemes::ANY)),
        (Intent::BypassInspection, &https("x.example"), Some(Schemes::only(Scheme::Https))),
        (Intent::BypassInspection, &http, None),
        (Intent::Direct, &https("x.example"), None),
    ] {
        let got = encode(intent, rule).ok();
        assert_eq!(got.as_ref().map(|encoded| encoded.means[0].schemes), want, "{intent}");
        assert_eq!(got.as_ref().map(|encoded| encoded.entries[0].schemes), want, "{intent}");
    }
}

/// Without the slash, older firmware reads `x` as `x.*`.
#[test]
fn no_entry_covers_a_name_that_only_begins_like_the_rule() {
    let hosts = ["x.example", "*.x.example", ".x.example", "a.*.x.example", "www.x.example"];
    for host in hosts {
        for path in ["", "/pki/*", "/pki/certs", "/crl*"] {
            let encoded = encode(Intent::Allow, &rule(host, Scheme::Http, 80, path)).unwrap();
            for text in texts(&encoded) {
                let stem = text.split('/').next().unwrap().replace(['*', '^'], "a");
                for append in [false, true] {
                    assert!(!covers(text, &format!("{stem}.evil.info/"), append), "{text}");
                    assert!(!covers(text, &format!("{stem}.evil.info/pki/certs/"), append), "{text}");
                }
            }
        }
    }
}

const LABELS: [&str; 6] = ["a", "b", "pre-a", "x1", "cdn", "example"];

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&LABELS[..]), 1..5)
        .prop_map(|labels| format!("{}.test", labels.join(".")))
}

fn host_pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        name(),
        name().prop_map(|name| format!("*.{name}")),
        name().prop_map(|name| format!(".{name}")),
        name().prop_map(|name| format!("a.*.{name}")),
        (name(), name()).prop_map(|(left, right)| format!("b.*.{left}.*.{right}")),
        name().prop_map(|name| format!("pre-*.{name}")),
        (0u8..4, 24u8..=32).prop_map(|(last, bits)| {
            ipnet::IpNet::new([203, 0, 113, last].into(), bits).unwrap().trunc().to_string()
        }),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["pki", "crl", "a.b", "crl2"]);
    (prop::collection::vec(segment, 0..4), prop::sample::select(vec!["", "/"]))
        .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")).replace("//", "/"))
}

fn request_host() -> impl Strategy<Value = Host> {
    prop_oneof![
        4 => name().prop_map(|name| Host::Name(name.parse().unwrap())),
        1 => (0u8..8).prop_map(|last| Host::Address([203, 0, 113, last].into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_entries_mean_what_encode_says(
        host in host_pattern(),
        rule_scheme in prop::sample::select(&Scheme::ALL[..]),
        rule_path in path(),
        star in any::<bool>(),
        intent in prop::sample::select(&APPLYING[..]),
        scheme in prop::sample::select(&Scheme::ALL[..]),
        request_host in request_host(),
        port in prop::sample::select(vec![443u16, 80]),
        request_path in path(),
    ) {
        let rule_path = if star { format!("{rule_path}*") } else { rule_path };
        let rule = rule(&host, rule_scheme, 443, &rule_path);
        if let Ok(encoded) = encode(intent, &rule) {
            let request = Request { scheme, host: request_host, port, path: request_path };
            let means = encoded.means.iter().any(|pattern| pattern.matches(&request));
            prop_assert_eq!(means, lets_through(&encoded, &request), "{:?} {}", texts(&encoded), request);
        }
    }

    /// Names near the rule, so that matches are as frequent as misses.
    #[test]
    fn names_near_a_rule_are_told_apart(
        host in host_pattern(),
        left in prop::sample::select(vec!["", "a.", "a.b.", "pre-a."]),
        star in prop::sample::select(vec!["a", "x1", "a.b"]),
        right in prop::sample::select(vec!["", ".evil.info"]),
    ) {
        let near = host.trim_start_matches("*.").trim_start_matches('.').replace('*', star);
        if let (Ok(encoded), Ok(name)) = (encode(Intent::Allow, &https(&host)), format!("{left}{near}{right}").parse()) {
            let request =
                Request { scheme: Scheme::Https, host: Host::Name(name), port: 443, path: "/".to_owned() };
            let means = encoded.means.iter().any(|pattern| pattern.matches(&request));
            prop_assert_eq!(means, lets_through(&encoded, &request), "{:?} {}", texts(&encoded), request);
        }
    }
}

#[test]
fn the_vendors_list_is_said_but_for_stars_inside_labels() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/standard-commercial-2026-07.csv");
    let (mut said, mut refused) = (0, 0);
    for record in csv::Reader::from_path(path).unwrap().records() {
        let record = record.unwrap();
        let (host, path) = record[4].split_once('/').map_or((&record[4], ""), |(host, path)| (host, path));
        let Ok(host) = host.parse::<HostPattern>() else { continue };
        let scheme = if &record[3] == "80" { Scheme::Http } else { Scheme::Https };
        let Ok(path) = PathPattern::parse(&format!("/{path}")) else { continue };
        let pattern = RequestPattern::new(host, scheme, scheme.default_port(), path);
        let rule = Rule { pattern, provenance: Provenance::default() };
        match encode(Intent::Allow, &rule) {
            Ok(encoded) => {
                said += 1;
                for text in texts(&encoded) {
                    assert_eq!(check_entry(text), Ok(()), "{text}");
                }
            }
            Err(unsupported) => {
                refused += 1;
                let inside =
                    matches!(rule.pattern.host, HostPattern::LabelGlob(_) | HostPattern::TextSuffix(_));
                assert!(inside, "{}: {}", rule.pattern, unsupported.why);
            }
        }
    }
    assert!(said >= 100 && refused > 0, "{said} {refused}");
}
