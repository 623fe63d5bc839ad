//! Routes: by which ways a device may get out.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{DomainName, Host, Request, Scheme};

/// A route as somebody names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// Through this proxy: a static proxy of the sensor.
    Proxy(ProxyUrl),
    /// By `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
    Env,
    /// By a proxy auto-configuration at a URL, or in a file.
    Pac(String),
    /// By the proxy auto-configuration that the network offers under the name `wpad`.
    Wpad,
    /// Past every proxy.
    Direct,
}

/// Why a text is no route. What may be a password is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// None of the words.
    #[error("a route is `direct`, `env`, `proxy=URL`, `pac=URL` or `wpad`")]
    Unknown,
    /// The URL of a proxy cannot be used.
    #[error("a proxy is `http://host:port` or `https://host:port`: {0}")]
    Proxy(&'static str),
    /// Nothing behind `pac=`.
    #[error("`pac=` needs a URL or a file")]
    NoPac,
}

impl Route {
    /// Reads a route.
    ///
    /// # Errors
    /// When it is none; the text is not repeated, since it may hold a password.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        match text.split_once('=') {
            None => match text {
                "direct" => Ok(Self::Direct),
                "env" => Ok(Self::Env),
                "wpad" => Ok(Self::Wpad),
                _ => Err(RouteError::Unknown),
            },
            Some(("proxy", url)) => ProxyUrl::parse(url).map(Self::Proxy),
            Some(("pac", "")) => Err(RouteError::NoPac),
            Some(("pac", url)) => Ok(Self::Pac(url.to_owned())),
            Some(_) => Err(RouteError::Unknown),
        }
    }

    /// Where the sensor tries it: a static proxy first, then what is found automatically, then no proxy at all. Checked
    /// 2026-11-24, the vendor's page on device proxies: without an answer of its static proxy the sensor goes directly.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Proxy(_) => 0,
            Self::Env => 1,
            Self::Pac(_) => 2,
            Self::Wpad => 3,
            Self::Direct => 4,
        }
    }
}

/// As it is written, a proxy without credentials.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(proxy) => write!(f, "proxy={proxy}"),
            Self::Env => f.write_str("env"),
            Self::Pac(url) => write!(f, "pac={}", without_credentials(url)),
            Self::Wpad => f.write_str("wpad"),
            Self::Direct => f.write_str("direct"),
        }
    }
}

/// A place as messages show it: without user, password and query.
pub(crate) fn without_credentials(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) if url.has_host() || url.scheme() == "file" => {
            url.set_query(None);
            let _ = url.set_username("");
            let _ = url.set_password(None);
            crate::text::shown(url.as_str(), 200)
        }
        // What is no URL may have a password all the same.
        _ => crate::text::shown(url.rsplit('@').next().unwrap_or_default(), 200),
    }
}

/// A forward proxy, with the credentials for it. They are never shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyUrl {
    /// Whether it is asked over TLS.
    pub tls: bool,
    /// The proxy.
    pub host: Host,
    /// Its TCP port.
    pub port: u16,
    /// User and password, as they are sent.
    credentials: Option<Arc<(String, String)>>,
}

impl ProxyUrl {
    /// Reads `http://user:password@host:port`; without a scheme it is HTTP, without a port that of the scheme.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = url::Url::parse(&with_scheme).map_err(|_| RouteError::Proxy("not a URL"))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(RouteError::Proxy("another scheme")),
        };
        let host = match url.host() {
            Some(url::Host::Domain(name)) => {
                Host::Name(name.parse().map_err(|_| RouteError::Proxy("no host"))?)
            }
            Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
            Some(url::Host::Ipv6(address)) => Host::Address(address.into()),
            None => return Err(RouteError::Proxy("no host")),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(RouteError::Proxy("it has a path"));
        }
        let port = url.port_or_known_default().ok_or(RouteError::Proxy("no port"))?;
        let decoded =
            |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let credentials = has_credentials
            .then(|| Arc::new((decoded(url.username()), decoded(url.password().unwrap_or_default()))));
        Ok(Self { tls, host, port, credentials })
    }

    /// The proxy of a configuration, `host:port`.
    pub fn plain(host: Host, port: u16) -> Self {
        Self { tls: false, host, port, credentials: None }
    }

    /// The value of `Proxy-Authorization`, where there are credentials.
    pub(super) fn authorization(&self) -> Option<String> {
        use base64::Engine as _;
        let (user, password) = &**self.credentials.as_ref()?;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Some(format!("Basic {encoded}"))
    }
}

/// Without credentials.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", if self.tls { "https" } else { "http" }, self.host, self.port)
    }
}

/// Without credentials.
impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

/// One way for one request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// Past every proxy.
    Direct,
    /// Through a proxy.
    Proxy(ProxyUrl),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Proxy(proxy) => proxy.fmt(f),
        }
    }
}

