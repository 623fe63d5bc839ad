//! `proxies` and `targets`: what is written, and what products need beside the policy.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use super::problem::{listed, nearest, shown};
use super::select::parse_port;
use super::tree::Reader;
use super::{
    PacHost, PacOptions, PacOtherwise, PaloAltoOptions, Profile, Proxy, Settings, SquidMode, SquidOptions,
};
use crate::model::DomainName;
use crate::yaml::{Node, Value};

/// The settings of a profile that says nothing.
pub(super) fn defaults(name: String) -> Settings {
    Settings {
        name,
        proxies: vec![Profile::placeholder_proxy()],
        squid: SquidOptions::default(),
        pac: PacOptions::default(),
        paloalto: PaloAltoOptions::default(),
    }
}

impl Profile {
    /// What is written where a profile names no proxy: a name that never resolves (RFC 2606).
    pub fn placeholder_proxy() -> Proxy {
        Proxy(Proxy::PLACEHOLDER.to_owned())
    }
}

/// Proxies, in the order of preference, each once.
pub(super) fn proxies(reader: &mut Reader, node: &Node) -> Vec<Proxy> {
    let mut proxies: Vec<Proxy> = Vec::new();
    let mut seen = BTreeSet::new();
    for node in reader.list_of_some(node, "proxies").unwrap_or_default() {
        let Some(text) = reader.text(node, "proxies") else { continue };
        match parse_proxy(text) {
            Ok(proxy) if !seen.insert(proxy.clone()) => {
                reader.report(node.spot, format!("the proxy `{}` is there twice", proxy.as_str()));
            }
            Ok(proxy) => proxies.push(proxy),
            // What is before the `@` is a password, which a log must not repeat.
            Err((why, help)) if text.contains('@') => {
                reader.report(node.spot, format!("a proxy is wrong: {why}")).help(help);
            }
            Err((why, help)) => {
                reader.report(node.spot, format!("{} is no proxy: {why}", shown(text))).help(help);
            }
        }
    }
    proxies
}

/// `host:port`, or why it is not, and what to write.
fn parse_proxy(text: &str) -> Result<Proxy, (String, &'static str)> {
    const FORM: &str = "write `host:port`, an IPv6 address in brackets: `[fd00::1]:8080`";
    if text.contains("://") {
        return Err(("it has a scheme".into(), "leave the scheme out: `proxy.contoso.com:8080`"));
    }
    if text.contains('@') {
        return Err(("it has credentials".into(), "leave them out: what is written here ends up in files"));
    }
    let (host, port) = text.rsplit_once(':').ok_or(("it has no port".into(), FORM))?;
    let port = parse_port(port).ok_or(("the port is not from 1 to 65535".into(), FORM))?;
    let host = if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        match address.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            Ok(IpAddr::V4(_)) | Err(_) => return Err(("no IPv6 address is in the brackets".into(), FORM)),
        }
    } else if let Ok(IpAddr::V4(address)) = host.parse() {
        address.to_string()
    } else if host.contains(':') {
        return Err(("more than one colon".into(), FORM));
    } else {
        host.parse::<DomainName>().map_err(|error| (error.to_string(), FORM))?.to_string()
    };
    Ok(Proxy(format!("{host}:{port}")))
}

/// The targets, in the order of the registry, and their options.
pub(super) fn targets(
    reader: &mut Reader,
    node: &Node,
    known: &[&'static str],
    settings: &mut Settings,
) -> Vec<&'static str> {
    if let Value::List(_) = node.value {
        reader
            .wrong_type(node, "targets", "a map of targets and their options")
            .help("write one target a line, with a colon: `squid:`");
        return Vec::new();
    }
    let Some(entries) = reader.map(node, "targets") else { return Vec::new() };
    if entries.is_empty() {
        reader.report(node.spot, "`targets` names no target").help("leave it out to write all targets");
    }
    for (key, node) in entries {
        if !known.contains(&key.text.as_str()) {
            let near = nearest(&key.text, known.iter().copied());
            let problem = reader.report(key.spot, format!("unknown target {}", shown(&key.text)));
            if let Some(near) = near {
                problem.help(format!("did you mean `{near}`?"));
            }
            problem.help(format!("known: {}", listed(known)));
        } else if node.value != Value::Null {
            options(reader, &key.text, node, settings);
        }
    }
    known.iter().copied().filter(|id| entries.iter().any(|(key, _)| key.text == *id)).collect()
}

