//! What a run knows, as the page's data.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::data::{Data, Differs, Finding, Pac, Pattern, Stated, Target, Verdict, by_intent};
use crate::compile;
use crate::diag::{Diagnostic, Place, visible};
use crate::emit::facts::Facts;
use crate::emit::{Encoded, Entry, Surroundings, pac};
use crate::model::{
    Endpoint, Geography, HostIndex, HostPattern, Intent, Platforms, Ports, RequestPattern, Requirement, Rule,
    Scheme, Schemes,
};
use crate::opening::Asking;
use crate::plan::{self, Deviation, Plan, Witness};
use crate::source::Cell;
use crate::suffix::{self, Section};

pub(super) fn data(plan: &Plan<'_>, run: &Surroundings<'_>) -> Data {
    let mut collector = Collector { data: Data::default(), cells: HashMap::new(), patterns: HashMap::new() };
    collector.data.sources = run.sources.iter().map(|(_, source)| visible(&source.name)).collect();
    collector.policy(run);
    for plan in run.plans.iter().filter(|plan| !plan.intents.is_empty()) {
        collector.target(plan, run);
    }
    collector.endpoints(run);
    for finding in run.findings {
        collector.finding(finding);
    }
    if run.plans.iter().any(|plan| plan.target == "pac") {
        let pac::Answers { proxies, otherwise } = pac::Answers::of(plan.settings);
        collector.data.pac = Some(Pac { proxies, otherwise });
    }
    collector.data
}

struct Collector<'a> {
    data: Data,
    cells: HashMap<&'a Cell, usize>,
    patterns: HashMap<&'a RequestPattern, usize>,
}

impl<'a> Collector<'a> {
    fn cell(&mut self, cell: &'a Cell) -> usize {
        let data = &mut self.data;
        *self.cells.entry(cell).or_insert_with(|| {
            let sheet = data.sheets.place((cell.source.index(), visible(&cell.sheet)));
            data.cells.place((sheet, visible(&cell.at.to_string()), visible(&cell.text)))
        })
    }

    fn cells(&mut self, cells: &'a [Cell]) -> Vec<usize> {
        cells.iter().map(|cell| self.cell(cell)).collect()
    }

    fn pattern(&mut self, pattern: &'a RequestPattern) -> usize {
        let data = &mut self.data;
        *self.patterns.entry(pattern).or_insert_with(|| {
            let RequestPattern { host, schemes, ports, path } = pattern;
            data.patterns.place(Pattern(
                host.to_string(),
                schemes_text(*schemes),
                ports.to_string(),
                path.to_string(),
                domain(host),
            ))
        })
    }

    fn policy(&mut self, run: &Surroundings<'a>) {
        self.data.policy = by_intent();
        self.data.held = by_intent();
        for intent in Intent::ALL {
            let rules = run.policy.rules(intent).iter();
            let rules = rules
                .map(|Rule { pattern, provenance }| (self.pattern(pattern), self.cells(provenance.cells())));
            let rules = rules.collect();
            self.data.policy.insert(intent.as_str(), rules);
            let held = run.policy.held(intent).iter();
            let held = held.map(|held| (self.pattern(&held.rule.pattern), held.code.as_str())).collect();
            self.data.held.insert(intent.as_str(), held);
        }
    }

    fn target(&mut self, plan: &Plan<'_>, run: &Surroundings<'_>) {
        let intents = plan.intents.keys().map(|&intent| (intent.as_str(), self.verdicts(plan, run, intent)));
        let intents = intents.collect();
        let title = Facts::of(plan.target).title;
        self.data.targets.push(Target { id: plan.target, title, intents });
    }

