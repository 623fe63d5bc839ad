use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::emit::testing::{banner, pattern, rule, settings};
use crate::emit::{RenderError, Rendered, Surroundings};
use crate::model::samples::host_pattern;
use crate::model::{HeldRule, HostPattern, PathPattern, Scheme};

type Means<'f> = dyn Fn(&Rule) -> Option<Vec<RequestPattern>> + Sync + 'f;

/// A product of which only the meaning is known.
struct Fake<'f>(&'f Means<'f>);

impl Emitter for Fake<'_> {
    fn id(&self) -> &'static str {
        "fake"
    }

    fn main_artifact(&self) -> &'static str {
        "fake.txt"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        intent != Intent::Direct
    }

    fn encode(&self, _: &Settings, _: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        let means = (self.0)(rule).ok_or_else(|| Unsupported { why: "the fake cannot".to_owned() })?;
        let entries = means
            .iter()
            .map(|meant| Entry {
                list: "list",
                schemes: meant.schemes,
                ports: meant.ports.clone(),
                text: meant.to_string(),
            })
            .collect();
        Ok(Encoded::new(entries, means))
    }

    fn render(&self, _: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        Ok(Rendered::default())
    }
}

fn tolerate(levels: &[(Difference, Intent, Level)]) -> BTreeMap<Difference, LevelByIntent> {
    let mut tolerances: BTreeMap<Difference, LevelByIntent> = BTreeMap::new();
    for &(kind, intent, level) in levels {
        tolerances.entry(kind).or_default().0.insert(intent, level);
    }
    tolerances
}

/// What a plan says of one intent.
struct Planned {
    intent: Intent,
    fidelity: Fidelity,
    plan: IntentPlan,
    findings: Vec<Diagnostic>,
}

impl Planned {
    /// `apex *.example.com`, by kind and rule.
    fn kinds(&self, deviations: &[Deviation], rules: &[RequestPattern]) -> BTreeSet<String> {
        deviations.iter().map(|d| format!("{} {}", d.kind.as_str(), rules[d.rule])).collect()
    }

    fn finding(&self, code: Code) -> Option<Level> {
        let own = |f: &&Diagnostic| f.code == code && f.intent == Some(self.intent);
        self.findings.iter().find(own).map(|finding| finding.level)
    }
}

/// The plan of the same rules for every intent.
fn planned(
    means: &Means<'_>,
    rules: &[RequestPattern],
    tolerances: &BTreeMap<Difference, LevelByIntent>,
) -> BTreeMap<Intent, Planned> {
    let mut rules = rules.to_vec();
    rules.sort_unstable();
    let rules: Vec<Rule> = rules.into_iter().map(rule).collect();
    let policy =
        Policy { rules: Intent::ALL.map(|intent| (intent, rules.clone())).into(), held: BTreeMap::new() };
    let (sets, settings, banner) = (PolicySets::new(&policy), settings(), banner());
    let inputs = Inputs { policy: &policy, sets: &sets, settings: &settings, tolerances, banner: &banner };
    let mut findings = Vec::new();
    let plan = plan(&Fake(means), inputs, &mut findings);
    let fidelity = |intent| Fidelity::of(&plan, intent, policy.held(intent).len());
    plan.intents
        .iter()
        .map(|(&intent, own)| {
            let planned =
                Planned { intent, fidelity: fidelity(intent), plan: own.clone(), findings: findings.clone() };
            (intent, planned)
        })
        .collect()
}

/// The plan for the allowlist.
fn allow(means: &Means<'_>, rules: &[RequestPattern]) -> Planned {
    planned(means, rules, &BTreeMap::new()).remove(&Intent::Allow).unwrap()
}

fn patterns(texts: &[&str]) -> Vec<RequestPattern> {
    let mut patterns: Vec<_> = texts.iter().map(|text| pattern(text)).collect();
    patterns.sort_unstable();
    patterns
}

fn request(witness: &Witness) -> &Request {
    match witness {
        Witness::Request(request) | Witness::Neighbour(request) => request,
    }
}

/// A leading dot is the only wildcard, and it covers the apex too.
fn dot_only(rule: &Rule) -> Option<Vec<RequestPattern>> {
    Some(vec![match &rule.pattern.host {
        HostPattern::Descendants(name) => rule.pattern.with_host(HostPattern::Subtree(name.clone())),
        _ => rule.pattern.clone(),
    }])
}

