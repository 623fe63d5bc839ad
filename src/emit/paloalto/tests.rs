//! What is written, in every language.

mod meaning;

use std::collections::BTreeMap;

use super::escape::{plain, set_word};
use super::*;
use crate::emit::escape::Hcl;
use crate::emit::testing::surroundings;
use crate::model::PathPattern;
use crate::plan::{Banner, IntentPlan, gathered};
use crate::profile::Proxy;
use crate::source::{At, Cell, Provenance, Source, SourceMap};

// A plan, made without the planner.

struct Case {
    settings: Settings,
    banner: Banner,
    rules: BTreeMap<Intent, Vec<Rule>>,
}

impl Case {
    fn new(options: PaloAltoOptions, rules: BTreeMap<Intent, Vec<Rule>>) -> Self {
        let settings = Settings {
            name: "mde".to_owned(),
            proxies: vec![Proxy("proxy.invalid:3128".to_owned())],
            devices: None,
            ticket: Default::default(),
            options: [(ID, TargetOptions::new(options))].into(),
        };
        let banner = Banner {
            generator: "thruway 0.1.0".to_owned(),
            profile: "mde".to_owned(),
            sources: vec![("list.csv".to_owned(), "0".repeat(64))],
        };
        Self { settings, banner, rules }
    }

    /// Encodes every rule and gathers the lists.
    fn plan(&self) -> Plan<'_> {
        let mut plan = Plan {
            target: ID,
            settings: &self.settings,
            banner: &self.banner,
            rules: BTreeMap::new(),
            intents: BTreeMap::new(),
        };
        for (&intent, rules) in &self.rules {
            let mut intent_plan = IntentPlan::default();
            let mut encoded = Vec::new();
            for (at, rule) in rules.iter().enumerate() {
                match PaloAlto.encode(&self.settings, intent, rule) {
                    Err(unsupported) => intent_plan.unsupported.push((at, unsupported)),
                    Ok(words) => encoded.push(words),
                }
            }
            (intent_plan.lists, intent_plan.means) = gathered(encoded);
            plan.rules.insert(intent, rules);
            plan.intents.insert(intent, intent_plan);
        }
        plan
    }

    fn render(&self) -> Rendered {
        PaloAlto.render(&self.plan(), &surroundings()).unwrap()
    }
}

fn rule(host: &str, scheme: Scheme, port: u16, path: &str) -> Rule {
    let cell = Cell {
        source: SourceMap::default().add(Source { name: String::new(), sha256: String::new(), date: None }),
        sheet: "Worldwide".into(),
        at: At::Cell { row: 1, column: 4 },
        text: host.into(),
    };
    Rule {
        pattern: RequestPattern::new(host.parse().unwrap(), scheme, port, PathPattern::parse(path).unwrap()),
        provenance: Provenance::one(cell),
    }
}

fn https(host: &str) -> Rule {
    rule(host, Scheme::Https, 443, "")
}

fn encode(intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
    let case = Case::new(PaloAltoOptions::default(), BTreeMap::new());
    PaloAlto.encode(&case.settings, intent, rule)
}

fn texts(encoded: &Encoded) -> Vec<&str> {
    encoded.entries.iter().map(|entry| entry.text.as_str()).collect()
}

const APPLYING: [Intent; 3] = [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication];

fn sample() -> BTreeMap<Intent, Vec<Rule>> {
    let https_rules: Vec<Rule> = [
        "a.example.com",
        ".b.example.com",
        "*.c.example.com",
        "d.*.example.com",
        "203.0.113.0/24",
        "2001:db8::1",
    ]
    .map(https)
    .into();
    let mut all = https_rules.clone();
    all.push(rule("www.example.com", Scheme::Http, 80, "/pkiops/*"));
    all.push(rule("e.example.com", Scheme::Https, 8443, ""));
    all.push(https("pre-*.example.com"));
    BTreeMap::from([
        (Intent::Allow, all.clone()),
        (Intent::BypassInspection, https_rules),
        (Intent::BypassAuthentication, all),
    ])
}

