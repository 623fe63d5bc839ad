//! Tables to endpoints: what the cells mean. Never fails, reports.
//!
//! Nothing here knows a file format, and nothing here selects, merges or judges: every row becomes
//! endpoints or findings, exactly as its source says, with the cell that says so.

mod cell;
mod comments;
mod geography;
mod inspection;
mod platforms;
mod ports;
mod report;
mod requirement;
mod row;
mod text;
mod windows;
mod written;

pub(crate) use windows::{decisive, show as show_claim};

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::diag::Diagnostic;
use crate::ingest::{Document, RawRow, RawTable, Role};
use crate::model::{DomainName, Endpoint, Geography, HostPattern, Platform};
use crate::source::{Cell, SourceId, SourceMap};

/// What became of the rows of a document's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowAccount {
    /// Rows that gave at least one endpoint.
    pub with_endpoints: u64,
    /// Rows that gave findings alone.
    pub findings_only: u64,
}

impl RowAccount {
    /// All rows.
    pub fn total(self) -> u64 {
        self.with_endpoints + self.findings_only
    }
}

impl std::ops::AddAssign for RowAccount {
    fn add_assign(&mut self, other: Self) {
        self.with_endpoints += other.with_endpoints;
        self.findings_only += other.findings_only;
    }
}

/// What a document's tables mean.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Normalized {
    /// The endpoints, in the order of the rows that they come from.
    pub endpoints: Vec<Endpoint>,
    /// What became of the rows; together as many as the tables have.
    pub rows: RowAccount,
}

/// Reads the tables of one document. `host_geography` is the table of known hosts, asked where a sheet
/// has no geography column, and to check the rows of one that has.
///
/// Every row of every table gives endpoints or at least one finding.
pub fn normalize(
    document: &Document,
    sources: &SourceMap,
    host_geography: &dyn Fn(&DomainName) -> Option<Geography>,
    findings: &mut Vec<Diagnostic>,
) -> Normalized {
    let mut run = Run {
        host_geography,
        findings,
        done: Normalized::default(),
        assumed: BTreeMap::new(),
        hidden: comments::HiddenHosts::default(),
        contradicting: BTreeSet::new(),
    };
    let told = sheets_that_tell_geography(document);
    for table in &document.tables {
        let facts = TableFacts::of(table, document, sources, &told);
        for row in &table.rows {
            let before = (run.done.endpoints.len(), run.findings.len());
            row::read(&mut run, &facts, row);
            if run.done.endpoints.len() > before.0 {
                run.done.rows.with_endpoints += 1;
            } else {
                run.done.rows.findings_only += 1;
                // The promise holds whatever `row` forgot.
                if run.findings.len() == before.1 {
                    run.findings.push(report::no_endpoint(table, row));
                }
            }
        }
    }
    run.finish()
}

/// A sheet of a source.
type Sheet = (SourceId, Arc<str>);

/// Sheets with a geography column in which at least one cell says something. A column that is blank
/// from top to bottom is no column: an exported table keeps the header of what it never had.
fn sheets_that_tell_geography(document: &Document) -> BTreeSet<Sheet> {
    document
        .tables
        .iter()
        .filter(|table| table.rows.iter().any(|row| text_of(table, row, Role::Geography).is_some()))
        .map(|table| (table.source, table.sheet.clone()))
        .collect()
}

/// The text of the first cell with this role that is not blank.
fn text_of<'r>(table: &RawTable, row: &'r RawRow, role: Role) -> Option<&'r Arc<str>> {
    row::cells(table, row, role).map(|cell| &cell.text).next()
}

/// What holds for every row of a table.
struct TableFacts<'a> {
    table: &'a RawTable,
    /// Whether the geography column counts.
    has_geography: bool,
    /// Whether the requirement column is answered with yes and no.
    yes_means_required: bool,
    /// Whether a cell of the requirement column is filled: one that is blank from top to bottom is no column.
    asks_requirement: bool,
    /// Platforms that the sheet's name says and no column does.
    platforms: BTreeSet<Platform>,
    /// When the document was changed, where the row does not say.
    date: Option<Date>,
    /// The document, where the row does not say: `mde-urls.xlsx, Security Center URLs`.
    document: String,
}

impl<'a> TableFacts<'a> {
    fn of(table: &'a RawTable, document: &Document, sources: &SourceMap, told: &BTreeSet<Sheet>) -> Self {
        let requirements = || table.rows.iter().filter_map(|row| text_of(table, row, Role::Requirement));
        let source = sources.get(table.source);
        let name = text::shown(&source.name);
        let document_name =
            if table.sheet.is_empty() { name } else { format!("{name}, {}", text::shown(&table.sheet)) };
        Self {
            table,
            has_geography: table.has(Role::Geography) && told.contains(&(table.source, table.sheet.clone())),
            yes_means_required: requirements().all(|text| requirement::word(text).is_none())
                && requirements().any(|text| text::yes_or_no(text).is_some()),
            asks_requirement: requirements().next().is_some(),
            platforms: platforms_of_sheet(table),
            date: document.date.or(source.date),
            document: document_name,
        }
    }
}

fn platforms_of_sheet(table: &RawTable) -> BTreeSet<Platform> {
    if table.has(Role::PlatformList) {
        return BTreeSet::new();
    }
    let mut platforms = platforms::of_sheet(&table.sheet);
    platforms.retain(|&platform| !table.has(Role::PlatformFlag(platform)));
    platforms
}

/// What a sheet left unsaid, counted over its rows for one finding.
#[derive(Default)]
struct Assumed {
    /// Where port 443 was assumed: the first cell, and how many hosts.
    ports: Option<(Cell, u64)>,
    /// Rows with a blank requirement: the first endpoint cell, and how many.
    requirements: Option<(Cell, u64)>,
    /// Where a geography was assumed: the first cell.
    geography: Option<Cell>,
    /// Hosts whose geography is their category's.
    by_category: u64,
    /// Hosts whose geography is in the table of known hosts.
    by_host: u64,
    /// The others, which count as worldwide.
    worldwide: u64,
}

/// One run over a document: what is collected on the way.
struct Run<'a> {
    host_geography: &'a dyn Fn(&DomainName) -> Option<Geography>,
    findings: &'a mut Vec<Diagnostic>,
    done: Normalized,
    assumed: BTreeMap<Sheet, Assumed>,
    hidden: comments::HiddenHosts,
    /// Hosts on which documents disagree, reported already.
    contradicting: BTreeSet<HostPattern>,
}

impl Run<'_> {
    fn assumed(&mut self, table: &RawTable) -> &mut Assumed {
        self.assumed.entry((table.source, table.sheet.clone())).or_default()
    }

    /// Reports what only the whole document tells.
    fn finish(self) -> Normalized {
        for assumed in self.assumed.into_values() {
            self.findings.extend(report::assumed(assumed));
        }
        let patterns = self.done.endpoints.iter().map(|endpoint| &endpoint.pattern.value.host);
        for (host, cell) in self.hidden.uncovered(patterns) {
            self.findings.push(report::host_in_comment(&host, cell));
        }
        self.done
    }
}