fn options(reader: &mut Reader, id: &str, node: &Node, settings: &mut Settings) {
    match id {
        "squid" => settings.squid = squid(reader, node).unwrap_or_default(),
        "pac" => settings.pac = pac(reader, node).unwrap_or_default(),
        "paloalto" => settings.paloalto = paloalto(reader, node).unwrap_or_default(),
        other => {
            if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
                return;
            }
            reader
                .report(node.spot, format!("the target `{other}` has no options"))
                .help(format!("write `{other}:` alone"));
        }
    }
}

fn squid(reader: &mut Reader, node: &Node) -> Option<SquidOptions> {
    let modes = [("explicit", SquidMode::Explicit), ("intercept", SquidMode::Intercept)];
    let fields = reader.fields(node, "squid", &["mode"])?;
    let mode = fields.get("mode").and_then(|node| reader.choice(node, "mode", &modes));
    Some(SquidOptions { mode: mode.unwrap_or_default() })
}

fn pac(reader: &mut Reader, node: &Node) -> Option<PacOptions> {
    let answers =
        [("proxy", PacOtherwise::Proxy), ("direct", PacOtherwise::Direct), ("block", PacOtherwise::Block)];
    let hosts = [("own", PacHost::Own), ("zscaler", PacHost::Zscaler)];
    let fields = reader.fields(node, "pac", &["otherwise", "hosted_by"])?;
    let otherwise = fields.get("otherwise").and_then(|node| reader.choice(node, "otherwise", &answers));
    let hosted_by = fields.get("hosted_by").and_then(|node| reader.choice(node, "hosted_by", &hosts));
    Some(PacOptions { otherwise: otherwise.unwrap_or_default(), hosted_by: hosted_by.unwrap_or_default() })
}

fn paloalto(reader: &mut Reader, node: &Node) -> Option<PaloAltoOptions> {
    let known = ["from_zones", "to_zones", "sources", "edl_base_url", "model"];
    let fields = reader.fields(node, "paloalto", &known)?;
    let mut names = |key: &str, is_valid: fn(&str) -> bool, help: &str| {
        let items = fields.get(key).and_then(|node| reader.list(node, key)).unwrap_or_default();
        let names = items.iter().filter_map(|node| object_name(reader, node, key, is_valid, help));
        names.collect::<Vec<String>>()
    };
    let from_zones = names("from_zones", is_zone, ZONE);
    let to_zones = names("to_zones", is_zone, ZONE);
    let sources = names("sources", is_source, SOURCE);
    let edl_base_url = fields.get("edl_base_url").and_then(|node| base_url(reader, node));
    let model = fields
        .get("model")
        .and_then(|node| object_name(reader, node, "model", |text| is_object(text, 31), "such as `PA-440`"));
    Some(PaloAltoOptions { from_zones, to_zones, sources, edl_base_url, model })
}

const ZONE: &str = "a zone has at most 31 letters, digits, blanks, `-`, `_` and `.`, a letter or digit first";
const SOURCE: &str =
    "an object has at most 63 letters, digits, blanks, `-`, `_` and `.`; a network is `10.0.0.0/8`";

/// A name that needs no escape in any of PAN-OS's formats. Lengths and characters of zones: PAN-OS 11.1
/// help, "Building Blocks of Security Zones"; of addresses: "Addresses Fields" of its documentation,
/// which does not name the period. Both read 2026-11-24. What a name begins with is our own rule.
fn is_object(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'))
}

fn is_zone(text: &str) -> bool {
    is_object(text, 31)
}

fn is_source(text: &str) -> bool {
    is_object(text, 63) || text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok()
}

fn object_name(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    is_valid: fn(&str) -> bool,
    help: &str,
) -> Option<String> {
    let text = reader.text(node, what)?;
    if !is_valid(text) {
        reader
            .report(node.spot, format!("`{what}` has {}, which PAN-OS does not take", shown(text)))
            .help(help);
        return None;
    }
    Some(text.to_owned())
}

/// An address that file names are appended to, without a slash at its end.
fn base_url(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "edl_base_url")?;
    let why = match Url::parse(text) {
        Err(error) => error.to_string(),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "not http or https".into(),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "it has credentials".into(),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "it has a query or a fragment".into(),
        Ok(url) if url.as_str().chars().all(is_plain_in_url) => {
            return Some(url.as_str().trim_end_matches('/').to_owned());
        }
        Ok(_) => "it has characters that would need an escape".into(),
    };
    reader
        .report(node.spot, format!("`edl_base_url` is {}: {why}", shown(text)))
        .help("write where the lists will be served: `https://edl.contoso.com/mde`");
    None
}

fn is_plain_in_url(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, ':' | '/' | '.' | '-' | '_' | '~' | '%' | '[' | ']')
}
