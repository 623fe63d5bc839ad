//! nft and dnsmasq are read as the programs read: what was seen of them, and what their documents say.

use super::*;
use crate::model::{Intent, Request};

const CONF: &str = "max-ttl=300\nmax-cache-ttl=300\n";

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// What is read of a file of nft and one of dnsmasq.
fn reading(nft: &str, conf: &str) -> Reading {
    read(&texts(&[("rules.nft", nft), ("dnsmasq.conf", &format!("{CONF}{conf}"))]))
}

fn grants(reading: &Reading, url: &str) -> bool {
    let request: Request = url.parse().unwrap();
    reading.rulebases[&Intent::Allow].index().at(&request.host).grants(&request)
}

fn troubles(reading: &Reading) -> Vec<String> {
    let shown = |own: &Trouble| format!("{} {:?} {}", own.place, own.kind, own.what);
    reading.troubles.iter().map(shown).collect()
}

/// A table of both versions of IP with two learned sets, and the rest of it.
fn table(rest: &str) -> String {
    let set = |version: u8| {
        format!("set s{version} {{ type ipv{version}_addr; flags dynamic,timeout; timeout 1h; }}\n")
    };
    format!("table inet t {{\n{}{}{rest}\n}}\n", set(4), set(6))
}

/// The same with one chain on the way of a gateway, which lets answers through.
fn chain(policy: &str, rules: &str) -> String {
    table(&format!(
        "chain c {{\ntype filter hook forward priority filter; policy {policy};\n\
         ct state established,related accept\n{rules}\n}}"
    ))
}

const LEARNED: &str = "ip daddr @s4 tcp dport 443 update @s4 { ip daddr } accept\n\
                       ip6 daddr @s6 tcp dport 443 update @s6 { ip6 daddr } accept";
const NAME: &str = "nftset=/a.example/4#inet#t#s4,6#inet#t#s6\n";

#[test]
fn a_name_is_let_through_where_its_line_fills_a_set_that_a_rule_accepts() {
    let reading = reading(&chain("drop", LEARNED), NAME);
    assert_eq!(troubles(&reading), [""; 0]);
    for (url, is) in [
        ("https://a.example/", true),
        ("http://x.y.a.example:443/", true),
        ("https://a.example:444/", false),
        ("https://example/", false),
        ("https://na.example/", false),
        ("https://192.0.2.1/", false),
    ] {
        assert_eq!(grants(&reading, url), is, "{url}");
    }
}

/// Seen in dnsmasq 2.90.
#[test]
fn the_longest_line_that_covers_a_name_is_the_only_one() {
    let two = "ip daddr @s4 tcp dport 443 update @s4 { ip daddr } accept\n\
               ip6 daddr @s6 tcp dport 443 update @s6 { ip6 daddr } accept\n\
               ip daddr @p4 tcp dport 80 update @p4 { ip daddr } accept\n\
               ip6 daddr @p6 tcp dport 80 update @p6 { ip6 daddr } accept";
    let sets = "set p4 { type ipv4_addr; flags timeout; timeout 1h; }\nset p6 { type ipv6_addr; flags timeout; timeout 1h; }\n";
    let nft = chain("drop", two).replacen("chain c", &format!("{sets}chain c"), 1);
    let lines = format!(
        "{NAME}nftset=/B.a.example/4#inet#t#p4,6#inet#t#p6\nnftset=/.c.b.a.example/4#inet#t#s4,4#inet#t#p4,6#inet#t#s6,6#inet#t#p6\n"
    );
    let reading = reading(&nft, &lines);
    assert_eq!(troubles(&reading), [""; 0]);
    for (url, https, http) in [
        ("a.example", true, false),
        ("x.a.example", true, false),
        ("b.a.example", false, true),
        ("x.b.a.example", false, true),
        ("c.b.a.example", true, true),
        ("nb.a.example", true, false),
    ] {
        assert_eq!(grants(&reading, &format!("https://{url}/")), https, "{url}");
        assert_eq!(grants(&reading, &format!("http://{url}/")), http, "{url}");
    }
}

