//! The files mean, to a model of dnsmasq and of nft that is written from what both do, what `encode` said.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;

use super::*;
use crate::emit::filter;
use crate::emit::testing::{
    artifacts, banner, intent_plan, pattern, requests, rule, rules, settings, surroundings,
};
use crate::model::{Host, Ports, Request};
use crate::plan::Banner;
use crate::profile::Profile;

/// What is done with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Accept,
    Drop,
    /// The chain ends without a word.
    None,
}

/// A new TCP connection from a client to the internet, to an address that the name just resolved to and
/// that no other name has.
struct Lab<'a> {
    files: &'a BTreeMap<String, String>,
}

impl Lab<'_> {
    /// The sets that dnsmasq fills for a name: those of the longest line that covers it.
    fn filled(&self, name: &str) -> Vec<String> {
        let mut longest: Option<(&str, &str)> = None;
        let mut seen = BTreeSet::new();
        for line in self.files["dnsmasq.conf"].lines() {
            assert!(line.len() <= 1_024, "dnsmasq reads {line} in pieces");
            let Some(rest) = line.strip_prefix("nftset=/") else { continue };
            let (domain, sets) = rest.split_once('/').unwrap();
            assert!(seen.insert(domain), "only one line of {domain} counts");
            let covers = name == domain || name.ends_with(&format!(".{domain}"));
            if covers && longest.is_none_or(|(other, _)| other.len() < domain.len()) {
                longest = Some((domain, sets));
            }
        }
        let sets = longest.map_or("", |(_, sets)| sets);
        let is_v4 = |set: &&str| set.starts_with("4#inet#");
        sets.split(',').filter(is_v4).map(|set| set.rsplit('#').next().unwrap().to_owned()).collect()
    }

    /// The elements of the sets that are there from the start.
    fn fixed(&self) -> BTreeMap<&str, Vec<IpNet>> {
        let mut sets: BTreeMap<&str, Vec<IpNet>> = BTreeMap::new();
        let mut current = None;
        for line in self.files["thruway.nft"].lines() {
            if let Some(rest) = line.strip_prefix("add element inet ") {
                current = rest.split(' ').nth(1);
            } else if let (Some(set), Some(element)) = (current, line.strip_prefix("  ")) {
                sets.entry(set).or_default().push(element.trim_end_matches(',').parse().unwrap());
            }
        }
        sets
    }

    /// What the chain does with a connection to a host, from a client on the LAN.
    fn verdict(&self, host: &Host, port: u16) -> Verdict {
        let (filled, address) = match host {
            // An address that no fixed set holds.
            Host::Name(name) => (self.filled(name.as_str()), "10.9.9.9".parse::<IpAddr>().unwrap()),
            Host::Address(address) => (Vec::new(), *address),
        };
        let fixed = self.fixed();
        let text = &self.files["thruway.nft"];
        for line in text.lines().filter_map(|line| line.strip_prefix("add rule inet ")) {
            if matches(line, address, port, |set| {
                assert!(text.contains(&format!(" {set} {{ type ")), "no set {set}");
                filled.iter().any(|own| own == set)
                    || fixed.get(set).is_some_and(|own| own.iter().any(|network| network.contains(&address)))
            }) {
                return if line.contains(" drop") { Verdict::Drop } else { Verdict::Accept };
            }
        }
        Verdict::None
    }
}

/// Whether a rule matches a new TCP connection from a client behind `THRUWAY_LAN`.
fn matches(rule: &str, address: IpAddr, port: u16, in_set: impl Fn(&str) -> bool) -> bool {
    let words: Vec<&str> = rule.split_whitespace().skip(2).collect();
    let after = |phrase: &[&str]| -> Option<&str> {
        let at = words.windows(phrase.len()).position(|window| window == phrase)?;
        words.get(at + phrase.len()).copied()
    };
    let family = if address.is_ipv4() { "ip" } else { "ip6" };
    if words.contains(&"lo") || words[0] == "icmpv6" || words[0] == "udp" || words.contains(&"th") {
        return false;
    }
    if let Some(states) = after(&["ct", "state"])
        && !states.split(',').any(|state| state == "new")
    {
        return false;
    }
    for other in ["ip", "ip6"] {
        if let Some(set) = after(&[other, "daddr"])
            && set.starts_with('@')
            && (other != family || !in_set(&set[1..]))
        {
            return false;
        }
    }
    match after(&["tcp", "dport"]) {
        None => true,
        Some("{") => {
            let from = words.iter().position(|&word| word == "dport").unwrap() + 2;
            let ports = words[from..].iter().take_while(|&&word| word != "}");
            ports.into_iter().any(|range| in_range(range.trim_end_matches(','), port))
        }
        Some(range) => in_range(range, port),
    }
}

