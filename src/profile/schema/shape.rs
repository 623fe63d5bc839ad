//! What may stand where. Nothing of these types is ever made: only their shape is asked for.
//!
//! A field without `Option` must be there. One with it may be left out or have no value, as for the parser; whose
//! comments here are what an editor shows.
#![expect(dead_code, reason = "only the shape of these types is asked for")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::levels::{Lints, Tolerances};
use super::targets::Targets;
use super::words::{
    Approval, Builtin, BypassEntry, Day, Direct, EdrProxy, Geography, Host, HostPattern, Intent, JiraLabel,
    JiraProject, Lint, ListUrl, Name, Network, Number, PacUrl, Platform, Port, Proxy, ProxyOrNone, ProxyUrl,
    ProxyUrlOrNone, Requirement, SitePath, SslOption, Switch, Text, UpdateProxy, Version, WinHttpEntry,
    WindowsReleases, Workspace,
};

/// Which endpoints of a vendor, for which products. `thruway lint` checks the file, `thruway compile` writes the
/// configurations.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Thruway profile")]
pub(super) struct Profile {
    /// The version of this grammar.
    pub version: Version,
    /// Part of file and object names: at most 63 letters, digits, `-` and `_`. The file's own name if left out.
    pub name: Option<Name>,
    /// Where the endpoints come from, at least one source. Files are relative to the profile's folder.
    #[schemars(length(min = 1))]
    pub sources: Vec<Source>,
    /// Which of the endpoints are needed. All of them if left out.
    pub select: Option<Select>,
    /// What goes to the internet without a proxy.
    pub intents: Option<Intents>,
    /// Patterns that a source writes wrongly, and what to use instead.
    pub corrections: Option<BTreeMap<String, Correction>>,
    /// How findings are handled, by code: for all lists, or for one of them. `thruway explain CODE` says what a code
    /// means.
    pub lints: Option<Lints>,
    /// Findings that somebody accepts for one pattern and one list, up to and including a day.
    pub waivers: Option<Vec<Waiver>>,
    /// What to do where a product cannot say exactly what is meant, by kind of difference.
    pub tolerances: Option<Tolerances>,
    /// Forward proxies as `host:port`, the preferred one first. Without them a placeholder is written that no client
    /// can reach.
    #[schemars(length(min = 1))]
    pub proxies: Option<Vec<Proxy>>,
    /// How devices reach their proxies. `{}` takes everything from the first of the proxies.
    pub devices: Option<Devices>,
    /// What a change ticket says that no source does.
    pub ticket: Option<Ticket>,
    /// How `thruway serve` hosts what is written.
    pub serve: Option<Serve>,
    /// How `thruway serve` keeps the lists up to date.
    pub update: Option<Update>,
    /// Products to write for, each with its options; all if left out. Those for devices need the section of that
    /// name.
    pub targets: Option<Targets>,
}

/// Where endpoints come from: one of the three.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Source {
    /// A list that is part of the program.
    pub builtin: Option<Builtin>,
    /// The vendor's workbook, or a table as Markdown, CSV, YAML or JSON, relative to the profile's folder.
    pub file: Option<Text>,
    /// The list of the monitoring agent, whose wildcards become the hosts of these workspaces.
    pub mma: Option<Mma>,
}

/// What narrows the list of the monitoring agent.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Mma {
    /// IDs of workspaces, at least one.
    #[schemars(length(min = 1))]
    pub workspaces: Vec<Workspace>,
    /// The saved output of TestCloudConnection.exe, which names the storage hosts, relative to the profile's folder.
    pub cloud_connection: Option<Text>,
}

