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
mod parse;
mod reasons;
#[cfg(test)]
mod tests;
mod values;

use std::net::{IpAddr, Ipv4Addr};

use acl::Acl;

use super::{Access, Item, Place, Texts, Trouble};
pub use reasons::List;
pub use values::references;

use crate::model::{Host, HostIndex, Request, RequestPattern, Scheme};

/// A configuration.
#[derive(Debug)]
pub struct Squid {
    main: String,
    acls: Vec<Acl>,
    /// What each is called.
    names: Vec<String>,
    /// The hosts and URLs of ACLs, each by its ACL and its place there.
    entries: HostIndex<(AclId, usize)>,
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
    place: Place,
}

#[derive(Debug)]
struct BumpLine {
    action: BumpAction,
    terms: Vec<Term>,
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
    /// The host as Squid writes it.
    text: String,
    /// What of the lists matches the host.
    entries: Vec<(AclId, &'s Item)>,
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
#[derive(Clone, Copy)]
struct Transaction<'r> {
    at: &'r AtHost<'r>,
    client: Client,
    request: &'r Request,
    moment: Moment,
    authenticated: bool,
    /// Whether the line that is looked at grants something.
    grants: bool,
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
        self.acls.iter().flat_map(Acl::patterns).collect()
    }

    /// A host, looked up.
    pub fn at(&self, host: &Host) -> AtHost<'_> {
        let mut matched = vec![false; self.acls.len()];
        let mut entries = Vec::new();
        for &(acl, at) in self.entries.matching(host) {
            matched[acl] = true;
            entries.extend(self.acls[acl].entries().map(|all| (acl, &all.items[at])));
        }
        let text = host.to_string();
        for (acl, own) in self.acls.iter().enumerate() {
            if let Acl::Host(all) | Acl::ServerName(all) = own
                && all.opaque.iter().any(|own| own.matches(&text))
            {
                matched[acl] = true;
            }
        }
        AtHost { squid: self, matched, text, entries }
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
            let transaction = Transaction {
                at: self,
                client,
                request,
                moment: Moment::Tunnel { step },
                authenticated: true,
                grants: false,
            };
            let looked = last.map(|line| line.action);
            let is_possible = |action| match (step, action) {
                // What was peeked at in the second step can only be spliced, what was stared at only opened.
                (3, BumpAction::Splice) => looked == Some(BumpAction::Peek),
                (3, BumpAction::Bump) => looked == Some(BumpAction::Stare),
                (3, BumpAction::Peek | BumpAction::Stare) => false,
                _ => true,
            };
            let line = self.squid.ssl_bump.iter().find(|line| {
                let grants = line.action == BumpAction::Splice;
                let transaction = Transaction { grants, ..transaction };
                is_possible(line.action) && self.all(&line.terms, &transaction) == Answer::Match
            });
            match line {
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
            let transaction = Transaction { at: self, client, request, moment, authenticated, grants: false };
            match self.access_line(transaction) {
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
    fn access_line(&self, transaction: Transaction<'_>) -> Line<'s> {
        for line in &self.squid.http_access {
            match self.all(&line.terms, &Transaction { grants: line.allow, ..transaction }) {
                Answer::Match => return Line::Decides(line),
                Answer::Challenge => return Line::Asks(line),
                Answer::Mismatch => {}
            }
        }
        Line::None
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
        let acl = &self.squid.acls[term.acl];
        if matches!(acl, Acl::Unknown) {
            return if transaction.grants { Answer::Match } else { Answer::Mismatch };
        }
        match (acl.ask(term.acl, transaction), term.negated) {
            (Answer::Match, true) => Answer::Mismatch,
            (Answer::Mismatch, true) => Answer::Match,
            (answer, _) => answer,
        }
    }
}
