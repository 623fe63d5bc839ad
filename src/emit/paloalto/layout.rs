//! The objects and rules of one plan, before they are written in any language.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::FACTS;
use super::name::{self, Kind};
use super::{ID, PaloAltoOptions, escape};
use crate::emit::{RenderError, header};
use crate::model::{Intent, Ports};
use crate::plan::{List, Plan};

/// Longest description of a custom URL category or an external dynamic list, in characters. Checked
/// 2026-11-24, the vendor's own schema (PaloAltoNetworks/pan-os-codegen, specs/objects).
const MAX_DESCRIPTION: usize = 255;

/// The keyword for everything.
pub const ANY: &str = "any";

/// Everything that is written.
pub struct Layout<'p> {
    /// One line about who wrote the objects, for their descriptions.
    pub description: String,
    /// Who wrote the files and from what, one line each, for formats with comments.
    pub header: Vec<String>,
    /// The lists, by intent, kind and ports.
    pub lists: Vec<NamedList<'p>>,
    /// The service objects, by name.
    pub services: BTreeMap<String, Ports>,
    /// Whether rules refer to external dynamic lists, else to what the configuration itself holds.
    pub external: bool,
    /// The rules, in the order of [`Layout::lists`].
    pub rules: Vec<Rule<'p>>,
    /// Whether zones and sources are known. Where they are not, the rules hold placeholders, and are
    /// written to the template alone.
    pub complete: bool,
}

/// One list of the plan with its names.
pub struct NamedList<'p> {
    /// The intent.
    pub intent: Intent,
    /// What it holds.
    pub kind: Kind,
    /// Its entries.
    pub lines: &'p [String],
    /// The object's name, and the name of the rule that uses it.
    pub name: String,
    /// The service object's name.
    pub service: String,
    /// The file's name.
    pub file: String,
    /// Where the firewall fetches the file, where it does.
    pub url: Option<String>,
}

/// Which policy a rule belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rulebase {
    /// What is let through.
    Security,
    /// What is decrypted.
    Decryption,
    /// Who must sign in.
    Authentication,
}

impl Rulebase {
    /// All of them, in the order in which they are written.
    pub const ALL: [Rulebase; 3] = [Rulebase::Security, Rulebase::Decryption, Rulebase::Authentication];

    /// The element's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Decryption => "decryption",
            Self::Authentication => "authentication",
        }
    }
}

/// One rule of the firewall.
pub struct Rule<'p> {
    /// Which policy.
    pub rulebase: Rulebase,
    /// Its name.
    pub name: String,
    /// Zones the clients are in.
    pub from: Vec<&'p str>,
    /// Zones the internet is in.
    pub to: Vec<&'p str>,
    /// The clients.
    pub source: Vec<&'p str>,
    /// Where the traffic goes.
    pub destination: Vec<String>,
    /// The service object.
    pub service: String,
    /// The URL category.
    pub category: String,
}

impl<'p> Layout<'p> {
    /// Names everything, and refuses what cannot be written safely.
    ///
    /// # Errors
    /// When an option of the profile is no name, address or URL that the product takes, or the product
    /// would ignore a part of what is written.
    pub fn new(plan: &'p Plan<'_>, options: &'p PaloAltoOptions) -> Result<Self, RenderError> {
        check_options(options)?;
        let mut lists = Vec::new();
        let mut services = BTreeMap::new();
        let mut ports_of_name: BTreeMap<String, &Ports> = BTreeMap::new();
        for (&intent, intent_plan) in &plan.intents {
            for list in &intent_plan.lists {
                let service = name::service(&list.ports);
                // Two port sets with one hash would share a service, and so each other's ports.
                if *ports_of_name.entry(service.clone()).or_insert(&list.ports) != &list.ports {
                    return Err(unsafe_value(service, "two port sets share this name"));
                }
                check_ports(&list.ports)?;
                services.insert(service.clone(), list.ports.clone());
                lists.push(named(intent, list, service, options)?);
            }
        }
        let rules = lists.iter().map(|list| rule(list, options)).collect();
        Ok(Self {
            description: description(plan)?,
            header: header::lines(plan.banner).iter().map(|line| escape::plain(line)).collect(),
            lists,
            services,
            external: options.edl_base_url.is_some(),
            rules,
            complete: [&options.from_zones, &options.to_zones, &options.sources]
                .iter()
                .all(|names| !names.is_empty()),
        })
    }

    /// The rules of one policy.
    pub fn rules_of(&self, rulebase: Rulebase) -> impl Iterator<Item = &Rule<'p>> {
        self.rules.iter().filter(move |rule| rule.rulebase == rulebase)
    }

    /// The policies that have a rule.
    pub fn rulebases(&self) -> impl Iterator<Item = Rulebase> {
        let used: BTreeSet<Rulebase> = self.rules.iter().map(|rule| rule.rulebase).collect();
        Rulebase::ALL.into_iter().filter(move |rulebase| used.contains(rulebase))
    }
}

