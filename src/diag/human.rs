//! Findings for people: each shows its cell the way a compiler shows a line of source.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use annotate_snippets::renderer::{AnsiColor, Effects};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Shown, Origin, Renderer, Snippet};

use super::excerpt::{self, Excerpt, Extent};
use super::summary::word;
use super::visible::visible;
use super::{Diagnostic, Level, Place};
use crate::model::Intent;
use crate::profile::{Problem, ProfileError};
use crate::source::{At, Cell, SourceMap, Surrounding};
use crate::text;

/// How to write for the terminal or file at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// With escape sequences for colour.
    pub color: bool,
    /// Width in columns; longer source lines are cut around what is underlined.
    pub width: usize,
}

impl Style {
    /// Without colour, 100 columns wide: for files and pipes.
    pub const PLAIN: Style = Style { color: false, width: 100 };

    fn renderer(self) -> Renderer {
        let renderer = if self.color {
            // Held is neither a warning nor an error, so it has a colour of its own.
            Renderer::styled().note(AnsiColor::BrightMagenta.on_default().effects(Effects::BOLD))
        } else {
            Renderer::plain()
        };
        renderer.term_width(self.width.max(40))
    }
}

/// Writes every finding, in the order given. `profile` is the name and the text of the profile, where
/// there is one.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_human(
    out: &mut dyn io::Write,
    findings: &[Diagnostic],
    sources: &SourceMap,
    profile: Option<(&str, &str)>,
    style: &Style,
) -> io::Result<()> {
    let renderer = style.renderer();
    let (name, written) = profile.unwrap_or_default();
    let lines: Vec<&str> = written.lines().collect();
    for (same, others) in folded(findings) {
        writeln!(out, "{}\n", show(same, &others, sources, name, &lines, &renderer, style.width))?;
    }
    Ok(())
}

/// Findings that are shown as one, each with those further down that have another place and message and are
/// otherwise the same: a list of twenty rows with one kind of fault is read once.
fn folded(findings: &[Diagnostic]) -> Vec<(&[Diagnostic], Vec<&Diagnostic>)> {
    let mut all: Vec<(&[Diagnostic], Vec<&Diagnostic>)> = Vec::new();
    // What is equal, to the place in `all`.
    let mut known = BTreeMap::new();
    for same in findings.chunk_by(is_same_but_for_whom) {
        let Place::Cell(_) = same[0].place else {
            all.push((same, Vec::new()));
            continue;
        };
        let key: Vec<_> = same
            .iter()
            .map(|own| (own.level, own.code, own.intent, own.target, &own.label, &own.notes, &own.help))
            .collect();
        let at = *known.entry(key).or_insert(all.len());
        match all.get_mut(at) {
            Some((_, others)) => others.push(&same[0]),
            None => all.push((same, Vec::new())),
        }
    }
    all
}

