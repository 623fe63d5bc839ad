//! One rule: its conditions, what it does beside, and its verdict.

use super::lex::{Cursor, TokenKind};
use super::parse::{Parser, TableKey};
use super::ruleset::{Action, Kind, Rule, Set, SetId, Side, Step, Test, Version};
use super::value::{Atom, Comparison, Fault, Operand, Operator, comparison, not_understood, refused, shown};
use crate::model::Ports;

/// Protocols that are not TCP, so that their rules concern no request.
const OTHER_PROTOCOLS: &[&str] =
    &["udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp", "vlan"];

/// What depends on something else than a request, each followed by a key of one word.
const UNKNOWN: &[&str] = &["meta", "ct", "ip", "ip6", "tcp", "ether", "th", "socket", "rt"];

/// The same without `meta` before it.
const UNKNOWN_OF_META: &[&str] = &[
    "mark",
    "skuid",
    "skgid",
    "cgroup",
    "iiftype",
    "oiftype",
    "pkttype",
    "rtclassid",
    "iifgroup",
    "oifgroup",
];

/// Which values a condition is about.
enum Subject {
    Addresses(Side, Version),
    Ports(Side),
    Interfaces(Side),
    States,
    /// Protocols above IP: TCP or another one.
    Protocols,
    Versions,
    Unknown,
    /// Of a packet that is not one of TCP.
    Never,
}

/// Whose rule is read.
struct Context<'k> {
    table: &'k TableKey,
    line: u32,
}

impl<'t> Parser<'t> {
    /// A rule, to the end of the statement.
    pub(super) fn rule(&mut self, table: &TableKey, cursor: &mut Cursor<'_, 't>) -> Result<Rule, Fault> {
        let place = self.place(cursor.line());
        let mut rule = Rule { place, steps: Vec::new(), outcomes: Vec::new() };
        while let Some(next) = cursor.peek() {
            let TokenKind::Word(word) = next else {
                return Err(not_understood(format!("{} in a rule", shown(next))));
            };
            let line = cursor.line();
            if word == "comment" {
                cursor.next();
                let Some(TokenKind::Quoted(_)) = cursor.next() else {
                    return Err(refused("a comment without a text in quotes"));
                };
                if cursor.peek().is_some() {
                    return Err(refused("a comment has to stand last"));
                }
                break;
            }
            if !rule.outcomes.is_empty() {
                return Err(refused("what stands behind a verdict has no effect"));
            }
            let context = Context { table, line };
            if let Some(action) = self.action(&context, cursor)? {
                rule.outcomes.push((None, action));
            } else if !self.statement_of_rule(&context, cursor, &mut rule)? {
                self.condition(&context, cursor, &mut rule)?;
            }
        }
        Ok(rule)
    }

    /// A verdict, if that is what comes next.
    fn action(
        &mut self,
        context: &Context<'_>,
        cursor: &mut Cursor<'_, 't>,
    ) -> Result<Option<Action>, Fault> {
        let mut after = *cursor;
        let action = match after.word().unwrap_or_default() {
            "accept" => Action::Accept,
            "drop" => Action::Drop,
            "return" => Action::Return,
            "continue" => Action::Continue,
            "reject" => {
                if after.takes_word("with") {
                    while !matches!(after.peek(), None | Some(TokenKind::Word("comment"))) {
                        after.next();
                    }
                }
                Action::Drop
            }
            verb @ ("jump" | "goto") => {
                let name = after.word().ok_or_else(|| refused(format!("`{verb}` without a chain")))?;
                let chain = self.chain_id(context.table, name, context.line);
                if verb == "jump" { Action::Jump(chain) } else { Action::Goto(chain) }
            }
            _ => return Ok(None),
        };
        *cursor = after;
        Ok(Some(action))
    }

