//! `covers-public-suffix`, and the words that it shares with `covers-registry` and `shared-hosting`.

use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::{DomainName, HostPattern, Intent};
use crate::suffix::{Section, Span, advice};

/// A pattern over a suffix under which customers of one service have names, such as
/// `*.blob.core.windows.net`.
pub(super) struct CoversPublicSuffix;

impl GateLint for CoversPublicSuffix {
    fn code(&self) -> Code {
        Code::CoversPublicSuffix
    }

    fn level(&self, intent: Intent) -> Level {
        level(intent)
    }

    fn check(&self, subject: &Subject<'_>, intent: Intent) -> Option<Trouble> {
        let span = subject.span.as_ref().filter(|span| span.section == Section::Private)?;
        let host = &subject.pattern.host;
        Some(Trouble {
            message: message(host, span),
            label: format!("`{}` is a public suffix", span.suffix),
            notes: Vec::new(),
            help: help(self.code(), host, &span.suffix, intent),
        })
    }
}

/// The level where names under one suffix belong to different owners.
pub(super) fn level(intent: Intent) -> Level {
    match intent {
        Intent::Allow | Intent::BypassAuthentication => Level::Warn,
        // Neither is looked into any more: a way out for data, through any customer's site.
        Intent::BypassInspection | Intent::Direct => Level::Hold,
    }
}

/// What is matched, with two examples.
pub(super) fn message(host: &HostPattern, span: &Span) -> String {
    format!("`{host}` {} `{}`{}", across(host, span), span.suffix, such_as(span))
}

/// What vendors say of the suffix, and the ways out.
pub(super) fn help(code: Code, host: &HostPattern, suffix: &DomainName, intent: Intent) -> Vec<String> {
    let mut help: Vec<String> = advice(suffix, intent).map(str::to_owned).collect();
    if help.is_empty() {
        help.push(format!("name the sites under `{suffix}` that are meant: `select: include:` adds them"));
    }
    help.push(format!(
        "or waive it: `waivers: [{{ lint: {code}, pattern: \"{host}\", intent: {intent}, reason: …, owner: …, expires: … }}]`"
    ));
    help
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
