//! Which categories there are, and what everything is called.

use sha2::{Digest, Sha256};

use super::{ID, URLS};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Intent;
use crate::plan::Plan;

/// Most URLs of one category. None is documented; 25,000 URLs in categories of as many stay below 48
/// categories, and a request stays small.
pub(super) const PER_CATEGORY: usize = 1_000;

/// Custom URLs of a tenant, over all categories. Checked 2026-11-24, documentation of the Terraform provider.
const MAX_URLS: usize = 25_000;

/// Custom categories of a tenant: 48 by the provider's documentation, 64 by the help page. Checked
/// 2026-11-24.
const MAX_CATEGORIES: usize = 48;

/// Characters of a rule's name. Checked 2026-11-24, zscaler-sdk-python 1.11.3.
const MAX_RULE_NAME: usize = 31;

/// A custom URL category.
pub(super) struct Category {
    /// `Thruway contoso-mde allow 1`.
    pub(super) name: String,
    /// `allow_1`: in Terraform, and with a hyphen in file names.
    pub(super) label: String,
    /// Sorted by their labels from the right.
    pub(super) urls: Vec<String>,
}

/// The URLs of one intent, sorted by their labels from the right.
pub(super) fn urls(plan: &Plan<'_>, intent: Intent) -> Vec<String> {
    let lists = plan.intents.get(&intent).map_or(&[][..], |of_intent| &of_intent.lists);
    let lists = lists.iter().filter(|list| list.list == URLS);
    let mut lines: Vec<&str> = lists.flat_map(|list| list.lines.iter().map(String::as_str)).collect();
    // Two schemes are two lists, but one category.
    lines.sort_unstable();
    lines.dedup();
    // A blank sorts before every octet of a label. A path stands behind its host.
    lines.sort_by_cached_key(|url| {
        let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
        (host.rsplit('.').collect::<Vec<_>>().join(" "), path.to_owned())
    });
    lines.into_iter().map(str::to_owned).collect()
}

/// The categories of one intent, for these URLs of it.
pub(super) fn categories(profile: &str, intent: Intent, urls: &[String]) -> Vec<Category> {
    urls.chunks(PER_CATEGORY)
        .zip(1..)
        .map(|(urls, part)| Category {
            name: format!("Thruway {profile} {intent} {part}"),
            label: format!("{}_{part}", intent.as_str().replace('-', "_")),
            urls: urls.to_vec(),
        })
        .collect()
}

/// The name of the rule of one intent: begins like the categories, and is cut by a digest where it would be
/// too long.
pub(super) fn rule_name(profile: &str, intent: Intent) -> String {
    let what = match intent {
        Intent::Allow => "allow",
        Intent::BypassInspection => "no inspection",
        Intent::BypassAuthentication | Intent::Direct => unreachable!("internal error: a rule for {intent}"),
    };
    let name = format!("Thruway {profile} {what}");
    if name.len() <= MAX_RULE_NAME {
        return name;
    }
    let digest: String =
        Sha256::digest(profile.as_bytes()).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("Thruway {digest} {what}")
}

/// What a tenant would refuse, since it has more than these lists.
pub(super) fn check(categories: &[&Category]) -> Vec<Diagnostic> {
    let urls = categories.iter().map(|category| category.urls.len()).sum::<usize>();
    let mut findings = Vec::new();
    for (what, actual, limit) in
        [("custom URLs", urls, MAX_URLS), ("custom categories", categories.len(), MAX_CATEGORIES)]
    {
        if actual > limit {
            findings.push(
                Diagnostic::new(
                    Code::LimitExceeded,
                    format!("{actual} {what}, over the {limit} that a tenant may have"),
                    Place::Run,
                    "Zscaler refuses what is over its limit",
                )
                .help("narrow what the profile selects, or ask Zscaler for a higher limit")
                .for_target(ID),
            );
        }
    }
    findings
}
