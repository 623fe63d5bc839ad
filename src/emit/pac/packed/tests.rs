//! How lists are cut.

use std::collections::BTreeSet;

use super::super::tests::{patterns, with_plan};
use super::*;
use crate::emit::pac::PacOptions;

fn packed(hosts: &[String], shape: Shape) -> Packed {
    with_plan(PacOptions::default(), &[], &patterns(hosts), |plan| Packed::of(plan, Intent::Allow, shape))
}

fn lines(ends: &[End]) -> Vec<(&str, &[String])> {
    ends.iter().map(|own| (&*own.end, &*own.lines)).collect()
}

fn hosts(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|&host| host.to_owned()).collect()
}

#[test]
fn a_name_stands_with_its_longest_end_and_says_how_it_is_meant() {
    let hosts = hosts(&[
        "example.com",
        "*.b.example.com",
        ".a.example.com",
        "y.c.example.com",
        "z.c.example.com",
        "c.example.com",
        "pre-*.example.com",
        "*cdn.example.org",
        "*.net",
        "local",
    ]);
    let list = packed(&hosts, Shape { names_of_an_end: 2, names_of_a_line: 64 });
    assert_eq!(
        lines(&list.zones),
        [
            ("", &["=local*net".to_owned()][..]),
            (".com", &["=example:example".to_owned()]),
            (".example.com", &[" a*b=c:c".to_owned()]),
            (".c.example.com", &["=y=z".to_owned()]),
        ]
    );
    assert_eq!(
        lines(&list.globs),
        [(".com", &["pre-*.example".to_owned()][..]), (".org", &["*cdn.example".to_owned()])]
    );
}

#[test]
fn nothing_is_put_below_a_name_that_holds_for_all_below_it() {
    for (above, has_end) in [(".example.com", false), ("*.example.com", false), ("example.com", true)] {
        let mut hosts: Vec<String> = (0..40).map(|n| format!("n-{n}.example.com")).collect();
        hosts.push(above.to_owned());
        let list = packed(&hosts, SHAPE);
        assert_eq!(list.zones.iter().any(|zone| zone.end == ".example.com"), has_end, "{above}");
    }
}

#[test]
fn a_name_that_comes_changes_its_own_line() {
    let mut hosts: Vec<String> = (0..3_000).map(|n| format!(".n{:x}.com", n * 7_919)).collect();
    let before = packed(&hosts, SHAPE);
    let before: BTreeSet<&String> = before.zones.iter().flat_map(|zone| &zone.lines).collect();
    assert!((20..100).contains(&before.len()), "{} lines", before.len());
    for name in ["a", "n5", "nzzz", "zzz"] {
        hosts.push(format!(".{name}.com"));
        let after = packed(&hosts, SHAPE);
        let new = after.zones.iter().flat_map(|zone| &zone.lines).filter(|line| !before.contains(line));
        // Two where it is the first of a new line.
        assert!((1..=2).contains(&new.count()), "{name}");
        hosts.pop();
    }
}

#[test]
fn no_line_is_very_long() {
    let hosts: Vec<String> = (0..60_000).map(|n| format!("n{n}.com")).collect();
    let list = packed(&hosts, SHAPE);
    let longest = list.zones.iter().flat_map(|zone| &zone.lines).map(|line| line.matches('=').count()).max();
    assert_eq!(longest, Some(SHAPE.names_of_a_line * 4));
}
