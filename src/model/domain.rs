//! DNS names.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest name in octets, without the trailing dot (RFC 1035, 2.3.4).
pub const MAX_NAME: usize = 253;
/// Longest label in octets (RFC 1035, 2.3.4).
pub const MAX_LABEL: usize = 63;

/// A DNS name in canonical form: lower-case A-labels, no trailing dot.
///
/// Invariant: every label is 1 to 63 octets of `a-z`, `0-9`, `-` and `_`, the whole at most 253, and
/// the last label is neither a number (a browser reads such a name as an address) nor of hyphens alone.
/// The only way in is [`FromStr`], so a `DomainName` in hand never needs a second check; but for the root
/// of [`HostPattern::every_name`](crate::model::HostPattern::every_name), which has no label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Arc<str>);

/// Why a text is not a DNS name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing there.
    #[error("empty name")]
    Empty,
    /// Two dots in a row, or a dot in front.
    #[error("empty label at byte {at}")]
    EmptyLabel {
        /// Byte offset of the label.
        at: usize,
    },
    /// A label over 63 octets.
    #[error("label of {len} octets at byte {at}, over {MAX_LABEL}")]
    LabelTooLong {
        /// Byte offset of the label.
        at: usize,
        /// Octets of the label.
        len: usize,
    },
    /// A name over 253 octets.
    #[error("name of {len} octets, over {MAX_NAME}")]
    TooLong {
        /// Octets of the name.
        len: usize,
    },
    /// A character that no host name has.
    #[error("character {character:?} at byte {at}")]
    BadCharacter {
        /// Byte offset of the character.
        at: usize,
        /// The character.
        character: char,
    },
    /// Not a valid internationalized name.
    #[error("not a valid internationalized name")]
    Idna,
    /// The last label is a number, so it is read as an address.
    #[error("the last label is a number, so this is read as an address")]
    Numeric,
    /// The last label has nothing but hyphens: a dash where a host should be.
    #[error("the last label is of hyphens alone")]
    Hyphens,
}

/// Whether `byte` may stand in a label of a canonical name.
// NOTE: underscores are legal in DNS and common in vendor tables, but IDNA's strict mode refuses
// them; hyphens at an end of a label are refused there too, yet browsers accept both.
pub(crate) const fn is_label_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
}

impl DomainName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What every name lies below.
    pub(super) fn root() -> Self {
        Self("".into())
    }

    /// Whether it is the root, which is the name of no host.
    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels, the rightmost (top-level) first.
    pub fn labels_from_right(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.rsplit('.').filter(|label| !label.is_empty())
    }

    /// How many labels the name has: at least one, but for the root.
    pub fn label_count(&self) -> usize {
        usize::from(!self.is_root()) + self.0.bytes().filter(|&byte| byte == b'.').count()
    }

    /// Whether this name lies below `ancestor`, at any depth, and is not `ancestor` itself.
    pub fn is_below(&self, ancestor: &DomainName) -> bool {
        if ancestor.is_root() {
            return !self.is_root();
        }
        self.0.strip_suffix(&*ancestor.0).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The name without its leftmost label, or nothing for a top-level name.
    pub fn parent(&self) -> Option<DomainName> {
        let (_, rest) = self.0.split_once('.')?;
        Some(DomainName(rest.into()))
    }

    /// The last `count` labels, the whole name where it has no more.
    ///
    /// # Panics
    /// When `count` is 0: no name has no labels.
    pub fn last_labels(&self, count: usize) -> DomainName {
        assert!(count > 0, "internal error: a name without labels");
        match self.0.rmatch_indices('.').nth(count - 1) {
            Some((dot, _)) => DomainName(self.0[dot + 1..].into()),
            None => self.clone(),
        }
    }

    /// Whether a text is certainly a name in canonical form: what most names are. Of others [`check`](Self::check)
    /// says what is wrong, if anything is.
    fn is_plainly_canonical(text: &str) -> bool {
        let octets = text.as_bytes();
        let mut start = 0;
        for (at, &octet) in octets.iter().enumerate() {
            if octet == b'.' {
                if at == start || at - start > MAX_LABEL {
                    return false;
                }
                start = at + 1;
            } else if !is_label_byte(octet) || (at == start && octets[at..].starts_with(b"xn--")) {
                return false;
            }
        }
        // A label that begins with a letter is neither a number nor of hyphens alone.
        let last = &octets[start..];
        octets.len() <= MAX_NAME
            && last.len() <= MAX_LABEL
            && last.first().is_some_and(u8::is_ascii_lowercase)
    }

    /// Checks a text that is ASCII already.
    fn check(text: &str) -> Result<(), DomainError> {
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        let mut at = 0;
        for label in text.split('.') {
            if label.is_empty() {
                return Err(DomainError::EmptyLabel { at });
            }
            if let Some((offset, character)) =
                label.char_indices().find(|&(_, c)| !c.is_ascii() || !is_label_byte(c as u8))
            {
                return Err(DomainError::BadCharacter { at: at + offset, character });
            }
            if label.len() > MAX_LABEL {
                return Err(DomainError::LabelTooLong { at, len: label.len() });
            }
            at += label.len() + 1;
        }
        if text.len() > MAX_NAME {
            return Err(DomainError::TooLong { len: text.len() });
        }
        let last = text.rsplit('.').next().unwrap_or(text);
        // WHATWG URL, "ends in a number".
        let hexadecimal =
            last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        if hexadecimal || last.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DomainError::Numeric);
        }
        // `-` stands for nothing in lists, and no top-level domain is called so. Further left such a label
        // is let be, like any hyphen at an end: a star matches it there.
        if last.bytes().all(|b| b == b'-') {
            return Err(DomainError::Hyphens);
        }
        Ok(())
    }
}

