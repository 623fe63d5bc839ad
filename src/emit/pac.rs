//! Proxy auto-configuration: `proxy.pac`, and the same as `wpad.dat`.
//!
//! The function decides on the host alone. Browsers strip the path of HTTPS (Firefox of HTTP, too) and
//! ask again without one for a preconnect, so a path would be answered twice. Names are hash lookups
//! per label, so an answer costs the same with 200 entries and with 20,000; `else if` chains overflow
//! Chromium's stack and `shExpMatch` chains take milliseconds.

mod options;

use std::collections::BTreeMap;

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

/// Octets that Chromium and WinHTTP read. Above, Chromium connects directly. Run on 2026-11-24.
const MAX_BYTES: u64 = 1_048_576;
/// Octets that Zscaler hosts, "Best Practices for Writing PAC Files", checked 2026-11-24.
const MAX_BYTES_ZSCALER: u64 = 262_144;

/// Entries up to which each has a line of its own, for short diffs; above, size counts for more.
const MAX_AIRY: usize = 2_000;
/// Entries on a line above that.
const PER_LINE: usize = 64;

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
        let settings = plan.settings;
        let options: PacOptions = settings.options(TARGET);
        let answers = Answers::of(settings);
        let file = File {
            header: &header::lines(plan.banner),
            // Zscaler wants the function on line 1.
            header_first: options.hosted_by != PacHost::Zscaler,
            direct: Tables::of(plan, Intent::Direct),
            proxied: Tables::of(plan, Intent::Allow),
            otherwise: &answers.otherwise,
            proxies: &answers.proxies,
        };
        let text = file.render().map_err(|e| RenderError::Template { target: TARGET, why: e.to_string() })?;
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

#[derive(Template)]
#[template(path = "pac/proxy.pac")]
struct File<'a> {
    header: &'a [String],
    header_first: bool,
    direct: Tables,
    proxied: Tables,
    otherwise: &'a str,
    proxies: &'a str,
}

/// Names as the script holds them.
enum Names {
    /// Whole, one a line: what a person searches for is there.
    Whole(Vec<String>),
    /// Without their top-level label and by it, so many a line.
    ByTop(Vec<(String, Vec<String>)>),
}

/// One intent's entries, as the script looks them up.
struct Tables {
    exact: Names,
    subtree: Names,
    below: Names,
    globs: Vec<String>,
    /// Whether names are [`Names::ByTop`].
    by_top: bool,
    count: usize,
}

impl Tables {
    fn of(plan: &Plan<'_>, intent: Intent) -> Self {
        let lists = plan.intents.get(&intent).map_or(&[][..], |of_intent| &of_intent.lists);
        let lines = |wanted: &str| -> Vec<&str> {
            let lists = lists.iter().filter(|list| list.list == wanted);
            let mut lines: Vec<&str> = lists.flat_map(|list| list.lines.iter().map(String::as_str)).collect();
            sort_from_right(&mut lines);
            lines
        };
        let [exact, subtree, below, globs] = [EXACT, SUBTREE, BELOW, GLOBS].map(lines);
        let count = exact.len() + subtree.len() + below.len() + globs.len();
        let by_top = count > MAX_AIRY;
        let names = |names: &[&str]| if by_top { Names::ByTop(by_top_level(names)) } else { whole(names) };
        Self {
            exact: names(&exact),
            subtree: names(&subtree),
            below: names(&below),
            globs: globs.into_iter().map(str::to_owned).collect(),
            by_top,
            count,
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

fn whole(names: &[&str]) -> Names {
    Names::Whole(names.iter().map(|&name| name.to_owned()).collect())
}

/// Names by their top-level label, written without it, [`PER_LINE`] a line.
fn by_top_level(names: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut by_top = BTreeMap::<&str, Vec<&str>>::new();
    for name in names {
        let (rest, top) = name.rsplit_once('.').unwrap_or(("", name));
        by_top.entry(top).or_default().push(rest);
    }
    let lines = |rests: Vec<&str>| rests.chunks(PER_LINE).map(|chunk| chunk.join(" ")).collect();
    by_top.into_iter().map(|(top, rests)| (top.to_owned(), lines(rests))).collect()
}

fn check_size(bytes: u64, hosted_by: PacHost) -> Result<Vec<Diagnostic>, RenderError> {
    let limit = match hosted_by {
        PacHost::Zscaler => MAX_BYTES_ZSCALER,
        PacHost::Own => MAX_BYTES,
    };
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
