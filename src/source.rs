//! Where a value came from: sources, cells, provenance.

mod places;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::ingest::{RawCell, RawTable};

/// The place of a source in the [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(u16);

impl SourceId {
    /// The place in the order read, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One file or built-in list that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As the profile names it: `mde-urls.xlsx`, `builtin:mde-commercial`.
    pub name: String,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub sha256: String,
    /// When the document was last changed, where it says so itself.
    pub date: Option<Date>,
}

impl Source {
    /// Whether it is a list that is part of the program, which nobody can mend.
    pub fn is_builtin(&self) -> bool {
        self.name.starts_with("builtin:")
    }

    /// The name without folders, for people: `mde-urls.xlsx`.
    pub fn short_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }
}

/// Every source of a run, in the order read, with the tables that its cells stand in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
    tables: Vec<RawTable>,
}

/// What stands around a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Surrounding<'a> {
    /// The header of its column, as written there.
    pub header: &'a str,
    /// The other cells of its row, from left to right: header and text.
    pub others: Vec<(&'a str, &'a str)>,
}

impl SourceMap {
    /// Adds a source.
    ///
    /// # Panics
    /// When there are more than 65,535 sources; a profile cannot name as many.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = SourceId(u16::try_from(self.sources.len()).expect("internal error: too many sources"));
        self.sources.push(source);
        id
    }

    /// One source.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[usize::from(id.0)]
    }

    /// One source, to complete what only reading it tells.
    pub fn get_mut(&mut self, id: SourceId) -> &mut Source {
        &mut self.sources[usize::from(id.0)]
    }

    /// All sources, in the order read.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().zip(0..).map(|(source, id)| (SourceId(id), source))
    }
}

impl SourceMap {
    /// Keeps the tables of a document, to show what stands around a cell.
    pub fn keep(&mut self, tables: Vec<RawTable>) {
        self.tables.extend(tables);
    }

    /// What stands around a cell. Nothing for a header, for a place without a table, and for a record of a document
    /// so long that looking for it would take time.
    pub fn around(&self, cell: &Cell) -> Option<Surrounding<'_>> {
        const MOST_RECORDS: usize = 10_000;
        let tables = self.tables.iter().filter(|own| own.source == cell.source && own.sheet == cell.sheet);
        tables.into_iter().find_map(|table| {
            let row = match &cell.at {
                At::Cell { row, .. } => {
                    let at = table.rows.partition_point(|own| own.row < *row);
                    table.rows.get(at).filter(|own| own.row == *row)?
                }
                At::Pointer(pointer) if table.rows.len() <= MOST_RECORDS => {
                    table.rows.iter().find(|own| own.pointer.as_ref() == Some(pointer))?
                }
                At::Pointer(_) | At::Line(_) => return None,
            };
            let column = |own: &RawCell| &table.columns[usize::from(own.column)];
            let is_it = |own: &&RawCell| match cell.at {
                At::Cell { column: at, .. } => column(own).column == at,
                At::Pointer(_) | At::Line(_) => own.text == cell.text,
            };
            let own = row.cells.iter().find(is_it);
            let header = own.map_or("", |own| &column(own).header);
            let others = row.cells.iter().filter(|other| own != Some(*other));
            Some(Surrounding {
                header,
                others: others.map(|other| (&*column(other).header, &*other.text)).collect(),
            })
        })
    }
}

