//! Real documents, read whole.

use super::*;
use crate::diag::{Code, Place};
use crate::source::{Source, SourceMap};

/// A file of the reference material.
macro_rules! shared {
    ($path:literal) => {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/", $path)).unwrap()
    };
}

/// Reads a document; the findings come back with it.
pub(super) fn try_read(bytes: &[u8]) -> (Result<Document, Refusal>, Vec<Diagnostic>) {
    let id = SourceMap::default().add(Source { name: "test".into(), sha256: String::new(), date: None });
    let mut findings = Vec::new();
    let document = read(id, "test", bytes, &mut findings);
    (document.map_err(|error| error.refusal), findings)
}

pub(super) fn read_all(bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let (document, findings) = try_read(bytes);
    (document.unwrap(), findings)
}

/// Name, headers, titles, data, ignored.
pub(super) fn counts(document: &Document) -> Vec<(&str, u32, u32, u32, u32)> {
    document.sheets.iter().map(|s| (&*s.sheet, s.headers, s.titles, s.data, s.ignored)).collect()
}

/// The text of the first cell of a role, or `-`.
pub(super) fn text<'t>(table: &'t RawTable, row: &'t RawRow, role: Role) -> &'t str {
    table.find(row, role).map_or("-", |cell| &cell.text)
}

/// The findings of one code, as message and cell.
pub(super) fn found(findings: &[Diagnostic], code: Code) -> Vec<(String, String)> {
    let of_code = findings.iter().filter(|finding| finding.code == code);
    of_code
        .map(|finding| match &finding.place {
            Place::Cell(cell) => (finding.message.clone(), cell.at.to_string()),
            place => panic!("{place:?}"),
        })
        .collect()
}

fn table<'d>(document: &'d Document, sheet: &str) -> Vec<&'d RawTable> {
    document.tables.iter().filter(|table| &*table.sheet == sheet).collect()
}

fn rows_and_texts(table: &RawTable, role: Role) -> Vec<(u32, u32, &str)> {
    let cells = table.rows.iter().filter_map(|row| Some((row.row, table.find(row, role)?)));
    cells.map(|(row, cell)| (row, cell.row, &*cell.text)).collect()
}

#[test]
fn the_workbook_of_2021_is_accounted_for_row_by_row() {
    let (document, findings) = read_all(&shared!("data/mde-urls-2021-03.xlsx"));
    assert_eq!(
        counts(&document),
        [
            ("Microsoft Defender URLs", 1, 0, 100, 0),
            ("Microsoft Defender URLs - USGov", 1, 0, 88, 0),
            ("Security Center URLs", 1, 0, 9, 0),
            ("Security Center URLs - US Gov", 1, 0, 14, 0),
            ("Microsoft Defender Processes", 0, 0, 0, 30),
            ("Change Log", 0, 0, 0, 7),
        ]
    );
    assert_eq!(document.date, Some(jiff::civil::date(2021, 3, 4)));
    assert_eq!(
        found(&findings, Code::SheetWithoutEndpoints).iter().map(|(_, at)| at).collect::<Vec<_>>(),
        ["A2", "A1"]
    );
    assert_eq!(findings.len(), 2);
    assert!(findings[0].label.ends_with("`Process`, `Path`, `Comment`"), "{}", findings[0].label);

    let first = &document.tables[0];
    assert_eq!(first.columns.len(), 12);
    assert_eq!(first.rows.iter().filter(|row| text(first, row, Role::Geography) == "WW").count(), 39);
    let row = &first.rows[0];
    assert_eq!(text(first, row, Role::Endpoint), "crl.microsoft.com/pki/crl/*");
    assert_eq!(text(first, row, Role::Port), "80");
    assert_eq!(first.cell(row, first.find(row, Role::Port).unwrap()).at.to_string(), "D2");
    // A trailing blank stays: what it means is not decided here.
    let portal = &document.tables[2];
    assert_eq!(text(portal, &portal.rows[0], Role::Endpoint), "*.blob.core.windows.net ");
}

