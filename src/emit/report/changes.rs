//! What changed between two policies, as the page shows it.

use crate::model::Intent;

/// How a change matters to whoever answers for the network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChangeKind {
    /// The list of the intent has more.
    Added,
    /// The list of the intent has less.
    Removed,
}

/// One change of one intent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// More or less.
    pub kind: ChangeKind,
    /// The list that changed.
    pub intent: Intent,
    /// The pattern that came or went, as a vendor writes it.
    pub pattern: String,
    /// A request that is answered otherwise now.
    pub witness: String,
    /// Where the old source asked for it: `mde-urls.xlsx › E58`.
    pub old: Vec<String>,
    /// Where the new source asks for it.
    pub new: Vec<String>,
}

impl Change {
    /// What it is called: `newly allowed`.
    pub fn title(&self) -> &'static str {
        match (self.kind, self.intent) {
            (ChangeKind::Added, Intent::Allow) => "newly allowed",
            (ChangeKind::Removed, Intent::Allow) => "no longer allowed",
            (ChangeKind::Added, Intent::BypassInspection) => "newly exempt from inspection",
            (ChangeKind::Removed, Intent::BypassInspection) => "no longer exempt from inspection",
            (ChangeKind::Added, Intent::BypassAuthentication) => "newly exempt from authentication",
            (ChangeKind::Removed, Intent::BypassAuthentication) => "no longer exempt from authentication",
            (ChangeKind::Added, Intent::Direct) => "newly direct",
            (ChangeKind::Removed, Intent::Direct) => "no longer direct",
        }
    }
}
