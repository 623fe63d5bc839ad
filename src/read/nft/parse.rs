//! The commands of a file, one after another, into a [`Ruleset`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lex::{Cursor, Token, TokenKind, tokens};
use super::ruleset::{Base, Chain, ChainId, Elements, Family, Hook, Ruleset, Set, SetId, Table};
use super::sets::intervals;
use super::value::{Fault, not_understood, refused, shown};
use crate::read::{Place, Texts, Trouble};

/// How deep files may include each other. nft 1.0.6 has the same limit.
const MAX_DEPTH: usize = 16;
/// How many files may be included in all.
const MAX_INCLUDES: usize = 256;
/// How many tokens variables may stand for in all.
const MAX_TOKENS: usize = 4_000_000;

/// Reads files of nft into one ruleset.
pub(super) struct Parser<'t> {
    texts: &'t Texts,
    pub(super) ruleset: Ruleset,
    pub(super) troubles: Vec<Trouble>,
    /// What `$NAME` stands for.
    variables: BTreeMap<&'t str, Vec<Token<'t>>>,
    pub(super) file: Arc<str>,
    includes: usize,
    expanded: usize,
}

/// A table, by its key.
pub(super) type TableKey = (Family, String);

impl<'t> Parser<'t> {
    pub(super) fn new(texts: &'t Texts) -> Self {
        Self {
            texts,
            ruleset: Ruleset::default(),
            troubles: Vec::new(),
            variables: BTreeMap::new(),
            file: Arc::from(""),
            includes: 0,
            expanded: 0,
        }
    }

    pub(super) fn trouble(&mut self, line: u32, (kind, what): Fault) {
        let place = self.place(line);
        self.troubles.push(Trouble::new(place, kind, what));
    }

    pub(super) fn place(&self, line: u32) -> Place {
        Place::new(&self.file, line)
    }

    /// Loads a file. What it defines is forgotten with the next one.
    pub(super) fn load(&mut self, file: &str) {
        self.variables.clear();
        self.read(file, 0);
    }

    fn read(&mut self, file: &str, depth: usize) {
        let Some(bytes) = self.texts.get(file) else { return };
        let before = std::mem::replace(&mut self.file, Arc::from(file));
        match std::str::from_utf8(bytes).map(tokens) {
            Err(_) => self.trouble(0, not_understood("not UTF-8")),
            Ok(Err((line, what))) => self.trouble(line, refused(what)),
            Ok(Ok(tokens)) => {
                let mut cursor = Cursor::new(&tokens, 1);
                while let Some((statement, _)) = cursor.statement() {
                    self.statement(statement, depth);
                }
            }
        }
        self.file = before;
    }

    fn statement(&mut self, cursor: Cursor<'_, 't>, depth: usize) {
        let line = cursor.line();
        let is_variable = |token: &Token<'_>| matches!(token.kind, TokenKind::Word(w) if w.starts_with('$'));
        let done = if cursor.rest().iter().any(is_variable) {
            self.expanded(cursor).and_then(|tokens| self.command(Cursor::new(&tokens, line), depth))
        } else {
            self.command(cursor, depth)
        };
        if let Err((line, fault)) = done {
            self.trouble(line, fault);
        }
    }

