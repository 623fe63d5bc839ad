//! Host patterns of names as a trie over labels, the rightmost first: what sets and indexes share.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::domain::DomainName;
use super::host_pattern::{HostPattern, LabelPattern};

/// One label with a star.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Glob {
    /// What the label begins with.
    pub(crate) prefix: Arc<str>,
    /// What the label ends in.
    pub(crate) suffix: Arc<str>,
    /// How many octets the star stands for at least: one, or none before a text suffix.
    pub(crate) least: usize,
}

impl Glob {
    /// Whether a label is matched.
    pub(crate) fn matches(&self, label: &str) -> bool {
        label.len() >= self.prefix.len() + self.suffix.len() + self.least
            && label.starts_with(&*self.prefix)
            && label.ends_with(&*self.suffix)
    }

    /// Whether the two may match one label: false only if they cannot.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        (self.prefix.starts_with(&*other.prefix) || other.prefix.starts_with(&*self.prefix))
            && (self.suffix.ends_with(&*other.suffix) || other.suffix.ends_with(&*self.suffix))
    }
}

/// From this number of nodes on literal labels are found by a table.
const SMALL: usize = 16;

/// Index of a node in its trie.
pub(crate) type NodeId = u32;

/// The names that one way of reading labels from the right leads to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node<V> {
    /// The value of exactly these names.
    pub(crate) here: V,
    /// The value of every name below, at any depth.
    pub(crate) below: V,
    /// The nodes of one more label that matches a glob; few nodes have any.
    #[expect(clippy::box_collection, reason = "a map is three times as large as nothing in a box")]
    globs: Option<Box<BTreeMap<Glob, NodeId>>>,
    /// The literal label that leads here, in the texts of the trie; the octets of a label are one number.
    label: (u32, u8),
    /// The node that the label leads here from.
    parent: NodeId,
    /// The last of the nodes of one more literal label, and for each the one before it; the root is none.
    literals: NodeId,
    sibling: NodeId,
}

impl<V> Node<V> {
    /// The nodes of one more label that matches a glob, in the order of the globs.
    pub(crate) fn globs(&self) -> impl Iterator<Item = (&Glob, NodeId)> {
        self.globs.iter().flat_map(|globs| globs.iter()).map(|(glob, &node)| (glob, node))
    }
}

/// Values at names. The values of a name are those that [`trace`](Self::trace) visits.
///
/// Lists of a million names make two million nodes, so a node allocates nothing: the labels are one text, and the nodes
/// of literal labels are found by one table of all.
#[derive(Clone, Debug)]
pub(crate) struct HostTrie<V> {
    nodes: Vec<Node<V>>,
    /// The literal labels, one behind the other.
    labels: String,
    /// Whether a node has globs.
    has_globs: bool,
    /// The nodes of literal labels by hash, each with its hash; the root stands for a free place. As many places as a
    /// power of two, a quarter of them free; none while the trie is small.
    places: Vec<(u32, NodeId)>,
    hashing: RandomState,
}

/// The node at which a pattern stands, and whether it matches the node's names and those below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) node: NodeId,
    pub(crate) here: bool,
    pub(crate) below: bool,
}

impl<V: Default> HostTrie<V> {
    /// The node of no label.
    pub(crate) const ROOT: NodeId = 0;

