//! The policy as a table that a log is joined with.
//!
//! A host has few keys: a name, the whole labels at its right end; an address, the digits that it begins with. An entry
//! hangs on one key, so an engine finds it by equality, whatever the pattern, and asks the rest of what it found: that
//! what is left of the key is there or is not, the text or the expression inside of a label, scheme, ports, path.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::{HostPattern, LabelPattern, PathPattern, RequestPattern, Requirement, Scheme};

/// What a key of an address begins with, which no name does.
pub const SIGN: char = '/';

/// Bits of a digit of an address.
const DIGIT: u8 = 4;

/// A rule, as the answers name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// What is let through.
    pub pattern: RequestPattern,
    /// Whether it must be.
    pub requirement: Requirement,
}

/// Where a host stands below the key of an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// The key is the whole host.
    Itself,
    /// Something is left of the key.
    Below,
    /// Either.
    Either,
}

impl Place {
    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Itself => "self",
            Self::Below => "below",
            Self::Either => "either",
        }
    }
}

/// One row. A rule has as many as its host has keys, times its ranges of ports; a request is of at most one of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// The number of the rule, its place in the policy.
    pub rule: u32,
    /// Whole labels, nothing for every name, or `/4/` and `/6/` with the first digits of addresses.
    pub key: String,
    /// Where the host stands.
    pub place: Place,
    /// What the name ends in, if that is more than the key.
    pub ends: String,
    /// A regular expression of the whole name without a backslash, if it takes one.
    pub glob: String,
    /// `http`, `https` or `any`.
    pub scheme: &'static str,
    /// The first port.
    pub low: u16,
    /// The last port.
    pub high: u16,
    /// What the path begins with; nothing for every path.
    pub path: String,
    /// Whether that text may end inside of a segment.
    pub is_prefix: bool,
}

/// A path without a limit, or the text and whether it may end inside of a segment.
fn path(pattern: &PathPattern) -> (&str, bool) {
    match pattern {
        PathPattern::Any => ("", true),
        PathPattern::Prefix(text) => (text, true),
        PathPattern::Segment(text) => (text, false),
    }
}

/// The table of these rules, in their order.
pub fn entries<'r>(rules: impl IntoIterator<Item = &'r RequestPattern>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (rule, pattern) in (0..).zip(rules) {
        let scheme = match Scheme::ALL.map(|own| pattern.schemes.contains(own)) {
            [true, true] => "any",
            [true, false] => "http",
            [false, true] => "https",
            [false, false] => continue,
        };
        let (path, is_prefix) = path(&pattern.path);
        for (key, place, ends, glob) in hosts(&pattern.host) {
            entries.extend(pattern.ports.ranges().map(|ports| Entry {
                rule,
                key: key.clone(),
                place,
                ends: ends.clone(),
                glob: glob.clone(),
                scheme,
                low: *ports.start(),
                high: *ports.end(),
                path: path.to_owned(),
                is_prefix,
            }));
        }
    }
    entries
}

/// Key, place, end and expression of a pattern of hosts.
fn hosts(pattern: &HostPattern) -> Vec<(String, Place, String, String)> {
    let plain = |place| {
        // Nothing for every name.
        let key = pattern.anchor().map_or_else(String::new, |own| own.to_string());
        vec![(key, place, String::new(), String::new())]
    };
    match pattern {
        HostPattern::Exact(_) => plain(Place::Itself),
        HostPattern::Descendants(_) => plain(Place::Below),
        HostPattern::Subtree(_) => plain(Place::Either),
        HostPattern::TextSuffix(suffix) => {
            vec![(suffix.parent().to_string(), Place::Below, suffix.text(), String::new())]
        }
        HostPattern::LabelGlob(glob) => {
            let labels: Vec<String> = glob.labels().iter().map(expression).collect();
            let whole = format!("^{}$", labels.join("[.]"));
            vec![(glob.parent().to_string(), Place::Below, String::new(), whole)]
        }
        HostPattern::Address(network) => {
            let keys = networks(network).into_iter();
            keys.map(|key| (key, Place::Either, String::new(), String::new())).collect()
        }
    }
}

/// A label of letters, digits, hyphens and underscores, which mean themselves; its star is one or more octets.
fn expression(label: &LabelPattern) -> String {
    match label {
        LabelPattern::Literal(text) => text.to_string(),
        LabelPattern::Star { prefix, suffix } => format!("{prefix}[^.]+{suffix}"),
    }
}