    /// The tokens with what variables stand for.
    fn expanded(&mut self, cursor: Cursor<'_, 't>) -> Result<Vec<Token<'t>>, (u32, Fault)> {
        let mut tokens = Vec::with_capacity(cursor.rest().len());
        for token in cursor.rest() {
            match token.kind {
                TokenKind::Word(word) if word.starts_with('$') => {
                    let value = self.variables.get(&word[1..]).ok_or_else(|| {
                        (token.line, refused(format!("the variable `{word}` is not defined")))
                    })?;
                    self.expanded += value.len();
                    if self.expanded > MAX_TOKENS {
                        return Err((token.line, not_understood("variables that stand for too much")));
                    }
                    tokens.extend(value.iter().map(|own| Token { line: token.line, ..*own }));
                }
                _ => tokens.push(*token),
            }
        }
        Ok(tokens)
    }

    fn command(&mut self, mut cursor: Cursor<'_, 't>, depth: usize) -> Result<(), (u32, Fault)> {
        let verb = match cursor.peek() {
            Some(TokenKind::Word("table" | "chain" | "rule" | "set" | "map" | "element")) => "add",
            _ => cursor.word().unwrap_or_default(),
        };
        let done = match verb {
            "define" | "redefine" => self.define(&mut cursor, verb == "redefine"),
            "undefine" => self.undefine(&mut cursor),
            "include" => self.include(&mut cursor, depth),
            "add" | "create" => self.add(&mut cursor, false),
            "insert" => self.add(&mut cursor, true),
            "flush" => self.remove(&mut cursor, true),
            "delete" => self.remove(&mut cursor, false),
            // What only shows something.
            "list" => return Ok(()),
            other => Err(not_understood(format!("the command `{other}` is not understood"))),
        };
        let done = done.and_then(|()| match cursor.peek() {
            None => Ok(()),
            Some(other) => Err(refused(format!("{} is too much here", shown(other)))),
        });
        done.map_err(|fault| (cursor.line(), fault))
    }

    fn define(&mut self, cursor: &mut Cursor<'_, 't>, again: bool) -> Result<(), Fault> {
        let name = cursor.word().ok_or_else(|| refused("a definition without a name"))?;
        if !cursor.takes_mark("=") {
            return Err(refused("a definition without `=`"));
        }
        if !again && self.variables.contains_key(name) {
            return Err(refused(format!("the variable `{name}` is defined twice")));
        }
        let value = cursor.rest().to_vec();
        while cursor.next().is_some() {}
        self.variables.insert(name, value);
        Ok(())
    }

    fn undefine(&mut self, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        let name = cursor.word().unwrap_or_default();
        match self.variables.remove(name) {
            Some(_) => Ok(()),
            None => Err(refused(format!("the variable `{name}` is not defined"))),
        }
    }

    fn include(&mut self, cursor: &mut Cursor<'_, 't>, depth: usize) -> Result<(), Fault> {
        let Some(TokenKind::Quoted(file)) = cursor.next() else {
            return Err(refused("`include` without a file in quotes"));
        };
        self.includes += 1;
        if depth >= MAX_DEPTH || self.includes > MAX_INCLUDES {
            return Err(refused("files that include each other"));
        }
        if !self.texts.contains_key(file) {
            return Err(not_understood(format!("the file `{file}` is not among those that are read")));
        }
        self.read(file, depth + 1);
        Ok(())
    }

    /// A table's family and name.
    fn table_key(&mut self, cursor: &mut Cursor<'_, 't>) -> Result<TableKey, Fault> {
        let family = match cursor.peek() {
            Some(TokenKind::Word(word @ ("ip" | "ip6" | "inet" | "arp" | "bridge" | "netdev"))) => {
                cursor.next();
                word
            }
            _ => "ip",
        };
        let family = match family {
            "ip" => Family::Ip,
            "ip6" => Family::Ip6,
            "inet" => Family::Inet,
            other => return Err(not_understood(format!("tables of the family `{other}` are not read"))),
        };
        let name = cursor.word().ok_or_else(|| refused("a table without a name"))?;
        Ok((family, name.to_owned()))
    }

    /// A table that is there.
    fn table(&mut self, cursor: &mut Cursor<'_, 't>) -> Result<TableKey, Fault> {
        let key = self.table_key(cursor)?;
        match self.ruleset.tables.contains_key(&key) {
            true => Ok(key),
            false => Err(refused(format!("there is no table `{}` before this line", key.1))),
        }
    }

    fn add(&mut self, cursor: &mut Cursor<'_, 't>, first: bool) -> Result<(), Fault> {
        match cursor.word().unwrap_or_default() {
            "table" => {
                let key = self.table_key(cursor)?;
                self.ruleset.tables.entry(key.clone()).or_default();
                match cursor.braces() {
                    Some(inside) => self.table_block(&key, inside),
                    None => Ok(()),
                }
            }
            "chain" => {
                let table = self.table(cursor)?;
                self.chain(&table, cursor)
            }
            "set" => {
                let table = self.table(cursor)?;
                self.set(&table, cursor)
            }
            "rule" => {
                let table = self.table(cursor)?;
                let name = cursor.word().ok_or_else(|| refused("a rule without a chain"))?;
                if let Some(TokenKind::Word(at @ ("handle" | "position" | "index"))) = cursor.peek() {
                    return Err(not_understood(format!("a rule at a place by its {at}")));
                }
                let chain = self.chain_id(&table, name, cursor.line());
                if !self.ruleset.chains[chain].is_defined {
                    return Err(refused(format!("there is no chain `{name}` before this line")));
                }
                let rule = self.rule(&table, cursor)?;
                let rules = &mut self.ruleset.chains[chain].rules;
                rules.insert(if first { 0 } else { rules.len() }, rule);
                Ok(())
            }
            "element" => {
                let table = self.table(cursor)?;
                let name = cursor.word().ok_or_else(|| refused("elements without a set"))?;
                let set = self.set_id(&table, name, cursor.line());
                if self.ruleset.sets[set].kind.is_none() {
                    return Err(refused(format!("there is no set `{name}` before this line")));
                }
                self.elements(set, cursor)
            }
            other => Err(not_understood(format!("`{other}` is not understood"))),
        }
    }

    /// `flush` or `delete`.
    fn remove(&mut self, cursor: &mut Cursor<'_, 't>, flush: bool) -> Result<(), Fault> {
        let what = cursor.word().unwrap_or_default();
        if what == "ruleset" && flush {
            self.ruleset.tables.clear();
            return Ok(());
        }
        if !matches!(what, "table" | "chain" | "set" | "element") || (flush && what == "element") {
            let verb = if flush { "flush" } else { "delete" };
            return Err(not_understood(format!("`{verb} {what}` is not understood")));
        }
        let key = self.table(cursor)?;
        if what == "element" {
            return Err(not_understood("elements that are taken out again"));
        }
        let Ruleset { tables, sets, chains } = &mut self.ruleset;
        let Some(table) = tables.get_mut(&key) else { return Ok(()) };
        let missing = |name: &str| refused(format!("there is no {what} `{name}` before this line"));
        match (what, flush) {
            ("table", true) => {
                table.chains.values().for_each(|&chain| chains[chain].rules.clear());
            }
            ("table", false) => drop(tables.remove(&key)),
            ("chain", _) => {
                let name = cursor.word().unwrap_or_default();
                let chain = table.chains.get(name).copied().filter(|&chain| chains[chain].is_defined);
                chains[chain.ok_or_else(|| missing(name))?].rules.clear();
                if !flush {
                    table.chains.remove(name);
                }
            }
            _ => {
                let name = cursor.word().unwrap_or_default();
                let set = table.sets.get(name).copied().filter(|&set| sets[set].kind.is_some());
                sets[set.ok_or_else(|| missing(name))?].elements = Elements::default();
                if !flush {
                    table.sets.remove(name);
                }
            }
        }
        Ok(())
    }

    fn table_block(&mut self, table: &TableKey, mut inside: Cursor<'_, 't>) -> Result<(), Fault> {
        while let Some((mut own, is_ended)) = inside.statement() {
            let done = match own.word().unwrap_or_default() {
                "chain" => self.chain(table, &mut own),
                "set" => self.set(table, &mut own),
                "comment" => own.text().map(|_| ()).ok_or_else(|| refused("a comment without a text")),
                "flags" => Err(not_understood("flags of a table")),
                other => Err(not_understood(format!("`{other}` in a table is not understood"))),
            };
            self.end_of_block(own, is_ended, done);
        }
        Ok(())
    }

    /// What is wrong with a statement in a block. Each needs its end, the last one too.
    pub(super) fn end_of_block(&mut self, own: Cursor<'_, 't>, is_ended: bool, done: Result<(), Fault>) {
        let done = done.and_then(|()| match own.peek() {
            Some(other) => Err(refused(format!("{} is too much here", shown(other)))),
            None if !is_ended => Err(refused("a line's end or `;` has to stand before `}`")),
            None => Ok(()),
        });
        if let Err(fault) = done {
            self.trouble(own.line(), fault);
        }
    }

    /// The chain of a name, which may be defined later.
    pub(super) fn chain_id(&mut self, table: &TableKey, name: &str, line: u32) -> ChainId {
        let place = self.place(line);
        let Ruleset { tables, chains, .. } = &mut self.ruleset;
        let names = &mut tables.entry(table.clone()).or_insert_with(Table::default).chains;
        if let Some(&chain) = names.get(name) {
            return chain;
        }
        names.insert(name.to_owned(), chains.len());
        chains.push(Chain {
            name: name.to_owned(),
            family: table.0,
            place,
            is_defined: false,
            base: None,
            rules: Vec::new(),
        });
        chains.len() - 1
    }

    /// The set of a name, which may be defined later.
    pub(super) fn set_id(&mut self, table: &TableKey, name: &str, line: u32) -> SetId {
        let place = self.place(line);
        let Ruleset { tables, sets, .. } = &mut self.ruleset;
        let names = &mut tables.entry(table.clone()).or_insert_with(Table::default).sets;
        if let Some(&set) = names.get(name) {
            return set;
        }
        names.insert(name.to_owned(), sets.len());
        sets.push(Set::named(name, place));
        sets.len() - 1
    }

    fn chain(&mut self, table: &TableKey, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        let name = cursor.word().ok_or_else(|| refused("a chain without a name"))?;
        let id = self.chain_id(table, name, cursor.line());
        if !self.ruleset.chains[id].is_defined {
            self.ruleset.chains[id].place = self.place(cursor.line());
            self.ruleset.chains[id].is_defined = true;
        }
        let Some(mut inside) = cursor.braces() else { return Ok(()) };
        while let Some((mut own, is_ended)) = inside.statement() {
            let done = match own.peek() {
                Some(TokenKind::Word("type")) => self.hook(id, &mut own),
                Some(TokenKind::Word("policy")) => {
                    own.next();
                    self.policy(id, &mut own)
                }
                Some(TokenKind::Word("comment")) => {
                    own.next();
                    own.text().map(|_| ()).ok_or_else(|| refused("a comment without a text"))
                }
                _ => self.rule(table, &mut own).map(|rule| self.ruleset.chains[id].rules.push(rule)),
            };
            self.end_of_block(own, is_ended, done);
        }
        Ok(())
    }

    /// `type filter hook forward priority filter + 5`.
    fn hook(&mut self, chain: ChainId, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        cursor.next();
        let nat = match cursor.word().unwrap_or_default() {
            "filter" | "route" => false,
            "nat" => true,
            other => return Err(refused(format!("`{other}` is no type of chain"))),
        };
        let hook = match (cursor.takes_word("hook"), cursor.word().unwrap_or_default()) {
            (true, "prerouting") => Hook::Prerouting,
            (true, "input") => Hook::Input,
            (true, "forward") => Hook::Forward,
            (true, "output") => Hook::Output,
            (true, "postrouting") => Hook::Postrouting,
            (_, other) => return Err(not_understood(format!("the hook `{other}` is not understood"))),
        };
        // Every base chain has its say, so their order decides nothing.
        if !cursor.takes_word("priority") || cursor.word().is_none() {
            return Err(refused("a hook without a priority"));
        }
        while cursor.word().is_some() {}
        let chain = &mut self.ruleset.chains[chain];
        if let Some(base) = chain.base
            && (base.hook, base.nat) != (hook, nat)
        {
            return Err(refused(format!("the chain `{}` has another hook already", chain.name)));
        }
        chain.base.get_or_insert(Base { hook, nat, accepts: true });
        Ok(())
    }

    fn policy(&mut self, chain: ChainId, cursor: &mut Cursor<'_, 't>) -> Result<(), Fault> {
        let accepts = match cursor.word().unwrap_or_default() {
            "accept" => true,
            "drop" => false,
            other => return Err(refused(format!("`{other}` is no policy"))),
        };
        match &mut self.ruleset.chains[chain].base {
            Some(base) => base.accepts = accepts,
            None => return Err(refused("a policy of a chain that has no hook")),
        }
        Ok(())
    }

    /// What can only be said once everything is loaded.
    pub(super) fn finish(mut self) -> (Ruleset, Vec<Trouble>) {
        let Ruleset { tables, sets, chains } = &self.ruleset;
        let mut found: Vec<(Place, Fault)> = Vec::new();
        for table in tables.values() {
            for chain in table.chains.values().map(|&id| &chains[id]).filter(|chain| !chain.is_defined) {
                found.push((chain.place.clone(), refused(format!("there is no chain `{}`", chain.name))));
            }
            for set in table.sets.values().map(|&id| &sets[id]) {
                if set.kind.is_none() {
                    found.push((set.place.clone(), refused(format!("there is no set `{}`", set.name))));
                }
                found.extend(intervals(set));
            }
        }
        for (place, (kind, what)) in found {
            self.troubles.push(Trouble::new(place, kind, what));
        }
        (self.ruleset, self.troubles)
    }
}
