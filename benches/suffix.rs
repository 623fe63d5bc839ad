//! How long the gate's question takes for one pattern.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use thruway::model::HostPattern;
use thruway::suffix::spans;

fn spans_of_one_pattern(criterion: &mut Criterion) {
    for text in [
        "winatp-gw-cus.microsoft.com",
        "*.endpoint.security.microsoft.com",
        "*.blob.core.windows.net",
        "*.windows.net",
        "*.co.uk",
        "*.amazonaws.com",
        // Every rule below is looked at, and none found.
        "zz-*.amazonaws.com",
    ] {
        let pattern: HostPattern = text.parse().expect("a pattern");
        criterion.bench_function(text, |bencher| bencher.iter(|| spans(black_box(&pattern))));
    }
}

criterion_group!(benches, spans_of_one_pattern);
criterion_main!(benches);
