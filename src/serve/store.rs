//! The versions of one site on disk.
//!
//! ```text
//! current                    the id of the version that is served
//! pinned                     since when somebody holds on to it; not there where nobody does
//! profile.yaml               the last profile that could be read
//! versions/000007-3fa9…/     version.json, files/ as they are served, beside/ what it was compiled for and its ticket
//! waiting/000008-77ab…/      the same of a version that nobody has approved yet; at most one
//! ```
//!
//! A version is completed in a [`folder`] of another name and on the disk itself before it gets its own; `current` is
//! replaced last. A kill or a loss of power leaves the old version or the new one. What is read back is compared with
//! its digests; where the newest is damaged, the one before it is served. One that waits never takes its place.
//!
//! Numbers only grow: who goes back to an old version gets its content as a new one, so that a client that asks what
//! changed since yesterday is told, and everybody sees who has not fetched it yet.

mod folder;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::build::Content;
use super::guard::Counts;
use super::version::VersionId;
use crate::source::sha256;

pub use folder::StoreError;
use folder::{at, sync};

const CURRENT: &str = "current";
const PINNED: &str = "pinned";
const PROFILE: &str = "profile.yaml";
const VERSIONS: &str = "versions";
const WAITING: &str = "waiting";
/// How the names of folders begin that are not complete.
const SCRATCH: &str = ".new-";

/// A file of a version, without what is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dated {
    /// The digest of what is in it.
    pub sha256: String,
    /// Since when it is as it is, in seconds since 1970.
    pub modified: u64,
}

/// What is known of a version, without what is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Which.
    pub id: VersionId,
    /// When it was first served, in seconds since 1970.
    pub created: u64,
    /// Rules by intent and by target.
    pub counts: Counts,
    /// The files that are served, by path.
    pub files: BTreeMap<String, Dated>,
    /// The version whose content somebody went back to; nothing of one that was built.
    pub restored: Option<VersionId>,
}

impl Kept {
    /// Since when each file is as it is, in seconds since 1970.
    pub fn modified(&self) -> BTreeMap<String, u64> {
        self.files.iter().map(|(path, own)| (path.clone(), own.modified)).collect()
    }
}

/// A version, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// What is known of it.
    pub kept: Kept,
    /// What is in it.
    pub content: Content,
}

/// A version that nobody has approved yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Which.
    pub id: VersionId,
    /// When it was made, in seconds since 1970.
    pub created: u64,
}

/// What the history says of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// When it was first served, in seconds since 1970; nothing where its record cannot be read.
    pub created: Option<u64>,
}

/// The versions of one site.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// How many versions stay, the one that is served included.
    history: usize,
}

/// What is there after a start.
#[derive(Debug)]
pub struct Opened {
    /// The version to serve; nothing where there is none that is whole.
    pub loaded: Option<Loaded>,
    /// The version that waits.
    pub waiting: Option<Waiting>,
    /// Since when somebody holds on to what is served, in seconds since 1970.
    pub pinned: Option<u64>,
    /// What is wrong on the disk, one line each.
    pub damage: Vec<String>,
}