#[test]
fn what_dnsmasq_takes_and_does_not_do_is_told() {
    let nft = chain("drop", LEARNED);
    let set = "4#inet#t#s4,6#inet#t#s6";
    for (line, told) in [
        (
            format!("nftset=/*.b.example/{set}"),
            "4 NeverMatches `*.b.example`: a star is taken and never matches",
        ),
        (
            format!("nftset=/a.example/{set}"),
            "4 Misleading `a.example` has a line already, and only the first counts",
        ),
        (format!("nftset=/{}.example/{set}", "x".repeat(64)), "a label of over 63 octets"),
        ("nftset=/b.example/4#inet#t#none".to_owned(), "4 NeverMatches there is no set `none` to fill"),
        ("nftset=/b.example/4#t#s4".to_owned(), "4 NeverMatches there is no set `s4` to fill"),
        (
            "nftset=/b.example/4#inet#t#s6".to_owned(),
            "4 NeverMatches the set `s6` does not take such addresses",
        ),
        ("nftset=/b.example/t".to_owned(), "4 Refused `t` names no set"),
        ("nftset=b.example/4#inet#t#s4".to_owned(), "4 Refused `nftset` without a name between slashes"),
        ("ipset=/b.example/s4".to_owned(), "NeverMatches sets of ipset"),
        ("address=/b.example/192.0.2.1".to_owned(), "4 Misleading answers by `address` fill no set"),
        ("conf-dir=/etc/dnsmasq.d".to_owned(), "4 NotUnderstood `conf-dir=/etc/dnsmasq.d` is not among"),
        ("quux=1".to_owned(), "4 NotUnderstood the setting `quux` is not understood"),
        ("max-ttl=x".to_owned(), "4 Refused `x` is no number of seconds"),
        ("max-ttl=3300".to_owned(), "have to stay below 3600 seconds"),
        (format!("#{}", "x".repeat(1024)), "4 Refused a line of over 1,024 octets"),
    ] {
        let troubles = troubles(&reading(&nft, &format!("{NAME}{line}\n")));
        assert!(troubles.iter().any(|own| own.contains(told)), "{line}: {troubles:?}");
    }
    let short = format!("#{}\n", "x".repeat(1023));
    for quiet in ["port=53 # a comment", "dhcp-range=192.0.2.10,192.0.2.20", "server=192.0.2.53", &short] {
        assert_eq!(troubles(&reading(&nft, &format!("{NAME}{quiet}\n"))), [""; 0], "{quiet}");
    }
}

#[test]
fn every_name_is_one_that_a_line_covers_where_it_says_so() {
    for every in ["#", ""] {
        let lines = format!("nftset=/{every}/4#inet#t#s4,6#inet#t#s6\n");
        let reading = reading(&chain("drop", "ip daddr @s4 accept\nip6 daddr @s6 accept"), &lines);
        assert!(reading.rulebases[&Intent::Allow].otherwise, "{every}");
        assert!(!grants(&reading, "https://192.0.2.1/"));
    }
}

#[test]
fn one_version_of_ip_alone_lets_no_name_through() {
    let nft = chain("drop", LEARNED.lines().next().unwrap());
    let files = texts(&[("rules.nft", &nft), ("dnsmasq.conf", &format!("{CONF}{NAME}"))]);
    let reading = Filter::read(&files).reading(&Client::default());
    assert!(!grants(&reading, "https://a.example/"));
    assert_eq!(
        troubles(&reading),
        ["dnsmasq.conf:3 Misleading `a.example` is let through by IPv4 on the ports 443, by IPv6 on none"]
    );
}

