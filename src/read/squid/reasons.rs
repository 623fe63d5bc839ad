//! Which lines and entries a decision comes from, and what the lists are for: questions of an audit.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::acl::{Acl, Entries};
use super::{AclId, AtHost, BumpAction, BumpLine, Client, Line, Moment, Squid, Term, Transaction};
use crate::model::{Intent, Request, Scheme};
use crate::read::{Access, Item, Place, Trouble, TroubleKind};

/// An ACL of hosts or URLs.
#[derive(Debug)]
pub struct List<'s> {
    /// Its name.
    pub name: &'s str,
    /// What the lines that name it let through or exempt.
    pub intents: BTreeSet<Intent>,
    /// Whether a line names it, for whatever.
    pub is_used: bool,
    /// What it holds.
    pub items: &'s [Item],
    /// Where it begins.
    pub place: Option<&'s Place>,
}

impl Squid {
    /// The ACLs of hosts and URLs.
    pub fn lists(&self) -> Vec<List<'_>> {
        let mut named = vec![false; self.acls.len()];
        let mut intents = vec![BTreeSet::new(); self.acls.len()];
        let mut mark = |terms: &[Term], intent: Option<Intent>| {
            for (acl, is_positive) in self.reached(terms) {
                named[acl] = true;
                intents[acl].extend(intent.filter(|_| is_positive));
            }
        };
        for line in &self.http_access {
            mark(&line.terms, line.allow.then_some(Intent::Allow));
        }
        for line in &self.ssl_bump {
            mark(&line.terms, (line.action == BumpAction::Splice).then_some(Intent::BypassInspection));
        }
        let lists = self.acls.iter().enumerate().filter_map(|(id, acl)| {
            let Entries { items, opaque } = acl.entries()?;
            let place = items.first().map(|item| &item.place);
            Some(List {
                name: &self.names[id],
                intents: intents[id].clone(),
                is_used: named[id],
                items,
                place: place.or(opaque.first().map(|own| &own.place)),
            })
        });
        lists.collect()
    }

    /// The ACLs of a line with all that they are made of, and whether it is so that they match, or that they do not: each
    /// once, however many groups it is in.
    fn reached(&self, terms: &[Term]) -> BTreeSet<(AclId, bool)> {
        let mut reached = BTreeSet::new();
        let mut wanted: Vec<(AclId, bool)> = terms.iter().map(|term| (term.acl, !term.negated)).collect();
        while let Some((acl, is_positive)) = wanted.pop() {
            if reached.insert((acl, is_positive)) {
                let below = self.acls[acl].lines().concat();
                wanted.extend(below.iter().map(|term| (term.acl, is_positive && !term.negated)));
            }
        }
        reached
    }

    /// A client that lines let through, if they let through some clients alone: one of a private network if it is let
    /// through, else the first one of the first network.
    pub fn likely_client(&self) -> Client {
        let usual = Client::default();
        let mut first = None;
        for line in self.http_access.iter().filter(|line| line.allow) {
            for (acl, is_positive) in self.reached(&line.terms) {
                let (true, Acl::Source(networks)) = (is_positive, &self.acls[acl]) else { continue };
                if networks.iter().any(|network| network.contains(&usual.address)) {
                    return usual;
                }
                let own = networks.iter().filter(|network| !network.addr().is_loopback());
                let own = own.map(|network| network.hosts().next().unwrap_or(network.addr()));
                first = first.or(own.map(|address| Client { address }).next());
            }
        }
        first.unwrap_or(usual)
    }

    /// Whether a line depends on where the client is.
    pub fn asks_for_clients(&self) -> bool {
        self.acls.iter().any(|acl| matches!(acl, Acl::Source(_)))
    }

    /// Whether there are lines that look into TLS.
    pub fn looks_into_tls(&self) -> bool {
        self.ssl_bump.iter().any(|line| matches!(line.action, BumpAction::Bump | BumpAction::Stare))
    }

    /// Whether there are lines of `ssl_bump` and no port that opens TLS.
    pub fn waits_for_a_ca(&self) -> bool {
        self.has_bump_port == Some(false) && !self.ssl_bump.is_empty()
    }

    /// Lines of `ssl_bump` that do nothing, or that let a client choose more than they seem to.
    ///
    /// Where connections are intercepted there is no host of CONNECT to ask for.
    pub fn bump_troubles(&self) -> Vec<Trouble> {
        if self.has_bump_port == Some(false) {
            let what = "no `http_port` has `ssl-bump`, so no line of `ssl_bump` does anything".to_owned();
            let trouble = |line: &BumpLine| Trouble::new(line.place.clone(), TroubleKind::NeverMatches, what);
            return self.ssl_bump.first().map(trouble).into_iter().collect();
        }
        if self.intercepts {
            return Vec::new();
        }
        let loose = |terms: &[Term]| {
            self.reaches(terms, |acl| matches!(acl, Acl::ServerName(_)))
                && !self.reaches(terms, |acl| matches!(acl, Acl::Host(_) | Acl::Destination(_)))
        };
        let splices = self.ssl_bump.iter().filter(|line| line.action == BumpAction::Splice);
        let trouble = |place: &Place| {
            Trouble::new(
                place.clone(),
                TroubleKind::Misleading,
                "the name in the hello alone decides, so a client that names a listed host and connects to \
                   another one is not inspected: ask for the host of CONNECT on the same line",
            )
        };
        splices.filter(|line| loose(&line.terms)).map(|line| trouble(&line.place)).collect()
    }

    fn reaches(&self, terms: &[Term], wanted: fn(&Acl) -> bool) -> bool {
        self.reached(terms).into_iter().any(|(acl, is_positive)| is_positive && wanted(&self.acls[acl]))
    }
}

