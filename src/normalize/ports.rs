//! Port cells: `443`, `Port 443`, `80, 443`, `443 (+80 required)`, `8000-8080`.

use crate::model::{Ports, Scheme};

/// One port or a range of ports, both ends included, from 1 to 65,535.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PortRange {
    /// The lowest port.
    pub(super) low: u16,
    /// The highest port.
    pub(super) high: u16,
}

impl PortRange {
    /// One port.
    pub(super) const fn one(port: u16) -> Self {
        Self { low: port, high: port }
    }
}

/// What a port cell names: sorted, without repeats.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct PortCell {
    /// TCP ports, and those whose protocol the cell does not name.
    pub(super) tcp: Vec<PortRange>,
    /// UDP ports.
    pub(super) udp: Vec<PortRange>,
}

/// Why a text names no ports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PortError {
    /// No number in it.
    #[error("no port in it")]
    NoPort,
    /// A number that is no port.
    #[error("`{number}` is no port from 1 to 65535")]
    OutOfRange {
        /// The number.
        number: String,
    },
    /// A range whose end lies before its start.
    #[error("the range {low}-{high} ends before it starts")]
    Backwards {
        /// The start.
        low: u16,
        /// The end.
        high: u16,
    },
    /// A word that says something of the port that is not understood.
    #[error("`{word}` is not understood")]
    Word {
        /// The word.
        word: String,
    },
}

/// Ports of mail protocols, which no web proxy carries.
const MAIL: [u16; 7] = [25, 110, 143, 465, 587, 993, 995];

/// Cells that name more ports than this count as one set of ports, so that a cell of thousands of
/// ports beside a cell of thousands of hosts does not give millions of endpoints.
const SEPARATE: usize = 16;

/// Whether the port belongs to a mail protocol: SMTP, POP3 or IMAP, with or without TLS.
pub(super) fn is_mail(range: PortRange) -> bool {
    range.low == range.high && MAIL.contains(&range.low)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Udp,
}

enum Token {
    Number(u16),
    To,
    Protocol(Protocol),
}

/// Reads a port cell.
///
/// # Errors
/// When the cell names no port, or holds a number or a word that is not understood: a port is not
/// guessed.
pub(super) fn parse(text: &str) -> Result<PortCell, PortError> {
    let tokens = tokens(text)?;
    let mut cell = PortCell::default();
    // `TCP 443, UDP 3478` names the protocol first, `443/TCP, 3478/UDP` behind.
    let leads = matches!(tokens.first(), Some(Token::Protocol(_)));
    let mut protocol = Protocol::Tcp;
    let mut waiting: Vec<PortRange> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Number(low) => {
                let high = match tokens.next_if(|next| matches!(next, Token::To)) {
                    None => low,
                    Some(_) => match tokens.next() {
                        Some(Token::Number(high)) if low <= high => high,
                        Some(Token::Number(high)) => return Err(PortError::Backwards { low, high }),
                        _ => return Err(PortError::Word { word: "-".to_owned() }),
                    },
                };
                waiting.push(PortRange { low, high });
            }
            Token::To => return Err(PortError::Word { word: "-".to_owned() }),
            Token::Protocol(next) => {
                let of_waiting = if leads { protocol } else { next };
                cell.add(of_waiting, &mut waiting);
                protocol = next;
            }
        }
    }
    cell.add(if leads { protocol } else { Protocol::Tcp }, &mut waiting);
    if cell.tcp.is_empty() && cell.udp.is_empty() { Err(PortError::NoPort) } else { Ok(cell) }
}

