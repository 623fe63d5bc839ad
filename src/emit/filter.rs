//! What filters of packets share, on a device or a gateway: ports in names, and the proxies of a device, which may
//! not be the placeholder.

use sha2::{Digest, Sha256};

use crate::diag::{Code, Diagnostic, Level, Place};
use crate::model::{Host, Ports};
use crate::profile::Settings;

/// Longest text of a port set that is written out in a name.
const MAX_PORTS_LABEL: usize = 32;

/// Ports in a name: `443`, `80_443`, `8000-8080`, `any`, a digest where that is long.
pub(super) fn ports_label(ports: &Ports) -> String {
    if *ports == Ports::any() {
        return "any".to_owned();
    }
    let label = ports.to_string().replace(',', "_");
    if label.len() <= MAX_PORTS_LABEL {
        return label;
    }
    let digest: String =
        Sha256::digest(label.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("of-{digest}")
}

/// Ports as both filters write them: `443`, `8000-8080`.
pub(super) fn port_ranges(ports: &Ports) -> Vec<String> {
    ports.ranges().map(|range| Ports::from_ranges([range]).to_string()).collect()
}

/// The proxies that a device is let through to; a finding at deny where the profile names none, since a device
/// with the placeholder would reach nothing.
pub(super) fn proxies(
    target: &'static str,
    settings: &Settings,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Host, Ports)> {
    if settings.proxies.iter().any(|proxy| proxy.is_placeholder()) {
        findings.push(placeholder_refused(
            target,
            "no proxy is named, so the device is let through to none",
            "everything that is not direct would be lost",
        ));
        return Vec::new();
    }
    let place = |proxy: &crate::profile::Proxy| {
        let (host, port) = proxy.host_and_port();
        (host, Ports::one(port))
    };
    settings.proxies.iter().map(place).collect()
}

/// That a target does not take the placeholder.
pub(super) fn placeholder_refused(target: &'static str, message: &str, label: &str) -> Diagnostic {
    Diagnostic::new(Code::PlaceholderProxy, message, Place::Run, label)
        .at_level(Level::Deny)
        .help("name yours in the profile: `proxies: [\"proxy.contoso.com:8080\"]`")
        .for_target(target)
}
