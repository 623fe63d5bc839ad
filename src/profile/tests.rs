//! What a profile means, and what is said of one that means nothing.

use std::path::Path;

use super::*;
use crate::emit::pac::{PacHost, PacOptions, PacOtherwise};
use crate::emit::paloalto::PaloAltoOptions;
use crate::emit::squid::{SquidMode, SquidOptions};

const TARGETS: [&str; 6] = ["squid", "pac", "wpad", "paloalto", "zscaler", "ticket"];

fn parse(text: &str) -> Result<Profile, ProfileError> {
    Profile::parse(text, Some(Path::new("sites/contoso mde.yaml")), &TARGETS)
}

/// The example of the design, which documents the grammar.
pub(super) const EXAMPLE: &str = r#"version: 1
name: contoso-mde
sources:
  - builtin: mde-commercial            # or mde-streamlined, mde-gov, mma
  - file: mde-urls.xlsx                # xlsx, md, csv, yaml, json: sniffed
  - mma: { workspaces: [11111111-2222-3333-4444-555555555555], cloud_connection: TestCloudConnection.txt }
select:
  geographies: [EU]                    # WW always; `all` for everything
  platforms: [windows, linux]
  windows: ">=1803"
  requirements: [required, optional]
  exclude: ["*.akamaized.net"]         # HostPattern grammar: drops endpoints contained in it
  include:
    - { host: "updates.contoso.com", ports: [443], reason: mirror, owner: netops, expires: 2027-06-30 }
intents: { direct: none }
corrections: { "*ecs.office.com": ".ecs.office.com" }
lints: { covers-public-suffix: { allow: warn, bypass-inspection: hold } }
waivers:
  - { lint: covers-public-suffix, pattern: "*.blob.core.windows.net", intent: bypass-inspection, reason: …, owner: …, expires: 2027-03-31 }
tolerances: { apex: warn, label-glob: hold }
proxies: ["proxy.contoso.com:8080"]
targets:
  squid: { mode: explicit }            # or intercept
  pac: { otherwise: proxy }            # what everything else gets: proxy, direct, block
"#;

#[test]
fn the_example_means_what_it_says() {
    let profile = parse(EXAMPLE).unwrap();
    let host = |text: &str| text.parse::<HostPattern>().unwrap();
    let spanned = |line, column, value| Spanned { value, line, column };
    assert_eq!(profile.file.as_deref(), Some(Path::new("sites/contoso mde.yaml")));
    assert_eq!(profile.text, EXAMPLE);
    assert_eq!(
        profile.sources,
        [
            spanned(4, 14, SourceSpec::Builtin("mde-commercial".into())),
            spanned(5, 11, SourceSpec::File("mde-urls.xlsx".into())),
            spanned(
                6,
                10,
                SourceSpec::Mma {
                    workspaces: vec!["11111111-2222-3333-4444-555555555555".into()],
                    cloud_connection: Some("TestCloudConnection.txt".into()),
                }
            ),
        ]
    );
    let select = &profile.select;
    assert_eq!(select.geographies, Geographies::Only([Region("EU".into())].into()));
    assert_eq!(select.platforms, [Platform::Windows, Platform::Linux].into());
    assert_eq!(select.windows, Some(WindowsRange::From("1803".parse().unwrap())));
    assert_eq!(select.requirements, [Requirement::Required, Requirement::Optional].into());
    assert_eq!(select.exclude, [Spanned { value: host("*.akamaized.net"), line: 12, column: 13 }]);
    let include = Include {
        host: host("updates.contoso.com"),
        ports: vec![443],
        reason: "mirror".into(),
        owner: "netops".into(),
        expires: Some(Date::constant(2027, 6, 30)),
    };
    assert_eq!(select.include, [Spanned { value: include, line: 14, column: 15 }]);
    assert_eq!(profile.direct, DirectIntent::None);
    let correction = &profile.corrections[0];
    assert_eq!((correction.line, correction.column), (16, 16));
    assert_eq!(correction.value.from, host("*ecs.office.com"));
    assert_eq!(correction.value.to, host(".ecs.office.com"));
    assert_eq!(
        profile.lints[&Code::CoversPublicSuffix].0,
        [(Intent::Allow, Level::Warn), (Intent::BypassInspection, Level::Hold)].into()
    );
    let waiver = &profile.waivers[0];
    assert_eq!((waiver.line, waiver.column), (19, 44));
    let waiver = &waiver.value;
    assert_eq!((waiver.lint, waiver.intent), (Code::CoversPublicSuffix, Intent::BypassInspection));
    assert_eq!((waiver.reason.as_str(), waiver.owner.as_str()), ("…", "…"));
    assert_eq!(waiver.expires, Date::constant(2027, 3, 31));
    assert_eq!(profile.tolerances[&Difference::Apex].0, Intent::ALL.map(|it| (it, Level::Warn)).into());
    assert_eq!(profile.tolerances[&Difference::LabelGlob].0.len(), 4);
    assert_eq!(profile.targets, ["squid", "pac"]);
    let settings = &profile.settings;
    assert_eq!(settings.name, "contoso-mde");
    assert_eq!(settings.proxies, [Proxy("proxy.contoso.com:8080".into())]);
    assert_eq!(settings.options::<SquidOptions>("squid"), SquidOptions { mode: SquidMode::Explicit });
    let pac = PacOptions { otherwise: PacOtherwise::Proxy, hosted_by: PacHost::Own };
    assert_eq!(settings.options::<PacOptions>("pac"), pac);
}

