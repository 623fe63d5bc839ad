//! The lists that firewalls and proxies pull: from a compiled run to files by their paths on the server.
//!
//! Lists of a product are those that its emitter wrote, octet for octet, below `edl/<intent>/`. Two formats belong to
//! nobody: `domains.txt`, names and `*.` names one a line, and `rules.json`, everything that a rule says. What a format
//! cannot say is left out with a reason, which the manifest tells.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::compile::Compiled;
use crate::diag::Level;
use crate::model::{DomainName, HostPattern, Intent, PathPattern, Policy, RequestPattern, RequestSet, Rule};
use crate::profile::{Difference, Profile};
use crate::write::Files;

/// The lists of a run.
#[derive(Debug, Default)]
pub struct Lists {
    /// By path, without a slash at the beginning.
    pub files: Files,
    /// What the manifest says of each, by path.
    pub entries: BTreeMap<String, ListEntry>,
    /// Lists that are not served, by path, and why.
    pub left_out: BTreeMap<String, String>,
}

/// What the manifest says of one list.
#[derive(Debug, Serialize, Default)]
pub struct ListEntry {
    /// `panos-url`, `domains`.
    pub format: String,
    /// Lines, or rules of a list that is no text of lines.
    pub entries: usize,
    /// Rules that the format cannot say, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_in_it: Vec<LeftOut>,
    /// In which ways it says more than the policy where whoever uses it does not limit that: `port`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wider: Vec<&'static str>,
}

/// A rule that a format cannot say.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// The host, as `thruway show policy` writes it.
    pub pattern: String,
    /// Why.
    pub why: String,
}

/// The lists of a compiled run.
pub fn lists(policy: &Policy, profile: &Profile, compiled: &Compiled<'_>) -> Lists {
    let mut lists = Lists::default();
    for (target, name) in [("paloalto", "panos"), ("squid", "squid")] {
        match compiled.targets.iter().find(|own| own.plan.target == target) {
            Some(own) => {
                let artifacts = own.artifacts.iter();
                let files: Vec<(&str, &[u8])> =
                    artifacts.map(|artifact| (artifact.path.as_str(), &artifact.bytes[..])).collect();
                match target {
                    "paloalto" => panos(&files, profile, &mut lists),
                    _ => squid(&files, &mut lists),
                }
            }
            None => {
                lists
                    .left_out
                    .insert(format!("edl/*/{name}*"), format!("the profile has no target `{target}`"));
            }
        }
    }
    for intent in Intent::ALL {
        let rules = policy.rules(intent);
        if rules.is_empty() {
            continue;
        }
        rules_json(intent, rules, &mut lists);
        domains(intent, rules, profile, &mut lists);
    }
    lists
}

/// The intent that a file's name begins with, and what follows the dot.
fn intent_of(file: &str) -> Option<(Intent, &str)> {
    let (word, rest) = file.split_once('.')?;
    let intent = Intent::ALL.into_iter().find(|intent| intent.as_str() == word)?;
    Some((intent, rest))
}

fn line_count(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count()
}

impl Lists {
    fn add(&mut self, path: String, format: &str, bytes: Vec<u8>) -> &mut ListEntry {
        let entry =
            ListEntry { format: format.to_owned(), entries: line_count(&bytes), ..ListEntry::default() };
        self.files.insert(path.clone(), bytes);
        self.entries.entry(path).or_insert(entry)
    }
}

/// The lines of several lists of one intent.
#[derive(Default)]
struct Together<'f> {
    lines: BTreeSet<&'f [u8]>,
    /// How many sets of ports they are for.
    sets: usize,
}

