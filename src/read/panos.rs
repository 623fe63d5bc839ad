//! PAN-OS: configuration XML, `set` commands, Terraform's resources, and the lists that they refer to.
//!
//! Three policies: security rules let through, decryption rules leave TLS alone (`no-decrypt`) or open it,
//! authentication rules ask who a client is or do not. In each the first rule that matches decides. Where none
//! does, traffic between zones is denied, nothing is decrypted and nobody is asked. Clients and the internet are
//! in different zones here.
//!
//! A rule is the hosts of its URL categories, or the addresses that it goes to, on the ports of its services. A
//! rule for addresses is read as one for requests to these addresses; that it also matches the names which
//! resolve to them is not said here. The path of an entry is compared with that of plain HTTP, and of TLS as if
//! it had been decrypted; no decryption rule sees one.
//!
//! Deliberately not here: NAT, forwarding, profiles of security and the predefined contents of categories,
//! applications and lists. What depends on them is told as a [`Trouble`].

mod client;
mod commands;
mod entry;
mod hosts;
mod networks;
mod objects;
mod places;
mod rules;
mod schema;
mod terraform;
#[cfg(test)]
mod tests;
mod tree;
mod xml;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tree::{NodeId, Spot, Tree};

use super::{Item, Place, Reading, Texts, Trouble, TroubleKind};
use crate::model::{HostPattern, PathPattern, RequestPattern};
use crate::text;

pub use rules::{Conditions, ScopeReading};

/// Largest file that is read, in octets. Configurations of large Panoramas have some hundred megabytes.
const MAX_FILE: usize = 512 << 20;

/// Where a firewall with one virtual system has its rules and objects.
const VSYS_PATH: [&str; 2] = ["vsys", "vsys1"];

/// What a file of a list holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ListKind {
    /// Entries of a URL list or of a custom URL category.
    Url,
    /// Domains, for DNS alone.
    Domain,
    /// Addresses, networks and ranges.
    Ip,
}

/// One set of rules with the objects that it may use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// A virtual system of a firewall.
    Vsys(String),
    /// A device group of Panorama, with what it inherits.
    DeviceGroup(String),
    /// What all device groups share, where there is none.
    Shared,
}

/// A configuration, of one file or several.
#[derive(Debug)]
pub struct Configuration<'t> {
    tree: Tree<'t>,
    /// The lists: name of the file and its text.
    lists: BTreeMap<&'t str, &'t str>,
    troubles: Vec<Trouble>,
}

/// Reads files of which each is a configuration, commands, Terraform's resources or a list that a configuration
/// refers to by the last part of its URL. They are read as one, in the order of their names.
///
/// Where rules are for several virtual systems or device groups, those of the first are read, and the others told;
/// [`Configuration::reading`] reads each.
pub fn read(texts: &Texts) -> Reading {
    // Commands and lists are octets; XML is UTF-8, or no XML.
    let texts = super::all_decoded(texts, |bytes| !bytes.trim_ascii_start().starts_with(b"<"));
    let configuration = Configuration::new(&texts);
    let scopes = configuration.scopes();
    let Some((first, others)) = scopes.split_first() else {
        let mut reading = Reading { rulebases: BTreeMap::new(), troubles: configuration.troubles.clone() };
        reading.troubles.extend(configuration.unused_lists(&BTreeSet::new()));
        return reading;
    };
    let mut reading = configuration.reading(first).reading;
    for other in others {
        let place = configuration.tree.place(configuration.tree.spot(configuration.node(other)));
        let what = format!("the rules of {other} are not read beside those of {first}");
        reading.troubles.push(Trouble::new(place, TroubleKind::NotUnderstood, what));
    }
    reading
}

/// Reads a list that stands for itself. Every item is for any scheme and port.
pub fn read_list(file: &str, text: &str, kind: ListKind) -> (Vec<Item>, Vec<Trouble>) {
    let name: Arc<str> = file.into();
    let (mut items, mut troubles) = (Vec::new(), Vec::new());
    for (line, text) in lines(text) {
        let place = Place::new(&name, line);
        let mut add = |host: HostPattern, path| {
            let pattern = RequestPattern { path, ..RequestPattern::any_service(host) };
            items.push(Item { pattern, place: place.clone() });
        };
        let any = PathPattern::Any;
        let trouble = match kind {
            ListKind::Url => match entry::url(text) {
                Ok(entry) => {
                    match entry.host {
                        Some(host) => add(host, entry.path),
                        None => objects::everything().for_each(|host| add(host, entry.path.clone())),
                    }
                    entry.misleading.map(|what| (TroubleKind::Misleading, what))
                }
                Err(nothing) => Some(nothing),
            },
            ListKind::Domain => match entry::domain(text, false) {
                Ok(host) => {
                    add(host, any);
                    None
                }
                Err(nothing) => Some(nothing),
            },
            ListKind::Ip => match entry::address_line(text) {
                Ok(networks) => {
                    networks.into_iter().for_each(|network| add(HostPattern::Address(network), any.clone()));
                    None
                }
                Err(nothing) => Some(nothing),
            },
        };
        if let Some((kind, what)) = trouble {
            troubles.push(Trouble::new(place, kind, format!("`{}`: {what}", shown(text))));
        }
    }
    (items, troubles)
}

