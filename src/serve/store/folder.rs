//! One version in a folder of its own, complete and on the disk itself before it gets its name, and compared with its
//! digests when it is read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Dated, Kept, Loaded, SCRATCH};
use crate::serve::build::Content;
use crate::serve::guard::Counts;
use crate::serve::version::VersionId;
use crate::source::sha256;
use crate::write::Files;

/// Largest `version.json`, in bytes.
const MAX_RECORD: u64 = 16 << 20;
/// Largest file of a version, in bytes: a report of a million rules stays below.
const MAX_FILE: u64 = 1 << 30;

pub(super) const RECORD: &str = "version.json";
const FILES: &str = "files";
const BESIDE: &str = "beside";

/// Why the disk could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", .path.display())]
pub struct StoreError {
    pub(super) path: PathBuf,
    #[source]
    pub(super) error: io::Error,
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError { path, error }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    id: String,
    pub(super) created: u64,
    /// The version whose content somebody went back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored: Option<String>,
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

/// The record of a version in its folder.
pub(super) fn record(folder: &Path, id: &VersionId) -> Result<Record, StoreError> {
    let path = folder.join(RECORD);
    let bytes = read(&path, MAX_RECORD)?;
    let record: Record = serde_json::from_slice(&bytes)
        .map_err(|error| StoreError { path: path.clone(), error: error.into() })?;
    if record.id != id.to_string() {
        return Err(StoreError { path, error: invalid(format!("it is the record of {}", record.id)) });
    }
    Ok(record)
}

/// Reads a version and compares it with its digests. What is kept beside it counts for people alone: what of it cannot
/// be read is not there.
pub(super) fn load(folder: &Path, id: &VersionId) -> Result<Loaded, StoreError> {
    let record = record(folder, id)?;
    let (mut files, mut dated) = (Files::new(), BTreeMap::new());
    for own in record.files {
        let path = folder.join(FILES).join(&own.path);
        if !is_safe(&own.path) {
            return Err(StoreError { path, error: invalid("a path that leaves the version".to_owned()) });
        }
        let bytes = read(&path, own.bytes.min(MAX_FILE))?;
        if sha256(&bytes) != own.sha256 {
            return Err(StoreError { path, error: invalid("it is not what was written".to_owned()) });
        }
        dated.insert(own.path.clone(), Dated { sha256: own.sha256, modified: own.modified });
        files.insert(own.path, bytes);
    }
    if VersionId::of(id.number(), &files) != *id {
        let error = invalid("its files are those of another version".to_owned());
        return Err(StoreError { path: folder.to_owned(), error });
    }
    let content = Content { files, counts: record.counts.clone(), beside: beside(folder) };
    let restored = record.restored.and_then(|text| text.parse().ok());
    let kept =
        Kept { id: id.clone(), created: record.created, counts: record.counts, files: dated, restored };
    Ok(Loaded { kept, content })
}

/// Where what belongs to a version and is not served is kept.
pub(super) fn beside_in(folder: &Path) -> PathBuf {
    folder.join(BESIDE)
}

fn beside(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(beside_in(folder)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_safe(&name)
            && let Ok(bytes) = read(&entry.path(), MAX_FILE)
        {
            files.insert(name, bytes);
        }
    }
    files
}

/// A file that is kept beside a version.
pub(super) fn file_beside(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let is_file = is_safe(name) && !name.contains('/');
    is_file.then(|| read(&beside_in(folder).join(name), MAX_FILE).ok()).flatten()
}

/// Writes a version into a folder of its name in another one.
pub(super) fn write(within: &Path, loaded: &Loaded) -> Result<(), StoreError> {
    let Loaded { kept, content } = loaded;
    let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(within).map_err(at(within))?;
    let mut folders = vec![scratch.path().to_owned(), scratch.path().join(FILES)];
    let served = content.files.iter().map(|file| (FILES, file));
    for (place, (name, bytes)) in served.chain(content.beside.iter().map(|file| (BESIDE, file))) {
        let path = scratch.path().join(place).join(name);
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
    let file = |(path, bytes): (&String, &Vec<u8>)| FileRecord {
        path: path.clone(),
        bytes: bytes.len() as u64,
        sha256: kept.files[path].sha256.clone(),
        modified: kept.files[path].modified,
    };
    let record = Record {
        id: kept.id.to_string(),
        created: kept.created,
        restored: kept.restored.as_ref().map(ToString::to_string),
        counts: kept.counts.clone(),
        files: content.files.iter().map(file).collect(),
    };
    let bytes = serde_json::to_vec_pretty(&record).expect("internal error: a record is plain data");
    write_through(&scratch.path().join(RECORD), &bytes)?;
    folders.sort_unstable();
    folders.dedup();
    // An empty version has no folder of files.
    for folder in folders.iter().rev().filter(|folder| folder.is_dir()) {
        sync(folder)?;
    }
    let path = within.join(kept.id.to_string());
    fs::rename(scratch.path(), &path).map_err(at(&path))?;
    // It has another name now, under which nothing is to be removed.
    let _ = scratch.keep();
    sync(within)
}

/// Removes a version. A folder without its record is no version, however much of it is left by a kill.
pub(super) fn remove(folder: &Path) -> Result<(), StoreError> {
    let _ = fs::remove_file(folder.join(RECORD));
    fs::remove_dir_all(folder).map_err(at(folder))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A small file.
pub(super) fn read_small(path: &Path) -> Result<Vec<u8>, StoreError> {
    read(path, MAX_RECORD)
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
pub(super) fn sync(folder: &Path) -> Result<(), StoreError> {
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
