//! `diff` on real lists: every claim is checked against `match`, by requests of both sides.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::common;

const INTENTS: [&str; 3] = ["allow", "bypass-inspection", "bypass-authentication"];

fn thruway(dir: &Path, arguments: &[&str], stdin: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(dir)
        .args(arguments)
        .args(["--today", "2026-11-24"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // `match` answers while it reads.
    let mut input = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A command that reads nothing closes its stdin.
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What `match` says of requests under a profile: for each, by intent.
fn decided(dir: &Path, profile: &str, requests: &[String]) -> Vec<Value> {
    let out = thruway(dir, &["match", "--profile", profile], &(requests.join("\n") + "\n"));
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    answers
}

fn says(answer: &Value, intent: &str) -> bool {
    answer[intent.replace('-', "_")].as_bool().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Two profiles that differ in their source alone.
fn profiles(dir: &Path, old: &str, new: &str) {
    for (name, source) in [("old.yaml", old), ("new.yaml", new)] {
        let text = format!("version: 1\nname: x\nsources:\n  - {source}\nselect: {{ geographies: [EU] }}\n");
        std::fs::write(dir.join(name), text).unwrap();
    }
}

fn workbook(name: &str) -> String {
    format!("file: {}", common::vendor(name).display())
}

/// Every claim of a comparison, against `match` under both profiles. How many there were.
fn every_claim_holds(dir: &Path) -> usize {
    let diff: Value =
        serde_json::from_str(&thruway(dir, &["diff", "old.yaml", "new.yaml", "--format", "json"], ""))
            .unwrap();
    let mut claims = 0;
    for intent in INTENTS {
        let list = &diff["intents"][intent];
        for (direction, was, is) in [("opened", false, true), ("closed", true, false)] {
            let changes = list[direction].as_array().unwrap();
            let witnesses: Vec<String> = changes
                .iter()
                .flat_map(|change| change["witnesses"].as_array().unwrap())
                .map(|witness| text(&witness["request"]))
                .collect();
            assert!(witnesses.len() >= changes.len(), "{intent} {direction}: a change without a request");
            let before = decided(dir, "old.yaml", &witnesses);
            let after = decided(dir, "new.yaml", &witnesses);
            for ((request, before), after) in witnesses.iter().zip(&before).zip(&after) {
                assert_eq!(
                    (says(before, intent), says(after, intent)),
                    (was, is),
                    "{intent} {direction}: {request}"
                );
                claims += 1;
            }
        }
    }
    claims
}

/// Every host that either side names, and a name below each wildcard, against the changes: nothing that differs is
/// passed over.
fn nothing_is_passed_over(dir: &Path) {
    let diff: Value =
        serde_json::from_str(&thruway(dir, &["diff", "old.yaml", "new.yaml", "--format", "json"], ""))
            .unwrap();
    let policy = |profile: &str| -> Value {
        serde_json::from_str(&thruway(dir, &["show", "policy", "--profile", profile, "--format", "json"], ""))
            .unwrap()
    };
    let mut requests = BTreeSet::new();
    for policy in [policy("old.yaml"), policy("new.yaml")] {
        for rule in policy["allow"]["rules"].as_array().unwrap() {
            let pattern = text(&rule["pattern"]);
            let url = if pattern.contains("://") { pattern } else { format!("https://{pattern}") };
            let url = url.trim_end_matches('*');
            let (scheme, rest) = url.split_once("://").unwrap();
            for host in
                [rest.replacen("*.", "some.", 1), rest.replacen("*.", "", 1), rest.replacen('*', "x", 1)]
            {
                requests.insert(format!("{scheme}://{}", host.trim_start_matches('.')));
            }
        }
    }
    // Not every way to fill a star gives a name.
    requests.retain(|request| request.parse::<thruway::model::Request>().is_ok());
    let requests: Vec<String> = requests.into_iter().collect();
    let (before, after) = (decided(dir, "old.yaml", &requests), decided(dir, "new.yaml", &requests));
    let mut differing = 0;
    for ((request, before), after) in requests.iter().zip(&before).zip(&after) {
        for intent in INTENTS {
            let (was, is) = (says(before, intent), says(after, intent));
            if was == is {
                continue;
            }
            differing += 1;
            let (direction, answer) = if is { ("opened", after) } else { ("closed", before) };
            let told: BTreeSet<String> = diff["intents"][intent][direction]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| text(&change["pattern"]))
                .collect();
            let rules: Vec<String> =
                answer["rules"].as_array().unwrap().iter().map(|rule| text(&rule["pattern"])).collect();
            assert!(
                rules.iter().any(|rule| told.contains(rule)),
                "{intent} {direction}: {request} by {rules:?}"
            );
        }
    }
    assert!(differing > 20, "{differing} requests differ");
}

#[test]
fn the_2021_workbook_and_the_built_in_list_differ_as_told() {
    let dir = tempfile::tempdir().unwrap();
    profiles(dir.path(), &workbook("mde-urls-2021-03.xlsx"), "builtin: mde-commercial");
    assert!(every_claim_holds(dir.path()) > 80);
    nothing_is_passed_over(dir.path());
}

#[test]
fn two_workbooks_of_different_layout_differ_as_told() {
    let dir = tempfile::tempdir().unwrap();
    profiles(
        dir.path(),
        &workbook("mde-urls-2021-03.xlsx"),
        &workbook("mde-streamlined-urls-commercial-2024-08.xlsx"),
    );
    assert!(every_claim_holds(dir.path()) > 20);
    nothing_is_passed_over(dir.path());
}

#[test]
fn a_written_folder_is_the_policy_that_it_was_written_for() {
    let dir = tempfile::tempdir().unwrap();
    profiles(dir.path(), &workbook("mde-urls-2021-03.xlsx"), "builtin: mde-commercial");
    thruway(dir.path(), &["compile", "--profile", "old.yaml", "--out", "out"], "");
    let of = |old: &str, new: &str| -> Value {
        serde_json::from_str(&thruway(dir.path(), &["diff", old, new, "--format", "json"], "")).unwrap()
    };
    let same = of("out", "old.yaml");
    assert_eq!((&same["same"], &same["restated"]), (&Value::Bool(true), &serde_json::json!([])));
    let (folder, profile) = (of("out", "new.yaml"), of("old.yaml", "new.yaml"));
    assert_eq!(folder["intents"], profile["intents"]);
    assert_eq!(folder["restated"], profile["restated"]);
    assert_eq!(folder["same"], Value::Bool(false));
}

/// A folder knows what it was written for and what its products were told, so it differs in nothing from its profile.
#[test]
fn a_folder_is_what_its_profile_asks_for() {
    let mut compared = 0;
    for case in common::cases() {
        let out = tempfile::tempdir().unwrap();
        let out = out.path().join("out").display().to_string();
        let dir = common::root().join("tests/cases").join(&case);
        thruway(&dir, &["compile", "--quiet", "--profile", "thruway.yaml", "--out", &out], "");
        let diff: Value =
            serde_json::from_str(&thruway(&dir, &["diff", &out, "thruway.yaml", "--format", "json"], ""))
                .unwrap();
        assert_eq!(diff["same"], true, "{case}: {diff:#}");
        for part in ["settings", "restated", "newly_left_out", "newly_unread"] {
            assert_eq!(diff[part], Value::Array(Vec::new()), "{case}: {part}");
        }
        compared += diff["targets"].as_array().unwrap().len();
    }
    assert!(compared > 20, "{compared}");
}
