//! `devices`: how a client reaches its proxies. What is wrong by construction is refused here: a scheme where the
//! vendor takes none, none where it needs one, a setting that does nothing without another.
//!
//! The forms are those of "Configure your devices to connect to the Defender for Endpoint service using a proxy"
//! (learn.microsoft.com/defender-endpoint/configure-proxy-internet, text of 2026-09-22, checked 2026-11-24).

use std::fmt;

use url::Url;

use super::problem::shown;
use super::settings::parse_proxy;
use super::tree::{Fields, Reader};
use super::{Proxy, Spanned};
use crate::yaml::{Node, Spot, Value};

/// Longest URL of a PAC file in characters; WinINet's `INTERNET_MAX_URL_LENGTH`, which is 2,083 with the NUL.
const MAX_URL: usize = 2_082;

/// Most entries of a list of exceptions. No limit is documented; a command line takes 8,191 characters.
const MAX_BYPASS: usize = 100;

/// How clients reach their proxies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Devices {
    /// The proxy of the EDR sensor on Windows; nothing where it finds its own way.
    pub edr_proxy: Option<Spanned<Proxy>>,
    /// Whether Windows reaches neither revocation lists nor updates by itself, so that the sensor is to prefer its proxy.
    pub disconnected: bool,
    /// The proxy of the antivirus on Windows.
    pub antivirus_proxy: Option<Spanned<ProxyUrl>>,
    /// The PAC file that the antivirus asks where its proxy fails.
    pub antivirus_pac: Option<PacUrl>,
    /// Where the antivirus goes without a proxy.
    pub antivirus_bypass: Vec<BypassEntry>,
    /// How the antivirus checks certificates of the cloud; nothing leaves it as it is.
    pub ssl_options: Option<Spanned<SslOptions>>,
    /// The proxy of everything on Windows that has none of its own.
    pub winhttp_proxy: Option<Spanned<Proxy>>,
    /// Where that goes without a proxy.
    pub winhttp_bypass: Vec<BypassEntry>,
    /// The proxy on Linux and macOS.
    pub unix_proxy: Spanned<ProxyUrl>,
}

/// A proxy with the scheme in which it is spoken to: `http://proxy.contoso.com:8080`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxyUrl {
    scheme: &'static str,
    proxy: Proxy,
}

impl ProxyUrl {
    /// The proxy without its scheme.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.proxy.as_str())
    }
}

/// Where a PAC file is served.
///
/// Invariant: http or https, printable ASCII without quotes and blanks, a host, no credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PacUrl(String);

impl PacUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A host, address or URL that is reached without a proxy.
///
/// Invariant: `<local>`, or letters, digits and `.-_*:/[]`: nothing that separates entries, quotes or expands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BypassEntry(String);

