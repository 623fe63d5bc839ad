//! What a profile says of the firewall, and the names that PAN-OS takes.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use crate::profile::{Reader, shown};
use crate::yaml::Node;

/// Options of the Palo Alto target. Without zones and sources the rules are written as a fragment that
/// cannot be loaded by mistake.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaloAltoOptions {
    /// Zones the clients are in.
    pub from_zones: Vec<String>,
    /// Zones the internet is in.
    pub to_zones: Vec<String>,
    /// Address objects, groups or networks of the clients.
    pub sources: Vec<String>,
    /// Where the external dynamic lists will be served: `https://edl.contoso.com/mde`.
    pub edl_base_url: Option<String>,
    /// The model, whose limits are in `targets/paloalto/target.yaml`.
    pub model: Option<String>,
}

impl PaloAltoOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
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
        let model = fields.get("model").and_then(|node| {
            object_name(reader, node, "model", |text| is_object(text, 31), "such as `PA-440`")
        });
        Some(Self { from_zones, to_zones, sources, edl_base_url, model })
    }
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