#[test]
fn what_a_profile_does_not_say_is_the_builtin_profile() {
    let mut profile =
        parse("version: 1\nsources: [{ builtin: mde-commercial }]\nselect:\ntargets:\n").unwrap();
    assert_eq!(profile.settings.name, "contoso-mde");
    assert!(profile.settings.proxies[0].is_placeholder());
    let builtin = Profile::builtin(&TARGETS);
    assert_eq!(builtin.settings.name, "default");
    assert_eq!(builtin.targets, TARGETS);
    profile.file = None;
    profile.text = String::new();
    profile.settings.name = "default".into();
    profile.sources[0] = builtin.sources[0].clone();
    assert_eq!(profile, builtin);
}

/// A valid beginning of one line, so that what follows begins on line 2.
pub(super) const HEAD: &str = "{ version: 1, sources: [{ file: a.csv }],\n";

#[test]
fn values_are_read_in_their_spellings() {
    let profile = parse(&format!(
        "{HEAD} select: {{ geographies: [WW, gcc high, UK], platforms: [mac], windows: '<=20H2',
          include: [{{ host: .Example.COM, ports: [8443, 80, 443, 80], reason: 1, owner: NO }}] }},
         corrections: {{ '*a.example': {{ to: '*.a.example', reason: typo }} }},
         proxies: ['[FD00::1]:8080', Proxy.Contoso.com:80, 192.0.2.1:3128],
         lints: {{ missing-dot: allow }},
         targets: {{ wpad: , squid: {{ mode: intercept }}, zscaler: {{}},
           paloalto: {{ from_zones: [trust, 'DMZ 1'], to_zones: [any], sources: [10.0.0.0/8, clients, fd00::/8],
                       edl_base_url: 'https://edl.contoso.com/mde/', model: PA-440 }} }} }}"
    ))
    .unwrap();
    assert_eq!(
        profile.select.geographies,
        Geographies::Only([Region("GCCHigh".into()), Region("UK".into())].into())
    );
    assert_eq!(profile.select.platforms, [Platform::MacOs].into());
    let include = &profile.select.include[0].value;
    assert_eq!(
        (include.host.to_string().as_str(), &include.ports[..]),
        (".example.com", &[80, 443, 8443][..])
    );
    assert_eq!((include.reason.as_str(), include.owner.as_str()), ("1", "NO"));
    assert_eq!(profile.corrections[0].value.reason, "typo");
    let proxies: Vec<&str> = profile.settings.proxies.iter().map(Proxy::as_str).collect();
    assert_eq!(proxies, ["[fd00::1]:8080", "proxy.contoso.com:80", "192.0.2.1:3128"]);
    assert_eq!(profile.lints[&Code::MissingDot].0, Intent::ALL.map(|it| (it, Level::Allow)).into());
    assert_eq!(profile.targets, ["squid", "wpad", "paloalto", "zscaler"]);
    assert_eq!(profile.settings.options::<SquidOptions>("squid").mode, SquidMode::Intercept);
    let paloalto: PaloAltoOptions = profile.settings.options("paloalto");
    assert_eq!(paloalto.from_zones, ["trust", "DMZ 1"]);
    assert_eq!(paloalto.sources, ["10.0.0.0/8", "clients", "fd00::/8"]);
    assert_eq!(paloalto.edl_base_url.as_deref(), Some("https://edl.contoso.com/mde"));
    assert_eq!(paloalto.model.as_deref(), Some("PA-440"));
}

