//! Azure's service-tag file: addresses of the two tags that Defender for Endpoint uses.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::json::{self, Feed, JsonError, Text};
use super::record::RecordTable;
use super::{Document, Role, SheetCount};
use crate::diag::{Code, Diagnostic};
use crate::regions;
use crate::source::{At, Cell, SourceId};

/// The tags whose addresses are read, with their regional variants. Checked 2026-11-24, the vendor's
/// streamlined workbook, sheet "IP addresses".
pub const TAGS: [&str; 2] = ["MicrosoftDefenderForEndpoint", "OneDsCollector"];

#[derive(Deserialize)]
struct File<'t> {
    cloud: Option<String>,
    #[serde(borrow)]
    values: Values<'t>,
}

/// The tags that are read, with their places, and how many are not.
struct Values<'t> {
    used: Vec<(usize, Tag<'t>)>,
    ignored: u32,
    first_ignored: Option<(usize, String)>,
}

#[derive(Deserialize)]
struct Tag<'t> {
    #[serde(borrow)]
    name: Text<'t>,
    #[serde(borrow)]
    properties: Properties<'t>,
}

#[derive(Deserialize)]
struct Properties<'t> {
    #[serde(borrow, rename = "addressPrefixes")]
    address_prefixes: Vec<Text<'t>>,
}

/// The region of a tag that is read, empty for the tag of all regions; nothing for another tag.
fn region_of(name: &str) -> Option<&str> {
    TAGS.iter().find_map(|tag| match name.strip_prefix(tag)? {
        "" => Some(""),
        rest => rest.strip_prefix('.'),
    })
}

// The whole file has thousands of tags, so those that are not read are dropped one by one.
impl<'de: 't, 't> Deserialize<'de> for Values<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TagsVisitor;

        impl<'de> Visitor<'de> for TagsVisitor {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of service tags")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Values { used: Vec::new(), ignored: 0, first_ignored: None };
                let mut index = 0;
                while let Some(tag) = seq.next_element::<Tag<'de>>()? {
                    if region_of(&tag.name.0).is_some() {
                        values.used.push((index, tag));
                    } else {
                        values.ignored += 1;
                        values.first_ignored.get_or_insert_with(|| (index, tag.name.0.into_owned()));
                    }
                    index += 1;
                }
                Ok(values)
            }
        }

        deserializer.deserialize_seq(TagsVisitor)
    }
}

const FIELDS: &[(Role, &str)] =
    &[(Role::Endpoint, "addressPrefixes"), (Role::Geography, "region"), (Role::Service, "name")];

/// Reads the address prefixes of [`TAGS`], one row each. The file states no port.
///
/// # Errors
/// When it has too many records, is not JSON, or no service-tag file.
pub(super) fn read(
    source: SourceId,
    text: &str,
    findings: &mut Vec<Diagnostic>,
) -> Result<Document, JsonError> {
    let file: File<'_> = json::parse(Feed::ServiceTags, text)?;
    json::check_count(file.values.used.iter().map(|(_, tag)| tag.properties.address_prefixes.len()).sum())?;
    let place = |pointer: String, text: &str| Cell {
        source,
        sheet: "".into(),
        at: At::Pointer(pointer.into()),
        text: text.into(),
    };
    let everywhere = everywhere(file.cloud.as_deref());
    let mut table = RecordTable::new(source, "", FIELDS);
    for (index, tag) in &file.values.used {
        let name = &*tag.name.0;
        let region = region_of(name).expect("internal error: a tag that is not read");
        if !region.is_empty() && regions::lookup(region).is_none() {
            findings.push(unknown_region(name, region, place(format!("values[{index}].name"), name)));
        }
        let geography: Arc<str> =
            if regions::lookup(region).is_some() { region.into() } else { everywhere.clone() };
        let service: Arc<str> = name.into();
        let mut wrong = WrongPrefixes::default();
        for (at, prefix) in tag.properties.address_prefixes.iter().enumerate() {
            let pointer = format!("values[{index}].properties.addressPrefixes[{at}]");
            if !json::is_network(&prefix.0) {
                wrong.note(pointer, &prefix.0);
                continue;
            }
            let row = table.len();
            table.push(
                row,
                pointer,
                [
                    (Role::Endpoint, Arc::from(&*prefix.0)),
                    (Role::Geography, geography.clone()),
                    (Role::Service, service.clone()),
                ],
            );
        }
        findings.extend(wrong.into_finding(name, place));
    }
    if let Some((index, first)) = &file.values.first_ignored {
        let place = place(format!("values[{index}].name"), first);
        findings.push(ignored_tags(file.values.ignored, file.values.used.len(), place));
    }
    Ok(document(source, table))
}

/// The geography of a tag without region: where the file's cloud is.
fn everywhere(cloud: Option<&str>) -> Arc<str> {
    match cloud {
        None | Some("Public") => "WW".into(),
        Some("AzureGovernment") => "USGov".into(),
        // Not guessed: `normalize` holds a geography that it does not know.
        Some(other) => other.into(),
    }
}

fn document(source: SourceId, table: RecordTable) -> Document {
    let count = SheetCount { source, sheet: "".into(), headers: 0, titles: 0, data: table.len(), ignored: 0 };
    let tables = if table.len() > 0 { vec![table.finish()] } else { Vec::new() };
    Document { tables, sheets: vec![count], date: None }
}

/// Entries of a tag's list of addresses that are none.
#[derive(Default)]
struct WrongPrefixes {
    count: usize,
    first: Option<(String, String)>,
}

impl WrongPrefixes {
    fn note(&mut self, pointer: String, text: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| (pointer, text.to_owned()));
    }

    fn into_finding(self, tag: &str, place: impl Fn(String, &str) -> Cell) -> Option<Diagnostic> {
        let (pointer, text) = self.first?;
        let message = format!("{} entries of the tag `{tag}` are no address prefixes", self.count);
        let finding = Diagnostic::new(Code::InvalidHost, message, place(pointer, &text).into(), "the first");
        Some(finding.help("download the vendor's service-tag file again; these entries are not used"))
    }
}

fn unknown_region(name: &str, region: &str, place: Cell) -> Diagnostic {
    Diagnostic::new(
        Code::GeographyAssumed,
        format!("the region `{region}` of the service tag `{name}` is no data location that is known"),
        place.into(),
        "taken as needed everywhere",
    )
    .help("nothing, unless these addresses serve one data location only; then use the tag without region")
}

fn ignored_tags(ignored: u32, used: usize, place: Cell) -> Diagnostic {
    let [one, other] = TAGS;
    Diagnostic::new(
        Code::IgnoredServiceTags,
        format!("{used} service tags of the file are used, {ignored} others are not"),
        place.into(),
        "the first that is not used",
    )
    .help(format!(
        "nothing, if the file is Azure's whole list: only `{one}` and `{other}` belong to Defender"
    ))
}

#[cfg(test)]
mod tests;
