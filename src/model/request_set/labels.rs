//! Which labels a set of globs can tell apart: an automaton over the octets of one label.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use crate::model::domain::MAX_LABEL;
use crate::model::host_trie::Glob;

/// The octets of a label, those first that a witness reads best with.
const ALPHABET: &[u8; 38] = b"abcdefghijklmnopqrstuvwxyz0123456789-_";

/// Index of a state in its automaton. The start is the first.
type StateId = u32;

/// No label goes on from here.
const DEAD: StateId = StateId::MAX;

/// How far the globs have been read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Progress {
    /// How much of `xn--` the label is, if it is a beginning of it.
    a_label: Option<usize>,
    /// The node of the label among the prefixes, if a prefix begins with it.
    prefix: Option<NodeId>,
    /// The globs that are in their star.
    stars: SetId,
    /// What the label ends in that suffixes begin with: nodes among the suffixes, each with the globs behind it that were
    /// in their star where it began. Sorted, without repeats.
    suffixes: Vec<(NodeId, SetId)>,
}

/// The labels of 1 to 63 octets, told apart by which globs match.
///
/// NOTE: labels that begin with `xn--` are left out, since not all of them are labels of names. Such
/// labels count where they stand literally in a pattern; no glob begins with `xn--`, so the labels left
/// out behave like others.
pub(super) struct Labels<'g> {
    /// What tells labels apart, sorted.
    globs: Vec<&'g Glob>,
    /// The next state by place in the [`ALPHABET`], and the number of the class whose labels end here.
    states: Vec<([StateId; ALPHABET.len()], ClassId)>,
    /// The globs that match the labels of each class, by place.
    matched: Vec<Vec<usize>>,
    /// The first of the shortest labels of each class that has one.
    shortest: BTreeMap<ClassId, String>,
}

/// The labels that the same globs match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ClassId(usize);

/// The labels where there is no glob: one class.
static ANY_LABEL: LazyLock<Labels<'static>> = LazyLock::new(|| Labels::new([]));

/// A star that is a whole label.
static STAR: LazyLock<Glob> = LazyLock::new(|| Glob { prefix: "".into(), suffix: "".into(), least: 1 });

/// The labels where there is no other glob.
static ANY_STAR: LazyLock<Labels<'static>> = LazyLock::new(|| Labels::new([&*STAR]));

/// The labels of globs, if they are of those that most questions ask for: none, and a star that is a whole label, of which
/// some products write one for each level.
pub(super) fn known(globs: &[&Glob]) -> Option<&'static Labels<'static>> {
    match globs {
        [] => Some(&ANY_LABEL),
        all if all.iter().all(|glob| **glob == *STAR) => Some(&ANY_STAR),
        _ => None,
    }
}

impl<'g> Labels<'g> {
    /// The automaton of globs.
    pub(super) fn new(globs: impl IntoIterator<Item = &'g Glob>) -> Self {
        let mut globs: Vec<&Glob> = globs.into_iter().collect();
        globs.sort_unstable();
        globs.dedup();
        let mut reader = Reader::new(&globs);
        let mut states = Vec::new();
        let mut ids: HashMap<Progress, StateId> = HashMap::new();
        let mut class_ids: BTreeMap<Vec<usize>, ClassId> = BTreeMap::new();
        // Progress and one shortest label of each state, in the order of the states. States are found
        // in the order of their labels: shorter first, then by alphabet.
        let mut found = vec![(reader.start(), String::new())];
        let mut shortest: BTreeMap<ClassId, String> = BTreeMap::new();
        let mut at = 0;
        while at < found.len() {
            let (progress, label) = found[at].clone();
            let known = class_ids.len();
            let class = *class_ids.entry(reader.matched(&progress)).or_insert(ClassId(known));
            // The empty label at the start is none.
            if at > 0 {
                shortest.entry(class).or_insert_with(|| label.clone());
            }
            let mut row = [DEAD; ALPHABET.len()];
            let mut other: Option<StateId> = None;
            for (place, &octet) in ALPHABET.iter().enumerate() {
                if label.len() == MAX_LABEL {
                    break;
                }
                // Octets that no glob holds all lead to one state.
                if let Some(other) = other
                    && !reader.holds[place]
                {
                    row[place] = other;
                    continue;
                }
                let Some(next) = reader.read(&progress, octet) else { continue };
                let fresh = StateId::try_from(found.len()).expect("internal error: over 2^32 states");
                let id = *ids.entry(next).or_insert_with_key(|next| {
                    let mut longer = label.clone();
                    longer.push(octet as char);
                    found.push((next.clone(), longer));
                    fresh
                });
                row[place] = id;
                if !reader.holds[place] {
                    other = Some(id);
                }
            }
            states.push((row, class));
            at += 1;
        }
        let mut matched = vec![Vec::new(); class_ids.len()];
        class_ids.into_iter().for_each(|(globs, class)| matched[class.0] = globs);
        Self { globs, states, matched, shortest }
    }

