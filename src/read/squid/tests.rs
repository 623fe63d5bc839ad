//! Squid is read as Squid reads: what was seen of the product, and what its documents say.

mod groups;

use super::*;
use crate::read::TroubleKind;

fn read(files: &[(&str, &str)]) -> Squid {
    let texts: Texts =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    Squid::read("squid.conf", &texts)
}

fn access(squid: &Squid, url: &str) -> Access {
    let request: Request = url.parse().unwrap();
    squid.at(&request.host).access(Client::default(), &request)
}

fn inspects(squid: &Squid, url: &str) -> Option<bool> {
    let request: Request = url.parse().unwrap();
    squid.at(&request.host).inspects(Client::default(), &request)
}

#[test]
fn the_first_line_that_matches_decides_and_else_the_opposite_of_the_last() {
    let squid = read(&[(
        "squid.conf",
        "acl good dstdomain -n .example.com\nacl bad dstdomain -n bad.example.com\n\
         http_access deny bad\nhttp_access allow good\n",
    )]);
    assert_eq!(squid.troubles(), []);
    assert_eq!(access(&squid, "http://example.com/"), Access::Anonymous);
    assert_eq!(access(&squid, "http://bad.example.com/"), Access::Denied);
    assert_eq!(access(&squid, "http://other.test/"), Access::Denied);
    let open = read(&[("squid.conf", "acl bad dstdomain -n bad.example.com\nhttp_access deny bad\n")]);
    assert_eq!(access(&open, "http://other.test/"), Access::Anonymous);
}

#[test]
fn who_has_to_sign_in_is_asked_where_the_line_comes() {
    let squid = read(&[(
        "squid.conf",
        "acl users proxy_auth REQUIRED\nacl free dstdomain -n free.example\nacl paid dstdomain -n paid.example\n\
         http_access allow free\nhttp_access allow paid users\nhttp_access deny all\n",
    )]);
    assert_eq!(access(&squid, "https://free.example/"), Access::Anonymous);
    assert_eq!(access(&squid, "https://paid.example/"), Access::AfterAuthentication);
    assert_eq!(access(&squid, "https://other.example/"), Access::Denied);
    // The classic mistake: users before the list.
    let late = read(&[(
        "squid.conf",
        "acl users proxy_auth REQUIRED\nacl free dstdomain -n free.example\n\
         http_access deny !users\nhttp_access allow free\nhttp_access deny all\n",
    )]);
    assert_eq!(access(&late, "https://free.example/"), Access::AfterAuthentication);
}

/// Seen in 5.7 and 6.13.
#[test]
fn the_order_of_ssl_bump_lines_decides() {
    let bump = |lines: &str| {
        let text = format!(
            "acl own ssl::server_name --client-requested own.example\nacl step1 at_step SslBump1\nacl step2 at_step SslBump2\nhttp_access allow all\n{lines}"
        );
        read(&[("squid.conf", &text)])
    };
    let both =
        |squid: &Squid| ["https://own.example/", "https://other.example/"].map(|url| inspects(squid, url));
    for (lines, expected) in [
        ("ssl_bump peek step1\nssl_bump splice own\nssl_bump bump all\n", [Some(false), Some(true)]),
        // Everything is spliced, nothing inspected.
        ("ssl_bump peek all\nssl_bump splice own\nssl_bump bump all\n", [Some(false), Some(false)]),
        // Everything is opened.
        (
            "ssl_bump peek step1\nssl_bump stare step2\nssl_bump splice own\nssl_bump bump all\n",
            [Some(true), Some(true)],
        ),
        ("ssl_bump bump all\n", [Some(true), Some(true)]),
        ("ssl_bump terminate own\nssl_bump bump all\n", [None, Some(true)]),
        ("", [Some(false), Some(false)]),
    ] {
        assert_eq!(both(&bump(lines)), expected, "{lines}");
    }
}

