//! The vendor's two workbooks in full. What they hold is read here by another way than the program's:
//! calamine's whole ranges, without looking for headers.

use super::common;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use thruway::compile::Run;
use thruway::model::{Intent, Request, Scheme};

const WORKBOOK_2021: &str = "mde-urls-2021-03.xlsx";
const STREAMLINED: &str = "mde-streamlined-urls-commercial-2024-08.xlsx";

fn profile_for(workbook: &str, select: &str) -> Run {
    let path = common::root().join("tests/cases/thruway.yaml");
    let text =
        format!("version: 1\nname: test\nsources: [{{ file: ../../../shared/data/{workbook} }}]\n{select}");
    common::run(&common::profile_at(&text, Path::new(&path)))
}

/// The rows of a sheet as texts, the header row first.
fn rows(workbook: &str, sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(common::vendor(workbook)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

/// Requests that an endpoint cell asks for: a name below each wildcard, a path below each path.
fn questions(cell: &str, port: u16) -> Vec<Request> {
    let cell = cell.trim();
    let (scheme, rest) = match cell.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some((_, rest)) => (Scheme::Https, rest),
        None => (Scheme::of_port(port), cell),
    };
    let rest = rest.replacen("*.", "any.", 1).replacen('*', "any", 1);
    [rest.clone(), rest.replace("any.", "any.deeper.")]
        .iter()
        .map(|rest| format!("{scheme}://{rest}").parse().unwrap())
        .collect()
}

fn allowing(run: &Run, request: &Request) -> BTreeSet<String> {
    run.policy.matching(Intent::Allow, request).map(|rule| rule.pattern.to_string()).collect()
}

#[test]
fn the_2021_workbook_is_read_in_full() {
    let run = profile_for(WORKBOOK_2021, "");
    let counts: BTreeMap<&str, (u32, u32)> =
        run.sheets.iter().map(|sheet| (&*sheet.sheet, (sheet.data, sheet.ignored))).collect();
    assert_eq!(counts["Microsoft Defender URLs"], (100, 0));
    assert_eq!(counts["Microsoft Defender URLs - USGov"], (88, 0));
    assert_eq!(counts["Security Center URLs"], (9, 0));
    assert_eq!(counts["Security Center URLs - US Gov"], (14, 0));
    assert_eq!(counts["Microsoft Defender Processes"].0, 0);
    assert_eq!(counts["Change Log"], (0, 7));
    assert_eq!(run.rows.with_endpoints + run.rows.findings_only, 211);
    assert_eq!(run.rows.findings_only, 0);

    let mut geographies: BTreeMap<String, usize> = BTreeMap::new();
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    for endpoint in &run.endpoints {
        let sheet = &endpoint.pattern.from.first().unwrap().sheet;
        if &**sheet == "Microsoft Defender URLs" {
            *categories.entry(&endpoint.category).or_default() += 1;
        }
        if sheet.starts_with("Microsoft Defender URLs") {
            *geographies.entry(endpoint.geography.to_string()).or_default() += 1;
        }
    }
    let want = [
        ("DoD", 20),
        ("EU", 15),
        ("GCC", 20),
        ("GCCHigh", 20),
        ("UK", 15),
        ("US", 31),
        ("USGov", 28),
        ("WW", 39),
    ];
    assert_eq!(geographies, want.map(|(name, count)| (name.to_owned(), count)).into());
    let want = [
        ("CRL", 4),
        ("Common", 9),
        ("Common (Mac)", 4),
        ("Common (Mac) (Linux)", 2),
        ("MAPS", 3),
        ("MU (ADL)", 3),
        ("MU / WU", 3),
        ("Malware Submission", 20),
        ("Microsoft Defender for Endpoint EU", 11),
        ("Microsoft Defender for Endpoint UK", 11),
        ("Microsoft Defender for Endpoint US", 19),
        ("Microsoft Monitoring Agent (MMA)", 4),
        ("Reporting and Notifications", 4),
        ("Symbols", 1),
        ("UTC", 2),
    ];
    assert_eq!(categories, want.into());
}

/// Geography and requests of every row of both commercial sheets.
fn commercial_rows() -> Vec<(String, Vec<Request>)> {
    let mut found = Vec::new();
    for row in &rows(WORKBOOK_2021, "Microsoft Defender URLs")[1..] {
        found.push((row[1].clone(), questions(&row[4], row[3].parse().unwrap())));
    }
    for row in &rows(WORKBOOK_2021, "Security Center URLs")[1..] {
        found.push((row[1].clone(), questions(&row[2], 443)));
    }
    assert_eq!(found.len(), 109);
    found
}

#[test]
fn for_the_european_union_every_worldwide_and_european_row_is_allowed() {
    let run = profile_for(WORKBOOK_2021, "select: { geographies: [EU] }");
    let mut decided = 0;
    for (geography, requests) in commercial_rows() {
        for request in requests {
            let rules = allowing(&run, &request);
            if ["WW", "EU"].contains(&geography.as_str()) {
                assert!(!rules.is_empty(), "{request} of {geography}");
                decided += 1;
            }
            // Whatever is allowed is allowed by rules that worldwide or European rows ask for.
            for rule in run.policy.matching(Intent::Allow, &request) {
                let asked_for = run.endpoints.iter().any(|endpoint| {
                    rule.provenance.cells().contains(endpoint.pattern.from.first().unwrap())
                        && endpoint.pattern.value == rule.pattern
                        && ["WW", "EU"].contains(&endpoint.geography.to_string().as_str())
                });
                assert!(asked_for, "{request} by {}", rule.pattern);
            }
        }
    }
    assert_eq!(decided, 2 * (39 + 15 + 9));
}

#[test]
fn without_the_storage_wildcard_two_hosts_of_other_regions_remain_under_a_worldwide_rule() {
    let run =
        profile_for(WORKBOOK_2021, "select: { geographies: [EU], exclude: [\"*.blob.core.windows.net\"] }");
    let mut remaining = BTreeMap::new();
    for (geography, requests) in commercial_rows() {
        if ["US", "UK"].contains(&geography.as_str()) {
            for request in requests {
                let rules = allowing(&run, &request);
                if !rules.is_empty() {
                    remaining.insert(request.host.to_string(), rules);
                }
            }
        }
    }
    let by: BTreeSet<String> = BTreeSet::from(["*.wd.microsoft.com".to_owned()]);
    let want = ["unitedkingdom.x.cp.wd.microsoft.com", "unitedstates.x.cp.wd.microsoft.com"];
    assert_eq!(remaining, want.map(|host| (host.to_owned(), by.clone())).into());
}

#[test]
fn the_streamlined_workbook_is_read_in_full() {
    let run = profile_for(STREAMLINED, "select: { geographies: [EU] }");
    let counts: BTreeMap<&str, u32> = run.sheets.iter().map(|sheet| (&*sheet.sheet, sheet.data)).collect();
    assert_eq!(counts["Common endpoints"], 13);
    assert_eq!(counts["Windows 1607 to 1803"], 45);
    assert_eq!(counts["Windows 7, 8.1, 2008R2 (MMA)"], 13);
    assert_eq!(counts["Admin portal"], 4);
    assert_eq!(counts["IP addresses"], 2);
    assert_eq!(counts["Client Processes"], 0);
    assert_eq!(counts["Change Log"], 0);

    let mut geographies: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    for endpoint in &run.endpoints {
        let sheet = &*endpoint.pattern.from.first().unwrap().sheet;
        *geographies.entry((sheet, endpoint.geography.to_string())).or_default() += 1;
        if sheet == "Windows 1607 to 1803" {
            *categories.entry(&endpoint.category).or_default() += 1;
        }
    }
    let want = [
        ("Admin portal", "WW", 8),
        ("Common endpoints", "WW", 27),
        ("Windows 1607 to 1803", "AU", 6),
        ("Windows 1607 to 1803", "EU", 10),
        ("Windows 1607 to 1803", "UK", 8),
        ("Windows 1607 to 1803", "US", 18),
        ("Windows 1607 to 1803", "WW", 3),
        // The data location is in the category; the last row writes one of its three hosts twice.
        ("Windows 7, 8.1, 2008R2 (MMA)", "AU", 2),
        ("Windows 7, 8.1, 2008R2 (MMA)", "EU", 4),
        ("Windows 7, 8.1, 2008R2 (MMA)", "UK", 2),
        ("Windows 7, 8.1, 2008R2 (MMA)", "US", 4),
        ("Windows 7, 8.1, 2008R2 (MMA)", "WW", 2),
    ];
    assert_eq!(geographies, want.map(|(sheet, code, count)| ((sheet, code.to_owned()), count)).into());
    let want = [
        ("Common", 1),
        ("MAPS", 2),
        ("Microsoft Defender for Endpoint AU", 6),
        ("Microsoft Defender for Endpoint EU", 10),
        ("Microsoft Defender for Endpoint UK", 8),
        ("Microsoft Defender for Endpoint US", 18),
    ];
    assert_eq!(categories, want.into());

    // Every host that any cell of an endpoint column writes is allowed, but for other regions' hosts.
    let mut asked = 0;
    for (sheet, endpoint, port, category, first) in [
        ("Common endpoints", 2, Some(1), None, 3),
        ("Windows 1607 to 1803", 4, Some(3), Some(2), 2),
        ("Windows 7, 8.1, 2008R2 (MMA) ", 2, Some(1), Some(0), 2),
        ("Admin portal", 0, None, None, 2),
    ] {
        let mut book: Xlsx<_> = open_workbook(common::vendor(STREAMLINED)).unwrap();
        let range = book.worksheet_range(sheet).unwrap();
        let (mut last_port, mut last_category) = (443, String::new());
        for row in first..=range.end().unwrap().0 {
            let text = |column| range.get_value((row, column)).map(Data::to_string).unwrap_or_default();
            // Merged cells hold their text in the first row alone.
            last_port = port.and_then(|column| text(column).parse().ok()).unwrap_or(last_port);
            last_category = category.map(text).filter(|text| !text.is_empty()).unwrap_or(last_category);
            let elsewhere = [" US", " UK", " AU"].iter().any(|region| last_category.ends_with(region));
            let cell = text(endpoint);
            if elsewhere || cell.starts_with("Endpoint/URL") {
                continue;
            }
            for host in cell.lines().filter(|line| !line.trim().is_empty()) {
                for request in questions(host, last_port) {
                    assert!(!allowing(&run, &request).is_empty(), "{sheet}: {request}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 100, "{asked}");

    // A geography that the sheet does not state comes from the category.
    let gateway = run.endpoints.iter().find(|endpoint| {
        let cell = endpoint.pattern.from.first().unwrap();
        cell.sheet.contains("MMA") && cell.text.contains("winatp-gw-weu3")
    });
    assert_eq!(gateway.unwrap().geography.to_string(), "EU");
}
