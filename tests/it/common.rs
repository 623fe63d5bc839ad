//! What several tests share: the cases, compiled in process.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use thruway::compile::{self, Run};
use thruway::emit;
use thruway::plan::PolicySets;
use thruway::profile::Profile;
use thruway::write::Files;

/// The day of every test.
pub const TODAY: Date = date(2026, 11, 24);

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The vendor's own documents, beside the project.
pub fn vendor(name: &str) -> PathBuf {
    root().join("../shared/data").join(name)
}

pub fn target_ids() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}

/// The folders of `tests/cases` with a profile to compile, sorted.
pub fn cases() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("tests/cases"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("thruway.yaml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

pub fn profile_of(case: &str) -> Profile {
    let path = root().join("tests/cases").join(case).join("thruway.yaml");
    profile_at(&fs::read_to_string(&path).unwrap(), &path)
}

pub fn profile_at(text: &str, path: &Path) -> Profile {
    Profile::parse(text, Some(path), &target_ids()).unwrap_or_else(|error| panic!("{error:?}"))
}

pub fn run(profile: &Profile) -> Run {
    Run::new(profile, TODAY).unwrap_or_else(|error| panic!("{error}"))
}

/// The files of the output folder of a profile.
pub fn files(profile: &Profile) -> Files {
    let run = run(profile);
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(profile);
    let inputs = compile::inputs(&run, profile, &sets, &banner);
    let compiled =
        compile::compile(&run, profile, inputs, &profile.targets).unwrap_or_else(|error| panic!("{error}"));
    assert!(!compiled.is_denied());
    compile::files(&run, profile, &compiled)
}

/// The only case with a golden of its report.
pub const CASE_WITH_REPORT: &str = "intents";

/// The page of a report with its style, scripts and their digests left out, and the JSON of its data.
pub fn without_blocks(page: &str) -> (String, &str) {
    let (mut rest, mut kept, mut data) = (page, String::new(), "");
    while let Some(at) = ["<style>", "<script"].into_iter().filter_map(|begin| rest.find(begin)).min() {
        let open = at + rest[at..].find('>').unwrap() + 1;
        let close = open + rest[open..].find("</s").unwrap();
        if rest[at..open].contains("json") {
            data = &rest[open..close];
        }
        kept.push_str(&rest[..open]);
        kept.push('…');
        rest = &rest[close..];
    }
    kept.push_str(rest);
    let policy = |line: &&str| !line.contains("http-equiv=\"Content-Security-Policy\"");
    let kept: Vec<&str> = kept.lines().filter(policy).collect();
    (kept.join("\n") + "\n", data)
}
