//! Which product a configuration is for, told from its text.

/// A product whose configurations are audited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Input {
    /// `squid.conf` with the files that it names.
    Squid,
    /// A script for proxy auto-configuration.
    Pac,
    /// PAN-OS: XML, `set` commands, lists of URLs.
    Panos,
    /// Zscaler: lists of URLs, bodies of its API, Terraform.
    Zscaler,
    /// nftables, with dnsmasq.
    Nft,
}

impl Input {
    /// All of them.
    pub const ALL: [Input; 5] = [Input::Squid, Input::Pac, Input::Panos, Input::Zscaler, Input::Nft];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Squid => "squid",
            Self::Pac => "pac",
            Self::Panos => "panos",
            Self::Zscaler => "zscaler",
            Self::Nft => "nft",
        }
    }

    /// The target whose plan says what the product can do.
    pub const fn target(self) -> &'static str {
        match self {
            Self::Squid => "squid",
            Self::Pac => "pac",
            Self::Panos => "paloalto",
            Self::Zscaler => "zscaler",
            Self::Nft => "nftables",
        }
    }

    /// The product that a file is for, if it is for one: a list that any product could have is for none.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        of_text(&String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]))
    }
}

/// How much of a file is looked at: what tells the products apart stands near the beginning.
const LOOKED_AT: usize = 1 << 16;

fn of_text(text: &str) -> Option<Input> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains("FindProxyForURL") {
        return Some(Input::Pac);
    }
    if start.starts_with(['{', '[']) {
        let zscaler = ["urlCategories", "configuredName", "dbCategorizedUrls", "whitelistUrls"];
        return match () {
            () if text.contains("\"nftables\"") => Some(Input::Nft),
            () if zscaler.iter().any(|key| text.contains(key)) => Some(Input::Zscaler),
            () => None,
        };
    }
    if start.starts_with('<') {
        return Some(Input::Panos);
    }
    text.lines().find_map(of_line)
}

fn of_line(line: &str) -> Option<Input> {
    let words: Vec<&str> = line.split_whitespace().take(4).collect();
    // What a terminal shows before commands.
    let is_prompt = |word: &str| word.contains('@') && word.ends_with(['>', '#']);
    let words = match words[..] {
        [first, ref rest @ ..] if is_prompt(first) => rest.to_vec(),
        _ => words,
    };
    match words[..] {
        ["http_access" | "ssl_bump" | "http_port" | "https_port" | "cache_peer", ..] => Some(Input::Squid),
        ["acl", _, kind, ..] if !kind.starts_with('{') => Some(Input::Squid),
        ["resource", kind, ..] if kind.starts_with("\"zia_") => Some(Input::Zscaler),
        ["resource", kind, ..] if kind.starts_with("\"panos_") => Some(Input::Panos),
        [
            "set",
            "rulebase" | "profiles" | "address" | "address-group" | "service" | "service-group"
            | "external-list" | "shared" | "device-group" | "vsys" | "deviceconfig" | "zone",
            ..,
        ] => Some(Input::Panos),
        ["#!/usr/sbin/nft", ..] | ["table", "inet" | "ip" | "ip6", ..] | ["flush", "ruleset"] => {
            Some(Input::Nft)
        }
        ["add", "table" | "chain" | "set" | "rule", ..] => Some(Input::Nft),
        [first, ..] if first.starts_with("nftset=") || first.starts_with("ipset=") => Some(Input::Nft),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_tells_its_product() {
        for (text, input) in [
            ("# mine\nacl mde dstdomain \"/etc/squid/mde\"\n", Some(Input::Squid)),
            ("http_port 3128\n", Some(Input::Squid)),
            ("\u{feff}// x\nfunction FindProxyForURL(url, host) {}", Some(Input::Pac)),
            ("<?xml version=\"1.0\"?><config/>", Some(Input::Panos)),
            ("set rulebase security rules a action allow\n", Some(Input::Panos)),
            ("resource \"panos_address\" \"x\" {\n", Some(Input::Panos)),
            ("resource \"zia_url_categories\" \"x\" {\n", Some(Input::Zscaler)),
            ("{\"configuredName\": \"x\"}", Some(Input::Zscaler)),
            ("{\"nftables\": []}", Some(Input::Nft)),
            ("table inet filter {\n", Some(Input::Nft)),
            ("nftset=/example.com/4#inet#x#y\n", Some(Input::Nft)),
            (".example.com\nexample.org\n", None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(Input::of(text.as_bytes()), input, "{text}");
        }
    }
}
