//! The files are read as Windows reads them, and nothing but what is known is understood.

use super::*;
use crate::model::Request;

const SCRIPT: &str = include_str!("../../../targets/windows-firewall/golden/intents/thruway-firewall.ps1");
const REMOVAL: &str = include_str!("../../../targets/windows-firewall/golden/intents/remove-firewall.ps1");
const SETTINGS: &str =
    include_str!("../../../targets/windows-firewall/golden/intents/intune-reusable-settings-1.json");

fn grants(reading: &Reading, url: &str) -> bool {
    let request: Request = url.parse().unwrap();
    reading.rulebases[&Intent::Allow].index().at(&request.host).grants(&request)
}

fn shown(troubles: &[Trouble]) -> Vec<String> {
    troubles.iter().map(|own| format!("{} {:?} {}", own.place, own.kind, own.what)).collect()
}

/// The program of a script around these tables.
fn with_tables(keywords: &str, rules: &str) -> String {
    let (before, rest) = SCRIPT.split_once("$Keywords = @(\n").unwrap();
    let (_, after) = rest.split_once("\n)\n\nif ($Keywords").unwrap();
    let before = before.replace("'intents'", "'it''s'").replace("'Thruway intents'", "'Thruway it''s'");
    format!("{before}$Keywords = @({keywords})\n\n$Rules = @({rules}\n)\n\nif ($Keywords{after}")
}

fn id(keyword: &str) -> String {
    let namespace = uuid::Uuid::from_u128(0x6d1f_5a52_9a3b_5c0e_8f52_7468_7275_7761);
    let id = uuid::Uuid::new_v5(&namespace, format!("it's\n{keyword}").as_bytes());
    format!("{{{}}}", id.hyphenated())
}

fn keyword(text: &str) -> String {
    format!("\n    @{{ Id = '{}'; Keyword = '{text}' }}", id(text))
}

fn rule(name: &str, rest: &str) -> String {
    format!("\n    @{{\n        Name = '{name}'\n        {rest}\n    }}")
}

fn by_keywords(texts: &[&str]) -> String {
    let ids: Vec<String> = texts.iter().map(|text| format!("'{}'", id(text))).collect();
    format!("RemoteDynamicKeywordAddresses = @({})", ids.join(", "))
}

#[test]
fn a_script_lets_out_what_its_rules_refer_to() {
    let keywords = ["a.example", "*.b.example"].map(keyword).concat();
    let rules = [
        rule(
            "one",
            &format!("RemotePort = @('443', '8000-8080'); {}", by_keywords(&["a.example", "*.b.example"])),
        ),
        rule("two", &by_keywords(&["a.example"])),
        rule("three", "RemotePort = @('443')\nRemoteAddress = @(\n'192.0.2.0/24',\n'2001:db8::1/128'\n)"),
    ];
    let script = script("x.ps1", with_tables(&keywords, &rules.concat()).as_bytes());
    assert_eq!(shown(&script.reading.troubles), [""; 0]);
    assert_eq!((script.profile.as_str(), script.group.as_str()), ("it's", "Thruway it's"));
    for (url, is) in [
        ("https://a.example/", true),
        ("https://a.example:1/", true),
        ("https://x.a.example/", false),
        ("https://x.y.b.example/", true),
        ("http://x.b.example:8080/", true),
        ("http://x.b.example/", false),
        ("https://b.example/", false),
        ("https://192.0.2.9/", true),
        ("http://192.0.2.9/", false),
        ("https://192.0.3.9/", false),
        ("https://[2001:db8::1]/", true),
    ] {
        assert_eq!(grants(&script.reading, url), is, "{url}");
    }
    assert_eq!(script.reading.rulebases[&Intent::Allow].items().count(), 5);
}

