//! The languages that a configuration comes in, and its lists.

use proptest::prelude::*;

use super::*;

#[test]
fn commands_are_words_with_quotes_and_brackets() {
    let reading = read_files(&[(
        "fw.txt",
        "# pasted\r\nconfigure\r\nset profiles custom-url-category \"my list\" list a.example/\r\n\
         set profiles custom-url-category 'my list' list [ b.example/ \"c.example/\" ]\n\
         set profiles custom-url-category \"my list\" description \"two\nlines, it's \"\n\
         set rulebase security rules r from [ any ] to any source any destination any service any application any\n\
         \tset rulebase security rules r category \"my list\" action allow log-end yes\n\n\
         set deviceconfig system hostname fw\nset network interface ethernet ethernet1/1 layer3 ip 10.0.0.1/24\ncommit\n",
    )]);
    assert_eq!(told(&reading), [""; 0]);
    let urls = ["https://a.example/", "https://b.example/", "https://c.example/"];
    assert_eq!(granted(&reading, Intent::Allow, &urls), urls);
    let place = |at: usize| reading.rulebases[&Intent::Allow].rules[0].items[at].place.to_string();
    assert_eq!([place(0), place(1)], ["fw.txt:3", "fw.txt:4"]);
    assert_eq!(reading.rulebases[&Intent::Allow].rules[0].place.to_string(), "fw.txt:7");
}

#[test]
fn a_command_that_is_not_understood_is_told_with_its_line() {
    for (line, want) in [
        ("set address a\u{c}x\u{b}fqdn", "NotUnderstood: `x\\u{b}fqdn` is not understood here"),
        ("show rulebase", "NotUnderstood: the command `show` is not understood"),
        ("edit rulebase", "NotUnderstood: the command `edit` is not understood"),
        ("set", "Refused: a command without words"),
        ("set nothing like it", "NotUnderstood: `nothing` is not understood here"),
        ("set rulebase security rules r actoin allow", "NotUnderstood: `actoin` is not understood here"),
        ("set rulebase security rules r action", "Refused: a word without its value"),
        ("set rulebase security rules r from", "Refused: a word without its value"),
        ("set rulebase security rules r from [ a b", "Refused: a bracket without an end"),
        ("set address a fqdn \"x", "Refused: a quote without an end"),
        ("set address a fqdn \"x\"y", "NotUnderstood: a quote that ends inside a word"),
        ("set address a description \"say \\\"x\\\"\"", "NotUnderstood: a backslash before a quote"),
        ("delete address missing", "Refused: what is to be changed is not there"),
        ("move rulebase security rules missing top", "Refused: what is to be changed is not there"),
        ("move rulebase security rules s up", "NotUnderstood: where to move is not understood"),
        ("move rulebase security rules s before missing", "Refused: there is no `missing` to move to"),
        ("set shared ssl-decrypt ssl-exclude-cert x", "NotUnderstood: `ssl-decrypt` is not understood here"),
    ] {
        let text = format!(
            "set rulebase security rules s log-end yes\n\n{line}\nset rulebase security rules s disabled yes\n"
        );
        let told = told(&commands(&text));
        assert_eq!(told.first(), Some(&format!("fw.txt:3 {want}")), "{line}: {told:?}");
    }
}

const XML: &str = r#"<?xml version="1.0"?>
<!-- a comment -->
<config version="10.2.0" urldb="paloaltonetworks">
  <mgt-config><users><entry name="admin"/></users></mgt-config>
  <shared>
    <address><entry name="shared"><ip-netmask>192.0.2.1</ip-netmask></entry></address>
  </shared>
  <devices><entry name="localhost.localdomain">
    <deviceconfig><system><hostname>fw</hostname></system></deviceconfig>
    <vsys><entry name="vsys1">
      <address><entry name="a &amp; b"><fqdn>&#119;ww.example.com</fqdn></entry></address>
      <profiles>
        <custom-url-category><entry name="c">
          <list>
            <member><![CDATA[a.example/]]></member>
            <member>b.example/</member>
          </list>
          <type>URL List</type>
        </entry></custom-url-category>
      </profiles>
      <rulebase>
        <security><rules>
          <entry name="one" uuid="1"><from><member>any</member></from><to><member>any</member></to>
            <source><member>any</member></source><destination><member>any</member></destination>
            <service><member>any</member></service><application><member>any</member></application>
            <category><member>c</member></category><action>allow</action><target><negate>no</negate></target></entry>
          <entry name="two"><from><member>any</member></from><to><member>any</member></to>
            <source><member>any</member></source>
            <destination><member>shared</member><member>a &amp; b</member></destination>
            <service><member>any</member></service><application><member>any</member></application>
            <action>allow</action></entry>
        </rules></security>
      </rulebase>
    </entry></vsys>
  </entry></devices>
