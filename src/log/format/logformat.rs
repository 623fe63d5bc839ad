//! Formats that Squid's configuration describes: `logformat NAME %ts.%03tu %6tr %>a …`.
//!
//! A description becomes steps once, and a line goes through them. A value ends where the text behind it in the description
//! begins, so there must be one.
//!
//! Source: <http://www.squid-cache.org/Doc/config/logformat/>, and Squid's `format/Token.cc`, 2026-11-30: how quotes and
//! brackets in the description decide how values between them are escaped, and that widths are of octets.

use std::str::FromStr;

use super::super::record::{self, Malformed, Record};
use super::fields::{Fields, Meaning};
use super::time;

/// Squid's own names of descriptions, and what they stand for in Squid 5 and 6.
const BUILT_IN: [(&str, &str); 5] = [
    ("squid", "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt"),
    ("common", r#"%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st %Ss:%Sh"#),
    (
        "combined",
        r#"%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h" %Ss:%Sh"#,
    ),
    ("referrer", "%ts.%03tu %>a %{Referer}>h %ru"),
    ("useragent", r#"%>a [%tl] "%{User-Agent}>h""#),
];

/// What a code means here; nothing where its value is passed over. Longer codes come before those that they begin with.
const CODES: &[(&str, Option<Code>)] = &[
    // Namespaces.
    ("ssl::bump_mode", Some(Code::Is(Meaning::Inspected))),
    ("tls::bump_mode", Some(Code::Is(Meaning::Inspected))),
    ("ssl::>sni", Some(Code::Is(Meaning::Sni))),
    ("tls::>sni", Some(Code::Is(Meaning::Sni))),
    // The words of helpers for access control.
    ("METHOD", Some(Code::Is(Meaning::Method))),
    ("PORT", Some(Code::Is(Meaning::Port))),
    ("PROTO", Some(Code::Is(Meaning::Scheme))),
    ("DST", Some(Code::Is(Meaning::Host))),
    ("URI", Some(Code::Is(Meaning::Url))),
    ("PATH", Some(Code::Is(Meaning::Path))),
    ("SRCPORT", None),
    ("SRCEUI48", None),
    ("SRCEUI64", None),
    ("SRC", Some(Code::Is(Meaning::Client))),
    ("LOGIN", Some(Code::Is(Meaning::User))),
    ("IDENT", None),
    ("EXT_USER", None),
    ("EXT_LOG", None),
    ("EXT_TAG", None),
    ("TAG", None),
    ("ACL", None),
    ("DATA", None),
    ("MYADDR", None),
    ("MYPORT", None),
    ("USER_CERTCHAIN", None),
    ("USER_CERT", None),
    // More than two letters.
    (">eui", None),
    (">qos", None),
    ("<qos", None),
    (">nfmark", None),
    ("<nfmark", None),
    (">handshake", None),
    ("busy_time", None),
    ("err_code", None),
    ("err_detail", None),
    ("note", None),
    ("credentials", None),
    ("master_xaction", None),
    ("request_attempts", None),
    ("byte", None),
    // Two letters.
    (">la", None),
    ("la", None),
    (">lp", None),
    ("lp", None),
    ("<la", None),
    ("oa", None),
    ("<lp", None),
    ("ts", Some(Code::Is(Meaning::Time))),
    ("tu", Some(Code::Is(Meaning::Milliseconds))),
    ("tl", Some(Code::Clock)),
    ("tg", Some(Code::Clock)),
    ("tS", None),
    ("tr", None),
    ("<pt", None),
    ("<tt", None),
    ("dt", None),
    (">ha", None),
    ("un", Some(Code::Is(Meaning::User))),
    ("ul", None),
    ("ui", None),
    ("ue", None),
    (">Hs", Some(Code::Is(Meaning::Status))),
    ("<Hs", None),
    ("Hs", Some(Code::Is(Meaning::Status))),
    ("<bs", None),
    ("Ss", Some(Code::Is(Meaning::Result))),
    ("Sh", None),
    ("mt", None),
    (">rm", Some(Code::Is(Meaning::Method))),
    (">ru", Some(Code::Is(Meaning::Url))),
    (">rs", Some(Code::Is(Meaning::Scheme))),
    (">rd", Some(Code::Is(Meaning::Host))),
    (">rP", Some(Code::Is(Meaning::Port))),
    (">rp", Some(Code::Is(Meaning::Path))),
    (">rv", None),
    ("<rm", None),
    ("<ru", None),
    ("<rs", None),
    ("<rd", None),
    ("<rP", None),
    ("<rp", None),
    ("<rv", None),
    ("rm", Some(Code::Is(Meaning::Method))),
    ("ru", Some(Code::Is(Meaning::Url))),
    ("rp", Some(Code::Is(Meaning::Path))),
    ("rv", None),
    ("rG", None),
    (">st", None),
    (">sh", None),
    ("<st", Some(Code::Is(Meaning::Bytes))),
    ("<sH", None),
    ("<sS", None),
    ("<sh", None),
    ("st", Some(Code::Total)),
    ("et", None),
    ("ea", None),
    ("sn", None),
    // One letter.
    (">a", Some(Code::Is(Meaning::Client))),
    (">p", None),
    (">A", Some(Code::Name)),
    ("<a", None),
    ("<p", None),
    ("<A", None),
    (">h", None),
    ("<h", None),
    (">v", None),
];

/// Namespaces whose codes are passed over but for those above.
const NAMESPACES: [&str; 6] = ["ssl::", "tls::", "icap::", "adapt::", "transport::", "proxy_protocol::"];

/// What is read of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Code {
    Is(Meaning),
    /// A time as words.
    Clock,
    /// Octets to the client and from it, where nothing tells those to it.
    Total,
    /// The name of the client, where nothing tells its address.
    Name,
}

/// A description that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logformat {
    /// What stands before the first value.
    start: Vec<u8>,
    steps: Vec<Step>,
}

