use std::collections::BTreeSet;

use super::*;
use crate::model::{PathPattern, Scheme};

fn pattern(host: &str) -> RequestPattern {
    let path = PathPattern::parse("/*").unwrap();
    RequestPattern::new(host.parse().unwrap(), Scheme::Https, 443, path)
}

/// Code and level of every finding, for all intents in order.
fn levels(host: &str) -> Vec<Vec<(&'static str, Level)>> {
    let pattern = pattern(host);
    Intent::ALL
        .map(|intent| gate(&pattern, intent).iter().map(|f| (f.code.as_str(), f.level)).collect())
        .to_vec()
}

#[test]
fn the_gate_has_the_levels_of_the_design() {
    use Level::*;
    for (host, want) in [
        ("*.blob.core.windows.net", vec![("covers-public-suffix", [Warn, Hold, Warn, Hold])]),
        ("*-files.sharepoint.com", vec![("shared-hosting", [Warn, Hold, Warn, Hold])]),
        ("*.co.uk", vec![("covers-registry", [Deny; 4])]),
        ("login.live.com", vec![("identity-endpoint", [Allow, Warn, Warn, Warn])]),
        (
            "*.windows.net",
            vec![
                ("covers-public-suffix", [Warn, Hold, Warn, Hold]),
                ("identity-endpoint", [Allow, Warn, Warn, Warn]),
            ],
        ),
        ("*.com", vec![("covers-registry", [Deny; 4]), ("identity-endpoint", [Allow, Warn, Warn, Warn])]),
        ("*.microsoft.com", vec![("identity-endpoint", [Allow, Warn, Warn, Warn])]),
        ("*.endpoint.security.microsoft.com", vec![]),
        ("*.microsoftonline-p.com", vec![]),
        ("203.0.113.0/24", vec![]),
        // As large as one owner's may be.
        ("17.0.0.0/8", vec![]),
        ("2600::/16", vec![]),
        ("10.0.0.1", vec![]),
        ("fd00::/16", vec![]),
        ("64:ff9b::203.0.113.0/120", vec![]),
        ("localhost.example.com", vec![]),
        ("16.0.0.0/7", vec![("wide-network", [Deny; 4])]),
        ("2600::/15", vec![("wide-network", [Deny; 4])]),
        ("0.0.0.0/0", vec![("wide-network", [Deny; 4]), ("local-address", [Hold; 4])]),
        ("::/0", vec![("wide-network", [Deny; 4]), ("local-address", [Hold; 4])]),
        ("64:ff9b::/96", vec![("wide-network", [Deny; 4]), ("local-address", [Hold; 4])]),
        ("64:ff9b::10.0.0.0/103", vec![("wide-network", [Deny; 4])]),
        ("127.0.0.1", vec![("local-address", [Hold; 4])]),
        ("169.254.169.254", vec![("local-address", [Hold; 4])]),
        ("169.0.0.0/8", vec![("local-address", [Hold; 4])]),
        ("::1", vec![("local-address", [Hold; 4])]),
        ("64:ff9b::127.0.0.1", vec![("local-address", [Hold; 4])]),
        ("fe80::/64", vec![("local-address", [Hold; 4])]),
        ("localhost", vec![("local-address", [Hold; 4])]),
        ("a.localhost", vec![("local-address", [Hold; 4])]),
    ] {
        let want: Vec<Vec<_>> =
            (0..4).map(|at| want.iter().map(|(code, levels)| (*code, levels[at])).collect()).collect();
        assert_eq!(levels(host), want, "{host}");
        for (intent, findings) in Intent::ALL.into_iter().zip(&want) {
            for (code, level) in findings {
                let code = Code::ALL.iter().find(|known| known.as_str() == *code).unwrap();
                assert_eq!(default_level(*code, intent), *level);
            }
        }
    }
    assert_eq!(default_level(Code::UnusedWaiver, Intent::Direct), Warn);
}

fn one_finding(host: &str, intent: Intent, code: Code) -> GateFinding {
    gate(&pattern(host), intent).into_iter().find(|finding| finding.code == code).unwrap()
}

