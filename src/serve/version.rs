//! One version of what is served, complete and immutable: paths to bodies and headers that are ready to send.
//!
//! Everything that a request does not decide is decided here, once: digests, encodings, header values.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::Write as _;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use crate::source::sha256;
use crate::write::Files;

/// Which version: its number in the history of a site, from 1, and the beginning of the digest of what is in it.
///
/// Invariant: the digest part is 12 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VersionId {
    number: u64,
    digest: String,
}

/// Hexadecimal digits of a digest in an id.
const DIGITS: usize = 12;

impl VersionId {
    /// The id of files, as the version of a number.
    pub fn of(number: u64, files: &Files) -> Self {
        let mut all = String::new();
        for (path, bytes) in files {
            all.push_str(&format!("{path} {}\n", sha256(bytes)));
        }
        Self { number, digest: sha256(all.as_bytes())[..DIGITS].to_owned() }
    }

    /// Its place in the history, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether both name the same files.
    pub fn has_same_content(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}-{}", self.number, self.digest)
    }
}

/// Not the name of a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no version is called so; an id is like 000007-3fa9c1d20b44")]
pub struct VersionIdError;

impl FromStr for VersionId {
    type Err = VersionIdError;

    fn from_str(text: &str) -> Result<Self, VersionIdError> {
        let (number, digest) = text.split_once('-').ok_or(VersionIdError)?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_number = (6..=19).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || digest.len() != DIGITS || !digest.bytes().all(is_hex) {
            return Err(VersionIdError);
        }
        Ok(Self { number: number.parse().map_err(|_| VersionIdError)?, digest: digest.to_owned() })
    }
}

/// What a file is for, which decides who may have it and by which way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// A PAC: for everybody, over plain HTTP too, since a client that has no proxy yet can prove nothing.
    Pac,
    /// A list for firewalls and proxies.
    List,
    /// The report, for people.
    Report,
    /// What there is, with digests.
    Manifest,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Class; 4] = [Class::Pac, Class::List, Class::Report, Class::Manifest];

    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pac => "pac",
            Self::List => "list",
            Self::Report => "report",
            Self::Manifest => "manifest",
        }
    }

    /// That of a path without a slash at the beginning; nothing where no such file is served.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "proxy.pac" | "wpad.dat" => Some(Self::Pac),
            "manifest.json" => Some(Self::Manifest),
            "report/index.html" => Some(Self::Report),
            _ if path.starts_with("edl/") => Some(Self::List),
            _ => None,
        }
    }

    /// How long it may be used without asking again. A browser asks for its PAC when it starts and when the network
    /// changes; a firewall as often as it is told to.
    const fn cache_control(self) -> &'static str {
        match self {
            Self::Pac => "max-age=300, stale-if-error=86400",
            // A cache between must not hand lists to others where they are for some alone.
            Self::List => "private, max-age=60",
            Self::Report | Self::Manifest => "private, no-cache",
        }
    }
}

/// How a body is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// By gzip.
    Gzip,
    /// By Zstandard.
    Zstd,
}

/// One form of a file, ready to send.
#[derive(Clone, Debug)]
pub struct Representation {
    /// The octets.
    pub body: Bytes,
    /// Its name for caches: strong, another for each form.
    pub etag: HeaderValue,
    /// The headers of a whole answer.
    pub headers: HeaderMap,
    /// The headers of an answer that says that the client has it.
    pub not_modified: HeaderMap,
}

/// One file, ready to send.
#[derive(Debug)]
pub struct Resource {
    /// What it is for.
    pub class: Class,
    /// When it became what it is, in seconds since 1970.
    pub modified: u64,
    /// The same, as a header.
    pub last_modified: HeaderValue,
    identity: Representation,
    gzip: Option<Representation>,
    zstd: Option<Representation>,
}

impl Resource {
    /// The form in a coding, if there is one.
    pub fn coded(&self, coding: Coding) -> Option<&Representation> {
        match coding {
            Coding::Identity => Some(&self.identity),
            Coding::Gzip => self.gzip.as_ref(),
            Coding::Zstd => self.zstd.as_ref(),
        }
    }

    /// The form that is not compressed.
    pub fn identity(&self) -> &Representation {
        &self.identity
    }

    fn new(path: &str, class: Class, bytes: &[u8], modified: u64) -> Self {
        let last_modified = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(modified));
        let last_modified = value(&last_modified);
        let digest = sha256(bytes);
        let may_be_coded = bytes.len() >= MIN_COMPRESSED;
        let gzip = may_be_coded.then(|| gzip(bytes)).filter(|coded| is_worth_it(coded, bytes));
        // No client that is known to fetch a PAC asks for Zstandard.
        let zstd = (may_be_coded && class != Class::Pac)
            .then(|| zstd::encode_all(bytes, ZSTD_LEVEL).expect("internal error: compressing memory"))
            .filter(|coded| is_worth_it(coded, bytes));
        let varies = gzip.is_some() || zstd.is_some();
        let make = |coding: Coding, body: Bytes| {
            let (suffix, name) = match coding {
                Coding::Identity => ("", None),
                Coding::Gzip => ("-gzip", Some("gzip")),
                Coding::Zstd => ("-zstd", Some("zstd")),
            };
            let etag = value(&format!("\"{digest}{suffix}\""));
            let mut not_modified = HeaderMap::new();
            not_modified.insert(ETAG, etag.clone());
            not_modified.insert(LAST_MODIFIED, last_modified.clone());
            not_modified.insert(CACHE_CONTROL, HeaderValue::from_static(class.cache_control()));
            if varies {
                not_modified.insert(VARY, HeaderValue::from_static("accept-encoding"));
            }
            let mut headers = not_modified.clone();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path, class)));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            if let Some(name) = name {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
            }
            headers.extend(security_headers(class));
            Representation { body, etag, headers, not_modified }
        };
        Self {
            class,
            modified,
            last_modified: last_modified.clone(),
            identity: make(Coding::Identity, Bytes::copy_from_slice(bytes)),
            gzip: gzip.map(|coded| make(Coding::Gzip, coded.into())),
            zstd: zstd.map(|coded| make(Coding::Zstd, coded.into())),
        }
    }
}

