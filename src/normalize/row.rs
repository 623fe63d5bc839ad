//! One row to endpoints or findings.

use std::sync::Arc;

use super::cell::CellContent;
use super::comments::Prose;
use super::ports::PortRange;
use super::text::{fold, squeezed, yes_or_no};
use super::written::Written;
use super::{
    Run, TableFacts, cell, comments, geography, inspection, platforms, ports, report, requirement, windows,
};
use crate::ingest::{RawCell, RawRow, RawTable, Role};
use crate::model::{
    Endpoint, Geography, HostPattern, Inspection, PathPattern, Platform, Platforms, RequestPattern,
    Requirement, Scheme, Schemes, WindowsClaim,
};
use crate::source::{Cell, Provenance, Sourced};

/// The cells of a row with this role that are not blank.
pub(super) fn cells<'r>(table: &RawTable, row: &'r RawRow, role: Role) -> impl Iterator<Item = &'r RawCell> {
    row.cells.iter().filter(move |cell| {
        table.columns[usize::from(cell.column)].role == role && !cell.text.trim().is_empty()
    })
}

/// Prose columns.
const PROSE: [Role; 2] = [Role::Comments, Role::Description];

/// Reads one row into the run.
pub(super) fn read(run: &mut Run<'_>, facts: &TableFacts<'_>, row: &RawRow) {
    let table = facts.table;
    for cell in PROSE.into_iter().flat_map(|role| cells(table, row, role)) {
        run.hidden.add(&cell.text, Prose::Remarks, || table.cell(row, cell));
    }
    let contents = endpoint_cells(run, table, row);
    if contents.is_empty() {
        without_endpoint(run, table, row);
        return;
    }
    if contents.iter().all(|(_, content)| content.endpoints.is_empty()) {
        return;
    }
    let ports = column_ports(run, table, row);
    let geography = column_geography(run, facts, row);
    let (Some(ports), Some(geography)) = (ports, geography) else { return };
    let about = about(run, facts, row);
    for (raw, content) in contents {
        let cell = table.cell(row, raw);
        add(
            run,
            table,
            &Place { cell, ports: &ports, geography: &geography, about: &about },
            &content.endpoints,
        );
    }
}

/// Reads the endpoint cells and reports what is wrong with them.
fn endpoint_cells<'r>(
    run: &mut Run<'_>,
    table: &RawTable,
    row: &'r RawRow,
) -> Vec<(&'r RawCell, CellContent)> {
    let mut contents = Vec::new();
    for raw in cells(table, row, Role::Endpoint) {
        let content = cell::read(&raw.text);
        let place = || table.cell(row, raw);
        if content.prose {
            run.hidden.add(&raw.text, Prose::Endpoints, place);
        }
        run.findings.extend(content.faults.iter().map(|fault| report::fault(fault, place())));
        run.findings.extend(report::repeated(&content.repeated, &content.endpoints, place()));
        let starred =
            content.endpoints.iter().filter_map(|written| report::missing_dot(&written.host, place()));
        run.findings.extend(starred);
        if content.endpoints.is_empty() && content.faults.is_empty() {
            run.findings.push(report::not_an_endpoint(place()));
        }
        contents.push((raw, content));
    }
    contents
}

/// Reports a row that has no endpoint cell: a service tag, a UDP requirement, or neither.
fn without_endpoint(run: &mut Run<'_>, table: &RawTable, row: &RawRow) {
    let before = run.findings.len();
    run.findings
        .extend(cells(table, row, Role::ServiceTag).map(|cell| report::service_tag(table.cell(row, cell))));
    report_udp(run, table, row);
    if run.findings.len() == before {
        run.findings.push(report::no_endpoint(table, row));
    }
}

/// Reports the UDP columns; whether there was one.
fn report_udp(run: &mut Run<'_>, table: &RawTable, row: &RawRow) -> bool {
    let before = run.findings.len();
    for raw in cells(table, row, Role::UdpPort) {
        let ranges = ports::parse(&raw.text).map(|cell| [cell.tcp, cell.udp].concat()).unwrap_or_default();
        run.findings.push(report::udp(&ranges, table.cell(row, raw)));
    }
    run.findings.len() > before
}

