//! nftables with the dnsmasq that fills its sets, as nft 1.0.6 and dnsmasq 2.90 read their files.
//!
//! What is asked about is a TCP connection from a client to the internet: its first packet, those that follow
//! and the answers have to pass every base chain on their way. A request by name goes to an address that the
//! name was just resolved to by dnsmasq and that no other name has, so it is in the sets that its line of
//! dnsmasq fills; in a fixed set it is only where that holds more than half of all addresses. A name is let through
//! where both versions of IP are.
//!
//! Deliberately not here: UDP, so no QUIC; and what depends on anything but the connection, such as marks,
//! rates or the time. A rule that needs that is taken to match if it accepts, and not to match if it drops,
//! and told.

mod dnsmasq;
mod lex;
mod parse;
mod ports;
mod reading;
mod rule;
mod ruleset;
mod sets;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::{Place, Reading, Texts, Trouble, TroubleKind};
use dnsmasq::Resolver;
use ruleset::{Action, Kind, Ruleset, Side, Step, Test, Version};

/// What is loaded, and who resolves the names.
#[derive(Debug)]
pub struct Filter {
    ruleset: Ruleset,
    resolver: Resolver,
    troubles: Vec<Trouble>,
    /// The first file of nft, for what is in no line of it.
    main: Arc<str>,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Client {
    /// The gateway's interface that the client is behind, if it is known.
    pub input: Option<String>,
    /// The interface towards the internet, if it is known.
    pub output: Option<String>,
    /// Its address of IPv4.
    pub ipv4: Source,
    /// Its address of IPv6.
    pub ipv6: Source,
}

/// An address of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// It has some address of the version.
    #[default]
    Unknown,
    /// It has this one.
    At(IpAddr),
    /// It has none of the version, and asks nothing by it.
    Absent,
}

impl Client {
    fn source(&self, version: Version) -> Source {
        match version {
            Version::V4 => self.ipv4,
            Version::V6 => self.ipv6,
        }
    }
}

/// What files of nft and dnsmasq let the client through to for which their rules are made. A file that another
/// one includes is read there.
pub fn read(texts: &Texts) -> Reading {
    let filter = Filter::read(texts);
    let client = filter.likely_client();
    let mut reading = filter.reading(&client);
    if client.ipv6 == Source::Absent
        && let Some(file) = texts.keys().next()
    {
        let what = "no rule lets through to an address of IPv6, so clients are taken to have none".to_owned();
        let place = Place { file: file.as_str().into(), line: 0 };
        reading.troubles.push(Trouble::new(place, TroubleKind::Assumed, what));
    }
    reading
}

impl Filter {
    /// Reads files of nft and dnsmasq, in the order of their names. A file that another one includes is read
    /// there.
    pub fn read(texts: &Texts) -> Self {
        let texts = &*super::all_decoded(texts, |_| true);
        let mut rules = parse::Parser::new(texts);
        let mut names = dnsmasq::Reader::new(texts);
        let included: BTreeSet<&str> = texts.values().flat_map(|bytes| included(bytes)).collect();
        for (file, bytes) in texts.iter().filter(|(file, _)| !included.contains(file.as_str())) {
            match language(bytes) {
                Language::Nft => rules.load(file),
                Language::Dnsmasq => names.load(file),
                Language::Nothing => {}
                Language::Unknown => {
                    rules.file = file.as_str().into();
                    let what = "neither rules of nft nor a configuration of dnsmasq";
                    rules.trouble(0, (TroubleKind::NotUnderstood, what.to_owned()));
                }
            }
        }
        let (ruleset, mut troubles) = rules.finish();
        troubles.extend(names.troubles);
        let mut files = texts.iter().filter(|(_, bytes)| language(bytes) == Language::Nft);
        let main = files.next().or(texts.iter().next()).map_or("", |(file, _)| file);
        let mut filter = Self { ruleset, resolver: names.resolver, troubles, main: main.into() };
        let found = filter.troubles_of_all();
        filter.troubles.extend(found);
        filter
    }

    /// What was not understood, or does not mean what it seems to.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Whether rules decide alike about two clients, whatever they ask for.
    pub fn treats_alike(&self, one: &Client, other: &Client) -> bool {
        let tests = self.chains().flat_map(|chain| &chain.rules).flat_map(ruleset::Rule::tests);
        let interface = |name: &Option<String>, set: usize| {
            name.as_ref().map(|name| self.ruleset.sets[set].has_interface(name))
        };
        let source = |source: Source, set: usize| match source {
            Source::At(address) => Some(self.ruleset.sets[set].has_address(address)),
            Source::Unknown | Source::Absent => None,
        };
        let kinds = |client: &Client| {
            [client.ipv4, client.ipv6].map(|source| (source == Source::Absent, source == Source::Unknown))
        };
        kinds(one) == kinds(other)
            && tests.into_iter().all(|test| match *test {
                Test::Interface { set, .. } => {
                    interface(&one.input, set) == interface(&other.input, set)
                        && interface(&one.output, set) == interface(&other.output, set)
                }
                Test::Address { version, set, .. } => {
                    source(one.source(version), set) == source(other.source(version), set)
                }
                Test::Port { .. }
                | Test::Version(_)
                | Test::State { .. }
                | Test::Constant(_)
                | Test::Unknown => true,
            })
    }

