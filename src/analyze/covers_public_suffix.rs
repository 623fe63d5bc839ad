//! `covers-public-suffix`, and the words that it shares with `covers-registry`.

use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::{HostPattern, Intent};
use crate::suffix::{Section, Span, advice, shared_suffixes};

/// A pattern over a suffix under which customers of one service have names, such as
/// `*.blob.core.windows.net`.
pub(super) struct CoversPublicSuffix;

impl GateLint for CoversPublicSuffix {
    fn code(&self) -> Code {
        Code::CoversPublicSuffix
    }

    fn level(&self, intent: Intent) -> Level {
        match intent {
            Intent::Allow | Intent::BypassAuthentication => Level::Warn,
            // Neither is looked into any more: a way out for data, through any customer's site.
            Intent::BypassInspection | Intent::Direct => Level::Hold,
        }
    }

    fn check(&self, subject: &Subject<'_>, intent: Intent) -> Option<Trouble> {
        let span = subject.span.as_ref().filter(|span| span.section != Section::Icann)?;
        let host = &subject.pattern.host;
        let suffix = &span.suffix;
        let shared = shared_suffixes().iter().find(|shared| shared.name == *suffix);
        let mut help: Vec<String> = shared.map(ToString::to_string).into_iter().collect();
        let mut advice = advice(suffix, intent).map(str::to_owned).peekable();
        if advice.peek().is_none() {
            help.push(format!(
                "name the sites under `{suffix}` that are meant: `select: include:` adds them"
            ));
        }
        help.extend(advice);
        help.push(format!(
            "or waive it: `waivers: [{{ lint: {}, pattern: \"{host}\", intent: {}, reason: …, owner: …, expires: … }}]`",
            self.code(),
            intent
        ));
        Some(Trouble {
            message: format!("`{host}` {} `{suffix}`{}", across(host, span), such_as(span)),
            label: match span.section {
                Section::SharedHosting => format!("customers of one service share `{suffix}`"),
                Section::Icann | Section::Private => format!("`{suffix}` is a public suffix"),
            },
            help,
        })
    }
}

/// How much under the suffix a pattern matches, as a verb and its object.
pub(super) fn across(host: &HostPattern, span: &Span) -> &'static str {
    match host {
        HostPattern::Descendants(name) | HostPattern::Subtree(name)
            if span.suffix == *name || span.suffix.is_below(name) =>
        {
            "matches every site under"
        }
        HostPattern::Exact(_)
        | HostPattern::Subtree(_)
        | HostPattern::Descendants(_)
        | HostPattern::TextSuffix(_)
        | HostPattern::LabelGlob(_)
        | HostPattern::Address(_) => "matches sites of different owners under",
    }
}

/// The examples, as the end of a sentence.
pub(super) fn such_as(span: &Span) -> String {
    match &span.examples {
        Some([a, b]) => format!(", such as `{a}` and `{b}`"),
        None => String::new(),
    }
}
