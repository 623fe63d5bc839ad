//! New versions in the place of old ones, if they are better than none.
//!
//! Whatever is wrong with a profile, a source, a certificate or the disk, what is served stays as it is, and everybody
//! is told. A version is on the disk before anybody gets it: after a crash the same one is served again.

use std::fmt;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;
use serde::Serialize;

use super::access::{Settings, SettingsError, beside};
use super::build::{self, BuildError, Content};
use super::clients::Told;
use super::guard;
use super::log::{AccessLog, Level, event};
use super::metrics::{Built, Metrics};
use super::respond::now;
use super::store::{self, Kept, Listed, Store, StoreError};
use super::table::{Hosted, Table};
use super::tls::{Tls, TlsError, TlsFiles};
use super::version::{Version, VersionId};
use super::watch::Watch;
use super::{Server, State};
use crate::profile::{MAIN_SITE, Profile, Serve, Site};

/// How profiles are read, and which day it is.
pub trait Inputs: fmt::Debug + Send + Sync {
    /// Reads the profile of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn load(&self, path: &Path) -> Result<Profile, String>;

    /// Reads a profile's text as if it stood in a file.
    ///
    /// # Errors
    /// What is wrong with it.
    fn parse(&self, text: &str, path: &Path) -> Result<Profile, String>;

    /// The day on which dates are looked at.
    fn today(&self) -> Date;
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder of versions cannot be used.
    #[error("cannot keep versions in {error}")]
    Store {
        /// What is wrong.
        #[from]
        error: StoreError,
    },
    /// The profile cannot be read, and no earlier one is kept.
    #[error("{0}")]
    Profile(String),
    /// What it says of hosting cannot be done.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// How the last build of a site ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Last {
    /// When, in seconds since 1970.
    pub at: u64,
    /// What it was for: `start`, `a file changed`, `signal`, `request`.
    pub because: &'static str,
    /// `applied`, `unchanged`, `refused`, `failed`.
    pub result: &'static str,
    /// What is wrong, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What is told of a site.
#[derive(Clone, Debug, Serialize)]
pub struct SiteStatus {
    /// Its name.
    pub name: String,
    /// The version that is served.
    pub version: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created: Option<u64>,
    /// How the last build ended; nothing before there was one.
    pub last: Option<Last>,
    /// The versions on disk, the newest first.
    pub history: Vec<Listed>,
    /// Who fetched lists.
    pub lists: Told,
    /// Who fetched a PAC.
    pub devices: Told,
}

/// What is known of the sites since the last build ended. Nobody who asks waits for the one that is going on.
#[derive(Debug, Default)]
struct Known {
    problems: Vec<String>,
    sites: Vec<KnownSite>,
}

#[derive(Debug)]
struct KnownSite {
    /// Its place in the list of all.
    at: usize,
    name: String,
    version: Option<VersionId>,
    created: Option<u64>,
    last: Option<Last>,
    history: Vec<Listed>,
}

/// What is told of the server.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `ready`, `stale`, `empty`, `draining`.
    pub state: &'static str,
    /// Settings, credentials and certificates that stayed as they were, and why.
    pub problems: Vec<String>,
    /// Connections that are open.
    pub connections: usize,
    /// The sites.
    pub sites: Vec<SiteStatus>,
}

/// A site while the server runs.
#[derive(Debug)]
struct Running {
    name: String,
    /// Nothing for the profile itself.
    site: Option<Site>,
    profile: PathBuf,
    store: Store,
    kept: Option<Kept>,
    version: Option<Arc<Version>>,
    /// What its next build will read.
    inputs: Vec<PathBuf>,
    last: Option<Last>,
    /// Whether the profile no longer names it.
    is_gone: bool,
}

#[derive(Debug, Default)]
struct Inner {
    /// In an order that never changes: clients are noted by it.
    sites: Vec<Running>,
    /// What is wrong with settings.
    problems: Vec<String>,
    /// Files of settings.
    settings_files: Vec<PathBuf>,
}

/// Brings new versions in.
#[derive(Debug)]
pub struct Publisher {
    /// What requests see.
    pub server: Arc<Server>,
    /// The certificate, if there is one.
    pub tls: Option<Arc<Tls>>,
    inputs: Box<dyn Inputs>,
    dir: PathBuf,
    profile: PathBuf,
    inner: Mutex<Inner>,
    known: ArcSwap<Known>,
    watch: OnceLock<Watch>,
    /// Held for as long as the folder of versions is in use.
    _lock: File,
}

