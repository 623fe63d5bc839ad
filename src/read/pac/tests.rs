//! A file that was written is read, and nothing in it is passed over.

use super::*;

/// A file with both tables.
const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/targets/pac/golden/intents/proxy.pac"));

fn hosts(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.pattern.host.to_string()).collect()
}

fn read(text: &str) -> Pac {
    Pac::read("proxy.pac", text.as_bytes())
}

#[test]
fn a_file_says_who_gets_what() {
    let pac = read(FILE);
    assert_eq!(pac.troubles, []);
    assert_eq!(hosts(&pac.direct), ["*.push.example.com"]);
    assert_eq!(
        hosts(&pac.proxied)[4..],
        [
            "account.blob.core.windows.net",
            "*.push.example.com",
            "*.service.example.com",
            "relay-*.example.com"
        ]
    );
    assert_eq!(pac.direct[0].place.to_string(), "proxy.pac:139");
    assert!(FILE.lines().nth(138).unwrap().contains("push.example.com"));
    let proxies = ["proxy1", "proxy2"].map(|own| Direction::Proxy(format!("{own}.contoso.com:8080")));
    assert_eq!(pac.proxies, proxies);
    assert_eq!(pac.otherwise, [Direction::Proxy("127.0.0.1:9".to_owned())]);
}

#[test]
fn every_line_of_code_counts() {
    let lines: Vec<&str> = FILE.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let other = |own: String| {
            let mut changed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
            changed[at] = own;
            read(&changed.join("\n")).troubles
        };
        let changes = [other(format!("{line} ;")), other(String::new())];
        let is_comment = line.trim().starts_with("//");
        assert_eq!(changes[0].is_empty(), is_comment, "{}: {line}", at + 1);
        // A name may be lost with its line: that is another list.
        let is_name = line.starts_with("    \"");
        assert!(is_name || changes[1].is_empty() == is_comment, "{}: {line}", at + 1);
    }
}

#[test]
fn comments_and_blank_lines_may_stand_anywhere() {
    let pac = read(FILE);
    let lines: Vec<&str> = FILE.lines().collect();
    for at in 0..=lines.len() {
        for between in ["// \"x\", }", ""] {
            let mut changed = lines.clone();
            changed.insert(at, between);
            let changed = read(&changed.join("\n"));
            assert_eq!(changed.troubles, [], "after line {at}");
            assert_eq!(hosts(&changed.direct), hosts(&pac.direct));
            assert_eq!(hosts(&changed.proxied), hosts(&pac.proxied));
            assert_eq!((changed.proxies, changed.otherwise), (pac.proxies.clone(), pac.otherwise.clone()));
        }
    }
}

#[test]
fn a_file_that_browsers_do_not_load_is_told() {
    let long = format!("{FILE}// {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(read(&long).troubles[0].kind, TroubleKind::Refused);
    for text in
        ["", "\n", "// a comment\n", "function FindProxyForURL(url, host) {\n  return \"DIRECT\";\n}\n"]
    {
        assert_eq!(read(text).troubles.len(), 1, "{text:?}");
    }
}