</config>
"#;

#[test]
fn a_whole_configuration_is_read_with_lines() {
    let reading = read_files(&[("running.xml", XML)]);
    assert_eq!(told(&reading), [""; 0]);
    let urls = ["https://a.example/", "https://b.example/", "https://192.0.2.1/", "https://www.example.com/"];
    assert_eq!(granted(&reading, Intent::Allow, &urls), urls);
    assert!(!grants(&reading, Intent::Allow, "https://other.example/"));
    let rules = &reading.rulebases[&Intent::Allow].rules;
    let places: Vec<String> = rules.iter().map(|rule| rule.place.to_string()).collect();
    assert_eq!(places, ["running.xml:23", "running.xml:27"]);
    assert_eq!(rules[0].items[1].place.to_string(), "running.xml:16");
}

#[test]
fn a_part_of_a_configuration_is_read_where_it_belongs() {
    let inside = |start: &str, end: &str| {
        let from = XML.find(start).unwrap();
        let to = XML.find(end).unwrap() + end.len();
        XML[from..to].to_owned()
    };
    let rulebase = inside("<rulebase>", "</rulebase>");
    let profiles = inside("<profiles>", "</profiles>");
    let vsys = inside("<vsys>", "</vsys>");
    let security = inside("<security>", "</security>");
    let categories = inside("<custom-url-category>", "</custom-url-category>");
    for files in [
        vec![("vsys.xml", vsys.clone())],
        vec![("a.xml", rulebase.clone()), ("b.xml", profiles.clone())],
        vec![("a.xml", security), ("b.xml", categories)],
        vec![
            ("a.xml", format!("<response status=\"success\"><result>{rulebase}</result></response>")),
            ("b.xml", profiles),
        ],
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let reading = read_files(&files);
        assert!(grants(&reading, Intent::Allow, "https://a.example/"), "{files:?}");
        assert!(!grants(&reading, Intent::Allow, "https://other.example/"));
    }
}

#[test]
fn what_is_no_configuration_or_hostile_is_told_and_not_followed() {
    let laughs =
        "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]><config>&lol2;</config>";
    let deep = format!("<config><shared>{}", "<tag>".repeat(100_000));
    for (text, want) in [
        (laughs, "x.xml:1 Refused: a document type declaration"),
        (
            "<config>\n<shared>&lol;</shared></config>",
            "x.xml:2 Refused: an entity `lol`, which is not XML's own",
        ),
        (&deep, "x.xml:1 Refused: elements nest deeper than 128"),
        ("<config><shared>", "x.xml:1 Refused: ends inside an element"),
        (
            "<entry name=\"x\"/>",
            "x.xml:1 NotUnderstood: `entry` is no part of a configuration that is understood",
        ),
        ("<html>\n</html>", "x.xml:1 NotUnderstood: `html` is no part of a configuration that is understood"),
        (
            "<config><shared>\n<adress/></shared></config>",
            "x.xml:2 NotUnderstood: the element `adress` is not understood",
        ),
        (
            "<config><shared><address>\n<member>x</member></address></shared></config>",
            "x.xml:2 NotUnderstood: an element `member` in this place",
        ),
        (
            "<config><shared><address>\n<entry/></address></shared></config>",
            "x.xml:2 Refused: an entry without a name",
        ),
        (
            "<shared><address><entry name=\"a\">\n<fqdn>x.test</fqdn><fqdn>y.test</fqdn></entry></address></shared>",
            "x.xml:2 Refused: an element a second time",
        ),
        (
            "<shared><address><entry name=\"a\"/>\n<entry name=\"a\"/></address></shared>",
            "x.xml:2 Refused: `a` a second time",
        ),
        (
            "<shared><address><entry name=\"a\">\n<fqdn><member>x</member></fqdn></entry></address></shared>",
            "x.xml:2 NotUnderstood: an element `member` inside a text",
        ),
        ("<shared>\nstray</shared>", "x.xml:1 NotUnderstood: a text `stray` between elements"),
        (
            "<address><entry name=\"a\"><fqdn/></entry></address>",
            "x.xml:1 Refused: an element without its text",
        ),
    ] {
        let reading = read_files(&[("x.xml", text)]);
        assert_eq!(told(&reading).first().map(String::as_str), Some(want));
        assert!(reading.rulebases.is_empty());
    }
    let reading = read(&Texts::from([("x".to_owned(), b"<\xff".to_vec())]));
    assert_eq!(told(&reading), ["x NotUnderstood: not UTF-8"]);
}