#[test]
fn the_first_rule_that_matches_decides_and_then_the_policy() {
    for (policy, rules, granted) in [
        ("drop", "", ""),
        ("accept", "", "80 443 8443"),
        ("accept", "tcp dport 80 drop", "443 8443"),
        ("drop", "tcp dport { 80, 443 } accept", "80 443"),
        ("drop", "tcp dport 80 drop\ntcp dport { 80, 443 } accept", "443"),
        ("drop", "tcp dport 443 accept\ntcp dport 443 drop", "443"),
        ("drop", "tcp dport != 443 accept", "80 8443"),
        ("drop", "tcp dport 400-9000 accept", "443 8443"),
        ("drop", "tcp dport >= 443 accept", "443 8443"),
        ("drop", "tcp dport < 443 accept", "80"),
        ("drop", "tcp dport https accept", "443"),
        ("drop", "tcp dport $WEB accept", "80 443"),
        ("drop", "udp dport 443 accept", ""),
        ("drop", "meta l4proto tcp accept", "80 443 8443"),
        ("drop", "meta l4proto { udp, tcp } th dport 443 accept", "443"),
        ("drop", "ip protocol tcp accept\nip6 nexthdr 6 accept", "80 443 8443"),
        ("drop", "meta nfproto { ipv4, ipv6 } tcp dport 443 accept", "443"),
        ("drop", "ct state new tcp dport 443 accept", "443"),
        ("drop", "ct state { established, related } accept", ""),
        ("drop", "ct state != invalid accept", "80 443 8443"),
        ("drop", "ct state vmap { invalid : drop, new : accept }", "80 443 8443"),
        ("drop", "tcp dport vmap { 443 : accept, 8000-9000 : jump other, * : drop }", "443"),
        ("accept", "tcp dport { 80, 443 } reject with tcp reset", "8443"),
        ("drop", "jump other\ntcp dport 443 accept", "80 443"),
        ("drop", "goto other\ntcp dport 443 accept", "80"),
        ("drop", "tcp dport 443 return\naccept", "80 8443"),
        (
            "drop",
            "tcp dport 80 counter packets 1 bytes 60 log prefix \"x \" level info accept comment \"y\"",
            "80",
        ),
        ("drop", "tcp dport 80 continue\ntcp dport 80 accept", "80"),
        ("drop", "ip daddr != 10.0.0.0/8 tcp dport 443 accept\nip6 daddr ::/0 tcp dport 443 accept", "443"),
    ] {
        let text = format!(
            "define WEB = {{ 80, 443 }}\n{}",
            chain(policy, rules).replacen(
                "chain c",
                "chain other { tcp dport 443 return; tcp dport 80 accept; }\nchain c",
                1
            )
        );
        let reading = read(&texts(&[("rules.nft", &text)]));
        assert_eq!(troubles(&reading), [""; 0], "{rules}");
        let is = |port: &&str| grants(&reading, &format!("https://198.51.100.1:{port}/"));
        let found: Vec<&str> = ["80", "443", "8443"].into_iter().filter(is).collect();
        assert_eq!(found.join(" "), granted, "{policy}: {rules}");
    }
}

#[test]
fn a_rule_for_no_address_is_for_every_name_on_its_ports() {
    let text = chain("drop", &format!("tcp dport 80 accept\n{LEARNED}"));
    let reading = reading(&text, NAME);
    for (url, granted) in [
        ("http://other.example/", true),
        ("https://other.example/", false),
        ("https://a.example/", true),
        ("http://a.example/", true),
        ("http://192.0.2.1/", true),
        ("https://192.0.2.1/", false),
    ] {
        assert_eq!(grants(&reading, url), granted, "{url}: {:?}", troubles(&reading));
    }
}

#[test]
fn every_base_chain_on_the_way_has_to_accept() {
    let own = "chain own { type filter hook forward priority 0; policy accept; accept; }\n";
    for (other, is) in [
        ("hook forward priority 10; policy drop; tcp dport 443 accept; ct state established accept;", true),
        ("hook forward priority -10; policy drop; ct state established accept;", false),
        ("hook forward priority 10; policy accept; tcp dport 443 drop;", false),
        // The answers are not let back.
        ("hook forward priority 10; policy drop; tcp dport 443 accept;", false),
        ("hook postrouting priority 10; policy drop; ct state established accept;", false),
        ("hook input priority 10; policy drop;", true),
        ("hook prerouting priority raw; policy accept; ip saddr 192.0.2.0/24 drop;", true),
    ] {
        let text = table(&format!("{own}chain other {{ type filter {other} }}"));
        let reading = read(&texts(&[("rules.nft", &text)]));
        assert_eq!(grants(&reading, "https://198.51.100.1/"), is, "{other}");
    }
}

