//! The list of Microsoft 365 endpoints, as `endpoints.office.com` answers it.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{self, Feed, JsonError, Text};
use super::record::RecordTable;
use super::{Document, Role, SheetCount};
use crate::diag::{Code, Diagnostic};
use crate::source::{At, Cell, SourceId};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'t> {
    // Every entry has one, which tells this feed from another array of objects.
    #[serde(rename = "id")]
    _id: IgnoredAny,
    service_area: String,
    service_area_display_name: Option<String>,
    #[serde(borrow)]
    urls: Option<Vec<Text<'t>>>,
    #[serde(borrow)]
    ips: Option<Vec<Text<'t>>>,
    tcp_ports: Option<String>,
    udp_ports: Option<String>,
    category: Option<String>,
    required: Option<bool>,
    notes: Option<String>,
}

const FIELDS: &[(Role, &str)] = &[
    (Role::Endpoint, "urls, ips"),
    (Role::Port, "tcpPorts"),
    (Role::UdpPort, "udpPorts"),
    (Role::Service, "serviceAreaDisplayName"),
    (Role::Category, "category"),
    (Role::Requirement, "required"),
    (Role::Comments, "notes"),
];

impl<'t> Entry<'t> {
    fn urls(&self) -> &[Text<'t>] {
        self.urls.as_deref().unwrap_or_default()
    }

    fn ips(&self) -> &[Text<'t>] {
        self.ips.as_deref().unwrap_or_default()
    }

    /// The cells that every URL and address of the entry has in common.
    fn common_cells(&self) -> Vec<(Role, Arc<str>)> {
        let requirement = self.required.map(|required| if required { "Required" } else { "Optional" });
        let service = self.service_area_display_name.as_ref().unwrap_or(&self.service_area);
        [
            (Role::Port, self.tcp_ports.as_deref()),
            (Role::UdpPort, self.udp_ports.as_deref()),
            (Role::Service, Some(service.as_str())),
            (Role::Category, self.category.as_deref()),
            (Role::Requirement, requirement),
            (Role::Comments, self.notes.as_deref()),
        ]
        .into_iter()
        .filter_map(|(role, text)| Some((role, Arc::from(text?))))
        .collect()
    }
}

/// Reads every URL and every address, one row each.
///
/// # Errors
/// When it has too many records, is not JSON, or no list of Microsoft 365 endpoints.
pub(super) fn read(
    source: SourceId,
    text: &str,
    findings: &mut Vec<Diagnostic>,
) -> Result<Document, JsonError> {
    let entries: Vec<Entry<'_>> = json::parse(Feed::Microsoft365, text)?;
    json::check_count(entries.iter().map(|entry| entry.urls().len() + entry.ips().len()).sum())?;
    json::check_count(entries.len())?;
    let place = |pointer: String, text: &str| Cell {
        source,
        sheet: "".into(),
        at: At::Pointer(pointer.into()),
        text: text.into(),
    };
    let mut table = RecordTable::new(source, "", FIELDS);
    let mut without_row = 0;
    for (index, entry) in entries.iter().enumerate() {
        if entry.urls().is_empty() && entry.ips().is_empty() {
            without_row += 1;
            findings.push(no_endpoint(place(format!("[{index}]"), &entry.service_area)));
        }
        let common = entry.common_cells();
        let urls = entry.urls().iter().enumerate().map(|(at, url)| (format!("[{index}].urls[{at}]"), url));
        let ips = entry.ips().iter().enumerate().map(|(at, ip)| (format!("[{index}].ips[{at}]"), ip));
        for (pointer, url) in urls {
            if url.0.trim().is_empty() {
                without_row += 1;
                findings.push(no_endpoint(place(pointer, &url.0)));
                continue;
            }
            push(&mut table, pointer, url, &common);
        }
        for (pointer, ip) in ips {
            if !json::is_network(&ip.0) {
                without_row += 1;
                findings.push(no_address(place(pointer, &ip.0)));
                continue;
            }
            push(&mut table, pointer, ip, &common);
        }
    }
    let data = table.len() + without_row;
    let count = SheetCount { source, sheet: "".into(), headers: 0, titles: 0, data, ignored: 0 };
    let tables = if table.len() > 0 { vec![table.finish()] } else { Vec::new() };
    Ok(Document { tables, sheets: vec![count], date: None })
}

fn push(table: &mut RecordTable, pointer: String, endpoint: &Text<'_>, common: &[(Role, Arc<str>)]) {
    let endpoint = (Role::Endpoint, Arc::from(&*endpoint.0));
    table.push(table.len(), pointer, [endpoint].into_iter().chain(common.iter().cloned()));
}

fn no_endpoint(place: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::NotAnEndpoint,
        format!("`{}` names no URL and no address", place.at),
        place.into(),
        "gives no rule",
    )
    .help("nothing, if the service needs none; else add its hosts to the profile under `select: include:`")
}

fn no_address(place: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidHost,
        format!("`{}` is no address prefix", place.text),
        place.into(),
        "in a list of addresses; not used",
    )
    .help("download the vendor's list again, or name the host under `select: include:`")
}

#[cfg(test)]
mod tests;
