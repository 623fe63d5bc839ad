//! What writing asks of the file system, step by step, so that a test can make every step fail.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The steps.
pub(super) trait Disk {
    /// What stands at a path, symbolic links followed; nothing where nothing is.
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>>;
    /// The path without symbolic links.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
    /// The names in a folder, with their kinds, links not followed.
    fn list(&self, dir: &Path) -> io::Result<Vec<(String, Kind)>>;
    /// The content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Waits until no other run holds the folder, and holds it until the file is dropped.
    fn lock(&self, dir: &Path) -> io::Result<File>;
    /// Makes a folder and those above it.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Makes a folder that was not there, whose name begins like this, for nobody else to look into.
    fn create_scratch(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf>;
    /// Makes a folder that was not there.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Writes a file.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Moves a folder to where nothing is.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Exchanges two folders in one step; [`io::ErrorKind::Unsupported`] where the file system cannot.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;
    /// Removes a folder with what is in it.
    fn remove_dir_all(&self, dir: &Path) -> io::Result<()>;
}

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Folder,
    Link,
    /// A file, or anything else that is no folder.
    Other,
}

impl From<fs::FileType> for Kind {
    fn from(kind: fs::FileType) -> Self {
        match (kind.is_dir(), kind.is_symlink()) {
            (true, _) => Self::Folder,
            (false, true) => Self::Link,
            (false, false) => Self::Other,
        }
    }
}

/// The file system as it is.
pub(super) struct System;

/// How often a folder that another run holds is asked for, and how long is waited between.
const ATTEMPTS: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(10);

impl Disk for System {
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.file_type().into())),
            // A link that leads nowhere is not nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(fs::symlink_metadata(path).ok().map(|metadata| metadata.file_type().into()))
            }
            Err(error) => Err(error),
        }
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path),
            _ => Ok(path.to_owned()),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, Kind)>> {
        fs::read_dir(dir)?
            .map(|entry| {
                let entry = entry?;
                Ok((entry.file_name().to_string_lossy().into_owned(), entry.file_type()?.into()))
            })
            .collect()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn lock(&self, dir: &Path) -> io::Result<File> {
        let file = File::open(dir)?;
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)
    }

    fn create_scratch(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf> {
        Ok(tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?.keep())
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(target_os = "linux")]
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|error| match error {
            Errno::INVAL | Errno::NOSYS => io::ErrorKind::Unsupported.into(),
            error => error.into(),
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir_all(dir)
    }
}
