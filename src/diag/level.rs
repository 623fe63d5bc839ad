//! How grave a finding is.

use std::fmt;

/// What a finding does to the pattern that it is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Emit; say nothing.
    Allow,
    /// Emit, with a finding.
    Warn,
    /// Leave out, with a finding.
    Hold,
    /// Exit 1, write nothing.
    Deny,
}

impl Level {
    /// All levels, the mildest first.
    pub const ALL: [Level; 4] = [Level::Allow, Level::Warn, Level::Hold, Level::Deny];

    /// The name in a profile.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Hold => "hold",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
