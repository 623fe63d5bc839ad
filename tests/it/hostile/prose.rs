//! The texts of cells in every place for prose: what products obey is the same, whatever a remark says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use pulldown_cmark::{Event, Options, Parser};
use thruway::profile::Profile;
use thruway::write::Files;

use super::super::{common, conformance};
use super::{book, check, corpus};

/// A text in the places that the profile has for prose, or a tame one where the profile refuses it.
fn profile(file: &str, text: &str, folder: &Path) -> (Profile, bool) {
    let of = |text: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "version: 1\nname: prose\nsources: [{{ file: {} }}]\nproxies: [\"proxy.example.net:8080\"]\n\
             select: {{ include: [{{ host: c.example.com, ports: [443], reason: {text}, owner: {text}, expires: 2027-01-01 }}] }}\n\
             waivers: [{{ lint: covers-public-suffix, pattern: \"*.github.io\", intent: bypass-inspection, reason: {text}, owner: {text}, expires: 2027-01-01 }}]\n",
            serde_json::to_string(file).unwrap()
        )
    };
    let path = folder.join("thruway.yaml");
    match Profile::parse(&of(text), Some(&path), &common::target_ids()) {
        Ok(profile) => (profile, true),
        Err(_) => (common::profile_at(&of("tame"), &path), false),
    }
}

/// Whether a file may be called so here.
fn is_file_name(text: &str) -> bool {
    text.len() <= 200 && !text.contains(['/', '\0']) && !text.chars().any(char::is_control)
}

/// Everything that is written with a text in every place for prose; and whether the profile took it.
fn written(text: &str, folder: &Path) -> (Files, bool) {
    let text: String = text.chars().take(500).collect();
    let file = if is_file_name(&text) { format!("urls {text}.xlsx") } else { "urls.xlsx".to_owned() };
    let xml = book::escaped(&text);
    let prose = format!("{xml}|{xml}");
    let lines = [
        "Service|Category|Endpoint/URL|Port|Geography".to_owned(),
        format!("{prose}|a.example.com|443|WW"),
        format!("{prose}|http://b.example.com/x|80|EU"),
        format!("{prose}|*.github.io|443|WW"),
    ];
    let rows = book::rows(&lines.each_ref().map(String::as_str));
    fs::write(folder.join(&file), book::zip(&book::sheets(&[(&xml, &rows)]))).unwrap();
    let (profile, took) = profile(&file, &text, folder);
    let what = format!("prose {text:.80?}");
    let files = check::artifacts(&common::run(&profile), &profile, &what)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    fs::remove_file(folder.join(&file)).unwrap();
    (files, took)
}

/// What readers of a page see of it apart from its texts.
fn shape(markdown: &str) -> Vec<String> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(tag) => Some(format!("{tag:?}")),
            Event::End(tag) => Some(format!("{tag:?}")),
            // Digests differ with the file.
            Event::Text(_) | Event::SoftBreak | Event::Html(_) | Event::Code(_) => None,
            other => Some(format!("{other:?}")),
        })
        .collect()
}

/// The columns of a table that do not hold prose.
fn facts(csv: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    let rows: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    let prose: BTreeSet<usize> = rows[0]
        .iter()
        .enumerate()
        .filter(|(_, name)| ["Service", "Category", "Source"].contains(&name.as_str()))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(prose.len(), 3);
    let is_fact = |(at, _): &(usize, &String)| !prose.contains(at);
    rows.iter()
        .map(|row| row.iter().enumerate().filter(is_fact).map(|(_, field)| format!("{field}|")).collect())
        .collect()
}

/// The elements of a page, and what its data decide by.
fn page(html: &str) -> Vec<String> {
    let (shell, data) = common::without_blocks(html);
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let decides = ["patterns", "policy", "held", "targets", "lists", "entries", "pac"];
    let decides = decides.map(|table| data[table].to_string());
    check::tags(&shell).into_iter().chain(decides).collect()
}

/// What a file says apart from its prose.
fn obeyed(path: &str, bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    match path {
        "ticket/ticket.md" => shape(text),
        "ticket/ticket.csv" => facts(text),
        "report/index.html" => page(text),
        _ => conformance::code(path, bytes),
    }
}

#[test]
fn no_prose_changes_what_products_obey() {
    let folder = tempfile::tempdir().unwrap();
    let (tame, took) = written("tame", folder.path());
    assert!(took);
    let tame: BTreeMap<String, Vec<String>> =
        tame.into_iter().map(|(path, bytes)| (path.clone(), obeyed(&path, &bytes))).collect();
    let texts: Vec<String> =
        corpus::cells().into_iter().map(|cell| cell.text).collect::<BTreeSet<String>>().into_iter().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let folder = tempfile::tempdir().unwrap();
        let mut taken = 0;
        while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (hostile, took) = written(text, folder.path());
            taken += usize::from(took);
            assert!(hostile.keys().eq(tame.keys()), "{text:?}: {:?}", hostile.keys());
            for (path, bytes) in &hostile {
                assert!(obeyed(path, bytes) == tame[path], "{path} means something else with {text:?}");
            }
        }
        taken
    };
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // Most texts are no reason to refuse a profile.
    assert!(taken > texts.len() / 2, "{taken} of {}", texts.len());
}