/// The TCP ports of the port column, empty where it says nothing. `None` holds the row: the column
/// says something that no rule can be made of.
fn column_ports(run: &mut Run<'_>, table: &RawTable, row: &RawRow) -> Option<Vec<PortRange>> {
    let mut tcp = Vec::new();
    let mut held = report_udp(run, table, row);
    for raw in cells(table, row, Role::Port) {
        let place = || table.cell(row, raw);
        let read = match ports::parse(&raw.text) {
            Ok(read) => read,
            Err(error) => {
                run.findings.push(report::invalid_port(&error, place()));
                return None;
            }
        };
        if !read.udp.is_empty() {
            run.findings.push(report::udp(&read.udp, place()));
            held = true;
        }
        let (mail, web): (Vec<_>, Vec<_>) = read.tcp.into_iter().partition(|&range| ports::is_mail(range));
        if !mail.is_empty() {
            run.findings.push(report::mail(&mail, place()));
            held = true;
        }
        tcp.extend(web);
    }
    // Only UDP or mail: to assume port 443 beside it would invent a requirement.
    if held && tcp.is_empty() { None } else { Some(tcp) }
}

/// Where the geography of a row comes from.
enum Origin {
    /// The column.
    Column(Geography, Cell),
    /// The category.
    Category(Geography),
    /// Nowhere: each host may be known.
    Host,
}

/// The geography of the row; `None` holds it.
fn column_geography(run: &mut Run<'_>, facts: &TableFacts<'_>, row: &RawRow) -> Option<Origin> {
    let table = facts.table;
    if !facts.has_geography {
        let category = cells(table, row, Role::Category).find_map(|cell| geography::of_category(&cell.text));
        return Some(category.map_or(Origin::Host, Origin::Category));
    }
    let Some(raw) = cells(table, row, Role::Geography).next() else {
        let endpoint = cells(table, row, Role::Endpoint).next()?;
        run.findings.push(report::missing_geography(table.cell(row, endpoint)));
        return None;
    };
    let cell = table.cell(row, raw);
    match geography::parse(&raw.text) {
        Some(geography) => Some(Origin::Column(geography, cell)),
        None => {
            run.findings.push(report::unknown_geography(cell));
            None
        }
    }
}

/// What a row says beside its hosts, ports and geography, as an endpoint without them.
struct About {
    service: Arc<str>,
    category: Arc<str>,
    requirement: Option<Requirement>,
    platforms: Platforms,
    windows: Vec<WindowsClaim>,
    direct_required: bool,
    inspection: Inspection,
}

fn about(run: &mut Run<'_>, facts: &TableFacts<'_>, row: &RawRow) -> About {
    let table = facts.table;
    let text = |role| cells(table, row, role).map(|cell| squeezed(&cell.text)).next();
    let category =
        text(Role::Category).or_else(|| is_agents_table(table).then(|| AGENT.into())).unwrap_or_default();
    let shift = shifted(facts, row, &category);
    if let Some((cell, what)) = shift {
        run.findings.push(report::shifted(table, row, cell, what));
    }
    About {
        service: text(Role::Service).unwrap_or_default(),
        requirement: requirement(run, facts, row, shift.is_some()),
        platforms: if shift.is_some() { Platforms::NotStated } else { platforms(run, facts, row) },
        windows: windows_claims(run, facts, row),
        direct_required: cells(table, row, Role::Direct).any(|cell| yes_or_no(&cell.text) == Some(true))
            || PROSE
                .into_iter()
                .flat_map(|role| cells(table, row, role))
                .any(|cell| comments::requires_direct(&cell.text)),
        inspection: cells(table, row, Role::Inspection)
            .map(|cell| inspection::parse(&cell.text))
            .next()
            .unwrap_or(Inspection::NotStated),
        category,
    }
}

/// The category of the Monitoring Agent's endpoints in the vendor's sheets.
const AGENT: &str = "Microsoft Monitoring Agent (MMA)";

/// Whether the table is the Monitoring Agent's, which has no category column: the page's header says
/// whose hosts they are.
fn is_agents_table(table: &RawTable) -> bool {
    table.columns.iter().any(|column| {
        column.role == Role::Endpoint
            && matches!(
                fold(&column.header).as_str(),
                "agent resource" | "agent resources" | "エージェント リソース" | "エージェントリソース"
            )
    })
}

