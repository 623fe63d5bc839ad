//! Configurations back to decisions, by the products' own rules.
//!
//! Shares nothing with the emitters: what a product makes of a text is written here from its documents and
//! from what was seen of it, so that an emitter that is wrong is found out. A configuration is asked, request
//! by request; one request of every kind that it and a policy tell apart decides the whole
//! ([`boundary_requests`](crate::model::boundary_requests)).
//!
//! What a reader does not understand is told with file and line and never passed over.

pub mod hcl;
pub mod nft;
pub mod pac;
pub mod panos;
pub mod report;
mod rulebase;
pub mod squid;
pub mod ticket;
pub mod windows_firewall;
pub mod zscaler;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::Intent;
use crate::text;

pub use rulebase::{AtHost, Index, Item, Rulebase, Ruling};

/// The files of a configuration by the names that it refers to them by: relative paths, `/` between parts.
pub type Texts = BTreeMap<String, Vec<u8>>;

/// Octets as a text, with those that are no UTF-8 as an escape says them: `B\xfcro`. Products read octets, so one that is
/// beyond a reader costs the word that it stands in and not the file.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(escaped(bytes)),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// The same of the files that a product reads as octets.
fn all_decoded(texts: &Texts, are_octets: impl Fn(&[u8]) -> bool) -> Cow<'_, Texts> {
    let is_meant = |bytes: &Vec<u8>| are_octets(bytes) && std::str::from_utf8(bytes).is_err();
    if !texts.values().any(is_meant) {
        return Cow::Borrowed(texts);
    }
    let own = |bytes: &Vec<u8>| if is_meant(bytes) { escaped(bytes).into_bytes() } else { bytes.clone() };
    Cow::Owned(texts.iter().map(|(name, bytes)| (name.clone(), own(bytes))).collect())
}

/// Where something stands in a configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1; 0 where it is the whole file.
    pub line: u32,
}

impl Place {
    /// A line of a file.
    pub fn new(file: &Arc<str>, line: u32) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

/// `squid.conf:12`, or the file alone.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// A configuration, or a part of one: for each list that the product has, the rules that decide.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// By intent. An intent about which the files say nothing is not there.
    pub rulebases: BTreeMap<Intent, Rulebase>,
    /// What was not understood, or does not mean what it seems to.
    pub troubles: Vec<Trouble>,
}

/// Something in a configuration that does not mean what it seems to, or that nobody can say the meaning of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Trouble {
    /// Where.
    pub place: Place,
    /// How grave.
    pub kind: TroubleKind,
    /// What is wrong, in one line without a full stop.
    pub what: String,
}

/// Most characters of what a trouble tells.
const MOST_TOLD: usize = 600;

impl Trouble {
    /// What is wrong may hold a text of a file: it is kept to one line, of which a terminal obeys nothing.
    pub fn new(place: Place, kind: TroubleKind, what: impl AsRef<str>) -> Self {
        Self { place, kind, what: text::shown(what.as_ref(), MOST_TOLD) }
    }
}

/// What a trouble means for the reading.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TroubleKind {
    /// The product refuses the configuration, or this part of it.
    Refused,
    /// The reader does not understand it, so that nothing is decided about it.
    NotUnderstood,
    /// The product takes it, and it matches nothing.
    NeverMatches,
    /// The product matches more or less than the text seems to say.
    Misleading,
    /// It depends on something beside the request, such as the client's zone, which was taken as fulfilled for
    /// what grants, and as not fulfilled for what refuses.
    Assumed,
}

/// What a proxy does with a request of a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Access {
    /// It is refused.
    Denied,
    /// It is let through once the client has said who it is.
    AfterAuthentication,
    /// It is let through.
    Anonymous,
}
