//! How far the logs are read, on a terminal: by the octets of the files as they are stored.

use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::super::output::Output;

/// Fewest octets that are worth a bar.
const LONG: u64 = 16 << 20;

/// A bar on stderr, or nothing.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of these files. Nothing is drawn where nobody looks, and where all of them are soon read; what has no length is
    /// counted without an end.
    pub(super) fn of(files: &[PathBuf], output: &Output) -> Self {
        let length = |path: &PathBuf| {
            let file = std::fs::metadata(path).ok()?;
            file.is_file().then_some(file.len())
        };
        let all: Option<u64> = files.iter().map(length).sum();
        if !output.shows_progress() || all.is_some_and(|all| all < LONG) {
            return Self { bar: ProgressBar::hidden() };
        }
        let (bar, template) = match all {
            Some(all) => {
                (ProgressBar::new(all), "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
            }
            None => (ProgressBar::no_length(), "{spinner} {bytes} read, {bytes_per_sec}, {elapsed}"),
        };
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        if all.is_none() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    /// Counts what is read.
    pub(super) fn count(&self, log: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        Box::new(Counted { log, bar: self.bar.clone() })
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

struct Counted<R> {
    log: R,
    bar: ProgressBar,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.log.read(buffer)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}
