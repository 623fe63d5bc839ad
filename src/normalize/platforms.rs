//! Platform columns: flags, lists, and what a sheet's own name says.

use std::collections::BTreeSet;

use super::text::{fold, is_blank, yes_or_no};
use crate::model::{Platform, Platforms};

/// What one flag cell says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flag {
    /// `Yes`, `Yes*`, `はい`.
    Yes,
    /// `No`.
    No,
    /// Nothing, or a dash.
    Blank,
}

/// Reads a flag cell; nothing where it says something else.
pub(super) fn flag(text: &str) -> Option<Flag> {
    match yes_or_no(text) {
        Some(true) => Some(Flag::Yes),
        Some(false) => Some(Flag::No),
        None if is_blank(text) => Some(Flag::Blank),
        None => None,
    }
}

/// Reads a list cell: `All`, `Windows`, `Windows 1607-1803`, `Linux, macOS`. Nothing where it names
/// no platform that is known, or all but one.
pub(super) fn list(text: &str) -> Option<BTreeSet<Platform>> {
    let text = fold(text);
    let mut platforms = BTreeSet::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        match word {
            "all" | "any" | "すべて" | "全て" => platforms.extend(Platform::ALL),
            "mac" | "macos" | "osx" => {
                platforms.insert(Platform::MacOs);
            }
            "linux" => {
                platforms.insert(Platform::Linux);
            }
            // "All except Linux": to read it half would say the opposite.
            "not" | "no" | "non" | "except" | "excluding" | "以外" => return None,
            _ if word.starts_with("win") => {
                platforms.insert(Platform::Windows);
            }
            _ => {}
        }
    }
    (!platforms.is_empty()).then_some(platforms)
}

/// The platforms that a name such as `Windows 1607 to 1803` or `Windows 7, 8.1, 2008R2 (MMA)` is
/// about. `Windows Defender` is a product, not a platform.
pub(super) fn of_sheet(name: &str) -> BTreeSet<Platform> {
    let name = fold(name);
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
    let mut platforms = BTreeSet::new();
    for (at, &word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or("");
        match word {
            "mac" | "macos" => {
                platforms.insert(Platform::MacOs);
            }
            "linux" => {
                platforms.insert(Platform::Linux);
            }
            "windows"
                if next.is_empty() || next == "server" || next.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                platforms.insert(Platform::Windows);
            }
            _ => {}
        }
    }
    platforms
}

/// The platforms that a category such as `Common (Mac/Linux)` names in brackets. Empty where it names
/// none, or names Windows too.
pub(super) fn of_category(category: &str) -> BTreeSet<Platform> {
    let mut platforms = BTreeSet::new();
    for part in category.split('(').skip(1) {
        let inner = part.split(')').next().unwrap_or(part);
        platforms.extend(list(inner).unwrap_or_default());
    }
    if platforms.contains(&Platform::Windows) { BTreeSet::new() } else { platforms }
}

/// The platforms of the sheet, or "not stated" where there are none.
pub(super) fn stated(platforms: BTreeSet<Platform>) -> Platforms {
    if platforms.is_empty() { Platforms::NotStated } else { Platforms::Only(platforms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(platforms: Option<BTreeSet<Platform>>) -> String {
        platforms.map_or_else(|| "?".to_owned(), |platforms| stated(platforms).to_string())
    }

    #[test]
    fn lists_of_real_sheets_are_read() {
        for (text, want) in [
            ("All", "windows+macos+linux"),
            ("Windows", "windows"),
            ("macOS", "macos"),
            ("Linux", "linux"),
            ("Windows 1607-1803", "windows"),
            ("Win7SP1/8.1/2008R2 (and 2012R2/2016 with MMA)", "windows"),
            ("Mac, Linux", "macos+linux"),
            ("Android", "?"),
            ("All except Linux", "?"),
            ("Required", "?"),
        ] {
            assert_eq!(show(list(text)), want, "{text}");
        }
    }

    #[test]
    fn a_sheets_name_says_a_platform_but_a_products_name_does_not() {
        for (name, want) in [
            ("Windows 1607 to 1803", "windows"),
            ("Windows 7, 8.1, 2008R2 (MMA) ", "windows"),
            ("Windows", "windows"),
            ("Windows Defender URLs", "-"),
            ("Microsoft Defender URLs", "-"),
            ("Mac and Linux", "macos+linux"),
            ("", "-"),
        ] {
            assert_eq!(stated(of_sheet(name)).to_string(), want, "{name}");
        }
    }

    #[test]
    fn a_category_names_platforms_in_brackets() {
        for (category, want) in [
            ("Common (Mac) (Linux)", "macos+linux"),
            ("Common (Mac/Linux)", "macos+linux"),
            ("Microsoft Monitoring Agent (MMA)", "-"),
            ("Common (Windows/Mac)", "-"),
            ("Common", "-"),
        ] {
            assert_eq!(stated(of_category(category)).to_string(), want, "{category}");
        }
    }
}
