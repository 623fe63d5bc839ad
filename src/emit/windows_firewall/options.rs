//! What a profile says of the firewall.

use crate::profile::Reader;
use crate::yaml::Node;

/// How the device reaches the internet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WindowsFirewallAt {
    /// Itself: the allowlist is let through.
    #[default]
    Egress,
    /// Through the proxies: they alone are let through, and what goes direct.
    Device,
}

/// Options of the Windows Firewall target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WindowsFirewallOptions {
    /// How the device reaches the internet.
    pub at: WindowsFirewallAt,
}

impl WindowsFirewallOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let places = [("egress", WindowsFirewallAt::Egress), ("device", WindowsFirewallAt::Device)];
        let fields = reader.fields(node, super::ID, &["at"])?;
        let at = fields.get("at").and_then(|node| reader.choice(node, "at", &places));
        Some(Self { at: at.unwrap_or_default() })
    }
}
