//! YAML, the only file that names the YAML crate.

use serde::de::DeserializeOwned;

/// Why a text is not the YAML that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// Line, from 1; 0 where the library does not tell.
    pub line: u64,
    /// Column, from 1; 0 where the library does not tell.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads one document.
///
/// # Errors
/// When the text is not YAML, or not of this shape.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_yaml::from_str(text).map_err(|error| {
        let location = error.location();
        YamlError {
            line: location.map_or(0, |location| location.line()),
            column: location.map_or(0, |location| location.column()),
            message: error.without_snippet().to_string(),
        }
    })
}

/// Reads a table that is part of the program.
///
/// # Panics
/// When the table is not of this shape, which a test of its module would have shown.
pub fn embedded<T: DeserializeOwned>(name: &str, text: &str) -> T {
    parse(text).unwrap_or_else(|error| panic!("internal error: data/{name}: {error}"))
}
