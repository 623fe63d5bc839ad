//! The values of the registry, and the file that regedit imports.

use std::collections::{BTreeMap, BTreeSet};

use crate::profile::{BypassEntry, Devices};

/// A value below `HKEY_LOCAL_MACHINE\SOFTWARE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// `Policies\Microsoft\Windows Defender`.
    pub(super) key: &'static str,
    /// `ProxyServer`.
    pub(super) name: &'static str,
    pub(super) data: Data,
}

/// What a value holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Data {
    /// REG_SZ.
    Text(String),
    /// REG_DWORD.
    Number(u32),
}

/// The sensor. The names here and below are those of "Configure your devices to connect to the Defender for Endpoint
/// service using a proxy", text of 2026-09-22, checked 2026-11-24.
const SENSOR: &str = r"Policies\Microsoft\Windows\DataCollection";
const SENSOR_HTTP: &str = r"Policies\Microsoft\Windows Advanced Threat Protection";
pub(super) const ANTIVIRUS: &str = r"Policies\Microsoft\Windows Defender";
const ANTIVIRUS_CLOUD: &str = r"Policies\Microsoft\Windows Defender\Spynet";

/// What stands between exceptions. WinHTTP takes it ("Netsh.exe and ProxyCfg.exe Proxy Configuration Tools"); for the
/// antivirus's value in the registry no document says what does: see NOTES.md.
pub(super) const SEPARATOR: &str = ";";

/// Every value, sorted by key and name.
pub(super) fn values(devices: &Devices) -> Vec<Value> {
    let mut values = Vec::new();
    let mut add = |key, name, data| values.push(Value { key, name, data });
    if let Some(proxy) = &devices.edr_proxy {
        // The sensor runs as the system and has no credentials; the page asks for both values.
        add(SENSOR, "DisableEnterpriseAuthProxy", Data::Number(1));
        add(SENSOR, "TelemetryProxyServer", Data::Text(proxy.value.as_str().to_owned()));
        if devices.disconnected {
            add(SENSOR_HTTP, "PreferStaticProxyForHttpRequest", Data::Number(1));
        }
    }
    if !devices.antivirus_bypass.is_empty() {
        add(ANTIVIRUS, "ProxyBypass", Data::Text(joined(&devices.antivirus_bypass)));
    }
    if let Some(url) = &devices.antivirus_pac {
        add(ANTIVIRUS, "ProxyPacUrl", Data::Text(url.as_str().to_owned()));
    }
    if let Some(proxy) = &devices.antivirus_proxy {
        add(ANTIVIRUS, "ProxyServer", Data::Text(proxy.value.to_string()));
    }
    if let Some(options) = &devices.ssl_options {
        add(ANTIVIRUS_CLOUD, "SSLOptions", Data::Number(options.value.value()));
    }
    values
}

/// Exceptions in one text.
pub(super) fn joined(entries: &[BypassEntry]) -> String {
    entries.iter().map(BypassEntry::as_str).collect::<Vec<_>>().join(SEPARATOR)
}

/// A key of the file with its values; keys above another one have none.
pub(super) struct Section<'v> {
    pub(super) key: &'static str,
    pub(super) values: Vec<&'v Value>,
}

/// The sections of the file. A key stands behind every key above it, which regedit does not need and other programs
/// that merge such files do.
pub(super) fn sections(values: &[Value]) -> Vec<Section<'_>> {
    let mut keys: BTreeSet<&'static str> = BTreeSet::new();
    let mut by_key: BTreeMap<&'static str, Vec<&Value>> = BTreeMap::new();
    for value in values {
        keys.insert(value.key);
        keys.extend(value.key.match_indices('\\').map(|(at, _)| &value.key[..at]));
        by_key.entry(value.key).or_default().push(value);
    }
    keys.into_iter().map(|key| Section { key, values: by_key.remove(key).unwrap_or_default() }).collect()
}

/// The file in the encoding that regedit writes itself: UTF-16 with a byte-order mark, CR and LF.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    let text = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
