//! Commands of the configuration mode: `set`, `delete` and `move`, one a line.
//!
//! Words are divided by blanks and may be quoted; `[ a b ]` are several values of one word; a line may say several
//! things of one entry. Lines that begin with `#` are refused by the command line and change nothing.

use std::borrow::Cow;

use super::schema::{ROOT, Shape, VSYS};
use super::tree::{NodeId, Spot, Tree};
use super::{VSYS_PATH, enter_path, shown};
use crate::read::TroubleKind;

/// Commands that begin or end the configuration mode.
const SILENT: &[&str] = &["configure", "commit", "exit", "quit"];

/// A word of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Word<'t> {
    text: Cow<'t, str>,
    quoted: bool,
}

impl Word<'_> {
    fn is(&self, sign: &str) -> bool {
        !self.quoted && self.text == sign
    }
}

/// What is wrong with a command.
type Wrong = (TroubleKind, String);

fn refused<T>(what: impl Into<String>) -> Result<T, Wrong> {
    Err((TroubleKind::Refused, what.into()))
}

fn not_understood<T>(what: impl Into<String>) -> Result<T, Wrong> {
    Err((TroubleKind::NotUnderstood, what.into()))
}

/// Whether a text begins like commands: the first line that is no comment does.
pub(super) fn is_commands(text: &str) -> bool {
    let says = |line: &&str| !line.is_empty() && !line.starts_with('#') && !is_of_terminal(line);
    let first = text.lines().map(str::trim).find(says);
    let word = first.and_then(|line| line.split_ascii_whitespace().next());
    let blank = first.is_some_and(|line| line.contains(' '));
    word.is_some_and(|word| {
        SILENT.contains(&word)
            || (blank && matches!(word, "set" | "delete" | "move" | "edit" | "rename" | "copy"))
    })
}

/// Whether a line is what a terminal shows around commands: a prompt, `[edit]`.
fn is_of_terminal(line: &str) -> bool {
    let is_prompt = line.split(['>', '#']).next().is_some_and(|start| {
        start.len() < line.len() && start.contains('@') && !start.contains([' ', '"', '\''])
    });
    is_prompt || line.starts_with("[edit") || line.starts_with("Entering configuration mode")
}

/// Carries the commands of a file out on the tree, which tells what is not understood.
pub(super) fn read<'t>(tree: &mut Tree<'t>, name: &str, text: &'t str) {
    let file = tree.file(name);
    let (mut rest, mut line) = (text, 1_u32);
    let mut words = Vec::new();
    while !rest.is_empty() {
        let spot = file.at(line);
        words.clear();
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let here = rest.trim_start_matches([' ', '\t']);
        let length = match here.starts_with('#') || is_of_terminal(here.lines().next().unwrap_or_default()) {
            true => Ok(end),
            false => split(rest, &mut words),
        };
        let length = length.unwrap_or_else(|(kind, what)| {
            tree.trouble(kind, spot, what);
            words.clear();
            end
        });
        if let Err((kind, what)) = command(tree, &words, spot) {
            tree.trouble(kind, spot, what);
        }
        let lines = rest.as_bytes()[..length].iter().filter(|&&octet| octet == b'\n').count();
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        rest = &rest[length..];
    }
}

/// The words of the first command, and how many octets it has. A quoted text may go over lines.
fn split<'t>(text: &'t str, words: &mut Vec<Word<'t>>) -> Result<usize, Wrong> {
    let octets = text.as_bytes();
    let mut at = 0;
    loop {
        match octets.get(at) {
            None => return Ok(at),
            Some(b'\n') => return Ok(at + 1),
            Some(octet) if octet.is_ascii_whitespace() => at += 1,
            Some(&quote @ (b'"' | b'\'')) => {
                let inside = &text[at + 1..];
                let Some(len) = inside.bytes().position(|octet| octet == quote) else {
                    return refused("a quote without an end");
                };
                let inside = &inside[..len];
                if inside.contains("\nset ") || inside.contains("\ndelete ") {
                    return refused("a quote without an end");
                }
                if inside.ends_with('\\') {
                    return not_understood("a backslash before a quote");
                }
                words.push(Word { text: Cow::Borrowed(inside), quoted: true });
                at += len + 2;
                if octets.get(at).is_some_and(|octet| !octet.is_ascii_whitespace()) {
                    return not_understood("a quote that ends inside a word");
                }
            }
            Some(_) => {
                let rest = &octets[at..];
                let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                words.push(Word { text: Cow::Borrowed(&text[at..at + len]), quoted: false });
                at += len;
            }
        }
    }
}

