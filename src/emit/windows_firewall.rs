//! Windows Defender Firewall: dynamic keywords for names, rules that refer to them, and address rules.
//!
//! The filter is on the device. A keyword stands for the addresses that the device itself has resolved a
//! name to, so a rule for a name lets through whatever else is at the same addresses. Where the device goes
//! through a proxy there is nothing to resolve, and the proxy alone is let through (`at: device`).
//!
//! Deliberately not here: rules that block, and the default for outbound traffic. Both are the user's.

mod layout;
mod options;
mod write;

#[cfg(test)]
mod tests;

use super::{Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{HostPattern, Intent, PathPattern, RequestPattern, Rule, Schemes};
use crate::plan::Plan;
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

pub use options::{WindowsFirewallAt, WindowsFirewallOptions};

const ID: &str = "windows-firewall";

/// Names, each as one dynamic keyword.
const KEYWORDS: &str = "keywords";
/// Networks.
const ADDRESSES: &str = "addresses";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct WindowsFirewall;

impl Emitter for WindowsFirewall {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "thruway-firewall.ps1"
    }

    fn applies(&self, settings: &Settings, intent: Intent) -> bool {
        match intent {
            Intent::Allow => settings.options::<WindowsFirewallOptions>(ID).at == WindowsFirewallAt::Egress,
            Intent::Direct => true,
            Intent::BypassInspection | Intent::BypassAuthentication => false,
        }
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        WindowsFirewallOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, settings: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        if !self.applies(settings, intent) {
            return Err(Unsupported { why: format!("the firewall there has no list for {intent}") });
        }
        let (texts, host) = match &rule.pattern.host {
            HostPattern::Exact(name) => (vec![name.to_string()], rule.pattern.host.clone()),
            HostPattern::Descendants(name) => (vec![format!("*.{name}")], rule.pattern.host.clone()),
            HostPattern::Subtree(name) => {
                (vec![name.to_string(), format!("*.{name}")], rule.pattern.host.clone())
            }
            // No other star is documented, so all that can be said is the parent.
            HostPattern::TextSuffix(suffix) => below(suffix.parent().clone()),
            HostPattern::LabelGlob(glob) => below(glob.parent()),
            HostPattern::Address(network) => (vec![network.to_string()], rule.pattern.host.clone()),
        };
        let by_name = !matches!(rule.pattern.host, HostPattern::Address(_));
        let ports = rule.pattern.ports.clone();
        let entries = texts.into_iter().map(|text| Entry {
            list: if by_name { KEYWORDS } else { ADDRESSES },
            schemes: Schemes::ANY,
            ports: ports.clone(),
            text,
        });
        let entries = entries.collect();
        let means = vec![RequestPattern { host, schemes: Schemes::ANY, ports, path: PathPattern::Any }];
        Ok(if by_name { Encoded::by_address(entries, means) } else { Encoded::new(entries, means) })
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        write::render(plan)
    }
}

/// The keyword for everything below a name, and what it means.
fn below(name: crate::model::DomainName) -> (Vec<String>, HostPattern) {
    (vec![format!("*.{name}")], HostPattern::Descendants(name))
}