/// Octets below which compression saves less than a packet.
const MIN_COMPRESSED: usize = 512;

/// What is compressed once and sent often may take its time; above this, a megabyte takes seconds.
const ZSTD_LEVEL: i32 = 12;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("internal error: compressing memory")
}

fn is_worth_it(coded: &[u8], bytes: &[u8]) -> bool {
    coded.len() < bytes.len() / 10 * 9
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("internal error: a header of plain characters")
}

fn media_type(path: &str, class: Class) -> &'static str {
    match class {
        Class::Pac => "application/x-ns-proxy-autoconfig",
        Class::Report => "text/html; charset=utf-8",
        Class::List | Class::Manifest if path.ends_with(".json") => "application/json",
        Class::List | Class::Manifest => "text/plain; charset=utf-8",
    }
}

/// Nothing here is meant to be guessed at, framed, or to tell others where its reader came from. A page says itself what
/// it may load. Deliberately not here: `Strict-Transport-Security`, which would also move `http://…/wpad.dat` of the same
/// name to TLS, where WPAD does not look.
fn security_headers(class: Class) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))];
    match class {
        Class::Report => headers.extend([
            (CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ]),
        Class::Pac | Class::List | Class::Manifest => {}
    }
    headers
}

/// One version of a site.
#[derive(Debug)]
pub struct Version {
    /// Which.
    pub id: VersionId,
    /// When it was first served, in seconds since 1970.
    pub created: u64,
    /// Its files, by path without a slash at the beginning.
    pub resources: HashMap<String, Arc<Resource>>,
}

impl Version {
    /// Makes files ready to send. `modified` says since when each is as it is, `created` where it says nothing. What
    /// `before` has already is not compressed again.
    pub fn new(
        id: VersionId,
        created: u64,
        files: &Files,
        modified: &BTreeMap<String, u64>,
        before: Option<&Version>,
    ) -> Self {
        let resources = files.iter().filter_map(|(path, bytes)| {
            let class = Class::of(path)?;
            let modified = modified.get(path).copied().unwrap_or(created);
            let same = before.and_then(|version| version.resources.get(path)).filter(|own| {
                own.modified == modified && own.class == class && own.identity.body == bytes[..]
            });
            let resource = match same {
                Some(own) => own.clone(),
                None => Arc::new(Resource::new(path, class, bytes, modified)),
            };
            Some((path.clone(), resource))
        });
        Self { id, created, resources: resources.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let files = Files::from([("proxy.pac".to_owned(), b"x".to_vec())]);
        let id = VersionId::of(7, &files);
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert!(id.has_same_content(&VersionId::of(8, &files)));
        assert!(!id.has_same_content(&VersionId::of(7, &Files::new())));
        for wrong in [
            "",
            "7-3fa9c1d20b44",
            "000007-3fa9c1d20b4",
            "000007-3FA9C1D20B44",
            "../../etc/passwd",
            "000007-../../../../a",
        ] {
            assert_eq!(wrong.parse::<VersionId>(), Err(VersionIdError), "{wrong}");
        }
    }

    #[test]
    fn each_form_has_its_own_name_and_a_pac_no_zstandard() {
        let text = "function FindProxyForURL(url, host) { return \"PROXY p.example:8080\"; }\n".repeat(40);
        let files = Files::from([
            ("proxy.pac".to_owned(), text.clone().into_bytes()),
            ("edl/allow/domains.txt".to_owned(), text.into_bytes()),
            ("edl/allow/small.txt".to_owned(), b"a.example\n".to_vec()),
            ("version.json".to_owned(), b"{}".to_vec()),
        ]);
        let version = Version::new(VersionId::of(1, &files), 1_000, &files, &BTreeMap::new(), None);
        assert_eq!(version.resources.len(), 3, "what has no class is not served");
        let pac = &version.resources["proxy.pac"];
        assert!(pac.coded(Coding::Gzip).is_some() && pac.coded(Coding::Zstd).is_none());
        let list = &version.resources["edl/allow/domains.txt"];
        let names =
            [Coding::Identity, Coding::Gzip, Coding::Zstd].map(|coding| &list.coded(coding).unwrap().etag);
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
        assert!(version.resources["edl/allow/small.txt"].coded(Coding::Gzip).is_none());
        let next = Version::new(VersionId::of(2, &files), 2_000, &files, &BTreeMap::new(), Some(&version));
        assert!(!Arc::ptr_eq(&next.resources["proxy.pac"], pac), "its date is another");
        let modified = files.keys().map(|path| (path.clone(), 1_000)).collect();
        let next = Version::new(VersionId::of(2, &files), 2_000, &files, &modified, Some(&version));
        assert!(Arc::ptr_eq(&next.resources["proxy.pac"], pac));
    }
}
