//! The vendor's tables, read from the shared test data and counted in full.

use calamine::{Data, Reader, Xlsx};

use super::*;
use crate::model::Requirement;

fn data(name: &str) -> String {
    format!("{}/../shared/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The real reader belongs to `ingest`; this one reads a CSV file whose roles are known.
fn csv(name: &str, roles: &[Role]) -> Outcome {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(data(name)).unwrap();
    let rows: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    let (sources, id) = sources(None);
    run(&sources, vec![table(id, "", roles, &rows)], &|_| None)
}

/// A sheet of a workbook as one table: the rows behind the first header that begins with `header`,
/// without the headers and section rows between them. Columns in `inherit` take over the cell above
/// where they are blank, as merged cells do.
fn sheet_of(
    id: SourceId,
    workbook: &str,
    sheet: &str,
    header: &str,
    roles: &[Role],
    inherit: &[usize],
) -> RawTable {
    let mut book: Xlsx<_> = calamine::open_workbook(data(workbook)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut begun = false;
    for cells in range.rows() {
        let mut row: Vec<String> = cells.iter().take(roles.len()).map(Data::to_string).collect();
        let is_section =
            row[1..].iter().all(|text| text.is_empty()) && !inherit.is_empty() && !row[0].is_empty();
        let is_header = row[0].trim() == header;
        begun |= is_header;
        if !begun || is_header || is_section || row.iter().all(|text| text.is_empty()) {
            continue;
        }
        for &column in inherit {
            if row[column].is_empty() {
                row[column] = rows.last().map(|above| above[column].clone()).unwrap_or_default();
            }
        }
        rows.push(row);
    }
    table(id, sheet.trim(), roles, &rows)
}

/// The columns of the lists that were written down by hand.
const PLAIN: [Role; 9] = [
    Role::Document,
    Role::Service,
    Role::Category,
    Role::Geography,
    Role::Endpoint,
    Role::Port,
    Role::Requirement,
    Role::PlatformList,
    Role::Comments,
];

const WINDOWS: Role = Role::PlatformFlag(Platform::Windows);
const MAC: Role = Role::PlatformFlag(Platform::MacOs);
const LINUX: Role = Role::PlatformFlag(Platform::Linux);

/// `AU 11, EU 15`.
fn counted<T: ToString + Ord>(counts: BTreeMap<T, usize>) -> String {
    let list: Vec<String> =
        counts.into_iter().map(|(value, count)| format!("{} {count}", value.to_string())).collect();
    list.join(", ")
}

impl Outcome {
    fn geographies(&self) -> String {
        counted(self.count(|endpoint| endpoint.geography.to_string()))
    }

    fn platforms(&self) -> String {
        counted(self.count(|endpoint| endpoint.platforms.to_string()))
    }

    fn ports(&self) -> String {
        counted(self.count(|endpoint| endpoint.pattern.value.ports.to_string()))
    }

    /// The exact patterns whose endpoints have a property.
    fn hosts(&self, of: impl Fn(&Endpoint) -> bool) -> Vec<String> {
        let chosen = self.endpoints.iter().filter(|endpoint| of(endpoint));
        chosen.map(|endpoint| endpoint.pattern.value.host.to_string()).collect()
    }
}

#[test]
fn the_commercial_table_of_2026_is_read_whole() {
    let out = csv("standard-commercial-2026-07.csv", &COMMERCIAL);
    // 103 rows: one holds prose, every other one host.
    assert_eq!(out.endpoints.len(), 102);
    assert_eq!(out.geographies(), "AEC 1, AEN 1, AU 11, EU 15, UK 11, US 23, WW 40");
    assert_eq!(out.platforms(), "linux 1, macos+linux 6, windows 38, windows+macos+linux 57");
    assert_eq!(out.ports(), "443 98, 80 4");
    let requirement = |wanted| out.hosts(|endpoint| endpoint.requirement == Some(wanted)).len();
    assert_eq!((requirement(Requirement::Required), requirement(Requirement::Optional)), (76, 26));
    assert_eq!(counted(out.codes()), {
        "contradicting-documents 1, geography-mismatch 2, missing-dot 1, not-an-endpoint 1, path-on-https 4"
    });
    let mismatch: Vec<_> =
        out.findings.iter().filter(|finding| finding.code == Code::GeographyMismatch).collect();
    assert!(mismatch[0].message.contains("automatedirstrprdaen0a"), "{}", mismatch[0].message);
    assert!(mismatch[1].message.contains("automatedirstrprdaec0a"), "{}", mismatch[1].message);
    assert_eq!(
        out.hosts(|endpoint| endpoint.direct_required),
        ["*.wns.windows.com", "login.microsoftonline.com", "login.live.com"]
    );
    assert_eq!(
        out.hosts(|endpoint| !endpoint.windows.is_empty()).len(),
        1 + 5 + 4,
        "settings-win, v-win, v20"
    );
    assert_eq!(out.patterns().iter().filter(|text| text.starts_with("http://")).count(), 4);
}

#[test]
fn the_antivirus_table_of_2026_is_read_whole() {
    let out = csv("mdav-2026-07.csv", &PLAIN);
    // 39 rows, two of which need port 80 too.
    assert_eq!(out.endpoints.len(), 41);
    assert_eq!(out.geographies(), "WW 41", "the geography column is blank from top to bottom");
    assert_eq!(out.platforms(), "windows 41");
    assert_eq!(out.ports(), "443 35, 80 6");
    assert_eq!(counted(out.codes()), "contradicting-documents 1, geography-assumed 1, path-on-https 3");
    assert!(out.patterns().contains(&"http://www.microsoft.com/pkiops/crl/*".to_owned()));
    assert!(out.patterns().contains(&"http://www.microsoft.com/pkiops/certs".to_owned()));
}

#[test]
fn the_agent_tables_are_read_whole() {
    let out = csv("mma.csv", &PLAIN);
    assert_eq!(out.endpoints.len(), 8);
    assert!(out.findings.is_empty(), "{:?}", out.findings);
    assert_eq!(out.geographies(), "WW 8");
    assert_eq!(out.platforms(), "windows 8");
    assert_eq!(out.ports(), "443 8");
}

#[test]
fn cells_of_the_web_tables_of_2026_hold_several_hosts() {
    // The column that holds the geography says something in one row alone, so it is left out here.
    let mut roles = PLAIN;
    roles[3] = Role::Other;
    let out = csv("streamlined-2026-07-changes.csv", &roles);
    assert_eq!(out.endpoints.len(), 2 + 3 + 1 + 1 + 3 + 3 + 1 + 1 + 1);
    assert_eq!(
        out.hosts(|endpoint| endpoint.direct_required),
        ["login.microsoftonline.com", "*.wns.windows.com", "login.live.com"]
    );
    assert_eq!(
        counted(out.codes()),
        "geography-assumed 1, host-in-comment 1, missing-requirement 1, path-on-https 2",
        "the note on `*.dm.microsoft.com` names `dm.microsoft.com`, which no pattern covers"
    );
}

#[test]
fn the_workbook_of_2021_is_read_whole() {
    let urls = [
        Role::Service,
        Role::Geography,
        Role::Category,
        Role::Port,
        Role::Endpoint,
        Role::Description,
        WINDOWS,
        WINDOWS,
        WINDOWS,
        MAC,
        LINUX,
        Role::Comments,
    ];
    let portal = [Role::Service, Role::Geography, Role::Endpoint, Role::Comments];
    let (sources, id) = sources(Some("2021-03-04"));
    let book = "mde-urls-2021-03.xlsx";
    let tables = vec![
        sheet_of(id, book, "Microsoft Defender URLs", "Service", &urls, &[]),
        sheet_of(id, book, "Microsoft Defender URLs - USGov", "Service", &urls, &[]),
        sheet_of(id, book, "Security Center URLs", "Service", &portal, &[]),
        sheet_of(id, book, "Security Center URLs - US Gov", "Service", &portal, &[]),
    ];
    assert_eq!(tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [100, 88, 9, 14]);
    let out = run(&sources, tables, &|_| None);
    assert_eq!(out.endpoints.len(), 211);
    assert_eq!(out.geographies(), "DoD 23, EU 15, GCC 23, GCCHigh 23, UK 15, US 31, USGov 33, WW 48");
    assert_eq!(out.platforms(), "- 58, macos+linux 15, windows 70, windows+macos+linux 68");
    assert_eq!(
        counted(out.codes()),
        "contradicting-documents 1, missing-dot 6, path-on-https 4, port-assumed 2"
    );
    assert_eq!(out.hosts(|endpoint| endpoint.direct_required).len(), 8);
    let settings = out
        .endpoints
        .iter()
        .find(|endpoint| endpoint.pattern.value.host.to_string() == "settings-win.data.microsoft.com");
    let claims: Vec<String> =
        settings.unwrap().windows.iter().map(|claim| claim.needed_by.to_string()).collect();
    assert_eq!(claims, ["<1809", "<=1803", "<=1703", "<=1703"], "the row's own, then the other documents'");
}

#[test]
fn the_workbook_of_2024_is_read_whole() {
    let common = [
        Role::Service,
        Role::Port,
        Role::Endpoint,
        Role::Description,
        Role::Requirement,
        Role::Comments,
        Role::PlatformList,
    ];
    let old = [
        Role::Service,
        Role::Geography,
        Role::Category,
        Role::Port,
        Role::Endpoint,
        Role::Description,
        Role::Requirement,
        MAC,
        Role::Comments,
    ];
    let agent = [Role::Category, Role::Port, Role::Endpoint, Role::Description, Role::Comments];
    let tags = [Role::ServiceTag, Role::Description, Role::Comments, Role::PlatformList];
    let (sources, id) = sources(Some("2024-08-01"));
    let book = "mde-streamlined-urls-commercial-2024-08.xlsx";
    let tables = vec![
        sheet_of(id, book, "Common endpoints", "Service", &common, &[0, 1, 6]),
        sheet_of(id, book, "Windows 1607 to 1803", "Service", &old, &[]),
        sheet_of(id, book, "Windows 7, 8.1, 2008R2 (MMA) ", "Category", &agent, &[0, 1, 3, 4]),
        sheet_of(id, book, "IP addresses", "Service Tag Name", &tags, &[]),
        sheet_of(id, book, "Admin portal", "URL", &[Role::Endpoint, Role::Comments], &[]),
    ];
    assert_eq!(tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [13, 45, 13, 2, 4]);
    let out = run(&sources, tables, &|_| None);
    // 27 hosts in 13 rows, 45, 12 and 2 of 3, no tag, 8 in 4 rows.
    assert_eq!(out.endpoints.len(), 27 + 45 + 14 + 8);
    assert_eq!(out.geographies(), "AU 8, EU 14, UK 10, US 22, WW 40");
    assert_eq!(out.platforms(), "- 8, linux 1, macos 1, windows 47, windows+macos 30, windows+macos+linux 7");
    assert_eq!(
        counted(out.codes()),
        "contradicting-documents 1, geography-assumed 3, named-service-tag 2, path-on-https 2, port-assumed 1, \
         repeated-host 1"
    );
    assert_eq!(out.hosts(|endpoint| endpoint.direct_required).len(), 3);
}
