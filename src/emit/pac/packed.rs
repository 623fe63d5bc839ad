//! Lists of names where size counts: by how the names end, many a line, in an order in which a line can be found.
//!
//! A line ends where the last label of a name says so, and not after so many names: a name that comes or goes changes
//! its own line and none behind it, so that what changed can still be reviewed.

use crate::model::Intent;
use crate::plan::Plan;

use super::{BELOW, EXACT, GLOBS, SUBTREE, lines_of, sort_from_right};

/// How finely lists are cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Names below one that make it an end of its own. An end costs its own octets and a step of each question below
    /// it, a name in it saves them.
    pub(super) names_of_an_end: usize,
    /// Names of a line, on average. A line costs five octets; it is unpacked as a whole.
    pub(super) names_of_a_line: usize,
}

/// That of files that are handed out.
pub(super) const SHAPE: Shape = Shape { names_of_an_end: 16, names_of_a_line: 64 };

/// One intent's entries, as the script looks them up.
pub(super) struct Packed {
    /// By every end that has names of its own, and by those above it.
    pub(super) zones: Vec<End>,
    /// Names with stars, by their top-level label.
    pub(super) globs: Vec<End>,
}

/// What is written without its end: "" or a dot and labels.
pub(super) struct End {
    pub(super) end: String,
    pub(super) lines: Vec<String>,
}

/// How a name is meant; each is the octet before the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Subtree,
    Exact,
    Below,
}

impl Mark {
    fn written(self) -> char {
        match self {
            Self::Subtree => ' ',
            Self::Exact => '=',
            Self::Below => '*',
        }
    }
}

/// Before a label that has a longer end for what is below it.
const LONGER_END: char = ':';

/// A name and what sorts it: its labels from the right, each with a blank behind it, which sorts before every octet of a
/// label.
struct Name<'n> {
    key: String,
    mark: Mark,
    name: &'n str,
}

impl<'n> Name<'n> {
    fn new(mark: Mark, name: &'n str) -> Self {
        let mut key = String::with_capacity(name.len() + 1);
        for label in name.rsplit('.') {
            key.push_str(label);
            key.push(' ');
        }
        Self { key, mark, name }
    }

    /// It without its end.
    fn rest(&self, end: &str) -> &'n str {
        &self.name[..self.name.len() - end.len()]
    }

    /// The label before the end.
    fn label(&self, end: &str) -> &'n str {
        let rest = self.rest(end);
        rest.rsplit_once('.').map_or(rest, |(_, label)| label)
    }
}

impl Packed {
    pub(super) fn is_empty(&self) -> bool {
        self.globs.is_empty() && self.zones.iter().all(|zone| zone.lines.is_empty())
    }

    pub(super) fn of(plan: &Plan<'_>, intent: Intent, shape: Shape) -> Self {
        let of = |list, mark| lines_of(plan, intent, list).map(move |name| Name::new(mark, name));
        let names = of(SUBTREE, Mark::Subtree).chain(of(EXACT, Mark::Exact)).chain(of(BELOW, Mark::Below));
        let mut names: Vec<Name<'_>> = names.collect();
        names.sort_unstable_by(|a, b| (&a.key, a.mark).cmp(&(&b.key, b.mark)));
        let mut zones = Vec::new();
        add_zones(String::new(), &names, shape, &mut zones);
        Self { zones, globs: globs(plan, intent) }
    }
}

/// Adds an end with the names that it has for itself, and the ends below it.
fn add_zones(end: String, names: &[Name<'_>], shape: Shape, zones: &mut Vec<End>) {
    let at = zones.len();
    zones.push(End { end: String::new(), lines: Vec::new() });
    let mut lines = Lines { shape, lines: Vec::new(), names: 0 };
    for group in names.chunk_by(|a, b| a.label(&end) == b.label(&end)) {
        let label = group[0].label(&end);
        let (own, below) = group.split_at(group.partition_point(|name| name.rest(&end) == label));
        // The script goes no further than to a name that holds for everything below it.
        let has_end = below.len() >= shape.names_of_an_end && own.iter().all(|name| name.mark == Mark::Exact);
        if !has_end {
            lines.add(label, group, false, &end);
            continue;
        }
        // To a top-level label the script goes by itself.
        lines.add(label, own, !end.is_empty(), &end);
        add_zones(format!(".{label}{end}"), below, shape, zones);
    }
    zones[at] = End { end, lines: lines.lines };
}

/// Lines of names, a label after the other.
struct Lines {
    shape: Shape,
    lines: Vec<String>,
    /// Names of the last line.
    names: usize,
}

impl Lines {
    /// Adds the names of a label, and whether there is a longer end for what is below it.
    fn add(&mut self, label: &str, names: &[Name<'_>], has_longer_end: bool, end: &str) {
        if names.is_empty() && !has_longer_end {
            return;
        }
        let Shape { names_of_a_line, .. } = self.shape;
        let is_cut =
            digest(label).is_multiple_of(names_of_a_line as u32) || self.names >= names_of_a_line * 4;
        if self.lines.is_empty() || is_cut {
            self.lines.push(String::new());
            self.names = 0;
        }
        let line = self.lines.last_mut().expect("internal error: a line was just begun");
        for name in names {
            line.push(name.mark.written());
            line.push_str(name.rest(end));
        }
        if has_longer_end {
            line.push(LONGER_END);
            line.push_str(label);
        }
        self.names += names.len();
    }
}

/// FNV-1a, of 32 bits.
fn digest(label: &str) -> u32 {
    label.bytes().fold(0x811c_9dc5, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Names with stars by their top-level label, one a line.
fn globs(plan: &Plan<'_>, intent: Intent) -> Vec<End> {
    let mut globs: Vec<&str> = lines_of(plan, intent, GLOBS).collect();
    sort_from_right(&mut globs);
    let split = globs
        .iter()
        .map(|glob| glob.rsplit_once('.').expect("internal error: a name with a star has a label behind it"));
    let split: Vec<(&str, &str)> = split.collect();
    let end = |globs: &[(&str, &str)]| End {
        end: format!(".{}", globs[0].1),
        lines: globs.iter().map(|(rest, _)| (*rest).to_owned()).collect(),
    };
    split.chunk_by(|a, b| a.1 == b.1).map(end).collect()
}

#[cfg(test)]
mod tests;
