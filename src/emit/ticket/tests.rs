//! What the ticket says, read back.

use std::collections::BTreeMap;

use jiff::civil::date;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::compile::{self, Run};
use crate::emit::ALL;
use crate::plan::PolicySets;
use crate::profile::Profile;
use crate::source::sha256;

/// The output folder of a profile beside a list.
fn compiled(profile: &str, list: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), list).unwrap();
    let ids: Vec<_> = ALL.iter().map(|emitter| emitter.id()).collect();
    let profile = Profile::parse(profile, Some(&folder.path().join("thruway.yaml")), &ids).unwrap();
    let run = Run::new(&profile, date(2026, 11, 24)).unwrap();
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let compiled = compile::compile(&run, &profile, inputs, &profile.targets).unwrap();
    let files = compile::files(&run, &profile, &compiled);
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

const HEADER: &str = "Service,Geography,Category,Port,Endpoint/URL,Required or Optional\n";
const PROFILE: &str = "version: 1\nname: contoso\nsources: [{ file: list.csv }]\n";

fn records(files: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
    ::csv::Reader::from_reader(files["ticket/ticket.csv"].as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

/// The cells of all table rows, headers included, as text, by number of columns of their table; and
/// everything that is neither text nor table, such as HTML or a link.
fn read(markdown: &str) -> (Vec<(usize, Vec<String>)>, Vec<String>) {
    let (mut rows, mut strange) = (Vec::<(usize, Vec<String>)>::new(), Vec::new());
    let (mut columns, mut in_cell) = (0, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Table(alignments)) => columns = alignments.len(),
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push((columns, Vec::new())),
            Event::Start(Tag::TableCell) => {
                rows.last_mut().unwrap().1.push(String::new());
                in_cell = true;
            }
            Event::End(TagEnd::TableCell) => in_cell = false,
            Event::Text(text) | Event::Code(text) if in_cell => {
                rows.last_mut().unwrap().1.last_mut().unwrap().push_str(&text);
            }
            Event::Html(text) | Event::InlineHtml(text) => strange.push(text.to_string()),
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strong)) => {
                strange.push(format!("{tag:?}"));
            }
            _ => {}
        }
    }
    (rows, strange)
}

#[test]
fn every_rule_and_what_was_left_out_stands_in_both_files() {
    let list = HEADER.to_owned()
        + "s,EU,c,443,*.a.example.com,Required\n\
           s,WW,c,443,*.blob.core.windows.net,Optional\n\
           s,WW,c,80,www.example.com/pki/*,Required\n";
    let files = compiled(PROFILE, &list);
    let csv: Vec<String> = records(&files)
        .iter()
        .map(|row| {
            let texts = ["Action", "Intent", "Scheme", "Destination", "Ports", "Path", "Requirement"];
            texts.map(|name| row[name].as_str()).join(" ")
        })
        .collect();
    assert_eq!(
        csv,
        [
            "add allow http www.example.com 80 /pki/* required",
            "add allow https *.a.example.com 443  required",
            "add allow https *.blob.core.windows.net 443  optional",
            "add bypass-inspection https *.a.example.com 443  required",
            "left out bypass-inspection https *.blob.core.windows.net 443  optional",
            "add bypass-authentication http www.example.com 80 /pki/* required",
            "add bypass-authentication https *.a.example.com 443  required",
            "add bypass-authentication https *.blob.core.windows.net 443  optional",
        ]
    );
    let ticket = &files["ticket/ticket.md"];
    for line in [
        "3 destinations are to be opened, on TCP 80, 443. 1 is exempt from TLS inspection. 3 are exempt from proxy \
         authentication. Left out: 1 exemption from TLS inspection.",
        "| `*.a.example.com` | not stated; EU | s: c |  | list.csv › E2 |",
        "| `*.blob.core.windows.net` | not stated; WW | s: c (optional) | `covers-public-suffix` | list.csv › E3 |",
        "| Risk | 1 destination is a wildcard over names that anybody can register, so it lets strangers' content \
         through (`covers-public-suffix`) |",
        "| `www.example.com`, path `/pki/*` | not stated; WW | s: c |  | list.csv › E4 |",
        "| `*.blob.core.windows.net` | 443 | without TLS inspection | `covers-public-suffix` | list.csv › E3 |",
    ] {
        assert!(ticket.lines().any(|own| own == line), "{line}\n{ticket}");
    }
}

