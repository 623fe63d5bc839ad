//! Cells.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use snapbox::{Assert, Data, data::DataFormat};
use thruway::compile::Run;
use thruway::diag::Level;
use thruway::model::Intent;

use super::super::common;
use super::check;
use super::corpus::{self, Cell};

const HEADER: [&str; 6] =
    ["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"];
const TAME: [&str; 6] = ["tame", "WW", "tame", "443", "a.example.com", "Required"];

/// A list of one row, which is tame but for one cell.
fn list(cell: &Cell) -> Vec<u8> {
    let row =
        HEADER.iter().zip(TAME).map(|(header, tame)| if *header == cell.column { &cell.text } else { tame });
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).unwrap();
    writer.write_record(row).unwrap();
    writer.into_inner().unwrap()
}

/// What the row of a cell opens, checked for every target.
fn meaning(cell: &Cell, folder: &Path) -> String {
    let what = format!("{}: {:.80?}", cell.about, cell.text);
    fs::write(folder.join("list.csv"), list(cell)).unwrap();
    let text =
        "version: 1\nname: cell\nsources: [{ file: list.csv }]\nproxies: [\"proxy.example.net:8080\"]\n";
    let profile = common::profile_at(text, &folder.join("thruway.yaml"));
    let run = match Run::new(&profile, common::TODAY) {
        Ok(run) => run,
        Err(error) => {
            let error = error.to_string();
            assert!(error.contains("list.csv") && !error.contains('\n'), "{what}: {error}");
            return "refused".to_owned();
        }
    };
    let read: u32 = run.sheets.iter().map(|sheet| sheet.data).sum();
    let is_told = !run.endpoints.is_empty() || !run.findings.is_empty();
    assert!(is_told && read <= 1, "{what}: {read} rows of data are no endpoint and no finding");
    if run.findings.iter().any(|finding| finding.level == Level::Deny) {
        return "denied".to_owned();
    }
    match check::compile(&run, &profile, &what) {
        Ok(_) => {}
        Err(error) => return format!("refused: {error}"),
    }
    let rules: Vec<String> =
        run.policy.rules(Intent::Allow).iter().map(|rule| rule.pattern.to_string()).collect();
    if rules.is_empty() { "nothing".to_owned() } else { abridged(&rules.join(" ")) }
}

/// Long names by their ends.
fn abridged(text: &str) -> String {
    let characters = text.chars().count();
    if characters <= 120 {
        return text.to_owned();
    }
    let start: String = text.chars().take(40).collect();
    let end: String = text.chars().skip(characters - 20).collect();
    format!("{start}…{end} ({characters} characters)")
}

#[test]
fn every_cell_opens_what_is_written_beside_it_or_nothing() {
    let cells = corpus::cells();
    assert!(cells.len() >= 300);
    let next = AtomicUsize::new(0);
    let work = || {
        let folder = tempfile::tempdir().unwrap();
        let mut own = Vec::new();
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.push((cell.text.as_str(), cell.column.as_str(), meaning(cell, folder.path())));
        }
        own
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let of = |cell: &Cell| {
        let own = |(text, column, _): &&(&str, &str, String)| *text == cell.text && *column == cell.column;
        found.iter().find(own).map(|(_, _, means)| means.as_str()).unwrap()
    };
    let mut cells = cells.iter();
    let mut text = String::new();
    for line in corpus::text().lines() {
        match line.starts_with("    - [").then(|| line.rfind(", \"")).flatten() {
            Some(at) => writeln!(text, "{}, \"{}\"]", &line[..at], of(cells.next().unwrap())).unwrap(),
            None => writeln!(text, "{line}").unwrap(),
        }
    }
    let expected =
        Data::read_from(&common::root().join("tests/hostile/cells.yaml"), Some(DataFormat::Text)).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(text).raw(), expected);
}
