//! Levels of findings and differences: by code, for every list or for one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::words::described;
use crate::analyze;
use crate::diag::{Code, Level};
use crate::model::Intent;
use crate::profile::parse::LEVELS;
use crate::profile::{Difference, init};

/// Levels by code.
pub(super) struct Lints;

impl JsonSchema for Lints {
    fn schema_name() -> Cow<'static, str> {
        "Lints".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = |code: &Code| {
            let levels = levels(generator, |level| analyze::can_be(*code, level));
            (code.as_str().to_owned(), described(levels, summary(*code).trim_end_matches('.')))
        };
        closed(Code::ALL.iter().map(of).collect())
    }
}

/// What a code finds: the first line of its explanation.
fn summary(code: Code) -> &'static str {
    code.explanation().lines().next().unwrap_or_default().trim()
}

/// Levels by kind of difference.
pub(super) struct Tolerances;

impl JsonSchema for Tolerances {
    fn schema_name() -> Cow<'static, str> {
        "Tolerances".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = |difference: &Difference| {
            let mut value = described(levels(generator, |_| true), init::explained(*difference));
            value["default"] = difference.default_level().to_string().into();
            (difference.as_str().to_owned(), value)
        };
        closed(Difference::ALL.iter().map(of).collect())
    }
}

/// A level for every list, or by list, where `can_be` says which levels there are. Defined once for every choice.
fn levels(generator: &mut SchemaGenerator, can_be: impl Fn(Level) -> bool) -> Schema {
    let words: Vec<&str> =
        LEVELS.into_iter().filter(|(_, level)| can_be(*level)).map(|(word, _)| word).collect();
    let name = format!("Levels-{}", words.join("-"));
    let definitions = generator.definitions_mut();
    if !definitions.contains_key(&name) {
        let one = json_schema!({ "enum": words, "enumDescriptions": words.iter().map(|word| meaning(word)).collect::<Vec<_>>() });
        let of = |intent: Intent| {
            let value = serde_json::json!({ "anyOf": [one, { "type": "null" }] });
            (intent.as_str().to_owned(), value)
        };
        let by_intent = closed(Intent::ALL.into_iter().map(of).collect());
        let schema = json_schema!({
            "description": "A level for all four lists, or one for each.",
            "anyOf": [one, by_intent],
        });
        definitions.insert(name.clone(), schema.to_value());
    }
    Schema::new_ref(format!("#/definitions/{name}"))
}

/// What a level does, in an editor.
fn meaning(word: &str) -> &'static str {
    match word {
        "allow" => "write the rule, say nothing",
        "warn" => "write the rule, say so",
        "hold" => "leave the rule out, say so",
        _ => "stop, write nothing",
    }
}

/// A map of none but these keys.
pub(super) fn closed(properties: Map<String, Value>) -> Schema {
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}
