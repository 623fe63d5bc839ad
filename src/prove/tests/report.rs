//! The data of the report.

use proptest::prelude::*;

use super::*;
use crate::emit::report::Report;
use crate::emit::testing::{pattern, rules, settings};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_data_of_the_report_are_the_policy(
        allow in rules(), inspection in rules(), authentication in rules(), direct in rules()
    ) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
            (Intent::Direct, direct),
        ]);
        let settings = settings();
        let written = Written::new(&Report, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

#[test]
fn a_mutation_of_the_reports_data_is_caught() {
    let rules = ["https://a.example.com", "https://*.b.example.com", "http://www.example.net/pki/*"];
    let policy = Policy::from([
        (Intent::Allow, rules.map(pattern).into()),
        (Intent::BypassInspection, vec![pattern(rules[0])]),
    ]);
    let settings = settings();
    let written = Written::new(&Report, &settings, &policy);
    written.assert_caught(
        "report",
        &[
            ("a star added", "index.html", "\n[\"a.example.com", "\n[\"*.example.com"),
            ("a star lost", "index.html", "[\"*.b.example.com", "[\".b.example.com"),
            ("a rule left out", "index.html", "\"bypass-inspection\":[\n[0,[]]]", "\"bypass-inspection\":[]"),
            (
                "another rule",
                "index.html",
                "\"bypass-inspection\":[\n[0,[]]]",
                "\"bypass-inspection\":[\n[1,[]]]",
            ),
            ("another intent", "index.html", "\"policy\":{\"allow\"", "\"policy\":{\"direct\""),
            ("a port changed", "index.html", "\"443\"", "\"444\""),
            ("a scheme more", "index.html", "\"http\",", "\"http+https\","),
            ("a path shortened", "index.html", "/pki/*", "/*"),
            ("the data lost", "index.html", "id=\"data\"", "id=\"other\""),
        ],
    );
    written.assert_no_file_is_spare(&[]);
}
