use std::path::PathBuf;

use super::*;
use crate::diag::Place;
use crate::ingest::{RawRow, RawTable, json};
use crate::source::{Source, SourceMap};

fn read_all(bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let source = Source { name: "m365.json".into(), sha256: String::new(), date: None };
    let source = SourceMap::default().add(source);
    let mut findings = Vec::new();
    let document = json::read(source, bytes, &mut findings).unwrap();
    (document, findings)
}

fn text<'r>(table: &'r RawTable, row: &'r RawRow, role: Role) -> &'r str {
    table.find(row, role).map_or("", |cell| &cell.text)
}

fn shown(document: &Document) -> Vec<String> {
    let table = &document.tables[0];
    table
        .rows
        .iter()
        .map(|row| {
            let cell = |role| text(table, row, role);
            let at = table.cell(row, table.find(row, Role::Endpoint).unwrap()).at;
            format!(
                "{at} {} tcp={} udp={} {} {}",
                cell(Role::Endpoint),
                cell(Role::Port),
                cell(Role::UdpPort),
                cell(Role::Category),
                cell(Role::Requirement)
            )
        })
        .collect()
}

#[test]
fn every_url_and_every_address_is_a_row() {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../shared/data/m365-endpoints-excerpt.json"].iter().collect();
    let (document, findings) = read_all(&std::fs::read(path).unwrap());
    let rows = shown(&document);
    assert_eq!(rows.len(), 2 + 4 + 2 + 1 + 3 + 5 + 3 + 3);
    for want in [
        "[0].urls[0] outlook.office.com tcp=80,443 udp= Optimize Required",
        "[0].ips[3] 2620:1ec:4::152/128 tcp=80,443 udp= Optimize Required",
        "[1].urls[0] *.outlook.office.com tcp=995 udp= Allow Optional",
        "[2].ips[0] 13.107.64.0/18 tcp= udp=3478,3479,3480,3481 Optimize Required",
        "[5].urls[1] *-files.sharepoint.com tcp=80,443 udp= Default Required",
    ] {
        assert!(rows.iter().any(|row| row == want), "{want}: {rows:#?}");
    }
    assert_eq!(findings, []);
    let table = &document.tables[0];
    assert_eq!(text(table, &table.rows[0], Role::Service), "Exchange Online");
    assert_eq!(text(table, &table.rows[6], Role::Comments), "Exchange Online POP3 migration");
    assert!(!table.has(Role::Geography));
}

#[test]
fn an_entry_without_hosts_is_a_finding() {
    let (document, findings) = read_all(
        br#"[{"id": 1, "serviceArea": "A"}, {"id": "2", "serviceArea": "B", "urls": [], "ips": null, "tcpPorts": "443"},
             {"id": 3, "serviceArea": "C", "urls": ["a.test", " "], "ips": ["b.test", "10.0.0.1"]}]"#,
    );
    let places: Vec<(Code, String)> = findings
        .iter()
        .map(|finding| match &finding.place {
            Place::Cell(cell) => (finding.code, cell.at.to_string()),
            place => panic!("{place:?}"),
        })
        .collect();
    let place = |code, at: &str| (code, at.to_owned());
    assert_eq!(
        places,
        [
            place(Code::NotAnEndpoint, "[0]"),
            place(Code::NotAnEndpoint, "[1]"),
            place(Code::NotAnEndpoint, "[2].urls[1]"),
            place(Code::InvalidHost, "[2].ips[0]"),
        ]
    );
    assert_eq!(shown(&document).len(), 2);
    assert_eq!(document.sheets[0].data, 6);
    assert_eq!(read_all(b"[]").0.tables, []);
}
