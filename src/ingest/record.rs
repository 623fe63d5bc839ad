//! Tables made of records, for documents that name their fields instead of placing them in columns.

use std::sync::Arc;

use super::{Column, RawCell, RawRow, RawTable, Role};
use crate::source::SourceId;

/// Collects records into a [`RawTable`]. A field that no record has gives no column, so that
/// `normalize` sees a document that does not state a thing, not one that leaves every cell blank.
pub(super) struct RecordTable {
    source: SourceId,
    sheet: Arc<str>,
    fields: &'static [(Role, &'static str)],
    used: Vec<bool>,
    rows: Vec<RawRow>,
}

impl RecordTable {
    /// A table without records, whose fields have these roles and names.
    pub(super) fn new(source: SourceId, sheet: &str, fields: &'static [(Role, &'static str)]) -> Self {
        Self { source, sheet: sheet.into(), fields, used: vec![false; fields.len()], rows: Vec::new() }
    }

    /// Adds a record at `pointer`. `row` counts from 0; a blank field counts as not there.
    ///
    /// # Panics
    /// When a role is none of the table's fields.
    pub(super) fn push(
        &mut self,
        row: u32,
        pointer: String,
        cells: impl IntoIterator<Item = (Role, Arc<str>)>,
    ) {
        let mut cells: Vec<RawCell> = cells
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(role, text)| {
                let field = self.fields.iter().position(|&(own, _)| own == role);
                let field = field.expect("internal error: a field that the table does not have");
                self.used[field] = true;
                RawCell { column: field as u16, row, text }
            })
            .collect();
        cells.sort_by_key(|cell| cell.column);
        self.rows.push(RawRow { row, pointer: Some(pointer.into()), hidden: false, cells });
    }

    /// How many records there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// The table, with the columns that a record uses.
    pub(super) fn finish(mut self) -> RawTable {
        let mut columns = Vec::new();
        let mut place = vec![0; self.fields.len()];
        for (field, &(role, name)) in self.fields.iter().enumerate().filter(|&(field, _)| self.used[field]) {
            place[field] = columns.len() as u16;
            columns.push(Column { role, header: name.into(), column: columns.len() as u32 });
        }
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells) {
            cell.column = place[usize::from(cell.column)];
        }
        RawTable { source: self.source, sheet: self.sheet, columns, rows: self.rows }
    }
}
