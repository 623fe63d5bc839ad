//! The PAC that this program writes: its program by digests, its data by the rules of that program.
//!
//! The program was run in five engines (QuickJS, SpiderMonkey 1.7, V8, Chromium, Firefox) on hosts of every kind
//! that its data tells apart, so its text is pinned, function by function; a program that is changed has to be run
//! in them again before it is pinned again. What is not pinned is data: two answers and up to two tables of names,
//! read here as the program looks them up. A host is direct if the direct table lists it, else proxied if the other
//! does, else it gets what everything else gets. An address is in no table, since no name ends in a number, and a host
//! with octets that no name has is not looked up. Case and one dot at the end do not matter.

mod directions;
mod literal;
mod packed;
mod program;
pub mod script;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Item, Place, Trouble, TroubleKind};
use program::Asks;

pub use directions::{Direction, directions};

/// Octets that Chromium and WinHTTP read; above, they connect directly. Run on 2026-11-24.
pub const MAX_BYTES: usize = 1_048_576;

/// A PAC of this program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pac {
    /// Hosts that get a direct connection, whatever else lists them.
    pub direct: Vec<Item>,
    /// Hosts that get the proxies, where they are not direct.
    pub proxied: Vec<Item>,
    /// What proxied hosts get.
    pub proxies: Vec<Direction>,
    /// What everything else gets.
    pub otherwise: Vec<Direction>,
    /// The line on which the function stands that browsers call.
    pub function_line: u32,
    /// What was not understood. Nothing else here is to be relied on where there is anything.
    pub troubles: Vec<Trouble>,
}

impl Pac {
    /// Reads a file of this name.
    pub fn read(file: &str, bytes: &[u8]) -> Self {
        let file: Arc<str> = Arc::from(file);
        let mut pac = Self::default();
        if bytes.len() > MAX_BYTES {
            let what = format!("{} bytes, over the {MAX_BYTES} that browsers read", bytes.len());
            pac.troubles.push(trouble(&file, 0, TroubleKind::Refused, what));
        }
        if let Err(trouble) = pac.read_text(&file, bytes) {
            pac.troubles.push(trouble);
        }
        pac
    }

    fn read_text(&mut self, file: &Arc<str>, bytes: &[u8]) -> Result<(), Trouble> {
        let text = ascii(file, bytes)?;
        let parts = program::parts(file, text)?;
        self.function_line = parts.function_line;
        self.proxies = parts.answer(file, program::PROXIES)?;
        self.otherwise = parts.answer(file, program::OTHERWISE)?;
        let Asks { direct, proxied } = parts.asks;
        self.direct = parts.table(file, program::DIRECT, direct)?;
        self.proxied = parts.table(file, program::PROXIED, proxied)?;
        Ok(())
    }
}

/// Text in which a line is what every engine takes for one: JavaScript ends a comment at U+2028, too.
fn ascii<'t>(file: &Arc<str>, bytes: &'t [u8]) -> Result<&'t str, Trouble> {
    let odd = bytes.iter().position(|byte| !matches!(byte, b'\n' | b' '..=b'~'));
    match (odd, std::str::from_utf8(bytes)) {
        (None, Ok(text)) => Ok(text),
        (at, _) => {
            let before = &bytes[..at.unwrap_or(0)];
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            let what = "an octet that is not printable ASCII".to_owned();
            Err(trouble(file, line as u32, TroubleKind::NotUnderstood, what))
        }
    }
}

fn trouble(file: &Arc<str>, line: u32, kind: TroubleKind, what: String) -> Trouble {
    Trouble::new(Place::new(file, line), kind, what)
}
