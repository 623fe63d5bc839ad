//! The table of a change ticket, as a firewall team enters it: a line that says `add` is one opening.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Item, Place, Reading, Rulebase, Trouble, TroubleKind};
use crate::diag::Code;
use crate::model::{
    Geography, HostPattern, Intent, PathPattern, Platform, Platforms, Ports, RequestPattern, Requirement,
    Schemes,
};
use crate::opening::Opening;
use crate::regions;

/// One row of the table, with everything that it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// For which list.
    pub intent: Intent,
    /// What, for whom, where and why.
    pub opening: Opening,
    /// The finding that leaves it out; nothing where it is to be added.
    pub left_out: Option<Code>,
}

/// Reads the table, whose columns are known by their names.
pub fn read(file: &str, bytes: &[u8]) -> Reading {
    let file: Arc<str> = file.into();
    let mut troubles = Vec::new();
    let mut openings: BTreeMap<Intent, Vec<Item>> = BTreeMap::new();
    each(bytes, |line, row| {
        let place = Place::new(&file, line);
        let read = row.and_then(|cell| match is_added(cell)? {
            true => opening(cell).map(Some),
            false => Ok(None),
        });
        match read {
            Ok(Some((intent, pattern))) => openings.entry(intent).or_default().push(Item { pattern, place }),
            Ok(None) => {}
            Err(what) => troubles.push(Trouble::new(place, TroubleKind::NotUnderstood, what)),
        }
    });
    let whole = Place::new(&file, 0);
    let rulebases = Intent::ALL.map(|intent| {
        let items = openings.remove(&intent).unwrap_or_default();
        (intent, Rulebase::granting(whole.clone(), items))
    });
    Reading { rulebases: rulebases.into(), troubles }
}

/// Reads the table with everything that its rows say.
///
/// # Errors
/// With the first line that is not understood, from 1, and why.
pub fn rows(bytes: &[u8]) -> Result<Vec<Row>, (u32, String)> {
    let mut rows = Vec::new();
    let mut wrong = None;
    each(bytes, |line, row| match row.and_then(whole_row) {
        Ok(row) => rows.push(row),
        Err(what) => wrong = wrong.take().or(Some((line, what))),
    });
    wrong.map_or(Ok(rows), Err)
}

/// Asks for a cell of a row by the name of its column.
type Cells<'r> = &'r dyn Fn(&str) -> Result<&'r str, String>;

/// Every row of a table, with the number of its line.
fn each(bytes: &[u8], mut done: impl FnMut(u32, Result<Cells<'_>, String>)) {
    let mut reader = csv::Reader::from_reader(bytes);
    let columns: BTreeMap<String, usize> = match reader.headers() {
        Ok(headers) => headers.iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect(),
        Err(_) => BTreeMap::new(),
    };
    for record in reader.records() {
        let line = |position: Option<&csv::Position>| {
            position.map_or(0, |own| u32::try_from(own.line()).unwrap_or(u32::MAX))
        };
        match record {
            Ok(record) => {
                let cell = |name: &str| {
                    let text = columns.get(name).and_then(|&at| record.get(at));
                    text.map(plain).ok_or_else(|| format!("there is no column `{name}`"))
                };
                done(line(record.position()), Ok(&cell));
            }
            Err(error) => done(line(error.position()), Err(error.to_string())),
        }
    }
}

fn is_added(cell: Cells<'_>) -> Result<bool, String> {
    match cell("Action")? {
        "add" => Ok(true),
        "left out" => Ok(false),
        other => Err(format!("`{other}` is no action")),
    }
}

fn whole_row(cell: Cells<'_>) -> Result<Row, String> {
    let (intent, pattern) = opening(cell)?;
    let code = |text: &str| {
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == text);
        code.ok_or_else(|| format!("`{text}` is no finding"))
    };
    let parts = |text: &'_ str, separator: &str| -> Vec<Arc<str>> {
        text.split(separator).filter(|part| !part.is_empty()).map(Arc::from).collect()
    };
    let platform = |word: &str| {
        let platform = Platform::ALL.into_iter().find(|own| own.as_str() == word);
        platform.ok_or_else(|| format!("`{word}` is no platform"))
    };
    let platforms = match cell("Platforms")? {
        NOT_STATED => Platforms::NotStated,
        text => Platforms::Only(text.split(", ").map(platform).collect::<Result<_, _>>()?),
    };
    let geography = match cell("Geographies")? {
        NOT_STATED => None,
        text => Some(geography(text)?),
    };
    let requirement = match cell("Requirement")? {
        "required" => Requirement::Required,
        "optional" => Requirement::Optional,
        other => return Err(format!("`{other}` is no requirement")),
    };
    let risks = cell("Risk")?.split("; ").filter(|text| !text.is_empty()).map(code);
    Ok(Row {
        intent,
        opening: Opening {
            pattern,
            platforms,
            geography,
            requirement,
            risks: risks.collect::<Result<_, _>>()?,
            services: parts(cell("Service")?, "; "),
            categories: parts(cell("Category")?, "; "),
            places: parts(cell("Source")?, "; ").iter().map(ToString::to_string).collect(),
        },
        left_out: match is_added(cell)? {
            true => None,
            false => Some(code(cell("Finding")?)?),
        },
    })
}

