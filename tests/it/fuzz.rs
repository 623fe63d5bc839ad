//! The kept corpus of the fuzz targets in `tests/fuzz`, run over again.

use std::collections::BTreeSet;
use std::fs;
use std::panic;

use super::common;
use super::hostile::{book, check};

#[path = "../fuzz/bodies.rs"]
mod bodies;

#[test]
fn the_kept_corpus_of_every_fuzz_target_still_passes() {
    let folder = common::root().join("tests/fuzz/corpus");
    for (name, body) in bodies::ALL {
        let mut files: Vec<_> =
            fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = fs::read(&file).unwrap();
            assert!(panic::catch_unwind(|| body(&bytes)).is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn every_fuzz_target_has_a_file_an_entry_and_a_corpus() {
    let names = |folder: &str, end: &str| -> BTreeSet<String> {
        fs::read_dir(common::root().join("tests/fuzz").join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(end, ""))
            .collect()
    };
    let own: BTreeSet<String> = bodies::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets", ".rs"), own);
    assert_eq!(names("corpus", "/"), own);
    let manifest = fs::read_to_string(common::root().join("tests/fuzz/Cargo.toml")).unwrap();
    for name in own {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
