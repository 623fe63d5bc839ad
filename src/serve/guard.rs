//! Whether a new version may take the place of the one that is served.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Why a new version looks like an accident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Suspicion {
    /// Nothing is let through.
    Empty,
    /// Something has fewer than half of its rules.
    Shrunken {
        /// `intent allow`, `target squid`.
        what: String,
        /// Rules that are served.
        before: u64,
        /// Rules that would be.
        after: u64,
    },
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing would be let through"),
            Self::Shrunken { what, before, after } => {
                write!(f, "{what} would shrink from {before} to {after} rules, by more than half")
            }
        }
    }
}

/// Rules by intent and by target.
pub type Counts = BTreeMap<String, u64>;

/// What speaks against a new version. `before` is nothing where none is served yet. The bounds are those of
/// `thruway compile`: half of the rules. A target that the profile no longer names somebody has taken out of it; an
/// intent without rules is an empty list.
pub fn suspicion(before: Option<&Counts>, after: &Counts) -> Option<Suspicion> {
    if after.get("intent allow").copied().unwrap_or(0) == 0 {
        return Some(Suspicion::Empty);
    }
    before?.iter().find_map(|(what, &before)| {
        let after = match after.get(what) {
            Some(&after) => after,
            None if what.starts_with("target ") => return None,
            None => 0,
        };
        (after * 2 < before).then(|| Suspicion::Shrunken { what: what.clone(), before, after })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> Counts {
        counts.iter().map(|&(what, count)| (what.to_owned(), count)).collect()
    }

    #[test]
    fn half_is_enough_and_less_is_an_accident() {
        let served = counts(&[("intent allow", 10), ("intent bypass-inspection", 3), ("target squid", 10)]);
        let with = |changes: &[(&str, u64)]| {
            let mut new = served.clone();
            new.extend(counts(changes));
            suspicion(Some(&served), &new)
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("intent allow", 5)]), None);
        assert!(matches!(
            with(&[("intent allow", 4)]),
            Some(Suspicion::Shrunken { before: 10, after: 4, .. })
        ));
        assert_eq!(with(&[("intent allow", 0)]), Some(Suspicion::Empty));
        assert!(with(&[("intent bypass-inspection", 1)]).is_some(), "one list of several");
        assert_eq!(suspicion(None, &counts(&[("intent allow", 1)])), None);
        assert_eq!(suspicion(None, &counts(&[])), Some(Suspicion::Empty));
    }

    #[test]
    fn a_target_that_the_profile_gave_up_may_go_and_an_intent_may_not() {
        let served = counts(&[("intent allow", 10), ("intent direct", 1), ("target squid", 10)]);
        assert_eq!(suspicion(Some(&served), &counts(&[("intent allow", 10), ("intent direct", 1)])), None);
        assert!(suspicion(Some(&served), &counts(&[("intent allow", 10), ("target squid", 10)])).is_some());
    }
}
