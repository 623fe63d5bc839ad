//! Comparing sets of 100,000 patterns, and asking 100,000 times how one rule differs.

use std::hint::black_box;
use std::slice::from_ref;

use criterion::{Criterion, criterion_group, criterion_main};
use thruway::model::{HostIndex, HostPattern, PathPattern, RequestPattern, RequestSet, Scheme, deviations};

const NAMES: usize = 100_000;
const GLOBS: usize = 200;

/// Names of four labels under 2,000 parents, subtrees and plain HTTP among them, and globs under 40
/// parents and all under one.
fn patterns() -> Vec<RequestPattern> {
    let mut hosts: Vec<String> = (0..NAMES)
        .map(|at| match at % 10 {
            0 => format!("*.n{at}.p{}.example", at % 2000),
            1 => format!(".n{at}.p{}.example", at % 2000),
            _ => format!("n{at}.p{}.example", at % 2000),
        })
        .collect();
    for at in 0..GLOBS / 2 {
        hosts.push(format!("pre{at}-*.p{}.example", at % 40));
        hosts.push(match at % 3 {
            0 => format!("x{at:03}*y.p7.example"),
            1 => format!("*-s{at}.p7.example"),
            _ => format!("a{at}.*.p7.example"),
        });
    }
    let scheme = |at: usize| if at.is_multiple_of(7) { Scheme::Http } else { Scheme::Https };
    hosts
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let scheme = scheme(at);
            let path = PathPattern::parse(if at.is_multiple_of(14) { "/pki/*" } else { "" }).expect("a path");
            RequestPattern::new(host.parse().expect("a host"), scheme, scheme.default_port(), path)
        })
        .collect()
}

/// What a product would say that knows no descendants without their apex.
fn with_apex(rule: &RequestPattern) -> RequestPattern {
    match &rule.host {
        HostPattern::Descendants(name) => rule.with_host(HostPattern::Subtree(name.clone())),
        _ => rule.clone(),
    }
}

fn compare(criterion: &mut Criterion) {
    let patterns = patterns();
    let mut group = criterion.benchmark_group("request_set");
    group.sample_size(10);
    group.bench_function("build", |bencher| bencher.iter(|| RequestSet::new(black_box(&patterns))));
    let set = RequestSet::new(&patterns);
    let reversed = RequestSet::new(patterns.iter().rev());
    group.bench_function("equal", |bencher| bencher.iter(|| assert!(black_box(&set) == &reversed)));
    let one_less = RequestSet::new(&patterns[1..]);
    group.bench_function("differ by one", |bencher| {
        bencher.iter(|| assert!(one_less.includes(black_box(&set)).is_err()));
    });
    let one_glob_less = RequestSet::new(&patterns[..patterns.len() - 1]);
    group.bench_function("differ by one glob", |bencher| {
        bencher.iter(|| assert!(one_glob_less.includes(black_box(&set)).is_err()));
    });
    group.bench_function("100,000 deviations", |bencher| {
        bencher.iter(|| {
            let wider = |rule: &RequestPattern| deviations(&[with_apex(rule)], from_ref(rule), &set);
            let count: usize = patterns.iter().map(|rule| wider(rule).len()).sum();
            assert_eq!(count, NAMES / 10);
        });
    });
    group.bench_function("100,000 deviations that the policy makes up for", |bencher| {
        bencher.iter(|| {
            // As if nothing were said: all of the rule is missing, and the policy holds all of it.
            let missing = |rule: &RequestPattern| deviations(from_ref(rule), &[], &set);
            assert!(patterns.iter().all(|rule| missing(rule).is_empty()));
        });
    });
    group.bench_function("100,000 questions to an index", |bencher| {
        let mut index = HostIndex::new();
        patterns.iter().enumerate().for_each(|(at, rule)| index.insert(rule.host.clone(), at));
        bencher.iter(|| {
            let covering = |rule: &RequestPattern| {
                index.covering_candidates(&rule.host).filter(|(host, _)| host.covers(&rule.host)).count()
            };
            assert!(patterns.iter().map(covering).sum::<usize>() >= patterns.len());
        });
    });
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
