//! Terraform's resources of the provider PaloAltoNetworks/panos 2.x: services, URL categories, external dynamic
//! lists and the rules of three policies, in the place that each says it is for.
//!
//! Attributes from the documents of the provider's repository, read 2026-11-24. Where in a policy the rules go
//! (`position`) is not read: rules stand in the order of the resources.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::tree::{NodeId, Spot, Tree};
use super::{enter_path, shown};
use crate::read::TroubleKind;
use crate::read::hcl::{Attribute, Block, Body, Expression, Field, Value};

/// How an attribute is told to the tree.
#[derive(Clone, Copy)]
enum Kind {
    /// One text, or whether something is so.
    Value,
    /// A list of texts.
    Members,
    /// An object whose keys are words.
    Words(Attributes),
    /// What decides nothing.
    Silent,
}

/// An attribute's name, the word of the configuration, and what it holds.
type Attributes = &'static [(&'static str, &'static str, Kind)];

const SERVICE: Attributes = &[
    ("description", "", Kind::Silent),
    ("protocol", "protocol", Kind::Words(&[("tcp", "tcp", PORTS), ("udp", "udp", PORTS)])),
];
const PORTS: Kind = Kind::Words(&[
    ("destination_port", "port", Kind::Value),
    ("source_port", "source-port", Kind::Value),
    ("override", "", Kind::Silent),
]);
const CATEGORY: Attributes =
    &[("description", "", Kind::Silent), ("type", "type", Kind::Value), ("list", "list", Kind::Members)];
const EXTERNAL_LIST: Attributes =
    &[("type", "type", Kind::Words(&[("url", "url", LIST), ("ip", "ip", LIST), ("domain", "domain", LIST)]))];
const LIST: Kind = Kind::Words(&[
    ("description", "", Kind::Silent),
    ("url", "url", Kind::Value),
    ("recurring", "", Kind::Silent),
    ("exception_list", "exception-list", Kind::Members),
    ("expand_domain", "expand-domain", Kind::Value),
]);
const RULE: Attributes = &[
    ("description", "", Kind::Silent),
    ("disabled", "disabled", Kind::Value),
    ("source_zones", "from", Kind::Members),
    ("destination_zones", "to", Kind::Members),
    ("source_addresses", "source", Kind::Members),
    ("destination_addresses", "destination", Kind::Members),
    ("negate_source", "negate-source", Kind::Value),
    ("negate_destination", "negate-destination", Kind::Value),
    ("source_users", "source-user", Kind::Members),
    ("source_user", "source-user", Kind::Members),
    ("source_hip", "source-hip", Kind::Members),
    ("destination_hip", "destination-hip", Kind::Members),
    ("services", "service", Kind::Members),
    ("category", "category", Kind::Members),
];
const SECURITY: Attributes =
    &[("applications", "application", Kind::Members), ("action", "action", Kind::Value)];
const DECRYPTION: Attributes = &[
    ("action", "action", Kind::Value),
    (
        "type",
        "type",
        Kind::Words(&[
            ("ssl_forward_proxy", "ssl-forward-proxy", Kind::Words(&[])),
            ("ssh_proxy", "ssh-proxy", Kind::Words(&[])),
        ]),
    ),
];
const AUTHENTICATION: Attributes =
    &[("authentication_enforcement", "authentication-enforcement", Kind::Value)];

/// Attributes of every resource, which are read first.
const COMMON: &[&str] = &["location", "name", "position", "rules"];

struct Reader<'s, 't> {
    tree: &'s mut Tree<'t>,
    file: Spot,
    /// The names of objects, by type and label of their resources.
    names: BTreeMap<(String, String), Cow<'t, str>>,
}

