use std::sync::Arc;

use super::*;
use crate::ingest::{Column, RawCell, RawRow, RawTable, Role};
use crate::source::{At, Source, SourceId, SourceMap};

const SHEET: &str = "Microsoft Defender URLs";

fn cell(source: SourceId, sheet: &str, row: u32, column: u32, text: &str) -> Place {
    Place::Cell(Cell { source, sheet: Arc::from(sheet), at: At::Cell { row, column }, text: Arc::from(text) })
}

/// The sheet of the workbook, as far as a finding points there.
fn table(source: SourceId) -> RawTable {
    let headers = ["Geography", "Category\r\n", "Port", "Endpoint/URL", "Windows"];
    let columns = headers.iter().zip(1..).map(|(header, column)| Column {
        role: Role::Comments,
        header: Arc::from(*header),
        column,
    });
    let cell = |row| move |(text, column): (&str, u16)| RawCell { column, row, text: Arc::from(text) };
    let row = |row, texts: [&'static str; 5]| RawRow {
        row,
        pointer: None,
        hidden: false,
        cells: texts.into_iter().zip(0..).filter(|(text, _)| !text.is_empty()).map(cell(row)).collect(),
    };
    let long = "Microsoft Defender for Endpoint, every data location and all that goes with it";
    let rows =
        vec![row(12, ["WW", "\u{1b}[1mMac", "", "see", ""]), row(64, ["US", long, "443", "hosts", "Yes"])];
    RawTable { source, sheet: Arc::from(SHEET), columns: columns.collect(), rows }
}

/// Findings of every shape, sorted.
pub(super) fn specimens() -> (Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let mut source =
        |name: &str| sources.add(Source { name: name.into(), sha256: String::new(), date: None });
    let (xlsx, csv, json) = (source("mde-urls.xlsx"), source("list.csv"), source("service-tags.json"));
    sources.keep(vec![table(xlsx)]);
    let blob =
        "ussus1eastprod.blob.core.windows.net\n*.blob.core.windows.net\nunitedstates.cp.wd.microsoft.com";
    let suffix = Diagnostic::new(
        Code::CoversPublicSuffix,
        "`*.blob.core.windows.net` covers a whole public suffix",
        cell(xlsx, SHEET, 64, 4, blob),
        "matches every site under `blob.core.windows.net`",
    )
    .at_level(Level::Hold)
    .help("name the hosts instead: workspace IDs, or the output of TestCloudConnection.exe")
    .help("or waive it in the profile, with reason, owner and expiry");
    let prose = "Root URL for public CDN endpoints, see the vendor's page on how these are chosen and how often they change";
    let waiver = Place::Profile { line: 3, column: 35, text: "*.example.com".into() };
    let mut findings = vec![
        Diagnostic::new(
            Code::PortAssumed,
            "sheet `Microsoft Defender URLs` has no port column",
            cell(xlsx, SHEET, 0, 4, "Endpoint/IP Address/URL"),
            "port 443 is assumed for its 57 rows",
        )
        .help("name ports in the cells where they differ: `host:8443`"),
        Diagnostic::new(
            Code::NotAnEndpoint,
            "an endpoint cell without a host",
            cell(xlsx, SHEET, 12, 4, prose),
            "no host here",
        )
        .help("add the host to the profile under `select: include:`"),
        Diagnostic::new(
            Code::NotAnEndpoint,
            "an endpoint cell without a host",
            cell(xlsx, SHEET, 13, 4, "see\nabove"),
            "no host here",
        ),
        suffix.clone().for_intent(Intent::Direct),
        suffix.clone().for_intent(Intent::BypassInspection),
        suffix.at_level(Level::Warn).for_intent(Intent::Allow),
        Diagnostic::new(
            Code::NeededRefused,
            "`https://a.example.com/` is refused",
            Place::File { file: "etc/squid.conf".into(), line: 14, text: "http_access deny all".into() },
            "",
        )
        .for_intent(Intent::Allow)
        .help("the policy asks for `*.example.com`"),
        Diagnostic::new(
            Code::MissingGeography,
            "no geography for `x.example.com`",
            cell(xlsx, SHEET, 65, 1, ""),
            "blank cell",
        ),
        Diagnostic::new(
            Code::MissingDot,
            "no dot behind the star of `*cdn.example.com`",
            cell(csv, "", 3, 0, "cdn.example.com, *CDN.example.com"),
            "any name that ends so",
        ),
        Diagnostic::new(
            Code::UnsupportedWildcard,
            "`\u{1b}[31m*.*` has no agreed meaning",
            cell(csv, "", 4, 0, "\u{1b}[31m*.*\u{1b}[0m \u{202e}"),
            "a star over everything",
        ),
        Diagnostic::new(
            Code::InvalidHost,
            "`10.0.0.1/8` is no network: address bits set behind the prefix",
            Place::Cell(Cell {
                source: json,
                sheet: Arc::from("MicrosoftDefenderForEndpoint"),
                at: At::Pointer("values[3].properties".into()),
                text: "10.0.0.1/8".into(),
            }),
            "write `10.0.0.0/8`",
        ),
        Diagnostic::new(
            Code::UnusedWaiver,
            "the waiver of `*.example.com` for allow is not used",
            waiver,
            "no pattern needs it",
        )
        .help("remove it"),
        Diagnostic::new(
            Code::WiderThanPolicy,
            "squid lets more through than asked, such as `https://example.com/`",
            Place::Run,
            "",
        )
        .for_target("squid")
        .for_intent(Intent::BypassInspection),
        Diagnostic::new(
            Code::PlaceholderProxy,
            "the profile names no proxy",
            Place::Run,
            "`proxy.invalid:3128` is written",
        )
        .help("write `proxies: [\"proxy.contoso.com:8080\"]`"),
    ];
    sort(&mut findings);
    (findings, sources)
}

