//! Changes of files, as they happen.
//!
//! The system tells of changes in the folders of the files; what it does not tell, on network file systems or behind a
//! link that was turned, is seen when the files are looked at again. What has changed, the files say themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// How long after a change nothing more must have changed: a file is often written in several steps.
const QUIET: Duration = Duration::from_millis(200);
/// How long changes that do not end are waited for.
const RESTLESS: Duration = Duration::from_secs(3);
/// How often files are looked at that nobody tells of.
const LOOK: Duration = Duration::from_secs(20);

/// What a file was like when it was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
    /// Another file under the same name.
    identity: (u64, i64, i64),
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: identity(&metadata),
        })
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, i64, i64) {
    (0, 0, 0)
}

/// Something that is watched for.
enum Told {
    /// Something happened in a folder.
    Change,
    /// Other files are watched from now on.
    Files(Vec<PathBuf>),
    /// Nothing is watched any more.
    End,
}

/// Watches files until it is dropped.
#[derive(Debug)]
pub struct Watch {
    tell: Sender<Told>,
}

impl Watch {
    /// Watches files, and calls when one of them changed, or when the day did, which ends waivers and inclusions.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn new(
        files: Vec<PathBuf>,
        day: impl Fn() -> i64 + Send + 'static,
        changed: impl Fn(&'static str) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (tell, told) = channel();
        let from_system = tell.clone();
        let thread = std::thread::Builder::new().name("watch".into());
        thread.spawn(move || watch(files, from_system, &told, day, changed))?;
        Ok(Self { tell })
    }

    /// Watches these files from now on. One that is new among them counts as changed, since nobody knows whether it did
    /// after it was read.
    pub fn files(&self, files: Vec<PathBuf>) {
        // The thread is there as long as this is.
        let _ = self.tell.send(Told::Files(files));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.tell.send(Told::End);
    }
}

struct Watched {
    looks: BTreeMap<PathBuf, Option<Look>>,
    folders: BTreeSet<PathBuf>,
    /// Whether there is a file that nobody looked at before.
    is_new: bool,
}

impl Watched {
    fn new(files: Vec<PathBuf>, before: &BTreeMap<PathBuf, Option<Look>>) -> Self {
        let folder = |file: &PathBuf| match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let folders = files.iter().map(folder).collect();
        let is_new = files.iter().any(|file| !before.contains_key(file));
        // A file that was watched before may have changed since it was looked at.
        let look = |file: PathBuf| {
            let look = before.get(&file).cloned().unwrap_or_else(|| Look::at(&file));
            (file, look)
        };
        Self { looks: files.into_iter().map(look).collect(), folders, is_new }
    }

    /// Whether a file has changed since this was asked last.
    fn has_changed(&mut self) -> bool {
        let mut has_changed = std::mem::take(&mut self.is_new);
        for (file, look) in &mut self.looks {
            let now = Look::at(file);
            has_changed |= *look != now;
            *look = now;
        }
        has_changed
    }
}

fn watch(
    files: Vec<PathBuf>,
    from_system: Sender<Told>,
    told: &Receiver<Told>,
    day: impl Fn() -> i64,
    changed: impl Fn(&'static str),
) {
    let handler = move |event: notify::Result<notify::Event>| {
        // Reading a file is no change of it; a watcher's error may hide one.
        if event.is_ok_and(|event| event.kind.is_access()) {
            return;
        }
        let _ = from_system.send(Told::Change);
    };
    // Where the system tells nothing, looking must do.
    let mut system: Option<RecommendedWatcher> = notify::recommended_watcher(handler).ok();
    let mut watched = Watched::new(files, &BTreeMap::new());
    watched.is_new = false;
    let mut folders = BTreeSet::new();
    let mut today = day();
    loop {
        if folders != watched.folders {
            if let Some(system) = &mut system {
                for gone in folders.difference(&watched.folders) {
                    let _ = system.unwatch(gone);
                }
                for new in watched.folders.difference(&folders) {
                    let _ = system.watch(new, RecursiveMode::NonRecursive);
                }
            }
            folders.clone_from(&watched.folders);
        }
        match told.recv_timeout(LOOK) {
            Ok(Told::Files(files)) => watched = Watched::new(files, &watched.looks),
            Ok(Told::Change) => {
                let since = Instant::now();
                let mut new_files = None;
                while since.elapsed() < RESTLESS {
                    match told.recv_timeout(QUIET) {
                        Ok(Told::Change) => {}
                        Ok(Told::Files(files)) => new_files = Some(files),
                        Err(RecvTimeoutError::Timeout) => break,
                        Ok(Told::End) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
                if let Some(files) = new_files {
                    watched = Watched::new(files, &watched.looks);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Told::End) | Err(RecvTimeoutError::Disconnected) => return,
        }
        if watched.has_changed() {
            changed("a file changed");
        }
        let now = day();
        if now != today {
            today = now;
            changed("the day changed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for a call, no longer than a test may take.
    fn called(calls: &Receiver<&'static str>) -> Option<&'static str> {
        calls.recv_timeout(Duration::from_secs(30)).ok()
    }

    #[test]
    fn a_file_that_is_written_replaced_or_named_later_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["one.yaml", "two.csv"].map(|name| dir.path().join(name));
        fs::write(&one, "1").unwrap();
        let (call, calls) = channel();
        let watch = Watch::new(vec![one.clone()], || 0, move |why| call.send(why).unwrap()).unwrap();
        // Whoever is told of the first change was watching before it.
        let mut size = 1;
        let mut first = None;
        while first.is_none() && size < 200 {
            size += 1;
            fs::write(&one, "1".repeat(size)).unwrap();
            first = calls.recv_timeout(Duration::from_millis(500)).ok();
        }
        assert_eq!(first, Some("a file changed"));
        while calls.recv_timeout(Duration::from_millis(500)).is_ok() {}
        fs::write(dir.path().join("new"), "other text").unwrap();
        fs::rename(dir.path().join("new"), &one).unwrap();
        assert_eq!(called(&calls), Some("a file changed"));
        watch.files(vec![one.clone(), two.clone()]);
        assert_eq!(called(&calls), Some("a file changed"), "nobody knows since when it is there");
        fs::write(&two, "2").unwrap();
        assert_eq!(called(&calls), Some("a file changed"));
        fs::write(dir.path().join("nobody's"), "3").unwrap();
        assert_eq!(calls.recv_timeout(Duration::from_millis(600)), Err(RecvTimeoutError::Timeout));
    }
}