    /// What a rule does beside its verdict, if that is what comes next.
    fn statement_of_rule(
        &mut self,
        context: &Context<'_>,
        cursor: &mut Cursor<'_, 't>,
        rule: &mut Rule,
    ) -> Result<bool, Fault> {
        let mut after = *cursor;
        match after.word().unwrap_or_default() {
            "counter" => {
                if after.takes_word("name") {
                    after.next();
                }
                while let Some(TokenKind::Word("packets" | "bytes")) = after.peek() {
                    after.next();
                    after.next();
                }
            }
            "log" => {
                while let Some(TokenKind::Word(
                    "prefix" | "level" | "group" | "snaplen" | "queue-threshold" | "flags",
                )) = after.peek()
                {
                    let is_list = after.peek() == Some(TokenKind::Word("flags"));
                    after.next();
                    after.next();
                    while is_list && after.takes_mark(",") {
                        after.next();
                    }
                }
            }
            // How often is not known.
            "limit" => {
                after.takes_word("rate");
                after.takes_word("over");
                after.next();
                if after.takes_word("burst") {
                    after.next();
                    after.next();
                }
                rule.steps.push(Step::Test(Test::Unknown));
            }
            "update" | "add" => {
                let step = self.learn(context, &mut after)?;
                rule.steps.extend(step);
            }
            // Translates the source of what passes, and ends the chain.
            "masquerade" | "snat" => {
                while !matches!(after.peek(), None | Some(TokenKind::Word("comment"))) {
                    after.next();
                }
                rule.outcomes.push((None, Action::Accept));
            }
            verb @ ("dnat" | "redirect" | "tproxy" | "queue" | "dup" | "fwd" | "flow" | "notrack") => {
                return Err(not_understood(format!("`{verb}` is not understood")));
            }
            _ => return Ok(false),
        }
        *cursor = after;
        Ok(true)
    }

    /// `@set { ip daddr timeout 1h }`, behind its verb.
    fn learn(&mut self, context: &Context<'_>, cursor: &mut Cursor<'_, 't>) -> Result<Option<Step>, Fault> {
        let name = cursor.word().and_then(|word| word.strip_prefix('@'));
        let name = name.ok_or_else(|| refused("an update without a set"))?;
        let set = self.set_id(context.table, name, context.line);
        let mut key = cursor.braces().ok_or_else(|| refused("an update without a key in braces"))?;
        let side = match (key.word().unwrap_or_default(), key.word().unwrap_or_default()) {
            ("ip" | "ip6", "daddr") => Side::To,
            ("ip" | "ip6", "saddr") => Side::From,
            // Sets of other things are told where a rule asks for one.
            _ => return Ok(None),
        };
        match key.peek() {
            None => {}
            Some(TokenKind::Word("timeout")) => {}
            Some(other) => return Err(not_understood(format!("{} in an update", shown(other)))),
        }
        Ok(Some(Step::Learn { set, side }))
    }

    fn condition(
        &mut self,
        context: &Context<'_>,
        cursor: &mut Cursor<'_, 't>,
        rule: &mut Rule,
    ) -> Result<(), Fault> {
        let subject = subject(cursor)?;
        if cursor.peek() == Some(TokenKind::Word(".")) {
            return Err(not_understood("values that are joined by `.`"));
        }
        if cursor.takes_word("vmap") {
            return self.map(context, subject, cursor, rule);
        }
        let comparison = comparison(cursor)?;
        let test = self.test(context, &subject, &comparison)?;
        rule.steps.push(Step::Test(test));
        Ok(())
    }