/// The first digits of all addresses of a network: up to eight texts, as its prefix may end inside of a digit.
fn networks(network: &IpNet) -> Vec<String> {
    let length = network.prefix_len().div_ceil(DIGIT) * DIGIT;
    let subnets = network.subnets(length).expect("internal error: a prefix within an address");
    subnets
        .map(|subnet| {
            let digits = address(subnet.addr());
            digits[..digits.len() - usize::from((network.max_prefix_len() - length) / DIGIT)].to_owned()
        })
        .collect()
}

/// The longest key of an address, `/4/c0000201`.
pub fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(own) => format!("{SIGN}4{SIGN}{:08x}", own.to_bits()),
        IpAddr::V6(own) => format!("{SIGN}6{SIGN}{:032x}", own.to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{hosts as all_hosts, request_pattern};
    use crate::model::{Host, Request};

    /// The keys of a host, as an engine makes them: each with whether it is the whole.
    fn keys(host: &Host) -> Vec<(String, bool)> {
        let (whole, mut keys): (String, Vec<String>) = match host {
            Host::Name(name) => {
                let labels: Vec<&str> = name.as_str().split('.').collect();
                (name.to_string(), (0..=labels.len()).map(|at| labels[at..].join(".")).collect())
            }
            Host::Address(own) => {
                let whole = address(*own);
                (whole.clone(), ("/4/".len()..=whole.len()).map(|at| whole[..at].to_owned()).collect())
            }
        };
        keys.dedup();
        keys.into_iter().map(|key| (key.clone(), key == whole)).collect()
    }

    /// What the engines do with a row that they found by its key.
    fn is_of(entry: &Entry, is_whole: bool, request: &Request) -> bool {
        let name = request.host.to_string();
        let place = if is_whole { Place::Itself } else { Place::Below };
        let path = &*request.path;
        (entry.place == place || entry.place == Place::Either)
            && name.ends_with(&entry.ends)
            && (entry.glob.is_empty()
                || regex_automata::meta::Regex::new(&entry.glob).unwrap().is_match(&name))
            && (entry.scheme == "any" || entry.scheme == request.scheme.as_str())
            && (entry.low..=entry.high).contains(&request.port)
            && (entry.path.is_empty()
                || path.starts_with(&entry.path)
                    && (entry.is_prefix
                        || path == entry.path
                        || path.starts_with(&format!("{}/", entry.path))))
    }

    proptest! {
        /// Joining by key and asking the rest finds a rule once where its pattern matches, and never else.
        #[test]
        fn the_table_means_what_the_patterns_match(
            patterns in vec(request_pattern(false), 0..12),
            first in 0..40_usize,
            is_http in any::<bool>(),
            port in proptest::sample::select(&[80_u16, 443, 8443, 8444][..]),
            path in proptest::sample::select(&["/", "/a", "/a/b", "/ab", "/A"][..]),
        ) {
            let entries = entries(&patterns);
            let scheme = if is_http { Scheme::Http } else { Scheme::Https };
            for host in all_hosts().into_iter().skip(first).step_by(41) {
                let request = Request { scheme, host, port, path: path.to_owned() };
                let mut found: Vec<u32> = Vec::new();
                for (key, is_whole) in keys(&request.host) {
                    found.extend(entries.iter().filter(|own| own.key == key && is_of(own, is_whole, &request)).map(|own| own.rule));
                }
                found.sort_unstable();
                let want: Vec<u32> = (0..).zip(&patterns).filter(|(_, own)| own.matches(&request)).map(|(at, _)| at).collect();
                prop_assert_eq!(found, want, "{}", request);
            }
        }
    }

    #[test]
    fn networks_are_the_digits_that_they_begin_with() {
        let of = |text: &str| networks(&text.parse().unwrap());
        assert_eq!(of("10.0.0.0/8"), ["/4/0a"]);
        assert_eq!(of("192.0.2.0/30"), ["/4/c0000200", "/4/c0000201", "/4/c0000202", "/4/c0000203"]);
        assert_eq!(of("8.0.0.0/6"), ["/4/08", "/4/09", "/4/0a", "/4/0b"]);
        assert_eq!(of("0.0.0.0/0"), ["/4/"]);
        assert_eq!(of("2001:db8::/32"), ["/6/20010db8"]);
        assert_eq!(of("fd00::1/128"), ["/6/fd000000000000000000000000000001"]);
    }
}
