//! Which host patterns cover which, pattern by pattern.

use super::{HostPattern, LabelGlob, LabelPattern, TextSuffix};
use crate::model::domain::{DomainName, MAX_LABEL, MAX_NAME};
use crate::model::request::Host;

/// The hosts of a pattern, where the limits of names leave fewer forms than patterns have: nothing fits
/// below a name of 252 octets.
enum Extent<'a> {
    Nothing,
    One(DomainName),
    /// The name, if `apex`, and everything below, where there is room for something.
    Below {
        name: DomainName,
        apex: bool,
    },
    /// As written, where there is room for one more octet in front of the text.
    TextSuffix(&'a TextSuffix),
    /// As written. It always matches 38 names at least.
    LabelGlob(&'a LabelGlob),
    Addresses(ipnet::IpNet),
}

/// Whether names exist below a name.
fn has_room_below(name: &DomainName) -> bool {
    name.as_str().len() + ".a".len() <= MAX_NAME
}

fn has_room_for_two_labels(name: &DomainName) -> bool {
    name.as_str().len() + ".a.a".len() <= MAX_NAME
}

impl LabelGlob {
    /// Whether it is every name one label below `name`.
    fn is_all_below(&self, name: &DomainName) -> bool {
        LabelGlob::at_depth(name, 1).is_some_and(|all| all == *self)
    }
}

impl<'a> Extent<'a> {
    fn of(pattern: &'a HostPattern) -> Self {
        match pattern {
            HostPattern::Exact(name) => Self::One(name.clone()),
            HostPattern::Subtree(name) => Self::below(name.clone(), true),
            HostPattern::Descendants(name) => Self::below(name.clone(), false),
            HostPattern::TextSuffix(suffix) => Self::text_suffix(suffix),
            HostPattern::LabelGlob(glob) => Self::LabelGlob(glob),
            HostPattern::Address(network) => Self::Addresses(*network),
        }
    }

    fn below(name: DomainName, apex: bool) -> Self {
        match (has_room_below(&name), apex) {
            (true, _) => Self::Below { name, apex },
            (false, true) => Self::One(name),
            (false, false) => Self::Nothing,
        }
    }

    fn text_suffix(suffix: &'a TextSuffix) -> Self {
        let octets = suffix.head().len() + ".".len() + suffix.parent().as_str().len();
        if suffix.head().len() < MAX_LABEL && octets < MAX_NAME {
            return Self::TextSuffix(suffix);
        }
        // The text itself is no name where it is too long or its punycode is refused.
        suffix.text().parse().map_or(Self::Nothing, |name| Self::below(name, true))
    }
}

impl HostPattern {
    /// Whether every host that `other` matches is matched.
    pub fn covers(&self, other: &Self) -> bool {
        match Extent::of(other) {
            Extent::Nothing => true,
            Extent::One(name) => self.matches(&Host::Name(name)),
            Extent::Below { name, apex } => {
                self.covers_below(&name) && (!apex || self.matches(&Host::Name(name.clone())))
            }
            Extent::TextSuffix(suffix) => self.covers_suffix(suffix),
            Extent::LabelGlob(glob) => self.covers_glob(glob),
            Extent::Addresses(network) => match self {
                Self::Address(own) => own.contains(&network),
                Self::Exact(_)
                | Self::Subtree(_)
                | Self::Descendants(_)
                | Self::TextSuffix(_)
                | Self::LabelGlob(_) => false,
            },
        }
    }

    /// Whether no host is matched: what should be in front of a long text makes no name.
    pub fn is_empty(&self) -> bool {
        matches!(Extent::of(self), Extent::Nothing)
    }

    /// Whether all names below a name are matched. There is room for some.
    fn covers_below(&self, name: &DomainName) -> bool {
        match self {
            Self::Subtree(own) | Self::Descendants(own) => own == name || name.is_below(own),
            Self::TextSuffix(own) => own.matches(name),
            // One level is all where there is no room for two.
            Self::LabelGlob(own) => !has_room_for_two_labels(name) && own.is_all_below(name),
            Self::Exact(_) | Self::Address(_) => false,
        }
    }

    /// Whether all names that end in a text are matched. There is room for an octet in front of it.
    fn covers_suffix(&self, suffix: &TextSuffix) -> bool {
        match self {
            Self::Subtree(own) | Self::Descendants(own) => {
                own == suffix.parent() || suffix.parent().is_below(own)
            }
            // Thousands may be below one name.
            Self::TextSuffix(own) if own.parent() == suffix.parent() => suffix.head().ends_with(own.head()),
            Self::TextSuffix(own) => suffix.text().ends_with(&own.text()),
            // Where only one octet more fits, it belongs to the same label.
            Self::LabelGlob(own) => {
                suffix.text().len() + ".a".len() > MAX_NAME && own.is_all_below(suffix.parent())
            }
            Self::Exact(_) | Self::Address(_) => false,
        }
    }

    /// Whether all names of a glob are matched.
    fn covers_glob(&self, glob: &LabelGlob) -> bool {
        let from_right = || glob.labels().iter().rev();
        // How many labels of the glob are these names, from the right, if all are literal and equal.
        let literal = |name: &DomainName| {
            let equal = |(label, own): (&LabelPattern, &str)| matches!(label, LabelPattern::Literal(text) if **text == *own);
            let count = name.label_count();
            (count <= glob.labels().len() && from_right().zip(name.labels_from_right()).all(equal))
                .then_some(count)
        };
        match self {
            Self::Subtree(own) => literal(own).is_some(),
            Self::Descendants(own) => literal(own).is_some_and(|count| count < glob.labels().len()),
            Self::TextSuffix(own) => literal(own.parent())
                .and_then(|count| from_right().nth(count))
                .is_some_and(|label| label.ends_with(own.head())),
            Self::LabelGlob(own) => {
                own.labels().len() == glob.labels().len()
                    && own.labels().iter().zip(glob.labels()).all(|(own, label)| own.covers(label))
            }
            Self::Exact(_) | Self::Address(_) => false,
        }
    }
}

impl LabelPattern {
    /// Whether every label that `other` matches is matched.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Literal(text)) => self.matches(text),
            (Self::Literal(_), Self::Star { .. }) => false,
            (Self::Star { prefix, suffix }, Self::Star { prefix: others, suffix: ends }) => {
                others.starts_with(&**prefix) && ends.ends_with(&**suffix)
            }
        }
    }

    /// Whether every label that is matched ends in `text`.
    fn ends_with(&self, text: &str) -> bool {
        match self {
            Self::Literal(own) => own.ends_with(text),
            Self::Star { suffix, .. } => suffix.ends_with(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::path::PathPattern;
    use crate::model::request::{Ports, RequestPattern, Scheme, Schemes};
    use crate::model::request_set::RequestSet;
    use crate::model::samples::host_pattern;

    /// What the sets of the patterns say.
    fn includes(one: &RequestPattern, other: &RequestPattern) -> bool {
        RequestSet::new([one]).includes(&RequestSet::new([other])).is_ok()
    }

    fn of_host(host: &HostPattern) -> RequestPattern {
        RequestPattern::new(host.clone(), Scheme::Https, 443, PathPattern::Any)
    }

    #[test]
    fn the_limits_of_names_count() {
        // Room for nothing, for one octet with its dot, and for two.
        let parents = [252, 251, 250].map(|len| format!("{}{}", "a.".repeat(100), name_of(len - 200)));
        let mut texts: Vec<String> = parents
            .iter()
            .flat_map(|parent| ["", ".", "*.", "*b.", "*cb.", "b*."].map(|front| format!("{front}{parent}")))
            .filter(|text| text.parse::<HostPattern>().is_ok())
            .collect();
        texts.extend([62, 63].map(|len| format!("*{}.example", "q".repeat(len))));
        texts.extend([61, 62, 63].map(|len| format!(".{}.example", "q".repeat(len))));
        texts.extend([format!("q*{}.example", "q".repeat(61)), "10.0.0.0/8".to_owned()]);
        texts.extend(
            ["*xn--a.example", "*a.example", ".xn--bcher-kva.example", "*xn--bcher-kva.example"]
                .map(str::to_owned),
        );
        let mut patterns: Vec<HostPattern> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let names = parents.iter().map(|parent| parent.parse::<DomainName>().unwrap());
        let globs = names.flat_map(|name| [1, 2].map(|depth| LabelGlob::at_depth(&name, depth)));
        patterns.extend(globs.flatten().map(HostPattern::LabelGlob));
        for one in &patterns {
            for other in &patterns {
                assert_eq!(one.covers(other), includes(&of_host(one), &of_host(other)), "{one} {other}");
            }
        }
    }

    /// A name of some octets below a short top-level one.
    fn name_of(octets: usize) -> String {
        format!("{}.example", "q".repeat(octets - ".example".len()))
    }

    fn request_pattern() -> BoxedStrategy<RequestPattern> {
        let schemes = prop_oneof![
            Just(Schemes::ANY),
            Just(Schemes::only(Scheme::Http)),
            Just(Schemes { http: false, https: false }),
        ];
        let ports = prop_oneof![
            Just(Ports::from_ranges([80..=80, 443..=443])),
            Just(Ports::one(80)),
            Just(Ports::any()),
            Just(Ports::from_ranges([])),
        ];
        let path = prop_oneof![Just(""), Just("/a"), Just("/a*"), Just("/a/")];
        (host_pattern(), schemes, ports, path)
            .prop_map(|(host, schemes, ports, path)| RequestPattern {
                host,
                schemes,
                ports,
                path: PathPattern::parse(path).unwrap(),
            })
            .boxed()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn covering_hosts_is_inclusion(one in host_pattern(), other in host_pattern()) {
            prop_assert_eq!(one.covers(&other), includes(&of_host(&one), &of_host(&other)), "{} {}", one, other);
        }

        #[test]
        fn covering_requests_is_inclusion(one in request_pattern(), other in request_pattern(), same in any::<bool>()) {
            let one = if same { one.with_host(other.host.clone()) } else { one };
            prop_assert_eq!(one.covers(&other), includes(&one, &other), "{} {}", one, other);
        }
    }
}
