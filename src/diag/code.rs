//! The codes of findings, each with its level and what `explain CODE` prints: what it finds, why it
//! matters, an example, what to write instead.
//!
//! The codes stand in files by what they are about, each a macro that hands its codes and those before it to the
//! next one: the order of the files is the order of the codes.

mod audits;
mod devices;
mod policy;
mod products;
mod rows;
mod tables;

use std::fmt;

use super::Level;
use audits::audits;
use devices::devices;
use policy::policy;
use products::products;
use rows::rows;
use tables::tables;

/// Declares the codes with their default levels and explanations.
macro_rules! codes {
    ([] $($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $level:ident;)+) => {
        /// The code of a finding: kebab-case, never renamed or reused, read as "allow `code`".
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The level where neither the lint's own table nor the profile says otherwise.
            pub const fn default_level(self) -> Level {
                match self { $(Self::$variant => Level::$level),+ }
            }

            /// What it finds, why it matters, an example, what to write instead. Printed by
            /// `explain CODE`.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc, "\n"),+)),+ }
            }
        }
    };
}

rows! { [policy tables devices products audits codes] }

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
