//! Facts that hide in prose: direct connections, Windows releases, hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::text::fold;
use super::written;
use crate::embedded;
use crate::model::{DomainName, HostPattern, WindowsRange, WindowsRelease};
use crate::source::Cell;

static DOCUMENTATION: LazyLock<BTreeSet<DomainName>> = LazyLock::new(|| {
    let names: Vec<String> = embedded::table("data/documentation-hosts.yaml");
    names.iter().map(|name| name.parse().expect("internal error: data/documentation-hosts.yaml")).collect()
});

/// Whether the host is one that prose links to for reading.
pub(super) fn is_documentation(host: &HostPattern) -> bool {
    matches!(host, HostPattern::Exact(name) if DOCUMENTATION.contains(name))
}

/// Whether the text says that a direct connection, not through a proxy, is required.
pub(super) fn requires_direct(text: &str) -> bool {
    // Most cells speak of something else, and this look is cheap.
    let lower = text.to_ascii_lowercase();
    if !lower.contains("proxy") && !lower.contains("direct connection") {
        return false;
    }
    let text = fold(&lower.replace(['’', '‘'], "'"));
    text.split(['.', '!']).any(|sentence| {
        let direct = sentence.contains("direct connection") && sentence.contains("required");
        let never_proxied = ["can't", "cannot", "can not", "must not"]
            .iter()
            .any(|not| sentence.contains(&format!("{not} be used through a proxy")));
        (direct && !sentence.contains("not required") && !sentence.contains("no direct")) || never_proxied
    })
}

/// The Windows releases that the text says need the endpoint: "Not required for Windows 10 1803 (RS4)
/// and above", "Only required for Windows 10 1703 and below".
///
/// Nothing where the text says nothing of the kind, or something that a range cannot hold ("not
/// required for 1703 and below").
pub(super) fn windows_range(text: &str) -> Option<WindowsRange> {
    let lower = text.to_ascii_lowercase();
    if !lower.contains("required") {
        return None;
    }
    let text = fold(&lower);
    text.split(". ").find_map(|sentence| {
        let (not, rest) = match (sentence.find("not required"), sentence.find("only required")) {
            (Some(at), None) => (true, &sentence[at..]),
            (None, Some(at)) => (false, &sentence[at..]),
            _ => return None,
        };
        let (release, rest) = release(rest)?;
        match (not, upwards(rest)?) {
            (true, true) => Some(WindowsRange::Before(release)),
            (false, true) => Some(WindowsRange::From(release)),
            (false, false) => Some(WindowsRange::UpTo(release)),
            (true, false) => None,
        }
    })
}

/// The first release behind "windows 10", "windows 11" or "version", and what follows it. Other
/// numbers are not releases: "Windows Server 2012".
fn release(text: &str) -> Option<(WindowsRelease, &str)> {
    let (mut before, mut last) = ("", "");
    for word in text.split(' ') {
        let names_client = before == "windows" && matches!(last, "10" | "11");
        if (names_client || last == "version")
            && let Ok(release) = word.trim_end_matches([',', '.', ';']).parse()
        {
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            return Some((release, &text[at + word.len()..]));
        }
        (before, last) = (last, word);
    }
    None
}

/// Whether the first word of direction means later releases (`true`) or earlier ones.
fn upwards(text: &str) -> Option<bool> {
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| match word {
        "above" | "later" | "newer" | "higher" | "up" => Some(true),
        "below" | "earlier" | "older" | "lower" => Some(false),
        _ => None,
    })
}

/// Where prose stands, which decides what in it is taken for a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Prose {
    /// In a column of remarks: without a scheme a name counts from three labels on, since two are a
    /// file name (`MsSense.exe`) or a product (`ASP.NET`) as often as a host.
    Remarks,
    /// Beside hosts in their own column: two labels are enough.
    Endpoints,
}

impl Prose {
    fn labels(self) -> usize {
        match self {
            Self::Remarks => 3,
            Self::Endpoints => 2,
        }
    }
}

/// Whether the word is the rest of a name whose first label was left open, as in
/// `<tenant>.example.com`: it is no name and everything below.
fn is_rest(text: &str, word: &str) -> bool {
    let at = word.as_ptr() as usize - text.as_ptr() as usize;
    word.starts_with('.') && text[..at].chars().next_back().is_some_and(|c| !c.is_whitespace())
}

