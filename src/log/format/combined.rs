//! The common log format, and the combined one: `client ident user [time] "GET URL HTTP/1.1" status bytes "referrer" "agent"`,
//! with what Squid puts behind it, `TCP_MISS:HIER_DIRECT`.
//!
//! Source: <http://www.squid-cache.org/Doc/config/logformat/>, `common`, `combined`, and the logs of Squid 5.7, 2026-11-30.

use super::super::record::{Malformed, Record};
use super::fields::{Fields, Meaning};
use super::words;

/// Reads one line without its end.
///
/// # Errors
/// Where it is no record, or one about no request.
pub fn record(line: &[u8]) -> Result<Record<'_>, Malformed> {
    let mut fields = Fields::default();
    let (client, rest) = split(line, b' ').ok_or(Malformed::Fields)?;
    // Names of users may have blanks in them.
    let (_, rest) = rest.split_once_str(b" [").ok_or(Malformed::Fields)?;
    let (time, rest) = split(rest, b']').ok_or(Malformed::Time)?;
    let rest = rest.strip_prefix(b" \"").ok_or(Malformed::Fields)?;
    let (request, rest) = quoted(rest).ok_or(Malformed::Quote)?;
    let rest = rest.strip_prefix(b" ").ok_or(Malformed::Fields)?;
    let (status, rest) = split(rest, b' ').ok_or(Malformed::Fields)?;
    let (bytes, mut rest) = split(rest, b' ').unwrap_or((rest, b""));
    // The version is missing where the client sent none.
    let (method, url) = split(request, b' ').unwrap_or((request, b""));
    let url = memchr::memmem::rfind(url, b" HTTP/").map_or(url, |end| &url[..end]);
    if matches!(request, b"" | b"-") || url == b"/" && method == b"NONE" {
        return Err(Malformed::NoRequest);
    }
    fields.set(Meaning::Client, client);
    fields.set(Meaning::Time, time);
    fields.set(Meaning::Method, method);
    fields.set(Meaning::Url, url);
    fields.set(Meaning::Status, status);
    fields.set(Meaning::Bytes, bytes);
    // The referrer, the agent, and what others put there; of words without quotes, the first is Squid's.
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix(b"\"") {
            let (_, behind) = quoted(inside).ok_or(Malformed::Quote)?;
            rest = behind.strip_prefix(b" ").unwrap_or(behind);
        } else {
            let (word, _) = split(rest, b' ').unwrap_or((rest, b""));
            if memchr::memchr(b':', word).is_some() && words::verdict(word).is_some() {
                fields.set(Meaning::Result, word);
            }
            break;
        }
    }
    fields.record()
}

fn split(text: &[u8], octet: u8) -> Option<(&[u8], &[u8])> {
    memchr::memchr(octet, text).map(|at| (&text[..at], &text[at + 1..]))
}

/// A text up to the quote that ends it, with its escapes as they are, and what is behind.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &text[at..])?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
        if at > text.len() {
            return None;
        }
    }
}

trait SplitOnce {
    fn split_once_str(&self, separator: &[u8]) -> Option<(&[u8], &[u8])>;
}

impl SplitOnce for [u8] {
    fn split_once_str(&self, separator: &[u8]) -> Option<(&[u8], &[u8])> {
        memchr::memmem::find(self, separator).map(|at| (&self[..at], &self[at + separator.len()..]))
    }
}