fn scoped() -> PaloAltoOptions {
    PaloAltoOptions {
        from_zones: vec!["trust".to_owned(), "wifi guests".to_owned()],
        to_zones: vec!["untrust".to_owned()],
        sources: vec!["10.0.0.0/8".to_owned()],
        edl_base_url: None,
        model: None,
    }
}

fn with_lists() -> PaloAltoOptions {
    PaloAltoOptions { edl_base_url: Some("https://edl.example.com/mde/".to_owned()), ..scoped() }
}

fn text<'r>(rendered: &'r Rendered, path: &str) -> &'r str {
    let artifact = rendered.artifacts.iter().find(|artifact| artifact.path == path);
    std::str::from_utf8(&artifact.unwrap_or_else(|| panic!("no {path}")).bytes).unwrap()
}

fn has(rendered: &Rendered, path: &str) -> bool {
    rendered.artifacts.iter().any(|artifact| artifact.path == path)
}

#[test]
fn lists_hold_entries_and_nothing_else() {
    for options in [scoped(), with_lists(), PaloAltoOptions::default()] {
        let rendered = Case::new(options, sample()).render();
        assert_eq!(
            text(&rendered, "allow.tcp-443.url.txt"),
            "*.b.example.com/\n*.c.example.com/\na.example.com/\nb.example.com/\nd.^.example.com/\n"
        );
        assert_eq!(text(&rendered, "allow.tcp-80.url.txt"), "www.example.com/pkiops/\n");
        assert_eq!(text(&rendered, "allow.tcp-8443.url.txt"), "e.example.com/\n");
        assert_eq!(text(&rendered, "bypass-inspection.tcp-443.ip.txt"), "2001:db8::1\n203.0.113.0/24\n");
        assert!(!has(&rendered, "bypass-inspection.tcp-80.url.txt"));
    }
}

#[test]
fn rules_refer_to_categories_or_to_external_lists() {
    let inline = Case::new(scoped(), sample()).render();
    let set = text(&inline, "set-commands.txt");
    for line in [
        "set service thruway-tcp-443 protocol tcp port 443",
        "set profiles custom-url-category thruway-allow-tcp-443 list d.^.example.com/",
        "set profiles custom-url-category thruway-allow-tcp-443 type \"URL List\"",
        "set rulebase security rules thruway-allow-tcp-443 from \"wifi guests\"",
        "set rulebase security rules thruway-allow-tcp-443 source 10.0.0.0/8",
        "set rulebase security rules thruway-allow-tcp-443 application any",
        "set rulebase security rules thruway-allow-tcp-443 service thruway-tcp-443",
        "set rulebase security rules thruway-allow-tcp-443-ip destination 203.0.113.0/24",
        "set rulebase decryption rules thruway-nodecrypt-tcp-443 category thruway-nodecrypt-tcp-443",
        "set rulebase decryption rules thruway-nodecrypt-tcp-443 type ssl-forward-proxy",
        "set rulebase authentication rules thruway-noauth-tcp-443 authentication-enforcement default-no-captive-portal",
    ] {
        assert!(set.lines().any(|got| got == line), "{line}\n{set}");
    }
    assert!(!set.contains("external-list"));
    let external = Case::new(with_lists(), sample()).render();
    let set = text(&external, "set-commands.txt");
    for line in [
        "set external-list thruway-allow-tcp-443 type url url https://edl.example.com/mde/allow.tcp-443.url.txt",
        "set external-list thruway-allow-tcp-443 type url recurring hourly",
        "set external-list thruway-allow-tcp-443-ip type ip recurring hourly",
        "set rulebase security rules thruway-allow-tcp-443 category thruway-allow-tcp-443",
        "set rulebase security rules thruway-allow-tcp-443-ip destination thruway-allow-tcp-443-ip",
    ] {
        assert!(set.lines().any(|got| got == line), "{line}\n{set}");
    }
    assert!(!set.contains("custom-url-category"));
    assert!(!set.contains("203.0.113"), "addresses are in the list alone");
}