impl PortCell {
    fn add(&mut self, protocol: Protocol, ranges: &mut Vec<PortRange>) {
        let list = match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        };
        list.append(ranges);
        list.sort_unstable();
        list.dedup();
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, PortError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_ascii_digit() || ('０'..='９').contains(&first) {
            let (number, taken) = number(rest)?;
            tokens.push(Token::Number(number));
            taken
        } else if matches!(first, '-' | '–' | '—' | '~' | '～' | '〜') {
            tokens.push(Token::To);
            first.len_utf8()
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic() && c != 'ー').unwrap_or(rest.len());
            tokens.extend(word(&rest[..end])?);
            end
        } else {
            first.len_utf8()
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

/// A number at the start of `text`, and how many bytes it takes. A spreadsheet may write `443.0`.
fn number(text: &str) -> Result<(u16, usize), PortError> {
    let mut value: u32 = 0;
    let mut end = 0;
    for (at, character) in text.char_indices() {
        let digit = match character {
            '0'..='9' => character as u32 - '0' as u32,
            '０'..='９' => character as u32 - '０' as u32,
            _ => break,
        };
        value = value.saturating_mul(10).saturating_add(digit);
        end = at + character.len_utf8();
    }
    let port = u16::try_from(value)
        .ok()
        .filter(|&port| port > 0)
        .ok_or_else(|| PortError::OutOfRange { number: text[..end].chars().take(20).collect() })?;
    if let Some(fraction) = text[end..].strip_prefix('.') {
        let digits = fraction.len() - fraction.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if fraction[..digits].bytes().any(|digit| digit != b'0') {
            return Err(PortError::OutOfRange {
                number: text[..end + 1 + digits].chars().take(20).collect(),
            });
        }
        end += 1 + digits;
    }
    Ok((port, end))
}

/// What a word in a port cell means; words that add nothing give nothing.
fn word(word: &str) -> Result<Option<Token>, PortError> {
    match word.to_lowercase().as_str() {
        "tcp" => Ok(Some(Token::Protocol(Protocol::Tcp))),
        "udp" => Ok(Some(Token::Protocol(Protocol::Udp))),
        "to" => Ok(Some(Token::To)),
        "port" | "ports" | "ポート" | "and" | "or" | "also" | "plus" | "is" | "are" | "required" | "http"
        | "https" | "outbound" | "必須" | "必要" => Ok(None),
        _ => Err(PortError::Word { word: word.chars().take(40).collect() }),
    }
}

/// The ports of a remark such as `(Port 80 is required)`: numbers that follow the word "port" or "TCP". Empty
/// where the remark is about something else.
pub(super) fn hint(text: &str) -> Vec<PortRange> {
    let mut ports = Vec::new();
    let mut after_port = false;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | ':' | '(' | ')' | '.')) {
        let lower = word.to_lowercase();
        if matches!(lower.as_str(), "port" | "ports" | "ポート" | "tcp") {
            after_port = true;
        } else if after_port {
            match word.parse::<u16>() {
                Ok(port) if port > 0 => ports.push(PortRange::one(port)),
                _ if matches!(lower.as_str(), "" | "and" | "or") => {}
                _ => after_port = false,
            }
        }
    }
    ports
}

/// The ports of one written endpoint, by scheme. `scheme` is the cell's own, if it writes one: it is
/// kept on every port, except that a port which is the other scheme's default, beside the scheme's
/// own default, belongs to the other scheme (`https://…` with `443 (+80 required)`).
pub(super) fn by_scheme(scheme: Option<Scheme>, ranges: &[PortRange]) -> Vec<(Scheme, Ports)> {
    let has = |port: u16| ranges.iter().any(|range| (range.low..=range.high).contains(&port));
    let keep = scheme.filter(|own| {
        let other = if *own == Scheme::Http { Scheme::Https } else { Scheme::Http };
        !(has(own.default_port()) && has(other.default_port()))
    });
    let mut parts: Vec<(Scheme, PortRange)> = Vec::new();
    for &range in ranges {
        match keep {
            Some(scheme) => parts.push((scheme, range)),
            None => parts.extend(split_at_80(range)),
        }
    }
    parts.sort_unstable();
    parts.dedup();
    if parts.len() <= SEPARATE {
        return parts
            .into_iter()
            .map(|(scheme, range)| (scheme, Ports::from_ranges([range.low..=range.high])))
            .collect();
    }
    Scheme::ALL
        .into_iter()
        .filter_map(|scheme| {
            let own: Vec<_> = parts.iter().filter(|part| part.0 == scheme).collect();
            let ranges = own.iter().map(|(_, range)| range.low..=range.high);
            (!own.is_empty()).then(|| (scheme, Ports::from_ranges(ranges)))
        })
        .collect()
}

