//! The files: `thruway.nft` for nft, `dnsmasq.conf` for dnsmasq.

use std::net::IpAddr;

use askama::Template;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::layout::Layout;
use super::{ID, NftablesAt, NftablesMode, NftablesOptions};
use crate::emit::filter::{self, port_ranges, ports_label};
use crate::emit::{Artifact, RenderError, Rendered, header, sort_from_right};
use crate::model::Ports;
use crate::plan::Plan;

/// Octets of a comment in `dnsmasq.conf`. dnsmasq reads 1,024 octets of a line in one piece, and the rest
/// as a line of its own. Run on 2026-11-24.
const MAX_COMMENT: usize = 900;

/// Most octets that the escaper makes of one character: `{U+10FFFF}`.
const MAX_ESCAPED: usize = 10;

#[derive(Template)]
#[template(path = "nftables/thruway.nft")]
struct Ruleset<'a> {
    header: &'a [String],
    table: &'a str,
    chain: &'static str,
    /// `forward` or `output`, where the chain is one of our own; nothing where another jumps to it.
    hook: Option<&'static str>,
    device: bool,
    lockdown: bool,
    /// Variables that have to come from outside, without their `$`.
    undefined: Vec<&'static str>,
    interfaces: Vec<(&'static str, &'a [String])>,
    networks: Vec<(&'static str, String)>,
    learned: Vec<Set>,
    fixed: Vec<Set>,
    rules: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "nftables/dnsmasq.conf")]
struct Resolver<'a> {
    header: &'a [String],
    table: &'a str,
    groups: Vec<Group<'a>>,
}

struct Set {
    name: String,
    /// `ipv4_addr` or `ipv6_addr`.
    kind: &'static str,
    /// How many addresses it has room for, where it is filled by dnsmasq.
    size: usize,
    elements: Vec<String>,
}

struct Rule {
    text: String,
    comment: String,
}

/// The names that fill one pair of sets.
struct Group<'a> {
    label: String,
    ports: String,
    names: Vec<&'a str>,
}

/// One of the two families of addresses.
#[derive(Clone, Copy)]
struct Family {
    digit: char,
    /// How nft says it in an expression.
    word: &'static str,
    kind: &'static str,
}

const V4: Family = Family { digit: '4', word: "ip", kind: "ipv4_addr" };
const V6: Family = Family { digit: '6', word: "ip6", kind: "ipv6_addr" };

pub(super) fn render(plan: &Plan<'_>) -> Result<Rendered, RenderError> {
    let options: NftablesOptions = plan.settings.options(ID);
    let device = options.at == NftablesAt::Device;
    let mut layout = Layout::new(plan)?;
    let mut findings = Vec::new();
    if device {
        for (host, ports) in filter::proxies(ID, plan.settings, &mut findings) {
            layout.add_proxy(&host, &ports);
        }
    }
    let names = layout.names();
    let chain = if device { "thruway_device" } else { "thruway_egress" };
    let table = options.table.as_deref().unwrap_or(chain);
    let header = header::lines(plan.banner);

    let guards = Guards::new(&options);
    let mut ruleset = Ruleset {
        header: &header,
        table,
        chain,
        hook: options.table.is_none().then_some(if device { "output" } else { "forward" }),
        device,
        lockdown: options.mode == NftablesMode::Lockdown,
        undefined: guards.undefined,
        interfaces: guards.interfaces,
        networks: guards.networks,
        learned: Vec::new(),
        fixed: Vec::new(),
        rules: guards.before,
    };
    for (ports, names) in &names {
        let size = room(names.len());
        for (family, guard) in [(V4, &guards.v4), (V6, &guards.v6)] {
            let name = format!("thruway{}_{}", family.digit, ports_label(ports));
            if let Some(guard) = guard {
                ruleset.rules.push(accept(guard, family, &name, ports, true));
            }
            ruleset.learned.push(Set { name, kind: family.kind, size, elements: Vec::new() });
        }
    }
    for (ports, (v4, v6)) in &layout.networks {
        let v4: Vec<String> = Ipv4Net::aggregate(v4).iter().map(ToString::to_string).collect();
        let v6: Vec<String> = Ipv6Net::aggregate(v6).iter().map(ToString::to_string).collect();
        for (family, guard, elements) in [(V4, &guards.v4, v4), (V6, &guards.v6, v6)] {
            let name = format!("thruway_fixed{}_{}", family.digit, ports_label(ports));
            if elements.is_empty() {
                continue;
            }
            if let Some(guard) = guard {
                ruleset.rules.push(accept(guard, family, &name, ports, false));
            }
            ruleset.fixed.push(Set { name, kind: family.kind, size: 0, elements });
        }
    }
    ruleset.rules.extend(guards.after);

    let lines = comment_lines(&header);
    let groups = names
        .into_iter()
        .map(|(ports, mut names)| {
            sort_from_right(&mut names);
            Group { label: ports_label(&ports), ports: ports.to_string(), names }
        })
        .collect();
    let resolver = Resolver { header: &lines, table, groups };
    let artifacts =
        vec![artifact("dnsmasq.conf", resolver.render())?, artifact("thruway.nft", ruleset.render())?];
    Ok(Rendered { artifacts, findings })
}

