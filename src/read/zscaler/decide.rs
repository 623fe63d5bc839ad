//! What the rules decide together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Zscaler;
use super::category::{Category, Entry};
use super::rule::{Rule, RuleKind};
use super::url::{Url, Use};
use crate::model::{HostPattern, Intent, RequestPattern, Scheme, Schemes};
use crate::read::{Item, Place, Reading, Rulebase, Ruling, Trouble, TroubleKind};
use crate::text;

/// Characters of a text in a message.
const SHOWN: usize = 60;

/// What a rule is for.
#[derive(Debug)]
pub(super) enum Scope {
    /// Every URL.
    Everything,
    /// These of the categories.
    Categories(Vec<usize>),
}

/// What counts of the rules that are disabled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disabled {
    /// Nothing, as in the product.
    Skipped,
    /// All, as if somebody had enabled them.
    Counted,
}

/// What a rule says beside what it matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleFacts<'z> {
    /// Which list it belongs to.
    pub kind: RuleKind,
    /// Where it stands.
    pub place: &'z Place,
    /// What it is called.
    pub name: &'z str,
    /// Its place in its list, from 1; the default rule has none.
    pub order: Option<u32>,
    /// Whether it is enforced.
    pub is_enabled: bool,
    /// Whether it is for some clients alone.
    pub is_limited: bool,
}

/// The URLs that alone decide about an intent, in their order: what they mean is a matter of their texts.
#[derive(PartialEq, Eq, Debug)]
pub struct UrlList<'z>(Vec<&'z Url>);

impl UrlList<'_> {
    /// What is not inspected where these URLs are exempted, and those of `others` are not inspected anyway.
    pub fn exempt_from_inspection(&self, others: Option<&Self>) -> Vec<RequestPattern> {
        let others: HashSet<&Url> = others.iter().flat_map(|others| &others.0).copied().collect();
        let own = self.0.iter().filter(|url| !others.contains(*url));
        own.flat_map(|url| url.patterns(Use::Connections)).collect()
    }
}

impl Zscaler {
    /// Puts the rules in their order and finds what they are for; tells of what does not fit together.
    pub(super) fn settle(&mut self) {
        self.rules.sort_by_key(|rule| (rule.kind, rule.order.unwrap_or(u32::MAX)));
        let mut troubles = Vec::new();
        let mut tell = |place: &Place, kind, what: String| {
            troubles.push(Trouble::new(place.clone(), kind, what));
        };
        for pair in self.rules.windows(2) {
            if pair[0].kind == pair[1].kind && pair[0].order == pair[1].order {
                let what = format!("a rule at the same place of the order as that of {}", pair[0].place);
                tell(&pair[1].place, TroubleKind::NotUnderstood, what);
            }
        }
        let known = known(&self.categories, &mut tell);
        let mut is_named = vec![false; self.categories.len()];
        for rule in &self.rules {
            let Some(mentions) = &rule.categories else {
                self.scopes.push(Scope::Everything);
                continue;
            };
            let mut own = Vec::with_capacity(mentions.len());
            for mention in mentions {
                let shown = text::shown(&mention.category, SHOWN);
                match known.get(&*mention.category) {
                    Some(&category) => {
                        if !self.categories[category].is_custom {
                            let what =
                                format!("what else Zscaler has in the category `{shown}` is not known");
                            tell(&mention.place, TroubleKind::NotUnderstood, what);
                        }
                        is_named[category] = true;
                        own.push(category);
                    }
                    None => {
                        let what = format!("the category `{shown}` is not among these files");
                        tell(&mention.place, TroubleKind::NotUnderstood, what);
                    }
                }
            }
            let entries: Vec<&Entry> = own.iter().flat_map(|&own| &self.categories[own].entries).collect();
            match rule.kind {
                RuleKind::UrlFiltering => paths_alone(&entries, &mut tell),
                RuleKind::SslInspection => paths_unseen(&entries, &mut tell),
            }
            self.scopes.push(Scope::Categories(own));
        }
        for (category, _) in self.categories.iter().zip(is_named).filter(|(_, is_named)| !is_named) {
            let what = "a category that no rule of these files names".to_owned();
            tell(&category.place, TroubleKind::NeverMatches, what);
        }
        if let Some((_, entries)) = &self.exempted {
            paths_alone(&entries.iter().collect::<Vec<_>>(), &mut tell);
        }
        for (&intent, (_, entries)) in &self.lists {
            let entries: Vec<&Entry> = entries.iter().collect();
            match used_for(intent) {
                Use::Requests(_) => paths_alone(&entries, &mut tell),
                Use::Connections => paths_unseen(&entries, &mut tell),
            }
        }
        self.troubles.append(&mut troubles);
        self.troubles.sort();
    }