#[test]
fn without_zones_and_sources_there_is_no_rule_to_load() {
    let partial = [
        PaloAltoOptions::default(),
        PaloAltoOptions { sources: Vec::new(), ..scoped() },
        PaloAltoOptions { from_zones: Vec::new(), ..with_lists() },
        PaloAltoOptions { to_zones: Vec::new(), ..scoped() },
    ];
    for options in partial {
        let rendered = Case::new(options, sample()).render();
        for path in ["config.xml", "set-commands.txt", "main.tf"] {
            let text = text(&rendered, path);
            assert!(!text.contains("rulebase") && !text.contains("policy_rules"), "{path}: {text}");
        }
        let template = text(&rendered, "rules.template.txt");
        for line in template.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.starts_with("set rulebase ") && line.contains('<'), "{line}");
            assert!(!line.contains(" source any"), "{line}");
        }
    }
    assert!(!has(&Case::new(scoped(), sample()).render(), "rules.template.txt"));
}

#[test]
fn no_rule_is_for_everybody_and_none_is_moved() {
    for options in [scoped(), with_lists()] {
        let rendered = Case::new(options, sample()).render();
        let set = text(&rendered, "set-commands.txt");
        assert!(!set.contains(" source any\n") && !set.contains(" from any\n") && !set.contains(" to any\n"));
        assert!(set.lines().all(|line| line.starts_with("set ")));
        assert!(!text(&rendered, "main.tf").contains("\"first\""));
    }
}

#[test]
fn provenance_tells_every_rule_where_it_came_from_and_went() {
    let rendered = Case::new(scoped(), sample()).render();
    let text = text(&rendered, "PROVENANCE.txt");
    for line in [
        "  allow.tcp-80.url.txt: allow, 1 entry, object thruway-allow-tcp-80",
        "  b.example.com/ *.b.example.com/ <- .b.example.com <- list.csv Worldwide!E2",
        "  www.example.com/pkiops/ <- http://www.example.com/pkiops/* <- list.csv Worldwide!E2",
        "  (unsupported: a wildcard must be a whole token, not a part of `pre-*`) <- pre-*.example.com <- list.csv Worldwide!E2",
    ] {
        assert!(text.lines().any(|got| got == line), "{line}\n{text}");
    }
}

#[test]
fn a_second_render_is_identical() {
    for options in [scoped(), with_lists(), PaloAltoOptions::default()] {
        let case = Case::new(options, sample());
        assert_eq!(case.render(), case.render());
    }
}

#[test]
fn an_empty_policy_writes_no_list_and_no_rule() {
    let rendered = Case::new(scoped(), BTreeMap::from([(Intent::Allow, Vec::new())])).render();
    assert_eq!(text(&rendered, "set-commands.txt"), "");
    assert_eq!(rendered.artifacts.len(), 4);
}

#[test]
fn hostile_words_stay_words() {
    for (word, want) in [
        ("a.example.com/", Ok("a.example.com/")),
        ("*.example.com/", Ok("*.example.com/")),
        ("URL List", Ok("\"URL List\"")),
        ("]", Ok("\"]\"")),
        ("a;commit", Ok("\"a;commit\"")),
        ("a|b", Ok("\"a|b\"")),
        ("say \"yes\"", Ok("'say \"yes\"'")),
        ("it's", Ok("\"it's\"")),
    ] {
        assert_eq!(set_word(word).as_deref(), want.as_ref().map(|w: &&str| *w), "{word}");
    }
    for word in ["", "a\nset b", "a\u{2028}b", "what?", "\"'", "\u{7f}"] {
        assert!(set_word(word).is_err(), "{word:?}");
    }
    assert_eq!(plain("a\nb\u{202e}c"), "a\\u{a}b\\u{202e}c");
    let hcl = |text: &str| {
        let mut out = String::new();
        askama::filters::Escaper::write_escaped_str(&Hcl, &mut out, text).unwrap();
        out
    };
    for (text, want) in [
        ("a\"b\\c", "a\\\"b\\\\c"),
        ("${file(\"x\")}", "$${file(\\\"x\\\")}"),
        ("%{ if true }", "%%{ if true }"),
        ("a$b%c", "a$b%c"),
        ("$${a}", "$\\u0024{a}"),
        ("a\nb\u{2028}", "a\\nb\\U00002028"),
    ] {
        assert_eq!(hcl(text), want);
    }
}

