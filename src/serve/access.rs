//! Who may have what, and who asks: the part of the settings that may change while the server runs.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use ipnet::IpNet;

use super::auth::{Credentials, CredentialsError};
use super::version::Class;
use crate::profile::{Profile, Serve};

/// Largest file of credentials, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Settings of a server that a profile says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The section as it is.
    pub serve: Serve,
    /// Who may fetch lists; nothing where no credentials are asked for.
    pub credentials: Option<Credentials>,
    /// Whether a certificate of a client is asked for.
    pub needs_certificate: bool,
    /// Whether everything but a PAC is for TLS alone.
    pub needs_tls: bool,
    /// Whether lists ask for credentials that could not be read, so that nobody gets one.
    pub is_locked: bool,
}

/// Why the settings of a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file of credentials cannot be read.
    #[error("credentials {}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("credentials {}: {error}", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: CredentialsError,
    },
    /// Secrets would be sent in the clear.
    #[error("lists ask for credentials or certificates, and no address speaks TLS")]
    NoTls,
}

/// A file that a profile names.
pub fn beside(profile: &Profile, path: &Path) -> PathBuf {
    let folder = profile.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    folder.join(path)
}

impl Settings {
    /// Those of a profile. `has_tls` is whether an address speaks TLS.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn of(profile: &Profile, has_tls: bool) -> Result<Self, SettingsError> {
        let serve = profile.serve.clone();
        let credentials = match &serve.credentials {
            None => None,
            Some(path) => {
                let path = beside(profile, path);
                let text = read(&path).map_err(|error| SettingsError::Read { path: path.clone(), error })?;
                let parsed = Credentials::parse(&text);
                Some(parsed.map_err(|error| SettingsError::Credentials { path, error })?)
            }
        };
        // A trusted proxy may speak TLS for us, but shows us no certificate.
        if serve.has_auth() && !has_tls && (serve.trusted_proxies.is_empty() || serve.client_ca.is_some()) {
            return Err(SettingsError::NoTls);
        }
        let needs_certificate = serve.client_ca.is_some();
        let needs_tls = has_tls || serve.has_auth();
        Ok(Self { serve, credentials, needs_certificate, needs_tls, is_locked: false })
    }

    /// Those of a profile whose credentials cannot be read: a PAC is served, and nothing else.
    pub fn locked(profile: &Profile) -> Self {
        let serve = profile.serve.clone();
        let needs_certificate = serve.client_ca.is_some();
        Self { serve, credentials: None, needs_certificate, needs_tls: true, is_locked: true }
    }

    /// The file of client roots, if there is one.
    pub fn client_ca(profile: &Profile) -> Option<PathBuf> {
        profile.serve.client_ca.as_ref().map(|path| beside(profile, path))
    }

    /// Whether a connection comes from a proxy that may speak for others.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.serve.trusted_proxies.iter().any(|network: &IpNet| network.contains(&peer))
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// A connection, as far as requests on it are judged by it.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The other end.
    pub peer: IpAddr,
    /// Whether it is TLS.
    pub is_tls: bool,
    /// Whether the other end showed a certificate that leads to a root of `client_ca`.
    pub has_certificate: bool,
}

/// Who asks, behind trusted proxies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asker {
    /// The address.
    pub client: IpAddr,
    /// Whether it came by TLS, all the way as far as that is known.
    pub is_tls: bool,
}

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Who asks. The addresses that proxies add are read from the end: the last that is none of a trusted proxy is the
/// client; what stands before it, the client may have made up.
pub fn asker(settings: &Settings, link: Link, headers: &HeaderMap) -> Asker {
    let peer = link.peer.to_canonical();
    let direct = Asker { client: peer, is_tls: link.is_tls };
    if settings.serve.trusted_proxies.is_empty() || !settings.is_trusted(peer) {
        return direct;
    }
    let mut client = peer;
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    for text in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let text = text.trim();
        // Some proxies write the port, too.
        let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((bare, _)) => bare,
            None if text.matches(':').count() == 1 => text.split_once(':').map_or(text, |(bare, _)| bare),
            None => text,
        };
        let Ok(address) = bare.parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !settings.is_trusted(client) {
            break;
        }
    }
    let proto = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    // As many proxies as there were say it; the nearest is the one that is trusted.
    let is_tls = match proto.and_then(|text| text.rsplit(',').next()) {
        Some(proto) => proto.trim().eq_ignore_ascii_case("https"),
        None => link.is_tls,
    };
    Asker { client, is_tls }
}