    fn verdicts(&mut self, plan: &Plan<'_>, run: &Surroundings<'_>, intent: Intent) -> Vec<usize> {
        let planned = &plan.intents[&intent];
        let mut differing: BTreeMap<usize, Differs> = BTreeMap::new();
        for deviation in &planned.wider {
            differing.entry(deviation.rule).or_default().wider.push(self.shown(deviation));
        }
        for deviation in &planned.narrower {
            differing.entry(deviation.rule).or_default().narrower.push(self.shown(deviation));
        }
        for (rule, kind) in &planned.held {
            differing.entry(*rule).or_default().held = Some(kind.as_str());
        }
        for (rule, unsupported) in &planned.unsupported {
            differing.entry(*rule).or_default().unsupported = Some(unsupported.why.clone());
        }
        let emitter = compile::emitter(plan.target).expect("internal error: a plan of no target");
        let words = plan::words(emitter, plan, run.policy, intent);
        let data = &mut self.data;
        let verdict = |(at, words): (usize, Option<Encoded>)| {
            let entries = words.into_iter().flat_map(|words| words.entries);
            let mut entries: Vec<usize> = entries
                .map(|entry| {
                    let list = data.lists.place(list_name(&entry));
                    data.entries.place((list, entry.text))
                })
                .collect();
            entries.dedup();
            data.verdicts.place(match differing.remove(&at) {
                None => Verdict::Exact(entries),
                Some(differs) => Verdict::Differs(Differs { entries, ..differs }),
            })
        };
        words.enumerate().map(verdict).collect()
    }

    /// A kind of difference, and what it lets through or leaves out.
    fn shown(&mut self, Deviation { kind, witness, .. }: &Deviation) -> (&'static str, usize) {
        let witness = match witness {
            Witness::Request(request) => request.to_string(),
            Witness::Neighbour(request) => request.host.to_string(),
        };
        (kind.as_str(), self.data.witnesses.place(witness))
    }

    fn endpoints(&mut self, run: &Surroundings<'a>) {
        let asking = Asking::new(run.endpoints.iter().chain(run.included));
        let mut rules: Vec<[Vec<i64>; 4]> = vec![Default::default(); asking.endpoints.len()];
        for (at, intent) in Intent::ALL.into_iter().enumerate() {
            let mut note = |rule: &Rule, place: i64| {
                for endpoint in asking.of(rule) {
                    let own: &mut Vec<i64> = &mut rules[endpoint][at];
                    if own.last() != Some(&place) {
                        own.push(place);
                    }
                }
            };
            (0..).zip(run.policy.rules(intent)).for_each(|(place, rule)| note(rule, place));
            (0..).zip(run.policy.held(intent)).for_each(|(place, held)| note(&held.rule, -1 - place));
        }
        let places: Vec<_> =
            asking.endpoints.iter().map(|endpoint| place_of(&endpoint.pattern.value.host)).collect();
        let mut sorted: Vec<usize> = (0..asking.endpoints.len()).collect();
        sorted.sort_by(|&one, &other| {
            let of = |at: usize| asking.endpoints[at];
            places[one].cmp(&places[other]).then_with(|| order(of(one), of(other)))
        });
        let indices = Intent::ALL.map(|intent| (run.policy.rules(intent), run.policy.index(intent)));
        for at in sorted {
            let rules = std::mem::take(&mut rules[at]);
            let through = match rules.iter().all(Vec::is_empty) {
                true => through(&asking.endpoints[at].pattern.value, &indices),
                false => Vec::new(),
            };
            let stated = self.stated(asking.endpoints[at], rules, through);
            self.data.endpoints.push(stated);
        }
    }

    fn stated(&mut self, endpoint: &'a Endpoint, rules: [Vec<i64>; 4], through: Vec<i64>) -> Stated {
        let geographies: Vec<&str> = match &endpoint.geography {
            Geography::Worldwide => vec!["WW"],
            Geography::Regions(regions) => regions.iter().map(|region| region.code()).collect(),
        };
        Stated {
            pattern: self.pattern(&endpoint.pattern.value),
            https_path: visible(endpoint.https_path.as_deref().unwrap_or_default()),
            geographies: geographies.into_iter().map(|code| self.data.names.place(code.to_owned())).collect(),
            service: self.data.names.place(visible(&endpoint.service)),
            category: self.data.names.place(visible(&endpoint.category)),
            platforms: match &endpoint.platforms {
                Platforms::NotStated => Vec::new(),
                Platforms::Only(platforms) => platforms.iter().map(|platform| platform.as_str()).collect(),
            },
            requirement: match endpoint.requirement {
                Some(Requirement::Required) => "required",
                Some(Requirement::Optional) => "optional",
                None => "",
            },
            cells: self.cells(endpoint.pattern.from.cells()),
            rules,
            through,
        }
    }

