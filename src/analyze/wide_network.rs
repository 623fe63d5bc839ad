//! `wide-network`.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::{HostPattern, Intent};

/// A network larger than anybody's, such as `0.0.0.0/0`.
pub(super) struct WideNetwork;

/// The largest IPv4 network that was ever given to one owner, as a prefix length. Checked 2026-11-24, IANA "IPv4
/// Address Space Registry".
const MIN_PREFIX_V4: u8 = 8;
/// No registry gives one owner more of IPv6. Checked 2026-11-24, IANA "IPv6 Global Unicast Address Assignments".
const MIN_PREFIX_V6: u8 = 16;

impl GateLint for WideNetwork {
    fn code(&self) -> Code {
        Code::WideNetwork
    }

    fn level(&self, _: Intent) -> Level {
        Level::Deny
    }

    fn check(&self, subject: &Subject<'_>, _: Intent) -> Option<Trouble> {
        let HostPattern::Address(network) = subject.pattern.host else { return None };
        let (prefix, least) = match meant(network) {
            IpNet::V4(network) => (network.prefix_len(), MIN_PREFIX_V4),
            IpNet::V6(network) => (network.prefix_len(), MIN_PREFIX_V6),
        };
        (prefix < least).then(|| Trouble {
            message: match prefix {
                0 => format!("`{network}` is every address"),
                _ => format!("`{network}` is more than any owner's network"),
            },
            label: "addresses of thousands of owners".to_owned(),
            notes: Vec::new(),
            help: vec!["name the networks that are meant, each with its own prefix".to_owned()],
        })
    }
}

/// An IPv6 network that stands for one of IPv4, by the addresses of a translator (RFC 6052), as that one.
pub(super) fn meant(network: IpNet) -> IpNet {
    const BITS: u8 = 96;
    const START: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);
    let IpNet::V6(own) = network else { return network };
    if !Ipv6Net::new_assert(START, BITS).contains(&own) {
        return network;
    }
    let [.., a, b, c, d] = own.network().octets();
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), own.prefix_len() - BITS))
}