fn command<'t>(tree: &mut Tree<'t>, words: &[Word<'t>], spot: Spot) -> Result<(), Wrong> {
    let Some((verb, words)) = words.split_first() else { return Ok(()) };
    match &*verb.text {
        "set" => set(tree, words, spot),
        "delete" => delete(tree, words),
        "move" => reorder(tree, words),
        verb if SILENT.contains(&verb) && words.is_empty() => Ok(()),
        verb => not_understood(format!("the command `{}` is not understood", shown(verb))),
    }
}

/// Where a command begins: most say nothing of the virtual system that they are for.
fn base(words: &[Word<'_>]) -> Result<(&'static [&'static str], &'static Shape), Wrong> {
    let Some(first) = words.first() else { return refused("a command without words") };
    if VSYS.word(&first.text).is_some() {
        return Ok((&VSYS_PATH, &VSYS));
    }
    Ok((&[], &ROOT))
}

/// The values that stand next: one, or those in brackets. And how many words these are.
fn values<'w, 't>(words: &'w [Word<'t>]) -> Result<(&'w [Word<'t>], usize), Wrong> {
    match words.iter().position(|word| word.is("]")) {
        Some(end) if words[0].is("[") => Ok((&words[1..end], end + 1)),
        None if words[0].is("[") => refused("a bracket without an end"),
        _ => Ok((&words[..1], 1)),
    }
}

fn set<'t>(tree: &mut Tree<'t>, words: &[Word<'t>], spot: Spot) -> Result<(), Wrong> {
    let (path, shape) = base(words)?;
    let mut stack = vec![(enter_path(tree, path, spot), shape)];
    // Where the innermost entry is: a line says nothing of another one.
    let mut floor = 0;
    let mut at = 0;
    while let (Some(word), Some(&(node, shape))) = (words.get(at), stack.last()) {
        match shape {
            Shape::Branch(_) | Shape::Loose(_) => match shape.word(&word.text) {
                Some((_, Shape::Silent)) => return Ok(()),
                Some((_, below @ Shape::Through(_))) => {
                    stack.push((node, below));
                    at += 1;
                }
                Some((_, Shape::Aside)) => {
                    let Some(rest) = words.get(at + 1..).filter(|rest| !rest.is_empty()) else {
                        return refused("a word without its value");
                    };
                    at += 1 + values(rest)?.1;
                }
                Some((own, below)) => {
                    let child = tree.enter(node, own, spot);
                    if !matches!(below, Shape::Empty) {
                        stack.push((child, below));
                    }
                    at += 1;
                }
                None if matches!(shape, Shape::Loose(_)) => return Ok(()),
                None if stack.len() - 1 > floor => drop(stack.pop()),
                None => return not_understood(format!("`{}` is not understood here", shown(&word.text))),
            },
            Shape::Entries(below) | Shape::Through(below) => {
                let entry = match shape {
                    Shape::Through(_) => node,
                    _ => tree.enter_entry(node, word.text.clone(), spot),
                };
                if matches!(below, Shape::Silent) {
                    return Ok(());
                }
                stack.push((entry, below));
                floor = stack.len() - 1;
                at += 1;
            }
            Shape::Members => {
                let (values, count) = values(&words[at..])?;
                for value in values {
                    tree.add(node, value.text.clone(), spot);
                }
                stack.pop();
                at += count;
            }
            Shape::Value => {
                tree.set_value(node, word.text.clone(), spot);
                stack.pop();
                at += 1;
            }
            Shape::Empty | Shape::Aside | Shape::Silent => return Ok(()),
        }
    }
    match stack.last() {
        Some((_, Shape::Value | Shape::Members)) => refused("a word without its value"),
        _ => Ok(()),
    }
}

