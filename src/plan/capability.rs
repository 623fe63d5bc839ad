//! What a target can say, found out by asking it.

use std::collections::BTreeSet;
use std::fmt;

use super::fidelity;
use crate::emit::Emitter;
use crate::model::{Intent, PathPattern, RequestPattern, RequestSet, Rule, Scheme};
use crate::profile::{Difference, Settings};
use crate::source::Provenance;

/// One kind of rule, to ask targets about.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// What it stands for: `exact name`.
    pub what: &'static str,
    rule: Rule,
}

/// One specimen of every kind of rule.
pub fn specimens() -> Vec<Specimen> {
    let https = |what, host: &str| specimen(what, host, Scheme::Https, 443, "");
    vec![
        https("a.example.com", "a.example.com"),
        https("*.example.com", "*.example.com"),
        https(".example.com", ".example.com"),
        https("*cdn.example.com", "*cdn.example.com"),
        https("pre-*.example.com", "pre-*.example.com"),
        https("a.*.example.com", "a.*.example.com"),
        specimen("http://…/path/*", "www.example.com", Scheme::Http, 80, "/path/*"),
        specimen("…:8443", "a.example.com", Scheme::Https, 8443, ""),
        https("203.0.113.0/24", "203.0.113.0/24"),
    ]
}

fn specimen(what: &'static str, host: &str, scheme: Scheme, port: u16, path: &str) -> Specimen {
    let pattern = RequestPattern::new(
        host.parse().expect("internal error: a specimen is a host pattern"),
        scheme,
        port,
        PathPattern::parse(path).expect("internal error: a specimen has a path"),
    );
    Specimen { what, rule: Rule { pattern, provenance: Provenance::default() } }
}

/// How a target says one kind of rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Capability {
    /// The intent does not apply to the target.
    NotApplicable,
    /// It cannot be said.
    Unsupported,
    /// As asked, or more, or less, or both, by these kinds.
    Said {
        /// By what it is wider.
        wider: BTreeSet<Difference>,
        /// By what it is narrower.
        narrower: BTreeSet<Difference>,
    },
}

impl Capability {
    /// Asks a target.
    pub fn of(emitter: &dyn Emitter, settings: &Settings, intent: Intent, specimen: &Specimen) -> Self {
        let rule = &specimen.rule;
        // Nothing on plain HTTP is inspected, so no policy asks for it.
        let no_such_rule =
            intent == Intent::BypassInspection && !rule.pattern.schemes.contains(Scheme::Https);
        if !emitter.applies(settings, intent) || no_such_rule {
            return Self::NotApplicable;
        }
        let Ok(words) = emitter.encode(settings, intent, rule) else { return Self::Unsupported };
        let kinds = |deviations: Vec<super::Deviation>| deviations.into_iter().map(|d| d.kind).collect();
        Self::Said {
            wider: kinds(fidelity::wider(0, rule, &words, &RequestSet::new([&rule.pattern]))),
            narrower: kinds(fidelity::narrower(0, rule, &words, &RequestSet::new(&words.means))),
        }
    }
}

/// `exact`, `wider: port, scheme`, `no`, `-`.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |kinds: &BTreeSet<Difference>| {
            kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::NotApplicable => f.write_str("-"),
            Self::Unsupported => f.write_str("no"),
            Self::Said { wider, narrower } => match (wider.is_empty(), narrower.is_empty()) {
                (true, true) => f.write_str("exact"),
                (false, true) => write!(f, "wider: {}", names(wider)),
                (true, false) => write!(f, "narrower: {}", names(narrower)),
                (false, false) => write!(f, "wider: {}; narrower: {}", names(wider), names(narrower)),
            },
        }
    }
}
