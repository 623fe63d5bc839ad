//! What one ACL matches.

use ipnet::IpNet;
use regex_automata::meta::Regex;

use super::host::Transaction;
use super::{AclId, Answer, Moment, Term};
use crate::model::{Host, HostPattern, Ports, RequestPattern};
use crate::read::{Item, Place};

/// An ACL: the values of all its lines.
#[derive(Debug)]
pub(super) enum Acl {
    /// Everything.
    All,
    /// Nothing that is asked here, such as the cache manager.
    Never,
    /// `src`.
    Source(Vec<IpNet>),
    /// `dst` and `to_localhost`: addresses as they stand in the request. Names are told as a trouble.
    Destination(Vec<IpNet>),
    /// `dstdomain`, `dstdom_regex`: the host of the request, or of CONNECT.
    Host(Entries),
    /// `ssl::server_name` and its regular expressions: the name in the hello.
    ServerName(Entries),
    /// `url_regex`.
    Url(Entries),
    /// `port`.
    Port(Ports),
    /// `method CONNECT`: whether it is that, or anything else.
    Connect(bool),
    /// `proto`: `HTTP`, `HTTPS`.
    Protocol { http: bool, https: bool },
    /// `proxy_auth`.
    Authenticated,
    /// `at_step`.
    Step(Vec<u8>),
    /// What is not understood: taken as matching where that grants something.
    Unknown,
    /// `any-of`.
    AnyOf(Vec<Term>),
    /// `all-of`: any of its lines, all of a line.
    AllOf(Vec<Vec<Term>>),
}

/// The values of an ACL of hosts or URLs.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Those that are patterns.
    pub(super) items: Vec<Item>,
    /// Those that no pattern says.
    pub(super) opaque: Vec<Opaque>,
}

/// A regular expression that is asked, since what it matches no pattern says.
#[derive(Debug)]
pub(super) struct Opaque {
    pub(super) expression: Regex,
    pub(super) place: Place,
}

impl Opaque {
    pub(super) fn matches(&self, text: &str) -> bool {
        self.expression.is_match(text)
    }
}

impl Entries {
    pub(super) fn extend(&mut self, more: Self) {
        self.items.extend(more.items);
        self.opaque.extend(more.opaque);
    }
}

impl Acl {
    /// The hosts or URLs, if it is about these.
    pub(super) fn entries(&self) -> Option<&Entries> {
        match self {
            Self::Host(entries) | Self::ServerName(entries) | Self::Url(entries) => Some(entries),
            Self::All
            | Self::Never
            | Self::Source(_)
            | Self::Destination(_)
            | Self::Port(_)
            | Self::Connect(_)
            | Self::Protocol { .. }
            | Self::Authenticated
            | Self::Step(_)
            | Self::Unknown
            | Self::AnyOf(_)
            | Self::AllOf(_) => None,
        }
    }

    /// Whether it is made of others.
    pub(super) fn is_group(&self) -> bool {
        matches!(self, Self::AnyOf(_) | Self::AllOf(_))
    }

    /// What it says of a request, where [`Acl::known`] says nothing. Groups and what is not understood are asked in
    /// [`Transaction`].
    pub(super) fn ask(&self, own: AclId, transaction: &Transaction<'_>) -> Answer {
        let at = transaction.at;
        let request = transaction.request;
        let tunnel = matches!(transaction.moment, Moment::Tunnel { .. });
        let matched = match self {
            Self::All
            | Self::Never
            | Self::Destination(_)
            | Self::Host(_)
            | Self::ServerName(_)
            | Self::Unknown
            | Self::AnyOf(_)
            | Self::AllOf(_) => at.known[own] == Some(true),
            Self::Source(networks) => networks.iter().any(|own| own.contains(&transaction.client.address)),
            // Of a tunnel there is `host:port` and nothing that an expression for a URL begins with.
            Self::Url(entries) => {
                let known = |(acl, item): &(AclId, &Item)| *acl == own && item.pattern.matches(request);
                !tunnel
                    && (at.entries.iter().any(known)
                        || entries.opaque.iter().any(|own| own.matches(&request.to_string())))
            }
            Self::Port(ports) => ports.contains(request.port),
            Self::Connect(wanted) => tunnel == *wanted,
            // A tunnel has no protocol.
            Self::Protocol { http, https } => match transaction.moment {
                Moment::Plain => *http,
                Moment::Decrypted => *https,
                Moment::Tunnel { .. } => false,
            },
            Self::Authenticated if transaction.authenticated => true,
            Self::Authenticated => return Answer::Challenge,
            Self::Step(steps) => match transaction.moment {
                Moment::Tunnel { step } => steps.contains(&step),
                Moment::Plain | Moment::Decrypted => false,
            },
        };
        if matched { Answer::Match } else { Answer::Mismatch }
    }

    /// What a host alone says of it, of which `listed` are entries: nothing where more of a request decides. Not of
    /// groups.
    pub(super) fn known(&self, host: &Host, listed: bool) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Never => Some(false),
            Self::Destination(networks) => Some(match host {
                Host::Address(address) => networks.iter().any(|own| own.contains(address)),
                Host::Name(_) => false,
            }),
            // Before the hello there is no server name but that of CONNECT.
            Self::Host(_) | Self::ServerName(_) => Some(listed),
            Self::Url(entries) if !listed && entries.opaque.is_empty() => Some(false),
            Self::Source(_)
            | Self::Url(_)
            | Self::Port(_)
            | Self::Connect(_)
            | Self::Protocol { .. }
            | Self::Authenticated
            | Self::Step(_)
            | Self::Unknown
            | Self::AnyOf(_)
            | Self::AllOf(_) => None,
        }
    }

    /// The lines of a group: it matches where all of one match.
    pub(super) fn lines(&self) -> Vec<&[Term]> {
        match self {
            Self::AnyOf(terms) => terms.chunks(1).collect(),
            Self::AllOf(lines) => lines.iter().map(Vec::as_slice).collect(),
            _ => Vec::new(),
        }
    }

    /// The patterns that its answer depends on beside its [`entries`](Self::entries).
    pub(super) fn destinations(&self) -> Vec<RequestPattern> {
        let of_network = |&own: &IpNet| RequestPattern::any_service(HostPattern::Address(own));
        match self {
            Self::Destination(networks) => networks.iter().map(of_network).collect(),
            // Which ports a host is asked at depends on the host: see `AtHost::ports`.
            Self::Port(_)
            | Self::Host(_)
            | Self::ServerName(_)
            | Self::Url(_)
            | Self::All
            | Self::Never
            | Self::Source(_)
            | Self::Connect(_)
            | Self::Protocol { .. }
            | Self::Authenticated
            | Self::Step(_)
            | Self::Unknown
            | Self::AnyOf(_)
            | Self::AllOf(_) => Vec::new(),
        }
    }
}
