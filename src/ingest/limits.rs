//! How much a document may hold. Far above any real endpoint list, far below what hurts.

/// A file, in bytes.
pub(super) const FILE: usize = 256 << 20;
/// A part of a workbook when inflated, in bytes.
pub(super) const PART: u64 = 768 << 20;
/// The shared strings of a workbook when inflated, in bytes: they are held whole.
pub(super) const SHARED_STRINGS: u64 = 256 << 20;
/// All parts of a workbook that are read, when inflated, in bytes.
pub(super) const INFLATED: u64 = 1 << 30;
/// How many times larger a part may become when inflated. Deflate cannot exceed 1032.
pub(super) const RATIO: u64 = 300;
/// A part below this size, in bytes, is not judged by its ratio.
pub(super) const RATIO_FLOOR: u64 = 4 << 20;
/// Entries in a workbook's archive.
pub(super) const ENTRIES: usize = 4_096;
/// Sheets of a workbook, or tables of a page.
pub(super) const SHEETS: usize = 2_000;
/// Rows of a sheet, which is Excel's own limit.
pub(super) const ROWS: u32 = 1_048_576;
/// Columns of a sheet, which is Excel's own limit.
pub(super) const COLUMNS: u32 = 16_384;
/// Cells of a document that are not blank.
pub(super) const CELLS: u64 = 16_000_000;
/// One cell, in bytes. Excel's own limit is 32,767 characters.
pub(super) const CELL: usize = 128 << 10;
/// All cells of a document, in bytes, each occurrence of a shared text counted.
pub(super) const TEXT: u64 = 1 << 30;
/// One cell, shared string or tag of a workbook as XML, in bytes.
pub(super) const ELEMENT: u64 = 1 << 20;
/// How deep XML may nest.
pub(super) const DEPTH: usize = 64;
/// Merged ranges of a sheet.
pub(super) const MERGES: usize = 500_000;
/// Findings of one kind in one sheet that are told one by one; the rest are counted.
pub(super) const FINDINGS: usize = 20;
