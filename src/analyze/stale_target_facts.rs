//! `stale-target-facts`.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::embedded;
use crate::model::Endpoint;

/// Targets whose facts nobody has held to the product for a year.
pub(super) struct StaleTargetFacts;

/// `verified_on` of a target: a day, or a day for each version or program that it was held to.
#[derive(Deserialize)]
#[serde(untagged)]
enum Verified {
    Day(Date),
    Days(BTreeMap<String, Date>),
}

#[derive(Deserialize)]
struct Facts {
    verified_on: Verified,
}

impl Lint for StaleTargetFacts {
    fn code(&self) -> Code {
        Code::StaleTargetFacts
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let year_ago = cx.today.saturating_sub(1.year());
        for target in &cx.profile.targets {
            let Some(day) = verified_on(target).filter(|day| *day < year_ago) else { continue };
            report(
                Diagnostic::new(
                    self.code(),
                    format!("what the product does was verified on {day}, more than a year ago"),
                    Place::Run,
                    "it may have changed since",
                )
                .for_target(target)
                .help("take a newer version of thruway, or try what is written on one machine first"),
            );
        }
    }
}

/// The oldest of the days on which what the target's files rest on was looked at.
fn verified_on(target: &str) -> Option<Date> {
    let facts: Facts = embedded::table(&format!("targets/{target}/target.yaml"));
    match facts.verified_on {
        Verified::Day(day) => Some(day),
        Verified::Days(days) => days.into_values().min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;

    #[test]
    fn every_target_says_when_it_was_verified() {
        for emitter in emit::ALL {
            assert!(verified_on(emitter.id()).is_some(), "{}", emitter.id());
        }
    }
}