/// Whatever is asked for, `.example.com` is said.
fn parent_only(rule: &Rule) -> Option<Vec<RequestPattern>> {
    Some(vec![rule.pattern.with_host(".example.com".parse().unwrap())])
}

fn counts(exact: usize, wider: usize, narrower: usize, held: usize, unsupported: usize) -> Fidelity {
    Fidelity { exact, wider, narrower, held, unsupported }
}

#[test]
fn an_apex_that_another_rule_asks_for_is_not_wider() {
    let both = patterns(&["https://example.com", "https://*.example.com"]);
    assert_eq!(allow(&dot_only, &both).fidelity, counts(2, 0, 0, 0, 0));

    let alone = patterns(&["https://*.example.com"]);
    let planned = allow(&dot_only, &alone);
    assert_eq!(planned.fidelity, counts(0, 1, 0, 0, 0));
    assert_eq!(planned.kinds(&planned.plan.wider, &alone), ["apex *.example.com".to_owned()].into());
    assert_eq!(planned.plan.wider[0].witness.to_string(), "`https://example.com/`");

    let other_port = patterns(&["https://example.com:8443", "https://*.example.com"]);
    assert_eq!(allow(&dot_only, &other_port).fidelity, counts(1, 1, 0, 0, 0));
}

/// As where a product looks only so many levels down, and takes the name itself along.
#[test]
fn one_rule_may_be_wider_and_narrower_at_once() {
    let rules = patterns(&["https://*.example.com"]);
    let means = |_: &Rule| Some(patterns(&["https://example.com", "https://*.a.example.com"]));
    let planned = allow(&means, &rules);
    assert_eq!(planned.fidelity, counts(0, 1, 1, 0, 0));
    assert_eq!(planned.kinds(&planned.plan.wider, &rules), ["apex *.example.com".to_owned()].into());
    assert_eq!(planned.kinds(&planned.plan.narrower, &rules), ["depth *.example.com".to_owned()].into());
    assert_eq!(planned.finding(Code::WiderThanPolicy), Some(Level::Warn));
    assert_eq!(planned.finding(Code::NarrowerThanPolicy), Some(Level::Warn));
}

#[test]
fn a_port_blind_product_is_wider_by_the_port_unless_all_ports_are_asked_for() {
    let any_port = |rule: &Rule| Some(vec![RequestPattern { ports: Ports::any(), ..rule.pattern.clone() }]);
    let one = patterns(&["https://a.example.com"]);
    let planned = allow(&any_port, &one);
    assert_eq!(planned.kinds(&planned.plan.wider, &one), ["port a.example.com".to_owned()].into());

    let all = vec![RequestPattern { ports: Ports::any(), ..one[0].clone() }];
    assert_eq!(allow(&any_port, &all).fidelity, counts(1, 0, 0, 0, 0));
}

#[test]
fn a_star_that_becomes_a_parent_is_left_out_unless_that_is_accepted() {
    let rules = patterns(&["https://a.example.com", "https://pre-*.example.com"]);
    let means = |rule: &Rule| match &rule.pattern.host {
        HostPattern::LabelGlob(_) => parent_only(rule),
        _ => Some(vec![rule.pattern.clone()]),
    };
    let planned = allow(&means, &rules);
    assert_eq!(planned.fidelity, counts(1, 0, 0, 1, 0));
    assert_eq!(planned.plan.held, [(1, Difference::LabelGlob)]);
    assert_eq!(planned.plan.means, [pattern("https://a.example.com")], "nothing of a held rule is written");
    assert_eq!(planned.finding(Code::UnsupportedByTarget), Some(Level::Hold));

    let tolerances = tolerate(&[(Difference::LabelGlob, Intent::Allow, Level::Allow)]);
    let planned = self::planned(&means, &rules, &tolerances).remove(&Intent::Allow).unwrap();
    assert_eq!(planned.fidelity, counts(1, 1, 0, 0, 0));
    assert_eq!(planned.finding(Code::WiderThanPolicy), None, "accepted is not reported");
}

