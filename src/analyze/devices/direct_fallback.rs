//! "If TelemetryProxyServer is set […] Defender for Endpoint falls back to direct if it cannot access the defined
//! proxy" (text of December 2021, last note).

use super::finding;
use crate::diag::{Code, Diagnostic};
use crate::model::Policy;
use crate::profile::Devices;

pub(super) fn check(devices: &Devices, _: &Policy) -> Option<Diagnostic> {
    let proxy = devices.edr_proxy.as_ref()?;
    finding(
        Code::DirectFallback,
        format!("the sensor goes direct where `{}` is not reached", proxy.value.as_str()),
        proxy.place(proxy.value.as_str()),
        "a proxy that is down is not noticed, or nothing reports",
        "watch the proxy itself, and close the direct way where it must not be taken",
    )
}
