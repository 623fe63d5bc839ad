//! What was seen, as findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Granted, Inputs, List, Report, Seen, Subject};
use crate::analyze;
use crate::diag::{self, Code, Diagnostic, Level};
use crate::model::{HostIndex, HostPattern, Intent, Request, RequestPattern};
use crate::read::{Item, Place, Texts, TroubleKind, decoded};

/// Lines of a file, found by place.
struct Lines<'t>(BTreeMap<&'t str, Vec<&'t [u8]>>);

impl<'t> Lines<'t> {
    fn new(texts: &'t Texts) -> Self {
        let lines = |bytes: &'t Vec<u8>| bytes.split(|&octet| octet == b'\n').collect();
        Self(texts.iter().map(|(name, bytes)| (name.as_str(), lines(bytes))).collect())
    }

    fn text(&self, place: &Place) -> String {
        let line = (place.line as usize).checked_sub(1);
        let octets = line.and_then(|line| self.0.get(&*place.file)?.get(line).copied());
        decoded(octets.unwrap_or_default()).trim().to_owned()
    }

    fn at(&self, place: &Place) -> diag::Place {
        diag::Place::File { file: Arc::clone(&place.file), line: place.line, text: self.text(place) }
    }
}

/// Everything that an audit tells.
pub(super) fn report(subject: &dyn Subject, inputs: Inputs<'_>, seen: &Seen) -> Report {
    let lines = Lines::new(inputs.texts);
    let mut findings = Vec::new();
    lost(inputs, seen, &lines, &mut findings);
    let lists = subject.lists();
    let entries = by_place(&lists);
    for ((intent, place), granted) in &seen.granted {
        if subject.withholds(*intent) {
            let sampled = subject.sampled().is_some();
            beyond(*intent, place.as_ref(), granted, (&entries, sampled), &lines, &mut findings);
        }
    }
    let mut assumed = Vec::new();
    let mut troubled = BTreeSet::new();
    for trouble in subject.troubles() {
        troubled.insert(trouble.place.clone());
        match code_of(trouble.kind) {
            Some(code) => findings.push(Diagnostic::new(code, &trouble.what, lines.at(&trouble.place), "")),
            None => assumed.push(trouble),
        }
    }
    for list in &lists {
        unreached(list, seen, &lines, &mut findings);
        covered(list, &troubled, &lines, &mut findings);
        if let (false, Some(place)) = (list.is_used, list.place) {
            let what = match list.name {
                Some(name) => format!("no rule names the list `{name}`"),
                None => "no rule names this list".to_owned(),
            };
            findings.push(Diagnostic::new(Code::UnusedList, what, lines.at(place), ""));
        }
    }
    diag::sort(&mut findings);
    Report {
        findings,
        assumed,
        hosts: subject.sampled().unwrap_or(seen.hosts),
        requests: seen.requests,
        sampled: subject.sampled().is_some(),
        notice: subject.notice(),
        loose: seen.granted.values().filter(|granted| granted.is_loose).count(),
    }
}

fn code_of(kind: TroubleKind) -> Option<Code> {
    Some(match kind {
        TroubleKind::Refused => Code::ProductRefuses,
        TroubleKind::NotUnderstood => Code::NotUnderstood,
        TroubleKind::NeverMatches => Code::NeverMatches,
        TroubleKind::Misleading => Code::MisleadingEntry,
        TroubleKind::Assumed => return None,
    })
}

/// What is needed and withheld, rule by rule of the policy.
fn lost(inputs: Inputs<'_>, seen: &Seen, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) {
    for ((intent, rule), (request, places)) in &seen.lost {
        let (code, what) = match intent {
            Intent::Allow => (Code::NeededRefused, "is refused"),
            Intent::BypassInspection => (Code::NeededInspected, "is inspected"),
            Intent::BypassAuthentication => {
                (Code::NeededAuthenticated, "is let through only to who signs in")
            }
            Intent::Direct => (Code::NeededNotDirect, "is sent through the proxy"),
        };
        let rule = &inputs.policy.rules(*intent)[*rule];
        let asked = match rule.provenance.first() {
            Some(cell) => format!("the policy asks for `{}`: {}", rule.pattern, cell.place(inputs.sources)),
            None => format!("the policy asks for `{}`", rule.pattern),
        };
        let place = places.first().map_or(diag::Place::Run, |place| lines.at(place));
        let finding = Diagnostic::new(code, format!("`{request}` {what}"), place, "");
        findings.push(finding.for_intent(*intent).help(asked));
    }
}

