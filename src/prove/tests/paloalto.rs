//! PAN-OS in every language that it is written in.

use proptest::prelude::*;

use super::*;
use crate::emit::paloalto::{PaloAlto, PaloAltoOptions};
use crate::emit::testing::{pattern, rules, settings};
use crate::profile::TargetOptions;

fn with(options: PaloAltoOptions) -> Settings {
    let mut settings = settings();
    settings.options.insert("paloalto", TargetOptions::new(options));
    settings
}

fn names(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn scoped() -> PaloAltoOptions {
    PaloAltoOptions {
        from_zones: names(&["trust", "wifi guests"]),
        to_zones: names(&["untrust"]),
        sources: names(&["10.0.0.0/8", "clients"]),
        edl_base_url: None,
        model: None,
    }
}

fn fetching() -> Option<String> {
    Some("https://edl.example.com/mde".to_owned())
}

fn options() -> impl Strategy<Value = PaloAltoOptions> {
    let zones =
        || prop::sample::select(vec![vec![], names(&["trust"]), names(&["a b", "any"]), names(&["a", "b"])]);
    let sources =
        prop::sample::select(vec![vec![], names(&["10.0.0.0/8"]), names(&["fd00::/8", "any-client"])]);
    let url = prop::sample::select(vec![None, fetching()]);
    let model = prop::sample::select(vec![None, Some("PA-7000".to_owned()), Some("PA-9".to_owned())]);
    (zones(), zones(), sources, url, model).prop_map(
        |(from_zones, to_zones, sources, edl_base_url, model)| PaloAltoOptions {
            from_zones,
            to_zones,
            sources,
            edl_base_url,
            model,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_for_pan_os_means_what_is_meant(
        allow in rules(), inspection in rules(), authentication in rules(), options in options()
    ) {
        let policy = Policy::from([
            (Intent::Allow, allow),
            (Intent::BypassInspection, inspection),
            (Intent::BypassAuthentication, authentication),
        ]);
        let settings = with(options);
        let written = Written::new(&PaloAlto, &settings, &policy);
        prop_assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

fn sample() -> Policy {
    let mut all: Vec<RequestPattern> = [
        "https://a.example.com",
        "https://*.b.example.com",
        "https://.c.example.com",
        "https://d.*.example.com",
        "https://203.0.113.0/24",
        "http://www.example.net/pki/*",
    ]
    .map(|text| match text.strip_prefix("https://203.") {
        Some(rest) => {
            RequestPattern { host: format!("203.{rest}").parse().unwrap(), ..pattern("https://x.test") }
        }
        None => pattern(text),
    })
    .into();
    all.sort_unstable();
    Policy::from([
        (Intent::Allow, all.clone()),
        (Intent::BypassInspection, all.iter().filter(|own| own.schemes.https).cloned().collect()),
        (Intent::BypassAuthentication, all),
    ])
}

#[test]
fn a_mutation_of_config_xml_is_caught() {
    let (policy, settings) = (sample(), with(scoped()));
    let written = Written::new(&PaloAlto, &settings, &policy);
    let config = |what, from, to| (what, "config.xml", from, to);
    written.assert_caught(
        "paloalto-config-xml",
        &[
            config("an entry lost", "<member>a.example.com/</member>", ""),
            config(
                "an entry added",
                "<member>a.example.com/",
                "<member>evil.test/</member><member>a.example.com/",
            ),
            config("a slash dropped", "a.example.com/<", "a.example.com<"),
            config("another parent", "*.b.example.com/", "*.example.com/"),
            config("an apex lost", "<member>c.example.com/</member>", ""),
            config("a caret made a star", "d.^.example.com/", "d.*.example.com/"),
            config("a part of a token", "a.example.com/", "a*.example.com/"),
            config("a path shortened", "/pki/", "/"),
            config("a path opened", "/pki/", "/pki"),
            config("a scheme", ">a.example.com/", ">https://a.example.com/"),
            config("a port changed", "<port>443<", "<port>444<"),
            config("a port added", "<port>443<", "<port>443,8443<"),
            config("another protocol", "tcp>", "udp>"),
            config("every service", "<member>thruway-tcp-443<", "<member>any<"),
            config("a service that is not there", "<member>thruway-tcp-443<", "<member>thruway-tcp-444<"),
            config("a category that is not there", "name=\"thruway-allow-tcp-443\"", "name=\"thruway-a\""),
            config("every category", "<member>thruway-allow-tcp-443<", "<member>any<"),
            config(
                "another list's category",
                "<member>thruway-allow-tcp-443<",
                "<member>thruway-allow-tcp-80<",
            ),
            config("another kind of category", "URL List", "Category Match"),
            config("a refusing rule", "<action>allow<", "<action>deny<"),
            config("a decrypting rule", "<action>no-decrypt<", "<action>decrypt<"),
            config("an asking rule", "default-no-captive-portal", "default-web-form"),
            config("a rule disabled", "<action>allow<", "<disabled>yes</disabled><action>allow<"),
            config("SSH", "ssl-forward-proxy", "ssh-proxy"),
            config("a larger network", "203.0.113.0/24", "203.0.112.0/23"),
            config(
                "all but the network",
                "<destination>",
                "<negate-destination>yes</negate-destination><destination>",
            ),
            config("everybody", "<member>10.0.0.0/8<", "<member>any<"),
            config("another zone", "<member>untrust<", "<member>dmz<"),
            config(
                "one application",
                "<application>\n                    <member>any",
                "<application><member>ssl",
            ),
            config(
                "other users",
                "<source-user>\n                    <member>any",
                "<source-user><member>boss",
            ),
            config("a schedule", "<action>allow<", "<schedule>noon</schedule><action>allow<"),
            config("a word that is not known", "<action>allow</action>", "<actoin>allow</actoin>"),
            config("another virtual system", "\"vsys1\"", "\"vsys2\""),
            config("a list of another name", "custom-url-category>", "url-filtering>"),
            config("a document type", "<config ", "<!DOCTYPE config []><config "),
            config("an end lost", "</config>", ""),
        ],
    );
    written.assert_no_file_is_spare(&[]);
}

#[test]
fn a_mutation_of_set_commands_is_caught() {
    let (policy, settings) = (sample(), with(scoped()));
    let written = Written::new(&PaloAlto, &settings, &policy);
    let set = |what, from, to| (what, "set-commands.txt", from, to);
    written.assert_caught("paloalto-set-commands", &[
        set("an entry lost", "list a.example.com/", "description x"),
        set("an entry added", "list a.example.com/", "list [ a.example.com/ evil.test/ ]"),
        set("a slash dropped", "a.example.com/\n", "a.example.com\n"),
        set("a caret made a star", "d.^.example.com/", "d.*.example.com/"),
        set("a port changed", "port 443", "port 444"),
        set("another protocol", "protocol tcp", "protocol udp"),
        set("a service that is not there", "service thruway-tcp-443 protocol", "service thruway-x protocol"),
        set("another service", "service thruway-tcp-443\n", "service thruway-tcp-80\n"),
        set("every category", "category thruway-allow-tcp-443\n", "category any\n"),
        set("no category", "category thruway-allow-tcp-443\n", "description x\n"),
        set("a refusing rule", "action allow", "action drop"),
        set("a decrypting rule", "action no-decrypt", "action decrypt"),
        set("an asking rule", "default-no-captive-portal", "default-browser-challenge"),
        set("a rule disabled", "action allow", "action allow disabled yes"),
        set("a smaller network", "203.0.113.0/24", "203.0.113.0/25"),
        set("everybody", "source 10.0.0.0/8", "source any"),
        set("a zone lost", "from trust", "description x"),
        set("a zone added", "from trust", "from [ trust dmz ]"),
        set("one application", "application any", "application ssl"),
        set("a command that is not known", "set rulebase security", "sit rulebase security"),
        set("a word that is not known", " action allow", " actoin allow"),
        set("a rule deleted", "action allow\n", "action allow\ndelete rulebase security\n"),
        set("another virtual system", "set ", "set vsys vsys2 "),
        set("a quote without an end", "\"URL List\"", "\"URL List"),
        set(
            "a rule before",
            "set rulebase security rules thruway-allow-tcp-443 description",
            "set rulebase security rules x from any to any source any destination any service any application any \
             action deny\nmove rulebase security rules x top\n\
             set rulebase security rules thruway-allow-tcp-443 description",
        ),
    ]);
}

#[test]
fn a_mutation_of_main_tf_is_caught() {
    let (policy, settings) = (sample(), with(scoped()));
    let written = Written::new(&PaloAlto, &settings, &policy);
    let tf = |what, from, to| (what, "main.tf", from, to);
    written.assert_caught(
        "paloalto-main-tf",
        &[
            tf("an entry lost", "    \"a.example.com/\",\n", ""),
            tf("an entry added", "    \"a.example.com/\",\n", "    \"a.example.com/\", \"evil.test/\",\n"),
            tf("a slash dropped", "\"a.example.com/\"", "\"a.example.com\""),
            tf("a caret made a star", "d.^.example.com/", "d.*.example.com/"),
            tf("a port changed", "destination_port = \"443\"", "destination_port = \"444\""),
            tf("another protocol", "{ tcp =", "{ udp ="),
            tf("another service", "panos_service.tcp_443.name", "panos_service.tcp_80.name"),
            tf("a service that is not there", "panos_service.tcp_443.name", "panos_service.tcp_444.name"),
            tf("another category", "url_category.allow_tcp_443.name", "url_category.allow_tcp_80.name"),
            tf("every category", "[panos_custom_url_category.allow_tcp_443.name]", "[\"any\"]"),
            tf("a refusing rule", "\"allow\"", "\"deny\""),
            tf("a decrypting rule", "\"no-decrypt\"", "\"decrypt\""),
            tf("SSH", "ssl_forward_proxy", "ssh_proxy"),
            tf("an asking rule", "default-no-captive-portal", "default-web-form"),
            tf(
                "a rule disabled",
                "action                = \"allow\"",
                "action = \"allow\"\n disabled = true",
            ),
            tf(
                "all but the network",
                "destination_addresses =",
                "negate_destination = true\n destination_addresses =",
            ),
            tf("a larger network", "203.0.113.0/24", "203.0.112.0/23"),
            tf("everybody", "[\"10.0.0.0/8\", \"clients\"]", "[\"any\"]"),
            tf("one application", "= [\"any\"]\n      action", "= [\"ssl\"]\n      action"),
            tf("a template", "\"a.example.com/\"", "\"${var.host}/\""),
            tf("an attribute that is not known", "category              =", "catgory ="),
            tf("a resource that is not known", "panos_security_policy_rules", "panos_security_policy"),
            tf("another virtual system", "\"vsys1\"", "\"vsys2\""),
            tf(
                "an attribute a second time",
                "  type        = \"URL List\"\n",
                "  type = \"URL List\"\n  type = \"x\"\n",
            ),
        ],
    );
}

#[test]
fn a_mutation_of_a_list_is_caught() {
    for options in [scoped(), PaloAltoOptions { edl_base_url: fetching(), ..scoped() }] {
        let (policy, settings) = (sample(), with(options));
        let written = Written::new(&PaloAlto, &settings, &policy);
        written.assert_caught(
            "",
            &[
                ("an entry lost", "allow.tcp-443.url.txt", "a.example.com/\n", ""),
                (
                    "an entry added",
                    "bypass-inspection.tcp-443.url.txt",
                    "a.example.com/\n",
                    "a.example.com/\nb.test/\n",
                ),
                ("a slash dropped", "bypass-authentication.tcp-80.url.txt", "/pki/", "/pki"),
                ("a comment", "allow.tcp-443.url.txt", "*.b", "# why\n*.b"),
                ("a larger network", "allow.tcp-443.ip.txt", "203.0.113.0/24", "203.0.112.0/23"),
                ("an address lost", "bypass-inspection.tcp-443.ip.txt", "203.0.113.0/24\n", ""),
                (
                    "a file that is not there",
                    "PROVENANCE.txt",
                    "allow.tcp-443.url.txt:",
                    "allow.tcp-444.url.txt:",
                ),
                (
                    "another object",
                    "PROVENANCE.txt",
                    "object thruway-allow-tcp-443\n",
                    "object thruway-allow-tcp-80\n",
                ),
                ("another count", "PROVENANCE.txt", "1 entry", "2 entries"),
                ("another intent", "PROVENANCE.txt", ".ip.txt: allow,", ".ip.txt: bypass-inspection,"),
            ],
        );
        written.assert_no_file_is_spare(&[]);
        let mut more = written.files.clone();
        more.push(Artifact { path: "allow.tcp-1.url.txt".to_owned(), bytes: b"a.example.com/\n".to_vec() });
        assert!(matches!(written.proof(&more), Proof::Differs(_)));
    }
}

#[test]
fn a_mutation_of_what_fetches_lists_is_caught() {
    let options = PaloAltoOptions { edl_base_url: fetching(), ..scoped() };
    let (policy, settings) = (sample(), with(options));
    let written = Written::new(&PaloAlto, &settings, &policy);
    written.assert_caught(
        "paloalto-external-lists",
        &[
            ("another list", "config.xml", "mde/allow.tcp-443.url.txt", "mde/allow.tcp-80.url.txt"),
            ("no list", "config.xml", "mde/allow.tcp-443.url.txt", "mde/allow.txt"),
            ("another type", "config.xml", "ip>", "domain>"),
            (
                "an exception",
                "config.xml",
                "<recurring>",
                "<exception-list><member>a.example.com/</member></exception-list><recurring>",
            ),
            ("another list", "set-commands.txt", "mde/allow.tcp-443.url.txt", "mde/allow.tcp-80.url.txt"),
            ("another type", "set-commands.txt", "type ip url", "type url url"),
            ("another list", "main.tf", "mde/allow.tcp-443.url.txt", "mde/allow.tcp-80.url.txt"),
            ("another type", "main.tf", "    ip = {", "    url = {"),
            ("another place", "main.tf", "{ shared = {} }", "{ vsys = { name = \"vsys2\" } }"),
        ],
    );
}

#[test]
fn a_mutation_of_the_template_is_caught() {
    for edl_base_url in [None, fetching()] {
        let (policy, settings) =
            (sample(), with(PaloAltoOptions { edl_base_url, ..PaloAltoOptions::default() }));
        let written = Written::new(&PaloAlto, &settings, &policy);
        let template = |what, from, to| (what, "rules.template.txt", from, to);
        written.assert_caught(
            "",
            &[
                template("a refusing rule", "action allow", "action deny"),
                template("a decrypting rule", "action no-decrypt", "action decrypt"),
                template("an asking rule", "default-no-captive-portal", "default-web-form"),
                template("another service", "service thruway-tcp-443", "service thruway-tcp-80"),
                template("every category", "category thruway-allow-tcp-443", "category any"),
                template("everybody", "source \"<ADDRESSES-OF-CLIENTS>\"", "source any"),
                template("a rule lost", "set rulebase decryption", "# set rulebase decryption"),
                template("a port", "tcp-443 category", "tcp-443 category any"),
                ("a port changed", "config.xml", "<port>443<", "<port>444<"),
                ("a port changed", "set-commands.txt", "port 443", "port 444"),
                ("a port changed", "main.tf", "destination_port = \"443\"", "destination_port = \"444\""),
            ],
        );
        written.assert_no_file_is_spare(&[]);
    }
}

#[test]
fn a_difference_is_told_with_its_file_and_a_request() {
    let (policy, settings) = (sample(), with(scoped()));
    let written = Written::new(&PaloAlto, &settings, &policy);
    for (file, from, to, want) in [
        (
            "set-commands.txt",
            "list a.example.com/",
            "list evil.test/",
            "set-commands.txt: `https://evil.test/` is let through, and should be refused",
        ),
        (
            "config.xml",
            "a.example.com/<",
            "a.example.com<",
            "config.xml:44: `a.example.com`: without a slash at its end PAN-OS 10.1 and earlier also match \
             `a.example.com.domain.xyz`",
        ),
    ] {
        let Proof::Differs(differences) = written.proof(&written.mutated(file, from, to)) else {
            panic!("not caught")
        };
        assert_eq!(differences[0], want);
    }
}

#[test]
fn nothing_is_proved_to_be_nothing() {
    for options in [scoped(), PaloAltoOptions::default()] {
        let (policy, settings) = (Policy::from([(Intent::Allow, Vec::new())]), with(options));
        let written = Written::new(&PaloAlto, &settings, &policy);
        assert_eq!(written.proof(&written.files), Proof::Proved);
    }
}

/// A source is called what a user likes.
#[test]
fn a_source_that_is_called_like_a_list_is_none() {
    let (policy, settings) = (sample(), with(scoped()));
    let written = Written::new(&PaloAlto, &settings, &policy);
    let files = written.mutated(
        "PROVENANCE.txt",
        "Sources\n",
        "Sources\n  x: allow, 2 entries, object y  sha256 0\n",
    );
    assert_eq!(written.proof(&files), Proof::Proved);
}
