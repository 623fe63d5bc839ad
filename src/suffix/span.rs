//! Whether a pattern matches names of different owners.
//!
//! The public suffix of a name depends only on the labels that rules speak of, so a few specimens stand
//! for all names that a pattern matches: for the pattern's own literal labels and for every rule below
//! them, two names that agree with the pattern and have, where it leaves the choice, labels that no
//! rule speaks of. Two specimens with different registrable domains are two examples as well.

use std::borrow::Cow;

use super::{Section, shared, suffix_len, table};
use crate::model::domain::MAX_LABEL;
use crate::model::{DomainName, HostPattern, LabelPattern};

/// That a pattern matches names under two different registrable domains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The deepest name that the examples lie at or below: a public suffix such as `co.uk`, or the name above
    /// several, such as `ck` for the rule `*.ck`.
    pub suffix: DomainName,
    /// Who says that it is one. [`Section::Icann`] where the pattern matches across a registry's suffix
    /// and another one.
    pub section: Section,
    /// Two matched names with different registrable domains. Nothing where they would need a valid
    /// ending of a half-written A-label (`xn--a*.example`), which is not searched for.
    pub examples: Option<[DomainName; 2]>,
}

/// Whether a pattern can match names under two different registrable domains. Addresses and exact names
/// never do.
pub fn spans(pattern: &HostPattern) -> Option<Span> {
    let shape = Shape::of(pattern)?;
    let anchor = pattern.anchor()?;
    let key = table::key_of(anchor.as_str());
    // Most wildcards lie within one site, and no rule speaks of anything below.
    if !table::is_branch(&key) && shared::below(&key).next().is_none() && Site::new(key.clone()).is_some() {
        return None;
    }
    let mut search = Search::default();
    search.look_at(&shape, &key);
    // Once sites under one private suffix are found, only a registry's suffix would be graver.
    for (stem, rules) in table::below(&key) {
        if search.is_over() {
            break;
        }
        if !search.found_siblings() || rules.any_icann() {
            search.look_at(&shape, stem);
        }
    }
    for stem in shared::below(&key) {
        if !search.found_siblings() {
            search.look_at(&shape, stem);
        }
    }
    search.best.map(|pair| pair.into_span(anchor))
}

/// What a pattern wants of one label.
enum LabelShape<'p> {
    Literal(&'p str),
    /// Any label that begins and ends so, with at least one octet between.
    Star(&'p str, &'p str),
    /// Any label that ends so.
    EndsIn(&'p str),
}

impl LabelShape<'_> {
    fn fits(&self, label: &str) -> bool {
        match self {
            Self::Literal(own) => *own == label,
            Self::Star(prefix, suffix) => {
                label.len() > prefix.len() + suffix.len()
                    && label.starts_with(prefix)
                    && label.ends_with(suffix)
            }
            Self::EndsIn(head) => label.ends_with(head),
        }
    }

    /// A label that fits, made with `fill` where the pattern leaves a choice.
    fn filled(&self, fill: &str) -> Cow<'_, str> {
        match self {
            Self::Literal(own) => Cow::Borrowed(own),
            Self::Star(prefix, suffix) => Cow::Owned(format!("{prefix}{fill}{suffix}")),
            Self::EndsIn(head) if head.len() + fill.len() > MAX_LABEL => Cow::Borrowed(head),
            Self::EndsIn(head) => Cow::Owned(format!("{fill}{head}")),
        }
    }
}

/// A host pattern, label by label.
struct Shape<'p> {
    /// From the right.
    labels: Vec<LabelShape<'p>>,
    /// Whether any labels may follow on the left, none included.
    open: bool,
}

impl<'p> Shape<'p> {
    /// Nothing for patterns that never match two names.
    fn of(pattern: &'p HostPattern) -> Option<Self> {
        let literals = |name: &'p DomainName| name.labels_from_right().map(LabelShape::Literal);
        Some(match pattern {
            HostPattern::Exact(_) | HostPattern::Address(_) => return None,
            HostPattern::Subtree(name) => Self { labels: literals(name).collect(), open: true },
            HostPattern::Descendants(name) => {
                Self { labels: literals(name).chain([LabelShape::Star("", "")]).collect(), open: true }
            }
            HostPattern::TextSuffix(suffix) => Self {
                labels: literals(suffix.parent()).chain([LabelShape::EndsIn(suffix.head())]).collect(),
                open: true,
            },
            HostPattern::LabelGlob(glob) => {
                let label = |label: &'p LabelPattern| match label {
                    LabelPattern::Literal(text) => LabelShape::Literal(text),
                    LabelPattern::Star { prefix, suffix } => LabelShape::Star(prefix, suffix),
                };
                Self { labels: glob.labels().iter().rev().map(label).collect(), open: false }
            }
        })
    }

    /// Keys of matched names that begin with the labels of `stem` and go on with labels that no rule
    /// speaks of. Nothing where the stem does not agree with the pattern.
    fn specimens(&self, stem: &str) -> Vec<String> {
        let mut length = 0;
        for label in stem.split(' ') {
            let fits = self.labels.get(length).map_or(self.open, |shape| shape.fits(label));
            if !fits {
                return Vec::new();
            }
            length += 1;
        }
        let rest = &self.labels[length.min(self.labels.len())..];
        let next = |fill: &str| rest.first().map_or(fill.to_owned(), |shape| shape.filled(fill).into_owned());
        let fresh = fills().filter(|fill| !table::is_branch(&format!("{stem} {}", next(fill)))).take(2);
        fresh.flat_map(|fill| self.filled(stem, rest, &fill)).collect()
    }

    /// The stem and the rest of the pattern, with up to two labels more where that is allowed: under a
    /// wildcard rule the first of them belongs to the suffix.
    fn filled(&self, stem: &str, rest: &[LabelShape<'_>], fill: &str) -> Vec<String> {
        let mut key = stem.to_owned();
        for shape in rest {
            key.push(' ');
            key.push_str(&shape.filled(fill));
        }
        let mut keys = vec![key.clone()];
        for _ in 0..if self.open { 2 } else { 0 } {
            key.push(' ');
            key.push_str(fill);
            keys.push(key.clone());
        }
        keys
    }
}

