//! Findings for programs.

use serde_json::{Map, Value, json};

use super::{Diagnostic, Place};
use crate::source::SourceMap;

/// The findings, in the order given, as a list of objects: `code`, `level`, `message`, `label`, `notes`
/// (facts, a list), `help` (what to do, a list), and where they apply `intent`, `target` and `place`, which is either `source`, `sheet`,
/// `cell` and `text`, or `profile` (the text there), `line` and `column`, or `file`, `line` and `text` of a
/// configuration.
pub fn to_json(findings: &[Diagnostic], sources: &SourceMap) -> Value {
    findings.iter().map(|finding| one(finding, sources)).collect()
}

fn one(finding: &Diagnostic, sources: &SourceMap) -> Value {
    let Diagnostic { place, code, level, intent, target, message, label, notes, help } = finding;
    let mut object = Map::new();
    object.insert("code".into(), code.as_str().into());
    object.insert("level".into(), level.as_str().into());
    object.insert("message".into(), message.as_str().into());
    object.insert("label".into(), label.as_str().into());
    object.insert("notes".into(), notes.as_slice().into());
    object.insert("help".into(), help.as_slice().into());
    if let Some(intent) = intent {
        object.insert("intent".into(), intent.as_str().into());
    }
    if let Some(target) = target {
        object.insert("target".into(), (*target).into());
    }
    match place {
        Place::Cell(cell) => {
            let place = json!({
                "source": sources.get(cell.source).name,
                "sheet": &*cell.sheet,
                "cell": cell.at.to_string(),
                "text": &*cell.text,
            });
            object.insert("place".into(), place);
        }
        Place::Profile { line, column, text } => {
            object.insert("place".into(), json!({ "profile": text, "line": line, "column": column }));
        }
        Place::File { file, line, text } => {
            object.insert("place".into(), json!({ "file": &**file, "line": line, "text": text }));
        }
        Place::Run => {}
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::tests::specimens;

    #[test]
    fn a_finding_is_an_object_with_the_keys_that_apply() {
        let (findings, sources) = specimens();
        let Value::Array(all) = to_json(&findings, &sources) else { panic!("a list") };
        assert_eq!(all.len(), findings.len());
        let of = |code: &str| all.iter().find(|finding| finding["code"] == code).unwrap();
        assert_eq!(
            *of("missing-geography"),
            json!({
                "code": "missing-geography",
                "level": "hold",
                "message": "no geography for `x.example.com`",
                "label": "blank cell",
                "notes": [],
                "help": [],
                "place": { "source": "mde-urls.xlsx", "sheet": "Microsoft Defender URLs", "cell": "B66", "text": "" },
            })
        );
        assert_eq!(
            of("unused-waiver")["place"],
            json!({ "profile": "*.example.com", "line": 3, "column": 35 })
        );
        assert_eq!(of("unused-waiver")["help"], json!(["remove it"]));
        let wider = of("wider-than-policy");
        assert_eq!((&wider["target"], &wider["intent"]), (&json!("squid"), &json!("bypass-inspection")));
        assert_eq!(wider.get("place"), None);
        // Programs get the text as it is; only terminals need it harmless.
        assert_eq!(of("unsupported-wildcard")["place"]["text"], "\u{1b}[31m*.*\u{1b}[0m \u{202e}");
    }
}
