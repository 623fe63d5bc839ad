//! Quirks of the vendor's web pages: the tables for commercial and government customers, of Defender Antivirus
//! and of the monitoring agent, and their translations.

use super::*;
use crate::model::Inspection;

#[test]
fn a_plain_row_says_everything() {
    let out = sheet(
        "S",
        &COMMERCIAL,
        &[&["MDE", "EU", "C EU", "443", "a.example.com", "d", "Optional", "Yes", "", "", "Yes", "", "c"]],
    );
    assert!(out.findings.is_empty(), "{:?}", out.findings);
    let endpoint = &out.endpoints[0];
    assert_eq!(endpoint.pattern.value.to_string(), "a.example.com");
    assert_eq!(endpoint.pattern.from.cells().len(), 1);
    assert_eq!(endpoint.pattern.from.cells()[0].at.to_string(), "E2");
    assert_eq!(endpoint.geography.to_string(), "EU");
    assert_eq!((&*endpoint.service, &*endpoint.category), ("MDE", "C EU"));
    assert_eq!(endpoint.requirement, Some(crate::model::Requirement::Optional));
    assert_eq!(endpoint.platforms.to_string(), "windows+macos");
    assert_eq!(endpoint.inspection, Inspection::NotStated);
    assert!(!endpoint.direct_required && endpoint.windows.is_empty() && endpoint.https_path.is_none());
}

#[test]
fn lines_breaks_and_blanks_separate_hosts() {
    let out = cell("login.microsoftonline.com<br> *.wns.windows.com login.live.com");
    assert_eq!(out.patterns(), ["login.microsoftonline.com", "*.wns.windows.com", "login.live.com"]);
    assert_eq!(cell("*.a.example.com\r\n*.b.example.com").patterns(), ["*.a.example.com", "*.b.example.com"]);
    let cells: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.pattern.from.clone()).collect();
    assert!(cells.windows(2).all(|pair| pair[0] == pair[1]), "all come from the one cell");
}

#[test]
fn escaped_stars_are_stars() {
    let out = cell(
        "\\*.security.microsoft.com<br>\\*.blob.core.windows.net/networkscannerstable/*<br>login.windows.net",
    );
    assert_eq!(out.patterns(), ["*.security.microsoft.com", "*.blob.core.windows.net", "login.windows.net"]);
    assert_eq!(out.endpoints[1].https_path.as_deref(), Some("/networkscannerstable/*"));
    assert_eq!(out.codes(), BTreeMap::from([("path-on-https", 1)]));
}

#[test]
fn a_prose_cell_gives_one_finding_and_no_host() {
    let out = cell(
        "Root URL for public CDN endpoints (referred to as ChannelURL) - for the updated URL, see \
         [Using Custom channel](https://learn.microsoft.com/en-us/microsoft-365-apps/mac/x)",
    );
    assert!(out.endpoints.is_empty());
    assert_eq!(out.codes(), BTreeMap::from([("not-an-endpoint", 1)]));
}

#[test]
fn run_on_code_spans_with_a_port_in_prose() {
    let roles = [Role::Service, Role::Endpoint];
    let out = sheet(
        "table 1",
        &roles,
        &[
            &[
                "MU",
                "`*.update.microsoft.com``*.delivery.mp.microsoft.com``ctldl.windowsupdate.com`For more information, \
             see [Connection endpoints](/en-us/windows/privacy/manage-windows-1709-endpoints#windows-update).",
            ],
            &[
                "ADL",
                "`*.download.windowsupdate.com` (Port 80 is required)`go.microsoft.com` (Port 80 is required)",
            ],
        ],
    );
    assert_eq!(
        out.patterns(),
        [
            "*.update.microsoft.com",
            "*.delivery.mp.microsoft.com",
            "ctldl.windowsupdate.com",
            "http://*.download.windowsupdate.com",
            "*.download.windowsupdate.com",
            "http://go.microsoft.com",
            "go.microsoft.com",
        ]
    );
    assert_eq!(out.codes(), BTreeMap::from([("geography-assumed", 1), ("port-assumed", 1)]));
    assert!(out.only(Code::PortAssumed).message.contains("5 hosts"));
}

#[test]
fn hosts_hidden_in_comments_are_reported_unless_a_row_covers_them() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::Comments];
    let comment = "Alternatively, allow: us-mobile.events.example.com/OneCollector/1.0 \
                   eu-mobile.events.example.com/OneCollector/1.0, see https://aka.ms/x";
    let out = sheet("S", &roles, &[&["WW", "443", "a.example.com", comment]]);
    let hosts: Vec<_> = out.findings.iter().map(|finding| &finding.message).collect();
    assert_eq!(out.codes(), BTreeMap::from([("host-in-comment", 2)]), "{hosts:?}");
    assert_eq!(out.patterns(), ["a.example.com"]);
    let covered = sheet("S", &roles, &[&["WW", "443", "*.events.example.com", comment]]);
    assert!(covered.findings.is_empty(), "{:?}", covered.findings);
}