#[test]
fn what_is_wrong_with_the_tables_is_told_with_its_line() {
    let first = SCRIPT.lines().position(|line| line.starts_with("$Keywords")).unwrap() + 1;
    let own = by_keywords(&["a.example"]);
    let one = keyword("a.example");
    for (keywords, rules, at, told) in [
        (
            keyword("A.example"),
            rule("r", &by_keywords(&["A.example"])),
            1,
            "NeverMatches the keyword `A.example` has capital",
        ),
        (
            keyword("a.*.example"),
            rule("r", &by_keywords(&["a.*.example"])),
            1,
            "NotUnderstood the keyword `a.*.example` is no name",
        ),
        (keyword("*"), rule("r", &by_keywords(&["*"])), 1, "NotUnderstood the keyword `*` is no name"),
        (one.clone(), String::new(), 1, "NeverMatches no rule refers"),
        (format!("{one}{one}"), rule("r", &own), 2, "Refused the identifier of `a.example` is there twice"),
        (one.replace("'{", "'{0"), rule("r", &own), 1, "Misleading the keyword `a.example` has not"),
        (one.clone(), rule("r", &by_keywords(&["b.example"])), 6, "NeverMatches there is no keyword"),
        (
            one.clone(),
            format!("{}{}", rule("r", &own), rule("R", &own)),
            8,
            "Refused there is a rule `R` already",
        ),
        (one.clone(), rule("r", "RemotePort = @('443')"), 4, "Misleading a rule for every address"),
        (one.clone(), rule("r", "RemotePort = @()"), 6, "NotUnderstood `RemotePort` of a rule"),
        (one.clone(), rule("r", "RemotePort = @('0443')"), 6, "NotUnderstood `0443` is no port"),
        (one.clone(), rule("r", "RemotePort = @('9-1')"), 6, "NotUnderstood `9-1` is no port"),
        (
            one.clone(),
            rule("r", "RemoteAddress = @('10.0.0.1/8')"),
            6,
            "NotUnderstood `10.0.0.1/8` is no network",
        ),
        (one.clone(), rule("r", "RemoteAddress = @('Any')"), 6, "NotUnderstood `Any` is no network"),
        (one.clone(), rule("r", "Action = 'Block'"), 6, "NotUnderstood `Action` of a rule"),
        (one.clone(), rule("r", &format!("RemoteAddress = @('::/0'); {own}")), 6, "of a rule"),
        (one.clone(), rule("r", "RemoteAddress = @($x)"), 6, "NotUnderstood neither a string"),
        (one.clone(), "\n 'x'".to_owned(), 4, "NotUnderstood a rule that is no table"),
        ("\n 'x'".to_owned(), rule("r", &own), 1, "NotUnderstood a keyword that is no table"),
        ("\n @{ Id = '1' }".to_owned(), rule("r", &own), 1, "NotUnderstood a keyword without"),
        (
            one.clone(),
            format!("{}\n) ; Remove-Item x ; @(", rule("r", &own)),
            8,
            "NotUnderstood `; Remove-Item x ; @(` behind a value",
        ),
    ] {
        let script = script("x.ps1", with_tables(&keywords, &rules).as_bytes());
        let place = format!("x.ps1:{} ", first + at);
        let troubles = shown(&script.reading.troubles);
        assert!(
            troubles.iter().any(|own| own.starts_with(&place) && own.contains(told)),
            "{told}: {troubles:?}"
        );
    }
}

#[test]
fn a_program_that_is_not_known_is_not_understood() {
    let troubles = |text: &str| shown(&script("x.ps1", text.as_bytes()).reading.troubles);
    assert_eq!(troubles(SCRIPT), [""; 0]);
    assert_eq!(shown(&removal("x.ps1", REMOVAL.as_bytes()).troubles), [""; 0]);
    let commented = SCRIPT.replace("\n\n", "\n# Something that somebody remarked.\n\n");
    assert_eq!(troubles(&commented), [""; 0]);
    for (from, to) in [
        ("-Action Allow", "-Action Block"),
        ("-Direction Outbound", "-Direction Inbound"),
        ("-Protocol TCP", "-Protocol Any"),
        ("-Enabled True", "-Enabled False"),
        ("-AutoResolve $true", "-AutoResolve $false"),
        ("#Requires -RunAsAdministrator", "#Requires -RunAsAdministrator -Modules x"),
        ("$Group = '", "$group = '"),
        ("$Rules = @(", "$Keywords = @()\n$Rules = @("),
        ("0x6d,", "0x6e,"),
        ("\n\n", "\n<# x\n#>\n"),
        ("# Generated", "Remove-Item x # Generated"),
        ("# Generated", "# \u{2018}Generated"),
        ("# Generated", "# \rRemove-Item x # Generated"),
        ("'Thruway intents'", "'Thruway intents' + $x"),
    ] {
        let changed = SCRIPT.replacen(from, to, 1);
        assert_ne!(changed, SCRIPT, "{from}");
        let troubles = troubles(&changed);
        assert!(troubles.iter().any(|own| own.contains("NotUnderstood")), "{to}: {troubles:?}");
    }
    let removed = REMOVAL.replace("Test-Own $_", "$true");
    assert!(shown(&removal("x.ps1", removed.as_bytes()).troubles)[0].contains("NotUnderstood the program"));
    assert!(!removal("x.ps1", SCRIPT.as_bytes()).troubles.is_empty());
}

