//! Policy to products: the only module, beside the readers, that knows products.
//!
//! [`Emitter::encode`] decides, [`Emitter::render`] writes. `encode` says what its entries *mean* in
//! the product; it does not judge. [`plan`](crate::plan) compares that meaning with the policy, so an
//! emitter cannot claim a fidelity that it does not have.
//!
//! A new target is a file here with a unit struct, its line in [`ALL`], and a folder `targets/<id>/` with
//! `target.yaml`, `NOTES.md` and its templates; what the change ticket says of it stands in `target.yaml` ([`facts`]).
//! Begin with [`Unsupported`] for everything;
//! `tests/it/conformance.rs` says what is missing, and `SNAPSHOTS=overwrite cargo test --test it golden` writes
//! the goldens. Options that the profile may set for it are read by [`Emitter::options`], in a type of
//! the target's own. A language that no other target writes needs an escaper in [`escape`], bound to the
//! template's extension in `askama.toml`.

mod devices;
pub mod escape;
pub mod facts;
mod filter;
pub mod header;
pub mod linux_device;
pub mod macos_device;
pub mod nftables;
pub mod pac;
pub mod paloalto;
pub mod report;
pub mod squid;
pub mod ticket;
pub mod windows_device;
pub mod windows_firewall;
pub mod zscaler;

use std::collections::BTreeSet;
use std::ops::Range;

use self::report::{Changes, Usage};
use crate::diag::Diagnostic;
use crate::model::{Endpoint, Intent, Platform, Policy, Ports, RequestPattern, Rule, Schemes};
use crate::plan::{Earlier, Plan};
use crate::profile::{self, Reader, Settings, Spanned, TargetOptions, Waiver};
use crate::source::SourceMap;
use crate::yaml::Node;

/// One line of one of the product's lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry {
    /// Which of the target's lists: `dstdomain`, `url`.
    pub list: &'static str,
    /// The schemes that the list is used for.
    pub schemes: Schemes,
    /// The ports that the list is used for: targets with flat lists keep one list per port set.
    pub ports: Ports,
    /// The line, complete and escaped for its list.
    pub text: String,
}

/// A rule in a product's words, and what these words mean there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// The lines.
    pub entries: Vec<Entry>,
    /// What the lines let through, in the product, together.
    pub means: Vec<RequestPattern>,
    /// Whether the product matches by the addresses that names resolve to, so that whatever else is
    /// served there passes as well.
    pub by_address: bool,
}

impl Encoded {
    /// Words for requests by their names, or by addresses that the rule itself states.
    pub fn new(entries: Vec<Entry>, means: Vec<RequestPattern>) -> Self {
        Self { entries, means, by_address: false }
    }

    /// Words for whatever is at the addresses that the names resolve to.
    pub fn by_address(entries: Vec<Entry>, means: Vec<RequestPattern>) -> Self {
        Self { entries, means, by_address: true }
    }
}

/// Why a product cannot say a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsupported {
    /// One line, without a full stop.
    pub why: String,
}

/// A file to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Artifact {
    /// Path inside the target's folder: relative, `/` between parts, no `..`.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// Everything that an emitter writes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rendered {
    /// The files.
    pub artifacts: Vec<Artifact>,
    /// What the writer found, such as a limit that is near.
    pub findings: Vec<Diagnostic>,
}

/// What a run knows beside the plan of one target, for a target that tells of the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The name of the profile's file, without its folder; nothing for the built-in profile.
    pub profile: Option<&'a str>,
    /// Every source read.
    pub sources: &'a SourceMap,
    /// Every endpoint of every source, before selection.
    pub endpoints: &'a [Endpoint],
    /// The hosts that the profile adds, as endpoints.
    pub included: &'a [Endpoint],
    /// What the profile selects, in a few words.
    pub selection: &'a str,
    /// The platforms that the profile selects.
    pub platforms: &'a BTreeSet<Platform>,
    /// What is to be enforced, and what the gate left out.
    pub policy: &'a Policy,
    /// What somebody accepts.
    pub waivers: &'a [Spanned<Waiver>],
    /// The findings of the run and of every plan, sorted, at the levels of the profile. A target that
    /// [tells of the run](Emitter::tells_of_run) sees those of the others' files too.
    pub findings: &'a [Diagnostic],
    /// The plans of every target of the run, in the order of [`ALL`].
    pub plans: &'a [Plan<'a>],
    /// The files of the targets that do not tell of the run themselves, in the order of [`ALL`]; nothing for these.
    pub written: &'a [Written],
    /// What changed since another run, where somebody asks for it. Files of an output folder never tell of it: they
    /// would differ each time.
    pub changes: Option<&'a Changes>,
    /// What devices use of the policy, likewise.
    pub usage: Option<&'a Usage>,
}