#[test]
fn the_streamlined_workbook_is_accounted_for_row_by_row() {
    let (document, findings) = read_all(&shared!("data/mde-streamlined-urls-commercial-2024-08.xlsx"));
    assert_eq!(
        counts(&document),
        [
            ("Overview and prerequisites", 0, 0, 0, 0),
            ("Common endpoints", 4, 5, 13, 0),
            ("IP addresses", 1, 2, 2, 0),
            ("Windows 1607 to 1803", 1, 0, 45, 0),
            // The blank at the end of the sheet's name is gone.
            ("Windows 7, 8.1, 2008R2 (MMA)", 1, 1, 13, 0),
            ("Admin portal", 1, 1, 4, 0),
            ("Client Processes", 0, 0, 0, 48),
            ("Change Log", 0, 0, 0, 6),
        ]
    );
    assert_eq!(document.date, Some(jiff::civil::date(2024, 8, 1)));
    // The hidden column of one sheet holds nothing, and the sheet without cells has no rows to report.
    assert_eq!(found(&findings, Code::SheetWithoutEndpoints).len(), findings.len());
    assert_eq!(findings.len(), 2);
}

#[test]
fn a_header_that_is_repeated_begins_a_table_and_merges_fill_down() {
    let (document, _) = read_all(&shared!("data/mde-streamlined-urls-commercial-2024-08.xlsx"));
    let tables = table(&document, "Common endpoints");
    assert_eq!(tables.iter().map(|table| table.rows.len()).collect::<Vec<_>>(), [4, 4, 3, 2]);
    // A22:A24, B22:B24 and G22:G24 span three rows with endpoints of their own.
    let certificates = tables[2];
    assert_eq!(rows_and_texts(certificates, Role::Port), [(21, 21, "80"), (22, 21, "80"), (23, 21, "80")]);
    assert_eq!(
        rows_and_texts(certificates, Role::Endpoint),
        [
            (21, 21, "www.microsoft.com/pkiops/*\nwww.microsoft.com/pki/*"),
            (22, 22, "ctldl.windowsupdate.com"),
            (23, 23, "crl.microsoft.com")
        ]
    );
    assert!(
        rows_and_texts(certificates, Role::PlatformList)
            .iter()
            .all(|(_, from, os)| (*from, *os) == (21, "Windows"))
    );
}

#[test]
fn the_agent_sheet_reads_as_a_person_reads_it() {
    let (document, _) = read_all(&shared!("data/mde-streamlined-urls-commercial-2024-08.xlsx"));
    let agent = table(&document, "Windows 7, 8.1, 2008R2 (MMA)")[0];
    let category = |row: usize| text(agent, &agent.rows[row], Role::Category).rsplit(' ').next().unwrap();
    let last_words: Vec<&str> = (0..13).map(category).collect();
    assert_eq!(
        last_words,
        ["AU", "AU", "EU", "EU", "EU", "EU", "UK", "UK", "US", "US", "US", "US", "Cyberdata"]
    );
    assert!(agent.rows.iter().all(|row| text(agent, row, Role::Port) == "443"));
    assert!(agent.rows.iter().all(|row| agent.find(row, Role::Comments).unwrap().row == 2));
    // Several hosts in one cell stay one cell, typo and all.
    assert_eq!(
        text(agent, &agent.rows[12], Role::Endpoint),
        "*.oms.opinsights.azure.com\n*.oms.opinsights.azure.com\n*.blob.core.windows.net"
    );
}

#[test]
fn a_sheet_of_service_tags_is_a_table() {
    let (document, _) = read_all(&shared!("data/mde-streamlined-urls-commercial-2024-08.xlsx"));
    let tags = table(&document, "IP addresses")[0];
    assert!(!tags.has(Role::Endpoint));
    assert_eq!(
        rows_and_texts(tags, Role::ServiceTag),
        [(3, 3, "MicrosoftDefenderForEndpoint"), (4, 4, "OneDsCollector (EDR Cyberdata)")]
    );
}

