//! Which patterns match a host, by both indexes: that of `match` and `explain`, and that of logs, alone and
//! many together.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use thruway::log::hostname::Hostname;
use thruway::log::lookup::Lookup;
use thruway::model::{Host, HostIndex, HostPattern};

const SIZES: [usize; 3] = [200, 10_000, 1_000_000];
const HOSTS: usize = 300_000;

/// A number that follows from another, and looks like none.
fn scatter(number: usize) -> usize {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) as usize
}

/// One in fifty has a star inside a label.
fn pattern(number: usize) -> HostPattern {
    let text = match number % 50 {
        49 => format!("gw-{number}-*.region{}.example.net", number % 11),
        at if at % 3 == 0 => format!("host{number}.zone{}.example.org", number % 97),
        _ => format!("*.d{number}.zone{}.example.com", number % 97),
    };
    text.parse().unwrap()
}

/// In an order that has nothing to do with the patterns; two of three are matched.
fn hosts(patterns: usize) -> Vec<String> {
    let host = |at| {
        let number = scatter(at) % (patterns * 3 / 2);
        match number % 50 {
            49 => format!("gw-{number}-eu.region{}.example.net", number % 11),
            at if at % 3 == 0 => format!("host{number}.zone{}.example.org", number % 97),
            _ => format!("a{}.d{number}.zone{}.example.com", at % 7, number % 97),
        }
    };
    (0..HOSTS).map(host).collect()
}

fn lookups(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lookup");
    group.throughput(Throughput::Elements(HOSTS as u64)).sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for size in SIZES {
        let patterns: Vec<HostPattern> = (0..size).map(pattern).collect();
        let texts = hosts(size);
        let mut index = HostIndex::new();
        patterns.iter().enumerate().for_each(|(at, pattern)| index.insert(pattern.clone(), at));
        let hosts: Vec<Host> = texts.iter().map(|text| Host::Name(text.parse().unwrap())).collect();
        group.bench_function(BenchmarkId::new("HostIndex", size), |bencher| {
            bencher.iter(|| hosts.iter().map(|host| index.matching(black_box(host)).count()).sum::<usize>());
        });
        drop(index);
        let lookup = Lookup::new(patterns);
        group.bench_function(BenchmarkId::new("Lookup", size), |bencher| {
            let (mut name, mut found) = (Hostname::default(), Vec::new());
            bencher.iter(|| {
                texts
                    .iter()
                    .map(|text| {
                        found.clear();
                        lookup.find(black_box(text.as_bytes()), &mut name, &mut found);
                        found.len()
                    })
                    .sum::<usize>()
            });
        });
        group.bench_function(BenchmarkId::new("Lookup together", size), |bencher| {
            bencher.iter(|| {
                let mut sum = 0;
                let hosts = texts.iter().map(|text| black_box(text.as_bytes()));
                lookup.find_each(hosts, |found| sum += found.map_or(0, |(_, found)| found.len()));
                sum
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
