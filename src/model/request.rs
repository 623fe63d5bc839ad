//! A request, and the pattern that matches it: the one definition of meaning.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use super::domain::{DomainError, DomainName};
use super::host_pattern::HostPattern;
use super::path::PathPattern;

/// Plain HTTP, or HTTP in TLS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// `http`: a product sees the whole URL.
    Http,
    /// `https`: a product that does not inspect sees the host and the port alone.
    Https,
}

impl Scheme {
    /// Both schemes, in order.
    pub const ALL: [Scheme; 2] = [Scheme::Http, Scheme::Https];

    /// `http` or `https`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// What a port without a scheme is read as: HTTP on port 80, HTTPS on every other.
    pub const fn of_port(port: u16) -> Self {
        if port == 80 { Self::Http } else { Self::Https }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of schemes, possibly empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Schemes {
    /// Whether plain HTTP is in the set.
    pub http: bool,
    /// Whether HTTPS is in the set.
    pub https: bool,
}

impl Schemes {
    /// Both.
    pub const ANY: Self = Self { http: true, https: true };

    /// One scheme.
    pub const fn only(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Http => Self { http: true, https: false },
            Scheme::Https => Self { http: false, https: true },
        }
    }

    /// Whether `scheme` is in the set.
    pub const fn contains(self, scheme: Scheme) -> bool {
        match scheme {
            Scheme::Http => self.http,
            Scheme::Https => self.https,
        }
    }

    /// Whether every scheme of `other` is in the set.
    pub const fn covers(self, other: Self) -> bool {
        (self.http || !other.http) && (self.https || !other.https)
    }
}

/// A set of ports.
///
/// Invariant: the ranges are sorted, not empty, and neither touch nor overlap, so equal sets are
/// equal values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ports(Arc<[(u16, u16)]>);

impl Ports {
    /// Every port.
    pub fn any() -> Self {
        static ANY: LazyLock<Arc<[(u16, u16)]>> = LazyLock::new(|| Arc::new([(0, u16::MAX)]));
        Self(Arc::clone(&ANY))
    }

    /// One port.
    pub fn one(port: u16) -> Self {
        // A million lines mostly have one of these, and share it.
        static HTTP: LazyLock<Arc<[(u16, u16)]>> = LazyLock::new(|| Arc::new([(80, 80)]));
        static HTTPS: LazyLock<Arc<[(u16, u16)]>> = LazyLock::new(|| Arc::new([(443, 443)]));
        Self(match port {
            80 => Arc::clone(&HTTP),
            443 => Arc::clone(&HTTPS),
            _ => Arc::new([(port, port)]),
        })
    }

    /// The union of ranges in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        let mut ranges: Vec<(u16, u16)> = ranges
            .into_iter()
            .filter(|range| !range.is_empty())
            .map(|range| (*range.start(), *range.end()))
            .collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if u32::from(low) <= u32::from(last.1) + 1 => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged.into())
    }

    /// The ranges, lowest first.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<u16>> {
        self.0.iter().map(|&(low, high)| low..=high)
    }

    /// Whether `port` is in the set.
    pub fn contains(&self, port: u16) -> bool {
        let before = self.0.partition_point(|&(low, _)| low <= port);
        before.checked_sub(1).is_some_and(|last| port <= self.0[last].1)
    }

    /// Whether every port of `other` is in the set.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|&(low, high)| self.0.iter().any(|&(l, h)| l <= low && high <= h))
    }

    /// The port, if there is exactly one.
    pub fn single(&self) -> Option<u16> {
        match self.0[..] {
            [(low, high)] if low == high => Some(low),
            _ => None,
        }
    }
}

