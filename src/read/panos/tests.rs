//! PAN-OS is read as PAN-OS reads: what its documents say, and what people write.

<<<<<<< HEAD
use proptest::prelude::*;
=======
mod languages;
mod rules;
>>>>>>> panos

use super::*;
use crate::model::{Intent, Request};

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn read_files(files: &[(&str, &str)]) -> Reading {
    read(&texts(files))
}

/// Commands with rules to which zones, sources and the like do not matter.
fn commands(text: &str) -> Reading {
    read_files(&[("fw.txt", &expanded(text))])
}

/// `ALLOW x` and the like as commands: `any` where nothing else is said.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim();
        let (policy, action) = match line.split(' ').next() {
            Some("ALLOW") => ("security", "application any service any action allow"),
            Some("DENY") => ("security", "application any service any action deny"),
            Some("DECRYPT") => ("decryption", "action decrypt"),
            Some("NODECRYPT") => ("decryption", "action no-decrypt"),
            Some("ASK") => ("authentication", "authentication-enforcement default-web-form"),
            Some("NOASK") => ("authentication", "authentication-enforcement default-no-captive-portal"),
            _ => {
                out.push_str(line);
                out.push('\n');
                continue;
            }
        };
        let (_, rest) = line.split_once(' ').unwrap();
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let rule = format!("set rulebase {policy} rules {name}");
        // On one line with the rest, so that lines keep their numbers.
        let destination = if rest.contains("destination ") { "" } else { " destination any" };
        let action =
            if rest.contains("service ") { action.replace("service any ", "") } else { action.to_owned() };
        let action =
            if rest.contains("application ") { action.replace("application any ", "") } else { action };
        out.push_str(&format!("{rule} from any to any source any{destination} {action} {rest}\n"));
    }
    out
}

fn grants(reading: &Reading, intent: Intent, url: &str) -> bool {
    let request: Request = url.parse().unwrap();
    reading.rulebases[&intent].index().at(&request.host).grants(&request)
}

/// The URLs of some that are granted.
fn granted<'u>(reading: &Reading, intent: Intent, urls: &[&'u str]) -> Vec<&'u str> {
    urls.iter().copied().filter(|url| grants(reading, intent, url)).collect()
}

fn told(reading: &Reading) -> Vec<String> {
    let troubles = reading.troubles.iter();
    troubles.map(|trouble| format!("{} {:?}: {}", trouble.place, trouble.kind, trouble.what)).collect()
}
<<<<<<< HEAD

const LISTS: &str = "set profiles custom-url-category good list [ good.example/ *.good.example/ ]\n\
                     set profiles custom-url-category bad list bad.good.example/\n";

#[test]
fn the_first_rule_that_matches_decides_and_the_default_otherwise() {
    let urls = ["https://good.example/", "https://bad.good.example/", "https://other.example/"];
    let reading = commands(&format!(
        "{LISTS}DENY a category bad\nALLOW b category good\nDECRYPT a category bad\nNODECRYPT b category good\n\
         ASK a category bad\nNOASK b category good"
    ));
    assert_eq!(told(&reading), [""; 0]);
    assert_eq!(granted(&reading, Intent::Allow, &urls), [urls[0]]);
    // What no rule matches is neither decrypted nor asked.
    assert_eq!(granted(&reading, Intent::BypassInspection, &urls), [urls[0], urls[2]]);
    assert_eq!(granted(&reading, Intent::BypassAuthentication, &urls), [urls[0], urls[2]]);
    let swapped = commands(&format!("{LISTS}ALLOW b category good\nDENY a category bad"));
    assert_eq!(granted(&swapped, Intent::Allow, &urls), [urls[0], urls[1]]);
    assert!(!swapped.rulebases.contains_key(&Intent::BypassInspection), "nothing is said of it");
    let whole = commands(&format!("{LISTS}DENY a category bad\nALLOW all\n"));
    assert_eq!(granted(&whole, Intent::Allow, &urls), [urls[0], urls[2]]);
    assert!(
        grants(&whole, Intent::Allow, "https://192.0.2.1/") && grants(&whole, Intent::Allow, "http://[::1]/")
    );
}