/// Where no source says it.
const NOT_STATED: &str = "not stated";

/// `WW`, or the codes of regions.
fn geography(text: &str) -> Result<Geography, String> {
    let mut all = BTreeSet::new();
    for word in text.split(", ") {
        match regions::lookup(word) {
            Some(Geography::Worldwide) => return Ok(Geography::Worldwide),
            Some(Geography::Regions(regions)) => all.extend(regions),
            None => return Err(format!("`{word}` is no data location")),
        }
    }
    Ok(Geography::Regions(all))
}

/// A cell without the mark by which a spreadsheet takes it as text.
fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

fn opening(cell: Cells<'_>) -> Result<(Intent, RequestPattern), String> {
    let intent = cell("Intent")?;
    let intent = Intent::ALL
        .into_iter()
        .find(|own| own.as_str() == intent)
        .ok_or_else(|| format!("`{intent}` is no intent"))?;
    for (column, only) in [("Direction", "outbound"), ("Protocol", "TCP")] {
        if cell(column)? != only {
            return Err(format!("`{column}` is not `{only}`"));
        }
    }
    let mut schemes = Schemes { http: false, https: false };
    for scheme in cell("Scheme")?.split('+') {
        match scheme {
            "http" => schemes.http = true,
            "https" => schemes.https = true,
            other => return Err(format!("`{other}` is no scheme")),
        }
    }
    let ranges = cell("Ports")?.split(',').map(|range| {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) if low <= high => Ok(low..=high),
            _ => Err(format!("`{range}` is no port")),
        }
    });
    let host = cell("Destination")?;
    let pattern = RequestPattern {
        host: host.parse::<HostPattern>().map_err(|error| format!("`{host}`: {error}"))?,
        schemes,
        ports: Ports::from_ranges(ranges.collect::<Result<Vec<_>, _>>()?),
        path: PathPattern::parse(cell("Path")?).map_err(|error| error.to_string())?,
    };
    Ok((intent, pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Action,Intent,Direction,Protocol,Scheme,Destination,Ports,Path\n";

    #[test]
    fn a_row_is_an_opening_unless_it_was_left_out() {
        let text = format!(
            "{HEADER}add,allow,outbound,TCP,http+https,*.a.test,\"80,8000-8080\",\n\
             left out,allow,outbound,TCP,https,b.test,443,\n\
             add,bypass-inspection,outbound,TCP,https,'-x.test,443,\n"
        );
        let reading = read("t.csv", text.as_bytes());
        assert_eq!(reading.troubles, []);
        let hosts = |intent| -> Vec<String> {
            reading.rulebases[&intent]
                .items()
                .map(|item| format!("{} {}", item.pattern, item.place))
                .collect()
        };
        assert_eq!(hosts(Intent::Allow).len(), 1);
        assert!(hosts(Intent::Allow)[0].contains("*.a.test"));
        assert!(hosts(Intent::BypassInspection)[0].ends_with("t.csv:4"));
        assert_eq!(hosts(Intent::Direct), [""; 0]);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for row in [
            "remove,allow,outbound,TCP,https,a.test,443,",
            "add,bypass,outbound,TCP,https,a.test,443,",
            "add,allow,inbound,TCP,https,a.test,443,",
            "add,allow,outbound,UDP,https,a.test,443,",
            "add,allow,outbound,TCP,ftp,a.test,443,",
            "add,allow,outbound,TCP,https,a b,443,",
            "add,allow,outbound,TCP,https,a.test,99999,",
            "add,allow,outbound,TCP,https,a.test,443,x",
            "add,allow",
        ] {
            let reading = read("t.csv", format!("{HEADER}{row}\n").as_bytes());
            assert_eq!(reading.troubles.len(), 1, "{row}");
        }
        assert_eq!(read("t.csv", b"a,b\n1,2\n").troubles.len(), 1);
    }
}
