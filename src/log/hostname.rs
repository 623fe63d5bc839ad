//! A host as a line says it, made canonical.

use super::plain::Plain;

/// The longest name, in octets (RFC 1035).
pub(super) const MAX_NAME: usize = 253;

/// A name, kept between lines, so that nothing is allocated for one. Empty where the host is none.
#[derive(Debug)]
pub struct Hostname {
    octets: [u8; MAX_NAME],
    length: usize,
}

impl Default for Hostname {
    fn default() -> Self {
        Self { octets: [0; MAX_NAME], length: 0 }
    }
}

impl Hostname {
    /// The name in lower case, without a dot at its end, where it is one that [`DomainName`](crate::model::DomainName) takes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.length]
    }

    /// Takes a plain name.
    pub fn set_plain(&mut self, name: &Plain<'_>) {
        name.write(&mut self.octets);
        self.length = name.length();
    }

    /// Takes a text of at most [`MAX_NAME`] octets in lower case.
    pub(super) fn set(&mut self, text: &[u8]) {
        self.length = text.len();
        let own = &mut self.octets[..text.len()];
        own.copy_from_slice(text);
        own.make_ascii_lowercase();
    }

    /// Takes no name.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }
}
