//! Lists in our own YAML form: the built-in catalogs, and lists that users write.
//!
//! ```yaml
//! version: 1
//! id: contoso-extra
//! title: What our own mirror needs
//! corrections:
//!   - { from: "*cdn.example.net", to: "*.cdn.example.net", reason: the dot is missing }
//! documents:
//!   - id: mirror
//!     title: Mirror runbook
//!     date: 2026-11-24
//!     rows:
//!       - { row: 2, host: "*.mirror.example.com", port: 443, geo: WW, requirement: required, platforms: [linux] }
//! ```
//!
//! A row states facts: what its document does not say is left out. Hosts are checked in
//! [`normalize`](crate::normalize), as those of every other source are.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use serde::de::{Error as _, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::record::RecordTable;
use super::{Document, Role, SheetCount};
use crate::embedded;
use crate::model::{HostPattern, PathPattern, Platform, Scheme, WindowsRange};
use crate::profile::Correction;
use crate::regions;
use crate::source::SourceId;
use crate::yaml::{self, YamlError};

/// The lists that are part of the program, by name.
pub const BUILTIN: &[(&str, &str)] = &[
    ("mde-commercial", include_str!("../../data/catalog/mde-commercial.yaml")),
    ("mde-streamlined", include_str!("../../data/catalog/mde-streamlined.yaml")),
    ("mde-gov", include_str!("../../data/catalog/mde-gov.yaml")),
    ("mma", include_str!("../../data/catalog/mma.yaml")),
];

/// The text of a built-in list.
pub fn builtin(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|&&(own, _)| own == name).map(|&(_, text)| text)
}

/// Why a text is not a list in this form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Not YAML, or not of this shape.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// Written for another version of the form.
    #[error("version {version} of the list form, this program reads {VERSION}")]
    Version {
        /// The version.
        version: u32,
    },
    /// Two documents of one id.
    #[error("two documents have the id `{id}`")]
    RepeatedDocument {
        /// The id.
        id: String,
    },
    /// A row that cannot be used.
    #[error("document `{document}`, row {row}: {problem}")]
    Row {
        /// The document's id.
        document: String,
        /// The row, as the document counts it.
        row: u32,
        /// What is wrong.
        problem: RowProblem,
    },
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Neither `host`, nor `host: null` with a note, nor `tag`.
    #[error("name a `host`, or a `tag`, or say in `note` why there is no host")]
    NoHost,
    /// Several of `host`, `tag` and `note`.
    #[error("`host`, `tag` and `note` exclude each other")]
    TwoHosts,
    /// `path` or `scheme` without a host.
    #[error("`path` and `scheme` need a `host`")]
    NoHostForPath,
    /// A URL, or white space, in `host`.
    #[error("host `{host}` holds more than a host; scheme and path have keys of their own")]
    NotOnlyAHost {
        /// The host.
        host: String,
    },
    /// `claimed_by` without `windows`.
    #[error("`claimed_by` needs `windows`")]
    ClaimWithoutRange,
    /// `claimed_by` names no document.
    #[error("`claimed_by: {id}` is no document of this list")]
    UnknownDocument {
        /// The id.
        id: String,
    },
}

/// The version of the form.
const VERSION: u32 = 1;

/// A list, read and checked.
#[derive(Debug, Clone)]
pub struct Catalog {
    file: File,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    id: String,
    title: String,
    #[serde(default)]
    corrections: Vec<CorrectionEntry>,
    documents: Vec<DocumentEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionEntry {
    #[serde(deserialize_with = "parsed")]
    from: HostPattern,
    #[serde(deserialize_with = "parsed")]
    to: HostPattern,
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentEntry {
    id: String,
    title: String,
    date: Option<Date>,
    #[expect(dead_code, reason = "for people who read the file; checked to be text, not used")]
    url: Option<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: NonZeroU32,
    host: Option<String>,
    note: Option<String>,
    tag: Option<String>,
    #[serde(default, deserialize_with = "path")]
    path: Option<String>,
    #[serde(default, deserialize_with = "scheme")]
    scheme: Option<Scheme>,
    #[serde(default, deserialize_with = "ports")]
    port: Vec<u16>,
    #[serde(default, deserialize_with = "geography")]
    geo: Option<String>,
    service: Option<String>,
    category: Option<String>,
    requirement: Option<RequirementWord>,
    #[serde(default, deserialize_with = "platforms")]
    platforms: BTreeSet<Platform>,
    #[serde(default, deserialize_with = "windows")]
    windows: Option<WindowsRange>,
    claimed_by: Option<String>,
    #[serde(default)]
    direct: bool,
    inspection: Option<InspectionWord>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RequirementWord {
    Required,
    Optional,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum InspectionWord {
    Exempt,
    MayInspect,
}

/// A value with a text form of its own, so that an error has the line of the value.
fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("`{text}`: {error}")))
}

fn windows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WindowsRange>, D::Error> {
    parsed(deserializer).map(Some)
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    PathPattern::parse(&text).map_err(|error| D::Error::custom(format!("path `{text}`: {error}")))?;
    Ok(Some(text))
}

fn scheme<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scheme>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == text) {
        Some(scheme) => Ok(Some(scheme)),
        None => Err(D::Error::unknown_variant(&text, &["http", "https"])),
    }
}

