//! Wildcards that could give way to the hosts that were really seen behind them, as lines for the profile.
//!
//! A proposal, and no more: a host that no log has yet is lost with the wildcard. Nothing is proposed where the count of
//! hosts is not exact or the log is short, and whatever else an exclusion would drop is included again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::report::days;
use super::tally::Tally;
use crate::compile::{LoadError, Run};
use crate::model::{
    Endpoint, HostPattern, Inspection, Intent, PathPattern, Request, RequestPattern, RequestSet, Scheme,
    Schemes,
};
use crate::profile::{DirectIntent, Include, Profile, Spanned, VERSION};
use crate::resolve;
use crate::suffix;
use crate::text::count;

/// The shortest log that something follows from, in days.
pub const FEWEST_DAYS: u64 = 7;

/// Most hosts that take the place of a wildcard inside of one site. Across sites that many customers share, every one that
/// was seen does.
pub const MOST_FEW: usize = 16;

/// Most ports that an inclusion is written for.
const MOST_PORTS: usize = 8;

/// For how long what is proposed counts, until somebody says how long: days.
const COUNTS: i32 = 90;

/// Who answers for it; what [`review`](mod@crate::review) takes for nobody.
const NOBODY: &str = "TODO";

/// A host that takes the place of a wildcard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its name.
    pub host: HostPattern,
    /// How often it was seen.
    pub requests: u64,
    /// How often it was refused.
    pub denied: u64,
    /// TCP ports of the rules under which it was seen.
    pub ports: BTreeSet<u16>,
}

/// A wildcard with what could take its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The wildcard.
    pub exclude: HostPattern,
    /// Whether it matches hosts of different owners.
    pub is_shared: bool,
    /// How many hosts were seen behind it.
    pub seen: usize,
    /// Those of them that nothing which is kept lets through, the most frequent first.
    pub hosts: Vec<Seen>,
    /// What the exclusion drops beside the wildcard, with its ports.
    pub kept: BTreeMap<HostPattern, BTreeSet<u16>>,
}

/// A wildcard that hosts were seen behind and that stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stays {
    /// The wildcard.
    pub pattern: HostPattern,
    /// Why.
    pub why: String,
}

/// What could be narrowed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Narrowing {
    /// How many days the log covers.
    pub days: u64,
    /// The first and the last day.
    pub span: Option<(i64, i64)>,
    /// In the order of the policy.
    pub proposals: Vec<Proposal>,
    /// The same of those that stay.
    pub stays: Vec<Stays>,
}

/// What a log of the whole policy lets one narrow.
///
/// # Errors
/// When a source of the profile cannot be read again.
pub fn narrowing(tally: &Tally, run: &Run, profile: &Profile, today: Date) -> Result<Narrowing, LoadError> {
    let mut narrowing = Narrowing { days: days(tally), span: tally.span, ..Narrowing::default() };
    let allowed = run.policy.rules(Intent::Allow);
    let selected: Vec<&Endpoint> = resolve::selected(&run.endpoints, &profile.select).collect();
    let mut by_host: BTreeMap<&HostPattern, Vec<usize>> = BTreeMap::new();
    for (at, rule) in allowed.iter().enumerate() {
        match rule.pattern.host {
            HostPattern::Exact(_) | HostPattern::Address(_) => {}
            HostPattern::Subtree(_)
            | HostPattern::Descendants(_)
            | HostPattern::TextSuffix(_)
            | HostPattern::LabelGlob(_) => by_host.entry(&rule.pattern.host).or_default().push(at),
        }
    }
    for (host, rules) in by_host {
        if rules.iter().all(|rule| tally.rules[*rule].requests == 0) {
            continue;
        }
        let own: Vec<_> = rules.iter().map(|rule| (&allowed[*rule].pattern, &tally.rules[*rule])).collect();
        let is_exact = own.iter().all(|(_, seen)| seen.hosts.is_exact());
        let stays = |why: String| Stays { pattern: host.clone(), why };
        if narrowing.days < FEWEST_DAYS {
            let why = format!("the log covers {}", count(narrowing.days as usize, "day"));
            narrowing.stays.push(stays(format!("{why}, and fewer than {FEWEST_DAYS} say too little")));
        } else if !is_exact {
            narrowing.stays.push(stays("too many hosts were seen to count each".to_owned()));
        } else {
            match proposal(host, &own, &selected, profile) {
                Ok(proposal) => narrowing.proposals.push(proposal),
                Err(why) => narrowing.stays.push(stays(why)),
            }
        }
    }
    if !narrowing.proposals.is_empty()
        && let Some(why) = differs(&narrowing.proposals, run, profile, today)?
    {
        let why = format!("with all proposals together the rest of the policy would differ by {why}");
        let all = narrowing.proposals.drain(..);
        narrowing.stays.extend(all.map(|own| Stays { pattern: own.exclude, why: why.clone() }));
    }
    Ok(narrowing)
}

