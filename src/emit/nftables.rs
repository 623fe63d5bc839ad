//! nftables and dnsmasq: what a gateway forwards, or what a device sends itself.
//!
//! A packet filter knows no names. dnsmasq writes the addresses of every answer that it passes on into
//! the filter's sets, so a rule for a name lets through whatever else is at the same addresses. A line of
//! dnsmasq means its name and everything below, and the longest line that covers a name is the only one
//! that counts, so each line stands for the ports of all lines that cover it (`layout`).
//!
//! Deliberately not here: UDP. A rule asks for TCP, so QUIC is not let through.

mod layout;
mod options;
mod write;

#[cfg(test)]
mod tests;

use ipnet::IpNet;

use super::{Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{HostPattern, Intent, PathPattern, RequestPattern, Rule, Schemes};
use crate::plan::Plan;
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

pub use options::{NftablesAt, NftablesMode, NftablesOptions};

const ID: &str = "nftables";

/// Names for dnsmasq, each with everything below it.
const NAMES: &str = "names";
/// Networks of IPv4.
const ADDRESSES4: &str = "addresses4";
/// Networks of IPv6.
const ADDRESSES6: &str = "addresses6";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct Nftables;

impl Emitter for Nftables {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "thruway.nft"
    }

    fn applies(&self, settings: &Settings, intent: Intent) -> bool {
        let at = settings.options::<NftablesOptions>(ID).at;
        match intent {
            Intent::Allow => at == NftablesAt::Egress,
            Intent::Direct => true,
            Intent::BypassInspection | Intent::BypassAuthentication => false,
        }
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        NftablesOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, settings: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        if !self.applies(settings, intent) {
            return Err(Unsupported { why: format!("a packet filter there has no list for {intent}") });
        }
        let (list, text, host) = match &rule.pattern.host {
            HostPattern::Exact(name) | HostPattern::Subtree(name) | HostPattern::Descendants(name) => {
                (NAMES, name.to_string(), HostPattern::Subtree(name.clone()))
            }
            // dnsmasq takes a star inside a name, and never matches it. Run on 2026-11-24.
            HostPattern::TextSuffix(suffix) => {
                let parent = suffix.parent().clone();
                (NAMES, parent.to_string(), HostPattern::Subtree(parent))
            }
            HostPattern::LabelGlob(glob) => {
                let parent = glob.parent();
                (NAMES, parent.to_string(), HostPattern::Subtree(parent))
            }
            HostPattern::Address(network) => {
                let list = match network {
                    IpNet::V4(_) => ADDRESSES4,
                    IpNet::V6(_) => ADDRESSES6,
                };
                (list, network.to_string(), rule.pattern.host.clone())
            }
        };
        let ports = rule.pattern.ports.clone();
        let entries = vec![Entry { list, schemes: Schemes::ANY, ports: ports.clone(), text }];
        let means = vec![RequestPattern { host, schemes: Schemes::ANY, ports, path: PathPattern::Any }];
        Ok(match list {
            NAMES => Encoded::by_address(entries, means),
            _ => Encoded::new(entries, means),
        })
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        write::render(plan)
    }
}
