//! One test per quirk that was seen in real sheets, or that a hostile one would have.

use super::*;
use crate::diag::Level;
use crate::model::Inspection;

const URL: [Role; 3] = [Role::Geography, Role::Port, Role::Endpoint];

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
fn trailing_blanks_are_no_part_of_a_host() {
    assert_eq!(cell("*.blob.core.windows.net ").patterns(), ["*.blob.core.windows.net"]);
    assert_eq!(cell("\tlogin.windows.net  ").patterns(), ["login.windows.net"]);
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
fn a_star_without_a_dot_is_used_and_reported() {
    let out = cell("*download.windowsupdate.com");
    assert_eq!(out.patterns(), ["*download.windowsupdate.com"]);
    let help = &out.only(Code::MissingDot).help[0];
    assert!(help.contains("\"*download.windowsupdate.com\": \".download.windowsupdate.com\""), "{help}");
    assert!(cell("*-files.sharepoint.com").findings.is_empty(), "no dot is missing before a hyphen");
}

#[test]
fn a_star_over_everything_is_denied() {
    for text in ["*", "*.*", "www.*", "a*b*.example.com"] {
        let out = cell(text);
        assert_eq!(out.only(Code::UnsupportedWildcard).level, Level::Deny, "{text}");
        assert!(out.endpoints.is_empty(), "{text}");
    }
}

#[test]
fn paths_limit_http_and_are_kept_aside_on_https() {
    let roles = &URL;
    let out = sheet(
        "S",
        roles,
        &[
            &["WW", "80", "www.microsoft.com/pkiops/*"],
            &["WW", "80", "http://www.microsoft.com/pkiops/crl/"],
            &["WW", "443", "https://msdl.microsoft.com/download/symbols"],
            &["WW", "443", "fe3cr.delivery.mp.microsoft.com/ClientWebService/client.asmx"],
            &["WW", "80", "a.example.com/a*b"],
        ],
    );
    assert_eq!(
        out.patterns(),
        [
            "http://www.microsoft.com/pkiops/*",
            "http://www.microsoft.com/pkiops/crl/*",
            "msdl.microsoft.com",
            "fe3cr.delivery.mp.microsoft.com",
        ]
    );
    assert_eq!(out.endpoints[2].https_path.as_deref(), Some("/download/symbols"));
    assert_eq!(out.codes(), BTreeMap::from([("invalid-path", 1), ("path-on-https", 2)]));
}

#[test]
fn a_query_is_dropped_with_a_finding() {
    let out = sheet("S", &URL, &[&["WW", "80", "http://a.example.com/x?y=1"]]);
    assert_eq!(out.patterns(), ["http://a.example.com/x"]);
    assert!(out.only(Code::DroppedQuery).message.contains("?y=1"));
}

#[test]
fn the_scheme_and_the_port_are_both_kept() {
    let out = sheet(
        "S",
        &URL,
        &[
            &["WW", "", "https://*.microsoftonline-p.com"],
            &["WW", "8443", "https://a.example.com"],
            &["WW", "443", "http://a.example.com"],
            &["WW", "443", "b.example.com:8443"],
            &["WW", "80", "https://b.example.com:8443/x"],
            &["WW", "443 (+80 required)", "go.microsoft.com"],
        ],
    );
    assert_eq!(
        out.patterns(),
        [
            "*.microsoftonline-p.com",
            "a.example.com:8443",
            "http://a.example.com:443",
            "b.example.com:8443",
            "b.example.com:8443",
            "http://go.microsoft.com",
            "go.microsoft.com",
        ]
    );
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
fn a_blank_group_of_platforms_is_not_stated() {
    let row = |flags: [&'static str; 5]| {
        let mut row = vec!["MDE", "WW", "C", "443", "a.example.com", "", "Required"];
        row.extend(flags);
        let out = sheet("S", &COMMERCIAL, &[&row]);
        (out.endpoints[0].platforms.to_string(), out.codes())
    };
    assert_eq!(row(["", "", "", "", ""]), ("-".to_owned(), BTreeMap::new()));
    assert_eq!(row(["Yes*", "No", "", "", ""]), ("windows".to_owned(), BTreeMap::new()));
    assert_eq!(row(["", "", "", "はい", "Yes"]), ("macos+linux".to_owned(), BTreeMap::new()));
    assert_eq!(row(["No", "No", "", "", ""]), ("-".to_owned(), BTreeMap::from([("unknown-platform", 1)])));
    assert_eq!(
        row(["maybe", "", "", "", "Yes"]),
        ("-".to_owned(), BTreeMap::from([("unknown-platform", 1)]))
    );
}

#[test]
fn a_sheet_named_after_windows_is_for_windows() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::PlatformFlag(Platform::MacOs)];
    let out = sheet(
        "Windows 1607 to 1803",
        &roles,
        &[&["All", "443", "a.example.com", "Yes"], &["All", "443", "b.example.com", ""]],
    );
    let platforms: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.platforms.to_string()).collect();
    assert_eq!(platforms, ["windows+macos", "windows"]);
}

