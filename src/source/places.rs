//! How places are said to people.

use super::{Cell, Provenance, SourceMap};

impl Cell {
    /// `mde-urls.xlsx › Microsoft Defender URLs › E58`. Names are as the source has them: escape the text
    /// for where it is shown.
    pub fn place(&self, sources: &SourceMap) -> String {
        format!("{} › {}", self.sheet_name(sources), self.at)
    }

    /// `mde-urls.xlsx › Microsoft Defender URLs`, as the source has the names.
    pub fn sheet_name(&self, sources: &SourceMap) -> String {
        let source = sources.get(self.source).short_name();
        match &*self.sheet {
            "" => source.to_owned(),
            sheet => format!("{source} › {sheet}"),
        }
    }
}

impl Provenance {
    /// All places, one line for each sheet: `mde-urls.xlsx › Microsoft Defender URLs › E17, E19–E24`. Names
    /// are as the source has them.
    pub fn places_by_sheet(&self, sources: &SourceMap) -> Vec<String> {
        let same_sheet = |a: &Cell, b: &Cell| (a.source, &a.sheet) == (b.source, &b.sheet);
        self.cells()
            .chunk_by(same_sheet)
            .map(|cells| {
                let places = cells.iter().map(|cell| cell.at.to_string());
                format!("{} › {}", cells[0].sheet_name(sources), ranges(places))
            })
            .collect()
    }
}

/// Places that end in a number, those that follow each other as one: `row 18, 33–50`, `E17, E19–E24`.
fn ranges(places: impl Iterator<Item = String>) -> String {
    let mut runs: Vec<(String, Option<(u64, u64)>)> = Vec::new();
    let mut parted: Vec<(String, Option<u64>)> = places.map(with_number).collect();
    parted.sort();
    for (head, number) in parted {
        match (runs.last_mut(), number) {
            (Some((last, Some((_, end)))), Some(number)) if *last == head && *end + 1 >= number => {
                *end = number
            }
            _ => runs.push((head, number.map(|number| (number, number)))),
        }
    }
    let mut shown: Vec<String> = Vec::new();
    let mut said = "";
    for (head, run) in &runs {
        // A word is said once, a column's letter each time.
        let lead = if head.ends_with(' ') && head == said { "" } else { head };
        said = head;
        shown.push(match *run {
            None => head.clone(),
            Some((start, end)) if start == end => format!("{lead}{start}"),
            Some((start, end)) if head.ends_with(' ') => format!("{lead}{start}–{end}"),
            Some((start, end)) => format!("{lead}{start}–{head}{end}"),
        });
    }
    // A wildcard may cover a hundred thousand rows of one sheet.
    const MOST: usize = 40;
    let more = shown.len().saturating_sub(MOST);
    shown.truncate(MOST);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// The number that a text ends in, and what stands before it.
fn with_number(text: String) -> (String, Option<u64>) {
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    match text[head.len()..].parse() {
        Ok(number) => (head.to_owned(), Some(number)),
        Err(_) => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_follow_each_other_are_one_range() {
        for (places, want) in [
            (vec!["row 18", "row 6", "row 19", "row 20", "row 33"], "row 6, 18–20, 33"),
            (vec!["E17", "E19", "E20", "F21"], "E17, E19–E20, F21"),
            (vec!["E17", "E17"], "E17"),
            (vec!["values[3].name", "values[2].name"], "values[2].name, values[3].name"),
            (vec!["99999999999999999999999"], "99999999999999999999999"),
            (vec![], ""),
        ] {
            assert_eq!(ranges(places.into_iter().map(str::to_owned)), want);
        }
    }
}