/// One finding, or several that differ in whom they concern.
fn show(
    same: &[Diagnostic],
    others: &[&Diagnostic],
    sources: &SourceMap,
    profile: &str,
    lines: &[&str],
    renderer: &Renderer,
    width: usize,
) -> String {
    let finding = &same[0];
    let title = shown(finding.level).primary_title(visible(&finding.message)).id(finding.code.as_str());
    let whom = for_whom(same);
    let label = common_label(same);
    let notes = all_lines(same, |finding| &finding.notes);
    let help = all_lines(same, |finding| &finding.help);
    let others: Vec<String> = others.iter().map(|other| also(&finding.place, other, sources)).collect();
    let rest = |group| {
        let group = others.iter().fold(group, |group, other| note(group, other, width));
        let group = notes.iter().fold(note(group, &whom, width), |group, line| note(group, line, width));
        with_help(group, &help, width)
    };
    let row = |cell| sources.around(cell).and_then(|around| row(&around, width));
    match &finding.place {
        Place::Cell(cell) => {
            // The renderer knows lines and columns alone, so the place and the cell are two reports: a
            // location behind a path would be one inside the cell.
            let place = Group::with_title(title).element(Origin::path(visible(&path(cell, sources))));
            let body = show_cell(Group::with_level(shown(finding.level)), cell, finding, label, width);
            let (place, body) =
                (renderer.render(&[place]), renderer.render(&[rest(with_row(body, row(cell)))]));
            indented(&format!("{place}\n{body}"))
        }
        Place::Profile { line, column, text } => {
            let at = ProfilePlace { name: profile, line: *line, column: *column, extent: Extent::Text(text) };
            renderer.render(&[rest(at.show(Group::with_title(title), lines, label))])
        }
        Place::File { file, line, text } => {
            let quoted: Vec<&str> = backticked(&finding.message).chain(backticked(label)).collect();
            let excerpt = excerpt::of_cell(text, &quoted, width.saturating_sub(label.chars().count() + 10));
            let group = Group::with_title(title);
            let snippet = match excerpt.text.trim().is_empty() {
                true => note(group.element(Origin::path(visible(file))), label, width),
                false => {
                    let annotation = annotation(&excerpt, label);
                    let snippet = Snippet::source(excerpt.text).path(visible(file));
                    group.element(snippet.line_start((*line as usize).max(1)).annotation(annotation))
                }
            };
            renderer.render(&[rest(snippet)])
        }
        Place::Run => indented(&renderer.render(&[rest(note(Group::with_title(title), label, width))])),
    }
}

/// `row 13: no host`: where a finding is that is folded into the one at `place`, and what it says.
fn also(place: &Place, other: &Diagnostic, sources: &SourceMap) -> String {
    let at = match (place, &other.place) {
        (Place::Cell(first), Place::Cell(own))
            if (first.source, &first.sheet) == (own.source, &own.sheet) =>
        {
            own.at.to_string()
        }
        (_, Place::Cell(own)) => own.place(sources),
        _ => String::new(),
    };
    format!("also {at}: {}", other.message)
}

/// All lines but the first one column to the right, as where there are line numbers.
fn indented(report: &str) -> String {
    report.trim_end().replace('\n', "\n ")
}

/// Writes everything that is wrong with a profile, up to a screenful.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_profile_error(
    out: &mut dyn io::Write,
    error: &ProfileError,
    (name, text): (&str, &str),
    style: &Style,
) -> io::Result<()> {
    const MOST: usize = 20;
    let renderer = style.renderer();
    let lines: Vec<&str> = text.lines().collect();
    for problem in error.problems().iter().take(MOST) {
        let Problem { message, line, column, length, help } = problem;
        let group = Group::with_title(Shown::ERROR.primary_title(visible(message)));
        let at = ProfilePlace { name, line: *line, column: *column, extent: Extent::Characters(*length) };
        writeln!(out, "{}\n", renderer.render(&[with_help(at.show(group, &lines, ""), help, style.width)]))?;
    }
    let rest = error.problems().len().saturating_sub(MOST);
    if rest > 0 {
        writeln!(out, "… and {rest} more")?;
    }
    Ok(())
}

/// How a level is called: what happens to the pattern.
fn shown(level: Level) -> Shown<'static> {
    match level {
        Level::Allow => Shown::INFO.with_name(word(level)),
        Level::Warn => Shown::WARNING.with_name(word(level)),
        Level::Hold => Shown::NOTE.with_name(word(level)),
        Level::Deny => Shown::ERROR.with_name(word(level)),
    }
}

/// Whether two findings say the same of different intents or targets, and so are shown as one. Their
/// labels and help may name whom they concern.
fn is_same_but_for_whom(a: &Diagnostic, b: &Diagnostic) -> bool {
    let Diagnostic { place, code, level, intent: _, target: _, message, label: _, notes: _, help: _ } = a;
    *place == b.place && *code == b.code && *level == b.level && *message == b.message
}