fn artifact(path: &str, text: askama::Result<String>) -> Result<Artifact, RenderError> {
    let text = text.map_err(|e| RenderError::Template { target: ID, why: e.to_string() })?;
    Ok(Artifact { path: path.to_owned(), bytes: text.into_bytes() })
}

/// A rule for one set. A learned address is kept while it is used: dnsmasq does not renew it.
fn accept(guard: &str, family: Family, set: &str, ports: &Ports, learned: bool) -> Rule {
    let word = family.word;
    let mut text = format!("{guard}{word} daddr @{set} {} ct state new,established", tcp(ports));
    if learned {
        text.push_str(&format!(" update @{set} {{ {word} daddr }}"));
    }
    text.push_str(" counter accept");
    let comment = if learned { "addresses of names" } else { "addresses" };
    Rule { text, comment: comment.to_owned() }
}

/// TCP on these ports.
fn tcp(ports: &Ports) -> String {
    if *ports == Ports::any() {
        return "meta l4proto tcp".to_owned();
    }
    let ranges = port_ranges(ports);
    match &ranges[..] {
        [one] => format!("tcp dport {one}"),
        several => format!("tcp dport {{ {} }}", several.join(", ")),
    }
}

/// What stands before the destination in every rule, and around the rules.
struct Guards<'a> {
    /// With a blank behind it; nothing where no client has an address of the family.
    v4: Option<String>,
    v6: Option<String>,
    before: Vec<Rule>,
    after: Vec<Rule>,
    undefined: Vec<&'static str>,
    interfaces: Vec<(&'static str, &'a [String])>,
    networks: Vec<(&'static str, String)>,
}

impl<'a> Guards<'a> {
    fn new(options: &'a NftablesOptions) -> Self {
        let mut guards = Self {
            v4: Some(String::new()),
            v6: Some(String::new()),
            before: Vec::new(),
            after: Vec::new(),
            undefined: Vec::new(),
            interfaces: Vec::new(),
            networks: Vec::new(),
        };
        match options.at {
            NftablesAt::Egress => guards.egress(options),
            NftablesAt::Device => guards.device(options),
        }
        guards
    }

    fn egress(&mut self, options: &'a NftablesOptions) {
        let lockdown = options.mode == NftablesMode::Lockdown;
        let mut way = String::new();
        // A lockdown needs the interface even where networks are named: it is for every client there.
        if lockdown || options.clients.is_empty() || !options.lan.is_empty() {
            self.interface("THRUWAY_LAN", &options.lan);
            way.push_str("iifname $THRUWAY_LAN ");
        }
        self.interface("THRUWAY_WAN", &options.wan);
        way.push_str("oifname $THRUWAY_WAN ");
        (self.v4, self.v6) = (Some(way.clone()), Some(way.clone()));
        if !options.clients.is_empty() {
            let (v4, v6) = by_family(&options.clients);
            let of = |word: &str, variable: &str| format!("{way}{word} saddr ${variable} ");
            self.v4 = (!v4.is_empty()).then(|| of("ip", "THRUWAY_CLIENTS4"));
            self.v6 = (!v6.is_empty()).then(|| of("ip6", "THRUWAY_CLIENTS6"));
            self.networks("THRUWAY_CLIENTS4", &v4);
            self.networks("THRUWAY_CLIENTS6", &v6);
        }
        if lockdown {
            let rule = |text: &str, comment: &str| Rule {
                text: format!("{way}{text}"),
                comment: comment.to_owned(),
            };
            self.after = vec![
                rule("ct state established,related accept", ""),
                rule("counter drop", "everything else"),
            ];
        }
    }

