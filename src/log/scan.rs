//! A log from beginning to end, in blocks of whole lines, by several threads.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::against::Against;
use super::format::squid::{self, Glance};
use super::format::{Format, Reader, last_header};
use super::plain::WIDTH;
use super::recent::Recent;
use super::record::Malformed;
use super::tally::Tally;
use super::{Found, Rules};

/// Octets that are read at once; the longest line that is read. A block stays in the cache of one core.
const BLOCK: usize = 1 << 18;

/// Octets behind the last line of a block that may be read with it: the fixed part of a line and three windows.
const BEHIND: usize = 16 + 3 * WIDTH;

/// How many lines are counted together.
const TOGETHER: usize = 16;

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub struct Options<'f> {
    /// The format of its lines.
    pub format: &'f Format,
    /// How many threads read it.
    pub threads: usize,
    /// Milliseconds since 1970 before which records do not count.
    pub since: Option<i64>,
    /// Milliseconds since 1970 from which on records do not count.
    pub until: Option<i64>,
}

/// Reads a log. Memory does not grow with it.
///
/// # Errors
/// When it cannot be read to its end.
pub fn scan(log: impl Read + Send, rules: &Rules, options: Options<'_>) -> io::Result<Tally> {
    let has_headers = options.format.has_headers();
    let blocks =
        Blocks { has_headers, log, rest: Vec::new(), at: 0, is_done: false, skips: false, header: None };
    let blocks = Mutex::new(blocks);
    let work = || -> io::Result<Tally> {
        let mut count = Count::new(rules, options);
        let mut block = Block::new();
        loop {
            let part = blocks.lock().unwrap_or_else(PoisonError::into_inner).next(&mut block)?;
            match part {
                Some(Part::Lines(at, header)) => {
                    count.reader.begin(header.as_ref());
                    count.lines(&block, at);
                }
                Some(Part::TooLong(at)) => {
                    count.tally.lines += 1;
                    count.tally.reject(Malformed::Fields, at, block.as_bytes());
                }
                None => return Ok(count.end()),
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..options.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = work()?;
        for other in others {
            all.add(&other.join().expect("internal error: a thread has failed")?);
        }
        Ok(all)
    })
}

/// Whole lines, or the beginning of one that is too long.
struct Block {
    /// Longer than a block by what may be read behind its last line.
    octets: Vec<u8>,
    length: usize,
}

impl Block {
    fn new() -> Self {
        Self { octets: vec![0; BLOCK + BEHIND], length: 0 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.length]
    }

    /// From a place on, beyond the last line.
    fn behind(&self, start: usize) -> &[u8] {
        &self.octets[start..]
    }
}

/// What a block is, and where it begins in the log.
enum Part {
    /// Whole lines, and the last line before them that names columns.
    Lines(u64, Option<Arc<[u8]>>),
    /// The beginning of a line that no block holds.
    TooLong(u64),
}

/// A log, block by block.
struct Blocks<R> {
    log: R,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    /// How many octets were handed out.
    at: u64,
    is_done: bool,
    /// Whether the rest of a line that was too long is skipped.
    skips: bool,
    /// Whether lines name the columns of those behind them.
    has_headers: bool,
    /// The last such line of what was handed out.
    header: Option<Arc<[u8]>>,
}

impl<R: Read> Blocks<R> {
    /// Fills a block with whole lines.
    fn next(&mut self, block: &mut Block) -> io::Result<Option<Part>> {
        loop {
            let mut filled = self.rest.len();
            block.octets[..filled].copy_from_slice(&self.rest);
            self.rest.clear();
            while !self.is_done && filled < BLOCK {
                match self.log.read(&mut block.octets[filled..BLOCK]) {
                    Ok(0) => self.is_done = true,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            let octets = &block.octets[..filled];
            if self.skips {
                let end = memchr::memchr(b'\n', octets);
                self.at += end.map_or(filled, |end| end + 1) as u64;
                match end {
                    Some(end) => {
                        self.rest.extend(&octets[end + 1..]);
                        self.skips = false;
                    }
                    None if self.is_done => return Ok(None),
                    None => {}
                }
                continue;
            }
            let at = self.at;
            let end = match memchr::memrchr(b'\n', octets) {
                Some(end) => end + 1,
                None if self.is_done && filled == 0 => return Ok(None),
                None if self.is_done => filled,
                None => {
                    self.skips = true;
                    self.at += filled as u64;
                    block.length = filled;
                    return Ok(Some(Part::TooLong(at)));
                }
            };
            self.rest.extend(&octets[end..]);
            block.length = end;
            self.at += end as u64;
            let header = self.header.clone();
            if self.has_headers
                && let Some(last) = last_header(block.as_bytes())
            {
                self.header = Some(Arc::from(last));
            }
            return Ok(Some(Part::Lines(at, header)));
        }
    }
}

/// A line that was seen at a glance, and is not counted yet.
struct Pending<'b> {
    glance: Glance<'b>,
    /// Of the host.
    hash: u64,
    /// Where it is in its block.
    line: Range<usize>,
}

/// What one thread counts.
struct Count<'r> {
    rules: &'r Rules,
    options: Options<'r>,
    reader: Reader<'r>,
    tally: Tally,
    found: Found,
    recent: Recent,
}

impl<'r> Count<'r> {
    fn new(rules: &'r Rules, options: Options<'r>) -> Self {
        let (reader, tally) = (Reader::new(options.format), Tally::new(rules));
        Self { rules, options, reader, tally, found: Found::default(), recent: Recent::default() }
    }

    /// Every line of a block, which begins at `at`.
    fn lines(&mut self, block: &Block, at: u64) {
        let octets = block.as_bytes();
        let has_glances = matches!(self.options.format, Format::Squid);
        let mut glances = Vec::with_capacity(TOGETHER);
        let mut start = 0;
        let ends =
            memchr::memchr_iter(b'\n', octets).chain((octets.last() != Some(&b'\n')).then_some(octets.len()));
        for end in ends {
            let begins = std::mem::replace(&mut start, end + 1);
            self.tally.lines += 1;
            let glance = has_glances.then(|| squid::glance(block.behind(begins), end - begins)).flatten();
            match glance.filter(|glance| is_in_time(Some(glance.time), self.options)) {
                Some(glance) => {
                    let hash = self.rules.hash_of(&glance.host);
                    glances.push(Pending { glance, hash, line: begins..end });
                    if glances.len() == TOGETHER {
                        self.glances(&mut glances, octets, at);
                    }
                }
                None => self.line(octets, begins..end, at),
            }
        }
        self.glances(&mut glances, octets, at);
    }

    /// Counts lines that were seen at a glance. What is known of their hosts is fetched for all of them before, so that the
    /// processor waits for the memory once.
    fn glances(&mut self, glances: &mut Vec<Pending<'_>>, octets: &[u8], at: u64) {
        for own in &*glances {
            self.found.fetch(own.hash);
        }
        for own in &*glances {
            self.recent.fetch(own.hash);
        }
        for Pending { glance, hash, line } in glances.drain(..) {
            if !self.glance(&glance, hash) {
                self.line(octets, line, at);
            }
        }
    }

    /// Counts a line that was seen at a glance. False where it has to be read with care.
    #[inline]
    fn glance(&mut self, glance: &Glance<'_>, hash: u64) -> bool {
        let is_contrary = Against::concerns(glance.verdict(), glance.inspected());
        let close = match self.found.judged(hash) {
            Some(close) => close,
            None if !is_contrary && self.recent.see_again(glance, hash, &mut self.tally) => return true,
            None if self.rules.may_have(&glance.host) => {
                return !is_contrary
                    && self.recent.see(glance, hash, self.rules, &mut self.found, &mut self.tally);
            }
            None => self.rules.close_plain(&glance.host, hash, &mut self.found),
        };
        match close {
            Some(kind) => self.recent.see_close(kind, glance, hash, self.rules, &mut self.tally),
            None => self.tally.see_other(glance.time),
        }
        true
    }

    /// Counts any line.
    fn line(&mut self, octets: &[u8], line: Range<usize>, at: u64) {
        let at = at + line.start as u64;
        let line = &octets[line];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.tally.without_request += 1;
            return;
        }
        match self.reader.read(line) {
            Ok(record) if is_in_time(record.time, self.options) => {
                self.tally.see(&record, self.rules, &mut self.found);
            }
            Ok(_) => self.tally.outside_time += 1,
            Err(why) => self.tally.reject(why, at, line),
        }
    }

    /// All that was counted.
    fn end(mut self) -> Tally {
        self.recent.flush(self.rules, &mut self.tally);
        self.tally
    }
}

