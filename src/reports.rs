//! What the vendor's own tools saw: the texts of MDEClientAnalyzer, of `mdatp connectivity test` and of
//! TestCloudConnection.
//!
//! None of them has a described form. Lines that look like a result are read, all others are the tools' own business.

use std::collections::BTreeMap;

use crate::ingest::cloud_connection::{FAILURES, hosts_of};
use crate::ingest::decode::decode;
use crate::text::shown;

/// Most bytes of a text: 8 MiB. Real ones have some hundred kilobytes.
const MAX_BYTES: usize = 8 << 20;
/// Most URLs of a text.
const MAX_URLS: usize = 10_000;
/// Most characters of a URL or a reason.
const MAX_CHARS: usize = 200;

/// Numbers of WinHTTP's errors, from Windows' `winhttp.h`.
pub mod code {
    /// `ERROR_WINHTTP_TIMEOUT`.
    pub const TIMEOUT: u32 = 12002;
    /// `ERROR_WINHTTP_NAME_NOT_RESOLVED`.
    pub const NO_NAME: u32 = 12007;
    /// `ERROR_WINHTTP_CANNOT_CONNECT`.
    pub const CANNOT_CONNECT: u32 = 12029;
    /// `ERROR_WINHTTP_CONNECTION_ERROR`.
    pub const CONNECTION: u32 = 12030;
    /// `ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT`.
    pub const BAD_PAC: u32 = 12166;
    /// `ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT`.
    pub const PAC_NOT_FETCHED: u32 = 12167;
    /// `ERROR_WINHTTP_SECURE_FAILURE`.
    pub const SECURE: u32 = 12175;
    /// `ERROR_WINHTTP_AUTODETECTION_FAILED`.
    pub const NO_PAC: u32 = 12180;
}

/// Which tool wrote a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tool {
    /// MDEClientAnalyzer, on Windows.
    Analyzer,
    /// `mdatp connectivity test`, on Linux and macOS.
    Mdatp,
    /// TestCloudConnection.exe of the Monitoring Agent.
    CloudConnection,
}

impl Tool {
    /// The name of the tool.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyzer => "MDEClientAnalyzer",
            Self::Mdatp => "mdatp connectivity test",
            Self::CloudConnection => "TestCloudConnection",
        }
    }
}

/// How a URL fared by one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Result {
    /// It was reached: with this status, where the tool tells one.
    Succeeded(Option<u16>),
    /// It was not.
    Failed {
        /// The number that the tool gives: of WinHTTP, of curl, or a status.
        code: Option<u32>,
        /// What it says, made safe to print.
        text: String,
    },
    /// The tool names the URL and says nothing of how it fared, or the way does not exist.
    NotTried,
}

/// One URL in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reported {
    /// The URL, made safe to print; a host alone from TestCloudConnection.
    pub url: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether the tool says that it cannot see inspection for this URL.
    pub is_not_pinned: bool,
    /// The ways, by the tool's names, and how it fared.
    pub ways: Vec<(String, Result)>,
}

/// A text, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reports {
    /// Which tool wrote it.
    pub tool: Tool,
    /// Its URLs, in order.
    pub urls: Vec<Reported>,
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportsError {
    /// Too many bytes.
    #[error("{bytes} bytes, over {MAX_BYTES}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// Too many URLs.
    #[error("over {MAX_URLS} URLs")]
    TooMany,
    /// No line that any of the tools writes.
    #[error("no line of MDEClientAnalyzer, `mdatp connectivity test` or TestCloudConnection")]
    Unknown,
}

const TESTING: &str = "Testing URL :";
const CONNECTING: &str = "Testing connection with ";

/// Reads a text, UTF-8 or, with its mark, UTF-16.
///
/// # Errors
/// When it is too large, or no tool that is known wrote it.
pub fn read(bytes: &[u8]) -> std::result::Result<Reports, ReportsError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportsError::TooLarge { bytes: bytes.len() });
    }
    let text = decode(bytes);
    let lines = || text.lines().map(str::trim).zip(1..);
    let (tool, urls) = if lines().any(|(line, _)| line.starts_with(TESTING)) {
        (Tool::Analyzer, analyzer(lines()))
    } else if lines().any(|(line, _)| line.starts_with(CONNECTING)) {
        (Tool::Mdatp, lines().filter_map(|(line, number)| mdatp(line, number)).collect())
    } else {
        (Tool::CloudConnection, cloud_connection(lines()))
    };
    match urls.len() {
        0 => Err(ReportsError::Unknown),
        count if count > MAX_URLS => Err(ReportsError::TooMany),
        _ => Ok(Reports { tool, urls }),
    }
}

fn analyzer<'t>(lines: impl Iterator<Item = (&'t str, usize)>) -> Vec<Reported> {
    let mut urls: Vec<Reported> = Vec::new();
    for (line, number) in lines {
        if let Some(url) = line.strip_prefix(TESTING) {
            let (url, mark) = url.trim().split_once('\t').unwrap_or((url.trim(), ""));
            urls.push(Reported {
                url: told(url),
                line: number,
                is_not_pinned: mark.trim().eq_ignore_ascii_case("NoPinning"),
                ways: Vec::new(),
            });
        } else if let Some(last) = urls.last_mut() {
            last.ways.extend(way(line));
        }
    }
    urls
}