/// The label of findings that are shown as one: none where each names its own list, which the note does for
/// all of them.
fn common_label(findings: &[Diagnostic]) -> &str {
    let label = &findings[0].label;
    if findings.iter().all(|finding| finding.label == *label) { label } else { "" }
}

/// Each line of notes or of help of findings that are shown as one, once.
fn all_lines(findings: &[Diagnostic], of: fn(&Diagnostic) -> &Vec<String>) -> Vec<&String> {
    let mut all: Vec<&String> = Vec::new();
    for line in findings.iter().flat_map(of) {
        if !all.contains(&line) {
            all.push(line);
        }
    }
    all
}

/// The targets and intents that findings concern: `in squid, for allow and direct`; empty for a finding that
/// concerns none.
fn for_whom(findings: &[Diagnostic]) -> String {
    let targets: BTreeSet<&str> = findings.iter().filter_map(|finding| finding.target).collect();
    let intents: BTreeSet<Intent> = findings.iter().filter_map(|finding| finding.intent).collect();
    let parts = [
        ("in ", listed(&targets.into_iter().collect::<Vec<_>>())),
        ("for ", listed(&intents.into_iter().map(Intent::as_str).collect::<Vec<_>>())),
    ];
    let said = parts.into_iter().filter(|(_, words)| !words.is_empty());
    said.map(|(word, words)| word.to_owned() + &words).collect::<Vec<_>>().join(", ")
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn note<'a>(group: Group<'a>, text: &str, width: usize) -> Group<'a> {
    if text.is_empty() {
        return group;
    }
    group.element(Shown::INFO.with_name("note").message(fitting(text, width)))
}

fn with_help<'a>(group: Group<'a>, help: &[impl AsRef<str>], width: usize) -> Group<'a> {
    group.elements(help.iter().map(|help| Shown::HELP.message(fitting(help.as_ref(), width))))
}

/// A line of a note or of help in lines that fit below each other behind `= note: `.
fn fitting(text: &str, width: usize) -> String {
    const BEFORE: usize = 12;
    text::wrapped("", &visible(text), width.saturating_sub(BEFORE)).join("\n")
}

fn annotation<'a>(excerpt: &Excerpt, label: &str) -> Annotation<'a> {
    let annotation = AnnotationKind::Primary.span(excerpt.span.clone());
    if label.is_empty() { annotation } else { annotation.label(visible(label)) }
}

fn show_cell<'a>(
    group: Group<'a>,
    cell: &Cell,
    finding: &Diagnostic,
    label: &str,
    width: usize,
) -> Group<'a> {
    let quoted: Vec<&str> = backticked(&finding.message).chain(backticked(label)).collect();
    // Prose is underlined as a whole, and its label should still be on the screen.
    let room = width.saturating_sub(label.chars().count() + 6);
    let excerpt = excerpt::of_cell(&cell.text, &quoted, room);
    if excerpt.text.trim().is_empty() {
        return note(group, label, width);
    }
    let annotation = annotation(&excerpt, label);
    group.element(Snippet::source(excerpt.text).line_numbering(false).fold(false).annotation(annotation))
}

/// `mde-urls.xlsx › Microsoft Defender URLs › E65, Endpoint/URL`: with the header of its column, where there is one.
fn path(cell: &Cell, sources: &SourceMap) -> String {
    let place = cell.place(sources);
    // A pointer names its field itself.
    let At::Cell { .. } = cell.at else { return place };
    match sources.around(cell).map(|around| text::shown(around.header, LONGEST)) {
        Some(header) if !header.is_empty() => format!("{place}, {header}"),
        Some(_) | None => place,
    }
}

/// Longest text of a header and of a neighbour.
const LONGEST: usize = 40;

/// The other cells of a row, as many as fit: `Geography: US, Port: 443`.
fn row(around: &Surrounding<'_>, width: usize) -> Option<String> {
    let mut line = String::new();
    for (header, text) in &around.others {
        let (header, text) = (text::shown(header, LONGEST), text::shown(text, LONGEST));
        let next = if header.is_empty() { text } else { format!("{header}: {text}") };
        // What is in front of the line, and a mark behind it.
        if !line.is_empty() && line.chars().count() + next.chars().count() + 13 > width {
            line.push_str(", …");
            break;
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&next);
    }
    (!line.is_empty()).then_some(line)
}

