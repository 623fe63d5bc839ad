//! "A system-wide static proxy is best suited to devices in a stable network topology."

use super::finding;
use crate::diag::{Code, Diagnostic};
use crate::model::Policy;
use crate::profile::Devices;

pub(super) fn check(devices: &Devices, _: &Policy) -> Option<Diagnostic> {
    let proxy = devices.winhttp_proxy.as_ref()?;
    finding(
        Code::RoamingWinhttp,
        format!("`{}` becomes the proxy of WinHTTP, for every service of the machine", proxy.value.as_str()),
        proxy.place(proxy.value.as_str()),
        "on a laptop outside the network nothing gets through",
        "leave `winhttp.cmd` to desktops; with laptops alone write `winhttp_proxy: none`",
    )
}
