//! JSON with the line of every value.
//!
//! serde_json judges a text; what it takes is walked here once more, since it tells no places.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::value::{Kind, Member, Value};

/// How deep values may lie in each other. The API's have five levels.
const MAX_DEPTH: usize = 32;

/// Why a text is not read, and its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NoJson {
    pub(super) line: u32,
    pub(super) why: String,
}

/// The value of a text.
pub(super) fn parse(text: &str) -> Result<Value<'_>, NoJson> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| NoJson {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
        why: format!("no JSON: {error}"),
    })?;
    Walk { text, at: 0, line: 1 }.value(0)
}

/// A walk through a text that is JSON.
struct Walk<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Walk<'t> {
    /// The octet behind the blanks that stand here.
    fn next(&mut self) -> u8 {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'\n') => self.line = self.line.saturating_add(1),
                Some(b' ' | b'\t' | b'\r') => {}
                Some(&byte) => return byte,
                None => return 0,
            }
            self.at += 1;
        }
    }

    /// Whether that octet is this one, which is passed.
    fn passes(&mut self, byte: u8) -> bool {
        let is_here = self.next() == byte;
        self.at += usize::from(is_here);
        is_here
    }

    fn value(&mut self, depth: usize) -> Result<Value<'t>, NoJson> {
        let byte = self.next();
        let line = self.line;
        let kind = match byte {
            b'{' | b'[' if depth == MAX_DEPTH => {
                return Err(NoJson { line, why: "values too deep in each other".to_owned() });
            }
            b'{' => Kind::Object(self.object(depth)?),
            b'[' => Kind::List(self.list(depth)?),
            b'"' => Kind::Text(self.string()?),
            _ => match self.word() {
                "null" => Kind::Null,
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                number => Kind::Number(Cow::Borrowed(number)),
            },
        };
        Ok(Value { line, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Member<'t>>, NoJson> {
        let mut members = Vec::new();
        self.at += 1;
        while !self.passes(b'}') {
            self.passes(b',');
            self.next();
            let line = self.line;
            let key = self.string()?;
            self.passes(b':');
            members.push(Member { line, key, value: self.value(depth + 1)? });
        }
        Ok(members)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value<'t>>, NoJson> {
        let mut values = Vec::new();
        self.at += 1;
        while !self.passes(b']') {
            self.passes(b',');
            values.push(self.value(depth + 1)?);
        }
        Ok(values)
    }

    fn string(&mut self) -> Result<Cow<'t, str>, NoJson> {
        let from = self.at;
        let mut is_escaped = false;
        let mut rest = self.text.as_bytes()[from..].iter().enumerate().skip(1);
        let end = loop {
            match rest.next() {
                Some((at, b'"')) => break at,
                Some((_, b'\\')) => {
                    is_escaped = true;
                    rest.next();
                }
                Some(_) => {}
                None => {
                    return Err(NoJson { line: self.line, why: "no JSON: a text without an end".to_owned() });
                }
            }
        };
        self.at += end + 1;
        let literal = &self.text[from..self.at];
        if !is_escaped {
            return Ok(Cow::Borrowed(&literal[1..end]));
        }
        let text = serde_json::from_str(literal);
        text.map(Cow::Owned).map_err(|error| NoJson { line: self.line, why: format!("no JSON: {error}") })
    }

    /// A number, or the name of a value.
    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts with their lines, keys in brackets.
    fn lines(value: &Value<'_>, found: &mut Vec<String>) {
        match &value.kind {
            Kind::Text(text) => found.push(format!("{}:{text}", value.line)),
            Kind::List(values) => values.iter().for_each(|value| lines(value, found)),
            Kind::Object(members) => {
                for member in members {
                    found.push(format!("{}:[{}]", member.line, member.key));
                    lines(&member.value, found);
                }
            }
            other => found.push(format!("{}:{other:?}", value.line)),
        }
    }

    #[test]
    fn every_value_has_its_line() {
        let text = "{\"a\":\n[\"x\",\n\n\"x\",\"\\u0078\\\"\\\\\"],\n \"b\" :\n 1e3 , \"c\":{} }\n";
        let mut found = Vec::new();
        lines(&parse(text).unwrap(), &mut found);
        assert_eq!(found, ["1:[a]", "2:x", "4:x", "4:x\"\\", "5:[b]", "6:Number(\"1e3\")", "6:[c]"]);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, line) in [
            ("", 1),
            ("{\n", 2),
            ("[1,]", 1),
            ("[\n\"a\"\n\"b\"]", 3),
            ("{\"a\":1}\n x", 2),
            ("[\n\"a\tb\"]", 2),
            ("[\"\\ud800\"]", 1),
            ("[01]", 1),
            ("\u{feff}[]", 1),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {}", error.why);
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        for depth in [MAX_DEPTH + 1, 1_000_000] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(parse(&text).unwrap_err().why, "values too deep in each other");
        }
        let text = "{\"a\":".repeat(MAX_DEPTH) + "1" + &"}".repeat(MAX_DEPTH);
        assert!(parse(&text).is_ok());
    }
}
