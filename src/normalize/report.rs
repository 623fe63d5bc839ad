//! The findings of this stage, worded.

use super::Assumed;
use super::ports::{PortError, PortRange};
use super::text::shown;
use super::windows;
use super::written::{Fault, FaultKind, Written};
use crate::diag::{Code, Diagnostic, Place};
use crate::ingest::{RawCell, RawRow, RawTable};
use crate::model::path::PathError;
use crate::model::{Geography, HostPattern, HostPatternError, WindowsClaim};
use crate::source::{At, Cell};

const ADD_HOST: &str = "find out the host and add it to the profile under `select: include:`";

/// The first cell of a row; of a row without cells its place alone.
fn first_cell(table: &RawTable, row: &RawRow) -> Cell {
    match row.cells.first() {
        Some(cell) => table.cell(row, cell),
        None => Cell {
            source: table.source,
            sheet: table.sheet.clone(),
            at: At::Cell { row: row.row, column: 0 },
            text: "".into(),
        },
    }
}

pub(super) fn no_endpoint(table: &RawTable, row: &RawRow) -> Diagnostic {
    Diagnostic::new(
        Code::NotAnEndpoint,
        "a row without an endpoint",
        first_cell(table, row).into(),
        "no endpoint in this row",
    )
    .help(ADD_HOST)
}

pub(super) fn not_an_endpoint(cell: Cell) -> Diagnostic {
    let message = format!("`{}` is no host", shown(&cell.text));
    Diagnostic::new(Code::NotAnEndpoint, message, cell.into(), "prose where a host should be").help(ADD_HOST)
}

pub(super) fn service_tag(cell: Cell) -> Diagnostic {
    let text = shown(&cell.text);
    let tag = text.split_whitespace().next().unwrap_or_default();
    Diagnostic::new(
        Code::NamedServiceTag,
        format!("the service tag `{tag}` is named, its addresses are not"),
        cell.into(),
        "a service tag",
    )
    .help("add the vendor's service-tag file (ServiceTags JSON) as a source to get its addresses")
}

pub(super) fn fault(fault: &Fault, cell: Cell) -> Diagnostic {
    let text = shown(&fault.text);
    let (code, message) = match &fault.kind {
        FaultKind::Host(HostPatternError::Everything | HostPatternError::Wildcard) => {
            (Code::UnsupportedWildcard, format!("`{text}`: {}", fault.kind))
        }
        FaultKind::Scheme(_) => {
            (Code::UnsupportedProtocol, format!("`{text}`: {} is not HTTP or HTTPS", fault.kind))
        }
        FaultKind::Port(_) => (Code::InvalidPort, format!("`{text}`: {}", fault.kind)),
        FaultKind::Host(_) | FaultKind::Blank { .. } | FaultKind::UserInfo | FaultKind::Control => {
            (Code::InvalidHost, format!("`{text}` is no host: {}", fault.kind))
        }
    };
    let finding = Diagnostic::new(code, message, cell.into(), "not used");
    match &fault.kind {
        FaultKind::Host(HostPatternError::Everything | HostPatternError::Wildcard) => {
            finding.help("write the names that are meant")
        }
        FaultKind::Host(HostPatternError::HostBits { network }) => {
            finding.help(format!("write `{network}` if the network is meant"))
        }
        FaultKind::Blank { probably: Some(probably) } => finding.help(format!(
            "probably `{}` is meant: correct the source, or add it under `select: include:`",
            shown(probably)
        )),
        FaultKind::Scheme(_) => finding.help("open it on the firewall by hand"),
        FaultKind::Host(_)
        | FaultKind::Blank { probably: None }
        | FaultKind::UserInfo
        | FaultKind::Port(_)
        | FaultKind::Control => {
            finding.help("correct it in the source, or add the right host under `select: include:`")
        }
    }
}

/// Names of which the vendor's tables repeat one and forget the other.
const SIBLINGS: [(&str, &str); 2] = [("oms", "ods"), ("ods", "oms")];

pub(super) fn repeated(repeated: &[Written], all: &[Written], cell: Cell) -> Option<Diagnostic> {
    let first = repeated.first()?;
    let text = shown(&first.host.to_string());
    let message = format!("`{text}` stands {} times in one cell", {
        1 + repeated.iter().filter(|other| *other == first).count()
    });
    let missing = SIBLINGS.iter().find_map(|(own, sibling)| {
        let missing = sibling_of(&first.host, own, sibling)?;
        (!all.iter().any(|written| written.host == missing)).then_some(missing)
    });
    let finding = Diagnostic::new(Code::RepeatedHost, message, cell.into(), "the same host again");
    Some(match missing {
        Some(missing) => finding
            .help(format!("`{missing}` is missing: one of the two is probably meant to be it"))
            .help(format!("add `{missing}` under `select: include:` if you need it")),
        None => finding.help("one of them may be meant to be another host: compare with the vendor's page"),
    })
}

