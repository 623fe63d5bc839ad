mod brute_force;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::diag::Level;
use crate::model::{Geography, PathPattern, Platform, Platforms, Requirement, WindowsClaim};
use crate::profile::Profile;
use crate::source::{At, Cell, Source, SourceMap, Sourced};

/// Endpoints of one made-up sheet, one a row.
struct Sheet {
    source: SourceId,
    endpoints: Vec<Endpoint>,
}

impl Sheet {
    fn new() -> Self {
        let mut sources = SourceMap::default();
        let source = sources.add(Source { name: "list.csv".into(), sha256: String::new(), date: None });
        Self { source, endpoints: Vec::new() }
    }

    fn row(self, host: &str, port: u16, geography: &str) -> Self {
        let pattern =
            RequestPattern::new(host.parse().unwrap(), Scheme::of_port(port), port, PathPattern::Any);
        self.pattern(pattern, geography)
    }

    fn pattern(mut self, pattern: RequestPattern, geography: &str) -> Self {
        let row = u32::try_from(self.endpoints.len()).unwrap() + 1;
        let cell = Cell {
            source: self.source,
            sheet: Arc::from(""),
            at: At::Cell { row, column: 4 },
            text: Arc::from(pattern.host.to_string()),
        };
        self.endpoints.push(Endpoint {
            pattern: Sourced { value: pattern, from: Provenance::one(cell) },
            https_path: None,
            geography: crate::regions::lookup(geography).unwrap(),
            service: Arc::from("service"),
            category: Arc::from("category"),
            requirement: None,
            platforms: Platforms::NotStated,
            windows: Vec::new(),
            direct_required: false,
            inspection: Inspection::NotStated,
        });
        self
    }

    fn last(&mut self) -> &mut Endpoint {
        self.endpoints.last_mut().unwrap()
    }

    fn resolve(&self, profile: &str) -> (Policy, Vec<Diagnostic>) {
        let text = format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\n{profile}");
        let profile = Profile::parse(&text, None, &["squid"]).unwrap();
        let request =
            Request { profile: &profile, profile_source: None, corrections: &[], today: date(2026, 11, 24) };
        let mut findings = Vec::new();
        let policy = resolve(&self.endpoints, request, &mut findings);
        (policy, findings)
    }
}

fn patterns(policy: &Policy, intent: Intent) -> Vec<String> {
    policy.rules(intent).iter().map(|rule| rule.pattern.to_string()).collect()
}

fn codes(findings: &[Diagnostic]) -> BTreeSet<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn selection_comes_before_merging() {
    let sheet = Sheet::new().row("*.example.com", 443, "US").row("a.example.com", 443, "EU");
    let (policy, _) = sheet.resolve("select: { geographies: [EU] }");
    assert_eq!(patterns(&policy, Intent::Allow), ["a.example.com"]);
}

#[test]
fn worldwide_and_government_rows_are_selected_with_a_region() {
    let sheet = Sheet::new()
        .row("ww.example.com", 443, "WW")
        .row("gov.example.com", 443, "US Gov")
        .row("gcc.example.com", 443, "GCC")
        .row("dod.example.com", 443, "DoD");
    let (policy, _) = sheet.resolve("select: { geographies: [GCC] }");
    assert_eq!(patterns(&policy, Intent::Allow), ["gcc.example.com", "gov.example.com", "ww.example.com"]);
}

#[test]
fn what_a_profile_says_of_public_suffixes_holds_for_shared_hosting_as_well() {
    let sheet = Sheet::new().row("*.sharepoint.com", 443, "WW");
    let waiver = |lint: &str| {
        format!(
            "waivers: [{{ lint: {lint}, pattern: '*.sharepoint.com', intent: bypass-inspection, reason: r, \
             owner: o, expires: 2027-01-01 }}]"
        )
    };
    for (profile, is_held) in [
        (String::new(), true),
        ("lints: { covers-public-suffix: warn }".to_owned(), false),
        ("lints: { covers-public-suffix: warn, shared-hosting: hold }".to_owned(), true),
        (
            "lints: { covers-public-suffix: deny, shared-hosting: { bypass-inspection: allow } }".to_owned(),
            false,
        ),
        (waiver("covers-public-suffix"), false),
        (waiver("shared-hosting"), false),
        (waiver("identity-endpoint"), true),
    ] {
        let (policy, findings) = sheet.resolve(&profile);
        assert_eq!(policy.rules(Intent::BypassInspection).is_empty(), is_held, "{profile}");
        let is_unused = codes(&findings).contains("unused-waiver");
        assert_eq!(is_unused, is_held && profile.contains("waivers"), "{profile}");
    }
    // The other way round nothing holds: a public suffix is not the smaller thing.
    let (policy, _) = Sheet::new().row("*.github.io", 443, "WW").resolve("lints: { shared-hosting: allow }");
    assert!(policy.rules(Intent::BypassInspection).is_empty());
}