#[test]
fn addresses_are_let_through_as_far_as_sets_hold_them() {
    let sets = "set f4 { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 10.1.0.0/16, 192.0.2.1-192.0.2.5 }; }\n\
                set f6 { type ipv6_addr; flags interval; }\n";
    let rules = "ip daddr 10.9.0.0/16 drop\nip daddr @f4 tcp dport 443 accept\nip6 daddr @f6 accept\n\
                 ip daddr { 198.51.100.7, 198.51.100.8/31 } tcp dport { 80, 443 } accept";
    let text = chain("drop", rules).replacen("chain c", &format!("{sets}chain c"), 1)
        + "add element inet t f6 { 2001:db8::/32 }\n";
    let reading = read(&texts(&[("rules.nft", &text)]));
    assert_eq!(troubles(&reading), [""; 0]);
    for (url, is) in [
        ("https://10.8.255.255/", true),
        ("https://10.9.0.0/", false),
        ("https://10.10.0.0/", true),
        ("http://10.10.0.0/", false),
        ("https://11.0.0.0/", false),
        ("https://192.0.2.5/", true),
        ("https://192.0.2.6/", false),
        ("http://198.51.100.9/", true),
        ("http://198.51.100.10/", false),
        ("https://[2001:db8::1]:9/", true),
        ("https://[2001:db9::]/", false),
        ("https://a.example/", false),
    ] {
        assert_eq!(grants(&reading, url), is, "{url}");
    }
}

#[test]
fn what_a_rule_learns_counts_for_the_packets_that_follow() {
    let rules =
        "ip daddr 192.0.2.1 tcp dport 443 add @s4 { ip daddr timeout 5m } accept\nip daddr @s4 accept";
    let reading = read(&texts(&[("rules.nft", &chain("drop", rules))]));
    assert!(grants(&reading, "https://192.0.2.1:9/") && !grants(&reading, "https://192.0.2.2/"));
}

#[test]
fn the_likely_client_is_the_one_that_rules_accept() {
    let text = chain(
        "accept",
        "iifname \"docker0\" drop\niifname { \"lan0\", \"lan1\" } oifname \"wan0\" ip saddr 10.0.0.0/8 tcp dport 443 accept\n\
         iifname \"lan0\" oifname \"wan0\" drop",
    );
    let filter = Filter::read(&texts(&[("rules.nft", &text)]));
    let client = filter.likely_client();
    assert_eq!((client.input.as_deref(), client.output.as_deref()), (Some("lan0"), Some("wan0")));
    assert_eq!(client.ipv4, Source::At("10.0.0.0".parse().unwrap()));
    let ports = |client: &Client| {
        let reading = filter.reading(client);
        [443, 80].map(|port| grants(&reading, &format!("https://198.51.100.1:{port}/")))
    };
    assert_eq!(ports(&client), [true, false]);
    assert_eq!(ports(&Client { input: Some("docker0".to_owned()), ..client.clone() }), [false, false]);
    assert_eq!(ports(&Client { input: Some("eth9".to_owned()), ..client.clone() }), [true, true]);
    assert!(
        filter.treats_alike(
            &client,
            &Client { ipv4: Source::At("10.9.9.9".parse().unwrap()), ..client.clone() }
        )
    );
    assert!(
        !filter.treats_alike(
            &client,
            &Client { ipv4: Source::At("11.0.0.0".parse().unwrap()), ..client.clone() }
        )
    );
    // Where nobody knows: what accepts is taken to match, what drops is not.
    let reading = filter.reading(&Client::default());
    assert!(grants(&reading, "https://198.51.100.1:80/"));
    assert!(troubles(&reading)[0].contains("Assumed depends on more than the connection"));
}

#[test]
fn what_a_device_sends_is_asked_about_where_nothing_is_forwarded() {
    let text = "table inet t {\nchain out { type filter hook output priority 0; policy drop; oif lo accept; tcp dport 443 accept; }\n}\n";
    let reading = read(&texts(&[("rules.nft", text)]));
    assert!(grants(&reading, "https://192.0.2.1/") && !grants(&reading, "http://192.0.2.1/"));
    let input = text.replace(
        "table inet t {\n",
        "table inet t {\nchain in { type filter hook input priority 0; policy drop; }\n",
    );
    assert!(!grants(&read(&texts(&[("rules.nft", &input)])), "https://192.0.2.1/"));
    let none = read(&texts(&[("rules.nft", "table inet t {\nchain c {\ndrop\n}\n}\n")]));
    assert!(none.rulebases.is_empty(), "nothing decides");
    assert!(troubles(&none)[0].contains("no chain has a hook"));
}

