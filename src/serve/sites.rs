//! The sites of a server: read, built and shown again whenever something changed.
//!
//! Whatever is wrong with a profile, a source, a certificate or the disk, what is served stays as it is, and everybody
//! is told. A version is on the disk before anybody gets it: after a crash the same one is served again.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;

use super::access::{Settings, SettingsError, beside};
use super::clients::Told;
use super::log::{AccessLog, Level, event};
use super::metrics::Metrics;
use super::poll::{Order, Polls};
use super::respond::now;
use super::site::{Allowed, Done, Refusal, Running};
use super::status::{Known, KnownSite, Last, SiteStatus, Status, ToldWaiting};
use super::store::{self, StoreError};
use super::table::{Hosted, Table};
use super::tls::{Tls, TlsError, TlsFiles};
use super::version::VersionId;
use super::watch::Watch;
use super::{Server, State};
use crate::profile::{MAIN_SITE, Profile};

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

#[derive(Debug, Default)]
struct Inner {
    /// In an order that never changes: clients are noted by it.
    sites: Vec<Running>,
    /// What is wrong with settings.
    problems: Vec<String>,
    /// Files of settings.
    settings_files: Vec<PathBuf>,
}

/// The sites of a server.
#[derive(Debug)]
pub struct Sites {
    /// What requests see.
    pub server: Arc<Server>,
    /// The certificate, if there is one.
    pub tls: Option<Arc<Tls>>,
    inputs: Box<dyn Inputs>,
    dir: PathBuf,
    profile: PathBuf,
    inner: Mutex<Inner>,
    known: ArcSwap<Known>,
    /// What the vendor was asked.
    pub(super) polls: Polls,
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

impl Sites {
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
        let sites = Self {
            server: Arc::new(Server::new(settings, metrics, access_log)),
            tls,
            inputs,
            dir,
            profile: path,
            inner: Mutex::new(Inner { sites: vec![main], problems, settings_files: Vec::new() }),
            known: ArcSwap::default(),
            polls: Polls::default(),
            watch: OnceLock::new(),
            _lock: lock,
        };
        sites.tell_certificate();
        let mut inner = sites.inner();
        inner.sites[0].update = profile.update.clone();
        sites.match_sites(&mut inner, &profile);
        inner.settings_files = sites.settings_files(&profile);
        sites.show(&inner);
        drop(inner);
        Ok(sites)
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