#[test]
fn rules_are_moved_disabled_and_deleted() {
    let urls = ["https://good.example/", "https://bad.good.example/"];
    for (commands_text, want) in [
        ("", &urls[..]),
        ("move rulebase security rules deny top", &urls[..1]),
        ("move rulebase security rules deny before allow", &urls[..1]),
        ("move rulebase security rules allow after deny", &urls[..1]),
        ("move rulebase security rules allow bottom", &urls[..1]),
        ("move rulebase security rules deny bottom", &urls[..]),
        ("set rulebase security rules allow disabled yes", &[]),
        (
            "set rulebase security rules allow disabled yes\nset rulebase security rules allow disabled no",
            &urls[..],
        ),
        ("delete rulebase security rules allow", &[]),
        ("delete rulebase security", &[]),
        ("delete profiles custom-url-category good list good.example/", &urls[1..]),
        ("delete profiles custom-url-category good list [ *.good.example/ ]", &urls[..1]),
        ("set rulebase security rules allow action drop", &[]),
    ] {
        let reading =
            commands(&format!("{LISTS}ALLOW allow category good\nDENY deny category bad\n{commands_text}"));
        assert_eq!(told(&reading), [""; 0], "{commands_text}");
        match reading.rulebases.contains_key(&Intent::Allow) {
            true => assert_eq!(granted(&reading, Intent::Allow, &urls), want, "{commands_text}"),
            false => assert!(want.is_empty(), "{commands_text}"),
        }
    }
}