impl BypassEntry {
    /// Every name without a dot, for WinHTTP.
    const LOCAL: &'static str = "<local>";

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the antivirus leaves out when it checks a certificate of the cloud: the value `SSLOptions`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SslOptions {
    /// 0: neither pinning nor revocation is checked.
    NoPinningNoRevocation,
    /// 1: pinning is not checked.
    NoPinning,
    /// 2: revocation is not checked.
    NoRevocation,
    /// 3: both are checked, as without the value.
    Both,
}

impl SslOptions {
    const CHOICES: [(&'static str, SslOptions); 4] = [
        ("0", SslOptions::NoPinningNoRevocation),
        ("1", SslOptions::NoPinning),
        ("2", SslOptions::NoRevocation),
        ("3", SslOptions::Both),
    ];

    /// The value in the registry.
    pub const fn value(self) -> u32 {
        match self {
            Self::NoPinningNoRevocation => 0,
            Self::NoPinning => 1,
            Self::NoRevocation => 2,
            Self::Both => 3,
        }
    }
}

const KEYS: [&str; 9] = [
    "edr_proxy",
    "disconnected",
    "antivirus_proxy",
    "antivirus_pac",
    "antivirus_bypass",
    "ssl_options",
    "winhttp_proxy",
    "winhttp_bypass",
    "unix_proxy",
];

/// The word for a proxy that is not set.
const NONE: &str = "none";

/// Reads the section. `key` is where it begins, `proxy` what holds where it says nothing.
pub(super) fn read(reader: &mut Reader, key: Spot, node: &Node, proxy: &Proxy) -> Option<Devices> {
    let fields = reader.fields(node, "devices", &KEYS)?;
    let plain = Spanned::at(key, proxy.clone());
    let url = Spanned::at(key, ProxyUrl { scheme: "http", proxy: proxy.clone() });
    let devices = Devices {
        edr_proxy: optional(reader, &fields, "edr_proxy", plain.clone(), edr_proxy),
        disconnected: disconnected(reader, &fields),
        antivirus_proxy: optional(reader, &fields, "antivirus_proxy", url.clone(), proxy_url),
        antivirus_pac: fields.get("antivirus_pac").and_then(|node| pac_url(reader, node)),
        antivirus_bypass: bypass(reader, &fields, "antivirus_bypass"),
        ssl_options: fields.get("ssl_options").and_then(|node| {
            Some(Spanned::at(node.spot, reader.choice(node, "ssl_options", &SslOptions::CHOICES)?))
        }),
        winhttp_proxy: optional(reader, &fields, "winhttp_proxy", plain, host_and_port),
        winhttp_bypass: bypass(reader, &fields, "winhttp_bypass"),
        unix_proxy: match fields.get("unix_proxy") {
            Some(node) => {
                proxy_url(reader, node, "unix_proxy").map_or(url, |own| Spanned::at(node.spot, own))
            }
            None => url,
        },
    };
    pairs(reader, &fields, &devices);
    Some(devices)
}

/// Settings that do nothing without another.
fn pairs(reader: &mut Reader, fields: &Fields<'_>, devices: &Devices) {
    let none = |key: &str| fields.get(key).is_some_and(|node| node.value == Value::Text(NONE.to_owned()));
    if devices.disconnected && none("edr_proxy") {
        alone(reader, fields, "disconnected", "does nothing without `edr_proxy`");
    }
    if none("antivirus_proxy") && fields.get("antivirus_pac").is_none() {
        alone(
            reader,
            fields,
            "antivirus_bypass",
            "does nothing without `antivirus_proxy` or `antivirus_pac`",
        );
    }
    if none("winhttp_proxy") {
        alone(reader, fields, "winhttp_bypass", "does nothing without `winhttp_proxy`");
    }
}

fn alone(reader: &mut Reader, fields: &Fields<'_>, key: &str, why: &str) {
    if let Some(node) = fields.get(key) {
        reader.report(node.spot, format!("`{key}` {why}")).help("set both, or leave both out");
    }
}

/// A proxy that may be `none`; `default` where the profile says nothing.
fn optional<T>(
    reader: &mut Reader,
    fields: &Fields<'_>,
    key: &str,
    default: Spanned<T>,
    read: impl Fn(&mut Reader, &Node, &str) -> Option<T>,
) -> Option<Spanned<T>> {
    match fields.get(key) {
        None => Some(default),
        Some(Node { value: Value::Text(text), .. }) if text == NONE => None,
        Some(node) => read(reader, node, key).map(|own| Spanned::at(node.spot, own)),
    }
}

fn disconnected(reader: &mut Reader, fields: &Fields<'_>) -> bool {
    let choices = [("true", true), ("false", false)];
    fields
        .get("disconnected")
        .and_then(|node| reader.choice(node, "disconnected", &choices))
        .unwrap_or_default()
}

/// The sensor reads no PAC file: of its ways to a proxy none is one ("EDR sensor static proxy", the same page).
fn edr_proxy(reader: &mut Reader, node: &Node, key: &str) -> Option<Proxy> {
    let text = reader.text(node, key)?;
    let is_pac = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case("file") || rest.trim_end_matches('/').contains('/')
    }) || text.ends_with(".pac");
    if is_pac && !text.contains('@') {
        reader
            .report(node.spot, format!("`{key}` is {}, and the sensor reads no PAC file", shown(text)))
            .help("write a proxy as `host:port`; a PAC file for the antivirus belongs under `antivirus_pac`");
        return None;
    }
    host_and_port(reader, node, key)
}