/// The variables of the environment that name proxies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment {
    https: Option<ProxyUrl>,
    http: Option<ProxyUrl>,
    exceptions: Vec<String>,
}

impl Environment {
    /// Reads the variables as curl does: `http_proxy` in lower case alone, the others in lower case before upper case.
    ///
    /// # Errors
    /// When one of them names no proxy: which, and why.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, (String, RouteError)> {
        let first = |names: &[&str]| {
            names.iter().find_map(|&name| {
                let value = variables.get(name).filter(|value| !value.trim().is_empty())?;
                Some((name.to_owned(), value.trim().to_owned()))
            })
        };
        let proxy = |names: &[&str]| {
            first(names)
                .map(|(name, value)| ProxyUrl::parse(&value).map_err(|error| (name, error)))
                .transpose()
        };
        let exceptions = first(&["no_proxy", "NO_PROXY"]).map_or(String::new(), |(_, value)| value);
        Ok(Self {
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            http: proxy(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            exceptions: exceptions
                .split([',', ' '])
                .map(|part| part.trim().to_ascii_lowercase())
                .filter(|part| !part.is_empty())
                .collect(),
        })
    }

    /// Whether no variable names a proxy.
    pub fn is_empty(&self) -> bool {
        self.https.is_none() && self.http.is_none()
    }

    /// The way of a request.
    pub fn way(&self, request: &Request) -> Way {
        let proxy = match request.scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        };
        match proxy {
            Some(proxy) if !self.exceptions.iter().any(|own| is_excepted(own, request)) => {
                Way::Proxy(proxy.clone())
            }
            _ => Way::Direct,
        }
    }
}

/// Whether an entry of `NO_PROXY` means a request: `*`, a name with all below it, an address, a network, each with a
/// port or without.
fn is_excepted(entry: &str, request: &Request) -> bool {
    if entry == "*" {
        return true;
    }
    let (entry, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse::<u16>() {
            Ok(port) => (host, Some(port)),
            Err(_) => return false,
        },
        _ => (entry, None),
    };
    if port.is_some_and(|port| port != request.port) {
        return false;
    }
    match &request.host {
        Host::Address(address) => {
            let entry = entry.trim_start_matches('[').trim_end_matches(']');
            entry.parse::<IpAddr>().is_ok_and(|own| own == *address)
                || entry.parse::<ipnet::IpNet>().is_ok_and(|own| own.contains(address))
        }
        Host::Name(name) => entry
            .trim_start_matches("*.")
            .trim_start_matches('.')
            .parse::<DomainName>()
            .is_ok_and(|own| *name == own || name.is_below(&own)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let route = Route::parse("proxy=http://user:p%40ss@proxy.example:3128").unwrap();
        assert_eq!(route.to_string(), "proxy=http://proxy.example:3128");
        assert!(!format!("{route:?}").contains("ss"));
        let Route::Proxy(proxy) = route else { panic!() };
        assert_eq!(proxy.authorization().as_deref(), Some("Basic dXNlcjpwQHNz"));
        for text in ["proxy=http://user:secret@", "proxy=ftp://user:secret@a:1", "secret"] {
            assert!(!Route::parse(text).unwrap_err().to_string().contains("secret"), "{text}");
        }
        assert_eq!(Route::parse("pac=http://u:secret@a/p").unwrap().to_string(), "pac=http://a/p");
    }

    #[test]
    fn a_proxy_has_a_scheme_or_http() {
        for (text, want) in [
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("http://proxy.example", "http://proxy.example:80"),
            ("https://proxy.example/", "https://proxy.example:443"),
            ("[fd00::1]:8080", "http://[fd00::1]:8080"),
        ] {
            assert_eq!(ProxyUrl::parse(text).unwrap().to_string(), want);
        }
        for text in ["", "socks5://a:1", "http://a:1/x", "http://a:70000"] {
            assert!(ProxyUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_environment_decides_by_scheme_and_exception() {
        let variables = [
            ("HTTPS_PROXY", "http://p.example:1"),
            ("no_proxy", "a.example, .b.example,10.0.0.0/8,c.example:8443"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let environment = Environment::read(&variables).unwrap();
        for (url, want) in [
            ("https://x.example/", "http://p.example:1"),
            ("http://x.example/", "direct"),
            ("https://a.example/", "direct"),
            ("https://x.a.example/", "direct"),
            ("https://notb.example/", "http://p.example:1"),
            ("https://x.b.example/", "direct"),
            ("https://10.1.2.3/", "direct"),
            ("https://c.example/", "http://p.example:1"),
            ("https://c.example:8443/", "direct"),
        ] {
            assert_eq!(environment.way(&url.parse().unwrap()).to_string(), want, "{url}");
        }
        let wrong = [("http_proxy".to_owned(), "socks5://u:secret@a".to_owned())].into();
        let (name, error) = Environment::read(&wrong).unwrap_err();
        assert!(name == "http_proxy" && !error.to_string().contains("secret"));
    }
}
