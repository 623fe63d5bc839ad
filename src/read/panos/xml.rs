//! Configuration XML: a whole configuration, a part of one, or the answer of the API that holds it.
//!
//! A document type is refused, and so are entities but XML's own: what one stands for would have to be fetched,
//! or grows without bound.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::schema::{ROOT, SHARED, Shape, VSYS};
use super::tree::{NodeId, Spot, Tree};
use super::{VSYS_PATH, enter_path, shown};
use crate::read::TroubleKind;

/// How deep elements may nest. Those of configurations nest about twenty deep.
const MAX_DEPTH: usize = 128;

/// Where an element stands whose content is being read.
enum Frame<'t> {
    /// An element of which something is known.
    Inside { node: NodeId, shape: &'static Shape },
    /// A text, which is added to a word.
    Text { node: NodeId, member: bool, text: Cow<'t, str>, spot: Spot },
    /// An element around a configuration.
    Wrapper,
    /// What decides nothing, or was told.
    Skipped,
}

struct Source<'s, 't> {
    tree: &'s mut Tree<'t>,
    file: Spot,
    stack: Vec<Frame<'t>>,
}

/// Reads a file into the tree, which tells what is not understood.
pub(super) fn read<'t>(tree: &mut Tree<'t>, name: &str, text: &'t str) {
    let file = tree.file(name);
    let mut source = Source { tree, file, stack: Vec::new() };
    let mut reader = Reader::from_str(text);
    let (mut at, mut line) = (0, 1_u32);
    loop {
        let event = reader.read_event();
        let end = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
        let spot = file.at(line);
        let lines = text.as_bytes()[at..end].iter().filter(|&&octet| octet == b'\n').count();
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        at = end;
        let refused = match event {
            Err(error) => Some(error.to_string()),
            Ok(Event::Eof) if !source.stack.is_empty() => Some("ends inside an element".to_owned()),
            Ok(Event::Eof) => return,
            Ok(event) => source.event(event, spot).err(),
        };
        if let Some(why) = refused {
            return tree.trouble(TroubleKind::Refused, spot, why);
        }
    }
}

