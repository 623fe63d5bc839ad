use super::*;
use crate::source::{Source, SourceMap};

type Outcome = Result<(Vec<String>, Vec<(Code, String)>), CloudConnectionError>;

/// The hosts with their lines, and the findings' codes and places.
fn read_all(bytes: &[u8]) -> Outcome {
    let source = Source { name: "TestCloudConnection.txt".into(), sha256: String::new(), date: None };
    let source = SourceMap::default().add(source);
    let mut findings = Vec::new();
    let hosts = read(source, bytes, &mut findings)?;
    let lines = |from: &Provenance| {
        let lines: Vec<String> = from.cells().iter().map(|cell| cell.at.to_string()).collect();
        lines.join(", ")
    };
    let hosts = hosts.iter().map(|host| format!("{}: {}", host.value, lines(&host.from))).collect();
    let place = |finding: &Diagnostic| match &finding.place {
        crate::diag::Place::Cell(cell) => cell.at.to_string(),
        place => panic!("{place:?}"),
    };
    Ok((hosts, findings.iter().map(|finding| (finding.code, place(finding))).collect()))
}

fn hosts(text: &str) -> Vec<String> {
    read_all(text.as_bytes()).unwrap().0
}

// Only the heading's words are known from the vendor; the rest of these outputs is made up, each in
// another layout that the tool may have.
const PLAIN: &str = "Workspace 1 of 1\r\n\r\nFirewall Rule: *.ods.opinsights.azure.com\r\nabc.ods.opinsights.azure.com:443\r\n\
    \r\nFirewall Rule: *.blob.core.windows.net\r\nscadvisorcontent.blob.core.windows.net:443\r\n\
    https://weuhealthstorage.blob.core.windows.net/\r\n\r\nFirewall Rule: *.azure-automation.net\r\n\
    weu-agentservice-prod-1.azure-automation.net\r\n";

#[test]
fn only_hosts_under_the_storage_heading_are_read() {
    let (hosts, findings) = read_all(PLAIN.as_bytes()).unwrap();
    assert_eq!(
        hosts,
        ["scadvisorcontent.blob.core.windows.net: line 7", "weuhealthstorage.blob.core.windows.net: line 8"]
    );
    assert_eq!(findings, []);
}