#[test]
fn a_wider_parent_and_a_milder_difference_do_not_hide_each_other() {
    for (text, mild) in [
        ("https://*.a.example.com", Some(Difference::Apex)),
        ("https://.a.example.com", None),
        ("https://a.example.com", Some(Difference::Subtree)),
    ] {
        let rules = patterns(&[text]);
        let planned = allow(&parent_only, &rules);
        assert_eq!(planned.plan.held, [(0, Difference::Parent)], "{text}");

        let accepted = tolerate(&[(Difference::Parent, Intent::Allow, Level::Warn)]);
        let planned = self::planned(&parent_only, &rules, &accepted).remove(&Intent::Allow).unwrap();
        let kinds: BTreeSet<_> = planned.plan.wider.iter().map(|d| d.kind).collect();
        assert_eq!(kinds, mild.into_iter().chain([Difference::Parent]).collect(), "{text}");
        assert_eq!(planned.fidelity, counts(0, 1, 0, 0, 0), "one rule, however many kinds");
    }
}

#[test]
fn addresses_are_not_hidden_by_names() {
    let rules = patterns(&["https://*.example.com"]);
    let means = |rule: &Rule| {
        let mut means = dot_only(rule).unwrap();
        means.push(rule.pattern.with_host("203.0.113.7".parse().unwrap()));
        Some(means)
    };
    let planned = allow(&means, &rules);
    let kinds: BTreeSet<_> = planned.plan.wider.iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [Difference::Apex, Difference::SharedAddress].into());
}

/// As where a firewall learns the addresses of names.
#[test]
fn whatever_else_is_at_a_resolved_address_is_reported_for_names_alone() {
    let rules = patterns(&["https://*.example.com", "https://203.0.113.0/24"]);
    let policy = Policy {
        rules: [(Intent::Allow, rules.iter().cloned().map(rule).collect())].into(),
        ..Policy::default()
    };
    let sets = PolicySets::new(&policy);
    let (settings, banner) = (settings(), banner());
    for (level, wider, held) in [(Level::Warn, 1, 0), (Level::Hold, 0, 1)] {
        let tolerances = tolerate(&[(Difference::SharedAddress, Intent::Allow, level)]);
        let inputs = Inputs {
            policy: &policy,
            sets: &sets,
            settings: &settings,
            tolerances: &tolerances,
            banner: &banner,
        };
        let mut findings = Vec::new();
        let plan = plan(&Firewall, inputs, &mut findings);
        assert_eq!(Fidelity::of(&plan, Intent::Allow, 0), counts(1, wider, 0, held, 0));
        assert_eq!(findings.len(), 1);
        if let [deviation] = &plan.intents[&Intent::Allow].wider[..] {
            assert_eq!(deviation.kind, Difference::SharedAddress);
            assert_eq!(deviation.witness.to_string(), "whatever else is at the addresses of `a.example.com`");
        }
    }
}

/// Says everything exactly, but by address.
struct Firewall;

impl Emitter for Firewall {
    fn id(&self) -> &'static str {
        "firewall"
    }

    fn main_artifact(&self) -> &'static str {
        "firewall.txt"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        intent == Intent::Allow
    }

    fn encode(&self, _: &Settings, _: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        Ok(Encoded::by_address(Vec::new(), vec![rule.pattern.clone()]))
    }

    fn render(&self, _: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        Ok(Rendered::default())
    }
}

/// Says every rule, but for a second list only what the first has as well.
struct Narrow;

impl Emitter for Narrow {
    fn id(&self) -> &'static str {
        "narrow"
    }

    fn main_artifact(&self) -> &'static str {
        "narrow.txt"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        matches!(intent, Intent::Allow | Intent::BypassAuthentication)
    }

    fn encode(&self, _: &Settings, _: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        Ok(Encoded::new(Vec::new(), vec![rule.pattern.clone()]))
    }

    fn parts(
        &self,
        _: &Settings,
        intent: Intent,
        rule: &Rule,
        earlier: &Earlier<'_>,
    ) -> Result<Option<Vec<RequestPattern>>, Unsupported> {
        if intent == Intent::Allow || earlier.has_hosts(Intent::Allow, [&rule.pattern.host]) {
            return Ok(None);
        }
        let parts = earlier.covered_by(Intent::Allow, &rule.pattern.host).into_iter();
        let parts: Vec<RequestPattern> = parts.map(|own| own.pattern.clone()).collect();
        if parts.is_empty() {
            Err(Unsupported { why: "the first list has none of it".to_owned() })
        } else {
            Ok(Some(parts))
        }
    }

    fn render(&self, _: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        Ok(Rendered::default())
    }
}

