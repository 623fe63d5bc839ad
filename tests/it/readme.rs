//! The run that the README shows is one that the program does.
//!
//! A block with a file name behind its language is that file, or lines of it that follow each other. The first is
//! the profile, and other profiles say nothing in vain; those under `out/` are artifacts. A `console` block is a command and all that it prints, which
//! `SNAPSHOTS=overwrite cargo test --test it readme -- --test-threads 1` rewrites.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::common;

struct Block {
    /// `console`, or a language and a file name.
    info: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let readme = fs::read_to_string(common::root().join("README.md")).unwrap();
    let fences: Vec<&str> = readme.split("```").collect();
    assert_eq!(fences.len() % 2, 1, "a block is not closed");
    let inside = fences.iter().skip(1).step_by(2);
    inside
        .map(|block| {
            let (info, text) = block.split_once('\n').unwrap();
            Block { info: info.to_owned(), text: text.to_owned() }
        })
        .collect()
}

/// Whether the README is to be rewritten rather than checked.
fn overwrites() -> bool {
    std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite")
}

/// What a command line of the README prints, findings and results as a terminal shows them.
fn printed(command: &str, folder: &Path) -> String {
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("thruway"), "{command}");
    let log = folder.join("log");
    let file = fs::File::create(&log).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(words)
        .current_dir(folder)
        .env("THRUWAY_TODAY", common::TODAY.to_string())
        .stderr(file.try_clone().unwrap())
        .stdout(file)
        .status()
        .unwrap();
    assert!(status.success(), "{command}");
    fs::read_to_string(log).unwrap()
}

#[test]
fn the_readme_shows_a_real_run() {
    let folder = tempfile::tempdir().unwrap();
    let (mut commands, mut pieces) = (0, 0);
    for Block { info, text } in blocks() {
        match info.split_once(' ') {
            Some((_, "thruway.yaml")) => fs::write(folder.path().join("thruway.yaml"), &text).unwrap(),
            // Another profile: of what it says nothing is expired or without effect.
            Some((_, path)) if path.ends_with(".yaml") => {
                fs::write(folder.path().join(path), &text).unwrap();
                let found = printed(&format!("thruway lint --profile {path}"), folder.path());
                for word in ["unused-", "expired-", "still-covered"] {
                    assert!(!found.contains(word), "{path}: {found}");
                }
            }
            Some((_, path)) => {
                let file = fs::read_to_string(folder.path().join(path)).unwrap();
                assert!(
                    format!("\n{file}").contains(&format!("\n{text}")),
                    "{path} has no lines\n{text}\nit is\n{file}"
                );
                pieces += 1;
            }
            None if info == "console" => {
                let (command, shown) = text.split_once('\n').unwrap();
                let command = command.strip_prefix("$ ").unwrap();
                let printed = printed(command, folder.path());
                if overwrites() {
                    let path = common::root().join("README.md");
                    let readme = fs::read_to_string(&path).unwrap();
                    let block = |shown: &str| format!("$ {command}\n{shown}```");
                    fs::write(&path, readme.replacen(&block(shown), &block(&printed), 1)).unwrap();
                } else {
                    assert_eq!(printed, shown, "$ {command}");
                }
                commands += 1;
            }
            // Run by `tests/products/readme_proxy.py`, with what it prints.
            None if info == "text" && text.starts_with("command and control ") => {}
            None => assert_eq!(info, "sh", "a block that nothing checks"),
        }
    }
    assert!(commands >= 2 && pieces >= 3);
}

#[test]
fn the_readme_names_only_files_that_are_there() {
    let readme = fs::read_to_string(common::root().join("README.md")).unwrap();
    let links: Vec<&str> =
        readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link).collect();
    assert!(links.len() > 5);
    for link in links.into_iter().filter(|link| !link.starts_with("https://")) {
        assert!(common::root().join(link).is_file(), "{link}");
    }
}

/// The table of what each product can say is what the program prints. `SNAPSHOTS=overwrite` rewrites it.
#[test]
fn the_table_of_products_is_the_programs_own() {
    const COMMAND: &str = "thruway targets --markdown";
    let path = common::root().join("docs/targets.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(&format!("<!-- {COMMAND} -->\n")).unwrap();
    let (copy, after) = rest.split_once("<!-- end -->\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let table = printed(COMMAND, folder.path());
    if overwrites() {
        fs::write(&path, format!("{before}<!-- {COMMAND} -->\n{table}<!-- end -->\n{after}")).unwrap();
    } else {
        assert_eq!(copy, table, "SNAPSHOTS=overwrite cargo test --test it readme");
    }
}