impl<'t> Source<'_, 't> {
    fn not_understood(&mut self, spot: Spot, what: impl AsRef<str>) {
        self.tree.trouble(TroubleKind::NotUnderstood, spot, what);
    }

    /// Takes an event in.
    ///
    /// # Errors
    /// When no further event is to be read.
    fn event(&mut self, event: Event<'t>, spot: Spot) -> Result<(), String> {
        match event {
            Event::Start(start) => {
                let frame = self.start(&start, spot)?;
                self.stack.push(frame);
                if self.stack.len() > MAX_DEPTH {
                    return Err(format!("elements nest deeper than {MAX_DEPTH}"));
                }
            }
            Event::Empty(start) => {
                let frame = self.start(&start, spot)?;
                self.end(Some(frame));
            }
            Event::End(_) => {
                let frame = self.stack.pop();
                self.end(frame);
            }
            Event::Text(text) => self.text(text.into_inner(), spot),
            Event::CData(text) => self.text(text.into_inner(), spot),
            Event::GeneralRef(reference) => self.text(Cow::Owned(resolved(&reference)?), spot),
            Event::DocType(_) => return Err("a document type declaration".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'t>, spot: Spot) -> Result<Frame<'t>, String> {
        let name = start.name();
        let tag = name.as_ref();
        Ok(match self.stack.last() {
            None | Some(Frame::Wrapper) => self.first(tag, spot),
            Some(Frame::Skipped) => Frame::Skipped,
            Some(Frame::Text { .. }) => {
                self.not_understood(spot, format!("an element `{}` inside a text", shown(tag)));
                Frame::Skipped
            }
            Some(&Frame::Inside { node, shape }) => match shape {
                Shape::Branch(_) | Shape::Loose(_) => match shape.word(tag) {
                    Some((word, below)) => self.inside(node, word, below, spot),
                    None if matches!(shape, Shape::Loose(_)) => Frame::Skipped,
                    None => {
                        self.not_understood(spot, format!("the element `{}` is not understood", shown(tag)));
                        Frame::Skipped
                    }
                },
                Shape::Entries(below) | Shape::Through(below) if tag == "entry" => {
                    let entry = self.entry(start, node, shape, spot)?;
                    match below {
                        Shape::Silent => Frame::Skipped,
                        _ => Frame::Inside { node: entry, shape: below },
                    }
                }
                Shape::Members if tag == "member" => {
                    Frame::Text { node, member: true, text: Cow::Borrowed(""), spot }
                }
                Shape::Entries(_)
                | Shape::Through(_)
                | Shape::Members
                | Shape::Value
                | Shape::Empty
                | Shape::Aside
                | Shape::Silent => {
                    self.not_understood(spot, format!("an element `{}` in this place", shown(tag)));
                    Frame::Skipped
                }
            },
        })
    }

    /// The first element, or the first inside what is around a configuration.
    fn first(&mut self, tag: &str, spot: Spot) -> Frame<'t> {
        match tag {
            "config" => return Frame::Inside { node: Tree::ROOT, shape: &ROOT },
            "response" | "result" => return Frame::Wrapper,
            _ => {}
        }
        // A part of a configuration, by the place that it comes from.
        let rulebase = VSYS.word("rulebase").map(|(_, shape)| shape);
        let profiles = VSYS.word("profiles").map(|(_, shape)| shape);
        let parts: [(&[&'static str], Option<&'static Shape>); 5] = [
            (&[], Some(&ROOT)),
            (&VSYS_PATH, Some(&VSYS)),
            (&["shared"], Some(&SHARED)),
            (&[VSYS_PATH[0], VSYS_PATH[1], "rulebase"], rulebase),
            (&[VSYS_PATH[0], VSYS_PATH[1], "profiles"], profiles),
        ];
        for (path, shape) in parts {
            if let Some((word, below)) = shape.and_then(|shape| shape.word(tag)) {
                let node = enter_path(self.tree, path, spot);
                return self.inside(node, word, below, spot);
            }
        }
        let what = format!("`{}` is no part of a configuration that is understood", shown(tag));
        self.not_understood(spot, what);
        Frame::Skipped
    }

    fn inside(&mut self, node: NodeId, word: &'static str, below: &'static Shape, spot: Spot) -> Frame<'t> {
        match below {
            Shape::Aside | Shape::Silent => Frame::Skipped,
            Shape::Through(_) => Frame::Inside { node, shape: below },
            Shape::Value => {
                let node = self.tree.enter(node, word, spot);
                Frame::Text { node, member: false, text: Cow::Borrowed(""), spot }
            }
            Shape::Branch(_) | Shape::Loose(_) | Shape::Entries(_) | Shape::Members | Shape::Empty => {
                Frame::Inside { node: self.tree.enter(node, word, spot), shape: below }
            }
        }
    }

    fn entry(
        &mut self,
        start: &BytesStart<'t>,
        parent: NodeId,
        shape: &Shape,
        spot: Spot,
    ) -> Result<NodeId, String> {
        let attribute = start.try_get_attribute("name").map_err(|error| error.to_string())?;
        let Some(attribute) = attribute else { return Err("an entry without a name".to_owned()) };
        let name = unescape(&attribute.value).map_err(|error| error.to_string())?.into_owned();
        if let Shape::Through(_) = shape {
            return Ok(parent);
        }
        if self.tree.entry(parent, &name).is_some_and(|own| self.tree.spot(own).is_in(self.file)) {
            self.tree.trouble(TroubleKind::Refused, spot, format!("`{}` a second time", shown(&name)));
        }
        Ok(self.tree.enter_entry(parent, Cow::Owned(name), spot))
    }

    fn text(&mut self, piece: Cow<'t, str>, spot: Spot) {
        match self.stack.last_mut() {
            Some(Frame::Text { text, .. }) if text.is_empty() => *text = piece,
            Some(Frame::Text { text, .. }) => text.to_mut().push_str(&piece),
            Some(Frame::Skipped | Frame::Wrapper) => {}
            Some(Frame::Inside { .. }) | None => {
                if !piece.trim().is_empty() {
                    self.not_understood(spot, format!("a text `{}` between elements", shown(piece.trim())));
                }
            }
        }
    }

    fn end(&mut self, frame: Option<Frame<'t>>) {
        let Some(Frame::Text { node, member, text, spot }) = frame else { return };
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        if text.is_empty() {
            self.tree.trouble(TroubleKind::Refused, spot, "an element without its text");
        } else if member {
            self.tree.add(node, text, spot);
        } else if self.tree.set_value(node, text, spot).is_some_and(|before| before.is_in(self.file)) {
            self.tree.trouble(TroubleKind::Refused, spot, "an element a second time");
        }
    }
}

/// What a reference stands for.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    resolve_predefined_entity(name)
        .map(str::to_owned)
        .ok_or_else(|| format!("an entity `{}`, which is not XML's own", shown(name)))
}