#[test]
fn external_lists_are_read_by_the_last_part_of_their_url() {
    let files = [
        (
            "fw.txt",
            "set external-list urls type url url https://edl.example/a/urls.txt recurring hourly\n\
             set external-list nets type ip url https://edl.example/nets.txt exception-list 192.0.2.9\n\
             set external-list names type domain url https://edl.example/names.txt expand-domain yes\n\
             set rulebase security rules r from any to any source any destination any service any application any \
             category [ urls names nets ] action allow\n\
             set rulebase security rules s from any to any source any destination [ nets urls ] service any \
             application any action allow\n",
        ),
        ("lists/urls.txt", "a.example/\n\n*.b.example/\r\n# why\nc.example\n"),
        ("nets.txt", "192.0.2.1-192.0.2.3 a range\n192.0.2.9\n198.51.100.0/24 # net\nno address\n"),
        ("unused.txt", "x.example/\n"),
    ];
    let reading = read_files(&files);
    assert_eq!(
        told(&reading),
        [
            "lists/urls.txt:4 NeverMatches: `# why`: an entry has no blanks, and a URL list no comments",
            "lists/urls.txt:5 Misleading: `c.example`: without a slash at its end PAN-OS 10.1 and earlier also match \
             `c.example.domain.xyz`",
            "fw.txt:4 Refused: the list `names` is of the type `domain`, not `url`",
            "fw.txt:4 Refused: the list `nets` is of the type `ip`, not `url`",
            "nets.txt:4 NeverMatches: `no address`: no address, network or range of addresses",
            "fw.txt:5 Refused: the list `urls` is of the type `url`, not `ip`",
            "unused.txt NotUnderstood: a list that no rule refers to",
        ]
    );
    let urls = [
        "https://a.example/",
        "https://x.b.example/",
        "https://c.example/",
        "https://192.0.2.3/",
        "https://198.51.100.1/",
        "https://192.0.2.9/",
        "https://b.example/",
        "https://x.example/",
    ];
    assert_eq!(granted(&reading, Intent::Allow, &urls), urls[..5]);
    let item = &reading.rulebases[&Intent::Allow].rules[0].items[1];
    assert_eq!(item.place.to_string(), "lists/urls.txt:3");
}

#[test]
fn a_list_alone_is_what_its_kind_says() {
    let text = "a.example/\n192.0.2.0/24 x\n";
    let said = |kind| {
        let (items, troubles) = read_list("list", text, kind);
        let items = items.iter().map(|item| format!("{} {}", item.place, item.pattern.host));
        let troubles = troubles.iter().map(|trouble| format!("{} {:?}", trouble.place, trouble.kind));
        items.chain(troubles).collect::<Vec<_>>()
    };
    assert_eq!(said(ListKind::Url), ["list:1 a.example", "list:2 NeverMatches"]);
    assert_eq!(said(ListKind::Ip), ["list:2 192.0.2.0/24", "list:1 NeverMatches"]);
    assert_eq!(said(ListKind::Domain), ["list:1 NeverMatches", "list:2 NeverMatches"]);
    let (all, _) = read_list("list", "*\n", ListKind::Url);
    assert_eq!(all.len(), 3);
}

proptest! {
    #[test]
    fn no_text_is_a_panic(
        words in prop::collection::vec(prop::sample::select(&[
            "set", "delete", "move", "rulebase", "security", "rules", "r", "from", "[", "]", "\"", "'", "\n", "any",
            "vsys", "vsys1", "devices", "top", "before", "service", "protocol", "tcp", "port", "1-2", "shared", "readonly",
            "address", "static", "<config>", "<entry name=\"x\">", "</entry>", "<member>", "</member>", "&amp;", "&x;",
            "<![CDATA[", "]]>", "<shared>", "</shared>", "\u{e9}", "\\",
        ][..]), 0..40)
    ) {
        let text = words.join(" ");
        for name in ["x.txt", "x.tf"] {
            let _ = read_files(&[(name, &text)]);
        }
        let _ = read_files(&[("x.xml", &format!("<config>{text}"))]);
        for kind in [ListKind::Url, ListKind::Domain, ListKind::Ip] {
            let _ = read_list("x", &text, kind);
        }
    }
}
