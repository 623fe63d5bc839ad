//! The vendor's tables, read from the shared test data and counted in full.

use super::*;

/// The real reader belongs to `ingest`; this one reads a CSV file whose roles are known.
fn csv(name: &str, roles: &[Role]) -> Outcome {
    let path = format!("{}/../shared/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).unwrap();
    let rows: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    let (sources, id) = sources(None);
    run(&sources, vec![table(id, "", roles, &rows)], &|_| None)
}

/// The columns of the lists that were written down by hand.
const PLAIN: [Role; 9] = [
    Role::Document,
    Role::Service,
    Role::Category,
    Role::Geography,
    Role::Endpoint,
    Role::Port,
    Role::Requirement,
    Role::PlatformList,
    Role::Comments,
];

fn names<T: ToString + Ord>(counts: BTreeMap<T, usize>) -> Vec<String> {
    counts.into_iter().map(|(name, count)| format!("{} {count}", name.to_string())).collect()
}

#[test]
fn the_commercial_table_of_2026_is_read_whole() {
    let out = csv("standard-commercial-2026-07.csv", &COMMERCIAL);
    dbg(&out);
}

#[test]
fn the_antivirus_table_of_2026_is_read_whole() {
    let out = csv("mdav-2026-07.csv", &PLAIN);
    dbg(&out);
}

#[test]
fn the_agent_tables_are_read_whole() {
    let out = csv("mma.csv", &PLAIN);
    dbg(&out);
    dbg(&csv("streamlined-2026-07-changes.csv", &PLAIN));
}

fn dbg(out: &Outcome) {
    println!("{} {:?}", out.endpoints.len(), out.codes());
    for e in &out.endpoints {
        println!(
            "{} {} {} {:?} {:?} {} {:?}",
            e.pattern.value,
            e.geography,
            e.platforms,
            e.requirement,
            e.https_path,
            e.direct_required,
            e.windows.iter().map(|c| c.needed_by.to_string()).collect::<Vec<_>>()
        );
    }
    for f in &out.findings {
        println!("{} | {} | {} | {:?}", f.code, f.message, f.label, f.help);
    }
    println!("{:?}", names(out.count(|e| e.geography.to_string())));
}
