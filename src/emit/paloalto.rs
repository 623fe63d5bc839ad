//! Palo Alto Networks PAN-OS: URL categories or external dynamic lists, and the rules that use them.
//!
//! Three policies, one per intent: security rules let through, decryption rules leave TLS alone,
//! authentication rules ask nobody to sign in. A URL list is blind to the scheme and to the port, so
//! there is one list per port set and the rule's service says the ports; the rules for addresses are
//! rules of their own. What is not verified on a device is in `targets/paloalto/NOTES.md`.

pub mod entry;
pub mod escape;
mod layout;
pub mod limits;
mod name;
mod options;
mod provenance;
mod terraform;
mod tree;

#[cfg(test)]
mod tests;

use layout::Layout;
use limits::{FACTS, Model};
use name::Kind;

use super::{Artifact, Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{HostPattern, Intent, PathPattern, RequestPattern, Rule, Scheme, Schemes};
use crate::plan::Plan;
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

pub use options::PaloAltoOptions;

const ID: &str = "paloalto";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct PaloAlto;

impl Emitter for PaloAlto {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "set-commands.txt"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        match intent {
            Intent::Allow | Intent::BypassInspection | Intent::BypassAuthentication => true,
            Intent::Direct => false,
        }
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        PaloAltoOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, _: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        let schemes = schemes(intent, rule.pattern.schemes)?;
        match &rule.pattern.host {
            HostPattern::Address(network) => {
                // An address rule sees no path. The text is the pattern's own: `203.0.113.0/24`.
                let text = HostPattern::Address(*network).to_string();
                Ok(encoded(rule, schemes, Kind::Ip, vec![text], PathPattern::Any))
            }
            host => {
                let path = seen_path(&rule.pattern);
                let (tail, means) = entry::url_path(&path);
                let texts: Vec<String> =
                    entry::url_hosts(host)?.into_iter().map(|host| host + &tail).collect();
                for text in &texts {
                    entry::check_entry(text).map_err(|error| Unsupported { why: error.to_string() })?;
                }
                Ok(encoded(rule, schemes, Kind::Url, texts, means))
            }
        }
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let options: PaloAltoOptions = plan.settings.options(ID);
        let layout = Layout::new(plan, &options)?;
        let mut findings = check_limits(&options, &layout)?;
        findings.extend(incomplete(&options, &layout));
        let mut artifacts: Vec<Artifact> = layout
            .lists
            .iter()
            .map(|list| artifact(&list.file, (list.lines.join("\n") + "\n").into_bytes()))
            .collect();
        artifacts.push(artifact("PROVENANCE.txt", provenance::text(self, plan, &layout)));
        artifacts.push(artifact("config.xml", tree::xml(&layout).map_err(template_error)?));
        artifacts.push(artifact("main.tf", terraform::main_tf(&layout)?));
        if !layout.complete && !layout.rules.is_empty() {
            artifacts.push(artifact("rules.template.txt", tree::rule_templates(&layout)?));
        }
        artifacts.push(artifact("set-commands.txt", tree::set_commands(&layout)?));
        Ok(Rendered { artifacts, findings })
    }
}

/// Which schemes a rule concerns in the product.
///
/// A security or authentication rule with application `any` cannot tell plain HTTP from TLS on its
/// ports; a decryption rule for outbound TLS concerns TLS alone.
fn schemes(intent: Intent, asked: Schemes) -> Result<Schemes, Unsupported> {
    match intent {
        Intent::Allow | Intent::BypassAuthentication => Ok(Schemes::ANY),
        Intent::BypassInspection if asked.https => Ok(Schemes::only(Scheme::Https)),
        Intent::BypassInspection => Err(Unsupported { why: "plain HTTP is never decrypted".to_owned() }),
        Intent::Direct => Err(Unsupported { why: "the firewall sends nothing past a proxy".to_owned() }),
    }
}

/// The path that the firewall can see: that of plain HTTP. An entry with a path would never match TLS
/// that is not decrypted.
fn seen_path(pattern: &RequestPattern) -> PathPattern {
    if pattern.schemes.https { PathPattern::Any } else { pattern.path.clone() }
}

