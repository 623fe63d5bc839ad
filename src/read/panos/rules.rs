//! The rules of a scope, each as what it matches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::client::LikelyClient;
use super::objects::{Objects, everything};
use super::places::Own;
use super::tree::{NodeId, Spot, Tree};
use super::{Configuration, Scope, shown};
use crate::model::{Intent, PathPattern, RequestPattern, Schemes};
use crate::read::{Item, Reading, Rulebase, Ruling, TroubleKind};

/// Most items of all rules together: lists that many rules use count each time.
pub(super) const MAX_ITEMS: usize = 8_000_000;

/// What a rule asks for beside host and port, such as zones: by the word of the configuration, its texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conditions(pub BTreeMap<&'static str, Vec<String>>);

/// `from` trust, guests, `to` untrust.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("everybody");
        }
        for (at, (word, texts)) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}`{word}` {}", shown(&texts.join(", ")))?;
        }
        Ok(())
    }
}

/// The rules of a scope.
#[derive(Clone, Debug)]
pub struct ScopeReading {
    /// What they decide.
    pub reading: Reading,
    /// What each asks for beside host and port, in the order of the rules.
    pub conditions: BTreeMap<Intent, Vec<Conditions>>,
}

/// One of the lists of rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Policy {
    Security,
    Decryption,
    Authentication,
}

impl Policy {
    const ALL: [Policy; 3] = [Policy::Security, Policy::Decryption, Policy::Authentication];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Decryption => "decryption",
            Self::Authentication => "authentication",
        }
    }

    fn intent(self) -> Intent {
        match self {
            Self::Security => Intent::Allow,
            Self::Decryption => Intent::BypassInspection,
            Self::Authentication => Intent::BypassAuthentication,
        }
    }

    /// What a rule cannot be without.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Security => &["from", "to", "source", "destination", "application", "service"],
            Self::Decryption | Self::Authentication => &["from", "to", "source", "destination"],
        }
    }
}

/// Lists of texts of which `any` asks for nothing.
const CONDITIONS: &[&str] = &[
    "from",
    "to",
    "source",
    "source-user",
    "source-hip",
    "destination-hip",
    "hip-profiles",
    "application",
    "saas-user-list",
    "saas-tenant-list",
    "source-imsi",
    "source-imei",
    "source-nw-slice",
];

/// Reads the rules of a scope. Also tells which files of lists they use.
pub(super) fn read<'t>(
    configuration: &Configuration<'t>,
    scope: &Scope,
) -> (ScopeReading, BTreeSet<&'t str>) {
    let own = Own::of(configuration, scope);
    let tree = &configuration.tree;
    let client = LikelyClient::of(tree, &own.rulebases);
    let mut reader = Reader { objects: Objects::new(configuration, own.objects), tree, client, items: 0 };
    let mut reading = Reading::default();
    let mut conditions = BTreeMap::new();
    for policy in Policy::ALL {
        let bases: Vec<NodeId> =
            own.rulebases.iter().filter_map(|&base| tree.child(base, policy.as_str())).collect();
        let default = own.rulebases.iter().find_map(|&base| reader.default_action(base));
        if bases.is_empty() && (policy != Policy::Security || default.is_none()) {
            continue;
        }
        let mut rulebase = Rulebase { rules: Vec::new(), otherwise: policy != Policy::Security };
        if policy == Policy::Security {
            rulebase.otherwise = default.unwrap_or(false);
        }
        let rules = bases.iter().filter_map(|&base| tree.child(base, "rules"));
        for &rule in rules.flat_map(|rules| tree.children(rules)) {
            if let Some((ruling, own)) = reader.rule(policy, rule) {
                rulebase.rules.push(ruling);
                conditions.entry(policy.intent()).or_insert_with(Vec::new).push(own);
            }
        }
        reading.rulebases.insert(policy.intent(), rulebase);
    }
    reading.troubles = reader.objects.troubles;
    (ScopeReading { reading, conditions }, reader.objects.used)
}

pub(super) struct Reader<'c, 't> {
    pub(super) objects: Objects<'c, 't>,
    pub(super) tree: &'c Tree<'t>,
    client: LikelyClient<'c>,
    items: usize,
}

