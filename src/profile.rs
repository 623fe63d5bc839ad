//! What the user asks for: sources, selection, intents, tolerances, targets.

mod devices;
pub mod init;
mod options;
mod parse;
mod problem;
pub mod schema;
mod select;
mod serve;
mod settings;
mod sources;
mod ticket;
mod tree;
mod update;

#[cfg(test)]
mod tests;

pub use devices::{BypassEntry, Devices, PacUrl, ProxyUrl, SslOptions};
pub use options::{Settings, TargetOptions};
pub use problem::{Problem, ProfileError};
pub(crate) use problem::{nearest, shown};
pub use serve::{MAIN_SITE, Serve, Site};
pub(crate) use settings::{NO_DEVICES, no_options};
pub use ticket::{JiraFields, TicketFields};
pub use tree::{Fields, Reader};
pub use update::{Approval, Download, Update, list_url};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::civil::Date;

use crate::diag::{Code, Level, Place};
use crate::model::{Host, HostPattern, Intent, Platform, Region, Requirement, WindowsRange};
use crate::yaml::Spot;

/// The version of the profile's grammar.
pub const VERSION: &str = "1";

/// Longest profile in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// The lists that are part of the program; the first is that of the built-in profile.
pub const BUILTIN_LISTS: [&str; 4] = ["mde-commercial", "mde-streamlined", "mde-gov", "mma"];

/// A value of the profile with its line and column, both from 1, for findings that point there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Line, from 1; 0 where the value is a default.
    pub line: u32,
    /// Column, from 1; 0 where the value is a default.
    pub column: u32,
}

impl<T> Spanned<T> {
    fn at(spot: Spot, value: T) -> Self {
        Self { value, line: spot.line, column: spot.column }
    }

    fn default_value(value: T) -> Self {
        Self { value, line: 0, column: 0 }
    }

    /// The place for a finding, with the text that it is about. A default has no place.
    pub fn place(&self, text: impl Into<String>) -> Place {
        if self.line == 0 {
            return Place::Run;
        }
        Place::Profile { line: self.line, column: self.column, text: text.into() }
    }
}

/// A source of endpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceSpec {
    /// A list that is part of the program, by its name: `mde-commercial`.
    Builtin(String),
    /// A file, relative to the profile's folder.
    File(PathBuf),
    /// The MMA table with the wildcards replaced by the hosts of these workspaces.
    Mma {
        /// Workspace IDs, canonical lower-case GUIDs, at least one.
        workspaces: Vec<String>,
        /// The output of TestCloudConnection.exe, relative to the profile's folder.
        cloud_connection: Option<PathBuf>,
    },
}

/// Which data locations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Geographies {
    /// All of them.
    All,
    /// Worldwide endpoints and these.
    Only(BTreeSet<Region>),
}

/// A host that the user adds, with the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Include {
    /// What is added.
    pub host: HostPattern,
    /// TCP ports, 443 where none is named; port 80 is HTTP, every other HTTPS.
    pub ports: Vec<u16>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it counts.
    pub expires: Option<Date>,
}

/// Which endpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Select {
    /// Which data locations.
    pub geographies: Geographies,
    /// Which platforms.
    pub platforms: BTreeSet<Platform>,
    /// Which Windows releases; `None` leaves nothing out.
    pub windows: Option<WindowsRange>,
    /// Required, optional or both. An endpoint that says neither counts as required.
    pub requirements: BTreeSet<Requirement>,
    /// Endpoints contained in one of these are dropped.
    pub exclude: Vec<Spanned<HostPattern>>,
    /// Hosts that are added.
    pub include: Vec<Spanned<Include>>,
}

/// A pattern that a source writes wrongly, and what it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Correction {
    /// As the source writes it.
    pub from: HostPattern,
    /// As it is used.
    pub to: HostPattern,
    /// Why, and who says so.
    pub reason: String,
}

/// A finding that somebody accepts for one pattern and one intent, until a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiver {
    /// Which lint.
    pub lint: Code,
    /// The pattern, exactly.
    pub pattern: HostPattern,
    /// The intent.
    pub intent: Intent,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it counts.
    pub expires: Date,
}