/// What an entry grants that nobody needs.
fn beyond(
    intent: Intent,
    place: Option<&Place>,
    granted: &Granted,
    (entries, sampled): (&BTreeMap<&Place, Vec<&RequestPattern>>, bool),
    lines: &Lines<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(witness) = &granted.beyond else { return };
    let patterns = place.and_then(|place| entries.get(place)).map_or(&[][..], Vec::as_slice);
    let mut patterns = patterns.to_vec();
    patterns.sort_by_key(|pattern| pattern.host.to_string().len());
    let of_rest = place.is_none_or(|place| is_of_rest(place, &patterns, sampled));
    let code = match granted.is_needed || of_rest {
        true => Code::WiderThanNeeded,
        false => Code::NotNeeded,
    };
    let at = || place.map_or(diag::Place::Run, |place| lines.at(place));
    let message = if of_rest { said_of_rest(intent, witness) } else { said(intent, witness) };
    let finding = Diagnostic::new(code, message, at(), "").for_intent(intent);
    findings.push(finding);
    // An entry that is several patterns is told of once, by the widest.
    let mut told = BTreeSet::new();
    // A rule for every host names none.
    let names = patterns.into_iter().filter(|pattern| pattern.host.anchor().is_some());
    for pattern in names {
        let found = analyze::Subject::new(pattern).findings(intent);
        let grave = found.into_iter().filter(|finding| finding.level > Level::Allow);
        findings.extend(grave.filter(|finding| told.insert(finding.code)).map(|finding| {
            // There is no leaving out here: what would be is an error of whoever wrote it.
            let level = if finding.level == Level::Warn { Level::Warn } else { Level::Deny };
            finding.at(at()).at_level(level)
        }));
    }
}

fn said(intent: Intent, witness: &Request) -> String {
    let what = match intent {
        Intent::Allow => "is let through",
        Intent::BypassInspection => "is not inspected",
        Intent::BypassAuthentication => "is let through to everybody",
        Intent::Direct => "is sent past the proxy",
    };
    format!("`{witness}` {what}, and the policy does not ask for it")
}

/// Whether what stands at a place is for whatever no entry names: a rule without a list, or one for every name.
fn is_of_rest(place: &Place, patterns: &[&RequestPattern], sampled: bool) -> bool {
    match patterns {
        [] if sampled => place.line == 0,
        [] => true,
        some => some.iter().any(|pattern| pattern.host == HostPattern::every_name()),
    }
}

/// The same of a rule for whatever no entry names.
fn said_of_rest(intent: Intent, witness: &Request) -> String {
    let what = match intent {
        Intent::Allow => "let through",
        Intent::BypassInspection => "not inspected",
        Intent::BypassAuthentication => "let through to everybody",
        Intent::Direct => "sent past the proxy",
    };
    format!("whatever is on no list is {what}, such as `{witness}`")
}

/// The patterns that stand at a place.
fn by_place<'l>(lists: &[List<'l>]) -> BTreeMap<&'l Place, Vec<&'l RequestPattern>> {
    let mut entries: BTreeMap<&Place, Vec<&RequestPattern>> = BTreeMap::new();
    for Item { pattern, place } in lists.iter().flat_map(|list| list.items) {
        let same = entries.entry(place).or_default();
        if !same.contains(&pattern) {
            same.push(pattern);
        }
    }
    entries
}

/// A list that grants nothing, since whatever it names is decided before.
fn unreached(list: &List<'_>, seen: &Seen, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) {
    for &intent in list.intents.iter().filter(|_| list.is_used && !list.items.is_empty()) {
        let grants = |item: &Item| seen.granted.contains_key(&(intent, Some(item.place.clone())));
        if let (false, Some(place)) = (list.items.iter().any(grants), list.place) {
            let name = list.name.map_or("this rule".to_owned(), |name| format!("the list `{name}`"));
            let what = format!("{name} is never reached: what it names is decided before");
            findings.push(Diagnostic::new(Code::NeverMatches, what, lines.at(place), "").for_intent(intent));
        }
    }
}

/// Entries that others of their list cover. An entry that is told of already is not told again.
fn covered(list: &List<'_>, troubled: &BTreeSet<Place>, lines: &Lines<'_>, findings: &mut Vec<Diagnostic>) {
    let mut index = HostIndex::new();
    // An entry may be several patterns.
    let mut entries: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
    for (at, item) in list.items.iter().enumerate() {
        index.insert(item.pattern.host.clone(), at);
        entries.entry(&item.place).or_default().push(at);
    }
    // What covers a part of an entry: of two that are the same, the later one is covered.
    let wider = |at: usize| -> Option<&Item> {
        let item = &list.items[at];
        let others = index.covering_candidates(&item.pattern.host).map(|(_, &other)| &list.items[other]);
        let covers = |other: &&Item| {
            other.place != item.place
                && other.pattern.covers(&item.pattern)
                && (other.pattern != item.pattern || other.place < item.place)
        };
        others.into_iter().find(covers)
    };
    for (&place, own) in entries.iter().filter(|(place, _)| !troubled.contains(**place)) {
        let by: Option<Vec<&Item>> = own.iter().map(|&at| wider(at)).collect();
        let Some(by) = by.and_then(|by| by.first().copied()) else { continue };
        let shown = |at: usize| &list.items[at].pattern;
        let widest = own.iter().copied().min_by_key(|&at| shown(at).host.to_string().len());
        let Some(pattern) = widest.map(shown) else { continue };
        // What is written otherwise and read alike is the product's doing.
        if by.pattern == *pattern && lines.text(&by.place) != lines.text(place) {
            continue;
        }
        let message = match by.pattern == *pattern {
            true => format!("`{}` stands there twice: {}", pattern.host, by.place),
            false => format!("`{}` is covered by `{}`: {}", pattern.host, by.pattern.host, by.place),
        };
        findings.push(Diagnostic::new(Code::CoveredEntry, message, lines.at(place), ""));
    }
}
