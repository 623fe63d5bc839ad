//! What was seen, judged: does the sensor get through, and unseen?

use std::fmt;

use super::probes::Probe;
use super::seen::{Chain, Seen, Step, Tls, Trouble};
use crate::model::{HostPattern, Request, Scheme};

/// How one URL fares by one route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// It was reached, and TLS was not inspected.
    Passes,
    /// It was reached; TLS was inspected, which the policy lets be.
    PassesInspected,
    /// Something answered, and whether it is the host cannot be told: behind a chain that calls itself the vendor's, or
    /// in plain HTTP with the way to another site.
    Unproven,
    /// It was not reached, but nobody has checked that there is such a URL.
    Unsure,
    /// TLS was inspected, and the policy exempts it.
    Inspected,
    /// A device would not take the certificate.
    Untrusted,
    /// The proxy refuses.
    Refused,
    /// The proxy asks for credentials, which the sensor cannot give.
    Credentials,
    /// It was not reached.
    Unreachable,
    /// The host answered something else than it should.
    WrongAnswer,
    /// The route cannot be used at all.
    NoRoute,
    /// The run ended before.
    NotFinished,
}

impl Kind {
    /// The name in JSON and in tables: `inspected`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::PassesInspected => "passes-inspected",
            Self::Unproven => "unproven",
            Self::Unsure => "unsure",
            Self::Inspected => "inspected",
            Self::Untrusted => "untrusted",
            Self::Refused => "refused",
            Self::Credentials => "credentials",
            Self::Unreachable => "unreachable",
            Self::WrongAnswer => "wrong-answer",
            Self::NoRoute => "no-route",
            Self::NotFinished => "not-finished",
        }
    }

    /// Whether the host was reached, as the policy wants it.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Passes | Self::PassesInspected)
    }

    /// Whether nobody can say from here: neither good nor a failure.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Unsure => true,
            Self::Passes
            | Self::PassesInspected
            | Self::Unproven
            | Self::Inspected
            | Self::Untrusted
            | Self::Refused
            | Self::Credentials
            | Self::Unreachable
            | Self::WrongAnswer
            | Self::NoRoute
            | Self::NotFinished => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How one URL fares by one route, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How.
    pub kind: Kind,
    /// Why, and by whom; empty where it passes and there is nothing to say.
    pub why: String,
    /// What to do, where there is something.
    pub help: Option<&'static str>,
}

impl Verdict {
    fn new(kind: Kind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into(), help: None }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }
}

/// Judges what was seen on the way to a URL.
pub fn judge(probe: &Probe, seen: &Seen) -> Verdict {
    let verdict = of(probe, seen);
    // A host that the policy itself names is there, or the policy is wrong.
    let is_named = matches!(probe.rule.host, HostPattern::Exact(_));
    let may_not_exist = match (verdict.kind, &seen.trouble) {
        (Kind::Unreachable, None | Some(Trouble::NoSuchName | Trouble::ProxyCannotReach(_))) => !is_named,
        // In plain HTTP who refuses looks like a host without that path.
        (Kind::WrongAnswer, None) => probe.request.scheme == Scheme::Https,
        _ => false,
    };
    // Who was seen to look into it, was.
    match may_not_exist && !probe.is_checked && seen.inspected().is_none() {
        true => Verdict::new(
            Kind::Unsure,
            format!("{}; nobody has checked that there is such a URL", verdict.why),
        ),
        false => verdict,
    }
}