/// Reads a file into the tree, which tells what is not understood.
pub(super) fn read<'t>(tree: &mut Tree<'t>, name: &str, text: &'t str) {
    let file = tree.file(name);
    let body = match Body::parse(text) {
        Ok(body) => body,
        Err(error) => return tree.trouble(TroubleKind::NotUnderstood, file.at(error.line), error.what),
    };
    let mut reader = Reader { tree, file, names: BTreeMap::new() };
    for attribute in &body.attributes {
        reader.not_understood(attribute.line, format!("the attribute `{}`", shown(attribute.name)));
    }
    for block in &body.blocks {
        if let (Some(label), Some(Value { expression: Expression::Text(name), .. })) =
            (label(block), block.body.get("name"))
        {
            reader.names.insert(label, name.clone());
        }
    }
    for block in &body.blocks {
        reader.block(block);
    }
}

/// Type and label of a resource.
fn label(block: &Block<'_>) -> Option<(String, String)> {
    match &block.labels[..] {
        [kind, label] if block.kind == "resource" => Some((kind.to_string(), label.to_string())),
        _ => None,
    }
}

impl<'t> Reader<'_, 't> {
    fn not_understood(&mut self, line: u32, what: impl AsRef<str>) {
        self.tree.trouble(TroubleKind::NotUnderstood, self.file.at(line), what);
    }

    fn block(&mut self, block: &Block<'t>) {
        if matches!(block.kind, "terraform" | "variable" | "provider" | "output") {
            return;
        }
        let Some((kind, _)) = label(block) else {
            return self.not_understood(block.line, format!("a block `{}`", shown(block.kind)));
        };
        if let Some(inside) = block.body.blocks.first() {
            self.not_understood(inside.line, format!("a block `{}` in a resource", shown(inside.kind)));
        }
        let Some(place) = self.location(block) else { return };
        match &*kind {
            "panos_service" => self.object(block, &place, &["service"], SERVICE),
            "panos_custom_url_category" => {
                self.object(block, &place, &["profiles", "custom-url-category"], CATEGORY);
            }
            "panos_external_dynamic_list" => self.object(block, &place, &["external-list"], EXTERNAL_LIST),
            "panos_security_policy_rules" => self.rules(block, &place, "security", SECURITY),
            "panos_decryption_policy_rules" => self.rules(block, &place, "decryption", DECRYPTION),
            "panos_authentication_policy_rules" => {
                self.rules(block, &place, "authentication", AUTHENTICATION);
            }
            other => self.not_understood(block.line, format!("a resource `{}`", shown(other))),
        }
    }

    /// Where a resource stands: the path of a virtual system, or of what is shared.
    fn location(&mut self, block: &Block<'t>) -> Option<Location<'t>> {
        let location = block.body.get("location").and_then(Value::as_object);
        let found = match location {
            Some([Field { key, value, .. }]) => match (&**key, value.as_object()) {
                ("shared", Some([])) => Some(Location::Shared),
                (
                    "vsys",
                    Some([Field { key, value: Value { expression: Expression::Text(name), .. }, .. }]),
                ) if key == "name" => Some(Location::Vsys(name.clone())),
                _ => None,
            },
            _ => None,
        };
        if found.is_none() {
            self.not_understood(block.line, "the resource's location is not understood");
        }
        found
    }

    fn enter(&mut self, location: &Location<'t>, spot: Spot) -> NodeId {
        match location {
            Location::Shared => enter_path(self.tree, &["shared"], spot),
            Location::Vsys(name) => {
                let all = enter_path(self.tree, &["vsys"], spot);
                self.tree.enter_entry(all, name.clone(), spot)
            }
        }
    }

    fn object(
        &mut self,
        block: &Block<'t>,
        location: &Location<'t>,
        path: &[&'static str],
        attributes: Attributes,
    ) {
        let spot = self.file.at(block.line);
        let Some(Expression::Text(name)) = block.body.get("name").map(|name| &name.expression) else {
            return self.not_understood(block.line, "a resource without a name");
        };
        let mut node = self.enter(location, spot);
        for word in path {
            node = self.tree.enter(node, word, spot);
        }
        if self.tree.entry(node, name).is_some() {
            self.tree.trouble(TroubleKind::Refused, spot, format!("`{}` a second time", shown(name)));
        }
        let entry = self.tree.enter_entry(node, name.clone(), spot);
        for Attribute { name, line, value } in &block.body.attributes {
            if matches!(*name, "position" | "rules") || !COMMON.contains(name) {
                self.attribute(entry, (name, *line), value, &[attributes]);
            }
        }
    }

    fn rules(&mut self, block: &Block<'t>, location: &Location<'t>, rulebase: &'static str, own: Attributes) {
        let spot = self.file.at(block.line);
        let mut node = self.enter(location, spot);
        for word in ["rulebase", rulebase, "rules"] {
            node = self.tree.enter(node, word, spot);
        }
        for Attribute { name, line, .. } in &block.body.attributes {
            if !COMMON.contains(name) {
                self.not_understood(*line, format!("the attribute `{}`", shown(name)));
            }
        }
        let Some(rules) = block.body.get("rules").and_then(Value::as_list) else {
            return self.not_understood(block.line, "a policy without a list of rules");
        };
        for rule in rules {
            let fields = rule.as_object().unwrap_or_default();
            let name = fields.iter().find(|field| field.key == "name").map(|field| &field.value.expression);
            let Some(Expression::Text(name)) = name else {
                self.not_understood(rule.line, "a rule without a name");
                continue;
            };
            let spot = self.file.at(rule.line);
            if self.tree.entry(node, name).is_some() {
                self.tree.trouble(TroubleKind::Refused, spot, format!("`{}` a second time", shown(name)));
            }
            let entry = self.tree.enter_entry(node, name.clone(), spot);
            for Field { key, line, value } in fields.iter().filter(|field| field.key != "name") {
                self.attribute(entry, (key, *line), value, &[RULE, own]);
            }
        }
    }

    /// Tells the tree of an attribute.
    fn attribute(
        &mut self,
        node: NodeId,
        (name, line): (&str, u32),
        value: &Value<'t>,
        known: &[Attributes],
    ) {
        let found = known.iter().copied().flatten().find(|(own, ..)| *own == name);
        let Some(&(_, word, kind)) = found else {
            return self.not_understood(line, format!("the attribute `{}`", shown(name)));
        };
        match kind {
            Kind::Silent => {}
            Kind::Value => {
                let Some(text) = self.text(value) else { return };
                let node = self.tree.enter(node, word, self.file.at(line));
                self.tree.set_value(node, text, self.file.at(value.line));
            }
            Kind::Members => {
                let Some(values) = value.as_list() else {
                    return self.not_understood(line, format!("`{}` is no list", shown(name)));
                };
                let node = self.tree.enter(node, word, self.file.at(line));
                for value in values {
                    if let Some(text) = self.text(value) {
                        self.tree.add(node, text, self.file.at(value.line));
                    }
                }
            }
            Kind::Words(known) => {
                let Some(fields) = value.as_object() else {
                    return self.not_understood(line, format!("`{}` is no object", shown(name)));
                };
                let node = self.tree.enter(node, word, self.file.at(line));
                for Field { key, line, value } in fields {
                    self.attribute(node, (key, *line), value, &[known]);
                }
            }
        }
    }

    /// A text, or the name of the object that is referred to.
    fn text(&mut self, value: &Value<'t>) -> Option<Cow<'t, str>> {
        let found = match &value.expression {
            Expression::Text(text) => Some(text.clone()),
            Expression::Bool(true) => Some(Cow::Borrowed("yes")),
            Expression::Bool(false) => Some(Cow::Borrowed("no")),
            Expression::Reference(words) => match words[..] {
                [kind, label, "name"] => {
                    let name = self.names.get(&(kind.to_owned(), label.to_owned())).cloned();
                    if name.is_none() {
                        let what = format!("there is no resource `{}`", shown(&words.join(".")));
                        self.tree.trouble(TroubleKind::Refused, self.file.at(value.line), what);
                        return None;
                    }
                    name
                }
                _ => None,
            },
            _ => None,
        };
        if found.is_none() {
            self.not_understood(value.line, "neither a text nor the name of an object");
        }
        found
    }
}

enum Location<'t> {
    Vsys(Cow<'t, str>),
    Shared,
}
