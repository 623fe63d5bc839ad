//! Lints across the settings of `devices`. What is wrong by construction, such as a scheme where the vendor takes none,
//! the profile refuses itself; here is what may be meant and bites all the same.
//!
//! Unless another source stands there, the facts are those of "Configure your devices to connect to the Defender for
//! Endpoint service using a proxy" (learn.microsoft.com/defender-endpoint/configure-proxy-internet), in the texts of
//! December 2021, July 2024 and 2026-09-22, all checked 2026-11-24.

mod direct_fallback;
mod disputed_ssl_options;
mod needs_anonymous_proxy;
mod roaming_winhttp;
mod unpaired_proxy;
mod updates_without_proxy;

use crate::diag::{Code, Diagnostic, Place};
use crate::emit::{self, windows_device};
use crate::model::Policy;
use crate::profile::{Devices, Profile};

/// A look at the settings, in the light of what is to be enforced.
struct Lint {
    code: Code,
    about: About,
    check: fn(&Devices, &Policy) -> Option<Diagnostic>,
}

/// Which devices a lint is about.
#[derive(Clone, Copy)]
enum About {
    Windows,
    Every,
}

/// Every lint, in the order in which they run.
static ALL: &[Lint] = &[
    Lint { code: Code::UnpairedProxy, about: About::Windows, check: unpaired_proxy::check },
    Lint { code: Code::DirectFallback, about: About::Windows, check: direct_fallback::check },
    Lint { code: Code::RoamingWinhttp, about: About::Windows, check: roaming_winhttp::check },
    Lint { code: Code::UpdatesWithoutProxy, about: About::Windows, check: updates_without_proxy::check },
    Lint { code: Code::DisputedSslOptions, about: About::Windows, check: disputed_ssl_options::check },
    Lint { code: Code::NeedsAnonymousProxy, about: About::Every, check: needs_anonymous_proxy::check },
];

/// Everything that is remarkable about the settings of a profile's devices. Of a system that is not written for nothing
/// is said.
pub fn lint(profile: &Profile, policy: &Policy) -> Vec<Diagnostic> {
    let Some(devices) = &profile.settings.devices else { return Vec::new() };
    let windows = profile.targets.contains(&windows_device::ID);
    let any = profile.targets.iter().any(|id| emit::is_for_devices(id));
    let concerns = |about| match about {
        About::Windows => windows,
        About::Every => any,
    };
    let found = ALL.iter().filter(|lint| concerns(lint.about)).filter_map(|lint| {
        let finding = (lint.check)(devices, policy)?;
        debug_assert_eq!(finding.code, lint.code);
        Some(finding)
    });
    found.collect()
}

fn finding(
    code: Code,
    message: impl Into<String>,
    place: Place,
    label: &str,
    help: &str,
) -> Option<Diagnostic> {
    Some(Diagnostic::new(code, message, place, label).help(help))
}

#[cfg(test)]
mod tests;