/// One value, and how its end is found.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Step {
    meaning: Option<Meaning>,
    /// The format of a time, as strftime has it.
    clock: Option<String>,
    /// Fewest octets; blanks fill a shorter value.
    width: usize,
    /// Whether a backslash takes its meaning from the octet behind it.
    has_escapes: bool,
    /// What stands behind it; nothing at the end of the line.
    end: Vec<u8>,
}

/// Why a description cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogformatError {
    /// A percent sign with no code that Squid knows.
    #[error("no code of Squid's at octet {at}: `{text}`")]
    Code {
        /// Where, from 0.
        at: usize,
        /// What is there.
        text: String,
    },
    /// Two values that nothing tells apart.
    #[error(
        "nothing is between the value at octet {at}, `{code}`, and the one before, so their text cannot be told apart"
    )]
    Adjacent {
        /// Where the second begins.
        at: usize,
        /// Its code.
        code: String,
    },
    /// A value that is not escaped may have the text behind it inside.
    #[error(
        "the value at octet {at}, `{code}`, is written raw, so where it ends cannot be told; write it as `%\"…` between quotes"
    )]
    Raw {
        /// Where it begins.
        at: usize,
        /// Its code.
        code: String,
    },
    /// Nothing in it tells where a request went.
    #[error("no code of it tells the host: it needs %ru, %>ru, %>rd or %ssl::>sni")]
    NoTarget,
    /// The same is there twice in different words.
    #[error("{0} is there twice")]
    Twice(&'static str),
}

/// How values in it are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Url,
    Quotes,
    Brackets,
    Raw,
}

/// A code of the description with what was written about it.
struct Token<'t> {
    at: usize,
    text: &'t str,
    quoting: Quoting,
    width: usize,
    clock: Option<String>,
    code: Option<Code>,
}

impl FromStr for Logformat {
    type Err = LogformatError;

