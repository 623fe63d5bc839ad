//! Microsoft Monitoring Agent: from wildcards over every customer to the hosts of one's own workspaces.

use std::collections::{BTreeSet, HashMap};

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{DomainName, Endpoint, HostPattern};
use crate::source::{Provenance, Sourced};

/// Wildcards whose star stands for a workspace ID.
const WORKSPACE: [&str; 8] = [
    "ods.opinsights.azure.com",
    "ods.opinsights.azure.us",
    "ods.opinsights.azure.cn",
    "oms.opinsights.azure.com",
    "oms.opinsights.azure.us",
    "oms.opinsights.azure.cn",
    "agentsvc.azure-automation.net",
    "agentsvc.azure-automation.us",
];

/// Older wildcards, which cover `agentsvc` and more.
const AUTOMATION: [&str; 2] = ["azure-automation.net", "azure-automation.us"];

/// Wildcards whose star is a storage account, and which TestCloudConnection narrows: the public, the
/// United States government and the Chinese cloud.
pub(crate) const STORAGE: [&str; 3] =
    ["blob.core.windows.net", "blob.core.usgovcloudapi.net", "blob.core.chinacloudapi.cn"];

/// Workspace IDs.
///
/// Invariant: each is a GUID in lower case with hyphens, without braces; sorted, without repeats.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Workspaces {
    ids: Vec<String>,
}

/// A text is no workspace ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("workspace ID {text:?} is no GUID such as 11111111-2222-3333-4444-555555555555")]
pub struct WorkspaceError {
    /// The text.
    pub text: String,
}

impl Workspaces {
    /// Checks workspace IDs.
    ///
    /// # Errors
    /// When one is no GUID; the error names the first.
    pub fn new<T: AsRef<str>>(ids: impl IntoIterator<Item = T>) -> Result<Self, WorkspaceError> {
        let ids: Result<BTreeSet<String>, WorkspaceError> =
            ids.into_iter().map(|id| canonical_guid(id.as_ref())).collect();
        Ok(Self { ids: ids?.into_iter().collect() })
    }

