//! The rules for nft and the names for dnsmasq, loaded as people load them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::compare;
use crate::emit::Artifact;
use crate::emit::nftables::{NftablesAt, NftablesMode, NftablesOptions};
use crate::model::{Host, HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};
use crate::plan::Plan;
use crate::read::nft::{Client, Filter, Source};
use crate::read::{Rulebase, Texts};

/// What is loaded in place of `thruway.nft`, and includes it.
const MAIN: &str = "around the rules";

/// What the profile leaves open is given when loading.
const LAN: &str = "lan0";
const WAN: &str = "wan0";
const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 53));
/// An interface that no profile's rules are for: longer than a name may be.
const ELSEWHERE: &str = "another interface";

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    let options: NftablesOptions = plan.settings.options(plan.target);
    let meant = meant(plan, &options);
    // What happens to what no rule accepts: all that is not meant is dropped, or nothing at all.
    let ends: &[End] = match options.mode {
        NftablesMode::Lockdown => &[End::AsWritten],
        NftablesMode::Accept => &[End::Drop, End::Accept],
    };
    let mut differences = Vec::new();
    for &end in ends {
        let texts = texts(&options, end, artifacts);
        let filter = Filter::read(&texts);
        let mut asked: Vec<(Client, Expected)> = Vec::new();
        for (client, expected) in clients(&options) {
            let expected = match (end, expected) {
                (End::Accept, _) => Expected::Untouched,
                // The end that is added drops whatever comes from wherever.
                (End::Drop, Expected::Untouched) => Expected::Nothing,
                (_, expected) => expected,
            };
            let is_known =
                asked.iter().any(|(other, same)| *same == expected && filter.treats_alike(other, &client));
            if is_known {
                continue;
            }
            let reading = filter.reading(&client);
            differences.extend(super::troubles(&reading.troubles));
            let found = match reading.rulebases.get(&Intent::Allow) {
                Some(rules) => compared(&client, expected, &meant, rules),
                None => vec!["there are no rules".to_owned()],
            };
            differences.extend(found);
            if end != End::Drop && !filter.lets_answers_through(&client) {
                differences.push("answers to connections from the internet are dropped".to_owned());
            }
            if !differences.is_empty() {
                return differences;
            }
            asked.push((client, expected));
        }
    }
    differences
}

/// What becomes of packets that the rules say nothing about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// What the file says.
    AsWritten,
    /// They are dropped, as by the chain of a gateway that drops by default.
    Drop,
    /// They are let through.
    Accept,
}

/// What a client should meet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// What the plan says, and no more.
    Meant,
    /// Nothing is let through.
    Nothing,
    /// Everything is, and by no rule.
    Untouched,
}

/// What the plan says that is let through, with the proxies and the resolvers of a device.
fn meant(plan: &Plan<'_>, options: &NftablesOptions) -> Vec<RequestPattern> {
    let mut meant: Vec<RequestPattern> =
        plan.intents.values().flat_map(|planned| planned.means.iter().cloned()).collect();
    let on = |host: HostPattern, port: u16| RequestPattern {
        host,
        schemes: Schemes::ANY,
        ports: Ports::one(port),
        path: PathPattern::Any,
    };
    if options.at == NftablesAt::Device {
        let proxies = plan.settings.proxies.iter().filter(|proxy| !proxy.is_placeholder());
        meant.extend(proxies.map(|proxy| match proxy.host_and_port() {
            // No line of dnsmasq is for one name alone.
            (Host::Name(name), port) => on(HostPattern::Subtree(name), port),
            (Host::Address(address), port) => on(HostPattern::Address(address.into()), port),
        }));
        if options.mode == NftablesMode::Lockdown {
            let resolvers = match options.resolvers.is_empty() {
                true => &[RESOLVER][..],
                false => &options.resolvers,
            };
            meant.extend(resolvers.iter().map(|&own| on(HostPattern::Address(own.into()), 53)));
        }
    }
    meant.sort_unstable();
    meant.dedup();
    meant
}

/// The artifacts, with a file that loads the rules.
fn texts(options: &NftablesOptions, end: End, artifacts: &[Artifact]) -> Texts {
    let (chain, hook) = match options.at {
        NftablesAt::Egress => ("thruway_egress", "forward"),
        NftablesAt::Device => ("thruway_device", "output"),
    };
    let mut main = String::new();
    for (variable, value) in undefined(options) {
        main.push_str(&format!("define {variable} = {value}\n"));
    }
    main.push_str("include \"thruway.nft\"\n");
    let dropped = if end == End::Drop { "drop" } else { "accept" };
    match (&options.table, end) {
        (_, End::AsWritten) => {}
        (None, End::Accept) => {}
        (None, End::Drop) => {
            let to = format!("add rule inet {chain} {chain}");
            main.push_str(&format!("{to} ct state established,related accept\n{to} drop\n"));
        }
        (Some(table), _) => main.push_str(&format!(
            "add chain inet {table} around {{ type filter hook {hook} priority filter; policy {dropped}; }}\n\
             add rule inet {table} around ct state established,related accept\n\
             add rule inet {table} around jump {chain}\n"
        )),
    }
    let mut texts = super::texts(artifacts);
    texts.insert(MAIN.to_owned(), main.into_bytes());
    texts
}

/// Whether the rules name the interface that clients are behind.
fn asks_for_lan(options: &NftablesOptions) -> bool {
    options.mode == NftablesMode::Lockdown || options.clients.is_empty() || !options.lan.is_empty()
}

