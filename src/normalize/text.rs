//! Small words about text: how findings show it, how words are compared, what means yes.

use std::borrow::Cow;
use std::sync::Arc;

/// How many characters of a cell a finding shows.
const SHOWN: usize = 120;

/// The text as a finding may show it.
pub(super) fn shown(text: &str) -> String {
    crate::text::shown(text, SHOWN)
}

/// Lower case, runs of white space as one blank.
pub(super) fn fold(text: &str) -> String {
    squeeze(text).to_lowercase()
}

/// Trimmed, with runs of white space as one blank.
fn squeeze(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let tidy = !trimmed.chars().any(|c| c.is_whitespace() && c != ' ') && !trimmed.contains("  ");
    if tidy {
        Cow::Borrowed(trimmed)
    } else {
        Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The same, shared with the cell where nothing had to change.
pub(super) fn squeezed(text: &Arc<str>) -> Arc<str> {
    let tidy = squeeze(text);
    if *tidy == **text { text.clone() } else { Arc::from(&*tidy) }
}

/// What a yes-or-no cell says; a star (`Yes*`) refers to a footnote. Nothing for any other text.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text.trim().trim_end_matches(['*', '†'])).as_str() {
        "yes" | "y" | "true" | "はい" | "✓" | "✔" | "○" => Some(true),
        "no" | "n" | "false" | "いいえ" | "×" => Some(false),
        _ => None,
    }
}

/// Whether the text says nothing: blank, a dash, `n/a`.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(fold(text).as_str(), "" | "-" | "–" | "—" | "n/a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_read_in_the_languages_of_the_pages() {
        for (text, want) in [
            ("Yes", Some(true)),
            ("Yes*", Some(true)),
            (" yes ", Some(true)),
            ("はい", Some(true)),
            ("No", Some(false)),
            ("いいえ", Some(false)),
            ("", None),
            ("Required", None),
        ] {
            assert_eq!(yes_or_no(text), want, "{text}");
        }
    }

    #[test]
    fn category_with_a_line_break_at_its_end_is_one_line() {
        assert_eq!(&*squeezed(&Arc::from("Endpoint/URL  Description \r\n")), "Endpoint/URL Description");
    }
}