#[test]
fn services_are_ports() {
    let objects = "set service web protocol tcp port 80,443,8000-8010\nset service dns protocol udp port 53\n\
                   set service-group both members [ web dns ]\nset service-group all members [ both service-https all ]\n\
                   set service one protocol tcp port 9000 source-port 1024-65535\n";
    let urls = [
        "http://a.test/",
        "https://a.test/",
        "http://a.test:8080/",
        "http://a.test:443/",
        "https://a.test:80/",
        "https://a.test:8005/",
        "https://a.test:53/",
        "https://a.test:9000/",
    ];
    for (service, want) in [
        ("any", &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("application-default", &[0, 1]),
        ("service-http", &[0, 2, 4]),
        ("service-https", &[1, 3]),
        ("[ service-http service-https ]", &[0, 1, 2, 3, 4]),
        ("web", &[0, 1, 3, 4, 5]),
        ("dns", &[]),
        ("both", &[0, 1, 3, 4, 5]),
        ("all", &[0, 1, 3, 4, 5]),
        ("one", &[7]),
    ] {
        let reading = commands(&format!("{objects}ALLOW a service {service}"));
        let want: Vec<&str> = want.iter().map(|&at| urls[at]).collect();
        assert_eq!(granted(&reading, Intent::Allow, &urls), want, "{service}");
        let assumed = if service == "one" { 1 } else { 0 };
        assert_eq!(reading.troubles.len(), assumed, "{service}: {:?}", told(&reading));
    }
}

#[test]
fn destinations_are_addresses_and_their_opposite() {
    let objects = "set address net ip-netmask 203.0.113.0/24\nset address pair ip-range 192.0.2.1-192.0.2.2\n\
                   set address name fqdn www.example.com\nset address host ip-netmask 198.51.100.7\n\
                   set address-group some static [ net pair ]\nset address-group all static [ some name all ]\n";
    let urls = [
        "https://203.0.113.9/",
        "https://192.0.2.2/",
        "https://192.0.2.3/",
        "https://www.example.com/",
        "https://198.51.100.7/",
        "https://other.example/",
        "https://[2001:db8::1]/",
        "https://255.255.255.255/",
    ];
    for (destination, want) in [
        ("net", &[0][..]),
        ("some", &[0, 1]),
        ("all", &[0, 1, 3]),
        ("[ host 2001:db8::/32 ]", &[4, 6]),
        ("203.0.113.9-255.255.255.255", &[0, 7]),
        // Whether a name resolves to others is taken as fulfilled.
        ("some negate-destination yes", &[2, 3, 4, 5, 6, 7]),
        ("0.0.0.0/0 negate-destination yes", &[3, 5, 6]),
        ("255.255.255.255 negate-destination no", &[7]),
    ] {
        let reading = commands(&format!("{objects}ALLOW a destination {destination}"));
        let want: Vec<&str> = want.iter().map(|&at| urls[at]).collect();
        assert_eq!(granted(&reading, Intent::Allow, &urls), want, "{destination}");
        // And for what refuses, as not fulfilled.
        let reading = commands(&format!("{objects}DENY a destination {destination}\nALLOW all"));
        let names = ["https://other.example/"];
        assert_eq!(granted(&reading, Intent::Allow, &names), names, "{destination}");
    }
}

#[test]
fn a_category_and_a_destination_are_both_asked() {
    let lists = "set profiles custom-url-category c list [ a.example/ 203.0.113.7/ 192.0.2.1/ ]\n";
    let urls = ["https://a.example/", "https://203.0.113.7/", "https://192.0.2.1/", "https://203.0.113.8/"];
    let rule = "category c destination 203.0.113.0/24";
    let reading = commands(&format!("{lists}ALLOW a {rule}"));
    assert_eq!(granted(&reading, Intent::Allow, &urls), urls[..2]);
    assert_eq!(told(&reading), ["fw.txt:2 Assumed: the rule depends on `destination`, taken as fulfilled"]);
    let reading = commands(&format!("{lists}DENY a {rule}\nALLOW all"));
    assert_eq!(granted(&reading, Intent::Allow, &urls), [urls[0], urls[2], urls[3]]);
}

#[test]
fn what_depends_on_more_than_the_request_is_taken_for_what_grants_and_not_for_what_refuses() {
    let any = "destination any service any category c";
    let lists = "set profiles custom-url-category c list a.example/\n";
    for (condition, word) in [
        ("from trust to any source any application any", "from"),
        ("from any to [ a b ] source any application any", "to"),
        ("from any to any source 10.0.0.0/8 application any", "source"),
        ("from any to any source any negate-source yes application any", "negate-source"),
        ("from any to any source any application [ ssl web-browsing ]", "application"),
        ("from any to any source any application any source-user boss", "source-user"),
        ("from any to any source any application any hip-profiles h", "hip-profiles"),
        ("from any to any source any application any schedule noon", "schedule"),
        (
            "from any to any description x tag [ a b ] source any application any rule-type intrazone",
            "rule-type",
        ),
        ("from any to any source any application any target tags [ a b ]", "target"),
    ] {
        for (action, granted) in [("allow", true), ("deny", false)] {
            let rule = format!("{lists}set rulebase security rules r {condition} {any} action {action}\n");
            let reading = commands(&format!("{rule}\nset rulebase security rules r log-end yes"));
            let taken = if granted { "fulfilled" } else { "not fulfilled" };
            let want = format!("fw.txt:2 Assumed: the rule depends on `{word}`, taken as {taken}");
            assert_eq!(told(&reading), [want], "{condition}");
            let reading = commands(&format!("{rule}ALLOW all service any"));
            assert!(grants(&reading, Intent::Allow, "https://a.example/"), "{condition} {action}");
        }
    }
    for profiles in ["group strict", "profiles url-filtering a virus b"] {
        let text = format!("{lists}ALLOW a category c profile-setting {profiles} log-end yes");
        assert_eq!(
            told(&commands(&text)),
            ["fw.txt:2 Assumed: the rule depends on `profile-setting`, taken as fulfilled"]
        );
    }
    let text =
        format!("{lists}ALLOW a category c\nset rulebase security rules a target devices 0123 vsys vsys1");
    assert_eq!(
        told(&commands(&text)),
        ["fw.txt:2 Assumed: the rule depends on `target`, taken as fulfilled"]
    );
    let inbound = format!("{lists}DECRYPT a category c type ssl-inbound-inspection cert");
    assert!(grants(&commands(&inbound), Intent::BypassInspection, "https://a.example/"));
}

#[test]
fn what_a_rule_refers_to_and_is_not_there_is_told_with_its_place() {
    let reading = commands(
        "set external-list far type url url https://edl.example/far.txt\n\
         set profiles custom-url-category match type \"Category Match\" list malware\n\
         set address-group tags dynamic filter 'a and b'\nset address wild ip-wildcard 10.0.0.0/0.0.0.255\n\
         ALLOW c category [ far match malware missing ]\nALLOW d destination [ US missing panw-x tags wild ]\n\
         ALLOW s service missing\nNOASK e authentication-enforcement missing\nset service empty description x\n\
         ALLOW s2 service empty\nALLOW p service port\nset service port protocol tcp port 80-x\n\
         ALLOW n destination [ US 10.0.0.0/8 ] negate-destination yes\n",
    );
    assert_eq!(
        told(&reading),
        [
            "fw.txt:5 NotUnderstood: the list `far` is not among the files: `far.txt`",
            "fw.txt:2 NotUnderstood: which sites a category of the type `Category Match` has is not known",
            "fw.txt:5 NotUnderstood: which sites the category `malware` has is not known",
            "fw.txt:5 Refused: there is no URL category `missing`",
            "fw.txt:6 NotUnderstood: which addresses `US` has is not known",
            "fw.txt:6 Refused: there is no address `missing`",
            "fw.txt:6 NotUnderstood: which addresses `panw-x` has is not known",
            "fw.txt:3 NotUnderstood: which addresses the group `tags` has is not known",
            "fw.txt:4 NotUnderstood: the address `wild` is not understood",
            "fw.txt:7 Refused: there is no service `missing`",
            "fw.txt:9 Refused: the service `empty` has no protocol",
            "fw.txt:12 Refused: `80-x` are no ports",
            "fw.txt:13 NotUnderstood: which addresses `US` has is not known",
            "fw.txt:13 NotUnderstood: the rule is for all but addresses that are not known",
            "fw.txt:8 Refused: `authentication-enforcement` is `missing`, which is not known",
        ]
    );
    for rule in &reading.rulebases[&Intent::Allow].rules {
        assert!(rule.items.is_empty(), "nothing is granted by what is not known");
    }
}

#[test]
fn a_rule_without_what_it_must_have_is_refused() {
    let reading = commands(
        "set rulebase security rules a from any to any source any destination any service any action allow\n\
         set rulebase security rules b from any to any source any destination any service any application any\n\
         set rulebase decryption rules c from any to any source any destination any\n\
         set rulebase security rules d from any to any source any destination any service any application any action pass\n\
         ALLOW e disabled maybe\nALLOW f destination any negate-destination yes\n\
         set rulebase security rules g from <ZONE> to any source any destination any service any application any action allow",
    );
    assert_eq!(
        told(&reading),
        [
            "fw.txt:1 Refused: the rule has no `application`",
            "fw.txt:2 Refused: the rule has no `action`",
            "fw.txt:4 Refused: `action` is `pass`, which is not known",
            "fw.txt:5 Refused: `disabled` is `maybe`, neither `yes` nor `no`",
            "fw.txt:6 NeverMatches: the rule goes to none of all addresses",
            "fw.txt:7 Refused: `<ZONE>` is no name in PAN-OS",
            "fw.txt:7 Assumed: the rule depends on `from`, taken as fulfilled",
            "fw.txt:3 Refused: the rule has no `action`",
        ]
    );
}

#[test]
fn a_decryption_rule_sees_no_path_and_no_plain_http() {
    let lists = "set profiles custom-url-category c list [ a.example/ b.example/pki/ ]\n";
    let reading =
        commands(&format!("{lists}NODECRYPT n category c\nDECRYPT all\nDECRYPT ssh type ssh-proxy"));
    let urls = ["https://a.example/", "https://b.example/pki/", "https://c.example/"];
    assert_eq!(granted(&reading, Intent::BypassInspection, &urls), urls[..1]);
    assert!(grants(&reading, Intent::BypassInspection, "http://c.example/"), "plain HTTP is not decrypted");
    assert_eq!(told(&reading), ["fw.txt:1 NeverMatches: a path, which is not seen before TLS is decrypted"]);
    let reading = commands(&format!("{lists}ALLOW n category c"));
    let urls = ["http://b.example/pki/x", "http://b.example/", "http://a.example/x"];
    assert_eq!(granted(&reading, Intent::Allow, &urls), [urls[0], urls[2]]);
}

#[test]
fn an_authentication_object_says_whether_it_asks() {
    let objects = "set authentication-object quiet authentication-method no-captive-portal\n\
                   set shared authentication-object loud authentication-method browser-challenge authentication-profile p\n";
    let rules = "NOASK a destination 192.0.2.1 authentication-enforcement quiet\n\
                 NOASK b authentication-enforcement loud\n";
    let reading = commands(&format!("{objects}{rules}"));
    assert_eq!(told(&reading), [""; 0]);
    let urls = ["https://192.0.2.1/", "https://192.0.2.2/", "https://a.example/"];
    assert_eq!(granted(&reading, Intent::BypassAuthentication, &urls), urls[..1]);
}

#[test]
fn the_default_between_zones_may_be_to_let_through() {
    let reading = commands(
        "set rulebase default-security-rules rules interzone-default action allow\nDENY a destination 192.0.2.1",
    );
    assert!(grants(&reading, Intent::Allow, "https://a.example/"));
    assert!(!grants(&reading, Intent::Allow, "https://192.0.2.1/"));
}

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
    let reading = read(&Texts::from([("x".to_owned(), vec![0xff, 0xfe])]));
    assert_eq!(told(&reading), ["x NotUnderstood: not UTF-8"]);
}