const COMMAND: &str = "netsh advfirewall firewall add rule name=\"own\" dir=out action=allow protocol=TCP remoteport=443 remoteip=192.0.2.0/24,2001:db8::/32 profile=any enable=yes";

fn file(lines: &[&str]) -> Commands {
    commands("x.cmd", format!("@echo off\nrem A remark.\n{}\n", lines.join("\n")).as_bytes())
}

#[test]
fn commands_are_done_one_after_another() {
    let delete = "netsh advfirewall firewall delete rule name=\"own\"";
    let quiet = &format!("{delete} >nul 2>&1");
    let all = COMMAND.replace("remoteport=443 ", "").replace("own", "other");
    let read = file(&[quiet, COMMAND, &all, delete, COMMAND]);
    assert_eq!(shown(&read.reading.troubles), [""; 0]);
    assert_eq!(
        (&read.deleted[..], &read.added[..]),
        (&["own".to_owned(), "own".to_owned()][..], &["other".to_owned(), "own".to_owned()][..])
    );
    for (url, is) in [
        ("https://192.0.2.1/", true),
        ("http://192.0.2.1/", true),
        ("https://[2001:db8::9]/", true),
        ("https://192.0.3.1/", false),
    ] {
        assert_eq!(grants(&read.reading, url), is, "{url}");
    }
    assert!(!grants(&file(&[COMMAND, delete]).reading, "https://192.0.2.1/"));
    assert!(!grants(&file(&[COMMAND]).reading, "http://192.0.2.1/"));
}

#[test]
fn a_failure_that_is_told_at_the_end_changes_no_rule() {
    let failing = format!("{COMMAND} || set failed=1");
    let read = file(&["setlocal", "set failed=0", &failing, "exit /b %failed%"]);
    assert_eq!(shown(&read.reading.troubles), [""; 0]);
    assert!(grants(&read.reading, "https://192.0.2.1/"));
    let read = file(&["exit /b %failed%", "rem A remark.", COMMAND]);
    assert!(shown(&read.reading.troubles)[0].contains("a command behind the end"));
    assert!(!grants(&read.reading, "https://192.0.2.1/"));
}

#[test]
fn a_command_that_is_not_known_is_not_understood() {
    for (from, to, told) in [
        ("dir=out", "dir=in", "`dir=in` of a rule"),
        ("action=allow", "action=block", "`action=block` of a rule"),
        ("protocol=TCP", "protocol=any", "a rule without `protocol=TCP`"),
        (" enable=yes", "", "a rule without `enable=yes`"),
        ("profile=any", "profile=private", "`profile=private` of a rule"),
        ("remoteport=443", "remoteport=443 remoteport=80", "`remoteport=80` of a rule"),
        ("remoteport=443", "remoteport=0443", "`0443` is no port"),
        ("192.0.2.0/24", "192.0.2.1/24", "`192.0.2.1/24` is no network"),
        (" remoteip=192.0.2.0/24,2001:db8::/32", "", "a rule for every address"),
        ("enable=yes", "enable=yes & del x", "a command that is not understood"),
        ("\"own\"", "\"%own%\"", "a command that is not understood"),
        ("\"own\"", "own", "a command that is not understood"),
        ("netsh", "call netsh", "a command that is not understood"),
        ("netsh", "netsh.exe", "a command that is not understood"),
        ("enable=yes", "enable=yes || del x", "a command that is not understood"),
        ("netsh", "exit /b 0\nnetsh", "a command that is not understood"),
        ("enable=yes", "enable=yes\nrem x | y", "a comment with a character"),
        ("enable=yes", "enable=yes\r", "a character that is not printable ASCII"),
        ("enable=yes", "enable=yes\nré", "a character that is not printable ASCII"),
    ] {
        let read = file(&[&COMMAND.replace(from, to)]);
        let troubles = shown(&read.reading.troubles);
        assert!(troubles.iter().any(|own| own.contains(told)), "{to}: {troubles:?}");
    }
    let long = COMMAND.replace("2001:db8::/32", &["192.0.2.0/24"; 700].join(","));
    assert!(shown(&file(&[&long]).reading.troubles)[0].contains("Refused longer than what cmd.exe reads"));
}

