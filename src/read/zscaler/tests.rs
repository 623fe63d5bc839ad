//! What the documents say, entry by entry and rule by rule.

use super::url::{Url, Use};
use super::*;
use crate::model::{Request, Schemes};

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// Where and how grave the troubles are.
fn told(troubles: &[Trouble]) -> Vec<String> {
    troubles.iter().map(|trouble| format!("{} {:?}", trouble.place, trouble.kind)).collect()
}

fn grants(reading: &Reading, intent: Intent, url: &str) -> bool {
    let request: Request = url.parse().unwrap();
    reading.rulebases[&intent].index().at(&request.host).grants(&request)
}

#[test]
fn an_entry_matches_what_the_guidelines_say() {
    for (entry, url, matched) in [
        ("a.example.com", "https://a.example.com/", true),
        ("a.example.com", "https://a.example.com:10443/x/y", true),
        ("a.example.com", "http://a.example.com/index.htm", true),
        ("a.example.com", "https://b.a.example.com/", false),
        ("a.example.com", "https://example.com/", false),
        ("a.example.com", "https://xa.example.com/", false),
        (".example.com", "https://example.com/", true),
        (".example.com", "https://atlanta.example.com/", true),
        (".example.com", "https://serv3.serv2.serv1.atlanta.example.com/", true),
        (".example.com", "https://5.4.3.2.1.example.com/", true),
        (".example.com", "https://6.5.4.3.2.1.example.com/", false),
        (".example.com", "https://notexample.com/", false),
        ("a.example.com/", "http://a.example.com/x", true),
        ("a.example.com/resources/", "http://a.example.com/resources/", true),
        ("a.example.com/resources/", "http://a.example.com/resources/ftp.htm", true),
        ("a.example.com/resources/", "http://a.example.com/resources", false),
        ("a.example.com/resources/", "http://a.example.com/resources2/", false),
        (".example.com/pki/", "http://1.example.com:8080/pki/x", true),
        ("a.example.com:8443", "https://a.example.com:8443/", true),
        ("a.example.com:8443", "https://a.example.com/", false),
        ("192.0.2.1", "http://192.0.2.1/x", true),
        ("192.0.2.1", "http://192.0.2.2/", false),
        ("ww_w.example.com", "https://ww_w.example.com/", true),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example/", true),
    ] {
        let read = Url::read(entry).unwrap_or_else(|(_, what)| panic!("{entry}: {what}"));
        let request: Request = url.parse().unwrap();
        let matches = read.patterns(Use::Requests(Schemes::ANY)).any(|own| own.matches(&request));
        assert_eq!(matches, matched, "{entry} {url}");
    }
}

#[test]
fn of_a_connection_only_the_host_is_seen() {
    let read = Url::read("a.example.com/pki/").unwrap();
    let matches = |url: &str| read.patterns(Use::Connections).any(|own| own.matches(&url.parse().unwrap()));
    assert!(matches("https://a.example.com/other") && !matches("http://a.example.com/pki/"));
}

