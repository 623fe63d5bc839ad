//! The output folder: replaced as a whole, or not at all.
//!
//! A new folder is completed beside the old one and then takes its place; until that moment a failure,
//! a full disk too, leaves the old one as it was. A folder that Thruway did not write is never
//! replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files of an output folder: relative path, `/` between parts, to content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file by which a folder is known as Thruway's own.
pub const MANIFEST: &str = "manifest.json";

/// Why the folder was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder is somebody else's.
    #[error("{} was not written by thruway (it has no {MANIFEST}); choose another --out, or empty it", .dir.display())]
    Foreign {
        /// The folder.
        dir: PathBuf,
    },
    /// There is a file where the folder should be.
    #[error("{} is not a folder", .dir.display())]
    NotAFolder {
        /// The path.
        dir: PathBuf,
    },
    /// A path that would leave the folder, or that not every system can hold.
    #[error("internal error: artifact path {path:?}")]
    Path {
        /// The path.
        path: String,
    },
    /// The system refused.
    #[error("cannot write {}: {error}", .path.display())]
    Io {
        /// What was being written or moved.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

/// How one file of a folder differs from what would be written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// It would be new.
    Added,
    /// It would have other content.
    Changed,
    /// It would be gone.
    Removed,
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |error| WriteError::Io { path, error }
}

/// Puts `files` in the place of the folder `dir`.
///
/// # Errors
/// When the folder is not Thruway's own or the system refuses; the folder is then as it was.
pub fn replace(dir: &Path, files: &Files) -> Result<(), WriteError> {
    check_owner(dir)?;
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(io_error(parent))?;
    let scratch =
        tempfile::Builder::new().prefix(".thruway-").tempdir_in(parent).map_err(io_error(parent))?;
    // The scratch folder is private; the folder inside it has the permissions that a user expects.
    let new = scratch.path().join("new");
    write_all(&new, files)?;
    put_in_place(&new, dir, &scratch.path().join("old"))
}

/// A folder may be replaced when it is missing, empty, or has a manifest.
fn check_owner(dir: &Path) -> Result<(), WriteError> {
    match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(dir)(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(WriteError::NotAFolder { dir: dir.to_owned() }),
        Ok(_) => {}
    }
    let empty = fs::read_dir(dir).map_err(io_error(dir))?.next().is_none();
    if empty || read_manifest(dir).is_some() {
        Ok(())
    } else {
        Err(WriteError::Foreign { dir: dir.to_owned() })
    }
}

/// The manifest of a folder, if it has one of ours.
pub fn read_manifest(dir: &Path) -> Option<serde_json::Value> {
    let bytes = fs::read(dir.join(MANIFEST)).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    ["profile", "sources", "targets", "findings"]
        .iter()
        .all(|key| manifest.get(key).is_some())
        .then_some(manifest)
}

fn write_all(dir: &Path, files: &Files) -> Result<(), WriteError> {
    fs::create_dir(dir).map_err(io_error(dir))?;
    for (name, bytes) in files {
        if !is_safe(name) {
            return Err(WriteError::Path { path: name.clone() });
        }
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io_error(parent))?;
        }
        fs::write(&path, bytes).map_err(io_error(&path))?;
    }
    Ok(())
}

/// Relative, without `..`, of characters that every file system holds.
fn is_safe(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    })
}

#[cfg(target_os = "linux")]
fn put_in_place(new: &Path, dir: &Path, _old: &Path) -> Result<(), WriteError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if !dir.exists() {
        return fs::rename(new, dir).map_err(io_error(dir));
    }
    // One step: there is no moment without a folder. The old one is removed with the scratch folder.
    match renameat_with(CWD, new, CWD, dir, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // Some file systems cannot exchange.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => put_in_place_in_two_steps(new, dir, _old),
        Err(error) => Err(io_error(dir)(error.into())),
    }
}

#[cfg(not(target_os = "linux"))]
fn put_in_place(new: &Path, dir: &Path, old: &Path) -> Result<(), WriteError> {
    if !dir.exists() {
        return fs::rename(new, dir).map_err(io_error(dir));
    }
    put_in_place_in_two_steps(new, dir, old)
}

fn put_in_place_in_two_steps(new: &Path, dir: &Path, old: &Path) -> Result<(), WriteError> {
    fs::rename(dir, old).map_err(io_error(dir))?;
    fs::rename(new, dir).map_err(|error| {
        // Nothing better can be done where going back fails too.
        let _ = fs::rename(old, dir);
        io_error(dir)(error)
    })
}