#[test]
fn a_message_names_two_sites_that_are_matched() {
    for (host, code, want) in [
        (
            "*.blob.core.windows.net",
            Code::CoversPublicSuffix,
            "`*.blob.core.windows.net` matches every site under `blob.core.windows.net`, such as \
             `a.blob.core.windows.net` and `b.blob.core.windows.net`",
        ),
        (
            "winatp-*.blob.core.windows.net",
            Code::CoversPublicSuffix,
            "`winatp-*.blob.core.windows.net` matches sites of different owners under \
             `blob.core.windows.net`, such as `winatp-a.blob.core.windows.net` and \
             `winatp-b.blob.core.windows.net`",
        ),
        (
            "*cdn.co.uk",
            Code::CoversRegistry,
            "`*cdn.co.uk` matches sites of different owners under `co.uk`, such as `acdn.co.uk` and \
             `bcdn.co.uk`",
        ),
        ("::/0", Code::WideNetwork, "`::/0` is every address"),
        ("16.0.0.0/7", Code::WideNetwork, "`16.0.0.0/7` is more than any owner's network"),
        ("127.0.0.1", Code::LocalAddress, "`127.0.0.1` means the machine itself"),
        ("login.windows.net", Code::IdentityEndpoint, "`login.windows.net` is a sign-in host"),
        (
            "*.windows.net",
            Code::IdentityEndpoint,
            "`*.windows.net` matches the sign-in hosts `login.windows.net`, \
             `enterpriseregistration.windows.net`",
        ),
    ] {
        assert_eq!(one_finding(host, Intent::BypassInspection, code).message, want);
    }
}

#[test]
fn where_the_vendor_contradicts_itself_both_documents_are_cited() {
    let help = |host: &str, intent| one_finding(host, intent, Code::CoversPublicSuffix).help.join("\n");
    for host in ["*.blob.core.windows.net", "*.core.windows.net", "winatp-*.blob.core.windows.net"] {
        let text = help(host, Intent::BypassInspection);
        for part in ["2021-03-04", "2026-07", "2026-09-21", "TestCloudConnection", "waivers:"] {
            assert!(text.contains(part), "{host}: {part}");
        }
        assert!(text.contains(&format!("pattern: \"{host}\", intent: bypass-inspection")), "{host}");
    }
    let shared = one_finding("*.sharepoint.com", Intent::Allow, Code::SharedHosting).notes.join("\n");
    assert!(shared.starts_with("`sharepoint.com`: one name per tenant"), "{shared}");
    // The documents speak of inspection alone.
    assert!(!help("*.blob.core.windows.net", Intent::Allow).contains("2026-09-21"));
    assert!(!help("*.github.io", Intent::BypassInspection).contains("Microsoft"));
}

#[test]
fn every_lint_has_a_file_a_code_and_an_explanation() {
    let codes: Vec<Code> =
        GATE.iter().map(|lint| lint.code()).chain(ALL.iter().map(|lint| lint.code())).collect();
    for code in &codes {
        assert!(code.explanation().trim().contains("\n\n"), "{code} has one paragraph");
    }
    let files: BTreeSet<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/analyze"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        // Those about the settings of devices are counted there.
        .filter(|stem| stem != "tests" && stem != "devices")
        .collect();
    assert_eq!(files, codes.iter().map(ToString::to_string).collect());
    assert_eq!(files.len(), codes.len());
}

#[test]
fn a_finding_keeps_level_intent_and_help() {
    let finding = one_finding("*.github.io", Intent::Direct, Code::CoversPublicSuffix);
    let placed = finding.clone().at(Place::Run);
    assert_eq!((placed.level, placed.intent), (Level::Hold, Some(Intent::Direct)));
    assert_eq!((placed.notes, placed.help, placed.label), (finding.notes, finding.help, finding.label));
}

/// The wildcards of the vendor's lists: what is held by default is known and deliberate.
#[test]
fn of_the_vendors_wildcards_few_are_held() {
    let tables = ["standard-commercial-2026-07.csv", "mdav-2026-07.csv", "mma.csv"];
    let mut held = BTreeSet::new();
    let mut seen = 0;
    for table in tables {
        let path = format!("{}/../shared/data/{table}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || "\",`/()".contains(c)) {
            if !word.starts_with('*') || !word.contains('.') {
                continue;
            }
            let Ok(host) = word.parse() else { continue };
            seen += 1;
            let pattern = pattern("a.example").with_host(host);
            for finding in gate(&pattern, Intent::BypassInspection) {
                if finding.level >= Level::Hold {
                    held.insert(word.to_owned());
                }
            }
        }
    }
    assert!(seen > 20, "{seen}");
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    assert_eq!(held, ["*.azure-automation.net", "*.blob.core.windows.net"]);
}
