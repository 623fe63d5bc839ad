//! One line of a log, in no format.

/// What a proxy or a firewall says of one request. Texts are octets of the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Record<'l> {
    /// Name or address, without brackets and port.
    pub host: &'l [u8],
    /// The TCP port.
    pub port: u16,
    /// Whether it is HTTPS, or a tunnel, which mostly is.
    pub is_https: bool,
    /// The path with its query, where the line has one.
    pub path: Option<&'l [u8]>,
    /// Who asked: an address, mostly; empty where the line does not say.
    pub client: &'l [u8],
    /// Octets to the client.
    pub bytes: u64,
    /// When, in milliseconds since 1970; nothing where the line does not say.
    pub time: Option<i64>,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether somebody looked into its TLS, where the line tells.
    pub inspected: Option<bool>,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Let through, whatever the server answered.
    Passed,
    /// Refused by policy.
    Denied,
    /// The client was asked for credentials first.
    Authentication,
}

/// Why a line is no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// It has fewer fields than the format.
    #[error("too few fields")]
    Fields,
    /// Its time is none.
    #[error("the time is none")]
    Time,
    /// Its URL names no host.
    #[error("the URL names no host")]
    Url,
    /// A number is none.
    #[error("a number is none")]
    Number,
    /// The word for what became of it is none that is known; it may be a refusal.
    #[error("the verdict is no known word")]
    Verdict,
    /// A quote does not end, or something is behind it.
    #[error("a quote does not end")]
    Quote,
    /// It is no object of JSON, or names a key twice.
    #[error("no object of JSON")]
    Json,
    /// No line before it names the fields.
    #[error("no `#Fields:` line before it names its fields")]
    Header,
    /// It tells of no request: a connection that ended before one, a line of comment. Nothing is wrong with it.
    #[error("no request")]
    NoRequest,
}

/// Where a request went, as its URL says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target<'l> {
    /// Name or address.
    pub host: &'l [u8],
    /// The TCP port.
    pub port: u16,
    /// Whether it is HTTPS.
    pub is_https: bool,
    /// The path with its query, if there is one.
    pub path: Option<&'l [u8]>,
}

impl<'l> Target<'l> {
    /// Of a URL, `http://host/path`, or of the authority of a tunnel, `host:443`.
    ///
    /// # Errors
    /// Where it names no host or its port is none.
    pub fn of(url: &'l [u8]) -> Result<Self, Malformed> {
        let scheme =
            memchr::memmem::find(url, b"://").filter(|at| url[..*at].iter().all(u8::is_ascii_alphanumeric));
        let (rest, is_https, default) = match scheme {
            Some(at) if url[..at].eq_ignore_ascii_case(b"http") => (&url[at + 3..], false, 80),
            Some(at) if url[..at].eq_ignore_ascii_case(b"https") => (&url[at + 3..], true, 443),
            // Another scheme is asked of another port; of these none is HTTP.
            Some(at) => (&url[at + 3..], false, 21),
            None => (url, true, 443),
        };
        let end = memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = self::authority(authority)?;
        let port = port.unwrap_or(default);
        Ok(Self { host, port, is_https, path: scheme.is_some().then_some(path) })
    }
}

/// Host and port of an authority, `user@host:443` or `[2001:db8::1]:443`; an address of IPv6 without brackets has no port.
///
/// # Errors
/// Where it names no host or its port is none.
pub fn authority(text: &[u8]) -> Result<(&[u8], Option<u16>), Malformed> {
    let text = memchr::memrchr(b'@', text).map_or(text, |at| &text[at + 1..]);
    let (host, port) = match text {
        [b'[', inside @ ..] => {
            let end = memchr::memchr(b']', inside).ok_or(Malformed::Url)?;
            (&inside[..end], inside[end + 1..].strip_prefix(b":"))
        }
        _ => match memchr::memrchr(b':', text) {
            Some(at) if memchr::memchr(b':', &text[..at]).is_none() => (&text[..at], Some(&text[at + 1..])),
            _ => (text, None),
        },
    };
    if host.is_empty() {
        return Err(Malformed::Url);
    }
    let port = match port {
        Some(text) if !text.is_empty() => Some(u16::try_from(number(text)?).map_err(|_| Malformed::Number)?),
        _ => None,
    };
    Ok((host, port))
}

/// A number in decimal digits.
///
/// # Errors
/// Where it is none, or over 64 bits.
pub fn number(text: &[u8]) -> Result<u64, Malformed> {
    if text.is_empty() {
        return Err(Malformed::Number);
    }
    text.iter().try_fold(0_u64, |number, octet| {
        let digit = octet.wrapping_sub(b'0');
        let next = number.checked_mul(10).and_then(|own| own.checked_add(u64::from(digit)));
        next.filter(|_| digit < 10).ok_or(Malformed::Number)
    })
}

/// Seconds since 1970 with a fraction, as milliseconds.
///
/// # Errors
/// Where it is none.
pub fn seconds(text: &[u8]) -> Result<i64, Malformed> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b""[..]),
    };
    let milliseconds = match fraction {
        [] => 0,
        [a] => 100 * number(&[*a])?,
        [a, b] => 10 * number(&[*a, *b])?,
        [a, b, c, ..] => number(&[*a, *b, *c])?,
    };
    let all = number(whole).ok().and_then(|own| own.checked_mul(1000)?.checked_add(milliseconds));
    all.and_then(|own| i64::try_from(own).ok()).ok_or(Malformed::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_the_url_says() {
        let of = |text: &'static str| {
            Target::of(text.as_bytes()).map(|own| {
                let text = |own: &[u8]| String::from_utf8(own.to_vec()).unwrap();
                (text(own.host), own.port, own.is_https, own.path.map(text))
            })
        };
        let path = |text: &str| Some(text.to_owned());
        for (url, host, port, is_https, want) in [
            ("a.example:443", "a.example", 443, true, None),
            ("a.example:8443", "a.example", 8443, true, None),
            ("[2001:db8::1]:443", "2001:db8::1", 443, true, None),
            ("2001:db8::1", "2001:db8::1", 443, true, None),
            ("http://a.example/p?q", "a.example", 80, false, path("/p?q")),
            ("HTTPS://u:p@a.example:8443", "a.example", 8443, true, path("")),
            ("http://a.example?x://y", "a.example", 80, false, path("?x://y")),
            ("http://[2001:db8::1]/", "2001:db8::1", 80, false, path("/")),
        ] {
            assert_eq!(of(url), Ok((host.to_owned(), port, is_https, want)), "{url}");
        }
        for (url, want) in [
            ("", Malformed::Url),
            ("http:///x", Malformed::Url),
            (":443", Malformed::Url),
            ("[::1", Malformed::Url),
            ("a.example:99999", Malformed::Number),
            ("a.example:x", Malformed::Number),
        ] {
            assert_eq!(of(url), Err(want), "{url}");
        }
    }

    #[test]
    fn times_and_numbers_are_whole_or_none() {
        assert_eq!(seconds(b"1700000000.123"), Ok(1_700_000_000_123));
        assert_eq!(seconds(b"1700000000"), Ok(1_700_000_000_000));
        assert_eq!(seconds(b"1700000000.5"), Ok(1_700_000_000_500));
        assert_eq!(seconds(b"1700000000.123456"), Ok(1_700_000_000_123));
        for text in ["", ".", "x", "1.x", "-1", "99999999999999999999", "18446744073709551615"] {
            assert!(seconds(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(number(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), Err(Malformed::Number));
    }
}
