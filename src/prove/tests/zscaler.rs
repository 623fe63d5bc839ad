//! Zscaler's lists, bodies, resources and conditions.

use proptest::prelude::*;

use super::*;
use crate::emit::testing::{host_patterns, pattern, rules, settings};
use crate::emit::zscaler::{Zscaler, ZscalerOptions};
use crate::profile::TargetOptions;

fn with(options: ZscalerOptions) -> Settings {
    let mut settings = settings();
    settings.options.insert("zscaler", TargetOptions::new(options));
    settings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_zscaler_means_what_is_meant(
        allow in rules(), inspection in rules(), authentication in rules(), direct in rules(),
        enabled in any::<bool>(), ssl_inspection_order in 1..10_000_u32, url_filtering_order in 1..10_000_u32
    ) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
            (Intent::Direct, direct),
        ]);
        let settings = with(ZscalerOptions { enabled, ssl_inspection_order, url_filtering_order });
        let written = Written::new(&Zscaler, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }

    /// Of what is exempted from authentication, only what is not inspected anyway is written, so few random
    /// policies have both. Here they have the same hosts.
    #[test]
    fn what_is_exempted_twice_means_what_is_meant(
        hosts in prop::collection::vec((host_patterns(), any::<bool>()), 0..8)
    ) {
        let both = |scheme: &str| {
            let mut patterns: Vec<RequestPattern> = hosts
                .iter()
                .map(|(host, has_path)| {
                    let path = if *has_path && scheme == "http" { "/pki/certs" } else { "" };
                    RequestPattern { host: host.clone(), ..pattern(&format!("{scheme}://a.example{path}")) }
                })
                .collect();
            patterns.sort_unstable();
            patterns.dedup();
            patterns
        };
        let policy = Policy::from([
            (Intent::BypassInspection, both("https")),
            (Intent::BypassAuthentication, both("http")),
        ]);
        let settings = settings();
        let written = Written::new(&Zscaler, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

fn sample() -> Policy {
    let patterns = |texts: &[&str]| texts.iter().map(|text| pattern(text)).collect::<Vec<_>>();
    let https = ["https://a.example.com", "https://*.b.example.com", "https://c.example.net"];
    Policy::from([
        (
            Intent::Allow,
            patterns(&[&https[..], &["http://www.example.net/pki/*", "http://www.example.net/crl"]].concat()),
        ),
        (Intent::BypassInspection, patterns(&https)),
        (Intent::BypassAuthentication, patterns(&https[..2])),
        (
            Intent::Direct,
            patterns(&[
                "https://a.example.com",
                "https://.d.example",
                "https://pre-*.e.example",
                "https://*cdn.example.net",
            ]),
        ),
    ])
}

const API: [&str; 5] = [
    "category-allow-1.json",
    "category-bypass-inspection-1.json",
    "exempted-urls.json",
    "ssl-inspection-rule.json",
    "url-filtering-rule.json",
];

#[test]
fn a_mutation_of_zscalers_lists_is_caught() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Zscaler, &settings, &policy);
    let mut all: Vec<(String, &str, String, String)> = Vec::new();
    for file in [
        "allow.urls.txt",
        "bypass-inspection.urls.txt",
        "bypass-authentication.urls.txt",
        "category-allow-1.json",
        "category-bypass-inspection-1.json",
        "exempted-urls.json",
    ] {
        let (begin, mark, end) = if file.ends_with(".json") { ("    ", "\"", ",\n") } else { ("", "", "\n") };
        let line = |text: &str| {
            if text.is_empty() { String::new() } else { format!("{begin}{mark}{text}{mark}{end}") }
        };
        for (what, from, to) in [
            ("an entry lost", "a.example.com", ""),
            ("a dot added", "a.example.com", ".a.example.com"),
            ("a level dropped", "a.example.com", "example.com"),
            ("a scheme", "a.example.com", "https://a.example.com"),
            ("a capital letter", "a.example.com", "A.example.com"),
            ("a path", "a.example.com", "a.example.com/x/"),
            ("a port", "a.example.com", "a.example.com:443"),
            ("another host", "a.example.com", "evil.test"),
            ("a top-level domain", "a.example.com", ".com"),
        ] {
            all.push((format!("{what} in {file}"), file, line(from), line(to)));
        }
        let both = format!("{}{}", line("a.example.com"), line("evil.test"));
        all.push((format!("an entry added in {file}"), file, line("a.example.com"), both));
        for (what, to) in [("a dot dropped", "b.example.com"), ("a star", "*.b.example.com")] {
            let quoted = |text: &str| format!("{mark}{text}{mark}");
            all.push((format!("{what} in {file}"), file, quoted(".b.example.com"), quoted(to)));
        }
    }
    let table: Vec<_> = all.iter().map(|(what, file, from, to)| (&**what, *file, &**from, &**to)).collect();
    written.assert_caught("", &table);
}

