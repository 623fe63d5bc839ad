//! Quirks of the vendor's workbooks: that of 2021, and that of 2024 for streamlined connectivity.

use super::*;

#[test]
fn trailing_blanks_are_no_part_of_a_host() {
    assert_eq!(cell("*.blob.core.windows.net ").patterns(), ["*.blob.core.windows.net"]);
    assert_eq!(cell("\tlogin.windows.net  ").patterns(), ["login.windows.net"]);
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
fn the_vendors_typo_names_the_forgotten_sibling() {
    let out = cell("*.oms.opinsights.azure.com\r\n*.oms.opinsights.azure.com\r\n*.blob.core.windows.net");
    assert_eq!(out.patterns(), ["*.oms.opinsights.azure.com", "*.blob.core.windows.net"]);
    let help = &out.only(Code::RepeatedHost).help;
    assert!(help[0].contains("`*.ods.opinsights.azure.com` is missing"), "{help:?}");
    let other = cell("a.example.com\na.example.com");
    assert!(other.only(Code::RepeatedHost).help[0].contains("compare"));
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
        finding.notes.iter().any(|line| line == "2024-08-01, list.xlsx, Old: <1809"),
        "{:?}",
        finding.notes
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
