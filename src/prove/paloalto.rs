//! PAN-OS: one configuration in three languages, and the lists that it holds or fetches.
//!
//! The rules stand before those that deny, decrypt or ask for a sign-in, as whoever loads them is told, so what
//! no rule matches is not granted here.

use std::collections::{BTreeMap, BTreeSet};

use super::compare;
use crate::emit::Artifact;
use crate::emit::paloalto::PaloAltoOptions;
use crate::model::Intent;
use crate::plan::Plan;
use crate::read::panos::{Conditions, Configuration, Scope, ScopeReading};
use crate::read::{Rulebase, Texts};

/// Each says the whole.
const REPRESENTATIONS: [&str; 3] = ["config.xml", "set-commands.txt", "main.tf"];
/// The rules where the profile does not say for whom they are. Each file is read with them.
const TEMPLATE: &str = "rules.template.txt";
/// Says which list is for what.
const PROVENANCE: &str = "PROVENANCE.txt";

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    let options: PaloAltoOptions = plan.settings.options("paloalto");
    let mut texts = Texts::new();
    let mut lists = Texts::new();
    for artifact in artifacts {
        let is_list = [".url.txt", ".ip.txt"].iter().any(|end| artifact.path.ends_with(end));
        let of_its_kind = if is_list { &mut lists } else { &mut texts };
        of_its_kind.insert(artifact.path.clone(), artifact.bytes.clone());
    }
    let known = |name: &str| REPRESENTATIONS.contains(&name) || [TEMPLATE, PROVENANCE].contains(&name);
    if let Some(other) = texts.keys().find(|name| !known(name)) {
        return vec![format!("nobody knows what `{other}` is for")];
    }
    let template = texts.get(TEMPLATE).map(|bytes| filled(bytes));
    let mut found = Vec::new();
    for name in REPRESENTATIONS {
        let Some(bytes) = texts.get(name) else {
            found.push(format!("there is no `{name}`"));
            continue;
        };
        let mut own = if options.edl_base_url.is_some() { lists.clone() } else { Texts::new() };
        own.insert(name.to_owned(), bytes.clone());
        own.extend(template.iter().map(|filled| (TEMPLATE.to_owned(), filled.clone())));
        let configuration = Configuration::new(&own);
        let read = configuration.reading(&scope());
        let troubles = super::troubles(&read.reading.troubles);
        if !troubles.is_empty() {
            found.extend(troubles);
            continue;
        }
        let of_this = meaning(plan, &options, &configuration, read);
        found.extend(of_this.into_iter().map(|difference| format!("{name}: {difference}")));
        // All hold the same, so the lists are compared with one of them; where they are fetched, with each.
        if found.is_empty() && (options.edl_base_url.is_some() || name == REPRESENTATIONS[0]) {
            found = unequal_lists(plan, &configuration, &lists, texts.get(PROVENANCE));
        }
    }
    found
}

/// The template with its placeholders filled: a name without its brackets is one that PAN-OS takes.
fn filled(template: &[u8]) -> Vec<u8> {
    template.iter().copied().filter(|octet| !b"<>".contains(octet)).collect()
}

/// Where the rules do not mean what the plan says.
fn meaning(
    plan: &Plan<'_>,
    options: &PaloAltoOptions,
    configuration: &Configuration<'_>,
    read: ScopeReading,
) -> Vec<String> {
    if let Some(other) = configuration.scopes().into_iter().find(|own| *own != scope()) {
        return vec![format!("rules for {other}")];
    }
    let mut found = Vec::new();
    for (intent, mut rulebase) in read.reading.rulebases {
        rulebase.otherwise = false;
        let meant = plan.intents.get(&intent).map_or(&[][..], |planned| &planned.means);
        found.extend(compare::differences(intent, meant, &rulebase));
    }
    for (&intent, planned) in &plan.intents {
        if !read.conditions.contains_key(&intent) {
            found.extend(compare::differences(intent, &planned.means, &Rulebase::default()));
        }
    }
    found.extend(for_whom(options, &read.conditions));
    found
}

fn scope() -> Scope {
    Scope::Vsys("vsys1".to_owned())
}

/// Where the rules are for other clients than the profile says.
fn for_whom(options: &PaloAltoOptions, read: &BTreeMap<Intent, Vec<Conditions>>) -> Option<String> {
    let placeholders = ["ZONE-OF-CLIENTS", "ZONE-OF-INTERNET", "ADDRESSES-OF-CLIENTS"];
    let asked = [("from", &options.from_zones), ("to", &options.to_zones), ("source", &options.sources)];
    let expected = asked.into_iter().zip(placeholders).filter_map(|((word, names), placeholder)| {
        let names = if names.is_empty() { vec![placeholder.to_owned()] } else { names.clone() };
        (!names.iter().any(|name| name == "any")).then_some((word, names))
    });
    let expected = Conditions(expected.collect());
    let other = read.values().flatten().find(|own| **own != expected)?;
    Some(format!("a rule is for {other}, and should be for {expected}"))
}

/// Where the files of lists are not what the configuration holds or fetches, or not what they are said to be.
fn unequal_lists(
    plan: &Plan<'_>,
    configuration: &Configuration<'_>,
    lists: &Texts,
    provenance: Option<&Vec<u8>>,
) -> Vec<String> {
    let Some(provenance) = provenance.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return vec![format!("there is no `{PROVENANCE}`")];
    };
    // What stands in the other parts comes from documents.
    let files = provenance.lines().skip_while(|line| *line != "Files").take_while(|line| !line.is_empty());
    let named: Vec<Named<'_>> = files.filter_map(Named::parse).collect();
    let mut found = Vec::new();
    let files: BTreeSet<&str> = named.iter().map(|own| own.file).collect();
    if !files.iter().copied().eq(lists.keys().map(String::as_str)) {
        found.push(format!("the lists are not those that `{PROVENANCE}` names"));
    }
    let planned: usize = plan.intents.values().map(|planned| planned.lists.len()).sum();
    if named.len() != planned {
        found.push(format!("`{PROVENANCE}` names {} lists, not {planned}", named.len()));
    }
    let external = configuration.external_lists();
    for Named { file, intent, count, object } in named {
        let lines: Vec<&[u8]> = lists.get(file).map_or_else(Vec::new, |bytes| lines(bytes));
        let held = configuration.texts_of(&scope(), object).unwrap_or_default();
        let same = match external.get(object) {
            Some(fetched) => *fetched == file,
            None => lines.iter().copied().eq(held.iter().map(|text| text.as_bytes())),
        };
        if !same {
            found.push(format!("`{file}` is not what `{object}` holds"));
        }
        if lines.len() != count || !file.starts_with(&format!("{intent}.")) {
            found.push(format!("`{file}` is not what `{PROVENANCE}` says"));
        }
    }
    found
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|&octet| octet == b'\n').filter(|line| !line.is_empty()).collect()
}

/// A list as `PROVENANCE.txt` names it.
struct Named<'t> {
    file: &'t str,
    intent: &'t str,
    count: usize,
    object: &'t str,
}

impl<'t> Named<'t> {
    /// Reads `  allow.tcp-443.ip.txt: allow, 2 entries, object thruway-allow-tcp-443-ip`.
    fn parse(line: &'t str) -> Option<Self> {
        let (file, rest) = line.trim().split_once(": ")?;
        let (intent, rest) = rest.split_once(", ")?;
        let (count, object) = rest.split_once(", object ")?;
        let count = count.split(' ').next()?.parse().ok()?;
        Some(Self { file, intent, count, object })
    }
}
