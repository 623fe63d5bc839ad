//! Host patterns and paths as POSIX extended regular expressions.
//!
//! Squid has no lookahead and no `\d`, and searches rather than matches, so whoever uses these parts
//! anchors them. It writes hosts in lower case before it compares. Run on 5.7, 2026-11-24.

use crate::model::{HostPattern, LabelPattern};

/// One octet of a label.
const LABEL_OCTET: &str = "[a-z0-9_-]";
/// Any labels with the dots between them.
const NAME_OCTET: &str = "[a-z0-9_.-]";

/// The host as a client may write it, with or without the dot at the end; `None` for addresses.
pub(super) fn host(pattern: &HostPattern) -> Option<String> {
    let name = match pattern {
        HostPattern::Exact(name) => literal(name.as_str()),
        HostPattern::Subtree(name) => format!(r"({LABEL_OCTET}+\.)*{}", literal(name.as_str())),
        HostPattern::Descendants(name) => format!(r"({LABEL_OCTET}+\.)+{}", literal(name.as_str())),
        HostPattern::TextSuffix(suffix) => format!("{NAME_OCTET}*{}", literal(&suffix.text())),
        HostPattern::LabelGlob(glob) => glob.labels().iter().map(label).collect::<Vec<_>>().join(r"\."),
        HostPattern::Address(_) => return None,
    };
    Some(format!(r"{name}\.?"))
}

fn label(label: &LabelPattern) -> String {
    match label {
        LabelPattern::Literal(text) => literal(text),
        LabelPattern::Star { prefix, suffix } => {
            format!("{}{LABEL_OCTET}+{}", literal(prefix), literal(suffix))
        }
    }
}

/// The text itself, without what a regular expression would read into it.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '.' | '[' | ']' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | '^' | '$' | '|' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
