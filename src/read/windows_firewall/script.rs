//! The scripts: the one that makes keywords and rules, and the one that takes them back.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::powershell::{Literals, Value, ValueKind};
use super::{File, item, reading};
use crate::model::{HostPattern, Ports};
use crate::read::{Item, Place, Reading, Ruling, Trouble, TroubleKind};

/// The SHA-256 of the program that makes keywords and rules, without its data and comments. Whoever changes the
/// program reads it again: what is said here of what the tables mean depends on it.
const SETUP: &str = "f7c14a4927e509d9c36db443cc82102df20875e92e7bff5441ee046af129ef6d";
/// The same of the program that takes them back.
const REMOVAL: &str = "5875db1f99076ead8c8b50fd0b9f87153949e5d5ba3698fc4ea7f8754eb55f1c";

/// What both programs derive the identifiers of keywords under, the profile's name and a line's end before
/// the keyword.
const NAMESPACE: Uuid = Uuid::from_bytes([
    0x6d, 0x1f, 0x5a, 0x52, 0x9a, 0x3b, 0x5c, 0x0e, 0x8f, 0x52, 0x74, 0x68, 0x72, 0x75, 0x77, 0x61,
]);

/// What a script makes.
#[derive(Debug)]
pub struct Script {
    /// The profile that its keywords belong to.
    pub profile: String,
    /// The group that its rules are in.
    pub group: String,
    /// What it lets out, by keywords and by addresses.
    pub reading: Reading,
}

/// What a script takes back.
#[derive(Debug)]
pub struct Removal {
    /// The profile whose keywords it removes.
    pub profile: String,
    /// The group whose rules it removes.
    pub group: String,
    /// What was not understood.
    pub troubles: Vec<Trouble>,
}

/// Whether a script takes back, by its lack of rules.
pub(super) fn is_removal(bytes: &[u8]) -> bool {
    !String::from_utf8_lossy(bytes).lines().any(|line| line.starts_with("$Rules = "))
}

/// Reads the script that makes keywords and rules.
pub fn script(file: &str, bytes: &[u8]) -> Script {
    let mut file = File::new(file);
    let mut data = data(&mut file, bytes, SETUP);
    let profile = data.text(&mut file, "$ProfileName");
    let group = data.text(&mut file, "$Group");
    let keywords = data.list(&mut file, "$Keywords");
    let rules = data.list(&mut file, "$Rules");
    let keywords = self::keywords(&mut file, &profile, keywords);
    let mut used = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut rulings = Vec::new();
    for rule in rules {
        rulings.extend(ruling(&mut file, rule, &keywords, &mut names, &mut used));
    }
    for (id, (_, place)) in keywords.iter().filter(|(id, _)| !used.contains(*id)) {
        file.trouble(place.line, TroubleKind::NeverMatches, format!("no rule refers to the keyword `{id}`"));
    }
    Script { profile, group, reading: reading(rulings, file.troubles) }
}

/// Reads the script that takes them back.
pub fn removal(file: &str, bytes: &[u8]) -> Removal {
    let mut file = File::new(file);
    let mut data = data(&mut file, bytes, REMOVAL);
    let profile = data.text(&mut file, "$ProfileName");
    let group = data.text(&mut file, "$Group");
    Removal { profile, group, troubles: file.troubles }
}

/// The values that a program is given.
#[derive(Default)]
struct Data(BTreeMap<&'static str, Value>);

/// What is data in the programs.
const VARIABLES: &[&str] = &["$ProfileName", "$Group", "$Keywords", "$Rules"];

impl Data {
    fn text(&mut self, file: &mut File, variable: &str) -> String {
        match self.0.remove(variable).map(|value| (value.line, value.kind)) {
            Some((_, ValueKind::Text(text))) => text,
            other => {
                let line = other.map_or(0, |(line, _)| line);
                file.not_understood(line, format!("`{variable}` is no string"));
                String::new()
            }
        }
    }

    fn list(&mut self, file: &mut File, variable: &str) -> Vec<Value> {
        match self.0.remove(variable).map(|value| (value.line, value.kind)) {
            Some((_, ValueKind::List(values))) => values,
            other => {
                let line = other.map_or(0, |(line, _)| line);
                file.not_understood(line, format!("`{variable}` is no list"));
                Vec::new()
            }
        }
    }
}

/// Takes the data out of a script, of which the rest has to be a program that is known.
fn data(file: &mut File, bytes: &[u8], known: &str) -> Data {
    let mut data = Data::default();
    let Some(text) = file.text(bytes) else { return data };
    let mut program = Sha256::new();
    let mut rest = text;
    let mut number = 1;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let assigned = VARIABLES.iter().find_map(|&variable| {
            let value = line.strip_prefix(variable)?.strip_prefix(" = ")?;
            (!data.0.contains_key(variable)).then_some((variable, value))
        });
        if let Some((variable, value)) = assigned {
            let start = line.len() - value.len();
            match Literals::new(&rest[start..], number).value() {
                Ok((value, last, behind)) => {
                    if !behind.trim().is_empty() {
                        file.not_understood(last, format!("`{}` behind a value", behind.trim()));
                    }
                    data.0.insert(variable, value);
                    program.update(variable);
                    program.update("\n");
                    for _ in number..=last {
                        rest = rest.split_once('\n').map_or("", |(_, after)| after);
                    }
                    number = last + 1;
                    continue;
                }
                Err((line, what)) => {
                    file.not_understood(line, what);
                    return data;
                }
            }
        }
        let line = line.trim_end();
        // What the system requires is asked for in a comment.
        let is_comment = line.trim_start().starts_with('#')
            && !line.trim_start().to_ascii_lowercase().starts_with("#requires");
        if !is_comment {
            program.update(line);
            program.update("\n");
        }
        rest = after;
        number += 1;
    }
    let digest: String = program.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != known {
        file.not_understood(0, format!("the program is not the one that is known, but {digest}"));
    }
    data
}

