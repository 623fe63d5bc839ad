//! What the fields of a line mean, whatever the format, and the record that they make together.

use super::super::record::{self, Malformed, Record, Target, Verdict};
use super::{time, words};

/// What a field says. By the names that `--columns` takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Meaning {
    /// A URL, with or without its scheme; or the authority of a tunnel.
    Url,
    /// Name or address, perhaps with a port.
    Host,
    /// The TCP port.
    Port,
    /// `https`, or a word for an application.
    Scheme,
    /// The path of the URL.
    Path,
    /// The address that was connected to, where no name is known.
    Address,
    /// The name of the hello of TLS.
    Sni,
    /// `GET`, `CONNECT`.
    Method,
    /// The client's address.
    Client,
    /// The user, for a client without an address.
    User,
    /// Octets to the client.
    Bytes,
    /// A moment, or the time of day beside a date.
    Time,
    /// A day.
    Date,
    /// Milliseconds beside a time in seconds.
    Milliseconds,
    /// What the policy decided.
    Verdict,
    /// What the cache did, which also tells refusals: `TCP_DENIED`.
    Result,
    /// The status of HTTP.
    Status,
    /// Whether TLS was looked into.
    Inspected,
}

impl Meaning {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Url,
        Self::Host,
        Self::Port,
        Self::Scheme,
        Self::Path,
        Self::Address,
        Self::Sni,
        Self::Method,
        Self::Client,
        Self::User,
        Self::Bytes,
        Self::Time,
        Self::Date,
        Self::Milliseconds,
        Self::Verdict,
        Self::Result,
        Self::Status,
        Self::Inspected,
    ];

    /// As `--columns` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Host => "host",
            Self::Port => "port",
            Self::Scheme => "scheme",
            Self::Path => "path",
            Self::Address => "address",
            Self::Sni => "sni",
            Self::Method => "method",
            Self::Client => "client",
            Self::User => "user",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::Date => "date",
            Self::Milliseconds => "milliseconds",
            Self::Verdict => "verdict",
            Self::Result => "result",
            Self::Status => "status",
            Self::Inspected => "inspected",
        }
    }

    /// Whether it tells where a request went.
    pub const fn is_target(self) -> bool {
        matches!(self, Self::Url | Self::Host | Self::Address | Self::Sni)
    }
}

/// The values of one line by their meaning. An empty one is the same as none.
#[derive(Clone, Copy, Default, Debug)]
pub struct Fields<'l>([&'l [u8]; Meaning::ALL.len()]);

impl<'l> Fields<'l> {
    /// Sets a value; `-` is none.
    pub fn set(&mut self, meaning: Meaning, value: &'l [u8]) {
        self.0[meaning as usize] = if value == b"-" { b"" } else { value };
    }

