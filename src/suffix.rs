//! Public suffixes: names under which anybody can register, and the patterns that match across them.
//!
//! The public suffix list is compiled into the program, with `data/shared-hosting.yaml` beside it for
//! services that the list leaves out. This is the only module that knows the list.

mod branch;
mod shared;
mod span;
mod table;

pub(crate) use branch::ends;
pub(crate) use shared::checked;
pub use shared::{SharedSuffix, advice, shared_suffixes};
pub use span::{Span, spans};

use crate::model::DomainName;

/// Who says that a name is a public suffix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Section {
    /// A registry: the ICANN section of the public suffix list, and every last label that the list does
    /// not have.
    Icann,
    /// The operator, in the private section of the public suffix list.
    Private,
    /// `data/shared-hosting.yaml`.
    SharedHosting,
}

/// The public suffix of a name, which may be the name itself, and who says so.
pub fn public_suffix(name: &DomainName) -> (DomainName, Section) {
    let (labels, section) = suffix_len(&table::key_of(name.as_str()));
    (name.last_labels(labels), section)
}

/// The public suffix with one label more: the name that somebody registered. Nothing where the name is
/// a public suffix itself.
pub fn registrable_domain(name: &DomainName) -> Option<DomainName> {
    let (labels, _) = suffix_len(&table::key_of(name.as_str()));
    (labels < name.label_count()).then(|| name.last_labels(labels + 1))
}

/// The name that somebody registered with a registry, whoever shares out what is below it: `windows.net` of
/// `a.blob.core.windows.net`. Nothing where the name is a registry's suffix itself.
pub fn registered_domain(name: &DomainName) -> Option<DomainName> {
    let (suffix, section) = public_suffix(name);
    match section {
        Section::Icann => registrable_domain(name),
        Section::Private | Section::SharedHosting => registered_domain(&suffix.parent()?),
    }
}

/// The name that somebody registered with a registry, where its suffix is nobody else's either: what [`registered_domain`] and
/// [`registrable_domain`] both say, far cheaper. Nothing where they say different things, or nothing.
pub(crate) fn plainly_registered(name: &str) -> Option<&str> {
    let mut ends = ends(name);
    match branch::suffix_len(name) {
        (labels, Section::Icann) => ends.nth(labels),
        (_, Section::Private | Section::SharedHosting) => None,
    }
}

/// How many labels of a key are its public suffix.
fn suffix_len(key: &str) -> (usize, Section) {
    let listed = table::suffix_len(key);
    match shared::suffix_len(key) {
        Some(labels) if labels > listed.0 => (labels, Section::SharedHosting),
        _ => listed,
    }
}

#[cfg(test)]
mod tests;