#[test]
fn platform_lists_are_read() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::PlatformList];
    let out = sheet(
        "S",
        &roles,
        &[
            &["WW", "443", "a.example.com", "All"],
            &["WW", "443", "b.example.com", "Windows 1607-1803"],
            &["WW", "443", "c.example.com", "Solaris"],
        ],
    );
    let platforms: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.platforms.to_string()).collect();
    assert_eq!(platforms, ["windows+macos+linux", "windows", "-"]);
    assert_eq!(out.codes(), BTreeMap::from([("unknown-platform", 1)]));
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
fn a_blank_or_unknown_geography_holds_the_row() {
    let out = sheet(
        "S",
        &URL,
        &[&["", "443", "a.example.com"], &["Mars", "443", "b.example.com"], &["EU", "443", "c.example.com"]],
    );
    assert_eq!(out.patterns(), ["c.example.com"]);
    assert_eq!(out.only(Code::MissingGeography).level, Level::Hold);
    assert_eq!(out.only(Code::UnknownGeography).level, Level::Hold);
}

#[test]
fn without_a_geography_column_the_category_then_the_host_then_everywhere() {
    let (sources, id) = sources(None);
    let rows = [
        ["Microsoft Defender for Endpoint AU", "443", "*.a.example.com"],
        ["Microsoft Defender for Endpoint GCC High", "443", "b.example.com"],
        ["Common", "443", "known.example.com"],
        ["Common", "443", "other.example.com"],
    ]
    .map(|row| row.map(str::to_owned).to_vec());
    let known = |name: &DomainName| {
        (name.as_str() == "known.example.com").then(|| crate::regions::lookup("EU").unwrap())
    };
    let out =
        run(&sources, vec![table(id, "S", &[Role::Category, Role::Port, Role::Endpoint], &rows)], &known);
    let found: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.geography.to_string()).collect();
    assert_eq!(found, ["AU", "GCCHigh", "EU", "WW"]);
    let message = &out.only(Code::GeographyAssumed).message;
    assert!(message.contains("2 hosts by category, 1 by the table of known hosts, 1 worldwide"), "{message}");
}

#[test]
fn a_geography_column_that_is_blank_throughout_is_no_column() {
    let out = sheet("S", &URL, &[&["", "443", "a.example.com"], &["", "443", "b.example.com"]]);
    assert_eq!(out.count(|endpoint| endpoint.geography.to_string()), BTreeMap::from([("WW".to_owned(), 2)]));
    assert_eq!(out.codes(), BTreeMap::from([("geography-assumed", 1)]));
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
fn a_requirement_column_of_yes_and_no_is_not_shifted() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::Requirement];
    let out = sheet(
        "S",
        &roles,
        &[&["WW", "443", "a.example.com", "true"], &["WW", "443", "b.example.com", "false"]],
    );
    assert!(out.findings.is_empty(), "{:?}", out.findings);
    use crate::model::Requirement::{Optional, Required};
    let found: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.requirement).collect();
    assert_eq!(found, [Some(Required), Some(Optional)]);
}

#[test]
fn an_unknown_requirement_counts_as_not_stated() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::Requirement];
    let out = sheet("S", &roles, &[&["WW", "443", "a.example.com", "Recommended"]]);
    assert_eq!(out.endpoints[0].requirement, None);
    out.only(Code::UnknownRequirement);
}

