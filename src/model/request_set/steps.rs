//! Functions that change at finitely many keys: the one shape of sets of paths, ports and addresses.

use std::cmp::Ordering;

/// A function of an ordered key: the default before the first key, and each value from its key up to
/// the next key.
///
/// Invariant: keys ascend, neighbouring values differ, and the first is not the default, so equal
/// functions are equal values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Steps<K, V>(Vec<(K, V)>);

impl<K, V> Default for Steps<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone, V: PartialEq + Default + Clone> Steps<K, V> {
    /// `value` from `low` up to and without `end`, or to the end of all keys.
    pub(super) fn span(low: K, end: Option<K>, value: V) -> Self {
        let mut steps = Self::default();
        steps.push(low, value);
        if let Some(end) = end {
            steps.push(end, V::default());
        }
        steps
    }

    /// Whether the function is the default everywhere.
    pub(super) fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// The value at a key. Nothing stands for the default.
    pub(super) fn at<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let after = self.0.partition_point(|(start, _)| start.borrow() <= key);
        after.checked_sub(1).map(|at| &self.0[at].1)
    }

    /// The first key behind `key` at which the value changes.
    pub(super) fn change_after(&self, key: &K) -> Option<&K> {
        self.0.get(self.0.partition_point(|(start, _)| start <= key)).map(|(start, _)| start)
    }

    /// The spans whose value is not the default: first key, first key behind, value.
    pub(super) fn spans(&self) -> impl Iterator<Item = (&K, Option<&K>, &V)> {
        self.0
            .iter()
            .enumerate()
            .map(|(at, (start, value))| (start, self.0.get(at + 1).map(|(end, _)| end), value))
            .filter(|(_, _, value)| **value != V::default())
    }

    /// The two functions, value by value.
    pub(super) fn zip<W, X>(&self, other: &Steps<K, W>, mut of: impl FnMut(&V, &W) -> X) -> Steps<K, X>
    where
        W: PartialEq + Default + Clone,
        X: PartialEq + Default + Clone,
    {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut value, mut other_value) = (&V::default(), &W::default());
        let mut zipped = Steps::default();
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return zipped,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((key, _)), Some((other_key, _))) => key.cmp(other_key),
            };
            let mut key = None;
            if order.is_le()
                && let Some((start, next)) = left.next()
            {
                (key, value) = (Some(start), next);
            }
            if order.is_ge()
                && let Some((start, next)) = right.next()
            {
                (key, other_value) = (Some(start), next);
            }
            let key = key.expect("internal error: a step without a key");
            zipped.push(key.clone(), of(value, other_value));
        }
    }

    /// Lets the function be `value` from `key` on. Keys come in ascending order; the last value of a
    /// key counts.
    pub(super) fn push(&mut self, key: K, value: V) {
        self.0.pop_if(|(last, _)| *last == key);
        let unchanged = match self.0.last() {
            Some((_, last)) => *last == value,
            None => value == V::default(),
        };
        if !unchanged {
            self.0.push((key, value));
        }
    }
}