/// The hosts that stand in prose, documentation left out.
pub(super) fn hosts(text: &str, prose: Prose) -> impl Iterator<Item = HostPattern> {
    text.split(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '"' | '`' | ',' | ';' | '|')
    })
    .filter(|word| !is_rest(text, word))
    .map(|word| word.trim_matches(['\'', '’', '‘', '\\']).trim_end_matches(['.', ':', '!', '?', '。']))
    .filter(move |word| written::has_scheme(word) || word.split('.').count() >= prose.labels())
    .filter(|word| written::looks_like_endpoint(word))
    .filter_map(|word| written::parse(&word.replace('\\', "")).ok())
    .map(|written| written.host)
    .filter(|host| match host.anchor() {
        // A version, `4.18.2`, or a name whose end is no top-level domain.
        Some(name) => name
            .labels_from_right()
            .next()
            .is_some_and(|top| top.len() > 1 && top.bytes().all(|b| b.is_ascii_alphabetic())),
        None => false,
    })
    .filter(|host| !is_documentation(host))
}

/// Hosts found in prose, each with the cell where it stands first.
#[derive(Default)]
pub(super) struct HiddenHosts(BTreeMap<HostPattern, Cell>);

impl HiddenHosts {
    /// Adds the hosts of one text.
    pub(super) fn add(&mut self, text: &str, prose: Prose, cell: impl Fn() -> Cell) {
        // Most prose has no address in it, and this look is cheap.
        if !text.contains("://") && text.bytes().filter(|&byte| byte == b'.').count() + 1 < prose.labels() {
            return;
        }
        for host in hosts(text, prose) {
            self.0.entry(host).or_insert_with(&cell);
        }
    }

    /// Those that no pattern of the document covers, sorted.
    pub(super) fn uncovered<'p>(
        self,
        patterns: impl Iterator<Item = &'p HostPattern>,
    ) -> impl Iterator<Item = (HostPattern, Cell)> {
        let index = if self.0.is_empty() { Index::default() } else { patterns.collect() };
        self.0.into_iter().filter(move |(host, _)| !index.covers(host))
    }
}

/// Patterns by what they end in, so that a host is compared with few of them.
#[derive(Default)]
struct Index {
    same: BTreeSet<HostPattern>,
    /// Names below which everything is covered.
    below: BTreeSet<DomainName>,
    /// Patterns with a star inside a label, by the name that everything matched lies below.
    starred: BTreeMap<DomainName, BTreeSet<HostPattern>>,
}

impl<'p> FromIterator<&'p HostPattern> for Index {
    fn from_iter<I: IntoIterator<Item = &'p HostPattern>>(patterns: I) -> Self {
        let mut index = Self::default();
        for pattern in patterns {
            match pattern {
                HostPattern::Exact(_) | HostPattern::Address(_) => {}
                HostPattern::Subtree(name) => {
                    index.below.insert(name.clone());
                    index.same.insert(HostPattern::Exact(name.clone()));
                }
                HostPattern::Descendants(name) => {
                    index.below.insert(name.clone());
                }
                HostPattern::TextSuffix(suffix) => {
                    index.starred.entry(suffix.parent().clone()).or_default().insert(pattern.clone());
                }
                HostPattern::LabelGlob(glob) => {
                    index.starred.entry(glob.parent()).or_default().insert(pattern.clone());
                }
            }
            index.same.insert(pattern.clone());
        }
        index
    }
}