#[test]
fn an_office_without_ipv6_is_asked_by_ipv4_alone() {
    let text = "table ip t {\nset s { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }\n\
                chain c { type filter hook forward priority 0; policy drop; ct state established,related accept; \
                ip daddr @s tcp dport 443 accept; }\n}\n";
    let reading = read(&texts(&[("rules.nft", text)]));
    assert!(grants(&reading, "https://192.0.2.1/") && !grants(&reading, "https://198.51.100.1/"));
    assert_eq!(
        troubles(&reading),
        ["rules.nft Assumed no rule lets through to an address of IPv6, so clients are taken to have none"]
    );
}

/// Each was given to nft 1.0.6, which refuses it as well.
#[test]
fn what_nft_refuses_is_refused() {
    let fixed = "add set inet t f { type ipv4_addr; flags interval; }\n";
    for (line, told) in [
        ("add rule inet t c tcp dport 443 accept tcp dport 80", "behind a verdict has no effect"),
        ("add rule inet t c accept drop", "behind a verdict has no effect"),
        ("add rule inet t c comment \"x\" accept", "a comment has to stand last"),
        ("add rule inet t c ip daddr @nope accept", "there is no set `nope`"),
        ("add rule inet t nope accept", "there is no chain `nope` before this line"),
        ("add rule inet t c jump nope", "there is no chain `nope`"),
        ("add rule t c accept", "there is no table `t` before this line"),
        ("add rule inet t c ip6 daddr @s4 accept", "the set `s4` is of another type"),
        ("add rule inet t c tcp dport 70000 accept", "`70000` is no port"),
        ("add rule inet t c tcp dport $X accept", "the variable `$X` is not defined"),
        ("add rule inet t c ip daddr { } accept", "a list without a value"),
        ("add rule inet t c ip daddr 10.0.0.5-10.0.0.1 accept", "`10.0.0.5-10.0.0.1` is an empty range"),
        ("add rule inet t c iifname sixteen-letters- accept", "longer than the name of an interface"),
        ("add rule inet t c tcp dport 443 accept\r", "'\\r', which nft does not take"),
        ("add rule inet t c accept comment \"x", "a quote that is not closed"),
        ("define A = 1\ndefine A = 2", "the variable `A` is defined twice"),
        ("add set inet t s4 { type ipv6_addr; }", "there is a set `s4` of another type already"),
        ("add element inet t s4 { 2001:db8::1 }", "is of the other version of IP"),
        ("add element inet t s4 { 10.0.0.0/8 }", "the set `s4` has no flag `interval`"),
        ("add element inet t f { 10.0.0.0/8, 10.1.0.0/16 }", "elements of the set `f` overlap"),
        ("add element inet t f { 10.0.0.0/33 }", "`10.0.0.0/33` is no network"),
        (
            "add chain inet t c { type filter hook input priority 0; }",
            "the chain `c` has another hook already",
        ),
        ("add chain inet t d { policy drop; }", "a policy of a chain that has no hook"),
        (
            "add chain inet t d { type filter hook forward priority 0; policy reject; }",
            "`reject` is no policy",
        ),
        ("add chain inet t d { tcp dport 443 accept }", "has to stand before `}`"),
        ("table inet u { chain d { accept; } }", "has to stand before `}`"),
        ("flush set inet t nope", "there is no set `nope` before this line"),
    ] {
        let text = format!("{}{fixed}{line}\n", chain("drop", LEARNED));
        let reading = reading(&text, NAME);
        let refused = |own: &Trouble| own.kind == TroubleKind::Refused && own.what.contains(told);
        assert!(reading.troubles.iter().any(refused), "{line}: {:?}", troubles(&reading));
        let line = text.lines().position(|own| line.starts_with(own.trim_end_matches('\r')));
        let at = reading.troubles.iter().find(|own| refused(own)).unwrap().place.line as usize;
        assert!(line.is_some_and(|first| (first + 1..=first + 2).contains(&at)), "{told}: line {at}");
    }
}

