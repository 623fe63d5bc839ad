use super::*;
use crate::verify::facts::{Method, question};

fn probe(url: &str, rule: &str) -> Probe {
    let request: crate::model::Request = url.parse().unwrap();
    let question = question(request.scheme, &request.host);
    Probe {
        method: Method::Get,
        statuses: question.statuses,
        class: question.class,
        is_required: true,
        is_exempt: true,
        is_checked: true,
        rule: RequestPattern::any_service(rule.parse().unwrap()),
        source: String::new(),
        request,
    }
}

fn verdict(kind: Kind) -> Verdict {
    Verdict { kind, why: "because".to_owned(), help: None }
}

/// The URLs that fail, where each has these verdicts.
fn failing(rows: &[(&Probe, &[Kind])]) -> Vec<String> {
    let seen = Seen::default();
    let rows = rows
        .iter()
        .map(|(probe, kinds)| Row {
            probe,
            by_route: kinds.iter().map(|&kind| (&seen, verdict(kind))).collect(),
        })
        .collect();
    let report = Report { plans: &[], rows, not_probeable: &[], ended: None };
    report.failures().map(|row| row.probe.request.host.to_string()).collect()
}

#[test]
fn what_nobody_can_say_fails_where_nothing_else_shows_its_line_to_be_open() {
    let (a, b) = (probe("https://a.x.example/", "*.x.example"), probe("https://b.x.example/", "*.x.example"));
    let other = probe("https://c.y.example/", "*.y.example");
    let (unsure, passes, refused) = (Kind::Unsure, Kind::Passes, Kind::Refused);
    assert_eq!(failing(&[(&a, &[passes]), (&b, &[unsure]), (&other, &[passes])]), [""; 0]);
    assert_eq!(
        failing(&[(&a, &[unsure]), (&b, &[unsure]), (&other, &[passes])]),
        ["a.x.example", "b.x.example"]
    );
    assert_eq!(failing(&[(&a, &[refused]), (&b, &[unsure])]), ["a.x.example", "b.x.example"]);
    assert_eq!(failing(&[(&a, &[refused, passes]), (&b, &[unsure, refused])]), [""; 0]);
    assert_eq!(failing(&[(&a, &[refused]), (&b, &[passes])]), ["a.x.example"]);
    let optional = Probe { is_required: false, ..a.clone() };
    assert_eq!(failing(&[(&optional, &[refused])]), [""; 0]);
}
