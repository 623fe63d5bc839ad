//! Addresses, ports and interfaces as nft writes them, alone and in lists.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::lex::{Cursor, TokenKind};
use super::ruleset::{Kind, Version, number};
use crate::read::TroubleKind;

/// What a condition compares with.
#[derive(Debug)]
pub(super) struct Comparison<'t> {
    pub(super) operator: Operator,
    pub(super) operand: Operand<'t>,
}

/// How it compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    In,
    NotIn,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// The right side of a condition.
#[derive(Debug)]
pub(super) enum Operand<'t> {
    /// A set that has a name.
    Named(&'t str),
    /// Values, any of which will do.
    List(Vec<Atom<'t>>),
}

/// One value, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom<'t> {
    pub(super) text: &'t str,
    pub(super) line: u32,
}

/// A trouble whose file and line are told elsewhere.
pub(super) type Fault = (TroubleKind, String);

/// How deep lists may stand in lists, by variables.
const MAX_DEPTH: usize = 8;

/// What a value of another kind than the expected one is.
pub(super) fn not_understood(what: impl Into<String>) -> Fault {
    (TroubleKind::NotUnderstood, what.into())
}

pub(super) fn refused(what: impl Into<String>) -> Fault {
    (TroubleKind::Refused, what.into())
}

/// The operator and the values that come next.
pub(super) fn comparison<'t>(cursor: &mut Cursor<'_, 't>) -> Result<Comparison<'t>, Fault> {
    let operators = [
        ("==", Operator::In),
        ("!=", Operator::NotIn),
        ("<", Operator::Below),
        ("<=", Operator::AtMost),
        (">", Operator::Above),
        (">=", Operator::AtLeast),
    ];
    let operator = operators.into_iter().find(|(mark, _)| cursor.takes_mark(mark));
    let operator = operator.map_or(Operator::In, |(_, operator)| operator);
    if let Some(inside) = cursor.braces() {
        return Ok(Comparison { operator, operand: Operand::List(list(inside, 0)?) });
    }
    let Some(first) = cursor.text() else {
        return Err(not_understood("a condition without a value that is understood"));
    };
    if let Some(name) = first.strip_prefix('@') {
        return Ok(Comparison { operator, operand: Operand::Named(name) });
    }
    let mut atoms = vec![Atom { text: first, line: cursor.line() }];
    while cursor.takes_mark(",") {
        let Some(text) = cursor.text() else { return Err(refused("a comma without a value behind it")) };
        atoms.push(Atom { text, line: cursor.line() });
    }
    Ok(Comparison { operator, operand: Operand::List(atoms) })
}

/// The elements of a list, without what is said about each.
pub(super) fn list<'t>(mut cursor: Cursor<'_, 't>, depth: usize) -> Result<Vec<Atom<'t>>, Fault> {
    if depth > MAX_DEPTH {
        return Err(not_understood("lists in lists"));
    }
    let mut atoms = Vec::new();
    loop {
        while cursor.takes(TokenKind::End) {}
        if let Some(inside) = cursor.braces() {
            atoms.extend(list(inside, depth + 1)?);
        } else if let Some(text) = cursor.text() {
            atoms.push(Atom { text, line: cursor.line() });
            attributes(&mut cursor)?;
        } else {
            break;
        }
        while cursor.takes(TokenKind::End) {}
        if !cursor.takes_mark(",") {
            break;
        }
    }
    match cursor.peek() {
        None if atoms.is_empty() => Err(refused("a list without a value")),
        None => Ok(atoms),
        Some(other) => Err(not_understood(format!("{} in a list", shown(other)))),
    }
}

/// What stands behind an element: how long it stays, what it counts.
fn attributes(cursor: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    loop {
        let known = match cursor.peek() {
            Some(TokenKind::Word("timeout" | "expires" | "comment")) => {
                cursor.next();
                cursor.text().is_some()
            }
            Some(TokenKind::Word("counter")) => {
                cursor.next();
                while let Some(TokenKind::Word("packets" | "bytes")) = cursor.peek() {
                    cursor.next();
                    cursor.next();
                }
                true
            }
            _ => return Ok(()),
        };
        if !known {
            return Err(refused("what is said about an element is not complete"));
        }
    }
}

