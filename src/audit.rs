//! A configuration that somebody wrote, against the policy: what is needed and refused, inspected or asked for
//! credentials; what is open without need; what can never match.
//!
//! Both are asked one request of every kind that either tells apart, so this is decided, not sampled, but for
//! a script, which can only be asked. What the product cannot say is not asked of it: the plan of its target
//! says what can be had.

mod findings;
mod input;
pub mod rules;
pub mod script;
pub mod squid;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostic;
use crate::model::{
    Boundary, Host, HostIndex, HostPattern, Intent, Policy, Ports, Request, RequestPattern, Scheme,
};
use crate::plan::Plan;
use crate::read::{Item, Place, Texts, Trouble};
use crate::source::SourceMap;

pub use input::Input;

/// A configuration that can be asked.
pub trait Subject {
    /// The intents about which it decides.
    fn intents(&self) -> Vec<Intent>;
    /// Whether it withholds from anybody what an intent is about: whether something is refused, inspected, asked for
    /// credentials. Where it does not, nothing can be open without need.
    fn withholds(&self, intent: Intent) -> bool;
    /// Every pattern that a decision may depend on.
    fn patterns(&self) -> Vec<RequestPattern>;
    /// What is decided about requests to a host.
    fn at<'s>(&'s self, host: &Host) -> Box<dyn SubjectAt + 's>;
    /// Its lists of hosts.
    fn lists(&self) -> Vec<List<'_>>;
    /// What was not understood, or does not mean what it seems to.
    fn troubles(&self) -> Vec<Trouble>;
    /// What is to be known of the whole before anything of it is read.
    fn notice(&self) -> Option<String> {
        None
    }
    /// Where it may tell apart more than [`Subject::patterns`] says, so that asking is sampling: how many hosts it
    /// gave an answer for.
    fn sampled(&self) -> Option<usize> {
        None
    }
}

/// A configuration, asked about one host.
pub trait SubjectAt {
    /// What becomes of a request; nothing where the question does not arise. Whether it is inspected, or asked for
    /// credentials, is told of what is refused too.
    fn ask(&self, intent: Intent, request: &Request) -> Option<Decision>;
    /// Ports that it tells apart at this host, beside those of [`Subject::patterns`].
    fn ports(&self) -> Vec<&Ports> {
        Vec::new()
    }
}

/// What becomes of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Whether it is let through, or exempt.
    pub granted: bool,
    /// The entries or the rule that say so. Empty where nothing does.
    pub places: Vec<Place>,
}

/// A list of hosts.
#[derive(Clone, Debug)]
pub struct List<'s> {
    /// Its name, where it has one.
    pub name: Option<&'s str>,
    /// What it lets through, or exempts.
    pub intents: BTreeSet<Intent>,
    /// Whether a rule names it.
    pub is_used: bool,
    /// Where it begins.
    pub place: Option<&'s Place>,
    /// What it holds.
    pub items: &'s [Item],
}

/// Against what.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What is asked for.
    pub policy: &'a Policy,
    /// What the product can do of it.
    pub plan: &'a Plan<'a>,
    /// Where the policy comes from.
    pub sources: &'a SourceMap,
    /// The files, to show their lines.
    pub texts: &'a Texts,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// At their default levels, sorted.
    pub findings: Vec<Diagnostic>,
    /// What was assumed about what a request does not tell.
    pub assumed: Vec<Trouble>,
    /// How many hosts it was asked about, and, of a sample, gave an answer for.
    pub hosts: usize,
    /// How many requests were asked.
    pub requests: usize,
    /// Whether that is a sample.
    pub sampled: bool,
    /// What is to be known of the whole.
    pub notice: Option<String>,
    /// How many entries say more than is needed as most lists do: other ports or schemes of needed hosts, the name
    /// itself beside all below it.
    pub loose: usize,
}

/// What the requests showed.
#[derive(Debug, Default)]
struct Seen {
    /// By intent and rule of the policy: a shortest request that is needed and not granted, and what says so.
    lost: BTreeMap<(Intent, usize), (Request, Vec<Place>)>,
    /// By intent and place: what it grants.
    granted: BTreeMap<(Intent, Option<Place>), Granted>,
    hosts: usize,
    requests: usize,
}

/// What one entry or rule grants.
#[derive(Debug, Default)]
struct Granted {
    /// Whether anything of it is needed.
    is_needed: bool,
    /// A shortest request to a host that nobody needs.
    beyond: Option<Request>,
    /// Whether it grants needed hosts by another service than is needed, or the name above needed hosts.
    is_loose: bool,
}

/// Asks a configuration everything that it and the policy tell apart; nothing where what it decides is nothing that the
/// policy asks of the product.
pub fn audit(subject: &dyn Subject, inputs: Inputs<'_>) -> Option<Report> {
    let (decided, asked) = (subject.intents(), &inputs.plan.intents);
    let intents: Vec<Intent> = decided.iter().copied().filter(|intent| asked.contains_key(intent)).collect();
    if intents.is_empty() && !decided.is_empty() {
        return None;
    }
    let seen = seen(subject, inputs, &intents);
    Some(findings::report(subject, inputs, &seen))
}

