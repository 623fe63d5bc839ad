//! The page says 2, and since 2026 that it is no best practice; the vendor's sheet of streamlined URLs says 0, which
//! gives up pinning as well.

use super::finding;
use crate::diag::{Code, Diagnostic};
use crate::model::Policy;
use crate::profile::{Devices, SslOptions};

pub(super) fn check(devices: &Devices, _: &Policy) -> Option<Diagnostic> {
    let options = devices.ssl_options.as_ref()?;
    let what = match options.value {
        SslOptions::NoRevocation => "revoked certificates of the cloud are taken",
        SslOptions::NoPinningNoRevocation => {
            "neither pinning nor revocation of the cloud's certificates is checked"
        }
        SslOptions::NoPinning | SslOptions::Both => return None,
    };
    let value = options.value.value();
    finding(
        Code::DisputedSslOptions,
        format!("`ssl_options: {value}`, and the vendor's documents disagree: one says 0, another 2"),
        options.place(value.to_string()),
        what,
        "let Windows reach the revocation lists through `winhttp_proxy` instead and leave it out; if it cannot, take 2",
    )
}
