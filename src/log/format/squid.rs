//! Squid's own format: `time elapsed client code/status bytes method URL user hierarchy/from type`.
//!
//! Source: <http://www.squid-cache.org/Doc/config/logformat/>, `squid`, and the logs of Squid 5.7, 2026-11-30.

use super::super::plain::{Plain, Window};
use super::super::record::{Malformed, Record, Target, Verdict, number, seconds};
use crate::model::Scheme;

/// Octets of the time that Squid writes, as `1700000000.123`.
const TIME: usize = 14;

/// What most lines say, seen at a glance.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'l> {
    /// The host.
    pub host: Plain<'l>,
    /// The TCP port.
    pub port: u16,
    /// Whether it is HTTPS, or a tunnel.
    pub is_https: bool,
    /// Whether there is a path.
    pub has_path: bool,
    /// Who asked.
    pub client: &'l [u8],
    /// Octets to the client.
    pub bytes: u64,
    /// When, in milliseconds since 1970.
    pub time: i64,
    /// What became of it, as Squid says it.
    result: &'l [u8],
    method: &'l [u8],
}

impl Glance<'_> {
    /// What became of it.
    pub fn verdict(&self) -> Verdict {
        verdict(self.result)
    }

    /// Whether somebody looked into its TLS.
    pub fn inspected(&self) -> Option<bool> {
        // A URL of HTTPS is seen only by who looks into the tunnel.
        self.is_https.then_some(self.method != b"CONNECT")
    }
}

/// A line as Squid nearly always writes it. Nothing where anything is out of the ordinary; else [`record`] finds the same, and
/// the path. `octets` goes on behind the line for at least
/// three times [`WIDTH`](super::super::plain::WIDTH) octets, or else little is seen.
#[inline]
pub fn glance(octets: &[u8], length: usize) -> Option<Glance<'_>> {
    let time = time(octets)?;
    let window = Window::at(octets, TIME + 1)?;
    let blanks = window.equal(b' ');
    let mut ends = blanks & !((1 << (!blanks).trailing_zeros().min(63)) - 1);
    let mut next = || {
        let end = ends.trailing_zeros();
        ends &= ends.wrapping_sub(1);
        end
    };
    let (elapsed, client, result, bytes, method) = (next(), next(), next(), next(), next());
    // A word that ends beyond the window has its end at 64; two blanks side by side are two ends.
    if method > 62 || (blanks & (blanks << 1)) >> elapsed << elapsed << (63 - method) != 0 {
        return None;
    }
    let at = |end: u32| TIME + 1 + end as usize;
    let count = bytes - result - 1;
    if count > 8 {
        return None;
    }
    let beyond = 64 - 8 * count;
    let number = word(octets, at(result) + 1)? << beyond | ZEROS & ((1 << beyond) - 1);
    if !are_digits(number) {
        return None;
    }
    let url = at(method) + 1;
    let (host, scheme) = match octets.get(url..)?.first_chunk()? {
        [b'h', b't', b't', b'p', b':', b'/', b'/', _] => (url + 7, Some(Scheme::Http)),
        b"https://" => (url + 8, Some(Scheme::Https)),
        _ => (url, None),
    };
    let name = Plain::read(octets.get(host..)?)?;
    let is_https = scheme != Some(Scheme::Http);
    let (mut end, mut port) = (host + name.length(), if is_https { 443 } else { 80 });
    if octets[end] == b':' {
        let digits = octets[end + 1..].iter().take(5).take_while(|octet| octet.is_ascii_digit()).count();
        // Five digits may be no port.
        if digits == 0 || digits > 4 {
            return None;
        }
        let digits = end + 1..end + 1 + digits;
        end = digits.end;
        port = octets[digits].iter().fold(0, |port, digit| port * 10 + u16::from(digit - b'0'));
    }
    let has_path = octets[end] == b'/';
    // `error:` with a reason is no URL.
    if end >= length || !(octets[end] == b' ' || has_path && scheme.is_some()) || name.is(b"error") {
        return None;
    }
    Some(Glance {
        host: name,
        port,
        is_https,
        has_path,
        client: &octets[at(elapsed) + 1..at(client)],
        bytes: eight_digits(number) as u64,
        time,
        result: &octets[at(client) + 1..at(result)],
        method: &octets[at(bytes) + 1..at(method)],
    })
}

/// Eight octets from a place, the first one lowest.
#[inline]
fn word(octets: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*octets.get(at..)?.first_chunk()?))
}

/// Eight digits 0.
const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// Whether all octets of a word are decimal digits.
#[inline]
fn are_digits(word: u64) -> bool {
    // The upper half of a digit is three, and is still so when six is added.
    const UPPER: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    word & UPPER == ZEROS && (word + 0x0606_0606_0606_0606) & UPPER == ZEROS
}