fn seen(subject: &dyn Subject, inputs: Inputs<'_>, intents: &[Intent]) -> Seen {
    let wanted = Wanted::new(intents, inputs);
    let own = subject.patterns();
    let patterns: BTreeSet<&RequestPattern> = own.iter().chain(wanted.patterns.iter().copied()).collect();

    let mut seen = Seen::default();
    let boundary = Boundary::new(patterns);
    // What is shown first is asked everywhere.
    let usual = Ports::from_ranges(Scheme::ALL.map(|scheme| scheme.default_port()..=scheme.default_port()));
    for host in boundary.hosts() {
        let (subject_at, wanted_at) = (subject.at(&host), wanted.at(&host));
        let requests = boundary.requests(&host, subject_at.ports().into_iter().chain([&usual]));
        seen.hosts += 1;
        seen.requests += requests.len();
        for request in requests {
            let mut is_refused = false;
            for &intent in intents {
                // Plain HTTP is not inspected.
                if intent == Intent::BypassInspection && request.scheme == Scheme::Http {
                    continue;
                }
                let Some(decision) = subject_at.ask(intent, &request) else { continue };
                is_refused |= intent == Intent::Allow && !decision.granted;
                if intent == Intent::Allow || decision.granted || !is_refused {
                    seen.note(intent, &request, &decision, &wanted_at);
                }
            }
        }
    }
    seen
}

impl Seen {
    fn note(&mut self, intent: Intent, request: &Request, decision: &Decision, wanted: &WantedAt<'_>) {
        let rules = wanted.rules(intent, request);
        let can_be_had = wanted.is_meant(intent, request);
        if !decision.granted {
            for rule in rules.into_iter().filter(|_| can_be_had) {
                let shorter = |(other, _): &(Request, Vec<Place>)| size(request) < size(other);
                let known = self.lost.get(&(intent, rule));
                if known.is_none_or(shorter) {
                    self.lost.insert((intent, rule), (request.clone(), decision.places.clone()));
                }
            }
            return;
        }
        let is_asked = !rules.is_empty() || can_be_had;
        let places = decision.places.iter().cloned().map(Some);
        let places: Vec<Option<Place>> =
            if decision.places.is_empty() { vec![None] } else { places.collect() };
        for place in places {
            let granted = self.granted.entry((intent, place)).or_default();
            if is_asked {
                granted.is_needed = true;
            } else if intent == Intent::Direct && !wanted.has_host(Intent::Allow) {
                // What nobody asked for may go past the proxy as well as through it.
            } else if wanted.knows_host(intent) {
                granted.is_loose = true;
            } else if granted.beyond.as_ref().is_none_or(|other| size(request) < size(other)) {
                granted.beyond = Some(request.clone());
            }
        }
    }
}

/// What is shown first: names before addresses, usual services before others, the shortest.
fn size(request: &Request) -> (bool, bool, usize, &Request) {
    let is_address = matches!(request.host, Host::Address(_));
    let is_usual = request.scheme == Scheme::Https && request.port == Scheme::Https.default_port();
    (is_address, !is_usual, request.host.to_string().len(), request)
}

/// What is asked for, by host.
struct Wanted<'a> {
    /// Rules of the policy, by their place in its list.
    rules: HostIndex<(Intent, usize, &'a RequestPattern)>,
    /// What is asked for all below a name, by that name.
    apexes: HostIndex<Intent>,
    /// What the product can do.
    means: HostIndex<(Intent, &'a RequestPattern)>,
    patterns: Vec<&'a RequestPattern>,
}

struct WantedAt<'a> {
    rules: Vec<(Intent, usize, &'a RequestPattern)>,
    /// What is asked for all below the host.
    apex_of: Vec<Intent>,
    means: Vec<(Intent, &'a RequestPattern)>,
}

impl<'a> Wanted<'a> {
    fn new(intents: &[Intent], inputs: Inputs<'a>) -> Self {
        let mut wanted = Self {
            rules: HostIndex::new(),
            apexes: HostIndex::new(),
            means: HostIndex::new(),
            patterns: Vec::new(),
        };
        for &intent in intents {
            for (at, rule) in inputs.policy.rules(intent).iter().enumerate() {
                wanted.rules.insert(rule.pattern.host.clone(), (intent, at, &rule.pattern));
                wanted.patterns.push(&rule.pattern);
                if let HostPattern::Descendants(name) = &rule.pattern.host {
                    wanted.apexes.insert(HostPattern::Exact(name.clone()), intent);
                }
            }
            for pattern in inputs.plan.intents.get(&intent).into_iter().flat_map(|planned| &planned.means) {
                wanted.means.insert(pattern.host.clone(), (intent, pattern));
                wanted.patterns.push(pattern);
            }
        }
        wanted
    }

    fn at(&self, host: &Host) -> WantedAt<'a> {
        WantedAt {
            rules: self.rules.matching(host).copied().collect(),
            apex_of: self.apexes.matching(host).copied().collect(),
            means: self.means.matching(host).copied().collect(),
        }
    }
}

impl WantedAt<'_> {
    fn rules(&self, intent: Intent, request: &Request) -> Vec<usize> {
        let matches =
            |&&(of, _, pattern): &&(Intent, usize, &RequestPattern)| of == intent && pattern.serves(request);
        self.rules.iter().filter(matches).map(|&(_, at, _)| at).collect()
    }

    fn is_meant(&self, intent: Intent, request: &Request) -> bool {
        self.means.iter().any(|&(of, pattern)| of == intent && pattern.serves(request))
    }

    /// Whether the host is wanted, for whatever service.
    fn has_host(&self, intent: Intent) -> bool {
        self.rules.iter().any(|&(of, ..)| of == intent)
    }

    /// Whether the host is wanted, for whatever service, or all below it is.
    fn knows_host(&self, intent: Intent) -> bool {
        self.has_host(intent)
            || self.apex_of.contains(&intent)
            || self.means.iter().any(|&(of, _)| of == intent)
    }
}