#[test]
fn a_part_of_a_rule_is_narrower_than_the_rule() {
    let rules = |texts: &[&str]| patterns(texts).into_iter().map(rule).collect::<Vec<_>>();
    let policy = Policy {
        rules: [
            (Intent::Allow, rules(&["https://a.example.com", "https://*.example.org"])),
            (
                Intent::BypassAuthentication,
                rules(&["https://b.example.net", "https://*.example.com", "https://x.example.org:8443"]),
            ),
        ]
        .into(),
        ..Policy::default()
    };
    let (sets, settings, banner) = (PolicySets::new(&policy), settings(), banner());
    let tolerances = BTreeMap::new();
    let inputs = Inputs {
        policy: &policy,
        sets: &sets,
        settings: &settings,
        tolerances: &tolerances,
        banner: &banner,
    };
    let plan = plan(&Narrow, inputs, &mut Vec::new());
    let intent = &plan.intents[&Intent::BypassAuthentication];
    assert_eq!(intent.means, patterns(&["https://a.example.com", "https://x.example.org:8443"]));
    assert_eq!(Fidelity::of(&plan, Intent::BypassAuthentication, 0), counts(1, 0, 1, 0, 1));
    assert_eq!(intent.narrower[0].witness.to_string(), "`https://b.example.com/`");
}

#[test]
fn a_wider_network_is_a_wider_parent() {
    let rules = patterns(&["https://203.0.113.128"]);
    let means = |rule: &Rule| Some(vec![rule.pattern.with_host("203.0.113.0/24".parse().unwrap())]);
    assert_eq!(allow(&means, &rules).plan.held, [(0, Difference::Parent)]);
}

#[test]
fn a_name_and_what_is_below_it_may_both_be_missing() {
    let rules = patterns(&["https://.example.com"]);
    let means = |_: &Rule| Some(patterns(&["https://*.a.example.com"]));
    let planned = allow(&means, &rules);
    let kinds: BTreeSet<_> = planned.plan.narrower.iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [Difference::Apex, Difference::Depth].into());
    assert_eq!(planned.fidelity, counts(0, 0, 1, 0, 0));
}

/// The product has no word for an apex.
fn below_only(rule: &Rule) -> Option<Vec<RequestPattern>> {
    Some(vec![match &rule.pattern.host {
        HostPattern::Subtree(name) => rule.pattern.with_host(HostPattern::Descendants(name.clone())),
        _ => rule.pattern.clone(),
    }])
}

#[test]
fn one_rule_makes_up_for_what_another_cannot_say() {
    let mut rules = patterns(&["https://example.com", "https://.example.com"]);
    let both = Ports::from_ranges([443..=443, 8443..=8443]);
    rules[0].ports = both;
    assert_eq!(allow(&below_only, &rules).fidelity, counts(2, 0, 0, 0, 0));
    assert_eq!(allow(&below_only, &rules[1..]).fidelity, counts(0, 0, 1, 0, 0));
}

#[test]
fn a_rule_that_is_not_written_makes_up_for_nothing() {
    let mut rules = patterns(&["https://example.com", "https://.example.com"]);
    rules[0].ports = Ports::from_ranges([443..=443, 8443..=8443]);
    let means = |rule: &Rule| match &rule.pattern.host {
        HostPattern::Exact(_) => None,
        _ => below_only(rule),
    };
    let planned = allow(&means, &rules);
    assert_eq!(planned.fidelity, counts(0, 0, 1, 0, 1));
    assert_eq!(planned.plan.narrower[0].kind, Difference::Apex);

    let held = |rule: &Rule| match &rule.pattern.host {
        HostPattern::Exact(_) => Some(vec![rule.pattern.with_host(".com".parse().unwrap())]),
        _ => below_only(rule),
    };
    assert_eq!(allow(&held, &rules).fidelity, counts(0, 0, 1, 1, 0));
}

/// What the policy asks for and the target cannot write is no reason to call a neighbour wider.
#[test]
fn what_an_unwritten_rule_asks_for_is_still_asked_for() {
    let rules = patterns(&["https://example.com", "https://*.example.com"]);
    let means = |rule: &Rule| match &rule.pattern.host {
        HostPattern::Exact(_) => None,
        _ => dot_only(rule),
    };
    assert_eq!(allow(&means, &rules).fidelity, counts(1, 0, 0, 0, 1));
}

