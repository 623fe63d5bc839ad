//! `manifest.json`: what a folder holds, from what, and how faithful it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Compiled, Run};
use crate::diag;
use crate::plan::Fidelity;
use crate::profile::Profile;
use crate::prove::Proof;
use crate::write::Files;

// The fields stand in the order of the keys, which are sorted.
#[derive(Serialize)]
struct Manifest<'a> {
    files: Vec<ArtifactEntry>,
    findings: Value,
    profile: String,
    sources: Vec<SourceEntry<'a>>,
    targets: Vec<TargetEntry<'a>>,
}

#[derive(Serialize)]
struct SourceEntry<'a> {
    name: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct TargetEntry<'a> {
    artifacts: Vec<ArtifactEntry>,
    fidelity: BTreeMap<&'static str, usize>,
    id: &'a str,
    proof: &'static str,
}

#[derive(Serialize)]
struct ArtifactEntry {
    bytes: usize,
    path: String,
    sha256: String,
}

/// The manifest of a compiled run. `files` are those beside the targets' folders. Keys are sorted, nothing is dated: same input, same bytes.
pub(super) fn manifest(run: &Run, profile: &Profile, compiled: &Compiled<'_>, files: &Files) -> Vec<u8> {
    let entry = |path: String, bytes: &[u8]| ArtifactEntry {
        bytes: bytes.len(),
        path,
        sha256: crate::source::sha256(bytes),
    };
    let manifest = Manifest {
        files: files.iter().map(|(path, bytes)| entry(path.clone(), bytes)).collect(),
        findings: diag::to_json(&compiled.findings, &run.sources),
        profile: super::profile_name(profile),
        sources: run
            .sources
            .iter()
            .map(|(_, source)| SourceEntry { name: &source.name, sha256: &source.sha256 })
            .collect(),
        targets: compiled
            .targets
            .iter()
            .map(|target| TargetEntry {
                artifacts: target
                    .artifacts
                    .iter()
                    .map(|artifact| {
                        entry(format!("{}/{}", target.plan.target, artifact.path), &artifact.bytes)
                    })
                    .collect(),
                fidelity: fidelity(target.total(&run.policy)),
                id: target.plan.target,
                // What differs is not written, so there is no word for it.
                proof: if *target.proof() == Proof::Proved { "proved" } else { "not-applicable" },
            })
            .collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&manifest).expect("internal error: a manifest is plain data");
    bytes.push(b'\n');
    bytes
}

fn fidelity(fidelity: Fidelity) -> BTreeMap<&'static str, usize> {
    BTreeMap::from([
        ("exact", fidelity.exact),
        ("held", fidelity.held),
        ("narrower", fidelity.narrower),
        ("unsupported", fidelity.unsupported),
        ("wider", fidelity.wider),
    ])
}

/// How many rules a manifest's folder holds, by target: the exact ones, and those that differ. A rule
/// that is both wider and narrower is counted once.
pub fn written_rules(manifest: &Value) -> BTreeMap<String, u64> {
    let Some(targets) = manifest["targets"].as_array() else { return BTreeMap::new() };
    targets
        .iter()
        .filter_map(|target| {
            let count = |key: &str| target["fidelity"][key].as_u64();
            let rules = count("exact")? + count("wider")?.max(count("narrower")?);
            Some((target["id"].as_str()?.to_owned(), rules))
        })
        .collect()
}
