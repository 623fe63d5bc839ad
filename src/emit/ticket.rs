//! The change ticket: what a change board reads before a firewall is changed, in Markdown, and the same
//! openings as CSV.
//!
//! It is written last, since it names the files of every other target with their digests. It enforces
//! nothing, so no intent applies to it: it says what the policy says, and what the products make of that.

mod csv;
mod report;

use super::{Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{Intent, Rule};
use crate::opening::Index;
use crate::plan::Plan;
use crate::profile::Settings;

const ID: &str = "ticket";
/// Where no source says it.
const NOT_STATED: &str = "not stated";

/// The change ticket.
#[derive(Clone, Copy, Debug)]
pub struct Ticket;

impl Emitter for Ticket {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "ticket.md"
    }

    fn applies(&self, _: &Settings, _: Intent) -> bool {
        false
    }

    fn encode(&self, _: &Settings, _: Intent, _: &Rule) -> Result<Encoded, Unsupported> {
        Err(Unsupported { why: "a ticket enforces nothing".to_owned() })
    }

    fn render(&self, plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let endpoints = run.endpoints.iter().chain(run.included);
        let index = Index::new(run.sources, endpoints, run.findings, run.platforms);
        let artifacts = vec![report::artifact(plan, run, &index)?, csv::artifact(run, &index)?];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
