//! The output folder: replaced as a whole, or not at all.
//!
//! A new folder is completed beside the old one and then takes its place; until that moment a failure,
//! a full disk or a kill leaves the old one as it was. Where the file system cannot exchange two folders in
//! one step, a kill between the two steps leaves the old one beside its place, and the next run puts it
//! back. What a run that was killed left behind, the next one removes. Files that Thruway did not write are
//! never removed.
//!
//! Deliberately not here: waiting until the disk itself has everything. After a loss of power a run is
//! repeated.

mod disk;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use disk::{Disk, Kind, System};

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
    /// There are files of somebody else's in the folder.
    #[error("{} holds what thruway did not write: {}; move it elsewhere, or choose another --out", .dir.display(), some(.names))]
    ForeignFiles {
        /// The folder.
        dir: PathBuf,
        /// Their names, `/` between parts.
        names: Vec<String>,
    },
    /// There is a file where the folder should be.
    #[error("{} is not a folder", .dir.display())]
    NotAFolder {
        /// The path.
        dir: PathBuf,
    },
    /// There is a symbolic link to a folder that is not there.
    #[error("{} is a link that leads nowhere; make the folder that it names, or remove it", .dir.display())]
    DanglingLink {
        /// The path.
        dir: PathBuf,
    },
    /// Another run has been writing for a long time.
    #[error("another program holds {}; end it, or run this again later", .parent.display())]
    Busy {
        /// The folder that the output folder is in.
        parent: PathBuf,
    },
    /// A path that would leave the folder, or that not every system can hold.
    #[error("internal error: artifact path {path:?}")]
    Path {
        /// The path.
        path: String,
    },
    /// The new folder could not take the place of the old one, and the old one could not be put back.
    #[error("cannot write {}: {error}; the old folder is {}, and the next run puts it back", .dir.display(), .old.display())]
    Stranded {
        /// The folder.
        dir: PathBuf,
        /// Where the old folder is.
        old: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
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

/// Puts `bytes` in the place of one file, whole or not at all. What is no file, such as a pipe, is written to.
///
/// # Errors
/// When the system refuses; the file is then as it was.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let kind = std::fs::metadata(path);
    if kind.as_ref().is_ok_and(|kind| !kind.is_file() && !kind.is_dir()) {
        return std::fs::write(path, bytes).map_err(io_error(path));
    }
    // A link stays one.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parent = match real.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        // Said first, since an error of the temporary file would name that one.
        std::fs::metadata(parent)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".thruway-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What the user's mask leaves of it, as for any new file; of an old one, its own.
            let mode = kind.as_ref().map_or(0o666, |kind| kind.permissions().mode());
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        let mut new = builder.tempfile_in(parent)?;
        io::Write::write_all(&mut new, bytes)?;
        new.persist(&real).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(io_error(path))
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

/// The first few names, and how many there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", crate::text::shown(name, 80))).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |error| WriteError::Io { path, error }
}

/// Puts `files` in the place of the folder `dir`. Of two runs at the same time, the later one waits.
///
/// # Errors
/// When the folder, or a file in it, is not Thruway's own, or the system refuses; the folder is then as it
/// was.
pub fn replace(dir: &Path, files: &Files) -> Result<(), WriteError> {
    Folder::at(&System, dir)?.replace(files)
}

/// Puts the old folder back where a run was killed at the moment when there was neither, and removes what
/// that run left. [`replace`] does it too; this is for a run that looks at the folder before.
///
/// # Errors
/// When the system refuses.
pub fn recover(dir: &Path) -> Result<(), WriteError> {
    let folder = Folder::at(&System, dir)?;
    match System.kind(&folder.parent) {
        Ok(Some(Kind::Folder)) => folder.lock().map(drop),
        // There is nothing yet.
        _ => Ok(()),
    }
}

/// An output folder on a disk.
struct Folder<'d, D> {
    disk: &'d D,
    /// As it was named.
    named: PathBuf,
    /// Where it is: another path where a symbolic link was named.
    dir: PathBuf,
    parent: PathBuf,
    /// How the names of scratch folders beside it begin.
    scratch: String,
}

/// A folder beside the output folder for what is not complete yet, and for what is to be removed.
struct Scratch<'d, D: Disk> {
    disk: &'d D,
    path: PathBuf,
    keep: bool,
}

impl<D: Disk> Drop for Scratch<'_, D> {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed now, the next run removes.
            let _ = self.disk.remove_dir_all(&self.path);
        }
    }
}

