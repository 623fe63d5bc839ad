//! The scripts, the commands of `netsh` and the reusable settings.

use proptest::prelude::*;

use super::*;
use crate::emit::testing::{pattern, rules, settings};
use crate::emit::windows_firewall::{WindowsFirewall, WindowsFirewallAt, WindowsFirewallOptions};
use crate::profile::TargetOptions;

fn at(at: WindowsFirewallAt) -> Settings {
    let mut settings = settings();
    settings.name = "Contoso_MDE-12".to_owned();
    settings.options.insert("windows-firewall", TargetOptions::new(WindowsFirewallOptions { at }));
    settings
}

fn networks() -> impl Strategy<Value = Vec<RequestPattern>> {
    let hosts = vec!["2001:db8::/32", "2001:db8::7/128", "203.0.113.0/25", "203.0.113.128/25"];
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
    fn what_is_written_for_windows_means_what_is_meant(
        mut allow in rules(), direct in rules(), networks in networks(), device in any::<bool>()
    ) {
        allow.extend(networks);
        let policy = Policy::from([(Intent::Allow, allow), (Intent::Direct, direct)]);
        let settings = at(if device { WindowsFirewallAt::Device } else { WindowsFirewallAt::Egress });
        let written = Written::new(&WindowsFirewall, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

fn sample() -> Policy {
    let mut all = [
        "https://a.example.com",
        "https://*.b.example.com",
        "http://www.example.net/pki/*",
        "https://.c.example.com",
    ]
    .map(pattern)
    .to_vec();
    for network in ["203.0.113.0/24", "2001:db8::/32"] {
        all.push(pattern("https://a.example").with_host(network.parse().unwrap()));
    }
    all.sort_unstable();
    Policy::from([(Intent::Allow, all), (Intent::Direct, vec![pattern("https://203.0.113.9")])])
}

const SCRIPT: &str = "thruway-firewall.ps1";
const REMOVAL: &str = "remove-firewall.ps1";
const NETSH: &str = "netsh.cmd";
const NETSH_REMOVAL: &str = "remove-netsh.cmd";
const INTUNE: &str = "intune-reusable-settings-1.json";

#[test]
fn a_mutation_of_the_files_for_windows_is_caught() {
    let policy = sample();
    let settings = at(WindowsFirewallAt::Egress);
    let written = Written::new(&WindowsFirewall, &settings, &policy);
    written.assert_caught(
        "windows-firewall",
        &[
            ("a keyword changed", SCRIPT, "Keyword = 'a.example.com'", "Keyword = 'evil.test'"),
            ("a star added", SCRIPT, "Keyword = 'a.example.com'", "Keyword = '*.a.example.com'"),
            ("a star lost", SCRIPT, "Keyword = '*.b.example.com'", "Keyword = 'b.example.com'"),
            ("a capital letter", SCRIPT, "Keyword = 'a.example.com'", "Keyword = 'A.example.com'"),
            ("a keyword lost", SCRIPT, "    @{ Id = '{", "    # @{ Id = '{"),
            ("a keyword of another profile", SCRIPT, "Id = '{", "Id = '{0"),
            ("identifiers without braces", SCRIPT, "Id = '{", "Id = '"),
            ("a port changed", SCRIPT, "@('80')", "@('81')"),
            ("a port added", SCRIPT, "@('80')", "@('80', '81')"),
            ("a range of ports", SCRIPT, "@('80')", "@('80-81')"),
            ("every port", SCRIPT, "        RemotePort = @('80')\n", ""),
            ("a prefix shorter", SCRIPT, "'203.0.113.0/24'", "'203.0.112.0/23'"),
            ("a prefix longer", SCRIPT, "'2001:db8::/32'", "'2001:db8::/33'"),
            ("a network added", SCRIPT, "'203.0.113.0/24'", "'198.51.100.0/24', '203.0.113.0/24'"),
            ("every address", SCRIPT, "'203.0.113.0/24'", "'0.0.0.0/0'"),
            (
                "a rule that refers to nothing",
                SCRIPT,
                "RemoteDynamicKeywordAddresses = @(\n",
                "RemoteDynamicKeywordAddresses = @(\n            '{00000000-0000-5000-8000-000000000000}',\n",
            ),
            ("two rules of one name", SCRIPT, "-names-80-1'", "-names-443-1'"),
            ("blocked", SCRIPT, "-Action Allow", "-Action Block"),
            ("inbound", SCRIPT, "-Direction Outbound", "-Direction Inbound"),
            ("every protocol", SCRIPT, "-Protocol TCP", "-Protocol Any"),
            ("not enabled", SCRIPT, "-Enabled True", "-Enabled False"),
            ("not resolved", SCRIPT, "-AutoResolve $true", "-AutoResolve $false"),
            ("another group", SCRIPT, "$Group = 'Thruway contoso_mde-12'", "$Group = 'Thruway'"),
            ("another profile", SCRIPT, "$ProfileName = 'contoso_mde-12'", "$ProfileName = 'contoso'"),
            ("code in data", SCRIPT, "@('80')", "@('80'; Remove-Item x)"),
            (
                "code behind data",
                SCRIPT,
                "$Group = 'Thruway contoso_mde-12'",
                "$Group = 'Thruway contoso_mde-12'; Remove-Item x",
            ),
            ("a curly quote", SCRIPT, "'80'", "\u{2018}80\u{2019}"),
            (
                "a removal of another group",
                REMOVAL,
                "$Group = 'Thruway contoso_mde-12'",
                "$Group = 'Thruway'",
            ),
            (
                "a removal of another profile",
                REMOVAL,
                "$ProfileName = 'contoso_mde-12'",
                "$ProfileName = 'contoso'",
            ),
            ("a removal of everything", REMOVAL, " | Where-Object { Test-Own $_ }", ""),
            ("blocked by netsh", NETSH, "action=allow", "action=block"),
            ("inbound by netsh", NETSH, "dir=out", "dir=in"),
            ("every protocol by netsh", NETSH, "protocol=TCP", "protocol=any"),
            ("a port of netsh", NETSH, "remoteport=443", "remoteport=444"),
            ("every port of netsh", NETSH, " remoteport=443", ""),
            ("a prefix of netsh", NETSH, "203.0.113.0/24", "203.0.113.0/25"),
            ("a network lost", NETSH, ",2001:db8::/32", ""),
            ("any network", NETSH, " remoteip=203.0.113.0/24,2001:db8::/32", ""),
            (
                "rules of another name",
                NETSH,
                "add rule name=\"thruway-contoso_mde-12-netsh\"",
                "add rule name=\"thruway\"",
            ),
            (
                "all rules deleted",
                NETSH,
                "delete rule name=\"thruway-contoso_mde-12-netsh\"",
                "delete rule name=\"all\"",
            ),
            (
                "nothing deleted",
                NETSH,
                "netsh advfirewall firewall delete",
                "rem netsh advfirewall firewall delete",
            ),
            ("another command", NETSH, "@echo off", "@echo off\nnetsh advfirewall reset"),
            ("a command joined", NETSH, "enable=yes", "enable=yes & del x"),
            ("a removal of other rules", NETSH_REMOVAL, "-netsh\"", "\""),
            ("no removal", NETSH_REMOVAL, "netsh adv", "rem netsh adv"),
            ("a keyword of Intune", INTUNE, "\"a.example.com\"", "\"evil.test\""),
            ("a star of Intune", INTUNE, "\"a.example.com\"", "\"*.a.example.com\""),
            ("a keyword of Intune twice", INTUNE, "\"a.example.com\"", "\"www.example.net\""),
            ("not resolved by Intune", INTUNE, "_autoresolve_true", "_autoresolve_false"),
            (
                "another setting",
                INTUNE,
                "dynamickeywords_addresses_{id}_keyword",
                "dynamickeywords_addresses_{id}_name",
            ),
            ("another name", INTUNE, "Thruway contoso_mde-12 1", "Thruway contoso 1"),
        ],
    );
    written.assert_no_file_is_spare(&[]);
}

#[test]
fn a_mutation_of_the_files_of_a_device_behind_proxies_is_caught() {
    let policy = sample();
    let settings = at(WindowsFirewallAt::Device);
    let written = Written::new(&WindowsFirewall, &settings, &policy);
    written.assert_caught(
        "",
        &[
            ("a proxy's port", SCRIPT, "'8080'", "'8081'"),
            ("a proxy's name", SCRIPT, "'proxy1.contoso.com'", "'proxy2.contoso.com'"),
            ("a proxy's address", SCRIPT, "'fd00::1/128'", "'fd00::2/128'"),
            ("a proxy's address for netsh", NETSH, "fd00::1/128", "fd00::/64"),
            ("a proxy of Intune", INTUNE, "\"proxy1.contoso.com\"", "\"*.proxy1.contoso.com\""),
        ],
    );
    written.assert_no_file_is_spare(&[]);
}

#[test]
fn a_lost_group_of_keywords_is_missed() {
    let all: Vec<RequestPattern> = (0..150).map(|n| pattern(&format!("https://h{n}.example.com"))).collect();
    let policy = Policy::from([(Intent::Allow, all)]);
    let settings = at(WindowsFirewallAt::Egress);
    let written = Written::new(&WindowsFirewall, &settings, &policy);
    assert_eq!(written.proof(&written.files), Proof::Proved);
    assert_eq!(written.files.iter().filter(|file| file.path.ends_with(".json")).count(), 2);
    written.assert_no_file_is_spare(&[]);
}

#[test]
fn a_difference_of_a_script_is_told_with_a_request() {
    let (policy, settings) = (sample(), at(WindowsFirewallAt::Egress));
    let written = Written::new(&WindowsFirewall, &settings, &policy);
    let Proof::Differs(differences) = written.proof(&written.mutated(SCRIPT, "@('80')", "@('81')")) else {
        panic!("not caught")
    };
    assert_eq!(
        differences,
        [
            "thruway-firewall.ps1: `https://www.example.net:81/` is let through, and should be refused",
            "thruway-firewall.ps1: `https://www.example.net:80/` is refused, and should be let through"
        ]
    );
}
