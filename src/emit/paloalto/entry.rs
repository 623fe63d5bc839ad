//! What one line of a URL list or an IP list says, and what the product makes of it.
//!
//! The rules are those of "Guidelines for URL Category Exceptions", docs.paloaltonetworks.com, checked
//! 2026-11-24; what they leave open is in `targets/paloalto/NOTES.md`.

use crate::emit::Unsupported;
use crate::model::{HostPattern, LabelGlob, LabelPattern, PathPattern};

/// Longest entry of a URL list, in characters.
pub const MAX_ENTRY: usize = 255;
/// Most carets in consecutive tokens of one entry.
pub const MAX_CARETS: usize = 9;

/// Why PAN-OS would refuse an entry of a URL list, or read it as something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Nothing there.
    #[error("empty entry")]
    Empty,
    /// Over 255 characters.
    #[error("entry of {len} characters, over {MAX_ENTRY}")]
    TooLong {
        /// How long it is.
        len: usize,
    },
    /// `http://` or `https://` in front.
    #[error("an entry has no scheme")]
    Scheme,
    /// No slash behind the host: firmware that does not append one reads `example.com` as
    /// `example.com.*` and lets `example.com.evil.example` through.
    #[error("no slash behind the host")]
    NoSlash,
    /// A character that no entry has, or an upper-case letter in the host.
    #[error("character {character:?} in an entry")]
    BadCharacter {
        /// The character.
        character: char,
    },
    /// Nothing between two separators.
    #[error("empty token")]
    EmptyToken,
    /// A wildcard beside other characters: `pre-*.example.com/`.
    #[error("a wildcard must be a whole token, not a part of `{token}`")]
    PartialWildcard {
        /// The token.
        token: String,
    },
    /// `*.*.example.com/`.
    #[error("two asterisks in a row")]
    ConsecutiveAsterisks,
    /// Ten carets in a row.
    #[error("more than {MAX_CARETS} carets in a row")]
    TooManyCarets,
    /// `example.com/^`.
    #[error("a caret behind a slash")]
    CaretBehindSlash,
}

/// Whether `byte` ends a token.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b'/' | b'?' | b'&' | b'=' | b';' | b'+')
}

/// Whether PAN-OS takes an entry of a URL list, and reads it the same with and without its automatic
/// slash.
///
/// # Errors
/// The first rule that the entry breaks.
pub fn check_entry(entry: &str) -> Result<(), EntryError> {
    if entry.is_empty() {
        return Err(EntryError::Empty);
    }
    if let Some(character) = entry.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(EntryError::BadCharacter { character });
    }
    if entry.len() > MAX_ENTRY {
        return Err(EntryError::TooLong { len: entry.len() });
    }
    if entry.contains("://") {
        return Err(EntryError::Scheme);
    }
    let (host, _) = entry.split_once('/').ok_or(EntryError::NoSlash)?;
    if let Some(character) =
        host.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '*' | '^'))
    {
        return Err(EntryError::BadCharacter { character });
    }
    check_tokens(entry)?;
    // The slash that ends the entry is what keeps firmware from adding a wildcard of its own.
    if entry.ends_with('/') { Ok(()) } else { Err(EntryError::NoSlash) }
}

/// The token rules alone.
fn check_tokens(entry: &str) -> Result<(), EntryError> {
    let body = entry.strip_suffix('/').unwrap_or(entry);
    let (mut asterisk_before, mut carets, mut at) = (false, 0, 0);
    for token in body.split(|c: char| is_separator(c as u8)) {
        let behind_slash = at > 0 && body.as_bytes()[at - 1] == b'/';
        at += token.len() + 1;
        match token {
            "" => return Err(EntryError::EmptyToken),
            "*" if asterisk_before => return Err(EntryError::ConsecutiveAsterisks),
            "^" if behind_slash => return Err(EntryError::CaretBehindSlash),
            "^" if carets == MAX_CARETS => return Err(EntryError::TooManyCarets),
            "*" | "^" => {}
            token if token.contains(['*', '^']) => {
                return Err(EntryError::PartialWildcard { token: token.to_owned() });
            }
            _ => {}
        }
        asterisk_before = token == "*";
        carets = if token == "^" { carets + 1 } else { 0 };
    }
    Ok(())
}

/// The hosts of the entries that say `host`, which is never rewritten to a wider one. Nothing for
/// addresses: they are no entries of a URL list.
///
/// # Errors
/// When the product has no entry for it.
pub fn url_hosts(host: &HostPattern) -> Result<Vec<String>, Unsupported> {
    match host {
        HostPattern::Exact(name) => Ok(vec![name.to_string()]),
        HostPattern::Descendants(name) => Ok(vec![format!("*.{name}")]),
        // `*.x/` never covers `x` itself.
        HostPattern::Subtree(name) => Ok(vec![name.to_string(), format!("*.{name}")]),
        HostPattern::LabelGlob(glob) => label_glob(glob).map(|host| vec![host]),
        HostPattern::TextSuffix(suffix) => Err(partial_wildcard(&format!("*{}", suffix.head()))),
        HostPattern::Address(_) => Ok(Vec::new()),
    }
}

/// A glob whose stars are whole labels: a caret stands for exactly one token, as such a star does.
fn label_glob(glob: &LabelGlob) -> Result<String, Unsupported> {
    let mut tokens = Vec::with_capacity(glob.labels().len());
    for label in glob.labels() {
        tokens.push(match label {
            LabelPattern::Literal(text) => text.to_string(),
            LabelPattern::Star { prefix, suffix } if prefix.is_empty() && suffix.is_empty() => "^".to_owned(),
            LabelPattern::Star { .. } => return Err(partial_wildcard(&label.to_string())),
        });
    }
    Ok(tokens.join("."))
}

fn partial_wildcard(token: &str) -> Unsupported {
    Unsupported { why: EntryError::PartialWildcard { token: token.to_owned() }.to_string() }
}

/// What follows the host in an entry, always with a slash at its end, and the paths that it means.
pub fn url_path(path: &PathPattern) -> (String, PathPattern) {
    match path {
        PathPattern::Any => ("/".to_owned(), PathPattern::Any),
        // "example.com/ matches itself and its subdirectories": an entry that ends in a slash goes on.
        PathPattern::Prefix(text) if text.ends_with('/') => (text.to_string(), path.clone()),
        // A star inside a token cannot be said; the folder that holds it can.
        PathPattern::Prefix(text) => {
            let folder = &text[..=text.rfind('/').unwrap_or(0)];
            (folder.to_owned(), prefix(folder))
        }
        // NOTE: whether `host/pki/certs/` also covers `/pki/certs` is not documented; the safe reading
        // says less. Without its slash the entry might cover `/pki/certs.exe`.
        PathPattern::Segment(text) => {
            let folder = format!("{text}/");
            let means = prefix(&folder);
            (folder, means)
        }
    }
}

/// The paths that begin with `folder`, which ends in a slash.
fn prefix(folder: &str) -> PathPattern {
    PathPattern::parse(folder).expect("internal error: a part of a path is a path")
}
