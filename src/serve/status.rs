//! What is told of a server to those who run it.

use serde::Serialize;

use super::clients::Told;
use super::poll::{Order, Polled};
use super::store::Listed;
use super::version::VersionId;

/// How the last build of a site ended, or what somebody did since.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Last {
    /// When, in seconds since 1970.
    pub at: u64,
    /// What it was for: `start`, `a file changed`, `signal`, `request`, `update`.
    pub because: &'static str,
    /// `applied`, `unchanged`, `waiting`, `refused`, `failed`, `approved`, `rolled back`.
    pub result: &'static str,
    /// What is wrong, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A version that waits, as it is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ToldWaiting {
    /// Its id, by which it is approved.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
}

/// What is told of a site.
#[derive(Clone, Debug, Serialize)]
pub struct SiteStatus {
    /// Its name.
    pub name: String,
    /// The version that is served.
    pub version: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created: Option<u64>,
    /// The version whose content it has, where somebody went back.
    pub restored: Option<String>,
    /// Since when somebody holds on to it, in seconds since 1970.
    pub pinned: Option<u64>,
    /// The version that waits for approval.
    pub waiting: Option<ToldWaiting>,
    /// How the last build ended; nothing before there was one.
    pub last: Option<Last>,
    /// What the vendor was asked last, of each list that is fetched.
    pub updates: Vec<Polled>,
    /// The versions on disk, the newest first.
    pub history: Vec<Listed>,
    /// Who fetched lists.
    pub lists: Told,
    /// Who fetched a PAC.
    pub devices: Told,
}

/// What is told of the server.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `ready`, `waiting`, `pinned`, `stale`, `empty`, `draining`.
    pub state: &'static str,
    /// Settings, credentials and certificates that stayed as they were, and why.
    pub problems: Vec<String>,
    /// Connections that are open.
    pub connections: usize,
    /// The sites.
    pub sites: Vec<SiteStatus>,
}

/// What is known of the sites since the last build ended. Nobody who asks waits for the one that is going on.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub problems: Vec<String>,
    pub sites: Vec<KnownSite>,
    /// What is fetched for them.
    pub orders: Vec<Order>,
}

#[derive(Debug)]
pub(super) struct KnownSite {
    /// Its place in the list of all.
    pub at: usize,
    pub name: String,
    pub version: Option<VersionId>,
    pub created: Option<u64>,
    pub restored: Option<String>,
    pub pinned: Option<u64>,
    pub waiting: Option<ToldWaiting>,
    pub last: Option<Last>,
    pub history: Vec<Listed>,
}
