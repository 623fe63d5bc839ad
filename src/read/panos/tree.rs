//! A configuration as words below words, whatever language it came in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::read::{Place, Trouble, TroubleKind};

/// A word in the [`Tree`].
pub(super) type NodeId = u32;

/// File and line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Spot {
    file: u32,
    line: u32,
}

impl Spot {
    /// A line of the same file.
    pub(super) fn at(self, line: u32) -> Self {
        Self { line, ..self }
    }

    /// Whether it is in the file of another.
    pub(super) fn is_in(self, other: Self) -> bool {
        self.file == other.file
    }
}

#[derive(Debug)]
struct Node<'t> {
    word: Cow<'t, str>,
    spot: Spot,
    children: Vec<NodeId>,
}

/// Words below words, and what was not understood on the way.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    nodes: Vec<Node<'t>>,
    /// The entries, by the place they stand in and their name: there may be many.
    entries: HashMap<(NodeId, Cow<'t, str>), NodeId>,
    files: Vec<Arc<str>>,
    troubles: Vec<Trouble>,
}

impl<'t> Tree<'t> {
    /// What everything stands below.
    pub(super) const ROOT: NodeId = 0;

    pub(super) fn new() -> Self {
        let root = Node { word: Cow::Borrowed(""), spot: Spot { file: 0, line: 0 }, children: Vec::new() };
        Self { nodes: vec![root], entries: HashMap::new(), files: Vec::new(), troubles: Vec::new() }
    }

    /// The whole of a file that is read from now on.
    pub(super) fn file(&mut self, name: &str) -> Spot {
        self.files.push(Arc::from(name));
        Spot { file: u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX), line: 0 }
    }

    pub(super) fn place(&self, spot: Spot) -> Place {
        let unknown = || Arc::from("");
        Place { file: self.files.get(spot.file as usize).map_or_else(unknown, Arc::clone), line: spot.line }
    }

    pub(super) fn trouble(&mut self, kind: TroubleKind, spot: Spot, what: impl AsRef<str>) {
        let place = self.place(spot);
        self.troubles.push(Trouble::new(place, kind, what));
    }

    pub(super) fn take_troubles(&mut self) -> Vec<Trouble> {
        std::mem::take(&mut self.troubles)
    }

    pub(super) fn word(&self, node: NodeId) -> &str {
        &self.nodes[node as usize].word
    }

    pub(super) fn spot(&self, node: NodeId) -> Spot {
        self.nodes[node as usize].spot
    }

    pub(super) fn children(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node as usize].children
    }

    /// A word below one, of few.
    pub(super) fn child(&self, parent: NodeId, word: &str) -> Option<NodeId> {
        self.children(parent).iter().copied().find(|&child| self.word(child) == word)
    }

    /// A word some steps below one.
    pub(super) fn at(&self, from: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(from, |node, word| self.child(node, word))
    }

    /// An entry, of many.
    pub(super) fn entry(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.entries.get(&(parent, Cow::Borrowed(name))).copied()
    }

    /// The one text below a word.
    pub(super) fn value(&self, parent: NodeId, word: &str) -> Option<&str> {
        self.child(parent, word).and_then(|node| self.children(node).first()).map(|&text| self.word(text))
    }

    /// The texts below a word; nothing where the word is not there.
    pub(super) fn members(&self, parent: NodeId, word: &str) -> Option<&[NodeId]> {
        self.child(parent, word).map(|node| self.children(node))
    }

    /// Adds a word, whether it is there or not.
    pub(super) fn add(&mut self, parent: NodeId, word: Cow<'t, str>, spot: Spot) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).expect("internal error: over 2^32 words");
        self.nodes.push(Node { word, spot, children: Vec::new() });
        self.nodes[parent as usize].children.push(id);
        id
    }

    /// A word below one, of few, which is added if it is not there.
    pub(super) fn enter(&mut self, parent: NodeId, word: &'static str, spot: Spot) -> NodeId {
        self.child(parent, word).unwrap_or_else(|| self.add(parent, Cow::Borrowed(word), spot))
    }

    /// An entry, which is added if it is not there.
    pub(super) fn enter_entry(&mut self, parent: NodeId, name: Cow<'t, str>, spot: Spot) -> NodeId {
        // Lines about one entry mostly stand together.
        if let Some(&last) = self.children(parent).last()
            && self.word(last) == name
        {
            return last;
        }
        if let Some(&entry) = self.entries.get(&(parent, Cow::Borrowed(&*name))) {
            return entry;
        }
        let entry = self.add(parent, name.clone(), spot);
        self.entries.insert((parent, name), entry);
        entry
    }

    /// Sets the one text below a word, and says where another one stood.
    pub(super) fn set_value(&mut self, node: NodeId, text: Cow<'t, str>, spot: Spot) -> Option<Spot> {
        let before = self.children(node).first().map(|&text| self.spot(text));
        self.nodes[node as usize].children.clear();
        self.add(node, text, spot);
        before
    }

    /// Takes a word and all below it away from where it stands.
    pub(super) fn remove(&mut self, parent: NodeId, node: NodeId) {
        let name = self.nodes[node as usize].word.clone();
        self.nodes[parent as usize].children.retain(|&child| child != node);
        if self.entries.get(&(parent, Cow::Borrowed(&*name))) == Some(&node) {
            self.entries.remove(&(parent, name));
        }
    }

    /// Moves a word to a place among those that stand with it.
    pub(super) fn reorder(&mut self, parent: NodeId, node: NodeId, to: usize) {
        let children = &mut self.nodes[parent as usize].children;
        children.retain(|&child| child != node);
        children.insert(to.min(children.len()), node);
    }
}