/// The variables that the profile leaves open, with a value.
fn undefined(options: &NftablesOptions) -> Vec<(&'static str, String)> {
    let mut undefined = Vec::new();
    match options.at {
        NftablesAt::Egress => {
            if options.lan.is_empty() && asks_for_lan(options) {
                undefined.push(("THRUWAY_LAN", LAN.to_owned()));
            }
            if options.wan.is_empty() {
                undefined.push(("THRUWAY_WAN", WAN.to_owned()));
            }
        }
        NftablesAt::Device => {
            if options.mode == NftablesMode::Lockdown && options.resolvers.is_empty() {
                undefined.push(("THRUWAY_DNS4", RESOLVER.to_string()));
            }
        }
    }
    undefined
}

/// Clients of every kind that the profile tells apart, and what each should meet.
fn clients(options: &NftablesOptions) -> Vec<(Client, Expected)> {
    if options.at == NftablesAt::Device {
        let client = Client { output: Some(WAN.to_owned()), ..Client::default() };
        return vec![(client, Expected::Meant)];
    }
    let named = |names: &[String], own: &str| match names.is_empty() {
        true => vec![own.to_owned()],
        false => names.to_vec(),
    };
    let (inputs, outputs) = (named(&options.lan, LAN), named(&options.wan, WAN));
    let addresses = |ipv6: bool| -> Vec<Source> {
        let own = options.clients.iter().filter(|network| network.addr().is_ipv6() == ipv6);
        let ends = own.flat_map(|network| [network.network(), network.broadcast()]);
        let ends: Vec<Source> = ends.map(Source::At).collect();
        match (options.clients.is_empty(), ends.is_empty()) {
            (true, _) => vec![Source::Unknown],
            (false, true) => vec![Source::Absent],
            (false, false) => ends,
        }
    };
    let (ipv4, ipv6) = (addresses(false), addresses(true));
    let client = |input: &String, output: &String, ipv4: Source, ipv6: Source| Client {
        input: Some(input.clone()),
        output: Some(output.clone()),
        ipv4,
        ipv6,
    };
    // Interfaces and sources are asked for one by one, so each needs to be there once.
    let first = client(&inputs[0], &outputs[0], ipv4[0], ipv6[0]);
    let mut all: Vec<(Client, Expected)> = vec![(first.clone(), Expected::Meant)];
    let mut with = |client: Client, expected| all.push((client, expected));
    for input in &inputs {
        with(Client { input: Some(input.clone()), ..first.clone() }, Expected::Meant);
    }
    for output in &outputs {
        with(Client { output: Some(output.clone()), ..first.clone() }, Expected::Meant);
    }
    ipv4.iter().for_each(|&ipv4| with(Client { ipv4, ..first.clone() }, Expected::Meant));
    ipv6.iter().for_each(|&ipv6| with(Client { ipv6, ..first.clone() }, Expected::Meant));
    // Those that are none of the clients.
    let elsewhere = Some(ELSEWHERE.to_owned());
    if asks_for_lan(options) {
        with(Client { input: elsewhere.clone(), ..first.clone() }, Expected::Untouched);
    }
    with(Client { output: elsewhere, ..first.clone() }, Expected::Untouched);
    // A lockdown is for everybody behind the interface.
    let stranger = match options.mode {
        NftablesMode::Lockdown => Expected::Nothing,
        NftablesMode::Accept => Expected::Untouched,
    };
    if !options.clients.is_empty() {
        let ipv4 = outside(&options.clients, false).map_or(Source::Absent, Source::At);
        let ipv6 = outside(&options.clients, true).map_or(Source::Absent, Source::At);
        if ipv4 != Source::Absent {
            with(Client { ipv4, ipv6: Source::Absent, ..first.clone() }, stranger);
        }
        if ipv6 != Source::Absent {
            with(Client { ipv4: Source::Absent, ipv6, ..first }, stranger);
        }
    }
    all
}

/// An address that is in none of the networks.
fn outside(networks: &[IpNet], ipv6: bool) -> Option<IpAddr> {
    let first = if ipv6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let after = |network: &IpNet| match network.broadcast() {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(last) => u128::from(last).checked_add(1).map(|next| IpAddr::V6(next.into())),
    };
    let own = networks.iter().filter(|network| network.addr().is_ipv6() == ipv6);
    let tried: BTreeSet<IpAddr> = own.filter_map(after).chain([first]).collect();
    tried.into_iter().find(|address| !networks.iter().any(|network| network.contains(address)))
}

fn compared(client: &Client, expected: Expected, meant: &[RequestPattern], rules: &Rulebase) -> Vec<String> {
    // A client without addresses of a version asks for none.
    let asks = |pattern: &RequestPattern| match &pattern.host {
        HostPattern::Address(IpNet::V4(_)) => client.ipv4 != Source::Absent,
        HostPattern::Address(IpNet::V6(_)) => client.ipv6 != Source::Absent,
        _ => true,
    };
    match expected {
        Expected::Meant if meant.iter().all(asks) => compare::differences(Intent::Allow, meant, rules),
        Expected::Meant => {
            let meant: Vec<RequestPattern> = meant.iter().filter(|own| asks(own)).cloned().collect();
            compare::differences(Intent::Allow, &meant, rules)
        }
        Expected::Nothing => compare::differences(Intent::Allow, &[], rules),
        Expected::Untouched => {
            let refused = rules.rules.iter().filter(|rule| !rule.grants).flat_map(|rule| &rule.items);
            let mut found: Vec<String> = refused
                .filter(|item| asks(&item.pattern))
                .map(|item| format!("`{}` is refused, and should be left to other rules", item.pattern))
                .collect();
            if !rules.otherwise {
                found.push("what no rule accepts is refused, and should be left to other rules".to_owned());
            }
            found
        }
    }
}