fn encoded(rule: &Rule, schemes: Schemes, kind: Kind, texts: Vec<String>, path: PathPattern) -> Encoded {
    let ports = &rule.pattern.ports;
    let entries = texts
        .into_iter()
        .map(|text| Entry { list: kind.as_str(), schemes, ports: ports.clone(), text })
        .collect();
    let means = RequestPattern { host: rule.pattern.host.clone(), schemes, ports: ports.clone(), path };
    Encoded::new(entries, vec![means])
}

fn artifact(path: &str, bytes: Vec<u8>) -> Artifact {
    Artifact { path: path.to_owned(), bytes }
}

fn template_error(error: std::io::Error) -> RenderError {
    RenderError::Template { target: ID, why: error.to_string() }
}

/// Rules that cannot be loaded, since the profile does not say for whom they are.
fn incomplete(options: &PaloAltoOptions, layout: &Layout<'_>) -> Option<Diagnostic> {
    if layout.complete || layout.rules.is_empty() {
        return None;
    }
    let PaloAltoOptions { from_zones, to_zones, sources, .. } = options;
    let named = [
        (from_zones, "from_zones", "from_zones: [trust]"),
        (to_zones, "to_zones", "to_zones: [untrust]"),
        (sources, "sources", "sources: [10.0.0.0/8]"),
    ];
    let missing: Vec<_> = named.into_iter().filter(|(names, ..)| names.is_empty()).collect();
    let words: Vec<&str> = missing.iter().map(|(_, key, _)| *key).collect();
    let examples: Vec<&str> = missing.iter().map(|(.., example)| *example).collect();
    Some(
        Diagnostic::new(
            Code::RulesIncomplete,
            format!("no rule is written, since the profile names no {}", words.join(" or ")),
            Place::Run,
            "the lists alone let nothing through",
        )
        .help(format!("write `targets: {{ paloalto: {{ {} }} }}` in the profile", examples.join(", ")))
        .help("or fill in the words in angle brackets in `rules.template.txt`, and load that file too")
        .for_target(ID),
    )
}

/// What the firewall's model would skip or refuse: an error where the profile names the model, else a
/// finding, since the documented numbers are old.
fn check_limits(options: &PaloAltoOptions, layout: &Layout<'_>) -> Result<Vec<Diagnostic>, RenderError> {
    let mut findings = Vec::new();
    let (model, known) = model(options, &mut findings);
    let count = |kind| layout.lists.iter().filter(move |list| list.kind == kind).map(|list| list.lines.len());
    // What, how many, how many are taken, and whether that number is documented for the model.
    let mut limits: Vec<(&str, usize, u64, bool)> = Vec::new();
    if layout.external {
        if layout.lists.len() as u64 > FACTS.edl_sources {
            return Err(layout::limit("external dynamic lists", layout.lists.len(), FACTS.edl_sources));
        }
        limits.push(("URLs in external dynamic lists", count(Kind::Url).sum(), model.edl_urls, known));
        limits.push((
            "addresses in external dynamic lists",
            count(Kind::Ip).sum(),
            model.edl_addresses,
            known,
        ));
    } else {
        let largest = count(Kind::Url).max().unwrap_or(0);
        limits.push(("entries of a custom URL category", largest, model.category_entries, false));
    }
    for (what, actual, limit, documented) in limits {
        if actual as u64 <= limit {
            continue;
        }
        if documented {
            return Err(layout::limit(what, actual, limit));
        }
        findings.push(
            Diagnostic::new(
                Code::LimitExceeded,
                format!("{actual} {what}, over the {limit} that some models take"),
                Place::Run,
                "the firewall skips what is over its limit",
            )
            .help("name the model in the profile: targets: paloalto: model")
            .help("compare with `List Capacities` of the firewall")
            .for_target(ID),
        );
    }
    Ok(findings)
}

/// The limits to hold to, and whether the profile names their model.
fn model(options: &PaloAltoOptions, findings: &mut Vec<Diagnostic>) -> (Model, bool) {
    let Some(name) = &options.model else { return (limits::other(), false) };
    if let Some(model) = limits::model(name) {
        return (model, true);
    }
    let known: Vec<&str> = FACTS.models.keys().map(String::as_str).collect();
    findings.push(
        Diagnostic::new(
            Code::UnknownModel,
            format!("model `{}` has no limits on record", escape::plain(name)),
            Place::Run,
            "the limits of `other` are used",
        )
        .help(format!("known models: {}", known.join(", ")))
        .for_target(ID),
    );
    (limits::other(), false)
}
