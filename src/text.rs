//! Small words for messages: how a text of the user's is shown, how things are counted.

use crate::diag::is_hidden;

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
