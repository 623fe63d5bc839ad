//! What holds for every target.

use super::common;
use std::collections::BTreeSet;
use std::fs;

use thruway::compile::{self, Run};
use thruway::emit::facts::Facts;
use thruway::emit::{self, RenderError};
use thruway::plan::{Banner, PolicySets};
use thruway::profile::Profile;
use thruway::prove::Proof;
use thruway::write::{Files, MANIFEST};

#[test]
fn every_folder_has_an_emitter_and_back() {
    let folders: BTreeSet<String> = fs::read_dir(common::root().join("targets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let ids: BTreeSet<String> = common::target_ids().into_iter().map(str::to_owned).collect();
    assert_eq!(folders, ids);
    assert_eq!(ids.len(), emit::ALL.len(), "ids are unique");
    for id in ids {
        let folder = common::root().join("targets").join(&id);
        for file in ["target.yaml", "NOTES.md"] {
            assert!(folder.join(file).is_file(), "{id} has no {file}");
        }
        let said = Facts::of(&id);
        assert!(!said.title.is_empty() && !said.apply.is_empty() && !said.rollback.is_empty(), "{id}");
        let facts = fs::read_to_string(folder.join("target.yaml")).unwrap();
        for key in ["verified_on", "limits", "links"] {
            assert!(facts.contains(key), "targets/{id}/target.yaml says nothing of {key}");
        }
        let cases = common::cases().into_iter();
        for case in cases.filter(|case| common::profile_of(case).targets.contains(&id.as_str())) {
            // A page is large; see `golden.rs`.
            if id != "report" || case == common::CASE_WITH_REPORT {
                assert!(folder.join("golden").join(&case).is_dir(), "{id} has no golden of {case}");
            }
        }
    }
}

#[test]
fn every_target_writes_the_file_to_open_first() {
    for case in common::cases() {
        let profile = common::profile_of(&case);
        let files = common::files(&profile);
        for emitter in emit::ALL.iter().filter(|emitter| profile.targets.contains(&emitter.id())) {
            let path = format!("{}/{}", emitter.id(), emitter.main_artifact());
            assert!(files.contains_key(&path), "{case} has no {path}");
        }
    }
}

#[test]
fn what_is_read_back_means_what_was_planned() {
    for case in common::cases() {
        let profile = common::profile_of(&case);
        let run = common::run(&profile);
        let sets = PolicySets::new(&run.policy);
        let banner = run.banner(&profile);
        let inputs = compile::inputs(&run, &profile, &sets, &banner);
        let compiled = compile::compile(&run, &profile, inputs, &profile.targets).unwrap();
        for target in &compiled.targets {
            // Settings of devices enforce nothing; parsers of others read them, in `tests/products`.
            let wanted =
                if emit::is_for_devices(target.plan.target) { Proof::NotApplicable } else { Proof::Proved };
            assert_eq!(*target.proof(), wanted, "{case}: {}", target.plan.target);
        }
    }
}

#[test]
fn a_second_run_writes_the_same_bytes() {
    for case in common::cases() {
        let profile = common::profile_of(&case);
        assert!(common::files(&profile) == common::files(&profile), "{case}");
    }
}

#[test]
fn the_day_of_the_run_is_in_no_artifact() {
    for case in common::cases() {
        let profile = common::profile_of(&case);
        let later = Run::new(&profile, common::TODAY.tomorrow().unwrap()).unwrap();
        assert!(
            artifacts(&common::run(&profile), &profile, None) == artifacts(&later, &profile, None),
            "{case}"
        );
    }
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let profile = common::profile_of("corners");
    let run = common::run(&profile);
    let mut reversed = common::run(&profile);
    reversed.endpoints.reverse();
    let request = thruway::resolve::Request {
        profile: &profile,
        profile_source: None,
        corrections: &[],
        today: common::TODAY,
    };
    reversed.policy = thruway::resolve::resolve(&reversed.endpoints, request, &mut Vec::new());
    assert_eq!(artifacts(&run, &profile, None), artifacts(&reversed, &profile, None));
}

/// The artifacts of a run, without the manifest.
fn artifacts(run: &Run, profile: &Profile, banner: Option<Banner>) -> Files {
    let sets = PolicySets::new(&run.policy);
    let banner = banner.unwrap_or_else(|| run.banner(profile));
    let inputs = compile::inputs(run, profile, &sets, &banner);
    let compiled = compile::compile(run, profile, inputs, &profile.targets).unwrap();
    let mut files = compile::files(run, profile, &compiled);
    files.remove(MANIFEST);
    files
}

#[test]
fn artifacts_are_dateless_text_without_surprises() {
    for case in common::cases() {
        for (name, bytes) in common::files(&common::profile_of(&case)) {
            // Windows takes them in UTF-16 alone, which their own tests read.
            if name.ends_with(".reg") || name.ends_with(".pol") {
                continue;
            }
            let text = String::from_utf8(bytes).unwrap_or_else(|_| panic!("{case}: {name} is not UTF-8"));
            assert!(text.ends_with('\n'), "{case}: {name} does not end its last line");
            assert!(!text.starts_with('\u{feff}'), "{case}: {name} has a byte-order mark");
            assert!(!text.contains('\r'), "{case}: {name} has a carriage return");
            // A ticket and a report name the days of documents and waivers.
            if name != MANIFEST
                && name != "policy.csv"
                && !name.starts_with("ticket/")
                && !name.starts_with("report/")
            {
                let date = text.match_indices("202").find(|(at, _)| {
                    let bytes = text.as_bytes();
                    bytes.get(at + 4) == Some(&b'-') && bytes.get(at + 7) == Some(&b'-')
                });
                // The names of sources may hold a date; nothing else does.
                let dated = date.is_some_and(|(at, _)| {
                    let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
                    !text[line..].lines().next().unwrap_or("").contains("sha256")
                });
                assert!(!dated, "{case}: {name} carries a date");
            }
        }
    }
}

#[test]
fn every_artifact_says_who_made_it_from_what() {
    let profile = common::profile_of("workbook-eu");
    let run = common::run(&profile);
    let sha256 = run.sources.iter().next().unwrap().1.sha256.clone();
    for (name, bytes) in artifacts(&run, &profile, None) {
        // An external dynamic list and a list of commands hold no comments; PROVENANCE.txt speaks for them, as
        // the ticket does for its table, and the manifest for what stands beside it.
        let has_comments =
            // Terraform speaks for the lists and bodies of Zscaler beside it.
            !(name.starts_with("zscaler/") && (name.ends_with(".json") || name.ends_with(".urls.txt")))
                && name != "ticket/ticket.csv" && name.contains('/') && (!name.starts_with("paloalto/") || !name.ends_with(".txt"));
        if has_comments || name.ends_with("PROVENANCE.txt") {
            let text = String::from_utf8(bytes).unwrap();
            let said = [&sha256, "workbook-eu", "thruway"].iter().all(|word| text.contains(*word));
            assert!(said, "{name} does not say who made it from what");
        }
    }
}

/// A source's name comes from a profile, and a file may be called anything.
#[test]
fn a_hostile_source_name_stays_inside_its_comment() {
    ["corners", "devices"].into_iter().for_each(hostile_source_names);
}

fn hostile_source_names(case: &str) {
    let profile = common::profile_of(case);
    let run = common::run(&profile);
    let tame = artifacts(&run, &profile, Some(named("list.csv")));
    for name in [
        "x\nhttp_access allow all",
        "x\r\nreturn \"DIRECT\"",
        "x */ function f() {} /*",
        "x --> <entry/> <!--",
        "x ----> ---",
        "x\u{2028}return \"DIRECT\";",
        "x\" ${evil} %{evil}",
        "x'\nset rulebase security rules all action allow",
    ] {
        let hostile = artifacts(&run, &profile, Some(named(name)));
        for (path, bytes) in &hostile {
            let (tame, hostile) = (code(path, &tame[path]), code(path, bytes));
            assert_eq!(tame, hostile, "{path} differs outside its comments with a source named {name:?}");
        }
    }
}

fn named(name: &str) -> Banner {
    Banner {
        generator: "thruway 0.0.0".to_owned(),
        profile: "corners".to_owned(),
        sources: vec![(name.to_owned(), "0".repeat(64))],
    }
}

/// A file without its comment lines and blank lines. JavaScript ends a line at U+2028 too.
pub fn code(path: &str, bytes: &[u8]) -> Vec<String> {
    if path.ends_with(".reg") || path.ends_with(".pol") {
        return utf16_code(bytes);
    }
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    if path.ends_with(".html") {
        return page_code(&text);
    }
    let is_xml = [".xml", ".plist", ".mobileconfig"].iter().any(|end| path.ends_with(end));
    if is_xml || path.ends_with(".md") {
        assert_eq!(text.matches("<!--").count(), text.matches("-->").count(), "{path}");
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once("<!--") {
            kept.push_str(before);
            rest = after.split_once("-->").unwrap().1;
        }
        kept.push_str(rest);
        // A digest of another file covers its comments.
        let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|octet| octet.is_ascii_hexdigit());
        let has_digest = |line: &str| line.split('`').any(is_digest);
        return kept.lines().filter(|line| !has_digest(line)).map(str::to_owned).collect();
    }
    let comment = match path.rsplit('.').next() {
        Some("pac" | "dat") => "//",
        _ if path.ends_with(".pac.txt") => "//",
        Some("cmd") => "rem ",
        _ if path.ends_with(".lgpo.txt") => ";",
        // Where JSON has room for words.
        Some("json") => "\"description\":",
        _ => "#",
    };
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .filter(|line| !line.trim_start().starts_with(comment) && !line.trim().is_empty())
        // The side file of lists that cannot hold comments is prose as a whole.
        .filter(|_| !path.ends_with("PROVENANCE.txt"))
        .map(str::to_owned)
        .collect()
}

/// A page without its comments and those of the PAC inside, and without the digest of that PAC.
fn page_code(text: &str) -> Vec<String> {
    assert_eq!(text.matches("<!--").count(), 1, "of the header");
    let (before, after) = text.split_once("<!--").unwrap();
    let lines = before.lines().chain(after.split_once("-->").unwrap().1.lines());
    let is_comment = |line: &&str| line.starts_with("//") || line.contains("Content-Security-Policy");
    lines.filter(|line| !is_comment(line)).map(str::to_owned).collect()
}

/// A file in UTF-16 without the comments of the registry's files and blank lines.
fn utf16_code(bytes: &[u8]) -> Vec<String> {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect();
    text.lines().filter(|line| !line.starts_with(';') && !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_file_over_the_products_limit_is_refused_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("Service,Geography,Category,Port,Endpoint/URL\n");
    // Names nearly as long as names can be, so that few of them are a megabyte, and with no end in common.
    for number in 0..6_000 {
        list.push_str(&format!("s,WW,c,443,a{number:059}.b{number:059}.c{number:059}.example.com\n"));
    }
    fs::write(folder.path().join("list.csv"), list).unwrap();
    let path = folder.path().join("thruway.yaml");
    let text = "version: 1\nname: large\nsources: [{ file: list.csv }]\ntargets: { pac: {} }\n";
    let profile = common::profile_at(text, &path);
    let run = common::run(&profile);
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let error = compile::compile(&run, &profile, inputs, &["pac"]).unwrap_err();
    assert!(matches!(error, RenderError::Limit { target: "pac", .. }), "{error}");
}
