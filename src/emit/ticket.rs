//! The change ticket of a whole policy, in Markdown and as CSV; what it says is decided in [`ticket`](crate::ticket).
//!
//! It is written last, since it names the files of every other target with their digests. It enforces
//! nothing, so no intent applies to it: it says what the policy says, and what the products make of that.

use super::{Artifact, Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported};
use crate::diff::Side;
use crate::model::{Intent, Rule};
use crate::opening::Index;
use crate::plan::Plan;
use crate::profile::Settings;
use crate::ticket::{self, Format, Language};

const ID: &str = "ticket";

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

    fn tells_of_run(&self) -> bool {
        true
    }

    fn render(&self, plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let endpoints = run.endpoints.iter().chain(run.included);
        let index = Index::new(run.sources, endpoints, run.findings, run.platforms);
        let side = Side::of_policy(plan.settings.name.clone(), run.sources, run.policy, &index);
        let written = run.written.iter().filter_map(|written| {
            let plan = run.plans.iter().find(|plan| plan.target == written.target)?;
            Some((plan, &written.artifacts[..]))
        });
        let inputs = ticket::Inputs {
            settings: plan.settings,
            profile: run.profile.map(str::to_owned),
            options: Vec::new(),
            not_yet: Vec::new(),
            banner: plan.banner,
            sources: run.sources,
            policy: run.policy,
            findings: run.findings,
            waivers: run.waivers,
            products: written.collect(),
        };
        let ticket = ticket::Ticket::of_policy(&inputs, &side);
        let artifact = |path: &str, written: Result<Vec<u8>, ticket::TicketError>| match written {
            Ok(bytes) => Ok(Artifact { path: path.to_owned(), bytes }),
            Err(error) => Err(RenderError::Template { target: ID, why: error.to_string() }),
        };
        let artifacts = vec![
            artifact("ticket.md", ticket.write(Format::Markdown, Language::En))?,
            artifact("ticket.csv", ticket.table())?,
        ];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
