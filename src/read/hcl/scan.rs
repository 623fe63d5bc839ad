//! Texts to tokens.

use std::borrow::Cow;
use std::fmt;

use super::{HclError, shown};

/// A piece of the language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'t> {
    /// A name: letters, digits, `_` and `-`.
    Word(&'t str),
    /// A text in quotes, its escapes resolved.
    Text(Cow<'t, str>),
    Number(&'t str),
    /// `=`, `:`, `,`, `.` and brackets.
    Sign(char),
    Newline,
    /// The end of the file.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) | Self::Number(word) => write!(f, "`{}`", shown(word)),
            Self::Text(_) => f.write_str("a text"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::Newline => f.write_str("the end of a line"),
            Self::End => f.write_str("the end of the file"),
        }
    }
}

pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// The line of the last token: one less behind its newline.
    token_line: u32,
}

fn is_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-')
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, token_line: 1 }
    }

    /// The line of the last token.
    pub(super) fn token_line(&self) -> u32 {
        self.token_line
    }

    /// Whether a sign follows without a blank, which is then passed.
    pub(super) fn takes(&mut self, sign: char) -> bool {
        let follows = self.rest().starts_with(sign);
        if follows {
            self.at += sign.len_utf8();
        }
        follows
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T, HclError> {
        Err(HclError { line: self.token_line, what: what.into() })
    }

    /// The next token. Comments are none.
    pub(super) fn next(&mut self) -> Result<Token<'t>, HclError> {
        loop {
            self.token_line = self.line;
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return Ok(Token::End) };
            match first {
                ' ' | '\t' | '\r' => self.at += 1,
                '\n' => {
                    self.at += 1;
                    self.line += 1;
                    return Ok(Token::Newline);
                }
                '#' => self.line_comment(),
                '/' if rest.starts_with("//") => self.line_comment(),
                '/' if rest.starts_with("/*") => {
                    let Some(end) = rest.find("*/") else { return self.error("a comment without an end") };
                    let lines = rest[..end].bytes().filter(|&octet| octet == b'\n').count();
                    self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
                    self.at += end + 2;
                }
                '"' => {
                    self.at += 1;
                    return self.quoted().map(Token::Text);
                }
                '=' | ':' | ',' | '.' | '[' | ']' | '{' | '}' | '(' | ')'
                    if !["==", "=>", "...", "::"].iter().any(|sign| rest.starts_with(sign)) =>
                {
                    self.at += 1;
                    return Ok(Token::Sign(first));
                }
                '0'..='9' => {
                    let len = rest.bytes().take_while(|&octet| is_word(octet) || octet == b'.').count();
                    let text = &rest[..len];
                    if !text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.') {
                        return self.error(format!("`{}` is no number that is understood", shown(text)));
                    }
                    self.at += len;
                    return Ok(Token::Number(text));
                }
                'a'..='z' | 'A'..='Z' | '_' => {
                    let len = rest.bytes().take_while(|&octet| is_word(octet)).count();
                    self.at += len;
                    return Ok(Token::Word(&rest[..len]));
                }
                '<' if rest.starts_with("<<") => return self.error("a heredoc is not understood"),
                other => return self.error(format!("`{}` is not understood", other.escape_debug())),
            }
        }
    }

    fn line_comment(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    /// A text up to its quote.
    fn quoted(&mut self) -> Result<Cow<'t, str>, HclError> {
        let rest = self.rest();
        let plain =
            rest.bytes().take_while(|octet| !matches!(octet, b'"' | b'\\' | b'$' | b'%' | b'\n')).count();
        if rest[plain..].starts_with('"') {
            self.at += plain + 1;
            return Ok(Cow::Borrowed(&rest[..plain]));
        }
        let mut text = String::from(&rest[..plain]);
        self.at += plain;
        loop {
            let rest = self.rest();
            // What stands for itself before a brace stands there twice.
            if let Some(sign) = ["$", "%"].into_iter().find(|sign| rest.starts_with(sign)) {
                if rest[1..].starts_with(sign) && rest[2..].starts_with('{') {
                    text.push_str(sign);
                    text.push('{');
                    self.at += 3;
                    continue;
                }
                if rest[1..].starts_with('{') {
                    return self.error("a template is not understood");
                }
            }
            let Some(first) = rest.chars().next() else { return self.error("a text without an end") };
            self.at += first.len_utf8();
            match first {
                '"' => return Ok(Cow::Owned(text)),
                '\n' => return self.error("a text that goes over a line"),
                '\\' => text.push(self.escape()?),
                other => text.push(other),
            }
        }
    }

    /// What a backslash and what follows it stand for.
    fn escape(&mut self) -> Result<char, HclError> {
        let rest = self.rest();
        let digits = match rest.chars().next() {
            Some('n') => return self.plain_escape('\n'),
            Some('r') => return self.plain_escape('\r'),
            Some('t') => return self.plain_escape('\t'),
            Some(same @ ('"' | '\\')) => return self.plain_escape(same),
            Some('u') => 4,
            Some('U') => 8,
            _ => return self.error("an escape that is not known"),
        };
        let character = rest
            .get(1..=digits)
            .filter(|text| text.bytes().all(|octet| octet.is_ascii_hexdigit()))
            .and_then(|text| u32::from_str_radix(text, 16).ok())
            .and_then(char::from_u32);
        let Some(character) = character else { return self.error("an escape of no character") };
        self.at += 1 + digits;
        Ok(character)
    }

    fn plain_escape(&mut self, character: char) -> Result<char, HclError> {
        self.at += 1;
        Ok(character)
    }
}