#[test]
fn a_mutation_of_zscalers_bodies_is_caught() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Zscaler, &settings, &policy);
    let [allow, uninspected, exempted, ssl, filtering] = API;
    written.assert_caught(
        "zscaler-bodies",
        &[
            ("everything opened", ssl, "DO_NOT_DECRYPT", "DECRYPT"),
            ("everything ended", ssl, "DO_NOT_DECRYPT", "BLOCK"),
            ("no such action", ssl, "DO_NOT_DECRYPT", "PASS"),
            (
                "other policies bypassed",
                ssl,
                "\"bypassOtherPolicies\": false",
                "\"bypassOtherPolicies\": true",
            ),
            ("certificates not said", ssl, "      \"minTLSVersion\": \"SERVER_TLS_1_2\",\n", ""),
            ("a version that is none", ssl, "SERVER_TLS_1_2", "TLS_1_2"),
            ("no sub-actions", ssl, "doNotDecryptSubActions", "decryptSubActions"),
            ("a category not named", ssl, "bypass-inspection 1", "bypass-inspection 2"),
            ("no category named", ssl, "\"Thruway contoso-mde bypass-inspection 1\"", ""),
            ("every category named", ssl, "\"Thruway contoso-mde bypass-inspection 1\"", "\"ANY\""),
            ("the other list", ssl, "contoso-mde bypass-inspection 1", "contoso-mde allow 1"),
            ("a key that is none", ssl, "\"urlCategories\"", "\"urlCategory\""),
            ("enabled", ssl, "DISABLED", "ENABLED"),
            ("further down", ssl, "\"order\": 1", "\"order\": 2"),
            ("a name too long", ssl, "\"name\": \"", "\"name\": \"a long way to a name "),
            ("an application", ssl, "\"rank\": 7", "\"rank\": 7, \"cloudApplications\": [\"X\"]"),
            ("a location", ssl, "\"rank\": 7", "\"rank\": 7, \"locations\": [{\"id\": 1}]"),
            ("refused", filtering, "\"ALLOW\"", "\"BLOCK\""),
            ("asked first", filtering, "\"ALLOW\"", "\"CAUTION\""),
            ("one protocol", filtering, "ANY_RULE", "HTTPS_RULE"),
            ("no protocol", filtering, "ANY_RULE", "FTP_RULE"),
            ("enabled", filtering, "DISABLED", "ENABLED"),
            ("further down", filtering, "\"order\": 1", "\"order\": 7"),
            ("every category", filtering, "\"Thruway contoso-mde allow 1\"", "\"ANY\""),
            ("another's", filtering, "\"Thruway contoso-mde allow 1\"", "\"FINANCE\""),
            ("renamed", allow, "contoso-mde allow 1", "contoso-mde allow 2"),
            ("renamed", uninspected, "bypass-inspection 1", "bypass-inspection 9"),
            ("a keyword", uninspected, "\"customCategory\"", "\"keywords\": [\"x\"],\n  \"customCategory\""),
            (
                "an expression",
                uninspected,
                "\"customCategory\"",
                "\"urlType\": \"REGEX\",\n  \"customCategory\"",
            ),
            (
                "a network",
                uninspected,
                "\"customCategory\"",
                "\"ipRanges\": [\"10.0.0.0/8\"],\n  \"customCategory\"",
            ),
            ("not custom", uninspected, "\"customCategory\": true", "\"customCategory\": false"),
            ("another type", allow, "URL_CATEGORY", "TLD_CATEGORY"),
            ("another key", allow, "dbCategorizedUrls", "dbCategorisedUrls"),
            ("no body", exempted, "\"urls\"", "\"url\""),
            ("no JSON", exempted, "{", "{,"),
        ],
    );
}

