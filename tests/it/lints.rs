//! Every code has a case that triggers it and one, as near as can be, that does not: `tests/lints/CODE/fires.yaml` and
//! `quiet.yaml` are profiles; of codes of audits `fires.*` and `quiet.*` are configurations and `policy.yaml` is the
//! profile. A first line `# today: 2027-11-25` sets the day.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::common;
use thruway::compile::{self, Run};
use thruway::diag::Code;
use thruway::plan::PolicySets;

fn folder(code: Code) -> PathBuf {
    common::root().join("tests/lints").join(code.as_str())
}

/// The codes of everything that is found with a profile.
fn of_profile(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let profile = common::profile_at(&text, path);
    let today = text.lines().next().and_then(|line| line.strip_prefix("# today: "));
    let today = today.map_or(common::TODAY, |day| day.parse().unwrap());
    let run = Run::new(&profile, today).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let compiled = compile::compile(&run, &profile, inputs, &profile.targets).unwrap();
    compiled.findings.iter().map(|finding| finding.code.to_string()).collect()
}

/// The codes of everything that is found in a configuration.
fn of_audit(folder: &Path, configuration: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder)
        .args(["audit", "config", configuration, "--profile", "policy.yaml", "--format", "json"])
        .args(["--today", &common::TODAY.to_string()])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let result: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{} {configuration}: {error}: {stderr}", folder.display()));
    let findings = result["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// What is found in the case of a code.
fn found(code: Code, case: &str) -> BTreeSet<String> {
    let folder = folder(code);
    if !folder.join("policy.yaml").exists() {
        return of_profile(&folder.join(format!("{case}.yaml")));
    }
    let entries =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut configurations: Vec<String> =
        entries.filter(|name| name.starts_with(&format!("{case}."))).collect();
    assert_eq!(configurations.len(), 1, "{code}: one configuration `{case}`");
    of_audit(&folder, &configurations.remove(0))
}

#[test]
fn every_code_is_triggered_by_its_case_and_not_by_its_neighbour() {
    let mut wrong = Vec::new();
    for &code in Code::ALL {
        if !folder(code).is_dir() {
            wrong.push(format!("{code} has no folder in tests/lints"));
            continue;
        }
        let (fires, quiet) = (found(code, "fires"), found(code, "quiet"));
        if !fires.contains(code.as_str()) {
            wrong.push(format!("{code} is not found by its case, but {fires:?}"));
        }
        if quiet.contains(code.as_str()) {
            wrong.push(format!("{code} is found where it must not be"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_of_a_code() {
    let entries = fs::read_dir(common::root().join("tests/lints")).unwrap();
    let folders: BTreeSet<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, Code::ALL.iter().map(ToString::to_string).collect());
}

/// A list that nobody here can mend should not be told of line by line.
#[test]
fn the_built_in_lists_cause_few_findings_of_a_table() {
    let quiet =
        ["duplicate-row", "shadowed-pattern", "lookalike-name", "removed-by-vendor", "conflicting-intent"];
    for list in thruway::profile::BUILTIN_LISTS {
        let text = format!("version: 1\nname: x\nsources: [{{ builtin: {list} }}]\n");
        let run = common::run(&common::profile_at(&text, Path::new("x.yaml")));
        let count = |code: &str| run.findings.iter().filter(|own| own.code.as_str() == code).count();
        for code in quiet {
            assert_eq!(count(code), 0, "{list}: {code}");
        }
        assert!(count("port-conflict") <= 1, "{list}");
    }
}

#[test]
fn many_rows_of_a_kind_are_one_finding() {
    let rows = |row: &dyn Fn(u32) -> String| (0..50).map(row).collect::<String>();
    let twice = |host: u32| format!("WW,443,a{host}.example.com\nWW,443,a{host}.example.com\n");
    let once = |host: u32| format!("WW,443,a{host}.example.com\n");
    let plain = |host: u32| format!("WW,80,a{host}.example.com\n");
    let alike = |host: u32| format!("WW,443,a{host}.rnicrosoft.com\n");
    for (code, one, two, rest, says) in [
        ("duplicate-row", rows(&twice), String::new(), "", "50 rows"),
        ("port-conflict", rows(&once), rows(&plain), "", "50 hosts"),
        ("shadowed-pattern", rows(&once), "WW,443,*.example.com\n".to_owned(), "", "covers 50 others"),
        // Within one list it is told where the profile asks.
        ("shadowed-pattern", format!("WW,443,*.example.com\n{}", rows(&once)), String::new(), "", ""),
        (
            "shadowed-pattern",
            format!("WW,443,*.example.com\n{}", rows(&once)),
            String::new(),
            "lints: { shadowed-pattern: warn }",
            "covers 50 others",
        ),
        ("lookalike-name", rows(&alike), String::new(), "", "resembles `microsoft.com`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, rows) in [("one.csv", one), ("two.csv", two)] {
            let list = format!("Geography,Port,Endpoint/URL\nEU,443,z.example.net\n{rows}");
            fs::write(folder.path().join(name), list).unwrap();
        }
        let text =
            format!("version: 1\nname: x\nsources: [{{ file: one.csv }}, {{ file: two.csv }}]\n{rest}\n");
        let run = common::run(&common::profile_at(&text, &folder.path().join("thruway.yaml")));
        let found: Vec<&str> =
            run.findings.iter().filter(|own| own.code.as_str() == code).map(|own| &*own.message).collect();
        match says {
            "" => assert_eq!(found, [""; 0], "{code}"),
            says => assert!(found.len() == 1 && found[0].contains(says), "{code}: {found:?}"),
        }
    }
}

#[test]
fn a_wildcard_that_is_waived_against_the_newest_document_is_told() {
    let text = "version: 1\nname: x\nsources: [{ builtin: mde-commercial }]\n\
        waivers: [{ lint: covers-public-suffix, pattern: '*.blob.core.windows.net', intent: bypass-inspection, \
        reason: r, owner: o, expires: 2027-03-31 }]\n";
    let told = |text: &str| {
        let run = common::run(&common::profile_at(text, Path::new("x.yaml")));
        run.findings.iter().filter(|own| own.message.contains("is to be inspected")).count()
    };
    assert_eq!(told(text), 1);
    let held = text.split("waivers").next().unwrap();
    assert_eq!(told(held), 0, "the gate's own finding cites the documents");
}