impl Store {
    /// Opens the folder of a site, makes it where it is not there, and removes what a run that was killed left.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub fn open(dir: &Path, history: usize) -> Result<(Self, Opened), StoreError> {
        let store = Self { dir: dir.to_owned(), history };
        for within in [dir.join(VERSIONS), dir.join(WAITING)] {
            fs::create_dir_all(&within).map_err(at(&within))?;
            for name in names(&within)?.iter().filter(|name| name.starts_with(SCRATCH)) {
                let path = within.join(name);
                fs::remove_dir_all(&path).map_err(at(&path))?;
            }
        }
        let entries = fs::read_dir(dir).map_err(at(dir))?;
        for entry in entries.flatten().filter(|own| own.file_name().to_string_lossy().starts_with(SCRATCH)) {
            let _ = fs::remove_file(entry.path());
        }
        let mut opened = store.newest_whole()?;
        opened.pinned = store.pinned();
        opened.waiting = store.waiting(opened.loaded.as_ref(), &mut opened.damage)?;
        Ok((store, opened))
    }

    /// How many versions stay from now on.
    pub fn keep(&mut self, history: usize) {
        self.history = history;
    }

    /// The ids in a folder, the newest first.
    fn ids(&self, within: &str) -> Result<Vec<VersionId>, StoreError> {
        let names = names(&self.dir.join(within))?;
        let mut ids: Vec<VersionId> = names.iter().filter_map(|name| name.parse().ok()).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        Ok(ids)
    }

    /// The history, the newest first.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn history(&self) -> Result<Vec<Listed>, StoreError> {
        let listed = |id: VersionId| {
            let record = folder::record(&self.folder(VERSIONS, &id), &id).ok();
            Listed { id: id.to_string(), created: record.map(|record| record.created) }
        };
        Ok(self.ids(VERSIONS)?.into_iter().map(listed).collect())
    }

    /// The newest version that is older than another.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn before(&self, id: &VersionId) -> Result<Option<VersionId>, StoreError> {
        Ok(self.ids(VERSIONS)?.into_iter().find(|own| own.number() < id.number()))
    }

    /// The version that `current` names, else the newest that is whole: a version that was completed and never became
    /// the current one passed the guard too.
    fn newest_whole(&self) -> Result<Opened, StoreError> {
        let mut opened = Opened { loaded: None, waiting: None, pinned: None, damage: Vec::new() };
        let pointer = self.dir.join(CURRENT);
        let mut ids = self.ids(VERSIONS)?;
        match fs::read_to_string(&pointer) {
            Ok(text) => match text.trim().parse::<VersionId>() {
                Ok(id) => {
                    ids.retain(|own| *own != id);
                    ids.insert(0, id);
                }
                Err(error) => opened.damage.push(format!("{}: {error}", pointer.display())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && ids.is_empty() => {}
            Err(error) => opened.damage.push(format!("{}: {error}", pointer.display())),
        }
        for id in ids {
            match self.load(&id) {
                Ok(loaded) => {
                    opened.loaded = Some(loaded);
                    break;
                }
                Err(error) => opened.damage.push(format!("version {id} is damaged: {error}")),
            }
        }
        Ok(opened)
    }

    /// The newest that waits; older ones, and one that is served already, are what a kill left.
    fn waiting(
        &self,
        served: Option<&Loaded>,
        damage: &mut Vec<String>,
    ) -> Result<Option<Waiting>, StoreError> {
        let mut found = None;
        for id in self.ids(WAITING)? {
            let path = self.folder(WAITING, &id);
            let is_served = served.is_some_and(|own| own.kept.id.has_same_content(&id));
            if found.is_none() && !is_served {
                match folder::record(&path, &id) {
                    Ok(record) => {
                        found = Some(Waiting { id, created: record.created });
                        continue;
                    }
                    Err(error) => damage.push(format!("waiting version {id} is damaged: {error}")),
                }
            }
            folder::remove(&path)?;
        }
        Ok(found)
    }

    fn folder(&self, within: &str, id: &VersionId) -> PathBuf {
        self.dir.join(within).join(id.to_string())
    }

    /// Reads a version and compares it with its digests.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn load(&self, id: &VersionId) -> Result<Loaded, StoreError> {
        folder::load(&self.folder(VERSIONS, id), id)
    }

    /// The same of a version that waits.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn load_waiting(&self, id: &VersionId) -> Result<Loaded, StoreError> {
        folder::load(&self.folder(WAITING, id), id)
    }

    /// The folder with what a version was compiled for.
    pub fn compiled_for(&self, id: &VersionId) -> PathBuf {
        folder::beside_in(&self.folder(VERSIONS, id))
    }

    /// A file that is kept beside a version that waits.
    pub fn waiting_file(&self, id: &VersionId, name: &str) -> Option<Vec<u8>> {
        folder::file_beside(&self.folder(WAITING, id), name)
    }

    /// Writes a version behind those that there are and makes it the current one. Files that are as they were `before`
    /// keep their date. `restored` is the version whose content it has, where somebody goes back.
    ///
    /// # Errors
    /// When the system refuses; the old version is then the current one.
    pub fn add(
        &self,
        content: Content,
        before: Option<&Kept>,
        now: u64,
        restored: Option<VersionId>,
    ) -> Result<Loaded, StoreError> {
        let number = self.next_number(&[VERSIONS], before)?;
        self.add_as(number, content, before, now, restored)
    }

    /// Makes a version that waited the current one, under its own number where no newer one was served meanwhile.
    ///
    /// # Errors
    /// When it is not whole, or the system refuses; the old version is then the current one.
    pub fn admit(&self, id: &VersionId, before: Option<&Kept>, now: u64) -> Result<Loaded, StoreError> {
        let content = self.load_waiting(id)?.content;
        let number = self.next_number(&[VERSIONS], before)?.max(id.number());
        let loaded = self.add_as(number, content, before, now, None)?;
        // What cannot be removed now is removed at the next start: it is served already.
        let _ = self.withdraw();
        Ok(loaded)
    }

    fn add_as(
        &self,
        number: u64,
        content: Content,
        before: Option<&Kept>,
        now: u64,
        restored: Option<VersionId>,
    ) -> Result<Loaded, StoreError> {
        let loaded = Loaded::new(number, content, before, now, restored);
        folder::write(&self.dir.join(VERSIONS), &loaded)?;
        self.point_at(&loaded.kept.id)?;
        // What cannot be removed now is removed after the next version.
        let _ = self.prune(&loaded.kept.id);
        Ok(loaded)
    }

    /// Keeps a version that waits, in the place of the one that waited before.
    ///
    /// # Errors
    /// When the system refuses; the one before then waits on.
    pub fn hold(&self, content: Content, before: Option<&Kept>, now: u64) -> Result<Waiting, StoreError> {
        let number = self.next_number(&[VERSIONS, WAITING], before)?;
        let loaded = Loaded::new(number, content, before, now, None);
        folder::write(&self.dir.join(WAITING), &loaded)?;
        for id in self.ids(WAITING)?.iter().filter(|own| **own != loaded.kept.id) {
            // After a kill the newest waits.
            let _ = folder::remove(&self.folder(WAITING, id));
        }
        Ok(Waiting { id: loaded.kept.id, created: now })
    }

    /// Nothing waits any more.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn withdraw(&self) -> Result<(), StoreError> {
        for id in self.ids(WAITING)? {
            folder::remove(&self.folder(WAITING, &id))?;
        }
        Ok(())
    }

    /// A number behind all that were used, whatever was damaged.
    fn next_number(&self, within: &[&str], before: Option<&Kept>) -> Result<u64, StoreError> {
        let mut newest = before.map_or(0, |kept| kept.id.number());
        for within in within {
            newest = newest.max(self.ids(within)?.first().map_or(0, VersionId::number));
        }
        Ok(newest + 1)
    }

    fn point_at(&self, id: &VersionId) -> Result<(), StoreError> {
        self.replace(CURRENT, format!("{id}\n").as_bytes())
    }

    /// Holds on to what is served, from a time in seconds since 1970.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pin(&self, now: u64) -> Result<(), StoreError> {
        self.replace(PINNED, format!("{now}\n").as_bytes())
    }

    /// Holds on to nothing.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn release(&self) -> Result<(), StoreError> {
        let path = self.dir.join(PINNED);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(at(&path)).and_then(|()| sync(&self.dir)),
        }
    }

    /// Since when somebody holds on to what is served. A mark that cannot be read is one.
    fn pinned(&self) -> Option<u64> {
        match fs::read_to_string(self.dir.join(PINNED)) {
            Ok(text) => Some(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => Some(0),
        }
    }

    /// The last profile that could be read: what it says of hosting counts while the file is broken.
    pub fn profile(&self) -> Option<String> {
        let bytes = folder::read_small(&self.dir.join(PROFILE)).ok()?;
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
        let ids = self.ids(VERSIONS)?;
        for id in ids.iter().filter(|id| *id != current).skip(self.history.saturating_sub(1)) {
            folder::remove(&self.folder(VERSIONS, id))?;
        }
        Ok(())
    }
}

impl Loaded {
    fn new(
        number: u64,
        content: Content,
        before: Option<&Kept>,
        now: u64,
        restored: Option<VersionId>,
    ) -> Self {
        let file = |(path, bytes): (&String, &Vec<u8>)| {
            let sha256 = sha256(bytes);
            let modified = match before.and_then(|kept| kept.files.get(path)) {
                Some(own) if own.sha256 == sha256 => own.modified,
                // Dates of HTTP are of seconds: one that has changed is newer, whatever the clock says.
                Some(own) => now.max(own.modified + 1),
                None => now,
            };
            (path.clone(), Dated { sha256, modified })
        };
        let kept = Kept {
            id: VersionId::of(number, &content.files),
            created: now,
            counts: content.counts.clone(),
            files: content.files.iter().map(file).collect(),
            restored,
        };
        Self { kept, content }
    }
}

fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = fs::read_dir(dir).map_err(at(dir))?;
    entries.map(|entry| Ok(entry.map_err(at(dir))?.file_name().to_string_lossy().into_owned())).collect()
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