#[test]
fn what_cannot_match_or_is_not_understood_is_told_with_its_place() {
    let squid = read(&[
        (
            "squid.conf",
            "acl list dstdomain \"list\"\nacl x rep_mime_type text/html\nhttp_access allow list x nobody\n\
             include missing.conf\nurl_rewrite_program /x\n",
        ),
        (
            "list",
            "*.example.com\na.example.com b.example.com\nhttps://c.example.com\nd.example.com.\nok.example.com # why\n",
        ),
    ]);
    let told: Vec<String> = squid.troubles().iter().map(|trouble| trouble.place.to_string()).collect();
    assert_eq!(
        told,
        [
            "squid.conf:1",
            "list:1",
            "list:2",
            "list:3",
            "list:4",
            "squid.conf:2",
            "squid.conf:3",
            "squid.conf:4",
            "squid.conf:5"
        ]
    );
}

/// Fatal in 5.7 and 6.13.
#[test]
fn a_list_that_overlaps_is_refused() {
    for (list, refused) in [
        (".example.com\na.example.com", false),
        ("a.example.com\n.example.com", true),
        (".example.com\nexample.com", true),
        ("example.com\n.example.com", true),
        ("example.com\na.example.com", false),
    ] {
        let squid = read(&[("squid.conf", "acl list dstdomain -n \"list\"\n"), ("list", list)]);
        assert_eq!(!squid.troubles().is_empty(), refused, "{list}");
    }
}

#[test]
fn expressions_of_people_are_read_or_refused() {
    for (text, host) in [
        (r"^a\.example\.com$", "a.example.com"),
        (r"(^|\.)example\.com$", ".example.com"),
        (r"^(.*)\.example\.com$", "*.example.com"),
        (r"\.example\.com$", "*.example.com"),
        (r"example\.com$", "*example.com"),
        (r"^.*cdn\.example\.com$", "*cdn.example.com"),
        (r"^pre-[^.]+\.example\.com$", "pre-*.example.com"),
    ] {
        assert_eq!(
            expression::hosts(text, true).map(|own| own.host.to_string()).as_deref(),
            Ok(host),
            "{text}"
        );
    }
    for text in [
        r"example\.com",
        r"^example\.com",
        r"^example.com$",
        r"^a[0-9]\.example\.com$",
        r"(a|b)\.example\.com$",
        r"^.+cdn\.example\.com$",
        "(",
    ] {
        assert!(expression::hosts(text, true).is_err(), "{text}");
    }
}

#[test]
fn an_expression_that_no_pattern_says_is_asked() {
    let squid = read(&[(
        "squid.conf",
        "acl cdn dstdom_regex -n cdn[0-9]\\.example\\.com$\nacl pki url_regex pki/crl\n\
         http_access allow cdn\nhttp_access allow pki\nhttp_access deny all\n",
    )]);
    assert!(squid.troubles().iter().all(|own| own.kind == TroubleKind::Misleading), "{:?}", squid.troubles());
    assert_eq!(squid.troubles().len(), 2);
    for (url, want) in [
        ("https://cdn1.example.com/", Access::Anonymous),
        ("https://evil-cdn1.example.com/", Access::Anonymous),
        ("https://cdnx.example.com/", Access::Denied),
        ("http://other.test/pki/crl/x", Access::Anonymous),
        // Of a tunnel there is no URL.
        ("https://other.test/pki/crl/x", Access::Denied),
    ] {
        assert_eq!(access(&squid, url), want, "{url}");
    }
}

#[test]
fn what_is_not_understood_is_taken_as_matching_where_it_grants() {
    for (line, want) in [
        ("http_access allow night", Access::Anonymous),
        ("http_access allow !night", Access::Anonymous),
        ("http_access deny night\nhttp_access allow all", Access::Anonymous),
        ("http_access deny !night\nhttp_access allow all", Access::Anonymous),
    ] {
        let squid =
            read(&[("squid.conf", &format!("acl night time 00:00-06:00\n{line}\nhttp_access deny all\n"))]);
        assert_eq!(squid.troubles().len(), 1, "{line}");
        assert_eq!(access(&squid, "https://a.test/"), want, "{line}");
    }
}