#[test]
fn reusable_settings_are_keywords_that_the_device_resolves() {
    let settings = reusable_settings("x.json", SETTINGS.as_bytes());
    assert_eq!(shown(&settings.troubles), [""; 0]);
    assert_eq!(settings.name, "Thruway intents 1");
    assert!(settings.hosts.len() > 1);
    for (from, to, told) in [
        ("_autoresolve_true", "_autoresolve_false", "`value` of `choiceSettingValue` is not"),
        ("ChoiceSettingInstance", "SimpleSettingInstance", "`@odata.type` of `autoresolve` is not"),
        ("addresses_{id}_keyword", "addresses_{id}_keywords", "`settingDefinitionId` of `keyword` is not"),
        ("\"displayName\"", "\"displayNaem\"", "the body has no `displayName`"),
        ("\"description\"", "\"x\": 1, \"description\"", "`x` of the body is not understood"),
        ("\"children\": [],", "\"children\": [1],", "has settings below it"),
        ("null", "1", "is not null"),
        ("{", "", "no JSON"),
        ("[", "[1,", "a keyword is no object"),
    ] {
        let changed = SETTINGS.replacen(from, to, 1);
        assert_ne!(changed, SETTINGS, "{from}");
        let troubles = shown(&reusable_settings("x.json", changed.as_bytes()).troubles);
        assert!(troubles.iter().any(|own| own.contains(told)), "{to}: {troubles:?}");
    }
    let name = settings.hosts[0].to_string();
    for (to, told) in
        [(settings.hosts[1].to_string(), "is there twice"), ("a*.example".to_owned(), "is no name")]
    {
        let changed = SETTINGS.replacen(&format!("\"{name}\""), &format!("\"{to}\""), 1);
        let troubles = shown(&reusable_settings("x.json", changed.as_bytes()).troubles);
        assert!(troubles.iter().any(|own| own.contains(told)), "{to}: {troubles:?}");
    }
}

#[test]
fn files_of_every_kind_are_read_together() {
    let lines = format!("netsh advfirewall firewall delete rule name=\"own\"\n{COMMAND}\n");
    let texts =
        [("a.ps1", SCRIPT), ("b.ps1", REMOVAL), ("c.cmd", &lines), ("d.json", SETTINGS), ("e.reg", "x")];
    let texts: Texts = texts.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    let reading = read(&texts);
    assert_eq!(
        shown(&reading.troubles),
        ["e.reg NotUnderstood neither a script, nor commands, nor reusable settings"]
    );
    assert!(grants(&reading, "https://192.0.2.1/") && grants(&reading, "http://proxy1.contoso.com:8080/"));
}

#[test]
fn nothing_that_is_cut_off_is_taken_for_whole() {
    for text in [SCRIPT, REMOVAL, SETTINGS] {
        for end in (0..text.len() - 2).step_by(97) {
            let bytes = &text.as_bytes()[..end];
            assert!(!script("x", bytes).reading.troubles.is_empty(), "{end}");
            assert!(!removal("x", bytes).troubles.is_empty(), "{end}");
            assert!(!reusable_settings("x", bytes).troubles.is_empty(), "{end}");
        }
    }
    let deep = format!("$Rules = {}", "@(".repeat(200_000));
    assert!(!script("x", deep.as_bytes()).reading.troubles.is_empty());
    assert!(!reusable_settings("x", "[".repeat(200_000).as_bytes()).troubles.is_empty());
}