fn geography<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if regions::lookup(&text).is_some() {
        return Ok(Some(text));
    }
    let known: Vec<&str> = regions::all().map(|(region, _)| region.code()).collect();
    Err(D::Error::custom(format!("geography `{text}` is neither WW nor one of {}", known.join(", "))))
}

fn platforms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Platform>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .into_iter()
        .map(|text| match Platform::ALL.into_iter().find(|platform| platform.as_str() == text) {
            Some(platform) => Ok(platform),
            None => Err(D::Error::unknown_variant(&text, &["windows", "macos", "linux"])),
        })
        .collect()
}

/// `443` or `[80, 443]`.
fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
    struct PortsVisitor;

    impl<'de> Visitor<'de> for PortsVisitor {
        type Value = Vec<u16>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a TCP port from 1 to 65535, or a list of them")
        }

        fn visit_u64<E: serde::de::Error>(self, port: u64) -> Result<Vec<u16>, E> {
            match u16::try_from(port) {
                Ok(port) if port > 0 => Ok(vec![port]),
                _ => Err(E::invalid_value(Unexpected::Unsigned(port), &self)),
            }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u16>, A::Error> {
            let mut ports = Vec::new();
            while let Some(port) = seq.next_element::<NonZeroU16>()? {
                ports.push(port.get());
            }
            Ok(ports)
        }
    }

    deserializer.deserialize_any(PortsVisitor)
}

/// What a row can state, in the order of the columns.
const FIELDS: &[(Role, &str)] = &[
    (Role::Endpoint, "host"),
    (Role::ServiceTag, "tag"),
    (Role::Port, "port"),
    (Role::Geography, "geo"),
    (Role::Service, "service"),
    (Role::Category, "category"),
    (Role::Requirement, "requirement"),
    (Role::PlatformList, "platforms"),
    (Role::WindowsReleases, "windows"),
    (Role::Direct, "direct"),
    (Role::Inspection, "inspection"),
    (Role::Document, "document"),
    (Role::DocumentDate, "date"),
];

impl Catalog {
    /// Reads and checks a list.
    ///
    /// # Errors
    /// When the text is not YAML of this form, or a row contradicts itself.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::check(yaml::parse(text)?)
    }

    /// A list that is part of the program.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn builtin(name: &str) -> Self {
        let path = format!("data/catalog/{name}.yaml");
        Self::check(embedded::table(&path)).unwrap_or_else(|error| panic!("internal error: {path}: {error}"))
    }

    fn check(file: File) -> Result<Self, CatalogError> {
        if file.version != VERSION {
            return Err(CatalogError::Version { version: file.version });
        }
        let mut ids = BTreeSet::new();
        for document in &file.documents {
            if !ids.insert(document.id.as_str()) {
                return Err(CatalogError::RepeatedDocument { id: document.id.clone() });
            }
        }
        for document in &file.documents {
            for row in &document.rows {
                row.check(&ids).map_err(|problem| CatalogError::Row {
                    document: document.id.clone(),
                    row: row.row.get(),
                    problem,
                })?;
            }
        }
        Ok(Self { file })
    }

    /// The list's name.
    pub fn id(&self) -> &str {
        &self.file.id
    }

    /// What the list is, in a few words.
    pub fn title(&self) -> &str {
        &self.file.title
    }

    /// What the list's own documents write wrongly.
    pub fn corrections(&self) -> Vec<Correction> {
        self.file
            .corrections
            .iter()
            .map(|entry| Correction {
                from: entry.from.clone(),
                to: entry.to.clone(),
                reason: entry.reason.clone(),
            })
            .collect()
    }

    /// The rows as tables, one per document, named by its title.
    pub fn document(&self, source: SourceId) -> Document {
        let mut document = Document::default();
        for entry in self.file.documents.iter().filter(|entry| !entry.rows.is_empty()) {
            let mut table = RecordTable::new(source, &entry.title, FIELDS);
            for row in &entry.rows {
                let claimed_by = row.claimed_by.as_ref();
                let says = claimed_by.and_then(|id| self.file.documents.iter().find(|other| other.id == *id));
                table.push(row.row.get() - 1, format!("row {}", row.row), row.cells(says.unwrap_or(entry)));
            }
            document.sheets.push(SheetCount {
                source,
                sheet: entry.title.as_str().into(),
                headers: 0,
                titles: 0,
                data: table.len(),
                ignored: 0,
            });
            document.tables.push(table.finish());
        }
        let with_rows = self.file.documents.iter().filter(|entry| !entry.rows.is_empty());
        document.date = with_rows.filter_map(|entry| entry.date).max();
        document
    }
}

