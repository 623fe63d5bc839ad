//! Windows Defender Firewall, from the files that Thruway writes for it: PowerShell, `netsh`, and the reusable
//! settings of Intune.
//!
//! A rule lets connections out over TCP, to its addresses or to what its dynamic keywords stand for, on its
//! ports. A keyword is one name, or with `*.` in front everything below it; a rule that refers to a keyword
//! that is not there never matches by it.
//!
//! Deliberately not here: PowerShell. The program of a script is one that is known, or not understood; what
//! is read of it are the tables of names and rules.

mod netsh;
mod powershell;
mod reusable;
mod script;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Item, Place, Reading, Rulebase, Ruling, Texts, Trouble, TroubleKind};
use crate::model::{HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};

pub use netsh::{Commands, commands};
pub use reusable::{ReusableSettings, reusable_settings};
pub use script::{Removal, Script, removal, script};

/// A file that is read, and what is found in it.
struct File {
    name: Arc<str>,
    troubles: Vec<Trouble>,
}

impl File {
    fn new(name: &str) -> Self {
        Self { name: Arc::from(name), troubles: Vec::new() }
    }

    fn place(&self, line: u32) -> Place {
        Place::new(&self.name, line)
    }

    fn trouble(&mut self, line: u32, kind: TroubleKind, what: impl AsRef<str>) {
        let place = self.place(line);
        self.troubles.push(Trouble::new(place, kind, what));
    }

    fn not_understood(&mut self, line: u32, what: impl AsRef<str>) {
        self.trouble(line, TroubleKind::NotUnderstood, what);
    }

    /// The text, if it is one that Windows reads as it is seen: ASCII in lines, no other control character.
    fn text<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b str> {
        let odd = |byte: &u8| !matches!(byte, b' '..=b'~' | b'\n');
        if let Some(at) = bytes.iter().position(odd) {
            let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
            let line = u32::try_from(line).map_or(0, |line| line.saturating_add(1));
            self.not_understood(line, "a character that is not printable ASCII");
            return None;
        }
        std::str::from_utf8(bytes).ok()
    }

    /// What a keyword stands for.
    fn keyword(&mut self, line: u32, text: &str) -> Option<HostPattern> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        // Compared with case, by a comment in `netfw.h`.
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.trouble(
                line,
                TroubleKind::NeverMatches,
                format!("the keyword `{text}` has capital letters"),
            );
            return None;
        }
        match name.parse() {
            Ok(own) if format!("{own}") != name => {}
            Ok(own) if name == text => return Some(HostPattern::Exact(own)),
            Ok(own) => return Some(HostPattern::Descendants(own)),
            Err(_) => {}
        }
        self.trouble(line, TroubleKind::NotUnderstood, format!("the keyword `{text}` is no name"));
        None
    }

    /// Ports as rules have them: `443`, `8000-8080`.
    fn ports<'p>(&mut self, line: u32, texts: impl IntoIterator<Item = &'p str>) -> Ports {
        let mut ranges = Vec::new();
        for text in texts {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            match (number(low), number(high)) {
                (Some(low), Some(high)) if low <= high => ranges.push(low..=high),
                _ => self.not_understood(line, format!("`{text}` is no port")),
            }
        }
        Ports::from_ranges(ranges)
    }

    fn network(&mut self, line: u32, text: &str) -> Option<IpNet> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
        let network = network.filter(|network| network.trunc() == *network);
        if network.is_none() {
            self.not_understood(line, format!("`{text}` is no network"));
        }
        network
    }
}

/// A number as it is written by people: digits, none too many.
fn number(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// What a rule matches at a host.
fn item(host: HostPattern, ports: &Ports, place: Place) -> Item {
    let pattern =
        RequestPattern { host, schemes: Schemes::ANY, ports: ports.clone(), path: PathPattern::Any };
    Item { pattern, place }
}

/// Rules that let out, and what is the matter with them.
fn reading(rules: Vec<Ruling>, troubles: Vec<Trouble>) -> Reading {
    let rulebase = Rulebase { rules, otherwise: false };
    Reading { rulebases: [(Intent::Allow, rulebase)].into(), troubles }
}

/// What files of every kind let out together, where everything else is blocked. Files that take back are read
/// for their troubles.
pub fn read(texts: &Texts) -> Reading {
    let mut rules = Vec::new();
    let mut troubles = Vec::new();
    for (file, bytes) in texts {
        let mut own = match file.rsplit('.').next() {
            Some("ps1") if script::is_removal(bytes) => {
                troubles.extend(removal(file, bytes).troubles);
                continue;
            }
            Some("ps1") => script(file, bytes).reading,
            Some("cmd" | "bat") => commands(file, bytes).reading,
            // Names alone: which ports they are for is said elsewhere.
            Some("json") => {
                troubles.extend(reusable_settings(file, bytes).troubles);
                continue;
            }
            _ => {
                let mut own = File::new(file);
                own.not_understood(0, "neither a script, nor commands, nor reusable settings");
                reading(Vec::new(), own.troubles)
            }
        };
        troubles.append(&mut own.troubles);
        rules.extend(own.rulebases.remove(&Intent::Allow).into_iter().flat_map(|own| own.rules));
    }
    reading(rules, troubles)
}
