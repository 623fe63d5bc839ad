//! A written folder is read back, whatever has become of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::common;

/// The exit code, the result and what went to stderr.
fn thruway(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(common::root().join("tests/cli/compile.in"))
        .args(arguments)
        .args(["--today", "2026-11-24"])
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn compiled(arguments: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (code, _, stderr) = thruway(&[&["compile", "--out", path(&out)], arguments].concat());
    assert_eq!(code, 0, "{stderr}");
    (folder, out)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_folder_as_it_was_written_is_proved() {
    let (_folder, out) = compiled(&[]);
    let (code, stdout, stderr) = thruway(&["prove", path(&out)]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.starts_with("squid"), "{stdout}");
    assert!(stderr.ends_with("means what thruway.yaml asks for\n"), "{stderr}");
}

/// There is another profile in the folder that the command runs in.
#[test]
fn the_profile_that_the_manifest_names_is_compiled() {
    let builtin = common::root().join("tests/cases/builtin/thruway.yaml");
    let (_folder, out) = compiled(&["--profile", path(&builtin)]);
    assert_eq!(thruway(&["prove", path(&out)]).0, 0);
    let (code, stdout, _) = thruway(&["prove", path(&out), "--profile", "thruway.yaml", "--format", "json"]);
    assert_eq!(code, 1, "{stdout}");
    let result: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(result["targets"][0]["proof"], "differs", "{result}");
    assert_eq!(result["damage"], serde_json::json!([]));
    assert_eq!(result["current"], false);
}

#[test]
fn what_was_edited_lost_or_added_is_told() {
    let (_folder, out) = compiled(&[]);
    let list = out.join("squid/allow.https-443.dstdomain");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, format!("{text}evil.test\n")).unwrap();
    fs::remove_file(out.join("pac/wpad.dat")).unwrap();
    fs::write(out.join("note.txt"), "").unwrap();
    let (code, stdout, stderr) = thruway(&["prove", path(&out)]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    for said in [
        "`https://evil.test/` is let through",
        "squid/allow.https-443.dstdomain: edited",
        "pac/wpad.dat: lost",
        "note.txt: added",
    ] {
        assert!(stdout.contains(said), "{said} is not in {stdout}");
    }
    assert!(stderr.contains("3 files are not as written"), "{stderr}");
}

#[test]
fn a_change_that_means_nothing_is_told_too() {
    let (_folder, out) = compiled(&[]);
    let list = out.join("squid/allow.https-443.dstdomain");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, format!("# reviewed\n{text}")).unwrap();
    let (code, stdout, _) = thruway(&["prove", path(&out)]);
    assert_eq!(code, 1);
    let squid = stdout.lines().next().unwrap();
    assert!(squid.starts_with("squid"), "{squid}");
    assert!(squid.ends_with("not as written, and lets the same through"), "{squid}");
    assert!(stdout.contains("squid/allow.https-443.dstdomain: edited"), "{stdout}");
}

#[test]
fn a_profile_that_is_gone_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("thruway.yaml");
    let builtin = common::root().join("tests/cases/builtin/thruway.yaml");
    fs::copy(builtin, &profile).unwrap();
    let (_out, out) = compiled(&["--profile", path(&profile)]);
    fs::remove_file(&profile).unwrap();
    let (code, stdout, stderr) = thruway(&["prove", path(&out)]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("name the profile with --profile"), "{stderr}");
}

#[test]
fn a_folder_of_somebody_else_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = thruway(&["prove", path(folder.path())]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("holds no manifest.json that thruway wrote"), "{stderr}");
}
