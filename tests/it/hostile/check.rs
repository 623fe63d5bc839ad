//! What must hold of whatever is written.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser};
use quick_xml::events::Event as XmlEvent;
use rquickjs::{Context, Function, Runtime};
use thruway::compile::{self, Compiled, Run};
use thruway::emit::RenderError;
use thruway::plan::PolicySets;
use thruway::profile::Profile;
use thruway::prove::Proof;
use thruway::write::Files;

use super::super::common;

/// Compiles a run for every target of the profile and looks at what is written. `what` says which input it is.
pub fn compile(run: &Run, profile: &Profile, what: &str) -> Result<(), RenderError> {
    compiled(run, profile, |compiled| {
        for target in &compiled.targets {
            let proof = target.proof();
            let is_proved = matches!(proof, Proof::Proved | Proof::NotApplicable);
            assert!(is_proved, "{what}: {}: {proof:?}", target.plan.target);
        }
        for (name, bytes) in &compile::files(run, profile, compiled) {
            file(name, bytes, what);
        }
    })
}

/// The files that products read, looked at but not proved.
pub fn artifacts(run: &Run, profile: &Profile, what: &str) -> Result<Files, RenderError> {
    compiled(run, profile, |compiled| {
        let mut files = Files::new();
        for target in &compiled.targets {
            for artifact in &target.artifacts {
                let name = format!("{}/{}", target.plan.target, artifact.path);
                file(&name, &artifact.bytes, what);
                files.insert(name, artifact.bytes.clone());
            }
        }
        files
    })
}

fn compiled<T>(
    run: &Run,
    profile: &Profile,
    look: impl FnOnce(&Compiled<'_>) -> T,
) -> Result<T, RenderError> {
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(profile);
    let inputs = compile::inputs(run, profile, &sets, &banner);
    Ok(look(&compile::compile(run, profile, inputs, &profile.targets)?))
}

/// Looks at one file of an output folder.
pub fn file(name: &str, bytes: &[u8], what: &str) {
    let at = format!("{what}: {name}");
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{at}: {error}"));
    is_plain(text, &at);
    is_well_formed(name, text, &at);
}

/// No character that moves a cursor, turns the text round or is not seen; none that PowerShell takes for a
/// quote in its scripts. What JSON writes as an escape is one.
fn is_plain(text: &str, at: &str) {
    let is_unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
    };
    let unseen: BTreeSet<char> = text.chars().filter(|&c| is_unseen(c)).collect();
    // A table of spreadsheets ends its lines with a line feed, JSON may hold what it does not escape.
    assert!(unseen.is_empty() || at.ends_with(".json"), "{at}: {unseen:?}");
    if at.ends_with(".ps1") {
        assert!(
            !text.contains(['\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}']),
            "{at}: a quote of PowerShell's"
        );
    }
}

fn is_well_formed(name: &str, text: &str, at: &str) {
    match name.rsplit('.').next().unwrap() {
        "json" => {
            serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{at}: {error}"));
        }
        "xml" => xml(text, at),
        "pac" | "dat" => javascript(text, at),
        "txt" if name.ends_with(".pac.txt") => javascript(text, at),
        "csv" => csv(text, at),
        "md" => markdown(text, at),
        "html" => html(text, at),
        _ => {}
    }
}

fn xml(text: &str, at: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{at}: {error}")) {
            XmlEvent::Start(_) => depth += 1,
            XmlEvent::End(_) => depth -= 1,
            XmlEvent::DocType(_) | XmlEvent::CData(_) | XmlEvent::PI(_) => panic!("{at}: not only elements"),
            XmlEvent::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{at}");
}

/// The script loads, and answers for whatever host.
fn javascript(text: &str, at: &str) {
    let runtime = Runtime::new().unwrap();
    runtime.set_memory_limit(64 << 20);
    let context = Context::full(&runtime).unwrap();
    context.with(|cx| {
        cx.eval::<(), _>(text).unwrap_or_else(|error| panic!("{at}: {error}"));
        let function: Function<'_> = cx.globals().get("FindProxyForURL").unwrap();
        for host in ["a.example.com", "evil.example", "__proto__", "constructor", "", "a.", "192.0.2.1"] {
            let answer: String = function.call((format!("https://{host}/"), host)).unwrap_or_else(|error| {
                panic!("{at}: {host}: {error}");
            });
            assert!(answer == "DIRECT" || answer.starts_with("PROXY "), "{at}: {host}: {answer}");
        }
    });
}

/// A table under every separator that a spreadsheet may take: no cell begins like a formula.
fn csv(text: &str, at: &str) {
    for delimiter in [b',', b';', b'\t'] {
        let strict = delimiter == b',';
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(!strict).from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.unwrap_or_else(|error| panic!("{at}: {error}"));
            for field in &record {
                let begins = field.trim_start().chars().next();
                let is_formula = matches!(begins, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
                assert!(!is_formula, "{at}: {field:?} begins like a formula");
            }
        }
    }
}

/// Elements of our own alone, and data that are JSON.
fn html(text: &str, at: &str) {
    const SHELL: &str = "!-- a article b body button code dd dialog div dl dt fieldset footer form h1 h2 h3 head header html \
                         input label legend li link main meta nav noscript ol p rect script section small span style \
                         summary svg table tbody td th thead title tr ul wbr";
    let (shell, data) = common::without_blocks(text);
    serde_json::from_str::<serde_json::Value>(data).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_eq!(text.matches("<script").count(), text.matches("</script>").count(), "{at}");
    for tag in tags(&shell) {
        assert!(tag == "!doctype" || SHELL.split_whitespace().any(|own| own == tag), "{at}: <{tag}>");
    }
}

/// The names of the elements of a page without its scripts, as they begin.
pub fn tags(shell: &str) -> Vec<String> {
    let of = |text: &str| -> String {
        text.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect()
    };
    let begin = shell.match_indices('<').map(|(at, _)| &shell[at + 1..]);
    begin.filter(|rest| !rest.starts_with('/')).map(|rest| of(rest).to_lowercase()).collect()
}

/// No element, link or picture of the input's; comments of our own alone.
fn markdown(text: &str, at: &str) {
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Html(html) => {
                assert!(html.starts_with("<!--") || is_in_comment(text, &html), "{at}: {html}")
            }
            Event::InlineHtml(html) => panic!("{at}: {html}"),
            Event::Start(
                pulldown_cmark::Tag::Link { dest_url, .. } | pulldown_cmark::Tag::Image { dest_url, .. },
            ) => {
                assert!(dest_url.starts_with("https://") && !dest_url.contains("evil"), "{at}: {dest_url}");
            }
            _ => {}
        }
    }
}

/// Whether a line stands in the comment at the top.
fn is_in_comment(text: &str, line: &str) -> bool {
    text.split_once("-->")
        .is_some_and(|(comment, _)| comment.contains(line.trim_end()) || line.starts_with("-->"))
}