    /// The IDs, sorted.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}

fn canonical_guid(text: &str) -> Result<String, WorkspaceError> {
    let lower = text.trim().to_ascii_lowercase();
    let groups: Vec<&str> = lower.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if lengths == [8, 4, 4, 4, 12] && hexadecimal {
        Ok(lower)
    } else {
        Err(WorkspaceError { text: text.to_owned() })
    }
}

/// A wildcard of the agent, by the name behind its star.
#[derive(Clone, Copy)]
enum Wildcard<'e> {
    /// The star is a workspace ID.
    Workspace(&'e DomainName),
    /// The star covers `<workspace ID>.agentsvc` and more.
    Automation(&'e DomainName),
    /// The star is a storage account, which TestCloudConnection names.
    Storage(&'e DomainName),
}

impl<'e> Wildcard<'e> {
    /// The wildcard that an endpoint is. Storage counts only in the agent's own rows: in others it
    /// stands for accounts that the agent's tool knows nothing of.
    fn of(endpoint: &'e Endpoint) -> Option<Self> {
        let HostPattern::Descendants(name) = &endpoint.pattern.value.host else { return None };
        let is_in = |list: &[&str]| list.contains(&name.as_str());
        if is_in(&WORKSPACE) {
            Some(Self::Workspace(name))
        } else if is_in(&AUTOMATION) {
            Some(Self::Automation(name))
        } else if is_in(&STORAGE) && is_agents_category(&endpoint.category) {
            Some(Self::Storage(name))
        } else {
            None
        }
    }

    /// The name behind the star.
    fn name(self) -> &'e DomainName {
        match self {
            Self::Workspace(name) | Self::Automation(name) | Self::Storage(name) => name,
        }
    }

    /// The hosts that replace it, with the cells that name them; none where it stays.
    fn hosts(
        self,
        workspaces: &Workspaces,
        storage_hosts: Option<&[Sourced<DomainName>]>,
    ) -> Vec<Sourced<DomainName>> {
        let below = |suffix: &str| {
            let host = |id: &String| Sourced {
                value: format!("{id}.{suffix}").parse().expect("internal error: a GUID is a label"),
                from: Provenance::default(),
            };
            workspaces.ids.iter().map(host).collect()
        };
        match self {
            Self::Workspace(name) => below(name.as_str()),
            Self::Automation(name) => below(&format!("agentsvc.{name}")),
            Self::Storage(name) => {
                let hosts = storage_hosts.unwrap_or_default().iter();
                hosts.filter(|host| host.value.is_below(name)).cloned().collect()
            }
        }
    }

    /// What is to be said of it, once per pattern; `hosts` is how many replace it.
    fn finding(
        self,
        endpoint: &Endpoint,
        hosts: usize,
        storage_hosts: Option<&[Sourced<DomainName>]>,
    ) -> Option<Diagnostic> {
        let place = endpoint.pattern.from.first().map_or(Place::Run, |cell| cell.clone().into());
        match self {
            Self::Workspace(name) if hosts == 0 => {
                let message = format!("`*.{name}` covers the workspaces of every customer");
                Some(stays(message, place))
            }
            Self::Workspace(_) => None,
            Self::Automation(name) if hosts == 0 => {
                let message = format!("`*.{name}` covers the agents and automation jobs of every customer");
                Some(stays(message, place))
            }
            Self::Automation(name) => Some(
                Diagnostic::new(
                    Code::NarrowedWildcard,
                    format!("`*.{name}` is narrowed to `<workspace ID>.agentsvc.{name}`"),
                    place,
                    "also covered the agent services of regions and the hosts of automation jobs",
                )
                .help(format!(
                    "if machines run automation jobs, add what they need under `select: include:`, \
                     such as `<region>-agentservice-prod-1.{name}`"
                )),
            ),
            Self::Storage(name) if hosts > 0 => Some(
                Diagnostic::new(
                    Code::NarrowedWildcard,
                    format!("`*.{name}` of the Monitoring Agent is narrowed to the {hosts} hosts of TestCloudConnection"),
                    place,
                    "also covered every other storage account",
                )
                .help("run TestCloudConnection.exe again when a workspace is added or moved"),
            ),
            // Hosts of another cloud explain why there are none of this one.
            Self::Storage(name) => storage_hosts.filter(|hosts| hosts.is_empty()).map(|_| {
                Diagnostic::new(
                    Code::WorkspaceWildcard,
                    format!("`*.{name}` of the Monitoring Agent stays: TestCloudConnection's output names no host"),
                    place,
                    "covers every storage account",
                )
                .help("look at the section under its heading \"Firewall Rule\", and add its hosts under `select: include:`")
            }),
        }
    }
}

fn is_agents_category(category: &str) -> bool {
    category.contains("MMA") || category.contains("Monitoring Agent")
}

fn stays(message: String, place: Place) -> Diagnostic {
    Diagnostic::new(Code::WorkspaceWildcard, message, place, "a workspace ID narrows it to one host").help(
        "narrow it in the profile: `sources: [{ mma: { workspaces: [11111111-2222-3333-4444-555555555555] } }]`",
    )
}

/// Replaces the agent's wildcards by the hosts of `workspaces`, and its storage wildcard by
/// `storage_hosts`, the output of TestCloudConnection. What nothing is known of stays as it is. Replaced
/// endpoints keep their cells; those that become the same are one, with the cells of all.
pub fn narrow(
    endpoints: Vec<Endpoint>,
    workspaces: &Workspaces,
    storage_hosts: Option<&[Sourced<DomainName>]>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Endpoint> {
    let mut reported = BTreeSet::new();
    let mut results = Results::default();
    for endpoint in endpoints {
        let Some(wildcard) = Wildcard::of(&endpoint) else {
            results.keep(endpoint);
            continue;
        };
        let hosts = wildcard.hosts(workspaces, storage_hosts);
        if reported.insert(wildcard.name().clone()) {
            findings.extend(wildcard.finding(&endpoint, hosts.len(), storage_hosts));
        }
        if hosts.is_empty() {
            results.keep(endpoint);
        } else {
            for host in hosts {
                results.replace(&endpoint, host);
            }
        }
    }
    results.finish()
}

/// Endpoints in order, with the cells that replaced ones collect.
#[derive(Default)]
struct Results {
    endpoints: Vec<Endpoint>,
    /// The cells of each replaced endpoint. Joined at the end: joining one by one is quadratic.
    replaced: HashMap<Endpoint, (usize, Vec<Provenance>)>,
}

impl Results {
    fn keep(&mut self, endpoint: Endpoint) {
        self.endpoints.push(endpoint);
    }

    fn replace(&mut self, endpoint: &Endpoint, host: Sourced<DomainName>) {
        let mut narrowed = endpoint.clone();
        narrowed.pattern.value = narrowed.pattern.value.with_host(HostPattern::Exact(host.value));
        let (_, cells) = self.replaced.entry(narrowed).or_insert_with_key(|narrowed| {
            self.endpoints.push(narrowed.clone());
            (self.endpoints.len() - 1, Vec::new())
        });
        cells.push(endpoint.pattern.from.clone());
        cells.push(host.from);
    }

    fn finish(mut self) -> Vec<Endpoint> {
        for (at, cells) in self.replaced.into_values() {
            self.endpoints[at].pattern.from = Provenance::union(&cells);
        }
        self.endpoints
    }
}

#[cfg(test)]
mod tests;
