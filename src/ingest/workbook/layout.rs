//! What a worksheet says apart from its cells: hidden rows and columns, merged ranges, filters; and
//! whether calamine may read its cells.

use quick_xml::events::{BytesStart, Event};

use super::super::error::Refusal;
use super::super::limits;
use super::super::tables::Layout;
use super::package::{Meter, PartXml, attributes, each};

/// A worksheet, apart from its cells.
#[derive(Default)]
pub(super) struct SheetXml {
    /// What the rows need to be understood.
    pub layout: Layout,
    /// Hidden rows in runs: first and last, from 0.
    pub hidden_rows: Vec<(u32, u32)>,
    /// Whether there is room for cells at all.
    pub has_data: bool,
}

/// Reads one worksheet's XML from beginning to end.
pub(super) fn read(xml: &mut PartXml<'_>, meter: &Meter) -> Result<SheetXml, Refusal> {
    let mut sheet = SheetXml::default();
    // Rows without a number count on from the row before, as calamine counts them.
    let mut next_row = 0u32;
    each(xml, meter, |event| {
        let (Event::Start(start) | Event::Empty(start)) = event else { return Ok(()) };
        match start.local_name().as_ref() {
            "row" => sheet.row(start, &mut next_row, meter),
            "c" => check_cell(start, meter),
            "sheetData" => {
                sheet.has_data = true;
                Ok(())
            }
            "dimension" => check_dimension(start, meter),
            "col" => sheet.column(start, meter),
            "mergeCell" => sheet.merge(start, meter),
            "autoFilter" => {
                sheet.layout.filtered = true;
                Ok(())
            }
            _ => Ok(()),
        }
    })?;
    Ok(sheet)
}

impl SheetXml {
    fn row(&mut self, start: &BytesStart<'_>, next: &mut u32, meter: &Meter) -> Result<(), Refusal> {
        let mut hidden = false;
        for attribute in attributes(start, meter) {
            let (key, value) = attribute?;
            match key {
                "r" => {
                    *next = value
                        .parse::<u32>()
                        .ok()
                        .and_then(|row| row.checked_sub(1))
                        .filter(|row| *row < limits::ROWS && value.len() <= 7)
                        .ok_or_else(|| meter.refusal(format!("row number `{value}`")))?;
                }
                "hidden" => hidden |= is_true(&value),
                // A row of no height is hidden too.
                "ht" => hidden |= value.parse() == Ok(0.0),
                _ => {}
            }
        }
        let row = *next;
        *next = row.saturating_add(1);
        if hidden {
            match self.hidden_rows.last_mut() {
                Some((_, last)) if *last + 1 == row => *last = row,
                _ => self.hidden_rows.push((row, row)),
            }
        }
        Ok(())
    }

    fn column(&mut self, start: &BytesStart<'_>, meter: &Meter) -> Result<(), Refusal> {
        let (mut first, mut last, mut hidden) = (0u32, 0u32, false);
        for attribute in attributes(start, meter) {
            let (key, value) = attribute?;
            match key {
                "min" => first = value.parse().unwrap_or(0),
                "max" => last = value.parse().unwrap_or(0),
                "hidden" => hidden = is_true(&value),
                _ => {}
            }
        }
        // There is one element for a run of columns, so more than there are columns are nonsense.
        if hidden
            && first >= 1
            && first <= last
            && self.layout.hidden_columns.len() < limits::COLUMNS as usize
        {
            self.layout.hidden_columns.push((first - 1, last - 1));
        }
        Ok(())
    }

    fn merge(&mut self, start: &BytesStart<'_>, meter: &Meter) -> Result<(), Refusal> {
        for attribute in attributes(start, meter) {
            let (key, value) = attribute?;
            if key == "ref" {
                let range = parse_range(&value);
                let (first, last) = range.ok_or_else(|| meter.refusal(format!("merged range `{value}`")))?;
                self.layout.merges.add(first, last);
            }
        }
        let found = self.layout.merges.len();
        if found > limits::MERGES {
            return Err(Refusal::TooLarge {
                what: "merged ranges in one sheet".into(),
                found: found as u64,
                limit: limits::MERGES as u64,
            });
        }
        Ok(())
    }
}

/// calamine computes places without looking for overflow, so they are looked at here first.
fn check_cell(start: &BytesStart<'_>, meter: &Meter) -> Result<(), Refusal> {
    for attribute in attributes(start, meter) {
        let (key, value) = attribute?;
        if key == "r" && parse_cell(&value).is_none() {
            return Err(meter.refusal(format!("cell reference `{value}`")));
        }
    }
    Ok(())
}

fn check_dimension(start: &BytesStart<'_>, meter: &Meter) -> Result<(), Refusal> {
    for attribute in attributes(start, meter) {
        let (key, value) = attribute?;
        if key == "ref" && parse_range(&value).is_none() {
            return Err(meter.refusal(format!("dimension `{value}`")));
        }
    }
    Ok(())
}

fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true")
}

/// `A1:B2` or `A1` as first and last place, row and column from 0.
fn parse_range(range: &str) -> Option<((u32, u32), (u32, u32))> {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let (first, last) = (parse_cell(first)?, parse_cell(last)?);
    (first.0 <= last.0 && first.1 <= last.1).then_some((first, last))
}

/// `A1` as row and column from 0, within Excel's limits.
fn parse_cell(reference: &str) -> Option<(u32, u32)> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = reference.split_at(letters);
    if !(1..=3).contains(&letters.len())
        || !(1..=7).contains(&digits.len())
        || !digits.bytes().all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let column =
        letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1)
            - 1;
    let row = digits.parse::<u32>().ok()?.checked_sub(1)?;
    (row < limits::ROWS && column < limits::COLUMNS).then_some((row, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_within_a_sheet_are_read_and_others_refused() {
        for (text, want) in [
            ("A1", Some((0, 0))),
            ("XFD1048576", Some((1_048_575, 16_383))),
            ("aa10", Some((9, 26))),
            ("XFE1", None),
            ("A1048577", None),
            ("A0", None),
            ("A", None),
            ("1", None),
            ("", None),
            ("AAAAAAAAAA1", None),
            ("A99999999999", None),
            ("A+1", None),
            ("é1", None),
        ] {
            assert_eq!(parse_cell(text), want, "{text}");
        }
        assert_eq!(parse_range("A1:B2"), Some(((0, 0), (1, 1))));
        assert_eq!(parse_range("B5:A1"), None);
        assert_eq!(parse_range("C3"), Some(((2, 2), (2, 2))));
    }
}
