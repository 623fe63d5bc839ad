//! What changed between two policies, by meaning and not by text.
//!
//! A [`Side`] is a policy with what its sources say of it. Two sides are compared list by list: a line of one that the
//! other lets through whole is no change, however it is written there; every other has a shortest request that shows
//! it. All of it is decided on sets of requests, nothing is sampled.

mod settings;
mod side;

#[cfg(test)]
mod tests;

pub use settings::{SettingChange, Settings};
pub use side::{LeftOut, LookedAt, Side, SideError, Unread};

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Code;
use crate::emit;
use crate::model::{
    Dimension, HostIndex, Intent, Platforms, Request, RequestPattern, RequestSet, deviations,
};
use crate::opening::Opening;

/// Which way a line changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// The new side lets it through, the old one did not.
    Opened,
    /// The old side let it through, the new one does not.
    Closed,
}

/// One change with every list that it concerns in the same way.
#[derive(Debug)]
pub struct Joint<'a> {
    /// Which way.
    pub direction: Direction,
    /// The change.
    pub change: &'a Change<'a>,
    /// The lists, in order.
    pub intents: Vec<Intent>,
}

/// Everything that differs between two sides.
#[derive(Debug)]
pub struct Diff<'a> {
    /// What was.
    pub old: &'a Side,
    /// What is to be.
    pub new: &'a Side,
    /// The lists.
    pub intents: BTreeMap<Intent, ListDiff<'a>>,
    /// Lines of the allowlist that both sides have, and of which they say something else. Sorted by pattern.
    pub restated: Vec<Restated<'a>>,
    /// Lines that the new side leaves out of a list and the old one did not leave out of it, with every list. Sorted by
    /// pattern.
    pub newly_left_out: Vec<(&'a LeftOut, Vec<Intent>)>,
    /// What the new side holds back before it becomes a line, and the old one did not.
    pub newly_unread: Vec<&'a Unread>,
    /// Targets of either side, in the order of the registry.
    pub targets: Vec<TargetDiff>,
    /// What the profiles say otherwise that decides about products beside their lists, by key.
    pub settings: Vec<SettingChange>,
}

/// One list.
#[derive(Debug, Default)]
pub struct ListDiff<'a> {
    /// Lines of the new side that the old one does not let through whole. Sorted by pattern.
    pub opened: Vec<Change<'a>>,
    /// Lines of the old side that the new one does not let through whole. Sorted by pattern.
    pub closed: Vec<Change<'a>>,
    /// Lines that both sides have.
    pub same: usize,
    /// Lines of the new side that the old one lets through by other lines. Sorted by pattern.
    pub reworded: Vec<Reworded<'a>>,
    /// Lines of the old side that the new one lets through by other lines. Sorted by pattern.
    pub covered: Vec<Reworded<'a>>,
    /// Lines that both sides have, from other cells.
    pub moved: usize,
}

/// A line of one side that the other lets through whole, and has not.
#[derive(Debug)]
pub struct Reworded<'a> {
    /// The line.
    pub opening: &'a Opening,
    /// Lines of the other side for the same hosts, for a part of them, or for more.
    pub by: Vec<&'a Opening>,
}

/// A line of one side that the other does not let through whole.
#[derive(Debug)]
pub struct Change<'a> {
    /// The line.
    pub opening: &'a Opening,
    /// In which ways it leaves the other side: a shortest request for each, never empty. A line of which only the port is
    /// new leaves by the port.
    pub witnesses: Vec<(Dimension, Request)>,
    /// Lines of the other side for the same hosts, for a part of them, or for more.
    pub beside: Vec<&'a Opening>,
    /// Why the other side does not let the first witness through.
    pub why: Why,
}

/// Why a side does not let something through.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// Its sources do not ask for it.
    NotStated,
    /// Its sources ask for it, and the profile does not select it.
    NotSelected,
    /// A finding leaves it out.
    LeftOut(Code),
}

/// A line of which the two sides say something else.
#[derive(Debug)]
pub struct Restated<'a> {
    /// As the old side has it.
    pub old: &'a Opening,
    /// As the new side has it.
    pub new: &'a Opening,
    /// What differs, at least one.
    pub facts: Vec<Fact>,
}

/// Something that is said of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fact {
    /// Required or optional.
    Requirement,
    /// Data locations.
    Geography,
    /// Platforms.
    Platforms,
}

impl Fact {
    /// The name in JSON: `requirement`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requirement => "requirement",
            Self::Geography => "geography",
            Self::Platforms => "platforms",
        }
    }
}