/// `*.ods.example.com` of `*.oms.example.com`.
fn sibling_of(host: &HostPattern, own: &str, sibling: &str) -> Option<HostPattern> {
    let text = host.to_string();
    let labels: Vec<&str> = text.split('.').map(|label| if label == own { sibling } else { label }).collect();
    let other = labels.join(".");
    if other == text { None } else { other.parse().ok() }
}

pub(super) fn missing_dot(host: &HostPattern, cell: Cell) -> Option<Diagnostic> {
    let HostPattern::TextSuffix(suffix) = host else { return None };
    // `*-files.example.com`: no dot is missing before a hyphen.
    if suffix.head().starts_with(['-', '_']) {
        return None;
    }
    let text = shown(&suffix.text());
    Some(
        Diagnostic::new(
            Code::MissingDot,
            format!("`*{text}` has no dot behind its star"),
            cell.into(),
            format!("matches `evil{text}` too"),
        )
        .help(format!(
            "if a dot is missing, write in the profile `corrections: {{ \"*{text}\": \".{text}\" }}`"
        )),
    )
}

pub(super) fn invalid_port(error: &PortError, cell: Cell) -> Diagnostic {
    let message = format!("`{}` is no port: {}", shown(&cell.text), shown(&error.to_string()));
    Diagnostic::new(Code::InvalidPort, message, cell.into(), "no rule for this row")
        .help("correct the port in the source, or add the host with its port under `select: include:`")
}

fn list(ranges: &[PortRange]) -> String {
    // A hostile cell names thousands.
    let mut shown: Vec<String> = ranges
        .iter()
        .take(8)
        .map(|range| match range.low == range.high {
            true => range.low.to_string(),
            false => format!("{}-{}", range.low, range.high),
        })
        .collect();
    if ranges.len() > shown.len() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

pub(super) fn udp(ranges: &[PortRange], cell: Cell) -> Diagnostic {
    let message = match ranges {
        [] => format!("UDP `{}` is not carried by a proxy", shown(&cell.text)),
        _ => format!("UDP port {} is not carried by a proxy", list(ranges)),
    };
    Diagnostic::new(Code::UnsupportedProtocol, message, cell.into(), "UDP")
        .help("open it on the firewall by hand")
}

pub(super) fn mail(ranges: &[PortRange], cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::UnsupportedProtocol,
        format!("port {} carries mail, neither HTTP nor HTTPS", list(ranges)),
        cell.into(),
        "a mail port",
    )
    .help("open it on the firewall by hand")
}

pub(super) fn missing_geography(cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::MissingGeography,
        format!("no geography for `{}`", shown(&cell.text)),
        cell.into(),
        "the geography cell of this row is blank",
    )
    .help("fill the cell in, or add the host under `select: include:`")
}

pub(super) fn unknown_geography(cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownGeography,
        format!("the geography `{}` is not known", shown(&cell.text)),
        cell.into(),
        "no rule for this row",
    )
    .help("write a data location of `data/regions.yaml`, or add the host under `select: include:`")
}

pub(super) fn geography_mismatch(
    host: &HostPattern,
    of_host: &Geography,
    of_row: &Geography,
    cell: Cell,
) -> Diagnostic {
    Diagnostic::new(
        Code::GeographyMismatch,
        format!("`{host}` serves {of_host}, the row says {of_row}"),
        cell.into(),
        format!("by its host, {of_host}"),
    )
    .help(format!("the row is used as written: check whether customers of {of_host} need the host"))
}

pub(super) fn unknown_requirement(cell: Cell) -> Diagnostic {
    let message = format!("`{}` is neither required nor optional", shown(&cell.text));
    Diagnostic::new(Code::UnknownRequirement, message, cell.into(), "the row counts as required")
        .help("write `Required` or `Optional`")
}

pub(super) fn unknown_platform(cell: Cell) -> Diagnostic {
    let message = format!("`{}` says of no platform whether it needs the host", shown(&cell.text));
    Diagnostic::new(Code::UnknownPlatform, message, cell.into(), "the row's platforms count as not stated")
        .help("write `Yes`, `No` or nothing, or the names of platforms")
}

pub(super) fn no_platform(cell: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownPlatform,
        "the row says no to a platform and yes to none",
        cell.into(),
        "the row's platforms count as not stated",
    )
    .help("write `Yes` for the platforms that need the host")
}

pub(super) fn shifted(table: &RawTable, row: &RawRow, cell: &RawCell, what: &str) -> Diagnostic {
    let column = &table.columns[usize::from(cell.column)];
    Diagnostic::new(
        Code::ShiftedCells,
        format!("`{}` stands in the column `{}`", shown(&cell.text), shown(&column.header)),
        table.cell(row, cell).into(),
        what,
    )
    .help("the row's platforms count as not stated: compare the row with the vendor's page")
}