/// The number of eight decimal digits: pairs of digits, then pairs of pairs.
#[inline]
fn eight_digits(word: u64) -> i64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let digits = word - ZEROS;
    let pairs = digits * 10 + (digits >> 8);
    let high = (pairs & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    (high.wrapping_add(low) >> 32) as i64
}

/// The time at the beginning of a line with the blank behind it, in milliseconds since 1970.
#[inline]
fn time(octets: &[u8]) -> Option<i64> {
    // `dd.ddd ?` behind eight digits; what is no digit there counts as 0.
    const SIGNS: u64 = u64::from_le_bytes(*b"\0\0\xff\0\0\0\xff\xff");
    let (first, second) = (word(octets, 0)?, word(octets, 8)?);
    let is_signs = second & SIGNS & !(0xff << 56) == u64::from_le_bytes(*b"\0\0.\0\0\0 \0");
    let second = (second & !SIGNS) | (ZEROS & SIGNS);
    if !is_signs || !are_digits(first) || !are_digits(second) {
        return None;
    }
    let digit = |at: u32| ((second >> (8 * at)) & 0x0f) as i64;
    let seconds = eight_digits(first) * 100 + digit(0) * 10 + digit(1);
    Some(seconds * 1000 + digit(3) * 100 + digit(4) * 10 + digit(5))
}

/// Reads one line without its end.
///
/// # Errors
/// Where it is no record, or one about no request, such as `error:transaction-end-before-headers`.
pub fn record(line: &[u8]) -> Result<Record<'_>, Malformed> {
    let mut fields = Fields { rest: line };
    let mut next = || fields.next().ok_or(Malformed::Fields);
    let time = seconds(next()?)?;
    let _elapsed = next()?;
    let client = next()?;
    let result = next()?;
    let bytes = number(next()?)?;
    let method = next()?;
    let url = next()?;
    if url.starts_with(b"error:") {
        return Err(Malformed::NoRequest);
    }
    let target = Target::of(url)?;
    Ok(Record {
        host: target.host,
        port: target.port,
        is_https: target.is_https,
        path: target.path,
        client,
        bytes,
        time: Some(time),
        verdict: verdict(result),
        // A URL of HTTPS is seen only by who looks into the tunnel.
        inspected: target.is_https.then_some(method != b"CONNECT"),
    })
}

/// What became of a request, by `TCP_DENIED/407`.
pub(super) fn verdict(result: &[u8]) -> Verdict {
    if !result.starts_with(b"TCP_DENIED") && !result.starts_with(b"UDP_DENIED") {
        return Verdict::Passed;
    }
    match memchr::memchr(b'/', result).map(|at| &result[at + 1..]) {
        Some(b"407" | b"401") => Verdict::Authentication,
        _ => Verdict::Denied,
    }
}

/// Words between blanks; the elapsed time is padded with them.
struct Fields<'l> {
    rest: &'l [u8],
}