/// Which endpoints are needed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Select {
    /// Where the tenant keeps its data; worldwide endpoints are always in.
    #[schemars(extend("default" = "all"))]
    pub geographies: Option<Geographies>,
    /// Operating systems of the clients. An endpoint whose source does not say counts for all.
    #[schemars(length(min = 1))]
    pub platforms: Option<Vec<Platform>>,
    /// Windows releases of the clients, in quotes: `">=1803"`, `"<1809"` or `"<=22H2"`. All if left out.
    pub windows: Option<WindowsReleases>,
    /// Without optional endpoints the product works, with less.
    #[schemars(length(min = 1))]
    pub requirements: Option<Vec<Requirement>>,
    /// Drops endpoints that one of these contains.
    pub exclude: Option<Vec<HostPattern>>,
    /// Hosts that the sources do not name.
    pub include: Option<Vec<Include>>,
}

/// `all`, or a list of data locations.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Geographies {
    /// Every data location.
    #[schemars(with = "super::words::Everything")]
    All,
    /// Worldwide endpoints and those of these locations; `[WW]` for the worldwide ones alone.
    Only(#[schemars(length(min = 1))] Vec<Geography>),
}

/// A host that is added, with the reason.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Include {
    /// The host or wildcard, without scheme, port and path.
    pub host: HostPattern,
    /// TCP ports: 80 is HTTP, every other HTTPS.
    #[schemars(length(min = 1), extend("default" = [443]))]
    pub ports: Option<Vec<Port>>,
    /// Why.
    pub reason: Text,
    /// Who answers for it.
    pub owner: Text,
    /// The last day on which it counts.
    pub expires: Option<Day>,
}

/// What goes where.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Intents {
    /// What goes to the internet without a proxy: nothing, or what does not work through one by its source.
    #[schemars(extend("default" = "none"))]
    pub direct: Option<Direct>,
}

/// What to use instead of a pattern.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Correction {
    /// The pattern.
    To(HostPattern),
    /// The pattern, and why.
    Reasoned(ReasonedCorrection),
}

/// A pattern, and why.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ReasonedCorrection {
    /// The pattern to use instead.
    pub to: HostPattern,
    /// Why, and who says so.
    pub reason: Text,
}

/// A finding that somebody accepts. All keys are required.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Waiver {
    /// The code of the finding.
    pub lint: Lint,
    /// The pattern, exactly as the finding names it.
    pub pattern: HostPattern,
    /// The list on which it is accepted.
    pub intent: Intent,
    /// Why.
    pub reason: Text,
    /// Who answers for it.
    pub owner: Text,
    /// The last day on which it counts.
    pub expires: Day,
}

/// How devices reach their proxies. `none` for a proxy sets nothing.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Devices {
    /// The EDR sensor on Windows, `host:port`. It reads no PAC file.
    pub edr_proxy: Option<EdrProxy>,
    /// Windows reaches neither revocation lists nor updates by itself, so that the sensor is to prefer its proxy.
    #[schemars(extend("default" = false))]
    pub disconnected: Option<Switch>,
    /// The antivirus on Windows, `http://host:port`.
    pub antivirus_proxy: Option<ProxyUrlOrNone>,
    /// The PAC file that the antivirus asks where its proxy fails.
    pub antivirus_pac: Option<PacUrl>,
    /// Where the antivirus goes without a proxy.
    #[schemars(length(min = 1, max = 100))]
    pub antivirus_bypass: Option<Vec<BypassEntry>>,
    /// What the antivirus checks of its cloud's certificates: 3 all, 2 no revocation, 1 no pinning, 0 neither.
    pub ssl_options: Option<SslOption>,
    /// The proxy of all of Windows, `host:port`, for desktops that stay in one network.
    pub winhttp_proxy: Option<ProxyOrNone>,
    /// Where that goes without a proxy; `<local>` is every name without a dot.
    #[schemars(length(min = 1, max = 100))]
    pub winhttp_bypass: Option<Vec<WinHttpEntry>>,
    /// Linux and macOS, `http://host:port`.
    pub unix_proxy: Option<ProxyUrl>,
}

/// What a change ticket says that no source does: where the connections come from, and fields of the systems that take it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Ticket {
    /// Where the connections come from, in the firewall team's words.
    pub source: Option<Text>,
    /// Fields of ServiceNow's `change_request`.
    pub servicenow: Option<ServiceNow>,
    /// Fields of a Jira issue.
    pub jira: Option<Jira>,
}