    /// Reads the name of one of Squid's own, or what `logformat NAME` is followed by.
    fn from_str(text: &str) -> Result<Self, LogformatError> {
        let text = text.trim();
        let text = BUILT_IN.iter().find(|(name, _)| *name == text).map_or(text, |(_, own)| own);
        let (mut start, mut tokens, mut between) = (Vec::new(), Vec::new(), Vec::<Vec<u8>>::new());
        let mut quoting = Quoting::Url;
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            let last = between.last_mut().unwrap_or(&mut start);
            if next != '%' {
                quoting = match (next, quoting) {
                    ('"', Quoting::Url) => Quoting::Quotes,
                    ('"', Quoting::Quotes) => Quoting::Url,
                    ('[', Quoting::Url) => Quoting::Brackets,
                    (']', Quoting::Brackets) => Quoting::Url,
                    (_, own) => own,
                };
                last.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                at += next.len_utf8();
            } else if text[at + 1..].starts_with('%') {
                last.push(b'%');
                at += 2;
            } else {
                let (token, length) = Token::read(text, at, quoting)?;
                at += length;
                tokens.push(token);
                between.push(Vec::new());
            }
        }
        Self::of(start, &tokens, between)
    }
}

impl<'t> Token<'t> {
    /// The code at an octet, and how long it is.
    fn read(text: &'t str, at: usize, quoting: Quoting) -> Result<(Self, usize), LogformatError> {
        let whole = &text[at..];
        let mut rest = &whole[1..];
        let mut take = |wanted: char| match rest.strip_prefix(wanted) {
            Some(more) => {
                rest = more;
                true
            }
            None => false,
        };
        let quoting = match () {
            () if take('"') => Quoting::Quotes,
            () if take('\'') => Quoting::Raw,
            () if take('[') => Quoting::Brackets,
            () if take('#') => Quoting::Url,
            // Quoted for a shell, with the quotes.
            () if take('/') => Quoting::Raw,
            () => quoting,
        };
        let _ = take('-');
        let digits = |rest: &mut &str| {
            let end = rest.find(|own: char| !own.is_ascii_digit()).unwrap_or(rest.len());
            let number = rest[..end].parse().unwrap_or(0);
            *rest = &rest[end..];
            number
        };
        let width = digits(&mut rest);
        if let Some(more) = rest.strip_prefix('.') {
            rest = more;
            let _: usize = digits(&mut rest);
        }
        let argument = |rest: &mut &'t str| {
            let inside = rest.strip_prefix('{')?;
            let end = inside.find('}')?;
            *rest = &inside[end + 1..];
            Some(&inside[..end])
        };
        let before = argument(&mut rest);
        let rest = &mut rest.strip_prefix("http::").unwrap_or(rest);
        let known = CODES.iter().find(|(code, _)| rest.starts_with(code));
        let code = match known {
            Some((name, code)) => {
                *rest = &rest[name.len()..];
                *code
            }
            None => {
                let namespace = NAMESPACES.iter().find(|own| rest.starts_with(**own));
                let failed = || LogformatError::Code { at, text: crate::text::shown(whole, 20) };
                let name = &rest[namespace.ok_or_else(failed)?.len()..];
                let end = name.find(|own: char| !(own.is_ascii_alphanumeric() || "_<>".contains(own)));
                *rest = &name[end.unwrap_or(name.len())..];
                None
            }
        };
        let argument = before.or_else(|| argument(rest));
        let length = whole.len() - rest.len();
        let clock =
            (code == Some(Code::Clock)).then(|| argument.unwrap_or("%d/%b/%Y:%H:%M:%S %z").to_owned());
        Ok((Self { at, text: &whole[..length], quoting, width, clock, code }, length))
    }
}