fn of(probe: &Probe, seen: &Seen) -> Verdict {
    let inspected = seen.inspected();
    if let Some(trouble) = &seen.trouble {
        return match (trouble, inspected) {
            (Trouble::Credentials | Trouble::WrongCredentials, _) | (_, None) => of_trouble(trouble),
            (_, Some(tls)) if probe.is_exempt => exempt_and_inspected(tls),
            (_, Some(_)) => of_trouble(trouble),
        };
    }
    let status = seen.status.unwrap_or_default();
    // A page of the proxy's own: in plain HTTP, or inside TLS with a certificate of its own. Behind a certificate of the
    // host's, the proxy that says so is the host's.
    let may_be_proxys = status >= 400 && (seen.tls.is_none() || inspected.is_some());
    if let Some(header) = seen.says_proxy.as_ref().filter(|_| may_be_proxys) {
        let inside = inspected.map_or(String::new(), |tls| format!(", inside TLS, as {}", tls.issuer()));
        return match status {
            500..=599 => Verdict::new(
                Kind::Unreachable,
                format!("the proxy does not reach the host ({status}, {header}{inside})"),
            )
            .help("look at the proxy's own way out: its name servers, its upstream"),
            _ => refused(format!("the proxy refuses ({status}, {header}{inside})")),
        };
    }
    if let Some(tls) = &seen.tls {
        let issuer = tls.issuer();
        match &tls.leads_to {
            Chain::Given | Chain::System if probe.is_exempt => return exempt_and_inspected(tls),
            Chain::Broken(why) => {
                return Verdict::new(
                    Kind::Untrusted,
                    format!("the certificate is {why}; it was issued by {issuer}"),
                )
                .help("a device does not take it either: look who answers in the place of the host");
            }
            Chain::Unknown => {
                return Verdict::new(
                    Kind::Untrusted,
                    format!("the certificate leads to no root that is known here; it was issued by {issuer}"),
                )
                .help("if that is your inspecting proxy, name its root by --ca; if it is the host's own, by --expected-root");
            }
            Chain::Given | Chain::System | Chain::Public | Chain::Expected | Chain::Vendor => {}
        }
    }
    if !probe.statuses.contains(status) {
        let by = inspected.map_or(String::new(), |tls| format!(", inspected by {}", tls.issuer()));
        return Verdict::new(Kind::WrongAnswer, format!("answers {status}, not {}{by}", probe.statuses));
    }
    // Filters refuse in plain HTTP with a page of their own and a status that says that all is well.
    if (200..300).contains(&status) && is_file(&probe.request) && seen.is_page() {
        return Verdict::new(
            Kind::WrongAnswer,
            format!("answers {status} with a page to be read, where a file was asked for"),
        )
        .help("pages of filters look like that: open the URL in a browser to see whose it is");
    }
    match seen.tls.as_ref().map(|tls| (&tls.leads_to, tls.issuer())) {
        // As in plain HTTP, an inspector's page looks like the host's.
        Some((Chain::Given | Chain::System, issuer)) if matches!(status, 401 | 403 | 451 | 511) => {
            Verdict::new(
                Kind::WrongAnswer,
                format!("answers {status} where {issuer} inspects, so that it may be who refuses"),
            )
            .help("look at the log of who inspects, or exempt the host")
        }
        Some((Chain::Given | Chain::System, issuer)) => {
            Verdict::new(Kind::PassesInspected, format!("inspected by {issuer}, which the policy lets be"))
        }
        Some((Chain::Vendor, issuer)) => Verdict::new(
            Kind::Unproven,
            format!("issued by {issuer}, which calls itself the vendor's and leads to no public root"),
        )
        .help("name the vendor's own root by --expected-root to settle it"),
        Some((Chain::Public | Chain::Expected | Chain::Unknown | Chain::Broken(_), _)) => {
            Verdict::new(Kind::Passes, String::new())
        }
        None => match &seen.leads_away {
            Some(host) => Verdict::new(Kind::Unproven, format!("answers {status} and leads to {host}"))
                .help("a page that refuses looks like that, too: look at it in a browser"),
            None => Verdict::new(Kind::Passes, String::new()),
        },
    }
}

/// Whether what is asked for is a list or a certificate, by its name.
fn is_file(request: &Request) -> bool {
    let name = request.path.split(['?', '#']).next().unwrap_or_default();
    let extension = name.rsplit('/').next().unwrap_or_default().rsplit_once('.').map(|(_, own)| own);
    extension.is_some_and(|own| FILES.iter().any(|file| own.eq_ignore_ascii_case(file)))
}

/// Names of files that are no pages end so.
const FILES: [&str; 6] = ["cab", "cer", "crl", "crt", "p7b", "stl"];

fn exempt_and_inspected(tls: &Tls) -> Verdict {
    let root = if tls.leads_to == Chain::Given { "a root of --ca" } else { "a root of this system" };
    Verdict::new(
        Kind::Inspected,
        format!("inspected by {}: the certificate leads to {root}, to no public one", tls.issuer()),
    )
    .help("exempt the host from inspection: the list `bypass inspection` of the compiled policy has it")
}

fn refused(why: String) -> Verdict {
    Verdict::new(Kind::Refused, why)
        .help("let the host through: the list `allow` of the compiled policy has it")
}

fn of_trouble(trouble: &Trouble) -> Verdict {
    let why = trouble.to_string();
    match trouble {
        Trouble::Credentials | Trouble::WrongCredentials => {
            Verdict::new(Kind::Credentials, format!("{why}: the sensor cannot authenticate"))
                .help("let the host through without credentials: the list `bypass authentication` of the compiled policy has it")
        }
        Trouble::Refused(_) => refused(why),
        Trouble::Route(_) => Verdict::new(Kind::NoRoute, why),
        Trouble::NotFinished => Verdict::new(Kind::NotFinished, why),
        Trouble::Timeout(Step::Connect) => {
            Verdict::new(Kind::Unreachable, why).help("a firewall that drops says nothing: is the way to the address open?")
        }
        Trouble::Tls(_) | Trouble::Http(_) => Verdict::new(Kind::Unreachable, why)
            .help("who ends a connection in the middle is often a filter that looks at the name in it"),
        Trouble::NoSuchName
        | Trouble::Dns(_)
        | Trouble::Connect(_)
        | Trouble::ProxyUnreachable(_)
        | Trouble::ProxyCannotReach(_)
        | Trouble::ProxyAnswer(_)
        | Trouble::Timeout(_) => Verdict::new(Kind::Unreachable, why),
    }
}

#[cfg(test)]
mod tests;
