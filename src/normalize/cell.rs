//! One endpoint cell to the endpoints that it writes.
//!
//! Cells hold one host, or several in lines, after commas or blanks, in code spans that run into one
//! another, or in prose. A host counts where it stands by itself; a host in a sentence, in a remark
//! in brackets or behind a link does not, since "see learn.microsoft.com" asks for nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::ports;
use super::written::{self, Fault, FaultKind, Written};

#[cfg(test)]
mod tests;

/// What an endpoint cell holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct CellContent {
    /// The endpoints, in order, without repeats.
    pub(super) endpoints: Vec<Written>,
    /// Endpoints that were written more than once, as the cell writes them.
    pub(super) repeated: Vec<Written>,
    /// What looks like an endpoint and is none.
    pub(super) faults: Vec<Fault>,
    /// Whether there is prose beside the endpoints, in which other hosts may stand.
    pub(super) prose: bool,
}

/// Reads one endpoint cell.
pub(super) fn read(text: &str) -> CellContent {
    let mut content = CellContent::default();
    for line in clean(text).split(['\n', '\r']) {
        read_line(items(line), &mut content);
    }
    without_repeats(&mut content);
    content
}

fn without_repeats(content: &mut CellContent) {
    let mut seen = BTreeSet::new();
    let (endpoints, repeated) =
        std::mem::take(&mut content.endpoints).into_iter().partition(|written| seen.insert(written.clone()));
    content.endpoints = endpoints;
    content.repeated = repeated;
}

/// Entities that pages leave in their tables.
const ENTITIES: [(&str, char); 4] = [("&nbsp;", ' '), ("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&')];

/// Characters that nobody sees or that a blank stands for, entities, and HTML line breaks.
fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = line_break(rest) {
            out.push('\n');
            rest = after;
            continue;
        }
        if let Some((after, meant)) =
            ENTITIES.iter().find_map(|(entity, meant)| Some((rest.strip_prefix(entity)?, *meant)))
        {
            out.push(meant);
            rest = after;
            continue;
        }
        match character {
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            _ => out.push(character),
        }
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(out)
}

/// What follows a `<br>`, `<br/>` or `<BR />` at the start of the text.
fn line_break(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('<')?;
    let (name, rest) = rest.split_at_checked(2)?;
    if !name.eq_ignore_ascii_case("br") {
        return None;
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.strip_prefix('/').unwrap_or(rest).strip_prefix('>')
}

/// Where a token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Origin {
    Plain,
    Code,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Item {
    /// A text without blanks.
    Token { text: String, origin: Origin, dot_behind: bool },
    /// What stands in round brackets.
    Remark(String),
    /// The address of a link: never an endpoint, but prose.
    Link,
}

/// Splits a line at blanks, commas, code spans, brackets and links.
fn items(line: &str) -> Vec<Item> {
    // A cell with one host and nothing else, which most are.
    if line
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'*' | b'-' | b'_' | b'/' | b':'))
    {
        let mut out = Vec::new();
        flush(&mut line.to_owned(), Origin::Plain, &mut out);
        return out;
    }
    let brackets = Brackets::of(line);
    let mut out = Vec::new();
    let mut token = String::new();
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = match character {
            '`' => {
                flush(&mut token, Origin::Plain, &mut out);
                code_span(rest, &mut out)
            }
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                token.push(char::from(after.as_bytes()[0]));
                &after[1..]
            }
            '(' | '（' if brackets.around(after).is_some() => {
                let (inner, behind) = brackets.around(after).unwrap_or((after, ""));
                flush(&mut token, Origin::Plain, &mut out);
                out.push(Item::Remark(inner.to_owned()));
                behind
            }
            '[' if link(after, &brackets).is_some() => {
                let (text, behind) = link(after, &brackets).unwrap_or((after, ""));
                flush(&mut token, Origin::Plain, &mut out);
                out.extend(items(text));
                out.push(Item::Link);
                behind
            }
            '<' => tag(after, &mut token, &mut out),
            '[' if footnote(after).is_some() => {
                flush(&mut token, Origin::Plain, &mut out);
                footnote(after).unwrap_or(after)
            }
            '[' if ipv6_literal(rest).is_some() => {
                let (literal, behind) = ipv6_literal(rest).unwrap_or((rest, ""));
                token.push_str(literal);
                behind
            }
            _ if separates(character) => {
                flush(&mut token, Origin::Plain, &mut out);
                after
            }
            '.' if token.is_empty() && after.starts_with(|c: char| c.is_alphanumeric()) => {
                token.push_str(joined_before(&line[..line.len() - rest.len()]));
                token.push('.');
                after
            }
            _ => {
                token.push(character);
                after
            }
        };
    }
    flush(&mut token, Origin::Plain, &mut out);
    out
}

