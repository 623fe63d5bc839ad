//! The program without its data, and its data.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::directions::{Direction, directions};
use super::{Item, Trouble, TroubleKind, tables, trouble};
use crate::text;

/// Which tables the function that browsers call looks into, the direct one first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asks {
    pub(super) direct: bool,
    pub(super) proxied: bool,
}

/// How much of a text of the file a message shows.
const SHOWN: usize = 60;

/// What the function that browsers call is named.
const MAIN: &str = "FindProxyForURL";

/// It by the tables that it asks: SHA-256 of its lines without comments. A file with an empty list does not ask for it.
const MAINS: [(Asks, &str); 4] = [
    (
        Asks { direct: true, proxied: true },
        "886f6e7ddd8f677b1e0ad70548c3a0af899e30968dcf12b9f1fd3138e188b54a",
    ),
    (
        Asks { direct: true, proxied: false },
        "24478f17caef7816a500beebb6d158bed5e29138a4be95146f1c7f47f295f309",
    ),
    (
        Asks { direct: false, proxied: true },
        "7e8c52420695b42407babc4fbf3173d0e5b3fd9bc518d78f0bdf16670b2648c6",
    ),
    (
        Asks { direct: false, proxied: false },
        "6b0df3ddc42904ce65546efe610a519626aa4d89ca3d8031d805dd7dfa3d215d",
    ),
];

/// The other functions, each of which has to be there once.
const FUNCTIONS: [(&str, &str); 6] = [
    ("thruwayListed", "31b5811056672022d05f12ccb7c7daee7c035420276a248f0ce0e647cdf85b9a"),
    ("thruwayTable", "83be9a74a0e3dd43d33b59e4c650d4f6c015a39b9d9badca9ba8036bc380fdf9"),
    ("thruwayUnpack", "c323144d0a88c614ffdd866fdd772347363cd6372179722783e2e1e77344a1d6"),
    ("thruwayGlob", "9128185a9719fb8ab5aea363d1a2b29ff57b38b4992c0e5e5d25b77146fa208b"),
    ("thruwayByParent", "a75d9a9fb77e7987fa13c7839e868efd5205abc61b75024f2d4e849732932858"),
    ("thruwayMatches", "32dc255209cbf0421ca1e70ba92fb136e2f42df7c9d82708bf17c1bf30713030"),
];

/// Names of the variables: two answers and two tables.
pub(super) const PROXIES: &str = "THRUWAY_PROXIES";
pub(super) const OTHERWISE: &str = "THRUWAY_OTHERWISE";
pub(super) const DIRECT: &str = "THRUWAY_DIRECT";
pub(super) const PROXIED: &str = "THRUWAY_PROXIED";

/// A file taken apart.
pub(super) struct Parts<'t> {
    pub(super) asks: Asks,
    pub(super) function_line: u32,
    /// Name, line and what stands behind the equals sign.
    variables: Vec<Variable<'t>>,
}

struct Variable<'t> {
    name: &'t str,
    line: u32,
    /// From the value on, to the end of its last line.
    value: &'t str,
}

/// A statement at the left margin with all its lines.
struct Statement<'t> {
    line: u32,
    text: &'t str,
}

/// Takes a file apart. Every statement is a function that is pinned or a variable with data.
pub(super) fn parts<'t>(file: &Arc<str>, text: &'t str) -> Result<Parts<'t>, Trouble> {
    let mut main = None;
    let mut seen = Vec::with_capacity(FUNCTIONS.len());
    let mut variables: Vec<Variable<'t>> = Vec::new();
    for Statement { line, text } in statements(file, text)? {
        let not = |what: String| trouble(file, line, TroubleKind::NotUnderstood, what);
        if let Some(rest) = text.strip_prefix("var ") {
            let (name, value) =
                rest.split_once(" = ").ok_or_else(|| not("a variable without a value".to_owned()))?;
            if ![PROXIES, OTHERWISE, DIRECT, PROXIED].contains(&name) {
                return Err(not(format!("`{}` is no variable of this program", text::shown(name, SHOWN))));
            }
            if variables.iter().any(|other| other.name == name) {
                return Err(not(format!("`{name}` is set twice")));
            }
            variables.push(Variable { name, line, value });
            continue;
        }
        let name =
            text.strip_prefix("function ").and_then(|rest| rest.split_once('(')).map_or("", |(name, _)| name);
        let digest = digest(text);
        let pinned = |own: &str| if *own == digest { Ok(()) } else { Err(changed(name, &digest)) };
        if name == MAIN && main.is_none() {
            let own = MAINS.iter().find(|(_, own)| *own == digest);
            let (asks, _) = own.ok_or_else(|| not(changed(name, &digest)))?;
            main = Some((*asks, line));
        } else if let Some((_, own)) = FUNCTIONS.iter().find(|(own, _)| *own == name && !seen.contains(own)) {
            pinned(own).map_err(not)?;
            seen.push(name);
        } else {
            let name = text::shown(name, SHOWN);
            return Err(not(format!("`{name}` is no function of this program, or is there twice")));
        }
    }
    let missing =
        |name: &str| trouble(file, 0, TroubleKind::NotUnderstood, format!("there is no function `{name}`"));
    if let Some((name, _)) = FUNCTIONS.iter().find(|(name, _)| !seen.contains(name)) {
        return Err(missing(name));
    }
    let (asks, function_line) = main.ok_or_else(|| missing(MAIN))?;
    Ok(Parts { asks, function_line, variables })
}

