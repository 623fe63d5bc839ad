//! Prints a URL of every kind of request that the policy of a profile tells apart, for the real products to be asked.
//!
//! Usage: boundary PROFILE TODAY

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::Path;

use thruway::compile::Run;
use thruway::emit;
use thruway::model::{Intent, boundary_requests};
use thruway::profile::Profile;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, today] = &arguments[..] else { return Err("usage: boundary PROFILE TODAY".into()) };
    let targets: Vec<_> = emit::ALL.iter().map(|emitter| emitter.id()).collect();
    let profile = Profile::parse(&std::fs::read_to_string(path)?, Some(Path::new(path)), &targets)
        .map_err(|error| format!("{error:?}"))?;
    let run = Run::new(&profile, today.parse()?)?;
    let rules = Intent::ALL.into_iter().flat_map(|intent| run.policy.rules(intent));
    let mut out = BufWriter::new(std::io::stdout().lock());
    for request in boundary_requests(rules.map(|rule| &rule.pattern)) {
        writeln!(out, "{request}")?;
    }
    Ok(out.flush()?)
}