/// Keywords by their identifiers, each with what it stands for and where it is defined.
type Keywords = BTreeMap<String, (Option<HostPattern>, Place)>;

fn keywords(file: &mut File, profile: &str, values: Vec<Value>) -> Keywords {
    let mut keywords = Keywords::new();
    for Value { line, kind } in values {
        let ValueKind::Table(entries) = kind else {
            file.not_understood(line, "a keyword that is no table");
            continue;
        };
        let (mut id, mut keyword) = (None, None);
        for (key, Value { line, kind }) in entries {
            match (key.as_str(), kind) {
                ("Id", ValueKind::Text(text)) => id = Some(text),
                ("Keyword", ValueKind::Text(text)) => keyword = Some(text),
                (key, _) => file.not_understood(line, format!("`{key}` of a keyword")),
            }
        }
        let (Some(id), Some(keyword)) = (id, keyword) else {
            file.not_understood(line, "a keyword without `Id` or `Keyword`");
            continue;
        };
        let own = Uuid::new_v5(&NAMESPACE, format!("{profile}\n{keyword}").as_bytes());
        if id != format!("{{{}}}", own.hyphenated()) {
            let what = format!("the keyword `{keyword}` has not the identifier that tells whose it is");
            file.trouble(line, TroubleKind::Misleading, what);
        }
        let host = file.keyword(line, &keyword);
        let place = file.place(line);
        if keywords.insert(id, (host, place)).is_some() {
            file.trouble(line, TroubleKind::Refused, format!("the identifier of `{keyword}` is there twice"));
        }
    }
    keywords
}

/// One rule of the table.
fn ruling(
    file: &mut File,
    rule: Value,
    keywords: &Keywords,
    names: &mut BTreeSet<String>,
    used: &mut BTreeSet<String>,
) -> Option<Ruling> {
    let Value { line, kind } = rule;
    let ValueKind::Table(entries) = kind else {
        file.not_understood(line, "a rule that is no table");
        return None;
    };
    let mut name = None;
    let mut ports = Ports::any();
    // Nothing said of one of these is everything.
    let mut hosts: Option<Vec<(HostPattern, Place)>> = None;
    for (key, Value { line, kind }) in entries {
        match (key.as_str(), kind) {
            ("Name", ValueKind::Text(text)) => name = Some(text),
            ("DisplayName", ValueKind::Text(_)) => {}
            ("RemotePort", ValueKind::List(values)) if !values.is_empty() => {
                let texts = texts(file, values);
                ports = file.ports(line, texts.iter().map(|(_, text)| text.as_str()));
            }
            ("RemoteAddress", ValueKind::List(values)) if !values.is_empty() && hosts.is_none() => {
                let texts = texts(file, values);
                let networks = texts.iter().filter_map(|(line, text)| {
                    let network = file.network(*line, text)?;
                    Some((HostPattern::Address(network), file.place(*line)))
                });
                hosts = Some(networks.collect());
            }
            ("RemoteDynamicKeywordAddresses", ValueKind::List(values))
                if !values.is_empty() && hosts.is_none() =>
            {
                let mut own = Vec::new();
                for (line, id) in texts(file, values) {
                    match keywords.get(&id) {
                        Some((host, place)) => own.extend(host.clone().map(|host| (host, place.clone()))),
                        None => file.trouble(
                            line,
                            TroubleKind::NeverMatches,
                            format!("there is no keyword `{id}`"),
                        ),
                    }
                    used.insert(id);
                }
                hosts = Some(own);
            }
            (key, _) => file.not_understood(line, format!("`{key}` of a rule")),
        }
    }
    match name {
        Some(name) if !names.insert(name.to_ascii_lowercase()) => {
            file.trouble(line, TroubleKind::Refused, format!("there is a rule `{name}` already"));
        }
        Some(_) => {}
        None => file.not_understood(line, "a rule without a name"),
    }
    let Some(hosts) = hosts else {
        file.trouble(line, TroubleKind::Misleading, "a rule for every address");
        return None;
    };
    let items: Vec<Item> = hosts.into_iter().map(|(host, place)| item(host, &ports, place)).collect();
    Some(Ruling { grants: true, place: file.place(line), items })
}

/// The strings of a list, each with its line.
fn texts(file: &mut File, values: Vec<Value>) -> Vec<(u32, String)> {
    let mut texts = Vec::with_capacity(values.len());
    for Value { line, kind } in values {
        match kind {
            ValueKind::Text(text) => texts.push((line, text)),
            ValueKind::List(_) | ValueKind::Table(_) => {
                file.not_understood(line, "a value that is no string")
            }
        }
    }
    texts
}
