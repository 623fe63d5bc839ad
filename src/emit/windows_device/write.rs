//! The files.

use askama::Template;
use serde::Serialize;

use super::registry::{self, ANTIVIRUS, Data, Section, Value};
use super::{ID, intune, policy};
use crate::emit::{Artifact, RenderError, Rendered, devices, header};
use crate::plan::Plan;
use crate::profile::{BypassEntry, Devices};

/// What the scripts of PowerShell set and check. The antivirus has its own cmdlets.
#[derive(Clone, Copy)]
struct Script<'a> {
    header: &'a [String],
    /// Values that are set as such.
    values: &'a [&'a Value],
    antivirus: Antivirus<'a>,
}

/// Parameters of `Set-MpPreference`.
#[derive(Clone, Copy)]
struct Antivirus<'a> {
    server: Option<&'a str>,
    pac: Option<&'a str>,
    bypass: &'a [BypassEntry],
}

impl Antivirus<'_> {
    fn is_empty(&self) -> bool {
        self.server.is_none() && self.pac.is_none() && self.bypass.is_empty()
    }
}

#[derive(Template)]
#[template(path = "windows-device/thruway-proxy.ps1")]
struct Setup<'a> {
    script: Script<'a>,
}

#[derive(Template)]
#[template(path = "windows-device/remove-proxy.ps1")]
struct Removal<'a> {
    script: Script<'a>,
}

#[derive(Template)]
#[template(path = "windows-device/check-proxy.ps1")]
struct Check<'a> {
    script: Script<'a>,
}

#[derive(Template)]
#[template(path = "windows-device/thruway-proxy.reg")]
struct Import<'a> {
    header: &'a [String],
    sections: &'a [Section<'a>],
    removes: bool,
}

#[derive(Template)]
#[template(path = "windows-device/thruway-proxy.lgpo")]
struct Lgpo<'a> {
    header: &'a [String],
    values: &'a [Value],
    removes: bool,
}

/// The static proxy of WinHTTP.
struct WinHttp {
    proxy: String,
    bypass: String,
}

#[derive(Template)]
#[template(path = "windows-device/winhttp.cmd")]
struct WinHttpSetup<'a> {
    header: &'a [String],
}

#[derive(Template)]
#[template(path = "windows-device/winhttp-older.cmd")]
struct WinHttpOlder<'a> {
    header: &'a [String],
    winhttp: &'a WinHttp,
}

#[derive(Template)]
#[template(path = "windows-device/remove-winhttp.cmd")]
struct WinHttpRemoval<'a> {
    header: &'a [String],
}

#[derive(Template)]
#[template(path = "windows-device/check-winhttp.ps1")]
struct WinHttpCheck<'a> {
    header: &'a [String],
    winhttp: &'a WinHttp,
}

/// The settings file of `netsh winhttp set advproxy`, which takes none but these four, all of them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AdvancedSettings<'a> {
    proxy: &'a str,
    proxy_bypass: &'a str,
    autoconfig_url: &'a str,
    auto_detect: bool,
}

pub(super) fn render(plan: &Plan<'_>) -> Result<Rendered, RenderError> {
    let devices = devices::of(plan);
    let proxies = [
        devices.edr_proxy.as_ref().map(|proxy| &proxy.value),
        devices.antivirus_proxy.as_ref().map(|proxy| proxy.value.proxy()),
        devices.winhttp_proxy.as_ref().map(|proxy| &proxy.value),
    ];
    if let Some(refused) = devices::refused(ID, proxies.into_iter().flatten()) {
        return Ok(refused);
    }
    let header = &header::lines(plan.banner)[..];
    let values = registry::values(devices);
    let mut artifacts = registry_files(header, &values)?;
    artifacts.extend(scripts(header, devices, &values)?);
    artifacts.extend(intune::artifacts(&plan.settings.name, header, devices)?);
    artifacts.extend(winhttp(header, devices)?);
    Ok(Rendered { artifacts, findings: Vec::new() })
}

fn artifact(path: &str, text: askama::Result<String>) -> Result<Artifact, RenderError> {
    devices::artifact(ID, path, text)
}

/// What regedit, Group Policy and LGPO.exe take.
fn registry_files(header: &[String], values: &[Value]) -> Result<Vec<Artifact>, RenderError> {
    let sections = &registry::sections(values)[..];
    let import = |path, removes| -> Result<Artifact, RenderError> {
        let Artifact { path, bytes } = artifact(path, Import { header, sections, removes }.render())?;
        let text = String::from_utf8(bytes).expect("internal error: a template gives text");
        Ok(Artifact { path, bytes: registry::encoded(&text) })
    };
    let lgpo = |path, removes| artifact(path, Lgpo { header, values, removes }.render());
    Ok(vec![
        import("thruway-proxy.reg", false)?,
        import("remove-proxy.reg", true)?,
        lgpo("thruway-proxy.lgpo.txt", false)?,
        lgpo("remove-proxy.lgpo.txt", true)?,
        Artifact { path: "Registry.pol".to_owned(), bytes: policy::setting(values) },
        Artifact { path: "remove/Registry.pol".to_owned(), bytes: policy::removing(values) },
    ])
}

fn scripts(header: &[String], devices: &Devices, values: &[Value]) -> Result<Vec<Artifact>, RenderError> {
    let server = devices.antivirus_proxy.as_ref().map(|proxy| proxy.value.to_string());
    let antivirus = Antivirus {
        server: server.as_deref(),
        pac: devices.antivirus_pac.as_ref().map(|url| url.as_str()),
        bypass: &devices.antivirus_bypass,
    };
    let own: Vec<&Value> = values.iter().filter(|value| value.key != ANTIVIRUS).collect();
    let script = Script { header, values: &own, antivirus };
    Ok(vec![
        artifact("thruway-proxy.ps1", Setup { script }.render())?,
        artifact("remove-proxy.ps1", Removal { script }.render())?,
        artifact("check-proxy.ps1", Check { script }.render())?,
    ])
}

/// The machine's own proxy, where the profile sets one.
fn winhttp(header: &[String], devices: &Devices) -> Result<Vec<Artifact>, RenderError> {
    let Some(proxy) = &devices.winhttp_proxy else { return Ok(Vec::new()) };
    let winhttp = &WinHttp {
        proxy: proxy.value.as_str().to_owned(),
        bypass: registry::joined(&devices.winhttp_bypass),
    };
    let settings = |proxy, proxy_bypass| AdvancedSettings {
        proxy,
        proxy_bypass,
        autoconfig_url: "",
        // A proxy that was found by WPAD would go before the one that is named here.
        auto_detect: false,
    };
    Ok(vec![
        devices::json(ID, "winhttp.json", &settings(&winhttp.proxy, &winhttp.bypass))?,
        devices::json(ID, "no-winhttp.json", &settings("", ""))?,
        artifact("winhttp.cmd", WinHttpSetup { header }.render())?,
        artifact("winhttp-older.cmd", WinHttpOlder { header, winhttp }.render())?,
        artifact("remove-winhttp.cmd", WinHttpRemoval { header }.render())?,
        artifact("check-winhttp.ps1", WinHttpCheck { header, winhttp }.render())?,
    ])
}
