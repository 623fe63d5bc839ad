//! What is written, read back by the crate plist.

use std::collections::BTreeMap;

use plist::Value as Plist;

use super::*;
use crate::diag::{Code, Level};
use crate::emit::testing::{artifacts, rendered, settings_of};

fn files(lines: &str) -> BTreeMap<String, String> {
    artifacts(&MacOsDevice, &settings_of(lines), &[])
}

fn plist(files: &BTreeMap<String, String>, path: &str) -> Plist {
    Plist::from_reader_xml(files[path].as_bytes()).unwrap()
}

fn get<'p>(value: &'p Plist, key: &str) -> &'p Plist {
    value.as_dictionary().unwrap().get(key).unwrap_or_else(|| panic!("no {key} in {value:?}"))
}

fn keys(value: &Plist) -> Vec<&str> {
    value.as_dictionary().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn both_forms_say_the_same_proxy_and_nothing_else() {
    for (lines, proxy) in [
        ("proxies: [proxy.contoso.com:8080]\ndevices: {}", "http://proxy.contoso.com:8080"),
        ("proxies: ['[fd00::1]:8080']\ndevices: {}", "http://[fd00::1]:8080"),
        ("devices: { unix_proxy: 'https://10.0.0.6:3128' }", "https://10.0.0.6:3128"),
    ] {
        let files = files(lines);
        let bare = plist(&files, "com.microsoft.wdav.plist");
        assert_eq!(keys(&bare), ["cloudService"]);
        assert_eq!(get(get(&bare, "cloudService"), "proxy").as_string(), Some(proxy));

        let profile = plist(&files, "thruway-proxy.mobileconfig");
        assert_eq!(get(&profile, "PayloadType").as_string(), Some("Configuration"));
        assert_eq!(get(&profile, "PayloadScope").as_string(), Some("System"));
        let [payload] = &get(&profile, "PayloadContent").as_array().unwrap()[..] else { panic!() };
        assert_eq!(get(payload, "PayloadType").as_string(), Some(DOMAIN));
        assert_eq!(get(payload, "cloudService"), get(&bare, "cloudService"));
        let own: Vec<&str> = keys(payload).into_iter().filter(|key| !key.starts_with("Payload")).collect();
        assert_eq!(own, ["cloudService"]);
        assert!(files["check-proxy.sh"].contains(&format!("\nwanted='{proxy}'\n")));
        let identifier = get(&profile, "PayloadIdentifier").as_string().unwrap();
        assert!(
            files["remove-proxy.sh"].ends_with(&format!("\nprofiles remove -identifier '{identifier}'\n"))
        );
    }
}

#[test]
fn a_payload_has_one_identifier_in_every_run_and_another_for_another_profile() {
    let ids = |name: &str, proxy: &str| {
        let mut settings = settings_of(&format!("proxies: [{proxy}]\ndevices: {{}}"));
        settings.name = name.to_owned();
        let files = artifacts(&MacOsDevice, &settings, &[]);
        let profile = plist(&files, "thruway-proxy.mobileconfig");
        let payload = &get(&profile, "PayloadContent").as_array().unwrap()[0];
        [&profile, payload].map(|of| get(of, "PayloadUUID").as_string().unwrap().to_owned())
    };
    let own = ids("a", "a.example:1");
    assert_eq!(ids("a", "b.example:2"), own);
    assert_ne!(own[0], own[1]);
    assert!(ids("b", "a.example:1").iter().all(|id| !own.contains(id)));
    assert!(own.iter().all(|id| id.parse::<Uuid>().unwrap().get_version_num() == 5));
}

#[test]
fn the_placeholder_is_refused() {
    let rendered = rendered(&MacOsDevice, &settings_of("devices: {}"), &[]);
    assert!(rendered.artifacts.is_empty());
    let finding = &rendered.findings[0];
    assert_eq!((finding.code, finding.level), (Code::PlaceholderProxy, Level::Deny));
}
