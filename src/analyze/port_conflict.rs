//! `port-conflict`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Lint, MOST};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Endpoint, HostPattern, Ports, Scheme};
use crate::source::{Cell, SourceId};
use crate::text::count;

/// Documents that name other ports for the same host.
pub(super) struct PortConflict;

/// A sheet, or a document of a list.
type Document<'a> = (SourceId, &'a Arc<str>);

/// What one document says of one host.
struct Said<'a> {
    cell: &'a Cell,
    ranges: BTreeSet<(u16, u16)>,
}

impl Lint for PortConflict {
    fn code(&self) -> Code {
        Code::PortConflict
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let assuming: BTreeSet<Document<'_>> = cx
            .found
            .iter()
            .filter(|finding| finding.code == Code::PortAssumed)
            .filter_map(document_of)
            .collect();
        let mut hosts: BTreeMap<&HostPattern, BTreeMap<Document<'_>, Said<'_>>> = BTreeMap::new();
        for endpoint in cx.selected {
            let pattern = &endpoint.pattern.value;
            let Some(cell) = endpoint.pattern.from.first() else { continue };
            // What a document leaves out it does not contradict.
            let is_assumed = pattern.ports.single() == Some(Scheme::Https.default_port());
            if is_assumed && assuming.contains(&(cell.source, &cell.sheet)) {
                continue;
            }
            let documents = hosts.entry(&pattern.host).or_default();
            let said = documents
                .entry((cell.source, &cell.sheet))
                .or_insert_with(|| Said { cell, ranges: BTreeSet::new() });
            said.ranges.extend(pattern.ports.ranges().map(|range| (*range.start(), *range.end())));
        }
        // One finding for all hosts on which the same documents disagree.
        let mut conflicts: BTreeMap<Vec<Document<'_>>, Vec<(&HostPattern, String, &Cell)>> = BTreeMap::new();
        for (host, documents) in hosts {
            let ports: BTreeSet<Ports> = documents.values().map(Said::ports).collect();
            if ports.len() < 2 {
                continue;
            }
            let said: Vec<String> = documents
                .values()
                .map(|said| format!("{} says {}", said.cell.place(cx.sources), said.ports()))
                .collect();
            let newest = documents.values().max_by_key(|said| cx.sources.get(said.cell.source).date);
            let Some(cell) = newest.map(|said| said.cell) else { continue };
            let line = format!("`{host}`: {}", said.join(", "));
            conflicts.entry(documents.into_keys().collect()).or_default().push((host, line, cell));
        }
        for hosts in conflicts.into_values() {
            let (host, _, cell) = hosts[0];
            let message = match hosts.len() {
                1 => format!("documents disagree about the ports of `{host}`"),
                many => {
                    format!("documents disagree about the ports of {}, such as `{host}`", count(many, "host"))
                }
            };
            let label = "open on all of them";
            let mut finding = Diagnostic::new(self.code(), message, cell.clone().into(), label);
            for (_, line, _) in hosts.iter().take(MOST) {
                finding = finding.note(line.clone());
            }
            if let Some(rest) = hosts.len().checked_sub(MOST).filter(|rest| *rest > 0) {
                finding = finding.note(format!("and of {}", count(rest, "other host")));
            }
            report(
                finding.help("find out which ones hold, and mend the document or take it out of `sources:`"),
            );
        }
    }
}

impl Said<'_> {
    fn ports(&self) -> Ports {
        Ports::from_ranges(self.ranges.iter().map(|&(low, high)| RangeInclusive::new(low, high)))
    }
}

fn document_of(finding: &Diagnostic) -> Option<Document<'_>> {
    match &finding.place {
        Place::Cell(cell) => Some((cell.source, &cell.sheet)),
        Place::Profile { .. } | Place::File { .. } | Place::Run => None,
    }
}
