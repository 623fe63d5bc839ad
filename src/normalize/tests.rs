//! Whole tables: one test per quirk, in a file for the documents that it was seen in or that would have
//! it, then the real sheets.

mod hostile;
mod lists;
mod pages;
mod real;
mod workbooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Normalized, normalize};
use crate::diag::{Code, Diagnostic, Place};
use crate::ingest::{Column, Document, RawCell, RawRow, RawTable, Role};
use crate::model::{DomainName, Endpoint, Geography, Platform};
use crate::source::{At, Source, SourceId, SourceMap};

/// The roles of the vendor's commercial table.
const COMMERCIAL: [Role; 13] = [
    Role::Service,
    Role::Geography,
    Role::Category,
    Role::Port,
    Role::Endpoint,
    Role::Description,
    Role::Requirement,
    Role::PlatformFlag(Platform::Windows),
    Role::PlatformFlag(Platform::Windows),
    Role::PlatformFlag(Platform::Windows),
    Role::PlatformFlag(Platform::MacOs),
    Role::PlatformFlag(Platform::Linux),
    Role::Comments,
];

/// The roles of the plainest list.
const URL: [Role; 3] = [Role::Geography, Role::Port, Role::Endpoint];

fn sources(date: Option<&str>) -> (SourceMap, SourceId) {
    let mut sources = SourceMap::default();
    let date = date.map(|date| date.parse().unwrap());
    let id = sources.add(Source { name: "list.xlsx".to_owned(), sha256: String::new(), date });
    (sources, id)
}

/// A table as ingest gives it: blank cells are not there, rows without cells neither.
fn table(source: SourceId, sheet: &str, roles: &[Role], rows: &[Vec<String>]) -> RawTable {
    let columns = roles
        .iter()
        .zip(0..)
        .map(|(&role, column)| Column { role, header: Arc::from(format!("{role:?}")), column })
        .collect();
    let rows = rows
        .iter()
        .zip(1..)
        .map(|(cells, row)| RawRow {
            row,
            pointer: None,
            hidden: false,
            cells: cells
                .iter()
                .zip(0..)
                .filter(|(text, _)| !text.trim().is_empty())
                .map(|(text, column)| RawCell { column, row, text: Arc::from(text.as_str()) })
                .collect(),
        })
        .filter(|row| !row.cells.is_empty())
        .collect();
    RawTable { source, sheet: Arc::from(sheet), columns, rows }
}

/// The outcome of a run, with its invariant checked: every row gives an endpoint or a finding.
struct Outcome {
    endpoints: Vec<Endpoint>,
    findings: Vec<Diagnostic>,
}

fn run(
    sources: &SourceMap,
    tables: Vec<RawTable>,
    known: &dyn Fn(&DomainName) -> Option<Geography>,
) -> Outcome {
    let document = Document { tables, sheets: Vec::new(), date: None };
    let mut findings = Vec::new();
    let Normalized { endpoints, rows } = normalize(&document, sources, known, &mut findings);
    let all: usize = document.tables.iter().map(|table| table.rows.len()).sum();
    assert_eq!(rows.total(), all as u64, "every row is counted once");
    let mut placed = BTreeMap::new();
    for cell in endpoints.iter().filter_map(|endpoint| endpoint.pattern.from.first()) {
        placed.insert((cell.sheet.clone(), cell.at.clone()), true);
    }
    let row_of = |at: &At| match at {
        At::Cell { row, .. } => *row,
        other => panic!("{other}"),
    };
    let with_endpoints: std::collections::BTreeSet<_> =
        placed.keys().map(|(sheet, at)| (sheet.clone(), row_of(at))).collect();
    assert_eq!(rows.with_endpoints, with_endpoints.len() as u64);
    let with_findings: std::collections::BTreeSet<_> = findings
        .iter()
        .map(|finding| match &finding.place {
            Place::Cell(cell) => (cell.sheet.clone(), row_of(&cell.at)),
            other => panic!("{other:?}"),
        })
        .collect();
    for table in &document.tables {
        for row in &table.rows {
            let place = (table.sheet.clone(), row.row);
            assert!(
                with_endpoints.contains(&place) || with_findings.contains(&place),
                "row {} is lost",
                row.row
            );
        }
    }
    for finding in &findings {
        let texts = [&finding.message, &finding.label].into_iter().chain(&finding.notes).chain(&finding.help);
        for text in texts {
            assert!(!text.chars().any(char::is_control) && !text.ends_with('.'), "{text:?}");
            assert!(text.len() < 1000, "{text}");
        }
        assert!(!finding.help.is_empty(), "{finding:?}");
    }
    Outcome { endpoints, findings }
}

/// One sheet of a document of 2024-08-01, no host known.
fn sheet(name: &str, roles: &[Role], rows: &[&[&str]]) -> Outcome {
    let (sources, id) = sources(Some("2024-08-01"));
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    run(&sources, vec![table(id, name, roles, &rows)], &|_| None)
}

/// One cell beside a port column that says 443, worldwide.
fn cell(text: &str) -> Outcome {
    sheet("S", &URL, &[&["WW", "443", text]])
}

impl Outcome {
    /// The patterns, in order.
    fn patterns(&self) -> Vec<String> {
        self.endpoints.iter().map(|endpoint| endpoint.pattern.value.to_string()).collect()
    }

    /// The codes with their counts.
    fn codes(&self) -> BTreeMap<&'static str, usize> {
        let mut codes = BTreeMap::new();
        for finding in &self.findings {
            *codes.entry(finding.code.as_str()).or_default() += 1;
        }
        codes
    }

    /// The only finding of a code.
    fn only(&self, code: Code) -> &Diagnostic {
        let found: Vec<_> = self.findings.iter().filter(|finding| finding.code == code).collect();
        assert_eq!(found.len(), 1, "{code}: {:?}", self.findings);
        found[0]
    }

    /// How many endpoints have each value of something.
    fn count<T: Ord>(&self, of: impl Fn(&Endpoint) -> T) -> BTreeMap<T, usize> {
        let mut counts = BTreeMap::new();
        for endpoint in &self.endpoints {
            *counts.entry(of(endpoint)).or_default() += 1;
        }
        counts
    }
}
