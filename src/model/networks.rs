//! Many networks at once: read, made the fewest that cover the same addresses, and written.
//!
//! What they mean and how they are written is what `ipnet` says; tests hold this to it. One network is `ipnet`'s own matter.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// An address or a network; nothing for anything else, names included.
pub fn parse(text: &str) -> Option<IpNet> {
    let octets = text.as_bytes();
    if let Some(network) = plain_v4(octets).or_else(|| plain_v6(octets)) {
        return Some(network);
    }
    // Most of what is none is a name, and most names have another letter.
    if !octets.iter().all(|octet| octet.is_ascii_hexdigit() || matches!(octet, b'.' | b':' | b'/')) {
        return None;
    }
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A number without zeros in front.
#[inline]
fn prefix(digits: &[u8], most: u8) -> Option<u8> {
    let digit = |octet: u8| octet.is_ascii_digit().then(|| octet - b'0');
    let length = match *digits {
        [one] => digit(one)?,
        [b'1'..=b'9', _] => digit(digits[0])? * 10 + digit(digits[1])?,
        [b'1', _, _] => 100_u8.checked_add(digit(digits[1])? * 10)?.checked_add(digit(digits[2])?)?,
        _ => return None,
    };
    (length <= most).then_some(length)
}

/// One of IPv4 as nearly everybody writes it.
#[inline]
fn plain_v4(octets: &[u8]) -> Option<IpNet> {
    let (mut address, mut part, mut digits, mut dots, mut length) = (0, 0, 0, 0, 32);
    for (at, &octet) in octets.iter().enumerate() {
        match octet {
            b'0'..=b'9' => {
                if digits > 0 && part == 0 {
                    return None;
                }
                part = part * 10 + u32::from(octet - b'0');
                digits += 1;
                if part > 255 {
                    return None;
                }
            }
            b'.' if digits > 0 && dots < 3 => {
                address = address << 8 | part;
                (part, digits) = (0, 0);
                dots += 1;
            }
            b'/' => {
                length = prefix(&octets[at + 1..], 32)?;
                break;
            }
            _ => return None,
        }
    }
    if digits == 0 || dots != 3 {
        return None;
    }
    Ipv4Net::new(Ipv4Addr::from_bits(address << 8 | part), length).ok().map(IpNet::V4)
}

/// One of IPv6 as nearly everybody writes it, without an address of IPv4 in it.
#[inline]
fn plain_v6(octets: &[u8]) -> Option<IpNet> {
    let (mut groups, mut count) = ([0; 8], 0);
    // How many groups are in front of `::`.
    let mut gap: Option<usize> = None;
    let (mut rest, mut length) = (octets, 128);
    if let Some(behind) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), behind);
    }
    while !rest.is_empty() && (rest[0] != b'/' || gap != Some(count)) {
        let (group, digits) = hexadecimal(rest)?;
        *groups.get_mut(count)? = group;
        count += 1;
        rest = match rest[digits..] {
            [b':', b':', ref rest @ ..] if gap.is_none() => {
                gap = Some(count);
                rest
            }
            [b':', ref rest @ ..] if !rest.is_empty() => rest,
            [] | [b'/', ..] => {
                rest = &rest[digits..];
                break;
            }
            _ => return None,
        };
    }
    if let Some(digits) = rest.strip_prefix(b"/") {
        length = prefix(digits, 128)?;
    }
    match gap {
        None if count == 8 => {}
        Some(gap) if count < 8 => {
            groups.copy_within(gap..count, 8 - (count - gap));
            groups[gap..8 - (count - gap)].fill(0);
        }
        _ => return None,
    }
    Ipv6Net::new(Ipv6Addr::from(groups), length).ok().map(IpNet::V6)
}

/// One to four digits at the beginning, and how many they are.
#[inline]
fn hexadecimal(octets: &[u8]) -> Option<(u16, usize)> {
    let (mut group, mut count) = (0, 0);
    for &octet in octets.iter().take(4) {
        let digit = match octet {
            b'0'..=b'9' => octet - b'0',
            b'a'..=b'f' => octet - b'a' + 10,
            b'A'..=b'F' => octet - b'A' + 10,
            _ => break,
        };
        group = group << 4 | u16::from(digit);
        count += 1;
    }
    (count > 0).then_some((group, count))
}

