//! `removed-by-vendor`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::embedded;
use crate::model::{Endpoint, HostPattern};
use crate::source::Cell;
use crate::suffix::checked;
use crate::text::count;

/// Entries of the user's own that the vendor's newest list no longer has.
pub(super) struct RemovedByVendor;

/// One row of `data/removed-hosts.yaml`.
struct Removed {
    host: HostPattern,
    instead: Option<HostPattern>,
    /// As notes: which document had it, since which one it is gone, what there is in its place.
    lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    host: String,
    last: Document,
    gone: Document,
    instead: Option<String>,
    checked: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    document: String,
    date: Date,
}

static REMOVED: LazyLock<Vec<Removed>> = LazyLock::new(|| {
    let rows: Vec<Row> = embedded::table("data/removed-hosts.yaml");
    rows.into_iter()
        .map(|row| {
            let Row { host, last, gone, instead, checked: day } = row;
            let mut lines = vec![format!(
                "last in {} of {}; gone by {} of {} ({})",
                last.document,
                last.date,
                gone.document,
                gone.date,
                checked(day)
            )];
            lines.extend(instead.iter().map(|instead| format!("the newest list has `{instead}`")));
            Removed { host: pattern(&host), instead: instead.as_deref().map(pattern), lines }
        })
        .collect()
});

fn pattern(text: &str) -> HostPattern {
    text.parse().unwrap_or_else(|error| panic!("internal error: data/removed-hosts.yaml: `{text}`: {error}"))
}

/// The row about a pattern: it stands there, or lies inside what stands there and not inside what took its place.
fn removed(host: &HostPattern) -> Option<&'static Removed> {
    let still = |removed: &Removed| removed.instead.as_ref().is_some_and(|instead| instead.covers(host));
    REMOVED.iter().find(|removed| removed.host.covers(host) && !still(removed))
}

impl Lint for RemovedByVendor {
    fn code(&self) -> Code {
        Code::RemovedByVendor
    }

    fn check(&self, endpoints: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let profile = cx.profile;
        let select = &profile.select;
        let mut lines: Vec<(&str, &HostPattern, Place)> = Vec::new();
        let text = HostPattern::to_string;
        lines.extend(select.include.iter().map(|own| {
            let host = &own.value.host;
            ("included", host, own.place(text(host)))
        }));
        lines.extend(select.exclude.iter().map(|own| ("excluded", &own.value, own.place(text(&own.value)))));
        lines.extend(profile.corrections.iter().map(|own| {
            let host = &own.value.from;
            ("corrected", host, own.place(text(host)))
        }));
        lines.extend(profile.waivers.iter().map(|own| {
            let host = &own.value.pattern;
            ("waived", host, own.place(text(host)))
        }));
        for (how, host, place) in lines {
            let Some(removed) = removed(host) else { continue };
            let message = format!("`{host}` is {how}, and the vendor's newest list no longer has it");
            let finding = Diagnostic::new(self.code(), message, place, "an entry of yours");
            report(with_lines(finding, removed).help("remove it, unless something of yours needs it"));
        }
        // An old file has such a host in several rows.
        let mut rows: BTreeMap<(&HostPattern, &str), (&Cell, usize)> = BTreeMap::new();
        for endpoint in endpoints.iter().filter(|endpoint| cx.is_own(endpoint)) {
            let host = &endpoint.pattern.value.host;
            let (Some(_), Some(cell)) = (removed(host), endpoint.pattern.from.first()) else { continue };
            let source = cx.sources.get(cell.source).name.as_str();
            rows.entry((host, source)).or_insert((cell, 0)).1 += 1;
        }
        for ((host, _), (cell, times)) in rows {
            let Some(removed) = removed(host) else { continue };
            let message = format!("the vendor's newest list no longer has `{host}`");
            let label = match times {
                1 => "from an older list".to_owned(),
                times => format!("from an older list, the first of {}", count(times, "row")),
            };
            let finding = Diagnostic::new(self.code(), message, cell.clone().into(), label);
            report(with_lines(finding, removed).help("exclude it, or take the newest list: `builtin:`"));
        }
    }
}

fn with_lines(finding: Diagnostic, removed: &Removed) -> Diagnostic {
    removed.lines.iter().fold(finding, |finding, line| finding.note(line.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_is_in_no_current_list() {
        let current = ["mde-commercial", "mde-streamlined"].map(crate::lists::endpoints).concat();
        let agents = crate::lists::endpoints("mma");
        assert!(current.len() > 100);
        for removed in REMOVED.iter() {
            for endpoint in &current {
                let host = &endpoint.pattern.value.host;
                assert!(!host.covers(&removed.host), "{host} covers {}", removed.host);
            }
            let instead = removed.instead.as_ref();
            let is_current = |instead: &HostPattern| {
                current.iter().chain(&agents).any(|own| own.pattern.value.host == *instead)
            };
            assert!(instead.is_none_or(is_current), "{instead:?} is in no current list");
        }
    }

    #[test]
    fn what_took_the_place_of_a_host_is_not_removed() {
        for (host, want) in [
            ("*.azure-automation.net", true),
            ("scus-agentservice-prod-1.azure-automation.net", true),
            ("*.agentsvc.azure-automation.net", false),
            ("a.agentsvc.azure-automation.net", false),
            ("azure-automation.net", false),
            ("msdl.microsoft.com", true),
            ("*.microsoft.com", false),
        ] {
            assert_eq!(removed(&host.parse().unwrap()).is_some(), want, "{host}");
        }
    }
}
