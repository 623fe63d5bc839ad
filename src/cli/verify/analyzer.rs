//! The result as the vendor's analyzer writes its own, for who reads that every day.
//!
//! Its form is that of the example on the vendor's page and of the literals of its program, checked 2026-11-24; the
//! numbers of its failures are those of WinHTTP.

use super::Report;
use crate::diag::visible;
use crate::reports::code;
use crate::verify::route::Route;
use crate::verify::seen::{Seen, Trouble};
use crate::verify::verdict::{Kind, Verdict};

const BANNER: &str = "******************************************************************** ";

pub(super) fn report(report: &Report<'_>) -> String {
    let mut out = String::new();
    for row in &report.rows {
        for line in [BANNER, BANNER] {
            out.push_str(line);
            out.push_str("\r\n");
        }
        let mut lines = vec![format!("Testing URL : {}", visible(&row.probe.request.to_string()))];
        let of = |wanted: fn(&Route) -> bool| {
            let found = report.plans.iter().zip(&row.by_route).filter(move |(plan, _)| wanted(&plan.route));
            found.map(|(plan, (seen, verdict))| (&plan.route, result(seen, verdict))).collect::<Vec<_>>()
        };
        let or_not_tested = |found: Vec<(&Route, String)>| {
            found.into_iter().next().map_or("Not tested".to_owned(), |(_, result)| result)
        };
        lines.push(format!("1 - Default proxy: {}", or_not_tested(of(|route| *route == Route::Env))));
        let is_auto = |route: &Route| matches!(route, Route::Wpad | Route::Pac(_));
        lines.push(format!("2 - Proxy auto discovery (WPAD): {}", or_not_tested(of(is_auto))));
        lines.push(format!("3 - Proxy disabled: {}", or_not_tested(of(|route| *route == Route::Direct))));
        let named = of(|route| matches!(route, Route::Proxy(_)));
        if named.is_empty() {
            lines.push("4 - Named proxy: Doesn't exist".to_owned());
        }
        for (at, (route, result)) in named.iter().enumerate() {
            let proxy = match route {
                Route::Proxy(proxy) => proxy.to_string(),
                _ => String::new(),
            };
            lines.push(format!("4.{} - Named proxy ( {proxy}): {result}", at + 1));
        }
        lines.push("5 - Command line proxy: Doesn't exist".to_owned());
        for line in lines {
            out.push_str(&line);
            out.push_str("\r\n");
        }
    }
    out
}

fn result(seen: &Seen, verdict: &Verdict) -> String {
    let status = seen.status.or(seen.proxy_status);
    match (verdict.kind, status) {
        (kind, Some(status)) if kind.is_good() => format!("Succeeded ({status})"),
        // A refusal is an answer: its number is the status.
        (Kind::Refused | Kind::Credentials | Kind::WrongAnswer, Some(status)) => {
            format!("Failed ({status}: {})", visible(&verdict.why))
        }
        (Kind::Inspected | Kind::Untrusted, _) => {
            format!("Failed ({}: {})", code::SECURE, visible(&verdict.why))
        }
        _ => format!("Failed ({}: {})", number(seen), visible(&verdict.why)),
    }
}

fn number(seen: &Seen) -> u32 {
    match &seen.trouble {
        Some(Trouble::NoSuchName | Trouble::Dns(_)) => code::NO_NAME,
        Some(Trouble::Timeout(_) | Trouble::NotFinished) => code::TIMEOUT,
        Some(Trouble::Tls(_)) => code::SECURE,
        Some(Trouble::Route(_)) => code::NO_PAC,
        Some(Trouble::Http(_) | Trouble::ProxyAnswer(_)) => code::CONNECTION,
        _ => code::CANNOT_CONNECT,
    }
}
