//! The profile's text to a validated [`Profile`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::civil::Date;

use super::problem::{Problem, ProfileError, shown};
use super::tree::{PROFILE, Reader};
use super::{
    BUILTIN_LISTS, Correction, Difference, DirectIntent, LevelByIntent, MAX_TEXT, Profile, SourceSpec,
    Spanned, VERSION, Waiver,
};
use super::{devices, select, serve, settings, sources, ticket, update};
use crate::analyze;
use crate::diag::{Code, Level};
use crate::emit;
use crate::model::{HostPattern, Intent};
use crate::yaml::{self, Node, Spot, Value};

/// The keys at the root, in the order of the documentation.
pub(super) const KEYS: [&str; 15] = [
    "version",
    "name",
    "sources",
    "select",
    "intents",
    "corrections",
    "lints",
    "waivers",
    "tolerances",
    "proxies",
    "devices",
    "ticket",
    "serve",
    "update",
    "targets",
];

pub(super) const LEVELS: [(&str, Level); 4] =
    [("allow", Level::Allow), ("warn", Level::Warn), ("hold", Level::Hold), ("deny", Level::Deny)];

/// What may go directly.
pub(super) const DIRECT: [(&str, DirectIntent); 2] =
    [("none", DirectIntent::None), ("live-response", DirectIntent::LiveResponse)];