/// How what a product says may differ from the policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Difference {
    /// The name itself, beside what is below it.
    Apex,
    /// Names more labels below than the product looks.
    Depth,
    /// Names below an exact name.
    Subtree,
    /// Other ports.
    Port,
    /// The other scheme.
    Scheme,
    /// Other paths.
    Path,
    /// Other sites at the same address.
    SharedAddress,
    /// A star inside a label, where only the whole parent can be said.
    LabelGlob,
    /// Hosts beside an exact name, a wildcard or a network, where only a wider parent can be said.
    Parent,
}

impl Difference {
    /// All kinds, in order.
    pub const ALL: [Difference; 9] = [
        Difference::Apex,
        Difference::Depth,
        Difference::Subtree,
        Difference::Port,
        Difference::Scheme,
        Difference::Path,
        Difference::SharedAddress,
        Difference::LabelGlob,
        Difference::Parent,
    ];

    /// The name in a profile: `shared-address`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apex => "apex",
            Self::Depth => "depth",
            Self::Subtree => "subtree",
            Self::Port => "port",
            Self::Scheme => "scheme",
            Self::Path => "path",
            Self::SharedAddress => "shared-address",
            Self::LabelGlob => "label-glob",
            Self::Parent => "parent",
        }
    }

    /// The level where the profile says nothing.
    pub const fn default_level(self) -> Level {
        match self {
            Self::LabelGlob | Self::Parent => Level::Hold,
            Self::Apex
            | Self::Depth
            | Self::Subtree
            | Self::Port
            | Self::Scheme
            | Self::Path
            | Self::SharedAddress => Level::Warn,
        }
    }
}

/// A level for every intent, or one per intent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LevelByIntent(pub BTreeMap<Intent, Level>);

/// What goes directly, not through a proxy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectIntent {
    /// Nothing.
    None,
    /// The endpoints whose source says that a direct connection is required.
    LiveResponse,
}

/// A forward proxy, `host:port`; an IPv6 address in brackets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Proxy(pub(crate) String);

impl Proxy {
    const PLACEHOLDER: &'static str = "proxy.invalid:3128";

    /// As written in a configuration: `proxy.contoso.com:8080`, `[fd00::1]:8080`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host and the port.
    pub fn host_and_port(&self) -> (Host, u16) {
        let (host, port) = self.0.rsplit_once(':').expect("internal error: a proxy without a port");
        let host = match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => Host::Address(address),
            Err(_) => Host::Name(host.parse().expect("internal error: a proxy that is no host")),
        };
        (host, port.parse().expect("internal error: a port that is no number"))
    }

    /// Whether it is the placeholder of a profile without proxies, under `.invalid` (RFC 2606).
    pub fn is_placeholder(&self) -> bool {
        self.0 == Self::PLACEHOLDER
    }
}

/// A validated profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The file, or nothing for the built-in profile. Sources are relative to its folder.
    pub file: Option<PathBuf>,
    /// The profile's text, to show places in.
    pub text: String,
    /// Where the endpoints come from, at least one.
    pub sources: Vec<Spanned<SourceSpec>>,
    /// Which endpoints.
    pub select: Select,
    /// What goes directly.
    pub direct: DirectIntent,
    /// Corrections of the profile; built-in lists have their own.
    pub corrections: Vec<Spanned<Correction>>,
    /// Levels of lints that differ from their defaults.
    pub lints: BTreeMap<Code, LevelByIntent>,
    /// What somebody accepts.
    pub waivers: Vec<Spanned<Waiver>>,
    /// Levels of differences that differ from their defaults.
    pub tolerances: BTreeMap<Difference, LevelByIntent>,
    /// Targets, by id, in the order of the registry; all where the profile names none.
    pub targets: Vec<&'static str>,
    /// What targets need.
    pub settings: Settings,
    /// How a server hosts it.
    pub serve: Serve,
    /// How a server keeps its lists up to date.
    pub update: Update,
}

impl Profile {
    /// The name of its file, for people; nothing for the built-in profile.
    pub fn file_name(&self) -> Option<String> {
        self.file.as_deref().map(|file| file.display().to_string())
    }
}
