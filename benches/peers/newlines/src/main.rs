//! The physical limit of a log audit: reads a file in blocks of 1 MiB and finds every line end, nothing else.
//!
//! Usage: `newlines FILE THREADS`. Prints how many lines there are.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Octets that are read at once, as in the audit.
const BLOCK: usize = 1 << 20;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(path), Some(threads)) = (words.next(), words.next().and_then(|word| word.parse().ok())) else {
        eprintln!("usage: newlines FILE THREADS");
        return ExitCode::from(2);
    };
    match File::open(&path).and_then(|file| count(&file, threads)) {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("newlines: {path}: {error}");
            ExitCode::from(2)
        }
    }
}

/// Counts line ends with that many threads, each of which takes the next block when it is done with one.
fn count(file: &File, threads: usize) -> io::Result<u64> {
    let next = AtomicU64::new(0);
    let work = || -> io::Result<u64> {
        let (mut block, mut lines) = (vec![0; BLOCK], 0);
        loop {
            let at = next.fetch_add(BLOCK as u64, Ordering::Relaxed);
            let mut filled = 0;
            while filled < BLOCK {
                match file.read_at(&mut block[filled..], at + filled as u64)? {
                    0 => break,
                    some => filled += some,
                }
            }
            if filled == 0 {
                return Ok(lines);
            }
            // Where each line ends, and not only how many there are: an audit needs the place.
            for end in memchr::memchr_iter(b'\n', &block[..filled]) {
                black_box(end);
                lines += 1;
            }
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut lines = work()?;
        for other in others {
            lines += other.join().expect("internal error: a thread has failed")?;
        }
        Ok(lines)
    })
}