impl Profile {
    /// The profile of a run without one: the commercial list, all geographies and platforms.
    pub fn builtin(targets: &[&'static str]) -> Profile {
        Profile {
            file: None,
            text: String::new(),
            sources: vec![Spanned::default_value(SourceSpec::Builtin(BUILTIN_LISTS[0].to_owned()))],
            select: select::everything(),
            direct: DirectIntent::None,
            corrections: Vec::new(),
            lints: BTreeMap::new(),
            waivers: Vec::new(),
            tolerances: BTreeMap::new(),
            targets: targets.iter().copied().filter(|id| !emit::is_for_devices(id)).collect(),
            settings: settings::defaults("default".to_owned()),
            serve: serve::Serve::default(),
            update: update::Update::default(),
        }
    }

    /// Reads a profile. `file` is its path, whose folder the sources are relative to; `targets` are
    /// the valid target ids in the order of the registry.
    ///
    /// # Errors
    /// With everything that is wrong, placed.
    pub fn parse(text: &str, file: Option<&Path>, targets: &[&'static str]) -> Result<Profile, ProfileError> {
        let start = Spot { line: 1, column: 1, length: 0 };
        if text.len() > MAX_TEXT {
            let message = format!("a profile of {} bytes, over {MAX_TEXT}", text.len());
            return Err(ProfileError::new(vec![Problem::new(start, message)]));
        }
        let root =
            yaml::parse_tree(text).map_err(|error| ProfileError::new(vec![Problem::syntax(&error, text)]))?;
        let mut reader = Reader::default();
        let profile = read(&mut reader, &root, file, targets);
        match profile {
            Some(profile) if reader.problems.is_empty() => Ok(Profile { text: text.to_owned(), ..profile }),
            Some(_) | None => Err(ProfileError::new(reader.problems)),
        }
    }
}

/// The profile, without its text. Where something was reported, a default stands in.
fn read(reader: &mut Reader, root: &Node, file: Option<&Path>, targets: &[&'static str]) -> Option<Profile> {
    if root.value == Value::Null {
        reader
            .report(root.spot, "the profile is empty")
            .help("`thruway init` writes one with every key explained");
        return None;
    }
    let fields = reader.fields(root, PROFILE, &KEYS)?;
    if let Some(node) = reader.required(&fields, "version") {
        version(reader, node);
    }
    let mut profile = Profile::builtin(targets);
    profile.file = file.map(Path::to_path_buf);
    profile.sources = match reader.required(&fields, "sources") {
        Some(node) => sources::read(reader, node),
        None => Vec::new(),
    };
    profile.settings.name = match fields.get("name") {
        Some(node) => name(reader, node).unwrap_or_default(),
        None => default_name(file),
    };
    if let Some(node) = fields.get("select") {
        select::read(reader, node, &mut profile.select);
    }
    if let Some(node) = fields.get("intents") {
        profile.direct = intents(reader, node);
    }
    if let Some(node) = fields.get("corrections") {
        profile.corrections = corrections(reader, node);
    }
    if let Some(node) = fields.get("lints") {
        profile.lints = lints(reader, node);
    }
    if let Some(node) = fields.get("waivers") {
        profile.waivers = waivers(reader, node);
    }
    if let Some(node) = fields.get("tolerances") {
        let differences = Difference::ALL.iter().map(|difference| (difference.as_str(), *difference));
        profile.tolerances = levels(reader, node, "tolerances", "difference", differences);
    }
    if let Some(node) = fields.get("proxies") {
        profile.settings.proxies = settings::proxies(reader, node);
    }
    if let (Some(key), Some(node)) = (fields.spot("devices"), fields.get("devices")) {
        let proxy = profile.settings.proxies.first().cloned().unwrap_or_else(Profile::placeholder_proxy);
        profile.settings.devices = devices::read(reader, key, node, &proxy);
        profile.targets = targets.to_vec();
    }
    if let Some(node) = fields.get("ticket") {
        profile.settings.ticket = ticket::read(reader, node);
    }
    if let Some(node) = fields.get("serve") {
        profile.serve = serve::read(reader, node);
    }
    if let Some(node) = fields.get("update") {
        profile.update = update::read(reader, node, &profile.sources);
    }
    if let Some(node) = fields.get("targets") {
        profile.targets = settings::targets(reader, node, targets, &mut profile.settings);
    }
    Some(profile)
}

fn version(reader: &mut Reader, node: &Node) {
    if let Some(text) = reader.text(node, "version")
        && text != VERSION
    {
        reader
            .report(node.spot, format!("version {} is not known to this program", shown(text)))
            .help(format!("write `version: {VERSION}`"));
    }
}

/// Longest name of a profile in octets: it becomes part of file and object names.
const MAX_PROFILE_NAME: usize = 63;

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

fn name(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "name")?;
    if text.len() > MAX_PROFILE_NAME || !text.chars().all(is_name_character) {
        reader
            .report(node.spot, format!("`name` is {}, which is not safe in file names", shown(text)))
            .help(format!("use at most {MAX_PROFILE_NAME} letters, digits, `-` and `_`"));
        return None;
    }
    Some(text.to_owned())
}

/// The file's name without its extension, in the characters that a name may have.
fn default_name(file: Option<&Path>) -> String {
    let stem = file.and_then(Path::file_stem).map(|stem| stem.to_string_lossy());
    let safe: String = stem
        .unwrap_or_default()
        .chars()
        .map(|character| if is_name_character(character) { character } else { '-' })
        .take(MAX_PROFILE_NAME)
        .collect();
    if safe.is_empty() { "default".to_owned() } else { safe }
}

fn intents(reader: &mut Reader, node: &Node) -> DirectIntent {
    reader
        .fields(node, "intents", &["direct"])
        .and_then(|fields| fields.get("direct"))
        .and_then(|node| reader.choice(node, "direct", &DIRECT))
        .unwrap_or(DirectIntent::None)
}

/// A word per key, and a level for it: for every intent, or by intent.
fn levels<T: Copy + Ord>(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    kind: &str,
    table: impl Iterator<Item = (&'static str, T)> + Clone,
) -> BTreeMap<T, LevelByIntent> {
    let mut levels = BTreeMap::new();
    for (key, node) in reader.map(node, what).unwrap_or_default() {
        let word = reader.word(key.spot, &key.text, kind, table.clone());
        let level = level_by_intent(reader, node, &key.text);
        levels.extend(word.zip(level));
    }
    levels
}

fn lints(reader: &mut Reader, node: &Node) -> BTreeMap<Code, LevelByIntent> {
    let codes = Code::ALL.iter().map(|code| (code.as_str(), *code));
    let lints = levels(reader, node, "lints", "lint", codes);
    for (&code, levels) in &lints {
        let Some(&level) = levels.0.values().find(|&&level| !analyze::can_be(code, level)) else { continue };
        // The map was read above; this finds the place again.
        let keys = reader.map(node, "lints").unwrap_or_default();
        let spot =
            keys.iter().find(|(key, _)| key.text == code.as_str()).map_or(node.spot, |(_, at)| at.spot);
        reader.report(spot, format!("`{code}` cannot be `{level}`")).help(analyze::why_not(level));
    }
    lints
}

fn level_by_intent(reader: &mut Reader, node: &Node, what: &str) -> Option<LevelByIntent> {
    let Value::Map(_) = &node.value else {
        let level = reader.choice(node, what, &LEVELS)?;
        return Some(LevelByIntent(Intent::ALL.map(|intent| (intent, level)).into()));
    };
    let fields = reader.fields(node, what, &Intent::ALL.map(Intent::as_str))?;
    let mut levels = BTreeMap::new();
    for intent in Intent::ALL {
        if let Some(node) = fields.get(intent.as_str()) {
            levels.extend(reader.choice(node, intent.as_str(), &LEVELS).map(|level| (intent, level)));
        }
    }
    Some(LevelByIntent(levels))
}

fn corrections(reader: &mut Reader, node: &Node) -> Vec<Spanned<Correction>> {
    let mut corrections: Vec<Spanned<Correction>> = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, node) in reader.map(node, "corrections").unwrap_or_default() {
        let from = pattern(reader, key.spot, &key.text);
        let (to, reason) = match &node.value {
            Value::Map(_) => {
                let Some(fields) = reader.fields(node, &key.text, &["to", "reason"]) else { continue };
                let to = reader.required(&fields, "to").and_then(|node| host_pattern(reader, node, "to"));
                let reason = reader.required(&fields, "reason").and_then(|node| reader.text(node, "reason"));
                (to, reason)
            }
            Value::Null | Value::Text(_) | Value::List(_) => {
                (host_pattern(reader, node, &key.text), Some("the profile says so"))
            }
        };
        let (Some(from), Some(to), Some(reason)) = (from, to, reason) else { continue };
        if from == to {
            reader.report(key.spot, format!("the correction of `{from}` changes nothing"));
        }
        if !seen.insert(from.to_string()) {
            reader.report(key.spot, format!("`{from}` is corrected twice"));
        }
        corrections.push(Spanned::at(key.spot, Correction { from, to, reason: reason.to_owned() }));
    }
    corrections
}

fn waivers(reader: &mut Reader, node: &Node) -> Vec<Spanned<Waiver>> {
    let items = reader.list(node, "waivers").unwrap_or_default();
    items.iter().filter_map(|node| waiver(reader, node)).collect()
}

fn waiver(reader: &mut Reader, node: &Node) -> Option<Spanned<Waiver>> {
    let fields =
        reader.fields(node, "waiver", &["lint", "pattern", "intent", "reason", "owner", "expires"])?;
    let lint = reader.required(&fields, "lint").and_then(|node| {
        let text = reader.text(node, "lint")?;
        reader.word(node.spot, text, "lint", Code::ALL.iter().map(|code| (code.as_str(), *code)))
    });
    let pattern = reader.required(&fields, "pattern").and_then(|node| host_pattern(reader, node, "pattern"));
    let intent = reader
        .required(&fields, "intent")
        .and_then(|node| reader.choice(node, "intent", &Intent::ALL.map(|intent| (intent.as_str(), intent))));
    let reason = reader.required(&fields, "reason").and_then(|node| reader.text(node, "reason"));
    let owner = reader.required(&fields, "owner").and_then(|node| reader.text(node, "owner"));
    let expires = reader.required(&fields, "expires").and_then(|node| date(reader, node, "expires"));
    let waiver = Waiver {
        lint: lint?,
        pattern: pattern?,
        intent: intent?,
        reason: reason?.to_owned(),
        owner: owner?.to_owned(),
        expires: expires?,
    };
    // A finding about a waiver names its pattern.
    let spot = fields.get("pattern").map_or(node.spot, |node| node.spot);
    Some(Spanned::at(spot, waiver))
}

/// A day, `2027-06-30`.
pub(super) fn date(reader: &mut Reader, node: &Node, what: &str) -> Option<Date> {
    let text = reader.text(node, what)?;
    // The library reads times and other spellings too.
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = Date::from_str(text).ok().filter(|_| is_plain);
    if date.is_none() {
        reader
            .report(node.spot, format!("`{what}` is {}, not a day", shown(text)))
            .help("write year, month and day: `2027-06-30`");
    }
    date
}

/// A host pattern as a value.
pub(super) fn host_pattern(reader: &mut Reader, node: &Node, what: &str) -> Option<HostPattern> {
    let text = reader.text(node, what)?;
    pattern(reader, node.spot, text)
}

/// A host pattern.
fn pattern(reader: &mut Reader, spot: Spot, text: &str) -> Option<HostPattern> {
    let error = match text.parse::<HostPattern>() {
        Ok(pattern) => return Some(pattern),
        Err(error) => error,
    };
    let problem = reader.report(spot, format!("{} is no host pattern: {error}", shown(text)));
    if text.contains("://") {
        problem.help("leave the scheme and the path out");
    } else if text.contains('/') {
        problem.help("leave the path out");
    } else if text.contains(':') {
        problem.help("leave the port out");
    }
    None
}

/// A path of a file, relative to the profile's folder or absolute.
pub(super) fn path(reader: &mut Reader, node: &Node, what: &str) -> Option<PathBuf> {
    reader.text(node, what).map(PathBuf::from)
}