    /// The classes that have a label.
    pub(super) fn classes(&self) -> impl Iterator<Item = ClassId> {
        self.shortest.keys().copied()
    }

    /// The globs that match the labels of a class, sorted.
    pub(super) fn matched(&self, class: ClassId) -> Vec<&'g Glob> {
        self.matched[class.0].iter().map(|&glob| self.globs[glob]).collect()
    }

    /// Visits the labels of a class, shorter ones first, then by alphabet, until told to stop.
    pub(super) fn each(&self, class: ClassId, visit: &mut dyn FnMut(&str) -> ControlFlow<()>) {
        let Some(shortest) = self.shortest.get(&class) else { return };
        // Most often the first one is wanted, and it is known.
        if visit(shortest).is_break() {
            return;
        }
        // Which states are a given number of octets away from a label of the class.
        let mut away: Vec<Vec<bool>> = vec![self.states.iter().map(|&(_, own)| own == class).collect()];
        for len in 1..=MAX_LABEL {
            let nearer = &away[len - 1];
            let leads = |row: &[StateId]| row.iter().any(|&next| next != DEAD && nearer[next as usize]);
            let next = self.states.iter().map(|(row, _)| leads(row)).collect();
            away.push(next);
            let mut walk =
                Spelling { labels: self, away: &away, label: String::new(), skip: shortest, visit };
            if walk.spell(0, len).is_break() {
                return;
            }
        }
    }
}

/// The labels of one class and length, octet by octet.
struct Spelling<'a> {
    labels: &'a Labels<'a>,
    away: &'a [Vec<bool>],
    label: String,
    /// Has been visited already.
    skip: &'a str,
    visit: &'a mut dyn FnMut(&str) -> ControlFlow<()>,
}

impl Spelling<'_> {
    fn spell(&mut self, state: StateId, octets: usize) -> ControlFlow<()> {
        if !self.away[octets][state as usize] {
            return ControlFlow::Continue(());
        }
        if octets == 0 {
            return if self.label == self.skip {
                ControlFlow::Continue(())
            } else {
                (self.visit)(&self.label)
            };
        }
        for (place, &octet) in ALPHABET.iter().enumerate() {
            let next = self.labels.states[state as usize].0[place];
            if next != DEAD {
                self.label.push(octet as char);
                self.spell(next, octets - 1)?;
                self.label.pop();
            }
        }
        ControlFlow::Continue(())
    }
}

/// What no label of a star begins with.
const A_LABEL: &[u8] = b"xn--";

/// Index of a node in its tree. The root is the first.
type NodeId = usize;

/// Index of a set of globs. The empty one is the first.
type SetId = usize;

/// Texts by their octets.
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    children: BTreeMap<u8, NodeId>,
    /// The globs of which the text goes on behind here or ends here, sorted.
    through: Vec<usize>,
    /// The globs of which the text ends here, sorted.
    ends: Vec<usize>,
}

impl Tree {
    fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut tree = Self { nodes: vec![Node::default()] };
        for (glob, text) in texts.into_iter().enumerate() {
            let mut at = 0;
            tree.nodes[at].through.push(glob);
            for &octet in text.as_bytes() {
                let fresh = tree.nodes.len();
                let next = *tree.nodes[at].children.entry(octet).or_insert(fresh);
                if next == fresh {
                    tree.nodes.push(Node::default());
                }
                at = next;
                tree.nodes[at].through.push(glob);
            }
            tree.nodes[at].ends.push(glob);
        }
        tree
    }

    fn child(&self, node: NodeId, octet: u8) -> Option<NodeId> {
        self.nodes[node].children.get(&octet).copied()
    }
}

