//! `proxies` and `targets`: what is written, and what products need beside the policy.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::problem::{listed, nearest, shown};
use super::select::parse_port;
use super::tree::Reader;
use super::{Profile, Proxy, Settings, TicketFields};
use crate::emit;
use crate::model::DomainName;
use crate::yaml::{Node, Value};

/// What to do where a target needs the section.
pub(crate) const NO_DEVICES: &str =
    "add `devices: {}` to the profile, which takes everything from `proxies:`; `thruway init` shows its keys";

/// The settings of a profile that says nothing.
pub(super) fn defaults(name: String) -> Settings {
    Settings {
        name,
        proxies: vec![Profile::placeholder_proxy()],
        devices: None,
        ticket: TicketFields::default(),
        options: BTreeMap::new(),
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
pub(super) fn parse_proxy(text: &str) -> Result<Proxy, (String, &'static str)> {
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
        } else if settings.devices.is_none() && emit::is_for_devices(&key.text) {
            reader
                .report(
                    key.spot,
                    format!(
                        "the target `{}` writes settings of `devices`, and there is no such section",
                        key.text
                    ),
                )
                .help(NO_DEVICES);
        } else if node.value != Value::Null {
            options(reader, &key.text, node, settings);
        }
    }
    known.iter().copied().filter(|id| entries.iter().any(|(key, _)| key.text == *id)).collect()
}

fn options(reader: &mut Reader, id: &str, node: &Node, settings: &mut Settings) {
    let emitter = emit::ALL.iter().find(|emitter| emitter.id() == id);
    let options = match emitter {
        Some(emitter) => emitter.options(reader, node).map(|options| (emitter.id(), options)),
        None => {
            no_options(reader, id, node);
            None
        }
    };
    settings.options.extend(options);
}

/// What a target without options does with what a profile writes below it: an empty map says nothing.
pub(crate) fn no_options(reader: &mut Reader, id: &str, node: &Node) {
    if !matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        reader
            .report(node.spot, format!("the target `{id}` has no options"))
            .help(format!("write `{id}:` alone"));
    }
}
