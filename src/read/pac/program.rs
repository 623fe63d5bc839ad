//! The program without its data, and its data.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::directions::{Direction, directions};
use super::{Item, Trouble, TroubleKind, packed, tables, trouble};
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

/// How a file holds its lists, which its functions say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Whole names.
    Plain,
    /// By how names end.
    Packed,
}

/// The program of a form: SHA-256 of the lines of each function without comments.
struct Program {
    form: Form,
    /// [`MAIN`] by the tables that it asks. A file with an empty list does not ask for it.
    mains: [(Asks, &'static str); 4],
    /// The other functions, each of which has to be there once.
    functions: &'static [(&'static str, &'static str)],
}

static PROGRAMS: [Program; 2] = [
    Program {
        form: Form::Plain,
        mains: [
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
        ],
        functions: &[
            (LISTED, "31b5811056672022d05f12ccb7c7daee7c035420276a248f0ce0e647cdf85b9a"),
            ("thruwayTable", "83be9a74a0e3dd43d33b59e4c650d4f6c015a39b9d9badca9ba8036bc380fdf9"),
            ("thruwayUnpack", "c323144d0a88c614ffdd866fdd772347363cd6372179722783e2e1e77344a1d6"),
            ("thruwayGlob", "9128185a9719fb8ab5aea363d1a2b29ff57b38b4992c0e5e5d25b77146fa208b"),
            ("thruwayByParent", "a75d9a9fb77e7987fa13c7839e868efd5205abc61b75024f2d4e849732932858"),
            ("thruwayMatches", "32dc255209cbf0421ca1e70ba92fb136e2f42df7c9d82708bf17c1bf30713030"),
        ],
    },
    Program {
        form: Form::Packed,
        mains: [
            (
                Asks { direct: true, proxied: true },
                "476bf4a624edc3a699ad87aede716efcf613576d7a95bb3b1914ce68aa141fc7",
            ),
            (
                Asks { direct: true, proxied: false },
                "4df852cfe052fa4549e85365b0629960f2a887009cdf9edfce943d5f9357a077",
            ),
            (
                Asks { direct: false, proxied: true },
                "21276076fb39413a2477b0082f142c43f5a80b52a1b8dbaa887e50f5da3f4b89",
            ),
            (
                Asks { direct: false, proxied: false },
                "93754cd2578d172376192ed224e0de0eae82aaebd0fe3ebf6bb5f9897d27ed90",
            ),
        ],
        functions: &[
            (LISTED, "72f8058153548157786a39ab7f1eea00ecd38677a1760dd179f51abd7be19904"),
            ("thruwayTable", "7f235e50fd6fd97418dfdba15dea4d8ec49d6bb41f4db2c6d965852a04c2ef0f"),
            ("thruwayIsName", "5bfbd27c95d52c65b2347265d7bd95fca8bc6121a72639e9701182ab4078cae6"),
            ("thruwayBelow", "cf481db313d25fc0dd42b153334725a05df5996787ee3eb5584e4a736d35166d"),
            ("thruwayPrepare", "58a3cc970ef2a74fad771c94713a8a8b86292f3a22bd918723ccd2e32959181c"),
            ("thruwayUnpack", "63ce025816c28e54cd1670088daed9e0385ced337cb0a448a1984cb9a25ea006"),
            ("thruwayGlob", "d94fdb6c676cc203bff6b81099210918b0b3bd21ca96540939296703e296e4d0"),
            ("thruwayByParent", "d901dfcc03c4da1117ccb9c92f1f203abad8957f84d874a0577cba21167ed3e9"),
            ("thruwayMatches", "32dc255209cbf0421ca1e70ba92fb136e2f42df7c9d82708bf17c1bf30713030"),
        ],
    },
];

/// The function that [`MAIN`] asks, which tells the form.
const LISTED: &str = "thruwayListed";

/// Names of the variables: two answers and two tables.
pub(super) const PROXIES: &str = "THRUWAY_PROXIES";
pub(super) const OTHERWISE: &str = "THRUWAY_OTHERWISE";
pub(super) const DIRECT: &str = "THRUWAY_DIRECT";
pub(super) const PROXIED: &str = "THRUWAY_PROXIED";

/// A file taken apart.
pub(super) struct Parts<'t> {
    pub(super) asks: Asks,
    pub(super) function_line: u32,
    form: Form,
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
    let mut seen: Vec<Function<'t>> = Vec::new();
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
        if name == MAIN && main.is_none() {
            main = Some(Function { name, line, digest });
        } else if is_function(name) && seen.iter().all(|other| other.name != name) {
            seen.push(Function { name, line, digest });
        } else {
            let name = text::shown(name, SHOWN);
            return Err(not(format!("`{name}` is no function of this program, or is there twice")));
        }
    }
    let program = program(file, &seen)?;
    let missing =
        |name: &str| trouble(file, 0, TroubleKind::NotUnderstood, format!("there is no function `{name}`"));
    let Function { line, digest, .. } = main.ok_or_else(|| missing(MAIN))?;
    let (asks, _) = program
        .mains
        .iter()
        .find(|(_, own)| *own == digest)
        .ok_or_else(|| trouble(file, line, TroubleKind::NotUnderstood, changed(MAIN, &digest)))?;
    Ok(Parts { asks: *asks, function_line: line, form: program.form, variables })
}

/// A function as it stands there.
struct Function<'t> {
    name: &'t str,
    line: u32,
    digest: String,
}

/// Whether any form has a function of that name, beside [`MAIN`].
fn is_function(name: &str) -> bool {
    PROGRAMS.iter().any(|program| program.functions.iter().any(|(own, _)| *own == name))
}

/// The program whose functions these are, all of them and no other.
fn program(file: &Arc<str>, seen: &[Function<'_>]) -> Result<&'static Program, Trouble> {
    let not = |line, what: String| Err(trouble(file, line, TroubleKind::NotUnderstood, what));
    let Some(listed) = seen.iter().find(|own| own.name == LISTED) else {
        return not(0, format!("there is no function `{LISTED}`"));
    };
    let is_its = |program: &&Program| program.functions.contains(&(LISTED, &listed.digest));
    let Some(program) = PROGRAMS.iter().find(is_its) else {
        return not(listed.line, changed(LISTED, &listed.digest));
    };
    for Function { name, line, digest } in seen {
        match program.functions.iter().find(|(own, _)| own == name) {
            Some((_, own)) if own == digest => {}
            Some(_) => return not(*line, changed(name, digest)),
            None => return not(*line, format!("`{name}` is no function of a file of this form")),
        }
    }
    match program.functions.iter().find(|(own, _)| seen.iter().all(|function| function.name != *own)) {
        Some((name, _)) => not(0, format!("there is no function `{name}`")),
        None => Ok(program),
    }
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
                match self.form {
                    Form::Plain => tables::table(file, *line, value),
                    Form::Packed => packed::list(file, *line, value),
                }
            }
        }
    }
}