/// `443`, `80,443`, `8000-8080`.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &(low, high)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            if low == high {
                write!(f, "{comma}{low}")?;
            } else {
                write!(f, "{comma}{low}-{high}")?;
            }
        }
        Ok(())
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host {
    /// A name.
    Name(DomainName),
    /// An address, written as such by the client.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// One request of a client.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Request {
    /// HTTP or HTTPS.
    pub scheme: Scheme,
    /// Where it goes.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// The path, which begins with `/`, without query and fragment.
    pub path: String,
}

/// Why a line is neither a host nor a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nothing there.
    #[error("empty line")]
    Empty,
    /// A scheme other than HTTP and HTTPS.
    #[error("scheme `{scheme}` is neither http nor https")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// A URL that no browser reads.
    #[error("not a URL: {why}")]
    Url {
        /// What the URL library says.
        why: String,
    },
    /// A host that is no name.
    #[error("not a host: {0}")]
    Host(#[from] DomainError),
}

/// Reads a question: a URL takes its scheme's default port; a bare host means `https://host/`;
/// `host:port` is HTTPS unless the port is 80.
impl FromStr for Request {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(RequestError::Empty);
        }
        let with_scheme = match text.split_once("://") {
            Some((scheme, _))
                if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
            {
                text.to_owned()
            }
            Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return Err(RequestError::Scheme { scheme: scheme.to_owned() });
            }
            _ if text.parse::<Ipv6Addr>().is_ok() => format!("https://[{text}]/"),
            _ => {
                // `host:80` and `host:80/path` are plain HTTP.
                let authority = text.split(['/', '?', '#']).next().unwrap_or(text);
                let plain = authority.rsplit_once(':').is_some_and(|(_, port)| port == "80");
                format!("{}://{text}", if plain { "http" } else { "https" })
            }
        };
        let url = url::Url::parse(&with_scheme).map_err(|e| RequestError::Url { why: e.to_string() })?;
        let scheme = if url.scheme() == "http" { Scheme::Http } else { Scheme::Https };
        let host = match url.host() {
            Some(url::Host::Domain(name)) => Host::Name(name.parse()?),
            Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
            Some(url::Host::Ipv6(address)) => Host::Address(address.into()),
            None => return Err(RequestError::Empty),
        };
        Ok(Self {
            scheme,
            host,
            port: url.port().unwrap_or(scheme.default_port()),
            path: url.path().to_owned(),
        })
    }
}

/// As a URL, the port only where it is not the scheme's own.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// Host × schemes × ports × path: what a rule lets through.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestPattern {
    /// Which hosts.
    pub host: HostPattern,
    /// Which schemes.
    pub schemes: Schemes,
    /// Which TCP ports.
    pub ports: Ports,
    /// Which paths.
    pub path: PathPattern,
}

impl RequestPattern {
    /// A pattern of one scheme and one port.
    pub fn new(host: HostPattern, scheme: Scheme, port: u16, path: PathPattern) -> Self {
        Self { host, schemes: Schemes::only(scheme), ports: Ports::one(port), path }
    }

    /// Everything that may be asked of a host.
    pub fn any_service(host: HostPattern) -> Self {
        Self { host, schemes: Schemes::ANY, ports: Ports::any(), path: PathPattern::Any }
    }

    /// The same with another host.
    pub fn with_host(&self, host: HostPattern) -> Self {
        Self { host, ..self.clone() }
    }

    /// Whether `request` is matched. This is the one definition of meaning: every emitter, reader and
    /// product test is held to it.
    pub fn matches(&self, request: &Request) -> bool {
        self.serves(request) && self.host.matches(&request.host)
    }

    /// Whether scheme, port and path of `request` are matched, for who has found the pattern by its host.
    pub fn serves(&self, request: &Request) -> bool {
        self.schemes.contains(request.scheme)
            && self.ports.contains(request.port)
            && self.path.matches(&request.path)
    }