/// Fields of ServiceNow's `change_request`; the ticket writes the others.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ServiceNow {
    /// The group that makes the change.
    pub assignment_group: Option<Text>,
    /// Who makes the change.
    pub assigned_to: Option<Text>,
    /// Who asks for it.
    pub requested_by: Option<Text>,
    /// The service that it is for.
    pub business_service: Option<Text>,
    /// The configuration item that is changed.
    pub cmdb_ci: Option<Text>,
    /// The category.
    pub category: Option<Text>,
    /// The type, such as `normal` or `standard`.
    pub r#type: Option<Text>,
    /// The risk.
    pub risk: Option<Text>,
    /// The impact.
    pub impact: Option<Text>,
    /// The priority.
    pub priority: Option<Text>,
}

/// Fields of a Jira issue.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Jira {
    /// The key of the project, such as `NET`; an issue cannot be made without one.
    pub project: Option<JiraProject>,
    /// The name of the issue type.
    #[schemars(extend("default" = "Task"))]
    pub issue_type: Option<Text>,
    /// The name of the priority.
    pub priority: Option<Text>,
    /// Labels, without blanks.
    #[schemars(length(min = 1))]
    pub labels: Option<Vec<JiraLabel>>,
}

/// How `thruway serve` hosts what is written. Addresses and the server's own certificate stand on its command line.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Serve {
    /// Other profiles that the same server hosts, such as those of other regions.
    #[schemars(length(min = 1))]
    pub sites: Option<Vec<Site>>,
    /// Versions that are kept on disk, of each site.
    #[schemars(extend("default" = 10))]
    pub history: Option<Number>,
    /// Proxies before the server that say in `X-Forwarded-For` and `X-Forwarded-Proto` who asks and how.
    #[schemars(length(min = 1))]
    pub trusted_proxies: Option<Vec<Network>>,
    /// File with digests of the credentials that lists are fetched with, relative to the profile's folder. PAN-OS stops
    /// enforcing a list whose credentials are refused: change them on the firewalls first.
    pub credentials: Option<Text>,
    /// Roots that certificates of those who fetch lists lead to, PEM, relative to the profile's folder.
    pub client_ca: Option<Text>,
    /// Most connections at a time.
    #[schemars(extend("default" = 16384))]
    pub connections: Option<Number>,
    /// Most connections at a time from one client, trusted proxies aside.
    #[schemars(extend("default" = 256))]
    pub connections_per_client: Option<Number>,
}

/// Another profile, below a path or under names of its own.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Site {
    /// Its name in logs and metrics, and its folder on disk.
    pub name: Name,
    /// The profile, relative to the folder of this one.
    pub profile: Text,
    /// The path that its files are below, such as `/emea`.
    pub path: Option<SitePath>,
    /// The names that clients ask for, without a port.
    #[schemars(length(min = 1))]
    pub hosts: Option<Vec<Host>>,
}

/// How `thruway serve` keeps the lists up to date.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Update {
    /// What is fetched.
    #[schemars(length(min = 1))]
    pub lists: Option<Vec<Download>>,
    /// Hours between two questions to the vendor, from 1 to 168.
    #[schemars(extend("default" = 6))]
    pub every_hours: Option<Number>,
    /// Whether a new version, whatever made it, waits for `thruway approve`.
    #[schemars(extend("default" = "none"))]
    pub approval: Option<Approval>,
    /// The proxy to go through, or `direct`; that of the environment if left out.
    pub proxy: Option<UpdateProxy>,
    /// Root that the vendor's certificate may lead to, beside those of the system, relative to the profile's folder.
    pub ca: Option<Text>,
}

/// A list that is fetched.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Download {
    /// Where the vendor publishes it.
    pub url: ListUrl,
    /// The file that it takes the place of, as a source names it.
    pub into: Text,
}
