//! `select`: which endpoints.

use std::collections::BTreeSet;
use std::fmt;

use super::parse::{date, host_pattern};
use super::problem::{nearest, printable, shown};
use super::tree::Reader;
use super::{Geographies, Include, Select, Spanned};
use crate::model::{Geography, HostPattern, Platform, Requirement, WindowsRange};
use crate::regions;
use crate::yaml::{Node, Value};

pub(super) const PLATFORMS: [(&str, Platform); 4] = [
    ("windows", Platform::Windows),
    ("macos", Platform::MacOs),
    ("linux", Platform::Linux),
    // What the vendor's sheets write.
    ("mac", Platform::MacOs),
];

pub(super) const REQUIREMENTS: [(&str, Requirement); 2] =
    [("required", Requirement::Required), ("optional", Requirement::Optional)];

/// In a few words: `worldwide + EU; windows, linux (Windows >=1803)`.
impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.geographies {
            Geographies::All => f.write_str("all geographies")?,
            Geographies::Only(regions) if regions.is_empty() => f.write_str("worldwide only")?,
            Geographies::Only(regions) => {
                let codes: Vec<&str> = regions.iter().map(|region| region.code()).collect();
                write!(f, "worldwide + {}", codes.join(" + "))?;
            }
        }
        let platforms: Vec<&str> = self.platforms.iter().map(|platform| platform.as_str()).collect();
        write!(f, "; {}", platforms.join(", "))?;
        self.windows.map_or(Ok(()), |range| write!(f, " (Windows {range})"))
    }
}

/// The selection of a profile that says nothing.
pub(super) fn everything() -> Select {
    Select {
        geographies: Geographies::All,
        platforms: Platform::ALL.into(),
        windows: None,
        requirements: REQUIREMENTS.map(|(_, requirement)| requirement).into(),
        exclude: Vec::new(),
        include: Vec::new(),
    }
}

pub(super) fn read(reader: &mut Reader, node: &Node, select: &mut Select) {
    let known = ["geographies", "platforms", "windows", "requirements", "exclude", "include"];
    let Some(fields) = reader.fields(node, "select", &known) else { return };
    if let Some(node) = fields.get("geographies") {
        select.geographies = geographies(reader, node);
    }
    if let Some(node) = fields.get("platforms") {
        select.platforms = set(reader, node, "platforms", &PLATFORMS);
    }
    if let Some(node) = fields.get("windows") {
        select.windows = windows(reader, node);
    }
    if let Some(node) = fields.get("requirements") {
        select.requirements = set(reader, node, "requirements", &REQUIREMENTS);
    }
    if let Some(node) = fields.get("exclude") {
        select.exclude = exclude(reader, node);
    }
    if let Some(node) = fields.get("include") {
        let items = reader.list(node, "include").unwrap_or_default();
        select.include = items.iter().filter_map(|node| include(reader, node)).collect();
    }
}

/// A list of at least one of a few words.
fn set<T: Copy + Ord>(reader: &mut Reader, node: &Node, what: &str, choices: &[(&str, T)]) -> BTreeSet<T> {
    let items = reader.list_of_some(node, what).unwrap_or_default();
    items.iter().filter_map(|node| reader.choice(node, what, choices)).collect()
}

fn geographies(reader: &mut Reader, node: &Node) -> Geographies {
    if matches!(&node.value, Value::Text(text) if text == "all") {
        return Geographies::All;
    }
    let mut selected = BTreeSet::new();
    match &node.value {
        Value::List(items) if items.is_empty() => {
            reader
                .report(node.spot, "`geographies` is an empty list")
                .help("write `[WW]` for the worldwide endpoints alone, or `all`");
        }
        Value::List(items) => {
            for node in items {
                match geography(reader, node) {
                    // Worldwide endpoints are always selected.
                    Some(Geography::Worldwide) | None => {}
                    Some(Geography::Regions(regions)) => selected.extend(regions),
                }
            }
        }
        Value::Null | Value::Text(_) | Value::Map(_) => {
            let problem = reader.wrong_type(node, "geographies", "`all` or a list of regions");
            if let Value::Text(text) = &node.value
                && regions::lookup(text).is_some()
            {
                problem.help(format!("write `[{}]`", printable(text)));
            }
        }
    }
    Geographies::Only(selected)
}

fn geography(reader: &mut Reader, node: &Node) -> Option<Geography> {
    let text = reader.text(node, "geographies")?;
    if let Some(geography) = regions::lookup(text).filter(|_| text != "all") {
        return Some(geography);
    }
    let codes: Vec<&str> = regions::all().map(|(region, _)| region.code()).collect();
    // Codes of two letters are all alike, so names count too.
    let near = regions::all()
        .find(|(_, name)| nearest(text, [*name]).is_some())
        .map(|(region, _)| region.code())
        .or_else(|| nearest(text, codes.iter().copied()));
    let problem = reader.report(node.spot, format!("unknown geography {}", shown(text)));
    if text == "all" {
        problem.help("write `geographies: all`, without brackets");
        return None;
    }
    if let Some(near) = near {
        problem.help(format!("did you mean `{near}`?"));
    }
    problem.help(format!("known: WW, {}", codes.join(", ")));
    None
}

fn windows(reader: &mut Reader, node: &Node) -> Option<WindowsRange> {
    let text = reader.text(node, "windows")?;
    match text.parse() {
        Ok(range) => Some(range),
        Err(_) => {
            reader
                .report(node.spot, format!("`windows` is {}, not a range of releases", shown(text)))
                .help("write `\">=1803\"`, `\"<1809\"` or `\"<=22H2\"`, in quotes");
            None
        }
    }
}

fn exclude(reader: &mut Reader, node: &Node) -> Vec<Spanned<HostPattern>> {
    let items = reader.list(node, "exclude").unwrap_or_default();
    items
        .iter()
        .filter_map(|node| host_pattern(reader, node, "exclude").map(|host| Spanned::at(node.spot, host)))
        .collect()
}

fn include(reader: &mut Reader, node: &Node) -> Option<Spanned<Include>> {
    let fields = reader.fields(node, "include", &["host", "ports", "reason", "owner", "expires"])?;
    let host = reader.required(&fields, "host").and_then(|node| host_pattern(reader, node, "host"));
    let ports = match fields.get("ports") {
        Some(node) => ports(reader, node),
        None => vec![443],
    };
    let reason = reader.required(&fields, "reason").and_then(|node| reader.text(node, "reason"));
    let owner = reader.required(&fields, "owner").and_then(|node| reader.text(node, "owner"));
    let expires = fields.get("expires").and_then(|node| date(reader, node, "expires"));
    let include =
        Include { host: host?, ports, reason: reason?.to_owned(), owner: owner?.to_owned(), expires };
    // A finding about an included host names it.
    let spot = fields.get("host").map_or(node.spot, |node| node.spot);
    Some(Spanned::at(spot, include))
}

/// Ports in order, each once.
fn ports(reader: &mut Reader, node: &Node) -> Vec<u16> {
    let items = reader.list_of_some(node, "ports").unwrap_or_default();
    let ports: BTreeSet<u16> = items.iter().filter_map(|node| port(reader, node)).collect();
    ports.into_iter().collect()
}

fn port(reader: &mut Reader, node: &Node) -> Option<u16> {
    let text = reader.text(node, "ports")?;
    let port = parse_port(text);
    if port.is_none() {
        reader.report(node.spot, format!("{} is no TCP port from 1 to 65535", shown(text)));
    }
    port
}

/// A port in decimal digits, without sign.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port > 0)
}
