//! A rule with everything that its endpoints say of it: for whom, and why. What people are told of a policy, in tickets
//! and in comparisons.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{
    Endpoint, Geography, PathPattern, Platform, Platforms, RequestPattern, Requirement, Rule, Scheme,
};
use crate::source::{Cell, SourceMap};

/// Findings that say what a destination opens beside what it is for.
pub(crate) const RISKS: &[Code] = &[
    Code::CoversPublicSuffix,
    Code::SharedHosting,
    Code::WorkspaceWildcard,
    Code::IdentityEndpoint,
    Code::MissingDot,
];

/// Which endpoints ask for a rule.
#[derive(Debug)]
pub struct Asking<'a> {
    /// Every endpoint.
    pub endpoints: Vec<&'a Endpoint>,
    /// The first endpoint of each cell.
    by_cell: HashMap<&'a Cell, usize>,
    /// By endpoint, the next ones of its cells: most cells name one.
    next: HashMap<(&'a Cell, usize), usize>,
}

impl<'a> Asking<'a> {
    /// The endpoints of a run.
    pub fn new(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> Self {
        let endpoints: Vec<&Endpoint> = endpoints.into_iter().collect();
        let mut by_cell: HashMap<&Cell, usize> = HashMap::with_capacity(endpoints.len());
        let mut next = HashMap::new();
        for (at, endpoint) in endpoints.iter().enumerate().rev() {
            for cell in endpoint.pattern.from.cells() {
                if let Some(behind) = by_cell.insert(cell, at) {
                    next.insert((cell, at), behind);
                }
            }
        }
        Self { endpoints, by_cell, next }
    }

    /// The endpoints that ask for a rule: places in [`Asking::endpoints`]. A cell may name several, of which the
    /// rule covers some; it covers none of a cell that was corrected.
    pub fn of(&self, rule: &Rule) -> Vec<usize> {
        let mut asking = Vec::new();
        for cell in rule.provenance.cells() {
            let stated = || {
                std::iter::successors(self.by_cell.get(cell).copied(), move |&at| {
                    self.next.get(&(cell, at)).copied()
                })
            };
            let before = asking.len();
            asking.extend(stated().filter(|&at| rule.pattern.covers(&self.endpoints[at].pattern.value)));
            if asking.len() == before {
                asking.extend(stated());
            }
        }
        asking
    }
}

/// Endpoints by the cell that states them, and what was found there.
#[derive(Debug)]
pub struct Index<'a> {
    sources: &'a SourceMap,
    asking: Asking<'a>,
    risks: HashMap<&'a Cell, BTreeSet<Code>>,
    /// The platforms that the profile selects.
    platforms: &'a BTreeSet<Platform>,
}

impl<'a> Index<'a> {
    /// The endpoints of a run, with what was found of them. `platforms` are those that the profile selects.
    pub fn new(
        sources: &'a SourceMap,
        endpoints: impl IntoIterator<Item = &'a Endpoint>,
        findings: &'a [Diagnostic],
        platforms: &'a BTreeSet<Platform>,
    ) -> Self {
        let mut risks: HashMap<&Cell, BTreeSet<Code>> = HashMap::new();
        for finding in findings.iter().filter(|finding| RISKS.contains(&finding.code)) {
            if let Place::Cell(cell) = &finding.place {
                risks.entry(cell).or_default().insert(finding.code);
            }
        }
        Self { sources, asking: Asking::new(endpoints), risks, platforms }
    }

    fn of(&self, rule: &Rule) -> Vec<&'a Endpoint> {
        self.asking.of(rule).into_iter().map(|at| self.asking.endpoints[at]).collect()
    }
}

/// One rule, in the words of a firewall team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// What is let through.
    pub pattern: RequestPattern,
    /// The platforms that the profile selects and that need it.
    pub platforms: Platforms,
    /// The data locations that need it; nothing where no endpoint says.
    pub geography: Option<Geography>,
    /// Required if anybody requires it.
    pub requirement: Requirement,
    /// What was found at its cells that a change board should know.
    pub risks: BTreeSet<Code>,
    /// The vendor's services, in order.
    pub services: Vec<Arc<str>>,
    /// The vendor's categories, in order.
    pub categories: Vec<Arc<str>>,
    /// Its cells, a text for each sheet: `mde-urls.xlsx › Microsoft Defender URLs › E17, E19–E24`.
    pub places: Vec<String>,
}