#[test]
fn the_vendors_typo_names_the_forgotten_sibling() {
    let out = cell("*.oms.opinsights.azure.com\r\n*.oms.opinsights.azure.com\r\n*.blob.core.windows.net");
    assert_eq!(out.patterns(), ["*.oms.opinsights.azure.com", "*.blob.core.windows.net"]);
    let help = &out.only(Code::RepeatedHost).help;
    assert!(help[0].contains("`*.ods.opinsights.azure.com` is missing"), "{help:?}");
    let other = cell("a.example.com\na.example.com");
    assert!(other.only(Code::RepeatedHost).help[0].contains("compare"));
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

#[test]
fn mail_and_udp_ports_are_reported_and_443_is_not_invented() {
    let roles = [Role::Geography, Role::Port, Role::UdpPort, Role::Endpoint];
    let out = sheet(
        "S",
        &roles,
        &[
            &["WW", "995", "", "*.outlook.example.com"],
            &["WW", "", "3478,3479", "10.0.0.0/8"],
            &["WW", "", "3478", ""],
            &["WW", "80, 443, 993", "", "a.example.com"],
            &["WW", "443", "443", "b.example.com"],
            &["WW", "443/UDP", "", "c.example.com"],
        ],
    );
    assert_eq!(out.patterns(), ["http://a.example.com", "a.example.com", "b.example.com"]);
    assert_eq!(out.codes(), BTreeMap::from([("unsupported-protocol", 6)]));
}

#[test]
fn an_unreadable_port_holds_the_row() {
    let out = sheet("S", &URL, &[&["WW", "any", "a.example.com"], &["WW", "70000", "b.example.com"]]);
    assert!(out.endpoints.is_empty());
    assert_eq!(out.codes(), BTreeMap::from([("invalid-port", 2)]));
}

#[test]
fn a_sheet_without_ports_is_reported_once() {
    let roles = [Role::Geography, Role::Endpoint];
    let out = sheet("S", &roles, &[&["WW", "a.example.com"], &["WW", "b.example.com\nhttp://c.example.com"]]);
    assert_eq!(out.patterns(), ["a.example.com", "b.example.com", "http://c.example.com"]);
    assert!(out.only(Code::PortAssumed).message.contains("2 hosts in `S`"));
}

#[test]
fn windows_claims_of_comments_carry_the_documents_date() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::Comments];
    let out = sheet(
        "Old",
        &roles,
        &[
            &["WW", "443", "a.example.com", "Not required for Windows 10 1803 (RS4) and above"],
            &[
                "WW",
                "443",
                "settings-win.data.microsoft.com",
                "Not required for Windows 10 1809 (RS5) and above",
            ],
            &["EU", "443", "settings-win.data.microsoft.com", ""],
        ],
    );
    let claim = &out.endpoints[0].windows[0];
    assert_eq!((claim.needed_by.to_string().as_str(), claim.document.as_str()), ("<1803", "list.xlsx, Old"));
    assert_eq!(claim.date, Some("2024-08-01".parse().unwrap()));
    assert_eq!(out.endpoints[0].windows.len(), 1);
    // Once for the host, though two rows name it.
    let finding = out.only(Code::ContradictingDocuments);
    assert!(
        finding.help.iter().any(|line| line == "2024-08-01, list.xlsx, Old: <1809"),
        "{:?}",
        finding.help
    );
    assert!(finding.label.contains("<=1703"), "{}", finding.label);
}

#[test]
fn direct_connections_are_read_from_comments_and_descriptions() {
    let roles = [Role::Geography, Role::Port, Role::Endpoint, Role::Description, Role::Comments];
    let out = sheet(
        "S",
        &roles,
        &[
            &["WW", "443", "a.example.com", "", "Live Response (Direct Connection/Proxy bypass required)"],
            &["WW", "443", "b.example.com", "This service can't be used through a proxy.", ""],
            &["WW", "443", "c.example.com", "", "Required"],
        ],
    );
    let direct: Vec<_> = out.endpoints.iter().map(|endpoint| endpoint.direct_required).collect();
    assert_eq!(direct, [true, true, false]);
}

