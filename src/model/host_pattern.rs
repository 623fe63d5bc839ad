//! Which hosts a pattern matches.

mod cover;
mod within;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use globset::{GlobBuilder, GlobMatcher};
use ipnet::{IpNet, Ipv4Net};

use super::domain::{self, DomainError, DomainName};
use super::networks;
use super::request::Host;

/// Which hosts are matched: what a vendor's text *means*, not how it is spelled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HostPattern {
    /// That name only. Written `a.example.com`.
    Exact(DomainName),
    /// The name and everything below it, at any depth. Written `.example.com`.
    Subtree(DomainName),
    /// Everything below the name at any depth, but not the name itself. Written `*.example.com`.
    Descendants(DomainName),
    /// Every name that ends in a text that begins inside a label. Written `*cdn.example.net`.
    TextSuffix(TextSuffix),
    /// Names of a fixed number of labels, some with a star. Written `pre-*.example.com`.
    LabelGlob(LabelGlob),
    /// Addresses, of one family. Written `203.0.113.0/24`.
    Address(IpNet),
}

/// `*cdn.example.net`: every name that ends in `cdn.example.net`, across labels, the text itself
/// included (where it is a name).
///
/// Invariant: the head, which is the end of one label, is 1 to 63 octets of a label, and a parent
/// follows it, so the text never covers a whole top-level domain by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TextSuffix {
    parent: DomainName,
    head: Arc<str>,
}

impl TextSuffix {
    /// What a label must end in: `cdn` of `*cdn.example.net`.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The whole labels that follow: `example.net` of `*cdn.example.net`.
    pub fn parent(&self) -> &DomainName {
        &self.parent
    }

    /// The text without its star: `cdn.example.net`.
    pub fn text(&self) -> String {
        format!("{}.{}", self.head, self.parent)
    }

    /// Whether `name` ends in the text.
    pub fn matches(&self, name: &DomainName) -> bool {
        self.ends(name.as_str())
    }

    /// The same of a name in canonical form.
    pub fn ends(&self, name: &str) -> bool {
        name.strip_suffix(self.parent.as_str())
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|rest| rest.ends_with(&*self.head))
    }
}

/// One label of a [`LabelGlob`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LabelPattern {
    /// That label.
    Literal(Arc<str>),
    /// One star, which stands for one or more octets; `*` alone has an empty prefix and suffix.
    Star {
        /// What the label begins with.
        prefix: Arc<str>,
        /// What the label ends in.
        suffix: Arc<str>,
    },
}

impl LabelPattern {
    /// Whether one label of a name is matched.
    pub fn matches(&self, label: &str) -> bool {
        match self {
            Self::Literal(text) => **text == *label,
            Self::Star { prefix, suffix } => {
                label.len() > prefix.len() + suffix.len()
                    && label.starts_with(&**prefix)
                    && label.ends_with(&**suffix)
            }
        }
    }
}

impl fmt::Display for LabelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Star { prefix, suffix } => write!(f, "{prefix}*{suffix}"),
        }
    }
}

/// `pre-*.example.com` or `a.*.example.com`: as many labels as the pattern has.
///
/// Invariant: at least one label has a star and none has two; the last label has none; with the shortest
/// stars it is a name. As written by people, the leftmost label does not begin with a star (that is
/// [`HostPattern::Descendants`] or a [`TextSuffix`]); [`LabelGlob::at_depth`] makes globs that do, for what
/// products mean.
#[derive(Clone)]
pub struct LabelGlob(Arc<Compiled>);

/// The labels of a name, the leftmost first.
fn literals(name: &DomainName) -> impl Iterator<Item = LabelPattern> {
    name.as_str().split('.').map(|label| LabelPattern::Literal(label.into()))
}

/// The labels, and their matcher from the first question on: most globs are written, never asked.
struct Compiled {
    labels: Vec<LabelPattern>,
    matcher: OnceLock<GlobMatcher>,
}

impl LabelGlob {
    /// The labels, the leftmost first.
    pub fn labels(&self) -> &[LabelPattern] {
        &self.0.labels
    }

    /// The labels without a star at the right end: `example.com` of `pre-*.example.com`.
    pub fn parent(&self) -> DomainName {
        let literals: Vec<&str> = self
            .labels()
            .iter()
            .rev()
            .map_while(|label| match label {
                LabelPattern::Literal(text) => Some(&**text),
                LabelPattern::Star { .. } => None,
            })
            .collect();
        let text: Vec<&str> = literals.into_iter().rev().collect();
        // The last label is a literal that was checked as the end of a name.
        text.join(".").parse().expect("internal error: a label glob without a parent")
    }