/// Sets of globs, by number.
struct Sets {
    sets: Vec<BTreeSet<usize>>,
    ids: HashMap<BTreeSet<usize>, SetId>,
}

impl Sets {
    fn new() -> Self {
        Self { sets: vec![BTreeSet::new()], ids: HashMap::from_iter([(BTreeSet::new(), 0)]) }
    }

    fn id(&mut self, set: BTreeSet<usize>) -> SetId {
        let fresh = self.sets.len();
        let id = *self.ids.entry(set.clone()).or_insert(fresh);
        if id == fresh {
            self.sets.push(set);
        }
        id
    }

    fn with(&mut self, set: SetId, more: &[usize]) -> SetId {
        if more.iter().all(|glob| self.sets[set].contains(glob)) {
            return set;
        }
        let own = self.sets[set].iter().chain(more).copied().collect();
        self.id(own)
    }
}

/// Reads labels against globs, one octet at a time.
///
/// Globs are read together: prefixes as one tree, since a label is in one place of it, and suffixes as another, where a
/// label is in as many places as it has octets. Thousands of globs are no more to keep in mind than one.
struct Reader<'a> {
    globs: &'a [&'a Glob],
    /// By place in the alphabet: whether the octet matters to any glob.
    holds: [bool; ALPHABET.len()],
    prefixes: Tree,
    suffixes: Tree,
    sets: Sets,
    /// The globs of a set that are behind a node of the suffixes.
    behind: HashMap<(NodeId, SetId), SetId>,
}

