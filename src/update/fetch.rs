//! Asking for a list: conditionally, by redirects and proxies, within bounds of size and time.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION,
};
use url::Url;

use super::remembered::Remembered;
use crate::model::Request;
use crate::text::shown;
use crate::verify::connect::{Ask, Fetched, Network, fetch_by};
use crate::verify::route::{Environment, ProxyUrl, Way, without_credentials};
use crate::verify::seen::Trouble;

/// Most redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// By which way requests go.
#[derive(Clone, Debug)]
pub enum Through {
    /// As the variables of the environment say.
    Environment(Environment),
    /// Through this proxy.
    Proxy(ProxyUrl),
    /// Past every proxy.
    Direct,
}

impl Through {
    fn way(&self, request: &Request) -> Way {
        match self {
            Self::Environment(environment) => environment.way(request),
            Self::Proxy(proxy) => Way::Proxy(proxy.clone()),
            Self::Direct => Way::Direct,
        }
    }
}

/// Bounds of one download.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Most bytes, as they come and inflated.
    pub bytes: usize,
    /// How long one request may take.
    pub patience: Duration,
}

/// What came.
#[derive(Debug)]
pub enum Came {
    /// The server has nothing newer.
    Nothing,
    /// A file.
    File {
        /// What it holds.
        bytes: Vec<u8>,
        /// What to remember of it.
        remembered: Remembered,
    },
}

/// Why nothing came that could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer.
    #[error("{at}: {trouble}")]
    Trouble {
        /// Where.
        at: Place,
        /// What happened.
        trouble: Trouble,
    },
    /// Another answer than a file.
    #[error("{at} answers with status {status}")]
    Status {
        /// Where.
        at: Place,
        /// The status.
        status: u16,
    },
    /// The connection ended before the answer did.
    #[error("{at}: the answer ended early: {why}")]
    Truncated {
        /// Where.
        at: Place,
        /// What happened.
        why: String,
    },
    /// More than a list has.
    #[error("{at}: over {limit} bytes, which is the limit; `--max-size` sets it")]
    TooLarge {
        /// Where.
        at: Place,
        /// The limit.
        limit: usize,
    },
    /// Compressed in a way that nobody asked for and that is not known, or damaged.
    #[error("{at}: the answer is compressed as `{encoding}`, {why}")]
    Encoding {
        /// Where.
        at: Place,
        /// How, as the server says.
        encoding: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A redirect that is not followed.
    #[error("{at} leads {why}")]
    Redirect {
        /// Where.
        at: Place,
        /// Where to, and why not.
        why: String,
    },
}

impl FetchError {
    /// Whether something came and was refused, and not that nothing could be had.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Trouble { .. } | Self::Status { .. } => false,
            Self::Truncated { .. }
            | Self::TooLarge { .. }
            | Self::Encoding { .. }
            | Self::Redirect { .. } => true,
        }
    }
}

/// A URL as messages show it: without what may be secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place(String);

