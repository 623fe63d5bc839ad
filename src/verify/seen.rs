//! What was seen on the way to one URL, step by step.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// One step of the way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// Looking up the name of the host, or of the proxy.
    Dns,
    /// The TCP connection to the host, or to the proxy.
    Connect,
    /// TLS to the proxy, where it is asked so, and its answer to CONNECT.
    Proxy,
    /// TLS to the host.
    Tls,
    /// The request, until the head of the answer is there.
    Http,
}

impl Step {
    /// The name in JSON: `dns`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the name servers said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dns {
    /// The name that was asked for: the host's, or the proxy's.
    pub name: String,
    /// The names that it is an alias of, in order.
    pub aliases: Vec<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// Where a chain of certificates leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chain {
    /// To a public root.
    Public,
    /// To a root of `--expected-root`.
    Expected,
    /// To a root of `--ca`, and to no public one: inspected.
    Given,
    /// To a root of this system, and to no public one: inspected.
    System,
    /// To a root that calls itself the vendor's, which no public set has: it cannot be told whether it is.
    Vendor,
    /// To no root that is known here.
    Unknown,
    /// To a known root, but the certificate is wrong: why.
    Broken(String),
}

/// A certificate that was shown. The names come from the network, made safe to print.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The common name of whom it is for, else the whole name.
    pub subject: String,
    /// The same of who issued it.
    pub issuer: String,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
}

/// What TLS to the host showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// `TLSv1.3`; empty where the handshake did not come to an end.
    pub version: String,
    /// The chain, the host's own certificate first, at most ten.
    pub chain: Vec<Shown>,
    /// Where the chain leads.
    pub leads_to: Chain,
}

impl Tls {
    /// Who issued the last certificate that was shown, which names the root or is one.
    pub fn issuer(&self) -> &str {
        self.chain.last().map_or("(nobody)", |last| &last.issuer)
    }
}

impl Seen {
    /// What TLS showed, where its chain leads to the root of somebody who inspects.
    pub fn inspected(&self) -> Option<&Tls> {
        self.tls.as_ref().filter(|tls| matches!(tls.leads_to, Chain::Given | Chain::System))
    }

    /// Whether the answer is a page to be read.
    pub fn is_page(&self) -> bool {
        let essence = self.media_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
        ["text/html", "application/xhtml+xml"].iter().any(|page| essence.trim().eq_ignore_ascii_case(page))
    }
}

/// What ended the way before an answer of the host.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// The name servers know no such name.
    #[error("the name has no address")]
    NoSuchName,
    /// The name servers do not answer as they should: what happened.
    #[error("the name servers do not answer: {0}")]
    Dns(String),
    /// No connection to the host.
    #[error("no connection: {0}")]
    Connect(String),
    /// No connection to the proxy, or it is not the one that it should be.
    #[error("the proxy cannot be reached: {0}")]
    ProxyUnreachable(String),
    /// The proxy asks for credentials that it was not given.
    #[error("the proxy asks for credentials (407)")]
    Credentials,
    /// The proxy did not take the credentials.
    #[error("the proxy does not take the credentials (407)")]
    WrongCredentials,
    /// The proxy refuses: its status.
    #[error("the proxy refuses ({0})")]
    Refused(u16),
    /// The proxy does not reach the host: its status.
    #[error("the proxy does not reach the host ({0})")]
    ProxyCannotReach(u16),
    /// Something else than HTTP came from the proxy.
    #[error("the proxy's answer cannot be understood: {0}")]
    ProxyAnswer(String),
    /// The handshake failed.
    #[error("TLS fails: {0}")]
    Tls(String),
    /// The connection ended, or something else than HTTP came.
    #[error("no answer: {0}")]
    Http(String),
    /// The step took too long.
    #[error("timed out ({})", .0)]
    Timeout(Step),
    /// The route itself cannot be used: why.
    #[error("{0}")]
    Route(String),
    /// The run ended before.
    #[error("not finished")]
    NotFinished,
}

/// What was seen on the way to one URL by one route.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// `direct`, or the proxy without its credentials.
    pub way: String,
    /// What the name servers said, where they were asked.
    pub dns: Option<Dns>,
    /// The address that was connected to: the host's or the proxy's.
    pub address: Option<SocketAddr>,
    /// The proxy's answer to CONNECT.
    pub proxy_status: Option<u16>,
    /// What TLS showed.
    pub tls: Option<Tls>,
    /// The answer to the request.
    pub status: Option<u16>,
    /// A header by which a proxy says that the answer is its own.
    pub says_proxy: Option<String>,
    /// The media type of the answer, as it was sent.
    pub media_type: Option<String>,
    /// Where the answer leads, in plain HTTP, if that is under a domain of somebody else: the host.
    pub leads_away: Option<String>,
    /// How long each step took that came to an end.
    pub timing: Vec<(Step, Duration)>,
    /// What ended the way early.
    pub trouble: Option<Trouble>,
    /// What else is worth a word.
    pub remarks: Vec<String>,
}
