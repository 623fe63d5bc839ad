//! A packet's way through the chains: which ports of a server it gets to.

use std::collections::{BTreeMap, BTreeSet};

use super::ports::{both, complement, either, is_none, none, without};
use super::ruleset::{Action, Chain, ChainId, Hook, Ruleset, SetId, Side, Step, Test, Version};
use super::{Client, Source};
use crate::model::Ports;
use crate::read::Place;

/// The ports that a client's own end of a connection has, as Linux chooses them.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;
/// How deep chains may jump, as in the kernel.
const MAX_DEPTH: usize = 16;
/// How many rules are looked at in all.
const MAX_STEPS: usize = 20_000_000;
/// How many jumps one packet takes.
const MAX_JUMPS: usize = 2_000;
/// From how many rules on those of a chain are looked up by the server's sets.
const MANY_RULES: usize = 64;

/// A packet of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leg {
    /// The first one, from the client.
    Opening,
    /// Any later one from the client.
    Data,
    /// Any from the server.
    Reply,
    /// Any that answers somebody in the internet who has connected to the client's side.
    Answer,
}

/// Where the connection passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Through a gateway.
    Through,
    /// From the device itself.
    Out,
}

impl Way {
    fn hooks(self, leg: Leg) -> &'static [Hook] {
        match (self, leg) {
            (Self::Through, _) => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
            (Self::Out, Leg::Opening | Leg::Data | Leg::Answer) => &[Hook::Output, Hook::Postrouting],
            (Self::Out, Leg::Reply) => &[Hook::Prerouting, Hook::Input],
        }
    }
}

/// What is decided about connections to one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Decision {
    /// The ports that are let through.
    pub(super) ports: Ports,
    /// The rule that lets them through; nothing where it is a policy.
    pub(super) by: Option<Place>,
}

/// Places of rules in their chain, by a set.
type RulesBySet = BTreeMap<Option<SetId>, Vec<usize>>;

/// Asks the chains.
#[derive(Debug)]
pub(super) struct Walker<'r> {
    ruleset: &'r Ruleset,
    client: &'r Client,
    way: Way,
    /// The base chains.
    bases: Vec<ChainId>,
    /// Rules by the set that the server has to be in, for chains of many rules: those for the client's
    /// packets, those for the server's. Under nothing those that ask for no set.
    by_set: BTreeMap<ChainId, [RulesBySet; 2]>,
    known: BTreeMap<(Version, Vec<SetId>), Decision>,
    /// Rules that are left to be looked at.
    steps: usize,
    /// Jumps that are left for the packet.
    jumps: usize,
    /// Rules that depend on what is not known.
    pub(super) unsure: BTreeSet<Place>,
    /// Why the answers are not to be relied on.
    pub(super) given_up: bool,
}

/// One packet at a chain.
struct Packet<'p> {
    leg: Leg,
    version: Version,
    /// The sets that the server's address is in, sorted.
    server: &'p [SetId],
}

/// What became of the packets so far.
struct Outcome {
    accepted: Ports,
    by: Option<Place>,
    learned: BTreeSet<SetId>,
}

/// What a condition says.
enum Answer {
    Yes,
    No,
    On(Ports),
    Unsure,
}

impl<'r> Walker<'r> {
    pub(super) fn new(ruleset: &'r Ruleset, client: &'r Client, way: Way) -> Self {
        let named = ruleset.tables.values().flat_map(|table| table.chains.values().copied());
        let bases = named.filter(|&chain| ruleset.chains[chain].base.is_some()).collect();
        let many = ruleset.chains.iter().enumerate().filter(|(_, chain)| chain.rules.len() >= MANY_RULES);
        let by_set = many.map(|(id, chain)| (id, [Side::To, Side::From].map(|side| by_set(chain, side))));
        Self {
            ruleset,
            client,
            way,
            bases,
            by_set: by_set.collect(),
            known: BTreeMap::new(),
            steps: MAX_STEPS,
            jumps: 0,
            unsure: BTreeSet::new(),
            given_up: false,
        }
    }

    /// What is decided about a server whose address is in these sets, sorted.
    pub(super) fn decide(&mut self, version: Version, server: &[SetId]) -> Decision {
        let key = (version, server.to_vec());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        // A rule may add the address to more sets, for the packets that follow.
        let mut server = server.to_vec();
        let decision = loop {
            let (decision, learned) = self.connection(version, &server);
            let before = server.len();
            server.extend(learned);
            server.sort_unstable();
            server.dedup();
            if server.len() == before {
                break decision;
            }
        };
        self.known.insert(key, decision.clone());
        decision
    }

