//! What a profile says of the filter: where it is, what happens to the rest, and who the clients are.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::profile::{Reader, shown};
use crate::yaml::Node;

/// What happens to traffic that no rule accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NftablesMode {
    /// Nothing here: other chains decide.
    #[default]
    Accept,
    /// It is dropped: from the clients to the internet at a gateway, everything sent on a device.
    Lockdown,
}

/// Where the filter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NftablesAt {
    /// On a gateway, for what it forwards.
    #[default]
    Egress,
    /// On the device, for what it sends.
    Device,
}

/// Options of the nftables target. What no profile names is left to a variable that nothing defines, so
/// that the file cannot be loaded for any source by mistake.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NftablesOptions {
    /// What happens to the rest.
    pub mode: NftablesMode,
    /// Where the filter is.
    pub at: NftablesAt,
    /// A table of one's own rules, for a chain to jump to. Without it, a table and a hook of our own.
    pub table: Option<String>,
    /// Interfaces that the clients are behind.
    pub lan: Vec<String>,
    /// Interfaces that the internet is behind.
    pub wan: Vec<String>,
    /// Networks of the clients.
    pub clients: Vec<IpNet>,
    /// Resolvers that a locked device may ask.
    pub resolvers: Vec<IpAddr>,
}

impl NftablesOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let known = ["mode", "at", "table", "lan", "wan", "clients", "resolvers"];
        let fields = reader.fields(node, "nftables", &known)?;
        let modes = [("accept", NftablesMode::Accept), ("lockdown", NftablesMode::Lockdown)];
        let places = [("egress", NftablesAt::Egress), ("device", NftablesAt::Device)];
        let mode = fields.get("mode").and_then(|node| reader.choice(node, "mode", &modes));
        let mode = mode.unwrap_or_default();
        let at = fields.get("at").and_then(|node| reader.choice(node, "at", &places)).unwrap_or_default();
        let table = fields.get("table").and_then(|node| {
            if mode == NftablesMode::Lockdown {
                reader
                    .report(node.spot, "`table` is for `mode: accept`")
                    .help("a lockdown has a table of its own, which is removed as a whole");
                return None;
            }
            one(reader, node, "table", |text| is_identifier(text).then(|| text.to_owned()), TABLE)
        });
        let device = at == NftablesAt::Device;
        let idle =
            |key: &str| if key == "resolvers" { !device || mode == NftablesMode::Accept } else { device };
        for key in ["lan", "wan", "clients", "resolvers"].into_iter().filter(|key| idle(key)) {
            if let Some(node) = fields.get(key) {
                let place =
                    if key == "resolvers" { "`at: device` with `mode: lockdown`" } else { "`at: egress`" };
                reader.report(node.spot, format!("`{key}` is for {place}"));
            }
        }
        let mut interfaces = |key: &str| -> Vec<String> {
            let nodes = fields.get(key).and_then(|node| reader.list_of_some(node, key)).unwrap_or_default();
            let read = |text: &str| is_interface(text).then(|| text.to_owned());
            nodes.iter().filter_map(|node| one(reader, node, key, read, INTERFACE)).collect()
        };
        let (lan, wan) = (interfaces("lan"), interfaces("wan"));
        let clients = fields.get("clients").and_then(|node| reader.list_of_some(node, "clients"));
        let clients = clients.unwrap_or_default().iter();
        let clients: Vec<IpNet> =
            clients.filter_map(|node| one(reader, node, "clients", network, NETWORK)).collect();
        let resolvers = fields.get("resolvers").and_then(|node| reader.list_of_some(node, "resolvers"));
        let resolvers = resolvers.unwrap_or_default().iter();
        let address = |text: &str| text.parse().ok();
        let resolvers =
            resolvers.filter_map(|node| one(reader, node, "resolvers", address, ADDRESS)).collect();
        Some(Self { mode, at, table, lan, wan, clients, resolvers })
    }
}

const TABLE: &str = "a table has at most 64 letters, digits, `-` and `_`, a letter first, and is no word of nft such as `set`";
const INTERFACE: &str =
    "an interface has at most 15 letters, digits, `-`, `_` and `.`, a letter or digit first";
const NETWORK: &str = "a network is `10.0.0.0/8` or `2001:db8::/32`, and holds no address of a host";
const ADDRESS: &str = "an address is `192.0.2.53` or `2001:db8::53`";

fn one<T>(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
    help: &str,
) -> Option<T> {
    let text = reader.text(node, what)?;
    let value = read(text);
    if value.is_none() {
        reader
            .report(node.spot, format!("`{what}` has {}, which nftables does not take", shown(text)))
            .help(help);
    }
    value
}

/// Words of nft's language that it does not take for the name of a table. Run on nft 1.0.6, 2026-11-24.
const RESERVED: &str = "\
    accept add ah all and arp bridge chain cgroup comment comp constant continue counter cpu create \
    ct day dccp define delete device devices dnat drop dynamic dup ecn element elements ether exists \
    expires export fib flags flow flowtable flush fwd handle hook hour ibriport ibrname icmp icmpv6 \
    iif iifgroup iifname iiftype import include index inet insert interval ip ip6 ipsec jhash jump \
    limit list log map mark masquerade meta meter mh missing monitor netdev nftrace notrack numgen \
    oif oifgroup oifname oiftype or osf pkttype policy position priority queue quota random redefine \
    redirect reject rename replace reset return rt rtclassid rule sctp secmark set size skgid skuid \
    snat socket symhash synproxy table tcp th time timeout tproxy type typeof udp udplite undefine \
    update vlan vmap xor xt";

/// A name that nft reads without quotes: it has none for names.
fn is_identifier(text: &str) -> bool {
    text.len() <= 64
        && !RESERVED.split(' ').any(|word| word == text)
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A name of at most `IFNAMSIZ - 1` octets, without the star that nft reads as a wildcard.
fn is_interface(text: &str) -> bool {
    text.len() <= 15
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    (network.trunc() == network).then_some(network)
}
