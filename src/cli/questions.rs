//! `thruway match`: decisions for hosts or URLs on stdin.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Read};

use serde::Serialize;

use super::output::Output;
use super::show::{ProvenanceCell, provenance_cells};
use super::{Failure, Global, Outcome};
use crate::compile::Run;
use crate::model::{HostIndex, Intent, Request, RequestPattern, Rule};
use crate::source::Provenance;

/// Longest line in bytes; no host or URL that a product takes is longer.
const MAX_LINE: u64 = 64 * 1024;

pub(super) fn run(global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let (_, run) = global.run(output)?;
    let decider = Decider::new(&run);

    let mut stdin = io::stdin().lock();
    // Somebody who types wants the answer before the next question.
    let is_typed = stdin.is_terminal();
    let mut outcome = Outcome::Clean;
    let mut line = Vec::new();
    loop {
        line.clear();
        let failure = |error| Failure::Other(format!("cannot read stdin: {error}"));
        let read = stdin.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failure)?;
        if read == 0 {
            break;
        }
        let too_long = read as u64 == MAX_LINE && line.last() != Some(&b'\n');
        if too_long {
            stdin.skip_until(b'\n').map_err(failure)?;
        }
        let input = String::from_utf8_lossy(&line);
        let input = input.trim();
        if input.is_empty() {
            continue;
        }
        let answer = if too_long {
            Err(format!("line over {MAX_LINE} bytes"))
        } else {
            input.parse::<Request>().map_err(|error| error.to_string())
        };
        match answer {
            Ok(request) => output.json_line(&decider.decide(input, &request, &run))?,
            Err(error) => {
                outcome = Outcome::Partial;
                let shown: String = input.chars().take(256).collect();
                output.json_line(&Misunderstood { input: shown, error })?;
            }
        }
        if is_typed {
            output.finish()?;
        }
    }
    output.finish()?;
    Ok(outcome)
}

/// The rules of every intent, by host.
pub(super) struct Decider<'a> {
    intents: BTreeMap<Intent, (&'a [Rule], HostIndex<usize>)>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        let index = |intent| (intent, (run.policy.rules(intent), run.policy.index(intent)));
        Self { intents: Intent::ALL.into_iter().map(index).collect() }
    }

    /// The rules of one intent that match, in the order of the policy.
    pub(super) fn matching(&self, intent: Intent, request: &Request) -> Vec<&'a Rule> {
        let (rules, index) = &self.intents[&intent];
        let mut found: Vec<usize> =
            index.matching(&request.host).copied().filter(|&at| rules[at].pattern.matches(request)).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| &rules[at]).collect()
    }

    fn decide<'r>(&self, input: &'r str, request: &Request, run: &'r Run) -> Answer<'r>
    where
        'a: 'r,
    {
        let mut rules: BTreeMap<&RequestPattern, &'r Provenance> = BTreeMap::new();
        let mut decide = |intent| {
            let matching = self.matching(intent, request);
            let decision = !matching.is_empty();
            for rule in matching {
                // The same pattern may have covered fewer others in another intent; allow comes first.
                rules.entry(&rule.pattern).or_insert(&rule.provenance);
            }
            decision
        };
        let [allow, bypass_inspection, bypass_authentication, direct] = Intent::ALL.map(&mut decide);
        let rules = rules
            .into_iter()
            .map(|(pattern, provenance)| Matched {
                pattern: pattern.to_string(),
                provenance: provenance_cells(provenance, &run.sources),
            })
            .collect();
        Answer { input, allow, bypass_inspection, bypass_authentication, direct, rules }
    }
}

/// One line of output: the contract of `match`.
#[derive(Serialize)]
struct Answer<'r> {
    input: &'r str,
    allow: bool,
    bypass_inspection: bool,
    bypass_authentication: bool,
    direct: bool,
    rules: Vec<Matched<'r>>,
}

#[derive(Serialize)]
struct Matched<'r> {
    pattern: String,
    provenance: Vec<ProvenanceCell<'r>>,
}

/// One line of output for a line that is neither a host nor a URL.
#[derive(Serialize)]
struct Misunderstood {
    input: String,
    error: String,
}
