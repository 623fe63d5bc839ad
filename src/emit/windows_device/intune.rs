//! Intune: custom OMA-URI settings as the body of a Graph request, and as SyncML that sets, removes and asks.
//!
//! The sensor's settings are files of their own, since the vendor advises against deploying them so: "Don't deploy
//! TelemetryProxyServer through mobile device management (MDM). The EDR sensor reads TelemetryProxyServer from the
//! Group Policy registry location" (configure-proxy-internet, text of 2026-09-22, checked 2026-11-24).

use std::io;

use quick_xml::Writer;
use quick_xml::escape::escape;
use serde_json::{Value as Json, json};

use super::ID;
use super::registry::joined;
use crate::diag::visible;
use crate::emit::{Artifact, RenderError, devices};
use crate::profile::Devices;

/// A setting of the Policy CSP (policy-csp-system, policy-csp-admx-microsoftdefenderantivirus, checked 2026-11-24).
struct Setting {
    /// Below `./Device/Vendor/MSFT/Policy/Config/`.
    path: &'static str,
    data: Data,
}

enum Data {
    Text(String),
    Number(u32),
}

/// A policy of an administrative template: enabled, with one element, which is called as the policy.
fn template(name: &str, value: &str) -> Data {
    Data::Text(format!("<enabled/><data id=\"{name}\" value=\"{}\"/>", escape(value)))
}

const ROOT: &str = "./Device/Vendor/MSFT/Policy/Config/";

fn antivirus(devices: &Devices) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut add = |path: &'static str, value: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        settings.push(Setting { path, data: template(name, value) });
    };
    if !devices.antivirus_bypass.is_empty() {
        add("ADMX_MicrosoftDefenderAntivirus/ProxyBypass", &joined(&devices.antivirus_bypass));
    }
    if let Some(url) = &devices.antivirus_pac {
        add("ADMX_MicrosoftDefenderAntivirus/ProxyPacUrl", url.as_str());
    }
    if let Some(proxy) = &devices.antivirus_proxy {
        add("ADMX_MicrosoftDefenderAntivirus/ProxyServer", &proxy.value.to_string());
    }
    settings
}

fn sensor(devices: &Devices) -> Vec<Setting> {
    let Some(proxy) = &devices.edr_proxy else { return Vec::new() };
    vec![
        Setting { path: "System/DisableEnterpriseAuthProxy", data: Data::Number(1) },
        Setting { path: "System/TelemetryProxy", data: Data::Text(proxy.value.as_str().to_owned()) },
    ]
}

/// The files, for each component that has settings.
pub(super) fn artifacts(
    name: &str,
    header: &[String],
    devices: &Devices,
) -> Result<Vec<Artifact>, RenderError> {
    let mut artifacts = Vec::new();
    let mut remarks =
        vec!["SSLOptions has no setting here where we looked; use another form for it.".to_owned()];
    if devices.ssl_options.is_none() {
        remarks.clear();
    }
    if devices.disconnected {
        remarks.push("PreferStaticProxyForHttpRequest has none either; use another form for it.".to_owned());
    }
    let against = "The vendor advises against this file: \"Don't deploy TelemetryProxyServer through mobile device \
                   management (MDM).\" Use Group Policy, or one of the other forms beside it.";
    let components =
        [("antivirus", antivirus(devices), remarks), ("edr", sensor(devices), vec![against.to_owned()])];
    for (component, settings, remarks) in components {
        if settings.is_empty() {
            continue;
        }
        let lines: Vec<String> = remarks.into_iter().chain(header.iter().cloned()).collect();
        let file = |kind: &str| format!("intune-{component}{kind}");
        artifacts.push(devices::json(
            ID,
            &file(".json"),
            &custom_configuration(name, component, &lines, &settings),
        )?);
        for (kind, command) in [("", "Replace"), ("-remove", "Delete"), ("-check", "Get")] {
            let path = file(&format!("{kind}.syncml.xml"));
            artifacts
                .push(devices::xml(ID, &path, None, &lines, |writer| syncml(writer, command, &settings))?);
        }
    }
    Ok(artifacts)
}

/// The body of `POST /deviceManagement/deviceConfigurations` of Graph.
fn custom_configuration(name: &str, component: &str, lines: &[String], settings: &[Setting]) -> Json {
    let setting = |setting: &Setting| {
        let (kind, value) = match &setting.data {
            Data::Text(text) => ("#microsoft.graph.omaSettingString", json!(text)),
            Data::Number(number) => ("#microsoft.graph.omaSettingInteger", json!(number)),
        };
        json!({
            "@odata.type": kind,
            "displayName": setting.path.rsplit('/').next(),
            "omaUri": format!("{ROOT}{}", setting.path),
            "value": value,
        })
    };
    json!({
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "displayName": format!("Thruway {name} {component} proxy"),
        "description": visible(&lines.join(" ")),
        "omaSettings": settings.iter().map(setting).collect::<Vec<_>>(),
    })
}

fn syncml(writer: &mut Writer<Vec<u8>>, command: &str, settings: &[Setting]) -> io::Result<()> {
    const META: Option<&str> = Some("syncml:metinf");
    let item = |writer: &mut Writer<Vec<u8>>, setting: &Setting| -> io::Result<()> {
        let target = format!("{ROOT}{}", setting.path);
        writer
            .create_element("Target")
            .write_inner_content(|writer| devices::text_element(writer, "LocURI", None, &target))?;
        if command != "Replace" {
            return Ok(());
        }
        let (format, data) = match &setting.data {
            Data::Text(text) => ("chr", text.clone()),
            Data::Number(number) => ("int", number.to_string()),
        };
        writer
            .create_element("Meta")
            .write_inner_content(|writer| devices::text_element(writer, "Format", META, format))?;
        devices::text_element(writer, "Data", None, &data)
    };
    writer.create_element("SyncML").with_attribute(("xmlns", "SYNCML:SYNCML1.2")).write_inner_content(
        |writer| {
            writer.create_element("SyncBody").write_inner_content(|writer| {
                for (at, setting) in settings.iter().enumerate() {
                    writer.create_element(command).write_inner_content(|writer| {
                        devices::text_element(writer, "CmdID", None, &(at + 1).to_string())?;
                        writer
                            .create_element("Item")
                            .write_inner_content(|writer| item(writer, setting))
                            .map(drop)
                    })?;
                }
                writer.create_element("Final").write_empty().map(drop)
            })?;
            Ok(())
        },
    )?;
    Ok(())
}
