//! Proxy auto-configuration: `proxy.pac`, and the same as `wpad.dat`.
//!
//! The function decides on the host alone. Browsers strip the path of HTTPS (Firefox of HTTP, too) and
//! ask again without one for a preconnect, so a path would be answered twice. Names are hash lookups
//! per label, so an answer costs the same with 200 entries and with 20,000; `else if` chains overflow
//! Chromium's stack and `shExpMatch` chains take milliseconds. A long list is written in a form of its own, [`packed`].

mod options;
mod packed;

use askama::Template;

use super::{
    Artifact, Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported, header,
    sort_from_right,
};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{HostPattern, Intent, PathPattern, Ports, RequestPattern, Rule, Schemes};
use crate::plan::Plan;
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

use packed::{Packed, Shape};

pub use options::{PacHost, PacOptions, PacOtherwise};

const TARGET: &str = "pac";

/// Names that are meant alone.
const EXACT: &str = "exact";
/// Names that are meant with everything below.
const SUBTREE: &str = "subtree";
/// Names of which everything below is meant, and not the name itself.
const BELOW: &str = "below";
/// Patterns with a star inside a label.
const GLOBS: &str = "globs";

/// All of them.
const LISTS: [&str; 4] = [EXACT, SUBTREE, BELOW, GLOBS];

/// Octets that Chromium and WinHTTP read. Above, Chromium connects directly. Run on 2026-11-24.
const MAX_BYTES: u64 = 1_048_576;
/// Octets that Zscaler hosts, "Best Practices for Writing PAC Files", checked 2026-11-24.
const MAX_BYTES_ZSCALER: u64 = 262_144;

/// Entries of one list up to which a file is plain: each has a line of its own, whole, as a person searches for it.
/// That costs 9 octets beside the name, and a browser unpacks all of them at the first question; 2,000 are 50 KB and
/// a few milliseconds, a fifth of what Zscaler hosts. Above, size and that moment count for more.
const MAX_PLAIN: usize = 2_000;

/// A proxy that refuses at once: nothing listens on the discard port of the client itself. Port 0 would be
/// no proxy to some engines, and so a direct connection.
const BLOCK: &str = "PROXY 127.0.0.1:9";

/// The PAC target.
#[derive(Clone, Copy, Debug)]
pub struct Pac;

impl Emitter for Pac {
    fn id(&self) -> &'static str {
        TARGET
    }

    fn main_artifact(&self) -> &'static str {
        "proxy.pac"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        match intent {
            Intent::Allow | Intent::Direct => true,
            Intent::BypassInspection | Intent::BypassAuthentication => false,
        }
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        PacOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, settings: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        if !self.applies(settings, intent) {
            return Err(Unsupported { why: format!("a PAC has no list for {intent}") });
        }
        let host = &rule.pattern.host;
        let (list, text) = match host {
            HostPattern::Exact(name) => (EXACT, name.to_string()),
            HostPattern::Subtree(name) => (SUBTREE, name.to_string()),
            HostPattern::Descendants(name) => (BELOW, name.to_string()),
            HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) => (GLOBS, host.to_string()),
            HostPattern::Address(_) => {
                return Err(Unsupported {
                    why: "a PAC is asked for names, and looking up their addresses would block the browser"
                        .to_owned(),
                });
            }
        };
        let means = RequestPattern {
            host: host.clone(),
            schemes: Schemes::ANY,
            ports: Ports::any(),
            path: PathPattern::Any,
        };
        let entry = Entry { list, schemes: means.schemes, ports: means.ports.clone(), text };
        Ok(Encoded::new(vec![entry], vec![means]))
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        let options: PacOptions = plan.settings.options(TARGET);
        let text = text(plan, Form::of(plan))
            .map_err(|e| RenderError::Template { target: TARGET, why: e.to_string() })?;
        let findings = check_size(text.len() as u64, options.hosted_by)?;
        let bytes = text.into_bytes();
        let artifacts = vec![
            Artifact { path: "proxy.pac".to_owned(), bytes: bytes.clone() },
            Artifact { path: "wpad.dat".to_owned(), bytes },
        ];
        Ok(Rendered { artifacts, findings })
    }
}

/// What the function answers, beside `DIRECT` for hosts that are meant to be reached so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answers {
    /// For hosts that are let through.
    pub proxies: String,
    /// For everything else.
    pub otherwise: String,
}

impl Answers {
    /// Those of a profile.
    pub fn of(settings: &Settings) -> Self {
        let options: PacOptions = settings.options(TARGET);
        let proxies: Vec<String> =
            settings.proxies.iter().map(|proxy| format!("PROXY {}", proxy.as_str())).collect();
        let proxies = proxies.join("; ");
        let otherwise = match options.otherwise {
            PacOtherwise::Proxy => proxies.clone(),
            PacOtherwise::Direct => "DIRECT".to_owned(),
            PacOtherwise::Block => BLOCK.to_owned(),
        };
        Self { proxies, otherwise }
    }
}

