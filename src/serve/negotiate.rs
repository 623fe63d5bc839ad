//! Which form of a file a request asks for, whether the client has it, and which part of it is wanted.
//!
//! RFC 9110, sections 12.5.3 (codings), 13 (conditions) and 14 (ranges).

use std::ops::Range;
use std::time::UNIX_EPOCH;

use hyper::HeaderMap;
use hyper::header::{
    ACCEPT_ENCODING, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, RANGE,
};

use super::version::{Class, Coding, Representation, Resource};

/// The form to send. A PAC is compressed only for a client that names gzip: some fetch it by a stack of their own, and
/// `*` in the name of one is no promise.
pub fn representation<'r>(resource: &'r Resource, headers: &HeaderMap) -> &'r Representation {
    let Some(accepted) = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return resource.identity();
    };
    let weights = Weights::of(accepted);
    let star = if resource.class == Class::Pac { 0 } else { weights.star.unwrap_or(0) };
    let zstd = weights.zstd.unwrap_or(star);
    let gzip = weights.gzip.unwrap_or(star);
    // A form that is not compressed is always at hand and always allowed here, at the lowest weight but none.
    let identity = weights.identity.unwrap_or(1);
    let mut best = (identity, resource.identity());
    for (weight, coding) in [(gzip, Coding::Gzip), (zstd, Coding::Zstd)] {
        if let Some(own) = resource.coded(coding)
            && weight > 0
            && weight >= best.0
        {
            best = (weight, own);
        }
    }
    best.1
}

/// What a client says of codings, in thousandths.
#[derive(Default)]
struct Weights {
    gzip: Option<u16>,
    zstd: Option<u16>,
    identity: Option<u16>,
    star: Option<u16>,
}

impl Weights {
    fn of(accepted: &str) -> Self {
        let mut weights = Self::default();
        for part in accepted.split(',') {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight(parameters);
            let name = name.trim();
            let own = if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                &mut weights.gzip
            } else if name.eq_ignore_ascii_case("zstd") {
                &mut weights.zstd
            } else if name.eq_ignore_ascii_case("identity") {
                &mut weights.identity
            } else if name == "*" {
                &mut weights.star
            } else {
                continue;
            };
            *own = Some(weight);
        }
        weights
    }
}

/// `q=0.5` in thousandths; 1 where nothing is said, 0 for what is none.
fn weight(parameters: &str) -> u16 {
    let Some(text) = parameters.split(';').find_map(|own| {
        let (name, value) = own.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    }) else {
        return 1_000;
    };
    match text.parse::<f32>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1_000.0) as u16,
        _ => 0,
    }
}

/// What the conditions of a request say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Send it.
    Send,
    /// The client has it.
    NotModified,
    /// The client wants another than there is.
    Failed,
}

/// Judges the conditions, in the order of RFC 9110, section 13.2.2.
pub fn condition(resource: &Resource, own: &Representation, headers: &HeaderMap) -> Condition {
    if let Some(tags) = all(headers, IF_MATCH) {
        if !tags_name(&tags, &own.etag, false) {
            return Condition::Failed;
        }
    } else if let Some(since) = headers.get(IF_UNMODIFIED_SINCE).and_then(date)
        && resource.modified > since
    {
        return Condition::Failed;
    }
    if let Some(tags) = headers.get(IF_NONE_MATCH) {
        // What firewalls send, without taking it apart.
        if *tags == own.etag {
            return Condition::NotModified;
        }
        if all(headers, IF_NONE_MATCH).is_some_and(|tags| tags_name(&tags, &own.etag, true)) {
            return Condition::NotModified;
        }
    } else if let Some(since) = headers.get(IF_MODIFIED_SINCE)
        && (*since == resource.last_modified || date(since).is_some_and(|since| resource.modified <= since))
    {
        return Condition::NotModified;
    }
    Condition::Send
}

/// The values of a header that may be there several times, joined.
fn all(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("")).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Whether one of the tags is this one. Our tags hold no comma and no quote.
fn tags_name(tags: &str, own: &HeaderValue, weakly: bool) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let tag = if weakly { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        tag == "*" || tag.as_bytes() == own.as_bytes()
    })
}

/// A date, in seconds since 1970.
fn date(value: &HeaderValue) -> Option<u64> {
    let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Which part is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Everything: nothing else is asked, or not in a way that is answered in parts.
    Whole,
    /// These octets.
    Octets(Range<usize>),
    /// Octets that there are not.
    Unsatisfiable,
}

