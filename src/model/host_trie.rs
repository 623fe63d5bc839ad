//! Host patterns of names as a trie over labels, the rightmost first: what sets and indexes share.

use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Index of a node in its trie.
pub(crate) type NodeId = u32;

/// The names that one way of reading labels from the right leads to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node<V> {
    /// The value of exactly these names.
    pub(crate) here: V,
    /// The value of every name below, at any depth.
    pub(crate) below: V,
    /// The nodes of one more label.
    pub(crate) literals: BTreeMap<Box<str>, NodeId>,
    /// The nodes of one more label that matches a glob.
    pub(crate) globs: BTreeMap<Glob, NodeId>,
}

/// Values at names. The values of a name are those that [`trace`](Self::trace) visits.
#[derive(Clone, Debug)]
pub(crate) struct HostTrie<V> {
    nodes: Vec<Node<V>>,
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
        Self { nodes: vec![Node::default()] }
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
        if let Some(&child) = self.node(node).literals.get(label) {
            return child;
        }
        let child = self.add();
        self.node_mut(node).literals.insert(label.into(), child);
        child
    }

    /// The child of a glob, which is made if it is not there.
    pub(crate) fn glob(&mut self, node: NodeId, glob: Glob) -> NodeId {
        if let Some(&child) = self.node(node).globs.get(&glob) {
            return child;
        }
        let child = self.add();
        self.node_mut(node).globs.insert(glob, child);
        child
    }

    fn add(&mut self) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).expect("internal error: over 2^32 labels");
        self.nodes.push(Node::default());
        id
    }

    /// The nodes of one more label.
    pub(crate) fn children(&self, node: NodeId, label: &str) -> impl Iterator<Item = NodeId> {
        let node = self.node(node);
        let literal = node.literals.get(label).copied();
        let globs = node.globs.iter().filter(move |(glob, _)| glob.matches(label)).map(|(_, &child)| child);
        literal.into_iter().chain(globs)
    }

    /// Visits every value of a name, given by its labels, the rightmost first.
    pub(crate) fn trace<'l>(&self, labels: impl Iterator<Item = &'l str>, mut visit: impl FnMut(&V)) {
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