/// A text of a tool for people: a proxy may stand in it with its password, which is left out.
fn told(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|own: char| own.is_whitespace() || own == '/').unwrap_or(part.len());
        out.push_str("://");
        out.push_str(part[..end].rfind('@').map_or(part, |at| &part[at + 1..]));
    }
    shown(&out, MAX_CHARS)
}

/// `1 - Default proxy: Succeeded (200)`; the name may have colons of its own.
fn way(line: &str) -> Option<(String, Result)> {
    let (number, rest) = line.split_once(" - ")?;
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let named = |marker: &str| rest.find(marker).map(|at| (&rest[..at], &rest[at + 2..]));
    let inner = |text: &str| text.split_once('(').map(|(_, inner)| inner.trim_end_matches(')').to_owned());
    if let Some((name, text)) = named(": Succeeded") {
        let status = inner(text).and_then(|status| status.trim().parse().ok());
        return Some((told(name), Result::Succeeded(status)));
    }
    if let Some((name, text)) = named(": Failed") {
        let inner = inner(text).unwrap_or_else(|| text.to_owned());
        let (code, why) = inner.split_once(':').unwrap_or(("", &inner));
        let failed = Result::Failed { code: code.trim().parse().ok(), text: told(why) };
        return Some((told(name), failed));
    }
    for (marker, is_failure) in [
        (": Unexpected exception was thrown", true),
        (": The proxy isn't in valid format", true),
        (": Doesn't exist", false),
        (": Not tested", false),
    ] {
        if let Some((name, text)) = named(marker) {
            let result = match is_failure {
                true => Result::Failed { code: None, text: told(text) },
                false => Result::NotTried,
            };
            return Some((told(name), result));
        }
    }
    None
}

/// `Testing connection with https://… ... [OK]`.
fn mdatp(line: &str, number: usize) -> Option<Reported> {
    let rest = line.strip_prefix(CONNECTING)?;
    let (url, result) = rest.split_once(' ').unwrap_or((rest, ""));
    let result = result.trim().trim_start_matches('.').trim();
    let result = match result {
        "[OK]" => Result::Succeeded(None),
        "" => Result::NotTried,
        text => Result::Failed { code: curl_code(text), text: told(text) },
    };
    let ways = vec![("connection".to_owned(), result)];
    Some(Reported { url: told(url), line: number, is_not_pinned: false, ways })
}

/// The number of a curl error: `curl error 60`, `Curl Error: (60)`.
fn curl_code(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let rest = &lower[lower.find("curl")?..];
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Hosts below a heading "Firewall Rule", and those that could not be reached. What the tool says of a host that it
/// reached is not known.
fn cloud_connection<'t>(lines: impl Iterator<Item = (&'t str, usize)>) -> Vec<Reported> {
    let mut urls: Vec<Reported> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_below = false;
    for (line, number) in lines {
        let lower = line.to_lowercase();
        if lower.contains("firewall rule") {
            is_below = true;
            continue;
        }
        let has_failed = FAILURES.iter().any(|words| lower.contains(words));
        if !is_below && !has_failed {
            continue;
        }
        for host in hosts_of(line) {
            let at = *places.entry(host.to_string()).or_insert_with_key(|host| {
                urls.push(Reported {
                    url: host.clone(),
                    line: number,
                    is_not_pinned: false,
                    ways: vec![("connection".to_owned(), Result::NotTried)],
                });
                urls.len() - 1
            });
            if has_failed {
                let failed = Result::Failed { code: None, text: told(line) };
                urls[at].ways = vec![("connection".to_owned(), failed)];
            }
        }
        if urls.len() > MAX_URLS {
            break;
        }
    }
    urls
}

/// What to do about a failure of a tool.
pub fn advice(tool: Tool, result: &Result) -> Option<&'static str> {
    let Result::Failed { code, text } = result else { return None };
    let curl = tool == Tool::Mdatp;
    let advice = match code {
        Some(28) if curl => "a firewall or the proxy drops it: let the host through, or look at the route",
        Some(6) if curl => "the name has no address here: look at the name servers",
        Some(5) if curl => "the proxy's name has no address here: look at `mdatp config proxy`",
        Some(7) if curl => "nobody answers: let the host through, or look at the route",
        Some(35 | 60) if curl => "somebody looks into TLS: exempt the host from inspection",
        Some(56) if curl => "the proxy refuses the tunnel: let the host through, without credentials",
        Some(407) => "the sensor cannot authenticate: let the host through without credentials",
        Some(403) => "the proxy refuses: let the host through",
        Some(code::TIMEOUT) => "a firewall or the proxy drops it: let the host through, or look at the route",
        Some(code::NO_NAME) => "the name, or the proxy's, has no address there: look at the name servers",
        Some(code::CANNOT_CONNECT) => "nobody answers: let the host through, or look at the proxy's address",
        Some(code::CONNECTION) => {
            "the connection is ended in the middle, often by a filter: let the host through"
        }
        Some(code::SECURE) => "somebody looks into TLS: exempt the host from inspection",
        Some(code::BAD_PAC) => "the PAC is wrong: `thruway audit config` reads it",
        Some(code::PAC_NOT_FETCHED) => "the PAC cannot be fetched: look at its address",
        Some(code::NO_PAC) => "the network offers no PAC, which is right where none is meant",
        _ if text.contains("valid format") => "write the proxy as `host:port`",
        _ => return None,
    };
    Some(advice)
}

#[cfg(test)]
mod tests;