/// The files of one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The target.
    pub target: &'static str,
    /// Its files, sorted by path.
    pub artifacts: Vec<Artifact>,
}

/// Why a target is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The product would refuse the file, or ignore a part of it.
    #[error("{target}: {what} is {actual}, over the product's limit of {limit}")]
    Limit {
        /// The target.
        target: &'static str,
        /// What is too large: `proxy.pac, in bytes`.
        what: String,
        /// How large.
        actual: u64,
        /// How large it may be.
        limit: u64,
    },
    /// A value that cannot be written safely in the product's language.
    #[error("{target}: {what} cannot be written: {why}")]
    Unsafe {
        /// The target.
        target: &'static str,
        /// Which value.
        what: String,
        /// Why not.
        why: String,
    },
    /// A template failed, which is a bug.
    #[error("internal error: {target}: {why}")]
    Template {
        /// The target.
        target: &'static str,
        /// What the template library says.
        why: String,
    },
}

/// Our code for one product.
pub trait Emitter: Sync {
    /// The folder under `targets/`, which is also the name in a profile.
    fn id(&self) -> &'static str;

    /// The artifact to open first: the one that refers to the others or stands for them.
    fn main_artifact(&self) -> &'static str;

    /// Whether the product, where the profile puts it, has a list for this intent. Where it has none,
    /// "does not apply" is neither unsupported nor narrower.
    fn applies(&self, settings: &Settings, intent: Intent) -> bool;

    /// Whether it writes how devices reach their proxies, and nothing about endpoints. Without `devices` in the
    /// profile such a target is not part of a run.
    fn is_for_devices(&self) -> bool {
        false
    }

    /// Whether it tells people of the whole run: what it writes shows what is found about the other targets, and what
    /// they write.
    fn tells_of_run(&self) -> bool {
        false
    }

    /// Reads what the profile says below the target's name, for [`Settings::options`]; reports what is
    /// wrong. Not asked where it says nothing.
    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        profile::no_options(reader, self.id(), node);
        None
    }

    /// The rule in the product's words. Pure; the only place that knows what the product can say.
    ///
    /// # Errors
    /// When nothing near the rule can be said.
    fn encode(&self, settings: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported>;

    /// The parts of a rule that may be said, where one of the product's lists serves two intents and what is
    /// written for an earlier one limits it. Nothing stands for the whole rule.
    ///
    /// # Errors
    /// When no part of it may be said.
    fn parts(
        &self,
        _settings: &Settings,
        _intent: Intent,
        _rule: &Rule,
        _earlier: &Earlier<'_>,
    ) -> Result<Option<Vec<RequestPattern>>, Unsupported> {
        Ok(None)
    }

    /// The files.
    ///
    /// # Errors
    /// When the product would refuse what would be written.
    fn render(&self, plan: &Plan<'_>, run: &Surroundings<'_>) -> Result<Rendered, RenderError>;
}

/// Every target, in the order in which they are shown and written.
pub const ALL: &[&dyn Emitter] = &[
    &squid::Squid,
    &pac::Pac,
    &paloalto::PaloAlto,
    &zscaler::Zscaler,
    &nftables::Nftables,
    &windows_firewall::WindowsFirewall,
    &windows_device::WindowsDevice,
    &linux_device::LinuxDevice,
    &macos_device::MacOsDevice,
    &ticket::Ticket,
    &report::Report,
];

/// Whether the target of an id writes settings of devices.
pub fn is_for_devices(id: &str) -> bool {
    ALL.iter().any(|emitter| emitter.id() == id && emitter.is_for_devices())
}

/// Sorts names by their labels from the right, so that what belongs together stands together and a
/// parent before what is below it.
fn sort_from_right<'n>(names: &mut [&'n str]) {
    // The labels in that order, one name behind the other. A blank sorts before every octet of a label.
    let mut texts = String::with_capacity(names.iter().map(|name| name.len()).sum());
    let mut keyed: Vec<(Range<usize>, &'n str)> = Vec::with_capacity(names.len());
    for &name in &*names {
        let start = texts.len();
        for (at, label) in name.rsplit('.').enumerate() {
            if at > 0 {
                texts.push(' ');
            }
            texts.push_str(label);
        }
        keyed.push((start..texts.len(), name));
    }
    keyed.sort_by(|(one, _), (other, _)| texts[one.clone()].cmp(&texts[other.clone()]));
    names.iter_mut().zip(keyed).for_each(|(own, (_, name))| *own = name);
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_stands_before_what_is_below_it() {
        let mut names = ["b.x.y", "x-1.y", ".x.y", "x.y", "y", "a.z", "a.x.y", ""];
        sort_from_right(&mut names);
        assert_eq!(names, ["", "y", "x.y", ".x.y", "a.x.y", "b.x.y", "x-1.y", "a.z"]);
    }
}
