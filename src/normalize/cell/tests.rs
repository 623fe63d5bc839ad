use super::*;

fn hosts(text: &str) -> Vec<String> {
    read(text).endpoints.iter().map(|written| format!("{}{}", written.host, written.path)).collect()
}

#[test]
fn one_host_in_every_dress() {
    for text in [
        "a.example.com",
        "  a.example.com \u{a0}\t",
        "\u{feff}a.example.com\u{200b}",
        "a.example.com.",
        "`a.example.com`",
        "``a.example.com``",
        "**a.example.com**",
        "\"a.example.com\"",
        "'a.example.com'",
        "<a.example.com>",
        "(a.example.com)",
        "[a.example.com](https://other.example.net/x)",
        "<code>a.example.com</code>",
        "- a.example.com",
        "• a.example.com",
        "a.example.com (EU)",
        "a\\.example.com",
    ] {
        assert_eq!(hosts(text), ["a.example.com"], "{text:?}");
        assert!(read(text).faults.is_empty(), "{text:?}");
    }
}

#[test]
fn several_hosts_in_one_cell() {
    for text in [
        "a.example.com\n*.b.example.com",
        "a.example.com\r\n*.b.example.com",
        "a.example.com<br>*.b.example.com",
        "a.example.com<br/> *.b.example.com",
        "a.example.com<BR />\\*.b.example.com",
        "a.example.com *.b.example.com",
        "a.example.com, *.b.example.com",
        "a.example.com;*.b.example.com",
        "a.example.com、*.b.example.com",
        "`a.example.com``*.b.example.com`",
        "a.example.com and *.b.example.com",
        "\ta.example.com&nbsp;*.b.example.com",
    ] {
        assert_eq!(hosts(text), ["a.example.com", "*.b.example.com"], "{text:?}");
    }
}

#[test]
fn a_host_in_a_sentence_does_not_count() {
    for text in [
        "Root URL of the CDN (see b.example.com) - for the updated URL, see [Using x](https://learn.example.com/y)",
        "[Defender portal](https://portal.example.com)",
        "See learn.example.com for details",
        "TBD",
        "-",
        "*Optional if managed internally",
        "all hosts *",
    ] {
        let content = read(text);
        assert!(content.endpoints.is_empty() && content.faults.is_empty(), "{text}: {content:?}");
    }
    assert!(read("See learn.example.com").prose);
    assert!(!read("a.example.com\nb.example.com").prose);
}

#[test]
fn hosts_beside_prose_count_where_they_stand_out() {
    for (text, want) in [
        (
            "`*.a.example.com``b.example.com`For more, see [x](/en-us/y#z).",
            &["*.a.example.com", "b.example.com"][..],
        ),
        ("Core services:\na.example.com", &["a.example.com"]),
        ("Allow *.a.example.com, see c.example.com", &["*.a.example.com"]),
        ("Allow https://a.example.com/x here", &["a.example.com/x"]),
        ("Allow https://aka.ms/x here", &[]),
    ] {
        assert_eq!(hosts(text), want, "{text}");
        assert!(read(text).prose, "{text}");
    }
}

#[test]
fn a_port_in_prose_belongs_to_the_host_before_it() {
    let content = read("`*.a.example.com``b.example.com` (Port 80 is required)`c.example.com`");
    let added: Vec<usize> = content.endpoints.iter().map(|written| written.added.len()).collect();
    assert_eq!(added, [0, 1, 0]);
    assert_eq!(content.endpoints[1].added, [ports::PortRange::one(80)]);
    for text in
        ["a.example.com port 80", "a.example.com ポート 80", "a.example.com 80", "a.example.com:443,80"]
    {
        let content = read(text);
        assert_eq!(content.endpoints.len(), 1, "{text}");
        assert_eq!(content.endpoints[0].added, [ports::PortRange::one(80)], "{text}");
    }
}

