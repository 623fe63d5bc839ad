//! Real documents, read whole, and what hostile ones do.

use super::*;
use crate::diag::{Code, Place};
use crate::source::{Source, SourceMap};

/// A file of the reference material.
macro_rules! shared {
    ($path:literal) => {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/", $path)).unwrap()
    };
}

fn id() -> SourceId {
    SourceMap::default().add(Source { name: "test".into(), sha256: String::new(), date: None })
}

fn read_bytes(bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let document = read(id(), "test", bytes, &mut findings).unwrap();
    (document, findings)
}

#[test]
fn dump() {
    for (name, bytes) in [
        ("2021", shared!("data/mde-urls-2021-03.xlsx")),
        ("2024", shared!("data/mde-streamlined-urls-commercial-2024-08.xlsx")),
        ("std", shared!("data/standard-commercial-2026-07.csv")),
        ("mdav", shared!("data/mdav-2026-07.csv")),
        ("mma", shared!("data/mma.csv")),
        ("chg", shared!("data/streamlined-2026-07-changes.csv")),
        ("q", shared!("data/samples/streamlined_md_quirk_rows_verbatim.md")),
        ("runon", shared!("data/samples/mdav_page_runon_cell_verbatim.md")),
        ("ja", shared!("reference/device-proxy-configuration-2021-12.ja.md")),
    ] {
        let mut findings = Vec::new();
        let document = read(id(), name, &bytes, &mut findings);
        println!("=== {name}");
        match document {
            Err(e) => println!("{e}"),
            Ok(d) => {
                println!("{:?}", d.date);
                for s in &d.sheets {
                    println!("{:?} h{} t{} d{} i{}", s.sheet, s.headers, s.titles, s.data, s.ignored);
                }
                if d.sheets.len() < 12 && name != "2021" && name != "std" {
                    for t in &d.tables {
                        println!("{:?} {:?}", t.sheet, t.columns.iter().map(|c| c.role).collect::<Vec<_>>());
                        for r in t.rows.iter().take(14) {
                            println!(
                                "   {} {:?}",
                                r.row,
                                r.cells
                                    .iter()
                                    .map(|c| (c.column, c.row, c.text.chars().take(60).collect::<String>()))
                                    .collect::<Vec<_>>()
                            );
                        }
                    }
                }
            }
        }
        for f in &findings {
            println!("{} | {} | {}", f.code, f.message, f.label);
        }
    }
}
