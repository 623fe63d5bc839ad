//! Where an endpoint serves.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A data location, by the code of `data/regions.yaml`: `EU`, `UK`, `GCCHigh`.
///
/// The codes are data, so a region in hand was either looked up there or written in a profile and
/// checked against it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Region(pub(crate) Arc<str>);

impl Region {
    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which data locations need an endpoint. There is no "unknown": a blank cell is a finding, since
/// guessing "everywhere" opens more than was asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Geography {
    /// Every customer, wherever the data is kept.
    Worldwide,
    /// Customers of these data locations.
    ///
    /// Invariant: not empty.
    Regions(BTreeSet<Region>),
}

impl Geography {
    /// One region.
    pub fn one(region: Region) -> Self {
        Self::Regions(BTreeSet::from([region]))
    }
}

/// `WW`, or the codes with `+` between them.
impl fmt::Display for Geography {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worldwide => f.write_str("WW"),
            Self::Regions(regions) => {
                for (at, region) in regions.iter().enumerate() {
                    write!(f, "{}{region}", if at > 0 { "+" } else { "" })?;
                }
                Ok(())
            }
        }
    }
}
