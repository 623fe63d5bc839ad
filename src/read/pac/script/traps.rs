//! What the text of a script shows: what browsers take otherwise than it seems.

mod tokens;

use std::borrow::Cow;
use std::sync::Arc;

use super::super::super::{Place, Trouble, TroubleKind};
use super::super::MAX_BYTES;
use tokens::{Token, tokens};

/// Functions that Firefox does not have.
const MICROSOFT: [&str; 5] =
    ["dnsResolveEx", "isResolvableEx", "isInNetEx", "myIpAddressEx", "sortIpAddressList"];
/// As many `else if` one after the other, and Chromium has not stack enough. Run on 2026-11-24 with 5,000.
const MOST_ELSE_IFS: usize = 4_000;
/// What means something in a regular expression, and is not changed by `shExpMatch`.
const METACHARACTERS: [char; 11] = ['(', ')', '[', ']', '{', '}', '|', '+', '^', '$', '\\'];

/// A script as browsers read its octets: by its mark, as UTF-8 if it is that, else as Latin-1.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(units) = utf16(bytes) {
        return Cow::Owned(String::from_utf16_lossy(&units));
    }
    let rest = bytes.strip_prefix(MARK).unwrap_or(bytes);
    match std::str::from_utf8(rest) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(rest.iter().copied().map(char::from).collect()),
    }
}

/// The byte-order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The units of UTF-16 behind a mark that says so.
fn utf16(bytes: &[u8]) -> Option<Vec<u16>> {
    let (order, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        _ => return None,
    };
    Some(rest.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect())
}

/// What browsers take otherwise than it seems, or do not take alike.
pub(super) fn troubles(file: &Arc<str>, bytes: &[u8], text: &str) -> Vec<Trouble> {
    let mut found = of_file(bytes);
    let tokens = tokens(text);
    let mut else_ifs = 0;
    for (at, (line, token)) in tokens.iter().enumerate() {
        let rest = &tokens[at + 1..];
        let Token::Word(word) = *token else { continue };
        if word == "else" && matches!(rest.first(), Some((_, Token::Word("if")))) {
            else_ifs += 1;
        }
        if word == "FindProxyForURLEx" {
            let what = "Windows calls `FindProxyForURLEx` in place of `FindProxyForURL`, browsers do not";
            found.push((*line, TroubleKind::Misleading, what.to_owned()));
        }
        if !matches!(rest.first(), Some((_, Token::Mark('(')))) {
            continue;
        }
        let arguments = Arguments::of(rest);
        found.extend(of_call(word, &arguments).map(|(kind, what)| (*line, kind, what)));
    }
    if else_ifs > MOST_ELSE_IFS {
        let what = format!(
            "{else_ifs} times `else if`: in one chain, Chromium has not stack enough and connects directly"
        );
        found.push((0, TroubleKind::Misleading, what));
    }
    found.dedup();
    let trouble = |(line, kind, what)| Trouble::new(Place::new(file, line), kind, what);
    found.into_iter().map(trouble).collect()
}

fn of_file(bytes: &[u8]) -> Vec<(u32, TroubleKind, String)> {
    let mut found = Vec::new();
    let mut misleading = |line, what: String| found.push((line, TroubleKind::Misleading, what));
    if bytes.len() > MAX_BYTES {
        misleading(
            0,
            format!(
                "{} bytes, over the {MAX_BYTES} that Chromium and Windows read: they connect directly",
                bytes.len()
            ),
        );
    }
    if bytes.starts_with(MARK) || utf16(bytes).is_some() {
        misleading(1, "a byte-order mark, at which some engines stop".to_owned());
    } else if std::str::from_utf8(bytes).is_err() {
        misleading(0, "neither ASCII nor UTF-8, so that engines do not read it alike".to_owned());
    }
    found
}

/// The first two arguments of a call, where they are one word or one text.
struct Arguments<'t> {
    first: Option<Token<'t>>,
    second: Option<Token<'t>>,
}

impl<'t> Arguments<'t> {
    /// Of what follows the name of a function.
    fn of(rest: &[(u32, Token<'t>)]) -> Self {
        let token = |at: usize| rest.get(at).map(|(_, token)| *token);
        match (token(1), token(2), token(3), token(4)) {
            (first, Some(Token::Mark(',')), second, Some(Token::Mark(')' | ','))) => Self { first, second },
            (first, ..) => Self { first, second: None },
        }
    }
}

/// What is wrong with a call.
fn of_call(function: &str, arguments: &Arguments<'_>) -> Option<(TroubleKind, String)> {
    let misleading = |what: String| Some((TroubleKind::Misleading, what));
    let text = match arguments.second {
        Some(Token::Text(text)) => text,
        _ if MICROSOFT.contains(&function) => {
            return misleading(format!(
                "Firefox has no `{function}`, and connects directly where it is called"
            ));
        }
        _ => return None,
    };
    match function {
        // Browsers give hosts in lower case, and compare as written.
        "dnsDomainIs" | "shExpMatch"
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) && is_host(arguments) =>
        {
            Some((TroubleKind::NeverMatches, format!("`{text}` has capitals, and hosts come in lower case")))
        }
        "dnsDomainIs" if !text.starts_with('.') => {
            misleading(format!("`{text}` without a dot in front: the host `not{text}` is in it, too"))
        }
        "shExpMatch" if text.contains(METACHARACTERS) => misleading(format!(
            "`{text}` is read as a regular expression, but for dots, stars and question marks"
        )),
        "shExpMatch" if is_url(arguments) => of_url(text),
        "shExpMatch" => match text.strip_prefix('*') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(['.', '*']) => misleading(format!(
                "`{text}` without a dot behind the star: the host `not{rest}` matches, too"
            )),
            _ => None,
        },
        _ => None,
    }
}

fn is_host(arguments: &Arguments<'_>) -> bool {
    matches!(arguments.first, Some(Token::Word("host")))
}

fn is_url(arguments: &Arguments<'_>) -> bool {
    matches!(arguments.first, Some(Token::Word("url")))
}

/// A pattern of URLs.
fn of_url(text: &str) -> Option<(TroubleKind, String)> {
    if let Some((_, rest)) = text.split_once("https://")
        && let Some((_, path)) = rest.split_once('/')
        && !path.bytes().all(|byte| byte == b'*')
    {
        let what = format!("`{text}` has a path, and browsers give none over HTTPS");
        return Some((TroubleKind::NeverMatches, what));
    }
    let is_anywhere = text.starts_with('*') && !text.starts_with("*://");
    is_anywhere.then(|| {
        let what = format!(
            "`{text}` is looked for in the whole URL: a path or a query of any other site may hold it"
        );
        (TroubleKind::Misleading, what)
    })
}
