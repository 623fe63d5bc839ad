//! `Registry.pol` of Group Policy: the format PReg, version 1 (MS-GPREG 2.2.1, "Registry Policy File Format", read
//! 2026-11-24). Nothing is escaped in it: lengths say where data ends.

use super::registry::{Data, Value};

const SIGNATURE: &[u8; 4] = b"PReg";
const VERSION: u32 = 1;
const REG_SZ: u32 = 1;
const REG_DWORD: u32 = 4;

/// The file that sets these values.
pub(super) fn setting(values: &[Value]) -> Vec<u8> {
    let entries = values.iter().map(|value| {
        let (kind, data) = match &value.data {
            Data::Text(text) => (REG_SZ, terminated(text)),
            Data::Number(number) => (REG_DWORD, number.to_le_bytes().to_vec()),
        };
        (value.key, value.name.to_owned(), kind, data)
    });
    file(entries)
}

/// The file that removes them: a name behind `**del.` is a value to be deleted, and its data is a blank.
pub(super) fn removing(values: &[Value]) -> Vec<u8> {
    file(values.iter().map(|value| (value.key, format!("**del.{}", value.name), REG_SZ, terminated(" "))))
}

fn file<'v>(entries: impl Iterator<Item = (&'v str, String, u32, Vec<u8>)>) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    for (key, name, kind, data) in entries {
        let size = u32::try_from(data.len()).expect("internal error: a profile is smaller than its value");
        bytes.extend(utf16("["));
        bytes.extend(terminated(&format!("Software\\{key}")));
        bytes.extend(utf16(";"));
        bytes.extend(terminated(&name));
        bytes.extend(utf16(";"));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(utf16(";"));
        bytes.extend(size.to_le_bytes());
        bytes.extend(utf16(";"));
        bytes.extend(data);
        bytes.extend(utf16("]"));
    }
    bytes
}

fn utf16(text: &str) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes)
}

fn terminated(text: &str) -> Vec<u8> {
    utf16(text).chain([0, 0]).collect()
}
