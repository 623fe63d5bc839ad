//! What is written, read back by parsers of others where there are some, and compared with what was asked for.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use regashii::{KeyName, Registry, Value as RegValue, ValueName};
use serde_json::Value as Json;

use super::*;
use crate::diag::{Code, Level};
use crate::emit::testing::{rendered, settings_of};

/// A value by its key and name, with its type: `SZ text`, `DWORD 1`.
type Values = BTreeMap<(String, String), String>;

const SENSOR: &str = r"Policies\Microsoft\Windows\DataCollection";
const ANTIVIRUS: &str = r"Policies\Microsoft\Windows Defender";

/// A URL with everything that means something to one of the formats and that a URL can hold.
const HOSTILE: &str = "https://pac.contoso.com/a'b]c[d;e$(f)%41%PATH%&g|h^i!j\\k?x=\"<y>\"&z='w'";
const HOSTILE_URL: &str =
    "https://pac.contoso.com/a'b]c[d;e$(f)%41%PATH%&g|h^i!j/k?x=%22%3Cy%3E%22&z=%27w%27";

fn files(devices: &str) -> BTreeMap<String, Vec<u8>> {
    let settings = settings_of(&format!("proxies: ['[fd00::1]:8080']\ndevices: {devices}"));
    let rendered = rendered(&WindowsDevice, &settings, &[]);
    assert!(rendered.findings.is_empty());
    rendered.artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect()
}

fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

/// What is asked for in each profile, in our own words.
fn cases() -> Vec<(String, Values)> {
    let value = |key: &str, name: &str, data: &str| ((key.to_owned(), name.to_owned()), data.to_owned());
    let sensor = |proxy: &str| {
        [
            value(SENSOR, "TelemetryProxyServer", &format!("SZ {proxy}")),
            value(SENSOR, "DisableEnterpriseAuthProxy", "DWORD 1"),
        ]
    };
    let mut all = vec![(
        "{}".to_owned(),
        sensor("[fd00::1]:8080")
            .into_iter()
            .chain([value(ANTIVIRUS, "ProxyServer", "SZ http://[fd00::1]:8080")])
            .collect(),
    )];
    for proxy in ["proxy.contoso.com:8080", "10.0.0.6:8080", "[fd00::2]:3128"] {
        all.push((
            format!(
                "{{ edr_proxy: '{proxy}', disconnected: true, antivirus_proxy: none, ssl_options: 2,
                    antivirus_pac: \"{}\", antivirus_bypass: [a.example, '[fd00::3]'] }}",
                HOSTILE.replace('\\', "\\\\").replace('"', "\\\"")
            ),
            sensor(proxy)
                .into_iter()
                .chain([
                    value(
                        r"Policies\Microsoft\Windows Advanced Threat Protection",
                        "PreferStaticProxyForHttpRequest",
                        "DWORD 1",
                    ),
                    value(ANTIVIRUS, "ProxyPacUrl", &format!("SZ {HOSTILE_URL}")),
                    value(ANTIVIRUS, "ProxyBypass", "SZ a.example;[fd00::3]"),
                    value(r"Policies\Microsoft\Windows Defender\Spynet", "SSLOptions", "DWORD 2"),
                ])
                .collect(),
        ));
    }
    all.push(("{ edr_proxy: none, antivirus_proxy: none }".to_owned(), Values::new()));
    all
}

fn removed(values: &Values) -> Values {
    values.keys().map(|place| (place.clone(), "deleted".to_owned())).collect()
}