    /// Values with a verdict each.
    fn map(
        &mut self,
        context: &Context<'_>,
        subject: Subject,
        cursor: &mut Cursor<'_, 't>,
        rule: &mut Rule,
    ) -> Result<(), Fault> {
        let mut inside = cursor.braces().ok_or_else(|| not_understood("a map that has a name"))?;
        let mut otherwise = None;
        while inside.rest().iter().any(|token| token.kind != TokenKind::End) {
            while inside.takes(TokenKind::End) {}
            let text = inside.text().ok_or_else(|| not_understood("a map of verdicts"))?;
            let atom = Atom { text, line: inside.line() };
            if !inside.takes_mark(":") {
                return Err(refused("a value of a map without `:`"));
            }
            let action = self.action(context, &mut inside)?;
            let action = action.ok_or_else(|| refused("a value of a map without a verdict"))?;
            if text == "*" {
                otherwise = Some(action);
            } else {
                let operand = Operand::List(vec![atom]);
                let test = self.test(context, &subject, &Comparison { operator: Operator::In, operand })?;
                rule.outcomes.push((Some(test), action));
            }
            while inside.takes(TokenKind::End) {}
            if !inside.takes_mark(",") && inside.peek().is_some() {
                return Err(refused("values of a map without a comma between them"));
            }
        }
        rule.outcomes.extend(otherwise.map(|action| (None, action)));
        Ok(())
    }

    fn test(
        &mut self,
        context: &Context<'_>,
        subject: &Subject,
        comparison: &Comparison<'t>,
    ) -> Result<Test, Fault> {
        let negated = match (comparison.operator, subject) {
            (Operator::In, _) => false,
            (Operator::NotIn, _) => true,
            (operator, Subject::Ports(side)) => {
                return self.compared_ports(context, operator, *side, comparison);
            }
            (_, Subject::Unknown) => return Ok(Test::Unknown),
            (_, Subject::Never) => return Ok(Test::Constant(false)),
            _ => return Err(not_understood("values that are compared by their size")),
        };
        let constant = |texts: &[&str]| -> Result<bool, Fault> {
            let Operand::List(atoms) = &comparison.operand else {
                return Err(not_understood("a set of protocols"));
            };
            Ok(atoms.iter().any(|atom| texts.contains(&atom.text)) != negated)
        };
        Ok(match *subject {
            Subject::Addresses(side, version) => {
                if !context.table.0.has(version) {
                    return Err(refused("an address of a version that the table is not for"));
                }
                let set = self.operand(context, Kind::Addresses(version), &comparison.operand)?;
                Test::Address { side, version, set, negated }
            }
            Subject::Ports(side) => {
                let set = self.operand(context, Kind::Ports, &comparison.operand)?;
                Test::Port { side, set, negated }
            }
            Subject::Interfaces(side) => {
                let set = self.operand(context, Kind::Interfaces, &comparison.operand)?;
                Test::Interface { side, set, negated }
            }
            Subject::States => {
                Test::State { new: constant(&["new"])?, established: constant(&["established"])? }
            }
            Subject::Protocols => Test::Constant(constant(&["tcp", "6"])?),
            Subject::Versions => match (constant(&["ipv4", "ip"])?, constant(&["ipv6", "ip6"])?) {
                (true, true) => Test::Constant(true),
                (true, false) => Test::Version(Version::V4),
                (false, true) => Test::Version(Version::V6),
                (false, false) => Test::Constant(false),
            },
            Subject::Unknown => Test::Unknown,
            Subject::Never => Test::Constant(false),
        })
    }

    /// `tcp dport >= 1024`.
    fn compared_ports(
        &mut self,
        context: &Context<'_>,
        operator: Operator,
        side: Side,
        comparison: &Comparison<'t>,
    ) -> Result<Test, Fault> {
        let Operand::List(atoms) = &comparison.operand else {
            return Err(not_understood("a set that is compared by its size"));
        };
        let [bound] = atoms[..] else {
            return Err(refused("several values that are compared by their size"));
        };
        let bound = super::value::ports(bound.text)?;
        let ports = match operator {
            Operator::Below => bound.start().checked_sub(1).map(|last| 0..=last),
            Operator::AtMost => Some(0..=*bound.end()),
            Operator::Above => bound.end().checked_add(1).map(|first| first..=u16::MAX),
            Operator::AtLeast | Operator::In | Operator::NotIn => Some(*bound.start()..=u16::MAX),
        };
        let set = self.anonymous(context, Kind::Ports);
        self.ruleset.sets[set].elements.ports.extend(Ports::from_ranges(ports).ranges());
        Ok(Test::Port { side, set, negated: false })
    }