impl Logformat {
    fn of(start: Vec<u8>, tokens: &[Token<'_>], between: Vec<Vec<u8>>) -> Result<Self, LogformatError> {
        let has = |wanted: Meaning| tokens.iter().any(|own| own.code == Some(Code::Is(wanted)));
        let meaning = |code: Option<Code>| match code? {
            Code::Is(meaning) => Some(meaning),
            Code::Clock => (!has(Meaning::Time)).then_some(Meaning::Time),
            Code::Total => (!has(Meaning::Bytes)).then_some(Meaning::Bytes),
            Code::Name => (!has(Meaning::Client)).then_some(Meaning::Client),
        };
        let mut steps: Vec<Step> = Vec::new();
        let count = tokens.len();
        for (number, (token, end)) in tokens.iter().zip(between).enumerate() {
            let is_last = number + 1 == count;
            let code = || token.text.to_owned();
            if end.is_empty() && !is_last {
                let next = &tokens[number + 1];
                return Err(LogformatError::Adjacent { at: next.at, code: next.text.to_owned() });
            }
            let is_read_later = tokens[number + 1..].iter().any(|own| own.code.is_some());
            if token.quoting == Quoting::Raw && is_read_later {
                return Err(LogformatError::Raw { at: token.at, code: code() });
            }
            let mut meaning = meaning(token.code);
            // The first one counts, as %ru before %>ru.
            if meaning.is_some() && steps.iter().any(|own| own.meaning == meaning) {
                meaning = None;
            }
            steps.push(Step {
                meaning,
                clock: token.clock.clone(),
                width: token.width,
                has_escapes: token.quoting == Quoting::Quotes,
                end,
            });
        }
        let is_target = |own: &Step| own.meaning.is_some_and(Meaning::is_target);
        if !steps.iter().any(is_target) {
            return Err(LogformatError::NoTarget);
        }
        Ok(Self { start, steps })
    }

    /// Whether nothing in a line says what became of its request.
    pub fn is_without_verdict(&self) -> bool {
        let says = |own: &Step| matches!(own.meaning, Some(Meaning::Result | Meaning::Status));
        !self.steps.iter().any(says)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is no record of this format, or one about no request.
    pub fn record<'l>(&self, line: &'l [u8]) -> Result<Record<'l>, Malformed> {
        let mut rest = line.strip_prefix(&*self.start).ok_or(Malformed::Fields)?;
        let mut fields = Fields::default();
        let mut moment = None;
        for step in &self.steps {
            let end = step.end_of(rest).ok_or(Malformed::Fields)?;
            let value = rest[..end].trim_ascii();
            rest = &rest[end + step.end.len()..];
            match (step.meaning, &step.clock) {
                (Some(Meaning::Time), Some(format)) => moment = Some(time::formatted(format, value)?),
                (Some(meaning), _) => fields.set(meaning, value),
                (None, _) => {}
            }
        }
        if !rest.is_empty() {
            return Err(Malformed::Fields);
        }
        let mut record = fields.record()?;
        if let Some(moment) = moment {
            let milliseconds = record::number(fields.get(Meaning::Milliseconds)).unwrap_or(0);
            record.time = Some(moment + i64::try_from(milliseconds.min(999)).unwrap_or(0));
        }
        Ok(record)
    }
}

