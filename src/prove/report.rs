//! The data of a report, which its page shows and answers by.

use super::{compare, troubles};
use crate::emit::Artifact;
use crate::model::{Intent, Policy, RequestPattern};
use crate::read::report;

/// Where the data do not hold the policy.
pub(super) fn differences(policy: &Policy, artifacts: &[Artifact]) -> Vec<String> {
    const PAGE: &str = "index.html";
    let Some(page) = artifacts.iter().find(|artifact| artifact.path == PAGE) else {
        return vec![format!("there is no file `{PAGE}`")];
    };
    let reading = report::read(PAGE, &page.bytes);
    let mut differences = troubles(&reading.troubles);
    for intent in Intent::ALL {
        let meant: Vec<RequestPattern> =
            policy.rules(intent).iter().map(|rule| rule.pattern.clone()).collect();
        differences.extend(compare::differences(intent, &meant, &reading.rulebases[&intent]));
    }
    differences
}
