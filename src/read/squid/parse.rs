//! The text of a configuration: directives, ACLs, and the files that they name.

mod acls;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use self::acls::Values;
use super::acl::Acl;
use super::directives::is_silent;
use super::values::{bump_action, folder, last_part, predefined};
use super::{AccessLine, AclId, BumpLine, Squid, Term};
use crate::model::GroupedIndex;
use crate::read::{Place, Texts, Trouble, TroubleKind, decoded};

/// What parts words.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Octets that are read of a line of a configuration; what follows is a line of its own. Run on 2026-11-24.
const MAX_LINE: usize = 8190;

/// How deep files may include each other.
const MAX_DEPTH: usize = 16;
/// How often files may be included in all: sixteen files that include the next one twice are 65,536.
const MAX_FILES: usize = 2_000;
/// Octets of files in all, each counted as often as it is named: a short file may name a long one in every line.
const MAX_OCTETS: usize = 256 << 20;

/// A configuration from its main file.
pub(super) fn configuration(main: &str, texts: &Texts) -> Squid {
    let mut reader = Reader {
        texts,
        files: 0,
        has_ended: false,
        octets: 0,
        expressions: 0,
        ids: BTreeMap::new(),
        acls: Vec::new(),
        groups: BTreeSet::new(),
        squid: empty(main),
    };
    reader.file(main, 0, &Place { file: main.into(), line: 0 });
    reader.finish()
}

/// The entries of ACLs, each by its ACL and its place there.
fn by_host(acls: &[Acl]) -> GroupedIndex<(AclId, usize)> {
    GroupedIndex::new(acls.iter().enumerate().flat_map(|(id, acl)| {
        let items = acl.entries().into_iter().flat_map(|entries| &entries.items).enumerate();
        items.map(move |(at, item)| (&item.pattern.host, (id, at)))
    }))
}

fn empty(main: &str) -> Squid {
    Squid {
        main: main.to_owned(),
        acls: Vec::new(),
        names: Vec::new(),
        entries: GroupedIndex::default(),
        reads_text: false,
        groups: Vec::new(),
        may_challenge: Vec::new(),
        http_access: Vec::new(),
        ssl_bump: Vec::new(),
        has_bump_port: None,
        intercepts: false,
        troubles: Vec::new(),
    }
}

struct Reader<'t> {
    texts: &'t Texts,
    /// How many were read so far.
    files: usize,
    /// Whether no more of them is read.
    has_ended: bool,
    /// Octets of these.
    octets: usize,
    /// Octets of the regular expressions that are kept.
    expressions: usize,
    ids: BTreeMap<String, AclId>,
    /// Name, type and values of each.
    acls: Vec<(String, String, Values)>,
    /// The ACLs that are `any-of` or `all-of`.
    groups: BTreeSet<AclId>,
    squid: Squid,
}

/// Lines without what ends them. Squid reads octets, in a comment any.
fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = octets.split_inclusive(|&octet| octet == b'\n');
    lines.map(|line| line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line)))
}

impl<'t> Reader<'t> {
    fn trouble(&mut self, kind: TroubleKind, at: &Place, what: impl AsRef<str>) {
        self.squid.troubles.push(Trouble::new(at.clone(), kind, what));
    }

    /// The files that an `include` names, which may be with stars in the last part.
    fn included(&self, name: &str) -> Vec<String> {
        if !name.contains('*') {
            return vec![name.to_owned()];
        }
        let Ok(glob) = globset::Glob::new(last_part(name)) else { return vec![name.to_owned()] };
        let glob = glob.compile_matcher();
        let is_meant = |key: &&String| glob.is_match(last_part(key)) && folder(key) == folder(name);
        self.texts.keys().filter(is_meant).cloned().collect()
    }

    /// A file by its name, else the one whose last part is the same, with the name that it has here.
    fn text(&mut self, name: &str, from: &Place) -> Option<(Arc<str>, &'t [u8])> {
        let texts = self.texts;
        let same = |(key, _): &(&String, &Vec<u8>)| last_part(key) == last_part(name);
        let found = texts.get_key_value(name).or_else(|| texts.iter().find(same));
        let Some((key, bytes)) = found else {
            self.trouble(TroubleKind::Refused, from, format!("there is no file `{name}`"));
            return None;
        };
        let before = self.octets;
        self.octets = before.saturating_add(bytes.len());
        if self.octets > MAX_OCTETS {
            if before <= MAX_OCTETS {
                let what = format!("files of more than {MAX_OCTETS} octets in all; the rest is not read");
                self.trouble(TroubleKind::NotUnderstood, from, what);
            }
            return None;
        }
        Some((key.as_str().into(), bytes))
    }

    fn file(&mut self, name: &str, depth: usize, from: &Place) {
        if self.has_ended {
            return;
        }
        self.files += 1;
        if depth > MAX_DEPTH {
            // Squid ends here.
            self.has_ended = true;
            return self.trouble(TroubleKind::Refused, from, "files that include each other");
        }
        if self.files > MAX_FILES {
            self.has_ended = true;
            let what = format!("more than {MAX_FILES} files are included; the rest is not read");
            return self.trouble(TroubleKind::NotUnderstood, from, what);
        }
        let Some((file, text)) = self.text(name, from) else { return };
        let mut pending = String::new();
        for (octets, number) in lines(text).zip(1..) {
            let place = Place::new(&file, number);
            self.check_line(octets, MAX_LINE, &place);
            let line = decoded(octets);
            // Blanks at the beginning are taken off, behind a line that goes on as well, and so are comments.
            let line = line.trim_start_matches(BLANKS);
            if line.starts_with('#') {
                continue;
            }
            if let Some(start) = line.strip_suffix('\\') {
                pending.push_str(start);
                continue;
            }
            pending.push_str(line);
            let whole = std::mem::take(&mut pending);
            self.directive(&whole, depth, &place);
        }
        if !pending.is_empty() {
            self.trouble(TroubleKind::Refused, &Place::new(&file, 0), "ends in the middle of a line");
        }
    }

