//! The versions of one site on disk.
//!
//! ```text
//! current                    the id of the version that is served
//! profile.yaml               the last profile that could be read
//! versions/000007-3fa9…/     version.json, and files/ as they are served
//! ```
//!
//! A version is completed in a folder of another name and on the disk itself before it gets its own; `current` is
//! replaced last. A kill or a loss of power leaves the old version or the new one. What is read back is compared with
//! its digests; where the newest is damaged, the one before it is served.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::build::Content;
use super::guard::Counts;
use super::version::VersionId;
use crate::source::sha256;
use crate::write::Files;

/// Largest `version.json`, in bytes.
const MAX_RECORD: u64 = 16 << 20;
/// Largest file of a version, in bytes: a report of a million rules stays below.
const MAX_FILE: u64 = 1 << 30;

const CURRENT: &str = "current";
const PROFILE: &str = "profile.yaml";
const VERSIONS: &str = "versions";
const RECORD: &str = "version.json";
const FILES: &str = "files";
/// How the names of folders begin that are not complete.
const SCRATCH: &str = ".new-";

/// Why the disk could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", .path.display())]
pub struct StoreError {
    path: PathBuf,
    #[source]
    error: io::Error,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError { path, error }
}

/// A version as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Which.
    pub id: VersionId,
    /// When it was first served, in seconds since 1970.
    pub created: u64,
    /// What is served.
    pub content: Content,
    /// Since when each file is as it is, in seconds since 1970.
    pub modified: BTreeMap<String, u64>,
}

/// What the history says of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// When it was first served, in seconds since 1970; nothing where its record cannot be read.
    pub created: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    id: String,
    created: u64,
    counts: Counts,
    files: Vec<FileRecord>,
}

#[derive(Serialize, Deserialize)]
struct FileRecord {
    path: String,
    bytes: u64,
    sha256: String,
    modified: u64,
}

/// The versions of one site.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// How many versions stay, the one that is served included.
    history: usize,
}

/// What is served after a start.
#[derive(Debug)]
pub struct Opened {
    /// The version; nothing where there is none that is whole.
    pub kept: Option<Kept>,
    /// What is wrong on the disk, one line each.
    pub damage: Vec<String>,
}