impl Place {
    fn of(url: &Url) -> Self {
        Self(without_credentials(url.as_str()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks for a list, and whether it is newer than what is remembered.
///
/// # Errors
/// When nothing came that could be looked at.
pub async fn fetch(
    network: &Network,
    start: &Url,
    through: &Through,
    bounds: Bounds,
    remembered: Option<&Remembered>,
) -> Result<Came, FetchError> {
    let mut headers = vec![(ACCEPT_ENCODING, "identity".to_owned())];
    let mut condition = |name: HeaderName, value: Option<&String>| {
        headers.extend(value.map(|value| (name, value.clone())));
    };
    condition(IF_NONE_MATCH, remembered.and_then(|own| own.etag.as_ref()));
    condition(IF_MODIFIED_SINCE, remembered.and_then(|own| own.last_modified.as_ref()));
    let mut url = start.clone();
    url.set_fragment(None);
    for _ in 0..=MAX_REDIRECTS {
        let at = Place::of(&url);
        let trouble = |trouble| FetchError::Trouble { at: at.clone(), trouble };
        let request: Request = url
            .as_str()
            .parse()
            .map_err(|error| trouble(Trouble::Route(format!("it cannot be asked: {error}"))))?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let way = through.way(&request);
        let ask = Ask {
            request: &request,
            path,
            way: &way,
            headers: &headers,
            limit: bounds.bytes,
            patience: bounds.patience,
            body: None,
        };
        let fetched = fetch_by(network, &ask).await.map_err(trouble)?;
        match fetched.status {
            200 => return file(start, at, fetched, bounds.bytes),
            304 if headers.len() > 1 => return Ok(Came::Nothing),
            301 | 302 | 303 | 307 | 308 => url = next(&url, at, &fetched)?,
            status => return Err(FetchError::Status { at, status }),
        }
    }
    let why = format!("to another place more than {MAX_REDIRECTS} times");
    Err(FetchError::Redirect { at: Place::of(start), why })
}

/// Where a redirect leads, if one may follow it.
fn next(url: &Url, at: Place, fetched: &Fetched) -> Result<Url, FetchError> {
    let refused = |at: Place, why: String| Err(FetchError::Redirect { at, why });
    let location =
        fetched.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let Some(mut next) = location.and_then(|location| url.join(&location).ok()) else {
        return refused(at, "nowhere: the redirect names no place".to_owned());
    };
    next.set_fragment(None);
    let to = Place::of(&next);
    match (url.scheme(), next.scheme()) {
        ("https", "http") => {
            refused(at, format!("from https to http ({to}), where anybody on the way can change the list"))
        }
        (_, "http" | "https") if next.username().is_empty() && next.password().is_none() => Ok(next),
        (_, "http" | "https") => refused(at, format!("to {to} with credentials")),
        (_, scheme) => refused(at, format!("to a place of the scheme `{}`", shown(scheme, 40))),
    }
}

/// The file of an answer, inflated where the server compressed it all the same.
fn file(start: &Url, at: Place, fetched: Fetched, limit: usize) -> Result<Came, FetchError> {
    if fetched.is_cut {
        return Err(FetchError::TooLarge { at, limit });
    }
    if let Some(why) = fetched.broken {
        return Err(FetchError::Truncated { at, why });
    }
    let header = |name: HeaderName| fetched.headers.get(name).and_then(|value| value.to_str().ok());
    let encoding = header(CONTENT_ENCODING).unwrap_or("identity").trim().to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "identity" | "" => fetched.bytes,
        "gzip" | "x-gzip" => {
            let mut bytes = Vec::new();
            let mut inflated = MultiGzDecoder::new(&fetched.bytes[..]).take(limit as u64 + 1);
            if inflated.read_to_end(&mut bytes).is_err() {
                return Err(FetchError::Encoding { at, encoding, why: "and damaged" });
            }
            if bytes.len() > limit {
                return Err(FetchError::TooLarge { at, limit });
            }
            bytes
        }
        _ => {
            let encoding = shown(&encoding, 40);
            return Err(FetchError::Encoding { at, encoding, why: "which nobody asked for and is not read" });
        }
    };
    let remembered = Remembered::new(start, &bytes, header(ETAG), header(LAST_MODIFIED));
    Ok(Came::File { bytes, remembered })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_up_and_never_down() {
        let answer = |location: &str| {
            let mut headers = hyper::HeaderMap::new();
            headers.insert(LOCATION, location.parse().unwrap());
            Fetched {
                status: 302,
                content_type: None,
                headers,
                bytes: Vec::new(),
                is_cut: false,
                broken: None,
            }
        };
        for (from, location, want) in [
            ("http://a.example/x", "https://b.example/y#z", Ok("https://b.example/y")),
            ("https://a.example/x/y?q", "../z", Ok("https://a.example/z")),
            ("https://a.example/x", "//b.example/", Ok("https://b.example/")),
            (
                "https://a.example/x",
                "http://a.example/y?secret",
                Err("from https to http (http://a.example/y)"),
            ),
            ("https://a.example/x", "file:///etc/passwd", Err("to a place of the scheme `file`")),
            (
                "https://a.example/x",
                "https://u:secret@a.example/",
                Err("to https://a.example/ with credentials"),
            ),
        ] {
            let from = Url::parse(from).unwrap();
            match (next(&from, Place::of(&from), &answer(location)), want) {
                (Ok(to), Ok(want)) => assert_eq!(to.as_str(), want),
                (Err(error), Err(want)) => {
                    assert!(error.to_string().contains(want), "{error}");
                    assert!(!error.to_string().contains("secret"), "{error}");
                }
                (got, _) => panic!("{location}: {got:?}"),
            }
        }
    }
}