#[test]
fn a_host_in_the_prose_of_an_endpoint_cell_is_reported() {
    let out = cell("Allow *.a.example.com, formerly old.b.example.net");
    assert_eq!(out.patterns(), ["*.a.example.com"]);
    assert!(out.only(Code::HostInComment).message.contains("old.b.example.net"));
    let out = cell("a.example.com\nNote: example.net too");
    assert_eq!(out.patterns(), ["a.example.com"]);
    assert!(out.only(Code::HostInComment).message.contains("example.net"), "two labels are a host there");
    let out = cell("<a href=\"https://b.example.net/x\">a.example.com</a>");
    assert_eq!(out.patterns(), ["a.example.com"]);
    assert!(out.only(Code::HostInComment).message.contains("b.example.net"));
}

#[test]
fn words_for_one_geography_are_one_geography() {
    let out = sheet(
        "S",
        &URL,
        &[
            &["US Gov", "443", "a.example.com"],
            &["USGov", "443", "b.example.com"],
            &["GCC Mod", "443", "c.example.com"],
            &["Government Community Cloud", "443", "d.example.com"],
            &["All", "443", "e.example.com"],
        ],
    );
    let found: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.geography.to_string()).collect();
    assert_eq!(found, ["USGov", "USGov", "GCC", "GCC", "WW"]);
}

#[test]
fn a_host_that_contradicts_its_geography_is_reported_and_used_as_written() {
    let out = sheet(
        "S",
        &URL,
        &[
            &["AU", "443", "automatedirstrprdaen0a.blob.core.windows.net"],
            &["AU", "443", "automatedirstrprdaus.blob.core.windows.net"],
        ],
    );
    assert_eq!(out.count(|endpoint| endpoint.geography.to_string()), BTreeMap::from([("AU".to_owned(), 2)]));
    let message = &out.only(Code::GeographyMismatch).message;
    assert!(message.contains("serves AEN") && message.contains("says AU"), "{message}");
}

#[test]
fn a_lost_pipe_shifts_cells_and_the_row_keeps_what_still_reads() {
    let out = sheet(
        "S",
        &COMMERCIAL,
        &[
            &[
                "MDE",
                "DoD",
                "C DoD",
                "443",
                "z.example.com",
                "Storage",
                "Required",
                "Yes",
                "",
                "",
                "",
                "",
                "",
            ],
            &[
                "MDE",
                "DoD",
                "C DoD",
                "443",
                "a.example.com",
                "Storage\tRequired",
                "Yes",
                "",
                "",
                "Yes",
                "Yes",
                "",
                "",
            ],
            &["MDE", "DoD", "C DoD", "443", "b.example.com", "", "", "Required", "Yes", "", "", "Yes", "Yes"],
            &["MDE", "DoD", "C DoD", "443", "c.example.com", "", "Required", "", "Yes", "", "", "", "Yes"],
        ],
    );
    assert_eq!(out.patterns(), ["z.example.com", "a.example.com", "b.example.com", "c.example.com"]);
    assert_eq!(out.codes(), BTreeMap::from([("shifted-cells", 3)]));
    let platforms: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.platforms.to_string()).collect();
    assert_eq!(platforms, ["windows", "-", "-", "-"]);
    assert!(out.endpoints.iter().all(|endpoint| endpoint.geography.to_string() == "DoD"));
}

#[test]
fn flags_that_contradict_the_category_are_shifted() {
    let out = sheet(
        "S",
        &COMMERCIAL,
        &[
            &[
                "MDE",
                "GCC",
                "Common (Mac/Linux)",
                "443",
                "a.example.com",
                "",
                "Required",
                "",
                "",
                "Yes",
                "Yes",
            ],
            &[
                "MDE",
                "GCC",
                "Common (Mac/Linux)",
                "443",
                "b.example.com",
                "",
                "Required",
                "",
                "",
                "",
                "Yes",
                "Yes",
            ],
        ],
    );
    let platforms: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.platforms.to_string()).collect();
    assert_eq!(platforms, ["-", "macos+linux"]);
    assert_eq!(out.codes(), BTreeMap::from([("shifted-cells", 1)]));
}

#[test]
fn machine_translation_damage_is_reported_and_never_opened() {
    for (text, probably) in [
        ("*. ods.opinsights.azure.cn", "*.ods.opinsights.azure.cn"),
        ("*.Azure automation.us", "*.azure-automation.us"),
    ] {
        let out = cell(text);
        assert!(out.endpoints.is_empty(), "{text}");
        assert!(out.only(Code::InvalidHost).help[0].contains(probably), "{text}");
    }
}
