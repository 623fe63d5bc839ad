//! What a hostile document would have.

use super::*;
use crate::diag::Level;

#[test]
fn a_star_over_everything_is_denied() {
    for text in ["*", "*.*", "www.*", "a*b*.example.com"] {
        let out = cell(text);
        assert_eq!(out.only(Code::UnsupportedWildcard).level, Level::Deny, "{text}");
        assert!(out.endpoints.is_empty(), "{text}");
    }
}

#[test]
fn hostile_text_is_reported_without_its_control_characters() {
    let long = "x".repeat(100_000);
    for text in [
        "a.example.com\u{1b}[31m",
        "\u{202e}moc.elpmaxe.a",
        "user:secret@a.example.com",
        "https://a.example.com\u{0}/x",
        "javascript://a.example.com/%0aalert(1)",
        &format!("{long}.example.com"),
        &format!("https://{long}:{long}/{long}"),
        &"(".repeat(100_000),
        &"[".repeat(100_000),
        &"`".repeat(99_999),
        &"<".repeat(100_000),
        &"[](".repeat(50_000),
    ] {
        let out = cell(text);
        assert!(out.endpoints.is_empty(), "{:?}", out.patterns());
        assert!(!out.findings.is_empty());
    }
    // Headers and other cells are hostile too.
    let evil = "\u{1b}[2J\u{7}";
    let out = sheet(
        evil,
        &[Role::Geography, Role::Port, Role::Endpoint, Role::Requirement, Role::PlatformList],
        &[
            &["WW", evil, "a.example.com", evil, evil],
            &[evil, "443", "a.example.com", evil, evil],
            &["WW", "443", "a.example.com", evil, evil],
        ],
    );
    assert_eq!(out.patterns(), ["a.example.com"]);
}
