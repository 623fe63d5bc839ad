//! The text of a configuration: directives, ACLs, and the files that they name.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::acl::Acl;
use super::{AccessLine, AclId, BumpAction, BumpLine, Squid, Term, expression};
use crate::model::{HostIndex, HostPattern, Ports};
use crate::read::{Place, Texts, Trouble, TroubleKind};

/// Directives that decide nothing of what is asked here.
const SILENT: &[&str] = &[
    "access_log",
    "auth_param",
    "cache",
    "cache_dir",
    "cache_effective_user",
    "cache_log",
    "cache_mem",
    "cache_mgr",
    "coredump_dir",
    "dns_nameservers",
    "dns_v4_first",
    "forwarded_for",
    "hosts_file",
    "http_port",
    "https_port",
    "logformat",
    "max_filedescriptors",
    "maximum_object_size",
    "netdb_filename",
    "pid_filename",
    "pinger_enable",
    "refresh_pattern",
    "shutdown_lifetime",
    "sslcrtd_children",
    "sslcrtd_program",
    "sslproxy_cert_error",
    "sslproxy_session_cache_size",
    "tls_outgoing_options",
    "via",
    "visible_hostname",
    "workers",
];

/// Why a value is left aside that Squid takes and that matches nothing.
const NEVER: &str = "never matches";

/// How deep files may include each other.
const MAX_DEPTH: usize = 16;

/// A configuration from its main file.
pub(super) fn configuration(main: &str, texts: &Texts) -> Squid {
    let mut reader = Reader { texts, ids: BTreeMap::new(), acls: Vec::new(), squid: empty() };
    reader.file(main, 0, ("", 0));
    reader.finish()
}

fn empty() -> Squid {
    Squid {
        acls: Vec::new(),
        hosts: HostIndex::new(),
        urls: HostIndex::new(),
        http_access: Vec::new(),
        ssl_bump: Vec::new(),
        troubles: Vec::new(),
    }
}

/// The values of an ACL as they come.
enum Values {
    Hosts(Vec<HostPattern>),
    ServerNames(Vec<HostPattern>),
    Other(Acl),
}

struct Reader<'t> {
    texts: &'t Texts,
    ids: BTreeMap<String, AclId>,
    /// Name, type and values of each.
    acls: Vec<(String, String, Values)>,
    squid: Squid,
}

