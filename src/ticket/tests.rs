//! What every format says of the same ticket.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::*;
use crate::compile::{self, Run};
use crate::diff;
use crate::plan::PolicySets;
use crate::profile::Profile;

/// A profile in a folder with its list.
struct Given {
    _folder: tempfile::TempDir,
    profile: Profile,
    run: Run,
}

const TARGETS: [&str; 3] = ["squid", "pac", "zscaler"];

impl Given {
    fn new(profile: &str, list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("list.csv"), list).unwrap();
        let text = format!("version: 1\nname: contoso\nsources: [{{ file: list.csv }}]\n{profile}");
        let profile = Profile::parse(&text, Some(&folder.path().join("thruway.yaml")), &TARGETS).unwrap();
        let run = Run::new(&profile, date(2026, 11, 24)).unwrap();
        Self { _folder: folder, profile, run }
    }

    fn side(&self, name: &str) -> Side {
        Side::of_run(name.to_owned(), &self.run, &self.profile)
    }

    /// What `look` makes of the ticket of the change from `old`, or of the whole policy.
    fn ticket<T>(&self, old: Option<&Given>, look: impl FnOnce(&Ticket<'_>) -> T) -> T {
        let sets = PolicySets::new(&self.run.policy);
        let banner = self.run.banner(&self.profile);
        let inputs = compile::inputs(&self.run, &self.profile, &sets, &banner);
        let compiled = compile::compile(&self.run, &self.profile, inputs, &TARGETS).unwrap();
        let inputs = Inputs {
            settings: &self.profile.settings,
            profile: Some("thruway.yaml".to_owned()),
            options: Vec::new(),
            not_yet: Vec::new(),
            banner: &banner,
            sources: &self.run.sources,
            policy: &self.run.policy,
            findings: &compiled.findings,
            waivers: &self.profile.waivers,
            products: compiled.targets.iter().map(|own| (&own.plan, &own.artifacts[..])).collect(),
        };
        let new = self.side("new");
        match old {
            None => look(&Ticket::of_policy(&inputs, &new)),
            Some(old) => {
                let old = old.side("old");
                let diff = diff::diff(&old, &new);
                look(&Ticket::of_change(&inputs, &diff))
            }
        }
    }

    fn written(&self, old: Option<&Given>, format: Format, language: Language) -> Vec<u8> {
        self.ticket(old, |ticket| ticket.write(format, language).unwrap())
    }

    fn json(&self, old: Option<&Given>) -> Value {
        serde_json::from_slice(&self.written(old, Format::Json, Language::En)).unwrap()
    }
}

const HEADER: &str = "Service,Geography,Category,Port,Endpoint/URL,Required or Optional\n";
const JIRA: &str = "ticket: { source: \"clients, 10.0.0.0/8\", jira: { project: NET, labels: [mde] }, \
                    servicenow: { cmdb_ci: proxy, type: standard } }\n";

