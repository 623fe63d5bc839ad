//! Findings: what is remarkable about the user's data, collected, placed and coded.
//!
//! A finding never stops a run by itself; the caller looks at the levels. Failures of the world (a
//! file that cannot be read) are errors of their own, and bugs panic with "internal error".

mod excerpt;
mod human;
mod json;
mod summary;
mod visible;

pub use human::{Style, write_human, write_profile_error};
pub use json::to_json;
pub use summary::summarize;

use std::fmt;

use crate::model::Intent;
use crate::source::Cell;

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

/// Declares the codes with their default levels and explanations.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $level:ident;)+) => {
        /// The code of a finding: kebab-case, never renamed or reused, read as "allow <code>".
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

codes! {
    /// A sheet or table in which no column holds endpoints.
    ///
    /// Its rows are counted and not used. If it should hold endpoints, its header uses a word that
    /// `data/columns.yaml` does not know.
    SheetWithoutEndpoints = "sheet-without-endpoints", Warn;
    /// A row or column that the sheet hides, or that a filter hides.
    ///
    /// It is read like any other: a filter that somebody left on must not decide a firewall.
    HiddenRow = "hidden-row", Warn;
    /// A cell of the endpoint column that holds no host.
    ///
    /// Vendors put prose there ("Root URL for public CDN endpoints, see …"). The row gives no rule;
    /// find out the host and add it to the profile under `select: include:`.
    NotAnEndpoint = "not-an-endpoint", Hold;
    /// A text that looks like a host but is not a valid one.
    ///
    /// Example: `a..example.com`. Correct it in the source, or add the right host to the profile.
    InvalidHost = "invalid-host", Hold;
    /// A star in a place that has no agreed meaning: `*`, `*.*`, two stars in a label.
    ///
    /// Every product would read it differently, so nothing is written. Write the names that are meant.
    UnsupportedWildcard = "unsupported-wildcard", Deny;
    /// A wildcard without a dot behind the star: `*download.windowsupdate.com`.
    ///
    /// It means every name that ends in that text, across labels: `evil-download.windowsupdate.com`
    /// too. Most products cannot say it. A correction in the profile replaces it:
    /// `corrections: { "*download.windowsupdate.com": "*.download.windowsupdate.com" }`.
    MissingDot = "missing-dot", Warn;
    /// Cells that stand one column off, since a separator was lost.
    ///
    /// A lost `|` shifts every later cell, so the row's port, requirement and platforms are read from
    /// the wrong columns. The row is used only as far as its cells still say what they are.
    ShiftedCells = "shifted-cells", Warn;
    /// The same host twice in one cell, where one of them should probably be another.
    ///
    /// The vendor's MMA table lists `*.oms.opinsights.azure.com` twice and `*.ods.opinsights.azure.com`
    /// never. Add the missing one to the profile under `select: include:`.
    RepeatedHost = "repeated-host", Warn;
    /// An endpoint in a comment, and in no row of its own.
    ///
    /// It is not opened: a comment is no requirement. If you need it, add it to the profile under
    /// `select: include:`.
    HostInComment = "host-in-comment", Warn;
    /// A port cell that holds no port.
    InvalidPort = "invalid-port", Hold;
    /// A sheet without a port column: port 443 is assumed where the cell itself names none.
    PortAssumed = "port-assumed", Warn;
    /// A sheet without a geography column: taken from the category, else from the built-in table of
    /// hosts, else worldwide.
    GeographyAssumed = "geography-assumed", Warn;
    /// A blank cell in a geography column.
    ///
    /// Guessing "everywhere" would open more than was asked for, so the row gives no rule.
    MissingGeography = "missing-geography", Hold;
    /// A geography that `data/regions.yaml` does not know.
    UnknownGeography = "unknown-geography", Hold;
    /// A geography that contradicts the host: `automatedirstrprdaen0a` is in the United Arab Emirates,
    /// the row says Australia.
    ///
    /// The row is used as it is written; check which one is right for your data location.
    GeographyMismatch = "geography-mismatch", Warn;
    /// A cell of the required-or-optional column that says neither. The row counts as required.
    UnknownRequirement = "unknown-requirement", Warn;
    /// A platform cell that holds neither yes nor no. The platforms of the row count as not stated.
    UnknownPlatform = "unknown-platform", Warn;
    /// A path on HTTPS.
    ///
    /// A product that does not inspect sees the host and the port alone, so the path limits nothing
    /// and the rule covers the whole host.
    PathOnHttps = "path-on-https", Warn;
    /// A path that no rule can be limited to, on plain HTTP: `/a*b`, or a character that no path has.
    ///
    /// Without its path the rule would open the whole host, so the endpoint gives none. Correct it in
    /// the source, or add the host to the profile under `select: include:`.
    InvalidPath = "invalid-path", Hold;
    /// A query or fragment behind an endpoint: `http://a.example.com/x?y=1`.
    ///
    /// Rules match host, port and path. The rule lets the path through with any query.
    DroppedQuery = "dropped-query", Warn;
    /// A requirement that is neither HTTP nor HTTPS on TCP, such as UDP 3478.
    ///
    /// Proxies do not carry it; open it on the firewall by hand.
    UnsupportedProtocol = "unsupported-protocol", Hold;
    /// A service tag named in a sheet: its addresses are in the vendor's service-tag file.
    ///
    /// Add that file as a source to get them.
    NamedServiceTag = "named-service-tag", Warn;
    /// Service tags of the vendor's file that Defender for Endpoint does not use.
    ///
    /// The file lists every service of the cloud. The addresses of the others are not opened.
    IgnoredServiceTags = "ignored-service-tags", Warn;
    /// Documents disagree about the Windows releases that need an endpoint. The newest one decides.
    ContradictingDocuments = "contradicting-documents", Warn;
    /// A Microsoft Monitoring Agent wildcard that a workspace ID narrows to one host.
    ///
    /// `*.ods.opinsights.azure.com` opens every customer's workspace. With
    /// `sources: [{ mma: { workspaces: [<GUID>] } }]` it becomes `<GUID>.ods.opinsights.azure.com`.
    WorkspaceWildcard = "workspace-wildcard", Warn;
    /// A wildcard that was narrowed to the hosts of your workspaces. The finding names what the
    /// wildcard also covered.
    NarrowedWildcard = "narrowed-wildcard", Warn;
    /// Text in a tool's output that was not understood, and was not used.
    UnreadText = "unread-text", Warn;
    /// A host in a tool's output that lies outside the wildcard that it should narrow. Not used.
    ForeignHost = "foreign-host", Warn;
    /// A host that a tool needs and could not reach.
    ///
    /// It is used like the others: that it is blocked today is the reason to let it through.
    FailedConnection = "failed-connection", Warn;
    /// A correction of the profile or of a built-in list was applied: the source writes one pattern,
    /// the policy holds another.
    AppliedCorrection = "applied-correction", Warn;
    /// A correction that no endpoint needed. The vendor may have mended the list: remove it.
    UnusedCorrection = "unused-correction", Warn;
    /// A pattern that matches sites of different owners under a suffix where anybody can have one, such as
    /// `*.blob.core.windows.net`: the private section of the public suffix list, and the services of
    /// `data/shared-hosting.yaml`.
    ///
    /// Not to inspect it, or to go around the proxy to it, is not to look at any customer's storage: a way
    /// out for data. The pattern may be narrower than the suffix (`winatp-*.blob.core.windows.net`, names
    /// are free to choose) or wider (`*.windows.net`, the suffix lies below).
    ///
    /// The vendor of `*.blob.core.windows.net` contradicts itself: its tables list it among the hosts to
    /// exempt from inspection, its current page says never to exempt the whole suffix. By default the rule
    /// is left out where it would not be inspected, and kept with a warning where it is only allowed.
    ///
    /// Name the hosts instead: `sources: [{ mma: { workspaces: […], cloud_connection: … } }]` for the
    /// monitoring agent, a correction or `select: include:` for others. Or waive it, with reason, owner and
    /// expiry.
    CoversPublicSuffix = "covers-public-suffix", Warn;
    /// A pattern that matches names of different owners under a registry's suffix, such as `*.co.uk`,
    /// `*.com` or `*cdn.co.uk`. A last label that the public suffix list does not have counts as a
    /// registry's.
    ///
    /// Such a rule opens a country. It is a slip of the pen or worse, so nothing is written until it is
    /// mended.
    ///
    /// Name the domains that are meant: `*.example.co.uk`. In a source that you cannot change, replace the
    /// pattern by a correction: `corrections: { "*cdn.co.uk": "cdn.example.co.uk" }`.
    CoversRegistry = "covers-registry", Deny;
    /// A pattern that matches a sign-in host of `data/identity-endpoints.yaml`, such as
    /// `login.microsoftonline.com`, or `*.windows.net` with `login.windows.net` below it.
    ///
    /// Tenant restrictions are enforced there: a proxy that inspects adds a header that names the allowed
    /// tenants. Exempt the host from inspection and any tenant can be signed in to, with data to take along.
    ///
    /// If the proxy restricts tenants, keep the host off the list in question:
    /// `lints: { identity-endpoint: { bypass-inspection: hold } }`. If it does not, waive the finding.
    IdentityEndpoint = "identity-endpoint", Allow;
    /// A waiver that no pattern needed. Remove it.
    UnusedWaiver = "unused-waiver", Warn;
    /// A waiver past its date. The gate is as if it were not there.
    ExpiredWaiver = "expired-waiver", Warn;
    /// An exclusion that dropped no endpoint.
    UnusedExclude = "unused-exclude", Warn;
    /// An exclusion whose hosts a remaining rule still lets through.
    ExcludeStillCovered = "exclude-still-covered", Warn;
    /// A pattern that the gate held, and that a remaining rule lets through all the same.
    ///
    /// To waive `*.core.windows.net` is to waive `*.blob.core.windows.net` below it, whatever the gate says of
    /// that. Narrow the wider rule, or waive both, so that the waivers say what is open.
    HeldStillCovered = "held-still-covered", Warn;
    /// An included host past its date. It is left out.
    ExpiredInclude = "expired-include", Hold;
    /// No proxy in the profile: the placeholder `proxy.invalid:3128` is written.
    PlaceholderProxy = "placeholder-proxy", Warn;
    /// A product lets more through than the policy asks for, since it cannot say less. On a list not
    /// to be inspected this is a security finding.
    WiderThanPolicy = "wider-than-policy", Warn;
    /// A product lets less through than the policy asks for. An outage waits there.
    NarrowerThanPolicy = "narrower-than-policy", Warn;
    /// A rule that a product cannot say at all.
    UnsupportedByTarget = "unsupported-by-target", Hold;
    /// A limit of the product is exceeded.
    LimitExceeded = "limit-exceeded", Warn;
    /// A model of a product whose limits are not on record. The smallest known limits are used.
    UnknownModel = "unknown-model", Warn;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a finding points.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// A cell of a source.
    Cell(Cell),
    /// A place in the profile.
    Profile {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// The text there.
        text: String,
    },
    /// The run as a whole, such as a target that a product's limit concerns.
    Run,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Diagnostic {
    /// Where it points.
    pub place: Place,
    /// What kind.
    pub code: Code,
    /// What it does.
    pub level: Level,
    /// The intent that it concerns, where it concerns one.
    pub intent: Option<Intent>,
    /// The target that it concerns, where it concerns one.
    pub target: Option<&'static str>,
    /// One line that names the thing, without a full stop.
    pub message: String,
    /// What the place shows, in a few words.
    pub label: String,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding at the code's default level.
    pub fn new(code: Code, message: impl Into<String>, place: Place, label: impl Into<String>) -> Self {
        Self {
            place,
            code,
            level: code.default_level(),
            intent: None,
            target: None,
            message: message.into(),
            label: label.into(),
            help: Vec::new(),
        }
    }

    /// The same with a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same at another level.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same for one intent.
    #[must_use]
    pub fn for_intent(mut self, intent: Intent) -> Self {
        self.intent = Some(intent);
        self
    }

    /// The same for one target.
    #[must_use]
    pub fn for_target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }
}

