//! `removed-by-vendor`.

use std::collections::BTreeMap;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::dropped::{Removed, removed};
use crate::model::{Endpoint, HostPattern};
use crate::source::Cell;
use crate::text::count;

/// Entries of the user's own that the vendor's newest list no longer has.
pub(super) struct RemovedByVendor;

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
