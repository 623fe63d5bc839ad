//! Service sets by number, so that equal sets are compared once.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::services::{ByDimension, ServiceSet};

/// The number of a service set in one [`Values`]. The default is the empty set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct ValueId(u32);

impl ValueId {
    /// The set without a member.
    pub(super) const EMPTY: Self = Self(0);
}

/// Service sets, each with one number. Maps are looked up in and never iterated over, so their order
/// does not show.
#[derive(Clone, Debug)]
pub(super) struct Values {
    sets: Vec<Arc<ServiceSet>>,
    ids: HashMap<Arc<ServiceSet>, ValueId>,
    unions: HashMap<(ValueId, ValueId), ValueId>,
}

impl Values {
    /// The empty set alone.
    pub(super) fn new() -> Self {
        let mut values = Self { sets: Vec::new(), ids: HashMap::new(), unions: HashMap::new() };
        values.intern(Arc::default());
        values
    }

    /// The set of a number.
    pub(super) fn get(&self, id: ValueId) -> &Arc<ServiceSet> {
        &self.sets[id.0 as usize]
    }

    /// The number of a set.
    pub(super) fn intern(&mut self, set: Arc<ServiceSet>) -> ValueId {
        if let Some(&id) = self.ids.get(&set) {
            return id;
        }
        let id = ValueId(u32::try_from(self.sets.len()).expect("internal error: over 2^32 service sets"));
        self.sets.push(Arc::clone(&set));
        self.ids.insert(set, id);
        id
    }

    /// The number of the union of two.
    pub(super) fn union(&mut self, a: ValueId, b: ValueId) -> ValueId {
        if a == b || b == ValueId::EMPTY {
            return a;
        }
        if a == ValueId::EMPTY {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(&id) = self.unions.get(&key) {
            return id;
        }
        let id = self.intern(Arc::new(self.get(a).union(self.get(b))));
        self.unions.insert(key, id);
        id
    }
}

/// The values of several sets under common numbers, and what is left of one without others.
pub(super) struct Comparison {
    values: Values,
    leaving: HashMap<[ValueId; 3], Arc<ByDimension>>,
    nothing: Arc<ByDimension>,
}

impl Comparison {
    /// No values yet.
    pub(super) fn new() -> Self {
        Self { values: Values::new(), leaving: HashMap::new(), nothing: Arc::default() }
    }

    /// The common numbers.
    pub(super) fn values(&mut self) -> &mut Values {
        &mut self.values
    }

    /// [`ServiceSet::leaving`] of `[of, from, unless]`.
    pub(super) fn leaving(&mut self, sets: [ValueId; 3]) -> Arc<ByDimension> {
        let [of, from, unless] = sets;
        if of == ValueId::EMPTY || of == from || of == unless {
            return Arc::clone(&self.nothing);
        }
        let values = &self.values;
        let leaving = self
            .leaving
            .entry(sets)
            .or_insert_with(|| Arc::new(values.get(of).leaving(values.get(from), values.get(unless))));
        Arc::clone(leaving)
    }
}
