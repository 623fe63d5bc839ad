//! What the targets for devices share. They write how a client reaches its proxies; no intent applies to them, since
//! they enforce nothing about endpoints.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::filter::placeholder_refused;
use super::{Artifact, RenderError, Rendered, Unsupported};
use crate::plan::Plan;
use crate::profile::{Devices, Proxy};

/// The answer to every rule.
pub(super) fn no_rule() -> Unsupported {
    Unsupported { why: "settings of devices enforce nothing".to_owned() }
}

/// The section of the profile.
pub(super) fn of<'a>(plan: &Plan<'a>) -> &'a Devices {
    plan.settings.devices.as_ref().expect("internal error: a target for devices without the section")
}

/// Nothing but the finding that the placeholder is none of these proxies, where it is one: a client that is told to use
/// it reaches nothing.
pub(super) fn refused<'p>(
    target: &'static str,
    proxies: impl IntoIterator<Item = &'p Proxy>,
) -> Option<Rendered> {
    proxies.into_iter().any(Proxy::is_placeholder).then(|| {
        let message = "no proxy is named, so devices would be told to use one that is not there";
        let finding = placeholder_refused(target, message, "no device would report any more");
        Rendered { artifacts: Vec::new(), findings: vec![finding] }
    })
}

/// A file of a template.
pub(super) fn artifact(
    target: &'static str,
    path: &str,
    text: askama::Result<String>,
) -> Result<Artifact, RenderError> {
    let text = text.map_err(|error| failed(target, &error))?;
    Ok(Artifact { path: path.to_owned(), bytes: text.into_bytes() })
}

/// A file of JSON.
pub(super) fn json(
    target: &'static str,
    path: &str,
    value: &impl serde::Serialize,
) -> Result<Artifact, RenderError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| failed(target, &error))?;
    bytes.push(b'\n');
    Ok(Artifact { path: path.to_owned(), bytes })
}

/// A file of XML with these lines as its comment.
pub(super) fn xml(
    target: &'static str,
    path: &str,
    doctype: Option<&str>,
    comment: &[String],
    content: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> Result<Artifact, RenderError> {
    let write = || -> io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        if let Some(doctype) = doctype {
            writer.write_event(Event::DocType(BytesText::from_escaped(doctype)))?;
        }
        let mut text = String::from("\n");
        for line in comment {
            // Two hyphens would end the comment; of three, two are left after one pass.
            let line = crate::diag::visible(line).replace("--", "- -").replace("--", "- -");
            text.push_str(&format!("  {line}\n"));
        }
        writer.write_event(Event::Comment(BytesText::from_escaped(text)))?;
        content(&mut writer)?;
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    };
    let bytes = write().map_err(|error| failed(target, &error))?;
    Ok(Artifact { path: path.to_owned(), bytes })
}

/// An element with a text.
pub(super) fn text_element(
    writer: &mut Writer<Vec<u8>>,
    tag: &str,
    namespace: Option<&str>,
    text: &str,
) -> io::Result<()> {
    let element = writer.create_element(tag).with_attributes(namespace.map(|name| ("xmlns", name)));
    element.write_text_content(BytesText::new(text)).map(drop)
}

fn failed(target: &'static str, error: &dyn std::error::Error) -> RenderError {
    RenderError::Template { target, why: error.to_string() }
}