/// How the change shows in one product.
#[derive(Debug)]
pub struct TargetDiff {
    /// The target.
    pub target: &'static str,
    /// Which sides have it.
    pub presence: Presence,
    /// The lists that the product has on either side; a side without the target has nothing on them.
    pub intents: BTreeMap<Intent, TargetListDiff>,
}

/// Which sides have a target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Presence {
    /// Both.
    Both,
    /// The new one alone.
    New,
    /// The old one alone.
    Old,
}

/// How one list of a product changes.
#[derive(Debug, Default)]
pub struct TargetListDiff {
    /// What the product's list means now and did not mean before: patterns, each with a shortest request.
    pub opened: Vec<(RequestPattern, Request)>,
    /// What it meant before and does not mean now.
    pub closed: Vec<(RequestPattern, Request)>,
    /// Hosts that it matches now, did not match before, and that nobody asks for: the product can only say more.
    pub beyond: Vec<(RequestPattern, Request)>,
    /// Lines that the new side still asks for and that the product does not say whole any more, as it did: each with a
    /// shortest request.
    pub lost: Vec<(RequestPattern, Request)>,
}

impl TargetDiff {
    /// Whether the product does the same on both sides.
    pub fn is_same(&self) -> bool {
        self.presence == Presence::Both && self.intents.values().all(TargetListDiff::is_same)
    }
}

impl TargetListDiff {
    /// Whether the product's list means the same on both sides.
    pub fn is_same(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty()
    }
}

impl ListDiff<'_> {
    /// Whether both sides let the same through.
    pub fn is_same(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty()
    }
}

impl<'a> Change<'a> {
    /// Whether the other side has nothing for any of the line's hosts.
    pub fn is_whole(&self) -> bool {
        self.beside.is_empty()
    }

    /// Whether this says the same of another list.
    fn is_like(&self, other: &Self) -> bool {
        let beside = |own: &Self| own.beside.iter().map(|line| line.pattern.clone()).collect::<Vec<_>>();
        (&self.opening.pattern, &self.opening.places, &self.witnesses, self.why)
            == (&other.opening.pattern, &other.opening.places, &other.witnesses, other.why)
            && beside(self) == beside(other)
    }
}

