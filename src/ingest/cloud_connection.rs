//! The output of TestCloudConnection.exe, which names the storage hosts of a Monitoring Agent.
//!
//! The layout is not public. What is known: a heading holds the words "Firewall Rule" and the wildcard
//! that its hosts fall under. So the reader looks for that heading, takes the hosts below it, uses those
//! inside the wildcard and no others, and reports every other line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::decode::decode;
use crate::diag::{Code, Diagnostic};
use crate::mma::STORAGE;
use crate::model::DomainName;
use crate::source::{At, Cell, Provenance, SourceId, Sourced};

/// Most bytes of such an output: 1 MiB. Real ones have a few kilobytes.
const MAX_BYTES: usize = 1 << 20;
/// Most findings of one kind that are listed one by one.
const MAX_LISTED: usize = 20;
/// Most headings that an error names, and most characters of each.
const MAX_HEADINGS: usize = 5;
const MAX_HEADING_CHARS: usize = 80;

/// What the tool writes for a host that it cannot reach. Checked 2026-11-24, the vendor's analyzer
/// script of 2022 looks for the same words.
pub(crate) const FAILURES: [&str; 2] = ["connection failed", "blocked host"];

/// Why an output cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudConnectionError {
    /// Too many bytes.
    #[error("{bytes} bytes, over {MAX_BYTES}; is this the output of TestCloudConnection.exe")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// No heading with the wildcard.
    #[error("no heading \"Firewall Rule: *.{}\"; {}", STORAGE[0], headings(.seen))]
    NoHeading {
        /// Headings that were seen, the first few, shortened.
        seen: Vec<String>,
    },
}

fn headings(seen: &[String]) -> String {
    if seen.is_empty() {
        return "no other heading either".to_owned();
    }
    let quoted: Vec<String> = seen.iter().map(|heading| format!("{heading:?}")).collect();
    format!("headings seen: {}", quoted.join(", "))
}

/// What a line is.
enum Line<'t> {
    /// Nothing, or a rule of dashes.
    Blank,
    /// "Firewall Rule" with one of the storage wildcards.
    Wanted(&'static str),
    /// Another "Firewall Rule".
    OtherRule(&'t str),
    /// A line that looks like a heading, which ends a section where a blank line stands before it.
    Title(&'t str),
    /// Anything else.
    Text(&'t str),
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let line = line.trim();
        if !line.contains(char::is_alphanumeric) {
            return Self::Blank;
        }
        let lower = line.to_lowercase();
        if lower.contains("firewall rule") {
            let wildcard = STORAGE.into_iter().find(|suffix| lower.contains(&format!("*.{suffix}")));
            return wildcard.map_or(Self::OtherRule(line), Self::Wanted);
        }
        let decorated = ["##", "==", "**", "--"].iter().any(|mark| line.starts_with(mark));
        if (decorated || line.ends_with(':')) && hosts_of(line).next().is_none() {
            return Self::Title(line);
        }
        Self::Text(line)
    }
}

/// The names of a line: bare, in a URL, with a port, behind a colon. None where the line has control
/// characters: the rest of a terminal's colour code would read as the beginning of a name.
pub(crate) fn hosts_of(line: &str) -> impl Iterator<Item = DomainName> {
    let line = if line.contains(|c: char| c.is_control() && c != '\t') { "" } else { line };
    line.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')' | '[' | ']' | '<' | '>' | '=')
    })
    .flat_map(|token| {
        let token = token.split_once("://").map_or(token, |(_, rest)| rest);
        token.split(['/', '\\', '?', '#']).next().unwrap_or(token).split(':')
    })
    .map(|name| name.trim_matches('.'))
    .filter(|name| name.contains('.'))
    .filter_map(|name| name.parse().ok())
}

/// Reads the hosts below every heading that names a storage wildcard, sorted, without repeats.
///
/// # Errors
/// When the output is too large or has no such heading.
pub fn read(
    source: SourceId,
    bytes: &[u8],
    findings: &mut Vec<Diagnostic>,
) -> Result<Vec<Sourced<DomainName>>, CloudConnectionError> {
    if bytes.len() > MAX_BYTES {
        return Err(CloudConnectionError::TooLarge { bytes: bytes.len() });
    }
    let text = decode(bytes);
    let mut reader = SectionReader::new(source);
    for (line, number) in text.lines().zip(0..) {
        reader.line(number, line);
    }
    if !reader.found {
        return Err(CloudConnectionError::NoHeading { seen: reader.headings });
    }
    for list in [reader.unread, reader.foreign, reader.failed] {
        findings.extend(list.into_findings());
    }
    Ok(reader
        .hosts
        .into_iter()
        .map(|(value, cells)| Sourced { value, from: Provenance::from_iter(cells) })
        .collect())
}

struct SectionReader {
    source: SourceId,
    /// The wildcard of the section that the next line is in, without its star.
    section: Option<DomainName>,
    /// The heading of that section, which names the section in provenance.
    sheet: Arc<str>,
    after_blank: bool,
    found: bool,
    headings: Vec<String>,
    hosts: BTreeMap<DomainName, Vec<Cell>>,
    unread: FindingList,
    foreign: FindingList,
    failed: FindingList,
}

