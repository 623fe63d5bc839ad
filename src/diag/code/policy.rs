//! What a profile asks for, and what the gate keeps out.

macro_rules! policy {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

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
            /// A pattern that matches sites of different owners, under a suffix of the private section of the public
            /// suffix list, where anybody can have a name. The other services of that kind are `shared-hosting`.
            ///
            /// Not to inspect it, or to go around the proxy to it, is not to look at any customer's storage: a way
            /// out for data. The vendor of `*.blob.core.windows.net` contradicts itself: its tables list it among the
            /// hosts to exempt from inspection, its current page says never to exempt the whole suffix. By default the
            /// rule is left out where it would not be inspected, and kept with a warning where it is only allowed.
            ///
            /// A level or a waiver of this code holds for `shared-hosting` as well, unless the profile says otherwise
            /// there.
            ///
            /// Example: `*.blob.core.windows.net`. The pattern may be narrower than the suffix
            /// (`winatp-*.blob.core.windows.net`, for names are free to choose) or wider (`*.windows.net`, with the
            /// suffix below).
            ///
            /// Instead: name the hosts, for the Monitoring Agent by
            /// `sources: [{ mma: { workspaces: [<GUID>], cloud_connection: <FILE> } }]`, for others by a correction or
            /// `select: include:`. Or waive it under `waivers:`, with reason, owner and expiry.
            CoversPublicSuffix = "covers-public-suffix", Warn;
            /// A pattern that matches names of different customers of one service that the public suffix list does not
            /// have. The program knows such services by a table of its own.
            ///
            /// To whoever inspects nothing there, a stranger's tenant looks like the vendor's own. The levels are those
            /// of `covers-public-suffix`, and where the profile says nothing of this code, its levels and waivers of
            /// that one hold here too: both mean the same danger, and which list knows a suffix may change.
            ///
            /// Example: `*.sharepoint.com`, `*-files.sharepoint.com`, `*.vault.azure.net`, `*.azure-automation.net`.
            /// `*.akamaized.net` and `*.azurefd.net` are in the public suffix list, so they are `covers-public-suffix`.
            ///
            /// Instead: name your own tenant, such as `contoso.sharepoint.com`, by a correction or
            /// `select: include:`. Or waive it under `waivers:`, with reason, owner and expiry.
            SharedHosting = "shared-hosting", Warn;
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
            /// A pattern that matches a host where people sign in to the vendor's cloud.
            ///
            /// Tenant restrictions are enforced there: a proxy that inspects adds a header that names the allowed
            /// tenants. Exempt the host from inspection and any tenant can be signed in to, with data to take along.
            ///
            /// Example: `login.microsoftonline.com`, or `*.windows.net` with `login.windows.net` below it.
            ///
            /// Instead: if the proxy restricts tenants, keep the host off the list:
            /// `lints: { identity-endpoint: { bypass-inspection: hold } }`. If it does not, allow the finding there, or
            /// waive it for one pattern under `waivers:`.
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
        }
    };
}

pub(super) use policy;
