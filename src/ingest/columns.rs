//! What a column holds, by the words of its header: `data/columns.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Role;
use crate::embedded;
use crate::model::Platform;

/// Headers are short; prose that happens to begin like one is not looked at. In bytes.
const MAX_HEADER: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    words: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
}

struct Table {
    words: BTreeMap<String, Role>,
    /// Few, so a list is searched.
    prefixes: Vec<(String, Role)>,
    /// The longest word of a role that makes a header, in bytes: most cells are ruled out by it.
    longest_key: usize,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: BTreeMap<String, Entry> = embedded::table("data/columns.yaml");
    let mut table = Table { words: BTreeMap::new(), prefixes: Vec::new(), longest_key: 0 };
    for (name, entry) in file {
        let role = role_named(&name)
            .unwrap_or_else(|| panic!("internal error: data/columns.yaml: there is no role `{name}`"));
        for word in entry.words {
            let word = fold(&word);
            if makes_header(role) {
                table.longest_key = table.longest_key.max(word.len());
            }
            table.words.insert(word, role);
        }
        table.prefixes.extend(entry.prefixes.iter().map(|prefix| (fold(prefix), role)));
    }
    table
});

fn role_named(name: &str) -> Option<Role> {
    Some(match name {
        "endpoint" => Role::Endpoint,
        "port" => Role::Port,
        "udp-port" => Role::UdpPort,
        "geography" => Role::Geography,
        "service" => Role::Service,
        "category" => Role::Category,
        "requirement" => Role::Requirement,
        "windows" => Role::PlatformFlag(Platform::Windows),
        "macos" => Role::PlatformFlag(Platform::MacOs),
        "linux" => Role::PlatformFlag(Platform::Linux),
        "platform-list" => Role::PlatformList,
        "description" => Role::Description,
        "comments" => Role::Comments,
        "inspection" => Role::Inspection,
        "direction" => Role::Direction,
        "service-tag" => Role::ServiceTag,
        "document" => Role::Document,
        "document-date" => Role::DocumentDate,
        "windows-releases" => Role::WindowsReleases,
        "direct" => Role::Direct,
        _ => return None,
    })
}

/// Without case, runs of white space as one blank, without emphasis, a trailing colon or footnote star.
fn fold(header: &str) -> String {
    let header = header.trim_matches(|c: char| c == '*' || c.is_whitespace()).trim_end_matches([':', ' ']);
    let mut folded = String::with_capacity(header.len());
    for word in header.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// What a column under this header holds; `Other` where no word fits.
pub(super) fn role_of(header: &str) -> Role {
    if header.len() > MAX_HEADER {
        return Role::Other;
    }
    let header = fold(header);
    TABLE.words.get(&header).copied().unwrap_or_else(|| {
        TABLE
            .prefixes
            .iter()
            .find(|(prefix, _)| header.starts_with(prefix))
            .map_or(Role::Other, |(_, role)| *role)
    })
}

/// Whether a column of this role is what a table is read for.
pub(super) const fn makes_header(role: Role) -> bool {
    matches!(role, Role::Endpoint | Role::ServiceTag)
}

/// Whether a cell holds a word that makes a header. Cheap, since every cell of a document is asked.
pub(super) fn is_header_word(text: &str) -> bool {
    // Footnote marks and blanks may stand around the word.
    let text = text.trim();
    text.len() <= TABLE.longest_key + 8 && makes_header(role_of(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_real_documents_are_known() {
        use Role::*;
        let windows = PlatformFlag(Platform::Windows);
        for (header, want) in [
            ("Endpoint/URL", Endpoint),
            ("Endpoint/URLs", Endpoint),
            ("Endpoint/URL Description ", Description),
            ("URL", Endpoint),
            ("endpoint_as_written", Endpoint),
            ("Agent resource", Endpoint),
            ("エージェント リソース", Endpoint),
            ("ポート", Port),
            ("方向", Direction),
            ("HTTP 検査をバイパス", Inspection),
            ("Bypass HTTPS inspection", Inspection),
            ("Category\n", Category),
            ("Windows 10 / Server 2019", windows),
            ("Windows 7 / 8.1", windows),
            ("Windows Server 2008 R2 / 2012 R2 / 2016", windows),
            (
                "Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent)",
                windows,
            ),
            ("Windows 10/11 / Server 2019 -2022 / Server 2012 R2/Server 2016 (Unified Agent)", windows),
            ("windows_releases", WindowsReleases),
            ("Windows releases", WindowsReleases),
            ("Mac", PlatformFlag(Platform::MacOs)),
            ("macOS", PlatformFlag(Platform::MacOs)),
            ("Linux", PlatformFlag(Platform::Linux)),
            ("Required or Optional", Requirement),
            ("Required / Optional", Requirement),
            ("required_optional", Requirement),
            ("Type", Requirement),
            ("OS", PlatformList),
            ("os", PlatformList),
            ("notes", Comments),
            ("sheet_version", Document),
            ("Service Tag Name", ServiceTag),
            ("Defender for Endpoint services included", Description),
            ("**URL**", Endpoint),
            ("Linux app/platform updates", Other),
            ("Process", Other),
            ("", Other),
        ] {
            assert_eq!(role_of(header), want, "{header:?}");
        }
    }

    #[test]
    fn every_word_keeps_its_own_role() {
        // Two roles with the same word: the later one would win unseen.
        let file: BTreeMap<String, Entry> = embedded::table("data/columns.yaml");
        for (name, entry) in &file {
            for word in &entry.words {
                assert_eq!(Some(role_of(word)), role_named(name), "{word}");
            }
        }
    }

    #[test]
    fn a_host_or_prose_is_no_header_word() {
        assert!(is_header_word(" Endpoint/URL "));
        assert!(!is_header_word("*.endpoint.security.microsoft.com"));
        assert!(!is_header_word("Port"));
        assert!(!is_header_word(&"URL ".repeat(1000)));
    }
}