    /// The value, empty if there is none.
    pub fn get(&self, meaning: Meaning) -> &'l [u8] {
        self.0[meaning as usize]
    }

    fn some(&self, meaning: Meaning) -> Option<&'l [u8]> {
        Some(self.get(meaning)).filter(|value| !value.is_empty())
    }

    /// What they say together.
    ///
    /// # Errors
    /// Where they name no host, or a value is not what its meaning asks for.
    pub fn record(&self) -> Result<Record<'l>, Malformed> {
        let target = self.target()?;
        let terminated = self.get(Meaning::Inspected).eq_ignore_ascii_case(b"terminate");
        Ok(Record {
            host: target.host,
            port: target.port,
            is_https: target.is_https,
            path: target.path,
            client: self.some(Meaning::Client).unwrap_or(self.get(Meaning::User)),
            bytes: self.some(Meaning::Bytes).map_or(Ok(0), record::number)?,
            time: self.time()?,
            verdict: if terminated { Verdict::Denied } else { self.verdict()? },
            inspected: self.inspected(target.is_https),
        })
    }

    fn is_connect(&self) -> bool {
        self.get(Meaning::Method).eq_ignore_ascii_case(b"CONNECT")
    }

    fn target(&self) -> Result<Target<'l>, Malformed> {
        let url = self.get(Meaning::Url);
        if url.starts_with(b"error:") || url == b"NONE://" {
            return Err(Malformed::NoRequest);
        }
        let mut target = match url {
            [] | [b'/' | b'*', ..] => {
                let host =
                    [Meaning::Host, Meaning::Sni, Meaning::Address].iter().find_map(|own| self.some(*own));
                let path = Some(url).filter(|url| url.starts_with(b"/"));
                self.parts(host.ok_or(Malformed::Url)?, path.or(self.some(Meaning::Path)))?
            }
            _ if has_scheme(url) => Target::of(url)?,
            _ => {
                let end = memchr::memchr3(b'/', b'?', b'#', url).unwrap_or(url.len());
                let (authority, path) = url.split_at(end);
                self.parts(authority, Some(path).filter(|path| !path.is_empty()))?
            }
        };
        // An intercepted connection is to an address, and its hello says to whom.
        if let Some(name) = self.some(Meaning::Sni).filter(|_| target.is_https && is_address(target.host)) {
            target.host = name;
        }
        Ok(target)
    }

    /// Of an authority, with what other fields say of scheme and port.
    fn parts(&self, authority: &'l [u8], path: Option<&'l [u8]>) -> Result<Target<'l>, Malformed> {
        let (host, port) = record::authority(authority)?;
        let port = match (port, self.some(Meaning::Port)) {
            (Some(port), _) => Some(port),
            (None, Some(text)) => {
                let port = u16::try_from(record::number(text)?).map_err(|_| Malformed::Number)?;
                // Some write nothing known so.
                Some(port).filter(|port| *port != 0)
            }
            (None, None) => None,
        };
        let named = match self.is_connect() {
            true => Some(true),
            false => self.some(Meaning::Scheme).and_then(words::is_https),
        };
        let is_https = named.unwrap_or(port != Some(80));
        let port = port.unwrap_or(if is_https { 443 } else { 80 });
        Ok(Target { host, port, is_https, path: path.filter(|_| !self.is_connect()) })
    }

    fn time(&self) -> Result<Option<i64>, Malformed> {
        let (date, time) = (self.get(Meaning::Date), self.get(Meaning::Time));
        let whole = match (date, time) {
            ([], []) => return Ok(None),
            ([], time) => time::moment(time)?,
            (date, time) => time::moment_of(date, time)?,
        };
        let milliseconds = self.some(Meaning::Milliseconds).map_or(Ok(0), record::number);
        let milliseconds =
            milliseconds.ok().and_then(|own| i64::try_from(own).ok()).filter(|own| *own < 1000);
        Ok(Some(whole + milliseconds.ok_or(Malformed::Time)?))
    }

    /// The worst that a field says. A word that nobody knows is an error: it may be a refusal.
    fn verdict(&self) -> Result<Verdict, Malformed> {
        let read = |meaning| match self.some(meaning) {
            Some(word) => words::verdict(word).ok_or(Malformed::Verdict).map(Some),
            None => Ok(None),
        };
        let status = self.get(Meaning::Status);
        Ok(match (read(Meaning::Verdict)?, read(Meaning::Result)?) {
            (None, None) => words::verdict_of_status(status),
            (Some(Verdict::Denied), _) | (_, Some(Verdict::Denied)) if words::asks(status) => {
                Verdict::Authentication
            }
            (Some(Verdict::Denied), _) | (_, Some(Verdict::Denied)) => Verdict::Denied,
            (Some(Verdict::Authentication), _) | (_, Some(Verdict::Authentication)) => {
                Verdict::Authentication
            }
            (Some(Verdict::Passed) | None, Some(Verdict::Passed) | None) => Verdict::Passed,
        })
    }

    fn inspected(&self, is_https: bool) -> Option<bool> {
        if !is_https {
            return None;
        }
        let told = self.some(Meaning::Inspected).and_then(words::inspected);
        // The method of a request in TLS is seen only by who looks into it.
        told.or(self.some(Meaning::Method).map(|_| !self.is_connect()))
    }
}

fn has_scheme(url: &[u8]) -> bool {
    memchr::memmem::find(url, b"://")
        .is_some_and(|at| at > 0 && url[..at].iter().all(u8::is_ascii_alphanumeric))
}