/// Groups that double at every level, and lists that many rules use.
#[test]
fn groups_that_hold_each_other_take_no_time() {
    let mut text =
        String::from("set address a ip-netmask 192.0.2.1\nset address-group g0 static [ a g40 ]\n");
    for level in 1..=40 {
        let below = format!("g{}", level - 1);
        text.push_str(&format!("set address-group g{level} static [ {below} {below} ]\n"));
        text.push_str(&format!("set service-group g{level} members [ {below} {below} ]\n"));
    }
    text.push_str(
        "set service-group g0 members [ service-https g40 ]\nALLOW r destination g40 service g40\n",
    );
    let reading = commands(&text);
    assert_eq!(told(&reading), [""; 0]);
    assert!(grants(&reading, Intent::Allow, "https://192.0.2.1/"));
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
fn a_device_group_has_its_own_rules_inside_of_those_that_it_inherits() {
    let any = "from any to any source any destination any service any application any";
    let text = format!(
        "set readonly devices localhost.localdomain device-group branch parent-dg company\n\
         set shared profiles custom-url-category c list shared.example/\n\
         set device-group company profiles custom-url-category c list company.example/\n\
         set device-group company profiles custom-url-category own list own.example/\n\
         set shared profiles custom-url-category never list never.example/\n\
         set shared profiles custom-url-category never2 list never2.example/\n\
         set shared pre-rulebase security rules a {any} category never action deny\n\
         set device-group branch pre-rulebase security rules b {any} category [ c own never ] action allow\n\
         set device-group company post-rulebase security rules d {any} category never2 action deny\n\
         set shared post-rulebase security rules e {any} category never2 action allow\n\
         set device-group branch devices 0123456789\n"
    );
    let texts = texts(&[("panorama.txt", &text)]);
    let configuration = Configuration::new(&texts);
    let branch = Scope::DeviceGroup("branch".to_owned());
    let company = Scope::DeviceGroup("company".to_owned());
    assert_eq!(configuration.scopes(), [company.clone(), branch.clone()]);
    let reading = configuration.reading(&branch).reading;
    assert_eq!(told(&reading), [""; 0]);
    let urls = [
        "https://company.example/",
        "https://own.example/",
        "https://shared.example/",
        "https://never.example/",
        "https://never2.example/",
    ];
    assert_eq!(granted(&reading, Intent::Allow, &urls), urls[..2]);
    assert_eq!(granted(&configuration.reading(&company).reading, Intent::Allow, &urls), [""; 0]);
    assert_eq!(
        told(&read(&texts)),
        ["panorama.txt:1 NotUnderstood: the rules of the device group `branch` are not read beside those of the device group `company`"]
            .map(|text| text.replace(":1 ", ":8 "))
    );
}

#[test]
fn several_virtual_systems_are_told_apart() {
    let rule = "from any to any source any destination any service any application any action";
    let text = format!(
        "set rulebase security rules a {rule} allow\nset vsys vsys1 rulebase security rules b {rule} deny\n\
         set vsys vsys2 rulebase security rules c {rule} deny\n"
    );
    let texts = texts(&[("fw.txt", &text)]);
    let configuration = Configuration::new(&texts);
    let [one, two] = ["vsys1", "vsys2"].map(|name| Scope::Vsys(name.to_owned()));
    assert_eq!(configuration.scopes(), [one.clone(), two.clone()]);
    let allows = |scope| grants(&configuration.reading(scope).reading, Intent::Allow, "https://a.example/");
    assert!(allows(&one) && !allows(&two));
    assert_eq!(
        told(&read(&texts)),
        [
            "fw.txt:3 NotUnderstood: the rules of the virtual system `vsys2` are not read beside those of the virtual system `vsys1`"
        ]
    );
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

#[test]
fn every_category_of_the_vendor_is_known_and_none_is_a_list() {
    let reading = commands("ALLOW a category [ adult web-hosting ]");
    assert_eq!(reading.troubles.len(), 2);
    assert!(reading.troubles.iter().all(|trouble| trouble.kind == TroubleKind::NotUnderstood));
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

#[test]
fn a_rule_that_refuses_is_for_the_clients_that_rules_with_categories_let_through() {
    let urls = ["https://a.example/"];
    for (zone, exempt) in [("trust", false), ("guests", true), ("[ guests trust ]", false), ("any", false)] {
        let text = format!(
            "set profiles custom-url-category c list a.example/\n\
             set profiles custom-url-category c type \"URL List\"\n\
             set rulebase security rules s from trust to untrust source any destination any application any service any category c action allow\n\
             set rulebase decryption rules d from {zone} to untrust source any destination any service any category any type ssl-forward-proxy\n\
             set rulebase decryption rules d action decrypt\n"
        );
        let reading = commands(&text);
        let found = granted(&reading, Intent::BypassInspection, &urls);
        assert_eq!(!found.is_empty(), exempt, "{zone}: {:?}", told(&reading));
    }
}
=======
>>>>>>> panos
