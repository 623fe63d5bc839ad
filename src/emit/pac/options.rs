//! What a profile says of the PAC.

use crate::profile::Reader;
use crate::yaml::Node;

/// What a PAC answers for hosts outside the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PacOtherwise {
    /// The proxies, as for everything else.
    #[default]
    Proxy,
    /// A direct connection.
    Direct,
    /// A proxy that refuses: an address that nothing listens on.
    Block,
}

/// Who hosts the PAC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PacHost {
    /// A web server of one's own.
    #[default]
    Own,
    /// Zscaler, which wants the function on line 1 and at most 256 KB.
    Zscaler,
}

/// Options of the PAC target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PacOptions {
    /// What everything else gets.
    pub otherwise: PacOtherwise,
    /// Who hosts it.
    pub hosted_by: PacHost,
}

impl PacOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let answers = [
            ("proxy", PacOtherwise::Proxy),
            ("direct", PacOtherwise::Direct),
            ("block", PacOtherwise::Block),
        ];
        let hosts = [("own", PacHost::Own), ("zscaler", PacHost::Zscaler)];
        let fields = reader.fields(node, "pac", &["otherwise", "hosted_by"])?;
        let otherwise = fields.get("otherwise").and_then(|node| reader.choice(node, "otherwise", &answers));
        let hosted_by = fields.get("hosted_by").and_then(|node| reader.choice(node, "hosted_by", &hosts));
        Some(Self { otherwise: otherwise.unwrap_or_default(), hosted_by: hosted_by.unwrap_or_default() })
    }
}
