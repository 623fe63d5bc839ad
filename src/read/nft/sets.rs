//! Sets that have a name, and their elements.

use std::ops::RangeInclusive;

use super::lex::{Cursor, TokenKind};
use super::parse::{Parser, TableKey};
use super::ruleset::{Flags, Kind, Set, SetId};
use super::value::{self, Fault, not_understood, refused};
use crate::read::Place;

impl<'t> Parser<'t> {
    /// `set name { type ipv4_addr; flags interval; }`, behind its first word.
    pub(super) fn set(&mut self, table: &TableKey, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        let name = cursor.word().ok_or_else(|| refused("a set without a name"))?;
        let id = self.set_id(table, name, cursor.line());
        let Some(mut inside) = cursor.braces() else { return Err(refused("a set without a type")) };
        let (before, flags) = (self.ruleset.sets[id].kind, self.ruleset.sets[id].flags);
        self.ruleset.sets[id].place = self.place(cursor.line());
        let mut made = Flags::default();
        while let Some((mut own, is_ended)) = inside.statement() {
            // The brace behind elements ends them. Run with nft 1.0.6 on 2026-11-24.
            let ends_itself = own.peek() == Some(TokenKind::Word("elements"));
            let done = self.set_part(id, &mut own, &mut made);
            self.end_of_block(own, is_ended || ends_itself, done);
        }
        let set = &mut self.ruleset.sets[id];
        set.flags = made;
        if set.kind.is_none() {
            return Err(refused(format!("the set `{name}` has no type")));
        }
        if before.is_some_and(|kind| Some(kind) != set.kind || flags != made) {
            return Err(refused(format!("there is a set `{name}` of another type already")));
        }
        Ok(())
    }

    fn set_part(&mut self, id: SetId, own: &mut Cursor<'_, 't>, made: &mut Flags) -> Result<(), Fault> {
        match own.word().unwrap_or_default() {
            "type" => {
                let kind = value::kind(own.word().unwrap_or_default());
                self.ruleset.sets[id].kind = Some(kind);
                if kind == Kind::Other {
                    while own.next().is_some() {}
                }
            }
            "typeof" => {
                let mut words = Vec::new();
                while let Some(word) = own.word() {
                    words.push(word);
                }
                self.ruleset.sets[id].kind = Some(match words[..] {
                    ["ip", "saddr" | "daddr"] => value::kind("ipv4_addr"),
                    ["ip6", "saddr" | "daddr"] => value::kind("ipv6_addr"),
                    ["tcp" | "udp" | "th", "sport" | "dport"] => Kind::Ports,
                    ["iifname" | "oifname"] => Kind::Interfaces,
                    _ => Kind::Other,
                });
            }
            "flags" => loop {
                match own.word().unwrap_or_default() {
                    "interval" => made.interval = true,
                    "constant" => made.constant = true,
                    "dynamic" | "timeout" => made.filled = true,
                    other => return Err(not_understood(format!("the flag `{other}` is not understood"))),
                }
                if !own.takes_mark(",") {
                    break;
                }
            },
            "timeout" => {
                let text = own.word().unwrap_or_default();
                let timeout = value::seconds(text).ok_or_else(|| refused(format!("`{text}` is no time")))?;
                self.ruleset.sets[id].timeout = Some(timeout);
                made.filled = true;
            }
            "size" => {
                let size = own.word().and_then(|word| word.parse().ok());
                self.ruleset.sets[id].size = Some(size.ok_or_else(|| refused("a size that is no number"))?);
            }
            "auto-merge" => made.auto_merge = true,
            "elements" if own.takes_mark("=") => self.elements(id, own)?,
            "comment" | "gc-interval" | "policy" => {
                own.text();
            }
            "counter" => {}
            other => return Err(not_understood(format!("`{other}` of a set is not understood"))),
        }
        Ok(())
    }

    /// The elements in the braces that come next.
    pub(super) fn elements(&mut self, set: SetId, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        let inside = cursor.braces().ok_or_else(|| refused("elements without braces"))?;
        if self.ruleset.sets[set].kind == Some(Kind::Other) {
            // Told where a rule asks for the set.
            return Ok(());
        }
        let atoms = value::list(inside, 0)?;
        self.fill(set, &atoms);
        Ok(())
    }

    /// Adds elements to a set.
    pub(super) fn fill(&mut self, set: SetId, atoms: &[value::Atom<'t>]) {
        let kind = self.ruleset.sets[set].kind;
        for atom in atoms {
            let mut odd = None;
            let place = self.place(atom.line);
            let elements = &mut self.ruleset.sets[set].elements;
            let done = match kind {
                Some(Kind::Addresses(version)) => {
                    value::addresses(atom.text, version).map(|(range, what)| {
                        odd = what;
                        elements.addresses.push((range, place));
                    })
                }
                Some(Kind::Ports) => value::ports(atom.text).map(|range| elements.ports.push(range)),
                Some(Kind::Interfaces) if atom.text.len() > 15 => {
                    Err(refused(format!("`{}` is longer than the name of an interface", atom.text)))
                }
                Some(Kind::Interfaces) => {
                    elements.interfaces.push(atom.text.to_owned());
                    Ok(())
                }
                Some(Kind::Other) | None => Err(not_understood("elements of another type")),
            };
            if let Some(fault) = done.err().or(odd) {
                self.trouble(atom.line, fault);
            }
        }
    }
}

/// What nft refuses of the elements of a set that has a name.
pub(super) fn intervals(set: &Set) -> Option<(Place, Fault)> {
    let addresses = &set.elements.addresses;
    let one = |range: &RangeInclusive<u128>| range.start() == range.end();
    if !set.flags.interval {
        let wide = addresses.iter().find(|(range, _)| !one(range));
        let ports = set.elements.ports.iter().any(|range| range.start() != range.end());
        let place = wide.map(|(_, place)| place).or(ports.then_some(&set.place))?;
        let what = format!("the set `{}` has no flag `interval`, which networks and ranges need", set.name);
        return Some((place.clone(), refused(what)));
    }
    if set.flags.auto_merge {
        return None;
    }
    let mut sorted: Vec<_> = addresses.iter().collect();
    sorted.sort_by_key(|(range, _)| (*range.start(), *range.end()));
    let clash = sorted.windows(2).find(|pair| pair[0].0 != pair[1].0 && pair[0].0.end() >= pair[1].0.start());
    let what = format!("elements of the set `{}` overlap, and it does not merge them", set.name);
    clash.map(|pair| (pair[1].1.clone(), refused(what)))
}
