//! The emitted script, in a real JavaScript engine, means what `encode` said.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rquickjs::{Context, Function, Runtime};

use super::*;
use crate::emit::testing::{
    artifacts, banner, intent_plan, pattern, requests, rule, rules, settings, surroundings,
};
use crate::model::{Host, Request, boundary_requests};

const PROXIES: &str = "PROXY proxy1.contoso.com:8080; PROXY [fd00::1]:8080";

/// A PAC in QuickJS, which has no date, no network and little memory here.
struct Engine {
    context: Context,
}

impl Engine {
    fn load(script: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.set_memory_limit(64 << 20);
        runtime.set_max_stack_size(256 << 10);
        // Asked every few thousand operations: a script that loops for ever ends here.
        let mut left = 100_000_u32;
        runtime.set_interrupt_handler(Some(Box::new(move || {
            left = left.saturating_sub(1);
            left == 0
        })));
        let context = Context::full(&runtime).unwrap();
        context.with(|cx| cx.eval::<(), _>(script).expect("the script loads"));
        Self { context }
    }

    fn ask(&self, host: &str) -> String {
        self.context.with(|cx| {
            let function: Function<'_> = cx.globals().get("FindProxyForURL").unwrap();
            function.call((format!("https://{host}/"), host)).expect("an answer")
        })
    }
}

/// The host as a browser gives it to the script: an IPv6 address without brackets.
fn host(request: &Request) -> String {
    match &request.host {
        Host::Name(name) => name.to_string(),
        Host::Address(address) => address.to_string(),
    }
}

fn script(options: PacOptions, direct: &[RequestPattern], allow: &[RequestPattern]) -> String {
    let mut settings = settings();
    settings.options.insert(TARGET, TargetOptions::new(options));
    let files = artifacts(&Pac, &settings, &[(Intent::Allow, allow), (Intent::Direct, direct)]);
    assert_eq!(files["proxy.pac"], files["wpad.dat"]);
    files["proxy.pac"].clone()
}

/// The script in a form that its size would not give it.
fn script_of_form(direct: &[RequestPattern], allow: &[RequestPattern], form: Form) -> String {
    with_plan(blocking(), direct, allow, |plan| text(plan, form).unwrap())
}

/// What `then` makes of a plan.
pub(super) fn with_plan<T>(
    options: PacOptions,
    direct: &[RequestPattern],
    allow: &[RequestPattern],
    then: impl FnOnce(&Plan<'_>) -> T,
) -> T {
    let mut settings = settings();
    settings.options.insert(TARGET, TargetOptions::new(options));
    let lists = [(Intent::Allow, allow), (Intent::Direct, direct)];
    let intents = lists.map(|(intent, rules)| (intent, intent_plan(&Pac, &settings, intent, rules)));
    let plan = Plan {
        target: TARGET,
        settings: &settings,
        banner: &banner(),
        rules: BTreeMap::new(),
        intents: intents.into(),
    };
    then(&plan)
}

fn blocking() -> PacOptions {
    PacOptions { otherwise: PacOtherwise::Block, hosted_by: PacHost::Own }
}

/// Hosts over HTTPS.
pub(super) fn patterns(hosts: &[String]) -> Vec<RequestPattern> {
    hosts.iter().map(|host| pattern(&format!("https://{host}"))).collect()
}

/// Allow in a browser, for every host of a line.
fn listed(patterns: &[&str]) -> Engine {
    let allow: Vec<RequestPattern> =
        patterns.iter().map(|text| pattern(&format!("https://{text}"))).collect();
    Engine::load(&script(blocking(), &[], &allow))
}

proptest! {
    // Every case starts an engine.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_the_script_answers_is_what_the_entries_mean(
        direct in rules(),
        allow in rules(),
        requests in prop::collection::vec(requests(), 40),
        large in prop::bool::weighted(0.2),
    ) {
        let mut allow = allow;
        if large {
            // Names that nobody asks for, so many that the file is packed.
            allow.extend((0..=MAX_PLAIN).map(|n| pattern(&format!("https://fill-{n}.invalid"))));
        }
        let engine = Engine::load(&script(blocking(), &direct, &allow));
        let means = |intent, rules: &[RequestPattern]| intent_plan(&Pac, &settings(), intent, rules).means;
        let (direct, allow) = (means(Intent::Direct, &direct), means(Intent::Allow, &allow));
        for request in &requests {
            let matched = |patterns: &[RequestPattern]| patterns.iter().any(|own| own.matches(request));
            let want = if matched(&direct) {
                "DIRECT"
            } else if matched(&allow) {
                PROXIES
            } else {
                BLOCK
            };
            prop_assert_eq!(engine.ask(&host(request)), want, "{}", request);
        }
    }

    #[test]
    fn both_forms_answer_alike(
        direct in rules(),
        allow in rules(),
        shape in (1_usize..4, 1_usize..4),
        others in prop::collection::vec(requests(), 10),
    ) {
        let shape = Shape { names_of_an_end: shape.0, names_of_a_line: shape.1 };
        let plain = Engine::load(&script_of_form(&direct, &allow, Form::Plain));
        let packed = Engine::load(&script_of_form(&direct, &allow, Form::Packed(shape)));
        let requests = boundary_requests(direct.iter().chain(&allow)).chain(others);
        for request in requests {
            let host = host(&request);
            for host in [format!("a.{host}"), format!("{host}."), format!("x{host}"), host] {
                prop_assert_eq!(packed.ask(&host), plain.ask(&host), "{}", host);
            }
        }
    }

    #[test]
    fn a_rule_keeps_its_host_and_loses_scheme_port_and_path(rules in rules(), request in requests()) {
        for own in &rules {
            match Pac.encode(&settings(), Intent::Allow, &rule(own.clone())) {
                Ok(encoded) => prop_assert_eq!(
                    encoded.means.iter().any(|pattern| pattern.matches(&request)),
                    own.host.matches(&request.host)
                ),
                Err(_) => prop_assert!(matches!(own.host, HostPattern::Address(_))),
            }
        }
    }
}

