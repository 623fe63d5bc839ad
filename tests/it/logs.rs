//! Logs held against a policy: what is proposed compiles and means what it says, and nothing hostile of a log or a list
//! reaches whoever reads the answers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use thruway::model::{Intent, Request};

use super::common::{profile_at, run};

/// A list with a wildcard that spans customers, a host inside of it, and texts that are code somewhere.
const LIST: &str = "\
Service,Geography,Category,Port,Endpoint/URL,Required or Optional
Defender,WW,Samples,443,*.blob.core.windows.net,Required
Defender,WW,Samples,443,stated.blob.core.windows.net,Required
=HYPERLINK(\"//x\"),WW,<script>alert(1)</script>,443,*.b.example.com,Required
\u{1b}[31mred,WW,@SUM(A1),443,a.example.com,Required
";

const PROFILE: &str =
    "version: 1\nname: logs\nsources:\n  - file: list.csv\ntargets: { squid:, paloalto:, pac: }\n";

/// Ten days of Squid's: a line for each host a day, by as many clients.
fn log(hosts: &[(&str, &str)]) -> String {
    let mut log = String::new();
    for day in 0..10 {
        for (at, (host, result)) in hosts.iter().enumerate() {
            let time = 1_790_000_000 + day * 86_400 + at;
            let (method, url) = match *result {
                "TCP_MISS/200" => ("GET", format!("https://{host}/")),
                _ => ("CONNECT", format!("{host}:443")),
            };
            writeln!(log, "{time}.000 1 10.0.0.{at} {result} 700 {method} {url} - HIER_DIRECT/192.0.2.1 -")
                .unwrap();
        }
    }
    log
}

fn thruway(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder)
        .args(["--today", "2026-11-24", "audit", "log"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains('\u{1b}'), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn folder(log: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("list.csv", LIST), ("thruway.yaml", PROFILE), ("access.log", log)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const SEEN: [(&str, &str); 6] = [
    ("one.blob.core.windows.net", "TCP_TUNNEL/200"),
    ("two.blob.core.windows.net", "TCP_DENIED/403"),
    ("-x.b.example.com", "TCP_MISS/200"),
    ("y.b.example.com", "TCP_DENIED/407"),
    ("a.example.com", "TCP_TUNNEL/200"),
    ("b.exarnple.com", "TCP_TUNNEL/200"),
];

#[test]
fn what_is_proposed_lets_through_what_was_seen_and_stated_and_no_more() {
    let folder = folder(&log(&SEEN));
    let snippet = thruway(folder.path(), &["access.log", "--propose", "-"]);
    let profile = profile_at(&format!("{PROFILE}{snippet}"), &folder.path().join("thruway.yaml"));
    let policy = run(&profile).policy;
    for (host, want) in [
        ("one.blob.core.windows.net", true),
        ("two.blob.core.windows.net", true),
        // The exclusion would drop what the list states inside of the wildcard.
        ("stated.blob.core.windows.net", true),
        ("three.blob.core.windows.net", false),
        ("x.one.blob.core.windows.net", false),
        ("-x.b.example.com", true),
        ("y.b.example.com", true),
        ("z.b.example.com", false),
        ("a.example.com", true),
    ] {
        let request: Request = host.parse().unwrap();
        assert_eq!(policy.matching(Intent::Allow, &request).next().is_some(), want, "{host}\n{snippet}");
    }
    // A wildcard over customers is held where it would exempt them from inspection; their hosts are not.
    let one = "one.blob.core.windows.net".parse().unwrap();
    assert!(policy.matching(Intent::BypassInspection, &one).next().is_some());
    assert!(snippet.contains("owner: TODO") && snippet.contains("expires: 2027-02-22"), "{snippet}");
    // A short log says nothing of what comes once a month.
    let short: String = log(&SEEN).lines().take(SEEN.len() * 3).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("short.log"), short).unwrap();
    assert_eq!(thruway(folder.path(), &["short.log", "--propose", "-"]), "");
}

#[test]
fn a_proposal_for_the_built_in_profile_is_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("access.log"), log(&SEEN[..2])).unwrap();
    let text = thruway(folder.path(), &["access.log", "--propose", "-"]);
    let policy = run(&profile_at(&text, Path::new("thruway.yaml"))).policy;
    let is_allowed = |host: &str| policy.matching(Intent::Allow, &host.parse().unwrap()).next().is_some();
    assert!(is_allowed("one.blob.core.windows.net") && !is_allowed("three.blob.core.windows.net"), "{text}");
    assert!(is_allowed("login.microsoftonline.com"));
}

#[test]
fn nothing_hostile_reaches_who_reads_the_answers() {
    let garbage = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}<img src=x onerror=alert(2)> =1+1\n";
    let folder = folder(&format!("{garbage}{}", log(&SEEN)));
    for format in ["human", "json", "csv", "html"] {
        let text = thruway(folder.path(), &["access.log", "--format", format, "--top", "50"]);
        assert!(text.contains("-x.b.example.com"), "{format}: {text}");
        let is_hidden =
            |c: char| (c.is_control() && c != '\n' && c != '\r') || matches!(c, '\u{202e}' | '\u{2028}');
        assert_eq!(text.chars().find(|c| is_hidden(*c)), None, "{format}");
    }
    let page = thruway(folder.path(), &["access.log", "--format", "html"]);
    assert!(page.contains("alert(1)"), "the category is on the page");
    for code in ["<script>alert", "<img src=x", "onerror=alert(2)>"] {
        assert!(!page.contains(code), "{code}");
    }
    let table = thruway(folder.path(), &["access.log", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let mut cells = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            for part in cell.split(';') {
                assert!(!part.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            }
            cells += 1;
        }
    }
    // What a wildcard covers has no row of its own.
    assert_eq!(cells, 3 * 16, "{table}");
    assert!(
        table.contains("'=HYPERLINK") && table.contains("'@SUM") && table.contains("'-x.b.example.com"),
        "{table}"
    );
}

#[test]
fn every_line_of_a_fix_is_in_the_file_that_it_names() {
    let folder = folder(&log(&SEEN));
    let answers = thruway(folder.path(), &["access.log", "--format", "json"]);
    let answers: serde_json::Value = serde_json::from_str(&answers).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder.path())
        .args(["--today", "2026-11-24", "-q", "compile"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let mut lines = 0;
    let mut lists = Vec::new();
    for fix in answers["fixes"].as_array().unwrap() {
        lists.push((
            fix["list"].as_str().unwrap(),
            fix["pattern"].as_str().unwrap(),
            fix["requests"].as_u64().unwrap(),
        ));
        for target in fix["targets"].as_array().unwrap() {
            for line in target["lines"].as_array().unwrap() {
                let file = fs::read_to_string(folder.path().join("out").join(line["file"].as_str().unwrap()))
                    .unwrap();
                let Some(number) = line["line"].as_u64() else { continue };
                let text = file.lines().nth(number as usize - 1).unwrap();
                assert!(text.contains(line["text"].as_str().unwrap()), "{line}: {text}");
                lines += 1;
            }
        }
    }
    assert!(lines >= 4, "{answers}");
    assert_eq!(
        lists,
        [
            ("allow", "*.blob.core.windows.net", 10),
            ("bypass-inspection", "*.b.example.com", 10),
            ("bypass-authentication", "*.b.example.com", 10)
        ]
    );
    assert_eq!(answers["close"][0]["host"], "b.exarnple.com");
    assert_eq!(answers["close"][0]["kind"], "lookalike");
}