#[test]
fn a_host_that_a_blank_broke_is_a_fault_and_neither_half_a_host() {
    for (text, probably) in [
        ("*. ods.opinsights.azure.cn", "*.ods.opinsights.azure.cn"),
        ("* ods.opinsights.azure.cn", "*.ods.opinsights.azure.cn"),
        ("* .ods.opinsights.azure.cn", "*.ods.opinsights.azure.cn"),
        ("*.Azure automation.us", "*.azure-automation.us"),
        ("*.azure-automation. us", "*.azure-automation.us"),
        ("https:// a.example.com", "https://a.example.com"),
    ] {
        let content = read(text);
        assert!(content.endpoints.is_empty(), "{text}: {content:?}");
        let kinds: Vec<_> = content.faults.into_iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::Blank { probably: Some(probably.to_owned()) }], "{text}");
    }
}

#[test]
fn a_star_alone_is_a_fault_not_a_host() {
    for text in ["*", "*.*", "a.example.com\n*", "https://*"] {
        assert_eq!(read(text).faults.len(), 1, "{text}");
    }
}

#[test]
fn a_name_with_a_part_left_open_is_a_fault_and_never_everything_below() {
    for text in [
        "<workspace-id>.ods.example.com",
        "`<workspace-id>.ods.example.com`",
        "&lt;workspace-id&gt;.ods.example.com",
        "<your tenant>.example.com",
        "https://gw-<region>.example.com/x",
        "(id).example.com",
        "{tenant}.example.com",
    ] {
        let content = read(text);
        let below: Vec<_> =
            content.endpoints.iter().filter(|w| w.host.to_string().starts_with('.')).collect();
        assert!(below.is_empty(), "{text}: {below:?}");
        assert_eq!(content.faults.len(), 1, "{text}: {content:?}");
    }
    for text in ["[tenant].example.com", "\"id\".example.com", "`x`.example.com", "<tenant>"] {
        assert_eq!(hosts(text), [""; 0], "{text}");
    }
    assert_eq!(
        hosts(".example.com, .example.net\n`.example.org`"),
        [".example.com", ".example.net", ".example.org"]
    );
}

#[test]
fn marks_of_footnotes_are_neither_ports_nor_part_of_the_name() {
    for text in [
        "a.example.com [1]",
        "a.example.com[^2]",
        "a.example.com¹",
        "a.example.com†",
        "a.example.com 2",
        "a.example.com<sup>1</sup>",
        "a.example.com<sup>[1](#note)</sup>",
        "_a.example.com_",
        "a.exam<wbr>ple.com",
    ] {
        let content = read(text);
        assert_eq!(hosts(text), ["a.example.com"], "{text}");
        assert!(content.endpoints[0].ports.is_empty() && content.endpoints[0].added.is_empty(), "{text}");
    }
    let port = |text: &str| read(text).endpoints[0].added.clone();
    for text in ["a.example.com (TCP 8443)", "a.example.com port 8443", "a.example.com 8443"] {
        assert_eq!(port(text), [ports::PortRange::one(8443)], "{text}");
    }
}

#[test]
fn a_repeated_host_is_one_endpoint() {
    let content = read("*.oms.example.com\r\n*.oms.example.com\r\n*.blob.example.net");
    assert_eq!(content.endpoints.len(), 2);
    assert_eq!(content.repeated.len(), 1);
    assert_eq!(content.repeated[0].host.to_string(), "*.oms.example.com");
}

#[test]
fn unclosed_marks_do_not_swallow_the_cell() {
    for text in ["`a.example.com", "a.example.com (", "[a.example.com", "<a.example.com", "a.example.com ``"]
    {
        let content = read(text);
        assert!(content.endpoints.len() + content.faults.len() == 1, "{text}: {content:?}");
    }
}

#[test]
fn addresses_keep_their_brackets_and_lengths() {
    assert_eq!(
        hosts("13.107.6.152/31\n2603:1006::/40, [2001:db8::1]:8443"),
        ["13.107.6.152/31", "2603:1006::/40", "2001:db8::1"]
    );
}
