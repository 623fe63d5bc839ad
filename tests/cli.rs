//! What the program prints and how it exits, as transcripts in `tests/cli/`.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; then read the diff.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd").case("tests/cli/*.toml");
}
