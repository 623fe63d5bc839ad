//! Squid, 5 and later: ACL files, a fragment to include, and a complete example.
//!
//! A leading dot is Squid's only wildcard, and it covers the apex too, so "everything below" is a list
//! of dotted names minus a list of their apexes. Stars inside a label are anchored regular expressions.
//! Schemes and ports are ACLs of their own, so there is one set of lists for each combination of both.

mod config;
mod options;
mod regex;

use super::{Emitter, Encoded, Entry, RenderError, Rendered, Surroundings, Unsupported};
use crate::model::{HostPattern, Intent, PathPattern, RequestPattern, Rule, Scheme, Schemes};
use crate::plan::Plan;
use crate::profile::{Reader, Settings, TargetOptions};
use crate::yaml::Node;

pub use options::{SquidMode, SquidOptions};

const ID: &str = "squid";

/// Names, and with a leading dot the name and everything below.
const DSTDOMAIN: &str = "dstdomain";
/// Dotted names, of which [`APEX`] takes the names themselves away.
const DESCENDANTS: &str = "descendants";
/// The names that are not matched by [`DESCENDANTS`].
const APEX: &str = "apex";
/// Regular expressions of hosts.
const REGEX: &str = "regex";
/// Regular expressions of plain-HTTP URLs.
const URL_REGEX: &str = "url_regex";

/// Octets of a line that Squid reads in one piece; the rest would be cut silently (5.7) or be fatal
/// (6.13). Run on 2026-11-24.
const MAX_LINE: usize = 2_000;

/// The Squid target.
#[derive(Clone, Copy, Debug)]
pub struct Squid;

impl Emitter for Squid {
    fn id(&self) -> &'static str {
        ID
    }

    fn main_artifact(&self) -> &'static str {
        "thruway.conf"
    }

    fn applies(&self, _: &Settings, intent: Intent) -> bool {
        match intent {
            Intent::Allow | Intent::BypassInspection | Intent::BypassAuthentication => true,
            Intent::Direct => false,
        }
    }

    fn options(&self, reader: &mut Reader, node: &Node) -> Option<TargetOptions> {
        SquidOptions::read(reader, node).map(TargetOptions::new)
    }

    fn encode(&self, _: &Settings, intent: Intent, rule: &Rule) -> Result<Encoded, Unsupported> {
        let parts = match intent {
            Intent::BypassInspection => vec![uninspected(&rule.pattern)?],
            Intent::Allow | Intent::BypassAuthentication => by_visible_path(&rule.pattern),
            Intent::Direct => return Err(unsupported("a proxy cannot say what does not reach it")),
        };
        let mut entries = Vec::new();
        for part in &parts {
            // A part of a rule may lie under another rule that does not cover the whole: next to it in a list
            // of names that is fatal, among regular expressions it is not.
            if *part == rule.pattern && part.path == PathPattern::Any {
                entries.extend(host_entries(part)?);
            } else {
                entries.push(regex_entry(part)?);
            }
        }
        Ok(Encoded::new(entries, parts))
    }

    fn render(&self, plan: &Plan<'_>, _: &Surroundings<'_>) -> Result<Rendered, RenderError> {
        config::render(plan)
    }
}

fn unsupported(why: &str) -> Unsupported {
    Unsupported { why: why.to_owned() }
}

/// The part of a rule that could be inspected, which is its HTTPS, with every path.
fn uninspected(pattern: &RequestPattern) -> Result<RequestPattern, Unsupported> {
    if !pattern.schemes.https {
        return Err(unsupported("plain HTTP has no TLS inspection to be exempt from"));
    }
    // `ssl::server_name` compares `none` where a client says no name at all.
    if let HostPattern::Exact(name) | HostPattern::Subtree(name) = &pattern.host
        && name.as_str() == "none"
    {
        return Err(unsupported("Squid reads `none` as every connection without a server name"));
    }
    Ok(RequestPattern { schemes: Schemes::only(Scheme::Https), path: PathPattern::Any, ..pattern.clone() })
}

/// The rule, with its path where Squid sees one: a path limits plain HTTP alone.
fn by_visible_path(pattern: &RequestPattern) -> Vec<RequestPattern> {
    if pattern.path == PathPattern::Any {
        return vec![pattern.clone()];
    }
    let mut parts = Vec::new();
    if pattern.schemes.http {
        parts.push(RequestPattern { schemes: Schemes::only(Scheme::Http), ..pattern.clone() });
    }
    if pattern.schemes.https {
        parts.push(RequestPattern {
            schemes: Schemes::only(Scheme::Https),
            path: PathPattern::Any,
            ..pattern.clone()
        });
    }
    parts
}

fn entry(list: &'static str, pattern: &RequestPattern, text: String) -> Entry {
    Entry { list, schemes: pattern.schemes, ports: pattern.ports.clone(), text }
}

/// Entries for a rule without a path.
fn host_entries(pattern: &RequestPattern) -> Result<Vec<Entry>, Unsupported> {
    Ok(match &pattern.host {
        HostPattern::Exact(name) => vec![entry(DSTDOMAIN, pattern, name.to_string())],
        HostPattern::Subtree(name) => vec![entry(DSTDOMAIN, pattern, format!(".{name}"))],
        // Apart from `dstdomain`, where `x` may stand: `x` beside `.x` in one list is fatal.
        HostPattern::Descendants(name) => {
            vec![entry(DESCENDANTS, pattern, format!(".{name}")), entry(APEX, pattern, name.to_string())]
        }
        HostPattern::TextSuffix(_) | HostPattern::LabelGlob(_) | HostPattern::Address(_) => {
            vec![regex_entry(pattern)?]
        }
    })
}

/// An anchored regular expression, of the URL where there is a path and of the host otherwise.
fn regex_entry(pattern: &RequestPattern) -> Result<Entry, Unsupported> {
    let host = regex::host(&pattern.host).ok_or_else(|| {
        // `dst` resolves names, so any name that somebody points at the address would be let through.
        unsupported("Squid's address ACL also matches every name that resolves to the address")
    })?;
    let (list, text) = match &pattern.path {
        PathPattern::Any => (REGEX, format!("^{host}$")),
        PathPattern::Prefix(path) | PathPattern::Segment(path) if path.contains('%') => {
            return Err(Unsupported { why: format!("Squid compares decoded paths, so it has no `{path}`") });
        }
        PathPattern::Prefix(path) => (URL_REGEX, format!("^http://{host}(:[0-9]+)?{}", regex::literal(path))),
        PathPattern::Segment(path) => {
            (URL_REGEX, format!(r"^http://{host}(:[0-9]+)?{}(/|\?|$)", regex::literal(path)))
        }
    };
    if text.len() > MAX_LINE {
        return Err(Unsupported {
            why: format!(
                "a regular expression of {} octets, over the {MAX_LINE} that Squid reads",
                text.len()
            ),
        });
    }
    Ok(entry(list, pattern, text))
}

#[cfg(test)]
mod tests;