    /// The set on the right side of a condition.
    fn operand(&mut self, context: &Context<'_>, kind: Kind, operand: &Operand<'t>) -> Result<SetId, Fault> {
        match operand {
            Operand::Named(name) => {
                let set = self.set_id(context.table, name, context.line);
                match self.ruleset.sets[set].kind {
                    None => Ok(set),
                    Some(own) if own == kind => Ok(set),
                    Some(Kind::Other) => Err(not_understood(format!("the type of the set `{name}`"))),
                    Some(_) => Err(refused(format!("the set `{name}` is of another type"))),
                }
            }
            Operand::List(atoms) => {
                let set = self.anonymous(context, kind);
                self.fill(set, atoms);
                Ok(set)
            }
        }
    }

    /// A set without a name.
    fn anonymous(&mut self, context: &Context<'_>, kind: Kind) -> SetId {
        let place = self.place(context.line);
        let sets = &mut self.ruleset.sets;
        sets.push(Set { kind: Some(kind), ..Set::named("of the rule", place) });
        sets.len() - 1
    }
}

/// What the next condition is about.
fn subject(cursor: &mut Cursor<'_, '_>) -> Result<Subject, Fault> {
    let first = cursor.word().unwrap_or_default();
    let interface = |word: &str| match word {
        "iifname" | "iif" => Some(Subject::Interfaces(Side::From)),
        "oifname" | "oif" => Some(Subject::Interfaces(Side::To)),
        _ => None,
    };
    if let Some(subject) = interface(first) {
        return Ok(subject);
    }
    if OTHER_PROTOCOLS.contains(&first) {
        cursor.word();
        return Ok(Subject::Never);
    }
    if UNKNOWN_OF_META.contains(&first) {
        return Ok(Subject::Unknown);
    }
    if first == "fib" {
        // `fib saddr . iif oif missing`, `fib daddr type local`.
        while let Some(TokenKind::Word(
            "saddr" | "daddr" | "." | "mark" | "iif" | "oif" | "oifname" | "type",
        )) = cursor.peek()
        {
            cursor.next();
        }
        return Ok(Subject::Unknown);
    }
    let key = cursor.word().unwrap_or_default();
    Ok(match (first, key) {
        ("ip", "daddr") => Subject::Addresses(Side::To, Version::V4),
        ("ip", "saddr") => Subject::Addresses(Side::From, Version::V4),
        ("ip6", "daddr") => Subject::Addresses(Side::To, Version::V6),
        ("ip6", "saddr") => Subject::Addresses(Side::From, Version::V6),
        ("tcp" | "th", "dport") => Subject::Ports(Side::To),
        ("tcp" | "th", "sport") => Subject::Ports(Side::From),
        ("meta", "l4proto") | ("ip", "protocol") | ("ip6", "nexthdr") => Subject::Protocols,
        ("meta", "nfproto" | "protocol") => Subject::Versions,
        ("meta", other) if interface(other).is_some() => {
            interface(other).ok_or_else(|| refused("an interface"))?
        }
        ("ct", "state") => Subject::States,
        ("tcp", "flags" | "option") | ("ct", "original" | "reply" | "count") | ("meta", "time") => {
            return Err(not_understood(format!("`{first} {key}` is not understood")));
        }
        (first, key) if UNKNOWN.contains(&first) && !key.is_empty() => {
            if cursor.peek() == Some(TokenKind::Word("set")) {
                return Err(not_understood(format!("a rule that sets `{first} {key}`")));
            }
            Subject::Unknown
        }
        _ => return Err(not_understood(format!("`{first}` is not understood"))),
    })
}