/// What is written before a dot without a blank between: the `(id)` of `(id).example.com`, which is no
/// name and everything below, but one name below that the cell does not say.
fn joined_before(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_whitespace() || separates_list(*c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    &text[start..]
}

/// What follows a footnote mark whose `[` was read: `1]`, `^12]`. `80]` is a port.
fn footnote(text: &str) -> Option<&str> {
    let (mark, behind) = near(text).split_once(']').map(|(mark, _)| (mark, &text[mark.len() + 1..]))?;
    let number = mark.strip_prefix('^').unwrap_or(mark);
    let is_mark = (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_mark && mark != "80" && !behind.starts_with('(')).then_some(behind)
}

/// How far a closing mark may be from its opening mark, in bytes; so that a cell of a million brackets
/// takes linear time.
const NEAR: usize = 4096;

fn near(text: &str) -> &str {
    let mut end = text.len().min(NEAR);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Marks between the items of a list.
fn separates_list(character: char) -> bool {
    matches!(character, ',' | ';' | '、' | '，' | '；' | '|' | '•' | '·')
}

fn separates(character: char) -> bool {
    character.is_whitespace()
        || separates_list(character)
        || matches!(character, '"' | '“' | '”' | '「' | '」' | ')' | '）' | '(' | '（' | '>' | '[' | ']')
}

/// Ends a token: quotes and sentence marks at its ends are no part of it.
fn flush(token: &mut String, origin: Origin, out: &mut Vec<Item>) {
    let text = std::mem::take(token);
    let text = text.trim_matches(['\'', '"', '‘', '’', '“', '”', '«', '»', '{', '}']);
    // IDNA would read a raised figure as a figure of the name: `example.com¹` is not `example.com1`.
    let text = text.trim_end_matches(is_raised);
    let text = without_emphasis(text);
    let ends_open = text.ends_with("://");
    let bare = if ends_open { text } else { text.trim_end_matches(['.', ':', '!', '。', '：']) };
    let dot_behind = text.len() > bare.len() && text[bare.len()..].contains('.');
    // `*.` is kept whole: it is half of a host that a blank broke.
    let bare = if bare == "*" { text } else { bare };
    if bare.chars().any(|c| c.is_alphanumeric() || c == '*') {
        out.push(Item::Token { text: bare.to_owned(), origin, dot_behind });
    }
}

/// Marks of footnotes.
fn is_raised(character: char) -> bool {
    matches!(character, '¹' | '²' | '³' | '\u{2070}'..='\u{2079}' | '†' | '‡')
}

/// The text between Markdown's marks of emphasis.
fn without_emphasis(text: &str) -> &str {
    ["**", "__", "_"].iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark)).unwrap_or(text)
}

/// Reads a code span that begins at the first character; an opening mark without a closing one is
/// skipped. Spans that run into one another share a run of marks: `` `a``b` ``.
fn code_span<'t>(text: &'t str, out: &mut Vec<Item>) -> &'t str {
    let inner = text.trim_start_matches('`');
    let marks = text.len() - inner.len();
    if marks > 1 {
        // Either a span with a longer mark, or empty spans; both hold plain tokens.
        return match near(inner).find(&text[..marks]) {
            Some(end) => {
                code_tokens(&inner[..end], out);
                &inner[end + marks..]
            }
            None => inner,
        };
    }
    match near(inner).find('`') {
        Some(end) => {
            code_tokens(&inner[..end], out);
            &inner[end + 1..]
        }
        None => inner,
    }
}

fn code_tokens(code: &str, out: &mut Vec<Item>) {
    // Brackets stay: `<id>.example.com` in a code span is one text.
    for part in code.split(|c: char| c.is_whitespace() || separates_list(c)) {
        flush(&mut part.to_owned(), Origin::Code, out);
    }
}

/// The round brackets of a line that close, found in one pass: a line of a million open brackets must
/// not be searched a million times.
struct Brackets<'t> {
    line: &'t str,
    /// Byte behind the opening bracket to the byte of the closing one.
    pairs: BTreeMap<usize, usize>,
}