/// What a request for a file is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission<'s> {
    /// It gets it; the name of its credentials, where there were some.
    Granted(Option<&'s str>),
    /// Only by TLS.
    NeedsTls,
    /// Only with credentials, and it had none or wrong ones.
    NeedsCredentials,
    /// Only with a certificate.
    NeedsCertificate,
    /// Not now. A firewall keeps the list that it has, where it would drop one that it may not fetch.
    Locked,
}

/// Whether a request may have a file of a class.
pub fn admit<'s>(
    settings: &'s Settings,
    class: Class,
    link: Link,
    asker: Asker,
    headers: &HeaderMap,
) -> Admission<'s> {
    match class {
        // A client that has no proxy yet can prove nothing, and WPAD knows plain HTTP alone.
        Class::Pac => return Admission::Granted(None),
        Class::List | Class::Report | Class::Manifest => {}
    }
    if settings.is_locked {
        return Admission::Locked;
    }
    if settings.needs_tls && !asker.is_tls {
        return Admission::NeedsTls;
    }
    if settings.needs_certificate && !link.has_certificate {
        return Admission::NeedsCertificate;
    }
    let Some(credentials) = &settings.credentials else { return Admission::Granted(None) };
    match headers.get(AUTHORIZATION).and_then(|value| credentials.who(value)) {
        Some(name) => Admission::Granted(Some(name)),
        None => Admission::NeedsCredentials,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn settings(section: &str, has_tls: bool) -> Settings {
        let text = format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\nserve: {section}\n");
        Settings::of(&Profile::parse(&text, None, &[]).unwrap(), has_tls).unwrap()
    }

    fn link(peer: &str) -> Link {
        Link { peer: peer.parse().unwrap(), is_tls: false, has_certificate: false }
    }

    #[test]
    fn a_client_cannot_make_up_its_address() {
        let settings = settings("{ trusted_proxies: [10.0.0.0/8] }", false);
        for (peer, forwarded, want) in [
            ("192.0.2.9", &["198.51.100.1"][..], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.5", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:1234"], "198.51.100.1"),
            ("10.0.0.1", &["[2001:db8::1]:1234"], "2001:db8::1"),
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            let headers: HeaderMap = forwarded
                .iter()
                .map(|own| (HeaderName::from_static(FORWARDED_FOR), own.parse().unwrap()))
                .collect();
            let got = asker(&settings, link(peer), &headers).client;
            assert_eq!(got.to_string(), want, "{peer} {forwarded:?}");
        }
        let headers =
            HeaderMap::from_iter([(HeaderName::from_static(FORWARDED_PROTO), "https".parse().unwrap())]);
        assert!(asker(&settings, link("10.0.0.1"), &headers).is_tls);
        assert!(!asker(&settings, link("192.0.2.9"), &headers).is_tls);
    }

    #[test]
    fn a_pac_is_for_everybody_and_a_list_by_tls_where_there_is_tls() {
        let (open, tls) = (settings("{}", false), settings("{}", true));
        let none = HeaderMap::new();
        let plain = Asker { client: "192.0.2.1".parse().unwrap(), is_tls: false };
        let of = |settings: &Settings, class, is_tls| {
            admit(settings, class, link("192.0.2.1"), Asker { is_tls, ..plain }, &none)
                == Admission::Granted(None)
        };
        assert!(of(&open, Class::Pac, false) && of(&tls, Class::Pac, false));
        assert!(
            of(&open, Class::List, false) && !of(&tls, Class::List, false) && of(&tls, Class::List, true)
        );
        assert!(!of(&tls, Class::Report, false) && !of(&tls, Class::Manifest, false));
    }

    #[test]
    fn secrets_are_not_sent_in_the_clear() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("c"), format!("bearer x {}", crate::source::sha256(b"y"))).unwrap();
        let of = |section: &str, has_tls| {
            let text = format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\nserve: {section}\n");
            let profile = Profile::parse(&text, Some(&dir.path().join("p.yaml")), &[]).unwrap();
            Settings::of(&profile, has_tls).map(drop)
        };
        assert!(matches!(of("{ credentials: c }", false), Err(SettingsError::NoTls)));
        assert!(of("{ credentials: c }", true).is_ok());
        assert!(of("{ credentials: c, trusted_proxies: [10.0.0.1] }", false).is_ok());
        assert!(matches!(
            of("{ client_ca: r, trusted_proxies: [10.0.0.1] }", false),
            Err(SettingsError::NoTls)
        ));
        assert!(matches!(of("{ credentials: d }", true), Err(SettingsError::Read { .. })));
    }
}