    /// The names that are `depth` labels below `parent`: for products that look only so far down. Nothing
    /// where no name is as long, or at depth 0.
    ///
    /// NOTE: its text is not read back as the same pattern.
    pub fn at_depth(parent: &DomainName, depth: usize) -> Option<Self> {
        let star = LabelPattern::Star { prefix: "".into(), suffix: "".into() };
        let stars = std::iter::repeat_n(star, depth);
        let fits =
            depth > 0 && !parent.is_root() && parent.as_str().len() + "*.".len() * depth <= domain::MAX_NAME;
        fits.then(|| Self::new(stars.chain(literals(parent)).collect()))
    }

    /// The names of this glob below `name`, which its own last labels match. Nothing where none is as
    /// long.
    fn below(&self, name: &DomainName) -> Option<Self> {
        let front = &self.labels()[..self.labels().len().checked_sub(name.label_count())?];
        let shortest = |label: &LabelPattern| match label {
            LabelPattern::Literal(text) => text.len(),
            LabelPattern::Star { prefix, suffix } => prefix.len() + "*".len() + suffix.len(),
        };
        let octets: usize = front.iter().map(|label| shortest(label) + ".".len()).sum();
        let fits = octets + name.as_str().len() <= domain::MAX_NAME;
        fits.then(|| Self::new(front.iter().cloned().chain(literals(name)).collect()))
    }

    /// Whether `name` is matched: as many labels, each matched.
    pub fn matches(&self, name: &DomainName) -> bool {
        // Most names end otherwise, which is cheaper to see than to match.
        let ends_alike =
            self.labels().iter().rev().zip(name.labels_from_right()).all(|(own, label)| match own {
                LabelPattern::Literal(text) => **text == *label,
                LabelPattern::Star { .. } => true,
            });
        ends_alike && self.matcher().is_match(name.as_str().replace('.', "/"))
    }

    /// The same of a name in canonical form, without a matcher.
    fn matches_text(&self, name: &str) -> bool {
        let (mut own, mut labels) = (self.labels().iter().rev(), name.rsplit('.'));
        own.by_ref().all(|own| labels.next().is_some_and(|label| own.matches(label)))
            && labels.next().is_none()
    }

    fn new(labels: Vec<LabelPattern>) -> Self {
        Self(Arc::new(Compiled { labels, matcher: OnceLock::new() }))
    }

    fn matcher(&self) -> &GlobMatcher {
        self.0.matcher.get_or_init(|| {
            // The glob is made from the parsed labels, never from raw text: in a raw glob `pre-*` matches
            // `pre-`, `*` crosses dots, and `{`, `[`, `?` mean something. Labels hold none of these.
            let glob = self
                .labels()
                .iter()
                .map(|label| match label {
                    LabelPattern::Literal(text) => text.to_string(),
                    LabelPattern::Star { prefix, suffix } => format!("{prefix}?*{suffix}"),
                })
                .collect::<Vec<_>>()
                .join("/");
            GlobBuilder::new(&glob)
                .literal_separator(true)
                .build()
                .expect("internal error: labels that make no glob")
                .compile_matcher()
        })
    }
}

impl fmt::Display for LabelGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, label) in self.labels().iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{label}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for LabelGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LabelGlob({self})")
    }
}

impl PartialEq for LabelGlob {
    fn eq(&self, other: &Self) -> bool {
        self.labels() == other.labels()
    }
}
impl Eq for LabelGlob {}
impl PartialOrd for LabelGlob {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for LabelGlob {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.labels().cmp(other.labels())
    }
}
impl Hash for LabelGlob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.labels().hash(state);
    }
}