    /// Without a value.
    pub(crate) fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            labels: String::new(),
            has_globs: false,
            places: Vec::new(),
            hashing: RandomState::default(),
        }
    }

    /// A node.
    pub(crate) fn node(&self, id: NodeId) -> &Node<V> {
        &self.nodes[id as usize]
    }

    /// A node, to be changed.
    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node<V> {
        &mut self.nodes[id as usize]
    }

    /// The place of a pattern, which is made if it is not there. Nothing for addresses.
    pub(crate) fn place(&mut self, pattern: &HostPattern) -> Option<Place> {
        Some(match pattern {
            HostPattern::Exact(name) => Place { node: self.name(name), here: true, below: false },
            HostPattern::Subtree(name) => Place { node: self.name(name), here: true, below: true },
            HostPattern::Descendants(name) => Place { node: self.name(name), here: false, below: true },
            HostPattern::TextSuffix(suffix) => {
                let parent = self.name(suffix.parent());
                // A star is never tried with labels of internationalized names (see `labels`), so
                // where the text alone is one, it is a child of its own.
                if suffix.head().starts_with("xn--") && suffix.text().parse::<DomainName>().is_ok() {
                    self.literal(parent, suffix.head());
                }
                let glob = Glob { prefix: "".into(), suffix: suffix.head().into(), least: 0 };
                Place { node: self.glob(parent, glob), here: true, below: true }
            }
            HostPattern::LabelGlob(glob) => {
                let node = glob.labels().iter().rev().fold(Self::ROOT, |node, label| self.label(node, label));
                Place { node, here: true, below: false }
            }
            HostPattern::Address(_) => return None,
        })
    }

    fn name(&mut self, name: &DomainName) -> NodeId {
        name.labels_from_right().fold(Self::ROOT, |node, label| self.literal(node, label))
    }

    fn label(&mut self, node: NodeId, label: &LabelPattern) -> NodeId {
        match label {
            LabelPattern::Literal(text) => self.literal(node, text),
            LabelPattern::Star { prefix, suffix } => {
                let glob = Glob { prefix: Arc::clone(prefix), suffix: Arc::clone(suffix), least: 1 };
                self.glob(node, glob)
            }
        }
    }

    /// The child of a literal label, which is made if it is not there.
    pub(crate) fn literal(&mut self, node: NodeId, label: &str) -> NodeId {
        let hash = self.hash(node, label);
        if let Some(child) = self.find(node, label, hash) {
            return child;
        }
        let child = self.add();
        let start = u32::try_from(self.labels.len()).expect("internal error: over 4 GiB of labels");
        self.labels.push_str(label);
        let sibling = std::mem::replace(&mut self.node_mut(node).literals, child);
        let own = self.node_mut(child);
        own.label = (start, u8::try_from(label.len()).expect("internal error: a label over 255 octets"));
        (own.parent, own.sibling) = (node, sibling);
        self.enter(child, hash);
        child
    }

    /// The child of a literal label, if there is one.
    pub(crate) fn find_literal(&self, node: NodeId, label: &str) -> Option<NodeId> {
        self.find(node, label, self.hash(node, label))
    }

    /// The labels of the literal children of a node with the children, in no order that means anything.
    pub(crate) fn literals(&self, node: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
        let is_child = |child: &NodeId| *child != Self::ROOT;
        let first = Some(self.node(node).literals).filter(is_child);
        std::iter::successors(first, move |&child| Some(self.node(child).sibling).filter(is_child))
            .map(|child| (self.label_of(child), child))
    }

    fn label_of(&self, child: NodeId) -> &str {
        let (start, octets) = self.node(child).label;
        let start = start as usize;
        &self.labels[start..start + usize::from(octets)]
    }

    /// The hash of a label below a node; 0 while there is no table.
    fn hash(&self, node: NodeId, label: &str) -> u32 {
        if self.places.is_empty() {
            return 0;
        }
        let mut hasher = self.hashing.build_hasher();
        hasher.write_u32(node);
        hasher.write(label.as_bytes());
        let hash = hasher.finish();
        (hash ^ (hash >> 32)) as u32
    }

    fn find(&self, node: NodeId, label: &str, hash: u32) -> Option<NodeId> {
        if self.places.is_empty() {
            return self.literals(node).find(|(own, _)| *own == label).map(|(_, child)| child);
        }
        let is_it = |child| self.node(child).parent == node && self.label_of(child) == label;
        self.probed(hash)
            .map(|at| self.places[at])
            .take_while(|&(_, child)| child != Self::ROOT)
            .find(|&(own, child)| own == hash && is_it(child))
            .map(|(_, child)| child)
    }

    /// The places at which a hash may stand, the first of which that is free ends the search.
    fn probed(&self, hash: u32) -> impl Iterator<Item = usize> + use<V> {
        let mask = self.places.len() - 1;
        (hash as usize..).map(move |at| at & mask)
    }

    /// Puts a new child into the table, which grows where it has to. `hash` is that of before.
    fn enter(&mut self, child: NodeId, hash: u32) {
        let nodes = self.nodes.len();
        if nodes < SMALL {
            return;
        }
        if nodes * 4 <= self.places.len() * 3 {
            return self.occupy(child, hash);
        }
        let free = vec![(0, Self::ROOT); (nodes * 2).next_power_of_two()];
        let old = std::mem::replace(&mut self.places, free);
        if old.is_empty() {
            // Nothing was hashed so far. A glob has no label.
            let is_literal = |&own: &NodeId| !self.label_of(own).is_empty();
            for own in (1..=child).filter(is_literal).collect::<Vec<_>>() {
                let hash = self.hash(self.node(own).parent, self.label_of(own));
                self.occupy(own, hash);
            }
            return;
        }
        for (hash, own) in old.into_iter().filter(|&(_, own)| own != Self::ROOT).chain([(hash, child)]) {
            self.occupy(own, hash);
        }
    }

    fn occupy(&mut self, child: NodeId, hash: u32) {
        let free = self.probed(hash).find(|&at| self.places[at].1 == Self::ROOT);
        self.places[free.expect("internal error: a table without a free place")] = (hash, child);
    }

    /// The child of a glob, which is made if it is not there.
    pub(crate) fn glob(&mut self, node: NodeId, glob: Glob) -> NodeId {
        if let Some(&child) = self.node(node).globs.as_ref().and_then(|globs| globs.get(&glob)) {
            return child;
        }
        let child = self.add();
        self.has_globs = true;
        self.node_mut(node).globs.get_or_insert_default().insert(glob, child);
        child
    }

    fn add(&mut self) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).expect("internal error: over 2^32 labels");
        self.nodes.push(Node::default());
        id
    }

    /// The nodes of one more label.
    pub(crate) fn children(&self, node: NodeId, label: &str) -> impl Iterator<Item = NodeId> {
        let literal = self.find_literal(node, label);
        let globs =
            self.node(node).globs().filter(move |(glob, _)| glob.matches(label)).map(|(_, child)| child);
        literal.into_iter().chain(globs)
    }

    /// Visits every value of a name, given by its labels, the rightmost first.
    pub(crate) fn trace<'l>(&self, labels: impl Iterator<Item = &'l str>, mut visit: impl FnMut(&V)) {
        if !self.has_globs {
            let mut node = Self::ROOT;
            for label in labels {
                visit(&self.node(node).below);
                let Some(child) = self.find_literal(node, label) else { return };
                node = child;
            }
            return visit(&self.node(node).here);
        }
        let mut active = vec![Self::ROOT];
        let mut next = Vec::new();
        for label in labels {
            for &node in &active {
                visit(&self.node(node).below);
                next.extend(self.children(node, label));
            }
            std::mem::swap(&mut active, &mut next);
            next.clear();
            if active.is_empty() {
                return;
            }
        }
        for &node in &active {
            visit(&self.node(node).here);
        }
    }
}
