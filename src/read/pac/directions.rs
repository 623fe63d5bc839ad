//! What a PAC answers.

use std::fmt;

/// One of the ways that an answer names; the first that works is taken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Past every proxy.
    Direct,
    /// Through an HTTP proxy, `host:port`, asked in plain text.
    Proxy(String),
    /// Through a proxy of another kind, as written: `SOCKS5 host:port`.
    Other(String),
    /// Nothing that Chromium knows, which passes over it. Firefox takes `HTTP host:port` and a URL as proxies.
    Unknown(String),
}

/// The ways that an answer names, in order, by Chromium's rules: separated by semicolons, the kind in any case.
/// Where none but [`Direction::Unknown`] are there, it connects directly. Run on 2026-11-24.
pub fn directions(answer: &str) -> Vec<Direction> {
    answer.split(';').map(str::trim).filter(|part| !part.is_empty()).map(direction).collect()
}

fn direction(text: &str) -> Direction {
    let (kind, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    let place = rest.trim();
    let kind = kind.to_ascii_uppercase();
    match (&*kind, place) {
        ("DIRECT", "") => Direction::Direct,
        (_, "") => Direction::Unknown(text.to_owned()),
        _ if place.contains([' ', '\t', '/', '@']) => Direction::Unknown(text.to_owned()),
        _ if !has_port(place) => Direction::Unknown(text.to_owned()),
        ("PROXY", _) => Direction::Proxy(place.to_owned()),
        ("HTTPS" | "SOCKS" | "SOCKS4" | "SOCKS5", _) => Direction::Other(format!("{kind} {place}")),
        _ => Direction::Unknown(text.to_owned()),
    }
}

/// Whether what stands behind the last colon is a port, where there is one outside of brackets.
fn has_port(place: &str) -> bool {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && !host.is_empty() => port.parse::<u16>().is_ok(),
        _ => true,
    }
}

/// As a PAC says it.
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("DIRECT"),
            Self::Proxy(place) => write!(f, "PROXY {place}"),
            Self::Other(text) | Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_list_of_ways() {
        let proxy = |place: &str| Direction::Proxy(place.to_owned());
        for (answer, want) in [
            ("DIRECT", vec![Direction::Direct]),
            (" direct ;", vec![Direction::Direct]),
            ("PROXY a:1; Proxy\t[::1]:2;DIRECT", vec![proxy("a:1"), proxy("[::1]:2"), Direction::Direct]),
            ("socks5 a:1", vec![Direction::Other("SOCKS5 a:1".to_owned())]),
            ("PROXY", vec![Direction::Unknown("PROXY".to_owned())]),
            ("a:1", vec![Direction::Unknown("a:1".to_owned())]),
            ("PROXY http://a:1/", vec![Direction::Unknown("PROXY http://a:1/".to_owned())]),
            ("DIRECT a:1", vec![Direction::Unknown("DIRECT a:1".to_owned())]),
            ("", vec![]),
        ] {
            assert_eq!(directions(answer), want, "{answer:?}");
        }
    }
}