fn in_range(range: &str, port: u16) -> bool {
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    (low.parse().unwrap()..=high.parse().unwrap()).contains(&port)
}

fn with(options: NftablesOptions) -> Settings {
    let mut settings = settings();
    settings.options.insert(ID, TargetOptions::new(options));
    settings
}

fn options(at: NftablesAt, mode: NftablesMode) -> NftablesOptions {
    NftablesOptions { at, mode, ..NftablesOptions::default() }
}

const PLACES: [(NftablesAt, Intent); 2] =
    [(NftablesAt::Egress, Intent::Allow), (NftablesAt::Device, Intent::Direct)];

proptest! {
    #[test]
    fn the_files_mean_what_encode_says(
        rules in rules(), requests in prop::collection::vec(requests(), 1..40),
        place in prop::sample::select(&PLACES[..]), lockdown in any::<bool>(),
    ) {
        let (at, intent) = place;
        let mode = if lockdown { NftablesMode::Lockdown } else { NftablesMode::Accept };
        let settings = with(options(at, mode));
        let means = intent_plan(&Nftables, &settings, intent, &rules).means;
        let files = artifacts(&Nftables, &settings, &[(intent, &rules)]);
        let lab = Lab { files: &files };
        let rest = if lockdown { Verdict::Drop } else { Verdict::None };
        for request in &requests {
            let asked = means.iter().any(|pattern| pattern.matches(request));
            let want = if asked { Verdict::Accept } else { rest };
            prop_assert_eq!(lab.verdict(&request.host, request.port), want, "{} {:?}", request, files);
        }
    }
}

fn egress(rules: &[&str]) -> BTreeMap<String, String> {
    let rules: Vec<RequestPattern> = rules.iter().map(|text| pattern(text)).collect();
    artifacts(&Nftables, &settings(), &[(Intent::Allow, &rules)])
}

fn asks(files: &BTreeMap<String, String>, url: &str) -> Verdict {
    let request: Request = url.parse().unwrap();
    Lab { files }.verdict(&request.host, request.port)
}

#[test]
fn a_line_below_another_keeps_the_ports_of_both() {
    let files = egress(&["https://*.example.com", "https://a.example.com:8443"]);
    assert_eq!(asks(&files, "https://x.a.example.com"), Verdict::Accept);
    assert_eq!(asks(&files, "https://x.a.example.com:8443"), Verdict::Accept);
    assert_eq!(asks(&files, "https://b.example.com"), Verdict::Accept);
    assert_eq!(asks(&files, "https://b.example.com:8443"), Verdict::None);
}

#[test]
fn a_name_means_everything_below_and_a_star_its_parent() {
    let settings = settings();
    let host = |text: &str| {
        let encoded = Nftables.encode(&settings, Intent::Allow, &rule(pattern(text))).unwrap();
        (encoded.means[0].host.to_string(), encoded.by_address)
    };
    for (written, means) in [
        ("https://a.example.com", ".a.example.com"),
        ("https://*.example.com", ".example.com"),
        ("https://*cdn.example.com", ".example.com"),
        ("https://a.*.example.com", ".example.com"),
    ] {
        assert_eq!(host(written), (means.to_owned(), true), "{written}");
    }
    assert_eq!(host("https://203.0.113.7"), ("203.0.113.7".to_owned(), false));
}