    /// Whether every request that `other` matches is matched: host, schemes, ports and path all cover,
    /// or there is no such request.
    pub fn covers(&self, other: &Self) -> bool {
        let nothing = !Scheme::ALL.into_iter().any(|scheme| other.schemes.contains(scheme))
            || other.ports.ranges().len() == 0
            || other.host.is_empty();
        nothing
            || (self.schemes.covers(other.schemes)
                && self.ports.covers(&other.ports)
                && self.path.covers(&other.path)
                && self.host.covers(&other.host))
    }
}

/// `*.example.com`, `http://www.example.com/pki/*`, `example.com:8443`. The scheme is left out where
/// it is HTTPS alone, the port where it is the scheme's own; any scheme shows as `any://`, any port
/// as `:*`.
impl fmt::Display for RequestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.schemes {
            Schemes { http: true, https: false } => Some(Scheme::Http),
            Schemes { http: false, https: true } => Some(Scheme::Https),
            _ => None,
        };
        match scheme {
            Some(Scheme::Http) => f.write_str("http://")?,
            Some(Scheme::Https) => {}
            None => f.write_str("any://")?,
        }
        match &self.host {
            // `2001:db8::/32` followed by a port would read as part of the address.
            HostPattern::Address(network) if network.addr().is_ipv6() => write!(f, "[{}]", self.host)?,
            host => write!(f, "{host}")?,
        }
        if self.ports == Ports::any() {
            f.write_str(":*")?;
        } else if self.ports.single().is_none() || self.ports.single() != scheme.map(Scheme::default_port) {
            write!(f, ":{}", self.ports)?;
        }
        write!(f, "{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_takes_the_port_of_its_scheme() {
        for (text, want) in [
            ("a.example", "https://a.example/"),
            ("A.Example.", "https://a.example/"),
            ("a.example:8443", "https://a.example:8443/"),
            ("a.example:443", "https://a.example/"),
            ("a.example:80", "http://a.example/"),
            ("a.example:80/x?y=:443", "http://a.example/x"),
            ("http://a.example/pki/x?y#z", "http://a.example/pki/x"),
            ("https://user:pw@a.example/", "https://a.example/"),
            ("HTTP://a.example:443/", "http://a.example:443/"),
            ("a_b.example", "https://a_b.example/"),
            ("2001:db8::1", "https://[2001:db8::1]/"),
            ("[2001:db8::1]:80", "http://[2001:db8::1]/"),
            ("203.0.113.7", "https://203.0.113.7/"),
            ("  a.example\r", "https://a.example/"),
        ] {
            assert_eq!(text.parse::<Request>().map(|r| r.to_string()).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_neither_host_nor_url_is_an_error() {
        for text in [
            "",
            "   ",
            "ftp://a.example/",
            "a b",
            "*.example.com",
            "https://",
            "a..b",
            "-",
            "https://--:8443/x",
            "a.example:99999",
        ] {
            assert!(text.parse::<Request>().is_err(), "{text}");
        }
    }

    #[test]
    fn ports_are_canonical() {
        assert_eq!(Ports::from_ranges([443..=443, 80..=80, 81..=90]).to_string(), "80-90,443");
        assert_eq!(Ports::from_ranges([0..=65534, 65535..=65535]), Ports::any());
        assert!(Ports::any().covers(&Ports::one(443)));
        assert!(!Ports::one(443).covers(&Ports::any()));
    }

    #[test]
    fn a_pattern_limits_scheme_port_and_path() {
        let host: HostPattern = "*.example.com".parse().unwrap();
        let pattern = RequestPattern::new(host, Scheme::Http, 80, PathPattern::parse("/pki/*").unwrap());
        assert_eq!(pattern.to_string(), "http://*.example.com/pki/*");
        for (text, want) in [
            ("http://a.example.com/pki/x", true),
            ("http://a.example.com/", false),
            ("http://a.example.com:8080/pki/x", false),
            ("https://a.example.com/pki/x", false),
            ("https://a.example.com:80/pki/x", false),
            ("http://example.com/pki/x", false),
        ] {
            assert_eq!(pattern.matches(&text.parse().unwrap()), want, "{text}");
        }
    }
}
