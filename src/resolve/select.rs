//! Which endpoints a profile asks for.

use std::sync::Arc;

use super::Request;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{
    Endpoint, Geography, HostPattern, Inspection, Intent, PathPattern, Platform, Platforms, Policy,
    RequestPattern, Requirement, Scheme, WindowsRange,
};
use crate::profile::{Geographies, Select, Spanned};
use crate::regions;
use crate::source::{At, Cell, Provenance, Sourced};

/// The endpoints that the profile selects.
pub fn selected<'a>(endpoints: &'a [Endpoint], select: &'a Select) -> impl Iterator<Item = &'a Endpoint> {
    endpoints.iter().filter(|endpoint| keeps(select, endpoint) && excluded_by(select, endpoint).is_none())
}

/// Whether the profile's geographies, platforms, Windows releases and requirements keep an endpoint.
/// Exclusions are another matter.
pub fn keeps(select: &Select, endpoint: &Endpoint) -> bool {
    keeps_geography(&select.geographies, &endpoint.geography)
        && select.platforms.iter().any(|&platform| endpoint.platforms.may_include(platform))
        && select.requirements.contains(&endpoint.requirement.unwrap_or(Requirement::Required))
        && select.windows.is_none_or(|range| keeps_windows(select, range, endpoint))
}

fn keeps_geography(wanted: &Geographies, geography: &Geography) -> bool {
    match (wanted, geography) {
        (Geographies::All, _) | (_, Geography::Worldwide) => true,
        (Geographies::Only(customers), Geography::Regions(regions)) => {
            regions.iter().any(|region| customers.iter().any(|customer| regions::serves(region, customer)))
        }
    }
}

/// The newest document that says anything of Windows releases decides; a client that is not Windows
/// keeps the endpoint whatever it says.
fn keeps_windows(select: &Select, range: WindowsRange, endpoint: &Endpoint) -> bool {
    let another = select
        .platforms
        .iter()
        .any(|&platform| platform != Platform::Windows && endpoint.platforms.may_include(platform));
    let Some(newest) = endpoint.windows.iter().map(|claim| claim.date).max() else { return true };
    another
        || endpoint
            .windows
            .iter()
            .filter(|claim| claim.date == newest)
            .any(|claim| claim.needed_by.overlaps(range))
}

fn excluded_by<'s>(select: &'s Select, endpoint: &Endpoint) -> Option<&'s Spanned<HostPattern>> {
    select.exclude.iter().find(|exclude| exclude.value.covers(&endpoint.pattern.value.host))
}

/// The hosts that the profile adds, as endpoints whose category is the reason. Their place is the profile's line.
pub fn included(request: Request<'_>, findings: &mut Vec<Diagnostic>) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for include in &request.profile.select.include {
        let value = &include.value;
        let text = value.host.to_string();
        let place = Place::Profile { line: include.line, column: include.column, text: text.clone() };
        if let Some(day) = value.expires.filter(|day| *day < request.today) {
            findings.push(
                Diagnostic::new(
                    Code::ExpiredInclude,
                    format!("`{text}` was included until {day}"),
                    place,
                    "left out since",
                )
                .help(format!("ask {} whether it is still needed ({})", value.owner, value.reason)),
            );
            continue;
        }
        let from = request.profile_source.map_or_else(Provenance::default, |source| {
            Provenance::one(Cell {
                source,
                sheet: Arc::from(""),
                at: At::Line(include.line.saturating_sub(1)),
                text: Arc::from(text.as_str()),
            })
        });
        endpoints.extend(value.ports.iter().map(|&port| Endpoint {
            pattern: Sourced {
                value: RequestPattern::new(value.host.clone(), Scheme::of_port(port), port, PathPattern::Any),
                from: from.clone(),
            },
            https_path: None,
            geography: Geography::Worldwide,
            service: Arc::from("added by the profile"),
            category: Arc::from(value.reason.as_str()),
            requirement: Some(Requirement::Required),
            platforms: Platforms::NotStated,
            windows: Vec::new(),
            direct_required: false,
            inspection: Inspection::NotStated,
        }));
    }
    endpoints
}

/// Exclusions that dropped nothing, and those whose hosts another rule still lets through.
pub(super) fn report_excludes(
    endpoints: &[Endpoint],
    request: Request<'_>,
    policy: &Policy,
    findings: &mut Vec<Diagnostic>,
) {
    let select = &request.profile.select;
    if select.exclude.is_empty() {
        return;
    }
    let allowed = policy.index(Intent::Allow);
    for exclude in &select.exclude {
        let text = exclude.value.to_string();
        let place = Place::Profile { line: exclude.line, column: exclude.column, text: text.clone() };
        let mut dropped = endpoints
            .iter()
            .filter(|endpoint| keeps(select, endpoint) && exclude.value.covers(&endpoint.pattern.value.host))
            .peekable();
        if dropped.peek().is_none() {
            findings.push(
                Diagnostic::new(
                    Code::UnusedExclude,
                    format!("no selected endpoint lies inside `{text}`"),
                    place,
                    "this exclusion drops nothing",
                )
                .help("remove it, or check the pattern: an exclusion drops endpoints contained in it"),
            );
            continue;
        }
        let still = dropped.find_map(|endpoint| {
            let pattern = &endpoint.pattern.value;
            let rule = allowed
                .covering_candidates(&pattern.host)
                .map(|(_, &at)| &policy.rules(Intent::Allow)[at])
                .find(|rule| rule.pattern.covers(pattern))?;
            Some((pattern, rule))
        });
        if let Some((pattern, rule)) = still {
            findings.push(
                Diagnostic::new(
                    Code::ExcludeStillCovered,
                    format!("`{pattern}` is excluded, but `{}` still lets it through", rule.pattern),
                    place,
                    "excluded here",
                )
                .help(format!("exclude `{}` too, or narrow it by a correction", rule.pattern.host)),
            );
        }
    }
}