/// What takes the place of a wildcard, or why nothing does.
fn proposal(
    host: &HostPattern,
    own: &[(&RequestPattern, &super::tally::OfRule)],
    selected: &[&Endpoint],
    profile: &Profile,
) -> Result<Proposal, String> {
    let is_shared = suffix::spans(host).is_some();
    let mut hosts: BTreeMap<&[u8], Seen> = BTreeMap::new();
    let mut kept: BTreeMap<HostPattern, BTreeSet<u16>> = BTreeMap::new();
    let mut is_stated = false;
    for endpoint in selected.iter().filter(|own| host.covers(&own.pattern.value.host)) {
        let pattern = &endpoint.pattern.value;
        if endpoint.inspection == Inspection::MayInspect {
            return Err(format!(
                "`{pattern}` may be inspected, and what a profile includes is exempt from it"
            ));
        }
        if endpoint.direct_required && profile.direct == DirectIntent::LiveResponse {
            return Err(format!("`{pattern}` goes directly, and what a profile includes does not"));
        }
        let is_narrowed = pattern.host == *host && own.iter().any(|(rule, _)| rule.covers(pattern));
        is_stated |= is_narrowed;
        if !is_narrowed {
            kept.entry(pattern.host.clone()).or_default().extend(ports(pattern)?);
        }
    }
    if !is_stated {
        return Err(
            "no row of a source is written like this; narrow the correction or the inclusion".to_owned()
        );
    }
    for (pattern, seen) in own {
        let ports = ports(pattern)?;
        for (name, seen) in seen.hosts.sorted() {
            let text = String::from_utf8_lossy(name);
            let exact = text.parse().map(HostPattern::Exact).map_err(|_| format!("`{text}` is no name"))?;
            let host = hosts.entry(name).or_insert_with(|| Seen {
                host: exact,
                requests: 0,
                denied: 0,
                ports: BTreeSet::new(),
            });
            host.requests += seen.count;
            host.denied += seen.denied;
            host.ports.extend(&ports);
        }
    }
    let mut hosts: Vec<Seen> = hosts.into_values().collect();
    let seen = hosts.len();
    // What is kept lets some of them through already.
    hosts.retain(|own| {
        !kept.iter().any(|(other, ports)| other.covers(&own.host) && own.ports.is_subset(ports))
    });
    if hosts.len() > MOST_FEW && !is_shared {
        return Err(format!("{} were seen behind it", count(hosts.len(), "host")));
    }
    hosts.sort_by(|one, other| {
        other.requests.cmp(&one.requests).then_with(|| one.host.to_string().cmp(&other.host.to_string()))
    });
    Ok(Proposal { exclude: host.clone(), is_shared, seen, hosts, kept })
}

/// The ports of a pattern, where an inclusion can say it.
fn ports(pattern: &RequestPattern) -> Result<BTreeSet<u16>, String> {
    let all: BTreeSet<u16> = pattern.ports.ranges().flatten().take(MOST_PORTS + 1).collect();
    let fits = |port: &u16| pattern.schemes == Schemes::only(Scheme::of_port(*port));
    match pattern.path == PathPattern::Any && all.len() <= MOST_PORTS && all.iter().all(fits) {
        true => Ok(all),
        false => Err(format!("the profile cannot include what `{pattern}` says")),
    }
}

/// A request by which the policy would differ from what is proposed, if any: everything else is let through as before, and
/// nothing more.
fn differs(
    proposals: &[Proposal],
    run: &Run,
    profile: &Profile,
    today: Date,
) -> Result<Option<Request>, LoadError> {
    let allowed = |run: &Run| -> Vec<RequestPattern> {
        run.policy.rules(Intent::Allow).iter().map(|rule| rule.pattern.clone()).collect()
    };
    let mut wanted = allowed(run);
    wanted.retain(|own| !proposals.iter().any(|proposal| proposal.exclude == own.host));
    for proposal in proposals {
        for (host, ports) in proposal.included() {
            wanted.extend(ports.iter().map(|port| {
                RequestPattern::new(host.clone(), Scheme::of_port(*port), *port, PathPattern::Any)
            }));
        }
    }
    let new = Run::new(&with(proposals, profile, today), today)?;
    let (wanted, new) = (RequestSet::new(&wanted), RequestSet::new(&allowed(&new)));
    Ok(new.includes(&wanted).and_then(|()| wanted.includes(&new)).err())
}

