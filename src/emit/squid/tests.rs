//! The emitted text means, to a model of Squid that is written from its manual, what `encode` said.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

use super::*;
use crate::emit::testing::{artifacts, intent_plan, pattern, requests, rule, rules, settings, surroundings};
use crate::model::{Host, Request};

/// Expressions by their text and whether case is ignored.
type Compiled<'a> = BTreeMap<(&'a str, bool), dense::DFA<Vec<u32>>>;

/// What one request looks like to Squid at one point in time.
struct Transaction<'a> {
    method: &'a str,
    proto: &'a str,
    host: &'a str,
    port: u16,
    url: String,
    sni: &'a str,
    authenticated: bool,
}

/// The ACLs and rules of an emitted fragment.
struct Model<'a> {
    files: &'a BTreeMap<String, String>,
    acls: BTreeMap<&'a str, Vec<(&'a str, Vec<&'a str>)>>,
    http_access: Vec<Vec<&'a str>>,
    ssl_bump: Vec<(&'a str, Vec<&'a str>)>,
    compiled: RefCell<Compiled<'a>>,
}

impl<'a> Model<'a> {
    fn read(files: &'a BTreeMap<String, String>) -> Self {
        let mut model = Self {
            files,
            acls: BTreeMap::new(),
            http_access: Vec::new(),
            ssl_bump: Vec::new(),
            compiled: RefCell::default(),
        };
        for line in files["thruway.conf"].lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            match words.next() {
                None => {}
                Some("acl") => {
                    let (name, kind) = (words.next().unwrap(), words.next().unwrap());
                    assert!(name.len() <= 62, "Squid cuts {name}");
                    model.acls.entry(name).or_default().push((kind, words.collect()));
                }
                Some("http_access") => {
                    assert_eq!(words.next(), Some("allow"));
                    model.http_access.push(words.collect());
                }
                Some("ssl_bump") => model.ssl_bump.push((words.next().unwrap(), words.collect())),
                Some(other) => panic!("{other}?"),
            }
        }
        model
    }

    fn lines(&self, words: &[&str]) -> Vec<&'a str> {
        let file = words.last().unwrap().trim_matches('"');
        self.files[file].lines().filter(|line| !line.starts_with('#')).collect()
    }

    fn all(&self, acls: &[&str], t: &Transaction<'_>) -> bool {
        acls.iter().all(|acl| match acl.strip_prefix('!') {
            Some(acl) => !self.acl(acl, t),
            None => self.acl(acl, t),
        })
    }

    fn acl(&self, name: &str, t: &Transaction<'_>) -> bool {
        match name {
            "localnet" => return true,
            "thruway_users" => return t.authenticated,
            "to_localhost" => return false,
            _ => {}
        }
        let acl = self.acls.get(name).unwrap_or_else(|| panic!("ACL not found: {name}"));
        acl.iter().any(|(kind, words)| match *kind {
            "method" => words.contains(&t.method),
            "proto" => words.contains(&t.proto),
            "port" => words.iter().any(|range| {
                let (low, high) = range.split_once('-').unwrap_or((range, range));
                (low.parse().unwrap()..=high.parse().unwrap()).contains(&t.port)
            }),
            "any-of" => words.iter().any(|acl| self.all(&[acl], t)),
            "all-of" => self.all(words, t),
            "dstdomain" => {
                assert!(words.contains(&"-n"), "a reverse lookup would let addresses through");
                self.lines(words).iter().any(|entry| domain_matches(entry, t.host))
            }
            "ssl::server_name" => {
                assert!(words.contains(&"--client-requested"));
                self.lines(words).iter().any(|entry| domain_matches(entry, t.sni))
            }
            "dstdom_regex" => {
                assert!(words.contains(&"-n"));
                self.lines(words).iter().any(|entry| self.searches(entry, true, t.host))
            }
            "ssl::server_name_regex" => {
                self.lines(words).iter().any(|entry| self.searches(entry, true, t.sni))
            }
            "url_regex" => self.lines(words).iter().any(|entry| self.searches(entry, false, &t.url)),
            "at_step" => true,
            other => panic!("{other}?"),
        })
    }

    /// A regular expression is searched for, anywhere.
    fn searches(&self, regex: &'a str, ignore_case: bool, text: &str) -> bool {
        assert!(regex.len() < 2_048, "Squid cuts the line");
        let mut compiled = self.compiled.borrow_mut();
        let dfa = compiled.entry((regex, ignore_case)).or_insert_with(|| {
            dense::Builder::new()
                .syntax(syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case))
                .thompson(thompson::Config::new().utf8(false))
                .build(regex)
                .unwrap()
        });
        dfa.try_search_fwd(&Input::new(text)).unwrap().is_some()
    }

    /// Every transaction that the request is to an explicit proxy which inspects: the tunnel, and what
    /// is taken out of it.
    fn allows(&self, request: &Request, authenticated: bool) -> bool {
        let host = host(request);
        let url = |scheme: &str| {
            let port = if request.port == request.scheme.default_port() {
                String::new()
            } else {
                format!(":{}", request.port)
            };
            format!("{scheme}://{host}{port}{}?q=http://a.example.com/pki/certs", request.path)
        };
        let transaction = |method, proto, url| Transaction {
            method,
            proto,
            host: &host,
            port: request.port,
            url,
            sni: &host,
            authenticated,
        };
        let transactions = match request.scheme {
            Scheme::Http => vec![transaction("GET", "HTTP", url("http"))],
            Scheme::Https => vec![
                transaction("CONNECT", "NONE", format!("{host}:{}", request.port)),
                transaction("GET", "HTTPS", url("https")),
            ],
        };
        transactions.iter().all(|t| self.http_access.iter().any(|acls| self.all(acls, t)))
    }

    fn splices(&self, connect_host: &str, sni: &str, port: u16) -> bool {
        let t = Transaction {
            method: "CONNECT",
            proto: "NONE",
            host: connect_host,
            port,
            url: format!("{connect_host}:{port}"),
            sni,
            authenticated: true,
        };
        let (action, acls) = &self.ssl_bump[0];
        assert_eq!((*action, &acls[..]), ("peek", &["thruway_step1"][..]), "without a peek there is no name");
        self.ssl_bump[1..].iter().any(|(action, acls)| {
            assert_eq!(*action, "splice");
            self.all(acls, &t)
        })
    }
}