fn list(rows: &[&str]) -> String {
    rows.iter().fold(HEADER.to_owned(), |text, row| text + row + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_table_of_a_policy_is_that_of_its_ticket(
        rows in vec((0..2_usize, 0..3_usize, 0..3_usize, 0..3_usize, 0..8_usize, 0..2_usize), 1..14), asked in any::<bool>()
    ) {
        let line = |&(service, geography, category, port, host, required): &(usize, usize, usize, usize, usize, usize)| {
            [
                ["s", "=a; b"][service],
                ["WW", "EU", ""][geography],
                ["CRL", "\"x, y\"", ""][category],
                ["80", "443", "\"80,8443\""][port],
                [
                    "a.example.com", "*.example.com", ".example.com", "*.blob.core.windows.net", "login.live.com",
                    "203.0.113.0/24", "http://www.example.net/pki/*", "pre-*.example.org",
                ][host],
                ["Required", "Optional"][required],
            ]
            .join(",")
        };
        let lines: Vec<String> = rows.iter().map(line).collect();
        let given = Given::new(if asked { JIRA } else { "" }, &list(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
        let Given { run, profile, .. } = &given;
        let mut policy = run.policy.clone();
        // Lists that have the same pattern from other cells.
        for rule in policy.rules.get_mut(&Intent::BypassInspection).unwrap() {
            rule.provenance = rule.provenance.first().cloned().into_iter().collect();
        }
        let endpoints = run.endpoints.iter().chain(&run.included);
        let index = Index::new(&run.sources, endpoints, &run.findings, &profile.select.platforms);
        let side = Side::of_policy(String::new(), &run.sources, &policy, &index);
        let inputs = Inputs {
            settings: &profile.settings,
            profile: None,
            options: Vec::new(),
            not_yet: Vec::new(),
            banner: &run.banner(profile),
            sources: &run.sources,
            policy: &policy,
            findings: &[],
            waivers: &[],
            products: Vec::new(),
        };
        let table = policy_table(&policy, &index, &profile.settings.ticket).unwrap();
        let ticket = Ticket::of_policy(&inputs, &side).table().unwrap();
        prop_assert_eq!(String::from_utf8(table).unwrap(), String::from_utf8(ticket).unwrap());
    }
}

fn before() -> Given {
    Given::new(
        JIRA,
        &list(&[
            "s,WW,CRL,80,gone.example.com,Required",
            "s,WW,CRL,443,stays.example.com,Required",
            "s,WW,CRL,443,said.example.com,Required",
            "s,WW,CRL,443,port.example.com,Required",
            "s,WW,CRL,443,*.narrow.example.com,Required",
            "s,WW,CRL,443,a.wide.example.com,Required",
        ]),
    )
}

fn after() -> Given {
    let waiver = "waivers: [{ lint: covers-public-suffix, pattern: \"*.blob.core.windows.net\", intent: \
                  bypass-inspection, reason: why not, owner: ada, expires: 2027-03-31 }]\n";
    Given::new(
        &(JIRA.to_owned() + waiver),
        &list(&[
            "s,WW,CRL,443,stays.example.com,Required",
            "s,WW,CRL,443,said.example.com,Optional",
            "s,WW,CRL,\"443,8443\",port.example.com,Required",
            "s,WW,CRL,443,b.narrow.example.com,Required",
            "s,WW,CRL,443,*.wide.example.com,Required",
            "s,WW,MAPS,443,new.example.com,Required",
            "s,WW,MAPS,443,*.blob.core.windows.net,Required",
            "s,WW,MAPS,443,*.cloudapp.net,Required",
        ]),
    )
}

/// The cells of every sheet, by its name.
fn cells_of(bytes: &[u8]) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    book.sheet_names()
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            let rows = range.rows().map(|row| row.iter().map(text).collect()).collect();
            assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name}");
            (name, rows)
        })
        .collect()
}

/// How often each line of the change stands in a text whose places for destinations `destinations` finds.
fn counts(found: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for host in found {
        *counts.entry(host).or_default() += 1;
    }
    counts
}

/// Destinations of the change, with how many lines each has.
fn wanted(ticket: &Ticket<'_>) -> BTreeMap<String, usize> {
    let lines = ticket.added.iter().chain(&ticket.removed).map(|own| own.opening);
    let lines = lines.chain(ticket.instead.iter().chain(&ticket.covered).map(|own| own.line.opening));
    let left_out = ticket.left_out.iter().map(|own| own.opening);
    let restated = ticket.restated.iter().map(|own| own.new);
    counts(lines.chain(left_out).chain(restated).map(Opening::destination))
}