    fn connection(&mut self, version: Version, server: &[SetId]) -> (Decision, BTreeSet<SetId>) {
        let mut whole = Decision { ports: Ports::any(), by: None };
        let mut learned = BTreeSet::new();
        for leg in [Leg::Opening, Leg::Data, Leg::Reply] {
            let (decision, more) = self.packets(leg, version, server);
            whole.ports = both(&whole.ports, &decision.ports);
            whole.by = whole.by.or(decision.by);
            learned.extend(more);
        }
        (whole, learned)
    }

    /// The ports of the client's side whose answers to somebody in the internet pass.
    pub(super) fn answers(&mut self, version: Version) -> Ports {
        self.packets(Leg::Answer, version, &[]).0.ports
    }

    /// What every base chain lets through of the packets of a leg, and the sets that the address is added to.
    fn packets(&mut self, leg: Leg, version: Version, server: &[SetId]) -> (Decision, BTreeSet<SetId>) {
        let mut whole = Decision { ports: Ports::any(), by: None };
        let mut learned = BTreeSet::new();
        let packet = Packet { leg, version, server };
        self.jumps = MAX_JUMPS;
        for id in self.bases.clone() {
            let chain = &self.ruleset.chains[id];
            let Some(base) = chain.base else { continue };
            let passes = chain.family.has(version)
                && self.way.hooks(leg).contains(&base.hook)
                && (leg == Leg::Opening || !base.nat);
            if !passes {
                continue;
            }
            let mut outcome = Outcome { accepted: none(), by: None, learned: BTreeSet::new() };
            let rest = self.walk(id, Ports::any(), true, &packet, &mut outcome, 0);
            if base.accepts {
                outcome.accepted = either(&outcome.accepted, &rest);
            }
            whole.ports = both(&whole.ports, &outcome.accepted);
            whole.by = whole.by.or(outcome.by);
            learned.extend(outcome.learned);
        }
        (whole, learned)
    }

    /// Asks the rules of a chain about these ports; the ports that it says nothing about.
    fn walk(
        &mut self,
        id: ChainId,
        mut ports: Ports,
        sure: bool,
        packet: &Packet<'_>,
        outcome: &mut Outcome,
        depth: usize,
    ) -> Ports {
        if depth > MAX_DEPTH || self.jumps == 0 {
            self.given_up = true;
            return ports;
        }
        self.jumps -= usize::from(depth > 0);
        let mut returned = none();
        let chain = &self.ruleset.chains[id];
        for at in self.candidates(id, packet) {
            if is_none(&ports) {
                break;
            }
            if self.steps == 0 {
                self.given_up = true;
                break;
            }
            self.steps -= 1;
            let rule = &chain.rules[at];
            let (mut matched, mut sure) = (ports.clone(), sure);
            for step in &rule.steps {
                match step {
                    Step::Test(test) => self.narrow(test, packet, &rule.place, &mut matched, &mut sure),
                    Step::Learn { set, side } if is_server(*side, packet.leg) && !is_none(&matched) => {
                        outcome.learned.insert(*set);
                    }
                    Step::Learn { .. } => {}
                }
                if is_none(&matched) {
                    break;
                }
            }
            for (test, action) in &rule.outcomes {
                let (mut own, mut sure) = (matched.clone(), sure);
                if let Some(test) = test {
                    self.narrow(test, packet, &rule.place, &mut own, &mut sure);
                }
                if is_none(&own) {
                    continue;
                }
                matched = without(&matched, &own);
                match *action {
                    Action::Accept => {
                        outcome.by.get_or_insert_with(|| rule.place.clone());
                        outcome.accepted = either(&outcome.accepted, &own);
                        ports = without(&ports, &own);
                    }
                    Action::Drop if sure => ports = without(&ports, &own),
                    Action::Return if sure => {
                        ports = without(&ports, &own);
                        returned = either(&returned, &own);
                    }
                    Action::Drop | Action::Return | Action::Continue => {}
                    Action::Jump(to) | Action::Goto(to) => {
                        let back = self.walk(to, own.clone(), sure, packet, outcome, depth + 1);
                        ports = without(&ports, &own);
                        match action {
                            Action::Goto(_) if sure => returned = either(&returned, &back),
                            _ => ports = either(&ports, &back),
                        }
                    }
                }
            }
        }
        either(&ports, &returned)
    }