/// The SHA-256 of bytes, lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where in a source. Ordered as a reader meets them: `row 9` before `row 10`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum At {
    /// A cell of a table, both counted from 0. Shown as `A1`. In a Markdown file the row is the line,
    /// in a CSV file the record, as a spreadsheet would show it.
    Cell {
        /// Row, from 0.
        row: u32,
        /// Column, from 0.
        column: u32,
    },
    /// A line of a text, from 0. Shown as `line 1`.
    Line(u32),
    /// A place in a JSON or YAML document: `values[3].properties`.
    Pointer(Arc<str>),
}

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |at: &Self| match at {
            Self::Cell { row, column } => (0, *row, *column),
            Self::Line(line) => (1, *line, 0),
            Self::Pointer(_) => (2, 0, 0),
        };
        match (self, other) {
            (Self::Pointer(one), Self::Pointer(other)) => {
                // The text decides where numbers alone do not: `row 1` and `row 01`.
                numbers_and_texts(one).cmp(numbers_and_texts(other)).then_with(|| one.cmp(other))
            }
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text as runs of digits, by their value, and single characters.
fn numbers_and_texts(text: &str) -> impl Iterator<Item = (u64, Option<char>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            // What no number holds is larger than every number.
            let number = rest[..digits].parse().unwrap_or(u64::MAX);
            rest = &rest[digits..];
            return Some((number, None));
        }
        rest = &rest[first.len_utf8()..];
        Some((0, Some(first)))
    })
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { row, column } => {
                // Bijective base 26: A to Z, AA to ZZ, AAA …
                let mut letters = Vec::new();
                let mut rest = u64::from(*column) + 1;
                while rest > 0 {
                    rest -= 1;
                    letters.push(char::from(b'A' + (rest % 26) as u8));
                    rest /= 26;
                }
                letters.reverse();
                let letters: String = letters.into_iter().collect();
                write!(f, "{letters}{}", u64::from(*row) + 1)
            }
            Self::Line(line) => write!(f, "line {}", u64::from(*line) + 1),
            Self::Pointer(pointer) => f.write_str(pointer),
        }
    }
}

/// One cell of a source, with its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell {
    /// Which source.
    pub source: SourceId,
    /// The sheet, the table, or the document that a built-in fact comes from; may be empty.
    pub sheet: Arc<str>,
    /// Where in the sheet.
    pub at: At,
    /// The text, as written there.
    pub text: Arc<str>,
}

/// The cells that a value came from. Sorted, without repeats.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Provenance(Arc<[Cell]>);

impl Provenance {
    /// One cell.
    pub fn one(cell: Cell) -> Self {
        Self(Arc::new([cell]))
    }

    /// The union of several.
    pub fn union<'a>(parts: impl IntoIterator<Item = &'a Provenance>) -> Self {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return Self::default() };
        let Some(second) = parts.next() else { return first.clone() };
        [first, second].into_iter().chain(parts).flat_map(|part| part.0.iter().cloned()).collect()
    }

    /// The cells, sorted by source, sheet and place.
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The first cell. Nothing where a value has no place, such as a pattern of a placeholder.
    pub fn first(&self) -> Option<&Cell> {
        self.0.first()
    }
}

impl FromIterator<Cell> for Provenance {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut cells: Vec<Cell> = cells.into_iter().collect();
        cells.sort_unstable();
        cells.dedup();
        Self(cells.into())
    }
}

/// A value with its place. Two cells with the same value are one value, so equality, order and hash
/// look at the value alone.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The cells it came from.
    pub from: Provenance,
}

impl<T: PartialEq> PartialEq for Sourced<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for Sourced<T> {}
impl<T: PartialOrd> PartialOrd for Sourced<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Ord> Ord for Sourced<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}
impl<T: Hash> Hash for Sourced<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ordered_as_a_reader_meets_them() {
        let pointer = |text: &str| At::Pointer(text.into());
        let places = [
            At::Cell { row: 1, column: 0 },
            At::Cell { row: 1, column: 30 },
            At::Cell { row: 9, column: 0 },
            At::Line(2),
            pointer("row 9"),
            pointer("row 010"),
            pointer("row 10"),
            pointer("row 99999999999999999999999"),
            pointer("values[2].a[10]"),
            pointer("values[10].a[2]"),
        ];
        for (at, one) in places.iter().enumerate() {
            for (other_at, other) in places.iter().enumerate() {
                assert_eq!(one.cmp(other), at.cmp(&other_at), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_cell_is_shown_as_a_spreadsheet_shows_it() {
        for (row, column, want) in
            [(0, 0, "A1"), (57, 4, "E58"), (0, 25, "Z1"), (0, 26, "AA1"), (1_048_575, 16_383, "XFD1048576")]
        {
            assert_eq!(At::Cell { row, column }.to_string(), want);
        }
    }
}