#[test]
fn what_is_not_understood_is_told_with_its_line() {
    for line in [
        "add rule inet t c quux accept",
        "add rule inet t c tcp flags & (fin | syn) == syn accept",
        "add rule inet t c ip daddr . tcp dport { 192.0.2.1 . 443 } accept",
        "add rule inet t c ip daddr vmap @map",
        "add rule inet t c meta mark set 1",
        "add rule inet t c tcp dport 443 redirect to :8443",
        "add rule inet t c ip daddr www.example.com accept",
        "add rule inet t c tcp dport quux accept",
        "add rule inet t c position 3 accept",
        "add map inet t m { type ipv4_addr : verdict; }",
        "add table netdev x",
        "delete rule inet t c handle 3",
        "delete element inet t s4 { 192.0.2.1 }",
        "include \"other.nft\"",
        "quux",
        "{",
        "} }",
    ] {
        let text = format!("{}{line}\n", chain("drop", LEARNED));
        let number = u32::try_from(text.lines().count()).unwrap();
        let reading = reading(&text, NAME);
        let told = |own: &Trouble| own.place.line == number && own.kind == TroubleKind::NotUnderstood;
        assert!(reading.troubles.iter().any(told), "{line}: {:?}", troubles(&reading));
    }
    let other = read(&texts(&[("a.json", "{\"nftables\": []}"), ("b", ""), ("c", "Hello, world")]));
    assert_eq!(troubles(&other).iter().filter(|own| own.contains("neither rules of nft")).count(), 2);
}

#[test]
fn what_means_something_else_than_it_seems_is_told() {
    for (nft, told) in [
        (chain("drop", "ip daddr 010.0.0.1 accept"), "`010.0.0.1` is read with octal numbers, as 8.0.0.1"),
        (chain("drop", "ip daddr @s4 accept"), "nothing fills the set `s4`"),
        (chain("drop", "ip daddr 0.0.0.0/1 accept\nip daddr 128.0.0.0/1 accept"), ""),
    ] {
        let reading = read(&texts(&[("rules.nft", &nft)]));
        assert!(
            told.is_empty() || troubles(&reading).iter().any(|own| own.contains(told)),
            "{told}: {:?}",
            troubles(&reading)
        );
    }
    let octal = read(&texts(&[("rules.nft", &chain("drop", "ip daddr 010.0.0.1 accept"))]));
    assert!(grants(&octal, "https://8.0.0.1/") && !grants(&octal, "https://10.0.0.1/"));
    for (from, to, told) in [
        ("update @s4 { ip daddr } ", "", "leaves the set `s4` while it is in use"),
        ("tcp dport 443 update @s4", "ct state new update @s4", "leaves the set `s4` while it is in use"),
        ("timeout 1h; }\nset s6", "timeout 10m; }\nset s6", "have to stay below 600 seconds"),
        ("flags dynamic,timeout; timeout 1h; }\nset s6", "flags dynamic; }\nset s6", "has no timeout"),
        ("timeout 1h; }\nset s6", "timeout 1h; size 1; }\nset s6", "has no room for 2 names"),
    ] {
        let nft = chain("drop", LEARNED).replace(from, to);
        let reading = reading(&nft, &format!("{NAME}nftset=/b.example/4#inet#t#s4,6#inet#t#s6\n"));
        let misleading = |own: &Trouble| own.kind == TroubleKind::Misleading && own.what.contains(told);
        assert!(reading.troubles.iter().any(misleading), "{to}: {:?}", troubles(&reading));
    }
}

#[test]
fn files_are_read_where_they_are_included_and_else_one_after_another() {
    let rules = "add table inet t\nadd chain inet t c { type filter hook forward priority 0; policy drop; }\nadd rule inet t c tcp dport $PORT accept\nadd rule inet t c ct state established accept\n";
    let files = [("a.nft", "define PORT = 443\ninclude \"rules.nft\"\n"), ("rules.nft", rules)];
    let reading = read(&texts(&files));
    assert!(grants(&reading, "https://192.0.2.1/") && !grants(&reading, "http://192.0.2.1/"));
    let twice = [
        ("a.nft", rules.replace("$PORT", "443")),
        ("b.nft", "flush chain inet t c\nadd rule inet t c accept\n".to_owned()),
    ];
    let twice: Vec<(&str, &str)> = twice.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert!(grants(&read(&texts(&twice)), "http://192.0.2.1/"));
    let conf = [
        ("main.conf", "conf-file=names.conf\nmax-ttl=1\nmax-cache-ttl=1\n"),
        ("names.conf", NAME),
        ("x.nft", &chain("drop", LEARNED)),
    ];
    let reading = read(&texts(&conf));
    assert_eq!(troubles(&reading), [""; 0]);
    assert!(grants(&reading, "https://a.example/"));
}