/// What can be said of a file beside its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measures {
    /// Entries of both lists.
    pub entries: usize,
    /// Octets.
    pub bytes: usize,
    /// Octets that its host takes, at the most.
    pub max_bytes: usize,
    /// Whether it is in the form for long lists.
    pub is_packed: bool,
}

/// Those of the file that a plan makes, of so many octets.
pub fn measures(plan: &Plan<'_>, bytes: usize) -> Measures {
    let options: PacOptions = plan.settings.options(TARGET);
    Measures {
        entries: entries(plan, Intent::Direct) + entries(plan, Intent::Allow),
        bytes,
        max_bytes: max_bytes(options.hosted_by) as usize,
        is_packed: matches!(Form::of(plan), Form::Packed(_)),
    }
}

/// Entries of an intent.
fn entries(plan: &Plan<'_>, intent: Intent) -> usize {
    LISTS.iter().map(|list| lines_of(plan, intent, list).count()).sum()
}

/// How a file holds its lists.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Whole names, one a line.
    Plain,
    /// By how names end, many a line.
    Packed(Shape),
}

impl Form {
    fn of(plan: &Plan<'_>) -> Self {
        let longest = entries(plan, Intent::Direct).max(entries(plan, Intent::Allow));
        if longest > MAX_PLAIN { Self::Packed(packed::SHAPE) } else { Self::Plain }
    }
}

/// A file of a form.
fn text(plan: &Plan<'_>, form: Form) -> askama::Result<String> {
    let options: PacOptions = plan.settings.options(TARGET);
    let Answers { proxies, otherwise } = Answers::of(plan.settings);
    let header = &header::lines(plan.banner)[..];
    // Zscaler wants the function on line 1.
    let header_first = options.hosted_by != PacHost::Zscaler;
    let [direct, proxied] = [Intent::Direct, Intent::Allow];
    match form {
        Form::Plain => {
            let (direct, proxied) = (Tables::of(plan, direct), Tables::of(plan, proxied));
            PlainFile { header, header_first, direct, proxied, proxies, otherwise }.render()
        }
        Form::Packed(shape) => {
            let (direct, proxied) = (Packed::of(plan, direct, shape), Packed::of(plan, proxied, shape));
            PackedFile { header, header_first, direct, proxied, proxies, otherwise }.render()
        }
    }
}

#[derive(Template)]
#[template(path = "pac/proxy.pac")]
struct PlainFile<'a> {
    header: &'a [String],
    header_first: bool,
    direct: Tables<'a>,
    proxied: Tables<'a>,
    proxies: String,
    otherwise: String,
}

#[derive(Template)]
#[template(path = "pac/packed.pac")]
struct PackedFile<'a> {
    header: &'a [String],
    header_first: bool,
    direct: Packed,
    proxied: Packed,
    proxies: String,
    otherwise: String,
}

/// The lines of one list of an intent, in no order that matters here.
fn lines_of<'p>(plan: &'p Plan<'_>, intent: Intent, list: &str) -> impl Iterator<Item = &'p str> {
    let lists = plan.intents.get(&intent).map_or(&[][..], |of_intent| &of_intent.lists);
    let wanted = lists.iter().filter(move |own| own.list == list);
    wanted.flat_map(|own| own.lines.iter().map(String::as_str))
}

/// One intent's entries, as the script of the plain form looks them up.
struct Tables<'p> {
    exact: Vec<&'p str>,
    subtree: Vec<&'p str>,
    below: Vec<&'p str>,
    globs: Vec<&'p str>,
}

impl<'p> Tables<'p> {
    fn of(plan: &'p Plan<'_>, intent: Intent) -> Self {
        let [exact, subtree, below, globs] = LISTS.map(|list| {
            let mut lines: Vec<&str> = lines_of(plan, intent, list).collect();
            sort_from_right(&mut lines);
            lines
        });
        Self { exact, subtree, below, globs }
    }

    fn is_empty(&self) -> bool {
        [&self.exact, &self.subtree, &self.below, &self.globs].into_iter().all(Vec::is_empty)
    }
}

fn max_bytes(hosted_by: PacHost) -> u64 {
    match hosted_by {
        PacHost::Zscaler => MAX_BYTES_ZSCALER,
        PacHost::Own => MAX_BYTES,
    }
}

fn check_size(bytes: u64, hosted_by: PacHost) -> Result<Vec<Diagnostic>, RenderError> {
    let limit = max_bytes(hosted_by);
    if bytes > limit {
        return Err(RenderError::Limit {
            target: TARGET,
            what: "proxy.pac, in bytes,".to_owned(),
            actual: bytes,
            limit,
        });
    }
    if bytes <= MAX_BYTES_ZSCALER {
        return Ok(Vec::new());
    }
    let message =
        format!("proxy.pac has {bytes} bytes, over the {MAX_BYTES_ZSCALER} that hosting services take");
    Ok(vec![
        Diagnostic::new(Code::LimitExceeded, message, Place::Run, "a browser loads it on every start")
            .help("select fewer geographies or platforms, or host it yourself")
            .for_target(TARGET),
    ])
}

#[cfg(test)]
mod tests;
