//! Geography: the column, else the category, else the table of known hosts, else worldwide; and
//! names that contradict their row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::model::{DomainName, Geography, HostPattern, Region};
use crate::{embedded, regions};

/// Reads a geography cell: one word of `data/regions.yaml`, or several with commas, slashes or lines
/// between them. Nothing where a word is not known.
pub(super) fn parse(text: &str) -> Option<Geography> {
    if let Some(geography) = regions::lookup(text) {
        return Some(geography);
    }
    let mut all = BTreeSet::new();
    let mut worldwide = false;
    for word in text.split([',', ';', '/', '\n', '、', '&', '+']).filter(|word| !word.trim().is_empty()) {
        match regions::lookup(word)? {
            Geography::Worldwide => worldwide = true,
            Geography::Regions(regions) => all.extend(regions),
        }
    }
    match (worldwide, all.is_empty()) {
        (true, _) => Some(Geography::Worldwide),
        (false, false) => Some(Geography::Regions(all)),
        (false, true) => None,
    }
}

/// The data location in a category's last words: `Microsoft Defender for Endpoint EU`, `… GCC High`.
///
/// Short words count in capitals alone: a category that ends in "in" is not India's.
pub(super) fn of_category(category: &str) -> Option<Geography> {
    let words: Vec<&str> = category.split_whitespace().collect();
    (1..=4).rev().filter(|&count| count <= words.len()).find_map(|count| {
        let text = words[words.len() - count..].join(" ");
        if text.len() <= 3 && text.chars().any(char::is_lowercase) {
            return None;
        }
        regions::lookup(&text).filter(|geography| *geography != Geography::Worldwide)
    })
}

/// First labels below one parent: the text before the star, the text behind it (`None` where there is
/// no star), and where the host serves.
type Labels = Vec<(String, Option<String>, Geography)>;

static HINTS: LazyLock<BTreeMap<String, Labels>> = LazyLock::new(|| {
    let file: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = embedded::table("data/host-hints.yaml");
    file.into_iter()
        .map(|(parent, labels)| {
            let labels = labels.into_iter().map(|(label, codes)| {
                let regions = codes.iter().map(|code| Region(code.as_str().into())).collect();
                let (prefix, suffix) = match label.split_once('*') {
                    Some((prefix, suffix)) => (prefix.to_owned(), Some(suffix.to_owned())),
                    None => (label, None),
                };
                (prefix, suffix, Geography::Regions(regions))
            });
            (parent, labels.collect())
        })
        .collect()
});

/// Where a host serves by its name alone: `winatp-gw-neu3.microsoft.com` serves the European Union.
pub(super) fn hint(name: &DomainName) -> Option<&'static Geography> {
    let (label, parent) = name.as_str().split_once('.')?;
    HINTS.get(parent)?.iter().find_map(|(prefix, suffix, geography)| {
        let matched = match suffix {
            None => label == prefix,
            Some(suffix) => label.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.ends_with(suffix)),
        };
        matched.then_some(geography)
    })
}

/// Where a host serves, if its name or the table of known hosts contradicts the row.
///
/// Only two disjoint sets of regions contradict one another: a host may serve everybody and be listed
/// for one region, or the reverse, and what is common to all government clouds contradicts none of
/// them.
pub(super) fn contradiction(
    host: &HostPattern,
    row: &Geography,
    known: &dyn Fn(&DomainName) -> Option<Geography>,
) -> Option<Geography> {
    let (HostPattern::Exact(name), Geography::Regions(row)) = (host, row) else { return None };
    let host = hint(name).cloned().or_else(|| known(name))?;
    let Geography::Regions(of_host) = &host else { return None };
    let meets = row
        .iter()
        .any(|row| of_host.iter().any(|own| regions::serves(row, own) || regions::serves(own, row)));
    (!meets).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(geography: Option<Geography>) -> String {
        geography.map_or_else(|| "-".to_owned(), |geography| geography.to_string())
    }

    #[test]
    fn cells_of_real_sheets_are_read() {
        for (text, want) in [
            ("WW", "WW"),
            ("All", "WW"),
            ("commercial", "WW"),
            ("Azure UAE Central (AEC)", "AEC"),
            ("Government Community Cloud", "GCC"),
            ("US, EU", "EU+US"),
            ("GCC High / DoD", "DoD+GCCHigh"),
            ("US, Mars", "-"),
            ("/", "-"),
        ] {
            assert_eq!(show(parse(text)), want, "{text}");
        }
    }

    #[test]
    fn a_category_tells_its_data_location_in_its_last_words() {
        for (category, want) in [
            ("Microsoft Defender for Endpoint EU", "EU"),
            ("Microsoft Defender for Endpoint GCC High", "GCCHigh"),
            ("Microsoft Defender for Endpoint AEC", "AEC"),
            ("Microsoft Monitoring Agent (MMA) / EDR Cyberdata", "-"),
            ("Common", "-"),
            ("MAPS", "-"),
            ("Sign in", "-"),
            ("Contact us", "-"),
            ("Install for all", "-"),
        ] {
            assert_eq!(show(of_category(category)), want, "{category}");
        }
    }

    #[test]
    fn a_name_tells_its_data_location() {
        for (host, want) in [
            ("winatp-gw-neu3.microsoft.com", "EU"),
            ("winatp-gw-aen0a.microsoft.com", "AEN"),
            ("automatedirstrprdaec0a.blob.core.windows.net", "AEC"),
            ("ussus1eastprod.blob.core.windows.net", "US"),
            ("wsus1.blob.core.windows.net", "-"),
            ("eu-v20.events.data.microsoft.com", "EU"),
            ("us4-v20.events.data.microsoft.com", "-"),
            ("www.microsoft.com", "-"),
        ] {
            assert_eq!(show(hint(&host.parse().unwrap()).cloned()), want, "{host}");
        }
        for (_, _, geography) in HINTS.values().flatten() {
            let Geography::Regions(regions) = geography else { panic!("{geography}") };
            let known: BTreeSet<&Region> = regions::all().map(|(region, _)| region).collect();
            assert!(
                !regions.is_empty() && regions.iter().all(|region| known.contains(region)),
                "{geography}"
            );
        }
    }

    #[test]
    fn only_disjoint_regions_contradict() {
        let known = |name: &DomainName| match name.as_str() {
            "a.example.com" => Some(Geography::Worldwide),
            "b.example.com" => parse("GCC"),
            _ => None,
        };
        for (host, row, want) in [
            ("automatedirstrprdaen0a.blob.core.windows.net", "AU", "AEN"),
            ("automatedirstrprdaus.blob.core.windows.net", "AU", "-"),
            ("automatedirstrprdaus.blob.core.windows.net", "WW", "-"),
            ("a.example.com", "EU", "-"),
            ("b.example.com", "USGov", "-"),
            ("b.example.com", "EU", "GCC"),
            ("c.example.com", "EU", "-"),
            ("*.blob.core.windows.net", "EU", "-"),
        ] {
            let found = contradiction(&host.parse().unwrap(), &parse(row).unwrap(), &known);
            assert_eq!(show(found), want, "{host} {row}");
        }
    }
}
