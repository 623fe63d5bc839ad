//! What only the whole table shows, or the table beside the vendor's lists and the day.

macro_rules! tables {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

            /// A requirement column with blank cells, in a sheet where other rows fill it.
            ///
            /// Such a row counts as required, so a profile with `requirements: [required]` lets it through as well.
            /// Said once for each sheet.
            ///
            /// Example: `Required` in E2, nothing in E3.
            ///
            /// Instead: write `Required` or `Optional` into the cell.
            MissingRequirement = "missing-requirement", Warn;
            /// A name of yours that looks like one of the vendor's and is not: characters that look the same, `rn` for
            /// `m`, one letter more, less or other, a hyphen, or the vendor's whole name in front of another domain.
            ///
            /// Somebody registers such names to be let through by mistake. Compared are the domains that are registered
            /// with a registry, those of your files, inclusions and corrections with those of the built-in lists.
            ///
            /// Example: `rnicrosoft.com`, `micros0ft.com`, `windows-update.com`,
            /// `login.microsoftonline.com.example.net`.
            ///
            /// Instead: the vendor's name, if that is meant. If the name is right and known to you:
            /// `lints: { lookalike-name: allow }`.
            LookalikeName = "lookalike-name", Warn;
            /// Rows of one sheet that say the same: the same host, ports and path with the same facts.
            ///
            /// One of them is probably a copy that was to be edited, so what it should say is missing. Said once for
            /// each sheet, of files alone.
            ///
            /// Example: `a.example.com`, port 443, required, in E2 and in E9.
            ///
            /// Instead: remove one, or write what was meant.
            DuplicateRow = "duplicate-row", Warn;
            /// Patterns that another rule covers altogether, so that without them as much is let through.
            ///
            /// Whoever removes such a line to close a host closes nothing. Said once for each rule that covers, of
            /// what you added beside a list: an inclusion, or a file whose pattern another source covers. Within one
            /// source it is how vendors write; raise the level to see that as well.
            ///
            /// Example: `include: a.example.com` where the list has `*.example.com`. With
            /// `lints: { shadowed-pattern: warn }` also the six storage hosts below `*.blob.core.windows.net`.
            ///
            /// Instead: remove the line, unless the wider pattern is to go.
            ShadowedPattern = "shadowed-pattern", Warn;
            /// A host of which one row says that it must be exempt from inspection, or reached directly, and another
            /// that it may be inspected; or one that is held for bypass inspection and goes past the proxy all the same.
            ///
            /// The wider answer wins: what is exempt or direct is looked at by nobody. Whether somebody wanted that,
            /// the rows do not tell.
            ///
            /// Example: `a.example.com` with "Bypass inspection: Yes" in one table and "No" in another.
            ///
            /// Instead: correct the row that is wrong. Of a rule that is held for one list, hold it for the other as
            /// well: `lints: { covers-public-suffix: { direct: hold } }`.
            ConflictingIntent = "conflicting-intent", Warn;
            /// Documents that name different ports for the same host.
            ///
            /// All of them are opened, and one is probably out of date. A port that a sheet without such a column
            /// leaves to be assumed contradicts nothing. Said once for the hosts of the same documents.
            ///
            /// Example: `a.example.com` on 80 in one sheet, on 443 in another.
            ///
            /// Instead: find out which one holds, and take the other document out of `sources:` or mend it.
            PortConflict = "port-conflict", Warn;
            /// An entry of yours that the vendor's newest list no longer has: an inclusion, exclusion, correction or
            /// waiver, or a row of an older list. The finding says since when.
            ///
            /// It opens a host that nothing needs any more, or speaks of one that is not there.
            ///
            /// Example: `msdl.microsoft.com` from a workbook of 2021.
            ///
            /// Instead: remove it, or take the newest list in the place of the old file. If something else needs the
            /// host: `lints: { removed-by-vendor: allow }`.
            RemovedByVendor = "removed-by-vendor", Warn;
            /// A waiver or an inclusion whose last day is within 30 days.
            ///
            /// After it the rule is left out, and what needed it stops without a change of yours.
            ///
            /// Example: `expires: 2026-12-01` on 24 November 2026.
            ///
            /// Instead: narrow the pattern, or ask its owner for a new date.
            ExpiringSoon = "expiring-soon", Warn;
            /// Targets of which the program's facts were held to the product more than a year ago.
            ///
            /// Products change what an entry means, and a rule could be wider or narrower than said here.
            ///
            /// Example: `verified_on: 2026-11-24` on 25 November 2027.
            ///
            /// Instead: take a newer version of the program, or try what is written on one machine first.
            StaleTargetFacts = "stale-target-facts", Warn;
        }
    };
}

pub(super) use tables;
