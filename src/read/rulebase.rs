//! Rules of which the first that matches decides, as most products have them.

use super::Place;
use crate::model::{Host, HostIndex, Request, RequestPattern};

/// One list of rules of a product: who is let through, what is not inspected, and so on.
#[derive(Clone, Debug, Default)]
pub struct Rulebase {
    /// The rules, the first first.
    pub rules: Vec<Ruling>,
    /// Whether a request that no rule matches is granted.
    pub otherwise: bool,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// Whether it grants what the list is about (lets through, exempts) or refuses it.
    pub grants: bool,
    /// Where the rule stands.
    pub place: Place,
    /// What it matches: any of these.
    pub items: Vec<Item>,
}

/// Something that a rule matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The requests.
    pub pattern: RequestPattern,
    /// Where the entry stands that says so.
    pub place: Place,
}

/// The rules that match one host, for many questions about it.
#[derive(Debug)]
pub struct AtHost<'r> {
    rulebase: &'r Rulebase,
    /// Place of the rule among all, and what it matches there.
    matching: Vec<(usize, &'r Item)>,
}

/// The rules by the hosts that they match.
#[derive(Debug)]
pub struct Index<'r> {
    rulebase: &'r Rulebase,
    by_host: HostIndex<(usize, &'r Item)>,
}

impl Rulebase {
    /// Rules that only grant, in one list.
    pub fn granting(place: Place, items: Vec<Item>) -> Self {
        Self { rules: vec![Ruling { grants: true, place, items }], otherwise: false }
    }

    /// Everything that a decision may depend on.
    pub fn patterns(&self) -> impl Iterator<Item = &RequestPattern> {
        self.items().map(|item| &item.pattern)
    }

    /// What the rules match, in their order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.rules.iter().flat_map(|rule| &rule.items)
    }

    /// What is granted, if that is what the granting rules match together: where nothing is refused before
    /// something is granted, and nothing is granted otherwise. Sorted, without repeats.
    pub fn granted(&self) -> Option<Vec<RequestPattern>> {
        let granting = self.rules.iter().take_while(|rule| rule.grants).count();
        if self.otherwise || self.rules[granting..].iter().any(|rule| rule.grants) {
            return None;
        }
        let items = self.rules[..granting].iter().flat_map(|rule| &rule.items);
        let mut granted: Vec<RequestPattern> = items.map(|item| item.pattern.clone()).collect();
        granted.sort_unstable();
        granted.dedup();
        Some(granted)
    }

    /// The rules, to be asked.
    pub fn index(&self) -> Index<'_> {
        let mut by_host = HostIndex::new();
        for (at, rule) in self.rules.iter().enumerate() {
            for item in &rule.items {
                by_host.insert(item.pattern.host.clone(), (at, item));
            }
        }
        Index { rulebase: self, by_host }
    }
}

impl<'r> Index<'r> {
    /// What is decided about a host.
    pub fn at(&self, host: &Host) -> AtHost<'r> {
        let mut matching: Vec<(usize, &Item)> = self.by_host.matching(host).copied().collect();
        matching.sort_by_key(|&(rule, _)| rule);
        AtHost { rulebase: self.rulebase, matching }
    }
}

impl<'r> AtHost<'r> {
    /// Whether a request to the host is granted.
    pub fn grants(&self, request: &Request) -> bool {
        self.first(request).map_or(self.rulebase.otherwise, |(rule, _)| rule.grants)
    }

    /// The rule that decides about a request to the host, with what of it matches; nothing where none does.
    pub fn first(&self, request: &Request) -> Option<(&'r Ruling, &'r Item)> {
        let (rule, item) = self.matching.iter().find(|(_, item)| item.pattern.serves(request))?;
        Some((&self.rulebase.rules[*rule], item))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn rule(grants: bool, line: u32, patterns: &[&str]) -> Ruling {
        let place = Place::new(&Arc::from("rules"), line);
        let item = |text: &&str| Item {
            pattern: RequestPattern::any_service(text.parse().unwrap()),
            place: place.clone(),
        };
        Ruling { grants, items: patterns.iter().map(item).collect(), place }
    }

    fn grants(rulebase: &Rulebase, url: &str) -> bool {
        let request: Request = url.parse().unwrap();
        rulebase.index().at(&request.host).grants(&request)
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = vec![
            rule(false, 1, &["bad.example.com"]),
            rule(true, 2, &["*.example.com"]),
            rule(false, 3, &["*.com"]),
        ];
        let mut rulebase = Rulebase { rules, otherwise: false };
        assert!(!grants(&rulebase, "https://bad.example.com/"));
        assert!(grants(&rulebase, "https://good.example.com/"));
        assert!(!grants(&rulebase, "https://other.com/") && !grants(&rulebase, "https://other.test/"));
        rulebase.otherwise = true;
        assert!(!grants(&rulebase, "https://other.com/") && grants(&rulebase, "https://other.test/"));
    }

    #[test]
    fn what_is_granted_is_told_only_where_nothing_is_refused_before() {
        let mut rulebase = Rulebase::default();
        assert_eq!(rulebase.granted().as_deref(), Some(&[][..]));
        rulebase.rules = vec![
            rule(true, 1, &["b.test", "a.test"]),
            rule(true, 2, &["a.test"]),
            rule(false, 3, &["*.test"]),
        ];
        let granted: Vec<String> =
            rulebase.granted().unwrap().iter().map(|own| own.host.to_string()).collect();
        assert_eq!(granted, ["a.test", "b.test"]);
        rulebase.rules.swap(1, 2);
        assert_eq!(rulebase.granted(), None);
        rulebase.rules.swap(1, 2);
        rulebase.otherwise = true;
        assert_eq!(rulebase.granted(), None);
    }
}
