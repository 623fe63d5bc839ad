//! What is asked: the policy, as URLs.
//!
//! Every exact host of the policy is asked itself. A wildcard cannot be asked: the hosts that the built-in lists and
//! `data/probes.yaml` know under it are, and where they know none the wildcard is listed as what cannot be probed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::facts::{self, Class, Method, Statuses};
use crate::compile::{LoadError, Run};
use crate::model::{
    DomainName, Geography, Host, HostIndex, HostPattern, Intent, PathPattern, Ports, Request, RequestPattern,
    Requirement, Rule, Scheme, Schemes,
};
use crate::profile::{BUILTIN_LISTS, Geographies, Profile, SourceSpec};
use crate::source::Cell;
use crate::{regions, resolve};

/// Most ports of a rule that are asked: beside single ports lists have ranges, which nobody can mean.
const MAX_PORTS: usize = 4;

/// One URL to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// The URL.
    pub request: Request,
    /// The method.
    pub method: Method,
    /// Which answers mean success.
    pub statuses: Statuses,
    /// What the host is for.
    pub class: Class,
    /// Whether the vendor's product does not work without it.
    pub is_required: bool,
    /// Whether the policy exempts it from inspection.
    pub is_exempt: bool,
    /// Whether somebody has read the source that names host and path. What follows from the others is told with doubt.
    pub is_checked: bool,
    /// The line of the policy that lets it through.
    pub rule: RequestPattern,
    /// The first cell that asks for that line, for people.
    pub source: String,
}

/// A line of the policy under which no host is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotProbeable {
    /// The line.
    pub rule: RequestPattern,
    /// The first cell that asks for it, for people.
    pub source: String,
    /// Why it cannot be asked.
    pub why: &'static str,
}

/// The policy as URLs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Probes {
    /// What is asked, by class and URL.
    pub probes: Vec<Probe>,
    /// What cannot be asked, in the order of the policy.
    pub not_probeable: Vec<NotProbeable>,
}

/// A host that may stand for a wildcard.
struct Candidate {
    host: Host,
    /// Where it is known to answer: a host of plain HTTP may have no certificate of its own.
    services: Vec<(Schemes, Ports)>,
    is_checked: bool,
}

impl Candidate {
    /// The requests of a rule that the host is known to answer.
    fn requests(&self, rule: &Rule) -> Vec<(Request, bool)> {
        if !rule.pattern.host.matches(&self.host) {
            return Vec::new();
        }
        let answers = |request: &Request| {
            self.services
                .iter()
                .any(|(schemes, ports)| schemes.contains(request.scheme) && ports.contains(request.port))
        };
        let requests = requests(&rule.pattern, &self.host).into_iter().filter(answers);
        requests.map(|request| (request, self.is_checked)).collect()
    }
}

/// The requests of a rule that names a host.
fn itself(rule: &Rule, host: Host) -> Vec<(Request, bool)> {
    requests(&rule.pattern, &host).into_iter().map(|request| (request, true)).collect()
}

/// What to ask of a policy. `today` is the day on which the built-in lists are looked at.
///
/// # Errors
/// When a built-in list cannot be read, which would be a bug.
pub fn probes(run: &Run, profile: &Profile, today: Date) -> Result<Probes, LoadError> {
    let candidates = candidates(run, profile, today)?;
    let needs = Needs::new(run, profile);
    let mut asked: BTreeMap<Request, Probe> = BTreeMap::new();
    let mut not_probeable = Vec::new();
    for rule in run.policy.rules(Intent::Allow) {
        let found: Vec<(Request, bool)> = match &rule.pattern.host {
            HostPattern::Exact(name) => itself(rule, Host::Name(name.clone())),
            HostPattern::Address(network) if network.prefix_len() == network.max_prefix_len() => {
                itself(rule, Host::Address(network.addr()))
            }
            HostPattern::Address(_) => {
                not_probeable.push(needs.not_probeable(rule, "a network has no host to ask"));
                continue;
            }
            HostPattern::Subtree(_)
            | HostPattern::Descendants(_)
            | HostPattern::TextSuffix(_)
            | HostPattern::LabelGlob(_) => candidates.iter().flat_map(|own| own.requests(rule)).collect(),
        };
        if found.is_empty() {
            not_probeable.push(needs.not_probeable(rule, "no host is known under this wildcard"));
        }
        for (request, is_checked) in found {
            asked.entry(request.clone()).or_insert_with(|| needs.probe(rule, request, is_checked));
        }
    }
    let mut probes: Vec<Probe> = asked.into_values().collect();
    probes.sort_by(|one, other| (one.class, &one.request).cmp(&(other.class, &other.request)));
    Ok(Probes { probes, not_probeable })
}