/// At most three paths of a row, for one finding.
pub(super) fn path_on_https(hosts: &[(HostPattern, String)], cell: Cell) -> Diagnostic {
    let mut shown_hosts: Vec<String> =
        hosts.iter().take(3).map(|(host, path)| format!("`{}{}`", host, shown(path))).collect();
    if hosts.len() > shown_hosts.len() {
        shown_hosts.push("…".to_owned());
    }
    Diagnostic::new(
        Code::PathOnHttps,
        format!("the path of {} limits nothing on HTTPS", shown_hosts.join(", ")),
        cell.into(),
        "the rule covers the whole host",
    )
    .help("nothing to do, unless the whole host is more than you want to open: then exclude it")
}

pub(super) fn dropped_query(written: &Written, cell: Cell) -> Diagnostic {
    let query = shown(&written.query);
    let message = format!("the query `{query}` of `{}` is dropped", written.host);
    Diagnostic::new(Code::DroppedQuery, message, cell.into(), "rules match host, port and path")
        .help("nothing to do: the path is let through with any query")
}

pub(super) fn invalid_path(written: &Written, error: &PathError, cell: Cell) -> Diagnostic {
    let message = format!("`{}{}` is no path for a rule: {error}", written.host, shown(&written.path));
    Diagnostic::new(Code::InvalidPath, message, cell.into(), "not used on HTTP")
        .help("correct it in the source, or add the host under `select: include:`")
}

pub(super) fn unread(what: &str, cell: Cell) -> Diagnostic {
    let message = format!("`{}` is no {what}", shown(&cell.text));
    Diagnostic::new(Code::UnreadText, message, cell.into(), "not used").help("correct it in the source")
}

pub(super) fn contradicting(host: &HostPattern, claims: &[WindowsClaim], cell: Cell) -> Diagnostic {
    let decisive = windows::decisive(claims).map(windows::show).unwrap_or_default();
    let mut finding = Diagnostic::new(
        Code::ContradictingDocuments,
        format!("documents disagree about the Windows releases that need `{host}`"),
        cell.into(),
        format!("the newest decides: {decisive}"),
    );
    let mut lines: Vec<String> = claims.iter().map(windows::show).collect();
    lines.dedup();
    for line in lines {
        finding = finding.note(line);
    }
    finding.help("if another one is right, mend the row, or add the host under `select: include:`")
}

pub(super) fn host_in_comment(host: &HostPattern, cell: Cell) -> Diagnostic {
    let text = shown(&host.to_string());
    Diagnostic::new(
        Code::HostInComment,
        format!("`{text}` stands in prose and in no row of its own"),
        cell.into(),
        "not opened",
    )
    .help(format!("if you need it, add `{text}` to the profile under `select: include:`"))
}

/// What a sheet left unsaid.
pub(super) fn assumed(assumed: Assumed) -> impl Iterator<Item = Diagnostic> {
    let ports = assumed.ports.map(|(cell, count)| {
        Diagnostic::new(
            Code::PortAssumed,
            format!("port 443 is assumed for {}{}", hosts(count), of_sheet(&cell)),
            cell.into(),
            "the first of them",
        )
        .help("write the port in the source, as a column or behind the host")
    });
    let requirements = assumed.requirements.map(|(cell, count)| {
        Diagnostic::new(
            Code::MissingRequirement,
            format!(
                "{} without a requirement{}",
                match count {
                    1 => "1 row".to_owned(),
                    count => format!("{count} rows"),
                },
                of_sheet(&cell)
            ),
            cell.into(),
            match count {
                1 => "counts as required",
                _ => "the first of them; they count as required",
            },
        )
        .help("write `Required` or `Optional` into the blank cells of that column")
    });
    let geography = assumed.geography.map(|cell| {
        let (category, host, worldwide) = (assumed.by_category, assumed.by_host, assumed.worldwide);
        let ways =
            [(category, "by category"), (host, "by the table of known hosts"), (worldwide, "worldwide")];
        let mut said: Vec<String> = Vec::new();
        for (of, how) in ways.into_iter().filter(|(of, _)| *of > 0) {
            // What is counted is said once.
            let number = if said.is_empty() { hosts(of) } else { of.to_string() };
            said.push(format!("{number} {how}"));
        }
        Diagnostic::new(
            Code::GeographyAssumed,
            format!("no geography{}: {}", of_sheet(&cell), said.join(", ")),
            Place::Cell(cell),
            "the first of them",
        )
        .help("add a geography column to the source if one of them is not needed everywhere")
    });
    ports.into_iter().chain(requirements).chain(geography)
}

fn hosts(count: u64) -> String {
    if count == 1 { "1 host".to_owned() } else { format!("{count} hosts") }
}

fn of_sheet(cell: &Cell) -> String {
    if cell.sheet.is_empty() { String::new() } else { format!(" in `{}`", shown(&cell.sheet)) }
}
