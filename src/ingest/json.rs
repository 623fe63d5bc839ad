//! JSON feeds: which one it is, and what they have in common.

use std::borrow::Cow;

use ipnet::IpNet;
use serde::Deserialize;

use super::decode::decode;
use super::{Document, m365, service_tags};
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Most bytes of a feed: 32 MiB. The vendor's whole service-tag file has less than 10.
const MAX_BYTES: usize = 32 << 20;
/// Most records of a feed.
const MAX_RECORDS: usize = 1_000_000;

/// Why a feed cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Too many bytes.
    #[error("{bytes} bytes of JSON, over {MAX_BYTES}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// Too many addresses or URLs.
    #[error("more than {MAX_RECORDS} addresses or URLs")]
    TooManyRecords,
    /// Neither an object nor an array.
    #[error("neither a service-tag file (an object) nor a list of Microsoft 365 endpoints (an array)")]
    UnknownFeed,
    /// A raw control character in a string, which JSON forbids.
    #[error(
        "line {line}, column {column}: a raw control character such as TAB inside a string, which is not JSON; \
         the analyzer's RegionsURLs.json has them, and is no endpoint list"
    )]
    ControlCharacter {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Not JSON, or not this feed.
    #[error("line {line}, column {column}: not {feed}: {message}")]
    Parse {
        /// What was expected.
        feed: Feed,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

/// A feed that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feed {
    /// Azure's `ServiceTags_Public.json`.
    ServiceTags,
    /// What `endpoints.office.com` answers.
    Microsoft365,
}

impl std::fmt::Display for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ServiceTags => "a service-tag file",
            Self::Microsoft365 => "a list of Microsoft 365 endpoints",
        })
    }
}

/// Which feed a text is, by its first character.
fn sniff(text: &str) -> Option<Feed> {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => Some(Feed::ServiceTags),
        Some(b'[') => Some(Feed::Microsoft365),
        _ => None,
    }
}

/// Reads a feed of either kind.
///
/// # Errors
/// When it is too large, not JSON, or neither feed.
pub fn read(source: SourceId, bytes: &[u8], findings: &mut Vec<Diagnostic>) -> Result<Document, JsonError> {
    if bytes.len() > MAX_BYTES {
        return Err(JsonError::TooLarge { bytes: bytes.len() });
    }
    let text = decode(bytes);
    match sniff(&text) {
        Some(Feed::ServiceTags) => service_tags::read(source, &text, findings),
        Some(Feed::Microsoft365) => m365::read(source, &text, findings),
        None => Err(JsonError::UnknownFeed),
    }
}

/// Reads a feed's shape.
pub(super) fn parse<'t, T: Deserialize<'t>>(feed: Feed, text: &'t str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        if message.starts_with("control character") {
            return JsonError::ControlCharacter { line, column };
        }
        let place = format!(" at line {line} column {column}");
        let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
        JsonError::Parse { feed, line, column, message }
    })
}

/// Refuses more records than fit in memory well.
pub(super) fn check_count(records: usize) -> Result<(), JsonError> {
    if records > MAX_RECORDS { Err(JsonError::TooManyRecords) } else { Ok(()) }
}

/// Whether a text is an address or a network, so that a feed's list of addresses brings no names.
pub(super) fn is_network(text: &str) -> bool {
    text.parse::<IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok()
}

/// A string of the feed, not copied where it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

#[cfg(test)]
mod tests;
