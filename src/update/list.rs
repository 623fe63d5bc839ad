//! What a file lists, and whether another may take its place.

use std::collections::BTreeSet;

use crate::compile::{LoadError, endpoints_in};
use crate::ingest::{self, Format};

/// What a file lists.
#[derive(Debug)]
pub struct List {
    /// What kind of file it is.
    pub format: Format,
    /// The patterns of its endpoints, at least one.
    pub patterns: BTreeSet<String>,
}

/// Why what arrived does not take the place of what was there.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It is no list of endpoints, or a damaged one.
    #[error("what arrived is no list of endpoints: {0}")]
    NoList(LoadError),
    /// It has no endpoint.
    #[error("what arrived lists no endpoint")]
    Empty,
    /// It has fewer than half the endpoints.
    #[error("what arrived lists {now} of the {before} endpoints that the file has, fewer than half")]
    Shrunken {
        /// Endpoints that arrived.
        now: usize,
        /// Endpoints that are there.
        before: usize,
    },
}

impl List {
    /// Reads a file of this name.
    ///
    /// # Errors
    /// When it is no list, or an empty one.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Unfit> {
        let endpoints = endpoints_in(name, bytes).map_err(Unfit::NoList)?;
        let patterns: BTreeSet<String> =
            endpoints.iter().map(|endpoint| endpoint.pattern.value.to_string()).collect();
        if patterns.is_empty() {
            return Err(Unfit::Empty);
        }
        Ok(Self { format: ingest::sniff(bytes), patterns })
    }

    /// Whether it may take the place of another.
    ///
    /// # Errors
    /// When it has fewer than half of its endpoints.
    pub fn after(&self, old: &Self) -> Result<(), Unfit> {
        let (now, before) = (self.patterns.len(), old.patterns.len());
        if now * 2 < before { Err(Unfit::Shrunken { now, before }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize) -> Result<List, Unfit> {
        let rows: String = (0..count).map(|at| format!("h{at}.example.com,443,WW\n")).collect();
        List::read("list.csv", format!("Endpoint/URL,Port,Geography\n{rows}").as_bytes())
    }

    #[test]
    fn half_of_a_list_takes_its_place_and_less_does_not() {
        let old = list(10).unwrap();
        assert_eq!((old.patterns.len(), old.format), (10, Format::Csv));
        assert!(list(5).unwrap().after(&old).is_ok());
        let error = list(4).unwrap().after(&old).unwrap_err();
        assert_eq!(
            error.to_string(),
            "what arrived lists 4 of the 10 endpoints that the file has, fewer than half"
        );
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (bytes, want) in [
            (&b"<!doctype html><title>Sign in</title>"[..], "HTML or XML is not read"),
            (b"", "no list of endpoints"),
            (b"Service unavailable", "no list of endpoints"),
            (b"PK\x03\x04half a workbook", "no list of endpoints"),
            (b"Endpoint/URL,Port,Geography\nnone of these,443,WW\n", "lists no endpoint"),
        ] {
            let error = List::read("list", bytes).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        assert!(matches!(list(0), Err(Unfit::NoList(_) | Unfit::Empty)));
    }
}
