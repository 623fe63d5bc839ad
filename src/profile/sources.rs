//! `sources`: where the endpoints come from.

use super::parse::path;
use super::problem::{listed, nearest, printable, shown};
use super::tree::Reader;
use super::{BUILTIN_LISTS, SourceSpec, Spanned};
use crate::yaml::{Node, Value};

pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Spanned<SourceSpec>> {
    let items = reader.list_of_some(node, "sources").unwrap_or_default();
    items.iter().filter_map(|node| source(reader, node)).collect()
}

/// A source, at the place of what it names.
fn source(reader: &mut Reader, node: &Node) -> Option<Spanned<SourceSpec>> {
    if let Value::Text(text) = &node.value {
        let kind = if BUILTIN_LISTS.contains(&text.as_str()) { "builtin" } else { "file" };
        reader
            .report(node.spot, format!("the source {} does not say what it is", shown(text)))
            .help(format!("write `{kind}: {}`", printable(text)));
        return None;
    }
    let fields = reader.fields(node, "sources", &["builtin", "file", "mma"])?;
    match (fields.get("builtin"), fields.get("file"), fields.get("mma")) {
        (Some(node), None, None) => Some(Spanned::at(node.spot, builtin(reader, node)?)),
        (None, Some(node), None) => {
            Some(Spanned::at(node.spot, SourceSpec::File(path(reader, node, "file")?)))
        }
        (None, None, Some(node)) => Some(Spanned::at(node.spot, mma(reader, node)?)),
        (None, None, None) => {
            reader.report(node.spot, "a source names neither `builtin`, `file` nor `mma`");
            None
        }
        _ => {
            reader
                .report(node.spot, "a source names more than one of `builtin`, `file` and `mma`")
                .help("begin each source with a `-` of its own");
            None
        }
    }
}

fn builtin(reader: &mut Reader, node: &Node) -> Option<SourceSpec> {
    let text = reader.text(node, "builtin")?;
    if BUILTIN_LISTS.contains(&text) {
        return Some(SourceSpec::Builtin(text.to_owned()));
    }
    let near = nearest(text, BUILTIN_LISTS);
    let problem = reader.report(node.spot, format!("unknown built-in list {}", shown(text)));
    match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("known: {}", listed(&BUILTIN_LISTS))),
    }
    None
}

fn mma(reader: &mut Reader, node: &Node) -> Option<SourceSpec> {
    let fields = reader.fields(node, "mma", &["workspaces", "cloud_connection"])?;
    let cloud_connection =
        fields.get("cloud_connection").and_then(|node| path(reader, node, "cloud_connection"));
    let node = reader.required(&fields, "workspaces")?;
    let items = reader.list_of_some(node, "workspaces")?;
    let mut workspaces: Vec<String> = items.iter().filter_map(|node| workspace(reader, node)).collect();
    workspaces.sort_unstable();
    workspaces.dedup();
    Some(SourceSpec::Mma { workspaces, cloud_connection })
}

/// A GUID, in lower case.
fn workspace(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "workspaces")?.to_ascii_lowercase();
    let groups: Vec<&str> = text.split('-').collect();
    let is_guid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !is_guid {
        reader
            .report(node.spot, format!("{} is no workspace ID", shown(&text)))
            .help("a workspace ID is a GUID such as `11111111-2222-3333-4444-555555555555`");
        return None;
    }
    Some(text)
}