impl<'t> Brackets<'t> {
    fn of(line: &'t str) -> Self {
        let mut open = Vec::new();
        let mut pairs = BTreeMap::new();
        for (at, character) in line.char_indices() {
            match character {
                '(' | '（' => open.push(at + character.len_utf8()),
                ')' | '）' => pairs.extend(open.pop().map(|start| (start, at))),
                _ => {}
            }
        }
        Self { line, pairs }
    }

    /// What stands in the brackets whose opening one was just read, and what follows them. `after` is
    /// the rest of the line.
    fn around(&self, after: &'t str) -> Option<(&'t str, &'t str)> {
        let start = self.line.len() - after.len();
        let end = *self.pairs.get(&start)?;
        let closing = self.line[end..].chars().next().map_or(0, char::len_utf8);
        Some((&self.line[start..end], &self.line[end + closing..]))
    }
}

/// The text of a Markdown link whose `[` was read, and what follows the link.
fn link<'t>(text: &'t str, brackets: &Brackets<'t>) -> Option<(&'t str, &'t str)> {
    let close = near(text).find(']')?;
    let (_, behind) = brackets.around(text[close + 1..].strip_prefix('(')?)?;
    Some((&text[..close], behind))
}

/// HTML tags that pages leave in their tables, by what they do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Html {
    /// Words end there.
    Parts,
    /// A word may go on behind it.
    Joins,
    /// What stands between it and its end is a footnote.
    Raises,
}

fn html(name: &str) -> Option<Html> {
    match name {
        "wbr" => Some(Html::Joins),
        "sup" | "sub" => Some(Html::Raises),
        "a" | "b" | "big" | "br" | "center" | "code" | "dd" | "del" | "div" | "dl" | "dt" | "em" | "font"
        | "hr" | "i" | "img" | "ins" | "kbd" | "li" | "mark" | "nobr" | "ol" | "p" | "pre" | "q" | "s"
        | "small" | "span" | "strike" | "strong" | "table" | "tbody" | "td" | "th" | "thead" | "tr"
        | "tt" | "u" | "ul" | "var" => Some(Html::Parts),
        _ => None,
    }
}

/// Reads what follows a `<`: `<https://…>` is an endpoint, `<b>` and `</code>` are tags that add nothing,
/// and `<tenant>` is a part of the name that the reader is to fill in, which stays in the token.
fn tag<'t>(text: &'t str, token: &mut String, out: &mut Vec<Item>) -> &'t str {
    let end = match near(text).find(['<', '>']) {
        Some(end) if text[end..].starts_with('>') => end,
        _ => {
            flush(token, Origin::Plain, out);
            return text;
        }
    };
    let (inner, behind) = (&text[..end], &text[end + 1..]);
    let name = inner.trim_matches('/').split(char::is_whitespace).next().unwrap_or_default();
    match html(&name.to_ascii_lowercase()) {
        Some(Html::Joins) => behind,
        Some(Html::Raises) => {
            flush(token, Origin::Plain, out);
            let closing = format!("</{name}>");
            match near(behind).find(&closing) {
                Some(at) if !inner.starts_with('/') => {
                    out.push(Item::Remark(behind[..at].to_owned()));
                    &behind[at + closing.len()..]
                }
                _ => behind,
            }
        }
        Some(Html::Parts) => {
            flush(token, Origin::Plain, out);
            if written::has_scheme(inner) {
                out.push(Item::Link);
            }
            behind
        }
        None if !inner.contains(char::is_whitespace) && written::looks_like_endpoint(inner) => {
            flush(token, Origin::Plain, out);
            flush(&mut inner.to_owned(), Origin::Plain, out);
            behind
        }
        None if !name.starts_with(|c: char| c.is_alphanumeric()) => {
            flush(token, Origin::Plain, out);
            text
        }
        None => {
            token.push('<');
            token.push_str(inner);
            token.push('>');
            behind
        }
    }
}

/// `[2001:db8::1]` at the start of the text, and what follows it. An address has at most 45 characters.
fn ipv6_literal(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(48).position(|byte| byte == b']')?;
    text[1..end].parse::<std::net::Ipv6Addr>().ok()?;
    Some(text.split_at(end + 1))
}

/// Words that only join hosts.
fn joins(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "and" | "or" | "および" | "及び" | "または" | "plus")
}