/// Why a text is not a host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostPatternError {
    /// A name, or the part of one beside a star, is wrong.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A star over everything: `*`, `*.*`, a star as the last label.
    #[error("the star covers whole top-level domains")]
    Everything,
    /// Two stars in one label, or stars that no product and no rule here gives a meaning.
    #[error("a wildcard in a place that has no agreed meaning")]
    Wildcard,
    /// An address with bits set behind its prefix: `10.0.0.1/8`.
    #[error("address bits set behind the prefix; write {network}")]
    HostBits {
        /// The network that was probably meant.
        network: IpNet,
    },
    /// An IPv4 address in the form of IPv6, `::ffff:10.0.0.1`: on the wire it is the former, so that some products
    /// match it and others never.
    #[error("an IPv4 address in the form of IPv6; write {network}")]
    Mapped {
        /// The address or network of IPv4.
        network: Ipv4Net,
    },
}

/// The IPv4 network that an IPv4-mapped one of IPv6 stands for (RFC 4291, 2.5.5.2).
fn unmapped(network: IpNet) -> Option<Ipv4Net> {
    const BITS: u8 = 96;
    let IpNet::V6(own) = network else { return None };
    let prefix = own.prefix_len().checked_sub(BITS)?;
    Ipv4Net::new(own.addr().to_ipv4_mapped()?, prefix).ok()
}

impl HostPattern {
    /// Every name, and no address: what a rule that asks for no host matches beside the addresses.
    ///
    /// NOTE: no text is read as it, and its own text, `*.`, is for people. It is for what products mean.
    pub fn every_name() -> Self {
        Self::Descendants(DomainName::root())
    }

