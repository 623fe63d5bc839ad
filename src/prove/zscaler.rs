//! Zscaler's files: each says everything of an intent for itself, so each is read for itself.
//!
//! The rules are made disabled unless the profile says otherwise, so that somebody says first for whom they are.
//! What is proved is what they mean once they are enabled, and that they are as enabled as the profile says.

use std::sync::Arc;

use crate::emit::Artifact;
use crate::emit::zscaler::ZscalerOptions;
use crate::model::{HostIndex, Intent, RequestPattern};
use crate::plan::Plan;
use crate::read::zscaler::{Disabled, RuleKind, UrlList, Zscaler};
use crate::read::{Item, Place, Rulebase};

/// What a file is by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Pasted,
    Api,
    Terraform,
    Pac,
}

impl Form {
    fn of(path: &str) -> Option<Self> {
        [(".urls.txt", Self::Pasted), (".json", Self::Api), (".tf", Self::Terraform), (".pac.txt", Self::Pac)]
            .into_iter()
            .find_map(|(end, form)| path.ends_with(end).then_some(form))
    }
}

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    let mut differences: Vec<String> = artifacts
        .iter()
        .filter(|artifact| Form::of(&artifact.path).is_none())
        .map(|artifact| format!("{}: nothing reads it back", artifact.path))
        .collect();
    let [pasted, api, terraform, pac] = [Form::Pasted, Form::Api, Form::Terraform, Form::Pac].map(|form| {
        let own = artifacts.iter().filter(|artifact| Form::of(&artifact.path) == Some(form));
        Zscaler::read(&super::texts(own))
    });
    for read in [&pasted, &api, &terraform, &pac] {
        differences.extend(super::troubles(read.troubles()));
    }
    if !differences.is_empty() {
        return differences;
    }

    let mut tell = |what: &str, found: Vec<String>| {
        differences.extend(found.into_iter().map(|found| format!("{what}: {found}")));
    };
    let means = |intent: Intent| plan.intents.get(&intent).map_or(&[][..], |planned| &planned.means);
    for intent in [Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication] {
        let urls = pasted.pasted_urls(intent);
        tell("to be pasted", compare(intent, means(intent), pasted.pasted(intent)));
        for (what, read) in [("API", &api), ("Terraform", &terraform)] {
            let own = read.only_urls(intent, Disabled::Counted);
            // The same URLs mean the same.
            if !is_same(own.as_ref(), urls.as_ref()) {
                let rulebase = read.rulebase(intent, Disabled::Counted);
                tell(what, compare(intent, means(intent), rulebase));
            }
        }
    }
    let direct = pac.rulebase(Intent::Direct, Disabled::Counted);
    tell("forwarding PAC", compare(Intent::Direct, means(Intent::Direct), direct));

    for (what, read) in [("API", &api), ("Terraform", &terraform)] {
        tell(what, exempted(means(Intent::BypassInspection), read));
        tell(what, as_the_profile_says(plan, read));
    }
    differences
}

/// Whether both are there and have the same URLs.
fn is_same(one: Option<&UrlList<'_>>, other: Option<&UrlList<'_>>) -> bool {
    one.is_some() && one == other
}

/// What is not there grants nothing.
fn compare(intent: Intent, means: &[RequestPattern], read: Option<Rulebase>) -> Vec<String> {
    super::compare::differences(intent, means, &read.unwrap_or_default())
}

/// What is exempt from inspection by its exemption from authentication alone.
fn exempted(means: &[RequestPattern], read: &Zscaler) -> Vec<String> {
    let Some(exempted) = read.only_urls(Intent::BypassAuthentication, Disabled::Counted) else {
        return Vec::new();
    };
    let uninspected = read.only_urls(Intent::BypassInspection, Disabled::Counted);
    let mut rest = exempted.exempt_from_inspection(uninspected.as_ref());
    rest.retain(|pattern| means.binary_search(pattern).is_err());
    if !rest.is_empty() {
        let mut index = HostIndex::new();
        means.iter().for_each(|own| index.insert(own.host.clone(), own));
        rest.retain(|pattern| !index.covering_candidates(&pattern.host).any(|(_, own)| own.covers(pattern)));
    }
    if rest.is_empty() {
        return Vec::new();
    }
    rest.extend_from_slice(means);
    let place = Place { file: Arc::from("exempted URLs"), line: 0 };
    let items = rest.into_iter().map(|pattern| Item { pattern, place: place.clone() }).collect();
    compare(Intent::BypassInspection, means, Some(Rulebase::granting(place.clone(), items)))
}

/// Rules that are enforced, stand behind others or are for some clients alone though the profile does not say so.
fn as_the_profile_says(plan: &Plan<'_>, read: &Zscaler) -> Vec<String> {
    let options: ZscalerOptions = plan.settings.options(plan.target);
    let mut found = Vec::new();
    for rule in read.rules() {
        let order = match rule.kind {
            RuleKind::UrlFiltering => options.url_filtering_order,
            RuleKind::SslInspection => options.ssl_inspection_order,
        };
        if rule.order != Some(order) {
            found.push(format!(
                "{}: the rule `{}` is not at place {order} of the order",
                rule.place, rule.name
            ));
        }
        if rule.is_limited {
            found.push(format!("{}: the rule `{}` is for some clients alone", rule.place, rule.name));
        }
        if rule.is_enabled != options.enabled {
            let is = if rule.is_enabled { "enabled" } else { "disabled" };
            found.push(format!(
                "{}: the rule `{}` is {is}, which the profile does not say",
                rule.place, rule.name
            ));
        }
    }
    found
}
