//! Networks to the fewest that cover the same addresses, from text to text, beside what the library of networks takes for it.

use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thruway::model::networks;

const SIZES: [usize; 2] = [10_000, 100_000];

/// A number that follows from another, and looks like none.
fn scatter(number: usize) -> u64 {
    (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

/// Half of the networks are beside or inside another.
fn ipv4(number: usize) -> IpNet {
    let address =
        Ipv4Addr::from((scatter(number / 2) as u32 & 0x0fff_ff00) | 0x0a00_0000 | (number as u32 % 2) << 4);
    IpNet::V4(Ipv4Net::new_assert(address, 28).trunc())
}

fn ipv6(number: usize) -> IpNet {
    let address = 0x2001_0db8_u128 << 96 | u128::from(scatter(number / 2)) << 32 | (number as u128 % 2) << 64;
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from(address), 64).trunc())
}

fn aggregation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cidr");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for (family, network) in [("ipv4", ipv4 as fn(usize) -> IpNet), ("ipv6", ipv6)] {
        for size in SIZES {
            let texts: Vec<String> = (0..size).map(|number| network(number).to_string()).collect();
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::new(family, size), |bencher| {
                bencher.iter(|| {
                    let networks: Vec<IpNet> =
                        black_box(&texts).iter().map(|text| networks::parse(text).unwrap()).collect();
                    let mut written = String::new();
                    for network in networks::fewest(&networks) {
                        networks::push(&mut written, &network);
                        written.push('\n');
                    }
                    written
                });
            });
            group.bench_function(BenchmarkId::new(format!("{family} ipnet"), size), |bencher| {
                bencher.iter(|| {
                    let networks: Vec<IpNet> =
                        black_box(&texts).iter().map(|text| text.parse().unwrap()).collect();
                    let fewest = IpNet::aggregate(&networks);
                    fewest.iter().map(|network| network.to_string().len()).sum::<usize>()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, aggregation);
criterion_main!(benches);
