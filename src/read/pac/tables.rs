//! The lists of the plain form, in either of two layouts: whole names, or names by their top-level label, which earlier
//! versions wrote.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::literal::{ByKey, Literal, glob, item, name};
use super::{Item, Trouble, TroubleKind, trouble};
use crate::model::{DomainName, HostPattern};

/// What a list says of a name.
type Meaning = fn(DomainName) -> HostPattern;

/// The lists of names by their keys, in the order in which they stand.
const LISTS: [(&str, Meaning); 3] =
    [("exact", HostPattern::Exact), ("subtree", HostPattern::Subtree), ("below", HostPattern::Descendants)];

/// Reads a table from its opening brace on, which stands on `line`, to the end of the statement.
pub(super) fn table(file: &Arc<str>, line: u32, text: &str) -> Result<Vec<Item>, Trouble> {
    let mut reader =
        Reader { file, literal: Literal::new(file, line, text), items: Vec::new(), layouts: BTreeSet::new() };
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
    literal: Literal<'t>,
    items: Vec<Item>,
    layouts: BTreeSet<Layout>,
}

impl Reader<'_> {
    /// `{ exact: …, subtree: …, below: …, globs: […], byTop: …, ready: {} };`
    fn table(&mut self) -> Result<(), Trouble> {
        self.literal.expect("{")?;
        for (key, meaning) in LISTS {
            self.literal.key(key)?;
            self.names(meaning)?;
            self.literal.expect(",")?;
        }
        self.literal.key("globs")?;
        for (line, text) in self.literal.texts()? {
            self.items.push(item(self.file, line, glob(self.file, line, text)?));
        }
        self.literal.expect(",")?;
        self.literal.key("byTop")?;
        let layout = if self.literal.takes("true") {
            Layout::ByTop
        } else {
            self.literal.expect("false")?;
            Layout::Whole
        };
        if self.layouts != BTreeSet::from([layout]) {
            return Err(self.literal.not(format!("`byTop` says {layout:?}, and the names are not so")));
        }
        self.literal.expect(",")?;
        self.literal.key("ready")?;
        for end in ["{", "}", "}", ";", ""] {
            self.literal.expect(end)?;
        }
        Ok(())
    }

    /// The names of one list.
    fn names(&mut self, meaning: Meaning) -> Result<(), Trouble> {
        if self.literal.is_at("[") {
            self.layouts.insert(Layout::Whole);
            let lines = self.literal.texts()?;
            return lines
                .into_iter()
                .try_for_each(|(line, text)| self.line_of_names(line, text, "", meaning));
        }
        self.layouts.insert(Layout::ByTop);
        for ByKey { key: top, line, texts } in self.literal.texts_by_key()? {
            // Looked up by the last dot of a name and what follows it.
            if !top.strip_prefix('.').is_some_and(|label| !label.is_empty() && !label.contains('.')) {
                let what = format!("no name ends in the label `{top}`");
                return Err(trouble(self.file, line, TroubleKind::NotUnderstood, what));
            }
            texts.into_iter().try_for_each(|(line, text)| self.line_of_names(line, text, top, meaning))?;
        }
        Ok(())
    }

    /// Names with blanks between them, each without `top`.
    fn line_of_names(&mut self, line: u32, text: &str, top: &str, meaning: Meaning) -> Result<(), Trouble> {
        for rest in text.split(' ') {
            // Under its top-level label, that label alone is empty.
            let text =
                if rest.is_empty() { top.trim_start_matches('.').to_owned() } else { format!("{rest}{top}") };
            if text.is_empty() {
                let what = "an empty name, below which every name is".to_owned();
                return Err(trouble(self.file, line, TroubleKind::Misleading, what));
            }
            self.items.push(item(self.file, line, meaning(name(self.file, line, &text)?)));
        }
        Ok(())
    }
}
