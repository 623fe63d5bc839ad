//! Proxies of Defender for Endpoint on Windows: the sensor's, the antivirus's and that of WinHTTP, for whatever puts
//! settings on devices. Every form says the same, has an undo, and a script reads back what holds.
//!
//! The sensor takes `host:port` without a scheme, the antivirus a URL with one; what is wrong there the profile has
//! refused already.

mod intune;
mod policy;
mod registry;
mod write;

#[cfg(test)]
mod tests;

use super::{Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported, devices};
use crate::model::{Intent, Rule};
use crate::plan::Plan;
use crate::profile::Settings;

/// The target's name, which lints about Windows ask for.
pub(crate) const ID: &str = "windows-device";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct WindowsDevice;

impl Emitter for WindowsDevice {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "thruway-proxy.ps1"
    }

    fn applies(&self, _: &Settings, _: Intent) -> bool {
        false
    }

    fn is_for_devices(&self) -> bool {
        true
    }

    fn encode(&self, _: &Settings, _: Intent, _: &Rule) -> Result<Encoded, Unsupported> {
        Err(devices::no_rule())
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        write::render(plan)
    }
}