/// PAN-OS: `allow.tcp-443.url.txt` of the target is `edl/allow/panos-url.tcp-443.txt` here, and under its own name below
/// `edl/panos/`, which is what `edl_base_url` leads to. `edl/allow/panos-url.txt` is all of them together: as the policy
/// says where there is one set of ports, else for rules that limit the ports themselves.
fn panos(files: &[(&str, &[u8])], profile: &Profile, lists: &mut Lists) {
    let mut together: BTreeMap<(Intent, &str), Together<'_>> = BTreeMap::new();
    for &(name, bytes) in files {
        let Some((intent, rest)) = intent_of(name) else { continue };
        for kind in ["url", "ip"] {
            let Some(ports) = rest.strip_suffix(".txt").and_then(|rest| rest.strip_suffix(kind)) else {
                continue;
            };
            let ports = ports.trim_end_matches('.');
            let format = format!("panos-{kind}");
            lists.add(format!("edl/{intent}/{format}.{ports}.txt"), &format, bytes.to_vec());
            lists.add(format!("edl/panos/{name}"), &format, bytes.to_vec());
            let Together { lines, sets } = together.entry((intent, kind)).or_default();
            lines.extend(bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()));
            *sets += 1;
        }
    }
    for ((intent, kind), Together { lines, sets }) in together {
        let path = format!("edl/{intent}/panos-{kind}.txt");
        if sets > 1 && !may_be_wider(profile, Difference::Port, intent) {
            let why = "it would have several sets of ports, and the profile's `tolerances` hold `port`; take one list for \
                       each set of ports";
            lists.left_out.insert(path, why.to_owned());
            continue;
        }
        let mut bytes: Vec<u8> = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        let entry = lists.add(path, &format!("panos-{kind}"), bytes);
        if sets > 1 {
            entry.wider.push(Difference::Port.as_str());
        }
    }
}

/// Whether a list may say more than the policy in this way.
fn may_be_wider(profile: &Profile, kind: Difference, intent: Intent) -> bool {
    let levels = profile.tolerances.get(&kind);
    let level = levels.and_then(|levels| levels.0.get(&intent).copied()).unwrap_or(kind.default_level());
    matches!(level, Level::Allow | Level::Warn)
}

/// Squid: `allow.https-443.dstdomain` of the target is `edl/allow/squid.https-443.dstdomain.txt` here.
fn squid(files: &[(&str, &[u8])], lists: &mut Lists) {
    for &(name, bytes) in files {
        if let Some((intent, rest)) = intent_of(name) {
            lists.add(format!("edl/{intent}/squid.{rest}.txt"), "squid", bytes.to_vec());
        }
    }
}

/// Everything that the rules of an intent say. No format of a product: for programs of one's own.
fn rules_json(intent: Intent, rules: &[Rule], lists: &mut Lists) {
    let rule = |rule: &Rule| {
        let pattern = &rule.pattern;
        let schemes: Vec<&str> = [("http", pattern.schemes.http), ("https", pattern.schemes.https)]
            .into_iter()
            .filter_map(|(name, is_in)| is_in.then_some(name))
            .collect();
        let mut value = json!({
            "host": pattern.host.to_string(),
            "ports": pattern.ports.ranges().map(|range| [*range.start(), *range.end()]).collect::<Vec<_>>(),
            "schemes": schemes,
        });
        if pattern.path != PathPattern::Any {
            value["path"] = Value::from(pattern.path.to_string());
        }
        value
    };
    let value = json!({ "intent": intent.as_str(), "rules": rules.iter().map(rule).collect::<Vec<_>>() });
    let mut bytes = serde_json::to_vec_pretty(&value).expect("internal error: a list is plain data");
    bytes.push(b'\n');
    lists.add(format!("edl/{intent}/rules.json"), "rules", bytes).entries = rules.len();
}

/// Names one a line: a name means itself, `*.` before it everything below. Blind to schemes, ports and paths, which
/// counts as wider where a rule has another port than 443.
fn domains(intent: Intent, rules: &[Rule], profile: &Profile, lists: &mut Lists) {
    let path = format!("edl/{intent}/domains.txt");
    let mut wider = BTreeSet::new();
    let mut lines = BTreeSet::new();
    let mut meant = Vec::new();
    let mut not_in_it = Vec::new();
    for rule in rules {
        match domain_lines(&rule.pattern.host) {
            Ok(own) => {
                lines.extend(own);
                meant.push(RequestPattern::any_service(rule.pattern.host.clone()));
                if rule.pattern.ports.single() != Some(443) {
                    wider.insert(Difference::Port);
                }
                if rule.pattern.path != PathPattern::Any {
                    wider.insert(Difference::Path);
                }
            }
            Err(why) => {
                not_in_it.push(LeftOut { pattern: rule.pattern.host.to_string(), why: why.to_owned() })
            }
        }
    }
    if let Some(held) = wider.iter().find(|&&kind| !may_be_wider(profile, kind, intent)) {
        let why = format!(
            "a list of names says nothing of it, and the profile's `tolerances` hold `{}`",
            held.as_str()
        );
        lists.left_out.insert(path, why);
        return;
    }
    if lines.is_empty() {
        lists.left_out.insert(path, "no rule is a name or everything below one".to_owned());
        return;
    }
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    if !means(&text, &meant) {
        let why = "internal error: read back, it does not mean what was asked";
        lists.left_out.insert(path, why.to_owned());
        return;
    }
    let entry = lists.add(path, "domains", text.into_bytes());
    entry.not_in_it = not_in_it;
    entry.wider = wider.into_iter().map(Difference::as_str).collect();
}