#[test]
fn an_unsupported_rule_is_counted_and_named() {
    let rules = patterns(&["https://a.example.com", "https://b.example.com"]);
    let means =
        |rule: &Rule| (rule.pattern.to_string() != "a.example.com").then(|| vec![rule.pattern.clone()]);
    let planned = allow(&means, &rules);
    assert_eq!(planned.fidelity, counts(1, 0, 0, 0, 1));
    assert_eq!(planned.finding(Code::UnsupportedByTarget), Some(Level::Hold));
    let finding = planned.findings.iter().find(|f| f.intent == Some(Intent::Allow)).unwrap();
    assert_eq!(finding.message, "fake cannot say `a.example.com`: the fake cannot");
}

#[test]
fn words_that_mean_nothing_are_narrower() {
    let rules = patterns(&["https://a.example.com", "http://*.example.com"]);
    let planned = allow(&|_| Some(Vec::new()), &rules);
    assert_eq!(planned.fidelity, counts(0, 0, 2, 0, 0));
}

#[test]
fn each_intent_has_its_own_tolerance() {
    let rules = patterns(&["https://*.example.com"]);
    let tolerances = tolerate(&[
        (Difference::Apex, Intent::Allow, Level::Warn),
        (Difference::Apex, Intent::BypassInspection, Level::Hold),
        (Difference::Apex, Intent::BypassAuthentication, Level::Deny),
    ]);
    let planned = planned(&dot_only, &rules, &tolerances);
    let seen = |intent| {
        let planned: &Planned = &planned[&intent];
        (planned.fidelity, planned.finding(Code::WiderThanPolicy))
    };
    assert_eq!(seen(Intent::Allow), (counts(0, 1, 0, 0, 0), Some(Level::Warn)));
    assert_eq!(seen(Intent::BypassInspection), (counts(0, 0, 0, 1, 0), None));
    assert_eq!(seen(Intent::BypassAuthentication), (counts(0, 1, 0, 0, 0), Some(Level::Deny)));
    assert!(!planned.contains_key(&Intent::Direct), "does not apply is no difference");
}

/// To leave a rule out since it says too little would be to say still less.
#[test]
fn a_narrower_rule_at_hold_is_written_with_a_warning() {
    let rules = patterns(&["https://.example.com"]);
    for (level, said) in
        [(Level::Hold, Some(Level::Warn)), (Level::Deny, Some(Level::Deny)), (Level::Allow, None)]
    {
        let tolerances = tolerate(&[(Difference::Apex, Intent::Allow, level)]);
        let planned = planned(&below_only, &rules, &tolerances).remove(&Intent::Allow).unwrap();
        assert_eq!(planned.fidelity, counts(0, 0, 1, 0, 0));
        assert_eq!(planned.plan.means, patterns(&["https://*.example.com"]));
        assert_eq!(planned.finding(Code::NarrowerThanPolicy), said, "{level}");
    }
}

#[test]
fn a_difference_says_what_to_do_about_it() {
    let help = |planned: &Planned| planned.findings[0].help.last().map(ToString::to_string).unwrap();
    let wildcard = patterns(&["https://*.example.com"]);
    assert_eq!(
        help(&allow(&dot_only, &wildcard)),
        "name the hosts, or accept it: `tolerances: { apex: allow }`"
    );
    let any_path =
        |rule: &Rule| Some(vec![RequestPattern { path: PathPattern::Any, ..rule.pattern.clone() }]);
    let path = patterns(&["http://a.example.com/pki/*"]);
    assert_eq!(
        help(&allow(&any_path, &path)),
        "leave such rules out by `tolerances: { path: hold }`, or accept it: `tolerances: { path: allow }`"
    );
    let one_path = |rule: &Rule| {
        Some(vec![RequestPattern { path: PathPattern::parse("/pki/*").unwrap(), ..rule.pattern.clone() }])
    };
    let any = patterns(&["http://a.example.com"]);
    assert_eq!(
        help(&allow(&one_path, &any)),
        "open the rest in the product by hand, or accept it: `tolerances: { path: allow }`"
    );
}

#[test]
fn what_the_gate_held_is_counted_where_the_intent_applies() {
    let rules = vec![rule(pattern("https://a.example.com"))];
    let held =
        HeldRule { rule: rule(pattern("https://*.blob.core.windows.net")), code: Code::CoversPublicSuffix };
    let policy = Policy {
        rules: [(Intent::Allow, rules)].into(),
        held: [(Intent::Allow, vec![held.clone()]), (Intent::Direct, vec![held])].into(),
    };
    let (sets, settings, banner, tolerances) =
        (PolicySets::new(&policy), settings(), banner(), BTreeMap::new());
    let inputs = Inputs {
        policy: &policy,
        sets: &sets,
        settings: &settings,
        tolerances: &tolerances,
        banner: &banner,
    };
    let plan = plan(&Fake(&|rule| Some(vec![rule.pattern.clone()])), inputs, &mut Vec::new());
    let fidelity = |intent| Fidelity::of(&plan, intent, policy.held(intent).len());
    assert_eq!(fidelity(Intent::Allow), counts(1, 0, 0, 1, 0));
    assert_eq!(fidelity(Intent::Direct), Fidelity::default());
}