#[test]
fn every_line_of_a_change_stands_once_in_every_format_and_language() {
    let (old, new) = (before(), after());
    let want = new.ticket(Some(&old), wanted);
    assert_eq!(
        want.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "*.blob.core.windows.net",
            "*.cloudapp.net",
            "*.narrow.example.com",
            "*.wide.example.com",
            "a.wide.example.com",
            "b.narrow.example.com",
            "gone.example.com",
            "new.example.com",
            "port.example.com",
            "said.example.com"
        ]
    );
    for language in Language::ALL {
        let text = |format| String::from_utf8(new.written(Some(&old), format, language)).unwrap();
        // First cells of rows.
        let mut found = Vec::new();
        let mut cell = None;
        for event in Parser::new_ext(&text(Format::Markdown), Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::TableRow) => cell = Some(0),
                Event::Start(Tag::TableCell) => cell = cell.map(|at| at + 1),
                Event::Code(code) if cell == Some(1) => found.push(code.to_string()),
                _ => {}
            }
        }
        let is_wanted = |host: &String| want.contains_key(host);
        assert_eq!(counts(found.into_iter().filter(is_wanted)), want, "{language:?}");
        let html = text(Format::Html);
        let found =
            html.split("<tr><td><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        assert_eq!(counts(found.filter(is_wanted)), want, "{language:?}");
        let sheets = cells_of(&new.written(Some(&old), Format::Workbook, language));
        let m = language.messages();
        let of_change = [
            &m.headings.openings,
            &m.headings.instead,
            &m.headings.removals,
            &m.headings.covered,
            &m.headings.restated,
            &m.headings.left_out,
        ];
        let found = of_change.iter().flat_map(|name| {
            let rows = &sheets[&name.text().chars().take(31).collect::<String>()];
            let at = rows[0].iter().position(|title| title == m.columns.destination.text()).unwrap();
            rows[1..].iter().map(move |row| row[at].clone())
        });
        assert_eq!(counts(found), want, "{language:?}");
        // A row for each list.
        let csv = text(Format::Csv);
        assert!(csv.starts_with('\u{feff}'));
        let rows: Vec<::csv::StringRecord> =
            ::csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes())
                .records()
                .map(Result::unwrap)
                .collect();
        let distinct: BTreeSet<Vec<&str>> = rows.iter().map(|row| row.iter().take(8).collect()).collect();
        assert_eq!(distinct.len(), rows.len());
        assert_eq!(
            rows.iter().map(|row| row[5].to_owned()).collect::<BTreeSet<_>>(),
            want.keys().cloned().collect()
        );
        // Lines to copy.
        for format in [Format::ServiceNow, Format::Jira] {
            let body: Value = serde_json::from_str(&text(format)).unwrap();
            let mut texts = Vec::new();
            every_text(&body, &mut texts);
            let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim);
            let host =
                |line: &str| line.trim_start_matches("http ").split([' ', ':']).next().unwrap().to_owned();
            assert_eq!(counts(lines.map(host).filter(is_wanted)), want, "{format:?} {language:?}");
        }
    }
}