    /// Builds every site anew, reads settings and certificates again, and serves what may be served. Of two calls at a
    /// time the later one waits. Takes as long as `thruway compile` does.
    pub fn reload(&self, because: &'static str, allowed: Allowed) {
        let mut inner = self.inner();
        // Where it cannot be read, the build says why.
        if let Ok(profile) = self.inputs.load(&self.profile) {
            self.settings(&mut inner, &profile);
        }
        let today = self.inputs.today();
        let mut ended = Vec::new();
        for running in inner.sites.iter_mut().filter(|own| !own.is_gone) {
            let (built, problem) = match running.build(&*self.inputs, today, allowed, &self.server.metrics) {
                Ok(built) => (built, None),
                Err((built, problem)) => (built, Some(problem)),
            };
            running.tell_waiting(&self.server.metrics);
            let name = &running.name;
            ended.push((name.clone(), built));
            match (&problem, &running.version) {
                (None, Some(version)) => {
                    let waits = running.waiting.as_ref();
                    let waits = waits.map_or(String::new(), |own| format!("; {} waits for approval", own.id));
                    let text =
                        format!("{name}: {because}: {}, serving {}{waits}", built.as_str(), version.id);
                    event(Level::Info, &text);
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
        self.tell_certificate();
        self.match_sites(inner, profile);
        inner.settings_files = self.settings_files(profile);
        for problem in &inner.problems {
            self.server.metrics.settings_failed();
            event(Level::Error, problem);
        }
    }

    fn tell_certificate(&self) {
        if let Some(end) = self.tls.as_ref().and_then(|tls| tls.ends()) {
            self.server.metrics.certificate_ends(end);
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

    /// Does something to one site, and shows what came of it.
    fn at<T>(
        &self,
        site: &str,
        what: impl FnOnce(&mut Running, &Metrics) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut inner = self.inner();
        let running = inner.sites.iter_mut().find(|own| own.name == site && !own.is_gone);
        let running = running.ok_or_else(|| Refusal::NoSite(site.to_owned()))?;
        let result = what(running, &self.server.metrics);
        self.show(&inner);
        result
    }

    /// Serves the version of a site that waits, and holds on to nothing.
    ///
    /// # Errors
    /// When it does not wait, or cannot be kept.
    pub fn approve(&self, site: &str, id: &VersionId) -> Result<Done, Refusal> {
        self.at(site, |running, metrics| running.approve(id, metrics))
    }

    /// Serves the content of an older version of a site, and holds on to it; without a version, of the one before.
    ///
    /// # Errors
    /// When there is none, it is damaged, or it cannot be kept.
    pub fn roll_back(&self, site: &str, id: Option<&VersionId>) -> Result<Done, Refusal> {
        self.at(site, |running, metrics| running.roll_back(id, metrics))
    }

    /// Holds on to nothing at a site; without one, at all sites. The next build then serves what the sources ask for.
    ///
    /// # Errors
    /// When there is no such site, or the disk refuses.
    pub fn release(&self, site: Option<&str>) -> Result<(), Refusal> {
        let known = self.known.load();
        let all = known.sites.iter().map(|own| own.name.as_str());
        for name in all.filter(|name| site.is_none_or(|site| site == *name)) {
            self.at(name, |running, metrics| running.release(metrics))?;
        }
        match site.filter(|site| !known.sites.iter().any(|own| own.name == *site)) {
            Some(site) => Err(Refusal::NoSite(site.to_owned())),
            None => Ok(()),
        }
    }

    /// The ticket of the version of a site that waits, by the name of its file; nothing where the profile says too
    /// little for that format.
    ///
    /// # Errors
    /// When there is no such site, or nothing waits.
    pub fn ticket(&self, site: &str, file: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.at(site, |running, _| {
            let waiting = running.waiting.as_ref().ok_or(Refusal::NothingWaits)?;
            Ok(running.store.waiting_file(&waiting.id, file))
        })
    }

    /// The lists that are fetched, of all sites.
    pub fn orders(&self) -> Vec<Order> {
        self.known.load().orders.clone()
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
            () if !inner.problems.is_empty() || sites.clone().any(is_wrong) => State::Stale,
            () if sites.clone().any(|own| own.pinned.is_some()) => State::Pinned,
            () if sites.any(|own| own.waiting.is_some()) => State::Waiting,
            () => State::Ready,
        };
        self.server.set_state(state);
        let sites =
            inner.sites.iter().enumerate().filter(|(_, own)| !own.is_gone).map(|(at, own)| KnownSite {
                at,
                name: own.name.clone(),
                version: own.version.as_ref().map(|version| version.id.clone()),
                created: own.version.as_ref().map(|version| version.created),
                restored: own.kept.as_ref().and_then(|kept| Some(kept.restored.as_ref()?.to_string())),
                pinned: own.pinned,
                waiting: own
                    .waiting
                    .as_ref()
                    .map(|own| ToldWaiting { id: own.id.to_string(), created: own.created }),
                last: own.last.clone(),
                history: own.store.history().unwrap_or_default(),
            });
        let orders = inner
            .sites
            .iter()
            .filter(|own| !own.is_gone)
            .flat_map(|own| Order::of(&own.name, &own.profile, &own.update));
        let known =
            Known { problems: inner.problems.clone(), sites: sites.collect(), orders: orders.collect() };
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
                restored: own.restored.clone(),
                pinned: own.pinned,
                waiting: own.waiting.clone(),
                last: own.last.clone(),
                updates: self.polls.of(&own.name),
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
