//! Where findings are for programs that know files and lines, and no cells.

use std::path::Path;

use super::Place;
use crate::source::{At, Cell, SourceMap};

/// A file, and a place in it as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FilePlace {
    /// The path, from where the profile's own path is from.
    pub(super) path: String,
    /// Line and column, from 1; a line alone for a row of a text file, nothing for a cell of a workbook.
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
}

/// The file of a finding. Nothing for a list that is part of the program, and for the run as a whole.
pub(super) fn of(place: &Place, sources: &SourceMap, profile: Option<&str>) -> Option<FilePlace> {
    match place {
        Place::Cell(cell) => {
            let source = sources.get(cell.source);
            let folder = profile.and_then(|profile| Path::new(profile).parent());
            // The profile is a source itself, by the path that it was opened by.
            let path = match folder {
                Some(folder) if profile != Some(&source.name) => {
                    folder.join(&source.name).display().to_string()
                }
                _ => source.name.clone(),
            };
            (!source.is_builtin()).then(|| FilePlace { line: line(cell, &path), path, column: None })
        }
        Place::Profile { line, column, .. } => Some(FilePlace {
            path: profile?.to_owned(),
            line: Some((*line).max(1)),
            column: Some((*column).max(1)),
        }),
        Place::File { file, line, .. } => Some(FilePlace {
            path: file.to_string(),
            line: Some(*line).filter(|line| *line > 0),
            column: None,
        }),
        Place::Run => None,
    }
}

/// Files in which a row is a line.
const TEXTS: [&str; 4] = ["csv", "tsv", "txt", "md"];

/// The line of a cell, in a text. In a CSV file whose cells hold line breaks it is an earlier one than the row's.
fn line(cell: &Cell, path: &str) -> Option<u32> {
    let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
    match cell.at {
        At::Line(line) => Some(line + 1),
        At::Cell { row, .. } => TEXTS.contains(&extension.as_str()).then_some(row + 1),
        At::Pointer(_) => None,
    }
}
