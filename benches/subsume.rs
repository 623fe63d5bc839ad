//! How long it takes to see which rules another covers: the function of `resolve` itself, on rules with one service.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{
    BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use thruway::model::{PathPattern, RequestPattern, Rule, Scheme};
use thruway::resolve::subsume;
use thruway::source::{At, Cell, Provenance, Source, SourceMap};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// A number that follows from another, and looks like none.
fn scatter(number: usize) -> usize {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) as usize
}

/// Half of the names are wildcards; a third of the others is below one of them.
fn host(number: usize, of: usize) -> String {
    let own = scatter(number) % of;
    let zone = own % (of / 50);
    match number % 6 {
        0..=2 => format!("*.d{own}.zone{zone}.example.com"),
        3 => format!("api{}.d{own}.zone{zone}.example.com", number % 100),
        _ => format!("host{number}.zone{zone}.example.net"),
    }
}

/// Sorted by pattern and without repeats, as `resolve` has them.
fn rules(count: usize) -> Vec<Rule> {
    let source =
        SourceMap::default().add(Source { name: "list.csv".into(), sha256: String::new(), date: None });
    let sheet: Arc<str> = Arc::from("");
    let rule = |number: usize| {
        let text = host(number, count);
        let pattern = RequestPattern::new(text.parse().unwrap(), Scheme::Https, 443, PathPattern::Any);
        let at = At::Cell { row: number as u32, column: 0 };
        let cell = Cell { source, sheet: Arc::clone(&sheet), at, text: text.into() };
        Rule { pattern, provenance: Provenance::one(cell) }
    };
    let mut rules: Vec<Rule> = (0..count).map(rule).collect();
    rules.sort_by(|one, other| one.pattern.cmp(&other.pattern));
    rules.dedup_by(|one, other| one.pattern == other.pattern);
    rules
}

fn subsumption(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("subsume");
    // A sample is one run, or the million would take minutes.
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for size in SIZES {
        let rules = rules(size);
        group.throughput(Throughput::Elements(rules.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_batched(
                || rules.clone(),
                |rules| subsume(black_box(rules)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, subsumption);
criterion_main!(benches);