fn is_address(host: &[u8]) -> bool {
    memchr::memchr(b':', host).is_some() || host.iter().all(|octet| octet.is_ascii_digit() || *octet == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Meaning::{
        Address, Host, Inspected, Method, Path, Port, Result as Code, Scheme, Sni, Status, Url,
        Verdict as Word,
    };

    fn fields<'l>(all: &[(Meaning, &'l str)]) -> Fields<'l> {
        let mut fields = Fields::default();
        for (meaning, value) in all {
            fields.set(*meaning, value.as_bytes());
        }
        fields
    }

    #[test]
    fn a_target_is_what_the_fields_say_together() {
        for (all, host, port, is_https, path) in [
            (&[(Url, "http://a.example/x")][..], "a.example", 80, false, Some("/x")),
            (&[(Url, "a.example:443"), (Method, "CONNECT")], "a.example", 443, true, None),
            (&[(Url, "a.example:8080"), (Method, "connect")], "a.example", 8080, true, None),
            (&[(Url, "a.example/x"), (Scheme, "HTTP")], "a.example", 80, false, Some("/x")),
            (&[(Url, "a.example/x"), (Port, "80")], "a.example", 80, false, Some("/x")),
            (&[(Url, "a.example/x")], "a.example", 443, true, Some("/x")),
            (&[(Url, "/x"), (Host, "a.example"), (Scheme, "http")], "a.example", 80, false, Some("/x")),
            (&[(Host, "a.example:8443")], "a.example", 8443, true, None),
            (&[(Host, "a.example"), (Port, "0")], "a.example", 443, true, None),
            (&[(Host, "a.example"), (Port, "80"), (Path, "/p")], "a.example", 80, false, Some("/p")),
            (
                &[(Url, "203.0.113.5:443"), (Method, "CONNECT"), (Sni, "a.example")],
                "a.example",
                443,
                true,
                None,
            ),
            (
                &[(Url, "b.example:443"), (Method, "CONNECT"), (Sni, "a.example")],
                "b.example",
                443,
                true,
                None,
            ),
            (&[(Address, "2001:db8::5"), (Port, "443")], "2001:db8::5", 443, true, None),
            (&[(Host, "-"), (Address, "203.0.113.5"), (Scheme, "ssl")], "203.0.113.5", 443, true, None),
        ] {
            let got = fields(all).record().unwrap();
            let path: Option<&str> = path;
            assert_eq!(
                (got.host, got.port, got.is_https, got.path),
                (host.as_bytes(), port, is_https, path.map(str::as_bytes)),
                "{all:?}"
            );
        }
        assert_eq!(fields(&[]).record(), Err(Malformed::Url));
        assert_eq!(fields(&[(Url, "/x")]).record(), Err(Malformed::Url));
        assert_eq!(fields(&[(Host, "a.example"), (Port, "x")]).record(), Err(Malformed::Number));
        assert_eq!(fields(&[(Url, "error:invalid-request")]).record(), Err(Malformed::NoRequest));
    }

    #[test]
    fn the_worst_word_is_the_verdict_and_an_unknown_one_is_none() {
        for (all, want) in [
            (&[][..], Ok(Verdict::Passed)),
            (&[(Status, "403")], Ok(Verdict::Denied)),
            (&[(Status, "407")], Ok(Verdict::Authentication)),
            (&[(Code, "TCP_MISS"), (Status, "403")], Ok(Verdict::Passed)),
            (&[(Code, "TCP_DENIED"), (Status, "407")], Ok(Verdict::Authentication)),
            (&[(Word, "OBSERVED"), (Code, "TCP_DENIED"), (Status, "403")], Ok(Verdict::Denied)),
            (&[(Word, "DENIED"), (Status, "407")], Ok(Verdict::Authentication)),
            (&[(Word, "Allowed"), (Status, "403")], Ok(Verdict::Passed)),
            (&[(Word, "quarantined")], Err(Malformed::Verdict)),
            (&[(Inspected, "terminate")], Ok(Verdict::Denied)),
        ] {
            let mut own = fields(all);
            own.set(Host, b"a.example");
            assert_eq!(own.record().map(|own| own.verdict), want, "{all:?}");
        }
    }

    #[test]
    fn inspection_is_told_by_a_word_or_by_a_method_inside() {
        for (all, want) in [
            (&[(Url, "a.example:443"), (Method, "CONNECT"), (Inspected, "splice")][..], Some(false)),
            (&[(Url, "a.example:443"), (Method, "CONNECT"), (Inspected, "bump")], Some(true)),
            (&[(Url, "a.example:443"), (Method, "CONNECT"), (Inspected, "-")], Some(false)),
            (&[(Url, "https://a.example/"), (Method, "GET")], Some(true)),
            (&[(Url, "https://a.example/")], None),
            (&[(Url, "https://a.example/"), (Inspected, "No"), (Method, "GET")], Some(false)),
            (&[(Url, "http://a.example/"), (Inspected, "Yes")], None),
        ] {
            assert_eq!(fields(all).record().unwrap().inspected, want, "{all:?}");
        }
    }
}
