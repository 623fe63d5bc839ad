//! From endpoints to artifacts: selection with subsumption, encoding with fidelity, rendering.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use thruway::emit::{self, Surroundings};
use thruway::model::{
    Endpoint, Geography, Inspection, PathPattern, Platforms, Policy, RequestPattern, Scheme,
};
use thruway::plan::{self, Banner, Inputs, PolicySets};
use thruway::profile::Profile;
use thruway::resolve::{self, Request};
use thruway::source::{At, Cell, Provenance, Source, SourceId, SourceMap, Sourced};

const SIZES: [usize; 3] = [10, 1_000, 100_000];

/// Four of five are wildcards, one of five a name below one of them or alone, one of fifty a label glob; one
/// of ten is written before.
fn host(number: usize) -> String {
    let number = if number % 10 == 7 && number > 101 { number - 101 } else { number };
    let zone = number % 11;
    match number % 50 {
        49 => format!("gw-{number}-*.region{zone}.example.net"),
        at if at % 5 == 4 => format!("host.d{}.zone{}.example.com", number - 4, (number - 4) % 11),
        at if at % 5 == 3 => format!("host{number}.zone{zone}.example.org"),
        _ => format!("*.d{number}.zone{zone}.example.com"),
    }
}

fn endpoints(count: usize) -> Vec<Endpoint> {
    let source = source();
    (0..count)
        .map(|number| {
            let text = host(number);
            let cell = Cell {
                source,
                sheet: Arc::from("list"),
                at: At::Cell { row: number as u32, column: 4 },
                text: Arc::from(text.as_str()),
            };
            let pattern = RequestPattern::new(text.parse().unwrap(), Scheme::Https, 443, PathPattern::Any);
            Endpoint {
                pattern: Sourced { value: pattern, from: Provenance::one(cell) },
                https_path: None,
                geography: Geography::Worldwide,
                service: Arc::from(""),
                category: Arc::from(""),
                requirement: None,
                platforms: Platforms::NotStated,
                windows: Vec::new(),
                direct_required: false,
                inspection: Inspection::NotStated,
            }
        })
        .collect()
}

fn source() -> SourceId {
    SourceMap::default().add(Source { name: "list.csv".into(), sha256: String::new(), date: None })
}

fn policy(endpoints: &[Endpoint], profile: &Profile) -> Policy {
    let request = Request { profile, profile_source: None, corrections: &[], today: date(2026, 11, 24) };
    resolve::resolve(endpoints, request, &mut Vec::new())
}

fn pipeline(criterion: &mut Criterion) {
    let ids: Vec<&'static str> = emit::ALL.iter().map(|emitter| emitter.id()).collect();
    let profile = Profile::builtin(&ids);
    let banner = Banner { generator: "bench".into(), profile: "bench".into(), sources: Vec::new() };
    for size in SIZES {
        let endpoints = endpoints(size);
        let mut group = criterion.benchmark_group("pipeline");
        group.throughput(Throughput::Elements(size as u64));
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("resolve", size), |bencher| {
            bencher.iter(|| policy(black_box(&endpoints), &profile));
        });
        let policy = policy(&endpoints, &profile);
        group.bench_function(BenchmarkId::new("sets", size), |bencher| {
            bencher.iter(|| PolicySets::new(black_box(&policy)));
        });
        let sets = PolicySets::new(&policy);
        let inputs = Inputs {
            policy: &policy,
            sets: &sets,
            settings: &profile.settings,
            tolerances: &profile.tolerances,
            banner: &banner,
        };
        let sources = SourceMap::default();
        let surroundings = Surroundings {
            profile: None,
            sources: &sources,
            endpoints: &endpoints,
            included: &[],
            selection: "",
            platforms: &profile.select.platforms,
            policy: &policy,
            waivers: &[],
            findings: &[],
            plans: &[],
            written: &[],
            changes: None,
            usage: None,
        };
        for emitter in emit::ALL {
            let id = emitter.id();
            group.bench_function(BenchmarkId::new(format!("{id}/plan"), size), |bencher| {
                bencher.iter(|| plan::plan(*emitter, black_box(inputs), &mut Vec::new()));
            });
            let plan = plan::plan(*emitter, inputs, &mut Vec::new());
            group.bench_function(BenchmarkId::new(format!("{id}/render"), size), |bencher| {
                // A product that refuses this many is measured as far as it goes.
                bencher.iter(|| black_box(emitter.render(&plan, &surroundings).is_ok()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