#[test]
fn the_gate_comes_before_merging() {
    let sheet = Sheet::new()
        .row("*.blob.core.windows.net", 443, "WW")
        .row("one.blob.core.windows.net", 443, "WW")
        .row("two.blob.core.windows.net", 443, "WW");
    let (policy, findings) = sheet.resolve("");
    assert_eq!(patterns(&policy, Intent::Allow), ["*.blob.core.windows.net"]);
    assert_eq!(policy.rules(Intent::Allow)[0].provenance.cells().len(), 3, "the survivor keeps all cells");
    assert_eq!(
        patterns(&policy, Intent::BypassInspection),
        ["one.blob.core.windows.net", "two.blob.core.windows.net"],
        "a held wildcard covers nothing"
    );
    assert_eq!(policy.held(Intent::BypassInspection).len(), 1);
    let held: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Hold).collect();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].intent, Some(Intent::BypassInspection));
}

const WAIVER: &str = "waivers: [{ lint: covers-public-suffix, pattern: \"*.blob.core.windows.net\", \
                      intent: bypass-inspection, reason: r, owner: o, expires: DATE }]";

#[test]
fn a_waiver_opens_the_gate_until_its_last_day() {
    let sheet = Sheet::new().row("*.blob.core.windows.net", 443, "WW");
    let (policy, findings) = sheet.resolve(&WAIVER.replace("DATE", "2026-11-24"));
    assert_eq!(patterns(&policy, Intent::BypassInspection), ["*.blob.core.windows.net"]);
    assert!(!codes(&findings).contains("unused-waiver"));

    let (policy, findings) = sheet.resolve(&WAIVER.replace("DATE", "2026-11-23"));
    assert!(policy.rules(Intent::BypassInspection).is_empty());
    assert!(codes(&findings).contains("expired-waiver"));
}

#[test]
fn a_waiver_that_nothing_needs_is_a_finding() {
    let sheet = Sheet::new().row("a.example.com", 443, "WW");
    let (_, findings) = sheet.resolve(&WAIVER.replace("DATE", "2027-01-01"));
    assert!(codes(&findings).contains("unused-waiver"));
}

#[test]
fn a_held_pattern_that_a_waived_one_covers_is_a_finding() {
    let waiver = WAIVER.replace("DATE", "2027-01-01");
    let held = Sheet::new().row("*.blob.core.windows.net", 443, "WW").row("*.core.windows.net", 443, "WW");
    let (policy, findings) = held.resolve(&waiver.replace("*.blob.core", "*.core"));
    assert_eq!(patterns(&policy, Intent::BypassInspection), ["*.core.windows.net"]);
    let still: Vec<_> = findings.iter().filter(|f| f.code == Code::HeldStillCovered).collect();
    assert_eq!(still.len(), 1);
    assert_eq!(
        still[0].message,
        "`*.blob.core.windows.net` is held, but `*.core.windows.net` still lets it through"
    );
    let (_, findings) = held.resolve(&waiver);
    assert!(!codes(&findings).contains("held-still-covered"), "the waived one is the narrower");
}

#[test]
fn a_registry_is_denied() {
    let sheet = Sheet::new().row("*.co.uk", 443, "WW");
    let (_, findings) = sheet.resolve("");
    assert!(findings.iter().any(|f| f.code == Code::CoversRegistry && f.level == Level::Deny));
}

#[test]
fn a_rule_covers_only_where_port_and_scheme_cover_too() {
    let sheet = Sheet::new()
        .row("*.example.com", 443, "WW")
        .row("a.example.com", 80, "WW")
        .row("b.example.com", 8443, "WW")
        .row("c.example.com", 443, "WW")
        .row("example.com", 443, "WW");
    let (policy, _) = sheet.resolve("");
    assert_eq!(
        patterns(&policy, Intent::Allow),
        ["http://a.example.com", "b.example.com:8443", "example.com", "*.example.com"]
    );
}

#[test]
fn nothing_on_plain_http_is_inspected() {
    let sheet = Sheet::new().row("crl.example.com", 80, "WW").row("a.example.com", 443, "WW");
    let (policy, _) = sheet.resolve("");
    assert_eq!(patterns(&policy, Intent::BypassInspection), ["a.example.com"]);
    assert_eq!(patterns(&policy, Intent::BypassAuthentication).len(), 2);
}

