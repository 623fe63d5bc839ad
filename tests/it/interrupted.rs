//! The output folder under the real system: runs that are killed, that run at once, or may not write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A folder with two profiles, and what each of them writes.
struct Two {
    folder: TempDir,
    written: [BTreeMap<String, Vec<u8>>; 2],
}

impl Two {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, rows) in [("a", 3), ("b", 40)] {
            let mut list = String::from("Endpoint/URL,Port,Geography\n");
            (0..rows).for_each(|row| list += &format!("{name}{row}.example.com,443,WW\n"));
            fs::write(folder.path().join(format!("{name}.csv")), list).unwrap();
            let profile = format!("version: 1\nname: {name}\nsources: [{{ file: {name}.csv }}]\n");
            fs::write(folder.path().join(format!("{name}.yaml")), profile).unwrap();
        }
        let mut two = Self { folder, written: [BTreeMap::new(), BTreeMap::new()] };
        for which in 0..2 {
            let output = two.command(which).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            two.written[which] = content(&two.out());
        }
        assert_ne!(two.written[0], two.written[1]);
        two
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn command(&self, which: usize) -> Command {
        let profile = ["a.yaml", "b.yaml"][which];
        let mut command = Command::new(env!("CARGO_BIN_EXE_thruway"));
        command
            .args(["compile", "--quiet", "--allow-shrink", "--today", "2026-11-24", "--profile", profile])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self, which: usize) -> Child {
        self.command(which).spawn().unwrap()
    }

    /// Which of the two the folder is, byte for byte.
    fn is(&self, at: &str) -> usize {
        let there = content(&self.out());
        let which = self.written.iter().position(|written| *written == there);
        which.unwrap_or_else(|| panic!("{at}: neither the old folder nor the new one: {:?}", there.keys()))
    }

    /// What runs left beside the folder.
    fn left(&self) -> Vec<String> {
        beside(self.folder.path()).into_iter().filter(|name| name.starts_with('.')).collect()
    }
}

fn beside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = thruway::write::names(folder).unwrap();
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn a_run_that_is_killed_leaves_the_old_folder_or_the_new_one() {
    const RUNS: usize = 200;
    let two = Two::new();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut while_writing = 0;
    for run in 0..RUNS {
        let mut child = two.start(run % 2);
        // Writing takes a small part of the time, so most runs are killed then.
        let waits_for_scratch = run % 4 != 0;
        let pause = if waits_for_scratch { random.below(2_500) } else { random.below(60_000) };
        while waits_for_scratch && two.left().is_empty() && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        while_writing += usize::from(!two.left().is_empty());
        two.is(&format!("run {run}"));
        assert!(two.left().len() <= 1, "run {run}: the runs before left {:?}", two.left());
    }
    assert!(while_writing > RUNS / 10, "only {while_writing} runs were killed while they wrote");
    for which in 0..2 {
        assert!(two.start(which).wait().unwrap().success());
        assert_eq!((two.is("the last run"), two.left()), (which, Vec::new()));
    }
}

#[test]
fn of_two_runs_at_the_same_time_both_write_a_whole_folder() {
    let two = Two::new();
    for round in 0..25 {
        let children = [two.start(0), two.start(1), two.start(0)];
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{round}: {}", String::from_utf8_lossy(&output.stderr));
        }
        two.is(&format!("round {round}"));
        assert_eq!(two.left(), Vec::<String>::new(), "round {round}");
    }
}

/// Runs a command as somebody who is not root, for whom permissions count.
#[cfg(unix)]
fn as_nobody(mut command: Command) -> Output {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let probe = tempfile::tempfile().unwrap();
    if probe.metadata().unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap_or_else(|error| panic!("cannot run as another user: {error}"))
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_stays_and_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let two = Two::new();
    let (folder, out) = (two.folder.path(), two.out());
    let may = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let refused = |at: &str| {
        let output = as_nobody(two.command(0));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{at}: {error}");
        assert!(
            error.starts_with("error: cannot write ") && error.contains("Permission denied"),
            "{at}: {error}"
        );
        assert!(!error.contains("internal error"), "{at}: {error}");
        assert_eq!((two.is(at), two.left()), (1, Vec::new()), "{at}");
    };
    may(folder, 0o555);
    refused("a folder above that may not be written to");
    may(folder, 0o777);
    may(&out, 0o555);
    refused("a folder that may not be written to");
    may(&out, 0o000);
    let output = as_nobody(two.command(0));
    may(&out, 0o755);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!((two.is("a folder that may not be looked into"), two.left()), (1, Vec::new()));
}