    /// What a device needs to have a network at all, where the rest is dropped.
    fn device(&mut self, options: &'a NftablesOptions) {
        if options.mode == NftablesMode::Accept {
            return;
        }
        let rule = |text: &str, comment: &str| Rule { text: text.to_owned(), comment: comment.to_owned() };
        self.before = vec![
            rule("oif lo accept", ""),
            // Answers too: whoever administers the device from elsewhere stays connected.
            rule("ct state established,related accept", ""),
            rule(
                "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept",
                "IPv6 on the link",
            ),
            rule("udp sport 68 udp dport 67 accept", "DHCP"),
            rule("udp sport 546 udp dport 547 accept", "DHCPv6"),
        ];
        let resolvers: Vec<IpNet> = options.resolvers.iter().map(|&address| address.into()).collect();
        let (v4, v6) = by_family(&resolvers);
        if resolvers.is_empty() {
            self.undefined.push("THRUWAY_DNS4");
        }
        self.networks("THRUWAY_DNS4", &v4);
        self.networks("THRUWAY_DNS6", &v6);
        if resolvers.is_empty() || !v4.is_empty() {
            self.before
                .push(rule("ip daddr $THRUWAY_DNS4 meta l4proto { tcp, udp } th dport 53 accept", "DNS"));
        }
        if !v6.is_empty() {
            self.before
                .push(rule("ip6 daddr $THRUWAY_DNS6 meta l4proto { tcp, udp } th dport 53 accept", "DNS"));
        }
        self.after = vec![rule("counter drop", "everything else")];
    }

    fn interface(&mut self, variable: &'static str, names: &'a [String]) {
        if names.is_empty() {
            self.undefined.push(variable);
        } else {
            self.interfaces.push((variable, names));
        }
    }

    fn networks(&mut self, variable: &'static str, networks: &[String]) {
        if !networks.is_empty() {
            self.networks.push((variable, networks.join(", ")));
        }
    }
}

/// For how many addresses a set has room that so many names fill.
fn room(names: usize) -> usize {
    /// What is enough for every list of a vendor's.
    const LEAST: usize = 65_535;
    /// Addresses of a name, of a list that has more names than that.
    const EACH: usize = 4;
    if names <= LEAST { LEAST } else { names.saturating_mul(EACH) }
}

/// Networks of IPv4 and of IPv6, of which none overlaps another: nft refuses that.
fn by_family(networks: &[IpNet]) -> (Vec<String>, Vec<String>) {
    let networks = IpNet::aggregate(&networks.to_vec());
    let text = |network: &IpNet| network.to_string();
    let (v4, v6): (Vec<IpNet>, Vec<IpNet>) =
        networks.into_iter().partition(|network| matches!(network.addr(), IpAddr::V4(_)));
    (v4.iter().map(text).collect(), v6.iter().map(text).collect())
}

/// The header in lines that dnsmasq reads in one piece.
fn comment_lines(header: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for text in header {
        let (mut line, mut octets) = (String::new(), 0);
        for character in text.chars() {
            let own = if matches!(character, ' '..='~') { 1 } else { MAX_ESCAPED };
            if octets + own > MAX_COMMENT {
                lines.push(std::mem::take(&mut line));
                octets = 0;
            }
            line.push(character);
            octets += own;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::room;

    #[test]
    fn a_set_has_room_for_every_name() {
        for names in [1, 65_535, 65_536, 1_000_000] {
            assert!(room(names) >= names, "{names}");
        }
    }
}
