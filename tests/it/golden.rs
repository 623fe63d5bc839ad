//! What is written for every case, as plain files in `targets/<id>/golden/<case>/`, reviewed like code.
//!
//! `SNAPSHOTS=overwrite cargo test --test it golden` rewrites them; then read the diff.

use super::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use snapbox::{Assert, Data, data::DataFormat};
use thruway::write::{Files, MANIFEST};

#[test]
fn every_case_is_written_as_its_goldens() {
    let overwrite = std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite");
    for case in common::cases() {
        let mut files = common::files(&common::profile_of(&case));
        files.remove(MANIFEST);
        // What stands beside the targets' folders says what the tickets' goldens and the profile say.
        files.retain(|name, _| name.contains('/'));
        shorten_report(&case, &mut files);
        let mut there = golden_files(&case);
        for (name, bytes) in &files {
            let (target, path) = name.split_once('/').unwrap();
            let golden = common::root().join("targets").join(target).join("golden").join(&case).join(path);
            there.remove(name);
            // What Windows takes in UTF-16 is compared byte by byte.
            let (actual, format) = match String::from_utf8(bytes.clone()) {
                Ok(text) if !text.contains('\0') => (Data::text(text), DataFormat::Text),
                Ok(_) | Err(_) => (Data::binary(bytes.clone()), DataFormat::Binary),
            };
            let (actual, expected) = (actual.raw(), Data::read_from(&golden, Some(format)).raw());
            Assert::new().action_env("SNAPSHOTS").eq(actual, expected);
        }
        if overwrite {
            for name in &there {
                fs::remove_file(common::root().join(golden_path(name, &case))).unwrap();
            }
        } else {
            assert!(there.is_empty(), "goldens that nothing writes any more: {there:?}");
        }
    }
}

/// THE EXCEPTION: a report is a page of hundreds of kilobytes, most of it the same style and scripts, which nobody
/// would read in every case. One case has a golden of it, in two parts: the page without what is the same in all
/// pages or a file of its own elsewhere, and its data, as JSON that is pleasant to read. Of the other cases the data
/// are read back and compared with the policy, as before they are written.
fn shorten_report(case: &str, files: &mut Files) {
    let Some(page) = files.remove("report/index.html") else { return };
    if case != common::CASE_WITH_REPORT {
        return;
    }
    let page = String::from_utf8(page).unwrap();
    let (rest, data) = common::without_blocks(&page);
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    files.insert("report/page.html".to_owned(), rest.into_bytes());
    let data = format!("{}\n", serde_json::to_string_pretty(&data).unwrap());
    files.insert("report/data.json".to_owned(), data.into_bytes());
}

/// The golden files of a case, named as in an output folder: `squid/thruway.conf`.
fn golden_files(case: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for target in common::target_ids() {
        let folder = common::root().join("targets").join(target).join("golden").join(case);
        list(&folder, target, &mut names);
    }
    names
}

fn golden_path(name: &str, case: &str) -> String {
    let (target, path) = name.split_once('/').unwrap();
    format!("targets/{target}/golden/{case}/{path}")
}

fn list(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &name, names);
        } else {
            names.insert(name);
        }
    }
}
