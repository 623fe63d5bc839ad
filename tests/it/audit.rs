//! Configurations written the way people write them: an audit finds the mistakes in them, and nothing else.

use std::process::Command;

use serde_json::Value;
use snapbox::{Data, assert_data_eq};

use super::common;

/// The exit code and the result.
fn audit(files: &[&str], rest: &[&str]) -> (i32, String) {
    let folder = common::root().join("tests/cases/audit");
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder)
        .args(["audit", "config", "--profile", "policy.yaml", "--today", "2026-11-24"])
        .args(files)
        .args(rest)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

/// One finding a line, as the file of what is expected has them.
fn findings(files: &[&str]) -> (i32, String) {
    let (code, text) = audit(files, &["--format", "json"]);
    let result: Value = serde_json::from_str(&text).unwrap();
    let line = |finding: &Value| {
        let place = &finding["place"];
        let place = match place["file"].as_str() {
            Some(file) => format!("{file}:{}", place["line"]),
            None => "-".to_owned(),
        };
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{place} {} {} {}\n", text("level"), text("code"), text("message"))
    };
    let mut lines: Vec<String> = result["findings"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    (code, lines.concat())
}

fn assert_found(name: &str, files: &[&str]) {
    let (code, found) = findings(files);
    let expected = common::root().join(format!("tests/cases/audit/expected/{name}.txt"));
    assert_data_eq!(found, Data::read_from(&expected, None).raw());
    assert_eq!(code, 1);
}

#[test]
fn the_mistakes_of_a_squid_configuration_are_found() {
    assert_found("squid", &["squid/squid.conf"]);
}

#[test]
fn the_mistakes_of_a_pac_are_found() {
    assert_found("pac", &["pac/proxy.pac"]);
}

#[test]
fn the_mistakes_of_a_pan_os_configuration_are_found() {
    assert_found("panos", &["panos/running.txt"]);
}

#[test]
fn the_mistakes_of_a_zscaler_configuration_are_found() {
    assert_found("zscaler", &["zscaler/categories.json", "zscaler/rules.json", "zscaler/url-filtering.json"]);
}

#[test]
fn the_mistakes_of_an_egress_filter_are_found() {
    assert_found("nft", &["nft/egress.nft", "nft/dnsmasq.conf"]);
}

#[test]
fn sarif_names_the_lines() {
    let (code, text) = audit(&["squid/squid.conf"], &["--format", "sarif"]);
    assert_eq!(code, 1);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let (_, found) = findings(&["squid/squid.conf"]);
    assert_eq!(results.len(), found.lines().count());
    let refused = results.iter().find(|result| result["ruleId"] == "needed-refused").unwrap();
    let place = &refused["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "squid/squid.conf");
    assert_eq!(place["region"]["snippet"]["text"], "http_access deny all");
}

#[test]
fn what_the_compiler_writes_has_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let profile = common::root().join("tests/cases/audit/policy.yaml");
    let status = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(["compile", "-q", "--profile"])
        .arg(profile)
        .arg("--out")
        .arg(&out)
        .status()
        .unwrap();
    assert!(status.success());
    let around = "acl localnet src 10.0.0.0/8\nacl thruway_users proxy_auth REQUIRED\ninclude thruway.conf\n\
                  http_access deny all\nssl_bump bump all\n";
    let main = out.join("squid/main.conf");
    std::fs::write(&main, around).unwrap();
    let (code, text) = audit(&[main.to_str().unwrap()], &["--format", "json"]);
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["findings"], serde_json::json!([]));
    assert_eq!(code, 0);
}

/// The exit code, the result and what went to stderr, of one file.
fn audit_text(name: &str, text: impl AsRef<[u8]>, rest: &[&str]) -> (i32, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder.path())
        .args(["audit", "config", name, "--today", "2026-11-24", "--profile"])
        .arg(common::root().join("tests/cases/audit/policy.yaml"))
        .args(if rest.contains(&"--format") { &[][..] } else { &["--format", "json"] })
        .args(rest)
        .output()
        .unwrap();
    let result = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), result, String::from_utf8(output.stderr).unwrap())
}

fn codes(result: &Value) -> Vec<&str> {
    result["findings"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap()).collect()
}

#[test]
fn an_open_proxy_is_wider_than_needed_and_loses_nothing() {
    let (code, result, _) = audit_text("squid.conf", "http_access allow all\n", &[]);
    assert_eq!((code, codes(&result)), (0, vec!["wider-than-needed"]));
    assert_eq!(result["findings"][0]["place"]["line"], 1);
}

#[test]
fn a_configuration_without_a_rule_refuses_everything() {
    let (code, result, _) = audit_text("squid.conf", "http_port 3128\n", &[]);
    assert_eq!(code, 1);
    assert!(codes(&result).iter().all(|code| *code == "needed-refused"), "{result}");
    assert_eq!(result["findings"].as_array().unwrap().len(), 9, "one for each rule of the policy");
}

