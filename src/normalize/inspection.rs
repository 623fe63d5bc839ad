//! Cells that say whether TLS inspection must be bypassed.

use super::text::yes_or_no;
use crate::model::Inspection;

/// What a cell says; anything but yes and no says nothing, and the vendor's general rule holds.
pub(super) fn parse(text: &str) -> Inspection {
    match yes_or_no(text) {
        Some(true) => Inspection::Exempt,
        Some(false) => Inspection::MayInspect,
        None => Inspection::NotStated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inspection_is_read_in_the_languages_of_the_pages() {
        for (text, want) in [
            ("Yes", Inspection::Exempt),
            ("はい", Inspection::Exempt),
            ("No", Inspection::MayInspect),
            ("いいえ", Inspection::MayInspect),
            ("see note", Inspection::NotStated),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
    }
}
