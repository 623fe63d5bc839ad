//! Hosting what a profile asks for: PAC, WPAD and lists, for clients and firewalls that pull them.
//!
//! [`build`] compiles and proves a profile as `thruway compile` does, and [`lists`] says which files of it are served;
//! [`guard`] decides whether they may take the place of what is served, [`store`] keeps versions on disk. A
//! [`version`] is ready to send, a [`table`] has those of all sites; [`respond`] answers from it, by what [`negotiate`]
//! and [`access`] decide. [`listen`] takes connections within the bounds of [`limits`].
//!
//! A [`site`] brings new versions in, or lets them wait with a [`ticket`] until somebody approves them, and goes back to
//! old ones; [`sites`] has all of them. [`watch`] tells when a file changed, [`poll`] asks the vendor for newer lists,
//! [`admin`] takes orders and tells the [`status`]. [`metrics`], [`log`] and [`clients`] count.
//!
//! A request never waits for a build, a disk or another request: it reads an immutable table, which is replaced as a
//! whole. Deliberately not here: HTTP/2, which nobody who fetches a PAC or a list needs, and which has more to get wrong.

pub mod access;
pub mod admin;
pub mod auth;
pub mod build;
pub mod clients;
pub mod guard;
pub mod limits;
pub mod listen;
pub mod lists;
pub mod log;
pub mod metrics;
pub mod negotiate;
pub mod poll;
pub mod respond;
pub mod site;
pub mod sites;
pub mod status;
pub mod store;
pub mod table;
pub mod ticket;
pub mod tls;
pub mod version;
pub mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use arc_swap::ArcSwap;

use access::Settings;
use clients::Clients;
use limits::Connections;
use log::AccessLog;
use metrics::Metrics;
use table::Table;

/// Whether requests should come here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// What the sources ask for is served.
    Ready,
    /// A newer version waits until somebody approves it.
    Waiting,
    /// Somebody holds on to what is served, whatever the sources ask for.
    Pinned,
    /// An older version is served, since what came after it was refused or failed.
    Stale,
    /// A site has nothing to serve.
    Empty,
    /// The server is ending.
    Draining,
}

impl State {
    const ALL: [State; 6] =
        [State::Ready, State::Waiting, State::Pinned, State::Stale, State::Empty, State::Draining];

    /// The word in what the admin address tells.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Pinned => "pinned",
            Self::Stale => "stale",
            Self::Empty => "empty",
            Self::Draining => "draining",
        }
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Server {
    /// What is served now.
    pub table: ArcSwap<Table>,
    /// Who may have it.
    pub settings: ArcSwap<Settings>,
    /// Who asked.
    pub clients: Clients,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where requests are logged, if anywhere.
    pub access_log: Option<AccessLog>,
    /// The connections that are open.
    pub connections: Arc<Connections>,
    state: AtomicU8,
}

impl Server {
    /// A server that serves nothing yet.
    pub fn new(settings: Settings, metrics: Arc<Metrics>, access_log: Option<AccessLog>) -> Self {
        Self {
            table: ArcSwap::default(),
            settings: ArcSwap::from_pointee(settings),
            clients: Clients::default(),
            metrics,
            access_log,
            connections: Arc::default(),
            state: AtomicU8::new(State::Empty as u8),
        }
    }

    /// Whether requests should come here.
    pub fn state(&self) -> State {
        State::ALL[usize::from(self.state.load(Ordering::Relaxed))]
    }

    /// Says whether requests should come here. What is ending stays so.
    pub fn set_state(&self, state: State) {
        let keep = |now| (now != State::Draining as u8).then_some(state as u8);
        let _ = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, keep);
    }
}
