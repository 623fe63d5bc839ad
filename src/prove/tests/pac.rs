//! The PAC and its copy for WPAD.

use proptest::prelude::*;

use super::*;
use crate::emit::pac::{Pac, PacHost, PacOptions, PacOtherwise};
use crate::emit::testing::{pattern, rules, settings};
use crate::profile::{Proxy, TargetOptions};

fn with(otherwise: PacOtherwise, hosted_by: PacHost) -> Settings {
    let mut settings = settings();
    settings.options.insert("pac", TargetOptions::new(PacOptions { otherwise, hosted_by }));
    settings
}

fn options() -> impl Strategy<Value = Settings> {
    let otherwise =
        prop::sample::select(vec![PacOtherwise::Proxy, PacOtherwise::Direct, PacOtherwise::Block]);
    let hosted_by = prop::sample::select(vec![PacHost::Own, PacHost::Zscaler]);
    let proxies = prop::collection::vec(prop::sample::select(&["a.test:3128", "[fd00::1]:80"][..]), 1..4);
    (otherwise, hosted_by, proxies).prop_map(|(otherwise, hosted_by, proxies)| {
        let mut settings = with(otherwise, hosted_by);
        settings.proxies = proxies.into_iter().map(|proxy| Proxy(proxy.to_owned())).collect();
        settings
    })
}

/// Rules that nobody asks for, so many that a file is packed, some below a name that has an end of its own.
fn many() -> impl Iterator<Item = RequestPattern> {
    let names = (0..700).flat_map(|n| {
        [format!("n-{n}.test"), format!("*.n-{n}.invalid"), format!(".n-{n}.test"), format!(".n-{}", n % 7)]
    });
    let deep = (0..20).map(|n| format!("n-{n}.deep.test"));
    names.chain(deep).map(|host| pattern(&format!("https://{host}")))
}

