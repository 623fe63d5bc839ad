//! The run that the README shows is a real one.

use std::fs;
use std::process::Command;

use super::common;

/// The code blocks of the README with the line of text before each.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut before = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((before.clone(), block.join("\n")));
        } else if !line.is_empty() {
            before = line.to_owned();
        }
    }
    blocks
}

#[test]
fn the_readme_shows_a_real_run() {
    let readme = fs::read_to_string(common::root().join("README.md")).unwrap();
    let mut blocks = blocks(&readme).into_iter();
    let (_, profile) = blocks.next().unwrap();
    let (_, printed) = blocks.next().unwrap();

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thruway.yaml"), profile).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(["compile", "--today", "2026-11-24"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success());
    assert_eq!(String::from_utf8(run.stdout).unwrap().trim_end(), printed);

    let mut targets = Vec::new();
    for (path, block) in blocks {
        let file = path.trim_matches('`');
        let text =
            fs::read_to_string(folder.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        // Each block ends in an ellipsis.
        let piece = block.strip_suffix("\n…").unwrap();
        assert!(text.contains(&format!("{piece}\n")), "{file} has no longer:\n{piece}");
        targets.push(file.split('/').nth(1).unwrap().to_owned());
    }
    assert_eq!(targets, common::target_ids(), "a piece of each target");
}
