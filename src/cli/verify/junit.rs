//! The result for build servers: a suite for each route, a case for each URL.

use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Report, Row};
use crate::diag::visible;
use crate::verify::verdict::Kind;

pub(super) fn report(report: &Report<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(report, &mut Writer::new_with_indent(&mut out, b' ', 2))
        .expect("internal error: memory takes bytes");
    out.push(b'\n');
    out
}

fn write(report: &Report<'_>, writer: &mut Writer<&mut Vec<u8>>) -> std::io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut suites = BytesStart::new("testsuites");
    suites.push_attribute(("name", "thruway verify"));
    writer.write_event(Event::Start(suites))?;
    for (at, plan) in report.plans.iter().enumerate() {
        let kind = |row: &Row<'_>| row.by_route[at].1.kind;
        // What nobody can say fails where the run fails for it.
        let is_skipped =
            |row: &Row<'_>| kind(row) == Kind::NotFinished || kind(row).is_open() && !report.is_failing(row);
        let skipped = report.rows.iter().filter(|row| is_skipped(row)).count();
        let bad = report.rows.iter().filter(|row| !kind(row).is_good()).count();
        let mut suite = BytesStart::new("testsuite");
        suite.push_attribute(("name", visible(&plan.route.to_string()).as_str()));
        suite.push_attribute(("tests", report.rows.len().to_string().as_str()));
        suite.push_attribute(("failures", (bad - skipped).to_string().as_str()));
        suite.push_attribute(("skipped", skipped.to_string().as_str()));
        writer.write_event(Event::Start(suite))?;
        for row in &report.rows {
            let (seen, verdict) = &row.by_route[at];
            let took: Duration = seen.timing.iter().map(|(_, took)| *took).sum();
            let mut case = BytesStart::new("testcase");
            case.push_attribute(("classname", row.probe.class.as_str()));
            case.push_attribute(("name", visible(&row.probe.request.to_string()).as_str()));
            case.push_attribute(("time", format!("{:.3}", took.as_secs_f64()).as_str()));
            let element = match verdict.kind {
                kind if kind.is_good() => None,
                _ if is_skipped(row) => Some("skipped"),
                _ => Some("failure"),
            };
            let Some(element) = element else {
                writer.write_event(Event::Empty(case))?;
                continue;
            };
            writer.write_event(Event::Start(case))?;
            let mut failure = BytesStart::new(element);
            failure.push_attribute(("message", visible(&verdict.why).as_str()));
            if element == "failure" {
                failure.push_attribute(("type", verdict.kind.as_str()));
            }
            match verdict.help {
                Some(help) => {
                    writer.write_event(Event::Start(failure))?;
                    writer.write_event(Event::Text(BytesText::new(help)))?;
                    writer.write_event(Event::End(BytesEnd::new(element)))?;
                }
                None => writer.write_event(Event::Empty(failure))?,
            }
            writer.write_event(Event::End(BytesEnd::new("testcase")))?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))
}
