//! The part of a text that a finding is about, cut so that any text fits a screen.

use std::ops::Range;

use super::visible::visible;

/// Most lines of a cell that are shown.
const MOST_LINES: usize = 6;
/// Characters of a line that are shown in the narrowest terminal.
const LEAST_ROOM: usize = 40;

/// Lines of a text with the part to underline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Excerpt {
    /// The lines, harmless for a terminal.
    pub(super) text: String,
    /// What to underline, in bytes of `text`; not empty unless the text is.
    pub(super) span: Range<usize>,
}

/// The excerpt of a cell around the first of `wanted` that it has, as a whole word if any is one; else
/// of its beginning, underlined as a whole. `room` is the most characters of a line.
pub(super) fn of_cell(text: &str, wanted: &[&str], room: usize) -> Excerpt {
    let lines: Vec<String> = text.trim_end().lines().map(visible).collect();
    let wanted: Vec<String> = wanted.iter().map(|wanted| visible(wanted)).collect();
    let found = [Fit::Word, Fit::Anywhere].into_iter().find_map(|fit| {
        wanted.iter().find_map(|wanted| {
            lines.iter().enumerate().find_map(|(at, line)| Some((at, find(line, wanted, fit)?)))
        })
    });
    let first = match &found {
        Some((at, _)) => at.saturating_sub(MOST_LINES / 2).min(lines.len().saturating_sub(MOST_LINES)),
        None => 0,
    };
    let lines = &lines[first..lines.len().min(first + MOST_LINES)];
    cut(lines, found.map(|(at, range)| (at - first, range)), room.max(LEAST_ROOM))
}

/// What to underline behind a place of a profile.
#[derive(Clone, Copy)]
pub(super) enum Extent<'t> {
    /// That many characters; 0 means to the end of what begins there.
    Characters(u32),
    /// This text, where it follows.
    Text(&'t str),
}

/// The excerpt of one line of a profile, underlined from `column`, which counts from 1.
pub(super) fn of_line(line: &str, column: u32, extent: Extent<'_>) -> Excerpt {
    let mut text = visible(line.trim_end());
    // An empty place needs a character to point at.
    let place = byte_of(&text, (column as usize).saturating_sub(1));
    if place == text.len() {
        text.push(' ');
    }
    let rest = &text[place..];
    let everything = 0..rest.find(" #").filter(|end| *end > 0).unwrap_or(rest.len());
    let within = match extent {
        Extent::Characters(0) => everything,
        Extent::Characters(length) => 0..byte_of(rest, length as usize),
        Extent::Text(wanted) => find(rest, &visible(wanted), Fit::Anywhere).unwrap_or(everything),
    };
    Excerpt { span: place + within.start..place + within.end, text }
}

/// The byte offset of a character, or the end of the text.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// Joins lines, each cut around what is underlined in it, or at its end.
fn cut(lines: &[String], underlined: Option<(usize, Range<usize>)>, room: usize) -> Excerpt {
    let mut text = String::new();
    let mut span = 0..0;
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let here = underlined.as_ref().filter(|(line, _)| *line == at).map(|(_, range)| range.clone());
        let around = here.clone().unwrap_or(0..0);
        let window = window(line, &around, room);
        if window.start > 0 {
            text.push('…');
        }
        if let Some(range) = here {
            let start = text.len() + range.start - window.start;
            let end = text.len() + range.end.min(window.end) - window.start;
            span = start..end;
        }
        text.push_str(&line[window.clone()]);
        if window.end < line.len() {
            text.push('…');
        }
    }
    if underlined.is_none() {
        span = 0..text.len();
    }
    Excerpt { text, span }
}

/// The bytes of a line to show: `room` characters, from a little before `around` where all do not fit.
fn window(line: &str, around: &Range<usize>, room: usize) -> Range<usize> {
    let before = line[..around.start].chars().count();
    let inside = line[around.clone()].chars().count();
    let start = if before + inside <= room { 0 } else { byte_of(line, before.saturating_sub(room / 4)) };
    start..start + byte_of(&line[start..], room)
}