impl Reader<'_> {
    fn trouble(&mut self, kind: TroubleKind, (file, line): (&str, u32), what: impl Into<String>) {
        let place = Place { file: file.into(), line };
        self.squid.troubles.push(Trouble { place, kind, what: what.into() });
    }

    /// The lines of a file, with what a backslash at the end joins, and the number of each.
    fn text(&mut self, name: &str, from: (&str, u32)) -> Option<String> {
        let Some(bytes) = self.texts.get(name) else {
            self.trouble(TroubleKind::Refused, from, format!("there is no file `{name}`"));
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => {
                self.trouble(TroubleKind::NotUnderstood, (name, 1), "not UTF-8");
                None
            }
        }
    }

    fn file(&mut self, name: &str, depth: usize, from: (&str, u32)) {
        if depth > MAX_DEPTH {
            return self.trouble(TroubleKind::Refused, from, "files that include each other");
        }
        let Some(text) = self.text(name, from) else { return };
        let mut pending = String::new();
        for (line, number) in text.lines().zip(1..) {
            if pending.is_empty() && line.trim_start().starts_with('#') {
                continue;
            }
            if let Some(start) = line.strip_suffix('\\') {
                pending.push_str(start);
                continue;
            }
            pending.push_str(line);
            let whole = std::mem::take(&mut pending);
            self.directive(&whole, depth, (name, number));
        }
        if !pending.is_empty() {
            self.trouble(TroubleKind::Refused, (name, 0), "ends in the middle of a line");
        }
    }

    fn directive(&mut self, line: &str, depth: usize, at: (&str, u32)) {
        let mut words = Vec::new();
        for word in line.split_whitespace() {
            // A comment begins behind a blank.
            if word.starts_with('#') {
                break;
            }
            words.push(word);
        }
        let Some((&name, words)) = words.split_first() else { return };
        match name {
            "acl" => self.acl(words, at),
            "include" => words.iter().for_each(|file| self.file(file.trim_matches('"'), depth + 1, at)),
            "http_access" => match words.split_first() {
                Some((&verb @ ("allow" | "deny"), terms)) if !terms.is_empty() => {
                    let terms = self.terms(terms, at);
                    self.squid.http_access.push(AccessLine { allow: verb == "allow", terms });
                }
                _ => self.trouble(TroubleKind::Refused, at, "`http_access` without a verb or an ACL"),
            },
            "ssl_bump" => {
                let action = words.first().and_then(|verb| bump_action(verb));
                match action {
                    Some(action) if words.len() > 1 => {
                        let terms = self.terms(&words[1..], at);
                        self.squid.ssl_bump.push(BumpLine { action, terms });
                    }
                    _ => self.trouble(TroubleKind::NotUnderstood, at, "an `ssl_bump` that is not understood"),
                }
            }
            silent if SILENT.contains(&silent) => {}
            other => self.trouble(
                TroubleKind::NotUnderstood,
                at,
                format!("the directive `{other}` is not understood"),
            ),
        }
    }

    /// The ACLs of a line, each of which must be there before it.
    fn terms(&mut self, words: &[&str], at: (&str, u32)) -> Vec<Term> {
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
        if let Some(&id) = self.ids.get(name) {
            return Some(id);
        }
        let acl = predefined(name)?;
        Some(self.add(name, "predefined", Values::Other(acl)))
    }

    fn add(&mut self, name: &str, kind: &str, values: Values) -> AclId {
        let id = self.acls.len();
        self.ids.insert(name.to_owned(), id);
        self.acls.push((name.to_owned(), kind.to_owned(), values));
        id
    }

    fn acl(&mut self, words: &[&str], at: (&str, u32)) {
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
        let read = self.read(kind, &values, any_case, at);
        let Some(read) = read else { return };
        match self.ids.get(*name).map(|&id| &mut self.acls[id]) {
            None => drop(self.add(name, kind, read)),
            Some((_, own, held)) if own == kind => held.extend(read),
            Some(_) => {
                self.trouble(TroubleKind::Refused, at, format!("the ACL `{name}` has another type already"))
            }
        }
    }

    /// The values of a line, those of files included, each with its place.
    fn values(&mut self, words: &[&str], at: (&str, u32)) -> Vec<(String, (String, u32))> {
        let mut values = Vec::new();
        for word in words {
            let Some(name) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
                values.push(((*word).to_owned(), (at.0.to_owned(), at.1)));
                continue;
            };
            let Some(text) = self.text(name, at) else { continue };
            for (line, number) in text.lines().zip(1..) {
                let line = line.split(" #").next().unwrap_or_default().trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                if line.len() > 2047 {
                    self.trouble(TroubleKind::Refused, (name, number), "longer than what is read of a line");
                }
                values.push((line.to_owned(), (name.to_owned(), number)));
            }
        }
        values
    }

    fn read(
        &mut self,
        kind: &str,
        values: &[(String, (String, u32))],
        any_case: bool,
        at: (&str, u32),
    ) -> Option<Values> {
        let words: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
        Some(match kind {
            "dstdomain" => Values::Hosts(self.each(values, domain)),
            "ssl::server_name" => Values::ServerNames(self.each(values, domain)),
            "dstdom_regex" => Values::Hosts(self.each(values, |text| expression::hosts(text, any_case))),
            "ssl::server_name_regex" => {
                Values::ServerNames(self.each(values, |text| expression::hosts(text, any_case)))
            }
            "url_regex" => {
                Values::Other(Acl::Url(self.each(values, |text| expression::urls(text, any_case))))
            }
            "src" => Values::Other(Acl::Source(self.each(values, network).into_iter().flatten().collect())),
            "dst" => Values::Other(Acl::Destination(self.each(values, |text| {
                network(text)?;
                Err("depends on the addresses that names resolve to".to_owned())
            }))),
            "port" => {
                let ranges = self.each(values, |text| {
                    let (low, high) = text.split_once('-').unwrap_or((text, text));
                    match (low.parse::<u16>(), high.parse::<u16>()) {
                        (Ok(low), Ok(high)) => Ok(low..=high),
                        _ => Err(format!("`{text}` is no port")),
                    }
                });
                Values::Other(Acl::Port(Ports::from_ranges(ranges)))
            }
            "method" if words == ["CONNECT"] => Values::Other(Acl::Connect(true)),
            "proto" if words.iter().all(|word| matches!(*word, "HTTP" | "HTTPS")) => {
                Values::Other(Acl::Protocol {
                    http: words.contains(&"HTTP"),
                    https: words.contains(&"HTTPS"),
                })
            }
            "proxy_auth" => Values::Other(Acl::Authenticated),
            "at_step" => Values::Other(Acl::Step(self.each(values, |text| match text {
                "SslBump1" => Ok(1),
                "SslBump2" => Ok(2),
                "SslBump3" => Ok(3),
                other => Err(format!("`{other}` is no step")),
            }))),
            // The name of a listening port: a client of the explicit proxy comes by another one.
            "myportname" => Values::Other(Acl::Never),
            "any-of" => Values::Other(Acl::AnyOf(self.terms(&words, at))),
            "all-of" => Values::Other(Acl::AllOf(vec![self.terms(&words, at)])),
            other => {
                self.trouble(
                    TroubleKind::NotUnderstood,
                    at,
                    format!("the ACL type `{other}` is not understood"),
                );
                return None;
            }
        })
    }

    fn each<T>(
        &mut self,
        values: &[(String, (String, u32))],
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for (value, (file, line)) in values {
            match read(value) {
                Ok(own) => all.push(own),
                Err(why) => {
                    let kind = match why.as_str() {
                        NEVER => TroubleKind::NeverMatches,
                        _ => TroubleKind::NotUnderstood,
                    };
                    self.trouble(kind, (file, *line), format!("`{value}`: {why}"));
                }
            }
        }
        all
    }

    fn finish(mut self) -> Squid {
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
            match &acl {
                Acl::Host(hosts) | Acl::ServerName(hosts) => {
                    hosts.iter().for_each(|host| self.squid.hosts.insert(host.clone(), id));
                }
                Acl::Url(patterns) => {
                    for pattern in patterns {
                        self.squid.urls.insert(pattern.host.clone(), (id, pattern.clone()));
                    }
                }
                _ => {}
            }
            self.squid.acls.push(acl);
        }
        self.squid
    }

    /// A list that Squid refuses: a name beside its own subtree, or below one that stands later.
    fn check_overlaps(&mut self, name: &str, kind: &str, hosts: &[HostPattern]) {
        if !matches!(kind, "dstdomain" | "ssl::server_name") {
            return;
        }
        let mut subtrees = HostIndex::new();
        for (at, host) in hosts.iter().enumerate() {
            if let HostPattern::Subtree(_) = host {
                subtrees.insert(host.clone(), at);
            }
        }
        let fatal = hosts.iter().enumerate().find(|(at, host)| {
            subtrees.covering_candidates(host).any(|(wider, &other)| {
                let same_name = wider.anchor() == host.anchor();
                other != *at && wider.covers(host) && wider != *host && (same_name || other > *at)
            })
        });
        if let Some((_, host)) = fatal {
            let what =
                format!("the ACL `{name}` is refused: `{host}` stands before or beside what covers it");
            self.trouble(TroubleKind::Refused, ("", 0), what);
        }
    }
}

