//! Whether what a target wrote means what its plan said: read back by the product's own rules, and asked one
//! request of every kind that either tells apart. Decided, not sampled.

use std::collections::BTreeSet;

use crate::emit::Artifact;
use crate::model::{Host, HostIndex, Intent, Request, RequestPattern, boundary_requests};
use crate::plan::Plan;
use crate::read::{Access, Texts, squid};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// Nothing reads this target back, or it enforces nothing.
    NotApplicable,
    /// What was written means what the plan said.
    Proved,
    /// It does not: the first few differences, one line each.
    Differs(Vec<String>),
}

/// How many differences are told.
const MOST: usize = 5;

/// Reads the artifacts of a target back.
pub fn prove(plan: &Plan<'_>, artifacts: &[Artifact]) -> Proof {
    let differences = match plan.target {
        "squid" => of_squid(plan, artifacts),
        _ => return Proof::NotApplicable,
    };
    if differences.is_empty() { Proof::Proved } else { Proof::Differs(differences) }
}

/// What stands around the fragment: clients, users who sign in, and the lines behind it.
const AROUND_SQUID: &str = "acl localnet src 10.0.0.0/8\n\
                            acl thruway_users proxy_auth REQUIRED\n\
                            include thruway.conf\n\
                            http_access deny all\n\
                            ssl_bump bump all\n";

fn of_squid(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    const MAIN: &str = "around the fragment";
    let mut texts: Texts =
        artifacts.iter().map(|artifact| (artifact.path.clone(), artifact.bytes.clone())).collect();
    texts.insert(MAIN.to_owned(), AROUND_SQUID.as_bytes().to_vec());
    let squid = squid::Squid::read(MAIN, &texts);
    if !squid.troubles().is_empty() {
        let say =
            |trouble: &crate::read::Trouble| format!("{}:{}: {}", trouble.file, trouble.line, trouble.what);
        return squid.troubles().iter().take(MOST).map(say).collect();
    }

    let meant = Meant::new(plan);
    let own = squid.patterns();
    let patterns: BTreeSet<&RequestPattern> = own.iter().chain(meant.patterns()).collect();
    let client = squid::Client::default();
    let mut differences = Vec::new();
    let mut at: Option<(Host, squid::AtHost<'_>, MeantAt<'_>)> = None;
    for request in boundary_requests(patterns) {
        let (_, squid_at, meant_at) = match &mut at {
            Some(same) if same.0 == request.host => same,
            other => {
                let host = request.host.clone();
                let (squid_at, meant_at) = (squid.at(&host), meant.at(&host));
                other.insert((host, squid_at, meant_at))
            }
        };
        // Only what is allowed is let through without asking who it is.
        let access = match meant_at.has(Intent::Allow, &request) {
            false => Access::Denied,
            true if meant_at.has(Intent::BypassAuthentication, &request) => Access::Anonymous,
            true => Access::AfterAuthentication,
        };
        let got = squid_at.access(client, &request);
        if got != access {
            differences.push(format!("`{request}` is {}, and should be {}", said(got), said(access)));
        }
        if request.scheme == crate::model::Scheme::Https {
            let inspected = !meant_at.has(Intent::BypassInspection, &request);
            if squid_at.inspects(client, &request) != Some(inspected) {
                let not = if inspected { "not " } else { "" };
                differences.push(format!("`{request}` is {not}inspected"));
            }
        }
        if differences.len() >= MOST {
            break;
        }
    }
    differences
}

fn said(access: Access) -> &'static str {
    match access {
        Access::Denied => "refused",
        Access::AfterAuthentication => "let through to who signs in",
        Access::Anonymous => "let through to everybody",
    }
}

/// What a plan says that the entries mean, by host.
struct Meant<'p>(HostIndex<(Intent, &'p RequestPattern)>, Vec<&'p RequestPattern>);

/// The same for one host.
struct MeantAt<'m>(Vec<(Intent, &'m RequestPattern)>);

impl<'p> Meant<'p> {
    fn new(plan: &'p Plan<'_>) -> Self {
        let mut index = HostIndex::new();
        let mut all = Vec::new();
        for (&intent, planned) in &plan.intents {
            for pattern in &planned.means {
                index.insert(pattern.host.clone(), (intent, pattern));
                all.push(pattern);
            }
        }
        Self(index, all)
    }

    fn patterns(&self) -> impl Iterator<Item = &'p RequestPattern> {
        self.1.iter().copied()
    }

    fn at(&self, host: &Host) -> MeantAt<'p> {
        MeantAt(self.0.matching(host).copied().collect())
    }
}

impl MeantAt<'_> {
    fn has(&self, intent: Intent, request: &Request) -> bool {
        self.0.iter().any(|(of, pattern)| {
            *of == intent
                && pattern.schemes.contains(request.scheme)
                && pattern.ports.contains(request.port)
                && pattern.path.matches(&request.path)
        })
    }
}

#[cfg(test)]
mod tests;
