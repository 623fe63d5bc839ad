//! Findings as SARIF 2.1.0, which code hosts and editors show at their lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Code, Diagnostic, Level, Place, file};
use crate::source::SourceMap;

/// The findings, in the order given, as one run of a tool. `profile` is the profile's file, where there is one.
pub fn to_sarif(findings: &[Diagnostic], sources: &SourceMap, profile: Option<&str>) -> Value {
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let result = |finding: &Diagnostic| {
        let mut text = finding.message.clone();
        for more in std::iter::once(&finding.label)
            .chain(&finding.notes)
            .chain(&finding.help)
            .filter(|more| !more.is_empty())
        {
            text.push_str("; ");
            text.push_str(more);
        }
        let mut result = json!({
            "ruleId": finding.code.as_str(),
            "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
            "level": level(finding.level),
            "message": { "text": text },
        });
        if let Some(location) = location(&finding.place, sources, profile) {
            result["locations"] = json!([location]);
        }
        result
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "thruway",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "note",
        Level::Warn | Level::Hold => "warning",
        Level::Deny => "error",
    }
}

fn rule(code: Code) -> Value {
    let text = code.explanation();
    let paragraphs: Vec<String> = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": paragraphs[0] },
        "help": { "text": paragraphs.join("\n\n") },
        "defaultConfiguration": { "level": level(code.default_level()) },
    })
}

fn location(place: &Place, sources: &SourceMap, profile: Option<&str>) -> Option<Value> {
    Some(match place {
        Place::Cell(cell) => {
            let sheet = if cell.sheet.is_empty() { String::new() } else { format!("{}!", cell.sheet) };
            let at = file::of(place, sources, profile);
            let path = at.as_ref().map_or_else(|| &sources.get(cell.source).name, |at| &at.path);
            let mut physical = json!({ "artifactLocation": { "uri": uri(path) } });
            if let Some(line) = at.as_ref().and_then(|at| at.line) {
                physical["region"] = json!({ "startLine": line });
            }
            json!({
                "physicalLocation": physical,
                "logicalLocations": [{ "fullyQualifiedName": format!("{sheet}{}", cell.at) }],
            })
        }
        Place::Profile { line, column, .. } => json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(profile?) },
                "region": { "startLine": (*line).max(1), "startColumn": (*column).max(1) },
            },
        }),
        Place::File { file, line, text } => {
            let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
            if *line > 0 {
                physical["region"] = json!({ "startLine": line, "snippet": { "text": text } });
            }
            json!({ "physicalLocation": physical })
        }
        Place::Run => return None,
    })
}

/// A path as a reference: what a URL has no place for is percent-encoded.
fn uri(path: &str) -> String {
    let Ok(mut url) = url::Url::parse("file:///") else { return String::new() };
    let is_absolute = path.starts_with('/');
    // A dot in front keeps a colon in the first part from being a scheme.
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.clear().extend(path.split(['/', '\\']).filter(|part| !part.is_empty()));
    }
    match is_absolute {
        true => url.to_string(),
        false => url.path().trim_start_matches('/').replace(':', "%3A"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::tests::specimens;

    #[test]
    fn a_finding_is_a_result_at_its_place() {
        let (findings, sources) = specimens();
        let sarif = to_sarif(&findings, &sources, Some("a b/contoso.yaml"));
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), findings.len());
        for (result, finding) in results.iter().zip(&findings) {
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], finding.code.as_str());
            assert_eq!(result["ruleId"], finding.code.as_str());
        }
        let of = |code: &str| results.iter().find(|result| result["ruleId"] == code).unwrap();
        assert_eq!(
            of("unused-waiver")["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": { "uri": "a%20b/contoso.yaml" },
                "region": { "startLine": 3, "startColumn": 35 },
            })
        );
        assert_eq!(
            of("missing-geography")["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            "Microsoft Defender URLs!B66"
        );
        assert_eq!(
            of("needed-refused")["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": { "uri": "etc/squid.conf" },
                "region": { "startLine": 14, "snippet": { "text": "http_access deny all" } },
            })
        );
        assert_eq!(of("needed-refused")["level"], "error");
        assert_eq!(of("wider-than-policy").get("locations"), None);
    }

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("/etc/squid/a b.conf"), "file:///etc/squid/a%20b.conf");
        assert_eq!(uri("c:x/ä#?.txt"), "c%3Ax/%C3%A4%23%3F.txt");
        assert_eq!(uri(r"x\y.txt"), "x/y.txt");
    }
}