#[test]
fn columns_of_built_in_lists_set_their_fields() {
    let roles = [
        Role::Geography,
        Role::Port,
        Role::Endpoint,
        Role::Direct,
        Role::WindowsReleases,
        Role::Document,
        Role::DocumentDate,
        Role::Inspection,
    ];
    let out = sheet(
        "",
        &roles,
        &[
            &["WW", "443", "a.example.com", "yes", ">=1803", "page", "2026-07-02", "Yes"],
            &["WW", "443", "b.example.com", "", "later", "page", "", "No"],
        ],
    );
    let [a, b] = &out.endpoints[..] else { panic!("{:?}", out.patterns()) };
    assert!(a.direct_required && !b.direct_required);
    let claim = &a.windows[0];
    assert_eq!((claim.needed_by.to_string(), claim.document.as_str()), (">=1803".to_owned(), "page"));
    assert_eq!(claim.date, Some("2026-07-02".parse().unwrap()));
    assert_eq!((a.inspection, b.inspection), (Inspection::Exempt, Inspection::MayInspect));
    assert_eq!(out.codes(), BTreeMap::from([("unread-text", 1)]));
}

#[test]
fn a_sheet_of_service_tags_names_where_their_addresses_are() {
    let roles = [Role::ServiceTag, Role::Description, Role::Comments, Role::PlatformList];
    let out = sheet(
        "IP addresses",
        &roles,
        &[
            &["MicrosoftDefenderForEndpoint", "MAPS", "", "All"],
            &["OneDsCollector (EDR Cyberdata)", "EDR", "", "All"],
        ],
    );
    assert!(out.endpoints.is_empty());
    assert_eq!(out.codes(), BTreeMap::from([("named-service-tag", 2)]));
    assert!(out.findings[1].message.contains("`OneDsCollector`"));
}

#[test]
fn a_row_without_an_endpoint_is_reported() {
    let out = sheet("S", &URL, &[&["WW", "443", ""], &["WW", "443", "-"]]);
    assert_eq!(out.codes(), BTreeMap::from([("not-an-endpoint", 2)]));
}

#[test]
fn addresses_are_endpoints() {
    let out = cell("13.107.6.152/31, 2603:1006::/40, 10.0.0.1/8");
    assert_eq!(out.patterns(), ["13.107.6.152/31", "[2603:1006::/40]"]);
    assert!(out.only(Code::InvalidHost).help[0].contains("10.0.0.0/8"));
}

#[test]
fn hostile_text_is_reported_without_its_control_characters() {
    let long = "x".repeat(100_000);
    for text in [
        "a.example.com\u{1b}[31m",
        "\u{202e}moc.elpmaxe.a",
        "user:secret@a.example.com",
        "https://a.example.com\u{0}/x",
        "javascript://a.example.com/%0aalert(1)",
        &format!("{long}.example.com"),
        &format!("https://{long}:{long}/{long}"),
        &"(".repeat(100_000),
        &"[".repeat(100_000),
        &"`".repeat(99_999),
        &"<".repeat(100_000),
        &"[](".repeat(50_000),
    ] {
        let out = cell(text);
        assert!(out.endpoints.is_empty(), "{:?}", out.patterns());
        assert!(!out.findings.is_empty());
    }
    // Headers and other cells are hostile too.
    let evil = "\u{1b}[2J\u{7}";
    let out = sheet(
        evil,
        &[Role::Geography, Role::Port, Role::Endpoint, Role::Requirement, Role::PlatformList],
        &[
            &["WW", evil, "a.example.com", evil, evil],
            &[evil, "443", "a.example.com", evil, evil],
            &["WW", "443", "a.example.com", evil, evil],
        ],
    );
    assert_eq!(out.patterns(), ["a.example.com"]);
}

#[test]
fn same_input_gives_the_same_output() {
    let rows: &[&[&str]] = &[
        &[
            "AU",
            "443",
            "automatedirstrprdaen0a.blob.core.windows.net\n*.x.example.com see b.c.example.org a.c.example.org",
        ],
        &["EU", "80, 443", "a.example.com/x"],
    ];
    let (one, two) = (sheet("S", &URL, rows), sheet("S", &URL, rows));
    assert_eq!(one.endpoints, two.endpoints);
    assert_eq!(one.findings, two.findings);
}
