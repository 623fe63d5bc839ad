//! The proxy of Defender for Endpoint on macOS, as managed preferences of `com.microsoft.wdav`: the bare dictionary that
//! Jamf takes, and the whole configuration profile that Intune takes.

#[cfg(test)]
mod tests;

use std::io;

use askama::Template;
use quick_xml::Writer;
use uuid::Uuid;

use super::{Emitter, Encoded, RenderError, Rendered, Surroundings, Unsupported, devices, header};
use crate::model::{Intent, Rule};
use crate::plan::Plan;
use crate::profile::Settings;

const ID: &str = "macos-device";

/// The domain of the preferences, which is the type of the payload, too ("Set preferences for Microsoft Defender for
/// Endpoint on macOS", checked 2026-11-24).
const DOMAIN: &str = "com.microsoft.wdav";

const DOCTYPE: &str =
    r#"plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd""#;

/// What the identifiers of payloads are derived under.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d0c_6c3e_71a4_5b5f_9d0e_7468_7275_7761);

/// The target.
#[derive(Clone, Copy, Debug)]
pub struct MacOsDevice;

#[derive(Template)]
#[template(path = "macos-device/remove-proxy.sh")]
struct Removal<'a> {
    header: &'a [String],
    identifier: &'a str,
}

#[derive(Template)]
#[template(path = "macos-device/check-proxy.sh")]
struct Check<'a> {
    header: &'a [String],
    proxy: &'a str,
}

/// A value of a property list, as far as one is written here.
enum Value {
    Text(String),
    Number(u32),
    Yes,
    Array(Vec<Value>),
    Dict(Vec<(&'static str, Value)>),
}

impl Value {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        match self {
            Self::Text(text) => devices::text_element(writer, "string", None, text),
            Self::Number(number) => devices::text_element(writer, "integer", None, &number.to_string()),
            Self::Yes => writer.create_element("true").write_empty().map(drop),
            Self::Array(items) => writer
                .create_element("array")
                .write_inner_content(|writer| items.iter().try_for_each(|item| item.write(writer)))
                .map(drop),
            Self::Dict(entries) => writer
                .create_element("dict")
                .write_inner_content(|writer| {
                    entries.iter().try_for_each(|(key, value)| {
                        devices::text_element(writer, "key", None, key)?;
                        value.write(writer)
                    })
                })
                .map(drop),
        }
    }
}

impl Emitter for MacOsDevice {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "thruway-proxy.mobileconfig"
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
        let (proxy, name) = (&proxy.to_string(), &plan.settings.name);
        let identifier = &format!("thruway.{name}.proxy");
        let plist = |path: &str, value: &Value| {
            devices::xml(ID, path, Some(DOCTYPE), header, |writer| {
                let plist = writer.create_element("plist").with_attribute(("version", "1.0"));
                plist.write_inner_content(|writer| value.write(writer)).map(drop)
            })
        };
        let artifacts = vec![
            plist("com.microsoft.wdav.plist", &Value::Dict(vec![cloud_service(proxy)]))?,
            plist("thruway-proxy.mobileconfig", &profile(name, identifier, proxy))?,
            devices::artifact(ID, "remove-proxy.sh", Removal { header, identifier }.render())?,
            devices::artifact(ID, "check-proxy.sh", Check { header, proxy }.render())?,
        ];
        Ok(Rendered { artifacts, findings: Vec::new() })
    }
}

fn cloud_service(proxy: &str) -> (&'static str, Value) {
    ("cloudService", Value::Dict(vec![("proxy", Value::text(proxy))]))
}

/// A configuration profile with one payload.
fn profile(name: &str, identifier: &str, proxy: &str) -> Value {
    let title = format!("Thruway {name}: proxy of Microsoft Defender for Endpoint");
    let payload = |kind: &str, identifier: &str, last: (&'static str, Value)| {
        Value::Dict(vec![
            ("PayloadUUID", Value::text(id_of(name, kind))),
            ("PayloadType", Value::text(kind)),
            ("PayloadIdentifier", Value::text(identifier)),
            ("PayloadDisplayName", Value::text(&*title)),
            ("PayloadVersion", Value::Number(1)),
            ("PayloadEnabled", Value::Yes),
            last,
        ])
    };
    let preferences = payload(DOMAIN, &format!("{identifier}.{DOMAIN}"), cloud_service(proxy));
    let content = ("PayloadContent", Value::Array(vec![preferences]));
    let Value::Dict(mut entries) = payload("Configuration", identifier, content) else {
        unreachable!("internal error: a payload is a dictionary")
    };
    entries.insert(6, ("PayloadScope", Value::text("System")));
    Value::Dict(entries)
}

/// The identifier of a payload: the same in every run, so that a new version replaces the old one, and another one for
/// another profile.
fn id_of(name: &str, kind: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{name}\n{kind}").as_bytes()).hyphenated().to_string().to_uppercase()
}
