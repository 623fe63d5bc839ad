//! What of a profile ends: waivers and inclusions with their last days, in the order of the file.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::diag::Place;
use crate::profile::{Include, Profile, Spanned, Waiver};

/// Something that the profile makes an exception for.
#[derive(Clone, Copy, Debug)]
pub enum Exception<'p> {
    /// A finding that somebody accepts.
    Waiver(&'p Spanned<Waiver>),
    /// A host that the profile adds.
    Include(&'p Spanned<Include>),
}

/// Where its last day lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It is over.
    Over,
    /// Today, or in the days that are looked ahead.
    Near,
    /// Later.
    Far,
}

/// Every exception of a profile.
pub fn exceptions(profile: &Profile) -> impl Iterator<Item = Exception<'_>> {
    let waivers = profile.waivers.iter().map(Exception::Waiver);
    waivers.chain(profile.select.include.iter().map(Exception::Include))
}

impl Exception<'_> {
    /// Its last day, where it has one.
    pub fn expires(&self) -> Option<Date> {
        match self {
            Self::Waiver(waiver) => Some(waiver.value.expires),
            Self::Include(include) => include.value.expires,
        }
    }

    /// Where its last day lies, `days` ahead of today; nothing where it has none.
    pub fn end(&self, today: Date, days: u16) -> Option<End> {
        // Past the end of the calendar nothing ends.
        let until = today.saturating_add(i32::from(days).days());
        self.expires().map(|day| match day {
            day if day < today => End::Over,
            day if day <= until => End::Near,
            _ => End::Far,
        })
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        match self {
            Self::Waiver(waiver) => &waiver.value.owner,
            Self::Include(include) => &include.value.owner,
        }
    }

    /// Why it is there.
    pub fn reason(&self) -> &str {
        match self {
            Self::Waiver(waiver) => &waiver.value.reason,
            Self::Include(include) => &include.value.reason,
        }
    }

    /// Its pattern; of a waiver with the lint before it.
    pub fn what(&self) -> String {
        match self {
            Self::Waiver(waiver) => {
                let own = &waiver.value;
                format!("{} {} ({})", own.lint, own.pattern, own.intent)
            }
            Self::Include(include) => include.value.host.to_string(),
        }
    }

    /// Its line in the profile.
    pub fn line(&self) -> u32 {
        match self {
            Self::Waiver(waiver) => waiver.line,
            Self::Include(include) => include.line,
        }
    }

    /// Its place in the profile, for a finding.
    pub fn place(&self) -> Place {
        match self {
            Self::Waiver(waiver) => waiver.place(waiver.value.pattern.to_string()),
            Self::Include(include) => include.place(include.value.host.to_string()),
        }
    }
}
