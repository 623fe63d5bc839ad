//! Which hosts and URLs a POSIX extended regular expression matches, where they are hosts that a pattern can
//! say. Squid searches: without an anchor an expression matches anywhere.
//!
//! An expression is taken apart by a library into literals, repetitions and anchors; what is put together
//! from these in another way than below is an error, and never a guess.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::model::{HostPattern, LabelGlob, PathPattern, Ports, RequestPattern, Scheme, Schemes};

/// A piece of an expression, as hosts and URLs are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Start,
    End,
    /// `(^|\.)`: the beginning, or behind a dot.
    Border,
    Text(String),
    /// Octets of one label, one or more.
    Octets,
    /// Any octets of a name, dots too, none or more.
    Anything,
    /// Labels with the dots behind them: one or more, or also none.
    Labels {
        least: u32,
    },
    /// `\.?`
    Dot,
    /// `(:[0-9]+)?`
    Port,
    /// `(/|\?|$)`: the end of a segment of a path.
    Segment,
}

/// The hosts that an expression matches, which is searched for in a host in lower case.
///
/// # Errors
/// When it matches hosts that no pattern says, or nothing.
pub(super) fn hosts(text: &str, any_case: bool) -> Result<RequestPattern, String> {
    let pieces = pieces(text)?;
    if !any_case && text.chars().any(|c| c.is_ascii_uppercase()) {
        return Err("hosts are compared in lower case".to_owned());
    }
    host(&pieces).map(RequestPattern::any_service)
}

/// An expression that can be asked.
///
/// # Errors
/// When it is none.
pub(super) fn compiled(text: &str, any_case: bool) -> Result<Regex, String> {
    let syntax = syntax::Config::new().utf8(false).unicode(false).case_insensitive(any_case);
    // There may be thousands, and each is asked about few hosts: nothing is made ready to make asking fast.
    let limits = Regex::config()
        .nfa_size_limit(Some(1 << 20))
        .onepass(false)
        .dfa(false)
        .auto_prefilter(false)
        .utf8_empty(false);
    Regex::builder()
        .syntax(syntax)
        .configure(limits)
        .build(text)
        .map_err(|_| "an expression that is not understood".to_owned())
}

/// The URLs that an expression matches.
///
/// # Errors
/// When it matches URLs that no pattern says.
pub(super) fn urls(text: &str, any_case: bool) -> Result<RequestPattern, String> {
    let pieces = pieces(text)?;
    let [Piece::Start, Piece::Text(first), rest @ ..] = &pieces[..] else {
        return Err("not anchored at the scheme, so it matches inside of other URLs".to_owned());
    };
    if any_case {
        return Err("a path is compared without case".to_owned());
    }
    let (scheme, first) = [("http://", Scheme::Http), ("https://", Scheme::Https)]
        .into_iter()
        .find_map(|(start, scheme)| first.strip_prefix(start).map(|rest| (scheme, rest)))
        .ok_or("begins with no scheme")?;
    let mut own = vec![Piece::Start];
    let mut pieces = std::iter::once(Piece::Text(first.to_owned())).chain(rest.iter().cloned());
    let mut any_port = false;
    let path = loop {
        match pieces.next() {
            Some(Piece::Port) => any_port = true,
            Some(Piece::Text(text)) if text.contains('/') => {
                let (before, path) = text.split_at(text.find('/').unwrap_or(0));
                if !before.is_empty() {
                    own.push(Piece::Text(before.to_owned()));
                }
                break path.to_owned();
            }
            Some(Piece::Text(text)) if text.is_empty() => {}
            Some(piece) => own.push(piece),
            None => return Err("the host has no end, so it matches longer names".to_owned()),
        }
    };
    own.push(Piece::End);
    let path = match (pieces.next(), pieces.next()) {
        (None, _) => format!("{path}*"),
        (Some(Piece::Segment), None) => path,
        _ => return Err("a path that no pattern says".to_owned()),
    };
    Ok(RequestPattern {
        host: host(&own)?,
        schemes: Schemes::only(scheme),
        ports: if any_port { Ports::any() } else { Ports::one(scheme.default_port()) },
        path: PathPattern::parse(&path).map_err(|error| error.to_string())?,
    })
}

fn host(pieces: &[Piece]) -> Result<HostPattern, String> {
    let Some((Piece::End, front)) = pieces.split_last() else {
        return Err("no `$` at its end, so it matches longer names".to_owned());
    };
    // A dot at the end of a name is the same name.
    let front = front.strip_suffix(&[Piece::Dot]).unwrap_or(front);
    let name = |text: &str| text.parse().map_err(|error| format!("`{text}`: {error}"));
    let suffix = |text: &str| -> Result<HostPattern, String> {
        match text.strip_prefix('.') {
            Some(parent) => Ok(HostPattern::Descendants(name(parent)?)),
            None => format!("*{text}").parse().map_err(|error| format!("`{text}`: {error}")),
        }
    };
    match front {
        [Piece::Start, Piece::Text(text)] => Ok(HostPattern::Exact(name(text)?)),
        [Piece::Start, Piece::Labels { least: 0 }, Piece::Text(text)]
        | [Piece::Border, Piece::Text(text)] => Ok(HostPattern::Subtree(name(text)?)),
        [Piece::Start, Piece::Labels { .. }, Piece::Text(text)] => Ok(HostPattern::Descendants(name(text)?)),
        [Piece::Start, Piece::Anything, Piece::Text(text)] | [Piece::Text(text)] => suffix(text),
        [Piece::Start, rest @ ..] => glob(rest),
        _ => Err("hosts that no pattern says".to_owned()),
    }
}