#[test]
fn a_pac_that_does_not_end_is_given_up() {
    let script = "function FindProxyForURL(url, host) { for (;;) {} }";
    let (code, result, _) = audit_text("proxy.pac", script, &[]);
    assert_eq!(code, 1);
    assert!(codes(&result).contains(&"product-refuses"), "{result}");
    assert_eq!(result["sampled"], true);
}

#[test]
fn a_proxy_that_the_profile_does_not_name_is_told() {
    let script = "function FindProxyForURL(url, host) { return \"PROXY elsewhere.example:8080\"; }";
    let (code, result, _) = audit_text("proxy.pac", script, &[]);
    assert_eq!((code, codes(&result)), (0, vec!["misleading-entry"]));
    let none = script.replace("8080", "808O");
    let (_, result, _) = audit_text("proxy.pac", &none, &[]);
    assert!(codes(&result).contains(&"wider-than-needed"), "browsers connect directly: {result}");
}

#[test]
fn what_decides_nothing_is_no_result() {
    for (name, text, product) in
        [("a.nft", "table inet t {\n}\n", "nft"), ("a.txt", "a.example.com/\n", "panos")]
    {
        let (code, result, stderr) = audit_text(name, text, &["--input", product]);
        assert_eq!((code, result), (2, Value::Null), "{name}");
        assert!(stderr.contains(&format!("no rule of {product} is in these files")), "{stderr}");
    }
}

#[test]
fn a_file_of_no_product_is_asked_about() {
    let (code, result, stderr) = audit_text("list.txt", ".example.com\n", &[]);
    assert_eq!((code, result), (2, Value::Null));
    assert!(stderr.contains("--input squid|pac|panos|zscaler|nft"), "{stderr}");
}

/// Latin-1 in the list that a rule refuses by.
#[test]
fn an_octet_beyond_utf_8_hides_no_entry_of_a_list() {
    for (list, deep) in
        [(&b"# gesperrt, B\xfcro\n.wns.windows.com\n"[..], false), (b".wns.windows.com\n", true)]
    {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deny.txt"), list).unwrap();
        let main = folder.path().join("squid.conf");
        // A group in a group, twelve deep.
        let groups = (1..=12).map(|at| format!("acl b{at} any-of b{0} b{0} b{0}\n", at - 1));
        let groups: String = if deep { groups.collect() } else { String::new() };
        let last = if deep { "b12" } else { "b0" };
        let rules = format!(
            "acl b0 dstdomain -n \"deny.txt\"\n{groups}http_access deny {last}\nhttp_access allow all\n"
        );
        std::fs::write(&main, rules).unwrap();
        let (code, text) = audit(&[main.to_str().unwrap()], &["--format", "json"]);
        let result: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (code, codes(&result)),
            (1, vec!["needed-refused", "wider-than-needed"]),
            "{deep}: {result}"
        );
        assert_eq!(result["decided"], true);
    }
}

#[test]
fn what_is_not_understood_is_not_decided() {
    let text = "acl night time 22:00-06:00\nhttp_access allow night\nhttp_access allow all\n";
    let (code, result, _) = audit_text("squid.conf", text, &[]);
    assert_eq!((code, codes(&result)), (2, vec!["not-understood", "wider-than-needed"]));
    assert_eq!(result["decided"], false);
    let (code, _, stderr) = audit_text("squid.conf", text, &["--format", "human"]);
    let last = stderr.lines().last().unwrap();
    assert!(code == 2 && last.starts_with("not decided: 1 part was not understood"), "{stderr}");
    // Whoever has looked says so.
    let (code, result, _) = audit_text("squid.conf", text, &["-A", "not-understood"]);
    assert_eq!((code, codes(&result)), (0, vec!["wider-than-needed"]));
    // An error is graver.
    let (code, _, _) = audit_text("squid.conf", "acl night time 22:00-06:00\nhttp_access deny all\n", &[]);
    assert_eq!(code, 1);
}

#[test]
fn a_file_without_the_subcommand_is_told_the_command() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_thruway")).args(["audit", "squid.conf", "a b"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("`squid.conf` is no subcommand"), "{stderr}");
    assert!(stderr.contains("`thruway audit config squid.conf 'a b'`"), "{stderr}");
}

/// Thirty hosts that one line refuses are told under that line.
#[test]
fn a_cause_stands_there_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("squid.conf"),
        "http_port 3128\nhttp_access deny all\nssl_bump bump all\n",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .current_dir(folder.path())
        .args(["audit", "config", "squid.conf", "--today", "2026-11-24", "--profile"])
        .arg(common::root().join("tests/cases/audit/policy.yaml"))
        .output()
        .unwrap();
    let (text, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(text.matches("is refused").count(), 1, "{text}");
    assert!(text.contains("  squid.conf:2  `http_access deny all`: is refused\n    http"), "{text}");
    assert!(
        text.contains("    https://go.microsoft.com/  `go.microsoft.com`: endpoints.csv › E8\n"),
        "{text}"
    );
    assert!(
        stderr.contains("nothing is inspected before an `http_port` has `ssl-bump` with a CA"),
        "{stderr}"
    );
}