    fn finding(&mut self, finding: &'a Diagnostic) {
        let Diagnostic { place, code, level, intent, target, message, label, notes, help } = finding;
        let (cell, place) = match place {
            Place::Cell(cell) => (Some(self.cell(cell)), None),
            Place::Profile { line, .. } => (None, Some(format!("profile, line {line}"))),
            Place::File { file, line, .. } => (None, Some(visible(&format!("{file}, line {line}")))),
            Place::Run => (None, None),
        };
        self.data.findings.push(Finding {
            level: level.as_str(),
            code: code.as_str(),
            message: visible(message),
            label: visible(label),
            help: notes.iter().chain(help).map(|line| visible(line)).collect(),
            intent: intent.map(Intent::as_str),
            target: *target,
            cell,
            place,
        });
    }
}

/// For every intent the place of a rule that lets all of a pattern through, or -1; nothing where none does.
fn through(pattern: &RequestPattern, indices: &[(&[Rule], HostIndex<usize>); 4]) -> Vec<i64> {
    let covering = indices.iter().map(|(rules, index)| {
        let mut candidates = index.covering_candidates(&pattern.host).map(|(_, &at)| at);
        let at = candidates.find(|&at| rules[at].pattern.covers(pattern));
        at.map_or(-1, |at| i64::try_from(at).expect("internal error: more rules than memory"))
    });
    let covering: Vec<i64> = covering.collect();
    if covering.iter().all(|&at| at < 0) { Vec::new() } else { covering }
}

/// `dstdomain, https, port 443`; what a list is for stands there where that is not everything.
fn list_name(entry: &Entry) -> String {
    let mut name = entry.list.to_owned();
    if entry.schemes != Schemes::ANY {
        name.push_str(&format!(", {}", schemes_text(entry.schemes)));
    }
    if entry.ports != Ports::any() {
        name.push_str(&format!(", port {}", entry.ports));
    }
    name
}

fn schemes_text(schemes: Schemes) -> &'static str {
    match Scheme::ALL.map(|scheme| schemes.contains(scheme)) {
        [true, true] => "http+https",
        [true, false] => "http",
        [false, true] => "https",
        [false, false] => "",
    }
}

/// The name that somebody registered, or below which somebody gives names to others.
fn domain(host: &HostPattern) -> String {
    let Some(name) = host.anchor() else { return String::new() };
    let (suffix, section) = suffix::public_suffix(&name);
    let domain = match section {
        Section::Icann => suffix::registrable_domain(&name).unwrap_or(suffix),
        Section::Private | Section::SharedHosting => suffix,
    };
    domain.to_string()
}

/// Names by their labels from the right, so that what belongs together stands together, then addresses.
fn place_of(host: &HostPattern) -> (bool, String) {
    let Some(name) = host.anchor() else { return (true, String::new()) };
    // A blank sorts before every octet of a label.
    (false, name.labels_from_right().collect::<Vec<_>>().join(" "))
}

/// Everything about an endpoint that is shown: the order of the rows of a source is not.
fn order(one: &Endpoint, other: &Endpoint) -> Ordering {
    let key = |endpoint: &Endpoint| {
        let Endpoint { pattern, https_path, geography, service, category, requirement, platforms, .. } =
            endpoint.clone();
        (pattern.value, pattern.from, https_path, geography, service, category, requirement, platforms)
    };
    key(one).cmp(&key(other))
}