impl Store {
    /// Opens the folder of a site, makes it where it is not there, and removes what a run that was killed left.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub fn open(dir: &Path, history: usize) -> Result<(Self, Opened), StoreError> {
        let versions = dir.join(VERSIONS);
        fs::create_dir_all(&versions).map_err(at(&versions))?;
        let store = Self { dir: dir.to_owned(), history };
        for name in store.names()?.iter().filter(|name| name.starts_with(SCRATCH)) {
            let path = versions.join(name);
            fs::remove_dir_all(&path).map_err(at(&path))?;
        }
        let entries = fs::read_dir(dir).map_err(at(dir))?;
        for entry in entries.flatten().filter(|own| own.file_name().to_string_lossy().starts_with(SCRATCH)) {
            let _ = fs::remove_file(entry.path());
        }
        let opened = store.newest_whole()?;
        Ok((store, opened))
    }

    /// How many versions stay from now on.
    pub fn keep(&mut self, history: usize) {
        self.history = history;
    }

    fn names(&self) -> Result<Vec<String>, StoreError> {
        let dir = self.dir.join(VERSIONS);
        let entries = fs::read_dir(&dir).map_err(at(&dir))?;
        entries.map(|entry| Ok(entry.map_err(at(&dir))?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// The ids on disk, the newest first.
    fn ids(&self) -> Result<Vec<VersionId>, StoreError> {
        let mut ids: Vec<VersionId> = self.names()?.iter().filter_map(|name| name.parse().ok()).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        Ok(ids)
    }

    /// The history, the newest first.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn history(&self) -> Result<Vec<Listed>, StoreError> {
        let listed = |id: VersionId| {
            let record = self.record(&id).ok();
            Listed { id: id.to_string(), created: record.map(|record| record.created) }
        };
        Ok(self.ids()?.into_iter().map(listed).collect())
    }

    /// The version that `current` names, else the newest that is whole: a version that was completed and never became
    /// the current one passed the guard too.
    fn newest_whole(&self) -> Result<Opened, StoreError> {
        let mut damage = Vec::new();
        let pointer = self.dir.join(CURRENT);
        let mut ids = self.ids()?;
        match fs::read_to_string(&pointer) {
            Ok(text) => match text.trim().parse::<VersionId>() {
                Ok(id) => {
                    ids.retain(|own| *own != id);
                    ids.insert(0, id);
                }
                Err(error) => damage.push(format!("{}: {error}", pointer.display())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && ids.is_empty() => {}
            Err(error) => damage.push(format!("{}: {error}", pointer.display())),
        }
        for id in ids {
            match self.load(&id) {
                Ok(kept) => return Ok(Opened { kept: Some(kept), damage }),
                Err(error) => damage.push(format!("version {id} is damaged: {error}")),
            }
        }
        Ok(Opened { kept: None, damage })
    }

    fn folder(&self, id: &VersionId) -> PathBuf {
        self.dir.join(VERSIONS).join(id.to_string())
    }

    fn record(&self, id: &VersionId) -> Result<Record, StoreError> {
        let path = self.folder(id).join(RECORD);
        let bytes = read(&path, MAX_RECORD)?;
        let record: Record = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError { path: path.clone(), error: error.into() })?;
        if record.id != id.to_string() {
            return Err(StoreError { path, error: invalid(format!("it is the record of {}", record.id)) });
        }
        Ok(record)
    }

    /// Reads a version and compares it with its digests.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn load(&self, id: &VersionId) -> Result<Kept, StoreError> {
        let record = self.record(id)?;
        let (mut files, mut modified) = (Files::new(), BTreeMap::new());
        for own in record.files {
            let path = self.folder(id).join(FILES).join(&own.path);
            if !is_safe(&own.path) {
                return Err(StoreError { path, error: invalid("a path that leaves the version".to_owned()) });
            }
            let bytes = read(&path, own.bytes.min(MAX_FILE))?;
            if sha256(&bytes) != own.sha256 {
                return Err(StoreError { path, error: invalid("it is not what was written".to_owned()) });
            }
            modified.insert(own.path.clone(), own.modified);
            files.insert(own.path, bytes);
        }
        if VersionId::of(id.number(), &files) != *id {
            let error = invalid("its files are those of another version".to_owned());
            return Err(StoreError { path: self.folder(id), error });
        }
        let content = Content { files, counts: record.counts };
        Ok(Kept { id: id.clone(), created: record.created, content, modified })
    }

    /// Writes a version behind those that there are and makes it the current one. Files that are as they were `before`
    /// keep their date.
    ///
    /// # Errors
    /// When the system refuses; the old version is then the current one.
    pub fn add(&self, content: Content, before: Option<&Kept>, now: u64) -> Result<Kept, StoreError> {
        // Numbers are never used again, whatever was damaged.
        let newest = self.ids()?.first().map_or(0, VersionId::number);
        let number = newest.max(before.map_or(0, |kept| kept.id.number())) + 1;
        let id = VersionId::of(number, &content.files);
        let modified: BTreeMap<String, u64> = content
            .files
            .iter()
            .map(|(path, bytes)| {
                let same = before.filter(|kept| kept.content.files.get(path) == Some(bytes));
                let at = same.and_then(|kept| kept.modified.get(path)).copied();
                (path.clone(), at.unwrap_or(now))
            })
            .collect();
        let kept = Kept { id, created: now, content, modified };
        self.write(&kept)?;
        self.point_at(&kept.id)?;
        // What cannot be removed now is removed after the next version.
        let _ = self.prune(&kept.id);
        Ok(kept)
    }

    fn write(&self, kept: &Kept) -> Result<(), StoreError> {
        let versions = self.dir.join(VERSIONS);
        let scratch =
            tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&versions).map_err(at(&versions))?;
        let mut folders = vec![scratch.path().to_owned(), scratch.path().join(FILES)];
        for (name, bytes) in &kept.content.files {
            let path = scratch.path().join(FILES).join(name);
            if !is_safe(name) {
                return Err(StoreError { path, error: invalid("internal error: an unsafe path".to_owned()) });
            }
            let mut parent = path.parent();
            while let Some(folder) = parent.filter(|folder| *folder != scratch.path()) {
                folders.push(folder.to_owned());
                parent = folder.parent();
            }
            fs::create_dir_all(path.parent().unwrap_or(scratch.path())).map_err(at(&path))?;
            write_through(&path, bytes)?;
        }
        let record = Record {
            id: kept.id.to_string(),
            created: kept.created,
            counts: kept.content.counts.clone(),
            files: kept
                .content
                .files
                .iter()
                .map(|(path, bytes)| FileRecord {
                    path: path.clone(),
                    bytes: bytes.len() as u64,
                    sha256: sha256(bytes),
                    modified: kept.modified[path],
                })
                .collect(),
        };
        let bytes = serde_json::to_vec_pretty(&record).expect("internal error: a record is plain data");
        write_through(&scratch.path().join(RECORD), &bytes)?;
        folders.sort_unstable();
        folders.dedup();
        // An empty version has no folder of files.
        for folder in folders.iter().rev().filter(|folder| folder.is_dir()) {
            sync(folder)?;
        }
        let path = self.folder(&kept.id);
        fs::rename(scratch.path(), &path).map_err(at(&path))?;
        // It has another name now, under which nothing is to be removed.
        let _ = scratch.keep();
        sync(&versions)
    }

    /// Makes a version that is there the current one.
    ///
    /// # Errors
    /// When the system refuses; the current one is then the one before.
    pub fn point_at(&self, id: &VersionId) -> Result<(), StoreError> {
        self.replace(CURRENT, format!("{id}\n").as_bytes())
    }

    /// The last profile that could be read: what it says of hosting counts while the file is broken.
    pub fn profile(&self) -> Option<String> {
        let bytes = read(&self.dir.join(PROFILE), MAX_RECORD).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Keeps the text of a profile that could be read.
    ///
    /// # Errors
    /// When the system refuses; the text before is then kept.
    pub fn keep_profile(&self, text: &str) -> Result<(), StoreError> {
        if self.profile().as_deref() == Some(text) {
            return Ok(());
        }
        self.replace(PROFILE, text.as_bytes())
    }

    /// Puts a small file in the place of another, on the disk itself.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        let mut file =
            tempfile::Builder::new().prefix(SCRATCH).tempfile_in(&self.dir).map_err(at(&self.dir))?;
        let written = file.write_all(bytes).and_then(|()| file.as_file().sync_all());
        written.map_err(at(&path))?;
        file.persist(&path).map_err(|error| StoreError { path, error: error.error })?;
        sync(&self.dir)
    }

    fn prune(&self, current: &VersionId) -> Result<(), StoreError> {
        let kept = self.ids()?.into_iter().filter(|id| id != current).skip(self.history.saturating_sub(1));
        for id in kept {
            // A folder without its record is no version, however much of it is left by a kill.
            let path = self.folder(&id);
            let _ = fs::remove_file(path.join(RECORD));
            fs::remove_dir_all(&path).map_err(at(&path))?;
        }
        Ok(())
    }
}

