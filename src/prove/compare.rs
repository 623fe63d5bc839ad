//! What a plan says against what was read.

use std::collections::BTreeSet;

use super::MOST;
use crate::model::{Host, HostIndex, Intent, Request, RequestPattern, RequestSet, boundary_requests};
use crate::plan::Plan;
use crate::read::{AtHost, Rulebase};

/// Where the rules that were read for an intent do not grant what is meant: a few, each with a request.
///
/// `meant` is sorted, as a plan has it.
pub(super) fn differences(intent: Intent, meant: &[RequestPattern], read: &Rulebase) -> Vec<String> {
    let Some(granted) = read.granted() else { return by_asking(intent, meant, read) };
    if *granted == *meant {
        return Vec::new();
    }
    let (meant, granted) = (RequestSet::new(meant), RequestSet::new(&*granted));
    let wider = granted.witness_outside(&meant).map(|request| said(intent, &request, true));
    let narrower = meant.witness_outside(&granted).map(|request| said(intent, &request, false));
    wider.into_iter().chain(narrower).collect()
}

/// The same where a rule refuses what a later one grants.
fn by_asking(intent: Intent, meant: &[RequestPattern], read: &Rulebase) -> Vec<String> {
    let index = read.index();
    let mut hosts = HostIndex::new();
    meant.iter().for_each(|pattern| hosts.insert(pattern.host.clone(), pattern));
    let patterns: BTreeSet<&RequestPattern> = read.patterns().chain(meant).collect();
    let mut found = Vec::new();
    let mut at: Option<(Host, AtHost<'_>, Vec<&RequestPattern>)> = None;
    for request in boundary_requests(patterns) {
        let (_, read_at, meant_at) = match &mut at {
            Some(same) if same.0 == request.host => same,
            other => {
                let host = request.host.clone();
                let (read_at, meant_at) = (index.at(&host), hosts.matching(&host).copied().collect());
                other.insert((host, read_at, meant_at))
            }
        };
        let granted = read_at.grants(&request);
        if granted != meant_at.iter().any(|pattern| serves(pattern, &request)) {
            found.push(said(intent, &request, granted));
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// One line about a request that is granted and should not be, or the other way round.
fn said(intent: Intent, request: &Request, granted: bool) -> String {
    let (is, not_meant) = match intent {
        Intent::Allow => ("let through", "refused"),
        Intent::BypassInspection => ("exempt from inspection", "inspected"),
        Intent::BypassAuthentication => ("exempt from authentication", "asked who it is"),
        Intent::Direct => ("sent past the proxy", "sent through it"),
    };
    let (got, expected) = if granted { (is, not_meant) } else { (not_meant, is) };
    format!("`{request}` is {got}, and should be {expected}")
}

/// Whether a pattern that matches the host matches the rest of a request.
fn serves(pattern: &RequestPattern, request: &Request) -> bool {
    pattern.schemes.contains(request.scheme)
        && pattern.ports.contains(request.port)
        && pattern.path.matches(&request.path)
}

/// What a plan says that the entries mean, by host.
pub(super) struct Meant<'p>(HostIndex<(Intent, &'p RequestPattern)>, Vec<&'p RequestPattern>);

/// The same for one host.
pub(super) struct MeantAt<'m>(Vec<(Intent, &'m RequestPattern)>);

impl<'p> Meant<'p> {
    /// Of every intent that applies.
    pub(super) fn new(plan: &'p Plan<'_>) -> Self {
        let mut index = HostIndex::new();
        let mut all = Vec::new();
        for (&intent, planned) in &plan.intents {
            for pattern in &planned.means {
                index.insert(pattern.host.clone(), (intent, pattern));
                all.push(pattern);
            }
        }
        Self(index, all)
    }

    /// All of them.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &'p RequestPattern> {
        self.1.iter().copied()
    }

    /// What is meant for a host.
    pub(super) fn at(&self, host: &Host) -> MeantAt<'p> {
        MeantAt(self.0.matching(host).copied().collect())
    }
}

impl MeantAt<'_> {
    /// Whether a request to the host is meant for an intent.
    pub(super) fn has(&self, intent: Intent, request: &Request) -> bool {
        self.0.iter().any(|(of, pattern)| *of == intent && serves(pattern, request))
    }
}
