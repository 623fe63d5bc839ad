//! What becomes of every workbook, list and profile that means harm, by the program itself, which may neither use
//! more than a gigabyte of memory nor run for ever.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use snapbox::{Assert, Data, data::DataFormat};
use thruway::compile::Run;
use thruway::model::Intent;

use super::super::common;
use super::{check, corpus, workbooks};

/// Files of an input, the profile with them.
type Input = Vec<(String, Vec<u8>)>;

#[derive(Deserialize)]
struct Entry {
    #[expect(dead_code, reason = "for readers")]
    why: String,
    text: String,
}

fn entries(file: &str) -> Vec<(String, String)> {
    let path = common::root().join("tests/hostile").join(file);
    let entries: BTreeMap<String, Entry> = thruway::yaml::parse(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    entries.into_iter().map(|(name, entry)| (name, corpus::expanded(&entry.text))).collect()
}

const LIST: &str =
    "Endpoint/URL,Port,Geography\na.example.com,443,WW\nb.example.com,443,WW\n*.github.io,443,WW\n";
const REGISTRY: &str = "Endpoint/URL,Port,Geography\n*.com,443,WW\n";

fn inputs() -> Vec<(String, Input)> {
    let mut inputs = Vec::new();
    for (name, text) in entries("profiles.yaml") {
        let files = [("thruway.yaml", text.as_str()), ("list.csv", LIST), ("registry.csv", REGISTRY)];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        inputs.push((format!("profile {name}"), files.to_vec()));
    }
    let with_profile = |name: String, bytes: Vec<u8>| {
        let profile = format!("version: 1\nname: x\nsources: [{{ file: {name} }}]\n");
        vec![("thruway.yaml".to_owned(), profile.into_bytes()), (name, bytes)]
    };
    for (name, text) in entries("documents.yaml") {
        inputs.push((format!("list {name}"), with_profile(name, text.into_bytes())));
    }
    for (name, bytes) in workbooks::all() {
        inputs.push((format!("workbook: {name}"), with_profile("book.xlsx".to_owned(), bytes)));
    }
    inputs
}

/// Kilobytes of address space, and seconds of processor time.
const MEMORY: u32 = 1 << 20;
const SECONDS: u32 = 60;

/// `thruway compile` in a folder, within its limits.
fn compile(folder: &Path) -> Output {
    let script = format!("ulimit -v {MEMORY} && ulimit -t {SECONDS} && exec \"$@\"");
    Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_thruway"), "compile", "--quiet", "--allow-empty"])
        .args(["--today", "2026-11-24"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What became of an input, in one line.
fn answer(name: &str, input: &Input) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in input {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let output = compile(folder.path());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let code = output.status.code();
    let unseen: Vec<char> = stderr.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(unseen.is_empty(), "{name}: {unseen:?} on a terminal");
    let written = folder.path().join("out").exists();
    match code {
        Some(0) => opened(name, folder.path()),
        Some(1 | 2) => {
            assert!(!written, "{name}: refused and written");
            let error = stderr.lines().find(|line| line.starts_with("error"));
            let error = error.unwrap_or_else(|| panic!("{name}: no error: {stderr}"));
            assert!(
                !error.contains("internal error") && !error.contains("does not mean what"),
                "{name}: {stderr}"
            );
            let place =
                stderr.lines().map(str::trim).find(|line| line.starts_with("-->")).unwrap_or_default();
            format!("{} {place}", abridged(error)).trim_end().to_owned()
        }
        _ => panic!("{name}: {}: {stderr:.2000}", output.status),
    }
}

/// What a folder that was written opens; its files are checked.
fn opened(name: &str, folder: &Path) -> String {
    let path = folder.join("thruway.yaml");
    let profile = common::profile_at(&fs::read_to_string(&path).unwrap(), &path);
    let run = Run::new(&profile, common::TODAY).unwrap();
    let out = folder.join("out");
    for file in thruway::write::names(&out).unwrap() {
        check::file(&file, &fs::read(out.join(&file)).unwrap(), name);
    }
    let rules: Vec<String> =
        run.policy.rules(Intent::Allow).iter().map(|rule| rule.pattern.to_string()).collect();
    if rules.is_empty() {
        "opens nothing".to_owned()
    } else {
        format!("opens {}", abridged(&rules.join(" ")))
    }
}

fn abridged(text: &str) -> String {
    let shown: String = text.chars().take(200).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

#[cfg(unix)]
#[test]
fn every_workbook_list_and_profile_is_answered_within_bounds() {
    let inputs = inputs();
    assert!(inputs.len() >= 200);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((name, input)) = inputs.get(at) else { return own };
            own.push((at, answer(name, input)));
        }
    };
    let answers: BTreeMap<usize, String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut text = String::new();
    for ((name, _), answer) in inputs.iter().zip(answers.values()) {
        writeln!(text, "{name}\n  {answer}").unwrap();
    }
    let expected =
        Data::read_from(&common::root().join("tests/hostile/answers.txt"), Some(DataFormat::Text)).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(text).raw(), expected);
}