/// How the folder differs from `files`. A missing folder differs by every file.
///
/// # Errors
/// When a file cannot be read.
pub fn changes(dir: &Path, files: &Files) -> Result<BTreeMap<String, Change>, WriteError> {
    let mut changes = BTreeMap::new();
    let mut there = if dir.is_dir() { names(dir)? } else { BTreeSet::new() };
    for (name, bytes) in files {
        if !there.remove(name) {
            changes.insert(name.clone(), Change::Added);
            continue;
        }
        let path = dir.join(name);
        if fs::read(&path).map_err(io_error(&path))? != *bytes {
            changes.insert(name.clone(), Change::Changed);
        }
    }
    changes.extend(there.into_iter().map(|name| (name, Change::Removed)));
    Ok(changes)
}

/// The files of a folder and of those in it: relative paths, `/` between parts.
///
/// # Errors
/// When a folder cannot be listed.
pub fn names(dir: &Path) -> Result<BTreeSet<String>, WriteError> {
    let mut names = BTreeSet::new();
    list(dir, "", &mut names)?;
    Ok(names)
}

fn list(dir: &Path, prefix: &str, names: &mut BTreeSet<String>) -> Result<(), WriteError> {
    for entry in fs::read_dir(dir).map_err(io_error(dir))? {
        let entry = entry.map_err(io_error(dir))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(io_error(dir))?.is_dir() {
            list(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.insert(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[(&str, &str)]) -> Files {
        names.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    const OURS: &str = r#"{"profile":"x","sources":[],"targets":[],"findings":[]}"#;

    #[test]
    fn a_folder_is_replaced_as_a_whole() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("deep/out");
        replace(&dir, &files(&[(MANIFEST, OURS), ("a/old.txt", "1")])).unwrap();
        replace(&dir, &files(&[(MANIFEST, OURS), ("a/new.txt", "2")])).unwrap();
        let mut names = BTreeSet::new();
        list(&dir, "", &mut names).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a/new.txt", MANIFEST]);
        let left: Vec<_> = fs::read_dir(dir.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no scratch folder is left beside it");
    }

    #[test]
    fn somebody_elses_folder_is_never_replaced() {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [("notes.txt", "mine"), (MANIFEST, r#"{"name":"a web app"}"#), (MANIFEST, "{")] {
            let dir = root.path().join(name);
            fs::create_dir(&dir)
                .or_else(|_| fs::remove_dir_all(&dir).and_then(|()| fs::create_dir(&dir)))
                .unwrap();
            fs::write(dir.join(name), text).unwrap();
            let error = replace(&dir, &files(&[(MANIFEST, OURS)])).unwrap_err();
            assert!(matches!(error, WriteError::Foreign { .. }), "{error}");
            assert_eq!(fs::read_to_string(dir.join(name)).unwrap(), text);
        }
        let file = root.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(replace(&file, &files(&[])), Err(WriteError::NotAFolder { .. })));
    }

    #[test]
    fn a_failure_half_way_leaves_the_old_folder() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("out");
        replace(&dir, &files(&[(MANIFEST, OURS), ("a.txt", "1")])).unwrap();
        // A path that is unsafe comes after files that were written already.
        let error = replace(&dir, &files(&[(MANIFEST, OURS), ("z/../../evil", "2")])).unwrap_err();
        assert!(matches!(error, WriteError::Path { .. }), "{error}");
        assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "1");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn changes_are_told_by_file() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("out");
        replace(&dir, &files(&[(MANIFEST, OURS), ("a/x", "1"), ("a/y", "1")])).unwrap();
        let changes = changes(&dir, &files(&[(MANIFEST, OURS), ("a/x", "2"), ("a/z", "1")])).unwrap();
        let want = [("a/x", Change::Changed), ("a/y", Change::Removed), ("a/z", Change::Added)];
        assert_eq!(changes, want.map(|(name, change)| (name.to_owned(), change)).into());
    }

    #[test]
    fn paths_stay_inside_the_folder() {
        for name in ["", "/a", "a//b", "../a", "a/../b", ".a", "a\\b", "a b", "a/", "ä", "C:a"] {
            assert!(!is_safe(name), "{name}");
        }
        assert!(is_safe("squid/allow.https-443.dstdomain"));
    }
}