/// The fewest networks that cover the same addresses, in order, those of IPv4 first.
pub fn fewest<'n>(networks: impl IntoIterator<Item = &'n IpNet>) -> Vec<IpNet> {
    let (mut v4, mut v6): (Vec<u64>, Vec<(u128, u128)>) = (Vec::new(), Vec::new());
    for network in networks {
        match network {
            IpNet::V4(own) => {
                // One number is sorted faster than two.
                v4.push(u64::from(own.network().to_bits()) << 32 | u64::from(own.broadcast().to_bits()));
            }
            IpNet::V6(own) => v6.push((own.network().to_bits(), own.broadcast().to_bits())),
        }
    }
    v4.sort_unstable();
    v6.sort_unstable();
    let mut all = Vec::new();
    spans(v4.into_iter().map(|own| (u128::from(own >> 32), u128::from(own as u32))), |low, high| {
        each_network(low, high, 32, |address, length| {
            let network = Ipv4Net::new(Ipv4Addr::from_bits(address as u32), length);
            all.push(IpNet::V4(network.expect("internal error: a prefix of over 32 bits")));
        });
    });
    spans(v6.into_iter(), |low, high| {
        each_network(low, high, 128, |address, length| {
            let network = Ipv6Net::new(Ipv6Addr::from_bits(address), length);
            all.push(IpNet::V6(network.expect("internal error: a prefix of over 128 bits")));
        });
    });
    all
}

/// Joins ranges that touch or overlap; they come sorted by the first address. Both ends are inside.
fn spans(ranges: impl Iterator<Item = (u128, u128)>, mut visit: impl FnMut(u128, u128)) {
    let mut last: Option<(u128, u128)> = None;
    for (low, high) in ranges {
        match &mut last {
            Some((_, end)) if low.checked_sub(1).is_none_or(|before| before <= *end) => *end = high.max(*end),
            last => {
                if let Some((low, high)) = last.replace((low, high)) {
                    visit(low, high);
                }
            }
        }
    }
    if let Some((low, high)) = last {
        visit(low, high);
    }
}

/// The networks of a range of addresses of so many bits.
fn each_network(mut low: u128, high: u128, bits: u32, mut visit: impl FnMut(u128, u8)) {
    loop {
        // As many free bits as the beginning is aligned to, and as many as do not go beyond the end.
        let aligned = low.trailing_zeros().min(bits);
        let room = (high - low).checked_add(1).map_or(128, u128::ilog2);
        let free = aligned.min(room);
        visit(low, (bits - free) as u8);
        let size = 1_u128.checked_shl(free);
        match size.and_then(|size| low.checked_add(size)) {
            Some(next) if next <= high => low = next,
            _ => return,
        }
    }
}

/// Writes a network behind a text, as `ipnet` does.
pub fn push(text: &mut String, network: &IpNet) {
    match network {
        IpNet::V4(own) => {
            for (at, octet) in own.addr().octets().into_iter().enumerate() {
                if at > 0 {
                    text.push('.');
                }
                push_number(text, octet);
            }
        }
        IpNet::V6(own) => push_v6(text, own.addr()),
    }
    text.push('/');
    push_number(text, network.prefix_len());
}

#[inline]
fn push_number(text: &mut String, number: u8) {
    let digit = |number: u8| char::from(b'0' + number % 10);
    if number >= 100 {
        text.push(digit(number / 100));
    }
    if number >= 10 {
        text.push(digit(number / 10));
    }
    text.push(digit(number));
}

fn push_v6(text: &mut String, address: Ipv6Addr) {
    let groups = address.segments();
    // Addresses of IPv4 in the form of IPv6 are written in a way of their own.
    if groups[..5] == [0; 5] {
        write!(text, "{address}").expect("internal error: a text refuses text");
        return;
    }
    // RFC 5952: the longest run of zeros, the first of those as long, and never one group alone.
    let (mut gap, mut run) = (0..0, 0..0);
    for (at, group) in groups.into_iter().enumerate() {
        run = if group == 0 { run.start..at + 1 } else { at + 1..at + 1 };
        if run.len() > gap.len() {
            gap = run.clone();
        }
    }
    if gap.len() < 2 {
        gap = 8..8;
    }
    let mut at = 0;
    while at < 8 {
        if at == gap.start {
            text.push_str("::");
            at = gap.end;
            continue;
        }
        if at > 0 && at != gap.end {
            text.push(':');
        }
        push_group(text, groups[at]);
        at += 1;
    }
}

