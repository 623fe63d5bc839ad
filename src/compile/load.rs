//! Reading the sources of a profile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::diag::{Code, Diagnostic, Place};
use crate::ingest::catalog::{self, Catalog, CatalogError};
use crate::ingest::cloud_connection::{self, CloudConnectionError};
use crate::ingest::{self, Document, Format, IngestError, Role, SheetCount};
use crate::lists;
use crate::mma::{self, Workspaces};
use crate::model::{DomainName, Endpoint, Geography, HostPattern, Region};
use crate::normalize::{self, RowAccount};
use crate::profile::{Profile, SourceSpec, Spanned};
use crate::regions;
use crate::resolve::ListCorrection;
use crate::source::{self, Source, SourceId, SourceMap, Sourced};

/// Largest source file in bytes. The vendor's workbooks are 50 KB, a service-tag file 10 MB.
const MAX_FILE: u64 = 256 << 20;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system refused.
    #[error("cannot read {}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// Too large to be an endpoint list.
    #[error("{} has {size} bytes, over the limit of {MAX_FILE}; an endpoint list is far smaller", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// Not a document that holds endpoints.
    #[error(transparent)]
    Ingest(Box<IngestError>),
    /// Not a list in our own form.
    #[error("{name}: {error}")]
    Catalog {
        /// The source, as the profile names it.
        name: String,
        /// What is wrong.
        #[source]
        error: CatalogError,
    },
    /// Not an output of TestCloudConnection.exe.
    #[error("{name}: {error}")]
    CloudConnection {
        /// The source, as the profile names it.
        name: String,
        /// What is wrong.
        #[source]
        error: CloudConnectionError,
    },
}

impl LoadError {
    /// Whether a file that the profile names is not there.
    pub fn is_missing_file(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}

/// What the sources say.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) sources: SourceMap,
    pub(super) profile_source: Option<SourceId>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) sheets: Vec<SheetCount>,
    pub(super) rows: RowAccount,
    pub(super) corrections: Vec<ListCorrection>,
    pub(super) findings: Vec<Diagnostic>,
}

/// Reads every source of a profile, in its order.
pub(super) fn load(profile: &Profile) -> Result<Loaded, LoadError> {
    let folder = profile.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    load_from(profile, &profile.sources, folder)
}

/// Reads other sources in the place of a profile's own. Files are named from `folder`.
pub(super) fn load_from(
    profile: &Profile,
    sources: &[Spanned<SourceSpec>],
    folder: &Path,
) -> Result<Loaded, LoadError> {
    let mut loaded = Loaded::default();
    let mut workspaces = Vec::new();
    let mut blob_hosts: Option<Vec<Sourced<DomainName>>> = None;

    for spec in sources {
        match &spec.value {
            SourceSpec::Builtin(name) => loaded.builtin(name)?,
            SourceSpec::File(path) => {
                let name = path.display().to_string();
                if loaded.sources.iter().any(|(_, source)| source.name == name) {
                    loaded.findings.push(repeated(&name, spec.place(&name)));
                    continue;
                }
                let bytes = read(&folder.join(path))?;
                loaded.file(name, &bytes)?;
            }
            SourceSpec::Mma { workspaces: ids, cloud_connection } => {
                loaded.builtin("mma")?;
                workspaces.extend(ids.iter().cloned());
                if let Some(path) = cloud_connection {
                    let name = path.display().to_string();
                    let bytes = read(&folder.join(path))?;
                    blob_hosts.get_or_insert_default().extend(loaded.cloud_connection(name, &bytes)?);
                }
            }
        }
    }
    let workspaces = Workspaces::new(&workspaces)
        .expect("internal error: the profile holds workspace IDs that it checked");
    loaded.endpoints =
        mma::narrow(loaded.endpoints, &workspaces, blob_hosts.as_deref(), &mut loaded.findings);
    if !profile.select.include.is_empty()
        && let Some(file) = &profile.file
    {
        loaded.profile_source = Some(loaded.add(file.display().to_string(), profile.text.as_bytes()));
    }
    Ok(loaded)
}

/// The endpoints of one document, whatever is found on the way.
///
/// # Errors
/// When it is no document that holds endpoints.
pub fn endpoints_in(name: &str, bytes: &[u8]) -> Result<Vec<Endpoint>, LoadError> {
    let mut loaded = Loaded::default();
    loaded.file(name.to_owned(), bytes)?;
    Ok(loaded.endpoints)
}

