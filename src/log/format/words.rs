//! What products call the outcomes of a request. A word that is not here is nothing that anybody may guess about, so its line
//! counts as not understood.

use super::super::record::Verdict;

/// Words of policies for a request that is let through, in lower case.
///
/// Sources, 2026-11-30: PAN-OS "URL Filtering Log Fields", `action`; Zscaler "NSS Feed Output Format: Web Logs", `%s{action}`;
/// Symantec ProxySG "Access Log Formats", `sc-filter-result`, `s-action`; Forefront TMG, `action`.
const PASSED: &[&str] = &[
    "accept",
    "accepted",
    "alert",
    "allow",
    "allowed",
    "continue",
    "established",
    "forward",
    "forwarded",
    "none",
    "observed",
    "ok",
    "override",
    "pass",
    "passed",
    "permit",
    "permitted",
    "proxied",
    "success",
    "tunneled",
    "tunnelled",
];

/// The same where it is refused. A page that asks to go on counts as that: the device does not get what it asked for.
const DENIED: &[&str] = &[
    "block",
    "block-continue",
    "block-override",
    "block-url",
    "blocked",
    "cautioned",
    "continue-block",
    "denied",
    "deny",
    "discard",
    "discarded",
    "drop",
    "drop icmp",
    "drop-icmp",
    "dropped",
    "override-lockout",
    "prohibited",
    "refused",
    "reject",
    "rejected",
    "reset",
    "reset both",
    "reset client",
    "reset server",
    "reset-both",
    "reset-client",
    "reset-server",
    "silent-drop",
    "sinkhole",
    "terminate",
    "terminated",
];

/// The same where the client is asked who it is.
const AUTHENTICATION: &[&str] =
    &["auth", "authenticate", "authentication", "authentication_required", "auth_required", "challenge"];

/// Beginnings of what caches say of a request beside its refusal: Squid's `%Ss`, ProxySG's `s-action`.
const CACHE: &[&str] = &["tcp_", "udp_", "none", "tag_", "noresponse", "err_"];

/// What a word says, if it is known. Squid's `TCP_DENIED` and its like are words, too.
pub(super) fn verdict(word: &[u8]) -> Option<Verdict> {
    if is_one_of(word, PASSED) {
        Some(Verdict::Passed)
    } else if is_one_of(word, DENIED) {
        Some(Verdict::Denied)
    } else if is_one_of(word, AUTHENTICATION) {
        Some(Verdict::Authentication)
    } else {
        cache(word)
    }
}

fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(word))
}

fn cache(word: &[u8]) -> Option<Verdict> {
    // `TCP_MISS:HIER_DIRECT`, `TCP_DENIED/403`.
    let word = &word[..memchr::memchr2(b':', b'/', word).unwrap_or(word.len())];
    let begins =
        |own: &str| word.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own.as_bytes()));
    if begins("tcp_denied") || begins("udp_denied") || begins("tcp_policy_redirect") {
        Some(Verdict::Denied)
    } else if begins("tcp_auth_redirect") || begins("tcp_auth_form") {
        Some(Verdict::Authentication)
    } else if is_one_of(word, &["failed", "server_error"]) {
        // The proxy let it through, and the server did not answer.
        Some(Verdict::Passed)
    } else if word.windows(5).any(|own| own.eq_ignore_ascii_case(b"reset")) {
        // No cache says that, and a firewall may.
        None
    } else {
        CACHE.iter().any(|own| begins(own)).then_some(Verdict::Passed)
    }
}

/// What a status says where no word does: 407 asks for credentials, and 403 is mostly the proxy's own.
/// Forefront TMG writes numbers of its own, 12202 for a rule that refuses and 12209 for credentials.
pub(super) fn verdict_of_status(status: &[u8]) -> Verdict {
    match status {
        b"407" | b"12209" => Verdict::Authentication,
        b"403" | b"12202" => Verdict::Denied,
        _ => Verdict::Passed,
    }
}

/// Whether a status asks for credentials.
pub(super) fn asks(status: &[u8]) -> bool {
    matches!(status, b"407" | b"401" | b"12209")
}

/// Whether TLS was looked into, by a word such as Zscaler's `Yes` or the mode of Squid's ssl_bump.
pub(super) fn inspected(word: &[u8]) -> Option<bool> {
    let yes = [
        "yes",
        "true",
        "1",
        "y",
        "decrypted",
        "inspected",
        "bump",
        "stare",
        "client-first",
        "server-first",
        "intercept",
    ];
    let no = ["no", "false", "0", "n", "bypassed", "splice", "tunnel", "none", "peek", "terminate"];
    if is_one_of(word, &yes) { Some(true) } else { is_one_of(word, &no).then_some(false) }
}

/// Whether a word for a scheme or an application says HTTPS, or nothing.
pub(super) fn is_https(word: &[u8]) -> Option<bool> {
    if is_one_of(
        word,
        &[
            "https",
            "ssl",
            "tls",
            "ssl-tunnel",
            "tunnel",
            "tunnel_ssl",
            "tcp",
            "dnsoverhttps",
            "http2",
            "quic",
        ],
    ) {
        Some(true)
    } else {
        is_one_of(word, &["http", "web-browsing", "ftp", "ftp_over_http"]).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_says_two_things() {
        let all: Vec<&str> = [PASSED, DENIED, AUTHENTICATION].concat();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(all.len(), once.len());
        for (word, want) in [
            ("Allowed", Some(Verdict::Passed)),
            ("Blocked", Some(Verdict::Denied)),
            ("block-url", Some(Verdict::Denied)),
            ("TCP_TUNNEL", Some(Verdict::Passed)),
            ("TCP_NC_MISS:HIER_DIRECT", Some(Verdict::Passed)),
            ("TCP_DENIED_REPLY/403", Some(Verdict::Denied)),
            ("NONE_NONE", Some(Verdict::Passed)),
            ("OBSERVED", Some(Verdict::Passed)),
            ("quarantined", None),
            ("tcp", None),
            ("TCP_RESET", None),
            ("", None),
        ] {
            assert_eq!(verdict(word.as_bytes()), want, "{word}");
        }
    }
}