#[test]
fn every_file_written_before_is_named_with_its_digest() {
    let files = compiled(PROFILE, &(HEADER.to_owned() + "s,WW,c,443,a.example.com,Required\n"));
    let (rows, _) = read(&files["ticket/ticket.md"]);
    let named: BTreeMap<&str, (&str, &str)> = rows
        .iter()
        .filter_map(|(_, cells)| match &cells[..] {
            [path, bytes, digest] if path.contains('/') => Some((&**path, (&**bytes, &**digest))),
            _ => None,
        })
        .collect();
    // The report is written after the ticket, and enforces nothing either.
    let is_before = |path: &&String| !path.starts_with("ticket/") && !path.starts_with("report/");
    let others = files.keys().filter(|path| path.contains('/')).filter(is_before);
    assert_eq!(named.keys().copied().collect::<Vec<_>>(), others.collect::<Vec<_>>());
    for (path, (bytes, digest)) in named {
        assert_eq!(bytes, files[path].len().to_string());
        assert_eq!(digest, sha256(files[path].as_bytes()));
    }
}

#[test]
fn waivers_and_hosts_that_the_profile_adds_say_who_and_why() {
    let profile = PROFILE.to_owned()
        + "select: { include: [{ host: mirror.example.org, ports: [8443], reason: our mirror, owner: netops, expires: 2027-06-30 }] }\n\
           waivers: [{ lint: covers-public-suffix, pattern: \"*.blob.core.windows.net\", intent: bypass-inspection, \
           reason: \"no | other\", owner: ada, expires: 2027-03-31 }]\n";
    let files = compiled(&profile, &(HEADER.to_owned() + "s,WW,c,443,*.blob.core.windows.net,Required\n"));
    let (rows, _) = read(&files["ticket/ticket.md"]);
    let has = |cells: &[&str]| rows.iter().any(|(_, own)| own == cells);
    assert!(has(&[
        "covers-public-suffix",
        "*.blob.core.windows.net",
        "without TLS inspection",
        "no | other",
        "ada",
        "2027-03-31"
    ]));
    assert!(has(&[
        "mirror.example.org",
        "not stated; WW",
        "added by the profile: our mirror",
        "",
        "thruway.yaml › line 4"
    ]));
}

#[test]
fn a_corrected_pattern_keeps_its_reason() {
    let profile = PROFILE.to_owned() + "corrections: { \"*cdn.example.com\": \".cdn.example.com\" }\n";
    let files = compiled(&profile, &(HEADER.to_owned() + "s,EU,why,443,*cdn.example.com,Required\n"));
    assert!(
        files["ticket/ticket.md"]
            .contains("| `.cdn.example.com` | not stated; EU | s: why | `missing-dot` | list.csv › E2 |")
    );
}

/// Texts of cells are whatever somebody wrote there.
#[test]
fn no_text_of_a_cell_leaves_its_cell() {
    let texts = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        " =1",
        "＝1",
        "a;=1; +1",
        "a|b\\|c",
        "<script>alert(1)</script>",
        "[x](http://evil.test)",
        "![x](y)",
        "*a* _b_ `c` ``",
        "--> <!--",
        "&lt;b&gt;",
        "a\nb",
        "\\",
        "\u{202e}abc",
    ];
    let mut list = ::csv::Writer::from_writer(Vec::new());
    list.write_record(HEADER.trim_end().split(',')).unwrap();
    for (at, text) in texts.iter().enumerate() {
        list.write_record([text, "WW", text, "443", format!("h{at}.example.com").as_str(), "Required"])
            .unwrap();
    }
    let files = compiled(PROFILE, &String::from_utf8(list.into_inner().unwrap()).unwrap());
    let (rows, strange) = read(&files["ticket/ticket.md"]);
    assert!(rows.iter().all(|(columns, cells)| *columns == cells.len()), "{rows:?}");
    assert!(strange[0].starts_with("<!--"), "the header");
    assert!(strange[1..].iter().all(|line| !line.contains('<')), "{strange:?}");
    assert_eq!(strange.concat().matches("-->").count(), 1, "{strange:?}");
    let openings = rows.iter().filter(|(_, cells)| cells[0].ends_with(".example.com")).count();
    assert_eq!(openings, texts.len());
    assert!(rows.iter().any(|(_, cells)| cells.iter().any(|cell| cell == "a|b\\|c: a|b\\|c")), "{rows:?}");
    for row in records(&files) {
        for (name, cell) in row {
            for part in cell.split(';') {
                assert!(!part.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{name}: {cell}");
            }
            assert!(!cell.chars().any(char::is_control), "{name}: {cell:?}");
        }
    }
}

#[test]
fn many_findings_of_a_kind_are_counted_and_not_listed() {
    let mut list = HEADER.to_owned();
    for at in 0..50 {
        list.push_str(&format!("s,WW,c,443,*cdn.example{at}.com,Required\n"));
    }
    let files = compiled(&(PROFILE.to_owned() + "targets: { ticket: {} }\n"), &list);
    let ticket = &files["ticket/ticket.md"];
    assert_eq!(ticket.matches("| warn | `missing-dot` |").count(), 21);
    assert!(ticket.contains("| warn | `missing-dot` | 30 more, which `thruway lint` shows |  |"));
    assert!(ticket.contains("No other target was written with this ticket."));
}
