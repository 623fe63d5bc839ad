//! The rules for nft and the names for dnsmasq.

use proptest::prelude::*;

use super::*;
use crate::emit::nftables::{Nftables, NftablesAt, NftablesMode, NftablesOptions};
use crate::emit::testing::{pattern, rules, settings};
use crate::profile::TargetOptions;

fn with(options: NftablesOptions) -> Settings {
    let mut settings = settings();
    settings.options.insert("nftables", TargetOptions::new(options));
    settings
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What a profile may say.
fn options() -> impl Strategy<Value = NftablesOptions> {
    let interfaces = |names: &'static [&'static str]| {
        prop::sample::subsequence(names, 0..=names.len()).prop_map(|names| texts(&names))
    };
    let clients = prop::sample::subsequence(
        vec!["10.0.0.0/9", "10.128.0.0/9", "192.0.2.7/32", "0.0.0.0/0", "fd00::/8", "2001:db8::1/128"],
        0..=2,
    );
    let resolvers = prop::sample::subsequence(vec!["192.0.2.53", "203.0.113.53", "fd00::53"], 0..=3);
    let table = prop::option::of(Just("filter".to_owned()));
    let (lan, wan) = (interfaces(&["lan0", "br-1.2"]), interfaces(&["eth1", "ppp0"]));
    (any::<bool>(), any::<bool>(), table, lan, wan, clients, resolvers).prop_map(
        |(device, lockdown, table, lan, wan, clients, resolvers)| NftablesOptions {
            mode: if lockdown { NftablesMode::Lockdown } else { NftablesMode::Accept },
            at: if device { NftablesAt::Device } else { NftablesAt::Egress },
            table: table.filter(|_| !lockdown),
            lan: if device { Vec::new() } else { lan },
            wan: if device { Vec::new() } else { wan },
            clients: match device {
                true => Vec::new(),
                false => clients.iter().map(|network| network.parse().unwrap()).collect(),
            },
            resolvers: match device && lockdown {
                true => resolvers.iter().map(|address| address.parse().unwrap()).collect(),
                false => Vec::new(),
            },
        },
    )
}