fn with_row<'a>(group: Group<'a>, row: Option<String>) -> Group<'a> {
    match row {
        Some(row) => group.element(Shown::INFO.with_name("row").message(visible(&row))),
        None => group,
    }
}

/// The texts between backticks: the hosts and words that a message is about.
fn backticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A place in the profile. Line and column count from 1.
struct ProfilePlace<'p> {
    name: &'p str,
    line: u32,
    column: u32,
    extent: Extent<'p>,
}

impl ProfilePlace<'_> {
    fn show<'a>(&self, group: Group<'a>, lines: &[&str], label: &str) -> Group<'a> {
        let line = (self.line as usize).max(1);
        let text = lines.get(line - 1).copied().unwrap_or_default();
        let excerpt = excerpt::of_line(text, self.column, self.extent);
        let annotation = annotation(&excerpt, label);
        let snippet = Snippet::source(excerpt.text).path(visible(self.name)).line_start(line);
        group.element(snippet.annotation(annotation))
    }
}

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, file};

    use super::*;
    use crate::diag::tests::specimens;
    use crate::profile::Profile;

    fn human(style: Style) -> String {
        let (findings, sources) = specimens();
        let profile =
            "version: 1\nwaivers:\n  - { lint: missing-dot, pattern: '*.Example.com', intent: allow } # é\n";
        let mut out = Vec::new();
        write_human(&mut out, &findings, &sources, Some(("contoso.yaml", profile)), &style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn findings_look_like_this() {
        assert_data_eq!(human(Style::PLAIN), file!["snapshots/findings.txt"].raw());
    }

    #[test]
    fn colour_adds_nothing_but_escape_sequences() {
        let colored = human(Style { color: true, ..Style::PLAIN });
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            // Everything that is written ends in `m`: nothing moves the cursor or sets a title.
            let (sequence, after) = after.split_once('m').unwrap();
            assert!(sequence.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{sequence}");
            rest = after;
        }
        plain.push_str(rest);
        assert_eq!(plain, human(Style::PLAIN));
        assert_ne!(plain, colored);
    }

    #[test]
    fn a_cell_fits_the_terminal() {
        for width in [0, 60, 80, 120] {
            let shown = human(Style { color: false, width });
            let longest = shown
                .lines()
                .filter(|line| line.trim_start().starts_with('|') && !line.contains('^'))
                .map(|line| line.chars().count())
                .max();
            assert!(longest.unwrap() <= width.max(60), "{width}: {longest:?}\n{shown}");
        }
    }

    #[test]
    fn a_wrong_profile_looks_like_this() {
        let wrong = [
            "version: 2\nnam: x\nselect: { platform: [linux], windows: '1803' }\nproxies: [http://é:1]\n",
            "version: 1\nselect:\n  exclude: [*.akamaized.net]\n",
            "",
        ];
        let mut out = Vec::new();
        for text in wrong {
            let error = Profile::parse(text, None, &["squid"]).unwrap_err();
            write_profile_error(&mut out, &error, ("contoso.yaml", text), &Style::PLAIN).unwrap();
        }
        assert_data_eq!(String::from_utf8(out).unwrap(), file!["snapshots/wrong-profile.txt"].raw());
    }

    #[test]
    fn a_hopeless_profile_is_cut_short() {
        let text: String = (0..50).map(|n| format!("key{n}: x\n")).collect();
        let error = Profile::parse(&text, None, &[]).unwrap_err();
        let mut out = Vec::new();
        write_profile_error(&mut out, &error, ("x", &text), &Style::PLAIN).unwrap();
        // 50 keys, and the two that are missing.
        assert!(String::from_utf8(out).unwrap().ends_with("\n… and 32 more\n"));
    }
}
