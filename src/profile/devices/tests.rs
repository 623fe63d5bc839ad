//! What the section means, and what is said of one that cannot work.

use super::*;
use crate::profile::{Profile, ProfileError};

const TARGETS: [&str; 4] = ["squid", "windows-device", "linux-device", "ticket"];

fn parse(rest: &str) -> Result<Profile, ProfileError> {
    Profile::parse(&format!("version: 1\nsources: [{{ builtin: mma }}]\n{rest}"), None, &TARGETS)
}

fn devices(rest: &str) -> Devices {
    parse(rest).unwrap_or_else(|error| panic!("{rest}: {error}")).settings.devices.expect("a section")
}

/// The proxies in the order sensor, antivirus, WinHTTP, Linux.
fn proxies(devices: &Devices) -> [Option<String>; 4] {
    let plain = |proxy: &Option<Spanned<Proxy>>| proxy.as_ref().map(|proxy| proxy.value.as_str().to_owned());
    [
        plain(&devices.edr_proxy),
        devices.antivirus_proxy.as_ref().map(|proxy| proxy.value.to_string()),
        plain(&devices.winhttp_proxy),
        Some(devices.unix_proxy.value.to_string()),
    ]
}

#[test]
fn an_empty_section_takes_everything_from_the_first_proxy() {
    for (proxy, want) in [
        ("proxy.contoso.com:8080", "proxy.contoso.com:8080"),
        ("10.0.0.6:8080", "10.0.0.6:8080"),
        ("'[FD00:0::1]:8080'", "[fd00::1]:8080"),
    ] {
        let devices = devices(&format!("devices: {{}}\nproxies: [{proxy}, other.contoso.com:1]"));
        let url = format!("http://{want}");
        assert_eq!(proxies(&devices), [want, &url, want, &url].map(|text| Some(text.to_owned())));
        assert!(!devices.disconnected && devices.antivirus_pac.is_none() && devices.ssl_options.is_none());
        assert!(devices.antivirus_bypass.is_empty() && devices.winhttp_bypass.is_empty());
        let edr = devices.edr_proxy.unwrap();
        assert_eq!((edr.line, edr.column), (3, 1), "a default stands where the section begins");
    }
}

#[test]
fn every_key_is_read() {
    let devices = devices(
        "devices: { edr_proxy: '[fd00::1]:80', disconnected: true, antivirus_proxy: HTTPS://A.example:1/,
           antivirus_pac: 'https://pac.example/p q.pac?a=\"b\"', antivirus_bypass: [a.example, 'http://10.1.2.3'],
           ssl_options: 3, winhttp_proxy: none, unix_proxy: 'http://[fd00::2]:3128' }",
    );
    assert_eq!(
        proxies(&devices),
        [Some("[fd00::1]:80"), Some("https://a.example:1"), None, Some("http://[fd00::2]:3128")]
            .map(|text| text.map(str::to_owned))
    );
    assert!(devices.disconnected);
    assert_eq!(devices.antivirus_pac.unwrap().as_str(), "https://pac.example/p%20q.pac?a=%22b%22");
    assert_eq!(
        devices.antivirus_bypass.iter().map(BypassEntry::as_str).collect::<Vec<_>>(),
        ["a.example", "http://10.1.2.3"]
    );
    assert_eq!(devices.ssl_options.unwrap().value, SslOptions::Both);
    let choices = SslOptions::CHOICES.map(|(word, options)| (word, options.value().to_string()));
    assert!(choices.iter().all(|(word, value)| word == value));
}

#[test]
fn targets_of_devices_are_part_of_a_run_with_the_section_alone() {
    assert_eq!(parse("").unwrap().targets, ["squid", "ticket"]);
    assert_eq!(parse("devices:").unwrap().targets, ["squid", "ticket"], "commented out below");
    assert_eq!(parse("devices: {}").unwrap().targets, TARGETS);
    assert_eq!(
        parse("devices: {}\ntargets: { ticket: , windows-device: }").unwrap().targets,
        ["windows-device", "ticket"]
    );
    let error = parse("targets: { linux-device: }").unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!((problem.line, problem.column), (3, 12));
    assert_eq!(
        problem.message,
        "the target `linux-device` writes settings of `devices`, and there is no such section"
    );
    assert!(problem.help[0].starts_with("add `devices: {}`"));
}