fn policy(direct: &[RequestPattern], allow: &[RequestPattern]) -> Policy {
    Policy::from([(Intent::Direct, direct.to_vec()), (Intent::Allow, allow.to_vec())])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_browsers_means_what_is_meant(
        direct in rules(), allow in rules(), settings in options(), large in prop::bool::weighted(0.1)
    ) {
        let mut policy = policy(&direct, &allow);
        if large {
            policy.values_mut().for_each(|rules| rules.extend(many()));
        }
        let written = Written::new(&Pac, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

fn patterns(hosts: &[&str]) -> Vec<RequestPattern> {
    hosts.iter().map(|host| pattern(&format!("https://{host}"))).collect()
}

fn sample() -> Policy {
    policy(
        &patterns(&["d.example.net", "*.b.example.net"]),
        &patterns(&[
            "a.example.com",
            "*.b.example.com",
            ".c.example.com",
            "pre-*.example.org",
            "*cdn.example.net",
        ]),
    )
}

/// Both files with a text replaced.
fn both(written: &Written<'_>, from: &str, to: &str) -> Vec<Artifact> {
    ["proxy.pac", "wpad.dat"].map(|file| written.mutated(file, from, to)).into_iter().enumerate().fold(
        written.files.clone(),
        |mut files, (at, mutated)| {
            files[at] = mutated[at].clone();
            files
        },
    )
}

#[test]
fn a_mutation_of_the_pac_is_caught() {
    let (policy, settings) = (sample(), with(PacOtherwise::Block, PacHost::Own));
    let written = Written::new(&Pac, &settings, &policy);
    for (what, from, to, told) in [
        ("an entry lost", "    \"a.example.com\"\n", "", "`a.example.com` gets what everything else gets"),
        (
            "an entry added",
            "\"a.example.com\"",
            "\"a.example.com\",\n\"evil.test\"",
            "`evil.test` gets the proxies",
        ),
        (
            "a name alone and all below it",
            "exact: [\n    \"a.",
            "below: [\n    \"a.",
            "where `exact` should be",
        ),
        ("a label lost", "\"a.example.com\"", "\"example.com\"", "`example.com` gets the proxies"),
        ("a dot lost", "\"b.example.com\"", "\"bexample.com\"", ".bexample.com"),
        ("a name below which all is", "\"b.example.com\"", "\"\"", "an empty name"),
        ("a name in capitals", "\"b.example.com\"", "\"B.example.com\"", "not looked up"),
        ("a dot at the end", "\"b.example.com\"", "\"b.example.com.\"", "not looked up"),
        ("a flag changed", "list.exact, 1)", "list.exact, 2)", "`thruwayTable` is not as it was run"),
        ("a list changed", "list.below, 2)", "list.exact, 2)", "`thruwayTable` is not as it was run"),
        (
            "direct and proxies swapped",
            "THRUWAY_DIRECT, name",
            "THRUWAY_PROXIED, name",
            "`FindProxyForURL` is not",
        ),
        ("an answer of the program", "\"DIRECT\"", "\"PROXY x:1\"", "`FindProxyForURL` is not"),
        (
            "the proxies",
            "THRUWAY_PROXIES = \"PROXY ",
            "THRUWAY_PROXIES = \"PROXY x",
            "the proxies are `PROXY x",
        ),
        ("a way past the proxies", "[fd00::1]:8080\"", "[fd00::1]:8080; DIRECT\"", "the proxies are `PROXY "),
        ("block and direct", "\"PROXY 127.0.0.1:9\"", "\"DIRECT\"", "everything else gets `DIRECT`"),
        ("an answer that is none", "\"PROXY 127.0.0.1:9\"", "\"\"", "a direct connection"),
        ("an answer that nobody knows", "\"PROXY 127.0.0.1:9\"", "\"127.0.0.1:9\"", "no browser knows"),
        ("a glob widened", "\"pre-*.example.org\"", "\"p*.example.org\"", ".example.org"),
        ("a glob over labels", "\"pre-*.example.org\"", "\"*.example.org\"", ".example.org"),
        ("a star lost", "\"*cdn.example.net\"", "\"cdn.example.net\"", "not looked up"),
        ("a dot before the text", "\"*cdn.example.net\"", "\"*.cdn.example.net\"", "cdn.example.net"),
        ("the layout", "byTop: false", "byTop: true", "`byTop` says ByTop"),
        ("a comma at the end", "\"a.example.com\"\n", "\"a.example.com\",\n", "where `\"` should be"),
        ("a table that is not there", "var THRUWAY_DIRECT = ", "var THRUWAY_LISTED = ", "`THRUWAY_LISTED`"),
        (
            "a list that is set again",
            "ready: {}\n};\n",
            "ready: {}\n};\nTHRUWAY_DIRECT.exact = [];\n",
            "`THRUWAY_DIRECT.exact = [];`",
        ),
        (
            "a function that is set again",
            "ready: {}\n};\n",
            "ready: {}\n};\nfunction thruwayMatches() {}\n",
            "is there twice",
        ),
        (
            "another function",
            "var THRUWAY_PROXIES",
            "function eval() {}\nvar THRUWAY_PROXIES",
            "`eval` is no function",
        ),
        ("code in a comment", "// Profile", "// \u{2028}thruwayListed = null;", "not printable ASCII"),
        ("a carriage return in a comment", "// Profile", "// \rx();", "not printable ASCII"),
        ("code at the start", "// Profile", "x();\n// Profile", "code before the first function"),
    ] {
        let Proof::Differs(found) = written.proof(&both(&written, from, to)) else {
            panic!("{what}: not caught")
        };
        assert!(found[0].starts_with("proxy.pac:") && found[0].contains(told), "{what}: {}", found[0]);
    }
    written.assert_no_file_is_spare(&[]);
}

#[test]
fn a_mutation_of_the_packed_form_is_caught() {
    let mut policy = sample();
    policy.get_mut(&Intent::Allow).unwrap().extend(many());
    let settings = with(PacOtherwise::Block, PacHost::Own);
    let written = Written::new(&Pac, &settings, &policy);
    assert_eq!(written.proof(&written.files), Proof::Proved);
    let text = String::from_utf8(written.files[0].bytes.clone()).unwrap();
    let lines: Vec<&str> = text.split_once("\".test\": [\n").unwrap().1.lines().take(2).collect();
    let (here, swapped) = (lines.join("\n"), format!("{}\n{}", lines[1], lines[0]));
    let other = "gets what everything else gets";
    for (what, from, to, told) in [
        ("an entry lost", "=a.example.com", "", &*format!("`a.example.com` {other}")),
        ("an entry added", "=a.example.com", "=a.evil=a.example.com", "`a.evil` gets the proxies"),
        ("an entry changed", "=a.example.com", "=x.example.com", &*format!("`a.example.com` {other}")),
        (
            "moved below another label",
            "=a.example.com",
            "=a.example.co",
            &*format!("`a.example.com` {other}"),
        ),
        ("a name with all below it", "=a.example.com", " a.example.com", ".a.example.com` gets the proxies"),
        ("all below and not the name", "=a.example.com", "*a.example.com", "a.example.com`"),
        ("a name in capitals", "=a.example.com", "=A.example.com", "not looked up as a name"),
        ("a mark twice", "=a.example.com", "==a.example.com", "a mark without a name"),
        ("a mark lost", "\"=a.example.com", "\"a.example.com", "does not begin as a name does"),
        ("a mark that is none", "=a.example.com", "+a.example.com", "does not begin as a name does"),
        ("lines in another order", &*here, &*swapped, "not looked up on this line"),
        ("an end twice", "\".invalid\": [", "\".test\": [", "`.test` is there twice"),
        ("an end changed", "\".invalid\": [", "\".example\": [", "`"),
        ("an end without a dot", "\".invalid\": [", "\"invalid\": [", "no end begins as `invalid` does"),
        ("an end that is lost", "\".test\": [", "\".tesu\": [", "`.deep.tesu`"),
        ("the first end", "\"\": [", "\".org\": [", "there is no end `\"\"`"),
        ("nothing leads to an end", ":deep", "", "nothing leads to `.deep.test`"),
        ("another label leads to an end", ":deep", ":deeq", "`:deeq` leads to `.deeq.test`"),
        ("a name that hides an end", ":deep", " deep:deep", "`deep.test` cannot stand here"),
        ("a name before its longest end", ":deep", "=y.deep:deep", "`y.deep.test` cannot stand here"),
        ("a glob widened", "\"pre-*.example\"", "\"p*.example\"", ".example.org"),
        ("a glob below another label", "\".org\": [\n\"pre", "\".com\": [\n\"pre", ".example."),
        ("a glob with a mark", "\"pre-*.example\"", "\" pre-*.example\"", "not looked up"),
        ("a bit of the program", "bits & 2", "bits & 1", "`thruwayListed` is not as it was run"),
        ("a bit of a mark", "\"=\": 1", "\"=\": 3", "`thruwayUnpack` is not as it was run"),
        (
            "an order of the program",
            "labels[middle] > label",
            "labels[middle] < label",
            "`thruwayTable` is not",
        ),
        (
            "direct and proxies",
            "THRUWAY_DIRECT, full",
            "THRUWAY_PROXIED, full",
            "`FindProxyForURL` is not as",
        ),
        ("a function lost", "function thruwayBelow", "function thruwayGlob", "is there twice"),
        ("a key more", "  globs: {", "  ready: {},\n  globs: {", "where `globs` should be"),
    ] {
        let Proof::Differs(found) = written.proof(&both(&written, from, to)) else {
            panic!("{what}: not caught")
        };
        assert!(found.iter().any(|own| own.contains(told)), "{what}: {found:?}");
    }
}

#[test]
fn both_files_are_read() {
    let (policy, settings) = (sample(), with(PacOtherwise::Block, PacHost::Own));
    let written = Written::new(&Pac, &settings, &policy);
    for file in ["proxy.pac", "wpad.dat"] {
        let files = written.mutated(file, "127.0.0.1:9", "127.0.0.1:10");
        let Proof::Differs(found) = written.proof(&files) else { panic!("{file}: not caught") };
        let what = "everything else gets `PROXY 127.0.0.1:10`, and should be `PROXY 127.0.0.1:9`";
        assert_eq!(found, [format!("{file}: {what}")]);
    }
}

#[test]
fn another_way_to_write_the_same_is_no_difference() {
    let (policy, settings) = (sample(), with(PacOtherwise::Block, PacHost::Own));
    let written = Written::new(&Pac, &settings, &policy);
    for (from, to) in [
        // A name that another entry covers.
        ("\"a.example.com\"", "\"a.example.com\", \"x.b.example.com\""),
        ("\"a.example.com\"", "// Why this is here.\n  \"a.example.com\""),
        // A proxied host that is direct anyway.
        ("\"a.example.com\"", "\"a.example.com\", \"d.example.net\""),
    ] {
        assert_eq!(written.proof(&both(&written, from, to)), Proof::Proved, "{to}");
    }
}

#[test]
fn zscaler_is_given_the_function_on_line_one() {
    let (policy, settings) = (sample(), with(PacOtherwise::Proxy, PacHost::Zscaler));
    let written = Written::new(&Pac, &settings, &policy);
    assert_eq!(written.proof(&written.files), Proof::Proved);
    let files = both(&written, "function FindProxyForURL", "// Ours.\nfunction FindProxyForURL");
    let Proof::Differs(found) = written.proof(&files) else { panic!("not caught") };
    assert_eq!(found, ["proxy.pac: the function is on line 2, and should be on line 1"]);
}
