//! Lines of `key=value` with tabs between, as Zscaler's NSS writes them for Splunk and, behind a head of LEEF, for QRadar.
//!
//! Source: Zscaler "NSS Feed Output Format: Web Logs", 2026-11-30. No NSS was asked.

use super::super::record::{Malformed, Record};
use super::fields::{Fields, Meaning};
use super::names::{ChoiceError, Column, Named};
use super::time;

/// Which keys are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys(Vec<(String, Meaning)>);

/// A time at the end of a text without a key.
const TIME: usize = "2026-11-30 21:15:00".len();

fn pairs(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    line.split(|octet| *octet == b'\t').map(|part| {
        let Some(at) = memchr::memchr(b'=', part) else { return (&b""[..], part) };
        let key = &part[..at];
        // Before the first key stand the head of LEEF, or what syslog writes.
        let key = memchr::memrchr2(b'|', b' ', key).map_or(key, |at| &key[at + 1..]);
        (key, part[at + 1..].trim_ascii())
    })
}

impl Keys {
    /// The keys that are read, of those that some lines have.
    ///
    /// # Errors
    /// Where a key that is asked for is in none of them, or nothing tells the host.
    pub fn of_lines<'a>(
        lines: impl Iterator<Item = &'a [u8]>,
        named: &Named,
    ) -> Result<(Self, Vec<(String, Column)>), ChoiceError> {
        let mut keys: Vec<String> = Vec::new();
        let mut is_leef = false;
        for line in lines {
            is_leef |= memchr::memmem::find(line, b"LEEF:").is_some();
            for (key, _) in pairs(line) {
                let key = String::from_utf8_lossy(key).into_owned();
                if !key.is_empty() && !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        let names: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut columns = named.choose(&names)?;
        // The category of an event of LEEF is the action here.
        let says_verdict = columns.iter().any(|own| own.meaning == Meaning::Verdict);
        if let Some(at) = keys.iter().position(|key| key == "cat").filter(|_| is_leef && !says_verdict) {
            columns.push(Column { at, meaning: Meaning::Verdict, is_guessed: true });
        }
        let columns: Vec<_> = columns.into_iter().map(|own| (keys[own.at].clone(), own)).collect();
        let own = columns.iter().map(|(key, own)| (key.clone(), own.meaning)).collect();
        Ok((Self(own), columns))
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is no record.
    pub fn record<'l>(&self, line: &'l [u8]) -> Result<Record<'l>, Malformed> {
        let mut fields = Fields::default();
        let mut is_any = false;
        for (key, value) in pairs(line) {
            if key.is_empty() {
                // The feed for Splunk begins with the time, which has no key.
                let end = &value[value.len().saturating_sub(TIME)..];
                if fields.get(Meaning::Time).is_empty() && time::moment(end).is_ok() {
                    fields.set(Meaning::Time, end);
                }
            } else if let Some((_, meaning)) = self.0.iter().find(|(own, _)| own.as_bytes() == key) {
                let is_none = [&b"None"[..], b"NA", b"N/A"].contains(&value);
                fields.set(*meaning, if is_none { b"" } else { value });
                is_any = true;
            }
        }
        if is_any { fields.record() } else { Err(Malformed::Fields) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Verdict;
    use super::*;

    #[test]
    fn feeds_for_splunk_and_qradar_are_read() {
        for line in [
            "2026-11-30 21:15:00\treason=Allowed\tevent_id=1\tprotocol=HTTPS\taction=Allowed\ttransactionsize=900\tresponsesize=700\t\
             requestsize=200\turlcategory=Web\tserverip=203.0.113.5\trequestmethod=GET\tuseragent=Mozilla\tClientIP=10.0.0.1\tstatus=200\t\
             user=somebody\turl=a.example/x\tvendor=Zscaler\thostname=a.example",
            "Nov 30 21:15:00 zscaler-nss: LEEF:1.0|Zscaler|NSS|4.1|Allowed|cat=Allowed\tdevTime=Nov 30 2026 21:15:00 GMT\t\
             devTimeFormat=MMM dd yyyy HH:mm:ss z\tsrc=10.0.0.1\tdst=203.0.113.5\tsrcBytes=200\tdstBytes=700\trole=Default\tproto=HTTPS\turl=a.example/x",
        ] {
            let (keys, _) = Keys::of_lines([line.as_bytes()].into_iter(), &Named::default()).unwrap();
            let own = keys.record(line.as_bytes()).unwrap();
            assert_eq!(
                (own.host, own.port, own.is_https, own.path),
                (&b"a.example"[..], 443, true, Some(&b"/x"[..]))
            );
            assert_eq!(
                (own.client, own.bytes, own.time),
                (&b"10.0.0.1"[..], 700, Some(1_796_073_300_000)),
                "{line}"
            );
            assert_eq!(own.verdict, Verdict::Passed);
            assert_eq!(
                keys.record(line.replace("Allowed\t", "Blocked\t").as_bytes()).map(|own| own.verdict),
                Ok(Verdict::Denied)
            );
            assert_eq!(keys.record(b"nothing of it"), Err(Malformed::Fields));
        }
    }
}