/// The hosts that the sources of the run, the built-in lists and the table know, where the profile's data locations need
/// them. Sorted.
fn candidates(run: &Run, profile: &Profile, today: Date) -> Result<Vec<Candidate>, LoadError> {
    let mut found: BTreeMap<DomainName, Candidate> = BTreeMap::new();
    let mut add = |name: &DomainName, schemes: Schemes, ports: &Ports, is_checked: bool| {
        let own = found.entry(name.clone()).or_insert_with(|| Candidate {
            host: Host::Name(name.clone()),
            services: Vec::new(),
            is_checked,
        });
        own.is_checked |= is_checked;
        own.services.push((schemes, ports.clone()));
    };
    let mut add_all = |run: &Run| {
        let kept = run.endpoints.iter().filter(|own| resolve::keeps(&profile.select, own));
        for endpoint in kept.chain(&run.included) {
            let pattern = &endpoint.pattern.value;
            if let HostPattern::Exact(name) = &pattern.host {
                add(name, pattern.schemes, &pattern.ports, true);
            }
        }
    };
    add_all(run);
    for list in BUILTIN_LISTS {
        let mut builtin = Profile::builtin(&[]);
        for source in &mut builtin.sources {
            source.value = SourceSpec::Builtin(list.to_owned());
        }
        add_all(&Run::new(&builtin, today)?);
    }
    for known in facts::known().iter().filter(|own| is_needed(&profile.select.geographies, &own.geography)) {
        let https = Scheme::Https.default_port();
        add(&known.host, Schemes::only(Scheme::Https), &Ports::one(https), known.is_checked);
    }
    Ok(found.into_values().collect())
}

fn is_needed(wanted: &Geographies, geography: &Geography) -> bool {
    match (wanted, geography) {
        (Geographies::All, _) | (_, Geography::Worldwide) => true,
        (Geographies::Only(customers), Geography::Regions(regions)) => {
            regions.iter().any(|region| customers.iter().any(|customer| regions::serves(region, customer)))
        }
    }
}

/// The requests of a pattern to one of its hosts: one of every scheme and port.
fn requests(pattern: &RequestPattern, host: &Host) -> Vec<Request> {
    let ports: BTreeSet<u16> =
        pattern.ports.ranges().flat_map(|range| range.take(1)).take(MAX_PORTS).collect();
    let mut requests = Vec::new();
    for scheme in Scheme::ALL.into_iter().filter(|scheme| pattern.schemes.contains(*scheme)) {
        let question = facts::question(scheme, host);
        let path = question.paths.into_iter().find(|path| pattern.path.matches(path));
        let path = path.unwrap_or_else(|| match &pattern.path {
            PathPattern::Any => "/".to_owned(),
            PathPattern::Prefix(text) | PathPattern::Segment(text) => text.to_string(),
        });
        for &port in &ports {
            // On a range, and where any port will do, the scheme's own says most.
            let port = if pattern.ports.contains(scheme.default_port()) && pattern.ports.single().is_none() {
                scheme.default_port()
            } else {
                port
            };
            requests.push(Request { scheme, host: host.clone(), port, path: path.clone() });
        }
    }
    requests
}

/// The policy by host: what is needed of it, and how.
pub struct Needs<'a> {
    run: &'a Run,
    exempt: HostIndex<usize>,
    /// Patterns of endpoints, and whether they are required.
    wanted: HostIndex<(&'a RequestPattern, bool)>,
    /// Cells that ask for what is optional, and for nothing else.
    optional: BTreeSet<&'a Cell>,
}

impl<'a> Needs<'a> {
    /// The policy of a run, with what the endpoints say that the profile selects.
    pub fn new(run: &'a Run, profile: &'a Profile) -> Self {
        let mut wanted = HostIndex::new();
        let (mut optional, mut required) = (BTreeSet::new(), BTreeSet::new());
        let kept = run.endpoints.iter().filter(|own| resolve::keeps(&profile.select, own));
        for endpoint in kept.chain(&run.included) {
            let pattern = &endpoint.pattern.value;
            let is_required = endpoint.requirement != Some(Requirement::Optional);
            wanted.insert(pattern.host.clone(), (pattern, is_required));
            let cells = if is_required { &mut required } else { &mut optional };
            cells.extend(endpoint.pattern.from.cells());
        }
        optional.retain(|cell| !required.contains(cell));
        Self { run, exempt: run.policy.index(Intent::BypassInspection), wanted, optional }
    }

    /// Whether the vendor's product does not work without something that a rule lets through.
    pub fn is_rule_required(&self, rule: &Rule) -> bool {
        rule.provenance.cells().iter().any(|cell| !self.optional.contains(cell))
    }

