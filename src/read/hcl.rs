//! The language of Terraform's configurations, as far as it states facts: attributes, blocks, literals, lists,
//! objects, references and calls. A tree with line numbers; what it means is for who asks.
//!
//! Deliberately not here: templates (`${…}`, `%{…}`), heredocs, operators, conditionals and `for`. They compute,
//! so a text that has one is refused as a whole.

mod scan;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use scan::{Scanner, Token};

use crate::text;

/// How deep blocks, lists and objects may stand in each other.
const MAX_DEPTH: u32 = 64;

/// What stands in a file, or between the braces of a block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Body<'t> {
    /// `name = value`, in their order, each name once.
    pub attributes: Vec<Attribute<'t>>,
    /// `kind "label" { … }`, in their order.
    pub blocks: Vec<Block<'t>>,
}

/// `name = value` in a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute<'t> {
    /// The name.
    pub name: &'t str,
    /// Its line, from 1.
    pub line: u32,
    /// The value.
    pub value: Value<'t>,
}

/// `kind "label" { … }`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block<'t> {
    /// The first word.
    pub kind: &'t str,
    /// The words and texts behind it.
    pub labels: Vec<Cow<'t, str>>,
    /// Its line, from 1.
    pub line: u32,
    /// What is between the braces.
    pub body: Body<'t>,
}

/// A value with the line on which it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value<'t> {
    /// The line, from 1.
    pub line: u32,
    /// What it is.
    pub expression: Expression<'t>,
}