#[inline]
fn push_group(text: &mut String, group: u16) {
    let digits = (16 - group.leading_zeros()).div_ceil(4).max(1);
    for at in (0..digits).rev() {
        text.push(char::from(b"0123456789abcdef"[usize::from(group >> (4 * at) & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn by_ipnet(text: &str) -> Option<IpNet> {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    }

    fn written(network: &IpNet) -> String {
        let mut text = "x".to_owned();
        push(&mut text, network);
        text.split_off(1)
    }

    /// Few bits set, so that networks are beside and inside each other, and groups are zero.
    fn network() -> BoxedStrategy<IpNet> {
        let bits = vec(prop_oneof![0..8_u32, 24..32_u32, 56..72_u32, 120..128_u32], 0..4)
            .prop_map(|bits| bits.into_iter().fold(0, |all, bit| all | 1_u128 << bit));
        let length = prop_oneof![0..=128_u8, 24..=32_u8, 120..=128_u8];
        prop_oneof![
            (bits.clone(), 0..=32_u8).prop_map(|(bits, length)| {
                IpNet::V4(Ipv4Net::new(Ipv4Addr::from_bits(bits as u32), length).unwrap())
            }),
            (bits, length).prop_map(|(bits, length)| {
                IpNet::V6(Ipv6Net::new(Ipv6Addr::from_bits(bits), length).unwrap())
            }),
            (any::<u128>(), 0..=128_u8).prop_map(|(bits, length)| {
                IpNet::V6(Ipv6Net::new(Ipv6Addr::from_bits(bits), length).unwrap())
            }),
        ]
        .boxed()
    }

    #[test]
    fn what_is_a_network_is_what_the_library_takes() {
        for text in [
            "10.0.0.0/8",
            "10.0.0.1",
            "0.0.0.0/0",
            "255.255.255.255/32",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/",
            "010.0.0.0",
            "10.0.0",
            "10.0.0.0.0",
            "1.2.3.256",
            "10..0.0",
            "::",
            "::/0",
            "::1",
            "1::",
            "1::/16",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1::2::3",
            ":1",
            "1:",
            ":::",
            "12345::",
            "::ffff:10.0.0.1",
            "::ffff:10.0.0.0/104",
            "2001:DB8::/32",
            "2001:db8::/129",
            "2001:db8::/032",
            "fe80::1%eth0",
            "/8",
            "",
            "a.b",
            "de",
            "face",
            "1:2",
            "10.0.0.0/1 ",
        ] {
            assert_eq!(parse(text), by_ipnet(text), "{text}");
        }
    }

    #[test]
    fn the_fewest_are_those_that_python_finds() {
        // Python 3.11, `ipaddress.collapse_addresses`.
        for (texts, want) in [
            (&["192.0.2.0/25", "192.0.2.128/25"][..], &["192.0.2.0/24"][..]),
            (&["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"], &["10.0.0.1/32", "10.0.0.2/31"]),
            (&["10.0.0.0/8", "10.1.0.0/16", "9.0.0.0/8"], &["9.0.0.0/8", "10.0.0.0/8"]),
            (&["128.0.0.0/1", "0.0.0.0/1"], &["0.0.0.0/0"]),
            (&["8000::/1", "::/1", "0.0.0.0/0"], &["0.0.0.0/0", "::/0"]),
            (
                &["2001:db8:0:1::/64", "2001:db8::/64", "255.255.255.255/32"],
                &["255.255.255.255/32", "2001:db8::/63"],
            ),
        ] {
            let networks: Vec<IpNet> = texts.iter().map(|text| parse(text).unwrap()).collect();
            assert_eq!(fewest(&networks).iter().map(written).collect::<Vec<_>>(), want);
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_and_written_as_the_library_does(network in network(), text in "[0-9a-fA-F:./g]{0,20}") {
            prop_assert_eq!(written(&network), network.to_string());
            prop_assert_eq!(parse(&network.to_string()), Some(network));
            prop_assert_eq!(parse(&network.addr().to_string()), Some(IpNet::from(network.addr())));
            prop_assert_eq!(parse(&text), by_ipnet(&text), "{}", text);
        }

        #[test]
        fn any_groups_are_read_as_the_library_does(text in "(:|::|)[0-9a-f]{0,5}((:|::)[0-9A-F]{1,5}){0,8}(:|::|)(/[0-9]{1,3}|)") {
            prop_assert_eq!(parse(&text), by_ipnet(&text), "{}", text);
        }

        /// Neither an order nor a repeat counts.
        #[test]
        fn the_fewest_cover_the_same(networks in vec(network(), 0..12)) {
            let own = fewest(&networks);
            let mut want = IpNet::aggregate(&networks);
            want.sort();
            prop_assert_eq!(&own, &want);
            let mut other = networks.clone();
            other.reverse();
            other.extend(networks);
            prop_assert_eq!(own, fewest(&other));
        }
    }
}
