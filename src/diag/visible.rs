//! Text from files, made harmless for a terminal.

/// One visible character for each one that a terminal would obey or not show: escape sequences,
/// line breaks, direction marks, blanks without width. Lengths in characters stay.
pub fn visible(text: &str) -> String {
    text.chars().map(visible_character).collect()
}

/// Whether a character is not seen as itself: a terminal obeys it, it turns the text round, or it has no
/// width.
pub fn is_hidden(character: char) -> bool {
    visible_character(character) != character
}

fn visible_character(character: char) -> char {
    match character {
        // A tab's width depends on where it stands.
        '\t' => ' ',
        // Unicode has a picture of every control character of ASCII, in order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // The other control characters, line separators, marks of direction, and what has no width: a
        // host that differs from another by one of these must not look the same.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        for (text, want) in [
            ("\u{1b}]0;title\u{7}", "␛]0;title␇"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("a\tb\r\nc", "a b␍␊c"),
            ("\u{202e}moc.elpmaxe", "\u{fffd}moc.elpmaxe"),
            ("exam\u{200b}ple.com\u{feff}", "exam\u{fffd}ple.com\u{fffd}"),
            ("a\u{61c}b\u{3164}c\u{34f}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("日本 – *.example.com", "日本 – *.example.com"),
        ] {
            assert_eq!(visible(text), want);
        }
        let all: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        assert!(!visible(&all).chars().any(char::is_control));
    }
}