    /// The client for which most rules are made that accept: the interfaces and the networks that they name
    /// first; without IPv6 where they let through to addresses of IPv4 alone.
    pub fn likely_client(&self) -> Client {
        let mut counts: [BTreeMap<String, usize>; 2] = Default::default();
        let mut client = Client::default();
        let mut goes_to = [false; 2];
        for rule in self.chains().flat_map(|chain| &chain.rules) {
            let lets_through = |action: &Action| !matches!(action, Action::Drop | Action::Return);
            let opens = !rule.steps.iter().any(|step| {
                matches!(step, Step::Test(Test::Constant(false) | Test::State { new: false, .. }))
            });
            if !opens || !rule.outcomes.iter().any(|(_, action)| lets_through(action)) {
                continue;
            }
            for step in &rule.steps {
                match step {
                    Step::Test(Test::Interface { side, set, negated: false }) => {
                        let names = &self.ruleset.sets[*set].elements.interfaces;
                        if let Some(first) = names.iter().find(|name| *name != "lo") {
                            let counts = &mut counts[usize::from(*side == Side::To)];
                            *counts.entry(first.replace('*', "0")).or_default() += 1;
                        }
                    }
                    Step::Test(Test::Address { side: Side::To, version, .. }) => {
                        goes_to[usize::from(*version == Version::V6)] = true;
                    }
                    Step::Test(Test::Address { side: Side::From, version, set, negated: false }) => {
                        let own = match version {
                            Version::V4 => &mut client.ipv4,
                            Version::V6 => &mut client.ipv6,
                        };
                        let first = self.ruleset.sets[*set].elements.addresses.first();
                        if let (Source::Unknown, Some((range, _))) = (*own, first) {
                            *own = Source::At(reading::address(*version, *range.start()));
                        }
                    }
                    _ => {}
                }
            }
        }
        if goes_to == [true, false] && client.ipv6 == Source::Unknown {
            client.ipv6 = Source::Absent;
        }
        let most = |counts: &BTreeMap<String, usize>| {
            let most = counts.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)));
            most.map(|(name, _)| name.clone())
        };
        let [input, output] = &counts;
        (client.input, client.output) = (most(input), most(output));
        client
    }

    fn chains(&self) -> impl Iterator<Item = &ruleset::Chain> {
        let tables = self.ruleset.tables.values();
        tables.flat_map(|table| table.chains.values()).map(|&chain| &self.ruleset.chains[chain])
    }

    /// What only rules, sets and names together show.
    fn troubles_of_all(&self) -> Vec<Trouble> {
        let mut found = Vec::new();
        let filled = self.filled();
        for rule in self.chains().flat_map(|chain| &chain.rules) {
            for (_, action) in &rule.outcomes {
                let (Action::Jump(to) | Action::Goto(to)) = action else { continue };
                let chain = &self.ruleset.chains[*to];
                if chain.base.is_some() {
                    let what = format!("a jump to the chain `{}`, which has a hook", chain.name);
                    found.push(Trouble::new(rule.place.clone(), TroubleKind::Refused, what));
                }
            }
            let mut tell = |kind, what: String| found.push(Trouble::new(rule.place.clone(), kind, what));
            let every_packet =
                !rule.tests().any(|test| matches!(test, Test::State { established: false, .. }));
            let learned: Vec<_> =
                rule.steps.iter().filter_map(Step::learned).filter(|_| every_packet).collect();
            for step in &rule.steps {
                let Step::Test(test) = step else { continue };
                let (set, kind) = match test {
                    Test::Address { set, version, .. } => (*set, Kind::Addresses(*version)),
                    Test::Port { set, .. } => (*set, Kind::Ports),
                    Test::Interface { set, .. } => (*set, Kind::Interfaces),
                    _ => continue,
                };
                let own = &self.ruleset.sets[set];
                if own.kind.is_some_and(|own| own != kind) {
                    tell(TroubleKind::Refused, format!("the set `{}` is of another type", own.name));
                }
                let Test::Address { side: Side::To, negated: false, .. } = test else { continue };
                if own.elements.addresses.is_empty() && own.kind.is_some() && !filled.contains_key(&set) {
                    tell(TroubleKind::NeverMatches, format!("nothing fills the set `{}`", own.name));
                }
                if filled.contains_key(&set) && own.timeout.is_some() && !learned.contains(&set) {
                    let what = format!(
                        "an address leaves the set `{}` while it is in use, since the rule does not update it with every packet",
                        own.name
                    );
                    tell(TroubleKind::Misleading, what);
                }
            }
        }
        self.troubles_of_names(&filled, &mut found);
        found
    }

    fn troubles_of_names(&self, filled: &BTreeMap<usize, usize>, found: &mut Vec<Trouble>) {
        let mut first_line = vec![None; self.resolver.targets.len()];
        for line in &self.resolver.lines {
            first_line[line.targets].get_or_insert(&line.place);
        }
        for (targets, place) in self.resolver.targets.iter().zip(first_line) {
            let Some(place) = place else { continue };
            for target in targets {
                let mut tell = |kind, what: String| found.push(Trouble::new(place.clone(), kind, what));
                let name = &target.set;
                let Some(set) = self.set_of(target).map(|id| &self.ruleset.sets[id]) else {
                    tell(TroubleKind::NeverMatches, format!("there is no set `{name}` to fill"));
                    continue;
                };
                let takes = match set.kind {
                    Some(Kind::Addresses(own)) => target.version.is_none_or(|version| version == own),
                    _ => false,
                };
                if !takes || set.flags.constant {
                    tell(TroubleKind::NeverMatches, format!("the set `{name}` does not take such addresses"));
                }
                let Some(timeout) = set.timeout else {
                    let what = format!("the set `{name}` has no timeout, so what was learned once stays");
                    tell(TroubleKind::Misleading, what);
                    continue;
                };
                let kept = self.resolver.max_cache_ttl.zip(self.resolver.max_ttl);
                if kept.is_none_or(|(cache, client)| cache.saturating_add(client) >= timeout) {
                    let what = format!(
                        "an answer may be kept longer than its address stays in the set `{name}`: \
                         `max-cache-ttl` and `max-ttl` together have to stay below {timeout} seconds"
                    );
                    tell(TroubleKind::Misleading, what);
                }
            }
        }
        for (&set, &lines) in filled {
            let set = &self.ruleset.sets[set];
            if set.size.is_some_and(|size| size < lines as u64) {
                let what = format!("the set `{}` has no room for {lines} names", set.name);
                found.push(Trouble::new(set.place.clone(), TroubleKind::Misleading, what));
            }
        }
    }

    /// The sets that lines of dnsmasq or rules fill, with the number of lines.
    fn filled(&self) -> BTreeMap<usize, usize> {
        let mut filled = BTreeMap::new();
        let mut counts = vec![0; self.resolver.targets.len()];
        self.resolver.lines.iter().for_each(|line| counts[line.targets] += 1);
        for (targets, count) in self.resolver.targets.iter().zip(counts) {
            for set in targets.iter().filter_map(|target| self.set_of(target)) {
                *filled.entry(set).or_default() += count;
            }
        }
        filled
    }

    fn set_of(&self, target: &dnsmasq::Target) -> Option<usize> {
        self.ruleset.tables.get(&(target.family, target.table.clone()))?.sets.get(&target.set).copied()
    }
}