#[test]
fn the_encoding_of_powershell_is_read() {
    let utf16: Vec<u8> = format!("\u{feff}{PLAIN}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf8 = format!("\u{feff}{PLAIN}");
    assert_eq!(read_all(&utf16), read_all(PLAIN.as_bytes()));
    assert_eq!(read_all(utf8.as_bytes()), read_all(PLAIN.as_bytes()));
}

#[test]
fn a_host_is_found_in_every_layout() {
    for line in [
        "a.blob.core.windows.net",
        "  A.Blob.Core.Windows.NET.  ",
        "https://a.blob.core.windows.net/container/file.txt?x=y.z",
        "a.blob.core.windows.net:443",
        "Blob storage host : a.blob.core.windows.net",
        "Host:a.blob.core.windows.net:443 reached",
        "\"a.blob.core.windows.net\", (443)",
        "-- a.blob.core.windows.net",
        "[+] Connection to a.blob.core.windows.net. succeeded",
    ] {
        for heading in [
            "Firewall Rule: *.blob.core.windows.net",
            "FIREWALL RULE *.BLOB.CORE.WINDOWS.NET",
            "---- firewall rules for (*.blob.core.windows.net) ----",
        ] {
            let text = format!("{heading}\n-----\n\n{line}\n");
            assert_eq!(hosts(&text), ["a.blob.core.windows.net: line 4"], "{text}");
        }
    }
}

#[test]
fn a_host_outside_the_wildcard_is_reported_and_not_used() {
    let text = "Firewall Rule: *.blob.core.windows.net\nevil.test\nblob.core.windows.net\nxblob.core.windows.net\n\
                a.blob.core.windows.net.evil.test b.blob.core.windows.net\n";
    let (hosts, findings) = read_all(text.as_bytes()).unwrap();
    assert_eq!(hosts, ["b.blob.core.windows.net: line 5"]);
    let want = [2, 3, 4, 5].map(|line| (Code::ForeignHost, format!("line {line}")));
    assert_eq!(findings, want);
}

#[test]
fn a_section_ends_at_a_blank_line_and_a_heading() {
    for next in ["Results:", "=== Proxy ===", "#### Summary", "Firewall Rule: *.oms.opinsights.azure.com"] {
        let text = format!(
            "Firewall Rule: *.blob.core.windows.net\na.blob.core.windows.net\n\n{next}\nz.blob.core.windows.net\n"
        );
        let (hosts, findings) = read_all(text.as_bytes()).unwrap();
        assert_eq!(hosts, ["a.blob.core.windows.net: line 2"], "{next}");
        // Should the section have ended too early, it shows.
        assert_eq!(findings, [(Code::UnreadText, "line 5".to_owned())], "{next}");
    }
    // A blank line alone does not end it: hosts may be listed in groups.
    let text =
        "Firewall Rule: *.blob.core.windows.net\n\na.blob.core.windows.net\n\nb.blob.core.windows.net\n";
    assert_eq!(hosts(text).len(), 2);
}

#[test]
fn a_failed_host_is_used_and_noted() {
    let text = "Firewall Rule: *.blob.core.windows.net\nConnection Failed: a.blob.core.windows.net\n\
                blocked host:- b.blob.core.windows.net\nConnection failed\nc.blob.core.windows.net\n";
    let (hosts, findings) = read_all(text.as_bytes()).unwrap();
    assert_eq!(hosts.len(), 3);
    let place = |code, line: &str| (code, line.to_owned());
    assert_eq!(
        findings,
        [
            place(Code::UnreadText, "line 4"),
            place(Code::FailedConnection, "line 2"),
            place(Code::FailedConnection, "line 3"),
        ]
    );
}

#[test]
fn outputs_of_several_workspaces_are_joined() {
    let text = format!("{PLAIN}\r\n{PLAIN}");
    assert_eq!(hosts(&text)[0], "scadvisorcontent.blob.core.windows.net: line 7, line 19");
}

#[test]
fn the_government_cloud_has_a_wildcard_of_its_own() {
    let text = "Firewall Rule: *.blob.core.usgovcloudapi.net\na.blob.core.usgovcloudapi.net\na.blob.core.windows.net\n";
    let (hosts, findings) = read_all(text.as_bytes()).unwrap();
    assert_eq!(hosts, ["a.blob.core.usgovcloudapi.net: line 2"]);
    assert_eq!(findings, [(Code::ForeignHost, "line 3".to_owned())]);
}

#[test]
fn an_output_without_the_heading_names_those_that_it_has() {
    let text = "Firewall Rule: *.ods.opinsights.azure.com\na.blob.core.windows.net\n";
    assert_eq!(
        read_all(text.as_bytes()).unwrap_err().to_string(),
        "no heading \"Firewall Rule: *.blob.core.windows.net\"; headings seen: \
         \"Firewall Rule: *.ods.opinsights.azure.com\""
    );
    assert!(read_all(b"").unwrap_err().to_string().ends_with("no other heading either"));
    // Escapes of a terminal are shown, not sent.
    let error = read_all(b"## \x1b[31mred").unwrap_err().to_string();
    assert!(error.contains("\\u{1b}[31m"), "{error}");
}

#[test]
fn hostile_output_is_bounded() {
    let heading = "Firewall Rule: *.blob.core.windows.net\n";
    let many = format!("{heading}{}", "x\n".repeat(50_000));
    let (found, findings) = read_all(many.as_bytes()).unwrap();
    assert_eq!((found.len(), findings.len()), (0, MAX_LISTED + 1));
    let foreign: String = (0..20_000).map(|number| format!("a.b{number} ")).collect();
    let foreign = format!("{heading}{foreign}");
    assert_eq!(read_all(foreign.as_bytes()).unwrap().1.len(), MAX_LISTED + 1);
    let repeated = format!("{heading}{}", "a.blob.core.windows.net ".repeat(20_000));
    assert_eq!(hosts(&repeated), ["a.blob.core.windows.net: line 2"]);
    assert!(matches!(read_all(&vec![b'x'; MAX_BYTES + 1]), Err(CloudConnectionError::TooLarge { .. })));
    for bytes in [&b"\xFF\xFE\x00\xD8F"[..], b"\0\0\0", b"\xFF\xFF\xFF", "Firewall Rule\u{130} *".as_bytes()]
    {
        assert!(read_all(bytes).is_err());
    }
    let odd = format!("{heading}\u{0}a.blob.core.windows.net\n\u{1b}[31mb.blob.core.windows.net\n\u{fffd}\n");
    let (hosts, findings) = read_all(odd.as_bytes()).unwrap();
    assert_eq!(hosts, Vec::<String>::new());
    assert_eq!(findings.len(), 2);
}
