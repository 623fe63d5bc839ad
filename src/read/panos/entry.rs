//! What one entry of a list matches: of a custom URL category or a URL list, of a domain list, of an address list.
//!
//! The rules of URL entries are those of the vendor's "Guidelines for URL Category Exceptions", read 2026-11-24.
//! Tokens are what is between `. / ? & = ; +`; `*` is one or more tokens, `^` exactly one, and either is the only
//! character of its token.

use std::net::IpAddr;

use ipnet::IpNet;

use super::networks;
use crate::model::{DomainName, HostPattern, LabelGlob, PathPattern};
use crate::read::TroubleKind;

/// Longest entry, in characters.
const MAX_ENTRY: usize = 255;
/// Most carets in a row that the vendor allows.
const MAX_CARETS: usize = 9;

/// What an entry of a URL list matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct UrlEntry {
    /// Which hosts; nothing for all, names and addresses.
    pub(super) host: Option<HostPattern>,
    /// Which paths. The firewall sees the path of plain HTTP, and that of TLS which it decrypts; of other TLS it
    /// sees `host/`, so an entry with a path never matches that.
    pub(super) path: PathPattern,
    /// How some versions match more or less.
    pub(super) misleading: Option<String>,
}

/// Why an entry decides nothing.
pub(super) type Nothing = (TroubleKind, String);

pub(super) fn never<T>(why: impl Into<String>) -> Result<T, Nothing> {
    Err((TroubleKind::NeverMatches, why.into()))
}

fn unclear<T>(why: impl Into<String>) -> Result<T, Nothing> {
    Err((TroubleKind::NotUnderstood, why.into()))
}

/// Reads an entry of a URL list.
///
/// # Errors
/// When it matches nothing, or what no pattern says.
pub(super) fn url(text: &str) -> Result<UrlEntry, Nothing> {
    if text.is_empty() {
        return never("empty");
    }
    if text.bytes().any(|octet| octet.is_ascii_whitespace() || octet.is_ascii_control()) {
        return never("an entry has no blanks, and a URL list no comments");
    }
    if !text.is_ascii() {
        return unclear("characters beyond ASCII");
    }
    if text.len() > MAX_ENTRY {
        return never(format!("{} characters, over {MAX_ENTRY}", text.len()));
    }
    if text.contains("://") {
        return never("an entry begins with no scheme");
    }
    check_tokens(text)?;
    let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
    let hosts = hosts(host)?;
    let (path, misleading) = paths(host, path)?;
    Ok(UrlEntry { host: hosts, path, misleading })
}

/// The rules of wildcards.
fn check_tokens(text: &str) -> Result<(), Nothing> {
    if !text.contains(['*', '^']) {
        return Ok(());
    }
    let (mut before, mut carets, mut at) = ("", 0, 0);
    for token in text.split(['.', '/', '?', '&', '=', ';', '+']) {
        let behind_slash = text[..at].ends_with('/');
        at += token.len() + 1;
        carets = if token == "^" { carets + 1 } else { 0 };
        match token {
            "*" if before == "*" => return unclear("two asterisks in a row"),
            "^" if behind_slash => return never("a caret behind a slash"),
            "^" if carets > MAX_CARETS => return unclear(format!("more than {MAX_CARETS} carets in a row")),
            "*" | "^" => {}
            _ if token.contains(['*', '^']) => {
                return never(format!("a wildcard is a whole token, and not a part of `{token}`"));
            }
            _ => {}
        }
        before = token;
    }
    Ok(())
}

