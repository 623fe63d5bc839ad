//! "To use the proxy correctly, configure these two different proxy settings" (text of July 2024).

use super::finding;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Policy;
use crate::profile::Devices;

pub(super) fn check(devices: &Devices, _: &Policy) -> Option<Diagnostic> {
    let antivirus = devices.antivirus_proxy.is_some() || devices.antivirus_pac.is_some();
    let (has, lacks, key) = match (devices.edr_proxy.is_some(), antivirus) {
        (true, false) => ("the sensor", "the antivirus", "antivirus_proxy"),
        (false, true) => ("the antivirus", "the sensor", "edr_proxy"),
        (true, true) | (false, false) => return None,
    };
    finding(
        Code::UnpairedProxy,
        format!("{has} has a proxy and {lacks} has none"),
        Place::Run,
        &format!("{lacks} reaches its cloud some other way, or not"),
        &format!("set `{key}` too, unless {lacks} finds its way by WPAD or by the proxy of WinHTTP"),
    )
}
