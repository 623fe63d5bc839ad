use super::*;
use crate::source::{Source, SourceMap};

fn error_of(bytes: &[u8]) -> JsonError {
    let source = Source { name: "feed".into(), sha256: String::new(), date: None };
    let source = SourceMap::default().add(source);
    read(source, bytes, &mut Vec::new()).unwrap_err()
}

#[test]
fn the_analyzers_file_is_refused_by_name() {
    let regions = b"[\r\n{\"Region\":\"US\",\r\n\"CnCURLs\":[\"https://winatp-gw-cus.microsoft.com/test\tNoPinning\"]}]";
    let error = error_of(regions);
    assert!(matches!(error, JsonError::ControlCharacter { line: 3, .. }), "{error}");
    assert!(error.to_string().contains("RegionsURLs.json"));
}

#[test]
fn another_document_says_what_it_is_not() {
    for (text, want) in [
        ("", "neither a service-tag file"),
        ("\u{feff}  ", "neither a service-tag file"),
        ("42", "neither a service-tag file"),
        ("\0", "neither a service-tag file"),
        ("{}", "line 1, column 2: not a service-tag file: missing field `values`"),
        ("[{\"Region\": \"US\"}]", "not a list of Microsoft 365 endpoints: missing field `id`"),
        ("[1]", "not a list of Microsoft 365 endpoints: invalid type"),
        (
            "{\"values\": [{\"name\": 1}]}",
            "line 1, column 22: not a service-tag file: invalid type: integer `1`",
        ),
        ("{\"values\": {}}", "a list of service tags"),
        ("{\"values\": []", "EOF while parsing"),
        ("{\"values\": []} x", "trailing characters"),
        ("{\"values\": [], \"values\": []}", "duplicate field `values`"),
        ("{\"values\": [], \"cloud\": \"\\ud800\"}", "not a service-tag file"),
        ("[{\"id\": 1, \"serviceArea\": \"A\", \"urls\": \"a.test\"}]", "expected a sequence"),
    ] {
        let error = error_of(text.as_bytes()).to_string();
        assert!(error.contains(want), "{text}: {error}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = "[".repeat(1_000_000);
    assert!(matches!(error_of(deep.as_bytes()), JsonError::Parse { .. }));
    let deep = format!("[{{\"id\": {}", "[".repeat(1_000_000));
    assert!(matches!(error_of(deep.as_bytes()), JsonError::Parse { .. }));
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(error_of(&large), JsonError::TooLarge { bytes: MAX_BYTES + 1 });
    let many = format!("[{{\"id\":1,\"serviceArea\":\"A\",\"urls\":[{}\"\"]}}]", "\"\",".repeat(MAX_RECORDS));
    assert_eq!(error_of(many.as_bytes()), JsonError::TooManyRecords);
}