/// A range without a scheme: port 80 is plain HTTP, the rest HTTPS.
fn split_at_80(range: PortRange) -> Vec<(Scheme, PortRange)> {
    if !(range.low..=range.high).contains(&80) {
        return vec![(Scheme::Https, range)];
    }
    let mut parts = vec![(Scheme::Http, PortRange::one(80))];
    if range.low < 80 {
        parts.push((Scheme::Https, PortRange { low: range.low, high: 79 }));
    }
    if range.high > 80 {
        parts.push((Scheme::Https, PortRange { low: 81, high: range.high }));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(text: &str) -> String {
        let cell = parse(text).unwrap();
        assert!(cell.udp.is_empty(), "{text}");
        Ports::from_ranges(cell.tcp.iter().map(|range| range.low..=range.high)).to_string()
    }

    #[test]
    fn port_cells_of_real_sheets_are_read() {
        for (text, want) in [
            ("443", "443"),
            ("443 ", "443"),
            ("443.0", "443"),
            ("Port 443", "443"),
            ("ポート 443", "443"),
            ("４４３", "443"),
            ("80, 443", "80,443"),
            ("80,443", "80,443"),
            ("80/443", "80,443"),
            ("80\n443", "80,443"),
            ("443 (+80 required)", "80,443"),
            ("8000-8080", "8000-8080"),
            ("8000 – 8080", "8000-8080"),
            ("8000 to 8080", "8000-8080"),
            ("TCP 443", "443"),
            ("443/TCP", "443"),
            ("TCP/443", "443"),
            ("HTTPS (443)", "443"),
        ] {
            assert_eq!(tcp(text), want, "{text}");
        }
    }

    #[test]
    fn a_port_is_never_guessed() {
        for text in
            ["", "-", "any", "*", "0", "65536", "99999999999999999999", "443.5", "8080-8000", "a443", "443-"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("Yes"), Err(PortError::Word { word: "Yes".to_owned() }));
    }

    #[test]
    fn udp_ports_are_kept_apart() {
        for (text, tcp, udp) in [
            ("UDP 3478, 3479", &[][..], &[3478, 3479][..]),
            ("443/UDP", &[], &[443]),
            ("TCP 443, UDP 3478", &[443], &[3478]),
            ("443/TCP, 3478/UDP", &[443], &[3478]),
        ] {
            let cell = parse(text).unwrap();
            let ports = |list: &[PortRange]| list.iter().map(|range| range.low).collect::<Vec<_>>();
            assert_eq!((ports(&cell.tcp), ports(&cell.udp)), (tcp.to_vec(), udp.to_vec()), "{text}");
        }
    }

    #[test]
    fn a_hint_names_the_ports_behind_the_word_port() {
        for (text, want) in [
            ("Port 80 is required", &[80][..]),
            ("ports 80 and 8080", &[80, 8080]),
            ("port: 80", &[80]),
            ("ポート 80 が必要です", &[80]),
            ("since 2021", &[]),
            ("Windows 10 1803", &[]),
            ("port 99999", &[]),
            ("TCP 8443", &[8443]),
            ("UDP 3478", &[]),
        ] {
            assert_eq!(
                hint(text),
                want.iter().map(|&port| PortRange::one(port)).collect::<Vec<_>>(),
                "{text}"
            );
        }
    }

    #[test]
    fn the_cells_scheme_stays_and_a_port_without_one_gets_its_own() {
        let show = |scheme, text: &str| {
            by_scheme(scheme, &parse(text).unwrap().tcp)
                .iter()
                .map(|(scheme, ports)| format!("{scheme}:{ports}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(show(None, "80, 443"), "http:80 https:443");
        assert_eq!(show(None, "8443"), "https:8443");
        assert_eq!(show(None, "70-90"), "http:80 https:70-79 https:81-90");
        assert_eq!(show(Some(Scheme::Http), "443"), "http:443", "both facts are kept");
        assert_eq!(show(Some(Scheme::Https), "80"), "https:80", "both facts are kept");
        assert_eq!(show(Some(Scheme::Https), "443 (+80 required)"), "http:80 https:443");
        let many = (1000..1100).map(|port| (2 * port).to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(by_scheme(None, &parse(&many).unwrap().tcp).len(), 1, "one set of 100 ports");
    }
}
