use std::path::PathBuf;

use super::*;
use crate::ingest::{RawRow, RawTable, json};
use crate::source::{Source, SourceMap};

fn read_all(bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let source = Source { name: "tags.json".into(), sha256: String::new(), date: None };
    let source = SourceMap::default().add(source);
    let mut findings = Vec::new();
    let document = json::read(source, bytes, &mut findings).unwrap();
    (document, findings)
}

fn real() -> Vec<u8> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../shared/data/service-tags-public-excerpt.json"].iter().collect();
    std::fs::read(path).unwrap()
}

fn text<'r>(table: &'r RawTable, row: &'r RawRow, role: Role) -> &'r str {
    table.find(row, role).map_or("", |cell| &cell.text)
}

fn tags(values: &str) -> Vec<u8> {
    format!("{{\"cloud\": \"Public\", \"values\": [{values}]}}").into_bytes()
}

fn tag(name: &str, prefixes: &str) -> String {
    format!(
        "{{\"name\": \"{name}\", \"properties\": {{\"region\": \"\", \"addressPrefixes\": [{prefixes}]}}}}"
    )
}

#[test]
fn only_defenders_tags_become_rows() {
    let (document, findings) = read_all(&real());
    let [table] = &document.tables[..] else { panic!("{} tables", document.tables.len()) };
    let of = |name: &str| table.rows.iter().filter(|row| text(table, row, Role::Service) == name).count();
    assert_eq!((of("MicrosoftDefenderForEndpoint"), of("OneDsCollector"), table.rows.len()), (25, 158, 183));
    assert!(table.rows.iter().all(|row| text(table, row, Role::Geography) == "WW"));
    assert!(!table.has(Role::Port));
    assert_eq!(document.sheets[0].data, 183);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.code, Code::IgnoredServiceTags);
    assert_eq!(finding.message, "2 service tags of the file are used, 3 others are not");
}

#[test]
fn a_row_points_at_its_prefix() {
    let (document, _) = read_all(&real());
    let table = &document.tables[0];
    let value: serde_json::Value = serde_json::from_slice(&real()).unwrap();
    for (row, at) in [(0, (2, 0)), (24, (2, 24)), (25, (3, 0)), (182, (3, 157))] {
        let row = &table.rows[row];
        let cell = table.cell(row, table.find(row, Role::Endpoint).unwrap());
        assert_eq!(cell.at.to_string(), format!("values[{}].properties.addressPrefixes[{}]", at.0, at.1));
        assert_eq!(&*cell.text, value["values"][at.0]["properties"]["addressPrefixes"][at.1]);
    }
}

#[test]
fn byte_order_marks_and_line_ends_do_not_matter() {
    let text = String::from_utf8(real()).unwrap();
    let want = read_all(text.as_bytes());
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(read_all(windows.as_bytes()), want);
    let utf16: Vec<u8> = windows.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_all(&utf16), want);
}

#[test]
fn a_region_is_a_geography_where_it_is_known() {
    let values = [
        tag("OneDsCollector.UK", "\"10.0.0.0/8\""),
        tag("OneDsCollector.WestEurope", "\"10.1.0.0/16\", \"2001:db8::/32\""),
        tag("OneDsCollectorX", "\"10.2.0.0/16\""),
        tag("xOneDsCollector", "\"10.3.0.0/16\""),
    ];
    let (document, findings) = read_all(&tags(&values.join(",")));
    let table = &document.tables[0];
    let geographies: Vec<&str> = table.rows.iter().map(|row| text(table, row, Role::Geography)).collect();
    assert_eq!(geographies, ["UK", "WW", "WW"]);
    assert_eq!(text(table, &table.rows[1], Role::Service), "OneDsCollector.WestEurope");
    let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::GeographyAssumed, Code::IgnoredServiceTags]);
    assert!(findings[0].message.contains("`WestEurope`"));
}

#[test]
fn the_cloud_of_the_file_decides_where_its_addresses_serve() {
    for (cloud, want) in [("Public", "WW"), ("AzureGovernment", "USGov"), ("AzureChina", "AzureChina")] {
        let values = tag("OneDsCollector", "\"10.0.0.0/8\"");
        // The order of keys is not promised.
        for text in [
            format!("{{\"cloud\": \"{cloud}\", \"values\": [{values}]}}"),
            format!("{{\"values\": [{values}], \"cloud\": \"{cloud}\"}}"),
        ] {
            let (document, _) = read_all(text.as_bytes());
            let table = &document.tables[0];
            assert_eq!(text_of_first(table), want);
        }
    }
    // Held as unknown, not taken for worldwide.
    assert_eq!(regions::lookup("AzureChina"), None);
}

fn text_of_first(table: &RawTable) -> &str {
    text(table, &table.rows[0], Role::Geography)
}

#[test]
fn a_list_of_addresses_brings_no_names() {
    let values = tag("OneDsCollector", "\"10.0.0.0/8\", \"evil.test\", \"*\", \"\", \"10.0.0.0/99\"");
    let (document, findings) = read_all(&tags(&values));
    assert_eq!(document.tables[0].rows.len(), 1);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(
        (finding.code, &*finding.message),
        (Code::InvalidHost, "4 entries of the tag `OneDsCollector` are no address prefixes")
    );
    let crate::diag::Place::Cell(cell) = &finding.place else { panic!() };
    assert_eq!(cell.at.to_string(), "values[0].properties.addressPrefixes[1]");
}

#[test]
fn a_file_without_the_tags_says_so_and_gives_no_table() {
    let (document, findings) = read_all(&tags(&tag("Storage", "\"10.0.0.0/8\"")));
    assert_eq!(document.tables, []);
    assert_eq!(findings[0].message, "0 service tags of the file are used, 1 others are not");
    assert_eq!(read_all(&tags("")).1, []);
}
