use std::collections::BTreeMap;
use std::path::PathBuf;

use calamine::{Data, Reader, Xlsx};

use super::*;
use crate::ingest::{RawRow, RawTable};
use crate::model::Geography;
use crate::source::{Source, SourceMap};

fn source() -> SourceId {
    let source = Source { name: "builtin".into(), sha256: String::new(), date: None };
    SourceMap::default().add(source)
}

fn built_in(name: &str) -> Document {
    read(source(), builtin(name).unwrap()).unwrap()
}

fn table<'d>(document: &'d Document, title: &str) -> &'d RawTable {
    document.tables.iter().find(|table| &*table.sheet == title).unwrap_or_else(|| panic!("no table {title}"))
}

/// What both a catalog and the vendor's document say of one endpoint.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    row: u32,
    endpoint: String,
    ports: String,
    geography: Option<Geography>,
    requirement: String,
}

fn text<'r>(table: &'r RawTable, row: &'r RawRow, role: Role) -> &'r str {
    table.find(row, role).map_or("", |cell| &cell.text)
}

fn facts(table: &RawTable) -> Vec<Fact> {
    table
        .rows
        .iter()
        .map(|row| Fact {
            row: row.row + 1,
            endpoint: text(table, row, Role::Endpoint).into(),
            ports: text(table, row, Role::Port).into(),
            geography: table.find(row, Role::Geography).map(|cell| regions::lookup(&cell.text).unwrap()),
            requirement: text(table, row, Role::Requirement).into(),
        })
        .collect()
}

fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "shared", "data", name].iter().collect()
}

fn csv_rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(data(name)).unwrap();
    let rows: Result<Vec<_>, _> = reader.deserialize().collect();
    rows.unwrap()
}

/// The rows of a sheet, with their numbers, each cell under the header in `header_row` (from 1).
fn sheet_rows(file: &str, sheet: &str, header_row: u32) -> Vec<(u32, BTreeMap<String, String>)> {
    let mut workbook: Xlsx<_> = calamine::open_workbook(data(file)).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let cell =
        |row: u32, column: u32| range.get_value((row - 1, column)).map(Data::to_string).unwrap_or_default();
    let (last_row, last_column) = range.end().unwrap();
    (header_row + 1..=last_row + 1)
        .map(|row| {
            let cells = (0..=last_column)
                .map(|column| (cell(header_row, column).trim().to_owned(), cell(row, column)))
                .filter(|(header, _)| !header.is_empty());
            (row, cells.collect())
        })
        .collect()
}

