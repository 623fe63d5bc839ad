use std::path::PathBuf;

use super::*;

/// Texts of the vendor's tools: test input, never a part of the project.
fn sample(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn failed(code: u32, text: &str) -> Result {
    Result::Failed { code: Some(code), text: text.to_owned() }
}

fn results(reported: &Reported) -> Vec<(&str, &Result)> {
    reported.ways.iter().map(|(name, result)| (name.as_str(), result)).collect()
}

#[test]
fn the_analyzers_ways_are_read() {
    let reports = read(&sample("mdeclientanalyzer-reconstructed.txt")).unwrap();
    assert_eq!(reports.tool, Tool::Analyzer);
    let [gateway, blob] = &reports.urls[..] else { panic!("{reports:#?}") };
    assert_eq!(
        (gateway.url.as_str(), gateway.line),
        ("https://winatp-gw-cus.microsoft.com/commands/test", 11)
    );
    let ok = Result::Succeeded(Some(200));
    assert_eq!(
        results(gateway),
        [
            ("Default proxy", &ok),
            (
                "Proxy auto discovery (WPAD)",
                &failed(12180, "The Proxy Auto-configuration URL was not found.")
            ),
            ("Proxy disabled", &failed(12002, "The operation timed out")),
            ("Named proxy ( https://10.0.0.6:8080)", &ok),
            ("Command line proxy", &Result::NotTried),
        ]
    );
    // A tab and a word of the vendor's stand behind the URL.
    assert_eq!(blob.url, "https://ussus1eastprod.blob.core.windows.net");
    assert!(blob.is_not_pinned && !gateway.is_not_pinned);
    assert_eq!(
        results(blob)[3],
        (
            "Named proxy ( not a proxy)",
            &Result::Failed { code: None, text: "The proxy isn't in valid format".to_owned() }
        )
    );
}

#[test]
fn the_example_of_the_vendors_page_is_read() {
    let reports = read(&sample("mdeclientanalyzer_doc_example.txt")).unwrap();
    let [only] = &reports.urls[..] else { panic!("{reports:#?}") };
    assert_eq!(only.ways.len(), 5);
    assert_eq!(results(only)[3], ("Named proxy", &Result::NotTried));
}

#[test]
fn windows_powershell_writes_utf_16() {
    let text =
        String::from_utf8(sample("mdeclientanalyzer-reconstructed.txt")).unwrap().replace('\n', "\r\n");
    let bytes: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read(&bytes), read(text.as_bytes()));
}

#[test]
fn mdatp_tells_what_curl_says() {
    for (name, count) in [("mdatp_linux_connectivity_test.txt", 14), ("mdatp_old_connectivity_test.txt", 6)] {
        let reports = read(&sample(name)).unwrap();
        assert_eq!((reports.tool, reports.urls.len()), (Tool::Mdatp, count));
        assert!(reports.urls.iter().all(|own| own.ways[0].1 == Result::Succeeded(None)), "{name}");
    }
    // The wording of failures is not known; they are told by curl's number.
    let text = "Testing connection with https://a.example/ping ... [Error] curl error 60: no chain\n\
                Testing connection with https://b.example/ping ... [Failed]\n";
    let reports = read(text.as_bytes()).unwrap();
    assert_eq!(reports.urls[0].ways[0].1, failed(60, "[Error] curl error 60: no chain"));
    assert!(advice(Tool::Mdatp, &reports.urls[0].ways[0].1).unwrap().contains("exempt"));
    assert_eq!(reports.urls[1].ways[0].1, Result::Failed { code: None, text: "[Failed]".to_owned() });
}

#[test]
fn hosts_that_the_cloud_test_could_not_reach_are_told() {
    // The layout is not public: a heading, and words for what failed.
    let text = "Some words\n\nFirewall Rule: *.blob.core.windows.net\n  one.blob.core.windows.net:443\n\
                Connection failed: one.blob.core.windows.net\nBlocked Host: two.agentsvc.azure-automation.net\n\
                three.blob.core.windows.net\n";
    let reports = read(text.as_bytes()).unwrap();
    assert_eq!(reports.tool, Tool::CloudConnection);
    let told: Vec<_> =
        reports.urls.iter().map(|own| (own.url.as_str(), own.ways[0].1 == Result::NotTried)).collect();
    assert_eq!(
        told,
        [
            ("one.blob.core.windows.net", false),
            ("two.agentsvc.azure-automation.net", false),
            ("three.blob.core.windows.net", true)
        ]
    );
}

#[test]
fn other_texts_and_hostile_ones_are_refused_or_made_safe() {
    assert_eq!(read(b""), Err(ReportsError::Unknown));
    assert_eq!(read(b"Dear all,\nthe proxy failed."), Err(ReportsError::Unknown));
    assert_eq!(read(&vec![b'a'; MAX_BYTES + 1]), Err(ReportsError::TooLarge { bytes: MAX_BYTES + 1 }));
    let many = "Testing URL : https://a.example/\n".repeat(MAX_URLS + 1);
    assert_eq!(read(many.as_bytes()), Err(ReportsError::TooMany));
    let text = "Testing URL : https://a\u{1b}[31m/\n1 - x\u{1b}: Failed (1: \u{1b}[2J)\n9 - : Succeeded (\n";
    let reports = read(text.as_bytes()).unwrap();
    assert!(!format!("{:?}", reports.urls[0]).contains('\u{1b}'));
    assert_eq!(results(&reports.urls[0])[1], ("", &Result::Succeeded(None)));
}

#[test]
fn a_password_of_a_proxy_is_not_told() {
    for (text, want) in [
        ("Named proxy ( http://user:s3cret@p:8080)", "Named proxy ( http://p:8080)"),
        ("http://a:b@c@p/x@y and https://u:p@q", "http://p/x@y and https://q"),
        ("https://a.example/?x=1", "https://a.example/?x=1"),
        ("a@b", "a@b"),
    ] {
        assert_eq!(told(text), want);
    }
}