/// A token in a message.
pub(super) fn shown(kind: TokenKind<'_>) -> String {
    match kind {
        TokenKind::Word(text) | TokenKind::Mark(text) => format!("`{text}`"),
        TokenKind::Quoted(text) => format!("`\"{text}\"`"),
        TokenKind::End => "the end of a line".to_owned(),
    }
}

/// What the elements of a set of this type are.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "ipv4_addr" => Kind::Addresses(Version::V4),
        "ipv6_addr" => Kind::Addresses(Version::V6),
        "inet_service" => Kind::Ports,
        "ifname" => Kind::Interfaces,
        _ => Kind::Other,
    }
}

/// An address, a network or a range, and what is odd about it.
pub(super) fn addresses(
    text: &str,
    version: Version,
) -> Result<(RangeInclusive<u128>, Option<Fault>), Fault> {
    let mut odd = None;
    let mut one = |text: &str| -> Result<IpAddr, Fault> {
        let address = match text.parse::<IpAddr>() {
            Ok(address) => address,
            Err(_) => {
                let octal = octal(text).ok_or_else(|| {
                    not_understood(format!(
                        "`{text}` is no address; a name is looked up once, when the file is loaded"
                    ))
                })?;
                let what = format!("`{text}` is read with octal numbers, as {octal}");
                odd = Some((TroubleKind::Misleading, what));
                octal.into()
            }
        };
        match Version::of(address) == version {
            true => Ok(address),
            false => Err(refused(format!("`{text}` is of the other version of IP"))),
        }
    };
    let range = if let Some((address, length)) = text.split_once('/') {
        let address = one(address)?;
        let network = length.parse().ok().and_then(|length| IpNet::new(address, length).ok());
        let network = network.ok_or_else(|| refused(format!("`{text}` is no network")))?;
        number(network.network())..=number(network.broadcast())
    } else if let Some((first, last)) = text.split_once('-') {
        number(one(first)?)..=number(one(last)?)
    } else {
        let own = number(one(text)?);
        own..=own
    };
    if range.is_empty() {
        return Err(refused(format!("`{text}` is an empty range")));
    }
    Ok((range, odd))
}

/// An address with zeros in front, which the resolver of C reads as octal numbers.
fn octal(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u8> = text
        .split('.')
        .map(|part| match part.strip_prefix('0') {
            Some(digits) if !digits.is_empty() => u8::from_str_radix(digits, 8).ok(),
            _ => part.parse().ok(),
        })
        .collect::<Option<_>>()?;
    Some(<[u8; 4]>::try_from(parts).ok()?.into())
}

/// Services by their names, as far as rules name them in practice.
const SERVICES: &[(&str, u16)] = &[
    ("domain", 53),
    ("ftp", 21),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imaps", 993),
    ("ldap", 389),
    ("ldaps", 636),
    ("ntp", 123),
    ("smtp", 25),
    ("ssh", 22),
    ("submission", 587),
    ("telnet", 23),
];

/// A port, its service, or a range.
pub(super) fn ports(text: &str) -> Result<RangeInclusive<u16>, Fault> {
    let one = |text: &str| -> Result<u16, Fault> {
        if let Some(&(_, port)) = SERVICES.iter().find(|(name, _)| *name == text) {
            return Ok(port);
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(not_understood(format!("`{text}` is no decimal number")));
        }
        match text.parse::<u32>() {
            Ok(port) => u16::try_from(port).map_err(|_| refused(format!("`{text}` is no port"))),
            Err(_) => Err(not_understood(format!("the service `{text}` is not understood"))),
        }
    };
    let by_name = SERVICES.iter().any(|(name, _)| *name == text);
    let range = match text.split_once('-') {
        Some((low, high)) if !by_name => one(low)?..=one(high)?,
        _ => one(text).map(|port| port..=port)?,
    };
    if range.is_empty() { Err(refused(format!("`{text}` is an empty range"))) } else { Ok(range) }
}

/// Seconds of `1h`, `5m30s`, `90`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let count: u64 = rest[..digits].parse().ok()?;
        let units = rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
        let (unit, after) = rest[digits..].split_at(units);
        let milliseconds = match unit {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(milliseconds)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total / 1_000)
}