fn host(request: &Request) -> String {
    match &request.host {
        Host::Name(name) => name.to_string(),
        address => address.to_string(),
    }
}

/// `matchDomainName` of Squid: a leading dot covers the name itself and all below.
fn domain_matches(entry: &str, host: &str) -> bool {
    match entry.strip_prefix('.') {
        Some(name) => host == name || host.ends_with(entry),
        None => host == entry,
    }
}

/// Whether Squid up to version 6 loads a list: it compares every entry with those before it.
fn loads(entries: &[&str]) -> bool {
    let name = |entry: &str| entry.trim_start_matches('.').to_owned();
    entries.iter().enumerate().all(|(at, own)| {
        entries[..at]
            .iter()
            .all(|other| !domain_matches(own, &name(other)) && !domain_matches(other, &name(own)))
    })
}

fn one_intent(intent: Intent, rules: &[RequestPattern]) -> (BTreeMap<String, String>, Vec<RequestPattern>) {
    let settings = settings();
    let means = intent_plan(&Squid, &settings, intent, rules).means;
    (artifacts(&Squid, &settings, &[(intent, rules)]), means)
}

proptest! {
    // Every case compiles expressions, which is slow without optimization.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_squid_allows_is_what_the_entries_mean(
        allow in rules(),
        anonymous in rules(),
        requests in prop::collection::vec(requests(), 30),
    ) {
        let policy = [(Intent::Allow, &allow[..]), (Intent::BypassAuthentication, &anonymous[..])];
        let files = artifacts(&Squid, &settings(), &policy);
        let squid = Model::read(&files);
        let [allow, anonymous] =
            policy.map(|(intent, rules)| intent_plan(&Squid, &settings(), intent, rules).means);
        for request in &requests {
            let matched = |means: &[RequestPattern]| means.iter().any(|pattern| pattern.matches(request));
            prop_assert_eq!(squid.allows(request, true), matched(&allow), "{}\n{:?}", request, files);
            // To need no credentials is not to be allowed.
            let want = matched(&allow) && matched(&anonymous);
            prop_assert_eq!(squid.allows(request, false), want, "anonymous {}\n{:?}", request, files);
        }
    }

    #[test]
    fn what_squid_splices_is_what_the_entries_mean(rules in rules(), requests in prop::collection::vec(requests(), 30)) {
        let (files, means) = one_intent(Intent::BypassInspection, &rules);
        let squid = Model::read(&files);
        for request in requests.iter().filter(|request| request.scheme == Scheme::Https) {
            let want = means.iter().any(|pattern| pattern.matches(request));
            let host = host(request);
            prop_assert_eq!(squid.splices(&host, &host, request.port), want, "{}\n{:?}", request, files);
        }
    }

    #[test]
    fn no_list_is_refused_by_squid(rules in rules()) {
        for intent in [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication] {
            let (files, _) = one_intent(intent, &rules);
            let lists = [DSTDOMAIN, DESCENDANTS, APEX];
            for (path, text) in files.iter().filter(|(path, _)| lists.iter().any(|list| path.ends_with(list))) {
                let entries: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
                prop_assert!(!entries.is_empty(), "{}: Squid warns of an empty list", path);
                prop_assert!(loads(&entries), "{}: {:?}", path, entries);
            }
        }
    }

    #[test]
    fn https_without_a_path_and_http_are_exact(rules in rules(), request in requests()) {
        for pattern in rules.iter().filter(|pattern| !pattern.schemes.https || pattern.path == PathPattern::Any) {
            if let Ok(encoded) = Squid.encode(&settings(), Intent::Allow, &rule(pattern.clone())) {
                let means = encoded.means.iter().any(|own| own.matches(&request));
                prop_assert_eq!(means, pattern.matches(&request), "{} {}", pattern, request);
            } else {
                prop_assert!(matches!(pattern.host, HostPattern::Address(_)), "{}", pattern);
            }
        }
    }
}

