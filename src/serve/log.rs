//! What a server says: events on stderr, one line each, and the access log in the combined format of Apache and nginx.
//!
//! Neither repeats a secret: no header of credentials, and no query, which may hold a token.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::metrics::Metrics;
use crate::diag::visible;

/// How grave an event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// It went as it should.
    Info,
    /// Somebody should look.
    Warn,
    /// Somebody must.
    Error,
}

/// Says what happened, on stderr. What is wrong with stderr is no reason to stop serving.
pub fn event(level: Level, text: &str) {
    let word = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let text: Vec<String> = text.lines().map(visible).collect();
    let now = jiff::Timestamp::now();
    let _ = writeln!(io::stderr().lock(), "{now:.0} {word} {}", text.join("; "));
}

/// One request, as it is logged.
#[derive(Clone, Copy, Debug)]
pub struct Access<'r> {
    /// Who asked.
    pub client: IpAddr,
    /// By which credentials.
    pub user: Option<&'r str>,
    /// `GET`.
    pub method: &'r str,
    /// The path, without its query.
    pub path: &'r str,
    /// `HTTP/1.1`.
    pub protocol: &'r str,
    /// The status of the answer.
    pub status: u16,
    /// Octets of the answer's body.
    pub bytes: u64,
    /// `Referer`, if it was sent.
    pub referer: Option<&'r [u8]>,
    /// `User-Agent`, if it was sent.
    pub agent: Option<&'r [u8]>,
}

/// Longest part of a line that a client chooses, in octets.
const MAX_PART: usize = 512;

impl Access<'_> {
    /// The line, without its end. `now` is in seconds since 1970.
    pub fn line(&self, now: u64) -> String {
        let time = jiff::Timestamp::from_second(i64::try_from(now).unwrap_or(0)).unwrap_or_default();
        let time = time.strftime("%d/%b/%Y:%H:%M:%S +0000");
        let mut line = format!("{} - ", self.client.to_canonical());
        part(&mut line, self.user.unwrap_or("-").as_bytes());
        let _ = write!(line, " [{time}] \"");
        part(&mut line, self.method.as_bytes());
        line.push(' ');
        part(&mut line, self.path.as_bytes());
        let _ = write!(line, " {}\" {} {} \"", self.protocol, self.status, self.bytes);
        part(&mut line, self.referer.unwrap_or(b"-").split(|&byte| byte == b'?').next().unwrap_or_default());
        line.push_str("\" \"");
        part(&mut line, self.agent.unwrap_or(b"-"));
        line.push('"');
        line
    }
}

/// Text of a client: what would end the field, or command a terminal, is escaped as Apache does.
fn part(line: &mut String, text: &[u8]) {
    for &byte in text.iter().take(MAX_PART) {
        match byte {
            b'"' | b'\\' => {
                line.push('\\');
                line.push(char::from(byte));
            }
            b' '..=b'~' => line.push(char::from(byte)),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
}

enum Message {
    Line(String),
    /// The file has another place now.
    Reopen,
    /// There will be nothing more.
    End,
}

/// Lines that wait to be written: what comes faster is dropped and counted, since an answer waits for no disk.
const WAITING: usize = 65_536;

/// A log that a thread of its own writes.
#[derive(Debug)]
pub struct AccessLog {
    send: SyncSender<Message>,
    metrics: Arc<Metrics>,
}

/// The thread, to be waited for at the end.
#[derive(Debug)]
pub struct Writer(JoinHandle<()>);

/// Where the log goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// To stdout.
    Stdout,
    /// Behind what is in a file.
    File(PathBuf),
}

impl Destination {
    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        match self {
            Self::Stdout => Ok(Box::new(io::stdout())),
            Self::File(path) => {
                let file: File = OpenOptions::new().append(true).create(true).open(path)?;
                Ok(Box::new(file))
            }
        }
    }
}

impl AccessLog {
    /// Opens a log.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(to: Destination, metrics: Arc<Metrics>) -> io::Result<(Self, Writer)> {
        let file = to.open()?;
        let (send, receive) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("access log".into());
        let thread = thread.spawn(move || write_all(&receive, BufWriter::new(file), &to))?;
        Ok((Self { send, metrics }, Writer(thread)))
    }

    /// Writes a line, when there is time.
    pub fn write(&self, line: String) {
        if self.send.try_send(Message::Line(line)).is_err() {
            self.metrics.log_dropped();
        }
    }

    /// Opens the file anew, which somebody has moved.
    pub fn reopen(&self) {
        // Where it is full, the next signal does it.
        let _ = self.send.try_send(Message::Reopen);
    }

    /// Writes what waits, and ends.
    pub fn end(&self, writer: Writer) {
        if self.send.send(Message::End).is_ok() {
            let _ = writer.0.join();
        }
    }
}

fn write_all(receive: &Receiver<Message>, mut file: BufWriter<Box<dyn Write + Send>>, to: &Destination) {
    let mut is_failing = false;
    loop {
        // What is there is on its way after a second at most.
        let result = match receive.recv_timeout(Duration::from_secs(1)) {
            Ok(Message::Line(line)) => writeln!(file, "{line}"),
            Ok(Message::Reopen) => {
                let flushed = file.flush();
                match to.open() {
                    Ok(new) => file = BufWriter::new(new),
                    Err(error) => event(Level::Error, &format!("the access log stays where it was: {error}")),
                }
                flushed
            }
            Err(RecvTimeoutError::Timeout) => file.flush(),
            Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => {
                let _ = file.flush();
                return;
            }
        };
        // Said once, and not for every line of a full disk.
        if let Err(error) = &result
            && !is_failing
        {
            event(Level::Error, &format!("the access log cannot be written: {error}"));
        }
        is_failing = result.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_whatever_a_client_sends() {
        let access = Access {
            client: "::ffff:192.0.2.1".parse().unwrap(),
            user: Some("fw1"),
            method: "GET",
            path: "/proxy.pac",
            protocol: "HTTP/1.1",
            status: 200,
            bytes: 1_234,
            referer: Some(b"https://a.example/?token=secret"),
            agent: Some(b"curl\" \x1b[31m\r\n\xff"),
        };
        assert_eq!(
            access.line(1_764_556_896),
            "192.0.2.1 - fw1 [01/Dec/2025:02:41:36 +0000] \"GET /proxy.pac HTTP/1.1\" 200 1234 \
             \"https://a.example/\" \"curl\\\" \\x1b[31m\\x0d\\x0a\\xff\""
        );
        let long = vec![b'x'; 10_000];
        assert!(Access { agent: Some(&long), ..access }.line(0).len() < 1_000);
    }

    #[test]
    fn a_file_that_was_moved_is_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access.log");
        let (log, writer) =
            AccessLog::open(Destination::File(path.clone()), Arc::new(Metrics::default())).unwrap();
        log.write("one".to_owned());
        log.reopen();
        log.write("two".to_owned());
        log.end(writer);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one\ntwo\n");
    }
}