impl Proposal {
    /// The hosts that the profile includes, with their ports.
    fn included(&self) -> impl Iterator<Item = (&HostPattern, &BTreeSet<u16>)> {
        self.kept.iter().chain(self.hosts.iter().map(|own| (&own.host, &own.ports)))
    }
}

/// The profile with what is proposed.
fn with(proposals: &[Proposal], profile: &Profile, today: Date) -> Profile {
    let mut profile = profile.clone();
    let spanned = |value| Spanned { value, line: 0, column: 0 };
    for proposal in proposals {
        profile.select.exclude.push(Spanned { value: proposal.exclude.clone(), line: 0, column: 0 });
        profile.select.include.extend(proposal.included().map(|(host, ports)| {
            spanned(Include {
                host: host.clone(),
                ports: ports.iter().copied().collect(),
                reason: String::new(),
                owner: NOBODY.to_owned(),
                expires: Some(until(today)),
            })
        }));
    }
    profile
}

fn until(today: Date) -> Date {
    today.saturating_add(COUNTS.days())
}

/// Lines for a profile, with comments: all of one where the profile is the built-in one.
///
/// `day` is how a moment of the log is written.
pub fn snippet(narrowing: &Narrowing, profile: &Profile, today: Date, day: fn(i64) -> String) -> String {
    // A text of JSON is one of YAML.
    let quoted = |text: &str| serde_json::to_string(text).expect("internal error: a text is plain data");
    let until = until(today);
    let (first, last) = narrowing.span.map_or_else(Default::default, |(first, last)| (day(first), day(last)));
    let mut lines = vec![
        format!("# A proposal by {} of logs, {first} to {last}: the hosts that were seen", count(narrowing.days as usize, "day")),
        "# behind wildcards take the place of these. A host that is not in the logs yet is lost: whatever a".to_owned(),
        "# device asks for once a month, after an update or in another office. Look at every host first; where a".to_owned(),
        "# wildcard spans shared hosting, anybody can have a name behind it. What is included is exempt from".to_owned(),
        "# inspection and from credentials too, as every endpoint of the policy is.".to_owned(),
        "# What an exclusion drops beside the wildcard is included again, which `compile` tells as exclude-still-covered."
            .to_owned(),
        format!("# To be filled in: owner, and until when each counts ({until} is {COUNTS} days from the day this was made)."),
    ];
    match &profile.file {
        None => {
            lines.push(format!("version: {VERSION}"));
            lines.push("name: narrowed".to_owned());
            lines.push(format!("sources: [{{ builtin: {} }}]", crate::profile::BUILTIN_LISTS[0]));
        }
        Some(_) => {
            lines.push("# These lines go below `select:` of the profile, beside what is there.".to_owned())
        }
    }
    lines.push("select:".to_owned());
    lines.push("  exclude:".to_owned());
    lines.extend(narrowing.proposals.iter().map(|own| format!("    - {}", quoted(&own.exclude.to_string()))));
    let mut included = Vec::new();
    for proposal in &narrowing.proposals {
        included.push(format!("    # instead of {}", proposal.exclude));
        let mut row = |host: &HostPattern, ports: &BTreeSet<u16>, reason: &str| {
            let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            included.push(format!("    - host: {}", quoted(&host.to_string())));
            included.push(format!("      ports: [{ports}]"));
            included.push(format!("      reason: {}", quoted(reason)));
            included.push(format!("      owner: {NOBODY}"));
            included.push(format!("      expires: {until}"));
        };
        for Seen { host, requests, denied, ports } in &proposal.hosts {
            let refused = if *denied > 0 { format!(", {denied} refused") } else { String::new() };
            let seen = count(*requests as usize, "request");
            row(host, ports, &format!("{seen}{refused} in logs, {first} to {last}"));
        }
        for (host, ports) in &proposal.kept {
            row(host, ports, &format!("stated by the source, and inside of {}", proposal.exclude));
        }
    }
    lines.push("  include:".to_owned());
    lines.extend(included);
    lines.push(String::new());
    lines.join("\n")
}