impl Row {
    fn check(&self, documents: &BTreeSet<&str>) -> Result<(), RowProblem> {
        match [&self.host, &self.tag, &self.note].into_iter().flatten().count() {
            0 => return Err(RowProblem::NoHost),
            1 => {}
            _ => return Err(RowProblem::TwoHosts),
        }
        match &self.host {
            Some(host) if host.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control()) => {
                return Err(RowProblem::NotOnlyAHost { host: host.clone() });
            }
            Some(_) => {}
            None if self.path.is_some() || self.scheme.is_some() => return Err(RowProblem::NoHostForPath),
            None => {}
        }
        match &self.claimed_by {
            Some(_) if self.windows.is_none() => Err(RowProblem::ClaimWithoutRange),
            Some(id) if !documents.contains(id.as_str()) => {
                Err(RowProblem::UnknownDocument { id: id.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The endpoint as a vendor's cell writes it. A note stands where the vendor's prose stood, so that
    /// the row is reported as one without a host.
    fn endpoint(&self) -> Option<String> {
        let Some(host) = &self.host else { return self.note.clone() };
        let scheme = self.scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
        Some(format!("{scheme}{host}{}", self.path.as_deref().unwrap_or_default()))
    }

    /// The cells; `says` is the document that the row's claim on Windows releases comes from.
    fn cells(&self, says: &DocumentEntry) -> impl Iterator<Item = (Role, Arc<str>)> {
        let requirement = self.requirement.map(|word| match word {
            RequirementWord::Required => "Required",
            RequirementWord::Optional => "Optional",
        });
        let inspection = self.inspection.map(|word| match word {
            InspectionWord::Exempt => "Yes",
            InspectionWord::MayInspect => "No",
        });
        let ports = joined(&self.port);
        let platforms = joined(self.platforms.iter().map(|platform| platform.as_str()));
        [
            (Role::Endpoint, self.endpoint().map(Arc::from)),
            (Role::ServiceTag, self.tag.as_deref().map(Arc::from)),
            (Role::Port, Some(ports.into())),
            (Role::Geography, self.geo.as_deref().map(Arc::from)),
            (Role::Service, self.service.as_deref().map(Arc::from)),
            (Role::Category, self.category.as_deref().map(Arc::from)),
            (Role::Requirement, requirement.map(Arc::from)),
            (Role::PlatformList, Some(platforms.into())),
            (Role::WindowsReleases, self.windows.map(|range| range.to_string().into())),
            (Role::Direct, self.direct.then(|| "yes".into())),
            (Role::Inspection, inspection.map(Arc::from)),
            (Role::Document, Some(says.title.as_str().into())),
            (Role::DocumentDate, says.date.map(|date| date.to_string().into())),
        ]
        .into_iter()
        .filter_map(|(role, text)| Some((role, text?)))
    }
}

/// `80, 443`; nothing where there is nothing.
fn joined(items: impl IntoIterator<Item = impl Display>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Reads a list as tables.
///
/// # Errors
/// As [`Catalog::parse`].
pub fn read(source: SourceId, text: &str) -> Result<Document, CatalogError> {
    Ok(Catalog::parse(text)?.document(source))
}

/// Reads what a list's own documents write wrongly. Who needs the tables too asks [`Catalog`] for both.
///
/// # Errors
/// As [`Catalog::parse`].
pub fn corrections(text: &str) -> Result<Vec<Correction>, CatalogError> {
    Ok(Catalog::parse(text)?.corrections())
}

#[cfg(test)]
mod tests;
