//! `duplicate-row`.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

use super::{Context, Lint, MOST, more};
use crate::diag::{Code, Diagnostic};
use crate::model::Endpoint;
use crate::source::{Cell, SourceId};
use crate::text::count;

/// Rows of one sheet that say the same. A list that is part of the program is nobody's to mend.
pub(super) struct DuplicateRow;

/// Rows that repeat another of their sheet, in order: the cell, and the first one that says the same.
type Repeats<'a> = BTreeMap<(SourceId, &'a Arc<str>), Vec<(&'a Cell, &'a Cell)>>;

impl Lint for DuplicateRow {
    fn code(&self) -> Code {
        Code::DuplicateRow
    }

    fn check(&self, endpoints: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let mut seen: HashMap<(SourceId, &str, &Endpoint), &Cell> = HashMap::new();
        let mut repeats = Repeats::new();
        for endpoint in endpoints.iter().filter(|endpoint| cx.is_own(endpoint)) {
            let Some(cell) = endpoint.pattern.from.first() else { continue };
            let first = *seen.entry((cell.source, &cell.sheet, endpoint)).or_insert(cell);
            // The same cell again is `repeated-host`, or another port of the same row.
            if first.at == cell.at {
                continue;
            }
            let of_sheet = repeats.entry((cell.source, &cell.sheet)).or_default();
            if of_sheet.last().is_none_or(|(last, _)| last.at != cell.at) {
                of_sheet.push((cell, first));
            }
        }
        for rows in repeats.into_values() {
            let (cell, first) = rows[0];
            let message = match rows.len() {
                1 => format!("a row says what {} says already", first.at),
                all => format!("{all} rows of this sheet say what others say already"),
            };
            let label = format!("as in {}, with the same facts", first.at);
            let mut finding = Diagnostic::new(self.code(), message, cell.clone().into(), label);
            if rows.len() > 1 {
                let pairs =
                    rows.iter().take(MOST).map(|(cell, first)| format!("{} as {}", cell.at, first.at));
                let list = more(pairs.collect(), rows.len());
                finding = finding.note(format!("{}: {list}", count(rows.len(), "row")));
            }
            report(finding.help("remove it, or correct the host that was meant"));
        }
    }
}
