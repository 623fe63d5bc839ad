//! The report: what the policy is and what the products make of it, for people who would rather look than read,
//! as one page without a network.
//!
//! Like the change ticket it enforces nothing and tells of the whole run. What never changes after loading is HTML;
//! the matrix and the answers are made in the browser from one block of JSON ([`data`]), which is read back and
//! compared with the policy.

mod changes;
mod collect;
mod data;
mod json;
mod page;
mod usage;

use super::{Artifact, Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{Intent, Rule};
use crate::plan::Plan;
use crate::profile::Settings;

pub use changes::{Changes, LeftOut, Line, ListCount, Restated, TargetChange};
pub use usage::{Counts, HostCount, Mend, MendLine, Named, Usage, Wildcard};

const ID: &str = "report";
const PAGE: &str = "index.html";

/// The report.
#[derive(Clone, Copy, Debug)]
pub struct Report;

impl Emitter for Report {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        PAGE
    }

    fn applies(&self, _: &Settings, _: Intent) -> bool {
        false
    }

    fn encode(&self, _: &Settings, _: Intent, _: &Rule) -> Result<Encoded, Unsupported> {
        Err(Unsupported { why: "a report enforces nothing".to_owned() })
    }

    fn tells_of_run(&self) -> bool {
        true
    }

    fn render(&self, plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let bytes = page::render(plan, run)?.into_bytes();
        let artifacts = vec![Artifact { path: PAGE.to_owned(), bytes }];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