/// What a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expression<'t> {
    /// `"text"`, its escapes resolved.
    Text(Cow<'t, str>),
    /// `443`, as written.
    Number(&'t str),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `[a, b]`.
    List(Vec<Value<'t>>),
    /// `{ key = value }`, in their order, each key once.
    Object(Vec<Field<'t>>),
    /// `a.b.c`, or one word alone, such as the name of a type.
    Reference(Vec<&'t str>),
    /// `name(a, b)`.
    Call(&'t str, Vec<Value<'t>>),
}

/// `key = value` in an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// Its line, from 1.
    pub line: u32,
    /// The value.
    pub value: Value<'t>,
}

/// Why a text is not read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct HclError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, in one line without a full stop.
    pub what: String,
}

impl<'t> Body<'t> {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong or that computes a value.
    pub fn parse(text: &'t str) -> Result<Self, HclError> {
        let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
        parser.body(&Token::End)
    }

    /// The attribute of a name.
    pub fn get(&self, name: &str) -> Option<&Value<'t>> {
        self.attributes.iter().find(|own| own.name == name).map(|own| &own.value)
    }
}

impl<'t> Value<'t> {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.expression {
            Expression::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The fields, if it is an object.
    pub fn as_object(&self) -> Option<&[Field<'t>]> {
        match &self.expression {
            Expression::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The values, if it is a list.
    pub fn as_list(&self) -> Option<&[Value<'t>]> {
        match &self.expression {
            Expression::List(values) => Some(values),
            _ => None,
        }
    }
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn error<T>(&self, what: impl Into<String>) -> Result<T, HclError> {
        Err(HclError { line: self.scanner.token_line(), what: what.into() })
    }

    fn next(&mut self) -> Result<Token<'t>, HclError> {
        self.scanner.next()
    }

    /// The next token, behind any ends of lines.
    fn next_inside(&mut self) -> Result<Token<'t>, HclError> {
        loop {
            match self.next()? {
                Token::Newline => {}
                token => return Ok(token),
            }
        }
    }

    fn enter(&mut self) -> Result<(), HclError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(format!("more than {MAX_DEPTH} levels"));
        }
        Ok(())
    }

    /// A body up to its end: a brace, or the end of the file.
    fn body(&mut self, end: &Token<'t>) -> Result<Body<'t>, HclError> {
        self.enter()?;
        let mut body = Body::default();
        loop {
            match self.next_inside()? {
                token if token == *end => break,
                Token::Word(name) => self.item(name, &mut body)?,
                other => return self.error(format!("{other} where an attribute or a block should be")),
            }
            match self.next()? {
                Token::Newline => {}
                token if token == *end => break,
                other => return self.error(format!("{other} where the line should end")),
            }
        }
        self.depth -= 1;
        check_unique(body.attributes.iter().map(|own| (own.name, own.line)))?;
        Ok(body)
    }

    /// An attribute or a block, by its first word.
    fn item(&mut self, name: &'t str, body: &mut Body<'t>) -> Result<(), HclError> {
        let line = self.scanner.token_line();
        let mut labels = Vec::new();
        loop {
            match self.next()? {
                Token::Sign('=') if labels.is_empty() => {
                    let value = self.value()?;
                    body.attributes.push(Attribute { name, line, value });
                    return Ok(());
                }
                Token::Word(label) => labels.push(Cow::Borrowed(label)),
                Token::Text(label) => labels.push(label),
                Token::Sign('{') => break,
                other => return self.error(format!("{other} behind `{name}`")),
            }
        }
        let inside = self.body(&Token::Sign('}'))?;
        body.blocks.push(Block { kind: name, labels, line, body: inside });
        Ok(())
    }

    fn value(&mut self) -> Result<Value<'t>, HclError> {
        let token = self.next()?;
        self.value_from(token)
    }

    fn value_from(&mut self, first: Token<'t>) -> Result<Value<'t>, HclError> {
        let line = self.scanner.token_line();
        let expression = match first {
            Token::Text(text) => Expression::Text(text),
            Token::Number(text) => Expression::Number(text),
            Token::Word("true") => Expression::Bool(true),
            Token::Word("false") => Expression::Bool(false),
            Token::Word("null") => Expression::Null,
            Token::Word(word) => self.reference(word)?,
            Token::Sign('[') => Expression::List(self.values(']')?),
            Token::Sign('{') => Expression::Object(self.fields()?),
            other => return self.error(format!("{other} where a value should be")),
        };
        Ok(Value { line, expression })
    }

    /// `a.b.c` or `name(…)`, by its first word.
    fn reference(&mut self, first: &'t str) -> Result<Expression<'t>, HclError> {
        if self.scanner.takes('(') {
            return Ok(Expression::Call(first, self.values(')')?));
        }
        let mut words = vec![first];
        while self.scanner.takes('.') {
            match self.next()? {
                Token::Word(word) => words.push(word),
                other => return self.error(format!("{other} behind a dot")),
            }
        }
        Ok(Expression::Reference(words))
    }

    /// Values with commas between, up to a bracket.
    fn values(&mut self, close: char) -> Result<Vec<Value<'t>>, HclError> {
        self.enter()?;
        let mut values = Vec::new();
        loop {
            match self.next_inside()? {
                Token::Sign(sign) if sign == close => break,
                token => values.push(self.value_from(token)?),
            }
            match self.next_inside()? {
                Token::Sign(',') => {}
                Token::Sign(sign) if sign == close => break,
                other => return self.error(format!("{other} where a comma should be")),
            }
        }
        self.depth -= 1;
        Ok(values)
    }

    /// The fields of an object, up to its brace.
    fn fields(&mut self) -> Result<Vec<Field<'t>>, HclError> {
        self.enter()?;
        let mut fields: Vec<Field<'t>> = Vec::new();
        loop {
            let key = match self.next_inside()? {
                Token::Sign('}') => break,
                Token::Word(word) => Cow::Borrowed(word),
                Token::Text(text) => text,
                other => return self.error(format!("{other} where a key should be")),
            };
            let line = self.scanner.token_line();
            match self.next()? {
                Token::Sign('=' | ':') => {}
                other => return self.error(format!("{other} behind the key `{}`", shown(&key))),
            }
            let value = self.value()?;
            fields.push(Field { key, line, value });
            match self.next()? {
                Token::Sign(',') | Token::Newline => {}
                Token::Sign('}') => break,
                other => return self.error(format!("{other} where the next key should be")),
            }
        }
        self.depth -= 1;
        check_unique(fields.iter().map(|own| (&*own.key, own.line)))?;
        Ok(fields)
    }
}

/// Names that stand only once, each with its line.
fn check_unique<'n>(names: impl Iterator<Item = (&'n str, u32)>) -> Result<(), HclError> {
    let mut seen = BTreeSet::new();
    for (name, line) in names {
        if !seen.insert(name) {
            return Err(HclError { line, what: format!("`{}` a second time", shown(name)) });
        }
    }
    Ok(())
}

/// The beginning of a text of the file, for a message.
fn shown(text: &str) -> String {
    text::shown(text, 40)
}