impl Step {
    fn learned(&self) -> Option<usize> {
        match self {
            Self::Learn { set, .. } => Some(*set),
            Self::Test(_) => None,
        }
    }
}

/// Whose language a file is in.
#[derive(PartialEq, Eq)]
enum Language {
    Nft,
    Dnsmasq,
    /// Of no language, since it says nothing.
    Nothing,
    Unknown,
}

/// Commands of nft that a file may begin with.
const COMMANDS: &[&str] = &[
    "add", "chain", "create", "define", "delete", "destroy", "element", "flush", "include", "insert", "list",
    "map", "redefine", "reset", "rule", "set", "table", "undefine",
];

fn language(bytes: &[u8]) -> Language {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else { return Language::Nothing };
    if first.split_whitespace().next().is_some_and(|word| COMMANDS.contains(&word)) {
        return Language::Nft;
    }
    let key = first.split('=').next().unwrap_or_default().trim();
    let is_key = key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_key { Language::Dnsmasq } else { Language::Unknown }
}

/// The files that a file names to be read with it.
fn included(bytes: &[u8]) -> Vec<&str> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            let quoted = line.strip_prefix("include").map(|rest| rest.trim().trim_matches([';', '"']));
            quoted.or_else(|| line.strip_prefix("conf-file=").map(str::trim))
        })
        .collect()
}