    /// Whether the vendor's product does not work without what a request asks for. What a source says of that very host
    /// counts before what it says of a wildcard above it. What no selected endpoint says, of a request that the policy lets
    /// through, counts as required: its pattern was corrected.
    pub fn is_required(&self, request: &Request) -> bool {
        let wanted = || self.wanted.matching(&request.host).filter(|(pattern, _)| pattern.serves(request));
        let is_exact = |pattern: &RequestPattern| matches!(pattern.host, HostPattern::Exact(_));
        let has_own = wanted().any(|(pattern, _)| is_exact(pattern));
        let mut saying = wanted().filter(|(pattern, _)| !has_own || is_exact(pattern)).peekable();
        saying.peek().is_none() || saying.any(|&(_, is_required)| is_required)
    }

    /// The first cell that asks for a rule, for people.
    pub fn source(&self, rule: &Rule) -> String {
        rule.provenance.first().map_or(String::new(), |cell| cell.place(&self.run.sources))
    }

    fn not_probeable(&self, rule: &Rule, why: &'static str) -> NotProbeable {
        NotProbeable { rule: rule.pattern.clone(), source: self.source(rule), why }
    }

    fn probe(&self, rule: &Rule, request: Request, is_checked: bool) -> Probe {
        let question = facts::question(request.scheme, &request.host);
        let rules = self.run.policy.rules(Intent::BypassInspection);
        let is_exempt = self.exempt.matching(&request.host).any(|&at| rules[at].pattern.matches(&request));
        Probe {
            method: question.method,
            statuses: question.statuses,
            class: question.class,
            is_required: self.is_required(&request),
            is_exempt,
            is_checked: is_checked && question.is_checked,
            rule: rule.pattern.clone(),
            source: self.source(rule),
            request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(profile: &str) -> Probes {
        let profile = Profile::parse(profile, None, &[]).unwrap();
        let today = jiff::civil::date(2026, 11, 24);
        probes(&Run::new(&profile, today).unwrap(), &profile, today).unwrap()
    }

    fn find<'a>(probes: &'a Probes, url: &str) -> &'a Probe {
        let found = probes.probes.iter().find(|probe| probe.request.to_string() == url);
        found.unwrap_or_else(|| panic!("{url} in {:#?}", urls(probes)))
    }

    fn urls(probes: &Probes) -> Vec<String> {
        probes.probes.iter().map(|probe| probe.request.to_string()).collect()
    }

    #[test]
    fn every_exact_host_is_asked_and_wildcards_by_hosts_that_are_known() {
        let probes =
            of("version: 1\nname: a\nsources: [builtin: mde-streamlined]\nselect: { geographies: [EU] }\n");
        let gateway = find(&probes, "https://edr-neu.eu.endpoint.security.microsoft.com/");
        assert_eq!(gateway.class, Class::CommandAndControl);
        // Which covers `*.endpoint.security.microsoft.com`.
        assert_eq!(gateway.rule.to_string(), "*.security.microsoft.com");
        assert!(gateway.is_required && gateway.is_exempt && !gateway.is_checked);
        let crl = find(&probes, "http://www.microsoft.com/pkiops/crl/MicSecSerCA2011_2011-10-18.crl");
        assert_eq!((crl.class, crl.is_exempt), (Class::Crl, false));
        find(&probes, "http://www.microsoft.com/pki/certs/MicRooCerAut2011_2011_03_22.crt");
        find(&probes, "https://login.live.com/");
        assert!(!find(&probes, "https://login.live.com/").is_required);
        let settings = find(&probes, "https://settings-win.data.microsoft.com/");
        assert!(!settings.is_required, "its own row says so, whatever that of a wildcard says");
        assert!(!urls(&probes).iter().any(|url| url.contains(".us.")), "another data location");
        assert!(probes.not_probeable.iter().any(|own| own.rule.to_string() == "*.wns.windows.com"));
        assert_eq!(urls(&probes).len(), urls(&probes).into_iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn ports_of_the_profile_are_asked() {
        let probes = of(
            "version: 1\nname: a\nsources: [builtin: mma]\nselect:\n  exclude: ['*.azure.com']\n  include:\n  \
             - { host: m.example.com, ports: [80, 8443], reason: mirror, owner: me }\n  \
             - { host: '*.example.com', ports: [443, 8443], reason: mirror, owner: me }\n  \
             - { host: '*.example.net', ports: [443], reason: mirror, owner: me }\n  \
             - { host: p.example.net, ports: [80], reason: mirror, owner: me }\n",
        );
        for url in ["http://m.example.com/", "https://m.example.com:8443/"] {
            let probe = find(&probes, url);
            assert!(probe.is_required && probe.is_checked, "{url}");
            assert_eq!(probe.class, Class::Other);
        }
        // Under a wildcard a host is asked where it is known to answer.
        assert!(
            !urls(&probes).iter().any(|url| url.contains("//m.example.com/") && url.starts_with("https"))
        );
        assert!(!urls(&probes).contains(&"https://p.example.net/".to_owned()));
        assert!(probes.not_probeable.iter().any(|own| own.rule.to_string() == "*.example.net"));
    }
}
