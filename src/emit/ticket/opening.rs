//! A rule with everything that its endpoints say of it: for whom, and why.

use std::collections::{BTreeSet, HashMap};

use super::Surroundings;
use crate::diag::{Code, Place};
use crate::model::{Endpoint, Geography, PathPattern, Platform, Platforms, Requirement, Rule, Scheme};
use crate::source::Cell;

/// Findings that say what a destination opens beside what it is for.
const RISKS: &[Code] = &[
    Code::CoversPublicSuffix,
    Code::SharedHosting,
    Code::WorkspaceWildcard,
    Code::IdentityEndpoint,
    Code::MissingDot,
];

/// Endpoints by the cell that states them, and what was found there.
pub(super) struct Index<'a> {
    endpoints: HashMap<&'a Cell, Vec<&'a Endpoint>>,
    risks: HashMap<&'a Cell, BTreeSet<Code>>,
    /// The platforms that the profile selects.
    platforms: &'a BTreeSet<Platform>,
}

impl<'a> Index<'a> {
    pub(super) fn new(run: &Surroundings<'a>) -> Self {
        let mut by_cell: HashMap<&Cell, Vec<&Endpoint>> = HashMap::new();
        for endpoint in run.endpoints.iter().chain(run.included) {
            for cell in endpoint.pattern.from.cells() {
                by_cell.entry(cell).or_default().push(endpoint);
            }
        }
        let mut risks: HashMap<&Cell, BTreeSet<Code>> = HashMap::new();
        for finding in run.findings.iter().filter(|finding| RISKS.contains(&finding.code)) {
            if let Place::Cell(cell) = &finding.place {
                risks.entry(cell).or_default().insert(finding.code);
            }
        }
        Self { endpoints: by_cell, risks, platforms: run.platforms }
    }

    /// The endpoints that ask for a rule. A cell may name several, of which it covers some; it covers none of
    /// a cell that was corrected.
    fn of(&self, rule: &Rule) -> Vec<&'a Endpoint> {
        let mut asking = Vec::new();
        for stated in rule.provenance.cells().iter().filter_map(|cell| self.endpoints.get(cell)) {
            let before = asking.len();
            asking.extend(stated.iter().filter(|endpoint| rule.pattern.covers(&endpoint.pattern.value)));
            if asking.len() == before {
                asking.extend(stated);
            }
        }
        asking
    }
}

/// One rule, in the words of a firewall team.
pub(super) struct Opening<'a> {
    /// The rule.
    pub(super) rule: &'a Rule,
    /// `example.com`, `*.example.com`, `203.0.113.0/24`.
    pub(super) destination: String,
    /// `443`, `80,8000-8080`.
    pub(super) ports: String,
    /// The path of plain HTTP that it is limited to, or empty.
    pub(super) path: String,
    /// `windows, linux`, or `not stated`.
    pub(super) platforms: String,
    /// `WW`, `EU, UK`.
    pub(super) geographies: String,
    /// `required` if anybody requires it, else `optional`.
    pub(super) requirement: &'static str,
    /// What was found at its cells that a change board should know.
    pub(super) risks: BTreeSet<Code>,
    /// The vendor's services, in order.
    pub(super) services: Vec<&'a str>,
    /// The vendor's categories, in order.
    pub(super) categories: Vec<&'a str>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(rule: &'a Rule, index: &Index<'a>) -> Self {
        let endpoints = index.of(rule);
        // Several endpoints may share a part.
        let texts = |of: fn(&'a Endpoint) -> &'a str| -> Vec<&'a str> {
            let texts: BTreeSet<&str> = endpoints.iter().map(|endpoint| of(endpoint)).collect();
            texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
        };
        let optional = !endpoints.is_empty()
            && endpoints.iter().all(|endpoint| endpoint.requirement == Some(Requirement::Optional));
        Self {
            rule,
            destination: rule.pattern.host.to_string(),
            ports: rule.pattern.ports.to_string(),
            path: match &rule.pattern.path {
                PathPattern::Any => String::new(),
                limited => limited.to_string(),
            },
            platforms: platforms(&endpoints, index.platforms),
            geographies: geographies(&endpoints),
            requirement: if optional { "optional" } else { "required" },
            risks: rule
                .provenance
                .cells()
                .iter()
                .filter_map(|cell| index.risks.get(cell))
                .flatten()
                .copied()
                .collect(),
            services: texts(|endpoint| &endpoint.service),
            categories: texts(|endpoint| &endpoint.category),
        }
    }

    /// `http`, `https` or `http+https`.
    pub(super) fn schemes(&self) -> String {
        let own = |scheme: &Scheme| self.rule.pattern.schemes.contains(*scheme);
        Scheme::ALL
            .iter()
            .filter(|scheme| own(scheme))
            .map(|scheme| scheme.as_str())
            .collect::<Vec<_>>()
            .join("+")
    }
}

/// The platforms of the endpoints that the profile selects.
fn platforms(endpoints: &[&Endpoint], selected: &BTreeSet<Platform>) -> String {
    let mut all = BTreeSet::new();
    for endpoint in endpoints {
        match &endpoint.platforms {
            Platforms::NotStated => return "not stated".to_owned(),
            Platforms::Only(platforms) => {
                all.extend(platforms.iter().filter(|platform| selected.contains(platform)));
            }
        }
    }
    listed(all.into_iter().map(|platform: &Platform| platform.as_str()))
}

fn geographies(endpoints: &[&Endpoint]) -> String {
    let mut all = BTreeSet::new();
    for endpoint in endpoints {
        match &endpoint.geography {
            Geography::Worldwide => return Geography::Worldwide.to_string(),
            Geography::Regions(regions) => all.extend(regions),
        }
    }
    listed(all.into_iter().map(|region| region.code()))
}

/// `a, b`, or `not stated` where there is none: a pattern that the profile adds has no endpoint.
fn listed<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let texts: Vec<&str> = texts.collect();
    if texts.is_empty() { "not stated".to_owned() } else { texts.join(", ") }
}
