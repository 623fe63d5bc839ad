//! The result for programs.

use serde_json::{Map, Value, json};

use super::Report;
use crate::verify::probes::{NotProbeable, Probe};
use crate::verify::seen::{Chain, Seen, Tls};
use crate::verify::verdict::Verdict;

pub(super) fn report(report: &Report<'_>) -> Value {
    let routes: Vec<Value> = report
        .plans
        .iter()
        .map(|plan| json!({ "route": plan.route.to_string(), "remarks": plan.remarks }))
        .collect();
    let endpoints: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            let by_route = report.plans.iter().zip(&row.by_route);
            let by_route: Vec<Value> = by_route
                .map(|(plan, (seen, verdict))| by_route_of(&plan.route.to_string(), seen, verdict))
                .collect();
            let mut object = of_probe(row.probe);
            object.insert("good".into(), row.is_good().into());
            object.insert("open".into(), row.is_open().into());
            object.insert("failing".into(), report.is_failing(row).into());
            object.insert("only_direct".into(), report.is_only_direct(row).into());
            object.insert("routes".into(), by_route.into());
            object.into()
        })
        .collect();
    json!({
        "routes": routes,
        "endpoints": endpoints,
        "not_probeable": not_probeable(report.not_probeable),
        "good": report.failures().next().is_none(),
        "ended": report.ended,
    })
}

pub(super) fn list(probes: &[Probe], rules: &[NotProbeable]) -> Value {
    let probes: Vec<Value> = probes.iter().map(|probe| of_probe(probe).into()).collect();
    json!({ "endpoints": probes, "not_probeable": not_probeable(rules) })
}

fn of_probe(probe: &Probe) -> Map<String, Value> {
    let value = json!({
        "url": probe.request.to_string(),
        "method": probe.method.as_str(),
        "statuses": probe.statuses.to_string(),
        "class": probe.class.as_str(),
        "required": probe.is_required,
        "exempt": probe.is_exempt,
        "checked": probe.is_checked,
        "rule": probe.rule.to_string(),
        "source": probe.source,
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn not_probeable(rules: &[NotProbeable]) -> Vec<Value> {
    let value =
        |own: &NotProbeable| json!({ "rule": own.rule.to_string(), "source": own.source, "why": own.why });
    rules.iter().map(value).collect()
}

fn by_route_of(route: &str, seen: &Seen, verdict: &Verdict) -> Value {
    let timing: Map<String, Value> = seen
        .timing
        .iter()
        .map(|(step, took)| (step.as_str().to_owned(), json!(took.as_secs_f64() * 1000.0)))
        .collect();
    json!({
        "route": route,
        "way": seen.way,
        "verdict": verdict.kind.as_str(),
        "good": verdict.kind.is_good(),
        "open": verdict.kind.is_open(),
        "why": verdict.why,
        "help": verdict.help,
        "dns": seen.dns.as_ref().map(|dns| json!({
            "name": dns.name,
            "aliases": dns.aliases,
            "addresses": dns.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        "address": seen.address.map(|address| address.to_string()),
        "proxy_status": seen.proxy_status,
        "tls": seen.tls.as_ref().map(of_tls),
        "status": seen.status,
        "media_type": seen.media_type,
        "remarks": seen.remarks,
        "timing_ms": timing,
    })
}

fn of_tls(tls: &Tls) -> Value {
    let leads_to = match &tls.leads_to {
        Chain::Public => "public",
        Chain::Expected => "expected",
        Chain::Given => "ca",
        Chain::System => "system",
        Chain::Vendor => "vendor",
        Chain::Unknown => "unknown",
        Chain::Broken(_) => "broken",
    };
    let chain: Vec<Value> = tls
        .chain
        .iter()
        .map(|own| json!({ "subject": own.subject, "issuer": own.issuer, "sha256": own.sha256 }))
        .collect();
    json!({ "version": tls.version, "leads_to": leads_to, "issuer": tls.issuer(), "chain": chain })
}