impl Reader<'_, '_> {
    pub(super) fn trouble(&mut self, kind: TroubleKind, spot: Spot, what: impl AsRef<str>) {
        self.objects.trouble(kind, spot, what);
    }

    /// Whether traffic between zones is let through that no rule matches, where the configuration says so.
    fn default_action(&mut self, rulebase: NodeId) -> Option<bool> {
        let rules = self.tree.at(rulebase, &["default-security-rules", "rules"])?;
        let rule = self.tree.entry(rules, "interzone-default")?;
        self.tree.value(rule, "action").map(|action| action == "allow")
    }

    /// Whether something is so: `yes`, or else `no`.
    pub(super) fn is_so(&mut self, rule: NodeId, word: &str) -> bool {
        match self.tree.value(rule, word) {
            Some("yes") => true,
            None | Some("no") => false,
            Some(other) => {
                let what = format!("`{word}` is `{}`, neither `yes` nor `no`", shown(other));
                self.trouble(TroubleKind::Refused, self.tree.spot(rule), what);
                false
            }
        }
    }

    /// A rule, where it decides something.
    fn rule(&mut self, policy: Policy, rule: NodeId) -> Option<(Ruling, Conditions)> {
        let (tree, spot) = (self.tree, self.tree.spot(rule));
        if self.is_so(rule, "disabled") {
            return None;
        }
        for word in policy.required() {
            if tree.members(rule, word).is_none_or(<[_]>::is_empty) {
                self.trouble(TroubleKind::Refused, spot, format!("the rule has no `{word}`"));
                return None;
            }
        }
        // SSH carries no request.
        if policy == Policy::Decryption && tree.at(rule, &["type", "ssh-proxy"]).is_some() {
            return None;
        }
        let grants = self.grants(policy, rule)?;
        let members = tree.members(rule, "service").unwrap_or_default();
        let services = self.objects.services(members);
        let mut conditions = self.conditions(policy, rule, grants);
        if services.of_clients_port {
            conditions.0.insert("source-port", Vec::new());
        }
        let listed = self.hosts(rule, grants, &mut conditions)?;
        if !conditions.0.is_empty() {
            let words: Vec<String> = conditions.0.keys().map(|word| format!("`{word}`")).collect();
            if grants
                && conditions
                    .0
                    .get("source-user")
                    .is_some_and(|own| own.iter().any(|user| user == "known-user"))
            {
                let what = "the rule is for users who are known, and what runs as the system is none";
                self.trouble(TroubleKind::Misleading, spot, what);
            }
            let is_fulfilled = grants || self.client.fulfils(&conditions);
            let taken = if is_fulfilled { "fulfilled" } else { "not fulfilled" };
            let what = format!("the rule depends on {}, taken as {taken}", words.join(", "));
            self.trouble(TroubleKind::Assumed, spot, what);
            if !is_fulfilled {
                return None;
            }
        }
        let mut items = Vec::with_capacity(listed.len());
        for (schemes, ports) in services.by_scheme() {
            let schemes = match policy {
                Policy::Security | Policy::Authentication => schemes,
                Policy::Decryption => Schemes { http: false, ..schemes },
            };
            if schemes == (Schemes { http: false, https: false }) {
                continue;
            }
            self.items += listed.len();
            if self.items > MAX_ITEMS {
                self.trouble(TroubleKind::NotUnderstood, spot, format!("over {MAX_ITEMS} entries in rules"));
                return None;
            }
            for own in &listed {
                let pattern =
                    |host| RequestPattern { host, schemes, ports: ports.clone(), path: own.path.clone() };
                let item = |host| Item { pattern: pattern(host), place: own.place.clone() };
                match &own.host {
                    Some(host) => items.push(item(host.clone())),
                    None => items.extend(everything().map(item)),
                }
            }
        }
        if policy == Policy::Decryption {
            self.leave_paths_out(&mut items);
        }
        Some((Ruling { grants, place: tree.place(spot), items }, conditions))
    }