/// Texts for a star: one letter, then two, since some registries have a rule for each letter.
fn fills() -> impl Iterator<Item = String> {
    let single = ('a'..='z').map(String::from);
    let double =
        ('a'..='z').flat_map(|first| ('a'..='z').map(move |second| String::from_iter([first, second])));
    single.chain(double)
}

/// A matched name that has a registrable domain.
#[derive(Clone)]
struct Site {
    key: String,
    /// Where the labels of the public suffix end in the key.
    suffix_end: usize,
    /// Where those of the registrable domain end.
    end: usize,
    section: Section,
}

impl Site {
    /// Nothing for a name that is a public suffix itself.
    fn new(key: String) -> Option<Self> {
        let (labels, section) = suffix_len(&key);
        let mut ends = key.match_indices(' ').map(|(at, _)| at).skip(labels - 1);
        let suffix_end = ends.next()?;
        let end = ends.next().unwrap_or(key.len());
        Some(Self { suffix_end, end, section, key })
    }

    fn registrable(&self) -> &str {
        &self.key[..self.end]
    }

    fn suffix(&self) -> &str {
        &self.key[..self.suffix_end]
    }

    fn name(&self) -> String {
        self.key.rsplit(' ').collect::<Vec<_>>().join(".")
    }
}

/// How much a pair of sites says; the greater the graver, then the clearer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// One of a registry and one of a private suffix below it.
    Mixed,
    /// Under two suffixes, neither a registry's.
    Cousins,
    /// Under one suffix, not a registry's.
    Siblings,
    /// Both of registries.
    Registry,
}

/// Two sites with different registrable domains.
struct Pair(Site, Site);

impl Pair {
    fn weight(&self) -> Weight {
        match (self.0.section == Section::Icann, self.1.section == Section::Icann) {
            (true, true) => Weight::Registry,
            (false, false) if self.0.suffix() == self.1.suffix() => Weight::Siblings,
            (false, false) => Weight::Cousins,
            (true, false) | (false, true) => Weight::Mixed,
        }
    }

    fn into_span(self, anchor: DomainName) -> Span {
        let Self(a, b) = self;
        let common: Vec<&str> =
            a.key.split(' ').zip(b.key.split(' ')).take_while(|(x, y)| x == y).map(|(x, _)| x).collect();
        let suffix = common.into_iter().rev().collect::<Vec<_>>().join(".");
        let examples = match (a.name().parse(), b.name().parse()) {
            (Ok(a), Ok(b)) => Some([a, b]),
            _ => None,
        };
        Span {
            // Labels of the list between labels of the pattern could break the rules for names written
            // from right to left; then the pattern's own labels must do.
            suffix: suffix.parse().unwrap_or(anchor),
            // The registry of a mixed pair has one site only: what lies across is the other's suffix.
            section: a.section.max(b.section),
            examples,
        }
    }
}

/// The best pair so far, and one site of each kind to pair later ones with.
#[derive(Default)]
struct Search {
    registry: Option<Site>,
    private: Option<Site>,
    best: Option<Pair>,
}

impl Search {
    /// Whether nothing graver can be found.
    fn is_over(&self) -> bool {
        self.best.as_ref().is_some_and(|pair| pair.weight() == Weight::Registry)
    }

    /// Whether only a registry's suffix would be graver.
    fn found_siblings(&self) -> bool {
        self.best.as_ref().is_some_and(|pair| pair.weight() >= Weight::Siblings)
    }

    fn look_at(&mut self, shape: &Shape<'_>, stem: &str) {
        let mut of_stem: Vec<Site> = Vec::new();
        for site in shape.specimens(stem).into_iter().filter_map(Site::new) {
            for other in of_stem.iter().chain(&self.registry).chain(&self.private) {
                if other.registrable() == site.registrable() {
                    continue;
                }
                let pair = Pair(other.clone(), site.clone());
                if self.best.as_ref().is_none_or(|best| best.weight() < pair.weight()) {
                    self.best = Some(pair);
                }
            }
            let kept = if site.section == Section::Icann { &mut self.registry } else { &mut self.private };
            kept.get_or_insert_with(|| site.clone());
            of_stem.push(site);
        }
    }
}
