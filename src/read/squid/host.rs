//! What a host alone decides of the lines of a configuration, and what is left to be asked of every request to it.
//!
//! A line or a group that the host decides is asked nothing more: of a thousand lists with ports of their own, a host is
//! on few, and only the ports of these tell its requests apart. A group is answered once for a request, however many
//! others it stands in.

use std::cell::OnceCell;

use super::acl::Acl;
use super::{AccessLine, AclId, Answer, BumpLine, Client, Moment, Squid, Term};
use crate::model::{Host, Ports, Request};
use crate::read::Item;

/// One host, looked up in all lists, for many questions about it.
#[derive(Debug)]
pub struct AtHost<'s> {
    pub(super) squid: &'s Squid,
    /// By ACL: what the host alone says of it, where it does.
    pub(super) known: Vec<Option<bool>>,
    /// The groups that it does not decide, in the order of all: each with its lines, of which all of one match.
    groups: Vec<(AclId, Vec<Vec<Term>>)>,
    /// The lines that may match, with what is left of them.
    pub(super) http_access: Vec<(&'s AccessLine, Vec<Term>)>,
    pub(super) ssl_bump: Vec<(&'s BumpLine, Vec<Term>)>,
    /// The host as Squid writes it.
    pub(super) text: String,
    /// What of the lists matches the host.
    pub(super) entries: Vec<(AclId, &'s Item)>,
}

/// What is left of terms that all have to match.
enum Left {
    Always,
    Never,
    Open(Vec<Term>),
}

impl Squid {
    /// The lists that a name is on, in order: two names on the same lists are answered alike, whatever is asked. Nothing
    /// for an address, and where more of a host than its lists decides.
    pub fn kind(&self, host: &Host) -> Option<Vec<AclId>> {
        if matches!(host, Host::Address(_)) || self.reads_text {
            return None;
        }
        let mut lists: Vec<AclId> = self.entries_at(host).into_iter().map(|(acl, _)| acl).collect();
        lists.dedup();
        // Which requests an entry for URLs matches is not the same for all of a list.
        let is_of_urls = |acl: &AclId| matches!(self.acls[*acl], Acl::Url(_));
        (!lists.iter().any(is_of_urls)).then_some(lists)
    }

    /// A host, looked up.
    pub fn at(&self, host: &Host) -> AtHost<'_> {
        let mut listed = vec![false; self.acls.len()];
        let mut entries = Vec::new();
        for (acl, at) in self.entries_at(host) {
            listed[acl] = true;
            entries.extend(self.acls[acl].entries().map(|all| (acl, &all.items[at])));
        }
        let text = host.to_string();
        for (acl, own) in self.acls.iter().enumerate() {
            if let Acl::Host(all) | Acl::ServerName(all) = own
                && all.opaque.iter().any(|own| own.matches(&text))
            {
                listed[acl] = true;
            }
        }
        let known = self.acls.iter().zip(listed).map(|(acl, listed)| acl.known(host, listed)).collect();
        let mut at = AtHost {
            squid: self,
            known,
            groups: Vec::new(),
            http_access: Vec::new(),
            ssl_bump: Vec::new(),
            text,
            entries,
        };
        for &group in &self.groups {
            at.look_at(group);
        }
        at.http_access =
            self.http_access.iter().filter_map(|own| Some((own, at.open(&own.terms)?))).collect();
        at.ssl_bump = self.ssl_bump.iter().filter_map(|own| Some((own, at.open(&own.terms)?))).collect();
        at
    }
}

impl AtHost<'_> {
    /// Ports that are told apart at this host, beside those of the patterns.
    pub fn ports(&self) -> Vec<&Ports> {
        let lines = self.http_access.iter().map(|(_, terms)| terms);
        let lines = lines.chain(self.ssl_bump.iter().map(|(_, terms)| terms));
        let mut wanted: Vec<AclId> = lines.flatten().map(|term| term.acl).collect();
        let mut is_known = vec![false; self.known.len()];
        let mut ports = Vec::new();
        while let Some(acl) = wanted.pop() {
            if std::mem::replace(&mut is_known[acl], true) {
                continue;
            }
            if let Acl::Port(own) = &self.squid.acls[acl] {
                ports.push(own);
            } else if let Ok(at) = self.place_of(acl) {
                wanted.extend(self.groups[at].1.iter().flatten().map(|term| term.acl));
            }
        }
        ports
    }

    fn place_of(&self, group: AclId) -> Result<usize, usize> {
        self.groups.binary_search_by_key(&group, |&(own, _)| own)
    }

    /// Takes out of a group what the host decides.
    fn look_at(&mut self, group: AclId) {
        let mut left = Vec::new();
        let mut may_challenge = false;
        for line in self.squid.acls[group].lines() {
            match self.left(line) {
                Left::Never => {}
                Left::Always if !may_challenge => return self.known[group] = Some(true),
                Left::Always => {
                    left.push(Vec::new());
                    break;
                }
                Left::Open(terms) => {
                    may_challenge |= terms.iter().any(|term| self.squid.may_challenge[term.acl]);
                    left.push(terms);
                }
            }
        }
        if left.is_empty() {
            self.known[group] = Some(false);
        } else {
            self.groups.push((group, left));
        }
    }

    /// What is left of a line; nothing where it does not match.
    fn open(&self, terms: &[Term]) -> Option<Vec<Term>> {
        match self.left(terms) {
            Left::Never => None,
            Left::Always => Some(Vec::new()),
            Left::Open(terms) => Some(terms),
        }
    }

    /// A client is asked who it is where it comes to that from the left, whatever stands behind.
    fn left(&self, terms: &[Term]) -> Left {
        let mut left = Vec::new();
        let mut may_challenge = false;
        for &term in terms {
            match self.known[term.acl].map(|known| known != term.negated) {
                Some(true) => {}
                Some(false) if !may_challenge => return Left::Never,
                Some(false) => {
                    left.push(term);
                    break;
                }
                None => {
                    may_challenge |= self.squid.may_challenge[term.acl];
                    left.push(term);
                }
            }
        }
        if left.is_empty() { Left::Always } else { Left::Open(left) }
    }
}

