//! From a profile to what is served: the same compilation and proof as `thruway compile`, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::json;

use super::lists::{self, Lists};
use crate::compile::{self, Compiled, Run};
use crate::diag::{Diagnostic, Level};
use crate::model::Intent;
use crate::plan::{Banner, PolicySets};
use crate::profile::{Profile, SourceSpec};
use crate::prove::Proof;
use crate::text::count;
use crate::write::Files;

/// What is served of one profile at one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// The files, by their paths on the server without a slash at the beginning. `report/index.html` is `report/`.
    pub files: Files,
    /// Rules by intent and by target, by which the next build is compared.
    pub counts: BTreeMap<String, u64>,
    /// What is kept with them and not served: what they were compiled for, and the ticket of a version that waited.
    pub beside: Files,
}

/// A compiled run, as long as it is there.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// What was compiled.
    pub profile: &'a Profile,
    /// What its sources say.
    pub run: &'a Run,
    /// Its targets, proved.
    pub compiled: &'a Compiled<'a>,
    /// Who made it from what.
    pub banner: &'a Banner,
}

/// Why there is nothing to serve.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The profile or a source cannot be read.
    #[error("{0}")]
    Input(String),
    /// Clients would be sent to a proxy that is none.
    #[error(
        "the profile names no proxy: clients would be sent to `proxy.invalid:3128`, which resolves nowhere"
    )]
    Placeholder,
    /// A finding says that nothing may be written.
    #[error("{}", denied(.findings))]
    Denied {
        /// Those at deny.
        findings: Vec<Diagnostic>,
    },
    /// A product would refuse what would be written.
    #[error("{0}")]
    Render(String),
    /// What would be served does not mean what was asked.
    #[error("{target}: what would be served does not mean what was asked: {difference}")]
    Differs {
        /// The target.
        target: &'static str,
        /// The first difference.
        difference: String,
    },
    /// Firewalls would keep their last copy of lists for good.
    #[error(
        "{path} would no longer be served ({why}), and whoever fetches it keeps the last copy for good; take it out of \
         the firewalls first, and then reload with `accept-lost-lists`"
    )]
    Lost {
        /// The first of the lists.
        path: String,
        /// Why it is not there.
        why: String,
    },
}

fn denied(findings: &[Diagnostic]) -> String {
    let first = findings.first().map(|finding| format!("{}: {}", finding.code, finding.message));
    format!("{} at deny; the first is {}", count(findings.len(), "finding"), first.unwrap_or_default())
}

/// Files whose change may change what is served: the profile and its sources.
pub fn inputs(profile: &Profile) -> Vec<PathBuf> {
    let Some(file) = &profile.file else { return Vec::new() };
    let folder = file.parent().unwrap_or(std::path::Path::new(""));
    let mut files = vec![file.clone()];
    for source in &profile.sources {
        match &source.value {
            SourceSpec::Builtin(_) => {}
            SourceSpec::File(path) => files.push(folder.join(path)),
            SourceSpec::Mma { cloud_connection, .. } => {
                files.extend(cloud_connection.iter().map(|path| folder.join(path)));
            }
        }
    }
    files
}

