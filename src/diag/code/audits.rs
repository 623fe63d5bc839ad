//! Configurations under audit.

macro_rules! audits {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

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
            /// Nothing is decided about it, so the audit may be wrong about what it concerns: it ends with exit code 2
            /// where nothing else is an error.
            ///
            /// Example: an ACL that asks a helper program.
            ///
            /// Instead: look at it yourself, and then take it out with `-A not-understood`.
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
    };
}

pub(super) use audits;
