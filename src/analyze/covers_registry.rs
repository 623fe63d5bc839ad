//! `covers-registry`.

use super::covers_public_suffix::{across, such_as};
use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::model::Intent;
use crate::suffix::Section;

/// A pattern over a registry's suffix, such as `*.co.uk`.
pub(super) struct CoversRegistry;

impl GateLint for CoversRegistry {
    fn code(&self) -> Code {
        Code::CoversRegistry
    }

    fn level(&self, _: Intent) -> Level {
        Level::Deny
    }

    fn check(&self, subject: &Subject<'_>, _: Intent) -> Option<Trouble> {
        let span = subject.span.as_ref().filter(|span| span.section == Section::Icann)?;
        let host = &subject.pattern.host;
        Some(Trouble {
            message: format!("`{host}` {} `{}`{}", across(host, span), span.suffix, such_as(span)),
            label: format!("anybody can register a name under `{}`", span.suffix),
            notes: Vec::new(),
            help: vec![format!(
                "name the domains that are meant, each with the label before `{}` that its owner registered",
                span.suffix
            )],
        })
    }
}
