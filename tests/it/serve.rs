//! `thruway serve` as others see it: the program on the loopback address, asked over real connections.

mod approval;
mod files;
mod hostile;
mod secure;
#[cfg(unix)]
mod service;
mod updates;
mod versions;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A profile of twelve hosts of one's own, and what is written below it.
const PROFILE: &str =
    "version: 1\nname: t\nsources: [{ file: list.csv }]\nproxies: [\"proxy.contoso.com:8080\"]\n";

fn list(count: usize) -> String {
    let rows: String = (0..count).map(|at| format!("h{at}.example.com,443,WW\n")).collect();
    format!("Endpoint/URL,Port,Geography\n{rows}")
}

/// A folder with a profile and its list, in which servers run one after the other.
struct Site {
    folder: TempDir,
    /// Variables of the servers.
    variables: Vec<(&'static str, String)>,
}

impl Site {
    fn new(serve: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        site.write("list.csv", &list(12));
        site.write("p.yaml", &format!("{PROFILE}{serve}"));
        site
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file in its place in one step, as an editor does.
    fn write(&self, name: &str, text: &str) {
        let new = self.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path().join(name)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thruway"));
        command
            .args(["serve", "--profile", "p.yaml", "--state", "state", "--admin", "127.0.0.1:0"])
            .args(["--today", "2026-11-24"])
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    fn start(&self) -> Running {
        self.start_with(&["--listen", "127.0.0.1:0"])
    }

    fn start_with(&self, arguments: &[&str]) -> Running {
        let log = self.path().join("stderr.txt");
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(File::options().append(true).create(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut addresses = Vec::new();
        let mut admin = None;
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while admin.is_none() {
            let mut line = String::new();
            let read = lines.read_line(&mut line).unwrap();
            assert!(read > 0, "the server ended: {}", fs::read_to_string(&log).unwrap());
            let (what, url) = line.trim().split_once(' ').unwrap();
            let address = url.split_once("://").unwrap().1.parse().unwrap();
            match what {
                "serving" => addresses.push(address),
                "admin" => admin = Some(address),
                other => panic!("{other}"),
            }
        }
        Running { child, addresses, admin: admin.unwrap(), log }
    }
}

/// A server that runs, and ends when this is dropped.
struct Running {
    child: Child,
    addresses: Vec<SocketAddr>,
    admin: SocketAddr,
    log: std::path::PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

impl Running {
    fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[])
    }

    fn get_with(&self, path: &str, headers: &[&str]) -> Reply {
        ask(self.addresses[0], &request("GET", path, headers))
    }

    fn admin(&self, method: &str, path: &str) -> Reply {
        ask(self.admin, &request(method, path, &[]))
    }

    fn status(&self) -> Value {
        let reply = self.admin("GET", "/-/status");
        assert_eq!(reply.status, 200);
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn metric(&self, name: &str) -> String {
        let reply = self.admin("GET", "/metrics");
        let text = String::from_utf8(reply.body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
    }

    /// Runs a command of the program against this server: its exit code, and what it says.
    fn order(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
            .args(arguments)
            .args(["--admin", &self.admin.to_string()])
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until something is so.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let since = Instant::now();
        while !is_so() {
            assert!(since.elapsed() < PATIENCE, "{what}: {}", fs::read_to_string(&self.log).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn request(method: &str, path: &str, headers: &[&str]) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that a server answers until it closes.
fn ask(address: SocketAddr, request: &[u8]) -> Reply {
    Reply::read(&raw(address, request))
}

fn raw(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    exchange(connect(address), request)
}

fn exchange(mut stream: impl Read + Write, request: &[u8]) -> Vec<u8> {
    // A server that has heard enough may close before everything is sent.
    let _ = stream.write_all(request);
    let _ = stream.flush();
    let mut answer = Vec::new();
    let mut part = [0; 65_536];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return answer,
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                panic!("the server neither answers nor closes: {:?}", String::from_utf8_lossy(request))
            }
            // A reset, or an end without TLS's own.
            Err(_) => return answer,
        }
    }
}

/// An answer, taken apart by hand.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