impl SectionReader {
    fn new(source: SourceId) -> Self {
        Self {
            source,
            section: None,
            sheet: "".into(),
            after_blank: false,
            found: false,
            headings: Vec::new(),
            hosts: BTreeMap::new(),
            unread: FindingList::new("lines were not understood"),
            foreign: FindingList::new("hosts lie outside the wildcard of their heading"),
            failed: FindingList::new("hosts could not be reached"),
        }
    }

    fn line(&mut self, number: u32, line: &str) {
        let after_blank = std::mem::replace(&mut self.after_blank, false);
        match Line::of(line) {
            Line::Blank => self.after_blank = true,
            Line::Wanted(suffix) => {
                self.found = true;
                self.section = Some(suffix.parse().expect("internal error: a storage suffix is a name"));
                self.sheet = format!("*.{suffix}").into();
            }
            Line::OtherRule(heading) => {
                self.end_section();
                self.note_heading(heading);
            }
            Line::Title(heading) if after_blank || self.section.is_none() => {
                self.end_section();
                self.note_heading(heading);
            }
            Line::Title(text) | Line::Text(text) => self.text(number, text),
        }
    }

    fn end_section(&mut self) {
        self.section = None;
        self.sheet = "".into();
    }

    fn note_heading(&mut self, heading: &str) {
        if self.headings.len() < MAX_HEADINGS {
            self.headings.push(heading.chars().take(MAX_HEADING_CHARS).collect());
        }
    }

    fn text(&mut self, number: u32, text: &str) {
        let cell =
            Cell { source: self.source, sheet: self.sheet.clone(), at: At::Line(number), text: text.into() };
        let Some(section) = self.section.clone() else { return self.text_outside(text, cell) };
        // A line counts once per host, however often it repeats it.
        let (inside, outside): (BTreeSet<DomainName>, BTreeSet<DomainName>) =
            hosts_of(text).partition(|host| host.is_below(&section));
        if inside.is_empty() && outside.is_empty() {
            self.unread.push(|| not_understood(cell.clone()));
        }
        for host in outside {
            self.foreign.push(|| not_inside(&host, &section, cell.clone()));
        }
        let lower = text.to_lowercase();
        let failed = FAILURES.iter().any(|words| lower.contains(words));
        for host in inside {
            if failed {
                self.failed.push(|| not_reached(&host, cell.clone()));
            }
            self.hosts.entry(host).or_default().push(cell.clone());
        }
    }

    /// A line outside the sections is the tool's other business, unless it names a storage host: then a
    /// section may have ended too early.
    fn text_outside(&mut self, text: &str, cell: Cell) {
        let storage = |host: &DomainName| STORAGE.iter().any(|suffix| host.as_str().ends_with(suffix));
        if let Some(host) = hosts_of(text).find(storage) {
            self.unread.push(|| outside_of_sections(&host, cell));
        }
    }
}

fn outside_of_sections(host: &DomainName, cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::UnreadText,
        format!("`{host}` stands under no heading with its wildcard"),
        cell.into(),
        "not used",
    )
    .help("if the agent needs it, add it to the profile under `select: include:`")
}

fn not_understood(cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::UnreadText,
        format!("{} under `{}` names no host", cell.at, cell.sheet),
        cell.into(),
        "not understood, not used",
    )
    .help("if it should name a host, add that host to the profile under `select: include:`")
}

fn not_inside(host: &DomainName, section: &DomainName, cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::ForeignHost,
        format!("`{host}` is not under `*.{section}`, whose hosts the section lists"),
        cell.into(),
        "not used",
    )
    .help("if the agent needs it, add it to the profile under `select: include:`")
}

fn not_reached(host: &DomainName, cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::FailedConnection,
        format!("the tool could not reach `{host}`"),
        cell.into(),
        "needed, so it is used",
    )
    .help("run TestCloudConnection.exe again once the policy is in place")
}

/// Findings of one kind: the first ones, and one that counts the rest.
struct FindingList {
    findings: Vec<Diagnostic>,
    more: usize,
    what: &'static str,
}

impl FindingList {
    fn new(what: &'static str) -> Self {
        Self { findings: Vec::new(), more: 0, what }
    }

    fn push(&mut self, finding: impl FnOnce() -> Diagnostic) {
        if self.findings.len() < MAX_LISTED {
            self.findings.push(finding());
        } else {
            self.more += 1;
        }
    }

    fn into_findings(mut self) -> Vec<Diagnostic> {
        if let Some(last) = self.findings.last().filter(|_| self.more > 0) {
            let mut rest = last.clone();
            rest.message = format!("{} more {}", self.more, self.what);
            rest.label = "the last one listed".to_owned();
            self.findings.push(rest);
        }
        self.findings
    }
}

#[cfg(test)]
mod tests;