#[test]
fn every_row_of_the_csv_files_is_data_at_its_own_row() {
    for (bytes, rows) in [
        (shared!("data/standard-commercial-2026-07.csv"), 103),
        (shared!("data/mdav-2026-07.csv"), 39),
        (shared!("data/mma.csv"), 8),
        (shared!("data/streamlined-2026-07-changes.csv"), 9),
    ] {
        let (document, findings) = read_all(&bytes);
        assert_eq!(counts(&document), [("", 1, 0, rows, 0)]);
        assert_eq!(findings, []);
        let places: Vec<u32> = document.tables[0].rows.iter().map(|row| row.row).collect();
        assert_eq!(places, (1..=rows).collect::<Vec<_>>());
    }
}

#[test]
fn the_flags_of_the_current_table_are_windows_three_times_mac_and_linux() {
    let (document, _) = read_all(&shared!("data/standard-commercial-2026-07.csv"));
    let flags: Vec<&str> = document.tables[0]
        .columns
        .iter()
        .filter_map(|column| match column.role {
            Role::PlatformFlag(platform) => Some(platform.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(flags, ["windows", "windows", "windows", "macos", "linux"]);
}

#[test]
fn a_second_header_within_a_markdown_table_begins_another_table() {
    let (document, findings) = read_all(&shared!("data/samples/streamlined_md_quirk_rows_verbatim.md"));
    assert_eq!(counts(&document), [("table 1", 1, 0, 4, 0), ("table 2", 1, 0, 1, 0)]);
    assert_eq!(findings, []);
    let [first, second] = &document.tables[..] else { panic!() };
    assert_eq!(
        rows_and_texts(first, Role::Endpoint)[2..],
        [
            (4, 4, "login.microsoftonline.com\n *.wns.windows.com login.live.com"),
            (
                5,
                5,
                "*.security.microsoft.com\n*.blob.core.windows.net/networkscannerstable/*\nlogin.windows.net"
            ),
        ]
    );
    assert_eq!(
        rows_and_texts(second, Role::Endpoint),
        [(8, 8, "*.oms.opinsights.azure.com\n*.oms.opinsights.azure.com\n*.blob.core.windows.net")]
    );
}

#[test]
fn code_spans_that_run_on_are_parted() {
    let (document, _) = read_all(&shared!("data/samples/mdav_page_runon_cell_verbatim.md"));
    let table = &document.tables[0];
    let lines: Vec<Vec<&str>> =
        table.rows.iter().map(|row| text(table, row, Role::Endpoint).lines().collect()).collect();
    assert_eq!(
        lines[0][..4],
        [
            "*.update.microsoft.com",
            "*.delivery.mp.microsoft.com",
            "*.windowsupdate.com",
            "ctldl.windowsupdate.com"
        ]
    );
    assert!(lines[0][4].starts_with("For more information"));
    assert_eq!(
        lines[1],
        [
            "*.download.microsoft.com",
            "*.download.windowsupdate.com (Port 80 is required)",
            "go.microsoft.com (Port 80 is required)",
            "https://www.microsoft.com/security/encyclopedia/adlpackages.aspx",
            "https://definitionupdates.microsoft.com/download/DefinitionUpdates/",
            "https://fe3cr.delivery.mp.microsoft.com/ClientWebService/client.asmx",
        ]
    );
}

#[test]
fn the_japanese_page_gives_its_four_agent_rows() {
    let (document, findings) = read_all(&shared!("reference/device-proxy-configuration-2021-12.ja.md"));
    assert_eq!(
        counts(&document),
        [("table 1", 0, 0, 0, 3), ("table 2", 0, 0, 0, 2), ("table 3", 1, 0, 4, 0)]
    );
    assert_eq!(findings.len(), 2);
    let [table] = &document.tables[..] else { panic!() };
    assert_eq!(
        table.columns.iter().map(|column| column.role).collect::<Vec<_>>(),
        [Role::Endpoint, Role::Port, Role::Direction, Role::Inspection]
    );
    assert_eq!(
        rows_and_texts(table, Role::Endpoint).iter().map(|(row, _, host)| (*row, *host)).collect::<Vec<_>>(),
        [
            (206, "*.ods.opinsights.azure.com"),
            (207, "*.oms.opinsights.azure.com"),
            (208, "*.blob.core.windows.net"),
            (209, "*.azure-automation.net")
        ]
    );
    for row in &table.rows {
        assert_eq!(text(table, row, Role::Port), "ポート 443");
        assert_eq!(text(table, row, Role::Direction), "送信");
        assert_eq!(text(table, row, Role::Inspection), "はい");
    }
}

#[test]
fn a_format_is_told_by_content_alone() {
    let ole = |name: &str| {
        let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        bytes.resize(1024, 0);
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    for (bytes, want) in [
        (&shared!("data/mma.csv")[..], Format::Csv),
        (&shared!("data/mde-urls-2021-03.xlsx"), Format::Workbook),
        (&shared!("data/service-tags-public-excerpt.json"), Format::Json),
        (&shared!("data/m365-endpoints-excerpt.json"), Format::Json),
        (&shared!("reference/device-proxy-configuration-2021-12.ja.md"), Format::Markdown),
        (&ole("EncryptedPackage"), Format::EncryptedWorkbook),
        (&ole("Workbook"), Format::LegacyWorkbook),
        (b"%PDF-1.7", Format::Pdf),
        (b"<html><table>", Format::Markup),
        (b"<?xml version=\"1.0\"?><Workbook>", Format::Markup),
        (b"\xef\xbb\xbf {\"values\": []}", Format::Json),
        (b"[{\"id\": 1}]", Format::Json),
        (b"[!NOTE] see below\n\n|URL|Port|\n|-|-|\n|a.example|443|\n", Format::Markdown),
        (b"---\ntitle: x\n---\nURL | Port\n--- | ---\na.example | 443\n", Format::Markdown),
        (b"# built in\nversion: 1\nendpoints:\n", Format::Yaml),
        (b"Owner: netops\nURL,Port\na.example,443\n", Format::Csv),
        (b"\xff\xfeU\0R\0L\0,\0P\0", Format::Csv),
        (b"\x01\x02\x00\x03", Format::Unknown),
        (b"", Format::Csv),
    ] {
        assert_eq!(sniff(bytes), want, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
    }
}

#[test]
fn what_is_not_read_says_what_to_do() {
    let mut ole = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    ole.resize(600, 0);
    let legacy = ole.clone();
    ole.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    for (bytes, want) in [
        (&ole[..], "the workbook is encrypted; open it and save it without a password"),
        (&legacy, "a workbook in the format of Excel 97 (xls) is not read; save it as xlsx"),
        (b"<html>", "HTML or XML is not read; copy its table to a workbook or a CSV file"),
        (b"\0\x01", "not a workbook, CSV, Markdown, JSON or YAML file"),
        (
            b"",
            "no header row with an endpoint column (such as `Endpoint/URL` and `Port`) was found; it has no rows at all",
        ),
        (
            b"Process,Path\na.exe,C:\\\n",
            "no header row with an endpoint column (such as `Endpoint/URL` and `Port`) was found; seen: Process | Path",
        ),
        (b"URL,Port\n", "the table has a header and no rows below it; seen: URL | Port"),
    ] {
        assert_eq!(try_read(bytes).0.unwrap_err().to_string(), want);
    }
}

#[test]
fn random_bytes_behind_any_signature_are_refused() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let signatures: [&[u8]; 7] = [
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06",
        &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"|URL|Port|\n|-|-|\n",
    ];
    for round in 0..700 {
        let mut bytes = signatures[round % 7].to_vec();
        for _ in 0..round + 8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.push(state as u8);
        }
        assert!(try_read(&bytes).0.is_err(), "{round}");
    }
}

#[test]
fn a_page_that_is_cut_off_or_mixed_up_never_panics_and_loses_no_row() {
    let page = String::from_utf8(shared!("data/samples/streamlined_md_quirk_rows_verbatim.md")).unwrap();
    for at in (0..page.len()).filter(|at| page.is_char_boundary(*at)) {
        let (document, _) = try_read(&page.as_bytes()[..at]);
        let Ok(document) = document else { continue };
        // Every line is a row, but for the lines of dashes; the last one may be cut off within those.
        let lines =
            page[..at].lines().filter(|line| line.chars().any(|c| !matches!(c, '|' | '-' | ' '))).count();
        let rows: u32 = document.sheets.iter().map(|s| s.headers + s.titles + s.data + s.ignored).sum();
        assert_eq!(rows as usize, lines, "{at}");
    }
}