/// The part that a request asks for. Several ranges in one request are answered by the whole, which RFC 9110 allows.
pub fn part(resource: &Resource, own: &Representation, headers: &HeaderMap) -> Part {
    let Some(text) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Part::Whole };
    if let Some(only) = headers.get(IF_RANGE) {
        let is_same = *only == own.etag || *only == resource.last_modified;
        if !is_same {
            return Part::Whole;
        }
    }
    let length = own.body.len();
    let Some((unit, range)) = text.split_once('=') else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    // `parse` would take a sign.
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Some(text.parse::<usize>().unwrap_or(usize::MAX)))
        }
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => {
            let last = last.unwrap_or(usize::MAX).min(length.saturating_sub(1));
            match () {
                () if first >= length => Part::Unsatisfiable,
                () if last < first => Part::Whole,
                () => Part::Octets(first..last + 1),
            }
        }
        (Some(None), Some(Some(0))) => Part::Unsatisfiable,
        (Some(None), Some(Some(_))) if length == 0 => Part::Unsatisfiable,
        (Some(None), Some(Some(count))) => Part::Octets(length.saturating_sub(count)..length),
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::serve::version::{Version, VersionId};
    use crate::write::Files;

    fn resource(path: &str) -> Arc<Resource> {
        let files = Files::from([(path.to_owned(), b"a.example.com\n".repeat(100))]);
        let version = Version::new(VersionId::of(1, &files), 1_000_000, &files, &BTreeMap::new(), None);
        version.resources[path].clone()
    }

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_client_gets_a_form_that_it_can_read() {
        let (list, pac) = (resource("edl/allow/domains.txt"), resource("proxy.pac"));
        for (accepted, of_list, of_pac) in [
            ("gzip", Coding::Gzip, Coding::Gzip),
            ("GZIP ; Q=1", Coding::Gzip, Coding::Gzip),
            ("gzip, deflate, br, zstd", Coding::Zstd, Coding::Gzip),
            ("zstd;q=0.5, gzip", Coding::Gzip, Coding::Gzip),
            ("*", Coding::Zstd, Coding::Identity),
            ("gzip;q=0", Coding::Identity, Coding::Identity),
            ("gzip;q=0, *", Coding::Zstd, Coding::Identity),
            ("identity, gzip;q=0.5", Coding::Identity, Coding::Identity),
            ("br, deflate", Coding::Identity, Coding::Identity),
            ("gzip;q=x", Coding::Identity, Coding::Identity),
            ("", Coding::Identity, Coding::Identity),
        ] {
            let headers = headers(&[(ACCEPT_ENCODING, accepted)]);
            for (resource, want) in [(&list, of_list), (&pac, of_pac)] {
                let got = &representation(resource, &headers).etag;
                assert_eq!(*got, resource.coded(want).unwrap().etag, "{accepted} of {:?}", resource.class);
            }
        }
        assert_eq!(representation(&list, &HeaderMap::new()).etag, list.identity().etag);
    }

    #[test]
    fn a_client_that_has_it_gets_nothing() {
        let list = resource("edl/allow/domains.txt");
        let own = list.identity();
        let tag = own.etag.to_str().unwrap();
        let weak = format!("\"x\", W/{tag}");
        let at = list.last_modified.to_str().unwrap();
        let (later, earlier) = ("Fri, 13 Jan 2040 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:01 GMT");
        for (lines, want) in [
            (vec![(IF_NONE_MATCH, tag)], Condition::NotModified),
            (vec![(IF_NONE_MATCH, weak.as_str())], Condition::NotModified),
            (vec![(IF_NONE_MATCH, "*")], Condition::NotModified),
            (vec![(IF_NONE_MATCH, "\"x\"")], Condition::Send),
            (vec![(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, later)], Condition::Send),
            (vec![(IF_MODIFIED_SINCE, at)], Condition::NotModified),
            (vec![(IF_MODIFIED_SINCE, later)], Condition::NotModified),
            (vec![(IF_MODIFIED_SINCE, earlier)], Condition::Send),
            (vec![(IF_MODIFIED_SINCE, "yesterday")], Condition::Send),
            (vec![(IF_MATCH, tag)], Condition::Send),
            (vec![(IF_MATCH, "\"x\"")], Condition::Failed),
            (vec![(IF_MATCH, weak.as_str())], Condition::Failed),
            (vec![(IF_UNMODIFIED_SINCE, earlier)], Condition::Failed),
            (vec![(IF_UNMODIFIED_SINCE, at)], Condition::Send),
        ] {
            assert_eq!(condition(&list, own, &headers(&lines)), want, "{lines:?}");
        }
    }

    #[test]
    fn a_part_is_never_more_than_there_is() {
        let list = resource("edl/allow/domains.txt");
        let own = list.identity();
        let length = own.body.len();
        assert_eq!(length, 1_400);
        for (range, want) in [
            ("bytes=0-0", Part::Octets(0..1)),
            ("bytes=10-19", Part::Octets(10..20)),
            ("bytes=1390-", Part::Octets(1_390..1_400)),
            ("bytes=1390-99999999999999999999999", Part::Octets(1_390..1_400)),
            ("bytes=-5", Part::Octets(1_395..1_400)),
            ("bytes=-5000", Part::Octets(0..1_400)),
            ("bytes=1400-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=20-10", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("bytes", Part::Whole),
        ] {
            assert_eq!(part(&list, own, &headers(&[(RANGE, range)])), want, "{range}");
        }
        let with = |only: &str| part(&list, own, &headers(&[(RANGE, "bytes=0-0"), (IF_RANGE, only)]));
        assert_eq!(with(own.etag.to_str().unwrap()), Part::Octets(0..1));
        assert_eq!(with("\"another\""), Part::Whole);
        assert_eq!(with("W/\"x\""), Part::Whole);
    }
}
