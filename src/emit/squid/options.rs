//! What a profile says of Squid.

use crate::profile::Reader;
use crate::yaml::Node;

/// How clients reach Squid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SquidMode {
    /// Clients send CONNECT.
    #[default]
    Explicit,
    /// Traffic is redirected to it, so there is no CONNECT host and SNI alone decides.
    Intercept,
}

/// Options of the Squid target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SquidOptions {
    /// How clients reach it.
    pub mode: SquidMode,
}

impl SquidOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let modes = [("explicit", SquidMode::Explicit), ("intercept", SquidMode::Intercept)];
        let fields = reader.fields(node, "squid", &["mode"])?;
        let mode = fields.get("mode").and_then(|node| reader.choice(node, "mode", &modes));
        Some(Self { mode: mode.unwrap_or_default() })
    }
}
