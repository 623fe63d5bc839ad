//! The table of the change ticket, which enforces what a team enters by it.

use super::{compare, troubles};
use crate::emit::Artifact;
use crate::model::{Intent, Policy, RequestPattern};
use crate::read::ticket;

/// Where the table does not ask for what the policy does.
pub(super) fn differences(policy: &Policy, artifacts: &[Artifact]) -> Vec<String> {
    const TABLE: &str = "ticket.csv";
    for file in [TABLE, "ticket.md"] {
        if !artifacts.iter().any(|artifact| artifact.path == file) {
            return vec![format!("there is no file `{file}`")];
        }
    }
    let bytes = artifacts.iter().find(|artifact| artifact.path == TABLE).map_or(&[][..], |own| &own.bytes);
    let reading = ticket::read(TABLE, bytes);
    let mut differences = troubles(&reading.troubles);
    for intent in Intent::ALL {
        let meant: Vec<RequestPattern> =
            policy.rules(intent).iter().map(|rule| rule.pattern.clone()).collect();
        differences.extend(compare::differences(intent, &meant, &reading.rulebases[&intent]));
    }
    differences
}