impl Loaded {
    fn add(&mut self, name: String, bytes: &[u8]) -> SourceId {
        self.sources.add(Source { name, sha256: source::sha256(bytes), date: None })
    }

    fn builtin(&mut self, name: &str) -> Result<(), LoadError> {
        let text = catalog::builtin(name).expect("internal error: the profile names a list that is built in");
        self.catalog(format!("builtin:{name}"), text, |_| Ok(Catalog::builtin(name)))
    }

    fn catalog(
        &mut self,
        name: String,
        text: &str,
        parse: impl Fn(&str) -> Result<Catalog, CatalogError>,
    ) -> Result<(), LoadError> {
        // The same list may be named twice, by `builtin: mma` and by `mma:`.
        if self.sources.iter().any(|(_, source)| source.name == name) {
            return Ok(());
        }
        let source = self.add(name.clone(), text.as_bytes());
        let list = parse(text).map_err(|error| LoadError::Catalog { name, error })?;
        self.corrections
            .extend(list.corrections().into_iter().map(|correction| ListCorrection { source, correction }));
        self.document(source, list.document(source));
        Ok(())
    }

    fn file(&mut self, name: String, bytes: &[u8]) -> Result<(), LoadError> {
        if ingest::sniff(bytes) == Format::Yaml
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return self.catalog(name, text, Catalog::parse);
        }
        let source = self.add(name.clone(), bytes);
        let document = ingest::read(source, &name, bytes, &mut self.findings)
            .map_err(|error| LoadError::Ingest(Box::new(error)))?;
        self.document(source, document);
        Ok(())
    }

    fn document(&mut self, source: SourceId, document: Document) {
        self.sources.get_mut(source).date = document.date;
        let normalized = normalize::normalize(&document, &self.sources, &host_geography, &mut self.findings);
        self.endpoints.extend(normalized.endpoints);
        self.rows += normalized.rows;
        self.sheets.extend(document.sheets);
        self.sources.keep(document.tables);
    }

    fn cloud_connection(
        &mut self,
        name: String,
        bytes: &[u8],
    ) -> Result<Vec<Sourced<DomainName>>, LoadError> {
        let source = self.add(name.clone(), bytes);
        cloud_connection::read(source, bytes, &mut self.findings)
            .map_err(|error| LoadError::CloudConnection { name, error })
    }
}

fn repeated(name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::RepeatedSource,
        format!("`{name}` is named twice and read once"),
        place,
        "named before",
    )
    .help("remove one of them")
}

/// A file, not larger than an endpoint list may be. The size is checked while reading: a pipe or a
/// device has none beforehand.
fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let io_error = |error| LoadError::Io { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(io_error)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(io_error)?;
    if bytes.len() as u64 > MAX_FILE {
        let size = fs::metadata(path).map_or(0, |metadata| metadata.len()).max(MAX_FILE + 1);
        return Err(LoadError::TooLarge { path: path.to_owned(), size });
    }
    Ok(bytes)
}

/// The data location of a host, by the built-in lists: known only where every row that names the host
/// states a location, and none says that everybody needs it. Made when a sheet first asks.
fn host_geography(name: &DomainName) -> Option<Geography> {
    static TABLE: LazyLock<BTreeMap<DomainName, Geography>> = LazyLock::new(|| {
        let mut table: BTreeMap<DomainName, Option<BTreeSet<Region>>> = BTreeMap::new();
        for endpoint in
            catalog::BUILTIN.iter().flat_map(|(name, _)| lists::endpoints_with(name, Role::Geography))
        {
            let HostPattern::Exact(host) = endpoint.pattern.value.host else { continue };
            let known = table.entry(host).or_insert_with(|| Some(BTreeSet::new()));
            match endpoint.geography {
                // What every government cloud needs is no location: commercial customers need most of it.
                Geography::Regions(regions) if !regions.iter().any(regions::is_common) => {
                    if let Some(known) = known {
                        known.extend(regions);
                    }
                }
                Geography::Regions(_) | Geography::Worldwide => *known = None,
            }
        }
        let located = |(host, regions): (_, Option<_>)| Some((host, Geography::Regions(regions?)));
        table.into_iter().filter_map(located).collect()
    });
    TABLE.get(name).cloned()
}
