use super::*;
use crate::model::{Geography, Inspection, PathPattern, Platforms, RequestPattern, Scheme};
use crate::source::{At, Cell, Source, SourceMap};

const ONE: &str = "11111111-2222-3333-4444-555555555555";
const TWO: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

fn cell(row: u32, text: &str) -> Cell {
    let source = Source { name: "list".into(), sha256: String::new(), date: None };
    let source = SourceMap::default().add(source);
    Cell { source, sheet: "sheet".into(), at: At::Line(row), text: text.into() }
}

fn endpoint(row: u32, host: &str, category: &str) -> Endpoint {
    let pattern = RequestPattern::new(host.parse().unwrap(), Scheme::Https, 443, PathPattern::Any);
    Endpoint {
        pattern: Sourced { value: pattern, from: Provenance::one(cell(row, host)) },
        https_path: None,
        geography: Geography::Worldwide,
        service: "".into(),
        category: category.into(),
        requirement: None,
        platforms: Platforms::NotStated,
        windows: Vec::new(),
        direct_required: false,
        inspection: Inspection::NotStated,
    }
}

fn workspaces(ids: &[&str]) -> Workspaces {
    Workspaces::new(ids).unwrap()
}

/// The patterns that remain, and the findings.
fn narrowed(
    endpoints: Vec<Endpoint>,
    ids: &[&str],
    storage: Option<&[&str]>,
) -> (Vec<String>, Vec<Diagnostic>) {
    let storage: Option<Vec<Sourced<DomainName>>> = storage.map(|hosts| {
        let sourced =
            |host: &&str| Sourced { value: host.parse().unwrap(), from: Provenance::one(cell(900, host)) };
        hosts.iter().map(sourced).collect()
    });
    let mut findings = Vec::new();
    let narrowed = narrow(endpoints, &workspaces(ids), storage.as_deref(), &mut findings);
    (narrowed.iter().map(|endpoint| endpoint.pattern.value.to_string()).collect(), findings)
}

#[test]
fn workspace_ids_are_guids_in_one_form() {
    let ids = workspaces(&[" AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE", ONE, TWO]);
    assert_eq!(ids.ids(), [ONE, TWO]);
    for text in [
        "",
        "contoso",
        "1111111-2222-3333-4444-555555555555",
        "11111111222233334444555555555555",
        "{11111111-2222-3333-4444-555555555555}",
        "11111111-2222-3333-4444-55555555555g",
        "11111111-2222-3333-4444-555555555555-6",
        "11111111-2222-3333-4444.-5555555555555",
        "\u{661}1111111-2222-3333-4444-555555555555",
    ] {
        let error = Workspaces::new([ONE, text]).unwrap_err();
        assert_eq!(error, WorkspaceError { text: text.to_owned() });
    }
    assert_eq!(
        Workspaces::new(["x\n"]).unwrap_err().to_string(),
        "workspace ID \"x\\n\" is no GUID such as 11111111-2222-3333-4444-555555555555"
    );
}

#[test]
fn a_workspace_wildcard_becomes_one_host_per_workspace() {
    for name in WORKSPACE {
        let list = vec![endpoint(1, &format!("*.{name}"), "")];
        let (hosts, findings) = narrowed(list, &[TWO, ONE], None);
        assert_eq!(hosts, [format!("{ONE}.{name}"), format!("{TWO}.{name}")]);
        assert_eq!(findings, []);
    }
}

#[test]
fn the_older_automation_wildcard_becomes_the_agent_service_and_says_what_it_covered() {
    for top in ["net", "us"] {
        let list = vec![endpoint(1, &format!("*.azure-automation.{top}"), "")];
        let (hosts, findings) = narrowed(list, &[ONE], None);
        assert_eq!(hosts, [format!("{ONE}.agentsvc.azure-automation.{top}")]);
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(finding.code, Code::NarrowedWildcard);
        assert!(finding.label.contains("automation jobs"));
        assert!(finding.help[0].contains(&format!("<region>-agentservice-prod-1.azure-automation.{top}")));
    }
}

#[test]
fn without_workspaces_wildcards_stay_with_one_finding_per_pattern() {
    let wildcards = ["*.ods.opinsights.azure.com", "*.oms.opinsights.azure.us", "*.azure-automation.net"];
    let rows = (1..).zip(wildcards.into_iter().chain(wildcards));
    let list: Vec<Endpoint> = rows.map(|(row, host)| endpoint(row, host, "MMA")).collect();
    let (hosts, findings) = narrowed(list, &[], None);
    assert_eq!(hosts, [wildcards, wildcards].concat());
    assert_eq!(findings.len(), 3);
    for (finding, row) in findings.iter().zip(1..) {
        assert_eq!(finding.code, Code::WorkspaceWildcard);
        assert!(matches!(&finding.place, Place::Cell(cell) if cell.at == At::Line(row)));
        assert!(finding.help[0].contains("sources: [{ mma: { workspaces: ["));
    }
}

