//! What `targets/<id>/target.yaml` says of every target for people. Limits are read by each emitter itself.

use serde::Deserialize;

use crate::embedded;

/// The part of a target's facts that all targets have.
#[derive(Deserialize, Debug)]
pub struct Facts {
    /// The product's name.
    pub title: String,
    /// The options that a profile may set, each as `key: example # what it means`, for `init`.
    pub options: Vec<String>,
    /// How what is written is put to work: one sentence each, in order.
    pub apply: Vec<String>,
    /// How that is undone: one sentence each, in order.
    pub rollback: Vec<String>,
}

impl Facts {
    /// The facts of the target of an id.
    ///
    /// # Panics
    /// When there is no such target.
    pub fn of(id: &str) -> Self {
        embedded::table(&format!("targets/{id}/target.yaml"))
    }
}
