//! The text of a configuration: directives, ACLs, and the files that they name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::acl::{Acl, Entries, Opaque};
use super::directives::is_silent;
use super::values::{Aside, bump_action, domain, folder, last_part, network, predefined};
use super::{AccessLine, AclId, BumpLine, Squid, Term, expression};
use crate::model::{HostIndex, HostPattern, Ports, RequestPattern};
use crate::read::{Item, Place, Texts, Trouble, TroubleKind};

/// What parts words.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Octets that are read of a line of a configuration; what follows is a line of its own. Run on 2026-11-24.
const MAX_LINE: usize = 8190;

/// The same of a list.
const MAX_LIST_LINE: usize = 2046;

/// How deep files may include each other.
const MAX_DEPTH: usize = 16;
/// How often files may be included in all: sixteen files that include the next one twice are 65,536.
const MAX_FILES: usize = 2_000;
/// Octets of files in all, each counted as often as it is named: a short file may name a long one in every line.
const MAX_OCTETS: usize = 256 << 20;
/// Octets that regular expressions which are no patterns may need in all, some 10,000 each.
const MAX_EXPRESSIONS: usize = 128 << 20;
/// How deep groups of ACLs may stand in each other, and how many answers one may need.
const MAX_GROUP_DEPTH: usize = 32;
const MAX_GROUP_ANSWERS: usize = 100_000;

/// A configuration from its main file.
pub(super) fn configuration(main: &str, texts: &Texts) -> Squid {
    let mut reader = Reader {
        texts,
        files: 0,
        octets: 0,
        expressions: 0,
        ids: BTreeMap::new(),
        acls: Vec::new(),
        groups: BTreeMap::new(),
        squid: empty(main),
    };
    reader.file(main, 0, &Place { file: main.into(), line: 0 });
    reader.finish()
}

fn empty(main: &str) -> Squid {
    Squid {
        main: main.to_owned(),
        acls: Vec::new(),
        names: Vec::new(),
        entries: HostIndex::new(),
        http_access: Vec::new(),
        ssl_bump: Vec::new(),
        has_bump_port: None,
        intercepts: false,
        troubles: Vec::new(),
    }
}

/// The values of an ACL as they come.
enum Values {
    Hosts(Entries),
    ServerNames(Entries),
    Other(Acl),
}

struct Reader<'t> {
    texts: &'t Texts,
    /// How many were read so far.
    files: usize,
    /// Octets of these.
    octets: usize,
    /// Octets of the regular expressions that are kept.
    expressions: usize,
    ids: BTreeMap<String, AclId>,
    /// Name, type and values of each.
    acls: Vec<(String, String, Values)>,
    /// Where each `any-of` and `all-of` begins.
    groups: BTreeMap<AclId, Place>,
    squid: Squid,
}

