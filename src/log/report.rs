//! What a tally says of a policy, for people and programs: by endpoint, by category and by service.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tally::{OfRule, Tally};
use crate::opening::Opening;

/// By what endpoints are taken together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    /// The vendor's category.
    Category,
    /// The vendor's service.
    Service,
}

/// Rules that are counted together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// By what.
    pub by: By,
    /// Its name, as the source writes it.
    pub name: Arc<str>,
    /// The rules, by number.
    pub rules: Vec<u32>,
}

/// The categories and services of rules, by name. A rule may be of several, and of none.
pub fn groups(openings: &[Opening]) -> Vec<Group> {
    let mut groups: BTreeMap<(By, &Arc<str>), Vec<u32>> = BTreeMap::new();
    for (rule, opening) in (0..).zip(openings) {
        let categories = opening.categories.iter().map(|name| (By::Category, name));
        for key in categories.chain(opening.services.iter().map(|name| (By::Service, name))) {
            groups.entry(key).or_default().push(rule);
        }
    }
    groups.into_iter().map(|((by, name), rules)| Group { by, name: name.clone(), rules }).collect()
}

/// A rule of the allowlist with what its sources and the log say of it.
#[derive(Clone, Copy, Debug)]
pub struct Used<'a> {
    /// The rule.
    pub opening: &'a Opening,
    /// What was counted.
    pub of_log: &'a OfRule,
}

/// A category or a service with what the log says of it.
#[derive(Clone, Debug)]
pub struct OfGroup<'a> {
    /// Its rules.
    pub group: &'a Group,
    /// How many of them are in the log.
    pub seen: usize,
    /// What was counted, each request once.
    pub of_log: OfRule,
}

/// Every rule, in the order of the policy.
pub fn used<'a>(openings: &'a [Opening], tally: &'a Tally) -> Vec<Used<'a>> {
    openings.iter().zip(&tally.rules).map(|(opening, of_log)| Used { opening, of_log }).collect()
}

/// Every group, in the order in which [`Rules::grouped`](super::Rules::grouped) has them.
pub fn of_groups<'a>(groups: &'a [Group], tally: &Tally) -> Vec<OfGroup<'a>> {
    let of = |(at, group): (usize, &'a Group)| OfGroup {
        group,
        seen: group.rules.iter().filter(|rule| tally.rules[**rule as usize].requests > 0).count(),
        of_log: tally.of_group(at, &group.rules),
    };
    groups.iter().enumerate().map(of).collect()
}

/// How many days a log covers, from its first record to its last, counted up.
pub fn days(tally: &Tally) -> u64 {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    tally.span.map_or(0, |(first, last)| last.abs_diff(first).div_ceil(DAY))
}