/// How a text must stand in a line.
#[derive(Clone, Copy)]
enum Fit {
    /// With nothing of a host beside it: `example.com` is no word of `a.example.com`.
    Word,
    /// Anyhow.
    Anywhere,
}

/// Where `wanted` stands in a line, case of ASCII letters aside.
fn find(line: &str, wanted: &str, fit: Fit) -> Option<Range<usize>> {
    if wanted.is_empty() {
        return None;
    }
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '*');
    let is_word = |at: usize| {
        let before = line[..at].chars().next_back();
        let mut after = line[at + wanted.len()..].chars();
        let after = match after.next() {
            // A dot that ends a sentence is no part of a name.
            Some('.') => after.next(),
            other => other,
        };
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    };
    let lower = line.to_ascii_lowercase();
    let wanted_lower = wanted.to_ascii_lowercase();
    let at = lower.match_indices(&wanted_lower).map(|(at, _)| at).find(|&at| match fit {
        Fit::Word => is_word(at),
        Fit::Anywhere => true,
    })?;
    Some(at..at + wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn underlined(excerpt: &Excerpt) -> &str {
        &excerpt.text[excerpt.span.clone()]
    }

    #[test]
    fn the_wanted_text_is_underlined_as_a_whole_word() {
        for (text, wanted, want) in [
            ("*.example.com\nexample.com", "example.com", "example.com"),
            ("a.EXAMPLE.com and example.com.", "example.com", "example.com"),
            ("see A.Example.com", "a.example.com", "A.Example.com"),
            ("xexample.com", "example.com", "example.com"),
            ("a\nb\n", "c", "a\nb"),
            ("", "c", ""),
            ("\u{1b}[1m", "\u{1b}", "␛"),
        ] {
            assert_eq!(underlined(&of_cell(text, &[wanted], 80)), want, "{text}");
        }
        // The second line, not the end of the first.
        assert_eq!(of_cell("*.example.com\nexample.com", &["example.com"], 80).span, 14..25);
        // A whole word of the second text before a part for the first.
        assert_eq!(of_cell("ab b", &["a", "b"], 80).span, 3..4);
        assert_eq!(of_cell("a b", &["x", "b", "a"], 80).span, 2..3);
    }

    #[test]
    fn a_long_cell_is_cut_around_what_it_is_about() {
        let lines: String = (0..50).map(|n| format!("host{n}.example.com\n")).collect();
        let excerpt = of_cell(&lines, &["host30.example.com"], 80);
        assert_eq!(underlined(&excerpt), "host30.example.com");
        assert_eq!(excerpt.text.lines().count(), MOST_LINES);
        let line = format!("{}host.example.com{}", "é ".repeat(5_000), " é".repeat(5_000));
        let excerpt = of_cell(&line, &["host.example.com"], 80);
        assert_eq!(underlined(&excerpt), "host.example.com");
        assert_eq!(excerpt.text.chars().count(), 82);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
    }

    #[test]
    fn a_place_in_a_line_counts_characters() {
        use Extent::*;
        for (line, column, extent, want) in [
            ("é: [ x, y ]", 6, Characters(1), "x"),
            ("windows: 1803   # why", 10, Characters(0), "1803  "),
            ("a: b", 9, Characters(0), " "),
            ("a: b", 4, Characters(90), "b"),
            ("a: b", 0, Characters(1), "a"),
            ("", 1, Characters(0), " "),
            ("- { a.x, pattern: '*.A.X' }", 8, Text("*.a.x"), "*.A.X"),
            ("- { a.x }", 3, Text("b"), "{ a.x }"),
        ] {
            assert_eq!(underlined(&of_line(line, column, extent)), want, "{line}");
        }
    }
}
