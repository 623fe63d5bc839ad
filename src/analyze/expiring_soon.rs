//! `expiring-soon`.

use jiff::civil::Date;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic};
use crate::endings::{self, End, Exception};
use crate::model::Endpoint;
use crate::profile::Waiver;

/// Waivers and inclusions whose last day is near.
pub(super) struct ExpiringSoon;

/// How many days ahead are looked at: time enough to ask whoever answers for it.
const DAYS: u16 = 30;

impl Lint for ExpiringSoon {
    fn code(&self) -> Code {
        Code::ExpiringSoon
    }

    fn check(&self, _: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        for exception in endings::exceptions(cx.profile) {
            let (Some(End::Near), Some(day)) = (exception.end(cx.today, DAYS), exception.expires()) else {
                continue;
            };
            let left = days(cx.today, day);
            let finding = |message: String, label: &str| {
                let (owner, reason) = (exception.owner(), exception.reason());
                Diagnostic::new(self.code(), message, exception.place(), label)
                    .help(format!("ask {owner} whether it is still needed ({reason})"))
            };
            report(match exception {
                Exception::Waiver(waiver) => {
                    let Waiver { lint, pattern, intent, .. } = &waiver.value;
                    let message = format!("the waiver of {lint} for `{pattern}` ends after {day}, in {left}");
                    finding(message, "the rule may be left out then").for_intent(*intent)
                }
                Exception::Include(include) => {
                    let message = format!("`{}` is included until {day}, for {left}", include.value.host);
                    finding(message, "left out then")
                }
            });
        }
    }
}

/// `1 day`, `12 days`: how many, the last one counted.
fn days(today: Date, last: Date) -> String {
    let days = today.until(last).map_or(0, |span| span.get_days()) + 1;
    crate::text::count(usize::try_from(days).unwrap_or(1), "day")
}
