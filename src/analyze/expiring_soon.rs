//! `expiring-soon`.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Endpoint;

/// Waivers and inclusions whose last day is near.
pub(super) struct ExpiringSoon;

/// How many days ahead are looked at: time enough to ask whoever answers for it.
const DAYS: i64 = 30;

impl Lint for ExpiringSoon {
    fn code(&self) -> Code {
        Code::ExpiringSoon
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let horizon = cx.today.saturating_add(DAYS.days());
        let is_near = |day: Date| (cx.today..=horizon).contains(&day);
        let finding = |message: String, place: Place, label: &str, owner: &str, reason: &str| {
            Diagnostic::new(self.code(), message, place, label)
                .help(format!("ask {owner} whether it is still needed ({reason})"))
        };
        for waiver in cx.profile.waivers.iter().filter(|waiver| is_near(waiver.value.expires)) {
            let value = &waiver.value;
            let message = format!(
                "the waiver of {} for `{}` ends after {}, in {}",
                value.lint,
                value.pattern,
                value.expires,
                days(cx.today, value.expires)
            );
            let place = waiver.place(value.pattern.to_string());
            report(
                finding(message, place, "the rule may be left out then", &value.owner, &value.reason)
                    .for_intent(value.intent),
            );
        }
        for include in &cx.profile.select.include {
            let value = &include.value;
            let Some(day) = value.expires.filter(|day| is_near(*day)) else { continue };
            let message = format!("`{}` is included until {day}, for {}", value.host, days(cx.today, day));
            let place = include.place(value.host.to_string());
            report(finding(message, place, "left out then", &value.owner, &value.reason));
        }
    }
}

/// `1 day`, `12 days`: how many, the last one counted.
fn days(today: Date, last: Date) -> String {
    let days = today.until(last).map_or(0, |span| span.get_days()) + 1;
    crate::text::count(usize::try_from(days).unwrap_or(1), "day")
}
