//! One site while the server runs: what it serves, what waits, and who may change that.
//!
//! A build brings a new version in by itself unless somebody must approve it: because the profile says so, or because
//! somebody went back to an older version and holds on to it. Whatever is wrong, what is served stays as it is.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use super::build::{self, BuildError, Content, Made};
use super::guard;
use super::log::{Level, event};
use super::metrics::{Built, Metrics};
use super::respond::now;
use super::sites::Inputs;
use super::status::Last;
use super::store::{Kept, Loaded, Store, StoreError, Waiting};
use super::ticket;
use super::version::{Version, VersionId};
use crate::profile::{Approval, Serve, Site, Update};

/// What somebody has said may happen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Allowed {
    /// An intent or a target may have fewer than half of its rules.
    pub shrink: bool,
    /// Lists may end that somebody may fetch.
    pub lost_lists: bool,
}

/// What somebody did to a site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Done {
    /// The site.
    pub site: String,
    /// `approved`, `rolled back`.
    pub did: &'static str,
    /// The version that was served until then.
    pub before: Option<String>,
    /// The version that is served now.
    pub version: String,
    /// The version that it was asked for by, where it has another number now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether somebody holds on to it: what the sources ask for later waits.
    pub pinned: bool,
}

/// Why a site stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such site.
    #[error("there is no site `{0}`")]
    NoSite(String),
    /// Nothing waits.
    #[error("no version waits for approval")]
    NothingWaits,
    /// Another version waits.
    #[error("{asked} does not wait for approval; {waits} does")]
    Other {
        /// What was asked for.
        asked: VersionId,
        /// What waits.
        waits: VersionId,
    },
    /// There is nothing to go back to.
    #[error("there is no older version to go back to")]
    NothingBefore,
    /// A version is damaged or not there.
    #[error("version {id} cannot be served: {error}")]
    Damaged {
        /// Which.
        id: VersionId,
        /// What is wrong with it.
        #[source]
        error: StoreError,
    },
    /// The disk refuses.
    #[error("the folder of versions cannot be written, and nothing has changed: {0}")]
    Disk(#[source] StoreError),
}

/// A site while the server runs.
#[derive(Debug)]
pub(super) struct Running {
    pub name: String,
    /// Nothing for the profile itself.
    pub site: Option<Site>,
    pub profile: PathBuf,
    pub store: Store,
    pub kept: Option<Kept>,
    pub version: Option<Arc<Version>>,
    /// What waits for approval.
    pub waiting: Option<Waiting>,
    /// Since when somebody holds on to what is served, in seconds since 1970.
    pub pinned: Option<u64>,
    /// What its next build will read.
    pub inputs: Vec<PathBuf>,
    /// How its lists are brought up to date.
    pub update: Update,
    pub last: Option<Last>,
    /// Whether the profile no longer names it.
    pub is_gone: bool,
}

