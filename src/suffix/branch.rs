//! The suffixes as a table of hashes, for who asks of many names: made at the first question, and then several times as fast as
//! the binary search.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::quality::RandomState;

use super::table::{self, Rules};
use super::{Section, shared_suffixes};

/// What is known of a name that has rules, or above one that has.
#[derive(Clone, Copy, Default)]
struct Branch {
    rules: Option<Rules>,
    /// Whether many customers share the name, by `data/shared-hosting.yaml`.
    is_shared: bool,
}

static BRANCHES: LazyLock<HashMap<String, Branch, RandomState>> = LazyLock::new(|| {
    let mut branches: HashMap<String, Branch, RandomState> = HashMap::default();
    let listed = table::all().map(|(key, rules)| {
        let labels: Vec<&str> = key.rsplit(' ').collect();
        (labels.join("."), Branch { rules: Some(rules), is_shared: false })
    });
    let shared = shared_suffixes();
    let shared =
        shared.iter().map(|own| (own.name.as_str().to_owned(), Branch { rules: None, is_shared: true }));
    for (name, branch) in listed.chain(shared) {
        for end in ends(&name) {
            branches.entry(end.to_owned()).or_default();
        }
        let own = branches.entry(name).or_default();
        own.rules = own.rules.or(branch.rules);
        own.is_shared |= branch.is_shared;
    }
    branches
});

/// A name from each label on, the last label first.
pub(crate) fn ends(name: &str) -> impl Iterator<Item = &str> {
    let dots = memchr::memrchr_iter(b'.', name.as_bytes());
    dots.map(|dot| &name[dot + 1..]).chain([name])
}

/// How many labels of a name are its public suffix, and who says so: what `suffix_len` says of its key.
pub(super) fn suffix_len(name: &str) -> (usize, Section) {
    let (mut listed, mut shared) = ((1, Section::Icann), 0);
    for (count, end) in (1..).zip(ends(name)) {
        let Some(branch) = BRANCHES.get(end) else { break };
        if branch.is_shared {
            shared = count;
        }
        let Some(rules) = branch.rules else { continue };
        if let Some(section) = rules.exception() {
            listed = (count - 1, section);
            break;
        }
        if let Some(section) = rules.normal() {
            listed = (count, section);
        }
        if let Some(section) = rules.wildcard().filter(|_| end.len() < name.len()) {
            listed = (count + 1, section);
        }
    }
    if shared > listed.0 { (shared, Section::SharedHosting) } else { listed }
}