/// Compiles and proves what a profile asks for on a day. `served` are the paths of lists that are served until now and
/// that somebody may fetch; `finish` sees what came of it before the run is gone.
///
/// # Errors
/// When there is nothing that may be served.
pub fn build(
    profile: &Profile,
    today: Date,
    served: &BTreeSet<String>,
    finish: impl FnOnce(Content, Made<'_>) -> Content,
) -> Result<Content, BuildError> {
    if profile.settings.proxies.iter().any(|proxy| proxy.is_placeholder()) {
        return Err(BuildError::Placeholder);
    }
    let run = Run::new(profile, today).map_err(|error| BuildError::Input(error.to_string()))?;
    refuse_denied(&run.findings)?;
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(profile);
    let inputs = compile::inputs(&run, profile, &sets, &banner);
    let compiled = compile::compile(&run, profile, inputs, &profile.targets)
        .map_err(|error| BuildError::Render(error.to_string()))?;
    refuse_denied(&compiled.findings)?;
    compiled.prove();
    for target in &compiled.targets {
        if let Proof::Differs(differences) = target.proof() {
            let difference = differences.first().cloned().unwrap_or_default();
            return Err(BuildError::Differs { target: target.plan.target, difference });
        }
    }
    let content = content(&run, profile, &compiled, served)?;
    Ok(finish(content, Made { profile, run: &run, compiled: &compiled, banner: &banner }))
}

fn refuse_denied(findings: &[Diagnostic]) -> Result<(), BuildError> {
    let denied: Vec<Diagnostic> =
        findings.iter().filter(|finding| finding.level == Level::Deny).cloned().collect();
    if denied.is_empty() { Ok(()) } else { Err(BuildError::Denied { findings: denied }) }
}

/// What of a compiled run is served. The report and the PAC are those of the output folder, octet for octet.
///
/// A list that was served and of which the policy has no line any more is served empty: a firewall that gets 404 keeps
/// its last copy. One that is left out is no empty list, and is refused.
fn content(
    run: &Run,
    profile: &Profile,
    compiled: &Compiled<'_>,
    served: &BTreeSet<String>,
) -> Result<Content, BuildError> {
    let Lists { mut files, entries, mut left_out } = lists::lists(&run.policy, profile, compiled);
    for (target, from, to) in [
        ("pac", "proxy.pac", "proxy.pac"),
        ("pac", "wpad.dat", "wpad.dat"),
        ("report", "index.html", "report/index.html"),
    ] {
        let own = compiled.targets.iter().find(|own| own.plan.target == target);
        let artifact = own.and_then(|own| own.artifacts.iter().find(|artifact| artifact.path == from));
        match artifact {
            Some(artifact) => drop(files.insert(to.to_owned(), artifact.bytes.clone())),
            None => drop(left_out.insert(to.to_owned(), format!("the profile has no target `{target}`"))),
        }
    }

    let mut emptied = Vec::new();
    for path in served {
        if files.contains_key(path) {
            continue;
        }
        if let Some(why) = why_left_out(path, &left_out) {
            return Err(BuildError::Lost { path: path.clone(), why });
        }
        files.insert(path.clone(), Vec::new());
        emptied.push(path);
    }

    let mut counts = BTreeMap::new();
    for intent in Intent::ALL {
        counts.insert(format!("intent {intent}"), run.policy.rules(intent).len() as u64);
    }
    let mut targets = Vec::new();
    for target in &compiled.targets {
        let own = target.total(&run.policy);
        if own.exact + own.wider + own.narrower > 0 {
            let rules = own.exact + own.wider.max(own.narrower);
            counts.insert(format!("target {}", target.plan.target), rules as u64);
        }
        targets.push(json!({
            "id": target.plan.target,
            "exact": own.exact,
            "wider": own.wider,
            "narrower": own.narrower,
            "held": own.held,
            "unsupported": own.unsupported,
            "proof": if *target.proof() == Proof::Proved { "proved" } else { "not-applicable" },
        }));
    }
    let sources: Vec<_> = run
        .sources
        .iter()
        .map(|(_, source)| json!({ "name": source.short_name(), "sha256": source.sha256 }))
        .collect();
    let described: Vec<_> = files
        .iter()
        .map(|(path, bytes)| {
            let mut value =
                json!({ "path": path, "bytes": bytes.len(), "sha256": crate::source::sha256(bytes) });
            if let Some(entry) = entries.get(path) {
                value["list"] = serde_json::to_value(entry).expect("internal error: plain data");
            }
            value
        })
        .collect();
    let left_out: Vec<_> = left_out.iter().map(|(path, why)| json!({ "path": path, "why": why })).collect();
    let manifest = json!({
        "generator": concat!("thruway ", env!("CARGO_PKG_VERSION")),
        "profile": profile.settings.name,
        "sources": sources,
        "targets": targets,
        "files": described,
        "left_out": left_out,
        "emptied": emptied,
    });
    let mut bytes = serde_json::to_vec_pretty(&manifest).expect("internal error: a manifest is plain data");
    bytes.push(b'\n');
    files.insert(crate::write::MANIFEST.to_owned(), bytes);
    Ok(Content { files, counts, beside: Files::new() })
}

/// Why a list is left out; nothing where the policy has no line of it.
fn why_left_out(path: &str, left_out: &BTreeMap<String, String>) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or_default();
    // `edl/*/panos*` is every list of a product.
    let of_product = |pattern: &str| {
        let word = pattern.strip_prefix("edl/*/").and_then(|own| own.strip_suffix('*'));
        word.is_some_and(|word| name.starts_with(word) || path.starts_with(&format!("edl/{word}/")))
    };
    let found = left_out.iter().find(|(pattern, _)| *pattern == path || of_product(pattern));
    found.map(|(_, why)| why.clone())
}

/// Lists that somebody may fetch line by line: those that would be kept for good where they end.
pub fn is_fetched_list(path: &str) -> bool {
    path.starts_with("edl/") && path.ends_with(".txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_left_out_by_its_path_or_by_its_product() {
        let left_out = BTreeMap::from([
            ("edl/*/panos*".to_owned(), "no target".to_owned()),
            ("edl/allow/domains.txt".to_owned(), "a tolerance".to_owned()),
        ]);
        for (path, want) in [
            ("edl/allow/panos-url.tcp-443.txt", Some("no target")),
            ("edl/panos/allow.tcp-443.url.txt", Some("no target")),
            ("edl/allow/domains.txt", Some("a tolerance")),
            ("edl/direct/domains.txt", None),
            ("edl/allow/squid.https-443.dstdomain.txt", None),
        ] {
            assert_eq!(why_left_out(path, &left_out).as_deref(), want, "{path}");
        }
        assert!(is_fetched_list("edl/allow/domains.txt") && !is_fetched_list("edl/allow/rules.json"));
    }
}