impl Running {
    /// A site with what is on the disk.
    pub fn open(
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
            waiting: opened.waiting,
            pinned: opened.pinned,
            inputs,
            update: Update::default(),
            last: None,
            is_gone: false,
        };
        if let Some(loaded) = opened.loaded {
            let pinned = if running.pinned.is_some() { ", pinned" } else { "" };
            event(Level::Info, &format!("{name}: serving {} from the disk{pinned}", loaded.kept.id));
            running.serve(loaded, metrics);
        }
        if let Some(waiting) = &running.waiting {
            event(Level::Info, &format!("{name}: {} waits for approval", waiting.id));
        }
        running.tell_waiting(metrics);
        Ok(running)
    }

    /// Makes a version the one that is served, as soon as the table shows it.
    fn serve(&mut self, loaded: Loaded, metrics: &Metrics) {
        let Loaded { kept, content } = loaded;
        let before = self.version.take();
        let version =
            Version::new(kept.id.clone(), kept.created, &content.files, &kept.modified(), before.as_deref());
        let before = before.map(|version| version.id.to_string());
        metrics.serves(&self.name, &version.id.to_string(), before.as_deref(), version.created);
        self.version = Some(Arc::new(version));
        self.kept = Some(kept);
    }

    pub fn tell_waiting(&self, metrics: &Metrics) {
        metrics.held(&self.name, self.waiting.is_some(), self.pinned.is_some());
    }

    /// Builds the site, and serves the result if it may be.
    pub fn build(
        &mut self,
        inputs: &dyn Inputs,
        today: Date,
        allowed: Allowed,
        metrics: &Metrics,
    ) -> Result<Built, (Built, String)> {
        let failed = |error: &dyn fmt::Display| (Built::Failed, error.to_string());
        let profile = inputs.load(&self.profile).map_err(|error| failed(&error))?;
        self.inputs = build::inputs(&profile);
        self.update = profile.update.clone();
        // What it says of credentials would be in force nowhere.
        if self.site.is_some() && profile.serve != Serve::default() {
            let name = self.profile.display();
            let problem =
                format!("`serve:` in {name} counts for no site: move it to the profile of the server");
            return Err((Built::Refused, problem));
        }
        // Who starts a server with a profile has approved the first version.
        let is_approved = self.kept.is_none();
        let must_wait =
            !is_approved && (self.pinned.is_some() || profile.update.approval == Approval::Required);
        let served: BTreeSet<String> = match &self.kept {
            Some(kept) if !allowed.lost_lists => {
                kept.files.keys().filter(|path| build::is_fetched_list(path)).cloned().collect()
            }
            _ => BTreeSet::new(),
        };
        // A bug that one input meets must not end a server that has something good to serve.
        let built = catch_unwind(AssertUnwindSafe(|| {
            build::build(&profile, today, &served, |content, made| {
                self.with_what_is_kept(content, made, must_wait)
            })
        }));
        let built = built.map_err(|_| (Built::Failed, "internal error while it was compiled".to_owned()))?;
        let content = built.map_err(|error| match error {
            BuildError::Placeholder
            | BuildError::Denied { .. }
            | BuildError::Differs { .. }
            | BuildError::Lost { .. } => (Built::Refused, error.to_string()),
            BuildError::Input(_) | BuildError::Render(_) => failed(&error),
        })?;
        let id = VersionId::of(0, &content.files);
        if self.is_served(&id) {
            self.withdraw();
            return Ok(Built::Unchanged);
        }
        match guard::suspicion(self.kept.as_ref().map(|kept| &kept.counts), &content.counts) {
            Some(guard::Suspicion::Shrunken { .. }) if allowed.shrink => {}
            Some(suspicion) => return Err((Built::Refused, suspicion.to_string())),
            None => {}
        }
        let not_kept = |error: StoreError| {
            let text = format!("it cannot be kept on the disk, so that a restart would lose it: {error}");
            (Built::Failed, text)
        };
        if must_wait {
            if !self.waits(&id) {
                self.waiting = Some(self.store.hold(content, self.kept.as_ref(), now()).map_err(not_kept)?);
            }
            return Ok(Built::Waiting);
        }
        let loaded = self.store.add(content, self.kept.as_ref(), now(), None).map_err(not_kept)?;
        self.serve(loaded, metrics);
        self.withdraw();
        Ok(Built::Applied)
    }

    fn is_served(&self, id: &VersionId) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.id.has_same_content(id))
    }

    fn waits(&self, id: &VersionId) -> bool {
        self.waiting.as_ref().is_some_and(|own| own.id.has_same_content(id))
    }

    /// Content with what is kept beside it, where it is new.
    fn with_what_is_kept(&self, mut content: Content, made: Made<'_>, must_wait: bool) -> Content {
        let id = VersionId::of(0, &content.files);
        if self.is_served(&id) || self.waits(&id) {
            return content;
        }
        content.beside = ticket::compiled_for(made);
        if must_wait {
            let served = self.kept.as_ref().and_then(|kept| ticket::side_of(&self.store, &kept.id));
            content.beside.extend(ticket::tickets(made, served.as_ref()));
        }
        content
    }

    /// The sources no longer ask for what waits.
    fn withdraw(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            event(Level::Info, &format!("{}: {} no longer waits", self.name, waiting.id));
            if let Err(error) = self.store.withdraw() {
                event(Level::Warn, &format!("{}: {error}", self.name));
            }
        }
    }

    /// Serves what waits, and holds on to nothing.
    pub fn approve(&mut self, id: &VersionId, metrics: &Metrics) -> Result<Done, Refusal> {
        let waiting = self.waiting.clone().ok_or(Refusal::NothingWaits)?;
        if waiting.id != *id {
            return Err(Refusal::Other { asked: id.clone(), waits: waiting.id });
        }
        // What is damaged is built anew.
        if let Err(error) = self.store.load_waiting(id) {
            self.withdraw();
            return Err(Refusal::Damaged { id: id.clone(), error });
        }
        let loaded = self.store.admit(id, self.kept.as_ref(), now()).map_err(Refusal::Disk)?;
        self.waiting = None;
        let before = self.kept.as_ref().map(|kept| kept.id.to_string());
        self.serve(loaded, metrics);
        if self.pinned.take().is_some()
            && let Err(error) = self.store.release()
        {
            event(Level::Error, &format!("{}: a restart will find the pin again: {error}", self.name));
        }
        Ok(self.done("approved", before, id, metrics))
    }

    /// Serves the content of an older version, as a new one, and holds on to it. Without a version: of the one before.
    pub fn roll_back(&mut self, id: Option<&VersionId>, metrics: &Metrics) -> Result<Done, Refusal> {
        let kept = self.kept.clone().ok_or(Refusal::NothingBefore)?;
        let id = match id {
            Some(id) => id.clone(),
            // Who goes back twice goes back further.
            None => {
                let from = kept.restored.as_ref().unwrap_or(&kept.id);
                self.store.before(from).map_err(Refusal::Disk)?.ok_or(Refusal::NothingBefore)?
            }
        };
        let content =
            self.store.load(&id).map_err(|error| Refusal::Damaged { id: id.clone(), error })?.content;
        // First: a server that is killed in between must not build the newer version again.
        let since = now();
        self.store.pin(since).map_err(Refusal::Disk)?;
        if !kept.id.has_same_content(&id) {
            match self.store.add(content, Some(&kept), now(), Some(id.clone())) {
                Ok(loaded) => {
                    self.serve(loaded, metrics);
                    // Its ticket is of what it changes of another version; the next build makes it anew.
                    self.withdraw();
                }
                Err(error) => {
                    if self.pinned.is_none() {
                        let _ = self.store.release();
                    }
                    return Err(Refusal::Disk(error));
                }
            }
        }
        self.pinned = Some(since);
        let before = Some(kept.id.to_string());
        Ok(self.done("rolled back", before, &id, metrics))
    }

    /// Holds on to nothing. Whether it did before.
    pub fn release(&mut self, metrics: &Metrics) -> Result<bool, Refusal> {
        self.store.release().map_err(Refusal::Disk)?;
        let was_pinned = self.pinned.take().is_some();
        if was_pinned {
            event(Level::Info, &format!("{}: released", self.name));
        }
        self.tell_waiting(metrics);
        Ok(was_pinned)
    }

    fn done(
        &mut self,
        did: &'static str,
        before: Option<String>,
        asked: &VersionId,
        metrics: &Metrics,
    ) -> Done {
        self.tell_waiting(metrics);
        self.last = Some(Last { at: now(), because: "request", result: did, problem: None });
        let version = self.version.as_ref().map(|own| own.id.to_string()).unwrap_or_default();
        let asked = asked.to_string();
        event(Level::Info, &format!("{}: {did}: {asked}, serving {version}", self.name));
        Done {
            site: self.name.clone(),
            did,
            before,
            of: (asked != version).then_some(asked),
            version,
            pinned: self.pinned.is_some(),
        }
    }
}