impl<'s> AtHost<'s> {
    /// Where it says that a request is let through, or refused: the entries of lists that match, else the line;
    /// nothing where no line matches.
    pub fn access_from(&self, client: Client, request: &Request) -> Vec<&'s Place> {
        let is_refused = self.access(client, request) == Access::Denied;
        for &moment in moments(request) {
            match self.access_line(&Transaction::new(self, client, request, moment, true)) {
                Line::Decides(line) if !line.allow => return vec![&line.place],
                // What is decrypted is refused.
                Line::Decides(_) if is_refused && moment != Moment::Decrypted => {}
                Line::Decides(line) => return self.sources(&line.terms, &line.positive, &line.place),
                Line::Asks(_) | Line::None => return Vec::new(),
            }
        }
        Vec::new()
    }

    /// The line that asks a client who it is, if one does.
    pub fn asked_by(&self, client: Client, request: &Request) -> Option<&'s Place> {
        moments(request).iter().find_map(|&moment| {
            match self.access_line(&Transaction::new(self, client, request, moment, false)) {
                Line::Asks(line) => Some(&line.place),
                Line::Decides(_) | Line::None => None,
            }
        })
    }

    /// Where it says that a request over HTTPS is inspected, or not: as for access.
    pub fn inspection_from(&self, client: Client, request: &Request) -> Vec<&'s Place> {
        match self.bump_line(client, request) {
            Some(line) => self.sources(&line.terms, &line.positive, &line.place),
            None => Vec::new(),
        }
    }

    /// The entries of a line's lists that match the host, else the line.
    fn sources(
        &self,
        terms: &[Term],
        positive: &'s OnceLock<BTreeSet<AclId>>,
        line: &'s Place,
    ) -> Vec<&'s Place> {
        let acls = positive.get_or_init(|| {
            let reached = self.squid.reached(terms).into_iter();
            reached.filter_map(|(acl, is_positive)| is_positive.then_some(acl)).collect()
        });
        let own = |(acl, item): &(AclId, &'s Item)| acls.contains(acl).then_some(&item.place);
        let mut places: Vec<&Place> = self.entries.iter().filter_map(own).collect();
        let opaque = acls.iter().filter_map(|&acl| self.squid.acls[acl].entries());
        let host = self.text.as_str();
        places
            .extend(opaque.flat_map(|all| &all.opaque).filter(|own| own.matches(host)).map(|own| &own.place));
        if places.is_empty() {
            places.push(line);
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// When access to a request is decided.
fn moments(request: &Request) -> &'static [Moment] {
    match request.scheme {
        Scheme::Http => &[Moment::Plain],
        Scheme::Https => &[Moment::Tunnel { step: 1 }, Moment::Decrypted],
    }
}
