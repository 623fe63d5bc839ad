//! ACLs: their types and values, and how those of several lines are one.

use super::{BLANKS, Reader, lines};
use crate::model::{HostIndex, HostPattern, Ports, RequestPattern};
use crate::read::squid::acl::{Acl, Entries, Opaque};
use crate::read::squid::values::{Aside, domain, network};
use crate::read::squid::{Term, expression};
use crate::read::{Item, Place, TroubleKind, decoded};

/// The same of a list.
const MAX_LIST_LINE: usize = 2046;

/// Octets that regular expressions which are no patterns may need in all, some 10,000 each.
const MAX_EXPRESSIONS: usize = 128 << 20;

/// The values of an ACL as they come.
pub(super) enum Values {
    Hosts(Entries),
    ServerNames(Entries),
    Other(Acl),
}

impl Reader<'_> {
    pub(super) fn acl(&mut self, words: &[&str], at: &Place) {
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
        self.groups.insert(own);
        let Values::Other(acl) = group else { return };
        let before = acl.lines().concat().len();
        let groups = &self.groups;
        let is_newer = |term: &Term| term.acl >= own && groups.contains(&term.acl);
        match acl {
            Acl::AnyOf(terms) => terms.retain(|term| !is_newer(term)),
            Acl::AllOf(lines) => lines.retain(|line| !line.iter().any(is_newer)),
            _ => {}
        }
        if acl.lines().concat().len() < before {
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
            for (octets, number) in lines(text).zip(1..) {
                let place = Place::new(&file, number);
                self.check_line(octets, MAX_LIST_LINE, &place);
                let line = decoded(octets);
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
                // What another alphabet means in a class depends on the library and its locale.
                Err(why) => {
                    let beyond = !value.is_ascii() || value.contains("\\x");
                    let kind = if beyond { TroubleKind::NotUnderstood } else { TroubleKind::Refused };
                    self.trouble(kind, &place, format!("`{value}`: {why}"));
                }
            }
        }
        entries
    }

    /// A list that Squid refuses: a name beside its own subtree, or below one that stands later.
    pub(super) fn check_overlaps(&mut self, name: &str, kind: &str, entries: &Entries) {
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