impl Index {
    fn covers(&self, host: &HostPattern) -> bool {
        if self.same.contains(host) {
            return true;
        }
        let Some(anchor) = host.anchor() else { return false };
        // `*.a.example.com` lies below `example.com`, and below `a.example.com` itself.
        if !matches!(host, HostPattern::Exact(_) | HostPattern::Subtree(_)) && self.below.contains(&anchor) {
            return true;
        }
        let exact = match host {
            HostPattern::Exact(name) => Some(crate::model::Host::Name(name.clone())),
            _ => None,
        };
        std::iter::successors(anchor.parent(), DomainName::parent).any(|name| {
            self.below.contains(&name)
                || exact.as_ref().is_some_and(|exact| {
                    self.starred
                        .get(&name)
                        .is_some_and(|list| list.iter().any(|pattern| pattern.matches(exact)))
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_connections_are_read_in_every_wording_of_the_sheets() {
        for text in [
            "Required for Live Response Performance (Direct Connection or proxy bypass required)",
            "Required for Live Response Performance (Direct Connection/Proxy bypass required)",
            "This service cannot be used through a proxy.",
            "Expedites live response. This service can’t be used through a proxy.",
            "Improves the speed, where a direct connection or a proxy bypass is required on Windows",
        ] {
            assert!(requires_direct(text), "{text}");
        }
        for text in [
            "If the destination cannot be reached through a proxy, add the setting. Required on Windows",
            "A direct connection is not required",
            "No direct connection required",
            "Used when creating the SSL connection. Required",
        ] {
            assert!(!requires_direct(text), "{text}");
        }
    }

    #[test]
    fn windows_releases_are_read_in_every_wording_of_the_sheets() {
        for (text, want) in [
            ("Not required for Windows 10 1803 (RS4) and above", "<1803"),
            ("Not required for Windows 10 1803 (RS4) and above / Windows Server 2019 and above", "<1803"),
            ("Not required for Windows 10 1809 (RS5) and above", "<1809"),
            ("Only required for Windows 10 1703 and below. Not required on Windows Server.", "<=1703"),
            ("Only required for Windows 10, version 1803 and later", ">=1803"),
            ("Not required for Windows 11 22H2 or later", "<22H2"),
            ("Not required for Windows 10 1703 and below", "-"),
            ("Required for Windows 10 1803 and above", "-"),
            ("Not required on Windows Server 2012 and above", "-"),
            ("Not required for Windows 10 1803", "-"),
            ("Supported on Windows 8 and above", "-"),
        ] {
            let range = windows_range(text).map_or_else(|| "-".to_owned(), |range| range.to_string());
            assert_eq!(range, want, "{text}");
        }
    }

    #[test]
    fn hosts_in_prose_are_found_and_documentation_is_none() {
        for (text, want) in [
            (
                "can allow: us-mobile.events.example.com/OneCollector/1.0 eu-mobile.events.example.com/OneCollector/1.0",
                &["us-mobile.events.example.com", "eu-mobile.events.example.com"][..],
            ),
            ("such as packages (https://packages.example.net) and files.", &["packages.example.net"]),
            ("or *.x.example.net.", &["*.x.example.net"]),
            ("see [here](https://learn.microsoft.com/x) or https://aka.ms/y", &[]),
            ("MsSense.exe 10.8210.1, Windows 8.1, ASP.NET, 4.18.xxxxx.x-x e.g. this", &[]),
            ("eliminate wildcards (*)", &[]),
            ("the account (<account>.blob.example.net), &lt;x&gt;.a.example.net", &[]),
            ("everything below .c.example.net", &[".c.example.net"]),
        ] {
            let found: Vec<String> = hosts(text, Prose::Remarks).map(|host| host.to_string()).collect();
            assert_eq!(found, want, "{text}");
        }
        let found: Vec<_> = hosts("Allow a.example.net and example.org, e.g. this", Prose::Endpoints)
            .map(|host| host.to_string())
            .collect();
        assert_eq!(found, ["a.example.net", "example.org"]);
    }

    #[test]
    fn a_covered_host_is_not_hidden() {
        let pattern = |text: &str| text.parse::<HostPattern>().unwrap();
        let index: Index = [
            "a.example.com",
            "*.b.example.com",
            ".c.example.com",
            "*d.example.com",
            "pre-*.e.example.com",
            "*.*.example.net",
        ]
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect::<Vec<HostPattern>>()
        .iter()
        .collect();
        for (host, want) in [
            ("a.example.com", true),
            ("x.a.example.com", false),
            ("x.b.example.com", true),
            ("x.y.b.example.com", true),
            ("*.b.example.com", true),
            ("*.x.b.example.com", true),
            ("b.example.com", false),
            ("c.example.com", true),
            ("xd.example.com", true),
            ("pre-1.e.example.com", true),
            ("pre-.e.example.com", false),
            ("other.example.org", false),
        ] {
            assert_eq!(index.covers(&pattern(host)), want, "{host}");
        }
    }
}
