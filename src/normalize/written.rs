//! One endpoint as written: scheme, host, port and path of a text without blanks.

use std::fmt;

use super::ports::{self, PortRange};
use super::text::shown;
use crate::model::{DomainError, HostPattern, HostPatternError, Scheme};

/// An endpoint as a cell writes it, before the port column is looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Written {
    /// Which hosts.
    pub(super) host: HostPattern,
    /// The scheme, if the cell writes one.
    pub(super) scheme: Option<Scheme>,
    /// The ports behind the host: `host:8443`. Empty where there are none.
    pub(super) ports: Vec<PortRange>,
    /// Ports that a remark adds: `host (Port 80 is required)`.
    pub(super) added: Vec<PortRange>,
    /// The path, beginning with `/`, or empty.
    pub(super) path: String,
    /// The query or fragment that was dropped, or empty.
    pub(super) query: String,
}

/// Why a text that looks like an endpoint is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// The text.
    pub(super) text: String,
    /// What is wrong with it.
    pub(super) kind: FaultKind,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum FaultKind {
    /// The host is no name, address or pattern.
    Host(HostPatternError),
    /// A blank inside the host, as machine translation leaves it.
    Blank {
        /// What was probably meant.
        probably: Option<String>,
    },
    /// A user name before the host: `user@host`.
    UserInfo,
    /// A scheme that no proxy carries: `ftp://`.
    Scheme(String),
    /// What follows the colon is no port.
    Port(String),
    /// A control character.
    Control,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(error) => write!(f, "{error}"),
            Self::Blank { .. } => f.write_str("a blank inside the host"),
            Self::UserInfo => f.write_str("a user name before the host"),
            Self::Scheme(scheme) => write!(f, "the scheme `{}`", shown(scheme)),
            Self::Port(text) => write!(f, "`{}` is no port", shown(text)),
            Self::Control => f.write_str("a control character"),
        }
    }
}

/// The parts of a text: `https`, `host`, `8443`, `/path`, `?query`.
struct Parts<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: &'a str,
}

fn split(text: &str) -> Parts<'_> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text.strip_prefix("//").unwrap_or(text)),
    };
    let (rest, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // An IPv6 address has colons of its own and stands in brackets.
    let colon = match authority.strip_prefix('[').and_then(|inner| inner.find(']')) {
        Some(end) => authority[end + 2..].find(':').map(|at| at + end + 2),
        None => authority.find(':'),
    };
    let (host, port) = match colon {
        Some(at) => (&authority[..at], Some(&authority[at + 1..])),
        None => (authority, None),
    };
    let host = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    Parts { scheme, host, port, path, query }
}

/// Whether a text without blanks looks like an endpoint: an address, a text with a scheme, or a name
/// with a dot inside. A bare word does not, since prose is made of words.
pub(super) fn looks_like_endpoint(text: &str) -> bool {
    if is_network(text) {
        return true;
    }
    let parts = split(text);
    if parts.scheme.is_some() {
        return !parts.host.is_empty();
    }
    is_network(parts.host) || has_inner_dot(parts.host)
}

/// Whether the text is stars and dots alone, with a star: `*`, `*.*`.
pub(super) fn is_stars(text: &str) -> bool {
    text.contains('*') && text.chars().all(|c| matches!(c, '*' | '.'))
}

fn is_network(text: &str) -> bool {
    // Hosts are many and addresses few, and most hosts have a letter that no address has.
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/')) {
        return false;
    }
    text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok()
}

/// A dot with something before and behind it; the dot of `.example` alone does not count.
fn has_inner_dot(host: &str) -> bool {
    let inner = host.trim_start_matches(['*', '.']).trim_end_matches('.');
    let starred = host.starts_with('*') && host.trim_start_matches('*').starts_with('.') && !inner.is_empty();
    starred || inner.contains('.')
}

/// Whether the host is a star over one label: `*.azure`, which is part of a name that a blank broke
/// rather than a whole top-level domain.
pub(super) fn is_star_over_one_label(text: &str) -> bool {
    let Some(rest) = split(text).host.strip_prefix("*.") else { return false };
    let rest = rest.trim_matches('.');
    !rest.is_empty() && !rest.contains('.')
}

/// Whether the text writes a scheme.
pub(super) fn has_scheme(text: &str) -> bool {
    text.contains("://")
}

/// Reads one endpoint.
pub(super) fn parse(text: &str) -> Result<Written, Fault> {
    parse_parts(text).map_err(|kind| Fault { text: text.to_owned(), kind })
}

