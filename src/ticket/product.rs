//! A product, as a ticket tells of it: what it writes, how far it follows, how it is loaded and taken back.

use std::collections::BTreeSet;

use crate::emit::Artifact;
use crate::emit::facts::Facts;
use crate::model::{Intent, Policy};
use crate::plan::{Fidelity, Plan};
use crate::source::sha256;

/// One target with what it writes.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) id: &'static str,
    pub(super) title: String,
    /// The lists that it has.
    pub(super) intents: BTreeSet<Intent>,
    pub(super) fidelity: Fidelity,
    pub(super) apply: Vec<String>,
    pub(super) rollback: Vec<String>,
    pub(super) files: Vec<File>,
    /// How its lists change, by patterns as it can say them.
    pub(super) change: Option<ProductChange>,
}

/// How many patterns of a product's lists change.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct ProductChange {
    pub(super) opened: usize,
    pub(super) closed: usize,
    /// Hosts of `opened` that nobody asks for.
    pub(super) beyond: usize,
}

/// A file as `compile` writes it.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

impl Product {
    pub(super) fn new(plan: &Plan<'_>, artifacts: &[Artifact], policy: &Policy) -> Self {
        let Facts { title, apply, rollback, .. } = Facts::of(plan.target);
        let mut fidelity = Fidelity::default();
        for &intent in plan.intents.keys() {
            fidelity += Fidelity::of(plan, intent, policy.held(intent).len());
        }
        let files = artifacts.iter().map(|artifact| File {
            path: format!("{}/{}", plan.target, artifact.path),
            bytes: artifact.bytes.len(),
            sha256: sha256(&artifact.bytes),
        });
        let (id, files) = (plan.target, files.collect());
        let intents = plan.intents.keys().copied().collect();
        Self { id, title, intents, fidelity, apply, rollback, files, change: None }
    }
}