#[test]
fn a_mutation_of_zscalers_resources_is_caught() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Zscaler, &settings, &policy);
    let file = "main.tf";
    let told = written.assert_caught(
        "zscaler-main-tf",
        &[
            ("an entry changed", file, "\"c.example.net\"", "\"d.example.net\""),
            ("a dot dropped", file, "\".b.example.com\"", "\"b.example.com\""),
            ("a dot added", file, "\"a.example.com\"", "\".a.example.com\""),
            ("an entry lost", file, "    \"c.example.net\",\n", ""),
            (
                "an entry added",
                file,
                "    \"c.example.net\",\n",
                "    \"c.example.net\",\n    \"evil.test\",\n",
            ),
            ("a path lost", file, "\"www.example.net/pki/\"", "\"www.example.net\""),
            ("what is below lost", file, "    \"www.example.net/crl/\",\n", ""),
            ("an entry commented out", file, "    \"c.example.net\"", "    # \"c.example.net\""),
            ("everything opened", file, "\"DO_NOT_DECRYPT\"", "\"DECRYPT\""),
            ("refused", file, "\"ALLOW\"", "\"BLOCK\""),
            ("other policies bypassed", file, "= false\n      server", "= true\n      server"),
            (
                "a version not said",
                file,
                "      min_tls_version                       = \"SERVER_TLS_1_2\"\n",
                "",
            ),
            (
                "the other list",
                file,
                "zia_url_categories.bypass_inspection_1.id",
                "zia_url_categories.allow_1.id",
            ),
            ("no such list", file, "zia_url_categories.allow_1.id", "zia_url_categories.allow_2.id"),
            (
                "a name and no reference",
                file,
                "zia_url_categories.allow_1.id",
                "\"Thruway contoso-mde allow 1\"",
            ),
            ("a list computed", file, "urls = concat(", "urls = setsubtract("),
            ("no such variable", file, "variable \"other_exempted_urls\"", "variable \"others\""),
            (
                "what others add",
                file,
                "db_categorized_urls = [",
                "db_categorized_urls = [var.other_exempted_urls,",
            ),
            ("a resource lost", file, "\"zia_auth_settings_urls\"", "\"other_auth_settings_urls\""),
            ("a resource that is none", file, "\"zia_auth_settings_urls\"", "\"zia_auth_settings_url\""),
            ("many", file, "  super_category ", "  count = 2\n  super_category "),
            ("enabled", file, "\"DISABLED\"", "\"ENABLED\""),
            ("further down", file, "order       = 1", "order       = 3"),
            (
                "named twice",
                file,
                "\"Thruway contoso-mde bypass-inspection 1\"",
                "\"Thruway contoso-mde allow 1\"",
            ),
            ("no Terraform", file, "resource", "resource {"),
            ("a block that is none", file, "\nvariable ", "\nmodule \"x\" {}\nvariable "),
        ],
    );
    let all = "\nresource \"zia_ssl_inspection_rules\" \"all\" {\n  name = \"all\"\n  state = \"ENABLED\"\n  order = 2\n  \
               action {\n    type = \"DO_NOT_DECRYPT\"\n    do_not_decrypt_sub_actions {\n      \
               server_certificates = \"ALLOW\"\n      min_tls_version = \"SERVER_TLS_1_2\"\n    }\n  }\n}\nvariable ";
    let more = written.assert_caught("", &[("a rule for everything behind", file, "\nvariable ", all)]);
    assert!(more[0].ends_with("is exempt from inspection, and should be inspected"), "{}", more[0]);
    assert!(told[0].contains("Terraform: `https://d.example.net/` is let through"), "{}", told[0]);
}