/// Whether a list of names, read as those who use such lists read it, means these hosts and no others.
fn means(text: &str, hosts: &[RequestPattern]) -> bool {
    let read = |line: &str| {
        let below = line.strip_prefix("*.");
        let name: DomainName = below.unwrap_or(line).parse().ok()?;
        let host = if below.is_some() { HostPattern::Descendants(name) } else { HostPattern::Exact(name) };
        Some(RequestPattern::any_service(host))
    };
    let Some(read) = text.lines().map(read).collect::<Option<Vec<_>>>() else { return false };
    let (read, asked) = (RequestSet::new(&read), RequestSet::new(hosts));
    read.includes(&asked).is_ok() && asked.includes(&read).is_ok()
}

fn domain_lines(host: &HostPattern) -> Result<Vec<String>, &'static str> {
    match host {
        HostPattern::Exact(name) => Ok(vec![name.to_string()]),
        HostPattern::Descendants(name) => Ok(vec![format!("*.{name}")]),
        HostPattern::Subtree(name) => Ok(vec![name.to_string(), format!("*.{name}")]),
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) => {
            Err("a star inside a label cannot be said by a list of names")
        }
        HostPattern::Address(_) => Err("an address is no name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_what_is_below_it_are_two_lines() {
        for (pattern, want) in [
            ("a.example.com", &["a.example.com"][..]),
            ("*.example.com", &["*.example.com"]),
            (".example.com", &["example.com", "*.example.com"]),
        ] {
            assert_eq!(domain_lines(&pattern.parse().unwrap()).unwrap(), want);
        }
        for pattern in ["pre-*.example.com", "*cdn.example.net", "203.0.113.0/24"] {
            assert!(domain_lines(&pattern.parse().unwrap()).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_list_that_means_something_else_is_seen() {
        let hosts: Vec<RequestPattern> = ["a.example.com", ".example.net"]
            .map(|text| RequestPattern::any_service(text.parse().unwrap()))
            .into();
        assert!(means("*.example.net\na.example.com\nexample.net\n", &hosts));
        for text in [
            "a.example.com\nexample.net\n",
            "*.example.net\nexample.net\n",
            "*\n",
            "*.example.net\na.example.com\nexample.net\nb.example\n",
        ] {
            assert!(!means(text, &hosts), "{text}");
        }
    }

    #[test]
    fn lists_of_several_ports_are_joined_only_where_the_profile_lets_them_be() {
        let files: [(&str, &[u8]); 3] = [
            ("allow.tcp-443.url.txt", b"a.example/\nb.example/\n"),
            ("allow.tcp-80.url.txt", b"b.example/\nc.example/\n"),
            ("config.xml", b"<config/>"),
        ];
        let profile = |tolerances: &str| {
            let text =
                format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\ntolerances: {tolerances}\n");
            Profile::parse(&text, None, &[]).unwrap()
        };
        let mut lists = Lists::default();
        panos(&files, &profile("{}"), &mut lists);
        assert_eq!(lists.files["edl/allow/panos-url.txt"], b"a.example/\nb.example/\nc.example/\n");
        assert_eq!(lists.entries["edl/allow/panos-url.txt"].wider, ["port"]);
        assert_eq!(lists.files["edl/allow/panos-url.tcp-80.txt"], files[1].1);
        assert_eq!(lists.files["edl/panos/allow.tcp-80.url.txt"], files[1].1);
        assert_eq!(lists.files.len(), 5);
        let mut lists = Lists::default();
        panos(&files, &profile("{ port: hold }"), &mut lists);
        assert!(!lists.files.contains_key("edl/allow/panos-url.txt"));
        assert!(lists.left_out["edl/allow/panos-url.txt"].contains("tolerances"));
    }
}
