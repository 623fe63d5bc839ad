//! Traffic and URL filtering logs of PAN-OS: lines of CSV in an order that the product fixes, with or without what syslog puts
//! before them, or exported with a line of names.
//!
//! A traffic line is of a connection to an address, a URL line of a request to a name, so one connection has both, and a rule is
//! of one of them. The line of a session's start is left out, since that of its end says more, and so are protocols without
//! TCP ports and logs of other kinds.
//!
//! Source: PAN-OS 10.1 "Traffic Log Fields", "URL Filtering Log Fields", and "How to Determine if Session was
//! Decrypted Based on Flags", 2026-11-30. No firewall was asked.

use super::super::record::{Malformed, Record};
use super::fields::Meaning;
use super::table::{self, Cell, Cells};

/// What is read of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Time,
    Type,
    Subtype,
    Source,
    Destination,
    User,
    Application,
    Port,
    Flags,
    Protocol,
    Action,
    /// Of a traffic log.
    BytesReceived,
    /// Of a URL log.
    Url,
}

/// By the documented order, from 0, and by the names of an exported log.
const PARTS: [(Part, usize, &[&str]); 13] = [
    (Part::Time, 1, &["receive time"]),
    (Part::Type, 3, &["type", "log type"]),
    (Part::Subtype, 4, &["threat/content type", "log subtype"]),
    (Part::Source, 7, &["source address", "source ip"]),
    (Part::Destination, 8, &["destination address", "destination ip"]),
    (Part::User, 12, &["source user"]),
    (Part::Application, 14, &["application"]),
    (Part::Port, 25, &["destination port"]),
    (Part::Flags, 28, &["flags"]),
    (Part::Protocol, 29, &["ip protocol", "protocol"]),
    (Part::Action, 30, &["action"]),
    (Part::BytesReceived, 33, &["bytes received"]),
    (Part::Url, 31, &["url/filename", "url"]),
];

/// The flag of a session that the firewall decrypts as an SSL proxy.
const IS_DECRYPTED: u64 = 0x0100_0000;

/// Logs of other kinds, which tell of no request.
const OTHERS: &[&[u8]] = &[
    b"AUDIT",
    b"AUTHENTICATION",
    b"CONFIG",
    b"CORRELATION",
    b"DECRYPTION",
    b"GLOBALPROTECT",
    b"GTP",
    b"HIP-MATCH",
    b"HIPMATCH",
    b"IPTAG",
    b"SCTP",
    b"SYSTEM",
    b"TUNNEL",
    b"USERID",
];

/// Where the parts of a line are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    at: [Option<usize>; PARTS.len()],
    header: Vec<u8>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { at: PARTS.map(|(_, at, _)| Some(at)), header: Vec::new() }
    }
}

