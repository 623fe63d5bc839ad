//! What a plan says against what was read.

use super::MOST;
use crate::model::{
    DomainName, GroupedIndex, Host, HostIndex, HostPattern, Intent, PathPattern, Ports, Request,
    RequestPattern, RequestSet, Schemes, boundary_requests_by_host,
};
use crate::plan::{IntentPlan, Plan};
use crate::read::Rulebase;

/// Where the rules that were read for an intent do not grant what is meant: a few, each with a request.
///
/// `meant` is sorted, as a plan has it.
pub(super) fn differences(intent: Intent, meant: &[RequestPattern], read: &Rulebase) -> Vec<String> {
    let Some(granted) = read.granted() else { return by_asking(intent, meant, read) };
    if granted == meant || Joined::of(&granted) == Joined::of(meant) {
        return Vec::new();
    }
    let (meant, granted) = (RequestSet::new(meant), RequestSet::new(&granted));
    let wider = granted.witness_outside(&meant).map(|request| said(intent, &request, true));
    let narrower = meant.witness_outside(&granted).map(|request| said(intent, &request, false));
    wider.into_iter().chain(narrower).collect()
}

/// Patterns with the forms of one name as one: a name and what is below it are a subtree. Equal ones mean the
/// same, and most lists that mean the same are equal, so that no set is made.
#[derive(PartialEq, Eq)]
struct Joined<'p> {
    /// Names with schemes, ports and path, and whether the name itself and what is below it is matched. Sorted.
    names: Vec<(Key<'p>, [bool; 2])>,
    /// The other patterns, in their order.
    others: Vec<&'p RequestPattern>,
}

type Key<'p> = (&'p DomainName, Schemes, &'p Ports, &'p PathPattern);

impl<'p> Joined<'p> {
    fn of(patterns: &'p [RequestPattern]) -> Self {
        let (mut all, mut others) = (Vec::with_capacity(patterns.len()), Vec::new());
        for pattern in patterns {
            let (name, forms) = match &pattern.host {
                HostPattern::Exact(name) => (name, [true, false]),
                HostPattern::Descendants(name) => (name, [false, true]),
                HostPattern::Subtree(name) => (name, [true, true]),
                HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => {
                    others.push(pattern);
                    continue;
                }
            };
            all.push(((name, pattern.schemes, &pattern.ports, &pattern.path), forms));
        }
        all.sort_unstable();
        let mut names: Vec<(Key<'_>, [bool; 2])> = Vec::with_capacity(all.len());
        for (key, [name, below]) in all {
            match names.last_mut() {
                Some((last, forms)) if *last == key => *forms = [forms[0] || name, forms[1] || below],
                _ => names.push((key, [name, below])),
            }
        }
        Self { names, others }
    }
}

/// The same where a rule refuses what a later one grants.
fn by_asking(intent: Intent, meant: &[RequestPattern], read: &Rulebase) -> Vec<String> {
    let index = read.index();
    let mut hosts = HostIndex::new();
    meant.iter().for_each(|pattern| hosts.insert(pattern.host.clone(), pattern));
    let mut found = Vec::new();
    for (host, requests) in boundary_requests_by_host(read.patterns().chain(meant)) {
        let read_at = index.at(&host);
        let meant_at: Vec<&RequestPattern> = hosts.matching(&host).copied().collect();
        for request in requests {
            let granted = read_at.grants(&request);
            if granted != meant_at.iter().any(|pattern| pattern.serves(&request)) {
                found.push(said(intent, &request, granted));
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// One line about a request that is granted and should not be, or the other way round.
fn said(intent: Intent, request: &Request, granted: bool) -> String {
    let (is, not_meant) = match intent {
        Intent::Allow => ("let through", "refused"),
        Intent::BypassInspection => ("exempt from inspection", "inspected"),
        Intent::BypassAuthentication => ("exempt from authentication", "asked who it is"),
        Intent::Direct => ("sent past the proxy", "sent through it"),
    };
    let (got, expected) = if granted { (is, not_meant) } else { (not_meant, is) };
    format!("`{request}` is {got}, and should be {expected}")
}

/// What a plan says that the entries mean, by host.
pub(super) struct Meant<'p> {
    all: Vec<&'p RequestPattern>,
    by_host: GroupedIndex<(Intent, &'p RequestPattern)>,
}

/// The same for one host.
pub(super) struct MeantAt<'m>(Vec<(Intent, &'m RequestPattern)>);

impl<'p> Meant<'p> {
    /// Of every intent that applies.
    pub(super) fn new(plan: &'p Plan<'_>) -> Self {
        let of = |(&intent, planned): (&Intent, &'p IntentPlan)| {
            planned.means.iter().map(move |pattern| (intent, pattern))
        };
        let all = || plan.intents.iter().flat_map(of);
        let by_host = GroupedIndex::new(all().map(|(intent, pattern)| (&pattern.host, (intent, pattern))));
        Self { all: all().map(|(_, pattern)| pattern).collect(), by_host }
    }

    /// All of them.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &'p RequestPattern> {
        self.all.iter().copied()
    }

    /// What is meant for a host.
    pub(super) fn at(&self, host: &Host) -> MeantAt<'p> {
        MeantAt(self.by_host.matching(host).copied().collect())
    }
}

impl<'m> MeantAt<'m> {
    /// What is asked of the host for each intent, sorted: all that is meant for it but the hosts.
    pub(super) fn services(&self) -> Vec<(Intent, Schemes, &'m Ports, &'m PathPattern)> {
        let of = |&(intent, pattern): &(Intent, &'m RequestPattern)| {
            (intent, pattern.schemes, &pattern.ports, &pattern.path)
        };
        let mut services: Vec<_> = self.0.iter().map(of).collect();
        services.sort_unstable();
        services.dedup();
        services
    }

    /// Whether a request to the host is meant for an intent.
    pub(super) fn has(&self, intent: Intent, request: &Request) -> bool {
        self.0.iter().any(|(of, pattern)| *of == intent && pattern.serves(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::testing::pattern;

    #[test]
    fn the_forms_of_a_name_are_joined_where_all_else_is_equal() {
        for (one, other, equal) in [
            (&["https://.a.test"][..], &["https://*.a.test", "https://a.test"][..], true),
            (&["https://.a.test"], &["https://.a.test", "https://a.test"], true),
            (&["https://.a.test"], &["https://*.a.test"], false),
            (&["https://.a.test"], &["https://a.test"], false),
            (&["https://.a.test"], &["https://*.a.test", "https://b.test"], false),
            (&["https://.a.test"], &["https://*.a.test", "https://a.test:8443"], false),
            (&["https://.a.test"], &["https://*.a.test", "http://a.test:443"], false),
            (&["http://.a.test/x*"], &["http://*.a.test/x*", "http://a.test/x"], false),
            (&["https://a-*.test"], &["https://a-*.test"], true),
            (&["https://a-*.test"], &["https://a.test"], false),
            (&[], &[], true),
        ] {
            let [one, other] =
                [one, other].map(|texts| texts.iter().map(|text| pattern(text)).collect::<Vec<_>>());
            assert_eq!(Joined::of(&one) == Joined::of(&other), equal, "{one:?} {other:?}");
        }
    }
}
