//! What one ACL matches.

use ipnet::IpNet;

use super::{AclId, Answer, Moment, Term, Transaction};
use crate::model::{Host, HostPattern, PathPattern, Ports, RequestPattern, Schemes};

/// An ACL: the values of all its lines.
#[derive(Debug)]
pub(super) enum Acl {
    /// Everything.
    All,
    /// Nothing that is asked here, such as the cache manager.
    Never,
    /// `src`.
    Source(Vec<IpNet>),
    /// `dst` and `to_localhost`: addresses as they stand in the request. Names are told as a trouble.
    Destination(Vec<IpNet>),
    /// `dstdomain`, `dstdom_regex`: the host of the request, or of CONNECT.
    Host(Vec<HostPattern>),
    /// `ssl::server_name` and its regular expressions: the name in the hello.
    ServerName(Vec<HostPattern>),
    /// `url_regex`.
    Url(Vec<RequestPattern>),
    /// `port`.
    Port(Ports),
    /// `method CONNECT`: whether it is that, or anything else.
    Connect(bool),
    /// `proto`: `HTTP`, `HTTPS`.
    Protocol { http: bool, https: bool },
    /// `proxy_auth`.
    Authenticated,
    /// `at_step`.
    Step(Vec<u8>),
    /// `any-of`.
    AnyOf(Vec<Term>),
    /// `all-of`: any of its lines, all of a line.
    AllOf(Vec<Vec<Term>>),
}

impl Acl {
    pub(super) fn ask(&self, own: AclId, transaction: &Transaction<'_>) -> Answer {
        let at = transaction.at;
        let request = transaction.request;
        let tunnel = matches!(transaction.moment, Moment::Tunnel { .. });
        let matched = match self {
            Self::All => true,
            Self::Never => false,
            Self::Source(networks) => networks.iter().any(|own| own.contains(&transaction.client.address)),
            Self::Destination(networks) => match &request.host {
                Host::Address(address) => networks.iter().any(|own| own.contains(address)),
                Host::Name(_) => false,
            },
            // Before the hello there is no server name but that of CONNECT.
            Self::Host(_) | Self::ServerName(_) => at.matched[own],
            // Of a tunnel there is `host:port` and nothing that an expression for a URL begins with.
            Self::Url(_) => {
                !tunnel && at.urls.iter().any(|(acl, pattern)| *acl == own && pattern.matches(request))
            }
            Self::Port(ports) => ports.contains(request.port),
            Self::Connect(wanted) => tunnel == *wanted,
            // A tunnel has no protocol.
            Self::Protocol { http, https } => match transaction.moment {
                Moment::Plain => *http,
                Moment::Decrypted => *https,
                Moment::Tunnel { .. } => false,
            },
            Self::Authenticated if transaction.authenticated => true,
            Self::Authenticated => return Answer::Challenge,
            Self::Step(steps) => match transaction.moment {
                Moment::Tunnel { step } => steps.contains(&step),
                Moment::Plain | Moment::Decrypted => false,
            },
            Self::AnyOf(terms) => {
                for &term in terms {
                    match at.term(term, transaction) {
                        Answer::Mismatch => {}
                        other => return other,
                    }
                }
                false
            }
            Self::AllOf(lines) => {
                for line in lines {
                    match at.all(line, transaction) {
                        Answer::Mismatch => {}
                        other => return other,
                    }
                }
                false
            }
        };
        if matched { Answer::Match } else { Answer::Mismatch }
    }

    /// The patterns that its answer depends on.
    pub(super) fn patterns(&self) -> Vec<RequestPattern> {
        let of_host = |host: &HostPattern| RequestPattern::any_service(host.clone());
        match self {
            Self::Host(hosts) | Self::ServerName(hosts) => hosts.iter().map(of_host).collect(),
            Self::Destination(networks) => {
                networks.iter().map(|&own| of_host(&HostPattern::Address(own))).collect()
            }
            Self::Url(patterns) => patterns.clone(),
            // No host at all, only the bounds of the ports.
            Self::Port(ports) => vec![RequestPattern {
                host: HostPattern::Exact("port.invalid".parse().expect("internal error: a name")),
                schemes: Schemes::ANY,
                ports: ports.clone(),
                path: PathPattern::Any,
            }],
            Self::All
            | Self::Never
            | Self::Source(_)
            | Self::Connect(_)
            | Self::Protocol { .. }
            | Self::Authenticated
            | Self::Step(_)
            | Self::AnyOf(_)
            | Self::AllOf(_) => Vec::new(),
        }
    }
}