impl<'a> Diff<'a> {
    /// The changes of all lists, those that are alike as one: what is opened, then what is closed, each by pattern.
    pub fn joint(&'a self) -> Vec<Joint<'a>> {
        let mut joint: Vec<Joint<'a>> = Vec::new();
        for direction in [Direction::Opened, Direction::Closed] {
            // By pattern: the places in `joint`.
            let mut known: BTreeMap<&RequestPattern, Vec<usize>> = BTreeMap::new();
            for (&intent, list) in &self.intents {
                let changes = match direction {
                    Direction::Opened => &list.opened,
                    Direction::Closed => &list.closed,
                };
                for change in changes {
                    let places = known.entry(&change.opening.pattern).or_default();
                    match places.iter().find(|&&at| joint[at].change.is_like(change)) {
                        Some(&at) => joint[at].intents.push(intent),
                        None => {
                            places.push(joint.len());
                            joint.push(Joint { direction, change, intents: vec![intent] });
                        }
                    }
                }
            }
        }
        joint.sort_by(|one, other| {
            let key = |own: &Joint<'a>| (own.direction, own.intents.clone());
            let pattern = |own: &Joint<'a>| &own.change.opening.pattern;
            (one.direction, pattern(one))
                .cmp(&(other.direction, pattern(other)))
                .then_with(|| key(one).cmp(&key(other)))
        });
        joint
    }

    /// Whether both sides ask for the same on every list, whatever else is said of it.
    pub fn asks_the_same(&self) -> bool {
        self.intents.values().all(ListDiff::is_same)
    }

    /// Whether both sides ask for the same, and the products of both do the same.
    pub fn is_same(&self) -> bool {
        self.asks_the_same() && self.settings.is_empty() && self.targets.iter().all(TargetDiff::is_same)
    }
}

/// Compares two sides.
pub fn diff<'a>(old: &'a Side, new: &'a Side) -> Diff<'a> {
    let sets = |side: &Side| -> BTreeMap<Intent, RequestSet> {
        let set = |(&intent, lines): (&Intent, &Vec<Opening>)| {
            (intent, RequestSet::new(lines.iter().map(|line| &line.pattern)))
        };
        side.lists.iter().map(set).collect()
    };
    let (old_sets, new_sets) = (sets(old), sets(new));
    let intents = Intent::ALL
        .into_iter()
        .map(|intent| {
            let (closed, covered) =
                changes(old.list(intent), new.list(intent), &new_sets[&intent], new, intent);
            let (opened, reworded) =
                changes(new.list(intent), old.list(intent), &old_sets[&intent], old, intent);
            let mut list = ListDiff { opened, closed, reworded, covered, ..ListDiff::default() };
            for (before, after) in both(old.list(intent), new.list(intent)) {
                list.same += 1;
                list.moved += usize::from(before.places != after.places);
            }
            (intent, list)
        })
        .collect();
    let newly_left_out = newly_left_out(old, new);
    let before: BTreeSet<&Unread> = old.unread.iter().collect();
    let newly_unread = new.unread.iter().filter(|own| !before.contains(own)).collect();
    let restated = both(old.list(Intent::Allow), new.list(Intent::Allow)).filter_map(restated).collect();
    // Products are often blind to ports and schemes, of which `compile` tells.
    let asked: BTreeMap<Intent, RequestSet> = new
        .lists
        .iter()
        .map(|(&intent, lines)| {
            let hosts = lines.iter().map(|line| RequestPattern::any_service(line.pattern.host.clone()));
            (intent, RequestSet::new(&hosts.collect::<Vec<_>>()))
        })
        .collect();
    let targets = targets(old, new, &asked);
    let both: BTreeSet<&str> =
        targets.iter().filter(|own| own.presence == Presence::Both).map(|own| own.target).collect();
    let settings = settings::changes(&old.settings, &new.settings, &both);
    Diff { old, new, intents, restated, newly_left_out, newly_unread, targets, settings }
}

/// The products of either side. Where one side is looked at without products, nothing is said of them.
fn targets<'s>(old: &'s Side, new: &'s Side, asked: &BTreeMap<Intent, RequestSet>) -> Vec<TargetDiff> {
    if old.means.is_empty() || new.means.is_empty() {
        return Vec::new();
    }
    let ids = emit::ALL.iter().map(|emitter| emitter.id());
    ids.filter_map(|target| {
        let of = |side: &'s Side| side.means.iter().find(|(own, _)| *own == target).map(|(_, lists)| lists);
        let (before, after) = (of(old), of(new));
        let presence = match (before, after) {
            (Some(_), Some(_)) => Presence::Both,
            (None, Some(_)) => Presence::New,
            (Some(_), None) => Presence::Old,
            (None, None) => return None,
        };
        let lists: BTreeSet<Intent> =
            [before, after].into_iter().flatten().flat_map(|lists| lists.keys().copied()).collect();
        let lists = lists.into_iter().map(|intent| {
            let means = |lists: Option<&'s BTreeMap<Intent, Vec<RequestPattern>>>| {
                lists.and_then(|own| own.get(&intent)).map_or(&[][..], Vec::as_slice)
            };
            (intent, target_list(means(before), means(after), &asked[&intent], new.list(intent)))
        });
        Some(TargetDiff { target, presence, intents: lists.collect() })
    })
    .collect()
}

fn newly_left_out<'a>(old: &Side, new: &'a Side) -> Vec<(&'a LeftOut, Vec<Intent>)> {
    let mut found: BTreeMap<(&RequestPattern, Code), (&LeftOut, Vec<Intent>)> = BTreeMap::new();
    for (&intent, lines) in &new.left_out {
        let before: BTreeSet<&RequestPattern> =
            old.left_out.get(&intent).into_iter().flatten().map(|own| &own.opening.pattern).collect();
        for own in lines.iter().filter(|own| !before.contains(&own.opening.pattern)) {
            found.entry((&own.opening.pattern, own.code)).or_insert((own, Vec::new())).1.push(intent);
        }
    }
    found.into_values().collect()
}

/// Lines that both have, by pattern. Either is sorted.
fn both<'a>(old: &'a [Opening], new: &'a [Opening]) -> impl Iterator<Item = (&'a Opening, &'a Opening)> {
    old.iter().filter_map(|line| {
        let at = new.binary_search_by(|own| own.pattern.cmp(&line.pattern)).ok()?;
        Some((line, &new[at]))
    })
}

fn restated<'a>((old, new): (&'a Opening, &'a Opening)) -> Option<Restated<'a>> {
    let mut facts = Vec::new();
    if old.requirement != new.requirement {
        facts.push(Fact::Requirement);
    }
    // What only one side says is no change of it.
    if old.geography.is_some() && new.geography.is_some() && old.geography != new.geography {
        facts.push(Fact::Geography);
    }
    let is_stated = |own: &Opening| own.platforms != Platforms::NotStated;
    if is_stated(old) && is_stated(new) && old.platforms != new.platforms {
        facts.push(Fact::Platforms);
    }
    (!facts.is_empty()).then_some(Restated { old, new, facts })
}