#[test]
fn names_that_every_object_has_are_not_listed() {
    let names = ["constructor", "__proto__", "hasownproperty", "tostring", "watch", "valueof"];
    let engine = listed(&["a.example.com"]);
    for name in names {
        for host in
            [name.to_owned(), format!("{name}.com"), format!("a.{name}"), format!("{name}.example.com")]
        {
            assert_eq!(engine.ask(&host), BLOCK, "{host}");
        }
    }
    for name in names {
        let engine = listed(&[name, &format!("{name}.com"), &format!("x.{name}"), &format!("a*.{name}.net")]);
        for host in [name.to_owned(), format!("{name}.com"), format!("x.{name}"), format!("ab.{name}.net")] {
            assert_eq!(engine.ask(&host), PROXIES, "{host}");
        }
        assert_eq!(engine.ask("example.com"), BLOCK);
    }
}

#[test]
fn a_name_is_written_whole_and_stands_beside_its_neighbours() {
    let hosts = ["b.example.com", "*.example.net", "a.example.org", "a.example.com", "pre-*.example.com"];
    let text = script(blocking(), &[], &hosts.map(|host| pattern(&format!("https://{host}"))));
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    \"")).collect();
    assert_eq!(
        lines,
        ["a.example.com\",", "b.example.com\",", "a.example.org\"", "example.net\"", "pre-*.example.com\""]
    );
}

#[test]
fn case_and_the_dot_at_the_end_do_not_matter() {
    let engine = listed(&["a.example.com", "pre-*.example.com", "*cdn.example.net"]);
    for host in ["A.Example.COM", "a.example.com.", "PRE-x.example.com.", "CDN.example.net."] {
        assert_eq!(engine.ask(host), PROXIES, "{host}");
    }
    for host in ["a.example.com..", "", ".", "..", "pre-.example.com", "dn.example.net"] {
        assert_eq!(engine.ask(host), BLOCK, "{host:?}");
    }
}

#[test]
fn a_star_stands_for_octets_of_one_label() {
    let engine = listed(&["pre-*.example.com", "a.*.example.com", "b.x*y.c.example.com"]);
    for host in ["pre-a.example.com", "a.b.example.com", "a.b_-.example.com", "b.xzy.c.example.com"] {
        assert_eq!(engine.ask(host), PROXIES, "{host}");
    }
    for host in [
        "pre-.example.com",
        "pre-a.b.example.com",
        "xpre-a.example.com",
        "pre-!.example.com",
        "a..example.com",
        "a.b.c.example.com",
        "a.example.com",
        "b.xy.c.example.com",
        "b.c.example.com",
        "pre-é.example.com",
    ] {
        assert_eq!(engine.ask(host), BLOCK, "{host}");
    }
}

#[test]
fn an_address_is_never_listed() {
    let engine = listed(&["*.example.com", ".com"]);
    for host in ["203.0.113.7", "2001:db8::1", "[2001:db8::1]", "::ffff:203.0.113.7", "fe80::1%eth0.com"] {
        assert_eq!(engine.ask(host), BLOCK, "{host}");
    }
}

#[test]
fn the_rest_gets_what_the_profile_says_and_never_a_direct_connection_by_itself() {
    let allow = [pattern("https://a.example.com")];
    for (otherwise, want) in
        [(PacOtherwise::Proxy, PROXIES), (PacOtherwise::Direct, "DIRECT"), (PacOtherwise::Block, BLOCK)]
    {
        let text = script(PacOptions { otherwise, hosted_by: PacHost::Own }, &[], &allow);
        assert!(!text.contains("; DIRECT"));
        let engine = Engine::load(&text);
        assert_eq!(engine.ask("b.example.com"), want);
        assert_eq!(engine.ask("a.example.com"), PROXIES);
    }
}