/// A cell that stands in a column where its text cannot belong, and why.
fn shifted<'r>(
    facts: &TableFacts<'_>,
    row: &'r RawRow,
    category: &str,
) -> Option<(&'r RawCell, &'static str)> {
    let table = facts.table;
    let of_category = platforms::of_category(category);
    row.cells.iter().find_map(|cell| {
        let what = match table.columns[usize::from(cell.column)].role {
            Role::Requirement if !facts.yes_means_required && yes_or_no(&cell.text).is_some() => {
                "a platform's answer"
            }
            Role::PlatformFlag(_) | Role::PlatformList if requirement::word(&cell.text).is_some() => {
                "a requirement"
            }
            Role::Comments if yes_or_no(&cell.text).is_some() => "a platform's answer",
            Role::PlatformFlag(Platform::Windows)
                if !of_category.is_empty() && platforms::flag(&cell.text) == Some(platforms::Flag::Yes) =>
            {
                "the category names other platforms"
            }
            _ => return None,
        };
        Some((cell, what))
    })
}

fn requirement(
    run: &mut Run<'_>,
    facts: &TableFacts<'_>,
    row: &RawRow,
    shifted: bool,
) -> Option<Requirement> {
    let table = facts.table;
    let Some(raw) = cells(table, row, Role::Requirement).next() else {
        // Where cells are lost or shifted, the row says so itself.
        if let (true, false, Some(raw)) =
            (facts.asks_requirement, shifted, cells(table, row, Role::Endpoint).next())
        {
            run.assumed(table).requirements.get_or_insert_with(|| (table.cell(row, raw), 0)).1 += 1;
        }
        return None;
    };
    let requirement = requirement::parse(&raw.text, facts.yes_means_required);
    if requirement.is_none() && !shifted {
        run.findings.push(report::unknown_requirement(table.cell(row, raw)));
    }
    requirement
}

fn platforms(run: &mut Run<'_>, facts: &TableFacts<'_>, row: &RawRow) -> Platforms {
    let table = facts.table;
    let mut platforms = facts.platforms.clone();
    let mut denied = None;
    for raw in row.cells.iter().filter(|cell| !cell.text.trim().is_empty()) {
        let understood = match table.columns[usize::from(raw.column)].role {
            Role::PlatformFlag(platform) => platforms::flag(&raw.text)
                .inspect(|flag| match flag {
                    platforms::Flag::Yes => {
                        platforms.insert(platform);
                    }
                    platforms::Flag::No => denied = Some(raw),
                    platforms::Flag::Blank => {}
                })
                .is_some(),
            Role::PlatformList => platforms::list(&raw.text).map(|list| platforms.extend(list)).is_some(),
            _ => true,
        };
        if !understood {
            run.findings.push(report::unknown_platform(table.cell(row, raw)));
            return Platforms::NotStated;
        }
    }
    if let (true, Some(raw)) = (platforms.is_empty(), denied) {
        run.findings.push(report::no_platform(table.cell(row, raw)));
    }
    platforms::stated(platforms)
}

fn windows_claims(run: &mut Run<'_>, facts: &TableFacts<'_>, row: &RawRow) -> Vec<WindowsClaim> {
    let table = facts.table;
    let mut ranges = Vec::new();
    for raw in cells(table, row, Role::WindowsReleases) {
        match raw.text.parse() {
            Ok(range) => ranges.push(range),
            Err(_) => run.findings.push(report::unread("range of Windows releases", table.cell(row, raw))),
        }
    }
    let prose = PROSE.into_iter().flat_map(|role| cells(table, row, role));
    ranges.extend(prose.filter_map(|cell| comments::windows_range(&cell.text)));
    ranges.dedup();
    if ranges.is_empty() {
        return Vec::new();
    }
    let mut date = facts.date;
    if let Some(raw) = cells(table, row, Role::DocumentDate).next() {
        match raw.text.trim().parse() {
            Ok(own) => date = Some(own),
            Err(_) => run.findings.push(report::unread("date", table.cell(row, raw))),
        }
    }
    let document = cells(table, row, Role::Document)
        .map(|cell| super::text::shown(&cell.text))
        .next()
        .unwrap_or_else(|| facts.document.clone());
    ranges.into_iter().map(|needed_by| WindowsClaim { date, needed_by, document: document.clone() }).collect()
}

/// What the endpoints of one cell have in common.
struct Place<'a> {
    cell: Cell,
    ports: &'a [PortRange],
    geography: &'a Origin,
    about: &'a About,
}

