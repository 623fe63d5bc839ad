//! Sets of paths.

use std::sync::Arc;

use super::steps::Steps;
use crate::model::path::PathPattern;

/// A set of paths, among all that begin with `/` and hold printable ASCII without space, `"`, `#`,
/// `<`, `>`, `?` and `\`.
///
/// A set is a function from paths in the order of their octets to yes and no. Every key is a path of
/// that universe itself, so two different functions differ at a path, and equal sets are equal values.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct PathSet(Steps<Arc<[u8]>, bool>);

/// The first octet of the universe's alphabet.
const FIRST: u8 = b'!';

/// Whether a path may hold `octet`.
const fn is_path_octet(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && !matches!(octet, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\')
}

/// The octet of the alphabet that follows.
fn next_octet(octet: u8) -> Option<u8> {
    (octet.saturating_add(1)..=b'~').find(|&next| is_path_octet(next))
}

/// The first path behind all that begin with `prefix`, if there is one.
fn behind(prefix: &[u8]) -> Option<Arc<[u8]>> {
    // The `/` in front is fixed.
    let (at, next) =
        prefix.iter().enumerate().skip(1).rev().find_map(|(at, &octet)| Some((at, next_octet(octet)?)))?;
    let mut path = prefix[..=at].to_vec();
    path[at] = next;
    Some(path.into())
}

/// A path of every range between the bounds of a pattern, the first of each.
pub(super) fn bounds(pattern: &PathPattern) -> Vec<String> {
    let keys = PathSet::of(pattern).0;
    let text = |octets: &Arc<[u8]>| String::from_utf8_lossy(octets).into_owned();
    keys.spans().flat_map(|(first, behind, _)| [Some(text(first)), behind.map(text)]).flatten().collect()
}

impl PathSet {
    /// The paths that a pattern matches.
    pub(super) fn of(pattern: &PathPattern) -> Self {
        match pattern {
            PathPattern::Any => Self::prefix(b"/"),
            PathPattern::Prefix(text) => Self::prefix(text.as_bytes()),
            PathPattern::Segment(text) => {
                let text = text.as_bytes();
                let alone = Steps::span(text.into(), Some([text, &[FIRST]].concat().into()), true);
                Self(alone).union(&Self::prefix(&[text, b"/"].concat()))
            }
        }
    }

    fn prefix(text: &[u8]) -> Self {
        Self(Steps::span(text.into(), behind(text), true))
    }

    /// Whether no path is in the set.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_default()
    }

    /// Whether `path` is in the set.
    pub(super) fn contains(&self, path: &str) -> bool {
        // An octet that no path has continues no pattern's text, so it counts as behind all others.
        let known: Vec<u8> =
            path.bytes().map(|octet| if is_path_octet(octet) { octet } else { u8::MAX }).collect();
        self.0.at(&known[..]).copied().unwrap_or(false)
    }

    /// The paths of either.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self(self.0.zip(&other.0, |&own, &others| own || others))
    }

    /// The paths of this set that are not in `other`.
    pub(super) fn difference(&self, other: &Self) -> Self {
        Self(self.0.zip(&other.0, |&own, &others| own && !others))
    }

    /// A shortest path of the set, if there is one: the first in octet order, with a letter at its end
    /// where that is as short.
    pub(super) fn shortest(&self) -> Option<String> {
        let first = self
            .0
            .spans()
            .map(|(low, end, _)| shortest_between(low, end.map(|end| &**end)))
            .min_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)))?;
        let text = |octets| String::from_utf8(octets).expect("internal error: a path that is not ASCII");
        let mut lettered = first.clone();
        if let Some(last) = lettered.last_mut()
            && *last != b'/'
        {
            *last = b'a';
            if self.0.at(&lettered[..]) == Some(&true) {
                return Some(text(lettered));
            }
        }
        Some(text(first))
    }
}

/// The first of the shortest paths from `low` on and before `end`.
fn shortest_between(low: &[u8], end: Option<&[u8]>) -> Vec<u8> {
    (2..low.len())
        .filter_map(|len| next_of_length(&low[..len]))
        .find(|path| end.is_none_or(|end| &path[..] < end))
        .unwrap_or_else(|| low.to_vec())
}

/// The next path of the same length.
fn next_of_length(path: &[u8]) -> Option<Vec<u8>> {
    let mut next = behind(path)?.to_vec();
    next.resize(path.len(), FIRST);
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> PathSet {
        texts
            .iter()
            .fold(PathSet::default(), |set, text| set.union(&PathSet::of(&PathPattern::parse(text).unwrap())))
    }

    #[test]
    fn unions_that_are_the_same_set_are_the_same_value() {
        for (left, right) in [
            (&["/a", "/a/b", "/a/"][..], &["/a"][..]),
            (&["/a*", "/a/b", "/ab"][..], &["/a*"][..]),
            (&["/a", ""][..], &[""][..]),
            (&["/ab*", "/a*"][..], &["/a*"][..]),
        ] {
            assert_eq!(set(left), set(right), "{left:?} {right:?}");
        }
        assert_ne!(set(&["/a"]), set(&["/a*"]));
        assert_ne!(set(&["/a/"]), set(&["/a"]));
    }

    #[test]
    fn every_octet_behind_a_text_and_the_text_are_its_prefix() {
        let continued: Vec<String> =
            (b'!'..=b'~').filter(|&o| is_path_octet(o)).map(|o| format!("/a{}*", o as char)).collect();
        let mut texts: Vec<&str> = continued.iter().map(String::as_str).collect();
        // A pattern cannot name the star, so the last gap is closed with the set itself.
        texts.retain(|text| *text != "/a**");
        let most = set(&texts).union(&PathSet::prefix(b"/a*"));
        assert_eq!(set(&["/a*"]).difference(&most).shortest().as_deref(), Some("/a"));
        assert_eq!(most.union(&set(&["/a"])), set(&["/a*"]));
    }

    #[test]
    fn a_shortest_path_is_found_in_every_gap() {
        for (of, without, want) in [
            (&[""][..], &["/pki/certs"][..], Some("/")),
            (&["/pki*"][..], &["/pki"][..], Some("/pkia")),
            (&["/pki/"][..], &["/pki"][..], None),
            (&["/pki"][..], &["/pki/"][..], Some("/pki")),
            (&["/~*"][..], &["/~"][..], Some("/~a")),
            (&["/a", "/abc*"][..], &["/a"][..], Some("/abc")),
        ] {
            assert_eq!(set(of).difference(&set(without)).shortest().as_deref(), want, "{of:?} {without:?}");
        }
        assert_eq!(shortest_between(b"/a/b/c", None), b"/b");
        assert_eq!(shortest_between(b"/a/b/c", Some(b"/a0")), b"/a/c");
        assert_eq!(shortest_between(b"/~~", None), b"/~~");
    }
}
