//! An output folder as it is now, against what its manifest says was written.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::diag::Level;
use crate::diff::Unread;
use crate::emit::Artifact;
use crate::write::{self, Files, MANIFEST, WriteError};

/// A folder that a run wrote, or what has become of it.
#[derive(Debug)]
pub struct Written {
    /// The profile that it was compiled from, as the manifest names it; nothing for the built-in one.
    pub profile: Option<PathBuf>,
    /// The sources that the manifest names, with the SHA-256 of each.
    pub sources: Vec<(String, String)>,
    /// The targets that the manifest names, in its order.
    pub targets: Vec<String>,
    /// What its findings hold back of which no line of a list tells.
    pub held: Vec<Unread>,
    /// Every file of the folder but the manifest.
    files: Files,
    /// What is not as it was written, by path.
    pub damage: BTreeMap<String, Damage>,
}

/// What has become of a file since it was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Damage {
    /// It is gone.
    Lost,
    /// It has another content.
    Edited,
    /// It was not written.
    Added,
}

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WrittenError {
    /// There is no manifest, or it is none of ours.
    #[error("{} holds no {MANIFEST} that thruway wrote", .dir.display())]
    NoManifest {
        /// The folder.
        dir: PathBuf,
    },
    /// The system refused.
    #[error("cannot read {}: {error}", .path.display())]
    Io {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The folder cannot be listed.
    #[error(transparent)]
    List(#[from] WriteError),
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<ArtifactEntry>,
    findings: Vec<FindingEntry>,
    profile: String,
    sources: Vec<SourceEntry>,
    targets: Vec<TargetEntry>,
}

#[derive(Deserialize)]
struct FindingEntry {
    code: String,
    level: String,
    message: String,
    label: String,
    intent: Option<String>,
    target: Option<String>,
}

impl FindingEntry {
    /// What it holds back, where no list tells of it: those of a list name it.
    fn unread(self) -> Option<Unread> {
        let holds = [Level::Hold, Level::Deny].iter().any(|level| level.as_str() == self.level);
        let Self { code, message, label, .. } = self;
        (holds && self.intent.is_none() && self.target.is_none()).then_some(Unread { code, message, label })
    }
}

#[derive(Deserialize)]
struct SourceEntry {
    name: String,
    sha256: String,
}

#[derive(Deserialize)]
struct TargetEntry {
    id: String,
    artifacts: Vec<ArtifactEntry>,
}

#[derive(Deserialize)]
struct ArtifactEntry {
    path: String,
    sha256: String,
}

impl Written {
    /// Reads a folder.
    ///
    /// # Errors
    /// When it has no manifest, or a file cannot be read.
    pub fn read(dir: &Path) -> Result<Self, WrittenError> {
        let no_manifest = || WrittenError::NoManifest { dir: dir.to_owned() };
        let manifest = write::read_manifest(dir).ok_or_else(no_manifest)?;
        let manifest: Manifest = serde_json::from_value(manifest).map_err(|_| no_manifest())?;

        let mut files = Files::new();
        let mut odd = BTreeSet::new();
        for name in write::names(dir)?.into_iter().filter(|name| name != MANIFEST) {
            let path = dir.join(&name);
            // A pipe would be waited for.
            if !path.is_file() {
                odd.insert(name);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|error| WrittenError::Io { path, error })?;
            files.insert(name, bytes);
        }
        let mut damage = BTreeMap::new();
        let mut added: BTreeSet<&String> = files.keys().collect();
        let artifacts = manifest.targets.iter().flat_map(|target| &target.artifacts);
        for entry in manifest.files.iter().chain(artifacts) {
            added.remove(&entry.path);
            match files.get(&entry.path) {
                None => drop(damage.insert(entry.path.clone(), Damage::Lost)),
                Some(bytes) if crate::source::sha256(bytes) != entry.sha256 => {
                    damage.insert(entry.path.clone(), Damage::Edited);
                }
                Some(_) => {}
            }
        }
        damage.extend(added.into_iter().chain(&odd).map(|path| (path.clone(), Damage::Added)));
        Ok(Self {
            profile: (manifest.profile != super::BUILTIN).then(|| manifest.profile.into()),
            sources: manifest.sources.into_iter().map(|source| (source.name, source.sha256)).collect(),
            targets: manifest.targets.into_iter().map(|target| target.id).collect(),
            held: manifest.findings.into_iter().filter_map(FindingEntry::unread).collect(),
            files,
            damage,
        })
    }

    /// A file beside the folders of the targets, as it is now.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The files of a target as they are now, by their paths inside its folder.
    pub fn artifacts(&self, target: &str) -> Vec<Artifact> {
        let inside = |(name, bytes): (&String, &Vec<u8>)| {
            let path = name.strip_prefix(target)?.strip_prefix('/')?.to_owned();
            Some(Artifact { path, bytes: bytes.clone() })
        };
        self.files.iter().filter_map(inside).collect()
    }

    /// Whether a run's files, manifest aside, are those of the folder.
    pub fn is_same_as(&self, files: &Files) -> bool {
        files.iter().filter(|(name, _)| *name != MANIFEST).eq(&self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST_TEXT: &str = r#"{"files":[],"findings":[],"profile":"builtin","sources":[],"targets":[{"id":"squid","artifacts":[
        {"path":"squid/a","bytes":1,"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
        {"path":"squid/b","bytes":1,"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
        {"path":"../c","bytes":1,"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}]}]}"#;

    #[test]
    fn what_was_lost_edited_or_added_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        std::fs::create_dir_all(out.join("squid")).unwrap();
        std::fs::write(dir.path().join("c"), "a").unwrap();
        std::fs::write(out.join(MANIFEST), MANIFEST_TEXT).unwrap();
        std::fs::write(out.join("squid/a"), "a").unwrap();
        std::fs::write(out.join("squid/b"), "b").unwrap();
        std::fs::write(out.join("squid/d"), "d").unwrap();
        let written = Written::read(&out).unwrap();
        assert_eq!((written.profile.clone(), &written.targets[..]), (None, &["squid".to_owned()][..]));
        let damage: Vec<_> = written.damage.iter().map(|(path, &damage)| (path.as_str(), damage)).collect();
        assert_eq!(
            damage,
            [("../c", Damage::Lost), ("squid/b", Damage::Edited), ("squid/d", Damage::Added)],
            "a path that leaves the folder is not followed"
        );
        let artifacts = written.artifacts("squid");
        let paths: Vec<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
        assert_eq!(paths, ["a", "b", "d"]);
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Written::read(dir.path()), Err(WrittenError::NoManifest { .. })));
        std::fs::write(dir.path().join(MANIFEST), "{\"targets\":3}").unwrap();
        assert!(matches!(Written::read(dir.path()), Err(WrittenError::NoManifest { .. })));
    }
}