impl From<Cell> for Place {
    fn from(cell: Cell) -> Self {
        Self::Cell(cell)
    }
}

/// Puts findings in the order in which they are shown, by place, code and message, and removes repeats.
pub fn sort(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| {
        a.place
            .cmp(&b.place)
            .then(a.code.cmp(&b.code))
            .then_with(|| a.message.cmp(&b.message))
            .then_with(|| a.cmp(b))
    });
    findings.dedup();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::{At, Source, SourceId, SourceMap};

    const SHEET: &str = "Microsoft Defender URLs";

    fn cell(source: SourceId, sheet: &str, row: u32, column: u32, text: &str) -> Place {
        Place::Cell(Cell {
            source,
            sheet: Arc::from(sheet),
            at: At::Cell { row, column },
            text: Arc::from(text),
        })
    }

    /// Findings of every shape, sorted.
    pub(super) fn specimens() -> (Vec<Diagnostic>, SourceMap) {
        let mut sources = SourceMap::default();
        let mut source =
            |name: &str| sources.add(Source { name: name.into(), sha256: String::new(), date: None });
        let (xlsx, csv, json) = (source("mde-urls.xlsx"), source("list.csv"), source("service-tags.json"));
        let blob =
            "ussus1eastprod.blob.core.windows.net\n*.blob.core.windows.net\nunitedstates.cp.wd.microsoft.com";
        let suffix = Diagnostic::new(
            Code::CoversPublicSuffix,
            "`*.blob.core.windows.net` covers a whole public suffix",
            cell(xlsx, SHEET, 64, 4, blob),
            "matches every site under `blob.core.windows.net`",
        )
        .at_level(Level::Hold)
        .help("name the hosts instead: workspace IDs, or the output of TestCloudConnection.exe")
        .help("or waive it in the profile, with reason, owner and expiry");
        let prose = "Root URL for public CDN endpoints, see the vendor's page on how these are chosen and how often they change";
        let waiver = Place::Profile { line: 3, column: 35, text: "*.example.com".into() };
        let mut findings = vec![
            Diagnostic::new(
                Code::PortAssumed,
                "sheet `Microsoft Defender URLs` has no port column",
                cell(xlsx, SHEET, 0, 4, "Endpoint/IP Address/URL"),
                "port 443 is assumed for its 57 rows",
            )
            .help("name ports in the cells where they differ: `host:8443`"),
            Diagnostic::new(
                Code::NotAnEndpoint,
                "an endpoint cell without a host",
                cell(xlsx, SHEET, 12, 4, prose),
                "no host here",
            )
            .help("add the host to the profile under `select: include:`"),
            Diagnostic::new(
                Code::NotAnEndpoint,
                "an endpoint cell without a host",
                cell(xlsx, SHEET, 13, 4, "see\nabove"),
                "no host here",
            ),
            suffix.clone().for_intent(Intent::Direct),
            suffix.clone().for_intent(Intent::BypassInspection),
            suffix.at_level(Level::Warn).for_intent(Intent::Allow),
            Diagnostic::new(
                Code::MissingGeography,
                "no geography for `x.example.com`",
                cell(xlsx, SHEET, 65, 1, ""),
                "blank cell",
            ),
            Diagnostic::new(
                Code::MissingDot,
                "no dot behind the star of `*cdn.example.com`",
                cell(csv, "", 3, 0, "cdn.example.com, *CDN.example.com"),
                "any name that ends so",
            ),
            Diagnostic::new(
                Code::UnsupportedWildcard,
                "`\u{1b}[31m*.*` has no agreed meaning",
                cell(csv, "", 4, 0, "\u{1b}[31m*.*\u{1b}[0m \u{202e}"),
                "a star over everything",
            ),
            Diagnostic::new(
                Code::InvalidHost,
                "`10.0.0.1/8` is no network: address bits set behind the prefix",
                Place::Cell(Cell {
                    source: json,
                    sheet: Arc::from("MicrosoftDefenderForEndpoint"),
                    at: At::Pointer("values[3].properties".into()),
                    text: "10.0.0.1/8".into(),
                }),
                "write `10.0.0.0/8`",
            ),
            Diagnostic::new(
                Code::UnusedWaiver,
                "the waiver of `*.example.com` for allow is not used",
                waiver,
                "no pattern needs it",
            )
            .help("remove it"),
            Diagnostic::new(
                Code::WiderThanPolicy,
                "squid lets more through than asked, such as `https://example.com/`",
                Place::Run,
                "",
            )
            .for_target("squid")
            .for_intent(Intent::BypassInspection),
            Diagnostic::new(
                Code::PlaceholderProxy,
                "the profile names no proxy",
                Place::Run,
                "`proxy.invalid:3128` is written",
            )
            .help("write `proxies: [\"proxy.contoso.com:8080\"]`"),
        ];
        sort(&mut findings);
        (findings, sources)
    }

    #[test]
    fn findings_are_in_the_order_of_their_places_and_each_there_once() {
        let (sorted, _) = specimens();
        let mut findings: Vec<Diagnostic> = sorted.iter().rev().chain(&sorted).cloned().collect();
        sort(&mut findings);
        assert_eq!(findings, sorted);
        let places: Vec<String> = sorted
            .iter()
            .map(|finding| match &finding.place {
                Place::Cell(cell) => cell.at.to_string(),
                Place::Profile { line, column, text: _ } => format!("{line}:{column}"),
                Place::Run => finding.code.to_string(),
            })
            .collect();
        let want = [
            "E1",
            "E13",
            "E14",
            "E65",
            "E65",
            "E65",
            "B66",
            "A4",
            "A5",
            "values[3].properties",
            "3:35",
            "placeholder-proxy",
            "wider-than-policy",
        ];
        assert_eq!(places, want);
    }

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let names: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            assert!(
                name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())),
                "{name}"
            );
        }
    }
}