#[test]
fn twenty_thousand_entries_load_and_answer() {
    let allow: Vec<RequestPattern> =
        (0..20_000).map(|n| pattern(&format!("https://*.host{n}.example{}.com", n % 997))).collect();
    let text = script(blocking(), &[], &allow);
    let own: usize = allow.iter().map(|pattern| pattern.host.to_string().len() - "*.".len()).sum();
    assert!(text.len() < own, "an entry costs less than its name: {} bytes for {own}", text.len());
    let engine = Engine::load(&text);
    for n in [0, 9_999, 19_999] {
        assert_eq!(engine.ask(&format!("a.host{n}.example{}.com", n % 997)), PROXIES);
        assert_eq!(engine.ask(&format!("host{n}.example{}.com", n % 997)), BLOCK);
    }
    assert_eq!(engine.ask("a.host20000.example0.com"), BLOCK);
}

#[test]
fn zscaler_finds_the_function_on_line_one_and_others_the_header() {
    let zscaler = PacOptions { hosted_by: PacHost::Zscaler, ..blocking() };
    assert!(script(zscaler, &[], &[]).starts_with("function FindProxyForURL(url, host) {\n"));
    assert!(script(blocking(), &[], &[]).starts_with("// Generated by thruway 0.0.0; "));
}

#[test]
fn a_hostile_source_name_stays_in_its_comment() {
    let allow = [pattern("https://a.example.com")];
    for hosted_by in [PacHost::Own, PacHost::Zscaler] {
        let text = script(PacOptions { hosted_by, ..blocking() }, &[], &allow);
        assert!(text.contains("// Source: mde\\u000a*/ urls\\u0022\\u005c, SHA-256 0123abcd\n"));
        assert!(text.is_ascii());
    }
}

#[test]
fn names_that_every_object_has_are_not_listed_by_the_packed_form_either() {
    let names =
        ["constructor", "__proto__", "hasownproperty", "tostring", "watch", "valueof", "length", "labels"];
    let listed: Vec<RequestPattern> =
        names[..4].iter().map(|name| pattern(&format!("https://x.{name}.test"))).collect();
    let form = Form::Packed(Shape { names_of_an_end: 1, names_of_a_line: 1 });
    let engine = Engine::load(&script_of_form(&[], &listed, form));
    for name in names {
        for host in [name.to_owned(), format!("a.{name}"), format!("{name}.test"), format!("{name}.x.test")] {
            assert_eq!(engine.ask(&host), BLOCK, "{host}");
        }
    }
    assert!(names[..4].iter().all(|name| engine.ask(&format!("x.{name}.test")) == PROXIES));
}

#[test]
fn a_list_is_packed_from_two_thousand_and_one_entries_on() {
    let hosts = |count| -> Vec<RequestPattern> {
        (0..count).map(|n| pattern(&format!("https://n-{n}.example.com"))).collect()
    };
    let is_packed = |direct, allow| script(blocking(), &hosts(direct), &hosts(allow)).contains("zones: {");
    assert!(!is_packed(2_000, 2_000));
    assert!(is_packed(2_001, 1));
    assert!(is_packed(0, 2_001));
}

/// A PAC of about so many bytes.
fn render_of_size(bytes: usize, hosted_by: PacHost) -> Result<Rendered, RenderError> {
    let allow: Vec<RequestPattern> =
        (0..bytes / 28).map(|n| pattern(&format!("https://host-with-a-longer-{n:07}.com"))).collect();
    with_plan(PacOptions { hosted_by, ..blocking() }, &[], &allow, |plan| Pac.render(plan, &surroundings()))
}

#[test]
fn a_file_that_its_host_would_refuse_is_not_written() {
    assert_eq!(render_of_size(200_000, PacHost::Zscaler).unwrap().findings, []);
    assert_eq!(render_of_size(200_000, PacHost::Own).unwrap().findings, []);
    assert!(matches!(
        render_of_size(300_000, PacHost::Zscaler),
        Err(RenderError::Limit { limit: 262_144, .. })
    ));
    assert_eq!(render_of_size(300_000, PacHost::Own).unwrap().findings[0].code, Code::LimitExceeded);
    assert!(matches!(
        render_of_size(1_100_000, PacHost::Own),
        Err(RenderError::Limit { limit: 1_048_576, .. })
    ));
}

#[test]
fn an_address_and_another_intent_are_unsupported() {
    let encode = |intent, text: &str| Pac.encode(&settings(), intent, &rule(pattern(text)));
    assert!(encode(Intent::Allow, "https://203.0.113.0").is_err());
    assert!(encode(Intent::BypassInspection, "https://a.example.com").is_err());
    assert!(encode(Intent::Direct, "https://a.example.com").is_ok());
}
