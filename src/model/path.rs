//! The path of a URL, as a pattern limits it.

use std::fmt;
use std::sync::Arc;

/// Which paths a pattern matches. Limits plain HTTP only: on HTTPS a product sees the host alone.
///
/// Invariant: the text begins with `/`, holds printable ASCII without space, `?`, `#` and `*`, and no step `.` or
/// `..`, which clients take before they ask; a [`Segment`](PathPattern::Segment) does not end in `/` (it would be
/// a prefix). The only way in is [`PathPattern::parse`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PathPattern {
    /// Every path.
    Any,
    /// Paths that begin with this text: `/pkiops/*`.
    Prefix(Arc<str>),
    /// This path and all below it, at a segment boundary: `/pki/certs` and `/pki/certs/x`, never
    /// `/pki/certs2`.
    Segment(Arc<str>),
}

/// Why a text is not a path pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A path begins with `/`.
    #[error("a path begins with `/`")]
    NoSlash,
    /// A character that no path has unescaped.
    #[error("character {character:?} in a path")]
    BadCharacter {
        /// The character.
        character: char,
    },
    /// A star that is not the last character.
    #[error("a star inside a path")]
    InnerStar,
    /// A step that no client sends: it is taken before.
    #[error("the step `{step}` in a path")]
    Step {
        /// `.`, `..`, or either escaped.
        step: String,
    },
}

/// Whether a client takes a segment for a step in the tree, also where its dots are escaped (WHATWG URL).
fn is_step(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

impl PathPattern {
    /// Reads a path as a vendor's cell writes it: with a trailing `*` a text prefix, without one a
    /// prefix at a segment boundary; `` and `/` match every path.
    ///
    /// # Errors
    /// When the text does not begin with `/`, or holds a query, a fragment, an inner star, a step such as
    /// `..`, or a character that is not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        let (text, starred) = match text.strip_suffix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        if !text.starts_with('/') {
            return Err(PathError::NoSlash);
        }
        for character in text.chars() {
            match character {
                '*' => return Err(PathError::InnerStar),
                '?' | '#' | '"' | '\\' | '<' | '>' => return Err(PathError::BadCharacter { character }),
                '!'..='~' => {}
                _ => return Err(PathError::BadCharacter { character }),
            }
        }
        let mut steps = text.split('/').rev();
        // Behind the last slash of a prefix a name goes on.
        if starred {
            steps.next();
        }
        if let Some(step) = steps.find(|segment| is_step(segment)) {
            return Err(PathError::Step { step: step.to_owned() });
        }
        Ok(if text == "/" {
            Self::Any
        } else if starred || text.ends_with('/') {
            Self::Prefix(text.into())
        } else {
            Self::Segment(text.into())
        })
    }

    /// Whether `path`, which begins with `/` and has no query, is matched.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Prefix(text) => path.starts_with(&**text),
            Self::Segment(text) => {
                path.strip_prefix(&**text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }

    /// Whether everything that `other` matches is matched.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (_, Self::Any) => false,
            (Self::Prefix(_) | Self::Segment(_), Self::Prefix(text)) => {
                // A segment covers the prefix `/a/`, never the prefix `/a`, which also matches `/ab`.
                match self {
                    Self::Segment(own) => text.strip_prefix(&**own).is_some_and(|rest| rest.starts_with('/')),
                    _ => self.matches(text),
                }
            }
            (_, Self::Segment(text)) => self.matches(text),
        }
    }
}

/// As a vendor writes it: `/pkiops/*`, `/pki/certs`, nothing for every path.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Prefix(text) => write!(f, "{text}*"),
            Self::Segment(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_text_prefix_and_none_stops_at_a_segment() {
        for (pattern, path, want) in [
            ("/pkiops/*", "/pkiops/crl/a.crl", true),
            ("/pkiops/*", "/pkiops", false),
            ("/pki*", "/pkiops", true),
            ("/pki/certs", "/pki/certs", true),
            ("/pki/certs", "/pki/certs/a", true),
            ("/pki/certs", "/pki/certs2", false),
            ("/pkiops/crl/", "/pkiops/crl/", true),
            ("/pkiops/crl/", "/pkiops/crl", false),
            ("", "/", true),
            ("/", "/x", true),
            ("/*", "/x", true),
        ] {
            assert_eq!(PathPattern::parse(pattern).unwrap().matches(path), want, "{pattern} {path}");
        }
    }

    #[test]
    fn covering_agrees_with_matching() {
        let texts = ["", "/a", "/a*", "/a/", "/a/b", "/ab", "/ab*", "/a/b*"];
        let paths = ["/", "/a", "/a/", "/ab", "/a/b", "/a/bc", "/a/b/", "/abc", "/ab/", "/b"];
        for one in texts.map(|t| PathPattern::parse(t).unwrap()) {
            for other in texts.map(|t| PathPattern::parse(t).unwrap()) {
                let covers = paths.iter().all(|p| !other.matches(p) || one.matches(p));
                assert_eq!(one.covers(&other), covers, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["x", "/a*b", "/a?b", "/a#b", "/a b", "/ä", "/a\"b", "/a\nb"] {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
        for text in ["/..", "/a/../b", "/a/./b", "/a/%2E.", "/.%2e/b*", "/./*"] {
            assert!(matches!(PathPattern::parse(text), Err(PathError::Step { .. })), "{text}");
        }
        for text in ["/..a", "/a.", "/a/.*", "/...", "/.well-known/x"] {
            assert!(PathPattern::parse(text).is_ok(), "{text}");
        }
    }
}