/// What follows [`HEAD`], and the first problem: line, column, message, first line of help.
#[rustfmt::skip]
pub(super) const WRONG: &[(&str, u32, u32, &str, &str)] = &[
    // Keys.
    ("slect: {}}", 2, 1, "unknown key `slect` in the profile", "did you mean `select`?"),
    ("select: {\n geography: all}}", 3, 2, "unknown key `geography` in `select`", "did you mean `geographies`?"),
    ("platforms: [linux]}", 2, 1, "unknown key `platforms` in the profile", "`platforms` belongs under `select`"),
    ("targets: { pac: { proxies: [] } }}", 2, 19, "unknown key `proxies` in `pac`", "`proxies` belongs at the top level"),
    ("targets: { squid: { mod: explicit } }}", 2, 21, "unknown key `mod` in `squid`", "did you mean `mode`?"),
    ("targets: { paloalto: { edl_url: x } }}", 2, 24, "unknown key `edl_url` in `paloalto`", "did you mean `edl_base_url`?"),
    ("intents: { dierct: none }}", 2, 12, "unknown key `dierct` in `intents`", "did you mean `direct`?"),
    ("<<: {}}", 2, 1, "unknown key `<<` in the profile", "known here: `version`, `name`, `sources`, `select`, `intents`, `corrections`, `lints`, `waivers`, `tolerances`, `proxies`, `devices`, `ticket`, `serve`, `update`, `targets`"),
    ("\"a\\tb\": x}", 2, 1, "unknown key `a\\tb` in the profile", "known here: `version`, `name`, `sources`, `select`, `intents`, `corrections`, `lints`, `waivers`, `tolerances`, `proxies`, `devices`, `ticket`, `serve`, `update`, `targets`"),
    ("name: a, name: b}", 2, 10, "key `name` is there twice", "the first is at line 2, column 1"),
    ("lints: { missing-dot: warn, missing-dot: deny }}", 2, 29, "key `missing-dot` is there twice", "the first is at line 2, column 10"),
    // Types.
    ("select: [linux]}", 2, 9, "`select` is a list, not a map of keys and values", ""),
    ("select: { platforms: linux }}", 2, 22, "`platforms` is the text `linux`, not a list", "write `[linux]`"),
    ("select: { platforms: { linux: } }}", 2, 22, "`platforms` is a map, not a list", ""),
    ("name: [a]}", 2, 7, "`name` is a list, not a text", ""),
    ("targets: [squid]}", 2, 10, "`targets` is a list, not a map of targets and their options", "write one target a line, with a colon: `squid:`"),
    // Words and texts.
    ("name: a/b}", 2, 7, "`name` is `a/b`, which is not safe in file names", "use at most 63 letters, digits, `-` and `_`"),
    ("name: ''}", 2, 7, "`name` is empty", ""),
    ("name: \"a\\e[2J\"}", 2, 7, "`name` has a line break or another control character", ""),
    ("select: { platforms: [linux, window] }}", 2, 30, "`platforms` is `window`, not `windows`, `macos`, `linux` or `mac`", "did you mean `windows`?"),
    ("select: { platforms: [] }}", 2, 22, "`platforms` is an empty list", ""),
    ("select: { requirements: [Required] }}", 2, 26, "`requirements` is `Required`, not `required` or `optional`", "did you mean `required`?"),
    ("select: { windows: '1803' }}", 2, 20, "`windows` is `1803`, not a range of releases", "write `\">=1803\"`, `\"<1809\"` or `\"<=22H2\"`, in quotes"),
    ("intents: { direct: all }}", 2, 20, "`direct` is `all`, not `none` or `live-response`", ""),
    // Geographies.
    ("select: { geographies: [EU, Mars] }}", 2, 29, "unknown geography `Mars`", "known: WW, AEC, AEN, AU, CH, DoD, EU, GCC, GCCHigh, IN, UK, US, USGov"),
    ("select: { geographies: [Australi] }}", 2, 25, "unknown geography `Australi`", "did you mean `AU`?"),
    ("select: { geographies: [all] }}", 2, 25, "unknown geography `all`", "write `geographies: all`, without brackets"),
    ("select: { geographies: EU }}", 2, 24, "`geographies` is the text `EU`, not `all` or a list of regions", "write `[EU]`"),
    ("select: { geographies: [] }}", 2, 24, "`geographies` is an empty list", "write `[WW]` for the worldwide endpoints alone, or `all`"),
    // Hosts, ports and days.
    ("select: { exclude: ['https://a.example/x'] }}", 2, 21, "`https://a.example/x` is no host pattern: character ':' at byte 5", "leave the scheme and the path out"),
    ("select: { exclude: ['a.example:8443'] }}", 2, 21, "`a.example:8443` is no host pattern: character ':' at byte 9", "leave the port out"),
    ("select: { exclude: ['*'] }}", 2, 21, "`*` is no host pattern: the star covers whole top-level domains", ""),
    ("select: { include: [{ host: a.example, reason: r }] }}", 2, 21, "`include` has no `owner`", ""),
    ("select: { include: [{ host: a.example, reason: r,\n owner: }] }}", 3, 2, "`owner` has no value", ""),
    ("select: { include: [{ host: a.example, reason: r, owner: o, ports: [0] }] }}", 2, 69, "`0` is no TCP port from 1 to 65535", ""),
    ("select: { include: [{ host: a.example, reason: r, owner: o, ports: [https] }] }}", 2, 69, "`https` is no TCP port from 1 to 65535", ""),
    ("select: { include: [{ host: a.example, reason: r, owner: o, ports: 443 }] }}", 2, 68, "`ports` is the text `443`, not a list", "write `[443]`"),
    ("select: { include: [{ host: a.example, reason: r, owner: o, expires: 30.6.2027 }] }}", 2, 70, "`expires` is `30.6.2027`, not a day", "write year, month and day: `2027-06-30`"),
    ("select: { include: [{ host: a.example, reason: r, owner: o, expires: 2027-02-30 }] }}", 2, 70, "`expires` is `2027-02-30`, not a day", "write year, month and day: `2027-06-30`"),
    // Corrections, lints, waivers, tolerances.
    ("corrections: { a.example: a.EXAMPLE }}", 2, 16, "the correction of `a.example` changes nothing", ""),
    ("corrections: { a.example: b.example, A.example: c.example }}", 2, 38, "`a.example` is corrected twice", ""),
    ("corrections: { a.example: }}", 2, 25, "`a.example` has no value", ""),
    ("corrections: { a.example: { to: b.example } }}", 2, 27, "`a.example` has no `reason`", ""),
    ("lints: { cover-public-suffix: hold }}", 2, 10, "unknown lint `cover-public-suffix`", "did you mean `covers-public-suffix`?"),
    ("lints: { missing-dot: error }}", 2, 23, "`missing-dot` is `error`, not `allow`, `warn`, `hold` or `deny`", ""),
    ("lints: { missing-dot: hold }}", 2, 23, "`missing-dot` cannot be `hold`", "it leaves nothing out: write `allow`, `warn` or `deny`"),
    ("lints: { invalid-host: { allow: deny, direct: warn } }}", 2, 24, "`invalid-host` cannot be `warn`", "there is nothing that could be written: write `hold` or `deny`"),
    ("lints: { missing-dot: { bypass_inspection: hold } }}", 2, 25, "unknown key `bypass_inspection` in `missing-dot`", "did you mean `bypass-inspection`?"),
    ("tolerances: { apx: warn }}", 2, 15, "unknown difference `apx`", "did you mean `apex`?"),
    ("waivers: [{ lint: covers-public-suffix, pattern: a.example, intent: bypass, reason: r, owner: o, expires: 2027-01-01 }]}", 2, 69, "`intent` is `bypass`, not `allow`, `bypass-inspection`, `bypass-authentication` or `direct`", "did you mean `bypass-inspection`?"),
    ("waivers: [{ lint: covers-public-suffix, pattern: a.example, intent: allow, reason: r, owner: o }]}", 2, 11, "`waiver` has no `expires`", ""),
    // Proxies and targets.
    ("proxies: ['http://proxy.contoso.com:8080']}", 2, 11, "`http://proxy.contoso.com:8080` is no proxy: it has a scheme", "leave the scheme out: `proxy.contoso.com:8080`"),
    ("proxies: ['user:secret@proxy.contoso.com:8080']}", 2, 11, "a proxy is wrong: it has credentials", "leave them out: what is written here ends up in files"),
    ("proxies: [proxy.contoso.com]}", 2, 11, "`proxy.contoso.com` is no proxy: it has no port", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    ("proxies: ['fd00::1:8080']}", 2, 11, "`fd00::1:8080` is no proxy: more than one colon", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    ("proxies: ['10.0.0.300:80']}", 2, 11, "`10.0.0.300:80` is no proxy: the last label is a number, so this is read as an address", "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`"),
    ("proxies: ['a.example:80', 'A.example:80']}", 2, 27, "the proxy `a.example:80` is there twice", ""),
    ("targets: { squib: }}", 2, 12, "unknown target `squib`", "did you mean `squid`?"),
    ("targets: {}}", 2, 10, "`targets` names no target", "leave it out to write all targets"),
    ("targets: { ticket: { mode: x } }}", 2, 20, "the target `ticket` has no options", "write `ticket:` alone"),
    ("targets: { pac: { otherwise: DIRECT } }}", 2, 30, "`otherwise` is `DIRECT`, not `proxy`, `direct` or `block`", "did you mean `direct`?"),
    ("targets: { paloalto: { from_zones: ['a\"b'] } }}", 2, 37, "`from_zones` has `a\"b`, which PAN-OS does not take", "a zone has at most 31 letters, digits, blanks, `-`, `_` and `.`, a letter or digit first"),
    ("targets: { paloalto: { edl_base_url: 'ftp://x' } }}", 2, 38, "`edl_base_url` is `ftp://x`: not http or https", "write where the lists will be served: `https://edl.contoso.com/mde`"),
    ("targets: { paloalto: { edl_base_url: \"https://x/a'b\" } }}", 2, 38, "`edl_base_url` is `https://x/a'b`: it has characters that would need an escape", "write where the lists will be served: `https://edl.contoso.com/mde`"),
    // YAML itself.
    ("select: { windows: >=1803 }}", 2, 20, "not valid YAML: unexpected character: `>'", "put a text that begins with `>` into quotes"),
    ("select: { exclude: [*.akamaized.net] }}", 2, 21, "not valid YAML: alias references unknown anchor", "put a text that begins with `*` into quotes"),
];

/// Whole profiles, with the first problem.
#[rustfmt::skip]
pub(super) const WRONG_FROM_THE_START: &[(&str, u32, u32, &str, &str)] = &[
    ("", 1, 1, "the profile is empty", "`thruway init` writes one with every key explained"),
    ("# only a comment\n", 2, 1, "the profile is empty", "`thruway init` writes one with every key explained"),
    ("- a", 1, 1, "the profile is a list, not a map of keys and values", ""),
    ("sources: [{ builtin: mma }]", 1, 1, "the profile has no `version`", ""),
    ("version: 2\nsources: [{ builtin: mma }]", 1, 10, "version `2` is not known to this program", "write `version: 1`"),
    ("version: 1", 1, 1, "the profile has no `sources`", ""),
    ("version: 1\nsources: []", 2, 10, "`sources` is an empty list", ""),
    ("version: 1\nsources:\n  - mde-commercial", 3, 5, "the source `mde-commercial` does not say what it is", "write `builtin: mde-commercial`"),
    ("version: 1\nsources:\n  - list.xlsx", 3, 5, "the source `list.xlsx` does not say what it is", "write `file: list.xlsx`"),
    ("version: 1\nsources:\n  - builtin: mde-comercial", 3, 14, "unknown built-in list `mde-comercial`", "did you mean `mde-commercial`?"),
    ("version: 1\nsources:\n  - buildin: mma", 3, 5, "unknown key `buildin` in `sources`", "did you mean `builtin`?"),
    ("version: 1\nsources:\n  - builtin: mma\n    file: a.csv", 3, 5, "a source names more than one of `builtin`, `file` and `mma`", "begin each source with a `-` of its own"),
    ("version: 1\nsources:\n  - mma: { workspaces: [x] }", 3, 25, "`x` is no workspace ID", "a workspace ID is a GUID such as `11111111-2222-3333-4444-555555555555`"),
    ("version: 1\nsources:\n  - mma: { workspaces: [] }", 3, 24, "`workspaces` is an empty list", ""),
    ("version: 1\nsources:\n\t- builtin: mma", 3, 2, "not valid YAML: tabs disallowed within this context (block indentation)", "indent with blanks, not with tabs"),
];

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_to_write() {
    let headed = WRONG.iter().map(|row| (format!("{HEAD}{}", row.0), row));
    let whole = WRONG_FROM_THE_START.iter().map(|row| (row.0.to_owned(), row));
    let mut differences = String::new();
    for (text, &(_, line, column, message, help)) in headed.chain(whole) {
        let error = parse(&text).expect_err(&text);
        let problem = &error.problems()[0];
        let first_help = problem.help.first().map_or("", String::as_str);
        let found = (problem.line, problem.column, problem.message.as_str(), first_help);
        if found != (line, column, message, help) {
            differences += &format!("{text}\n  {found:?}\n");
        }
    }
    assert_eq!(differences, "");
}

#[test]
fn one_run_tells_everything() {
    let error = parse("version: 2\nnam: x\nselect: { platforms: [x] }\nproxies: [x]").unwrap_err();
    let places: Vec<(u32, u32)> = error.problems().iter().map(|it| (it.line, it.column)).collect();
    // The missing sources are a matter of the whole map, which begins at the beginning.
    assert_eq!(places, [(1, 1), (1, 10), (2, 1), (3, 23), (4, 11)]);
}

#[test]
fn a_profile_has_a_bounded_size() {
    let text = format!("version: 1\nsources: [{{ builtin: mma }}]\n{}", "#".repeat(MAX_TEXT));
    assert_eq!(
        parse(&text).unwrap_err().problems()[0].message,
        format!("a profile of {} bytes, over 1048576", text.len())
    );
}

mod mutations {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that mean something to YAML or to the grammar.
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\n",
        "  ",
        "- ",
        "*",
        "&a ",
        "*a",
        "~",
        "\"",
        "'",
        "#",
        "|",
        "%",
        "é",
        "\u{1b}",
        "\u{0}",
        "\t",
        "!!int ",
        "? ",
        "<<: ",
        "---\n",
        "all",
        "443",
        "squid:",
        "99999999999999999999",
    ];

    proptest! {
        /// Whatever somebody's editor left: an answer, and every problem lies in the text.
        #[test]
        fn a_damaged_profile_is_answered(edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..20, any::<prop::sample::Index>()), 1..6)) {
            let mut text: Vec<char> = EXAMPLE.chars().collect();
            for (at, delete, piece) in edits {
                let at = at.index(text.len());
                let end = (at + delete).min(text.len());
                text.splice(at..end, piece.get(PIECES).chars());
            }
            let text: String = text.into_iter().collect();
            if let Err(error) = parse(&text) {
                let lines = text.lines().count() + 1;
                prop_assert!(!error.problems().is_empty());
                for problem in error.problems() {
                    prop_assert!((1..=lines).contains(&(problem.line as usize)), "{problem}");
                    prop_assert!(problem.column > 0);
                    prop_assert!(!problem.to_string().chars().any(char::is_control), "{problem:?}");
                }
            }
        }
    }
}
