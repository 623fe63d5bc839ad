//! Configurations back to decisions, by the products' own rules.
//!
//! Shares nothing with the emitters: what a product makes of a text is written here from its documents and
//! from what was seen of it, so that an emitter that is wrong is found out. A configuration is asked, request
//! by request; one request of every kind that it and a policy tell apart decides the whole
//! ([`boundary_requests`](crate::model::boundary_requests)).
//!
//! What a reader does not understand is told with file and line and never passed over.

pub mod squid;

use std::collections::BTreeMap;

/// The files of a configuration by the names that it refers to them by: relative paths, `/` between parts.
pub type Texts = BTreeMap<String, Vec<u8>>;

/// Something in a configuration that the reader does not understand, or that cannot mean what it seems to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it, in one line without a full stop.
    pub what: String,
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
