//! Names of objects and files.

use sha2::{Digest, Sha256};

use crate::model::{Intent, Ports};

/// Longest text of a port set in a name, what `thruway-nodecrypt-tcp-` and `-ip` leave: `80_443`.
const MAX_PORTS: usize = 6;

/// What a list holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Entries of a URL list.
    Url,
    /// Addresses and networks.
    Ip,
}

impl Kind {
    /// The name of the list in a plan, the type of an external dynamic list, a part of file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Ip => "ip",
        }
    }
}

/// The port set as a part of a name: `443`, `1-99`, `80_443`, or six characters of a hash for a longer one.
///
/// The profile's name is in descriptions only: it would not fit beside the longest port, and a name
/// that holds it only while it fits would rename objects on the firewall when a port is added.
pub fn ports(ports: &Ports) -> String {
    let text = ports.to_string().replace(',', "_");
    if text.len() <= MAX_PORTS {
        return text;
    }
    let digest = Sha256::digest(text.as_bytes());
    let mut number = u64::from_be_bytes([0, 0, 0, digest[0], digest[1], digest[2], digest[3], digest[4]]);
    // A letter first, so that it never reads as a port.
    let mut name = String::with_capacity(MAX_PORTS);
    name.push(char::from(b'a' + (number % 26) as u8));
    number /= 26;
    for _ in 1..MAX_PORTS {
        name.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]));
        number /= 36;
    }
    name
}

/// The service object of a port set: `thruway-tcp-443`.
pub fn service(set: &Ports) -> String {
    format!("thruway-tcp-{}", ports(set))
}

/// The URL category or external dynamic list, and the rule that uses it: `thruway-allow-tcp-443`.
pub fn object(intent: Intent, kind: Kind, set: &Ports) -> String {
    let what = match intent {
        Intent::Allow => "allow",
        Intent::BypassInspection => "nodecrypt",
        Intent::BypassAuthentication => "noauth",
        Intent::Direct => "direct",
    };
    let suffix = match kind {
        Kind::Url => "",
        Kind::Ip => "-ip",
    };
    format!("thruway-{what}-tcp-{}{suffix}", ports(set))
}

/// The file of a list: `allow.tcp-443.url.txt`.
pub fn file(intent: Intent, kind: Kind, set: &Ports) -> String {
    format!("{intent}.tcp-{}.{}.txt", ports(set), kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longest name of an external dynamic list or of a custom URL category, and so of everything that
    /// is named here. Documents say 31 or 32 for these, 63 for rules. Checked 2026-11-24.
    const MAX_NAME: usize = 31;

    #[test]
    fn the_longest_name_fits() {
        for intent in Intent::ALL {
            for set in [Ports::one(65535), Ports::from_ranges([1..=2, 4..=5, 1024..=65535])] {
                for kind in [Kind::Url, Kind::Ip] {
                    let name = object(intent, kind, &set);
                    assert!(name.len() <= MAX_NAME, "{name}");
                }
            }
        }
    }

    #[test]
    fn a_port_set_has_one_name() {
        let set = |ranges: &[std::ops::RangeInclusive<u16>]| Ports::from_ranges(ranges.iter().cloned());
        assert_eq!(ports(&set(&[443..=443])), "443");
        assert_eq!(ports(&set(&[80..=80, 443..=443])), "80_443");
        let (long, other) = (ports(&set(&[80..=80, 8443..=8443])), ports(&set(&[80..=80, 8444..=8444])));
        assert_eq!(long.len(), MAX_PORTS);
        assert!(long.starts_with(|c: char| c.is_ascii_lowercase()));
        assert_ne!(long, other);
    }
}