fn hosts(text: &str) -> Result<Option<HostPattern>, Nothing> {
    if text == "*" {
        return Ok(None);
    }
    if text.contains(':') {
        return unclear("a port or an IPv6 address in an entry");
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Some(HostPattern::Address(address.into())));
    }
    if text.split('.').any(str::is_empty) {
        return unclear("an empty token");
    }
    if !text.contains(['*', '^']) {
        return name(text).map(HostPattern::Exact).map(Some);
    }
    if text.ends_with(['*', '^']) {
        return unclear("names that begin with a text, which no pattern says");
    }
    if let Some(rest) = text.strip_prefix("*.").filter(|rest| !rest.contains(['*', '^'])) {
        return name(rest).map(HostPattern::Descendants).map(Some);
    }
    if text.contains('*') {
        return unclear("any number of labels inside a name, which no pattern says");
    }
    let parent = text.trim_start_matches("^.");
    let depth = (text.len() - parent.len()) / "^.".len();
    let glob = match (depth, parent.contains('^')) {
        (0, _) => match text.replace('^', "*").parse() {
            Ok(pattern) => return Ok(Some(pattern)),
            Err(error) => return never(format!("no name is matched: {error}")),
        },
        (_, true) => return unclear("carets in front of a name and inside it, which no pattern says"),
        (_, false) => LabelGlob::at_depth(&name(parent)?, depth),
    };
    glob.map_or_else(|| never("no name is as long"), |glob| Ok(Some(HostPattern::LabelGlob(glob))))
}

fn name(text: &str) -> Result<DomainName, Nothing> {
    text.parse().or_else(|error| never(format!("no host is called so: {error}")))
}

/// The paths of the text behind the host, and how that misleads.
fn paths(host: &str, text: &str) -> Result<(PathPattern, Option<String>), Nothing> {
    if text.is_empty() && host.ends_with('*') {
        return Ok((PathPattern::Any, None));
    }
    if text.contains('?') {
        return unclear("a query, which no pattern has");
    }
    let (literal, goes_on) = match text.strip_suffix('*') {
        Some(before) => (before, true),
        None => (text, false),
    };
    if literal.contains(['*', '^']) {
        return unclear("a wildcard inside a path, which no pattern says");
    }
    let Ok(path) = PathPattern::parse(text) else { return unclear("a path that no pattern says") };
    let misleading = if goes_on {
        // The asterisk is at least one token, and of TLS there is none to be seen behind the host.
        let but = if literal == "/" { ", nor TLS that is not decrypted" } else { "" };
        Some(format!("may not match `{host}{literal}` itself{but}"))
    } else if text.ends_with('/') {
        None
    } else {
        Some(format!(
            "without a slash at its end PAN-OS 10.1 and earlier also match `{host}{text}.domain.xyz`"
        ))
    };
    Ok((path, misleading))
}

/// Reads a line of a domain list. `expands` is the list's option to add what is below every name.
///
/// # Errors
/// When it matches nothing.
pub(super) fn domain(text: &str, expands: bool) -> Result<HostPattern, Nothing> {
    if text.len() > MAX_ENTRY {
        return never(format!("{} characters, over {MAX_ENTRY}", text.len()));
    }
    if let Some(rest) = text.strip_prefix('^') {
        return name(rest).map(HostPattern::Exact);
    }
    if let Some(rest) = text.strip_prefix("*.") {
        return name(rest).map(HostPattern::Descendants);
    }
    let own = name(text)?;
    Ok(if expands { HostPattern::Subtree(own) } else { HostPattern::Exact(own) })
}

