//! A table of names, in either of its two layouts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Item, Place, Trouble, TroubleKind, trouble};
use crate::model::{DomainName, HostPattern, RequestPattern};

/// What a list says of a name.
type Meaning = fn(DomainName) -> HostPattern;

/// The lists of names by their keys, in the order in which they stand.
const LISTS: [(&str, Meaning); 3] =
    [("exact", HostPattern::Exact), ("subtree", HostPattern::Subtree), ("below", HostPattern::Descendants)];

/// Reads a table from its opening brace on, which stands on `line`, to the end of the statement.
pub(super) fn table(file: &Arc<str>, line: u32, text: &str) -> Result<Vec<Item>, Trouble> {
    let mut reader = Reader { file, line, rest: text, items: Vec::new(), layouts: BTreeSet::new() };
    reader.table()?;
    Ok(reader.items)
}

/// How the names of a list stand there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Layout {
    /// Whole, in one array.
    Whole,
    /// Without their top-level label, by it.
    ByTop,
}

struct Reader<'t> {
    file: &'t Arc<str>,
    line: u32,
    rest: &'t str,
    items: Vec<Item>,
    layouts: BTreeSet<Layout>,
}

impl<'t> Reader<'t> {
    /// `{ exact: …, subtree: …, below: …, globs: […], byTop: …, ready: {} };`
    fn table(&mut self) -> Result<(), Trouble> {
        self.expect("{")?;
        for (key, meaning) in LISTS {
            self.key(key)?;
            self.names(meaning)?;
            self.expect(",")?;
        }
        self.key("globs")?;
        self.array(|reader, text| reader.glob(text))?;
        self.expect(",")?;
        self.key("byTop")?;
        let layout = if self.takes("true") {
            Layout::ByTop
        } else {
            self.expect("false")?;
            Layout::Whole
        };
        if self.layouts != BTreeSet::from([layout]) {
            return Err(self.not(format!("`byTop` says {layout:?}, and the names are not so")));
        }
        self.expect(",")?;
        self.key("ready")?;
        for end in ["{", "}", "}", ";", ""] {
            self.expect(end)?;
        }
        Ok(())
    }

    /// The names of one list.
    fn names(&mut self, meaning: Meaning) -> Result<(), Trouble> {
        if self.peek().starts_with('[') {
            self.layouts.insert(Layout::Whole);
            return self.array(|reader, text| reader.line_of_names(text, "", meaning));
        }
        self.layouts.insert(Layout::ByTop);
        let mut seen = BTreeSet::new();
        self.expect("{")?;
        while !self.takes("}") {
            if !seen.is_empty() {
                self.expect(",")?;
            }
            let top = self.string()?;
            // Looked up by the last dot of a name and what follows it.
            if !top.strip_prefix('.').is_some_and(|label| !label.is_empty() && !label.contains('.')) {
                return Err(self.not(format!("no name ends in the label `{top}`")));
            }
            if !seen.insert(top) {
                return Err(self.not(format!("`{top}` is there twice, and the first is lost")));
            }
            self.expect(":")?;
            self.array(|reader, text| reader.line_of_names(text, top, meaning))?;
        }
        Ok(())
    }

    /// Names with blanks between them, each without `top`.
    fn line_of_names(&mut self, text: &str, top: &str, meaning: Meaning) -> Result<(), Trouble> {
        for rest in text.split(' ') {
            // Under its top-level label, that label alone is empty.
            let name =
                if rest.is_empty() { top.trim_start_matches('.').to_owned() } else { format!("{rest}{top}") };
            if name.is_empty() {
                let what = "an empty name, below which every name is".to_owned();
                return Err(trouble(self.file, self.line, TroubleKind::Misleading, what));
            }
            match name.parse::<DomainName>() {
                // It is looked up as browsers write names.
                Ok(canonical) if canonical.as_str() == name => self.push(meaning(canonical)),
                _ => return Err(self.never(&name)),
            }
        }
        Ok(())
    }

    /// A name with stars: as many labels, of which a star is one or more octets, or any text that ends alike.
    fn glob(&mut self, text: &str) -> Result<(), Trouble> {
        match text.parse::<HostPattern>() {
            Ok(
                host @ (HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Descendants(_)),
            ) if host.to_string() == text => {
                self.push(host);
                Ok(())
            }
            _ => Err(self.never(text)),
        }
    }

    fn push(&mut self, host: HostPattern) {
        let place = Place::new(self.file, self.line);
        self.items.push(Item { pattern: RequestPattern::any_service(host), place });
    }

    /// Texts in brackets with commas between them. No comma at the end: there, engines do not agree.
    fn array(
        &mut self,
        mut each: impl FnMut(&mut Self, &'t str) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        self.expect("[")?;
        if self.takes("]") {
            return Ok(());
        }
        loop {
            let text = self.string()?;
            each(self, text)?;
            if self.takes("]") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn key(&mut self, key: &str) -> Result<(), Trouble> {
        self.expect(key)?;
        self.expect(":")
    }

    fn string(&mut self) -> Result<&'t str, Trouble> {
        self.expect("\"")?;
        let end = self.rest.find(['"', '\\', '\n']).filter(|&end| self.rest[end..].starts_with('"'));
        let end = end.ok_or_else(|| self.not("a text without an end, or with an escape".to_owned()))?;
        let text = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    /// Goes past a word; the empty one is the end.
    fn expect(&mut self, word: &str) -> Result<(), Trouble> {
        let there = self.peek();
        if word.is_empty() && !there.is_empty() || !self.takes(word) {
            let found: String = there.chars().take_while(|&own| own != '\n').take(40).collect();
            return Err(self.not(format!("`{found}` where `{word}` should be")));
        }
        Ok(())
    }

    fn takes(&mut self, word: &str) -> bool {
        match self.peek().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
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

    fn not(&self, what: String) -> Trouble {
        trouble(self.file, self.line, TroubleKind::NotUnderstood, what)
    }

    /// An entry that the program does not look up as a name.
    fn never(&self, text: &str) -> Trouble {
        trouble(
            self.file,
            self.line,
            TroubleKind::NeverMatches,
            format!("`{text}` is not looked up as a name"),
        )
    }
}