    /// What the rules say, the exempted URLs and the forwarding PAC file, for the intent that each is for: what none
    /// is for is not granted. Nothing where there is none of these. That exempted URLs are not inspected either is
    /// what [`UrlList::exempt_from_inspection`] says.
    pub fn rulebase(&self, intent: Intent, disabled: Disabled) -> Option<Rulebase> {
        match intent {
            Intent::Allow => self.of_rules(RuleKind::UrlFiltering, disabled),
            Intent::BypassInspection => self.of_rules(RuleKind::SslInspection, disabled),
            Intent::BypassAuthentication => self.exempted.as_ref().map(|(place, entries)| {
                Rulebase::granting(place.clone(), items(entries, used_for(intent)).collect())
            }),
            Intent::Direct => {
                let (place, items) = self.direct.as_ref()?;
                Some(Rulebase::granting(place.clone(), items.clone()))
            }
        }
    }

    /// What a list says that is to be pasted.
    pub fn pasted(&self, intent: Intent) -> Option<Rulebase> {
        let (place, entries) = self.lists.get(&intent)?;
        Some(Rulebase::granting(place.clone(), items(entries, used_for(intent)).collect()))
    }

    /// The URLs of a list that is to be pasted.
    pub fn pasted_urls(&self, intent: Intent) -> Option<UrlList<'_>> {
        let (_, entries) = self.lists.get(&intent)?;
        Some(UrlList(entries.iter().map(|entry| &entry.url).collect()))
    }

    /// The URLs of the one rule that decides about an intent, or the exempted ones, where nothing else does.
    pub fn only_urls(&self, intent: Intent, disabled: Disabled) -> Option<UrlList<'_>> {
        let kind = match intent {
            Intent::Allow => RuleKind::UrlFiltering,
            Intent::BypassInspection => RuleKind::SslInspection,
            Intent::BypassAuthentication => {
                let (_, entries) = self.exempted.as_ref()?;
                return Some(UrlList(entries.iter().map(|entry| &entry.url).collect()));
            }
            Intent::Direct => return None,
        };
        let mut rules = self.effective(kind, disabled);
        let ((rule, Scope::Categories(own)), None) = (rules.next()?, rules.next()) else { return None };
        let categories = || own.iter().map(|&own| &self.categories[own]);
        let is_plain = rule.grants && Use::of(rule) == used_for(intent);
        (is_plain && categories().all(|own| own.networks.is_empty()))
            .then(|| UrlList(categories().flat_map(|own| &own.entries).map(|entry| &entry.url).collect()))
    }

    /// The rules, by list and order.
    pub fn rules(&self) -> impl Iterator<Item = RuleFacts<'_>> {
        self.rules.iter().map(|rule| RuleFacts {
            kind: rule.kind,
            place: &rule.place,
            name: &rule.name,
            order: rule.order,
            is_enabled: rule.is_enabled,
            is_limited: rule.is_limited,
        })
    }

    /// The rules of a list that decide, in their order. A rule for some clients alone refuses nobody for sure.
    fn effective(&self, kind: RuleKind, disabled: Disabled) -> impl Iterator<Item = (&Rule, &Scope)> {
        self.rules.iter().zip(&self.scopes).filter(move |(rule, _)| {
            rule.kind == kind
                && (rule.is_enabled || disabled == Disabled::Counted)
                && (rule.grants || !rule.is_limited)
        })
    }

    fn of_rules(&self, kind: RuleKind, disabled: Disabled) -> Option<Rulebase> {
        self.rules.iter().find(|rule| rule.kind == kind)?;
        let rulings = self.effective(kind, disabled).map(|(rule, scope)| {
            let used = Use::of(rule);
            let items = match scope {
                Scope::Everything => everything(rule, used),
                Scope::Categories(own) => {
                    own.iter().flat_map(|&own| category_items(&self.categories[own], used)).collect()
                }
            };
            Ruling { grants: rule.grants, place: rule.place.clone(), items }
        });
        Some(Rulebase { rules: rulings.collect(), otherwise: false })
    }

    /// What is enforced, with what is assumed for it.
    pub(super) fn into_reading(mut self) -> Reading {
        let mut rulebases = BTreeMap::new();
        for intent in Intent::ALL {
            let mut rulebase = self.rulebase(intent, Disabled::Skipped);
            if let Some(rulebase) = &mut rulebase {
                self.assume_the_end(intent, rulebase);
            }
            let mut first = Vec::new();
            if let Some(pasted) = self.pasted(intent) {
                let place = pasted.rules.first().map(|rule| rule.place.clone());
                let what = format!("a list without a rule, taken as the URLs of one for {intent}");
                self.troubles.extend(place.map(|place| Trouble::new(place, TroubleKind::Assumed, what)));
                first.extend(pasted.rules);
            }
            if intent == Intent::BypassInspection
                && let Some((place, entries)) = &self.exempted
            {
                let items = items(entries, Use::Connections).collect();
                first.push(Ruling { grants: true, place: place.clone(), items });
            }
            if !first.is_empty() {
                rulebase.get_or_insert_default().rules.splice(..0, first);
            }
            rulebases.extend(rulebase.map(|rulebase| (intent, rulebase)));
        }
        for rule in self.rules.iter().filter(|rule| !rule.is_enabled) {
            let what = "the rule is disabled, so it decides nothing".to_owned();
            let kind = TroubleKind::NeverMatches;
            self.troubles.push(Trouble::new(rule.place.clone(), kind, what));
        }
        self.troubles.sort();
        Reading { rulebases, troubles: self.troubles }
    }

    /// What happens to what no rule is for, where no rule is for everything.
    fn assume_the_end(&mut self, intent: Intent, rulebase: &mut Rulebase) {
        let (kind, otherwise, what) = match intent {
            Intent::Allow => {
                let what = "what no rule is for is taken for let through, as Zscaler does by itself";
                (RuleKind::UrlFiltering, true, what)
            }
            Intent::BypassInspection => {
                let what = "there is no default rule, so what no rule is for is taken for inspected";
                (RuleKind::SslInspection, false, what)
            }
            Intent::BypassAuthentication | Intent::Direct => return,
        };
        let is_last = |(rule, scope): (&Rule, &Scope)| {
            matches!(scope, Scope::Everything) && Use::of(rule) == used_for(intent)
        };
        if self.effective(kind, Disabled::Skipped).any(is_last) {
            return;
        }
        rulebase.otherwise = otherwise;
        let last = self.rules.iter().rfind(|rule| rule.kind == kind).map(|rule| rule.place.clone());
        let trouble = |place| Trouble::new(place, TroubleKind::Assumed, what);
        self.troubles.extend(last.map(trouble));
    }
}

