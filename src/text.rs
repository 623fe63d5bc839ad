//! Small words for messages: how a text of the user's is shown, how things are counted.

use crate::diag::is_hidden;

/// Fewest and most columns that text is wrapped at: longer lines are hard to read.
const WRAPPED: std::ops::RangeInclusive<usize> = 40..=100;

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

/// JSON in which every character is escaped that a terminal obeys or that some programs take for the end of a
/// line: U+2028, U+0085. Between its strings there is none.
pub(crate) fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || !is_hidden(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// Text behind a head, in lines of at most `columns` characters where words allow it. Later lines begin
/// below the first word.
pub(crate) fn wrapped(head: &str, text: &str, columns: usize) -> Vec<String> {
    let columns = columns.clamp(*WRAPPED.start(), *WRAPPED.end());
    let indent = " ".repeat(head.chars().count());
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > columns {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// A text as a word of a command that a person may copy into a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | ':' | '\\');
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        let text = "one two three four five six seven eight nine ten eleven twelve";
        assert_eq!(
            wrapped("- ", text, 0),
            ["- one two three four five six seven", "  eight nine ten eleven twelve"]
        );
        assert_eq!(wrapped("", &"x".repeat(200), 80), ["x".repeat(200)], "a word is never broken");
        assert_eq!(wrapped("", "", 80), [""]);
        let long = "word ".repeat(100);
        assert!(wrapped("", &long, 1000).iter().all(|line| line.len() <= 100), "wide lines are hard to read");
    }

    #[test]
    fn json_moves_no_cursor_and_means_the_same() {
        let text = "\u{9b}2J\u{2028}\u{85}\u{202e}é\u{e0001}\n\u{1b}";
        let json = plain_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(json, "[\n  \"\\u009b2J\\u2028\\u0085\\u202eé\\udb40\\udc01\\n\\u001b\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

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