#[test]
fn direct_is_what_the_source_says_and_the_profile_wants() {
    let mut sheet = Sheet::new().row("a.example.com", 443, "WW").row("push.example.com", 443, "WW");
    sheet.last().direct_required = true;
    let (policy, _) = sheet.resolve("");
    assert!(policy.rules(Intent::Direct).is_empty());
    let (policy, _) = sheet.resolve("intents: { direct: live-response }");
    assert_eq!(patterns(&policy, Intent::Direct), ["push.example.com"]);
}

#[test]
fn a_correction_replaces_the_pattern_and_says_so() {
    let sheet = Sheet::new().row("*ecs.office.com", 443, "WW");
    let (policy, findings) =
        sheet.resolve("corrections: { \"*ecs.office.com\": \".ecs.office.com\", \"*x.test\": \".x.test\" }");
    assert_eq!(patterns(&policy, Intent::Allow), [".ecs.office.com"]);
    assert!(codes(&findings).is_superset(&["applied-correction", "unused-correction"].into()));
}

#[test]
fn an_exclusion_drops_what_it_contains_and_says_what_still_covers_it() {
    let sheet = Sheet::new().row("*.wd.example.com", 443, "WW").row("x.cp.wd.example.com", 443, "WW").row(
        "*.example.net",
        443,
        "WW",
    );
    let (policy, findings) =
        sheet.resolve("select: { exclude: [x.cp.wd.example.com, \"*.example.net\", unknown.test] }");
    assert_eq!(patterns(&policy, Intent::Allow), ["*.wd.example.com"]);
    let messages: Vec<_> = findings.iter().map(|f| (f.code, f.message.clone())).collect();
    let of = |code| messages.iter().filter(|(c, _)| *c == code).map(|(_, m)| m).collect::<Vec<_>>();
    assert_eq!(of(Code::UnusedExclude), ["no selected endpoint lies inside `unknown.test`"]);
    assert_eq!(
        of(Code::ExcludeStillCovered),
        ["`x.cp.wd.example.com` is excluded, but `*.wd.example.com` still lets it through"]
    );
}

#[test]
fn an_included_host_counts_until_its_last_day() {
    let sheet = Sheet::new().row("a.example.com", 443, "WW");
    let include = "select: { include: [{ host: mirror.contoso.com, ports: [80, 8443], reason: r, owner: o, \
                   expires: DATE }] }";
    let (policy, _) = sheet.resolve(&include.replace("DATE", "2026-11-24"));
    assert_eq!(
        patterns(&policy, Intent::Allow),
        ["a.example.com", "mirror.contoso.com:8443", "http://mirror.contoso.com"]
    );
    let (policy, findings) = sheet.resolve(&include.replace("DATE", "2026-11-23"));
    assert_eq!(patterns(&policy, Intent::Allow), ["a.example.com"]);
    assert!(codes(&findings).contains("expired-include"));
}

#[test]
fn the_newest_document_decides_about_windows_releases() {
    let claim = |day, needed_by: &str| WindowsClaim {
        date: day,
        needed_by: needed_by.parse().unwrap(),
        document: "d".into(),
    };
    let mut sheet = Sheet::new().row("settings-win.example.com", 443, "WW");
    let old = claim(Some(date(2021, 3, 4)), "<1809");
    let new = claim(Some(date(2026, 7, 1)), "<=1703");
    sheet.last().windows = vec![new, old, claim(None, ">=1803")];
    sheet.last().platforms = Platforms::Only([Platform::Windows].into());
    let kept = |sheet: &Sheet, select: &str| !sheet.resolve(select).0.rules(Intent::Allow).is_empty();
    assert!(kept(&sheet, ""), "without the key nothing is left out");
    assert!(!kept(&sheet, "select: { windows: \">=1803\" }"));
    assert!(kept(&sheet, "select: { windows: \">=1703\" }"));
    sheet.last().platforms = Platforms::Only([Platform::Windows, Platform::Linux].into());
    assert!(kept(&sheet, "select: { windows: \">=1803\" }"), "a Linux client needs it whatever Windows does");
    assert!(!kept(&sheet, "select: { windows: \">=1803\", platforms: [windows] }"));
}

#[test]
fn blank_platforms_and_requirements_are_never_not_needed() {
    let sheet = Sheet::new().row("a.example.com", 443, "WW");
    let (policy, _) = sheet.resolve("select: { platforms: [linux], requirements: [required] }");
    assert_eq!(patterns(&policy, Intent::Allow), ["a.example.com"]);
    let mut sheet = sheet;
    sheet.last().requirement = Some(Requirement::Optional);
    sheet.last().geography = Geography::Worldwide;
    let (policy, _) = sheet.resolve("select: { requirements: [required] }");
    assert!(policy.rules(Intent::Allow).is_empty());
}
