//! Times as logs write them, in milliseconds since 1970. One without a zone is taken for UTC.

use jiff::civil::{Date, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use super::super::record::{Malformed, number};

/// Names of months in English, as every format writes them.
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Reads a time of any of these forms:
///
/// - `1700000000`, `1700000000.123`; seconds, or by the count of digits milli-, micro- or nanoseconds
/// - `2026-11-30T21:15:00.123Z`, `2026-11-30 21:15:00+01:00`, `2026/11/30 21:15:00`, `2026-11-30`
/// - `30/Nov/2026:21:15:00 +0000`
/// - `Mon Nov 30 21:15:00 2026`, `Nov 30 2026 21:15:00 GMT`
///
/// # Errors
/// Where it is none of these, or no moment that exists.
pub fn moment(text: &[u8]) -> Result<i64, Malformed> {
    let text = text.strip_prefix(b"[").and_then(|own| own.strip_suffix(b"]")).unwrap_or(text);
    let mut rest = Rest(text);
    let read = match text {
        [a, b, c, d, b'-' | b'/', ..] if [a, b, c, d].iter().all(|own| own.is_ascii_digit()) => {
            year_first(&mut rest)
        }
        [_, b'/', ..] | [_, _, b'/', ..] => day_first(&mut rest),
        [first, ..] if first.is_ascii_alphabetic() => named(&mut rest),
        _ => return epoch(text),
    };
    read.filter(|_| rest.0.is_empty()).ok_or(Malformed::Time)
}

/// A day and a time of it, in two fields.
///
/// # Errors
/// Where one of them is none.
pub fn moment_of(date: &[u8], time: &[u8]) -> Result<i64, Malformed> {
    if time.is_empty() {
        return moment(date);
    }
    let read = |rest: &mut Rest<'_>, clock: &mut Rest<'_>| {
        let day = rest.date()?;
        let (time, milliseconds) = clock.clock()?;
        let offset = clock.zone()?;
        to_milliseconds(day, time, milliseconds, offset)
    };
    let (mut day, mut clock) = (Rest(date), Rest(time));
    read(&mut day, &mut clock).filter(|_| day.0.is_empty() && clock.0.is_empty()).ok_or(Malformed::Time)
}

/// A time as a format of strftime describes it; without a zone in it, it is taken for UTC.
///
/// # Errors
/// Where it is none of that format.
pub fn formatted(format: &str, text: &[u8]) -> Result<i64, Malformed> {
    // The form of nearly every log, read without the format.
    if format == "%d/%b/%Y:%H:%M:%S %z" {
        return moment(text);
    }
    let broken = BrokenDownTime::parse(format, text).map_err(|_| Malformed::Time)?;
    let zoned = broken.to_timestamp().ok();
    let plain = || Offset::UTC.to_timestamp(broken.to_datetime().ok()?).ok();
    zoned.or_else(plain).map(|own| own.as_millisecond()).ok_or(Malformed::Time)
}

/// Seconds since 1970; where they would be later than the year 5138, what they must be instead.
fn epoch(text: &[u8]) -> Result<i64, Malformed> {
    let digits = memchr::memchr(b'.', text).unwrap_or(text.len());
    let whole =
        number(&text[..digits]).ok().and_then(|own| i64::try_from(own).ok()).ok_or(Malformed::Time)?;
    match digits {
        0..=11 => super::super::record::seconds(text),
        12..=14 => Ok(whole),
        15..=17 => Ok(whole / 1000),
        _ => Ok(whole / 1_000_000),
    }
}

fn year_first(rest: &mut Rest<'_>) -> Option<i64> {
    let date = rest.date()?;
    if rest.0.is_empty() {
        return to_milliseconds(date, Time::midnight(), 0, 0);
    }
    rest.one_of(b"T t")?;
    let (time, milliseconds) = rest.clock()?;
    let offset = rest.zone()?;
    to_milliseconds(date, time, milliseconds, offset)
}

fn day_first(rest: &mut Rest<'_>) -> Option<i64> {
    let day = rest.digits(1..=2)?;
    rest.one_of(b"/")?;
    let month = rest.month()?;
    rest.one_of(b"/")?;
    let year = rest.digits(4..=4)?;
    rest.one_of(b": ")?;
    let (time, milliseconds) = rest.clock()?;
    let offset = rest.zone()?;
    to_milliseconds(date(year, month, day)?, time, milliseconds, offset)
}

fn named(rest: &mut Rest<'_>) -> Option<i64> {
    // The day of the week, which the date tells.
    if let Some(month) = rest.month() {
        rest.blanks()?;
        let day = rest.digits(1..=2)?;
        rest.blanks()?;
        let year = rest.digits(4..=4)?;
        rest.blanks()?;
        let (time, milliseconds) = rest.clock()?;
        let offset = rest.zone()?;
        return to_milliseconds(date(year, month, day)?, time, milliseconds, offset);
    }
    let day = rest.0.get(..3)?;
    if !day.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    rest.0 = &rest.0[3..];
    rest.blanks()?;
    let month = rest.month()?;
    rest.blanks()?;
    let day = rest.digits(1..=2)?;
    rest.blanks()?;
    let (time, milliseconds) = rest.clock()?;
    rest.blanks()?;
    let year = rest.digits(4..=4)?;
    to_milliseconds(date(year, month, day)?, time, milliseconds, 0)
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The moment of a clock that is `offset` seconds ahead of UTC.
fn to_milliseconds(date: Date, time: Time, milliseconds: i64, offset: i32) -> Option<i64> {
    let offset = Offset::from_seconds(offset).ok()?;
    Some(offset.to_timestamp(date.to_datetime(time)).ok()?.as_millisecond() + milliseconds)
}

/// What is not read yet.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn one_of(&mut self, octets: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        octets.contains(first).then(|| self.0 = rest)?;
        Some(*first)
    }

    fn blanks(&mut self) -> Option<()> {
        self.one_of(b" ")?;
        while self.one_of(b" ").is_some() {}
        Some(())
    }

    /// A number of at most nine digits.
    fn digits(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let most = self.0.len().min(*count.end());
        let length = self.0[..most].iter().take_while(|own| own.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        count.contains(&length).then(|| self.0 = rest)?;
        Some(digits.iter().fold(0, |all, digit| all * 10 + u32::from(digit - b'0')))
    }

    fn month(&mut self) -> Option<u32> {
        let name = self.0.get(..3)?;
        let month = MONTHS.iter().position(|own| own.eq_ignore_ascii_case(name))?;
        self.0 = &self.0[3..];
        u32::try_from(month + 1).ok()
    }

    /// `2026-11-30`, or with slashes.
    fn date(&mut self) -> Option<Date> {
        let year = self.digits(4..=4)?;
        let between = self.one_of(b"-/")?;
        let month = self.digits(1..=2)?;
        self.one_of(&[between])?;
        let day = self.digits(1..=2)?;
        date(year, month, day)
    }

    /// `21:15:00.123`: the time, and milliseconds of its last second.
    fn clock(&mut self) -> Option<(Time, i64)> {
        let hour = self.digits(1..=2)?;
        self.one_of(b":")?;
        let minute = self.digits(2..=2)?;
        self.one_of(b":")?;
        let second = self.digits(2..=2)?;
        let mut milliseconds = 0;
        if self.one_of(b".,").is_some() {
            let mut unit = 100;
            let before = self.0;
            while let Some(digit) = self.digits(1..=1) {
                milliseconds += i64::from(digit) * unit;
                unit /= 10;
            }
            (before.len() > self.0.len()).then_some(())?;
        }
        // A second that is put in counts as the one before it.
        let second = second.min(if second == 60 { 59 } else { second });
        let time =
            Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0);
        Some((time.ok()?, milliseconds))
    }

    /// Seconds ahead of UTC: `Z`, `+0100`, `-01:00`, `+01`, ` UTC`, or nothing.
    fn zone(&mut self) -> Option<i32> {
        let _ = self.one_of(b" ");
        if self.0.is_empty() {
            return Some(0);
        }
        for name in [&b"Z"[..], b"UTC", b"GMT"] {
            if self.0.eq_ignore_ascii_case(name) {
                self.0 = &[];
                return Some(0);
            }
        }
        let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2..=2)?;
        let _ = self.one_of(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2..=2)? };
        (minutes < 60).then_some(())?;
        Some(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_form_are_the_same_moment() {
        // 2026-11-30T21:15:00Z.
        let want = 1_796_073_300_000;
        for text in [
            "1796073300",
            "1796073300.000",
            "1796073300000",
            "1796073300000000",
            "1796073300000000000",
            "2026-11-30T21:15:00Z",
            "2026-11-30t21:15:00z",
            "2026-11-30T22:15:00+01:00",
            "2026-11-30T16:45:00-0430",
            "2026-11-30 21:15:00",
            "2026-11-30 21:15:00 +0000",
            "2026-11-30 21:15:00 UTC",
            "2026/11/30 21:15:00",
            "30/Nov/2026:21:15:00 +0000",
            "[30/Nov/2026:22:15:00 +0100]",
            "Mon Nov 30 21:15:00 2026",
            "Nov 30 2026 21:15:00 GMT",
        ] {
            assert_eq!(moment(text.as_bytes()), Ok(want), "{text}");
        }
        assert_eq!(moment(b"2026-11-30T21:15:00.1239Z"), Ok(want + 123));
        assert_eq!(moment(b"2026-11-30 21:15:00,5"), Ok(want + 500));
        assert_eq!(moment(b"Mon Jun  6 15:29:11 2022"), moment(b"2022-06-06T15:29:11Z"));
        assert_eq!(moment_of(b"2026-11-30", b"21:15:00"), Ok(want));
        assert_eq!(moment_of(b"2026-11-30", b""), moment(b"2026-11-30T00:00:00Z"));
        assert_eq!(moment(b"2016-12-31T23:59:60Z"), moment(b"2016-12-31T23:59:59Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-",
            "x",
            "2026-13-01T00:00:00Z",
            "2026-02-29 00:00:00",
            "2026-11-30T24:00:00Z",
            "2026-11-30T21:15:00.Z",
            "2026-11-30T21:15:00+1",
            "2026-11-30T21:15:00ZZ",
            "2026-11/30 21:15:00",
            "11/30/2026 21:15:00",
            "30/Nov/2026",
            "99999999999999999999",
            "-5",
        ] {
            assert_eq!(moment(text.as_bytes()), Err(Malformed::Time), "{text}");
        }
    }
}
