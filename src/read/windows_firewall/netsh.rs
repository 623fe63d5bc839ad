//! Commands of `netsh` in a file for cmd.exe.

use super::{File, item, reading};
use crate::model::{HostPattern, Ports};
use crate::read::{Reading, Ruling, TroubleKind};

/// Most octets that cmd.exe reads of a line.
const MAX_LINE: usize = 8191;

/// What cmd.exe expands, redirects, joins or escapes.
const SPECIAL: &str = "%!^&|<>\"";

const DELETE: &str = "netsh advfirewall firewall delete rule name=";
const ADD: &str = "netsh advfirewall firewall add rule name=";
/// Behind a command whose answers nobody needs to see.
const SILENT: &str = " >nul 2>&1";
/// Behind a command whose failure is told at the end.
const FAILING: &str = " || set failed=1";
/// Before the first command that may fail.
const SETUP: [&str; 2] = ["setlocal", "set failed=0"];
/// Tells whether one has; nothing behind it is done.
const END: &str = "exit /b %failed%";

/// What a file of commands does, from its first line to its last.
#[derive(Debug)]
pub struct Commands {
    /// The names of the rules that it deletes, in its order, however often.
    pub deleted: Vec<String>,
    /// The names of the rules that it leaves behind, one for each rule.
    pub added: Vec<String>,
    /// What those rules let out.
    pub reading: Reading,
}

/// Reads a file of commands.
pub fn commands(file: &str, bytes: &[u8]) -> Commands {
    let mut file = File::new(file);
    let mut deleted = Vec::new();
    let mut rules: Vec<(String, Ruling)> = Vec::new();
    let mut has_ended = false;
    let text = file.text(bytes).unwrap_or_default();
    for (line, number) in text.lines().zip(1..) {
        if line.len() > MAX_LINE {
            file.trouble(number, TroubleKind::Refused, "longer than what cmd.exe reads of a line");
        }
        if line.is_empty() || line == "@echo off" {
            continue;
        }
        if line == "rem" || line.starts_with("rem ") {
            if line.contains(|character| SPECIAL.contains(character)) {
                file.not_understood(number, "a comment with a character that means something to cmd.exe");
            }
            continue;
        }
        if has_ended {
            file.not_understood(number, "a command behind the end");
            continue;
        }
        if SETUP.contains(&line) {
            continue;
        }
        if line == END {
            has_ended = true;
            continue;
        }
        let delete = line.strip_prefix(DELETE).map(|rest| rest.strip_suffix(SILENT).unwrap_or(rest));
        let add = line.strip_prefix(ADD).map(|rest| rest.strip_suffix(FAILING).unwrap_or(rest));
        if let Some((name, "")) = delete.and_then(quoted) {
            // Every rule of the name, whoever made it.
            rules.retain(|(own, _)| own != name);
            deleted.push(name.to_owned());
        } else if let Some((name, rest)) = add.and_then(quoted) {
            rules.extend(rule(&mut file, number, rest).map(|ruling| (name.to_owned(), ruling)));
        } else {
            file.not_understood(number, "a command that is not understood");
        }
    }
    let (added, rulings) = rules.into_iter().unzip();
    Commands { deleted, added, reading: reading(rulings, file.troubles) }
}

/// What stands in quotes at the beginning, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = text.strip_prefix('"')?.split_once('"')?;
    let special = |text: &str| text.contains(|character| SPECIAL.contains(character));
    (!inside.is_empty() && !special(inside) && !special(rest)).then_some((inside, rest))
}

/// The settings of a rule, behind its name.
fn rule(file: &mut File, line: u32, rest: &str) -> Option<Ruling> {
    let mut ports = Ports::any();
    let mut networks = None;
    let mut fixed = vec!["dir=out", "action=allow", "protocol=TCP", "profile=any", "enable=yes"];
    let mut has_ports = false;
    for word in rest.split_whitespace() {
        if let Some(at) = fixed.iter().position(|own| *own == word) {
            fixed.remove(at);
            continue;
        }
        match word.split_once('=') {
            Some(("remoteport", texts)) if !has_ports => {
                has_ports = true;
                ports = file.ports(line, texts.split(','));
            }
            Some(("remoteip", texts)) if networks.is_none() => {
                let own = texts.split(',').filter_map(|text| file.network(line, text));
                networks = Some(own.collect::<Vec<_>>());
            }
            _ => file.not_understood(line, format!("`{word}` of a rule")),
        }
    }
    for missing in fixed {
        file.not_understood(line, format!("a rule without `{missing}`"));
    }
    let Some(networks) = networks else {
        file.trouble(line, TroubleKind::Misleading, "a rule for every address");
        return None;
    };
    let place = file.place(line);
    let items = networks
        .into_iter()
        .map(|network| item(HostPattern::Address(network), &ports, place.clone()))
        .collect();
    Some(Ruling { grants: true, place, items })
}