impl<'d, D: Disk> Folder<'d, D> {
    fn at(disk: &'d D, named: &Path) -> Result<Self, WriteError> {
        // A slash at the end would make another path of a link.
        let named: PathBuf = named.components().collect();
        let dir = disk.resolve(&named).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WriteError::DanglingLink { dir: named.clone() },
            _ => io_error(&named)(error),
        })?;
        let parent = match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let scratch = format!(".{name}.thruway-");
        Ok(Self { disk, named, dir, parent, scratch })
    }

    fn replace(&self, files: &Files) -> Result<(), WriteError> {
        self.disk.create_dir_all(&self.parent).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => WriteError::NotAFolder { dir: self.parent.clone() },
            _ => io_error(&self.parent)(error),
        })?;
        let _lock = self.lock()?;
        self.check_owner()?;
        let path = self.disk.create_scratch(&self.parent, &self.scratch).map_err(io_error(&self.parent))?;
        let mut scratch = Scratch { disk: self.disk, path, keep: false };
        self.write_all(&scratch.path.join("new"), files)?;
        self.put_in_place(&mut scratch)
    }

    /// Holds the folder above against other runs, and settles what runs that were killed left in it. Where
    /// the file system has no locks, nothing is held, and nothing is touched that another run may need.
    fn lock(&self) -> Result<Option<File>, WriteError> {
        match self.disk.lock(&self.parent) {
            Ok(lock) => {
                self.settle()?;
                Ok(Some(lock))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(WriteError::Busy { parent: self.parent.clone() })
            }
            Err(_) => Ok(None),
        }
    }

    /// While the lock is held, every scratch folder is one that a run which is gone has left.
    fn settle(&self) -> Result<(), WriteError> {
        // A folder that one may write to and not list keeps what is left in it.
        for (name, kind) in self.disk.list(&self.parent).unwrap_or_default() {
            if kind != Kind::Folder || !name.starts_with(&self.scratch) {
                continue;
            }
            let path = self.parent.join(name);
            let old = path.join("old");
            if self.kind(&self.dir)?.is_none() && self.kind(&old)? == Some(Kind::Folder) {
                self.disk.rename(&old, &self.dir).map_err(io_error(&self.named))?;
            }
            let _ = self.disk.remove_dir_all(&path);
        }
        Ok(())
    }

    fn kind(&self, path: &Path) -> Result<Option<Kind>, WriteError> {
        self.disk.kind(path).map_err(io_error(&self.named))
    }

    /// A folder may be replaced when it is missing, empty, or holds nothing but what its manifest names.
    fn check_owner(&self) -> Result<(), WriteError> {
        match self.kind(&self.dir)? {
            None => return Ok(()),
            Some(Kind::Folder) => {}
            Some(Kind::Link | Kind::Other) => {
                return Err(WriteError::NotAFolder { dir: self.named.clone() });
            }
        }
        // Somebody's home folder is not searched through.
        if self.disk.list(&self.dir).map_err(io_error(&self.named))?.is_empty() {
            return Ok(());
        }
        let manifest = manifest_on(self.disk, &self.dir).map_err(io_error(&self.named.join(MANIFEST)))?;
        let manifest = manifest.ok_or_else(|| WriteError::Foreign { dir: self.named.clone() })?;
        let mut there = names_on(self.disk, &self.dir)?;
        there.remove(MANIFEST);
        let targets = manifest["targets"].as_array().into_iter().flatten();
        let artifacts = targets.flat_map(|target| target["artifacts"].as_array().into_iter().flatten());
        let beside = manifest["files"].as_array().into_iter().flatten();
        for path in beside.chain(artifacts).filter_map(|artifact| artifact["path"].as_str()) {
            there.remove(path);
        }
        match there.is_empty() {
            true => Ok(()),
            false => {
                Err(WriteError::ForeignFiles { dir: self.named.clone(), names: there.into_iter().collect() })
            }
        }
    }

    fn write_all(&self, new: &Path, files: &Files) -> Result<(), WriteError> {
        // The scratch folder is private; the folder inside it has the permissions that a user expects.
        self.disk.create_dir(new).map_err(io_error(&self.named))?;
        for (name, bytes) in files {
            if !is_safe(name) {
                return Err(WriteError::Path { path: name.clone() });
            }
            let path = new.join(name);
            if let Some(parent) = path.parent() {
                self.disk.create_dir_all(parent).map_err(io_error(&self.named.join(name)))?;
            }
            self.disk.write(&path, bytes).map_err(io_error(&self.named.join(name)))?;
        }
        Ok(())
    }

    /// The old folder is then in the scratch folder, and goes with it.
    fn put_in_place(&self, scratch: &mut Scratch<'d, D>) -> Result<(), WriteError> {
        let new = scratch.path.join("new");
        if self.kind(&self.dir)?.is_none() {
            return self.disk.rename(&new, &self.dir).map_err(io_error(&self.named));
        }
        // One step: there is no moment without a folder.
        match self.disk.exchange(&new, &self.dir) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            done => return done.map_err(io_error(&self.named)),
        }
        let old = scratch.path.join("old");
        self.disk.rename(&self.dir, &old).map_err(io_error(&self.named))?;
        self.disk.rename(&new, &self.dir).map_err(|error| match self.disk.rename(&old, &self.dir) {
            Ok(()) => io_error(&self.named)(error),
            Err(_) => {
                scratch.keep = true;
                WriteError::Stranded { dir: self.named.clone(), old, error }
            }
        })
    }
}

/// The manifest of a folder, if it has one of ours.
pub fn read_manifest(dir: &Path) -> Option<serde_json::Value> {
    manifest_on(&System, dir).ok()?
}

fn manifest_on(disk: &impl Disk, dir: &Path) -> io::Result<Option<serde_json::Value>> {
    let bytes = match disk.read(&dir.join(MANIFEST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let manifest: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    Ok(manifest.filter(|manifest| {
        ["profile", "sources", "targets", "findings"].iter().all(|key| manifest.get(key).is_some())
    }))
}

/// Relative, without `..`, of characters that every file system holds.
fn is_safe(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
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
        if System.read(&path).map_err(io_error(&path))? != *bytes {
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
    names_on(&System, dir)
}

fn names_on(disk: &impl Disk, dir: &Path) -> Result<BTreeSet<String>, WriteError> {
    let mut names = BTreeSet::new();
    list(disk, dir, "", &mut names)?;
    Ok(names)
}

fn list(disk: &impl Disk, dir: &Path, prefix: &str, names: &mut BTreeSet<String>) -> Result<(), WriteError> {
    for (name, kind) in disk.list(dir).map_err(io_error(dir))? {
        let path = format!("{prefix}{name}");
        if kind == Kind::Folder {
            list(disk, &dir.join(name), &format!("{path}/"), names)?;
        } else {
            names.insert(path);
        }
    }
    Ok(())
}
