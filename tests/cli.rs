//! What the program prints and how it exits, as transcripts in `tests/cli/`.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; then read the diff.

#[test]
fn transcripts() {
    let cases = trycmd::TestCases::new();
    cases
        // Help is wrapped to the width that the surroundings name.
        .env("COLUMNS", "100")
        // Waivers end, and facts of targets grow old.
        .env("THRUWAY_TODAY", "2026-11-24")
        .case("tests/cli/*.trycmd")
        .case("tests/cli/*.toml");
    if cfg!(not(feature = "verify")) {
        cases.skip("tests/cli/verify*.trycmd").skip("tests/cli/audit-server.trycmd");
    }
    if cfg!(not(feature = "serve")) {
        // It lists every command.
        cases.skip("tests/cli/verify-in-help.trycmd");
    }
}