impl FromStr for DomainName {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if Self::is_plainly_canonical(text) {
            return Ok(Self(text.into()));
        }
        let lower = match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
        let has_a_label = lower.split('.').any(|label| label.starts_with("xn--"));
        if lower.is_ascii() && !has_a_label {
            Self::check(&lower)?;
            return Ok(Self(lower.into()));
        }
        let ascii = idna::domain_to_ascii_cow(lower.as_bytes(), idna::AsciiDenyList::EMPTY)
            .map_err(|_| DomainError::Idna)?;
        Self::check(&ascii)?;
        Ok(Self(ascii.into()))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DomainError> {
        text.parse::<DomainName>().map(|name| name.to_string())
    }

    #[test]
    fn names_are_made_canonical() {
        for (text, want) in [
            ("Example.COM", "example.com"),
            ("example.com.", "example.com"),
            ("a_b.example", "a_b.example"),
            ("_dmarc.example", "_dmarc.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("日本.example", "xn--wgv71a.example"),
            ("3com.com", "3com.com"),
            ("a--b.example", "a--b.example"),
            ("-.example", "-.example"),
            ("-a", "-a"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_says_why() {
        use DomainError::*;
        for (text, want) in [
            ("", Empty),
            (".", Empty),
            ("a..b", EmptyLabel { at: 2 }),
            (".a", EmptyLabel { at: 0 }),
            ("a b.c", BadCharacter { at: 1, character: ' ' }),
            ("a.*.c", BadCharacter { at: 2, character: '*' }),
            ("a.com/x", BadCharacter { at: 5, character: '/' }),
            ("10.0.0.1", Numeric),
            ("a.0x7f", Numeric),
            ("-", Hyphens),
            ("--.", Hyphens),
            ("a.-", Hyphens),
            ("xn--a.example", Idna),
        ] {
            assert_eq!(parse(text), Err(want), "{text}");
        }
        assert_eq!(parse(&"a".repeat(64)), Err(LabelTooLong { at: 0, len: 64 }));
        assert_eq!(parse(&["a"; 128].join(".")), Err(TooLong { len: 255 }));
    }

    #[test]
    fn last_labels_are_counted_from_the_right() {
        let name: DomainName = "a.b.example".parse().unwrap();
        for (count, want) in [(1, "example"), (2, "b.example"), (3, "a.b.example"), (9, "a.b.example")] {
            assert_eq!(name.last_labels(count).as_str(), want);
        }
    }

    #[test]
    fn below_needs_a_dot() {
        let name = |text: &str| text.parse::<DomainName>().unwrap();
        assert!(name("a.b.example").is_below(&name("b.example")));
        assert!(!name("b.example").is_below(&name("b.example")));
        assert!(!name("notb.example").is_below(&name("b.example")));
    }
}
