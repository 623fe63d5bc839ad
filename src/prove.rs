//! Whether what a target wrote means what its plan said: read back by the product's own rules, and asked one
//! request of every kind that either tells apart. Decided, not sampled.

mod compare;
mod nftables;
mod pac;
mod paloalto;
mod report;
mod squid;
mod ticket;
mod windows_firewall;
mod zscaler;

use crate::emit::Artifact;
use crate::model::Policy;
use crate::plan::Plan;
use crate::read::{Texts, Trouble, TroubleKind};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// Nothing reads this target back, or it enforces nothing.
    NotApplicable,
    /// What was written means what the plan said.
    Proved,
    /// It does not: the first few differences, one line each.
    Differs(Vec<String>),
}

/// How many differences are told.
const MOST: usize = 5;

/// Reads the artifacts of a target back. The policy is what the plan was made of.
pub fn prove(plan: &Plan<'_>, policy: &Policy, artifacts: &[Artifact]) -> Proof {
    let mut differences = match plan.target {
        "squid" => squid::differences(plan, artifacts),
        "pac" => pac::differences(plan, artifacts),
        "paloalto" => paloalto::differences(plan, artifacts),
        "zscaler" => zscaler::differences(plan, artifacts),
        "nftables" => nftables::differences(plan, artifacts),
        "windows-firewall" => windows_firewall::differences(plan, artifacts),
        "ticket" => ticket::differences(policy, artifacts),
        "report" => report::differences(policy, artifacts),
        _ => return Proof::NotApplicable,
    };
    differences.truncate(MOST);
    if differences.is_empty() { Proof::Proved } else { Proof::Differs(differences) }
}

/// Artifacts as the files of a configuration.
fn texts<'a>(artifacts: impl IntoIterator<Item = &'a Artifact>) -> Texts {
    artifacts.into_iter().map(|artifact| (artifact.path.clone(), artifact.bytes.clone())).collect()
}

/// What a reader did not understand, or what does not mean what it seems to. What it assumes about clients is
/// what the profile asks for.
fn troubles(troubles: &[Trouble]) -> Vec<String> {
    let grave = troubles.iter().filter(|trouble| trouble.kind != TroubleKind::Assumed);
    grave.take(MOST).map(|trouble| format!("{}: {}", trouble.place, trouble.what)).collect()
}

#[cfg(test)]
mod tests;