fn parse_parts(text: &str) -> Result<Written, FaultKind> {
    if text.chars().any(char::is_control) {
        return Err(FaultKind::Control);
    }
    if is_network(text) {
        return Ok(Written::of(text.parse().map_err(FaultKind::Host)?));
    }
    let parts = split(text);
    if parts.host.contains('@') || parts.port.is_some_and(|port| port.contains('@')) {
        return Err(FaultKind::UserInfo);
    }
    let mut written = Written::of(parts.host.parse().map_err(FaultKind::Host)?);
    written.scheme = parts.scheme.map(scheme).transpose()?;
    if let Some(port) = parts.port {
        written.ports = own_ports(port)?;
    }
    written.query = parts.query.to_owned();
    written.path = parts.path.to_owned();
    // `host:80/443` in a list of ports, not the path `/443`.
    if written.scheme.is_none() && !written.ports.is_empty() {
        let digits = parts.path.strip_prefix('/').unwrap_or_default();
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'/') {
            written.ports.extend(own_ports(digits)?);
            written.path.clear();
        }
    }
    // `10.0.0.1/40` is a wrong network, not the path `/40` of one address.
    if matches!(written.host, HostPattern::Address(_)) && written.scheme.is_none() && written.path.len() > 1 {
        return Err(FaultKind::Host(HostPatternError::Domain(DomainError::Numeric)));
    }
    Ok(written)
}

fn scheme(text: &str) -> Result<Scheme, FaultKind> {
    match text.to_ascii_lowercase().as_str() {
        // WebSocket begins as an HTTP request, on the same ports.
        "http" | "ws" => Ok(Scheme::Http),
        "https" | "wss" => Ok(Scheme::Https),
        _ => Err(FaultKind::Scheme(text.to_owned())),
    }
}

fn own_ports(text: &str) -> Result<Vec<PortRange>, FaultKind> {
    match ports::parse(text) {
        Ok(cell) if cell.udp.is_empty() => Ok(cell.tcp),
        _ => Err(FaultKind::Port(text.to_owned())),
    }
}

impl Written {
    fn of(host: HostPattern) -> Self {
        let (ports, added) = (Vec::new(), Vec::new());
        Self { host, scheme: None, ports, added, path: String::new(), query: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match parse(text) {
            Ok(written) => {
                let scheme = written.scheme.map_or("-", Scheme::as_str);
                let ports: Vec<String> = written.ports.iter().map(|range| range.low.to_string()).collect();
                format!("{scheme} {} {} {}", written.host, ports.join("+"), written.path)
                    .trim_end()
                    .to_owned()
            }
            Err(fault) => format!("error: {}", fault.kind),
        }
    }

    #[test]
    fn written_endpoints_fall_into_parts() {
        for (text, want) in [
            ("a.example.com", "- a.example.com"),
            ("A.Example.COM.", "- a.example.com"),
            ("https://*.example.com", "https *.example.com"),
            ("HTTP://a.example.com/x/*", "http a.example.com  /x/*"),
            ("a.example.com:8443", "- a.example.com 8443"),
            ("a.example.com:80/443", "- a.example.com 80+443"),
            ("a.example.com:8080/x", "- a.example.com 8080 /x"),
            ("//a.example.com/x", "- a.example.com  /x"),
            ("wss://a.example.com", "https a.example.com"),
            ("https://a.example.com/x?y=1#z", "https a.example.com  /x"),
            ("13.107.18.10/31", "- 13.107.18.10/31"),
            ("2603:1006::/40", "- 2603:1006::/40"),
            ("[2001:db8::1]:8443", "- 2001:db8::1 8443"),
            ("https://[2001:db8::1]/x", "https 2001:db8::1  /x"),
            ("*-files.sharepoint.com", "- *-files.sharepoint.com"),
        ] {
            assert_eq!(show(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_endpoint_says_why() {
        for (text, want) in [
            ("user@a.example.com", "error: a user name before the host"),
            ("https://user:secret@a.example.com", "error: a user name before the host"),
            ("ftp://a.example.com", "error: the scheme `ftp`"),
            ("a.example.com:https", "error: `https` is no port"),
            ("a.example.com:0", "error: `0` is no port"),
            ("a..example.com", "error: empty label at byte 2"),
            ("*.*", "error: the star covers whole top-level domains"),
            ("a.example.com/x\u{7}", "error: a control character"),
            ("10.0.0.1/8", "error: address bits set behind the prefix; write 10.0.0.0/8"),
            ("10.0.0.1/40", "error: the last label is a number, so this is read as an address"),
        ] {
            assert_eq!(show(text), want, "{text}");
        }
    }

    #[test]
    fn words_do_not_look_like_endpoints() {
        for text in ["Windows", "URL", "/en-us/windows", "N/A", ".com", "Note:", "*Optional", "443", "*"] {
            assert!(!looks_like_endpoint(text), "{text}");
        }
        for text in [
            "a.example.com",
            ".example.com",
            "*.com",
            "*ecs.office.com/x",
            "http://intranet",
            "10.0.0.1",
            "::1",
        ] {
            assert!(looks_like_endpoint(text), "{text}");
        }
    }
}
