//! Every step of writing made to fail, and every moment at which a run may be killed.

use std::cell::Cell;

use super::*;

const ENOSPC: i32 = 28;
const EACCES: i32 = 13;
const EIO: i32 = 5;
const EINTR: i32 = 4;

/// What becomes of the steps after the one that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Succeed,
    /// The run was killed: no later step does anything.
    Nothing,
    /// Nothing can be moved any more.
    NoMoves,
}

/// A disk of which one step fails.
struct Faulty {
    /// How many steps succeed before.
    after: usize,
    errno: i32,
    then: Then,
    can_exchange: bool,
    steps: Cell<usize>,
    /// The step that failed first.
    failed: Cell<Option<&'static str>>,
}

impl Faulty {
    fn new(after: usize, errno: i32, then: Then, can_exchange: bool) -> Self {
        Self { after, errno, then, can_exchange, steps: Cell::new(0), failed: Cell::new(None) }
    }

    fn step(&self, name: &'static str) -> io::Result<()> {
        let step = self.steps.replace(self.steps.get() + 1);
        let fails_later = match self.then {
            Then::Succeed => false,
            Then::Nothing => true,
            Then::NoMoves => name == "rename",
        };
        if step == self.after || (fails_later && step > self.after) {
            self.failed.set(self.failed.get().or(Some(name)));
            return Err(io::Error::from_raw_os_error(self.errno));
        }
        Ok(())
    }
}

impl Disk for Faulty {
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        self.step("kind")?;
        System.kind(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.step("resolve")?;
        System.resolve(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, Kind)>> {
        self.step("list")?;
        System.list(dir)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.step("read")?;
        System.read(path)
    }

    fn lock(&self, dir: &Path) -> io::Result<File> {
        self.step("lock")?;
        System.lock(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.step("create_dir_all")?;
        System.create_dir_all(dir)
    }

    fn create_scratch(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf> {
        self.step("create_scratch")?;
        System.create_scratch(parent, prefix)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.step("create_dir")?;
        System.create_dir(dir)
    }

    /// Half of the content is written before it fails.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let before = self.failed.get();
        self.step("write").inspect_err(|_| {
            if before.is_none() {
                System.write(path, &bytes[..bytes.len() / 2]).unwrap();
            }
        })?;
        System.write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename")?;
        System.rename(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        self.step("exchange")?;
        if !self.can_exchange {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // Not every file system that the tests run on can.
        let aside = one.with_file_name("aside");
        System.rename(one, &aside)?;
        System.rename(other, one)?;
        System.rename(&aside, other)
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.step("remove_dir_all")?;
        System.remove_dir_all(dir)
    }
}

/// What the system says, what it can do, and what was there.
#[derive(Clone, Copy, Debug)]
struct Case {
    errno: i32,
    can_exchange: bool,
    has_old: bool,
}

fn cases(errnos: &[i32]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &errno in errnos {
        for (can_exchange, has_old) in [(true, true), (true, false), (false, true), (false, false)] {
            cases.push(Case { errno, can_exchange, has_old });
        }
    }
    cases
}

fn old() -> Files {
    files(&[("pac/proxy.pac", "old"), ("squid/a", "old"), ("squid/b", "old")])
}

fn new() -> Files {
    files(&[("pac/proxy.pac", "new and longer"), ("squid/a", "new"), ("ticket/t", "new")])
}

/// Lets every step of every case fail in turn, and looks at what is left.
fn at_every_step(
    errnos: &[i32],
    then: Then,
    mut look: impl FnMut(Case, &Faulty, &Path, Result<(), WriteError>),
) {
    for case in cases(errnos) {
        for after in 0.. {
            let root = tempfile::tempdir().unwrap();
            let dir = root.path().join("out");
            if case.has_old {
                replace(&dir, &old()).unwrap();
            }
            let disk = Faulty::new(after, case.errno, then, case.can_exchange);
            let result = Folder::at(&disk, &dir).and_then(|folder| folder.replace(&new()));
            if disk.failed.get().is_none() {
                result.unwrap();
                assert!(after > 15, "{case:?} has few steps: {after}");
                break;
            }
            look(case, &disk, &dir, result);
        }
    }
}

#[test]
fn whatever_fails_the_folder_is_the_old_one_or_the_new_one() {
    at_every_step(&[ENOSPC, EACCES, EIO, EINTR], Then::Succeed, |case, disk, dir, result| {
        let failed = disk.failed.get().unwrap();
        let at = format!("{case:?}, `{failed}` after {} steps", disk.after);
        let parent = dir.parent().unwrap();
        let expected = if result.is_ok() { Some(new()) } else { case.has_old.then(old) };
        assert_eq!(content(dir), expected, "{at}");
        // A lock that cannot be had and a scratch folder that cannot be removed are left to the next run.
        let is_needed = !["kind", "list", "lock", "read", "remove_dir_all"].contains(&failed);
        assert!(!is_needed || result.is_err(), "{at}");
        if failed != "remove_dir_all" {
            assert_eq!(beside(parent).len(), usize::from(expected.is_some()), "{at}");
        }
        if let Err(error) = result {
            let (what, system) = (error.to_string(), io::Error::from_raw_os_error(case.errno).to_string());
            let (dir, parent) = (dir.display(), parent.display());
            let is_placed = what.starts_with(&format!("cannot write {dir}"))
                || what.starts_with(&format!("cannot write {parent}:"));
            assert!(is_placed && what.contains(&system) && !what.contains(".thruway-"), "{at}: {what}");
        }
    });
}

#[test]
fn whenever_a_run_is_killed_the_folder_is_whole_and_the_next_run_cleans_up() {
    at_every_step(&[EIO], Then::Nothing, |case, disk, dir, _| {
        let at = format!("{case:?}, `{}` after {} steps", disk.failed.get().unwrap(), disk.after);
        let is_whole = |there: &Option<Files>| *there == case.has_old.then(old) || *there == Some(new());
        let there = content(dir);
        let is_between = !case.can_exchange && case.has_old && there.is_none();
        assert!(is_between || is_whole(&there), "{at}: {there:?}");
        recover(dir).unwrap();
        let there = content(dir);
        assert!(is_whole(&there), "{at}: {there:?}");
        assert_eq!(beside(dir.parent().unwrap()).len(), usize::from(there.is_some()), "{at}");
        replace(dir, &new()).unwrap();
        assert_eq!(content(dir), Some(new()), "{at}");
    });
}

#[test]
fn a_folder_that_cannot_be_put_back_is_kept_and_named() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    replace(&dir, &old()).unwrap();
    // The steps up to the first of the two moves succeed, all later moves fail.
    let moves = Faulty::new(usize::MAX, EIO, Then::Succeed, false);
    Folder::at(&moves, &dir).unwrap().replace(&old()).unwrap();
    let last_move = moves.steps.get() - 2;
    let disk = Faulty::new(last_move, EIO, Then::NoMoves, false);
    let error = Folder::at(&disk, &dir).unwrap().replace(&new()).unwrap_err();
    let WriteError::Stranded { old: kept, .. } = &error else { panic!("{error}") };
    assert_eq!(content(kept), Some(old()));
    assert!(error.to_string().contains(&kept.display().to_string()));
    recover(&dir).unwrap();
    assert_eq!(content(&dir), Some(old()));
    assert_eq!(beside(root.path()), ["out"]);
}

#[test]
fn a_run_waits_for_another_one() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    let lock = System.lock(root.path()).unwrap();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| replace(&dir, &new()));
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(content(&dir), None);
        drop(lock);
        other.join().unwrap().unwrap();
    });
    assert_eq!(content(&dir), Some(new()));
}
