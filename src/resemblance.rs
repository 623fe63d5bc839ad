//! Names that a person mistakes for another one: by their look, by a hyphen or by a letter or two.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::model::DomainName;

/// Shortest first label of which one that is a letter off is no other word: `live.com` has many neighbours.
const SHORTEST: usize = 6;

/// The same where two letters differ.
const SHORTEST_OF_TWO: usize = 9;

/// Names that somebody registered, to be compared with others by eye.
#[derive(Debug)]
pub(crate) struct Registered {
    /// Sorted by name.
    names: Vec<Known>,
}

/// A name with what is compared of it.
#[derive(Debug)]
struct Known {
    name: DomainName,
    /// Its form for comparing by eye.
    looks: String,
    /// Without hyphens.
    joined: String,
    /// A bit for each character that it has.
    characters: u64,
}

/// How a name looks: as people read it, with every character and pair of letters that is mistaken for another one as
/// that one. By the table of Unicode, in which `m` is `rn`.
fn looks(name: &str) -> String {
    // Each character of ASCII looks like one by itself; only `xn--` says more.
    static LOOKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        (0..128_u8)
            .map(|octet| unicode_security::skeleton(&char::from(octet).to_string()).collect())
            .collect()
    });
    if name.is_ascii() && !name.contains("xn--") {
        return name.bytes().map(|octet| &*LOOKS[usize::from(octet)]).collect::<String>().to_lowercase();
    }
    let (shown, _) = idna::domain_to_unicode(name);
    unicode_security::skeleton(&shown).collect::<String>().to_lowercase()
}

fn joined(name: &str) -> String {
    name.replace('-', "")
}

fn characters(name: &str) -> u64 {
    name.bytes().fold(0, |all, octet| all | 1 << (octet & 63))
}

impl Registered {
    /// These names.
    pub(crate) fn new(names: impl IntoIterator<Item = DomainName>) -> Self {
        let names: BTreeSet<DomainName> = names.into_iter().collect();
        let known = |name: DomainName| {
            let text = name.as_str();
            Known { looks: looks(text), joined: joined(text), characters: characters(text), name }
        };
        Self { names: names.into_iter().map(known).collect() }
    }

    /// Whether it is one of them.
    pub(crate) fn has(&self, name: &DomainName) -> bool {
        self.names.binary_search_by(|known| known.name.cmp(name)).is_ok()
    }

    /// The first of them that another name resembles, and how. `letters` is by how many letters it may be off, one or two.
    pub(crate) fn resembled(&self, name: &DomainName, letters: usize) -> Option<(&DomainName, &'static str)> {
        if self.names.is_empty() || self.has(name) {
            return None;
        }
        let text = name.as_str();
        let (seen, own, characters) = (looks(text), joined(text), characters(text));
        self.names.iter().find_map(|known| {
            let other = known.name.as_str();
            let first = other.split('.').next().unwrap_or_default().len();
            let most = match first {
                _ if first >= SHORTEST_OF_TWO => letters,
                _ if first >= SHORTEST => letters.min(1),
                _ => 0,
            };
            let how = if seen == known.looks {
                "it looks the same"
            } else if own == known.joined {
                "it differs by a hyphen"
            } else {
                // An edit takes a character away and brings another one, at the most.
                let is_far = other.len().abs_diff(text.len()) > most
                    || (characters ^ known.characters).count_ones() as usize > 2 * most;
                match is_far || most == 0 {
                    true => return None,
                    false => match strsim::damerau_levenshtein(other, text) {
                        1 => "it is one letter off",
                        2 if most == 2 => "it is two letters off",
                        _ => return None,
                    },
                }
            };
            Some((&known.name, how))
        })
    }

    /// The first of them that stands in front of somebody else's: `login.microsoftonline.com.example.net`, whose own name
    /// is `domain`.
    pub(crate) fn borrowed(&self, name: &DomainName, domain: &DomainName) -> Option<&DomainName> {
        let front = name.as_str().strip_suffix(domain.as_str())?.strip_suffix('.')?;
        // Two labels at least; most names have not as many in front.
        if !front.contains('.') {
            return None;
        }
        let stands =
            |own: &str| front.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.names.iter().map(|known| &known.name).find(|known| stands(known.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Octet by octet, a name looks as it does as a whole.
        #[test]
        fn a_name_looks_as_its_characters_do(name in "[-_a-z0-9.]{0,20}") {
            let whole = unicode_security::skeleton(&name).collect::<String>().to_lowercase();
            prop_assert_eq!(looks(&name), whole);
        }
    }

    fn of(names: &[&str]) -> Registered {
        Registered::new(names.iter().map(|name| name.parse().unwrap()))
    }

    #[test]
    fn two_letters_make_another_word_of_a_short_one() {
        let known = of(&["microsoft.com", "azure.net", "windows.com"]);
        for (name, letters, want) in [
            ("micrsoft.com", 1, Some("microsoft.com")),
            ("mircosfot.com", 1, None),
            ("mircosfot.com", 2, Some("microsoft.com")),
            ("micrsoft.co", 2, Some("microsoft.com")),
            ("windws.co", 2, None),
            ("windws.com", 2, Some("windows.com")),
            ("azura.net", 2, None),
            ("a-zure.net", 2, Some("azure.net")),
            ("microsoft.com", 2, None),
        ] {
            let found = known.resembled(&name.parse().unwrap(), letters).map(|(own, _)| own.as_str());
            assert_eq!(found, want, "{name} {letters}");
        }
    }
}
