//! Squid, as 5 and later read it: `squid.conf` with the files that it includes and the lists that its ACLs name.
//!
//! Access is decided by the first `http_access` line whose ACLs all match; where none does, by the opposite
//! of the last line. TLS is decided by the first `ssl_bump` line that matches at each step. A request over
//! HTTPS is asked as a client makes it: CONNECT, then the hello, then what is inside, if that is opened.
//!
//! Deliberately not here: what depends on anything but the request and who asks, such as time or the
//! addresses that a name resolves to. Where a line needs that, it is a [`Trouble`].

mod acl;
mod directives;
mod expression;
mod host;
mod parse;
mod reasons;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use acl::Acl;

use super::{Access, Place, Texts, Trouble};
pub use host::AtHost;
use host::Transaction;
pub use reasons::List;
pub use values::references;

use crate::model::{GroupedIndex, Host, Request, RequestPattern, Scheme};

/// A configuration.
#[derive(Debug)]
pub struct Squid {
    main: String,
    acls: Vec<Acl>,
    /// What each is called.
    names: Vec<String>,
    /// The hosts and URLs of ACLs, each by its ACL and its place there.
    entries: GroupedIndex<(AclId, usize)>,
    /// Whether an expression is asked of the text of hosts, since what it matches no pattern says.
    reads_text: bool,
    /// The ACLs that are made of others, each behind those that it is made of.
    groups: Vec<AclId>,
    /// By ACL: whether nobody may be able to say before the client has said who it is.
    may_challenge: Vec<bool>,
    http_access: Vec<AccessLine>,
    ssl_bump: Vec<BumpLine>,
    /// Whether a listening port opens TLS; nothing where no port is named.
    has_bump_port: Option<bool>,
    /// Whether a listening port takes connections that were meant for somebody else.
    intercepts: bool,
    troubles: Vec<Trouble>,
}

#[derive(Debug)]
struct AccessLine {
    allow: bool,
    terms: Vec<Term>,
    /// The ACLs by which it matches.
    positive: OnceLock<BTreeSet<AclId>>,
    place: Place,
}

#[derive(Debug)]
struct BumpLine {
    action: BumpAction,
    terms: Vec<Term>,
    /// The ACLs by which it matches.
    positive: OnceLock<BTreeSet<AclId>>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BumpAction {
    Peek,
    Stare,
    Splice,
    Bump,
    Terminate,
}

/// The place of an ACL among all of a configuration.
pub type AclId = usize;

/// An ACL, or its opposite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Term {
    acl: AclId,
    negated: bool,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Client {
    /// From where.
    pub address: IpAddr,
}

impl Default for Client {
    /// A client of a private network.
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    /// A request that is not encrypted.
    Plain,
    /// CONNECT, or what is known of the connection at a step of `ssl_bump`.
    Tunnel { step: u8 },
    /// A request taken out of a tunnel.
    Decrypted,
}

/// What the lines of `http_access` come to.
enum Line<'s> {
    Decides(&'s AccessLine),
    /// The client is asked who it is.
    Asks(&'s AccessLine),
    /// None matches: the opposite of the last one counts.
    None,
}

/// What an ACL says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Match,
    Mismatch,
    /// Nobody can say before the client has said who it is.
    Challenge,
}

impl Squid {
    /// Reads a configuration from its main file.
    pub fn read(main: &str, texts: &Texts) -> Self {
        parse::configuration(main, texts)
    }

    /// The main file.
    pub fn main(&self) -> &str {
        &self.main
    }

    /// What was not understood.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Every pattern that a decision may depend on.
    pub fn patterns(&self) -> Vec<RequestPattern> {
        self.listed().cloned().chain(self.destinations()).collect()
    }

    /// Those of them that are entries of lists.
    pub fn listed(&self) -> impl Iterator<Item = &RequestPattern> {
        self.acls.iter().filter_map(Acl::entries).flat_map(|all| &all.items).map(|item| &item.pattern)
    }

