//! The table of the change ticket.

use proptest::prelude::*;

use super::*;
use crate::emit::testing::{pattern, rules, settings};
use crate::emit::ticket::Ticket;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_table_of_the_ticket_asks_for_what_is_meant(
        allow in rules(), inspection in rules(), authentication in rules(), direct in rules()
    ) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
            (Intent::Direct, direct),
        ]);
        let settings = settings();
        let written = Written::new(&Ticket, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

#[test]
fn a_mutation_of_the_tickets_table_is_caught() {
    let rules = ["https://a.example.com", "https://*.b.example.com", "http://www.example.net/pki/*"];
    let policy = Policy::from([
        (Intent::Allow, rules.map(pattern).into()),
        (Intent::BypassInspection, vec![pattern(rules[0])]),
    ]);
    let settings = settings();
    let written = Written::new(&Ticket, &settings, &policy);
    written.assert_caught(
        "ticket",
        &[
            ("a star added", "ticket.csv", "a.example.com", "*.example.com"),
            ("a star lost", "ticket.csv", "*.b.example.com", ".b.example.com"),
            ("an opening left out", "ticket.csv", "add,bypass-inspection", "left out,bypass-inspection"),
            ("another intent", "ticket.csv", "add,bypass-inspection", "add,direct"),
            ("a port changed", "ticket.csv", ",443,", ",444,"),
            ("the scheme lost", "ticket.csv", ",https,", ",http+https,"),
            ("a path shortened", "ticket.csv", "/pki/*", "/*"),
            (
                "a row repeated with more",
                "ticket.csv",
                "add,allow,outbound,TCP,https,a.example.com",
                "add,allow,outbound,TCP,https,evil.test",
            ),
            ("a column lost", "ticket.csv", "Destination", "Host"),
        ],
    );
    written.assert_no_file_is_spare(&[]);
}