impl Opening {
    /// A rule with what the endpoints that ask for it say.
    pub fn new(rule: &Rule, index: &Index<'_>) -> Self {
        let endpoints = index.of(rule);
        // Several endpoints may share a part.
        let texts = |of: fn(&Endpoint) -> &Arc<str>| -> Vec<Arc<str>> {
            let texts: BTreeSet<&Arc<str>> = endpoints.iter().map(|endpoint| of(endpoint)).collect();
            texts.into_iter().filter(|text| !text.trim().is_empty()).cloned().collect()
        };
        let optional = !endpoints.is_empty()
            && endpoints.iter().all(|endpoint| endpoint.requirement == Some(Requirement::Optional));
        let cells = rule.provenance.cells().iter();
        Self {
            pattern: rule.pattern.clone(),
            platforms: platforms(&endpoints, index.platforms),
            geography: geography(&endpoints),
            requirement: if optional { Requirement::Optional } else { Requirement::Required },
            risks: cells.filter_map(|cell| index.risks.get(cell)).flatten().copied().collect(),
            services: texts(|endpoint| &endpoint.service),
            categories: texts(|endpoint| &endpoint.category),
            places: rule.provenance.places_by_sheet(index.sources),
        }
    }

    /// `example.com`, `*.example.com`, `203.0.113.0/24`.
    pub fn destination(&self) -> String {
        self.pattern.host.to_string()
    }

    /// The path of plain HTTP that it is limited to, or empty.
    pub fn path(&self) -> String {
        match &self.pattern.path {
            PathPattern::Any => String::new(),
            limited => limited.to_string(),
        }
    }

    /// `http`, `https` or `http+https`.
    pub fn schemes(&self) -> String {
        let own = |scheme: &Scheme| self.pattern.schemes.contains(*scheme);
        let schemes = Scheme::ALL.iter().filter(|scheme| own(scheme)).map(|scheme| scheme.as_str());
        schemes.collect::<Vec<_>>().join("+")
    }

    /// `windows, linux`; nothing where it is not stated.
    pub fn platforms(&self) -> Option<String> {
        match &self.platforms {
            Platforms::NotStated => None,
            Platforms::Only(platforms) => {
                Some(platforms.iter().map(|own| own.as_str()).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// `WW`, `EU, UK`; nothing where it is not stated.
    pub fn geographies(&self) -> Option<String> {
        self.geography.as_ref().map(|geography| match geography {
            Geography::Worldwide => geography.to_string(),
            Geography::Regions(regions) => {
                regions.iter().map(|region| region.code()).collect::<Vec<_>>().join(", ")
            }
        })
    }

    /// `required` or `optional`.
    pub const fn requirement(&self) -> &'static str {
        match self.requirement {
            Requirement::Required => "required",
            Requirement::Optional => "optional",
        }
    }
}

/// The platforms of the endpoints that the profile selects.
fn platforms(endpoints: &[&Endpoint], selected: &BTreeSet<Platform>) -> Platforms {
    let mut all = BTreeSet::new();
    for endpoint in endpoints {
        match &endpoint.platforms {
            Platforms::NotStated => return Platforms::NotStated,
            Platforms::Only(platforms) => {
                all.extend(platforms.iter().filter(|platform| selected.contains(platform)));
            }
        }
    }
    // A pattern that the profile adds has no endpoint.
    if all.is_empty() { Platforms::NotStated } else { Platforms::Only(all) }
}

fn geography(endpoints: &[&Endpoint]) -> Option<Geography> {
    let mut all = BTreeSet::new();
    for endpoint in endpoints {
        match &endpoint.geography {
            Geography::Worldwide => return Some(Geography::Worldwide),
            Geography::Regions(regions) => all.extend(regions.iter().cloned()),
        }
    }
    (!all.is_empty()).then_some(Geography::Regions(all))
}