/// `proxy.contoso.com:8080`.
fn host_and_port(reader: &mut Reader, node: &Node, key: &str) -> Option<Proxy> {
    let text = reader.text(node, key)?;
    match parse_proxy(text) {
        Ok(proxy) => Some(proxy),
        Err((why, help)) => wrong(reader, node, key, text, &why, help),
    }
}

/// `http://proxy.contoso.com:8080`.
fn proxy_url(reader: &mut Reader, node: &Node, key: &str) -> Option<ProxyUrl> {
    const FORM: &str = "write `http://host:port`, an IPv6 address in brackets: `http://[fd00::1]:8080`";
    let text = reader.text(node, key)?;
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong(reader, node, key, text, "it has no scheme", FORM);
    };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "http",
        "https" => "https",
        _ => return wrong(reader, node, key, text, "its scheme is neither http nor https", FORM),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(['/', '?', '#']) && !rest.contains('@') {
        let help = "leave it out; a PAC file for the antivirus belongs under `antivirus_pac`";
        return wrong(reader, node, key, text, "it has a path", help);
    }
    match parse_proxy(rest) {
        Ok(proxy) => Some(ProxyUrl { scheme, proxy }),
        Err((why, help)) => {
            wrong(reader, node, key, text, &why, if help.contains("leave them") { help } else { FORM })
        }
    }
}

/// Tells that a proxy is wrong. What is before an `@` is a password, which a log must not repeat; the sensor could not
/// use it either, since it cannot authenticate.
fn wrong<T>(reader: &mut Reader, node: &Node, key: &str, text: &str, why: &str, help: &str) -> Option<T> {
    let text = if text.contains('@') { "wrong".to_owned() } else { shown(text) };
    reader.report(node.spot, format!("`{key}` is {text}: {why}")).help(help);
    None
}

/// Where a PAC file is served. WinHTTP reads none by `file://` or `ftp://` (support.microsoft.com/help/4025058,
/// checked 2026-11-24).
fn pac_url(reader: &mut Reader, node: &Node) -> Option<PacUrl> {
    const KEY: &str = "antivirus_pac";
    const FORM: &str = "write where it is served: `http://pac.contoso.com/proxy.pac`";
    let text = reader.text(node, KEY)?;
    let Ok(url) = Url::parse(text) else {
        return wrong(reader, node, KEY, text, "it is no URL", FORM);
    };
    if !matches!(url.scheme(), "http" | "https") {
        let why = format!("Windows reads no PAC file by {}", shown(&format!("{}://", url.scheme())));
        return wrong(
            reader,
            node,
            KEY,
            text,
            &why,
            "serve it by http or https, as `application/x-ns-proxy-autoconfig`",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            reader,
            node,
            KEY,
            "@",
            "it has credentials",
            "leave them out: what is written here ends up in files",
        );
    }
    let url = String::from(url);
    if url.len() > MAX_URL {
        return wrong(reader, node, KEY, text, &format!("it has more than {MAX_URL} characters"), FORM);
    }
    // The library escapes quotes, blanks and everything outside ASCII.
    debug_assert!(url.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'"'));
    Some(PacUrl(url))
}

fn bypass(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Vec<BypassEntry> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let items = reader.list_of_some(node, key).unwrap_or_default();
    if items.len() > MAX_BYPASS {
        reader.report(node.spot, format!("`{key}` has {} entries, over {MAX_BYPASS}", items.len()));
        return Vec::new();
    }
    let mut entries = Vec::new();
    for node in items {
        let Some(text) = reader.text(node, key) else { continue };
        let is_local = text == BypassEntry::LOCAL && key == "winhttp_bypass";
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_*:/[]".contains(&byte);
        // No name, address or URL is longer that is worth an exception.
        if !is_local && (text.len() > 255 || !text.bytes().all(is_plain)) {
            reader
                .report(node.spot, format!("`{key}` has {}, which is no host, address or URL", shown(text)))
                .help("write each in an entry of its own, without quotes: `[\"intranet.contoso.com\", \"10.1.2.3\"]`");
            continue;
        }
        let entry = BypassEntry(text.to_owned());
        if entries.contains(&entry) {
            reader.report(node.spot, format!("`{key}` has {} twice", shown(text)));
        }
        entries.push(entry);
    }
    entries
}

#[cfg(test)]
mod tests;
