//! The proxy of Defender for Endpoint on Linux: managed configuration, command line, the environment of the installer,
//! and a drop-in of systemd for versions that know neither.
//!
//! There is no PAC file and no list of exceptions here: the product takes one static proxy.

#[cfg(test)]
mod tests;

use askama::Template;
use serde_json::json;

use super::{Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported, devices, header};
use crate::model::{Intent, Rule};
use crate::plan::Plan;
use crate::profile::Settings;

const ID: &str = "linux-device";

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct LinuxDevice;

#[derive(Template)]
#[template(path = "linux-device/set-proxy.sh")]
struct Setup<'a> {
    header: &'a [String],
    proxy: &'a str,
}

#[derive(Template)]
#[template(path = "linux-device/remove-proxy.sh")]
struct Removal<'a> {
    header: &'a [String],
}

#[derive(Template)]
#[template(path = "linux-device/check-proxy.sh")]
struct Check<'a> {
    header: &'a [String],
    proxy: &'a str,
}

#[derive(Template)]
#[template(path = "linux-device/installer.env")]
struct Installer<'a> {
    header: &'a [String],
    proxy: &'a str,
}

#[derive(Template)]
#[template(path = "linux-device/10-thruway-proxy.conf")]
struct DropIn<'a> {
    header: &'a [String],
    proxy: &'a str,
}

impl Emitter for LinuxDevice {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "mdatp_managed.json"
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
        let proxy = &devices::of(plan).unix_proxy.value;
        if let Some(refused) = devices::refused(ID, [proxy.proxy()]) {
            return Ok(refused);
        }
        let header = &header::lines(plan.banner)[..];
        let proxy = &proxy.to_string();
        let artifact = |path, text| devices::artifact(ID, path, text);
        // With a slash behind the port, as the vendor writes it here and not for the command line ("Configure
        // Microsoft Defender for Endpoint on Linux for static proxy discovery", checked 2026-11-24).
        let url = &format!("{proxy}/");
        let artifacts = vec![
            devices::json(ID, "mdatp_managed.json", &json!({ "cloudService": { "proxy": url } }))?,
            artifact("set-proxy.sh", Setup { header, proxy }.render())?,
            artifact("remove-proxy.sh", Removal { header }.render())?,
            artifact("check-proxy.sh", Check { header, proxy }.render())?,
            artifact("installer.env", Installer { header, proxy: url }.render())?,
            artifact("mdatp.service.d/10-thruway-proxy.conf", DropIn { header, proxy: url }.render())?,
        ];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}