#[test]
fn an_include_may_have_stars() {
    let squid = read(
        &[
            ("etc/squid.conf", "include /etc/squid/conf.d/*.conf\nhttp_access deny all\n"),
            ("etc/conf.d/a.conf", "acl a dstdomain -n a.test\nhttp_access allow a\n"),
            ("etc/conf.d/b.conf", "acl b dstdomain -n \"/somewhere/else/list\"\nhttp_access allow b\n"),
            ("etc/list", "b.test\n"),
            ("etc/conf.d/c.txt", "nonsense\n"),
            ("etc/d.conf", "nonsense\n"),
        ]
        .map(|(name, text)| (if name == "etc/squid.conf" { "squid.conf" } else { name }, text)),
    );
    assert_eq!(squid.troubles(), []);
    assert_eq!(access(&squid, "https://a.test/"), Access::Anonymous);
    assert_eq!(access(&squid, "https://b.test/"), Access::Anonymous);
}

#[test]
fn without_a_port_that_opens_tls_nothing_is_inspected() {
    for (ports, inspected, told) in [
        ("", true, 0),
        ("http_port 3128\n", false, 1),
        ("http_port 3128\nhttp_port 3129 ssl-bump tls-cert=x\n", true, 0),
    ] {
        let squid = read(&[("squid.conf", &format!("{ports}http_access allow all\nssl_bump bump all\n"))]);
        assert_eq!(inspects(&squid, "https://a.test/"), Some(inspected), "{ports}");
        assert_eq!(squid.bump_troubles().len(), told, "{ports}");
    }
}

#[test]
fn a_splice_by_the_hello_alone_is_told_where_connect_says_more() {
    let line = "acl own ssl::server_name --client-requested a.test\nacl host dstdomain -n a.test\nhttp_access allow all\n";
    for (rest, told) in [
        ("ssl_bump splice own\n", 1),
        ("ssl_bump splice own host\n", 0),
        ("acl both all-of own host\nssl_bump splice both\n", 0),
        ("http_port 3128 intercept ssl-bump\nssl_bump splice own\n", 0),
    ] {
        let squid = read(&[("squid.conf", &format!("{line}{rest}"))]);
        assert_eq!(squid.bump_troubles().len(), told, "{rest}");
    }
}

#[test]
fn a_decision_is_from_an_entry_or_from_a_line() {
    let squid = read(&[
        (
            "squid.conf",
            "acl net src 10.0.0.0-10.255.255.255\nacl users proxy_auth REQUIRED\nacl list dstdomain -n \"list\"\n\
             acl spare dstdomain -n spare.test\nacl paid dstdomain -n paid.test\nacl either any-of list paid\n\
             http_access deny paid !users\nhttp_access allow net either\nhttp_access deny all\n",
        ),
        ("list", "# ours\n.a.test\n"),
    ]);
    assert_eq!(squid.troubles(), []);
    let from = |url: &str| -> Vec<String> {
        let request: Request = url.parse().unwrap();
        let at = squid.at(&request.host);
        let asked = at.asked_by(Client::default(), &request).into_iter().map(|own| format!("asked by {own}"));
        let places = at.access_from(Client::default(), &request).into_iter().map(ToString::to_string);
        places.chain(asked).collect()
    };
    assert_eq!(from("https://x.a.test/"), ["list:2"]);
    assert_eq!(from("https://paid.test/"), ["squid.conf:5", "asked by squid.conf:7"]);
    assert_eq!(from("https://other.test/"), ["squid.conf:9"]);
    let lists: Vec<(&str, bool, usize)> =
        squid.lists().into_iter().map(|list| (list.name, list.is_used, list.intents.len())).collect();
    assert_eq!(lists, [("list", true, 1), ("spare", false, 0), ("paid", true, 1)]);
}