impl Reader<'_> {
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
    fn text(&mut self, name: &str, from: &Place) -> Option<(Arc<str>, String)> {
        let same = |(key, _): &(&String, &Vec<u8>)| last_part(key) == last_part(name);
        let found = self.texts.get_key_value(name).or_else(|| self.texts.iter().find(same));
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
        let file: Arc<str> = key.as_str().into();
        match std::str::from_utf8(bytes) {
            Ok(text) => Some((file, text.to_owned())),
            Err(_) => {
                self.trouble(TroubleKind::NotUnderstood, &Place::new(&file, 0), "not UTF-8");
                None
            }
        }
    }

    fn file(&mut self, name: &str, depth: usize, from: &Place) {
        if depth > MAX_DEPTH && self.files <= MAX_FILES {
            // Squid ends here.
            self.files = MAX_FILES + 1;
            return self.trouble(TroubleKind::Refused, from, "files that include each other");
        }
        self.files += 1;
        if self.files > MAX_FILES {
            if self.files == MAX_FILES + 1 {
                let what = format!("more than {MAX_FILES} files are included; the rest is not read");
                self.trouble(TroubleKind::NotUnderstood, from, what);
            }
            return;
        }
        let Some((file, text)) = self.text(name, from) else { return };
        let mut pending = String::new();
        for (line, number) in text.lines().zip(1..) {
            let place = Place::new(&file, number);
            self.check_line(line, MAX_LINE, &place);
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
    fn check_line(&mut self, line: &str, most: usize, at: &Place) {
        if line.len() > most {
            self.trouble(TroubleKind::Refused, at, "longer than what is read of a line");
        }
        if line.trim_end_matches('\r').contains('\r') {
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
                        self.squid.ssl_bump.push(BumpLine { action, terms, place: at.clone() });
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

    fn acl(&mut self, words: &[&str], at: &Place) {
        let [name, kind, values @ ..] = words else {
            return self.trouble(TroubleKind::Refused, at, "an ACL without a type");
        };
        let flags: Vec<&str> = values.iter().take_while(|value| value.starts_with('-')).copied().collect();
        let values = &values[flags.len()..];
        if !matches!(*kind, "any-of" | "all-of") && values.is_empty() {
            self.trouble(TroubleKind::NeverMatches, at, format!("the ACL `{name}` has no value"));
        }
        let any_case = flags.contains(&"-i");
        let known: &[&str] = match *kind {
            "dstdomain" => &["-n"],
            "dstdom_regex" => &["-n", "-i"],
            "ssl::server_name" => &["--client-requested", "--server-provided", "--consensus"],
            "ssl::server_name_regex" | "url_regex" => &["-i"],
            _ => &[],
        };
        for flag in flags.iter().filter(|flag| !known.contains(flag)) {
            self.trouble(
                TroubleKind::NotUnderstood,
                at,
                format!("the flag `{flag}` of `{kind}` is not understood"),
            );
        }
        if matches!(*kind, "dstdomain" | "dstdom_regex") && !flags.contains(&"-n") {
            self.trouble(TroubleKind::Misleading, at, "without `-n` the name of an address is looked up, and whoever owns the reverse zone is let through");
        }
        if *kind == "ssl::server_name" && !flags.contains(&"--client-requested") {
            self.trouble(
                TroubleKind::Misleading,
                at,
                "without `--client-requested` the names in the server's certificate are compared as well",
            );
        }
        let values = self.values(values, at);
        let mut read = self.read(kind, &values, any_case, at);
        // What Squid defines itself is there before, and is only added to.
        let before = self.id(name);
        if let Some(id) = before
            && self.acls[id].1 == "predefined"
        {
            self.acls[id].2.extend(read);
            return;
        }
        if matches!(*kind, "any-of" | "all-of") {
            self.keep_order(name, &mut read, at);
        }
        match before.map(|id| &mut self.acls[id]) {
            None => drop(self.add(name, kind, read)),
            Some((_, own, held)) if own == kind => {
                if !held.extend(read) {
                    let what = format!("the lines of the ACL `{name}` are not understood together");
                    self.trouble(TroubleKind::NotUnderstood, at, what);
                }
            }
            Some(_) => {
                self.trouble(TroubleKind::Refused, at, format!("the ACL `{name}` has another type already"))
            }
        }
    }

    /// A group names no group that is newer than itself, so that none is in itself by any way.
    fn keep_order(&mut self, name: &str, group: &mut Values, at: &Place) {
        let own = self.ids.get(&name.to_ascii_lowercase()).copied().unwrap_or(self.acls.len());
        self.groups.entry(own).or_insert_with(|| at.clone());
        let Values::Other(acl) = group else { return };
        let before = acl.terms().len();
        let groups = &self.groups;
        let is_newer = |term: &Term| term.acl >= own && groups.contains_key(&term.acl);
        match acl {
            Acl::AnyOf(terms) => terms.retain(|term| !is_newer(term)),
            Acl::AllOf(lines) => lines.retain(|line| !line.iter().any(is_newer)),
            _ => {}
        }
        if acl.terms().len() < before {
            let what = format!("the ACL `{name}` names itself, or one that was defined after it");
            self.trouble(TroubleKind::NotUnderstood, at, what);
        }
    }

    /// The values of a line, those of files included, each with its place.
    fn values(&mut self, words: &[&str], at: &Place) -> Vec<(String, Place)> {
        let mut values = Vec::new();
        for word in words {
            let Some(name) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
                values.push(((*word).to_owned(), at.clone()));
                continue;
            };
            let Some((file, text)) = self.text(name, at) else { continue };
            for (line, number) in text.lines().zip(1..) {
                let place = Place::new(&file, number);
                self.check_line(line, MAX_LIST_LINE, &place);
                let end = [" #", "\t#"].iter().filter_map(|start| line.find(start)).min();
                let line = line[..end.unwrap_or(line.len())].trim_matches(BLANKS);
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                values.push((line.to_owned(), place));
            }
        }
        values
    }

    fn read(&mut self, kind: &str, values: &[(String, Place)], any_case: bool, at: &Place) -> Values {
        let words: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
        match kind {
            "dstdomain" => Values::Hosts(self.domains(values)),
            "ssl::server_name" => Values::ServerNames(self.domains(values)),
            "dstdom_regex" => Values::Hosts(self.expressions(values, any_case, expression::hosts)),
            "ssl::server_name_regex" => {
                Values::ServerNames(self.expressions(values, any_case, expression::hosts))
            }
            "url_regex" => Values::Other(Acl::Url(self.expressions(values, any_case, expression::urls))),
            "src" => Values::Other(Acl::Source(self.each(values, network).into_iter().flatten().collect())),
            "dst" => {
                let what = "names that resolve to these addresses are not looked up";
                self.trouble(TroubleKind::Assumed, at, what);
                Values::Other(Acl::Destination(self.each(values, network).into_iter().flatten().collect()))
            }
            "port" => {
                let ranges = self.each(values, |text| {
                    let (low, high) = text.split_once('-').unwrap_or((text, text));
                    match (low.parse::<u16>(), high.parse::<u16>()) {
                        (Ok(low), Ok(high)) => Ok(low..=high),
                        _ => Err(Aside::Unknown(format!("`{text}` is no port"))),
                    }
                });
                Values::Other(Acl::Port(Ports::from_ranges(ranges)))
            }
            // Whoever does not connect gets.
            "method" => Values::Other(match (words.contains(&"CONNECT"), words.contains(&"GET")) {
                (true, true) => Acl::All,
                (false, false) => {
                    let what = "requests that do not get are not asked about";
                    self.trouble(TroubleKind::NotUnderstood, at, what);
                    Acl::Unknown
                }
                (connects, _) => Acl::Connect(connects),
            }),
            "proto" => Values::Other(Acl::Protocol {
                http: words.contains(&"HTTP"),
                https: words.contains(&"HTTPS"),
            }),
            "proxy_auth" => Values::Other(Acl::Authenticated),
            "at_step" => Values::Other(Acl::Step(self.each(values, |text| match text {
                "SslBump1" => Ok(1),
                "SslBump2" => Ok(2),
                "SslBump3" => Ok(3),
                other => Err(Aside::Unknown(format!("`{other}` is no step"))),
            }))),
            // The name of a listening port: a client of the explicit proxy comes by another one.
            "myportname" => Values::Other(Acl::Never),
            "any-of" => Values::Other(Acl::AnyOf(self.terms(&words, at))),
            "all-of" => Values::Other(Acl::AllOf(vec![self.terms(&words, at)])),
            other => {
                self.trouble(
                    TroubleKind::NotUnderstood,
                    at,
                    format!(
                        "the ACL type `{other}` is not understood, and taken as matching where it grants"
                    ),
                );
                Values::Other(Acl::Unknown)
            }
        }
    }

    fn each<T>(&mut self, values: &[(String, Place)], read: impl Fn(&str) -> Result<T, Aside>) -> Vec<T> {
        let mut all = Vec::new();
        for (value, place) in values {
            match read(value) {
                Ok(own) => all.push(own),
                Err(Aside::Never(why)) => {
                    let what = format!("`{value}` never matches: {why}");
                    self.trouble(TroubleKind::NeverMatches, place, what);
                }
                Err(Aside::Unknown(why)) => {
                    self.trouble(TroubleKind::NotUnderstood, place, format!("`{value}`: {why}"));
                }
            }
        }
        all
    }

    /// Values of `dstdomain`.
    fn domains(&mut self, values: &[(String, Place)]) -> Entries {
        let mut entries = Entries::default();
        for value in values {
            let host = self.each(std::slice::from_ref(value), domain).pop();
            entries.items.extend(
                host.map(|host| Item { pattern: RequestPattern::any_service(host), place: value.1.clone() }),
            );
        }
        entries
    }

    /// Regular expressions: as patterns where they are some, else to be asked.
    fn expressions(
        &mut self,
        values: &[(String, Place)],
        any_case: bool,
        read: fn(&str, bool) -> Result<RequestPattern, String>,
    ) -> Entries {
        let mut entries = Entries::default();
        for (value, place) in values {
            let place = place.clone();
            let why = match read(value, any_case) {
                Ok(pattern) => {
                    entries.items.push(Item { pattern, place });
                    continue;
                }
                Err(why) => why,
            };
            if self.expressions > MAX_EXPRESSIONS {
                continue;
            }
            match expression::compiled(value, any_case) {
                Ok(expression) => {
                    self.expressions += expression.memory_usage();
                    if self.expressions > MAX_EXPRESSIONS {
                        let what = "more regular expressions than there is room for; the rest is not read";
                        self.trouble(TroubleKind::NotUnderstood, &place, what);
                    }
                    self.trouble(TroubleKind::Misleading, &place, format!("`{value}`: {why}"));
                    entries.opaque.push(Opaque { expression, place });
                }
                Err(why) => self.trouble(TroubleKind::Refused, &place, format!("`{value}`: {why}")),
            }
        }
        entries
    }

    fn finish(mut self) -> Squid {
        // Of each group: how deep it is, and how many answers it needs at most.
        let mut sizes: BTreeMap<AclId, (usize, usize)> = BTreeMap::new();
        for (id, (name, kind, values)) in std::mem::take(&mut self.acls).into_iter().enumerate() {
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
            let acl = match self.groups.get(&id).cloned() {
                Some(place) => self.bounded(&name, acl, id, &mut sizes, &place),
                None => acl,
            };
            if let Some(entries) = acl.entries() {
                for (at, item) in entries.items.iter().enumerate() {
                    self.squid.entries.insert(item.pattern.host.clone(), (id, at));
                }
            }
            self.squid.names.push(name);
            self.squid.acls.push(acl);
        }
        self.squid
    }

    /// A group, or nothing where it is too large to be asked.
    fn bounded(
        &mut self,
        name: &str,
        acl: Acl,
        id: AclId,
        sizes: &mut BTreeMap<AclId, (usize, usize)>,
        place: &Place,
    ) -> Acl {
        let (mut depth, mut answers) = (0, 1usize);
        for term in acl.terms() {
            let (below, needed) = sizes.get(&term.acl).copied().unwrap_or((0, 1));
            depth = depth.max(below + 1);
            answers = answers.saturating_add(needed);
        }
        if depth > MAX_GROUP_DEPTH || answers > MAX_GROUP_ANSWERS {
            let what = format!("the ACL `{name}` is of too many others");
            self.trouble(TroubleKind::NotUnderstood, place, what);
            return Acl::Unknown;
        }
        sizes.insert(id, (depth, answers));
        acl
    }

    /// A list that Squid refuses: a name beside its own subtree, or below one that stands later.
    fn check_overlaps(&mut self, name: &str, kind: &str, entries: &Entries) {
        if !matches!(kind, "dstdomain" | "ssl::server_name") {
            return;
        }
        let hosts: Vec<&HostPattern> = entries.items.iter().map(|item| &item.pattern.host).collect();
        let mut subtrees = HostIndex::new();
        for (at, &host) in hosts.iter().enumerate() {
            if let HostPattern::Subtree(_) = host {
                subtrees.insert(host.clone(), at);
            }
        }
        let fatal = hosts.iter().enumerate().find_map(|(at, &host)| {
            let (wider, other) = subtrees.covering_candidates(host).find(|(wider, other)| {
                let same_name = wider.anchor() == host.anchor();
                **other != at && wider.covers(host) && *wider != host && (same_name || **other > at)
            })?;
            Some((at.max(*other), host, wider))
        });
        if let Some((at, host, wider)) = fatal {
            let what = format!(
                "the ACL `{name}` is refused: `{host}` stands before or beside `{wider}`, which covers it"
            );
            self.trouble(TroubleKind::Refused, &entries.items[at].place, what);
        }
    }
}

impl Values {
    /// Adds the values of another line; false where nobody knows what both are together.
    fn extend(&mut self, more: Self) -> bool {
        match (self, more) {
            (Self::Hosts(own), Self::Hosts(more)) | (Self::ServerNames(own), Self::ServerNames(more)) => {
                own.extend(more);
            }
            (Self::Other(own), Self::Other(more)) => match (own, more) {
                (Acl::Source(own), Acl::Source(more)) | (Acl::Destination(own), Acl::Destination(more)) => {
                    own.extend(more);
                }
                (Acl::Url(own), Acl::Url(more)) => own.extend(more),
                (Acl::Port(own), Acl::Port(more)) => {
                    *own = Ports::from_ranges(own.ranges().chain(more.ranges()).collect::<Vec<_>>());
                }
                (Acl::Protocol { http, https }, Acl::Protocol { http: more_http, https: more_https }) => {
                    *http |= more_http;
                    *https |= more_https;
                }
                (Acl::Step(own), Acl::Step(more)) => own.extend(more),
                (Acl::AnyOf(own), Acl::AnyOf(more)) => own.extend(more),
                (Acl::AllOf(own), Acl::AllOf(more)) => own.extend(more),
                (Acl::Authenticated, Acl::Authenticated) | (Acl::Unknown, Acl::Unknown) => {}
                _ => return false,
            },
            _ => return false,
        }
        true
    }
}