/// What a command without new words leads to.
enum Found<'w, 't> {
    /// A word, what it stands below, and the words behind it.
    Word { parent: NodeId, node: NodeId, rest: &'w [Word<'t>] },
    /// What decides nothing.
    Silent,
}

/// Goes as far as words lead, and no further than to an entry where `to_entry` says so.
fn find<'w, 't>(tree: &Tree<'t>, words: &'w [Word<'t>], to_entry: bool) -> Result<Found<'w, 't>, Wrong> {
    let missing = || (TroubleKind::Refused, "what is to be changed is not there".to_owned());
    let (path, mut shape) = base(words)?;
    let mut parent = Tree::ROOT;
    let mut node = tree.at(Tree::ROOT, path).ok_or_else(missing)?;
    for (at, word) in words.iter().enumerate() {
        let below = match shape {
            Shape::Branch(_) | Shape::Loose(_) => match shape.word(&word.text) {
                Some((_, Shape::Aside | Shape::Silent)) => return Ok(Found::Silent),
                Some((_, below @ Shape::Through(_))) => {
                    shape = below;
                    continue;
                }
                Some((own, below)) => {
                    (parent, node) = (node, tree.child(node, own).ok_or_else(missing)?);
                    below
                }
                None if matches!(shape, Shape::Loose(_)) => return Ok(Found::Silent),
                None => return not_understood(format!("`{}` is not understood here", shown(&word.text))),
            },
            Shape::Through(below) => below,
            Shape::Entries(below) => {
                (parent, node) = (node, tree.entry(node, &word.text).ok_or_else(missing)?);
                if to_entry && words[at + 1..].len() < 3 {
                    return Ok(Found::Word { parent, node, rest: &words[at + 1..] });
                }
                below
            }
            Shape::Aside | Shape::Silent => return Ok(Found::Silent),
            Shape::Members | Shape::Value | Shape::Empty => {
                return Ok(Found::Word { parent, node, rest: &words[at..] });
            }
        };
        shape = below;
    }
    Ok(Found::Word { parent, node, rest: &[] })
}

fn delete(tree: &mut Tree<'_>, words: &[Word<'_>]) -> Result<(), Wrong> {
    let Found::Word { parent, node, rest } = find(tree, words, false)? else { return Ok(()) };
    if rest.is_empty() {
        tree.remove(parent, node);
        return Ok(());
    }
    let (values, count) = values(rest)?;
    if count < rest.len() {
        return not_understood("more than one thing to delete");
    }
    for value in values {
        let own = tree.children(node).iter().copied().find(|&child| tree.word(child) == value.text);
        let Some(own) = own else { return refused("what is to be changed is not there") };
        tree.remove(node, own);
    }
    // A list whose last member is deleted is no longer there.
    if tree.children(node).is_empty() {
        tree.remove(parent, node);
    }
    Ok(())
}

/// `move … top`, `bottom`, `before NAME`, `after NAME`.
fn reorder(tree: &mut Tree<'_>, words: &[Word<'_>]) -> Result<(), Wrong> {
    let Found::Word { parent, node, rest } = find(tree, words, true)? else { return Ok(()) };
    let place = |name: &str| {
        let others = tree.children(parent).iter().filter(|&&other| other != node);
        let place = others.map(|&other| tree.word(other)).position(|word| word == name);
        place.ok_or((TroubleKind::Refused, format!("there is no `{}` to move to", shown(name))))
    };
    let rest: Vec<&str> = rest.iter().map(|word| &*word.text).collect();
    let to = match rest[..] {
        ["top"] => 0,
        ["bottom"] => usize::MAX,
        ["before", name] => place(name)?,
        ["after", name] => place(name)? + 1,
        _ => return not_understood("where to move is not understood"),
    };
    tree.reorder(parent, node, to);
    Ok(())
}