/// Adds the endpoints of one cell.
fn add(run: &mut Run<'_>, table: &RawTable, place: &Place<'_>, all: &[Written]) {
    let mut hidden_paths = Vec::new();
    let mut mismatch = false;
    for written in all {
        let parts = parts(run, table, place, written);
        if parts.is_empty() {
            continue;
        }
        let geography = geography(run, table, place, &written.host, &mut mismatch);
        let windows = claims(run, place, &written.host);
        if !written.query.is_empty() {
            run.findings.push(report::dropped_query(written, place.cell.clone()));
        }
        if parts.iter().any(|(_, https_path)| https_path.is_some()) {
            hidden_paths.push((written.host.clone(), written.path.clone()));
        }
        for (pattern, https_path) in parts {
            run.done.endpoints.push(Endpoint {
                pattern: Sourced { value: pattern, from: Provenance::one(place.cell.clone()) },
                https_path,
                geography: geography.clone(),
                service: place.about.service.clone(),
                category: place.about.category.clone(),
                requirement: place.about.requirement,
                platforms: place.about.platforms.clone(),
                windows: windows.clone(),
                direct_required: place.about.direct_required,
                inspection: place.about.inspection,
            });
        }
    }
    if !hidden_paths.is_empty() {
        run.findings.push(report::path_on_https(&hidden_paths, place.cell.clone()));
    }
}

/// The patterns of one written endpoint, one per scheme and port, and the path that HTTPS hides.
fn parts(
    run: &mut Run<'_>,
    table: &RawTable,
    place: &Place<'_>,
    written: &Written,
) -> Vec<(RequestPattern, Option<Arc<str>>)> {
    let mut ranges = if !written.ports.is_empty() {
        written.ports.clone()
    } else if !place.ports.is_empty() {
        place.ports.to_vec()
    } else if let Some(scheme) = written.scheme {
        vec![PortRange::one(scheme.default_port())]
    } else {
        run.assumed(table).ports.get_or_insert_with(|| (place.cell.clone(), 0)).1 += 1;
        vec![PortRange::one(Scheme::Https.default_port())]
    };
    ranges.extend(&written.added);
    if written.scheme.is_none() {
        let mail: Vec<PortRange> = ranges.extract_if(.., |range| ports::is_mail(*range)).collect();
        if !mail.is_empty() {
            run.findings.push(report::mail(&mail, place.cell.clone()));
        }
    }
    let path = PathPattern::parse(&written.path);
    let mut parts = Vec::new();
    for (scheme, ports) in ports::by_scheme(written.scheme, &ranges) {
        let (path, https_path) = match (scheme, &path) {
            (Scheme::Https, Ok(PathPattern::Any)) => (PathPattern::Any, None),
            (Scheme::Https, _) => (PathPattern::Any, Some(written.path.as_str().into())),
            (Scheme::Http, Ok(path)) => (path.clone(), None),
            (Scheme::Http, Err(error)) => {
                run.findings.push(report::invalid_path(written, error, place.cell.clone()));
                continue;
            }
        };
        let schemes = Schemes::only(scheme);
        parts.push((RequestPattern { host: written.host.clone(), schemes, ports, path }, https_path));
    }
    parts
}

/// The geography of one host, reported where it contradicts the host, once per cell.
fn geography(
    run: &mut Run<'_>,
    table: &RawTable,
    place: &Place<'_>,
    host: &HostPattern,
    reported: &mut bool,
) -> Geography {
    let known = |host: &HostPattern| match host {
        HostPattern::Exact(name) => (run.host_geography)(name),
        _ => None,
    };
    let (geography, count): (_, fn(&mut super::Assumed)) = match place.geography {
        Origin::Column(geography, cell) => {
            if !*reported && let Some(of_host) = geography::contradiction(host, geography, run.host_geography)
            {
                *reported = true;
                run.findings.push(report::geography_mismatch(host, &of_host, geography, cell.clone()));
            }
            return geography.clone();
        }
        Origin::Category(geography) => (geography.clone(), |assumed| assumed.by_category += 1),
        Origin::Host => match known(host) {
            Some(geography) => (geography, |assumed| assumed.by_host += 1),
            None => (Geography::Worldwide, |assumed| assumed.worldwide += 1),
        },
    };
    let assumed = run.assumed(table);
    count(assumed);
    assumed.geography.get_or_insert_with(|| place.cell.clone());
    geography
}

/// The claims of the row and those that hold for the host; reported once where they disagree.
fn claims(run: &mut Run<'_>, place: &Place<'_>, host: &HostPattern) -> Vec<WindowsClaim> {
    let mut claims = place.about.windows.clone();
    windows::add_known(host, &mut claims);
    if windows::disagree(&claims) && run.contradicting.insert(host.clone()) {
        run.findings.push(report::contradicting(host, &claims, place.cell.clone()));
    }
    claims
}