#[test]
fn files_that_multiply_are_not_followed_to_the_end() {
    let files: Vec<(String, String)> = (0..16)
        .map(|at| (format!("f{at}"), format!("include f{} f{}\n", at + 1, at + 1)))
        .chain([("f16".to_owned(), "acl a port 1\n".to_owned())])
        .collect();
    let mut texts: Texts = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    texts.insert("squid.conf".to_owned(), b"include f1\n".to_vec());
    let squid = Squid::read("squid.conf", &texts);
    assert!(squid.troubles().iter().any(|trouble| trouble.what.starts_with("more than 2000 files")));

    let told =
        |squid: &Squid, what: &str| squid.troubles().iter().filter(|own| own.what.starts_with(what)).count();
    let squid = read(&[("squid.conf", "include a\n"), ("a", "include a a\nacl r url_regex \"a\"\n")]);
    assert_eq!([told(&squid, "files that include each other"), told(&squid, "more than")], [1, 0]);

    let large = "x.{900}y\n".repeat(6_000);
    let squid = read(&[("squid.conf", "acl r url_regex \"a\"\nacl s url_regex \"a\"\n"), ("a", &large)]);
    assert_eq!(told(&squid, "more regular expressions"), 1);
}

#[test]
fn a_group_that_is_in_itself_is_told() {
    let squid = read(&[(
        "squid.conf",
        "acl a any-of manager\nacl b any-of a\nacl a any-of b\nacl c all-of c\nhttp_access allow a\nhttp_access deny all\n",
    )]);
    let told: Vec<&str> = squid.troubles().iter().map(|trouble| trouble.what.as_str()).collect();
    assert!(told.contains(&"the ACL `a` names itself, or one that was defined after it"), "{told:?}");
    assert_eq!(access(&squid, "http://a.example/"), Access::Denied);
}

/// Squid reads octets: what is behind `#` may be in any alphabet, and an entry beyond ASCII names no host that is asked
/// for.
#[test]
fn octets_beyond_utf_8_cost_the_word_that_they_stand_in() {
    let texts = Texts::from([
        (
            "squid.conf".to_owned(),
            b"# B\xfcro\nacl f\xfcr dstdomain -n \"list\"\nacl expression dstdom_regex -n ^b\xfc.*x$\n\
              acl class dstdom_regex -n ^[\xc3\xbc]$\nhttp_access deny f\xfcr\nhttp_access allow all\n"
                .to_vec(),
        ),
        (
            "list".to_owned(),
            b"# gesperrt, B\xfcro\n.wd.example\nb\xfccher.example # \xfc\n.b\xc3\xbccher.test\n.last.example"
                .to_vec(),
        ),
    ]);
    let squid = Squid::read("squid.conf", &texts);
    let told: Vec<String> =
        squid.troubles().iter().map(|own| format!("{} {:?} {}", own.place, own.kind, own.what)).collect();
    assert_eq!(
        told,
        [
            "list:3 NeverMatches `b\\xfccher.example` never matches: names are asked for in ASCII, as `xn--…`",
            "list:4 NeverMatches `.bücher.test` never matches: names are asked for in ASCII, as `xn--…`",
            "squid.conf:3 Misleading `^b\\xfc.*x$`: text beyond ASCII",
            "squid.conf:4 NotUnderstood `^[ü]$`: an expression that is not understood",
        ]
    );
    for (url, expected) in [
        ("https://a.wd.example/", Access::Denied),
        ("https://last.example/", Access::Denied),
        ("https://xn--bcher-kva.test/", Access::Anonymous),
    ] {
        assert_eq!(access(&squid, url), expected, "{url}");
    }
}

/// What an escape adds is no octet of the file.
#[test]
fn a_line_is_as_long_as_its_octets() {
    let octets = [vec![b'#'; 1], vec![0xfc; 2045]].concat();
    let read = |list: Vec<u8>| {
        let main = b"acl x dstdomain -n \"list\"\nhttp_access allow x\n".to_vec();
        Squid::read("squid.conf", &Texts::from([("squid.conf".to_owned(), main), ("list".to_owned(), list)]))
            .troubles()
            .to_vec()
    };
    assert_eq!(read(octets.clone()), []);
    assert_eq!(read([octets, vec![0xfc]].concat()).len(), 1);
}
