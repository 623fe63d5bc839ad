//! Squid's own format: `time elapsed client code/status bytes method URL user hierarchy/from type`.
//!
//! Source: <http://www.squid-cache.org/Doc/config/logformat/>, `squid`, and the logs of Squid 5.7, 2026-11-30.

use super::super::record::{Malformed, Record, Target, Verdict, number, seconds};

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
    let (code, status) = match memchr::memchr(b'/', result) {
        Some(at) => (&result[..at], &result[at + 1..]),
        None => (result, &b""[..]),
    };
    if !code.starts_with(b"TCP_DENIED") && !code.starts_with(b"UDP_DENIED") {
        return Verdict::Passed;
    }
    match status {
        b"407" | b"401" => Verdict::Authentication,
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
    use super::*;

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
