//! The profile's grammar as a JSON Schema, for editors: what they complete, explain and underline.
//!
//! [`shape`] is the grammar once more, as types that are never made; [`words`] and [`levels`] are the values, from
//! the tables that the parser reads by. The parser stays the judge: what it takes fits the schema, and the tests ask
//! it, place by place, which keys and words it knows. What only it can tell (a host that is none, a day that no month
//! has, a word twice) is not here.
//!
//! Draft 7, since the YAML language server and JetBrains' editors both know it in full; checked 2026-11-24, README of
//! redhat-developer/yaml-language-server ("Supports JSON Schema 7 and below").

mod levels;
mod shape;
mod targets;
#[cfg(test)]
mod tests;
mod words;

use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The file that editors look for, beside a profile.
pub const FILE: &str = "thruway.schema.json";

/// The first line of a profile by which the YAML language server finds the schema beside it.
pub const MODELINE: &str = "# yaml-language-server: $schema=thruway.schema.json\n";

/// The schema as a text, the keys in order.
pub fn text() -> String {
    let text = serde_json::to_string_pretty(&schema()).expect("internal error: a schema is plain data");
    text + "\n"
}

/// The schema.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft07().for_deserialize().into_generator();
    generator.into_root_schema_for::<shape::Profile>().to_value()
}
