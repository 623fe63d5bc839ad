//! One fact from the vendor.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::geography::Geography;
use super::request::RequestPattern;
use super::windows::WindowsClaim;
use crate::source::Sourced;

/// Whether the vendor's product works without the endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Requirement {
    /// It does not.
    Required,
    /// It does, with less.
    Optional,
}

/// An operating system of the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Platform {
    /// Every Windows, servers too.
    Windows,
    /// macOS.
    MacOs,
    /// Linux.
    Linux,
}

impl Platform {
    /// All platforms, in order.
    pub const ALL: [Platform; 3] = [Platform::Windows, Platform::MacOs, Platform::Linux];

    /// The name in a profile: `windows`, `macos`, `linux`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Windows => "windows",
            Self::MacOs => "macos",
            Self::Linux => "linux",
        }
    }
}

/// Which platforms need an endpoint.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Platforms {
    /// The source does not say: a whole group of blank cells is "not stated", never "not needed".
    NotStated,
    /// These, and no others.
    ///
    /// Invariant: not empty.
    Only(BTreeSet<Platform>),
}

impl Platforms {
    /// Whether a client of `platform` may need the endpoint.
    pub fn may_include(&self, platform: Platform) -> bool {
        match self {
            Self::NotStated => true,
            Self::Only(platforms) => platforms.contains(&platform),
        }
    }
}

/// `windows+linux`, or `-` where it is not stated.
impl fmt::Display for Platforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStated => f.write_str("-"),
            Self::Only(platforms) => {
                for (at, platform) in platforms.iter().enumerate() {
                    write!(f, "{}{}", if at > 0 { "+" } else { "" }, platform.as_str())?;
                }
                Ok(())
            }
        }
    }
}

/// What a source says of TLS inspection for one row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Inspection {
    /// The source has no such column: the vendor's general rule holds, which is to exempt.
    NotStated,
    /// The row says that it must be exempt from inspection.
    Exempt,
    /// The row says that it need not be exempt.
    MayInspect,
}

/// One fact: clients of these kinds must reach this.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Endpoint {
    /// What must be reached, and the cells that say so: the endpoint's own cell first.
    pub pattern: Sourced<RequestPattern>,
    /// The path that the cell wrote on HTTPS, where no product sees it; kept to show, not to match.
    pub https_path: Option<Arc<str>>,
    /// Which data locations need it.
    pub geography: Geography,
    /// The vendor's service, or empty.
    pub service: Arc<str>,
    /// The vendor's category, or empty.
    pub category: Arc<str>,
    /// Whether the product works without; `None` where the source does not say, which selects as
    /// required.
    pub requirement: Option<Requirement>,
    /// Which platforms need it.
    pub platforms: Platforms,
    /// What documents say of Windows releases, in the order read.
    pub windows: Vec<WindowsClaim>,
    /// Whether the source says that a direct connection, not through a proxy, is required.
    pub direct_required: bool,
    /// What the row says of TLS inspection.
    pub inspection: Inspection,
}