/// What Squid knows of a request at one moment.
pub(super) struct Transaction<'r> {
    pub(super) at: &'r AtHost<'r>,
    pub(super) client: Client,
    pub(super) request: &'r Request,
    pub(super) moment: Moment,
    pub(super) authenticated: bool,
    /// What the groups of the host say, where the line that is looked at refuses, and where it grants something.
    groups: [OnceCell<Vec<Answer>>; 2],
}

impl<'r> Transaction<'r> {
    pub(super) fn new(
        at: &'r AtHost<'r>,
        client: Client,
        request: &'r Request,
        moment: Moment,
        authenticated: bool,
    ) -> Self {
        Self { at, client, request, moment, authenticated, groups: Default::default() }
    }

    /// Whether all terms match, from the left: what stands behind a mismatch is not asked.
    pub(super) fn all(&self, terms: &[Term], grants: bool) -> Answer {
        self.all_with(terms, grants, &|group| self.group(group, grants))
    }

    /// What a group says that the host does not decide.
    pub(super) fn group(&self, group: AclId, grants: bool) -> Answer {
        let answers = self.groups[usize::from(grants)].get_or_init(|| self.answers(grants));
        self.at.place_of(group).map_or(Answer::Mismatch, |at| answers[at])
    }

    /// What each group says: one that is made of others stands behind these.
    fn answers(&self, grants: bool) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(self.at.groups.len());
        for (_, lines) in &self.at.groups {
            let before = |group| self.at.place_of(group).map_or(Answer::Mismatch, |at| answers[at]);
            let said = lines.iter().map(|line| self.all_with(line, grants, &before));
            let own = said.into_iter().find(|&answer| answer != Answer::Mismatch);
            answers.push(own.unwrap_or(Answer::Mismatch));
        }
        answers
    }

    fn all_with(&self, terms: &[Term], grants: bool, group: &dyn Fn(AclId) -> Answer) -> Answer {
        for &term in terms {
            match self.term(term, grants, group) {
                Answer::Match => {}
                other => return other,
            }
        }
        Answer::Match
    }

    fn term(&self, term: Term, grants: bool, group: &dyn Fn(AclId) -> Answer) -> Answer {
        let said = |is: bool| if is { Answer::Match } else { Answer::Mismatch };
        let acl = &self.at.squid.acls[term.acl];
        let answer = match (self.at.known[term.acl], acl) {
            (Some(known), _) => said(known),
            // Told as not understood; nothing is known of its opposite either.
            (None, Acl::Unknown) => return said(grants),
            (None, Acl::AnyOf(_) | Acl::AllOf(_)) => group(term.acl),
            (None, acl) => acl.ask(term.acl, self),
        };
        match (answer, term.negated) {
            (Answer::Match, true) => Answer::Mismatch,
            (Answer::Mismatch, true) => Answer::Match,
            (answer, _) => answer,
        }
    }
}