/// The lines of `own` that the other side, whose lines and set are given, does not let through whole, and those that it lets
/// through by other lines.
fn changes<'a>(
    own: &'a [Opening],
    other: &'a [Opening],
    set: &RequestSet,
    other_side: &Side,
    intent: Intent,
) -> (Vec<Change<'a>>, Vec<Reworded<'a>>) {
    let is_new = |line: &&Opening| other.binary_search_by(|own| own.pattern.cmp(&line.pattern)).is_err();
    let candidates: Vec<&Opening> = own.iter().filter(is_new).collect();
    if candidates.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let beside = beside(&candidates, other);
    let absence = Absence::new(other_side, intent);
    let (mut changes, mut reworded) = (Vec::new(), Vec::new());
    for (opening, beside) in candidates.into_iter().zip(beside) {
        let from: Vec<RequestPattern> = beside.iter().map(|own| own.pattern.clone()).collect();
        let witnesses = deviations(std::slice::from_ref(&opening.pattern), &from, set);
        match witnesses.first() {
            Some((_, first)) => {
                let why = absence.why(first);
                changes.push(Change { opening, witnesses, beside, why });
            }
            None => reworded.push(Reworded { opening, by: beside }),
        }
    }
    (changes, reworded)
}

/// For each line, the other side's lines that it shares hosts with, in their order.
fn beside<'a>(lines: &[&Opening], other: &'a [Opening]) -> Vec<Vec<&'a Opening>> {
    let mut around = HostIndex::new();
    for (at, line) in other.iter().enumerate() {
        around.insert(line.pattern.host.clone(), at);
    }
    let mut found: Vec<Vec<usize>> = lines
        .iter()
        .map(|line| around.covering_candidates(&line.pattern.host).map(|(_, &at)| at).collect())
        .collect();
    let mut own = HostIndex::new();
    for (at, line) in lines.iter().enumerate() {
        own.insert(line.pattern.host.clone(), at);
    }
    for (at, line) in other.iter().enumerate() {
        for (_, &wider) in own.covering_candidates(&line.pattern.host) {
            found[wider].push(at);
        }
    }
    found
        .into_iter()
        .map(|mut places| {
            places.sort_unstable();
            places.dedup();
            places.into_iter().map(|at| &other[at]).collect()
        })
        .collect()
}

/// Why a side does not let a request through.
struct Absence<'a> {
    left_out: HostIndex<&'a LeftOut>,
    unselected: HostIndex<&'a RequestPattern>,
}

impl<'a> Absence<'a> {
    fn new(side: &'a Side, intent: Intent) -> Self {
        let mut own = Self { left_out: HostIndex::new(), unselected: HostIndex::new() };
        for left_out in side.left_out.get(&intent).into_iter().flatten() {
            own.left_out.insert(left_out.opening.pattern.host.clone(), left_out);
        }
        for pattern in &side.unselected {
            own.unselected.insert(pattern.host.clone(), pattern);
        }
        own
    }

    fn why(&self, request: &Request) -> Why {
        let mut left_out = self.left_out.matching(&request.host);
        if let Some(own) = left_out.find(|own| own.opening.pattern.matches(request)) {
            return Why::LeftOut(own.code);
        }
        match self.unselected.matching(&request.host).any(|pattern| pattern.matches(request)) {
            true => Why::NotSelected,
            false => Why::NotStated,
        }
    }
}

/// What a list of a product means, before and after. `asked` are the hosts of the new policy, with
/// every service, and `lines` its lines.
fn target_list(
    before: &[RequestPattern],
    after: &[RequestPattern],
    asked: &RequestSet,
    lines: &[Opening],
) -> TargetListDiff {
    let (old, new) = (RequestSet::new(before), RequestSet::new(after));
    let outside = |pattern: &RequestPattern, set: &RequestSet| {
        deviations(std::slice::from_ref(pattern), &[], set).into_iter().next().map(|(_, request)| request)
    };
    let leaving = |of: &[RequestPattern], other: &[RequestPattern], set: &RequestSet| {
        let is_new = |pattern: &&RequestPattern| other.binary_search(pattern).is_err();
        let found =
            of.iter().filter(is_new).filter_map(|pattern| Some((pattern.clone(), outside(pattern, set)?)));
        found.collect::<Vec<_>>()
    };
    let opened = leaving(after, before, &old);
    let beyond = match opened.is_empty() {
        true => Vec::new(),
        false => leaving(after, before, &old.union(asked)),
    };
    let closed = leaving(before, after, &new);
    let lost = match closed.is_empty() {
        true => Vec::new(),
        false => {
            let lost = lines.iter().filter_map(|line| {
                let request = outside(&line.pattern, &new)?;
                outside(&line.pattern, &old).is_none().then(|| (line.pattern.clone(), request))
            });
            lost.collect()
        }
    };
    TargetListDiff { opened, closed, beyond, lost }
}