#[test]
fn findings_are_in_the_order_of_their_places_and_each_there_once() {
    let (sorted, _) = specimens();
    let mut findings: Vec<Diagnostic> = sorted.iter().rev().chain(&sorted).cloned().collect();
    sort(&mut findings);
    assert_eq!(findings, sorted);
    let places: Vec<String> = sorted
        .iter()
        .map(|finding| match &finding.place {
            Place::Cell(cell) => cell.at.to_string(),
            Place::Profile { line, column, text: _ } => format!("{line}:{column}"),
            Place::File { file, line, text: _ } => format!("{file}:{line}"),
            Place::Run => finding.code.to_string(),
        })
        .collect();
    let want = [
        "E1",
        "E13",
        "E14",
        "E65",
        "E65",
        "E65",
        "B66",
        "A4",
        "A5",
        "values[3].properties",
        "3:35",
        "etc/squid.conf:14",
        "placeholder-proxy",
        "wider-than-policy",
    ];
    assert_eq!(places, want);
}

#[test]
fn every_code_says_what_why_for_example_and_what_instead() {
    for code in Code::ALL {
        let text = code.explanation();
        let parts: Vec<&str> = text.trim().split("\n\n").map(str::trim).collect();
        let [_what, _why, .., example, instead] = parts[..] else {
            panic!("{code} has {} parts:\n{text}", parts.len())
        };
        assert!(example.starts_with("Example: ") && instead.starts_with("Instead: "), "{code}:\n{text}");
        let starts = |word| parts.iter().filter(|part| part.starts_with(word)).count();
        assert_eq!((starts("Example: "), starts("Instead: ")), (1, 1), "{code}");
        assert!(parts.iter().all(|part| part.ends_with(['.', '"'])), "{code} ends in the middle:\n{text}");
    }
}

#[test]
fn codes_are_kebab_case_and_unique() {
    let names: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for name in names {
        assert!(
            name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())),
            "{name}"
        );
    }
}
