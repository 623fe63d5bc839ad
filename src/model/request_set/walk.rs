//! The comparison of three sets, name by name, where names that no pattern tells apart are one.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use foldhash::{HashMap, HashMapExt};

use super::RequestSet;
use super::labels::{self, ClassId, Labels};
use super::services::{ByDimension, Dimension, Service};
use super::values::{Comparison, ValueId, Values};
use crate::model::domain::{DomainError, DomainName, MAX_NAME};
use crate::model::host_trie::{Glob, HostTrie, NodeId};
use crate::model::request::{Host, Request};

/// What is in `of` and neither in `from` nor in `unless`: in each dimension a shortest witness.
///
/// Names come before addresses; the name with the fewest octets wins; the service is the simplest.
pub(super) fn leaving(of: &RequestSet, from: &RequestSet, unless: &RequestSet) -> [Option<Request>; 4] {
    let mut walk = Walk {
        sides: [Side::new(of), Side::new(from), Side::new(unless)],
        comparison: Comparison::new(),
        found: Default::default(),
    };
    let roots =
        std::array::from_fn(|_| Cursor { active: vec![HostTrie::<ValueId>::ROOT], above: ValueId::EMPTY });
    walk.below(&roots, &mut Vec::new(), 0);
    let mut requests = walk.found.map(|found| found.map(|found| request(found.host, found.service)));
    super::addresses::leaving([of, from, unless], &mut walk.comparison, &mut walk.sides, &mut requests);
    requests
}

/// A request to a host.
pub(super) fn request(host: Host, service: Service) -> Request {
    Request { scheme: service.scheme, host, port: service.port, path: service.path }
}

/// One of the three sets, and the common numbers of its values.
pub(super) struct Side<'a> {
    set: &'a RequestSet,
    common: HashMap<ValueId, ValueId>,
}

impl<'a> Side<'a> {
    fn new(set: &'a RequestSet) -> Self {
        Self { set, common: HashMap::new() }
    }

    /// The common number of one of the set's own values.
    pub(super) fn value(&mut self, own: ValueId, values: &mut Values) -> ValueId {
        if own == ValueId::EMPTY {
            return own;
        }
        let set = self.set.values.get(own);
        *self.common.entry(own).or_insert_with(|| values.intern(set.clone()))
    }
}

/// Where the labels read so far lead to in one set.
#[derive(Clone)]
struct Cursor {
    /// The nodes of the name.
    active: Vec<NodeId>,
    /// What the names above give to everything below them.
    above: ValueId,
}

/// A position in all three sets: of, from, unless.
type Position = [Cursor; 3];

/// A witness that no shorter one has replaced yet.
struct Found {
    octets: usize,
    host: Host,
    service: Service,
}

struct Walk<'a> {
    sides: [Side<'a>; 3],
    comparison: Comparison,
    found: [Option<Found>; 4],
}

/// The name of labels, the last one first.
fn name(labels: &[String]) -> Result<DomainName, DomainError> {
    labels.iter().rev().map(String::as_str).collect::<Vec<_>>().join(".").parse()
}

/// How many labels of one class are tried where rules of internationalized names refuse them. These
/// rules look at the first and the last octet, so few labels are enough.
const MOST_NO_NAMES: usize = 4096;

/// Places in a [`Position`].
const OF: usize = 0;
const FROM: usize = 1;
const UNLESS: usize = 2;

