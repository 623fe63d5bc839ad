//! What is written, compared with what was asked for; the product scripts run it.

use std::collections::BTreeMap;

use super::*;
use crate::diag::{Code, Level};
use crate::emit::testing::{artifacts, rendered, settings_of};

fn files(lines: &str) -> BTreeMap<String, String> {
    artifacts(&LinuxDevice, &settings_of(lines), &[])
}

#[test]
fn every_form_says_the_same_proxy() {
    for (lines, proxy) in [
        ("proxies: [proxy.contoso.com:8080]\ndevices: {}", "http://proxy.contoso.com:8080"),
        ("proxies: ['[fd00::1]:8080']\ndevices: {}", "http://[fd00::1]:8080"),
        ("devices: { unix_proxy: 'https://10.0.0.6:3128/' }", "https://10.0.0.6:3128"),
    ] {
        let files = files(lines);
        let json: serde_json::Value = serde_json::from_str(&files["mdatp_managed.json"]).unwrap();
        // Nothing else of the product is changed by it.
        assert_eq!(json, json!({ "cloudService": { "proxy": format!("{proxy}/") } }));
        let ends = |path: &str, end: String| assert!(files[path].ends_with(&end), "{path}: {}", files[path]);
        ends("set-proxy.sh", format!("\nmdatp config proxy set --value '{proxy}'\n"));
        ends("installer.env", format!("\nHTTPS_PROXY=\"{proxy}/\"\n"));
        ends(
            "mdatp.service.d/10-thruway-proxy.conf",
            format!("\n[Service]\nEnvironment=\"HTTPS_PROXY={proxy}/\"\n"),
        );
        assert!(files["check-proxy.sh"].contains(&format!("\nwanted='{proxy}'\n")));
    }
}

#[test]
fn the_placeholder_is_refused() {
    let rendered = rendered(&LinuxDevice, &settings_of("devices: {}"), &[]);
    assert!(rendered.artifacts.is_empty());
    let finding = &rendered.findings[0];
    assert_eq!((finding.code, finding.level), (Code::PlaceholderProxy, Level::Deny));
}

#[test]
fn a_hostile_source_stays_in_its_comment() {
    for (path, text) in files("proxies: [a.example:1]\ndevices: {}") {
        assert!(text.is_ascii(), "{path}");
        assert!(path.ends_with(".json") || text.contains("# Source: mde{U+000A}*/ urls"), "{path}");
    }
}