impl Use {
    fn of(rule: &Rule) -> Self {
        match rule.kind {
            RuleKind::UrlFiltering => Self::Requests(rule.schemes),
            RuleKind::SslInspection => Self::Connections,
        }
    }

    /// Whatever is asked of a host.
    fn any(self, host: HostPattern) -> RequestPattern {
        let schemes = match self {
            Self::Requests(schemes) => schemes,
            Self::Connections => Schemes::only(Scheme::Https),
        };
        RequestPattern { schemes, ..RequestPattern::any_service(host) }
    }
}

/// What URLs of an intent are used for where a list of them is for it alone.
fn used_for(intent: Intent) -> Use {
    match intent {
        Intent::Allow | Intent::BypassAuthentication | Intent::Direct => Use::Requests(Schemes::ANY),
        Intent::BypassInspection => Use::Connections,
    }
}

/// The categories by everything that a rule may call them.
fn known(
    categories: &[Category],
    tell: &mut impl FnMut(&Place, TroubleKind, String),
) -> BTreeMap<String, usize> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (at, category) in categories.iter().enumerate() {
        let mut is_second = category.name.as_ref().is_some_and(|name| !names.insert(name));
        // In Terraform a rule refers; a name alone is not what a rule is given.
        let called = match &category.address {
            Some(address) => vec![format!("{address}.id")],
            None => category.id.iter().chain(&category.name).cloned().collect(),
        };
        for name in called {
            is_second |= known.insert(name, at).is_some_and(|other| other != at);
        }
        if is_second {
            tell(&category.place, TroubleKind::Refused, "a second category of the same name".to_owned());
        }
    }
    known
}

/// Tells of every path that is matched without what is below it.
fn paths_alone(entries: &[&Entry], tell: &mut impl FnMut(&Place, TroubleKind, String)) {
    if !entries.iter().any(|entry| entry.url.has_path()) {
        return;
    }
    let all: HashSet<&Url> = entries.iter().map(|entry| &entry.url).collect();
    for entry in entries {
        if entry.url.below().is_some_and(|below| !all.contains(&below)) {
            let what = "matches that path alone, and is read here with what is below it";
            tell(&entry.place, TroubleKind::Misleading, what.to_owned());
        }
    }
}

/// Tells of every path where only the host is seen.
fn paths_unseen(entries: &[&Entry], tell: &mut impl FnMut(&Place, TroubleKind, String)) {
    for entry in entries.iter().filter(|entry| entry.url.has_path()) {
        let what = "a path, which is not seen before TLS is opened; the whole host is taken";
        tell(&entry.place, TroubleKind::Misleading, what.to_owned());
    }
}

fn items<'e>(entries: impl IntoIterator<Item = &'e Entry>, used: Use) -> impl Iterator<Item = Item> {
    entries.into_iter().flat_map(move |entry| {
        entry.url.patterns(used).map(|pattern| Item { pattern, place: entry.place.clone() })
    })
}

/// Every host, for a rule that names none.
fn everything(rule: &Rule, used: Use) -> Vec<Item> {
    let networks = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
    let hosts = networks.map(HostPattern::Address).into_iter().chain([HostPattern::every_name()]);
    hosts.map(|host| Item { pattern: used.any(host), place: rule.place.clone() }).collect()
}

fn category_items(category: &Category, used: Use) -> impl Iterator<Item = Item> {
    let networks = category.networks.iter().map(move |(network, place)| Item {
        pattern: used.any(HostPattern::Address(*network)),
        place: place.clone(),
    });
    items(&category.entries, used).chain(networks)
}