impl Columns {
    /// Of a line of names, where it is one of an exported log.
    pub fn of_header(header: &[u8]) -> Option<Self> {
        let names = table::cells(header, b',').ok()?;
        let find = |wanted: &&str| names.iter().position(|own| own.eq_ignore_ascii_case(wanted));
        let at = PARTS.map(|(_, _, names)| names.iter().find_map(find));
        // A log of one kind has no columns of the other.
        let is_needed =
            |part| matches!(part, Part::Time | Part::Type | Part::Source | Part::Destination | Part::Action);
        let is_whole = PARTS.iter().zip(&at).all(|((part, ..), at)| at.is_some() || !is_needed(*part));
        is_whole.then(|| Self { at, header: header.to_vec() })
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is no record.
    pub fn record<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Result<Record<'l>, Malformed> {
        if !self.header.is_empty() && line == self.header {
            return Err(Malformed::NoRequest);
        }
        let line = without_syslog(line);
        scratch.clear();
        let mut parts = [Cell::Plain(b""); PARTS.len()];
        let last = self.at.iter().flatten().max().copied().unwrap_or(0);
        let mut cells = Cells::new(line, b',');
        let mut count = 0;
        for at in 0..=last {
            let Some(cell) = cells.next(scratch)? else { break };
            count = at + 1;
            if let Some(part) = self.at.iter().position(|own| *own == Some(at)) {
                // A column may be of a URL or of a count, by the kind of the line.
                parts[part] = cell;
            }
        }
        let part = |wanted: Part| {
            let at = PARTS
                .iter()
                .position(|(part, ..)| *part == wanted)
                .expect("internal error: every part is there");
            parts[at]
        };
        let text = |wanted| part(wanted).text(scratch).trim_ascii();
        let is = |wanted, word: &str| text(wanted).eq_ignore_ascii_case(word.as_bytes());
        let is_url = match text(Part::Type) {
            kind if kind.eq_ignore_ascii_case(b"TRAFFIC") => false,
            kind if kind.eq_ignore_ascii_case(b"THREAT") || kind.eq_ignore_ascii_case(b"URL") => {
                if !is(Part::Subtype, "url") {
                    return Err(Malformed::NoRequest);
                }
                true
            }
            kind if OTHERS.iter().any(|own| own.eq_ignore_ascii_case(kind)) => {
                return Err(Malformed::NoRequest);
            }
            _ => return Err(Malformed::Fields),
        };
        let needed = if is_url { Part::Url } else { Part::Action };
        let at = PARTS.iter().position(|(part, ..)| *part == needed).and_then(|part| self.at[part]);
        if at.is_none_or(|at| at >= count) {
            return Err(Malformed::Fields);
        }
        if (!is_url && is(Part::Subtype, "start"))
            || !(is(Part::Protocol, "tcp") || text(Part::Protocol).is_empty())
        {
            return Err(Malformed::NoRequest);
        }
        let is_decrypted = flags(text(Part::Flags))?.map(|flags| flags & IS_DECRYPTED != 0);
        let is_tls = is_decrypted == Some(true) || is(Part::Application, "ssl");
        let scheme: &[u8] = match () {
            () if is_tls => b"ssl",
            // Seen by the firewall as it is.
            () if is(Part::Application, "web-browsing") => b"http",
            () => b"",
        };
        let mut values = [Cell::Plain(b""); Meaning::ALL.len()];
        let mut set = |meaning: Meaning, cell| values[meaning as usize] = cell;
        set(Meaning::Time, part(Part::Time));
        set(Meaning::Client, part(Part::Source));
        set(Meaning::User, part(Part::User));
        set(Meaning::Port, part(Part::Port));
        set(Meaning::Verdict, part(Part::Action));
        set(Meaning::Scheme, Cell::Plain(scheme));
        if let Some(is) = is_decrypted {
            set(Meaning::Inspected, Cell::Plain(if is { b"yes" } else { b"no" }));
        }
        if is_url {
            set(Meaning::Url, part(Part::Url));
        } else {
            set(Meaning::Address, part(Part::Destination));
            set(Meaning::Bytes, part(Part::BytesReceived));
        }
        table::fields(&values, scratch).record()
    }
}

/// The line from its first value on; what syslog writes before has blanks, and that value has none.
fn without_syslog(line: &[u8]) -> &[u8] {
    let end = memchr::memchr(b',', line).unwrap_or(0);
    memchr::memrchr(b' ', &line[..end]).map_or(line, |at| &line[at + 1..])
}