#[test]
fn storage_is_narrowed_in_the_agents_rows_only() {
    let list = || {
        vec![
            endpoint(1, "*.blob.core.windows.net", "Microsoft Monitoring Agent (MMA)"),
            endpoint(2, "*.blob.core.windows.net", "MMA"),
            endpoint(3, "*.blob.core.windows.net", "Admin portal"),
            endpoint(4, "*.blob.core.usgovcloudapi.net", "MMA"),
        ]
    };
    let storage =
        ["b.blob.core.windows.net", "a.blob.core.windows.net", "evil.test", "blob.core.windows.net"];
    let (hosts, findings) = narrowed(list(), &[ONE], Some(&storage));
    assert_eq!(
        hosts,
        [
            "b.blob.core.windows.net",
            "a.blob.core.windows.net",
            // Another category is another endpoint, so both rows stay.
            "b.blob.core.windows.net",
            "a.blob.core.windows.net",
            "*.blob.core.windows.net",
            "*.blob.core.usgovcloudapi.net",
        ]
    );
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.code, Code::NarrowedWildcard);
    assert!(finding.message.contains("2 hosts"));

    let (hosts, findings) = narrowed(list(), &[ONE], None);
    assert_eq!((hosts.len(), findings.len()), (4, 0));
    assert!(hosts.iter().all(|host| host.starts_with('*')));
    let (hosts, findings) = narrowed(list(), &[ONE], Some(&[]));
    assert_eq!(hosts.len(), 4);
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::WorkspaceWildcard; 2]);
}

#[test]
fn patterns_that_only_look_alike_stay() {
    let others = [
        "ods.opinsights.azure.com",
        "*.opinsights.azure.com",
        "*.x.ods.opinsights.azure.com",
        "*ods.opinsights.azure.com",
        ".ods.opinsights.azure.com",
        "*.notazure-automation.net",
        "*.blob.core.windows.net.example.com",
    ];
    let list = others.map(|host| endpoint(1, host, "MMA")).to_vec();
    let (hosts, findings) = narrowed(list, &[ONE], Some(&["a.blob.core.windows.net"]));
    assert_eq!((hosts, findings), (others.map(str::to_owned).to_vec(), vec![]));
}

#[test]
fn endpoints_that_become_the_same_are_one_with_all_cells() {
    let list = vec![
        endpoint(1, "*.azure-automation.net", "MMA"),
        endpoint(2, "first.example.com", ""),
        endpoint(3, "*.agentsvc.azure-automation.net", "MMA"),
        endpoint(4, "first.example.com", ""),
    ];
    let mut findings = Vec::new();
    let result = narrow(list, &workspaces(&[ONE]), None, &mut findings);
    let hosts: Vec<String> = result.iter().map(|endpoint| endpoint.pattern.value.to_string()).collect();
    let agent = format!("{ONE}.agentsvc.azure-automation.net");
    // Rows that are not narrowed are not touched, repeats included.
    assert_eq!(hosts, [&agent, "first.example.com", "first.example.com"]);
    let cells: Vec<&str> = result[0].pattern.from.cells().iter().map(|cell| &*cell.text).collect();
    assert_eq!(cells, ["*.azure-automation.net", "*.agentsvc.azure-automation.net"]);
}

#[test]
fn a_storage_host_keeps_the_row_and_the_line_of_the_tool() {
    let storage = [Sourced {
        value: "a.blob.core.windows.net".parse().unwrap(),
        from: Provenance::one(cell(900, "a.blob.core.windows.net")),
    }];
    let list = vec![endpoint(1, "*.blob.core.windows.net", "MMA")];
    let result = narrow(list, &Workspaces::default(), Some(&storage), &mut Vec::new());
    let lines: Vec<String> = result[0].pattern.from.cells().iter().map(|cell| cell.at.to_string()).collect();
    assert_eq!(lines, ["line 2", "line 901"]);
}

#[test]
fn port_scheme_and_path_are_kept() {
    let mut old = endpoint(1, "*.ods.opinsights.azure.com", "MMA");
    old.pattern.value = RequestPattern::new(
        old.pattern.value.host.clone(),
        Scheme::Http,
        8080,
        PathPattern::parse("/x/*").unwrap(),
    );
    let (hosts, _) = narrowed(vec![old], &[ONE], None);
    assert_eq!(hosts, [format!("http://{ONE}.ods.opinsights.azure.com:8080/x/*")]);
}
