//! Small words for messages: how a text of the user's is shown, how things are counted.

/// A text of a file or of the profile in a message: trimmed, on one line, cut to `max` characters, with
/// nothing that a terminal obeys or does not show. Quotes and backslashes stay as they are.
pub(crate) fn shown(text: &str, max: usize) -> String {
    let text = text.trim();
    let mut out = String::with_capacity(text.len().min(max));
    for (at, character) in text.chars().enumerate() {
        if at == max {
            out.push('…');
            break;
        }
        match character {
            '"' | '\'' | '\\' => out.push(character),
            _ => out.extend(character.escape_debug()),
        }
    }
    out
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_text_keeps_to_one_line_and_moves_no_cursor() {
        for (text, max, want) in [
            ("Endpoint/URL\n", 40, "Endpoint/URL"),
            ("a\nb", 40, "a\\nb"),
            (" a\u{1b}[31m\n\u{202e}b'\"` ", 40, "a\\u{1b}[31m\\n\\u{202e}b'\"`"),
            ("a\u{200b}\u{feff}\u{2028}b", 40, "a\\u{200b}\\u{feff}\\u{2028}b"),
            ("abcdefghij", 5, "abcde…"),
            ("ポート", 3, "ポート"),
        ] {
            assert_eq!(shown(text, max), want);
        }
    }
}
