//! `local-address`.

use std::sync::LazyLock;

use ipnet::IpNet;

use super::wide_network::meant;
use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::{DomainName, HostPattern, Intent};

/// A pattern that matches addresses that mean another machine for everybody, such as `127.0.0.1`.
pub(super) struct LocalAddress;

/// The networks, and what each is. Checked 2026-11-24, IANA "IPv4 Special-Purpose Address Registry" and "IPv6
/// Special-Purpose Address Registry".
static LOCAL: LazyLock<Vec<(IpNet, &str)>> = LazyLock::new(|| {
    [
        ("0.0.0.0/8", "this machine"),
        ("127.0.0.0/8", "the machine itself"),
        ("169.254.0.0/16", "a neighbour on the same link, in clouds the service that hands out credentials"),
        ("224.0.0.0/4", "groups"),
        ("240.0.0.0/4", "nobody's, or everybody on the link"),
        ("::/128", "this machine"),
        ("::1/128", "the machine itself"),
        ("fe80::/10", "a neighbour on the same link"),
        ("ff00::/8", "groups"),
    ]
    .map(|(text, what)| (text.parse().expect("internal error: a network of the table"), what))
    .into()
});

impl GateLint for LocalAddress {
    fn code(&self) -> Code {
        Code::LocalAddress
    }

    fn level(&self, _: Intent) -> Level {
        Level::Hold
    }

    fn check(&self, subject: &Subject<'_>, _: Intent) -> Option<Trouble> {
        let host = &subject.pattern.host;
        let what = match host {
            HostPattern::Address(network) => {
                let network = meant(*network);
                let meets = |own: &IpNet| own.contains(&network) || network.contains(own);
                LOCAL.iter().find(|(own, _)| meets(own))?.1
            }
            HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
                is_localhost(name).then_some("the machine itself")?
            }
            HostPattern::TextSuffix(suffix) => {
                is_localhost(suffix.parent()).then_some("the machine itself")?
            }
            HostPattern::LabelGlob(glob) => is_localhost(&glob.parent()).then_some("the machine itself")?,
        };
        Some(Trouble {
            message: format!("`{host}` means {what}"),
            label: "for a proxy that is the proxy, not the client".to_owned(),
            notes: Vec::new(),
            help: vec!["leave it out: `select: exclude:`; a client reaches it without a rule".to_owned()],
        })
    }
}

/// `localhost` and everything below (RFC 6761, 6.3).
fn is_localhost(name: &DomainName) -> bool {
    name.labels_from_right().next() == Some("localhost")
}
