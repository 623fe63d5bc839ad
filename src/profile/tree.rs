//! Walks the tree of a profile, expecting keys, lists and values, and collects what is wrong.
//!
//! A helper that finds something wrong reports it and returns nothing, so that the caller goes on and
//! one run tells everything.

use super::problem::{Problem, listed, nearest, one_of, printable, shown};
use crate::yaml::{Key, Node, Spot, Value};

/// Reads parts of the tree, and collects what is wrong.
#[derive(Default, Debug)]
pub struct Reader {
    pub(super) problems: Vec<Problem>,
}

/// The fields of a map whose keys were checked.
#[derive(Debug)]
pub struct Fields<'n> {
    what: &'n str,
    spot: Spot,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// The value of a key. A key without a value counts as absent, so that everything below it can be
    /// commented out.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// Where a key stands.
    pub fn spot(&self, key: &str) -> Option<Spot> {
        self.entry(key).map(|(key, _)| key.spot)
    }

    fn entry(&self, key: &str) -> Option<&'n (Key, Node)> {
        self.entries.iter().find(|(own, _)| own.text == key)
    }
}

impl Reader {
    /// Reports something wrong; the caller may add help.
    pub fn report(&mut self, spot: Spot, message: impl Into<String>) -> &mut Problem {
        self.problems.push(Problem::new(spot, message));
        self.problems.last_mut().expect("internal error: a problem was just added")
    }

    /// Reports a value of the wrong kind.
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) -> &mut Problem {
        let found = match &node.value {
            Value::Null => return self.report(node.spot, format!("{} has no value", called(what))),
            Value::Text(text) => format!("the text {}", shown(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
        };
        self.report(node.spot, format!("{} is {found}, not {expected}", called(what)))
    }

    /// A map with none but these keys, each once.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &'n str, known: &[&str]) -> Option<Fields<'n>> {
        let entries = self.map(node, what)?;
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            self.unknown_key(key, what, known);
        }
        Some(Fields { what, spot: node.spot, entries })
    }

    /// A map with any keys, each once.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Key, Node)]> {
        let Value::Map(entries) = &node.value else {
            self.wrong_type(node, what, "a map of keys and values");
            return None;
        };
        let mut seen = std::collections::BTreeMap::new();
        for (key, _) in entries {
            if let Some(first) = seen.insert(key.text.as_str(), key.spot) {
                self.report(key.spot, format!("key {} is there twice", shown(&key.text)))
                    .help(format!("the first is at line {}, column {}", first.line, first.column));
            }
        }
        Some(entries)
    }

    fn unknown_key(&mut self, key: &Key, what: &str, known: &[&str]) {
        let near = nearest(&key.text, known.iter().copied());
        let home = HOMES.iter().find(|(child, _)| *child == key.text).map(|(_, home)| *home);
        let problem = self.report(key.spot, format!("unknown key {} in {}", shown(&key.text), called(what)));
        match (near, home) {
            (_, Some(home)) if home != what => {
                let at = if home == PROFILE { "at the top level".into() } else { format!("under `{home}`") };
                problem.help(format!("`{}` belongs {at}", key.text));
            }
            (Some(near), _) => problem.help(format!("did you mean `{near}`?")),
            (None, _) => problem.help(format!("known here: {}", listed(known))),
        }
    }

    /// The value of a key that must be there.
    pub fn required<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
        match fields.entry(key) {
            Some((key, node)) if node.value == Value::Null => {
                self.report(key.spot, format!("{} has no value", called(&key.text)));
                None
            }
            Some((_, node)) => Some(node),
            None => {
                // Where the map begins is enough to see which one it is.
                let spot = Spot { length: 1, ..fields.spot };
                self.report(spot, format!("{} has no `{key}`", called(fields.what)));
                None
            }
        }
    }

    /// A list.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) => Some(items),
            Value::Text(text) => {
                let help = format!("write `[{}]`", printable(text));
                self.wrong_type(node, what, "a list").help(help);
                None
            }
            Value::Null | Value::Map(_) => {
                self.wrong_type(node, what, "a list");
                None
            }
        }
    }

    /// A list of at least one.
    pub fn list_of_some<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let items = self.list(node, what)?;
        if items.is_empty() {
            self.report(node.spot, format!("{} is an empty list", called(what)));
            return None;
        }
        Some(items)
    }

    /// A text of one line, white space around it aside, that is not empty.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let Value::Text(text) = &node.value else {
            self.wrong_type(node, what, "a text");
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            self.report(node.spot, format!("{} is empty", called(what)));
            return None;
        }
        // Texts end up in comments of configurations, where a line break would begin a line.
        if text.chars().any(char::is_control) {
            self.report(node.spot, format!("{} has a line break or another control character", called(what)));
            return None;
        }
        Some(text)
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let Value::Text(text) = &node.value else {
            self.wrong_type(node, what, &one_of(&words));
            return None;
        };
        if let Some((_, value)) = choices.iter().find(|(word, _)| word == text) {
            return Some(*value);
        }
        let message = format!("{} is {}, not {}", called(what), shown(text), one_of(&words));
        let near = nearest(text, words.iter().copied());
        let problem = self.report(node.spot, message);
        if let Some(near) = near {
            problem.help(format!("did you mean `{near}`?"));
        }
        None
    }

    /// A word of a long table, such as a code: the nearest one is named, and not all of them.
    pub fn word<T: Copy>(
        &mut self,
        spot: Spot,
        text: &str,
        kind: &str,
        table: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Option<T> {
        if let Some((_, value)) = table.clone().find(|(word, _)| *word == text) {
            return Some(value);
        }
        let near = nearest(text, table.clone().map(|(word, _)| word));
        let all: Vec<&str> = table.map(|(word, _)| word).collect();
        let problem = self.report(spot, format!("unknown {kind} {}", shown(text)));
        match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("known: {}", listed(&all))),
        }
        None
    }
}

/// What the map at the root is called.
pub(super) const PROFILE: &str = "profile";

fn called(what: &str) -> String {
    if what == PROFILE { "the profile".into() } else { shown(what) }
}

/// Keys that people look for in the wrong place, and where they belong.
const HOMES: [(&str, &str); 16] = [
    ("geographies", "select"),
    ("platforms", "select"),
    ("windows", "select"),
    ("requirements", "select"),
    ("exclude", "select"),
    ("include", "select"),
    ("direct", "intents"),
    ("workspaces", "mma"),
    ("edr_proxy", "devices"),
    ("antivirus_proxy", "devices"),
    ("antivirus_pac", "devices"),
    ("winhttp_proxy", "devices"),
    ("unix_proxy", "devices"),
    ("servicenow", "ticket"),
    ("jira", "ticket"),
    ("proxies", PROFILE),
];