impl<'a> Walk<'a> {
    fn trie(&self, side: usize) -> &'a HostTrie<ValueId> {
        &self.sides[side].set.names
    }

    /// What a side gives to every name below the position.
    fn inherited(&mut self, side: usize, cursor: &Cursor) -> ValueId {
        self.united(side, cursor, |trie, node| trie.node(node).below)
    }

    /// What a side gives to the name at the position.
    fn here(&mut self, side: usize, cursor: &Cursor) -> ValueId {
        self.united(side, cursor, |trie, node| trie.node(node).here)
    }

    fn united(
        &mut self,
        side: usize,
        cursor: &Cursor,
        of: impl Fn(&HostTrie<ValueId>, NodeId) -> ValueId,
    ) -> ValueId {
        let trie = self.trie(side);
        let values = self.comparison.values();
        cursor.active.iter().fold(cursor.above, |united, &node| {
            let value = self.sides[side].value(of(trie, node), values);
            values.union(united, value)
        })
    }

    /// Compares all names below a position. `labels` is the name there, its last label first, and
    /// `octets` its length.
    fn below(&mut self, at: &Position, labels: &mut Vec<String>, octets: usize) {
        let inherited: [ValueId; 3] = std::array::from_fn(|side| self.inherited(side, &at[side]));
        let leaving = self.comparison.leaving(inherited);
        let [of, from, unless] = at.each_ref().map(|cursor| !cursor.active.is_empty());
        if !of {
            // Nothing but the same value follows, and what it is compared with only grows.
            if leaving.iter().all(Option::is_none) || !(from || unless) {
                return;
            }
        }
        if !self.could_improve(octets, from, inherited[FROM]) {
            return;
        }
        let step = Step { at, inherited, octets };
        if inherited[OF] != ValueId::EMPTY || self.globs(at, &[OF]).next().is_some() {
            self.other_labels(&step, labels);
            for label in self.literals(at, &[OF, FROM]) {
                let _ = self.enter(&step, label, labels);
            }
        } else {
            for label in self.literals(at, &[OF]) {
                let _ = self.enter(&step, label, labels);
            }
        }
    }

    /// Whether a name one label longer could be a witness that is shorter than those found.
    fn could_improve(&self, octets: usize, from_active: bool, from: ValueId) -> bool {
        let shortest = octets + 2;
        let possible = Dimension::ALL
            .iter()
            .filter(|&&dimension| from_active || (dimension == Dimension::Host) == (from == ValueId::EMPTY));
        shortest <= MAX_NAME
            && possible.into_iter().any(|&dimension| {
                self.found[dimension as usize].as_ref().is_none_or(|found| shortest < found.octets)
            })
    }

    fn literals(&self, at: &Position, sides: &[usize]) -> Vec<&'a str> {
        let nodes = sides.iter().flat_map(|&side| at[side].active.iter().map(move |&node| (side, node)));
        let mut labels: Vec<&str> =
            nodes.flat_map(|(side, node)| self.trie(side).literals(node).map(|(label, _)| label)).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn globs(&self, at: &Position, sides: &[usize]) -> impl Iterator<Item = &'a Glob> {
        let nodes = sides.iter().flat_map(|&side| at[side].active.iter().map(move |&node| (side, node)));
        nodes.flat_map(|(side, node)| self.trie(side).node(node).globs().map(|(glob, _)| glob))
    }

    fn is_literal(&self, side: usize, cursor: &Cursor, label: &str) -> bool {
        cursor.active.iter().any(|&node| self.trie(side).find_literal(node, label).is_some())
    }

    /// Enters one label of every class that the globs tell apart, among the labels that are not
    /// literal in `of` and `from`.
    fn other_labels(&mut self, step: &Step<'_>, labels: &mut Vec<String>) {
        let own;
        let globs: Vec<&Glob> = self.globs(step.at, &[OF, FROM]).collect();
        let near: &Labels<'_> = match labels::known(&globs) {
            Some(known) => known,
            None => {
                own = Labels::new(globs);
                &own
            }
        };
        let mut blurred: BTreeSet<Vec<&Glob>> = BTreeSet::new();
        for class in near.classes() {
            if self.class(step, near, class, true, labels).is_continue() {
                blurred.insert(near.matched(class));
            }
        }
        if blurred.is_empty() {
            return;
        }
        // The globs of the third set may be many, so they come in only where they matter.
        let matters =
            |glob: &&Glob| blurred.iter().any(|class| class.iter().all(|matched| matched.meets(glob)));
        let near: BTreeSet<&Glob> = self.globs(step.at, &[OF, FROM]).collect();
        let all = Labels::new(self.globs(step.at, &[OF, FROM, UNLESS]).filter(matters));
        for class in all.classes() {
            let matched: Vec<&Glob> =
                all.matched(class).into_iter().filter(|glob| near.contains(glob)).collect();
            if blurred.contains(&matched) {
                // Every label of the class leads to the same position, except literal ones.
                let _ = self.class(step, &all, class, false, labels);
            }
        }
    }

    /// Enters the first label of a class that is not literal anywhere, and before it those that are
    /// literal in `unless` alone: they are as short. Longer ones cannot be better, since what `unless`
    /// holds there only takes away.
    ///
    /// `near`: the class is of the globs of `of` and `from` alone, so a label counts for the class only
    /// where no glob of `unless` matches. Continues if no label did.
    fn class(
        &mut self,
        step: &Step<'_>,
        of: &Labels<'_>,
        class: ClassId,
        near: bool,
        labels: &mut Vec<String>,
    ) -> ControlFlow<()> {
        let mut outcome = ControlFlow::Break(());
        let mut no_names = 0;
        of.each(class, &mut |label| {
            let [of, from, unless] =
                [OF, FROM, UNLESS].map(|side| self.is_literal(side, &step.at[side], label));
            if of || from {
                return ControlFlow::Continue(());
            }
            if step.octets + 1 + label.len() > MAX_NAME {
                return ControlFlow::Break(());
            }
            let to = self.step(step, label);
            if self.is_settled(&to) {
                return ControlFlow::Break(());
            }
            if !unless && near && !to[UNLESS].active.is_empty() {
                outcome = ControlFlow::Continue(());
                return ControlFlow::Break(());
            }
            let name = self.enter(step, label, labels).is_continue();
            no_names += usize::from(!name);
            if unless || (!name && no_names < MOST_NO_NAMES) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        outcome
    }

    /// Whether a name and all below it are out of the question, whatever `unless` holds there beyond
    /// what it inherits.
    fn is_settled(&mut self, to: &Position) -> bool {
        let values = [to[OF].above, to[FROM].above, to[UNLESS].above];
        to[OF].active.is_empty() && self.comparison.leaving(values).iter().all(Option::is_none)
    }

    /// The position one label further.
    fn step(&self, step: &Step<'_>, label: &str) -> Position {
        std::array::from_fn(|side| Cursor {
            active: step.at[side]
                .active
                .iter()
                .flat_map(|&node| self.trie(side).children(node, label))
                .collect(),
            above: step.inherited[side],
        })
    }

    /// Compares the name one label further, and all below it. Breaks if that is no name.
    fn enter(&mut self, step: &Step<'_>, label: &str, labels: &mut Vec<String>) -> ControlFlow<()> {
        let octets = if labels.is_empty() { label.len() } else { step.octets + 1 + label.len() };
        if octets > MAX_NAME {
            return ControlFlow::Break(());
        }
        labels.push(label.to_owned());
        // A number is no top-level name. Beside a label that is written from right to left, others may not
        // begin with a digit.
        let may_be_none = labels.len() == 1 || labels.iter().any(|label| label.starts_with("xn--"));
        if may_be_none && name(labels).is_err() {
            labels.pop();
            return ControlFlow::Break(());
        }
        let to = self.step(step, label);
        let here: [ValueId; 3] = std::array::from_fn(|side| self.here(side, &to[side]));
        let leaving = self.comparison.leaving(here);
        self.record(&leaving, labels, octets);
        self.below(&to, labels, octets);
        labels.pop();
        ControlFlow::Continue(())
    }

    fn record(&mut self, leaving: &ByDimension, labels: &[String], octets: usize) {
        for (found, service) in self.found.iter_mut().zip(leaving) {
            let Some(service) = service else { continue };
            if found.as_ref().is_none_or(|found| octets < found.octets) {
                let name = name(labels).expect("internal error: a witness that is no name");
                *found = Some(Found { octets, host: Host::Name(name), service: service.clone() });
            }
        }
    }
}

/// A position, what everything below it inherits, and the octets of its name.
struct Step<'a> {
    at: &'a Position,
    inherited: [ValueId; 3],
    octets: usize,
}
