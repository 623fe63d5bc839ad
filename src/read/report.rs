//! The policy in the data of a report, which is what its page shows and answers by.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Item, Place, Reading, Rulebase, Trouble, TroubleKind};
use crate::model::{HostPattern, Intent, PathPattern, Ports, RequestPattern, Schemes};

/// How the element begins that holds the data.
const BEGINNING: &str = "<script type=\"application/json\" id=\"data\">";
const END: &str = "</script>";

/// The part of the data that says what is let through.
#[derive(Deserialize)]
struct Data {
    patterns: Vec<Pattern>,
    policy: BTreeMap<String, Vec<(usize, Vec<usize>)>>,
}

/// Host, schemes, ports, path, and the domain, which decides nothing.
type Pattern = (String, String, String, String, String);

/// Reads a page.
pub fn read(file: &str, bytes: &[u8]) -> Reading {
    let whole = Place::new(&Arc::from(file), 0);
    let mut rules: BTreeMap<Intent, Vec<Item>> = BTreeMap::new();
    let mut troubles = Vec::new();
    let read = data(bytes).and_then(|data| {
        for (intent, of) in &data.policy {
            let own = Intent::ALL.into_iter().find(|own| own.as_str() == intent);
            let own = own.ok_or_else(|| format!("`{intent}` is no intent"))?;
            for (at, _) in of {
                let pattern = data.patterns.get(*at).ok_or_else(|| format!("there is no pattern {at}"))?;
                rules.entry(own).or_default().push(Item { pattern: parsed(pattern)?, place: whole.clone() });
            }
        }
        Ok(())
    });
    if let Err(what) = read {
        troubles.push(Trouble::new(whole.clone(), TroubleKind::NotUnderstood, what));
    }
    let rulebases = Intent::ALL.map(|intent| {
        let items = rules.remove(&intent).unwrap_or_default();
        (intent, Rulebase::granting(whole.clone(), items))
    });
    Reading { rulebases: rulebases.into(), troubles }
}

fn data(bytes: &[u8]) -> Result<Data, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let (_, rest) = text.split_once(BEGINNING).ok_or("there is no element with data")?;
    let (json, rest) = rest.split_once(END).ok_or("the element with data has no end")?;
    if rest.contains(BEGINNING) {
        return Err("there are two elements with data".to_owned());
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn parsed((host, schemes, ports, path, _): &Pattern) -> Result<RequestPattern, String> {
    let mut own = Schemes { http: false, https: false };
    for scheme in schemes.split('+') {
        match scheme {
            "http" => own.http = true,
            "https" => own.https = true,
            other => return Err(format!("`{other}` is no scheme")),
        }
    }
    let ranges = ports.split(',').map(|range| {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) if low <= high => Ok(low..=high),
            _ => Err(format!("`{range}` is no port")),
        }
    });
    Ok(RequestPattern {
        host: host.parse::<HostPattern>().map_err(|error| format!("`{host}`: {error}"))?,
        schemes: own,
        ports: Ports::from_ranges(ranges.collect::<Result<Vec<_>, _>>()?),
        path: PathPattern::parse(path).map_err(|error| error.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(data: &str) -> Vec<u8> {
        format!("<html>{BEGINNING}{data}{END}<script>var x;{END}</html>").into_bytes()
    }

    #[test]
    fn a_rule_is_a_pattern_of_the_table() {
        let reading = read(
            "index.html",
            &page(
                r#"{"patterns":[["*.a.test","http+https","80,8000-8080","/x/*","a.test"],["b.test","https","443","",""]],
                    "policy":{"allow":[[0,[1]],[1,[]]],"direct":[]}, "more": 1}"#,
            ),
        );
        assert_eq!(reading.troubles, []);
        let of = |intent| -> Vec<String> {
            reading.rulebases[&intent].items().map(|item| item.pattern.to_string()).collect()
        };
        assert_eq!(of(Intent::Allow).len(), 2);
        assert!(of(Intent::Allow)[0].contains("*.a.test"), "{:?}", of(Intent::Allow));
        assert_eq!(of(Intent::Direct), [""; 0]);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for data in [
            "",
            "{}",
            r#"{"patterns":[],"policy":{"allow":[[0,[]]]}}"#,
            r#"{"patterns":[],"policy":{"bypass":[]}}"#,
            r#"{"patterns":[["a b","https","443","",""]],"policy":{"allow":[[0,[]]]}}"#,
            r#"{"patterns":[["a.test","ftp","443","",""]],"policy":{"allow":[[0,[]]]}}"#,
            r#"{"patterns":[["a.test","https","99999","",""]],"policy":{"allow":[[0,[]]]}}"#,
            r#"{"patterns":[["a.test","https","443","x",""]],"policy":{"allow":[[0,[]]]}}"#,
        ] {
            assert_eq!(read("index.html", &page(data)).troubles.len(), 1, "{data}");
        }
        let twice = [page("{}"), page("{}")].concat();
        for bytes in [&b""[..], b"<script>", b"\xff", &twice] {
            assert_eq!(read("index.html", bytes).troubles.len(), 1);
        }
    }
}
