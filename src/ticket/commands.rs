//! How the change is tested, and what is run to make it: commands that somebody may copy.

use std::collections::BTreeSet;

use super::Ticket;
use crate::model::{HostPattern, Intent};
use crate::text::shell_word;

/// Most destinations that a command names.
const MOST: usize = 40;

/// The commands of a ticket.
#[derive(Debug)]
pub(super) struct Commands {
    /// Writes the files into `out`.
    pub(super) compile: String,
    /// Reads them back.
    pub(super) prove: String,
    /// Asks the network about everything, by each route.
    pub(super) verify: Vec<String>,
    /// The same about what is opened, where it is a change and can be named.
    pub(super) verify_new: Vec<String>,
}

/// The folder that is compiled into, as `compile` has it by itself.
const OUT: &str = "out";

impl Commands {
    pub(super) fn of(ticket: &Ticket<'_>) -> Self {
        let profile = ticket.profile.as_deref().map(|own| format!(" --profile {}", shell_word(own)));
        let options: String = ticket.options.iter().map(|own| format!(" {}", shell_word(own))).collect();
        let profile = profile.unwrap_or_default() + &options;
        let mut routes: Vec<String> =
            ticket.proxies.iter().map(|proxy| format!("proxy=http://{proxy}")).collect();
        let is_direct = ticket.added.iter().any(|line| line.intents.contains(&Intent::Direct));
        if routes.is_empty() || is_direct {
            routes.push("direct".to_owned());
        }
        let verify = |only: &str| -> Vec<String> {
            let commands = routes
                .iter()
                .map(|route| format!("thruway verify{profile} --route {}{only}", shell_word(route)));
            commands.collect()
        };
        let verify_new = match (ticket.change, only(ticket)) {
            (Some(_), Some(only)) => verify(&format!(" --only {}", shell_word(&only))),
            _ => Vec::new(),
        };
        Self {
            compile: format!("thruway compile{profile} --out {OUT}"),
            prove: format!("thruway prove {OUT}{options}"),
            verify: verify(""),
            verify_new,
        }
    }
}

/// A glob of what is opened: `{a.example.com,*.b.example.com}`.
fn only(ticket: &Ticket<'_>) -> Option<String> {
    let mut hosts = BTreeSet::new();
    for line in &ticket.added {
        match &line.opening.pattern.host {
            HostPattern::Subtree(name) => hosts.extend([name.to_string(), format!("*.{name}")]),
            // A network is no host that could be asked.
            HostPattern::Address(_) => return None,
            host => hosts.extend([host.to_string()]),
        }
    }
    match (hosts.len(), hosts.pop_first()) {
        (1, only) => only,
        (2..=MOST, Some(first)) => {
            let all: Vec<String> = [first].into_iter().chain(hosts).collect();
            Some(format!("{{{}}}", all.join(",")))
        }
        _ => None,
    }
}