#[test]
fn what_is_no_entry_is_told() {
    let long = |host: &str| format!("{}.{host}", vec!["a".repeat(63); 4].join("."));
    let path = format!("a.example.com/{}", "x".repeat(1011));
    for (entry, kind) in [
        ("", TroubleKind::Refused),
        (" ", TroubleKind::Refused),
        ("*.example.com", TroubleKind::Refused),
        ("a.example.com/*", TroubleKind::Refused),
        ("https://a.example.com", TroubleKind::Refused),
        ("A.example.com", TroubleKind::Refused),
        ("a.example.com/X", TroubleKind::Refused),
        ("b\u{fc}cher.example.com", TroubleKind::Refused),
        ("a example.com", TroubleKind::Refused),
        ("a.example.com\t", TroubleKind::Refused),
        ("example", TroubleKind::Refused),
        (".gov", TroubleKind::Refused),
        (".", TroubleKind::Refused),
        ("..example.com", TroubleKind::Refused),
        ("a..example.com", TroubleKind::Refused),
        ("www.safemarch.c_om", TroubleKind::Refused),
        ("www.safe_march.com", TroubleKind::Refused),
        (".safe_march.com", TroubleKind::Refused),
        ("_.safemarch.com", TroubleKind::Refused),
        ("a.example.com:", TroubleKind::Refused),
        ("a.example.com:0", TroubleKind::Refused),
        ("a.example.com:65536", TroubleKind::Refused),
        ("a.example.com:80:81", TroubleKind::Refused),
        ("user@a.example.com", TroubleKind::Refused),
        (".192.0.2.1", TroubleKind::Refused),
        ("2001:db8::1", TroubleKind::Refused),
        ("xn--a.example.com", TroubleKind::Refused),
        ("a.example.com/\"", TroubleKind::Refused),
        (&long("example.com"), TroubleKind::Refused),
        (&path, TroubleKind::Refused),
        ("[2001:db8::1]", TroubleKind::Refused),
        ("a.example.com.", TroubleKind::NotUnderstood),
        ("a.example.com/x?y", TroubleKind::NotUnderstood),
        ("a.example.com#x", TroubleKind::NotUnderstood),
    ] {
        let (found, what) = Url::read(entry).expect_err(entry);
        assert_eq!(found, kind, "{entry}: {what}");
        assert!(what.len() < 300, "{what}");
    }
    for entry in ["safe_march.com", "www_.safemarch.com", &path[..1024], "a.example.com/resources_1"] {
        assert!(Url::read(entry).is_ok(), "{entry}");
    }
}

#[test]
fn a_network_among_urls_is_an_address_with_a_path() {
    let zscaler = Zscaler::read(&texts(&[("allow.txt", "\n10.0.0.0/8\n10.0.0.0/33\n")]));
    assert_eq!(
        told(&zscaler.troubles),
        ["allow.txt:2 Misleading", "allow.txt:2 Misleading", "allow.txt:3 Misleading"]
    );
    assert!(zscaler.troubles[0].what.contains("no network"), "{:?}", zscaler.troubles);
}

const CATEGORIES: &str = r#"[
  {"id": "CUSTOM_01", "configuredName": "Ours", "customCategory": true, "type": "URL_CATEGORY",
   "urls": ["a.example.com"], "dbCategorizedUrls": [".b.example.com"], "val": 128, "editable": true},
  {"id": "CUSTOM_02", "configuredName": "Bad", "customCategory": true, "urlType": "EXACT",
   "urls": ["bad.b.example.com"], "keywords": []}
]"#;