/// The texts of fields, and of a document those that are to be copied.
fn every_text(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.get("type") == Some(&"doc".into()) => {
            let blocks = map["content"].as_array().unwrap().iter().filter(|own| own["type"] == "codeBlock");
            blocks.for_each(|own| found.push(own["content"][0]["text"].as_str().unwrap().to_owned()));
        }
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|own| every_text(own, found)),
        Value::Object(map) => map.values().for_each(|own| every_text(own, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a part of the JSON says of lines: pattern and lists.
fn lines_of(lines: &Value) -> Vec<(String, String)> {
    let lines = lines.as_array().unwrap().iter();
    lines.map(|own| (own["pattern"].to_string(), own["intents"].to_string())).collect()
}

#[test]
fn the_rollback_is_the_change_the_other_way_round() {
    let (old, new) = (before(), after());
    let (there, back) = (new.json(Some(&old)), old.json(Some(&new)));
    assert!(!lines_of(&there["add"]).is_empty() && !lines_of(&there["remove"]).is_empty());
    assert_eq!(lines_of(&there["rollback"]["remove"]), lines_of(&back["remove"]));
    assert_eq!(lines_of(&there["rollback"]["add"]), lines_of(&back["add"]));
    for part in ["instead", "covered"] {
        assert_eq!(lines_of(&there[part]).len(), 1, "{part}");
        assert_eq!(lines_of(&there["rollback"][part]), lines_of(&back[part]), "{part}");
    }
    let counts = |ticket: &Value, part: &str| -> Vec<(String, Value, Value)> {
        let targets = if part.is_empty() { &ticket["targets"] } else { &ticket[part]["targets"] };
        let targets = targets.as_array().unwrap().iter();
        targets
            .map(|own| {
                let change = &own["change"];
                (own["id"].to_string(), change["opened"].clone(), change["closed"].clone())
            })
            .collect()
    };
    assert_eq!(counts(&there, "rollback"), counts(&back, ""));
    assert!(counts(&there, "").iter().all(|(_, opened, closed)| opened.is_u64() && closed.is_u64()));
}

#[test]
fn a_change_tells_of_nothing_else() {
    let (old, new) = (before(), after());
    let change = new.json(Some(&old));
    let text = change.to_string();
    assert!(!text.contains("stays.example.com"));
    // The new lines are those of rows 5 to 9; the others have findings too.
    assert!(change["findings_elsewhere"].as_u64().unwrap() > 0);
    let places = change["findings"].as_array().unwrap().iter().map(|own| own["place"].to_string());
    assert!(places.clone().any(|own| own.contains("E9")), "{:?}", places.collect::<Vec<_>>());
    // Only a port of it is new, and the request shows which.
    let port = change["add"]
        .as_array()
        .unwrap()
        .iter()
        .find(|own| own["destination"] == "port.example.com")
        .unwrap();
    assert_eq!(port["example"], "https://port.example.com:8443/");
    let restated = &change["restate"][0];
    assert_eq!(restated["facts"]["requirement"]["before"], "required");
    assert_eq!(restated["facts"]["requirement"]["after"], "optional");
    assert_eq!(change["waivers"][0]["owner"], "ada");
    assert_eq!(change["left_out"][0]["finding"], "covers-public-suffix");
    // A narrower line is entered before the wider one goes; nothing opens by it.
    assert_eq!(change["instead"][0]["destination"], "b.narrow.example.com");
    assert_eq!(change["instead"][0]["by"][0], "*.narrow.example.com");
    assert_eq!(change["covered"][0]["destination"], "a.wide.example.com");
    assert_eq!(change["covered"][0]["by"][0], "*.wide.example.com");
    // The same policy is no change.
    let same = new.json(Some(&after()));
    for part in ["add", "instead", "remove", "covered", "restate", "left_out", "waivers", "settings"] {
        assert_eq!(same[part], Value::Array(Vec::new()), "{part}");
    }
    let same = new.written(Some(&after()), Format::Markdown, Language::Ja);
    let nothing = Language::Ja.messages().no_change.text();
    assert!(String::from_utf8(same).unwrap().contains(nothing));
}

#[test]
fn what_was_held_back_before_it_became_a_line_is_told() {
    let old =
        Given::new("", &list(&["s,WW,c,443,a.example.com,Required", "s,WW,c,443,b.example.com,Required"]));
    let new =
        Given::new("", &list(&["s,WW,c,443,a.example.com,Required", "s,WW,c,abc,b.example.com,Required"]));
    let json = new.json(Some(&old));
    assert_eq!(json["held_back"], 1);
    let codes: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"invalid-port"), "{codes:?}");
    for language in Language::ALL {
        let text = String::from_utf8(new.written(Some(&old), Format::Markdown, language)).unwrap();
        let m = language.messages();
        assert!(text.contains(&m.unread.of(1)), "{text}");
        assert!(!text.contains(m.nothing_left_out.text()));
    }
    // It was held back before as well.
    assert_eq!(new.json(Some(&new))["held_back"], 0);
}

#[test]
fn products_that_do_something_else_are_a_change() {
    let rows = list(&["s,WW,c,443,a.example.com,Required"]);
    let old = Given::new("targets: { pac: { otherwise: block }, squid: }\n", &rows);
    let new = Given::new("targets: { pac: { otherwise: direct }, squid: }\n", &rows);
    let json = new.json(Some(&old));
    assert_eq!(json["settings"][0]["key"], "targets.pac.otherwise");
    assert_eq!(
        (&json["settings"][0]["before"], &json["settings"][0]["after"]),
        (&"block".into(), &"direct".into())
    );
    for language in Language::ALL {
        let text = String::from_utf8(new.written(Some(&old), Format::Markdown, language)).unwrap();
        let m = language.messages();
        assert!(text.contains(m.only_products.text()) && !text.contains(m.no_change.text()), "{text}");
        assert!(text.contains("`targets.pac.otherwise`"), "{text}");
    }
}