#[test]
fn everything_below_is_a_dotted_name_and_not_its_apex() {
    let (files, _) = one_intent(Intent::BypassInspection, &[pattern("https://*.example.com")]);
    assert!(files["thruway.conf"].contains(
        "ssl_bump splice thruway_port_443 \
         thruway_bypass-inspection_https-443_sni_descendants !thruway_bypass-inspection_https-443_sni_apex \
         thruway_bypass-inspection_https-443_descendants !thruway_bypass-inspection_https-443_apex\n"
    ));
    let squid = Model::read(&files);
    assert!(squid.splices("a.example.com", "a.example.com", 443));
    assert!(!squid.splices("example.com", "example.com", 443));
}

#[test]
fn a_name_and_what_is_below_it_stand_in_lists_of_their_own() {
    let (files, _) =
        one_intent(Intent::Allow, &[pattern("https://example.com"), pattern("https://*.example.com")]);
    let entries = |path: &str| {
        files[path].lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(entries("allow.https-443.dstdomain"), ["example.com"]);
    assert_eq!(entries("allow.https-443.descendants"), [".example.com"]);
    assert_eq!(entries("allow.https-443.apex"), ["example.com"]);
    assert!(Model::read(&files).allows(&"https://example.com/".parse().unwrap(), true));
}

#[test]
fn a_part_of_a_rule_never_stands_under_another_rule_in_a_list() {
    let any = RequestPattern { schemes: Schemes::ANY, ..pattern("https://a.example.com") };
    let with_path = RequestPattern { path: PathPattern::parse("/x").unwrap(), ..any.clone() };
    let subtree = pattern("https://.example.com");
    for (intent, part) in [(Intent::BypassInspection, any), (Intent::Allow, with_path)] {
        let (files, _) = one_intent(intent, &[part, subtree.clone()]);
        assert!(files[&format!("{intent}.https-443.dstdomain")].ends_with("\n.example.com\n"));
        assert!(files[&format!("{intent}.https-443.regex")].ends_with("\n^a\\.example\\.com\\.?$\n"));
    }
}

#[test]
fn a_path_begins_behind_the_host_and_ends_at_a_segment() {
    let (files, _) = one_intent(
        Intent::Allow,
        &[pattern("http://a.example.com/pki/certs"), pattern("http://b.example.com/crl/*")],
    );
    let squid = Model::read(&files);
    for (url, want) in [
        ("http://a.example.com/pki/certs", true),
        ("http://a.example.com/pki/certs/x", true),
        ("http://a.example.com/pki/certs2", false),
        ("http://a.example.com/x/pki/certs", false),
        ("http://a.example.com/PKI/certs", false),
        ("http://axexample.com/pki/certs", false),
        ("http://xa.example.com/pki/certs", false),
        ("http://a.example.com:8080/pki/certs", false),
        ("https://a.example.com:80/pki/certs", false),
        ("http://b.example.com/crl/x", true),
        ("http://b.example.com/crl", false),
        // The model adds a query that holds a listed URL.
        ("http://evil.test/", false),
    ] {
        assert_eq!(squid.allows(&url.parse().unwrap(), true), want, "{url}");
    }
}

#[test]
fn an_allowed_host_under_a_listed_server_name_is_inspected() {
    let rules = [pattern("https://listed.example.com")];
    let (files, _) = one_intent(Intent::BypassInspection, &rules);
    assert!(!Model::read(&files).splices("other.example.com", "listed.example.com", 443));
    assert!(!Model::read(&files).splices("listed.example.com", "other.example.com", 443));

    let mut settings = settings();
    let options = TargetOptions::new(SquidOptions { mode: SquidMode::Intercept });
    settings.options.insert(ID, options);
    let files = artifacts(&Squid, &settings, &[(Intent::BypassInspection, &rules)]);
    assert!(Model::read(&files).splices("203.0.113.7", "listed.example.com", 443));
    assert!(files["thruway.conf"].contains("intercept mode"), "the weaker promise is told");
}

#[test]
fn a_server_name_that_is_exempt_and_not_allowed_is_inspected() {
    let exempt = [pattern("https://*.example.com"), pattern("https://b.example.org")];
    let allowed = [pattern("https://a.example.com"), pattern("https://b.example.org")];
    let policy = [(Intent::Allow, &allowed[..]), (Intent::BypassInspection, &exempt[..])];
    let files = artifacts(&Squid, &settings(), &policy);
    let squid = Model::read(&files);
    assert!(squid.splices("a.example.com", "a.example.com", 443));
    assert!(!squid.splices("a.example.com", "x.example.com", 443));

    // Where all that is exempt is allowed, as nearly always, there is nothing to ask.
    let files =
        artifacts(&Squid, &settings(), &[(Intent::Allow, &exempt), (Intent::BypassInspection, &allowed)]);
    assert!(!files["thruway.conf"].contains("thruway_name_allowed"));
}

#[test]
fn the_anonymous_list_stands_before_every_line_with_users() {
    let rules = [pattern("https://a.example.com")];
    let files =
        artifacts(&Squid, &settings(), &[(Intent::Allow, &rules), (Intent::BypassAuthentication, &rules)]);
    let lines: Vec<bool> = files["thruway.conf"]
        .lines()
        .filter(|line| line.starts_with("http_access"))
        .map(|line| line.ends_with(" thruway_users"))
        .collect();
    assert_eq!(lines, [false, true]);
}

#[test]
fn every_line_is_for_the_clients_and_never_leads_to_the_proxy_itself() {
    let rules = [pattern("https://a.example.com")];
    let policy =
        [Intent::Allow, Intent::BypassAuthentication, Intent::BypassInspection].map(|it| (it, &rules[..]));
    for mode in [SquidMode::Explicit, SquidMode::Intercept] {
        let mut settings = settings();
        settings.options.insert(ID, TargetOptions::new(SquidOptions { mode }));
        let files = artifacts(&Squid, &settings, &policy);
        let squid = Model::read(&files);
        assert_eq!(squid.http_access.len(), if mode == SquidMode::Explicit { 2 } else { 3 });
        for acls in &squid.http_access {
            assert!(acls.contains(&"localnet") && acls.contains(&"!to_localhost"), "{acls:?}");
        }
    }
}

#[test]
fn without_anything_allowed_no_line_lets_anything_through() {
    let rules = [pattern("https://a.example.com")];
    let files = artifacts(&Squid, &settings(), &[(Intent::BypassAuthentication, &rules)]);
    assert!(Model::read(&files).http_access.is_empty());
    let files = artifacts(&Squid, &settings(), &[]);
    assert!(!files["squid.conf"].contains("thruway_safe_ports"), "an ACL that is nowhere defined");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["squid.conf", "thruway.conf"]);
}