    /// The rules of a chain that may match, in their order.
    fn candidates(&self, chain: ChainId, packet: &Packet<'_>) -> Vec<usize> {
        let Some(by_set) = self.by_set.get(&chain) else {
            return (0..self.ruleset.chains[chain].rules.len()).collect();
        };
        let by_set = &by_set[usize::from(packet.leg == Leg::Reply)];
        let sets = std::iter::once(None).chain(packet.server.iter().copied().map(Some));
        let mut found: Vec<usize> = sets.filter_map(|set| by_set.get(&set)).flatten().copied().collect();
        found.sort_unstable();
        found
    }

    fn narrow(
        &mut self,
        test: &Test,
        packet: &Packet<'_>,
        place: &Place,
        ports: &mut Ports,
        sure: &mut bool,
    ) {
        match self.ask(test, packet) {
            Answer::Yes => {}
            Answer::No => *ports = none(),
            Answer::On(own) => *ports = both(ports, &own),
            Answer::Unsure => {
                *sure = false;
                self.unsure.insert(place.clone());
            }
        }
    }

    fn ask(&self, test: &Test, packet: &Packet<'_>) -> Answer {
        let decided = |is: bool| if is { Answer::Yes } else { Answer::No };
        match test {
            Test::Constant(is) => decided(*is),
            Test::Unknown => Answer::Unsure,
            Test::Version(version) => decided(*version == packet.version),
            Test::State { new, established } => {
                decided(if packet.leg == Leg::Opening { *new } else { *established })
            }
            Test::Address { version, .. } if *version != packet.version => Answer::No,
            Test::Address { side, set, negated, .. } => match is_server(*side, packet.leg) {
                true => decided(packet.server.binary_search(set).is_ok() != *negated),
                false => match self.client.source(packet.version) {
                    Source::At(address) => decided(self.ruleset.sets[*set].has_address(address) != *negated),
                    Source::Unknown | Source::Absent => Answer::Unsure,
                },
            },
            Test::Port { side, set, negated } => {
                let own = self.ruleset.sets[*set].ports();
                let own = if *negated { complement(&own) } else { own };
                // The port of whoever was connected to is asked about, the other is one of many.
                let asked = match packet.leg {
                    Leg::Opening | Leg::Data => Side::To,
                    Leg::Reply | Leg::Answer => Side::From,
                };
                match *side == asked {
                    true => Answer::On(own),
                    false => {
                        let client = Ports::from_ranges([EPHEMERAL]);
                        match (own.covers(&client), is_none(&both(&own, &client))) {
                            (true, _) => Answer::Yes,
                            (_, true) => Answer::No,
                            (false, false) => Answer::Unsure,
                        }
                    }
                }
            }
            Test::Interface { side, set, negated } => self.interface(*side, *set, packet).map_or_else(
                || if self.is_loopback(*set) { decided(*negated) } else { Answer::Unsure },
                |is| decided(is != *negated),
            ),
        }
    }

    /// Whether an interface of the packet is in a set; nothing where nobody knows.
    fn interface(&self, side: Side, set: SetId, packet: &Packet<'_>) -> Option<bool> {
        let Client { input, output, .. } = self.client;
        // A device's own packets come from no interface, and those to it go to none.
        let own = match (self.way, is_server(side, packet.leg)) {
            (Way::Out, false) => return Some(false),
            (_, true) => output,
            (Way::Through, false) => input,
        };
        own.as_ref().map(|name| self.ruleset.sets[set].has_interface(name))
    }

    /// Whether a set holds no interface but the one on which nothing leaves.
    fn is_loopback(&self, set: SetId) -> bool {
        self.ruleset.sets[set].elements.interfaces.iter().all(|name| name == "lo")
    }
}

/// Whether that end of a packet is the one in the internet.
fn is_server(side: Side, leg: Leg) -> bool {
    (side == Side::To) == (leg != Leg::Reply)
}

/// The rules of a chain by the set that an address has to be in.
fn by_set(chain: &Chain, side: Side) -> RulesBySet {
    let mut rules = RulesBySet::new();
    for (at, rule) in chain.rules.iter().enumerate() {
        let set = rule.steps.iter().find_map(|step| match step {
            Step::Test(Test::Address { side: own, set, negated: false, .. }) if *own == side => Some(*set),
            _ => None,
        });
        rules.entry(set).or_default().push(at);
    }
    rules
}
