//! The table of a change ticket, as a firewall team enters it: a line that says `add` is one opening.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Item, Place, Reading, Rulebase, Trouble, TroubleKind};
use crate::model::{HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};

/// Reads the table, whose columns are known by their names.
pub fn read(file: &str, bytes: &[u8]) -> Reading {
    let file: Arc<str> = file.into();
    let mut troubles = Vec::new();
    let mut openings: BTreeMap<Intent, Vec<Item>> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(bytes);
    let columns: BTreeMap<String, usize> = match reader.headers() {
        Ok(headers) => headers.iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect(),
        Err(_) => BTreeMap::new(),
    };
    for record in reader.records() {
        let (line, row) = match record {
            Ok(record) => (record.position().map_or(0, csv::Position::line), Ok(record)),
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(error.to_string())),
        };
        let place = Place::new(&file, u32::try_from(line).unwrap_or(u32::MAX));
        let read = row.and_then(|record| {
            let cell = |name: &str| {
                let text = columns.get(name).and_then(|&at| record.get(at));
                text.map(plain).ok_or_else(|| format!("there is no column `{name}`"))
            };
            match cell("Action")? {
                "add" => opening(cell).map(Some),
                "left out" => Ok(None),
                other => Err(format!("`{other}` is no action")),
            }
        });
        match read {
            Ok(Some((intent, pattern))) => openings.entry(intent).or_default().push(Item { pattern, place }),
            Ok(None) => {}
            Err(what) => troubles.push(Trouble::new(place, TroubleKind::NotUnderstood, what)),
        }
    }
    let whole = Place::new(&file, 0);
    let rulebases = Intent::ALL.map(|intent| {
        let items = openings.remove(&intent).unwrap_or_default();
        (intent, Rulebase::granting(whole.clone(), items))
    });
    Reading { rulebases: rulebases.into(), troubles }
}

/// A cell without the mark by which a spreadsheet takes it as text.
fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

fn opening<'r>(cell: impl Fn(&str) -> Result<&'r str, String>) -> Result<(Intent, RequestPattern), String> {
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