    /// A line that Squid reads as several, comments too.
    fn check_line(&mut self, line: &[u8], most: usize, at: &Place) {
        if line.len() > most {
            self.trouble(TroubleKind::Refused, at, "longer than what is read of a line");
        }
        let end = line.iter().rposition(|&octet| octet != b'\r').map_or(0, |last| last + 1);
        if line[..end].contains(&b'\r') {
            self.trouble(TroubleKind::Refused, at, "a carriage return, where a line ends for Squid");
        }
    }

    fn directive(&mut self, line: &str, depth: usize, at: &Place) {
        let mut words = Vec::new();
        for word in line.split_ascii_whitespace() {
            // A comment begins behind a blank.
            if word.starts_with('#') {
                break;
            }
            words.push(word);
        }
        let Some((&name, words)) = words.split_first() else { return };
        match name {
            "acl" => self.acl(words, at),
            "include" => {
                for word in words {
                    let names = self.included(word.trim_matches('"'));
                    if names.is_empty() {
                        let what = format!("no file that was read is meant by `{word}`");
                        self.trouble(TroubleKind::NotUnderstood, at, what);
                    }
                    for name in names {
                        self.file(&name, depth + 1, at);
                    }
                }
            }
            "http_port" | "https_port" => {
                let opens = words.contains(&"ssl-bump");
                self.squid.intercepts |= words.iter().any(|word| matches!(*word, "intercept" | "tproxy"));
                self.squid.has_bump_port = Some(self.squid.has_bump_port == Some(true) || opens);
            }
            "http_access" => match words.split_first() {
                Some((&verb @ ("allow" | "deny"), terms)) if !terms.is_empty() => {
                    let terms = self.terms(terms, at);
                    self.squid.http_access.push(AccessLine {
                        allow: verb == "allow",
                        terms,
                        positive: OnceLock::new(),
                        place: at.clone(),
                    });
                }
                _ => self.trouble(TroubleKind::Refused, at, "`http_access` without a verb or an ACL"),
            },
            "ssl_bump" => {
                let action = words.first().and_then(|verb| bump_action(verb));
                match action {
                    Some(action) if words.len() > 1 => {
                        let terms = self.terms(&words[1..], at);
                        self.squid.ssl_bump.push(BumpLine {
                            action,
                            terms,
                            positive: OnceLock::new(),
                            place: at.clone(),
                        });
                    }
                    _ => self.trouble(TroubleKind::NotUnderstood, at, "an `ssl_bump` that is not understood"),
                }
            }
            silent if is_silent(silent) => {}
            other => self.trouble(
                TroubleKind::NotUnderstood,
                at,
                format!("the directive `{other}` is not understood"),
            ),
        }
    }

    /// The ACLs of a line, each of which must be there before it.
    fn terms(&mut self, words: &[&str], at: &Place) -> Vec<Term> {
        let mut terms = Vec::new();
        for word in words {
            let (name, negated) = match word.strip_prefix('!') {
                Some(name) => (name, true),
                None => (*word, false),
            };
            match self.id(name) {
                Some(acl) => terms.push(Term { acl, negated }),
                None => self.trouble(
                    TroubleKind::Refused,
                    at,
                    format!("there is no ACL `{name}` before this line"),
                ),
            }
        }
        terms
    }

    /// The ACL of a name, if there is one.
    fn id(&mut self, name: &str) -> Option<AclId> {
        if let Some(&id) = self.ids.get(&name.to_ascii_lowercase()) {
            return Some(id);
        }
        let acl = predefined(&name.to_ascii_lowercase())?;
        Some(self.add(name, "predefined", Values::Other(acl)))
    }

    fn add(&mut self, name: &str, kind: &str, values: Values) -> AclId {
        let id = self.acls.len();
        self.ids.insert(name.to_ascii_lowercase(), id);
        self.acls.push((name.to_owned(), kind.to_owned(), values));
        id
    }

    fn finish(mut self) -> Squid {
        for (name, kind, values) in std::mem::take(&mut self.acls) {
            let acl = match values {
                Values::Hosts(hosts) => {
                    self.check_overlaps(&name, &kind, &hosts);
                    Acl::Host(hosts)
                }
                Values::ServerNames(hosts) => {
                    self.check_overlaps(&name, &kind, &hosts);
                    Acl::ServerName(hosts)
                }
                Values::Other(acl) => acl,
            };
            if let Some(entries) = acl.entries() {
                self.squid.reads_text |= !entries.opaque.is_empty();
            }
            self.squid.names.push(name);
            self.squid.acls.push(acl);
        }
        self.squid.entries = by_host(&self.squid.acls);
        let Squid { acls, groups, may_challenge, .. } = &mut self.squid;
        *may_challenge = acls.iter().map(|acl| matches!(acl, Acl::Authenticated)).collect();
        for (group, acl) in acls.iter().enumerate().filter(|(_, acl)| acl.is_group()) {
            groups.push(group);
            may_challenge[group] = acl.lines().concat().iter().any(|term| may_challenge[term.acl]);
        }
        self.squid
    }
}
