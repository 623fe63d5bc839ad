//! Both files of the PAC target: what every host gets, and what those answers are.

use std::collections::BTreeSet;

use super::MOST;
use super::compare::Meant;
use crate::emit::Artifact;
use crate::emit::pac::{PacHost, PacOptions, PacOtherwise};
use crate::model::{Host, HostIndex, Intent, RequestPattern, boundary_requests_by_host};
use crate::plan::Plan;
use crate::read::Item;
use crate::read::pac::{Direction, Pac};

/// Where nothing listens: the client's own discard port.
const REFUSING: &str = "127.0.0.1:9";
/// Octets that Zscaler hosts, "Best Practices for Writing PAC Files", checked 2026-11-24.
const MAX_BYTES_ZSCALER: usize = 262_144;

/// What a host gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Direct,
    Proxies,
    Otherwise,
}

impl Answer {
    fn said(self) -> &'static str {
        match self {
            Self::Direct => "a direct connection",
            Self::Proxies => "the proxies",
            Self::Otherwise => "what everything else gets",
        }
    }
}

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    let mut differences = Vec::new();
    let mut read = None;
    for path in ["proxy.pac", "wpad.dat"] {
        let Some(artifact) = artifacts.iter().find(|artifact| artifact.path == path) else {
            differences.push(format!("{path} is not there"));
            continue;
        };
        // The same bytes mean the same.
        if read.replace(&artifact.bytes) != Some(&artifact.bytes) {
            differences.extend(of_file(plan, path, &artifact.bytes));
        }
    }
    differences
}

fn of_file(plan: &Plan<'_>, path: &str, bytes: &[u8]) -> Vec<String> {
    let pac = Pac::read(path, bytes);
    if !pac.troubles.is_empty() {
        return super::troubles(&pac.troubles);
    }
    let options: PacOptions = plan.settings.options("pac");
    let mut found = of_hosting(options.hosted_by, &pac, bytes);

    let proxies: Vec<Direction> =
        plan.settings.proxies.iter().map(|proxy| Direction::Proxy(proxy.as_str().to_owned())).collect();
    let otherwise = match options.otherwise {
        PacOtherwise::Proxy => proxies.clone(),
        PacOtherwise::Direct => vec![Direction::Direct],
        PacOtherwise::Block => vec![Direction::Proxy(REFUSING.to_owned())],
    };
    for (of, got, expected) in
        [("the proxies are", &pac.proxies, &proxies), ("everything else gets", &pac.otherwise, &otherwise)]
    {
        if got != expected {
            found.push(format!("{of} `{}`, and should be `{}`", said(got), said(expected)));
        }
    }
    found.extend(of_hosts(plan, &pac));
    found.into_iter().map(|what| format!("{path}: {what}")).collect()
}

/// What its host would not serve.
fn of_hosting(hosted_by: PacHost, pac: &Pac, bytes: &[u8]) -> Vec<String> {
    match hosted_by {
        PacHost::Own => Vec::new(),
        PacHost::Zscaler => {
            let line = (pac.function_line != 1)
                .then(|| format!("the function is on line {}, and should be on line 1", pac.function_line));
            let size = (bytes.len() > MAX_BYTES_ZSCALER)
                .then(|| format!("{} bytes, over the {MAX_BYTES_ZSCALER} that Zscaler hosts", bytes.len()));
            line.into_iter().chain(size).collect()
        }
    }
}

fn of_hosts(plan: &Plan<'_>, pac: &Pac) -> Vec<String> {
    let means = |intent| plan.intents.get(&intent).map_or(&[][..], |planned| &planned.means[..]);
    // Sorted without repeats, as a plan has it. Anything else may still mean the same.
    let are = |items: &[Item], intent| sorted(items).into_iter().eq(means(intent));
    if are(&pac.direct, Intent::Direct) && are(&pac.proxied, Intent::Allow) {
        return Vec::new();
    }
    let meant = Meant::new(plan);
    let mut read = HostIndex::new();
    for (intent, items) in [(Intent::Direct, &pac.direct), (Intent::Allow, &pac.proxied)] {
        items.iter().for_each(|item| read.insert(item.pattern.host.clone(), intent));
    }
    let read_at = |host: &Host| {
        let found: BTreeSet<Intent> = read.matching(host).copied().collect();
        answer(|intent| found.contains(&intent))
    };
    let own = pac.direct.iter().chain(&pac.proxied).map(|item| &item.pattern);
    let patterns: BTreeSet<&RequestPattern> = own.chain(meant.patterns()).collect();
    let mut differing: Vec<String> = Vec::new();
    for (host, requests) in boundary_requests_by_host(patterns) {
        let (got, meant_at) = (read_at(&host), meant.at(&host));
        for request in requests {
            let expected = answer(|intent| meant_at.has(intent, &request));
            if got != expected {
                let (got, expected) = (got.said(), expected.said());
                differing.push(format!("`{host}` gets {got}, and should get {expected}"));
                // The requests to a host are told by their host alone, as browsers ask.
                differing.dedup();
            }
        }
        if differing.len() >= MOST {
            break;
        }
    }
    differing
}

fn sorted(items: &[Item]) -> BTreeSet<&RequestPattern> {
    items.iter().map(|item| &item.pattern).collect()
}

/// A direct connection is asked for first.
fn answer(has: impl Fn(Intent) -> bool) -> Answer {
    if has(Intent::Direct) {
        Answer::Direct
    } else if has(Intent::Allow) {
        Answer::Proxies
    } else {
        Answer::Otherwise
    }
}

fn said(answer: &[Direction]) -> String {
    answer.iter().map(Direction::to_string).collect::<Vec<_>>().join("; ")
}
