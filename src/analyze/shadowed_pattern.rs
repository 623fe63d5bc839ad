//! `shadowed-pattern`.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt, HashSet};

use super::{Context, Lint, MOST, more};
use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{Endpoint, Intent, RequestPattern};
use crate::source::SourceId;

/// What another rule lets through anyway: a finding for each rule that covers something.
///
/// Within one list that is the vendor's way of writing, so those findings are there only where the profile raises
/// them. What the user added beside a list is another matter.
pub(super) struct ShadowedPattern;

/// The patterns that one rule covers, each with its place.
type Shadowed<'a> = BTreeMap<&'a RequestPattern, Place>;

impl Lint for ShadowedPattern {
    fn code(&self) -> Code {
        Code::ShadowedPattern
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let rules = cx.policy.rules(Intent::Allow);
        let index = cx.policy.index(Intent::Allow);
        let own: HashSet<&RequestPattern> = rules.iter().map(|rule| &rule.pattern).collect();
        let mut named_by: HashMap<&RequestPattern, BTreeSet<SourceId>> =
            HashMap::with_capacity(cx.selected.len());
        for endpoint in cx.selected {
            named_by.entry(&endpoint.pattern.value).or_default().extend(cx.source_of(endpoint));
        }
        let coverer = |pattern: &RequestPattern, is_include: bool| {
            index.covering_candidates(&pattern.host).map(|(_, &at)| at).find(|&at| {
                let own = &rules[at].pattern;
                // A host that is added although a list has it is superfluous as well.
                own.covers(pattern) && (own != pattern || (is_include && named_by.contains_key(pattern)))
            })
        };
        let mut added: BTreeMap<usize, Shadowed<'_>> = BTreeMap::new();
        let mut within: BTreeMap<usize, Shadowed<'_>> = BTreeMap::new();
        for endpoint in cx.included {
            let pattern = &endpoint.pattern.value;
            if let Some(at) = coverer(pattern, true) {
                added.entry(at).or_default().insert(pattern, cx.place_of_include(&pattern.host));
            }
        }
        for endpoint in cx.selected {
            let pattern = &endpoint.pattern.value;
            let Some(cell) = endpoint.pattern.from.first() else { continue };
            // No rule covers another.
            if own.contains(pattern) {
                continue;
            }
            let Some(at) = coverer(pattern, false) else { continue };
            let is_elsewhere = named_by.get(&rules[at].pattern).is_some_and(|by| !by.contains(&cell.source));
            let list = if cx.is_own(endpoint) && is_elsewhere { &mut added } else { &mut within };
            list.entry(at).or_default().entry(pattern).or_insert_with(|| cell.clone().into());
        }
        let instead = "remove it, unless the wider one is to go";
        let mut tell = |list, level, help| {
            finding_each(list, &|at: usize| &rules[at].pattern, level, help).for_each(&mut *report);
        };
        tell(added, Level::Warn, instead);
        tell(within, Level::Allow, "nothing to do: where the wider one is held, it is a rule of its own");
    }
}

/// A finding for each rule, at the first of the patterns that it covers.
fn finding_each<'a>(
    list: BTreeMap<usize, Shadowed<'a>>,
    rule: &dyn Fn(usize) -> &'a RequestPattern,
    level: Level,
    help: &str,
) -> impl Iterator<Item = Diagnostic> {
    list.into_iter().filter_map(move |(at, shadowed)| {
        let coverer = rule(at);
        let (first, place) = shadowed.first_key_value()?;
        let message = match shadowed.len() {
            1 if *first == coverer => format!("`{coverer}` is let through by a list anyway"),
            1 => format!("`{first}` is covered by `{coverer}`"),
            many => format!("`{coverer}` covers {many} others, such as `{first}`"),
        };
        let label = "changes nothing in what is let through";
        let mut finding =
            Diagnostic::new(Code::ShadowedPattern, message, place.clone(), label).at_level(level);
        if shadowed.len() > 1 {
            let names = shadowed.keys().take(MOST).map(|pattern| format!("`{pattern}`")).collect();
            finding = finding.note(format!("covered: {}", more(names, shadowed.len())));
        }
        Some(finding.help(help))
    })
}
