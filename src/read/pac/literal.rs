//! Object and array literals as this program writes them, taken apart word by word.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Item, Place, Trouble, TroubleKind, trouble};
use crate::model::{DomainName, HostPattern, RequestPattern};

/// A statement from its value on.
pub(super) struct Literal<'t> {
    file: &'t Arc<str>,
    /// The line of what was read last.
    line: u32,
    rest: &'t str,
}

/// Texts under a key.
pub(super) struct ByKey<'t> {
    pub(super) key: &'t str,
    /// The line of the key.
    pub(super) line: u32,
    /// Each with its line.
    pub(super) texts: Vec<(u32, &'t str)>,
}

impl<'t> Literal<'t> {
    /// A value that begins on `line`.
    pub(super) fn new(file: &'t Arc<str>, line: u32, text: &'t str) -> Self {
        Self { file, line, rest: text }
    }

    /// Texts by keys, in braces: `{ ".com": ["a", "b"] }`. Of two with the same key an engine takes the second.
    pub(super) fn texts_by_key(&mut self) -> Result<Vec<ByKey<'t>>, Trouble> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        self.expect("{")?;
        while !self.takes("}") {
            if !all.is_empty() {
                self.expect(",")?;
            }
            let key = self.string()?;
            let line = self.line;
            if !seen.insert(key) {
                return Err(self.not(format!("`{key}` is there twice, and the first is lost")));
            }
            self.expect(":")?;
            all.push(ByKey { key, line, texts: self.texts()? });
        }
        Ok(all)
    }

    /// Texts in brackets with commas between them, each with its line. No comma at the end: there, engines do not
    /// agree.
    pub(super) fn texts(&mut self) -> Result<Vec<(u32, &'t str)>, Trouble> {
        let mut texts = Vec::new();
        self.expect("[")?;
        if self.takes("]") {
            return Ok(texts);
        }
        loop {
            let text = self.string()?;
            texts.push((self.line, text));
            if self.takes("]") {
                return Ok(texts);
            }
            self.expect(",")?;
        }
    }

    /// Goes past a key and the colon behind it.
    pub(super) fn key(&mut self, key: &str) -> Result<(), Trouble> {
        self.expect(key)?;
        self.expect(":")
    }

    /// A text in quotes.
    pub(super) fn string(&mut self) -> Result<&'t str, Trouble> {
        self.expect("\"")?;
        let end = self.rest.find(['"', '\\', '\n']).filter(|&end| self.rest[end..].starts_with('"'));
        let end = end.ok_or_else(|| self.not("a text without an end, or with an escape".to_owned()))?;
        let text = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    /// Goes past a word; the empty one is the end.
    pub(super) fn expect(&mut self, word: &str) -> Result<(), Trouble> {
        let there = self.peek();
        if word.is_empty() && !there.is_empty() || !self.takes(word) {
            let found: String = there.chars().take_while(|&own| own != '\n').take(40).collect();
            return Err(self.not(format!("`{found}` where `{word}` should be")));
        }
        Ok(())
    }

    /// Goes past a word if it is there.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        match self.peek().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Whether a word comes next.
    pub(super) fn is_at(&mut self, word: &str) -> bool {
        self.peek().starts_with(word)
    }

    /// What follows blanks and comments.
    fn peek(&mut self) -> &'t str {
        loop {
            let text = self.rest.trim_start();
            let blank = &self.rest[..self.rest.len() - text.len()];
            self.line += blank.bytes().filter(|&byte| byte == b'\n').count() as u32;
            self.rest = text;
            if !text.starts_with("//") {
                return text;
            }
            self.rest = &text[text.find('\n').unwrap_or(text.len())..];
        }
    }

    /// What is not as this program writes it.
    pub(super) fn not(&self, what: String) -> Trouble {
        trouble(self.file, self.line, TroubleKind::NotUnderstood, what)
    }
}

/// An entry that the program does not look up as a name.
pub(super) fn never(file: &Arc<str>, line: u32, text: &str) -> Trouble {
    trouble(file, line, TroubleKind::NeverMatches, format!("`{text}` is not looked up as a name"))
}

/// A name as browsers write it, as they look it up.
pub(super) fn name(file: &Arc<str>, line: u32, text: &str) -> Result<DomainName, Trouble> {
    match text.parse::<DomainName>() {
        Ok(canonical) if canonical.as_str() == text => Ok(canonical),
        _ => Err(never(file, line, text)),
    }
}

/// A name with stars: as many labels, of which a star is one or more octets, or any text that ends alike.
pub(super) fn glob(file: &Arc<str>, line: u32, text: &str) -> Result<HostPattern, Trouble> {
    match text.parse::<HostPattern>() {
        Ok(host @ (HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Descendants(_)))
            if host.to_string() == text =>
        {
            Ok(host)
        }
        _ => Err(never(file, line, text)),
    }
}

/// An entry.
pub(super) fn item(file: &Arc<str>, line: u32, host: HostPattern) -> Item {
    Item { pattern: RequestPattern::any_service(host), place: Place::new(file, line) }
}
