//! Bytes of a text file to text.

use std::borrow::Cow;

/// The text, without its byte-order mark: UTF-16 where the mark says so, as Windows PowerShell writes
/// it, else UTF-8. What is neither becomes U+FFFD, which no host name holds.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes).into(),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes).into(),
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    // A last odd byte is half a character.
    let odd = (bytes.len() % 2 == 1).then_some(char::REPLACEMENT_CHARACTER);
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).chain(odd).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_decides() {
        for (bytes, want) in [
            (&b"\xEF\xBB\xBFa\xC3\xA9"[..], "a\u{e9}"),
            (b"\xFF\xFEa\0\xE9\0", "a\u{e9}"),
            (b"\xFE\xFF\0a\0\xE9", "a\u{e9}"),
            (b"a\xE9b", "a\u{fffd}b"),
            (b"\xFF\xFEa\0b", "a\u{fffd}"),
            (b"\xFF\xFE\x00\xD8", "\u{fffd}"),
            (b"", ""),
            (b"\xFF", "\u{fffd}"),
        ] {
            assert_eq!(decode(bytes), want, "{bytes:?}");
        }
    }
}
