//! What is written means what is meant, and a mutation of it is caught.

mod nftables;
mod pac;
mod paloalto;
mod report;
mod squid;
mod ticket;
mod windows_firewall;
mod zscaler;

use std::collections::BTreeMap;
use std::path::Path;

use snapbox::{Data, assert_data_eq};

use super::*;
use crate::emit::testing::{banner, rule, surroundings};
use crate::emit::{Emitter, Surroundings};
use crate::model::{self, Intent, RequestPattern};
use crate::plan::{Inputs, PolicySets, plan};
use crate::profile::Settings;

/// What is asked, by intent.
pub(super) type Policy = BTreeMap<Intent, Vec<RequestPattern>>;

/// An emitter with what it writes for a policy.
pub(super) struct Written<'a> {
    emitter: &'a dyn Emitter,
    settings: &'a Settings,
    policy: &'a Policy,
    pub(super) files: Vec<Artifact>,
}

impl<'a> Written<'a> {
    pub(super) fn new(emitter: &'a dyn Emitter, settings: &'a Settings, policy: &'a Policy) -> Self {
        let mut written = Self { emitter, settings, policy, files: Vec::new() };
        let rendered = written
            .with_plan(|plan, policy| emitter.render(plan, &Surroundings { policy, ..surroundings() }));
        written.files = rendered.expect("a small plan renders").artifacts;
        written
    }

    fn with_plan<T>(&self, then: impl FnOnce(&Plan<'_>, &model::Policy) -> T) -> T {
        let rules = self.policy.iter().map(|(&intent, patterns)| {
            let mut patterns = patterns.clone();
            patterns.sort_unstable();
            (intent, patterns.into_iter().map(rule).collect())
        });
        let policy = model::Policy { rules: rules.collect(), held: BTreeMap::new() };
        let (sets, banner) = (PolicySets::new(&policy), banner());
        let inputs = Inputs {
            policy: &policy,
            sets: &sets,
            settings: self.settings,
            tolerances: &BTreeMap::new(),
            banner: &banner,
        };
        then(&plan(self.emitter, inputs, &mut Vec::new()), &policy)
    }

    /// What is found when these files are read back in place of what was written.
    pub(super) fn proof(&self, files: &[Artifact]) -> Proof {
        self.with_plan(|plan, policy| prove(plan, policy, files))
    }

    /// The files with a text of one of them replaced.
    pub(super) fn mutated(&self, file: &str, from: &str, to: &str) -> Vec<Artifact> {
        let mut files = self.files.clone();
        let artifact = files.iter_mut().find(|artifact| artifact.path == file);
        let artifact = artifact.unwrap_or_else(|| panic!("there is no {file}"));
        let text = std::str::from_utf8(&artifact.bytes).unwrap();
        let changed = text.replace(from, to);
        assert_ne!(text, changed, "{file}: there is no {from:?} to change");
        artifact.bytes = changed.into_bytes();
        files
    }

    /// Every mutation (what, file, text, its replacement) is caught. Tells by what, one line each, and holds these
    /// lines to the table of this name in `tests/caught`, where there is a name: `SNAPSHOTS=overwrite` writes it.
    pub(super) fn assert_caught(&self, name: &str, mutations: &[(&str, &str, &str, &str)]) -> Vec<String> {
        assert_eq!(self.proof(&self.files), Proof::Proved);
        let caught: Vec<String> = mutations
            .iter()
            .map(|(what, file, from, to)| match self.proof(&self.mutated(file, from, to)) {
                Proof::Differs(differences) => format!("{what}: {}", differences[0]),
                other => panic!("{what}: {other:?}"),
            })
            .collect();
        if !name.is_empty() {
            let table =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/prove/tests/caught/{name}.txt"));
            assert_data_eq!(caught.join("\n") + "\n", Data::read_from(&table, None).raw());
        }
        caught
    }

    /// The loss of every single file is caught.
    pub(super) fn assert_no_file_is_spare(&self, except: &[&str]) {
        for lost in self.files.iter().filter(|file| !except.contains(&file.path.as_str())) {
            let rest: Vec<Artifact> = self.files.iter().filter(|file| *file != lost).cloned().collect();
            assert!(matches!(self.proof(&rest), Proof::Differs(_)), "{} is not missed", lost.path);
        }
    }
}
