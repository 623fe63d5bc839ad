//! `contradicting-documents`, as far as one row does not show it: rows that decide differently about Windows releases,
//! and what documents say of a wildcard's inspection. What one row and the known documents say, `normalize` reports;
//! the values of `ssl_options` are a lint about devices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::embedded;
use crate::model::{Endpoint, HostPattern, Intent, WindowsClaim};
use crate::normalize::{decisive, show_claim};
use crate::source::Cell;

/// Documents that disagree about a host, where each is a row of its own.
pub(super) struct ContradictingDocuments;

/// One row of `data/inspection-claims.yaml`.
struct Disputed {
    host: HostPattern,
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    host: String,
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    exempt: bool,
    document: String,
    date: Date,
}

static DISPUTED: LazyLock<Vec<Disputed>> = LazyLock::new(|| {
    let rows: Vec<Row> = embedded::table("data/inspection-claims.yaml");
    rows.into_iter()
        .map(|row| {
            let host = row.host.parse().unwrap_or_else(|error| {
                panic!("internal error: data/inspection-claims.yaml: `{}`: {error}", row.host)
            });
            Disputed { host, claims: row.claims }
        })
        .collect()
});

impl Lint for ContradictingDocuments {
    fn code(&self) -> Code {
        Code::ContradictingDocuments
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        report_releases(cx, report);
        report_inspection(cx, report);
    }
}

/// Rows of one host of which each decides by its own newest document.
fn report_releases(cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
    let mut hosts: BTreeMap<&HostPattern, Vec<(&WindowsClaim, &Cell)>> = BTreeMap::new();
    for endpoint in cx.selected {
        let (Some(claim), Some(cell)) = (decisive(&endpoint.windows), endpoint.pattern.from.first()) else {
            continue;
        };
        hosts.entry(&endpoint.pattern.value.host).or_default().push((claim, cell));
    }
    for (host, claims) in hosts {
        let ranges: BTreeSet<_> = claims.iter().map(|(claim, _)| claim.needed_by).collect();
        let Some((_, cell)) = claims.iter().max_by_key(|(claim, _)| claim.date) else { continue };
        if ranges.len() < 2 {
            continue;
        }
        let finding = Diagnostic::new(
            Code::ContradictingDocuments,
            format!("rows disagree about the Windows releases that need `{host}`"),
            (*cell).clone().into(),
            "let through where any of them needs it",
        );
        let lines: BTreeSet<String> = claims
            .iter()
            .map(|(claim, cell)| format!("{} ({})", show_claim(claim), cell.place(cx.sources)))
            .collect();
        let finding = lines.into_iter().take(super::MOST).fold(finding, Diagnostic::note);
        report(finding.help("mend the row that is out of date"));
    }
}

/// What is exempt from inspection although the newest document says not to. While it is held, the gate's finding cites
/// the same documents.
fn report_inspection(cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
    for disputed in DISPUTED.iter() {
        let newest = disputed.claims.iter().max_by_key(|claim| claim.date);
        if newest.is_none_or(|claim| claim.exempt) {
            continue;
        }
        let rules = cx.policy.rules(Intent::BypassInspection);
        let Some(rule) = rules.iter().find(|rule| rule.pattern.host.covers(&disputed.host)) else { continue };
        let place = rule.provenance.first().map_or(Place::Run, |cell| cell.clone().into());
        let finding = Diagnostic::new(
            Code::ContradictingDocuments,
            format!("documents disagree whether `{}` is to be inspected", disputed.host),
            place,
            "exempt, against the newest of them",
        )
        .for_intent(Intent::BypassInspection);
        let says = |exempt| if exempt { "exempt" } else { "to be inspected" };
        let lines = disputed
            .claims
            .iter()
            .map(|claim| format!("{}, {}: {}", claim.date, claim.document, says(claim.exempt)));
        let finding = lines.fold(finding, Diagnostic::note);
        report(finding.help("follow the newest: take away what lets it through, a waiver or a level"));
    }
}
