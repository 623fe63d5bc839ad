//! Conditions of a forwarding PAC file, one for each rule: of names in lower case without a dot at the end.

use super::{CONDITIONS, Encoded, Entry, Unsupported, unsupported};
use crate::model::{HostPattern, LabelPattern, PathPattern, Ports, RequestPattern, Schemes};

/// A rule as a condition. A PAC file decides by the host alone.
pub(super) fn encode(pattern: &RequestPattern) -> Result<Encoded, Unsupported> {
    let literal = |text: &str| text.replace('.', "\\.");
    let text = match &pattern.host {
        HostPattern::Exact(name) => format!("name == \"{name}\""),
        HostPattern::Descendants(name) => format!("dnsDomainIs(name, \".{name}\")"),
        HostPattern::Subtree(name) => format!("name == \"{name}\" || dnsDomainIs(name, \".{name}\")"),
        // No dot in front of the text, so that it ends any label.
        HostPattern::TextSuffix(suffix) => format!("/{}$/.test(name)", literal(&suffix.text())),
        HostPattern::LabelGlob(glob) => {
            let label = |label: &LabelPattern| match label {
                LabelPattern::Literal(text) => text.to_string(),
                LabelPattern::Star { prefix, suffix } => format!("{prefix}[^.]+{suffix}"),
            };
            format!("/^{}$/.test(name)", glob.labels().iter().map(label).collect::<Vec<_>>().join("\\."))
        }
        HostPattern::Address(_) => {
            return Err(unsupported("looking up addresses would block the browser"));
        }
    };
    let entry = Entry { list: CONDITIONS, schemes: Schemes::ANY, ports: Ports::any(), text };
    let means = RequestPattern {
        host: pattern.host.clone(),
        schemes: Schemes::ANY,
        ports: Ports::any(),
        path: PathPattern::Any,
    };
    Ok(Encoded::new(vec![entry], vec![means]))
}