fn is_in_time(time: Option<i64>, options: Options<'_>) -> bool {
    let Some(time) = time else { return true };
    options.since.is_none_or(|since| since <= time) && options.until.is_none_or(|until| time < until)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{hosts, request_pattern};
    use crate::model::{Host, Request, Scheme};

    const OPTIONS: Options<'_> = Options { format: &Format::Squid, threads: 1, since: None, until: None };

    fn line(request: &Request, client: u8, result: &str) -> String {
        let url = match request.scheme {
            Scheme::Http => format!("GET http://{}:{}{}", request.host, request.port, request.path),
            Scheme::Https => format!("CONNECT {}:{}", request.host, request.port),
        };
        format!("1700000000.{client:03}    5 10.0.0.{client} {result} 100 {url} - HIER_DIRECT/- -\n")
    }

    fn requests() -> impl Strategy<Value = Request> {
        let host = proptest::sample::select(hosts().to_vec());
        (
            host,
            any::<bool>(),
            proptest::sample::select(&[80_u16, 443, 8443][..]),
            proptest::sample::select(&["/", "/a", "/a/b", "/ab"][..]),
        )
            .prop_map(|(host, is_https, port, path)| {
                let (scheme, path) = if is_https { (Scheme::Https, "/") } else { (Scheme::Http, path) };
                Request { scheme, host, port, path: path.to_owned() }
            })
    }

    proptest! {
        /// Every count is that of the patterns, asked one by one, by however many threads.
        #[test]
        fn counts_are_those_of_the_patterns(
            patterns in vec(request_pattern(false), 0..12),
            requests in vec((requests(), 0..9_u8, proptest::sample::select(&["TCP_TUNNEL/200", "TCP_DENIED/403", "TCP_DENIED/407"][..])), 0..60),
            threads in 1..3_usize,
        ) {
            let log: String = requests.iter().map(|(request, client, result)| line(request, *client, result)).collect();
            let rules = Rules::new(patterns.clone());
            let tally = scan(log.as_bytes(), &rules, Options { threads, ..OPTIONS }).unwrap();
            prop_assert_eq!(tally.lines, requests.len() as u64);
            prop_assert_eq!((tally.malformed, tally.no_host), (0, 0));
            let serves = |pattern: &crate::model::RequestPattern, request: &Request| match request.scheme {
                // A tunnel does not show its path.
                Scheme::Https => pattern.host.matches(&request.host)
                    && pattern.schemes.contains(request.scheme) && pattern.ports.contains(request.port),
                Scheme::Http => pattern.matches(request),
            };
            for (pattern, own) in patterns.iter().zip(&tally.rules) {
                let of: Vec<_> = requests.iter().filter(|(request, ..)| serves(pattern, request)).collect();
                let with = |result: &str| of.iter().filter(|(.., own)| *own == result).count() as u64;
                prop_assert_eq!(own.requests, of.len() as u64);
                prop_assert_eq!(own.denied, with("TCP_DENIED/403"));
                prop_assert_eq!(own.authentication, with("TCP_DENIED/407"));
                prop_assert_eq!(own.bytes, 100 * of.len() as u64);
                let is_name = |request: &Request| matches!(request.host, Host::Name(_));
                let named = of.iter().filter(|(request, ..)| is_name(request)).count() as u64;
                let hosts: u64 = own.hosts.sorted().iter().map(|(_, seen)| seen.count).sum();
                prop_assert!(hosts == named || hosts == 0, "{} {}", hosts, named);
            }
            let others = requests.iter().filter(|(request, ..)| !patterns.iter().any(|own| serves(own, request))).count();
            prop_assert_eq!(tally.others, others as u64);
        }
    }

    /// Gives a few octets at a time, as a pipe may.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            let (now, later) = self.0.split_at(count);
            into[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        let pattern = crate::emit::testing::pattern("https://a.example");
        let rules = Rules::new(vec![pattern]);
        let good = "1700000000.000 5 10.0.0.1 TCP_TUNNEL/200 7 CONNECT a.example:443 - HIER_DIRECT/- -";
        // More than a block, with a line that is longer than one, and a last line without an end.
        let many = format!("{good}\r\n").repeat(20_000);
        let long = "x".repeat(3 * BLOCK + 17);
        let log = format!("{many}\nnonsense\n{long}\n{good}\n{long}\n{good}");
        for step in [7919, BLOCK, BLOCK + 1] {
            let tally = scan(Slow(log.as_bytes(), step), &rules, OPTIONS).unwrap();
            assert_eq!(
                (tally.rules[0].requests, tally.lines, tally.malformed),
                (20_002, 20_006, 3),
                "{step}"
            );
            assert_eq!(tally.rules[0].bytes, 7 * 20_002);
            assert_eq!(tally.without_request, 1);
            let first = &tally.examples[0];
            assert_eq!(
                (first.0, first.1.as_str(), first.2),
                (many.len() as u64 + 1, "nonsense", Malformed::Time)
            );
        }
        let last = scan(long.as_bytes(), &rules, OPTIONS).unwrap();
        assert_eq!((last.lines, last.malformed), (1, 1));
        let until =
            scan(log.as_bytes(), &rules, Options { until: Some(1_700_000_000_000), ..OPTIONS }).unwrap();
        assert_eq!((until.outside_time, until.rules[0].requests), (20_002, 0));
    }

    #[test]
    fn what_has_no_room_is_told_from_what_was_counted() {
        let rules = Rules::new(vec![crate::emit::testing::pattern("https://*.a.example")]);
        let hosts = crate::log::tally::MOST_HOSTS as u64 * 4;
        let of = |host: u64| {
            format!(
                "1.0 5 10.0.{}.{} TCP_TUNNEL/200 7 CONNECT h{host}.a.example:443 - - -\n",
                host / 250,
                host % 250
            )
        };
        // One host stands out, and a few are seen more often than the rest.
        let mut exact = std::collections::BTreeMap::new();
        let mut log = String::new();
        for at in 0..hosts {
            for host in [at, 7, at % 10] {
                log += &of(host);
                *exact.entry(format!("h{host}.a.example")).or_insert(0_u64) += 1;
            }
        }
        let tally = scan(log.as_bytes(), &rules, OPTIONS).unwrap();
        let rule = &tally.rules[0];
        assert_eq!(rule.requests, 3 * hosts);
        let shown = rule.hosts.sorted();
        assert_eq!(shown[0].0, b"h7.a.example");
        assert!(shown.len() as u64 <= hosts / 2 && shown[0].1.error > 0, "{}", shown.len());
        for (name, seen) in &shown {
            let own = exact.remove(std::str::from_utf8(name).unwrap()).unwrap();
            assert!(own <= seen.count && seen.count <= own + seen.error, "{own} {seen:?}");
        }
        // What is not shown was seen no more often than counts may be wrong.
        assert!(!exact.is_empty() && exact.values().all(|own| *own <= shown[0].1.error), "{exact:?}");
        let clients = rule.clients() as f64;
        assert!((clients / hosts as f64 - 1.0).abs() < 0.25, "{clients} of {hosts}");
    }
}
