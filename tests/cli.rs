//! What the program prints and how it exits, as transcripts in `tests/cli/`.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; then read the diff.

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        // Help is wrapped to the width that the surroundings name.
        .env("COLUMNS", "100")
        .case("tests/cli/*.trycmd")
        .case("tests/cli/*.toml");
}