/// Who wrote the objects. No date: same input, same bytes.
fn description(plan: &Plan<'_>) -> Result<String, RenderError> {
    let banner = plan.banner;
    let text = format!(
        "Written by {} for profile {}. Edits are lost. See PROVENANCE.txt.",
        banner.generator, banner.profile
    );
    if text.len() > MAX_DESCRIPTION {
        return Err(limit("the description of an object, in characters", text.len(), MAX_DESCRIPTION as u64));
    }
    Ok(escape::plain(&text))
}

fn named<'p>(
    intent: Intent,
    list: &'p List,
    service: String,
    options: &PaloAltoOptions,
) -> Result<NamedList<'p>, RenderError> {
    let kind = if list.list == Kind::Ip.as_str() { Kind::Ip } else { Kind::Url };
    let file = name::file(intent, kind, &list.ports);
    let url = options.edl_base_url.as_ref().map(|base| format!("{}/{file}", base.trim_end_matches('/')));
    if let Some(url) = &url
        && url.len() as u64 > FACTS.edl_url_text
    {
        return Err(limit(
            "the address of an external dynamic list, in characters",
            url.len(),
            FACTS.edl_url_text,
        ));
    }
    let name = name::object(intent, kind, &list.ports);
    Ok(NamedList { intent, kind, lines: &list.lines, name, service, file, url })
}

fn rule<'p>(list: &NamedList<'p>, options: &'p PaloAltoOptions) -> Rule<'p> {
    let (destination, category) = match list.kind {
        Kind::Url => (vec![ANY.to_owned()], list.name.clone()),
        Kind::Ip if list.url.is_some() => (vec![list.name.clone()], ANY.to_owned()),
        Kind::Ip => (list.lines.to_vec(), ANY.to_owned()),
    };
    Rule {
        rulebase: match list.intent {
            Intent::Allow => Rulebase::Security,
            Intent::BypassInspection => Rulebase::Decryption,
            Intent::BypassAuthentication => Rulebase::Authentication,
            Intent::Direct => unreachable!("internal error: direct does not apply"),
        },
        name: list.name.clone(),
        from: or_placeholder(&options.from_zones, "<ZONE-OF-CLIENTS>"),
        to: or_placeholder(&options.to_zones, "<ZONE-OF-INTERNET>"),
        source: or_placeholder(&options.sources, "<ADDRESSES-OF-CLIENTS>"),
        destination,
        service: list.service.clone(),
        category,
    }
}

/// The values, or a placeholder that PAN-OS refuses as a name: never `any`, which opens the rule to
/// everybody.
fn or_placeholder<'p>(values: &'p [String], placeholder: &'static str) -> Vec<&'p str> {
    if values.is_empty() { vec![placeholder] } else { values.iter().map(String::as_str).collect() }
}

fn check_options(options: &PaloAltoOptions) -> Result<(), RenderError> {
    for (what, names) in
        [("zone", &options.from_zones), ("zone", &options.to_zones), ("source", &options.sources)]
    {
        for name in names {
            check_name(name).map_err(|why| unsafe_value(format!("{what} `{}`", escape::plain(name)), why))?;
        }
    }
    match &options.edl_base_url {
        None => Ok(()),
        Some(base) => check_base_url(base)
            .map_err(|why| unsafe_value(format!("edl_base_url `{}`", escape::plain(base)), why)),
    }
}

/// Zones, addresses and names of address objects: "letters, numbers, spaces, hyphens, and underscores",
/// at most 63 characters, with `.`, `:` and `/` for addresses.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 63 {
        return Err("a name has 1 to 63 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b" ._:/-".contains(&b)) {
        return Err("a name holds letters, digits, spaces and any of ._:/- alone");
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':') || name.ends_with(' ') {
        return Err("a name begins with a letter or a digit and does not end in a space");
    }
    Ok(())
}

fn check_base_url(base: &str) -> Result<(), &'static str> {
    let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.trim_matches('/').is_empty()) {
        return Err("it is no http or https URL");
    }
    if !base.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/[]@%+,=".contains(&b)) {
        return Err("a character that a plain URL without query does not have");
    }
    Ok(())
}

fn check_ports(ports: &Ports) -> Result<(), RenderError> {
    let len = ports.to_string().len();
    if len as u64 > FACTS.service_port_text {
        return Err(limit("the ports of a service, in characters", len, FACTS.service_port_text));
    }
    Ok(())
}

/// A limit that is exceeded.
pub fn limit(what: &str, actual: usize, limit: u64) -> RenderError {
    RenderError::Limit { target: ID, what: what.to_owned(), actual: actual as u64, limit }
}

/// A value that cannot be written.
pub fn unsafe_value(what: impl Into<String>, why: &str) -> RenderError {
    RenderError::Unsafe { target: ID, what: what.into(), why: why.to_owned() }
}
