//! Which set each name fills, and which addresses are in a set from the start.
//!
//! Of the lines that cover a name, dnsmasq 2.90 takes the longest and no other (run on 2026-11-24), and
//! of two lines for one name only one. So a name has one line, and the set of that line is the one for the
//! ports of every line that covers the name: `a.example.com` on 8443 below `example.com` on 443 fills the
//! set of both ports.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{ADDRESSES4, ADDRESSES6, ID, NAMES};
use crate::emit::RenderError;
use crate::model::{Host, Ports};
use crate::plan::Plan;

/// What is let through: names and networks, each with its ports.
#[derive(Default, Debug)]
pub(super) struct Layout {
    /// Names as asked for, each with everything below, and the union of the ports asked for.
    asked: BTreeMap<String, Vec<Ports>>,
    /// Networks by their ports: of IPv4, of IPv6.
    pub(super) networks: BTreeMap<Ports, (Vec<Ipv4Net>, Vec<Ipv6Net>)>,
}

impl Layout {
    /// The entries of a plan.
    pub(super) fn new(plan: &Plan<'_>) -> Result<Self, RenderError> {
        let mut layout = Self::default();
        for list in plan.intents.values().flat_map(|of_intent| &of_intent.lists) {
            for line in &list.lines {
                match list.list {
                    NAMES => layout.add_name(line, &list.ports),
                    ADDRESSES4 | ADDRESSES6 => layout.add_network(network(line)?, &list.ports),
                    other => unreachable!("internal error: a list `{other}`"),
                }
            }
        }
        Ok(layout)
    }

    /// A proxy, at its port.
    pub(super) fn add_proxy(&mut self, host: &Host, ports: &Ports) {
        match host {
            Host::Name(name) => self.add_name(name.as_str(), ports),
            Host::Address(address) => self.add_network((*address).into(), ports),
        }
    }

    fn add_name(&mut self, name: &str, ports: &Ports) {
        self.asked.entry(name.to_owned()).or_default().push(ports.clone());
    }

    fn add_network(&mut self, network: IpNet, ports: &Ports) {
        let (v4, v6) = self.networks.entry(ports.clone()).or_default();
        match network {
            IpNet::V4(network) => v4.push(network),
            IpNet::V6(network) => v6.push(network),
        }
    }

    /// Every name with the ports of all names that cover it, by these ports.
    pub(super) fn names(&self) -> BTreeMap<Ports, Vec<&str>> {
        let mut names: BTreeMap<Ports, Vec<&str>> = BTreeMap::new();
        for name in self.asked.keys() {
            let mut covering: Vec<&Ports> = Vec::new();
            let mut rest = Some(name.as_str());
            while let Some(own) = rest {
                covering.extend(self.asked.get(own).into_iter().flatten());
                rest = own.split_once('.').map(|(_, parent)| parent);
            }
            let ports = Ports::from_ranges(covering.into_iter().flat_map(Ports::ranges));
            names.entry(ports).or_default().push(name);
        }
        names
    }
}

fn network(text: &str) -> Result<IpNet, RenderError> {
    text.parse().map_err(|_| RenderError::Unsafe {
        target: ID,
        what: format!("`{text}`"),
        why: "it is no network".to_owned(),
    })
}