/// A file for regedit, as the crate regashii reads it.
fn import(bytes: &[u8]) -> Values {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.reg");
    std::fs::write(&path, bytes).unwrap();
    let registry = Registry::deserialize_file(&path).unwrap();
    let mut values = Values::new();
    let keys: Vec<&KeyName> = registry.keys().keys().collect();
    for (name, key) in registry.keys() {
        let own = name.raw();
        let above = own.rsplit_once('\\').map_or("", |(above, _)| above);
        assert!(
            above == r"HKEY_LOCAL_MACHINE\SOFTWARE" || keys.iter().any(|key| key.raw() == above),
            "{own} stands without {above}"
        );
        for (name, value) in key.values() {
            let ValueName::Named(name) = name else { panic!("a default value in {own}") };
            let data = match value {
                RegValue::Sz(text) => format!("SZ {text}"),
                RegValue::Dword(number) => format!("DWORD {number}"),
                RegValue::Delete => "deleted".to_owned(),
                other => panic!("{own}: {name}: {other:?}"),
            };
            let key = own.strip_prefix(r"HKEY_LOCAL_MACHINE\SOFTWARE\").unwrap().to_owned();
            values.insert((key, name.clone()), data);
        }
    }
    values
}

#[test]
fn regedit_is_told_what_was_asked_for() {
    for (devices, wanted) in cases() {
        let files = files(&devices);
        let bytes = &files["thruway-proxy.reg"];
        assert_eq!(bytes[..2], [0xff, 0xfe], "a byte-order mark");
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let lines = String::from_utf16(&units).unwrap();
        assert_eq!(lines.matches('\n').count(), lines.matches("\r\n").count());
        assert_eq!(import(bytes), wanted, "{devices}");
        assert_eq!(import(&files["remove-proxy.reg"]), removed(&wanted), "{devices}");
    }
}

/// The entries of a file PReg, by the lengths in it.
fn policy(bytes: &[u8]) -> Values {
    let mut rest = bytes.strip_prefix(b"PReg\x01\0\0\0").unwrap();
    let mut values = Values::new();
    let take = |rest: &mut &[u8], octets: usize| {
        let (taken, left) = rest.split_at(octets);
        *rest = left;
        taken.to_vec()
    };
    let string = |bytes: &[u8]| {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(&units).unwrap()
    };
    let terminated = |rest: &mut &[u8]| {
        let end = rest.chunks_exact(2).position(|pair| pair == [0, 0]).unwrap() * 2;
        let text = string(&take(rest, end));
        take(rest, 2);
        text
    };
    while !rest.is_empty() {
        assert_eq!(take(&mut rest, 2), *b"[\0");
        let key = terminated(&mut rest);
        take(&mut rest, 2);
        let name = terminated(&mut rest);
        take(&mut rest, 2);
        let kind = take(&mut rest, 4);
        take(&mut rest, 2);
        let size = u32::from_le_bytes(take(&mut rest, 4).try_into().unwrap()) as usize;
        take(&mut rest, 2);
        let data = take(&mut rest, size);
        assert_eq!(take(&mut rest, 2), *b"]\0");
        let (name, data) = match (name.strip_prefix("**del."), kind[0]) {
            (Some(name), 1) => {
                assert_eq!(data, *b" \0\0\0");
                (name.to_owned(), "deleted".to_owned())
            }
            (None, 1) => (name, format!("SZ {}", string(&data).strip_suffix('\0').unwrap())),
            (None, 4) => (name, format!("DWORD {}", u32::from_le_bytes(data.try_into().unwrap()))),
            other => panic!("{other:?}"),
        };
        values.insert((key.strip_prefix(r"Software\").unwrap().to_owned(), name), data);
    }
    values
}

/// Groups of four lines, a blank line between them.
fn lgpo(text: &str) -> Values {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(';') && !line.is_empty()).collect();
    let group = |group: &[&str]| {
        let [scope, key, name, data] = group else { panic!("{group:?}") };
        assert_eq!(*scope, "Computer");
        let data = match data.split_once(':') {
            Some((kind @ ("SZ" | "DWORD"), data)) => format!("{kind} {data}"),
            None if *data == "DELETE" => "deleted".to_owned(),
            _ => panic!("{data}"),
        };
        ((key.strip_prefix(r"Software\").unwrap().to_owned(), (*name).to_owned()), data)
    };
    lines.chunks(4).map(group).collect()
}

#[test]
fn group_policy_is_told_the_same() {
    for (devices, wanted) in cases() {
        let files = files(&devices);
        assert_eq!(policy(&files["Registry.pol"]), wanted, "{devices}");
        assert_eq!(policy(&files["remove/Registry.pol"]), removed(&wanted), "{devices}");
        assert_eq!(lgpo(&text(&files, "thruway-proxy.lgpo.txt")), wanted, "{devices}");
        assert_eq!(lgpo(&text(&files, "remove-proxy.lgpo.txt")), removed(&wanted), "{devices}");
    }
}

/// The strings and numbers of `$Values` in a script, with the doubled quotes undone.
fn script_values(script: &str) -> Values {
    let block = script.split("$Values = @(\n").nth(1).unwrap().split("\n)\n").next().unwrap();
    let field = |line: &str, name: &str| {
        let rest = line.split_once(&format!("{name} = ")).unwrap().1;
        match rest.strip_prefix('\'') {
            Some(rest) => {
                let rest = rest.replace("''", "\0");
                rest.split('\'').next().unwrap().replace('\0', "'")
            }
            None => rest.split(' ').next().unwrap().to_owned(),
        }
    };
    let value = |line: &str| {
        let key = field(line, "Key");
        let kind = if field(line, "Type") == "String" { "SZ" } else { "DWORD" };
        let place = (key.strip_prefix(r"HKLM:\SOFTWARE\").unwrap().to_owned(), field(line, "Name"));
        (place, format!("{kind} {}", field(line, "Data")))
    };
    block.lines().filter(|line| line.contains("@{")).map(value).collect()
}

#[test]
fn the_scripts_name_the_same_values_and_the_antivirus_has_its_own_command() {
    for (devices, wanted) in cases() {
        let files = files(&devices);
        let of_antivirus = |name: &str| {
            let data = wanted.get(&(ANTIVIRUS.to_owned(), name.to_owned()))?;
            Some(data.strip_prefix("SZ ").unwrap().replace('\'', "''"))
        };
        let own: Values = wanted
            .iter()
            .filter(|((key, _), _)| key != ANTIVIRUS)
            .map(|(at, data)| (at.clone(), data.clone()))
            .collect();
        for path in ["thruway-proxy.ps1", "remove-proxy.ps1", "check-proxy.ps1"] {
            assert_eq!(script_values(&text(&files, path)), own, "{devices}: {path}");
        }
        let (setup, removal) = (text(&files, "thruway-proxy.ps1"), text(&files, "remove-proxy.ps1"));
        let check = text(&files, "check-proxy.ps1");
        for name in ["ProxyServer", "ProxyPacUrl", "ProxyBypass"] {
            let has = of_antivirus(name);
            assert_eq!(removal.contains(&format!(" -{name}")), has.is_some(), "{devices}");
            let Some(data) = has else {
                assert!(
                    !setup.contains(&format!(" -{name} "))
                        && !check.contains(&format!("Compare-Setting '{name}'"))
                        && !removal.contains(&format!("Test-Other '{name}'"))
                );
                continue;
            };
            let list = if name == "ProxyBypass" { data.replace(';', "', '") } else { data.clone() };
            assert!(setup.contains(&format!(" -{name} '{list}'")), "{devices}: {setup}");
            assert!(check.contains(&format!("Compare-Setting '{name}' '{data}'")), "{devices}: {check}");
            assert!(removal.contains(&format!("Test-Other '{name}' '{data}'")), "{devices}: {removal}");
        }
    }
}

/// The path and the data of every setting, of SyncML and of Graph.
fn intune(files: &BTreeMap<String, Vec<u8>>, component: &str) -> BTreeMap<String, String> {
    let json: Json = serde_json::from_slice(&files[&format!("intune-{component}.json")]).unwrap();
    let graph: BTreeMap<String, String> = json["omaSettings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|setting| {
            let value = setting["value"].as_str().map_or_else(|| setting["value"].to_string(), str::to_owned);
            (setting["omaUri"].as_str().unwrap().to_owned(), value)
        })
        .collect();
    let paths = |path: &str| {
        let text = text(files, path);
        let mut reader = Reader::from_str(&text);
        let (mut inside, mut data) = (String::new(), Vec::<(String, String)>::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => inside = start.name().as_ref().to_owned(),
                Event::End(_) => inside.clear(),
                Event::Text(text) if inside == "LocURI" => {
                    data.push((text.to_string(), String::new()));
                }
                Event::Text(text) if inside == "Data" => data.last_mut().unwrap().1 += &text,
                Event::GeneralRef(reference) if inside == "Data" => {
                    let name = format!("&{};", &*reference);
                    data.last_mut().unwrap().1 += &quick_xml::escape::unescape(&name).unwrap();
                }
                Event::Eof => return data.into_iter().collect::<BTreeMap<_, _>>(),
                _ => {}
            }
        }
    };
    assert_eq!(paths(&format!("intune-{component}.syncml.xml")), graph);
    for kind in ["remove", "check"] {
        let asked = paths(&format!("intune-{component}-{kind}.syncml.xml"));
        assert_eq!(asked.keys().collect::<Vec<_>>(), graph.keys().collect::<Vec<_>>());
    }
    graph
}

/// The value in `<enabled/><data id="…" value="…"/>`.
fn template_value(data: &str) -> String {
    let mut reader = Reader::from_str(data.strip_prefix("<enabled/>").unwrap());
    let Event::Empty(element) = reader.read_event().unwrap() else { panic!("{data}") };
    let value = element.try_get_attribute("value").unwrap().unwrap();
    quick_xml::escape::unescape(&value.value).unwrap().into_owned()
}

#[test]
fn intune_is_told_the_same_and_warned_of_the_sensor() {
    const ROOT: &str = "./Device/Vendor/MSFT/Policy/Config/";
    for (devices, wanted) in cases() {
        let files = files(&devices);
        let sz = |key: &str, name: &str| {
            wanted.get(&(key.to_owned(), name.to_owned())).map(|data| data.strip_prefix("SZ ").unwrap())
        };
        if let Some(proxy) = sz(SENSOR, "TelemetryProxyServer") {
            let settings = intune(&files, "edr");
            assert_eq!(settings[&format!("{ROOT}System/TelemetryProxy")], proxy);
            assert_eq!(settings[&format!("{ROOT}System/DisableEnterpriseAuthProxy")], "1");
            assert_eq!(settings.len(), 2);
            assert!(text(&files, "intune-edr.json").contains("The vendor advises against this file"));
            assert!(text(&files, "intune-edr.syncml.xml").contains("The vendor advises against this file"));
        } else {
            assert!(!files.keys().any(|path| path.contains("intune")));
            continue;
        }
        let settings = intune(&files, "antivirus");
        for name in ["ProxyServer", "ProxyPacUrl", "ProxyBypass"] {
            let own = settings.get(&format!("{ROOT}ADMX_MicrosoftDefenderAntivirus/{name}"));
            assert_eq!(own.map(|data| template_value(data)).as_deref(), sz(ANTIVIRUS, name), "{devices}");
            assert!(own.is_none_or(|data| data.contains(&format!("id=\"{name}\""))));
        }
    }
}

#[test]
fn winhttp_is_told_proxy_and_exceptions_or_nothing() {
    let files = files("{ winhttp_proxy: '[fd00::9]:80', winhttp_bypass: [<local>, '*.contoso.com'] }");
    let settings: Json = serde_json::from_slice(&files["winhttp.json"]).unwrap();
    let wanted = serde_json::json!({
        "Proxy": "[fd00::9]:80", "ProxyBypass": "<local>;*.contoso.com", "AutoconfigUrl": "", "AutoDetect": false,
    });
    assert_eq!(settings, wanted);
    assert!(text(&files, "winhttp.cmd").ends_with(
        "\nnetsh winhttp set advproxy setting-scope=machine settings-file=\"%~dp0winhttp.json\"\n"
    ));
    assert!(text(&files, "winhttp-older.cmd").ends_with(
        "\nnetsh winhttp set proxy proxy-server=\"[fd00::9]:80\" bypass-list=\"<local>;*.contoso.com\"\n"
    ));
    assert!(text(&files, "check-winhttp.ps1").contains(
        "\n$Wanted = @{ Proxy = '[fd00::9]:80'; ProxyBypass = '<local>;*.contoso.com'; AutoconfigUrl = ''; AutoDetect = 'False' }\n"
    ));
    let none = self::files("{ winhttp_proxy: none }");
    assert!(!none.keys().any(|path| path.contains("winhttp")));
}

#[test]
fn the_placeholder_is_refused() {
    let settings = settings_of("devices: { edr_proxy: a.example:80, antivirus_proxy: none }");
    let rendered = rendered(&WindowsDevice, &settings, &[]);
    assert!(rendered.artifacts.is_empty());
    let finding = &rendered.findings[0];
    assert_eq!((finding.code, finding.level), (Code::PlaceholderProxy, Level::Deny));
    let settings =
        settings_of("devices: { edr_proxy: a.example:80, antivirus_proxy: none, winhttp_proxy: none }");
    let rendered = self::rendered(&WindowsDevice, &settings, &[]);
    assert!(rendered.findings.is_empty() && !rendered.artifacts.is_empty());
}

#[test]
fn a_hostile_source_stays_in_its_comment() {
    for (path, bytes) in files("{}") {
        if path.ends_with(".reg") || path.ends_with(".pol") || path.ends_with("winhttp.json") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let line = text.lines().find(|line| line.contains("Source: mde")).unwrap_or_else(|| panic!("{path}"));
        assert!(text.lines().all(|line| !line.starts_with("*/ urls")), "{path}");
        assert!(line.contains("*/ urls"), "{path}: {line}");
    }
}