#[test]
fn a_path_with_markup_stays_text_in_every_language() {
    let path = "/a'b&c=1;d/${e}/%{f}/[g]/*";
    let rules = BTreeMap::from([(Intent::Allow, vec![rule("x.example", Scheme::Http, 80, path)])]);
    let rendered = Case::new(scoped(), rules).render();
    assert!(text(&rendered, "config.xml").contains("x.example/a&apos;b&amp;c=1;d/${e}/%{f}/[g]/</member>"));
    assert!(text(&rendered, "set-commands.txt").contains("list \"x.example/a'b&c=1;d/${e}/%{f}/[g]/\"\n"));
    assert!(text(&rendered, "main.tf").contains("\"x.example/a'b&c=1;d/$${e}/%%{f}/[g]/\""));
}

#[test]
fn options_that_are_no_names_are_refused() {
    let options = |change: fn(&mut PaloAltoOptions)| {
        let mut options = scoped();
        change(&mut options);
        options
    };
    for options in [
        options(|o| o.from_zones = vec!["trust\"]\nset".to_owned()]),
        options(|o| o.to_zones = vec!["<any>".to_owned()]),
        options(|o| o.to_zones = vec![String::new()]),
        options(|o| o.sources = vec!["-any".to_owned()]),
        options(|o| o.sources = vec!["a".repeat(64)]),
        options(|o| o.sources = vec!["bücher".to_owned()]),
        options(|o| o.edl_base_url = Some("ftp://x.example".to_owned())),
        options(|o| o.edl_base_url = Some("https://".to_owned())),
        options(|o| o.edl_base_url = Some("https://x.example/${a}".to_owned())),
        options(|o| o.edl_base_url = Some("https://x.example/a b".to_owned())),
        options(|o| o.edl_base_url = Some(format!("https://x.example/{}", "a".repeat(255)))),
    ] {
        let case = Case::new(options, sample());
        let error = PaloAlto.render(&case.plan(), &surroundings()).unwrap_err();
        assert!(matches!(error, RenderError::Unsafe { .. } | RenderError::Limit { .. }), "{error}");
    }
}

#[test]
fn more_than_a_model_takes_is_found_and_refused_where_the_model_is_known() {
    let many: Vec<Rule> = (0..50_001).map(|at| https(&format!("h{at}.example"))).collect();
    let rules = BTreeMap::from([(Intent::Allow, many)]);
    let render = |options| {
        let case = Case::new(options, rules.clone());
        PaloAlto.render(&case.plan(), &surroundings()).map(|rendered| {
            rendered.findings.iter().map(|finding| (finding.code, finding.target)).collect::<Vec<_>>()
        })
    };
    let found = |codes: &[Code]| Ok(codes.iter().map(|&code| (code, Some(ID))).collect());
    assert_eq!(render(with_lists()), found(&[Code::LimitExceeded]));
    assert_eq!(render(scoped()), found(&[Code::LimitExceeded]));
    let model = |name: &str| PaloAltoOptions { model: Some(name.to_owned()), ..with_lists() };
    assert_eq!(render(model("PA-9")), found(&[Code::UnknownModel, Code::LimitExceeded]));
    let refused = RenderError::Limit {
        target: ID,
        what: "URLs in external dynamic lists".to_owned(),
        actual: 50_001,
        limit: 50_000,
    };
    assert_eq!(render(model("PA-7000")), Err(refused));
}

#[test]
fn more_external_lists_than_a_firewall_reads_are_refused() {
    let rules = (1..=31).map(|port| rule("x.example", Scheme::Https, port, "")).collect();
    let case = Case::new(with_lists(), BTreeMap::from([(Intent::Allow, rules)]));
    assert!(matches!(
        PaloAlto.render(&case.plan(), &surroundings()),
        Err(RenderError::Limit { actual: 31, limit: 30, .. })
    ));
}