    /// The others.
    pub fn destinations(&self) -> Vec<RequestPattern> {
        self.acls.iter().flat_map(Acl::destinations).collect()
    }

    /// The entries that match a host, in the order of ACLs and of each.
    fn entries_at(&self, host: &Host) -> Vec<(AclId, usize)> {
        let mut entries: Vec<(AclId, usize)> = self.entries.matching(host).copied().collect();
        entries.sort_unstable();
        entries
    }
}

impl<'s> AtHost<'s> {
    /// Whether a client is let through to a request to this host.
    pub fn access(&self, client: Client, request: &Request) -> Access {
        match request.scheme {
            Scheme::Http => self.http_access(client, request, Moment::Plain),
            Scheme::Https => {
                let tunnel = self.http_access(client, request, Moment::Tunnel { step: 1 });
                match self.inspects(client, request) {
                    Some(true) if tunnel != Access::Denied => {
                        tunnel.min(self.http_access(client, request, Moment::Decrypted))
                    }
                    Some(_) => tunnel,
                    None => Access::Denied,
                }
            }
        }
    }

    /// Whether a request over HTTPS is taken out of its tunnel and looked into, wherever access to it may be
    /// refused; nothing where the connection is ended.
    pub fn inspects(&self, client: Client, request: &Request) -> Option<bool> {
        if self.squid.has_bump_port == Some(false) {
            return Some(false);
        }
        match self.bump_line(client, request) {
            Some(line) => match line.action {
                BumpAction::Splice | BumpAction::Peek => Some(false),
                BumpAction::Bump | BumpAction::Stare => Some(true),
                BumpAction::Terminate => None,
            },
            None => Some(false),
        }
    }

    /// The line that decides about a tunnel, if one does: nothing where none matches.
    ///
    /// Where no line matches after one that looks, what was stared at is opened and what was peeked at is
    /// spliced: then it is that one.
    fn bump_line(&self, client: Client, request: &Request) -> Option<&'s BumpLine> {
        // The first step knows the CONNECT host, the second the server name too, which is the same here.
        let mut last: Option<&BumpLine> = None;
        for step in 1..=3 {
            let transaction = Transaction::new(self, client, request, Moment::Tunnel { step }, true);
            let looked = last.map(|line| line.action);
            let is_possible = |action| match (step, action) {
                // What was peeked at in the second step can only be spliced, what was stared at only opened.
                (3, BumpAction::Splice) => looked == Some(BumpAction::Peek),
                (3, BumpAction::Bump) => looked == Some(BumpAction::Stare),
                (3, BumpAction::Peek | BumpAction::Stare) => false,
                _ => true,
            };
            let line = self.ssl_bump.iter().find(|(line, terms)| {
                let grants = line.action == BumpAction::Splice;
                is_possible(line.action) && transaction.all(terms, grants) == Answer::Match
            });
            match line.map(|&(line, _)| line) {
                Some(line) if matches!(line.action, BumpAction::Peek | BumpAction::Stare) => {
                    last = Some(line);
                }
                Some(line) => return Some(line),
                None => break,
            }
        }
        last
    }

    fn http_access(&self, client: Client, request: &Request, moment: Moment) -> Access {
        for (authenticated, access) in [(false, Access::Anonymous), (true, Access::AfterAuthentication)] {
            match self.access_line(&Transaction::new(self, client, request, moment, authenticated)) {
                Line::Decides(line) if line.allow => return access,
                Line::Decides(_) => return Access::Denied,
                Line::Asks(_) => {}
                Line::None if self.squid.http_access.last().is_some_and(|last| !last.allow) => return access,
                Line::None => return Access::Denied,
            }
        }
        Access::Denied
    }

    /// The first line of `http_access` that matches.
    fn access_line(&self, transaction: &Transaction<'_>) -> Line<'s> {
        for (line, terms) in &self.http_access {
            match transaction.all(terms, line.allow) {
                Answer::Match => return Line::Decides(line),
                Answer::Challenge => return Line::Asks(line),
                Answer::Mismatch => {}
            }
        }
        Line::None
    }
}
