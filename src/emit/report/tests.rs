//! What the page holds.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::compile::{self, Run};
use crate::emit::{ALL, Surroundings, testing};
use crate::plan::PolicySets;
use crate::profile::Profile;

const HEADER: &str = "Service,Geography,Category,Port,Endpoint/URL,Required or Optional\n";
const PROFILE: &str = "version: 1\nname: contoso\nsources: [{ file: list.csv }]\n";

/// The page of a profile beside a list.
fn compiled(profile: &str, list: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), list).unwrap();
    let ids: Vec<_> = ALL.iter().map(|emitter| emitter.id()).collect();
    let profile = Profile::parse(profile, Some(&folder.path().join("thruway.yaml")), &ids).unwrap();
    let run = Run::new(&profile, date(2026, 11, 24)).unwrap();
    let sets = PolicySets::new(&run.policy);
    let banner = run.banner(&profile);
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let compiled = compile::compile(&run, &profile, inputs, &profile.targets).unwrap();
    let mut files = compile::files(&run, &profile, &compiled);
    String::from_utf8(files.remove("report/index.html").unwrap()).unwrap()
}

/// The texts between a beginning and an end.
fn between<'p>(page: &'p str, begin: &'p str, end: &'p str) -> Vec<&'p str> {
    page.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "id=\"data\">", "</script>")[0]).unwrap()
}

fn places<'v>(value: &'v Value) -> impl Iterator<Item = usize> + 'v {
    value.as_array().unwrap().iter().map(|place| usize::try_from(place.as_u64().unwrap()).unwrap())
}

#[test]
fn exactly_the_style_and_the_scripts_of_the_page_may_run() {
    let page = compiled(PROFILE, &(HEADER.to_owned() + "s,WW,c,443,a.example.com,Required\n"));
    let policy =
        between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\">")[0].replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let allowed: BTreeSet<&str> = between(&policy, "'sha256-", "'").into_iter().collect();
    let scripts = between(&page, "<script>", "</script>").into_iter();
    let pac = between(&page, "<script id=\"pac\">", "</script>");
    assert_eq!(pac.len(), 1);
    let there: BTreeSet<String> = scripts
        .chain(pac)
        .chain(between(&page, "<style>", "</style>"))
        .map(|text| STANDARD.encode(Sha256::digest(text)))
        .collect();
    assert_eq!(there.iter().map(String::as_str).collect::<BTreeSet<_>>(), allowed);
}

#[test]
fn no_text_of_a_source_becomes_an_element_or_ends_one() {
    let hostile = "\"</script><script>alert(1)</script><!-- & <img src=x onerror=alert(1)>\u{202e}\"";
    let list = format!("{HEADER}{hostile},WW,{hostile},443,a.example.com,Required\n");
    let page = compiled(PROFILE, &list);
    for mark in ["<script>alert", "<img", "\u{202e}"] {
        assert!(!page.contains(mark), "{mark}");
    }
    let tame = compiled(PROFILE, &(HEADER.to_owned() + "s,WW,c,443,a.example.com,Required\n"));
    assert_eq!(page.matches("</script").count(), tame.matches("</script").count());
    let names: Vec<Value> = data(&page)["names"].as_array().unwrap().clone();
    let text = "</script><script>alert(1)</script><!-- & <img src=x onerror=alert(1)>\u{fffd}";
    assert!(names.contains(&text.into()), "{names:?}");
}

#[test]
fn every_endpoint_is_there_with_what_asks_for_it() {
    let list = HEADER.to_owned()
        + "s,WW,c,443,*.example.com,Required\n\
           s,EU,c,443,a.example.com,Optional\n\
           s,US,c,443,*.blob.core.windows.net,Required\n\
           s,UK,c,443,uk.example.net,Required\n\
           s,UK,c,443,uk.example.com,Required\n\
           s,UK,c,80,uk.example.com,Required\n";
    let profile = format!("{PROFILE}select: {{ geographies: [EU, US] }}\n");
    let data = data(&compiled(&profile, &list));
    let pattern = |place: &Value| {
        let place = usize::try_from(place.as_u64().unwrap()).unwrap();
        data["patterns"][place][0].as_str().unwrap().to_owned()
    };
    let mut asked = Vec::new();
    let mut through = Vec::new();
    for endpoint in data["endpoints"].as_array().unwrap() {
        let rules: Vec<String> = Intent::ALL
            .iter()
            .zip(endpoint[8].as_array().unwrap())
            .flat_map(|(intent, own)| own.as_array().unwrap().iter().map(move |place| (intent, place)))
            .map(|(intent, place)| match place.as_i64().unwrap() {
                place @ 0.. => pattern(&data["policy"][intent.as_str()][place as usize][0]),
                held => format!("held {}", pattern(&data["held"][intent.as_str()][(-1 - held) as usize][0])),
            })
            .collect();
        asked.push((pattern(&endpoint[0]), rules.join(", ")));
        for (intent, place) in Intent::ALL.iter().zip(endpoint[9].as_array().unwrap()) {
            if let Some(place) = place.as_u64() {
                let rule = &data["policy"][intent.as_str()][usize::try_from(place).unwrap()][0];
                through.push(format!("{} by {}", pattern(&endpoint[0]), pattern(rule)));
            }
        }
    }
    let want = [
        ("*.example.com", "*.example.com, *.example.com, *.example.com"),
        ("a.example.com", "*.example.com, *.example.com, *.example.com"),
        (
            "*.blob.core.windows.net",
            "*.blob.core.windows.net, held *.blob.core.windows.net, *.blob.core.windows.net",
        ),
        ("uk.example.net", ""),
        ("uk.example.com", ""),
        ("uk.example.com", ""),
    ];
    asked.sort();
    let mut want = want.map(|(pattern, rules)| (pattern.to_owned(), rules.to_owned()));
    want.sort();
    assert_eq!(asked, want);
    // Port 80 of the same host is not let through, and says nothing.
    assert_eq!(through, ["uk.example.com by *.example.com"; 3]);
}

