//! What is counted is what the patterns say, asked one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::format::Format;
use super::scan::{self, Options};
use super::*;
use crate::model::samples::{hosts, request_pattern};
use crate::model::{Host, HostPattern, Intent, PathPattern, Request, Rule, Scheme};
use crate::source::Provenance;

const OPTIONS: Options<'_> = Options { format: &Format::Squid, threads: 1, since: None, until: None };

/// A line of Squid's, and what it says.
#[derive(Clone, Debug)]
struct Line {
    request: Request,
    client: u8,
    bytes: u64,
    /// `TCP_MISS/200`.
    result: &'static str,
    is_tunnel: bool,
}

impl Line {
    fn text(&self) -> String {
        let Self { request: Request { scheme, host, port, path }, client, bytes, result, is_tunnel } = self;
        let host = match host {
            Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
            other => other.to_string(),
        };
        let (method, url) = match is_tunnel {
            true => ("CONNECT", format!("{host}:{port}")),
            false => ("GET", format!("{scheme}://{host}:{port}{path}")),
        };
        format!("1700000000.000 1 10.0.0.{client} {result} {bytes} {method} {url} - - -\n")
    }

    fn is_denied(&self) -> bool {
        self.result == "TCP_DENIED/403"
    }

    fn is_asked(&self) -> bool {
        self.result == "TCP_DENIED/407"
    }

    fn is_inspected(&self) -> bool {
        self.request.scheme == Scheme::Https && !self.is_tunnel
    }
}

fn line() -> impl Strategy<Value = Line> {
    let results = select(&["TCP_MISS/200", "TCP_DENIED/403", "TCP_DENIED/407", "TCP_TUNNEL/200"][..]);
    let host = select(hosts());
    let service =
        (select(&Scheme::ALL[..]), select(&[80_u16, 443, 8443][..]), select(&["/", "/a/b", "/ab"][..]));
    (host, service, 0..5_u8, 0..1000_u64, results, any::<bool>()).prop_map(
        |(host, (scheme, port, path), client, bytes, result, is_tunnel)| {
            let is_tunnel = is_tunnel && scheme == Scheme::Https;
            // A tunnel tells no path, and a pattern of HTTPS has none.
            let path = if is_tunnel { "/" } else { path }.to_owned();
            Line { request: Request { scheme, host, port, path }, client, bytes, result, is_tunnel }
        },
    )
}

/// As the policy has them: of HTTPS a product sees the host alone.
fn pattern() -> impl Strategy<Value = RequestPattern> {
    request_pattern(false).prop_map(|pattern| match pattern.schemes.contains(Scheme::Https) {
        true => RequestPattern { path: PathPattern::Any, ..pattern },
        false => pattern,
    })
}

fn policy(lists: [Vec<RequestPattern>; 3]) -> Policy {
    let mut policy = Policy::default();
    for (intent, patterns) in against::LISTS.into_iter().zip(lists) {
        let patterns: BTreeSet<RequestPattern> = patterns.into_iter().collect();
        let rule = |pattern| Rule { pattern, provenance: Provenance::default() };
        policy.rules.insert(intent, patterns.into_iter().map(rule).collect());
    }
    policy
}

proptest! {
    #[test]
    fn counts_are_what_the_patterns_say_one_by_one(
        allow in vec(pattern(), 1..12),
        inspection in vec(pattern(), 0..6),
        authentication in vec(pattern(), 0..6),
        groups in vec(vec(0..12_u32, 0..6), 0..4),
        lines in vec(line(), 0..60),
        threads in 1..3_usize,
    ) {
        let policy = policy([allow, inspection, authentication]);
        let allow = policy.rules(Intent::Allow);
        let groups: Vec<Vec<u32>> = groups.into_iter().map(|rules| {
            let own: BTreeSet<u32> = rules.into_iter().filter(|rule| (*rule as usize) < allow.len()).collect();
            own.into_iter().collect()
        }).collect();
        let rules = Rules::of(&policy).grouped(&groups);
        let log: String = lines.iter().map(Line::text).collect();
        let tally = scan::scan(log.as_bytes(), &rules, Options { threads, ..OPTIONS }).unwrap();
        prop_assert_eq!(tally.malformed, 0);
        let is_of = |rule: &Rule, line: &&Line| rule.pattern.matches(&line.request);
        let number = |lines: &[&Line], of: fn(&Line) -> bool| lines.iter().filter(|line| of(line)).count() as u64;
        for (rule, seen) in allow.iter().zip(&tally.rules) {
            let own: Vec<&Line> = lines.iter().filter(|line| is_of(rule, line)).collect();
            prop_assert_eq!(seen.requests, own.len() as u64, "{}", rule.pattern);
            prop_assert_eq!(seen.bytes, own.iter().map(|line| line.bytes).sum::<u64>());
            prop_assert_eq!(seen.denied, number(&own, Line::is_denied));
            prop_assert_eq!(seen.authentication, number(&own, Line::is_asked));
            prop_assert_eq!(seen.inspected, number(&own, Line::is_inspected));
            let clients: BTreeSet<u8> = own.iter().map(|line| line.client).collect();
            prop_assert_eq!(seen.clients(), clients.len() as u64);
        }
        for (at, group) in groups.iter().enumerate() {
            let own: Vec<&Line> =
                lines.iter().filter(|line| group.iter().any(|rule| is_of(&allow[*rule as usize], line))).collect();
            let seen = tally.of_group(at, group);
            prop_assert_eq!(seen.requests, own.len() as u64, "{:?}", group);
            prop_assert_eq!(seen.bytes, own.iter().map(|line| line.bytes).sum::<u64>());
            prop_assert_eq!(seen.denied, number(&own, Line::is_denied));
            prop_assert_eq!(seen.authentication, number(&own, Line::is_asked));
            prop_assert_eq!(seen.inspected, number(&own, Line::is_inspected));
        }
        let is_allowed = |line: &&Line| allow.iter().any(|rule| is_of(rule, line));
        let against: [fn(&Line) -> bool; 3] = [Line::is_denied, Line::is_inspected, Line::is_asked];
        for (intent, is_against) in against::LISTS.into_iter().zip(against) {
            for (rule, seen) in policy.rules(intent).iter().zip(tally.against.of(intent)) {
                let own = lines.iter().filter(|line| is_of(rule, line) && is_allowed(line) && is_against(line));
                let own: Vec<&Line> = own.collect();
                prop_assert_eq!(seen.requests, own.len() as u64, "{} {}", intent, rule.pattern);
                let mut hosts: BTreeMap<String, u64> = BTreeMap::new();
                for line in own {
                    if let (Host::Name(name), false) = (&line.request.host, matches!(rule.pattern.host, HostPattern::Exact(_))) {
                        *hosts.entry(name.to_string()).or_default() += 1;
                    }
                }
                let seen = seen.hosts.sorted().into_iter();
                let seen: BTreeMap<String, u64> =
                    seen.map(|(name, own)| (String::from_utf8_lossy(name).into_owned(), own.count)).collect();
                prop_assert_eq!(seen, hosts);
            }
        }
    }
}
