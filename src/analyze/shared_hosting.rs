//! `shared-hosting`.

use super::covers_public_suffix::{help, level, message};
use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::Intent;
use crate::suffix::{Section, shared_suffixes};

/// A pattern over a suffix of `data/shared-hosting.yaml`, such as `*.sharepoint.com`.
pub(super) struct SharedHosting;

impl GateLint for SharedHosting {
    fn code(&self) -> Code {
        Code::SharedHosting
    }

    fn level(&self, intent: Intent) -> Level {
        level(intent)
    }

    fn stands_in_for(&self) -> Option<Code> {
        Some(Code::CoversPublicSuffix)
    }

    fn check(&self, subject: &Subject<'_>, intent: Intent) -> Option<Trouble> {
        let span = subject.span.as_ref().filter(|span| span.section == Section::SharedHosting)?;
        let host = &subject.pattern.host;
        let why = shared_suffixes().iter().find(|shared| shared.name == span.suffix);
        Some(Trouble {
            message: message(host, span),
            label: format!("customers of one service share `{}`", span.suffix),
            notes: why.map(ToString::to_string).into_iter().collect(),
            help: help(self.code(), host, &span.suffix, intent),
        })
    }
}