/// The page tells of the plan and of the files: a line that it shows is a line of a list.
#[test]
fn what_a_target_is_said_to_write_is_what_its_plan_writes() {
    let list = HEADER.to_owned()
        + "s,WW,c,443,*.example.com,Required\n\
           s,WW,c,443,a-*.example.net,Required\n\
           s,WW,c,80,http://www.example.org/pki/*,Required\n\
           s,WW,c,443,203.0.113.0/24,Required\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), list).unwrap();
    let ids: Vec<_> = ALL.iter().map(|emitter| emitter.id()).collect();
    let profile = Profile::parse(PROFILE, Some(&folder.path().join("thruway.yaml")), &ids).unwrap();
    let run = Run::new(&profile, date(2026, 11, 24)).unwrap();
    let (sets, banner) = (PolicySets::new(&run.policy), run.banner(&profile));
    let inputs = compile::inputs(&run, &profile, &sets, &banner);
    let compiled = compile::compile(&run, &profile, inputs, &profile.targets).unwrap();
    let page = compiled.targets.iter().find(|target| target.plan.target == ID).unwrap();
    let data = data(std::str::from_utf8(&page.artifacts[0].bytes).unwrap());
    let mut compared = 0;
    for target in data["targets"].as_array().unwrap() {
        let plan = &compiled.targets.iter().find(|own| target["id"] == own.plan.target).unwrap().plan;
        for (intent, planned) in &plan.intents {
            let verdicts = &target["intents"][intent.as_str()];
            let verdicts: Vec<&Value> = places(verdicts).map(|place| &data["verdicts"][place]).collect();
            assert_eq!(verdicts.len(), run.policy.rules(*intent).len());
            let of = |verdict: &&Value| match verdict {
                Value::Array(_) => places(verdict).collect(),
                Value::Object(differs) => {
                    differs.get("entries").map_or(Vec::new(), |own| places(own).collect())
                }
                other => panic!("{other}"),
            };
            let said: BTreeSet<&str> = verdicts
                .iter()
                .flat_map(of)
                .map(|place| data["entries"][place][1].as_str().unwrap())
                .collect();
            let written: BTreeSet<&str> =
                planned.lists.iter().flat_map(|list| &list.lines).map(String::as_str).collect();
            assert_eq!(said, written, "{} {intent}", plan.target);
            for (at, verdict) in verdicts.iter().enumerate() {
                let is_exact = verdict.is_array();
                let differs = planned.wider.iter().chain(&planned.narrower).any(|own| own.rule == at)
                    || planned.held.iter().any(|(rule, _)| *rule == at)
                    || planned.unsupported.iter().any(|(rule, _)| *rule == at);
                assert_eq!(is_exact, !differs, "{} {intent} {at}", plan.target);
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn what_changed_is_a_section_where_it_is_known() {
    let (settings, banner) = (testing::settings(), testing::banner());
    let plan = Plan {
        target: ID,
        settings: &settings,
        banner: &banner,
        rules: Default::default(),
        intents: Default::default(),
    };
    let render = |changes: Option<&Changes>| {
        let rendered = Report.render(&plan, &Surroundings { changes, ..testing::surroundings() }).unwrap();
        String::from_utf8(rendered.artifacts[0].bytes.clone()).unwrap()
    };
    let line = |destination: &str, from: &str, beside: &[(&str, &str)]| Line {
        destination: destination.to_owned(),
        lists: "allow, direct".to_owned(),
        examples: vec![format!("https://{}/", destination.replace('*', "a"))],
        purpose: "Defender: Common".to_owned(),
        risks: vec!["shared-hosting"],
        from: from.to_owned(),
        beside: beside.iter().map(|&(destination, from)| (destination.to_owned(), from.to_owned())).collect(),
        more: 0,
        why: None,
    };
    let changes = Changes {
        old: "<i>old.csv".to_owned(),
        new: "new.csv".to_owned(),
        looked_at: vec!["old.csv is looked at by <x>".to_owned()],
        is_same: false,
        settings: vec![("targets.pac.otherwise".to_owned(), "not set".to_owned(), "direct".to_owned())],
        lists: vec![ListCount { title: "let through", opened: 2, closed: 1, same: 40 }],
        opened: vec![
            line("*.new.example", "new.csv › E4", &[]),
            line("<b>.example", "new.csv › E5", &[("b.example", "old.csv › E3")]),
        ],
        closed: vec![Line {
            risks: Vec::new(),
            more: 7,
            why: Some("not selected".to_owned()),
            ..line("old.example", "old.csv › E2; old.csv › E9", &[("a.old.example", "new.csv › E1")])
        }],
        left_out: vec![LeftOut {
            destination: "*.com".to_owned(),
            lists: "allow".to_owned(),
            finding: "covers-registry",
            from: "new.csv › E7".to_owned(),
        }],
        unread: vec![("bad-port".to_owned(), "`<x>` is no port".to_owned())],
        restated: vec![Restated {
            destination: "same.example".to_owned(),
            what: "requirement",
            old: ("required".to_owned(), "old.csv › E8".to_owned()),
            new: ("optional".to_owned(), "new.csv › E8".to_owned()),
        }],
        targets: vec![TargetChange {
            title: "Squid".to_owned(),
            list: "allow",
            opened: 2,
            closed: 1,
            beyond: vec!["blob.example".to_owned()],
            lost: vec!["lost.example".to_owned()],
        }],
    };
    let with = render(Some(&changes));
    let section = between(&with, "<section id=\"changes\"", "</section>")[0];
    for text in [
        "<h2 id=\"changes-title\">What changed</h2>",
        "<code>&#60;i&#62;old.csv</code> → <code>new.csv</code>",
        "<p class=\"lead\">old.csv is looked at by &#60;x&#62;.</p>",
        "<tr><td><code>targets.pac.otherwise</code></td><td>not set</td><td>direct</td></tr>",
        "<th scope=\"row\">let through</th><td>2</td><td>1</td><td>40</td>",
        "<tr><td><code>*.new.example</code><br><small>for example <code>https://a.new.example/</code></small></td>\
         <td>allow, direct</td><td>Defender: Common<br>risk <code>shared-hosting</code></td><td>new.csv › E4</td><td></td></tr>",
        "<td><code>&#60;b&#62;.example</code><br>",
        "<code>b.example</code>, old.csv › E3</td></tr>",
        "<td>old.csv › E2; old.csv › E9</td><td><code>a.old.example</code>, new.csv › E1<br>7 more<br>not selected</td>",
        "<td><code>*.com</code></td><td>allow</td><td><code>covers-registry</code></td><td>new.csv › E7</td>",
        "<tr><td><code>bad-port</code></td><td>`&#60;x&#62;` is no port</td></tr>",
        "<td>requirement</td><td>required</td><td>optional</td><td>old.csv › E8</td><td>new.csv › E8</td>",
        "<td>Squid</td><td>allow</td><td>2</td><td>1</td><td><code>blob.example</code> </td>\
         <td><code>lost.example</code> </td>",
    ] {
        assert!(section.contains(text), "{text}\n{section}");
    }
    assert!(with.contains("href=\"#changes\""));
    assert!(
        render(Some(&Changes { is_same: true, ..Changes::default() })).contains("Both let the same through.")
    );
    assert!(!render(None).contains("changes-title"));
}

#[test]
fn a_pac_that_could_end_its_element_is_refused() {
    let (settings, banner) = (testing::settings(), testing::banner());
    let plan = Plan {
        target: ID,
        settings: &settings,
        banner: &banner,
        rules: Default::default(),
        intents: Default::default(),
    };
    let render = |text: &str| {
        let artifacts = vec![Artifact { path: "proxy.pac".to_owned(), bytes: text.into() }];
        let written = [crate::emit::Written { target: "pac", artifacts }];
        Report.render(&plan, &Surroundings { written: &written, ..testing::surroundings() })
    };
    for mark in ["</SCRIPT ", "<script", "<!--"] {
        let refused = render(&format!("// {mark}\nfunction FindProxyForURL(url, host) {{}}\n"));
        assert!(matches!(refused, Err(RenderError::Unsafe { target: ID, .. })), "{mark}");
    }
    let text = "function FindProxyForURL(url, host) { return 1 < 2 ? \"DIRECT\" : \"\"; }\n";
    assert!(String::from_utf8(render(text).unwrap().artifacts[0].bytes.clone()).unwrap().contains(text));
}
