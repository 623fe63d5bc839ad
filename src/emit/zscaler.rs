//! Zscaler Internet Access: custom URL categories, the rules that use them, exempted URLs, and conditions
//! for a forwarding PAC file.
//!
//! A leading dot covers the name itself and five levels below, so "everything below" is wider by the name
//! and narrower beyond five levels; both are reported. Any port is covered, and without a path any path. URLs
//! exempted from authentication are exempt from inspection too, so of these only what both lists have is
//! written ([`Emitter::parts`]).
//!
//! Deliberately not here: regular-expression categories and address ranges, which support must switch on.

mod layout;
mod options;
mod pac;
mod url;
mod write;

#[cfg(test)]
mod tests;

use super::{Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{HostPattern, Intent, PathPattern, Ports, RequestPattern, Rule, Scheme, Schemes};
use crate::plan::{Earlier, Plan};
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

pub use options::ZscalerOptions;

const ID: &str = "zscaler";

/// URLs of a category, or of the exempted list.
const URLS: &str = "urls";
/// Conditions of the forwarding PAC file.
const CONDITIONS: &str = "conditions";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct Zscaler;

impl Emitter for Zscaler {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "main.tf"
    }

    fn applies(&self, _: &Settings, _: Intent) -> bool {
        true
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        ZscalerOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, _: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        let pattern = &rule.pattern;
        let schemes = match intent {
            Intent::Direct => return pac::encode(pattern),
            Intent::Allow | Intent::BypassAuthentication => Schemes::ANY,
            Intent::BypassInspection if pattern.schemes.https => Schemes::only(Scheme::Https),
            Intent::BypassInspection => return Err(unsupported("plain HTTP is never inspected")),
        };
        let (hosts, means) = url::hosts(&pattern.host)?;
        // Of HTTPS that is not inspected only the host is seen.
        let (tails, path) = if pattern.schemes.https {
            (vec![String::new()], PathPattern::Any)
        } else {
            url::tails(&pattern.path)
        };
        let mut entries = Vec::with_capacity(hosts.len() * tails.len());
        for host in &hosts {
            for tail in &tails {
                let text = format!("{host}{tail}");
                url::check(&pattern.host, &text)?;
                entries.push(Entry { list: URLS, schemes, ports: Ports::any(), text });
            }
        }
        let means = means
            .into_iter()
            .map(|host| RequestPattern { host, schemes, ports: Ports::any(), path: path.clone() })
            .collect();
        Ok(Encoded::new(entries, means))
    }

    fn parts(
        &self,
        settings: &Settings,
        intent: Intent,
        rule: &Rule,
        earlier: &Earlier<'_>,
    ) -> Result<Option<Vec<RequestPattern>>, Unsupported> {
        if intent != Intent::BypassAuthentication {
            return Ok(None);
        }
        // What the entries mean, not the rule alone: `.x` has the name itself as well.
        let is_uninspected = |encoded: &Encoded| {
            earlier.has_hosts(Intent::BypassInspection, encoded.means.iter().map(|pattern| &pattern.host))
        };
        // A rule that cannot be said at all has a reason of its own.
        if is_uninspected(&self.encode(settings, intent, rule)?) {
            return Ok(None);
        }
        let refused =
            || unsupported("Zscaler would exempt it from inspection as well, and it is not on that list");
        let host = &rule.pattern.host;
        if matches!(host, HostPattern::Exact(_) | HostPattern::Address(_)) {
            return Err(refused());
        }
        let parts: Vec<RequestPattern> = earlier
            .covered_by(Intent::BypassInspection, host)
            .into_iter()
            .map(|own| rule.pattern.with_host(own.pattern.host.clone()))
            .filter(|part| {
                let part = Rule { pattern: part.clone(), provenance: rule.provenance.clone() };
                self.encode(settings, intent, &part).is_ok_and(|encoded| is_uninspected(&encoded))
            })
            .collect();
        if parts.is_empty() { Err(refused()) } else { Ok(Some(parts)) }
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        write::render(plan)
    }
}

fn unsupported(why: &str) -> Unsupported {
    Unsupported { why: why.to_owned() }
}