#[test]
fn where_it_stands_says_which_intent_it_has() {
    for (at, intent) in PLACES {
        let settings = with(options(at, NftablesMode::Accept));
        for other in Intent::ALL {
            let expected = other == intent || other == Intent::Direct;
            assert_eq!(Nftables.applies(&settings, other), expected, "{at:?} {other}");
        }
    }
}

#[test]
fn without_interfaces_or_clients_the_file_cannot_be_loaded() {
    let text = &egress(&["https://a.example.com"])["thruway.nft"];
    assert!(text.contains("NOT COMPLETE"));
    assert!(!text.contains("define "));
    for line in text.lines().filter(|line| line.starts_with("add rule")) {
        assert!(line.contains("iifname $THRUWAY_LAN oifname $THRUWAY_WAN "), "any source: {line}");
    }
}

#[test]
fn clients_of_one_family_have_no_rules_of_the_other() {
    let clients = vec!["10.0.0.0/9".parse().unwrap(), "10.128.0.0/9".parse().unwrap()];
    let options = NftablesOptions { clients, wan: vec!["eth0".to_owned()], ..NftablesOptions::default() };
    let rules = [pattern("https://a.example.com")];
    let text = &artifacts(&Nftables, &with(options), &[(Intent::Allow, &rules)])["thruway.nft"];
    assert!(text.contains("define THRUWAY_CLIENTS4 = { 10.0.0.0/8 }"), "{text}");
    assert!(!text.contains("$THRUWAY_LAN") && !text.contains("ip6 daddr @"), "{text}");
}

#[test]
fn a_lockdown_drops_for_the_whole_interface_and_accepts_for_the_clients() {
    let clients = vec!["10.0.0.0/8".parse().unwrap()];
    let options = NftablesOptions { clients, ..options(NftablesAt::Egress, NftablesMode::Lockdown) };
    let rules = [pattern("https://a.example.com")];
    let text = &artifacts(&Nftables, &with(options), &[(Intent::Allow, &rules)])["thruway.nft"];
    let last = text.lines().last().unwrap();
    assert!(last.ends_with("oifname $THRUWAY_WAN counter drop comment \"everything else\""), "{last}");
    assert!(!last.contains("saddr"), "{last}");
    assert!(text.contains("policy accept;") && !text.contains("policy drop"));
}

#[test]
fn a_device_reaches_its_proxies_by_name_and_by_address() {
    let settings = with(options(NftablesAt::Device, NftablesMode::Lockdown));
    let files = artifacts(&Nftables, &settings, &[(Intent::Direct, &[])]);
    assert_eq!(asks(&files, "http://proxy1.contoso.com:8080"), Verdict::Accept);
    assert_eq!(asks(&files, "http://[fd00::1]:8080"), Verdict::Accept);
    assert_eq!(asks(&files, "http://[fd00::1]:8081"), Verdict::Drop);
    assert_eq!(asks(&files, "https://proxy1.contoso.com"), Verdict::Drop);
}

#[test]
fn a_device_without_a_proxy_is_a_finding_that_stops() {
    let mut settings = with(options(NftablesAt::Device, NftablesMode::Lockdown));
    settings.proxies = vec![crate::profile::Proxy("proxy.invalid:3128".to_owned())];
    let banner = banner();
    let plan = plan(&settings, &banner, Intent::Direct, &[]);
    let rendered = Nftables.render(&plan, &surroundings()).unwrap();
    assert_eq!(rendered.findings[0].level, crate::diag::Level::Deny);
    assert!(!String::from_utf8_lossy(&rendered.artifacts[0].bytes).contains("proxy.invalid"));
}

fn plan<'a>(
    settings: &'a Settings,
    banner: &'a Banner,
    intent: Intent,
    rules: &[RequestPattern],
) -> Plan<'a> {
    Plan {
        target: ID,
        settings,
        banner,
        rules: BTreeMap::new(),
        intents: BTreeMap::from([(intent, intent_plan(&Nftables, settings, intent, rules))]),
    }
}

