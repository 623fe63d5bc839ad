//! "Microsoft Defender Antivirus doesn't use the static proxy to connect to Windows Update or Microsoft Update".

use super::finding;
use crate::diag::{Code, Diagnostic};
use crate::model::Policy;
use crate::profile::Devices;

pub(super) fn check(devices: &Devices, _: &Policy) -> Option<Diagnostic> {
    let proxy = devices.antivirus_proxy.as_ref()?;
    if devices.winhttp_proxy.is_some() {
        return None;
    }
    finding(
        Code::UpdatesWithoutProxy,
        format!("updates do not go through `{}`", proxy.value),
        proxy.place(proxy.value.to_string()),
        "Windows Update takes the proxy of WinHTTP, which is not set",
        "set `winhttp_proxy`, or update from a source inside the network",
    )
}