/// A rule for SSL inspection.
fn inspection(order: u32, action: &str, state: &str, rest: &str) -> String {
    let action = match action {
        "DO_NOT_DECRYPT" => {
            r#"{"type": "DO_NOT_DECRYPT", "doNotDecryptSubActions": {"serverCertificates": "ALLOW", "minTLSVersion": "SERVER_TLS_1_0"}}"#.to_owned()
        }
        other => format!(r#"{{"type": "{other}"}}"#),
    };
    format!(r#"{{"name": "r{order}", "order": {order}, "state": "{state}", "action": {action}, {rest}}}"#)
}

#[test]
fn the_first_enabled_rule_that_matches_decides() {
    let open = inspection(1, "DECRYPT", "ENABLED", r#""urlCategories": ["CUSTOM_02"]"#);
    let close = inspection(2, "DO_NOT_DECRYPT", "ENABLED", r#""urlCategories": ["CUSTOM_02", "CUSTOM_01"]"#);
    let rules = format!("[{close},\n{open}]");
    let inspected = |rules: &str| {
        let reading = read(&texts(&[("categories.json", CATEGORIES), ("rules.json", rules)]));
        let seen = [
            "https://a.example.com/",
            "https://1.b.example.com/",
            "https://bad.b.example.com/",
            "https://x.test/",
        ]
        .map(|url| !grants(&reading, Intent::BypassInspection, url));
        (seen, told(&reading.troubles))
    };
    let (seen, troubles) = inspected(&rules);
    assert_eq!(seen, [false, false, true, true]);
    // There is no default rule.
    assert_eq!(troubles, ["rules.json:1 Assumed"]);
    let (seen, troubles) = inspected(&rules.replacen("\"order\": 1", "\"order\": 3", 1));
    assert_eq!((seen, troubles.len()), ([false, false, false, true], 1));
    let (seen, troubles) = inspected(&rules.replacen("\"order\": 1", "\"order\": 2", 1));
    assert_eq!(seen, [false, false, false, true]);
    assert!(troubles.contains(&"rules.json:2 NotUnderstood".to_owned()), "{troubles:?}");
    // A rule that is disabled decides nothing.
    let disabled = format!("[{close},\n{}]", open.replace("ENABLED", "DISABLED"));
    let (seen, troubles) = inspected(&disabled);
    assert_eq!(seen, [false, false, false, true]);
    assert_eq!(troubles, ["rules.json:1 Assumed", "rules.json:2 NeverMatches"]);
    // The default rule is the last, wherever it stands.
    let default = r#"{"name": "Default", "defaultRule": true, "order": -1, "state": "ENABLED", "predefined": true,
        "action": {"type": "DO_NOT_DECRYPT", "doNotDecryptSubActions": {"bypassOtherPolicies": false,
        "serverCertificates": "ALLOW", "minTLSVersion": "SERVER_TLS_1_0"}}}"#;
    let (seen, troubles) = inspected(&format!("[{default},{open}]"));
    assert_eq!(seen, [false, false, true, false]);
    assert_eq!(troubles, ["categories.json:2 NeverMatches"]);
}

#[test]
fn who_asks_is_taken_for_somebody_whom_a_rule_lets_through() {
    let rules = |limit: &str| {
        format!(
            r#"[{{"name": "no", "order": 1, "state": "ENABLED", "action": "BLOCK", "urlCategories": ["CUSTOM_02"], {limit}}},
{{"name": "yes", "order": 2, "state": "ENABLED", "action": "ALLOW", "protocols": ["HTTPS_RULE", "FTP_RULE"], "urlCategories": ["Ours"], {limit}}},
{{"name": "none", "order": 3, "state": "ENABLED", "action": "BLOCK", "urlCategories": ["ANY"]}}]"#
        )
    };
    let let_through = |limit: &str| {
        let reading = read(&texts(&[("categories.json", CATEGORIES), ("rules.json", &rules(limit))]));
        let urls = [
            "https://bad.b.example.com/",
            "https://1.b.example.com/",
            "http://1.b.example.com/",
            "https://x.test/",
        ];
        (urls.map(|url| grants(&reading, Intent::Allow, url)), told(&reading.troubles))
    };
    assert_eq!(let_through(r#""groups": []"#), ([false, true, false, false], vec![]));
    assert_eq!(let_through(r#""deviceTrustLevels": ["ANY"]"#), ([false, true, false, false], vec![]));
    let assumed = vec!["rules.json:1 Assumed".to_owned(), "rules.json:2 Assumed".to_owned()];
    for limit in [
        r#""groups": [{"id": 1}]"#,
        r#""timeWindows": [{"id": 7, "name": "x"}]"#,
        r#""enforceTimeValidity": true"#,
    ] {
        assert_eq!(let_through(limit), ([true, true, false, false], assumed.clone()), "{limit}");
    }
}

#[test]
fn what_no_filtering_rule_is_for_is_let_through() {
    let rule = |action: &str| {
        let rule = format!(
            r#"{{"name": "r", "order": 1, "state": "ENABLED", "action": "{action}", "urlCategories": ["CUSTOM_01"]}}"#
        );
        let reading = read(&texts(&[("1.json", CATEGORIES), ("2.json", &rule)]));
        ["https://a.example.com/", "https://x.test/"].map(|url| grants(&reading, Intent::Allow, url))
    };
    assert_eq!(rule("ALLOW"), [true, true]);
    // A rule for everything over HTTP is none for HTTPS.
    let text =
        r#"{"name": "r", "order": 1, "state": "ENABLED", "action": "BLOCK", "protocols": ["HTTP_RULE"]}"#;
    let reading = read(&texts(&[("rule.json", text)]));
    assert_eq!(told(&reading.troubles), ["rule.json:1 Assumed"]);
    assert!(grants(&reading, Intent::Allow, "https://x.test/"));
    assert!(
        !grants(&reading, Intent::Allow, "http://x.test/")
            && !grants(&reading, Intent::Allow, "http://[::1]/")
    );
    for refusing in ["BLOCK", "CAUTION", "ISOLATE"] {
        assert_eq!(rule(refusing), [false, true], "{refusing}");
    }
}

/// The list is asked before any rule.
#[test]
fn an_exempted_url_is_not_inspected_either() {
    let open = inspection(1, "DECRYPT", "ENABLED", r#""urlCategories": ["ANY"]"#);
    let reading = read(&texts(&[
        ("exempted.json", r#"{"urls": [".b.example.com", "a.example.com/x/"]}"#),
        ("rule.json", &open),
    ]));
    assert_eq!(reading.troubles, []);
    assert!(grants(&reading, Intent::BypassAuthentication, "http://1.b.example.com/"));
    assert!(!grants(&reading, Intent::BypassAuthentication, "https://a.example.com/"));
    assert!(grants(&reading, Intent::BypassInspection, "https://1.b.example.com/"));
    // The path is not seen, so it is the host or nothing.
    assert!(grants(&reading, Intent::BypassInspection, "https://a.example.com/"));
    assert!(!grants(&reading, Intent::BypassInspection, "https://c.example.com/"));
}

#[test]
fn what_is_not_understood_is_told_with_its_line() {
    let category = |rest: &str| format!("{{\"configuredName\": \"x\", \"customCategory\": true,\n{rest}\n}}");
    let rule = |rest: &str| format!("{{\"name\": \"r\", \"order\": 1, \"state\": \"ENABLED\",\n{rest}\n}}");
    for (text, want) in [
        ("{", "f.json:1 NotUnderstood"),
        ("\u{feff}{\"urls\": [\n\n1]}", "f.json:3 NotUnderstood"),
        ("[[\"a.example.com\"]]", "f.json:1 NotUnderstood"),
        ("{\"a\": 1}", "f.json:1 NotUnderstood"),
        ("{\"urls\": [],\n\"more\": 1}", "f.json:2 NotUnderstood"),
        ("{\"urls\": [],\n\"urls\": []}", "f.json:2 NotUnderstood"),
        (
            "{\"urls\": [\n\"a.example.com\",\n\"a.example.com\",\n\"*.example.com\",\n\"a.example.com\"]}",
            "f.json:4 Refused",
        ),
        ("{\"urls\": [\n\"a.example.com/x\"]}", "f.json:2 Misleading"),
        (&category("\"keywords\": [\"x\"]"), "f.json:2 NotUnderstood"),
        (&category("\"regexPatterns\": [\"x\"]"), "f.json:2 NotUnderstood"),
        (&category("\"ipRanges\": [\"10.0.0.0-10.0.0.9\"]"), "f.json:2 Misleading"),
        (&category("\"ipRanges\": [\"10.0.0.9-10.0.0.0\"]"), "f.json:2 NotUnderstood"),
        (&category("\"ipRanges\": [\"x\"]"), "f.json:2 NotUnderstood"),
        (&category("\"configuredNames\": 1"), "f.json:2 NotUnderstood"),
        (&category("\"urls\": \"a.example.com\""), "f.json:2 NotUnderstood"),
        ("{\"superCategory\": \"x\", \"customCategory\": true}", "f.json:1 Refused"),
        ("{\"configuredName\": \"a;b\", \"customCategory\": true}", "f.json:1 Refused"),
        (&rule("\"action\": \"ICAP_RESPONSE\""), "f.json:1 NotUnderstood"),
        (&rule("\"action\": \"ALLOW\",\n\"urlCategories\": [\"FINANCE\"]"), "f.json:3 NotUnderstood"),
        (&rule("\"action\": \"ALLOW\", \"protocols\": [\n\"TUNNEL_RULE\"]"), "f.json:3 NotUnderstood"),
        (&rule("\"action\": \"ALLOW\", \"cloudApplications\": [\"X\"]"), "f.json:1 NotUnderstood"),
        (&rule("\"action\": {\"type\": \"BLOCK\"}"), "f.json:2 Misleading"),
        (&rule("\"action\": {\"type\": \"DO_NOT_DECRYPT\"}"), "f.json:2 Refused"),
        (
            &rule(
                "\"action\": {\"type\": \"DO_NOT_DECRYPT\",\n\"doNotDecryptSubActions\": {\"bypassOtherPolicies\": true}}",
            ),
            "f.json:3 Misleading",
        ),
        (
            &rule(
                "\"action\": {\"type\": \"DO_NOT_DECRYPT\",\n\"doNotDecryptSubActions\": {\"bypassOtherPolicies\": true, \"minTLSVersion\": \"SERVER_TLS_1_2\"}}",
            ),
            "f.json:3 Refused",
        ),
        (
            &rule(
                "\"action\": {\"type\": \"DO_NOT_DECRYPT\",\n\"doNotDecryptSubActions\": {\"bypassOtherPolicies\": false, \"minTLSVersion\": \"SERVER_TLS_1_2\"}}",
            ),
            "f.json:3 Refused",
        ),
        (&rule("\"predefined\": true, \"action\": {\"type\": \"DECRYPT\"}"), "f.json:1 NotUnderstood"),
        (
            "{\"name\": \"r\", \"order\": 0, \"state\": \"ENABLED\", \"action\": \"ALLOW\"}",
            "f.json:1 Refused",
        ),
        ("{\"name\": \"r\", \"order\": 1, \"action\": \"ALLOW\"}", "f.json:1 NotUnderstood"),
        ("{\"name\": \"\", \"order\": 1, \"state\": \"ENABLED\", \"action\": \"ALLOW\"}", "f.json:1 Refused"),
    ] {
        let zscaler = Zscaler::read(&texts(&[("f.json", text)]));
        assert!(told(&zscaler.troubles).contains(&want.to_owned()), "{text}: {:?}", zscaler.troubles);
    }
    for (name, text, want) in [
        ("urls.txt", "a.example.com\n", "urls.txt NotUnderstood"),
        ("allow.txt", "a.example.com\r\n\r\n# b.example.com\r\n", "allow.txt:3 Refused"),
        ("direct.urls.txt", "a.example.com\n", "direct.urls.txt NotUnderstood"),
        ("x.pac", "function FindProxyForURL(url, host) {}\n", "x.pac NotUnderstood"),
        ("x.pac", "\n\u{e9}", "x.pac:2 NotUnderstood"),
        ("x.tf", "a = 1\n\nb = ${", "x.tf:3 NotUnderstood"),
        ("x.tf", "\nresource \"zia_dlp_web_rules\" \"x\" {}\n", "x.tf:2 NotUnderstood"),
        ("x.tf", "\nresource \"zia_url_categories\" \"x\" {\n  for_each = y\n}\n", "x.tf:3 NotUnderstood"),
        ("x", "resource \"zia_auth_settings_urls\" \"x\" {\n  urls = var.x\n}\n", "x:2 NotUnderstood"),
    ] {
        let zscaler = Zscaler::read(&texts(&[(name, text)]));
        assert!(told(&zscaler.troubles).contains(&want.to_owned()), "{text}: {:?}", zscaler.troubles);
    }
    let zscaler = Zscaler::read(&[("x".to_owned(), vec![0xff])].into());
    assert_eq!(told(&zscaler.troubles), ["x NotUnderstood", "x:1 Refused"]);
}

/// `recipes/zscaler/main.tf`, as somebody wrote it by hand.
#[test]
fn resources_of_people_are_read() {
    let text = r#"
resource "zia_url_categories" "mde_ssl_bypass" {
  configured_name = "MDE-SSL-Bypass"
  super_category  = "USER_DEFINED"
  custom_category = true
  type            = "URL_CATEGORY"
  db_categorized_urls = [
    ".events.data.microsoft.com",
    "crl.microsoft.com/pki/crl",
  ]
}

resource "zia_ssl_inspection_rules" "mde_bypass" {
  name           = "MDE do not inspect"
  description    = "generated"
  state          = "ENABLED"
  order          = 1
  rank           = 7
  url_categories = toset([zia_url_categories.mde_ssl_bypass.id])
  platforms      = ["SCAN_WINDOWS"]
  action {
    type = "DO_NOT_DECRYPT"
    do_not_decrypt_sub_actions {
      bypass_other_policies                 = false
      server_certificates                   = "BLOCK"
      min_tls_version                       = "SERVER_TLS_1_2"
      ocsp_check                            = true
      block_ssl_traffic_with_no_sni_enabled = true
    }
  }
  groups {
    id = [data.zia_group_management.this.id]
  }
}

resource "zia_activation_status" "x" {
  status = "ACTIVE"
}
resource "other_provider" "x" {}
"#;
    let reading = read(&texts(&[("main.tf", text)]));
    assert_eq!(told(&reading.troubles), ["main.tf:9 Misleading", "main.tf:13 Assumed", "main.tf:13 Assumed"]);
    assert!(reading.troubles[1].what.contains("groups, platforms"), "{:?}", reading.troubles);
    assert!(grants(&reading, Intent::BypassInspection, "https://eu.events.data.microsoft.com/"));
    assert!(grants(&reading, Intent::BypassInspection, "https://crl.microsoft.com/x"));
    assert!(!grants(&reading, Intent::BypassInspection, "https://www.microsoft.com/"));
    let place = &reading.rulebases[&Intent::BypassInspection].rules[0].items[0].place;
    assert_eq!(place.to_string(), "main.tf:8");
}

#[test]
fn conditions_of_a_forwarding_pac_file_are_hosts() {
    let read = |condition: &str| {
        let text = include_str!("../../../targets/zscaler/golden/corners/forwarding.pac.txt");
        let text = text.replace("dnsDomainIs(name, \".push.example.com\")", condition);
        let zscaler = Zscaler::read(&texts(&[("forwarding.pac.txt", &text)]));
        match &zscaler.direct {
            Some((_, items)) if zscaler.troubles.is_empty() => {
                items.iter().map(|item| item.pattern.host.to_string()).collect::<Vec<_>>().join(" ")
            }
            _ => told(&zscaler.troubles).join(" "),
        }
    };
    for (condition, hosts) in [
        (r#"name == "a.example""#, "a.example"),
        (r#"dnsDomainIs(name, ".a.example")"#, "*.a.example"),
        // No border at a dot.
        (r#"dnsDomainIs(name, "a.example")"#, "*a.example"),
        (r#"name == "a.example" || dnsDomainIs(name, ".b.example")"#, "a.example *.b.example"),
        (r"/cdn\.a\.example$/.test(name)", "*cdn.a.example"),
        (r"/^pre-[^.]+\.a\.example$/.test(name)", "pre-*.a.example"),
        (r"/^a\.[^.]+\.b\.example$/.test(name)", "a.*.b.example"),
        (r"/^a\.example$/.test(name)", "a.example"),
    ] {
        assert_eq!(read(condition), hosts, "{condition}");
    }
    for condition in [
        r#"name == "A.example""#,
        r#"name == ".a.example""#,
        r#"name == "*.a.example""#,
        r#"name == a"#,
        r#"dnsDomainIs(host, ".a.example")"#,
        r"/a.example$/.test(name)",
        r"/^[^.]+\.a\.example$/.test(name)",
        r"/^[^.]+cdn\.example$/.test(name)",
        r"/a\.example/.test(name)",
        r"/\.a\.example$/.test(name)",
        r"/^a[0-9]\.example$/.test(name)",
        "true",
        "",
    ] {
        assert_eq!(read(condition), "forwarding.pac.txt:12 NotUnderstood", "{condition}");
    }
}