/// Reads a line of an address list: what stands behind a blank is a comment.
///
/// # Errors
/// When it is no address.
pub(super) fn address_line(text: &str) -> Result<Vec<IpNet>, Nothing> {
    networks::read(text.split([' ', '\t']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match url(text) {
            Ok(entry) => {
                let host = entry.host.map_or_else(|| "everything".to_owned(), |host| host.to_string());
                let mark = if entry.misleading.is_some() { "!" } else { "" };
                format!("{host} {}{mark}", entry.path).trim_end().to_owned()
            }
            Err((TroubleKind::NeverMatches, _)) => "never".to_owned(),
            Err((kind, _)) => format!("{kind:?}"),
        }
    }

    /// "Guidelines for URL Category Exceptions" and "Wildcard Guidelines for URL Category Exception Lists".
    #[test]
    fn an_entry_of_a_url_list_means_what_the_vendor_says() {
        for (text, want) in [
            ("example.com/", "example.com"),
            ("Example.COM/", "example.com"),
            // On any version it is the slash that ends the name.
            ("example.com", "example.com !"),
            ("*.example.com", "*.example.com !"),
            ("*.example.com/", "*.example.com"),
            ("^.example.com/", "*.example.com"),
            ("^.^.example.com/", "*.*.example.com"),
            ("mail.^.example.com/", "mail.*.example.com"),
            ("a.^.glob.example.com/", "a.*.glob.example.com"),
            ("203.0.113.7/", "203.0.113.7"),
            ("_sip.under_score.example.com/", "_sip.under_score.example.com"),
            ("*", "everything"),
            ("*/", "everything"),
            // Paths.
            ("www.example.org/pki/", "www.example.org /pki/*"),
            ("*.mirror.example.org/repo/", "*.mirror.example.org /repo/*"),
            ("www.example.org/pki/certs", "www.example.org /pki/certs!"),
            ("example.com/*", "example.com !"),
            ("example.com/a/*", "example.com /a/*!"),
            ("example.com/a.*", "example.com /a.*!"),
            ("example.com/a&b=1;c+d/", "example.com /a&b=1;c+d/*"),
            // A wildcard is the only character of its token.
            ("ex*.example.com/", "never"),
            ("*example.com/", "never"),
            ("li^.example.com/", "never"),
            ("example.com*", "never"),
            ("pre-*.example.com/", "never"),
            ("example.com/a*", "never"),
            ("example.com/^", "never"),
            // No entry.
            ("", "never"),
            ("http://example.com/", "never"),
            ("https://example.com/", "never"),
            ("example.com/ # why", "never"),
            ("# example.com/", "never"),
            ("exam!ple.com/", "never"),
            ("com.1/", "never"),
            // What nobody says, or no pattern.
            ("a.*.example.com/", "NotUnderstood"),
            ("*.^.example.com/", "NotUnderstood"),
            ("*.*.example.com/", "NotUnderstood"),
            ("^.a.^.example.com/", "NotUnderstood"),
            ("^.^.^.^.^.^.^.^.^.^.example.com/", "NotUnderstood"),
            ("example.*", "NotUnderstood"),
            ("www.example.^/", "NotUnderstood"),
            ("example.com/*/a/", "NotUnderstood"),
            ("example.com/a.^/", "NotUnderstood"),
            ("example.com/a?b=c", "NotUnderstood"),
            ("example.com:8443/", "NotUnderstood"),
            (".example.com/", "NotUnderstood"),
            ("example..com/", "NotUnderstood"),
            ("b\u{fc}cher.example/", "NotUnderstood"),
        ] {
            assert_eq!(said(text), want, "{text}");
        }
        let long = |len: usize| format!("example.com/{}/", "a".repeat(len - 13));
        assert_eq!(said(&long(256)), "never");
        assert_ne!(said(&long(255)), "never");
        let nine = format!("{}example.com/", "^.".repeat(9));
        assert_eq!(said(&nine), "*.*.*.*.*.*.*.*.*.example.com");
    }

    #[test]
    fn a_missing_slash_says_what_it_opens() {
        assert_eq!(
            url("example.com").unwrap().misleading.unwrap(),
            "without a slash at its end PAN-OS 10.1 and earlier also match `example.com.domain.xyz`"
        );
    }

    #[test]
    fn a_domain_list_has_its_own_wildcards() {
        for (text, expands, want) in [
            ("example.com", false, "example.com"),
            ("example.com", true, ".example.com"),
            ("^example.com", true, "example.com"),
            ("*.example.com", false, "*.example.com"),
        ] {
            assert_eq!(domain(text, expands).unwrap().to_string(), want, "{text}");
        }
        for text in
            ["a.*.example.com", "example.com/", "203.0.113.7", "", "*example.com", "example.com # why"]
        {
            assert!(domain(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_list_has_networks_ranges_and_comments() {
        for (text, want) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("203.0.113.7/24", "203.0.113.0/24"),
            ("203.0.113.0/24 # why", "203.0.113.0/24"),
            ("203.0.113.0/24 any text", "203.0.113.0/24"),
            ("10.0.0.1-10.0.0.4", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32"),
            ("2001:db8::-2001:db8::1", "2001:db8::/127"),
        ] {
            let networks: Vec<String> = address_line(text).unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(networks.join(" "), want, "{text}");
        }
        for text in
            ["example.com", "# why", "10.0.0.4-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/255.0.0.0", "-", ""]
        {
            assert!(address_line(text).is_err(), "{text}");
        }
    }
}