#[test]
fn the_example_ends_in_a_denial_and_inspects_what_is_not_exempt() {
    for mode in [SquidMode::Explicit, SquidMode::Intercept] {
        let mut settings = settings();
        settings.options.insert(ID, TargetOptions::new(SquidOptions { mode }));
        let files = artifacts(&Squid, &settings, &[(Intent::Allow, &[pattern("https://a.example.com")])]);
        let lines: Vec<&str> = files["squid.conf"].lines().collect();
        let at = |line: &str| lines.iter().position(|own| *own == line).unwrap_or_else(|| panic!("{line}"));
        assert!(at("http_access deny to_localhost") < at("include thruway.conf"));
        assert!(at("http_access deny !localnet") < at("include thruway.conf"));
        assert!(at("http_access deny !thruway_safe_ports") < at("include thruway.conf"));
        assert!(at("include thruway.conf") < at("http_access deny all"));
        assert!(at("include thruway.conf") < at("ssl_bump bump all"));
        let ports = lines.iter().filter(|line| line.starts_with("http_port") && !line.contains("127.0.0.1"));
        let open: Vec<&&str> = ports.collect();
        match mode {
            SquidMode::Explicit => assert_eq!(open, [&"http_port 3128"]),
            // A client that knew of a port without inspection would go there.
            SquidMode::Intercept => assert_eq!(open, [&"http_port 3129 intercept"]),
        }
    }
}

