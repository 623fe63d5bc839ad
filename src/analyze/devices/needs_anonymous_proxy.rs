//! "authenticated proxies are not supported" (linux-static-proxy-configuration, checked 2026-11-24); on Windows the
//! sensor runs as LocalSystem, and DisableEnterpriseAuthProxy keeps it from trying.

use std::collections::BTreeSet;

use super::finding;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Intent, Policy};
use crate::profile::Devices;
use crate::text::count;

pub(super) fn check(_: &Devices, policy: &Policy) -> Option<Diagnostic> {
    // Every destination is exempt but those that the gate holds.
    let held = |intent| policy.held(intent).iter().map(|held| &held.rule.pattern).collect::<BTreeSet<_>>();
    let closed = held(Intent::Allow);
    let mut asked = held(Intent::BypassAuthentication);
    asked.retain(|pattern| !closed.contains(pattern));
    let first = asked.first()?;
    finding(
        Code::NeedsAnonymousProxy,
        format!(
            "{} let through and not exempt from signing in to the proxy, such as `{first}`",
            count(asked.len(), "destination")
        ),
        Place::Run,
        "devices have no credentials, so a proxy that asks for them refuses them",
        "let it through without credentials, too: look at `lints:` and `tolerances:` of the profile",
    )
}
