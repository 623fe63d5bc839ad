//! Squid, as 5 and later read it: `squid.conf` with the files that it includes and the lists that its ACLs name.
//!
//! Access is decided by the first `http_access` line whose ACLs all match; where none does, by the opposite
//! of the last line. TLS is decided by the first `ssl_bump` line that matches at each step. A request over
//! HTTPS is asked as a client makes it: CONNECT, then the hello, then what is inside, if that is opened.
//!
//! Deliberately not here: what depends on anything but the request and who asks, such as time or the
//! addresses that a name resolves to. Where a line needs that, it is a [`Trouble`].

mod acl;
mod expression;
mod parse;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use acl::Acl;

use super::{Access, Texts, Trouble};
use crate::model::{Host, HostIndex, Request, RequestPattern, Scheme};

/// A configuration.
#[derive(Debug)]
pub struct Squid {
    acls: Vec<Acl>,
    /// Which ACLs of hosts match a host.
    hosts: HostIndex<AclId>,
    /// Which URLs an ACL may match at a host.
    urls: HostIndex<(AclId, RequestPattern)>,
    http_access: Vec<AccessLine>,
    ssl_bump: Vec<BumpLine>,
    troubles: Vec<Trouble>,
}

#[derive(Debug)]
struct AccessLine {
    allow: bool,
    terms: Vec<Term>,
}

#[derive(Debug)]
struct BumpLine {
    action: BumpAction,
    terms: Vec<Term>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BumpAction {
    Peek,
    Stare,
    Splice,
    Bump,
    Terminate,
}

/// The place of an ACL among all.
type AclId = usize;

/// An ACL, or its opposite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Term {
    acl: AclId,
    negated: bool,
}

/// One host, looked up in all lists, for many questions about it.
#[derive(Debug)]
pub struct AtHost<'s> {
    squid: &'s Squid,
    /// By ACL: whether one of its hosts matches.
    matched: Vec<bool>,
    urls: Vec<&'s (AclId, RequestPattern)>,
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

/// What Squid knows of a request at one moment.
struct Transaction<'r> {
    at: &'r AtHost<'r>,
    client: Client,
    request: &'r Request,
    moment: Moment,
    authenticated: bool,
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

    /// What was not understood.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Every pattern that a decision may depend on.
    pub fn patterns(&self) -> Vec<RequestPattern> {
        self.acls.iter().flat_map(Acl::patterns).collect()
    }

    /// A host, looked up.
    pub fn at(&self, host: &Host) -> AtHost<'_> {
        let mut matched = vec![false; self.acls.len()];
        self.hosts.matching(host).for_each(|&acl| matched[acl] = true);
        AtHost { squid: self, matched, urls: self.urls.matching(host).collect() }
    }
}

impl AtHost<'_> {
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
        // The first step knows the CONNECT host, the second the server name too, which is the same here.
        let mut last = None;
        for step in 1..=3 {
            let transaction = Transaction {
                at: self,
                client,
                request,
                moment: Moment::Tunnel { step },
                authenticated: true,
            };
            let is_possible = |action| match (step, action) {
                // What was peeked at in the second step can only be spliced, what was stared at only opened.
                (3, BumpAction::Splice) => last == Some(BumpAction::Peek),
                (3, BumpAction::Bump) => last == Some(BumpAction::Stare),
                (3, BumpAction::Peek | BumpAction::Stare) => false,
                _ => true,
            };
            let line = self.squid.ssl_bump.iter().find(|line| {
                is_possible(line.action) && self.all(&line.terms, &transaction) == Answer::Match
            });
            match line.map(|line| line.action) {
                Some(BumpAction::Splice) => return Some(false),
                Some(BumpAction::Bump) => return Some(true),
                Some(BumpAction::Terminate) => return None,
                Some(action @ (BumpAction::Peek | BumpAction::Stare)) => last = Some(action),
                None => break,
            }
        }
        // Where no line matches, what was stared at is opened and everything else is spliced.
        Some(last == Some(BumpAction::Stare))
    }

    fn http_access(&self, client: Client, request: &Request, moment: Moment) -> Access {
        for (authenticated, access) in [(false, Access::Anonymous), (true, Access::AfterAuthentication)] {
            match self.first_access(&Transaction { at: self, client, request, moment, authenticated }) {
                Some(true) => return access,
                Some(false) => return Access::Denied,
                // Asked who it is.
                None => {}
            }
        }
        Access::Denied
    }

    /// What the first line that matches says; nothing where the client is asked who it is.
    fn first_access(&self, transaction: &Transaction<'_>) -> Option<bool> {
        for line in &self.squid.http_access {
            match self.all(&line.terms, transaction) {
                Answer::Match => return Some(line.allow),
                Answer::Challenge => return None,
                Answer::Mismatch => {}
            }
        }
        Some(self.squid.http_access.last().is_some_and(|line| !line.allow))
    }

    /// Whether all terms match, from the left: what stands behind a mismatch is not asked.
    fn all(&self, terms: &[Term], transaction: &Transaction<'_>) -> Answer {
        for &term in terms {
            match self.term(term, transaction) {
                Answer::Match => {}
                other => return other,
            }
        }
        Answer::Match
    }

    fn term(&self, term: Term, transaction: &Transaction<'_>) -> Answer {
        match (self.squid.acls[term.acl].ask(term.acl, transaction), term.negated) {
            (Answer::Match, true) => Answer::Mismatch,
            (Answer::Mismatch, true) => Answer::Match,
            (answer, _) => answer,
        }
    }
}