fn request_pattern() -> impl Strategy<Value = RequestPattern> {
    let path = prop_oneof![3 => Just(""), 1 => Just("/a"), 1 => Just("/a/*")];
    let port = prop_oneof![3 => Just(443u16), 1 => Just(80), 1 => Just(8443)];
    (host_pattern(), port, path).prop_map(|(host, port, path)| {
        RequestPattern::new(host, Scheme::of_port(port), port, PathPattern::parse(path).unwrap())
    })
}

proptest! {
    /// Whatever a product makes of rules, the plan calls it exact if and only if the sets are equal.
    #[test]
    fn a_plan_is_exact_where_the_sets_are_equal(
        asked in vec(request_pattern(), 1..5),
        meant in vec(vec(request_pattern(), 0..3), 5),
        honest in vec(any::<bool>(), 5),
    ) {
        let mut rules = asked;
        rules.sort_unstable();
        rules.dedup();
        let means = |rule: &Rule| {
            let at = rules.iter().position(|pattern| *pattern == rule.pattern).unwrap();
            Some(if honest[at] { vec![rule.pattern.clone()] } else { meant[at].clone() })
        };
        let levels: Vec<_> =
            Difference::ALL.into_iter().map(|kind| (kind, Intent::Allow, Level::Warn)).collect();
        let planned = planned(&means, &rules, &tolerate(&levels)).remove(&Intent::Allow).unwrap();
        let (policy, product) = (RequestSet::new(&rules), RequestSet::new(&planned.plan.means));
        prop_assert_eq!(planned.plan.wider.is_empty(), policy.includes(&product).is_ok());
        prop_assert_eq!(planned.plan.narrower.is_empty(), product.includes(&policy).is_ok());
        for deviation in &planned.plan.wider {
            let witness = request(&deviation.witness);
            prop_assert!(product.contains(witness) && !policy.contains(witness));
        }
        for deviation in &planned.plan.narrower {
            let witness = request(&deviation.witness);
            prop_assert!(!product.contains(witness) && policy.contains(witness));
            prop_assert!(rules[deviation.rule].matches(witness));
        }
    }

    #[test]
    fn the_rules_below_a_pattern_are_those_that_it_covers(
        hosts in vec(host_pattern(), 0..12), asked in host_pattern()
    ) {
        let mut rules: Vec<Rule> =
            hosts.into_iter().map(|host| rule(RequestPattern::any_service(host))).collect();
        rules.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        let policy = Policy { rules: [(Intent::Allow, rules)].into(), ..Policy::default() };
        let intents = BTreeMap::new();
        let earlier = Earlier::new(&policy, &intents);
        let mut found = earlier.covered_by(Intent::Allow, &asked);
        found.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        let is_covered = |rule: &&Rule| asked.anchor().is_some() && asked.covers(&rule.pattern.host);
        let covered: Vec<&Rule> =
            policy.rules(Intent::Allow).iter().filter(|rule| rule.pattern.host.anchor().is_some()).filter(is_covered).collect();
        prop_assert_eq!(found, covered);
    }

    /// At `hold`, nothing that is wider by that kind is ever written.
    #[test]
    fn nothing_wider_is_written_where_every_kind_is_held(
        asked in vec(request_pattern(), 1..5), meant in vec(vec(request_pattern(), 0..3), 5),
    ) {
        let mut rules = asked;
        rules.sort_unstable();
        rules.dedup();
        let means = |rule: &Rule| {
            Some(meant[rules.iter().position(|pattern| *pattern == rule.pattern).unwrap()].clone())
        };
        let levels: Vec<_> =
            Difference::ALL.into_iter().map(|kind| (kind, Intent::Allow, Level::Hold)).collect();
        let planned = planned(&means, &rules, &tolerate(&levels)).remove(&Intent::Allow).unwrap();
        prop_assert!(RequestSet::new(&rules).includes(&RequestSet::new(&planned.plan.means)).is_ok());
    }
}