    /// Whether `host` is matched.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(own), Host::Name(name)) => own == name,
            (Self::Subtree(own), Host::Name(name)) => own == name || name.is_below(own),
            (Self::Descendants(own), Host::Name(name)) => name.is_below(own),
            (Self::TextSuffix(own), Host::Name(name)) => own.matches(name),
            (Self::LabelGlob(own), Host::Name(name)) => own.matches(name),
            (Self::Address(own), Host::Address(address)) => own.contains(address),
            (Self::Address(_), Host::Name(_)) => false,
            (
                Self::Exact(_)
                | Self::Subtree(_)
                | Self::Descendants(_)
                | Self::TextSuffix(_)
                | Self::LabelGlob(_),
                Host::Address(_),
            ) => false,
        }
    }

    /// The same of a name in canonical form, for who asks many.
    pub(crate) fn matches_text(&self, name: &str) -> bool {
        let is_below = |own: &DomainName| {
            own.is_root() || name.strip_suffix(own.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        match self {
            Self::Exact(own) => own.as_str() == name,
            Self::Subtree(own) => own.as_str() == name || is_below(own),
            Self::Descendants(own) => is_below(own),
            Self::TextSuffix(own) => own.ends(name),
            Self::LabelGlob(own) => own.matches_text(name),
            Self::Address(_) => false,
        }
    }

    /// The name that everything matched lies at or below: whole labels at the right end. Nothing for
    /// addresses and for every name.
    pub fn anchor(&self) -> Option<DomainName> {
        match self {
            Self::Descendants(name) if name.is_root() => None,
            Self::Exact(name) | Self::Subtree(name) | Self::Descendants(name) => Some(name.clone()),
            Self::TextSuffix(suffix) => Some(suffix.parent.clone()),
            Self::LabelGlob(glob) => Some(glob.parent()),
            Self::Address(_) => None,
        }
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        if let Some(network) = networks::parse(text) {
            let truncated = network.trunc();
            if let Some(network) = unmapped(truncated) {
                return Err(HostPatternError::Mapped { network });
            }
            return if truncated.addr() == network.addr() {
                Ok(Self::Address(network))
            } else {
                Err(HostPatternError::HostBits { network: truncated })
            };
        }
        if let Some(rest) = text.strip_prefix('.') {
            return Ok(Self::Subtree(rest.parse()?));
        }
        if !text.contains('*') {
            return Ok(Self::Exact(text.parse()?));
        }
        if let Some(rest) = text.strip_prefix("*.")
            && !rest.contains('*')
        {
            return Ok(Self::Descendants(rest.parse()?));
        }
        if text.chars().all(|character| matches!(character, '*' | '.')) {
            return Err(HostPatternError::Everything);
        }
        if let Some(rest) = text.strip_prefix('*') {
            return parse_text_suffix(rest).map(Self::TextSuffix);
        }
        parse_label_glob(text).map(Self::LabelGlob)
    }
}

/// The text behind the star of `*cdn.example.net`.
fn parse_text_suffix(rest: &str) -> Result<TextSuffix, HostPatternError> {
    if rest.contains('*') {
        return Err(HostPatternError::Wildcard);
    }
    // `*cdn` alone would match names of every registry.
    let (head, parent) = rest.split_once('.').ok_or(HostPatternError::Everything)?;
    let head = head.to_ascii_lowercase();
    check_part(&head, 0)?;
    Ok(TextSuffix { parent: parent.parse()?, head: head.into() })
}

fn parse_label_glob(text: &str) -> Result<LabelGlob, HostPatternError> {
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let mut labels = Vec::new();
    let mut at = 0;
    for label in text.split('.') {
        labels.push(match label.split_once('*') {
            None => LabelPattern::Literal(label.into()),
            Some((_, suffix)) if suffix.contains('*') => return Err(HostPatternError::Wildcard),
            Some((prefix, suffix)) => {
                // The star stands for at least one octet.
                if prefix.len() + suffix.len() >= domain::MAX_LABEL {
                    return Err(DomainError::LabelTooLong { at, len: label.len() }.into());
                }
                for part in [prefix, suffix].into_iter().filter(|part| !part.is_empty()) {
                    check_part(part, at)?;
                }
                // What follows is punycode: its beginning is no beginning of the text that it encodes.
                if prefix.starts_with("xn--") {
                    return Err(HostPatternError::Wildcard);
                }
                LabelPattern::Star { prefix: prefix.into(), suffix: suffix.into() }
            }
        });
        at += label.len() + 1;
    }
    if matches!(labels.last(), Some(LabelPattern::Star { .. })) {
        return Err(HostPatternError::Everything);
    }
    // A name made by the shortest stars checks the literal labels, the whole length and the end.
    let name = text.replace('*', "x").parse::<DomainName>()?;
    if name.label_count() != labels.len() {
        // A full stop of another script in a literal label.
        return Err(HostPatternError::Wildcard);
    }
    for (label, canonical) in labels.iter_mut().rev().zip(name.labels_from_right()) {
        if let LabelPattern::Literal(text) = label {
            *text = canonical.into();
        }
    }
    Ok(LabelGlob::new(labels))
}

/// A part of a label beside a star: octets of a label, already in lower case.
fn check_part(part: &str, at: usize) -> Result<(), DomainError> {
    if part.is_empty() {
        return Err(DomainError::EmptyLabel { at });
    }
    if let Some(character) = part.chars().find(|&c| !c.is_ascii() || !domain::is_label_byte(c as u8)) {
        return Err(DomainError::BadCharacter { at, character });
    }
    if part.len() > domain::MAX_LABEL {
        return Err(DomainError::LabelTooLong { at, len: part.len() });
    }
    Ok(())
}

/// As a vendor writes it; [`FromStr`] reads it back.
impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => write!(f, "{name}"),
            Self::Subtree(name) => write!(f, ".{name}"),
            Self::Descendants(name) => write!(f, "*.{name}"),
            Self::TextSuffix(suffix) => write!(f, "*{}.{}", suffix.head, suffix.parent),
            Self::LabelGlob(glob) => write!(f, "{glob}"),
            Self::Address(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Address(network) => write!(f, "{network}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, host: &str) -> bool {
        let host = match host.parse() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(host.parse().unwrap()),
        };
        pattern.parse::<HostPattern>().unwrap().matches(&host)
    }

    #[test]
    fn a_text_is_matched_as_its_name() {
        let patterns = ["a.b.t", ".b.t", "*.b.t", "*b.t", "a*.b.t", "a.*.t", "a-*b.*.t", "10.0.0.0/8"];
        let patterns =
            patterns.map(|text| text.parse().unwrap()).into_iter().chain([HostPattern::every_name()]);
        let names =
            ["t", "b.t", "a.b.t", "cb.t", "a.cb.t", "ab.b.t", "a.a.b.t", "a-b.b.t", "a-bb.b.t", "nb.b"];
        for pattern in patterns {
            for name in names {
                let host = Host::Name(name.parse().unwrap());
                assert_eq!(pattern.matches_text(name), pattern.matches(&host), "{pattern} {name}");
            }
        }
    }

    /// The table "What a pattern means".
    #[test]
    fn a_pattern_means_what_the_table_says() {
        for (pattern, yes, no) in [
            ("a.example.com", &["a.example.com"][..], &["b.a.example.com", "example.com"][..]),
            ("*.example.com", &["a.example.com", "a.b.example.com"], &["example.com", "notexample.com"]),
            (".example.com", &["example.com", "a.b.example.com"], &["notexample.com"]),
            (
                "*cdn.example.net",
                &["cdn.example.net", "xcdn.example.net", "a.cdn.example.net", "a.xcdn.example.net"],
                &["cdn2.example.net", "example.net", "cdn.example.net.evil.test"],
            ),
            (
                "pre-*.example.com",
                &["pre-a.example.com", "pre-ab-c.example.com"],
                &["pre-.example.com", "pre-a.b.example.com", "x.pre-a.example.com", "xpre-a.example.com"],
            ),
            (
                "a.*.example.com",
                &["a.b.example.com"],
                &["a.example.com", "a.b.c.example.com", "x.a.b.example.com"],
            ),
            ("203.0.113.0/24", &["203.0.113.7"], &["203.0.114.1", "a.example.com", "2001:db8::1"]),
            ("2001:db8::/32", &["2001:db8::1"], &["2001:db9::1", "203.0.113.7"]),
        ] {
            for host in yes {
                assert!(matches(pattern, host), "{pattern} should match {host}");
            }
            for host in no {
                assert!(!matches(pattern, host), "{pattern} should not match {host}");
            }
        }
    }

    #[test]
    fn every_name_is_every_name_and_no_address() {
        let every = HostPattern::every_name();
        for (host, want) in [("a", true), ("a.example.com", true), ("203.0.113.7", false)] {
            let host = host.parse().map_or_else(|_| Host::Name(host.parse().unwrap()), Host::Address);
            assert_eq!(every.matches(&host), want, "{host}");
        }
        assert!(every.covers(&".com".parse().unwrap()) && every.covers(&"pre-*.x.com".parse().unwrap()));
        assert!(!every.covers(&"10.0.0.0/8".parse().unwrap()));
        assert!(every.to_string().parse::<HostPattern>().is_err(), "no text is read as it");
        assert_eq!(every.anchor(), None);
    }

    #[test]
    fn other_stars_are_no_patterns() {
        for (text, want) in [
            ("*", HostPatternError::Everything),
            ("*.*", HostPatternError::Everything),
            ("*cdn", HostPatternError::Everything),
            ("www.*", HostPatternError::Everything),
            ("a*b*.example.com", HostPatternError::Wildcard),
            ("*a*.example.com", HostPatternError::Wildcard),
            ("*.pre-*.example.com", HostPatternError::Wildcard),
            ("*.a.*.example.com", HostPatternError::Wildcard),
            ("xn--b*.example.com", HostPatternError::Wildcard),
            ("pre-*.a\u{3002}b.example.com", HostPatternError::Wildcard),
        ] {
            assert_eq!(text.parse::<HostPattern>(), Err(want), "{text}");
        }
        for text in [
            "pre-[a]*.example.com",
            "{a,b}*.example.com",
            "pre-?*.example.com",
            "a/b*.example.com",
            "*.-",
            ".--",
            "*a.-",
            "pre-*.-",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_has_no_bits_behind_its_prefix() {
        let network = "10.0.0.0/8".parse().unwrap();
        assert_eq!("10.0.0.1/8".parse::<HostPattern>(), Err(HostPatternError::HostBits { network }));
        assert!("010.0.0.1".parse::<HostPattern>().is_err(), "octal or decimal: nobody knows");
        for (text, network) in [("::ffff:10.0.0.1", "10.0.0.1/32"), ("::ffff:0:0/96", "0.0.0.0/0")] {
            let network = network.parse().unwrap();
            assert_eq!(text.parse::<HostPattern>(), Err(HostPatternError::Mapped { network }));
        }
    }

    #[test]
    fn literal_labels_beside_a_star_are_made_canonical() {
        assert!(matches("pre-*.Bücher.example", "pre-1.xn--bcher-kva.example"));
        assert_eq!(
            "pre-*.bücher.example".parse::<HostPattern>().unwrap().to_string(),
            "pre-*.xn--bcher-kva.example"
        );
    }

    #[test]
    fn display_reads_back() {
        for text in [
            "a.example.com",
            "*.example.com",
            ".example.com",
            "*cdn.example.net",
            "pre-*.example.com",
            "a.*.example.com",
            "203.0.113.0/24",
            "203.0.113.7",
            "2001:db8::/32",
        ] {
            let pattern: HostPattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
        }
    }
}
