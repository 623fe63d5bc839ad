//! Quirks of lists that are not the vendor's tables: those that users write, other feeds, the built-in ones.

use super::*;
use crate::diag::Level;
use crate::model::Inspection;

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
fn a_query_is_dropped_with_a_finding() {
    let out = sheet("S", &URL, &[&["WW", "80", "http://a.example.com/x?y=1"]]);
    assert_eq!(out.patterns(), ["http://a.example.com/x"]);
    assert!(out.only(Code::DroppedQuery).message.contains("?y=1"));
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
fn a_geography_column_that_is_blank_throughout_is_no_column() {
    let out = sheet("S", &URL, &[&["", "443", "a.example.com"], &["", "443", "b.example.com"]]);
    assert_eq!(out.count(|endpoint| endpoint.geography.to_string()), BTreeMap::from([("WW".to_owned(), 2)]));
    assert_eq!(out.codes(), BTreeMap::from([("geography-assumed", 1)]));
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