/// A file may be called anything, and a long comment would end in a line of its own.
#[test]
fn a_hostile_source_name_stays_inside_its_comment() {
    let settings = settings();
    for name in ["é".repeat(120), "nftset=/x/4#inet#t#s ".repeat(90), "x\nserver=192.0.2.1".to_owned()] {
        let banner = Banner { sources: vec![(name, "0".repeat(64))], ..banner() };
        let plan = plan(&settings, &banner, Intent::Allow, &[]);
        for artifact in Nftables.render(&plan, &surroundings()).unwrap().artifacts {
            let text = String::from_utf8(artifact.bytes).unwrap();
            for line in text.lines() {
                let known = ["#", "max-", "add ", "flush ", "define "];
                assert!(line.is_empty() || known.iter().any(|own| line.starts_with(own)), "{line}");
                assert!(artifact.path != "dnsmasq.conf" || line.len() <= 1_024, "{} octets", line.len());
            }
        }
    }
}

#[test]
fn twenty_thousand_rules_lose_none() {
    let mut rules: Vec<RequestPattern> =
        (0..19_000).map(|n| pattern(&format!("https://host-{n}.example.com"))).collect();
    rules.extend((0..1_000).map(|n| pattern(&format!("https://10.{}.{}.1", n / 250, n % 250))));
    let files = artifacts(&Nftables, &settings(), &[(Intent::Allow, &rules)]);
    assert_eq!(files["dnsmasq.conf"].matches("nftset=/").count(), 19_000);
    assert_eq!(Lab { files: &files }.fixed().values().map(Vec::len).sum::<usize>(), 1_000);
}

#[test]
fn the_name_of_a_set_stays_short() {
    let many = Ports::from_ranges((0..200).map(|n| n * 100..=n * 100));
    for ports in [Ports::one(443), Ports::any(), Ports::from_ranges([80..=80, 8_000..=8_080]), many] {
        let label = filter::ports_label(&ports);
        assert!(label.len() <= 32 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
}

/// Options as a profile writes them, or what is wrong with them.
fn read(options: &str) -> Result<NftablesOptions, String> {
    let text = format!(
        "version: 1\nname: x\nsources: [{{ builtin: mde-commercial }}]\ntargets: {{ nftables: {options} }}\n"
    );
    let profile = Profile::parse(&text, None, &[ID]).map_err(|error| format!("{:?}", error.problems()))?;
    Ok(profile.settings.options(ID))
}

#[test]
fn options_are_read_in_full() {
    let gateway = NftablesOptions {
        table: Some("filter".to_owned()),
        lan: vec!["eth0".to_owned(), "br-1.2".to_owned()],
        wan: vec!["eth1".to_owned()],
        clients: vec!["10.0.0.0/8".parse().unwrap(), "fd00::1/128".parse().unwrap()],
        ..options(NftablesAt::Egress, NftablesMode::Accept)
    };
    let text = "{ mode: accept, at: egress, table: filter, lan: [eth0, br-1.2], wan: [eth1], \
                clients: [10.0.0.0/8, 'fd00::1'] }";
    assert_eq!(read(text), Ok(gateway));
    let device = NftablesOptions {
        resolvers: vec!["192.0.2.53".parse().unwrap()],
        ..options(NftablesAt::Device, NftablesMode::Lockdown)
    };
    assert_eq!(read("{ mode: lockdown, at: device, resolvers: [192.0.2.53] }"), Ok(device));
    assert_eq!(read("{}"), Ok(NftablesOptions::default()));
}

#[test]
fn options_that_nft_would_read_as_something_else_are_refused() {
    for options in [
        "{ lan: ['eth*'] }",
        "{ lan: ['a\"; flush ruleset; #'] }",
        "{ lan: [sixteen-letters-] }",
        "{ lan: [] }",
        "{ table: 'a b' }",
        "{ table: 1 }",
        "{ mode: lockdown, table: filter }",
        "{ clients: [10.0.0.1/8] }",
        "{ clients: [any] }",
        "{ at: device, mode: lockdown, resolvers: [dns.example.com] }",
        "{ at: device, lan: [eth0] }",
        "{ at: device, resolvers: [192.0.2.53] }",
        "{ mode: lockdown, resolvers: [192.0.2.53] }",
        "{ mode: drop }",
        "{ interface: eth0 }",
    ] {
        assert!(read(options).is_err(), "{options}");
    }
}