impl<'t> Configuration<'t> {
    /// Reads files as [`read`] does.
    pub fn new(texts: &'t Texts) -> Self {
        let mut tree = Tree::new();
        let mut lists = BTreeMap::new();
        for (name, bytes) in texts {
            let refuse = |tree: &mut Tree<'_>, what: String| {
                let file = tree.file(name);
                tree.trouble(TroubleKind::NotUnderstood, file, what);
            };
            if bytes.len() > MAX_FILE {
                refuse(&mut tree, format!("{} octets, over {MAX_FILE}", bytes.len()));
                continue;
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                refuse(&mut tree, "not UTF-8".to_owned());
                continue;
            };
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            if text.trim_start().starts_with('<') {
                xml::read(&mut tree, name, text);
            } else if name.ends_with(".tf") {
                terraform::read(&mut tree, name, text);
            } else if commands::is_commands(text) {
                commands::read(&mut tree, name, text);
            } else if !text.trim().is_empty() {
                lists.insert(name.as_str(), text);
            }
        }
        let troubles = tree.take_troubles();
        Self { tree, lists, troubles }
    }

    /// What has rules: virtual systems first, then device groups.
    pub fn scopes(&self) -> Vec<Scope> {
        let entries = |word: &str| {
            let node = self.tree.child(Tree::ROOT, word);
            node.map_or(&[][..], |node| self.tree.children(node)).iter().copied()
        };
        let name = |node: NodeId| self.tree.word(node).to_owned();
        let has =
            |node: NodeId, words: &[&str]| words.iter().any(|word| self.tree.child(node, word).is_some());
        let mut scopes: Vec<Scope> = entries("vsys")
            .filter(|&node| has(node, &["rulebase"]))
            .map(|node| Scope::Vsys(name(node)))
            .collect();
        let panorama = ["pre-rulebase", "post-rulebase"];
        let shared = self.tree.child(Tree::ROOT, "shared").is_some_and(|node| has(node, &panorama));
        // Every device group has the rules that all share.
        let groups = entries("device-group").filter(|&node| shared || has(node, &panorama));
        scopes.extend(groups.map(|node| Scope::DeviceGroup(name(node))));
        if shared && scopes.is_empty() {
            scopes.push(Scope::Shared);
        }
        scopes
    }

    /// The rules of a scope, and everything that was not understood of the files.
    pub fn reading(&self, scope: &Scope) -> ScopeReading {
        let (mut own, used) = rules::read(self, scope);
        let troubles = &mut own.reading.troubles;
        troubles.splice(..0, self.troubles.iter().cloned());
        troubles.extend(self.unused_lists(&used));
        // What is said of an object is said once, however many rules use it.
        let mut seen = BTreeSet::new();
        troubles.retain(|trouble| seen.insert(trouble.clone()));
        own
    }

    /// The texts of the URL category of a name, or of the destinations of the rule of that name.
    pub fn texts_of(&self, scope: &Scope, name: &str) -> Option<Vec<&str>> {
        let node = self.node(scope);
        let category = self
            .tree
            .at(node, &["profiles", "custom-url-category"])
            .and_then(|all| self.tree.entry(all, name));
        let members = match category {
            Some(category) => self.tree.members(category, "list"),
            None => ["security", "decryption", "authentication"].iter().find_map(|policy| {
                let rules = self.tree.at(node, &["rulebase", policy, "rules"])?;
                self.tree.members(self.tree.entry(rules, name)?, "destination")
            }),
        };
        members.map(|members| members.iter().map(|&member| self.tree.word(member)).collect())
    }

    /// The last part of the URL of every external dynamic list, by the list's name.
    pub fn external_lists(&self) -> BTreeMap<&str, &str> {
        let mut found = BTreeMap::new();
        let shared = self.tree.child(Tree::ROOT, "shared").into_iter();
        let entries =
            ["vsys", "device-group"].into_iter().filter_map(|word| self.tree.child(Tree::ROOT, word));
        let scopes = shared.chain(entries.flat_map(|node| self.tree.children(node)).copied());
        for lists in scopes.filter_map(|scope| self.tree.child(scope, "external-list")) {
            for &list in self.tree.children(lists) {
                let kinds = self.tree.child(list, "type").map_or(&[][..], |node| self.tree.children(node));
                if let Some(url) = kinds.iter().find_map(|&kind| self.tree.value(kind, "url")) {
                    found.insert(self.tree.word(list), url.rsplit('/').next().unwrap_or(url));
                }
            }
        }
        found
    }

    fn node(&self, scope: &Scope) -> NodeId {
        let (word, name) = match scope {
            Scope::Vsys(name) => ("vsys", name),
            Scope::DeviceGroup(name) => ("device-group", name),
            Scope::Shared => return self.tree.child(Tree::ROOT, "shared").unwrap_or(Tree::ROOT),
        };
        let all = self.tree.child(Tree::ROOT, word);
        all.and_then(|all| self.tree.entry(all, name)).unwrap_or(Tree::ROOT)
    }

    fn unused_lists(&self, used: &BTreeSet<&str>) -> Vec<Trouble> {
        let unused = self.lists.keys().filter(|name| !used.contains(*name));
        unused
            .map(|name| {
                Trouble::new(
                    Place { file: Arc::from(*name), line: 0 },
                    TroubleKind::NotUnderstood,
                    "a list that no rule refers to",
                )
            })
            .collect()
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vsys(name) => write!(f, "the virtual system `{}`", shown(name)),
            Self::DeviceGroup(name) => write!(f, "the device group `{}`", shown(name)),
            Self::Shared => f.write_str("all device groups"),
        }
    }
}

/// Words from the root on, which are added where they are not there.
fn enter_path(tree: &mut Tree<'_>, path: &[&'static str], spot: Spot) -> NodeId {
    let mut node = Tree::ROOT;
    let mut entries = false;
    for word in path {
        node = match entries {
            true => tree.enter_entry(node, Cow::Borrowed(*word), spot),
            false => tree.enter(node, word, spot),
        };
        entries = *word == "vsys";
    }
    node
}

/// The lines of a list that hold something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty())
}

/// The beginning of a text of the files, for a message.
fn shown(text: &str) -> String {
    text::shown(text, 80)
}