impl Values {
    fn extend(&mut self, more: Self) {
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
                _ => {}
            },
            _ => {}
        }
    }
}

fn bump_action(verb: &str) -> Option<BumpAction> {
    Some(match verb {
        "peek" => BumpAction::Peek,
        "stare" => BumpAction::Stare,
        "splice" => BumpAction::Splice,
        "bump" => BumpAction::Bump,
        "terminate" => BumpAction::Terminate,
        _ => return None,
    })
}

/// An ACL that Squid defines itself.
fn predefined(name: &str) -> Option<Acl> {
    let networks = |texts: &[&str]| texts.iter().filter_map(|text| text.parse::<IpNet>().ok()).collect();
    Some(match name {
        "all" => Acl::All,
        "manager" => Acl::Never,
        "localhost" => Acl::Source(networks(&["127.0.0.1/32", "::1/128"])),
        "to_localhost" => Acl::Destination(networks(&["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"])),
        "to_linklocal" => Acl::Destination(networks(&["169.254.0.0/16", "fe80::/10"])),
        "CONNECT" => Acl::Connect(true),
        _ => return None,
    })
}

/// A value of `dstdomain`: with a dot in front the name and everything below.
fn domain(text: &str) -> Result<HostPattern, String> {
    if text.contains('*') || text.ends_with('.') || text.contains(['/', ':', ' ', '"']) {
        return Err(NEVER.to_owned());
    }
    let pattern = text.to_ascii_lowercase().parse::<HostPattern>().map_err(|error| error.to_string())?;
    Ok(pattern)
}

/// A value of `src`: networks, `all` for both families.
fn network(text: &str) -> Result<Vec<IpNet>, String> {
    if text == "all" {
        return Ok(vec![IpNet::default(), "::/0".parse().map_err(|_| "internal error".to_owned())?]);
    }
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map(|own| vec![own.trunc()]).map_err(|_| "no address or network that is understood".to_owned())
}
