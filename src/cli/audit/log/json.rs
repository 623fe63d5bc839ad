//! What logs say, for programs. [`review`](mod@crate::review) reads the patterns of endpoints and their requests.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Answers;
use crate::log::fix::{Fix, OfTarget};
use crate::log::narrow::{Narrowing, Proposal};
use crate::log::report::{By, OfGroup, Used};
use crate::log::tally::{OfRule, Top};
use crate::model::HostPattern;

/// What a server is not asked for.
const UNASKED: [&str; 5] = ["logs", "categories", "services", "fixes", "close"];

/// Everything, as one object.
pub(super) fn answers(answers: &Answers<'_>) -> Value {
    let tally = answers.tally;
    let endpoints = answers.used.iter().map(|Used { opening, of_log }| {
        let mut own = counts(of_log);
        own.extend([
            ("pattern".to_owned(), json!(opening.pattern.to_string())),
            ("requirement".to_owned(), json!(opening.requirement())),
            ("services".to_owned(), texts(&opening.services)),
            ("categories".to_owned(), texts(&opening.categories)),
            ("hosts".to_owned(), hosts(&of_log.hosts)),
        ]);
        Value::from(own)
    });
    let groups = |by: By| -> Vec<Value> {
        let own = answers.groups.iter().filter(|own| own.group.by == by);
        own.map(|OfGroup { group, seen, of_log }| {
            let mut own = counts(of_log);
            own.extend([
                ("name".to_owned(), json!(&*group.name)),
                ("endpoints".to_owned(), json!(group.rules.len())),
                ("endpoints_seen".to_owned(), json!(seen)),
            ]);
            Value::from(own)
        })
        .collect()
    };
    let close = answers.close.iter().flat_map(|(kind, beside)| {
        beside.iter().map(move |own| {
            json!({
                "kind": kind.as_str(),
                "host": own.host.as_str(),
                "requests": own.seen.count,
                "at_most_too_many": own.seen.error,
                "denied": own.seen.denied,
                "to": own.close.to.as_str(),
                "how": own.close.how,
            })
        })
    });
    let malformed = tally
        .examples
        .iter()
        .map(|(at, line, why)| json!({ "at": at, "why": why.to_string(), "line": line }));
    let mut all = json!({
        "logs": answers.read_as.json(),
        "lines": tally.lines,
        "without_request": tally.without_request,
        "malformed": { "lines": tally.malformed, "first": malformed.collect::<Vec<_>>() },
        "outside_time": tally.outside_time,
        "no_host": tally.no_host,
        "others": tally.others,
        "seen": span(tally.span),
        "endpoints": endpoints.collect::<Vec<_>>(),
        "categories": groups(By::Category),
        "services": groups(By::Service),
        "fixes": answers.fixes.iter().map(fix).collect::<Vec<_>>(),
        "fixes_incomplete": answers.unplaced,
        "narrowing": narrowing(&answers.narrowing),
        "near": hosts(&tally.near),
        "close": close.collect::<Vec<_>>(),
    });
    if answers.is_of_server {
        // Nobody asked, which is not the same as none.
        for key in UNASKED {
            all[key] = Value::Null;
        }
    }
    all
}

/// A moment, as in `2026-11-24T12:00:00Z`.
pub(super) fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map_or(String::new(), |own| own.to_string())
}

fn counts(of_log: &OfRule) -> Map<String, Value> {
    Map::from_iter([
        ("requests".to_owned(), json!(of_log.requests)),
        ("bytes".to_owned(), json!(of_log.bytes)),
        ("clients".to_owned(), json!(of_log.clients())),
        ("denied".to_owned(), json!(of_log.denied)),
        ("authentication".to_owned(), json!(of_log.authentication)),
        ("inspected".to_owned(), json!(of_log.inspected)),
        ("seen".to_owned(), span(of_log.span)),
    ])
}

fn texts(texts: &[std::sync::Arc<str>]) -> Value {
    texts.iter().map(|own| Value::from(&**own)).collect()
}

fn span(span: Option<(i64, i64)>) -> Value {
    let time = |at: i64| Timestamp::from_millisecond(at).map(|own| own.to_string()).ok();
    let (first, last) = span.map_or((None, None), |(first, last)| (time(first), time(last)));
    json!({ "first": first, "last": last })
}

fn hosts(top: &Top) -> Value {
    let sorted = top.sorted().into_iter();
    sorted
        .map(|(name, seen)| {
            json!({
                "host": String::from_utf8_lossy(name),
                "requests": seen.count,
                "at_most_too_many": seen.error,
                "denied": seen.denied,
            })
        })
        .collect()
}

fn fix(fix: &Fix<'_>) -> Value {
    let hosts = fix.seen.hosts.sorted().into_iter().map(|(name, seen)| {
        json!({
            "host": String::from_utf8_lossy(name),
            "requests": seen.count,
            "at_most_too_many": seen.error,
        })
    });
    let targets = fix.targets.iter().map(|OfTarget { target, lines, left_out }| {
        let lines =
            lines.iter().map(|line| json!({ "file": line.file, "line": line.number, "text": line.text }));
        json!({ "target": target, "lines": lines.collect::<Vec<_>>(), "left_out": left_out })
    });
    json!({
        "list": fix.intent.as_str(),
        "pattern": fix.pattern.to_string(),
        "requests": fix.seen.requests,
        "clients": fix.seen.clients(),
        "seen": span(fix.seen.span),
        "hosts": hosts.collect::<Vec<_>>(),
        "targets": targets.collect::<Vec<_>>(),
    })
}

fn narrowing(narrowing: &Narrowing) -> Value {
    let included = |host: &HostPattern, ports: &std::collections::BTreeSet<u16>| json!({ "host": host.to_string(), "ports": ports });
    let proposals = narrowing.proposals.iter().map(|Proposal { exclude, is_shared, seen, hosts, kept }| {
        let hosts = hosts.iter().map(|own| {
            json!({
                "host": own.host.to_string(),
                "ports": own.ports,
                "requests": own.requests,
                "denied": own.denied,
            })
        });
        json!({
            "exclude": exclude.to_string(),
            "is_shared": is_shared,
            "hosts_seen": seen,
            "hosts": hosts.collect::<Vec<_>>(),
            "kept": kept.iter().map(|(host, ports)| included(host, ports)).collect::<Vec<_>>(),
        })
    });
    let stays =
        narrowing.stays.iter().map(|own| json!({ "pattern": own.pattern.to_string(), "why": own.why }));
    json!({
        "days": narrowing.days,
        "proposals": proposals.collect::<Vec<_>>(),
        "stays": stays.collect::<Vec<_>>(),
    })
}