fn networks() -> impl Strategy<Value = Vec<RequestPattern>> {
    let hosts = vec!["2001:db8::/32", "2001:db8::7/128", "203.0.113.0/25", "203.0.113.128/25", "128.0.0.0/2"];
    prop::collection::btree_set((prop::sample::select(hosts), prop::sample::select(vec!["", ":8443"])), 0..4)
        .prop_map(|own| {
            let all = own.into_iter().map(|(host, port)| {
                pattern(&format!("https://a.example{port}")).with_host(host.parse().unwrap())
            });
            all.collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_nftables_means_what_is_meant(
        mut allow in rules(), direct in rules(), networks in networks(), options in options()
    ) {
        allow.extend(networks);
        let policy = Policy::from([(Intent::Allow, allow), (Intent::Direct, direct)]);
        let settings = with(options);
        let written = Written::new(&Nftables, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

fn sample() -> Policy {
    let all = [
        "https://a.example.com",
        "https://*.b.example.com",
        "https://x.b.example.com:8443",
        "http://www.example.net/pki/*",
    ];
    let mut all = all.map(pattern).to_vec();
    for network in ["203.0.113.0/24", "2001:db8::/32"] {
        all.push(pattern("https://a.example").with_host(network.parse().unwrap()));
    }
    all.sort_unstable();
    Policy::from([(Intent::Allow, all), (Intent::Direct, vec![pattern("https://push.example.com")])])
}

fn gateway(mode: NftablesMode) -> NftablesOptions {
    NftablesOptions {
        mode,
        lan: texts(&["lan0"]),
        wan: texts(&["wan0"]),
        clients: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
        ..NftablesOptions::default()
    }
}

const NFT: &str = "thruway.nft";
const CONF: &str = "dnsmasq.conf";

/// What is caught in every mode of a gateway.
const EVERYWHERE: &[(&str, &str, &str, &str)] = &[
    ("a name lost", CONF, "nftset=/a.example.com/", "#nftset=/a.example.com/"),
    ("a name added", CONF, "nftset=/a.example.com/", "nftset=/evil.test/a.example.com/"),
    ("a name widened", CONF, "nftset=/a.example.com/", "nftset=/example.com/"),
    ("a star", CONF, "nftset=/a.example.com/", "nftset=/*.a.example.com/"),
    ("everything", CONF, "nftset=/a.example.com/", "nftset=/#/"),
    ("a name twice", CONF, "max-ttl=300\n", "max-ttl=300\nnftset=/a.example.com/4#inet#t#s\n"),
    (
        "another set",
        CONF,
        "/a.example.com/4#inet#thruway_egress#thruway4_443",
        "/a.example.com/4#inet#thruway_egress#thruway4_80",
    ),
    ("a set that is not there", CONF, "#thruway4_80,", "#thruway4_81,"),
    ("another table", CONF, "#thruway_egress#thruway4_80,", "#thruway#thruway4_80,"),
    (
        "the other version",
        CONF,
        "/a.example.com/4#inet#thruway_egress#thruway4_443",
        "/a.example.com/4#inet#thruway_egress#thruway6_443",
    ),
    ("a version lost", CONF, ",6#inet#thruway_egress#thruway6_80\n", "\n"),
    ("a cache that is longer", CONF, "max-cache-ttl=300", "max-cache-ttl=3600"),
    ("no limit for clients", CONF, "max-ttl=300", ""),
    ("a file that nobody knows", CONF, "max-ttl=300", "max-ttl=300\nconf-dir=/etc/dnsmasq.d"),
    ("accept turned to drop", NFT, "counter accept comment", "counter drop comment"),
    (
        "drop in front",
        NFT,
        "ct state new,established update",
        "ct state new,established drop comment \"x\" #",
    ),
    ("a port changed", NFT, "tcp dport 80 ", "tcp dport 81 "),
    ("a port added", NFT, "tcp dport 80 ", "tcp dport { 80, 81 } "),
    ("every port", NFT, "tcp dport 80 ", "meta l4proto tcp "),
    ("another protocol", NFT, "tcp dport 80 ", "udp dport 80 "),
    ("the set of a rule", NFT, "ip daddr @thruway4_80 ", "ip daddr @thruway4_443 "),
    ("the set turned round", NFT, "ip daddr @thruway4_80 ", "ip daddr != @thruway4_80 "),
    ("source for destination", NFT, "ip daddr @thruway4_80 ", "ip saddr @thruway4_80 "),
    ("no set", NFT, "ip daddr @thruway4_80 ", ""),
    ("learned into another set", NFT, "update @thruway4_443 {", "update @thruway4_80 {"),
    ("not learned", NFT, "update @thruway4_443 { ip daddr } ", ""),
    ("the first packet alone", NFT, "new,established", "new"),
    ("no first packet", NFT, "new,established", "established"),
    ("a network longer", NFT, "203.0.113.0/24", "203.0.113.0/25"),
    ("a network shorter", NFT, "203.0.113.0/24", "203.0.112.0/23"),
    ("a network of IPv6 shorter", NFT, "2001:db8::/32", "2001:db8::/31"),
    ("a network lost", NFT, "  203.0.113.0/24,\n", "  198.51.100.0/24,\n"),
    ("a network added", NFT, "203.0.113.0/24,", "203.0.113.0/24, 198.51.100.7,"),
    ("octal", NFT, "203.0.113.0/24,", "203.0.113.0/24, 010.0.0.1,"),
    ("no interval", NFT, "flags interval; auto-merge;", "auto-merge;"),
    ("no timeout", NFT, "flags dynamic,timeout; timeout 1h;", ""),
    ("a short timeout", NFT, "timeout 1h;", "timeout 10m;"),
    ("no room", NFT, "size 65535;", "size 1;"),
    ("a type", NFT, "thruway6_80 { type ipv6_addr;", "thruway6_80 { type ipv4_addr;"),
    ("a set lost", NFT, "add set inet thruway_egress thruway4_80 ", "#"),
    ("a rule lost", NFT, "ip daddr @thruway_fixed4_443", "ip daddr @thruway_fixed4_443 drop #"),
    ("the interface of clients", NFT, "{ \"lan0\" }", "{ \"lan1\" }"),
    ("one interface more", NFT, "{ \"lan0\" }", "{ \"lan0\", \"lan1*\", \"another interface\" }"),
    ("from any interface", NFT, "iifname $THRUWAY_LAN ", ""),
    ("to any interface", NFT, "oifname $THRUWAY_WAN ", ""),
    (
        "interfaces exchanged",
        NFT,
        "iifname $THRUWAY_LAN oifname $THRUWAY_WAN",
        "iifname $THRUWAY_WAN oifname $THRUWAY_LAN",
    ),
    ("from any source", NFT, "ip saddr $THRUWAY_CLIENTS4 ", ""),
    ("a client lost", NFT, "{ 10.0.0.0/8 }", "{ 10.0.0.0/9 }"),
    ("a client added", NFT, "{ 10.0.0.0/8 }", "{ 10.0.0.0/8, 0.0.0.0/8 }"),
    ("no clients", NFT, "define THRUWAY_CLIENTS4", "define THRUWAY_CLIENTS5"),
    ("another hook", NFT, "hook forward", "hook input"),
    ("another hook and way", NFT, "hook forward", "hook output"),
    ("a policy of drop", NFT, "policy accept", "policy drop"),
    ("a rule behind a verdict", NFT, "counter accept comment", "accept counter comment"),
    ("something unknown", NFT, "add table", "add rule inet x y quux\nadd table"),
    ("a hostname", NFT, "203.0.113.0/24,", "www.example.com,"),
    (
        "another chain that drops",
        NFT,
        "flush chain",
        "add chain inet thruway_egress z { type filter hook forward priority 9; policy drop; }\nflush chain",
    ),
    (
        "a return in front",
        NFT,
        "flush chain inet thruway_egress thruway_egress\n",
        "flush chain inet thruway_egress thruway_egress\nadd rule inet thruway_egress thruway_egress return\n",
    ),
    (
        "an accept of everything in front",
        NFT,
        "flush chain inet thruway_egress thruway_egress\n",
        "flush chain inet thruway_egress thruway_egress\nadd rule inet thruway_egress thruway_egress accept\n",
    ),
];

#[test]
fn a_mutation_of_the_files_of_a_gateway_is_caught() {
    let policy = sample();
    for mode in [NftablesMode::Accept, NftablesMode::Lockdown] {
        let settings = with(gateway(mode));
        let written = Written::new(&Nftables, &settings, &policy);
        written.assert_caught("", EVERYWHERE);
        written.assert_no_file_is_spare(&[]);
    }
}

#[test]
fn a_mutation_of_a_lockdown_is_caught() {
    let (policy, settings) = (sample(), with(gateway(NftablesMode::Lockdown)));
    let written = Written::new(&Nftables, &settings, &policy);
    written.assert_caught(
        "nftables-lockdown",
        &[
            ("no drop", NFT, "counter drop", "counter"),
            ("nothing established", NFT, "ct state established,related accept", "ct state established drop"),
            ("drop for everybody", NFT, "iifname $THRUWAY_LAN oifname $THRUWAY_WAN counter drop", "drop"),
            (
                "drop for clients alone",
                NFT,
                "$THRUWAY_WAN counter drop",
                "$THRUWAY_WAN ip saddr $THRUWAY_CLIENTS4 drop",
            ),
            ("drop of one version", NFT, "$THRUWAY_WAN counter drop", "$THRUWAY_WAN meta nfproto ipv4 drop"),
            ("drop of some ports", NFT, "$THRUWAY_WAN counter drop", "$THRUWAY_WAN tcp dport 1-1024 drop"),
            ("drop at a rate", NFT, "$THRUWAY_WAN counter drop", "$THRUWAY_WAN limit rate 5/second drop"),
        ],
    );
}

#[test]
fn a_mutation_of_rules_for_another_table_is_caught() {
    let policy = sample();
    let options = NftablesOptions { table: Some("filter".to_owned()), ..NftablesOptions::default() };
    let settings = with(options);
    let written = Written::new(&Nftables, &settings, &policy);
    written.assert_caught("nftables-own-table", &[
        (
            "a hook",
            NFT,
            "add chain inet filter thruway_egress",
            "add chain inet filter thruway_egress { type filter hook forward priority 0; policy accept; }",
        ),
        ("another chain", NFT, "inet filter thruway_egress", "inet filter thruway"),
        ("defined already", NFT, "add table", "define THRUWAY_LAN = { \"lan0\" }\nadd table"),
        (
            "a drop",
            NFT,
            "flush chain inet filter thruway_egress\n",
            "flush chain inet filter thruway_egress\nadd rule inet filter thruway_egress tcp dport 9 drop\n",
        ),
    ]);
}

#[test]
fn a_mutation_of_the_files_of_a_device_is_caught() {
    let policy = sample();
    for mode in [NftablesMode::Accept, NftablesMode::Lockdown] {
        let options = NftablesOptions { at: NftablesAt::Device, mode, ..NftablesOptions::default() };
        let settings = with(options);
        let written = Written::new(&Nftables, &settings, &policy);
        written.assert_caught(
            "",
            &[
                ("a proxy lost", CONF, "nftset=/proxy1.contoso.com/", "#"),
                ("another proxy", NFT, "fd00::1/128", "fd00::2/128"),
                ("a proxy's port", NFT, "tcp dport 8080", "tcp dport 8081"),
                ("another hook", NFT, "hook output", "hook input"),
                (
                    "the allowlist too",
                    CONF,
                    "nftset=/push.example.com/",
                    "nftset=/push.example.com/a.example.com/",
                ),
            ],
        );
        written.assert_no_file_is_spare(&[]);
    }
    let options = NftablesOptions {
        at: NftablesAt::Device,
        mode: NftablesMode::Lockdown,
        resolvers: vec!["192.0.2.54".parse().unwrap()],
        ..NftablesOptions::default()
    };
    let settings = with(options);
    Written::new(&Nftables, &settings, &policy).assert_caught(
        "",
        &[
            ("another resolver", NFT, "192.0.2.54", "192.0.2.55"),
            ("every port of a resolver", NFT, "th dport 53", "th dport 1-1024"),
            ("any resolver", NFT, "ip daddr $THRUWAY_DNS4 ", ""),
            ("nothing established", NFT, "ct state established,related accept", "ct state related accept"),
            ("any interface", NFT, "oif lo accept", "oif != lo accept"),
            ("no drop", NFT, "counter drop", "counter"),
        ],
    );
}

#[test]
fn a_difference_of_names_is_told_with_a_request() {
    let (policy, settings) = (sample(), with(gateway(NftablesMode::Lockdown)));
    let written = Written::new(&Nftables, &settings, &policy);
    let files = written.mutated(CONF, "nftset=/a.example.com/", "nftset=/a.example.com/evil.test/");
    let Proof::Differs(differences) = written.proof(&files) else { panic!("not caught") };
    assert_eq!(differences, ["`https://evil.test/` is let through, and should be refused"]);
    let files = written.mutated(CONF, "/a.example.com/", "/b.example.org/");
    let Proof::Differs(differences) = written.proof(&files) else { panic!("not caught") };
    assert_eq!(
        differences,
        [
            "`https://b.example.org/` is let through, and should be refused",
            "`https://a.example.com/` is refused, and should be let through"
        ]
    );
}