fn hosts(cell: &str) -> impl Iterator<Item = String> {
    cell.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// The fact of a row whose endpoint is not to be compared: the vendor's cell is prose, ours a note.
fn without_prose(mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in facts.iter_mut().filter(|fact| fact.endpoint.contains(' ')) {
        fact.endpoint = "prose".into();
    }
    facts
}

#[test]
fn the_commercial_list_is_the_vendors_table() {
    let vendors = csv_rows("standard-commercial-2026-07.csv");
    assert_eq!(vendors.len(), 103);
    let want: Vec<Fact> = vendors
        .iter()
        .zip(2..)
        .map(|(cells, row)| Fact {
            row,
            endpoint: cells["Endpoint/URL"].trim().into(),
            ports: cells["Port"].clone(),
            geography: regions::lookup(&cells["Geography"]),
            requirement: cells["Required or Optional"].clone(),
        })
        .collect();
    let list = built_in("mde-commercial");
    assert_eq!(without_prose(facts(table(&list, "standard commercial table"))), without_prose(want));
}

#[test]
fn the_commercial_list_states_platforms_services_and_categories_as_the_vendors_table() {
    let list = built_in("mde-commercial");
    let table = table(&list, "standard commercial table");
    for (row, cells) in table.rows.iter().zip(csv_rows("standard-commercial-2026-07.csv")) {
        let yes = |word: &str| {
            cells.iter().any(|(header, cell)| header.starts_with(word) && cell.starts_with("Yes"))
        };
        let want: Vec<&str> = [("Windows", "windows"), ("Mac", "macos"), ("Linux", "linux")]
            .into_iter()
            .filter_map(|(header, platform)| yes(header).then_some(platform))
            .collect();
        assert_eq!(text(table, row, Role::PlatformList), want.join(", "), "row {}", row.row + 1);
        assert_eq!(text(table, row, Role::Service), cells["Service"]);
        assert_eq!(text(table, row, Role::Category), cells["Category"]);
        let direct = cells["Comments"].contains("Direct Connection");
        assert_eq!(text(table, row, Role::Direct) == "yes", direct, "row {}", row.row + 1);
    }
}

#[test]
fn the_antivirus_table_is_the_vendors() {
    let want: Vec<Fact> = csv_rows("mdav-2026-07.csv")
        .iter()
        .zip(2..)
        .map(|(cells, row)| Fact {
            row,
            endpoint: cells["endpoint_as_written"].clone(),
            ports: if cells["port"].contains("+80") { "80, 443".into() } else { cells["port"].clone() },
            geography: None,
            requirement: String::new(),
        })
        .collect();
    assert_eq!(want.len(), 39);
    let list = built_in("mde-commercial");
    let table = table(&list, "Defender Antivirus cloud table");
    assert_eq!(facts(table), want);
    // The document states none, so there is no such column, rather than one of blank cells.
    assert!(!table.has(Role::Geography) && !table.has(Role::Requirement));
}

#[test]
fn the_government_list_is_the_vendors_workbook() {
    let list = built_in("mde-gov");
    for (title, sheet, column, rows) in [
        ("government workbook, clients", "Microsoft Defender URLs - USGov", "Endpoint/URL", 88),
        ("government workbook, security center", "Security Center URLs - US Gov", "URL", 14),
    ] {
        let want: Vec<Fact> = sheet_rows("mde-urls-2021-03.xlsx", sheet, 1)
            .into_iter()
            .map(|(row, cells)| Fact {
                row,
                endpoint: cells[column].trim().into(),
                ports: cells.get("Port").cloned().unwrap_or_default(),
                geography: regions::lookup(&cells["Geography"]),
                requirement: String::new(),
            })
            .collect();
        assert_eq!(want.len(), rows);
        assert_eq!(facts(table(&list, title)), want, "{title}");
    }
    assert_eq!(list.date, Some("2021-03-04".parse().unwrap()));
}

#[test]
fn blank_platform_cells_of_the_government_workbook_are_not_stated() {
    let list = built_in("mde-gov");
    let table = table(&list, "government workbook, clients");
    for (row, (_, cells)) in
        table.rows.iter().zip(sheet_rows("mde-urls-2021-03.xlsx", "Microsoft Defender URLs - USGov", 1))
    {
        let any = cells.values().any(|cell| cell == "Yes");
        assert_eq!(table.find(row, Role::PlatformList).is_some(), any, "row {}", row.row + 1);
    }
}

const STREAMLINED: &str = "mde-streamlined-urls-commercial-2024-08.xlsx";

/// What the page of 2026-07 removed from the workbook of 2024-08.
fn removed() -> Vec<String> {
    csv_rows("streamlined-2026-07-changes.csv")
        .into_iter()
        .filter(|cells| cells["category"] == "(removed)")
        .map(|cells| cells["endpoint_as_written"].clone())
        .collect()
}

#[test]
fn the_streamlined_list_is_the_workbook_without_what_was_removed() {
    let list = built_in("mde-streamlined");
    let gone = removed();
    assert_eq!(gone.len(), 2);
    for (title, sheet, header_row, column, requirement) in [
        ("streamlined workbook, common endpoints", "Common endpoints", 3, "Endpoint/URLs", "Type"),
        (
            "streamlined workbook, Windows 1607 to 1803",
            "Windows 1607 to 1803",
            2,
            "Endpoint/URL",
            "Required / Optional",
        ),
        ("streamlined workbook, Monitoring Agent", "Windows 7, 8.1, 2008R2 (MMA) ", 2, "Endpoint/URL", ""),
        ("streamlined workbook, admin portal", "Admin portal", 2, "URL", ""),
    ] {
        let mut want = Vec::new();
        let mut port = String::new();
        for (row, cells) in sheet_rows(STREAMLINED, sheet, header_row) {
            // Merged cells hold their text in the first row.
            if let Some(own) = cells.get("Port").filter(|own| !own.is_empty()) {
                port = own.clone();
            }
            // Headers are repeated, and sections have titles.
            if cells[column] == column {
                continue;
            }
            let mut seen = Vec::new();
            for endpoint in hosts(&cells[column]).filter(|host| !gone.contains(host)) {
                // Row 15 of the Monitoring Agent's sheet has one host twice.
                if seen.contains(&endpoint) {
                    continue;
                }
                seen.push(endpoint.clone());
                want.push(Fact {
                    row,
                    endpoint,
                    ports: port.clone(),
                    geography: cells.get("Geography").and_then(|word| regions::lookup(word)),
                    requirement: cells.get(requirement).cloned().unwrap_or_default(),
                });
            }
        }
        assert!(want.len() >= 8, "{title}");
        assert_eq!(facts(table(&list, title)), want, "{title}");
    }
}

#[test]
fn the_streamlined_list_has_what_the_page_of_2026_07_names() {
    let list = built_in("mde-streamlined");
    let all: Vec<Fact> = list.tables.iter().flat_map(facts).collect();
    for cells in csv_rows("streamlined-2026-07-changes.csv") {
        let written = cells["endpoint_as_written"].replace("<br>", " ").replace('\\', "");
        for endpoint in written.split_whitespace() {
            let found = all.iter().any(|fact| {
                fact.endpoint == endpoint
                    && fact.ports == cells["port"]
                    && fact.requirement == cells["required_optional"]
            });
            assert_eq!(found, cells["category"] != "(removed)", "{endpoint}");
        }
    }
}

#[test]
fn the_streamlined_list_names_the_service_tags_of_the_workbook() {
    let list = built_in("mde-streamlined");
    let table = table(&list, "streamlined workbook, addresses");
    assert!(!table.has(Role::Endpoint));
    let ours: Vec<&str> = table.rows.iter().map(|row| text(table, row, Role::ServiceTag)).collect();
    let theirs: Vec<String> = sheet_rows(STREAMLINED, "IP addresses", 3)
        .into_iter()
        .map(|(_, cells)| cells["Service Tag Name"].split_whitespace().next().unwrap().to_owned())
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn the_monitoring_agent_list_is_the_vendors_tables() {
    let list = built_in("mma");
    let rows = csv_rows("mma.csv");
    for (title, version) in [
        ("Monitoring Agent table of 2021", "MMA table (seed, 2021-12)"),
        ("Monitoring Agent table of 2026", "MMA table (2026-09)"),
    ] {
        let want: Vec<Fact> = rows
            .iter()
            .filter(|cells| cells["sheet_version"] == version)
            .zip(2..)
            .map(|(cells, row)| Fact {
                row,
                endpoint: cells["endpoint_as_written"].clone(),
                ports: cells["port"].clone(),
                geography: regions::lookup(&cells["geography"]),
                requirement: cells["required_optional"].clone(),
            })
            .collect();
        assert_eq!(want.len(), 4);
        let table = table(&list, title);
        assert_eq!(facts(table), want);
        assert!(table.rows.iter().all(|row| text(table, row, Role::Inspection) == "Yes"));
    }
    let government = table(&list, "government workbook, clients");
    let whole = built_in("mde-gov");
    let clients = table(&whole, "government workbook, clients");
    let theirs: Vec<Fact> = facts(clients).into_iter().filter(|fact| (14..=17).contains(&fact.row)).collect();
    assert_eq!(facts(government), theirs);
}

#[test]
fn every_built_in_endpoint_but_one_is_a_host_and_a_port() {
    let mut prose = Vec::new();
    for (name, _) in BUILTIN {
        for table in &built_in(name).tables {
            for row in table.rows.iter().filter(|row| table.find(row, Role::Endpoint).is_some()) {
                let endpoint = text(table, row, Role::Endpoint);
                let bare = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
                let host = bare.split('/').next().unwrap();
                if host.parse::<HostPattern>().is_err() {
                    prose.push((*name, row.row + 1));
                }
            }
        }
    }
    assert_eq!(prose, [("mde-commercial", 13)]);
}

#[test]
fn a_list_is_named_as_the_profile_names_it() {
    for (name, text) in BUILTIN {
        assert_eq!(Catalog::parse(text).unwrap().id(), *name);
    }
    assert_eq!(builtin("mde"), None);
}

#[test]
fn a_built_in_list_is_what_its_file_says() {
    for (name, text) in BUILTIN {
        assert_eq!(format!("{:?}", Catalog::builtin(name)), format!("{:?}", Catalog::parse(text).unwrap()));
    }
}

#[test]
fn windows_claims_name_the_document_that_makes_them() {
    let list = built_in("mde-commercial");
    let table = table(&list, "standard commercial table");
    let claim = |host: &str| {
        let row = table.rows.iter().find(|row| text(table, row, Role::Endpoint) == host).unwrap();
        [Role::WindowsReleases, Role::Document, Role::DocumentDate].map(|role| text(table, row, role))
    };
    assert_eq!(
        claim("us-v20.events.data.microsoft.com"),
        [">=1803", "connectivity page of 2021", "2021-12-01"]
    );
    assert_eq!(
        claim("us.vortex-win.data.microsoft.com"),
        ["<1803", "standard commercial table", "2026-07-01"]
    );
    assert_eq!(claim("settings-win.data.microsoft.com")[0], "<=1703");
    assert_eq!(claim("crl.microsoft.com")[0], "");
}

#[test]
fn a_correction_is_of_a_pattern_that_the_list_has() {
    let mut count = 0;
    for (name, text) in BUILTIN {
        let list = built_in(name);
        for correction in corrections(text).unwrap() {
            let from = correction.from.to_string();
            let uses = list.tables.iter().flat_map(facts).filter(|fact| fact.endpoint.starts_with(&from));
            assert_eq!(uses.count(), 1, "{name}: {from}");
            count += 1;
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn a_row_is_placed_by_its_number_in_the_document() {
    let list = built_in("mde-commercial");
    let table = table(&list, "standard commercial table");
    let row = &table.rows[5];
    let cell = table.cell(row, table.find(row, Role::Endpoint).unwrap());
    assert_eq!((cell.at.to_string().as_str(), &*cell.text), ("row 7", "*.wns.windows.com"));
}

fn list_with(rows: &str) -> String {
    format!(
        "version: 1\nid: x\ntitle: X\ndocuments:\n  - id: d\n    title: D\n    date: 2026-01-02\n    rows:\n{rows}"
    )
}

#[test]
fn a_users_list_is_read_as_a_built_in_one() {
    let list = list_with(concat!(
        "      - { row: 1, host: a.example.com, port: [8443, 443], geo: EU, path: /x/*, scheme: https, direct: true }\n",
        "      - { row: 1, tag: SomeTag }\n",
    ));
    let document = read(source(), &list).unwrap();
    let table = &document.tables[0];
    assert_eq!(text_of(table, 0), "https://a.example.com/x/* 8443, 443 EU yes");
    assert_eq!(text(table, &table.rows[1], Role::ServiceTag), "SomeTag");
    assert_eq!(document.sheets[0].data, 2);
    assert_eq!(document.date, Some("2026-01-02".parse().unwrap()));
}

fn text_of(table: &RawTable, row: usize) -> String {
    [Role::Endpoint, Role::Port, Role::Geography, Role::Direct]
        .map(|role| text(table, &table.rows[row], role))
        .join(" ")
}

#[test]
fn what_is_no_list_says_why_and_where() {
    for (rows, want) in [
        ("      - { row: 1 }\n", "document `d`, row 1: name a `host`"),
        ("      - { row: 1, host: null }\n", "name a `host`"),
        ("      - { row: 1, host: a.test, tag: T }\n", "exclude each other"),
        ("      - { row: 1, tag: T, path: /x }\n", "`path` and `scheme` need a `host`"),
        ("      - { row: 1, host: \"https://a.test\" }\n", "host `https://a.test` holds more than a host"),
        ("      - { row: 1, host: \"a b\" }\n", "holds more than a host"),
        ("      - { row: 1, host: a.test, claimed_by: d }\n", "`claimed_by` needs `windows`"),
        (
            "      - { row: 1, host: a.test, windows: \"<1809\", claimed_by: e }\n",
            "`claimed_by: e` is no document",
        ),
        ("      - { row: 0, host: a.test }\n", "line 9, column 11"),
        ("      - { row: 1, hots: a.test }\n", "line 9, column 19"),
        ("      - { row: 1, hots: a.test }\n", "hots"),
        (
            "      - { row: 1, host: a.test, port: 0 }\n",
            "line 9, column 33: invalid value: integer `0`, expected a TCP port",
        ),
        ("      - { row: 1, host: a.test, port: 70000 }\n", "70000"),
        ("      - { row: 1, host: a.test, port: [443, 0] }\n", "line 9, column 45"),
        ("      - { row: 1, host: a.test, geo: Mars }\n", "geography `Mars` is neither WW nor one of AEC"),
        ("      - { row: 1, host: a.test, windows: \"1803\" }\n", "no Windows version"),
        ("      - { row: 1, host: a.test, path: x }\n", "path `x`: a path begins with `/`"),
        ("      - { row: 1, host: a.test, scheme: ftp }\n", "ftp"),
        ("      - { row: 1, host: a.test, platforms: [beos] }\n", "beos"),
        ("      - { row: 1, host: a.test, requirement: maybe }\n", "maybe"),
    ] {
        let error = read(source(), &list_with(rows)).unwrap_err().to_string();
        assert!(error.contains(want), "{rows}: {error}");
    }
    let twice = "version: 1\nid: x\ntitle: X\ndocuments:\n- &d { id: d, title: D, rows: [] }\n- *d\n";
    assert_eq!(read(source(), twice).unwrap_err().to_string(), "two documents have the id `d`");
    let newer = "version: 2\nid: x\ntitle: X\ndocuments: []\n";
    assert!(read(source(), newer).unwrap_err().to_string().starts_with("version 2 of the list form"));
    let correction =
        "version: 1\nid: x\ntitle: X\ndocuments: []\ncorrections: [{ from: \"*\", to: a.test, reason: r }]\n";
    assert!(corrections(correction).unwrap_err().to_string().contains("`*`: the star covers"));
}

#[test]
fn hostile_text_is_an_error() {
    let deep = format!("version: 1\nid: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    for text in ["", "\0", "\u{1b}[31m", "- 1", "version: 1", &deep, bomb, "\u{feff}", "%YAML 9\n---\n"] {
        assert!(read(source(), text).is_err(), "{:.20}", text);
    }
}
