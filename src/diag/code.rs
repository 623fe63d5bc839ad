//! The codes of findings, each with its level and what `explain CODE` prints: what it finds, why it
//! matters, an example, what to write instead.

use std::fmt;

use super::Level;

/// Declares the codes with their default levels and explanations.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $level:ident;)+) => {
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

codes! {
    /// A file that the profile names twice.
    ///
    /// It is read once: a second reading would add nothing but rows to the counts. The other name was perhaps
    /// meant for another file, whose hosts are then missing.
    ///
    /// Example: `sources: [{ file: urls.xlsx }, { file: urls.xlsx }]`.
    ///
    /// Instead: remove one, or name the file that was meant.
    RepeatedSource = "repeated-source", Warn;
    /// A sheet or table in which no column holds endpoints.
    ///
    /// Its rows are counted and not used. A change log or a list of processes has none and is fine; a table
    /// whose header nobody recognized is an outage in waiting.
    ///
    /// Example: a header of `Process`, `Path` and `Comment`.
    ///
    /// Instead: where the sheet should hold endpoints, call their column `Endpoint/URL`, and others `Port`
    /// and `Geography`. Otherwise nothing.
    SheetWithoutEndpoints = "sheet-without-endpoints", Warn;
    /// A row, column or sheet that is hidden, by hand or by a filter.
    ///
    /// It is read like any other: a filter that somebody left on must not decide a firewall. But whoever looks
    /// at the workbook does not see what was read.
    ///
    /// Example: a filter on `Geography` that shows the rows of the EU alone.
    ///
    /// Instead: clear the filter and unhide the rows. To leave endpoints out, use `select:` in the profile.
    HiddenRow = "hidden-row", Warn;
    /// A cell of the endpoint column that holds no host.
    ///
    /// Vendors put prose there. The row gives no rule, and if a host was meant, it stays closed.
    ///
    /// Example: `Root URL for public CDN endpoints, see the overview`.
    ///
    /// Instead: find out the host and add it to the profile under `select: include:`.
    NotAnEndpoint = "not-an-endpoint", Hold;
    /// A text that looks like a host or a network and is not a valid one.
    ///
    /// Products would refuse the file or ignore the line, so the text gives no rule and what was meant stays
    /// closed.
    ///
    /// Example: `a..example.com`, a label of more than 63 characters, or `10.0.0.1/8`, where the network is
    /// `10.0.0.0/8`.
    ///
    /// Instead: mend it in the source, or add the right host to the profile under `select: include:`.
    InvalidHost = "invalid-host", Hold;
    /// A star in a place that has no agreed meaning.
    ///
    /// Every product would read it differently, some as everything, so nothing is written until it is mended.
    ///
    /// Example: `*`, `*.*`, or two stars in one label, such as `a*b*.example.com`.
    ///
    /// Instead: write the names that are meant, such as `*.example.com`.
    UnsupportedWildcard = "unsupported-wildcard", Deny;
    /// A wildcard without a dot behind the star.
    ///
    /// It matches every name that ends in the text, across labels, and so names that somebody else may
    /// register. Mostly a dot was forgotten. Many products cannot say it and leave the rule out.
    ///
    /// Example: `*download.example.com` matches `evil-download.example.com` too.
    ///
    /// Instead: a correction in the profile, with the name itself or without it:
    /// `corrections: { "*download.example.com": ".download.example.com" }`.
    MissingDot = "missing-dot", Warn;
    /// A row with more or fewer cells than its header.
    ///
    /// A lost separator shifts every later cell, so the row's port, requirement and platforms stand in the
    /// wrong columns. Only what a cell itself says clearly is used.
    ///
    /// Example: a row of a Markdown table that lost one `|`.
    ///
    /// Instead: compare the row with its header and mend it in the source.
    ShiftedCells = "shifted-cells", Warn;
    /// The same host twice in one cell, where one of them should probably be another.
    ///
    /// The host that was meant is missing, and so it stays closed.
    ///
    /// Example: the vendor's table for the Monitoring Agent has `*.oms.opinsights.azure.com` twice and
    /// `*.ods.opinsights.azure.com` never.
    ///
    /// Instead: compare with the vendor's page, and add what is missing under `select: include:`.
    RepeatedHost = "repeated-host", Warn;
    /// A host in a comment, and in no row of its own.
    ///
    /// It is not opened: a comment is no requirement, but sometimes the only place where the vendor names a
    /// host.
    ///
    /// Example: a comment that ends in "also requires `crl.example.com`".
    ///
    /// Instead: if you need the host, add it to the profile under `select: include:`.
    HostInComment = "host-in-comment", Warn;
    /// A port that is none.
    ///
    /// A guess would open the wrong port, so the row gives no rule.
    ///
    /// Example: `see below`, `70000`, or `host:0`.
    ///
    /// Instead: write the port in the source, `443` or `80, 443`, or behind the host, `a.example.com:8443`.
    InvalidPort = "invalid-port", Hold;
    /// Hosts without a port, in a sheet without a port column.
    ///
    /// Port 443 is assumed. A host that is needed on port 80 then stays closed there.
    ///
    /// Example: the vendor's sheets for its portals.
    ///
    /// Instead: write the scheme or the port in the cell where it is another: `http://a.example.com`,
    /// `a.example.com:8443`. Otherwise nothing.
    PortAssumed = "port-assumed", Warn;
    /// A sheet without a geography column.
    ///
    /// The data location is taken from the category, else from the built-in table of hosts, else the host
    /// counts as worldwide and is let through for everybody, which may be more than you need.
    ///
    /// Example: a category of "… EU" makes its rows European.
    ///
    /// Instead: add a column `Geography` with `WW` or data locations, where one of the hosts is not needed
    /// everywhere.
    GeographyAssumed = "geography-assumed", Warn;
    /// A blank cell in a geography column.
    ///
    /// Guessing "everywhere" would open more than was asked for, so the row gives no rule.
    ///
    /// Example: a row that was added at the end of the sheet without its first columns.
    ///
    /// Instead: write `WW` or the data location into the cell.
    MissingGeography = "missing-geography", Hold;
    /// A geography that is not known.
    ///
    /// Nobody can tell whether the profile selects it, so the row gives no rule.
    ///
    /// Example: `Mars`, or a new data location of the vendor.
    ///
    /// Instead: write one of those that `thruway init` lists, or add the host under `select: include:`.
    UnknownGeography = "unknown-geography", Hold;
    /// A geography that contradicts the host.
    ///
    /// The row is used as it is written. If the host is right and the row wrong, customers of the other data
    /// location lack it.
    ///
    /// Example: `automatedirstrprdaen0a` is in the United Arab Emirates, its row says Australia.
    ///
    /// Instead: check which one is right. If you need the host, add it under `select: include:`.
    GeographyMismatch = "geography-mismatch", Warn;
    /// A cell of the required-or-optional column that says neither.
    ///
    /// The row counts as required, so a profile with `requirements: [required]` lets it through too.
    ///
    /// Example: `see note 3`.
    ///
    /// Instead: write `Required` or `Optional`.
    UnknownRequirement = "unknown-requirement", Warn;
    /// Platform cells of which nobody can tell who needs the host.
    ///
    /// The platforms of the row count as not stated, so every profile selects it.
    ///
    /// Example: `partly`, or `No` for one platform and nothing for the others.
    ///
    /// Instead: write `Yes` or `No` for each platform.
    UnknownPlatform = "unknown-platform", Warn;
    /// A path on HTTPS.
    ///
    /// A product that does not inspect sees the host and the port alone, so the path limits nothing and the
    /// rule covers the whole host.
    ///
    /// Example: `https://www.example.com/updates` lets all of `www.example.com` through.
    ///
    /// Instead: nothing, if that is acceptable. Else leave the host out by `select: exclude:` and ask the
    /// vendor for a host of its own.
    PathOnHttps = "path-on-https", Warn;
    /// A path on plain HTTP that no rule can be limited to.
    ///
    /// Without its path the rule would open the whole host, so the endpoint gives none on HTTP.
    ///
    /// Example: `http://a.example.com/a*b`, or a path with a blank in it.
    ///
    /// Instead: correct it in the source, or add the host to the profile under `select: include:`.
    InvalidPath = "invalid-path", Hold;
    /// A query or fragment behind an endpoint.
    ///
    /// Rules match host, port and path, so the path is let through with any query.
    ///
    /// Example: `http://a.example.com/x?y=1` lets `http://a.example.com/x?y=2` through too.
    ///
    /// Instead: nothing.
    DroppedQuery = "dropped-query", Warn;
    /// A requirement that is neither HTTP nor HTTPS on TCP.
    ///
    /// Proxies do not carry it, so it gives no rule, and what needs it fails until the firewall lets it
    /// through.
    ///
    /// Example: UDP 3478, or `ftp://a.example.com`.
    ///
    /// Instead: open it on the firewall by hand.
    UnsupportedProtocol = "unsupported-protocol", Hold;
    /// A service tag that a sheet names: a name for a list of addresses.
    ///
    /// The addresses are not in the sheet, so a firewall that matches addresses lacks them.
    ///
    /// Example: `MicrosoftDefenderForEndpoint`.
    ///
    /// Instead: add the vendor's service-tag file (ServiceTags JSON) under `sources:` to get them.
    NamedServiceTag = "named-service-tag", Warn;
    /// Service tags of the vendor's file that Defender for Endpoint does not use.
    ///
    /// The file lists every service of the cloud. The addresses of the others are not opened.
    ///
    /// Example: `Storage`, `AzureActiveDirectory`.
    ///
    /// Instead: nothing. Addresses of other services belong under `select: include:`.
    IgnoredServiceTags = "ignored-service-tags", Warn;
    /// Documents that disagree about the Windows releases that need an endpoint.
    ///
    /// The newest document decides. If it is wrong, clients of some release lack the endpoint.
    ///
    /// Example: one says that `a.example.com` is for Windows before 1803, a newer one before 1809.
    ///
    /// Instead: nothing, if the newest is right; without `windows:` in the profile no release is left out.
    ContradictingDocuments = "contradicting-documents", Warn;
    /// A wildcard of the Monitoring Agent that a workspace ID narrows to one host.
    ///
    /// It opens the workspaces of every customer of the cloud, a way out for data.
    ///
    /// Example: `*.ods.opinsights.azure.com`.
    ///
    /// Instead: `sources: [{ mma: { workspaces: [<GUID>] } }]`, and the wildcard becomes
    /// `<GUID>.ods.opinsights.azure.com`.
    WorkspaceWildcard = "workspace-wildcard", Warn;
    /// A wildcard that was narrowed to the hosts of your workspaces.
    ///
    /// That is as you asked, but the wildcard also covered hosts that are closed now. The finding names them.
    ///
    /// Example: `*.azure-automation.net` becomes `<GUID>.agentsvc.azure-automation.net`; the hosts of
    /// automation jobs are no longer let through.
    ///
    /// Instead: nothing. If machines need such a host, add it under `select: include:`.
    NarrowedWildcard = "narrowed-wildcard", Warn;
    /// Text that was not understood and not used: in a tool's output, or in a cell that a rule does not
    /// depend on.
    ///
    /// If it named a host, that host stays closed.
    ///
    /// Example: a line under "Firewall Rule" in the output of TestCloudConnection.exe that holds no host.
    ///
    /// Instead: read the line. If it names a host that you need, add it under `select: include:`.
    UnreadText = "unread-text", Warn;
    /// A host in a tool's output that lies outside the wildcard that it should narrow.
    ///
    /// It is not used: a file from a machine must not open what the vendor's list does not have.
    ///
    /// Example: `evil.example.com` among the hosts of `*.blob.core.windows.net`.
    ///
    /// Instead: nothing. If you need the host, add it under `select: include:`.
    ForeignHost = "foreign-host", Warn;
    /// A host that a tool needs and could not reach.
    ///
    /// It is used like the others: that it is blocked today is the reason to let it through.
    ///
    /// Example: a failed test in the output of TestCloudConnection.exe.
    ///
    /// Instead: nothing now. Run the tool again once the policy is in place.
    FailedConnection = "failed-connection", Warn;
    /// A correction that was applied: the source writes one pattern, the policy holds another.
    ///
    /// Whoever compares the policy with the vendor's list should know where they differ, and why.
    ///
    /// Example: the vendor's `*ecs.office.com` becomes `.ecs.office.com`.
    ///
    /// Instead: nothing, if the reason convinces. A correction of the same pattern in the profile goes before
    /// that of a built-in list.
    AppliedCorrection = "applied-correction", Warn;
    /// A correction in the profile that no endpoint needed.
    ///
    /// It is misspelt, or the vendor mended the list, and the next reader takes it for a fact.
    ///
    /// Example: `corrections: { "*ecs.office.com": … }` where the list now has `*.ecs.office.com`.
    ///
    /// Instead: remove it, or write the pattern as the source does.
    UnusedCorrection = "unused-correction", Warn;
    /// A pattern that matches sites of different owners, under a suffix where anybody can have one: the
    /// private section of the public suffix list, and the services of `data/shared-hosting.yaml`.
    ///
    /// Not to inspect it, or to go around the proxy to it, is not to look at any customer's storage: a way
    /// out for data. The vendor of `*.blob.core.windows.net` contradicts itself: its tables list it among the
    /// hosts to exempt from inspection, its current page says never to exempt the whole suffix. By default the
    /// rule is left out where it would not be inspected, and kept with a warning where it is only allowed.
    ///
    /// Example: `*.blob.core.windows.net`. The pattern may be narrower than the suffix
    /// (`winatp-*.blob.core.windows.net`, for names are free to choose) or wider (`*.windows.net`, with the
    /// suffix below).
    ///
    /// Instead: name the hosts, for the Monitoring Agent by
    /// `sources: [{ mma: { workspaces: [<GUID>], cloud_connection: <FILE> } }]`, for others by a correction or
    /// `select: include:`. Or waive it under `waivers:`, with reason, owner and expiry.
    CoversPublicSuffix = "covers-public-suffix", Warn;
    /// A pattern that matches names of different owners under a registry's suffix. A last label that the
    /// public suffix list does not have counts as a registry's.
    ///
    /// Such a rule opens a country. It is a slip of the pen or worse, so nothing is written until it is
    /// mended.
    ///
    /// Example: `*.co.uk`, `*.com`, or `*cdn.co.uk`.
    ///
    /// Instead: name the domains that are meant, such as `*.example.co.uk`. In a source that you cannot
    /// change, replace the pattern by a correction: `corrections: { "*cdn.co.uk": cdn.example.co.uk }`.
    CoversRegistry = "covers-registry", Deny;
    /// A network that is larger than any owner's: less than /8 of IPv4 or /16 of IPv6.
    ///
    /// Such a rule opens a part of the internet, or all of it. It is a slip of the pen or worse, so nothing is
    /// written until it is mended.
    ///
    /// Example: `0.0.0.0/0`, `2000::/3`, or `64:ff9b::/96`, which is all of IPv4.
    ///
    /// Instead: name the networks that are meant. In a source that you cannot change, leave the row out by
    /// `select: exclude:`.
    WideNetwork = "wide-network", Deny;
    /// A pattern that matches addresses that are another machine for everybody who uses them: loopback,
    /// link-local, multicast, and `localhost`.
    ///
    /// A proxy that lets them through leads its clients to its own services, and in a cloud to the service
    /// that hands out credentials. No vendor's service is there.
    ///
    /// Example: `127.0.0.1`, `169.254.169.254`, `http://localhost/`.
    ///
    /// Instead: leave the row out by `select: exclude:`, or ask whoever wrote it what is meant.
    LocalAddress = "local-address", Hold;
    /// A pattern that matches a sign-in host of `data/identity-endpoints.yaml`.
    ///
    /// Tenant restrictions are enforced there: a proxy that inspects adds a header that names the allowed
    /// tenants. Exempt the host from inspection and any tenant can be signed in to, with data to take along.
    ///
    /// Example: `login.microsoftonline.com`, or `*.windows.net` with `login.windows.net` below it.
    ///
    /// Instead: if the proxy restricts tenants, keep the host off the list:
    /// `lints: { identity-endpoint: { bypass-inspection: hold } }`. If it does not, waive the finding.
    IdentityEndpoint = "identity-endpoint", Allow;
    /// A waiver that no pattern needed.
    ///
    /// It waits for the day when somebody adds the pattern, and then opens it without a word.
    ///
    /// Example: a waiver of `*.blob.core.windows.net` after workspace IDs narrowed that wildcard.
    ///
    /// Instead: remove it, or write pattern and intent as the finding that it is for does.
    UnusedWaiver = "unused-waiver", Warn;
    /// A waiver past its date.
    ///
    /// It no longer counts, so the gate is as if it were not there, and the rule may be left out.
    ///
    /// Example: `expires: 2026-03-31`, from 1 April on.
    ///
    /// Instead: narrow the pattern, or ask its owner for a new date.
    ExpiredWaiver = "expired-waiver", Warn;
    /// An exclusion that dropped no endpoint.
    ///
    /// Somebody meant to close something, and it is not closed by this: the pattern is misspelt, or narrower
    /// than the endpoint. An exclusion drops the endpoints that it contains.
    ///
    /// Example: `exclude: ["a.example.com"]` where the list has `*.example.com`.
    ///
    /// Instead: exclude the endpoint as it is written, or remove the line.
    UnusedExclude = "unused-exclude", Warn;
    /// An exclusion whose hosts a remaining rule still lets through.
    ///
    /// A host can be needed by two rows, and the wider one stays: what was meant to be closed is open.
    ///
    /// Example: `exclude: ["a.example.com"]` drops that row, and `*.example.com` remains.
    ///
    /// Instead: exclude the wider pattern too, or narrow it by a correction.
    ExcludeStillCovered = "exclude-still-covered", Warn;
    /// A pattern that the gate held, and that a remaining rule lets through all the same.
    ///
    /// To waive a wildcard is to waive all that lies below it, whatever the gate says of that: what was meant
    /// to be left out is open.
    ///
    /// Example: `*.core.windows.net` is waived, and `*.blob.core.windows.net` is held.
    ///
    /// Instead: narrow the wider rule, or waive both, so that the waivers say what is open.
    HeldStillCovered = "held-still-covered", Warn;
    /// An included host past its date.
    ///
    /// It is left out.
    ///
    /// Example: `expires: 2026-06-30`, from 1 July on.
    ///
    /// Instead: remove it, or ask its owner for a new date.
    ExpiredInclude = "expired-include", Hold;
    /// A profile without proxies.
    ///
    /// The placeholder `proxy.invalid:3128` is written, a name that resolves nowhere. A client with this PAC
    /// file reaches nothing through it.
    ///
    /// Example: the built-in profile, which cannot know yours.
    ///
    /// Instead: `proxies: ["proxy.contoso.com:8080"]`.
    PlaceholderProxy = "placeholder-proxy", Warn;
    /// Of the sensor and the antivirus one has a proxy and the other has none.
    ///
    /// They find their ways separately. The one without reports, or asks its cloud, by some other way or not at all,
    /// and nothing on the device says so. Source: configure-proxy-internet (learn.microsoft.com), 2024-07 and 2026-09,
    /// checked 2026-11-24.
    ///
    /// Example: `devices: { antivirus_proxy: none }`.
    ///
    /// Instead: set both. If the other one finds its way by WPAD or by the proxy of WinHTTP:
    /// `lints: { unpaired-proxy: allow }`.
    UnpairedProxy = "unpaired-proxy", Warn;
    /// A sensor with a proxy of its own, past which it goes direct where it does not reach it.
    ///
    /// Where there is a direct way, a broken proxy is not noticed: everything works, past it. Where there is none, the
    /// sensor is silent, and looks as if nothing happened on the device. Source: the last note of
    /// configure-proxy-internet (learn.microsoft.com), 2021-12, checked 2026-11-24. Of the telemetry service
    /// policy-csp-system says that its data goes by the default proxy configuration then.
    ///
    /// Example: `devices: {}`.
    ///
    /// Instead: watch the proxy itself and when devices were last seen. Once that is done:
    /// `lints: { direct-fallback: allow }`.
    DirectFallback = "direct-fallback", Warn;
    /// A proxy of WinHTTP, which holds for a whole machine wherever it is.
    ///
    /// Every service that uses WinHTTP takes it, updates too, and a laptop outside the network reaches nothing by it.
    /// Source: configure-proxy-internet (learn.microsoft.com), 2021-12 and 2026-09, checked 2026-11-24.
    ///
    /// Example: `netsh winhttp set proxy` on a laptop that goes home with its user.
    ///
    /// Instead: `devices: { winhttp_proxy: none }`; the sensor and the antivirus have settings of their own. For
    /// desktops alone: `lints: { roaming-winhttp: allow }`.
    RoamingWinhttp = "roaming-winhttp", Warn;
    /// A proxy of the antivirus, where the machine has none.
    ///
    /// Windows Update and Microsoft Update do not take the antivirus's proxy, so security intelligence is not
    /// downloaded where there is no direct way, and protection grows old. Source: configure-proxy-internet
    /// (learn.microsoft.com), 2021-12 and 2026-09, checked 2026-11-24.
    ///
    /// Example: `devices: { winhttp_proxy: none }` with a proxy for the antivirus.
    ///
    /// Instead: set `winhttp_proxy` on desktops. If updates come from a source inside the network:
    /// `lints: { updates-without-proxy: allow }`.
    UpdatesWithoutProxy = "updates-without-proxy", Warn;
    /// A value of `ssl_options` about which the vendor's documents disagree.
    ///
    /// Both weaken how the antivirus checks its cloud: 2 gives up revocation, 0 pinning as well. The sheet of
    /// streamlined URLs asks for 0; configure-proxy-internet (learn.microsoft.com) asked for 2 in 2024-07 and calls it
    /// no best practice in 2026-09. Checked 2026-11-24.
    ///
    /// Example: `devices: { disconnected: true, ssl_options: 0 }`.
    ///
    /// Instead: set `winhttp_proxy` and let the revocation lists through, which the policy does. Where that cannot be,
    /// write 2.
    DisputedSslOptions = "disputed-ssl-options", Warn;
    /// A host that is let through and not exempt from signing in to the proxy, for devices that go through one.
    ///
    /// The product has no credentials: it runs as the system, and authenticating proxies are not supported. Source:
    /// configure-proxy-internet and linux-static-proxy-configuration (learn.microsoft.com), checked 2026-11-24. They
    /// say the same of proxies that inspect; what must not be inspected is a list of the policy.
    ///
    /// Example: `lints: { identity-endpoint: { bypass-authentication: hold } }` beside `devices: {}`.
    ///
    /// Instead: let it through without credentials; where the proxy asks nobody:
    /// `lints: { needs-anonymous-proxy: allow }`.
    NeedsAnonymousProxy = "needs-anonymous-proxy", Warn;
    /// A product that lets more through than the policy asks for, since it cannot say less.
    ///
    /// On a list not to be inspected this is a security finding: that traffic is not looked at. The finding
    /// names a shortest request that shows the difference.
    ///
    /// Example: a PAC file decides on the host alone, so every port of the host is let through.
    ///
    /// Instead: accept it, or leave such rules out of the product: `tolerances: { port: hold }`.
    WiderThanPolicy = "wider-than-policy", Warn;
    /// A product that lets less through than the policy asks for.
    ///
    /// An outage waits there. The finding names a shortest request that shows the difference.
    ///
    /// Example: a product that matches whole path segments, for a rule on the start of one.
    ///
    /// Instead: open the rest in the product by hand, or correct the pattern to what it can say.
    NarrowerThanPolicy = "narrower-than-policy", Warn;
    /// A rule that a product cannot say, or only by saying far more.
    ///
    /// It is left out of that product, so the hosts stay closed there.
    ///
    /// Example: PAN-OS has no `*cdn.example.com`.
    ///
    /// Instead: name the hosts under `select: include:`, or correct the pattern:
    /// `corrections: { "*cdn.example.com": .cdn.example.com }`. `thruway targets` shows what each product can
    /// say.
    UnsupportedByTarget = "unsupported-by-target", Hold;
    /// More than the product takes, or enough to slow it down.
    ///
    /// What is over a limit the product skips, mostly without a word to its users.
    ///
    /// Example: an external dynamic list of 60,000 URLs on a firewall that takes 50,000 in all.
    ///
    /// Instead: select fewer endpoints, or name the model in the profile where its limit is higher.
    LimitExceeded = "limit-exceeded", Warn;
    /// A model of a product whose limits are not on record.
    ///
    /// The smallest known limits are used, and warnings may come too early.
    ///
    /// Example: `targets: { paloalto: { model: PA-1 } }`.
    ///
    /// Instead: check the spelling; the finding names the models that are known. Compare with the product's
    /// own figures.
    UnknownModel = "unknown-model", Warn;
    /// A host that the policy needs and that a configuration under audit refuses.
    ///
    /// The service, or a part of it, does not work behind this configuration, mostly without a word on the
    /// device. The finding names a request that is refused and the line that refuses it, if one does.
    ///
    /// Example: a list of exact names from the day of the rollout, for a service that has moved since.
    ///
    /// Instead: add what the policy asks for. `thruway compile` writes the whole list.
    NeededRefused = "needed-refused", Deny;
    /// A host that must not be inspected and that a configuration under audit inspects.
    ///
    /// The service pins its certificates, so a session that is opened breaks.
    ///
    /// Example: `*.example.com` in a list of `dstdomain`, where a star matches nothing, so that the line that
    /// splices is never reached.
    ///
    /// Instead: put the host on the list that is exempt from inspection, before the rule that inspects.
    NeededInspected = "needed-inspected", Deny;
    /// A host that a configuration under audit lets through only to those who sign in.
    ///
    /// The service runs as the system and has no credentials of a user, so it is refused.
    ///
    /// Example: `http_access allow users` above the line for the vendor's hosts.
    ///
    /// Instead: let the host through before anybody is asked.
    NeededAuthenticated = "needed-authenticated", Deny;
    /// A host that should not go through the proxy and that a configuration under audit sends there.
    ///
    /// The profile asks for direct connections, for what does not work through a proxy.
    ///
    /// Example: a PAC that answers `PROXY` for a host of Live Response.
    ///
    /// Instead: answer `DIRECT` for it.
    NeededNotDirect = "needed-not-direct", Deny;
    /// An entry of a configuration under audit that lets through, or exempts, more hosts than the policy needs.
    ///
    /// What is let through without need is what an attacker uses. The finding names a host that nobody asked for.
    ///
    /// Example: `.blob.core.windows.net`, which is every customer of a cloud, for six hosts of one vendor.
    ///
    /// Instead: name what the policy names.
    WiderThanNeeded = "wider-than-needed", Warn;
    /// An entry of a configuration under audit of which the policy needs nothing.
    ///
    /// It serves somebody else, or it is left from a list that the vendor has changed.
    ///
    /// Example: a host that was in the vendor's list three years ago.
    ///
    /// Instead: remove it where nobody else needs it.
    NotNeeded = "not-needed", Warn;
    /// An entry of a configuration under audit that the product accepts and that matches nothing.
    ///
    /// It looks as if something were let through or exempt. Nothing is.
    ///
    /// Example: `*.example.com` in a list of `dstdomain`, or `https://example.com` in one of names.
    ///
    /// Instead: write it as the product reads it; `thruway compile` does.
    NeverMatches = "never-matches", Warn;
    /// An entry of a configuration under audit that another one of its list covers.
    ///
    /// It does nothing, and whoever removes it to close a host has closed nothing. Squid up to 6 refuses some of
    /// these lists.
    ///
    /// Example: `a.example.com` below `.example.com`.
    ///
    /// Instead: remove it.
    CoveredEntry = "covered-entry", Warn;
    /// A list of a configuration under audit that no rule names.
    ///
    /// It decides nothing, though somebody may rely on it.
    ///
    /// Example: `acl bypass ssl::server_name "bypass.txt"` without an `ssl_bump` line that says `bypass`.
    ///
    /// Instead: name it in a rule, or remove it.
    UnusedList = "unused-list", Warn;
    /// A line of a configuration under audit that does not do what it seems to.
    ///
    /// It matches more than its text, or by something that a client may choose.
    ///
    /// Example: `example\.com` as a regular expression without anchors, which matches
    /// `example.com.evil.test`.
    ///
    /// Instead: the finding says what to write.
    MisleadingEntry = "misleading-entry", Warn;
    /// A part of a configuration under audit that is not understood.
    ///
    /// Nothing is decided about it, so the audit may be wrong about what it concerns.
    ///
    /// Example: an ACL that asks a helper program.
    ///
    /// Instead: look at it yourself.
    NotUnderstood = "not-understood", Warn;
    /// A configuration, or a part of one, that the product refuses.
    ///
    /// It is not in force: the product goes on with what it had before, or does not start.
    ///
    /// Example: `example.com` beside `.example.com` in a list of Squid.
    ///
    /// Instead: the finding says what is wrong.
    ProductRefuses = "product-refuses", Deny;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
