//! The scripts, the commands of `netsh` and the reusable settings, each by itself.

use super::compare;
use crate::emit::Artifact;
use crate::emit::windows_firewall::{WindowsFirewallAt, WindowsFirewallOptions};
use crate::model::{Host, HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};
use crate::plan::Plan;
use crate::read::windows_firewall::{self as firewall, Commands};
use crate::read::{Reading, Trouble};

const SCRIPT: &str = "thruway-firewall.ps1";
const REMOVAL: &str = "remove-firewall.ps1";
const NETSH: &str = "netsh.cmd";
const NETSH_REMOVAL: &str = "remove-netsh.cmd";

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    let mut found = Found { artifacts, differences: Vec::new() };
    let profile = plan.settings.name.to_ascii_lowercase();
    let meant = meant(plan);
    let by_address: Vec<RequestPattern> =
        meant.iter().filter(|own| matches!(own.host, HostPattern::Address(_))).cloned().collect();

    if let Some(bytes) = found.file(SCRIPT) {
        let script = firewall::script(SCRIPT, bytes);
        found.reading(SCRIPT, &script.reading, &meant);
        found.is(SCRIPT, "profile", &script.profile, &profile);
        found.is(SCRIPT, "group", &script.group, &format!("Thruway {profile}"));
    }
    if let Some(bytes) = found.file(REMOVAL) {
        let removal = firewall::removal(REMOVAL, bytes);
        found.troubles(&removal.troubles);
        found.is(REMOVAL, "profile", &removal.profile, &profile);
        found.is(REMOVAL, "group", &removal.group, &format!("Thruway {profile}"));
    }
    let name = format!("thruway-{profile}-netsh");
    for file in [NETSH, NETSH_REMOVAL] {
        let Some(bytes) = found.file(file) else { continue };
        let commands = firewall::commands(file, bytes);
        let meant = if file == NETSH { &by_address[..] } else { &[] };
        found.reading(file, &commands.reading, meant);
        let Commands { deleted, added, .. } = &commands;
        if deleted.is_empty() {
            found.differences.push(format!("{file}: it deletes no rule"));
        }
        deleted.iter().chain(added).for_each(|own| found.is(file, "name of the rules", own, &name));
    }
    found.reusable_settings(&profile, &meant);
    found.differences
}

/// What is found so far.
struct Found<'a> {
    artifacts: &'a [Artifact],
    differences: Vec<String>,
}

impl<'a> Found<'a> {
    fn file(&mut self, path: &str) -> Option<&'a [u8]> {
        let found = self.artifacts.iter().find(|artifact| artifact.path == path);
        if found.is_none() {
            self.differences.push(format!("{path}: it is not there"));
        }
        found.map(|artifact| &artifact.bytes[..])
    }

    fn troubles(&mut self, troubles: &[Trouble]) {
        self.differences.extend(super::troubles(troubles));
    }

    fn reading(&mut self, file: &str, reading: &Reading, meant: &[RequestPattern]) {
        self.troubles(&reading.troubles);
        let rules = reading.rulebases.get(&Intent::Allow);
        let found = rules.map(|rules| compare::differences(Intent::Allow, meant, rules));
        self.differences.extend(found.into_iter().flatten().map(|what| format!("{file}: {what}")));
    }

    fn is(&mut self, file: &str, what: &str, own: &str, expected: &str) {
        if own != expected {
            self.differences.push(format!("{file}: the {what} is `{own}`, and should be `{expected}`"));
        }
    }

    /// The groups of keywords together have every name, for whatever port.
    fn reusable_settings(&mut self, profile: &str, meant: &[RequestPattern]) {
        let is_name = |host: &HostPattern| !matches!(host, HostPattern::Address(_));
        let mut names: Vec<&HostPattern> =
            meant.iter().map(|own| &own.host).filter(|own| is_name(own)).collect();
        names.sort_unstable();
        names.dedup();
        let mut read = Vec::new();
        for part in 1.. {
            let file = format!("intune-reusable-settings-{part}.json");
            let Some(artifact) = self.artifacts.iter().find(|artifact| artifact.path == file) else { break };
            let settings = firewall::reusable_settings(&file, &artifact.bytes);
            self.troubles(&settings.troubles);
            self.is(&file, "name", &settings.name, &format!("Thruway {profile} {part}"));
            read.extend(settings.hosts);
        }
        read.sort_unstable();
        let twice = read.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| &pair[0]);
        self.differences.extend(twice.map(|host| format!("the keyword `{host}` is in two groups")));
        let missing = names.iter().find(|name| read.binary_search(name).is_err());
        let spare = read.iter().find(|name| names.binary_search(name).is_err());
        self.differences.extend(missing.map(|name| format!("`{name}` is in no group of reusable settings")));
        self.differences.extend(
            spare.map(|name| format!("`{name}` is in a group of reusable settings, and should not be")),
        );
    }
}

/// What the plan says that is let out, with the proxies of a device: as names and what is below them, since
/// the firewall has a keyword for each.
fn meant(plan: &Plan<'_>) -> Vec<RequestPattern> {
    let planned = plan.intents.values().flat_map(|planned| planned.means.iter().cloned());
    let mut meant: Vec<RequestPattern> = planned
        .flat_map(|pattern| match &pattern.host {
            HostPattern::Subtree(name) => vec![
                pattern.with_host(HostPattern::Exact(name.clone())),
                pattern.with_host(HostPattern::Descendants(name.clone())),
            ],
            _ => vec![pattern],
        })
        .collect();
    let options: WindowsFirewallOptions = plan.settings.options(plan.target);
    if options.at == WindowsFirewallAt::Device {
        let proxies = plan.settings.proxies.iter().filter(|proxy| !proxy.is_placeholder());
        meant.extend(proxies.map(|proxy| {
            let (host, port) = proxy.host_and_port();
            let host = match host {
                Host::Name(name) => HostPattern::Exact(name),
                Host::Address(address) => HostPattern::Address(address.into()),
            };
            RequestPattern { host, schemes: Schemes::ANY, ports: Ports::one(port), path: PathPattern::Any }
        }));
    }
    meant.sort_unstable();
    meant.dedup();
    meant
}