fn read_line(items: Vec<Item>, content: &mut CellContent) {
    let items = alone_in_brackets(items);
    let items = take_out_broken(items, content);
    let prose = items.iter().any(is_word);
    content.prose |= prose || items.iter().any(|item| matches!(item, Item::Remark(_) | Item::Link));
    let mut after_port_word = false;
    for item in items {
        let (text, origin) = match item {
            Item::Remark(remark) => {
                add_ports(content, ports::hint(&remark));
                continue;
            }
            Item::Link => continue,
            Item::Token { text, origin, .. } => (text, origin),
        };
        if is_port_word(&text) {
            after_port_word = true;
            continue;
        }
        if let Some(port) = port_number(&text) {
            if after_port_word || (!prose && port.low >= LOWEST_BARE_PORT) {
                add_ports(content, vec![port]);
            }
            continue;
        }
        after_port_word = false;
        let endpoint_like = written::looks_like_endpoint(&text);
        // In prose, a star alone is a footnote mark.
        let counts = if prose {
            endpoint_like && (text.contains('*') || origin == Origin::Code || written::has_scheme(&text))
        } else {
            endpoint_like || written::is_stars(&text)
        };
        if !counts || (prose && is_documentation(&text)) {
            continue;
        }
        match written::parse(&text) {
            Ok(written) => content.endpoints.push(written),
            Err(fault) => content.faults.push(fault),
        }
    }
}

fn is_documentation(text: &str) -> bool {
    written::parse(text).is_ok_and(|written| super::comments::is_documentation(&written.host))
}

/// A remark that is the whole line is no remark: `(a.example.com)`.
fn alone_in_brackets(line: Vec<Item>) -> Vec<Item> {
    match &line[..] {
        [Item::Remark(inner)] if written::looks_like_endpoint(inner.trim()) => items(inner.trim()),
        _ => line,
    }
}

/// A word of prose: what is neither an endpoint, a port nor a word that joins.
fn is_word(item: &Item) -> bool {
    match item {
        Item::Remark(_) | Item::Link => false,
        Item::Token { text, .. } => {
            !(written::looks_like_endpoint(text)
                || written::is_stars(text)
                || port_number(text).is_some()
                || is_port_word(text)
                || joins(text))
        }
    }
}

fn is_port_word(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "port" | "ports" | "ポート" | "tcp")
}

fn port_number(text: &str) -> Option<ports::PortRange> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&port| port > 0).map(ports::PortRange::one)
}

/// The lowest number that counts as a port without the word: lower ones are marks of footnotes.
const LOWEST_BARE_PORT: u16 = 20;

/// Ports behind a host belong to it, beside those of the port column.
fn add_ports(content: &mut CellContent, ports: Vec<ports::PortRange>) {
    if let Some(last) = content.endpoints.last_mut() {
        last.added.extend(ports);
    }
}

/// Takes out hosts that a blank broke (`*. ods.example.com`, `*.Azure automation.us`), as faults.
///
/// They are not mended: the half without the star is another host, and a guess opens a network.
fn take_out_broken(items: Vec<Item>, content: &mut CellContent) -> Vec<Item> {
    let pair = items.len() == 2;
    let mut out = Vec::with_capacity(items.len());
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let Item::Token { text: first, origin: Origin::Plain, dot_behind } = &item else {
            out.push(item);
            continue;
        };
        let second = match items.peek() {
            Some(Item::Token { text, origin: Origin::Plain, .. }) => text.clone(),
            _ => {
                out.push(item);
                continue;
            }
        };
        let Some(probably) = broken(first, *dot_behind, &second, pair) else {
            out.push(item);
            continue;
        };
        content.faults.push(Fault {
            text: format!("{first} {second}"),
            kind: FaultKind::Blank { probably: Some(probably) },
        });
        items.next();
    }
    out
}

/// What two texts were before a blank broke them, if one did.
///
/// `pair`: the two are the whole line, so that `e.g. the` in a sentence is none.
fn broken(first: &str, dot_behind: bool, second: &str, pair: bool) -> Option<String> {
    let plain_host = || !second.contains('*') && !written::has_scheme(second);
    let host = || written::looks_like_endpoint(second) && plain_host();
    match first {
        "*." if plain_host() => Some(format!("*.{second}")),
        "*" if host() => Some(format!("*.{}", second.trim_start_matches('.'))),
        _ if first.ends_with("://") => host().then(|| format!("{first}{second}")),
        _ if written::is_star_over_one_label(first) && host() => {
            Some(format!("{}-{second}", first.to_lowercase()))
        }
        // `*.azure-automation. us`
        _ if dot_behind && pair && written::looks_like_endpoint(first) && is_short_label(second) => {
            Some(format!("{first}.{second}"))
        }
        _ => None,
    }
}

fn is_short_label(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