fn changed(name: &str, digest: &str) -> String {
    format!("`{name}` is not as it was run in the engines: its SHA-256 is {digest}")
}

/// What stands at the left margin begins a statement, or ends one with a closing brace.
fn statements<'t>(file: &Arc<str>, text: &'t str) -> Result<Vec<Statement<'t>>, Trouble> {
    let mut starts: Vec<(u32, usize)> = Vec::new();
    let mut at = 0;
    for (line, own) in (1..).zip(text.split_inclusive('\n')) {
        if own.starts_with("function ") || own.starts_with("var ") {
            starts.push((line, at));
        } else if starts.is_empty() && is_code(own) {
            return Err(trouble(
                file,
                line,
                TroubleKind::NotUnderstood,
                "code before the first function".to_owned(),
            ));
        }
        at += own.len();
    }
    let ends = starts.iter().skip(1).map(|&(_, start)| start).chain([text.len()]);
    Ok(starts
        .iter()
        .zip(ends)
        .map(|(&(line, start), end)| Statement { line, text: &text[start..end] })
        .collect())
}

/// Whether a line is neither blank nor a comment as a whole. The program has no text of several lines, in which two
/// slashes would be no comment.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

/// Of the lines without blank ones and comments.
fn digest(text: &str) -> String {
    let mut digest = Sha256::new();
    for line in text.lines().filter(|line| is_code(line)) {
        digest.update(line);
        digest.update("\n");
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Parts<'_> {
    fn variable(&self, file: &Arc<str>, name: &str) -> Result<&Variable<'_>, Trouble> {
        let found = self.variables.iter().find(|variable| variable.name == name);
        found.ok_or_else(|| trouble(file, 0, TroubleKind::NotUnderstood, format!("`{name}` is not set")))
    }

    /// A variable that is an answer.
    pub(super) fn answer(&self, file: &Arc<str>, name: &str) -> Result<Vec<Direction>, Trouble> {
        let Variable { line, value, .. } = self.variable(file, name)?;
        let mut lines = value.lines();
        let text = lines.next().and_then(|value| value.strip_prefix('"')?.strip_suffix("\";"));
        let text = text.filter(|text| !text.contains(['"', '\\']) && !lines.any(is_code));
        let not = |what: &str| trouble(file, *line, TroubleKind::NotUnderstood, format!("`{name}` {what}"));
        let answer = directions(text.ok_or_else(|| not("is not one text"))?);
        match answer.iter().find(|own| matches!(own, Direction::Unknown(_))) {
            Some(own) => Err(not(&format!("names `{own}`, which no browser knows"))),
            None if answer.is_empty() => Err(not("is empty, which is a direct connection")),
            None => Ok(answer),
        }
    }

    /// A variable that is a table; nothing where the program does not ask for it.
    pub(super) fn table(&self, file: &Arc<str>, name: &str, asked: bool) -> Result<Vec<Item>, Trouble> {
        match (self.variables.iter().find(|variable| variable.name == name), asked) {
            (None, false) => Ok(Vec::new()),
            (Some(Variable { line, .. }), false) => Err(trouble(
                file,
                *line,
                TroubleKind::NotUnderstood,
                format!("the program does not ask for `{name}`"),
            )),
            (_, true) => {
                let Variable { line, value, .. } = self.variable(file, name)?;
                tables::table(file, *line, value)
            }
        }
    }
}