/// `0x400000`; nothing where the log has none.
fn flags(text: &[u8]) -> Result<Option<u64>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix(b"0x").ok_or(Malformed::Number)?;
    let digits = std::str::from_utf8(digits).map_err(|_| Malformed::Number)?;
    u64::from_str_radix(digits, 16).map(Some).map_err(|_| Malformed::Number)
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Verdict;
    use super::*;

    const TRAFFIC: &str = "1,2026/11/30 21:15:00,012345678901234,TRAFFIC,end,2561,2026/11/30 21:15:00,10.0.0.1,203.0.113.5,198.51.100.1,\
        203.0.113.5,\"allow, all\",contoso\\somebody,,ssl,vsys1,trust,untrust,ethernet1/2,ethernet1/1,default,2026/11/30 21:15:00,5021,1,\
        51234,443,51234,443,0x41400053,tcp,allow,9000,2000,7000,20,2026/11/30 21:14:00,60,computer-and-internet-info,0,42,0x0,US,US,0,10,10,\
        tcp-fin,0,0,0,0,,fw01,from-policy";
    const URL: &str = "1,2026/11/30 21:15:00,012345678901234,THREAT,url,2561,2026/11/30 21:15:00,10.0.0.1,203.0.113.5,198.51.100.1,\
        203.0.113.5,web,contoso\\somebody,,web-browsing,vsys1,trust,untrust,ethernet1/2,ethernet1/1,default,2026/11/30 21:15:00,5022,1,\
        51235,80,51235,80,0x403000,tcp,block-url,\"a.example/x?y=1,2\",(9999),computer-and-internet-info,informational,client-to-server,43,\
        0x0,US,US,0,text/html,0,,,1,Mozilla,,,,,,,0,0,0,0,0,,fw01";

    fn read<'l>(line: &'l str, scratch: &'l mut Vec<u8>) -> Result<Record<'l>, Malformed> {
        Columns::default().record(line.as_bytes(), scratch)
    }

    #[test]
    fn a_connection_is_to_an_address_and_a_request_to_a_name() {
        let mut scratch = Vec::new();
        for before in [
            "",
            "<14>Nov 30 21:15:00 fw01 ",
            "<14>1 2026-11-30T21:15:00Z fw01 - - - - ",
            "Nov  3 21:15:00 fw01 ",
        ] {
            let line = format!("{before}{TRAFFIC}");
            let own = read(&line, &mut scratch).unwrap();
            assert_eq!((own.host, own.port, own.is_https), (&b"203.0.113.5"[..], 443, true), "{before}");
            assert_eq!((own.client, own.bytes, own.time), (&b"10.0.0.1"[..], 7000, Some(1_796_073_300_000)));
            assert_eq!((own.verdict, own.inspected), (Verdict::Passed, Some(true)));
            let line = format!("{before}{URL}");
            let own = read(&line, &mut scratch).unwrap();
            assert_eq!((own.host, own.port, own.is_https), (&b"a.example"[..], 80, false));
            assert_eq!(
                (own.path, own.verdict, own.inspected),
                (Some(&b"/x?y=1,2"[..]), Verdict::Denied, None)
            );
        }
        // Lines that the vendor shows, of a connection that was decrypted and of one that was not.
        for (application, flags, want) in [("web-browsing", "0x1400000", true), ("ssl", "0x400000", false)] {
            let line = format!(
                "Jul 27 23:20:45 10.193.20.181 1,2013/07/27 23:20:45,007200001038,TRAFFIC,end,1,2013/07/27 23:20:44,192.168.181.188,\
                 173.194.66.94,10.193.16.181,173.194.66.94,l3,,,{application},vsys1,l3-trust,l3-untrust,ethernet1/4,ethernet1/3,ubuntu1,\
                 2013/07/27 23:20:45,22162,1,1690,443,26104,443,{flags},tcp,allow,10535,1339,9196,21,2013/07/27 23:18:43,61,search-engines,0,\
                 11498,0x0,192.168.0.0-192.168.255.255,United States,0,9,12"
            );
            let own = read(&line, &mut scratch).unwrap();
            assert_eq!((own.host, own.port, own.is_https), (&b"173.194.66.94"[..], 443, true));
            assert_eq!((own.bytes, own.inspected, own.verdict), (9196, Some(want), Verdict::Passed));
        }
        // Decrypted, it is seen as web browsing on port 443.
        let line = URL.replace(",80,51235,80,0x403000,", ",443,51235,443,0x1403000,");
        let own = read(&line, &mut scratch).unwrap();
        assert_eq!((own.port, own.is_https, own.inspected), (443, true, Some(true)));
    }

    #[test]
    fn lines_of_no_request_are_no_records() {
        let mut scratch = Vec::new();
        for (line, want) in [
            (TRAFFIC.replace(",end,", ",start,"), Malformed::NoRequest),
            (TRAFFIC.replace(",tcp,", ",udp,"), Malformed::NoRequest),
            (URL.replace("THREAT,url", "THREAT,virus"), Malformed::NoRequest),
            ("1,2026/11/30 21:15:00,0123,SYSTEM,general,0".to_owned(), Malformed::NoRequest),
            (TRAFFIC.replace(",TRAFFIC,", ",TRAFIC,"), Malformed::Fields),
            (TRAFFIC[..TRAFFIC.find(",allow,9000").unwrap()].to_owned(), Malformed::Fields),
            (TRAFFIC.replace(",allow,9", ",quarantine,9"), Malformed::Verdict),
            (TRAFFIC.replace("0x41400053", "x"), Malformed::Number),
            (String::new(), Malformed::Fields),
        ] {
            assert_eq!(read(&line, &mut scratch), Err(want), "{line}");
        }
    }

    #[test]
    fn an_exported_log_names_its_columns() {
        let header = "Domain,Receive Time,Serial #,Type,Threat/Content Type,Source address,Destination address,Destination Port,Flags,IP Protocol,Action,URL/Filename";
        let columns = Columns::of_header(header.as_bytes()).unwrap();
        let line =
            "1,2026/11/30 21:15:00,0123,THREAT,url,10.0.0.1,203.0.113.5,443,0x400000,tcp,alert,a.example/";
        let mut scratch = Vec::new();
        let own = columns.record(line.as_bytes(), &mut scratch).unwrap();
        assert_eq!(
            (own.host, own.port, own.verdict, own.inspected),
            (&b"a.example"[..], 443, Verdict::Passed, Some(false))
        );
        assert_eq!(columns.record(header.as_bytes(), &mut Vec::new()), Err(Malformed::NoRequest));
        assert_eq!(Columns::of_header(b"time,host,action"), None);
    }
}