/// Holds a folder against another server for as long as the file is kept.
///
/// # Errors
/// When another server holds it, or the system refuses.
pub fn lock(dir: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    let path = dir.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            let error = io::Error::new(io::ErrorKind::ResourceBusy, "another server uses this folder");
            Err(StoreError { path: dir.to_owned(), error })
        }
        Err(fs::TryLockError::Error(error)) => Err(StoreError { path, error }),
    }
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A file of at most so many bytes.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, StoreError> {
    let file = File::open(path).map_err(at(path))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(at(path))?;
    if bytes.len() as u64 > most {
        return Err(StoreError {
            path: path.to_owned(),
            error: invalid("it is longer than what was written".to_owned()),
        });
    }
    Ok(bytes)
}

/// A file that is on the disk itself when this returns.
fn write_through(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = File::create_new(path).map_err(at(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

/// The names in a folder, on the disk itself. Windows has no such thing.
fn sync(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) { File::open(folder).and_then(|own| own.sync_all()).map_err(at(folder)) } else { Ok(()) }
}

/// Relative, without `..`, of characters that every file system holds.
fn is_safe(path: &str) -> bool {
    path.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(pac: &str) -> Content {
        Content {
            files: Files::from([
                ("proxy.pac".to_owned(), pac.as_bytes().to_vec()),
                ("edl/allow/domains.txt".to_owned(), b"a.example\n".to_vec()),
            ]),
            counts: Counts::from([("intent allow".to_owned(), 1)]),
        }
    }

    fn open(dir: &Path) -> (Store, Opened) {
        Store::open(dir, 3).unwrap()
    }

    /// A store with these PACs, one version after the other.
    fn filled(dir: &Path, pacs: &[&str]) -> Vec<Kept> {
        let (store, _) = open(dir);
        let mut kept: Vec<Kept> = Vec::new();
        for (at, pac) in pacs.iter().enumerate() {
            kept.push(store.add(content(pac), kept.last(), 100 * (at as u64 + 1)).unwrap());
        }
        kept
    }

    #[test]
    fn the_last_version_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let (_, opened) = open(dir.path());
        assert!(opened.kept.is_none() && opened.damage.is_empty());
        let kept = filled(dir.path(), &["one", "two"]);
        assert_eq!((kept[0].id.number(), kept[1].id.number()), (1, 2));
        let modified = &kept[1].modified;
        assert_eq!(
            (modified["proxy.pac"], modified["edl/allow/domains.txt"]),
            (200, 100),
            "what is as it was keeps its date"
        );
        let (_, opened) = open(dir.path());
        assert_eq!((opened.kept.as_ref(), &opened.damage[..]), (kept.last(), &[][..]));
    }

    #[test]
    fn the_history_is_bounded_and_holds_the_current_version() {
        let dir = tempfile::tempdir().unwrap();
        let kept = filled(dir.path(), &["1", "2", "3", "4", "5"]);
        let (store, _) = open(dir.path());
        let ids = |store: &Store| -> Vec<String> {
            store.history().unwrap().into_iter().map(|listed| listed.id).collect()
        };
        let want: Vec<String> = [4, 3, 2].map(|at| kept[at].id.to_string()).into();
        assert_eq!(ids(&store), want);
        // Back to an old one, which then is not pruned, and the next number is a new one.
        store.point_at(&kept[2].id).unwrap();
        let (store, opened) = open(dir.path());
        assert_eq!(opened.kept.as_ref(), Some(&kept[2]));
        let next = store.add(content("6"), opened.kept.as_ref(), 900).unwrap();
        assert_eq!(next.id.number(), 6);
        assert_eq!(ids(&store).len(), 3);
    }

    #[test]
    fn damage_falls_back_to_the_version_before() {
        type Harm = fn(&Path, &Kept);
        let harms: [(&str, Harm); 7] = [
            ("a short file", |dir, kept| {
                fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"), "tw")
                    .unwrap();
            }),
            ("an edited file", |dir, kept| {
                fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"), "tWo")
                    .unwrap();
            }),
            ("a long file", |dir, kept| {
                fs::write(
                    dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"),
                    "two, and more",
                )
                .unwrap();
            }),
            ("a lost file", |dir, kept| {
                fs::remove_file(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"))
                    .unwrap();
            }),
            ("a lost record", |dir, kept| {
                fs::remove_file(dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD)).unwrap();
            }),
            ("half a record", |dir, kept| {
                fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD), "{\"id\":").unwrap();
            }),
            ("a record that leads out", |dir, kept| {
                let path = dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD);
                let text = fs::read_to_string(&path).unwrap();
                fs::write(dir.join("proxy.pac"), "two").unwrap();
                fs::write(path, text.replace("\"proxy.pac\"", "\"../../../proxy.pac\"")).unwrap();
            }),
        ];
        for (name, harm) in harms {
            let dir = tempfile::tempdir().unwrap();
            let kept = filled(dir.path(), &["one", "two"]);
            harm(dir.path(), &kept[1]);
            let (store, opened) = open(dir.path());
            assert_eq!(opened.kept.as_ref(), Some(&kept[0]), "{name}");
            assert_eq!(opened.damage.len(), 1, "{name}: {:?}", opened.damage);
            let next = store.add(content("three"), opened.kept.as_ref(), 300).unwrap();
            assert_eq!(next.id.number(), 3, "{name}: no number is used twice");
        }
    }

    #[test]
    fn a_lost_or_broken_pointer_costs_nothing() {
        for pointer in [None, Some(""), Some("../../etc"), Some("000009-000000000000\n")] {
            let dir = tempfile::tempdir().unwrap();
            let kept = filled(dir.path(), &["one", "two"]);
            match pointer {
                None => fs::remove_file(dir.path().join(CURRENT)).unwrap(),
                Some(text) => fs::write(dir.path().join(CURRENT), text).unwrap(),
            }
            let (_, opened) = open(dir.path());
            assert_eq!(opened.kept.as_ref(), kept.last(), "{pointer:?}");
            assert_eq!(opened.damage.len(), 1, "{pointer:?}: {:?}", opened.damage);
        }
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let kept = filled(dir.path(), &["one"]);
        let left = dir.path().join(VERSIONS).join(format!("{SCRATCH}x/files"));
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("proxy.pac"), "half").unwrap();
        let (_, opened) = open(dir.path());
        assert_eq!(opened.kept.as_ref(), kept.last());
        assert!(!left.exists());
    }

    #[test]
    fn two_servers_do_not_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock(dir.path()).unwrap();
        assert!(lock(dir.path()).unwrap_err().to_string().contains("another server"));
        drop(held);
        lock(dir.path()).unwrap();
    }
}