#[test]
fn a_waiver_whose_day_has_passed_is_marked() {
    let waiver = "waivers: [{ lint: covers-public-suffix, pattern: \"*.blob.core.windows.net\", intent: \
                  bypass-inspection, reason: why not, owner: ada, expires: 2026-11-01 }]\n";
    let given = Given::new(waiver, &list(&["s,WW,c,443,*.blob.core.windows.net,Required"]));
    assert_eq!(given.json(None)["waivers"][0]["expired"], true);
    let text = String::from_utf8(given.written(None, Format::Markdown, Language::En)).unwrap();
    assert!(text.contains("2026-11-01, expired"), "{text}");
    assert_eq!(after().json(None)["waivers"][0]["expired"], false);
}

#[test]
fn a_row_of_the_workbook_is_what_the_json_says() {
    let (old, new) = (before(), after());
    let json = new.json(Some(&old));
    let sheets = cells_of(&new.written(Some(&old), Format::Workbook, Language::En));
    assert_eq!(sheets.len(), 11, "{:?}", sheets.keys());
    for (sheet, part) in [("To be opened", "add"), ("To be removed", "remove")] {
        let rows = &sheets[sheet];
        let at = |title: &str| rows[0].iter().position(|own| own == title).unwrap();
        let lines = json[part].as_array().unwrap();
        assert_eq!(rows.len() - 1, lines.len());
        for (row, line) in rows[1..].iter().zip(lines) {
            for (title, key) in [
                ("Scheme", "schemes"),
                ("Destination", "destination"),
                ("Ports", "ports"),
                ("Path", "path"),
                ("Geographies", "geographies"),
                ("Requirement", "requirement"),
            ] {
                assert_eq!(row[at(title)], line[key].as_str().unwrap(), "{title}");
            }
            assert_eq!(row[at("Source")], line["cells"][0].as_str().unwrap());
            assert_eq!(row[at("From")], "clients, 10.0.0.0/8");
        }
    }
    let files = &sheets["Files"];
    let digests: BTreeMap<&str, &str> = files[1..]
        .iter()
        .filter(|row| !row[1].is_empty())
        .map(|row| (row[1].as_str(), row[3].as_str()))
        .collect();
    let targets = json["targets"].as_array().unwrap();
    let of_json: BTreeMap<&str, &str> = targets
        .iter()
        .flat_map(|own| own["files"].as_array().unwrap())
        .map(|own| (own["path"].as_str().unwrap(), own["sha256"].as_str().unwrap()))
        .collect();
    assert_eq!(digests, of_json);
    assert!(digests.len() > 5);
    // The other way round: what is opened goes, and then what stood in for wider lines.
    let (rollback, openings) = (&sheets["Rollback"], &sheets["To be opened"]);
    let removed = rollback.iter().filter(|row| row[0] == "remove").map(|row| (&row[3], &row[4]));
    let instead = &sheets["To be entered in place of wider"];
    assert!(removed.eq(openings[1..].iter().chain(&instead[1..]).map(|row| (&row[0], &row[1]))));
}

/// Texts of cells are whatever somebody wrote there.
#[test]
fn no_text_of_a_cell_becomes_more_than_text() {
    let texts = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(1)",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" onmouseover=\"x",
        "]]></w:t>",
        "_x0041_",
        "&lt;b&gt;",
        "` | `",
        "{0}",
        "\u{202e}abc",
    ];
    let mut rows = ::csv::Writer::from_writer(HEADER.as_bytes().to_vec());
    for (at, text) in texts.iter().enumerate() {
        rows.write_record([text, "WW", text, "443", format!("h{at}.example.com").as_str(), "Required"])
            .unwrap();
    }
    let list = String::from_utf8(rows.into_inner().unwrap()).unwrap();
    let given = Given::new(JIRA, &list);
    for language in Language::ALL {
        let html = String::from_utf8(given.written(None, Format::Html, language)).unwrap();
        for tag in ["<script", "<img", "onmouseover=\"", "\u{202e}"] {
            assert!(!html.contains(tag), "{tag}");
        }
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{html}");
        let sheets = cells_of(&given.written(None, Format::Workbook, language));
        let openings = &sheets[language.messages().headings.openings.text()];
        let cells: BTreeSet<&str> = openings.iter().flatten().map(String::as_str).collect();
        for text in &texts[..texts.len() - 1] {
            assert!(cells.contains(text), "{text}: {cells:?}");
        }
        let jira = given.written(None, Format::Jira, language);
        assert!(!String::from_utf8(jira).unwrap().contains('\u{202e}'));
    }
}

