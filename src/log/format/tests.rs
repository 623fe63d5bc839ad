//! The same requests in every format are the same records.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Rules;
use super::super::record::Verdict;
use super::super::scan::{Options, scan};
use super::*;
use crate::model::samples::{hosts, request_pattern};

/// What a line of every format can say.
#[derive(Clone, Debug)]
struct Line {
    host: String,
    port: u16,
    /// The path of a plain request; a tunnel has none.
    path: Option<&'static str>,
    client: u8,
    bytes: u32,
    second: u32,
    verdict: Verdict,
}

fn lines() -> impl Strategy<Value = Line> {
    let host = proptest::sample::select(hosts().iter().map(ToString::to_string).collect::<Vec<_>>());
    let port = proptest::sample::select(&[80_u16, 443, 8443][..]);
    let path = proptest::sample::select(&[None, Some("/"), Some("/a/b"), Some("/a,b;c|d?q='x'")][..]);
    let verdict = proptest::sample::select(&[Verdict::Passed, Verdict::Denied, Verdict::Authentication][..]);
    let second = 0..1_000_000_u32;
    (host, port, path, any::<u8>(), any::<u32>(), second, verdict).prop_map(
        |(host, port, path, client, bytes, second, verdict)| Line {
            host,
            port,
            path,
            client,
            bytes,
            second,
            verdict,
        },
    )
}

