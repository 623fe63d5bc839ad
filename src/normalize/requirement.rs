//! Required-or-optional cells.

use super::text::{fold, yes_or_no};
use crate::model::Requirement;

/// What a cell says. Nothing where it says neither.
///
/// `yes_means_required`: the column asks "required?" and is answered with yes and no, as the
/// `required` key of a JSON feed is.
pub(super) fn parse(text: &str, yes_means_required: bool) -> Option<Requirement> {
    match word(text) {
        None if yes_means_required => {
            yes_or_no(text).map(|yes| if yes { Requirement::Required } else { Requirement::Optional })
        }
        requirement => requirement,
    }
}

/// What the words of requirement columns mean.
pub(super) fn word(text: &str) -> Option<Requirement> {
    match fold(text.trim().trim_end_matches('*')).as_str() {
        "required" | "必須" | "必要" => Some(Requirement::Required),
        "optional" | "省略可能" | "オプション" | "任意" => Some(Requirement::Optional),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_in_the_languages_of_the_pages() {
        for (text, want) in [
            ("Required", Some(Requirement::Required)),
            (" optional ", Some(Requirement::Optional)),
            ("Required*", Some(Requirement::Required)),
            ("必須", Some(Requirement::Required)),
            ("省略可能", Some(Requirement::Optional)),
            ("オプション", Some(Requirement::Optional)),
            ("Yes", None),
            ("Required or Optional", None),
        ] {
            assert_eq!(parse(text, false), want, "{text}");
        }
        assert_eq!(parse("true", true), Some(Requirement::Required));
        assert_eq!(parse("No", true), Some(Requirement::Optional));
    }
}
