//! What the program prints and how it exits, as transcripts in `tests/cli/`.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; then read the diff.

#[test]
fn transcripts() {
    let cases = trycmd::TestCases::new();
    // Help is wrapped to the width that the surroundings name.
    cases.env("COLUMNS", "100").case("tests/cli/*.trycmd").case("tests/cli/*.toml");
    if cfg!(not(feature = "verify")) {
        cases.skip("tests/cli/verify*.trycmd");
    }
}
