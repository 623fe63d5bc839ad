//! The lists of the packed form, by the rules of its program.
//!
//! The program begins at the end that is a name's last label (`.com`), else at `""`. There it takes the last line that
//! does not begin with a later label than the one before the end, and looks that label up: what is listed for it decides,
//! else the names below it on the same line; or, where `:` stands before the label, it goes on at the end that is this
//! label longer. So an entry counts only where that search comes to it; any other is an error here, since it would
//! say what the program does not do.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::literal::{ByKey, Literal, glob, item, name};
use super::{Item, Trouble, TroubleKind, trouble};
use crate::model::{DomainName, HostPattern};

/// Octets that begin a name and say how it is meant.
const MARKS: [char; 4] = [' ', '=', '*', LONGER_END];
/// Says of a label that what is below it has a longer end.
const LONGER_END: char = ':';

/// Reads a list from its opening brace on, which stands on `line`, to the end of the statement.
pub(super) fn list(file: &Arc<str>, line: u32, text: &str) -> Result<Vec<Item>, Trouble> {
    let mut literal = Literal::new(file, line, text);
    literal.expect("{")?;
    literal.key("zones")?;
    let zones = literal.texts_by_key()?;
    literal.expect(",")?;
    literal.key("globs")?;
    let globs = literal.texts_by_key()?;
    for end in ["}", ";", ""] {
        literal.expect(end)?;
    }

    let ends: BTreeSet<&str> = zones.iter().map(|zone| zone.key).collect();
    if !ends.contains("") {
        let what = "there is no end `\"\"`, at which the program begins".to_owned();
        return Err(trouble(file, line, TroubleKind::NotUnderstood, what));
    }
    let mut items = Vec::new();
    let mut come_to = BTreeSet::new();
    for zone in &zones {
        check_end(file, zone, &ends)?;
        Zone { file, end: zone.key, ends: &ends }.read(&zone.texts, &mut items, &mut come_to)?;
    }
    // By `""` and the last label the program comes without being led.
    let is_led_to = |end: &str| end.matches('.').count() > 1;
    if let Some(zone) = zones.iter().find(|zone| is_led_to(zone.key) && !come_to.contains(zone.key)) {
        let what = format!("nothing leads to `{}`", zone.key);
        return Err(trouble(file, zone.line, TroubleKind::NeverMatches, what));
    }
    for ByKey { key, line, texts } in globs {
        if !key.strip_prefix('.').is_some_and(|label| !label.is_empty() && !label.contains('.')) {
            let what = format!("no name ends in the label `{key}`");
            return Err(trouble(file, line, TroubleKind::NotUnderstood, what));
        }
        for (line, text) in texts {
            items.push(item(file, line, glob(file, line, &format!("{text}{key}"))?));
        }
    }
    Ok(items)
}

/// An end is nothing, or a dot and a name. What is below a top-level label without an end stands at `""`.
fn check_end(file: &Arc<str>, zone: &ByKey<'_>, ends: &BTreeSet<&str>) -> Result<(), Trouble> {
    if zone.key.is_empty() {
        return Ok(());
    }
    let Some(own) = zone.key.strip_prefix('.') else {
        let what = format!("no end begins as `{}` does", zone.key);
        return Err(trouble(file, zone.line, TroubleKind::NotUnderstood, what));
    };
    name(file, zone.line, own)?;
    let shorter = own.find('.').map(|dot| &own[dot..]);
    match shorter.filter(|shorter| !ends.contains(shorter)) {
        Some(shorter) => {
            let what = format!("`{}` is not come to, since there is no `{shorter}`", zone.key);
            Err(trouble(file, zone.line, TroubleKind::NeverMatches, what))
        }
        None => Ok(()),
    }
}

/// An end whose lines are read.
struct Zone<'t> {
    file: &'t Arc<str>,
    end: &'t str,
    ends: &'t BTreeSet<&'t str>,
}

/// The last label of what stands before an end.
fn label(rest: &str) -> &str {
    rest.rsplit_once('.').map_or(rest, |(_, label)| label)
}

impl Zone<'_> {
    /// Adds the entries to `items`, and the ends to which these lines lead to `come_to`.
    fn read(
        &self,
        lines: &[(u32, &str)],
        items: &mut Vec<Item>,
        come_to: &mut BTreeSet<String>,
    ) -> Result<(), Trouble> {
        let entries = lines.iter().map(|&(line, text)| Ok((line, self.entries(line, text)?)));
        let entries = entries.collect::<Result<Vec<_>, Trouble>>()?;
        let firsts: Vec<&str> = entries.iter().map(|(_, entries)| label(entries[0].1)).collect();
        for (at, (line, entries)) in entries.iter().enumerate() {
            for &(mark, rest) in entries {
                let own = label(rest);
                // Nothing stands before the first line, so that the program does not look where it begins.
                if at > 0 && own < firsts[at] || firsts.get(at + 1).is_some_and(|next| own >= *next) {
                    let what = format!("`{rest}{}` is not looked up on this line", self.end);
                    return Err(trouble(self.file, *line, TroubleKind::NeverMatches, what));
                }
                if mark == LONGER_END {
                    come_to.insert(self.longer_end(*line, rest)?);
                } else {
                    items.push(item(self.file, *line, self.host(*line, mark, rest)?));
                }
            }
        }
        Ok(())
    }

    /// The entries of a line: a mark and what stands before the end. Never none.
    fn entries<'l>(&self, line: u32, text: &'l str) -> Result<Vec<(char, &'l str)>, Trouble> {
        let not = |what: String| trouble(self.file, line, TroubleKind::NotUnderstood, what);
        let mut entries = Vec::new();
        let mut left = text;
        loop {
            let mark = left.chars().next().filter(|mark| MARKS.contains(mark));
            let mark = mark.ok_or_else(|| not("a line that does not begin as a name does".to_owned()))?;
            let own = &left[mark.len_utf8()..];
            let (rest, behind) = own.split_at(own.find(MARKS).unwrap_or(own.len()));
            if rest.is_empty() {
                return Err(not("a mark without a name".to_owned()));
            }
            entries.push((mark, rest));
            if behind.is_empty() {
                return Ok(entries);
            }
            left = behind;
        }
    }

    /// The end to which a label leads.
    fn longer_end(&self, line: u32, label: &str) -> Result<String, Trouble> {
        let end = format!(".{label}{}", self.end);
        if !label.contains('.') && !self.end.is_empty() && self.ends.contains(&*end) {
            return Ok(end);
        }
        let what = format!("`{LONGER_END}{label}` leads to `{end}`, to which the program does not come");
        Err(trouble(self.file, line, TroubleKind::NotUnderstood, what))
    }

    fn host(&self, line: u32, mark: char, rest: &str) -> Result<HostPattern, Trouble> {
        let full = format!("{rest}{}", self.end);
        let own = label(rest);
        let name: DomainName = name(self.file, line, &full)?;
        // What is below a longer end is asked for there alone, and what holds for everything below ends the search.
        let has_longer_end = self.ends.contains(&*format!(".{own}{}", self.end));
        if has_longer_end && (own != rest || mark != '=') {
            let what = format!("`{full}` cannot stand here, since there is `.{own}{}`", self.end);
            return Err(trouble(self.file, line, TroubleKind::NeverMatches, what));
        }
        Ok(match mark {
            '=' => HostPattern::Exact(name),
            '*' => HostPattern::Descendants(name),
            _ => HostPattern::Subtree(name),
        })
    }
}