#[test]
fn what_squid_cannot_say_is_unsupported() {
    let why = |intent, text: &str| {
        Squid
            .encode(&settings(), intent, &rule(pattern(text)))
            .map(|encoded| encoded.entries)
            .unwrap_err()
            .why
    };
    assert!(why(Intent::Allow, "https://203.0.113.7").contains("resolves"));
    assert!(why(Intent::Allow, "http://a.example.com/a%20b").contains("decoded"));
    assert!(why(Intent::BypassInspection, "http://a.example.com").contains("plain HTTP"));
    assert!(why(Intent::BypassInspection, "https://none").contains("server name"));
    let long = format!("http://a.example.com/{}", "x".repeat(2_000));
    assert!(why(Intent::Allow, &long).contains("2000"));
}

#[test]
fn no_pattern_of_hosts_reaches_the_end_of_a_line() {
    let labels = "*.".repeat(120);
    let host: HostPattern = format!("a{labels}example.com").parse().unwrap();
    let pattern = RequestPattern::new(host, Scheme::Https, 443, PathPattern::Any);
    let encoded = Squid.encode(&settings(), Intent::Allow, &rule(pattern)).unwrap();
    assert!(encoded.entries[0].text.len() <= MAX_LINE);
}

#[test]
fn a_hostile_source_name_stays_in_its_comment() {
    let (files, _) = one_intent(Intent::Allow, &[pattern("https://a.example.com")]);
    for (path, text) in &files {
        let source = text.lines().find(|line| line.contains("SHA-256")).unwrap();
        assert!(source.starts_with("# Source: mde{U+000A}*/ urls"), "{path}: {source}");
        assert!(text.is_ascii());
    }
}

#[test]
fn many_regular_expressions_are_a_finding() {
    let rules: Vec<RequestPattern> =
        (0..101).map(|n| pattern(&format!("https://a{n}-*.example.com"))).collect();
    let settings = settings();
    let banner = crate::emit::testing::banner();
    let plan = |rules: &[RequestPattern]| Plan {
        target: "squid",
        settings: &settings,
        banner: &banner,
        rules: BTreeMap::new(),
        intents: [(Intent::Allow, intent_plan(&Squid, &settings, Intent::Allow, rules))].into(),
    };
    assert_eq!(Squid.render(&plan(&rules), &surroundings()).unwrap().findings.len(), 1);
    assert_eq!(Squid.render(&plan(&rules[1..]), &surroundings()).unwrap().findings.len(), 0);
}
