//! `update`: where newer lists come from, and who lets them in.

use std::path::PathBuf;

use url::Url;

use super::parse::path;
use super::problem::shown;
use super::serve::number;
use super::tree::Reader;
use super::{SourceSpec, Spanned};
use crate::yaml::Node;

/// How a server keeps the lists of a profile up to date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// What is fetched; nothing where lists are put into their places by others.
    pub lists: Vec<Download>,
    /// Hours between two questions to the vendor, from 1 to 168.
    pub every_hours: usize,
    /// Whether a new version waits until somebody approves it, whatever made it.
    pub approval: Approval,
    /// The proxy to go through, `http://host:port`, or `direct`; that of the environment where it is left out.
    pub proxy: Option<String>,
    /// A root that the vendor's certificate may lead to, beside those of the system, relative to the profile's folder.
    pub ca: Option<PathBuf>,
}

/// A list that is fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Download {
    /// Where the vendor publishes it.
    pub url: Url,
    /// The file that it takes the place of, as a source names it.
    pub into: PathBuf,
}

/// Whether a new version is served by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Approval {
    /// It is.
    None,
    /// It waits for somebody who says so.
    Required,
}

/// What `approval` may say.
pub(super) const APPROVALS: [(&str, Approval); 2] =
    [("none", Approval::None), ("required", Approval::Required)];

const KEYS: [&str; 5] = ["lists", "every_hours", "approval", "proxy", "ca"];

const LIST_KEYS: [&str; 2] = ["url", "into"];

impl Default for Update {
    fn default() -> Self {
        Self { lists: Vec::new(), every_hours: 6, approval: Approval::None, proxy: None, ca: None }
    }
}

/// A URL that a list may be fetched from.
///
/// # Errors
/// When it is none; what may be a password is not repeated.
pub fn list_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "it is no URL such as `https://www.contoso.com/urls.xlsx`")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("a list is fetched by https or http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has credentials, which end up in logs; fetch it by a program that keeps them");
    }
    Ok(url)
}

/// Reads the section of a profile with these sources.
pub(super) fn read(reader: &mut Reader, node: &Node, sources: &[Spanned<SourceSpec>]) -> Update {
    let defaults = Update::default();
    let Some(fields) = reader.fields(node, "update", &KEYS) else { return defaults };
    let lists = match fields.get("lists") {
        Some(node) => lists(reader, node, sources),
        None => Vec::new(),
    };
    let every_hours = fields.get("every_hours").and_then(|node| number(reader, node, "every_hours", 1, 168));
    let approval = fields.get("approval").and_then(|node| reader.choice(node, "approval", &APPROVALS));
    let proxy = fields.get("proxy").and_then(|node| proxy(reader, node));
    let ca = fields.get("ca").and_then(|node| reader.text(node, "ca")).map(PathBuf::from);
    Update {
        lists,
        every_hours: every_hours.unwrap_or(defaults.every_hours),
        approval: approval.unwrap_or(defaults.approval),
        proxy,
        ca,
    }
}

fn lists(reader: &mut Reader, node: &Node, sources: &[Spanned<SourceSpec>]) -> Vec<Download> {
    let mut lists: Vec<Download> = Vec::new();
    for node in reader.list_of_some(node, "lists").unwrap_or_default() {
        let Some(fields) = reader.fields(node, "lists", &LIST_KEYS) else { continue };
        let url = reader.required(&fields, "url").and_then(|node| url(reader, node));
        let Some(into_node) = reader.required(&fields, "into") else { continue };
        let Some(into) = path(reader, into_node, "into") else { continue };
        let is_source =
            sources.iter().any(|own| matches!(&own.value, SourceSpec::File(file) if *file == into));
        if !is_source {
            let name = into.display().to_string();
            reader
                .report(into_node.spot, format!("`into` is {}, which no source reads", shown(&name)))
                .help("write the path as `file:` of a source has it");
        } else if lists.iter().any(|own| own.into == into) {
            reader.report(into_node.spot, "two lists take the place of the same file");
        }
        if let Some(url) = url {
            lists.push(Download { url, into });
        }
    }
    lists
}

fn url(reader: &mut Reader, node: &Node) -> Option<Url> {
    match list_url(reader.text(node, "url")?) {
        Ok(url) => Some(url),
        Err(why) => {
            reader.report(node.spot, format!("`url` cannot be fetched: {why}"));
            None
        }
    }
}

/// A proxy is read in full where it is used: by the code that opens connections.
fn proxy(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "proxy")?;
    let is_url = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
    });
    if text != "direct" && !is_url {
        // What may be a password is not repeated.
        let message = if text.contains('@') {
            "`proxy` has credentials, which a profile is no place for".to_owned()
        } else {
            format!("`proxy` is {}, no URL of a proxy", shown(text))
        };
        reader.report(node.spot, message).help("write `http://proxy.contoso.com:8080`, or `direct`");
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::*;

    fn parsed(section: &str) -> Result<Update, String> {
        let text = format!("version: 1\nsources: [{{ file: lists/a.csv }}]\nupdate: {section}\n");
        Profile::parse(&text, None, &[]).map(|profile| profile.update).map_err(|error| error.to_string())
    }

    #[test]
    fn the_section_says_what_is_fetched_and_who_lets_it_in() {
        let update = parsed(
            "{ lists: [{ url: 'https://www.contoso.com/a.csv', into: lists/a.csv }], every_hours: 12, \
             approval: required, proxy: 'http://proxy.contoso.com:8080', ca: root.pem }",
        )
        .unwrap();
        assert_eq!(update.lists[0].url.as_str(), "https://www.contoso.com/a.csv");
        assert_eq!((update.every_hours, update.approval), (12, Approval::Required));
        assert_eq!(parsed("{}").unwrap(), Update::default());
    }

    #[test]
    fn what_cannot_be_fetched_is_told() {
        for (section, want) in [
            ("{ list: [] }", "did you mean `lists`?"),
            ("{ lists: [{ url: 'https://a.example/x', into: other.csv }] }", "which no source reads"),
            ("{ lists: [{ url: 'ftp://a.example/x', into: lists/a.csv }] }", "by https or http"),
            ("{ lists: [{ url: 'https://u:secret@a.example/x', into: lists/a.csv }] }", "it has credentials"),
            ("{ lists: [{ url: 'https://a.example/x' }] }", "has no `into`"),
            (
                "{ lists: [{ url: 'https://a.example/x', into: lists/a.csv }, \
                 { url: 'https://a.example/y', into: lists/a.csv }] }",
                "the same file",
            ),
            ("{ every_hours: 0 }", "not a number from 1 to 168"),
            ("{ approval: maybe }", "not `none` or `required`"),
            ("{ proxy: 'http://u:secret@a.example:80' }", "`proxy` has credentials"),
            ("{ proxy: a.example }", "`proxy` is `a.example`"),
        ] {
            let error = parsed(section).unwrap_err();
            assert!(error.contains(want), "{section}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
