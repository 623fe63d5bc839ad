//! The part of a host pattern that lies at or below a name.

use super::{HostPattern, LabelPattern};
use crate::model::domain::DomainName;

impl HostPattern {
    /// The hosts of this pattern that are `name` or lie below it; nothing where there are none.
    #[must_use]
    pub fn within(&self, name: &DomainName) -> Option<Self> {
        let is_inside = |own: &DomainName| own == name || own.is_below(name);
        let all = || self.clone();
        let subtree = || Self::Subtree(name.clone());
        match self {
            Self::Exact(own) => is_inside(own).then(all),
            Self::Subtree(own) | Self::Descendants(own) => {
                if is_inside(own) {
                    Some(all())
                } else {
                    name.is_below(own).then(subtree)
                }
            }
            Self::TextSuffix(suffix) => {
                if is_inside(suffix.parent()) {
                    Some(all())
                } else {
                    suffix.matches(name).then(subtree)
                }
            }
            Self::LabelGlob(glob) => {
                let beyond = glob.labels().len().checked_sub(name.label_count())?;
                let mut ends = glob.labels().iter().rev().zip(name.labels_from_right());
                if !ends.all(|(own, label)| own.matches(label)) {
                    return None;
                }
                if beyond == 0 {
                    return Some(Self::Exact(name.clone()));
                }
                // The labels in front may all be literal.
                if glob.labels()[..beyond].iter().all(|label| matches!(label, LabelPattern::Literal(_))) {
                    let front: Vec<String> =
                        glob.labels()[..beyond].iter().map(ToString::to_string).collect();
                    return format!("{}.{name}", front.join(".")).parse().ok().map(Self::Exact);
                }
                glob.below(name).map(Self::LabelGlob)
            }
            Self::Address(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::samples::{host_pattern, hosts};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn within_a_name_are_the_hosts_at_and_below_it(
            pattern in host_pattern(), scope in host_pattern().prop_filter_map("a name", |scope| scope.anchor())
        ) {
            let within = pattern.within(&scope);
            let subtree = HostPattern::Subtree(scope);
            for host in hosts() {
                let want = pattern.matches(&host) && subtree.matches(&host);
                prop_assert_eq!(within.as_ref().is_some_and(|p| p.matches(&host)), want, "{:?}", host);
            }
        }
    }
}