/// What stands in `devices: {…}` from column 11 of line 3 on, and the first problem.
#[rustfmt::skip]
const WRONG: &[(&str, u32, &str, &str)] = &[
    ("edr_prox: a.example:80", 12, "unknown key `edr_prox` in `devices`", "did you mean `edr_proxy`?"),
    // The sensor takes no scheme and reads no PAC file.
    ("edr_proxy: 'http://a.example:80'", 23, "`edr_proxy` is `http://a.example:80`: it has a scheme", "leave the scheme out: `proxy.contoso.com:8080`"),
    ("edr_proxy: 'http://a.example/p.pac'", 23, "`edr_proxy` is `http://a.example/p.pac`, and the sensor reads no PAC file", "write a proxy as `host:port`; a PAC file for the antivirus belongs under `antivirus_pac`"),
    ("edr_proxy: 'file:///c:/p.pac'", 23, "`edr_proxy` is `file:///c:/p.pac`, and the sensor reads no PAC file", "write a proxy as `host:port`; a PAC file for the antivirus belongs under `antivirus_pac`"),
    ("edr_proxy: a.example", 23, "`edr_proxy` is `a.example`: it has no port", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    ("edr_proxy: 'a b.example:80'", 23, "`edr_proxy` is `a b.example:80`: character ' ' at byte 1", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    ("edr_proxy: 'fd00::1:8080'", 23, "`edr_proxy` is `fd00::1:8080`: more than one colon", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    // The antivirus needs a scheme.
    ("antivirus_proxy: 'a.example:80'", 29, "`antivirus_proxy` is `a.example:80`: it has no scheme", "write `http://host:port`, an IPv6 address in brackets: `http://[fd00::1]:8080`"),
    ("antivirus_proxy: 'socks://a.example:80'", 29, "`antivirus_proxy` is `socks://a.example:80`: its scheme is neither http nor https", "write `http://host:port`, an IPv6 address in brackets: `http://[fd00::1]:8080`"),
    ("antivirus_proxy: 'http://a.example/p.pac'", 29, "`antivirus_proxy` is `http://a.example/p.pac`: it has a path", "leave it out; a PAC file for the antivirus belongs under `antivirus_pac`"),
    ("antivirus_proxy: 'http://a.example'", 29, "`antivirus_proxy` is `http://a.example`: it has no port", "write `http://host:port`, an IPv6 address in brackets: `http://[fd00::1]:8080`"),
    ("unix_proxy: none", 24, "`unix_proxy` is `none`: it has no scheme", "write `http://host:port`, an IPv6 address in brackets: `http://[fd00::1]:8080`"),
    // Nobody can authenticate, and a password is not repeated.
    ("edr_proxy: 'u:secret@a.example:80'", 23, "`edr_proxy` is wrong: it has credentials", "leave them out: what is written here ends up in files"),
    ("edr_proxy: 'http://u:secret@a.example/p.pac'", 23, "`edr_proxy` is wrong: it has a scheme", "leave the scheme out: `proxy.contoso.com:8080`"),
    ("unix_proxy: 'http://u:secret@a.example:80'", 24, "`unix_proxy` is wrong: it has credentials", "leave them out: what is written here ends up in files"),
    ("antivirus_pac: 'http://u:secret@a.example/p.pac'", 27, "`antivirus_pac` is wrong: it has credentials", "leave them out: what is written here ends up in files"),
    // PAC files.
    ("antivirus_pac: 'file:///c:/p.pac'", 27, "`antivirus_pac` is `file:///c:/p.pac`: Windows reads no PAC file by `file://`", "serve it by http or https, as `application/x-ns-proxy-autoconfig`"),
    ("antivirus_pac: p.pac", 27, "`antivirus_pac` is `p.pac`: it is no URL", "write where it is served: `http://pac.contoso.com/proxy.pac`"),
    // Settings that do nothing alone.
    ("edr_proxy: none, disconnected: true", 43, "`disconnected` does nothing without `edr_proxy`", "set both, or leave both out"),
    ("antivirus_proxy: none, antivirus_bypass: [a.example]", 53, "`antivirus_bypass` does nothing without `antivirus_proxy` or `antivirus_pac`", "set both, or leave both out"),
    ("winhttp_proxy: none, winhttp_bypass: [a.example]", 49, "`winhttp_bypass` does nothing without `winhttp_proxy`", "set both, or leave both out"),
    // Exceptions: nothing that separates, quotes or expands.
    ("antivirus_bypass: ['a.example;b.example']", 31, "`antivirus_bypass` has `a.example;b.example`, which is no host, address or URL", "write each in an entry of its own, without quotes: `[\"intranet.contoso.com\", \"10.1.2.3\"]`"),
    ("winhttp_bypass: ['\"&calc&\"']", 29, "`winhttp_bypass` has `\"&calc&\"`, which is no host, address or URL", "write each in an entry of its own, without quotes: `[\"intranet.contoso.com\", \"10.1.2.3\"]`"),
    ("winhttp_bypass: ['%PATH%']", 29, "`winhttp_bypass` has `%PATH%`, which is no host, address or URL", "write each in an entry of its own, without quotes: `[\"intranet.contoso.com\", \"10.1.2.3\"]`"),
    ("antivirus_bypass: [<local>]", 31, "`antivirus_bypass` has `<local>`, which is no host, address or URL", "write each in an entry of its own, without quotes: `[\"intranet.contoso.com\", \"10.1.2.3\"]`"),
    ("winhttp_bypass: [a.example, a.example]", 40, "`winhttp_bypass` has `a.example` twice", ""),
    ("disconnected: yes", 26, "`disconnected` is `yes`, not `true` or `false`", ""),
    ("ssl_options: 4", 25, "`ssl_options` is `4`, not `0`, `1`, `2` or `3`", ""),
];

#[test]
fn what_cannot_work_is_named_with_its_place_and_what_to_write() {
    let mut differences = String::new();
    for &(text, column, message, help) in WRONG {
        let error = parse(&format!("devices: {{ {text} }}")).expect_err(text);
        let problem = &error.problems()[0];
        let first_help = problem.help.first().map_or("", String::as_str);
        let found = (problem.line, problem.column, problem.message.as_str(), first_help);
        if found != (3, column, message, help) {
            differences += &format!("{text}\n  {found:?}\n");
        }
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(differences, "");
}

#[test]
fn a_list_of_exceptions_has_a_bound() {
    let many: Vec<String> = (0..=MAX_BYPASS).map(|at| format!("h{at}.example")).collect();
    let error = parse(&format!("devices: {{ winhttp_bypass: [{}] }}", many.join(", "))).unwrap_err();
    assert_eq!(error.problems()[0].message, "`winhttp_bypass` has 101 entries, over 100");
}