#[test]
fn a_mutation_of_zscalers_conditions_is_caught() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Zscaler, &settings, &policy);
    let file = "forwarding.pac.txt";
    written.assert_caught(
        "zscaler-pac",
        &[
            ("another host", file, "name == \"a.example.com\"", "name == \"b.example.com\""),
            ("a dot dropped", file, "\".d.example\"", "\"d.example\""),
            ("the name itself lost", file, "name == \"d.example\" || ", ""),
            ("a capital letter", file, "\"a.example.com\"", "\"A.example.com\""),
            ("an anchor dropped", file, "/^pre-", "/pre-"),
            ("an end dropped", file, "$/.test", "/.test"),
            ("a dot that is any", file, "\\.e\\.", ".e\\."),
            ("a glob widened", file, "[^.]+", ".+"),
            ("an anchor added", file, "/cdn", "/^cdn"),
            ("an entry lost", file, "    name == \"a.example.com\" ||\n", ""),
            ("an entry added", file, "  if (\n", "  if (\n    name == \"evil.test\" ||\n"),
            ("a function", file, "name == \"a.example.com\"", "isPlainHostName(name)"),
            ("and for or", file, " ||\n", " &&\n"),
            ("one too few", file, " ||\n", "\n"),
            ("the other way", file, "  if (\n", "  if (!\n"),
            ("another answer", file, "\"DIRECT\"", "\"PROXY x:1\""),
            ("case kept", file, ".toLowerCase()", ""),
            ("a dot kept", file, " - 1);\n  }", ");\n  }"),
            ("code in a comment's line", file, "//\n", "//\u{2028}return \"DIRECT\";\n"),
            ("code behind the comments", file, "  var name", "  return \"DIRECT\";\n  var name"),
        ],
    );
    assert_eq!(written.proof(&written.mutated(file, "edits will be lost", "edits are kept")), Proof::Proved);
}

#[test]
fn no_file_of_zscaler_is_spare() {
    let (policy, settings) = (sample(), settings());
    let written = Written::new(&Zscaler, &settings, &policy);
    let mut files: Vec<&str> = written.files.iter().map(|file| &*file.path).collect();
    files.retain(|file| !API.contains(file));
    assert_eq!(
        files,
        [
            "allow.urls.txt",
            "bypass-inspection.urls.txt",
            "bypass-authentication.urls.txt",
            "main.tf",
            "forwarding.pac.txt"
        ]
    );
    written.assert_no_file_is_spare(&[]);
    let mut more = written.files.clone();
    more.push(Artifact { path: "more.csv".to_owned(), bytes: Vec::new() });
    assert_eq!(written.proof(&more), Proof::Differs(vec!["more.csv: nothing reads it back".to_owned()]));
}

/// As the profile says, that is.
#[test]
fn rules_that_are_enabled_are_proved_where_the_profile_says_so() {
    let (policy, enabled) = (sample(), with(ZscalerOptions { enabled: true, ..ZscalerOptions::default() }));
    let written = Written::new(&Zscaler, &enabled, &policy);
    let told = written.assert_caught("", &[("disabled", "main.tf", "ENABLED", "DISABLED")]);
    assert!(told[0].contains("is disabled, which the profile does not say"), "{}", told[0]);
}

/// What is exempted from authentication is not inspected either, whatever the rules say.
#[test]
fn a_url_that_is_exempted_and_inspected_is_caught() {
    let settings = settings();
    let policy = Policy::from([
        (Intent::BypassInspection, vec![pattern("https://a.example.com")]),
        (Intent::BypassAuthentication, vec![pattern("https://a.example.com")]),
    ]);
    let written = Written::new(&Zscaler, &settings, &policy);
    assert_eq!(written.proof(&written.files), Proof::Proved);
    let less = Policy::from([(Intent::BypassInspection, vec![]), (Intent::BypassAuthentication, vec![])]);
    let bare = Written::new(&Zscaler, &settings, &less);
    let mut files = bare.files.clone();
    files.extend(written.files.iter().filter(|file| file.path == "exempted-urls.json").cloned());
    let Proof::Differs(told) = bare.proof(&files) else { panic!("not caught") };
    assert!(told.iter().any(|told| told.contains("is exempt from inspection")), "{told:?}");
}