/// What a server is started with.
#[derive(Debug)]
pub struct Start {
    /// How profiles are read.
    pub inputs: Box<dyn Inputs>,
    /// The profile.
    pub profile: PathBuf,
    /// The folder of versions.
    pub dir: PathBuf,
    /// The certificate, if there is one.
    pub tls: Option<TlsFiles>,
    /// The access log, if there is one.
    pub access_log: Option<AccessLog>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Publisher {
    /// Serves what is on the disk. Nothing is compiled yet.
    ///
    /// # Errors
    /// When the server cannot know what to serve to whom.
    pub fn open(start: Start) -> Result<Self, StartError> {
        let Start { inputs, profile: path, dir, tls, access_log, metrics } = start;
        let lock = store::lock(&dir)?;
        let main = Running::open(&dir, MAIN_SITE, None, path.clone(), &metrics)?;
        let mut problems = Vec::new();
        let profile = match inputs.load(&path) {
            Ok(profile) => profile,
            Err(error) => {
                let Some(text) = main.store.profile() else { return Err(StartError::Profile(error)) };
                problems.push(format!("{error}; what the profile said of hosting before is in force"));
                inputs.parse(&text, &path).map_err(StartError::Profile)?
            }
        };
        let settings = match Settings::of(&profile, tls.is_some()) {
            Ok(settings) => settings,
            Err(error @ SettingsError::NoTls) => return Err(error.into()),
            Err(error) => {
                problems.push(format!("{error}; no list is served"));
                Settings::locked(&profile)
            }
        };
        let client_ca = Settings::client_ca(&profile);
        let tls = tls.map(|files| Tls::new(files, client_ca.as_deref())).transpose()?.map(Arc::new);
        for problem in &problems {
            event(Level::Error, problem);
        }
        let publisher = Self {
            server: Arc::new(Server::new(settings, metrics, access_log)),
            tls,
            inputs,
            dir,
            profile: path,
            inner: Mutex::new(Inner { sites: vec![main], problems, settings_files: Vec::new() }),
            known: ArcSwap::default(),
            watch: OnceLock::new(),
            _lock: lock,
        };
        let mut inner = publisher.inner();
        publisher.match_sites(&mut inner, &profile);
        inner.settings_files = publisher.settings_files(&profile);
        publisher.show(&inner);
        drop(inner);
        Ok(publisher)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the profile itself has a version that is served.
    pub fn has_version(&self) -> bool {
        self.inner().sites[0].version.is_some()
    }

    /// What was wrong with the last build of the profile itself.
    pub fn main_problem(&self) -> Option<String> {
        self.inner().sites[0].last.as_ref()?.problem.clone()
    }

    /// Calls back when a file changed that decides what is served, from now on.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn watch(self: &Arc<Self>, changed: impl Fn(&'static str) + Send + 'static) -> std::io::Result<()> {
        let day = {
            let own = Arc::downgrade(self);
            // A server that is gone has no day.
            move || {
                own.upgrade().map_or(0, |own| {
                    let today = own.inputs.today();
                    i64::from(today.year()) * 1_000 + i64::from(today.day_of_year())
                })
            }
        };
        let files = self.watched(&self.inner());
        let _ = self.watch.set(Watch::new(files, day, changed)?);
        Ok(())
    }

    fn watched(&self, inner: &Inner) -> Vec<PathBuf> {
        let of_sites = inner.sites.iter().filter(|own| !own.is_gone).flat_map(|own| &own.inputs);
        let mut files: Vec<PathBuf> = of_sites.chain(&inner.settings_files).cloned().collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Files of credentials and certificates.
    fn settings_files(&self, profile: &Profile) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        files.extend(profile.serve.credentials.iter().map(|path| beside(profile, path)));
        files.extend(Settings::client_ca(profile));
        if let Some(tls) = &self.tls {
            files.extend([tls.files().certificate.clone(), tls.files().key.clone()]);
        }
        files
    }

    /// Builds every site anew, reads settings and certificates again, and serves what may be served. `may_shrink` is
    /// whether somebody has said that fewer rules are meant. Of two calls at a time the later one waits. Takes as long as
    /// `thruway compile` does.
    pub fn reload(&self, because: &'static str, may_shrink: bool) {
        let mut inner = self.inner();
        // Where it cannot be read, the build says why.
        if let Ok(profile) = self.inputs.load(&self.profile) {
            self.settings(&mut inner, &profile);
        }
        let today = self.inputs.today();
        let mut ended = Vec::new();
        for running in inner.sites.iter_mut().filter(|own| !own.is_gone) {
            let (built, problem) = match self.build(running, today, may_shrink) {
                Ok(built) => (built, None),
                Err((built, problem)) => (built, Some(problem)),
            };
            let name = &running.name;
            ended.push((name.clone(), built));
            match (&problem, &running.version) {
                (None, Some(version)) => {
                    event(
                        Level::Info,
                        &format!("{name}: {because}: {}, serving {}", built.as_str(), version.id),
                    );
                }
                (Some(problem), Some(version)) => {
                    let text = format!(
                        "{name}: {because}: {}: {problem}; still serving {}",
                        built.as_str(),
                        version.id
                    );
                    event(Level::Error, &text);
                }
                (problem, None) => {
                    let problem = problem.as_deref().unwrap_or_default();
                    event(
                        Level::Error,
                        &format!("{name}: {because}: {}: {problem}; nothing to serve", built.as_str()),
                    );
                }
            }
            running.last = Some(Last { at: now(), because, result: built.as_str(), problem });
        }
        self.show(&inner);
        // Whoever sees the numbers sees what they tell of.
        for (name, built) in ended {
            self.server.metrics.built(&name, built, now());
        }
        if let Some(watch) = self.watch.get() {
            watch.files(self.watched(&inner));
        }
    }

    /// What a profile says of hosting, in the place of what it said before. What cannot be used stays as it was.
    fn settings(&self, inner: &mut Inner, profile: &Profile) {
        inner.problems.clear();
        if let Err(error) = inner.sites[0].store.keep_profile(&profile.text) {
            inner.problems.push(format!("cannot keep the profile: {error}"));
        }
        match Settings::of(profile, self.tls.is_some()) {
            Ok(settings) => self.server.settings.store(Arc::new(settings)),
            Err(error) => inner.problems.push(format!("{error}; who may fetch lists stays as it was")),
        }
        if let Some(tls) = &self.tls
            && let Err(error) = tls.reload(Settings::client_ca(profile).as_deref())
        {
            inner.problems.push(format!("{error}; the certificate stays as it was"));
        }
        self.match_sites(inner, profile);
        inner.settings_files = self.settings_files(profile);
        for problem in &inner.problems {
            self.server.metrics.settings_failed();
            event(Level::Error, problem);
        }
    }

    /// The sites that a profile names: new ones begin with what is on the disk, those that it no longer names end.
    fn match_sites(&self, inner: &mut Inner, profile: &Profile) {
        inner.sites[0].store.keep(profile.serve.history);
        for running in inner.sites.iter_mut().skip(1) {
            running.is_gone = !profile.serve.sites.iter().any(|site| site.name == running.name);
        }
        for site in &profile.serve.sites {
            let path = beside(profile, &site.profile);
            if let Some(running) = inner.sites.iter_mut().skip(1).find(|own| own.name == site.name) {
                running.site = Some(site.clone());
                running.profile = path;
                running.store.keep(profile.serve.history);
                continue;
            }
            let metrics = &self.server.metrics;
            match Running::open(&self.dir, &site.name, Some(site.clone()), path, metrics) {
                Ok(mut running) => {
                    running.store.keep(profile.serve.history);
                    inner.sites.push(running);
                }
                Err(error) => inner.problems.push(format!("site {}: {error}", site.name)),
            }
        }
    }

    /// Builds a site and serves the result, if it may be.
    fn build(&self, running: &mut Running, today: Date, may_shrink: bool) -> Result<Built, (Built, String)> {
        let failed = |error: &dyn fmt::Display| (Built::Failed, error.to_string());
        let profile = self.inputs.load(&running.profile).map_err(|error| failed(&error))?;
        running.inputs = build::inputs(&profile);
        // What it says of credentials would be in force nowhere.
        if running.site.is_some() && profile.serve != Serve::default() {
            let name = running.profile.display();
            let problem =
                format!("`serve:` in {name} counts for no site: move it to the profile of the server");
            return Err((Built::Refused, problem));
        }
        // A bug that one input meets must not end a server that has something good to serve.
        let content = catch_unwind(AssertUnwindSafe(|| build::build(&profile, today)))
            .map_err(|_| (Built::Failed, "internal error while it was compiled".to_owned()))?;
        let content: Content = content.map_err(|error| match error {
            BuildError::Placeholder | BuildError::Denied { .. } | BuildError::Differs { .. } => {
                (Built::Refused, error.to_string())
            }
            BuildError::Input(_) | BuildError::Render(_) => failed(&error),
        })?;
        let before = running.kept.as_ref();
        if let Some(kept) = before
            && kept.id.has_same_content(&VersionId::of(0, &content.files))
        {
            return Ok(Built::Unchanged);
        }
        match guard::suspicion(before.map(|kept| &kept.content.counts), &content.counts) {
            Some(guard::Suspicion::Shrunken { .. }) if may_shrink => {}
            Some(suspicion) => return Err((Built::Refused, suspicion.to_string())),
            None => {}
        }
        let kept = running.store.add(content, before, now()).map_err(|error| {
            (
                Built::Failed,
                format!("it cannot be kept on the disk, so that a restart would lose it: {error}"),
            )
        })?;
        running.serve(kept, &self.server.metrics);
        Ok(Built::Applied)
    }

    /// Puts what all sites have in the place of what is served.
    fn show(&self, inner: &Inner) {
        let hosted: Vec<Hosted> = inner
            .sites
            .iter()
            .map(|own| Hosted {
                site: own.site.clone(),
                version: own.version.clone().filter(|_| !own.is_gone),
            })
            .collect();
        self.server.table.store(Arc::new(Table::new(&hosted)));
        let mut sites = inner.sites.iter().filter(|own| !own.is_gone);
        let is_wrong = |own: &Running| own.last.as_ref().is_some_and(|last| last.problem.is_some());
        let state = match () {
            () if sites.clone().any(|own| own.version.is_none()) => State::Empty,
            () if !inner.problems.is_empty() || sites.any(is_wrong) => State::Stale,
            () => State::Ready,
        };
        self.server.set_state(state);
        let sites =
            inner.sites.iter().enumerate().filter(|(_, own)| !own.is_gone).map(|(at, own)| KnownSite {
                at,
                name: own.name.clone(),
                version: own.version.as_ref().map(|version| version.id.clone()),
                created: own.version.as_ref().map(|version| version.created),
                last: own.last.clone(),
                history: own.store.history().unwrap_or_default(),
            });
        let known = Known { problems: inner.problems.clone(), sites: sites.collect() };
        self.known.store(Arc::new(known));
    }

    /// What is going on.
    pub fn status(&self) -> Status {
        let known = self.known.load();
        let clients = &self.server.clients;
        let site = |own: &KnownSite| {
            let number = own.version.as_ref().map_or(0, VersionId::number);
            SiteStatus {
                name: own.name.clone(),
                version: own.version.as_ref().map(ToString::to_string),
                created: own.created,
                last: own.last.clone(),
                history: own.history.clone(),
                lists: Told::of(&clients.lists, own.at, number),
                devices: Told::of(&clients.devices, own.at, number),
            }
        };
        Status {
            state: self.server.state().as_str(),
            problems: known.problems.clone(),
            connections: self.server.connections.count(),
            sites: known.sites.iter().map(site).collect(),
        }
    }
}

impl Running {
    /// A site with what is on the disk.
    fn open(
        dir: &Path,
        name: &str,
        site: Option<Site>,
        profile: PathBuf,
        metrics: &Metrics,
    ) -> Result<Self, StoreError> {
        // Until the profile says otherwise, nothing is removed.
        let (store, opened) = Store::open(&dir.join(name), usize::MAX)?;
        for damage in &opened.damage {
            event(Level::Error, &format!("{name}: {damage}"));
        }
        let inputs = vec![profile.clone()];
        let mut running = Self {
            name: name.to_owned(),
            site,
            profile,
            store,
            kept: None,
            version: None,
            inputs,
            last: None,
            is_gone: false,
        };
        if let Some(kept) = opened.kept {
            event(Level::Info, &format!("{name}: serving {} from the disk", kept.id));
            running.serve(kept, metrics);
        }
        Ok(running)
    }

    /// Makes a version the one that is served, as soon as the table shows it.
    fn serve(&mut self, kept: Kept, metrics: &Metrics) {
        let before = self.version.take();
        let version = Version::new(
            kept.id.clone(),
            kept.created,
            &kept.content.files,
            &kept.modified,
            before.as_deref(),
        );
        let before = before.map(|version| version.id.to_string());
        metrics.serves(&self.name, &version.id.to_string(), before.as_deref(), version.created);
        self.version = Some(Arc::new(version));
        self.kept = Some(kept);
    }
}