impl Step {
    /// Where the value ends at whose beginning `rest` is.
    fn end_of(&self, rest: &[u8]) -> Option<usize> {
        if self.end.is_empty() {
            return Some(rest.len());
        }
        // What fills a value up to its width is no end of it, and neither is a blank that fills it on the left.
        let mut from = self.width.min(rest.len());
        if self.clock.is_some() {
            from = from.max(self.clock_length(rest));
        }
        if !self.has_escapes {
            return memchr::memmem::find(&rest[from..], &self.end).map(|at| from + at);
        }
        let mut at = 0;
        while at < rest.len() {
            match rest[at] {
                b'\\' => at += 2,
                _ if at >= from && rest[at..].starts_with(&self.end) => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    /// A time has blanks inside where its format has them.
    fn clock_length(&self, rest: &[u8]) -> usize {
        let Some(format) = &self.clock else { return 0 };
        let blanks = format.bytes().filter(|octet| *octet == b' ').count();
        if blanks == 0 {
            return 0;
        }
        memchr::memchr_iter(b' ', rest).nth(blanks - 1).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::{Verdict, seconds};
    use super::*;

    #[test]
    fn a_description_reads_what_it_describes() {
        let custom =
            r"%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt %ssl::bump_mode %ssl::>sni";
        for (format, line) in [
            (
                custom,
                "1796073300.123      5 10.0.0.1 TCP_TUNNEL/200 700 CONNECT 203.0.113.5:443 - HIER_DIRECT/203.0.113.5 - splice a.example",
            ),
            (
                r#"%{%Y-%m-%d %H:%M:%S}tg.%03tu|%-12>a|%7Ss|%>Hs|%8<st|"%{User-Agent}>h"|%>rs|%>rd:%>rP|%>rm|100%%"#,
                r#"2026-11-30 21:15:00.123|10.0.0.1    |TCP_TUNNEL|200|     700|"a \"quoted\"|agent"|-|a.example:443|CONNECT|100%"#,
            ),
        ] {
            let format: Logformat = format.parse().unwrap();
            let own = format.record(line.as_bytes()).unwrap();
            assert_eq!((own.host, own.port, own.is_https), (&b"a.example"[..], 443, true), "{line}");
            assert_eq!(
                (own.client, own.bytes, own.time),
                (&b"10.0.0.1"[..], 700, seconds(b"1796073300.123").ok())
            );
            assert_eq!((own.verdict, own.inspected), (Verdict::Passed, Some(false)));
        }
        let own = "%tl %ru".parse::<Logformat>().unwrap();
        let own = own.record(b"30/Nov/2026:22:15:00 +0100 a.example:443").unwrap();
        assert_eq!((own.host, own.time), (&b"a.example"[..], Some(1_796_073_300_000)));
    }

    #[test]
    fn squids_own_descriptions_read_its_lines() {
        let line = r#"10.0.0.1 - - [30/Nov/2026:22:15:00 +0100] "GET http://a.example/x HTTP/1.1" 403 700 "-" "curl \"8\"" TCP_DENIED:HIER_NONE"#;
        let own = "combined".parse::<Logformat>().unwrap().record(line.as_bytes()).unwrap();
        assert_eq!((own.host, own.path, own.bytes), (&b"a.example"[..], Some(&b"/x"[..]), 700));
        assert_eq!((own.verdict, own.time), (Verdict::Denied, Some(1_796_073_300_000)));
        assert_eq!(super::super::combined::record(line.as_bytes()), Ok(own));
        let line = "1796073300.123    456 10.0.0.1 TCP_MISS/200 7894 GET https://a.example/ - HIER_DIRECT/192.0.2.1 text/html";
        let own = "squid".parse::<Logformat>().unwrap().record(line.as_bytes());
        assert_eq!(own, super::super::squid::record(line.as_bytes()));
    }

    #[test]
    fn what_cannot_be_told_apart_says_where() {
        let error = |text: &str| text.parse::<Logformat>().unwrap_err();
        assert_eq!(error("%ts %>a%ru"), LogformatError::Adjacent { at: 7, code: "%ru".to_owned() });
        assert_eq!(error("%ts %zz %ru"), LogformatError::Code { at: 4, text: "%zz %ru".to_owned() });
        assert_eq!(
            error("%>a %'{User-Agent}>h %ru"),
            LogformatError::Raw { at: 4, code: "%'{User-Agent}>h".to_owned() }
        );
        assert_eq!(error("%ts %>a"), LogformatError::NoTarget);
        assert_eq!(error("useragent"), LogformatError::NoTarget);
        assert_eq!(error("%"), LogformatError::Code { at: 0, text: "%".to_owned() });
        assert!("referrer".parse::<Logformat>().unwrap().is_without_verdict());
    }
}
