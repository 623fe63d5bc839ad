//! What programs rely on: JSON, streams that are closed early, and a folder that is left alone.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::common;

fn thruway(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thruway"));
    command.current_dir(profile_folder()).args(arguments).stdin(Stdio::null());
    command.env("THRUWAY_TODAY", common::TODAY.to_string());
    command
}

/// A made-up list with a finding of several kinds.
fn profile_folder() -> PathBuf {
    common::root().join("tests/cli/explain.in")
}

fn run(arguments: &[&str]) -> Output {
    thruway(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = run(&[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_command_answers_in_json() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out");
    let manifest = json(&["compile", "--out", out.to_str().unwrap()]);
    assert_eq!(keys(&manifest), ["files", "findings", "profile", "sources", "targets"]);
    assert_eq!(keys(&manifest["targets"][0]), ["artifacts", "fidelity", "id", "proof"]);
    assert_eq!(
        keys(&manifest["targets"][0]["fidelity"]),
        ["exact", "held", "narrower", "unsupported", "wider"]
    );
    assert_eq!(keys(&manifest["targets"][0]["artifacts"][0]), ["bytes", "path", "sha256"]);
    let written: Value = serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest, written);

    assert_eq!(json(&["show"]).as_array().unwrap().len(), 6);
    assert_eq!(
        keys(&json(&["show", "policy"])),
        ["allow", "bypass_authentication", "bypass_inspection", "direct"]
    );
    assert!(json(&["lint"]).as_array().unwrap().iter().all(|finding| finding["code"].is_string()));
    assert_eq!(json(&["explain", "a.example.com"])["intents"]["allow"]["decision"], true);
    assert_eq!(json(&["explain", "missing-dot"])["code"], "missing-dot");
    let ids: Vec<_> = json(&["targets"]).as_array().unwrap().iter().map(|t| t["id"].clone()).collect();
    // A change ticket and a report enforce nothing, and settings of devices do not either.
    let enforces = |id: &&str| !["ticket", "report"].contains(id) && !thruway::emit::is_for_devices(id);
    let enforcing: Vec<_> = common::target_ids().into_iter().filter(enforces).collect();
    assert_eq!(ids, enforcing);
}

#[test]
fn the_day_may_come_from_a_variable_and_a_wrong_one_is_refused() {
    let lint = |day: &str| {
        let mut command = thruway(&["lint", "--format", "json"]);
        command.env("THRUWAY_TODAY", day).output().unwrap()
    };
    let has_stale = |output: &Output| String::from_utf8_lossy(&output.stdout).contains("stale-target-facts");
    assert!(has_stale(&lint("2028-01-01")) && !has_stale(&lint("2026-11-24")));
    let wrong = lint("soon");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("THRUWAY_TODAY is `soon`"));
}

#[test]
fn levels_of_the_command_line_go_before_those_of_the_profile() {
    let codes = |arguments: &[&str]| -> Vec<String> {
        let output = run(&[&["lint", "--format", "json"], arguments].concat());
        let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
        let of = |finding: &Value| format!("{} {}", finding["code"].as_str().unwrap(), finding["level"]);
        findings.as_array().unwrap().iter().map(of).collect()
    };
    let has = |arguments: &[&str], want: &str| codes(arguments).iter().any(|own| own == want);
    assert!(has(&[], "missing-dot \"warn\""));
    assert!(has(&["-D", "missing-dot"], "missing-dot \"deny\""));
    assert!(
        !codes(&["-D", "missing-dot", "-A", "missing-dot"]).iter().any(|own| own.starts_with("missing-dot"))
    );
    assert_eq!(run(&["lint", "-D", "missing-dot"]).status.code(), Some(1));
    // What is held is no rule: every command that reads the profile agrees.
    let allowed = |arguments: &[&str]| {
        let held = [&["show", "policy"], arguments].concat();
        json(&held)["bypass_inspection"].to_string().contains("*.blob.core.windows.net")
    };
    assert!(allowed(&["-W", "covers-public-suffix"]));
    let held = json(&["explain", "a.blob.core.windows.net", "-H", "covers-public-suffix:allow"]);
    assert_eq!(held["intents"]["allow"]["decision"], false);
}

#[test]
fn a_new_profile_names_the_schema_that_is_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let first_line = |profile: &str| {
        assert!(thruway(&["init", profile]).current_dir(folder.path()).status().unwrap().success());
        let text = std::fs::read_to_string(folder.path().join(profile)).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    assert!(first_line("one.yaml").starts_with("# A Thruway profile"));
    let schema = run(&["schema"]).stdout;
    std::fs::write(folder.path().join("thruway.schema.json"), schema).unwrap();
    assert_eq!(first_line("two.yaml"), "# yaml-language-server: $schema=thruway.schema.json");
}

#[test]
fn a_reader_that_goes_early_is_no_error() {
    for arguments in [&["show"][..], &["show", "policy"], &["targets"], &["lint", "--format", "json"]] {
        let mut child =
            thruway(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stdout.take());
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        assert_eq!(complaint, "", "{arguments:?}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let Ok(full) = std::fs::File::create("/dev/full") else { return };
    let output = thruway(&["show"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: stdout: "));
}

#[test]
fn match_answers_every_line_and_says_at_the_end_that_it_did_not_understand_one() {
    let mut child = thruway(&["match"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().unwrap().write_all(b"a.example.com\n\xff\xfe\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a line was not understood");
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        keys(&lines[0]),
        ["allow", "bypass_authentication", "bypass_inspection", "direct", "input", "rules"]
    );
    assert_eq!(keys(&lines[0]["rules"][0]["provenance"][0]), ["cell", "sheet", "source", "text"]);
    assert_eq!(keys(&lines[1]), ["error", "input"]);
}

#[test]
fn a_text_from_a_file_cannot_command_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("thruway.yaml"), "version: 1\nname: x\nsources: [{ file: list.csv }]\n").unwrap();
    let hostile = "Geography,Endpoint/URL,Port,Category\nWW,a.example.com,443,\x1b]0;title\x07\x1b[2J\nWW,\x1b[31mprose,443,x\n";
    std::fs::write(path("list.csv"), hostile).unwrap();
    std::fs::write(path("bad.csv"), "\x1b[31mName,Phone\nAda,1\n").unwrap();
    std::fs::write(path("bad.yaml"), "version: 1\nname: x\nsources: [{ file: bad.csv }]\n").unwrap();
    for arguments in [
        &["show"][..],
        &["show", "policy"],
        &["lint"],
        &["explain", "a.example.com"],
        &["lint", "--profile", "bad.yaml"],
    ] {
        let output =
            thruway(arguments).env("CLICOLOR_FORCE", "1").current_dir(folder.path()).output().unwrap();
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).unwrap();
            assert!(
                !text.contains("\x1b[2J") && !text.contains("\x1b]") && !text.contains("\x1b[31mprose"),
                "{text:?}"
            );
            assert!(!text.contains("\x1b[31mName"), "{text:?}");
        }
    }
}

/// A file as long as a disk is read no further than a list or a profile may go.
#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.csv");
    // A hole of a terabyte takes no room on the disk, and none in memory.
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let big = path.to_str().unwrap();
    for (arguments, want, help) in [
        (
            &["diff", big, "builtin:mde-commercial"][..],
            "over the limit of 268435456",
            "an endpoint list is far",
        ),
        (&["ticket", "--from", big], "over the limit of 268435456", "an endpoint list is far"),
        (
            &["lint", "--profile", big],
            "more than the 1048576 bytes that a profile may have",
            "sources: [file:",
        ),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(want) && stderr.contains(help), "{arguments:?}: {stderr}");
    }
}
