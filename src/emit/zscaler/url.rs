//! What a URL list can say. Source: help.zscaler.com, "URL Format Guidelines", checked 2026-11-24.

use ipnet::IpNet;

use super::{Unsupported, unsupported};
use crate::model::{DomainName, HostPattern, LabelGlob, PathPattern};

/// Levels below a name that a leading dot covers.
const LEVELS: usize = 5;

/// Octets of a URL.
const MAX_URL: usize = 1024;

/// The hosts of an entry, and what they mean together.
pub(super) fn hosts(pattern: &HostPattern) -> Result<(Vec<String>, Vec<HostPattern>), Unsupported> {
    Ok(match pattern {
        HostPattern::Exact(name) => (vec![checked(name)?.to_string()], vec![pattern.clone()]),
        HostPattern::Subtree(name) | HostPattern::Descendants(name) => dotted(name)?,
        // No star stands inside a name, so all that can be said is the parent.
        HostPattern::TextSuffix(suffix) => dotted(suffix.parent())?,
        HostPattern::LabelGlob(glob) => dotted(&glob.parent())?,
        HostPattern::Address(network) => match network.addr() {
            std::net::IpAddr::V4(address) if network.prefix_len() == 32 => {
                (vec![address.to_string()], vec![pattern.clone()])
            }
            _ => {
                return Err(unsupported(
                    "a URL list has single IPv4 addresses, as they stand in a URL, and no network",
                ));
            }
        },
    })
}

fn dotted(name: &DomainName) -> Result<(Vec<String>, Vec<HostPattern>), Unsupported> {
    let below = (1..=LEVELS).filter_map(|depth| LabelGlob::at_depth(name, depth)).map(HostPattern::LabelGlob);
    let means = std::iter::once(HostPattern::Exact(name.clone())).chain(below).collect();
    Ok((vec![format!(".{}", checked(name)?)], means))
}

/// A name that Zscaler takes in a URL.
fn checked(name: &DomainName) -> Result<&DomainName, Unsupported> {
    let mut labels = name.labels_from_right();
    let (top, second) = (labels.next(), labels.next());
    if second.is_none() {
        return Err(unsupported("a bare top-level domain is no URL for Zscaler"));
    }
    if top.into_iter().chain(second).any(|label| label.contains('_')) {
        return Err(unsupported("Zscaler takes no `_` in the last two labels"));
    }
    if name.labels_from_right().any(|label| label == "_") {
        return Err(unsupported("Zscaler takes no label `_`"));
    }
    Ok(name)
}

/// What stands behind the host, and the path that it means: with a slash at the end everything below, without
/// one exactly that path.
pub(super) fn tails(path: &PathPattern) -> (Vec<String>, PathPattern) {
    match path {
        PathPattern::Any => (vec![String::new()], PathPattern::Any),
        // A URL is lower case, and whether a path is compared as written is not documented.
        PathPattern::Prefix(text) | PathPattern::Segment(text)
            if text.bytes().any(|octet| octet.is_ascii_uppercase()) =>
        {
            (vec![String::new()], PathPattern::Any)
        }
        PathPattern::Prefix(text) if text.ends_with('/') => (vec![text.to_string()], path.clone()),
        PathPattern::Segment(text) => (vec![text.to_string(), format!("{text}/")], path.clone()),
        // A prefix that ends inside a segment is said by what is above it.
        PathPattern::Prefix(text) => {
            let above = &text[..=text.rfind('/').unwrap_or(0)];
            if above == "/" {
                (vec![String::new()], PathPattern::Any)
            } else {
                (vec![above.to_owned()], PathPattern::Prefix(above.into()))
            }
        }
    }
}

/// Whether an entry obeys the rules that are not those of names already: one bad entry rejects the request.
pub(super) fn check(host: &HostPattern, text: &str) -> Result<(), Unsupported> {
    if matches!(host, HostPattern::Address(_)) && text.parse::<IpNet>().is_ok() {
        return Err(unsupported("an address with a path of digits alone looks like a network"));
    }
    if text.len() > MAX_URL {
        return Err(Unsupported {
            why: format!("a URL of {} octets, over the {MAX_URL} of Zscaler", text.len()),
        });
    }
    Ok(())
}
