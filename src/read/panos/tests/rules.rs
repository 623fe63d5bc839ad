//! What rules match and decide, and what they refer to.

use super::*;

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
            "fw.txt:5 NotUnderstood: the category `malware` is not in the files, so which sites it has is not known",
            "fw.txt:5 NotUnderstood: the category `missing` is not in the files, so which sites it has is not known",
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
         set device-group company post-rulebase security rules f {any} category c action deny\n\
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