impl<'a> Reader<'a> {
    fn new(globs: &'a [&'a Glob]) -> Self {
        let holds = std::array::from_fn(|place| {
            let octet = ALPHABET[place];
            A_LABEL.contains(&octet)
                || globs.iter().any(|glob| {
                    glob.prefix.as_bytes().contains(&octet) || glob.suffix.as_bytes().contains(&octet)
                })
        });
        Self {
            globs,
            holds,
            prefixes: Tree::new(globs.iter().map(|glob| &*glob.prefix)),
            suffixes: Tree::new(globs.iter().map(|glob| &*glob.suffix)),
            sets: Sets::new(),
            behind: HashMap::new(),
        }
    }

    fn start(&mut self) -> Progress {
        let stars = self.sets.with(0, &self.in_star(0, 0));
        Progress { a_label: Some(0), prefix: Some(0), stars, suffixes: Vec::new() }
    }

    /// The globs with a star of at least so many octets whose prefix ends at a node.
    fn in_star(&self, prefix: NodeId, least: usize) -> Vec<usize> {
        let ends = self.prefixes.nodes[prefix].ends.iter().copied();
        ends.filter(|&glob| self.globs[glob].least == least).collect()
    }

    /// The progress behind one more octet. Nothing where no label of a star goes on like this.
    fn read(&mut self, progress: &Progress, octet: u8) -> Option<Progress> {
        let a_label = progress.a_label.filter(|&at| A_LABEL[at] == octet).map(|at| at + 1);
        if a_label == Some(A_LABEL.len()) {
            return None;
        }
        let mut stars = progress.stars;
        // A star of one octet at least has this one.
        if let Some(prefix) = progress.prefix {
            stars = self.sets.with(stars, &self.in_star(prefix, 1));
        }
        let prefix = progress.prefix.and_then(|prefix| self.prefixes.child(prefix, octet));
        if let Some(prefix) = prefix {
            stars = self.sets.with(stars, &self.in_star(prefix, 0));
        }
        let mut suffixes = Vec::with_capacity(progress.suffixes.len() + 1);
        for &(node, set) in progress.suffixes.iter().chain(&[(0, progress.stars)]) {
            let Some(next) = self.suffixes.child(node, octet) else { continue };
            let behind = self.behind(next, set);
            if behind != 0 {
                suffixes.push((next, behind));
            }
        }
        suffixes.sort_unstable();
        Some(Progress { a_label, prefix, stars, suffixes })
    }

    fn behind(&mut self, node: NodeId, set: SetId) -> SetId {
        if let Some(&known) = self.behind.get(&(node, set)) {
            return known;
        }
        let own = &self.sets.sets[set];
        let through = self.suffixes.nodes[node].through.iter().copied();
        let behind = through.filter(|glob| own.contains(glob)).collect();
        let behind = self.sets.id(behind);
        self.behind.insert((node, set), behind);
        behind
    }

    /// The globs that match a label that ends here, in order.
    fn matched(&self, progress: &Progress) -> Vec<usize> {
        let mut matched = BTreeSet::new();
        for &(node, set) in progress.suffixes.iter().chain(&[(0, progress.stars)]) {
            let (ends, own) = (&self.suffixes.nodes[node].ends, &self.sets.sets[set]);
            matched.extend(ends.iter().filter(|glob| own.contains(glob)));
        }
        matched.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str, least: usize) -> Glob {
        let (prefix, suffix) = text.split_once('*').unwrap();
        Glob { prefix: prefix.into(), suffix: suffix.into(), least }
    }

    /// The first labels of every class.
    fn classes(globs: &[Glob], count: usize) -> Vec<Vec<String>> {
        let labels = Labels::new(globs);
        let first = |class| {
            let mut first = Vec::new();
            labels.each(class, &mut |label| {
                first.push(label.to_owned());
                if first.len() == count { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            first
        };
        labels.classes().map(first).collect()
    }

    #[test]
    fn labels_fall_into_the_classes_that_globs_make() {
        let globs = [glob("a*", 1), glob("*b", 1)];
        assert_eq!(classes(&globs, 2), [["a", "b"], ["aa", "ac"], ["ab", "aab"], ["bb", "cb"]]);
        assert_eq!(classes(&[glob("*b", 0)], 2), [["a", "c"], ["b", "ab"]]);
        assert_eq!(classes(&[glob("*", 1)], 1), [["a"]]);
        assert_eq!(classes(&[], 1), [["a"]]);
    }

    #[test]
    fn a_class_ends_at_63_octets() {
        let almost = "q".repeat(62);
        let all = classes(&[glob(&format!("{almost}*"), 1)], 1000);
        assert_eq!(all[1].len(), 38);
        assert_eq!(classes(&[glob(&format!("*{almost}q"), 0)], 1000)[1], [format!("{almost}q")]);
        // Both together would need 64 octets.
        let globs = [glob(&format!("a{}*", "q".repeat(32)), 1), glob(&format!("*{}b", "r".repeat(30)), 1)];
        assert_eq!(classes(&globs, 1).len(), 3);
    }

    #[test]
    fn every_label_is_in_the_class_of_the_globs_that_match_it() {
        let globs = [glob("a*", 1), glob("ab*b", 1), glob("*ab", 0), glob("a*a", 1), glob("*b-", 0)];
        let labels = Labels::new(&globs);
        let matched = |label: &str| globs.iter().map(|glob| glob.matches(label)).collect::<Vec<_>>();
        let mut seen = BTreeMap::new();
        for class in labels.classes() {
            let mut count = 0;
            labels.each(class, &mut |label| {
                let of_class = seen.entry(matched(label)).or_insert(class);
                assert_eq!(*of_class, class, "{label}");
                count += 1;
                if count == 500 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        let short = labels_up_to(4).into_iter().map(|label| matched(&label)).collect::<BTreeSet<_>>();
        assert!(short.iter().all(|matched| seen.contains_key(matched)));
        assert_eq!(seen.len(), labels.classes().count());
    }

    fn labels_up_to(len: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..len {
            last =
                last.iter().flat_map(|label| ["a", "b", "c", "-"].map(|o| format!("{label}{o}"))).collect();
            all.extend(last.clone());
        }
        all.retain(|label| !label.is_empty());
        all
    }

    #[test]
    fn labels_of_internationalized_names_are_left_out() {
        let all = classes(&[glob("xn-*", 1)], 100);
        assert_eq!(all[1][0], "xn-a");
        assert!(all[1].iter().all(|label| !label.starts_with("xn--")));
    }
}
