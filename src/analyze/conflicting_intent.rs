//! `conflicting-intent`.

use std::collections::BTreeMap;

use super::{Context, Lint, MOST, more};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Endpoint, HostPattern, Inspection, Intent};
use crate::profile::DirectIntent;
use crate::source::Cell;
use crate::text::count;

/// Rows, or lists of the policy, that want opposite things for one host.
pub(super) struct ConflictingIntent;

/// The first rows of a host that say a thing and its opposite.
#[derive(Default)]
struct Rows<'a> {
    exempt: Option<&'a Cell>,
    inspect: Option<&'a Cell>,
    direct: Option<&'a Cell>,
}

impl Lint for ConflictingIntent {
    fn code(&self) -> Code {
        Code::ConflictingIntent
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let mut hosts: BTreeMap<&HostPattern, Rows<'_>> = BTreeMap::new();
        for endpoint in cx.selected {
            let Some(cell) = endpoint.pattern.from.first() else { continue };
            let is_direct = endpoint.direct_required && cx.profile.direct == DirectIntent::LiveResponse;
            if endpoint.inspection == Inspection::NotStated && !is_direct {
                continue;
            }
            let rows = hosts.entry(&endpoint.pattern.value.host).or_default();
            match endpoint.inspection {
                Inspection::Exempt => _ = rows.exempt.get_or_insert(cell),
                Inspection::MayInspect => _ = rows.inspect.get_or_insert(cell),
                Inspection::NotStated => {}
            }
            if is_direct {
                rows.direct.get_or_insert(cell);
            }
        }
        let mut exempt = Vec::new();
        let mut direct = Vec::new();
        for (host, rows) in hosts {
            let Some(inspect) = rows.inspect else { continue };
            exempt.extend(rows.exempt.map(|other| (host, inspect, other)));
            direct.extend(rows.direct.map(|other| (host, inspect, other)));
        }
        report_rows(&exempt, "must not be inspected", "exempt from inspection", report);
        report_rows(&direct, "must be reached directly", "direct, past every inspection", report);
        report_lists(cx, report);
    }
}

/// One finding for all hosts of which a row says that they may be inspected, and another one, `claim`.
fn report_rows(
    hosts: &[(&HostPattern, &Cell, &Cell)],
    claim: &str,
    outcome: &str,
    report: &mut dyn FnMut(Diagnostic),
) {
    let Some((host, inspect, other)) = hosts.first() else { return };
    let said = match hosts.len() {
        1 => format!("`{host}` may be inspected, and another that it {claim}"),
        many => format!(
            "{}, such as `{host}`, may be inspected, and another that each {claim}",
            count(many, "host")
        ),
    };
    let finding = Diagnostic::new(
        Code::ConflictingIntent,
        format!("one row says that {said}"),
        (*inspect).clone().into(),
        format!("{outcome}, since {} says so", other.at),
    );
    let rows =
        hosts.iter().take(MOST).map(|(host, one, other)| format!("`{host}` in {} and {}", one.at, other.at));
    report(
        finding
            .note(more(rows.collect(), hosts.len()))
            .help("correct one of the rows, or leave the host out by `select: exclude:`"),
    );
}

/// What is held for inspection and goes past the proxy all the same, where nobody inspects.
fn report_lists(cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
    let held = cx.policy.held(Intent::BypassInspection);
    let direct = cx.policy.index(Intent::Direct);
    for held in held {
        let pattern = &held.rule.pattern;
        let rules = cx.policy.rules(Intent::Direct);
        let mut coverers = direct.covering_candidates(&pattern.host).map(|(_, &at)| &rules[at]);
        let Some(rule) = coverers.find(|rule| rule.pattern.covers(pattern)) else { continue };
        let place = held.rule.provenance.first().map_or(Place::Run, |cell| cell.clone().into());
        report(
            Diagnostic::new(
                Code::ConflictingIntent,
                format!("`{pattern}` is held for bypass-inspection, and direct by `{}`", rule.pattern),
                place,
                "nobody inspects what goes past the proxy",
            )
            .for_intent(Intent::Direct)
            .help(format!("hold it for direct as well: `lints: {{ {}: {{ direct: hold }} }}`", held.code)),
        );
    }
}
