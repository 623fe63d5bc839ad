//! What documents say of Windows releases, and where they disagree.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::embedded;
use crate::model::{Host, HostPattern, WindowsClaim};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    hosts: Vec<String>,
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Claim {
    needed_by: String,
    document: String,
    date: Date,
}

/// Host patterns and the claims that hold for them, whichever list names the host.
static FACTS: LazyLock<Vec<(Vec<HostPattern>, Vec<WindowsClaim>)>> = LazyLock::new(|| {
    let file: Vec<Entry> = embedded::table("data/windows-releases.yaml");
    let bug = "internal error: data/windows-releases.yaml";
    file.into_iter()
        .map(|entry| {
            let claims = entry.claims.into_iter().map(|claim| WindowsClaim {
                date: Some(claim.date),
                needed_by: claim.needed_by.parse().expect(bug),
                document: claim.document,
            });
            (entry.hosts.iter().map(|host| host.parse().expect(bug)).collect(), claims.collect())
        })
        .collect()
});

/// Adds what is known of the host whichever list names it, behind what its row says. A claim that
/// the row makes itself, with the same date, is not repeated.
pub(super) fn add_known(host: &HostPattern, claims: &mut Vec<WindowsClaim>) {
    let HostPattern::Exact(name) = host else { return };
    let host = Host::Name(name.clone());
    let known = FACTS
        .iter()
        .filter(|(patterns, _)| patterns.iter().any(|pattern| pattern.matches(&host)))
        .flat_map(|(_, claims)| claims);
    for claim in known {
        if !claims.iter().any(|own| (own.date, own.needed_by) == (claim.date, claim.needed_by)) {
            claims.push(claim.clone());
        }
    }
}

/// The claim that decides: the newest one, an undated one being the oldest; of several of one day the
/// first.
pub(crate) fn decisive(claims: &[WindowsClaim]) -> Option<&WindowsClaim> {
    claims.iter().rev().max_by_key(|claim| claim.date)
}

/// Whether two claims differ.
pub(super) fn disagree(claims: &[WindowsClaim]) -> bool {
    claims.windows(2).any(|pair| pair[0].needed_by != pair[1].needed_by)
}

/// `2021-03-04, mde-urls.xlsx: <1809`.
pub(crate) fn show(claim: &WindowsClaim) -> String {
    let date = claim.date.map_or_else(|| "undated".to_owned(), |date| date.to_string());
    format!("{date}, {}: {}", claim.document, claim.needed_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(host: &str) -> Vec<String> {
        let mut claims = Vec::new();
        add_known(&host.parse().unwrap(), &mut claims);
        claims.iter().map(|claim| claim.needed_by.to_string()).collect()
    }

    #[test]
    fn version_facts_hold_whichever_list_names_the_host() {
        assert_eq!(known("us-v20.events.data.microsoft.com"), [">=1803"]);
        assert_eq!(known("us4-v20.events.data.microsoft.com"), [">=1803"]);
        assert_eq!(known("events.data.microsoft.com"), [""; 0]);
        assert_eq!(known("settings-win.data.microsoft.com"), ["<1809", "<=1803", "<=1703", "<=1703"]);
        assert_eq!(known("uk.vortex-win.data.microsoft.com"), ["<1803"; 3]);
        assert_eq!(known("vortex-win.data.microsoft.com"), ["<1803"; 3]);
    }

    #[test]
    fn the_newest_document_decides_and_an_undated_one_is_the_oldest() {
        let claim = |date: Option<&str>, range: &str| WindowsClaim {
            date: date.map(|date| date.parse().unwrap()),
            needed_by: range.parse().unwrap(),
            document: "d".to_owned(),
        };
        let claims =
            [claim(None, "<1803"), claim(Some("2024-08-01"), "<=1703"), claim(Some("2021-03-04"), "<1809")];
        assert_eq!(decisive(&claims), Some(&claims[1]));
        assert!(disagree(&claims));
        let twice = [claim(None, "<1803"), claim(None, "<1803")];
        assert!(!disagree(&twice));
        assert_eq!(decisive(&[claim(None, "<1803"), claim(None, "<1809")]), Some(&twice[0]));
    }
}
