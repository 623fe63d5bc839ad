//! What documents say, cell by cell.

macro_rules! rows {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

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
            /// A port that is no number from 1 to 65535.
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
            /// A path on HTTPS, which only a product that inspects sees.
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
            /// Documents that disagree: about the Windows releases that need an endpoint, or whether a wildcard that
            /// is exempt from inspection should be. Of the antivirus's SSLOptions `disputed-ssl-options` speaks.
            ///
            /// Of Windows releases the newest document decides, and of rows that disagree any that needs the host. If
            /// that is wrong, clients of some release lack the endpoint. What is exempt against the newest document
            /// is there because the profile waives or allows it.
            ///
            /// Example: one says that `a.example.com` is for Windows before 1803, a newer one before 1809. Or
            /// `*.blob.core.windows.net`, which the tables exempt and the page of 2026-09-21 does not.
            ///
            /// Instead: nothing, if the newest is right; without `windows:` in the profile no release is left out. A
            /// wildcard is better narrowed than exempt.
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
        }
    };
}

pub(super) use rows;