impl<'l> Iterator for Fields<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let start = self.rest.iter().position(|octet| *octet != b' ')?;
        let rest = &self.rest[start..];
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        self.rest = &rest[end..];
        Some(&rest[..end])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::hostname::Hostname;
    use super::super::super::lookup::Lookup;
    use super::super::super::plain::WIDTH;
    use super::*;

    /// With what stands behind a line mostly: another.
    fn padded(line: &str) -> Vec<u8> {
        let octets = [line.as_bytes(), b"\n", "1700000000.123 a.example:443 ".repeat(10).as_bytes()].concat();
        assert!(octets.len() > line.len() + 4 * WIDTH);
        octets
    }

    /// A field as it is mostly, or as it should not be.
    fn field(ordinary: &'static str, odd: &'static str) -> impl Strategy<Value = String> {
        prop_oneof![9 => ordinary.prop_map(|own| own), 1 => odd.prop_map(|own| own)]
    }

    proptest! {
        /// What is seen at a glance is what is read with care.
        #[test]
        fn a_glance_agrees_with_the_record(
            time in field("[0-9]{10}\\.[0-9]{3}", "[0-9]{0,12}[.x]?[0-9]{0,4}"),
            elapsed in field(" {0,5}[0-9]{1,6}", " {0,9}[-0-9x]{0,20}"),
            client in field("[0-9.]{7,15}", "[0-9a-f: ]{0,40}"),
            result in field("TCP_(TUNNEL|DENIED|MISS)/[0-9]{3}", "[A-Z_/0-9 ]{0,30}"),
            bytes in field("[0-9]{1,9}", "[-0-9x ]{0,22}"),
            method in field("(CONNECT|GET)", "[A-Z ]{0,20}"),
            scheme in field("(http://|https://|)", "(HTTP://|ftp://|error:|u@|//)"),
            host in field("[a-zA-Z][a-z0-9-]{0,9}(\\.[a-z]{1,9}){0,4}", "[-a-zA-Z0-9._@\\[\\]:?#\u{e4}]{0,70}"),
            port in field("(:443|:80|)", ":[0-9x]{0,6}"),
            rest in field("(/[a-z/]{0,9})? - -", "[-/?#@ a-z]{0,9}"),
        ) {
            let line = format!("{time} {elapsed} {client} {result} {bytes} {method} {scheme}{host}{port}{rest}");
            if let Some(glance) = glance(&padded(&line), line.len()) {
                let record = record(line.as_bytes()).unwrap();
                let has_path = record.path.is_some_and(|path| !path.is_empty());
                prop_assert_eq!(
                    (Some(glance.time), glance.port, glance.is_https, glance.has_path, glance.client),
                    (record.time, record.port, record.is_https, has_path, record.client)
                );
                prop_assert_eq!(
                    (glance.bytes, glance.verdict(), glance.inspected()),
                    (record.bytes, record.verdict, record.inspected)
                );
                let mut name = Hostname::default();
                prop_assert!(Lookup::new(Vec::new()).find(record.host, &mut name, &mut Vec::new()));
                prop_assert!(glance.host.is(name.as_bytes()));
            }
        }
    }

    #[test]
    fn ordinary_lines_are_seen_at_a_glance() {
        for line in [
            "1700000000.123    456 10.0.0.1 TCP_TUNNEL/200 7894 CONNECT a.wd.microsoft.com:443 - HIER_DIRECT/192.0.2.1 -",
            "1700000000.123 123456 255.255.255.255 TCP_MISS/200 78941234 CONNECT a.wd.microsoft.com:8443 - -",
            "1700000000.123      1 10.0.0.1 TCP_DENIED/403 0 GET http://r3---sn-x.Example.com/a?b - HIER_NONE/- -",
            "1700000000.123      1 10.0.0.1 TCP_MISS/200 0 GET https://a.example:444/a?b u HIER_NONE/- -",
        ] {
            assert!(glance(&padded(line), line.len()).is_some(), "{line}");
        }
        for line in [
            // The end of the line is the end of the URL; words are missing.
            "1700000000.123      1 10.0.0.1 TCP_DENIED/403 0 CONNECT a.example:443",
            "1700000000.123      1 10.0.0.1 TCP_DENIED/403 0 a.example:443 - -",
            "1700000000.123      1 10.0.0.1 NONE/400 0 - error:80 - -",
            "1700000000.123      1 10.0.0.1 TCP_MISS/200 0 GET http://a.example@b.example/ - -",
            "1700000000.123      1 10.0.0.1 TCP_MISS/200 x CONNECT a.example:443 - -",
        ] {
            assert!(glance(&padded(line), line.len()).is_none(), "{line}");
        }
    }

    #[test]
    fn lines_of_squid_are_read() {
        let line = b"1700000000.123    456 10.0.0.1 TCP_TUNNEL/200 7894 CONNECT a.wd.microsoft.com:443 - HIER_DIRECT/192.0.2.1 -";
        assert_eq!(
            record(line),
            Ok(Record {
                host: b"a.wd.microsoft.com",
                port: 443,
                is_https: true,
                path: None,
                client: b"10.0.0.1",
                bytes: 7894,
                time: Some(1_700_000_000_123),
                verdict: Verdict::Passed,
                inspected: Some(false),
            })
        );
        let of =
            |text: &'static str| record(text.as_bytes()).map(|own| (own.verdict, own.inspected, own.port));
        assert_eq!(
            of("1.0 0 ::1 TCP_DENIED/407 0 CONNECT a.example:443 - HIER_NONE/- text/html"),
            Ok((Verdict::Authentication, Some(false), 443))
        );
        assert_eq!(
            of("1.0 0 ::1 TCP_DENIED/403 0 GET http://a.example/ - HIER_NONE/- text/html"),
            Ok((Verdict::Denied, None, 80))
        );
        assert_eq!(
            of("1.0 0 ::1 TCP_MISS/200 0 GET https://a.example/x - HIER_DIRECT/- text/html"),
            Ok((Verdict::Passed, Some(true), 443))
        );
        assert_eq!(
            of("1.0 0 ::1 NONE_NONE/400 0 - error:invalid-request - HIER_NONE/- -"),
            Err(Malformed::NoRequest)
        );
        assert_eq!(of(""), Err(Malformed::Fields));
        assert_eq!(of("1.0 0 ::1 TCP_MISS/200"), Err(Malformed::Fields));
    }
}