    /// An entry with a path never matches what has not been decrypted yet.
    fn leave_paths_out(&mut self, items: &mut Vec<Item>) {
        items.retain(|item| {
            let seen = item.pattern.path == PathPattern::Any;
            if !seen {
                self.objects.troubles.push(crate::read::Trouble::new(
                    item.place.clone(),
                    TroubleKind::NeverMatches,
                    "a path, which is not seen before TLS is decrypted",
                ));
            }
            seen
        });
    }

    /// Whether a rule grants what its policy is about.
    fn grants(&mut self, policy: Policy, rule: NodeId) -> Option<bool> {
        let tree = self.tree;
        let word = match policy {
            Policy::Security | Policy::Decryption => "action",
            Policy::Authentication => "authentication-enforcement",
        };
        let Some(text) = tree.value(rule, word) else {
            self.trouble(TroubleKind::Refused, tree.spot(rule), format!("the rule has no `{word}`"));
            return None;
        };
        let grants = match (policy, text) {
            (Policy::Security, "allow")
            | (Policy::Decryption, "no-decrypt")
            | (Policy::Authentication, "default-no-captive-portal") => Some(true),
            (Policy::Security, "deny" | "drop" | "reset-client" | "reset-server" | "reset-both")
            | (Policy::Decryption, "decrypt" | "decrypt-and-forward")
            | (Policy::Authentication, "default-web-form" | "default-browser-challenge") => Some(false),
            (Policy::Security | Policy::Decryption, _) => None,
            (Policy::Authentication, name) => {
                let object = self.objects.find(&["authentication-object"], name);
                match object.and_then(|object| tree.value(object, "authentication-method")) {
                    Some("no-captive-portal") => Some(true),
                    Some("web-form" | "browser-challenge") => Some(false),
                    _ => None,
                }
            }
        };
        if grants.is_none() {
            let what = format!("`{word}` is `{}`, which is not known", shown(text));
            self.trouble(TroubleKind::Refused, tree.spot(rule), what);
        }
        grants
    }

    /// What a rule asks for beside hosts, ports and destinations.
    fn conditions(&mut self, policy: Policy, rule: NodeId, grants: bool) -> Conditions {
        let tree = self.tree;
        let mut found = BTreeMap::new();
        let texts = |members: &[NodeId]| members.iter().map(|&own| tree.word(own).to_owned()).collect();
        for &word in CONDITIONS {
            let members = tree.members(rule, word).unwrap_or_default();
            if members.is_empty() || members.iter().any(|&own| tree.word(own) == "any") {
                continue;
            }
            if matches!(word, "from" | "to" | "source") {
                for &own in members.iter().filter(|&&own| !is_name(tree.word(own))) {
                    let what = format!("`{}` is no name in PAN-OS", shown(tree.word(own)));
                    self.trouble(TroubleKind::Refused, tree.spot(own), what);
                }
            }
            found.insert(word, texts(members));
        }
        if self.is_so(rule, "negate-source") {
            found.insert("negate-source", Vec::new());
        }
        if let Some(text) = tree.value(rule, "schedule") {
            found.insert("schedule", vec![text.to_owned()]);
        }
        if let Some(text) = tree.value(rule, "rule-type").filter(|text| *text != "universal") {
            found.insert("rule-type", vec![text.to_owned()]);
        }
        if let Some(target) = tree.child(rule, "target") {
            let devices = tree.members(target, "devices").unwrap_or_default();
            let tags = tree.members(target, "tags").unwrap_or_default();
            if !devices.is_empty() || !tags.is_empty() {
                found.insert("target", texts(devices));
            }
        }
        // A profile may block what the rule lets through, and has nothing to say where the rule does not.
        let profiles = tree.child(rule, "profile-setting").map_or(&[][..], |node| tree.children(node));
        if grants
            && profiles.iter().any(|&own| tree.word(own) == "profiles" || !tree.children(own).is_empty())
        {
            found.insert("profile-setting", Vec::new());
        }
        if policy == Policy::Decryption && tree.at(rule, &["type", "ssl-inbound-inspection"]).is_some() {
            found.insert("type", vec!["ssl-inbound-inspection".to_owned()]);
        }
        Conditions(found)
    }
}

/// Whether a text may be the name of a zone or an address: letters, digits and some signs.
fn is_name(text: &str) -> bool {
    text.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '.' | '_' | '-' | ':' | '/'))
}
