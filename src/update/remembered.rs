//! What is remembered of the last download: a small JSON file beside the list, `FILE.fetched.json`.
//!
//! It may be lost or wrong: then the whole list is fetched again. It counts only while the list is the one that it was
//! written for, by its digest, so that a list which somebody edited is not taken for the vendor's.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use super::place::{self, PlaceError};
use crate::source;

/// Most bytes of such a file.
const MAX_FILE: usize = 16 << 10;
/// Most characters of a header's value.
const MAX_VALUE: usize = 1_024;

/// What is remembered of the last download.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// The server's name for this version, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When the server says that it was changed, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The digest of the list.
    pub sha256: String,
    /// Where it was asked for, without what may be secret.
    pub url: String,
    /// The digest of the whole URL: a query may be a key to the list, and stays out of files.
    pub url_sha256: String,
}

impl Remembered {
    /// What to remember of a list from a URL.
    pub fn new(url: &Url, list: &[u8], etag: Option<&str>, last_modified: Option<&str>) -> Self {
        Self {
            etag: etag.and_then(usable),
            last_modified: last_modified.and_then(usable),
            sha256: source::sha256(list),
            url: crate::verify::route::without_credentials(url.as_str()),
            url_sha256: source::sha256(url.as_str().as_bytes()),
        }
    }

    /// What is remembered beside a list, if it is of this URL and this list.
    pub fn of(file: &Path, url: &Url, list: &[u8]) -> Option<Self> {
        let bytes = place::read(&beside(file), MAX_FILE).ok()??;
        let remembered: Self = serde_json::from_slice(&bytes).ok()?;
        let same = remembered.sha256 == source::sha256(list)
            && remembered.url_sha256 == source::sha256(url.as_str().as_bytes());
        let usable = |value: &Option<String>| value.as_deref().is_none_or(|value| usable(value).is_some());
        (same && usable(&remembered.etag) && usable(&remembered.last_modified)).then_some(remembered)
    }

    /// Writes it beside a list, unless that is there already.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, file: &Path) -> Result<(), PlaceError> {
        let mut text = serde_json::to_string_pretty(self).expect("internal error: plain data");
        text.push('\n');
        let path = beside(file);
        if place::read(&path, MAX_FILE).ok().flatten().as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        place::replace(&path, text.as_bytes())
    }
}

/// Where it is.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".fetched.json");
    name.into()
}

/// A value that may be sent back in a header.
fn usable(value: &str) -> Option<String> {
    let is_plain = value.len() <= MAX_VALUE && value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    (is_plain && !value.trim().is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_for_its_list_and_its_url_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.csv");
        let url = |text: &str| Url::parse(text).unwrap();
        let own = url("https://user:secret@a.example/list.csv?key=secret");
        let remembered = Remembered::new(&own, b"one", Some("\"v1\""), Some("bad\nvalue"));
        assert_eq!(remembered.last_modified, None, "no header may hold a line break");
        remembered.write(&file).unwrap();
        let text = std::fs::read_to_string(beside(&file)).unwrap();
        assert!(text.contains("https://a.example/list.csv") && !text.contains("secret"), "{text}");
        assert_eq!(Remembered::of(&file, &own, b"one"), Some(remembered));
        assert_eq!(Remembered::of(&file, &own, b"edited"), None);
        assert_eq!(Remembered::of(&file, &url("https://a.example/list.csv?key=other"), b"one"), None);
        for wrong in ["", "{}", &text.replace("etag", "tag"), &text.replace("v1", "v\\u000a1")] {
            std::fs::write(beside(&file), wrong).unwrap();
            assert_eq!(Remembered::of(&file, &own, b"one"), None, "{wrong}");
        }
    }
}