impl Line {
    fn authority(&self) -> String {
        let is_v6 = self.host.contains(':') && !self.host.starts_with('[');
        if is_v6 { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    fn method(&self) -> &'static str {
        if self.path.is_some() { "GET" } else { "CONNECT" }
    }

    fn url(&self) -> String {
        self.path.map_or_else(|| self.authority(), |path| format!("http://{}{path}", self.authority()))
    }

    fn client(&self) -> String {
        format!("10.0.0.{}", self.client)
    }

    fn result(&self) -> (&'static str, u16) {
        match self.verdict {
            Verdict::Passed => ("TCP_MISS", 200),
            Verdict::Denied => ("TCP_DENIED", 403),
            Verdict::Authentication => ("TCP_DENIED", 407),
        }
    }

    fn seconds(&self) -> i64 {
        1_796_000_000 + i64::from(self.second)
    }

    fn time(&self, format: &str) -> String {
        jiff::Timestamp::from_second(self.seconds()).unwrap().strftime(format).to_string()
    }

    /// The line in every format, by its name; the first of a name may be a header.
    fn written(&self) -> Vec<(&'static str, &'static str, String)> {
        let (url, client, bytes, method) = (self.url(), self.client(), self.bytes, self.method());
        let (code, status) = self.result();
        let rfc3339 = self.time("%Y-%m-%dT%H:%M:%SZ");
        let word = match self.verdict {
            Verdict::Passed => "allow",
            Verdict::Denied => "block",
            Verdict::Authentication => "auth_required",
        };
        let bare = self.authority();
        let path = self.path.unwrap_or("");
        let scheme = if self.path.is_some() { "http" } else { "tcp" };
        let host = bare.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        vec![
            (
                "squid",
                "",
                format!(
                    "{}.000     5 {client} {code}/{status} {bytes} {method} {url} - HIER_NONE/- -",
                    self.seconds()
                ),
            ),
            (
                "combined",
                "",
                format!(
                    "{client} - some body [{}] \"{method} {url} HTTP/1.1\" {status} {bytes} \"-\" \"a \\\"b\\\"\" {code}:HIER_NONE",
                    self.time("%d/%b/%Y:%H:%M:%S +0000")
                ),
            ),
            (
                "csv",
                "time,client_ip,method,url,action,bytes,note",
                format!("{rfc3339},{client},{method},{},{word},{bytes},\"a \"\"note\"\"\"", quoted(&url)),
            ),
            (
                "csv",
                "Date\tTime\tSource IP\tMethod\tURL\tAction\tBytes",
                format!("{}\t{client}\t{method}\t{url}\t{word}\t{bytes}", self.time("%Y/%m/%d\t%H:%M:%S")),
            ),
            (
                "jsonl",
                "",
                format!(
                    r#"{{"@timestamp":{},"url":{{"full":{}}},"source":{{"ip":"{client}"}},"http":{{"request":{{"method":"{method}"}},"response":{{"bytes":{bytes}}}}},"action":"{word}"}}"#,
                    self.seconds(),
                    serde_json::to_string(&url).unwrap().replace('/', "\\/"),
                ),
            ),
            (
                "w3c",
                "#Software: SGOS\n#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path cs(User-Agent) s-action sc-status sc-bytes",
                format!(
                    "{} {client} {method} {scheme} {host} {} {} \"Mozilla 5\" {code} {status} {bytes}",
                    self.time("%Y-%m-%d %H:%M:%S"),
                    self.port,
                    if path.is_empty() { "-" } else { path },
                ),
            ),
            (
                "zscaler",
                "",
                format!(
                    "{}\treason=x\taction={word}\tresponsesize={bytes}\trequestmethod={method}\tClientIP={client}\turl={url}",
                    self.time("%Y-%m-%d %H:%M:%S")
                ),
            ),
        ]
    }
}

/// The format that the beginning of a log tells.
fn guessed(log: &str) -> Guessed {
    let head = &log.as_bytes()[..log.len().min(HEAD)];
    guess(head, head.len() == log.len(), None, &Named::default()).unwrap()
}

proptest! {
    /// A line that is written is read as it was meant.
    #[test]
    fn a_line_of_any_format_is_its_request(line in lines()) {
        for (name, header, text) in line.written() {
            let log = format!("{header}\n{text}\n");
            let own = guessed(&log);
            prop_assert_eq!(own.input.as_str(), name);
            let mut reader = Reader::new(&own.format);
            for header in header.lines() {
                prop_assert_eq!(reader.read(header.as_bytes()), Err(Malformed::NoRequest));
            }
            let record = reader.read(text.as_bytes());
            prop_assert!(record.is_ok(), "{:?} of {}", record, text);
            let record = record.unwrap();
            prop_assert_eq!(record.host, line.host.trim_matches(['[', ']']).as_bytes());
            prop_assert_eq!((record.port, record.is_https), (line.port, line.path.is_none()));
            prop_assert_eq!(record.path, line.path.map(str::as_bytes));
            let client = line.client();
            prop_assert_eq!(record.client, client.as_bytes());
            prop_assert_eq!((record.bytes, record.verdict), (u64::from(line.bytes), line.verdict));
            prop_assert_eq!(record.time, Some(line.seconds() * 1000));
            prop_assert_eq!(record.inspected, line.path.is_none().then_some(false));
        }
    }

    /// Nothing fails on what is no line, and no host comes from elsewhere.
    #[test]
    fn a_host_is_in_its_line(
        line in lines(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<proptest::sample::Index>(),
        octets in vec(any::<u8>(), 0..80),
    ) {
        for (_, header, text) in line.written() {
            let own = guessed(&format!("{header}\n{text}\n"));
            let mut changed = text.into_bytes();
            for (at, octet) in &changes {
                let at = at.index(changed.len());
                changed[at] = *octet;
            }
            changed.truncate(cut.index(changed.len() + 1).max(changed.len() / 2));
            for hostile in [&changed, &octets] {
                let mut reader = Reader::new(&own.format);
                for header in header.lines() {
                    let _ = reader.read(header.as_bytes());
                }
                let Ok(record) = reader.read(hostile) else { continue };
                // Escapes are the only thing that a text is changed by.
                let is_escaped = hostile.contains(&b'\\') || memchr::memmem::find(hostile, b"\"\"").is_some();
                let is_there = memchr::memmem::find(hostile, record.host).is_some();
                prop_assert!(!record.host.is_empty() && (is_there || is_escaped), "{:?}", record);
            }
        }
        // As the beginning of a log.
        let _ = guess(&octets, false, None, &Named::default()).is_ok();
        let _ = panos::Columns::default().record(&octets, &mut Vec::new()).is_ok();
    }

    /// Any description is read or refused, and any line by it.
    #[test]
    fn any_description_is_read_or_refused(description in "[%a-zA-Z<>\"'\\[\\]{}:0-9. -]{0,30}( %ru)?", line in vec(any::<u8>(), 0..60)) {
        if let Ok(format) = description.parse::<Logformat>() {
            let _ = format.record(&line).is_ok();
        }
    }
}

proptest! {
    // Every reading of a log has a block of a megabyte.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What is counted of a log does not depend on its format.
    #[test]
    fn counts_are_the_same_in_every_format(
        lines in vec(lines(), 1..30),
        patterns in vec(request_pattern(false), 1..8),
        threads in 1..3_usize,
    ) {
        let rules = Rules::new(patterns);
        let mut logs: Vec<(&str, String)> = Vec::new();
        for line in &lines {
            for (at, (name, header, text)) in line.written().into_iter().enumerate() {
                if logs.len() == at {
                    logs.push((name, if header.is_empty() { String::new() } else { format!("{header}\r\n") }));
                }
                logs[at].1 += &format!("{text}\r\n");
            }
        }
        let counts = logs.iter().map(|(_, log)| {
            let own = guessed(log);
            let tally = scan(log.as_bytes(), &rules, Options { format: &own.format, threads, since: None, until: None }).unwrap();
            let of = tally.rules.iter().map(|own| (own.requests, own.bytes, own.denied, own.authentication, own.inspected, own.clients(), own.span));
            (tally.malformed, tally.others, tally.no_host, tally.span, of.collect::<Vec<_>>())
        });
        let counts: Vec<_> = counts.collect();
        prop_assert_eq!(counts[0].0, 0);
        for (own, (name, _)) in counts.iter().zip(&logs) {
            prop_assert_eq!(own, &counts[0], "{}", name);
        }
    }
}

#[test]
fn columns_that_change_within_a_log_hold_for_the_lines_behind_them() {
    let rules = Rules::new(vec![crate::emit::testing::pattern("https://a.example")]);
    // Each part is about half of a block of the reader.
    let one = format!("#Fields: time cs-host sc-bytes\r\n{}", "1796073300 a.example 1\r\n".repeat(24_000));
    let other = format!(
        "#Version: 1.0\n#Fields: sc-bytes time cs-host\n{}",
        "2 1796073300 a.example\n".repeat(24_000)
    );
    let log = format!("1796073300 a.example 5\n{}", [one, other].concat().repeat(4));
    for threads in [1, 3] {
        let format = Format::W3c(Named::default());
        let tally =
            scan(log.as_bytes(), &rules, Options { format: &format, threads, since: None, until: None })
                .unwrap();
        assert_eq!((tally.malformed, tally.examples[0].2, tally.examples[0].0), (1, Malformed::Header, 0));
        assert_eq!((tally.rules[0].requests, tally.rules[0].bytes), (8 * 24_000, 4 * 24_000 * 3));
        assert_eq!(tally.without_request, 12);
    }
}

#[test]
fn a_beginning_that_tells_no_format_is_an_error_that_says_what_to_do() {
    let error = |head: &str, input, named: &str| {
        guess(head.as_bytes(), true, input, &named.parse().unwrap())
            .map(|own| own.input)
            .unwrap_err()
            .to_string()
    };
    assert!(error("no line\nof any log\n", None, "").contains("say it with --input"));
    assert!(error("a,b,c\n1,2,3\n", Some(Input::Csv), "").contains("--columns host=NAME"));
    assert!(error("time,action,bytes\n1,allow,3\n", None, "").contains("--columns host=NAME"));
    assert!(error("time,host\n", None, "url=link").contains("no column is called `link`"));
    assert!(error("word\n", Some(Input::Csv), "").contains("nothing delimits"));
    assert!(error("1 2\n", Some(Input::W3c), "").contains("#Fields:"));
    assert!(error("x", Some(Input::Zscaler), "").contains("neither names"));
    let squid = "1.0 0 ::1 TCP_MISS/200 0 GET http://a.example/ - - -\n";
    assert!(error(squid, None, "host=dest").contains("--columns is for"));
    let utf16 = guess(b"\xff\xfea\0", true, None, &Named::default());
    assert_eq!(utf16.map(|own| own.input).err(), Some(GuessError::Utf16));
    // An empty log is of any format.
    assert!(guess(b"", true, None, &Named::default()).is_ok());
    // Zscaler's example of CSV names nothing, so somebody must say what is what.
    let line =
        r#""Mon Nov 30 21:15:00 2026","somebody","HTTP","a.example/","Blocked","App","Class","72","14061""#;
    assert!(error(line, Some(Input::Zscaler), "").contains("--columns time=1"));
    let own = guess(
        line.as_bytes(),
        true,
        Some(Input::Zscaler),
        &"time=1,scheme=3,url=4,verdict=5,bytes=9".parse().unwrap(),
    );
    let own = own.unwrap();
    let mut reader = Reader::new(&own.format);
    let record = reader.read(line.as_bytes()).unwrap();
    assert_eq!((record.host, record.port, record.bytes), (&b"a.example"[..], 80, 14_061));
    assert_eq!((record.verdict, record.time), (Verdict::Denied, Some(1_796_073_300_000)));
}
