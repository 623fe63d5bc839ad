//! What a profile lets through of the vendor's documents, as a person reads them: the rows that must be
//! let through are, and nothing is that no row asks for.

use super::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use thruway::compile::{self, Run};
use thruway::diag::Code;
use thruway::model::{Inspection, Intent, Request};
use thruway::plan::PolicySets;

const STANDARD: &str = "file: ../../../shared/data/standard-commercial-2026-07.csv";
const WORKBOOK_2021: &str = "file: ../../../shared/data/mde-urls-2021-03.xlsx";
const JAPANESE_PAGE: &str = "file: ../../../shared/reference/device-proxy-configuration-2021-12.ja.md";
const WORKSPACE: &str = "11111111-2222-3333-4444-555555555555";

fn run(source: &str, rest: &str) -> Run {
    run_at(&common::root().join("tests/cases/thruway.yaml"), source, rest)
}

fn run_at(profile: &Path, source: &str, rest: &str) -> Run {
    let text = format!("version: 1\nname: test\nsources: [{{ {source} }}]\n{rest}");
    common::run(&common::profile_at(&text, profile))
}

fn is_in(run: &Run, intent: Intent, question: &str) -> bool {
    let request: Request = question.parse().unwrap();
    run.policy.matching(intent, &request).next().is_some()
}

/// Which of the questions are let through.
fn allowed<'q>(run: &Run, questions: &[&'q str]) -> Vec<&'q str> {
    questions.iter().copied().filter(|question| is_in(run, Intent::Allow, question)).collect()
}

