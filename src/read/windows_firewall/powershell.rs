//! Values as PowerShell writes them: strings in single quotes, arrays, and tables of keys and values.

use std::iter::Peekable;
use std::str::Chars;

/// How deep values may stand in values.
const MAX_DEPTH: usize = 4;

/// A value, with the line on which it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    pub(super) line: u32,
    pub(super) kind: ValueKind,
}

/// What a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ValueKind {
    /// `'it''s'`.
    Text(String),
    /// `@('a', 'b')`; each on a line of its own needs no comma.
    List(Vec<Value>),
    /// `@{ Key = 'value'; Other = 'value' }`.
    Table(Vec<(String, Value)>),
}

/// Reads values out of a text of printable ASCII.
pub(super) struct Literals<'t> {
    rest: Peekable<Chars<'t>>,
    /// Where the next character stands, from 1.
    line: u32,
}

impl<'t> Literals<'t> {
    pub(super) fn new(text: &'t str, line: u32) -> Self {
        Self { rest: text.chars().peekable(), line }
    }

    /// The value that comes next, with the number of the line on which it ends and what follows it there; or
    /// what is wrong, and on which line.
    pub(super) fn value(mut self) -> Result<(Value, u32, String), (u32, &'static str)> {
        let value = self.one(0).map_err(|what| (self.line, what))?;
        let line = self.line;
        let behind = self.rest.take_while(|&character| character != '\n').collect();
        Ok((value, line, behind))
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += u32::from(next == Some('\n'));
        next
    }

    /// Takes blanks, and where `lines` the ends of lines and comments too. Whether a line ended.
    fn blanks(&mut self, lines: bool) -> bool {
        let mut ended = false;
        loop {
            match self.rest.peek() {
                Some(' ') => {}
                Some('\n') if lines => ended = true,
                Some('#') if lines => {
                    while self.rest.peek().is_some_and(|&character| character != '\n') {
                        self.next();
                    }
                    continue;
                }
                _ => return ended,
            }
            self.next();
        }
    }

    fn one(&mut self, depth: usize) -> Result<Value, &'static str> {
        if depth > MAX_DEPTH {
            return Err("values that are too deep in each other");
        }
        self.blanks(false);
        let line = self.line;
        let kind = match (self.next(), self.rest.peek()) {
            (Some('\''), _) => ValueKind::Text(self.string()?),
            (Some('@'), Some('(')) => ValueKind::List(self.list(depth)?),
            (Some('@'), Some('{')) => ValueKind::Table(self.table(depth)?),
            _ => return Err("neither a string in single quotes, nor a list, nor a table"),
        };
        Ok(Value { line, kind })
    }

    /// The rest of a string, behind its quote.
    fn string(&mut self) -> Result<String, &'static str> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') if self.rest.peek() == Some(&'\'') => {
                    self.next();
                    text.push('\'');
                }
                Some('\'') => return Ok(text),
                Some('\n') | None => return Err("a string that is not closed on its line"),
                Some(other) => text.push(other),
            }
        }
    }

    /// A list, behind its `@`.
    fn list(&mut self, depth: usize) -> Result<Vec<Value>, &'static str> {
        self.next();
        let mut values = Vec::new();
        self.blanks(true);
        while self.rest.peek() != Some(&')') {
            values.push(self.one(depth + 1)?);
            let ended = self.blanks(true);
            match self.rest.peek() {
                Some(')') => {}
                Some(',') if !ended => {
                    self.next();
                    self.blanks(true);
                    if self.rest.peek() == Some(&')') {
                        return Err("a comma without a value behind it");
                    }
                }
                _ if ended => {}
                _ => return Err("values without a comma between them"),
            }
        }
        self.next();
        Ok(values)
    }

    /// A table, behind its `@`.
    fn table(&mut self, depth: usize) -> Result<Vec<(String, Value)>, &'static str> {
        self.next();
        let mut entries: Vec<(String, Value)> = Vec::new();
        self.blanks(true);
        while self.rest.peek() != Some(&'}') {
            let mut key = String::new();
            while let Some(letter) = self.rest.next_if(char::is_ascii_alphabetic) {
                key.push(letter);
            }
            self.blanks(false);
            if key.is_empty() || self.next() != Some('=') {
                return Err("an entry of a table that is no `Key = value`");
            }
            let value = self.one(depth + 1)?;
            if entries.iter().any(|(own, _)| own.eq_ignore_ascii_case(&key)) {
                return Err("a key that is there twice");
            }
            entries.push((key, value));
            let ended = self.blanks(true);
            match self.rest.peek() {
                Some('}') => {}
                Some(';') => {
                    self.next();
                    self.blanks(true);
                }
                _ if ended => {}
                _ => return Err("entries of a table without `;` between them"),
            }
        }
        self.next();
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<(Value, u32, String), (u32, &'static str)> {
        Literals::new(text, 1).value()
    }

    fn text(line: u32, text: &str) -> Value {
        Value { line, kind: ValueKind::Text(text.to_owned()) }
    }

    #[test]
    fn values_are_read_to_their_end() {
        assert_eq!(value("'it''s' # x\ny"), Ok((text(1, "it's"), 1, " # x".to_owned())));
        let list = |line, values| Value { line, kind: ValueKind::List(values) };
        assert_eq!(value("@()").unwrap().0, list(1, vec![]));
        assert_eq!(
            value("@(\n 'a',\n 'b'\n 'c' # x\n)\nz").unwrap(),
            (list(1, vec![text(2, "a"), text(3, "b"), text(4, "c")]), 5, String::new())
        );
        let table = Value {
            line: 2,
            kind: ValueKind::Table(vec![
                ("Id".to_owned(), text(2, "1")),
                ("Keyword".to_owned(), text(2, "2")),
            ]),
        };
        assert_eq!(value("@(\n @{ Id = '1'; Keyword = '2' }\n)").unwrap().0, list(1, vec![table]));
    }

    #[test]
    fn what_is_no_value_says_why_and_where() {
        for (text, line, why) in [
            ("$x", 1, "neither"),
            ("\"x\"", 1, "neither"),
            ("@('a',\n)", 2, "comma without"),
            ("@('a' 'b')", 1, "without a comma"),
            ("@('a'\n, 'b')", 2, "neither"),
            ("@('a", 1, "not closed"),
            ("'a\nb'", 2, "not closed"),
            ("@{ Id '1' }", 1, "no `Key = value`"),
            ("@{ Id = '1' Id = '2' }", 1, "without `;`"),
            ("@{ Id = '1'; id = '2' }", 1, "twice"),
            ("@{ Id = $(x) }", 1, "neither"),
            ("@(@(@(@(@(@('a'))))))", 1, "too deep"),
            ("@('a'", 1, "without a comma"),
        ] {
            let (at, what) = value(text).unwrap_err();
            assert!(at == line && what.contains(why), "{text}: {at} {what}");
        }
    }
}
