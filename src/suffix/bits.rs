// One octet per name of the public suffix list: which rules the list has for it, and in which section
// each stands. The build script writes it and the library reads it, so both include this file.

/// The name itself is a rule: `co.uk`.
pub const NORMAL: u8 = 1;
/// Everything one label below the name is a rule: `ck` of `*.ck`.
pub const WILDCARD: u8 = 1 << 2;
/// The name is excepted from a wildcard: `www.ck` of `!www.ck`.
pub const EXCEPTION: u8 = 1 << 4;

/// The bit that says that a rule stands in the private section.
pub const fn private(rule: u8) -> u8 {
    rule << 1
}