/// The rows, by the text of their cells, that the allow rules of a run come from.
fn asked_by(run: &Run, texts: &[&'static str]) -> Vec<&'static str> {
    let cells: BTreeSet<&str> = run
        .policy
        .rules(Intent::Allow)
        .iter()
        .flat_map(|rule| rule.provenance.cells())
        .map(|cell| &*cell.text)
        .collect();
    texts.iter().copied().filter(|text| cells.contains(text)).collect()
}

#[test]
fn windows_releases_decide_by_the_newest_document_and_for_windows_alone() {
    const SETTINGS: &str = "settings-win.data.microsoft.com";
    const OLD: &str = "eu.vortex-win.data.microsoft.com";
    const NEW: &str = "eu-v20.events.data.microsoft.com";
    for (platforms, windows, want) in [
        ("[windows]", ">=1803", &[NEW][..]),
        ("[windows]", "<1803", &[SETTINGS, OLD]),
        ("[windows]", ">=1607", &[SETTINGS, OLD, NEW]),
        // The document of 2021 would keep the settings host for 1709; those of 2024 and 2026 decide.
        ("[windows]", ">=1709", &[OLD, NEW]),
        // The releases are said of Windows: a Linux client needs its hosts whatever they are.
        ("[linux]", "<1803", &[NEW]),
        ("[windows, linux]", "<1803", &[SETTINGS, OLD, NEW]),
    ] {
        let select =
            format!("select: {{ geographies: [EU], platforms: {platforms}, windows: \"{windows}\" }}");
        // Asked of the rows: a worldwide wildcard covers one of the hosts anyway.
        let found = asked_by(&run(STANDARD, &select), &[SETTINGS, OLD, NEW]);
        assert_eq!(found, want, "{platforms} {windows}");
    }
}

#[test]
fn a_row_that_contradicts_its_host_is_used_as_written_and_reported() {
    const GATEWAY: &str = "winatp-gw-aec0a.microsoft.com";
    // The gateway of the same centre is the Emirates', the storage is labelled Australia's.
    const STORAGE: &str = "automatedirstrprdaec0a.blob.core.windows.net";
    for (geography, want) in [("AEC", &[GATEWAY][..]), ("AU", &[STORAGE]), ("EU", &[])] {
        let select =
            format!("select: {{ geographies: [{geography}], exclude: [\"*.blob.core.windows.net\"] }}");
        let without_storage = run(STANDARD, &select);
        assert_eq!(allowed(&without_storage, &[STORAGE]), [""; 0], "an exclusion drops what lies in it");
        let select = format!("select: {{ geographies: [{geography}] }}");
        let run = run(STANDARD, &select);
        assert_eq!(asked_by(&run, &[GATEWAY, STORAGE]), want, "{geography}");
        assert!(run.findings.iter().filter(|finding| finding.code == Code::GeographyMismatch).count() == 2);
    }
}

#[test]
fn a_government_customer_gets_what_all_government_clouds_share_and_no_other_cloud() {
    const SHARED: &str = "us4-v20.events.data.microsoft.com";
    const GCC: &str = "winatp-gw-usmt.microsoft.com";
    const GCC_HIGH: &str = "winatp-gw-usgt.microsoft.com";
    const COMMERCIAL: &str = "winatp-gw-cus.microsoft.com";
    for (geography, want) in
        [("GCC", &[SHARED, GCC][..]), ("DoD", &[SHARED, GCC_HIGH]), ("US", &[COMMERCIAL]), ("WW", &[])]
    {
        let run = run(WORKBOOK_2021, &format!("select: {{ geographies: [{geography}] }}"));
        assert_eq!(asked_by(&run, &[SHARED, GCC, GCC_HIGH, COMMERCIAL]), want, "{geography}");
    }
}

#[test]
fn rows_without_a_platform_stay_for_every_platform() {
    // MAPS is cloud protection; in 2021 its rows flag no platform at all.
    let run = run(WORKBOOK_2021, "select: { geographies: [EU], platforms: [linux] }");
    let cloud = ["x.wdcp.microsoft.com", "x.wd.microsoft.com"];
    assert_eq!(allowed(&run, &cloud), cloud);
    // Flagged for Windows alone.
    assert_eq!(allowed(&run, &["x.wns.windows.com", "x.ods.opinsights.azure.com"]), [""; 0]);
}

#[test]
fn only_live_response_is_direct_and_only_when_asked_for() {
    let direct = ["login.live.com", "login.microsoftonline.com", "x.wns.windows.com"];
    let others = ["winatp-gw-neu.microsoft.com", "x.wd.microsoft.com", "login.windows.net"];
    let on = run(STANDARD, "intents: { direct: live-response }");
    let off = run(STANDARD, "");
    for host in direct {
        assert!(is_in(&on, Intent::Direct, host) && !is_in(&off, Intent::Direct, host), "{host}");
    }
    assert!(others.iter().all(|host| !is_in(&on, Intent::Direct, host)));
}

#[test]
fn the_japanese_page_says_what_to_exempt_and_is_narrowed_as_the_agents_own_table() {
    let page = run(JAPANESE_PAGE, "");
    assert_eq!(page.endpoints.len(), 4);
    assert!(page.endpoints.iter().all(|endpoint| endpoint.inspection == Inspection::Exempt));

    let folder = tempfile::tempdir_in(common::root().join("target")).unwrap();
    fs::write(
        folder.path().join("connection.txt"),
        "Firewall Rule: *.blob.core.windows.net\nscadvisor1.blob.core.windows.net\nevil.example.com\n",
    )
    .unwrap();
    let page = common::vendor("../reference/device-proxy-configuration-2021-12.ja.md");
    let source = format!(
        "file: \"{}\" }}, {{ mma: {{ workspaces: [{WORKSPACE}], cloud_connection: connection.txt }}",
        page.display()
    );
    let narrowed = run_at(&folder.path().join("thruway.yaml"), &source, "");
    let ods = format!("{WORKSPACE}.ods.opinsights.azure.com");
    let agent = format!("{WORKSPACE}.agentsvc.azure-automation.net");
    for host in [ods.as_str(), agent.as_str(), "scadvisor1.blob.core.windows.net"] {
        for intent in [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication] {
            assert!(is_in(&narrowed, intent, host), "{host} for {intent}");
        }
    }
    let wide = ["other.ods.opinsights.azure.com", "other.blob.core.windows.net", "evil.example.com"];
    assert_eq!(allowed(&narrowed, &wide), [""; 0]);
}

#[test]
fn an_endpoint_that_stands_twice_or_inside_another_is_one_rule_with_all_its_cells() {
    let run = run(WORKBOOK_2021, "select: { geographies: [US] }");
    let cells_of = |pattern: &str, intent| -> Vec<String> {
        let rule = run.policy.rules(intent).iter().find(|rule| rule.pattern.to_string() == pattern);
        let cells = rule.map_or(&[][..], |rule| rule.provenance.cells());
        cells
            .iter()
            .filter(|cell| &*cell.sheet == "Microsoft Defender URLs")
            .map(|cell| cell.at.to_string())
            .collect()
    };
    // The storage wildcard is held for inspection, so the host is a rule of its own: listed for both products.
    let storage = cells_of("ussus1eastprod.blob.core.windows.net", Intent::BypassInspection);
    assert_eq!(storage, ["E28", "E78"]);
    let revocation = cells_of("http://crl.microsoft.com", Intent::Allow);
    assert_eq!(revocation, ["E2", "E16", "E70"], "the host, and two paths on it");
}

#[test]
fn a_file_named_twice_is_read_once_and_reported() {
    let once = run(STANDARD, "");
    let twice = run(&format!("{STANDARD} }}, {{ {STANDARD}"), "");
    assert_eq!(once.rows, twice.rows);
    assert_eq!(once.policy, twice.policy);
    assert!(twice.findings.iter().any(|finding| finding.code == Code::RepeatedSource));
    assert!(!once.findings.iter().any(|finding| finding.code == Code::RepeatedSource));
}

#[test]
fn the_addresses_of_a_service_tag_are_not_a_finding_each() {
    let tags = run("file: ../../../shared/data/service-tags-public-excerpt.json", "");
    let profile = common::profile_at(
        "version: 1\nsources: [{ builtin: mma }]\n",
        &common::root().join("tests/cases/thruway.yaml"),
    );
    let sets = PolicySets::new(&tags.policy);
    let banner = tags.banner(&profile);
    let inputs = compile::inputs(&tags, &profile, &sets, &banner);
    let compiled = compile::compile(&tags, &profile, inputs, &["squid"]).unwrap();
    let unsupported: Vec<_> =
        compiled.findings.iter().filter(|finding| finding.code == Code::UnsupportedByTarget).collect();
    // One for each intent, and it says how many more there are.
    assert_eq!(unsupported.len(), 3);
    let more = tags.policy.rules(Intent::Allow).len() - 1;
    assert!(more > 100 && unsupported[0].message.contains(&format!("and {more} more rules")));
}