#[test]
fn a_hostile_file_takes_bounded_time_and_room() {
    let doubling: String = (1..60).map(|n| format!("define A{n} = $A{}, $A{}\n", n - 1, n - 1)).collect();
    let circle = "include \"rules.nft\"\ninclude \"rules.nft\"\n";
    let jumps: String =
        (0..16).map(|n| format!("chain j{n} {{\n{}}}\n", format!("jump j{}\n", n + 1).repeat(16))).collect();
    let jumps = format!("{}chain j16 {{\n}}", jumps);
    let deep = format!("add rule inet t c ip daddr {}", "{".repeat(100_000));
    let base = chain("drop", "accept");
    for text in [
        format!("define A0 = 1, 1\n{doubling}{base}"),
        format!("{base}{circle}"),
        chain("drop", "jump j0").replacen("chain c", &format!("{jumps}\nchain c"), 1),
        chain("drop", "jump c2").replacen("chain c", "chain c2 {\njump c2\n}\nchain c", 1),
        format!("{base}{deep}\n"),
        format!("{base}{}\n", deep.replace('{', "}")),
        format!("{base}add rule inet t c ip daddr {}1{} accept\n", "{ ".repeat(50), " }".repeat(50)),
        format!("{base}add rule inet t c ip daddr fd00::1/1x accept\n"),
        format!("{base}add rule inet t c ip daddr ::x accept\n"),
    ] {
        let reading = read(&texts(&[("rules.nft", &text)]));
        assert!(!reading.troubles.is_empty());
    }
    for text in [
        "add",
        "add rule",
        "add rule inet",
        "flush",
        "define",
        "define X",
        "define X =",
        "include",
        "table",
        "add set inet t s4 {",
        "add element inet t s4 {1",
        "add rule inet t c ct",
        "add rule inet t c ip",
        "add rule inet t c update",
        "add rule inet t c update @s4 {",
        "add rule inet t c vmap",
        "add rule inet t c ct state vmap {",
        "add rule inet t c limit",
        "add rule inet t c log prefix",
        "add chain inet t c { type",
        "\u{feff}add table x",
        "add table \u{0}",
    ] {
        read(&texts(&[("rules.nft", &format!("{base}{text}"))]));
        read(&texts(&[("rules.nft", text)]));
    }
}

/// Both products read octets.
#[test]
fn a_comment_in_another_alphabet_costs_nothing() {
    let latin = |text: String| text.bytes().map(|octet| if octet == 1 { 0xfc } else { octet }).collect();
    let nft = format!("# B\u{1}ro\n{}", chain("drop", LEARNED));
    let names = format!("# B\u{1}ro\n{CONF}{NAME}");
    let reading = read(&[("a.nft".to_owned(), latin(nft)), ("b.conf".to_owned(), latin(names))].into());
    assert_eq!(troubles(&reading), [""; 0]);
    assert!(grants(&reading, "https://a.example/"));
}

#[test]
fn what_is_in_no_line_is_told_with_the_file() {
    let chains: String =
        (0..40).map(|at| format!("chain c{at} {{ jump c{}\njump c{}\n}}\n", at + 1, at + 1)).collect();
    let text = format!(
        "table inet t {{\n{chains}chain c40 {{ accept\n}}\nchain z {{ type filter hook forward priority 0; policy drop; jump c0\n}}\n}}\n"
    );
    let told = troubles(&read(&texts(&[("deep.nft", &text)])));
    assert!(told.iter().any(|own| own.starts_with("deep.nft NotUnderstood chains that jump")), "{told:?}");
    assert!(told.iter().all(|own| own.starts_with("deep.nft")), "{told:?}");
    let told = troubles(&read(&texts(&[("none.nft", "table inet t {\n}\n")])));
    assert!(told.iter().any(|own| own.starts_with("none.nft Misleading no chain has a hook")), "{told:?}");
}
