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

use super::{Artifact, Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{Intent, Rule};
use crate::plan::Plan;
use crate::profile::Settings;

pub use changes::{Change, ChangeKind};

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

    fn render(&self, plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let artifacts = vec![page(plan, run, None)?];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}

/// The page of a run, and what changed since another one where that is known.
///
/// # Errors
/// When the PAC of the run cannot stand in a page.
pub fn page(
    plan: &Plan<'_>,
    run: &Surroundings<'_>,
    changes: Option<&[Change]>,
) -> Result<Artifact, RenderError> {
    let text = page::render(plan, run, changes)?;
    Ok(Artifact { path: PAGE.to_owned(), bytes: text.into_bytes() })
}

#[cfg(test)]
mod tests;