/// Texts with stars for octets of one label.
fn glob(pieces: &[Piece]) -> Result<HostPattern, String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(own) => text.push_str(own),
            Piece::Octets => text.push('*'),
            _ => return Err("hosts that no pattern says".to_owned()),
        }
    }
    let mut parent = text.as_str();
    let mut depth = 0;
    while let Some(rest) = parent.strip_prefix("*.") {
        (parent, depth) = (rest, depth + 1);
    }
    if depth == 0 {
        return text.parse().map_err(|error| format!("`{text}`: {error}"));
    }
    let parent = parent.parse().map_err(|error| format!("`{text}`: {error}"))?;
    LabelGlob::at_depth(&parent, depth).map(HostPattern::LabelGlob).ok_or("too long for a name".to_owned())
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let parsed = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .unicode(false)
        .build()
        .parse(text)
        .map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())?;
    let mut pieces = Vec::new();
    flatten(&parsed, &mut pieces)?;
    // The library may part what belongs together.
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => joined.push(piece),
        }
    }
    Ok(joined)
}

fn flatten(hir: &Hir, pieces: &mut Vec<Piece>) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "text beyond ASCII".to_owned())?;
            pieces.push(Piece::Text(text.to_owned()));
        }
        HirKind::Look(Look::Start) => pieces.push(Piece::Start),
        HirKind::Look(Look::End) => pieces.push(Piece::End),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| flatten(part, pieces))?,
        HirKind::Capture(capture) => flatten(&capture.sub, pieces)?,
        _ => pieces.push(special(hir)?),
    }
    Ok(())
}

/// A repetition or an alternative, of those that hosts and URLs are made of.
fn special(hir: &Hir) -> Result<Piece, String> {
    let unknown = || "an expression that is not understood".to_owned();
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let inside = |hir: &Hir| {
                let mut pieces = Vec::new();
                flatten(hir, &mut pieces).map(|()| pieces)
            };
            let (least, most) = (repetition.min, repetition.max);
            if let Some(octets) = octets(&repetition.sub) {
                return match (octets, least, most) {
                    (Octets::OfLabels, 1, None) => Ok(Piece::Octets),
                    (Octets::OfNames, 0, None) => Ok(Piece::Anything),
                    // Behind a colon; what stands around it decides whether it is a port.
                    (Octets::Digits, 1, None) => Ok(Piece::Port),
                    _ => Err(unknown()),
                };
            }
            match (&inside(&repetition.sub)?[..], least, most) {
                ([Piece::Text(dot)], 0, Some(1)) if dot == "." => Ok(Piece::Dot),
                ([Piece::Octets, Piece::Text(dot)], least @ 0..=1, None) if dot == "." => {
                    Ok(Piece::Labels { least })
                }
                ([Piece::Text(colon), Piece::Port], 0, Some(1)) if colon == ":" => Ok(Piece::Port),
                _ => Err(unknown()),
            }
        }
        HirKind::Alternation(parts) => {
            let mut kinds: Vec<String> = parts.iter().map(|part| format!("{:?}", part.kind())).collect();
            kinds.sort();
            let is = |wanted: &[HirKind]| {
                let mut wanted: Vec<String> = wanted.iter().map(|kind| format!("{kind:?}")).collect();
                wanted.sort();
                kinds == wanted
            };
            let text = |text: &str| Hir::literal(text.as_bytes()).into_kind();
            if is(&[HirKind::Look(Look::Start), text(".")]) {
                Ok(Piece::Border)
            } else if is(&[text("/"), text("?"), HirKind::Look(Look::End)]) {
                Ok(Piece::Segment)
            } else {
                Err(unknown())
            }
        }
        _ => Err(unknown()),
    }
}

enum Octets {
    OfLabels,
    OfNames,
    Digits,
}

/// What a class stands for among the octets that names have.
fn octets(hir: &Hir) -> Option<Octets> {
    let HirKind::Class(class) = hir.kind() else { return None };
    let contains = |octet: u8| match class {
        Class::Bytes(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&octet)),
        Class::Unicode(class) => {
            class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(octet)))
        }
    };
    let all = |octets: &[u8]| octets.iter().all(|&octet| contains(octet));
    let letters = b"abcdefghijklmnopqrstuvwxyz-_";
    let digits = b"0123456789";
    match (all(letters) && all(digits), contains(b'.'), all(digits)) {
        (true, false, _) => Some(Octets::OfLabels),
        (true, true, _) => Some(Octets::OfNames),
        (false, _, true) if !letters.iter().any(|&octet| contains(octet)) => Some(Octets::Digits),
        _ => None,
    }
}