#[test]
fn limits_are_kept_and_what_is_missing_is_told() {
    let many: Vec<String> =
        (0..600).map(|at| format!("s,WW,c{at},443,host{at}.example.com,Required")).collect();
    let long = format!("s,WW,\"{}\",443,long.example.com,Required", "x".repeat(40_000));
    let mut rows: Vec<&str> = many.iter().map(String::as_str).collect();
    rows.push(&long);
    let given = Given::new(JIRA, &list(&rows));
    for language in Language::ALL {
        let body: Value = serde_json::from_slice(&given.written(None, Format::ServiceNow, language)).unwrap();
        for (key, value) in body.as_object().unwrap() {
            let most = if key == "short_description" { 160 } else { 4_000 };
            assert!(value.as_str().unwrap().chars().count() <= most, "{key}");
        }
        let description = body["description"].as_str().unwrap();
        let shown = description.lines().filter(|own| own.trim().ends_with(".example.com")).count();
        assert!(shown > 0 && description.contains(&(601 - shown).to_string()), "{description}");
        let body: Value = serde_json::from_slice(&given.written(None, Format::Jira, language)).unwrap();
        let description = &body["fields"]["description"];
        assert!(description.to_string().chars().count() <= 32_767);
        assert!(description.to_string().contains("thruway ticket --format xlsx"));
        given.ticket(None, |ticket| {
            let bytes = sheets::workbook(ticket, language, 201).unwrap();
            let sheets = cells_of(&bytes);
            let openings = &sheets[language.messages().headings.openings.text()];
            assert_eq!(openings.len(), 201);
            assert!(openings[200][0].contains("402"), "{:?}", openings[200]);
            for cell in sheets.values().flatten().flatten() {
                assert!(cell.encode_utf16().count() <= 32_767);
            }
        });
        let sheets = cells_of(&given.written(None, Format::Workbook, language));
        let openings = &sheets[language.messages().headings.openings.text()];
        assert_eq!(openings.len(), 602);
        assert!(openings.iter().flatten().any(|cell| cell.contains("thruway ticket --format json")));
    }
}

#[test]
fn fields_of_the_profile_are_those_of_the_bodies() {
    let given = after();
    let body: Value = serde_json::from_slice(&given.written(None, Format::ServiceNow, Language::En)).unwrap();
    assert_eq!(
        (&body["cmdb_ci"], &body["type"], &body["category"]),
        (&"proxy".into(), &"standard".into(), &"Network".into())
    );
    let body: Value = serde_json::from_slice(&given.written(None, Format::Jira, Language::Ja)).unwrap();
    assert_eq!(body["fields"]["project"]["key"], "NET");
    assert_eq!(body["fields"]["issuetype"]["name"], "Task");
    assert_eq!(body["fields"]["labels"][0], "mde");
    let without = Given::new("", &list(&["s,WW,c,443,a.example.com,Required"]));
    let error = without.ticket(None, |ticket| ticket.write(Format::Jira, Language::En).unwrap_err());
    assert_eq!(error, TicketError::NoJiraProject);
}

#[test]
fn the_same_ticket_has_the_same_bytes() {
    let (old, new) = (before(), after());
    for format in Format::ALL {
        let bytes = || new.written(Some(&old), format, Language::Ja);
        assert_eq!(bytes(), bytes(), "{format:?}");
    }
}

#[test]
fn commands_of_the_test_plan_can_be_copied() {
    let (old, new) = (before(), after());
    let tests = &new.json(Some(&old))["tests"];
    assert_eq!(
        tests["new"][0],
        "thruway verify --profile thruway.yaml --route direct --only \
         '{*.blob.core.windows.net,*.cloudapp.net,*.wide.example.com,new.example.com,port.example.com}'"
    );
    assert_eq!(tests["all"][0], "thruway verify --profile thruway.yaml --route direct");
    let proxies =
        Given::new("proxies: [\"[fd00::1]:8080\"]\n", &list(&["s,WW,c,443,a.example.com,Required"]));
    let tests = &proxies.json(None)["tests"];
    assert_eq!(
        tests["all"][0],
        "thruway verify --profile thruway.yaml --route 'proxy=http://[fd00::1]:8080'"
    );
}
