//! Findings in one line for each code, for the end of a run.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::visible::visible;
use super::{Code, Diagnostic, Level, Place};
use crate::source::SourceMap;

/// Findings of one level and code.
#[derive(Default)]
struct Group {
    count: usize,
    /// The first places, one more than are shown, each as what it is in and where.
    places: Vec<(String, String)>,
}

/// Findings in one line for each code, the gravest first, with up to `examples` places each, fewer where
/// they would not fit into `columns`. Empty where there is no finding.
pub fn summarize(findings: &[Diagnostic], sources: &SourceMap, examples: usize, columns: usize) -> String {
    let mut groups: BTreeMap<(Reverse<Level>, Code), Group> = BTreeMap::new();
    for finding in findings {
        let group = groups.entry((Reverse(finding.level), finding.code)).or_default();
        group.count += 1;
        if group.places.len() <= examples {
            let place = place(finding, sources);
            // The same cell for another intent is no other example.
            if group.places.last() != Some(&place) {
                group.places.push(place);
            }
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    let width = groups.keys().map(|(_, code)| code.as_str().len()).max().unwrap_or_default();
    let digits = groups.values().map(|group| group.count.to_string().len()).max().unwrap_or_default();
    let mut text = String::new();
    for ((Reverse(level), code), group) in &groups {
        let head = format!("{:<7}  {:>digits$}  {code:<width$}  ", word(*level), group.count);
        let room = columns.saturating_sub(head.chars().count());
        let fits = |places: &String| places.chars().count() <= room;
        let places = (1..=examples)
            .rev()
            .map(|most| list(&group.places, most))
            .find(fits)
            .unwrap_or_else(|| cut(&list(&group.places, 1), room));
        let _ = writeln!(text, "{}", format!("{head}{places}").trim_end());
    }
    text.push_str("`thruway lint` shows each of them, `thruway explain CODE` says what one means\n");
    text
}

/// The same words as above each finding.
pub(super) const fn word(level: Level) -> &'static str {
    match level {
        Level::Allow => "allowed",
        Level::Warn => "warning",
        Level::Hold => "held",
        Level::Deny => "error",
    }
}

/// `Sheet › E13, E15, Other sheet › B2, …`: what the places are in is said where it changes.
fn list(places: &[(String, String)], most: usize) -> String {
    let mut text = String::new();
    let mut current = "";
    for (at, (inside, place)) in places.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        if at == most {
            text.push('…');
            break;
        }
        if inside != current && !inside.is_empty() {
            let _ = write!(text, "{inside} › ");
        }
        current = inside;
        text.push_str(place);
    }
    text
}

/// A place that is too long for the screen, with a mark where it is cut.
fn cut(place: &str, room: usize) -> String {
    // A finding without a place is of little use, so some of it is shown whatever the room.
    const LEAST: usize = 20;
    let room = room.max(LEAST);
    if place.chars().count() <= room {
        return place.to_owned();
    }
    let kept: String = place.chars().take(room - 1).collect();
    kept + "…"
}

/// What a finding's place is in, and where. The source of a sheet is left out: a screen has no room.
fn place(finding: &Diagnostic, sources: &SourceMap) -> (String, String) {
    match &finding.place {
        Place::Cell(cell) => {
            let source = sources.get(cell.source).short_name();
            let inside = if cell.sheet.is_empty() { source } else { &*cell.sheet };
            (visible(inside), visible(&cell.at.to_string()))
        }
        Place::Profile { line, column, text: _ } => ("profile".into(), format!("{line}:{column}")),
        Place::File { file, line, text: _ } => (file.to_string(), line.to_string()),
        Place::Run => (String::new(), finding.target.unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::tests::specimens;

    #[test]
    fn a_summary_has_a_line_for_each_code_the_gravest_first() {
        let (findings, sources) = specimens();
        let want = "\
error    1  unsupported-wildcard  list.csv › A5
error    1  needed-refused        etc/squid.conf › 14
held     2  not-an-endpoint       Microsoft Defender URLs › E13, …
held     1  invalid-host          MicrosoftDefenderForEndpoint › values[3].properties
held     1  missing-geography     Microsoft Defender URLs › B66
held     2  covers-public-suffix  Microsoft Defender URLs › E65
warning  1  missing-dot           list.csv › A4
warning  1  port-assumed          Microsoft Defender URLs › E1
warning  1  covers-public-suffix  Microsoft Defender URLs › E65
warning  1  unused-waiver         profile › 3:35
warning  1  placeholder-proxy
warning  1  wider-than-policy     squid
`thruway lint` shows each of them, `thruway explain CODE` says what one means
";
        assert_eq!(summarize(&findings, &sources, 1, 200), want);
        assert!(summarize(&findings, &sources, 2, 200).contains("Microsoft Defender URLs › E13, E14\n"));
        assert_eq!(summarize(&[], &sources, 3, 200), "");
    }

    #[test]
    fn a_narrow_screen_has_fewer_examples_and_never_none() {
        let (findings, sources) = specimens();
        let line = |columns| -> String {
            let text = summarize(&findings, &sources, 3, columns);
            text.lines().find(|line| line.contains("not-an-endpoint")).unwrap().to_owned()
        };
        assert!(line(80).ends_with("Microsoft Defender URLs › E13, E14"));
        assert!(line(67).ends_with("Microsoft Defender URLs › E13, …"));
        assert!(line(10).ends_with("  Microsoft Defender …"));
    }
}
